"""`aft-sim check`: is a scenario file right, and does the model keep its own laws?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.cli import options, terminal

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario

EPILOG = "Examples:\n\naft-sim check my-scenario.toml\n\naft-sim check --invariants aft-wide --weeks 60"
#: The scenario that checked files are compared with.
REFERENCE = "baseline"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("check", help=terminal.help_text(check), epilog=EPILOG)(check)


def check(
    files: Annotated[list[str] | None, typer.Argument(help="Scenario files or names.", metavar="FILE")] = None,
    invariants: Annotated[
        str | None,
        typer.Option("--invariants", metavar="NAME", help="Run this scenario and verify its laws every week."),
    ] = None,
    weeks: Annotated[int, typer.Option(min=1, max=530, help="Weeks to run with --invariants.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Seed of that run.")] = 1,
    baseline: options.Baseline = None,
) -> None:
    """Check scenario files (all mistakes in one pass, with file and line), or the model's invariants.

    Invariants: patients are conserved in every row, nobody is negative, lists by place of residence add up, no pot
    is overdrawn. Exit code 1 if one is broken, 2 if a file is wrong.
    """
    if not files and invariants is None:
        raise typer.BadParameter("give at least one scenario file, or --invariants NAME")
    problems: list[InputError] = []
    for file in files or []:
        problems += _check_file(file, baseline)
    if problems:
        raise InputErrors(problems)
    if invariants is not None:
        _check_invariants(invariants, weeks, seed, baseline)


def _check_file(file: str, folder: Path | None) -> list[InputError]:
    """Check one file; print "ok" and what it changes, or return what is wrong."""
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import bind, load_bound

    baseline = bundle.load(folder)
    try:
        scenario = load_bound(file, baseline)
    except InputErrors as error:
        return list(error.problems)
    except InputError as error:
        return [error]
    plan = bind(scenario, baseline)
    terminal.say_path(f"ok  {file}: {scenario.name}, {scenario.title}")
    trusts = terminal.count(len(plan.designated), "trust")
    listed = sum(baseline.trust_provider[i] >= 0 for i in plan.designated)
    _print_differences(scenario, f"{trusts} designated, {listed} of them with a waiting list")
    return []


def _print_differences(scenario: Scenario, designated: str) -> None:
    """What the scenario sets other than what it extends; other than the shipped baseline if it extends nothing."""
    from aft_sim.cli.diff import difference_table
    from aft_sim.spec.differences import differences
    from aft_sim.spec.scenario import load_scenario

    reference = scenario.extended or load_scenario(REFERENCE)
    found = differences(reference, scenario)
    if found:
        terminal.show(difference_table(found, reference.name, scenario.name), indent=4)
    else:
        terminal.say(f"    changes nothing against {reference.name} and the register")
    for note in _idle(scenario):
        terminal.say(f"    {note}")
    terminal.say(f"    {designated}", "dim")


def _idle(scenario: Scenario) -> Iterator[str]:
    """Dates after the last day of the longest run: what begins there never acts."""
    from aft_sim.basis.calendar import Calendar
    from aft_sim.present.style import day_name

    last = Calendar().end
    days = {f"{change.parameter} from {change.start}": change.start for change in scenario.changes}
    if scenario.aft.designated:
        days["aft.from"] = scenario.aft.from_
    for what, day in days.items():
        if day > last:
            yield f"note: {what} never acts, for runs end by {day_name(last)}"


def _check_invariants(name: str, weeks: int, seed: int, folder: Path | None) -> None:
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import bind
    from aft_sim.basis.calendar import Calendar
    from aft_sim.model import TrustAutonomyModel
    from aft_sim.present.style import day_name
    from aft_sim.spec.scenario import load_scenario

    scenario = load_scenario(name)
    england = bundle.load(folder)
    calendar = Calendar(england.opening)
    weeks = min(weeks, calendar.n_weeks)  # a later opening leaves fewer weeks to March 2036
    plan = bind(scenario, england, calendar)
    model = TrustAutonomyModel(plan, seed, check=True)
    with terminal.progress(weeks, f"Checking {scenario.name}", "week") as report:
        for week in range(1, weeks + 1):
            model.step()
            report(week, weeks, "")
    last = calendar.sunday(weeks - 1)
    terminal.say(
        f"ok  {scenario.name}, seed {seed}: every law held in each of {terminal.count(weeks, 'week')} "
        f"({day_name(calendar.start)} to {day_name(last)}): patients are conserved, nobody is negative, lists by "
        "residence add up, no pot is overdrawn."
    )
