"""Waves, near misses and what a programme did, by hand from made-up events."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.outcomes import registry
from aft_sim.policy.programme import one_short
from aft_sim.present import fair_tables
from aft_sim.present.tables import write_csv
from aft_sim.study.by_rules import Wave, counts, near_missed, programme_of, waves
from aft_sim.study.compare import Bands, compare
from aft_sim.study.near_misses import DESIGNATED, DIFFERENCE, NEAR, near_misses
from aft_sim.study.places import Places
from aft_sim.study.result import ResultSet, RunResult

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)
AT = "2029-03"
#: RTF comes in as announced; RBS in wave 2, whose near misses are RAA and RBB; RBB comes in with wave 3 on a drawn
#: fact; RBS and RTF lose the status, RBS although its capability is good.
EVENTS = (
    ("2026-02", "RTF", "nominated", "on 12 November 2025", 1.0),
    ("2026-05", "RTF", "approved", "wave 1, as announced", 17.0),
    ("2026-06", "RTF", "designated", "", 1.0),
    ("2026-07", "RBS", "assessed", "wave 2", 0.0),
    ("2026-07", "RAA", "near miss", "wave 2: segment", 2.0),
    ("2026-07", "RBB", "near miss", "wave 2: cqc", 2.0),
    ("2027-01", "RBS", "approved", "wave 2", 52.0),
    ("2027-02", "RBS", "designated", "", 1.0),
    ("2027-03", "RBB", "assessed", "wave 3; not published: CQC rating", 1.0),
    ("2027-10", "RBB", "approved", "wave 3", 91.0),
    ("2027-11", "RBB", "designated", "", 1.0),
    ("2027-12", "RTF", "review", "due", 6.0),
    ("2027-12", "RBS", "review", "a deficit outturn", 3.0),
    ("2028-06", "RBS", "removed", "a deficit outturn; its capability is in fact good", 1.0),
    ("2028-09", "RTF", "removed", "due; its capability is in fact below", 0.0),
)


def events(rows) -> pa.Table:
    keys = ("month", "trust", "event", "detail", "value")
    return pa.Table.from_pylist(
        [dict(zip(keys, row, strict=True)) for row in rows], schema=registry.LEVELS["events"].schema
    )


def with_events(run: RunResult, rows=EVENTS, treated=("RTF", "RBS", "RBB")) -> RunResult:
    return dataclasses.replace(run, tables={**run.tables, "events": events(rows)}, treated=treated)


@pytest.fixture(scope="module")
def study(make_study) -> ResultSet:
    plain = make_study(seeds=2, noise=0.0, wobble=0.0, effect=5.0)
    runs = [with_events(run) if run.scenario == "policy" else with_events(run, (), ()) for run in plain]
    return dataclasses.replace(plain, runs=tuple(runs))


def test_who_is_exactly_one_criterion_short():
    passed = {
        "segment": np.array([True, False, False, True, False]),
        "cqc": np.array([True, True, False, False, True]),
    }
    free = np.array([True, True, True, True, False])
    assert one_short(free, passed) == [(1, "segment"), (3, "cqc")]


def test_waves_of_a_run(study):
    run = study.of("policy")[0]
    near = (("RAA", "segment"), ("RBB", "cqc"))
    assert waves(run, AT) == (
        Wave(1, "2026-05", ("RTF",), ()),
        Wave(2, "2026-07", ("RBS",), near),
        Wave(3, "2027-03", ("RBB",), ()),
    )
    # what is decided later does not count
    assert waves(run, "2026-12")[1] == Wave(2, "2026-07", (), near)
    assert near_missed(run) == ("RAA",)
    baseline = study.of("baseline")[0]
    assert waves(baseline, AT) == () and near_missed(baseline) is None


def test_designated_trusts_beside_near_misses_by_hand(study):
    found = near_misses(study.pairs("policy", "baseline"), registry.outcome("within_18_share"), AT, BANDS)
    assert found is not None
    assert (found.runs, found.waves, found.later) == (2, 1.0, 1.0)
    assert found.short_of == {"segment": 1.0, "cqc": 1.0}
    assert [found[name].trusts for name in (DESIGNATED, NEAR)] == [1.0, 1.0]
    # by March 2029 RBS has gained 5 points and RAA nothing; RBB, which came in later, is left out
    assert found[DESIGNATED].effect.effect == pytest.approx(5.0, abs=1e-4)
    assert found[NEAR].effect.effect == 0.0 and found[NEAR].effect.exactly_zero
    assert found[DIFFERENCE].effect.effect == pytest.approx(5.0, abs=1e-4)
    # all shares rise by 9.8 points in 40 months; RBS gains 5/33 of a point in the last of the six before the choice,
    # which is 2.5 steps from their middle and so adds 2.5 / 17.5 of it to the slope
    assert found[NEAR].trend.effect == pytest.approx(12 * 9.8 / 40, abs=1e-3)
    assert found[DIFFERENCE].trend.effect == pytest.approx(12 * (5 / 33) * 2.5 / 17.5, abs=1e-3)


def test_no_trend_where_a_wave_comes_too_early(study):
    early = [(("2026-03" if row[0] == "2026-07" else row[0]), *row[1:]) for row in EVENTS]
    runs = [(with_events(ours, early), theirs) for ours, theirs in study.pairs("policy", "baseline")]
    found = near_misses(runs, registry.outcome("within_18_share"), AT, BANDS)
    assert found is not None and found[NEAR].trend is None and found[NEAR].effect.exactly_zero


def test_no_wave_has_both(study):
    without = [row for row in EVENTS if row[2] != "near miss"]
    runs = [(with_events(ours, without), theirs) for ours, theirs in study.pairs("policy", "baseline")]
    assert near_misses(runs, registry.outcome("within_18_share"), AT, BANDS) is None


def test_what_the_programme_did_by_hand(study):
    run = study.of("policy")[0]
    found = counts(run, AT)
    assert (found.held, found.designated, found.on_unknown) == (3, 2, 1)
    assert (found.reviewed, found.removed, found.false) == (2, 2, 1)
    earlier = counts(run, "2028-07")
    assert (earlier.removed, earlier.false) == (1, 1)
    programme = programme_of(study.of("policy"), AT)
    assert programme["on_unknown_share"].value == programme["false_removal_share"].value == 50.0
    assert programme["removed"].value == 2.0 and programme["false_removal_share"].n == 4
    nobody = programme_of(study.of("policy"), "2026-08")
    assert nobody["false_removal_share"].value is None and nobody["removed"].value == 0.0


def removals(run: RunResult, removed: int, false: int, draw: int) -> RunResult:
    rows = [("2026-07", "RBS", "assessed", "wave 2", 0.0)]
    rows += [("2027-06", f"R{k:02d}", "removed", "due", float(k < false)) for k in range(removed)]
    return dataclasses.replace(with_events(run, rows), draw=draw)


def test_intervals_of_shares_are_over_draws(study):
    run = study.of("policy")[0]
    # the same share in every draw: no spread, whatever the numbers
    same = programme_of([removals(run, n, n // 2, n) for n in (4, 6, 8)], AT)["false_removal_share"]
    assert same.value == pytest.approx(50.0) and same.interval == pytest.approx((50.0, 50.0))
    spread = programme_of([removals(run, 10, n, n) for n in (4, 5, 6)], AT)["false_removal_share"]
    # with a fixed number below, the mean of 40, 50 and 60 per cent with Student's t of two degrees of freedom
    assert spread.interval == pytest.approx((50 - 4.30265 * 10 / 3**0.5, 50 + 4.30265 * 10 / 3**0.5), abs=0.01)
    wide = programme_of([removals(run, 3, n, n) for n in (0, 1, 3)], AT)["false_removal_share"]
    assert wide.interval == (0.0, 100.0)
    assert programme_of([removals(run, 3, 1, 1)], AT)["false_removal_share"].interval is None


def test_a_comparison_has_all_of_it(study, tmp_path):
    found = compare(study, "policy", "baseline", bands=BANDS)
    assert found.fair is not None and found.fair.parts == ()
    assert "frozen_selection = true" in found.fair.missing
    assert len(fair_tables.tables(found)) == 2
    figures = {one["measure"]: one["value"] for one in fair_tables.records(found.fair, "points")}
    assert figures["false_removal_share"] == figures["on_unknown_share"] == 50.0
    assert figures["difference_effect"] == pytest.approx(5.0, abs=1e-4) and figures["short_of_segment"] == 1.0
    files = {path.name for path in write_csv(found, tmp_path / "effect.csv")}
    assert "effect-fair.csv" in files
    assert compare(study, "baseline", "policy", bands=BANDS).fair is None


def test_near_misses_of_the_division_are_the_programmes_own(study, make_study):
    """RAA failed one criterion in the run; by segment nobody would be a near miss, for RBB is treated."""
    codes = ("RBS", "RTF", "RAA", "RBB")
    places = Places(
        type=dict.fromkeys(codes, "acute"),
        region=dict.fromkeys(codes, "North"),
        icb=dict.fromkeys(codes, "QA"),
        segment={"RBS": 1.0, "RTF": 1.0, "RAA": 3.0, "RBB": 2.0},
        icb_names={"QA": "NHS Alpha Integrated Care Board"},
    )
    found = compare(study, "policy", "baseline", "list", bands=BANDS, by=("status",), places=places)
    assert found.row("near-miss").paired.baseline == pytest.approx(900_000, rel=1e-3)
    assert "rest" not in {row.group for row in found.rows}
    assert any("failed exactly one criterion" in note for note in found.notes)
    given = compare(make_study(seeds=2), "policy", "baseline", "list", bands=BANDS, by=("status",), places=places)
    assert given.row("near-miss").paired.baseline == pytest.approx(5_047_000, rel=1e-3)
    assert any("segment 2" in note for note in given.notes)
