"""Measured priorities: how many of those who have waited w weeks are treated in a week.

The raw measure is completions a week over people waiting, by weeks waited. It is noisy for single rows, so it is
built in three steps: England by week; each treatment function and sector by week, shrunk to England; each row by
band of weeks, shrunk to its function. Shrinkage is gamma-Poisson: events are Poisson given exposure times a relative
risk that is gamma with mean one, whose shape is estimated by moments from the spread between units.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_WEEKS = 105
#: Bands of weeks within which a row's relative priority is taken as constant. Edges fall on the marks that English
#: trusts work to (first fortnight, 18, 52 and 65 weeks).
BAND_EDGES = (0, 2, 6, 12, 18, 26, 40, 52, 65, N_WEEKS)
N_BANDS = len(BAND_EDGES) - 1
BAND_OF_WEEK = np.searchsorted(np.array(BAND_EDGES[1:]), np.arange(N_WEEKS), side="right")
#: Weeks from which single-week counts are too few even for England and are averaged in spells.
TAIL_SPELLS = ((66, 78), (78, 104), (104, 105))
#: The greatest chance of treatment in a week, per service: both together cannot exceed one, though ratios of small
#: bands, taken at their word, would.
CEILING = 0.5
#: The least priority of any cell, as a share of England's mean: nobody is untreatable.
FLOOR = 0.02


@dataclass(frozen=True)
class Priorities:
    """Relative priority per week for admitted and non-admitted treatment.

    Attributes:
        profile: (service, group, week) completions a week per person waiting; groups are function x sector.
        ratio: (service, row, band) a row's rate relative to its group.
    """

    profile: Array
    ratio: Array

    def by_row(self, group_of_row: NDArray[np.int64]) -> Array:
        """Priority of every cell, shape (service, row, week)."""
        rate: Array = self.profile[:, group_of_row, :] * self.ratio[:, :, BAND_OF_WEEK]
        return np.asarray(np.minimum(rate, CEILING))


def gamma_shape(events: Array, expected: Array) -> float:
    """Shape of the gamma that relative risks follow, by moments.

    The variance of `events / expected` between units exceeds the Poisson part by the variance of the risk; the shape is
    the inverse of that excess. Units are weighted by what they expect, so that tiny ones do not decide.

    Args:
        events: observed events per unit.
        expected: events expected from the exposure at the common rate, same shape.

    Returns:
        The shape; large (1e6) where no excess spread is seen.
    """
    use = expected > 0
    if use.sum() < 3:
        return 1e6
    e, x = expected[use], events[use]
    excess = ((x - e) ** 2 - e).sum() / (e**2).sum()
    return float(1.0 / excess) if excess > 1e-6 else 1e6


def shrink(events: Array, expected: Array) -> Array:
    """Posterior mean of the relative risk of each unit, along the last axis' units of equal meaning."""
    shape = gamma_shape(events.ravel(), expected.ravel())
    return (shape + events) / (shape + expected)


def england_profile(completions: Array, waiting: Array, weeks_in_month: float) -> Array:
    """England's rate by week waited, (service, week), tail averaged over spells of weeks."""
    rate = completions / weeks_in_month / np.maximum(waiting, 1e-9)
    for first, last in TAIL_SPELLS:
        rate[:, first:last] = (
            completions[:, first:last].sum(axis=1, keepdims=True)
            / weeks_in_month
            / max(float(waiting[first:last].sum()), 1e-9)
        )
    mean = completions.sum(axis=1, keepdims=True) / weeks_in_month / waiting.sum()
    return np.asarray(np.maximum(rate, FLOOR * mean))


def measure_priorities(
    completions: Array, waiting: Array, group_of_row: NDArray[np.int64], n_groups: int, weeks_in_month: float
) -> Priorities:
    """Measure the priorities of every row.

    Args:
        completions: (service, row, week) completed pathways in the month by weeks waited.
        waiting: (row, week) people waiting at the month's end.
        group_of_row: function x sector of each row.
        n_groups: how many groups there are.
        weeks_in_month: length of the month in weeks.

    Returns:
        Profiles by group and ratios by row, all positive.
    """
    england = england_profile(completions.sum(axis=1), waiting.sum(axis=0), weeks_in_month)
    group_wait = np.zeros((n_groups, N_WEEKS))
    np.add.at(group_wait, group_of_row, waiting)
    profile = np.empty((2, n_groups, N_WEEKS))
    ratio = np.empty((2, waiting.shape[0], N_BANDS))
    for s in range(2):
        events = np.zeros((n_groups, N_WEEKS))
        np.add.at(events, group_of_row, completions[s])
        expected = group_wait * england[s] * weeks_in_month
        # the level of a group is its own; only the shape over weeks is shrunk to England's
        level = (events.sum(1, keepdims=True) + 1) / (expected.sum(1, keepdims=True) + 1)
        risk = np.empty_like(events)
        for w in range(N_WEEKS):
            risk[:, w] = shrink(events[:, w], expected[:, w] * level[:, 0])
        profile[s] = np.maximum(england[s] * level * risk, FLOOR * england[s].mean())
        row_expected = profile[s][group_of_row] * waiting * weeks_in_month
        for b in range(N_BANDS):
            weeks = slice(BAND_EDGES[b], BAND_EDGES[b + 1])
            ratio[s, :, b] = shrink(completions[s][:, weeks].sum(1), row_expected[:, weeks].sum(1))
    return Priorities(profile, np.maximum(ratio, FLOOR))
