"""The planning round: boards ask, NHS England applies the limit, money moves, schemes are started and come to fruition.

Decisions are taken simultaneously; what is shared (the national limit) is rationed by the scenario's explicit rule.
Every pound drawn leaves a pot and a bank account and is spent by a named trust.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.condition import GapCondition
from aft_sim.agents.finance import FinanceRound
from aft_sim.agents.nhs_england import NHSEngland, YearLimit
from aft_sim.agents.ordinary import OrdinarySchemes
from aft_sim.agents.pound import PoundRecord
from aft_sim.agents.schemes import (
    APPROVAL,
    BUILD,
    WEEKS_A_MONTH,
    WEEKS_A_YEAR,
    Pipeline,
    Ripening,
    SchemeDraws,
    words_of,
)
from aft_sim.agents.spending import Spending
from aft_sim.agents.trust import DrawDecision, PotView, Trust
from aft_sim.baseline.bundle import MONEY_YEAR
from aft_sim.basis import streams
from aft_sim.basis.calendar import financial_year, months_left
from aft_sim.mechanisms import capital, lots, schemes
from aft_sim.mechanisms.ledger import PENCE as PENCE_A_MILLION
from aft_sim.policy.capital_regime import ROUTES, LimitRule, Limits, approval_route, may_reinvest_too, own_limit
from aft_sim.policy.programme import Status
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]

YEAR_OF_EFFECT = 52
PENCE = 8
"""Decimals of GBP m that a penny is."""
TOO_LARGE = "no whole scheme fits what is left of the plan"


@dataclass(frozen=True)
class Ideas:
    """What one trust could build with the money of one round, in the order in which its board looks at it.

    Attributes:
        keys: of the schemes.
        kinds: classes of capital.
        cost: (scheme,) GBP m.
    """

    keys: tuple[str, ...]
    kinds: tuple[str, ...]
    cost: Array

    def of(self, kind: str) -> NDArray[np.bool_]:
        """(scheme,) which are of a class."""
        return np.array([one == kind for one in self.kinds])


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
        self._spending = Spending(world, trusts, status)
        b = world.bundle
        self._ids = streams.words(b.trusts.code)
        self._schemes, self.pipeline = SchemeDraws(world, draws), Pipeline(world)
        self._prices = self._schemes.prices
        self.ordinary = OrdinarySchemes(world, status, draws, self._schemes, self.pipeline)
        self._envelope = world.money.envelope.copy()
        self._yearly = self._envelope.copy()
        self._equipment_stock = world.money.expenditure.copy()
        # the run begins within a financial year, of which the months before it are spent
        self._spent = self._envelope * (1 - months_left(world.plan.calendar.months[0].month) / 12)
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
        self._yearly = capital.ordinary_envelope(
            self._envelope, w.opening_money.depreciation, self._p("capital.envelope_by_assets", week)
        )
        w.money.envelope[:] = self._yearly
        self._spent[:] = 0.0
        self._limit = self._year_limit(week)
        self.ordinary.open_year(week, self._year(week))

    def commit_capital(self, week: int) -> None:
        """1 April, after draws and what they displace: ordinary capital is committed to schemes."""
        self.ordinary.commit(week, self._year(week), self._yearly, self._books.cost["depreciation"])

    def _year(self, week: int) -> int:
        """Calendar year in which the financial year of a week begins."""
        return int(self._world.plan.calendar.financial_year(self._world.plan.calendar.sunday(week))[:4])

    # -- draws ---------------------------------------------------------------------------------------------------------

    def announce(self, week: int) -> None:
        """The freedoms begin: one event per designated trust."""
        for i in self.status.beginning(week):
            self._tell(week, int(i), "designated", "holds AFT status", 1.0)

    def plan_draws(self, week: int) -> None:
        """Boards plan their draws for what is left of the financial year; the limit's rule is applied; money moves."""
        holders = self._may_draw(week)
        met = self._condition.all_met()[holders]
        for i in holders[~met]:
            self._tell(week, int(i), "no draw", "the gap by deprivation on its list has widened", 0.0)
        holders = holders[met]
        if not holders.size:
            return
        decisions = [self._trusts[i].decide_draw(self._view(int(i), week)) for i in holders]
        allowed = np.zeros(len(self._trusts))
        for d in decisions:
            allowed[d.trust] = d.amount
        allowed = capital.whole_pence(allowed)
        revenue = np.round(allowed * self._spending.revenue_share(week), PENCE)
        planned = self._plan_schemes(week, allowed - revenue)
        wanted = self._cost(planned)
        decisions = [self._with_schemes(d, float(revenue[d.trust] + wanted[d.trust])) for d in decisions]
        for d in decisions:
            if d.reason:
                self._tell(week, d.trust, "no draw" if d.amount == 0 else "draw reduced", d.reason, d.wish - d.amount)
        rule: LimitRule = self._world.plan.scenario.capital.limit_rule
        room = self._world.money.envelope - self._spent
        outcome = self._national.apply_limit(wanted, room, rule, self._limit)
        chosen = self._within_limit(week, planned, wanted, outcome.spent)
        spent = self._cost(chosen)
        self.pounds.draw(week, decisions, wanted + revenue, spent, revenue)
        self._move_money(week, decisions, wanted + revenue, spent + revenue)
        if self._world.plan.scenario.capital.allocate_to == "holders":
            self._start_schemes(week, spent, "pot_capital", chosen)
        else:
            spent, revenue = self._given_by_need(spent, revenue)
            self._start_schemes(week, spent, "pot_capital", self._spend_in_full(week, spent))
        self._start_revenue(week, revenue)
        if outcome.cut.any():
            self._cut_envelopes(week, outcome.cut, "room for draws of others")

    def _may_draw(self, week: int) -> Index:
        """Who plans a draw this week: on 1 April all who may, else those whose status begins."""
        holders = self.status.may_reinvest(week)
        if not self._is_april(week):  # whoever held the freedom on 1 April has planned for the year
            return np.intersect1d(holders, self.status.beginning(week))
        also = self._world.plan.scenario.capital.reinvest_also
        others = may_reinvest_too(also, self._world.oversight.latest, self._world.bundle.trusts.foundation)
        return np.union1d(holders, np.flatnonzero(others))

    @staticmethod
    def _with_schemes(d: DrawDecision, amount: float) -> DrawDecision:
        """A board asks for what its schemes and its extra work cost."""
        return replace(d, amount=amount, reason=d.reason or TOO_LARGE) if amount < d.amount - 1e-7 else d

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

    def _given_by_need(self, spent: Array, revenue: Array) -> tuple[Array, Array]:
        """The sum that holders drew goes to the trusts with the longest waits."""
        w, b = self._world, self._world.bundle
        eligible = np.flatnonzero(b.provider_trust >= 0)
        count = w.plan.scenario.capital.recipients
        share = self._national.choose_by_need(w.signals.within_18_share, w.signals.waiting, eligible, count)
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

    def _ideas(self, week: int, trust: int) -> Ideas:
        """What a board can choose from in one round: schemes of each class, sizes drawn by trust, year and slot."""
        year = self._world.plan.calendar.financial_year(self._world.plan.calendar.sunday(week))
        number = int(self._p("capital.scheme_ideas", week))
        kinds = capital.CLASSES * number
        keys = tuple(
            f"{self._key(trust, year, kind, week)}|{n // len(capital.CLASSES)}" for n, kind in enumerate(kinds)
        )
        yearly = self._yearly[trust : trust + 1]
        return Ideas(keys, kinds, self._schemes.sizes(week, 0, words_of(keys, (len(keys),)), yearly))

    def _plan_schemes(self, week: int, budget: Array) -> dict[int, Ideas]:
        """The schemes that boards with a budget, (trust,), pay for in full; what is too large waits, as does its money.

        Each class of capital has its part of the plan; what none of its schemes fits goes to schemes of the others.
        """
        parts, planned = self._spending.capital_split(budget, week), {}
        for i in np.flatnonzero(budget > 0):
            ideas = self._ideas(week, int(i))
            taken = np.zeros(ideas.cost.size, dtype=bool)
            for kind in capital.CLASSES:
                mine = ideas.of(kind)
                taken[mine] = schemes.whole(float(parts[kind][i]), ideas.cost[mine])
            left = float(capital.whole_pence(budget[i] - ideas.cost[taken].sum()))
            others = ~taken & np.array([parts[kind][i] > 0 for kind in ideas.kinds])
            taken[others] = schemes.whole(left, ideas.cost[others])
            self._refuse(week, int(i), ideas, ~taken, "larger than what is left of the plan")
            planned[int(i)] = _some(ideas, taken)
        return planned

    def _within_limit(self, week: int, planned: dict[int, Ideas], wanted: Array, room: Array) -> dict[int, Ideas]:
        """The schemes of a plan for which the national limit leaves room, (trust,) GBP m."""
        kept = {}
        for i, ideas in planned.items():
            taken = np.ones(ideas.cost.size, dtype=bool)
            if room[i] < wanted[i]:
                taken = schemes.whole(float(room[i]), ideas.cost)
                self._refuse(week, i, ideas, ~taken, "the national capital limit")
            kept[i] = _some(ideas, taken)
        return kept

    def _refuse(self, week: int, trust: int, ideas: Ideas, refused: NDArray[np.bool_], why: str) -> None:
        for kind in capital.CLASSES:
            these = refused & ideas.of(kind)
            if number := int(these.sum()):
                detail = f"{kind}, {number} scheme{'' if number == 1 else 's'}: {why}"
                self._tell(week, trust, "schemes refused", detail, float(ideas.cost[these].sum()))

    def _cost(self, chosen: Mapping[int, Ideas]) -> Array:
        """(trust,) GBP m."""
        total = np.zeros(len(self._trusts))
        for i, ideas in chosen.items():
            total[i] = np.round(ideas.cost.sum(), PENCE)
        return total

    def _spend_in_full(self, week: int, given: Array) -> dict[int, Ideas]:
        """Schemes for money that is given to be spent, (trust,): the last of each class is as large as what is left."""
        parts, made = self._spending.capital_split(given, week), {}
        for i in np.flatnonzero(given > 0):
            ideas = self._ideas(week, int(i))
            cost = np.zeros(ideas.cost.size)
            for kind in capital.CLASSES:
                mine = ideas.of(kind)
                cost[mine] = schemes.spent_in_full(float(parts[kind][i]), ideas.cost[mine])
            made[int(i)] = _some(replace(ideas, cost=cost), cost > 0)
        return made

    def _start_schemes(self, week: int, spent: Array, purpose: str, chosen: Mapping[int, Ideas]) -> None:
        """Pay for schemes, (trust,) GBP m, and send them on their way."""
        w = self._world
        w.money.capital_spend += spent
        self._books.spend_capital(spent, purpose)
        limits = Limits.read(lambda name: self._p(name, week))
        own = own_limit(w.oversight.latest, w.bundle.trusts.foundation, limits)
        for i, ideas in chosen.items():
            freedom = np.array(self.status.may_approve(i, week))
            routes = approval_route(ideas.cost, own[i], freedom, limits)
            started = []
            for key, kind, cost, route in zip(ideas.keys, ideas.kinds, ideas.cost, routes, strict=True):
                scheme = self._schemes.scheme(week, i, kind, float(cost), ROUTES[route], key)
                started.append((key, scheme))
                self._tell(week, i, "scheme idea", f"{kind}, {scheme.route} route", scheme.amount)
                weeks = (scheme.approved_week, scheme.approved_week, scheme.built_week)
                self.pipeline.tell_life(i, kind, scheme.amount, weeks, scheme.real)
                self.pipeline.bring(scheme.built_week, Ripening(kind, np.array([i]), np.array([scheme.real])))
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
        for kind, amount in self._spending.usual_split(cut, week).items():
            build = self._p(BUILD[kind], week) if kind in BUILD else 0.0
            real = capital.real_value(-amount / self._prices[week], approval, growth)
            built = week + round((approval + build) * WEEKS_A_MONTH)
            self.pipeline.bring(built, Ripening(kind, np.arange(cut.size), real))
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
            self.pipeline.bring(week, Ripening("revenue", trusts, gain[trusts]))
            self.pipeline.bring(week + YEAR_OF_EFFECT, Ripening("revenue", trusts, -gain[trusts]))

    def spend_ordinary(self, week: int, month: int) -> None:
        """A month of ordinary capital: what is left of every envelope, spread over what is left of the year."""
        spend = (self._world.money.envelope - self._spent) / months_left(month)
        spend = self.ordinary.payable(spend, self._books.cost["depreciation"] / 12, month, week)
        self._world.money.capital_spend += spend
        self._books.spend_ordinary(spend)
        self._spent += spend

    def spend_reward(self, week: int, amount: Array) -> None:
        """Spend capital earned by performance, (trust,)."""
        if amount.any():
            self._start_schemes(week, amount, "capital", self._spend_in_full(week, amount))

    def ripen(self, week: int) -> None:
        """Bring into use what is finished this week."""
        w = self._world
        items = self.pipeline.due(week)
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
                np.subtract.at(w.money.backlog, item.trusts, item.real)
                np.maximum(w.money.backlog, 0.0, out=w.money.backlog)
        levels = {"theatre": w.theatre_gain, "equipment": w.equipment, "revenue": w.revenue_gain}
        for kind in sorted({item.kind for item in items} & set(levels)):
            self.pounds.note(week, kind, levels[kind])

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        code = self._world.bundle.trusts.code[trust]
        self._world.events.append(Event(self._month(week), code, event, detail, value))


def _some(ideas: Ideas, taken: NDArray[np.bool_]) -> Ideas:
    """Those of some schemes that are taken."""
    at = np.flatnonzero(taken)
    return Ideas(tuple(ideas.keys[k] for k in at), tuple(ideas.kinds[k] for k in at), ideas.cost[at])
