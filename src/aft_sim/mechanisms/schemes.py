"""Sizes of capital schemes, and what of a plan whole schemes can use. All money is GBP m.

Nobody publishes the sizes of trusts' schemes. They are lognormal around a share of what a trust spends on capital in a
year, so that a large trust has large schemes: a year's spending is then one of some schemes, most of them small, with
most of the money in a few.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from aft_sim.mechanisms.capital import whole_pence

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def sizes(z: Array, capital: Array, median: float, spread: float) -> Array:
    """Cost of schemes from idea to use, in whole pence.

    Args:
        z: standard normal, by scheme.
        capital: what their trusts spend on capital in a year, of a shape that fits.
        median: size of the middle scheme, share of that.
        spread: standard deviation of the logarithm.
    """
    return whole_pence(np.asarray(capital * (median * np.exp(spread * z))))


def schemes_a_year(share: Mapping[str, float], median: float, spread: float) -> dict[str, int]:
    """How many schemes of each class of capital a trust begins in a year, at least one.

    On average as many as the year's money pays for: a trust begins as much as it ends.

    Args:
        share: of capital by class; they add up to one.
        median, spread: of sizes, see `sizes`.
    """
    mean = median * float(np.exp(spread * spread / 2))
    return {kind: max(round(part / mean), 1) for kind, part in share.items()}


def shared_by_size(amount: Array, size: Array) -> Array:
    """A year's money of each trust, (trust,), over its schemes, (trust, scheme), in proportion to their size."""
    total = size.sum(axis=1, keepdims=True)
    part = np.divide(size, total, out=np.full_like(size, 1 / size.shape[1]), where=total > 0)
    return np.asarray(amount[:, None] * part)


def whole(budget: float, size: Array) -> Flags:
    """Which schemes a budget pays for in full, in the order of the list; what is too large is passed over."""
    left, taken = budget, np.zeros(size.size, dtype=bool)
    for k, cost in enumerate(size):
        taken[k] = cost <= left
        left -= cost * taken[k]
    return taken


def spent_in_full(budget: float, size: Array) -> Array:
    """A sum that is given to be spent, over schemes in the order of the list: the last is as large as what is left."""
    before = np.concatenate([[0.0], np.cumsum(size)[:-1]])
    parts = np.clip(budget - before, 0.0, size)
    parts[-1] += budget - parts.sum()
    return np.asarray(np.round(parts, 8))


def share_between(low: Array, high: Array, capital: Array, median: float, spread: float) -> Array:
    """Share of a trust's capital that goes into schemes larger than `low` and no larger than `high`, in expectation.

    Args:
        low, high: (trust,) GBP m.
        capital: (trust,) of a year.
        median, spread: of sizes, see `sizes`.
    """
    middle = np.maximum(capital * median, 1e-12)

    def below(limit: Array) -> Array:
        z = np.log(np.maximum(limit, 1e-12) / middle) / max(spread, 1e-12)
        return np.asarray(special.ndtr(z - spread))

    return np.asarray(np.where(capital > 0, np.maximum(below(high) - below(low), 0.0), 0.0))
