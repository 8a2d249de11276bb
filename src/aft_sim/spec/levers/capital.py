"""`[capital]`: how the national capital limit treats what holders spend, and who receives the money."""

from __future__ import annotations

from typing import Literal

from aft_sim.spec.levers._base import GOVERNMENT, NHS_ENGLAND, REQUIRED, LeverTable, lever

_COMPARATOR = "no date: a comparator, not a policy of government"


class CapitalLevers(LeverTable):
    """How the national capital limit treats what holders spend, and who receives the money."""

    limit_rule: Literal["inside_scale_draws", "inside_scale_others", "additive"] = lever(
        REQUIRED,
        "What gives way above the limit: the holders' draws, others' capital, or the limit.",
        policy="All capital counts against a national limit however it is funded. Whether holders' own spending "
        "sits inside providers' envelopes is not published, so each scenario must say.",
        source="HFMA, 18 January 2023; DHSC factsheet, 10 March 2022; Medium Term Planning Framework, 2025",
        who=GOVERNMENT,
        dates="limits are set for financial years, from 1 April",
    )
    reinvest_also: Literal["nobody", "segments_1_2", "foundation_trusts"] = lever(
        "nobody",
        "Who may spend past surpluses without the status: nobody, trusts in segments 1 and 2, or foundation trusts.",
        policy="The capital guidance speaks of high performers that may reinvest surpluses too. Until 2019/20 every "
        "foundation trust spent its own surpluses and cash as its board decided, an NHS trust needed approval.",
        source="NHS England, Capital guidance 2026/27 to 2029/30, November 2025; HFMA, Fixing the capital regime, "
        "11 April 2022, and Guidance on foundation trusts' capital limits, 18 January 2023",
        who=NHS_ENGLAND,
        dates="plans are made on 1 April; foundation trusts: until 31 March 2020",
    )
    allocate_to: Literal["holders", "longest_waits"] = lever(
        "holders",
        "Who spends the money: the trusts that made it, or those with the longest waits.",
        policy="A comparator, not a policy of government: the same sum given by need in place of by surplus.",
        source="our own construction",
        who=GOVERNMENT,
        dates=_COMPARATOR,
    )
    recipients: int = lever(
        16,
        "Number of trusts that share the money under longest_waits.",
        policy="Size of the comparator group.",
        source="our own construction",
        who=GOVERNMENT,
        dates=_COMPARATOR,
        ge=1,
        le=300,
    )
