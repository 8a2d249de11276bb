"""Follow the pound as a picture: from years of surplus to what was bought and where it is now, and who was treated.

The upper panel is money, drawn to one scale: what leaves a stage arrives in the next. The lower one is people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import matplotlib as mpl
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedLocator

from aft_sim.agents.pound import REVENUE
from aft_sim.basis.errors import InputError
from aft_sim.present import chart, layout, rows, style
from aft_sim.present.chart import Chart
from aft_sim.present.pound_words import FIFTHS, GROUPS, KINDS, each, million
from aft_sim.study.by_place import short_place
from aft_sim.study.pound import PoundTrace

COLOURS = {REVENUE: style.DARK_BLUE, "theatre": style.ORANGE, "equipment": style.TURQUOISE, "estate": style.DARK_PINK}
TEXTS = COLOURS | {"theatre": style.ORANGE_TEXT, "equipment": style.TURQUOISE_TEXT}
REFUSED, KEPT = "refused", "kept"
TREATS, UNLISTED, MENDS, LATER = "treats", "unlisted", "mends", "later"
STATES = (TREATS, UNLISTED, MENDS, LATER)
NAMES = {
    REVENUE: "Work for a year",
    "theatre": "Theatres",
    "equipment": "Equipment",
    "estate": "Estate",
    REFUSED: "Refused, still in the pot",
    KEPT: "Not asked for, in the pot",
    TREATS: "Treats patients",
    UNLISTED: "In use, no waiting list",
    MENDS: "Mends buildings",
    LATER: "Not in use yet",
}
TALLEST = 2.6
"""Inches of all the money together."""
LINE, GAP = 0.16, 0.07
"""Height of a label's line, and what lies between two nodes, inches."""
NODE = 0.16
"""Width of a node, inches."""
COLUMNS = (1.62, 4.0, 6.45)
"""Left edges of the three stages, inches from the left edge of the panel."""
ROOM = (1.5, 1.9, 1.35)
"""Width of their labels, inches."""
SIZE = 9.2


@dataclass(frozen=True)
class Node:
    """One amount of one stage: its name, pence, label, and where it stands (inches), with its label's room."""

    name: str
    pence: int
    label: str
    bottom: float
    height: float
    slot: float


@dataclass(frozen=True)
class Flow:
    """Pence between a node of one stage and one of the next, and the kind that gives it its colour."""

    origin: str
    target: str
    kind: str
    pence: int


def pound_chart(trace: PoundTrace, scenario: str, seed: int) -> Chart:
    """Draw a trace.

    Args:
        trace: with money in it.
        scenario: name of what was run.
        seed: chance.

    Raises:
        InputError: there never was a surplus.
    """
    if not trace.pence:
        raise InputError("there is no pound to follow", found=trace.code, expected="a trust that made a surplus")
    with mpl.rc_context(dict(style.RC)):
        headline, subtitle, source = _headline(trace), _subtitle(trace, seed), _source(trace, scenario)
        first, second = flows(trace)
        scale = TALLEST / trace.pence
        stages = [
            _stage(*stage, [*first, *second], scale) for stage in zip(_order(trace, first, second), ROOM, strict=True)
        ]
        money = max(_height(stage) for stage in stages)
        treated = sum(trace.treatments) >= 0.5
        people = len(_groups(trace)) * 0.3 + 0.1 if treated else 0.0
        foot = layout.foot_height(source) + (0.62 if treated else 0.25)
        between = 1.15 if treated else 0.0
        figure = layout.page(layout.head_height(headline, subtitle) + 0.6 + money + between + people + foot)
        layout.head(figure, headline, subtitle)
        layout.footer(figure, source)
        _draw_money(_panel(figure, foot + people + between, money), stages, (first, second), money)
        if treated:
            _draw_people(rows.panel(figure, foot, people), trace)
        return Chart(figure, _alt(trace), _data(trace, first, second), _CODEBOOK)


