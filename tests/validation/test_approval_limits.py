"""A limit of approval acts where schemes are of a size between its values, and is exactly nothing elsewhere."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import pyarrow as pa
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan, same

pytestmark = pytest.mark.validation

UNTIL = date(2032, 3, 31)
PAIRS = {
    "approval-limit-25": "baseline",
    "approval-limit-50": "baseline",
    "approval-limit-100": "baseline",
    "approval-limit-300": "baseline",
    "approval-only": "no-aft",
    "light-approval-for-all": "baseline",
}


@lru_cache(maxsize=16)
def ran(
    name: str, size: float, spread: float = 1.5
) -> tuple[dict[str, pa.Table], frozenset[tuple[str, str, str, float]], int]:
    """Tables without events, schemes with their routes, and how many of ordinary capital were put forward."""
    scenario = load_scenario(name).with_changes("sized", {"capital.scheme_size": size, "capital.scheme_spread": spread})
    model = TrustAutonomyModel(plan(scenario, UNTIL, few()), 1)
    tables = model.run()
    events = model.world.events
    ideas = frozenset((e.month, e.trust, e.detail, e.value) for e in events if e.event == "scheme idea")
    planned = round(sum(e.value for e in events if e.event == "schemes planned"))
    return {level: table for level, table in tables.items() if level != "events"}, ideas, planned


@pytest.mark.parametrize("name", PAIRS)
def test_nothing_where_every_scheme_is_small(name: str) -> None:
    """The middle scheme a thousandth of a year's capital: none comes near a limit."""
    (policy, ideas, planned), (usual, before, _) = ran(name, 0.001, 1.0), ran(PAIRS[name], 0.001, 1.0)
    assert planned > 1000
    assert ideas == before and same(policy, usual)


@pytest.mark.parametrize("name", [name for name in PAIRS if name not in ("approval-limit-100",)])
def test_something_where_schemes_are_large(name: str) -> None:
    """Every scheme near a year's capital: many at holders lie between 50m and 300m."""
    (policy, ideas, _), (usual, before, _) = ran(name, 1.0), ran(PAIRS[name], 1.0)
    assert ideas != before and not same(policy, usual)


def test_the_limit_announced_is_the_baselines() -> None:
    assert same(ran("approval-limit-100", 1.0)[0], ran("baseline", 1.0)[0])


def test_shorter_routes_bring_theatres_sooner_and_longer_ones_later() -> None:
    """Limits of GBP 100m and 15m for all, against those of the opening, in all of England."""
    gains = {}
    names = [f"capital.delegated_limit{end}" for end in ("", "_nhs_trust", "_distressed")]
    for limit in (100.0, None, 15.0):
        changes = [{"parameter": n, "from": date(2026, 6, 1), "value": limit, "why": "a test"} for n in names if limit]
        scenario = load_scenario("no-aft").with_changes("limits", {"change": changes})
        model = TrustAutonomyModel(plan(scenario, UNTIL), 1)
        model.run()
        gains[limit] = model.world.theatre_gain.sum()
    assert gains[100.0] > gains[None] > gains[15.0]
