"""Charts of results, as a notebook asks for them: each function returns a `Chart`; `Chart.save` writes it."""

from __future__ import annotations

from aft_sim.present.chart import Chart
from aft_sim.present.effect_chart import effect_chart
from aft_sim.study.effect import Effect


def effect(found: Effect, outcome: str = "within_18_share", group: str = "england", at: str | None = None) -> Chart:
    """The effect on one group over time; see `effect_chart`."""
    return effect_chart(found.path(outcome, group, at))
