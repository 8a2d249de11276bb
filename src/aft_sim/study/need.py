"""Runs the inverse question: pairs of a policy and its comparator, for one amount after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aft_sim.baseline.bind import bind
from aft_sim.baseline.bundle import Bundle
from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.spec.scenario import Scenario
from aft_sim.study import groups as who
from aft_sim.study.compare import compare
from aft_sim.study.inverse import Point, Search, search
from aft_sim.study.knobs import Knob
from aft_sim.study.result import ResultSet, ScenarioInfo
from aft_sim.study.runner import Progress, run_pairs

OUTCOME = "within_18_share"


class Unfinished(AftSimError):
    """Runs failed, so that an amount has no effect to judge."""

    def __init__(self, results: ResultSet) -> None:
        """Keep the runs with their failures."""
        super().__init__("some runs failed")
        self.results = results


@dataclass(frozen=True)
class Question:
    """What is asked.

    Attributes:
        policy, base: the policy and its comparator.
        knob: what is varied.
        gain: points of England's 18-week share.
        at: month by which.
        most: largest amount tried.
    """

    policy: Scenario
    base: Scenario
    knob: Knob
    gain: float
    at: str
    most: float


def answer(
    question: Question,
    england: Bundle,
    seeds: int,
    until: date,
    workers: int = 1,
    out: Path | None = None,
    progress: Progress | None = None,
    baseline: Path | None = None,
    told: Callable[[Point], None] | None = None,
) -> Search:
    """Find how much it would take.

    Args:
        question: what is asked.
        england: the baseline that the runs open on.
        seeds: pairs of runs for each amount, the same for all.
        until: last day of the runs.
        workers: processes.
        out: folder to store the runs in, a study for each amount; what is there is not run again.
        progress: called after every run.
        baseline: folder of the baseline; None for the packaged one.
        told: called after every amount.

    Raises:
        Unfinished: runs failed.
        InputError: the folder holds something else.
    """
    knob, base = question.knob, question.base
    if out is not None and (out / "manifest.json").exists():
        raise InputError("the folder holds a study", where=str(out), hint="Give a folder of its own.")
    # Without holders nothing in the comparator reads pots or what capital bought with them yields: run it once.
    moves = knob.both and bool(bind(base, england).designated.size)

    def run(scenario: Scenario, name: str) -> ResultSet:
        folder = None if out is None else out / name
        results = run_pairs(
            [scenario], seeds, until=until, workers=workers, out=folder, progress=progress, baseline=baseline
        )
        if results.failures:
            raise Unfinished(results)
        return results

    usual = None if moves else run(base, "comparator")

    def evaluate(x: float) -> Point:
        label = f"{knob.name}-{x:.10g}"
        theirs = usual or run(knob.set(base, x), f"{label}-comparator")
        ours = run(knob.set(question.policy, x), label)
        row = compare(_together(ours, theirs), question.policy.name, base.name, OUTCOME, question.at).row(who.ENGLAND)
        point = Point(x, row.paired, row.ceiling, what_happened(ours))
        if told is not None:
            told(point)
        return point

    return search(evaluate, question.gain, knob.start, question.most, whole=knob.whole)


def what_happened(results: ResultSet) -> str:
    """What holders did with their pots, and what most often stood in the way: a sentence."""
    holders, drawing, drawn = 0, 0, 0.0
    idle: Counter[str] = Counter()
    cut: Counter[str] = Counter()
    for run in results.runs:
        table = run.tables["events"]
        columns = (table.column(name).to_pylist() for name in ("trust", "event", "detail", "value"))
        rows = list(zip(*columns, strict=True))
        draws = [(trust, value) for trust, event, _, value in rows if event == "draw" and value > 0]
        holders += len(run.treated)
        drawing += len({trust for trust, _ in draws})
        drawn += sum(value for _, value in draws)
        idle.update(detail for _, event, detail, _ in rows if event == "no draw")
        cut.update(detail for _, event, detail, _ in rows if event == "draw reduced")
    runs = len(results.runs)
    if not holders:
        return "No trust holds the status."
    text = f"Of {holders / runs:g} trusts that hold the status {drawing / runs:.1f} draw on their pots in a run on "
    text += f"average, GBP {drawn / runs:,.0f} million in all"
    if idle:
        text += f"; most often where one does not, {idle.most_common(1)[0][0]}"
    if cut:
        text += f"; what most often makes a draw smaller is {cut.most_common(1)[0][0]}"
    return f"{text}."


def _together(ours: ResultSet, theirs: ResultSet) -> ResultSet:
    infos: dict[str, ScenarioInfo] = {**theirs.scenarios, **ours.scenarios}
    return ResultSet((*theirs.runs, *ours.runs), infos)
