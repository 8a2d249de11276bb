"""Capital schemes on their way: how large they are, how long each takes, and what comes into use or is told when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis import streams
from aft_sim.mechanisms import capital, production, schemes
from aft_sim.policy.capital_regime import Route
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Words = NDArray[np.uint64]

WEEKS_A_YEAR = 365.25 / 7
WEEKS_A_MONTH = WEEKS_A_YEAR / 12
APPROVAL: dict[Route, str] = {
    "board": "capital.approval_months.board",
    "aft": "capital.approval_months.aft",
    "ordinary": "capital.approval_months.ordinary",
    "treasury": "capital.approval_months.treasury",
}
BUILD = {"theatre": "capital.build_months.theatre", "equipment": "capital.build_months.equipment"}
"""Estate work is in use when it is approved: it touches no list, so when it ends matters to nobody in the model."""


@dataclass(frozen=True)
class Ripening:
    """Capital that comes into use: what kind, at which trusts, how much at the costs of its start (GBP m)."""

    kind: str
    trusts: Index
    real: Array


class Pipeline:
    """What the weeks to come will bring: capital in use, and events of the life of schemes."""

    def __init__(self, world: World) -> None:
        """Start empty."""
        self._world = world
        self._ripening: dict[int, list[Ripening]] = defaultdict(list)
        self._told: dict[int, list[Event]] = defaultdict(list)

    @property
    def to_come(self) -> list[Ripening]:
        """All that is not in use yet."""
        return [item for items in self._ripening.values() for item in items]

    def bring(self, week: int, item: Ripening) -> None:
        """Let capital come into use in a week, if the run lasts so long."""
        if week < self._world.plan.calendar.n_weeks:
            self._ripening[week].append(item)

    def tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        """Tell an event when its week comes, if the run lasts so long."""
        calendar = self._world.plan.calendar
        if week < calendar.n_weeks:
            label = calendar.months[calendar.month_of_week[week]].label
            self._told[week].append(Event(label, self._world.bundle.trusts.code[trust], event, detail, value))

    def tell_life(self, trust: int, what: str, cost: float, weeks: tuple[int, int, int], real: float) -> None:
        """Tell the life of a scheme after its idea.

        Args:
            trust: index.
            what: "theatre" or another class, and how it is paid where that is not from a pot.
            cost: GBP m.
            weeks: in which it is approved, its building begins, and it comes into use.
            real: GBP m at opening prices that come into use.
        """
        approved, begun, built = weeks
        self.tell(approved, trust, "scheme approved", what, cost)
        if built > begun:
            self.tell(begun, trust, "building begins", what, cost)
        self.tell(built, trust, "in use", what, real)

    def due(self, week: int) -> list[Ripening]:
        """What comes into use in a week; events of the week are told."""
        self._world.events.extend(self._told.pop(week, ()))
        return self._ripening.pop(week, [])


class SchemeDraws:
    """Sizes and times of schemes, each fixed by its key, so that no policy can shift them."""

    def __init__(self, world: World, draws: streams.Streams) -> None:
        """Read the parameters of a run."""
        self._world, self._draws = world, draws
        self.prices = production.growth_index(world.plan.parameters.path("capital.price_growth"))

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _z(self, purpose: str, period: int, ids: Words, week: int) -> Array:
        """Standard normal by scheme, as far as the scenario lets chance act."""
        return np.asarray(streams.normal(self._draws.chance(purpose, period, ids)) * self._p("run.chance", week))

    def sizes(self, week: int, period: int, ids: Words, yearly: Array) -> Array:
        """Cost of schemes, GBP m, of the shape of their ids.

        Args:
            week: of the idea.
            period: year of the plan, or 0 where the ids say it.
            ids: words of the schemes' keys.
            yearly: capital that their trusts usually spend in a year, of a shape that fits.
        """
        z = self._z("scheme size", period, ids, week)
        return schemes.sizes(z, yearly, self._p("capital.scheme_size", week), self._p("capital.scheme_spread", week))

    def stage(self, purpose: str, week: int, period: int, ids: Words) -> Array:
        """How many times as long as usual a stage of schemes takes: "approval", whoever approves, or "building"."""
        z = self._z(f"scheme {purpose}", period, ids, week)
        return np.asarray(np.exp(self._p("capital.stage_spread", week) * z))

    def scheme(self, week: int, trust: int, kind: str, amount: float, route: Route, key: str) -> capital.Scheme:
        """One scheme: when it is approved and built, and what its money still buys."""
        ids = streams.words([key])
        approval = self._p(APPROVAL[route], week) * float(self.stage("approval", week, 0, ids)[0])
        build = self._p(BUILD[kind], week) * float(self.stage("building", week, 0, ids)[0]) if kind in BUILD else 0.0
        approved = week + round(approval * WEEKS_A_MONTH)
        return capital.Scheme(
            trust,
            kind,
            amount,
            route,
            week,
            approved,
            approved + round(build * WEEKS_A_MONTH),
            capital.real_value(amount / self.prices[week], approval, self._p("capital.cost_growth", week)),
        )


def words_of(keys: Iterable[str], shape: tuple[int, ...]) -> Words:
    """Words of keys, in a shape."""
    return streams.words(keys).reshape(shape)
