"""Budgets for a whole population: who is covered, what the budget is, how risk is shared, what a holder decides.

Pure rules (model 5.13, 5.14; docs/iho.md). Money is GBP m. Axes: i trust, k board, q quintile of residents.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scope = Literal["partial", "place", "whole"]

HOSPITALS = ("acute", "specialist")
"""Types of trust whose contracts are hospital care."""
PENCE = 100_000_000
"""Pence in GBP m."""
OPTIONS = ("community", "prevention", "hospital")
"""What a holder may do with the next pound: move it to one of two, or leave it where it is."""
SETTINGS = ("own", "elective", "urgent", "block", "independent", "other", "community", "prevention", "setup")
"""Where a contract's money goes; the spending of a year is their sum."""


@dataclass
class Account:
    """A contract's year so far, GBP m.

    Attributes:
        budget: paid by the board, without what `fair` adds or takes.
        fair: paid by the board because fair share is above historic spend; negative where the holder pays back.
        own: care that the holder gives itself, at contract prices less what it stops to cost.
        elective, urgent, block: sub-contracts with other trusts.
        independent, other: independent providers; general practice and others.
        community, prevention: what was moved out of hospital.
        setup: bonuses and set-up (savings from the literature only).
        double: within the above, paid for hospital capacity that stays open after its work has moved.
        avoided: what fewer emergencies saved: payments, and the holder's own marginal cost.
        withdrawn: taken from other trusts' contracts because work moved.
        stranded: of it, cost that stays with those trusts.
        reinvested: savings of the year before, spent again on community care and prevention; no part of the result,
            which was shared when they were made.
        holder, board: shares of the result that each bears (below zero) or keeps.
    """

    budget: float = 0.0
    fair: float = 0.0
    own: float = 0.0
    elective: float = 0.0
    urgent: float = 0.0
    block: float = 0.0
    independent: float = 0.0
    other: float = 0.0
    community: float = 0.0
    prevention: float = 0.0
    setup: float = 0.0
    double: float = 0.0
    avoided: float = 0.0
    withdrawn: float = 0.0
    stranded: float = 0.0
    reinvested: float = 0.0
    holder: float = 0.0
    board: float = 0.0

    @property
    def spending(self) -> float:
        """All that the contract cost; savings spent again are the holder's own."""
        return float(sum(getattr(self, name) for name in SETTINGS))

    @property
    def result(self) -> float:
        """Budget less spending; an overspend is negative."""
        return self.budget + self.fair - self.spending


@dataclass(frozen=True)
class Cover:
    """Whom and what a contract covers.

    Attributes:
        people: (q,) residents.
        trusts: (i,) share of what the board pays each trust.
        emergencies: share of these residents' emergency admissions that the services covered can do anything about.
        independent: share of what the board pays independent providers.
        other: share of the board's other care.
        need: share of the board's weighted need.
    """

    people: Array
    trusts: Array
    emergencies: float
    independent: float
    other: float
    need: float


@dataclass(frozen=True)
class Move:
    """Money that a year's decision moves out of hospital, shares of the budget.

    Attributes:
        month: of the run from which on it is spent.
        community, prevention: on what.
    """

    month: int
    community: float
    prevention: float

    @property
    def share(self) -> float:
        """Both."""
        return self.community + self.prevention


@dataclass(frozen=True)
class Choice:
    """What a holder decided in an April, and why.

    Attributes:
        weights: (option,) softmax over `OPTIONS`.
        score: (option,) what the holder expects of a pound, in its own money and its residents' health.
        kept: part of the price of an avoided emergency that stays with the holder.
        share: part of the budget to be moved this year.
    """

    weights: Array
    score: Array
    kept: float
    share: float

    def move(self, month: int) -> Move:
        """The money that follows."""
        out = self.weights[:2] / self.weights[:2].sum()
        return Move(month, float(self.share * out[0]), float(self.share * out[1]))


@dataclass
class Contract:
    """A budget in force.

    Attributes:
        holder, board: indices.
        scope: what it covers.
        places: names of the places; empty for all of the board.
        start: calendar year of the 1 April on which it began.
        cover: whom and what.
        network: (i,) trusts that are sub-contracted; others are paid by activity.
        hospital: (i,) trusts whose contracts are hospital care.
        moves: money moved so far.
        annual: budget of the year as agreed, GBP m.
        factor: budget over what the same care would have cost the board.
        movable: (i,) fixed and block hospital contracts of a year, GBP m.
        kept: earlier savings that are spent again this year, GBP m.
        dose: (q,) residents of the board under its programme, as a share, times the programme's intensity.
        prevention: (q,) what it adds to the board's spending on prevention, GBP m a year at opening prices.
        account: the year so far.
        beyond: years in a row that ended beyond the corridor.
        until: calendar year of the 1 April on which the term ends.
        ending: why it ends with this financial year; empty if it goes on.
        choice: the last decision.
    """

    holder: int
    board: int
    scope: Scope
    places: tuple[str, ...]
    start: int
    cover: Cover
    network: Flags
    hospital: Flags
    until: int
    moves: list[Move] = field(default_factory=list)
    annual: float = 0.0
    factor: float = 1.0
    movable: Array = field(default_factory=lambda: np.zeros(0))
    kept: float = 0.0
    dose: Array = field(default_factory=lambda: np.zeros(5))
    prevention: Array = field(default_factory=lambda: np.zeros(5))
    account: Account = field(default_factory=Account)
    beyond: int = 0
    ending: str = ""
    choice: Choice | None = None

    @property
    def by_hospital(self) -> bool:
        """Whether the holder is a hospital."""
        return bool(self.hospital[self.holder])


