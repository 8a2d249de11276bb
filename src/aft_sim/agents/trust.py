"""An NHS trust as an agent: its board decides how much of its pot to spend."""

from __future__ import annotations

from dataclasses import dataclass

import mesa
import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms import capital, finance
from aft_sim.policy import choice

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PotView:
    """What a board knows of its own money when it plans, GBP m.

    Attributes:
        pot: unspent surpluses since 2024/25.
        cash: in the bank.
        expenditure: this year's operating expenditure.
        year_left: share of the financial year that is left.
        invest_share: share of a pot that boards have invested in a year [A07].
        delivery: share of planned spending that is delivered in the year [A08].
        floor_days: days of expenditure that boards keep as cash.
        acts: whether this board uses its freedoms [A06].
        in_deficit: whether the last year closed in deficit.
    """

    pot: float
    cash: float
    expenditure: float
    year_left: float
    invest_share: float
    delivery: float
    floor_days: float
    acts: bool
    in_deficit: bool


@dataclass(frozen=True)
class UseView:
    """What a board believes when it chooses what to spend on.

    Attributes:
        effect: (option, concern) believed effect of GBP 1m a year; options and concerns of `policy.choice`.
        lag: (option,) years until it comes.
        life: (option,) years that it lasts.
        horizon: years looked ahead.
        discount: yearly discount of later benefits.
        weight: (concern,) adding up to 1.
        sharpness: how strongly spending follows beliefs.
    """

    effect: Array
    lag: Array
    life: Array
    horizon: float
    discount: float
    weight: Array
    sharpness: float


@dataclass(frozen=True)
class SavingsView:
    """What a board knows when it plans its savings programme.

    Attributes:
        margin: last year's surplus without deficit support, share of income.
        keeps: share of a saving that it may spend.
        plan: what a board in balance plans, share of cost.
        response: further savings per pound of deficit.
        effort: further savings of a board that may spend what it saves.
    """

    margin: float
    keeps: float
    plan: float
    response: float
    effort: float


@dataclass(frozen=True)
class DrawDecision:
    """How much a board draws this year and, where that is nothing or less than wished, why.

    Attributes:
        trust: index of the trust.
        wish: GBP m the default rule asks for.
        amount: GBP m it can have.
        reason: "" or what stood in the way.
    """

    trust: int
    wish: float
    amount: float
    reason: str


class Trust(mesa.Agent):
    """One NHS trust. State lives in the world's arrays; the agent holds an index and decides."""

    def __init__(self, model: mesa.Model, index: int, code: str) -> None:
        """Make the agent of the trust at an index of the trust axis."""
        super().__init__(model)
        self.index = index
        self.code = code

    def decide_draw(self, view: PotView) -> DrawDecision:
        """Plan this year's draw on the pot by the default rule: a steady share of it, less what slips."""
        if not view.acts:
            return DrawDecision(self.index, 0.0, 0.0, "the board does not use the freedom")
        if view.in_deficit:
            return DrawDecision(self.index, 0.0, 0.0, "spending controls after a year in deficit")
        if view.pot <= 0.0:
            return DrawDecision(self.index, 0.0, 0.0, "the pot is empty")
        wish = view.invest_share * view.pot * view.delivery * view.year_left
        amount = capital.affordable(wish, view.pot, view.cash, view.expenditure, view.floor_days)
        reason = (
            ""
            if amount >= wish
            else ("the pot is smaller" if amount >= view.pot else "cash would fall below its floor")
        )
        return DrawDecision(self.index, wish, amount, reason)

    @staticmethod
    def decide_use(view: UseView) -> Array:
        """Choose what to spend on: (option,) shares, adding up to 1."""
        years = choice.years_of_benefit(view.lag, view.life, view.horizon, view.discount)
        return choice.choose(view.effect, years, view.weight, view.sharpness)

    def plan_savings(self, view: SavingsView) -> float:
        """Plan this year's savings programme, share of cost: more after a deficit, or where savings are kept."""
        return finance.savings_plan(view.margin, view.plan, view.response, view.effort, view.keeps)
