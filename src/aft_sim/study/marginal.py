"""What a sum of money buys at ordinary marginal cost: the yardstick beside what a policy buys with it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from aft_sim.basis.errors import InputErrors
from aft_sim.outcomes.registry import Floats
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import Scenario, scenario_of
from aft_sim.study.result import ResultSet, ScenarioInfo

COST, RATIO, PRICES = "capital.cost_per_pathway", "capital.marginal_cost_ratio", "capital.price_growth"


@dataclass(frozen=True)
class MarginalCost:
    """Marginal cost of a completed pathway in the worlds of a policy's runs.

    Attributes:
        scenario: the policy.
        worlds: draws of the parameters by number.
    """

    scenario: Scenario
    worlds: dict[int, Draw]

    @classmethod
    def of(cls, results: ResultSet, policy: str) -> MarginalCost | None:
        """That of a policy in a study; None where the study does not hold the scenario in full."""
        scenario = written(results.scenarios.get(policy))
        return None if scenario is None else cls(scenario, results.worlds)

    @property
    def additive(self) -> bool:
        """Whether what holders draw is added to the national capital limit, so that the Treasury pays for it."""
        return self.scenario.capital.limit_rule == "additive"

    def by_month(self, months: Sequence[str], draw: int) -> Floats:
        """GBP a pathway in each month, at its prices.

        Average cost is at prices of the first month; it grows with the prices of care.

        Args:
            months: labels, from the first month of the runs on.
            draw: number of the draw.
        """
        return self.at_prices((COST, RATIO), months, draw)

    def at_prices(self, names: Sequence[str], months: Sequence[str], draw: int) -> Floats:
        """Product of parameters, stated at prices of the first month, at the prices of each month.

        Args:
            names: parameters.
            months: labels, from the first month of the runs on.
            draw: number of the draw.
        """
        found = np.prod([self.path(name, months, draw) for name in names], axis=0)
        steps = np.log1p(self.path(PRICES, months, draw) / 100) / 12
        return np.asarray(found * np.exp(np.concatenate([[0.0], np.cumsum(steps[:-1])])))

    def path(self, name: str, months: Sequence[str], draw: int) -> Floats:
        """Values of a parameter by month, in its unit; a dated change holds from the first whole month."""
        world = self.worlds.get(draw, CENTRAL)
        value = self.scenario.parameters.get(name, world.mapping.get(name, Register.load()[name].default))
        path = np.full(len(months), float(value))
        for change in sorted(self.scenario.changes, key=lambda one: one.start):
            if change.parameter == name:
                path[[date.fromisoformat(f"{month}-01") >= change.start for month in months]] = float(change.value)
        return path


def written(info: ScenarioInfo | None) -> Scenario | None:
    """The scenario that a study remembers in full; None where it does not, or in words of another version."""
    if info is None or "scenario.toml" not in info.text:
        return None
    try:
        return scenario_of(tomllib.loads(info.text["scenario.toml"]), info.name)
    except (InputErrors, tomllib.TOMLDecodeError):  # a comparison does not need it
        return None
