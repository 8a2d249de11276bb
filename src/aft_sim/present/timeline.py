"""Time axis of charts: months as positions, years as ticks, the published path to the 18-week standard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator

from aft_sim.present import layout, style


def x(month: str) -> float:
    """Position of a month's end on the time axis, in years."""
    year, number = month.split("-")
    return int(year) + int(number) / 12


def x_of_day(day: date) -> float:
    """Position of the start of a day, in years."""
    return day.year + (day.month - 1) / 12 + (day.day - 1) / 365


def years(*panels: Axes) -> None:
    """Tick every March; on axes that show fewer than three of them, the end of every quarter."""
    first, last = panels[0].get_xlim()
    quarters = [(year, month) for year in range(int(first), int(last) + 1) for month in (3, 6, 9, 12)]
    shown = [(year, month) for year, month in quarters if first <= year + month / 12 <= last]
    marches = [one for one in shown if one[1] == 3]
    if len(marches) >= 3:
        shown = marches
    for axes in panels:
        axes.xaxis.set_major_locator(FixedLocator([year + month / 12 for year, month in shown]))
        axes.xaxis.set_major_formatter(FixedFormatter([f"{style.short_month(month)}\n{year}" for year, month in shown]))


def starts(day: date) -> str:
    """The label of a policy's first day."""
    return f"Policy starts {style.day_name(day)}"


def mark(axes: Axes, when: float, text: str, height: float = 1.0) -> bool:
    """Draw a dotted line at a time, with its label at the line's head on the side that has room for it.

    Args:
        axes: panel with its limits set.
        when: position on the time axis.
        text: label.
        height: of the line, as a share of the panel's.

    Returns:
        Whether the time is inside the panel, so that anything was drawn.
    """
    first, last = axes.get_xlim()
    if not first <= when <= last:
        return False
    axes.axvline(when, ymax=height, color=style.SECONDARY, linewidth=0.9, linestyle=":", zorder=1)
    room = (last - when) / (last - first) * axes.get_position().width * layout.WIDTH
    right = room > 0.1 + layout.text_width(text, 9.2, "normal")
    axes.annotate(
        text,
        (when, height),
        xycoords=("data", "axes fraction"),
        xytext=(4 if right else -4, -2),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        fontsize=9.2,
        color=style.SECONDARY,
    )
    return True


def beside(axes: Axes, month: str) -> bool:
    """Whether a month is so near to the right edge, or beyond it, that its label belongs in the margin."""
    first, end = axes.get_xlim()
    return x(month) > end - 0.06 * (end - first)


def draw_targets(
    axes: Axes,
    targets: Sequence[tuple[str, float]],
    level_at: Callable[[str], float],
    colour: str = style.TURQUOISE,
    text_colour: str = style.TURQUOISE_TEXT,
) -> None:
    """Draw the published path with its labels.

    Args:
        axes: panel with its limits set.
        targets: (month, percent).
        level_at: month -> highest level drawn there, which labels keep clear of.
        colour: of the path.
        text_colour: of its labels.
    """
    when, y = [x(month) for month, _ in targets], [share for _, share in targets]
    axes.plot(when, y, color=colour, linewidth=1.1, linestyle="--", zorder=1.5, gid="data")
    axes.plot(when, y, color=colour, linewidth=0, marker="o", markersize=5.5, zorder=4, gid="data")
    first, end = axes.get_xlim()
    span = float(np.ptp(axes.get_ylim()))
    for i, (month, share) in enumerate(targets):
        if beside(axes, month):
            continue
        last = i == len(when) - 1
        right = last and when[i] < first + 0.55 * (end - first)
        level = level_at(month)
        if last:
            text, va = f"Published path: {share:.0f}% by {style.month_name(month)}", "bottom"
            place, ha = ((8, -5), "left") if right else ((-8, -3), "right")
        elif share - 0.01 * span < level < share + 0.12 * span:  # keep clear of the level
            text, place, ha, va = f"{share:.0f}%", (5, -5), "left", "top"
        else:
            text, va = f"{share:.0f}%", "bottom"
            place, ha = ((-6, 6), "center") if i == 0 else ((-4, 4), "right")
        axes.annotate(
            text,
            (when[i], share),
            xytext=place,
            textcoords="offset points",
            color=text_colour,
            ha=ha,
            va=va,
            fontsize=9.2,
        )
