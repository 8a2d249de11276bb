"""Every pound of surplus is followed, ties to the ledger to the penny, and treats as many as its capacity says."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import lru_cache

import numpy as np
import pytest

from aft_sim.agents.pound import REVENUE
from aft_sim.basis.errors import CheckFailed
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.pound import follow
from worlds import few, plan

pytestmark = pytest.mark.validation

UNTIL = date(2031, 3, 31)
RULES = {"additive": "aft-wide-additive", "inside_scale_draws": "aft-wide", "inside_scale_others": "aft-wide-crowd-out"}
#: Every board uses its freedom and the limit binds every year.
SURE = {"programme.propensity": 1, "capital.limit_binds": 1}


@lru_cache(maxsize=8)
def finished(name: str, **changes: object):
    scenario = load_scenario(name).with_changes(
        "followed", SURE | {k.replace("__", "."): v for k, v in changes.items()}
    )
    model = TrustAutonomyModel(plan(scenario, UNTIL, few()), 1)
    return model, model.run()


def booked(model: TrustAutonomyModel, code: str, purpose: str) -> int:
    ledger = model.world.ledger
    statement = ledger.statement(code, ledger.months[0], ledger.months[-1])
    return (statement.paid | statement.received)[purpose]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("code", ["RTF", "RBS", "RDY"])
def test_five_years_tie_to_the_ledger_to_the_penny(rule: str, code: str) -> None:
    model, tables = finished(RULES[rule])
    assert model.plan.scenario.capital.limit_rule == rule
    trace = follow(model, tables, code)
    work = trace.paid(kind=REVENUE)
    assert trace.spent > 0 and len(trace.lots) >= 3
    assert trace.paid() - work == booked(model, code, "pot_capital")
    assert work == booked(model, code, "purchase_of_work")
    assert trace.left == round(float(model.world.money.pot[model.plan.bundle.trust(code)]) * 1e8)
    for x, lot in enumerate(trace.lots):
        capital = sum(trace.paid(x, kind) for kind in ("theatre", "equipment", "estate"))
        assert capital + trace.paid(x, REVENUE) + lot.left == lot.pence
        assert min(lot.refused, lot.unasked) >= 0
    assert sum(one.capital + one.revenue for one in trace.rounds) == trace.spent
    assert all(one.asked == one.refused + one.capital + one.revenue for one in trace.rounds)
    assert (sum(one.refused for one in trace.rounds) > 0) is (rule == "inside_scale_draws")


def test_the_oldest_lots_go_first() -> None:
    trace = follow(*finished("aft-wide-additive"), "RTF")
    left = [lot.left for lot in trace.lots]
    first = next(x for x, pence in enumerate(left) if pence)
    assert not any(left[:first])
    assert all(trace.paid(x) == 0 for x in range(first + 1, len(left)))
    months = [use.month for use in trace.uses if use.from_lots[0]]
    assert months[0] == "2026-06"


@pytest.mark.parametrize("name", ["same-money-by-need", "savings-taken"])
def test_money_given_to_others_and_taken_back(name: str) -> None:
    model, tables = finished(name, capital__recipients=2) if name == "same-money-by-need" else finished(name)
    traces = {code: follow(model, tables, code) for code in model.plan.bundle.trusts.code}
    pot_paid = sum(t.paid(x) for t in traces.values() for x, lot in enumerate(t.lots) if not lot.received)
    ledger = model.world.ledger
    total = sum(booked(model, code, purpose) for code in traces for purpose in ("pot_capital", "purchase_of_work"))
    assert pot_paid == total > 0
    given = sum(t.paid(here=False) for t in traces.values())
    received = sum(lot.pence for t in traces.values() for lot in t.lots if lot.received)
    assert given == received
    assert (given > 0) is (name == "same-money-by-need")
    back = sum(t.taken_back for t in traces.values())
    assert (back > 0) is (name == "savings-taken")
    assert len(ledger.months) == 62


def test_treatments_are_the_capacity_that_the_run_added() -> None:
    """Bought work of every week, as the run itself used it, against what the trace hands to single purchases."""
    scenario = load_scenario("aft-wide-additive").with_changes("followed", SURE)
    model = TrustAutonomyModel(plan(scenario, UNTIL, few()), 1)
    b, added = model.plan.bundle, defaultdict(float)
    while model.week < model.plan.calendar.n_weeks:
        week = model.week
        model.step()
        hub, other = model._bought_work()
        season = model._season[1, week]
        for code in ("RTF", "RBS"):
            rows = b.row_provider == b.trust_provider[b.trust(code)]
            added[code] += float((hub[rows].sum() + other[rows].sum()) * season)
    tables = model.recorder.tables()
    for code, expected in added.items():
        trace = follow(model, tables, code)
        counted = sum(use.treatments for use in trace.uses if use.kind in ("theatre", REVENUE))
        assert counted == pytest.approx(expected, rel=1e-9) and expected > 100


def test_equipment_brings_what_a_world_without_it_lacks() -> None:
    """Two worlds in which chance, pull of the list and choice are off differ by the equipment's treatments."""
    still = {"run.chance": 0, "production.supply_feedback": 0, "choice.elasticity": 0, "capital.revenue_split": 0}
    still |= {"capital.split.new": 0, "capital.split.improvement": 0, "capital.split.lifecycle": 0}
    made = []
    for elasticity in (0.6, 0.0):
        changes = SURE | still | {"production.equipment_elasticity": elasticity, "aft.designated": ["RTF"]}
        scenario = load_scenario("aft-wide-additive").with_changes("kit", changes)
        model = TrustAutonomyModel(plan(scenario, date(2028, 3, 31), few()), 1)
        tables = model.run()
        made.append(follow(model, tables, "RTF"))
    assert sum(made[1].treatments) == 0
    assert all(use.kind == "equipment" for use in made[0].uses if use.pence)
    gained = sum(made[0].treated) - sum(made[1].treated)
    assert sum(made[0].treatments) == pytest.approx(gained, rel=0.02) and gained > 50


