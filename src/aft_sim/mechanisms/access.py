"""Access by deprivation quintile (model section 5.3).

A small constant difference in the chance of treatment gives the observed gap in very long waits; a shortfall rule
makes the gap move with the backlog, as it did after 2019.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

Array = NDArray[np.float64]
Index = NDArray[np.int64]

QUINTILES = 5
OVER_52 = 52
#: Position of each quintile on the deprivation scale, from +1/2 (most deprived) to -1/2.
POSITION = np.linspace(0.5, -0.5, QUINTILES)


@dataclass(frozen=True)
class OpeningAccess:
    """Access that reproduces the observed gap.

    Attributes:
        access: (provider, quintile) relative chance of treatment at equal wait.
        people: (row, quintile, week) opening list of residents of England.
        gap: England's ratio of over-52-week shares, most to least deprived fifth, as solved.
    """

    access: Array
    people: Array
    gap: float


def cumulative_chance(priorities: Array, capacities: Array, waiting: Array) -> Array:
    """Cumulative chance (hazard) of having been treated before w weeks, (row, week).

    Args:
        priorities: (service, row, week).
        capacities: (service, row) treatments a week.
        waiting: (row, week) people waiting.
    """
    weighted = np.maximum((priorities * waiting[None]).sum(axis=2), 1e-12)
    rate = np.minimum((priorities * (capacities / weighted)[:, :, None]).sum(axis=0), 1.0)
    return np.asarray(np.cumsum(rate, axis=1) - rate)


def gap_over_52(people: Array) -> float:
    """Ratio of the shares waiting over 52 weeks, most to least deprived fifth; people (row, quintile, week)."""
    by = people.sum(axis=0)
    share = by[:, OVER_52:].sum(axis=1) / by.sum(axis=1)
    return float(share[0] / share[-1])


def open_access(
    waiting: Array, quintile_share: Array, provider: Index, cumulative: Array, gap: float, trust_log_spread: Array
) -> OpeningAccess:
    """Split the opening list by quintile so that the published gap holds.

    Quintiles with a lower chance of treatment become a larger part of a cohort the longer it waits: their weight grows
    as exp(difference in chance x cumulative chance of treatment), so a gap once opened keeps itself. One number, the
    difference between the extreme fifths, is solved so that England shows the given ratio; trusts differ around it.

    Args:
        waiting: (row, week) residents of England waiting.
        quintile_share: (row, quintile) shares of those who join.
        provider: (row,) provider index.
        cumulative: (row, week) cumulative chance of treatment.
        gap: ratio of over-52-week shares, most to least deprived fifth [I05].
        trust_log_spread: (provider,) deviation of each provider's log ratio.
    """
    long = waiting[:, OVER_52:]
    to_52 = float((cumulative[:, OVER_52:] * long).sum() / max(float(long.sum()), 1e-9)) or 1.0

    def people(difference: float) -> Array:
        slope = difference + trust_log_spread[provider] / to_52
        # one array, worked on in place: it is the largest of the opening
        share: Array = (slope[:, None] * POSITION)[:, :, None] * cumulative[:, None, :]
        np.exp(share, out=share)
        share *= quintile_share[:, :, None]
        share *= (waiting / np.maximum(share.sum(axis=1), 1e-300))[:, None, :]
        return share

    def miss(difference: float) -> float:
        return gap_over_52(people(difference)) - gap

    difference = float(brentq(miss, -0.5, 0.5, xtol=1e-10)) if long.sum() > 0 else 0.0
    slope = difference + trust_log_spread / to_52
    found = people(difference)
    return OpeningAccess(np.exp(-slope[:, None] * POSITION[None, :]), found, gap_over_52(found))


def shortfall(capacity: Array, reference: Array, memory: Array, memory_weeks: float) -> Array:
    """Share of usual capacity that is missing, remembered while it recovers.

    Args:
        capacity: (row,) this week's capacity, season taken out.
        reference: (row,) its twelve-month mean.
        memory: (row,) last week's value.
        memory_weeks: half-life of the memory: recovery reaches the least deprived first.
    """
    now = np.clip(1 - capacity / np.maximum(reference, 1e-9), 0.0, 1.0)
    return np.asarray(np.maximum(now, memory * 0.5 ** (1 / memory_weeks)))


def shortfall_weights(ratio: float) -> Array:
    """How lost treatments fall on the quintiles, mean one, most over least deprived = ratio [I07]."""
    weights = np.linspace(ratio, 1.0, QUINTILES)
    return np.asarray(weights / weights.mean())


def with_shortfall(access: Array, missing: Array, weights: Array) -> Array:
    """Access by row and quintile when capacity is short: (row, quintile)."""
    return np.asarray(access * np.maximum(1 - missing[:, None] * weights[None, :], 0.05))
