"""What a programme by rules did in recorded runs: waves, near misses, reviews and removals, read from their events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aft_sim.study.designations import by_rules
from aft_sim.study.events import Happening, history
from aft_sim.study.paired import PairedEffect, paired_effect, paired_ratio
from aft_sim.study.result import RunResult

ANNOUNCED = "as announced"
"""Ending of the detail of an approval that is given, not decided in the run."""


@dataclass(frozen=True)
class Wave:
    """One wave of a run.

    Attributes:
        number: 1 is the first wave, as announced.
        month: at whose close it was chosen, by criteria as they stood then; of the first wave that of the approval.
        designated: trusts of it that were approved.
        near: trusts that were exactly one criterion short when it was chosen, with that criterion.
    """

    number: int
    month: str
    designated: tuple[str, ...]
    near: tuple[tuple[str, str], ...]


def waves(run: RunResult, at: str) -> tuple[Wave, ...]:
    """Waves of a run with what was decided up to a month, in order; none of a run that did not run by rules."""
    if not by_rules(run):
        return ()
    month: dict[int, str] = {}
    designated: dict[int, list[str]] = {}
    near: dict[int, list[tuple[str, str]]] = {}
    for one in _until(run, at):
        if one.kind not in ("assessed", "approved", "near miss"):
            continue
        number = int(one.detail.split()[1].rstrip(":,;"))
        month.setdefault(number, one.month)
        if one.kind == "approved":
            designated.setdefault(number, []).append(one.trust)
        elif one.kind == "near miss":
            near.setdefault(number, []).append((one.trust, one.detail.partition(": ")[2]))
    return tuple(
        Wave(n, month[n], tuple(designated.get(n, ())), tuple(near.get(n, ()))) for n in sorted(month)
    )  # fmt: skip


def near_missed(run: RunResult) -> tuple[str, ...] | None:
    """Trusts that were a near miss of some wave and never held the status, sorted; None of a run not by rules."""
    if not by_rules(run):
        return None
    found = {one.trust for one in history(run).events if one.kind == "near miss"}
    return tuple(sorted(found - set(run.treated)))


def holders(run: RunResult, at: str) -> frozenset[str]:
    """Trusts that held the status at some time up to a month."""
    return frozenset(one.trust for one in _until(run, at) if one.kind == "designated")


def _until(run: RunResult, at: str) -> list[Happening]:
    return [one for one in history(run).events if one.month <= at]


@dataclass(frozen=True)
class Counts:
    """What the programme of one run did up to a month.

    Attributes:
        held: trusts that held the status at some time.
        designated: approvals by rules; those announced in fact are not counted.
        on_unknown: of which rest on a CQC rating or a segment that is not published and was drawn.
        reviewed: reviews begun.
        removed: times a trust lost the status.
        false: of which the trust's capability was in fact good.
    """

    held: int
    designated: int
    on_unknown: int
    reviewed: int
    removed: int
    false: int


def counts(run: RunResult, at: str) -> Counts:
    """Count the events of a run."""
    drawn: dict[str, bool] = {}
    designated = unknown = reviewed = removed = false = 0
    for one in _until(run, at):
        if one.kind == "assessed":
            drawn[one.trust] = one.value > 0
        elif one.kind == "approved" and not one.detail.endswith(ANNOUNCED):
            designated += 1
            unknown += drawn.get(one.trust, False)
        elif one.kind == "review":
            reviewed += 1
        elif one.kind == "removed":
            removed += 1
            false += one.value > 0
    return Counts(len(holders(run, at)), designated, unknown, reviewed, removed, false)


@dataclass(frozen=True)
class Figure:
    """One number of the programme.

    Attributes:
        measure: machine name.
        label: in words.
        unit: "a run" (mean of runs) or "%".
        value: None where there is nothing to take a share of.
        interval: 95% interval over draws of the parameters, over runs where there is one draw; None where it cannot
            be told.
        n: what a share is of, all runs together; of a mean the sum over runs.
    """

    measure: str
    label: str
    unit: str
    value: float | None
    interval: tuple[float, float] | None
    n: int


@dataclass(frozen=True)
class Programme:
    """What the programme did over runs.

    Attributes:
        figures: by measure, in the order of the table.
        runs: how many.
        draws: draws of the parameters among them.
    """

    figures: tuple[Figure, ...]
    runs: int
    draws: int

    def __getitem__(self, measure: str) -> Figure:
        """A figure by its machine name.

        Raises:
            KeyError: there is none of this name.
        """
        return {one.measure: one for one in self.figures}[measure]


def programme_of(runs: Sequence[RunResult], at: str) -> Programme | None:
    """What the programme did up to a month; None if none of the runs ran by rules."""
    ran = [run for run in runs if by_rules(run)]
    if not ran:
        return None
    found = [counts(run, at) for run in ran]
    draws = [run.draw for run in ran]

    def mean(measure: str, label: str) -> Figure:
        values = [float(getattr(one, measure)) for one in found]
        effect: PairedEffect = paired_effect(values, np.zeros(len(values)), 0.0, draws)
        interval = None if effect.interval is None else (max(effect.interval[0], 0.0), effect.interval[1])
        return Figure(measure, label, "a run", effect.effect, interval, int(sum(values)))

    def share(measure: str, label: str, part: str, whole: str) -> Figure:
        above, below = (np.array([float(getattr(one, name)) for one in found]) for name in (part, whole))
        if not below.sum():
            return Figure(measure, label, "%", None, None, 0)
        ratio = paired_ratio(above, below, draws)
        value = float(above.sum() / below.sum()) if ratio is None else ratio.value
        low, high = (np.nan, np.nan) if ratio is None else np.clip(ratio.interval, 0.0, 1.0).tolist()
        interval = None if ratio is None else (100 * low, 100 * high)
        return Figure(measure, label, "%", 100 * value, interval, int(below.sum()))

    figures = (
        mean("held", "Trusts that held the status at some time"),
        mean("designated", "Designations by rules"),
        share(
            "on_unknown_share",
            "of which rest on a CQC rating or segment that is not published",
            "on_unknown",
            "designated",
        ),
        mean("reviewed", "Reviews begun"),
        mean("removed", "Removals"),
        share(
            "false_removal_share",
            "of which false: the trust's capability is in fact good",
            "false",
            "removed",
        ),
    )
    return Programme(figures, len(ran), len(set(draws)))
