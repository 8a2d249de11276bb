"""`[boards]`: how boards decide what to spend on."""

from __future__ import annotations

from typing import Literal

from aft_sim.spec.levers._base import LeverTable, lever


class BoardLevers(LeverTable):
    """How boards decide what to spend on."""

    spend: Literal["by_plan", "by_choice"] = lever(
        "by_plan",
        "What pots buy: by the published plan and the estates split, or by what each board believes to help most.",
        policy="Not a policy but a model of behaviour. By choice a board weighs theatres, equipment, estate and "
        "bought work by believed effect within its horizon: one year in segments 4 and 5, three otherwise, five with "
        "the freedom to plan over several years. That freedom acts by choice only.",
        source="our own construction; parameters boards.*",
        who="each trust's board",
        dates="no date: a model of behaviour",
    )
