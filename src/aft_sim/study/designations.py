"""What the programme did in recorded runs, and the same designations given again in another world.

A policy that runs by rules does two things at once: it decides who holds the status, and what holders may do. `replay`
gives the designations of recorded runs, to the week, to another scenario with the same seeds and draws, so that the two
parts can be told apart: beside the recorded world, the replay differs by what holders may do and never by who they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from aft_sim.basis.errors import InputError
from aft_sim.spec.draws import CENTRAL
from aft_sim.spec.scenario import Scenario
from aft_sim.study.execute import run_replay
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo


@dataclass(frozen=True)
class Programme:
    """Numbers of the programme over runs that ran by rules.

    Attributes:
        runs: how many.
        holders: trusts that held the status at some time, a run.
        removals: times a trust lost it, all runs.
        false_removals: of which the trust's capability was in fact good.
        designations: approvals by rules, all runs; those announced in fact are not counted.
        on_unknown: of which rest on a CQC rating or a segment that is not published and was drawn.
    """

    runs: int
    holders: float
    removals: int
    false_removals: int
    designations: int
    on_unknown: int

    @property
    def false_removal_share(self) -> float | None:
        """Share of removals of trusts whose capability is in fact good; None if nobody was removed."""
        return self.false_removals / self.removals if self.removals else None

    @property
    def on_unknown_share(self) -> float | None:
        """Share of designations that rest on an unpublished fact; None if there was none."""
        return self.on_unknown / self.designations if self.designations else None

    @property
    def words(self) -> str:
        """For notes under a comparison."""
        text = f"The programme ran by rules: {self.holders:.1f} trusts held the status at some time (mean of runs)"
        if self.on_unknown_share is not None:
            text += (
                f"; {100 * self.on_unknown_share:.0f}% of {self.designations} designations rest on a CQC rating or a "
                "segment that is not published"
            )
        if self.false_removal_share is not None:
            text += (
                f"; {100 * self.false_removal_share:.0f}% of {self.removals} removals hit a trust whose capability is "
                "in fact good (false removals)"
            )
        return text + "."


def programme_of(runs: Sequence[RunResult]) -> Programme | None:
    """What the programme did; None if none of the runs ran by rules."""
    runs = [run for run in runs if "events" in run.tables and _by_rules(run)]
    if not runs:
        return None
    removals = false = designations = unknown = 0
    for run in runs:
        open_question: dict[str, bool] = {}
        for event in run.tables["events"].to_pylist():
            if event["event"] == "assessed":
                open_question[event["trust"]] = event["value"] > 0
            elif event["event"] == "approved" and event["trust"] in open_question:
                designations += 1
                unknown += open_question[event["trust"]]
            elif event["event"] == "removed":
                removals += 1
                false += event["value"] > 0
    holders = sum(len(run.treated) for run in runs) / len(runs)
    return Programme(len(runs), holders, removals, false, designations, unknown)


def _by_rules(run: RunResult) -> bool:
    events = run.tables["events"].column("event").to_pylist()
    return "approved" in events or "assessed" in events


def recorded(run: RunResult) -> tuple[tuple[str, int, str | None], ...]:
    """Designations of a run by rules: trust, first week, and the month at whose end it was removed (None if not).

    Raises:
        InputError: the run did not run by rules, or its events were not kept.
    """
    if "events" not in run.tables or not _by_rules(run):
        raise InputError(
            "the run recorded no designations",
            where=f"{run.scenario}, seed {run.seed}",
            expected='a scenario with aft.programme = "rules"',
        )
    spells: list[tuple[str, int, str | None]] = []
    for event in run.tables["events"].to_pylist():
        if event["event"] == "approved":
            spells.append((event["trust"], int(event["value"]), None))
        elif event["event"] == "removed":
            at = max(k for k, (trust, _, ended) in enumerate(spells) if trust == event["trust"] and ended is None)
            spells[at] = (*spells[at][:2], event["month"])
    return tuple(spells)


def replay(results: ResultSet, selected_by: str, scenario: Scenario, baseline: Path | None = None) -> ResultSet:
    """Add runs of a scenario in which the designations are those that another scenario's runs recorded.

    Args:
        results: a study that holds the recorded runs.
        selected_by: the scenario whose designations are given again, run by run.
        scenario: what holders may do, and everything else; its own programme is not run.
        baseline: folder of another baseline; the packaged one if None.

    Returns:
        The study with the new runs under the scenario's name, with the same seeds and draws.

    Raises:
        InputError: the study holds runs of this name already, or none that can be replayed.
    """
    if scenario.name in results.scenarios or any(run.scenario == scenario.name for run in results):
        raise InputError("the study holds runs of this scenario already", found=scenario.name, expected="a new name")
    until = date.fromisoformat(f"{results.months[-1]}-28")
    runs = []
    for run in results.of(selected_by):
        draw = results.worlds.get(run.draw, CENTRAL)
        runs.append(run_replay(scenario, run.seed, draw, until, recorded(run), baseline, run.kept))
    title = f"{scenario.title}; the status goes to whom it went in {selected_by}"
    start = results.scenarios[selected_by].policy_start if selected_by in results.scenarios else None
    info = ScenarioInfo(scenario.name, title, scenario.hash, {}, start)
    return replace(
        results, runs=(*results.runs, *runs), scenarios={**results.scenarios, scenario.name: info}, folder=None
    )
