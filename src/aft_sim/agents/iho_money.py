"""The monthly money of population budgets: what boards no longer pay themselves, and what holders pay instead.

Every payment that a contract covers is divided to the penny between the board and the holder, so that providers are
paid what they would have been; then what a contract changes comes off or on: work that moved out of hospital, fewer
emergencies, activity prices for trusts outside the network. What the holder does for itself is no payment: it is kept
in the contract's account at contract prices, less what it stops to cost.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.contracts import Contracts as Agreed
from aft_sim.mechanisms import population_health
from aft_sim.mechanisms.ledger import PURPOSES
from aft_sim.mechanisms.population_health import Health, Pool
from aft_sim.policy import iho
from aft_sim.policy.iho import Contract
from aft_sim.world import World

Array = NDArray[np.float64]

MONTHS = 12
LINES = ("elective", "urgent_fixed", "urgent_variable", "block")
"""Contracts of boards with trusts; a sub-contract has the same name after `PREFIX`."""
PREFIX = "iho_"
YEARS = ("year_1", "year_2", "year_3", "later")
"""Of an integrated programme, whose effects differ."""
MOVABLE = ("urgent_fixed", "block")
"""Lines that fall when work moves out of hospital; the others follow activity."""
INCOME = tuple(p.name for p in PURPOSES.values() if p.name.startswith(PREFIX) and p.income)
HANDED_ON = tuple(p.name for p in PURPOSES.values() if p.handed_on)


@dataclass
class Month:
    """What a contract's month is worked out from.

    Attributes:
        cut: part of movable lines that other trusts are no longer paid.
        freed: part of movable lines by which hospitals' cost has fallen.
        avoided: (i,) payments by activity that the residents' fewer emergencies avoid, over all of the trust's.
        fewer: (i,) emergencies avoided, as a share of those of the residents covered.
        spared: (i,) cost that they save where they are no longer treated, in the same terms.
        saving: part of all payments by which the literature has care cost less.
        base: what the care covered would have cost the board this month, GBP m, by line.
    """

    cut: float
    freed: float
    avoided: Array
    fewer: Array
    spared: Array
    saving: float
    base: dict[str, float] = field(default_factory=dict)


class ContractMoney:
    """Posts the payments of one run's population budgets."""

    def __init__(self, world: World) -> None:
        """No contract yet."""
        self._world = world
        self._months: dict[int, Month] = {}

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    # -- before the month's payments -----------------------------------------------------------------------------------

    def begin_month(self, week: int) -> None:
        """Work out what each contract changes in the month that is to be paid, whose last week it is."""
        state, month = self._world.contracts_iho, int(self._world.plan.calendar.month_of_week[week])
        state.relief[:] = 0.0
        state.own_elective[:] = 0.0
        self._week = week
        self._months = {id(c): self._month(c, week, month) for c in state.active}

    def _month(self, c: Contract, week: int, month: int) -> Month:
        p = self._p
        open_months = p("iho.open_months", week)
        movable = float(c.movable.sum())
        scale = c.annual / movable if movable > 0 else 0.0
        cut = iho.released(c.moves, month, p("iho.open_share", week), open_months)[1] * scale
        freed = iho.freed(c.moves, month, p("capital.marginal_cost_ratio", week), open_months) * scale
        return Month(min(cut, 1.0), min(freed, 1.0), *self._avoided(c, week), self.saving(c, week))

    def saving(self, c: Contract, week: int) -> float:
        """Gross saving by the literature, share; none where savings are emergent."""
        if self._world.plan.scenario.iho.savings_source == "emergent":
            return 0.0
        years = [f"iho.gross_saving.{name}" for name in ("year_1", "years_2_3", "years_5_8")]
        year = self.year(week) - c.start + 1
        gross = iho.gross_saving(year, *(self._p(name, week) for name in years))
        return gross * (self._p("iho.hospital_held_ratio", week) if c.by_hospital else 1.0)

    def year(self, week: int) -> int:
        """Calendar year in which the financial year of a week begins."""
        calendar = self._world.plan.calendar
        month = calendar.months[calendar.month_of_week[min(week, calendar.n_weeks - 1)]]
        return int(month.year - (month.month < 4))

    def _avoided(self, c: Contract, week: int) -> tuple[Array, Array, Array]:
        """Emergencies that a contract avoids, over all of each trust's and over its residents' own; cost they save."""
        u, health = self._world.urgent, self._world.health
        n, k = len(self._world.bundle.trusts.code), c.board
        usual = u.demand[k]
        outside, need = self._fewer(c, week)
        missing = usual * (outside + need)
        if not missing.any():
            return np.zeros(n), np.zeros(n), np.zeros(n)
        q = usual.size
        share = np.asarray(u.share[:, k * q : (k + 1) * q].todense())
        now = np.asarray(u.share @ (u.demand * health.need * (1 - health.avoided)).ravel())
        own = share @ (usual * c.cover.people / health.residents[k]) * c.cover.emergencies
        gone = share @ missing
        rates = [self._p(f"emergency.{name}", week) for name in ("avoided_cost", "marginal_cost")]
        cost = share @ (usual * (outside * rates[0] + need * rates[1]))
        return _ratio(gone, now), np.minimum(_ratio(gone, own), 1.0), np.minimum(_ratio(cost, own), 1.0)

    def _fewer(self, c: Contract, week: int) -> tuple[Array, Array]:
        """(q,) part of the board's expected emergencies that a contract's residents no longer are.

        Avoided by care outside hospital, which leaves bed days to others, and never fallen ill, by lower need.

        What programmes avoid belongs to contracts by their part of the dose, lower need by their part of prevention;
        the rest (prevention for all, other care outside hospital) to those who pay for the residents.
        """
        health, k = self._world.health, c.board
        effects = [self._p(f"community.emergency_effect.{year}", week) for year in YEARS]
        programme = population_health.programme_change(health.vintages[:, k : k + 1], np.array(effects))[0]
        part = _ratio(c.dose, health.dose[k])
        rest = health.need[k] * _ratio(1 - health.avoided[k], 1 + programme)
        parts = [population_health.pool_part(health, pool) for pool in health.pools if pool.board == k]
        spared = 1 - health.need[k]
        own = population_health.pool_part(health, pool_of(c, health)) * spared
        people = c.cover.people / health.residents[k] * c.cover.emergencies
        outside = rest * -programme * part + (health.need[k] - rest) * people
        return outside, own * c.cover.emergencies + (1 - np.sum(parts, axis=0)) * spared * people

    # -- the month's payments ------------------------------------------------------------------------------------------

    def pay(self, line: str, amount: Array) -> None:
        """Pay a line of trusts' contracts: boards their part, holders theirs.

        Args:
            line: of `LINES`.
            amount: (trust, board) GBP m.
        """
        ledger, active = self._world.ledger, self._world.contracts_iho.active
        if not active:
            ledger.post(line, amount)
            return
        pence = np.rint(amount * iho.PENCE)
        gross = amount
        if line == "urgent_variable":
            # fewer emergencies are the saving of who pays for these residents, not of all who pay the trust
            gross = amount * (1 + np.sum([self._months[id(c)].avoided for c in active], axis=0))[:, None]
        own = np.rint(gross * iho.PENCE)
        covered, fewer = [], []
        for c in active:
            part = np.rint(gross[:, c.board] * iho.PENCE * c.cover.trusts)
            own[:, c.board] -= part
            saved = np.zeros_like(part)
            if line == "urgent_variable":
                saved = np.rint(amount.sum(axis=1) * iho.PENCE * self._months[id(c)].avoided)
                saved = np.minimum(saved, part)
            covered.append(part - saved)
            fewer.append(saved / iho.PENCE)
        # several budgets that cover all of a board may round up together
        cells = _made_whole(np.column_stack([np.maximum(own, 0.0), *covered]), pence.sum(axis=1))
        ledger.post(line, cells[:, : own.shape[1]] / iho.PENCE)
        for c, part, saved in zip(active, cells[:, own.shape[1] :].T, fewer, strict=True):
            self._pay_covered(c, line, part / iho.PENCE, saved)

    def _pay_covered(self, c: Contract, line: str, base: Array, saved: Array) -> None:
        """A holder's payments of a line, and what its own part of it costs.

        Args:
            c: the contract.
            line: of `LINES`.
            base: (trust,) covered payments, GBP m.
            saved: (trust,) what fewer emergencies have taken off them already.
        """
        month, account, h = self._months[id(c)], c.account, c.holder
        price = self._p("iho.out_of_area_price", self._week)
        month.base[line] = float(base.sum())
        paid = base.copy()
        if line in MOVABLE:
            paid = np.where(c.hospital, base * (1 - month.cut), paid)
            relief = np.where(c.hospital, base * month.freed, 0.0)
            self._world.contracts_iho.relief += relief
            paid[h] = base[h] - relief[h]
            others = np.arange(base.size) != h
            account.withdrawn += float((base - paid)[others].sum())
            account.stranded += float(np.maximum(base - paid - relief, 0.0)[others].sum())
        if line == "urgent_fixed":
            away = np.where(c.network, 0.0, paid * month.fewer)
            paid -= away
            account.avoided += float(away.sum())
        if line in ("urgent_fixed", "urgent_variable"):
            # an emergency that the holder itself no longer treats saves it no price, only what it costs at the margin
            mine = (base[h] + saved[h]) * month.spared[h]
            paid[h] += saved[h] - mine
            account.avoided += float(saved.sum() - saved[h] + mine)
        paid = np.where(c.network, paid, paid * price)
        self._world.contracts_iho.relief += paid * month.saving
        paid -= paid * month.saving
        paid = np.rint(paid * iho.PENCE) / iho.PENCE
        account.own += float(paid[h])
        if line == "elective":
            self._world.contracts_iho.own_elective[h] += paid[h]
        paid[h] = 0.0
        self._world.ledger.post(PREFIX + line, paid, payer=h)
        setting = {"elective": "elective", "block": "block"}.get(line, "urgent")
        setattr(account, setting, getattr(account, setting) + float(paid.sum()))

    def pay_others(self, purpose: str, amount: Array) -> None:
        """Pay independent providers, or the other care that boards buy: boards their part, holders theirs.

        Args:
            purpose: "independent_sector" or "other_commissioning".
            amount: (board,) GBP m.
        """
        ledger = self._world.ledger
        name, part, setting = {
            "independent_sector": ("iho_independent", "independent", "independent"),
            "other_commissioning": ("iho_other_care", "other", "other"),
        }[purpose]
        own = amount
        for c in self._world.contracts_iho.active:
            month = self._months[id(c)]
            cover = np.zeros_like(amount)
            cover[c.board] = getattr(c.cover, part)
            covered, _ = iho.divide(amount, cover)
            own = np.rint((own - covered) * iho.PENCE) / iho.PENCE
            base = float(covered[c.board])
            month.base[part] = base
            paid = round(base * (1 - month.saving), 8)
            ledger.post(name, paid, payer=c.holder)
            setattr(c.account, setting, getattr(c.account, setting) + paid)
        ledger.post(purpose, own)

    # -- after them ----------------------------------------------------------------------------------------------------

    def end_month(self, week: int, agreed: Agreed) -> None:
        """Budgets are paid, and what holders spend outside hospital.

        Elective care and independent providers are in the budget as they were earned: the risk of their volume stays
        with the board, whose cap it is. All else is a twelfth of what was agreed.

        Args:
            week: last week of the month.
            agreed: the year's contracts.
        """
        month = int(self._world.plan.calendar.month_of_week[week])
        for c in self._world.contracts_iho.active:
            base = self._months[id(c)].base
            lines = covered_lines(c, agreed, self._p("payment.urgent_variable", week))
            fixed = sum(float(lines[name].sum()) for name in LINES if name != "elective")
            fixed += float(agreed.commissioning[c.board]) * c.cover.other
            budget = round(base["elective"] + base["independent"] + fixed / MONTHS, 8)
            fair = round(float(budget * (c.factor - 1)), 8)
            self._post("iho_budget", budget, c)
            self._post("iho_fair_share" if fair >= 0 else "iho_fair_share_back", abs(fair), c, fair < 0)
            c.account.budget += budget
            c.account.fair += fair
            self._spend(c, week, month, budget + fair)

    def _post(self, purpose: str, amount: float, c: Contract, back: bool = False) -> None:
        if back:
            self._world.ledger.post(purpose, amount, payer=c.holder, payee=c.board)
        else:
            self._world.ledger.post(purpose, amount, payer=c.board, payee=c.holder)

    def _spend(self, c: Contract, week: int, month: int, budget: float) -> None:
        """Community care, prevention, and bonuses where savings come from the literature."""
        account, ledger = c.account, self._world.ledger
        split = c.choice.weights[:2] / c.choice.weights[:2].sum() if c.choice else np.full(2, 0.5)
        outside = np.round(np.array(outside_hospital(c, month)) * c.annual / MONTHS, 8)
        again = np.round(split * c.kept / MONTHS, 8)
        for purpose, amount in zip(("iho_community", "iho_prevention"), outside + again, strict=True):
            ledger.post(purpose, round(float(amount), 8), payer=c.holder)
        account.community += float(outside[0])
        account.prevention += float(outside[1])
        account.reinvested += float(again.sum())
        open_months = self._p("iho.open_months", week)
        moved, gone = iho.released(c.moves, month, self._p("iho.open_share", week), open_months)
        freed = iho.freed(c.moves, month, self._p("capital.marginal_cost_ratio", week), open_months)
        own = c.movable[c.holder] / c.movable.sum() if c.movable.any() else 0.0
        account.double += float((1 - own) * (moved - gone) + own * (moved - freed)) * c.annual / MONTHS
        saving = self._months[id(c)].saving
        if saving > 0 and self.year(week) - c.start < 2:
            setup = round(budget * saving * self._p("iho.setup_ratio", week), 8)
            ledger.post("iho_setup", setup, payer=c.holder)
            account.setup += setup

    def elective(self) -> Array:
        """(trust,) elective work of the month that budgets paid or holders did for themselves, GBP m."""
        state, n = self._world.contracts_iho, len(self._world.bundle.trusts.code)
        if not state.active:
            return np.zeros(n)
        return np.asarray(self._world.ledger.month("iho_elective", "payee")[:n] + state.own_elective)

    def net_income(self) -> Array:
        """(trust,) what budgets brought this month beyond what was handed on to others, GBP m."""
        ledger = self._world.ledger
        n = len(self._world.bundle.trusts.code)
        if not self._world.contracts_iho.active:
            return np.zeros(n)
        brought = np.sum([ledger.month(name, "payee")[:n] for name in INCOME], axis=0)
        return np.asarray(brought - np.sum([ledger.month(name, "payer")[:n] for name in HANDED_ON], axis=0))

    def set_aside(self) -> Array:
        """(trust,) savings of the year that are spent again in the next, less earlier ones that were spent, GBP m."""
        out = np.zeros(len(self._world.bundle.trusts.code))
        for c in self._world.contracts_iho.active:
            out[c.holder] += c.kept - c.account.reinvested
        return out

    def cost(self) -> Array:
        """(trust,) what holders spent this month on care and set-up of their own, GBP m."""
        ledger, n = self._world.ledger, len(self._world.bundle.trusts.code)
        return np.asarray(sum(ledger.month(name, "payer")[:n] for name in ("iho_community", "iho_setup")))


