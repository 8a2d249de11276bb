"""The equity-efficiency plane as a chart: a cloud of paired runs for each policy, and its mean."""

from __future__ import annotations

import textwrap

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from aft_sim.present import chart, layout, style
from aft_sim.present.chart import Chart
from aft_sim.study.plane import Plane, PlanePolicy

MARKERS = ("o", "s", "^", "D")
TEXTS = (style.DARK_BLUE, style.TURQUOISE_TEXT, style.DARK_PINK, style.ORANGE_TEXT)
MAX_POLICIES = len(MARKERS)
LABEL = 20
"""Letters of a label, above which a name is broken."""
HEIGHT = 5.2
"""Of the panel, inches."""
ASIDE = 0.55
"""The shorter side of zero, at least, as a part of the longer one: every corner has room for its words."""
UNIT = "QALYs per 100,000"
CORNERS = (
    (0.985, 0.97, "right", "top", "More health, more equal"),
    (0.015, 0.97, "left", "top", "Less health, more equal"),
    (0.985, 0.03, "right", "bottom", "More health, less equal"),
    (0.015, 0.03, "left", "bottom", "Less health, less equal"),
)


def plane_chart(found: Plane) -> Chart:
    """Net health benefit across, that of the most deprived fifth beyond the average upwards."""
    with mpl.rc_context(dict(style.RC)):
        headline, subtitle, source = _headline(found), _subtitle(found), _source(found)
        below = layout.foot_height(source) + 0.75
        figure = layout.page(layout.head_height(headline, subtitle) + 0.55 + HEIGHT + below)
        layout.head(figure, headline, subtitle)
        layout.footer(figure, source)
        page = figure.get_figheight()
        width = (layout.WIDTH - layout.LEFT - layout.RIGHT) / layout.WIDTH
        axes = figure.add_axes((layout.LEFT / layout.WIDTH, below / page, width, HEIGHT / page))
        _draw(axes, found)
        return Chart(figure, _alt(found), _data(found), _codebook(found))


def _limits(values: list[float]) -> tuple[float, float]:
    low, high = 1.15 * min(0.0, *values), 1.15 * max(0.0, *values)
    low, high = min(low, -ASIDE * high), max(high, -ASIDE * low)
    return (low, high) if high > low else (-1.0, 1.0)


