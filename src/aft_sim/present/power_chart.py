"""What an evaluation of a wave could detect by months after its start, with the effect that the model expects."""

from __future__ import annotations

import math
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from aft_sim.outcomes.registry import Floats
from aft_sim.present import chart, layout, power_page, style
from aft_sim.present.chart import Chart
from aft_sim.study.power import Line, Power

#: Height of the page, inches.
PAGE = 7.2
_LOOKS = {
    "near-misses": (style.DARK_BLUE, style.DARK_BLUE, "Near misses"),
    "others": (style.TURQUOISE, style.TURQUOISE_TEXT, "All others"),
}


def power_chart(found: Power) -> Chart:
    """Minimal detectable effect of each comparison by months after the start; the expected effect with its interval.

    Sizes are drawn as improvements: an effect the other way is as hard to detect. Of each comparison the design is
    shown that could detect less at the end; the CSV file has all.
    """
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page(PAGE)
        top = layout.head(figure, _headline(found), _subtitle(found))
        foot = layout.footer(figure, _source(found))
        bottom, height = foot + 0.75, PAGE
        width = layout.WIDTH - layout.LEFT - layout.RIGHT
        box = (layout.LEFT / layout.WIDTH, bottom / height, width / layout.WIDTH, (top - 0.42 - bottom) / height)
        _draw(figure.add_axes(box), found)
        return Chart(figure, _alt(found), _data(found), power_page.codebook(found))


def shown(found: Power) -> list[Line]:
    """For each kind of comparators the design that could detect least at the runs' end."""
    kinds = dict.fromkeys(line.design.comparators for line in found.lines)
    return [
        min((one for one in found.lines if one.design.comparators == kind), key=lambda one: one.points[-1].detectable)
        for kind in kinds
    ]


def _sign(found: Power) -> float:
    return -1.0 if found.outcome.better == "lower" else 1.0


def _draw(axes: Axes, found: Power) -> None:
    lines, sign = shown(found), _sign(found)
    months = np.array([point.months for point in lines[0].points], dtype=float)
    labels: list[tuple[float, str, str]] = []
    top = 0.0
    for line in lines:
        colour, text, name = _LOOKS[line.design.comparators]
        ours = np.array([point.detectable for point in line.points])
        axes.plot(months, ours, color=colour, linewidth=2.2, zorder=3, gid="data")
        value = style.number(float(ours[-1]), found.unit)
        labels.append((float(ours[-1]), f"{name} ({len(line.design.codes)})\n{value}, model's noise", text))
        top = max(top, float(ours.max()))
        known = [point.published for point in line.points if point.published is not None]
        if known:
            axes.plot(months, known, color=colour, linewidth=1.5, linestyle=(0, (4, 1.5)), zorder=2.5, gid="data")
            labels.append((known[-1], f"{name} ({len(line.design.codes)})\n{known[-1]:.2f}, published noise", text))
            top = max(top, *known)
    mean, low, high = (sign * values for values in _effect(lines[-1]))
    expected = style.number(sign * float(mean[-1]), found.unit, True)
    axes.plot(months, mean, color=style.ORANGE, linewidth=2.2, linestyle=(0, (1, 1)), zorder=4, gid="data")
    labels.append((float(mean[-1]), f"Expected by the model\n{expected} (dotted)", style.ORANGE_TEXT))
    ends = [mean]
    if np.isfinite(low).all():
        axes.fill_between(months, low, high, color=style.ORANGE, alpha=0.25, linewidth=0, zorder=1)
        ends += [low, high]
    lowest, highest = (min(0.0, float(np.min(ends))), max(top, float(np.max(ends))))
    pad = 0.05 * (highest - lowest)
    axes.set_ylim(lowest - pad, highest + pad)
    axes.set_xlim(0, float(months[-1]))
    axes.axhline(0, color=style.SECONDARY, linewidth=0.9, zorder=1)
    step = 12 if months[-1] >= 24 else 6 if months[-1] >= 12 else 1
    ticks = list(range(0, int(months[-1]) + 1, step))
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([str(tick) for tick in ticks]))
    axes.set_xlabel("Months after the start")
    layout.gridlines(axes, *axes.get_ylim(), signed=False)
    layout.side_labels(axes, labels)
    layout.panel_title(axes, f"Size of effect that could be detected (lines), {found.unit}")


def _effect(line: Line) -> tuple[Floats, Floats, Floats]:
    bounds = [point.effect.interval or (math.nan, math.nan) for point in line.points]
    mean = np.array([point.effect.effect for point in line.points])
    return mean, np.array([low for low, _ in bounds]), np.array([high for _, high in bounds])


def _headline(found: Power) -> str:
    months = max((month for month in found.months if month <= power_page.TOLD), default=found.months[0])
    point = found.best(months).points[months - 1]
    expected = style.quantity(point.effect.effect, found.unit, True)
    verdict = "detectable" if point.found else "not detectable"
    return (
        f"After {months} months an evaluation of {len(found.wave)} trust{'' if len(found.wave) == 1 else 's'} could "
        f"detect {style.quantity(point.detectable, found.unit)}; the model expects {expected}: {verdict}"
    )


def _subtitle(found: Power) -> str:
    rule = found.rule
    runs = chart.runs_in_words(found.runs, found.draws)
    return (
        f"{chart.upper(found.outcome.label)}; {found.policy_title}. Smallest effect found with {100 * rule.power:.0f}% "
        f"power at {100 * rule.level:.0f}% two-sided; the expected effect with its 95% interval ({runs})."
    )


def _source(found: Power) -> str:
    published = any(point.published is not None for point in found.lines[0].points)
    adjusted = [line.design.words for line in shown(found)]
    return chart.source(
        (found.policy, found.baseline),
        f"Compared with {' or with '.join(adjusted)}.",
        "Drawn as improvements; an effect the other way is as hard to detect.",
        "Published noise: NHS England, monthly 18-week shares of trusts, April 2025 to January 2026; beyond nine "
        "months extrapolated."
        if published
        else "",
    )


def _alt(found: Power) -> str:
    parts = [f"Line chart by months after the start. {_headline(found)}.", _subtitle(found)]
    for line in shown(found):
        ends = [line.points[0], line.points[-1]]
        sizes = " to ".join(style.quantity(point.detectable, found.unit) for point in ends)
        parts.append(f"Held against {line.design.words}: {sizes} from month 1 to month {ends[1].months}.")
    parts.append(power_page.when(found))
    return " ".join(parts)


def _data(found: Power) -> pa.Table:
    rows = power_page.records(found)
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    for name in ("adjusted", "found", "found_published"):
        columns[name] = ["" if x is None else "yes" if x else "no" for x in columns[name]]
    for name in ("detectable_published", "interval_low", "interval_high", "chance_published"):
        columns[name] = pa.array(columns[name], pa.float64())
    return chart.table_of(columns)
