"""What is agreed each April: the settlement, boards' allocations, and the contracts that they place with trusts.

Money is GBP m a year, cash; trusts and boards are axes of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.icb import IntegratedCareBoard
from aft_sim.agents.nhs_england import NHSEngland
from aft_sim.baseline.money import OpeningMoney
from aft_sim.policy import payment
from aft_sim.policy.shift import Shift, divided, kept_back
from aft_sim.spec.register import Register

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Terms:
    """What national bodies set for a year.

    Attributes:
        year: calendar year in which it begins.
        growth: of the settlement and, in sum, of allocations.
        inflation: of pay and prices.
        efficiency: the efficiency factor in prices.
        floor: least growth of a board's allocation.
        repaid: share of last year's deficit that a board repays.
        closure: where the money of ending deficit support goes.
        shift: what boards keep back of acute contracts' growth.
    """

    year: int
    growth: float
    inflation: float
    efficiency: float
    floor: float
    repaid: float
    closure: payment.Closure
    shift: Shift

    @property
    def uplift(self) -> float:
        """Growth of national prices but for what replaces deficit support."""
        return payment.price_uplift(self.inflation, self.efficiency)


@dataclass(frozen=True)
class Contracts:
    """What is agreed for a year.

    Attributes:
        settlement: NHS England's revenue.
        national: what it spends itself.
        allocation, target: (board,) allocations and fair shares.
        commissioning: (board,) other care that boards buy.
        community, prevention: (board,) spent on community services and prevention with what left acute contracts.
        cap, urgent, block: (trust,) funded elective activity, urgent care, other contracts.
        other: (trust,) other income.
        support: (trust,) deficit support.
        payers: (trust, board) who pays a trust's contracts; rows add up to one.
        price: (2, trust) admitted and other price of a completed pathway.
        independent_price: (2,) the same for the independent sector.
        volume: (trust,) growth of the work that contracts fund.
    """

    settlement: float
    national: float
    allocation: Array
    target: Array
    commissioning: Array
    community: Array
    prevention: Array
    cap: Array
    urgent: Array
    block: Array
    other: Array
    support: Array
    payers: Array
    price: Array
    independent_price: Array
    volume: Array

    @property
    def total(self) -> Array:
        """(trust,) all contracts with boards."""
        return self.cap + self.urgent + self.block

    @property
    def income(self) -> Array:
        """(trust,) expected income without deficit support."""
        return self.total + self.other


def opening(money: OpeningMoney) -> Contracts:
    """The year in which a run opens, as the baseline has it."""
    prices = np.stack([money.elective_price_admitted, money.elective_price_non_admitted])
    return Contracts(
        settlement=money.settlement,
        national=money.settlement - float(money.allocation.sum()) - float(money.deficit_support.sum()),
        allocation=money.allocation,
        target=money.target,
        commissioning=money.other_commissioning,
        community=np.zeros(money.allocation.size),
        prevention=np.zeros(money.allocation.size),
        cap=money.elective,
        urgent=money.urgent,
        block=money.block,
        other=money.other_income,
        support=money.deficit_support,
        payers=money.payers,
        price=prices / 1e6,
        independent_price=np.array(money.national_prices) / 1e6,
        volume=np.zeros(money.income.size),
    )


def agree(
    before: Contracts,
    terms: Terms,
    full_support: Array,
    overspent: Array,
    earned: Array,
    independent: Array,
    acute: Flags,
    national: NHSEngland,
    boards: list[IntegratedCareBoard],
) -> Contracts:
    """The contracts of a new year.

    Every board lets its contracts and other care grow by what its allocation leaves after the independent sector and
    what it repays, and keeps back of acute contracts what the policy moves to care outside hospital and prevention;
    what ends of deficit support goes where the closure says. So all that is agreed is within allocations, and a board
    that overspent, or whose residents went to the independent sector, buys less of the rest.

    Args:
        before: last year's.
        terms: this year's.
        full_support: (trust,) deficit support of the opening year.
        overspent: (board,) last year's deficits.
        earned: (trust,) what elective activity earned last year: the new cap starts from it, and money that found no
            activity goes to the trust's other contracts.
        independent: (board,) last year's cost of the independent sector.
        acute: (trust,) whose contracts give way to care outside hospital and prevention.
        national, boards: who decides.
    """
    # what is funded of elective work starts from what was done, so that a cap never runs away from activity
    support = full_support * payment.support_left(terms.year)
    released = float(before.support.sum() - support.sum())
    allocation = national.allocate(before.allocation, before.target, terms.growth, terms.year, terms.floor)
    owed = before.payers * before.total[:, None]
    by_board = owed.sum(axis=0)
    independent = independent * allocation / before.allocation
    promised = independent + terms.repaid * overspent
    bought = by_board + before.commissioning + before.community + before.prevention
    growth = np.array([b.contract(bought[b.index], allocation[b.index], promised[b.index]) for b in boards])
    extra = released / float(owed.sum() + independent.sum()) if terms.closure == "into_prices" else 0.0
    transfer = np.zeros(len(boards))
    if terms.closure == "into_allocations":
        transfer = released * before.target / before.target.sum()
    kept = kept_back(owed, growth, acute, terms.shift)
    community, prevention = divided(kept.sum(axis=0), terms.shift)
    priced = owed * (1 + growth + extra) - kept
    more = owed * np.divide(transfer, by_board, out=np.zeros(len(boards)), where=by_board > 0)
    agreed = priced + more
    grown = np.divide(priced.sum(axis=1), before.total, out=np.ones_like(before.total), where=before.total > 0)
    new = allocation + transfer + extra * (by_board + independent)
    settlement = before.settlement * (1 + terms.growth) - (released if terms.closure == "withdrawn" else 0.0)
    total = agreed.sum(axis=1)
    cap, urgent = np.minimum(earned, before.cap) * grown, before.urgent * grown
    return Contracts(
        settlement=settlement,
        national=settlement - float(new.sum()) - float(support.sum()),
        allocation=new,
        target=before.target * (new.sum() / before.target.sum()),
        commissioning=before.commissioning * (1 + growth),
        community=before.community * (1 + growth) + community,
        prevention=before.prevention * (1 + growth) + prevention,
        cap=cap,
        urgent=urgent,
        block=total - cap - urgent,
        other=before.other * (1 + terms.growth),
        support=support,
        payers=np.divide(agreed, total[:, None], out=before.payers.copy(), where=total[:, None] > 0),
        price=before.price * ((1 + terms.uplift) * (1 + extra)),
        independent_price=before.independent_price * ((1 + terms.uplift) * (1 + extra)),
        volume=(grown - extra) / (1 + terms.uplift) - 1,
    )


@lru_cache(maxsize=1)
def usual_volume() -> float:
    """Growth of funded work on the path on which `production.resource_growth` was measured: the register's own."""
    register = Register.load()
    growth, inflation, efficiency = (
        float(register[name].default) / 100
        for name in ("payment.settlement_growth", "capital.price_growth", "payment.efficiency_factor")
    )
    return (1 + growth) / (1 + payment.price_uplift(inflation, efficiency)) - 1
