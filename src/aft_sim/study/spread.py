"""How an outcome develops in each scenario, and how far its runs spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.study import groups as who
from aft_sim.study.groups import read_groups
from aft_sim.study.result import ResultSet

PERCENTILES = (2.5, 10.0, 50.0, 90.0, 97.5)
"""Percentiles over runs: the median, the ends of the 80% interval and of the 95% interval."""


@dataclass(frozen=True)
class ScenarioSpread:
    """One scenario's outcome over time.

    Attributes:
        name: the scenario.
        title: its title.
        percentiles: (5, month) percentiles over runs; see `PERCENTILES`.
        policy_start: first day of the freedoms, None where there are none.
        n_runs: runs, over all seeds and draws.
    """

    name: str
    title: str
    percentiles: Floats
    policy_start: date | None
    n_runs: int


@dataclass(frozen=True)
class Spread:
    """An outcome over time in several scenarios.

    Attributes:
        group: see `aft_sim.study.compare.EffectRow`.
        months: labels, ascending; of flows those with a full year behind them, if any.
        scenarios: in the order asked for.
        at: month the finding is stated for.
        n_seeds: seeds of the runs.
        n_draws: draws of the parameters.
    """

    outcome: Outcome
    group: str
    months: tuple[str, ...]
    scenarios: tuple[ScenarioSpread, ...]
    at: str
    n_seeds: int
    n_draws: int


def spread(
    results: ResultSet,
    scenarios: Sequence[str] = (),
    outcome: str = "within_18_share",
    group: str = who.ENGLAND,
    at: str | None = None,
) -> Spread:
    """Percentiles of an outcome over the runs of each scenario, month by month.

    Args:
        results: a study.
        scenarios: their names; all of the study if empty.
        outcome: name in the outcome registry, other than money.
        group: "england", "quintile-1".. "quintile-5", "gap", "treated", "others" or "independent".
        at: month the finding is stated for; March 2029 or the last month if None.

    Raises:
        InputError: unknown scenario, outcome, group or month.
    """
    measure = registry.outcome(outcome)
    if measure.levels == ("money",):
        raise InputError(
            "money is reported by financial year", found=outcome, expected="an outcome of the waiting list"
        )
    names = list(scenarios) or list(dict.fromkeys(run.scenario for run in results.runs))
    chosen = [results.of(name) for name in names]
    treated = tuple(dict.fromkeys(code for runs in chosen for run in runs for code in run.treated))
    months = results.months
    when = at or (min("2029-03", months[-1]) if months else "")
    if when not in months:
        expected = f"a month from {months[0]} to {months[-1]}" if months else "runs that kept the England table"
        raise InputError("the runs hold no such month", found=when or None, expected=expected)
    found, first = [], who.first_whole(measure, len(months), months.index(when))
    for name, runs in zip(names, chosen, strict=True):
        read = [read_groups(run, treated) for run in runs]
        if any(arm.months != months for arm in read):
            raise InputError("the runs cover different months", hint="Run all of them to the same last day.")
        values = [one for arm in read if (one := arm.values(group, measure)) is not None]
        if not values or not np.isfinite(values).any():
            raise who.nothing_on(runs[0], group, measure)
        info = results.scenarios.get(name)
        bands = np.percentile(np.stack(values), PERCENTILES, axis=0)[:, first:]
        start = info.policy_start if info else None
        found.append(ScenarioSpread(name, results.title(name), bands, start, len(values)))
    every = [run for runs in chosen for run in runs]
    seeds, draws = {run.seed for run in every}, {run.draw for run in every}
    return Spread(measure, group, months[first:], tuple(found), when, len(seeds), len(draws))
