"""Change of every trust's average metric score against its score at the opening, holders of the status marked.

The slope is what a table before and after hides: whoever is best at the opening comes down by itself.
"""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator

from aft_sim.present import chart, layout, league_page, style
from aft_sim.present.chart import Chart
from aft_sim.study.segments import SegmentLeague

PAGE = 6.4
"""Height of the page, inches."""
SIZE = 9.2
_KEY = (("●", "has held the status in some run", style.DARK_BLUE), ("○", "never", style.SECONDARY))


def league_chart(found: SegmentLeague, names: Mapping[str, str], title: str, scenario: str) -> Chart:
    """Draw the change of scores.

    Args:
        found: the tables before and after.
        names: ODS code -> name of a trust.
        title: of the scenario.
        scenario: its name.
    """
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page(PAGE)
        top = layout.head(figure, _headline(found), _subtitle(found, title))
        foot = layout.footer(figure, chart.source((scenario,), "NHS England, oversight league tables, at the opening."))
        bottom, width = foot + 0.75, layout.WIDTH - layout.LEFT - 0.5
        x = layout.MARGIN
        for mark, words, colour in _KEY:
            figure.text(x / layout.WIDTH, (top - 0.16) / PAGE, f"{mark} {words}", fontsize=SIZE, color=colour, va="top")
            x += layout.text_width(f"{mark} {words}", SIZE, "normal") + 0.3
        box = (layout.LEFT / layout.WIDTH, bottom / PAGE, width / layout.WIDTH, (top - 0.8 - bottom) / PAGE)
        noise = _draw(figure.add_axes(box), found)
        panel = f"Change against its table, points (below 0: better; shaded: noise, ±{noise:.2f})"
        layout.block(figure, panel, top - 0.45, 10, "bold", style.TEXT, "panel")
        columns = {
            name: [league_page.value(one, name, names) for one in found.standings] for name, _, _ in league_page.COLUMNS
        }
        book = {name: (meaning, unit) for name, meaning, unit in league_page.COLUMNS}
        return Chart(figure, _alt(found, title), chart.table_of(columns), book)


def _draw(axes: Axes, found: SegmentLeague) -> float:
    """Draw the trusts; returns the noise shown, a mean over them."""
    never = [one for one in found.standings if not one.held]
    held = [one for one in found.standings if one.held]
    for trusts, size, colour, inside in ((never, 4.5, style.SECONDARY, "white"), (held, 6.0, *2 * (style.DARK_BLUE,))):
        x, y = [one.before for one in trusts], [one.change for one in trusts]
        (marks,) = axes.plot(x, y, "o", markersize=size, color=colour, markerfacecolor=inside, zorder=3)
        marks.set_gid("data")
    noise = float(np.mean([one.noise for one in found.standings]))
    most = 1.1 * max(noise, *(abs(one.change) for one in found.standings))
    low, high = (pick(one.before for one in found.standings) for pick in (min, max))
    axes.set_xlim(low - 0.05, high + 0.05)
    axes.set_ylim(-most, most)
    axes.axhspan(-noise, noise, color=style.GRID, alpha=0.6, linewidth=0, zorder=0.5)
    axes.axhline(0, color=style.SECONDARY, linewidth=0.9, zorder=1)
    layout.gridlines(axes, -most, most, signed=True)
    ticks = [float(x) for x in MaxNLocator(nbins=6).tick_values(low, high) if low <= x <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter(layout.tick_texts(ticks, signed=False)))
    axes.set_xlabel("Average metric score at the opening, 1 = best")
    return noise


def _headline(found: SegmentLeague) -> str:
    return (
        f"The best quarter of trusts at the opening moves by {style.number(found.best, '', True, 2)} points of the "
        f"score by {style.month_name(found.published)}, the worst by {style.number(found.worst, '', True, 2)}"
    )


def _subtitle(found: SegmentLeague, title: str) -> str:
    runs = f"Means of {found.runs} runs" if found.runs > 1 else "One run"
    return (
        f"{title}. {runs} of one scenario, no comparison and so no 95% interval: who is best comes down by itself, and "
        "who is worst comes up, whoever holds the status."
    )


def _alt(found: SegmentLeague, title: str) -> str:
    held = [one for one in found.standings if one.held]
    mean = f"{np.mean([one.change for one in held]):+.2f}" if held else "none"
    return (
        f"Scatter chart of {len(found.standings)} trusts: change of the average metric score against the score at the "
        f"opening. {_headline(found)}. {_subtitle(found, title)} {len(held)} trusts have held the status in some run; "
        f"their mean change is {mean} points. {found.warning}"
    )
