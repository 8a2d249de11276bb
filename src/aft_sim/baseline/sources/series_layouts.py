"""The published series at hand, file by file: what each holds, in which units, and what is awkward in it.

To add a series, add its layout here; `read_series` then reads and checks it. Files that another reader reads are in
`SPECIALISED`, so that every file in the folder is accounted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from aft_sim.baseline.sources.series_table import Layout, SeriesTable, read_table
from aft_sim.basis.errors import InputError, did_you_mean


def _amounts(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "amount")


def _shares(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "share")


def _percents(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "percent")


_QUINTILES = tuple(f"share_q{q}" for q in range(1, 6))
_RTT_COUNTS = ("completed_admitted", "completed_nonadmitted", "new_clock_starts")
_RTT_LIST = {**_amounts("list_known", "list_total"), **_percents("pct_within_18w", "pct_over_52w")}
_RTT_LATE = _amounts("over_52w", "over_65w", "median_weeks", "p92_weeks", *_RTT_COUNTS, "list_with_dta")

_URGENT = (
    Layout(
        "ae_monthly.csv",
        "A&E attendances, emergency admissions and four-hour shares of England by month",
        # Booked appointments are included; `dta_over_4h` includes those over twelve hours. Four-hour shares of May
        # 2019 to May 2023 leave out fourteen trial trusts; the last months are read off charts, shares only.
        {
            **_amounts("attend_type1", "attend_type2", "attend_type3", "attend_total"),
            **_amounts("emerg_adm_via_ae", "emerg_adm_other", "emerg_adm_total", "dta_over_4h", "dta_over_12h"),
            **_shares("pct_4h_all", "pct_4h_type1"),
        },
        keys=("month",),
        period="month",
        form="month",
    ),
    Layout(
        "ambulance_monthly.csv",
        "ambulance response times of England by month, minutes",
        # August 2017 has half the incidents of later months; the last months are read off charts (`basis`).
        _amounts("c1_mean_min", "c2_mean_min", "c2_p90_min", "c2_incidents"),
        keys=("month",),
        period="month",
        form="month",
        texts=("basis", "source"),
    ),
    Layout(
        "beds_quarterly.csv",
        "overnight beds of England by quarter, available and occupied",
        # Only occupied beds in total before June 2024. Trusts without a return are left out of the sums.
        {
            **_amounts("avail_total", "avail_ga", "avail_mh", "occ_total", "occ_ga", "occ_mh"),
            **_shares("occ_rate_total", "occ_rate_ga", "occ_rate_mh"),
        },
        keys=("quarter_end",),
        period="quarter_end",
        form="quarter_end",
    ),
    Layout(
        "ga_bed_occupancy_monthly.csv",
        "general and acute beds of England by month, from the daily situation report",
        {
            **_amounts("general_acute_beds_available", "general_acute_beds_occupied"),
            **_amounts("adult_general_acute_beds_available", "adult_general_acute_beds_occupied"),
            **_shares("ga_occupancy", "adult_ga_occupancy"),
        },
        keys=("month",),
        period="month",
        form="month",
    ),
    Layout(
        "discharge_delays_monthly.csv",
        "people a day in hospital without reason to reside, by month",
        # The number of trusts that reported changes from month to month.
        _amounts("nctr_per_day", "discharged_per_day", "remaining_per_day", "trusts_reporting"),
        keys=("month",),
        period="month",
        form="month",
    ),
)

_ACTIVITY = (
    Layout(
        "community_waits_monthly.csv",
        "people waiting for community services by month and age group",
        {
            **_amounts("total_waiting", "waiting_18_52w", "over_52w", "over_104w"),
            **_shares("pct_within_18w"),
        },
        keys=("month", "group"),
        period="month",
        form="month",
    ),
    Layout(
        "hospital_activity_monthly.csv",
        "hospital and community activity of England by month",
        # The share not attended includes appointments that patients and hospitals cancelled.
        {
            **_amounts("ae_attendances", "ae_admissions", "inpatient_ordinary_episodes", "day_case_episodes"),
            **_amounts("emergency_admission_episodes", "outpatient_total_appointments"),
            **_amounts("outpatient_attended_appointments", "community_contacts", "community_referrals"),
            **_shares("outpatient_not_attended_share"),
        },
        keys=("month",),
        period="month",
        form="month",
    ),
    Layout(
        "is_share_monthly.csv",
        "RTT completions by independent and NHS providers, England by month",
        # Ends in November 2022 but for January 2026, which was counted from the RTT extract.
        {**_amounts("is_treatments", "nhs_treatments"), **_percents("is_share_pct")},
        keys=("month",),
        period="month",
        form="month",
        steady=False,
    ),
    Layout(
        "other_performance_monthly.csv",
        "community, talking therapies and diagnostics waits of England by month, percent",
        # Read off charts: errors of 0.2 points.
        _percents("community_pct_within_18w", "talking_therapies_pct_within_6w", "diagnostics_pct_over_6w"),
        keys=("month",),
        period="month",
        form="month",
    ),
    Layout(
        "workforce_monthly.csv",
        "staff of trusts and core organisations in England by month, full-time equivalents",
        _amounts("fte_all", "fte_doctors", "fte_consultants", "fte_nurses_hv", "fte_central_functions"),
        keys=("month",),
        period="month",
        form="month",
    ),
    Layout(
        "elective_activity_by_imd_quintile_monthly.csv",
        "elective activity of two specialties by deprivation fifth, sector and month",
        # Ends in October 2022: orthopaedics, then ophthalmology. Fifth 1 is the most deprived.
        _amounts("value"),
        keys=("month", "specialty", "activity", "quintile", "sector"),
        period="month",
        form="month",
        steady=False,
        unit="admissions or appointments",
    ),
)

_MONEY = (
    Layout(
        "pesa_health_uk.csv",
        "public spending on health in the United Kingdom (not England) by year",
        {
            **_amounts("uk_health_nominal_gbp_bn", "uk_health_real_gbp_bn"),
            **_percents("uk_health_pct_gdp"),
        },
        keys=("fy",),
        period="fy",
        form="year",
    ),
    Layout(
        "provider_finance_annual.csv",
        "findings on the money of NHS providers by year, each with its unit and basis",
        # With and without deficit support, plan and outturn stand side by side: one basis for a figure.
        {"value": "signed"},
        keys=("fy", "measure", "unit", "basis"),
        period="fy",
        texts=("source", "status"),
    ),
    Layout(
        "projections_published.csv",
        "published projections, each with its unit and assumptions",
        {"value": "mixed"},
        keys=("publisher", "published", "scenario", "variable", "when", "unit"),
        period="when",
        texts=("assumptions", "source", "status"),
    ),
    Layout(
        "structure_trust_types.csv",
        "number, capital and deficits of trusts by type, in several counts",
        # The frames overlap (all trusts as of different dates): never add over them.
        {
            **_amounts("trusts", "foundation_trusts", "estate_capital_gbp_m", "estate_capital_median_gbp_m"),
            **_amounts("income_gbp_bn", "trusts_in_deficit"),
        },
        keys=("frame", "trust_type"),
        texts=("source", "status"),
    ),
)

_PEOPLE = (
    Layout(
        "utilisation_by_deprivation.csv",
        "findings on the use of care by deprivation, each with its unit and period",
        _amounts("value"),
        keys=("area", "metric", "unit", "period"),
        period="period",
        texts=("source", "status"),
    ),
    Layout(
        "rtt_by_deprivation.csv",
        "findings on waiting times by deprivation, each with its unit and date",
        _amounts("value"),
        keys=("area", "metric", "group", "unit", "date"),
        period="date",
        texts=("source", "status"),
    ),
    Layout(
        "icb_weighted_population.csv",
        "registered and need-weighted population of integrated care boards by year",
        # 42 boards in 2025/26, 36 from 2026/27; 2027/28 is not there, and regions are spelt in two ways.
        {
            **_amounts("registered_pop", "ga_wp", "cs_wp", "mh_wp", "mat_wp", "health_ineq_wp", "prescribing_wp"),
            **_amounts("core_wp", "pmc_wp", "core_index", "ga_index", "cs_index", "mh_index"),
            **_amounts("health_ineq_index"),
        },
        keys=("fy", "icb_code"),
        period="fy",
        form="year",
        texts=("region", "icb_name", "source"),
        steady=False,
    ),
    Layout(
        "icb_2026_population_deprivation.csv",
        "residents of the 36 boards by deprivation fifth, census 2021",
        {**_amounts("pop_census2021"), **_shares(*_QUINTILES)},
        keys=("icb26_ons",),
        texts=("icb_code", "icb_name", "region", "source"),
    ),
)

_RTT = (
    Layout(
        "rtt_annual_derived.csv",
        "England's RTT flows and year-end list by financial year",
        {
            **_amounts("months", "working_days", *_RTT_COUNTS[2:], "admitted_completed", "nonadmitted_completed"),
            **_amounts("total_completed", "unreported_removals", "total_removals", "starts_per_working_day"),
            **_amounts("completed_per_working_day", "end_total_incomplete", "end_median_wait_weeks"),
            **_amounts("end_over_52w", "end_over_65w", "end_over_78w", "end_over_104w"),
            **_shares("unreported_share", "end_pct_within_18w"),
            "end_p92_wait_weeks": "floor",
        },
        keys=("fy",),
        period="fy",
        form="year",
    ),
    Layout(
        "rtt_by_icb_2026_01.csv",
        "waiting lists of the 42 former boards, January 2026, English commissioners",
        {
            **_RTT_LIST,
            **_RTT_LATE,
            **_amounts("registered_pop", "ga_weighted_pop", "imd_score", "list_per_1000"),
            **_shares("share_q1"),
            **_amounts("list_per_1000_need_weighted", "starts_per_1000", "starts_per_1000_need_weighted"),
            **_amounts("over52_per_1000", "over52_per_1000_need_weighted", "completed_per_1000"),
            **_amounts("completed_per_1000_need_weighted", "adm_per_1000", "adm_per_1000_need_weighted"),
        },
        keys=("month", "icb_code"),
        period="month",
        form="month",
        texts=("icb_name", "source"),
    ),
    Layout(
        "rtt_by_provider_2026_01.csv",
        "waiting lists of all providers, January 2026, English commissioners",
        {**_RTT_LIST, **_RTT_LATE},
        keys=("month", "provider_code"),
        period="month",
        form="month",
        texts=("provider_name", "sector", "source"),
    ),
    Layout(
        "rtt_by_specialty_2026_01.csv",
        "waiting lists by treatment function, January 2026, English commissioners",
        # C_999 is the sum of the others: never add it to them.
        {**_amounts("list_total", "over_52w", *_RTT_COUNTS), **_percents("pct_within_18w")},
        keys=("month", "tf_code"),
        period="month",
        form="month",
        texts=("specialty", "source"),
    ),
    Layout(
        "rtt_wait_distribution_2026_01.csv",
        "people by weeks waited, January 2026, English commissioners",
        # Week 104 is everybody over 104 weeks.
        _amounts("incomplete", "incomplete_with_dta", "completed_admitted", "completed_nonadmitted"),
        keys=("month", "week_from"),
        period="month",
        form="month",
    ),
)

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {layout.name: layout for layout in (*_URGENT, *_ACTIVITY, *_MONEY, *_PEOPLE, *_RTT)}
)
"""Layout by name of the table, which is the file without its ending."""

SPECIALISED: Mapping[str, str] = MappingProxyType(
    {
        "beds_by_trust_2025q4": "beds.read_latest_beds",
        "demand_projection_hf_2018_2040": "series.read_demand_projection",
        "icb_population_deprivation": "geography.frimley_weights",
        "rtt_monthly": "series.read_rtt_monthly",
        "targets_trajectory": "series.read_targets",
    }
)
"""Series with a reader of their own."""


def read_series(folder: Path, name: str) -> SeriesTable:
    """Read one of the published series.

    Args:
        folder: Folder of the series.
        name: Name of the table, such as "ae_monthly"; see `LAYOUTS`.

    Returns:
        The checked table.

    Raises:
        InputError: No such table, or a wrong file.
    """
    if name not in LAYOUTS:
        hint = f"It is read by {SPECIALISED[name]}" if name in SPECIALISED else did_you_mean(name, LAYOUTS)
        raise InputError("no such table of series", found=name, expected=", ".join(LAYOUTS), hint=hint)
    return read_table(folder, LAYOUTS[name])
