"""Ordinary capital as schemes: what other rules of approval, or a pause of national funding, do to what it brings.

A year's ordinary capital is committed to schemes each April. Under the rules of the opening they bring what is in the
measured growth already, so only the difference is added: a scheme that is approved sooner or later than it would have
been comes so much sooner or later, and its cost has grown less or more. What a trust pays, and when, stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.schemes import APPROVAL, BUILD, WEEKS_A_MONTH, Pipeline, Ripening, SchemeDraws, words_of
from aft_sim.basis import streams
from aft_sim.mechanisms import capital, schemes
from aft_sim.policy.capital_regime import ROUTES, Limits, approval_route, own_limit
from aft_sim.policy.programme import Status
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Year:
    """The schemes of one April; arrays are (trust, scheme) unless said.

    Attributes:
        week: of the April.
        kinds: (scheme,) class of capital.
        cost: from idea to use, GBP m.
        amount: this year's money for it, GBP m.
        route, usual_route: positions in `ROUTES`, by the rules of the week and by those of the opening.
        months, usual_months: to approval.
        build: months of building; zero for estate.
        granted: (trust,) part of the money that is paid by grant and comes later in a pause; zero without one.
    """

    week: int
    kinds: tuple[str, ...]
    cost: Array
    amount: Array
    route: Index
    usual_route: Index
    months: Array
    usual_months: Array
    build: Array
    granted: Array


class OrdinarySchemes:
    """Wires ordinary capital of one run to schemes."""

    def __init__(self, world: World, status: Status, draws: streams.Streams, sizes: SchemeDraws, to: Pipeline) -> None:
        """Number the schemes that trusts begin in a year.

        Args:
            world: state.
            status: who holds the approval freedom when.
            draws: of the run.
            sizes: draws of schemes.
            to: where capital and events go.
        """
        self._world, self._status, self._draws, self._sizes, self._to = world, status, draws, sizes, to
        opening = world.plan.parameters.opening
        count = schemes.schemes_a_year(
            self._shares(0), opening("capital.scheme_size"), opening("capital.scheme_spread")
        )
        self._kinds = tuple(kind for kind, n in count.items() for _ in range(n))
        codes = world.bundle.trusts.code
        keys = [f"{kind}|{k}" for kind, n in count.items() for k in range(n)]
        self._ids = words_of((f"{code}|ordinary|{key}" for code in codes for key in keys), (len(codes), len(keys)))
        self._paused = False

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _shares(self, week: int) -> dict[str, float]:
        names = ("split.new", "split.improvement", "split.lifecycle", "split.equipment", "elective_share")
        parts = capital.split(np.ones(1), *(self._p(f"capital.{name}", week) for name in names))
        return {kind: float(part[0]) for kind, part in parts.items()}

    # -- a pause of national funding -----------------------------------------------------------------------------------

    def open_year(self, week: int, year: int) -> None:
        """1 April: it turns out whether national funding is paused this year; drawn by year, for all of England."""
        u = float(self._draws.chance("funding pause", year, streams.words(["England"]))[0])
        self._paused = u < self._p("capital.pause_chance", week)

    def payable(self, spend: Array, own: Array, month: int, week: int) -> Array:
        """(trust,) what can be paid in a month, GBP m: in a pause no grant comes, and trusts pay what is their own.

        Args:
            spend: what would be paid.
            own: what depreciation pays in a month.
            month: calendar month, 1 to 12; a pause begins in April.
            week: of the month.
        """
        if not self._paused:
            return spend
        open_part = np.clip((month - 4) % 12 + 1 - self._p("capital.pause_months", week), 0.0, 1.0)
        return np.asarray(np.minimum(spend, own + open_part * np.maximum(spend - own, 0.0)))

    # -- April ---------------------------------------------------------------------------------------------------------

    def commit(self, week: int, year: int, yearly: Array, own: Array) -> None:
        """Commit a year's ordinary capital to schemes, and let come what other rules change.

        Args:
            week: of the 1 April.
            year: calendar year in which the financial year begins.
            yearly: (trust,) capital that trusts usually spend in a year, GBP m, which scheme sizes follow.
            own: (trust,) what depreciation pays of this year's.
        """
        made = self._year(week, year, yearly, own)
        rows = (made.months != made.usual_months) | (made.granted > 0)[:, None]
        trusts, which = np.nonzero(rows & (made.amount > 0))
        if trusts.size:
            self._schedule(made, trusts, which)
        self._tell_routes(made, week)
        if made.granted.any():
            held = made.granted * self._world.money.envelope
            for i in np.flatnonzero(held):
                months = f"{self._p('capital.pause_months', week):g} months"
                self._tell(week, int(i), "funding pause", months, float(held[i]))

    def _year(self, week: int, year: int, yearly: Array, own: Array) -> Year:
        w, draw, ids = self._world, self._sizes, self._ids
        opening = w.plan.parameters.opening
        cost = draw.sizes(week, year, ids, yearly[:, None])
        kinds = np.array(self._kinds)
        amount = np.zeros_like(cost)
        for kind, share in self._shares(week).items():
            amount[:, kinds == kind] = schemes.shared_by_size(w.money.envelope * share, cost[:, kinds == kind])
        freedom = np.array([self._status.may_approve(i, week) for i in range(cost.shape[0])])
        none = np.zeros_like(freedom)
        route, usual_route = (
            approval_route(cost, self._own(limits)[:, None], free[:, None], limits)
            for limits, free in ((self._limits(week), freedom), (Limits.read(opening), none))
        )
        approval, build = (draw.stage(name, week, year, ids) for name in ("approval", "building"))
        usual = np.array([opening(APPROVAL[one]) for one in ROUTES])
        now = np.array([self._p(APPROVAL[one], week) for one in ROUTES])
        build_months = np.array([self._p(BUILD[kind], week) if kind in BUILD else 0.0 for kind in self._kinds])
        envelope = np.maximum(w.money.envelope, 1e-12)
        granted = np.clip(1 - own / envelope, 0.0, 1.0) if self._paused else np.zeros(len(own))
        return Year(
            week,
            self._kinds,
            cost,
            amount,
            route,
            usual_route,
            now[route] * approval,
            usual[usual_route] * approval,
            build_months * build,
            granted * (w.money.envelope > 0),
        )

    def _limits(self, week: int) -> Limits:
        return Limits.read(lambda name: self._p(name, week))

    def _own(self, limits: Limits) -> Array:
        return own_limit(self._world.oversight.latest, self._world.bundle.trusts.foundation, limits)

    def _schedule(self, made: Year, trusts: Index, which: Index) -> None:
        """What these schemes would have brought does not come when it would have; it comes when it now does."""
        w, week = self._world, made.week
        amount, late = made.amount[trusts, which], made.granted[trusts]
        pause = self._p("capital.pause_months", week)
        growth = self._p("capital.cost_growth", week)
        kinds = np.array(made.kinds)[which]
        build = np.round(made.build[trusts, which] * WEEKS_A_MONTH)
        for money, months in (
            (-amount, made.usual_months[trusts, which]),
            (amount * (1 - late), made.months[trusts, which]),
            (amount * late, made.months[trusts, which] + pause),
        ):
            real = capital.real_value(money / self._sizes.prices[week], months, growth)
            built = (week + np.round(months * WEEKS_A_MONTH) + build).astype(np.int64)
            for kind in capital.CLASSES:
                for when in np.unique(built[(kinds == kind) & (money != 0) & (built < w.plan.calendar.n_weeks)]):
                    here = (kinds == kind) & (built == when)
                    self._to.bring(int(when), Ripening(kind, trusts[here], real[here]))

    # -- what is told --------------------------------------------------------------------------------------------------

    def _tell_routes(self, made: Year, week: int) -> None:
        """How many schemes trusts under other rules than the opening's have, and the life of those they move."""
        opening = self._world.plan.parameters.opening
        other = self._own(self._limits(week)) != self._own(Limits.read(opening))
        other |= np.array([self._status.may_approve(i, week) for i in range(other.size)])
        for i in np.flatnonzero(other & (made.amount.sum(axis=1) > 0)):
            self._tell(week, int(i), "schemes planned", "of ordinary capital", float(made.cost.shape[1]))
            largest = int(made.cost[i].argmax())
            what = f"of ordinary capital, {made.kinds[largest]}, {ROUTES[made.route[i, largest]]} route"
            self._tell(week, int(i), "largest scheme", what, float(made.cost[i, largest]))
        pause = self._p("capital.pause_months", week)
        for i, k in np.argwhere((made.route != made.usual_route) & (made.amount > 0)):
            kind, months = made.kinds[k], float(made.months[i, k])
            what, cost = f"{kind}, ordinary capital", float(made.cost[i, k])
            self._tell(week, int(i), "scheme idea", f"{what}, {ROUTES[made.route[i, k]]} route", cost)
            approved = week + round(months * WEEKS_A_MONTH)
            begun = week + round((months + pause * (made.granted[i] > 0)) * WEEKS_A_MONTH)
            built = begun + round(float(made.build[i, k]) * WEEKS_A_MONTH)
            growth = self._p("capital.cost_growth", week)
            real = capital.real_value(float(made.amount[i, k]) / float(self._sizes.prices[week]), months, growth)
            self._to.tell_life(int(i), what, cost, (approved, begun, built), real)

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        calendar = self._world.plan.calendar
        label = str(calendar.months[calendar.month_of_week[week]].label)
        self._world.events.append(Event(label, self._world.bundle.trusts.code[trust], event, detail, value))
