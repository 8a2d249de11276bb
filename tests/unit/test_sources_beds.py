"""Overnight beds: the KH03 history and the latest quarter, on small files in their layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from _layouts import small_register, write_table

from aft_sim.baseline.sources.beds import BedHistory, read_bed_history, read_latest_beds
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

JUNE = date(2024, 6, 30)
NAMES = ("Organisation_Code", "Sector", "Number_Of_Beds", "Effective_Snapshot_Date")
History = list[tuple[str, str, str, str]]

AVAILABLE: History = [
    ("RTF", "General & Acute", "413.5", "30/06/2012"),
    ("RA7", "General & Acute", "1,672", "30/06/2024"),
    ("RA7", "Mental Illness", "12", "30/06/2024"),
    ("RVJ", "General & Acute", "900.5", "30/06/2024"),
    ("RTF", "General & Acute", "800", "30/06/2024"),
    ("RTF", "Maternity", "NULL", "31/03/2001"),
    ("RTF", "Mental illness", "30", "31/03/2001"),
    ("5.00E+02", "General & Acute", "40", "31/03/2001"),
    ("RH5", "Learning Disabilities", "0", "30/06/2024"),
]
OCCUPIED: History = [
    (c, s, {"1,672": "1,500.5", "12": "9"}.get(n, n if n == "NULL" else str(float(n.replace(",", "")) / 2)), d)
    for c, s, n, d in AVAILABLE
]


def write(folder: Path, name: str, rows: History) -> Path:
    """As published: with a byte order mark and a last row of blanks."""
    table = [dict(zip(NAMES, r, strict=True)) for r in (*rows, ("", "", "", ""))]
    return write_table(folder / name, table, "utf-8-sig")


def history(folder: Path, available: History = AVAILABLE, occupied: History = OCCUPIED) -> BedHistory:
    paths = (write(folder, "available.csv", available), write(folder, "occupied.csv", occupied))
    return read_bed_history(*paths, small_register(folder))


def test_beds_of_a_quarter_with_predecessors(tmp_path: Path) -> None:
    found = history(tmp_path)
    assert found.quarters == (date(2001, 3, 31), date(2012, 6, 30), JUNE)
    trust = found.at(JUNE)["RA7"]
    assert trust.codes == ("RA7", "RVJ")
    assert trust.available[0] == 2572.5
    assert trust.occupied[0] == 1500.5 + 450.25
    assert trust.available[2] == 12
    assert trust.sector_occupancy("general_acute") == pytest.approx(1950.75 / 2572.5)
    assert np.isnan(trust.available[1])  # no row for maternity: unknown, not zero
    assert list(found.at(JUNE)) == ["RA7", "RH5", "RTF"]


def test_null_is_unknown_and_sectors_are_spelt_in_two_ways(tmp_path: Path) -> None:
    trust = history(tmp_path).at(date(2001, 3, 31))["RTF"]
    assert np.isnan(trust.available[1])
    assert trust.available[2] == 30
    assert np.isnan(trust.total_available)
    with pytest.raises(InputError, match="no such sector") as caught:
        trust.sector_occupancy("mental_health")
    assert "mental_illness" in str(caught.value)


def test_england_counts_everybody_and_codes_spoilt_by_a_spreadsheet_are_named(tmp_path: Path) -> None:
    found = history(tmp_path)
    available, occupied = found.england(JUNE)
    assert available == (1672 + 900.5 + 800, 0, 12, 0)
    assert occupied[2] == 9
    assert found.england(date(2001, 3, 31))[0][0] == 40
    assert found.mangled == ("5.00E+02",)
    assert found.current[found.codes.index("5.00E+02")] is None


def test_no_beds_have_no_occupancy(tmp_path: Path) -> None:
    trust = history(tmp_path).at(JUNE)["RH5"]
    assert np.isnan(trust.sector_occupancy("learning_disabilities"))


def test_no_such_quarter(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such quarter"):
        history(tmp_path).england(date(2024, 9, 30))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("RA7", "General & Acute", "5", "30/06/2024"), "there twice"),
        (("RA7", "Critical care", "5", "30/06/2024"), "no such sector"),
        (("RA7", "Maternity", "5", "06/30/2024"), "last day of a quarter"),
        (("RA7", "Maternity", "5", "2024-06-30"), "last day of a quarter"),
        (("RA7", "Maternity", "5", "31/05/2024"), "last day of a quarter"),
        (("RA7", "Maternity", "1,67", "30/06/2024"), "not a number of beds"),
        (("RA7", "Maternity", "few", "30/06/2024"), "not a number"),
        (("RA7", "Maternity", "-1", "30/06/2024"), "too small"),
        (("", "Maternity", "5", "30/06/2024"), "blank"),
    ],
)
def test_wrong_history(tmp_path: Path, row: tuple[str, str, str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        history(tmp_path, [*AVAILABLE, row])
    assert caught.value.where == f"{tmp_path / 'available.csv'}:{len(AVAILABLE) + 2}"


def test_the_two_files_must_have_the_same_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="in one KH03 file and not in the other") as caught:
        history(tmp_path, occupied=OCCUPIED[:-1])
    assert caught.value.where == str(tmp_path / "occupied.csv")
    with pytest.raises(InputError, match="cut short") as caught:
        history(tmp_path, available=AVAILABLE[1:])
    assert caught.value.where == str(tmp_path / "available.csv")


def latest_row(code: str, *beds: object) -> dict[str, object]:
    names = ("avail_total", "avail_ga", "avail_ld", "avail_mat", "avail_mh", "occ_total")
    head = {"region_code": "Y56", "org_code": code, "org_name": f"TRUST {code}"}
    return head | dict(zip(names, beds, strict=True)) | {"source": "KH03"}


LATEST = [
    latest_row("RA7", 100.1, 80, 5, 10, 5, 90),
    latest_row("RVJ", 50, 40, 0, 10, 0, 45.5),
    latest_row("RTF", 0, 0, 0, 0, 0, 0),
    latest_row("RYK", 10, 0, 0, 0, 10, 9),
]


def test_latest_quarter(tmp_path: Path) -> None:
    found = read_latest_beds(write_table(tmp_path / "beds.csv", LATEST), small_register(tmp_path))
    trust = found.trusts["RA7"]
    assert found.quarter_end == date(2026, 3, 31)
    assert trust.available == (120, 20, 5, 5)
    assert (trust.total_available, trust.total_occupied) == (150.1, 135.5)
    assert trust.occupancy == pytest.approx(135.5 / 150.1)
    assert np.isnan(trust.sector_occupancy("general_acute"))  # only their total is published
    assert found.not_trusts["RYK"].total_available == 10


def test_zeros_throughout_are_a_missing_return_not_a_trust_without_beds(tmp_path: Path) -> None:
    found = read_latest_beds(write_table(tmp_path / "beds.csv", LATEST), small_register(tmp_path))
    assert list(found.trusts) == ["RA7"]
    assert found.all_zero == ("RTF",)
    assert found.absent == ("RH5", "RX6")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (latest_row("RA7", 1, 1, 0, 0, 0, 1), "there twice"),
        (latest_row("RH5", 100, 80, 0, 0, 0, 90), "do not add up"),
        (latest_row("RH5", -1, -1, 0, 0, 0, 0), "below zero"),
        (latest_row("RH5", "many", 1, 0, 0, 0, 0), "not a number"),
    ],
)
def test_wrong_latest_quarter(tmp_path: Path, row: dict[str, object], words: str) -> None:
    path = write_table(tmp_path / "beds.csv", [*LATEST, row])
    with pytest.raises(InputError, match=words) as caught:
        read_latest_beds(path, small_register(tmp_path))
    assert caught.value.where == f"{path}:6"


def test_blank_is_unknown_in_the_latest_quarter(tmp_path: Path) -> None:
    path = write_table(tmp_path / "beds.csv", [latest_row("RH5", 100, 100, 0, 0, 0, "")])
    trust = read_latest_beds(path, small_register(tmp_path)).trusts["RH5"]
    assert trust.available[0] == 100
    assert np.isnan(trust.total_occupied)
