"""What must hold of beds and emergencies whatever the numbers."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from aft_sim.baseline.bundle import load
from aft_sim.mechanisms import emergency
from aft_sim.mechanisms.production import input_effect
from aft_sim.model import TrustAutonomyModel
from worlds import FEW, few, plan, scenario

pytestmark = pytest.mark.property

BED_TRUSTS = [code for code in FEW if not code.startswith("IS-")]
positive = st.floats(0.01, 1e4)


def vectors(low: float, high: float):
    return hnp.arrays(np.float64, 6, elements=st.floats(low, high))


@given(vectors(0, 1e3), vectors(0, 1e3), vectors(0.01, 20), vectors(0.01, 5))
def test_more_or_sicker_patients_never_hold_fewer_beds(held, admissions, stay, more):
    usual = emergency.beds_next(held, admissions, stay)
    assert (usual >= 0).all()
    assert (emergency.beds_next(held, admissions * (1 + more), stay) >= usual - 1e-9).all()
    assert (emergency.beds_next(held, admissions, stay * (1 + more)) >= usual - 1e-9).all()


@given(vectors(-30, 30), vectors(0, 30), st.floats(0, 0.2), st.floats(-10, 0))
def test_a_fuller_hospital_is_never_faster_and_never_treats_more(beyond, more, share, slope):
    assert (emergency.displaced(beyond + more, share) >= emergency.displaced(beyond, share)).all()
    level = np.full(6, 70.0)
    fuller, usual = (emergency.four_hour(level, 0.0, slope, x) for x in (beyond + more, beyond))
    assert (fuller <= usual).all()
    assert ((fuller >= 0) & (fuller <= 100)).all()


@given(vectors(0.1, 5), vectors(0, 3), st.floats(0, 1))
def test_more_beds_never_lower_admitted_capacity(beds, more, elasticity):
    one = np.ones(6)
    usual, _ = input_effect(one, one, beds, (0.25, 0.1, elasticity))
    assert (input_effect(one, one, beds + more, (0.25, 0.1, elasticity))[0] >= usual).all()


@settings(max_examples=8, deadline=None)
@given(st.sampled_from(BED_TRUSTS), st.floats(0.6, 1.4), st.floats(0.02, 0.6), st.integers(1, 10_000))
def test_more_beds_never_lengthen_waits(code, beds, more, seed):
    """Of any trust, from any level, by any number."""
    lists = []
    for level in (beds, beds + more):
        change = {"parameter": "emergency.beds", "from": date(2026, 2, 2), "value": level, "trusts": [code]}
        changed = scenario("baseline").with_changes("beds", {"change": [change | {"why": "a test"}]})
        model = TrustAutonomyModel(plan(changed, date(2027, 1, 31), few()), seed)
        model.run()
        provider = model.world.bundle.provider_code.index(code)
        rows = model.world.bundle.row_provider == provider
        people = model.world.n[rows].sum(axis=(0, 1))
        lists.append((people.sum(), people[18:].sum(), float(model.world.urgent.occupancy[load().trust(code)])))
    assert lists[1][0] <= lists[0][0] + 1e-6
    assert lists[1][1] <= lists[0][1] + 1e-6
    assert lists[1][2] < lists[0][2]


@settings(max_examples=6, deadline=None)
@given(st.floats(1.0, 1.15), st.floats(0.0, 0.1), st.integers(1, 10_000))
def test_harder_winters_are_never_milder(surge, more, seed):
    ends = []
    for size in (surge, surge + more):
        changed = scenario("baseline", emergency__surge=size, emergency__stay=size)
        model = TrustAutonomyModel(plan(changed, date(2026, 6, 30), few()), seed)
        model.run()
        u = model.world.urgent
        ends.append((np.nanmin(u.four_hour), u.four_hour.copy(), u.displaced.copy(), u.category_2))
    assert (np.nan_to_num(ends[1][1]) <= np.nan_to_num(ends[0][1]) + 1e-9).all()
    assert (ends[1][2] >= ends[0][2] - 1e-12).all()
    assert ends[1][3] >= ends[0][3] - 1e-9
