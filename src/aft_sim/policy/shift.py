"""Money that boards keep back of the growth of acute contracts, for care outside hospital and prevention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

ACUTE = ("acute", "specialist")
"""Types of trust whose contracts give way."""


@dataclass(frozen=True)
class Shift:
    """What is kept back in a year.

    Attributes:
        community, prevention: shares of the growth of a contract.
    """

    community: float
    prevention: float

    @property
    def both(self) -> float:
        """Share of the growth that leaves acute contracts."""
        return self.community + self.prevention


def of_year(year: int, community: float, prevention: float, start: date) -> Shift:
    """What is kept back in a financial year.

    Args:
        year: calendar year in which it begins.
        community, prevention: per cent of the growth of acute contracts.
        start: first day of the policy; years that begin before it keep nothing back.
    """
    return Shift(community / 100, prevention / 100) if date(year, 4, 1) >= start else Shift(0.0, 0.0)


def kept_back(owed: Array, growth: Array, acute: Flags, shift: Shift) -> Array:
    """What boards keep back of each trust's contracts, never more than the contracts would grow by.

    Args:
        owed: (trust, board) last year's contracts, GBP m.
        growth: (board,) by which the contracts would grow.
        acute: (trust,) whose contracts give way.
        shift: shares of the growth.

    Returns:
        (trust, board) GBP m a year.
    """
    return np.asarray(owed * np.maximum(growth, 0.0) * (shift.both * acute)[:, None])


def divided(kept: Array, shift: Shift) -> tuple[Array, Array]:
    """(board,) of what is kept back, (board,): for community services, for prevention."""
    share = shift.community / shift.both if shift.both > 0 else 0.0
    return np.asarray(kept * share), np.asarray(kept * (1 - share))


def community_payees(contacts: Array, payers: Array) -> Array:
    """Who is paid for community services, by the contacts that trusts have with each board's residents.

    Args:
        contacts: (trust,) contacts a month, zero where a trust has none.
        payers: (trust, board) where a trust's patients live, rows add up to one.

    Returns:
        (trust, board) shares of what a board pays; columns add up to one.
    """
    weight = contacts[:, None] * payers
    return np.asarray(weight / weight.sum(axis=0))


def targeted(amount: Array, residents: Array, most_deprived: bool) -> Array:
    """Divide what boards spend among deprivation fifths.

    Args:
        amount: (board,) GBP m a year.
        residents: (board, quintile) people.
        most_deprived: whether all goes to the most deprived fifth that a board has residents in; else by head.

    Returns:
        (board, quintile) GBP m a year.
    """
    if most_deprived:
        weight = np.zeros_like(residents)
        weight[np.arange(len(residents)), (residents > 0).argmax(axis=1)] = 1.0
    else:
        weight = residents / residents.sum(axis=1, keepdims=True)
    return np.asarray(amount[:, None] * weight)
