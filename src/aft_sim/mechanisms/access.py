"""Access by deprivation quintile (model section 5.3).

A small constant difference in the chance of treatment gives the observed gap in very long waits. By itself it would
narrow the gap when lists grow, against all that is known; a shortfall rule, which divides what is missing of treatment
as it was divided in 2020, makes the gap move with the backlog.
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
    spread = trust_log_spread / _lead_of_long_waiters(waiting, cumulative, provider, trust_log_spread.size)

    def people(difference: float) -> Array:
        slope = difference + spread[provider]
        # one array, worked on in place: it is the largest of the opening
        share: Array = (slope[:, None] * POSITION)[:, :, None] * cumulative[:, None, :]
        np.exp(share, out=share)
        share *= quintile_share[:, :, None]
        share *= (waiting / np.maximum(share.sum(axis=1), 1e-300))[:, None, :]
        return share

    def miss(difference: float) -> float:
        return gap_over_52(people(difference)) - gap

    difference = float(brentq(miss, -1.0, 1.0, xtol=1e-10)) if long.sum() > 0 else 0.0
    slope = difference + spread
    found = people(difference)
    return OpeningAccess(np.exp(-slope[:, None] * POSITION[None, :]), found, gap_over_52(found))


def _lead_of_long_waiters(waiting: Array, cumulative: Array, provider: Index, providers: int) -> Array:
    """By how much the cumulative chance of treatment of those beyond 52 weeks exceeds that of the list, (provider,).

    A small difference in chance moves the logarithm of a provider's ratio of over-52-week shares by itself times this:
    it weighs on the long waiters and, less, on the list that they are a share of. England's where nobody waits so long.
    """
    people, chance = np.zeros((2, providers)), np.zeros((2, providers))
    for i, start in enumerate((OVER_52, 0)):
        here = waiting[:, start:]
        people[i] = np.bincount(provider, here.sum(axis=1), providers)
        chance[i] = np.bincount(provider, (cumulative[:, start:] * here).sum(axis=1), providers)
    long, whole = chance / np.maximum(people, 1e-300)
    england = chance.sum(axis=1) / np.maximum(people.sum(axis=1), 1e-9)
    usual = float(england[0] - england[1]) or 1.0
    return np.where((people[0] > 0) & (long > whole), long - whole, usual)


def shortfall(chance: Array, reference: Array, memory: Array, memory_weeks: float) -> Array:
    """Share of the usual chance of treatment that is missing, remembered while it recovers; between -1 and 1.

    Chance is treatments a week per person waiting: it falls when capacity does and when lists grow. Where it is above
    the usual, what is missing is negative, counted as a share of the present chance so that it stays above -1.

    Args:
        chance: (row,) this week's capacity, season taken out, over the list.
        reference: (row,) the same at the opening, when the opening gap was observed.
        memory: (row,) last week's value.
        memory_weeks: half-life of what is remembered beyond the present: recovery reaches the least deprived first.
    """
    larger = np.maximum(np.maximum(chance, reference), 1e-12)
    now = (reference - chance) / larger
    return np.asarray(now + np.maximum(memory - now, 0.0) * 0.5 ** (1 / memory_weeks))


def shortfall_weights(ratio: float) -> Array:
    """How lost treatments fall on the quintiles, mean one, most over least deprived = ratio [I07]."""
    weights = np.linspace(ratio, 1.0, QUINTILES)
    return np.asarray(weights / weights.mean())


def with_shortfall(access: Array, missing: Array, weights: Array) -> Array:
    """Access by row and quintile when capacity is short: (row, quintile)."""
    return np.asarray(access * np.maximum(1 - missing[:, None] * weights[None, :], 0.05))
