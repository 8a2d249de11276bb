"""`[shift]`: how much of the growth of acute trusts' contracts boards move to care outside hospital and prevention."""

from __future__ import annotations

from datetime import date
from typing import Literal

from aft_sim.spec.levers._base import NHS_ENGLAND, Day, LeverTable, lever

_PLAN = "10 Year Health Plan, July 2025; Medium Term Planning Framework, 24 October 2025"
_DATES = "each 1 April; no share was found"


class ShiftLevers(LeverTable):
    """How much of the growth of acute trusts' contracts boards move to care outside hospital and prevention."""

    community: int = lever(
        0,
        "Per cent of the growth of acute and specialist trusts' contracts that boards spend on community services.",
        policy="The share of money that goes to hospitals is to fall. Boards keep back part of the growth of acute "
        "contracts and pay community services with it, year after year; acute trusts do less work for what they lose.",
        source=_PLAN,
        who=NHS_ENGLAND,
        dates=_DATES,
        ge=0,
        le=50,
    )
    prevention: int = lever(
        0,
        "Per cent of that growth that boards spend on prevention.",
        policy="From sickness to prevention. The money goes to councils and others who prevent illness, and adds to "
        "what public health grants pay for.",
        source=_PLAN,
        who=NHS_ENGLAND,
        dates=_DATES,
        ge=0,
        le=50,
    )
    from_: Day = lever(
        date(2027, 4, 1),
        "Financial years that begin on this day or later are moved.",
        policy="Contracts are agreed for financial years.",
        source=_PLAN,
        who=NHS_ENGLAND,
        dates=_DATES,
        alias="from",
    )
    target: Literal["everyone", "most_deprived"] = lever(
        "everyone",
        "For whom it is spent: a board's residents alike, or those in the most deprived fifth that it has.",
        policy="Plans speak of narrowing inequality; which neighbourhoods come first is left to boards.",
        source="our own construction",
        who=NHS_ENGLAND,
        dates="no date: a comparator",
    )
