"""Paired comparison of two scenarios: effect, interval, ceiling, equivalence band and verdict.

Runs of two scenarios with the same seed and draw share every chance event that policy does not touch, so
their difference is the policy's effect in that world. `compare` averages these differences for one outcome
at one date; `effect_path` does so for every month.

Who is treated: the trusts designated in the policy arm of each pair, reported in both arms and never
selected again from what happened to them. A trust designated in both arms counts as treated (its effect is
that of the other differences between the scenarios) and is listed in `Comparison.treated_in_both`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.registry import QUINTILES, Floats, Outcome
from aft_sim.study import groups as who
from aft_sim.study.groups import Groups, read_groups
from aft_sim.study.money import MoneyRow, money_rows
from aft_sim.study.paired import PairedEffect, Verdict, paired_effect
from aft_sim.study.result import ResultSet, RunResult


@dataclass(frozen=True)
class Bands:
    """Equivalence bands, half-widths.

    Attributes:
        england: 18-week share of England, its quintiles and large groups of trusts, points.
        trust: 18-week share of one trust, points. Of the treated trusts together it is divided by the square root
            of their number, because what moves single trusts for no known reason averages out in a group; it never
            falls below England's.
        cost: money, percent of the baseline's amount.
    """

    england: float
    trust: float
    cost: float = 0.1

    @classmethod
    def from_register(cls) -> Bands:
        """The register's bands (`compare.band_england`, `compare.band_trust`, `compare.band_cost`)."""
        from aft_sim.spec.register import Register

        register = Register.load()
        return cls(
            england=register.number("compare.band_england"),
            trust=register.number("compare.band_trust"),
            cost=register.number("compare.band_cost"),
        )

    def of(self, group: str, outcome: Outcome, scale: float, treated: int = 1) -> float:
        """Band of a group.

        Args:
            group: see `EffectRow.group`.
            outcome: what is compared.
            scale: level that a relative band refers to.
            treated: treated trusts with a list.

        Returns:
            Points for the 18-week share, else 0.1% of the level.
        """
        if outcome.name != "within_18_share":
            return outcome.relative_band * abs(scale)
        if group.startswith("trust:"):
            return self.trust
        if group == who.TREATED:
            return max(self.england, self.trust / math.sqrt(max(treated, 1)))
        return self.england


@dataclass(frozen=True)
class EffectRow:
    """The effect on one group.

    Attributes:
        group: "england", "quintile-1".. "quintile-5", "gap", "treated", "trust:CODE", "others" or
            "independent".
        label: the group in words.
        paired: the statistics, in the outcome's effect unit.
        ceiling: what the outcome would gain if every treated trust met its standard at once, from the
            baseline arm at that date; None where nothing bounds it or nothing is known.
        words: the verdict in words.
    """

    group: str
    label: str
    paired: PairedEffect
    ceiling: float | None
    words: str


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
        rows: England, quintiles, gap, treated trusts, each with a list, others, independent sector.
        money: differences in money by financial year, empty if no run kept the money table.
        treated: trusts designated in the policy arm (of any pair).
        treated_in_both: those of them that are designated in the baseline arm too.
        without_list: treated trusts without a waiting list.
        ceiling_if_gone: England's gain in points if every treated-trust waiter of 18 weeks or more vanished.
        seeds: seeds of the pairs.
        draws: parameter draws of the pairs.
        notes: what a reader must know, whole sentences.
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
        months: labels, ascending; all arrays have this length.
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


@dataclass(frozen=True)
class _Pair:
    """Both arms of one pair, with the policy arm's treated trusts."""

    policy: Groups
    baseline: Groups
    draw: int


