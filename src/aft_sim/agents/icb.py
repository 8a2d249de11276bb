"""An integrated care board as an agent: it sees how long its residents wait, and buys care within its allocation."""

from __future__ import annotations

import mesa
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class IntegratedCareBoard(mesa.Agent):
    """One ICB: it commissions by the observed flows, the choices of its residents and what it can afford."""

    def __init__(self, model: mesa.Model, index: int, code: str) -> None:
        """Make the agent of the ICB at an index of the ICB axis."""
        super().__init__(model)
        self.index = index
        self.code = code

    def market_waits(self, markets: NDArray[np.int64], starts: Array, row_wait_ratio: Array) -> Array:
        """Mean wait ratio that a GP of this board sees in each of its markets, weighted by where patients go.

        Args:
            markets: (entry,) market position 0.. of each of the board's entries.
            starts: (entry,) opening starts.
            row_wait_ratio: (entry,) recent wait over opening wait at the entry's provider.
        """
        n = int(markets.max(initial=-1)) + 1  # a board whose residents are referred nowhere sees nothing
        weight = np.bincount(markets, starts, n)
        seen = np.bincount(markets, starts * row_wait_ratio, n)
        return np.asarray(np.divide(seen, weight, out=np.ones(n), where=weight > 0))

    @staticmethod
    def contract(bought: float, allocation: float, promised: float) -> float:
        """Growth of what this board buys from trusts and others, so that it stays within its allocation.

        Args:
            bought: what it bought of them last year, GBP m.
            allocation: this year's allocation.
            promised: what goes elsewhere first: the independent sector, and what it gives back of last year's deficit.
        """
        return (allocation - promised) / bought - 1
