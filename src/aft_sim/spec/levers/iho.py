"""`[iho]`: who holds the budget of a whole population, for whom, from when, and on what terms."""

from __future__ import annotations

from datetime import date
from typing import Literal

from aft_sim.spec.levers._base import NHS_ENGLAND, Day, LeverTable, Trusts, lever

_ANNEX = "NHS England, guide for applicants, annex 2 (consultation version), 12 November 2025"
_FRAMEWORK = "NHS England and DHSC, Medium Term Planning Framework, 24 October 2025"
_CASES = "Northamptonshire Healthcare board papers, 30 July 2026; North East and North Cumbria ICB, 29 July 2026"
_START = "designations in 2026, first contracts from April 2027"


class IhoLevers(LeverTable):
    """Who holds the budget of a whole population, for whom, from when, and on what terms."""

    planned: bool = lever(
        False,
        "The two contracts that are planned: Northamptonshire Healthcare and Northumbria Healthcare.",
        policy="From April 2027 Northamptonshire Healthcare takes the budget for children, mental health and learning "
        "disability, and Northumbria that of Northumberland and North Tyneside. These are plans: no contract was seen.",
        source=_CASES,
        who=NHS_ENGLAND,
        dates="from 1 April 2027",
    )
    offered: Literal["named", "every_holder"] = lever(
        "named",
        "To whom further contracts are offered: the trusts named in iho.holders, or every advanced foundation trust.",
        policy="Contracts are to become the norm. Only advanced foundation trusts may hold one, after a separate "
        "assessment.",
        source=_ANNEX,
        who=NHS_ENGLAND,
        dates=_START,
    )
    holders: Trusts = lever(
        (),
        'Trusts that are offered a further contract: codes, or sets such as "set:first-wave".',
        policy="Boards commission a contract where they judge it the right local answer.",
        source=_FRAMEWORK,
        who="integrated care boards",
        dates=_START,
    )
    from_: Day = lever(
        date(2027, 4, 1),
        "First day on which further contracts are offered; each starts on a 1 April at least nine months later.",
        policy="Designation, three months for the business case, and a start with a financial year.",
        source=_CASES,
        who=NHS_ENGLAND,
        dates=_START,
        alias="from",
    )
    scope: Literal["partial", "place", "whole"] = lever(
        "place",
        "What further contracts cover: services for children, mental health and learning disability; all care of the "
        "places that the holder serves most; or all care of the board's residents.",
        policy="Northamptonshire begins with some services, Northumbria with two local authorities.",
        source=_CASES,
        who="integrated care boards",
        dates=_START,
    )
    budget: Literal["historic", "fair_share"] = lever(
        "historic",
        "Whether a budget begins from what was spent on the population, or from its share of weighted need.",
        policy="A capitated budget for a defined population. How it is set was not found.",
        source=_ANNEX,
        who="integrated care boards",
        dates=_START,
    )
    savings_source: Literal["emergent", "literature"] = lever(
        "emergent",
        "Whether savings are the payments that a run avoids, or what contracts abroad report: an upper bound.",
        policy="No saving is published for England; reports from Massachusetts, Medicare and Kinzigtal are of other "
        "payers, prices and care.",
        source="register: iho.gross_saving, iho.hospital_held_ratio, iho.setup_ratio",
        who=NHS_ENGLAND,
        dates="a comparator, not a policy",
    )
