"""What all verbs share: consoles, messages, progress, JSON, and reading months."""

from __future__ import annotations

import inspect
import json
import math
import os
import re
import sys
import tomllib
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aft_sim.basis.errors import InputError, InputErrors

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario
    from aft_sim.study.result import ResultSet
    from aft_sim.study.runner import Progress as Report

OK, CHECK_FAILED, USER_ERROR, RUNS_FAILED = 0, 1, 2, 3
"""Exit codes."""

#: Width of text and tables where the output is not a terminal.
PIPE_WIDTH = 100
#: Text is not set wider than this, however wide the terminal.
TEXT_WIDTH = 100

_MONTH = re.compile(r"(20\d\d)-(\d\d)")


def help_text(function: Callable[..., None]) -> str:
    """A verb's docstring as help: paragraphs without the line breaks of the source."""
    paragraphs = inspect.cleandoc(function.__doc__ or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def stdout() -> Console:
    """Console for results."""
    return Console(highlight=False, markup=False, width=_width(sys.stdout))


def stderr() -> Console:
    """Console for progress, remarks and errors."""
    return Console(highlight=False, markup=False, stderr=True, width=_width(sys.stderr))


def _width(stream: Any) -> int | None:
    return None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH


def complain(message: str) -> None:
    """Print an error; lines are not broken, so that paths can be copied."""
    stderr().print(Text(message), soft_wrap=True)


def remark(message: str) -> None:
    """Print what is going on, beside the results."""
    stderr().print(Text(message, style="dim"), soft_wrap=True)


def say(text: str | Text = "", style: str = "") -> None:
    """Print a paragraph of results."""
    console = stdout()
    console.print(Text(text, style=style) if isinstance(text, str) else text, width=min(console.width, TEXT_WIDTH))


def say_path(text: str) -> None:
    """Print a line with a path or a command in it, unbroken."""
    stdout().print(Text(text), soft_wrap=True)


def heading(text: str) -> None:
    """Print a heading."""
    say(text, "bold")


def plain_table(*columns: str, right: Sequence[str] = (), whole: Sequence[str] = ()) -> Table:
    """A table without borders.

    Args:
        columns: headings.
        right: headings of columns with numbers.
        whole: headings of columns whose cells are never broken.
    """
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name in whole, overflow="fold")
    return table


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """A list of names and values; rows without a value are left out."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value:
            table.add_row(name, Text(value))
    return table


def show(item: Any, indent: int = 0) -> None:
    """Print a table or list of facts."""
    stdout().print(Padding(item, (0, 0, 0, indent)) if indent else item)


def print_json(content: Any) -> None:
    """Print JSON for a program: UTF-8, unknown numbers as null."""
    sys.stdout.write(json.dumps(_known(content), indent=2, ensure_ascii=False, default=str) + "\n")


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known(item) for item in value]
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, float) or hasattr(value, "dtype"):
        number = value.item() if hasattr(value, "item") else value
        return None if isinstance(number, float) and not math.isfinite(number) else number
    return value


def read_month(text: str, where: str) -> str:
    """Check a month such as "2029-03".

    Args:
        text: what the user wrote.
        where: the option, for the message.

    Raises:
        InputError: not a month.
    """
    found = _MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12:
        raise InputError("not a month", where=where, found=text, expected="a year and month such as 2029-03")
    return found[0]


def last_day(month: str) -> date:
    """Last day of a month "2029-03"."""
    import calendar

    year, number = int(month[:4]), int(month[5:])
    return date(year, number, calendar.monthrange(year, number)[1])


def months_of_run(until: str, baseline: Path | None = None, where: str = "--until") -> tuple[str, ...]:
    """Labels of the months of a run on a baseline (None: the packaged one) that ends with the month `until`.

    `where` is the option that gave the month, for messages.

    Raises:
        InputError: the run would end before it starts.
    """
    from aft_sim.baseline import bundle
    from aft_sim.basis.calendar import Calendar

    longest = Calendar().months[-1].label
    if until > longest:
        raise InputError(
            "the model is not made for later months", where=where, found=until, expected=f"{longest} at the latest"
        )
    try:
        opening = (bundle.load(baseline)).opening
        return tuple(month.label for month in Calendar(opening, last_day(until)).months)
    except InputError as error:
        raise InputError(
            error.what, where=where, found=until, expected=f"a month that closes after {opening}, such as 2027-03"
        ) from None


def check_inside(at: str, months: Sequence[str], where: str) -> None:
    """Refuse a month outside a run.

    Raises:
        InputError: names the months that can be had.
    """
    if at not in months:
        raise InputError(
            "the runs hold no such month",
            where=where,
            found=at,
            expected=f"a month from {months[0]} to {months[-1]}",
            hint="Runs may go on to March 2036: see --until." if at > months[-1] else None,
        )


def waiting_outcome(name: str) -> None:
    """Refuse an outcome that is none of the waiting list.

    Raises:
        InputError: unknown, or money.
    """
    from aft_sim.outcomes.health_outcomes import OF_MONEY
    from aft_sim.outcomes.registry import outcome

    if set(outcome(name).levels) <= set(OF_MONEY):
        raise InputError(
            "money is reported beside every comparison, by financial year",
            where="--outcome",
            found=name,
            expected="an outcome of the waiting list: see aft-sim list outcomes",
        )


@contextmanager
def progress(total: int, what: str, noun: str = "run") -> Generator[Report, None, None]:
    """A progress bar for runs on stderr; where that is no terminal, one line at the start.

    Args:
        total: number of runs (or of what `noun` says).
        what: short description.
        noun: what is counted.

    Yields:
        The function that the runner calls after every run.
    """
    console = stderr()
    if not console.is_terminal:
        remark(f"{what}: {count(total, noun)}")
        yield lambda done, all_runs, label: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(f"{noun}s ·"),
        TimeElapsedColumn(),
        TextColumn("· left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)

        def report(done: int, all_runs: int, label: str) -> None:
            bar.update(task, completed=done, total=all_runs)

        yield report


def report_failures(results: ResultSet) -> int:
    """Print runs that failed, one line each, and return the exit code of the command.

    A broken invariant is a failed check (1), anything else a failed run (3).
    """
    if not results.failures:
        return OK
    for failure in results.failures:
        complain(f"Run failed: {failure.scenario}, seed {failure.seed}: {failure.error}: {failure.message}")
    if results.folder:
        complain(f"Details of the failures: {results.folder / 'manifest.json'}")
    broken = all(failure.error == "CheckFailed" for failure in results.failures)
    return CHECK_FAILED if broken else RUNS_FAILED


def place(text: str) -> str:
    """A "file:line" for a table: files that come with aft-sim by name, others as they are."""
    from aft_sim.spec.scenario import shipped_scenarios

    file, colon, line = text.rpartition(":")
    file, tail = (file, f":{line}") if colon and line.isdigit() else (text, "")
    path = Path(file).resolve()
    shipped = path in {known.resolve() for known in shipped_scenarios().values()}
    return f"{path.name}{tail} (shipped)" if shipped else text


def count(number: int, noun: str) -> str:
    """ "1 run", "1,200 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter or lever for both scenarios; may be repeated."),
]
"""The option of verbs that compare two scenarios."""


def in_both(settings: Sequence[str]) -> str:
    """What was set in both scenarios, a sentence."""
    return f"In both scenarios: {', '.join(settings)}."


def with_settings(scenario: Scenario, settings: Sequence[str]) -> Scenario:
    """The scenario with values given on the command line as NAME=VALUE, under its own name.

    Raises:
        InputError: a setting without "=".
        InputErrors: unknown names and values that are not allowed.
    """
    if not settings:
        return scenario
    values: dict[str, object] = {}
    for setting in settings:
        name, found, text = setting.partition("=")
        if not found:
            raise InputError("not a setting", where="--set", found=setting, expected="NAME=VALUE")
        try:
            values[name.strip()] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            values[name.strip()] = text.strip()
    values["title"] = f"{scenario.title}, with {', '.join(settings)}"
    try:
        return scenario.with_changes(scenario.name, values)
    except InputErrors as error:
        raise InputErrors(
            [InputError(p.what, where="--set", found=p.found, expected=p.expected, hint=p.hint) for p in error.problems]
        ) from None
