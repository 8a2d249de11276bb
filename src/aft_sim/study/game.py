"""Which part did how much: values of all subsets of some parts, shared out.

A game is an array whose last axis holds the value of every subset of n parts: position 0 is none of them, bit i of the
position says whether part i is in. All functions keep the axes before it, such as pairs of runs.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from aft_sim.outcomes.registry import Floats


def count(values: Floats) -> int:
    """Number of parts of a game.

    Raises:
        ValueError: The last axis is not a power of two.
    """
    parts = int(values.shape[-1]).bit_length() - 1
    if values.shape[-1] != 1 << parts:
        raise ValueError("a game needs the value of every subset")
    return parts


def marginals(values: Floats, part: int) -> Floats:
    """What a part adds to each subset without it, (..., subset without it)."""
    without = [mask for mask in range(values.shape[-1]) if not mask >> part & 1]
    return np.asarray(values[..., [mask | 1 << part for mask in without]] - values[..., without])


def shapley(values: Floats) -> Floats:
    """Shapley values, (..., part): what a part adds on average over all orders in which parts may come.

    They add up to the value of all parts less that of none.
    """
    n = count(values)
    out = np.zeros((*values.shape[:-1], n))
    for part in range(n):
        sizes = [mask.bit_count() for mask in range(1 << n) if not mask >> part & 1]
        weights = np.array([factorial(size) * factorial(n - size - 1) / factorial(n) for size in sizes])
        out[..., part] = marginals(values, part) @ weights
    return out


def alone(values: Floats) -> Floats:
    """What each part does without any other, (..., part)."""
    return np.stack([values[..., 1 << part] - values[..., 0] for part in range(count(values))], axis=-1)


def last(values: Floats) -> Floats:
    """What each part adds when all others are there: what is lost without it, (..., part)."""
    full = values.shape[-1] - 1
    return np.stack([values[..., full] - values[..., full ^ 1 << part] for part in range(count(values))], axis=-1)


def pair_interaction(values: Floats, first: int, second: int) -> Floats:
    """What two parts do together beyond what each does alone, with no other part, (...)."""
    a, b = 1 << first, 1 << second
    return np.asarray(values[..., a | b] - values[..., a] - values[..., b] + values[..., 0])


def interaction(values: Floats) -> Floats:
    """Total less the sum of what each part does alone, (...)."""
    return np.asarray(values[..., -1] - values[..., 0] - alone(values).sum(axis=-1))


def adds_nothing(values: Floats, part: int) -> bool:
    """Whether a part adds exactly nothing to every subset, in every pair."""
    return bool(np.all(marginals(values, part) == 0.0))
