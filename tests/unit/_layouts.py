"""Small files in the layouts that the sources are published in, written by the tests that read them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aft_sim.baseline.sources import estates, icbs, trusts

BAND_NAMES = [f"Gt {w:02d} To {w + 1:02d} Weeks SUM 1" for w in range(104)] + ["Gt 104 Weeks SUM 1"]
RTT_HEADER = [
    "Period",
    "Provider Parent Org Code",
    "Provider Parent Name",
    "Provider Org Code",
    "Provider Org Name",
    "Commissioner Parent Org Code",
    "Commissioner Parent Name",
    "Commissioner Org Code",
    "Commissioner Org Name",
    "RTT Part Type",
    "RTT Part Description",
    "Treatment Function Code",
    "Treatment Function Name",
    *BAND_NAMES,
    "Total",
    "Patients with unknown clock start date",
    "Total All",
]
PAYERS = {
    "00L": ("QHM", "NHS NORTHUMBERLAND (SUB ICB LOCATION)"),
    "D4U1Y": ("QNQ", "NHS FRIMLEY (SUB ICB LOCATION)"),
    "27T": ("", "NORTH WEST COMMISSIONING HUB"),
    "NONC": ("", "#N/A"),
}


def rtt_row(
    provider: str,
    payer: str,
    part: str,
    function: str,
    bands: Mapping[int, int] | None = None,
    total: int | None = None,
    unknown: int | None = None,
    period: str = "RTT-January-2026",
) -> dict[str, str]:
    """One row as published: part 3 without bands, `Total` blank outside parts 1A and 1B."""
    parent, name = PAYERS[payer]
    weeks = dict(bands or {})
    row = dict.fromkeys(RTT_HEADER, "")
    if part != "3":
        row |= dict.fromkeys(BAND_NAMES, "0") | {BAND_NAMES[w]: str(n) for w, n in weeks.items()}
    completed = sum(weeks.values())
    everyone = completed + (unknown or 0) if total is None else total
    return row | {
        "Period": period,
        "Provider Parent Org Code": "QHM",
        "Provider Parent Name": "NORTH EAST",
        "Provider Org Code": provider,
        "Provider Org Name": f"TRUST {provider}, NORTH",
        "Commissioner Parent Org Code": parent,
        "Commissioner Org Code": payer,
        "Commissioner Org Name": name,
        "RTT Part Type": f"Part_{part}",
        "RTT Part Description": "as published",
        "Treatment Function Code": function,
        "Treatment Function Name": "Total" if function == "C_999" else f"Service {function}",
        "Total": str(completed) if part in ("1A", "1B") else "",
        "Patients with unknown clock start date": "" if unknown is None else str(unknown),
        "Total All": str(everyone),
    }


def rtt_example() -> list[dict[str, str]]:
    """Two providers, all parts, totals that match, 10 on the list from outside England."""
    return [
        rtt_row("RTF", "00L", "2", "C_110", {0: 5, 17: 3, 18: 2}),
        rtt_row("RTF", "00L", "2", "X02", {52: 4, 104: 1}),
        rtt_row("RTF", "00L", "2", "C_999", {0: 5, 17: 3, 18: 2, 52: 4, 104: 1}),
        rtt_row("RTF", "NONC", "2", "C_110", {65: 10}),
        rtt_row("RTF", "NONC", "2", "C_999", {65: 10}),
        rtt_row("RTF", "00L", "2A", "C_110", {18: 2}),
        rtt_row("RTF", "00L", "2A", "C_999", {18: 2}),
        rtt_row("RTF", "00L", "1A", "C_110", {30: 6}, unknown=2),
        rtt_row("RTF", "00L", "1A", "C_999", {30: 6}, unknown=2),
        rtt_row("RTF", "00L", "1B", "C_110", {3: 7}),
        rtt_row("RTF", "00L", "1B", "C_999", {3: 7}),
        rtt_row("RTF", "00L", "3", "C_110", total=9),
        rtt_row("RTF", "00L", "3", "C_999", total=9),
        rtt_row("RBS", "27T", "2", "C_110", {10: 20}),
        rtt_row("RBS", "27T", "2", "C_999", {10: 20}),
        rtt_row("RBS", "D4U1Y", "3", "C_110", total=4),
        rtt_row("RBS", "D4U1Y", "3", "C_999", total=4),
    ]


def text_of(rows: Iterable[Mapping[str, str]], header: Sequence[str]) -> str:
    """Rows as CSV text; columns that are not in `header` are left out."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_rtt(
    folder: Path,
    rows: Iterable[Mapping[str, str]] | None = None,
    header: Sequence[str] = RTT_HEADER,
    name: str = "full.csv",
) -> Path:
    """The extract as a bare CSV."""
    path = folder / name
    path.write_bytes(text_of(rtt_example() if rows is None else rows, header).encode())
    return path


