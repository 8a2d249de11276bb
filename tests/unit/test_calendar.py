"""Weeks, months, quarters, years and working days."""

import itertools
import pickle
from datetime import date, timedelta

import numpy as np
import pytest

from aft_sim.basis.calendar import (
    Calendar,
    bank_holidays,
    closing_sunday,
    financial_year,
    working_days_in_month,
)
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

WINDOWS = {
    "default": Calendar(),
    "hindcast": Calendar(date(2024, 4, 1), date(2026, 1, 31)),
    "broken first month": Calendar(date(2026, 1, 12), date(2027, 12, 31)),
    "mid-month end": Calendar(date(2026, 2, 2), date(2027, 6, 15)),
    "one month": Calendar(date(2026, 2, 2), date(2026, 2, 28)),
    "leap years": Calendar(date(2023, 1, 2), date(2033, 2, 28)),
}


@pytest.fixture(params=WINDOWS.values(), ids=WINDOWS.keys())
def window(request):
    return request.param


def test_default_window():
    calendar = Calendar()
    assert calendar.n_weeks == 530
    assert len(calendar.months) == 122
    february, march = calendar.months[0], calendar.months[-1]
    assert (february.label, february.first_week, february.close_week, february.days) == ("2026-02", 0, 3, 28)
    assert calendar.sunday(3) == date(2026, 3, 1)
    assert (march.label, march.close_week) == ("2036-03", 529)
    assert calendar.sunday(529) == date(2036, 3, 30)


def test_hindcast_window_begins_with_whole_april():
    calendar = WINDOWS["hindcast"]
    assert calendar.months[0].label == "2024-04"
    assert calendar.months[0].first_week == 0
    assert calendar.months[-1].label == "2026-01"
    assert calendar.sunday(calendar.n_weeks - 1) == date(2026, 2, 1)


def test_broken_first_month_keeps_its_close():
    first = WINDOWS["broken first month"].months[0]
    assert (first.label, first.n_weeks, first.days) == ("2026-01", 3, 31)


def test_end_inside_a_month_runs_to_its_close():
    assert WINDOWS["mid-month end"].months[-1].label == "2027-06"


def test_months_tile_the_weeks(window):
    months = window.months
    assert months[0].first_week == 0
    assert months[-1].close_week == window.n_weeks - 1
    for before, after in itertools.pairwise(months):
        assert after.first_week == before.close_week + 1
        assert (after.year, after.month) == (before.year + before.month // 12, before.month % 12 + 1)
    assert all(4 <= month.n_weeks <= 5 for month in months[1:])


def test_every_close_is_the_nearest_sunday(window):
    for month in window.months:
        close = window.sunday(month.close_week)
        assert close.weekday() == 6
        assert abs((close - month.last_day).days) <= 3


def test_month_of_week_matches_months_and_cannot_be_written(window):
    index = window.month_of_week
    assert index.shape == (window.n_weeks,)
    for number, month in enumerate(window.months):
        assert np.all(index[month.first_week : month.close_week + 1] == number)
    with pytest.raises(ValueError, match="read-only"):
        index[0] = 5


def test_closing_month(window):
    closing = [week for week in range(window.n_weeks) if window.closing_month(week) is not None]
    assert closing == [month.close_week for month in window.months]
    assert window.closing_month(-1) is None


def test_weeks_and_days_agree(window):
    for week in (-60, -1, 0, 1, 17, window.n_weeks, window.n_weeks + 9):
        monday = window.monday(week)
        assert monday.weekday() == 0
        assert {window.week_of(monday + timedelta(days=d)) for d in range(7)} == {week}
        assert window.sunday(week) == monday + timedelta(days=6)


def test_quarters_and_years():
    calendar = Calendar()
    assert len(calendar.quarter_close_weeks) == 41
    assert len(calendar.year_close_weeks) == 11
    assert set(calendar.year_close_weeks) <= set(calendar.quarter_close_weeks)
    assert calendar.year_close_weeks[0] == calendar.first_week_of_april(2026) - 1
    assert calendar.first_week_of_april(2036) == calendar.n_weeks
    assert calendar.first_week_of_april(2025) < 0


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 3, 31), "2025/26"),
        (date(2026, 4, 1), "2026/27"),
        (date(2099, 12, 1), "2099/00"),
        (date(2036, 1, 5), "2035/36"),
    ],
)
def test_financial_year(day, year):
    assert financial_year(day) == year
    assert Calendar().financial_year(day) == year


def test_month_by_label():
    assert Calendar().month("2029-03").days == 31
    with pytest.raises(InputError, match="2026-02 to 2036-03"):
        Calendar().month("2040-01")


def test_month_end_lies_between_two_sundays(window):
    for month in window.months:
        before, after, weight = window.around_month_end(month)
        assert after == before + 1
        assert 0.0 <= weight < 1.0
        assert window.sunday(before) + timedelta(days=round(7 * weight)) == month.last_day
        assert month.close_week in (before, after)


def test_month_end_that_is_a_sunday_has_no_weight_on_the_next():
    calendar = Calendar()
    may = calendar.month("2026-05")
    assert calendar.around_month_end(may) == (may.close_week, may.close_week + 1, 0.0)


def test_bank_holidays_of_england_2026():
    assert {day for day in bank_holidays(2026) if day.weekday() < 5} == {
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 4),
        date(2026, 5, 25),
        date(2026, 8, 31),
        date(2026, 12, 25),
        date(2026, 12, 28),
    }


def test_working_days_split_by_calendar_month():
    calendar = Calendar()
    assert calendar.working_days(0) == [(2, 5)]
    easter = calendar.week_of(date(2026, 4, 1))
    assert calendar.working_days(easter) == [(3, 2), (4, 2)]
    christmas = calendar.week_of(date(2026, 12, 28))
    assert calendar.working_days(christmas) == [(12, 3)]


def test_working_days_of_weeks_add_up_to_those_of_months():
    calendar = Calendar(date(2026, 1, 5), date(2027, 12, 31))
    weeks = [calendar.working_days(week) for week in range(-1, 52)]
    assert sum(days for week in weeks for month, days in week if month == 5) == working_days_in_month(2026, 5)
    assert working_days_in_month(2026, 5) == 19


@pytest.mark.parametrize("start", [date(2026, 2, 3), date(2026, 2, 1)])
def test_start_must_be_a_monday(start):
    with pytest.raises(InputError, match="Monday") as caught:
        Calendar(start)
    assert "2026-02-02" in str(caught.value) or "2026-01-26" in str(caught.value)


def test_end_must_follow_start():
    with pytest.raises(InputError, match="end after it starts"):
        Calendar(date(2026, 2, 2), date(2026, 1, 31))


def test_calendars_compare_hash_and_pickle():
    first, second = Calendar(), Calendar()
    assert first.n_weeks == 530  # cached values do not count
    assert first == second
    assert hash(first) == hash(second)
    assert pickle.loads(pickle.dumps(first)) == second


def test_closing_sunday_is_never_a_tie():
    for year in range(2000, 2060):
        for month in range(1, 13):
            assert closing_sunday(year, month).weekday() == 6
