"""The calendar of flows: seasonal factors from a monthly series, weeks and months scaled by their working days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.baseline import seasonality
from aft_sim.baseline.bundle import load
from aft_sim.baseline.seasonality import Season, estimate_season
from aft_sim.basis.calendar import Calendar, working_days_in_month
from aft_sim.basis.errors import InputError
from aft_sim.study import hindcast

pytestmark = pytest.mark.unit

MONTHS = [(y, m) for y in range(2015, 2027) for m in range(1, 13)][9:133]  # October 2015 to January 2026
FACTORS = np.array([1.04, 1.02, 1.05, 0.98, 1.0, 1.01, 0.99, 0.93, 1.01, 1.02, 1.03, 0.92])


def flat() -> Season:
    return Season(np.ones((3, 12)))


def series(level: float, factors: np.ndarray) -> np.ndarray:
    """Flows of a steady world: level a working day x factor x working days."""
    return np.array([level * factors[m - 1] * working_days_in_month(y, m) for y, m in MONTHS])


class TestCentredMean:
    def test_a_straight_line_is_its_own_mean(self):
        got = seasonality.centred_year_mean(np.arange(30.0))
        assert np.isnan(got[:6]).all() and np.isnan(got[-6:]).all()
        assert got[6:-6] == pytest.approx(np.arange(6.0, 24.0))

    def test_a_yearly_wave_is_flattened(self):
        wave = 5 + np.sin(2 * np.pi * np.arange(36) / 12)
        assert seasonality.centred_year_mean(wave)[6:-6] == pytest.approx(np.full(24, 5.0))

    def test_too_short(self):
        assert np.isnan(seasonality.centred_year_mean(np.ones(12))).all()


class TestEstimate:
    def test_known_factors_are_found(self):
        flows = np.stack([series(1000.0, FACTORS), series(300.0, np.ones(12)), series(50.0, FACTORS[::-1])])
        season = estimate_season(MONTHS, flows)
        days = np.array([working_days_in_month(2025, m + 1) for m in range(12)])
        for got, true in zip(season.factor, (FACTORS, np.ones(12), FACTORS[::-1]), strict=True):
            assert got == pytest.approx(true * days.sum() / (true * days).sum(), rel=1e-9)

    def test_growth_does_not_become_season(self):
        trend = 1.03 ** (np.arange(len(MONTHS)) / 12)
        season = estimate_season(MONTHS, np.stack([series(1000.0, np.ones(12)) * trend] * 3))
        assert season.factor == pytest.approx(np.ones((3, 12)), abs=1e-3)

    def test_the_pandemic_is_left_out(self):
        flow = series(1000.0, FACTORS)
        shut = np.array([(2020, 3) <= ym <= (2021, 12) for ym in MONTHS])
        disturbed = np.where(shut, 0.3 * flow, flow)
        clean = estimate_season(MONTHS, np.stack([flow] * 3))
        assert estimate_season(MONTHS, np.stack([disturbed] * 3)).factor == pytest.approx(clean.factor)


class TestWeeks:
    def test_an_ordinary_week_without_season(self):
        calendar = Calendar(end=date(2026, 12, 31))
        weekly = flat().weekly(calendar)
        week = calendar.week_of(date(2026, 6, 17))
        assert weekly[:, week] == pytest.approx(np.full(3, 5 / (253 * 7 / 365.25)))

    def test_bank_holidays_by_hand(self):
        calendar = Calendar(end=date(2027, 1, 31))
        weekly = flat().weekly(calendar)[0] * seasonality.STANDARD_WORKING_DAYS_A_WEEK
        days = {date(2026, 3, 30): 4, date(2026, 4, 6): 4, date(2026, 5, 4): 4, date(2026, 12, 21): 4}
        days |= {date(2026, 12, 28): 3, date(2027, 1, 4): 5}
        for monday, expected in days.items():
            assert weekly[calendar.week_of(monday)] == pytest.approx(expected), monday

    def test_a_week_across_two_months_takes_both_factors(self):
        calendar = Calendar(end=date(2026, 12, 31))
        factor = np.ones((3, 12))
        factor[:, 6] = 2.0  # July
        week = calendar.week_of(date(2026, 7, 1))  # Wednesday: two days of June, three of July
        got = Season(factor).weekly(calendar)[0, week] * seasonality.STANDARD_WORKING_DAYS_A_WEEK
        assert got == pytest.approx(2 + 3 * 2)

    def test_packaged_factors_average_about_one(self):
        calendar = Calendar()
        weekly = load().season.weekly(calendar)
        assert weekly.mean(axis=1) == pytest.approx(np.ones(3), abs=0.006)
        assert weekly.min() > 0

    @pytest.mark.parametrize("flow", [0, 1], ids=["starts", "completions"])
    def test_easter_and_christmas_are_quiet(self, flow):
        calendar = Calendar()
        weekly = load().season.weekly(calendar)[flow]
        easters = [date(2027, 3, 28), date(2028, 4, 16), date(2030, 4, 21)]
        for day in (*(date(y, 12, 25) for y in range(2026, 2035)), *easters):
            week = calendar.week_of(day)
            quiet = weekly[week : week + 2].min()  # bank holidays move to the week after where they fall on a weekend
            assert quiet < 0.9 * np.median(weekly[week - 8 : week + 9]), day


class TestMonths:
    def test_standard_weeks_of_a_month(self):
        factor = np.ones((3, 12))
        factor[1, 0] = 1.1
        # January 2026 has 21 working days
        got = Season(factor).month_total(2026, 1)
        assert got == pytest.approx(np.array([21, 23.1, 21]) / (253 * 7 / 365.25))

    def test_the_level_of_the_latest_year_is_found(self):
        season = Season(np.stack([FACTORS] * 3))
        flow = np.array([700.0 * season.month_total(y, m)[0] for y, m in MONTHS])
        flow[: len(MONTHS) - 12] *= 0.5  # earlier years do not count
        got = seasonality.latest_year_weekly_rate(MONTHS, flow, season, 0, date(2026, 1, 31))
        assert got == pytest.approx(700.0)


class TestHindcastInputs:
    def test_weekly_flows_add_up_to_the_published_months(self):
        bundle = load()
        calendar = Calendar(date(2024, 4, 1), date(2025, 3, 31))
        weekly = hindcast.weekly_flow(bundle, "new_clock_starts", calendar)
        assert calendar.monday(calendar.n_weeks) == date(2025, 3, 31)  # one working day short of the year
        year = sum(hindcast.published(bundle, m.label)["new_clock_starts"] for m in calendar.months)
        march = hindcast.published(bundle, "2025-03")["new_clock_starts"]
        assert weekly.sum() == pytest.approx(year - march / working_days_in_month(2025, 3))

    @pytest.mark.parametrize("month", ["2024-03", "2022-03", "2026-01"])
    def test_a_rebuilt_list_meets_its_published_summary(self, month):
        from aft_sim.mechanisms import measures

        bundle = load()
        people, row = hindcast.rebuild(bundle, month), hindcast.published(bundle, month)
        assert people.shape == (105,) and people.min() >= 0
        assert people.sum() == pytest.approx(row["list"])
        assert measures.within_18_share(people) == pytest.approx(row["within_18_share"], abs=1e-6)
        assert measures.over_52(people) == pytest.approx(row["over_52"])
        assert measures.over_65(people) == pytest.approx(row["over_65"])
        assert measures.median(people) == pytest.approx(row["median_weeks"], abs=0.1)
        assert measures.p92(people) == pytest.approx(row["p92_weeks"], abs=0.1)

    def test_shares_are_percentages(self):
        assert 50 < hindcast.published(load(), "2026-01")["within_18_share"] < 70

    def test_a_month_that_is_not_in_the_series(self):
        with pytest.raises(InputError, match="no such month") as error:
            hindcast.published(load(), "2031-01")
        assert error.value.found == "2031-01"

    def test_misses_are_model_less_publication(self):
        h = hindcast.Hindcast(("2024-04",), {"list": np.array([7.0])}, {"list": np.array([9.0])})
        assert h.miss("list").tolist() == [-2.0]
