"""The oversight round: each quarter NHS England scores every trust and publishes the segments of the quarter before.

Rules stand in `policy.oversight`, movement of scores in `mechanisms.oversight`. Agents see published segments only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.finance import VARIABLE, FinanceRound
from aft_sim.baseline.oversight import order
from aft_sim.basis import streams
from aft_sim.basis.calendar import QUARTERS_A_YEAR
from aft_sim.mechanisms import finance
from aft_sim.mechanisms import oversight as scores
from aft_sim.policy import oversight as rules
from aft_sim.policy.programme import Status, status_output
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

MONTHS_A_QUARTER = 3
NEVER = -np.inf


class OversightRound:
    """Wires oversight of one run."""

    def __init__(self, world: World, books: FinanceRound, status: Status, draws: streams.Streams) -> None:
        """Take the opening scores apart and pin every trust to its published segment."""
        self._world, self._books, self._status, self._draws = world, books, status, draws
        b, table = world.bundle, world.bundle.oversight
        codes = b.trusts.code
        self._ids = streams.words(codes)
        rows = table.opening(codes)
        self._quarter = [table.quarter[r] if r >= 0 else "" for r in rows]
        self._opening_flags = table.of(table.override, rows) == 1
        opening = table.of(table.average, rows)
        self._acute, self._metrics = scores.metrics_counted(b, self._p("oversight.acute_metrics", 0))
        names = ("metric_noise", "persistence", "noise_persistence")
        self._spread = scores.spread(
            opening, self._acute.astype(np.int64), self._metrics, *(self._p(f"oversight.{name}", 0) for name in names)
        )
        z = streams.normal(draws.chance("oversight opening", 0, self._ids)) * self._p("run.chance", 0)
        self._lasting, self._passing = scores.part(opening, self._spread, z)
        self._offset = rules.offset(opening, b.trusts.segment, self._opening_flags, self._cuts(0))
        self._first: list[Array] = []
        self._at_opening = self._shares()
        self._flagged = np.where(self._opening_flags, np.inf, 0.0)  # at the opening all grace is used up
        self._until = np.zeros(len(codes))
        self._left = np.full(len(codes), NEVER)
        self._count = 0
        self._started = world.oversight.latest.copy()
        cost = {kind: getattr(world.opening_money, kind) for kind in VARIABLE}
        whole = np.maximum(np.sum(list(cost.values()), axis=0), 1e-9)
        self._parts = {kind: amount / whole for kind, amount in cost.items()}

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _cuts(self, week: int) -> rules.Cuts:
        return rules.Cuts(*(self._p(f"oversight.cut_{k}", week) for k in (1, 2, 3)))

    def close_quarter(self, week: int) -> None:
        """Quarter end: what was scored a quarter ago is published, and this quarter is scored."""
        calendar = self._world.plan.calendar
        month = calendar.months[calendar.month_of_week[week]]
        if self._count:
            self._publish(week, month.label)
        self._score(week, month.year, month.month)
        self._count += 1

    # -- scoring -------------------------------------------------------------------------------------------------------

    def _score(self, week: int, year: int, month: int) -> None:
        o = self._world.oversight
        o.scored = scores.quarter_label(year, month)
        self._move(week, year * 12 + month)
        measured = self._measured(week)
        if not self._first:
            self._first = measured
        moved = np.sum([np.nan_to_num(now - then) for now, then in zip(measured, self._first, strict=True)], axis=0)
        score = self._spread.mean + self._lasting + self._passing + moved / self._metrics
        o.score = np.clip(np.round(score, 2), rules.BEST, rules.WORST)
        if self._world.plan.scenario.oversight.segmentation == "thresholds":
            o.unadjusted = rules.by_thresholds(np.clip(o.score + self._offset, 1, 4), self._cuts(week))
        else:
            o.unadjusted = rules.by_quartiles(o.score)
        o.override = self._override(week) & np.isfinite(o.score)
        segment = rules.adjust(o.unadjusted, o.override)
        inside = self._support(week, year * 12 + month, segment)
        segment = np.where(inside, rules.PROGRAMME, segment)
        # a trust that is not scored keeps the segment that somebody gave it, or none
        o.segment = np.where(np.isfinite(o.score), segment, self._world.bundle.trusts.segment)

    def _move(self, week: int, period: int) -> None:
        """A quarter of what is not measured; scores that are published already stay."""
        later = order(self._world.oversight.scored)
        new = np.array([bool(q) and order(q) < later for q in self._quarter])
        chance, s = self._p("run.chance", week), self._spread
        u = [self._draws.chance(f"oversight {part}", period, self._ids) for part in ("lasting", "passing")]
        lasting = scores.step(self._lasting, u[0], s.rho, s.lasting, chance)
        gain = self._p("oversight.support_effect", week) / QUARTERS_A_YEAR * np.hypot(s.lasting, s.passing)
        lasting = lasting - np.where(self._until > self._count, gain, 0.0)
        passing = scores.step(self._passing, u[1], s.phi, s.passing, chance)
        self._lasting = np.where(new, lasting, self._lasting)
        self._passing = np.where(new, passing, self._passing)

    def _shares(self) -> tuple[Array, Array]:
        """(trust,) percent of the list within 18 weeks and over 52, NaN where they are not scored."""
        w, b = self._world, self._world.bundle
        n = len(b.provider_code)
        people = np.maximum(w.provider_list(), 1e-9)
        provider = b.trust_provider
        listed = self._acute & (provider >= 0)

        def share(count: Array) -> Array:
            by_provider = 100 * np.bincount(b.row_provider, count.sum(axis=1), n) / people
            return np.where(listed, by_provider[np.maximum(provider, 0)], np.nan)

        return share(w.counts.within_18), share(w.counts.over_52)

    def _measured(self, week: int) -> list[Array]:
        """Scores of the metrics that the run itself computes: two of waiting, one of urgent care, one of money."""
        money, u = self._books.position(), self._world.urgent
        standard = 100 * self._p("oversight.standard_over_52", week)
        within, over = self._shares()
        there = self._acute & (u.month_attendances > 0)
        in_time = np.divide(u.month_within, u.month_attendances, out=np.full(there.shape, np.nan), where=there)
        fixed = self._world.plan.scenario.oversight.yardstick == "opening"
        against = (*self._at_opening, np.where(there, u.normal_four_hour, np.nan)) if fixed else (None, None, None)
        return [
            rules.score_rank(within, higher_is_better=True, yardstick=against[0]),
            rules.score_standard(over, standard, higher_is_better=False, yardstick=against[1]),
            rules.score_rank(100 * in_time, higher_is_better=True, yardstick=against[2]),
            rules.combined_finance(100 * money.planned, 100 * money.variance),
        ]

    def _override(self, week: int) -> Flags:
        """Whom the override holds back; in the year in which the run opens, whom it held back at the opening."""
        money = self._books.position()
        deficit, support = money.deficit, money.support
        if money.opening_year:
            deficit, support = self._opening_flags, np.zeros_like(self._opening_flags)
        self._flagged = np.where(deficit | support, self._flagged + 1, 0.0)
        rule, grace = self._world.plan.scenario.oversight.override, self._p("oversight.grace_quarters", week)
        return rules.overridden(rule, deficit, support, self._flagged, grace)

    def _support(self, week: int, period: int, segment: Array) -> Flags:
        """Who is in the improvement programme: who stays, and who enters."""
        p, chance = self._p, self._p("run.chance", week)
        inside = self._until > self._count
        self._left = np.where((self._until == self._count) & (self._until > 0), float(self._count), self._left)
        weakest = self._world.oversight.capability < p("oversight.weakest_share", week)
        likely = rules.entry_chance(
            segment,
            weakest,
            self._count - self._left,
            p("oversight.support_entry", week),
            p("oversight.support_relapse", week),
        )
        u = self._draws.chance("improvement programme", period, self._ids)
        enters = ~inside & (u < likely * min(chance, 1.0))
        sigma = p("oversight.support_spread", week) * chance
        z = streams.normal(self._draws.chance("improvement stay", period, self._ids))
        months = p("oversight.support_months", week) * np.exp(sigma * z - sigma**2 / 2)
        stay = np.maximum(np.round(months / MONTHS_A_QUARTER), 1.0)
        self._until = np.where(enters, self._count + stay, self._until)
        return np.asarray(inside | enters)

    # -- publication ---------------------------------------------------------------------------------------------------

    def _publish(self, week: int, month: str) -> None:
        """What was scored a quarter ago is known to everybody, and acts."""
        w, o = self._world, self._world.oversight
        before, now = o.latest, o.segment.copy()
        o.published.append(now)
        o.quarters.append(o.scored)
        o.history.append((month, o.score, o.unadjusted, now))
        for i in np.flatnonzero(np.isfinite(before) & np.isfinite(now) & (before != now)):
            why = ", held back by the financial override" if o.override[i] and now[i] > o.unadjusted[i] else ""
            detail = f"{before[i]:.0f} to {now[i]:.0f}{why}"
            w.events.append(Event(month, w.bundle.trusts.code[i], "segment change", detail, float(now[i])))
        self.manage(week)

    def manage(self, week: int) -> None:
        """Let the published segments act on output and spending, as far as a trust's status does not lift that."""
        w, now = self._world, self._world.oversight.latest
        load, effect = self._p("oversight.management_load", week), self._p("oversight.management_effect", week)
        freedoms = w.plan.scenario.aft.freedoms
        holds = np.array([self._status.holds(i, week) for i in range(now.size)])
        relieved, exempt = holds & freedoms.oversight_relief, holds & freedoms.delegation
        usual = rules.load_factor(self._started, np.zeros_like(relieved), load, effect)
        w.management[:] = rules.load_factor(now, relieved, load, effect) / usual
        w.held_back[:] = rules.held_back(now, self._started, self._p("oversight.spending_control", week), exempt)
        staff = finance.controlled_staff(w.held_back, self._parts, self._p("ledger.savings_from_staff", week))
        w.management *= staff ** self._p("production.staff_elasticity", week)
        w.management *= status_output(holds, self._p("programme.status_effect.waits", week))
