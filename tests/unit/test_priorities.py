"""Measured priorities: shrinkage to its limits, England's tail, and rows by band."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline import priorities
from aft_sim.baseline.priorities import BAND_EDGES, BAND_OF_WEEK, N_BANDS, N_WEEKS, Priorities, measure_priorities

pytestmark = pytest.mark.unit

WEEKS_IN_MONTH = 31 / 7


def test_bands_cover_every_week_once():
    assert BAND_OF_WEEK.shape == (N_WEEKS,)
    for band in range(N_BANDS):
        weeks = np.flatnonzero(np.equal(BAND_OF_WEEK, band))
        assert (weeks[0], weeks[-1] + 1) == (BAND_EDGES[band], BAND_EDGES[band + 1])


class TestShrinkage:
    def test_shape_by_hand(self):
        # expected 10 each; squared misses 100, 0, 100 less 10 each: 170 over 300
        assert priorities.gamma_shape(np.array([20.0, 10.0, 0.0]), np.full(3, 10.0)) == pytest.approx(300 / 170)

    def test_no_excess_spread_is_a_point(self):
        assert priorities.gamma_shape(np.full(5, 10.0), np.full(5, 10.0)) == 1e6
        assert priorities.gamma_shape(np.array([9.0, 2.0]), np.array([1.0, 1.0])) == 1e6

    def test_no_data_gives_one_and_much_data_the_raw_ratio(self):
        expected = np.array([0.0, 1e7, 1e7, 1e7, 5.0])
        events = np.array([0.0, 2e7, 0.5e7, 1e7, 15.0])
        got = priorities.shrink(events, expected)
        assert got[0] == 1.0
        assert got[1:4] == pytest.approx([2.0, 0.5, 1.0], rel=1e-5)
        assert 1.0 < got[4] < 3.0

    def test_posterior_mean_by_hand(self):
        events, expected = np.array([20.0, 10.0, 0.0]), np.full(3, 10.0)
        k = 300 / 170
        assert priorities.shrink(events, expected) == pytest.approx((k + events) / (k + expected))

    def test_units_that_agree_are_taken_as_one(self):
        assert priorities.shrink(np.array([12.0, 9.0, 9.0]), np.full(3, 10.0)) == pytest.approx(np.ones(3), abs=1e-4)


class TestEngland:
    def test_rate_a_week_and_an_averaged_tail(self):
        waiting = np.full(N_WEEKS, 100.0)
        completions = np.full((2, N_WEEKS), 44.0)
        completions[0, 66:78] = np.arange(12)
        completions[1, 10] = 88.0
        got = priorities.england_profile(completions, waiting, 4.4)
        assert got[0, 3] == pytest.approx(0.1)
        assert got[1, 10] == pytest.approx(0.2)
        assert got[0, 66:78] == pytest.approx(np.full(12, 66 / 4.4 / 1200))

    def test_nobody_is_untreatable(self):
        completions = np.zeros((2, N_WEEKS))
        completions[:, 0] = 44.0
        got = priorities.england_profile(completions, np.ones(N_WEEKS), 4.4)
        assert got.min() == pytest.approx(0.02 * 10 / N_WEEKS)


class TestMeasure:
    @staticmethod
    def world(scale: float = 1.0, rows: int = 6):
        """Rows of two groups with one age profile; everyone is treated at 5 % a week, twice that at 52 weeks."""
        waiting = scale * np.exp(-np.arange(N_WEEKS) / 20) * np.linspace(500, 1500, rows)[:, None]
        rate = np.full(N_WEEKS, 0.05)
        rate[52] = 0.1
        completions = np.stack([0.2 * rate * waiting, 0.8 * rate * waiting]) * WEEKS_IN_MONTH
        return completions, waiting, np.arange(rows) % 2

    def test_identical_rows_get_englands_rate(self):
        completions, waiting, group = self.world()
        got = measure_priorities(completions, waiting, group, 2, WEEKS_IN_MONTH).by_row(group)
        assert got.shape == (2, 6, N_WEEKS)
        assert got[0, :, :60] == pytest.approx(
            np.broadcast_to(completions[0, 0, :60] / waiting[0, :60], (6, 60)) / WEEKS_IN_MONTH, rel=1e-3
        )
        assert got[:, :, 52] == pytest.approx(2 * got[:, :, 51], rel=1e-3)

    def test_a_large_row_keeps_its_own_rate_and_a_tiny_one_does_not(self):
        completions, waiting, group = self.world(scale=50.0, rows=12)
        waiting[11] *= 1e-6
        completions[:, 11] *= 1e-6
        completions[:, 1] *= np.where(np.arange(N_WEEKS) < 18, 1.5, 1.0)
        completions[:, 11] *= 3.0
        p = measure_priorities(completions, waiting, group, 2, WEEKS_IN_MONTH)
        relative = p.by_row(group)[1, 1] / p.by_row(group)[1, 3]
        assert relative[:18].mean() / relative[18:52].mean() == pytest.approx(1.5, rel=0.02)
        assert p.ratio[1, 11] == pytest.approx(np.ones(N_BANDS), abs=0.05)

    def test_a_group_has_its_own_level(self):
        completions, waiting, group = self.world(scale=50.0)
        completions[:, group == 1] *= 1.6
        p = measure_priorities(completions, waiting, group, 2, WEEKS_IN_MONTH)
        assert p.profile[0, 1, :40] / p.profile[0, 0, :40] == pytest.approx(np.full(40, 1.6), rel=0.01)

    def test_everything_is_positive_and_below_the_ceiling(self):
        completions, waiting, group = self.world(scale=0.01)
        completions[:, 0] = 0.0
        completions[:, 2] *= 1000.0
        p = measure_priorities(completions, waiting, group, 2, WEEKS_IN_MONTH)
        got = p.by_row(group)
        assert got.min() > 0 and got.max() <= priorities.CEILING


def test_a_row_is_its_group_times_its_band():
    profile = np.full((2, 1, N_WEEKS), 0.1)
    ratio = np.ones((2, 1, N_BANDS))
    ratio[0, 0, 0], ratio[1, 0, N_BANDS - 1] = 2.0, 9.0
    got = Priorities(profile, ratio).by_row(np.array([0]))
    assert got[0, 0, :3].tolist() == pytest.approx([0.2, 0.2, 0.1])
    assert got[1, 0, 64:66].tolist() == pytest.approx([0.1, priorities.CEILING])
