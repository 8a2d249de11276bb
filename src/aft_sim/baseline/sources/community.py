"""Community services activity (CSDS) by trust: referrals and contacts of one month.

The file counts activity, not waiting lists. Every figure is rounded to five, and the same people appear in dozens of
breakdowns: only the rows "Total..." and the contacts by attendance are used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType

from aft_sim.baseline.sources._csv import Row
from aft_sim.baseline.sources._zipped import read_zipped_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the community services file"
ROUNDING = 5
"""Every published count is a multiple of this."""
AGES = ("MEASURE_VALUE_0_18", "MEASURE_VALUE_19_64", "MEASURE_VALUE_65_PLUS")
"""Columns by age: 0 to 18, 19 to 64, 65 and over."""
_START, _END, _CODE, _LEVEL = "REPORTING_PERIOD_START", "REPORTING_PERIOD_END", "ORG_CODE", "ORG_LEVEL"
_DIMENSION, _COUNTED, _MEASURE, _MEASURE_2, _VALUE = "DIMENSION", "COUNT_OF", "MEASURE", "MEASURE_2", "MEASURE_VALUE"
_COLUMNS = (_START, _END, _CODE, _LEVEL, _DIMENSION, _COUNTED, _MEASURE, _MEASURE_2, _VALUE, *AGES)
_PROVIDER, _ALL = "Provider", "All Submitters"
_TOTALS = {
    ("TotalReferrals", "Referrals"): "referrals",
    ("TotalCareContacts", "CareContacts"): "contacts",
    ("TotalCareActivities", "CareActivities"): "activities",
    ("TotalPatientWithReferral", "PatientWithReferral"): "people_referred",
    ("TotalPatientWithCareContact", "PatientWithCareContact"): "people_seen",
}
_ATTENDANCE = ("AttendCode_Group", "CareContacts")
_ATTENDED = {"1": "attended", "2": "missed", "3": "cancelled_by_patient", "4": "cancelled_by_provider"}
_UNKNOWN_ATTENDANCE = "MV/OP"
_ADDITIVE = ("referrals", "contacts", "activities")
_TWO_AGES = ("referrals", "contacts")


@dataclass(frozen=True)
class CommunityActivity:
    """Community services of one current trust in one month, counts rounded to five; None is not reported.

    A trust whose predecessors still report is their sum: exact for referrals and contacts, a little too high for
    people, who may have been seen by both.

    Attributes:
        code: Current ODS code, "ALL" for all submitters.
        referrals: Referrals received.
        contacts: Care contacts planned, whether or not the patient came.
        activities: Activities within contacts.
        people_referred: People with a referral received.
        people_seen: People with a care contact.
        attended: Contacts that took place.
        missed: Contacts that the patient missed or came too late for.
        cancelled_by_patient: Contacts that the patient cancelled.
        cancelled_by_provider: Contacts that the provider cancelled. The rest of `contacts` has no valid outcome.
        referrals_by_age: Referrals at 0 to 18, 19 to 64, 65 and over; None where not all are known.
        contacts_by_age: Contacts likewise. Age is missing for some, so that the sum may fall short.
        codes: Codes in the file that were added up.
    """

    code: str
    referrals: float | None
    contacts: float | None
    activities: float | None
    people_referred: float | None
    people_seen: float | None
    attended: float | None
    missed: float | None
    cancelled_by_patient: float | None
    cancelled_by_provider: float | None
    referrals_by_age: tuple[float, float, float] | None
    contacts_by_age: tuple[float, float, float] | None
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Community:
    """One month of community services.

    Attributes:
        start: First day.
        end: Last day.
        trusts: Current code to activity, for the trusts that submitted.
        england: All submitters as published, trusts or not; people are counted once.
        others_contacts: Contacts of submitters that are no trust (councils, companies, hospices).
        others: Number of such submitters.
        absent: Current trusts that submitted nothing.
    """

    start: date
    end: date
    trusts: Mapping[str, CommunityActivity]
    england: CommunityActivity
    others_contacts: float
    others: int
    absent: tuple[str, ...]


def _add(into: dict[str, float], name: str, value: float) -> None:
    """Add up; what is unknown in one part (NaN) is unknown in the sum."""
    into[name] = into.get(name, 0.0) + value


def _known(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def _value(row: Row, column: str) -> float:
    """A rounded count, NaN where blank; anything that is not a multiple of five was not published so."""
    value = row.number(column)
    if value < 0 or value % ROUNDING > 0:
        raise row.error(f"column '{column}' is not a count rounded to five", column, "a multiple of 5, or a blank")
    return value


def _read(row: Row) -> dict[str, float] | None:
    """Figures of a row that is used, by name; None for another breakdown."""
    what = (row.cells[_DIMENSION], row.cells[_COUNTED])
    found: dict[str, float] = {}
    if what in _TOTALS:
        name = _TOTALS[what]
        _add(found, name, _value(row, _VALUE))
        if name in _TWO_AGES:
            for column in AGES:
                _add(found, f"{name} {column}", _value(row, column))
        return found
    if what == _ATTENDANCE:
        measure = row.text(_MEASURE)
        if measure in _ATTENDED:
            _add(found, _ATTENDED[measure], _value(row, _VALUE))
        elif measure != _UNKNOWN_ATTENDANCE:
            allowed = ", ".join((*_ATTENDED, _UNKNOWN_ATTENDANCE))
            raise row.error("no such attendance code", _MEASURE, allowed)
        return found
    return None


def _dates(row: Row) -> tuple[date, date]:
    start, end = row.maybe_date(_START), row.maybe_date(_END)
    if start is None or end is None or end < start:
        raise row.error("the reporting period is not complete", _START, "a first and a last day")
    return start, end


def _activity(code: str, figures: Mapping[str, float], codes: tuple[str, ...]) -> CommunityActivity:
    ages: dict[str, tuple[float, float, float] | None] = {}
    for name in _TWO_AGES:
        by_age = [_known(figures.get(f"{name} {column}")) for column in AGES]
        young, middle, old = by_age
        known = young is not None and middle is not None and old is not None
        ages[name] = (young, middle, old) if known else None  # type: ignore[assignment]
    return CommunityActivity(
        code=code,
        **{name: _known(figures.get(name)) for name in (*_TOTALS.values(), *_ATTENDED.values())},
        referrals_by_age=ages["referrals"],
        contacts_by_age=ages["contacts"],
        codes=codes,
    )


def _check_sums(providers: Mapping[str, Mapping[str, float]], england: Mapping[str, float], path: Path) -> None:
    """Providers add up to all submitters but for rounding; people do not, as some have two providers."""
    for name in _ADDITIVE:
        parts = [n for figures in providers.values() if (n := _known(figures.get(name))) is not None]
        published, total = _known(england.get(name)), sum(parts)
        if published is None:
            raise InputError(
                f"all submitters have no {name}", where=str(path), expected=f"a row '{_ALL}' for each total"
            )
        if abs(total - published) > ROUNDING / 2 * (len(parts) + 1):
            raise InputError(
                f"the {name} of the providers do not add up to those of all submitters",
                where=str(path),
                found=f"{total:.0f}",
                expected=f"{published:.0f}, within the rounding of {len(parts)} providers",
                hint="Is the file cut short?",
            )


def read_community(path: Path, register: TrustRegister) -> Community:
    """Read one month of community services.

    Args:
        path: `official/CSDS-March-2026.zip` as published, or the CSV in it.
        register: Current trusts and their predecessors.

    Returns:
        Activity by current trust, with all submitters beside it.

    Raises:
        InputError: A wrong, damaged or mixed file; a bad number; a total twice; providers that do not add up to
            all submitters within rounding.
    """
    period: tuple[date, date] | None = None
    period_text: tuple[str, str] | None = None
    providers: dict[str, dict[str, float]] = {}
    england: dict[str, float] = {}
    seen: set[tuple[str, ...]] = set()
    for row in read_zipped_rows(path, _COLUMNS, WHAT):
        if (row.cells[_START], row.cells[_END]) != period_text:
            if period is not None:
                raise row.error(f"{WHAT} mixes periods", _START, f"{period[0]} throughout")
            period, period_text = _dates(row), (row.cells[_START], row.cells[_END])
        level = row.text(_LEVEL)
        if level not in (_PROVIDER, _ALL):
            continue
        code = row.text(_CODE)
        if level == _PROVIDER:
            providers.setdefault(code, {})
        figures = _read(row)
        if figures is None:
            continue
        key = (level, code, row.cells[_DIMENSION], row.cells[_MEASURE])
        if key in seen:
            raise row.error(f"{code} has the same total twice", _DIMENSION, "each total once")
        seen.add(key)
        for name, value in figures.items():
            _add(providers[code] if level == _PROVIDER else england, name, value)
    if period is None or not providers:
        raise InputError(f"{WHAT} has no providers", where=str(path), expected=f"rows of level '{_PROVIDER}'")
    _check_sums(providers, england, path)
    folded: dict[str, dict[str, float]] = {}
    codes: dict[str, list[str]] = {}
    others: dict[str, float] = {}
    for code, figures in sorted(providers.items()):
        current = register.current(code)
        if current is None:
            others[code] = _known(figures.get("contacts")) or 0.0
            continue
        codes.setdefault(current, []).append(code)
        for name, value in figures.items():
            _add(folded.setdefault(current, {}), name, value)
    trusts = {c: _activity(c, folded.get(c, {}), tuple(codes[c])) for c in sorted(codes)}
    return Community(
        start=period[0],
        end=period[1],
        trusts=MappingProxyType(trusts),
        england=_activity("ALL", england, ("ALL",)),
        others_contacts=sum(others.values()),
        others=len(others),
        absent=tuple(code for code in register.codes() if code not in trusts),
    )
