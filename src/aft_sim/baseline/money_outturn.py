"""The surplus of every trust in 2025/26, from its plan, its variance to plan and deficit support.

Plans and variances are published as shares of income. They leave deficit support out of the surplus, not out of income:
read so, trusts' plans add up to England's plan within 4 %, against 8 % with income that leaves it out as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.basis import streams

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = "2025/26"
"""Of all the money at the opening."""
YEAR_END = "Q4"
"""Quarter of oversight whose variance to plan is that of the whole year."""
ROUNDS = 50
"""In which support and income are made to agree; the distance shrinks to a tenth or less in each."""


@dataclass(frozen=True, eq=False)
class Workings:
    """How the trusts' figures met England's, before anything was spread; GBP m.

    Attributes:
        planned, variance: (trust,) planned surplus and variance to plan before deficit support.
        support: (trust,) deficit support.
        imputed: (trust,) whether the planned surplus is an estimate.
        late: (trust,) whether the variance to plan is not yet that of the whole year.
        outturn: (trust,) surplus before anything is spread: the three added up.
        recovered: share of the shortfalls of the year to date that is taken back until the end of the year, so that
            the trusts add up to England's outturn.
        price_scale: (trust,) factor on the national unit prices, 1 but where they exceed the contract income.
        board_gap: largest difference between a board's contracts and the common share of allocations, as a share.
    """

    planned: Array
    variance: Array
    support: Array
    imputed: Flags
    late: Flags
    outturn: Array
    recovered: float
    price_scale: Array = field(default_factory=lambda: np.ones(0))
    board_gap: float = 0.0


def surpluses(bundle: Bundle, expenditure: Array, draw: int) -> tuple[Array, Workings]:
    """Surplus of the year with deficit support, and the workings as far as they go.

    The variance to plan of most trusts is that of three quarters. What the trusts differ from England's outturn by is
    given to shortfalls of the year to date, a common share of each: the rest of the year made them smaller.

    Args:
        bundle: the baseline.
        expenditure: (trust,) of the year.
        draw: of the planned surpluses that are estimates.
    """
    facts, finance = bundle.facts, bundle.finance
    share = np.nan_to_num(_planned_share(bundle, draw))
    variance_share = np.nan_to_num(facts["money.variance_to_plan"])
    pot = finance.gbp_m(YEAR, "deficit support funding pot") - finance.gbp_m(YEAR, "deficit support withheld")
    income, support = with_support(expenditure, share, variance_share, pot)
    planned, variance = share * income, variance_share * income
    late = ~np.isnan(facts["money.variance_to_plan"])
    late &= np.array([not (quarter or "").startswith(YEAR_END) for quarter in bundle.trusts.segment_quarter])
    outturn = planned + variance + support
    wanted = finance.gbp_m(YEAR, "provider income") - finance.gbp_m(YEAR, "provider expenditure")
    surplus, recovered = spread(outturn, np.where(late, np.maximum(-variance, 0.0), 0.0), expenditure, wanted)
    imputed = facts.estimated("money.planned_surplus")
    return surplus, Workings(planned, variance, support, imputed, late, outturn, recovered)


def _planned_share(bundle: Bundle, draw: int) -> Array:
    """(trust,) planned surplus as a share of income; estimates are drawn in their ranges."""
    name, facts = "money.planned_surplus", bundle.facts
    if draw == 0:
        return facts[name]
    low, high = facts.range(name)
    u = streams.Streams(0, draw).params("imputed surplus", 0, streams.words(facts.code))
    drawn = streams.triangular(u, np.nan_to_num(low), np.nan_to_num(facts[name]), np.nan_to_num(high))
    return np.where(facts.estimated(name), drawn, facts[name])


def with_support(expenditure: Array, planned: Array, variance: Array, pot: float) -> tuple[Array, Array]:
    """Income of trusts, and the deficit support in it: in proportion to planned deficits, never beyond them.

    Args:
        expenditure: (trust,) of the year.
        planned, variance: (trust,) planned surplus and variance to plan as shares of income, support left out.
        pot: what is paid in all.

    Returns:
        (trust,) income, which is expenditure, both parts of the surplus and support; (trust,) support.
    """
    deficit = np.maximum(-planned, 0.0)
    part = 1.0
    for _ in range(ROUNDS):
        income = expenditure / (1 - planned - variance - part * deficit)
        total = float((deficit * income).sum())
        part = min(pot / total, 1.0) if total > 0 else 0.0
    return income, part * deficit * income


def spread(outturn: Array, shortfall: Array, size: Array, wanted: float) -> tuple[Array, float]:
    """Give the difference between the trusts and England to the shortfalls of the year to date.

    Args:
        outturn: (trust,) surpluses as far as known.
        shortfall: (trust,) amounts behind plan that may still have changed; without any, all trusts take part by size.
        size: (trust,) expenditure.
        wanted: what the trusts are to add up to.

    Returns:
        (trust,) surpluses that add up, and the part of every shortfall that was taken back (negative: added to it).
    """
    weight = shortfall if shortfall.sum() > 0 else size
    part = (wanted - float(outturn.sum())) / float(weight.sum())
    return outturn + part * weight, part
