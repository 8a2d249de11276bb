"""Dot plot of the paired effect at every trust or every ICB.

A place is named only where its whole interval lies beyond the band of practical equivalence. All others are drawn in
grey, counted, and not named: a ranking of places that cannot be told apart would be noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib as mpl
import pyarrow as pa

from aft_sim.present import chart, layout, rows, style
from aft_sim.present.chart import Chart
from aft_sim.study.by_place import PlaceEffects, PlaceRow
from aft_sim.study.paired import Verdict
from aft_sim.study.rows import Bands

MAX_NAMED = 30
"""Places named at most: those with the largest effects."""

_COMPACT, _GAP = 2.4, 0.16
"""Greatest height of places without names, and space around them, inches."""

_NAMED = (Verdict.HIGHER, Verdict.LOWER)


@dataclass(frozen=True)
class _Section:
    """Neighbouring rows of one kind; `label` stands for rows without names."""

    rows: tuple[PlaceRow, ...]
    label: str
    height: float


def place_chart(found: PlaceEffects) -> Chart:
    """Effects by place, largest first, with 95% intervals and the band of practical equivalence."""
    with mpl.rc_context(dict(style.RC)):
        sections = _sections(found)
        headline, subtitle, source = _headline(found), _subtitle(found), _source(found)
        height = sum(section.height for section in sections) + 0.1
        key = 0.3 if found.kind == "trust" and _told(found) else 0.0
        below = layout.foot_height(source) + 0.62
        figure = layout.page(layout.head_height(headline, subtitle) + 0.72 + key + height + below)
        top = layout.head(figure, headline, subtitle)
        if key:
            _key(figure, top - 0.16)
        layout.footer(figure, source)
        axes = rows.panel(figure, below, height)
        unit = found.outcome.effect_unit
        rows.scale(axes, *_limits(found, sections), unit, signed=True)
        rows.bands(axes, _heights(sections, height - 0.05), unit)
        rows.title(axes, f"Effect: {found.policy} minus {found.baseline}, {unit}")
        if any(not section.label for section in sections):
            rows.above(axes, 1 + 0.1 / rows.panel_width(), "Effect (95% interval)", "left", style.SECONDARY)
        y = height - 0.05
        for section in sections:
            (_draw_compact if section.label else _draw_named)(axes, section, y, found)
            y -= section.height
        return Chart(figure, _alt(found), _data(found), _codebook(found))


def _sections(found: PlaceEffects) -> list[_Section]:
    named = {row.code for row in _told(found)[:MAX_NAMED]}
    sections: list[_Section] = []
    for verdict in (Verdict.HIGHER, Verdict.PRACTICALLY_ZERO, Verdict.CANNOT_TELL, Verdict.LOWER):
        mine = found.of(verdict)
        shown = tuple(row for row in mine if row.code in named)
        rest = tuple(row for row in mine if row.code not in named)
        parts = [_Section(shown, "", sum(rows.row_height(_name(row)) for row in shown))]
        if rest:
            label = f"{len(rest)} {'more ' if shown else ''}{_places(found, len(rest))}: {verdict}"
            room = max(len(rows.name_lines(label)) * rows.STEP + 0.1, min(0.055 * len(rest), _COMPACT))
            parts.append(_Section(rest, label, room + _GAP))
        sections += reversed(parts) if verdict == Verdict.LOWER else parts
    return [section for section in sections if section.rows]


def _heights(sections: Sequence[_Section], top: float) -> list[tuple[float, float, float]]:
    """Middle and height of every row, with the half-width of its band."""
    found = []
    for section in sections:
        sizes = [rows.row_height(_name(row)) for row in section.rows]
        if section.label:
            sizes = [(section.height - _GAP) / len(section.rows)] * len(section.rows)
        y = top - (_GAP / 2 if section.label else 0.0)
        for row, size in zip(section.rows, sizes, strict=True):
            found.append((y - size / 2, size, row.paired.band))
            y -= size
        top -= section.height
    return found


def _told(found: PlaceEffects) -> list[PlaceRow]:
    """Places that can be told apart from no effect, largest effect first."""
    told = (row for row in found.rows if row.paired.verdict in _NAMED)
    return sorted(told, key=lambda row: -abs(row.paired.effect))


def _draw_named(axes: mpl.axes.Axes, section: _Section, top: float, found: PlaceEffects) -> None:
    unit = found.outcome.effect_unit
    for row in section.rows:
        height = rows.row_height(_name(row))
        y = top - height / 2
        top -= height
        colour, marker = _look(row, found)
        rows.dots(axes, [rows.Dot(y, row.paired.effect, row.paired.interval, colour, marker)])
        rows.name(axes, y, _name(row))
        rows.numbers(axes, y, rows.with_interval(row.paired.effect, row.paired.interval, unit))


def _draw_compact(axes: mpl.axes.Axes, section: _Section, top: float, found: PlaceEffects) -> None:
    room = section.height - _GAP
    step = room / len(section.rows)
    grey = section.rows[0].paired.verdict not in _NAMED
    thin = min(1.2, 0.6 * step * 72)
    dots = []
    size = min(3.4, max(2.0, 1.2 * step * 72))
    for i, row in enumerate(section.rows):
        colour = style.GREY if grey else _look(row, found)[0]
        y = top - _GAP / 2 - (i + 0.5) * step
        dots.append(rows.Dot(y, row.paired.effect, row.paired.interval, colour, "o", size, thin))
    rows.dots(axes, dots)
    middle, unit = top - section.height / 2, found.outcome.effect_unit
    rows.name(axes, middle, section.label, style.SECONDARY)
    effects = [row.paired.effect for row in section.rows]
    ends = f"effects {style.interval((min(effects), max(effects)), unit)}"
    rows.numbers(
        axes, middle, ends if len(effects) > 1 else style.number(effects[0], unit, True), colour=style.SECONDARY
    )


def _look(row: PlaceRow, found: PlaceEffects) -> tuple[str, str]:
    if found.kind == "trust" and not row.treated:
        return style.ORANGE, "D"
    return style.DARK_BLUE, "o"


def _key(figure: mpl.figure.Figure, top: float) -> None:
    x = layout.MARGIN
    for text, colour in (
        ("● Trust designated in the policy", style.DARK_BLUE),
        ("◆ other trust", style.ORANGE_TEXT),
        ("grey, without names: practically zero, or cannot tell", style.SECONDARY),
    ):
        y = top / figure.get_figheight()
        figure.text(x / layout.WIDTH, y, text, fontsize=rows.SIZE, color=colour, va="top", gid="key")
        x += layout.text_width(text, rows.SIZE, "normal") + 0.3


def _limits(found: PlaceEffects, sections: Sequence[_Section]) -> tuple[float, float]:
    """Scale that shows every dot, the band and the named intervals; other intervals as far as there is room."""
    half = 1.3 * _bands(found)[1]
    ends = [-half, half, *(row.paired.effect for row in found.rows)]
    named = [row.paired.interval for part in sections if not part.label for row in part.rows if row.paired.interval]
    ends += [end for bounds in named for end in bounds]
    low, high = min(ends), max(ends)
    lows, highs = zip(*_intervals(found), strict=True) if _intervals(found) else ((low,), (high,))
    room = 0.35 * (high - low)
    return max(min(low, *lows), low - room), min(max(high, *highs), high + room)


def _intervals(found: PlaceEffects) -> list[tuple[float, float]]:
    return [row.paired.interval for row in found.rows if row.paired.interval is not None]


def _bands(found: PlaceEffects) -> tuple[float, float]:
    """Half-widths of the narrowest and the widest band: they differ with a place's level or number of trusts."""
    bands = [row.paired.band for row in found.rows]
    return min(bands), max(bands)


