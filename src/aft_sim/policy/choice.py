"""How a board chooses what to spend on: believed effects within its horizon, weighed by what concerns it (model 5.14).

score_o = sum over concerns of weight_c x believed effect of o on c over the years the board looks ahead, each concern
measured against its best option; shares follow by a softmax. Pure functions on (option, concern) arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: What a pot can be spent on; the first three are classes of capital.
OPTIONS = ("theatre", "equipment", "estate", "revenue")
#: What a board weighs: how long people wait, and the state of its buildings.
CONCERNS = ("waits", "estate")
DISTRESSED = 4


def horizon(segment: float, multi_year: bool, usual: float, distressed: float, long: float) -> float:
    """Years that a board looks ahead.

    Args:
        segment: published oversight segment, NaN where a trust has none.
        multi_year: whether it holds the freedom to plan over several years.
        usual: years of a board with neither.
        distressed: years of a board in segments 4 and 5, whatever its freedoms.
        long: years of a board with the freedom.
    """
    if segment >= DISTRESSED:
        return distressed
    return long if multi_year else usual


def years_of_benefit(lag: Array, life: Array, ahead: float, discount: float) -> Array:
    """Discounted years of benefit that fall within a horizon.

    Args:
        lag: (option,) years until the benefit starts.
        life: (option,) years that it lasts.
        ahead: years looked ahead.
        discount: yearly discount rate, at least 0.

    Returns:
        (option,) integral of (1 + discount)^-t over the benefit's years before the horizon.
    """
    start, end = np.minimum(lag, ahead), np.minimum(lag + life, ahead)
    rate = np.log1p(discount)
    return end - start if rate < 1e-12 else np.asarray((np.exp(-rate * start) - np.exp(-rate * end)) / rate)


def weights(waits: float, pressure: float, below: float) -> Array:
    """(concern,) weights, adding up to 1.

    Args:
        waits: weight of waiting of a board that meets the standard, 0 to 1.
        pressure: what ten points below the standard add to it, as a multiple.
        below: points of the 18-week share below the standard; 0 where a trust has no list.
    """
    heavy = waits * (1 + pressure * max(below, 0.0) / 10)
    return np.array([heavy, 1 - waits]) / (heavy + 1 - waits)


def choose(effect: Array, years: Array, weight: Array, sharpness: float) -> Array:
    """Shares of spending by option.

    Args:
        effect: (option, concern) believed effect of GBP 1m a year; units differ by concern.
        years: (option,) discounted years of benefit within the horizon.
        weight: (concern,) adding up to 1.
        sharpness: how strongly shares follow scores: 0 is all alike, large values give all to the best.

    Returns:
        (option,) shares adding up to 1; an option that is believed to do nothing in time gets nothing, and where
        none does anything, what a board always needs, its estate, gets all.
    """
    value = effect * years[:, None]
    best = value.max(axis=0)
    score = (np.divide(value, best, out=np.zeros_like(value), where=best > 0)) @ weight
    useful = score > 0
    if not useful.any():
        return np.array([float(o == "estate") for o in OPTIONS])
    pull = np.where(useful, np.exp(sharpness * (score - score.max())), 0.0)
    return np.asarray(pull / pull.sum())
