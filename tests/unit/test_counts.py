"""Counts of the list against the measures of the same cells."""

import numpy as np
import pytest

from aft_sim.mechanisms import measures
from aft_sim.mechanisms.counts import Counts
from aft_sim.mechanisms.waiting_list import GROUPS, WEEKS

pytestmark = pytest.mark.unit


@pytest.fixture
def n() -> np.ndarray:
    """Three rows: two of trusts, the second with an empty group, and an empty one of the independent sector."""
    cells = np.random.default_rng(1).exponential(2.0, (3, GROUPS, WEEKS))
    cells[1, 5] = 0.0
    cells[2] = 0.0
    return cells


def test_counts_by_row_and_group_are_the_measures(n: np.ndarray) -> None:
    counts = Counts.of(n, np.array([True, False, False]))
    np.testing.assert_allclose(counts.people, measures.total(n))
    np.testing.assert_allclose(counts.within_18, measures.within_18(n))
    np.testing.assert_allclose(counts.over_52, measures.over_52(n))
    np.testing.assert_allclose(counts.over_65, measures.over_65(n))
    np.testing.assert_allclose(counts.mean_wait(), measures.mean(n.sum(axis=1)))
    assert np.isnan(counts.mean_wait()[2])


def test_one_person_is_counted_where_the_week_begins() -> None:
    n = np.zeros((1, GROUPS, WEEKS))
    counts = Counts.of(n, np.array([True]))
    for week, expected in ((17, (1, 0, 0)), (18, (0, 0, 0)), (51, (0, 0, 0)), (52, (0, 1, 0)), (65, (0, 1, 1))):
        n[:] = 0.0
        n[0, 3, week] = 1.0
        counts.update(n, np.array([True]))
        assert (counts.within_18[0, 3], counts.over_52[0, 3], counts.over_65[0, 3]) == expected, week
        assert counts.weeks_waited[0, 3] == week + 0.5
        assert counts.people.sum() == 1


def test_sectors_are_kept_apart_and_counted_anew(n: np.ndarray) -> None:
    counts = Counts.of(n, np.array([True, False, False]))
    counts.update(n, np.array([True, False, False]))
    np.testing.assert_allclose(counts.by_sector, n[:2])
