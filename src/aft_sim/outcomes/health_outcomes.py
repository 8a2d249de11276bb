"""Outcomes of health, and of the money of the whole system: rows that the registry takes in."""

from __future__ import annotations

ENGLAND = ("qalys_treatment", "qalys_waiting", "qalys_prevention", "deaths_avoided", "need", "avoided")
"""Columns of England's table."""
SYSTEM = ("public_spending", "simulated_spending", "community_spending", "prevention_spending")
"""Columns of the system's table."""

OF_MONEY = ("money", "system")
"""Tables whose outcomes are told beside every comparison and not compared by group."""

_QALYS = ("QALYs", "QALYs", "higher", "flow")
_MONEY = ("GBP million", "GBP million", "neither", "flow")
_HERE = ("england",)
_ALL = ("system",)

ROWS = (
    (
        "qalys",
        "quality-adjusted life years of simulated care",
        *_QALYS,
        ("qalys_treatment", "qalys_waiting", "qalys_prevention"),
        _HERE,
        "QALYs of the month: treatment given or still to come, less what is lost by waiting, and prevention",
    ),
    (
        "qalys_treatment",
        "quality-adjusted life years of treatment",
        *_QALYS,
        ("qalys_treatment",),
        _HERE,
        "QALYs of pathways completed in the month, and of the change of the list: whoever waits will mostly be treated",
    ),
    (
        "qalys_waiting",
        "quality-adjusted life years lost by waiting",
        *_QALYS,
        ("qalys_waiting",),
        _HERE,
        "QALYs that people on the list lost in the month; below 0",
    ),
    (
        "qalys_prevention",
        "quality-adjusted life years of prevention",
        *_QALYS,
        ("qalys_prevention",),
        _HERE,
        "QALYs bought by prevention beyond the opening's, counted when the money is spent",
    ),
    (
        "deaths_avoided",
        "amenable deaths avoided by money",
        "deaths",
        "deaths",
        "higher",
        "flow",
        ("deaths_avoided",),
        _HERE,
        "deaths avoided by what boards have in real terms beyond the opening, as an ecological panel found; no part of "
        "QALYs",
    ),
    (
        "need",
        "need for care",
        "%",
        "points",
        "lower",
        "level",
        (),
        _HERE,
        "need for care of residents, of the opening's, before growth",
    ),
    (
        "avoided",
        "emergency admissions avoided",
        "%",
        "points",
        "higher",
        "level",
        (),
        _HERE,
        "share of expected emergency admissions of residents that care outside hospital avoids",
    ),
    (
        "public_spending",
        "public spending on care",
        *_MONEY,
        ("public_spending",),
        _ALL,
        "what trusts, boards and NHS England paid in the month to staff, suppliers and other providers",
    ),
    (
        "simulated_spending",
        "public spending on simulated care",
        *_MONEY,
        ("simulated_spending",),
        _ALL,
        "the part of it that buys no health beyond the QALYs: elective care of trusts with a list and their capital, "
        "independent providers, prevention, emergencies beyond those foreseen (below 0: fewer)",
    ),
    (
        "community_spending",
        "moved to community services",
        *_MONEY,
        ("community_spending",),
        _ALL,
        "spent in the month on community services with money kept back of acute contracts",
    ),
    (
        "prevention_spending",
        "moved to prevention",
        *_MONEY,
        ("prevention_spending",),
        _ALL,
        "spent in the month on prevention with money kept back of acute contracts",
    ),
)
"""Fields of `registry.Outcome` in their order."""
