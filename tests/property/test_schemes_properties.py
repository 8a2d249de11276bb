"""Whatever the sizes: no plan is overspent, no gift is lost, and a faster route never brings less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.mechanisms import schemes
from aft_sim.mechanisms.capital import real_value

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None)
costs = st.lists(st.floats(0.001, 500.0), min_size=1, max_size=30).map(np.array)
money = st.floats(0.0, 1000.0)


@repeatable
@given(money, costs)
def test_whole_schemes_stay_within_a_budget_and_none_that_fits_is_left(budget: float, size: np.ndarray) -> None:
    taken = schemes.whole(budget, size)
    spent = size[taken].sum()
    assert spent <= budget * (1 + 1e-12) + 1e-12
    assert (size[~taken] > budget - spent - 1e-9).all()
    assert schemes.whole(budget + size.sum() + 1e-6, size).all()


@repeatable
@given(money, costs)
def test_a_gift_is_spent_to_the_penny(budget: float, size: np.ndarray) -> None:
    parts = schemes.spent_in_full(budget, size)
    assert parts.sum() == pytest.approx(budget, abs=1e-6) and parts.min() >= 0
    assert (parts[:-1] <= size[:-1] + 1e-8).all()


@repeatable
@given(st.lists(money, min_size=1, max_size=5), st.integers(1, 8), st.integers(0, 1000))
def test_a_years_money_is_all_committed(amounts: list[float], number: int, seed: int) -> None:
    size = np.random.default_rng(seed).lognormal(size=(len(amounts), number))
    found = schemes.shared_by_size(np.array(amounts), size)
    assert found.sum(axis=1) == pytest.approx(amounts) and found.min() >= 0


@repeatable
@given(st.floats(1.0, 200.0), st.floats(1.0, 200.0), st.floats(0.0, 200.0), st.floats(0.0, 2.0))
def test_shares_of_bands_add_up(capital: float, low: float, width: float, spread: float) -> None:
    def share(a: float, b: float) -> float:
        return float(schemes.share_between(np.array([a]), np.array([b]), np.array([capital]), 0.02, spread)[0])

    middle, high = low + width / 2, low + width
    assert share(low, middle) + share(middle, high) == pytest.approx(share(low, high), abs=1e-12)
    assert 0 <= share(low, high) <= 1


@repeatable
@given(st.floats(0.1, 100.0), st.floats(0.0, 60.0), st.floats(0.0, 60.0), st.floats(0.0, 0.3))
def test_waiting_never_buys_more(amount: float, months: float, more: float, growth: float) -> None:
    assert real_value(amount, months + more, growth) <= real_value(amount, months, growth) <= amount