def compare(
    results: ResultSet,
    policy: str,
    baseline: str = "baseline",
    outcome: str = "within_18_share",
    at: str = "2029-03",
    bands: Bands | None = None,
    names: Mapping[str, str] | None = None,
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

    Raises:
        InputError: unknown scenario, outcome or month, or no pair of runs in common.
    """
    measure = _waiting_outcome(outcome)
    bands = bands or Bands.from_register()
    runs = results.pairs(policy, baseline)
    pairs = _read(runs)
    index = _month(pairs, at)
    treated = tuple(dict.fromkeys(code for ours, _ in runs for code in ours.treated))
    both = tuple(code for code in treated if any(code in theirs.treated for _, theirs in runs))
    listed = [code for code in treated if any(code in pair.baseline.treated_with_list for pair in pairs)]
    rows = []
    for group, label in _group_labels(listed, names or {}):
        row = _row(pairs, group, label, measure, index, bands)
        if row is not None:
            rows.append(row)
    without = tuple(code for code in treated if code not in listed)
    has_trusts = all("trust" in run.tables for pair in runs for run in pair)
    gone = [value[index] for pair in pairs if (value := pair.baseline.ceiling_if_gone()) is not None]
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
        notes=_notes(measure, treated, both, without if has_trusts else (), has_trusts),
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
    pairs = _read(runs)
    index = _month(pairs, at)
    end = len(pairs[0].baseline.months) if until is None else _month(pairs, until) + 1
    treated = [group.removeprefix("trust:")] if group.startswith("trust:") else []
    label = dict(_group_labels(treated, names or {})).get(group, group)
    row = _row(pairs, group, label, measure, index, bands)
    steps = [_paired(pairs, group, measure, month, bands) for month in range(end)]
    if row is None or any(step is None for step in steps):
        raise InputError("the runs hold nothing on this group", found=group)
    known = [step for step in steps if step is not None]
    ceilings = [one for pair in pairs if (one := _ceiling(pair, group, measure)) is not None]
    info = results.scenarios.get(policy)
    return EffectPath(
        policy=policy,
        baseline=baseline,
        policy_title=results.title(policy),
        baseline_title=results.title(baseline),
        outcome=measure,
        group=group,
        group_label=label,
        months=pairs[0].baseline.months[:end],
        level_policy=np.array([step.policy for step in known]),
        level_baseline=np.array([step.baseline for step in known]),
        effect=np.array([step.effect for step in known]),
        low=np.array([step.interval[0] if step.interval else np.nan for step in known]),
        high=np.array([step.interval[1] if step.interval else np.nan for step in known]),
        band=np.array([step.band for step in known]),
        ceiling=np.mean(ceilings, axis=0)[:end] if ceilings else None,
        policy_start=info.policy_start if info else None,
        at=at,
        row=row,
        n_pairs=row.paired.n_pairs,
        n_draws=len({pair.draw for pair in pairs}),
    )


def _waiting_outcome(name: str) -> Outcome:
    found = registry.outcome(name)
    if found.levels == ("money",):
        raise InputError(
            "money is reported beside every comparison, by financial year",
            found=name,
            expected="an outcome of the waiting list",
        )
    return found


def _read(runs: Sequence[tuple[RunResult, RunResult]]) -> list[_Pair]:
    pairs = [
        _Pair(read_groups(ours, ours.treated), read_groups(theirs, ours.treated), ours.draw) for ours, theirs in runs
    ]
    months = pairs[0].baseline.months
    if any(arm.months != months for pair in pairs for arm in (pair.policy, pair.baseline)):
        raise InputError("the runs cover different months", hint="Run all of them to the same last day.")
    return pairs


def _month(pairs: Sequence[_Pair], label: str) -> int:
    months = pairs[0].baseline.months
    if label not in months:
        raise InputError(
            "the runs hold no such month",
            found=label,
            expected=f"a month from {months[0]} to {months[-1]}",
            hint="Run to a later last day, or compare at an earlier month.",
        )
    return months.index(label)


def _group_labels(treated: Sequence[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Groups in the order of the table, with their names in words."""
    depth = {"1": "most deprived fifth", "5": "least deprived fifth"}
    return [
        (who.ENGLAND, "England"),
        *((who.quintile_group(q), f"England, {depth.get(q, f'quintile {q}')}") for q in QUINTILES),
        (who.GAP, "Gap: least minus most deprived fifth"),
        (who.TREATED, "Treated trusts together"),
        *((who.trust_group(code), f"{names[code]} ({code})" if code in names else code) for code in treated),
        (who.OTHERS, "Other NHS trusts together"),
        (who.INDEPENDENT, "Independent sector"),
    ]


def _paired(pairs: Sequence[_Pair], group: str, outcome: Outcome, index: int, bands: Bands) -> PairedEffect | None:
    """Statistics of a group in one month; None where no pair holds the group."""
    ours, theirs, draws, scales = [], [], [], []
    for pair in pairs:
        policy = pair.policy.values(group, outcome)
        baseline = pair.baseline.values(group, outcome)
        if policy is None or baseline is None or not np.isfinite(policy[index] - baseline[index]):
            continue
        ours.append(policy[index])
        theirs.append(baseline[index])
        draws.append(pair.draw)
        scales.append(_scale(pair.baseline, group, outcome, index))
    if not ours:
        return None
    treated = len({code for pair in pairs for code in pair.baseline.treated_with_list})
    return paired_effect(ours, theirs, bands.of(group, outcome, float(np.mean(scales)), treated), draws)


def _scale(arm: Groups, group: str, outcome: Outcome, index: int) -> float:
    """Level that a relative band refers to; for the gap the mean of its two ends."""
    ends = [who.quintile_group("1"), who.quintile_group("5")] if group == who.GAP else [group]
    levels = [values[index] for end in ends if (values := arm.values(end, outcome)) is not None]
    return float(np.mean(levels))


def _ceiling(pair: _Pair, group: str, outcome: Outcome) -> Floats | None:
    return pair.baseline.ceiling(group, outcome) if pair.baseline.others is not None else None


def _row(
    pairs: Sequence[_Pair], group: str, label: str, outcome: Outcome, index: int, bands: Bands
) -> EffectRow | None:
    paired = _paired(pairs, group, outcome, index, bands)
    if paired is None:
        return None
    ceilings = [one[index] for pair in pairs if (one := _ceiling(pair, group, outcome)) is not None]
    return EffectRow(
        group=group,
        label=label,
        paired=paired,
        ceiling=float(np.mean(ceilings)) if ceilings else None,
        words=_words(group, outcome, paired),
    )


def _words(group: str, outcome: Outcome, paired: PairedEffect) -> str:
    if paired.verdict not in (Verdict.HIGHER, Verdict.LOWER):
        return paired.words
    if group == who.GAP:
        return "wider gap" if paired.effect * paired.baseline > 0 else "narrower gap"
    if outcome.better == "neither":
        return paired.words
    return f"{paired.words} ({'better' if paired.verdict.value == str(outcome.better) else 'worse'})"


def _notes(
    outcome: Outcome, treated: Sequence[str], both: Sequence[str], without: Sequence[str], has_trusts: bool
) -> tuple[str, ...]:
    notes = []
    if outcome.kind == "flow":
        notes.append(f"Flows are summed over the {who.FLOW_MONTHS} months up to the date.")
    if outcome.name != "within_18_share":
        notes.append(f"The equivalence band is {100 * outcome.relative_band:.1f}% of the baseline level.")
    if not treated:
        notes.append("No trust is designated in the policy arm.")
    if both:
        notes.append(f"Designated in both arms: {', '.join(both)}.")
    if without:
        notes.append(f"Treated but without a waiting list, so not shown: {', '.join(without)}.")
    if not has_trusts:
        notes.append("The runs kept no trust table: no rows for treated trusts and no ceilings.")
    return tuple(notes)
