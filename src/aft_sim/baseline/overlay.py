"""A trust's own figures in place of the published ones: `aft-sim baseline update --trusts FILE --out DIR`.

The file is a CSV in one of two layouts. Long: the columns code, column, value, source and, if wanted, unit; one figure
a line. Wide: code, source, and one column for each figure; blanks keep the baseline's. Every figure has a source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import bundle, tables
from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.facts import Basis, Fact
from aft_sim.baseline.impute import largest_remainder
from aft_sim.baseline.reconcile import WEEKS_A_MONTH
from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.update import check_out, copy_tables
from aft_sim.basis.errors import InputError, InputErrors, did_you_mean

Array = NDArray[np.float64]

WHAT = "the file of own figures"


@dataclass(frozen=True)
class Column:
    """A figure that a trust may replace.

    Attributes:
        name: as written in the file.
        label: for readers.
        unit: of the value, where the file names none.
        low, high: bounds in that unit.
        units: other units that may be written, with the factor that turns them into `unit`.
        stored: kind of fact it replaces, None for lists and flows.
        factor: what turns `unit` into what is stored.
    """

    name: str
    label: str
    unit: str
    low: float
    high: float
    units: Mapping[str, float] = field(default_factory=dict)
    stored: str | None = None
    factor: float = 1.0


def _money(name: str, label: str, high: float, stored: str) -> Column:
    return Column(name, label, "GBP m", 0.0, high, {"GBP": 1e-6, "GBP bn": 1e3}, stored)


SHARE = {"share": 100.0}
COLUMNS: Mapping[str, Column] = {
    c.name: c
    for c in (
        _money("expenditure", "Expenditure 2025/26", 5_000.0, "expenditure.rolled_forward"),
        Column(
            "planned_surplus",
            "Planned surplus 2025/26",
            "%",
            -30.0,
            30.0,
            {"share": 100.0},
            "money.planned_surplus",
            0.01,
        ),
        _money("capital", "Capital a year", 1_500.0, "estate.capital"),
        _money("backlog", "Maintenance backlog", 3_000.0, "estate.backlog"),
        Column("segment", "Oversight segment", "1 to 5", 1, 5, {}, "oversight.segment"),
        *(
            Column(
                f"catchment_q{q}", f"Catchment, fifth {q} of 5", "%", 0, 100, {"share": 100.0}, f"catchment.q{q}", 0.01
            )
            for q in range(1, 6)
        ),
        Column("list", "Waiting list", "people", 1, 1_000_000),
        Column("starts", "Clock starts", "a week", 0.1, 100_000, {"a month": 1 / WEEKS_A_MONTH}),
        Column("completions", "Completions", "a week", 0.1, 100_000, {"a month": 1 / WEEKS_A_MONTH}),
    )
}
CATCHMENT = tuple(f"catchment_q{q}" for q in range(1, 6))


@dataclass(frozen=True)
class Figure:
    """One figure of the file: trust, column, value in the column's unit, source and place (file:line)."""

    code: str
    column: Column
    value: float
    source: str
    where: str


# -- reading -----------------------------------------------------------------------------------------------------------


def read_overlay(path: Path, baseline: Bundle) -> list[Figure]:
    """Read a file of own figures.

    Args:
        path: CSV, long or wide (see above).
        baseline: names the trusts.

    Returns:
        The figures in file order.

    Raises:
        InputError: no such file, or a row of the wrong length.
        InputErrors: everything else that is wrong, in one pass with file and line: unknown trusts and columns, values
            out of range, the same figure twice, no source, an incomplete catchment, a list where there is none.
    """
    rows = list(read_rows(path, ("code", "source"), WHAT))
    if not rows:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="one figure a line, or one trust a line")
    problems: list[InputError] = []
    header = list(rows[0].cells)
    long = "column" in header or "value" in header
    if long:
        problems += _missing_columns(path, header)
    else:
        problems += _strange_columns(path, header)
    figures: list[Figure] = []
    first: dict[tuple[str, str], Figure] = {}
    for row in rows if not problems or not long else []:
        for one in _figures(row, long, baseline, problems):
            if (one.code, one.column.name) in first:
                earlier = first[one.code, one.column.name]
                problems.append(
                    InputError(
                        f"{one.column.name} of {one.code} is given twice",
                        where=one.where,
                        found=f"{one.value:g}, and {earlier.value:g} at {earlier.where}",
                        expected="each figure of a trust once",
                    )
                )
                continue
            first[one.code, one.column.name] = one
            figures.append(one)
    problems += _check_catchments(figures) + _check_lists(figures, baseline)
    if problems:
        raise InputErrors(sorted(problems, key=_line), where=str(path))
    if not figures:
        raise InputError(f"{WHAT} has no figures", where=str(path), expected="at least one value")
    return figures


