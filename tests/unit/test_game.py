"""Shares of constructed games, worked out by hand."""

import numpy as np
import pytest

from aft_sim.study import game

pytestmark = pytest.mark.unit


def of_sets(n: int, value) -> np.ndarray:
    """A game from a function of the set of parts that are in."""
    return np.array([value({i for i in range(n) if mask >> i & 1}) for mask in range(1 << n)], dtype=np.float64)


def test_additive_game_gives_the_alone_effects() -> None:
    worth = [0.5, -2.0, 3.25, 0.0]
    values = of_sets(4, lambda inside: 60 + sum(worth[i] for i in inside))
    assert game.shapley(values) == pytest.approx(worth, abs=1e-12)
    assert game.alone(values) == pytest.approx(worth, abs=1e-12)
    assert game.last(values) == pytest.approx(worth, abs=1e-12)
    assert float(game.interaction(values)) == pytest.approx(0.0, abs=1e-12)


def test_pure_interaction_splits_equally() -> None:
    values = of_sets(3, lambda inside: 6.0 if inside >= {0, 1, 2} else 0.0)
    assert game.shapley(values) == pytest.approx([2.0, 2.0, 2.0], abs=1e-12)
    assert list(game.alone(values)) == [0.0, 0.0, 0.0]
    assert list(game.last(values)) == [6.0, 6.0, 6.0]
    assert float(game.interaction(values)) == 6.0
    assert float(game.pair_interaction(values, 0, 1)) == 0.0


def test_a_part_that_never_adds_gets_exactly_nothing() -> None:
    values = of_sets(3, lambda inside: 61.3 + (0.017 if inside >= {0, 2} else 0.0))
    assert game.shapley(values)[1] == 0.0
    assert game.adds_nothing(values, 1)
    assert not game.adds_nothing(values, 0)
    assert float(game.pair_interaction(values, 0, 2)) == pytest.approx(0.017)


def test_glove_game() -> None:
    # one left glove (part 0), two right ones: 2/3, 1/6, 1/6
    values = of_sets(3, lambda inside: 1.0 if 0 in inside and len(inside) > 1 else 0.0)
    assert game.shapley(values) == pytest.approx([2 / 3, 1 / 6, 1 / 6], abs=1e-12)


def test_pairs_are_kept_apart() -> None:
    one = of_sets(2, lambda inside: float(len(inside)))
    values = np.stack([one, 10 * one])
    assert game.shapley(values) == pytest.approx(np.array([[1.0, 1.0], [10.0, 10.0]]))


def test_every_subset_is_needed() -> None:
    with pytest.raises(ValueError, match="every subset"):
        game.shapley(np.zeros(6))
