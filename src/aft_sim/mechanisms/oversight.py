"""How average metric scores move: what lasts, what passes, and what the run itself measures.

A score is the opening score, moved by three parts: a slow latent performance that returns to the mean of its kind of
trust, a part that passes within a year or so, and the change of the metrics that the run computes. The state that
agents may see is `Oversight`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.oversight import order
from aft_sim.basis import streams

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass
class Oversight:
    """Scores and segments as they stand; arrays are (trust,), NaN where a trust is not scored.

    Attributes:
        score: average metric score of the quarter scored last, 1 (best) to 4.
        unadjusted: its segment before the financial override.
        segment: its segment after the override, 5 in the improvement programme. Not published yet.
        override: whether the override applied.
        published: published segments, one array a quarter, oldest first; what agents may see.
        quarters: label of each published quarter, such as "Q3 2025/26".
        scored: label of the quarter scored last.
        capability: place of the board among all by capability, 0 the weakest to 1; known to the region alone.
        history: what was published in the run: month, scores, segments before the override, segments.
    """

    score: Array
    unadjusted: Array
    segment: Array
    override: Flags
    published: list[Array]
    quarters: list[str]
    scored: str
    capability: Array
    history: list[tuple[str, Array, Array, Array]] = field(default_factory=list)

    @property
    def latest(self) -> Array:
        """(trust,) segments published last."""
        return self.published[-1]


def quarter_label(year: int, month: int) -> str:
    """Label of the quarter that a month belongs to, such as "Q4 2025/26" for March 2026."""
    quarter, first = (month - 4) % 12 // 3 + 1, year if month >= 4 else year - 1
    return f"Q{quarter} {first}/{(first + 1) % 100:02d}"


def opened(bundle: Bundle, first: str, draw: int) -> Oversight:
    """What is known of oversight when a run opens.

    Args:
        bundle: the baseline.
        first: label of the first quarter that the run scores itself; earlier ones are known.
        draw: of the parameters; it decides which boards are weakest.
    """
    table, codes = bundle.oversight, bundle.trusts.code
    quarters = [q for q in table.quarters if order(q) < order(first)]
    published = [table.of(table.segment, table.rows(codes, q)) for q in quarters]
    rows = table.opening(codes)
    stated, own = bundle.trusts.segment, table.of(table.segment, rows)
    latest = published[-1] if published else np.full(len(codes), np.nan)
    # the last quarter holds the latest known, and what a user's own figures say in its place
    changed = np.isfinite(stated) & (stated != own)
    latest = np.where(changed | ~np.isfinite(latest), stated, latest)
    override = table.of(table.override, rows) == 1
    return Oversight(
        score=table.of(table.average, rows),
        unadjusted=table.of(table.unadjusted, rows),
        segment=stated.copy(),
        override=override,
        published=[*published[:-1], latest],
        quarters=quarters or [first],
        scored="",
        capability=streams.Streams(0, draw).params("capability", 0, streams.words(codes)),
    )


@dataclass(frozen=True)
class Spread:
    """How scores of each trust spread and move.

    Attributes:
        mean: (trust,) mean score of its kind of trust.
        lasting: (trust,) standard deviation of the part that lasts.
        passing: (trust,) standard deviation of the part that passes.
        rho: what is left of the lasting part after a quarter.
        phi: what is left of the passing part.
    """

    mean: Array
    lasting: Array
    passing: Array
    rho: float
    phi: float


def metrics_counted(bundle: Bundle, acute_metrics: float) -> tuple[Flags, Array]:
    """Whose scores of single metrics are not published (acute trusts), and how many metrics each average is of.

    Args:
        bundle: the baseline.
        acute_metrics: of an acute trust, whose metrics are not told.
    """
    table = bundle.oversight
    rows = table.opening(bundle.trusts.code)
    counted = table.of(np.isfinite(table.counted).sum(axis=1).astype(float), rows)
    acute = np.array([r >= 0 and counted[i] == 0 for i, r in enumerate(rows)])
    return acute, np.where(acute, acute_metrics, np.maximum(counted, 1.0))


def spread(score: Array, group: NDArray[np.int64], metrics: Array, noise: float, rho: float, phi: float) -> Spread:
    """Take the spread between trusts apart into what lasts and what passes.

    Args:
        score: (trust,) opening average metric score, NaN where not scored.
        group: (trust,) kind of trust, 0 ...
        metrics: (trust,) number of metrics in the average.
        noise: standard deviation of the passing part of one metric's score.
        rho, phi: persistence a quarter.
    """
    mean, whole = np.full(score.shape, np.nan), np.full(score.shape, np.nan)
    for kind in np.unique(group):
        use = (group == kind) & np.isfinite(score)
        if use.any():
            mean[use], whole[use] = score[use].mean(), score[use].std()
    passing = noise / np.sqrt(metrics)
    passing = np.minimum(passing, whole)
    return Spread(mean, np.sqrt(whole**2 - passing**2), passing, rho, phi)


def part(score: Array, of: Spread, z: Array) -> tuple[Array, Array]:
    """Opening values of the lasting and the passing part, given their sum.

    The score is known, its parts are not: they are what such a score makes likely, and `z` how far they are off.
    """
    away = score - of.mean
    whole = of.lasting**2 + of.passing**2
    share = np.divide(of.passing**2, whole, out=np.zeros_like(whole), where=whole > 0)
    off = z * np.sqrt(share * (1 - share) * whole)
    return (1 - share) * away + off, share * away - off


def step(x: Array, u: Array, kept: float, sd: Array, chance: float) -> Array:
    """A quarter of a part: what is kept of it, and innovations that keep its spread."""
    return np.asarray(kept * x + np.sqrt(1 - kept**2) * sd * chance * streams.normal(u))
