"""Rows of a comparison: the effect on one group in one month, with its band, ceiling and verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aft_sim.basis.errors import InputError
from aft_sim.outcomes.distribution import MEASURES
from aft_sim.outcomes.registry import OUTCOMES, QUINTILES, Floats, Outcome
from aft_sim.spec.draws import Draw
from aft_sim.study import groups as who
from aft_sim.study.by_rules import near_missed
from aft_sim.study.groups import Groups, read_groups
from aft_sim.study.paired import PairedEffect, Verdict, paired_effect
from aft_sim.study.places import Places
from aft_sim.study.result import RunResult


@dataclass(frozen=True)
class Bands:
    """Equivalence bands, half-widths.

    Attributes:
        england: 18-week share of England, its quintiles and large groups of trusts, points.
        trust: 18-week share of one trust, points. Of several trusts together (treated trusts, near misses, a type, a
            region, a board's residents) it is divided by the square root of their number, because what moves single
            trusts for no known reason averages out in a group; it never falls below England's.
        cost: money, percent of the baseline's amount.
        count: every other outcome, percent of the baseline's level. Of a gap or slope index the band is that of the
            outcome it is about, of a ratio or another index this percentage of one, for it may itself be zero.
        health: QALYs beside every comparison, per 100,000 residents: their levels have no meaning.
    """

    england: float
    trust: float
    cost: float = 0.1
    count: float = 0.1
    health: float = 1.0

    @classmethod
    def from_register(cls) -> Bands:
        """The register's bands (`compare.band_england` and its siblings)."""
        from aft_sim.spec.register import Register

        register = Register.load()
        return cls(
            england=register.number("compare.band_england"),
            trust=register.number("compare.band_trust"),
            cost=register.number("compare.band_cost"),
            count=register.number("compare.band_count"),
            health=register.number("compare.band_health"),
        )

    def of(self, group: str, outcome: Outcome, scale: float, trusts: int = 1) -> float:
        """Band of a group.

        Args:
            group: see `EffectRow.group`.
            outcome: what is compared.
            scale: level that a relative band refers to; of a gap or slope index that of the outcome it is about.
            trusts: trusts with a list behind the group, where it is one of several trusts.

        Returns:
            Points for the 18-week share, else a share of the level, in its unit.
        """
        if outcome.measure and not MEASURES[outcome.measure].absolute:
            return self.count / 100.0
        if (outcome.of or outcome.name) != "within_18_share":
            return self.count / 100.0 * abs(scale)
        if group.startswith("trust:"):
            return self.trust
        if group in (who.TREATED, who.NEAR_MISS) or group.startswith(("type:", "region:", "icb:")):
            return max(self.england, self.trust / math.sqrt(max(trusts, 1)))
        return self.england

    def of_measure(self, outcome: Outcome) -> str:
        """Where the band of an outcome comes from that says how unequal another one is, in words."""
        if not MEASURES[outcome.measure].absolute:
            return f"±{self.count / 100:g}"
        label = OUTCOMES[outcome.of].label
        return (
            f"that of the {label}" if outcome.of == "within_18_share" else f"{self.count:.1f}% of the level of {label}"
        )


@dataclass(frozen=True)
class EffectRow:
    """The effect on one group.

    Attributes:
        group: "england", "quintile-1".. "quintile-5", "gap", "treated", "trust:CODE", "others" or
            "independent"; of further divisions "region:NAME", "icb:CODE", "type:TYPE", "near-miss" or "rest".
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
class Pair:
    """Both arms of one pair, with the policy arm's treated trusts.

    Attributes:
        policy, baseline: monthly sums of each arm.
        draw: number of the parameter draw.
        bounded: whether the treated trusts' standards bound the effect: the policy arm designates somebody, and
            everybody whom the baseline designates.
    """

    policy: Groups
    baseline: Groups
    draw: int
    bounded: bool


@dataclass(frozen=True)
class Pairs:
    """All pairs of a comparison, and what their rows are judged by.

    Attributes:
        pairs: at least one.
        bands: equivalence bands.
        worlds: draws of the parameters by number.
        places: who belongs to which group; None where no further division was asked for.
        missed: near misses of any pair by the programme's own criteria; None where it did not run by rules.
    """

    pairs: tuple[Pair, ...]
    bands: Bands
    worlds: Mapping[int, Draw]
    places: Places | None = None
    missed: tuple[str, ...] | None = None

    @property
    def months(self) -> tuple[str, ...]:
        """Months of the runs, ascending."""
        return self.pairs[0].baseline.months

    @property
    def listed(self) -> tuple[str, ...]:
        """Treated trusts with a waiting list, of any pair."""
        return tuple(dict.fromkeys(code for pair in self.pairs for code in pair.baseline.treated_with_list))

    def trusts(self, group: str) -> int:
        """Trusts with a list behind a group of several."""
        if group == who.TREATED or self.places is None:
            return len(self.listed)
        return self.places.count(group, self.listed, self.missed)


def read_pairs(
    runs: Sequence[tuple[RunResult, RunResult]],
    bands: Bands,
    worlds: Mapping[int, Draw],
    by: Sequence[str] = (),
    places: Places | None = None,
) -> Pairs:
    """Monthly sums of all pairs of runs; the policy arm's treated trusts are reported in both arms.

    Raises:
        InputError: the runs cover different months, or one kept no England table.
    """
    near = [near_missed(ours) if "status" in by else None for ours, _ in runs]
    pairs = tuple(
        Pair(
            read_groups(ours, ours.treated, by, places, missed),
            read_groups(theirs, ours.treated, by, places, missed),
            ours.draw,
            bool(ours.treated) and set(theirs.treated) <= set(ours.treated),
        )
        for (ours, theirs), missed in zip(runs, near, strict=True)
    )
    months = pairs[0].baseline.months
    if any(arm.months != months for pair in pairs for arm in (pair.policy, pair.baseline)):
        raise InputError("the runs cover different months", hint="Run all of them to the same last day.")
    known = [one for one in near if one is not None]
    missed = tuple(sorted(set().union(*known))) if known else None
    return Pairs(pairs, bands, worlds, places, missed)


def month_index(pairs: Pairs, label: str) -> int:
    """Position of a month.

    Raises:
        InputError: the runs do not reach it.
    """
    months = pairs.months
    if label not in months:
        raise InputError(
            "the runs hold no such month",
            found=label,
            expected=f"a month from {months[0]} to {months[-1]}",
            hint="Run to a later last day, or compare at an earlier month.",
        )
    return months.index(label)


def group_labels(
    treated: Sequence[str], names: Mapping[str, str], by: Sequence[str] = (), places: Places | None = None
) -> list[tuple[str, str]]:
    """Groups in the order of the table, with their names in words."""
    depth = {"1": "most deprived fifth", "5": "least deprived fifth"}
    more = [group for division in by for group in (places.groups(division) if places else [])]
    usual = [
        (who.ENGLAND, "England"),
        *((who.quintile_group(q), f"England, {depth.get(q, f'quintile {q}')}") for q in QUINTILES),
        (who.GAP, "Gap: least minus most deprived fifth"),
        (who.TREATED, "Treated trusts together"),
        *((who.trust_group(code), f"{names[code]} ({code})" if code in names else code) for code in treated),
        (who.OTHERS, "Other NHS trusts together"),
        (who.INDEPENDENT, "Independent sector"),
    ]
    known = {group for group, _ in usual}
    return [*usual, *((group, label) for group, label in more if group not in known)]


def paired_of(pairs: Pairs, group: str, outcome: Outcome, index: int, with_grades: bool = False) -> PairedEffect | None:
    """Statistics of a group in one month; None where no pair holds the group."""
    ours, theirs, draws, scales = [], [], [], []
    for pair in pairs.pairs:
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
    band = pairs.bands.of(group, outcome, float(np.mean(scales)), pairs.trusts(group))
    return paired_effect(ours, theirs, band, draws, pairs.worlds if with_grades else None)


def _scale(arm: Groups, group: str, outcome: Outcome, index: int) -> float:
    """Level that a relative band refers to; for the gap the mean of its two ends, for an index that of its outcome."""
    outcome = OUTCOMES[outcome.of] if outcome.of else outcome
    ends = [who.quintile_group("1"), who.quintile_group("5")] if group == who.GAP else [group]
    levels = [values[index] for end in ends if (values := arm.values(end, outcome)) is not None]
    return float(np.mean(levels))


def ceilings(pairs: Pairs, group: str, outcome: Outcome) -> list[Floats]:
    """Ceiling of every pair that has one, month by month."""
    bounded = [pair.baseline for pair in pairs.pairs if pair.bounded and pair.baseline.others is not None]
    found = [arm.ceiling(group, outcome) for arm in bounded]
    return [one for one in found if one is not None]


def row_of(pairs: Pairs, group: str, label: str, outcome: Outcome, index: int) -> EffectRow | None:
    """The row of a group in one month; None where no pair holds the group."""
    paired = paired_of(pairs, group, outcome, index, with_grades=True)
    if paired is None:
        return None
    known = [one[index] for one in ceilings(pairs, group, outcome)]
    ceiling = float(np.mean(known)) if known else None
    return EffectRow(group, label, paired, ceiling, verdict_in_words(group, outcome, paired))


def verdict_in_words(group: str, outcome: Outcome, paired: PairedEffect) -> str:
    """The verdict, with what it means where the outcome has a better direction."""
    if paired.verdict not in (Verdict.HIGHER, Verdict.LOWER):
        return paired.words
    if group == who.GAP:
        return "wider gap" if paired.effect * paired.baseline > 0 else "narrower gap"
    if outcome.measure:
        equal = MEASURES[outcome.measure].equal
        nearer = abs(paired.policy - equal) < abs(paired.baseline - equal)
        return f"{paired.words} ({'closer to' if nearer else 'further from'} equality)"
    if outcome.better == "neither":
        return paired.words
    return f"{paired.words} ({'better' if paired.verdict.value == str(outcome.better) else 'worse'})"
