"""What every verb prints when all is well, on short horizons."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aft_sim.baseline.tables import FOLDER

pytestmark = pytest.mark.end_to_end

UNTIL = "2026-09"


def widest(text: str) -> int:
    """Length of the longest line that is not a path."""
    return max(len(line.rstrip()) for line in text.splitlines() if "/" not in line)


@pytest.mark.parametrize("what", ["scenarios", "parameters", "sets", "outcomes", "levers"])
def test_list(cli, what: str) -> None:
    ended = cli("list", what)
    assert ended.code == 0
    assert widest(ended.out) <= 100
    rows = cli("list", what, "--json").json()
    assert len(rows) >= 4
    first = next(iter(rows[0]))
    assert all(row[first] in ended.out for row in rows)


def test_list_is_of_scenarios_by_default(cli) -> None:
    assert cli("list").out == cli("list", "scenarios").out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("schedule", ["move_list", "every week", "reads", "writes"]),
        ("capital.invest_share", ["Default", "Plausible", "Source", "Grade", "Assumption", "Status"]),
        ("removals.closure", ["Allowed", '"starts"']),
        ("aft.freedoms.approval", ["Policy", "Who decides", "active"]),
        ("capital.benefit_realisation", ["not active"]),
        ("within_18_share", ["Better", "higher", "points"]),
        ("set:first-wave", ["RTF", "assumed", "known", "6 trusts"]),
        ("first-wave", ["RTF"]),
        ("set:segment-1-acute", ["RTF", "16 trusts, worked out"]),
        ("set:region:London", ["trusts, worked out"]),
        ("set:type:", ["needs a value", "set:type:acute"]),
        ("capital", ["Levers of capital", "capital.limit_rule", "capital.delivery"]),
    ],
)
def test_show(cli, name: str, words: list[str]) -> None:
    ended = cli("show", name)
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for word in words:
        assert word in ended.flat


def test_show_says_where_every_value_of_a_scenario_was_written(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'schema = 1\nname = "mine"\nextends = "aft-wide"\ntitle = "Mine"\n'
        '[capital]\nlimit_rule = "additive"\n[parameters]\n"capital.delivery" = "70 %"\n'
        '[[change]]\nparameter = "production.level"\nfrom = 2027-04-01\nvalue = 1.05\ntrusts = ["RTF"]\nwhy = "Hope."\n'
    )
    ended = cli("show", "mine.toml")
    assert ended.code == 0
    for words in (
        "capital.limit_rule = additive (mine.toml:6)",
        "aft.designated = set:first-wave, set:segment-1-acute (aft-wide.toml:8 (shipped))",
        "aft.freedoms.multi_year = false (default)",
        "capital.delivery 0.7 0.8 mine.toml:8",
        "production.level 1.05 RTF mine.toml:9",
        "Hope.",
        "20 trusts hold the status from 1 June 2026",
    ):
        assert words in ended.flat


def test_check_says_what_a_file_changes(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'schema = 1\nname = "mine"\nextends = "baseline"\ntitle = "Mine"\n[parameters]\n"capital.delivery" = 0.7\n'
    )
    ended = cli("check", "mine.toml", "baseline", "no-aft")
    assert ended.code == 0
    assert "ok mine.toml: mine, Mine" in ended.flat
    assert "capital.delivery 0.8 0.7 share" in ended.flat
    assert "register mine.toml:6" in ended.flat
    assert "changes nothing against baseline" in ended.flat
    assert "aft.designated set:first-wave none" in ended.flat


def test_check_invariants(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = cli("check", "--invariants", "aft-wide", "--weeks", "8")
    assert ended.code == 0
    assert "every law held in each of 8 weeks (2 February 2026 to 29 March 2026)" in ended.flat

    from aft_sim.model import TrustAutonomyModel

    honest = TrustAutonomyModel.smooth

    def lose_a_patient(model: TrustAutonomyModel) -> None:
        model.world.n[0] -= model.world.n[0].max() + 1
        honest(model)

    monkeypatch.setattr(TrustAutonomyModel, "smooth", lose_a_patient)
    ended = cli("check", "--invariants", "aft-wide", "--weeks", "8")
    assert ended.code == 1
    assert "Check failed: aft-wide, week 0" in ended.err


def test_run_prints_england_and_stores_the_runs(cli) -> None:
    ended = cli("run", "baseline", "--seeds", "2", "--until", UNTIL, "--out", "runs")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for words in ("England, means over 2 seeds", "Jan 2026* 7,247,214", "Mar 2026", "Sep 2026", "Stored in runs"):
        assert words in ended.flat
    again = cli("run", "baseline", "--seeds", "2", "--until", UNTIL, "--out", "runs", "--json").json()
    assert again["seeds"] == [1, 2]
    assert [row["month"] for row in again["england"]] == ["2026-01", "2026-03", "2026-09"]
    for row in again["england"]:
        assert 6.5e6 < row["list"] < 8e6
        assert 55 < row["within_18_share"] < 70
        assert row["within_18_share_low"] <= row["within_18_share"] <= row["within_18_share_high"]


def test_run_with_checks(cli) -> None:
    ended = cli("run", "aft-wide", "--seed", "7", "--until", "2026-03", "--check")
    assert ended.code == 0
    assert "seed 7" in ended.out
    assert "Every law of the model held in every week." in ended.flat
    assert "Not stored" in ended.out


def test_failed_runs_end_with_3_and_broken_laws_with_1(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from aft_sim.basis.errors import CheckFailed
    from aft_sim.model import TrustAutonomyModel

    def refer(model: TrustAutonomyModel) -> None:
        raise ZeroDivisionError("an accident")

    monkeypatch.setattr(TrustAutonomyModel, "refer", refer)
    ended = cli("run", "baseline", "--seeds", "2", "--until", "2026-03")
    assert ended.code == 3
    assert ended.err.count("Run failed: baseline, seed") == 2
    assert "an accident" in ended.err

    def smooth(model: TrustAutonomyModel) -> None:
        raise CheckFailed("patients are not conserved", where="baseline, week 3")

    monkeypatch.undo()
    monkeypatch.setattr(TrustAutonomyModel, "smooth", smooth)
    assert cli("run", "baseline", "--until", "2026-03", "--check").code == 1


def test_compare_reads_a_stored_study(cli, study: Path, tmp_path: Path) -> None:
    ended = cli("compare", str(study), "--vs", "no-aft", "--csv", "t/effect", "--chart", "c/effect")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for words in (
        "England, share of the list waiting under 18 weeks, September 2026:",
        "Treated trusts (16 with a waiting list, 4 more without one)",
        "Most deprived fifth of England:",
        "Northumbria",
        "drawn from the pot",
        "Verdict",
        "Money from the opening to September 2026",
    ):
        assert words in ended.flat
    for name in ("t/effect.csv", "t/effect-money.csv", "t/effect-worth.csv", "t/effect-codebook.csv"):
        assert (tmp_path / name).stat().st_size > 100
    for end in ("png", "svg", "csv", "txt"):
        assert (tmp_path / f"c/effect.{end}").stat().st_size > 100
    with (tmp_path / "t/effect.csv").open(encoding="utf-8") as file:
        groups = [row["group"] for row in csv.DictReader(file)]
    assert {"england", "quintile-1", "gap", "treated", "trust:RTF", "others"} <= set(groups)


def test_compare_for_a_program(cli, study: Path) -> None:
    args = ("compare", str(study), "--vs", "no-aft", "--at", "2026-08", "--outcome", "over_52")
    whole = cli(*args, "--by", "quintile", "--json").json()
    assert whole["study"] == str(study)
    (found,) = whole["comparisons"]
    assert found == cli(*args, "--by", "quintile", "--only", "aft-wide", "--json").json()
    assert found["at"] == "2026-08"
    assert found["outcome"] == "over_52"
    assert [row["group"] for row in found["rows"]] == [
        "england",
        *(f"quintile-{q}" for q in range(1, 6)),
        "gap",
    ]
    for row in found["rows"]:
        assert row["effect"] == pytest.approx(row["policy"] - row["baseline"], abs=1e-6)
        assert row["interval"][0] <= row["effect"] <= row["interval"][1]
        assert row["pairs"] == 2
    before = cli("compare", str(study), "--vs", "no-aft", "--at", "2026-05", "--json").json()
    assert all(row["exactly_zero"] for row in before["comparisons"][0]["rows"])


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("region", 8),
        ("icb", 37),
        ("type", 3),
        ("status", 4),
        ("sector", 4),
    ],
)
def test_compare_by_places(cli, study: Path, by: str, groups: int) -> None:
    found = cli("compare", str(study), "--vs", "no-aft", "--by", by, "--only", "aft-wide", "--json").json()
    assert len(found["rows"]) >= groups
    assert found["selection"] == "scenario"
    assert {tally["level"] for tally in found["tallies"]} == {"trust", "icb"}
    for tally in found["tallies"]:
        assert len(tally["named_higher"]) == tally["higher"]
    for row in found["rows"]:
        assert {"runs_needed", "variance_ratio", "chance", "ignorance", "standard_error"} <= row.keys()


def test_places_add_up_to_england(cli, study: Path) -> None:
    args = ("compare", str(study), "--vs", "no-aft", "--outcome", "list", "--only", "aft-wide", "--json")
    for by in ("region", "icb"):
        rows = cli(*args, "--by", by).json()["rows"]
        england, *parts = (row["baseline"] for row in rows)
        assert sum(parts) == pytest.approx(england, rel=1e-4), by


def test_query(cli, study: Path, tmp_path: Path) -> None:
    sql = (
        "select scenario, month, avg(list) as people from england "
        "where basis = 'england' and quintile = 'all' group by all order by all"
    )
    ended = cli("query", str(study), sql, "--csv", "out/people.csv")
    assert ended.code == 0 and "aft-wide" in ended.out
    rows = cli("query", str(study), sql, "--json").json()
    assert {row["scenario"] for row in rows} == {"aft-wide", "no-aft"}
    with (tmp_path / "out/people.csv").open(encoding="utf-8") as file:
        assert [float(row["people"]) for row in csv.DictReader(file)] == [row["people"] for row in rows]
    for wrong, word in (
        ("select * from trst", 'Did you mean "trust"'),
        ("select lst from england", 'Did you mean "list"'),
        ("delete from england", "one SELECT"),
    ):
        ended = cli("query", str(study), wrong)
        assert ended.code == 2 and word in ended.err


def test_stored_and_fresh_runs_agree(cli, study: Path) -> None:
    fresh = cli("compare", "aft-wide", "--vs", "no-aft", "--seeds", "2", "--until", UNTIL, "--workers", "1", "--json")
    stored = cli("compare", str(study), "--vs", "no-aft", "--only", "aft-wide", "--json")
    assert fresh.json() | {"stored_in": ""} == stored.json() | {"stored_in": ""}


def test_settings_apply_to_both_worlds_and_move_the_numbers(cli) -> None:
    pair = ("compare", "aft-wide", "--vs", "no-aft", "--seeds", "1", "--until", "2026-04", "--workers", "1", "--json")
    plain, grown = cli(*pair).json(), cli(*pair, "--set", "referrals.growth=10", "--set", "run.chance = 0").json()
    levels = [[row["baseline"] for row in found["rows"] if row["group"] == "england"] for found in (plain, grown)]
    assert levels[0] != levels[1]


def test_own_baseline_is_the_packaged_one_elsewhere(cli, tmp_path: Path) -> None:
    own = tmp_path / "tables"
    shutil.copytree(FOLDER, own)
    args = ("run", "baseline", "--until", "2026-03", "--json")
    found, packaged = cli(*args, "--baseline", str(own)).json(), cli(*args).json()
    assert found["england"] == packaged["england"]


def test_one_pair_has_no_interval(cli) -> None:
    ended = cli(
        "compare",
        "aft-wide",
        "--vs",
        "no-aft",
        "--seeds",
        "1",
        "--until",
        "2026-07",
        "--by",
        "sector",
        "--workers",
        "1",
    )
    assert ended.code == 0
    assert "cannot tell, because one pair has no interval" in ended.flat


def test_demo(cli, tmp_path: Path) -> None:
    ended = cli("demo", "--seeds", "2", "--years", "1", "--workers", "1")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for words in (
        "baseline against no-aft",
        "aft-wide against no-aft",
        "March 2027",
        "Gap (least minus most deprived fifth)",
        "The published target of 70% for March 2027 is",
        "aft-sim compare aft-sim-demo --vs no-aft --only aft-wide",
    ):
        assert words in ended.flat
    out = tmp_path / "aft-sim-demo"
    for policy in ("baseline", "aft-wide"):
        for end in ("png", "svg", "csv", "txt"):
            assert (out / f"{policy}-against-no-aft.{end}").stat().st_size > 100
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "complete"
    assert len(list((out / "runs").glob("*/*"))) == 6


@pytest.mark.parametrize("code", ["RTF", "rtf", "northumbria"])
def test_page_of_a_trust(cli, code: str) -> None:
    ended = cli("baseline", "show", code)
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for words in ("RTF Northumbria Healthcare", "Segment 1", "Opening pot GBP", "All services 35,742", "Clock starts"):
        assert words in ended.flat


def test_pages_of_unusual_trusts(cli) -> None:
    assert "no consultant-led waiting list" in cli("baseline", "show", "RYX").flat
    assert "the trust made no return" in cli("baseline", "show", "RHQ").flat


def test_page_of_england_agrees_with_the_published_figures(cli) -> None:
    ended = cli("baseline", "show")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    for words in ("7,155,958", "7,247,214", "Open Government Licence", "rtt_monthly.csv"):
        assert words in ended.flat
    found = cli("baseline", "show", "england", "--json").json()
    ours, published = found["lists"]["England with estimates (used)"], found["published_with_estimates"]
    assert ours["list"] == published["list"]
    assert ours["over_52"] == published["over_52"]
    assert ours["within_18_share"] == pytest.approx(published["within_18_share"], abs=0.01)
    assert ours["median_weeks"] == pytest.approx(published["median_weeks"], abs=0.05)
    assert ours["p92_weeks"] == pytest.approx(published["p92_weeks"], abs=0.05)


def test_report_of_adjustments(cli, tmp_path: Path) -> None:
    ended = cli("baseline", "report", "--top", "5")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    assert cli("baseline", "report", "--csv", "out/all.csv").code == 0
    rows = cli("baseline", "report", "--json").json()
    with (tmp_path / "out" / "all.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert [row["code"] for row in written] == [row["code"] for row in rows]
    for row in rows:  # balanced: whoever starts is treated or removed
        assert row["starts_used"] - row["removals_used"] == pytest.approx(row["completions_used"], abs=0.1)


def test_help_is_quick_and_every_verb_has_an_example(cli, shell, tmp_path: Path) -> None:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        ended = shell(tmp_path, "--help")
        times.append(time.perf_counter() - start)
    assert ended.code == 0
    assert min(times) < 1.0  # 0.2 s alone; other work on the machine may double it and more
    for verb in (
        "demo",
        "list",
        "show",
        "check",
        "run",
        "compare",
        "baseline show",
        "baseline report",
        "baseline build",
    ):
        text = cli(*verb.split(), "--help").flat
        assert "Example" in text
        assert f"aft-sim {verb}" in text
    assert cli("--version").out.startswith("aft-sim ")


@pytest.mark.skipif(sys.platform == "win32", reason="signals differ")
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(shell, tmp_path: Path) -> None:
    args = ["run", "baseline", "--seeds", "6", "--until", "2026-12", "--out", "runs"]
    command = [sys.executable, "-c", "from aft_sim.cli import main; main()", *args]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # tests that run in the background of a shell are deaf to interrupts, and so would be their children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("runs/runs/baseline/0-1")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Stopped." in err
    assert "Traceback" not in err
    assert shell(tmp_path, *args).code == 0
    assert json.loads((tmp_path / "runs" / "manifest.json").read_text(encoding="utf-8"))["status"] == "complete"
