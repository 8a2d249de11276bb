"""`[money]`: where deficit support goes when it ends, who keeps savings, and whether performance earns capital."""

from __future__ import annotations

from typing import Literal

from aft_sim.spec.levers._base import GOVERNMENT, NHS_ENGLAND, LeverTable, lever


class MoneyLevers(LeverTable):
    """Where deficit support goes when it ends, who keeps savings, and whether performance earns capital."""

    dsf_closure: Literal["into_allocations", "into_prices", "withdrawn"] = lever(
        "into_allocations",
        "Where the money of deficit support goes as it ends: boards' allocations, prices, or back to the Treasury.",
        policy="Deficit support (GBP 2.2bn in 2025/26) ends by 2028/29. Where its money goes is not published, so "
        "scenarios say: it decides which trusts are out of deficit and so may become foundation trusts of the new "
        "kind.",
        source="NHS England, revenue finance and contracting guidance, November 2025",
        who=GOVERNMENT,
        dates="falls by a third each 1 April from 2026, to nothing in 2028/29",
    )
    surpluses: Literal["kept", "taken"] = lever(
        "kept",
        "Whether a year's surplus stays with the trust that made it or goes back to NHS England.",
        policy="Holders may spend surpluses made since 2024/25. Where they are taken, nothing enters a pot after the "
        "opening, and no board gains by saving more than it must.",
        source="Alder Hey board papers of June 2026 on the financial freedoms; taking them is our own comparator",
        who=NHS_ENGLAND,
        dates="at each year's end",
    )
    incentives: bool = lever(
        False,
        "Whether the most improved trusts receive capital twice a year.",
        policy="Ten trusts whose 18-week share improved most over half a year, with a list no longer and at most one "
        "in a hundred waiting over 52 weeks, get GBP 2m of capital each. One round (April to September 2025) was paid; "
        "further rounds are not announced, hence off by default.",
        source="NHS England, elective care capital incentive scheme, 2025",
        who=NHS_ENGLAND,
        dates="for the half-years to September and March",
    )
