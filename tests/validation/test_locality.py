"""Locality: a trust's freedom changes no other trust until a modelled link carries it, and every link can be cut."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow.compute as pc
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.links import LINKS, LOCAL
from worlds import few, plan

pytestmark = pytest.mark.validation

UNTIL = date(2029, 3, 31)
#: Any of them may be the one that holds the status; not each of them moves what each link needs to carry something.
HOLDERS = ("RBQ", "RTF", "RRV")
#: A world in which a holder changes a great deal: it has a large pot, spends it, gets much for it, and is overseen.
WORLD: dict[str, object] = {
    "aft.freedoms.oversight_relief": True,
    "programme.propensity": 1.0,
    "capital.pot_level": 30.0,
    "capital.invest_share": 0.9,
    "capital.revenue_split": 0.5,
    "capital.cost_per_pathway": 500.0,
    "capital.staff_headroom": 0.5,
    "production.supply_feedback": 0.0,
    "oversight.management_effect": 0.1,
    "oversight.acute_metrics": 4.0,
}
#: Each link on, and what else it needs to carry something within three years in a small England.
ON: dict[str, dict[str, object]] = {
    "choice of provider": {"choice.elasticity": 0.05},
    "demand of a market": {"referrals.demand_elasticity": -0.06},
    "removals": {"removals.closure": "fitted"},
    "national capital limit": {"capital.limit_rule": "inside_scale_others", "capital.limit_binds": 1.0},
    "money given by need": {"capital.allocate_to": "longest_waits", "capital.recipients": 2},
    "capital incentives": {"money.incentives": True, "payment.incentive_places": 1},
    "deficit support": {"payment.support_tolerance": 1.0},
    "a board's budget": {"payment.deficit_repaid": 1.0},
    "ranks in oversight": {"oversight.yardstick": "trusts"},
    "quartiles in oversight": {"oversight.segmentation": "quartiles"},
    "places in the programme": {"aft.programme": "rules", "programme.wave_size": 2},
}
TABLES = ("trust", "money", "oversight", "events")


@lru_cache(maxsize=4)
def finished(designated: tuple[str, ...], *changes: tuple[str, object]) -> tuple[TrustAutonomyModel, dict]:
    """A run to its end, with its tables; the world without a holder is shared by all holders."""
    changed = load_scenario("aft-wide-additive").with_changes("local", WORLD | dict(changes))
    model = TrustAutonomyModel(
        plan(changed.with_changes("who", {"aft.designated": list(designated)}), UNTIL, few()), 1, check=True
    )
    return model, model.run()


def carried(holder: str, on: dict[str, object]) -> tuple[bool, bool]:
    """Whether the holder itself, and whether any other provider, differs from the world without a holder."""
    settings = tuple((dict(LOCAL) | on).items())
    (free, with_it), (bare, without) = finished((holder,), *settings), finished((), *settings)
    own = np.array([free.plan.bundle.provider_code[p] == holder for p in free.plan.bundle.row_provider])
    rows = (free.world.n != bare.world.n).any(axis=(1, 2))
    tables = []
    for level in TABLES:
        a, b = (t[level].filter(pc.not_equal(t[level].column("trust"), holder)) for t in (with_it, without))
        tables.append(not a.equals(b))
    return bool(rows[own].any()), bool(rows[~own].any() or any(tables))


def test_links_are_switched_by_what_exists():
    register = Register.load()
    assert {link.switch for link in LINKS} <= set(register) | set(levers())
    assert len(LOCAL) == len(LINKS)
    assert set(ON) == {link.name for link in LINKS}
    assert all(link.switch in ON[link.name] and ON[link.name][link.switch] != link.off for link in LINKS)


@pytest.mark.parametrize("holder", HOLDERS)
def test_without_links_a_freedom_stays_with_its_trust(holder):
    own, others = carried(holder, {})
    assert own, "the freedom changes nothing at all"
    assert not others


@pytest.mark.parametrize("link", [link.name for link in LINKS])
def test_each_link_carries_something(link):
    assert any(carried(holder, ON[link])[1] for holder in HOLDERS), f"{link} carries nothing"
