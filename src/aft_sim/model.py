"""The model: builds the world and runs the flat schedule of `aft_sim.schedule`, a week a step.

Phases change arrays; agents only decide.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import mesa
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aft_sim.agents.condition import GapCondition
from aft_sim.agents.emergency import UrgentRound
from aft_sim.agents.finance import FinanceRound
from aft_sim.agents.icb import IntegratedCareBoard
from aft_sim.agents.iho import ContractRound
from aft_sim.agents.nhs_england import NHSEngland
from aft_sim.agents.oversight import OversightRound
from aft_sim.agents.planning import CapitalPlanning
from aft_sim.agents.population import PopulationRound
from aft_sim.agents.programme import ProgrammeOffice
from aft_sim.agents.trust import Trust
from aft_sim.baseline.bind import Plan, first_week_from, weekly_season
from aft_sim.basis import streams
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms import (
    access,
    capital,
    outsourcing,
    population_health,
    production,
    referrals,
    removals,
    targets,
)
from aft_sim.mechanisms.waiting_list import GROUPS, LATE_WEEKS, WeekFlows, WeekInputs, advance, imbalance
from aft_sim.outcomes.recorder import Recorder
from aft_sim.policy.programme import Status
from aft_sim.schedule import SCHEDULE, Phase
from aft_sim.world import QUINTILES, World, open_world

Array = NDArray[np.float64]

#: Largest rounding residue of a week's patient balance, people per row and group.
TOLERANCE = 1e-6


class TrustAutonomyModel(mesa.Model):
    """England's trusts, ICBs and NHS England over the weeks of a plan."""

    def __init__(self, plan: Plan, seed: int = 1, check: bool = False) -> None:
        """Open the world.

        Args:
            plan: a scenario bound to a baseline.
            seed: root of chance; two plans with one seed differ only by policy.
            check: verify the invariants every week and stop at the first that fails.
        """
        super().__init__(rng=seed)
        self.plan = plan
        self.draws = streams.Streams(seed, plan.draw)
        self.world: World = open_world(plan, seed)
        self.week = 0
        self.phase = ""
        self._check = check
        b = plan.bundle
        self.trusts = [Trust(self, i, code) for i, code in enumerate(b.trusts.code)]
        self.boards = [IntegratedCareBoard(self, k, code) for k, code in enumerate(b.icb_code)]
        self.national = NHSEngland(self)
        freedoms = plan.scenario.aft.freedoms
        self.status = status = Status(plan.designated, plan.aft_week, freedoms.approval, freedoms.reinvest)
        condition = GapCondition(self.world)
        self.contracts = ContractRound(self.world, status, condition, self.draws)
        self.books = FinanceRound(
            self.world, self.trusts, self.boards, self.national, status, self.draws, self.contracts.money
        )
        self.planning = CapitalPlanning(
            self.world, self.trusts, self.national, self.books, status, condition, self.draws
        )
        self.population = PopulationRound(self.world, self.books)
        self.oversight = OversightRound(self.world, self.books, status, self.draws)
        self.office = ProgrammeOffice(self.world, status, self.draws)
        self.urgent = UrgentRound(self.world, self.draws)
        self.recorder = Recorder(self.world)
        self._prepare()

    def _prepare(self) -> None:
        """Paths over the weeks and index arrays that do not change."""
        plan, b, p = self.plan, self.plan.bundle, self.plan.parameters
        strength = p.opening("run.season")
        self._season = 1 + strength * (weekly_season(b, plan.calendar) - 1)
        self._growth = production.growth_index(p.path("production.growth") + p.path("production.resource_growth"))
        self._demand = production.growth_index(p.path("referrals.growth"))
        self._drift_left = np.cumprod(np.append(1.0, 0.5 ** (1 / p.path("production.drift_half_life"))))
        due = [date.fromisoformat(text) for text, _, _ in b.targets]
        self._pressure = targets.pressure_path(
            plan.calendar, p.path("targets.march_pressure"), p.path("targets.due_pressure"), due
        )
        self._removal_share = b.removal_share * p.opening("removals.share_of_starts") / removals.default_share()
        self._late_share = p.opening("removals.late_share")
        self._hazard = removals.hazard_shape()
        self._row_words = streams.words(
            f"{b.provider_code[r]}|{f}" for r, f in zip(b.row_provider, b.row_function, strict=True)
        )
        self._provider_words = streams.words(b.provider_code)
        providers = len(b.provider_code)
        self._base_capacity = b.admitted + b.non_admitted
        self._usual_chance = self._base_capacity / np.maximum(self.world.opening_list, 1e-9)

        self._provider_capacity, self._provider_admitted, self._provider_hub = (
            np.asarray(np.bincount(b.row_provider, values, providers), dtype=np.float64)
            for values in (self._base_capacity, b.admitted, b.admitted * self.world.opening.hub_rows)
        )
        self._flows = WeekFlows.allocate(b.n_rows)
        rows = b.n_rows
        self._pressed = np.ones(rows)
        self._in = WeekInputs(
            arrivals=np.zeros((rows, GROUPS)),
            late=np.zeros((rows, GROUPS, LATE_WEEKS)),
            returns=self.world.returns,
            removals=np.zeros(rows),
            validated=np.zeros(rows),
            removal_hazard=self._hazard,
            priority_adm=self.world.opening.priority_admitted,
            priority_non=self.world.opening.priority_non_admitted,
            access=np.ones((rows, GROUPS)),
            capacity_adm=np.zeros(rows),
            capacity_non=np.zeros(rows),
            pressure=self._pressed,
            pressure_from=int(p.opening("targets.weeks")),
        )
        e = self.world.opening.entries
        self._entry_starts = self.world.opening.base.sum(axis=1)
        self._markets_of_board = [
            (use, np.unique(e.market[use], return_inverse=True))
            for use in (np.flatnonzero(e.icb == k) for k in range(len(b.icb_code)))
        ]
        self._april = {
            plan.calendar.first_week_of_april(y) for y in range(plan.calendar.start.year, plan.calendar.end.year + 2)
        }
        self._year_close = set(plan.calendar.year_close_weeks)

    # -- running -------------------------------------------------------------------------------------------------------

    def runs_now(self, phase: Phase) -> bool:
        """Whether a phase runs in the present week."""
        week, calendar = self.week, self.plan.calendar
        if phase.when in ("week", "month"):
            return phase.when == "week" or calendar.closing_month(week) is not None
        if phase.when in ("quarter", "year"):
            return week in (self._year_close if phase.when == "year" else calendar.quarter_close_weeks)
        begins = phase.name in ("announce", "plan_draws") and self.status.beginning(week).size > 0
        return begins or (phase.when == "april" and week in self._april)

    def step(self) -> None:
        """One week: every phase whose time has come, in order."""
        for phase in SCHEDULE:
            if self.runs_now(phase):
                self.phase = phase.name
                getattr(self, phase.name)()
        if self._check:
            self.phase = "check"
            self._check_state()
        self.week += 1

    def run(self) -> dict[str, pa.Table]:
        """Run to the end of the plan's calendar and return the tables."""
        while self.week < self.plan.calendar.n_weeks:
            self.step()
        return self.recorder.tables()

    def _p(self, name: str) -> float:
        return self.plan.parameters.at(name, self.week)

    # -- phases --------------------------------------------------------------------------------------------------------

    def open_year(self) -> None:
        """1 April; what is dated that day holds for the year, though its first week may begin in March."""
        calendar = self.plan.calendar
        week = first_week_from(calendar, date(calendar.sunday(self.week).year, 4, 1))
        self.planning.open_year(week)
        self.books.open_year(week)
        self.planning.pay_back(week, self.books.owed)
        self.population.open_year(week)

    def open_contracts(self) -> None:
        """1 April: population budgets."""
        calendar = self.plan.calendar
        week = first_week_from(calendar, date(calendar.sunday(self.week).year, 4, 1))
        self.contracts.open_year(week, self.books.contracts)

    def announce(self) -> None:
        """Freedoms begin."""
        self.planning.announce(self.week)
        self.oversight.manage(self.week)

    def plan_draws(self) -> None:
        """Boards plan draws."""
        self.planning.plan_draws(self.week)

    def commit_capital(self) -> None:
        """Ordinary capital is committed to schemes; what is dated 1 April holds."""
        calendar = self.plan.calendar
        self.planning.commit_capital(first_week_from(calendar, date(calendar.sunday(self.week).year, 4, 1)))

    def ripen_schemes(self) -> None:
        """Finished schemes come into use."""
        self.planning.ripen(self.week)

    def draw_chance(self) -> None:
        """Referral and productivity deviations of the week, validation effort of the month."""
        w, scale, week = self.world, self._p("run.chance"), self.week
        u = self.draws.chance("referrals", week, self._row_words)
        w.row_z = referrals.autocorrelated(w.row_z, u, self._p("referrals.persistence"))
        u = self.draws.chance("productivity", week, self._provider_words)
        w.productivity = production.productivity_step(
            w.productivity, u, self._p("production.persistence"), self._p("production.innovation") * scale
        )
        month = self.plan.calendar.months[self.plan.calendar.month_of_week[week]]
        if week == month.first_week:
            z = streams.normal(self.draws.chance("validation", month.year * 12 + month.month, self._provider_words))
            w.validation = removals.validation_noise(z, self._p("removals.validation_noise") * scale)

    def refer(self) -> None:
        """Clock starts and late registrations."""
        w, b = self.world, self.plan.bundle
        level = self._level("referrals.level")
        rate = w.row_rate.sum(axis=1)
        expected = rate * (self._demand[self.week] * level[b.row_provider])
        chance = referrals.weekly_multiplier(
            w.row_z, expected, self._p("referrals.overdispersion"), self._p("run.chance")
        )
        factor = self._demand[self.week] * level[b.row_provider] * chance
        w.starts_index = rate * factor
        np.multiply(w.row_rate, (factor * self._season[0, self.week])[:, None], out=self._in.arrivals)
        self._in.late[:] = (self._in.arrivals * (self._late_share / LATE_WEEKS))[:, :, None]

    def admit_emergencies(self) -> None:
        """Emergency admissions, beds and what follows from them."""
        self.urgent.arrive(self.week)

    def set_removals(self) -> None:
        """Routine removals (gross of late registrations) and validation (gross of returns)."""
        w, b, week = self.world, self.plan.bundle, self.week
        closure: Any = self.plan.parameters.option("removals.closure", week)
        net = removals.total(
            self._removal_share,
            w.starts_index,
            w.stock.sum(axis=1),
            b.starts,
            w.opening_list,
            closure,
            self._p("removals.list_exponent"),
        )
        net *= self._season[2, week]
        share = self._p("removals.validated_share")
        late = self._late_share * self._in.arrivals.sum(axis=1)
        self._in.removals[:] = net * (1 - share) + late
        gross = net * share / (1 - self._p("removals.return_rate"))
        self._in.validated[:] = gross * w.validation[b.row_provider]

    def set_capacity(self) -> None:
        """Admitted and non-admitted capacity, and the shortfall of treatment that changes who receives it."""
        w, b, week = self.world, self.plan.bundle, self.week
        provider = b.row_provider
        feedback = production.supply_feedback(
            w.mean_list, w.opening_list, w.mean_starts, b.starts, self._p("production.supply_feedback")
        )
        drift = b.drift / np.maximum(self._base_capacity, 1e-9) * self._drift_left[week]
        common = self._growth[week] * np.exp(w.productivity[provider]) * self._level("production.level")[provider]
        common = common * feedback * np.maximum(1 - drift, 0.0)
        trust = b.provider_trust
        equipment, staff, managed = (np.where(trust >= 0, x[trust], 1.0) for x in (w.equipment, w.staff, w.management))
        common = common * managed[provider]
        beds = np.where(trust >= 0, w.urgent.bed_level[trust], 1.0)
        elasticities = tuple(self._p(f"production.{name}_elasticity") for name in ("staff", "equipment", "beds"))
        admitted, other = production.input_effect(staff, equipment, beds, elasticities)  # type: ignore[arg-type]
        bought = self._bought_work()
        common = common * outsourcing.capacity_factor(
            w.outsourced, self._base_capacity, self._p("independent.additionality")
        )
        usual_adm = b.admitted * common * admitted[provider] + bought[0]
        usual_non = b.non_admitted * common * other[provider] + bought[1]
        season = self._season[1, week]
        usual_adm = self.urgent.displace(usual_adm, season)
        usual = usual_adm + usual_non
        chance = usual / np.maximum(w.stock.sum(axis=1), 1e-9)
        w.missing = access.shortfall(chance, self._usual_chance, w.missing, self._p("access.shortfall_memory_weeks"))
        np.multiply(usual_adm, season, out=self._in.capacity_adm)
        np.multiply(usual_non, season, out=self._in.capacity_non)
        weights = access.shortfall_weights(self._p("access.shortfall_ratio"))
        self._in.access[:] = w.opening.access
        self._in.access[:, :QUINTILES] = access.with_shortfall(w.opening.access[:, :QUINTILES], w.missing, weights)

    def _bought_work(self) -> tuple[Array, Array]:
        """Admitted and other work a week that schemes and bought work add to each row, as far as there is staff."""
        w, b = self.world, self.plan.bundle
        headroom = self._p("capital.staff_headroom")
        theatre = capital.staffed(w.theatre_gain, self._provider_admitted, headroom)
        per_hub = np.divide(theatre, self._provider_hub, out=np.zeros_like(theatre), where=self._provider_hub > 0)
        revenue = capital.staffed(w.revenue_gain, self._provider_capacity, headroom)
        share = revenue / np.maximum(self._provider_capacity, 1e-9)
        hub = np.where(w.opening.hub_rows, per_hub[b.row_provider], 0.0)
        return b.admitted * (hub + share[b.row_provider]), b.non_admitted * share[b.row_provider]

    def move_list(self) -> None:
        """The kernel, and the flows of the month."""
        w = self.world
        before = w.n.copy() if self._check else None
        self._pressed[:] = self._pressure[self.week]
        self._start = w.stock
        advance(w.n, self._in, self._flows)
        w.stock = self._flows.waiting.copy()
        f, m = self._flows, w.month
        m.starts += self._in.arrivals
        m.late += self._in.arrivals * self._late_share
        m.returned += self._in.returns
        m.treated_admitted += f.treated_adm
        m.treated_non_admitted += f.treated_non
        m.removed += f.removed + f.validated_out
        self._joined = self._in.arrivals * (1 + self._late_share) + self._in.returns
        if before is not None:
            self._check_flow(before)
        due, w.to_return = removals.next_returns(
            w.to_return, f.validated_out, self._p("removals.return_rate"), int(self._p("removals.return_weeks"))
        )
        w.returns[:] = due

    def follow_residents(self) -> None:
        """The list by ICB of residence."""
        w = self.world
        referrals.move_residents(w.mix, w.opening.entries.row, w.pattern, self._joined, self._start, w.stock)

    def count(self) -> None:
        """The list at the month's close, by weeks waited."""
        self.world.counts.update(self.world.n, self.plan.bundle.row_is_trust)

    def smooth(self) -> None:
        """Half-year means that capacity follows."""
        w, weeks = self.world, self._p("production.feedback_weeks")
        w.mean_list = production.smooth(w.mean_list, w.stock.sum(axis=1), weeks)
        w.mean_starts = production.smooth(w.mean_starts, w.starts_index, weeks)

    def choose_providers(self) -> None:
        """Waits of the last three months move referrals; boards and regions see last month's return."""
        w, b = self.world, self.plan.bundle
        waits = w.counts.mean_wait()
        waits = np.where(np.isfinite(waits), waits, w.recent_waits[-1])
        w.recent_waits = np.concatenate([w.recent_waits[1:], waits[None]])
        ratio = w.recent_waits.mean(axis=0) / w.wait_reference
        e = w.opening.entries
        market = np.ones(e.n_markets)
        for board, (use, (which, position)) in zip(self.boards, self._markets_of_board, strict=True):
            market[which] = board.market_waits(position, self._entry_starts[use], ratio[e.row[use]])
        w.pattern = referrals.choose(
            w.opening.base, e, ratio, market, w.opening.exponents, self._p("referrals.demand_elasticity")
        )
        if self._p("independent.outsourced") > 0 or w.outsourced.any():
            moved = outsourcing.outsource(
                w.pattern,
                e,
                ~b.row_is_trust,
                b.population,
                self._base_capacity / np.maximum(b.starts, 1e-9),
                self._p("independent.outsourced"),
                self._p("independent.use_ratio"),
            )
            w.pattern, w.outsourced = moved.pattern, moved.work
        wanted = e.to_rows(w.pattern)
        w.pattern *= population_health.by_entry(w.health.need, e.icb)
        w.row_rate = e.to_rows(w.pattern)
        w.spared = np.divide(wanted, w.row_rate, out=np.ones_like(wanted), where=w.row_rate > 0) - 1
        n = len(b.provider_code)
        within = np.bincount(b.row_provider, w.counts.within_18.sum(axis=1), n)
        w.signals.waiting = w.provider_list()
        w.signals.within_18_share = 100 * within / np.maximum(w.signals.waiting, 1e-9)

    def spend_ordinary(self) -> None:
        """A month of ordinary capital."""
        month = self.plan.calendar.months[self.plan.calendar.month_of_week[self.week]].month
        self.planning.spend_ordinary(self.week, month)

    def post_money(self) -> None:
        """A month of income and cost."""
        month = self.plan.calendar.closing_month(self.week)
        if month is not None:
            self.planning.spend_reward(self.week, self.books.post_month(self.week, month))
            self.population.post_month()

    def support_cash(self) -> None:
        """Nobody runs out of cash."""
        self.books.support_cash(self.week)

    def settle_contracts(self) -> None:
        """31 March: results of population budgets are shared."""
        self.books.add_income(self.contracts.settle(self.week))

    def close_books(self) -> None:
        """31 March."""
        self.planning.close_books(self.week)
        self.books.close_year(self.week, self.plan.calendar.sunday(self.week).year)
        self.planning.keep_surpluses(self.week)

    def oversee(self) -> None:
        """Scores and segments."""
        self.oversight.close_quarter(self.week)

    def tend_population(self) -> None:
        """Care outside hospital and prevention take effect."""
        self.population.close_month(self.week)

    def govern(self) -> None:
        """The programme's month."""
        if self.office.close_month(self.week):
            self.oversight.manage(min(self.week + 1, self.plan.calendar.n_weeks - 1))

    def offer_contracts(self) -> None:
        """Population budgets are offered."""
        self.contracts.close_month(self.week)

    def record(self) -> None:
        """Outcomes of the month."""
        month = self.plan.calendar.closing_month(self.week)
        if month is not None:
            self.recorder.record(month.label)

    def _level(self, name: str) -> Array:
        """Value of a per-trust level by provider; the independent sector takes England's."""
        b = self.plan.bundle
        by_trust, everybody = self.plan.parameters.by_trust(name, self.week, len(b.trusts.code))
        return np.where(b.provider_trust >= 0, by_trust[b.provider_trust], everybody)

    def _check_flow(self, before: Array) -> None:
        residual = np.abs(imbalance(before, self._in, self._flows, self.world.n))
        if residual.max() > TOLERANCE:
            row = int(residual.max(axis=1).argmax())
            self._fail("patients are not conserved", f"row {self._row_name(row)}: {residual.max():.3g} people")

    def _check_state(self) -> None:
        w = self.world
        if w.n.min() < 0:
            self._fail("negative number of people", self._row_name(int(w.n.min(axis=(1, 2)).argmin())))
        gap = np.abs(w.opening.entries.to_rows(w.mix) - w.stock).max()
        if gap > TOLERANCE * 10:
            self._fail("the list by ICB of residence does not add up", f"{gap:.3g} people")
        if w.money.pot.min() < -TOLERANCE:
            self._fail("a pot is overdrawn", self.plan.bundle.trusts.code[int(w.money.pot.argmin())])
        if self.week in self._year_close or self.week == self.plan.calendar.n_weeks - 1:
            w.ledger.check()

    def _row_name(self, row: int) -> str:
        b = self.plan.bundle
        return f"{b.provider_code[b.row_provider[row]]} {b.row_function[row]}"

    def _fail(self, what: str, found: str) -> None:
        raise CheckFailed(what, where=f"{self.plan.scenario.name}, week {self.week}", found=found)
