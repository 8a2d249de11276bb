"""A programme by rules compared fairly from the command line, and the league table of a study."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

UNTIL = "2026-09"
EXPERIMENT = """schema = 1
name = "mine"
title = "Mine"
scenarios = ["programme-by-rules"]
versus = "no-aft"
seeds = 2
until = 2026-09-30
"""


@pytest.fixture(scope="module")
def by_rules(shell, tmp_path_factory) -> Path:
    """A study of a programme by rules, its replay made by `compare`."""
    folder = tmp_path_factory.mktemp("rules") / "runs"
    args = ("compare", "programme-by-rules", "--vs", "no-aft", "--seeds", "2", "--until", UNTIL, "--out", str(folder))
    ended = shell(folder.parent, *args)
    assert ended.code == 0, ended.err
    assert "Selection and freedoms told apart" in ended.out and "exactly, every pair" in ended.out
    assert "6 runs" in ended.err
    return folder


def test_a_stored_study_tells_selection_and_freedoms_apart(cli, by_rules, tmp_path) -> None:
    ended = cli("compare", str(by_rules), "--vs", "no-aft", "--csv", "effect")
    assert ended.code == 0 and max(map(len, ended.out.splitlines())) <= 100
    for words in ("The programme by rules, to September 2026", "Near misses of the same waves", "of which false"):
        assert words in ended.flat
    # the replay is no policy of its own, unless it is asked for
    assert ended.out.count("against no-aft\n") == 1
    assert (tmp_path / "effect-fair.csv").is_file()
    alone = cli("compare", str(by_rules), "--vs", "no-aft", "--only", "programme-by-rules-without-freedoms")
    assert "No effect: exactly zero in all 2 pairs" in alone.flat
    told = cli("compare", str(by_rules), "--vs", "no-aft", "--json").json()["comparisons"]
    assert len(told) == 1 and told[0]["fair"]["replay"] == "programme-by-rules-without-freedoms"
    figures = {one["measure"]: one for one in told[0]["fair"]["figures"]}
    assert figures["selection_england"]["value"] == 0.0 and figures["held"]["value"] >= 6
    charts = cli("plot", str(by_rules), "effect")
    assert charts.code == 0 and "without" not in charts.out


def test_batch_and_reproduce_with_and_without_a_replay(cli, tmp_path) -> None:
    (tmp_path / "mine.toml").write_text(EXPERIMENT)
    plan = cli("batch", "mine.toml", "--dry-run", "--json").json()
    assert plan["runs"] == 4
    assert cli("batch", "mine.toml", "--out", "plain").code == 0
    ended = cli("compare", "plain", "--vs", "no-aft")
    assert "no replay is stored: frozen_selection = true in the experiment file runs it" in ended.flat
    (tmp_path / "mine.toml").write_text(EXPERIMENT + "frozen_selection = true\n")
    assert cli("batch", "mine.toml", "--dry-run", "--json").json()["runs"] == 6
    assert "the same trusts, nothing allowed" in cli("batch", "mine.toml", "--dry-run").flat
    ended = cli("batch", "mine.toml", "--out", "frozen")
    assert ended.code == 0 and "without-freedoms" not in ended.out
    again = cli("reproduce", "frozen", "--sample", "6")
    assert again.code == 0 and again.out.count("same") == 6 and "without-freedoms" in again.out


def test_the_league_table_of_a_study(cli, by_rules, tmp_path) -> None:
    ended = cli("show", "league", str(by_rules), "--at", "2026-08", "--csv", "league", "--chart", "league")
    assert ended.code == 0 and max(map(len, ended.out.splitlines())) <= 100
    for words in ("League tables, opening and August 2026", "Segment 1", "reversion", "● 100%", "Alder Hey"):
        assert words in ended.flat
    for end in (".csv", ".png", ".svg", ".txt", "-codebook.csv"):
        assert (tmp_path / f"league{end}").stat().st_size > 100
    told = cli("show", "league", str(by_rules), "--scenario", "no-aft", "--json").json()
    assert told["scenario"] == "no-aft" and not any(one["held"] for one in told["standings"])


def test_mistakes_of_the_league_table(cli, by_rules) -> None:
    for args, words in (
        (("show", "league"), "the folder of a stored study"),
        (("show", "league", "nowhere"), "no study in this folder"),
        (("show", "league", str(by_rules), "--at", "2026-02"), "no league table was published by then"),
        (("show", "league", str(by_rules), "--at", "soon"), "not a month"),
        (("show", "league", str(by_rules), "--scenario", "no-atf"), 'Did you mean "no-aft"'),
        (("show", "league", str(by_rules), "--kind", "draw"), "has no such option"),
        (("show", "baseline", "--at", "2029-03"), "only the league table has a month"),
    ):
        ended = cli(*args)
        assert ended.code == 2 and words in ended.flat and "Traceback" not in ended.err, (args, ended.flat)
