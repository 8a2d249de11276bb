"""What a real evaluation of a wave could detect, and when.

For every number of months after the start: the smallest effect that an evaluator's regression (`study/power_noise.py`)
finds with the power asked for, and beside it the effect that the model expects. With residual variance s2, leverage v
of the treated (1/treated + 1/comparators, and more where they differ before the start) and df degrees of freedom,

    minimal detectable effect = (t(1 - level / 2, df) + t(power, df)) * sqrt(s2 * v)        (Bloom 1995)

The formula is checked by placebo waves: trusts drawn from the comparators in runs without the policy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtr, stdtrit

from aft_sim.basis import streams
from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.spec.register import Register
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.places import NEAR_MISS_TYPES, Places
from aft_sim.study.power_noise import Fit, Panel, PublishedNoise, Windows, fit, read_panel
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.rows import Bands
from aft_sim.study.selection import frozen_selection

MONTHS = (6, 12, 24, 36, 60)
"""Months after the start for which a table is printed."""

OUTCOMES = ("within_18_share", "over_52_share", "treated", "list", "over_18", "starts")
"""Outcomes that trusts publish month by month and that mean the same at a large trust as at a small one."""

WAVES = 200
"""Placebo waves drawn in every run."""

COMPARATORS = {"near-misses": "{} near misses", "others": "all {} other acute and specialist trusts"}
"""Whom an evaluator may hold the treated trusts against; the gap is for their number."""


@dataclass(frozen=True)
class Rule:
    """When an evaluation calls an effect found.

    Attributes:
        level: two-sided level of the test, 0 to 1.
        power: chance of finding an effect that is there.
        window: months that a mean is taken over at most.
    """

    level: float
    power: float
    window: int

    @classmethod
    def from_register(cls) -> Rule:
        """The register's conventions."""
        number = Register.load().number
        return cls(
            number("compare.significance") / 100, number("compare.power") / 100, int(number("compare.power_window"))
        )

    def critical(self, df: int) -> float:
        """Value of t beyond which an effect counts as found."""
        return float(stdtrit(df, 1.0 - self.level / 2.0))

    def detectable(self, variance: float, leverage: float, df: int) -> float:
        """Minimal detectable effect, in the unit whose square the variance is in."""
        return (self.critical(df) + float(stdtrit(df, self.power))) * math.sqrt(variance * leverage)

    def chance(self, effect: float, variance: float, leverage: float, df: int) -> float:
        """Chance that an effect of this size is called found, in either direction."""
        if not variance > 0:
            return 1.0 if effect else self.level
        away, edge = effect / math.sqrt(variance * leverage), self.critical(df)
        return float(1.0 - nctdtr(df, away, edge) + nctdtr(df, away, -edge))


@dataclass(frozen=True)
class Design:
    """Whom an evaluator compares, and how.

    Attributes:
        comparators: a key of `COMPARATORS`.
        adjusted: whether the outcome is adjusted for its level before the start.
        codes: ODS codes of the comparators.
    """

    comparators: str
    adjusted: bool
    codes: tuple[str, ...]

    @property
    def name(self) -> str:
        """For tables and programs."""
        return f"{self.comparators}{', adjusted' if self.adjusted else ''}"

    @property
    def words(self) -> str:
        """Whom the treated are held against, in words."""
        how = "adjusted for the level before" if self.adjusted else "difference-in-differences"
        return f"{COMPARATORS[self.comparators].format(len(self.codes))}, {how}"


@dataclass(frozen=True)
class Point:
    """One design, so many months after the start.

    Attributes:
        months: after the start.
        at: the last month used.
        detectable: minimal detectable effect with the noise of the model's runs.
        published: the same with the noise of the published panel; None where no panel is published.
        effect: what the model expects the evaluation to estimate: effect on the treated less that on the comparators.
        chance: chance that an effect of this mean size is found, with the noise of the model's runs.
        chance_published: the same with the noise of the published panel.
    """

    months: int
    at: str
    detectable: float
    published: float | None
    effect: PairedEffect
    chance: float
    chance_published: float | None

    @property
    def found(self) -> bool:
        """Whether the expected effect is as large as what could be detected in the model's noise."""
        return abs(self.effect.effect) >= self.detectable

    @property
    def found_published(self) -> bool:
        """Whether it is in the published noise."""
        return self.published is not None and abs(self.effect.effect) >= self.published


