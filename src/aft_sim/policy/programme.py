"""The advanced foundation trust programme: who holds which freedom on which day (model 5.12, the part built here)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


@dataclass(frozen=True)
class Status:
    """The programme as it stands in a scenario.

    Attributes:
        designated: trust indices, ascending.
        from_week: first week of the freedoms.
        approval, reinvest: the freedoms that the model acts on.
    """

    designated: Index
    from_week: int
    approval: bool
    reinvest: bool

    def holds(self, trust: int, week: int) -> bool:
        """Whether a trust has the status in a week."""
        return week >= self.from_week and bool(np.any(self.designated == trust))

    def may_reinvest(self, week: int) -> Index:
        """Trusts that may draw on their pots in a week."""
        return self.designated if self.reinvest and week >= self.from_week else self.designated[:0]

    def may_approve(self, trust: int, week: int) -> bool:
        """Whether a trust holds the approval freedom in a week."""
        return self.approval and self.holds(trust, week)
