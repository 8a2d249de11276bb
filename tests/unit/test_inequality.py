"""Measures of inequality against tables worked by hand; docs/inequality.md shows the first one step by step."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from aft_sim.mechanisms import inequality as measures

pytestmark = pytest.mark.unit

#: Fifths from the most deprived: people on the list (thousands) and per cent of them over 52 weeks.
PEOPLE = np.array([30.0, 25.0, 20.0, 15.0, 10.0])
OVER = np.array([4.0, 3.0, 3.0, 2.0, 1.0])


def test_ranks_are_the_middle_of_each_range():
    # 30 of 100 take up 0 to 0.30, the next 25 up to 0.55, ...
    assert measures.ranks(PEOPLE) == pytest.approx([0.15, 0.425, 0.65, 0.825, 0.95])


def test_mean_gap_and_ratio():
    # 1.2 + 0.75 + 0.6 + 0.3 + 0.1
    assert measures.mean(OVER, PEOPLE) == pytest.approx(2.95)
    assert measures.gap(OVER, PEOPLE) == pytest.approx(3.0)
    assert measures.ratio(OVER, PEOPLE) == pytest.approx(4.0)


def test_slope_index():
    # ranks from the least deprived: 0.85, 0.575, 0.35, 0.175, 0.05, weighted mean 0.5; less the mean:
    # 0.35, 0.075, -0.15, -0.325, -0.45. Sum of weight * centred rank * level:
    # 0.42 + 0.05625 - 0.09 - 0.0975 - 0.045 = 0.24375
    # sum of weight * centred rank squared: 0.03675 + 0.00140625 + 0.0045 + 0.01584375 + 0.02025 = 0.07875
    assert measures.slope_index(OVER, PEOPLE) == pytest.approx(0.24375 / 0.07875)
    assert measures.relative_index(OVER, PEOPLE) == pytest.approx(0.24375 / 0.07875 / 2.95)


def test_concentration_index():
    # share of all long waiters: 1.2, 0.75, 0.6, 0.3, 0.1 of 2.95; times ranks 0.15, 0.425, 0.65, 0.825, 0.95:
    # 0.18 + 0.31875 + 0.39 + 0.2475 + 0.095 = 1.23125; 2 * 1.23125 / 2.95 - 1
    assert measures.concentration_index(OVER, PEOPLE) == pytest.approx(2 * 1.23125 / 2.95 - 1)
    # negative: the most deprived have more than their share
    assert measures.concentration_index(OVER, PEOPLE) < 0


def test_concentration_index_is_twice_the_area_under_the_line_of_equality():
    people = np.append(0.0, np.cumsum(PEOPLE) / PEOPLE.sum())
    cases = np.append(0.0, np.cumsum(PEOPLE * OVER) / (PEOPLE * OVER).sum())
    area = float(np.sum((cases[1:] + cases[:-1]) / 2 * np.diff(people)))
    assert measures.concentration_index(OVER, PEOPLE) == pytest.approx(1 - 2 * area)


def test_a_line_through_all_groups_gives_its_ends():
    level = 7.0 + 2.5 * (1 - measures.ranks(PEOPLE))
    assert measures.slope_index(level, PEOPLE) == pytest.approx(2.5)


def test_with_equal_groups_it_is_ordinary_regression():
    level = np.array([9.0, 4.0, 5.0, 2.0, 3.0])
    slope = stats.linregress([0.9, 0.7, 0.5, 0.3, 0.1], level).slope
    assert measures.slope_index(level, np.full(5, 7.0)) == pytest.approx(slope)
    # and the concentration index is the relative index times twice the variance of the ranks, 0.08
    assert measures.concentration_index(level, np.ones(5)) == pytest.approx(
        -0.16 * measures.relative_index(level, np.ones(5))
    )


def test_gini_of_two_halves():
    # one half has nothing, the other all: mean difference 1/2 * 2, over 2 * 1
    assert measures.gini(np.array([0.0, 2.0]), np.ones(2)) == pytest.approx(0.5)


def test_gini_by_hand():
    # levels 1, 2, 4 with weights 0.5, 0.3, 0.2: mean 1.9; mean absolute difference
    # 2 * (0.15 * 1 + 0.1 * 3 + 0.06 * 2) = 1.14; over twice the mean
    levels, weights = np.array([4.0, 1.0, 2.0]), np.array([20.0, 50.0, 30.0])
    assert measures.gini(levels, weights) == pytest.approx(1.14 / 3.8)


def test_a_trust_of_nobody_is_not_counted():
    levels, weights = np.array([4.0, 1.0, np.nan, 2.0]), np.array([20.0, 50.0, 0.0, 30.0])
    assert measures.gini(levels, weights) == pytest.approx(0.3)
    fifths = np.array([4.0, 3.0, 3.0, 2.0, np.nan])
    people = np.array([30.0, 25.0, 20.0, 15.0, 0.0])
    assert np.isfinite(measures.slope_index(fifths, people))
    assert np.isnan(measures.gap(fifths, people))
    assert np.isnan(measures.ratio(fifths, people))


def test_what_is_not_known_of_people_is_not_made_up():
    levels = np.array([4.0, np.nan, 3.0, 2.0, 1.0])
    assert np.isnan(measures.slope_index(levels, PEOPLE))
    assert np.isnan(measures.concentration_index(levels, PEOPLE))


def test_nobody_waits_long():
    none = np.zeros(5)
    assert measures.gap(none, PEOPLE) == measures.slope_index(none, PEOPLE) == 0.0
    assert np.isnan([measures.ratio(none, PEOPLE), measures.relative_index(none, PEOPLE)]).all()
    assert np.isnan(measures.concentration_index(none, PEOPLE))


def test_months_are_kept():
    levels, people = np.stack([OVER, 2 * OVER], axis=1), np.stack([PEOPLE, PEOPLE], axis=1)
    assert measures.slope_index(levels, people) == pytest.approx(np.array([1, 2]) * 0.24375 / 0.07875)
    assert measures.gini(levels, people).shape == (2,)


class TestDecomposition:
    #: Two trusts and the two extreme groups: long waiters and people.
    PEOPLE = np.array([[60.0, 20.0], [40.0, 80.0]])
    LEVEL = np.array([[5.0, 3.0], [4.0, 4.0]])

    def test_by_hand(self):
        # most deprived: 0.6 * 5 + 0.4 * 4 = 4.6; least: 0.2 * 3 + 0.8 * 4 = 3.8
        # within: (0.6 + 0.2) / 2 * 2 + 0; between: 0.4 * 4 - 0.4 * 4
        found = measures.decompose(self.LEVEL, self.PEOPLE)
        assert (found.gap, found.within, found.between) == (pytest.approx(0.8), pytest.approx(0.8), pytest.approx(0))

    def test_the_same_care_at_every_trust_is_all_between(self):
        level = np.array([[5.0, 5.0], [4.0, 4.0]])
        found = measures.decompose(level, self.PEOPLE)
        assert (found.within, found.between) == (0.0, pytest.approx(0.4))

    def test_a_trust_with_one_group_only_is_between(self):
        # 100 most deprived at A and B, nobody else at A: 0.5 * (9 - 9) + 0.5 * 9; B: 0.75 * 1 - 0.5 * 3.5
        people, level = np.array([[50.0, 0.0], [50.0, 80.0]]), np.array([[9.0, np.nan], [4.0, 3.0]])
        found = measures.decompose(level, people)
        assert found.gap == pytest.approx(6.5 - 3.0)
        assert found.within == pytest.approx(0.75)
        assert found.between == pytest.approx(2.75)

    def test_middle_groups_do_not_matter(self):
        wide = np.insert(self.LEVEL, 1, 99.0, axis=1), np.insert(self.PEOPLE, 1, 7.0, axis=1)
        assert measures.decompose(*wide).within == pytest.approx(0.8)
