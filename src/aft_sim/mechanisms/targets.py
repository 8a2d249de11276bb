"""Targets move the order of treatment, not its amount (model section 5.3).

A dated target multiplies the priority of people at or over the standard in the weeks before it falls due. Year-end
sprints are smaller in ordinary years than when a national target falls due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis.calendar import Calendar

Array = NDArray[np.float64]

#: A sprint runs through the month in which a target is measured.
SPRINT_MONTH = 3


def pressure_path(calendar: Calendar, every_march: Array, when_due: Array, due: Sequence[date]) -> Array:
    """Multiplier on the priority of long waiters, by week.

    Args:
        calendar: the weeks of the run.
        every_march: (week,) factor in an ordinary March.
        when_due: (week,) factor in a month in which a dated national target falls due.
        due: the months' last days.

    Returns:
        (week,) one outside sprints.
    """
    due_months = {(day.year, day.month) for day in due}
    out = np.ones(calendar.n_weeks)
    for month in calendar.months:
        weeks = slice(month.first_week, month.close_week + 1)
        if (month.year, month.month) in due_months:
            out[weeks] = when_due[weeks]
        elif month.month == SPRINT_MONTH:
            out[weeks] = every_march[weeks]
    return out
