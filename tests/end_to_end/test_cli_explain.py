"""`aft-sim explain` and `aft-sim need` on short horizons."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

MONTH = "2026-08"
EXPLAIN = ("explain", "aft-wide", "--vs", "no-aft", "--at", MONTH)
HEAD = 'schema = 1\nname = "mine"\nextends = "aft-wide"\ntitle = "Mine"\n'

EAGER = HEAD.replace("aft-wide", "aft-wide-additive") + (
    '[parameters]\n"programme.propensity" = 1.0\n"capital.revenue_split" = 0.5\n'
)


def test_explain_stores_says_and_resumes(cli, tmp_path: Path) -> None:
    ended = cli(*EXPLAIN, "--seeds", "2", "--out", "why", "--csv", "parts.csv", "--workers", "1")
    assert ended.code == 0, ended.err
    for words in ("aft.freedoms.approval: 0 by construction", "Total", "Interaction", "Every subset of the parts"):
        assert words in ended.flat
    assert max(len(line.rstrip()) for line in ended.out.splitlines()) <= 100
    with (tmp_path / "parts.csv").open(encoding="utf-8") as file:
        rows = {row["part"]: row for row in csv.DictReader(file)}
    shares = [float(row["shapley"]) for name, row in rows.items() if name not in ("total", "interaction")]
    assert sum(shares) == pytest.approx(float(rows["total"]["shapley"]), abs=1e-12)
    runs = {path: path.stat().st_mtime_ns for path in (tmp_path / "why").rglob("run.json")}
    assert len(runs) == 16
    again = cli(*EXPLAIN, "--seeds", "2", "--out", "why", "--json")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "why").rglob("run.json")} == runs
    found = again.json()
    assert [part["part"] for part in found["parts"]] == [name for name in rows if name not in ("total", "interaction")]
    assert found["parts"][1]["zero_by_construction"]
    assert len(found["subsets"]) == 8
    compared = cli("compare", "./why", "--vs", "no-aft", "--only", "aft-wide", "--at", MONTH, "--json").json()
    assert compared["rows"][0]["effect"] == pytest.approx(found["total"]["effect"], abs=1e-12)


def test_explain_in_groups_without_a_folder(cli) -> None:
    ended = cli(*EXPLAIN, "--seeds", "1", "--part", "status=aft", "--workers", "1", "--json")
    assert ended.code == 0, ended.err
    found = ended.json()
    assert [part["part"] for part in found["parts"]] == ["status"]
    assert found["parts"][0]["shapley"]["effect"] == found["total"]["effect"]
    assert found["total"]["interval"] is None


def test_explain_at_other_values_of_parameters(cli, tmp_path: Path) -> None:
    args = ("explain", "aft-wide-additive", "--vs", "no-aft", "--at", MONTH, "--seeds", "1", "--workers", "1")
    grouped = ("--part", "all=aft,capital", "--json")
    usual = cli(*args, *grouped).json()
    settings = ("--set", "programme.propensity=1", "--set", "capital.revenue_split=0.5")
    eager = cli(*args, *grouped, *settings).json()
    assert usual["settings"] == []
    assert eager["settings"] == ["programme.propensity=1", "capital.revenue_split=0.5"]
    for found in (usual, eager):  # what is set in both scenarios is no part
        assert [part["part"] for part in found["parts"]] == ["all"]
    assert eager["total"]["effect"] != usual["total"]["effect"]
    ended = cli(*args, *grouped[:2], *settings, "--csv", "parts")
    told = "In both scenarios: programme.propensity=1, capital.revenue_split=0.5."
    assert told in ended.flat
    assert told in (tmp_path / "parts-codebook.csv").read_text(encoding="utf-8")


def test_need_at_other_values_of_parameters(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EAGER, encoding="utf-8")
    args = ("need", "--gain", "1e-6", "--by", "2026-12", "--vary", "elasticity", "--seeds", "2", "--workers", "1")
    settings = ("--set", "programme.propensity=1", "--set", "capital.revenue_split=0.5")
    written = cli(*args, "--policy", "mine.toml", "--json").json()["points"][0]["gain"]
    found = cli(*args, "--policy", "aft-wide-additive", *settings, "--json").json()
    assert found["settings"] == ["programme.propensity=1", "capital.revenue_split=0.5"]
    # set in both scenarios or in the policy alone: without holders nothing reads either
    assert found["points"][0]["gain"] == pytest.approx(written)


def test_need_says_what_is_out_of_reach(cli, tmp_path: Path) -> None:
    args = ("need", "--gain", "0.5", "--by", MONTH, "--vary", "pot", "--seeds", "2", "--workers", "1", "--out", "need")
    ended = cli(*args)
    assert ended.code == 0, ended.err
    for words in (
        "Not reachable",
        "100 times the opening pots",
        "on ordinary capital in a year",
        "Varied:",
        "Reaches it",
    ):
        assert words in ended.flat
    assert max(len(line.rstrip()) for line in ended.out.splitlines()) <= 100
    assert len(list((tmp_path / "need").rglob("run.json"))) == 6
    found = cli(*args, "--json").json()
    assert found["finding"] == "not reachable"
    assert found["answer"] is None
    assert [one["amount"] for one in found["points"]] == [1.0, 100.0]


@pytest.mark.slow
def test_need_finds_how_large_a_pot_it_would_take(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EAGER, encoding="utf-8")
    args = ("need", "--gain", "0.01 points", "--by", "2026-12", "--vary", "pot", "--policy", "mine.toml")
    ended = cli(*args, "--seeds", "2", "--workers", "1", "--out", "need")
    assert ended.code == 0, ended.err
    for words in (
        "0.01 points more",
        "would take",
        "falls short",
        "How sure that is",
        "practically zero itself",
        "yes",
    ):
        assert words in ended.flat
    found = cli(*args, "--seeds", "2", "--workers", "1", "--out", "need", "--json").json()
    assert found["finding"] == "found"
    gains = {one["amount"]: one["gain"] for one in found["points"]}
    assert gains[found["falls_short"]] < 0.01 <= gains[found["answer"]]
    assert found["answer"] - found["falls_short"] <= 0.05 * found["answer"]


def test_need_already_reached(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(EAGER, encoding="utf-8")
    args = ("need", "--gain", "1e-6", "--by", "2026-12", "--vary", "elasticity", "--policy", "mine.toml")
    ended = cli(*args, "--seeds", "2", "--workers", "1")
    assert ended.code == 0, ended.err
    assert "Already reached" in ended.flat


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("explain", "no-aft", "--vs", "no-aft"), ["nothing to explain"]),
        ((*EXPLAIN, "--part", "x=aft.designatd"), ["--part x", "does not differ", '"aft.designated"']),
        ((*EXPLAIN, "--part", "x"), ["not a part", "NAME=PATH,PATH"]),
        ((*EXPLAIN, "--set", "removals.closur=list"), ["--set", "removals.closure"]),
        ((*EXPLAIN, "--set", "x"), ["--set", "not a setting", "NAME=VALUE"]),
        (("need", "--gain", "0.5", "--vary", "pot", "--set", "capital.delivery=7"), ["--set", "out of range"]),
        ((*EXPLAIN, "--outcome", "drawn"), ["--outcome", "money"]),
        ((*EXPLAIN[:4], "--at", "2040-01"), ["--at", "2040-01", "2036-03 at the latest"]),
        (("explain", "mine.toml", "--vs", "no-aft"), ["7 parts differ, and 6 can be told apart", "--part NAME="]),
        (("need", "--gain", "much", "--vary", "pot"), ["--gain", "not a number of points", "much"]),
        (("need", "--gain", "-1", "--vary", "pot"), ["--gain", "not a gain", "above 0"]),
        (("need", "--gain", "0.5", "--vary", "luck"), ["--vary", "luck", "pot"]),
        (("need", "--gain", "0.5", "--vary", "pot", "--most", "0.5"), ["--most", "above 1"]),
        (("need", "--gain", "0.5", "--vary", "pot", "--vs", "aft-wide"), ["compared with itself"]),
    ],
)
def test_mistakes(cli, tmp_path: Path, args: tuple[str, ...], words: list[str]) -> None:
    figures = ("capital.delivery", "capital.invest_share", "capital.hub_cost", "referrals.growth")
    values = {"capital.delivery": 0.9, "capital.invest_share": 0.5, "capital.hub_cost": 12.0, "referrals.growth": 3.0}
    text = HEAD + "[parameters]\n" + "".join(f'"{name}" = {values[name]}\n' for name in figures)
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    ended = cli(*args)
    assert ended.code == 2
    for word in words:
        assert word in ended.flat
    assert "Traceback" not in ended.err


def test_need_refuses_the_folder_of_a_study(cli, tmp_path: Path) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "manifest.json").write_text("{}")
    ended = cli("need", "--gain", "0.5", "--vary", "pot", "--by", MONTH, "--out", "study")
    assert ended.code == 2
    assert "folder of its own" in ended.err
