"""The packaged facts of trusts: England's totals, how much is known, three trusts against the official files.

Set AFT_SIM_DATA to the folder of official files (docs/data.md) to make the facts again from those files as well.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from aft_sim.baseline import bundle, tables
from aft_sim.baseline.build import read_sources
from aft_sim.baseline.collect import collect
from aft_sim.baseline.facts import BY_NAME, KINDS, Basis

pytestmark = pytest.mark.validation

DATA = os.environ.get("AFT_SIM_DATA")

MADE_UP = ("staff.fte", "expenditure.rolled_forward", "expenditure.bought_in_share")
"""Kinds that nobody publishes by trust: all their values are estimates."""
WITHOUT_ERROR = (
    "expenditure.bought_in_share",
    "staff.fte",
    *(f"expenditure.{p}" for p in ("staff", "supplies", "premises", "other")),
)
"""Kinds whose estimates cannot be compared with a published figure."""

# Each file below lies in the folder of official files; figures were read off its lines by hand.
LOOKED_UP = {
    # official/AE-May-2026.csv
    ("RTF", "emergency.attendances"): 10_691 + 14_240,
    ("RTF", "emergency.type1"): 10_691,
    ("RTF", "emergency.within_4h"): 1 - 2_242 / 24_931,
    ("RTF", "emergency.admissions"): 4_475 + 15 + 490,
    ("RTF", "emergency.waited_12h"): 0,
    ("RBS", "emergency.attendances"): 6_425,
    ("RBS", "emergency.within_4h"): 1 - 1_048 / 6_425,
    ("RBS", "emergency.admissions"): 901 + 273,
    ("RP1", "emergency.attendances"): None,
    # series/beds_by_trust_2025q4.csv
    ("RTF", "beds.available"): 939.8,
    ("RTF", "beds.general_acute"): 874.7,
    ("RTF", "beds.mental_illness"): 28,
    ("RTF", "beds.occupied"): 832.9,
    ("RTF", "beds.occupancy"): 832.9 / 939.8,
    ("RBS", "beds.available"): 213,
    ("RBS", "beds.mental_illness"): 10,
    ("RBS", "beds.occupied"): 154.4,
    ("RP1", "beds.available"): 430.6,
    ("RP1", "beds.general_acute"): 224.7,
    ("RP1", "beds.mental_illness"): 206.0,
    ("RP1", "beds.occupied"): 365.9,
    # official/DM01-March-2026-full-extract.zip, rows TOTAL added up over commissioners
    ("RTF", "diagnostics.waiting"): 15_974,
    ("RTF", "diagnostics.done"): 25_415,
    ("RBS", "diagnostics.waiting"): 684,
    ("RBS", "diagnostics.done"): 3_197,
    ("RP1", "diagnostics.waiting"): None,
    # official/CSDS-March-2026.zip, TotalCareContacts and TotalReferrals
    ("RTF", "community.contacts"): 107_745,
    ("RTF", "community.referrals"): 22_420,
    ("RBS", "community.contacts"): 3_005,
    ("RBS", "community.referrals"): 455,
    ("RP1", "community.contacts"): 132_600,
    ("RP1", "community.referrals"): 29_250,
    # official/ERIC-2024_25-Trust-data.csv, pounds
    ("RTF", "estate.sites"): 53,
    ("RTF", "estate.new_build"): 74.964,
    ("RTF", "estate.lifecycle"): 5.164,
    ("RTF", "estate.equipment"): 16.248,
    ("RTF", "estate.capital"): 74.964 + 5.164 + 16.248,
    ("RTF", "estate.charity"): 0.056,
    ("RBS", "estate.sites"): 5,
    ("RBS", "estate.new_build"): 6.842567,
    ("RBS", "estate.improvement"): 3.806567,
    ("RBS", "estate.charity"): 0.023234,
    ("RP1", "estate.sites"): 79,
    ("RP1", "estate.improvement"): 1.128767,
    ("RP1", "estate.lifecycle"): 4.845468,
    ("RP1", "estate.equipment"): 0.620961,
    # trust_expenditure_tac_2023_24_by_current_trust.csv and trust_expenditure_tac_2023_24.csv
    ("RTF", "expenditure.total"): 775.657,
    ("RTF", "expenditure.staff"): 483.643,
    ("RTF", "expenditure.supplies"): 102.446,
    ("RTF", "expenditure.premises"): 90.489,
    ("RTF", "expenditure.other"): 99.079,
    ("RTF", "expenditure.temporary_staff"): 4.424,
    ("RTF", "expenditure.pensions"): 61.144,
    ("RTF", "staff.accounts"): 9_318,
    ("RBS", "expenditure.total"): 410.726,
    ("RBS", "expenditure.temporary_staff"): 12.903,
    ("RBS", "staff.accounts"): 4_137,
    ("RP1", "expenditure.total"): 357.919,
    ("RP1", "expenditure.pensions"): 32.765,
    ("RP1", "staff.accounts"): 4_998,
    # ncc_cost_by_trust.csv, 2024/25
    ("RP1", "money.collected_cost"): 253.988,
    # trusts.csv; oversight of RP1 also in the league table of the oversight framework
    ("RTF", "money.planned_surplus"): 0.0143,
    ("RTF", "money.variance_to_plan"): 0.0001,
    ("RTF", "money.deficit"): 0,
    ("RTF", "oversight.segment"): 1,
    ("RTF", "oversight.score"): 1.66,
    ("RTF", "oversight.rank"): 8,
    ("RTF", "estate.backlog"): 66.9,
    ("RTF", "quality.cqc"): 2,
    ("RTF", "catchment.q1"): 0.2123,
    ("RTF", "catchment.q5"): 0.2235,
    ("RBS", "money.planned_surplus"): 0.0163,
    ("RBS", "oversight.score"): 1.83,
    ("RBS", "oversight.rank"): 14,
    ("RBS", "estate.backlog"): 2.6,
    ("RBS", "catchment.q1"): 0.3918,
    ("RP1", "money.planned_surplus"): 0.0,
    ("RP1", "oversight.segment"): 2,
    ("RP1", "oversight.score"): 2.22,
    ("RP1", "oversight.rank"): 26,
    ("RP1", "quality.cqc"): None,
    ("RP1", "estate.backlog"): None,
    ("RP1", "catchment.q1"): None,
}


@pytest.fixture(scope="module")
def b():
    return bundle.load()


@pytest.fixture(scope="module")
def facts(b):
    return b.facts


@pytest.fixture(scope="module")
def lines(b):
    return {line.name: line for line in b.totals}


@pytest.fixture(scope="module")
def methods():
    found = tables.read(tables.FOLDER, "estimates")
    return {name: {key: found[key][i] for key in found} for i, name in enumerate(found["fact"])}


@pytest.fixture(scope="module")
def sources():
    return read_sources(Path(str(DATA)), lambda _: None)


def codes(b, mask) -> list[str]:
    return [b.trusts.code[i] for i in np.flatnonzero(mask)]


class TestTotals:
    @pytest.mark.parametrize(
        "name",
        [
            "Operating expenditure, accounts",
            "Capital investment in the estate",
            "Overnight beds available",
            "General and acute beds available",
            "Mental illness beds available",
            "Overnight beds occupied",
            "A&E attendances",
            "A&E attendances, type 1",
            "Emergency admissions",
            "Over 12 hours from the decision to admit",
            "Waiting for a diagnostic test",
            "Contacts of community services",
        ],
    )
    def test_trusts_and_others_add_up_to_the_published_total(self, lines, name):
        assert abs(lines[name].share) < 0.001

    def test_expenditure_of_2023_24(self, lines):
        line = lines["Operating expenditure, accounts"]
        assert line.trusts + line.others == pytest.approx(130_840, abs=50)
        assert 3_000 < line.estimates < 5_000, "five trusts without accounts"

    def test_a_merger_within_the_year_leaves_the_accounts_whole(self, b, facts):
        """RVY filed three months, RBN the rest: trust_expenditure_tac_2023_24.csv and ..._2022_23.csv."""
        total = facts.published("expenditure.total")[b.trust("RBN")]
        assert total == pytest.approx(790.253 + 67.805)
        assert pytest.approx(273.39 / 4, rel=0.02) == 67.805, "a quarter of RVY's year before"
        assert 1.0 < total / (546.479 + 273.39) < 1.1

    def test_one_factor_rolls_all_accounts_forward(self, facts):
        factor = facts["expenditure.rolled_forward"] / facts.published("expenditure.total")
        factor = factor[~np.isnan(factor)]
        assert len(factor) == 196
        assert factor == pytest.approx(factor[0]) and factor[0] == pytest.approx(1.141, abs=0.001)

    def test_staff_with_estimates_are_the_national_figure(self, lines, facts):
        line = lines["Staff in the national definition"]
        assert line.trusts + line.estimates == pytest.approx(line.published) == pytest.approx(1_379_060)
        assert np.nansum(facts["staff.fte"]) == pytest.approx(1_379_060)

    def test_expenditure_rolled_forward_is_the_outturn(self, facts):
        assert np.nansum(facts["expenditure.rolled_forward"]) == pytest.approx(152_745)

    def test_residuals_above_half_a_per_cent_are_explained(self, b):
        assert [line.name for line in b.totals if line.unexplained] == ["Staff: definition"]

    def test_steps_of_staff_follow_each_other(self, b):
        steps = [line for line in b.totals if line.name.startswith("Staff: ")]
        assert [line.trusts for line in steps[1:]] == [line.published for line in steps[:-1]]
        assert steps[-1].published == 1_379_060

    def test_every_line_has_a_period_in_words_and_a_source(self, b):
        for line in b.totals:
            assert line.unit and line.source and "-" not in line.period, line.name


class TestCover:
    def test_every_trust_has_a_type_and_a_region(self, b):
        assert len(b.trusts.code) == 202
        assert Counter(b.trusts.type) == {
            "acute": 120,
            "mental_health": 47,
            "specialist": 13,
            "community": 11,
            "ambulance": 10,
            "online": 1,
        }
        assert all(b.trusts.region)
        assert [c for c, region in zip(b.trusts.code, b.trusts.region, strict=True) if region == "National"] == [
            "K0N6A"
        ]

    def test_segments_at_the_opening(self, facts):
        segments = facts["oversight.segment"]
        assert Counter(segments[~np.isnan(segments)].tolist()) == {1: 30, 2: 21, 3: 87, 4: 49}

    def test_segments_have_a_quarter(self, b):
        quarters = np.array([quarter or "" for quarter in b.trusts.segment_quarter])
        assert ((quarters != "") == ~np.isnan(b.trusts.segment)).all()
        assert Counter(quarters.tolist()) == {"Q3 2025/26": 129, "Q4 2025/26": 58, "": 15}

    def test_deficits_and_ratings(self, facts):
        assert np.nansum(facts["money.deficit"]) == 111
        assert facts.known("quality.cqc").sum() == 136

    def test_trusts_in_deficit_are_at_best_in_segment_3(self, facts):
        assert facts["oversight.segment"][facts["oversight.override"] == 1].min() >= 3

    def test_every_trust_has_a_catchment(self, facts):
        names = [f"catchment.q{q}" for q in range(1, 6)]
        mix = np.stack([facts[name] for name in names], axis=1)
        assert mix.sum(axis=1) == pytest.approx(1, abs=1e-6)
        for name in names:
            assert (~np.isnan(facts.published(name))).sum() == 133
            assert facts.estimated(name).sum() == 69

    def test_beds_of_trusts_whose_return_is_missing(self, b, facts):
        for name in ("beds.available", "beds.occupied", "beds.occupancy"):
            moved = facts.known(name) & np.isnan(facts.published(name))
            moved &= facts[name] > 0
            assert codes(b, moved) == ["RGP", "RNA", "RQ3", "RTX", "RWH"], name
            assert (facts["services.overnight_beds"][moved] == 1).all()
        assert facts["beds.available"][b.trust("RYX")] == 0, "a return of zeros, and zeros before"
        assert facts["services.overnight_beds"][b.trust("RYX")] == 0

    def test_mental_health_trusts_without_a_row_of_beds_are_unknown_and_not_without_beds(self, b, facts):
        for name in ("services.overnight_beds", "beds.available"):
            assert np.isnan([facts[name][b.trust(code)] for code in ("RT5", "RV5")]).all()
        without = facts["services.overnight_beds"] == 0
        assert {b.trusts.type[i] for i in np.flatnonzero(without)} == {"ambulance", "community", "online"}

    def test_the_acute_trust_without_a_return_of_diagnostics_is_unknown(self, b, facts):
        for name in ("diagnostics.waiting", "diagnostics.over_6_weeks", "diagnostics.done", "services.diagnostics"):
            assert np.isnan(facts[name][b.trust("RF4")]), name
        unknown = np.isnan(facts["services.diagnostics"])
        assert codes(b, unknown) == ["RF4"]


class TestValues:
    def test_ranges_hold_the_value(self, facts):
        for kind in KINDS:
            value, (low, high) = facts[kind.name], facts.range(kind.name)
            known = ~np.isnan(value)
            slack = 1e-9 * (1 + np.abs(value[known]))
            assert (low[known] <= value[known] + slack).all(), kind.name
            assert (value[known] <= high[known] + slack).all(), kind.name

    def test_estimates_have_ranges_and_published_figures_none(self, facts):
        for kind in KINDS:
            k = KINDS.index(kind)
            ranged, basis = ~np.isnan(facts.low[k]), facts.basis[k]
            assert ranged[basis == Basis.ESTIMATED].all(), kind.name
            assert not ranged[basis == Basis.PUBLISHED].any(), kind.name

    def test_figures_are_within_their_bounds(self, facts):
        for kind in KINDS:
            value = facts[kind.name][facts.known(kind.name)]
            if kind.unit == "share":
                signed = kind.name.startswith("money.")
                assert value.min() >= (-0.25 if signed else 0) and value.max() <= 1, kind.name
            elif kind.labels:
                assert set(value.tolist()) <= set(kind.labels), kind.name
            else:
                assert value.min() >= 0, kind.name

    def test_parts_do_not_exceed_the_whole(self, facts):
        parts = sum(facts[f"expenditure.{part}"] for part in ("staff", "supplies", "premises", "other"))
        known = ~np.isnan(parts)
        assert parts[known] == pytest.approx(facts["expenditure.total"][known], abs=0.01)
        kinds = sum(facts[f"estate.{kind}"] for kind in ("new_build", "improvement", "lifecycle", "equipment"))
        np.testing.assert_allclose(kinds, facts["estate.capital"], atol=1e-6)
        for part, whole in (
            ("beds.general_acute", "beds.available"),
            ("beds.occupied", "beds.available"),
            ("emergency.type1", "emergency.attendances"),
            ("expenditure.pensions", "expenditure.staff"),
            ("estate.backlog_high", "estate.backlog"),
        ):
            both = facts.known(part) & facts.known(whole)
            assert (facts[part][both] <= facts[whole][both] + 1e-6).all(), part

    def test_the_cost_index_agrees_with_the_published_one_of_the_oversight_framework(self, b, facts):
        # OF0086 of the metrics file, Q4 2025/26, is on its own basis: within 3% of actual over expected cost
        assert facts["money.cost_index"][b.trust("RDY")] == pytest.approx(1.0696, abs=0.03)

    def test_pay_per_head_is_plausible(self, facts):
        pay = facts["expenditure.staff"] / facts["staff.accounts"] * 1e6
        assert np.nanmin(pay) > 39_000 and np.nanmax(pay) < 80_000

    @pytest.mark.parametrize(("code", "name"), LOOKED_UP)
    def test_three_trusts_against_the_official_files(self, b, facts, code, name):
        found, expected = facts.published(name)[b.trust(code)], LOOKED_UP[code, name]
        if expected is None:
            assert np.isnan(found), "published nowhere"
        else:
            assert found == pytest.approx(expected, rel=1e-5, abs=1e-9)


class TestMethods:
    def test_everything_that_is_not_published_has_a_method(self, b, facts, methods):
        for kind in KINDS:
            if kind.name == "services.overnight_beds":
                continue  # follows from the beds
            made = codes(b, facts.known(kind.name) & np.isnan(facts.published(kind.name)))
            assert (methods[kind.name]["trusts"].split() if kind.name in methods else []) == made, kind.name

    def test_errors_are_known_where_there_is_something_to_compare_with(self, methods):
        for name, method in methods.items():
            assert np.isnan(method["error"]) == (name in WITHOUT_ERROR), name
            assert method["compared"] >= 5 or name in ("expenditure.bought_in_share", "staff.fte"), name
            assert BY_NAME[name] and method["how"]

    def test_only_what_nobody_publishes_is_estimated_throughout(self, facts):
        assert {k.name for k in KINDS if np.isnan(facts.published(k.name)).all()} == set(MADE_UP)


@pytest.mark.skipif(not DATA, reason="AFT_SIM_DATA names no folder of official files")
class TestSources:
    def test_published_figures_are_those_of_the_files_and_estimates_leave_them(self, facts, sources):
        collected = collect(sources.facts)
        assert collected.code == facts.code
        assert set(np.unique(collected.basis).tolist()) == {Basis.UNKNOWN, Basis.PUBLISHED}
        for kind in KINDS:
            np.testing.assert_array_equal(facts.published(kind.name), collected[kind.name], err_msg=kind.name)

    def test_all_accounts_filed_are_in_the_total(self, lines):
        with (Path(str(DATA)) / "trust_expenditure_tac_2023_24.csv").open(encoding="utf-8-sig", newline="") as file:
            filed = sum(float(row["opex_gbp_m"] or 0) for row in csv.DictReader(file))
        line = lines["Operating expenditure, accounts"]
        assert line.published == pytest.approx(filed, abs=0.1) == pytest.approx(130_840, abs=50)

    def test_quarters_of_the_register_are_those_of_the_oversight_results(self, b, sources):
        for code, quarter in zip(b.trusts.code, b.trusts.segment_quarter, strict=True):
            result = sources.facts.oversight.opening(code)
            assert (result.quarter if result else None) == quarter, code

    def test_periods_of_facts_are_those_of_the_files(self, sources):
        s = sources.facts
        assert (s.emergency.month, BY_NAME["emergency.attendances"].period) == ("2026-05", "May 2026")
        assert (s.beds.quarter_end.isoformat(), BY_NAME["beds.available"].period) == (
            "2026-03-31",
            "January to March 2026",
        )
        assert (s.staffing.month, BY_NAME["staff.fte"].period) == ("2026-02", "February 2026")
