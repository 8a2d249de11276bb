"""A check that a chart keeps the rules of this project: readable, sourced, not by colour alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.text import Text

from aft_sim.present import style
from aft_sim.present.chart import Chart

MAX_COLOURS = 4
MAX_GRIDLINES = 10
SMALLEST_TEXT = 7.5
"""Points."""


def lint(chart: Chart) -> list[str]:
    """Problems of a chart, in words; empty if it is in order.

    Checked: text inside the figure, horizontal, large and dark enough, no label on another label or on a
    line; headline, source, a named interval (or that there is none), alternative text and data present; at
    most four data colours, each at least 3:1 against white; no dual axes; at most ten gridlines a panel.
    """
    canvas = chart.figure.canvas
    if not isinstance(canvas, FigureCanvasAgg):
        canvas = FigureCanvasAgg(chart.figure)
    chart.figure.draw_without_rendering()
    renderer = canvas.get_renderer()
    texts = [(text, text.get_window_extent(renderer)) for text in _texts(chart)]
    return [
        *_outside(chart, texts),
        *_overlaps(texts),
        *_crossed(chart, texts),
        *_writing(texts),
        *_missing(chart, [text.get_text() for text, _ in texts]),
        *_colours(chart),
        *_axes(chart),
    ]


Boxes = list[tuple[Text, Any]]


def _texts(chart: Chart) -> Iterator[Text]:
    """Every visible text; tick labels only where their tick is in view."""
    found: list[Text] = list(chart.figure.texts)
    for axes in chart.figure.axes:
        found += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            slack = 1e-9 * (high - low)
            marks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=False)
            found += [label for at, label in marks if low - slack <= at <= high + slack]
        legend = axes.get_legend()
        if legend is not None:
            found += legend.get_texts()
    return (text for text in found if text.get_visible() and text.get_text().strip())


def _quote(text: Text) -> str:
    words = " ".join(text.get_text().split())
    return f"“{words[:40]}{'…' if len(words) > 40 else ''}”"


def _outside(chart: Chart, texts: Boxes) -> Iterator[str]:
    page = chart.figure.bbox
    for text, box in texts:
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1:
            yield f"{_quote(text)} is cut off by the edge of the figure"


def _overlaps(texts: Boxes) -> Iterator[str]:
    for (one, a), (two, b) in combinations(texts, 2):
        if min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1:
            yield f"{_quote(one)} overlaps {_quote(two)}"


def _crossed(chart: Chart, texts: Boxes) -> Iterator[str]:
    for axes in chart.figure.axes:
        for text, box in texts:
            if text not in axes.texts:
                continue
            for line in axes.lines:
                if line.get_linestyle() == "None" or not line.get_linewidth():
                    continue
                drawn = line.get_transform().transform_path(line.get_path())
                clip = axes.bbox if line.get_clip_on() else chart.figure.bbox
                x0, x1 = max(box.x0 + 1, clip.x0), min(box.x1 - 1, clip.x1)
                y0, y1 = max(box.y0 + 1, clip.y0), min(box.y1 - 1, clip.y1)
                if x0 < x1 and y0 < y1 and drawn.intersects_bbox(type(box).from_extents(x0, y0, x1, y1), filled=False):
                    yield f"{_quote(text)} lies on a line"
                    break


def _writing(texts: Boxes) -> Iterator[str]:
    for text, _ in texts:
        if text.get_rotation() % 360 != 0:
            yield f"{_quote(text)} is not horizontal"
        if float(text.get_fontsize()) < SMALLEST_TEXT:
            yield f"{_quote(text)} is smaller than {SMALLEST_TEXT} points"
        if style.contrast(to_rgba(text.get_color())[:3]) < 4.5:
            yield f"{_quote(text)} is too pale (below 4.5:1 on white)"


def _missing(chart: Chart, words: list[str]) -> Iterator[str]:
    whole = " ".join(words)
    if len(chart.alt.split()) < 10:
        yield "no alternative text, or too short to stand in for the chart"
    if not any(text.get_gid() == "headline" and text.get_text().strip() for text in chart.figure.texts):
        yield "no headline"
    if "Source:" not in whole:
        yield "no source"
    if "95% interval" not in whole:
        yield "the interval is not named"
    if chart.data.num_rows == 0:
        yield "no data behind the chart"
    for name in chart.data.column_names:
        meaning, unit = chart.codebook.get(name, ("", ""))
        if not meaning:
            yield f"column {name} of the data is not in the codebook"
        elif not unit and not pa.types.is_string(chart.data.schema.field(name).type):
            yield f"column {name} of the data has no unit"


def _colours(chart: Chart) -> Iterator[str]:
    colours: dict[str, tuple[float, float, float]] = {}
    for axes in chart.figure.axes:
        for colour in _drawn(axes):
            red, green, blue, alpha = to_rgba(colour)
            if alpha and max(red, green, blue) - min(red, green, blue) > 0.15:  # greys carry no data
                colours[f"#{round(red * 255):02X}{round(green * 255):02X}{round(blue * 255):02X}"] = (
                    red,
                    green,
                    blue,
                )
    if len(colours) > MAX_COLOURS:
        yield f"{len(colours)} data colours: {', '.join(colours)} (at most {MAX_COLOURS})"
    for name, rgb in colours.items():
        if style.contrast(rgb) < 3:
            yield f"data colour {name} is too pale (below 3:1 on white)"


def _drawn(axes: Axes) -> Iterator[Any]:
    for line in axes.lines:
        yield line.get_color()
    for patch in axes.patches:
        yield patch.get_facecolor()
    for collection in axes.collections:
        yield from collection.get_facecolor()


def _axes(chart: Chart) -> Iterator[str]:
    for one, two in combinations(chart.figure.axes, 2):
        if one.bbox.overlaps(two.bbox):
            yield "two axes share one panel"
    for axes in chart.figure.axes:
        low, high = sorted(axes.get_ylim())
        lines = [y for y in axes.get_yticks() if low <= y <= high]
        if len(lines) > MAX_GRIDLINES:
            yield f"{len(lines)} gridlines in a panel (at most {MAX_GRIDLINES})"
