"""The equity-efficiency plane: how much health policies bring, and how much more of it where people are deprived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from aft_sim.basis.errors import InputError
from aft_sim.outcomes.registry import Floats
from aft_sim.study.health import health_effect
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.result import ResultSet
from aft_sim.study.rows import Bands


@dataclass(frozen=True)
class PlanePolicy:
    """One policy's cloud.

    Attributes:
        name, title: of the scenario.
        points: (pair, 2) net health benefit, QALYs per 100,000 residents; that of the most deprived fifth beyond it.
        seeds, draws: of the pairs.
        health, equity: the mean of either, with its interval.
    """

    name: str
    title: str
    points: Floats
    seeds: tuple[int, ...]
    draws: tuple[int, ...]
    health: PairedEffect
    equity: PairedEffect


@dataclass(frozen=True)
class Plane:
    """Policies against one comparator.

    Attributes:
        baseline: the comparator.
        at: month up to which everything is counted, from the opening.
        policies: at least one.
    """

    baseline: str
    at: str
    policies: tuple[PlanePolicy, ...]


def plane(results: ResultSet, policies: Sequence[str], baseline: str, at: str) -> Plane:
    """Where policies stand on the plane.

    Args:
        results: a study that holds all scenarios.
        policies: scenario names, each paired with the comparator.
        baseline: the comparator.
        at: last month counted.

    Raises:
        InputError: the study does not hold what it takes.
    """
    if at not in results.months:
        raise InputError(
            "the runs hold no such month",
            where=str(results.folder or ""),
            found=at,
            expected=f"a month from {results.months[0]} to {results.months[-1]}",
        )
    if baseline in policies:
        raise InputError(
            "the comparator cannot be compared with itself",
            where=str(results.folder or ""),
            found=baseline,
            expected="a policy of the study other than the comparator",
        )
    bands, found = Bands.from_register(), []
    for name in policies:
        runs = results.pairs(name, baseline)
        effect = health_effect(runs, at, bands.cost / 100, MarginalCost.of(results, name), bands.health)
        if effect is None:
            raise InputError(
                "the study does not hold the health of this policy",
                where=str(results.folder or ""),
                found=name,
                expected="runs with the levels england and system, and the scenario in full",
            )
        draws = [ours.draw for ours, _ in runs]
        nothing = np.zeros(len(runs))
        health, equity = (paired_effect(effect.points[:, i], nothing, bands.health, draws) for i in (0, 1))
        seeds = tuple(ours.seed for ours, _ in runs)
        found.append(PlanePolicy(name, results.title(name), effect.points, seeds, tuple(draws), health, equity))
    return Plane(baseline, at, tuple(found))
