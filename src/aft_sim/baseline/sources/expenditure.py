"""Operating expenditure of trusts from the accounts consolidation (TAC): 2023/24, else 2022/23."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import MappingProxyType

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.sources.trusts import TrustRegister

WHAT = "the table of trust expenditure"
_LINES = {
    "opex": "opex_gbp_m",
    "staff": "staff_gbp_m",
    "supplies": "supplies_and_drugs_gbp_m",
    "premises": "premises_incl_depreciation_gbp_m",
    "other": "other_gbp_m",
}
_DRUGS = "drugs_gbp_m"
_MAIN = ("ods_code", *_LINES.values(), "wte_avg_2023_24", "opex_2022_23_gbp_m", "tac_codes_summed")
_DETAIL = ("ods_code", "staff_agency_gbp_m", "staff_employer_pensions_gbp_m", _DRUGS, "note")
_PAST = {
    "staff_2022_23": "staff_gbp_m",
    "supplies_2022_23": "supplies_and_drugs_gbp_m",
    "drugs_2022_23": _DRUGS,
    "impairments_2022_23": "impairments_net_gbp_m",
    "depreciation_2022_23": "depreciation_gbp_m",
    "pfi_2022_23": "pfi_lift_charges_gbp_m",
}
_FALLBACK = tuple(dict.fromkeys(("ods_code", *_LINES.values(), *_PAST.values())))
_PART_YEAR = "months only"


@dataclass(frozen=True)
class Expenditure:
    """Operating expenditure of one current trust, predecessors added up, GBP million of the year stated.

    It includes impairments and bought-in care, and is not income. None is unknown.

    Attributes:
        code: Current ODS code.
        year: "2023/24" or "2022/23" (nothing filed in the later year), None without any accounts.
        opex: Operating expenditure.
        staff: Staff, agency included.
        supplies: Supplies, services and drugs.
        premises: Premises, depreciation included.
        other: The rest, bought-in care and impairments included.
        agency: Temporary staff, part of `staff`; None in 2022/23. The sum (4.67bn) exceeds the published agency spend
            (3.02bn), so it seems to hold bank and contract staff from outside too.
        drugs: Drugs, part of `supplies`; None in 2022/23, and where one of the accounts added up has no figure.
        pensions: Employer's pension contributions, part of `staff`; None in 2022/23.
        average_wte: Average whole-time equivalents of staff in 2023/24, temporary staff included. A predecessor
            that filed for only part of the year is left out by the source: the successor's average has its staff.
        opex_2022_23: Operating expenditure of the year before.
        staff_2022_23: Staff of the year before.
        supplies_2022_23: Supplies, services and drugs of the year before.
        drugs_2022_23: Drugs of the year before, part of them.
        impairments_2022_23: Net impairments of the year before (part of `other`); no later year is by trust.
        depreciation_2022_23: Depreciation of the year before.
        pfi_2022_23: Charges for privately financed buildings (PFI and LIFT) of the year before.
        codes: Codes whose accounts of `year` are added up.
        part_year: Whether one of them filed for only the part of the year before it was merged; the successor files
            the rest, so that the sum is whole.
        note: Remarks of the source, joined.
    """

    code: str
    year: str | None
    opex: float | None
    staff: float | None
    supplies: float | None
    premises: float | None
    other: float | None
    agency: float | None
    drugs: float | None
    pensions: float | None
    average_wte: float | None
    opex_2022_23: float | None
    staff_2022_23: float | None
    supplies_2022_23: float | None
    drugs_2022_23: float | None
    impairments_2022_23: float | None
    depreciation_2022_23: float | None
    pfi_2022_23: float | None
    codes: tuple[str, ...]
    part_year: bool
    note: str | None

    @property
    def other_share(self) -> float | None:
        """Share of `other` in operating expenditure, None without accounts."""
        return None if self.other is None or not self.opex else self.other / self.opex


@dataclass(frozen=True)
class Accounts:
    """Expenditure of all current trusts.

    Attributes:
        trusts: Current code to expenditure, one entry for each trust of the register.
        own_2022_23: Operating expenditure 2022/23 by code as it then was, for weighting merged trusts.
        homeless: Codes with accounts that belong to no current trust, with their expenditure 2023/24.
    """

    trusts: Mapping[str, Expenditure]
    own_2022_23: Mapping[str, float]
    homeless: Mapping[str, float]


@dataclass(frozen=True)
class BoughtIn:
    """Range for the care that a trust buys from others, as a share of its operating expenditure.

    The accounts have no line for it by trust: it is in `other` with impairments, clinical negligence premiums,
    education and the rest. Own delivery costs between `1 - high` and `1 - low` of expenditure.

    Attributes:
        code: Current ODS code.
        low: How far the share of `other` exceeds the median of trusts of the same type; 0 if it does not.
        high: The share of `other` itself.
    """

    code: str
    low: float
    high: float


def bought_in(accounts: Accounts, register: TrustRegister) -> Mapping[str, BoughtIn]:
    """Range of bought-in care for each trust with accounts.

    Args:
        accounts: Expenditure by part.
        register: Types of the trusts.

    Returns:
        Current code to range; trusts without accounts are left out.
    """
    shares = {code: share for code, e in accounts.trusts.items() if (share := e.other_share) is not None}
    kind = {code: register.by_code[code].type for code in shares}
    typical = {t: median(s for code, s in shares.items() if kind[code] == t) for t in set(kind.values())}
    found = {code: BoughtIn(code, max(0.0, s - typical[kind[code]]), max(0.0, s)) for code, s in shares.items()}
    return MappingProxyType(found)


def _by_current(rows: Iterable[Row], register: TrustRegister) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        code = register.current(row.text("ods_code"))
        if code is not None:
            groups[code].append(row)
    return groups


def _sum(rows: list[Row], column: str) -> float | None:
    values = [row.maybe_number(column) for row in rows]
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _whole(rows: list[Row], column: str) -> float | None:
    """Sum of a column over the rows with accounts; None where one of them lacks it."""
    filed = [row for row in rows if row.maybe_number("opex_gbp_m") is not None]
    values = [row.maybe_number(column) for row in filed]
    known = [v for v in values if v is not None]
    return sum(known) if known and len(known) == len(filed) else None


def _past(rows: list[Row]) -> dict[str, float | None]:
    return {name: _sum(rows, column) for name, column in _PAST.items()}


def _latest(row: Row, detail: list[Row], before: list[Row]) -> Expenditure:
    values = {name: row.maybe_number(column) for name, column in _LINES.items()}
    filed = values["opex"] is not None
    notes = dict.fromkeys(note for r in detail if (note := r.maybe("note")))
    summed = [c.strip() for c in row.cells["tac_codes_summed"].split(";") if c.strip()]
    return Expenditure(
        code=row.text("ods_code"),
        year="2023/24" if filed else None,
        agency=_sum(detail, "staff_agency_gbp_m") if filed else None,
        drugs=_whole(detail, _DRUGS) if filed else None,
        pensions=_sum(detail, "staff_employer_pensions_gbp_m") if filed else None,
        average_wte=row.maybe_number("wte_avg_2023_24"),
        opex_2022_23=row.maybe_number("opex_2022_23_gbp_m"),
        codes=tuple(c for c in summed if "(2022/23 only)" not in c),
        part_year=any(_PART_YEAR in note for note in notes),
        note="; ".join(notes) or None,
        **_past(before),
        **values,
    )


def _earlier(code: str, rows: list[Row]) -> Expenditure:
    values = {name: _sum(rows, column) for name, column in _LINES.items()}
    return Expenditure(
        code=code,
        year="2022/23" if rows else None,
        agency=None,
        drugs=None,
        pensions=None,
        average_wte=None,
        opex_2022_23=values["opex"],
        codes=tuple(row.text("ods_code") for row in rows),
        part_year=False,
        note="no accounts in the 2023/24 file" if rows else "no accounts",
        **_past(rows),
        **values,
    )


def read_expenditure(folder: Path, register: TrustRegister) -> Accounts:
    """Read the expenditure of all current trusts.

    Args:
        folder: Folder with `trust_expenditure_tac_2023_24_by_current_trust.csv`, `..._2023_24.csv` (agency,
            pensions, remarks) and `..._2022_23.csv` (for trusts without 2023/24).
        register: Current trusts and their predecessors.

    Returns:
        One entry a trust of the register.

    Raises:
        InputError: A wrong file or cell, a code twice or not in the register.
    """
    main = folder / "trust_expenditure_tac_2023_24_by_current_trust.csv"
    old = folder / "trust_expenditure_tac_2022_23.csv"
    detail_rows = list(read_rows(folder / "trust_expenditure_tac_2023_24.csv", ("opex_gbp_m", *_DETAIL), WHAT))
    old_rows = list(read_rows(old, _FALLBACK, WHAT))
    detail, before = _by_current(detail_rows, register), _by_current(old_rows, register)
    found: dict[str, Expenditure] = {}
    for row in read_rows(main, _MAIN, WHAT):
        code = row.text("ods_code")
        if code not in register.by_code:
            raise row.error("not a current trust of the register", "ods_code", "a current code")
        if code in found:
            raise row.error("the trust is there twice", "ods_code", "each code once")
        latest = _latest(row, detail.get(code, []), before.get(code, []))
        found[code] = latest if latest.year else _earlier(code, before.get(code, []))
    for code in register.codes():
        found.setdefault(code, _earlier(code, before.get(code, [])))
    homeless = {
        row.text("ods_code"): row.need_number("opex_gbp_m")
        for row in detail_rows
        if register.current(row.text("ods_code")) is None and row.maybe("opex_gbp_m")
    }
    own = {row.text("ods_code"): row.need_number("opex_gbp_m") for row in old_rows}
    trusts = {code: found[code] for code in register.codes()}
    return Accounts(MappingProxyType(trusts), MappingProxyType(own), MappingProxyType(homeless))
