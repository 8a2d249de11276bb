"""England's urgent care by month and its season: the packaged tables `urgent_monthly` and `urgent_season`.

Emergency admissions, A&E attendances and the share within four hours are those of the A&E time series; occupancy is
that of general and acute beds in the daily situation report; category 2 is the mean ambulance response. What single
trusts publish of urgent care and beds stands with the other facts (`facts`).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.seasonality import CLEAN_SPELLS, centred_year_mean
from aft_sim.baseline.sources.series_table import SeriesTable
from aft_sim.basis.calendar import Calendar
from aft_sim.basis.errors import InputError
from aft_sim.basis.units import DAYS_PER_WEEK, DAYS_PER_YEAR

Array = NDArray[np.float64]

MONTHLY, SEASON = "urgent_monthly", "urgent_season"
"""Names of the tables."""
COLUMNS: Mapping[str, tuple[str, str, float]] = {
    "admissions": ("ae_monthly", "emerg_adm_total", 1.0),
    "attendances": ("ae_monthly", "attend_total", 1.0),
    "four_hour": ("ae_monthly", "pct_4h_all", 100.0),
    "occupancy": ("ga_bed_occupancy_monthly", "ga_occupancy", 100.0),
    "category_2": ("ambulance_monthly", "c2_mean_min", 1.0),
}
"""Each column: its series, the column there, and the factor to people a month, per cent or minutes."""
MEASURES = ("admissions", "occupancy", "four_hour", "category_2")
"""What has a season: a factor of admissions a day, points of the two shares, minutes of the response."""

RESPONSE_SPELL = ((2023, 1), (2025, 7))
"""Months of the season of responses: those of December 2022, three times the usual, would be all of it."""


@dataclass(frozen=True, eq=False)
class UrgentSeries:
    """England's urgent care.

    Attributes:
        month: such as "2026-01", in order.
        admissions, attendances: (month,) people, all providers; NaN where not published.
        four_hour: (month,) % of attendances within four hours of arrival.
        occupancy: (month,) % of general and acute beds occupied.
        category_2: (month,) mean response in minutes.
        season: (measure, month of the year) in the order of `MEASURES`: a factor whose mean over days is one, then
            points and minutes above the mean of the year.
    """

    month: tuple[str, ...]
    admissions: Array
    attendances: Array
    four_hour: Array
    occupancy: Array
    category_2: Array
    season: Array

    @cached_property
    def _at(self) -> dict[str, int]:
        return {month: i for i, month in enumerate(self.month)}

    def at(self, column: str, month: str) -> float:
        """A published figure.

        Raises:
            InputError: the month is not in the series, or the figure is not published.
        """
        values: Array = getattr(self, column)
        if month not in self._at or np.isnan(values[self._at[month]]):
            raise InputError(f"no {column} of England in {month}", where=f"{MONTHLY}.parquet")
        return float(values[self._at[month]])

    def year_to(self, column: str, month: str) -> Array:
        """(12,) figures of the twelve months that end with one, or with the last before it that is published."""
        values: Array = getattr(self, column)
        known = [i for i, m in enumerate(self.month) if m <= month and np.isfinite(values[i])]
        if len(known) < 12 or known[-1] - known[-12] != 11:
            raise InputError(f"no whole year of {column} of England to {month}", where=f"{MONTHLY}.parquet")
        return values[known[-12] : known[-1] + 1]

    def weekly_rate(self, month: str) -> float:
        """Emergency admissions of an average week of the year that ends with a month, people."""
        return float(self.year_to("admissions", month).sum()) * DAYS_PER_WEEK / DAYS_PER_YEAR

    def season_of(self, measure: str, month: str) -> float:
        """Season of a measure in a month such as "2026-05"."""
        return float(self.season[MEASURES.index(measure), _split(month)[1] - 1])

    def weekly_season(self, weeks: Calendar) -> Array:
        """(measure, week) the season of each week, by the months its days lie in."""
        out = np.zeros((len(MEASURES), weeks.n_weeks))
        for week in range(weeks.n_weeks):
            days = [weeks.monday(week) + timedelta(days=d) for d in range(7)]
            out[:, week] = self.season[:, [day.month - 1 for day in days]].mean(axis=1)
        return out


def _split(month: str) -> tuple[int, int]:
    return int(month[:4]), int(month[5:])


def days_in(month: str) -> int:
    """Days of a month such as "2026-01"."""
    return calendar.monthrange(*_split(month))[1]


def estimate(
    month: tuple[str, ...], values: Array, ratio: bool, spells: tuple[tuple[tuple[int, int], ...], ...]
) -> Array:
    """Season of a series: (12,) mean of each month over, or above, the centred mean of twelve months.

    Args:
        month: consecutive months.
        values: (month,) NaN where not published.
        ratio: whether the season is a factor rather than a difference.
        spells: first and last month of each spell that counts.
    """
    level = centred_year_mean(values)
    away = values / level if ratio else values - level
    at = [_split(m) for m in month]
    use = np.isfinite(away) & np.array([any(first <= m <= last for first, last in spells) for m in at])
    found = np.array([away[use & np.array([m[1] == k + 1 for m in at])].mean() for k in range(12)])
    days = np.array([calendar.monthrange(2025, k + 1)[1] for k in range(12)])
    mean = float((found * days).sum() / days.sum())
    return found / mean if ratio else found - mean


def write_urgent(folder: Path, series: Mapping[str, SeriesTable]) -> None:
    """Write both tables from the published series."""
    published = [p for p, n in zip(series["ae_monthly"].periods, _column(series, "admissions"), strict=True) if n > 0]
    month = tuple(sorted(published))
    columns = {}
    for name, (table, _, factor) in COLUMNS.items():
        by_month = dict(zip(series[table].periods, _column(series, name), strict=True))
        columns[name] = np.array([by_month.get(m, np.nan) * factor for m in month])
    tables.write(folder, MONTHLY, {"month": list(month)} | columns)
    # shares and responses have moved to other levels since the pandemic, and with them what a season means
    days = np.array([days_in(m) for m in month])
    season = {"admissions": estimate(month, columns["admissions"] / days, True, CLEAN_SPELLS)}
    season |= {name: estimate(month, columns[name], False, CLEAN_SPELLS[1:]) for name in ("occupancy", "four_hour")}
    season["category_2"] = estimate(month, columns["category_2"], False, (RESPONSE_SPELL,))
    tables.write(folder, SEASON, {"month": np.arange(1, 13, dtype=np.int8)} | season)


def _column(series: Mapping[str, SeriesTable], name: str) -> Array:
    table, column, _ = COLUMNS[name]
    return series[table].columns[column]


def read_urgent(folder: Path) -> UrgentSeries:
    """Read both tables.

    Raises:
        InputError: one is missing or broken.
    """
    found, season = tables.read(folder, MONTHLY), tables.read(folder, SEASON)
    return UrgentSeries(
        month=tuple(found["month"]),
        season=np.stack([season[name] for name in MEASURES]),
        **{name: np.asarray(found[name], dtype=np.float64) for name in COLUMNS},
    )
