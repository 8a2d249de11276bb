"""Population budgets of a run: who is offered one, when it begins, what the holder decides, how it is settled and ends.

Rules are in `policy.iho`, monthly payments in `agents.iho_money`. What is not published of a holder is drawn once per
draw of the parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.condition import GapCondition
from aft_sim.agents.contracts import Contracts as Agreed
from aft_sim.agents.iho_money import MOVABLE, ContractMoney, covered_lines, outside_hospital, pool_of
from aft_sim.baseline.bind import resolve_trusts
from aft_sim.baseline.money_boards import rake
from aft_sim.basis import streams
from aft_sim.basis.calendar import Month
from aft_sim.mechanisms import production
from aft_sim.policy import iho
from aft_sim.policy.iho import Account, Contract, Scope
from aft_sim.policy.programme import Status
from aft_sim.spec.iho_plans import planned_contracts
from aft_sim.world import Event, World

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MAY_HOLD = ("acute", "specialist", "mental_health", "community")
"""Types of trust that a contract is offered to."""


@dataclass
class Offer:
    """A contract on its way.

    Attributes:
        holder: trust index.
        scope: what it is to cover.
        places: indices; None for those that the holder serves most.
        told: month of the run, and what is then told: the business case.
        start: calendar year of the 1 April on which it is to begin; 0 where it comes to nothing.
    """

    holder: int
    scope: Scope
    places: Index | None
    told: int
    start: int


class ContractRound:
    """Wires the population budgets of one run; does nothing where none is planned or offered."""

    def __init__(self, world: World, status: Status, condition: GapCondition, draws: streams.Streams) -> None:
        """Find out who may be offered a contract."""
        self._world, self._status, self._condition = world, status, condition
        self.money = ContractMoney(world)
        b, plan = world.bundle, world.plan
        self._levers = plan.scenario.iho
        ids = streams.words(b.trusts.code)
        self._able = draws.params("population budget: eligible", 0, ids) < self._p("iho.eligible_share", 0)
        self._approved = draws.params("population budget: business case", 0, ids) < self._p("iho.case_chance", 0)
        self._hospital = np.isin(b.trusts.type, iho.HOSPITALS)
        self._may = np.isin(b.trusts.type, MAY_HOLD) & (b.trusts.icb >= 0)
        self._offers: list[Offer] = []
        self._asked: set[int] = set()
        self._without: set[int] = set()
        self._named = resolve_trusts(self._levers.holders, b, "iho.holders") if self._levers.holders else []
        self._prevention = np.zeros_like(world.health.prevention_extra)
        self._prices = production.growth_index(plan.parameters.path("capital.price_growth"))

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _month(self, week: int) -> int:
        calendar = self._world.plan.calendar
        return int(calendar.month_of_week[min(week, calendar.n_weeks - 1)])

    # -- designation ---------------------------------------------------------------------------------------------------

    def close_month(self, week: int) -> None:
        """Designate, decide business cases, and give notice to holders that have lost the status."""
        levers = self._levers
        if not (levers.planned or self._named or levers.offered == "every_holder"):
            return
        number = self._month(week)
        month = self._world.plan.calendar.months[number]
        if levers.planned:
            self._plan(week, number, month)
        if (month.year, month.month) >= (levers.from_.year, levers.from_.month):
            self._designate(week, number, month)
        for offer in self._offers:
            if offer.told == number:
                approved = offer.start > 0
                words = f"to begin on 1 April {offer.start}" if approved else "not approved"
                self._tell(week, offer.holder, "IHO case", words, float(offer.start))
        for c in self._world.contracts_iho.active:
            if not c.ending and not self._status.holds(c.holder, week):
                c.ending = "the status was lost"
                self._tell(week, c.holder, "IHO notice", "the status was lost; ends on 31 March", c.annual)

    def _plan(self, week: int, number: int, month: Month) -> None:
        """The planned contracts, each in the month of its designation, known to be eligible and approved."""
        b = self._world.bundle
        for one in planned_contracts():
            holder = b.trusts.index.get(one.holder)
            if holder is None or (one.designated.year, one.designated.month) != (month.year, month.month):
                continue
            places = np.array([b.places.index(code) for code in one.places]) if one.places else None
            told = number + round(self._p("iho.case_months", week))
            self._asked.add(holder)
            self._offers.append(Offer(holder, one.scope, places, told, one.start.year))
            self._tell(week, holder, "IHO designated", f"planned, {one.scope}", float(one.start.year))

    def _designate(self, week: int, number: int, month: Month) -> None:
        """Holders of the status that are offered a contract and have not been asked yet."""
        holders = self._status.holders(week)
        chosen = holders if self._levers.offered == "every_holder" else [i for i in self._named if i in holders]
        for i in sorted(set(map(int, self._named)) - set(map(int, chosen)) - self._without):
            self._without.add(i)
            self._tell(week, i, "IHO refused", "it does not hold the status so far", 0.0)
        for i in map(int, chosen):
            if i in self._asked:
                continue
            self._asked.add(i)
            if not self._may[i]:
                if i in self._named:
                    self._tell(week, i, "IHO refused", "trusts of its kind are not offered a budget", 0.0)
                continue
            if not self._able[i]:
                self._tell(week, i, "IHO refused", "not found capable", 0.0)
                continue
            first = iho.start_day(date(month.year, month.month, 28), self._p("iho.notice_months", week))
            told = number + round(self._p("iho.case_months", week))
            start = first.year if self._approved[i] else 0
            self._offers.append(Offer(i, self._levers.scope, None, told, start))
            self._tell(week, i, "IHO designated", self._levers.scope, float(first.year))

    # -- 1 April -------------------------------------------------------------------------------------------------------

    def open_year(self, week: int, agreed: Agreed) -> None:
        """Contracts end and begin, budgets are agreed, holders decide what to move.

        Args:
            week: first week of the year.
            agreed: the year's contracts between boards and trusts.
        """
        state, year = self._world.contracts_iho, self.money.year(week)
        for c in [c for c in state.active if c.ending]:
            self._tell(week, c.holder, "IHO ended", c.ending, c.annual)
        state.active = [c for c in state.active if not c.ending]
        for offer in sorted(self._offers, key=lambda one: one.holder):
            if offer.start == year:
                self._begin(offer, week, agreed)
        self._offers = [offer for offer in self._offers if offer.start > year or offer.told > self._month(week)]
        for c in state.active:
            self._agree(c, week, agreed)
            self._decide(c, week, agreed)
        self._treat(week)

    def _begin(self, offer: Offer, week: int, agreed: Agreed) -> None:
        b, h = self._world.bundle, offer.holder
        if not self._status.holds(h, week):
            self._tell(week, h, "IHO refused", "it does not hold the status", 0.0)
            return
        board, active = int(b.trusts.icb[h]), self._world.contracts_iho.active
        everywhere = b.places.of_board(board)
        places = everywhere
        if offer.scope == "place":
            given = offer.places
            flows = b.places.flows
            places = given if given is not None else iho.places_served(flows, b.places.board, h, board, self._hospital)
        names = () if places.size == everywhere.size else tuple(b.places.name[j] for j in places)
        weights = iho.need_weights(self._p("iho.need_gradient", week))
        cover = iho.cover_of(
            offer.scope,
            np.isin(everywhere, places),
            b.places.population[everywhere],
            self._by_place(everywhere, agreed.total * agreed.payers[:, board], weights),
            self._services(offer.scope, week),
            weights,
            self._p("iho.children_share", week) if offer.scope == "partial" else 1.0,
            self._p("iho.other_care_share", week),
        )
        same = [c for c in active if c.board == board]
        taken = np.sum([c.cover.trusts for c in same], axis=0) if same else np.zeros(len(b.trusts.code))
        if same and (taken + cover.trusts).max() > 1 + 1e-9:
            self._tell(week, h, "IHO refused", "another budget covers this population", 0.0)
            return
        network = (b.trusts.icb == board) | (self._weight(cover, agreed, board) >= self._p("iho.network_share", week))
        year = self.money.year(week)
        until = year + round(self._p("iho.term_years", week))
        active.append(Contract(h, board, offer.scope, names, year, cover, network, self._hospital, until))
        words = f"{offer.scope}: {', '.join(names) if names else b.icb_name[board]}"
        self._tell(week, h, "IHO begins", words, float(cover.people.sum()) / 1e6)

    def _by_place(self, places: Index, owed: Array, weights: Array) -> Array:
        """(trust, place) what a board pays each trust by place, as shares: by where its patients live.

        What is spent on a place is not published. As between boards, contracts are raked so that each place is spent
        its part of the board's weighted need on, as nearly as its residents' use of trusts allows.
        """
        b = self._world.bundle
        need = b.places.population[places] @ weights
        seed = b.places.flows[:, places]
        seed = np.where(seed.sum(axis=1, keepdims=True) > 0, seed, need)
        seed = seed / seed.sum(axis=1, keepdims=True)
        paid = rake(seed * owed[:, None], owed, need / need.sum() * owed.sum())
        return np.asarray(np.divide(paid, owed[:, None], out=seed.copy(), where=owed[:, None] > 0))

    def _services(self, scope: Scope, week: int) -> Array:
        """(trust,) part of each trust's contracts that a contract of a scope covers."""
        kind = np.array(self._world.bundle.trusts.type)
        if scope != "partial":
            return np.ones(kind.size)
        share = np.full(kind.size, self._p("iho.children_share", week))
        share[kind == "mental_health"] = self._p("iho.mental_health_share", week)
        share[kind == "ambulance"] = 0.0
        return share

    def _weight(self, cover: iho.Cover, agreed: Agreed, board: int) -> Array:
        """(trust,) part of a population's hospital care that each trust gives."""
        value = np.where(self._hospital, agreed.total * agreed.payers[:, board] * cover.trusts, 0.0)
        return np.asarray(value / max(float(value.sum()), 1e-12))

    def _agree(self, c: Contract, week: int, agreed: Agreed) -> None:
        """The year's budget: what the care covered costs by its contracts, or the population's fair share of it."""
        w, k = self._world, c.board
        variable = self._p("payment.urgent_variable", week)
        lines = covered_lines(c, agreed, variable)
        grown = agreed.allocation[k] / w.opening_money.allocation[k]
        independent = float(w.opening_money.independent_sector[k] * grown)
        other = float(agreed.commissioning[k])
        care = float(sum(line.sum() for line in lines.values()))
        historic = care + independent * c.cover.independent + other * c.cover.other
        c.factor = 1.0
        if self._levers.budget == "fair_share":
            services = self._services(c.scope, week)
            whole = float((agreed.total * agreed.payers[:, k] * services).sum())
            if c.scope != "partial":
                whole += independent + other * self._p("iho.other_care_share", week)
            target, has = float(agreed.target[k]), float(agreed.allocation[k])
            c.factor = iho.fair_factor(target, has, c.cover.need, historic / whole)
        c.annual = historic * c.factor
        c.movable = np.where(c.hospital, sum(lines[name] for name in MOVABLE), 0.0)
        c.account = Account()

    # -- the decision --------------------------------------------------------------------------------------------------

    def _decide(self, c: Contract, week: int, agreed: Agreed) -> None:
        """What moves this year, why, and what that is told as."""
        p = self._p
        believed = self._beliefs(c, week, agreed)
        choice = iho.decide(
            believed,
            p("iho.risk_share", week),
            p("iho.horizon_years", week),
            p("iho.discount_rate", week),
            p("iho.health_weight", week),
            p("iho.choice_sharpness", week),
            p("iho.shift_least", week),
            p("iho.shift_most", week),
        )
        moved = sum(one.share for one in c.moves)
        room = p("iho.moved_limit", week) * float(c.movable.sum()) / c.annual - moved
        share = float(np.clip(choice.share, 0.0, max(room, 0.0)))
        if self._levers.savings_source == "literature" or c.ending:
            share = 0.0
        c.choice = replace(choice, share=share)
        if share > 0:
            c.moves.append(c.choice.move(self._month(week)))
        w = c.choice.weights
        words = (
            f"community {w[0]:.0%}, prevention {w[1]:.0%}, hospital {w[2]:.0%} of the next pound: of the price of an "
            f"emergency avoided it keeps {believed.kept:.0%}, and {believed.friction:.0%} of a pound is paid twice"
        )
        self._tell(week, c.holder, "IHO decision", words, share * c.annual)

    def _beliefs(self, c: Contract, week: int, agreed: Agreed) -> iho.Beliefs:
        """What a holder believes: the register's figures, at the prices of its own contract."""
        p, w, h = self._p, self._world, c.holder
        variable, marginal = p("payment.urgent_variable", week), p("capital.marginal_cost_ratio", week)
        lines = covered_lines(c, agreed, variable)
        urgent = lines["urgent_fixed"] + lines["urgent_variable"]
        rate = np.where(c.network, variable, 1.0)
        total = max(float(urgent.sum()), 1e-12)
        # at its own hospital: of those avoided, whose bed days others use, and of those who never fall ill
        rates = [p(f"emergency.{name}", week) for name in ("avoided_cost", "marginal_cost")]
        away = float(np.delete(urgent * rate, h).sum())
        kept, kept_need = ((away + float(urgent[h]) * own_rate) / total for own_rate in rates)
        own = float(c.movable[h]) / max(float(c.movable.sum()), 1e-12)
        twice = own * (1 - marginal) + (1 - own) * p("iho.open_share", week)
        effect = -p("community.emergency_effect.year_3", week) * c.cover.emergencies
        planned = (p("iho.shift_least", week) + p("iho.shift_most", week)) / 2 * c.annual
        spent = np.array(outside_hospital(c, self._month(week))) * c.annual + planned
        part = float(c.cover.people.sum() / w.health.residents[c.board].sum())
        base = (w.health.community_base[c.board] * part, w.health.prevention_base[c.board] * part)
        # need falls in all care, and a holder gains where it pays by activity: elective volume is the board's
        held = float(urgent.sum()) / (float(agreed.allocation[c.board]) * part)
        standard = max(share for _, share, _ in w.bundle.targets)
        provider = w.bundle.trust_provider[h]
        within = float(w.signals.within_18_share[provider]) if provider >= 0 else np.nan
        return iho.Beliefs(
            emergencies=effect * float(urgent.sum()) / (p("iho.full_dose_share", week) * c.annual),
            kept=kept,
            friction=twice * p("iho.open_months", week) / 12,
            prevention=p("health.prevention_return", week) * p("health.prevention_cashable", week) * held * kept_need,
            room_community=iho.room(float(base[0]), float(spent[0])),
            room_prevention=iho.room(float(base[1]), float(spent[1])),
            lag_community=p("iho.believed_lag", week),
            lag_prevention=p("health.prevention_lag", week),
            health_prevention=p("health.cost_per_qaly", week) / p("health.cost_per_qaly_prevention", week),
            shortfall=max(1 - within / standard, 0.0) if np.isfinite(within) else 0.0,
        )

    def _treat(self, week: int) -> None:
        """Residents' health services follow what holders now spend outside hospital."""
        health, month = self._world.health, self._month(week)
        before = self._prevention
        health.dose[:] = 0.0
        after = np.zeros_like(health.prevention_extra)
        real = 1 / float(self._prices[week]) if week < len(self._prices) else 1.0
        weights = iho.need_weights(self._p("iho.need_gradient", week))
        for c in self._world.contracts_iho.active:
            k = c.board
            community, prevention = outside_hospital(c, month)
            split = c.choice.weights[:2] / c.choice.weights[:2].sum() if c.choice else np.full(2, 0.5)
            full = self._p("iho.full_dose_share", week) * c.annual
            intensity = min((community * c.annual + split[0] * c.kept) / full, 1.0)
            c.dose = c.cover.people / health.residents[k] * c.cover.emergencies * intensity
            health.dose[k] += c.dose
            need = c.cover.people * weights
            c.prevention = (prevention * c.annual + split[1] * c.kept) * real * need / need.sum()
            after[k] += c.prevention
        health.prevention_extra += after - before
        health.pools = [pool_of(c, health) for c in self._world.contracts_iho.active]
        self._prevention = after

    # -- 31 March ------------------------------------------------------------------------------------------------------

    def settle(self, week: int) -> Array:
        """The year's results are shared; contracts that must end are told so.

        Returns:
            (trust,) income that settlements bring holders, GBP m; below zero what they pay back.
        """
        out = np.zeros(len(self._world.bundle.trusts.code))
        year = self.money.year(week)
        corridor = self._p("iho.corridor", week)
        for c in self._world.contracts_iho.active:
            account = c.account
            budget = account.budget + account.fair
            account.holder, account.board = iho.settle(
                account.result, budget, self._p("iho.risk_share", week), corridor
            )
            if account.holder > 0 and not self._condition.met(c.holder):
                self._tell(week, c.holder, "IHO saving withheld", "the gap on its list is wider", account.holder)
                account.holder, account.board = 0.0, account.result
            account.board = round(account.board, 8)
            account.holder = account.result - account.board
            out[c.holder] -= account.board
            post = self._world.ledger.post
            if account.board < 0:
                post("iho_overspend", -account.board, payer=c.board, payee=c.holder)
            else:
                post("iho_underspend", account.board, payer=c.holder, payee=c.board)
            over = account.result < -corridor * budget
            c.beyond = c.beyond + 1 if over else 0
            borne = f"holder {account.holder:+,.1f}, board {account.board:+,.1f}"
            self._tell(week, c.holder, "IHO settled", f"GBP m: {borne}", account.result)
            self._judge(c, week, year, over)
            # a contract that ends spends nothing again: what it has kept is surplus like any other
            c.kept = 0.0 if c.ending else max(account.holder, 0.0)
            self._close(c, week, year)
        return out

    def _judge(self, c: Contract, week: int, year: int, over: bool) -> None:
        """Whether a contract ends with the year, is renewed, or goes on."""
        if c.ending:
            return
        if c.beyond >= self._p("iho.overspend_years", week):
            c.ending = f"overspent beyond the corridor {c.beyond} years in a row"
        elif year + 1 >= c.until:
            if over:
                c.ending = "its term ended with an overspend beyond the corridor"
            else:
                c.until += round(self._p("iho.term_years", week))
                self._tell(week, c.holder, "IHO renewed", f"until 31 March {c.until}", c.annual)
        if c.ending:
            self._tell(week, c.holder, "IHO notice", f"{c.ending}; ends on 31 March", c.annual)

    def _close(self, c: Contract, week: int, year: int) -> None:
        month = self._month(week)
        label = self._world.plan.calendar.months[month].label
        moved = sum(outside_hospital(c, month))
        self._world.contracts_iho.closed.append(iho.Closed(label, c, year - c.start + 1, c.account, moved, c.choice))

    def _tell(self, week: int, trust: int, event: str, detail: str, value: float) -> None:
        label = self._world.plan.calendar.months[self._month(week)].label
        self._world.events.append(Event(label, self._world.bundle.trusts.code[trust], event, detail, value))
