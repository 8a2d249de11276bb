"""The monthly A&E file, on small files in its layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from _layouts import small_register, write_table

from aft_sim.baseline.sources import emergency
from aft_sim.baseline.sources.emergency import EmergencyMonth, read_emergency
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

BIG = (900, 50, 300, 20, 0, 10, 400, 2, 30, 5, 0, 1, 250, 1, 3, 80, 60, 40)
SMALL = (100, 0, 30, 0, 0, 0, 40, 0, 3, 0, 0, 0, 25, 0, 0, 8, 6, 4)
WALK_IN = (0, 0, 500, 0, 0, 70, 0, 0, 9, 0, 0, 1, 0, 0, 0, 0, 0, 0)


def row(code: str, counts: Sequence[object], period: str = "MSitAE-MAY-2026") -> dict[str, object]:
    """One provider; parents end in a blank, as published."""
    head = {"Period": period, "Org Code": code, "Parent Org": "NHS ENGLAND LONDON ", "Org name": f"TRUST {code}"}
    return head | dict(zip(emergency._COUNTS, counts, strict=True))


def providers() -> list[dict[str, object]]:
    return [row("RA7", BIG), row("RVJ", SMALL), row("RTF", SMALL), row("AAH", WALK_IN), row("Y02532", WALK_IN)]


def total_of(rows: list[dict[str, object]]) -> dict[str, object]:
    """The last row, with a blank after TOTAL, as published."""
    head = dict.fromkeys(("Period", "Org Code", "Parent Org", "Org name"), "TOTAL ")
    sums = {c: sum(int(str(r[c] or 0)) for r in rows) for c in emergency._COUNTS}
    return {**head, **sums}


def read(folder: Path, rows: list[dict[str, object]] | None = None, **total: object) -> EmergencyMonth:
    rows = providers() if rows is None else rows
    path = write_table(folder / "AE-May-2026.csv", [*rows, total_of(rows) | total])
    return read_emergency(path, small_register(folder))


def test_predecessors_are_folded_in_and_booked_appointments_count(tmp_path: Path) -> None:
    found = read(tmp_path)
    trust = found.trusts["RA7"]
    assert found.month == "2026-05"
    assert trust.codes == ("RA7", "RVJ")
    assert trust.attendances == (1020, 50, 340)
    assert trust.booked == (20, 0, 10)
    assert trust.over_4h == (445, 2, 34)
    assert trust.admissions == (275, 1, 3)
    assert (trust.other_admissions, trust.all_admissions) == (88, 367)
    assert (trust.waited_4_to_12h, trust.waited_12h) == (66, 44)
    assert trust.within_4h == pytest.approx(1 - 481 / 1410)


def test_the_row_of_totals_is_not_counted(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.england.all_attendances == 1280 + 2 * 130 + 2 * 570
    assert found.england.codes == ("AAH", "RA7", "RTF", "RVJ", "Y02532")
    everybody = sum(t.all_attendances for t in found.trusts.values()) + found.others.all_attendances
    assert everybody == found.england.all_attendances


def test_providers_that_are_no_trust_are_kept_apart(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert list(found.trusts) == ["RA7", "RTF"]
    assert found.others.attendances == (0, 0, 1140)
    assert dict(found.names) == {"AAH": "TRUST AAH", "Y02532": "TRUST Y02532"}
    assert found.absent == ("RH5", "RX6")


def test_blank_is_unknown(tmp_path: Path) -> None:
    rows = [row("RTF", ("", *SMALL[1:])), row("RA7", BIG)]
    found = read(tmp_path, rows)
    assert np.isnan(found.trusts["RTF"].attendances[0])
    assert np.isnan(found.trusts["RTF"].within_4h)
    assert found.trusts["RTF"].over_4h == (40, 0, 3)


def test_no_attendances_have_no_share_within_four_hours(tmp_path: Path) -> None:
    found = read(tmp_path, [row("RTF", (*(0,) * 12, 0, 0, 0, 5, 0, 0))])
    assert np.isnan(found.trusts["RTF"].within_4h)
    assert found.trusts["RTF"].all_admissions == 5


def test_totals_that_do_not_add_up(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not add up to the row 'TOTAL' in column 'A&E attendances Type 2'"):
        read(tmp_path, **{"A&E attendances Type 2": 51})


def test_file_without_totals(tmp_path: Path) -> None:
    path = write_table(tmp_path / "ae.csv", providers())
    with pytest.raises(InputError, match=r"no row 'TOTAL'.*cut short"):
        read_emergency(path, small_register(tmp_path))


def test_file_cut_in_its_last_line(tmp_path: Path) -> None:
    path = write_table(tmp_path / "ae.csv", [*providers(), total_of(providers())])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(InputError, match="has no end"):
        read_emergency(path, small_register(tmp_path))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (row("RTF", SMALL), "there twice"),
        (row("RH5", SMALL, "MSitAE-JUNE-2026"), "two months"),
        (row("RH5", SMALL, "May 2026"), "not a period"),
        (row("RH5", (-1, *SMALL[1:])), "no count"),
        (row("RH5", ("1.5", *SMALL[1:])), "no count"),
        (row("RH5", ("n/a", *SMALL[1:])), "not a number"),
        (row("RH5", (39, *SMALL[1:])), "more people waited"),
    ],
)
def test_wrong_rows(tmp_path: Path, wrong: dict[str, object], words: str) -> None:
    path = write_table(tmp_path / "ae.csv", [*providers(), wrong, total_of(providers())])
    with pytest.raises(InputError, match=words) as caught:
        read_emergency(path, small_register(tmp_path))
    assert caught.value.where == f"{path}:7"


def test_missing_column_is_named_with_its_nearest_match(tmp_path: Path) -> None:
    old, new = "Other emergency admissions", "Other emergency admission"
    rows = [{(new if k == old else k): v for k, v in r.items()} for r in providers()]
    with pytest.raises(InputError, match="column 'Other emergency admissions' is missing") as caught:
        read_emergency(write_table(tmp_path / "ae.csv", rows), small_register(tmp_path))
    assert caught.value.found == new


def test_a_file_without_providers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no providers"):
        read(tmp_path, [])