# Words


def _zero_words(narrowest: float, widest: float, unit: str) -> str:
    if widest > narrowest:
        ends = f"{style.number(narrowest, unit)} to {style.quantity(widest, unit)}, by place,"
        return f"Differences within {ends} of zero count as practically zero."
    return f"Differences within {style.quantity(narrowest, unit)} of zero count as practically zero."


def _name(row: PlaceRow) -> str:
    return row.label if row.label == row.code else f"{row.label} ({row.code})"


def _places(found: PlaceEffects, n: int) -> str:
    return ("ICB" if found.kind == "icb" else "trust") + ("" if n == 1 else "s")


def _headline(found: PlaceEffects) -> str:
    label, when, total = chart.short_label(found.outcome), chart.by_month(found.outcome, found.at), len(found.rows)
    higher, lower, zero, unknown = (
        len(found.of(verdict))
        for verdict in (Verdict.HIGHER, Verdict.LOWER, Verdict.PRACTICALLY_ZERO, Verdict.CANNOT_TELL)
    )
    where = "for residents of" if found.kind == "icb" else "at"
    if zero == total:
        finding = f"practically zero effect on the {label} {where} all {total:,} {_places(found, total)} {when}"
    elif not higher and not lower:
        finding = f"no {_places(found, 1)} whose {label} is known to change materially {when}"
        finding += f" (practically zero: {zero:,}; cannot tell: {unknown:,})"
    else:
        parts = [f"{word} {where} {n:,}" for word, n in (("higher", higher), ("lower", lower)) if n]
        finding = f"{label} {', '.join(parts)} of {total:,} {_places(found, total)} {when}"
        finding += f"; practically zero: {zero:,}" if zero else ""
        finding += f"; cannot tell: {unknown:,}" if unknown else ""
    return f"{found.policy_title}: {finding}"


