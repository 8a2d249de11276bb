"""Measures of inequality between groups of people that are ranked by deprivation, and between trusts.

All functions take levels and weights as (group, ...) arrays of one shape: axis 0 holds the groups, the most deprived
first, and further axes (months) are kept. Weights are the people whom a level describes; only their proportions matter.
A group without anybody has no say. Where a level is not known among people who are counted, nor is the measure.

A fractional rank (ridit) is the middle of the range that a group takes up when everybody stands in line: with weights
2, 1, 1 the ranks are 0.25, 0.625 and 0.875. See docs/inequality.md for the formulae with worked examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Decomposition:
    """A gap between the extreme groups, split by the units (trusts) that treat them.

    Attributes:
        gap: level of the most deprived group less that of the least, everybody together.
        within: part from differences between the two groups inside units.
        between: part from the two groups being treated at different units.
    """

    gap: Array
    within: Array
    between: Array


def ranks(weights: Array) -> Array:
    """Fractional rank of each group, from 0 (most deprived) to 1 (least), (group, ...)."""
    total = weights.sum(axis=0)
    return _ratio(np.cumsum(weights, axis=0) - weights / 2, total)


def mean(levels: Array, weights: Array) -> Array:
    """Level of everybody together."""
    return _ratio(_weighted(levels, weights), weights.sum(axis=0))


def gap(levels: Array, weights: Array) -> Array:
    """Level of the most deprived group less that of the least deprived."""
    known = _known(levels, weights)
    return np.asarray(known[0] - known[-1])


def ratio(levels: Array, weights: Array) -> Array:
    """Level of the most deprived group over that of the least deprived; NaN where that is zero."""
    known = _known(levels, weights)
    return _ratio(known[0], known[-1])


def slope_index(levels: Array, weights: Array) -> Array:
    """Slope index of inequality: the gap between the two ends of the line that best fits all groups.

    The weighted least-squares slope of the level on the fractional rank, signed like the gap: what the most deprived
    person is expected to have less what the least deprived one has.
    """
    rank = 1 - ranks(weights)
    centred = rank - mean(rank, weights)
    return _ratio(_weighted(levels, weights, centred), _weighted(centred, weights, centred))


def relative_index(levels: Array, weights: Array) -> Array:
    """Relative index of inequality: the slope index as a share of the mean level."""
    return _ratio(slope_index(levels, weights), mean(levels, weights))


def concentration_index(levels: Array, weights: Array) -> Array:
    """Concentration index, -1 to 1: twice the area between the concentration curve and the line of equality.

    Signed as in the literature: negative where the most deprived have more than their share, positive where the least
    deprived have.
    """
    total = _weighted(levels, weights)
    return 2 * _ratio(_weighted(levels, weights, ranks(weights)), total) - 1


def gini(levels: Array, weights: Array) -> Array:
    """Gini coefficient, 0 to 1: half the mean difference between two people's levels, over the mean level.

    The concentration index of units put in the order of their own level.
    """
    order = np.argsort(np.where(weights > 0, levels, np.inf), axis=0, kind="stable")
    return concentration_index(np.take_along_axis(levels, order, axis=0), np.take_along_axis(weights, order, axis=0))


def decompose(levels: Array, people: Array) -> Decomposition:
    """Split the gap between the extreme groups into parts within and between units.

    With f a group's distribution over units and y its level there, the gap is the sum over units of f1 y1 - f5 y5 =
    (f1 + f5) / 2 * (y1 - y5) + (f1 - f5) * (y1 + y5) / 2: the first term is within units, the second between them. A
    unit that treats only one of the two groups has no difference inside it: it counts as between.

    Args:
        levels: (unit, group, ...), groups from the most to the least deprived.
        people: of the same shape.
    """
    most, least = people[:, 0], people[:, -1]
    y1 = np.where(most > 0, levels[:, 0], levels[:, -1])
    y5 = np.where(least > 0, levels[:, -1], levels[:, 0])
    nobody = (most <= 0) & (least <= 0)
    y1, y5 = np.where(nobody, 0.0, y1), np.where(nobody, 0.0, y5)
    f1, f5 = _ratio(most, most.sum(axis=0)), _ratio(least, least.sum(axis=0))
    within = ((f1 + f5) / 2 * (y1 - y5)).sum(axis=0)
    between = ((f1 - f5) * (y1 + y5) / 2).sum(axis=0)
    return Decomposition(within + between, within, between)


def need_adjusted(residents: Array, most_to_least: float) -> Array:
    """Residents weighted by their need, (group,): log-linear from the most to the least deprived, the total unchanged.

    Args:
        residents: people of each group.
        most_to_least: need a head of the most deprived group over that of the least deprived.
    """
    need = residents * most_to_least ** np.linspace(0.5, -0.5, residents.size)
    return np.asarray(need * (residents.sum() / need.sum()))


def _known(levels: Array, weights: Array) -> Array:
    """Levels, NaN where a group has nobody."""
    return np.where(weights > 0, levels, np.nan)


def _weighted(levels: Array, weights: Array, factor: Array | float = 1.0) -> Array:
    """Sum of levels times weights and a factor over the groups that have anybody."""
    return np.asarray(np.where(weights > 0, levels * weights * factor, 0.0).sum(axis=0))


def _ratio(above: Array, below: Array) -> Array:
    """Quotient, NaN where nothing stands below."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64))
    found: Array = np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0)
    return found
