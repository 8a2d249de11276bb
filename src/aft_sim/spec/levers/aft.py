"""`[aft]`: who holds advanced foundation trust status, from when, with which freedoms."""

from __future__ import annotations

from datetime import date

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
        "Holders plan over five years rather than three.",
        policy="Longer settlements and plans for holders.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
        why_inactive="Boards in the model do not choose over a horizon yet.",
    )
    delegation: bool = lever(
        False,
        "Holders decide more matters that are now referred upwards.",
        policy="Wider operational autonomy; the final text on pay, appointments and borrowing was not found.",
        source=_GUIDE,
        who=NHS_ENGLAND,
        dates=_DRAFT,
        why_inactive="No decision in the model depends on it, and its content is not published.",
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
