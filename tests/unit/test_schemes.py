"""Sizes of schemes and what of a plan whole schemes can use, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import schemes
from aft_sim.mechanisms.capital import real_value

pytestmark = pytest.mark.unit

#: Standard normal by the middle of many equal parts.
Z = np.sort(np.random.default_rng(4).normal(size=400_000))


def test_sizes_by_hand() -> None:
    found = schemes.sizes(np.array([0.0, 1.0, -1.0]), np.array(25.0), 0.02, 1.5)
    assert found == pytest.approx([0.5, 0.5 * np.exp(1.5), 0.5 * np.exp(-1.5)], abs=1e-8)
    assert (np.round(found * 1e8) == found * 1e8).all()
    assert not schemes.sizes(np.array([2.0]), np.array(0.0), 0.02, 1.5).any()


def test_a_trust_begins_as_much_as_it_ends() -> None:
    share = {"theatre": 0.1575, "equipment": 0.086, "estate": 0.7565}
    count = schemes.schemes_a_year(share, 0.02, 1.5)
    # the mean of a lognormal is its median times exp(4.5 / 4): 16.2 schemes of that size are a year's capital
    assert count == {"theatre": 3, "equipment": 1, "estate": 12}
    assert schemes.schemes_a_year(share, 0.9, 1.0) == {"theatre": 1, "equipment": 1, "estate": 1}


def test_a_years_money_goes_by_size() -> None:
    found = schemes.shared_by_size(np.array([10.0, 6.0]), np.array([[1.0, 3.0, 0.0], [0.0, 0.0, 0.0]]))
    assert found.tolist() == [[2.5, 7.5, 0.0], [2.0, 2.0, 2.0]]


def test_what_does_not_fit_is_passed_over() -> None:
    size = np.array([4.0, 7.0, 3.0, 3.0, 0.5])
    assert schemes.whole(8.0, size).tolist() == [True, False, True, False, True]
    assert schemes.whole(4.0, size).tolist() == [True, False, False, False, False]
    assert not schemes.whole(0.4, size).any()


def test_money_that_is_given_is_spent_in_full() -> None:
    size = np.array([4.0, 7.0, 3.0])
    assert schemes.spent_in_full(6.0, size).tolist() == [4.0, 2.0, 0.0]
    assert schemes.spent_in_full(20.0, size).tolist() == [4.0, 7.0, 9.0]
    assert schemes.spent_in_full(5.0, np.zeros(2)).tolist() == [0.0, 5.0]


@pytest.mark.parametrize("low,high,capital", [(50.0, 100.0, 25.0), (25.0, 100.0, 70.0), (50.0, 300.0, 120.0)])
def test_share_of_capital_in_a_band_is_that_of_many_schemes(low: float, high: float, capital: float) -> None:
    made = schemes.sizes(Z, np.array(capital), 0.02, 1.2)
    inside = made[(made > low) & (made <= high)].sum() / made.sum()
    found = schemes.share_between(np.array([low]), np.array([high]), np.array([capital]), 0.02, 1.2)[0]
    assert found == pytest.approx(inside, abs=0.004) and found > 0.002


def test_share_in_a_band_at_its_ends() -> None:
    one = np.array([50.0])
    assert schemes.share_between(one, one, np.array([25.0]), 0.02, 1.5)[0] == 0.0
    assert schemes.share_between(one, one / 2, np.array([25.0]), 0.02, 1.5)[0] == 0.0
    assert schemes.share_between(0 * one, 1e9 * one, np.array([25.0]), 0.02, 1.5)[0] == pytest.approx(1.0)
    assert schemes.share_between(0 * one, one, np.array([0.0]), 0.02, 1.5)[0] == 0.0
    # without a spread all schemes are of one size
    assert schemes.share_between(0.4 * one, one, np.array([25.0]), 0.9, 0.0)[0] == 1.0


def test_value_of_many_amounts_is_that_of_each() -> None:
    months = np.array([4.5, 18.0])
    many = real_value(np.array([10.0, 20.0]), months, 0.05)
    assert many.tolist() == [real_value(10.0, 4.5, 0.05), real_value(20.0, 18.0, 0.05)]
    assert many == pytest.approx([10 / 1.05**0.375, 20 / 1.05**1.5])
