"""The paired effect by deprivation fifth, the gap between the ends, and the levels in both worlds."""

from __future__ import annotations

import matplotlib as mpl
import pyarrow as pa
from matplotlib.axes import Axes

from aft_sim.basis.errors import InputError
from aft_sim.outcomes.registry import QUINTILES
from aft_sim.present import chart, layout, rows, style
from aft_sim.present.chart import Chart
from aft_sim.study import groups as who
from aft_sim.study.compare import Comparison, EffectRow
from aft_sim.study.paired import PairedEffect, Verdict
from aft_sim.study.rows import Bands

_NAMES = ("Most deprived fifth", "Second fifth", "Third fifth", "Fourth fifth", "Least deprived fifth")
_GROUPS = (who.ENGLAND, *(who.quintile_group(q) for q in QUINTILES), who.GAP)
_LABELS = dict(zip(_GROUPS, ("England", *_NAMES, "Gap: least minus most deprived"), strict=True))
_ROW = 0.3


def quintile_chart(found: Comparison) -> Chart:
    """Upper panel: effects with intervals and the band. Lower panel: the levels that they are effects on.

    Raises:
        InputError: the outcome is not recorded by deprivation fifth.
    """
    missing = [group for group in _GROUPS if all(row.group != group for row in found.rows)]
    if missing:
        raise InputError("the comparison holds nothing by deprivation fifth", found=found.outcome.name)
    with mpl.rc_context(dict(style.RC)):
        headline, subtitle, source = _headline(found), _subtitle(found), _source(found)
        height = len(_GROUPS) * _ROW + 0.15
        below = layout.foot_height(source) + 0.62
        between = 1.4
        figure = layout.page(layout.head_height(headline, subtitle) + 0.72 + 2 * height + between + below)
        layout.head(figure, headline, subtitle)
        layout.footer(figure, source)
        _draw_effects(rows.panel(figure, below + height + between, height), found)
        _draw_levels(rows.panel(figure, below, height), found)
        return Chart(figure, _alt(found), _data(found), _codebook(found))


def _heights(top: float) -> dict[str, float]:
    """Height of every row's middle; the gap stands a little apart."""
    heights = {group: top - 0.05 - (i + 0.5) * _ROW for i, group in enumerate(_GROUPS)}
    heights[who.GAP] -= 0.08
    return heights


def _draw_effects(axes: Axes, found: Comparison) -> None:
    unit = found.outcome.effect_unit
    paired = {group: found.row(group).paired for group in _GROUPS}
    half = max(one.band for one in paired.values())
    heights = _heights(axes.get_ylim()[1])
    ends = [-1.3 * half, 1.3 * half, *(one.effect for one in paired.values())]
    ends += [end for one in paired.values() if one.interval for end in one.interval]
    rows.scale(axes, min(ends), max(ends), unit, signed=True)
    rows.bands(axes, [(heights[group], _ROW, paired[group].band) for group in _GROUPS], unit)
    rows.title(axes, f"Effect: {found.policy} minus {found.baseline}, {unit}")
    rows.above(axes, 1 + 0.1 / rows.panel_width(), "Effect (95% interval)", "left", style.SECONDARY)
    for group, y in heights.items():
        one = paired[group]
        marker = "s" if group == who.GAP else "o"
        rows.dots(axes, [rows.Dot(y, one.effect, one.interval, style.DARK_BLUE, marker)])
        rows.name(axes, y, _LABELS[group], weight="bold" if group == who.ENGLAND else "normal")
        rows.numbers(axes, y, rows.with_interval(one.effect, one.interval, unit))


def _draw_levels(axes: Axes, found: Comparison) -> None:
    unit = found.outcome.unit
    levels = {group: found.row(group).paired for group in _GROUPS}
    drawn = [level for group in _GROUPS[1:-1] for level in (levels[group].policy, levels[group].baseline)]
    additive = found.outcome.additive or found.outcome.name == "over_18"  # England is the sum, far off the scale
    if not additive:
        drawn += [levels[who.ENGLAND].policy, levels[who.ENGLAND].baseline]
    room = max(0.1 * (max(drawn) - min(drawn)), 0.001 * abs(max(drawn)), 1e-6)
    rows.scale(axes, min(drawn) - room, max(drawn) + room, unit, signed=False)
    rows.title(axes, f"Level: {chart.with_unit(found.outcome)}")
    middle = 0.5
    rows.above(axes, middle, f"● {found.policy}   ", "right", style.DARK_BLUE)
    rows.above(axes, middle, f"   ◇ {found.baseline}", "left", style.ORANGE_TEXT)
    first, second = 0.9, rows.NUMBERS - 0.05
    rows.above(axes, 1 + first / rows.panel_width(), "● policy", "right", style.DARK_BLUE)
    rows.above(axes, 1 + second / rows.panel_width(), "◇ other", "right", style.ORANGE_TEXT)
    for group, y in _heights(axes.get_ylim()[1]).items():
        one = levels[group]
        if group != who.GAP and not (additive and group == who.ENGLAND):
            axes.plot([one.baseline], [y], "D", color=style.ORANGE, markerfacecolor="white", markersize=9, zorder=2)
            axes.plot([one.policy], [y], "o", color=style.DARK_BLUE, markersize=4.5, zorder=3)
        rows.name(axes, y, _LABELS[group], weight="bold" if group == who.ENGLAND else "normal")
        rows.numbers(axes, y, style.number(one.policy, unit), first, "right", style.DARK_BLUE)
        rows.numbers(axes, y, style.number(one.baseline, unit), second, "right", style.ORANGE_TEXT)


