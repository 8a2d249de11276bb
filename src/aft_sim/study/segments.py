"""The oversight league table at the opening and later in a run: scores, segments, who holds the status, who moves.

A trust is given a place only if its average metric score moves, against all trusts of its table, by more than it moves
between two quarters for no lasting reason: the root of two times the spread of the passing part of a score. Trusts at
either end of a table come nearer to the middle without any cause, so that the fall of the best is told beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from aft_sim.baseline.bundle import Bundle
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms.oversight import metrics_counted
from aft_sim.outcomes.registry import Floats
from aft_sim.spec.register import Register
from aft_sim.study.events import history
from aft_sim.study.result import RunResult

END_SHARE = 0.25
"""Part of a table that counts as its upper end, and as its lower end."""


@dataclass(frozen=True)
class Standing:
    """One trust in the table.

    Attributes:
        code: ODS code.
        group: its table: "acute" (single metrics are not published), or "mental health" and community.
        before, after: average metric score, 1 (best) to 4; after is the mean of the runs.
        segment_before: published segment at the opening.
        segments: share of runs that end in each segment.
        change: after less before, less what all trusts of its table together moved.
        noise: how far it moves for no lasting reason.
        holds: share of runs in which it holds the status in the month.
        held: share of runs in which it held it at some time up to it.
        rank_before, rank_after: place by score in its table, 1 = best; None within the noise.
    """

    code: str
    group: str
    before: float
    after: float
    segment_before: int
    segments: Mapping[int, float]
    change: float
    noise: float
    holds: float
    held: float
    rank_before: int | None = None
    rank_after: int | None = None

    @property
    def segment_after(self) -> float:
        """Mean of the runs."""
        return sum(segment * share for segment, share in self.segments.items())


@dataclass(frozen=True)
class SegmentLeague:
    """The league table at the opening and in a later month.

    Attributes:
        published: month of the publication that counts as after.
        runs: runs that the scores are means over.
        standings: every trust scored in both, by code.
        best, worst: mean change of the trusts in the best and the worst quarter of each table at the opening.
    """

    published: str
    runs: int
    standings: tuple[Standing, ...]
    best: float
    worst: float

    @property
    def moves(self) -> Mapping[tuple[int, int], float]:
        """(segment before, segment after) -> trusts, mean of runs."""
        found: dict[tuple[int, int], float] = {}
        for one in self.standings:
            for segment, share in one.segments.items():
                key = (one.segment_before, segment)
                found[key] = found.get(key, 0.0) + share
        return dict(sorted(found.items()))

    @property
    def ranked(self) -> tuple[Standing, ...]:
        """Trusts that move beyond the noise, by code."""
        return tuple(one for one in self.standings if one.rank_after is not None)

    @property
    def warning(self) -> str:
        """What a reader must know before reading a place, in sentences."""
        n, all_ = len(self.ranked), len(self.standings)
        noise = sorted({round(one.noise, 2) for one in self.standings})
        text = (
            f"{n} of {all_} trusts move against their table by more than a score moves for no lasting reason "
            f"({noise[0]:.2f} to {noise[-1]:.2f} points); the other {all_ - n} have no places, because theirs change "
            "by chance."
        )
        if not n:
            text = f"No places: none of {all_} trusts moves by more than a score moves for no lasting reason."
        return (
            f"{text} Of every table's trusts the best quarter at the opening moves by {_signed(self.best)} points "
            f"against the table and the worst by {_signed(self.worst)} (1 is best): reversion, which nobody caused and "
            "which the status, given to the best, is easily blamed for."
        )


def _signed(x: float) -> str:
    return f"{x:+.2f}".replace("-", "−")


def segment_league(runs: Sequence[RunResult], at: str, baseline: Bundle) -> SegmentLeague:
    """Hold the last league table published up to a month against that of the opening.

    Args:
        runs: runs of one scenario.
        at: month.
        baseline: the tables that the runs opened on.

    Raises:
        InputError: a run kept no oversight table, or nothing was published by then.
    """
    t, table = baseline.trusts, baseline.oversight
    published = _published(runs[0], at)
    score, segment = (
        np.stack([_column(run, published, name, t.code) for run in runs]) for name in ("score", "segment")
    )
    before, after = table.of(table.average, table.opening(t.code)), score.mean(axis=0)
    register = Register.load()
    acute, metrics = metrics_counted(baseline, register.number("oversight.acute_metrics"))
    noise = np.sqrt(2.0 / metrics) * register.number("oversight.metric_noise")
    known = np.isfinite(before) & np.isfinite(after) & np.isfinite(t.segment)
    tables = [(name, np.flatnonzero(known & use)) for name, use in (("acute", acute), ("mental health", ~acute))]
    change = np.full(before.shape, np.nan)
    place: dict[int, tuple[int, int]] = {}
    ends: tuple[list[float], list[float]] = ([], [])
    for _, mine in tables:
        if not mine.size:
            continue
        change[mine] = after[mine] - before[mine] - np.mean(after[mine] - before[mine])
        ranks = (_ranks(before[mine]), _ranks(after[mine]))
        place |= {int(i): (int(b), int(a)) for i, b, a in zip(mine, *ranks, strict=True) if abs(change[i]) > noise[i]}
        end = max(1, round(END_SHARE * mine.size))
        ends[0].extend(change[mine[ranks[0] <= end]].tolist())
        ends[1].extend(change[mine[ranks[0] > mine.size - end]].tolist())
    holding = [_holders(run, at) for run in runs]
    standings = [
        Standing(
            code=t.code[i],
            group=name,
            before=float(before[i]),
            after=float(after[i]),
            segment_before=int(t.segment[i]),
            segments={int(s): float(np.mean(segment[:, i] == s)) for s in np.unique(segment[:, i])},
            change=float(change[i]),
            noise=float(noise[i]),
            holds=float(np.mean([t.code[i] in now for now, _ in holding])),
            held=float(np.mean([t.code[i] in ever for _, ever in holding])),
            rank_before=place[i][0] if i in place else None,
            rank_after=place[i][1] if i in place else None,
        )
        for name, mine in tables
        for i in map(int, mine)
    ]
    best, worst = (float(np.mean(values)) if values else 0.0 for values in ends)
    return SegmentLeague(published, len(runs), tuple(sorted(standings, key=lambda one: one.code)), best, worst)


def _published(run: RunResult, at: str) -> str:
    """The last month up to `at` in which segments were published."""
    if "oversight" not in run.tables:
        raise InputError(
            "the run kept no oversight table",
            where=f"{run.scenario}, seed {run.seed}",
            expected="the level oversight among the levels kept",
        )
    months: list[str] = sorted(set(run.tables["oversight"].column("month").to_pylist()))
    earlier = [month for month in months if month <= at]
    last = max(run.tables["england"].column("month").to_pylist())
    if not earlier or at > last:
        expected = f"{months[0]} to {last}" if months else "a run long enough for a publication"
        raise InputError("no league table was published by then in the run", where="--at", found=at, expected=expected)
    return earlier[-1]


def _column(run: RunResult, month: str, name: str, codes: Sequence[str]) -> Floats:
    """(trust,) what was published in a month, NaN where a trust was not scored."""
    table = run.tables["oversight"]
    table = table.filter(pc.equal(table.column("month"), month))
    found = dict(zip(table.column("trust").to_pylist(), table.column(name).to_pylist(), strict=True))
    return np.array([found.get(code, np.nan) for code in codes], dtype=np.float64)


def _ranks(score: Floats) -> Floats:
    """1 for the lowest score; equal scores share the better place."""
    return np.asarray(1 + (score[None, :] < score[:, None] - 1e-9).sum(axis=1), dtype=np.float64)


def _holders(run: RunResult, at: str) -> tuple[frozenset[str], frozenset[str]]:
    """Trusts that hold the status at the end of a month, and those that held it at some time."""
    if "events" not in run.tables:
        return frozenset(run.treated), frozenset(run.treated)
    now, ever = set[str](), set[str]()
    for one in history(run).events:
        if one.month <= at and one.kind == "designated":
            now.add(one.trust)
            ever.add(one.trust)
        elif one.month <= at and one.kind == "removed":
            now.discard(one.trust)
    return frozenset(now), frozenset(ever)
