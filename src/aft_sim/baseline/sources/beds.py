"""Overnight beds available and occupied by trust: the KH03 history to June 2024 and the latest quarter.

Beds are averages over the days of a quarter, so they are not whole numbers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import UNKNOWN, Row, read_rows, require_whole
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError, did_you_mean

WHAT_HISTORY = "the KH03 file of overnight beds"
WHAT_LATEST = "the table of beds by trust"
SECTORS = ("general_acute", "maternity", "mental_illness", "learning_disabilities")
_SECTOR_NAMES = {"general & acute": 0, "maternity": 1, "mental illness": 2, "learning disabilities": 3}
_HISTORY_COLUMNS = ("Organisation_Code", "Sector", "Number_Of_Beds", "Effective_Snapshot_Date")
_LATEST_SECTORS = ("avail_ga", "avail_mat", "avail_mh", "avail_ld")
_LATEST_COLUMNS = ("region_code", "org_code", "org_name", "avail_total", *_LATEST_SECTORS, "occ_total")
_MANGLED = re.compile(r"\d\.\d+E\+\d+")
_ROUNDING = 0.3
"""Sectors and total are each rounded to a tenth of a bed."""

Key = tuple[str, int, date]
Four = tuple[float, float, float, float]


@dataclass(frozen=True)
class TrustBeds:
    """Overnight beds of one current trust in one quarter, predecessors added up. NaN is unknown.

    Attributes:
        available: Average available beds by sector, in the order of `SECTORS`.
        occupied: Average occupied beds by sector; NaN where only their total is published.
        total_available: Available beds of all sectors.
        total_occupied: Occupied beds of all sectors.
        codes: Codes that were added up.
    """

    available: Four
    occupied: Four
    total_available: float
    total_occupied: float
    codes: tuple[str, ...]

    @property
    def occupancy(self) -> float:
        """Share of all available beds occupied; above 1 is possible, NaN without beds."""
        return self.total_occupied / self.total_available if self.total_available else math.nan

    def sector_occupancy(self, sector: str) -> float:
        """Share of the available beds of a sector occupied; NaN without beds or where it is not published."""
        j = _sector_index(sector)
        return self.occupied[j] / self.available[j] if self.available[j] else math.nan


@dataclass(frozen=True)
class LatestBeds:
    """Beds of the latest quarter by trust, for the opening.

    Attributes:
        quarter_end: Last day of the quarter.
        trusts: Current code to its beds; the file has occupied beds in total only.
        absent: Current trusts without a row: ambulance trusts and others without beds, but also two mental health
            trusts that have some.
        all_zero: Codes with nothing but zeros. Five of them are acute trusts that had 400 to 700 beds two years
            before: a zero is a missing return there, so their beds are unknown and they are not in `trusts`.
        not_trusts: Codes that are no current trust, with their beds.
    """

    quarter_end: date
    trusts: Mapping[str, TrustBeds]
    absent: tuple[str, ...]
    all_zero: tuple[str, ...]
    not_trusts: Mapping[str, TrustBeds]


@dataclass(frozen=True)
class BedHistory:
    """The KH03 history of all organisations by quarter (by year, March, until 2010).

    Attributes:
        quarters: Last days of the quarters, in order.
        codes: Organisations as they were, in order of code.
        current: Current trust of each organisation; None where there is none (closed, never an NHS trust).
        available: Beds, shape (codes, quarters, sectors); NaN where unknown or without a row.
        occupied: The same for occupied beds.
        reported: Whether there is a row, known or not; same shape.
        mangled: Codes that a spreadsheet turned into numbers ("5.00E+02"); they were primary care trusts.
    """

    quarters: tuple[date, ...]
    codes: tuple[str, ...]
    current: tuple[str | None, ...]
    available: NDArray[np.float64]
    occupied: NDArray[np.float64]
    reported: NDArray[np.bool_]
    mangled: tuple[str, ...]

    @cached_property
    def _members(self) -> Mapping[str, tuple[int, ...]]:
        groups: dict[str, list[int]] = {}
        for i, code in enumerate(self.current):
            if code is not None:
                groups.setdefault(code, []).append(i)
        return MappingProxyType({code: tuple(rows) for code, rows in sorted(groups.items())})

    def _quarter(self, quarter: date) -> int:
        if quarter not in self.quarters:
            span = f"the last day of a quarter, {self.quarters[0]} to {self.quarters[-1]}"
            raise InputError("no such quarter in the history of beds", found=str(quarter), expected=span)
        return self.quarters.index(quarter)

    def at(self, quarter: date) -> Mapping[str, TrustBeds]:
        """Beds of one quarter by current trust; trusts without any row are left out.

        Raises:
            InputError: No such quarter.
        """
        j = self._quarter(quarter)
        found = {}
        for code, members in self._members.items():
            rows = [i for i in members if self.reported[i, j].any()]
            if rows:
                sums = [self._sum(table, rows, j) for table in (self.available, self.occupied)]
                names = tuple(self.codes[i] for i in rows)
                found[code] = TrustBeds(sums[0], sums[1], sum(sums[0]), sum(sums[1]), names)
        return MappingProxyType(found)

    def _sum(self, table: NDArray[np.float64], rows: list[int], j: int) -> Four:
        """Sum by sector over the codes with a row: no row adds nothing, an unknown number makes it unknown."""
        values = np.where(self.reported[rows, j], table[rows, j], 0.0).sum(axis=0)
        there = self.reported[rows, j].max(axis=0)
        a, b, c, d = (float(values[s]) if there[s] else UNKNOWN for s in range(len(SECTORS)))
        return a, b, c, d

    def england(self, quarter: date) -> tuple[Four, Four]:
        """Available and occupied beds of all organisations by sector; unknown cells count as nothing.

        Raises:
            InputError: No such quarter.
        """
        j = self._quarter(quarter)
        a = [float(v) for v in np.nansum(self.available[:, j], axis=0)]
        o = [float(v) for v in np.nansum(self.occupied[:, j], axis=0)]
        return (a[0], a[1], a[2], a[3]), (o[0], o[1], o[2], o[3])


def _sector_index(sector: str) -> int:
    if sector not in SECTORS:
        hint = did_you_mean(sector, SECTORS)
        raise InputError("no such sector of beds", found=sector, expected=", ".join(SECTORS), hint=hint)
    return SECTORS.index(sector)


def _quarter_end(row: Row) -> date:
    """Last day of a quarter, written day/month/year; a month first fails because no month is 30 or 31."""
    text = row.text("Effective_Snapshot_Date")
    match = re.fullmatch(r"(\d\d)/(\d\d)/(\d{4})", text)
    try:
        day = date(int(match.group(3)), int(match.group(2)), int(match.group(1))) if match else None
    except ValueError:
        day = None
    if day is None or day.month % 3 or (day + timedelta(days=1)).day != 1:
        column = "Effective_Snapshot_Date"
        raise row.error("not the last day of a quarter", column, "day/month/year, such as 30/06/2024")
    return day


def _beds(row: Row) -> float:
    """Number of beds; "1,672" has a thousands separator, NULL and blank are unknown."""
    text = row.cells["Number_Of_Beds"]
    if text in ("NULL", ""):
        return UNKNOWN
    if "," in text:
        if not re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text):
            raise row.error("not a number of beds", "Number_Of_Beds", "a number such as 1,672 or 413.5")
        text = text.replace(",", "")
    return Row(row.path, row.line, {"Number_Of_Beds": text}).need_number("Number_Of_Beds", 0)


def _read_one(path: Path) -> dict[Key, float]:
    require_whole(path, WHAT_HISTORY)
    found: dict[Key, float] = {}
    for row in read_rows(path, _HISTORY_COLUMNS, WHAT_HISTORY):
        sector = _SECTOR_NAMES.get(row.text("Sector").casefold())
        if sector is None:
            raise row.error("no such sector of beds", "Sector", ", ".join(_SECTOR_NAMES))
        key = (row.text("Organisation_Code"), sector, _quarter_end(row))
        if key in found:
            raise row.error("organisation, sector and date are there twice", "Organisation_Code", "each once")
        found[key] = _beds(row)
    if not found:
        raise InputError(f"{WHAT_HISTORY} has no rows", where=str(path), expected="one row a sector and quarter")
    return found


def read_bed_history(available: Path, occupied: Path, register: TrustRegister) -> BedHistory:
    """Read the history of overnight beds.

    Args:
        available: `official/KH03-Available-Overnight-only.csv`.
        occupied: `official/KH03-Occupied-Overnight-only.csv`; both must have the same rows.
        register: Current trusts and their predecessors.

    Returns:
        Beds by organisation, quarter and sector, with the current trust of each organisation.

    Raises:
        InputError: A wrong file or cell, a row twice, or a row that only one of the files has.
    """
    tables = (_read_one(available), _read_one(occupied))
    for one, other, path in ((*tables, occupied), (tables[1], tables[0], available)):
        lost = next((key for key in one if key not in other), None)
        if lost is not None:
            raise InputError(
                "a row of beds is in one KH03 file and not in the other",
                where=str(path),
                expected=f"{lost[0]}, {SECTORS[lost[1]]}, {lost[2]:%d/%m/%Y}",
                hint="Is the file cut short, or of another edition?",
            )
    codes = tuple(sorted({key[0] for key in tables[0]}))
    quarters = tuple(sorted({key[2] for key in tables[0]}))
    place = ({c: i for i, c in enumerate(codes)}, {q: j for j, q in enumerate(quarters)})
    shape = (len(codes), len(quarters), len(SECTORS))
    values = (np.full(shape, UNKNOWN), np.full(shape, UNKNOWN))
    reported = np.zeros(shape, bool)
    for table, target in zip(tables, values, strict=True):
        for (code, sector, quarter), beds in table.items():
            index = (place[0][code], place[1][quarter], sector)
            target[index], reported[index] = beds, True
    return BedHistory(
        quarters=quarters,
        codes=codes,
        current=tuple(register.current(c) for c in codes),
        available=values[0],
        occupied=values[1],
        reported=reported,
        mangled=tuple(c for c in codes if _MANGLED.fullmatch(c)),
    )


def read_latest_beds(path: Path, register: TrustRegister, quarter_end: date = date(2026, 3, 31)) -> LatestBeds:
    """Read the beds of the latest quarter.

    Args:
        path: `series/beds_by_trust_2025q4.csv`, the quarter January to March 2026.
        register: Current trusts and their predecessors.
        quarter_end: Last day of the quarter, which the file does not state.

    Returns:
        Beds by current trust.

    Raises:
        InputError: A wrong file or cell, a code twice, sectors that do not add up to the total.
    """
    require_whole(path, WHAT_LATEST)
    rows: dict[str, tuple[list[float], float, float]] = {}
    for row in read_rows(path, _LATEST_COLUMNS, WHAT_LATEST):
        code = row.text("org_code")
        if code in rows:
            raise row.error("the organisation is there twice", "org_code", "each code once")
        sectors = [row.number(c) for c in _LATEST_SECTORS]
        total, occupied = row.number("avail_total"), row.number("occ_total")
        if min(v for v in (*sectors, total, occupied, 0.0) if not math.isnan(v)) < 0:
            raise row.error("a number of beds is below zero", "avail_total", "beds from 0 up")
        if abs(sum(sectors) - total) > _ROUNDING:
            expected = f"the sum of the sectors, {sum(sectors):.1f}"
            raise row.error("the sectors do not add up to the total", "avail_total", expected)
        rows[code] = (sectors, total, occupied)
    if not rows:
        raise InputError(f"{WHAT_LATEST} has no rows", where=str(path), expected="one row a trust")
    all_zero = tuple(sorted(c for c, (_, total, occupied) in rows.items() if not total and not occupied))
    groups: dict[str, list[str]] = {}
    for code in rows:
        current = register.current(code)
        if current is not None and code not in all_zero:
            groups.setdefault(current, []).append(code)

    there = {register.current(code) for code in rows}

    def added(codes: list[str]) -> TrustBeds:
        a, b, c, d = (sum(rows[code][0][j] for code in codes) for j in range(4))
        totals = [sum(rows[code][1] for code in codes), sum(rows[code][2] for code in codes)]
        return TrustBeds((a, b, c, d), (UNKNOWN,) * 4, totals[0], totals[1], tuple(sorted(codes)))

    return LatestBeds(
        quarter_end=quarter_end,
        trusts=MappingProxyType({c: added(groups[c]) for c in register.codes() if c in groups}),
        absent=tuple(c for c in register.codes() if c not in there),
        all_zero=all_zero,
        not_trusts=MappingProxyType({c: added([c]) for c in sorted(rows) if register.current(c) is None}),
    )
