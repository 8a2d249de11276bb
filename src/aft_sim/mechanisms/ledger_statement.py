"""What an account received and paid over a period, and what follows: surplus, underlying position, capital."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aft_sim.mechanisms.ledger_accounts import PURPOSES, Purpose

#: Pence in GBP m.
PENCE = 100_000_000


@dataclass(frozen=True)
class Statement:
    """The books of an account, or of several of one kind added up; all amounts are whole pence.

    Statements over adjoining periods add up line by line.

    Attributes:
        account: name of the account, or of the group.
        kind: "trust", "board", or one of the single accounts.
        first, last: first and last month, such as "2027-04".
        months: number of months.
        opening_cash, closing_cash: cash before the first month and after the last.
        received: by purpose, every purpose that the kind can receive; what stays with its payer is in `paid` only.
        paid: by purpose, every purpose that the kind can pay.
    """

    account: str
    kind: str
    first: str
    last: str
    months: int
    opening_cash: int
    closing_cash: int
    received: Mapping[str, int]
    paid: Mapping[str, int]

    @property
    def income(self) -> int:
        """All that was earned."""
        return _sum(self.received, lambda purpose: purpose.operating)

    @property
    def expenditure(self) -> int:
        """All expenses, depreciation among them."""
        return _sum(self.paid, lambda purpose: purpose.operating)

    @property
    def surplus(self) -> int:
        """Income less expenditure; a deficit is negative."""
        return self.income - self.expenditure

    @property
    def deficit_support(self) -> int:
        """Support received for a planned deficit, and what others forfeited of it."""
        return self.received.get("deficit_support", 0) + self.received.get("delivery_reward", 0)

    @property
    def underlying(self) -> int:
        """Surplus without deficit support."""
        return self.surplus - self.deficit_support

    @property
    def kept(self) -> int:
        """Expenses that took no cash: depreciation."""
        return _sum(self.paid, lambda purpose: purpose.within)

    @property
    def capital_spent(self) -> int:
        """Capital spending."""
        return _sum(self.paid, lambda purpose: purpose.capital == "spend")

    @property
    def capital_by_source(self) -> Mapping[str, int]:
        """Where the capital that was spent came from; the parts add up to `capital_spent`.

        Keys are the purposes that are sources ("capital_grant", "incentive", ...), "depreciation", "pot" and "cash".
        Cash is what the others leave: negative where less was spent than came in, which is kept for later.
        """
        sources = {name: amount for name, amount in self.received.items() if PURPOSES[name].capital == "source"}
        sources["depreciation"] = self.kept
        sources["pot"] = self.paid.get("pot_capital", 0)
        return {**sources, "cash": self.capital_spent - sum(sources.values())}


def _sum(amounts: Mapping[str, int], counts: Callable[[Purpose], bool]) -> int:
    return sum(amount for name, amount in amounts.items() if counts(PURPOSES[name]))
