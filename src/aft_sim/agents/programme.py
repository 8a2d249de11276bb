"""The programme by rules: NHS England invites waves, decides, reviews and removes; boards apply by expected benefit.

Everything is judged at the close of a month from what is published by then. Draws are keyed by (trust, event, wave or
month): who else is in the programme cannot move them. What is not published of a trust is drawn once per draw of the
parameters, and the trusts that hold or were offered the status in fact are known to have passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bind import week_after
from aft_sim.basis import streams
from aft_sim.basis.calendar import QUARTERS_A_YEAR
from aft_sim.mechanisms import capital, schemes
from aft_sim.policy import eligibility, programme
from aft_sim.policy.capital_regime import Limits, own_limit
from aft_sim.policy.programme import Status
from aft_sim.spec.levers import AftLevers
from aft_sim.spec.sets import named_sets
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


def segments_seen(world: World, before_override: bool) -> Sequence[Array]:
    """(trust,) published segments by quarter, latest last: the one place where the programme looks at oversight.

    Args:
        world: as it stands.
        before_override: as the scores alone give them; these are told of the opening and of every later quarter.
    """
    if before_override:
        return (eligibility.unadjusted_segment(world.bundle), *(told[2] for told in world.oversight.history))
    return world.oversight.published


@dataclass(frozen=True)
class Case:
    """Something that is decided in a later month.

    Attributes:
        kind: what is decided.
        due: month at whose close, an index into the months of the run.
        key: wave of an application, month of the start of a review: part of the key of its draws.
        attempt: how often an application was deferred before.
        reason: of a review.
    """

    kind: Literal["assessment", "review"]
    due: int
    key: int
    attempt: int = 0
    reason: str = ""


class ProgrammeOffice:
    """Runs the programme of one run; does nothing where the scenario names the trusts."""

    def __init__(self, world: World, status: Status, draws: streams.Streams) -> None:
        """Settle what is not published and plan the waves."""
        self._world, self._status, self._draws = world, status, draws
        plan = world.plan
        self._levers: AftLevers = plan.scenario.aft
        self._by_rules = self._levers.programme == "rules" and plan.replay is None
        if plan.replay is not None:
            status.start_over(plan.replay)
        if not self._by_rules:
            return
        b = world.bundle
        n = len(b.trusts.code)
        self._ids = streams.words(b.trusts.code)
        self._cases: dict[int, Case] = {}
        self._not_before = np.zeros(n, dtype=np.int64)
        self._quarters = np.zeros(n, dtype=np.int64)
        self._below = np.zeros(n, dtype=bool)
        known = np.zeros(n, dtype=bool)
        known[plan.designated] = known[plan.invited] = True
        share = self._p("programme.capability_share", 0)
        self.latent = programme.latent_capability(world.oversight.capability, share, known)
        self._settled = self._settle(known)
        months = plan.calendar.months
        first = self._month_of(self._levers.next_wave)
        self._waves = programme.wave_months(first, self._p("programme.wave_months", 0), len(months))
        self._last_wave = self._month_of(self._levers.everyone_by)
        self._told = False
        self._open_nominations()

    # -- what is known -------------------------------------------------------------------------------------------------

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _month_of(self, day: date) -> int:
        first = self._world.plan.calendar.months[0]
        return (day.year - first.year) * 12 + day.month - first.month

    def _settle(self, known: Flags) -> dict[str, Flags]:
        """(trust,) criteria that do not change in a run, unknowns drawn, by name."""
        b, levers = self._world.bundle, self._levers.criteria
        unknown = np.full(known.size, eligibility.UNKNOWN, dtype=np.int8)
        cqc = eligibility.cqc_verdicts(b)
        self._cqc_unknown = cqc == eligibility.UNKNOWN

        def drawn(name: str, found: NDArray[np.int8], chance: str) -> Flags:
            u = self._draws.params(f"criterion {name}", 0, self._ids)
            return eligibility.settle(found, u, self._p(f"programme.{chance}", 0), known)

        settled = {}
        if levers.cqc:
            settled["cqc"] = drawn("cqc", cqc, "cqc_share")
        if levers.support:
            settled["board support"] = drawn("board support", unknown, "support_share")
            settled["region support"] = drawn("region support", unknown, "support_share")
        self._u_segment = self._draws.params("criterion segment", 0, self._ids)
        self._known = known
        return settled

    def _rated(self, week: int) -> Flags:
        """(trust,) this year's capability rating, seen with error."""
        year = int(self._world.plan.calendar.financial_year(self._world.plan.calendar.sunday(week))[:4])
        error = streams.normal(self._draws.chance("capability rating", year, self._ids))
        spread, share = self._p("programme.capability_error", week), self._p("programme.capability_share", 0)
        return programme.rated_good(self.latent, error, spread, share)

    def verdicts(self, week: int) -> dict[str, Flags]:
        """(trust,) whether each criterion that is switched on is passed, by name."""
        levers, trusts = self._levers.criteria, self._world.bundle.trusts
        found = dict(self._settled)
        seen = segments_seen(self._world, not levers.override)
        segment = eligibility.segment_verdicts(seen, levers.quarters, levers.segment)
        # a trust without a segment is judged like the trusts that have one
        judged = segment != eligibility.UNKNOWN
        usual = float((segment[judged] == eligibility.PASS).mean()) if judged.any() else 0.0
        found["segment"] = eligibility.settle(segment, self._u_segment, usual, self._known)
        self._segment_unknown = ~judged
        if levers.capability:
            found["capability"] = self._rated(week)
        if levers.deficit:
            found["deficit"] = ~self._world.money.in_deficit
        assert all(flags.shape == (len(trusts.code),) for flags in found.values())
        return found

    def expected_benefit(self, week: int) -> Array:
        """(trust,) what boards expect the freedoms to be worth in a year, GBP m."""
        w, p, freedoms = self._world, self._p, self._levers.freedoms
        wish = p("capital.invest_share", week) * w.money.pot * p("capital.delivery", week)
        floor = p("capital.cash_floor_days", week)
        draw = np.array(
            [capital.affordable(*x, floor) for x in zip(wish, w.money.pot, w.cash, w.money.expenditure, strict=True)]
        )
        limits = Limits.read(lambda name: p(name, week))
        own = own_limit(w.oversight.latest, w.bundle.trusts.foundation, limits)
        sizes = p("capital.scheme_size", week), p("capital.scheme_spread", week)
        in_band = schemes.share_between(own, np.full_like(own, limits.aft), w.money.envelope, *sizes)
        saved = p("capital.approval_months.ordinary", week) - p("capital.approval_months.aft", week)
        relief = programme.relief_worth(
            segments_seen(w, False),
            round(p("programme.record_years", week) * QUARTERS_A_YEAR),
            w.money.expenditure,
            *(p(f"oversight.{name}", week) for name in ("management_load", "managers_cost", "management_effect")),
        )
        return programme.expected_benefit(
            draw if freedoms.reinvest else np.zeros_like(draw),
            w.money.envelope * in_band,
            saved if freedoms.approval else 0.0,
            p("capital.cost_growth", week),
            relief if freedoms.oversight_relief else np.zeros_like(relief),
        )

    # -- a month -------------------------------------------------------------------------------------------------------

    def close_month(self, week: int) -> bool:
        """Decide what is due, look at holders, and start a wave; say whether the status changes hands."""
        if not self._by_rules:
            return False
        before = self._status.spells
        month = int(self._world.plan.calendar.month_of_week[week])
        self._first_wave(week)
        for trust, case in sorted(self._cases.items()):
            if case.due <= month:
                del self._cases[trust]
                (self._assess if case.kind == "assessment" else self._conclude)(trust, case, week, month)
        if self._world.plan.calendar.months[month].month % 3 == 0:
            self._look_at_holders(week, month)
        if month in self._waves:
            self._start_wave(self._waves.index(month), week, month)
        return self._status.spells != before

    def _open_nominations(self) -> None:
        """The first wave as it was: nominations before the run; who was not approved waits for a later decision."""
        nominees = {self._world.bundle.trusts.index.get(code) for code in named_sets()["nominees"].trusts} - {None}
        designated = set(self._world.plan.designated.tolist())
        if not nominees & designated:
            return
        for trust in sorted(int(i) for i in nominees if i is not None):
            self._tell(0, trust, "nominated", f"on {programme.NOMINATED:%d %B %Y}", 1.0)
            if trust not in designated:
                due = self._month_of(programme.APPROVED) + round(self._p("programme.defer_months", 0))
                self._known[trust] = True
                self._cases[trust] = Case("assessment", due, 1, 1)

    def _first_wave(self, week: int) -> None:
        """Approvals of the first wave, which are given: told as the month closes after which its freedoms begin."""
        start = self._world.plan.aft_week
        if self._told or week + 5 < start:
            return
        calendar = self._world.plan.calendar
        following = calendar.months[min(calendar.month_of_week[week] + 1, len(calendar.months) - 1)]
        if start <= following.first_week:
            self._told = True
            for spell in self._status.spells:
                if spell.start == start:
                    self._tell(week, spell.trust, "approved", "wave 1, as announced", float(start))
            free = np.ones(self._ids.size, dtype=bool)
            free[[*self._status.designated, *self._cases]] = False
            self._tell_near_misses(1, week, free, self.verdicts(week))

    def _tell_near_misses(self, wave: int, week: int, free: Flags, passed: dict[str, Flags]) -> None:
        """Who is exactly one criterion short when a wave is chosen: what its trusts might have been."""
        for trust, name in programme.one_short(free, passed):
            self._tell(week, trust, "near miss", f"wave {wave}: {name}", float(wave))

    def _start_wave(self, wave: int, week: int, month: int) -> None:
        passed = self.verdicts(week)
        everyone = self._levers.path == "everyone"
        free = np.ones(self._ids.size, dtype=bool)
        free[self._status.designated[[self._status.holds(int(i), week + 5) for i in self._status.designated]]] = False
        free[list(self._cases)] = False
        free &= self._not_before <= month
        benefit = self.expected_benefit(week)
        worth = benefit / np.maximum(self._world.money.expenditure, 1e-9)
        tie = self._draws.chance("order of applicants", wave, self._ids)
        failed = np.sum([~flags for flags in passed.values()], axis=0).astype(np.int64)
        places = round(self._p("programme.wave_size", week))
        if everyone:
            waves_left = 1 + int(max(self._last_wave - month, 0) / self._p("programme.wave_months", 0))
            size = programme.places_for_everyone(int(free.sum()), waves_left)
            chosen = programme.choose_everyone(free, failed, worth, tie, size)
        else:
            wants = benefit > self._p("programme.application_cost", week)
            ready = free & (failed == 0) & wants
            for trust in np.flatnonzero(ready):
                self._tell(week, int(trust), "applied", "expected benefit, GBP m a year", float(benefit[trust]))
            chosen = programme.choose_wave(ready, worth, tie, places)
            self._tell_near_misses(wave + 2, week, free, passed)
        if wave == 0:
            invited = [int(i) for i in self._world.plan.invited if free[i]]
            rest = [int(i) for i in chosen if i not in invited]
            chosen = np.array(sorted(invited + rest[: max(max(places, chosen.size) - len(invited), 0)]), dtype=np.int64)
        for trust in chosen:
            u = float(self._draws.chance("assessment time", wave, self._ids[trust : trust + 1])[0])
            due = month + programme.whole_months(self._p("programme.assessment_months", week), u)
            self._cases[int(trust)] = Case("assessment", due, wave + 2)
            unpublished = [
                name
                for name, unknown in (("CQC rating", self._cqc_unknown), ("segment", self._segment_unknown))
                if unknown[trust]
            ]
            rests = f"; not published: {', '.join(unpublished)}" if unpublished else ""
            self._tell(week, int(trust), "assessed", f"wave {wave + 2}{rests}", float(len(unpublished)))

    def _assess(self, trust: int, case: Case, week: int, month: int) -> None:
        one = self._ids[trust : trust + 1]
        u = float(self._draws.chance("assessment", case.key, one, case.attempt)[0])
        decision = programme.decide(
            u, self._p("programme.approval_chance", week), self._p("programme.defer_share", week)
        )
        wave = f"wave {case.key}"
        if decision == "approved":
            start = week_after(self._world.plan.calendar, self._world.plan.calendar.months[month])
            self._status.grant(trust, start)
            self._quarters[trust], self._below[trust] = 0, False
            self._tell(week, trust, "approved", wave, float(start))
        elif decision == "deferred":
            due = month + round(self._p("programme.defer_months", week))
            self._cases[trust] = Case("assessment", due, case.key, case.attempt + 1)
            self._tell(week, trust, "deferred", wave, float(case.attempt + 1))
        else:
            self._not_before[trust] = month + round(self._p("programme.reapply_months", week))
            self._tell(week, trust, "rejected", wave, float(case.attempt + 1))

    def _look_at_holders(self, week: int, month: int) -> None:
        """Each quarter: is a review due, or does something call for one?"""
        levers = self._levers
        seen = segments_seen(self._world, False)
        rated = self._rated(week)
        calendar = self._world.plan.calendar
        yearly, next_month = calendar.months[month].month == 3, week_after(calendar, calendar.months[month])
        for i in self._status.holders(week):
            trust = int(i)
            self._quarters[trust] += 1
            # who has just lost the status holds it until the month is over, and is reviewed no more
            if trust in self._cases or not self._status.holds(trust, next_month):
                continue
            reason = ""
            since = seen[-min(int(self._quarters[trust]), len(seen)) :]
            if programme.triggered([segment[i : i + 1] for segment in since], levers.removal_trigger)[0]:
                reason = "segment 3 or worse"
            elif levers.review_capability and yearly and not rated[trust] and self._below[trust]:
                reason = "capability rated below the upper bands twice in a row"
            elif levers.review_deficit and yearly and self._world.money.in_deficit[trust]:
                reason = "a deficit outturn"
            elif self._quarters[trust] >= round(QUARTERS_A_YEAR * self._p("programme.review_years", week)):
                reason = "due"
            if reason:
                due = month + round(self._p("programme.review_months", week))
                self._cases[trust] = Case("review", due, month, 0, reason)
                self._tell(week, trust, "review", reason, float(self._quarters[trust]))
        if yearly:
            self._below = ~rated

    def _conclude(self, trust: int, case: Case, week: int, month: int) -> None:
        """End a review: recovered, kept, or removed."""
        latest = segments_seen(self._world, False)[-1][trust]
        recovered = (
            not latest >= programme.FAILING_SEGMENT
            and not self._world.money.in_deficit[trust]
            and bool(self._rated(week)[trust])
        )
        u = float(self._draws.chance("review", case.key, self._ids[trust : trust + 1])[0])
        self._quarters[trust] = 0
        if not programme.removed(u, recovered, self._p("programme.removal_chance", week)):
            self._tell(week, trust, "review passed", "recovered" if recovered else "given time", 1.0)
            return
        self._status.withdraw(trust, week_after(self._world.plan.calendar, self._world.plan.calendar.months[month]))
        self._not_before[trust] = month + round(self._p("programme.reapply_months", week))
        fine = bool(programme.is_good(self.latent[trust], self._p("programme.capability_share", 0)))
        words = "its capability is in fact good" if fine else "its capability is in fact below"
        self._tell(week, trust, "removed", f"{case.reason}; {words}", float(fine))
        self._tell(week, trust, "pot frozen", "GBP m", float(self._world.money.pot[trust]))

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        calendar = self._world.plan.calendar
        month = calendar.months[calendar.month_of_week[week]].label
        self._world.events.append(Event(month, self._world.bundle.trusts.code[trust], event, detail, value))
