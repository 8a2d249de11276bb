"""Removals other than treatment, validation and late registration (model section 5.3).

England's removals follow clock starts rather than the list (7% of the list a month in 2016-19 against 3.5% since
2022, but
17% and 14% of starts), and per start they were fewer when the list per start was longer. Which of these will hold is
a choice that every comparison must be able to vary.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.spec.register import Register

Array = NDArray[np.float64]
Closure = Literal["fitted", "starts", "list", "mixed"]

WEEKS = 105
EARLY_WEEKS = 5
RETURN_SLOTS = 8


@lru_cache(maxsize=1)
def default_share() -> float:
    """The register's share of starts that is removed: row shares are measured at it."""
    return float(Register.load()["removals.share_of_starts"].default)


def hazard_shape() -> Array:
    """Relative chance of routine removal by weeks waited.

    Nobody is removed in the first five weeks, when the published counts show late registrations instead; after that
    the chance is flat. With flows given, this shape reproduces England's median wait from 2024 to 2026 within half a
    week.
    """
    shape = np.ones(WEEKS)
    shape[:EARLY_WEEKS] = 0.0
    return shape


def total(
    share: Array,
    starts: Array,
    waiting: Array,
    opening_starts: Array,
    opening_waiting: Array,
    closure: Closure,
    exponent: float,
) -> Array:
    """Removals a week (net of late registrations) in each row.

    With s starts, n waiting, index 0 for opening, all closures give `share * s0` at opening and then
    fitted: `share * s * ((N / N0) / (S / S0)) ** exponent` with England's sums N and S, because the exponent is
    England's: row by
    row it would let lists run away; starts: `share * s`; list: `share * s0 * n / n0`; mixed: the geometric mean of
    the last two.

    Args:
        share: (row,) removals per start at opening.
        starts, opening_starts: (row,) expected starts a week, now and at opening.
        waiting, opening_waiting: (row,) people on the list, now and at opening.
        closure: which rule.
        exponent: of the fitted rule, negative: fewer removals per start when lists are longer.
    """
    by_starts = share * starts
    by_list = share * opening_starts * waiting / np.maximum(opening_waiting, 1.0)
    if closure == "starts":
        return np.asarray(by_starts)
    if closure == "list":
        return np.asarray(by_list)
    if closure == "mixed":
        return np.asarray(np.sqrt(by_starts * by_list))
    per_start = (waiting.sum() / opening_waiting.sum()) / (starts.sum() / opening_starts.sum())
    return np.asarray(by_starts * per_start**exponent)


def validation_noise(z: Array, spread: float) -> Array:
    """Monthly lognormal multiplier of validation effort with mean one."""
    return np.asarray(np.exp(spread * z - spread * spread / 2))


def next_returns(to_return: Array, validated: Array, return_rate: float, weeks: int) -> tuple[Array, Array]:
    """Move the people removed in error one week nearer to their return.

    Args:
        to_return: (slot, row, group) people due back next week and in the weeks after it.
        validated: (row, group) people removed by validation this week.
        return_rate: share of them that comes back.
        weeks: over how many weeks from the next one, at most the number of slots.

    Returns:
        (returns of next week, slots as seen from next week). Everyone who is to come back is in exactly one of them.
    """
    share = validated * (return_rate / weeks)
    later = np.empty_like(to_return)
    later[:-1] = to_return[1:]
    later[-1] = 0.0
    later[: weeks - 1] += share
    return to_return[0] + share, later
