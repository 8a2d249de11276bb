"""Who holds money and what it is paid for: the accounts of the ledger and the table of purposes.

A purpose fixes which kind of account pays and which receives, and how the payment counts in their books. A new kind of
payment is one more line of `PURPOSES`: statements, checks and pages follow from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis.errors import InputError, did_you_mean

Index = NDArray[np.int64]

#: Accounts that are one each, in the order of the ledger's axis, after trusts and boards. The Treasury stands for the
#: department too; other customers pay other income; other providers (general practice, pharmacy, continuing care) are
#: paid by boards.
SINGLE = (
    "nhs_england",
    "treasury",
    "independent_sector",
    "staff",
    "suppliers",
    "private_finance",
    "other_customers",
    "other_providers",
)
#: Kinds of which there are several accounts.
SEVERAL = ("trust", "board")
#: Who gives care that the holder of a budget pays for; a board is paid back.
CARE_OF_OTHERS = ("trust", "board", "independent_sector", "other_providers")
#: Payee of money that stays with its payer.
ITSELF = "itself"


@dataclass(frozen=True)
class Accounts:
    """The axis of the ledger: every trust, every board, then `SINGLE`.

    Attributes:
        trusts: codes of trusts, in the order of the trust axis.
        boards: codes of integrated care boards, in the order of the board axis.

    Raises:
        InputError: two accounts have one name.
    """

    trusts: tuple[str, ...]
    boards: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse names that do not tell accounts apart."""
        if len(self._position) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise InputError("two accounts of the ledger have one name", found=twice, expected="names that differ")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Name of every account."""
        return (*self.trusts, *self.boards, *SINGLE)

    @cached_property
    def _position(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.names)

    def index(self, name: str) -> int:
        """Position of an account.

        Raises:
            InputError: there is no such account.
        """
        if name not in self._position:
            raise InputError(
                "there is no such account in the ledger",
                found=name,
                expected=f"the code of a trust or board, {', '.join(SINGLE)}",
                hint=did_you_mean(name, self.names),
            )
        return self._position[name]

    def kind(self, position: int) -> str:
        """Kind of the account at a position: "trust", "board", or its own name."""
        if position < len(self.trusts):
            return "trust"
        return "board" if position < len(self.trusts) + len(self.boards) else self.names[position]

    def axis(self, kind: str) -> slice:
        """Where the accounts of a kind lie: all trusts, all boards, or one account."""
        if kind == "trust":
            return slice(0, len(self.trusts))
        if kind == "board":
            return slice(len(self.trusts), len(self.trusts) + len(self.boards))
        at = self.index(kind)
        return slice(at, at + 1)

    def positions(self, kind: str) -> Index:
        """Positions of all accounts of a kind."""
        axis = self.axis(kind)
        return np.arange(axis.start, axis.stop)


@dataclass(frozen=True)
class Purpose:
    """What a payment is for.

    Attributes:
        name: as code and files spell it.
        label: as pages print it.
        payer, payee: kinds of account ("trust", "board" or one of `SINGLE`); the payee may be `ITSELF`.
        capital: "source" of a trust's capital, "spend" of it, or "" for all that is no capital.
        settles: it squares a balance (an account in the red, a surplus taken back, an allocation not spent), so it is
            nobody's income and nobody's expense.
    """

    name: str
    label: str
    payer: str
    payee: str
    capital: Literal["", "source", "spend"] = ""
    settles: bool = False

    @property
    def within(self) -> bool:
        """Whether the payer keeps the money."""
        return self.payee == ITSELF

    @property
    def cash(self) -> bool:
        """Whether it moves cash."""
        return not self.within

    @property
    def operating(self) -> bool:
        """Whether it is an expense of who pays it and income of who receives it."""
        return not self.capital and not self.settles

    @property
    def handed_on(self) -> bool:
        """Whether a trust pays it, as the holder of a budget, for care that others give."""
        return self.operating and self.payer == "trust" and self.payee in CARE_OF_OTHERS

    @property
    def income(self) -> bool:
        """Whether it is income of a trust."""
        return self.operating and self.payee == "trust"

    @property
    def expense(self) -> bool:
        """Whether it is an expense of a trust."""
        return self.operating and self.payer == "trust"


_ALL = (
    Purpose("settlement", "Settlement", "treasury", "nhs_england"),
    Purpose("allocation", "Allocation", "nhs_england", "board"),
    Purpose("elective", "Elective care", "board", "trust"),
    Purpose("urgent_fixed", "Urgent care, fixed part", "board", "trust"),
    Purpose("urgent_variable", "Urgent care, part by activity", "board", "trust"),
    Purpose("block", "Block and other contracts", "board", "trust"),
    Purpose("community", "Community services, moved money", "board", "trust"),
    Purpose("prevention", "Prevention, moved money", "board", "other_providers"),
    Purpose("independent_sector", "Independent providers", "board", "independent_sector"),
    Purpose("other_commissioning", "Other care", "board", "other_providers"),
    Purpose("national_programmes", "National programmes", "nhs_england", "other_providers"),
    Purpose("iho_budget", "Budget of a population", "board", "trust"),
    Purpose("iho_fair_share", "Budget above historic spend", "board", "trust"),
    Purpose("iho_fair_share_back", "Budget below historic spend", "trust", "board"),
    Purpose("iho_elective", "Elective care, sub-contract", "trust", "trust"),
    Purpose("iho_urgent_fixed", "Urgent care, fixed part, sub-contract", "trust", "trust"),
    Purpose("iho_urgent_variable", "Urgent care, part by activity, sub-contract", "trust", "trust"),
    Purpose("iho_block", "Block and other, sub-contract", "trust", "trust"),
    Purpose("iho_independent", "Independent providers, from a budget", "trust", "independent_sector"),
    Purpose("iho_other_care", "Other care, from a budget", "trust", "other_providers"),
    Purpose("iho_community", "Community care moved out of hospital", "trust", "staff"),
    Purpose("iho_prevention", "Prevention, from a budget", "trust", "other_providers"),
    Purpose("iho_setup", "Bonuses and set-up of a budget", "trust", "suppliers"),
    Purpose("iho_overspend", "Overspending that the board bears", "board", "trust"),
    Purpose("iho_underspend", "Underspending that the board keeps", "trust", "board"),
    Purpose("deficit_support", "Deficit support", "nhs_england", "trust"),
    Purpose("delivery_reward", "Support others forfeited", "nhs_england", "trust"),
    Purpose("other_income", "Other income", "other_customers", "trust"),
    Purpose("pay", "Pay", "trust", "staff"),
    Purpose("bank_agency", "Bank and agency staff", "trust", "staff"),
    Purpose("drugs", "Drugs", "trust", "suppliers"),
    Purpose("non_pay", "Other non-pay", "trust", "suppliers"),
    Purpose("pfi", "Private finance", "trust", "private_finance"),
    Purpose("depreciation", "Depreciation", "trust", ITSELF),
    Purpose("pdc_dividend", "Dividend on public capital", "trust", "treasury"),
    Purpose("community_care", "Community services, moved money", "trust", "staff"),
    Purpose("purchase_of_work", "Work bought with the pot", "trust", "staff"),
    Purpose("capital_grant", "Capital grant", "treasury", "trust", capital="source"),
    Purpose("incentive", "Capital incentive", "nhs_england", "trust", capital="source"),
    Purpose("capital", "Ordinary capital", "trust", "suppliers", capital="spend"),
    Purpose("pot_capital", "Capital bought with the pot", "trust", "suppliers", capital="spend"),
    Purpose("cash_support", "Cash support", "treasury", "trust", settles=True),
    Purpose("surplus_return", "Surplus taken back", "trust", "nhs_england", settles=True),
    Purpose("redistribution", "Surplus of others", "nhs_england", "trust", settles=True),
    Purpose("board_support", "Support for overspending", "nhs_england", "board", settles=True),
    Purpose("unspent", "Unspent allocation", "board", "nhs_england", settles=True),
    Purpose("lapse", "Unspent settlement", "nhs_england", "treasury", settles=True),
)
PURPOSES: Mapping[str, Purpose] = MappingProxyType({purpose.name: purpose for purpose in _ALL})
"""All purposes by name, in the order in which statements list them."""


def purpose_of(name: str) -> Purpose:
    """The purpose of a name.

    Raises:
        InputError: there is none.
    """
    if name not in PURPOSES:
        raise InputError(
            "the ledger knows no such purpose",
            found=name,
            expected="one of its purposes",
            hint=did_you_mean(name, PURPOSES),
        )
    return PURPOSES[name]
