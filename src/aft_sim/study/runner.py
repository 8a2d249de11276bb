"""Many runs at once: pairs of scenarios over seeds, on one or several processes.

Every run is a pure function of (scenario, seed, draw, last day), so results do not depend on the number of
workers or on the order in which they finish.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing import connection
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.errors import AftSimError, InputError, InputErrors
from aft_sim.study.provenance import Inputs
from aft_sim.study.result import ResultSet, RunFailure, RunResult, ScenarioInfo, canonical, ordered
from aft_sim.study.store import Store, load

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario

RunOnce = Callable[["Scenario", int, int, date], RunResult]
"""Executes one run: (scenario, seed, draw, last day)."""

Progress = Callable[[int, int, str], None]
"""Called after every run with (finished, total, what finished)."""


@dataclass(frozen=True)
class Task:
    """One run to do."""

    scenario: Scenario
    seed: int
    draw: int
    until: date

    @property
    def label(self) -> str:
        """For progress lines and messages."""
        drawn = f", draw {self.draw}" if self.draw else ""
        return f"{self.scenario.name}, seed {self.seed}{drawn}"


def run_pairs(
    scenarios: Sequence[Scenario],
    seeds: int | Sequence[int],
    draw: int = 0,
    until: date = date(2036, 3, 31),
    workers: int = 1,
    out: str | Path | None = None,
    progress: Progress | None = None,
    run_once: RunOnce | None = None,
    check: bool = False,
    baseline: Path | None = None,
) -> ResultSet:
    """Run every scenario with every seed.

    Args:
        scenarios: resolved scenarios with different names.
        seeds: the seeds, or how many (1, 2, ...). The same seeds are used for every scenario.
        draw: draw of the uncertain parameters; 0 is the register's defaults.
        until: last day of the runs.
        workers: processes; 1 runs in this one.
        out: folder to store the study in; runs already there are not run again. None keeps it in memory.
        progress: called after every run.
        run_once: replaces the model (a function that can be pickled), for tests.
        check: verify the model's invariants every week of every run.
        baseline: folder that `aft-sim baseline build` wrote; the packaged baseline if None.

    Returns:
        All finished runs; runs that raised are in `failures`.

    Raises:
        InputError, InputErrors: a mistake in the scenarios or arguments; nothing more is run.
        AftSimError: a worker died. Runs stored until then are kept.
        KeyboardInterrupt: Ctrl-C; workers are stopped and stored runs are kept.
    """
    numbers = _seeds(seeds)
    if workers < 1:
        raise InputError("the number of workers is too small", found=workers, expected="1 or more")
    infos = _infos(scenarios)
    store = None
    if out is not None:
        store = Store.open(Path(out), infos, Inputs.current(until, baseline), numbers, (draw,))
        wanted = {(info.name, draw, seed) for info in infos for seed in numbers}
        store.failures = [one for one in store.failures if (one.scenario, one.draw, one.seed) not in wanted]
    started = time.monotonic()
    tasks = [Task(scenario, seed, draw, until) for seed in numbers for scenario in scenarios]
    study = _Study(store, {info.name: info for info in infos}, len(tasks), progress)
    todo = [task for task in tasks if not study.already_there(task)]
    try:
        work = run_once or _model(check, baseline)
        if run_once is None and min(workers, len(todo)) > 1:
            from aft_sim.study.execute import warm_up

            warm_up(todo[0].scenario, baseline)
        with contextlib.closing(_execute(todo, workers, work)) as outcomes:
            for task, outcome in outcomes:
                study.accept(task, outcome)
        study.status = "failed" if study.failures else "complete"
    finally:
        study.close(time.monotonic() - started)
    if out is not None:
        return load(out)
    return ResultSet(
        runs=ordered(study.runs, [info.name for info in infos]),
        scenarios={info.name: info for info in infos},
        failures=tuple(study.failures),
    )


class _Study:
    """Collects what comes back, in memory or in a store."""

    def __init__(
        self, store: Store | None, infos: dict[str, ScenarioInfo], total: int, progress: Progress | None
    ) -> None:
        self.store = store
        self.infos = infos
        self.total = total
        self.progress = progress
        self.finished = 0
        self.runs: list[RunResult] = []
        self.failures: list[RunFailure] = []
        self.status = "interrupted"

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
        expected = (task.scenario.name, task.scenario.hash, task.draw, task.seed)
        if (outcome.scenario, outcome.scenario_hash, outcome.draw, outcome.seed) != expected:
            raise AftSimError(f"the model returned the result of another run for {task.label}")
        if self.store is not None:
            self.store.write(outcome)
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


def _execute(
    tasks: Sequence[Task], workers: int, run_once: RunOnce
) -> Generator[tuple[Task, RunResult | RunFailure], None, None]:
    """Yield (task, outcome) as runs finish."""
    if workers == 1 or len(tasks) <= 1:
        for task in tasks:
            yield task, _unwrap(_perform(task, run_once))
        return
    pool = ProcessPoolExecutor(
        max_workers=min(workers, len(tasks)),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )
    try:
        waiting: dict[Future[RunResult | RunFailure | AftSimError], Task] = {
            pool.submit(_perform, task, run_once): task for task in tasks
        }
        for future in as_completed(waiting):
            yield waiting[future], _unwrap(future.result())
            del waiting[future]
        pool.shutdown()
    except BrokenProcessPool as error:
        raise AftSimError(
            "a worker process died before its run was finished",
            hint="The machine may be out of memory: try fewer workers. Runs already stored are kept, "
            "and the same command continues from there.",
        ) from error
    finally:
        _stop(pool)


def _perform(task: Task, run_once: RunOnce) -> RunResult | RunFailure | AftSimError:
    """Do one run; errors come back as values, because not every exception survives pickling."""
    try:
        run = run_once(task.scenario, task.seed, task.draw, task.until)
        return canonical(run)
    except (InputError, InputErrors) as error:
        return error
    except Exception as error:
        name = type(error).__name__
        trace = traceback.format_exc()
        return RunFailure(task.scenario.name, task.seed, task.draw, name, str(error) or name, trace)


def _unwrap(outcome: RunResult | RunFailure | AftSimError) -> RunResult | RunFailure:
    if isinstance(outcome, AftSimError):
        raise outcome
    return outcome


def _model(check: bool, baseline: Path | None) -> RunOnce:
    from aft_sim.study.execute import run_once

    return partial(run_once, check=check, baseline=baseline)


def _start_worker() -> None:
    """Prepare a worker: Ctrl-C is the parent's business, and no worker outlives its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def _leave_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """Stop the pool's processes at once; does nothing after an orderly shutdown."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        if process.is_alive():
            process.terminate()
    for process in processes:
        process.join(timeout=5)


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    numbers = tuple(range(1, seeds + 1)) if isinstance(seeds, int) else tuple(int(seed) for seed in seeds)
    if not numbers:
        raise InputError("no seed to run", expected="at least one seed")
    if len(set(numbers)) != len(numbers):
        raise InputError("a seed is given twice", found=list(numbers), expected="different seeds")
    return numbers


def _infos(scenarios: Sequence[Scenario]) -> tuple[ScenarioInfo, ...]:
    if not scenarios:
        raise InputError("no scenario to run", expected="at least one scenario")
    names = [scenario.name for scenario in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError("two scenarios have the same name", found=", ".join(twice), expected="different names")
    return tuple(_info(scenario) for scenario in scenarios)


def _info(scenario: Scenario) -> ScenarioInfo:
    start = scenario.aft.from_ if scenario.aft.designated else None
    text = {"resolved": "".join(f"{path} = {value}\n" for path, value in scenario.flat().items())}
    for path in scenario.chain:
        file = Path(path)
        name = file.name if file.name not in text else f"{file.parent.name}/{file.name}"
        try:
            text[name] = file.read_text(encoding="utf-8")
        except OSError:  # the content itself is in the hash; the text is for the record only
            text[name] = ""
    return ScenarioInfo(scenario.name, scenario.title, scenario.hash, text, start)
