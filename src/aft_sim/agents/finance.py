"""The money round: budgets and savings each April, income and cost each month, support, and the year's close.

Every amount that moves is a posting of the ledger. Decisions come from the agents, rules from `policy.payment`, costs
from `mechanisms.finance`, the year's contracts from `agents.contracts`. Money is GBP m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents import contracts
from aft_sim.agents.icb import IntegratedCareBoard
from aft_sim.agents.iho_money import ContractMoney
from aft_sim.agents.nhs_england import NHSEngland
from aft_sim.agents.trust import SavingsView, Trust
from aft_sim.baseline.bundle import MONEY_YEAR
from aft_sim.basis import streams
from aft_sim.basis.calendar import Month, months_left
from aft_sim.mechanisms import emergency, finance
from aft_sim.policy import payment, shift
from aft_sim.policy.programme import Status
from aft_sim.world import Event, World

Array = NDArray[np.float64]

MONTHS = 12
QUARTER_ENDS = (3, 6, 9, 12)
HALF_YEAR_ENDS = (3, 9)
VARIABLE = ("pay", "bank_agency", "drugs", "non_pay")
"""Kinds of cost that follow work and savings; private finance and capital charges do not."""
CHARGES = ("pfi", "depreciation", "pdc_dividend")
SMALLEST = 1e-8
"""A penny, in GBP m."""


@dataclass
class SoFar:
    """What has happened of a financial year within the run, GBP m.

    Attributes:
        whole: months of the year that lie in the run; fewer than twelve in the one in which it opens.
        months: of them that have passed.
        income, expenditure: (trust,) without deficit support; without work bought from pots.
        planned: (trust,) surplus without support that was planned for these months.
        support: (trust,) deficit support.
        earned: (trust,) paid for elective activity.
        independent: (board,) paid to the independent sector.
        unforgiven: (trust,) cash support that has to be found from capital of the years after.
    """

    whole: int
    months: int
    income: Array
    expenditure: Array
    planned: Array
    support: Array
    earned: Array
    independent: Array
    unforgiven: Array

    @classmethod
    def nothing(cls, trusts: int, boards: int, whole: int = MONTHS) -> SoFar:
        """The first of April, or the opening."""
        none = [np.zeros(trusts) for _ in range(6)]
        return cls(whole, 0, none[0], none[1], none[2], none[3], none[4], np.zeros(boards), none[5])

    @property
    def underlying(self) -> Array:
        """(trust,) surplus without support."""
        return self.income - self.expenditure

    @property
    def surplus(self) -> Array:
        """(trust,) surplus with support."""
        return self.underlying + self.support


@dataclass(frozen=True)
class Position:
    """How trusts stand in the financial year so far, (trust,).

    Attributes:
        opening_year: whether it is the year in which the run opens, of which only some months lie in it.
        planned: planned surplus without support, share of income.
        variance: surplus without support beyond plan, share of income.
        deficit: whether a deficit is planned or reported, support included.
        support: whether deficit support is due this year.
    """

    opening_year: bool
    planned: Array
    variance: Array
    deficit: NDArray[np.bool_]
    support: NDArray[np.bool_]


class FinanceRound:
    """Wires the money of one run."""

    def __init__(
        self,
        world: World,
        trusts: list[Trust],
        boards: list[IntegratedCareBoard],
        national: NHSEngland,
        status: Status,
        draws: streams.Streams,
        budgets: ContractMoney,
    ) -> None:
        """Take over the opening year."""
        self._world, self._trusts, self._boards, self._national = world, trusts, boards, national
        self._status, self._draws, self._budgets = status, draws, budgets
        b, m = world.bundle, world.opening_money
        self._ids = streams.words(b.trusts.code)
        # a trust that no board hosts (ambulance trusts serve several) is nobody's system: it stands for itself
        self._home = np.where(b.trusts.icb >= 0, b.trusts.icb, len(boards))
        self._full_support = m.deficit_support
        self._acute = np.isin(b.trusts.type, shift.ACUTE)
        self.contracts = self._opening_contracts(b.money_years[1])
        grown = (1 + self._p("payment.settlement_growth", 0)) ** b.money_years[1]
        self._margin = _share(m.surplus - m.deficit_support, m.income)
        variable = np.asarray(np.sum([getattr(m, kind) for kind in VARIABLE], axis=0))
        self._parts = {kind: _share(getattr(m, kind), variable) for kind in VARIABLE}
        self._recurrent = finance.recurrent_before(variable * grown, self._programme(0))
        self.cost: dict[str, Array] = {kind: getattr(m, kind) * grown for kind in (*VARIABLE, *CHARGES)}
        self._assets = m.assets.copy()
        self._planned = self.contracts.income - self._expenditure()
        self._overspent = np.zeros(len(boards))
        self._so_far = SoFar.nothing(len(trusts), len(boards), months_left(world.plan.calendar.months[0].month))
        self._shock = self._yearly_shock(0)
        provider = b.row_provider
        self._row_trust = b.provider_trust[provider]
        self._row_board = np.where(self._row_trust < 0, b.provider_icb[provider], -1)
        self._prepaid = np.zeros((MONTHS, len(trusts)))
        self.owed = np.zeros(len(trusts))
        self._half_year_ago = (world.signals.within_18_share.copy(), world.signals.waiting.copy())

    def _opening_contracts(self, aprils: int) -> contracts.Contracts:
        """Contracts of the year in which the run opens: those of the baseline's year, and every 1 April since."""
        m = self._world.opening_money
        agreed = contracts.opening(m)
        for year in range(MONEY_YEAR + 1, MONEY_YEAR + 1 + aprils):
            none = np.zeros(len(self._boards))
            agreed = contracts.agree(
                agreed,
                self._terms(0, year),
                self._full_support,
                none,
                agreed.cap,
                m.independent_sector,
                self._acute,
                self._national,
                self._boards,
            )
        return agreed

    def _terms(self, week: int, year: int) -> contracts.Terms:
        """What national bodies set for a year, by the parameters of a week."""
        p, moves = self._p, self._world.plan.scenario.shift
        return contracts.Terms(
            year,
            p("payment.settlement_growth", week),
            p("capital.price_growth", week),
            p("payment.efficiency_factor", week),
            p("payment.convergence_floor", week),
            p("payment.deficit_repaid", week),
            self._world.plan.scenario.money.dsf_closure,
            shift.of_year(year, moves.community, moves.prevention, moves.from_),
        )

    # -- helpers -------------------------------------------------------------------------------------------------------

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _year(self, week: int) -> int:
        """Calendar year in which the financial year of a week begins."""
        return int(self._world.plan.calendar.financial_year(self._world.plan.calendar.sunday(week))[:4])

    def _expenditure(self) -> Array:
        return np.asarray(np.sum(list(self.cost.values()), axis=0))

    def position(self) -> Position:
        """How trusts stand in the year so far."""
        so_far, due = self._so_far, self.contracts.support
        planned = _share(so_far.planned, so_far.income)
        return Position(
            so_far.whole < MONTHS,
            planned,
            _share(so_far.underlying, so_far.income) - planned,
            (so_far.surplus < -SMALLEST) | (self._planned + due < -SMALLEST),
            due > SMALLEST,
        )

    def _programme(self, week: int) -> finance.Programme:
        """This year's savings programmes: every board plans its own."""
        keeps = np.zeros(len(self._trusts))
        if self._world.plan.scenario.money.surpluses == "kept":
            keeps[self._status.may_reinvest(week)] = 1.0
        rule = [self._p(f"ledger.savings_{name}", week) for name in ("plan", "response", "effort")]
        plans = [
            t.plan_savings(SavingsView(float(self._margin[t.index]), float(keeps[t.index]), *rule))
            for t in self._trusts
        ]
        delivery, recurrent = self._p("ledger.savings_delivery", week), self._p("ledger.savings_recurrent", week)
        return finance.Programme(np.array(plans), delivery, recurrent)

    def _yearly_shock(self, week: int) -> Array:
        """(trust,) the year's unplanned cost, share of expenditure."""
        z = streams.normal(self._draws.chance("cost of the year", self._year(week), self._ids))
        return np.asarray(z * self._p("ledger.cost_noise", week) * self._p("run.chance", week))

    # -- 1 April -------------------------------------------------------------------------------------------------------

    def open_year(self, week: int) -> None:
        """1 April: settlement, allocations, prices and contracts; budgets, savings and the staff they pay for."""
        terms = self._terms(week, self._year(week))
        so_far = self._so_far
        whole = so_far.whole == MONTHS
        independent = so_far.independent if whole else self._world.opening_money.independent_sector
        earned = so_far.earned if whole else self.contracts.cap
        self.contracts = contracts.agree(
            self.contracts,
            terms,
            self._full_support,
            self._overspent,
            earned,
            independent,
            self._acute,
            self._national,
            self._boards,
        )
        self._budget(week, terms)
        self.owed += so_far.unforgiven
        self._so_far = SoFar.nothing(len(self._trusts), len(self._boards))
        self._shock = self._yearly_shock(week)

    def _budget(self, week: int, terms: contracts.Terms) -> None:
        p, w, c = self._p, self._world, self.contracts
        marginal = p("capital.marginal_cost_ratio", week)
        gross = finance.gross_cost(
            self._recurrent, terms.inflation, c.volume, marginal, p("ledger.cost_pressure", week)
        )
        programme = self._programme(week)
        self._recurrent = gross * (1 - programme.lasting)
        moved = self._parts["bank_agency"] * p("ledger.temporary_reduction", week)
        # posts take the place of bank and agency work; what that saves is part of the programme
        self._parts = self._parts | {
            "bank_agency": self._parts["bank_agency"] - moved,
            "pay": self._parts["pay"] + moved,
        }
        budget = gross * (1 - programme.delivered)
        self.cost = {kind: budget * self._parts[kind] for kind in VARIABLE} | {
            "pfi": self.cost["pfi"] * (1 + terms.inflation),
            "depreciation": self._assets / p("ledger.assets_per_depreciation", week),
            "pdc_dividend": self._assets * p("ledger.pdc_dividend", week),
        }
        w.money.expenditure[:] = self._expenditure()
        # boards plan on their whole programme
        self._planned = c.income - w.money.expenditure + gross * (programme.plan - programme.delivered)
        # what does not last is staff again the year after
        usual = p("ledger.savings_plan", week) * programme.delivery * programme.recurrent
        cut = p("ledger.savings_from_staff", week) * (programme.lasting - usual)
        w.staff[:] = finance.staff_step(w.staff, c.volume, contracts.usual_volume(), marginal, cut)

    # -- every month ---------------------------------------------------------------------------------------------------

    def post_month(self, week: int, month: Month) -> Array:
        """A month of income and cost.

        Args:
            week: its last week.
            month: the month that closes.

        Returns:
            (trust,) capital that the most improved trusts have earned, to be spent.
        """
        self._so_far.months += 1
        self._budgets.begin_month(week)
        self._pay_boards()
        self._pay_trusts(week, month.days / (7 * month.n_weeks))
        self._pay_costs(week)
        if month.month in QUARTER_ENDS:
            self._support(week)
        return self._reward(week) if month.month in HALF_YEAR_ENDS else np.zeros(len(self._trusts))

    def _pay_boards(self) -> None:
        ledger, c = self._world.ledger, self.contracts
        ledger.post("settlement", c.settlement / MONTHS)
        ledger.post("allocation", c.allocation / MONTHS)
        ledger.post("national_programmes", max(c.national, 0.0) / MONTHS)
        self._budgets.pay_others("other_commissioning", c.commissioning / MONTHS)

    def _by_trust(self, rows: Array) -> Array:
        own = self._row_trust >= 0
        return np.asarray(np.bincount(self._row_trust[own], rows[own], len(self._trusts)), dtype=np.float64)

    def _pay_trusts(self, week: int, month: float) -> None:
        """Income by contract; elective activity earns its price up to the cap.

        Args:
            week: last week of the month.
            month: length of the calendar month over that of its weeks: a year has 365 days and 52 or 53 weeks.
        """
        ledger, c, so_far = self._world.ledger, self.contracts, self._so_far
        done = [
            flow.sum(axis=1) * month
            for flow in (self._world.month.treated_admitted, self._world.month.treated_non_admitted)
        ]
        self._value = np.sum([price * self._by_trust(rows) for price, rows in zip(c.price, done, strict=True)], axis=0)
        elective = payment.earned(self._value, so_far.earned, c.cap * (so_far.whole / MONTHS))
        variable = self._p("payment.urgent_variable", week)
        activity = self._world.urgent.activity()
        for purpose, amount in (
            ("elective", elective),
            ("urgent_fixed", c.urgent * ((1 - variable) / MONTHS)),
            ("urgent_variable", c.urgent * (variable / MONTHS) * activity),
            ("block", c.block / MONTHS),
        ):
            self._budgets.pay(purpose, amount[:, None] * c.payers)
        ledger.post("other_income", c.other / MONTHS)
        so_far.earned += self._received("elective") + self._budgets.elective()
        so_far.income += sum(
            self._received(name) for name in ("elective", "urgent_fixed", "urgent_variable", "block", "other_income")
        )
        independent = self._row_board >= 0
        spent = sum(
            price * np.bincount(self._row_board[independent], rows[independent], len(self._boards))
            for price, rows in zip(c.independent_price, done, strict=True)
        )
        self._budgets.pay_others("independent_sector", np.asarray(spent))
        so_far.independent += np.asarray(spent)
        self._budgets.end_month(week, c)
        so_far.income += self._budgets.net_income()
        so_far.expenditure += self._budgets.cost()

    def _received(self, purpose: str) -> Array:
        return self._world.ledger.month(purpose, "payee")[: len(self._trusts)]

    def _paid(self, purpose: str) -> Array:
        return self._world.ledger.month(purpose, "payer")[: len(self._trusts)]

    def _pay_costs(self, week: int) -> None:
        """Costs of the month: the budget, the year's shock, and marginal cost of work above or below plan."""
        ledger, so_far = self._world.ledger, self._so_far
        marginal = self._p("capital.marginal_cost_ratio", week)
        shock = self._shock * self._world.money.expenditure / MONTHS
        paid_before, self._prepaid[:-1], self._prepaid[-1] = self._prepaid[0].copy(), self._prepaid[1:], 0.0
        own = marginal * (self._value - self.contracts.cap / MONTHS) - paid_before
        extra = own + shock - self._world.contracts_iho.relief
        usual = _share(self.contracts.cap, self.contracts.total) * self._expenditure() / MONTHS
        self._world.money.elective[:] = np.maximum(usual + own, 0.0)
        rates = [self._p(f"emergency.{name}", week) for name in ("marginal_cost", "avoided_cost")]
        change = emergency.cost_change(self._world.urgent.activity(), self._world.urgent.spared(), *rates)
        self._world.money.urgent_margin[:] = self.contracts.urgent / MONTHS * change
        extra = extra + self._world.money.urgent_margin
        for kind in (*VARIABLE, *CHARGES):
            amount = self.cost[kind] / MONTHS
            if kind in VARIABLE:
                amount = np.maximum(amount + self._parts[kind] * extra, 0.0)
            if kind in finance.CONTROLLED:
                amount = amount * (1 - self._world.held_back)
            ledger.post(kind, amount)
            so_far.expenditure += self._paid(kind)
        so_far.planned += self._planned / MONTHS
        self._assets -= self._paid("depreciation")

    def _support(self, week: int) -> None:
        """Deficit support of the quarter, conditional on the plan of the trust's system."""
        c, so_far = self.contracts, self._so_far
        due = c.support * (min(3, so_far.months) / MONTHS)
        if not due.any():
            return
        tolerance = self._p("payment.support_tolerance", week)
        systems = payment.on_plan(
            so_far.underlying, so_far.planned, so_far.income, self._home, len(self._boards) + 1, tolerance
        )
        systems[-1] = True  # no system
        delivering = so_far.underlying >= so_far.planned - tolerance * so_far.income
        own = delivering & (self._home < len(self._boards))
        paid, reward = payment.deficit_support(due, so_far.income, own, systems, self._home)
        self._world.ledger.post("deficit_support", paid)
        self._world.ledger.post("delivery_reward", reward)
        so_far.support += self._received("deficit_support") + self._received("delivery_reward")
        for i in np.flatnonzero((due > 0) & ~systems[self._home]):
            self._tell(week, int(i), "support withheld", "the system is off plan", float(due[i]))

    def _reward(self, week: int) -> Array:
        """Capital for the trusts that improved most over half a year, where the scenario has the incentive."""
        w = self._world
        share, people = w.signals.within_18_share, w.signals.waiting
        before, self._half_year_ago = self._half_year_ago, (share.copy(), people.copy())
        amount = np.zeros(len(self._trusts))
        if not w.plan.scenario.money.incentives or self._so_far.whole < MONTHS:
            return amount
        b = w.bundle
        waiting = np.bincount(b.row_provider, w.stock.sum(axis=1), share.size)
        long = np.bincount(b.row_provider, w.counts.over_52.sum(axis=1), share.size) / np.maximum(waiting, 1e-9)
        rows = b.provider_trust >= 0
        long = np.where(rows, long, 1.0)  # trusts only
        bar, places = self._p("oversight.standard_over_52", week), int(self._p("payment.incentive_places", week))
        winners = payment.most_improved(before[0], share, before[1], people, long, bar, places)
        amount[b.provider_trust[winners]] = self._p("payment.incentive_amount", week)
        w.ledger.post("incentive", amount)
        for i in np.flatnonzero(amount):
            self._tell(week, int(i), "incentive", "most improved on 18 weeks", float(amount[i]))
        return amount

    def support_cash(self, week: int) -> None:
        """Nobody runs out of cash: the Treasury lends what is short, and forgives it or not (soft budget)."""
        w, so_far = self._world, self._so_far
        days = self._p("ledger.cash_support_days", week)
        short = w.money.expenditure * days / 365.25 - w.cash
        short = np.where(w.cash < 0, short, 0.0)
        if not short.any():
            return
        w.ledger.post("cash_support", short)
        u = self._draws.chance("bail-out", self._year(week), self._ids)
        forgiven = u < self._p("ledger.bailout_probability", week)
        so_far.unforgiven += np.where(forgiven, 0.0, short)
        for i in np.flatnonzero(short):
            how = "forgiven" if forgiven[i] else "to be found from next year's capital"
            self._tell(week, int(i), "cash support", how, float(short[i]))

    def spend_ordinary(self, amount: Array) -> None:
        """A month of ordinary capital, (trust,): what depreciation does not pay of it is granted."""
        self._world.ledger.post("capital_grant", np.maximum(amount - self.cost["depreciation"] / MONTHS, 0.0))
        self.spend_capital(amount)

    def spend_capital(self, amount: Array, purpose: str = "capital") -> None:
        """Capital paid for, (trust,): assets, and with them capital charges, grow by it."""
        before = self._paid(purpose)
        self._world.ledger.post(purpose, amount)
        self._assets += self._paid(purpose) - before

    def buy_work(self, amount: Array) -> None:
        """Work bought from pots, (trust,), paid now and done over the next twelve months.

        Where there is a list, work costs what its flows say, so what is paid here comes off; elsewhere no flow costs
        anything, and the payment stands.
        """
        self._world.ledger.post("purchase_of_work", amount)
        listed = self._world.bundle.trust_provider >= 0
        self._prepaid += np.where(listed, amount, 0.0) / MONTHS

    def add_income(self, amount: Array) -> None:
        """Count income of the year that was posted elsewhere, (trust,)."""
        self._so_far.income += amount

    def hand_over(self, given: Array, received: Array) -> None:
        """Money that holders made and NHS England gives to others, both (trust,) of one sum."""
        self._world.ledger.post("surplus_return", given)
        self._world.ledger.post("redistribution", received)

    # -- 31 March ------------------------------------------------------------------------------------------------------

    def close_year(self, week: int, closing_year: int) -> None:
        """Books close: surpluses enter pots or are taken back, boards and NHS England settle.

        Savings that a population budget spends again stay out of pots, when made and when spent. A year whose surplus
        is in the opening pot already (`MONEY_YEAR`) adds nothing to it.

        Args:
            week: last week of the year.
            closing_year: calendar year of its March.
        """
        w, so_far = self._world, self._so_far
        surplus = np.round(so_far.surplus, 8)
        if closing_year - 1 > MONEY_YEAR:
            self._margin = _share(so_far.underlying, so_far.income)
            w.money.in_deficit[:] = surplus < -SMALLEST
            made = np.maximum(surplus - self._budgets.set_aside(), 0.0)
            if w.plan.scenario.money.surpluses == "kept":
                w.money.pot += made
            else:
                w.ledger.post("surplus_return", np.minimum(made, np.maximum(w.cash, 0.0)))
        held = w.ledger.cash[w.ledger.accounts.axis("board")]
        w.ledger.post("unspent", np.maximum(held, 0.0))
        w.ledger.post("board_support", np.maximum(-held, 0.0))
        self._overspent = np.maximum(-held, 0.0)
        left = float(w.ledger.cash[w.ledger.accounts.index("nhs_england")])
        if left >= 0:
            w.ledger.post("lapse", left)
        else:
            w.ledger.post("settlement", -left)

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        calendar = self._world.plan.calendar
        label = str(calendar.months[calendar.month_of_week[min(week, calendar.n_weeks - 1)]].label)
        self._world.events.append(Event(label, self._world.bundle.trusts.code[trust], event, detail, value))


def _share(part: Array, whole: Array) -> Array:
    """Part over whole, nothing of nothing: a trust without any figure has no money."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
