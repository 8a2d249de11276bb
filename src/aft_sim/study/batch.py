"""Run an experiment: plan it, run it in blocks of seeds until it may stop, and run a sample of it again."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from aft_sim.basis.calendar import Calendar
from aft_sim.basis.errors import InputError
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import CENTRAL
from aft_sim.spec.experiment import Experiment, Stop
from aft_sim.spec.scenario import Scenario, load_scenario
from aft_sim.study.design import Design, design
from aft_sim.study.paired import PairedEffect
from aft_sim.study.provenance import Inputs
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.runner import Progress, run_pairs
from aft_sim.study.stored import load, read_manifest

#: Months of the trial run that the plan's estimates of time and size rest on.
TRIAL_MONTHS = 2


@dataclass(frozen=True)
class Plan:
    """What an experiment will take.

    Attributes:
        design: the runs.
        weeks: weeks of a run.
        seconds: estimated time on the workers asked for.
        megabytes: estimated size of the stored runs, at most (before compression).
        there: runs that are already stored.
    """

    design: Design
    weeks: int
    seconds: float
    megabytes: float
    there: int


def plan(experiment: Experiment, workers: int, out: Path | None = None, baseline: Path | None = None) -> Plan:
    """Plan an experiment; a trial run of two months tells time and size.

    Raises:
        InputError, InputErrors: the experiment does not fit the baseline.
    """
    from aft_sim.baseline import bundle
    from aft_sim.study.execute import run_once, warm_up

    runs, england = design(experiment), bundle.load(baseline)
    kept = Kept.of(experiment.levels, experiment.outcomes)
    weeks = Calendar(england.opening, experiment.until).n_weeks
    trial = Calendar(england.opening).months[TRIAL_MONTHS - 1].last_day
    warm_up(runs.scenarios[-1], baseline)
    seconds = []
    for seed in (1, 2):  # the first opens the world of its draw, which the other seeds share
        started = time.perf_counter()
        run = run_once(runs.scenarios[-1], seed, runs.draws[0], trial, baseline=baseline, kept=kept)
        seconds.append(time.perf_counter() - started)
    per_week, opening = seconds[1] / Calendar(england.opening, trial).n_weeks, max(seconds[0] - seconds[1], 0.0)
    months = len(Calendar(england.opening, experiment.until).months) / TRIAL_MONTHS
    size = sum(table.nbytes for table in run.tables.values()) * months / 1e6
    there = _there(out, Inputs.current(experiment.until, baseline, kept)) if out is not None else 0
    todo = max(runs.runs - there, 0)
    worlds = opening * len(runs.draws) * todo / max(runs.runs, 1)
    return Plan(runs, weeks, todo * weeks * per_week / max(workers, 1) + worlds, runs.runs * size, there)


def _there(out: Path, inputs: Inputs) -> int:
    """Runs in a folder that need not be made again: none if it was made from other inputs, or to keep other tables."""
    if not (out / "manifest.json").exists() or read_manifest(out)["inputs"] != asdict(inputs):
        return 0
    return len(load(out))


def run_experiment(
    experiment: Experiment,
    workers: int = 1,
    out: str | Path | None = None,
    progress: Progress | None = None,
    baseline: Path | None = None,
) -> ResultSet:
    """Run an experiment; the same call continues where an earlier one stopped.

    Args:
        experiment: what to run.
        workers: processes; 1 runs in this one.
        out: folder to store the runs in.
        progress: called after every run.
        baseline: another baseline than the packaged one.

    Raises:
        InputError, InputErrors: see `run_pairs`.
    """
    runs = design(experiment)
    seeds = experiment.seeds
    processes = 1 if experiment.engine == "in_process" else workers
    while True:
        results = run_pairs(
            runs.scenarios,
            seeds,
            runs.draws,
            until=experiment.until,
            workers=processes,
            out=out,
            progress=progress,
            baseline=baseline,
            experiment=experiment.text,
            keep=experiment.levels,
            outcomes=experiment.outcomes,
            frozen_selection=runs.replayed,
        )
        more = _more_seeds(results, experiment, seeds)
        if not more:
            return results
        seeds = (*seeds, *more)


def _more_seeds(results: ResultSet, experiment: Experiment, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """The next block of seeds, as large as all so far; none if the rule is met or its bound reached."""
    rule = experiment.stop
    if rule is None or len(seeds) >= rule.most or results.failures:
        return ()
    if monte_carlo_error(stop_effect(results, rule, experiment.versus.name)) <= rule.error:
        return ()
    first = max(seeds) + 1
    return tuple(range(first, first + min(len(seeds), rule.most - len(seeds))))


def stop_effect(results: ResultSet, rule: Stop, versus: str) -> PairedEffect:
    """The paired difference that a stopping rule watches: of England."""
    return results.effect_of(rule.policy, vs=versus).at(rule.outcome, rule.at).row("england").paired


def monte_carlo_error(effect: PairedEffect) -> float:
    """Standard error of a paired difference, infinite for one pair."""
    if effect.sd is None:
        return float("inf")
    return effect.sd / float(np.sqrt(effect.n_pairs))


@dataclass(frozen=True)
class Reproduced:
    """One run made again.

    Attributes:
        run: the stored run.
        differences: tables that differ, with the largest relative difference; empty if all bytes agree.
    """

    run: RunResult
    differences: Mapping[str, float]


def reproduce(folder: str | Path, sample: int = 3, baseline: Path | None = None) -> tuple[list[Reproduced], list[str]]:
    """Run a sample of a stored study again and compare.

    The scenarios are taken from the study's own manifest, not from files that may have changed since.

    Args:
        folder: study folder.
        sample: how many runs, spread evenly over the study.
        baseline: the baseline it was run on; the packaged one if None.

    Returns:
        The runs made again, and what differs between then and now in what results depend on.

    Raises:
        InputError: not a study folder, an empty one, or one whose manifest holds no scenarios.
    """
    from aft_sim.study.designations import spells_of
    from aft_sim.study.execute import run_once, run_replay

    study = load(folder)
    if not study.runs:
        raise InputError("the study holds no finished run", where=str(folder))
    manifest = read_manifest(Path(folder))
    if not manifest["inputs"]["until"]:
        raise InputError("the study was not made by a batch, so that it cannot be run again", where=str(folder))
    until = date.fromisoformat(manifest["inputs"]["until"])
    kept = Kept.read(manifest["inputs"]["keep"])
    now = Inputs.current(until, baseline, kept)
    changed = [name for name, then in manifest["inputs"].items() if getattr(now, name) != then]
    scenarios = {name: _scenario_of(info.text, name, folder) for name, info in study.scenarios.items()}
    draws = {draw.number: draw for draw in study.draws_made}
    picked = np.unique(np.linspace(0, len(study.runs) - 1, min(sample, len(study.runs))).round().astype(int))
    again = []
    for run in (study.runs[i] for i in picked):
        scenario, draw = scenarios[run.scenario], draws.get(run.draw, CENTRAL)
        recorded = study.scenarios[run.scenario].replays
        if recorded:
            of = next(one for one in study.of(recorded) if (one.draw, one.seed) == (run.draw, run.seed))
            spells = spells_of(of)
            made = run_replay(scenario, run.seed, draw, until, spells, baseline=baseline, kept=kept)
        else:
            made = run_once(scenario, run.seed, draw, until, baseline=baseline, kept=kept)
        again.append(Reproduced(run, _differences(run, made)))
    return again, changed


def _scenario_of(text: Mapping[str, str], name: str, folder: str | Path) -> Scenario:
    if "scenario.toml" not in text:
        raise InputError("the manifest does not hold the scenario in full", where=str(folder), found=name)
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "scenario.toml"
        path.write_text(text["scenario.toml"], encoding="utf-8")
        return load_scenario(path)


def _differences(stored: RunResult, made: RunResult) -> dict[str, float]:
    """Tables that differ, with the largest relative difference of a number (infinite where keys or sizes differ)."""
    from aft_sim.study.result import canonical

    made = canonical(made)
    found: dict[str, float] = {}
    for name in {*stored.tables, *made.tables}:
        if name not in stored.tables or name not in made.tables:
            found[name] = float("inf")
            continue
        a, b = stored.tables[name], made.tables[name]
        if a.equals(b):
            continue
        found[name] = _largest(a, b)
    return found


def _largest(a: pa.Table, b: pa.Table) -> float:
    worst = 0.0
    for column in a.column_names:
        x, y = (np.asarray(t.column(column).to_pylist()) for t in (a, b))
        if x.shape != y.shape or x.dtype.kind not in "fi":
            if x.shape != y.shape or (x != y).any():
                return float("inf")
            continue
        gap = np.abs(x - y) / np.maximum(np.abs(x), 1e-12)
        worst = max(worst, float(np.nanmax(gap)) if gap.size else 0.0)
    return worst
