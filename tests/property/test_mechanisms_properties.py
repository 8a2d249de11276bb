"""Invariants of capital, access and whole runs: more never makes it worse, nothing is lost, no freedom is no change."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.mechanisms import access, capital, production, removals
from aft_sim.mechanisms.ledger_accounts import PURPOSES
from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.capital_regime import ROUTES, Limits, apply_limit, approval_route, own_limit
from aft_sim.spec.scenario import load_scenario
from worlds import column, few, plan, run, same

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
runs = settings(derandomize=True, deadline=None, max_examples=12)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)
RULES = ("inside_scale_draws", "inside_scale_others", "additive")
TRUSTS = ("RTF", "R0B", "RBS", "RBQ", "RRV")
UNTIL = date(2027, 3, 31)
money = st.floats(0.0, 500.0)


@repeatable
@given(generators, st.sampled_from(RULES), st.floats(0.0, 1.0))
def test_money_adds_up_under_every_rule(rng, rule, crowd_out):
    wanted = rng.exponential(5.0, 12) * (rng.random(12) < 0.5)
    envelopes = rng.exponential(30.0, 12) * (rng.random(12) < 0.8)
    got = apply_limit(wanted, envelopes, rule, crowd_out)
    assert (got.spent >= 0).all() and (got.spent <= wanted + 1e-12).all()
    assert (got.cut >= 0).all() and (got.cut <= envelopes + 1e-12).all()
    # what provider capital rises by is what is spent less what is given up
    assert got.beyond_limit == pytest.approx(got.spent.sum() - got.cut.sum())
    room = 1 - crowd_out
    if rule == "additive":
        assert got.beyond_limit == pytest.approx(wanted.sum())
    elif rule == "inside_scale_draws" or crowd_out * wanted.sum() <= envelopes.sum():
        assert got.beyond_limit == pytest.approx(room * wanted.sum(), abs=1e-9)


@repeatable
@given(money, money, st.floats(-50.0, 500.0), st.floats(0.0, 5000.0), st.floats(0.0, 120.0))
def test_no_draw_beyond_pot_or_floor(wish, pot, cash, expenditure, days):
    got = capital.affordable(wish, pot, cash, expenditure, days)
    assert 0 <= got <= min(wish, pot)
    floor = expenditure * days / 365.25
    assert got == 0 or cash - got >= floor - 1e-9
    assert capital.affordable(wish, pot + 1, cash + 1, expenditure, days) >= got


@repeatable
@given(
    st.floats(0, 400), st.floats(0, 400), st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, float("nan")]), st.floats(1, 120)
)
def test_a_freedom_never_lengthens_a_route(cost, more, segment, board):
    limits = Limits(board, board, min(25.0, board), 100.0, 300.0)
    own = own_limit(np.array(segment), np.array(True), limits)
    free, usual = (approval_route(np.array(cost), own, np.array(f), limits) for f in (True, False))
    assert ROUTES == ("board", "aft", "ordinary", "treasury")  # from the shortest to the longest
    assert free <= usual
    assert approval_route(np.array(cost + more), own, np.array(True), limits) >= free


@repeatable
@given(money, money, st.floats(0.0, 60.0), st.floats(0.0, 60.0), st.floats(0.0, 0.3))
def test_capital_is_monotone(amount, more, months, longer, growth):
    """More money buys more, waiting longer buys less, in every channel."""
    real = capital.real_value(amount, months, growth)
    assert real <= amount
    assert (
        capital.real_value(amount + more, months, growth) >= real >= capital.real_value(amount, months + longer, growth)
    )
    channels = (
        lambda x: capital.theatre_gain(x, 20.0, 0.219, 150.0),
        lambda x: float(capital.equipment_index(np.array([x]), np.array([40.0]))[0]),
        lambda x: float(capital.revenue_gain(np.array([x]), 1900.0, 0.6)[0]),
        lambda x: float(capital.staffed(np.array([x]), np.array([100.0]), 0.05)[0]),
        lambda x: float(production.input_effect(*np.ones((3, 1)) * (1 + x), (0.25, 0.1, 0.2))[0][0]),
    )
    for channel in channels:
        assert channel(amount + more) >= channel(amount) >= channel(0.0) >= 0.0


@repeatable
@given(money, *(st.floats(0.01, 1.0) for _ in range(5)))
def test_a_split_spends_everything(amount, new, improvement, lifecycle, equipment, elective):
    parts = capital.split(np.array([amount]), new, improvement, lifecycle, equipment, elective)
    assert sum(float(p[0]) for p in parts.values()) == pytest.approx(amount)
    assert min(float(p[0]) for p in parts.values()) >= -1e-9


@repeatable
@given(generators, st.sampled_from(["fitted", "starts", "list", "mixed"]), st.floats(-1.0, 0.0))
def test_removals_are_people_and_follow_their_share(rng, closure, exponent):
    starts, waiting, now, listed = rng.lognormal(3, 1, (4, 9))
    share = rng.uniform(0.02, 0.3, 9)
    got = removals.total(share, now, listed, starts, waiting, closure, exponent)
    assert (got >= 0).all() and np.isfinite(got).all()
    assert removals.total(2 * share, now, listed, starts, waiting, closure, exponent) == pytest.approx(2 * got)


@repeatable
@given(generators, st.floats(0.0, 1.0), st.integers(1, 8))
def test_returns_are_conserved(rng, rate, weeks):
    slots = np.zeros((removals.RETURN_SLOTS, 2, 3))
    gone = came = 0.0
    for _ in range(20):
        validated = rng.exponential(2.0, (2, 3))
        due, slots = removals.next_returns(slots, validated, rate, weeks)
        gone, came = gone + validated.sum(), came + due.sum()
    assert came + slots.sum() == pytest.approx(rate * gone)


@repeatable
@given(generators, st.floats(1.0, 3.0))
def test_a_deeper_shortfall_never_helps_the_deprived(rng, ratio):
    weights = access.shortfall_weights(ratio)
    missing = np.sort(rng.uniform(0, 0.6, 10))
    got = access.with_shortfall(np.ones((10, 5)), missing, weights)
    relative = got[:, 0] / got[:, 4]
    assert (np.diff(relative) <= 1e-12).all()
    memory = rng.uniform(0, 1, 10)
    later = access.shortfall(rng.uniform(50, 150, 10), np.full(10, 100.0), memory, 26.0)
    now = access.shortfall(np.full(10, 80.0), np.full(10, 100.0), np.zeros(10), 26.0)
    assert now == pytest.approx(0.2)
    assert (later > -1).all() and (later <= 1).all()
    # what is remembered fades by no more than its half-life says
    assert (access.shortfall(np.full(10, 100.0), np.full(10, 100.0), memory, 26.0) <= memory).all()


@repeatable
@given(generators, st.floats(0.85, 1.33))
def test_the_opening_gap_is_solved_and_nobody_is_lost(rng, gap):
    waiting = rng.exponential(1000.0, (4, 1)) * np.exp(-np.arange(105) / rng.uniform(10, 30, (4, 1)))
    share = rng.dirichlet(np.full(5, 50.0), 4)
    cumulative = np.cumsum(np.full((4, 105), 0.03), axis=1)
    found = access.open_access(waiting, share, np.array([0, 0, 1, 2]), cumulative, gap, rng.normal(0, 0.2, 3))
    assert found.gap == pytest.approx(gap, abs=1e-7)
    assert found.people.sum(axis=1) == pytest.approx(waiting)
    assert (found.access > 0).all()


# -- whole runs on a small England -------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def without(seed: int):
    return run(load_scenario("no-aft"), UNTIL, seed, few())


def outcomes(tables):
    return {k: v for k, v in tables.items() if k != "events"}


@runs
@given(st.sampled_from(TRUSTS), st.floats(1.01, 1.3), st.integers(1, 3))
def test_more_capacity_never_lengthens_a_trusts_list(trust, level, seed):
    change = {"parameter": "production.level", "from": date(2026, 4, 6), "value": level, "trusts": [trust]}
    policy = load_scenario("no-aft").with_changes("more", {"change": [change]})
    more = column(run(policy, UNTIL, seed, few())["trust"], "list", trust=trust, quintile="all")
    less = column(without(seed)["trust"], "list", trust=trust, quintile="all")
    assert (more <= less * (1 + 1e-9)).all()
    assert more[-1] < less[-1]


@runs
@given(
    st.lists(st.sampled_from([*TRUSTS, "RDY", "set:first-wave"]), max_size=4, unique=True),
    st.dates(date(2025, 1, 1), date(2028, 1, 1)),
    st.sampled_from(RULES),
    st.sampled_from(["holders", "longest_waits"]),
)
def test_status_without_freedoms_is_exactly_nothing(designated, day, rule, to):
    none = dict.fromkeys((f"aft.freedoms.{f}" for f in ("approval", "reinvest")), False)
    changes = {"aft.designated": designated, "aft.from": day, "capital.limit_rule": rule, "capital.allocate_to": to}
    policy = load_scenario("baseline").with_changes("status-only", none | changes)
    assert same(outcomes(run(policy, UNTIL, 1, few())), outcomes(without(1)))


@runs
@given(
    st.lists(st.sampled_from(TRUSTS), min_size=1, max_size=5, unique=True),
    st.sampled_from(RULES),
    st.sampled_from(["holders", "longest_waits"]),
    st.integers(1, 4),
)
def test_runs_conserve_patients_and_pounds(designated, rule, to, seed):
    changes = {"aft.designated": designated, "capital.limit_rule": rule, "capital.allocate_to": to}
    sure = {"programme.propensity": 1, "capital.limit_binds": 0.5, "capital.recipients": 2}
    policy = load_scenario("baseline").with_changes("conserved", changes | sure)
    model = TrustAutonomyModel(plan(policy, UNTIL, few()), seed, check=True)  # patients are checked every week
    pot, ledger = model.world.money.pot.copy(), model.world.ledger
    tables = model.run()
    drawn = tables["money"].column("drawn").to_numpy().reshape(-1, pot.size).sum(axis=0)
    revenue, whole = (tables["money"].column(c).to_numpy().sum() for c in ("revenue_spend", "capital_spend"))
    other = without(seed)["money"]
    if rule != "inside_scale_others":  # there ordinary capital gives way
        assert revenue + whole - column(other, "capital_spend").sum() == pytest.approx(drawn.sum(), rel=1e-5, abs=1e-3)
    ledger.check()
    trusts, first, last = ledger.accounts.axis("trust"), ledger.months[0], ledger.months[-1]

    def total(side, counts, span):
        return sum(ledger.total(p.name, *span, side)[trusts] for p in PURPOSES.values() if counts(p))

    # a pot holds what it opened with and the surpluses of closed years, less what was drawn, to the penny
    bought = ledger.total("purchase_of_work", first, last, "payer")[trusts]
    spent = bought + ledger.total("pot_capital", first, last, "payer")[trusts]
    assert spent.sum() == pytest.approx(drawn.sum(), rel=1e-6)
    years = [y for y in range(2026, 2040) if f"{y + 1}-03" in ledger.months]
    for span in ((f"{y}-04", f"{y + 1}-03") for y in years):
        surplus = total("payee", lambda p: p.income, span) - total("payer", lambda p: p.expense, span)
        pot += np.maximum(surplus + ledger.total("purchase_of_work", *span, "payer")[trusts], 0.0)
    end = model.world.money
    assert end.pot.min() >= 0
    if to == "holders":  # else others spend what is drawn
        assert end.pot * 1e8 == pytest.approx((pot - spent) * 1e8, abs=0.5)
    holders = set(designated)
    assert not drawn[[i for i, c in enumerate(model.plan.bundle.trusts.code) if c not in holders]].any()
