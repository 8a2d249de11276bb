"""A population budget's year for a reader: the budget, where it went, who bore the result, what was decided and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from rich.table import Table

from aft_sim.present import style
from aft_sim.present.titled import titled_table
from aft_sim.study.budgets import BudgetHistory, BudgetYear

LINES: Mapping[str, str] = MappingProxyType(
    {
        "own": "Care the holder gives itself",
        "elective": "Sub-contracts: elective care",
        "urgent": "Sub-contracts: urgent care",
        "block": "Sub-contracts: block and other",
        "independent": "Independent providers",
        "other": "General practice and other care",
        "community": "Community care moved out of hospital",
        "prevention": "Prevention",
        "setup": "Bonuses and set-up",
    }
)
"""Where a budget goes, in words."""
MEMO: Mapping[str, str] = MappingProxyType(
    {
        "avoided": "Saved by fewer emergencies",
        "double": "Paid twice: hospital capacity that stays open",
        "withdrawn": "Taken from other trusts' contracts as work moved",
        "stranded": "Of it, cost that stays with those trusts",
    }
)
"""What lies within the lines, in words."""
REINVESTED = "Besides: the kept saving of the year before, spent again"
"""The line `reinvested`, which is neither within the lines nor part of the result."""


def budget_tables(found: BudgetHistory, one: BudgetYear) -> Iterator[tuple[str, Table]]:
    """Headings and tables: the year, and what lies within it."""
    yield "Where the budget went", _spending(one)
    yield "Within these lines", _within(one)
    if len(found.years) > 1:
        yield "The contract so far", _years(found)


def _money_table() -> Table:
    table = titled_table("", "")
    table.add_column("")
    table.add_column("GBP million", justify="right")
    table.add_column("% of budget", justify="right")
    return table


def _row(table: Table, label: str, amount: float, whole: float, signed: bool = False, bold: bool = False) -> None:
    cells = [label, _money(amount, signed), style.number(100 * amount / whole, "%", signed)]
    table.add_row(*cells, style="bold" if bold else None)


def _money(amount: float, signed: bool = False) -> str:
    return style.number(amount, "GBP million", signed, places=1)


def _spending(one: BudgetYear) -> Table:
    table, whole = _money_table(), one.budget
    _row(table, "Budget", one.items["budget"], whole)
    if one.items["fair"]:
        _row(table, "Fair share beyond historic spend", one.items["fair"], whole, signed=True)
    for name, label in LINES.items():
        if one.items[name]:
            _row(table, label, one.items[name], whole)
    _row(table, "Spending", one.spending, whole, bold=True)
    _row(table, "Left of the budget" if one.result >= 0 else "Overspent", one.result, whole, True, True)
    _row(table, "  the holder's part", one.items["holder"], whole, True)
    _row(table, "  the board's part", one.items["board"], whole, True)
    if one.items["reinvested"]:
        _row(table, REINVESTED, one.items["reinvested"], whole)
    return table


def _within(one: BudgetYear) -> Table:
    table = _money_table()
    for name, label in MEMO.items():
        _row(table, label, one.items[name], one.budget)
    return table


def _years(found: BudgetHistory) -> Table:
    table = titled_table("", "")
    for name in ("Year", "Budget,\nGBP m", "Left,\nGBP m", "Left,\n%", "Holder,\nGBP m", "Board,\nGBP m"):
        table.add_column(name, justify="left" if name == "Year" else "right")
    for name in ("Outside hospital,\n% of budget", "Fewer emergencies,\nGBP m"):
        table.add_column(name, justify="right")
    for one in found.years:
        table.add_row(
            one.year,
            _money(one.budget),
            _money(one.result, True),
            style.number(100 * one.result / one.budget, "%", True),
            _money(one.items["holder"], True),
            _money(one.items["board"], True),
            style.number(100 * one.items["moved"], "%", places=1),
            _money(one.items["avoided"]),
        )
    return table


def budget_sentences(found: BudgetHistory, one: BudgetYear) -> Iterator[str]:
    """What happened in the year, in words."""
    people = style.number(one.items["people"], "pathways")
    yield f"A {found.scope} contract with {found.board} for {people} residents, in year {one.items['year']:.0f}."
    left = "left" if one.result >= 0 else "overspent"
    bearer = "keeps" if one.result >= 0 else "bears"
    yield (
        f"Of {style.quantity(one.budget, 'GBP million')} it {left} {_money(abs(one.result))} million "
        f"({style.number(100 * abs(one.result) / one.budget, '%')}%): the holder {bearer} "
        f"{_money(abs(one.items['holder']))}, the board {_money(abs(one.items['board']))} million."
    )
    for told in one.told:
        if told.kind == "IHO decision":
            yield f"Decided in April, {_money(told.value)} million a year more outside hospital: {told.detail}."
        elif told.kind != "IHO settled":
            yield f"{style.month_name(told.month)}: {told.kind}: {told.detail}."


def budget_content(found: BudgetHistory, one: BudgetYear) -> dict[str, Any]:
    """For a program; money in GBP million."""
    return {
        "trust": found.trust,
        "board": found.board,
        "scope": found.scope,
        "year": one.year,
        "budget": one.budget,
        "spending": one.spending,
        "result": one.result,
        "items": dict(one.items),
        "events": [
            {"month": told.month, "event": told.kind, "detail": told.detail, "value": told.value} for told in one.told
        ],
        "years": [{"year": each.year, "budget": each.budget, "result": each.result} for each in found.years],
    }
