"""A power statement: sentences, a table, CSV with a codebook, and JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.table import Table

from aft_sim.present import chart, csv_files, style
from aft_sim.present.titled import titled_table
from aft_sim.study.power import Line, Point, Power

#: Months after the start that the leading sentence is about, if the runs hold them.
TOLD = 36


def sentences(found: Power) -> list[str]:
    """What could be detected, what the model expects, and when it would be found."""
    months = max((month for month in found.months if month <= TOLD), default=found.months[0])
    line = found.best(months)
    point = line.points[months - 1]
    n = len(found.wave)
    size = style.quantity(point.detectable, found.unit)
    verdict = "detectable" if point.found else "not detectable"
    text = (
        f"{months} months after the start, by {style.month_name(point.at)}, an evaluation of {_trusts(n)} could detect "
        f"{size} of the {chart.short_label(found.outcome)} at best ({line.design.words}); the model expects "
        f"{_effect(found, point)}: {verdict}. An effect of that size would be called found with "
        f"a chance of {_percent(point.chance)}, no effect at all with {_percent(found.rule.level)}."
    )
    near = [one for one in found.lines if one.design.comparators == "near-misses"]
    lines = [text]
    if near and line not in near:
        closest = min(near, key=lambda one: one.points[months - 1].detectable)
        size = style.quantity(closest.points[months - 1].detectable, found.unit)
        lines.append(f"Against near misses, the trusts most like them: {size} ({closest.design.words}).")
    if point.published is not None and point.chance_published is not None:
        lines.append(
            f"With the noise of the published panel of trusts instead of the model's: "
            f"{style.quantity(point.published, found.unit)}, chance {_percent(point.chance_published)}. Beyond nine "
            "months, the longest lag published, that noise is an extrapolation."
        )
    return [*lines, when(found), *checked(line), *_about(found)]


def when(found: Power) -> str:
    """When the modelled effect would be detectable, if ever."""
    firsts = [(first.months, first, line) for line in found.lines if (first := line.first_found) is not None]
    last = found.lines[0].points[-1]
    if not firsts:
        ratios = [abs(line.points[-1].detectable / effect) for line in found.lines if (effect := _mean(line))]
        if not ratios:
            return "The model expects no effect at all, so there is nothing to detect."
        needed = min(ratios)
        until = f"the runs' end, {style.month_name(last.at)} ({last.months} months)"
        larger = f"{style.number(needed, 'times', places=0 if needed >= 10 else 1)} times as large"
        return f"In no month up to {until} is the expected effect detectable; by then it would have to be {larger}."
    _, first, line = min(firsts, key=lambda one: one[0])
    return (
        f"Detectable from {style.month_name(first.at)} on, {first.months} months after the start "
        f"({line.design.words}), with the noise of the model's runs."
    )


def _mean(line: Line) -> float:
    return line.points[-1].effect.effect


def checked(line: Line) -> list[str]:
    """What placebo waves say of the formula; nothing where none could be drawn."""
    placebo = line.placebo
    if placebo is None:
        return []
    return [
        f"Checked on {placebo.waves:,} waves drawn from these comparators in runs without the policy: an effect was "
        f"found in {_percent(placebo.found)} of them, and in {_percent(placebo.found_injected)} after one of the "
        "detectable size was added."
    ]


def _about(found: Power) -> list[str]:
    named = f"Evaluated: {', '.join(found.wave)}."
    if found.left_out:
        named += f" Left out, without a list or of a kind that no comparator is of: {', '.join(found.left_out)}."
    return [named]


def _trusts(n: int) -> str:
    return "1 treated trust" if n == 1 else f"{n} treated trusts"


def _percent(share: float) -> str:
    text = f"{100 * share:.0f}%" if share >= 0.1 else f"{100 * share:.1f}%"
    return text.replace(".0%", "%")


def _effect(found: Power, point: Point) -> str:
    size = style.quantity(point.effect.effect, found.unit, True)
    if point.effect.interval is None:
        return f"{size} (one pair, no interval)"
    return f"{size} (95% interval {style.interval(point.effect.interval, found.unit)})"


def power_table(found: Power) -> Table:
    """Designs by months after the start."""
    unit, rule = found.unit, found.rule
    both = any(point.published is not None for line in found.lines for point in line.points)
    pairs = chart.runs_in_words(found.runs, found.draws)
    notes = [
        f"Smallest effect found with {_percent(rule.power)} power at {_percent(rule.level)} (two-sided), in the noise "
        f"of the model's runs{' and of the published panel' if both else ''}. Each trust's mean of up to {rule.window} "
        f"months against its mean of the {found.before} months before {style.month_name(found.start)}; clustered by "
        "trust. Adjusted: for that level before. Effect: treated less comparators, mean and 95% interval over "
        f"{pairs}. Chance: of finding an effect of that size. Found: whether the effect is at least what is "
        "detectable; both in the model's noise."
    ]
    if unit == "%":
        notes.append("Per cent: 100 times the difference of logarithms.")
    table = titled_table(f"What an evaluation could detect: {chart.with_unit(found.outcome)}", " ".join(notes))
    table.add_column("Months", justify="right")
    table.add_column("Held against", no_wrap=True)
    for name in (f"Detectable,\n{unit}", *(("Published\nnoise",) if both else ()), f"Effect,\n{unit}"):
        table.add_column(name, justify="right")
    table.add_column("95% interval", justify="right", no_wrap=True)
    table.add_column("Chance", justify="right")
    table.add_column("Found")
    for months in found.months:
        for i, line in enumerate(found.lines):
            point = line.points[months - 1]
            table.add_row(
                str(months) if i == 0 else "",
                f"{len(line.design.codes)} {line.design.name}",
                style.number(point.detectable, unit),
                *([style.number(point.published, unit)] if both else []),
                style.number(point.effect.effect, unit, signed=True),
                style.interval(point.effect.interval, unit),
                _percent(point.chance),
                "yes" if point.found else "no",
            )
        if months != found.months[-1]:
            table.add_section()
    return table


def records(found: Power, every_month: bool = True) -> list[dict[str, Any]]:
    """Every design in every month after the start, or only in those printed."""
    chosen = [(line, point) for line in found.lines for point in line.points]
    return [
        {
            "comparators": line.design.comparators,
            "adjusted": line.design.adjusted,
            "comparator_trusts": len(line.design.codes),
            "treated_trusts": len(found.wave),
            "months": point.months,
            "at": point.at,
            "detectable": point.detectable,
            "detectable_published": point.published,
            "effect": point.effect.effect,
            "interval_low": point.effect.interval[0] if point.effect.interval else None,
            "interval_high": point.effect.interval[1] if point.effect.interval else None,
            "chance": point.chance,
            "chance_published": point.chance_published,
            "found": point.found,
            "found_published": point.found_published if point.published is not None else None,
        }
        for line, point in chosen
        if every_month or point.months in found.months
    ]


def codebook(found: Power) -> dict[str, tuple[str, str]]:
    """Meaning and unit of the columns."""
    unit, rule = found.unit, found.rule
    smallest = f"smallest effect found with {_percent(rule.power)} power at {_percent(rule.level)} two-sided"
    return {
        "comparators": ("near-misses (segment 2, else eligible) or others (all other acute and specialist trusts)", ""),
        "adjusted": ("whether the outcome is adjusted for its level before the start", ""),
        "comparator_trusts": ("trusts held against", "trusts"),
        "treated_trusts": ("trusts of the wave evaluated", "trusts"),
        "months": ("months after the start", "months"),
        "at": ("last month used", ""),
        "detectable": (f"{smallest}, noise of the model's runs without the policy", unit),
        "detectable_published": (f"{smallest}, noise of the published panel; beyond nine months extrapolated", unit),
        "effect": (f"effect on the treated less that on the comparators, {found.policy} minus {found.baseline}", unit),
        "interval_low": ("lower end of the 95% interval of the mean over runs (Student t)", unit),
        "interval_high": ("upper end of the 95% interval", unit),
        "chance": ("chance of finding an effect of the mean size, noise of the model's runs", "share"),
        "chance_published": ("chance of finding it, noise of the published panel", "share"),
        "found": ("whether the mean effect is at least what is detectable, noise of the model's runs", ""),
        "found_published": ("whether it is, noise of the published panel", ""),
    }


def write_csv(found: Power, path: Path) -> tuple[Path, Path]:
    """Write every design and month as CSV, with a codebook beside it."""
    main = csv_files.named(path)
    book = csv_files.beside(main, "codebook")
    plain = [
        {name: style.plain(x) if isinstance(x, float) or x is None else x for name, x in record.items()}
        for record in records(found)
    ]
    csv_files.write_records(main, plain)
    csv_files.write(book, ("column", "meaning", "unit"), [(name, *text) for name, text in codebook(found).items()])
    return main, book


def content(found: Power) -> dict[str, Any]:
    """The statement for a program."""
    return {
        "policy": found.policy,
        "baseline": found.baseline,
        "outcome": found.outcome.name,
        "unit": found.unit,
        "start": found.start,
        "wave": list(found.wave),
        "left_out": list(found.left_out),
        "level": found.rule.level,
        "power": found.rule.power,
        "window": found.rule.window,
        "before": found.before,
        "pairs": found.runs,
        "draws": found.draws,
        "words": sentences(found),
        "designs": [
            {
                "comparators": line.design.comparators,
                "adjusted": line.design.adjusted,
                "trusts": list(line.design.codes),
                "detectable_from": line.first_found.at if line.first_found else None,
                "placebo": None
                if line.placebo is None
                else {
                    "months": line.placebo.months,
                    "waves": line.placebo.waves,
                    "found": line.placebo.found,
                    "found_injected": line.placebo.found_injected,
                    "injected": line.placebo.injected,
                },
            }
            for line in found.lines
        ],
        "points": records(found, every_month=False),
    }
