"""How unequal an outcome is over time: gap between the extreme fifths, slope index below, with bands over runs."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes

from aft_sim.basis.errors import InputError
from aft_sim.outcomes.registry import OUTCOMES
from aft_sim.present import chart, layout, style, timeline
from aft_sim.present.chart import Chart
from aft_sim.present.fan_chart import COLOURS, LINE_NAMES, LINES, MAX_SCENARIOS, TEXTS, WIDTHS
from aft_sim.study import groups as who
from aft_sim.study.spread import PERCENTILES, ScenarioSpread, Spread

MEASURES = ("gap", "sii")
"""Endings of the outcomes in the upper and the lower panel."""
_TITLES = ("Gap: most less least deprived fifth", "Slope index: most less least deprived end of the line")
_ROOM = 0.08
"""Free room above and below what is drawn, as a share of its height."""


def inequality_chart(found: Sequence[Spread]) -> Chart:
    """Median line a scenario with 80% and 95% bands over runs, and the line of no inequality.

    Args:
        found: the gap and the slope index of one outcome, in the same scenarios and months.

    Raises:
        InputError: more than four scenarios.
    """
    gap, slope = found
    if len(gap.scenarios) > MAX_SCENARIOS:
        names = ", ".join(one.name for one in gap.scenarios)
        raise InputError("too many scenarios for one chart", found=names, expected=f"at most {MAX_SCENARIOS}")
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page()
        top = layout.head(figure, _headline(slope), _subtitle(slope))
        bottom = layout.footer(figure, _source(slope)) + 0.55
        panels = layout.panels(figure, bottom, top - 0.42)
        for axes, one, title in zip(panels, found, _TITLES, strict=True):
            _draw(axes, one, f"{title}, {one.outcome.unit}")
        timeline.years(*panels)
        return Chart(figure, _alt(gap, slope), _data(gap, slope), _codebook(slope))


def _draw(axes: Axes, found: Spread, title: str) -> None:
    x = np.array([timeline.x(month) for month in found.months])
    axes.set_xlim(x[0] - 1 / 12, x[-1] + 1 / 24)
    values = np.concatenate([one.percentiles.ravel() for one in found.scenarios])
    low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
    pad = max(_ROOM * (high - low), 1e-6)
    axes.set_ylim(low - pad, high + pad)
    for i, one in enumerate(found.scenarios):
        p = one.percentiles
        if one.n_runs > 1:
            axes.fill_between(x, p[0], p[4], color=COLOURS[i], alpha=0.14, linewidth=0, zorder=1)
            axes.fill_between(x, p[1], p[3], color=COLOURS[i], alpha=0.2, linewidth=0, zorder=1.2)
        axes.plot(x, p[2], color=COLOURS[i], linewidth=WIDTHS[i], linestyle=LINES[i], zorder=2 + i, gid="data")
    axes.axhline(0.0, color=style.TEXT, linewidth=1.0, zorder=1.5)
    unit = found.outcome.unit
    labels = [(0.0, "0: no inequality", style.SECONDARY)]
    for i, one in enumerate(found.scenarios):
        last = [float(value) for value in one.percentiles[:, -1]]
        text = f"{one.name} ({LINE_NAMES[i]})"
        level = style.quantity(last[2], unit, True)
        if one.n_runs > 1:
            level += f" ({' to '.join(style.number(end, unit, True) for end in (last[0], last[4]))})"
        lines = [line for part in (text, level) for line in layout.wrap(part, 9.2, "normal", layout.RIGHT - 0.3)]
        labels.append((last[2], "\n".join(lines), TEXTS[i]))
    layout.side_labels(axes, labels)
    layout.panel_title(axes, title)
    layout.gridlines(axes, low - pad, high + pad, signed=True)


def _median(found: Spread, one: ScenarioSpread) -> float:
    return float(one.percentiles[2, found.months.index(found.at)])


def _headline(slope: Spread) -> str:
    base = OUTCOMES[slope.outcome.of]
    levels = ", ".join(
        f"{style.quantity(_median(slope, one), slope.outcome.unit, True)} in {one.name}" for one in slope.scenarios
    )
    when = ("the " if slope.outcome.kind == "flow" else "") + chart.at_month(slope.outcome, slope.at)
    return f"Slope index of the {base.label} in {when}: {levels}"


def _subtitle(slope: Spread) -> str:
    where = chart.population(slope.group, slope.group.removeprefix("trust:"))
    runs = f"{slope.n_seeds:,} seed{'s' if slope.n_seeds != 1 else ''} and {slope.n_draws:,} parameter "
    runs += "draws" if slope.n_draws != 1 else "draw"
    bands = f"Darker band: 80% interval (P10 to P90); lighter band: 95% interval (P2.5 to P97.5), over {runs}."
    if max(one.n_runs for one in slope.scenarios) == 1:
        bands = "One run a scenario: no 95% interval."
    return (
        f"Inequality of the {OUTCOMES[slope.outcome.of].label} between deprivation fifths; {where}; "
        f"{chart.span(slope.outcome, slope.months)}; lines are medians over runs. {bands}"
    )


def _source(slope: Spread) -> str:
    return chart.source(
        tuple(one.name for one in slope.scenarios),
        "Fifths of England's neighbourhoods by the Index of Multiple Deprivation 2025, ranked by their people. Runs of "
        "two scenarios share chance, so bands that overlap do not mean no difference: see the chart of the paired "
        f"effect with --outcome {slope.outcome.name}.",
        chart.flow_note(slope.outcome),
    )


def _alt(gap: Spread, slope: Spread) -> str:
    text = [f"Two line charts of {len(slope.scenarios)} scenarios. {_headline(slope)}. {_subtitle(slope)}"]
    for found, title in zip((gap, slope), _TITLES, strict=True):
        unit = found.outcome.unit
        for one in found.scenarios:
            p = one.percentiles
            ends = [style.quantity(float(value), unit, True) for value in (p[2, 0], p[2, -1], p[0, -1], p[4, -1])]
            text.append(
                f"{title}, {one.name}: median {ends[0]} at first, {ends[1]} in {style.month_name(found.months[-1])} "
                f"(P2.5 {ends[2]}, P97.5 {ends[3]})."
            )
    return " ".join(text)


def _data(*found: Spread) -> pa.Table:
    rows = [
        (part.outcome.measure, one, month, i)
        for part in found
        for one in part.scenarios
        for i, month in enumerate(part.months)
    ]
    columns: dict[str, object] = {
        "measure": [measure for measure, *_ in rows],
        "scenario": [one.name for _, one, *_ in rows],
        "month": [month for *_, month, _ in rows],
    }
    for k, percent in enumerate(PERCENTILES):
        columns[_column(percent)] = [float(one.percentiles[k, i]) for _, one, _, i in rows]
    columns["runs"] = [one.n_runs for _, one, *_ in rows]
    return chart.table_of(columns)


def _column(percent: float) -> str:
    return f"p{percent:g}".replace(".", "_")


def _codebook(slope: Spread) -> dict[str, tuple[str, str]]:
    return {
        "measure": ("gap (most less least deprived fifth) or sii (slope index of inequality)", ""),
        "scenario": ("name of the scenario", ""),
        "month": (chart.month_meaning(slope.outcome), ""),
        **{_column(p): (f"percentile {p:g} over runs (all seeds and draws)", slope.outcome.unit) for p in PERCENTILES},
        "runs": ("runs of the scenario", "runs"),
    }


def group_of(group: str) -> str:
    """A group that has an inequality between fifths.

    Raises:
        InputError: a fifth, or the gap between two.
    """
    if group == who.GAP or group.startswith("quintile-"):
        raise InputError("a single fifth has no inequality between fifths", found=group, expected="england or treated")
    return group
