"""Any of the published series as one kind of table: a layout says what a file must hold, one reader checks it.

`series_layouts.py` has the layouts. A column is a number of a stated kind or a text; some are keys, and no two rows
have the same keys. Blank numbers are unknown (NaN), never zero.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import UNKNOWN, Row, read_rows, require_whole
from aft_sim.basis.errors import InputError, did_you_mean

KINDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "amount": (0.0, math.inf),
        "share": (0.0, 1.0),
        "percent": (0.0, 100.0),
        "signed": (-math.inf, math.inf),
        "floor": (0.0, math.inf),
        "mixed": (-math.inf, math.inf),
    }
)
"""Kinds of numbers and their range. "floor" may be "52+", "mixed" may be a word such as "flat"."""

PERIODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "month": (r"\d{4}-(0[1-9]|1[0-2])", "a month such as 2026-01"),
        "quarter_end": (r"\d{4}-(03-31|06-30|09-30|12-31)", "the last day of a quarter such as 2026-03-31"),
        "year": (r"\d{4}/\d\d", "a financial year such as 2025/26"),
        "text": (r".+", "a period"),
    }
)
"""Forms of a period: pattern and words. "text" is for tables of findings, whose periods are in words."""

_FLOOR = re.compile(r"(\d+(?:\.\d+)?)\+")


@dataclass(frozen=True)
class Layout:
    """What one file of series must hold.

    Attributes:
        file: Name of the file.
        what: What it is, for messages and lists.
        numbers: Column to kind of number, see `KINDS`.
        keys: Columns that together name a row, the period included. They are texts; only the period may not be blank.
        period: The key that is the period; empty where the file is of one time.
        form: Form of the period, see `PERIODS`.
        texts: Other columns of text, which may be blank.
        steady: Whether periods must follow each other without a gap, in the order of the file.
        unit: Unit of the numbers where it is the same for all and not in their names; empty otherwise.
    """

    file: str
    what: str
    numbers: Mapping[str, str]
    keys: tuple[str, ...]
    period: str = ""
    form: str = "text"
    texts: tuple[str, ...] = field(default=("source",))
    steady: bool = True
    unit: str = ""

    @property
    def name(self) -> str:
        """Name of the table: the file without its ending."""
        return self.file.removesuffix(".csv")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that must be in the file."""
        return (*self.keys, *self.numbers, *self.texts)


@dataclass(frozen=True)
class SeriesTable:
    """One file of series, checked.

    Attributes:
        layout: What the file must hold.
        rows: Keys of each row, in the order of the file and of `layout.keys`.
        columns: Name to numbers by row; NaN where blank, and where the file has a floor or a word.
        floors: Name to lower bounds by row, where the file says "52+"; NaN elsewhere.
        texts: Name to text by row, "" where blank; includes the words of "mixed" columns.
    """

    layout: Layout
    rows: tuple[tuple[str, ...], ...]
    columns: Mapping[str, NDArray[np.float64]]
    floors: Mapping[str, NDArray[np.float64]]
    texts: Mapping[str, tuple[str, ...]]

    @property
    def periods(self) -> tuple[str, ...]:
        """Periods in the order of the file, each once; empty where the file is of one time."""
        return self.options(self.layout.period) if self.layout.period else ()

    def options(self, key: str) -> tuple[str, ...]:
        """Values of a key column, each once, in the order of the file.

        Raises:
            InputError: No such key.
        """
        if key not in self.layout.keys:
            raise self._unknown("key", key, self.layout.keys)
        place = self.layout.keys.index(key)
        return tuple(dict.fromkeys(row[place] for row in self.rows))

    def row(self, period: str | None = None, **keys: str) -> int:
        """Number of the one row with these keys.

        Args:
            period: The period, where the layout has one.
            **keys: Other key columns; those with a single value in the file may be left out.

        Raises:
            InputError: No such key or value, no such row, or more than one.
        """
        wanted = dict(keys)
        if period is not None:
            if not self.layout.period:
                raise InputError(f"{self.layout.name} has no periods", found=period, expected="no period")
            wanted[self.layout.period] = period
        for key, value in wanted.items():
            options = self.options(key)
            if value not in options:
                raise self._unknown(key, value, options)
        place = [(self.layout.keys.index(k), v) for k, v in wanted.items()]
        found = [i for i, row in enumerate(self.rows) if all(row[j] == v for j, v in place)]
        if len(found) != 1:
            what = "there is no such row" if not found else f"{len(found)} rows match"
            raise InputError(
                f"{what} in {self.layout.name}", found=wanted, expected=f"one row by {', '.join(self.layout.keys)}"
            )
        return found[0]

    def value(self, measure: str, period: str | None = None, **keys: str) -> float:
        """One number; NaN where it is not published.

        Args:
            measure: Name of a column of numbers.
            period: The period, where the layout has one.
            **keys: Other key columns, see `row`.

        Raises:
            InputError: No such measure, key or row; the nearest name is in the message.
        """
        if measure not in self.columns:
            raise self._unknown("measure", measure, tuple(self.columns))
        return float(self.columns[measure][self.row(period, **keys)])

    def series(self, measure: str, **keys: str) -> Mapping[str, float]:
        """Numbers of one measure by period, unknown ones left out, in the order of the file.

        Raises:
            InputError: No such measure or key, or more than one number in a period.
        """
        if measure not in self.columns:
            raise self._unknown("measure", measure, tuple(self.columns))
        values = {p: self.value(measure, p, **keys) for p in self._periods_with(keys)}
        return MappingProxyType({p: v for p, v in values.items() if not math.isnan(v)})

    def _periods_with(self, keys: Mapping[str, str]) -> tuple[str, ...]:
        if not self.layout.period:
            raise InputError(f"{self.layout.name} has no periods", expected="a table by period")
        for key, value in keys.items():
            if value not in self.options(key):
                raise self._unknown(key, value, self.options(key))
        names = self.layout.keys
        rows = [r for r in self.rows if all(r[names.index(k)] == v for k, v in keys.items())]
        return tuple(dict.fromkeys(r[names.index(self.layout.period)] for r in rows))

    def _unknown(self, what: str, found: str, options: tuple[str, ...]) -> InputError:
        shown = ", ".join(options[:8]) + (", ..." if len(options) > 8 else "")
        hint = did_you_mean(found, options)
        return InputError(f"no such {what} in {self.layout.name}", found=found, expected=shown, hint=hint)


