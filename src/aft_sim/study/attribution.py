"""Which part of a policy did how much: every subset of its differences run under the same seeds.

The effect of two scenarios' difference is shared out among its parts by Shapley values: what a part adds on average
over all orders in which the parts may come. They are computed pair by pair, so that they add up to the total in every
pair and have the interval of a paired effect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

import numpy as np

from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.spec.mixing import Part, mixed
from aft_sim.spec.scenario import Scenario
from aft_sim.study import game
from aft_sim.study import groups as who
from aft_sim.study.compare import Bands
from aft_sim.study.construction import Facts, why_nothing
from aft_sim.study.groups import read_groups
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.runner import Progress, run_pairs

BY_CONSTRUCTION = "0 by construction"


@dataclass(frozen=True)
class PartEffect:
    """What one part does.

    Attributes:
        part: the part.
        alone: its effect with no other part.
        last: its effect when all others are there, that is what would be lost without it.
        share_out: its Shapley value; over all parts these add up to the total.
        share: its Shapley value as a share of the total; None where the total's interval holds zero.
        nothing: whether it adds exactly nothing to every subset of the others in every pair.
        words: the verdict in words.
        reason: why it adds nothing, where the runs can tell; else empty.
    """

    part: Part
    alone: PairedEffect
    last: PairedEffect
    share_out: PairedEffect
    share: float | None
    nothing: bool
    words: str
    reason: str


@dataclass(frozen=True)
class SubsetEffect:
    """One world between the two scenarios.

    Attributes:
        scenario: its name in the study.
        parts: positions of the parts taken from the policy.
        effect: paired effect against the base.
    """

    scenario: str
    parts: tuple[int, ...]
    effect: PairedEffect


@dataclass(frozen=True)
class Attribution:
    """The effect of a policy on England, by part.

    Attributes:
        policy: name of the policy scenario.
        base: name of the scenario it is compared with.
        policy_title: its title.
        base_title: its title.
        outcome: what is explained.
        at: month; for flows the twelve months that end there.
        total: the whole effect.
        parts: what each part does, in the order of the differences.
        interaction: total less the sum of what each part does alone.
        pairwise: positions of two parts, and what they do together beyond what each does alone, with no other part.
        subsets: all worlds, from none of the parts to all.
        seeds: seeds of the pairs.
        draws: draws of the parameters of the pairs.
    """

    policy: str
    base: str
    policy_title: str
    base_title: str
    outcome: Outcome
    at: str
    total: PairedEffect
    parts: tuple[PartEffect, ...]
    interaction: PairedEffect
    pairwise: tuple[tuple[int, int, PairedEffect], ...]
    subsets: tuple[SubsetEffect, ...]
    seeds: tuple[int, ...]
    draws: tuple[int, ...]


def worlds(base: Scenario, policy: Scenario, parts: Sequence[Part]) -> list[Scenario]:
    """Return the scenarios of all subsets of parts: bit i of the position says whether part i is the policy's.

    Raises:
        InputErrors: A subset makes no scenario by itself.
    """
    full = (1 << len(parts)) - 1
    out = [base]
    for mask in range(1, full):
        inside = _inside(mask, len(parts))
        name = f"{base.name}-part-{'-'.join(str(i + 1) for i in inside)}"
        out.append(mixed(base, policy, [parts[i] for i in inside], name))
    if mixed(base, policy, parts, policy.name).hash != policy.hash:
        raise AftSimError(f"the differences between {base.name} and {policy.name} do not lead from one to the other")
    return [*out, policy]


def explain(
    base: Scenario,
    policy: Scenario,
    parts: Sequence[Part],
    seeds: int | Sequence[int],
    at: str,
    until: date,
    outcome: str = "within_18_share",
    workers: int = 1,
    out: Path | None = None,
    progress: Progress | None = None,
    baseline: Path | None = None,
    bands: Bands | None = None,
) -> tuple[Attribution | None, ResultSet]:
    """Run all worlds between two scenarios and share the effect out.

    Args:
        base, policy: where the difference begins and ends.
        parts: its parts, as `parts_between` returns them.
        seeds: the seeds, or how many.
        at: month ("2029-03").
        until: last day of the runs.
        outcome: name in the outcome registry, other than money.
        workers: processes.
        out: folder to store the runs in; runs already there are kept.
        progress: called after every run.
        baseline: another baseline than the packaged one.
        bands: equivalence bands; None takes the register's.

    Returns:
        The attribution, None if no seed finished in every world; and the runs.
    """
    between = worlds(base, policy, parts)
    # In memory only what is read below is kept of a run: 64 worlds with every table would not fit.
    keep = () if out is not None else ("england", "events")
    results = run_pairs(
        between, seeds, until=until, workers=workers, out=out, progress=progress, baseline=baseline, keep=keep
    )
    if not _complete(results, between):
        return None, results
    return attribute(results, between, parts, outcome, at, until, bands), results


def attribute(
    results: ResultSet,
    between: Sequence[Scenario],
    parts: Sequence[Part],
    outcome: str,
    at: str,
    until: date,
    bands: Bands | None = None,
) -> Attribution:
    """Share out the effect that the runs of all worlds show; see `explain`.

    Args:
        results: a study that holds all worlds.
        between: the worlds, as `worlds` returns them.
        parts: the parts.
        outcome: name in the outcome registry, other than money.
        at: month.
        until: last day of the runs.
        bands: equivalence bands; None takes the register's.

    Raises:
        InputError: unknown outcome or month, or no seed that finished in every world.
    """
    measure = registry.outcome(outcome)
    keys = _complete(results, between)
    if not keys:
        raise InputError("no seed finished in every world")
    by_world = [_by_key(results, one.name) for one in between]
    values = np.array([[_value(runs[key], measure, at) for runs in by_world] for key in keys])
    if not np.isfinite(values).all():
        raise InputError("the runs hold no such outcome of England", found=outcome)
    band = (bands or Bands.from_register()).of(who.ENGLAND, measure, float(values[:, 0].mean()))
    judged = _Judged(values, band, [draw for draw, _ in keys])
    facts = Facts(tuple(between), tuple(tuple(_events(runs[key]) for key in keys) for runs in by_world), until)

    def reason(i: int) -> str:
        return why_nothing(parts[i], i, facts) or _same_everywhere(by_world, keys, i)

    subsets = [
        SubsetEffect(one.name, _inside(mask, len(parts)), judged.effect(values[:, mask], values[:, 0]))
        for mask, one in enumerate(between)
    ]
    return Attribution(
        policy=between[-1].name,
        base=between[0].name,
        policy_title=between[-1].title,
        base_title=between[0].title,
        outcome=measure,
        at=at,
        total=judged.total,
        parts=tuple(judged.part(part, i, reason) for i, part in enumerate(parts)),
        interaction=judged.effect(game.interaction(values)),
        pairwise=tuple(
            (i, j, judged.effect(game.pair_interaction(values, i, j))) for i, j in combinations(range(len(parts)), 2)
        ),
        subsets=tuple(subsets),
        seeds=tuple(sorted({seed for _, seed in keys})),
        draws=tuple(sorted(set(judged.draws))),
    )


@dataclass(frozen=True)
class _Judged:
    """Values of all worlds, (pair, subset), with what an effect is judged by."""

    values: Floats
    band: float
    draws: list[int]

    def effect(self, ours: Floats, theirs: Floats | None = None) -> PairedEffect:
        """Statistics of a difference over the pairs."""
        return paired_effect(ours, np.zeros(len(ours)) if theirs is None else theirs, self.band, self.draws)

    @property
    def total(self) -> PairedEffect:
        """The whole effect."""
        return self.effect(self.values[:, -1], self.values[:, 0])

    def part(self, part: Part, i: int, reason: Callable[[int], str]) -> PartEffect:
        """What a part does; `reason` is asked only where it does nothing."""
        share_out, nothing = self.effect(game.shapley(self.values)[:, i]), game.adds_nothing(self.values, i)
        return PartEffect(
            part=part,
            alone=self.effect(game.alone(self.values)[:, i]),
            last=self.effect(game.last(self.values)[:, i]),
            share_out=share_out,
            share=_share(share_out, self.total),
            nothing=nothing,
            words=BY_CONSTRUCTION if nothing else share_out.words,
            reason=reason(i) if nothing else "",
        )


def _inside(mask: int, parts: int) -> tuple[int, ...]:
    return tuple(i for i in range(parts) if mask >> i & 1)


def _by_key(results: ResultSet, scenario: str) -> Mapping[tuple[int, int], RunResult]:
    return {(run.draw, run.seed): run for run in results.runs if run.scenario == scenario}


def _complete(results: ResultSet, between: Sequence[Scenario]) -> list[tuple[int, int]]:
    """(draw, seed) of the runs that finished in every world."""
    finished = [set(_by_key(results, one.name)) for one in between]
    return sorted(set.intersection(*finished))


def _value(run: RunResult, outcome: Outcome, at: str) -> float:
    arm = read_groups(
        RunResult(run.scenario, run.scenario_hash, run.seed, run.draw, {"england": run.tables["england"]}, ()), ()
    )
    if at not in arm.months:
        raise InputError("the runs hold no such month", where="--at", found=at, expected=f"up to {arm.months[-1]}")
    values = arm.values(who.ENGLAND, outcome)
    return float("nan") if values is None else float(values[arm.months.index(at)])


def _events(run: RunResult) -> tuple[tuple[str, str, float], ...]:
    """(event, detail, value) of a run, in order."""
    table = run.tables["events"]
    columns = (table.column(name).to_pylist() for name in ("event", "detail", "value"))
    return tuple(zip(*columns, strict=True))


def _share(part: PairedEffect, total: PairedEffect) -> float | None:
    """Share of the total; none where chance alone might make the total, because then it means nothing."""
    if total.interval is None or total.interval[0] <= 0.0 <= total.interval[1]:
        return None
    return part.effect / total.effect


def _same_everywhere(
    by_world: Sequence[Mapping[tuple[int, int], RunResult]], keys: Sequence[tuple[int, int]], part: int
) -> str:
    """Whether all of England's figures are the same with and without a part, in every world, pair and month."""
    for mask in range(len(by_world)):
        if mask >> part & 1:
            continue
        without, with_it = by_world[mask], by_world[mask | 1 << part]
        if any(not without[key].tables["england"].equals(with_it[key].tables["england"]) for key in keys):
            return "this figure is the same with and without it in every pair; other figures or months differ"
    return "every figure of England is the same with and without it, in every month and pair"