def _line(problem: InputError) -> int:
    return int((problem.where or "0").rpartition(":")[2])


def _missing_columns(path: Path, header: Sequence[str]) -> list[InputError]:
    return [
        InputError(
            f"column '{name}' is missing",
            where=f"{path}:1",
            expected="code, column, value, source and, if wanted, unit",
        )
        for name in ("column", "value")
        if name not in header
    ]


def _strange_columns(path: Path, header: Sequence[str]) -> list[InputError]:
    return [
        InputError(
            "no such column",
            where=f"{path}:1",
            found=name,
            expected="code, source, " + ", ".join(COLUMNS),
            hint=did_you_mean(name, COLUMNS),
        )
        for name in header
        if name not in COLUMNS and name not in ("code", "source", "note")
    ]


def _figures(row: Row, long: bool, baseline: Bundle, problems: list[InputError]) -> list[Figure]:
    """Figures of one line; what is wrong goes to `problems`."""
    before = len(problems)
    code = row.cells["code"].upper()
    try:
        baseline.trust(code, row.where)
    except InputError as error:
        problems.append(error)
    source = row.cells["source"]
    if not source:
        problems.append(row.error("no source is given", "source", "where the figure is from, in a few words"))
    if long:
        name = row.cells["column"]
        if name not in COLUMNS:
            known = ", ".join(COLUMNS)
            problems.append(row.error("no such column", "column", f"one of {known}", did_you_mean(name, COLUMNS)))
            return []
        cells = {name: (row.cells["value"], row.cells.get("unit", ""))}
    else:
        cells = {name: (row.cells[name], "") for name in COLUMNS if row.cells.get(name)}
    found = []
    for name, (text, unit) in cells.items():
        try:
            found.append(Figure(code, COLUMNS[name], _value(text, unit, COLUMNS[name], row), source, row.where))
        except InputError as error:
            problems.append(error)
    return found if len(problems) == before else []


def _value(text: str, unit: str, column: Column, row: Row) -> float:
    """Value in the column's unit."""
    factors = {column.unit: 1.0, **column.units}
    if unit and unit not in factors:
        raise InputError(f"no such unit of {column.name}", where=row.where, found=unit, expected=" or ".join(factors))
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(
            f"{column.name} is not a number",
            where=row.where,
            found=text,
            expected="a plain number, without commas or signs of a currency",
        )
    value *= factors[unit or column.unit]
    whole = column.name in ("segment", "list")
    if not column.low <= value <= column.high or (whole and value != round(value)):
        span = f"{_plain(column.low)} to {_plain(column.high)}"
        raise InputError(
            f"{column.name} is out of range",
            where=row.where,
            found=f"{text} {unit}".strip(),
            expected=f"a whole number from {span}" if whole else f"{span} {column.unit}",
        )
    return value


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"


def _check_catchments(figures: Sequence[Figure]) -> list[InputError]:
    problems = []
    for code in dict.fromkeys(f.code for f in figures if f.column.name in CATCHMENT):
        mine = [f for f in figures if f.code == code and f.column.name in CATCHMENT]
        total = sum(f.value for f in mine)
        if len(mine) < len(CATCHMENT):
            lacking = ", ".join(name for name in CATCHMENT if name not in {f.column.name for f in mine})
            problems.append(
                InputError(
                    f"the catchment of {code} is incomplete",
                    where=mine[0].where,
                    found=f"no {lacking}",
                    expected="all five fifths, most deprived first",
                )
            )
        elif not 99 <= total <= 101:
            problems.append(
                InputError(
                    f"the catchment of {code} does not add up",
                    where=mine[0].where,
                    found=f"{total:g}%",
                    expected="100% within a point",
                )
            )
    return problems


def _check_lists(figures: Sequence[Figure], b: Bundle) -> list[InputError]:
    return [
        InputError(
            f"{f.code} has no consultant-led waiting list",
            where=f.where,
            found=f.column.name,
            expected="list, starts and completions only for trusts with one",
        )
        for f in figures
        if f.column.stored is None and b.trust_provider[b.trust(f.code)] < 0
    ]


# -- applying ----------------------------------------------------------------------------------------------------------


def overlay(path: Path, out: Path, previous: Path = tables.FOLDER) -> list[dict[str, Any]]:
    """Write a baseline with own figures in place of another baseline's.

    Args:
        path: the file of own figures.
        out: folder to write.
        previous: the baseline whose other figures stay.

    Returns:
        The record of the figures, as `apply` gives it.
    """
    check_out(out, previous)
    figures = read_overlay(path, bundle.load(previous))
    copy_tables(previous, out)
    return apply(figures, out)


