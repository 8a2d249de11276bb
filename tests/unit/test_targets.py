"""When the order of treatment is under the pressure of a target."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.basis.calendar import Calendar
from aft_sim.mechanisms.targets import pressure_path

pytestmark = pytest.mark.unit

CALENDAR = Calendar(end=date(2028, 4, 30))
WEEKS = CALENDAR.n_weeks


def path(due=()):
    return pressure_path(CALENDAR, np.full(WEEKS, 1.05), np.full(WEEKS, 1.25), due)


def weeks_of(label):
    month = CALENDAR.month(label)
    return slice(month.first_week, month.close_week + 1)


def test_every_march_and_no_other_month():
    got = path()
    for month in CALENDAR.months:
        expected = 1.05 if month.month == 3 else 1.0
        assert (got[weeks_of(month.label)] == expected).all(), month.label


def test_a_target_that_falls_due_presses_harder():
    got = path([date(2027, 3, 31)])
    assert (got[weeks_of("2027-03")] == 1.25).all()
    assert (got[weeks_of("2026-03")] == 1.05).all()
    assert (got[weeks_of("2028-03")] == 1.05).all()


def test_a_target_may_fall_due_in_another_month():
    got = path([date(2026, 9, 30)])
    assert (got[weeks_of("2026-09")] == 1.25).all()


def test_a_dated_change_of_the_pressure_acts_from_its_week():
    march = CALENDAR.month("2027-03")
    every = np.full(WEEKS, 1.05)
    every[march.first_week + 2 :] = 1.4
    got = pressure_path(CALENDAR, every, np.ones(WEEKS), [])
    assert got[march.first_week : march.close_week + 1].tolist() == [1.05] * 2 + [1.4] * (march.n_weeks - 2)
