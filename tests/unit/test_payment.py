"""Rules of payment, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.policy import payment

pytestmark = pytest.mark.unit


def test_prices_grow_by_inflation_less_efficiency():
    assert payment.price_uplift(0.025, 0.02) == pytest.approx(1.025 * 0.98 - 1)
    assert payment.price_uplift(0.025, 0.04) == pytest.approx(-0.016)


def test_support_ends_in_three_steps():
    assert [payment.support_left(year) for year in range(2025, 2031)] == pytest.approx([1, 2 / 3, 1 / 3, 0, 0, 0])


def test_equal_steps_to_fair_shares():
    gap, left = 90.0, []
    for year in (2026, 2027, 2028, 2029):
        gap -= payment.convergence_pace(year) * gap
        left.append(gap)
    assert left == pytest.approx([60, 30, 0, 0])


def test_allocations_by_hand():
    before, target = np.array([110.0, 90.0]), np.array([100.0, 100.0])
    # grown by 5 % to 115.5 and 94.5; a third of the way to 105 each
    assert payment.allocations(before, target, 0.05, 1 / 3, -1.0) == pytest.approx([112.0, 98.0])
    # nobody below 3 %: the first is held at 113.3, which the second pays for
    assert payment.allocations(before, target, 0.05, 1 / 3, 0.03) == pytest.approx([113.3, 96.7])
    # a floor above the growth that there is cannot be paid: all grow alike
    assert payment.allocations(before, target, 0.05, 1.0, 0.2) == pytest.approx([115.5, 94.5])


def test_nothing_is_earned_beyond_the_cap():
    got = payment.earned(np.array([5.0, 5.0, 5.0]), np.array([90.0, 97.0, 101.0]), np.full(3, 100.0))
    assert got.tolist() == [5.0, 3.0, 0.0]


class TestSupport:
    board = np.array([0, 0, 1, 1])
    due = np.array([4.0, 0.0, 6.0, 0.0])
    income = np.array([100.0, 300.0, 100.0, 100.0])

    def test_a_system_is_judged_as_a_whole(self):
        planned, surplus = np.array([-4.0, 4.0, 0.0, 0.0]), np.array([-8.0, 8.0, -1.0, -3.0])
        on = payment.on_plan(surplus, planned, self.income, self.board, 2, 0.01)
        assert on.tolist() == [True, False]
        assert payment.on_plan(surplus, planned, self.income, self.board, 2, 0.02).tolist() == [True, True]

    def test_what_a_system_forfeits_goes_to_those_that_deliver(self):
        own = np.array([False, True, True, True])
        kept, reward = payment.deficit_support(self.due, self.income, own, np.array([True, False]), self.board)
        assert kept.tolist() == [4.0, 0.0, 0.0, 0.0]
        assert reward.tolist() == [0.0, 6.0, 0.0, 0.0]

    def test_all_is_paid_where_all_are_on_plan(self):
        own = np.full(4, True)
        kept, reward = payment.deficit_support(self.due, self.income, own, np.full(2, True), self.board)
        assert kept.tolist() == [4, 0, 6, 0] and not reward.any()

    def test_nothing_is_paid_where_nobody_delivers(self):
        own = np.full(4, True)
        kept, reward = payment.deficit_support(self.due, self.income, own, np.full(2, False), self.board)
        assert not kept.any() and not reward.any()


def test_the_most_improved():
    before, now = np.array([60.0, 60.0, 60.0, 60.0, 60.0]), np.array([64.0, 66.0, 65.0, 59.0, 70.0])
    lists, longer = np.full(5, 100.0), np.array([100.0, 90.0, 101.0, 90.0, 90.0])
    over_52 = np.array([0.0, 0.01, 0.0, 0.0, 0.02])
    # the third's list is longer, the fourth is worse, the fifth has too many long waits
    assert payment.most_improved(before, now, lists, longer, over_52, 0.01, 10).tolist() == [1, 0]
    assert payment.most_improved(before, now, lists, longer, over_52, 0.01, 1).tolist() == [1]
