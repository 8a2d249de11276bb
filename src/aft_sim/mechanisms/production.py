"""Capacity to treat: opening rates moved by season, inputs, productivity and the pull of the list (section 5.4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis import streams

Array = NDArray[np.float64]


def input_effect(
    staff: Array, equipment: Array, beds: Array, elasticities: tuple[float, float, float]
) -> tuple[Array, Array]:
    """Effect of inputs on admitted and non-admitted capacity.

    Args:
        staff, equipment, beds: (provider,) inputs indexed to one at opening.
        elasticities: of capacity to staff [G01], equipment [B11] and beds; beds act on admitted work only.

    Returns:
        (admitted, non-admitted) multipliers, (provider,) each.
    """
    a, b, c = elasticities
    both = staff**a * equipment**b
    return both * beds**c, both


def supply_feedback(
    mean_list: Array, opening_list: Array, mean_starts: Array, opening_starts: Array, power: float
) -> Array:
    """How providers answer to their own list: `(list / opening list, per unit of demand) ** power`.

    Without it chance alone empties rows within five years. Smoothed over half a year by the caller.

    Args:
        mean_list, opening_list: (row,) people waiting.
        mean_starts, opening_starts: (row,) starts a week.
        power: 0 switches it off.

    Returns:
        (row,) multiplier of capacity, one at opening.
    """
    if power == 0.0:
        return np.ones_like(mean_list)
    relative = np.maximum(mean_list, 1.0) / np.maximum(opening_list, 1.0)
    demand = np.maximum(mean_starts, 1e-6) / np.maximum(opening_starts, 1e-6)
    return np.asarray((relative / demand) ** power)


def productivity_step(previous: Array, u: Array, persistence: float, innovation: float) -> Array:
    """Next week's log deviation of each provider's productivity from the national path (first-order autoregression)."""
    return np.asarray(persistence * previous + innovation * streams.normal(u))


def smooth(mean: Array, value: Array, weeks: float) -> Array:
    """Exponential moving mean with an average age of `weeks`."""
    return np.asarray(mean + (value - mean) / weeks)


def growth_index(rate_by_week: Array) -> Array:
    """Cumulative growth from annual rates that may change by date: (week,), one in the first week."""
    steps = np.log1p(rate_by_week) * 7 / 365.25
    return np.asarray(np.exp(np.concatenate([[0.0], np.cumsum(steps[:-1])])))