@dataclass(frozen=True)
class Placebo:
    """What became of waves that nothing was done to.

    Attributes:
        months: after the start.
        waves: waves drawn, over all runs.
        found: share of them in which an effect was found: about the level if the test holds it.
        found_injected: share found, with the right sign, after an effect of the minimal detectable size was added.
        injected: that size.
    """

    months: int
    waves: int
    found: float
    found_injected: float
    injected: float


@dataclass(frozen=True)
class Line:
    """A design over time.

    Attributes:
        design: whom, and how.
        points: every month after the start that the runs hold, ascending.
        placebo: the check of the formula; None where there are too few comparators to draw a wave from.
    """

    design: Design
    points: tuple[Point, ...]
    placebo: Placebo | None

    def at(self, months: int) -> Point | None:
        """So many months after the start; None where the runs end before."""
        return self.points[months - 1] if months <= len(self.points) else None

    @property
    def first_found(self) -> Point | None:
        """From when on the expected effect stays as large as what could be detected; None for never."""
        first = None
        for point in reversed(self.points):
            if not point.found:
                break
            first = point
        return first


@dataclass(frozen=True)
class Power:
    """The statement.

    Attributes:
        policy, baseline: names of the scenarios.
        policy_title: of the policy.
        outcome: what is evaluated.
        unit: of effects: "points", or "%" for what is counted.
        start: first month with the policy.
        wave: trusts evaluated.
        left_out: trusts of the wave that have no list, or are of a kind that no comparator is of.
        rule: when an effect is called found.
        lines: by design.
        runs: pairs of runs.
        draws: parameter draws among them.
        before: months before the start that a mean is taken over.
    """

    policy: str
    baseline: str
    policy_title: str
    outcome: Outcome
    unit: str
    start: str
    wave: tuple[str, ...]
    left_out: tuple[str, ...]
    rule: Rule
    lines: tuple[Line, ...]
    runs: int
    draws: int
    before: int

    @property
    def months(self) -> tuple[int, ...]:
        """Months after the start to print: the usual ones that the runs hold, and their last."""
        last = len(self.lines[0].points)
        return tuple(dict.fromkeys((*(month for month in MONTHS if month <= last), *((last,) if last < 6 else ()))))

    def best(self, months: int) -> Line:
        """The design that could detect least at that time with the model's noise."""
        return min(self.lines, key=lambda line: line.points[months - 1].detectable)


def power(
    results: ResultSet,
    policy: str,
    baseline: str,
    outcome: str = "within_18_share",
    trusts: Sequence[str] = (),
    places: Places | None = None,
    rule: Rule | None = None,
) -> Power:
    """What an evaluation of a wave could detect.

    Args:
        results: a study that holds both scenarios.
        policy: name of the scenario with the wave.
        baseline: name of the scenario without it.
        outcome: one of `OUTCOMES`.
        trusts: ODS codes of the wave; the trusts that the policy designates if empty.
        places: types and segments of trusts; None takes the packaged baseline's.
        rule: when an effect is called found; None takes the register's.

    Raises:
        InputError: an unknown scenario or outcome, no wave, no comparators, or runs that hold no month of the policy.
    """
    measure, rule, places = _measure(outcome), rule or Rule.from_register(), places or Places.of_baseline()
    pairs = results.pairs(policy, baseline)
    wave = _wave(results, policy, pairs, trusts)
    panels = [(read_panel(ours, measure), read_panel(theirs, measure)) for ours, theirs in pairs]
    start = _start(results, policy, panels[0][1].months)
    known = set.intersection(*(set(panel.codes) for pair in panels for panel in pair))
    alike = {code for code, kind in places.type.items() if kind in NEAR_MISS_TYPES} & known
    mine = tuple(code for code in wave if code in alike)
    if not mine:
        raise InputError(
            "no trust of the wave can be evaluated",
            found=", ".join(wave),
            expected="an acute or specialist trust with a waiting list",
        )
    draws = [ours.draw for ours, _ in pairs]
    lines = tuple(
        _line(design, mine, panels, draws, start, measure, rule) for design in _designs(places, wave, mine, alike)
    )
    return Power(
        policy=policy,
        baseline=baseline,
        policy_title=results.title(policy),
        outcome=measure,
        unit="points" if measure.unit == "%" else "%",
        start=panels[0][1].months[start],
        wave=mine,
        left_out=tuple(code for code in wave if code not in mine),
        rule=rule,
        lines=lines,
        runs=len(pairs),
        draws=len(set(draws)),
        before=min(start, rule.window),
    )


