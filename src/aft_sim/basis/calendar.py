"""Weeks, months, quarters and financial years of a run.

A step is one week, Monday to Sunday, numbered from 0. A month closes on the Sunday nearest its
last day, so every week belongs to exactly one month, which may differ from the calendar month of
some of its days by at most three.
"""

from __future__ import annotations

import calendar as _calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from aft_sim.basis.errors import InputError

QUARTERS_A_YEAR = 4
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a run.

    Attributes:
        year: Calendar year.
        month: Calendar month, 1 to 12.
        first_week: Number of its first week inside the run.
        close_week: Number of its last week, whose Sunday is nearest the month's last day.
        days: Days of the calendar month, 28 to 31: flows published by calendar month are scaled by it.
    """

    year: int
    month: int
    first_week: int
    close_week: int
    days: int

    @property
    def label(self) -> str:
        """The month as "2026-02"."""
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def n_weeks(self) -> int:
        """Weeks of the run that belong to the month (4 or 5, fewer in a broken first month)."""
        return self.close_week - self.first_week + 1

    @property
    def last_day(self) -> date:
        """The last day of the calendar month."""
        return date(self.year, self.month, self.days)


def closing_sunday(year: int, month: int) -> date:
    """Return the Sunday nearest the last day of a month (never a tie: a week has seven days)."""
    last = date(year, month, _calendar.monthrange(year, month)[1])
    since_sunday = (last.weekday() + 1) % 7
    return last - timedelta(days=since_sunday) if since_sunday <= 3 else last + timedelta(days=7 - since_sunday)


def opening_monday(year: int, month: int) -> date:
    """Return the Monday on which a run from the lists at a month's end begins: the day after its closing Sunday."""
    return closing_sunday(year, month) + timedelta(days=1)


def financial_year(day: date) -> str:
    """Return the financial year (April to March) of a day, as "2026/27"."""
    first = day.year if day.month >= 4 else day.year - 1
    return f"{first}/{(first + 1) % 100:02d}"


@dataclass(frozen=True)
class Calendar:
    """The weeks of a run.

    Attributes:
        start: The Monday on which week 0 begins.
        end: A day in the last month; the run ends when that month closes.
    """

    start: date = date(2026, 2, 2)
    end: date = date(2036, 3, 31)

    def __post_init__(self) -> None:
        """Refuse a start that is not a Monday and a window without a closing month."""
        if self.start.weekday() != 0:
            monday = self.start - timedelta(days=self.start.weekday())
            raise InputError(
                "a run must start on a Monday",
                where="start",
                found=f"{self.start:%A %d %B %Y}",
                expected=f"for example {monday.isoformat()} or {(monday + _WEEK).isoformat()}",
            )
        if closing_sunday(self.end.year, self.end.month) < self.start:
            raise InputError(
                "a run must end after it starts",
                where="end",
                found=self.end.isoformat(),
                expected=f"a day in a month that closes after {self.start.isoformat()}",
            )

    @cached_property
    def n_weeks(self) -> int:
        """Number of weeks: 530 in the default window."""
        return self.week_of(closing_sunday(self.end.year, self.end.month)) + 1

    def monday(self, week: int) -> date:
        """Return the first day of a week; `week` may lie outside the run."""
        return self.start + week * _WEEK

    def sunday(self, week: int) -> date:
        """Return the last day of a week; `week` may lie outside the run."""
        return self.monday(week) + timedelta(days=6)

    def week_of(self, day: date) -> int:
        """Return the number of the week that holds `day`: negative before the run, >= n_weeks after it."""
        return (day - self.start).days // 7

    @cached_property
    def months(self) -> tuple[Month, ...]:
        """All months that close in the run, in order; the first may have begun before it."""
        year, month = self.start.year, self.start.month
        if closing_sunday(year, month) < self.start:
            year, month = _next_month(year, month)
        found: list[Month] = []
        first = 0
        while first < self.n_weeks:
            close = self.week_of(closing_sunday(year, month))
            found.append(Month(year, month, first, close, _calendar.monthrange(year, month)[1]))
            first = close + 1
            year, month = _next_month(year, month)
        return tuple(found)

    @cached_property
    def month_of_week(self) -> npt.NDArray[np.int64]:
        """Index into `months` of each week, shape (n_weeks,), read-only."""
        index = np.repeat(np.arange(len(self.months)), [m.n_weeks for m in self.months])
        index.flags.writeable = False
        return index

    @cached_property
    def _closing(self) -> dict[int, Month]:
        return {m.close_week: m for m in self.months}

    def closing_month(self, week: int) -> Month | None:
        """Return the month that closes at the end of `week`, or None."""
        return self._closing.get(week)

    def month(self, label: str) -> Month:
        """Return the month with a label such as "2026-02".

        Raises:
            InputError: If the run has no such month.
        """
        for found in self.months:
            if found.label == label:
                return found
        raise InputError(
            "no such month in this run",
            found=label,
            expected=f"{self.months[0].label} to {self.months[-1].label}",
        )

    @cached_property
    def quarter_close_weeks(self) -> tuple[int, ...]:
        """Weeks at whose end a quarter (to June, September, December, March) closes."""
        return tuple(m.close_week for m in self.months if m.month % 3 == 0)

    @cached_property
    def year_close_weeks(self) -> tuple[int, ...]:
        """Weeks at whose end a financial year (to March) closes."""
        return tuple(m.close_week for m in self.months if m.month == 3)

    def first_week_of_april(self, year: int) -> int:
        """Return the week after March of `year` closes; it may lie outside the run."""
        return self.week_of(closing_sunday(year, 3)) + 1

    def financial_year(self, day: date) -> str:
        """Return the financial year (April to March) of a day, as "2026/27"."""
        return financial_year(day)

    def around_month_end(self, month: Month) -> tuple[int, int, float]:
        """Return the two weeks whose Sundays enclose a month's last day, and the weight of the later one.

        A month-end figure is `(1 - weight) * end_of(before) + weight * end_of(after)`; `before` may be
        -1 (the opening state) and `after` may be `n_weeks`.
        """
        before = self.week_of(month.last_day - timedelta(days=6))
        gap = (month.last_day - self.sunday(before)).days
        return before, before + 1, gap / 7.0

    def working_days(self, week: int) -> list[tuple[int, int]]:
        """Return the working days of a week by calendar month: [(month 1..12, days), ...] in order.

        Working days are Monday to Friday less the bank holidays of England. A month without a working
        day in the week is left out, so the list may be empty only in a week without any.
        """
        counts: dict[int, int] = {}
        for offset in range(5):
            day = self.monday(week) + timedelta(days=offset)
            if day not in bank_holidays(day.year):
                counts[day.month] = counts.get(day.month, 0) + 1
        return list(counts.items())


@lru_cache(maxsize=4096)
def working_days_in_month(year: int, month: int) -> int:
    """Return the number of working days of a calendar month in England."""
    days = [date(year, month, d) for d in range(1, _calendar.monthrange(year, month)[1] + 1)]
    return sum(day.weekday() < 5 and day not in bank_holidays(year) for day in days)


@lru_cache(maxsize=256)
def bank_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of England in a calendar year."""
    import holidays

    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def months_left(month: int) -> int:
    """Return the months of the financial year that are left, the given one (1 to 12) included."""
    return (3 - month) % 12 + 1


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)
