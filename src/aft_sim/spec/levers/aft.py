"""`[aft]`: who holds advanced foundation trust status, from when, with which freedoms."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from aft_sim.spec.levers._base import NHS_ENGLAND, Day, LeverTable, Trusts, lever

_LETTER = "NHS England approval letter of 27 May 2026, quoted in Alder Hey board papers, June 2026"
_GUIDE = "NHS England, guide for applicants (consultation draft), 12 November 2025"
_DRAFT = "drafted on 12 November 2025; a final text was not found"
_FIRST = "from 1 June 2026 for the first wave"


class Freedoms(LeverTable):
    """What the holders of the status may do that others may not."""

    approval: bool = lever(
        False,
        "The board approves its own schemes up to the advanced foundation trust's limit.",
        policy="Schemes up to GBP 100m need no approval by NHS England; above that the ordinary route holds.",
        source="DHSC notice, 13 November 2025; Alder Hey board papers, September 2026",
        who=NHS_ENGLAND,
        dates=_FIRST,
    )
    reinvest: bool = lever(
        False,
        "The board may spend surpluses made since 2024/25 from its own cash.",
        policy="Past surpluses may go to capital or to one-off revenue with lasting benefit, after a board "
        "statement to the region's finance director.",
        source=_LETTER,
        who=NHS_ENGLAND,
        dates=_FIRST,
    )
    oversight_relief: bool = lever(
        False,
        "Less reporting and fewer interventions for holders: they do not bear the load of segments 3 to 5.",
        policy="Oversight by capability, with a more strategic relationship and a lighter load.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    multi_year: bool = lever(
        False,
        "Holders look five years ahead rather than three when they choose what to spend on (boards.spend).",
        policy="Longer settlements and plans for holders. Where boards follow the "
        "published plan (boards.spend) nobody chooses over a horizon, and the freedom changes nothing by construction.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    delegation: bool = lever(
        False,
        "Holders decide for themselves on the posts and contracts that spending controls refer upwards.",
        policy="Wider operational autonomy; the final text on pay, appointments and borrowing was not found. Controls "
        "bind in segments 4 and 5 (oversight.spending_control): for a holder in a better segment it changes nothing.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )


class Criteria(LeverTable):
    """What a trust must show before it is assessed, where the programme runs by rules; each is a switch."""

    segment: int = lever(
        2,
        "The worst oversight segment that qualifies.",
        policy="Oversight is the first gate. No threshold was found; the first wave shows that segment 2 is enough.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
        ge=1,
        le=5,
    )
    quarters: int = lever(
        2,
        "In how many of the last published quarters the segment must qualify.",
        policy="How long a record must be was not found.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
        ge=1,
        le=8,
    )
    override: bool = lever(
        True,
        "Whether the segment counts as published, after the financial override, or as the score alone gives it.",
        policy="A trust in deficit or with deficit support cannot be better than segment 3.",
        source="NHS England, Oversight Framework 2025/26, methodology manual, 26 June 2025",
        who=NHS_ENGLAND,
        dates="since 2025/26",
    )
    cqc: bool = lever(
        True,
        "Good or Outstanding from the CQC, overall and for leadership.",
        policy="Quality is the second gate; the ratings asked for were not found.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    capability: bool = lever(
        True,
        "A capability rating in the upper two of four bands.",
        policy="Leadership is the third gate, as the region assesses it; ratings are not published.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    deficit: bool = lever(
        True,
        "No deficit in the last closed year.",
        policy="A medium-term financial plan agreed with board and region; that it may not be a deficit is a reading.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    support: bool = lever(
        True,
        "Support of the integrated care board and of the region.",
        policy="Both must support an application before it is assessed.",
        source=f"{_GUIDE}; Healthcare Leader, November 2025",
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )


class AftLevers(LeverTable):
    """Who holds advanced foundation trust status, from when, with which freedoms."""

    designated: Trusts = lever(
        (),
        'Trusts that hold the status: codes, or sets such as "set:first-wave".',
        policy="Trusts that pass on performance, quality and leadership are designated in waves.",
        source="NHS England, Advanced foundation trusts, November 2025",
        who=NHS_ENGLAND,
        dates="nominations on 12 November 2025, six approvals on 27 May 2026, a second wave from July 2026",
    )
    from_: Day = lever(
        date(2026, 6, 1),
        "First day of the freedoms.",
        policy="Freedoms start in the month after approval; the first wave's on 1 June 2026.",
        source=_LETTER,
        who=NHS_ENGLAND,
        dates=_FIRST,
        alias="from",
    )
    freedoms: Freedoms = Field(default=Freedoms(), description="What the status allows.")
    programme: Literal["given", "rules"] = lever(
        "given",
        "Whether the trusts named hold the status for good, or the programme goes on by rules after them.",
        policy="Waves of applicants are assessed; holders are reviewed and may lose the status.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates="a second wave was invited in July 2026",
    )
    path: Literal["waves", "everyone"] = lever(
        "waves",
        "By rules: a few applicants a wave, or every trust in time, those who fail the fewest criteria first.",
        policy="The ambition that every provider is a foundation trust by 2035.",
        source="Hempsons, Insights from the 10-Year Health Plan, July 2025; NHS Confederation, January 2026",
        who=NHS_ENGLAND,
        dates="by 2035",
    )
    everyone_by: Day = lever(
        date(2033, 12, 31),
        "On the path to everyone: day of the last wave; assessments and deferrals end within about a year of it.",
        policy="The ambition names the year 2035.",
        source="Hempsons, Insights from the 10-Year Health Plan, July 2025; NHS Confederation, January 2026",
        who=NHS_ENGLAND,
        dates="by 2035",
    )
    next_wave: Day = lever(
        date(2026, 7, 1),
        "By rules: a day in the month in which the second wave is invited.",
        policy="One trust is known to have been invited into assessment in July 2026.",
        source="Midlands Partnership board papers, 13 August 2026",
        who=NHS_ENGLAND,
        dates="July 2026",
    )
    invited: Trusts = lever(
        (),
        "By rules: trusts known to be invited into the second wave.",
        policy="Other names of the second wave were not found.",
        source="Midlands Partnership board papers, 13 August 2026",
        who=NHS_ENGLAND,
        dates="July 2026",
    )
    condition: Literal["none", "gap"] = lever(
        "none",
        "Whether holders may draw on their pots, and keep savings of a population budget, only while the gap by "
        "deprivation on their own list is no wider than at the opening.",
        policy="Freedoms are given for performance. That they should depend on who waits longest is our own "
        "comparator.",
        source="our own comparator",
        who=NHS_ENGLAND,
        dates="judged each time money is to be drawn or kept",
    )
    criteria: Criteria = Field(default=Criteria(), description="What a trust must show before it is assessed.")
    removal_trigger: Literal["two_in_a_row", "two_of_four", "three_in_a_row", "none"] = lever(
        "two_in_a_row",
        "By rules: quarters in segment 3 or worse, as published, that call for an early review.",
        policy='"Material and ongoing" failure calls for a review; how many quarters that is was not found.',
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    review_capability: bool = lever(
        True,
        "By rules: two yearly capability ratings below the upper bands call for a review.",
        policy="A holder must remain well led; the rule was not found.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
    review_deficit: bool = lever(
        True,
        "By rules: a year that closes in deficit calls for a review.",
        policy="A holder must remain financially sustainable; the rule was not found.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
    )
