"""`aft-sim evidence`, and the page of assumptions it makes."""

from __future__ import annotations

import csv
import dataclasses
from datetime import date
from pathlib import Path

import pytest

from aft_sim.spec.parameters import Revision
from aft_sim.spec.register import Register

pytestmark = pytest.mark.end_to_end

PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"


def widest(text: str) -> int:
    return max(len(line.rstrip()) for line in text.splitlines())


def test_everything(cli) -> None:
    ended = cli("evidence")
    assert ended.code == 0
    assert widest(ended.out) <= 100
    assert all(name in ended.out for name in Register.load())
    assert "100 % of the register has an origin" in ended.flat
    assert "for mechanisms/emergency.py" in ended.flat


def test_counts_by_grade_and_use_add_up(cli) -> None:
    rows = cli("evidence", "--json").json()["parameters"]
    lines = cli("evidence").out.splitlines()
    for grade in "ABCDE":
        mine = [row for row in rows if row["grade"] == grade]
        active, assumed = sum(row["active"] for row in mine), sum(row["assumption"] for row in mine)
        counts = [grade, str(active), str(len(mine) - active), str(assumed)]
        assert any(line.split()[:4] == counts for line in lines), counts
    active, assumed = sum(row["active"] for row in rows), sum(row["assumption"] for row in rows)
    assert any(line.split() == ["All", str(active), str(len(rows) - active), str(assumed)] for line in lines)


@pytest.mark.parametrize(
    ("args", "keep"),
    [
        (("--mechanism", "capital"), lambda row: row["mechanism"] == "capital"),
        (
            ("--mechanism", "capital", "--mechanism", "iho"),
            lambda row: row["mechanism"] in ("capital", "iho"),
        ),
        (("--grade", "A"), lambda row: row["grade"] == "A"),
        (("--grade", "d", "--grade", "E"), lambda row: row["grade"] in "DE"),
        (("--assumptions",), lambda row: row["assumption"]),
        (("--inactive",), lambda row: not row["active"]),
        (
            ("--inactive", "--assumptions", "--grade", "E"),
            lambda r: not r["active"] and r["assumption"] and r["grade"] == "E",
        ),
    ],
)
def test_filters(cli, args: tuple[str, ...], keep) -> None:
    everything = cli("evidence", "--json").json()["parameters"]
    expected = [row["name"] for row in everything if keep(row)]
    found = cli("evidence", *args, "--json").json()
    assert [row["name"] for row in found["parameters"]] == expected
    assert 0 < len(expected) < len(everything)
    assert found["audit"]["share"] == 1.0
    shown = cli("evidence", *args).out
    assert all(name in shown for name in expected)


def test_filters_that_nothing_passes(cli) -> None:
    assert "No parameter passes" in cli("evidence", "--mechanism", "run", "--grade", "E").flat


def test_table_for_a_spreadsheet(cli, tmp_path: Path) -> None:
    ended = cli("evidence", "--csv", "evidence.csv")
    assert ended.code == 0
    with (tmp_path / "evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(Register.load())
    hub = next(row for row in rows if row["name"] == "capital.hub_effect")
    assert (float(hub["value"]), float(hub["low"]), float(hub["high"])) == (21.9, 11.7, 32.2)
    assert (hub["grade"], hub["evidence"], hub["active"]) == ("A", "B01 S10", "True")
    assert hub["locators"].startswith("https://")


def test_excluded_rows(cli) -> None:
    rows = cli("evidence", "--excluded", "--json").json()["excluded"]
    assert len(rows) > 60
    shown = cli("evidence", "--excluded")
    assert widest(shown.out) <= 100
    assert all(row["evidence"] in shown.out for row in rows)


def test_page_of_assumptions_is_up_to_date(cli) -> None:
    ended = cli("evidence", "--assumptions", "--markdown")
    assert ended.code == 0
    assert ended.out == PAGE.read_text(encoding="utf-8"), "run: aft-sim evidence --assumptions --markdown"
    assumed = [p for p in Register.load().values() if p.assumption]
    assert all(f"`{p.name}`" in ended.out for p in assumed)
    assert not any(f"| `{p.name}`:" in ended.out for p in Register.load().values() if not p.assumption)


def test_a_missing_origin_is_a_failed_check(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Register(
        dataclasses.replace(p, source="none found", assumption=False) if p.name == "removals.return_rate" else p
        for p in Register.load().values()
    )
    monkeypatch.setattr(Register, "load", staticmethod(lambda: broken))
    ended = cli("evidence", "--json")
    assert ended.code == 1
    assert "removals.return_rate" in ended.err
    assert ended.json()["audit"]["share"] < 1.0
    assert "99.7 % of the register" in cli("evidence").flat


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--mechanism", "capitl"), ["--mechanism", 'Did you mean "capital"']),
        (("--grade", "F"), ["--grade", "A, B, C, D, E"]),
        (("--markdown",), ["--assumptions --markdown"]),
        (("--assumptions", "--markdown", "--grade", "E"), ["--assumptions --markdown"]),
        (("--excluded", "--inactive"), ["--excluded alone"]),
        (("--csv", "/dev/null/x.csv"), ["cannot write the table", "x.csv"]),
    ],
)
def test_mistakes(cli, args: tuple[str, ...], words: list[str]) -> None:
    ended = cli("evidence", *args)
    assert ended.code == 2
    assert all(word in ended.flat for word in words)


def test_show_says_where_a_parameter_comes_from(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = cli("show", "capital.cost_growth").flat
    for words in ("approval, rank correlation 0.8 with", "B10", "https://hfma", "unchanged since the first version"):
        assert words in shown
    shown = cli("show", "community.virtual_ward_cost").flat
    assert "not active: " in shown and "mechanisms/emergency.py" in shown
    assert "Drawn with" not in cli("show", "capital.hub_effect").out
    revised = (Revision(date(2026, 3, 1), 15.0, "before the study was out"),)
    changed = Register(
        dataclasses.replace(p, history=revised) if p.name == "capital.hub_effect" else p
        for p in Register.load().values()
    )
    monkeypatch.setattr(Register, "load", staticmethod(lambda: changed))
    assert "2026-03-01: was 15 %; before the study was out" in cli("show", "capital.hub_effect").flat


def test_list_marks_what_nothing_reads(cli) -> None:
    lines = cli("list", "parameters").out.splitlines()
    inactive = {p.name for p in Register.load().values() if not p.active}
    assert {line.split()[0] for line in lines if line.rstrip().endswith("(inactive)")} == inactive
    assert "Capital" in [line.strip() for line in lines]
    assert len(lines) < len(Register.load()) + 40
