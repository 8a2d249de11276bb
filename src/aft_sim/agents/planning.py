"""The planning round: boards ask, NHS England applies the limit, money moves, schemes are started and come to fruition.

Decisions are taken simultaneously; what is shared (the national limit) is rationed by the scenario's explicit rule.
Every pound drawn leaves a pot and a bank account and is spent by a named trust.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.condition import GapCondition
from aft_sim.agents.finance import FinanceRound
from aft_sim.agents.nhs_england import NHSEngland, YearLimit
from aft_sim.agents.pound import PoundRecord
from aft_sim.agents.trust import DrawDecision, PotView, Trust
from aft_sim.baseline.bundle import MONEY_YEAR
from aft_sim.basis import streams
from aft_sim.basis.calendar import financial_year, months_left
from aft_sim.mechanisms import capital, lots, production
from aft_sim.mechanisms.ledger import PENCE as PENCE_A_MILLION
from aft_sim.policy.capital_regime import LimitRule, Limits, Route, approval_route
from aft_sim.policy.programme import Status
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WEEKS_A_YEAR = 365.25 / 7
WEEKS_A_MONTH = WEEKS_A_YEAR / 12
YEAR_OF_EFFECT = 52
PENCE = 8
"""Decimals of GBP m that a penny is."""
APPROVAL = {
    "board": "capital.approval_months.board",
    "aft": "capital.approval_months.aft",
    "ordinary": "capital.approval_months.ordinary",
    "treasury": "capital.approval_months.treasury",
}
BUILD = {"theatre": "capital.build_months.theatre", "equipment": "capital.build_months.equipment"}


@dataclass(frozen=True)
class Ripening:
    """Capital that comes into use: what kind, at which trusts, how much at the costs of its start (GBP m)."""

    kind: str
    trusts: Index
    real: Array


class CapitalPlanning:
    """Wires pots, limit and schemes of one run."""

    def __init__(
        self,
        world: World,
        trusts: list[Trust],
        national: NHSEngland,
        books: FinanceRound,
        status: Status,
        condition: GapCondition,
        draws: streams.Streams,
    ) -> None:
        """Find out which boards use their freedoms and set the first year's limit."""
        self._world, self._trusts, self._national, self._draws = world, trusts, national, draws
        self._books, self.status, self._condition = books, status, condition
        b = world.bundle
        self._ids = streams.words(b.trusts.code)
        self._prices = production.growth_index(world.plan.parameters.path("capital.price_growth"))
        self._envelope = world.money.envelope.copy()
        self._equipment_stock = world.money.expenditure.copy()
        # the run begins within a financial year, of which the months before it are spent
        self._spent = self._envelope * (1 - months_left(world.plan.calendar.months[0].month) / 12)
        self._ripening: dict[int, list[Ripening]] = defaultdict(list)
        self._equipment_real = np.zeros(len(b.trusts.code))
        self._limit = self._year_limit(0)
        self.pounds = PoundRecord(np.zeros(len(b.trusts.code), dtype=np.int64))
        self.pounds.take_in(world.money.pot, -1, f"before April {MONEY_YEAR + 1}")

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _month(self, week: int) -> str:
        calendar = self._world.plan.calendar
        return str(calendar.months[calendar.month_of_week[min(week, calendar.n_weeks - 1)]].label)

    def _year_limit(self, week: int) -> YearLimit:
        """The limit of the financial year that a week belongs to; drawn by year, so no policy can shift it."""
        day = self._world.plan.calendar.sunday(week)
        year = self._world.plan.calendar.financial_year(day)
        u = float(self._draws.chance("capital limit", int(year[:4]), streams.words(["England"]))[0])
        return self._national.set_limit(
            year,
            u,
            self._p("capital.limit_binds", week),
            self._p("capital.crowd_out_binding", week),
            self._p("capital.crowd_out_slack", week),
        )

    # -- 31 March and 1 April ----------------------------------------------------------------------------------------

    def close_books(self, week: int) -> None:
        """Year end: a year's backlog comes on top."""
        w = self._world
        w.money.backlog[:] = capital.backlog_step(w.money.backlog, self._p("capital.backlog_growth", week))

    def keep_surpluses(self, week: int) -> None:
        """Year end, when the books are closed: each pot's new money is a lot of that year."""
        year = self._world.plan.calendar.months[self._world.plan.calendar.month_of_week[week]].year
        self.pounds.take_in(self._world.money.pot, week, financial_year(date(year - 1, 4, 1)))

    def open_year(self, week: int) -> None:
        """1 April: envelopes grow and follow assets, the year's limit is known."""
        w = self._world
        self._envelope *= 1 + self._p("capital.limit_growth", week)
        w.money.envelope[:] = capital.ordinary_envelope(
            self._envelope, w.opening_money.depreciation, self._p("capital.envelope_by_assets", week)
        )
        self._spent[:] = 0.0
        self._limit = self._year_limit(week)

    # -- draws ---------------------------------------------------------------------------------------------------------

    def announce(self, week: int) -> None:
        """The freedoms begin: one event per designated trust."""
        for i in self.status.beginning(week):
            self._tell(week, int(i), "designated", "holds AFT status", 1.0)

    def plan_draws(self, week: int) -> None:
        """Boards plan their draws for what is left of the financial year; the limit's rule is applied; money moves."""
        holders = self.status.may_reinvest(week)
        if not self._is_april(week):  # whoever held the freedom on 1 April has planned for the year
            holders = np.intersect1d(holders, self.status.beginning(week))
        met = self._condition.all_met()[holders]
        for i in holders[~met]:
            self._tell(week, int(i), "no draw", "the gap on its list is wider than at the opening", 0.0)
        holders = holders[met]
        if not holders.size:
            return
        decisions = [self._trusts[i].decide_draw(self._view(int(i), week)) for i in holders]
        wished = np.zeros(len(self._trusts))
        for d in decisions:
            wished[d.trust] = d.amount
            if d.reason:
                self._tell(week, d.trust, "no draw" if d.amount == 0 else "draw reduced", d.reason, d.wish - d.amount)
        wished = capital.whole_pence(wished)
        revenue = np.round(wished * self._p("capital.revenue_split", week), PENCE)
        rule: LimitRule = self._world.plan.scenario.capital.limit_rule
        room = self._world.money.envelope - self._spent
        outcome = self._national.apply_limit(wished - revenue, room, rule, self._limit)
        spent = np.round(outcome.spent, PENCE)
        self.pounds.draw(week, decisions, wished, spent, revenue)
        self._move_money(week, decisions, wished, spent + revenue)
        spent, revenue = self._where_spent(spent, revenue)
        self._start_schemes(week, spent, "pot_capital")
        self._start_revenue(week, revenue)
        if outcome.cut.any():
            self._cut_envelopes(week, outcome.cut, "room for draws of others")

    def _is_april(self, week: int) -> bool:
        calendar = self._world.plan.calendar
        return week == calendar.first_week_of_april(calendar.sunday(week).year)

    def _view(self, i: int, week: int) -> PotView:
        w, p = self._world, self._p
        calendar = w.plan.calendar
        monday = calendar.monday(week)
        april = calendar.first_week_of_april(monday.year if monday.month < 4 else monday.year + 1)
        if april <= week:
            april = calendar.first_week_of_april(calendar.monday(april).year + 1)
        u = float(self._draws.chance("propensity", 0, self._ids[i : i + 1])[0])
        return PotView(
            float(w.money.pot[i]),
            float(w.cash[i]),
            float(w.money.expenditure[i]),
            min((april - week) / WEEKS_A_YEAR, 1.0),
            p("capital.invest_share", week),
            p("capital.delivery", week),
            p("capital.cash_floor_days", week),
            bool(u < p("programme.propensity", week)),
            bool(w.money.in_deficit[i]),
        )

    def _move_money(self, week: int, decisions: list[DrawDecision], asked: Array, drawn: Array) -> None:
        """Draws leave the pot; what the limit refused stays in it."""
        w = self._world
        w.money.pot[:] = np.maximum(np.round(w.money.pot - drawn, PENCE), 0.0)
        w.money.drawn += drawn
        for d in decisions:
            if d.amount > 0:
                self._tell(week, d.trust, "draw", "GBP m from the pot", float(drawn[d.trust]))
                refused = float(asked[d.trust] - drawn[d.trust])
                if refused > 1e-9:
                    self._tell(week, d.trust, "draw reduced", "the national capital limit", refused)

    def _where_spent(self, spent: Array, revenue: Array) -> tuple[Array, Array]:
        """Holders spend their own draws, or the same sum goes to the trusts with the longest waits."""
        w, levers = self._world, self._world.plan.scenario.capital
        if levers.allocate_to == "holders":
            return spent, revenue
        b = w.bundle
        eligible = np.flatnonzero(b.provider_trust >= 0)
        share = self._national.choose_by_need(w.signals.within_18_share, w.signals.waiting, eligible, levers.recipients)
        to_trust = np.zeros(len(self._trusts))
        to_trust[b.provider_trust[eligible]] = share[eligible]
        moved = self._shared(spent, to_trust), self._shared(revenue, to_trust)
        self._books.hand_over(spent + revenue, moved[0] + moved[1])
        return moved

    @staticmethod
    def _shared(amount: Array, share: Array) -> Array:
        """The sum of an amount, shared out to the penny."""
        return np.array(lots.apportion(round(float(amount.sum()) * PENCE_A_MILLION), share.tolist())) / PENCE_A_MILLION

    # -- schemes -------------------------------------------------------------------------------------------------------

    def _split(self, amount: Array, week: int) -> Mapping[str, Array]:
        p = self._p
        return capital.split(
            amount,
            p("capital.split.new", week),
            p("capital.split.improvement", week),
            p("capital.split.lifecycle", week),
            p("capital.split.equipment", week),
            p("capital.elective_share", week),
        )

    def _months(self, name: str, week: int, key: str) -> float:
        """Months that a stage of one scheme takes: lognormal around the parameter, by a quantile fixed by its key."""
        z = float(streams.normal(self._draws.chance(name, 0, streams.words([key])))[0])
        return self._p(name, week) * float(
            np.exp(self._p("capital.stage_spread", week) * self._p("run.chance", week) * z)
        )

    def _start_schemes(self, week: int, spent: Array, purpose: str) -> None:
        w = self._world
        w.money.capital_spend += spent
        self._books.spend_capital(spent, purpose)
        year = w.plan.calendar.financial_year(w.plan.calendar.sunday(week))
        limits = Limits(
            self._p("capital.delegated_limit", week),
            self._p("capital.delegated_limit_distressed", week),
            self._p("capital.aft_limit", week),
            self._p("capital.treasury_limit", week),
        )
        parts = self._split(spent, week)
        for i in np.flatnonzero(spent > 0):
            started = []
            for kind in capital.CLASSES:
                amount = float(parts[kind][i])
                segment = float(w.oversight.latest[i])
                route = approval_route(amount, segment, self.status.may_approve(int(i), week), limits)
                key = self._key(int(i), year, kind, week)
                scheme = self._scheme(week, int(i), kind, amount, route, key)
                started.append((key, scheme))
                self._tell(week, int(i), "scheme started", f"{kind}, {route} route", amount)
                if scheme.built_week < w.plan.calendar.n_weeks:
                    self._ripening[scheme.built_week].append(
                        Ripening(kind, np.array([scheme.trust]), np.array([scheme.real]))
                    )
            if purpose == "pot_capital":
                self.pounds.buy_schemes(float(spent[i]), started)

    def _key(self, trust: int, year: str, kind: str, week: int) -> str:
        return f"{self._world.bundle.trusts.code[trust]}|{year}|{kind}|{self._slot(trust, week)}"

    def _slot(self, trust: int, week: int) -> str:
        """Which round of the year a week is: April's, the one at which freedoms begin, or an incentive's."""
        if week == self._world.plan.aft_week or trust in self.status.beginning(week):
            return "status"
        month = self._world.plan.calendar.closing_month(week)
        return "april" if month is None else f"incentive {month.month}"

    def _scheme(self, week: int, trust: int, kind: str, amount: float, route: Route, key: str) -> capital.Scheme:
        approval = self._months(APPROVAL[route], week, key)
        build = self._months(BUILD[kind], week, key) if kind in BUILD else 0.0
        approved = week + round(approval * WEEKS_A_MONTH)
        return capital.Scheme(
            trust,
            kind,
            amount,
            route,
            week,
            approved,
            approved + round(build * WEEKS_A_MONTH),
            capital.real_value(amount / self._prices[week], approval, self._p("capital.cost_growth", week)),
        )

    def pay_back(self, week: int, owed: Array) -> None:
        """Take cash support that was not forgiven from the year's ordinary capital, as far as there is any.

        Args:
            week: of the 1 April.
            owed: (trust,) GBP m, reduced in place by what is paid back.
        """
        cut = np.minimum(owed, self._world.money.envelope)
        if cut.any():
            self._cut_envelopes(week, cut, "cash support paid back")
            owed -= cut

    def _cut_envelopes(self, week: int, cut: Array, why: str) -> None:
        """Ordinary capital that is not spent: schemes that would have come by the board route do not come."""
        w = self._world
        w.money.envelope -= cut
        approval = self._p(APPROVAL["board"], week)
        growth = self._p("capital.cost_growth", week)
        for kind, amount in self._split(cut, week).items():
            build = self._p(BUILD[kind], week) if kind in BUILD else 0.0
            real = capital.real_value(-amount / self._prices[week], approval, growth)
            built = week + round((approval + build) * WEEKS_A_MONTH)
            self._ripening[built].append(Ripening(kind, np.arange(cut.size), real))
        for i in np.flatnonzero(cut > 0):
            self._tell(week, int(i), "envelope cut", why, float(cut[i]))

    def _start_revenue(self, week: int, revenue: Array) -> None:
        """Non-recurrent revenue buys extra work for a year."""
        w = self._world
        w.money.revenue_spend += revenue
        self._books.buy_work(revenue)
        gain = capital.revenue_gain(
            revenue / self._prices[week],
            self._p("capital.cost_per_pathway", week),
            self._p("capital.marginal_cost_ratio", week),
        )
        trusts = np.flatnonzero(gain)
        if trusts.size:
            year = w.plan.calendar.financial_year(w.plan.calendar.sunday(week))
            for i in trusts:
                key = self._key(int(i), year, "revenue", week)
                self.pounds.buy_work(int(i), week, key, float(revenue[i]), float(gain[i]))
            self._ripening[week].append(Ripening("revenue", trusts, gain[trusts]))
            self._ripening[week + YEAR_OF_EFFECT].append(Ripening("revenue", trusts, -gain[trusts]))

    def spend_ordinary(self, month: int) -> None:
        """A month of ordinary capital: what is left of every envelope, spread over what is left of the year."""
        spend = (self._world.money.envelope - self._spent) / months_left(month)
        self._world.money.capital_spend += spend
        self._books.spend_ordinary(spend)
        self._spent += spend

    def spend_reward(self, week: int, amount: Array) -> None:
        """Spend capital earned by performance, (trust,)."""
        if amount.any():
            self._start_schemes(week, amount, "capital")

    def ripen(self, week: int) -> None:
        """Bring into use what is finished this week."""
        w = self._world
        items = self._ripening.pop(week, ())
        for item in items:
            providers = w.bundle.trust_provider[item.trusts]
            listed = providers >= 0
            if item.kind == "theatre":
                gain = capital.theatre_gain(
                    1.0,
                    self._p("capital.hub_cost", week),
                    self._p("capital.hub_effect", week),
                    w.opening.typical_hub_work,
                )
                np.add.at(w.theatre_gain, providers[listed], gain * item.real[listed])
            elif item.kind == "equipment":
                np.add.at(self._equipment_real, item.trusts, item.real)
                stock = self._p("capital.equipment_stock_share", week) * self._equipment_stock
                w.equipment[:] = np.where(stock > 0, capital.equipment_index(self._equipment_real, stock), 1.0)
            elif item.kind == "revenue":
                np.add.at(w.revenue_gain, providers[listed], item.real[listed])
            else:
                w.money.backlog[item.trusts] = np.maximum(w.money.backlog[item.trusts] - item.real, 0.0)
            if item.trusts.size == 1 and item.kind != "revenue":
                self._tell(week, int(item.trusts[0]), "in use", item.kind, float(item.real[0]))
        levels = {"theatre": w.theatre_gain, "equipment": w.equipment, "revenue": w.revenue_gain}
        for kind in sorted({item.kind for item in items} & set(levels)):
            self.pounds.note(week, kind, levels[kind])

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        code = self._world.bundle.trusts.code[trust]
        self._world.events.append(Event(self._month(week), code, event, detail, value))
