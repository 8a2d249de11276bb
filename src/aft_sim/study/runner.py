"""Many runs at once: pairs of scenarios over seeds, on one or several processes.

Every run is a pure function of (scenario, seed, draw, last day), so results do not depend on the number of
workers or on the order in which they finish.
"""

from __future__ import annotations

import contextlib
import time
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import CENTRAL, Draw, prior_draws
from aft_sim.study import designations
from aft_sim.study.engines import Engine, RunOnce, Task, engine_for
from aft_sim.study.provenance import Inputs
from aft_sim.study.result import ResultSet, RunFailure, RunResult, ScenarioInfo, canonical, ordered
from aft_sim.study.store import Store
from aft_sim.study.stored import load

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario

Progress = Callable[[int, int, str], None]
"""Called after every run with (finished, total, what finished)."""


def run_pairs(
    scenarios: Sequence[Scenario],
    seeds: int | Sequence[int],
    draws: int | Sequence[Draw] = (CENTRAL,),
    until: date | str = date(2036, 3, 31),
    workers: int = 1,
    out: str | Path | None = None,
    progress: Progress | None = None,
    run_once: RunOnce | None = None,
    check: bool = False,
    baseline: Path | None = None,
    experiment: str = "",
    keep: Sequence[str] = (),
    outcomes: Sequence[str] = (),
    frozen_selection: Sequence[str] = (),
) -> ResultSet:
    """Run every scenario with every seed in every draw of the parameters.

    Args:
        scenarios: resolved scenarios with different names.
        seeds: the seeds, or how many (1, 2, ...). The same seeds are used for every scenario and draw.
        draws: draws of the uncertain parameters, or how many from the priors; central values by default.
        until: last day of the runs, or their last month as text ("2029-03").
        workers: processes; 1 runs in this one.
        out: folder to store the study in; runs already there are not run again. None keeps it in memory.
        progress: called after every run.
        run_once: replaces the model (a function that can be pickled), for tests.
        check: verify the model's invariants every week of every run.
        baseline: folder that `aft-sim baseline build` wrote; the packaged baseline if None.
        experiment: text of the experiment that asks for the runs, for the record.
        keep: results tables to keep of each run; all if empty. England's is always kept.
        outcomes: outcomes to keep of the tables below England's; all if empty. Events are kept whole.
        frozen_selection: names of scenarios; of those whose programme runs by rules also run the world in which the
            same trusts hold the status in the same weeks and it allows nothing, so that selection and freedoms can be
            told apart.

    Returns:
        All finished runs; runs that raised are in `failures`.

    Raises:
        InputError, InputErrors: a mistake in the scenarios or arguments; nothing more is run.
        KeyboardInterrupt: Ctrl-C; workers are stopped and stored runs are kept.
    """
    numbers, worlds, until = _seeds(seeds), _draws(draws), _last_day(until)
    engine, kept = engine_for(workers), Kept.of(keep, outcomes)
    again = designations.replays([one for one in scenarios if one.name in frozen_selection])
    if again and not kept.columns("events"):
        raise InputError("designations cannot be given again", where="keep", expected="events among the tables to keep")
    infos = _infos(scenarios, again)
    tasks, more = (
        [Task(scenario, seed, draw, until) for draw in worlds for seed in numbers for scenario in of]
        for of in (scenarios, list(again.values()))
    )
    with contextlib.ExitStack() as stack:
        store = None
        if out is not None:
            store = stack.enter_context(
                Store.open(Path(out), infos, Inputs.current(until, baseline, kept), numbers, worlds, experiment)
            )
            store.forget_failures({task.key for task in (*tasks, *more)})
        study = _Study(store, {info.name: info for info in infos}, len(tasks) + len(more), progress, kept)
        with study.closing():
            _run(study, tasks, engine, workers, run_once or _model(check, baseline, kept), run_once is None, baseline)
            # only now is known who was designated in which run
            if left := [task for task in more if not study.already_there(task)]:
                work = _replayed(study, again, check, baseline, kept)
                _run(study, [task for task in left if task.key in work.spells], engine, workers, work, True, baseline)
    if out is not None:
        return load(out)
    return ResultSet(
        runs=ordered(study.runs, [info.name for info in infos]),
        scenarios={info.name: info for info in infos},
        failures=tuple(study.failures),
        draws_made=worlds,
    )


def _run(
    study: _Study,
    tasks: Sequence[Task],
    engine: Engine,
    workers: int,
    work: RunOnce,
    real: bool,
    baseline: Path | None,
) -> None:
    """Do what is not there yet."""
    todo = [task for task in tasks if not study.already_there(task)]
    if real and min(workers, len(todo)) > 1:
        from aft_sim.study.execute import warm_up

        warm_up(todo[0].scenario, baseline)
    with contextlib.closing(engine.run(todo, work)) as outcomes:
        for task, outcome in outcomes:
            study.accept(task, outcome)


def _replayed(
    study: _Study, replays: Mapping[str, Scenario], check: bool, baseline: Path | None, kept: Kept
) -> designations.Replayed:
    names = {name: scenario.name for name, scenario in replays.items()}
    hashes = {name: study.infos[name].hash for name in names.values()}
    return designations.Replayed.of(study.done(), names, hashes, check, baseline, kept)


