"""Trusts designated by rules beside those one criterion short of the same waves: trend before, effect after.

At the close of the month in which a wave is chosen every trust that could be in it passes or fails the criteria that
the scenario asks for. Those that fail exactly one are its near misses; which they are is never looked at again, but
those that hold the status at another time are left out (and counted), because the others are to be held against trusts
without it. Waves are stacked: a wave counts by the number of its designated trusts, in both groups, so that the two are
held against each other within waves. The trend before tells whether they were moving apart before anybody held
anything; the effect is the paired difference of the same trusts between the two worlds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.study import groups as who
from aft_sim.study.by_rules import Wave, holders, waves
from aft_sim.study.groups import by_trust, by_trust_values
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.result import RunResult
from aft_sim.study.rows import Bands

TREND_MONTHS = 12
"""Months before the choice of a wave that its trend is taken over, at most."""
LEAST_MONTHS = 3
"""Months below which a wave has no trend."""

DESIGNATED, NEAR, DIFFERENCE = "designated", "near misses", "difference"


@dataclass(frozen=True)
class Side:
    """One group of the stacked waves.

    Attributes:
        name: `DESIGNATED`, `NEAR` or `DIFFERENCE` (the first less the second).
        trusts: with a list, by wave, mean of runs; of the difference 0.
        trend: change a year before the waves were chosen, in the outcome's effect unit, policy arm; None where no wave
            has enough months before it.
        effect: paired difference between the worlds at the month of the comparison.
    """

    name: str
    trusts: float
    trend: PairedEffect | None
    effect: PairedEffect


@dataclass(frozen=True)
class NearMisses:
    """Designated trusts and near misses of the same waves.

    Attributes:
        sides: designated, near misses, and their difference.
        runs: runs in which some wave has both.
        waves: waves with both, mean of those runs.
        short_of: near misses by the criterion they failed, mean of all runs; those with and without a list, before
            those that hold the status at another time are left out.
        later: of them held the status at another time, most of them later; mean of all runs.
    """

    sides: tuple[Side, ...]
    runs: int
    waves: float
    short_of: Mapping[str, float]
    later: float

    def __getitem__(self, name: str) -> Side:
        """A group by its name.

        Raises:
            KeyError: there is none of this name.
        """
        return {side.name: side for side in self.sides}[name]


@dataclass(frozen=True)
class _Both:
    """A wave with trusts that have a list in both groups."""

    month: str
    designated: tuple[str, ...]
    near: tuple[str, ...]


def near_misses(
    runs: Sequence[tuple[RunResult, RunResult]], outcome: Outcome, at: str, bands: Bands
) -> NearMisses | None:
    """Hold the designated trusts of every wave against its near misses.

    Args:
        runs: (policy run, baseline run) pairs.
        outcome: what is compared.
        at: month of the comparison; what was decided later does not count.
        bands: equivalence bands.

    Returns:
        None if no run has a wave with both, or not every run kept the outcome by trust.
    """
    if any(not run.holds(outcome, "trust") for pair in runs for run in pair):
        return None
    short: Counter[str] = Counter()
    later, rows = 0, []
    for ours, theirs in runs:
        found, came = waves(ours, at), holders(ours, at)
        for wave in found:
            short.update(criterion for _, criterion in wave.near)
            later += sum(trust in came for trust, _ in wave.near)
        policy, baseline = _known(ours, outcome), _known(theirs, outcome)
        both = [one for wave in found if (one := _both(wave, came, policy.keys() & baseline.keys()))]
        if both:
            months = who.months_of(ours)
            rows.append((ours.draw, both, _Values(policy, baseline, outcome, months, months.index(at))))
    if not rows:
        return None
    draws = [draw for draw, _, _ in rows]
    early = [(draw, [one for one in both if values.trend_of(one)], values) for draw, both, values in rows]
    trends = [row for row in early if row[1]]

    def effect(pick: Callable[[_Both], Sequence[str]]) -> tuple[list[float], list[float], float]:
        ours = [_stacked(both, [values.policy_at(pick(one)) for one in both]) for _, both, values in rows]
        theirs = [_stacked(both, [values.baseline_at(pick(one)) for one in both]) for _, both, values in rows]
        return ours, theirs, float(np.mean([sum(len(pick(one)) for one in both) for _, both, _ in rows]))

    def trend(pick: Callable[[_Both], Sequence[str]]) -> list[float]:
        return [_stacked(both, [values.trend(one, pick(one)) for one in both]) for _, both, values in trends]

    picks: dict[str, Callable[[_Both], Sequence[str]]] = {DESIGNATED: lambda w: w.designated, NEAR: lambda w: w.near}
    effects, slopes = {n: effect(pick) for n, pick in picks.items()}, {n: trend(pick) for n, pick in picks.items()}
    of = [draw for draw, _, _ in trends]
    band = bands.of(who.TREATED, outcome, float(np.mean(effects[NEAR][1])), round(effects[DESIGNATED][2]))

    def side(name: str, trusts: float, ours: Sequence[float], theirs: Sequence[float], slope: Sequence[float]) -> Side:
        before = paired_effect(slope, np.zeros(len(slope)), 0.0, of) if slope else None
        return Side(name, trusts, before, paired_effect(ours, theirs, band, draws))

    gains = {n: np.subtract(ours, theirs) for n, (ours, theirs, _) in effects.items()}
    apart = [a - b for a, b in zip(slopes[DESIGNATED], slopes[NEAR], strict=True)]
    return NearMisses(
        sides=(
            *(side(n, trusts, ours, theirs, slopes[n]) for n, (ours, theirs, trusts) in effects.items()),
            side(DIFFERENCE, 0.0, gains[DESIGNATED].tolist(), gains[NEAR].tolist(), apart),
        ),
        runs=len(rows),
        waves=float(np.mean([len(both) for _, both, _ in rows])),
        short_of={name: n / len(runs) for name, n in short.most_common()},
        later=later / len(runs),
    )


def _known(run: RunResult, outcome: Outcome) -> dict[str, who.Columns]:
    """Columns of the trusts whose outcome is known in every month."""
    return {code: columns for code, columns in by_trust(run).items() if np.isfinite(outcome.derive(columns)).all()}


def _both(wave: Wave, came: frozenset[str], listed: Sequence[str] | set[str]) -> _Both | None:
    designated = tuple(code for code in wave.designated if code in listed)
    near = tuple(code for code, _ in wave.near if code in listed and code not in came)
    return _Both(wave.month, designated, near) if designated and near else None


def _stacked(both: Sequence[_Both], values: Sequence[float]) -> float:
    """Mean over waves, each as often as it has designated trusts."""
    return float(np.average(values, weights=[len(one.designated) for one in both]))


@dataclass(frozen=True)
class _Values:
    """Outcomes of one pair of runs by trust; means over trusts, each counted once."""

    policy: Mapping[str, who.Columns]
    baseline: Mapping[str, who.Columns]
    outcome: Outcome
    months: Sequence[str]
    at: int

    def policy_at(self, codes: Sequence[str]) -> float:
        return self._mean(self.policy, codes)

    def baseline_at(self, codes: Sequence[str]) -> float:
        return self._mean(self.baseline, codes)

    def _mean(self, arm: Mapping[str, who.Columns], codes: Sequence[str]) -> float:
        return float(np.mean([by_trust_values(arm[code], self.outcome)[self.at] for code in codes]))

    def trend_of(self, wave: _Both) -> range:
        """Months before the choice of a wave, with that of the choice; empty if they are too few."""
        end = self.months.index(wave.month) + 1
        months = range(max(0, end - TREND_MONTHS), end)
        return months if len(months) >= LEAST_MONTHS else range(0)

    def trend(self, wave: _Both, codes: Sequence[str]) -> float:
        """Least-squares slope of the mean of trusts, a year."""
        months = self.trend_of(wave)
        values: Floats = np.mean(
            [self.outcome.derive(self.policy[code])[months.start : months.stop] for code in codes], axis=0
        )
        return 12.0 * float(np.polyfit(np.arange(len(months), dtype=np.float64), values, 1)[0])
