"""Paired comparison of two scenarios: effect, interval, ceiling, equivalence band and verdict.

Runs of two scenarios with the same seed and draw share every chance event that policy does not touch, so
their difference is the policy's effect in that world. `compare` averages these differences for one outcome
at one date; `effect_path` does so for every month.

Who is treated: the trusts designated in the policy arm of each pair, reported in both arms and never
selected again from what happened to them. A trust designated in both arms counts as treated (its effect is
that of the other differences between the scenarios) and is listed in `Comparison.treated_in_both`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.outcomes import registry
from aft_sim.outcomes.health_outcomes import OF_MONEY
from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.study import groups as who
from aft_sim.study.budget_effect import BudgetEffect, budget_effects
from aft_sim.study.fair import Fair, fair_comparison
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.money import MoneyRow, money_rows
from aft_sim.study.places import DIVISION_LEVELS, DIVISIONS, Places
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.rows import (
    Bands,
    EffectRow,
    ceilings,
    group_labels,
    month_index,
    paired_of,
    read_pairs,
    row_of,
)
from aft_sim.study.selection import Selection, frozen_selection
from aft_sim.study.winners import Tally, tallies
from aft_sim.study.worth import Worth, worth

__all__ = ["Bands", "Comparison", "EffectPath", "EffectRow", "compare", "effect_path"]


@dataclass(frozen=True)
class Comparison:
    """One outcome at one date, policy against baseline.

    Attributes:
        policy: scenario name of the policy arm.
        baseline: scenario name of the comparator.
        policy_title: its title.
        baseline_title: its title.
        outcome: what is compared.
        at: month, for example "2029-03"; for flows the twelve months that end there.
        rows: England, quintiles, gap, treated trusts, each with a list, others, independent sector, then the groups
            of the divisions asked for.
        money: differences in money by financial year, as far as the runs kept the money table.
        treated: trusts designated in the policy arm (of any pair).
        treated_in_both: those of them that are designated in the baseline arm too.
        without_list: treated trusts without a waiting list.
        ceiling_if_gone: England's gain in points if every treated-trust waiter of 18 weeks or more vanished.
        seeds: seeds of the pairs.
        draws: parameter draws of the pairs.
        notes: what a reader must know, whole sentences.
        selection: which trusts are treated in which run, and whether that is fixed.
        tallies: how many trusts and boards gain, lose, or neither; empty if the runs kept no such tables.
        worth: what the policy costs and for whom.
        fair: selection and freedoms told apart, near misses, false removals; None where no programme ran by rules.
        budgets: what population budgets of the policy leave, by holder.
    """

    policy: str
    baseline: str
    policy_title: str
    baseline_title: str
    outcome: Outcome
    at: str
    rows: tuple[EffectRow, ...]
    money: tuple[MoneyRow, ...]
    treated: tuple[str, ...]
    treated_in_both: tuple[str, ...]
    without_list: tuple[str, ...]
    ceiling_if_gone: float | None
    seeds: tuple[int, ...]
    draws: tuple[int, ...]
    notes: tuple[str, ...]
    selection: Selection | None = None
    tallies: tuple[Tally, ...] = ()
    worth: Worth | None = None
    fair: Fair | None = None
    budgets: tuple[BudgetEffect, ...] = ()

    def row(self, group: str) -> EffectRow:
        """The row of a group.

        Raises:
            InputError: the comparison has no such row.
        """
        for row in self.rows:
            if row.group == group:
                return row
        raise InputError(
            "the comparison has no such group",
            found=group,
            expected="one of " + ", ".join(row.group for row in self.rows),
        )


@dataclass(frozen=True)
class EffectPath:
    """The effect on one group in every month.

    Attributes:
        months: labels, ascending; all arrays have this length. Of flows those with a full year behind them, if any.
        level_policy: mean level in the policy arm.
        level_baseline: mean level in the baseline arm.
        effect: mean paired difference.
        low: lower end of the 95% interval, NaN for one pair.
        high: upper end.
        band: half-width of the equivalence band.
        ceiling: see `EffectRow`; None where there is none.
        policy_start: first day of the freedoms in the policy arm, None if unknown.
        at: the month the finding is stated for.
        row: the effect at that month.
        n_pairs: pairs of runs.
        n_draws: parameter draws among them.
    """

    policy: str
    baseline: str
    policy_title: str
    baseline_title: str
    outcome: Outcome
    group: str
    group_label: str
    months: tuple[str, ...]
    level_policy: Floats
    level_baseline: Floats
    effect: Floats
    low: Floats
    high: Floats
    band: Floats
    ceiling: Floats | None
    policy_start: date | None
    at: str
    row: EffectRow
    n_pairs: int
    n_draws: int


def compare(
    results: ResultSet,
    policy: str,
    baseline: str = "baseline",
    outcome: str = "within_18_share",
    at: str = "2029-03",
    bands: Bands | None = None,
    names: Mapping[str, str] | None = None,
    by: Sequence[str] = (),
    places: Places | None = None,
) -> Comparison:
    """Paired effect of a policy on one outcome at one date.

    Args:
        results: a study that holds both scenarios.
        policy: scenario name of the policy arm.
        baseline: scenario name of the comparator.
        outcome: name in the outcome registry, other than money.
        at: month ("2029-03").
        bands: equivalence bands; None takes the register's.
        names: ODS code -> name of a trust, for labels.
        by: further divisions to report, keys of `DIVISIONS`: "region", "icb", "type", "status".
        places: which trust belongs where; None takes the packaged baseline's.

    Raises:
        InputError: unknown scenario, outcome, month or division, or no pair of runs in common.
    """
    measure = _waiting_outcome(outcome)
    bands = bands or Bands.from_register()
    runs = results.pairs(policy, baseline)
    _check_divisions(by)
    places = places or Places.of_baseline()
    pairs = read_pairs(runs, bands, results.worlds, by, places)
    index = month_index(pairs, at)
    selection = frozen_selection(results, policy)
    treated = tuple(dict.fromkeys(code for ours, _ in runs for code in ours.treated))
    both = tuple(code for code in treated if any(code in theirs.treated for _, theirs in runs))
    listed = [code for code in treated if code in pairs.listed]
    wanted = group_labels(listed, names or {}, by, places)
    found = [row_of(pairs, group, label, measure, index) for group, label in wanted]
    rows = [row for row in found if row is not None]
    without = tuple(code for code in treated if code not in listed)
    has_trusts = all("trust" in run.tables for pair in runs for run in pair)
    arms = [pair.baseline for pair in pairs.pairs if pair.bounded]
    gone = [value[index] for arm in arms if (value := arm.ceiling_if_gone()) is not None]
    notes = _notes(measure, bands, treated, both, without if has_trusts else (), runs[0][0])
    return Comparison(
        policy=policy,
        baseline=baseline,
        policy_title=results.title(policy),
        baseline_title=results.title(baseline),
        outcome=measure,
        at=at,
        rows=tuple(rows),
        money=money_rows(runs, at, bands.cost / 100),
        treated=treated,
        treated_in_both=both,
        without_list=without if has_trusts else (),
        ceiling_if_gone=float(np.mean(gone)) if gone and has_trusts else None,
        seeds=tuple(sorted({ours.seed for ours, _ in runs})),
        draws=tuple(sorted({ours.draw for ours, _ in runs})),
        notes=(*notes, selection.words, *_about_divisions(by, rows, measure, runs[0][0], pairs.missed is not None)),
        selection=selection,
        tallies=tallies(runs, measure, pairs.months[: index + 1], bands, names or {}, places),
        worth=worth(runs, at, bands.cost / 100, MarginalCost.of(results, policy), bands.health),
        fair=fair_comparison(results, runs, measure, at, bands),
        budgets=budget_effects(runs, at, bands.cost, bands.count),
    )


def effect_path(
    results: ResultSet,
    policy: str,
    baseline: str = "baseline",
    outcome: str = "within_18_share",
    at: str = "2029-03",
    group: str = who.ENGLAND,
    until: str | None = None,
    bands: Bands | None = None,
    names: Mapping[str, str] | None = None,
) -> EffectPath:
    """Paired effect on one group in every month.

    Args:
        results: a study that holds both scenarios.
        policy: scenario name of the policy arm.
        baseline: scenario name of the comparator.
        outcome: name in the outcome registry, other than money.
        at: month the finding is stated for.
        group: see `EffectRow.group`.
        until: last month of the path; None takes all.
        bands: equivalence bands; None takes the register's.
        names: ODS code -> name of a trust, for labels.

    Raises:
        InputError: unknown scenario, outcome, month or group, or no pair of runs in common.
    """
    measure = _waiting_outcome(outcome)
    bands = bands or Bands.from_register()
    runs = results.pairs(policy, baseline)
    pairs = read_pairs(runs, bands, results.worlds)
    index = month_index(pairs, at)
    end = len(pairs.months) if until is None else month_index(pairs, until) + 1
    treated = [group.removeprefix("trust:")] if group.startswith("trust:") else []
    label = dict(group_labels(treated, names or {})).get(group, group)
    row = row_of(pairs, group, label, measure, index)
    start = who.first_whole(measure, end, index)
    steps = [paired_of(pairs, group, measure, month) for month in range(start, end)]
    if row is None or any(step is None for step in steps):
        raise who.nothing_on(runs[0][0], group, measure)
    known = [step for step in steps if step is not None]
    limits = ceilings(pairs, group, measure)
    info = results.scenarios.get(policy)
    return EffectPath(
        policy=policy,
        baseline=baseline,
        policy_title=results.title(policy),
        baseline_title=results.title(baseline),
        outcome=measure,
        group=group,
        group_label=label,
        months=pairs.months[start:end],
        level_policy=np.array([step.policy for step in known]),
        level_baseline=np.array([step.baseline for step in known]),
        effect=np.array([step.effect for step in known]),
        low=np.array([step.interval[0] if step.interval else np.nan for step in known]),
        high=np.array([step.interval[1] if step.interval else np.nan for step in known]),
        band=np.array([step.band for step in known]),
        ceiling=np.mean(limits, axis=0)[start:end] if limits else None,
        policy_start=info.policy_start if info else None,
        at=at,
        row=row,
        n_pairs=row.paired.n_pairs,
        n_draws=len({pair.draw for pair in pairs.pairs}),
    )


def _waiting_outcome(name: str) -> Outcome:
    found = registry.outcome(name)
    if set(found.levels) <= set(OF_MONEY):
        raise InputError(
            "money is reported beside every comparison, by financial year",
            found=name,
            expected="an outcome of the waiting list",
        )
    return found


def _notes(
    outcome: Outcome,
    bands: Bands,
    treated: Sequence[str],
    both: Sequence[str],
    without: Sequence[str],
    run: RunResult,
) -> tuple[str, ...]:
    notes = []
    if outcome.kind == "flow":
        notes.append(f"Flows are summed over the {who.FLOW_MONTHS} months up to the date.")
    if outcome.measure:
        notes.append(f"The equivalence band is {bands.of_measure(outcome)}.")
        notes.append("What single trusts and boards show of inequality is mostly noise, so none is counted or named.")
    elif outcome.name != "within_18_share":
        notes.append(f"The equivalence band is {bands.count:.1f}% of the baseline level.")
    if not treated:
        notes.append("No trust is designated in the policy arm, so no ceiling bounds the effect.")
    if both:
        notes.append(f"Designated in both arms: {', '.join(both)}.")
    if without:
        notes.append(f"Treated but without a waiting list, so not shown: {', '.join(without)}.")
    if "trust" not in run.tables:
        notes.append("The runs kept no trust table: no rows for treated trusts and no ceilings.")
    elif _cut(run, outcome, "trust"):
        notes.append(f"{_cut(run, outcome, 'trust')}: no rows for treated trusts and no ceilings for {outcome.name}.")
    return tuple(notes)


def _cut(run: RunResult, outcome: Outcome, level: str) -> str:
    """What was kept of a table that has no room for the outcome any more, in words; empty where it has or never had."""
    if level not in outcome.levels or level not in run.tables or run.holds(outcome, level):
        return ""
    words = run.kept.words(level)
    return words[0].upper() + words[1:]


def _check_divisions(by: Sequence[str]) -> None:
    for name in by:
        if name not in DIVISIONS:
            expected = "; ".join(f'"{known}" ({text})' for known, text in DIVISIONS.items())
            raise InputError("no such division", found=name, expected=expected, hint=did_you_mean(name, DIVISIONS))


def _about_divisions(
    by: Sequence[str], rows: Sequence[EffectRow], outcome: Outcome, run: RunResult, by_rules: bool
) -> list[str]:
    """What the groups of a division are, or that the runs hold none of them."""
    groups = {row.group for row in rows}
    told = {
        "region": ("region:", "Regions: patients of providers there, English commissioners only."),
        "icb": (
            "icb:",
            "Boards: their residents, wherever they are treated; no ceilings, because the runs do not say which "
            "residents are patients of treated trusts.",
        ),
        "type": ("type:", "Types: every patient treated there."),
        "status": (
            who.NEAR_MISS,
            "Near misses: trusts that never held the status and failed exactly one criterion when some wave was "
            "chosen; each pair has its policy run's."
            if by_rules
            else "Near misses: acute and specialist trusts not designated in the policy arm that were in segment 2 at "
            "the opening, one criterion short of the rule (segment 1).",
        ),
    }
    lines = []
    for division in by:
        start, text = told[division]
        has = any(group.startswith(start) for group in groups)
        cut = _cut(run, outcome, DIVISION_LEVELS[division])
        without = f"{cut}: no rows by {division}." if cut else f"The runs hold nothing by {division} for this outcome."
        lines.append(text if has else without)
    return lines
