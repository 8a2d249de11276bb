"""The designations of recorded runs, given again in another world.

A policy that runs by rules does two things at once: it decides who holds the status, and what holders may do. `replay`
gives the designations of recorded runs, to the week, to another scenario with the same seeds and draws, so that the two
parts can be told apart: beside the recorded world, the replay differs by what holders may do and never by who they are.
`without_freedoms` is the replay that every comparison of a programme by rules asks for: the same trusts hold the status
in the same weeks, and it allows nothing. `run_pairs(..., frozen_selection=True)` runs it beside the recorded runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from aft_sim.basis.errors import InputError
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.scenario import Scenario
from aft_sim.study.execute import run_replay
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo

Spells = tuple[tuple[str, int, str | None], ...]
"""Designations of a run: trust, first week, and the month at whose end the status was lost (None if it was not)."""


def by_rules(run: RunResult) -> bool:
    """Whether the events of a run tell of a programme that ran by rules."""
    if "events" not in run.tables:
        return False
    events = run.tables["events"].column("event").to_pylist()
    return "approved" in events or "assessed" in events


def recorded(run: RunResult) -> Spells:
    """Designations of a run by rules.

    Raises:
        InputError: the run did not run by rules, or its events were not kept.
    """
    if not by_rules(run):
        raise InputError(
            "the run recorded no designations",
            where=f"{run.scenario}, seed {run.seed}",
            expected='a scenario with aft.programme = "rules"',
        )
    return spells_of(run)


def spells_of(run: RunResult) -> Spells:
    """Designations of a run whose scenario runs by rules and whose events were kept; none where nobody came in."""
    spells: list[tuple[str, int, str | None]] = []
    for event in run.tables["events"].to_pylist():
        if event["event"] == "approved":
            spells.append((event["trust"], int(event["value"]), None))
        elif event["event"] == "removed":
            at = max(k for k, (trust, _, ended) in enumerate(spells) if trust == event["trust"] and ended is None)
            spells[at] = (*spells[at][:2], event["month"])
    return tuple(spells)


SUFFIX = "without-freedoms"
"""What the name of a replay ends in."""


def replays(scenarios: Sequence[Scenario]) -> dict[str, Scenario]:
    """For each scenario whose programme runs by rules: the same world, in which the status allows nothing, by name."""
    return {one.name: without_freedoms(one) for one in scenarios if one.aft.programme == "rules"}


def without_freedoms(scenario: Scenario) -> Scenario:
    """The scenario with every freedom off, under a name of its own."""
    off = {path: False for path, on in scenario.levers().items() if path.startswith("aft.freedoms.") and on is True}
    title = f"{scenario.title}; the same trusts hold the status, and it allows nothing"
    return scenario.with_changes(f"{scenario.name}-{SUFFIX}", {"title": title, **off})


def replay_hash(recorded: Scenario, replayed: Scenario) -> str:
    """Hash of what a replay's runs depend on: both scenarios, for the designations come from one of them."""
    return hashlib.sha256(f"designations of {recorded.hash} in {replayed.hash}".encode()).hexdigest()


@dataclass(frozen=True)
class Replayed:
    """Makes runs of replays; travels between processes.

    Attributes:
        spells: designations by scenario of the replay, draw and seed.
        hashes: hash of each replay, by scenario.
        check, baseline, kept: as of `execute.run_once`.
    """

    spells: Mapping[tuple[str, int, int], Spells]
    hashes: Mapping[str, str]
    check: bool
    baseline: Path | None
    kept: Kept

    @classmethod
    def of(
        cls,
        runs: Sequence[RunResult],
        of: Mapping[str, str],
        hashes: Mapping[str, str],
        check: bool,
        baseline: Path | None,
        kept: Kept,
    ) -> Replayed:
        """Read the designations of recorded runs; `of` names the replay of each scenario."""
        spells = {(of[r.scenario], r.draw, r.seed): spells_of(r) for r in runs if r.scenario in of}
        return cls(spells, hashes, check, baseline, kept)

    def __call__(self, scenario: Scenario, seed: int, draw: Draw, until: date) -> RunResult:
        """Run one."""
        spells = self.spells[scenario.name, draw.number, seed]
        made = run_replay(scenario, seed, draw, until, spells, self.check, self.baseline, self.kept)
        return replace(made, scenario_hash=self.hashes[scenario.name])


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
        runs.append(run_replay(scenario, run.seed, draw, until, recorded(run), False, baseline, run.kept))
    title = f"{scenario.title}; the status goes to whom it went in {selected_by}"
    start = results.scenarios[selected_by].policy_start if selected_by in results.scenarios else None
    info = ScenarioInfo(scenario.name, title, scenario.hash, {}, start)
    return replace(
        results, runs=(*results.runs, *runs), scenarios={**results.scenarios, scenario.name: info}, folder=None
    )
