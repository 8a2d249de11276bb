"""From an experiment to the runs it asks for: variants of scenarios, draws of parameters, seeds.

Levers make variants of the scenarios (not of the one they are compared with); parameters make draws, which both arms
share. A factorial design takes every combination; a latin hypercube spreads its points over the ranges of parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import qmc

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.outcomes import registry
from aft_sim.outcomes.kept import problems as of_what_is_kept
from aft_sim.spec.draws import CENTRAL, Draw, Uncertain, in_order, prior_draws
from aft_sim.spec.experiment import Experiment, Factor
from aft_sim.spec.register import Register, Value
from aft_sim.spec.scenario import Scenario
from aft_sim.study.designations import replays

#: Root of the points of a latin hypercube: the same file gives the same points.
ROOT = 1


@dataclass(frozen=True)
class Design:
    """The runs of an experiment.

    Attributes:
        scenarios: the one compared with first, then the others or their variants.
        draws: draws of the parameters.
        seeds: seeds.
        replayed: names of the scenarios whose designations are given again without freedoms.
    """

    scenarios: tuple[Scenario, ...]
    draws: tuple[Draw, ...]
    seeds: tuple[int, ...]
    replayed: tuple[str, ...] = ()

    @property
    def runs(self) -> int:
        """Number of runs."""
        return (len(self.scenarios) + len(self.replayed)) * len(self.draws) * len(self.seeds)

    @property
    def policies(self) -> tuple[Scenario, ...]:
        """The scenarios whose effect is asked for."""
        return self.scenarios[1:]


def design(experiment: Experiment, register: Register | None = None) -> Design:
    """The runs an experiment asks for.

    Raises:
        InputErrors: a value of a lever is not allowed, or the file names an outcome, table, month or policy that there
            is not.
    """
    known = register or Register.load()
    _check(experiment)
    levers = [factor for factor in experiment.factors if factor.lever]
    parameters = [factor for factor in experiment.factors if factor.parameter]
    variants = [v for scenario in experiment.scenarios for v in _variants(scenario, levers, experiment.file)]
    replayed = tuple(replays(variants)) if experiment.frozen_selection else ()
    if experiment.frozen_selection and not replayed:
        problem = InputError(
            "no scenario designates by rules, so that there is nothing to give again",
            where=experiment.layer.place("frozen_selection"),
            found=", ".join(one.name for one in variants),
            expected='a scenario with aft.programme = "rules"',
        )
        raise InputErrors([problem], experiment.file)
    draws = tuple(_draws(experiment, parameters, known))
    return Design((experiment.versus, *variants), draws, experiment.seeds, replayed)


def _check(experiment: Experiment) -> None:
    """Check what the file names of results.

    Raises:
        InputErrors: all that is wrong.
    """
    problems: list[InputError] = []

    def told(key: str, error: InputError, *position: int) -> None:
        where = f"{experiment.layer.place(*key.split('.'), *position)}: {key}"
        problems.append(
            InputError(error.what, where=where, found=error.found, expected=error.expected, hint=error.hint)
        )

    for key, index, error in of_what_is_kept(experiment.levels, experiment.outcomes):
        told(f"keep.{key}", error, index)
    rule = experiment.stop
    if rule is not None:
        try:
            registry.outcome(rule.outcome)
        except InputError as error:
            told("stop.outcome", error)
        names = [scenario.name for scenario in experiment.scenarios]
        if rule.policy not in names:
            hint = did_you_mean(rule.policy, names)
            told("stop.policy", InputError("not one of the scenarios", found=rule.policy, hint=hint))
        if not "2026-02" <= rule.at <= f"{experiment.until:%Y-%m}":
            expected = f"a month of the runs, up to {experiment.until:%Y-%m}"
            told("stop.at", InputError("no such month", found=rule.at, expected=expected))
    if problems:
        raise InputErrors(problems, experiment.file)


def _variants(scenario: Scenario, levers: Sequence[Factor], file: str) -> Iterator[Scenario]:
    """A scenario for every combination of the levers' values; itself if there is none."""
    if not levers:
        yield scenario
        return
    choices = [list(zip(factor.values, _labels(factor), strict=True)) for factor in levers]
    problems: list[InputError] = []
    for combination in product(*choices):
        name = "-".join([scenario.name, *(label for _, label in combination)])
        changes: dict[str, Any] = {
            factor.path: list(value) if isinstance(value, list | tuple) else value
            for factor, (value, _) in zip(levers, combination, strict=True)
        }
        title = f"{scenario.title}; " + ", ".join(
            f"{factor.path} = {label}" for factor, (_, label) in zip(levers, combination, strict=True)
        )
        try:
            yield scenario.with_changes(name, changes | {"title": title})
        except InputErrors as error:
            problems += error.problems
    if problems:
        raise InputErrors({str(problem): problem for problem in problems}.values(), file)


def _labels(factor: Factor) -> tuple[str, ...]:
    """Labels of a factor's values as parts of names: those given, else the values themselves or their numbers."""
    if factor.labels:
        return factor.labels
    texts = [str(value).lower().replace("_", "-") for value in factor.values]
    plain = all(text.replace("-", "").isalnum() and text.isascii() for text in texts)
    stem = factor.path.rpartition(".")[2].replace("_", "-")
    return tuple(texts) if plain else tuple(f"{stem}{number}" for number in range(1, len(texts) + 1))


def _draws(experiment: Experiment, parameters: Sequence[Factor], register: Register) -> Iterator[Draw]:
    """Draws of the design, numbered from 1; the central values alone are draw 0."""
    asked = experiment.uncertainty
    if experiment.design == "latin_hypercube":
        yield from _hypercube(parameters, asked.draws, register)
        return
    around: tuple[Draw, ...] = (CENTRAL,)
    if asked.kind == "priors":
        around = prior_draws(asked.draws, register, Uncertain(asked.parameters, asked.fixed))
    if not parameters:
        yield from around
        return
    choices = [list(zip(factor.values, _labels(factor), strict=True)) for factor in parameters]
    number = 0
    for combination in product(*choices):
        values = {f.path: register.accept(f.path, v) for f, (v, _) in zip(parameters, combination, strict=True)}
        label = ", ".join(f"{f.path} = {label}" for f, (_, label) in zip(parameters, combination, strict=True))
        for base in around:
            number += 1
            yield Draw(number, in_order({**base.mapping, **values}), label)


def _hypercube(parameters: Sequence[Factor], points: int, register: Register) -> Iterator[Draw]:
    """Points of a latin hypercube: uniform over a factor's range, or by its prior where no range is given."""
    unit = qmc.LatinHypercube(len(parameters), seed=ROOT).random(points)
    for number, row in enumerate(np.clip(unit, 1e-9, 1 - 1e-9), 1):
        values = {f.path: _at(f, float(u), register) for f, u in zip(parameters, row, strict=True)}
        yield Draw(number, in_order(values))


def _at(factor: Factor, u: float, register: Register) -> Value:
    parameter = register[factor.path]
    if factor.low is None or factor.high is None:
        return parameter.quantile(u)
    low, high = (float(register.accept(factor.path, end)) for end in (factor.low, factor.high))
    return low + u * (high - low)


def varied(draws: Sequence[Draw]) -> Mapping[str, tuple[Value, ...]]:
    """Values of each parameter over draws, for those that take more than one."""
    names = sorted({name for draw in draws for name, _ in draw.values})
    found = {name: tuple(dict.fromkeys(draw.mapping.get(name) for draw in draws)) for name in names}
    return {name: tuple(v for v in values if v is not None) for name, values in found.items() if len(values) > 1}
