"""The reader of the RTT full extract, on small files in its layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from _layouts import (
    BAND_NAMES,
    RTT_HEADER,
    rtt_example,
    rtt_row,
    text_of,
    write_rtt,
    write_rtt_zip,
)

from aft_sim.baseline.sources.rtt_extract import RttExtract, read_rtt_extract
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


@pytest.fixture
def extract(tmp_path: Path) -> RttExtract:
    return read_rtt_extract(write_rtt_zip(tmp_path))


def refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        read_rtt_extract(path)
    return caught.value


def test_axes_and_period(extract: RttExtract) -> None:
    assert extract.period == date(2026, 1, 31)
    assert extract.provider_codes() == ["RBS", "RTF"]
    assert extract.commissioner_codes() == ["00L", "27T", "D4U1Y", "NONC"]
    assert extract.function_codes() == ["C_110", "X02"]
    assert extract.providers[1].name == "TRUST RTF, NORTH"
    assert [c.parent for c in extract.commissioners] == ["QHM", None, "QNQ", None]
    assert extract.functions[1].name == "Service X02"


def test_totals_leave_out_c_999_and_split_the_non_english(extract: RttExtract) -> None:
    assert extract.totals("2").tolist() == [[20, 0], [20, 5]]
    assert extract.totals("2", "england").tolist() == [[20, 0], [10, 5]]
    assert extract.totals("2", "nonc").tolist() == [[0, 0], [10, 0]]
    assert extract.totals("3").sum() == 13


def test_the_count_is_total_all_and_unknown_starts_are_kept_apart(extract: RttExtract) -> None:
    assert extract.totals("1A")[1, 0] == 8
    assert extract.by_band("1A").sum() == 6
    assert extract.unknown("1A")[1, 0] == 2
    assert extract.unknown("1B").sum() == 0


def test_bands_by_provider_function_and_week(extract: RttExtract) -> None:
    bands = extract.by_band("2")
    assert bands.shape == (2, 2, 105)
    assert bands[1, 0, [0, 17, 18, 65]].tolist() == [5, 3, 2, 10]
    assert bands[1, 1, [52, 104]].tolist() == [4, 1]
    assert np.array_equal(extract.by_band("2", "england") + extract.by_band("2", "nonc"), bands)


def test_part_3_has_no_bands(extract: RttExtract) -> None:
    with pytest.raises(InputError, match="no weekly bands"):
        extract.by_band("3")
    with pytest.raises(InputError, match="no such RTT part"):
        extract.totals("4")


def test_flows_by_commissioner(extract: RttExtract) -> None:
    flows = extract.flows("3")
    cells = {
        (extract.provider_codes()[p], extract.commissioner_codes()[c], extract.function_codes()[f]): n
        for p, c, f, n in zip(flows.provider, flows.commissioner, flows.function, flows.count, strict=True)
    }
    assert cells == {("RTF", "00L", "C_110"): 9, ("RBS", "D4U1Y", "C_110"): 4}


def test_checks(extract: RttExtract) -> None:
    checks = extract.checks
    assert (checks.rows, checks.total_rows) == (17, 8)
    assert (checks.residual_total, checks.residual_cells, checks.unbalanced) == (0, 0, 0)
    assert checks.unknown_starts == 2
    assert checks.list_without_parent == 30
    assert checks.dta_above_list == 0


def test_residuals_are_reported(tmp_path: Path) -> None:
    rows = rtt_example()
    rows[2]["Total All"] = "17"  # C_999 of RTF and 00L, part 2: the functions say 15
    rows[0][BAND_NAMES[3]] = "1"  # a band that Total All does not know
    rows[5] = rtt_row("RTF", "00L", "2A", "C_110", {18: 11})  # more than its list of 10
    checks = read_rtt_extract(write_rtt(tmp_path, rows)).checks
    assert (checks.residual_total, checks.residual_cells) == (2 + 9, 2)
    assert checks.unbalanced == 1
    assert checks.dta_above_list == 1


def test_a_file_without_totals_is_read(tmp_path: Path) -> None:
    rows = [r for r in rtt_example() if r["Treatment Function Code"] != "C_999"]
    extract = read_rtt_extract(write_rtt(tmp_path, rows))
    assert extract.checks.total_rows == 0
    assert extract.totals("2").sum() == 45


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    plain = read_rtt_extract(write_rtt(tmp_path))
    turned = read_rtt_extract(write_rtt(tmp_path, header=[*RTT_HEADER[::-1], "A new column"], name="new.csv"))
    assert np.array_equal(plain.by_band("2"), turned.by_band("2"))


def test_a_blank_band_balances_and_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    rows = rtt_example()
    rows[0][BAND_NAMES[50]] = ""
    path = tmp_path / "bom.csv"
    path.write_bytes(text_of(rows, RTT_HEADER).encode("utf-8-sig"))
    extract = read_rtt_extract(path)
    assert extract.checks.unbalanced == 0
    assert extract.records.banded[extract.records.part != 4].all()


def test_folding_gives_rows_to_the_successor(extract: RttExtract) -> None:
    folded = extract.folded({"RBS": "RTF"})
    assert folded.provider_codes() == ["RTF"]
    assert folded.providers[0].name == "TRUST RTF, NORTH"
    assert folded.totals("2").tolist() == [[40, 5]]
    unseen = extract.folded({"RBS": "ZZZ"})
    assert [(p.code, p.name) for p in unseen.providers][1] == ("ZZZ", "TRUST RBS, NORTH")


def test_missing_column_is_named_with_its_nearest(tmp_path: Path) -> None:
    header = [c if c != "Total All" else "Total all" for c in RTT_HEADER]
    error = refusal(write_rtt(tmp_path, header=header))
    assert "'Total All'" in error.what
    assert error.found == "Total all"
    assert error.where is not None and error.where.endswith("full.csv:1")


def test_the_old_layout_of_52_weeks_is_named(tmp_path: Path) -> None:
    header = [c for c in RTT_HEADER if c not in BAND_NAMES[52:]]
    error = refusal(write_rtt(tmp_path, header=[*header, "Gt 52 Weeks SUM 1"]))
    assert "April 2021" in str(error)


def test_truncated_zip(tmp_path: Path) -> None:
    path = write_rtt_zip(tmp_path)
    path.write_bytes(path.read_bytes()[:-60])
    assert "truncated" in refusal(path).what


@pytest.mark.parametrize("place", [0.1, 0.2, 0.5, 0.7])
def test_damaged_zip(tmp_path: Path, place: float) -> None:
    path = write_rtt_zip(tmp_path)
    body = bytearray(path.read_bytes())
    at = int(place * len(body))
    body[at : at + 20] = bytes(20)
    path.write_bytes(body)
    assert "damaged" in refusal(path).what


def test_not_a_zip(tmp_path: Path) -> None:
    path = tmp_path / "full.zip"
    path.write_text("<html>not found</html>")
    assert "not a zip file" in refusal(path).what


def test_a_zip_with_two_files(tmp_path: Path) -> None:
    assert "must hold one CSV" in refusal(write_rtt_zip(tmp_path, members=2)).what


def test_missing_and_empty_files(tmp_path: Path) -> None:
    write_rtt(tmp_path)
    error = refusal(tmp_path / "fulll.csv")
    assert "not there" in error.what
    assert error.hint == 'Did you mean "full.csv"?'
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    assert "is empty" in refusal(empty).what
    assert "has no rows" in refusal(write_rtt(tmp_path, rows=[])).what
    assert "is empty" in refusal(write_rtt_zip(tmp_path, text="")).what


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "ansi.csv"
    lines = text_of(rtt_example(), RTT_HEADER).splitlines(keepends=True)
    lines[3] = lines[3].replace("TRUST RTF", "TRUST RÉF")
    path.write_bytes("".join(lines).encode("cp1252"))
    error = refusal(path)
    assert "not UTF-8" in error.what
    assert error.where is not None and error.where.endswith("ansi.csv:4")


@pytest.mark.parametrize("cell", ["many", "1,672", "*", "12.5", "NA"])
def test_a_cell_that_is_not_a_number(tmp_path: Path, cell: str) -> None:
    rows = rtt_example()
    rows[4][BAND_NAMES[7]] = cell
    error = refusal(write_rtt_zip(tmp_path, text=text_of(rows, RTT_HEADER)))
    assert BAND_NAMES[7] in error.what
    assert error.found == cell
    assert error.where is not None and error.where.endswith("full-extract.csv:6")


def test_a_blank_or_negative_total(tmp_path: Path) -> None:
    rows = rtt_example()
    rows[3]["Total All"] = ""
    error = refusal(write_rtt(tmp_path, rows))
    assert "'Total All' is blank" in error.what
    assert error.where is not None and error.where.endswith(":5")
    rows[3]["Total All"] = "-3"
    error = refusal(write_rtt(tmp_path, rows))
    assert "below zero" in error.what
    assert error.where is not None and error.where.endswith(":5")


@pytest.mark.parametrize("period", ["January 2026", "RTT-Januray-2026", "RTT-January-26"])
def test_wrong_period(tmp_path: Path, period: str) -> None:
    rows = [r | {"Period": period} for r in rtt_example()]
    error = refusal(write_rtt(tmp_path, rows))
    assert "period" in error.what
    assert error.where is not None and error.where.endswith(":2")
    if period == "RTT-Januray-2026":
        assert error.hint == 'Did you mean "January"?'


def test_two_months_in_one_file(tmp_path: Path) -> None:
    extra = rtt_row("RTF", "27T", "2", "C_110", {1: 1}, period="RTT-December-2025")
    error = refusal(write_rtt(tmp_path, [*rtt_example(), extra]))
    assert "mixes months" in error.what
    assert error.where is not None and error.where.endswith(":19")


def test_unknown_part(tmp_path: Path) -> None:
    rows = [*rtt_example(), rtt_row("RTF", "00L", "7", "C_110", {1: 1})]
    error = refusal(write_rtt(tmp_path, rows))
    assert error.found == "Part_7"


def test_a_row_that_ends_early(tmp_path: Path) -> None:
    path = write_rtt(tmp_path)
    path.write_bytes(path.read_bytes()[:-40])
    error = refusal(path)
    assert "wrong number of cells" in error.what
    assert error.where is not None and error.where.endswith(":18")


def test_the_same_cell_twice(tmp_path: Path) -> None:
    rows = rtt_example()
    error = refusal(write_rtt(tmp_path, [*rows, rows[0]]))
    assert "more than once" in error.what
    assert error.found == ("RTF", "00L", "2", "C_110")


def test_only_totals(tmp_path: Path) -> None:
    rows = [r for r in rtt_example() if r["Treatment Function Code"] == "C_999"]
    assert "only totals" in refusal(write_rtt(tmp_path, rows)).what
