"""Stylised fact S10: a hub works where it lands, a programme of hubs delivers less than its plans.

The bounds were set before schemes had a size; a miss is stated with its cause. Both are emergent but for the effect of
a hub itself, a parameter: staff, approval, building, costs that grow and chance come between it and the trust.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np
import pytest

from aft_sim.agents.schemes import WEEKS_A_MONTH
from aft_sim.mechanisms.capital import HUB_FUNCTIONS
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario
from worlds import plan

pytestmark = pytest.mark.validation

#: Rise of admitted completions in the functions of a hub, at its trust, in the first year of its use, per cent [B01].
YEAR_1 = (11.7, 32.2)
#: Extra completions of a programme over those of its plans [B04].
REALISED = (0.4, 0.7)

REGISTER = Register.load()
#: Extra admitted work that can be staffed, per cent: the register's, and more than any hub needs.
STAFF, ALL_STAFF = REGISTER.number("capital.staff_headroom"), 40.0
UNTIL = date(2031, 9, 30)
#: All capital that is given buys theatres for elective work, one scheme a trust.
THEATRES = {f"capital.split.{part}": float(part == "new") for part in ("new", "improvement", "lifecycle", "equipment")}
THEATRES |= {"capital.elective_share": 1.0, "capital.scheme_ideas": 1}


def test_bounds_are_those_of_the_evidence() -> None:
    hub, plans = REGISTER["capital.hub_effect"], REGISTER["capital.benefit_realisation"]
    assert (hub.low, hub.high) == YEAR_1
    assert REALISED[0] < float(plans.default) < REALISED[1]


@lru_cache(maxsize=4)
def programme(headroom: float) -> tuple[TrustAutonomyModel, np.ndarray, dict[bool, dict[str, np.ndarray]]]:
    """A programme of hubs at every eighth acute trust, begun in the first week, and the same world without it.

    Returns:
        The world with hubs, the trusts, and by whether there are hubs (week, trust) completions: "hub" admitted ones in
        the functions of a hub, "all" of every kind.
    """
    done, model = {}, None
    for hubs in (False, True):
        changes = THEATRES | {"capital.staff_headroom": headroom}
        model = TrustAutonomyModel(plan(load_scenario("no-aft").with_changes("hubs", changes), UNTIL), 1)
        b = model.plan.bundle
        owner = b.provider_trust[b.row_provider]
        served = np.array([f in HUB_FUNCTIONS for f in b.row_function])
        acute = [i for i, kind in enumerate(b.trusts.type) if kind == "acute" and (served & (owner == i)).any()]
        trusts = np.array(acute[::8])
        if hubs:
            amount = np.zeros(len(b.trusts.code))
            amount[trusts] = REGISTER.number("capital.hub_cost")
            model.planning.spend_reward(0, amount)
        flows: dict[str, list[np.ndarray]] = {"hub": [], "all": []}
        while model.week < model.plan.calendar.n_weeks:
            model.step()
            admitted, other = model._flows.treated_adm.sum(axis=1), model._flows.treated_non.sum(axis=1)
            for name, rows in (("hub", admitted * served), ("all", admitted + other)):
                flows[name].append(np.array([rows[owner == i].sum() for i in trusts]))
        done[hubs] = {name: np.array(weeks) for name, weeks in flows.items()}
    assert model is not None
    return model, trusts, done


def first_year(headroom: float) -> float:
    """Rise of the programme's trusts' work in a hub's functions over the first year of each hub's use, per cent."""
    model, trusts, done = programme(headroom)
    told = {e.trust: e.month for e in model.world.events if e.event == "in use" and e.detail == "theatre"}
    calendar, totals = model.plan.calendar, np.zeros(2)
    first = {m.label: m.first_week for m in calendar.months}
    counted = 0
    for x, i in enumerate(trusts):
        opened = first.get(told.get(model.plan.bundle.trusts.code[i], ""), calendar.n_weeks) + 4
        if opened + 52 <= calendar.n_weeks:
            counted += 1
            totals += [done[hubs]["hub"][opened : opened + 52, x].sum() for hubs in (False, True)]
    assert counted > 0.8 * len(trusts) > 10
    return float(100 * (totals[1] / totals[0] - 1))


def realised(headroom: float, work: str) -> float:
    """Extra completions in the two years after the planned opening, over those of plans: on time, staffed, at cost.

    Plans count a hub's own work, so what they promise is compared with work "hub", like with like; "all" shows what is
    left of it after the other work of the same trusts.
    """
    model, trusts, done = programme(headroom)
    months = REGISTER.number("capital.approval_months.board") + REGISTER.number("capital.build_months.theatre")
    opens = round(months * WEEKS_A_MONTH)
    effect = REGISTER.number("capital.hub_effect") / 100
    planned = effect * model.world.opening.typical_hub_work * 104 * len(trusts)
    extra = (done[True][work] - done[False][work])[opens : opens + 104].sum()
    return float(extra / planned)


def test_a_hub_raises_its_trusts_work_as_measured() -> None:
    print(f"\nS10, first year: {first_year(STAFF):.1f} %, with staff for all of it {first_year(ALL_STAFF):.1f} %")
    assert YEAR_1[0] <= first_year(STAFF) <= first_year(ALL_STAFF) <= YEAR_1[1]


def test_a_programme_delivers_less_than_its_plans() -> None:
    hub, net = realised(STAFF, "hub"), realised(STAFF, "all")
    print(f"\nS10, realised over planned: {hub:.2f}; of all the trusts' completions {net:.2f}")
    assert REALISED[0] <= hub <= REALISED[1]
    assert 0 < net < hub