@dataclass(frozen=True)
class Closed:
    """A settled year: what `aft-sim show iho` and the results table hold.

    Attributes:
        month: label of its last month.
        contract: as it stood.
        year: of the contract, from 1.
        account: of the year.
        moved: share of the budget that is spent outside hospital by now.
        choice: the year's decision.
    """

    month: str
    contract: Contract
    year: int
    account: Account
    moved: float
    choice: Choice | None


@dataclass
class Contracts:
    """Population budgets of a run.

    Attributes:
        active: in force.
        closed: settled years, oldest first.
        relief: (i,) cost that trusts no longer have this month because work moved, GBP m.
        own_elective: (i,) elective work of the month that holders did for themselves, GBP m at contract prices.
    """

    active: list[Contract]
    closed: list[Closed]
    relief: Array
    own_elective: Array

    @classmethod
    def none(cls, trusts: int) -> Contracts:
        """No budgets."""
        return cls([], [], np.zeros(trusts), np.zeros(trusts))


# -- when, who, what ---------------------------------------------------------------------------------------------------


def start_day(designated: date, notice_months: float) -> date:
    """The first 1 April that is at least a number of months after designation."""
    months = designated.year * 12 + designated.month - 1 + round(notice_months)
    year, month = divmod(months, 12)
    passed = (month + 1, designated.day) > (4, 1)
    return date(year + int(passed), 4, 1)


def need_weights(gradient: float, quintiles: int = 5) -> Array:
    """(q,) need for care of a resident, relative to the least deprived fifth: log-linear over the fifths."""
    return np.asarray(gradient ** (np.arange(quintiles - 1, -1, -1) / (quintiles - 1)))


def places_served(flows: Array, board_of: Index, holder: int, board: int, rivals: Flags) -> Index:
    """Places of a board that a trust serves most, else the one that gives it most patients, else the board's largest.

    Args:
        flows: (trust, place) patients treated.
        board_of: (place,) board.
        holder, board: indices.
        rivals: (trust,) trusts whose size counts.
    """
    here = np.flatnonzero(board_of == board)
    among = np.where(rivals[:, None], flows[:, here], 0.0)
    own = flows[holder, here]
    most = here[(own > 0) & (own >= among.max(axis=0))]
    if most.size:
        return np.asarray(most)
    return np.asarray(here[[int(own.argmax())]] if own.sum() > 0 else here)


def cover_of(
    scope: Scope,
    covered: Flags,
    population: Array,
    by_place: Array,
    services: Array,
    weights: Array,
    emergencies: float,
    other_share: float,
) -> Cover:
    """Whom and what a contract covers.

    Args:
        scope: of the contract.
        covered: (place,) which of the board's places.
        population: (place, quintile) residents of the board's places.
        by_place: (trust, place) what the board pays each trust, by place, as shares of it.
        services: (trust,) part of each trust's contracts that is covered services; ones but for partial contracts.
        weights: (q,) need of a resident.
        emergencies: part of emergency admissions that the services covered can do anything about.
        other_share: part of other care that a budget holds.
    """
    people = population[covered].sum(axis=0)
    need = float((people * weights).sum() / (population.sum(axis=0) * weights).sum())
    trusts = by_place[:, covered].sum(axis=1) * services
    if scope == "partial":
        return Cover(people, trusts, emergencies, 0.0, 0.0, need)
    return Cover(people, trusts, emergencies, need, need * other_share, need)


# -- money -------------------------------------------------------------------------------------------------------------


def divide(amount: Array, cover: Array) -> tuple[Array, Array]:
    """Split payments between those that a contract covers and the board's own, in whole pence that add up.

    Args:
        amount: GBP m.
        cover: share that is covered, of the same shape.
    """
    pence = np.rint(amount * PENCE)
    covered = np.rint(pence * cover)
    return covered / PENCE, (pence - covered) / PENCE


def fair_factor(target: float, allocation: float, need: float, spent_share: float) -> float:
    """Budget at fair share over historic spend.

    Args:
        target, allocation: the board's fair share of England, and what it has.
        need: the population's share of the board's weighted need.
        spent_share: its share of what the board spends on the care covered.
    """
    return target / allocation * need / spent_share


