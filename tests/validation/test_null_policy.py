"""A policy that changes nothing changes nothing, to the bit, and nothing moves before a policy's first date."""

from datetime import date

import pytest

from aft_sim.model import TrustAutonomyModel
from worlds import few, plan, run, same, scenario

pytestmark = pytest.mark.validation

UNTIL = date(2028, 3, 31)
OFF = {f"aft.freedoms.{f}": False for f in ("approval", "reinvest", "oversight_relief", "multi_year", "delegation")}


@pytest.fixture(scope="module")
def without():
    return run(scenario("no-aft"), UNTIL, bundle=few(), seed=3)


def outcomes(tables):
    """All tables but the log of events, which names the designated trusts."""
    return {k: v for k, v in tables.items() if k != "events"}


def test_status_without_freedoms_is_exactly_nothing(without):
    base = scenario("aft-wide")
    policy = base.with_changes("status-only", OFF)
    model = TrustAutonomyModel(plan(policy, UNTIL, few()), seed=3)
    tables = model.run()
    assert len(model.plan.designated) > 0
    assert "designated" in tables["events"].column("event").to_pylist()
    assert same(outcomes(tables), outcomes(without))


def test_a_change_to_the_default_value_is_exactly_nothing(without):
    change = [
        {"parameter": "referrals.growth", "from": date(2026, 9, 7), "value": 2.2},
        {"parameter": "production.level", "from": date(2026, 9, 7), "value": 1.0, "trusts": ["RTF"]},
        {"parameter": "capital.hub_cost", "from": date(2027, 4, 5), "value": 20.0},
    ]
    policy = scenario("no-aft").with_changes("to-default", {"change": change})
    assert same(run(policy, UNTIL, bundle=few(), seed=3), without)


def test_a_policy_after_the_horizon_is_exactly_nothing(without):
    policy = scenario("aft-wide-additive").with_changes("later", {"aft.from": date(2030, 4, 1)})
    model = TrustAutonomyModel(plan(policy, UNTIL, few()), seed=3)
    assert model.plan.aft_week > model.plan.calendar.n_weeks
    assert same(model.run(), without)


def test_bytes_identical_before_the_first_policy_date(without):
    # freedoms begin on 1 June 2026: February to May are the first four months
    policy = run(scenario("aft-wide-additive"), UNTIL, bundle=few(), seed=3)
    assert same(policy, without, months=4)
    assert not same(policy, without)


def test_what_it_is_compared_with_moves(without):
    """The tests above could not fail if nothing ever moved."""
    policy = scenario("no-aft").with_changes("more", {"production.growth": 2.1})
    assert not same(run(policy, UNTIL, bundle=few(), seed=3), without)