class _Study:
    """Collects what comes back, in memory or in a store."""

    def __init__(
        self, store: Store | None, infos: dict[str, ScenarioInfo], total: int, progress: Progress | None, kept: Kept
    ) -> None:
        self.store = store
        self.infos = infos
        self.total = total
        self.progress = progress
        self.kept = kept
        self.finished = 0
        self.runs: list[RunResult] = []
        self.failures: list[RunFailure] = []
        self.status = "interrupted"

    @contextlib.contextmanager
    def closing(self) -> Iterator[None]:
        """Whatever happens inside, the manifest says how far it went."""
        started = time.monotonic()
        try:
            yield
            self.status = "failed" if self.failures else "complete"
        finally:
            self.close(time.monotonic() - started)

    def done(self) -> Sequence[RunResult]:
        """Runs that are finished, also those that were stored before."""
        return self.runs if self.store is None else load(self.store.folder).runs

    def already_there(self, task: Task) -> bool:
        if self.store is None or not self.store.has(self.infos[task.scenario.name], task.draw, task.seed):
            return False
        self._report(f"{task.label} (already stored)")
        return True

    def accept(self, task: Task, outcome: RunResult | RunFailure) -> None:
        if isinstance(outcome, RunFailure):
            self.failures.append(outcome)
            self._report(f"{task.label} failed: {outcome.message}")
            return
        expected = (task.scenario.name, self.infos[task.scenario.name].hash, task.draw.number, task.seed)
        if (outcome.scenario, outcome.scenario_hash, outcome.draw, outcome.seed) != expected:
            raise AftSimError(f"the model returned the result of another run for {task.label}")
        outcome = replace(outcome, kept=self.kept)  # a function that replaces the model may keep more
        if self.store is not None:
            self.store.write(outcome, task.draw)
        else:
            self.runs.append(canonical(outcome))
        self._report(task.label)

    def close(self, seconds: float) -> None:
        if self.store is not None:
            self.store.failures.extend(sorted(self.failures, key=lambda one: (one.scenario, one.draw, one.seed)))
            self.store.status = self.status
            self.store.wall_seconds = seconds
            self.store.write_manifest()

    def _report(self, what: str) -> None:
        self.finished += 1
        if self.progress is not None:
            self.progress(self.finished, self.total, what)


def _model(check: bool, baseline: Path | None, kept: Kept) -> RunOnce:
    from aft_sim.study.execute import run_once

    return partial(run_once, check=check, baseline=baseline, kept=kept)


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(range(1, seeds + 1)) if isinstance(seeds, int) else tuple(int(seed) for seed in seeds)
    if not numbers:
        raise InputError("no seed to run", expected="at least one seed")
    if len(set(numbers)) != len(numbers):
        raise InputError("a seed is given twice", found=list(numbers), expected="different seeds")
    return numbers


def _last_day(until: date | str) -> date:
    """Return the last day of a month given as text; a day as it is.

    Raises:
        InputError: neither.
    """
    if isinstance(until, date):
        return until
    try:
        year, month = (int(part) for part in str(until).split("-"))
        return date(year, month, monthrange(year, month)[1])
    except ValueError:
        raise InputError("until is no month", found=until, expected='a date, or a text such as "2029-03"') from None


def _draws(draws: int | Sequence[Draw]) -> tuple[Draw, ...]:
    """Return the draws.

    Raises:
        InputError: none, or two of the same number.
    """
    found = prior_draws(draws) if isinstance(draws, int) else tuple(draws)
    if not found:
        raise InputError("no draw of the parameters to run", expected="at least one draw")
    numbers = [draw.number for draw in found]
    if len(set(numbers)) != len(numbers):
        raise InputError("two draws have the same number", found=numbers, expected="different numbers")
    return found


def _infos(scenarios: Sequence[Scenario], replays: Mapping[str, Scenario]) -> tuple[ScenarioInfo, ...]:
    if not scenarios:
        raise InputError("no scenario to run", expected="at least one scenario")
    names = [scenario.name for scenario in (*scenarios, *replays.values())]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("two scenarios have the same name", found=", ".join(twice), expected="different names")
    known = {scenario.name: scenario for scenario in scenarios}
    found = [_info(scenario) for scenario in scenarios]
    for name, scenario in replays.items():
        own = designations.replay_hash(known[name], scenario)
        found.append(replace(_info(scenario), hash=own, replays=name))
    return tuple(found)


def _info(scenario: Scenario) -> ScenarioInfo:
    aft = scenario.aft
    start = aft.from_ if aft.designated else aft.next_wave if aft.programme == "rules" else None
    resolved = "".join(f"{path} = {value}\n" for path, value in scenario.flat().items())
    text = {"scenario.toml": scenario.to_toml(), "resolved": resolved}
    for path in scenario.chain:
        file = Path(path)
        name = file.name if file.name not in text else f"{file.parent.name}/{file.name}"
        try:
            text[name] = file.read_text(encoding="utf-8")
        except OSError:  # the content itself is in the hash; the text is for the record only
            text[name] = ""
    return ScenarioInfo(scenario.name, scenario.title, scenario.hash, text, start)
