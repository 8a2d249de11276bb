"""Referrals, choice of provider and residence of those who wait, against cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import referrals
from aft_sim.mechanisms.referrals import Entries

pytestmark = pytest.mark.unit

#: Three providers of one function, two ICBs; provider 0 serves both, provider 2 also treats people from outside.
ENTRIES = Entries(
    row=np.array([0, 0, 1, 2, 2]),
    icb=np.array([0, 1, 0, 1, 2]),
    market=np.array([0, 1, 0, 1, 2]),
    first=np.array([0, 2, 3, 5]),
)
#: (entry, group): market 0 is shared 60 to 40, market 1 30 to 10; 7 people a week come from outside.
BASE = np.zeros((5, 6))
BASE[0, :5] = 12.0
BASE[2, :5] = 8.0
BASE[1, :5] = 6.0
BASE[3, :5] = 2.0
BASE[4, 5] = 7.0
ONES = np.ones(3)


def normal_grid(size: int = 20_001) -> np.ndarray:
    """Standard normal quantiles at the middles of equal steps of probability."""
    from scipy.special import ndtri

    return ndtri((np.arange(size) + 0.5) / size)


def test_sums_over_entries():
    assert ENTRIES.n_markets == 3
    assert ENTRIES.to_rows(BASE).sum(axis=1).tolist() == [90.0, 40.0, 17.0]
    assert ENTRIES.to_markets(BASE).sum(axis=1).tolist() == [100.0, 40.0, 7.0]
    assert (referrals.summing(np.array([1, 0, 1]), 3) @ np.array([1.0, 2.0, 4.0])).tolist() == [2.0, 5.0, 0.0]


def test_gradient_is_log_linear_around_one():
    assert referrals.gradient(1.0).tolist() == [1.0] * 5
    use = referrals.gradient(0.81)
    assert use[0] / use[4] == pytest.approx(0.81)
    assert use[2] == pytest.approx(1.0)
    assert np.diff(np.log(use)) == pytest.approx(np.full(4, -np.log(0.81) / 4))


class TestSplitByQuintile:
    MIX = np.array([[0.4, 0.3, 0.2, 0.1, 0.0], [0.2] * 5])
    NONE = np.full((1, 5), np.nan)

    def test_by_residents_alone(self):
        got = referrals.split_by_quintile(np.array([10.0, 5.0]), self.MIX, np.ones((2, 5)), np.array([0, 0]), self.NONE)
        assert got == pytest.approx(np.array([[4, 3, 2, 1, 0], [1, 1, 1, 1, 1]], dtype=float))

    def test_by_residents_and_use(self):
        use = np.array([[2.0, 1.0, 1.0, 1.0, 1.0]])
        got = referrals.split_by_quintile(np.array([14.0]), self.MIX[:1], use, np.array([0]), self.NONE)
        # weights 0.8 0.3 0.2 0.1 0.0 add up to 1.4
        assert got[0] == pytest.approx([8.0, 3.0, 2.0, 1.0, 0.0])

    def test_published_catchment_is_met_and_starts_are_kept(self):
        catchment = np.array([[0.5, 0.2, 0.1, 0.1, 0.1], [np.nan] * 5])
        starts = np.array([10.0, 30.0, 8.0])
        mix = np.array([[0.1, 0.1, 0.2, 0.3, 0.3], [0.3, 0.25, 0.2, 0.15, 0.1], [0.2] * 5])
        got = referrals.split_by_quintile(starts, mix, np.ones((3, 5)), np.array([0, 0, 1]), catchment)
        assert got.sum(axis=1) == pytest.approx(starts)
        assert got[:2].sum(axis=0) / 40 == pytest.approx(catchment[0], abs=1e-6)
        assert got[2] == pytest.approx(np.full(5, 1.6))  # no published catchment: residents decide
        # the trust's poorer ICB stays the poorer one
        assert got[1, 0] / 30 > got[0, 0] / 10


class TestChoice:
    EXPONENTS = np.full(5, 0.1)

    def test_equal_ratios_give_the_observed_flows(self):
        got = referrals.choose(BASE, ENTRIES, ONES, ONES, self.EXPONENTS, -0.06)
        assert np.abs(got - BASE).max() <= 1e-12

    def test_waits_that_all_double_move_nobody(self):
        got = referrals.choose(BASE, ENTRIES, 2 * ONES, ONES, self.EXPONENTS, 0.0)
        assert got == pytest.approx(BASE)

    def test_half_the_wait_at_one_provider_by_hand(self):
        got = referrals.choose(BASE, ENTRIES, np.array([0.5, 1.0, 1.0]), ONES, self.EXPONENTS, 0.0)
        pull = 2**0.1
        assert got[0, 0] == pytest.approx(20 * 12 * pull / (12 * pull + 8))
        assert got[2, 0] == pytest.approx(20 * 8 / (12 * pull + 8))
        assert got[1, 3] == pytest.approx(8 * 6 * pull / (6 * pull + 2))
        assert ENTRIES.to_markets(got) == pytest.approx(ENTRIES.to_markets(BASE))

    def test_people_from_outside_do_not_choose(self):
        got = referrals.choose(BASE, ENTRIES, np.array([1.0, 1.0, 9.0]), np.full(3, 5.0), self.EXPONENTS, -0.3)
        assert got[:, 5].tolist() == BASE[:, 5].tolist()

    def test_demand_of_a_market_follows_its_wait(self):
        ratio = np.array([1.1, 1.0, 1.0])
        got = referrals.choose(BASE, ENTRIES, ONES, ratio, self.EXPONENTS, -0.06)
        assert ENTRIES.to_markets(got)[:, :5].sum(axis=1) == pytest.approx([100 * 1.1**-0.06, 40.0, 0.0])

    def test_own_elasticity_averages_the_measured_one(self):
        starts = BASE[:, :5].sum(axis=1)
        exponents = referrals.choice_exponents(0.04, 1.5, starts, ENTRIES)
        assert exponents[4] / exponents[0] == pytest.approx(1.5)
        step = 1e-6
        change = np.zeros(5)
        for row in range(3):
            ratio = ONES.copy()
            ratio[row] += step
            moved = referrals.choose(BASE, ENTRIES, ratio, ONES, exponents, 0.0)[:, :5].sum(axis=1)
            mine = (ENTRIES.row == row) & (starts > 0)
            change[mine] = (moved[mine] / starts[mine] - 1) / step
        assert (change * starts).sum() / starts.sum() == pytest.approx(-0.04, rel=1e-4)

    def test_without_competition_the_exponent_would_be_larger(self):
        # shares one half everywhere: room one half, so twice the elasticity
        even = Entries(np.array([0, 1]), np.array([0, 0]), np.array([0, 0]), np.array([0, 1, 2]))
        got = referrals.choice_exponents(0.04, 1.0, np.array([5.0, 5.0]), even)
        assert got == pytest.approx(np.full(5, 0.08))

    def test_where_nobody_has_a_choice_there_is_an_answer_too(self):
        alone = Entries(np.array([0]), np.array([0]), np.array([0]), np.array([0, 1]))
        assert np.isfinite(referrals.choice_exponents(0.04, 1.0, np.array([5.0]), alone)).all()


class TestChance:
    @pytest.mark.parametrize("mean,spread,scale", [(30.0, 0.18, 1.0), (4.0, 0.0, 1.0), (200.0, 0.18, 0.5)])
    def test_multiplier_has_the_mean_and_variance_it_claims(self, mean, spread, scale):
        z = normal_grid()
        got = referrals.weekly_multiplier(z, np.full(z.size, mean), spread, scale)
        assert got.mean() == pytest.approx(1.0, abs=2e-4)
        assert got.var() == pytest.approx(scale**2 * (1 / mean + spread**2), rel=0.01)

    def test_scale_zero_is_no_chance_at_all(self):
        assert referrals.weekly_multiplier(np.array([3.0, -3.0]), np.array([5.0, 0.0]), 0.2, 0.0).tolist() == [1, 1]

    def test_rows_without_demand_stay_finite(self):
        got = referrals.weekly_multiplier(np.array([-2.0, 2.0]), np.zeros(2), 0.18, 1.0)
        assert np.isfinite(got).all()

    def test_autocorrelation_keeps_the_variance(self):
        u = (np.arange(20_001) + 0.5) / 20_001
        assert referrals.autocorrelated(np.array([1.0]), np.array([0.5]), 0.8)[0] == pytest.approx(0.8)
        fresh = referrals.autocorrelated(np.zeros(u.size), u, 0.8)
        assert fresh.var() == pytest.approx(1 - 0.8**2, rel=1e-3)
        assert referrals.autocorrelated(np.zeros(1), np.array([0.975]), 0.0)[0] == pytest.approx(1.96, abs=1e-3)


class TestResidents:
    def move(self, mix, share, joined, start, end, rows=(0, 0)):
        mix = np.array(mix, dtype=float)
        referrals.move_residents(
            mix, np.array(rows), np.array(share, float), np.array(joined, float), np.array(start, float),
            np.array(end, float),
        )  # fmt: skip
        return mix

    def test_a_week_by_hand(self):
        # 8 join, 3 to 1; of 48 people 24 are left, of every ICB alike
        got = self.move([[10], [30]], [[3], [1]], [[8]], [[40]], [[24]])
        assert got.ravel() == pytest.approx([(10 + 6) / 2, (30 + 2) / 2])

    def test_two_rows_do_not_mix(self):
        got = self.move([[10], [30]], [[3], [1]], [[2], [0]], [[10], [30]], [[12], [15]], rows=(0, 1))
        assert got.ravel() == pytest.approx([12.0, 15.0])

    def test_a_list_that_empties_and_one_that_nobody_joins(self):
        assert self.move([[10], [30]], [[3], [1]], [[0]], [[40]], [[0]]).tolist() == [[0.0], [0.0]]
        assert self.move([[0], [0]], [[0], [0]], [[0]], [[0]], [[0]]).tolist() == [[0.0], [0.0]]
