"""What a trust's work costs: prices, volume, pressure, savings, and the staff that money pays for (model 5.8).

The recurrent cost of a year grows with pay and prices, with part of the volume funded (marginal cost), and with
pressure that neither explains; a savings programme takes some of it away, of which a part lasts. Money is GBP m, cash.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
CONTROLLED = ("bank_agency", "non_pay")
"""Kinds of cost that spending controls hold back: temporary staff and other non-pay."""


@dataclass(frozen=True)
class Programme:
    """A year's savings programme, shares of the cost before it.

    Attributes:
        plan: (trust,) planned; also as a number.
        delivery: share of the plan that is delivered.
        recurrent: share of what is delivered that lasts beyond the year.
    """

    plan: Array
    delivery: float
    recurrent: float

    @property
    def delivered(self) -> Array:
        """Share of cost saved in the year."""
        return self.plan * self.delivery

    @property
    def lasting(self) -> Array:
        """Share of cost saved for good."""
        return self.delivered * self.recurrent


def savings_plan(margin: float, base: float, response: float, effort: float, keeps: float) -> float:
    """Savings that a board plans, share of cost: more where the last year ended in deficit, or where it keeps them.

    Args:
        margin: last year's surplus without deficit support, share of income.
        base: plan of a trust in balance.
        response: planned savings per pound of deficit.
        effort: further plan of a board that may spend what it saves.
        keeps: share of a saving that the board may spend.
    """
    return max(base - response * margin + effort * keeps, 0.0)


def recurrent_before(cost: Array, programme: Programme) -> Array:
    """Recurrent cost behind a year's outturn, (trust,): savings that do not last come back after it."""
    return np.asarray(cost / (1 - programme.delivered) * (1 - programme.lasting))


def saved(cost: Array, programme: Programme) -> Array:
    """What a savings programme took off a year's outturn, (trust,)."""
    return np.asarray(cost * programme.delivered / (1 - programme.delivered))


def gross_cost(recurrent: Array, inflation: float, volume: Array, marginal: float, pressure: float) -> Array:
    """A year's cost before its savings programme, (trust,).

    Args:
        recurrent: (trust,) recurrent cost of the year before.
        inflation: of pay and prices.
        volume: (trust,) growth of the work funded.
        marginal: marginal over average cost.
        pressure: further growth of cost.
    """
    return np.asarray(recurrent * (1 + inflation) * (1 + marginal * volume) * (1 + pressure))


def staff_step(index: Array, volume: Array, usual: float, marginal: float, cut: Array) -> Array:
    """Staff that money pays for, relative to the path on which resources were measured, (trust,).

    Args:
        index: (trust,) last year's.
        volume: (trust,) growth of the work funded.
        usual: growth of the work funded on that path.
        marginal: marginal over average cost: the input a unit of work needs.
        cut: (trust,) savings beyond the usual plan that are found in staff, share of cost.
    """
    return np.asarray(index * (1 + marginal * volume) / (1 + marginal * usual) * (1 - cut))


def controlled_staff(held_back: Array, parts: Mapping[str, Array], from_staff: float) -> Array:
    """Staff left by spending controls, relative to staff without them, (trust,).

    Args:
        held_back: (trust,) share of controlled spending that may not be spent.
        parts: (trust,) share of each kind in all cost that follows work.
        from_staff: part of unusual savings that is found in staff.
    """
    return np.asarray(1 - from_staff * held_back * sum(parts[kind] for kind in CONTROLLED))


def closing_pressure(
    income_growth: float, margin: float, margin_change: float, inflation: float, volume: float, marginal: float,
    programme: Programme,
) -> float:  # fmt: skip
    """The pressure on cost that closes the sector's line: the one figure of it that nobody publishes.

    Cost next year = cost * (1 - lasting) / (1 - delivered) * (1 + inflation) * (1 + marginal * volume) * (1 + pressure)
    * (1 - delivered), with the same programme in both years; income grows by `income_growth` and the margin moves by
    `margin_change`.

    Args:
        income_growth: of the sector.
        margin: last year's surplus over income.
        margin_change: published change of the margin.
        inflation, volume, marginal: as in `gross_cost`.
        programme: the sector's, with plan of one number.
    """
    cost_growth = (1 + income_growth) * (1 - margin - margin_change) / (1 - margin)
    rest = (1 - float(programme.lasting)) * (1 + inflation) * (1 + marginal * volume)
    return cost_growth / rest - 1
