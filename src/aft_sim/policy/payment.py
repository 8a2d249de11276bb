"""Rules of payment: prices, allocations, deficit support and what activity earns (model 5.8, R10-R12).

Money is GBP m, cash. Years are financial years, named by the calendar year in which they begin.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Closure = Literal["into_allocations", "into_prices", "withdrawn"]

#: Last financial year in which deficit support is paid in full, and the first without it [policy-facts 4].
SUPPORT_FULL, SUPPORT_GONE = 2025, 2028
#: Financial year by which allocations are to be at their fair shares.
FAIR_BY = 2028


def price_uplift(inflation: float, efficiency: float) -> float:
    """Growth of national prices: pay and prices less the efficiency factor."""
    return (1 + inflation) * (1 - efficiency) - 1


def support_left(year: int) -> float:
    """Share of opening deficit support that is still paid in a year: full in 2025/26, nothing from 2028/29."""
    return float(np.clip((SUPPORT_GONE - year) / (SUPPORT_GONE - SUPPORT_FULL), 0.0, 1.0))


def convergence_pace(year: int) -> float:
    """Share of the distance from target that a year closes, so that equal steps of the opening distance reach it."""
    return 1.0 / max(FAIR_BY - year + 1, 1)


def allocations(before: Array, target: Array, growth: float, pace: float, floor: float) -> Array:
    """Allocations of a year: common growth, a step towards the fair share, and a floor under every board's growth.

    What the floor costs is taken from the boards above it in proportion to their growth beyond it, so that England's
    sum grows by `growth` exactly.

    Args:
        before: (board,) last year's allocations.
        target: (board,) this year's fair shares, of the same sum as `before` grown.
        growth: of the sum.
        pace: share of the distance that is closed.
        floor: least growth of any board; no more than `growth`.
    """
    level = before * (1 + growth)
    wished = level + pace * (target * level.sum() / target.sum() - level)
    least = before * (1 + min(floor, growth))
    short = np.maximum(least - wished, 0.0)
    room = np.maximum(wished - least, 0.0)
    if room.sum() <= 0:
        return level
    return np.asarray(np.maximum(wished, least) - room * (short.sum() / room.sum()))


def earned(value: Array, paid: Array, cap: Array) -> Array:
    """What activity earns this month at unit prices: nothing beyond the year's cap.

    Args:
        value: (trust,) the month's activity at national prices.
        paid: (trust,) paid for activity of this year so far.
        cap: (trust,) the year's funded activity at national prices.
    """
    return np.asarray(np.minimum(value, np.maximum(cap - paid, 0.0)))


def on_plan(surplus: Array, planned: Array, income: Array, board: Index, boards: int, tolerance: float) -> Flags:
    """Whether a board's trusts together are on plan, (board,).

    Args:
        surplus: (trust,) so far this year.
        planned: (trust,) planned so far.
        income: (trust,) so far.
        board: (trust,) board of the trust's system.
        boards: their number.
        tolerance: shortfall against plan that counts as on plan, share of the system's income.
    """
    short = np.bincount(board, planned - surplus, boards)
    return np.asarray(short <= tolerance * np.bincount(board, income, boards))


def deficit_support(
    due: Array, income: Array, trust_on_plan: Flags, system_on_plan: Flags, board: Index
) -> tuple[Array, Array]:
    """Support paid for a quarter: conditional on the system's plan; what systems forfeit goes to those that deliver.

    Args:
        due: (trust,) support of the quarter.
        income: (trust,) by which forfeited money is shared.
        trust_on_plan: (trust,) whether the trust is on its own plan.
        system_on_plan: (board,) see `on_plan`.
        board: (trust,) board of the trust's system.

    Returns:
        (trust,) support, and what delivering trusts get of the forfeited rest: together the sum of `due`, unless no
        trust delivers.
    """
    kept = np.where(system_on_plan[board], due, 0.0)
    delivering = np.where(system_on_plan[board] & trust_on_plan, income, 0.0)
    forfeited = due.sum() - kept.sum()
    if delivering.sum() <= 0:
        return kept, np.zeros_like(kept)
    return kept, np.asarray(forfeited * delivering / delivering.sum())


def most_improved(
    before: Array, now: Array, list_before: Array, list_now: Array, over_52: Array, most: float, places: int
) -> Index:
    """Trusts that earn the incentive: largest gain in the 18-week share, no longer list, long waits under the bar.

    Args:
        before, now: (provider,) share within 18 weeks half a year ago and now, percent.
        list_before, list_now: (provider,) people waiting.
        over_52: (provider,) share waiting over 52 weeks.
        most: share over 52 weeks up to which a trust may win.
        places: how many may win.

    Returns:
        Indices, best first.
    """
    gain = np.round(now - before, 9)
    may = (gain > 0) & (list_now > 0) & (list_now <= list_before) & (over_52 <= most)
    order = np.lexsort((np.arange(gain.size), -gain))
    return np.asarray([i for i in order if may[i]][:places], dtype=np.int64)
