"""One purpose's payments, month by month: who pays whom seldom changes, so only amounts are kept for every month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms.ledger_accounts import SEVERAL, Accounts, Index, Purpose

_NARROW = np.iinfo(np.uint32).max


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Payments of one purpose in one closed month.

    Attributes:
        month: its number in the ledger.
        payer, payee: (payment,) positions of the accounts; months with the same payments share them.
        amounts: (payment,) whole pence, all above zero, in the narrowest type that holds them.
    """

    month: int
    payer: NDArray[np.int32]
    payee: NDArray[np.int32]
    amounts: NDArray[np.integer]


class Book:
    """The payments of one purpose.

    Attributes:
        purpose: what they are for.
        payer, payee: where its accounts lie on the ledger's axis.
        cells: (payee, payer) numbers of accounts; payers alone, in rows, where money stays with its payer.
        shape: of a posting by all: `cells` without axes of single accounts.
        open: `cells`, pence of the month that is open; None without a posting.
        open_booked: sum of the postings of the month that is open, kept apart from them.
        records: closed months with payments.
        at: numbers of those months.
        booked: pence booked in each of them.
    """

    def __init__(self, purpose: Purpose, accounts: Accounts) -> None:
        """An empty book."""
        self.purpose = purpose
        self.payer = accounts.axis(purpose.payer)
        self.payee = self.payer if purpose.within else accounts.axis(purpose.payee)
        rows, columns = (axis.stop - axis.start for axis in (self.payee, self.payer))
        self.cells = (rows, 1) if purpose.within else (rows, columns)
        kinds = (purpose.payer,) if purpose.within else (purpose.payee, purpose.payer)
        self.shape = tuple(n for n, kind in zip(self.cells, kinds, strict=False) if kind in SEVERAL)
        self.open: Index | None = None
        self.open_booked = 0
        self.records: list[Record] = []
        self.at: list[int] = []
        self.booked: list[int] = []
        self._used: Index | None = None

    def add(self, cells: Index) -> None:
        """Add to the month that is open; `cells` is the book's from now on."""
        if self.open is None:
            self.open = cells
        else:
            self.open += cells
        self.open_booked += int(cells.sum())

    def close(self, month: int) -> None:
        """Keep the payments of the month that is open, if there are any, under its number."""
        if self.open is None:
            return
        flat = self.open.ravel()
        used = np.flatnonzero(flat)
        if used.size:
            payer, payee = self._who(used)
            amounts = flat[used]
            kept = amounts.astype(np.uint32) if amounts.max() <= _NARROW else amounts
            self.records.append(Record(month, payer, payee, kept))
            self.at.append(month)
            self.booked.append(self.open_booked)
        self.open, self.open_booked = None, 0

    def _who(self, used: Index) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Payers and payees of the cells in use, those of the last month if nothing changed."""
        if self._used is not None and np.array_equal(used, self._used):
            return self.records[-1].payer, self.records[-1].payee
        self._used = used
        row, column = np.divmod(used, self.cells[1])
        payee = (row + self.payee.start).astype(np.int32)
        return (payee if self.purpose.within else (column + self.payer.start).astype(np.int32)), payee