def flows(trace: PoundTrace) -> tuple[list[Flow], list[Flow]]:
    """Money from lots to what became of it, and from there to where it is now; everything adds up."""
    first: list[Flow] = []
    now: dict[tuple[str, str], int] = defaultdict(int)
    for x, lot in enumerate(trace.lots):
        amounts = {kind: trace.paid(x, kind) for kind in KINDS} | {REFUSED: lot.refused, KEPT: lot.unasked}
        first += [Flow(lot.origin, kind, kind, pence) for kind, pence in amounts.items() if pence]
    for use in trace.uses:
        listed = trace.listed or use.trust != trace.code
        state = LATER if not use.works else MENDS if use.kind == "estate" else TREATS if listed else UNLISTED
        now[use.kind, state] += use.pence
    order = [(kind, state) for kind in KINDS for state in STATES]
    return first, [Flow(kind, state, kind, now[kind, state]) for kind, state in order if now[kind, state]]


def _order(trace: PoundTrace, first: Sequence[Flow], second: Sequence[Flow]) -> list[list[str]]:
    """Names of the nodes of each stage, from the top."""
    reached = [{flow.target for flow in part} for part in (first, second)]
    middle = [name for name in (REVENUE, "theatre", "equipment", "estate", REFUSED, KEPT) if name in reached[0]]
    return [
        [lot.origin for lot in trace.lots],
        middle,
        [name for name in STATES if name in reached[1]],
    ]


def _stage(names: Sequence[str], room: float, all_flows: Sequence[Flow], scale: float) -> list[Node]:
    """Nodes of a stage from the top downwards, each with room for its label; the first ends at height zero."""
    nodes, top = [], 0.0
    for name in names:
        come = sum(flow.pence for flow in all_flows if flow.target == name)
        pence = come or sum(flow.pence for flow in all_flows if flow.origin == name)
        height = pence * scale
        lines = [*layout.wrap(NAMES.get(name, name), SIZE, "normal", room), million(pence)]
        slot = max(height, len(lines) * LINE + 0.06)
        nodes.append(Node(name, pence, "\n".join(lines), top - (slot + height) / 2, height, slot))
        top -= slot + GAP
    return nodes


def _height(stage: Sequence[Node]) -> float:
    return sum(node.slot + GAP for node in stage)


