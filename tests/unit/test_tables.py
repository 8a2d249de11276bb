"""Tables of a comparison: readable in a terminal, complete as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io

import pytest
from rich.console import Console

from aft_sim.basis.errors import InputError
from aft_sim.present.tables import effect_table, money_table, write_csv
from aft_sim.study.compare import Bands, compare

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)


@pytest.fixture(scope="module")
def comparison(make_study):
    return compare(make_study(), "policy", "baseline", bands=BANDS)


def rendered(table, width=160) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table)
    return console.file.getvalue()


def test_effect_table_in_plain_words(comparison):
    text = " ".join(rendered(effect_table(comparison)).split())
    for piece in (
        "Share of the list waiting under 18 weeks, March 2029",
        "Six trusts hold AFT freedoms from June 2026 against No freedoms",
        "points",
        "95% interval",
        "practically zero (exactly zero in every pair)",
        "higher (better)",
        "Most deprived fifth",
        "Gap: least minus most deprived fifth",
        "±0.10 points (wider for trusts and groups of few: up to ±1.00 for one trust)",
        "RDY",
        "+0.05",
    ):
        assert piece in text
    assert "e-" not in text and "nan" not in text


def test_full_table_adds_the_statistics(comparison):
    text = rendered(effect_table(comparison, full=True), 200)
    for piece in ("Pairs", "SD of pairs", "Pairing gains", "Band", "unlimited"):
        assert piece in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut_off(comparison, width):
    for table in (effect_table(comparison), money_table(comparison)):
        text = rendered(table, width)
        assert "…" not in text
        assert max(map(len, text.splitlines())) <= width


def test_numbers_are_right_aligned(comparison):
    lines = rendered(effect_table(comparison)).splitlines()
    rows = [line for line in lines if line.startswith(("England", "Quintile"))]
    assert len({line.index("practically") for line in rows}) == 1
    assert len({line.index(".") for line in rows}) == 1


def test_one_pair_and_counts(make_study):
    text = rendered(effect_table(compare(make_study(seeds=1), "policy", "baseline", "list", bands=BANDS)))
    assert "1 pair of runs" in text
    assert "cannot tell (one pair" in text
    assert "5,970,000" in text
    assert "none" in text


def test_flows_say_twelve_months(make_study):
    result = compare(make_study(seeds=2), "policy", "baseline", "treated", bands=BANDS)
    assert "Completed pathways, 12 months to March 2029" in rendered(effect_table(result))


def test_money_table(comparison):
    text = rendered(money_table(comparison))
    for piece in ("GBP million", "2028/29", "Treated trusts", "+6.80", "drawn from the pot"):
        assert piece in text
    assert "e-" not in text


def test_csv_with_codebook(comparison, tmp_path):
    files = write_csv(comparison, tmp_path / "tables" / "effect.csv")
    names = ["effect.csv", "effect-money.csv", "effect-worth.csv", "effect-codebook.csv"]
    assert [file.name for file in files] == names
    tables = {file.name: list(csv.DictReader(file.read_text(encoding="utf-8").splitlines())) for file in files}
    explained = {(row["file"], row["column"]) for row in tables["effect-codebook.csv"]}
    for name in names[:-1]:
        assert tables[name]
        for column in tables[name][0]:
            assert (name, column) in explained
        numbers = {"baseline", "policy", "effect", "interval_low", "effect_in_year", "effect_to_date", "sd"}
        assert not any("e" in row[column] for row in tables[name] for column in numbers & row.keys())
    england = tables["effect.csv"][0]
    assert float(england["effect"]) == comparison.row("england").paired.effect
    assert england["verdict"] == "practically zero"
    assert next(row for row in tables["effect.csv"] if row["group"] == "others")["ceiling"] == ""
    units = {(row["file"], row["column"]): row["unit"] for row in tables["effect-codebook.csv"]}
    assert units["effect.csv", "effect"] == "points"
    assert units["effect.csv", "baseline"] == "%"
    assert units["effect-money.csv", "effect_to_date"] == "GBP million"
    assert len(tables["effect-money.csv"]) == len(comparison.money)


def test_csv_without_money(make_study, tmp_path):
    result = dataclasses.replace(compare(make_study(seeds=1), "policy", "baseline", bands=BANDS), money=(), worth=None)
    files = write_csv(result, tmp_path / "effect")
    assert [file.name for file in files] == ["effect.csv", "effect-codebook.csv"]
    assert next(csv.DictReader(files[0].open(encoding="utf-8")))["interval_low"] == ""


def test_unwritable(comparison, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write the table"):
        write_csv(comparison, tmp_path / "file" / "effect.csv")