def apply(figures: Sequence[Figure], folder: Path) -> list[dict[str, Any]]:
    """Put figures into the tables of a folder and record them in its `build.json`.

    Lists and flows are those of the whole trust: its rows are scaled in proportion, lists to whole people.

    Returns:
        One record a figure: code, column, unit, was, now, source, table ("trusts" or "rows").
    """
    bundle.load.cache_clear()
    before = bundle.load(folder)
    records = [_apply_trusts(figures, folder, before), _apply_rows(figures, folder, before)]
    made = [record for part in records for record in part]
    summary = tables.read_json(folder, "build")
    new = {(r["code"], r["column"]) for r in made}
    kept = [r for r in summary.get("own_figures", []) if (r["code"], r["column"]) not in new]
    summary["own_figures"] = sorted([*kept, *made], key=lambda r: (r["code"], list(COLUMNS).index(r["column"])))
    tables.write_json(folder, "build", summary)
    bundle.load.cache_clear()
    return made


def _record(figure: Figure, was: float, now: float, table: str) -> dict[str, Any]:
    return {
        "code": figure.code,
        "column": figure.column.name,
        "label": figure.column.label,
        "unit": figure.column.unit,
        "was": None if np.isnan(was) else was,
        "now": now,
        "source": figure.source,
        "table": table,
    }


def _apply_trusts(figures: Sequence[Figure], folder: Path, b: Bundle) -> list[dict[str, Any]]:
    facts = b.facts
    made = []
    total = {
        code: sum(f.value for f in figures if f.code == code and f.column.name in CATCHMENT)
        for code in {f.code for f in figures}
    }
    for f in figures:
        if f.column.stored is None:
            continue
        i = b.trust(f.code)
        now = f.value * 100 / total[f.code] if f.column.name in CATCHMENT else f.value
        made.append(_record(f, float(facts[f.column.stored][i]) / f.column.factor, now, "trusts"))
        facts.put(f.column.stored, i, Fact(now * f.column.factor, Basis.OWN))
    if made:
        tables.write(folder, "facts", facts.columns())
    return made


def _apply_rows(figures: Sequence[Figure], folder: Path, b: Bundle) -> list[dict[str, Any]]:
    mine = [f for f in figures if f.column.stored is None]
    if not mine:
        return []
    rows, flows = tables.read(folder, "rows"), tables.read(folder, "flows")
    for name in ("starts", "admitted", "non_admitted", "drift"):
        rows[name] = np.array(rows[name], dtype=float)
    listed = np.array(flows["waiting"], dtype=np.float32)
    waiting = b.waiting.copy()
    made = []
    for f in mine:
        here = b.row_provider == b.trust_provider[b.trust(f.code)]
        if f.column.name == "list":
            was = float(waiting[here].sum())
            waiting[here] = largest_remainder(waiting[here], round(f.value))
            rows["drift"][here] *= f.value / was
            listed[here[b.entry_row]] *= f.value / was
        else:
            names = ("starts",) if f.column.name == "starts" else ("admitted", "non_admitted")
            was = float(sum(rows[name][here].sum() for name in names))
            for name in names:
                rows[name][here] *= f.value / was
        made.append(_record(f, was, f.value, "rows"))
    tables.write(folder, "rows", rows)
    tables.write(folder, "flows", flows | {"waiting": listed})
    row, group, week = np.nonzero(waiting)
    people = waiting[row, group, week].astype(np.int32)
    columns = {"row": row.astype(np.int16), "outside": group.astype(np.int8), "week": week.astype(np.int8)}
    tables.write(folder, "waiting", {**columns, "people": people})
    england = tables.read(folder, "england_weeks")
    tables.write(
        folder, "england_weeks", england | {"waiting": waiting[:, 0].sum(0), "waiting_outside": waiting[:, 1].sum(0)}
    )
    return made


def imbalance(b: Bundle, code: str) -> float:
    """People a week by which a trust's list would grow (or shrink) at its opening flows, beyond its trend."""
    here = b.row_provider == b.trust_provider[b.trust(code)]
    joined = (b.starts * (1 - b.removal_share))[here].sum()
    return float(joined - (b.admitted + b.non_admitted)[here].sum())


def own_figures(b: Bundle, code: str) -> list[dict[str, Any]]:
    """Records of a trust's own figures in a baseline."""
    return [dict(r) for r in b.summary.get("own_figures", []) if r["code"] == code]
