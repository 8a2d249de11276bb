"""What must hold between the formulae of waiting lists, and between a list of people and its counts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.mechanisms import waiting_list_formulae as formulae
from aft_sim.mechanisms import waiting_list_records as records

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
rates = st.floats(0.01, 1e5)
sizes = st.floats(0, 1e7)
waits = st.floats(0.1, 520)
factors = st.floats(0.1, 20)
FIRST = np.datetime64("2026-02-02")


@st.composite
def lists(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Referrals in any order, and removals after them of some."""
    after = np.array(draw(st.lists(st.integers(0, 60), min_size=1, max_size=40)))
    stay = np.array(draw(st.lists(st.integers(0, 60), min_size=len(after), max_size=len(after))))
    referral = FIRST + after
    return referral, np.where(stay > 45, records.NEVER, referral + stay)


@repeatable
@given(demand=rates, size=sizes, target=sizes, weeks=st.integers(1, 200))
def test_relief_capacity_reaches_the_target_in_the_stated_time(
    demand: float, size: float, target: float, weeks: int
) -> None:
    capacity = float(formulae.relief_capacity(demand, size, target, weeks))
    for _ in range(weeks):
        size += demand - capacity
    assert size == pytest.approx(target, rel=1e-9, abs=1e-6)


@repeatable
@given(demand=rates, wait=waits, factor=factors)
def test_a_list_of_target_size_has_the_target_mean_wait_and_no_relief(
    demand: float, wait: float, factor: float
) -> None:
    size = formulae.target_queue_size(demand, wait, factor)
    assert size / demand == pytest.approx(float(formulae.target_mean_wait(wait, factor)))  # Little's law
    assert formulae.queue_ratio(size, size) == 1
    assert formulae.relief_capacity(demand, size, size) == pytest.approx(demand)
    assert formulae.target_capacity(demand, wait, factor) > demand


@repeatable
@given(demand=rates, wait=waits, share=st.floats(0.001, 0.999))
def test_share_within_and_list_are_inverse(demand: float, wait: float, share: float) -> None:
    size = float(formulae.list_for_performance(demand, share, wait))
    assert 1 - float(formulae.miss_probability(wait * demand / size)) == pytest.approx(share, rel=1e-9)
    assert formulae.list_for_performance(demand, min(share + 1e-4, 0.9999), wait) < size


@repeatable
@given(demand=rates, wait=waits, cv=st.floats(0, 3))
def test_spare_capacity_is_what_holds_a_random_list_at_its_target(demand: float, wait: float, cv: float) -> None:
    # Heavy traffic: mean list = demand * variance / (2 spare), so spare * list is the same for every target.
    spare = formulae.target_capacity(demand, wait, 4.0, cv, 1.0) - demand
    product = spare * formulae.target_queue_size(demand, wait, 4.0)
    # The spare capacity is the difference of two numbers near the demand, hence the absolute error.
    assert product == pytest.approx(demand * (cv**2 + 1) / 2, rel=1e-6, abs=1e-15 * demand**2 * wait)


@repeatable
@given(made=lists(), capacity=st.floats(0.05, 5))
def test_a_list_of_people_counts_everyone_once(made: tuple[np.ndarray, np.ndarray], capacity: float) -> None:
    referral, removal = made
    timetable = records.slots(FIRST, 150, capacity)
    scheduled, used = records.schedule(referral, removal, timetable)
    new = np.isnat(removal) & ~np.isnat(scheduled)
    assert used.sum() == new.sum()
    assert (scheduled[new] > referral[new]).all()
    np.testing.assert_array_equal(np.sort(scheduled[new]), timetable[used])
    np.testing.assert_array_equal(scheduled[~new], removal[~new])
    days, people = records.queue_sizes(referral, scheduled, end=FIRST + 150)
    slow = [((referral <= d) & ~(scheduled <= d)).sum() for d in days]
    np.testing.assert_array_equal(people, slow)
    stays = np.where(np.isnat(scheduled), FIRST + 151, np.minimum(scheduled, FIRST + 151)) - referral
    assert people.sum() == stays.astype(int).sum()  # Little's law, in person-days
