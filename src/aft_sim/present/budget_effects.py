"""What population budgets leave, over runs, as a table and as lines for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from aft_sim.present import style
from aft_sim.present.titled import titled_table
from aft_sim.study.budget_effect import BudgetEffect
from aft_sim.study.compare import Comparison

COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("holder", "ODS code of the holder", ""),
    ("board", "code of the board that pays", ""),
    ("scope", "what the contract covers", ""),
    ("runs", "runs in which it settled a year", ""),
    ("years", "settled years a run, mean", "years"),
    ("budget", "budget a year, mean", "GBP million"),
    ("result", "budget less spending, all settled years together", "% of the budget"),
    ("result_low", "lower end of the 95% interval", "% of the budget"),
    ("result_high", "upper end of the 95% interval", "% of the budget"),
    ("verdict", "saves, overspent, practically zero or cannot tell", ""),
    ("holder_part", "of it, borne (below zero) or kept by the holder, a run", "GBP million"),
    ("board_part", "of it, borne (below zero) or kept by the board, a run", "GBP million"),
    ("admissions", "emergency admissions of the board's residents, last 12 months, against the comparator", "%"),
    ("admissions_low", "lower end of the 95% interval", "%"),
    ("admissions_high", "upper end of the 95% interval", "%"),
    ("admissions_verdict", "verdict on admissions", ""),
)
"""Columns of the file: name, meaning, unit."""


def tables(comparison: Comparison) -> Iterator[Table]:
    """One table where the policy has population budgets, none otherwise."""
    if not comparison.budgets:
        return
    band = comparison.budgets[0].result.band
    table = titled_table(
        f"Population budgets of {comparison.policy}, to {style.month_name(comparison.at)}",
        "Result: budget less spending of all settled years, % of the budget; below zero it is overspent. "
        f"Practically zero: the whole interval within ±{band:g} % of the budget. Holder and board: GBP million of it a "
        "run that each bears (below zero) or keeps. Emergencies: admissions of the board's residents over the last "
        f"twelve months against {comparison.baseline}; a place is a part of them.",
    )
    table.add_column("Holder")
    for name in ("Budget,\nGBP m a year", "Result, %", "95% interval"):
        table.add_column(name, justify="right")
    table.add_column("Verdict")
    for name in ("Holder", "Board", "Emer-\ngencies,\n%"):
        table.add_column(name, justify="right")
    table.add_column("Verdict")
    for one in comparison.budgets:
        there = one.admissions
        table.add_row(
            f"{one.trust}, {one.scope}",
            f"{one.budget:,.0f}",
            style.number(one.result.effect, "%", signed=True),
            style.interval(one.result.interval, "%"),
            one.words,
            style.number(one.holder_part, "GBP million", signed=True),
            style.number(one.board_part, "GBP million", signed=True),
            "–" if there is None else style.number(there.effect, "%", signed=True),
            "–" if there is None else there.words,
        )
    yield table


def lines(found: Sequence[BudgetEffect]) -> Iterator[list[Any]]:
    """Rows of the file."""
    for one in found:
        low, high = one.result.interval or (None, None)
        there = one.admissions
        few, many = (there.interval if there is not None else None) or (None, None)
        yield [
            one.trust,
            one.board,
            one.scope,
            one.result.n_pairs,
            one.years,
            one.budget,
            one.result.effect,
            low,
            high,
            one.words,
            one.holder_part,
            one.board_part,
            None if there is None else there.effect,
            few,
            many,
            None if there is None else there.words,
        ]


def records(found: Sequence[BudgetEffect]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [dict(zip((name for name, _, _ in COLUMNS), line, strict=True)) for line in lines(found)]
