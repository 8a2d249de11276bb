"""Expenditure, catchments, lists by month and estates by current trust, on small files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from _layouts import eric_row, small_register, write_table

from aft_sim.baseline.sources.catchments import read_catchments
from aft_sim.baseline.sources.estates import read_estates
from aft_sim.baseline.sources.expenditure import Accounts, bought_in, read_expenditure
from aft_sim.baseline.sources.provider_month import ProviderMonths, read_provider_months
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

ICBS = ("QHM", "QUY")


def lines(opex: float | str) -> dict[str, object]:
    """The five lines of expenditure, blank where there are none."""
    shares = {"staff": 0.6, "supplies_and_drugs": 0.2, "premises_incl_depreciation": 0.1, "other": 0.1}
    parts = {f"{k}_gbp_m": opex if isinstance(opex, str) else opex * s for k, s in shares.items()}
    return {"opex_gbp_m": opex, **parts}


def accounts(folder: Path) -> Accounts:
    main = [
        ("RA7", lines(2000.0), 30000, 1900, "RA7;RVJ"),
        ("RH5", lines(1000.0), 12000, 950, "RH5;RA4 (2022/23 only)"),
        ("RTF", lines(""), "", 640, ""),
    ]
    keys = ("wte_avg_2023_24", "opex_2022_23_gbp_m", "tac_codes_summed")
    rows = [{"ods_code": c, **m, **dict(zip(keys, rest, strict=True))} for c, m, *rest in main]
    write_table(folder / "trust_expenditure_tac_2023_24_by_current_trust.csv", rows)
    detail = [
        ("RA7", 1100, 50, 90, 150, ""),
        ("RVJ", 900, 40, 70, 110, "RVJ: 3 months only"),
        ("RH5", 1000, 30, 80, "", ""),
        ("RYK", 27.3, 1, 2, "", "successor none"),
    ]
    names = ("ods_code", "opex_gbp_m", "staff_agency_gbp_m", "staff_employer_pensions_gbp_m", "drugs_gbp_m", "note")
    path = folder / "trust_expenditure_tac_2023_24.csv"
    write_table(path, [dict(zip(names, row, strict=True)) for row in detail])
    past = {"impairments_net_gbp_m": 1, "depreciation_gbp_m": 20, "pfi_lift_charges_gbp_m": "", "drugs_gbp_m": 60}
    old = [("RA7", 1100.0), ("RVJ", 800.0), ("RA4", 250.0), ("RH5", 700.0), ("RTF", 640.0)]
    path = folder / "trust_expenditure_tac_2022_23.csv"
    write_table(path, [{"ods_code": c, **lines(n), **past} for c, n in old])
    return read_expenditure(folder, small_register(folder))


def test_expenditure_of_a_merged_trust(tmp_path: Path) -> None:
    trust = accounts(tmp_path).trusts["RA7"]
    assert (trust.year, trust.opex, trust.staff, trust.average_wte) == ("2023/24", 2000, 1200, 30000)
    assert (trust.agency, trust.pensions, trust.codes) == (90, 160, ("RA7", "RVJ"))
    assert trust.part_year
    assert trust.note == "RVJ: 3 months only"


def test_expenditure_codes_are_those_of_the_year(tmp_path: Path) -> None:
    trust = accounts(tmp_path).trusts["RH5"]
    assert (trust.codes, trust.part_year, trust.opex_2022_23) == (("RH5",), False, 950)


def test_expenditure_falls_back_to_the_year_before(tmp_path: Path) -> None:
    found = accounts(tmp_path)
    trust = found.trusts["RTF"]
    assert (trust.year, trust.opex, trust.average_wte, trust.agency) == ("2022/23", 640, None, None)
    ambulance = found.trusts["RX6"]
    assert (ambulance.year, ambulance.opex) == (None, None)
    assert dict(found.homeless) == {"RYK": 27.3}
    assert found.own_2022_23["RA4"] == 250


def test_expenditure_of_the_year_before_is_folded_and_blanks_are_unknown(tmp_path: Path) -> None:
    trust = accounts(tmp_path).trusts["RA7"]
    assert (trust.staff_2022_23, trust.depreciation_2022_23) == (pytest.approx(1140), 40)
    assert (trust.impairments_2022_23, trust.pfi_2022_23) == (2, None)


def test_drugs_are_the_sum_only_where_every_account_has_them(tmp_path: Path) -> None:
    found = accounts(tmp_path).trusts
    assert (found["RA7"].drugs, found["RA7"].drugs_2022_23, found["RA7"].supplies_2022_23) == (260, 120, 380)
    assert (found["RH5"].drugs, found["RTF"].drugs, found["RTF"].drugs_2022_23) == (None, None, 60)


def test_bought_in_care_is_a_range(tmp_path: Path) -> None:
    found = accounts(tmp_path)
    other = {"RA7": 900.0, "RH5": 100.0, "RTF": 64.0}
    trusts = {c: replace(e, other=other.get(c)) for c, e in found.trusts.items()}
    ranges = bought_in(replace(found, trusts=trusts), small_register(tmp_path))
    assert sorted(ranges) == ["RA7", "RH5", "RTF"]
    assert (ranges["RA7"].low, ranges["RA7"].high) == pytest.approx((0.35, 0.45))
    assert (ranges["RTF"].low, ranges["RTF"].high) == pytest.approx((0, 0.1))


def shares(folder: Path, *rows: tuple[str, str, float, str]) -> Path:
    names = ("trust22_code", "icb26_ods", "share_of_trust_catchment", "current_trust")
    return write_table(folder / "catchments.csv", [dict(zip(names, r, strict=True)) for r in rows])


def test_catchments_of_merged_trusts_are_weighted_not_added(tmp_path: Path) -> None:
    path = shares(
        tmp_path,
        ("RA7", "QUY", 0.99, "RA7"),
        ("RVJ", "QUY", 0.5, "RA7"),
        ("RVJ", "QHM", 0.5, "RA7"),
        ("RTF", "QHM", 1.0, "RTF"),
        ("RH5", "QHM", 1.0, "RH5"),
        ("RA4", "QUY", 1.0, "RH5"),
    )
    register = small_register(tmp_path)
    found = read_catchments(path, ICBS, register, {"RA7": 300, "RVJ": 100, "RH5": 1})
    assert found.trusts == ("RA7", "RH5", "RTF")
    assert found.shares == pytest.approx(np.array([[0.125, 0.875], [0.5, 0.5], [1, 0]]))
    assert found.merged["RA7"] == {"RA7": 0.75, "RVJ": 0.25}
    assert found.unweighted == ("RH5",)
    assert found.of("RX6") is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("RTF", "QHM", 0.1, "RTF"), "there twice"),
        (("RA7", "QXX", 0.1, "RA7"), "no such ICB"),
        (("RA7", "QHM", 0.6, "RA7"), "do not add up"),
        (("ZZZ", "QHM", 1.0, "ZZZ"), "not a current trust"),
        (("RTF", "QUY", 0.1, "RA7"), "two current trusts"),
    ],
)
def test_wrong_catchments(tmp_path: Path, row: tuple[str, str, float, str], words: str) -> None:
    path = shares(tmp_path, ("RTF", "QHM", 1.0, "RTF"), row)
    with pytest.raises(InputError, match=words):
        read_catchments(path, ICBS, small_register(tmp_path), {})


def months(folder: Path, rows: dict[str, list[tuple[int, int, int] | None]]) -> ProviderMonths:
    names = ("total", "within_18", "over_52")
    table = [
        {"period": f"2025-{4 + j:02d}", "ods_code": code, **dict(zip(names, figures, strict=True))}
        for code, series in rows.items()
        for j, figures in enumerate(series)
        if figures is not None
    ]
    return read_provider_months(write_table(folder / "months.csv", table), small_register(folder))


def test_provider_months_fold_and_flag(tmp_path: Path) -> None:
    found = months(
        tmp_path,
        {
            "RA7": [(5000, 3000, 10), (5001, 3000, 10), (5002, 3000, 10)],
            "RVJ": [(4000, 2000, 5), None, (4001, 2000, 5)],
            "RTF": [(2000, 1500, 1), (2010, 1500, 1), (2000, 1500, 1)],
            "RH5": [(1500, 900, 1), None, (1800, 900, 1)],
            "RX6": [(50, 40, 1), (50, 40, 1), (80, 40, 1)],
            "AAH": [(300, 200, 0), (300, 200, 0), (300, 200, 0)],
        },
    )
    assert found.trusts == ("RA7", "RH5", "RTF", "RX6")
    assert found.months == ("2025-04", "2025-05", "2025-06")
    assert found.waiting[0, [0, 2]].tolist() == [9000, 9003]
    assert np.isnan(found.waiting[0, 1])
    assert found.over_52[0, 0] == 15
    flags = {(f.trust, f.month): f.reason for f in found.flags}
    assert flags == {
        ("RA7", "2025-05"): "incomplete",
        ("RH5", "2025-05"): "missing",
        ("RH5", "2025-06"): "jump",
        ("RTF", "2025-06"): "repeated",
    }
    assert found.not_trusts == ("AAH",)
    assert found.usable().tolist() == [
        [True, False, True],
        [True, False, True],
        [True, True, False],
        [True, True, True],
    ]


def test_wrong_provider_months(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="parts exceed"):
        months(tmp_path, {"RTF": [(100, 90, 20)]})
    register = small_register(tmp_path)
    row = {"period": "2025-13", "ods_code": "RTF", "total": 1, "within_18": 1, "over_52": 0}
    with pytest.raises(InputError, match="not a month"):
        read_provider_months(write_table(tmp_path / "m.csv", [row]), register)
    row["period"] = "2025-12"
    with pytest.raises(InputError, match="there twice"):
        read_provider_months(write_table(tmp_path / "m.csv", [row, row]), register)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_estates_fold_predecessors(tmp_path: Path, encoding: str) -> None:
    rows = [
        eric_row("RA7", ["1,000,000", 2000000, 0, 500000], [0, 3500000, 0]),
        eric_row("RVJ", [1000000, "Not Applicable", 0, 0], [0, 0, 1000000]),
        eric_row("RTF", [1000000, 0, 0, 0], [0, 0, 0]),
        eric_row("RNK", [0, 0, 0, 0], [0, 0, 0]),
    ]
    path = write_table(tmp_path / "eric.csv", rows, encoding=encoding)
    found = read_estates(path, small_register(tmp_path))
    trust = found.trusts["RA7"]
    assert trust.capital == pytest.approx((2, 2, 0, 0.5))
    assert trust.money == pytest.approx((0, 3.5, 1))
    assert (trust.backlog, trust.codes) == (277.77, ("RA7", "RVJ"))
    assert (trust.sites, trust.inpatient_sites, trust.leased_sites) == (2018, 16, 4)
    assert trust.types == ("ACUTE - LARGE", "ACUTE - LARGE")
    assert found.absent == ("RH5", "RX6")
    assert (found.not_trusts, found.unbalanced) == (("RNK",), ("RTF",))


def test_sites_that_are_not_asked_of_a_type_are_unknown(tmp_path: Path) -> None:
    row = eric_row("RX6", [0, 0, 0, 0], [0, 0, 0]) | {"Trust Type": "AMBULANCE"}
    row |= dict.fromkeys((n for n in row if str(n).startswith("Number of sites")), "Not Applicable")
    found = read_estates(write_table(tmp_path / "e.csv", [row], encoding="cp1252"), small_register(tmp_path))
    trust = found.trusts["RX6"]
    assert (trust.sites, trust.inpatient_sites, trust.types) == (1009, None, ("AMBULANCE",))


def test_wrong_estates(tmp_path: Path) -> None:
    register = small_register(tmp_path)
    good = eric_row("RTF", [0, 0, 0, 0], [0, 0, 0])
    with pytest.raises(InputError, match="there twice"):
        read_estates(write_table(tmp_path / "e.csv", [good, good], encoding="cp1252"), register)
    bad = eric_row("RTF", ["", 0, 0, 0], [0, 0, 0])
    with pytest.raises(InputError, match="is blank"):
        read_estates(write_table(tmp_path / "e.csv", [bad], encoding="cp1252"), register)
    for column, value, words in (
        ("Trust Type", "ACUTE - HUGE", "no such type"),
        ("Total number of sites (No.)", "2.5", "not a whole number"),
        ("Total number of sites (No.)", "Not Applicable", "sites is missing"),
        ("Sites leased from NHS Property Services (No.)", "", "is blank"),
    ):
        with pytest.raises(InputError, match=words):
            read_estates(write_table(tmp_path / "e.csv", [good | {column: value}], encoding="cp1252"), register)
    with pytest.raises(InputError, match="not there"):
        read_estates(tmp_path / "none.csv", register)
