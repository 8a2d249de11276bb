"""Statistics of paired differences: mean, interval, what pairing gained, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import stdtrit

from aft_sim.outcomes.registry import Floats
from aft_sim.spec.draws import Draw
from aft_sim.study.variance import Split, split

CONFIDENCE = 0.95
"""Level of every interval."""

GOOD_ERROR = 0.25
"""Monte Carlo error that is small enough, as a part of the equivalence band."""


class Verdict(StrEnum):
    """What the interval says about the equivalence band."""

    PRACTICALLY_ZERO = "practically zero"
    HIGHER = "higher"
    LOWER = "lower"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class PairedEffect:
    """Policy minus baseline over pairs of runs.

    Attributes:
        n_pairs: pairs of runs.
        n_units: independent units the interval rests on: pairs, or draws of the parameters where several
            draws were run (pairs within a draw share its parameters and are averaged first).
        baseline: mean level in the baseline arm.
        policy: mean level in the policy arm.
        effect: mean paired difference.
        interval: 95% interval of the mean difference (Student t over the units); None for one unit.
        sd: standard deviation of the paired differences; None for one pair.
        variance_ratio: variance of the difference of unpaired runs over that of paired runs (how many times
            more unpaired runs the same precision would need), within draws where they have several seeds;
            infinite where pairing removes all variation, None where it cannot be told.
        standard_error: Monte Carlo error of the mean difference: standard deviation of the units over the root of
            their number; None for one unit.
        split: chance and ignorance in the variance of the differences; None where they cannot be told apart.
        band: half-width of the equivalence band, same unit as the effect.
        exactly_zero: whether every paired difference is exactly 0.
        verdict: see `Verdict`.
    """

    n_pairs: int
    n_units: int
    baseline: float
    policy: float
    effect: float
    interval: tuple[float, float] | None
    sd: float | None
    variance_ratio: float | None
    band: float
    exactly_zero: bool
    verdict: Verdict
    standard_error: float | None = None
    split: Split | None = None

    @property
    def words(self) -> str:
        """The verdict in words, with the reason where it needs one."""
        if self.n_pairs == 1:
            return f"{self.verdict} (one pair{'; exactly zero in it' if self.exactly_zero else ''})"
        if self.exactly_zero:
            return f"{self.verdict} (exactly zero in every pair)"
        if self.interval is None:
            return f"{self.verdict} (one draw of the parameters)"
        return str(self.verdict)


def paired_effect(
    policy: Sequence[float] | Floats,
    baseline: Sequence[float] | Floats,
    band: float,
    draws: Sequence[int] | None = None,
    worlds: Mapping[int, Draw] | None = None,
) -> PairedEffect:
    """Effect of a policy from pairs of runs.

    Args:
        policy: level in the policy arm, one number a pair.
        baseline: level in the baseline arm, same order.
        band: half-width of the equivalence band, at least 0.
        draws: parameter draw of each pair; None where all pairs share one.
        worlds: the draws by number, to split ignorance by grade of evidence; None does not split it.

    Raises:
        ValueError: no pairs, or arms of different length.
    """
    ours = np.asarray(policy, dtype=np.float64)
    theirs = np.asarray(baseline, dtype=np.float64)
    if ours.shape != theirs.shape or ours.ndim != 1 or not len(ours):
        raise ValueError("a paired effect needs the same number of runs in both arms, at least one")
    difference = ours - theirs
    n_pairs = len(difference)
    units = _units(difference, draws)
    effect = float(np.mean(units))
    exactly_zero = bool(np.all(difference == 0.0))
    sd = float(np.std(difference, ddof=1)) if n_pairs > 1 else None
    interval = _interval(units)
    if exactly_zero and n_pairs > 1:
        effect, interval = 0.0, (0.0, 0.0)
    return PairedEffect(
        n_pairs=n_pairs,
        n_units=len(units),
        baseline=float(np.mean(theirs)),
        policy=float(np.mean(ours)),
        effect=effect,
        interval=interval,
        sd=sd,
        variance_ratio=_variance_ratio(ours, theirs, draws),
        band=float(band),
        exactly_zero=exactly_zero,
        verdict=_verdict(interval, band),
        standard_error=float(np.std(units, ddof=1)) / math.sqrt(len(units)) if len(units) > 1 else None,
        split=split(difference, draws, worlds, CONFIDENCE),
    )


@dataclass(frozen=True)
class PairedRatio:
    """Ratio of the means of two paired differences, such as money per extra pathway.

    Attributes:
        value: the ratio.
        interval: its 95% interval by Fieller's theorem.
    """

    value: float
    interval: tuple[float, float]


def paired_ratio(above: Floats, below: Floats, draws: Sequence[int] | None = None) -> PairedRatio | None:
    """Ratio of two mean paired differences, with its interval.

    By Fieller's theorem the interval holds every ratio rho for which the mean of `above - rho * below` lies within
    Student's t times its standard error of zero. With rho = ratio + d, and r = above - ratio * below (mean zero),

        (mean^2 - t^2 var_b) d^2 + 2 t^2 cov_rb d - t^2 var_r <= 0

    where mean, var_b are the mean of `below` and its squared standard error; so no two large numbers are subtracted.

    Args:
        above: differences of the numerator, one a pair.
        below: differences of the denominator, in the same order.
        draws: parameter draw of each pair; None where all pairs share one.

    Returns:
        None for one unit, and where the interval of the mean below holds zero: the ratio may then be anything.
    """
    top, bottom = _units(above, draws), _units(below, draws)
    n, mean = len(bottom), float(bottom.mean())
    if n < 2:
        return None
    t2 = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2)) ** 2
    square = mean**2 - t2 * float(np.var(bottom, ddof=1)) / n
    if not square > 0.0:
        return None
    ratio = float(top.mean()) / mean
    (var_r, cov), _ = (np.cov(top - ratio * bottom, bottom) / n).tolist()
    half = math.sqrt((t2 * cov) ** 2 + square * t2 * var_r)
    return PairedRatio(ratio, (ratio - (t2 * cov + half) / square, ratio - (t2 * cov - half) / square))


def runs_needed(effect: PairedEffect, error: float | None = None) -> int | None:
    """Pairs of runs that a Monte Carlo error takes, from the spread of the pairs at hand.

    The error is the standard error of the mean difference. Where several draws were run they are the units, so more
    draws are needed, each with as many seeds as now.

    Args:
        effect: an effect from at least two units.
        error: the error wanted, in the effect's unit; a quarter of the equivalence band if None.

    Returns:
        At least 2 units' pairs; None for one unit, or where no error is given and the band is 0.

    Raises:
        ValueError: the error is not above 0.
    """
    if error is not None and not error > 0.0:
        raise ValueError("a Monte Carlo error must be above 0")
    wanted = GOOD_ERROR * effect.band if error is None else error
    if effect.standard_error is None or not wanted > 0.0:
        return None
    # a hair's breadth off, so that the error at hand is not said to take one unit more than it took
    units = math.ceil(effect.n_units * (effect.standard_error / wanted) ** 2 * (1.0 - 1e-12))
    return math.ceil(max(2, units) * effect.n_pairs / effect.n_units)


def _units(difference: Floats, draws: Sequence[int] | None) -> Floats:
    if draws is None or len(set(draws)) < 2:
        return difference
    labels = np.asarray(draws)
    return np.array([difference[labels == draw].mean() for draw in np.unique(labels)])


def _interval(units: Floats) -> tuple[float, float] | None:
    n = len(units)
    if n < 2:
        return None
    mean = float(np.mean(units))
    quantile = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2))
    half = quantile * float(np.std(units, ddof=1)) / math.sqrt(n)
    return (mean - half, mean + half)


def _variance_ratio(ours: Floats, theirs: Floats, draws: Sequence[int] | None) -> float | None:
    """Within draws where they have several seeds: worlds would share their parameters without pairing too."""
    labels = np.zeros(len(ours), dtype=np.int64) if draws is None else np.unique(draws, return_inverse=True)[1]
    sizes = np.bincount(labels)
    if len(sizes) == len(ours):
        labels, sizes = np.zeros_like(labels), np.array([len(ours)])
    if len(ours) < 2:
        return None

    def squares(values: Floats) -> float:
        return float(np.sum((values - (np.bincount(labels, values) / sizes)[labels]) ** 2))

    unpaired, paired = squares(ours) + squares(theirs), squares(ours - theirs)
    if paired == 0.0:
        return math.inf if unpaired > 0 else None
    return unpaired / paired


def _verdict(interval: tuple[float, float] | None, band: float) -> Verdict:
    if interval is None:
        return Verdict.CANNOT_TELL
    low, high = interval
    if -band <= low and high <= band:
        return Verdict.PRACTICALLY_ZERO
    if low > band:
        return Verdict.HIGHER
    if high < -band:
        return Verdict.LOWER
    return Verdict.CANNOT_TELL
