"""Estimates of facts that nobody publishes, against cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.facts import Basis, Fact, TrustFacts
from aft_sim.baseline.fill import (
    FEW,
    _occupancy,
    _put,
    by_change,
    by_ratio,
    by_residents,
    by_type,
    comparable,
)

pytestmark = pytest.mark.unit

NAN = np.nan


class TestComparable:
    KINDS = ("acute",) * 5 + ("specialist",) * 4 + ("mental_health",) * 3 + ("community",) * 2

    def test_the_type_itself_where_there_are_enough(self):
        found = comparable(self.KINDS, np.ones(14, dtype=bool), "acute")
        assert np.flatnonzero(found).tolist() == [0, 1, 2, 3, 4]

    def test_only_usable_trusts_count(self):
        usable = np.arange(14) != 0
        assert np.flatnonzero(comparable(self.KINDS, usable, "acute")).tolist() == [1, 2, 3, 4, 5, 6, 7, 8]

    def test_a_small_type_is_compared_with_its_setting(self):
        everyone = np.ones(14, dtype=bool)
        assert np.flatnonzero(comparable(self.KINDS, everyone, "specialist")).tolist() == list(range(9))
        assert np.flatnonzero(comparable(self.KINDS, everyone, "community")).tolist() == list(range(9, 14))
        assert np.flatnonzero(comparable(self.KINDS, everyone, "ambulance")).tolist() == list(range(9, 14))

    def test_a_small_setting_is_compared_with_all(self):
        usable = np.arange(14) < 13
        assert np.flatnonzero(comparable(self.KINDS, usable, "community")).tolist() == list(range(13))


class TestRatio:
    """Six trusts whose ratios are 1 to 6, and one of size 70 without a figure."""

    SIZE = np.array([10.0, 20, 30, 40, 50, 60, 70])
    VALUES = np.array([10.0, 40, 90, 160, 250, 360, NAN])
    KINDS = ("acute",) * 7

    def test_median_ratio_times_size_with_the_percentiles(self):
        value, low, high, error = by_ratio(self.VALUES, self.SIZE, self.KINDS)
        assert value[6] == pytest.approx(3.5 * 70)
        assert low[6] == pytest.approx(1.25 * 70), "5th percentile of 1 to 6"
        assert high[6] == pytest.approx(5.75 * 70), "95th percentile of 1 to 6"
        assert np.isnan(error[6])

    def test_errors_leave_the_trust_itself_out(self):
        value, low, high, error = by_ratio(self.VALUES, self.SIZE, self.KINDS)
        assert value[:2] == pytest.approx([4 * 10, 4 * 20]), "medians of 2 to 6, and of 1, 3, 4, 5, 6"
        assert error[:2] == pytest.approx([3.0, 1.0])
        assert error[5] == pytest.approx(0.5), "median of 1 to 5 is 3 against 6"
        assert low[0] == pytest.approx(2.2 * 10) and high[0] == pytest.approx(5.8 * 10)

    def test_a_trust_does_not_move_its_own_estimate(self):
        changed = self.VALUES.copy()
        changed[0] *= 1000
        before, after = (by_ratio(v, self.SIZE, self.KINDS)[0][0] for v in (self.VALUES, changed))
        assert after == before

    def test_no_estimate_from_too_few(self):
        values = np.where(np.arange(7) < FEW - 1, self.VALUES, NAN)
        assert np.isnan(by_ratio(values, self.SIZE, self.KINDS)).all()

    def test_with_just_enough_the_error_cannot_be_told(self):
        values = np.where(np.arange(7) < FEW, self.VALUES, NAN)
        value, _, _, error = by_ratio(values, self.SIZE, self.KINDS)
        assert value[5:] == pytest.approx([3 * 60, 3 * 70]) and np.isnan(value[:FEW]).all()
        assert np.isnan(error).all()

    def test_no_estimate_without_a_size_and_none_from_trusts_of_size_zero(self):
        size = self.SIZE.copy()
        size[5], size[6] = 0.0, NAN
        value, low, high, _ = by_ratio(self.VALUES, size, self.KINDS)
        assert np.isnan([value[6], low[6], high[6]]).all()
        assert [value[5], low[5], high[5]] == [0, 0, 0]
        assert np.isnan(value[0]), "four others are too few"

    def test_values_of_zero_count_but_have_no_relative_error(self):
        values = np.array([0.0, 40, 90, 160, 250, 360, NAN])
        value, _, _, error = by_ratio(values, self.SIZE, self.KINDS)
        assert value[6] == pytest.approx(3.5 * 70) and np.isnan(error[0])

    def test_each_type_by_itself(self):
        kinds = ("acute",) * 7 + ("mental_health",) * 6
        size = np.concatenate([self.SIZE, np.full(6, 10.0)])
        values = np.concatenate([self.VALUES, [20.0] * 5, [NAN]])
        value = by_ratio(values, size, kinds)[0]
        assert value[6] == pytest.approx(245) and value[12] == pytest.approx(20)

    def test_change_is_the_ratio_to_the_other_period(self):
        found, expected = by_change(self.VALUES, self.SIZE, self.KINDS), by_ratio(self.VALUES, self.SIZE, self.KINDS)
        np.testing.assert_array_equal(found, expected)


def test_median_of_the_type_with_errors_in_its_unit():
    values = np.array([-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, NAN])
    value, low, high, error = by_type(values, ("acute",) * 7)
    assert value[6] == pytest.approx(-0.005)
    assert low[6] == pytest.approx(-0.0275) and high[6] == pytest.approx(0.0175)
    assert value[0] == pytest.approx(0.0) and error[0] == pytest.approx(0.03), "without itself"
    assert np.isnan(by_type(values[2:], ("acute",) * 5)[0]).all(), "four are too few"


class TestResidents:
    HOST = np.tile([0.3, 0.25, 0.2, 0.15, 0.1], (6, 1))

    def mix(self) -> np.ndarray:
        """Five trusts whose most deprived fifth is 2 points below to 2 above that of their board; the sixth unknown."""
        mix = self.HOST.copy()
        mix[:5, 0] += [-0.02, -0.01, 0.0, 0.01, 0.02]
        mix[:5, 4] -= [-0.02, -0.01, 0.0, 0.01, 0.02]
        mix[5] = NAN
        return mix

    def test_the_residents_of_the_board_with_the_gaps_of_the_others(self):
        value, low, high, error = by_residents(self.mix(), self.HOST)
        np.testing.assert_array_equal(value[5], self.HOST[5])
        assert (low[5, 0], high[5, 0]) == (pytest.approx(0.3 - 0.018), pytest.approx(0.3 + 0.018))
        assert (low[5, 1], high[5, 1]) == (0.25, 0.25)
        assert error[:5, 0] == pytest.approx([0.02, 0.01, 0.0, 0.01, 0.02]) and np.isnan(error[5]).all()

    def test_ends_stay_within_0_and_1(self):
        host = np.tile([0.99, 0.01, 0.0, 0.0, 0.0], (6, 1))
        mix = host.copy()
        mix[:5, 0], mix[:5, 1], mix[5] = [0.5, 0.6, 0.7, 0.8, 1.0], [0.5, 0.4, 0.3, 0.2, 0.0], NAN
        value, low, high, _ = by_residents(mix, host)
        assert (low >= 0).all() and (high <= 1).all() and (low <= value).all() and (value <= high).all()

    def test_the_range_holds_the_estimate_even_where_all_others_are_above_it(self):
        mix = self.HOST + np.array([0.1, -0.1, 0, 0, 0])
        mix[5] = NAN
        value, low, high, _ = by_residents(mix, self.HOST)
        assert low[5, 0] == value[5, 0] and high[5, 0] == pytest.approx(0.4)
        assert low[5, 1] == pytest.approx(0.15) and high[5, 1] == value[5, 1]

    def test_no_estimate_from_too_few(self):
        mix = self.mix()
        mix[4] = NAN
        assert np.isnan(by_residents(mix, self.HOST)).all()


def test_occupancy_is_one_estimate_over_the_other_with_what_it_misses_elsewhere():
    available, occupied = np.full(7, 100.0), np.full(7, 90.0)
    known = np.array([0.88, 0.89, 0.90, 0.91, 0.92, NAN, NAN])
    available[6] = 0.0
    value, low, high, error = _occupancy(occupied, available, known)
    assert value[5] == pytest.approx(0.9) and np.isnan(value[6])
    assert (low[5], high[5]) == (pytest.approx(0.882), pytest.approx(0.918))
    assert error[:5] == pytest.approx([0.02, 0.01, 0.0, 0.01, 0.02])
    assert _occupancy(occupied * 2, available, known)[0][5] == 1.0
    assert np.isnan(_occupancy(occupied, available, np.where(np.arange(7) < 4, known, NAN))[0]).all()


def test_estimates_are_written_where_nothing_is_known_and_recorded():
    facts = TrustFacts.empty([f"R{i}" for i in range(8)])
    for i, value in enumerate((10.0, 40, 90, 160, 250, 360)):
        facts.put("estate.backlog", i, Fact(value, Basis.PUBLISHED))
    size = np.array([10.0, 20, 30, 40, 50, 60, 70, NAN])
    estimate = by_ratio(facts["estate.backlog"], size, ("acute",) * 8)
    assert not np.isnan(estimate[0][:6]).any(), "published ones have an estimate too, to compare with"
    method = _put(facts, "estate.backlog", estimate, "by size", Basis.ESTIMATED)
    assert (method.fact, method.how, method.trusts) == ("estate.backlog", "by size", ("R6",))
    assert method.compared == 6
    assert method.error == pytest.approx(0.45), "median of 3, 1, 1/3, 0.25, 0.4 and 0.5"
    assert facts["estate.backlog"][:6].tolist() == [10, 40, 90, 160, 250, 360]
    assert [facts.of(i)["estate.backlog"].basis for i in range(6)] == [Basis.PUBLISHED] * 6
    assert facts.of(6)["estate.backlog"].basis is Basis.ESTIMATED
    assert facts["estate.backlog"][6] == pytest.approx(3.5 * 70)
    assert not facts.known("estate.backlog")[7]


def test_trusts_without_a_size_are_not_among_those_compared():
    facts = TrustFacts.empty([f"R{i}" for i in range(8)])
    for i in range(7):
        facts.put("estate.backlog", i, Fact(10.0, Basis.PUBLISHED))
    size = np.array([10.0, 10, 10, 10, 10, 10, NAN, 20])
    method = _put(
        facts, "estate.backlog", by_ratio(facts["estate.backlog"], size, ("acute",) * 8), "by size", Basis.ESTIMATED
    )
    assert (method.compared, method.error, facts["estate.backlog"][7]) == (6, 0.0, 20.0)
