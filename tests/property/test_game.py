"""Shares of random games: they add up, and treat equals equally."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aft_sim.study import game

pytestmark = pytest.mark.property

GAMES = st.integers(1, 6).flatmap(lambda n: arrays(np.float64, (3, 1 << n), elements=st.floats(-1, 1, width=32)))


@given(GAMES)
def test_parts_add_up_to_the_total(values: np.ndarray) -> None:
    total = values[:, -1] - values[:, 0]
    assert np.abs(game.shapley(values).sum(axis=1) - total).max() < 1e-12
    assert np.abs(game.alone(values).sum(axis=1) + game.interaction(values) - total).max() < 1e-12


@given(GAMES, st.floats(-10, 10, width=32))
def test_a_common_level_does_not_count(values: np.ndarray, level: float) -> None:
    assert game.shapley(values + level) == pytest.approx(game.shapley(values), abs=1e-12)


@given(GAMES, st.data())
def test_symmetric_parts_get_the_same(values: np.ndarray, data: st.DataObject) -> None:
    n = game.count(values)
    a, b = data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n - 1))

    def swapped(mask: int) -> int:
        bits = (mask >> a & 1) ^ (mask >> b & 1)
        return mask ^ (bits << a | bits << b) if a != b else mask

    even = (values + values[:, [swapped(mask) for mask in range(1 << n)]]) / 2
    shares = game.shapley(even)
    assert shares[:, a] == pytest.approx(shares[:, b], abs=1e-12)


@given(GAMES, st.data())
def test_a_part_that_never_adds_gets_nothing(values: np.ndarray, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, game.count(values) - 1))
    idle = values[:, [mask & ~(1 << part) for mask in range(values.shape[1])]]
    assert game.adds_nothing(idle, part)
    assert (game.shapley(idle)[:, part] == 0.0).all()
    assert (game.last(idle)[:, part] == 0.0).all()
