"""Tables of a fair comparison: selection and freedoms, near misses, what the programme did; and lines of their CSV.

Trusts that hold the status and trusts that do not are never shown by their levels, nor before and after: who holds it
was chosen for being better, and who is at the top comes down by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.table import Table

from aft_sim.present import style
from aft_sim.present.titled import titled_table
from aft_sim.study.by_rules import Programme
from aft_sim.study.compare import Comparison
from aft_sim.study.fair import Fair
from aft_sim.study.near_misses import DESIGNATED, DIFFERENCE, NEAR, TREND_MONTHS, NearMisses
from aft_sim.study.paired import PairedEffect

COLUMNS = (
    ("part", "effect (whole, freedoms, selection), waves (designated trusts and near misses) or programme", ""),
    ("measure", "machine name", ""),
    ("label", "in words", ""),
    ("unit", "unit of value and interval", ""),
    ("value", "mean paired difference, mean of runs, or share; empty where there is none", "see unit"),
    ("interval_low", "lower end of the 95% interval; empty if there is none", "see unit"),
    ("interval_high", "upper end of the 95% interval; empty if there is none", "see unit"),
    (
        "n",
        "of effects pairs of runs; of waves trusts a run; of the programme the number a share is of, or all runs",
        "",
    ),
)
"""Columns of the CSV: name, meaning, unit."""
_SIDES = {
    DESIGNATED: "Designated in some wave",
    NEAR: "Near misses of the same waves",
    DIFFERENCE: "Difference, within waves",
}


def tables(comparison: Comparison) -> list[Table]:
    """Tables for the terminal; none where no programme ran by rules."""
    fair = comparison.fair
    if fair is None:
        return []
    found = [_programme_table(fair.programme, comparison.at)]
    if fair.near is not None:
        found.append(_wave_table(fair.near, comparison))
    return [*([_part_table(fair, comparison)] if fair.parts else []), *found]


def _part_table(fair: Fair, comparison: Comparison) -> Table:
    unit = comparison.outcome.effect_unit
    table = titled_table(
        "Selection and freedoms told apart",
        f"The treated trusts of each pair are fixed by its policy run and looked up in all three worlds. Freedoms: "
        f"{comparison.policy} less its replay {fair.replay}, in which the same trusts hold the status in the same "
        f"weeks and it allows nothing. Selection: the replay less {comparison.baseline}; not zero only if the "
        "scenarios differ by more than the status.",
    )
    table.add_column("")
    for who in ("England", "Treated trusts"):
        table.add_column(f"{who},\n{unit}", justify="right")
        table.add_column("95% interval", justify="right")
    for part in fair.parts:
        rows = {row.group: row.paired for row in part.rows}
        cells = [cell for group in ("england", "treated") for cell in _effect(rows.get(group), unit)]
        table.add_row(part.label, *cells)
    return table


def _effect(paired: PairedEffect | None, unit: str) -> tuple[str, str]:
    if paired is None:
        return "–", "–"
    if paired.exactly_zero:
        return "0", "exactly, every pair" if paired.n_pairs > 1 else "exactly"
    return style.number(paired.effect, unit, signed=True), style.interval(paired.interval, unit)


def _programme_table(programme: Programme, at: str) -> Table:
    runs = f"{programme.runs} run{'' if programme.runs == 1 else 's'}"
    over = f"over {programme.draws} draws of the parameters" if programme.draws > 1 else "over runs"
    table = titled_table(
        f"The programme by rules, to {style.month_name(at)}",
        f"Means and shares of {runs}; intervals {over}. Announced approvals are not decided by rules and not counted "
        "among designations. Shares are of all runs together.",
    )
    table.add_column("")
    for name in ("A run", "Share", "95% interval", "Of"):
        table.add_column(name, justify="right")
    for one in programme.figures:
        bounds = "–" if one.interval is None else " to ".join(_figure(x, one.unit) for x in one.interval)
        value = "–" if one.value is None else _figure(one.value, one.unit)
        if one.unit == "%":
            table.add_row(f"  {one.label}", "", value, bounds, f"{one.n:,}")
        else:
            table.add_row(one.label, value, "", bounds, "")
    return table


def _figure(x: float, unit: str) -> str:
    return f"{x:.0f}%" if unit == "%" else f"{x:.1f}"


def _wave_table(near: NearMisses, comparison: Comparison) -> Table:
    unit = comparison.outcome.effect_unit
    short = ", ".join(f"{name} {n:.1f}" for name, n in near.short_of.items())
    table = titled_table(
        f"Designated trusts and near misses of the same waves, {comparison.outcome.label}",
        f"Trusts with a list, {near.waves:.1f} waves a run. Near misses failed exactly one criterion when the wave was "
        f"chosen; a run has {sum(near.short_of.values()):.1f} of them, by what they are short of: {short}. "
        f"{near.later:.1f} held the status at another time and are left out. A trust counts once for every wave. "
        f"Trend before: slope of up to {TREND_MONTHS} months before the choice. A trend that differs is not the "
        f"policy's doing. Effect: {comparison.policy} less {comparison.baseline}, {style.month_name(comparison.at)}, "
        "mean of trusts.",
    )
    table.add_column("")
    for name in ("Trusts,\na run", f"Trend before,\n{unit} a year", "95% interval", f"Effect,\n{unit}", "95% interval"):
        table.add_column(name, justify="right")
    for side in near.sides:
        trusts = f"{side.trusts:.1f}" if side.name != DIFFERENCE else ""
        before = ("–", "–") if side.trend is None else _effect(side.trend, unit)
        table.add_row(_SIDES[side.name], trusts, *before, *_effect(side.effect, unit))
    return table


def lines(fair: Fair, unit: str) -> Iterator[Sequence[str]]:
    """Lines of the CSV, as `COLUMNS`."""
    for record in records(fair, unit):
        low, high = record["interval"] or (None, None)
        numbers = (style.plain(x) for x in (record["value"], low, high))
        yield (*(record[name] for name in ("part", "measure", "label", "unit")), *numbers, f"{record['n']:g}")


def records(fair: Fair, unit: str) -> list[dict[str, Any]]:
    """The same for programs."""
    found = [
        _record(
            "effect", f"{part.part}_{row.group}", f"{part.label}: {row.label}", unit, row.paired, row.paired.n_pairs
        )
        for part in fair.parts
        for row in part.rows
    ]
    for side in fair.near.sides if fair.near else ():
        name = side.name.replace(" ", "_")
        if side.trend is not None:
            label = f"{_SIDES[side.name]}: trend before"
            found.append(_record("waves", f"{name}_trend", label, f"{unit} a year", side.trend, side.trusts))
        label = f"{_SIDES[side.name]}: effect"
        found.append(_record("waves", f"{name}_effect", label, unit, side.effect, side.trusts))
    for criterion, number in fair.near.short_of.items() if fair.near else ():
        label = f"Near misses short of: {criterion}"
        found.append(_plain("waves", f"short_of_{criterion.replace(' ', '_')}", label, "a run", number, None, 0))
    if fair.near:
        found.append(
            _plain(
                "waves", "later", "Near misses that held the status at another time", "a run", fair.near.later, None, 0
            )
        )
    for one in fair.programme.figures:
        found.append(_plain("programme", one.measure, one.label, one.unit, one.value, one.interval, one.n))
    return found


def _record(part: str, measure: str, label: str, unit: str, effect: PairedEffect, n: float) -> dict[str, Any]:
    return _plain(part, measure, label, unit, effect.effect, effect.interval, n)


def _plain(
    part: str,
    measure: str,
    label: str,
    unit: str,
    value: float | None,
    interval: tuple[float, float] | None,
    n: float,
) -> dict[str, Any]:
    return {
        "part": part,
        "measure": measure,
        "label": label,
        "unit": unit,
        "value": value,
        "interval": interval,
        "n": n,
    }
