"""Dot plots: rows of a dot with its interval, names on the left, numbers on the right, the band shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from aft_sim.present import layout, style

NAMES, NUMBERS = 2.55, 1.95
"""Inches kept for names on the left (page margin not counted) and numbers on the right."""

ROW, SIZE = 0.27, 9.2
"""Height of a row with a one-line name, inches, and its text size, points."""

STEP = SIZE * 1.2 / 72
"""Inches between the lines of a name."""

IN_THOUSANDS = 1e5
"""From here on an effect and its interval are written in thousands."""


@dataclass(frozen=True)
class Dot:
    """One row.

    Attributes:
        y: height in the panel, inches from its bottom.
        value: where the dot stands.
        interval: its interval, None if there is none.
        colour: of dot and interval.
        marker: matplotlib marker.
        size: of the dot, points.
        width: of the interval's line, points.
    """

    y: float
    value: float
    interval: tuple[float, float] | None
    colour: str
    marker: str = "o"
    size: float = 7.0
    width: float = 2.0


def name_lines(name: str) -> list[str]:
    """A name broken to fit its column."""
    return layout.wrap(name, SIZE, "normal", NAMES - 0.15)


def row_height(name: str) -> float:
    """Inches a row takes."""
    return ROW + (len(name_lines(name)) - 1) * STEP


def panel(figure: Figure, bottom: float, height: float) -> Axes:
    """A panel between the columns; its vertical unit is the inch."""
    page = figure.get_figheight()
    left = layout.MARGIN + NAMES
    width = layout.WIDTH - left - NUMBERS - layout.MARGIN
    axes = figure.add_axes((left / layout.WIDTH, bottom / page, width / layout.WIDTH, height / page))
    axes.set_ylim(0, height)
    axes.yaxis.set_major_locator(FixedLocator([]))
    axes.grid(False, axis="y")
    axes.grid(True, axis="x")
    return axes


def panel_width() -> float:
    """Width of a panel, inches."""
    return layout.WIDTH - 2 * layout.MARGIN - NAMES - NUMBERS


def scale(axes: Axes, low: float, high: float, unit: str, signed: bool) -> None:
    """Limits, at most seven gridlines and their labels; the unit stands below the axis."""
    pad = 0.04 * (high - low) or 1e-6
    axes.set_xlim(low - pad, high + pad)
    ticks = MaxNLocator(nbins=5, min_n_ticks=3, steps=[1, 2, 5, 10]).tick_values(low, high)
    kept = [float(x) for x in ticks if low - pad <= x <= high + pad]
    axes.xaxis.set_major_locator(FixedLocator(kept))
    axes.xaxis.set_major_formatter(FixedFormatter(layout.tick_texts(kept, signed)))
    axes.set_xlabel(unit, fontsize=SIZE)


def bands(axes: Axes, of_rows: Sequence[tuple[float, float, float]], unit: str) -> None:
    """Shade the band of practical equivalence, say what it is above the panel, and draw the zero line.

    Args:
        axes: the panel.
        of_rows: height of each row's middle, height it takes, and half-width of its band; one area is shaded where all
            have the same.
        unit: of the bands.
    """
    halves = [half for _, _, half in of_rows]
    narrowest, widest = min(halves), max(halves)
    if widest > narrowest:
        middles, heights = [y for y, _, _ in of_rows], [height for _, height, _ in of_rows]
        axes.barh(
            middles,
            [2 * half for half in halves],
            heights,
            [-half for half in halves],
            color=style.SHADE,
            linewidth=0,
            zorder=0.5,
        )
    else:
        axes.axvspan(-widest, widest, color=style.SHADE, linewidth=0, zorder=0.5)
    axes.axvline(0, color=style.SECONDARY, linewidth=0.9, zorder=1)
    text = f"Practically zero: within ±{style.number(narrowest, unit)}"
    if widest > narrowest:
        text += f" to ±{style.number(widest, unit)} (shaded)"
    low, high = axes.get_xlim()
    width = layout.text_width(text, SIZE, "normal") / panel_width() / 2
    centre = min(max((0 - low) / (high - low), width), 1 - width)
    above(axes, centre, text, "center", style.SECONDARY)


def above(axes: Axes, x: float, text: str, align: str, colour: str = style.TEXT) -> None:
    """Write a heading just above the panel, `x` in widths of the panel."""
    height = axes.get_ylim()[1]
    place = axes.transAxes
    axes.text(x, 1 + 0.06 / height, text, transform=place, fontsize=SIZE, color=colour, ha=align, va="bottom")


def title(axes: Axes, text: str) -> None:
    """Say above the headings what the panel shows."""
    height = axes.get_ylim()[1]
    x, y = -NAMES / panel_width(), 1 + 0.3 / height
    axes.text(x, y, text, transform=axes.transAxes, fontsize=10, fontweight="bold", va="bottom", ha="left")


def dots(axes: Axes, rows: Sequence[Dot]) -> None:
    """Draw dots and intervals."""
    for row in rows:
        if row.interval is not None and row.interval[1] > row.interval[0]:
            axes.plot(
                row.interval, (row.y, row.y), color=row.colour, linewidth=row.width, solid_capstyle="butt", zorder=2
            )
        axes.plot(
            [row.value],
            [row.y],
            color=row.colour,
            marker=row.marker,
            markersize=row.size,
            markeredgecolor="white" if row.size > 4 else row.colour,
            markeredgewidth=0.6 if row.size > 4 else 0,
            linestyle="None",
            zorder=3,
        )


def name(axes: Axes, y: float, text: str, colour: str = style.TEXT, weight: str = "normal") -> None:
    """Write a row's name in the left column."""
    x = -NAMES / panel_width()
    _write(axes, x, y, "\n".join(name_lines(text)), "left", colour, weight)


def numbers(axes: Axes, y: float, text: str, x: float = 0.1, align: str = "left", colour: str = style.TEXT) -> None:
    """Write in the right column, `x` inches from the panel."""
    _write(axes, 1 + x / panel_width(), y, text, align, colour, "normal")


def _write(axes: Axes, x: float, y: float, text: str, align: str, colour: str, weight: str) -> None:
    axes.text(
        x,
        y / axes.get_ylim()[1],
        text,
        transform=axes.transAxes,
        fontsize=SIZE,
        fontweight=weight,
        color=colour,
        ha=align,
        va="center",
        linespacing=1.2,
    )


def with_interval(value: float, interval: tuple[float, float] | None, unit: str) -> str:
    """ "+1.02 (+0.57 to +1.46)"; in thousands, "+120k (+98k to +141k)", where all digits would not fit beside a row."""
    if interval is None:
        return style.number(value, unit, signed=True)
    if max(abs(end) for end in interval) >= IN_THOUSANDS:
        short = [f"{style.number(end / 1000, unit, True, 0)}k" for end in (value, *interval)]
        return f"{short[0]} ({short[1]} to {short[2]})"
    places = max(style.decimals(bound, unit) for bound in interval)
    return f"{style.number(value, unit, True, places)} ({style.interval(interval, unit)})"
