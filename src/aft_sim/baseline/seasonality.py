"""The calendar of RTT flows: seasonal factors per working day, estimated from the England monthly series.

A month's flow is a level times a month-of-year factor times its number of working days. Estimating per working
day lets Easter and Christmas fall where they fall, and lets a week be scaled by the working days it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis.calendar import Calendar, working_days_in_month

Array = NDArray[np.float64]

#: Months used to estimate the season: those whose centred 12-month window lies wholly before the pandemic or wholly
#: after its elective shutdown. First and last month of each spell, inclusive.
CLEAN_SPELLS = (((2016, 4), (2019, 8)), ((2022, 10), (2025, 7)))


@dataclass(frozen=True)
class Season:
    """Month-of-year factors per working day, mean one over a standard year.

    Attributes:
        factor: (flow, month 1..12 as 0..11), dimensionless; flows in the order of `FLOWS`.
    """

    factor: Array
    FLOWS = ("starts", "completions", "removals")

    def weekly(self, calendar: Calendar) -> Array:
        """Multiplier of a week's flow, shape (flow, week), mean close to one over a year."""
        out = np.zeros((3, calendar.n_weeks))
        for week in range(calendar.n_weeks):
            for month, days in calendar.working_days(week):
                out[:, week] += self.factor[:, month - 1] * days
        return out / STANDARD_WORKING_DAYS_A_WEEK

    def month_total(self, year: int, month: int) -> Array:
        """How many standard weeks' worth of flow a calendar month holds, shape (flow,)."""
        days = working_days_in_month(year, month)
        return self.factor[:, month - 1] * days / STANDARD_WORKING_DAYS_A_WEEK


#: 253 working days a year over 365.25 / 7 weeks: the working days of an average week in England.
STANDARD_WORKING_DAYS_A_WEEK = 253 / (365.25 / 7)


def centred_year_mean(values: Array) -> Array:
    """Centred 12-month moving average (2 x 12); NaN where the window is incomplete."""
    out = np.full(values.size, np.nan)
    kernel = np.r_[0.5, np.ones(11), 0.5] / 12
    if values.size >= 13:
        out[6:-6] = np.convolve(values, kernel, mode="valid")
    return out


def estimate_season(months: list[tuple[int, int]], flows: Array) -> Season:
    """Estimate the season from monthly flows.

    Args:
        months: (year, month) of each column, consecutive.
        flows: (flow, month), people a month; NaN where not published.

    Returns:
        The season; factors scaled so that a standard year of working days has mean one.
    """
    working = np.array([working_days_in_month(y, m) for y, m in months], dtype=float)
    clean = np.zeros(len(months), dtype=bool)
    for first, last in CLEAN_SPELLS:
        clean |= np.array([first <= ym <= last for ym in months])
    factor = np.ones((3, 12))
    for i, flow in enumerate(flows):
        per_day = flow / working
        ratio = per_day / centred_year_mean(per_day)
        for m in range(12):
            use = clean & np.isfinite(ratio) & np.array([ym[1] == m + 1 for ym in months])
            factor[i, m] = ratio[use].mean()
        year = np.array([working_days_in_month(2025, m + 1) for m in range(12)], dtype=float)
        factor[i] *= year.sum() / (factor[i] * year).sum()
    return Season(factor)


def latest_year_weekly_rate(months: list[tuple[int, int]], flow: Array, season: Season, index: int, end: date) -> float:
    """England's flow a standard week over the twelve months to `end`, season and working days taken out."""
    use = [j for j, ym in enumerate(months) if (end.year - 1, end.month) < ym <= (end.year, end.month)]
    weeks = sum(season.month_total(*months[j])[index] for j in use)
    return float(flow[use].sum() / weeks)
