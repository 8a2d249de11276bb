"""NHS England as an agent: it allocates revenue, applies the capital limit and, in one comparator, gives by need."""

from __future__ import annotations

from dataclasses import dataclass

import mesa
import numpy as np
from numpy.typing import NDArray

from aft_sim.policy import payment
from aft_sim.policy.capital_regime import LimitOutcome, LimitRule, apply_limit

Array = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class YearLimit:
    """The limit of a financial year.

    Attributes:
        year: as "2027/28".
        binds: whether provider capital is at its limit this year.
        crowd_out: share of a pound drawn from pots that needs room others hold.
    """

    year: str
    binds: bool
    crowd_out: float


class NHSEngland(mesa.Agent):
    """The one national agent."""

    def set_limit(self, year: str, u: float, probability: float, binding: float, slack: float) -> YearLimit:
        """Find out whether the limit binds this year, and how much a pound from a pot then displaces.

        Args:
            year: financial year.
            u: uniform of the year.
            probability: that the limit binds [J03].
            binding, slack: crowd-out when it binds [J01] and when it does not [J02].
        """
        binds = u < probability
        return YearLimit(year, binds, binding if binds else slack)

    def apply_limit(self, wanted: Array, envelopes: Array, rule: LimitRule, limit: YearLimit) -> LimitOutcome:
        """Apply the scenario's rule to a year's plans."""
        return apply_limit(wanted, envelopes, rule, limit.crowd_out)

    def allocate(self, before: Array, target: Array, growth: float, year: int, floor: float) -> Array:
        """Allocations of a year, (board,), GBP m: the settlement's growth and a step towards fair shares.

        Args:
            before: last year's.
            target: fair shares.
            growth: of their sum.
            year: calendar year in which the financial year begins.
            floor: least growth of any board.
        """
        return payment.allocations(before, target, growth, payment.convergence_pace(year), floor)

    def choose_by_need(self, share: Array, waiting: Array, eligible: Index, count: int) -> Array:
        """Split money between the trusts with the longest waits, by how many wait over 18 weeks.

        Args:
            share: (provider,) percent within 18 weeks, as last published.
            waiting: (provider,) people waiting.
            eligible: provider indices that may receive.
            count: how many trusts share the money.

        Returns:
            (provider,) shares that add up to one.
        """
        with_list = eligible[waiting[eligible] > 0]
        order = np.lexsort((with_list, np.round(share[with_list], 9)))
        chosen = with_list[order[:count]]
        out = np.zeros_like(share)
        out[chosen] = waiting[chosen] * (1 - share[chosen] / 100)
        if out.sum() <= 0:  # nobody waits over 18 weeks: by the size of the list
            out[chosen] = waiting[chosen]
        return np.asarray(out / out.sum())
