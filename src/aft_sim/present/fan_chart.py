"""An outcome over time in up to four scenarios: medians with bands over runs, and the spread in the last month."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes

from aft_sim.basis.errors import InputError
from aft_sim.present import chart, layout, style, timeline
from aft_sim.present.chart import TARGETS, Chart
from aft_sim.study import groups as who
from aft_sim.study.spread import PERCENTILES, ScenarioSpread, Spread

MAX_SCENARIOS = 4
COLOURS = (style.ORANGE, style.DARK_BLUE, style.TURQUOISE, style.DARK_PINK)
TEXTS = (style.ORANGE_TEXT, style.DARK_BLUE, style.TURQUOISE_TEXT, style.DARK_PINK)
LINES = ("solid", (0, (4, 1.5)), "-.", ":")
LINE_NAMES = ("thick line", "dashed", "dash and dot", "dotted")
WIDTHS = (4.2, 2.2, 1.6, 1.6)
_HEIGHT, _LEFT, _BARS, _LABELS = 7.4, 0.95, 0.55, 2.1


def fan_chart(found: Spread) -> Chart:
    """Median line a scenario with 80% and 95% bands over runs, the published path and the start of policies.

    Raises:
        InputError: more than four scenarios.
    """
    if len(found.scenarios) > MAX_SCENARIOS:
        names = ", ".join(one.name for one in found.scenarios)
        raise InputError("too many scenarios for one chart", found=names, expected=f"at most {MAX_SCENARIOS}")
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page(_HEIGHT)
        top = layout.head(figure, _headline(found), _subtitle(found))
        bottom = layout.footer(figure, _source(found)) + 0.55
        height = (top - 0.42 - bottom) / _HEIGHT
        width = layout.WIDTH - _LEFT - _LABELS - _BARS - 0.1
        place = (_LEFT / layout.WIDTH, bottom / _HEIGHT, width / layout.WIDTH, height)
        axes = figure.add_axes(place)
        start = (_LEFT + width + 0.1) / layout.WIDTH
        bars = figure.add_axes((start, bottom / _HEIGHT, _BARS / layout.WIDTH, height), sharey=axes)
        targets = _targets(found)
        _draw_lines(axes, found, targets)
        _draw_bars(bars, found)
        _mark_starts(axes, found)
        timeline.years(axes)
        return Chart(figure, _alt(found), _data(found), _codebook(found))


def _draw_lines(axes: Axes, found: Spread, targets: Sequence[tuple[str, float]]) -> None:
    x = np.array([timeline.x(month) for month in found.months])
    axes.set_xlim(x[0] - 1 / 12, x[-1] + 1 / 24)
    values = np.concatenate([one.percentiles.ravel() for one in found.scenarios])
    values = values[np.isfinite(values)]
    goals = [share for month, share in targets if timeline.x(month) <= x[-1] + 1e-9]
    low, high = min([float(values.min()), *goals]), max([float(values.max()), *goals])
    pad = max(0.05 * (high - low), 0.001 * abs(high), 1e-6)
    axes.set_ylim(low - pad, high + 4 * pad)
    for i, one in enumerate(found.scenarios):
        p = one.percentiles
        if one.n_runs > 1:
            axes.fill_between(x, p[0], p[4], color=COLOURS[i], alpha=0.12, linewidth=0, zorder=1)
            axes.fill_between(x, p[1], p[3], color=COLOURS[i], alpha=0.2, linewidth=0, zorder=1.2)
        axes.plot(x, p[2], color=COLOURS[i], linewidth=WIDTHS[i], linestyle=LINES[i], zorder=2 + i, gid="data")
    if targets:
        middle = np.max([one.percentiles[4] for one in found.scenarios], axis=0)
        timeline.draw_targets(
            axes,
            targets,
            lambda month: float(np.interp(timeline.x(month), x, middle)),
            style.SECONDARY,
            style.SECONDARY,
        )
    title = f"{chart.upper(chart.with_unit(found.outcome, found.group))}: median over runs"
    left = -(_LEFT - layout.MARGIN) / (layout.WIDTH * axes.get_position().width)
    axes.text(left, 1.03, title, transform=axes.transAxes, fontsize=10, fontweight="bold", va="bottom", ha="left")
    layout.gridlines(axes, low - pad, high + pad, signed=False)


def _draw_bars(axes: Axes, found: Spread) -> None:
    """The last month: thin line for the 95% interval, thick line for the 80% interval, dot for the median."""
    axes.set_xlim(-0.6, len(found.scenarios) - 0.1)
    axes.set_xticks([])
    axes.grid(False)
    axes.tick_params(labelleft=False)
    axes.spines["bottom"].set_visible(False)
    labels = []
    unit = chart.level_unit(found.outcome, found.group)
    for i, one in enumerate(found.scenarios):
        p = [float(value) for value in one.percentiles[:, -1]]
        if one.n_runs > 1:
            axes.plot([i, i], [p[0], p[4]], color=COLOURS[i], linewidth=1.4, solid_capstyle="butt")
            axes.plot([i, i], [p[1], p[3]], color=COLOURS[i], linewidth=5, solid_capstyle="butt")
        axes.plot([i], [p[2]], "o", color=COLOURS[i], markeredgecolor="white", markersize=6, zorder=4)
        level = style.quantity(p[2], unit)
        if one.n_runs > 1:
            places = max(style.decimals(p[0], unit), style.decimals(p[4], unit))
            low, high = (style.number(end, unit, places=places) for end in (p[0], p[4]))
            level += f" ({low} to {high})"
        parts = (f"{one.name} ({LINE_NAMES[i]})", level)
        text = "\n".join(line for part in parts for line in layout.wrap(part, 9.2, "normal", _LABELS - 0.3))
        labels.append((p[2] + 1e-9 * i, text, TEXTS[i]))
    bottom, top = axes.get_ylim()
    for month, share in _targets(found):
        if timeline.x(found.months[-1]) <= timeline.x(month) + 0.2 and bottom <= share <= top:
            labels.append((share, f"Published path:\n{share:.0f}% by {style.month_name(month)}", style.SECONDARY))
            break
    layout.side_labels(axes, labels)


def _mark_starts(axes: Axes, found: Spread) -> None:
    days = sorted({one.policy_start for one in found.scenarios if one.policy_start is not None})
    for i, day in enumerate(days):
        text = timeline.starts(day)
        if len(days) > 1:
            text = f"{', '.join(one.name for one in found.scenarios if one.policy_start == day)}: {style.day_name(day)}"
        timeline.mark(axes, timeline.x_of_day(day), text, 1 - 0.05 * i)


def _targets(found: Spread) -> tuple[tuple[str, float], ...]:
    return TARGETS if found.outcome.name == "within_18_share" and found.group == "england" else ()


def _median(found: Spread, one: ScenarioSpread) -> float:
    return float(one.percentiles[2, found.months.index(found.at)])


def _headline(found: Spread) -> str:
    unit = chart.level_unit(found.outcome, found.group)
    parts = [f"{style.quantity(_median(found, one), unit)} in {one.name}" for one in found.scenarios]
    what = chart.short_label(found.outcome)
    if found.group != who.ENGLAND:
        what = chart.subject(found.outcome, found.group, found.group.removeprefix("trust:"))
    text = f"{chart.upper(what)} in {_when(found)}: {', '.join(parts)}"
    goal = dict(_targets(found)).get(found.at)
    if goal is not None:
        met = [one.name for one in found.scenarios if _median(found, one) >= goal]
        text += f"; {', '.join(met) if met else 'none'} reach{'es' if len(met) < 2 else ''} {goal:.0f}%"
    return text


def _when(found: Spread) -> str:
    """The month of the finding, or the months whose flow it is."""
    return ("the " if found.outcome.kind == "flow" else "") + chart.at_month(found.outcome, found.at)


def _subtitle(found: Spread) -> str:
    where = chart.population(found.group, found.group.removeprefix("trust:"))
    runs = f"{found.n_seeds:,} seed{'s' if found.n_seeds != 1 else ''} and {found.n_draws:,} parameter "
    runs += "draws" if found.n_draws != 1 else "draw"
    bands = f"Darker band: 80% interval (P10 to P90); lighter band: 95% interval (P2.5 to P97.5), over {runs}."
    if max(one.n_runs for one in found.scenarios) == 1:
        bands = "One run a scenario: no 95% interval."
    return f"{chart.upper(found.outcome.label)}; {where}; {chart.span(found.outcome, found.months)}. {bands}"


def _source(found: Spread) -> str:
    fewest = min(one.n_runs for one in found.scenarios)
    few = f"With {fewest} runs a scenario the bands are close to the range of the runs." if 1 < fewest < 40 else ""
    return chart.source(
        tuple(one.name for one in found.scenarios),
        "Right: spread in the last month. Runs of two scenarios share chance, so bands that overlap do not mean no "
        "difference: see the chart of the paired effect.",
        few,
        chart.TARGETS_SOURCE if _targets(found) else "",
        chart.flow_note(found.outcome),
    )


def _alt(found: Spread) -> str:
    unit, month = chart.level_unit(found.outcome, found.group), style.month_name(found.months[-1])
    text = [f"Line chart of {len(found.scenarios)} scenarios. {_headline(found)}. {_subtitle(found)}"]
    for one in found.scenarios:
        p = one.percentiles
        ends = [style.quantity(float(value), unit) for value in (p[2, 0], p[2, -1], p[0, -1], p[4, -1])]
        text.append(f"{one.name}: median {ends[0]} at first, {ends[1]} in {month} (P2.5 {ends[2]}, P97.5 {ends[3]}).")
    return " ".join(text)


def _data(found: Spread) -> pa.Table:
    n = len(found.months)
    columns: dict[str, object] = {
        "scenario": [one.name for one in found.scenarios for _ in range(n)],
        "month": list(found.months) * len(found.scenarios),
    }
    for i, percent in enumerate(PERCENTILES):
        columns[_column(percent)] = np.concatenate([one.percentiles[i] for one in found.scenarios])
    columns["runs"] = [one.n_runs for one in found.scenarios for _ in range(n)]
    return chart.table_of(columns)


def _column(percent: float) -> str:
    return f"p{percent:g}".replace(".", "_")


def _codebook(found: Spread) -> dict[str, tuple[str, str]]:
    unit = chart.level_unit(found.outcome, found.group)
    return {
        "scenario": ("name of the scenario", ""),
        "month": (chart.month_meaning(found.outcome), ""),
        **{_column(p): (f"percentile {p:g} over runs (all seeds and draws)", unit) for p in PERCENTILES},
        "runs": ("runs of the scenario", "runs"),
    }