def _number(row: Row, column: str, kind: str) -> tuple[float, float]:
    """Number and floor of a cell, one of them NaN or both; the number must be in the range of its kind."""
    floor = _FLOOR.fullmatch(row.cells[column]) if kind == "floor" else None
    if floor:
        return UNKNOWN, float(floor.group(1))
    if kind == "mixed" and re.fullmatch(r"[A-Za-z ]+", row.cells[column]):
        return UNKNOWN, UNKNOWN
    value = row.number(column)
    low, high = KINDS[kind]
    if value < low or value > high:
        raise row.error(f"column '{column}' is out of range", column, f"a number from {low:g} to {high:g}")
    return value, UNKNOWN


def _step(form: str, period: str) -> int:
    """Place of a period among all periods of its form, so that the next one has one more."""
    if form == "month":
        return int(period[:4]) * 12 + int(period[5:])
    if form == "quarter_end":
        day = date.fromisoformat(period)
        return day.year * 4 + day.month // 3
    return int(period[:4])


def _check_period(row: Row, layout: Layout, period: str, before: str) -> None:
    pattern, words = PERIODS[layout.form]
    valid = re.fullmatch(pattern, period) is not None
    if valid and layout.form == "year":
        valid = (int(period[:4]) + 1) % 100 == int(period[5:])
    if not valid:
        raise row.error("no such period", layout.period, words)
    if layout.steady and layout.form != "text" and before:
        step = _step(layout.form, period) - _step(layout.form, before)
        if step not in (0, 1):
            raise row.error("the periods are not in order", layout.period, f"{before} or the next; is a row missing?")


def read_table(folder: Path, layout: Layout) -> SeriesTable:
    """Read one file of series.

    Args:
        folder: Folder of the series.
        layout: Which file, and what it must hold. Other columns are left alone.

    Returns:
        The table, rows in the order of the file.

    Raises:
        InputError: A wrong file or cell, keys twice, periods out of order or with gaps.
    """
    path = folder / layout.file
    require_whole(path, layout.what)
    rows: dict[tuple[str, ...], int] = {}
    numbers: dict[str, list[tuple[float, float]]] = {c: [] for c in layout.numbers}
    words = (*layout.texts, *(c for c, kind in layout.numbers.items() if kind == "mixed"))
    texts: dict[str, list[str]] = {c: [] for c in words}
    before = ""
    for row in read_rows(path, layout.columns, layout.what):
        # A key may be blank in a table of findings, such as a basis that was not stated.
        key = tuple(row.cells[k] for k in layout.keys)
        if layout.period:
            period = row.text(layout.period)
            _check_period(row, layout, period, before)
            before = period
        if key in rows:
            raise row.error("a row is there twice", layout.keys[0], f"each {', '.join(layout.keys)} once")
        rows[key] = len(rows)
        for column, kind in layout.numbers.items():
            numbers[column].append(_number(row, column, kind))
        for column, cells in texts.items():
            cells.append(row.cells[column])
    if not rows:
        raise InputError(f"{layout.what} has no rows", where=str(path), expected="at least one row")
    table = {c: np.array(v) for c, v in numbers.items()}
    floors = {c: v[:, 1] for c, v in table.items() if not np.isnan(v[:, 1]).all()}
    return SeriesTable(
        layout=layout,
        rows=tuple(rows),
        columns=MappingProxyType({c: v[:, 0] for c, v in table.items()}),
        floors=MappingProxyType(floors),
        texts=MappingProxyType({c: tuple(v) for c, v in texts.items()}),
    )