def settle(result: float, budget: float, share: float, corridor: float) -> tuple[float, float]:
    """What holder and board bear (below zero) or keep of a year's result; together they are the result.

    Args:
        result: budget less spending.
        budget: of the year.
        share: the holder's, within the corridor.
        corridor: share of the budget; beyond it everything is the board's.
    """
    within = float(np.clip(result, -corridor * budget, corridor * budget))
    holder = share * within
    return holder, result - holder


def released(moves: list[Move], month: int, open_share: float, open_months: float) -> tuple[float, float]:
    """Parts of the budget that have moved, and that hospitals are no longer paid, in a month of the run.

    Args:
        moves: money moved so far.
        month: of the run.
        open_share: part that is still paid while capacity stays open.
        open_months: for so long.
    """
    moved = sum(one.share for one in moves if one.month <= month)
    still = sum(one.share for one in moves if one.month <= month < one.month + open_months)
    return moved, moved - open_share * still


def freed(moves: list[Move], month: int, marginal: float, open_months: float) -> float:
    """Part of the budget that hospitals' cost has fallen by: at first what varies with work, later all of it."""
    return released(moves, month, 1 - marginal, open_months)[1]


def gross_saving(year: int, early: float, middle: float, late: float) -> float:
    """Gross saving of a contract's year by the literature, share of the budget: years 1, 2 to 3, 5 and later.

    Year 4 lies between.
    """
    if year <= 1:
        return early
    return middle if year <= 3 else (middle + late) / 2 if year == 4 else late


# -- the decision ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beliefs:
    """What a holder believes about a pound moved; yearly gains per pound of yearly spending.

    Attributes:
        emergencies: value at contract prices of the emergencies that a pound of community care avoids a year.
        kept: part of that value that stays with the holder.
        friction: part of a pound that is paid twice in the year in which it moves.
        prevention: what a holder saves in all by a pound of prevention: of the cost of care that it avoids, in money
            that can be taken out, the emergencies that the contract covers, and of their price the part it keeps.
        room_community, room_prevention: what the year's pounds bring beside the first, for returns diminish.
        lag_community, lag_prevention: years until gains begin.
        health_prevention: health from a pound of prevention, over that of a pound of ordinary care.
        shortfall: distance of the holder's waits from the standard, share of it: what hospital care is for.
    """

    emergencies: float
    kept: float
    friction: float
    prevention: float
    room_community: float
    room_prevention: float
    lag_community: float
    lag_prevention: float
    health_prevention: float
    shortfall: float


def years_of_gain(lag: float, horizon: float, rate: float) -> float:
    """Discounted years in which a gain of one a year is seen within the horizon."""
    years = np.arange(np.ceil(lag), np.floor(horizon)) + 1
    return float((1 / (1 + rate) ** years).sum())


def decide(
    believed: Beliefs,
    share: float,
    horizon: float,
    rate: float,
    health_weight: float,
    sharpness: float,
    least: float,
    most: float,
) -> Choice:
    """Divide the next pound between community care, prevention and the hospital, and say how much moves.

    Each option's score is the holder's own money that a pound brings (its share of what it saves, less its share of
    what is paid twice) and, by its weight, residents' health; the hospital's is the standard on waits.

    Args:
        believed: what the holder believes.
        share: of savings that stays with the holder.
        horizon: years looked ahead.
        rate: of discount.
        health_weight: weight of health against money.
        sharpness: of the softmax.
        least, most: parts of the budget that move when nothing, or everything, speaks for care outside hospital.
    """
    soon = years_of_gain(believed.lag_community, horizon, rate)
    late = 1 / (1 + rate) ** believed.lag_prevention if believed.lag_prevention < horizon else 0.0
    money = np.array(
        [
            share * (believed.emergencies * believed.kept * soon * believed.room_community - believed.friction),
            share * (believed.prevention * late * believed.room_prevention - believed.friction),
            0.0,
        ]
    )
    prevented = believed.health_prevention * late * believed.room_prevention
    health = np.array([believed.room_community, prevented, 1.0 + believed.shortfall])
    score = money + health_weight * health
    weights = softmax(sharpness * score)
    return Choice(weights, score, believed.kept, least + (most - least) * float(weights[:2].sum()))


def room(base: float, more: float) -> float:
    """What the last of some further pounds brings beside the first, if a doubling of the base halves it."""
    return base / (base + more) if base > 0 else 0.0


def softmax(score: Array) -> Array:
    """Shares that grow with the exponential of a score."""
    odds = np.exp(score - score.max())
    return np.asarray(odds / odds.sum())


# -- the gap -----------------------------------------------------------------------------------------------------------


def gap_by_deprivation(long: Array, waiting: Array) -> Array:
    """Share that waits long in the most deprived fifth less that in the least, (place,); zero without people.

    Args:
        long, waiting: (place, quintile) people.
    """
    share = np.divide(long, waiting, out=np.zeros_like(waiting), where=waiting > 0)
    there = (waiting[:, 0] > 0) & (waiting[:, -1] > 0)
    return np.where(there, share[:, 0] - share[:, -1], 0.0)
