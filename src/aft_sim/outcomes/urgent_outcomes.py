"""Outcomes of urgent care: rows that the registry takes in."""

from __future__ import annotations

VISITS = ("emergency_admissions", "attendances", "within_four_hours")
BEDS = ("beds", "occupied_beds")
AT_TRUSTS = (*VISITS, *BEDS, "displaced")
"""Columns of the table of trusts."""
ENGLAND = (*AT_TRUSTS, "category_2_minutes")
"""Columns of England's table."""
RATIOS: dict[str, tuple[tuple[str, ...], str, float]] = {
    "four_hour_share": (("within_four_hours",), "attendances", 100.0),
    "occupancy": (("occupied_beds",), "beds", 100.0),
}
"""Shares: columns above, column below, factor."""

EVERYWHERE = ("england", "region", "icb_quintile", "trust")
BEDDED = ("england", "region", "trust")
WHERE_TREATED = ("england", "trust")

ROWS = (
    (
        "emergency_admissions",
        "emergency admissions",
        "admissions",
        "admissions",
        "lower",
        "flow",
        ("emergency_admissions",),
        EVERYWHERE,
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
        EVERYWHERE,
        "A&E attendances of the month admitted, transferred or discharged within four hours, as a share of "
        "all; by fifth and board of those whom the hospitals admit",
    ),
    (
        "attendances",
        "attendances at A&E",
        "attendances",
        "attendances",
        "neither",
        "flow",
        ("attendances",),
        EVERYWHERE,
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
        EVERYWHERE,
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
        BEDDED,
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
        BEDDED,
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
        BEDDED,
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
        WHERE_TREATED,
        "admitted elective treatments of the month that emergencies beyond the normal season displace; below "
        "zero where there are fewer",
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