# Words


def _headline(found: Comparison) -> str:
    label, when = chart.short_label(found.outcome), chart.by_month(found.outcome, found.at)
    fifths = [found.row(group).paired.verdict for group in _GROUPS[1:-1]]
    counts = {verdict: fifths.count(verdict) for verdict in Verdict}
    if counts[Verdict.PRACTICALLY_ZERO] == len(fifths):
        finding = f"practically zero effect on the {label} in every fifth {when}"
    elif counts[Verdict.CANNOT_TELL] == len(fifths):
        finding = f"cannot tell if the {label} changes materially in any fifth {when}"
    else:
        parts = [
            f"{verdict} in {'all five fifths' if counts[verdict] == len(fifths) else _fifths(fifths, verdict)}"
            for verdict in (Verdict.HIGHER, Verdict.LOWER, Verdict.PRACTICALLY_ZERO, Verdict.CANNOT_TELL)
            if counts[verdict]
        ]
        finding = f"{label} {', '.join(parts)} {when}"
    return f"{found.policy_title}: {finding}; {_gap(found.row(who.GAP))}"


def _fifths(verdicts: list[Verdict], wanted: Verdict) -> str:
    short = ("most deprived", "second", "third", "fourth", "least deprived")
    names = [name for name, verdict in zip(short, verdicts, strict=True) if verdict == wanted]
    listed = ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
    return f"the {listed} fifth{'s' if len(names) > 1 else ''}"


def _gap(row: EffectRow) -> str:
    if row.paired.verdict == Verdict.PRACTICALLY_ZERO:
        return "the gap between least and most deprived stays practically the same"
    if row.paired.verdict == Verdict.CANNOT_TELL:
        return "cannot tell if the gap between least and most deprived changes materially"
    return f"{'wider' if row.words.startswith('wider') else 'narrower'} gap between least and most deprived"


def _subtitle(found: Comparison) -> str:
    when = style.month_name(found.at)
    when = f"{who.FLOW_MONTHS} months to {when}" if found.outcome.kind == "flow" else f"end of {when}"
    interval = "95% interval of the mean paired difference"
    if found.row(who.ENGLAND).paired.interval is None:
        interval = "no 95% interval"
    runs = chart.runs_in_words(found.row(who.ENGLAND).paired.n_pairs, len(found.draws))
    what = f"{chart.upper(found.outcome.label)}; England, by deprivation of patients' neighbourhoods; {when}"
    return f"{what}; difference between the scenarios ({interval}; {runs})."


def _source(found: Comparison) -> str:
    share = found.outcome.name == "within_18_share"
    size = f"{Bands.from_register().count:g}%"
    band = "" if share else f"The band is {size} of each group's own level and is shaded row by row."
    return chart.source(
        (found.policy, found.baseline),
        "Fifths of England's neighbourhoods by the Index of Multiple Deprivation 2025.",
        "Cannot tell: the interval crosses an edge of the band.",
        band,
    )


def _alt(found: Comparison) -> str:
    unit = found.outcome.effect_unit
    text = [f"Two dot plots by deprivation fifth. {_headline(found)}. {_subtitle(found)}", "Upper chart, effects:"]
    for group in _GROUPS:
        one = found.row(group).paired
        text.append(f"{_LABELS[group]} {rows.with_interval(one.effect, one.interval, unit)} {unit}, {one.verdict};")
    text.append(f"Lower chart, levels in {found.policy} and {found.baseline}:")
    for group in _GROUPS:
        one = found.row(group).paired
        levels = (style.quantity(level, found.outcome.unit) for level in (one.policy, one.baseline))
        text.append(f"{_LABELS[group]} {' and '.join(levels)};")
    return " ".join(text).removesuffix(";") + "."


def _ends(one: PairedEffect) -> tuple[float | None, float | None]:
    return one.interval if one.interval is not None else (None, None)


def _data(found: Comparison) -> pa.Table:
    paired = [found.row(group).paired for group in _GROUPS]
    return chart.table_of(
        {
            "group": list(_GROUPS),
            "name": [_LABELS[group] for group in _GROUPS],
            "level_policy": [one.policy for one in paired],
            "level_baseline": [one.baseline for one in paired],
            "effect": [one.effect for one in paired],
            "interval_low": pa.array([_ends(one)[0] for one in paired], pa.float64()),
            "interval_high": pa.array([_ends(one)[1] for one in paired], pa.float64()),
            "band": [one.band for one in paired],
            "pairs": [one.n_pairs for one in paired],
            "verdict": [str(one.verdict) for one in paired],
        }
    )


def _codebook(found: Comparison) -> dict[str, tuple[str, str]]:
    return {
        "group": ("machine name of the group", ""),
        "name": ("the group in words", ""),
        **chart.effect_codebook(found.policy, found.baseline, found.outcome),
    }
