"""Money in a comparison: paired differences by financial year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.basis.calendar import financial_year
from aft_sim.outcomes import registry
from aft_sim.study.groups import OTHERS, TREATED
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.result import RunResult

#: Decimals of GBP million that count: single precision of the tables does not carry less than a thousand pounds.
POUNDS = 3
MONEY = ("drawn", "capital_spend", "revenue_spend", "exchequer", "cash_support", "deficit_support")
"""Money columns that a comparison reports by financial year, as far as the runs kept them."""
PUBLIC, SYSTEM = "public_spending", "system"
"""What the whole system spends on care, whoever pays: the column, and the table and group it is told of."""


@dataclass(frozen=True)
class MoneyRow:
    """Effect on one kind of money up to the end of a financial year, GBP million.

    Attributes:
        outcome: money column.
        label: the column in words.
        group: "all" NHS trusts, "treated", "others", or "system" (whoever pays).
        financial_year: for example "2026/27"; the last one may end early, with the comparison.
        in_year: mean paired difference in that year.
        cumulative: the difference since the start of the run, with its interval.
    """

    outcome: str
    label: str
    group: str
    financial_year: str
    in_year: float
    cumulative: PairedEffect


def money_rows(runs: Sequence[tuple[RunResult, RunResult]], at: str, band: float) -> tuple[MoneyRow, ...]:
    """Differences in money, year by year up to the month `at`.

    Args:
        runs: (policy run, baseline run) pairs; the policy run's trusts are the treated ones in both.
        at: last month counted.
        band: half-width of the equivalence band as a share of the baseline's cumulative amount.

    Returns:
        One row a money column, group and year; no rows of a column that some run did not keep.
    """
    names = columns_kept(runs, "money", MONEY)
    groups = [(name, group) for name in names for group in ("all", TREATED, OTHERS)]
    groups += [(name, SYSTEM) for name in columns_kept(runs, SYSTEM, (PUBLIC,))]
    if not groups:
        return ()
    arms = [
        (_by_year(ours, ours.treated, at, groups), _by_year(theirs, ours.treated, at, groups)) for ours, theirs in runs
    ]
    years = sorted({year for pair in arms for arm in pair for year, _, _ in arm})
    draws = [ours.draw for ours, _ in runs]
    rows = []
    for name, group in groups:
        outcome = registry.OUTCOMES[name]
        ours, theirs = (
            np.round(
                np.cumsum([[pair[arm].get((year, group, name), 0.0) for year in years] for pair in arms], axis=1),
                POUNDS,
            )
            for arm in (0, 1)
        )
        before = 0.0
        for i, year in enumerate(years):
            width = band * abs(float(theirs[:, i].mean()))
            total = paired_effect(ours[:, i], theirs[:, i], width, draws)
            rows.append(MoneyRow(name, outcome.label, group, year, total.effect - before, total))
            before = total.effect
    return tuple(rows)


def told_of(rows: Sequence[MoneyRow]) -> tuple[MoneyRow, ...]:
    """Rows for readers: where all public spending is known, that of trusts alone is left out.

    What the holder of a population budget pays in its board's place moves between the two, so that they can differ in
    sign; programs have both.
    """
    whole = any(row.group == SYSTEM for row in rows)
    return tuple(row for row in rows if not (whole and row.outcome == "exchequer"))


def columns_kept(runs: Sequence[tuple[RunResult, RunResult]], level: str, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some columns of a table that every run kept."""
    found = set(names)
    for run in (run for pair in runs for run in pair):
        found &= set(run.tables[level].column_names) if level in run.tables else set()
    return tuple(name for name in names if name in found)


def _by_year(
    run: RunResult, treated: Sequence[str], at: str, groups: Sequence[tuple[str, str]]
) -> dict[tuple[str, str, str], float]:
    """Sum of money by (financial year, group, column) up to and including the month `at`."""
    sums: dict[tuple[str, str, str], float] = {}
    for level in sorted({SYSTEM if group == SYSTEM else "money" for _, group in groups}):
        table = run.tables[level]
        table = table.filter(pc.less_equal(table.column("month"), at))
        months = pc.unique(table.column("month")).to_pylist()
        year_of = {month: financial_year(date.fromisoformat(f"{month}-01")) for month in months}
        years = np.array([year_of[month] for month in table.column("month").to_pylist()], dtype=object)
        who = {SYSTEM: np.ones(len(years), dtype=bool)}
        if level == "money":
            mine = pc.is_in(table.column("trust"), value_set=pa.array(list(treated), pa.string()))
            of_treated = mine.to_numpy(zero_copy_only=False)
            who = {TREATED: of_treated, OTHERS: ~of_treated}
        for name in dict.fromkeys(name for name, group in groups if (group == SYSTEM) == (level == SYSTEM)):
            values = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
            for year in sorted(set(year_of.values())):
                for group, its in who.items():
                    sums[year, group, name] = float(values[(years == year) & its].sum())
                if level == "money":
                    sums[year, "all", name] = sums[year, TREATED, name] + sums[year, OTHERS, name]
    return sums
