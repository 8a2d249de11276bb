"""Contact sheet: several charts on one small page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from aft_sim.basis.errors import InputError
from aft_sim.present import layout
from aft_sim.present.chart import Chart

_DPI = 48
"""Dots an inch: small enough for a page of charts, large enough for headlines."""


def contact_sheet(charts: Sequence[Chart], path: str | Path, columns: int = 3) -> Path:
    """Write the charts side by side as one PNG.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path).with_suffix(".png")
    stacks: list[list[Chart]] = [[] for _ in range(columns)]
    heights = [0.0] * columns
    for one in charts:  # always the shortest column
        where = heights.index(min(heights))
        stacks[where].append(one)
        heights[where] += one.figure.get_figheight()
    page = Figure(figsize=(columns * layout.WIDTH, max(heights)), dpi=_DPI)
    FigureCanvasAgg(page)
    for i, stack in enumerate(stacks):
        top = max(heights)
        for one in stack:
            top -= one.figure.get_figheight()
            canvas = FigureCanvasAgg(one.figure)
            canvas.draw()
            place = (i / columns, top / max(heights), 1 / columns, one.figure.get_figheight() / max(heights))
            axes = page.add_axes(place)
            axes.imshow(np.asarray(canvas.buffer_rgba()), aspect="auto", interpolation="antialiased")
            axes.set_axis_off()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        page.savefig(path, metadata={"Software": None}, pil_kwargs={"optimize": True})
    except OSError as error:
        raise InputError(f"cannot write the contact sheet ({error.strerror or error})", where=str(path)) from error
    return path
