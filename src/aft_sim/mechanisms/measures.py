"""Waiting-time measures as NHS England computes them, from people by whole weeks waited.

A histogram ``h[..., W]`` counts people who have waited w to w + 1 weeks in its column w; the last column is
the open band (104 weeks and over in RTT data). All functions work on any leading axes and reduce the last
one. Counts may be fractions. Percentiles are interpolated linearly in the weekly band that holds them, which
gives NHS England's published January 2026 median and 92nd percentile from the published counts to three
decimals.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def total(h: NDArray[Any]) -> FloatArray:
    """People on the list."""
    return np.asarray(np.sum(h, axis=-1, dtype=np.float64))


def within(h: NDArray[Any], weeks: int) -> FloatArray:
    """People who have waited less than this many weeks."""
    return total(h[..., :weeks])


def over(h: NDArray[Any], weeks: int) -> FloatArray:
    """People who have waited this many weeks or more."""
    return total(h[..., weeks:])


def within_18(h: NDArray[Any]) -> FloatArray:
    """People within the 18-week standard."""
    return within(h, 18)


def over_52(h: NDArray[Any]) -> FloatArray:
    """People who have waited 52 weeks or more."""
    return over(h, 52)


def over_65(h: NDArray[Any]) -> FloatArray:
    """People who have waited 65 weeks or more."""
    return over(h, 65)


def within_18_share(h: NDArray[Any]) -> FloatArray:
    """Per cent (0 to 100) of the list within 18 weeks; NaN for an empty list."""
    return 100.0 * _ratio(within_18(h), total(h))


def mean(h: NDArray[Any]) -> FloatArray:
    """Mean weeks waited, each at the middle of the band (104.5 in the open band); NaN for an empty list."""
    middle = np.arange(h.shape[-1]) + 0.5
    return _ratio(np.asarray(h @ middle, dtype=np.float64), total(h))


def percentile(h: NDArray[Any], share: float) -> FloatArray:
    """Weeks waited below which this share of the list lies, interpolated in its weekly band.

    Args:
        h: people by whole weeks waited, ``[..., W]``.
        share: between 0 (excluded) and 1, 0.5 for the median.

    Returns:
        Weeks, with the leading shape of ``h``; the lower end of the open band (104) where the percentile
        lies in it, which NHS England publishes as "104+"; NaN for an empty list.

    Raises:
        ValueError: ``share`` is not in (0, 1].
    """
    if not 0.0 < share <= 1.0:
        raise ValueError(f"share: expected more than 0 and at most 1, found {share}")
    h = np.asarray(h, dtype=np.float64)
    below_end = np.cumsum(h, axis=-1)  # people with less than w + 1 weeks
    rank = share * below_end[..., -1]
    open_band = h.shape[-1] - 1
    band = np.minimum(np.sum(below_end < rank[..., None], axis=-1), open_band)
    in_band = np.take_along_axis(h, band[..., None], axis=-1)[..., 0]
    below = np.take_along_axis(below_end, band[..., None], axis=-1)[..., 0] - in_band
    weeks = band + np.clip(_ratio(rank - below, in_band), 0.0, 1.0)
    weeks = np.where(band == open_band, float(open_band), weeks)
    return np.where(below_end[..., -1] > 0, weeks, np.nan)


def median(h: NDArray[Any]) -> FloatArray:
    """Median weeks waited."""
    return percentile(h, 0.5)


def p92(h: NDArray[Any]) -> FloatArray:
    """92nd percentile of weeks waited: 18 or less when the 18-week standard is met."""
    return percentile(h, 0.92)


def _ratio(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Quotient, NaN where the denominator is zero."""
    shape = np.broadcast(numerator, denominator).shape
    result: FloatArray = np.divide(
        numerator, denominator, out=np.full(shape, np.nan), where=np.asarray(denominator) > 0
    )
    return result