def _subtitle(found: PlaceEffects) -> str:
    who = (
        "residents of each ICB, wherever treated" if found.kind == "icb" else "every patient treated at each NHS trust"
    )
    when = style.month_name(found.at)
    when = f"twelve months to {when}" if found.outcome.kind == "flow" else f"end of {when}"
    runs = chart.runs_in_words(found.n_pairs, found.n_draws)
    interval = "95% interval of the mean paired difference" if _intervals(found) else "no 95% interval"
    what = f"{chart.upper(found.outcome.label)}; {who}, England; {when}"
    return f"{what}; difference between the scenarios ({interval}; {runs})."


def _source(found: PlaceEffects) -> str:
    places, told = _places(found, 2), len(_told(found))
    notes = [f"Only {places} whose whole 95% interval lies beyond the band of practical equivalence are named"]
    notes[0] += f", the {MAX_NAMED} largest effects of {told:,}." if told > MAX_NAMED else "."
    notes.append(f"Intervals are not adjusted for looking at {len(found.rows):,} {places}.")
    if found.outcome.measure:
        notes.append(f"The band is {Bands.from_register().of_measure(found.outcome)}.")
    elif found.outcome.name != "within_18_share":
        notes.append(f"The band is {Bands.from_register().count:g}% of each {_places(found, 1)}'s own level.")
    low, high = _limits(found, _sections(found))
    if any(one < low or two > high for one, two in _intervals(found)):
        notes.append("Some grey intervals run beyond the scale.")
    return chart.source((found.policy, found.baseline), *notes)


def _alt(found: PlaceEffects) -> str:
    unit = found.outcome.effect_unit
    text = [
        f"Dot plot of {len(found.rows):,} {_places(found, 2)}, largest effect first. {_headline(found)}.",
        _subtitle(found),
        _zero_words(*_bands(found), unit),
    ]
    named = _told(found)
    for row in named[:5]:
        text.append(f"{_name(row)}: {rows.with_interval(row.paired.effect, row.paired.interval, unit)} {unit}.")
    if len(named) > 5:
        text.append(f"{len(named) - 5:,} more are named or counted in the chart; the CSV file has all.")
    return " ".join(text)


def _data(found: PlaceEffects) -> pa.Table:
    paired = [row.paired for row in found.rows]
    return chart.table_of(
        {
            "code": [row.code for row in found.rows],
            "name": [row.label for row in found.rows],
            "designated": ["yes" if row.treated else "no" for row in found.rows],
            "level_policy": [one.policy for one in paired],
            "level_baseline": [one.baseline for one in paired],
            "effect": [one.effect for one in paired],
            "interval_low": pa.array([one.interval[0] if one.interval else None for one in paired], pa.float64()),
            "interval_high": pa.array([one.interval[1] if one.interval else None for one in paired], pa.float64()),
            "band": [one.band for one in paired],
            "pairs": [one.n_pairs for one in paired],
            "verdict": [str(one.verdict) for one in paired],
        }
    )


def _codebook(found: PlaceEffects) -> dict[str, tuple[str, str]]:
    return {
        "code": ("code of the ICB" if found.kind == "icb" else "ODS code of the trust", ""),
        "name": ("its name", ""),
        "designated": ("whether it is a trust designated in the policy", ""),
        **chart.effect_codebook(found.policy, found.baseline, found.outcome),
    }
