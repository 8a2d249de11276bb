"""How much of the spread of paired differences is chance and how much is ignorance.

Several draws of the parameters, each run with several seeds, make a one-way layout: the law of total variance splits
the variance of a paired difference into the mean variance within a draw (chance) and the variance of the draws' true
means (ignorance). The variance of the observed means is too large by the noise left in each of them, which is taken
off. The interval of ignorance's share is that of the intraclass correlation (F distribution, exact for normal
differences and equally many seeds a draw), so that few draws are seen to say little.

Ignorance by grade of evidence: the draws' means are regressed on the ranks of the drawn values of one grade at a time,
and the part explained (R squared, adjusted for the number of values) is put over ignorance. It answers "how much of
the ignorance would go if the parameters of this grade were known?", as far as they act one by one and in one
direction. Parts of correlated parameters of different grades overlap, and interactions belong to none, so the parts
need not add up to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import fdtri

from aft_sim.outcomes.registry import Floats
from aft_sim.spec.draws import Draw
from aft_sim.spec.register import Register

MIN_DRAWS = 3
"""Draws below which nothing is said about ignorance."""

MIN_SPARE = 3
"""Pairs beyond one a draw, over all draws, below which chance is not known well enough to be told apart."""

PER_COLUMN = 3
"""Draws needed for every parameter of a grade in its regression."""

GRADE_GROUPS = ("A-B", "C-D", "E or judgement", "not in the register")
"""Grades of evidence as they are reported; a figure judged or recalled counts as judgement whatever its grade."""


@dataclass(frozen=True)
class Split:
    """Parts of the variance of a paired difference.

    Attributes:
        chance: share that is chance (seeds within a draw), 0 to 1.
        ignorance: share that is ignorance (between draws), 1 less `chance`.
        interval: 95% interval of the share of ignorance.
        variance_chance: the part itself, in the square of the effect's unit.
        variance_ignorance: the part itself.
        n_draws: draws it rests on; the draw of central values is none of them where others were run.
        by_grade: share of ignorance that the parameters of a grade explain, by `GRADE_GROUPS`; None where too few
            draws were run for their number. Empty where ignorance cannot be told from none.
    """

    chance: float
    ignorance: float
    interval: tuple[float, float]
    variance_chance: float
    variance_ignorance: float
    n_draws: int
    by_grade: Mapping[str, float | None] = field(default_factory=dict)


def split(
    difference: Floats, draws: Sequence[int] | None, worlds: Mapping[int, Draw] | None = None, confidence: float = 0.95
) -> Split | None:
    """Split the variance of paired differences into chance and ignorance.

    Args:
        difference: one number a pair.
        draws: draw of each pair, None where all share one.
        worlds: the draws by number, for the parts by grade; None leaves these out.
        confidence: level of the interval.

    Returns:
        None where it cannot be told: too few draws, no draw with several seeds, or no variance at all.
    """
    if draws is None:
        return None
    labels = np.asarray(draws)
    if len(np.unique(labels)) > 1:  # central values are not drawn from anything
        difference, labels = difference[labels != 0], labels[labels != 0]
    numbers, of_pair, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    n_draws, spare = len(numbers), len(difference) - len(numbers)
    if n_draws < MIN_DRAWS or spare < MIN_SPARE:
        return None
    means = np.bincount(of_pair, difference) / sizes
    within = float(np.sum((difference - means[of_pair]) ** 2)) / spare
    left = within * float(np.mean(1.0 / sizes))
    between = float(np.var(means, ddof=1))
    # rounding alone makes a spread of some 1e-15 of the level: no part of it means anything
    if within + between <= (1e-12 * float(np.max(np.abs(difference), initial=0.0))) ** 2:
        return None
    ignorance = max(0.0, between - left)
    share = ignorance / (ignorance + within) if ignorance + within > 0 else 0.0
    bounds = _interval(between, within, float(1.0 / np.mean(1.0 / sizes)), n_draws - 1, spare, confidence)
    grades: Mapping[str, float | None] = {}
    if worlds is not None and bounds[0] > 0.0 and ignorance > 0.0:
        grades = _by_grade(means, [worlds.get(int(number)) for number in numbers], ignorance)
    return Split(1.0 - share, share, bounds, within, ignorance, n_draws, grades)


def _interval(
    between: float, within: float, size: float, above: int, spare: int, confidence: float
) -> tuple[float, float]:
    """Interval of the intraclass correlation; `size` is the harmonic mean of the seeds a draw."""
    if within == 0.0:
        return (1.0, 1.0)
    ratio = size * between / within
    tail = (1.0 - confidence) / 2
    ends = []
    for level in (1.0 - tail, tail):
        f = ratio / float(fdtri(above, spare, level))
        ends.append(min(1.0, max(0.0, (f - 1.0) / (size + f - 1.0))))
    return (ends[0], ends[1])


def grade_group(name: str) -> str:
    """Where a parameter counts in `GRADE_GROUPS`."""
    register = Register.load()
    if name not in register:
        return GRADE_GROUPS[3]
    parameter = register[name]
    if parameter.grade == "E" or parameter.basis in ("J", "R"):
        return GRADE_GROUPS[2]
    return GRADE_GROUPS[0] if parameter.grade in ("A", "B") else GRADE_GROUPS[1]


def _by_grade(means: Floats, worlds: Sequence[Draw | None], ignorance: float) -> dict[str, float | None]:
    """Share of ignorance explained by the drawn parameters of each grade that has any."""
    if any(world is None for world in worlds):
        return {}
    values = [world.mapping for world in worlds if world is not None]
    names = sorted(set.intersection(*(set(one) for one in values)))
    columns: dict[str, list[Floats]] = {}
    for name in names:
        drawn = _columns([one[name] for one in values])
        if drawn:
            columns.setdefault(grade_group(name), []).extend(drawn)
    total = float(np.var(means, ddof=1))
    out: dict[str, float | None] = {}
    for group in GRADE_GROUPS:
        if group not in columns:
            continue
        explained = _explained(means, columns[group])
        out[group] = None if explained is None else min(1.0, max(0.0, explained * total / ignorance))
    return out


def _columns(values: Sequence[object]) -> list[Floats]:
    """Ranks of numbers; an indicator for every word but one; nothing where all values are the same."""
    words = sorted({value for value in values if isinstance(value, str)})
    if words:
        return [np.array([float(value == word) for value in values]) for word in words[1:]]
    _, position, ties = np.unique(np.array(values, dtype=np.float64), return_inverse=True, return_counts=True)
    middle = np.cumsum(ties) - (ties - 1) / 2  # equal values share the mean of their ranks
    return [np.asarray(middle[position], dtype=np.float64)] if len(ties) > 1 else []


def _explained(means: Floats, columns: Sequence[Floats]) -> float | None:
    """Adjusted R squared of the means on the columns; None with fewer than `PER_COLUMN` draws a column."""
    n, k = len(means), len(columns)
    if n < max(PER_COLUMN * k, k + 2):
        return None
    centred = np.stack([column - column.mean() for column in columns], axis=1)
    target = means - means.mean()
    fitted = centred @ np.linalg.lstsq(centred, target, rcond=None)[0]
    spread = float(target @ target)
    if spread == 0.0:
        return None
    unexplained = float((target - fitted) @ (target - fitted)) / spread
    return 1.0 - unexplained * (n - 1) / (n - k - 1)
