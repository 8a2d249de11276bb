"""Stylised facts about money: S2, S3, S4, S20. The bounds were set before the ledger existed; a miss is stated.

S4 is built in (an accounting rule), S2, S3 and S20 are emergent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from aft_sim import world
from aft_sim.baseline.money import OpeningMoney, opening_money
from aft_sim.mechanisms.ledger_accounts import PURPOSES
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import Scenario, load_scenario
from worlds import plan

pytestmark = [pytest.mark.validation, pytest.mark.slow]

#: S20: share of trusts in deficit in a world opened balanced, and after five years of prices that fall by 1.6 % a year.
OPENED_BALANCED = (0.15, 0.25)
AFTER_FIVE_YEARS = 0.60
#: S2: cash of autonomous trusts that keep surpluses and let a fifth of plans slip, over what full delivery would leave.
CASH_OVER_PLAN = (1.2, 1.6)
YEARS_OF_RISING_CASH = 3
#: S3: correlation of days of cash with the four-hour share, at most.
NOT_STRONGLY_POSITIVE = 0.3
#: S4: capital of others displaced by a pound of a holder's own, where the limit binds and where it does not.
WHERE_IT_BINDS = (0.7, 1.0)
WHERE_IT_DOES_NOT = (0.0, 0.4)
SEEDS = 3


def books(scenario: Scenario, until: date, seed: int = 1) -> TrustAutonomyModel:
    """A finished model of England."""
    model = TrustAutonomyModel(plan(scenario, until), seed)
    model.run()
    model.world.ledger.check()
    return model


def position(model: TrustAutonomyModel, year: int) -> np.ndarray:
    """(trust,) surplus of a financial year, GBP m."""
    ledger, span = model.world.ledger, (f"{year}-04", f"{year + 1}-03")
    trusts = ledger.accounts.axis("trust")
    received = sum(ledger.total(p.name, *span, "payee")[trusts] for p in PURPOSES.values() if p.income)
    paid = sum(ledger.total(p.name, *span, "payer")[trusts] for p in PURPOSES.values() if p.expense)
    return np.asarray(received - paid + ledger.total("purchase_of_work", *span, "payer")[trusts])


def balanced(money: OpeningMoney) -> OpeningMoney:
    """The opening with all contracts raised alike, so that about a fifth of trusts are in deficit; no support."""
    known = money.income > 0
    margin = (money.surplus - money.deficit_support)[known] / money.income[known]
    wanted = float(np.mean(OPENED_BALANCED))
    shift = -float(np.quantile(margin, wanted))
    more = money.income * shift
    return replace(
        money,
        block=money.block + more,
        income=money.income - money.deficit_support + more,
        surplus=money.surplus - money.deficit_support + more,
        deficit_support=np.zeros_like(money.deficit_support),
        other_commissioning=money.other_commissioning - more @ money.payers,
    )


def test_s20_deficits_spread_when_prices_are_squeezed(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Emergent. The world opens balanced; prices then fall by 1.6 % a year for five years."""
    monkeypatch.setattr(world, "opening_money", lambda *args: balanced(opening_money(*args)))
    found = {}
    for name in ("baseline", "tight-money"):
        model = books(load_scenario(name), date(2031, 3, 31))
        opened = model.world.opening_money
        share = [
            float((opened.surplus < 0).mean()),
            *(float((position(model, y) < 0).mean()) for y in range(2026, 2031)),
        ]
        ledger = model.world.ledger
        capital = float(ledger.total("capital", "2030-04", "2031-03", "payer").sum())
        found[name] = (share, capital)
    with capsys.disabled():
        for name, (share, capital) in found.items():
            text = ", ".join(f"{x:.2f}" for x in share)
            print(f"\nS20 {name}: share in deficit, opening and five years: {text}; capital 2030/31 {capital:,.0f}m")
    squeezed, capital = found["tight-money"]
    assert OPENED_BALANCED[0] <= squeezed[0] <= OPENED_BALANCED[1]
    assert squeezed[-1] > AFTER_FIVE_YEARS
    assert capital < found["baseline"][1]