def test_real_value_by_hand() -> None:
    """Prices since the opening, then the costs of schemes while they wait for approval."""
    model, tables = finished("aft-wide-additive")
    trace = follow(model, tables, "RTF")
    p = model.plan.parameters
    prices = np.exp(np.log1p(p.opening("capital.price_growth")) * 7 / 365.25)
    record = model.planning.pounds
    for use in trace.uses:
        bought = next(one for one in record.purchases if one.key == use.key)
        assert use.at_opening_prices == pytest.approx(use.pence / 1e8 / prices**bought.week)
        if use.kind == REVENUE:
            assert use.real == use.at_opening_prices
        else:
            assert 0.8 < use.real / use.at_opening_prices < 1
            months = (bought.scheme.approved_week - bought.week) / (365.25 / 7 / 12)
            lost = (1 + p.opening("capital.cost_growth")) ** (months / 12)
            assert use.at_opening_prices / use.real == pytest.approx(lost, rel=2e-3)


def test_fifths_are_those_of_the_treated() -> None:
    trace = follow(*finished("aft-wide-additive"), "RTF")
    ours, all_treated = np.array(trace.treatments), np.array(trace.treated)
    assert ours / ours.sum() == pytest.approx(all_treated / all_treated.sum(), abs=0.02)
    assert 0 < ours.sum() < 0.02 * all_treated.sum()


def test_a_trust_that_may_not_draw() -> None:
    trace = follow(*finished("no-aft"), "RTF")
    assert "AFT status" in trace.standing
    assert trace.pence == trace.left and not trace.rounds and not trace.freedom


def test_a_trace_that_does_not_tie_is_refused() -> None:
    scenario = load_scenario("aft-wide-additive").with_changes("followed", SURE)
    model = TrustAutonomyModel(plan(scenario, date(2027, 3, 31), few()), 1)
    tables = model.run()
    model.planning.pounds.draws.clear()
    model.planning.pounds.purchases.clear()
    with pytest.raises(CheckFailed, match="differ"):
        follow(model, tables, "RTF")
