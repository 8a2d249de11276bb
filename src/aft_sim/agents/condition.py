"""Freedoms on condition of fairness: whether the gap by deprivation on a trust's own list is no wider than it was."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.policy.iho import gap_by_deprivation
from aft_sim.world import QUINTILES, World

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


class GapCondition:
    """The condition `aft.condition` of one run."""

    def __init__(self, world: World) -> None:
        """Keep the gap as it was at the opening."""
        self._world = world
        self._on = world.plan.scenario.aft.condition == "gap"
        self._opening = self._gap() if self._on else np.zeros(0)

    def _gap(self) -> Array:
        """(trust,) share over 18 weeks, most less least deprived fifth; zero for trusts without a list."""
        w, b = self._world, self._world.bundle
        rows, n = b.provider_trust[b.row_provider], len(b.trusts.code)
        here = rows >= 0
        waiting, within = np.zeros((n, QUINTILES)), np.zeros((n, QUINTILES))
        np.add.at(waiting, rows[here], w.counts.people[here, :QUINTILES])
        np.add.at(within, rows[here], w.counts.within_18[here, :QUINTILES])
        return gap_by_deprivation(waiting - within, waiting)

    def all_met(self) -> Flags:
        """(trust,) whether each trust meets the condition; all do where the scenario sets none."""
        if not self._on:
            return np.ones(len(self._world.bundle.trusts.code), dtype=bool)
        tolerance = self._world.plan.parameters.opening("iho.gap_tolerance")
        return np.asarray(self._gap() <= self._opening + tolerance)

    def met(self, trust: int) -> bool:
        """Whether a trust meets it."""
        return bool(self.all_met()[trust])
