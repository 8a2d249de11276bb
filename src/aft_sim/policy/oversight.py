"""Rules of the NHS Oversight Framework: scores of metrics, their average, segments, override, segment 5 and rank.

Scores run from 1 (best) to 4, segments from 1 (best) to 5. NaN stands for a trust that is not scored throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
OverrideRule = Literal["on", "off", "deficit_only", "grace"]

BEST, WORST = 1.0, 4.0
HELD = 3.0
"""A trust under the financial override is in this segment at best."""
PROGRAMME = 5.0
"""Segment of trusts in the national improvement programme."""
LOADED = 3.0
"""Segments from this one on bear the load of closer oversight."""
CONTROLLED = 4.0
"""Segments from this one on are under spending controls."""
PLAN_STEPS = (0.0, -1.0, -2.0)
"""Planned surplus, % of income, at or above which the score is 1, 2, 3; else 4. Read off the scores of 2025/26."""
VARIANCE_STEPS = (0.0, -0.5, -1.0)
"""The same for the year so far against plan."""
COMBINED = np.array([[1, 1, 2, 3], [2, 2, 3, 3], [2, 3, 3, 4], [2, 3, 4, 4]], dtype=float)
"""Combined finance score by score of the plan (row) and of the variance (column).

All pairs that occur among mental health and community trusts in 2025/26 are published; (2,2), (2,3), (2,4), (3,3) and
(4,3) do not occur there and are filled in between their neighbours.
"""


@dataclass(frozen=True)
class Cuts:
    """Highest average score of segments 1, 2 and 3."""

    first: float
    second: float
    third: float

    @property
    def all(self) -> Array:
        """The three in order."""
        return np.array([self.first, self.second, self.third])


def score_rank(
    values: Array, higher_is_better: bool, best: float = BEST, worst: float = WORST, yardstick: Array | None = None
) -> Array:
    """Score of a metric with neither standard nor floor: by percentile rank, ties take the better score.

    Args:
        values: (trust,) of the metric, NaN where a trust has none.
        higher_is_better: direction of the metric.
        best, worst: scores of the best and the worst trust.
        yardstick: (trust,) values among which a trust takes its rank, NaN where none; those of all trusts if left out.
    """
    known = np.isfinite(values)
    out = np.full(values.shape, np.nan)
    field = values if yardstick is None else yardstick
    x, among = (-v if higher_is_better else v for v in (values[known], field[np.isfinite(field)]))
    if x.size:
        ahead = np.searchsorted(np.sort(among), x, side="left")
        place = np.minimum(ahead / max(among.size - 1, 1), 1.0)
        out[known] = np.round(best + (worst - best) * place, 2)
    return out


def score_standard(values: Array, standard: float, higher_is_better: bool, yardstick: Array | None = None) -> Array:
    """Score of a metric with a standard: 1 for all that meet it, the others 2 to 4 by percentile rank.

    Args:
        values: (trust,) of the metric, NaN where a trust has none.
        standard: to be met.
        higher_is_better: direction of the metric.
        yardstick: (trust,) values among which those that fail take their rank, as in `score_rank`.
    """

    def meets(x: Array) -> Flags:
        return np.asarray(x >= standard if higher_is_better else x <= standard)

    field = None if yardstick is None else np.where(meets(yardstick), np.nan, yardstick)
    out = score_rank(np.where(meets(values), np.nan, values), higher_is_better, BEST + 1, WORST, field)
    return np.where(meets(values), BEST, out)


def score_floor(values: Array, floor: float, higher_is_better: bool) -> Array:
    """Score of a metric with a floor: 4 for all below it, the others 1 to 3 by percentile rank."""
    fails = values < floor if higher_is_better else values > floor
    out = score_rank(np.where(fails, np.nan, values), higher_is_better, BEST, WORST - 1)
    return np.where(fails, WORST, out)


def combined_finance(planned: Array, variance: Array) -> Array:
    """Combined finance score.

    Args:
        planned: (trust,) planned surplus, % of income, without deficit support.
        variance: (trust,) the year so far against plan, % of income.
    """
    known = np.isfinite(planned) & np.isfinite(variance)
    steps = [
        (np.round(np.nan_to_num(x), 2)[:, None] < np.array(at)).sum(axis=1)
        for x, at in ((planned, PLAN_STEPS), (variance, VARIANCE_STEPS))
    ]
    return np.where(known, COMBINED[steps[0], steps[1]], np.nan)


def average_score(scores: Array) -> Array:
    """Average metric score: the plain mean of what there is, two decimals; NaN where there is nothing.

    Args:
        scores: (trust, metric) of the metrics that count; the two parts of the combined finance score do not.
    """
    known = np.isfinite(scores)
    count = known.sum(axis=-1)
    total = np.where(known, scores, 0.0).sum(axis=-1)
    return np.where(count > 0, np.round(total / np.maximum(count, 1), 2), np.nan)


def by_thresholds(score: Array, cuts: Cuts) -> Array:
    """Segments before the override, by fixed thresholds of the average score."""
    segment = 1.0 + (np.round(score, 2)[..., None] > cuts.all).sum(axis=-1)
    return np.where(np.isfinite(score), segment, np.nan)


def by_quartiles(score: Array) -> Array:
    """Segments before the override, by quartiles of all scored trusts together."""
    rounded = np.round(score, 2)
    if not np.isfinite(rounded).any():
        return rounded
    cuts = np.nanquantile(rounded, (0.25, 0.5, 0.75))
    segment = 1.0 + (rounded[..., None] > cuts).sum(axis=-1)
    return np.where(np.isfinite(score), segment, np.nan)


def overridden(rule: OverrideRule, deficit: Flags, support: Flags, quarters: Array, grace: float) -> Flags:
    """Whom the financial override holds back.

    Args:
        rule: the published rule ("on"), none, one that forgives deficit support, or one that forgives the first
            quarters of a deficit or of support.
        deficit: (trust,) whether a deficit is planned or reported.
        support: (trust,) whether deficit support is received.
        quarters: (trust,) for how many quarters in a row, this one included, either has been so.
        grace: quarters that are forgiven.
    """
    if rule == "off":
        return np.zeros_like(deficit)
    if rule == "deficit_only":
        return deficit
    either = deficit | support
    return either & (quarters > grace) if rule == "grace" else either


def adjust(segment: Array, override: Flags) -> Array:
    """Segments after the override."""
    return np.where(override, np.maximum(segment, HELD), segment)


def offset(score: Array, segment: Array, override: Flags, cuts: Cuts) -> Array:
    """Least shift of each score with which thresholds and override give a published segment.

    Args:
        score: (trust,) average metric score.
        segment: (trust,) published segment, 1 to 4.
        override: (trust,) whether the override applied.
        cuts: thresholds.

    Returns:
        (trust,) shift, 0 where none is needed, and where a segment contradicts the override.
    """
    edges = np.floor(cuts.all * 100 + 1e-9) / 100
    low = np.concatenate([[BEST], edges + 0.01])
    high = np.concatenate([edges, [WORST]])
    known = np.isfinite(score) & np.isfinite(segment)
    place = np.clip(np.where(known, segment, 1.0), 1, 4).astype(int) - 1
    # under the override segment 3 is all that is known of a score in the first three
    least = np.where(override & (place == 2), low[0], low[place])
    wanted = np.clip(np.round(np.nan_to_num(score), 2), least, high[place])
    shift = np.round(wanted - np.round(np.nan_to_num(score), 2), 2)
    possible = ~override | (place >= 2)
    return np.where(known & possible, shift, 0.0)


def rank(segment: Array, score: Array) -> Array:
    """Place in a league table: by adjusted segment, then score; equals share the better place."""
    known = np.isfinite(segment) & np.isfinite(score)
    key = np.where(known, segment * 10 + np.round(score, 2), np.inf)
    place = 1.0 + np.searchsorted(np.sort(key), np.round(key, 6) - 1e-9, side="left")
    return np.where(known, place, np.nan)


def entry_chance(segment: Array, weakest: Flags, since_left: Array, entry: float, relapse: float) -> Array:
    """Chance that a trust enters the improvement programme this quarter.

    Args:
        segment: (trust,) adjusted segment of the quarter.
        weakest: (trust,) whether the region rates the board's capability lowest.
        since_left: (trust,) quarters since a trust left the programme; infinite if it never was there.
        entry: chance a quarter in segment 4 with the lowest capability.
        relapse: share of those who left that are back within `RELAPSE_QUARTERS`.
    """
    again = 1 - (1 - relapse) ** (1 / RELAPSE_QUARTERS)
    first = np.where((segment == WORST) & weakest, entry, 0.0)
    back = np.where(segment >= HELD, again, 0.0)
    return np.where(since_left <= RELAPSE_QUARTERS, np.maximum(first, back), first)


RELAPSE_QUARTERS = 8
"""Quarters after leaving the programme to which the measured share of returns refers."""


def under_control(segment: Array) -> Flags:
    """(trust,) whether spending controls bind: published segment 4 or 5, never without a segment."""
    return np.asarray(segment >= CONTROLLED)


def held_back(segment: Array, usual: Array, share: float, exempt: Flags) -> Array:
    """Share of controlled spending that a trust may not spend, beyond what its opening segment held back already.

    What the opening segment held back is in the opening cost, so a trust that stays in its segment is at zero, one that
    leaves segments 4 and 5 below it.

    Args:
        segment: (trust,) published segment, NaN without one.
        usual: (trust,) segment at the opening.
        share: of controlled spending that is held back in segments 4 and 5; less than one.
        exempt: (trust,) trusts that decide for themselves what others in these segments refer upwards.
    """
    now, then = (np.where(under_control(s), share, 0.0) for s in (segment, usual))
    now = np.where(exempt, 0.0, now)
    return np.asarray(1 - (1 - now) / (1 - then))


def load_factor(segment: Array, relieved: Flags, load: float, effect: float) -> Array:
    """Output left by the load of closer oversight.

    Args:
        segment: (trust,) published segment.
        relieved: (trust,) trusts that are spared the load.
        load: share of managers' time that it takes in segments 3 to 5.
        effect: % of output lost for each % of managers' time.
    """
    return np.where((segment >= LOADED) & ~relieved, 1 - load * effect, 1.0)
