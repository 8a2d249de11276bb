"""Money as a double-entry ledger: who paid whom, for what, in which month, exact to the penny.

Amounts come in GBP m and are kept as whole pence, so every sum is exact: what is paid is received, and every balance is
the opening balance with all that came and went. Mechanisms and rules say how much; the ledger only books it.

    ledger.post("elective", matrix)              # (trust, board) GBP m, in the month that is open
    ledger.post("capital_grant", 4.2, payee="RTF")
    ledger.close_month("2027-04")
    ledger.statement("RTF", "2027-04", "2028-03").surplus
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aft_sim.basis.errors import CheckFailed, InputError
from aft_sim.mechanisms.ledger_accounts import PURPOSES, SEVERAL, Accounts, Index, Purpose, purpose_of
from aft_sim.mechanisms.ledger_book import Book
from aft_sim.mechanisms.ledger_statement import PENCE, Statement

__all__ = ["LARGEST", "PENCE", "PURPOSES", "Accounts", "Ledger", "Purpose", "Statement", "purpose_of"]

Array = NDArray[np.float64]
Side = Literal["payee", "payer"]
Who = str | int | np.integer[Any] | Sequence[str] | Sequence[int] | Index
"""Accounts of a posting: a name or a position on the axis of its kind, or several of either."""

#: Most that may be posted at once, GBP m: all of public spending. More is a mistake of unit, and might overflow.
LARGEST = 1e6
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Ledger:
    """All payments of a run.

    Postings go to the month that is open; `close_month` gives it its name. Statements and totals cover closed months.

    Attributes:
        accounts: the axis.
    """

    def __init__(self, accounts: Accounts, opening_cash_m: Array) -> None:
        """Open the books.

        Args:
            accounts: the axis.
            opening_cash_m: (account,) GBP m; accounts outside the model (staff, suppliers, ...) begin at zero.

        Raises:
            CheckFailed: an opening balance is not a number, or not one for every account.
        """
        self.accounts = accounts
        self._opening = _pence(opening_cash_m, (len(accounts),), "opening cash", negative=True)
        self._cash = self._opening.copy()
        self._books = {name: Book(purpose, accounts) for name, purpose in PURPOSES.items()}
        self._months: list[str] = []
        self._closing: list[Index] = []

    # -- postings ------------------------------------------------------------------------------------------------------

    def post(self, purpose: str, amount_m: Array | float, payer: Who | None = None, payee: Who | None = None) -> None:
        """Book a payment in the month that is open; several postings of one purpose add up.

        Args:
            purpose: a name in `PURPOSES`.
            amount_m: GBP m, rounded to whole pence (half to even). Its shape is (payee, payer) without the axes that
                hold one account: (trust,) for what trusts pay or receive from one account, (board,) likewise, (trust,
                board) for what boards pay trusts, a number between two single accounts.
            payer, payee: who pays or receives, where not all of the kind do: one account, which takes its axis away
                from the amount, or several, which shorten it.

        Raises:
            InputError: unknown purpose or account.
            CheckFailed: amounts of another shape, negative (money that flows back has its own purpose), not finite or
                beyond `LARGEST`; accounts that cannot pay or receive it. Nothing is booked then.
        """
        book = self._books[purpose_of(purpose).name]
        if payer is None and payee is None:
            cells = _pence(amount_m, book.shape, purpose).reshape(book.cells)
        else:
            cells = self._some(book, amount_m, payer, payee)
        book.add(cells)
        if book.purpose.cash:
            self._cash[book.payee] += cells.sum(axis=1)
            self._cash[book.payer] -= cells.sum(axis=0)

    def _some(self, book: Book, amount_m: Array | float, payer: Who | None, payee: Who | None) -> Index:
        """Cells of a posting between some accounts."""
        purpose = book.purpose
        columns, one_column = self._chosen(payer, book.payer, purpose.payer, purpose.name)
        if purpose.within:
            if payee is not None:
                raise CheckFailed("money that stays with its payer has no payee", where=purpose.name, found=payee)
            rows, one_row, columns, one_column = columns, one_column, np.zeros(1, np.int64), True
        else:
            rows, one_row = self._chosen(payee, book.payee, purpose.payee, purpose.name)
        shape = tuple(len(chosen) for chosen, one in ((rows, one_row), (columns, one_column)) if not one)
        pence = _pence(amount_m, shape, purpose.name)
        cells = np.zeros(book.cells, np.int64)
        cells[np.ix_(rows, columns)] = pence.reshape(len(rows), len(columns))
        return cells

    def _chosen(self, who: Who | None, axis: slice, kind: str, purpose: str) -> tuple[Index, bool]:
        """Positions on one axis of a purpose, and whether they are one account, which takes its axis away."""
        size = axis.stop - axis.start
        if who is None:
            return np.arange(size), kind not in SEVERAL
        one = isinstance(who, str | int | np.integer)
        members: list[Any] = [who] if one else list(who)  # type: ignore[arg-type]
        found = [self.accounts.index(name) - axis.start if isinstance(name, str) else int(name) for name in members]
        if any(not 0 <= i < size for i in found) or len(set(found)) < len(found):
            names = self.accounts.names[axis]
            raise CheckFailed(
                "not accounts of this purpose, each once",
                where=purpose,
                found=members,
                expected=f"among {', '.join(names[:3])}{' ...' if size > 3 else ''}",
            )
        return np.array(found, np.int64), one

    def close_month(self, label: str) -> None:
        """Close the month that is open and open the next.

        Args:
            label: its name, such as "2027-04".

        Raises:
            CheckFailed: not a month, or not the one after the last that was closed.
        """
        due = _next(self._months[-1]) if self._months else label
        if not _MONTH.fullmatch(label) or label != due:
            raise CheckFailed("the ledger's months close one after the other", found=label, expected=due)
        for book in self._books.values():
            book.close(len(self._months))
        self._months.append(label)
        self._closing.append(self._cash.copy())

    # -- balances and totals -------------------------------------------------------------------------------------------

    @property
    def months(self) -> tuple[str, ...]:
        """Months that are closed."""
        return tuple(self._months)

    @property
    def cash(self) -> Array:
        """(account,) cash now, GBP m."""
        return np.asarray(self._cash / PENCE)

    @property
    def cash_pence(self) -> Index:
        """(account,) cash now, whole pence."""
        return self._cash.copy()

    def month(self, purpose: str, side: Side = "payee") -> Array:
        """(account,) GBP m that accounts received ("payee") or paid ("payer") in the month that is open."""
        return np.asarray(self._sum(purpose, len(self._months), len(self._months), side) / PENCE)

    def year_to_date(self, purpose: str, side: Side = "payee") -> Array:
        """(account,) GBP m received or paid since April, in the month that is open too."""
        begun = max((n + 1 for n, label in enumerate(self._months) if label.endswith("-03")), default=0)
        return np.asarray(self._sum(purpose, begun, len(self._months), side) / PENCE)

    def total(self, purpose: str, first: str, last: str, side: Side = "payee") -> Array:
        """(account,) GBP m received or paid from one closed month to another, both included.

        Raises:
            InputError: unknown purpose, or months that are not closed.
        """
        return np.asarray(self._sum(purpose, *self._span(first, last), side) / PENCE)

    def statement(self, account: str, first: str, last: str) -> Statement:
        """The books of one account from one closed month to another, both included.

        Raises:
            InputError: unknown account, or months that are not closed.
        """
        return self.statement_of(account, [account], first, last)

    def statement_of(self, name: str, accounts: Sequence[str], first: str, last: str) -> Statement:
        """The books of several accounts of one kind, added up, under a name of their own.

        Raises:
            InputError: no accounts, unknown ones, several kinds, or months that are not closed.
        """
        begin, end = self._span(first, last)
        positions = [self.accounts.index(account) for account in accounts]
        kinds = {self.accounts.kind(position) for position in positions}
        if len(kinds) != 1:
            raise InputError("a statement adds up accounts of one kind", found=", ".join(sorted(kinds)) or "none")
        kind, chosen = kinds.pop(), np.unique(positions)

        def amount(purpose: str, side: Side) -> int:
            return int(self._sum(purpose, begin, end, side)[chosen].sum())

        return Statement(
            name,
            kind,
            first,
            last,
            end - begin + 1,
            int(self._opened(begin)[chosen].sum()),
            int(self._closing[end][chosen].sum()),
            {p.name: amount(p.name, "payee") for p in PURPOSES.values() if p.payee == kind},
            {p.name: amount(p.name, "payer") for p in PURPOSES.values() if p.payer == kind},
        )

    def _opened(self, month: int) -> Index:
        return self._closing[month - 1] if month else self._opening

    def _sum(self, purpose: str, first: int, last: int, side: Side) -> Index:
        """(account,) pence over months by number; the one that is open follows the last closed one."""
        book = self._books[purpose_of(purpose).name]
        total = np.zeros(len(self.accounts), np.int64)
        for record in book.records[bisect_left(book.at, first) : bisect_right(book.at, last)]:
            amounts = record.amounts.astype(np.int64)  # numpy adds up mixed types several times more slowly
            np.add.at(total, record.payee if side == "payee" else record.payer, amounts)
        if last == len(self._months) and book.open is not None:
            paid, received = book.open.sum(axis=0), book.open.sum(axis=1)
            total[book.payee if side == "payee" else book.payer] += (
                received if side == "payee" or book.purpose.within else paid
            )
        return total

    def _span(self, first: str, last: str) -> tuple[int, int]:
        """Numbers of the first and last month of a period."""
        for label in (first, last):
            if label not in self._months:
                closed = f"{self._months[0]} to {self._months[-1]}" if self._months else "a closed month; there is none"
                raise InputError("the ledger holds no such month", found=label, expected=closed)
        begin, end = self._months.index(first), self._months.index(last)
        if begin > end:
            raise InputError(
                "a period ends before it begins", found=f"{first} to {last}", expected=f"{last} to {first}"
            )
        return begin, end

    # -- all of it -----------------------------------------------------------------------------------------------------

    def postings(self, first: str | None = None, last: str | None = None) -> pa.Table:
        """Every payment of the closed months, one row a month, purpose, payer and payee.

        Args:
            first, last: the period, both included; from the first to the last closed month if None.

        Returns:
            Columns month, payer, payee, purpose (dictionary-encoded text) and amount (GBP, decimal with two places).

        Raises:
            InputError: months that are not closed.
        """
        begin, end = 0, len(self._months) - 1
        if first is not None or last is not None:
            begin, end = self._span(first or self._months[0], last or self._months[-1])
        rows = [
            (record.month, record.payer, record.payee, number, record.amounts)
            for number, book in enumerate(self._books.values())
            for record in book.records[bisect_left(book.at, begin) : bisect_right(book.at, end)]
        ]
        rows.sort(key=lambda row: row[0])  # stable: purposes stay in their order
        sizes = [len(row[4]) for row in rows]

        def joined(arrays: Sequence[NDArray[Any]]) -> Index:
            return np.concatenate(arrays).astype(np.int64) if arrays else np.zeros(0, np.int64)

        def text(codes: Index, words: Sequence[str]) -> pa.Array:
            return pa.DictionaryArray.from_arrays(codes.astype(np.int32), pa.array(words, pa.string()))

        return pa.table(
            {
                "month": text(np.repeat([row[0] for row in rows], sizes).astype(np.int64), self._months),
                "payer": text(joined([row[1] for row in rows]), self.accounts.names),
                "payee": text(joined([row[2] for row in rows]), self.accounts.names),
                "purpose": text(np.repeat([row[3] for row in rows], sizes).astype(np.int64), list(self._books)),
                "amount": _decimal(joined([row[4] for row in rows])),
            }
        )

    def check(self) -> None:
        """Add everything up again from the single payments.

        Raises:
            CheckFailed: in some month what was paid for a purpose is not what was received or booked, or an account's
                cash is not its opening balance with all that came and went.
        """
        moved = np.zeros((len(self._months) + 1, len(self.accounts)), np.int64)
        for name, book in self._books.items():
            for month, paid, received, booked in self._flows(book):
                if not paid.sum() == received.sum() == booked:
                    raise CheckFailed(
                        "what was paid is not what was received",
                        where=f"{self._label(month)}, {name}",
                        found=f"{paid.sum()} and {received.sum()} pence",
                        expected=f"{booked} pence",
                    )
                if book.purpose.cash:
                    moved[month] += received - paid
        should = self._opening + np.cumsum(moved, axis=0)
        for month, cash in enumerate([*self._closing, self._cash]):
            wrong = np.flatnonzero(cash != should[month])
            if wrong.size:
                i = int(wrong[0])
                raise CheckFailed(
                    "an account's cash is not what came and went",
                    where=f"{self._label(month)}, {self.accounts.names[i]}",
                    found=f"{cash[i]} pence",
                    expected=f"{should[month, i]} pence",
                )

    def _flows(self, book: Book) -> Iterator[tuple[int, Index, Index, int]]:
        """Months with payments of a purpose: paid and received by account, and what was booked in all."""
        here = [*book.at, *([len(self._months)] if book.open is not None else [])]
        for month in here:
            booked = book.open_booked if month == len(self._months) else book.booked[bisect_left(book.at, month)]
            name = book.purpose.name
            yield month, self._sum(name, month, month, "payer"), self._sum(name, month, month, "payee"), booked

    def _label(self, month: int) -> str:
        return self._months[month] if month < len(self._months) else "the open month"


def _pence(amount_m: Array | float, shape: tuple[int, ...], what: str, negative: bool = False) -> Index:
    """Amounts in whole pence, checked; what rounds to nothing is nothing, even from below."""
    amount = np.asarray(amount_m, dtype=np.float64)
    if amount.shape != shape:
        raise CheckFailed("amounts of the wrong shape", where=what, found=amount.shape, expected=str(shape))
    pence = np.rint(amount * PENCE)
    size = float(np.abs(pence).sum())
    if not size <= LARGEST * PENCE or (not negative and pence.min(initial=0.0) < 0):
        wrong = amount[~np.isfinite(amount) | ((pence < 0) & (not negative))]
        raise CheckFailed(
            "not an amount that can be booked",
            where=what,
            found=float(wrong.flat[0]) if wrong.size else size / PENCE,
            expected=f"{'' if negative else 'no negative amounts, '}finite, GBP {LARGEST:,.0f} million in all at most",
        )
    return pence.astype(np.int64)


def _decimal(pence: Index) -> pa.Array:
    """Pence as pounds with two places, exact: Arrow keeps a decimal as a 128-bit integer, low half first."""
    halves = np.stack([pence, np.where(pence < 0, -1, 0)], axis=1).astype("<i8")
    return pa.Array.from_buffers(pa.decimal128(18, 2), len(pence), [None, pa.py_buffer(halves.tobytes())])


def _next(label: str) -> str:
    year, month = int(label[:4]), int(label[5:])
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"
