"""Access by deprivation: the opening gap and what a shortfall does to it."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import access

pytestmark = pytest.mark.unit

WEEKS = 105


def opened(gap, spread=(0.0, 0.0), decay=(15.0, 25.0)):
    """Two rows at two providers with falling age profiles; the one with poorer patients waits less."""
    waiting = 1000 * np.exp(-np.arange(WEEKS) / np.array(decay)[:, None])
    share = np.array([[0.3, 0.25, 0.2, 0.15, 0.1], [0.2] * 5])
    cumulative = np.cumsum(np.full((2, WEEKS), 0.03), axis=1) - 0.03
    found = access.open_access(waiting, share, np.array([0, 1]), cumulative, gap, np.array(spread))
    return waiting, share, found


def test_cumulative_chance_by_hand():
    priorities = np.array([[[2.0, 1.0, 3.0]], [[1.0, 1.0, 0.0]]])
    capacities = np.array([[10.0], [5.0]])
    waiting = np.array([[10.0, 10.0, 10.0]])
    # weighted lists 60 and 20: rates 2/6, 1/6, 3/6 and 1/4, 1/4, 0
    got = access.cumulative_chance(priorities, capacities, waiting)
    assert got[0] == pytest.approx([0.0, 7 / 12, 1.0])


def test_a_chance_never_exceeds_one():
    got = access.cumulative_chance(np.ones((2, 1, 3)), np.full((2, 1), 1e6), np.ones((1, 3)))
    assert got.tolist() == [[0.0, 1.0, 2.0]]


def test_gap_by_hand():
    people = np.zeros((2, 5, WEEKS))
    people[:, :, 0] = 50.0
    people[0, 0, 60] = 11.0
    people[0, 4, 104] = 5.0
    assert access.gap_over_52(people) == pytest.approx((11 / 111) / (5 / 105))


@pytest.mark.parametrize("gap", [0.8, 1.0, 1.15, 1.33])
def test_the_gap_asked_for_is_found(gap):
    waiting, _, found = opened(gap)
    assert found.gap == pytest.approx(gap, abs=1e-8)
    assert access.gap_over_52(found.people) == pytest.approx(gap, abs=1e-8)
    assert found.people.sum(axis=1) == pytest.approx(waiting)
    assert found.people.min() >= 0


def test_no_gap_leaves_everybody_alike():
    waiting, share, found = opened(1.0, decay=(20.0, 20.0))
    assert found.access == pytest.approx(np.ones((2, 5)))
    assert found.people == pytest.approx(share[:, :, None] * waiting[:, None, :])


def test_where_people_live_is_part_of_the_gap():
    # the poorer wait less between providers, so within them access must differ more to show the same gap
    _, _, between = opened(1.0)
    assert between.access[0, 0] < 1 < between.access[0, 4]


def test_the_deprived_have_less_access_and_wait_longer():
    _, share, found = opened(1.15)
    assert (np.diff(found.access, axis=1) > 0).all()
    assert found.access[:, 2] == pytest.approx(1.0)
    assert found.people[:, :, 0] / found.people[:, :, 0].sum(axis=1, keepdims=True) == pytest.approx(share)
    oldest = found.people[:, :, 90] / found.people[:, :, 90].sum(axis=1, keepdims=True)
    assert oldest[0, 0] > share[0, 0] and oldest[0, 4] < share[0, 4]


def test_trusts_differ_around_england():
    _, _, found = opened(1.15, spread=(0.4, -0.4))
    assert found.gap == pytest.approx(1.15, abs=1e-8)
    assert found.access[0, 0] < found.access[1, 0]


def test_a_trusts_own_ratio_deviates_by_what_is_given_whatever_its_chances():
    # the second provider treats three times as fast, so a difference in chance weighs three times as much there
    waiting = 1000 * np.exp(-np.arange(WEEKS) / 15.0) * np.ones((2, 1))
    share = np.full((2, 5), 0.2)
    cumulative = np.arange(WEEKS) * np.array([[0.01], [0.03]])
    logs = {}
    for spread in (0.0, 0.02):
        found = access.open_access(waiting, share, np.array([0, 1]), cumulative, 1.15, np.array([spread, -spread]))
        logs[spread] = np.log([access.gap_over_52(found.people[[row]]) for row in (0, 1)])
    moved = logs[0.02] - logs[0.0]
    assert moved[0] - moved[1] == pytest.approx(0.04, rel=0.05)


class TestShortfall:
    def test_what_is_missing_now_and_what_is_remembered_beyond_it(self):
        got = access.shortfall(
            np.array([80.0, 100.0, 125.0, 95.0]), np.full(4, 100.0), np.array([0.0, 0.4, -0.2, 0.4]), 26.0
        )
        # now 0.2, 0, -25/125 and 0.05; of 0.4 and 0.35 beyond it a little has faded
        assert got == pytest.approx([0.2, 0.4 * 0.5 ** (1 / 26), -0.2, 0.05 + 0.35 * 0.5 ** (1 / 26)])

    def test_losing_and_gaining_as_much_mirror_each_other(self):
        settled = np.array([0.5, -0.5])
        lost, gained = access.shortfall(np.array([50.0, 200.0]), np.full(2, 100.0), settled, 26.0)
        assert (lost, gained) == (0.5, -0.5)
        assert access.shortfall(np.zeros(1), np.zeros(1), np.zeros(1), 26.0)[0] == 0.0

    def test_memory_halves_in_its_half_life(self):
        memory = np.array([0.4])
        for _ in range(26):
            memory = access.shortfall(np.array([100.0]), np.array([100.0]), memory, 26.0)
        assert memory[0] == pytest.approx(0.2)

    def test_weights_have_mean_one_and_the_ratio(self):
        weights = access.shortfall_weights(1.35)
        assert weights.mean() == pytest.approx(1.0)
        assert weights[0] / weights[4] == pytest.approx(1.35)
        assert (np.diff(weights) < 0).all()
        assert access.shortfall_weights(1.0) == pytest.approx(np.ones(5))

    def test_it_falls_on_the_deprived(self):
        weights = access.shortfall_weights(1.35)
        got = access.with_shortfall(np.ones((2, 5)), np.array([0.0, 0.2]), weights)
        assert got[0].tolist() == [1.0] * 5
        assert 1 - got[1] == pytest.approx(0.2 * weights)

    def test_more_than_usual_reaches_the_deprived_first(self):
        got = access.with_shortfall(np.ones((1, 5)), np.array([-0.2]), access.shortfall_weights(1.35))
        assert (np.diff(got[0]) < 0).all() and got[0].mean() == pytest.approx(1.2)

    def test_nobody_is_shut_out(self):
        got = access.with_shortfall(np.ones((1, 5)), np.ones(1), access.shortfall_weights(1.35))
        assert (got >= 0.05).all()
