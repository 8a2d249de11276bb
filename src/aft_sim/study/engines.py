"""Where runs are executed: in this process, in processes of this machine; a cluster would be a third engine.

An engine takes tasks and hands back outcomes in the order in which they finish. It knows nothing of scenarios, stores
or folders; a task that raises, or whose process dies, comes back as a failure and the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import date
from multiprocessing import connection
from typing import TYPE_CHECKING, Protocol

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.spec.draws import Draw
from aft_sim.study.result import RunFailure, RunResult, canonical

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario

RunOnce = Callable[["Scenario", int, Draw, date], RunResult]
"""Executes one run: (scenario, seed, draw, last day)."""

#: Runs handed to the processes beyond those they are at, so that none waits and results do not pile up.
AHEAD = 2
#: Times a run may lose its process before it counts as failed.
CHANCES = 2


@dataclass(frozen=True)
class Task:
    """One run to do."""

    scenario: Scenario
    seed: int
    draw: Draw
    until: date

    @property
    def key(self) -> tuple[str, int, int]:
        """(scenario, draw, seed)."""
        return self.scenario.name, self.draw.number, self.seed

    @property
    def label(self) -> str:
        """For progress lines and messages."""
        drawn = f", draw {self.draw.number}" if self.draw.number else ""
        return f"{self.scenario.name}, seed {self.seed}{drawn}"


Outcome = RunResult | RunFailure
Outcomes = Generator[tuple[Task, Outcome], None, None]


class Engine(Protocol):
    """Executes tasks."""

    def run(self, tasks: Sequence[Task], work: RunOnce) -> Outcomes:
        """Yield each task with its outcome, in any order; closing the generator stops everything at once.

        Raises:
            InputError, InputErrors: a mistake of the user that stops the study.
        """
        ...


class InProcess:
    """One run after the other, in this process."""

    def run(self, tasks: Sequence[Task], work: RunOnce) -> Outcomes:
        """See `Engine.run`."""
        for task in tasks:
            yield task, _unwrap(perform(task, work))


class LocalProcesses:
    """Several processes of this machine.

    A process that dies (killed, out of memory) takes down the pool; a new one goes on with what was not finished. A run
    that loses its process `CHANCES` times is repeated alone, and if that fails too it counts as failed.
    """

    def __init__(self, workers: int) -> None:
        """Use so many processes."""
        self.workers = workers

    def run(self, tasks: Sequence[Task], work: RunOnce) -> Outcomes:
        """See `Engine.run`."""
        left, lost = deque(tasks), dict.fromkeys((task.key for task in tasks), 0)
        while left:
            suspects = [task for task in left if lost[task.key] >= CHANCES]
            if suspects:
                task = suspects[0]
                left.remove(task)
                yield task, _unwrap(self._alone(task, work))
                continue
            yield from self._pool(left, lost, work)

    def _pool(self, left: deque[Task], lost: dict[tuple[str, int, int], int], work: RunOnce) -> Outcomes:
        """Run until nothing is left or the pool breaks; tasks that were under way then go back to the front."""
        pool = self._new_pool(min(self.workers, len(left)))
        going: dict[Future[Outcome | InputError | InputErrors], Task] = {}
        try:
            while left or going:
                while left and len(going) < self.workers + AHEAD:
                    going[pool.submit(perform, left[0], work)] = left[0]
                    left.popleft()  # not before: a pool that has just broken refuses the task
                done, _ = wait(going, return_when=FIRST_COMPLETED)
                for future in done:
                    outcome = future.result()
                    yield going.pop(future), _unwrap(outcome)
            pool.shutdown()
        except BrokenProcessPool:
            for task in going.values():
                lost[task.key] += 1
            left.extendleft(reversed(list(going.values())))
        finally:
            _stop(pool)

    def _alone(self, task: Task, work: RunOnce) -> Outcome | InputError | InputErrors:
        """Run one suspect with a process to itself."""
        pool = self._new_pool(1)
        try:
            return pool.submit(perform, task, work).result()
        except BrokenProcessPool:
            name, draw, seed = task.key
            message = "the process of this run died each time it was tried; the machine may be out of memory"
            return RunFailure(name, seed, draw, "WorkerDied", message)
        finally:
            _stop(pool)

    def _new_pool(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=_start_worker)


def engine_for(workers: int) -> Engine:
    """Return the engine for so many processes.

    Raises:
        InputError: fewer than one.
    """
    if workers < 1:
        raise InputError("the number of workers is too small", found=workers, expected="1 or more")
    return InProcess() if workers == 1 else LocalProcesses(workers)


def perform(task: Task, work: RunOnce) -> Outcome | InputError | InputErrors:
    """Do one run; errors come back as values, because not every exception survives pickling."""
    try:
        return canonical(work(task.scenario, task.seed, task.draw, task.until))
    except (InputError, InputErrors) as error:
        return error
    except Exception as error:
        name, draw, seed = task.key
        kind = type(error).__name__
        week, phase = getattr(error, "place_in_run", (None, ""))
        return RunFailure(name, seed, draw, kind, str(error) or kind, traceback.format_exc(), week, phase)


def _unwrap(outcome: Outcome | InputError | InputErrors) -> Outcome:
    if isinstance(outcome, InputError | InputErrors):
        raise outcome
    return outcome


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
