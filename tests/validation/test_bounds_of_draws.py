"""Nothing that is drawn goes beyond pot, cash floor or limit, and every refusal is told."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from aft_sim.agents.planning import CapitalPlanning
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan

pytestmark = pytest.mark.validation

UNTIL = date(2031, 3, 31)
PENNY = 1e-8
#: Every board uses its freedom; the cash floor is high enough to bind somewhere.
EAGER = {"programme.propensity": 1, "capital.cash_floor_days": 25, "capital.invest_share": 0.7}
SCENARIOS = (
    "aft-wide",
    "aft-wide-crowd-out",
    "aft-wide-additive",
    "same-money-by-need",
    "programme-by-rules",
    "tight-money",
)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_exceeds_pot_floor_or_limit(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = TrustAutonomyModel(plan(load_scenario(name).with_changes("eager", EAGER), UNTIL, few()), seed, check=True)
    w, rule = model.world, model.plan.scenario.capital.limit_rule
    usual, rounds = CapitalPlanning.plan_draws, []

    def watched(self: CapitalPlanning, week: int) -> None:
        pot, cash, envelope = w.money.pot.copy(), w.cash.copy(), w.money.envelope.copy()
        before = w.money.drawn.copy(), w.money.capital_spend.copy(), len(self.pounds.draws)
        usual(self, week)
        draws = self.pounds.draws[before[2] :]
        if not draws:
            return
        drawn = w.money.drawn - before[0]
        assert (drawn <= pot + PENNY).all() and pot - drawn == pytest.approx(w.money.pot, abs=PENNY)
        floor = w.money.expenditure * 25 / 365.25
        assert (cash - drawn >= floor - PENNY)[drawn > 0].all()
        bought = np.array([d.capital for d in draws]).sum() / 1e8
        asked = np.array([d.asked - d.revenue for d in draws]).sum() / 1e8
        made_room = float((envelope - w.money.envelope).sum())
        crowd_out = self._limit.crowd_out
        if rule == "inside_scale_draws":
            assert bought <= asked * (1 - crowd_out) + len(draws) * PENNY and made_room == 0
        elif rule == "inside_scale_others":
            assert made_room == pytest.approx(crowd_out * bought) and bought == pytest.approx(asked)
        # every pound is spent on a whole scheme, at whoever's trust
        assert (w.money.capital_spend - before[1]).sum() == pytest.approx(bought, abs=1e-6)
        rounds.append((week, bought))

    monkeypatch.setattr(CapitalPlanning, "plan_draws", watched)
    model.run()
    assert len(rounds) > 3 and sum(bought for _, bought in rounds) > 1
    _refusals_are_told(model)


def _refusals_are_told(model: TrustAutonomyModel) -> None:
    """What separates a wish from what was spent stands in the events of that month, to the penny."""
    months, codes = model.plan.calendar, model.plan.bundle.trusts.code
    told: dict[tuple[str, str], float] = defaultdict(float)
    for e in model.world.events:
        if e.event in ("draw reduced", "no draw"):
            assert e.detail
            told[e.month, e.trust] += e.value
    shortfalls = 0
    for d in model.planning.pounds.draws:
        month = months.months[months.month_of_week[d.week]].label
        missing = (d.wish - d.spent) / 1e8
        shortfalls += missing > 1e-6
        assert told[month, codes[d.trust]] == pytest.approx(missing, abs=3 * PENNY)
    assert shortfalls > 3
    refused = [e for e in model.world.events if e.event == "schemes refused"]
    assert refused and all(e.value > 0 and ": " in e.detail for e in refused)
