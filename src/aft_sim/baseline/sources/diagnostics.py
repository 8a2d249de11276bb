"""Diagnostic waits and activity (DM01) by trust and test, from the monthly full extract.

The extract has one row for each provider, commissioner and test and, beside the fifteen tests, a row "TOTAL" that
repeats their sum: tests or the total, never both. The totals are used only to check the tests.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import Row
from aft_sim.baseline.sources._zipped import read_zipped_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError, did_you_mean

WHAT = "the diagnostics full extract"
TESTS = (
    *("MRI", "CT", "NON_OBSTETRIC_ULTRASOUND", "BARIUM_ENEMA", "DEXA_SCAN", "AUDIOLOGY_ASSESSMENTS"),
    *("ECHOCARDIOGRAPHY", "ELECTROPHYSIOLOGY", "PERIPHERAL_NEUROPHYS", "SLEEP_STUDIES", "URODYNAMICS"),
    *("COLONOSCOPY", "FLEXI_SIGMOIDOSCOPY", "CYSTOSCOPY", "GASTROSCOPY"),
)
"""The tests of the return, in its order; the last axis of every array by test."""
NONC = "NONC"
"""Commissioner code of patients from outside England."""
_TOTAL_TEST = "TOTAL"
_BANDS = ("00 < 01 Week", *(f"{w:02d} < {w + 1:02d} Weeks" for w in range(1, 13)), "13+ Weeks")
_WAITING = "Total WL"
_ACTIVITY = ("Waiting List Activity", "Planned Activity", "Unscheduled Activity")
_DONE = "Total Activity"
_COUNTS = (*_BANDS, _WAITING, *_ACTIVITY, _DONE)
_PERIOD, _PROVIDER, _PAYER, _TEST = "Period", "Provider Org Code", "Commissioner Org Code", "Diagnostic Tests"
_MONTHS = [m.upper() for m in calendar.month_name]
_PERIOD_FORM = re.compile(r"DM01-([A-Z]+)-(\d{4})")


@dataclass(frozen=True)
class DiagnosticTests:
    """People waiting and tests done in one month; each tuple has one number a test, in the order of `TESTS`.

    Attributes:
        waiting: People waiting at the end of the month.
        over_6: Those of them who have waited six weeks or more (the constitutional standard).
        over_13: Those of them who have waited 13 weeks or more.
        from_list: Tests done in the month for people on the waiting list.
        planned: Tests done that were planned for that time (surveillance), not counted as waiting.
        unscheduled: Tests done for emergency patients and inpatients.
    """

    waiting: tuple[int, ...]
    over_6: tuple[int, ...]
    over_13: tuple[int, ...]
    from_list: tuple[int, ...]
    planned: tuple[int, ...]
    unscheduled: tuple[int, ...]

    @property
    def done(self) -> int:
        """All tests done in the month."""
        return sum(self.from_list) + sum(self.planned) + sum(self.unscheduled)

    @property
    def share_over_6(self) -> float | None:
        """Share of those waiting who have waited six weeks or more, None where nobody waits."""
        return sum(self.over_6) / sum(self.waiting) if sum(self.waiting) else None


@dataclass(frozen=True)
class TrustDiagnostics:
    """Diagnostics of one current trust, predecessors added up, patients from outside England included.

    Attributes:
        code: Current ODS code.
        tests: Waiting and activity by test.
        outside: People waiting whose commissioner is not English, part of `tests`.
        codes: Codes in the extract that were added up.
    """

    code: str
    tests: DiagnosticTests
    outside: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Diagnostics:
    """One month of diagnostics.

    Attributes:
        period: Last day of the month.
        trusts: Current code to figures, for the trusts with at least one person waiting or test done.
        everyone: All providers, patients from outside England included.
        england: All providers, English commissioners only.
        others: Providers that are no trust of the register (independent, community interest), all patients.
        idle: Current trusts in the extract with nobody waiting and no tests: no service, or no return.
        absent: Current trusts that are not in the extract.
    """

    period: date
    trusts: Mapping[str, TrustDiagnostics]
    everyone: DiagnosticTests
    england: DiagnosticTests
    others: DiagnosticTests
    idle: tuple[str, ...]
    absent: tuple[str, ...]


Counts = NDArray[np.int64]


def _zeros() -> Counts:
    return np.zeros((6, len(TESTS)), dtype=np.int64)


@dataclass
class _Provider:
    """Counts of one provider: all commissioners, and those outside England, shape (6, tests)."""

    all: Counts = field(default_factory=_zeros)
    outside: Counts = field(default_factory=_zeros)


def _tests(counts: Counts) -> DiagnosticTests:
    return DiagnosticTests(*(tuple(int(n) for n in line) for line in counts))


def _period(row: Row) -> date:
    match = _PERIOD_FORM.fullmatch(row.text(_PERIOD).upper())
    if match is None or match.group(1) not in _MONTHS[1:]:
        raise row.error("the period is not a month of the diagnostics extract", _PERIOD, "such as DM01-MARCH-2026")
    year, month = int(match.group(2)), _MONTHS.index(match.group(1))
    return date(year, month, calendar.monthrange(year, month)[1])


def _count(row: Row, column: str) -> int:
    """A count; a blank is an error, because it would silently be a zero in a sum."""
    text = row.cells[column]
    if text.isdecimal():
        return int(text)
    if not text:
        raise row.error(f"column '{column}' is blank", column, "a count in every row: a blank is not zero")
    raise row.error(f"column '{column}' is not a count", column, "a whole number such as 0 or 1672, without commas")


def _counts(row: Row) -> tuple[Counts, int, int]:
    """The six figures of a row, the list and the activity as the row states them; its own sums are checked."""
    value = {column: _count(row, column) for column in _COUNTS}
    bands, done = [value[b] for b in _BANDS], [value[a] for a in _ACTIVITY]
    for column, total in ((_WAITING, sum(bands)), (_DONE, sum(done))):
        if value[column] != total:
            raise row.error(f"the parts do not add up to '{column}'", column, f"{total}, the sum of its parts")
    figures = [value[_WAITING], sum(bands[6:]), bands[13], *done]
    return np.array(figures, dtype=np.int64), value[_WAITING], value[_DONE]


class _Collector:
    """Adds the rows up; keeps what is needed to find duplicates and to check the totals."""

    def __init__(self) -> None:
        self.period: date | None = None
        self.period_text = ""
        self.providers: dict[str, _Provider] = {}
        self.seen: set[tuple[str, str, str]] = set()
        self.tests: dict[tuple[str, str], list[int]] = {}
        self.totals: dict[tuple[str, str], tuple[int, int, str]] = {}

    def add(self, row: Row) -> None:
        provider, payer, test = row.text(_PROVIDER), row.text(_PAYER), row.text(_TEST).upper()
        if row.cells[_PERIOD] != self.period_text:
            if self.period is not None:
                raise row.error(f"{WHAT} mixes months", _PERIOD, f"one month a file, here {self.period_text}")
            self.period, self.period_text = _period(row), row.cells[_PERIOD]
        if (provider, payer, test) in self.seen:
            what = f"provider {provider}, commissioner {payer} and test are there twice"
            raise row.error(what, _TEST, "each once, or it would count double")
        self.seen.add((provider, payer, test))
        figures, waiting, done = _counts(row)
        if test == _TOTAL_TEST:
            self.totals[provider, payer] = (waiting, done, row.where)
            return
        if test not in TESTS:
            raise row.error("no such diagnostic test", _TEST, "one of the fifteen", did_you_mean(test, TESTS))
        found = self.providers.setdefault(provider, _Provider())
        found.all[:, TESTS.index(test)] += figures
        if payer == NONC:
            found.outside[:, TESTS.index(test)] += figures
        pair = self.tests.setdefault((provider, payer), [0, 0])
        pair[0] += waiting
        pair[1] += done

    def check_totals(self) -> None:
        """The rows "TOTAL", where there are any, repeat the sum of the tests."""
        for (provider, payer), (waiting, done, where) in self.totals.items():
            sums = self.tests.get((provider, payer), [0, 0])
            if [waiting, done] != sums:
                raise InputError(
                    f"the total of provider {provider}, commissioner {payer} is not the sum of its tests",
                    where=where,
                    found=f"{waiting} waiting, {done} done",
                    expected=f"{sums[0]} waiting, {sums[1]} done",
                )


def read_diagnostics(path: Path, register: TrustRegister) -> Diagnostics:
    """Read one month of the diagnostics extract.

    Args:
        path: `official/DM01-March-2026-full-extract.zip` as published, or the CSV in it.
        register: Current trusts and their predecessors.

    Returns:
        Waiting and activity by test for each current trust, with England's totals.

    Raises:
        InputError: A wrong, damaged or mixed file; a bad count or a blank; an unknown test; a provider,
            commissioner and test twice; bands, activities or tests that do not add up to their totals.
    """
    rows = _Collector()
    for row in read_zipped_rows(path, (_PERIOD, _PROVIDER, _PAYER, _TEST, *_COUNTS), WHAT):
        rows.add(row)
    if rows.period is None or not rows.providers:
        raise InputError(f"{WHAT} has no rows by test", where=str(path), expected="rows below the header")
    rows.check_totals()
    folded: dict[str, _Provider] = {}
    codes: dict[str, list[str]] = {}
    everyone, england, others = _zeros(), _zeros(), _zeros()
    for provider, found in sorted(rows.providers.items()):
        everyone += found.all
        england += found.all - found.outside
        current = register.current(provider)
        if current is None:
            others += found.all
            continue
        whole = folded.setdefault(current, _Provider())
        whole.all += found.all
        whole.outside += found.outside
        codes.setdefault(current, []).append(provider)
    trusts = {
        code: TrustDiagnostics(code, _tests(p.all), int(p.outside[0].sum()), tuple(codes[code]))
        for code, p in sorted(folded.items())
        if p.all.any()
    }
    return Diagnostics(
        period=rows.period,
        trusts=MappingProxyType(trusts),
        everyone=_tests(everyone),
        england=_tests(england),
        others=_tests(others),
        idle=tuple(sorted(code for code, p in folded.items() if not p.all.any())),
        absent=tuple(code for code in register.codes() if code not in folded),
    )
