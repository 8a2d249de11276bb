"""Budgets of whole populations in a run: its `iho` table and the decisions among its events, read together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.policy.iho import SETTINGS
from aft_sim.study.events import Happening, history
from aft_sim.study.result import RunResult

LEVEL = "iho"
KIND = "IHO"
"""How the names of events about budgets begin."""


@dataclass(frozen=True)
class BudgetYear:
    """A settled year of a contract.

    Attributes:
        year: financial year, such as "2029/30".
        items: its lines: GBP million and shares (`outcomes.budgets`).
        told: what was told of the holder's budget in the year, in order.
    """

    year: str
    items: Mapping[str, float]
    told: tuple[Happening, ...]

    @property
    def budget(self) -> float:
        """What the board paid, GBP million."""
        return self.items["budget"] + self.items["fair"]

    @property
    def spending(self) -> float:
        """All that the contract cost, GBP million."""
        return sum(self.items[name] for name in SETTINGS)

    @property
    def result(self) -> float:
        """Budget less spending, GBP million."""
        return self.budget - self.spending

    @property
    def hospital_kept(self) -> float:
        """Part of the next pound that stays in hospital."""
        return self.items.get("to_hospital", float("nan"))


@dataclass(frozen=True)
class BudgetHistory:
    """A holder's contract over the years of a run.

    Attributes:
        scenario, seed: which run.
        trust: ODS code of the holder.
        board: code of the board that pays.
        scope: what the contract covers.
        years: settled years, oldest first.
        told: all that was told of its contract.
    """

    scenario: str
    seed: int
    trust: str
    board: str
    scope: str
    years: tuple[BudgetYear, ...]
    told: tuple[Happening, ...]


def holders(run: RunResult) -> tuple[str, ...]:
    """ODS codes of trusts with a settled year, in alphabetical order.

    Raises:
        InputError: the run kept no budgets.
    """
    return tuple(sorted(set(_table(run)["trust"])))


def budgets_of(run: RunResult, trust: str) -> BudgetHistory:
    """The contract of a holder.

    Raises:
        InputError: the run kept no budgets, or the trust never settled a year of one.
    """
    table = _table(run)
    at = [n for n, code in enumerate(table["trust"]) if code == trust]
    told = tuple(one for one in history(run).narrowed(trusts=[trust]).events if one.kind.startswith(KIND))
    if not at:
        known = holders(run)
        why = "; ".join(f"{one.month}: {one.kind}, {one.detail}" for one in told)
        raise InputError(
            "the trust holds no population budget in this run",
            found=f"{trust}{f' ({why})' if why else ''}",
            expected=f"one of {', '.join(known)}" if known else "a scenario with a contract, such as iho-first-two",
            hint=did_you_mean(trust, known),
        )
    years: dict[str, dict[str, float]] = {}
    for n in at:
        years.setdefault(_year(table["month"][n]), {})[table["item"][n]] = table["value"][n]
    return BudgetHistory(
        run.scenario,
        run.seed,
        trust,
        table["icb"][at[0]],
        table["scope"][at[0]],
        tuple(
            BudgetYear(year, items, tuple(one for one in told if _year(one.month) == year))
            for year, items in years.items()
        ),
        told,
    )


def year_of(found: BudgetHistory, year: str) -> BudgetYear:
    """One of a contract's years.

    Raises:
        InputError: it is not among them.
    """
    names = [one.year for one in found.years]
    if year not in names:
        raise InputError(
            "the contract has no such year",
            where="--year",
            found=year,
            expected=f"one of {', '.join(names)}",
            hint=did_you_mean(year, names, 1),
        )
    return found.years[names.index(year)]


def _table(run: RunResult) -> dict[str, list[Any]]:
    if LEVEL not in run.tables:
        raise InputError(
            "the run kept no population budgets",
            where=f"{run.scenario}, seed {run.seed}",
            expected="the level iho among the levels kept",
        )
    table = run.tables[LEVEL]
    return {name: table.column(name).to_pylist() for name in table.column_names}


def _year(month: str) -> str:
    first = int(month[:4]) - (int(month[5:]) < 4)
    return f"{first}/{(first + 1) % 100:02d}"