def _measure(name: str) -> Outcome:
    measure = registry.outcome(name)
    if name not in OUTCOMES:
        raise InputError("no evaluation is planned for this outcome", found=name, expected=", ".join(OUTCOMES))
    return measure


def _wave(
    results: ResultSet, policy: str, pairs: Sequence[tuple[RunResult, RunResult]], trusts: Sequence[str]
) -> tuple[str, ...]:
    """Trusts to evaluate: treated in every policy run and in no run of the comparator."""
    selection = frozen_selection(results, policy)
    if not trusts and not selection.by_scenario:
        raise InputError(
            "the treated trusts differ between runs",
            found=policy,
            hint="Name the wave: --trusts CODE, once for each trust.",
        )
    wave = tuple(dict.fromkeys(trusts)) or pairs[0][0].treated
    if not wave:
        raise InputError("no trust is designated in the policy", found=policy, hint="Name another scenario.")
    for ours, theirs in pairs:
        missing = [code for code in wave if code not in ours.treated]
        both = [code for code in wave if code in theirs.treated]
        if missing:
            raise InputError(
                "the policy does not designate these trusts, so the model expects nothing of them",
                found=", ".join(missing),
                expected="some of " + ", ".join(ours.treated),
            )
        if both:
            raise InputError("the comparator designates trusts of the wave too", found=", ".join(both))
    return wave


def _start(results: ResultSet, policy: str, months: Sequence[str]) -> int:
    info = results.scenarios.get(policy)
    label = info.policy_start.isoformat()[:7] if info and info.policy_start else ""
    if label not in months[1:]:
        raise InputError(
            "the runs hold no month before the policy starts, or none after",
            found=label or "no start",
            expected=f"a start from {months[min(1, len(months) - 1)]} to {months[-1]}",
        )
    return list(months).index(label)


def _designs(places: Places, wave: Sequence[str], mine: Sequence[str], alike: set[str]) -> list[Design]:
    """Designs with comparators enough for an error of the estimate."""
    pools = {
        "near-misses": tuple(code for code in places.members("near-miss", wave) if code in alike),
        "others": tuple(sorted(alike - set(wave))),
    }
    found = [Design(name, adjusted, codes) for name, codes in pools.items() for adjusted in (False, True)]
    kept = [one for one in found if len(one.codes) >= 2 and len(one.codes) + len(mine) > 3]
    if not kept:
        raise InputError("there are too few comparators", found=len(pools["others"]), expected="at least two trusts")
    return kept