def write_rtt_zip(folder: Path, text: str | None = None, members: int = 1) -> Path:
    """The extract as published: a zip with one CSV."""
    path = folder / "Full-CSV-data-file-Jan26.zip"
    body = text_of(rtt_example(), RTT_HEADER) if text is None else text
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(members):
            archive.writestr(f"2026013{i + 1}-RTT-January-2026-full-extract.csv", body)
    return path


def write_table(path: Path, rows: Sequence[Mapping[str, object]], encoding: str = "utf-8") -> Path:
    """A CSV file whose header is the keys of the first row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [{k: str(v) for k, v in row.items()} for row in rows]
    path.write_bytes(text_of(texts, list(rows[0])).encode(encoding))
    return path


def trust_row(code: str, **changes: object) -> dict[str, object]:
    """One row of the register of trusts: everything published."""
    row: dict[str, object] = dict.fromkeys(trusts._COLUMNS, "")
    row |= {
        "ods_code": code,
        "name": f"Trust {code}",
        "type": "acute",
        "type_eric_2024_25": "ACUTE - LARGE",
        "is_foundation": 1,
        "icb_ods_2026": "QHM",
        "region": "North East and Yorkshire",
        "rtt_list_2026_01": "100.0",
        "rtt_adm_2026_01": 5,
        "rtt_nonadm_2026_01": "20.0",
        "rtt_new_2026_01": "30.0",
        "nof_segment": "3.0",
        "nof_avg_score": "2.36",
        "nof_rank": "65.0",
        "nof_financial_deficit": "No",
        "nof_quarter": "Q3 2025/26",
        "nof_group": "Acute trust",
        "fin_planned_surplus_pct": "-2.28",
        "backlog_maintenance_m_2024_25": "277.77",
        "cqc_location_rating": "Good",
        "cqc_location_well_led": "Not rated",
        "cqc_date": "2019-03-19",
        "turnover_est_m": "2722.0",
        "turnover_method": "B: scaled cost",
        "estates_capital_2024_25_m": "44.55",
        "lat": "53.46",
        "lon": "-2.22",
        **{f"catch_imd_q{q}": share for q, share in zip(range(1, 6), (0.4, 0.2, 0.2, 0.1, 0.099), strict=True)},
    }
    return row | changes


def small_register(folder: Path) -> trusts.TrustRegister:
    """Bristol (RA7 with RVJ), Northumbria, Humber (RH5) and an ambulance trust."""
    rows = [
        trust_row("RA7", predecessor_codes="RVJ", merger_date="2026-07-01"),
        trust_row("RTF"),
        trust_row("RH5"),
        trust_row("RX6", type="ambulance", icb_ods_2026="", nof_segment="", backlog_maintenance_m_2024_25=""),
    ]
    return trusts.read_trusts(write_table(folder / "trusts.csv", rows))


BOARDS = {"QHM": "E54000050", "S0E4D": "E54000070", "S9B9J": "E54000069", "QRL": "E54000067"}


def icb_row(code: str, ons: str, quintiles: Sequence[float] = (100, 100, 100, 100, 100)) -> dict[str, object]:
    """One row of the table of ICBs."""
    row: dict[str, object] = dict.fromkeys(icbs._COLUMNS, "")
    return row | {
        "ods_code": code,
        "ons_code_2026": ons,
        "name": f"NHS {code}",
        "region": "South East",
        "predecessor_ods": "QU9;QNQ" if code == "S0E4D" else "",
        "population_mid2022": sum(quintiles),
        **{f"pop_imd2025_q{q + 1}": n for q, n in enumerate(quintiles)},
        "registered_patients_2026_27": 550,
        "centroid_lat": 51.5,
        "centroid_lon": -0.5,
        **{f"{n}_index_2026_27": 1.0 for n in icbs.NEEDS},
    }


def small_icbs(folder: Path) -> icbs.IcbTable:
    """The four boards of `BOARDS`."""
    return icbs.read_icbs(write_table(folder / "icbs.csv", [icb_row(c, o) for c, o in BOARDS.items()]))


def lsoa_row(code: str, sub: str, board: str, quintile: int = 1, people: float = 100) -> dict[str, object]:
    """One neighbourhood; the census counts as many people as mid-2022."""
    return {
        "lsoa21_code": code,
        "ltla22_code": "E06000001",
        "sicbl26": sub,
        "icb26_ons": BOARDS[board],
        "IMD_decile": f"{2 * quintile}.0",
        "imd_quintile": quintile,
        "total_residents": people,
        "pop2022_est": people,
    }


def eric_row(code: str, kinds: Sequence[object], money: Sequence[object]) -> dict[str, object]:
    """One row of the estates return."""
    values = dict(zip(estates._COLUMNS, [*kinds, *money], strict=True))
    sites = dict.fromkeys(estates._INPATIENT, 1) | {estates._SITES: "1,009", estates._LEASED: 2}
    return {"Trust Code": code, "Trust Name": f"TRUST {code}", estates._TYPE: "ACUTE - LARGE", **sites, **values}
