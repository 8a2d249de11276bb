"""Charts of results, as a notebook asks for them: each function returns a `Chart`; `Chart.save` writes it."""

from __future__ import annotations

from collections.abc import Sequence

from aft_sim.present.chart import Chart
from aft_sim.present.effect_chart import effect_chart
from aft_sim.present.fan_chart import MAX_SCENARIOS, fan_chart
from aft_sim.present.place_chart import place_chart
from aft_sim.present.plane_chart import MAX_POLICIES, plane_chart
from aft_sim.present.quintile_chart import quintile_chart
from aft_sim.study.effect import Effect
from aft_sim.study.plane import plane as plane_of
from aft_sim.study.result import ResultSet
from aft_sim.study.spread import spread

__all__ = ["MAX_POLICIES", "MAX_SCENARIOS", "Chart", "effect", "fan", "icbs", "plane", "quintiles", "trusts"]


def effect(found: Effect, outcome: str = "within_18_share", group: str = "england", at: str | None = None) -> Chart:
    """The effect on one group over time; see `effect_chart`."""
    return effect_chart(found.path(outcome, group, at))


def trusts(found: Effect, outcome: str = "within_18_share", at: str | None = None) -> Chart:
    """The effect at every trust; see `place_chart`."""
    return place_chart(found.by_place("trust", outcome, at))


def icbs(found: Effect, outcome: str = "within_18_share", at: str | None = None) -> Chart:
    """The effect on the residents of every ICB; see `place_chart`."""
    return place_chart(found.by_place("icb", outcome, at))


def quintiles(found: Effect, outcome: str = "within_18_share", at: str | None = None) -> Chart:
    """The effect by deprivation fifth; see `quintile_chart`."""
    return quintile_chart(found.at(outcome, at))


def plane(results: ResultSet, policies: Sequence[str], baseline: str, at: str | None = None) -> Chart:
    """Up to four policies on the equity-efficiency plane; see `plane_chart`."""
    return plane_chart(plane_of(results, policies[:MAX_POLICIES], baseline, at or results.months[-1]))


def fan(
    results: ResultSet,
    scenarios: Sequence[str] = (),
    outcome: str = "within_18_share",
    group: str = "england",
    at: str | None = None,
) -> Chart:
    """The outcome over time in up to four scenarios; see `fan_chart`."""
    return fan_chart(spread(results, scenarios, outcome, group, at))