def _panel(figure: mpl.figure.Figure, bottom: float, height: float) -> Axes:
    """A panel over the page's width whose units are inches both ways."""
    width = layout.WIDTH - 2 * layout.MARGIN
    page = figure.get_figheight()
    axes = figure.add_axes((layout.MARGIN / layout.WIDTH, bottom / page, width / layout.WIDTH, height / page))
    axes.set_xlim(0, width)
    axes.set_ylim(-height, 0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(FixedLocator([]))
    axes.grid(False)
    axes.spines["bottom"].set_visible(False)
    return axes


def _draw_money(axes: Axes, stages: Sequence[Sequence[Node]], moved: Sequence[Sequence[Flow]], height: float) -> None:
    headings = ("Surplus made in", "What became of it", "Where it is now")
    shifted: list[dict[str, Node]] = []
    for x, stage, heading in zip(COLUMNS, stages, headings, strict=True):
        drop = (height - _height(stage)) / 2
        shifted.append({node.name: replace(node, bottom=node.bottom - drop) for node in stage})
        if stage:
            at = 0.0 if x == COLUMNS[0] else x
            axes.text(at, 0.12, heading, fontsize=10, fontweight="bold", ha="left", va="bottom")
    for part, (left, right), (begin, end) in zip(moved, pairwise(shifted), pairwise(COLUMNS), strict=True):
        _draw_flows(axes, part, (left, right), (begin + NODE, end))
    for x, nodes in zip(COLUMNS, shifted, strict=True):
        for node in nodes.values():
            colour = COLOURS.get(node.name, style.TEXT if node.name == TREATS else style.GREY)
            axes.add_patch(Rectangle((x, node.bottom), NODE, node.height, facecolor=colour, linewidth=0, zorder=3))
            _label(axes, x, node)


def _draw_flows(
    axes: Axes, part: Sequence[Flow], sides: tuple[Mapping[str, Node], Mapping[str, Node]], span: tuple[float, float]
) -> None:
    """Bands from the nodes of one stage to those of the next, stacked in the order in which they come."""
    left, right = ({name: node.bottom + node.height for name, node in side.items()} for side in sides)
    order = list(sides[1])
    begin, end = span
    bend = (begin + end) / 2
    for flow in sorted(part, key=lambda one: (list(sides[0]).index(one.origin), order.index(one.target))):
        thick = sides[0][flow.origin].height * flow.pence / sides[0][flow.origin].pence
        a, b = left[flow.origin], right[flow.target]
        left[flow.origin], right[flow.target] = a - thick, b - thick
        points = [(begin, a), (bend, a), (bend, b), (end, b), (end, b - thick), (bend, b - thick), (bend, a - thick)]
        points += [(begin, a - thick), (begin, a)]
        moves = [Outline.MOVETO, *[Outline.CURVE4] * 3, Outline.LINETO, *[Outline.CURVE4] * 3, Outline.CLOSEPOLY]
        colour = COLOURS.get(flow.kind, style.GREY)
        axes.add_patch(PathPatch(Outline(points, moves), facecolor=colour, alpha=0.32, linewidth=0, zorder=1))


def _label(axes: Axes, x: float, node: Node) -> None:
    """Name and amount: left of the first stage, right of the others."""
    middle = node.bottom + node.height / 2
    first = x == COLUMNS[0]
    at = x - 0.07 if first else x + NODE + 0.07
    side = "right" if first else "left"
    label = axes.text(at, middle, node.label, fontsize=SIZE, ha=side, va="center", linespacing=1.15, zorder=4)
    label.set_path_effects([withStroke(linewidth=2.5, foreground="white")])  # bands pass behind


def _groups(trace: PoundTrace) -> list[int]:
    """The fifths, and patients from outside England where they are one in a hundred."""
    least = 0.01 * sum(trace.treatments)
    return [g for g, number in enumerate(trace.treatments) if g < len(FIFTHS) or number >= least]


def _draw_people(axes: Axes, trace: PoundTrace) -> None:
    """Bars by fifth, stacked by what was bought."""
    kinds = [kind for kind in KINDS if kind != "estate"]
    by = {
        kind: [sum(use.gain.treatments[g] for use in trace.uses if use.kind == kind) for g in _groups(trace)]
        for kind in kinds
    }
    total = [trace.treatments[g] for g in _groups(trace)]
    everybody = sum(trace.treatments)
    rows.scale(axes, 0.0, max(total), "extra treatments so far", signed=False)
    axes.set_xlim(0, axes.get_xlim()[1])
    rows.title(axes, f"Who was treated: extra treatments by {style.month_name(trace.last)}")
    place, top = 0.0, axes.get_ylim()[1]
    for kind in kinds:
        if sum(by[kind]) >= 0.5:
            key = Rectangle((place, 1 + 0.07 / top), 0.12 / rows.panel_width(), 0.12 / top, facecolor=COLOURS[kind])
            key.set(transform=axes.transAxes, clip_on=False)
            axes.add_patch(key)
            rows.above(axes, place + 0.18 / rows.panel_width(), NAMES[kind], "left", TEXTS[kind])
            place += (layout.text_width(NAMES[kind], SIZE, "normal") + 0.4) / rows.panel_width()
    for i, g in enumerate(_groups(trace)):
        y, start = top - 0.05 - (i + 0.5) * 0.3, 0.0
        for kind in kinds:
            axes.barh([y], [by[kind][i]], 0.2, left=start, color=COLOURS[kind], edgecolor="white", linewidth=0.6)
            start += by[kind][i]
        rows.name(axes, y, GROUPS[g])
        share = f"{100 * total[i] / everybody:.1f}%"
        rows.numbers(axes, y, f"{style.number(total[i], 'pathways')} ({share})")


# Words


def _headline(trace: PoundTrace) -> str:
    name, month = short_place(trace.name), style.month_name(trace.last)
    own = trace.pence - sum(lot.pence for lot in trace.lots if lot.received)
    spent = trace.spent
    if not spent:
        why = trace.standing or next((one.reason for one in trace.rounds if one.reason), "")
        return (
            f"{name}: no pound of GBP {million(own, 1)} million of surpluses spent by {month}{': ' if why else ''}{why}"
        )
    number = sum(trace.treatments)
    whose = "surpluses" if own else "other trusts' surpluses"
    begun = f"{name}: GBP {million(spent, 1)} million of {whose} spent by {month}"
    if number < 0.5 and not trace.listed:
        return f"{begun}, with no waiting list to count treatments on"
    if number < 0.5:
        later = sorted(use.in_use for use in trace.uses if not use.works and use.gain.a_year)
        return f"{begun}, no treatments yet{f': in use from {style.month_name(later[0])}' if later else ''}"
    return f"{begun}, {style.number(number, 'pathways')} extra treatments so far, GBP {each(trace.uses):,.0f} each"


def _subtitle(trace: PoundTrace, seed: int) -> str:
    first, last = style.month_name(trace.first), style.month_name(trace.last)
    text = f"Surpluses of {trace.code} and what they paid for, {first} to {last}, GBP million in cash prices."
    everybody = sum(trace.treated)
    if sum(trace.treatments) >= 0.5 and everybody and all(use.trust == trace.code for use in trace.uses):
        share = 100 * sum(trace.treatments) / everybody
        since = f"since {style.month_name(trace.freedom)}" if trace.freedom else "in this time"
        text += f" The extra treatments are {share:.2f}% of all that it completed {since}."
    return f"{text} One run (seed {seed}), so no 95% interval."


def _source(trace: PoundTrace, scenario: str) -> str:
    notes = ["The oldest surplus is spent first; amounts tie to the model's ledger to the penny."]
    if trace.uses:
        notes.append("Treatments: capacity added in the weeks of its use, where there was staff for it.")
    if any(use.trust != trace.code for use in trace.uses):
        notes.append("All purchases at trusts with the longest waits.")
    return chart.source((scenario,), *notes)


def _alt(trace: PoundTrace) -> str:
    first, second = flows(trace)
    text = [
        f"A flow chart in three stages{', above bars by deprivation fifth' if sum(trace.treatments) >= 0.5 else ''}.",
        f"{_headline(trace)}.",
        "Surpluses:",
        "; ".join(f"{lot.origin} GBP {million(lot.pence)} million" for lot in trace.lots) + ".",
        "What became of them:",
    ]
    for part in (first, second):
        totals: dict[str, int] = defaultdict(int)
        for flow in part:
            totals[flow.target] += flow.pence
        if totals:
            text.append("; ".join(f"{NAMES[name]} {million(pence)}" for name, pence in totals.items()) + ".")
    if sum(trace.treatments) >= 0.5:
        parts = [f"{GROUPS[g]} {style.number(trace.treatments[g], 'pathways')}" for g in _groups(trace)]
        text.append(f"Extra treatments: {'; '.join(parts)}.")
    return " ".join(text)


_CODEBOOK = {
    "stage": ("money to what became of it, money to where it is now, or treatments by what was bought", ""),
    "origin": ("year of the surplus, or what was bought", ""),
    "destination": ("what became of the money, where it is now, or who was treated", ""),
    "amount": ("how much, exact for money", "GBP or treatments, see the column unit"),
    "unit": ("unit of the amount", ""),
}


def _data(trace: PoundTrace, first: Sequence[Flow], second: Sequence[Flow]) -> pa.Table:
    found: list[tuple[str, str, str, float, str]] = []
    for stage, part in (("became", first), ("now", second)):
        found += [(stage, NAMES.get(f.origin, f.origin), NAMES[f.target], f.pence / 100, "GBP") for f in part]
    for kind in KINDS:
        for g, name in enumerate(GROUPS):
            number = sum(use.gain.treatments[g] for use in trace.uses if use.kind == kind)
            if number:
                found.append(("treated", NAMES[kind], name, number, "treatments"))
    return chart.table_of(dict(zip(_CODEBOOK, map(list, zip(*found, strict=True)), strict=True)))
