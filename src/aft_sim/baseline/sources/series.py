"""England's published series: waiting times by month, targets by date, projected demand by year."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import UNKNOWN, Row, read_rows
from aft_sim.basis.errors import InputError

_FLOOR = re.compile(r"(\d+(?:\.\d+)?)\+")
_RTT_NEEDED = (
    *("month", "median_wait_weeks", "p92_wait_weeks", "pct_within_18w", "over_18w", "over_52w", "over_65w"),
    *("total_incomplete", "total_incomplete_as_reported", "admitted_completed", "nonadmitted_completed"),
    *("admitted_completed_as_reported", "nonadmitted_completed_as_reported", "new_clock_starts"),
    *("total_completed", "unreported_removals", "total_removals", "unreported_removals_share"),
)


@dataclass(frozen=True)
class RttMonthly:
    """England's RTT statistics by month, patients of English commissioners only.

    Columns without "as_reported" include the publisher's estimates for trusts that did not report.
    `pct_within_18w` and the other shares are fractions 0 to 1, waits are in weeks.

    Attributes:
        months: Such as "2007-04", in order and without gaps.
        columns: Name to values by month; NaN where blank and where only a floor is published.
        floors: Name to lower bounds by month, where the publication says "52+"; NaN elsewhere.
    """

    months: tuple[str, ...]
    columns: Mapping[str, NDArray[np.float64]]
    floors: Mapping[str, NDArray[np.float64]]

    def at(self, column: str, month: str) -> float:
        """One value; NaN where it is not published.

        Raises:
            InputError: No such column or month.
        """
        if column not in self.columns:
            raise InputError("no such column of the RTT series", found=column, expected=", ".join(self.columns))
        if month not in self.months:
            span = f"{self.months[0]} to {self.months[-1]}"
            raise InputError("no such month in the RTT series", found=month, expected=span)
        return float(self.columns[column][self.months.index(month)])


def _floor_or_number(row: Row, column: str) -> tuple[float, float]:
    match = _FLOOR.fullmatch(row.cells[column])
    return (UNKNOWN, float(match.group(1))) if match else (row.number(column), UNKNOWN)


def read_rtt_monthly(path: Path) -> RttMonthly:
    """Read England's monthly RTT series.

    Args:
        path: `series/rtt_monthly.csv`.

    Returns:
        All numeric columns of the file.

    Raises:
        InputError: A wrong file or cell; months out of order or with gaps.
    """
    months: list[str] = []
    values: dict[str, list[tuple[float, float]]] = {}
    for row in read_rows(path, _RTT_NEEDED, "the monthly RTT series"):
        month = row.text("month")
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
            raise row.error("not a month", "month", "a month such as 2026-01")
        if months and month != _next(months[-1]):
            raise row.error("the months are not in order", "month", f"{_next(months[-1])}, the next")
        months.append(month)
        for column in row.cells:
            if column not in ("month", "source"):
                values.setdefault(column, []).append(_floor_or_number(row, column))
    if not months:
        raise InputError("the monthly RTT series has no rows", where=str(path), expected="one row a month")
    table = {c: np.array(v) for c, v in values.items()}
    floors = {c: v[:, 1] for c, v in table.items() if not np.isnan(v[:, 1]).all()}
    columns = {c: v[:, 0] for c, v in table.items()}
    return RttMonthly(tuple(months), MappingProxyType(columns), MappingProxyType(floors))


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year}-{number + 1:02d}" if number < 12 else f"{year + 1}-01"


@dataclass(frozen=True)
class Target:
    """A dated target.

    Attributes:
        metric: What is to be reached, such as "RTT within 18 weeks".
        scope: "England" or "each trust".
        start: First day of the period in which it holds; the due day itself where it is one month's.
        due: Last day by which it is to be reached.
        value: The level in `unit`; None where the target is not one number.
        rise: For "+7 pp or 65%": the rise in percentage points that also satisfies it.
        text: The value as printed.
        unit: Such as "%" or "minutes"; empty where the source gives none.
        verified: Whether the source was opened, not recalled.
        source: Publication.
    """

    metric: str
    scope: str
    start: date
    due: date
    value: float | None
    rise: float | None
    text: str
    unit: str
    verified: bool
    source: str


def _month_end(year: int, month: int) -> date:
    after = date(year + month // 12, month % 12 + 1, 1)
    return after - timedelta(days=1)


def _span(row: Row) -> tuple[date, date]:
    """First and last day of "2026-03", "2025/26" or "2026/27-2028/29"."""
    text = row.text("when")
    month = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    if month:
        day = _month_end(int(month.group(1)), int(month.group(2)))
        return day, day
    years = re.fullmatch(r"(\d{4})/(\d\d)(?:-(\d{4})/(\d\d))?", text)
    if years:
        first = int(years.group(1))
        last = int(years.group(3) or first)
        if (first + 1) % 100 == int(years.group(2)) and (last + 1) % 100 == int(years.group(4) or years.group(2)):
            return date(first, 4, 1), date(last + 1, 3, 31)
    raise row.error("no such period", "when", "2026-03, 2025/26 or 2026/27-2028/29")


def read_targets(path: Path) -> tuple[Target, ...]:
    """Read the dated targets.

    Args:
        path: `series/targets_trajectory.csv`.

    Returns:
        The targets in file order; those that are not a number keep only their text.

    Raises:
        InputError: A wrong file or period.
    """
    targets = []
    columns = ("metric", "scope", "when", "value", "unit", "source", "status")
    for row in read_rows(path, columns, "the table of targets"):
        start, due = _span(row)
        text = row.text("value")
        either = re.fullmatch(r"\+(\d+(?:\.\d+)?) pp or (\d+(?:\.\d+)?)%", text)
        plain = re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text)
        value = float(either.group(2)) if either else float(text) if plain else None
        targets.append(
            Target(
                metric=row.text("metric"),
                scope=row.text("scope"),
                start=start,
                due=due,
                value=value,
                rise=float(either.group(1)) if either else None,
                text=text,
                unit="%" if either else row.cells["unit"],
                verified=row.text("status") == "opened",
                source=row.text("source"),
            )
        )
    return tuple(targets)


@dataclass(frozen=True)
class DemandProjection:
    """Projected demand at constant use by age, 2018/19 = 100 (Health Foundation working file, indicative).

    Attributes:
        years: Financial years such as "2018/19", in order.
        services: Names of the services.
        activity: Index of activity, shape (services, years).
        cost_weighted: Index of cost-weighted activity, shape (services, years).
        budget_2018_19: GBP million of 2018/19 by service; the same in every year of the file.
    """

    years: tuple[str, ...]
    services: tuple[str, ...]
    activity: NDArray[np.float64]
    cost_weighted: NDArray[np.float64]
    budget_2018_19: NDArray[np.float64]


def read_demand_projection(path: Path) -> DemandProjection:
    """Read the projection of demand.

    Args:
        path: `series/demand_projection_hf_2018_2040.csv`.

    Returns:
        Indices by service and year.

    Raises:
        InputError: A wrong file or cell; a service and year twice or missing; a budget that changes.
    """
    names = (
        "activity_index_2018_19",
        "cost_weighted_activity_index_2018_19",
        "baseline_budget_2018_19_gbp_m",
    )
    cells: dict[tuple[str, str], tuple[float, float, float]] = {}
    for row in read_rows(path, ("fy", "service", *names), "the projection of demand"):
        key = (row.text("service"), row.text("fy"))
        if not re.fullmatch(r"\d{4}/\d\d", key[1]):
            raise row.error("not a financial year", "fy", "a year such as 2018/19")
        if key in cells:
            raise row.error("the service and year are there twice", "service", "each pair once")
        a, b, c = (row.need_number(n, 0) for n in names)
        cells[key] = (a, b, c)
    services, years = sorted({s for s, _ in cells}), sorted({y for _, y in cells})
    if not cells or len(cells) != len(services) * len(years):
        gaps = [(s, y) for s in services for y in years if (s, y) not in cells]
        where = str(path)
        raise InputError("the projection of demand has gaps", where=where, found=gaps[:3], expected="none")
    table = np.array([[cells[s, y] for y in years] for s in services])
    if not np.allclose(table[:, :, 2], table[:, :1, 2]):
        what = "the baseline budget changes between years"
        raise InputError(what, where=str(path), expected="one budget of 2018/19 a service")
    return DemandProjection(tuple(years), tuple(services), table[:, :, 0], table[:, :, 1], table[:, 0, 2])
