"""What population budgets leave, over runs: the result of every holder's contract, who bears it, and emergencies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from aft_sim.policy.iho import SETTINGS
from aft_sim.study.budgets import LEVEL
from aft_sim.study.money import columns_kept
from aft_sim.study.paired import PairedEffect, Verdict, paired_effect
from aft_sim.study.result import RunResult

ADMISSIONS = "emergency_admissions"
MONTHS = 12
WORDS: Mapping[Verdict, str] = {Verdict.HIGHER: "saves", Verdict.LOWER: "overspent"}
"""Verdicts on a result that have words of their own."""


@dataclass(frozen=True)
class BudgetEffect:
    """The contract of one holder in all policy runs in which it settled a year.

    Attributes:
        trust: ODS code of the holder.
        board: code of the board that pays.
        scope: what the contract covers.
        years: settled years a run, mean.
        budget: GBP million a year, mean.
        result: budget less spending, % of the budget, all settled years of a run together; against nothing.
        holder_part, board_part: GBP million of it a run that the holder and the board bear or keep, mean.
        admissions: emergency admissions of the board's residents over the last twelve months, % of the comparator's;
            None where the runs do not hold them.
    """

    trust: str
    board: str
    scope: str
    years: float
    budget: float
    result: PairedEffect
    holder_part: float
    board_part: float
    admissions: PairedEffect | None

    @property
    def words(self) -> str:
        """The verdict on the result in words."""
        if self.result.n_pairs == 1:
            return self.result.words
        return WORDS.get(self.result.verdict, self.result.words)


def budget_effects(
    runs: Sequence[tuple[RunResult, RunResult]], at: str, cost: float, count: float
) -> tuple[BudgetEffect, ...]:
    """Results of population budgets.

    Args:
        runs: (policy run, baseline run) pairs.
        at: last month counted.
        cost: half-width of the equivalence band of a result, % of the budget.
        count: the same of admissions, %.

    Returns:
        One a holder, by code; none where no run of the policy settled a year.
    """
    settled = [_settled(ours, at) for ours, _ in runs]
    found = []
    for trust in sorted({trust for one in settled for trust in one}):
        mine = [(pair, one[trust]) for pair, one in zip(runs, settled, strict=True) if trust in one]
        pairs, contracts = [pair for pair, _ in mine], [contract for _, contract in mine]
        board, scope = contracts[0].board, contracts[0].scope
        draws = [ours.draw for ours, _ in pairs]
        share = np.array([100 * one.result / one.budget for one in contracts])
        found.append(
            BudgetEffect(
                trust,
                board,
                scope,
                float(np.mean([one.years for one in contracts])),
                float(np.mean([one.budget / one.years for one in contracts])),
                paired_effect(share, np.zeros_like(share), cost, draws),
                float(np.mean([one.items["holder"] for one in contracts])),
                float(np.mean([one.items["board"] for one in contracts])),
                _admissions(pairs, board, at, count, draws),
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Contract:
    """All settled years of a contract in one run: lines added up, GBP million."""

    board: str
    scope: str
    years: int
    items: Mapping[str, float]

    @property
    def budget(self) -> float:
        return self.items["budget"] + self.items["fair"]

    @property
    def result(self) -> float:
        return self.budget - sum(self.items[name] for name in SETTINGS)


def _settled(run: RunResult, at: str) -> Mapping[str, _Contract]:
    """Contracts with a settled year, by holder."""
    if LEVEL not in run.tables:
        return {}
    table = run.tables[LEVEL]
    table = table.filter(pc.less_equal(table.column("month"), at))
    rows: dict[str, list[tuple[str, str, str, str, float]]] = {}
    names = ("trust", "month", "icb", "scope", "item", "value")
    for trust, *rest in zip(*(table.column(name).to_pylist() for name in names), strict=True):
        rows.setdefault(trust, []).append(tuple(rest))
    found = {}
    for trust, lines in rows.items():
        items: dict[str, float] = {}
        for _, _, _, item, value in lines:
            items[item] = items.get(item, 0.0) + value
        _, board, scope, _, _ = lines[-1]
        found[trust] = _Contract(board, scope, len({line[0] for line in lines}), items)
    return found


def _admissions(
    pairs: Sequence[tuple[RunResult, RunResult]], board: str, at: str, band: float, draws: Sequence[int]
) -> PairedEffect | None:
    """Admissions of a board's residents in the twelve months to a date, % of the comparator's."""
    if not columns_kept(pairs, "icb_quintile", (ADMISSIONS,)):
        return None
    ours, theirs = (np.array([_last_year(pair[arm], board, at) for pair in pairs]) for arm in (0, 1))
    if not theirs.all():
        return None
    return paired_effect(100 * ours / theirs, np.full_like(theirs, 100.0), band, draws)


def _last_year(run: RunResult, board: str, at: str) -> float:
    table = run.tables["icb_quintile"]
    here = pc.and_(pc.equal(table.column("icb"), board), pc.equal(table.column("quintile"), "all"))
    mine = table.filter(pc.and_(here, pc.less_equal(table.column("month"), at))).sort_by("month")
    return float(np.sum(mine.column(ADMISSIONS).to_numpy().astype(np.float64)[-MONTHS:]))
