"""`[oversight]`: how average scores become segments, and whether a deficit holds a trust back."""

from __future__ import annotations

from typing import Literal

from aft_sim.spec.levers._base import NHS_ENGLAND, LeverTable, lever

_MANUAL = "NHS England, NHS Oversight Framework 2025/26: methodology manual, 26 June 2025"


class OversightLevers(LeverTable):
    """How average scores become segments, and whether a deficit holds a trust back."""

    segmentation: Literal["thresholds", "quartiles"] = lever(
        "thresholds",
        "How an average metric score becomes a segment: by fixed thresholds, or by quartiles of all scored trusts.",
        policy="2025/26 speaks of quartiles, 2026/27 of defined thresholds. By quartiles a trust may fall because "
        "others improve, and as many trusts as ever are in the worst segment however good all become.",
        source=f"{_MANUAL}; the same for 2026/27 (opening), whose cut points were not seen",
        who=NHS_ENGLAND,
        dates="thresholds since 2026/27",
    )
    yardstick: Literal["trusts", "opening"] = lever(
        "trusts",
        "What ranks are taken among: all trusts as they are now, or all trusts as they were at the opening.",
        policy="Metrics are scored by rank, so that a trust falls when others improve. Against the opening a score "
        "says how far a trust itself has come.",
        source=f"{_MANUAL}; the fixed yardstick is our own alternative",
        who=NHS_ENGLAND,
        dates="ranks since the first quarter of 2025/26",
    )
    override: Literal["on", "off", "deficit_only", "grace"] = lever(
        "on",
        "Whether a trust with a deficit or on deficit support is in segment 3 at best.",
        policy="Segments 1 and 2 are reserved for trusts that neither report a deficit nor receive deficit support. "
        '"deficit_only" forgives support that covers the deficit; "grace" forgives the first quarters of either '
        "(oversight.grace_quarters), which trusts already held back at the opening have used up.",
        source=f"{_MANUAL}; the other rules are our own alternatives",
        who=NHS_ENGLAND,
        dates="since the first quarter of 2025/26",
    )
