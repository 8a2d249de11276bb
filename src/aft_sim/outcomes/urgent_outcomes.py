"""What the outcomes of urgent care are, as the fields of `registry.Outcome` in their order."""

from __future__ import annotations

from typing import Literal

VISITS = ("emergency_admissions", "attendances", "within_four_hours")
"""Columns of every table of places."""
BEDS = ("beds", "occupied_beds")
"""Columns of the tables that hold hospitals rather than residents."""

_EVERYWHERE = ("england", "region", "icb_quintile", "trust")
_BEDDED = ("england", "region", "trust")

Fields = tuple[
    str,
    str,
    str,
    str,
    Literal["higher", "lower", "neither"],
    Literal["stock", "flow", "level"],
    tuple[str, ...],
    tuple[str, ...],
    str,
]

URGENT: tuple[Fields, ...] = (
    (
        "emergency_admissions",
        "emergency admissions",
        "admissions",
        "admissions",
        "lower",
        "flow",
        ("emergency_admissions",),
        _EVERYWHERE,
        "emergency admissions to NHS trusts in the month, through A&E or not",
    ),
    (
        "four_hour_share",
        "share of A&E attendances within four hours",
        "%",
        "points",
        "higher",
        "stock",
        ("within_four_hours", "attendances"),
        _EVERYWHERE,
        "A&E attendances of the month admitted, transferred or discharged within four hours, as a share of all; by "
        "fifth and board of those whom the hospitals admit",
    ),
    (
        "attendances",
        "attendances at A&E",
        "attendances",
        "attendances",
        "neither",
        "flow",
        ("attendances",),
        _EVERYWHERE,
        "A&E attendances of the month, with growth and season; shocks do not move them",
    ),
    (
        "within_four_hours",
        "attendances at A&E within four hours",
        "attendances",
        "attendances",
        "higher",
        "flow",
        ("within_four_hours",),
        _EVERYWHERE,
        "A&E attendances of the month admitted, transferred or discharged within four hours",
    ),
    (
        "occupancy",
        "occupancy of overnight beds",
        "%",
        "points",
        "lower",
        "stock",
        ("occupied_beds", "beds"),
        _BEDDED,
        "overnight beds occupied as a share of those available, mean of the month's weeks",
    ),
    (
        "beds",
        "overnight beds",
        "beds",
        "beds",
        "neither",
        "stock",
        ("beds",),
        _BEDDED,
        "overnight beds available, mean of the month's weeks",
    ),
    (
        "occupied_beds",
        "occupied overnight beds",
        "beds",
        "beds",
        "lower",
        "stock",
        ("occupied_beds",),
        _BEDDED,
        "overnight beds occupied, mean of the month's weeks; by fifth of those whom the hospitals admit",
    ),
    (
        "displaced",
        "elective admissions displaced by emergencies",
        "pathways",
        "pathways",
        "lower",
        "flow",
        ("displaced",),
        ("england", "trust"),
        "admitted elective treatments of the month that emergencies beyond the normal season displace; below zero "
        "where there are fewer",
    ),
    (
        "category_2_minutes",
        "mean category 2 ambulance response",
        "minutes",
        "minutes",
        "lower",
        "level",
        (),
        ("england",),
        "mean ambulance response to category 2 calls in England, mean of the month's weeks; alike in all rows",
    ),
)
"""Name, label, unit, unit of an effect, better, kind, additive parts, tables, definition."""
