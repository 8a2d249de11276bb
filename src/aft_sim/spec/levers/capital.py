"""`[capital]`: how the national capital limit treats what holders spend, and who receives the money."""

from __future__ import annotations

from typing import Literal

from aft_sim.spec.levers._base import GOVERNMENT, REQUIRED, LeverTable, lever

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
