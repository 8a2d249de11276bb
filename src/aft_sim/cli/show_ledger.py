"""`aft-sim show ledger`: the books of a trust, a board or NHS England over a period of one run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.calendar import Calendar, financial_year
from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.mechanisms.ledger import Ledger
    from aft_sim.present.ledger_page import LedgerPage

#: Trusts of a type below which one of them is held against all trusts.
FEWEST = 5
NATIONAL = ("england", "nhs england", "nhs_england")
_YEAR = re.compile(r"(20\d\d)/(\d\d)")


@dataclass(frozen=True)
class Asked:
    """What the user asked for, as written.

    Attributes:
        who: code or part of the name of a trust, code of a board, or "england".
        year, first, last: financial year, or first and last month.
        scenario: name or path.
        seed: chance.
        settings: NAME=VALUE.
    """

    who: str | None
    year: str | None
    first: str | None
    last: str | None
    scenario: str | None
    seed: int | None
    settings: Sequence[str]

    @property
    def anything(self) -> bool:
        """Whether anything was asked for that only the ledger understands."""
        return any(part not in (None, []) for part in (*vars(self).values(),))


@dataclass(frozen=True)
class Whose:
    """An account of the ledger.

    Attributes:
        account: its name there.
        title: its name for readers.
        group: what it is held against; empty for nothing.
        members: accounts of that group.
    """

    account: str
    title: str
    group: str = ""
    members: tuple[str, ...] = ()


def show_ledger(asked: Asked, folder: Path | None, as_json: bool) -> None:
    """Run the model to the end of the period and print the books.

    Raises:
        InputError: nobody of this name, or a period that the run does not hold.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.study.execute import run_ledger

    baseline = bundle.load(folder)
    whose = find_account(baseline, asked.who)
    months = _months(baseline.opening)
    first, last = find_period(asked, months)
    scenario = terminal.with_settings(load_bound(asked.scenario or "baseline", baseline), asked.settings)
    seed = 1 if asked.seed is None else asked.seed
    with terminal.progress(1, f"Running {scenario.name}") as report:
        ledger = run_ledger(scenario, seed, terminal.last_day(last), folder)
        report(1, 1, scenario.name)
    page = lay_out(ledger, whose, first, last)
    if as_json:
        terminal.print_json({"scenario": scenario.name, "seed": seed, **page.content()})
    else:
        print_page(page, f"{scenario.title}, seed {seed}")


def lay_out(ledger: Ledger, whose: Whose, first: str, last: str) -> LedgerPage:
    """The books over a period and, where the ledger holds it, the same period a year before."""
    from aft_sim.present.ledger_page import ledger_page

    periods = [(first, last)]
    before = (_year_before(first), _year_before(last))
    if before[0] in ledger.months:
        periods.append(before)
    statements = [ledger.statement(whose.account, *period) for period in periods]
    usual = ledger.statement_of(whose.group, whose.members, first, last) if whose.members else None
    return ledger_page(whose.title, statements, usual)


def print_page(page: LedgerPage, about: str) -> None:
    """For a reader."""
    from aft_sim.present.ledger_page import ledger_table, remarks

    terminal.heading(page.title)
    terminal.say(about)
    terminal.say()
    terminal.show(ledger_table(page))
    terminal.say(" ".join(["Cash prices.", *remarks(page)]), "dim")


def find_account(baseline: Bundle, text: str | None) -> Whose:
    """The account that the user means.

    Raises:
        InputError: none, or several trusts.
    """
    from aft_sim.cli.trusts import find_trust, matching_trusts

    allowed = 'the code or name of a trust, the code of a board, or "england"'
    if text is None:
        raise InputError("whose ledger is not said", expected=allowed, hint="For example: aft-sim show ledger RTF")
    wanted = text.strip()
    if wanted.casefold() in NATIONAL:
        return Whose("nhs_england", "NHS England")
    boards = baseline.icb_code
    if wanted.upper() in boards:
        k = boards.index(wanted.upper())
        return Whose(boards[k], f"{boards[k]}  {baseline.icb_name[k]}", "all boards", tuple(boards))
    t = baseline.trusts
    if not matching_trusts(baseline, wanted) and wanted.upper() not in baseline.successors:
        options = [*t.code, *boards, "england", *t.name]
        raise InputError(
            "there is no account of this name", found=text, expected=allowed, hint=did_you_mean(wanted, options)
        )
    i = find_trust(baseline, wanted)
    same = tuple(code for code, kind in zip(t.code, t.type, strict=True) if kind == t.type[i])
    group = f"{t.type[i].replace('_', ' ')} trusts"
    if len(same) < FEWEST:
        same, group = tuple(t.code), "all trusts"
    return Whose(t.code[i], f"{t.code[i]}  {t.name[i]}", group, same)


def find_period(asked: Asked, months: Sequence[str]) -> tuple[str, str]:
    """First and last month of what was asked for: the run's first whole financial year if nothing was.

    Args:
        asked: what the user wrote.
        months: those that a run may hold.

    Raises:
        InputError: no year or month, or not in the run.
    """
    years = _whole_years(months)
    if asked.first is None and asked.last is None:
        year = years[0] if asked.year is None else asked.year.strip()
        if year not in years:
            raise _no_such_year(year, years, months)
        return f"{year[:4]}-04", f"{int(year[:4]) + 1}-03"
    if asked.year is not None:
        raise InputError(
            "two periods are given", where="--year", found=asked.year, expected="--year or --from and --to"
        )
    if asked.first is None or asked.last is None:
        missing = "--from" if asked.first is None else "--to"
        raise InputError("half a period is given", where=missing, expected="a month, such as 2026-09")
    first, last = terminal.read_month(asked.first, "--from"), terminal.read_month(asked.last, "--to")
    for month, where in ((first, "--from"), (last, "--to")):
        if month not in months:
            raise InputError(
                "the run holds no such month", where=where, found=month, expected=f"{months[0]} to {months[-1]}"
            )
    if first > last:
        raise InputError("the period ends before it begins", where="--to", found=last, expected=f"{first} or later")
    return first, last


def _months(opening: date) -> tuple[str, ...]:
    """All months that a run may hold."""
    return tuple(month.label for month in Calendar(opening, Calendar().end).months)


def _whole_years(months: Sequence[str]) -> list[str]:
    inside = set(months)
    starts = [int(month[:4]) for month in months if month.endswith("-04")]
    return [financial_year(date(year, 4, 1)) for year in starts if f"{year + 1}-03" in inside]


def _no_such_year(year: str, years: Sequence[str], months: Sequence[str]) -> InputError:
    found = _YEAR.fullmatch(year)
    real = found is not None and int(found[2]) == (int(found[1]) + 1) % 100
    nearest = f'The nearest is "{years[0] if year < years[0] else years[-1]}".'
    return InputError(
        "the run holds no such whole financial year" if real else "not a financial year",
        where="--year",
        found=year,
        expected=f"a year from {years[0]} to {years[-1]}",
        hint=f"{nearest} Months from {months[0]}: see --from and --to." if real else did_you_mean(year, years, 1),
    )


def _year_before(label: str) -> str:
    return f"{int(label[:4]) - 1}{label[4:]}"
