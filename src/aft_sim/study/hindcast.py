"""A short hindcast: England as one list, real flows given, from a rebuilt opening; how far off are the waits?

It tests the parts that no flow tells: who is treated, who is removed, how waits age. The opening list is not
published by
week, only in summary; it is rebuilt from those figures by bending today's shape until every published figure is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.basis.calendar import Calendar, closing_sunday, working_days_in_month
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import measures, removals, targets
from aft_sim.mechanisms.waiting_list import GROUPS, LATE_WEEKS, WEEKS, WeekFlows, WeekInputs, advance
from aft_sim.spec.register import Register

Array = NDArray[np.float64]

MEASURES = ("within_18_share", "median_weeks", "p92_weeks", "over_52", "over_65", "list")
PUBLISHED = {
    "within_18_share": "pct_within_18w",
    "median_weeks": "median_wait_weeks",
    "p92_weeks": "p92_wait_weeks",
    "over_52": "over_52w",
    "over_65": "over_65w",
    "list": "total_incomplete",
}
#: Figures of a month's summary from which its list is rebuilt.
SUMMARY = (
    "total_incomplete",
    "median_wait_weeks",
    "pct_within_18w",
    "p92_wait_weeks",
    *(f"over_{w}w" for w in (52, 65, 78, 104)),
)


@dataclass(frozen=True)
class Hindcast:
    """Model and publication by month.

    Attributes:
        months: as "2024-04".
        modelled, published: measure -> values by month (shares in percent).
    """

    months: tuple[str, ...]
    modelled: dict[str, Array]
    published: dict[str, Array]

    def miss(self, measure: str) -> Array:
        """Modelled less published, by month."""
        return self.modelled[measure] - self.published[measure]


def published(bundle: Bundle, month: str) -> dict[str, float]:
    """Published figures of a month.

    Raises:
        InputError: the series does not hold the month.
    """
    months = list(bundle.series["month"])
    if month not in months:
        raise InputError("no such month in England's series", found=month, expected=f"{months[0]} to {months[-1]}")
    at = months.index(month)
    row = {name: float(bundle.series[name][at]) for name in bundle.series if name != "month"}
    return row | {name: row[column] * (100 if "share" in name else 1) for name, column in PUBLISHED.items()}


def rebuild(bundle: Bundle, month: str) -> Array:
    """People by week waited at a month's end, (week,), from the published summary of that month.

    The list of the baseline's month gives the shape. Its cumulative distribution is mapped, piecewise linearly, so
    that the
    total, the median, the 92nd percentile, and the counts within 18 and over 52, 65, 78 and 104 weeks are those
    published.
    """
    row = published(bundle, month)
    missing = [name for name in SUMMARY if not np.isfinite(row[name])]
    if missing:
        raise InputError(
            "the month's list cannot be rebuilt: not published",
            found=", ".join(missing),
            expected="a month from 2021-04 on",
        )
    total = row["total_incomplete"]
    shape = bundle.waiting[:, 0].sum(axis=0)
    cumulative = np.concatenate([[0.0], np.cumsum(shape) / shape.sum()])
    knots = {0.0: 0.0, row["median_weeks"]: 0.5, 18.0: row["pct_within_18w"], row["p92_weeks"]: 0.92, 105.0: 1.0}
    knots |= {float(w): 1 - row[f"over_{w}w"] / total for w in (52, 65, 78, 104)}
    at = np.array(sorted(knots))
    reached = np.array([knots[k] for k in at])
    mapped = np.interp(cumulative, np.interp(at, np.arange(WEEKS + 1.0), cumulative), reached)
    return np.asarray(total * np.diff(mapped))


def weekly_flow(bundle: Bundle, column: str, calendar: Calendar) -> Array:
    """A published monthly flow by week: each month's total spread over its working days.

    Days after the last published month, to which its closing Sunday may reach, take that month's daily flow.
    """
    last = str(bundle.series["month"][-1])
    out = np.zeros(calendar.n_weeks)
    for week in range(calendar.n_weeks):
        monday = calendar.monday(week)
        for month, days in calendar.working_days(week):
            year = monday.year + 1 if month == 1 and monday.month == 12 else monday.year
            label = min(f"{year}-{month:02d}", last)
            in_month = working_days_in_month(int(label[:4]), int(label[5:]))
            out[week] += published(bundle, label)[column] / in_month * days
    return out


def hindcast(
    bundle: Bundle, start: str = "2024-03", end: str = "2026-01", register: Register | None = None
) -> Hindcast:
    """Run England's list from one month's end to another's with the published flows given.

    Args:
        bundle: the baseline, which holds the series and today's priorities.
        start: month whose end is the opening.
        end: last month.
        register: parameters of removals and targets; the shipped register if None.

    Returns:
        Modelled figures at each month's end (interpolated between the two nearest Sundays) and the published ones.
    """
    r = register or Register.load()
    first = _monday_after(start)
    calendar = Calendar(first, date(int(end[:4]), int(end[5:]), 28))
    n = np.zeros((1, GROUPS, WEEKS))
    n[0, 0] = rebuild(bundle, start)
    flow = {
        name: weekly_flow(bundle, column, calendar)
        for name, column in (
            ("starts", "new_clock_starts"),
            ("admitted", "admitted_completed"),
            ("non_admitted", "nonadmitted_completed"),
            ("removed", "unreported_removals"),
        )
    }
    states = [n[0, 0].copy()]
    weeks = calendar.n_weeks
    pressure = targets.pressure_path(
        calendar,
        np.full(weeks, r.number("targets.march_pressure")),
        np.full(weeks, r.number("targets.due_pressure")),
        [],
    )
    late, share = r.number("removals.late_share"), r.number("removals.validated_share")
    list_now = bundle.waiting.sum(axis=(0, 1))
    out = WeekFlows.allocate(1)
    for week in range(weeks):
        starts = np.zeros((1, GROUPS))
        starts[0, 0] = flow["starts"][week]
        advance(
            n,
            WeekInputs(
                arrivals=starts,
                late=np.repeat(starts[:, :, None] * late / LATE_WEEKS, LATE_WEEKS, axis=2),
                returns=np.zeros((1, GROUPS)),
                removals=np.array([flow["removed"][week] * (1 - share) + late * starts.sum()]),
                validated=np.array([flow["removed"][week] * share]),
                removal_hazard=removals.hazard_shape(),
                priority_adm=(bundle.england_completions[0] / list_now)[None],
                priority_non=(bundle.england_completions[1] / list_now)[None],
                access=np.ones((1, GROUPS)),
                capacity_adm=flow["admitted"][week : week + 1].copy(),
                capacity_non=flow["non_admitted"][week : week + 1].copy(),
                pressure=pressure[week : week + 1].copy(),
                pressure_from=int(r.number("targets.weeks")),
            ),
            out,
        )
        states.append(n[0, 0].copy())
    return _measure(bundle, calendar, states)


def _monday_after(month: str) -> date:
    return closing_sunday(int(month[:4]), int(month[5:])) + timedelta(days=1)


def _measure(bundle: Bundle, calendar: Calendar, states: list[Array]) -> Hindcast:
    """Interpolate the state to each month's last day and measure it."""
    months, rows = [], []
    for month in calendar.months:
        before, after, weight = calendar.around_month_end(month)
        later = states[min(after + 1, len(states) - 1)]
        people = (1 - weight) * states[before + 1] + weight * later
        months.append(month.label)
        rows.append(
            {
                "within_18_share": float(measures.within_18_share(people)),
                "median_weeks": float(measures.median(people)),
                "p92_weeks": float(measures.p92(people)),
                "over_52": float(measures.over_52(people)),
                "over_65": float(measures.over_65(people)),
                "list": float(measures.total(people)),
            }
        )
    given = [published(bundle, m) for m in months]
    return Hindcast(
        tuple(months),
        {k: np.array([row[k] for row in rows]) for k in MEASURES},
        {k: np.array([row[k] for row in given]) for k in MEASURES},
    )
