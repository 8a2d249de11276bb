"""Page of a chart: wrapped text, panels, labels beside lines. Lengths are in inches unless said otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from aft_sim.present import style

WIDTH, HEIGHT, MARGIN = 8.6, 9.4, 0.25
"""Page width, height of a page with two panels, and margin, inches."""

DPI = 150
"""Dots an inch of PNG files."""

LEFT, RIGHT = 0.9, 1.95
"""Inches kept free beside the panels: tick labels on the left, direct labels on the right."""


def page(height: float = HEIGHT) -> Figure:
    """An empty page of the usual width."""
    figure = Figure(figsize=(WIDTH, height), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def head(figure: Figure, headline: str, subtitle: str) -> float:
    """Write headline and subtitle at the top; returns where they end, inches from the bottom."""
    top = block(figure, headline, figure.get_figheight() - MARGIN, 14.5, "bold", style.TEXT, "headline")
    return block(figure, subtitle, top - 0.06, 10, "normal", style.SECONDARY, "subtitle")


def head_height(headline: str, subtitle: str) -> float:
    """Inches that `head` takes, margin included."""
    lines = len(wrap(headline, 14.5, "bold", WIDTH - 2 * MARGIN)), len(wrap(subtitle, 10, "normal", WIDTH - 2 * MARGIN))
    return MARGIN + (lines[0] * 14.5 + lines[1] * 10) * 1.32 / 72 + 0.06


def foot_height(source: str) -> float:
    """Inches that `footer` takes, margin included."""
    return MARGIN + len(wrap(source, 8.0, "normal", WIDTH - 2 * MARGIN)) * 8.0 * 1.32 / 72


MILLION = 1e6
"""From here on ticks are labelled in millions: longer labels would not fit beside or below a panel."""


@lru_cache(maxsize=4096)
def text_width(text: str, size: float, weight: str) -> float:
    """Width in inches."""
    font = FontProperties(family=style.RC["font.family"], size=size, weight=weight)
    width, _, _ = RendererAgg(1, 1, DPI).get_text_width_height_descent(text, font, False)  # fonts are hinted at a size
    return float(width) / DPI


def wrap(text: str, size: float, weight: str, width: float) -> list[str]:
    """Lines that fit into a width; words are measured one by one."""
    space = text_width("n n", size, weight) - text_width("nn", size, weight)
    lines, used = [""], 0.0
    for word in text.split():
        more = text_width(word, size, weight) * 1.01  # rounding to pixels
        if lines[-1] and used + space + more > width:
            lines.append(word)
            used = more
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
            used += space + more
    return lines


def block(figure: Figure, text: str, top: float, size: float, weight: str, colour: str, gid: str) -> float:
    """Write wrapped text from `top` (inches from the bottom) downwards; returns where it ends."""
    lines = wrap(text, size, weight, WIDTH - 2 * MARGIN)
    step = size * 1.32 / 72
    for i, line in enumerate(lines):
        y = (top - i * step) / figure.get_figheight()
        x = MARGIN / WIDTH
        figure.text(x, y, line, fontsize=size, fontweight=weight, color=colour, va="top", gid=gid)
    return top - len(lines) * step


def footer(figure: Figure, text: str) -> float:
    """Write the source at the bottom; returns its upper edge in inches."""
    size = 8.0
    lines = wrap(text, size, "normal", WIDTH - 2 * MARGIN)
    top = MARGIN + len(lines) * size * 1.32 / 72
    block(figure, text, top, size, "normal", style.SECONDARY, "source")
    return top


def panels(figure: Figure, bottom: float, top: float) -> tuple[Axes, Axes]:
    """Two panels of equal height with one time axis."""
    gap = 0.95
    height = (top - bottom - gap) / 2
    left, width = LEFT / WIDTH, (WIDTH - LEFT - RIGHT) / WIDTH
    page = figure.get_figheight()
    upper = figure.add_axes((left, (bottom + height + gap) / page, width, height / page))
    lower = figure.add_axes((left, bottom / page, width, height / page), sharex=upper)
    return upper, lower


def panel_title(axes: Axes, text: str) -> None:
    """Say above a panel what its vertical axis shows."""
    offset = -(LEFT - MARGIN) / (WIDTH - LEFT - RIGHT)
    axes.text(offset, 1.035, text, transform=axes.transAxes, fontsize=10, fontweight="bold", va="bottom", ha="left")


def side_labels(axes: Axes, labels: Sequence[tuple[float, str, str]]) -> None:
    """Write labels beside the right edge at their heights, pushed apart where they would overlap.

    Args:
        axes: panel with its limits set.
        labels: (y in data units, text, colour).
    """
    low, high = axes.get_ylim()
    panel = axes.get_window_extent().height / DPI * 72  # points
    line = 9.2 * 1.25
    wanted = sorted((min(max((y - low) / (high - low), 0.0), 1.0) * panel, text, colour) for y, text, colour in labels)
    sizes = [line * (text.count("\n") + 1) + 3 for _, text, _ in wanted]
    centres = [y for y, _, _ in wanted]
    floor = 0.0
    for i, size in enumerate(sizes):
        centres[i] = max(centres[i], floor + size / 2)
        floor = centres[i] + size / 2
    ceiling = panel
    for i in reversed(range(len(sizes))):
        centres[i] = min(centres[i], ceiling - sizes[i] / 2)
        ceiling = centres[i] - sizes[i] / 2
    for centre, (_, text, colour) in zip(centres, wanted, strict=True):
        axes.text(
            1.015,
            centre / panel,
            text,
            transform=axes.transAxes,
            color=colour,
            fontsize=9.2,
            va="center",
            ha="left",
            linespacing=1.2,
        )


def gridlines(axes: Axes, low: float, high: float, signed: bool) -> None:
    """At most eight gridlines between two heights, labelled without exponents."""
    ticks = MaxNLocator(nbins=7, min_n_ticks=3, steps=[1, 2, 5, 10]).tick_values(low, high)
    kept = [float(y) for y in ticks if low <= y <= high]
    axes.yaxis.set_major_locator(FixedLocator(kept))
    axes.yaxis.set_major_formatter(FixedFormatter(tick_texts(kept, signed)))


def tick_texts(ticks: Sequence[float], signed: bool) -> list[str]:
    """Labels of ticks: as many decimals as their step needs, thousands commas, millions as "1.5m"."""
    millions = max((abs(y) for y in ticks), default=0.0) >= MILLION
    shown = [y / MILLION for y in ticks] if millions else ticks
    places = _places(shown)
    return [_tick(y, places, signed) + ("m" if millions and y else "") for y in shown]


def _places(ticks: Sequence[float]) -> int:
    step = min((abs(b - a) for a, b in pairwise(ticks)), default=1.0)
    return next((places for places in range(6) if abs(round(step, places) - step) < 1e-3 * step), 6)


def _tick(y: float, places: int, signed: bool) -> str:
    text = f"{abs(y):,.{places}f}"
    if float(text.replace(",", "")) == 0.0:
        return text
    return ("−" if y < 0 else "+" if signed else "") + text
