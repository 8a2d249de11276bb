"""What holds of measures of inequality whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aft_sim.mechanisms import inequality as measures

pytestmark = pytest.mark.property

levels = arrays(np.float64, 5, elements=st.floats(0.1, 100.0))
people = arrays(np.float64, 5, elements=st.floats(1.0, 1000.0))
factors = st.floats(0.01, 100.0)


@given(people, factors)
def test_equal_levels_have_no_inequality(weights, level):
    same = np.full(5, level)
    for measure in (measures.gap, measures.slope_index, measures.relative_index, measures.gini):
        assert measure(same, weights) == pytest.approx(0.0, abs=1e-9 * max(level, 1.0))
    assert measures.concentration_index(same, weights) == pytest.approx(0.0, abs=1e-9)
    assert measures.ratio(same, weights) == 1.0


@given(levels, people, factors)
def test_only_proportions_of_people_matter(level, weights, factor):
    for measure in (measures.slope_index, measures.concentration_index, measures.gini):
        assert measure(level, factor * weights) == pytest.approx(measure(level, weights), rel=1e-6, abs=1e-9)


@given(levels, people, factors)
def test_relative_measures_do_not_know_the_unit_and_absolute_ones_do(level, weights, factor):
    for measure in (measures.ratio, measures.relative_index, measures.concentration_index, measures.gini):
        assert measure(factor * level, weights) == pytest.approx(measure(level, weights), rel=1e-6, abs=1e-9)
    for measure in (measures.gap, measures.slope_index):
        assert measure(factor * level, weights) == pytest.approx(factor * measure(level, weights), rel=1e-6, abs=1e-6)


@given(levels, people)
def test_turning_the_order_turns_the_sign(level, weights):
    for measure in (measures.gap, measures.slope_index, measures.concentration_index):
        assert measure(level[::-1], weights[::-1]) == pytest.approx(-measure(level, weights), rel=1e-6, abs=1e-8)
    assert measures.gini(level[::-1], weights[::-1]) == pytest.approx(measures.gini(level, weights), abs=1e-9)


@given(levels, people)
def test_gini_is_half_the_relative_mean_difference(level, weights):
    w = weights / weights.sum()
    difference = (w[:, None] * w[None, :] * np.abs(level[:, None] - level[None, :])).sum()
    assert measures.gini(level, weights) == pytest.approx(difference / 2 / (w @ level), abs=1e-9)
    assert -1e-12 <= measures.gini(level, weights) < 1


@given(
    arrays(np.float64, (6, 5), elements=st.floats(0.0, 50.0)), arrays(np.float64, (6, 5), elements=st.floats(0, 99.0))
)
def test_parts_of_a_gap_add_up_to_it(level, size):
    size[0] += 1.0
    found = measures.decompose(level, size)
    total = (level * size).sum(axis=0) / size.sum(axis=0)
    assert found.within + found.between == pytest.approx(total[0] - total[4], abs=1e-9)


@given(people, st.floats(0.2, 5.0))
def test_need_keeps_the_number_of_people(residents, ratio):
    need = measures.need_adjusted(residents, ratio)
    assert need.sum() == pytest.approx(residents.sum())
    assert (need[0] / residents[0]) / (need[4] / residents[4]) == pytest.approx(ratio)
