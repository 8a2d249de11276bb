"""Timeline of the events of a run: trusts as rows, months across, a mark for each family of events.

At most `MOST_TRUSTS` trusts are shown, those first whose status changes, then those to which most happens; the others
are counted. Families differ by shape as well as colour, and several events of one family in a month are one mark.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

import matplotlib as mpl
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from aft_sim.basis.errors import InputError
from aft_sim.present import chart, event_words, layout, style, timeline
from aft_sim.present.chart import Chart
from aft_sim.study.events import History

MOST_TRUSTS = 20
"""Rows at most."""

ROW, KEY = 0.38, 0.24
"""Height of a row and of a line of the key, inches."""
LEFT, RIGHT = 2.75, 0.35
"""Inches kept free beside the panel: names on the left."""
SIZE = 9.0

LOOKS: Mapping[str, tuple[str, str, str, bool]] = {
    "status": ("o", "●", style.DARK_BLUE, True),
    "review": ("o", "○", style.DARK_BLUE, False),
    "refused": ("X", "✖", style.DARK_PINK, True),
    "draw": ("D", "◆", style.TURQUOISE, True),
    "no draw": ("v", "▽", style.ORANGE, False),
    "scheme": ("s", "□", style.DARK_BLUE, False),
    "use": ("s", "■", style.DARK_BLUE, True),
    "support": ("|", "|", style.GREY, True),
    "near": (".", "•", style.GREY, True),
    "segment": ("d", "◊", style.SECONDARY, False),
    "other": ("*", "★", style.SECONDARY, True),
}
"""Family -> marker, the same as a letter for the key, colour, whether it is filled."""
OF_STATUS = ("status", "review", "refused")
"""Families that tell of the status; their marks lie above others and are larger."""
LANES: Mapping[str, float] = {"no draw": 0.38, "draw": 0.19, "scheme": -0.21}
"""Family -> how far above the middle of its row its marks stand, so that what happens in one month is not hidden."""
_TEXT = {style.TURQUOISE: style.TURQUOISE_TEXT, style.ORANGE: style.ORANGE_TEXT, style.GREY: style.SECONDARY}


def event_chart(found: History, names: Mapping[str, str], title: str, dates: Sequence[tuple[date, str]] = ()) -> Chart:
    """Draw the events of a run.

    Args:
        found: events, of at least one trust.
        names: ODS code -> name of a trust.
        title: of the scenario.
        dates: days to mark, with what begins then.

    Raises:
        InputError: there is no event to draw.
    """
    if not found.events:
        raise InputError("there is no event to draw", found=f"{found.scenario}, seed {found.seed}")
    trusts = rows(found)
    drawn = set(found.kinds) - event_words.COUNTS
    families = [one for one in event_words.FAMILIES if any(event_words.family(kind) == one for kind in drawn)]
    with mpl.rc_context(dict(style.RC)):
        headline, subtitle, source = _headline(found, title), _subtitle(found, trusts), _source(found)
        key = _key_lines(families)
        above = 0.3 + KEY * len(key)
        below = layout.foot_height(source) + 0.65
        height = ROW * len(trusts) + 0.3
        page = layout.head_height(headline, subtitle) + above + height + below
        figure = layout.page(page)
        top = layout.head(figure, headline, subtitle)
        layout.footer(figure, source)
        _draw_key(figure, key, top - 0.16)
        width = layout.WIDTH - LEFT - RIGHT
        axes = figure.add_axes((LEFT / layout.WIDTH, below / page, width / layout.WIDTH, height / page))
        _draw(axes, found, trusts, names, dates)
        return Chart(figure, _alt(found, trusts, names, title), _data(found, names), dict(event_words.CODEBOOK))


def rows(found: History) -> list[str]:
    """Trusts to show, from the top."""
    happened = Counter(one.trust for one in found.events)
    changes = Counter(
        one.trust
        for one in found.events
        if event_words.family(one.kind) in (*OF_STATUS, "draw", "scheme") and one.kind not in event_words.COUNTS
    )
    return sorted(happened, key=lambda code: (-changes[code], -happened[code], code))[:MOST_TRUSTS]


def _draw(
    axes: Axes,
    found: History,
    trusts: Sequence[str],
    names: Mapping[str, str],
    dates: Sequence[tuple[date, str]],
) -> None:
    height = {code: len(trusts) - i for i, code in enumerate(trusts)}
    axes.set_xlim(timeline.x(found.months[0]) - 2 / 12, timeline.x(found.months[-1]) + 1 / 12)
    axes.set_ylim(0.3, len(trusts) + 1.4)
    axes.grid(False)
    axes.hlines(range(1, len(trusts) + 1), *axes.get_xlim(), color=style.GRID, linewidth=0.8, zorder=0.5)
    places: dict[str, set[tuple[float, int]]] = {}
    for one in found.events:
        if one.trust in height and one.kind not in event_words.COUNTS:
            places.setdefault(event_words.family(one.kind), set()).add(
                (timeline.x(one.month), height[one.trust])
            )  # a set: one mark for several
    for family, (marker, _, colour, filled) in LOOKS.items():
        if family not in places:
            continue
        x, y = zip(*sorted(places[family]), strict=True)
        axes.plot(
            x,
            [row + LANES.get(family, 0.0) for row in y],
            linestyle="None",
            marker=marker,
            markersize=6.5 if family in OF_STATUS else 5,
            color=colour,
            markerfacecolor=colour if filled else "white",
            markeredgecolor=colour,
            markeredgewidth=1.2,
            zorder=2 if family == "support" else 4 if family in OF_STATUS else 3,
            gid="data",
        )
    axes.yaxis.set_major_locator(NullLocator())
    for code, middle in height.items():
        axes.annotate(
            _name(code, names),
            (0.0, middle),
            xycoords=("axes fraction", "data"),
            xytext=(-6, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=SIZE,
            annotation_clip=False,
        )
    for day, text in dates:
        timeline.mark(axes, timeline.x_of_day(day), text)
    if len(found.months) <= 12:
        axes.xaxis.set_major_locator(FixedLocator([timeline.x(month) for month in found.months[::3]]))
        labels = [f"{style.short_month(int(month[5:]))}\n{month[:4]}" for month in found.months[::3]]
        axes.xaxis.set_major_formatter(FixedFormatter(labels))
    else:
        timeline.years(axes)


def _name(code: str, names: Mapping[str, str]) -> str:
    """Name and code of a trust, cut where there is no room."""
    name, room = names.get(code, ""), LEFT - layout.MARGIN - 0.1
    if not name:
        return code
    while layout.text_width(f"{name} ({code})", SIZE, "normal") > room:
        name = name.removesuffix("…")[:-1].rstrip() + "…"
    return f"{name} ({code})"


def _key_lines(families: Sequence[str]) -> list[list[str]]:
    """Families by line of the key."""
    lines: list[list[str]] = [[]]
    used = 0.0
    for one in families:
        width = layout.text_width(_key_text(one), SIZE, "normal") + 0.3
        if lines[-1] and used + width > layout.WIDTH - 2 * layout.MARGIN:
            lines.append([])
            used = 0.0
        lines[-1].append(one)
        used += width
    return lines


def _key_text(family: str) -> str:
    return f"{LOOKS[family][1]} {event_words.FAMILIES[family]}"


def _draw_key(figure: mpl.figure.Figure, lines: Sequence[Sequence[str]], top: float) -> None:
    for i, line in enumerate(lines):
        x, y = layout.MARGIN, (top - i * KEY) / figure.get_figheight()
        for one in line:
            colour = LOOKS[one][2]
            figure.text(
                x / layout.WIDTH,
                y,
                _key_text(one),
                fontsize=SIZE,
                color=_TEXT.get(colour, colour),
                va="top",
                gid="key",
            )
            x += layout.text_width(_key_text(one), SIZE, "normal") + 0.3


def _headline(found: History, title: str) -> str:
    trusts = len({one.trust for one in found.events})
    n = len(found.events)
    what = f"{n:,} event{'' if n == 1 else 's'} at {trusts:,} trust{'' if trusts == 1 else 's'}"
    ends = style.month_name(found.months[0]), style.month_name(found.months[-1])
    return f"{title}: {what}, {ends[0]} to {ends[1]}"


def _subtitle(found: History, trusts: Sequence[str]) -> str:
    rest = {one.trust for one in found.events} - set(trusts)
    shown = "Every trust to which anything happened"
    if rest:
        more = sum(one.trust in rest for one in found.events)
        shown = (
            f"The {len(trusts)} trusts whose status or investment changes most; {len(rest):,} more, with {more:,} "
            "events, are in the CSV file"
        )
    return f"{shown}. One run, seed {found.seed}: what happens in one world, so no 95% interval."


def _source(found: History) -> str:
    return chart.source((found.scenario,), "Several events of one kind in a month are one mark.")


def _alt(found: History, trusts: Sequence[str], names: Mapping[str, str], title: str) -> str:
    parts = [
        f"Timeline with a row for each of {len(trusts)} trusts and a mark for each event. {_headline(found, title)}.",
        _subtitle(found, trusts),
        event_words.summary(found),
    ]
    for code in trusts[:3]:
        own = Counter(one.kind for one in found.events if one.trust == code)
        kinds = ", ".join(f"{kind} {n}" for kind, n in own.most_common())
        parts.append(f"{names.get(code, code)} ({code}): {kinds}.")
    return " ".join(parts)


def _data(found: History, names: Mapping[str, str]) -> pa.Table:
    records = event_words.records(found, names)
    return chart.table_of({name: [record[name] for record in records] for name in event_words.CODEBOOK})
