"""What a policy costs and for whom, as `aft-sim compare` tells it of real runs over a whole financial year."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

AT = "2027-03"


@pytest.fixture(scope="module")
def year(inside, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored study of two pairs to the end of 2026/27."""
    folder = tmp_path_factory.mktemp("worth") / "year"
    args = ("compare", "aft-wide-additive", "--vs", "no-aft", "--seeds", "2", "--until", AT, "--workers", "1")
    ended = inside(*args, "--out", str(folder))
    assert ended.code == 0, ended.err
    return folder


def test_the_printed_block(cli, year: Path) -> None:
    out = cli("compare", str(year), "--vs", "no-aft", "--at", AT).out
    words = " ".join(out.split())
    assert "The limit rises by what holders draw, so the Exchequer pays: cost GBP" in words
    assert "public spending on care GBP" in words and "public spending by trusts" not in words
    for title in ("What it costs, from the opening to March 2027", "Capital per head by quintile", "Finances of NHS"):
        assert title in out
    assert "Public spending per" in out and "Cash support" in out
    assert "Most deprived fifth" in out[out.index("Capital per head") :]
    assert out[out.index("Finances of NHS") :].count("2026/27") == 1
    assert "2025/26" not in out[out.index("Finances of NHS") :]  # the run opens within it
    assert max(len(line.rstrip()) for line in out.splitlines() if "/" not in line) <= 100


def test_rows_asked_for_alone_leave_the_block_out(cli, year: Path) -> None:
    assert "What it costs" not in cli("compare", str(year), "--vs", "no-aft", "--at", AT, "--by", "quintile").out


def test_json_and_csv_hold_the_same(cli, year: Path) -> None:
    args = ("compare", str(year), "--vs", "no-aft", "--at", AT, "--only", "aft-wide-additive")
    told = cli(*args, "--csv", "t/effect.csv", "--json").json()["worth"]
    with Path("t/effect-worth.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert told["missing"] == [] and told["adds_to_capital_limit"] is True
    assert told["marginal_cost_gbp"] == pytest.approx(1140)
    assert [row["measure"] for row in rows] == [row["measure"] for row in told["rows"]]
    for line, row in zip(rows, told["rows"], strict=True):
        assert (float(line["effect"]) if line["effect"] else None) == row["effect"]
        assert line["verdict"] == row["verdict"]
    capital = {row["quintile"]: row for row in told["rows"] if row["measure"] == "capital_per_head"}
    assert sorted(capital) == ["1", "2", "3", "4", "5"]
    assert all(50 < row["baseline"] < 200 for row in capital.values())  # some GBP 5bn a year for 57 million people
    codebook = Path("t/effect-codebook.csv").read_text(encoding="utf-8")
    assert "effect-worth.csv,measure,machine name of the measure," in codebook


def test_money_rows_hold_support(cli, year: Path) -> None:
    found = json.loads(cli("compare", str(year), "--vs", "no-aft", "--at", AT, "--json").out)
    (comparison,) = found["comparisons"]
    assert {"exchequer", "cash_support", "deficit_support"} <= {row["money"] for row in comparison["money"]}


def test_public_spending_is_one_figure_on_the_whole_page(cli, year: Path) -> None:
    told = cli("compare", str(year), "--vs", "no-aft", "--at", AT, "--only", "aft-wide-additive", "--json").json()
    rows = {row["measure"]: row for row in told["worth"]["rows"]}
    by_year = {row["financial_year"]: row for row in told["money"] if row["group"] == "system"}
    assert rows["public_spending"]["effect"] == pytest.approx(rows["system_spending"]["effect"])
    assert max(by_year.items())[1]["effect_to_date_gbp_m"] == pytest.approx(rows["public_spending"]["effect"], abs=1e-3)
