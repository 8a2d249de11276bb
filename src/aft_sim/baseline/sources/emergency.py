"""A&E attendances, waits and emergency admissions of one month by provider, as NHS England publishes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import Row, read_rows, require_whole
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the monthly A&E file"
TYPES = ("type1", "type2", "other")
"""Major departments; single specialty (eyes, teeth); minor injury units, walk-in and urgent treatment centres."""

_ATTENDED = "A&E attendances"
_LATE = "Attendances over 4hrs"
_BOOKED = "Booked Appointments"
_PLACES = ("Type 1", "Type 2")
_COUNTS = (
    *(f"{_ATTENDED} {p}" for p in (*_PLACES, "Other A&E Department")),
    *(f"{_ATTENDED} {_BOOKED} {p}" for p in (*_PLACES, "Other Department")),
    *(f"{_LATE} {p}" for p in (*_PLACES, "Other Department")),
    *(f"{_LATE} {_BOOKED} {p}" for p in (*_PLACES, "Other Department")),
    *(f"Emergency admissions via A&E - {p}" for p in (*_PLACES, "Other A&E department")),
    "Other emergency admissions",
    "Patients who have waited 4-12 hs from DTA to admission",
    "Patients who have waited 12+ hrs from DTA to admission",
)
_COLUMNS = ("Period", "Org Code", "Org name", *_COUNTS)
_TOTAL = "TOTAL"
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

Three = tuple[float, float, float]


@dataclass(frozen=True)
class UrgentCare:
    """One month of urgent care in people, by kind of department in the order of `TYPES`. NaN is unknown.

    Attributes:
        attendances: All attendances, booked appointments included, as in the published England series.
        booked: Those of them that were booked, which the file keeps in columns of their own.
        over_4h: Attendances of more than four hours from arrival, booked ones included.
        admissions: Emergency admissions through the department.
        other_admissions: Emergency admissions that did not come through A&E.
        waited_4_to_12h: Admitted patients who waited 4 to 12 hours from the decision to admit.
        waited_12h: Those who waited 12 hours and more; the England series "over 4 hours" is the sum of both.
        codes: Codes in the file that were added up.
    """

    attendances: Three
    booked: Three
    over_4h: Three
    admissions: Three
    other_admissions: float
    waited_4_to_12h: float
    waited_12h: float
    codes: tuple[str, ...]

    @property
    def all_attendances(self) -> float:
        """Attendances of all kinds."""
        return sum(self.attendances)

    @property
    def within_4h(self) -> float:
        """Share of all attendances within four hours, 0 to 1; NaN without attendances."""
        return 1 - sum(self.over_4h) / self.all_attendances if self.all_attendances else float("nan")

    @property
    def all_admissions(self) -> float:
        """Emergency admissions, through A&E or not."""
        return sum(self.admissions) + self.other_admissions


@dataclass(frozen=True)
class EmergencyMonth:
    """The A&E file of one month.

    Attributes:
        month: Such as "2026-05".
        trusts: Current code to its urgent care, predecessors added up.
        others: All providers that are no NHS trust (independent, walk-in centres, practices) in one sum.
        england: Everybody, checked against the published row of totals.
        absent: Current trusts without a row: most have no A&E.
        names: Code to name of the providers in `others`.
    """

    month: str
    trusts: Mapping[str, UrgentCare]
    others: UrgentCare
    england: UrgentCare
    absent: tuple[str, ...]
    names: Mapping[str, str]


def _counts(row: Row) -> NDArray[np.float64]:
    values = np.array([row.number(c) for c in _COUNTS])
    below = np.flatnonzero((values < 0) | (values != np.floor(values)) & ~np.isnan(values))
    if below.size:
        column = _COUNTS[int(below[0])]
        raise row.error(f"column '{column}' is no count", column, "a whole number of people")
    late = np.flatnonzero(values[6:12] > values[:6])
    if late.size:
        column = _COUNTS[6 + int(late[0])]
        raise row.error("more people waited over four hours than attended", column, "at most the attendances")
    return values


def _care(values: NDArray[np.float64], codes: list[str]) -> UrgentCare:
    def three(*starts: int) -> Three:
        a, b, c = (float(sum(values[s + i] for s in starts)) for i in range(3))
        return a, b, c

    return UrgentCare(
        attendances=three(0, 3),
        booked=three(3),
        over_4h=three(6, 9),
        admissions=three(12),
        other_admissions=float(values[15]),
        waited_4_to_12h=float(values[16]),
        waited_12h=float(values[17]),
        codes=tuple(sorted(codes)),
    )


def _month(row: Row) -> str:
    match = re.fullmatch(r"MSITAE-([A-Z]{3})[A-Z]*-(\d{4})", row.text("Period").upper())
    if not match or match.group(1) not in _MONTHS:
        raise row.error("not a period of the A&E file", "Period", "a period such as MSitAE-MAY-2026")
    return f"{match.group(2)}-{_MONTHS.index(match.group(1)) + 1:02d}"


def _check_total(path: Path, rows: Mapping[str, NDArray[np.float64]], total: NDArray[np.float64] | None) -> None:
    """The published row of totals must be there, and equal the sum of the providers."""
    if total is None:
        raise InputError(
            f"{WHAT} has no row '{_TOTAL}'",
            where=str(path),
            expected="the published sum of all providers as a check",
            hint="Is the file cut short?",
        )
    summed = np.nansum(np.array([*rows.values()]), axis=0)
    wrong = np.flatnonzero(~(np.abs(summed - total) < 0.5))
    if wrong.size:
        j = int(wrong[0])
        raise InputError(
            f"the providers do not add up to the row '{_TOTAL}' in column '{_COUNTS[j]}'",
            where=str(path),
            found=float(summed[j]),
            expected=f"{total[j]:g}",
            hint="Is a row missing, or there twice?",
        )


def read_emergency(path: Path, register: TrustRegister) -> EmergencyMonth:
    """Read the A&E file of one month.

    The row of totals, which would double every sum, is used as a check only. A blank cell is unknown: it makes the
    figure of its trust unknown, and counts as nothing in the check against the published total.

    Args:
        path: `official/AE-May-2026.csv`.
        register: Current trusts and their predecessors.

    Returns:
        Urgent care by current trust, and of all others in one sum.

    Raises:
        InputError: A wrong file or cell, a provider twice, two months, totals missing or not equal to the sum.
    """
    require_whole(path, WHAT)
    rows: dict[str, NDArray[np.float64]] = {}
    names: dict[str, str] = {}
    total: NDArray[np.float64] | None = None
    month = ""
    for row in read_rows(path, _COLUMNS, WHAT):
        code = row.text("Org Code")
        if code in rows or (code == _TOTAL and total is not None):
            raise row.error("the provider is there twice", "Org Code", "each code once")
        if code == _TOTAL:
            total = _counts(row)
            continue
        month = month or _month(row)
        if _month(row) != month:
            raise row.error("the file has two months", "Period", f"the month {month} in every row")
        rows[code] = _counts(row)
        names[code] = " ".join(row.text("Org name").split())
    if not rows:
        raise InputError(f"{WHAT} has no providers", where=str(path), expected="one row a provider")
    _check_total(path, rows, total)
    groups: dict[str | None, list[str]] = {}
    for code in rows:
        groups.setdefault(register.current(code), []).append(code)
    others = groups.pop(None, [])
    nobody = np.zeros(len(_COUNTS))

    def added(codes: list[str]) -> UrgentCare:
        return _care(sum((rows[c] for c in codes), nobody), codes)

    trusts = {current: added(groups[current]) for current in register.codes() if current in groups}
    return EmergencyMonth(
        month=month,
        trusts=MappingProxyType(trusts),
        others=added(others),
        england=added(list(rows)),
        absent=tuple(c for c in register.codes() if c not in trusts),
        names=MappingProxyType({c: names[c] for c in sorted(others)}),
    )