def _draw(axes: Axes, found: Plane) -> None:
    limits = []
    for i in (0, 1):
        ends = [end for one in found.policies for end in ((one.health, one.equity)[i].interval or ())]
        limits.append(_limits([*ends, *(float(x) for one in found.policies for x in one.points[:, i])]))
    # room for the words of the corners
    reach = 0.12 * (limits[1][1] - limits[1][0])
    limits[1] = (limits[1][0] - reach, limits[1][1] + reach)
    axes.set_xlim(*limits[0])
    axes.set_ylim(*limits[1])
    for axis, (low, high) in zip((axes.xaxis, axes.yaxis), limits, strict=True):
        ticks = MaxNLocator(nbins=8, steps=[1, 2, 5, 10]).tick_values(low, high)
        kept = [float(x) for x in ticks if low <= x <= high]
        axis.set_major_locator(FixedLocator(kept))
        axis.set_major_formatter(FixedFormatter(layout.tick_texts(kept, True)))
    axes.grid(True, axis="both")
    axes.axhline(0.0, color=style.SECONDARY, linewidth=1.1, zorder=1)
    axes.axvline(0.0, color=style.SECONDARY, linewidth=1.1, zorder=1)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="x", length=0)
    for x, y, across, up, text in CORNERS:
        axes.text(
            x,
            y,
            text,
            transform=axes.transAxes,
            ha=across,
            va=up,
            fontsize=9.2,
            color=style.SECONDARY,
            style="italic",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    labels = []
    for one, colour, text, marker in zip(found.policies, style.PALETTE, TEXTS, MARKERS, strict=False):
        _cloud(axes, one, colour, marker)
        labels.append((one.equity.effect, f"{SIGNS[marker]} {textwrap.fill(one.name, LABEL)}", text))
    layout.side_labels(axes, labels)
    layout.panel_title(axes, f"Most deprived fifth beyond England's average, {UNIT} residents")
    axes.set_xlabel(f"Net health benefit, {UNIT} residents of England", fontsize=10, fontweight="bold", labelpad=8)


SIGNS = dict(zip(MARKERS, ("●", "■", "▲", "◆"), strict=True))


def _cloud(axes: Axes, one: PlanePolicy, colour: str, marker: str) -> None:
    axes.plot(
        one.points[:, 0],
        one.points[:, 1],
        marker,
        color=colour,
        markersize=5.0,
        markerfacecolor="white",
        markeredgewidth=0.9,
        zorder=3,
    )
    x, y = one.health, one.equity
    if x.interval is not None and y.interval is not None:
        axes.plot(x.interval, [y.effect] * 2, "-", color=colour, linewidth=1.8, zorder=4)
        axes.plot([x.effect] * 2, y.interval, "-", color=colour, linewidth=1.8, zorder=4)
    axes.plot([x.effect], [y.effect], marker, color=colour, markersize=9.0, zorder=5)


# Words


def _corner(one: PlanePolicy) -> str:
    words = []
    for effect, more, less, unsure in (
        (one.health, "more health", "less health", "health either way"),
        (one.equity, "more equal", "less equal", "equality either way"),
    ):
        low, high = effect.interval or (0.0, 0.0)
        words.append(more if low > 0 else less if high < 0 else unsure)
    return ", ".join(words)


def _headline(found: Plane) -> str:
    if len(found.policies) == 1:
        return f"{found.policies[0].title}: {_corner(found.policies[0])} by {style.month_name(found.at)}"
    told = "; ".join(f"{one.name}: {_corner(one)}" for one in found.policies)
    return f"By {style.month_name(found.at)}, {told}"


def _subtitle(found: Plane) -> str:
    one = found.policies[0]
    interval = "95% interval of the mean" if one.health.interval else "no 95% interval: one pair"
    runs = chart.runs_in_words(one.health.n_pairs, len(set(one.draws)))
    return (
        f"Net health benefit against {found.baseline} from the opening to {style.month_name(found.at)}; hollow: one "
        f"pair of runs; filled: mean, with lines for the {interval} ({runs} a policy)."
    )


def _source(found: Plane) -> str:
    return chart.source(
        (*(one.name for one in found.policies), found.baseline),
        "Net health benefit: QALYs of simulated care less money displaced at the NHS's cost of a QALY at the margin. "
        "More equal: the most deprived fifth gains more, or loses less, a resident than England.",
    )


def _alt(found: Plane) -> str:
    text = [f"Scatter plot in four quadrants. {_headline(found)}. {_subtitle(found)}"]
    for one in found.policies:
        x, y = (
            f"{style.number(effect.effect, UNIT, True)} ({style.interval(effect.interval, UNIT)})"
            for effect in (one.health, one.equity)
        )
        text.append(f"{one.name}: net health benefit {x}, most deprived fifth beyond the average {y} {UNIT}.")
    return " ".join(text)


def _data(found: Plane) -> pa.Table:
    rows = [
        (one.name, seed, draw, float(x), float(y))
        for one in found.policies
        for seed, draw, (x, y) in zip(one.seeds, one.draws, np.asarray(one.points), strict=True)
    ]
    names = ("policy", "seed", "draw", "net_health_benefit", "most_deprived_beyond")
    return chart.table_of(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def _codebook(found: Plane) -> dict[str, tuple[str, str]]:
    unit = f"{UNIT} residents"
    return {
        "policy": (f"scenario, against {found.baseline}", ""),
        "seed": ("seed of the pair", "number"),
        "draw": ("draw of the parameters", "number"),
        "net_health_benefit": ("net health benefit of England since the opening", unit),
        "most_deprived_beyond": ("that of the most deprived fifth beyond it", unit),
    }
