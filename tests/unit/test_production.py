"""Capacity: inputs, the pull of the list, productivity and growth."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import production

pytestmark = pytest.mark.unit


def test_inputs_by_hand():
    admitted, other = production.input_effect(
        np.array([1.0, 1.15]), np.array([1.0, 1.2]), np.array([1.0, 0.9]), (0.25, 0.1, 0.2)
    )
    assert other == pytest.approx([1.0, 1.15**0.25 * 1.2**0.1])
    assert admitted == pytest.approx([1.0, 1.15**0.25 * 1.2**0.1 * 0.9**0.2])


def test_more_staff_alone_yields_far_less_than_proportionally():
    ones = np.ones(1)
    _, other = production.input_effect(1.15 * ones, ones, ones, (0.25, 0.1, 0.2))
    assert 1.0 < other[0] < 1.08


class TestSupplyFeedback:
    def feedback(self, listed, starts, power=0.4):
        return production.supply_feedback(
            np.array([listed]), np.array([1000.0]), np.array([starts]), np.array([50.0]), power
        )[0]

    def test_one_at_opening(self):
        assert self.feedback(1000.0, 50.0) == 1.0

    def test_list_per_unit_of_demand_decides(self):
        assert self.feedback(1200.0, 50.0) == pytest.approx(1.2**0.4)
        assert self.feedback(1200.0, 60.0) == pytest.approx(1.0)
        assert self.feedback(500.0, 50.0) == pytest.approx(0.5**0.4)

    def test_switched_off(self):
        assert self.feedback(9999.0, 1.0, power=0.0) == 1.0

    def test_an_empty_row_stays_finite(self):
        got = production.supply_feedback(np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1), 0.4)
        assert got.tolist() == [1.0]


def test_productivity_by_hand():
    got = production.productivity_step(np.array([0.1, 0.0]), np.array([0.5, 0.975]), 0.98, 0.01)
    assert got == pytest.approx([0.098, 0.0196], abs=1e-5)


def test_moving_mean_approaches_with_its_age():
    assert production.smooth(np.array([10.0]), np.array([36.0]), 26.0)[0] == pytest.approx(11.0)
    mean = np.zeros(1)
    for _ in range(26):
        mean = production.smooth(mean, np.ones(1), 26.0)
    assert mean[0] == pytest.approx(1 - (1 - 1 / 26) ** 26)


class TestGrowth:
    def test_index_begins_at_one_and_compounds_by_the_year(self):
        index = production.growth_index(np.full(530, 0.05))
        assert index[0] == 1.0
        assert index[1] == pytest.approx(1.05 ** (7 / 365.25))
        assert index[-1] == pytest.approx(1.05 ** (529 * 7 / 365.25))

    def test_no_growth_is_exactly_one(self):
        assert production.growth_index(np.zeros(100)).tolist() == [1.0] * 100

    def test_a_dated_change_acts_from_the_week_after_it(self):
        rate = np.zeros(10)
        rate[4:] = 0.1
        index = production.growth_index(rate)
        assert index[:5].tolist() == [1.0] * 5
        assert index[5] == pytest.approx(1.1 ** (7 / 365.25))
