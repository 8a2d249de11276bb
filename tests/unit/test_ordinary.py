"""Ordinary capital as schemes: nothing under the rules of the opening, and by hand under others."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.agents.schemes import WEEKS_A_MONTH
from aft_sim.basis import streams
from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.capital_regime import ROUTES
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan

pytestmark = pytest.mark.unit

UNTIL = date(2034, 3, 31)
#: One very large trust's worth of schemes at every trust: many lie above every limit.
LARGE = {"capital.scheme_size": 1.0, "capital.price_growth": 0.0}


def dated(name: str, value: object, day: date = date(2026, 6, 1)) -> dict[str, object]:
    return {"parameter": name, "from": day, "value": value, "why": "a test"}


def made(name: str = "no-aft", seed: int = 1, **changes: object) -> TrustAutonomyModel:
    changed = load_scenario(name).with_changes("committed", LARGE | changes)
    return TrustAutonomyModel(plan(changed, UNTIL, few()), seed)


def commit(model: TrustAutonomyModel, year: int = 2027) -> int:
    week = model.plan.calendar.first_week_of_april(year)
    model.planning.open_year(week)
    model.planning.commit_capital(week)
    return week


def told(model: TrustAutonomyModel, kind: str, code: str | None = None):
    return [e for e in model.world.events if e.event == kind and code in (None, e.trust)]


def brought(model: TrustAutonomyModel, kind: str) -> float:
    return float(sum(item.real.sum() for item in model.planning.pipeline.to_come if item.kind == kind))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"capital.delegated_limit": 100.0, "capital.delegated_limit_nhs_trust": 100.0},
        {"capital.approval_months.ordinary": 9.0, "capital.scheme_spread": 2.0},
        {"capital.aft_limit": 300.0},
        {"change": [dated("capital.delegated_limit", 50.0), dated("capital.approval_months.board", 4.5)]},
    ],
)
def test_rules_of_the_opening_are_in_what_is_measured(changes: dict[str, object]) -> None:
    """Whatever they are taken to be, and whoever is in which segment: nothing is added."""
    model = made(**changes)
    model.world.oversight.latest[::3] = 4.0
    commit(model)
    assert not model.planning.pipeline.to_come and not told(model, "schemes planned")


def test_a_scheme_that_is_approved_sooner_comes_sooner_and_buys_more() -> None:
    change = [dated("capital.delegated_limit", 1000.0), dated("capital.delegated_limit_nhs_trust", 1000.0)]
    model = made(**{"change": change, "capital.scheme_spread": 0.0, "run.chance": 0.0, "capital.treasury_limit": 1e4})
    b, money = model.plan.bundle, model.world.money
    model.world.oversight.latest[:] = 1.0
    week = commit(model)
    i = b.trust("RRV")
    # without a spread every scheme of a class costs the same: what the trust spends in a year
    assert money.envelope[i] > 50
    ideas = told(model, "scheme idea", "RRV")
    assert [e.detail for e in ideas] == [
        f"{k}, ordinary capital, board route" for k in ("theatre", "equipment", "estate")
    ]
    assert [e.value for e in ideas] == pytest.approx([float(money.envelope[i])] * 3, abs=1e-7)
    small = b.trust("RBS")
    assert money.envelope[small] < 50 and not told(model, "scheme idea", "RBS")
    found = {}
    for kind, share, build in (("theatre", 0.1575, 24.0), ("estate", 0.7565, 0.0)):
        amount = share * money.envelope[i]
        for months, sign in ((4.5, 1), (18.0, -1)):
            when = week + round(months * WEEKS_A_MONTH) + round(build * WEEKS_A_MONTH)
            (item,) = [x for x in model.planning.pipeline._ripening[when] if x.kind == kind]
            real = float(item.real[item.trusts == i].sum())
            assert real == pytest.approx(sign * amount / 1.05 ** (months / 12))
            found[kind, months] = real
    assert found["theatre", 4.5] + found["theatre", 18.0] > 0


def test_the_life_of_such_a_scheme_is_told_in_its_months() -> None:
    change = [dated("capital.delegated_limit", 1000.0)]
    model = made(**{"change": change, "capital.scheme_spread": 0.0, "run.chance": 0.0, "capital.treasury_limit": 1e4})
    model.world.oversight.latest[:] = 1.0
    week = commit(model)
    for w in range(week, week + 160):
        model.planning.ripen(w)
    mine = [(e.month, e.event) for e in model.world.events if e.trust == "RRV" and e.detail.startswith("theatre")]
    assert mine == [
        ("2027-04", "scheme idea"),
        ("2027-08", "scheme approved"),
        ("2027-08", "building begins"),
        ("2029-08", "in use"),
    ]
    (planned,), (largest,) = told(model, "schemes planned", "RRV"), told(model, "largest scheme", "RRV")
    assert planned.value == 3 and largest.value == told(model, "scheme idea", "RRV")[0].value


def test_the_freedom_acts_from_the_next_april_and_on_its_holders_only() -> None:
    model = made("approval-only", **{"capital.delegated_limit": 5.0, "capital.aft_limit": 1000.0})
    commit(model, 2026)
    assert not model.planning.pipeline.to_come
    commit(model, 2027)
    holders = {model.plan.bundle.trusts.code[i] for i in model.status.holders(model.plan.aft_week)}
    assert {e.trust for e in told(model, "scheme idea")} <= holders == {e.trust for e in told(model, "schemes planned")}
    assert all(e.detail.endswith("aft route") for e in told(model, "scheme idea"))
    assert {int(i) for item in model.planning.pipeline.to_come for i in item.trusts} <= set(
        model.status.holders(model.plan.aft_week)
    )
    assert brought(model, "estate") > 0


def test_the_segment_published_in_the_run_decides_the_limit() -> None:
    change = [dated("capital.delegated_limit_distressed", 1000.0)]
    model = made(**{"change": change, "capital.scheme_spread": 0.0, "capital.treasury_limit": 1e4})
    codes = ("RRV", "R0B")
    model.world.oversight.latest[:] = 2.0
    model.world.oversight.latest[model.plan.bundle.trust("R0B")] = 4.0
    commit(model)
    assert [bool(told(model, "scheme idea", code)) for code in codes] == [False, True]


def test_ids_are_semantic() -> None:
    model = made(seed=3, **{"run.chance": 1.0})
    ordinary, i = model.planning.ordinary, model.plan.bundle.trust("RTF")
    year = ordinary._year(60, 2027, np.full(len(model.trusts), 20.0), np.zeros(len(model.trusts)))
    at = ordinary._kinds.index("estate")
    word = streams.words(["RTF|ordinary|estate|0"])
    z = float(streams.normal(model.draws.chance("scheme size", 2027, word))[0])
    assert year.cost[i, at] == pytest.approx(20.0 * np.exp(1.5 * z), abs=1e-7)
    z = float(streams.normal(model.draws.chance("scheme approval", 2027, word))[0])
    usual = {"board": 4.5, "ordinary": 18.0}[ROUTES[year.route[i, at]]]
    assert year.months[i, at] == pytest.approx(usual * np.exp(0.35 * z))


class TestPause:
    def test_grants_wait_and_the_year_is_paid_all_the_same(self) -> None:
        paid = {}
        for chance in (0.0, 1.0):
            model = made(**{"capital.pause_chance": chance, "capital.pause_months": 3.0})
            commit(model)
            money, months = model.world.money, []
            for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3):
                before = money.capital_spend.copy()
                model.planning.spend_ordinary(60, month)
                months.append(money.capital_spend - before)
            paid[chance] = np.array(months)
        own = model.planning._books.cost["depreciation"] / 12
        assert paid[1.0].sum(axis=0) == pytest.approx(paid[0.0].sum(axis=0))
        granted = paid[0.0][0] > own + 1e-9
        assert granted.sum() > 50
        assert paid[1.0][:3, granted] == pytest.approx(np.tile(own[granted], (3, 1)))
        assert (paid[1.0][3:, granted] > paid[0.0][3:, granted]).all()
        assert paid[1.0][:, ~granted] == pytest.approx(paid[0.0][:, ~granted])

    def test_what_is_granted_comes_three_months_later(self) -> None:
        model = made(**{"capital.pause_chance": 1.0, "run.chance": 0.0})
        model.world.oversight.latest[:] = 2.0
        week = commit(model)
        i = model.plan.bundle.trust("RBS")
        envelope, own = model.world.money.envelope[i], model.planning._books.cost["depreciation"][i]
        late = max(envelope - own, 0.0)
        assert late > 0 and told(model, "funding pause", "RBS")[0].value == pytest.approx(late)
        real = {}
        for months in (4.5, 7.5):
            items = model.planning.pipeline._ripening[week + round(months * WEEKS_A_MONTH)]
            real[months] = sum(float(x.real[x.trusts == i].sum()) for x in items if x.kind == "estate")
        assert real[4.5] == pytest.approx(-0.7565 * late / 1.05 ** (4.5 / 12), rel=1e-6)
        assert real[7.5] == pytest.approx(0.7565 * late / 1.05 ** (7.5 / 12), rel=1e-6)

    def test_one_draw_a_year_for_every_scenario_and_none_by_default(self) -> None:
        def years(name: str, chance: float) -> list[bool]:
            model = made(name, seed=2, **{"capital.pause_chance": chance})
            out = []
            for year in range(2026, 2034):
                model.planning.open_year(model.plan.calendar.first_week_of_april(year))
                out.append(model.planning.ordinary._paused)
            return out

        assert years("no-aft", 0.5) == years("aft-wide-additive", 0.5)
        assert 0 < sum(years("no-aft", 0.5)) < 8
        assert not any(years("no-aft", 0.0))
        assert {i for i, x in enumerate(years("no-aft", 0.3)) if x} <= {
            i for i, x in enumerate(years("no-aft", 0.6)) if x
        }

    def test_pots_are_not_touched(self) -> None:
        ideas = {}
        for chance in (0.0, 1.0):
            model = made("aft-wide-additive", **{"capital.pause_chance": chance, "capital.scheme_size": 0.01})
            model.planning.ordinary.open_year(model.plan.aft_week, 2026)
            model.planning.plan_draws(model.plan.aft_week)
            ideas[chance] = [(e.trust, e.detail, e.value) for e in told(model, "scheme idea")]
            ideas[chance, "built"] = sorted(model.planning.pipeline._ripening)
        assert ideas[0.0] == ideas[1.0] and ideas[0.0, "built"] == ideas[1.0, "built"] and ideas[0.0]