def test_s4_capital_is_zero_sum_where_the_limit_binds(capsys) -> None:
    """Built in: an accounting rule."""
    found = {}
    for name, binds, bounds in (("binds", 1, WHERE_IT_BINDS), ("slack", 0, WHERE_IT_DOES_NOT)):
        changes = {"capital.limit_binds": binds, "programme.propensity": 1}
        drawn = others = 0.0
        for seed in range(1, SEEDS + 1):
            arms = [
                books(load_scenario(arm).with_changes(arm, changes), date(2029, 3, 31), seed).world
                for arm in ("aft-wide-crowd-out", "no-aft")
            ]
            span = ("2026-04", "2029-03")
            pot = arms[0].ledger.total("pot_capital", *span, "payer").sum()
            ordinary = [w.ledger.total("capital", *span, "payer").sum() for w in arms]
            drawn, others = drawn + pot, others + ordinary[1] - ordinary[0]
        found[name] = others / drawn
        assert bounds[0] <= found[name] <= bounds[1]
    with capsys.disabled():
        text = f"{found['binds']:.2f} where the limit binds, {found['slack']:.2f} where not"
        print(f"\nS4: of each pound drawn others lose {text}")


def test_s3_cash_says_little_about_the_four_hour_standard(capsys) -> None:
    """Emergent as far as cash goes; the share within four hours is the opening's."""
    model = books(load_scenario("baseline"), date(2031, 3, 31))
    four_hours = model.plan.bundle.facts["emergency.within_4h"]
    days = model.world.cash / np.maximum(model.world.money.expenditure, 1e-9) * 365.25
    # the fact is about trusts with a major department; walk-in centres hardly ever breach
    known = np.isfinite(four_hours) & (model.plan.bundle.facts["emergency.type1"] > 0)
    r = float(np.corrcoef(days[known], four_hours[known])[0, 1])
    with capsys.disabled():
        print(
            f"\nS3: correlation of days of cash in March 2031 with the four-hour share {r:+.2f}, {known.sum()} trusts"
        )
    assert r < NOT_STRONGLY_POSITIVE


@pytest.fixture(scope="module")
def kept() -> tuple[list[float], float]:
    """Cash of holders that keep their surpluses, at the opening and in five years; and what the pots still hold."""
    changes = {"programme.propensity": 1, "aft.designated": ["set:segment-1-acute"]}
    model = books(load_scenario("aft-wide-additive").with_changes("kept", changes), date(2031, 3, 31))
    holders = model.plan.designated
    names = [model.world.bundle.trusts.code[i] for i in holders]
    spans = [(f"{year}-04", f"{year + 1}-03") for year in range(2026, 2031)]
    cash = [model.world.ledger.statement_of("holders", names, *span).closing_cash / 1e8 for span in spans]
    return [float(model.world.opening_money.cash[holders].sum()), *cash], float(model.world.money.pot[holders].sum())


def test_s2_cash_ends_above_plan(kept: tuple[list[float], float], capsys) -> None:
    """Emergent. Plan: what holders would hold had they spent their pots."""
    cash, pot = kept
    over = cash[-1] / (cash[-1] - pot)
    with capsys.disabled():
        print(f"\nS2: cash of holders {', '.join(f'{x:,.0f}' for x in cash)}m; {over:.2f} of plan")
    assert CASH_OVER_PLAN[0] <= over <= CASH_OVER_PLAN[1]


@pytest.mark.xfail(
    strict=True,
    reason="A miss: holders' cash rises for two years and then stays level, because their surpluses shrink as those "
    "of all trusts do; from 2006 to 2013 it rose for six years in a sector that planned surpluses.",
)
def test_s2_cash_rises_for_years(kept: tuple[list[float], float]) -> None:
    """Emergent."""
    rises = int(np.argmax([*(np.diff(kept[0]) <= 0), True]))
    assert rises >= YEARS_OF_RISING_CASH
