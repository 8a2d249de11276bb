"""`aft-sim power` and `aft-sim show events` as a user runs them."""

from __future__ import annotations

from datetime import date

import pytest

from aft_sim.baseline import bundle
from aft_sim.baseline.bind import load_bound
from aft_sim.study.runner import run_pairs

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A stored study of two short pairs of the first wave."""
    folder = tmp_path_factory.mktemp("power") / "runs"
    scenarios = [load_bound(name, bundle.load()) for name in ("no-aft", "baseline")]
    run_pairs(scenarios, 2, until=date(2026, 11, 30), out=folder)
    return folder


def test_power_of_a_stored_study(cli, study, tmp_path):
    ended = cli(
        "power", str(study), "--policy", "baseline", "--vs", "no-aft", "--csv", "power", "--chart", "power-chart"
    )
    assert ended.code == 0, ended.err
    assert "6 months after the start, by November 2026, an evaluation of 2 treated trusts could detect" in ended.flat
    assert "not detectable" in ended.flat and "Left out" in ended.flat and "near-misses, adjusted" in ended.flat
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"power.csv", "power-codebook.csv", "power-chart.png", "power-chart.svg", "power-chart.txt"}


def test_power_as_json(cli, study):
    found = cli("power", str(study), "--trusts", "RTF", "--outcome", "over_52_share", "--json").json()
    assert found["wave"] == ["RTF"] and found["policy"] == "baseline" and found["start"] == "2026-06"
    assert {one["comparators"] for one in found["designs"]} == {"near-misses", "others"}
    assert {point["months"] for point in found["points"]} == {6}
    assert all(point["detectable"] > 0 and point["detectable_published"] is None for point in found["points"])


def test_power_runs_a_study(cli, tmp_path):
    args = ("power", "baseline", "--vs", "no-aft", "--seeds", "2", "--until", "2026-07", "--workers", "1")
    ended = cli(*args, "--out", "made")
    assert ended.code == 0, ended.err
    assert "2 months after the start" in ended.flat and (tmp_path / "made" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--policy", "no-aft"), "cannot be compared with itself"),
        (("--policy", "basline"), 'Did you mean "baseline"'),
        (("--outcome", "median_weeks"), "no evaluation is planned for this outcome"),
        (("--trusts", "RTFA"), 'Did you mean "RTF"'),
        (("--trusts", "R0A"), "does not designate these trusts"),
        (("--until", "2027-03"), "a stored study is only read"),
    ],
)
def test_power_mistakes(cli, study, words, complaint):
    ended = cli("power", str(study), *words)
    assert ended.code == 2
    assert complaint in ended.flat


def test_events_of_a_stored_run(cli, study, tmp_path):
    args = ("show", "events", "all", "--results", str(study), "--scenario", "baseline", "--seed", "2")
    ended = cli(*args, "--kind", "designated", "--kind", "no draw", "--csv", "events", "--chart", "events-chart")
    assert ended.code == 0, ended.err
    assert "designated 6" in ended.flat and "becomes an advanced foundation trust" in ended.flat
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"events.csv", "events-codebook.csv", "events-chart.png", "events-chart.csv"}


def test_events_of_a_run(cli):
    found = cli("show", "events", "RTF", "--to", "2026-07", "--json").json()
    assert found["scenario"] == "baseline" and found["seed"] == 1
    assert {one["trust"] for one in found["events"]} == {"RTF"}
    assert found["events"][0]["words"] == "becomes an advanced foundation trust"


def test_plot_events(cli, study, tmp_path):
    ended = cli("plot", str(study), "events", "--policy", "baseline", "--seed", "2", "--out", "timeline")
    assert ended.code == 0, ended.err
    assert "seed 2" in (tmp_path / "timeline.txt").read_text(encoding="utf-8")
    assert "--seed goes with events" in cli("plot", str(study), "fan", "--seed", "2").flat


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("RTFA",), "RTF"),
        ((), "whose events is not said"),
        (("all", "--kind", "drw"), 'Did you mean "draw"'),
        (("all", "--from", "2040-01"), "no such month"),
        (("all", "--seed", "9"), "no run of this seed"),
        (("all", "--year", "2026/27"), "events have no such option"),
        (("all", "--set", "capital.hub_cost=1"), "a stored run is only read"),
    ],
)
def test_event_mistakes(cli, study, words, complaint):
    ended = cli("show", "events", *words, "--results", str(study))
    assert ended.code == 2
    assert complaint in ended.flat


def test_only_events_have_kinds(cli):
    ended = cli("show", "ledger", "RTF", "--kind", "draw")
    assert ended.code == 2 and "only events have" in ended.flat
