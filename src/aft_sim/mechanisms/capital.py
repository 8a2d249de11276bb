"""Capital: the pot of unspent surpluses, schemes, and the one channel by which each kind of scheme adds capacity.

Ordinary capital keeps equipment and estate as they are; only what comes on top of it (draws from pots) or is taken
away from it (envelopes cut to make room) changes capacity. All money is GBP m, cash.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Money = TypeVar("Money", float, Array)

CLASSES = ("theatre", "equipment", "estate")
#: Functions in which surgical hubs work: high volume, low complexity surgery.
HUB_FUNCTIONS = ("C_100", "C_101", "C_110", "C_120", "C_130", "C_502")


def opening_pot(surplus: Array, prior_year_ratio: float) -> Array:
    """Unspent surpluses since 2024/25: last year's surplus and a share of as much for the year before.

    Args:
        surplus: (trust,) outturn of 2025/26, GBP m; a deficit adds nothing.
        prior_year_ratio: surplus of 2024/25 over that of 2025/26.
    """
    return np.asarray(np.maximum(surplus, 0.0) * (1 + prior_year_ratio))


def whole_pence(amount: Array) -> Array:
    """Money in whole pence, none more than there is; GBP m. What floating point left just below a penny is one."""
    return np.asarray(np.floor(amount * 1e8 + 1e-4) / 1e8)


def ordinary_envelope(spent: Array, depreciation: Array, by_assets: float) -> Array:
    """Ordinary capital of a year, GBP m: part shared by assets, the rest as it was spent in the estates return's year.

    One year's spending holds whole new hospitals; going on with it for ever would bury their trusts in capital charges.

    Args:
        spent: (trust,) capital of the estates return, grown.
        depreciation: (trust,) what a year takes off assets, by which the shared part is divided.
        by_assets: the part that is shared.
    """
    if depreciation.sum() <= 0:
        return spent.copy()
    return np.asarray((1 - by_assets) * spent + by_assets * spent.sum() * depreciation / depreciation.sum())


def affordable(wish: float, pot: float, cash: float, expenditure: float, floor_days: float) -> float:
    """Draw that pot and cash allow, GBP m: never beyond the pot, never below a floor of days of expenditure."""
    floor = expenditure * floor_days / 365.25
    return max(min(wish, pot, cash - floor), 0.0)


def split(
    amount: Array, new: float, improvement: float, lifecycle: float, equipment: float, elective: float
) -> dict[str, Array]:
    """Split capital by what it buys, following the estates return.

    Args:
        amount: (trust,) GBP m.
        new, improvement, lifecycle, equipment: published shares, normalised here.
        elective: share of new build that is elective theatre capacity; the rest of new build and all improvement and
            lifecycle work is estate.
    """
    total = new + improvement + lifecycle + equipment
    theatre = new * elective / total
    kit = equipment / total
    return {"theatre": amount * theatre, "equipment": amount * kit, "estate": amount * (1 - theatre - kit)}


def real_value(amount: Money, months_waited: Money, cost_growth: float) -> Money:
    """What an amount still buys after waiting for approval, at today's scheme costs [B10]."""
    still: Money = amount / (1 + cost_growth) ** (months_waited / 12)
    return still


def theatre_gain(real_amount: float, hub_cost: float, hub_effect: float, typical_hub_work: float) -> float:
    """Extra admitted completions a week from theatre capacity.

    A hub raised its trust's work in its functions by `hub_effect` [B01]; smaller schemes are that share of a hub.

    Args:
        real_amount: GBP m at today's costs (negative for capital lost).
        hub_cost: GBP m of a whole hub.
        hub_effect: relative gain at the average trust with a hub.
        typical_hub_work: admitted completions a week in hub functions at an average acute trust.
    """
    return real_amount / hub_cost * hub_effect * typical_hub_work


def equipment_index(real_amount: Array, stock: Array) -> Array:
    """Equipment relative to opening, (trust,); capacity follows it with elasticity [B11]."""
    return np.asarray(np.maximum(1 + real_amount / np.maximum(stock, 1e-9), 0.01))


def revenue_gain(amount: Array, cost_per_pathway: float, marginal_ratio: float) -> Array:
    """Extra completions a week for a year from non-recurrent revenue, at marginal cost; amount GBP m."""
    return np.asarray(amount * 1e6 / (cost_per_pathway * marginal_ratio) / (365.25 / 7))


def staffed(gain: Array, capacity: Array, headroom: float | Array) -> Array:
    """Extra work limited by the staff there are: no more than a share of present capacity; losses are not limited."""
    return np.asarray(np.minimum(gain, headroom * capacity))


def backlog_step(backlog: Array, growth: float) -> Array:
    """Backlog maintenance after a year in which only ordinary capital was spent, GBP m [B12]."""
    return np.asarray(backlog * (1 + growth))


@dataclass(frozen=True)
class Scheme:
    """A scheme from idea to benefit. Its key is semantic: no policy elsewhere can shift its draws.

    Attributes:
        trust: index of the trust.
        kind: one of `CLASSES`.
        amount: GBP m at the prices of its start; negative for ordinary capital that was cut.
        route: who approves it.
        start_week, approved_week, built_week: when money is committed, approved, and brings its benefit.
        real: GBP m at start prices that is left after cost growth while waiting.
    """

    trust: int
    kind: str
    amount: float
    route: str
    start_week: int
    approved_week: int
    built_week: int
    real: float