def _line(
    design: Design,
    wave: Sequence[str],
    panels: Sequence[tuple[Panel, Panel]],
    draws: Sequence[int],
    start: int,
    outcome: Outcome,
    rule: Rule,
) -> Line:
    months = panels[0][1].months
    codes = (*wave, *design.codes)
    treated = np.array([[1.0] * len(wave) + [0.0] * len(design.codes)])
    worlds = [(ours.rows(codes), theirs.rows(codes)) for ours, theirs in panels]
    noise = PublishedNoise.from_register() if outcome.name == "within_18_share" else None
    points = []
    for horizon in range(1, len(months) - start + 1):
        windows = Windows.at(start, horizon, rule.window)
        fits = [fit(*windows.means(theirs), treated, design.adjusted) for _, theirs in worlds]
        effect = _effect(worlds, windows, len(wave), draws)
        points.append(_point(horizon, months[start + horizon - 1], fits, effect, rule, noise, windows, design.adjusted))
    usual = [month for month in MONTHS if month <= len(points)]
    horizon = 36 if 36 in usual else len(points)
    pool = [theirs[len(wave) :] for _, theirs in worlds]
    placebo = placebo_waves(
        pool, design.codes, len(wave), Windows.at(start, horizon, rule.window), design.adjusted, rule, horizon
    )
    return Line(design, tuple(points), placebo)


def _effect(worlds: Sequence[tuple[Floats, Floats]], windows: Windows, n: int, draws: Sequence[int]) -> PairedEffect:
    """Effect on the treated less that on the comparators, over pairs."""

    def gap(values: Floats) -> float:
        after = windows.means(values)[1]
        return float(after[:n].mean() - after[n:].mean())

    ours, theirs = ([gap(world[arm]) for world in worlds] for arm in (0, 1))
    return paired_effect(ours, theirs, Bands.from_register().trust / math.sqrt(n), draws)


def _point(
    months: int,
    at: str,
    fits: Sequence[Fit],
    effect: PairedEffect,
    rule: Rule,
    noise: PublishedNoise | None,
    windows: Windows,
    adjusted: bool,
) -> Point:
    df = fits[0].df
    variance = float(np.mean([one.variance[0] for one in fits]))
    leverage = float(np.mean([one.leverage[0] for one in fits]))
    size = effect.effect
    published = None if noise is None else noise.variance(windows, adjusted)
    return Point(
        months=months,
        at=at,
        detectable=rule.detectable(variance, leverage, df),
        published=None if published is None else rule.detectable(published, leverage, df),
        effect=effect,
        chance=rule.chance(size, variance, leverage, df),
        chance_published=None if published is None else rule.chance(size, published, leverage, df),
    )


def placebo_waves(
    pool: Sequence[Floats],
    codes: Sequence[str],
    n: int,
    windows: Windows,
    adjusted: bool,
    rule: Rule,
    months: int,
    waves: int = WAVES,
) -> Placebo | None:
    """Evaluate waves drawn at random from trusts that nothing was done to.

    Args:
        pool: (trust, month) of the comparators, by run.
        codes: of the comparators.
        n: trusts in a wave.
        windows: before and after.
        adjusted: see `fit`.
        rule: when an effect is called found.
        months: after the start.
        waves: drawn in every run.

    Returns:
        None where fewer than two trusts would be left to compare with, or no freedom for an error.
    """
    rest = len(codes) - n
    if rest < 2 or len(codes) < 5:
        return None
    words = streams.words(codes)
    order = np.argsort([streams.uniform("placebo", "placebo wave", i, words) for i in range(waves)], axis=1)
    treated = np.zeros((waves, len(codes)))
    np.put_along_axis(treated, order[:, :n], 1.0, axis=1)
    means = [windows.means(values) for values in pool]
    fits = [fit(before, after, treated, adjusted) for before, after in means]
    df = fits[0].df
    variance = float(np.mean([one.variance for one in fits]))
    injected = rule.detectable(variance, float(np.mean([one.leverage for one in fits])), df)
    edge = rule.critical(df)
    error = np.sqrt(np.concatenate([one.variance * one.leverage for one in fits]))
    effect = np.concatenate([one.effect for one in fits])
    return Placebo(
        months=months,
        waves=len(effect),
        found=float(np.mean(np.abs(effect) > edge * error)),
        found_injected=float(np.mean(effect + injected > edge * error)),
        injected=injected,
    )
