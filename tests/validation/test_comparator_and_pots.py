"""Pots of another size: what moves, and that a world without holders does not notice."""

from datetime import date

import pytest

from aft_sim.world import open_world
from worlds import few, plan, run, scenario

pytestmark = pytest.mark.validation

UNTIL = date(2028, 3, 31)


def opened(level: float):
    return open_world(plan(scenario("aft-wide", capital__pot_level=level), UNTIL), 1)


def test_cash_moves_with_the_pot() -> None:
    one, three, none = opened(1.0), opened(3.0), opened(0.0)
    assert three.money.pot == pytest.approx(3 * one.money.pot)
    assert three.cash - one.cash == pytest.approx(2 * one.money.pot, abs=1e-7)
    assert not none.money.pot.any()
    assert (none.cash >= 0).all()


@pytest.mark.parametrize(
    "change",
    [
        {"capital__pot_level": 50.0},
        {"production__equipment_elasticity": 0.4, "capital__hub_effect": 80.0},
    ],
)
@pytest.mark.parametrize("rule", ["inside_scale_draws", "inside_scale_others", "additive"])
def test_nobody_waits_otherwise_where_no_trust_holds_the_status(change: dict[str, float], rule: str) -> None:
    """The inverse question runs such a comparator once for all amounts."""
    usual = run(scenario("no-aft", capital__limit_rule=rule), UNTIL, bundle=few())
    other = run(scenario("no-aft", capital__limit_rule=rule, **change), UNTIL, bundle=few())
    assert all(usual[level].equals(other[level]) for level in usual if level != "money")
