"""The oversight league table before and after: places only beyond the noise, holders marked, reversion told."""

from __future__ import annotations

import csv
import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present import league_page
from aft_sim.present.league_chart import league_chart
from aft_sim.present.lint import lint
from aft_sim.spec.register import Register
from aft_sim.study.result import RunResult
from aft_sim.study.segments import segment_league

pytestmark = pytest.mark.unit

EVENTS = (
    ("2026-06", "RTF", "designated", "", 1.0),
    ("2027-02", "RBS", "designated", "", 1.0),
    ("2027-06", "RBS", "removed", "due; its capability is in fact below", 0.0),
    ("2028-02", "RBS", "designated", "", 1.0),
)


def opening() -> dict[str, float]:
    b = load()
    score = b.oversight.of(b.oversight.average, b.oversight.opening(b.trusts.code))
    return {c: float(s) for c, s in zip(b.trusts.code, score, strict=True) if np.isfinite(s)}


def run_with(make_study, moved: dict[str, float], to: dict[str, int] | None = None, seed: int = 1) -> RunResult:
    """A run that publishes the opening scores, then those with some trusts moved."""
    b = load()
    segment = dict(zip(b.trusts.code, b.trusts.segment, strict=True))
    rows = []
    for month, change in (("2026-06", {}), ("2027-09", moved)):
        for code, score in opening().items():
            now = (to or {}).get(code, segment[code])
            keys = {"month": month, "trust": code}
            rows.append(keys | {"score": score + change.get(code, 0.0), "unadjusted": 2.0, "segment": now})
    events = [dict(zip(("month", "trust", "event", "detail", "value"), row, strict=True)) for row in EVENTS]
    tables = {
        "oversight": pa.Table.from_pylist(rows, schema=registry.LEVELS["oversight"].schema),
        "events": pa.Table.from_pylist(events, schema=registry.LEVELS["events"].schema),
    }
    run = make_study(seeds=1).of("policy")[0]
    return dataclasses.replace(run, seed=seed, tables={**run.tables, **tables})


def test_nobody_has_a_place_where_nothing_moves(make_study):
    found = segment_league([run_with(make_study, {})], "2028-03", load())
    assert found.published == "2027-09" and found.ranked == () and len(found.standings) > 180
    assert "No places: none of" in found.warning
    assert found.best == pytest.approx(0.0, abs=1e-6) and found.worst == pytest.approx(0.0, abs=1e-6)
    assert all(before == after for before, after in found.moves)


def test_places_of_those_that_move_beyond_the_noise_by_hand(make_study):
    """Noise of an acute trust: the root of 2/18 times 0.67, 0.223 points."""
    before = opening()
    found = segment_league([run_with(make_study, {"RTF": 0.9, "RBS": 0.2}, {"RTF": 4})], "2029-03", load())
    by = {one.code: one for one in found.standings}
    acute = [one for one in found.standings if one.group == "acute"]
    register = Register.load()
    noise = (2 / register.number("oversight.acute_metrics")) ** 0.5 * register.number("oversight.metric_noise")
    assert by["RTF"].noise == pytest.approx(noise) == pytest.approx(0.2233, abs=1e-4)
    assert by["RTF"].change == pytest.approx(0.9 - 1.1 / len(acute), abs=1e-6)
    assert [one.code for one in found.ranked] == ["RTF"]
    others = [before[one.code] for one in acute if one.code != "RTF"]
    assert by["RTF"].rank_before == 1 + sum(score < before["RTF"] - 1e-6 for score in others)
    later = [score + 0.2 * (score == before["RBS"]) for score in others]
    assert by["RTF"].rank_after == pytest.approx(1 + sum(score < before["RTF"] + 0.9 for score in later), abs=2)
    assert (by["RTF"].segment_before, dict(by["RTF"].segments)) == (1, {4: 1.0})
    assert found.moves[1, 4] == 1.0
    # a trust that moves within the noise has no place, but is there
    assert by["RBS"].rank_after is None and by["RBS"].change > 0.15


def test_runs_are_averaged_and_holders_marked_by_month(make_study):
    runs = [run_with(make_study, {"RTF": 0.4}, {"RTF": 4}), run_with(make_study, {"RTF": -0.4}, {"RTF": 2}, 2)]
    found = segment_league(runs, "2027-12", load())
    by = {one.code: one for one in found.standings}
    assert found.runs == 2 and by["RTF"].rank_after is None and by["RTF"].segment_after == 3.0
    assert dict(by["RTF"].segments) == {2: 0.5, 4: 0.5}
    assert (by["RTF"].holds, by["RTF"].held) == (1.0, 1.0)
    assert (by["RBS"].holds, by["RBS"].held) == (0.0, 1.0)
    later = {one.code: one for one in segment_league(runs, "2028-12", load()).standings}
    assert later["RBS"].holds == 1.0 and later["RBQ"].held == 0.0


def test_reversion_is_told(make_study):
    scores = opening()
    mean = float(np.mean(list(scores.values())))
    halfway = {code: -0.5 * (score - mean) for code, score in scores.items()}
    found = segment_league([run_with(make_study, halfway)], "2028-03", load())
    assert found.best > 0.2 and found.worst < -0.2
    assert "reversion" in found.warning


def test_what_a_run_does_not_hold_is_said(make_study):
    run = run_with(make_study, {})
    with pytest.raises(InputError, match="no league table was published by then"):
        segment_league([run], "2026-03", load())
    with pytest.raises(InputError, match="no league table was published by then"):
        segment_league([run], "2035-03", load())
    with pytest.raises(InputError, match="kept no oversight table"):
        segment_league([make_study(seeds=1).of("policy")[0]], "2028-03", load())


def test_the_page_the_file_and_the_chart(make_study, tmp_path):
    found = segment_league([run_with(make_study, {"RTF": 0.9})], "2028-03", load())
    assert {one.code for one in league_page.shown(found)} == {"RTF", "RBS"}
    main, book = league_page.write_csv(found, {"RTF": "Northumbria"}, tmp_path / "league")
    with main.open(encoding="utf-8") as file:
        rows = {row["trust"]: row for row in csv.DictReader(file)}
    assert rows["RTF"]["rank_after"] and not rows["RBS"]["rank_after"] and rows["RTF"]["name"] == "Northumbria"
    assert "reversion" in book.read_text(encoding="utf-8")
    chart = league_chart(found, {}, "A title", "policy")
    assert lint(chart) == [] and chart.data.num_rows == len(found.standings)
