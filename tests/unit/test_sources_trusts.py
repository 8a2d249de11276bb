"""The reader of the register of trusts, on small files in its layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from _layouts import small_register, trust_row, write_table

from aft_sim.baseline.sources.trusts import read_trusts
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


def refusal(folder: Path, *rows: dict[str, object]) -> InputError:
    with pytest.raises(InputError) as caught:
        read_trusts(write_table(folder / "trusts.csv", rows))
    return caught.value


def test_a_full_row(tmp_path: Path) -> None:
    trust = small_register(tmp_path).by_code["RA7"]
    assert (trust.type, trust.foundation, trust.icb, trust.region) == (
        "acute",
        True,
        "QHM",
        "North East and Yorkshire",
    )
    assert (trust.predecessors, trust.merged_on) == (("RVJ",), date(2026, 7, 1))
    assert trust.oversight is not None
    assert (trust.oversight.segment, trust.oversight.rank, trust.oversight.deficit) == (3, 65, False)
    assert trust.rtt is not None and trust.rtt.waiting == 100
    assert trust.catchment is not None and sum(trust.catchment) == pytest.approx(1, abs=1e-12)
    assert trust.planned_surplus_pct == -2.28


def test_unknown_stays_unknown(tmp_path: Path) -> None:
    blank = dict.fromkeys(
        [
            *("rtt_list_2026_01", "nof_segment", "fin_planned_surplus_pct", "backlog_maintenance_m_2024_25"),
            *("cqc_location_rating", "cqc_location_well_led", "turnover_est_m", "icb_ods_2026", "lat"),
            *(f"catch_imd_q{q}" for q in range(1, 6)),
        ],
        "",
    )
    row = trust_row("K0N6A", **blank) | {"type": "online"}
    trust = read_trusts(write_table(tmp_path / "trusts.csv", [row])).trusts[0]
    assert (trust.rtt, trust.oversight, trust.cqc, trust.icb, trust.location) == (None,) * 5
    assert (trust.catchment, trust.backlog_gbp_m, trust.turnover_gbp_m) == (None,) * 3
    assert trust.planned_surplus_pct is None


def test_not_rated_is_unknown(tmp_path: Path) -> None:
    trust = small_register(tmp_path).by_code["RTF"]
    assert trust.cqc is not None
    assert (trust.cqc.rating, trust.cqc.well_led) == ("Good", None)
    row = trust_row("RTF", cqc_location_rating="Not rated")
    assert read_trusts(write_table(tmp_path / "t.csv", [row])).trusts[0].cqc is None


def test_predecessors_fold_into_current_trusts(tmp_path: Path) -> None:
    register = small_register(tmp_path)
    assert dict(register.successors) == {"RVJ": "RA7", "RA4": "RH5"}
    assert register.current("RVJ") == "RA7"
    assert register.current("RTF") == "RTF"
    assert register.current("AAH") is None
    assert register.codes() == ["RA7", "RH5", "RTF", "RX6"]


def test_several_predecessors(tmp_path: Path) -> None:
    row = trust_row("G6V2S", predecessor_codes="TAF;RRP;RNK")
    register = read_trusts(write_table(tmp_path / "trusts.csv", [row]))
    assert {register.current(c) for c in ("TAF", "RRP", "RNK")} == {"G6V2S"}


def test_a_predecessor_that_is_current_would_count_twice(tmp_path: Path) -> None:
    error = refusal(tmp_path, trust_row("RA7", predecessor_codes="RTF"), trust_row("RTF"))
    assert "also a current trust" in error.what


def test_two_successors(tmp_path: Path) -> None:
    rows = [trust_row("RA7", predecessor_codes="RVJ"), trust_row("RTF", predecessor_codes="RVJ")]
    assert "two successors" in refusal(tmp_path, *rows).what


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("type", "hospital", "no such type"),
        ("nof_segment", "7.0", "no such oversight segment"),
        ("nof_segment", "2.5", "not a whole number"),
        ("nof_financial_deficit", "maybe", "neither yes nor no"),
        ("cqc_location_rating", "Fine", "no such CQC rating"),
        ("cqc_date", "19/03/2019", "not a date"),
        ("turnover_est_m", "lots", "not a number"),
        ("is_foundation", "yes", "neither 0 nor 1"),
        ("catch_imd_q1", "0.9", "add up to"),
        ("region", "", "blank"),
    ],
)
def test_wrong_cells_name_file_and_line(tmp_path: Path, column: str, value: str, words: str) -> None:
    error = refusal(tmp_path, trust_row("RA7"), trust_row("RTF", **{column: value}))
    assert words in error.what
    assert error.where == f"{tmp_path / 'trusts.csv'}:3"


def test_a_trust_twice_and_a_missing_column(tmp_path: Path) -> None:
    assert "there twice" in refusal(tmp_path, trust_row("RA7"), trust_row("RA7")).what
    row = trust_row("RA7")
    row["nof_segmnt"] = row.pop("nof_segment")
    error = refusal(tmp_path, row)
    assert "'nof_segment' is missing" in error.what
    assert error.found == "nof_segmnt"


def test_other_encoding_and_short_row(tmp_path: Path) -> None:
    path = write_table(tmp_path / "trusts.csv", [trust_row("RA7", name="Trust £")], encoding="cp1252")
    with pytest.raises(InputError, match="expected encoding"):
        read_trusts(path)
    path = write_table(tmp_path / "trusts.csv", [trust_row("RA7")])
    path.write_text(path.read_text() + "RTF,short\n")
    with pytest.raises(InputError, match="wrong number of cells"):
        read_trusts(path)
