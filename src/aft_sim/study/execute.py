"""One run: bind, run the model, hand back its tables, leave nothing in memory."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import mesa

from aft_sim.baseline import bundle
from aft_sim.baseline.bind import Plan, bind, week_after
from aft_sim.basis.calendar import Calendar
from aft_sim.mechanisms.ledger import Ledger
from aft_sim.model import TrustAutonomyModel
from aft_sim.outcomes.kept import Kept
from aft_sim.policy.programme import Spell
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.scenario import Scenario
from aft_sim.study.result import RunResult

P = ParamSpec("P")
R = TypeVar("R")


@lru_cache(maxsize=16)
def plan_for(scenario: Scenario, draw: Draw, until: date, baseline: Path | None = None) -> Plan:
    """The plan of a scenario on the packaged baseline or another one; kept, because seeds share it."""
    england = bundle.load(baseline)
    return bind(scenario, england, Calendar(england.opening, until), draw)


def forget(model: mesa.Model) -> None:
    """Take a finished model out of mesa's own tables: mesa 3.3 keeps every model alive as a key of one."""
    counters: Any = getattr(mesa.Agent, "_ids", None)
    if counters is not None:
        counters.pop(model, None)
    model.remove_all_agents()


def freeing(run: Callable[P, R]) -> Callable[P, R]:
    """A function that makes a model and forgets it, its memory free when it returns.

    Model and agents hold each other: left to the interpreter, a model's arrays stay until after the next is made. They
    can be collected only once the function's own name for the model is gone.
    """

    @wraps(run)
    def run_and_free(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return run(*args, **kwargs)
        finally:
            gc.collect()

    return run_and_free


def run_once(
    scenario: Scenario,
    seed: int,
    draw: Draw,
    until: date,
    check: bool = False,
    baseline: Path | None = None,
    kept: Kept | None = None,
) -> RunResult:
    """Run a scenario once.

    Args:
        scenario: resolved scenario.
        seed: chance.
        draw: values of the uncertain parameters.
        until: a day in the last month of the run.
        check: verify the invariants every week.
        baseline: folder that `aft-sim baseline build` wrote; the packaged baseline if None.
        kept: what to keep of the tables; everything if None.

    Raises:
        InputErrors: the scenario does not fit the baseline.
        CheckFailed: an invariant was broken (with `check`).
        Exception: the model failed; `place_in_run` of the exception is the week and the phase.
    """
    return _run(scenario, seed, draw, plan_for(scenario, draw, until, baseline), check, kept)


def run_replay(
    scenario: Scenario,
    seed: int,
    draw: Draw,
    until: date,
    spells: Sequence[tuple[str, int, str | None]],
    check: bool = False,
    baseline: Path | None = None,
    kept: Kept | None = None,
) -> RunResult:
    """Run a scenario once with designations recorded in another run.

    Args:
        scenario, seed, draw, until, check, baseline, kept: as of `run_once`.
        spells: trust, first week, and the month at whose end the status was lost, None if it was not.
    """
    plan = plan_for(scenario, draw, until, baseline)
    calendar, index = plan.calendar, plan.bundle.trusts.index
    closed = {month.label: month for month in calendar.months}
    given = tuple(
        Spell(index[code], start, None if ended is None else week_after(calendar, closed[ended]))
        for code, start, ended in spells
    )
    return _run(scenario, seed, draw, replace(plan, replay=given), check, kept)


@freeing
def _run(scenario: Scenario, seed: int, draw: Draw, plan: Plan, check: bool, kept: Kept | None) -> RunResult:
    model = TrustAutonomyModel(plan, seed, check=check)
    try:
        tables = model.run()
    except Exception as error:
        error.place_in_run = (model.week, model.phase)  # type: ignore[attr-defined]
        raise
    finally:
        forget(model)
    kept = kept or Kept()
    return RunResult(scenario.name, scenario.hash, seed, draw.number, kept.select(tables), treated_in(model), kept)


def treated_in(model: TrustAutonomyModel) -> tuple[str, ...]:
    """ODS codes of the trusts that the scenario designates or, by rules, that held the status in the run so far."""
    if model.plan.scenario.aft.programme == "given" and model.plan.replay is None:
        return model.plan.treated
    return tuple(model.plan.bundle.trusts.code[i] for i in model.status.ever(model.week))


@freeing
def run_ledger(scenario: Scenario, seed: int, until: date, baseline: Path | None = None) -> Ledger:
    """Run a scenario once, at the register's central values, and return its books.

    Args:
        scenario: resolved scenario.
        seed: chance.
        until: a day in the last month of the run.
        baseline: folder that `aft-sim baseline build` wrote; the packaged baseline if None.

    Raises:
        InputErrors: the scenario does not fit the baseline.
    """
    model = TrustAutonomyModel(plan_for(scenario, CENTRAL, until, baseline), seed)
    try:
        model.run()
        ledger: Ledger = model.world.ledger
        return ledger
    finally:
        forget(model)


def warm_up(scenario: Scenario, baseline: Path | None = None) -> None:
    """Run a month, so that everything compiled is in its file cache before workers ask for it at the same time."""
    england = bundle.load(baseline)
    run_once(scenario, 0, CENTRAL, Calendar(england.opening).months[0].last_day, baseline=baseline)
