"""The effect of a policy over time above the level it is an effect on: two panels, one time axis."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes

from aft_sim.outcomes.registry import Floats
from aft_sim.present import chart, layout, style, timeline
from aft_sim.present.chart import TARGETS, Chart
from aft_sim.study.compare import EffectPath
from aft_sim.study.paired import Verdict


def effect_chart(path: EffectPath) -> Chart:
    """The effect of a policy over time, above the level it is an effect on.

    Upper panel: mean paired difference with its 95% interval, the equivalence band as a shaded region, the
    ceiling, the start of the policy. Lower panel: the level in both worlds and, for England's 18-week
    share, the published path to 92% by March 2029.
    """
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page()
        top = layout.head(figure, _headline(path), _subtitle(path))
        foot = layout.footer(figure, _source(path))
        upper, lower = layout.panels(figure, foot + 0.55, top - 0.42)
        targets = _targets(path)
        upper.set_xlim(
            timeline.x(path.months[0]) - 1 / 12, timeline.x(path.months[-1]) + 1 / 24
        )  # shared with the lower one
        _draw_effect(upper, path)
        _draw_levels(lower, path, targets)
        _mark_dates(upper, lower, path)
        return Chart(figure, _alt(path), _data(path, targets), _codebook(path))


# Words


def _headline(path: EffectPath) -> str:
    unit, paired = path.outcome.effect_unit, path.row.paired
    what, when = chart.subject(path.outcome, path.group, path.group_label), chart.by_month(path.outcome, path.at)
    if paired.exactly_zero and paired.n_pairs > 1:
        finding = f"no effect at all on the {what} {when}"
    elif paired.verdict == Verdict.PRACTICALLY_ZERO:
        finding = f"practically zero effect on the {what} {when}"
    elif paired.verdict == Verdict.CANNOT_TELL:
        finding = f"cannot tell if the {what} changes materially {when}"
    else:
        finding = f"{what} {style.quantity(abs(paired.effect), unit)} {paired.verdict} {when}"
    return f"{path.policy_title}: {finding}"


def _finding(path: EffectPath) -> str:
    unit, paired = path.outcome.effect_unit, path.row.paired
    runs = chart.runs_in_words(paired.n_pairs, path.n_draws)
    bounds = f"95% interval {style.interval(paired.interval, unit)}" if paired.interval else "no 95% interval"
    places = max((style.decimals(end, unit) for end in paired.interval or ()), default=None)
    effect = f"{style.number(paired.effect, unit, True, places)} {unit}"  # as many decimals as its interval
    return f"{chart.upper(chart.at_month(path.outcome, path.at))}: {effect} ({bounds}; {runs})."


def _subtitle(path: EffectPath) -> str:
    label, where = chart.upper(path.outcome.label), chart.population(path.group, path.group_label)
    return f"{label}; {where}; {chart.span(path.outcome, path.months)}. {_finding(path)}"


def _source(path: EffectPath) -> str:
    return chart.source(
        (path.policy, path.baseline),
        chart.TARGETS_SOURCE if _targets(path) else "",
        chart.flow_note(path.outcome),
        "" if path.ceiling is None else "Ceiling: what would change if every treated trust met its standard at once.",
    )


def _alt(path: EffectPath) -> str:
    unit, outcome = path.outcome.effect_unit, path.outcome
    text = [
        f"Two line charts with a shared time axis, {style.month_name(path.months[0])} to "
        f"{style.month_name(path.months[-1])}.",
        f"{_headline(path)}.",
        f"Upper chart: {outcome.label}, {path.policy_title} minus {path.baseline_title}. {_finding(path)}",
        f"Differences within {style.quantity(_at(path, path.band), unit)} of zero count as practically zero.",
    ]
    if path.ceiling is not None:
        text.append(f"Ceiling {style.quantity(_at(path, path.ceiling), unit, True)}.")
    if path.policy_start is not None:
        text.append(f"The policy starts on {style.day_name(path.policy_start)}.")
    level = chart.level_unit(outcome, path.group)
    ends = [style.quantity(float(values[i]), level) for values in _levels(path) for i in (0, -1)]
    text.append(
        f"Lower chart: the level goes from {ends[0]} to {ends[1]} with the policy and from {ends[2]} to "
        f"{ends[3]} in the comparator."
    )
    if _targets(path):
        steps = ", ".join(f"{share:.0f}% by {style.month_name(month)}" for month, share in _targets(path))
        text.append(f"The published path is {steps}.")
    return " ".join(text)


def _levels(path: EffectPath) -> tuple[Floats, Floats]:
    return path.level_policy, path.level_baseline


def _at(path: EffectPath, values: Floats) -> float:
    """Value at the month of the finding (the last month where the path ends before it)."""
    index = path.months.index(path.at) if path.at in path.months else -1
    return float(values[index])


def _targets(path: EffectPath) -> tuple[tuple[str, float], ...]:
    return TARGETS if path.outcome.name == "within_18_share" and path.group == "england" else ()


def _data(path: EffectPath, targets: Sequence[tuple[str, float]]) -> pa.Table:
    published = dict(targets)
    columns = {
        "month": list(path.months),
        "level_policy": path.level_policy,
        "level_baseline": path.level_baseline,
        "effect": path.effect,
        "interval_low": path.low,
        "interval_high": path.high,
        "band_low": -path.band,
        "band_high": path.band,
        "ceiling": path.ceiling if path.ceiling is not None else np.full(len(path.months), np.nan),
        "published_path": [published.get(month, np.nan) for month in path.months],
    }
    return chart.table_of(columns)


def _codebook(path: EffectPath) -> dict[str, tuple[str, str]]:
    level, change = chart.level_unit(path.outcome, path.group), path.outcome.effect_unit
    return {
        "month": (chart.month_meaning(path.outcome), ""),
        "level_policy": (f"mean level in {path.policy}", level),
        "level_baseline": (f"mean level in {path.baseline}", level),
        "effect": (f"mean paired difference, {path.policy} minus {path.baseline}", change),
        "interval_low": ("lower end of the 95% interval of the mean difference (Student t)", change),
        "interval_high": ("upper end of the 95% interval", change),
        "band_low": ("lower end of the band of practical equivalence", change),
        "band_high": ("upper end of the band of practical equivalence", change),
        "ceiling": ("change if every treated trust met its standard at once", change),
        "published_path": ("published target for the month, where there is one", level),
    }


# Panels


def _draw_effect(axes: Axes, path: EffectPath) -> None:
    unit = path.outcome.effect_unit
    x = np.array([timeline.x(month) for month in path.months])
    known = path.effect[np.isfinite(path.effect)]
    drawn = [path.band, -path.band, known, path.low[np.isfinite(path.low)], path.high[np.isfinite(path.high)]]
    low = min(float(part.min()) for part in drawn if part.size)
    high = max(float(part.max()) for part in drawn if part.size)
    reach = max(high - low, 1e-9)
    ceiling = path.ceiling
    shown = ceiling is not None and bool(np.all((ceiling < high + 0.8 * reach) & (ceiling > low - 0.8 * reach)))
    if ceiling is not None and shown:
        low, high = min(low, float(ceiling.min())), max(high, float(ceiling.max()))
    pad = 0.08 * (high - low)
    axes.set_ylim(low - pad, high + 2.6 * pad)  # head room for the date labels
    axes.fill_between(x, -path.band, path.band, color=style.SHADE, linewidth=0, zorder=0.5)
    axes.axhline(0, color=style.SECONDARY, linewidth=0.9, zorder=1)
    if np.isfinite(path.low).any():
        axes.fill_between(x, path.low, path.high, color=style.DARK_BLUE, alpha=0.22, linewidth=0, zorder=2)
    axes.plot(x, path.effect, color=style.DARK_BLUE, linewidth=2.2, zorder=3, gid="data")
    labels = _effect_labels(path)
    if ceiling is not None:
        text = f"Ceiling {style.number(_at(path, ceiling), unit, True)}"
        if path.at in path.months[:-1]:
            text += f"\nin {style.month_name(path.at)}"
        if shown:
            axes.plot(x, ceiling, color=style.DARK_PINK, linewidth=1.6, linestyle="-.", zorder=2.5, gid="data")
            labels.append((float(ceiling[-1]), text, style.DARK_PINK))
        else:
            above = _at(path, ceiling) > 0
            text += "\n(above this scale ↑)" if above else "\n(below this scale ↓)"
            labels.append((axes.get_ylim()[1] if above else axes.get_ylim()[0], text, style.DARK_PINK))
    layout.side_labels(axes, labels)
    layout.panel_title(axes, f"Effect: {path.policy} minus {path.baseline}, {unit}")
    layout.gridlines(axes, low - pad, high + pad, signed=True)


def _effect_labels(path: EffectPath) -> list[tuple[float, str, str]]:
    unit = path.outcome.effect_unit
    band = float(path.band[-1])
    labels = [
        (
            float(path.effect[-1]),
            "Mean effect" + ("" if np.isfinite(path.low[-1]) else "\n(one pair)"),
            style.DARK_BLUE,
        )
    ]
    if np.isfinite(path.low[-1]) and path.high[-1] > path.low[-1]:
        labels.append((float(path.high[-1]), "95% interval", style.DARK_BLUE))
    low_label = -band if path.effect[-1] >= 0 else band
    labels.append((0.6 * low_label, f"Practically zero\n(within ±{style.number(band, unit)})", style.SECONDARY))
    return labels


def _in_margin(text: str) -> str:
    """A label beside the panel over as many lines as it takes."""
    return "\n".join(layout.wrap(text, 9.2, "normal", layout.RIGHT - 0.3))


def _draw_levels(axes: Axes, path: EffectPath, targets: Sequence[tuple[str, float]]) -> None:
    x = np.array([timeline.x(month) for month in path.months])
    unit = chart.level_unit(path.outcome, path.group)
    end = x[-1]
    goals = [share for month, share in targets if timeline.x(month) <= end + 1e-9]
    goal_at_end = np.interp(end, [timeline.x(m) for m, _ in targets], [y for _, y in targets]) if targets else np.nan
    values = np.concatenate([*_levels(path), goals, [goal_at_end]])
    values = values[np.isfinite(values)]
    pad = max(0.07 * float(values.max() - values.min()), 0.001 * abs(float(values.max())), 1e-6)
    axes.set_ylim(float(values.min()) - pad, float(values.max()) + 1.6 * pad)
    policy, baseline = _levels(path)
    axes.plot(x, baseline, color=style.ORANGE, linewidth=4.2, zorder=2, gid="data", solid_capstyle="butt")
    axes.plot(x, policy, color=style.DARK_BLUE, linewidth=1.6, linestyle=(0, (4, 1.5)), zorder=3, gid="data")
    write = style.number if unit == "pathways" else style.quantity  # the title says pathways: no room to repeat it
    ours, theirs = (write(float(level[-1]), unit) for level in (policy, baseline))
    last = style.month_name(path.months[-1], short=True)
    labels = [
        (float(policy[-1]), f"{_in_margin(f'{path.policy} (dashed)')}\n{ours}", style.DARK_BLUE),
        (float(baseline[-1]), f"{_in_margin(f'{path.baseline} (thick line)')}\n{theirs}", style.ORANGE_TEXT),
    ]
    if policy[-1] < baseline[-1]:
        labels.reverse()
    # equal heights sort by text: nudge so that the higher line keeps the higher label
    nudge = 1e-6 * (axes.get_ylim()[1] - axes.get_ylim()[0])
    labels[0] = (labels[0][0] + nudge, *labels[0][1:])
    labels = [(y, f"\n{last}: ".join(text.rsplit("\n", 1)), colour) for y, text, colour in labels]
    if targets:
        timeline.draw_targets(axes, targets, lambda month: max(_at_month(path, month)))
        for month, share in targets:
            if timeline.beside(axes, month):  # the first target at or beyond the right edge
                text = f"Published path:\n{share:.0f}% by {style.month_name(month)}"
                labels.append((float(min(goal_at_end, share)), text, style.TURQUOISE_TEXT))
                break
    layout.side_labels(axes, labels)
    layout.panel_title(axes, f"Level: {chart.with_unit(path.outcome, path.group)}")
    layout.gridlines(axes, *axes.get_ylim(), signed=False)


def _at_month(path: EffectPath, month: str) -> tuple[float, float]:
    """Level in both arms at a month (at the nearest end of the path outside it)."""
    index = path.months.index(month) if month in path.months else 0 if month < path.months[0] else -1
    return float(path.level_policy[index]), float(path.level_baseline[index])


def _mark_dates(upper: Axes, lower: Axes, path: EffectPath) -> None:
    when = [timeline.x(month) for month in path.months]
    marks = []
    if path.policy_start is not None:
        day = path.policy_start
        marks.append((timeline.x_of_day(day), timeline.starts(day), 1.0))
    if path.at in path.months[:-1]:
        marks.append((timeline.x(path.at), style.month_name(path.at), 0.93))
    for x, text, height in marks:
        if not timeline.mark(upper, x, text, height):
            continue
        bottom, top = lower.get_ylim()
        level = max(float(np.interp(x, when, values)) for values in _levels(path))
        reach = (level - bottom) / (top - bottom) + 0.02  # just above the level, below the targets' labels
        lower.axvline(x, ymax=reach, color=style.SECONDARY, linewidth=0.9, linestyle=":", zorder=1)
    timeline.years(upper, lower)