def pool_of(c: Contract, health: Health) -> Pool:
    """A contract's prevention, for its own residents."""
    return Pool(c.board, c.cover.people / health.residents[c.board], c.prevention)


def outside_hospital(c: Contract, month: int) -> tuple[float, float]:
    """Parts of the budget that go to community care and prevention in a month of the run."""
    running = [one for one in c.moves if one.month <= month]
    return sum(one.community for one in running), sum(one.prevention for one in running)


def covered_lines(c: Contract, agreed: Agreed, variable: float) -> dict[str, Array]:
    """(trust,) what the care covered costs the board in a year by its contracts, GBP m by line.

    Args:
        c: the contract.
        agreed: the year's contracts.
        variable: share of urgent care that is paid by activity.
    """
    part = agreed.payers[:, c.board] * c.cover.trusts
    amounts = (agreed.cap, agreed.urgent * (1 - variable), agreed.urgent * variable, agreed.block)
    return {line: amount * part for line, amount in zip(LINES, amounts, strict=True)}


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _made_whole(cells: Array, total: Array) -> Array:
    """Payments in pence that add up by trust: what rounding left over is its largest payer's.

    Args:
        cells: (trust, payer) whole pence.
        total: (trust,) what they are to add up to.
    """
    out = cells.copy()
    out[np.arange(len(total)), cells.argmax(axis=1)] += total - cells.sum(axis=1)
    return out
