"""What a board chooses to spend on: horizons, discounted years, weights, shares."""

import numpy as np
import pytest

from aft_sim.policy import choice
from aft_sim.policy.capital_regime import may_reinvest_too

pytestmark = pytest.mark.unit

THEATRE, EQUIPMENT, ESTATE, REVENUE = range(4)
LAG = np.array([2.4, 0.9, 0.4, 0.0])
LIFE = np.array([np.inf, np.inf, np.inf, 1.0])


def test_horizons():
    assert choice.horizon(1.0, False, 3, 1, 5) == 3
    assert choice.horizon(2.0, True, 3, 1, 5) == 5
    assert choice.horizon(np.nan, False, 3, 1, 5) == 3
    assert choice.horizon(4.0, True, 3, 1, 5) == 1, "close oversight goes before a freedom"


def test_years_of_benefit_by_hand():
    # undiscounted: what is left of the horizon after the lag, bought work a year
    assert choice.years_of_benefit(LAG, LIFE, 3.0, 0.0).tolist() == pytest.approx([0.6, 2.1, 2.6, 1.0])
    # beyond the horizon there is nothing
    assert choice.years_of_benefit(LAG, LIFE, 1.0, 0.0).tolist() == pytest.approx([0.0, 0.1, 0.6, 1.0])
    # one year from now on at 10 %: (1 - 1/1.1) / ln 1.1 = 0.0909091 / 0.0953102
    assert choice.years_of_benefit(np.zeros(1), np.ones(1), 5.0, 0.1)[0] == pytest.approx(0.953824, abs=1e-6)


def test_weights_by_hand():
    assert choice.weights(0.5, 0.25, 0.0).tolist() == [0.5, 0.5]
    # twenty points below: 0.5 x 1.5 = 0.75 beside 0.5
    assert choice.weights(0.5, 0.25, 20.0).tolist() == pytest.approx([0.6, 0.4])
    assert choice.weights(0.5, 0.25, -3.0).tolist() == [0.5, 0.5], "nobody is pressed to do worse"


def test_shares_by_hand():
    effect = np.array([[200.0, 0.0], [50.0, 0.0], [0.0, 1.0], [100.0, 0.0]])
    years = np.array([1.0, 2.0, 1.0, 1.0])
    # waits: 200, 100, 0, 100 of the best 200; estate: the estate alone. Scores at equal weights 1/2, 1/4, 1/2, 1/4
    shares = choice.choose(effect, years, np.array([0.5, 0.5]), 4.0)
    e = np.exp([0.0, -1.0, 0.0, -1.0])
    assert shares.tolist() == pytest.approx((e / e.sum()).tolist())


def test_what_comes_too_late_gets_nothing():
    effect = np.array([[200.0, 0.0], [50.0, 0.0], [0.0, 1.0], [100.0, 0.0]])
    for ahead, built in ((1.0, False), (5.0, True)):
        years = choice.years_of_benefit(LAG, LIFE, ahead, 0.035)
        assert (choice.choose(effect, years, np.array([0.6, 0.4]), 4.0)[THEATRE] > 0) == built


def test_a_longer_horizon_moves_money_to_what_comes_later():
    effect = np.array([[200.0, 0.0], [50.0, 0.0], [0.0, 1.0], [150.0, 0.0]])
    share = [
        choice.choose(effect, choice.years_of_benefit(LAG, LIFE, ahead, 0.035), np.array([0.6, 0.4]), 4.0)
        for ahead in (3.0, 5.0, 8.0)
    ]
    assert share[0][THEATRE] < share[1][THEATRE] < share[2][THEATRE]
    assert share[0][REVENUE] > share[1][REVENUE] > share[2][REVENUE]


def test_a_board_for_which_nothing_works_in_time_looks_after_its_estate():
    assert choice.choose(np.zeros((4, 2)), np.ones(4), np.array([0.5, 0.5]), 4.0).tolist() == [0, 0, 1, 0]


def test_who_may_reinvest_without_the_status():
    segment, foundation = np.array([1.0, 2.0, 3.0, np.nan]), np.array([False, True, True, False])
    assert not may_reinvest_too("nobody", segment, foundation).any()
    assert may_reinvest_too("segments_1_2", segment, foundation).tolist() == [True, True, False, False]
    assert may_reinvest_too("foundation_trusts", segment, foundation).tolist() == [False, True, True, False]
