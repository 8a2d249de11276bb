"""The National Cost Collection by trust, unadjusted actual cost: 2024/25 only, and a lower bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the National Cost Collection by trust"
YEAR = "2024/25"
"""The only year that is read: earlier years are implausibly low for many trusts."""
YEARS = ("2020/21", "2021/22", "2022/23", "2023/24", YEAR)
FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "implausibly_low": "far below the trust's expenditure: suppressed cells are missing",
        "falls_on_prior_year": "lower than the year before, which costs hardly ever are",
        "part_year_merger": "the trust was merged during the year",
    }
)
"""Doubts of the compiler and what they mean."""
_COLUMNS = ("ods_code", "year", "cost_gbp_m", "activity", "flag")


@dataclass(frozen=True)
class CollectedCost:
    """Cost of the collected services of one current trust in 2024/25, predecessors added up.

    A lower bound: small cells are suppressed in the publication, and services outside the collection are left out.

    Attributes:
        code: Current ODS code.
        cost: Actual cost, GBP million of 2024/25, not adjusted for local prices.
        activity: Number of collected units (attendances, spells, contacts, days), no measure of output.
        flags: Doubts, keys of `FLAGS`, of any of the codes.
        codes: Codes that were added up.
        unlisted: Predecessors without a figure of their own: merged before or during the year, or not collected.
    """

    code: str
    cost: float
    activity: float
    flags: tuple[str, ...]
    codes: tuple[str, ...]
    unlisted: tuple[str, ...]


@dataclass(frozen=True)
class CostCollection:
    """Costs of 2024/25.

    Attributes:
        trusts: Current code to cost; only a part of the trusts has one.
        absent: Current trusts without a figure of 2024/25.
        homeless: Codes that belong to no current trust.
        total: Sum of all rows of the year, GBP million.
    """

    trusts: Mapping[str, CollectedCost]
    absent: tuple[str, ...]
    homeless: tuple[str, ...]
    total: float


def _check(row: Row, seen: set[tuple[str, str]]) -> tuple[str, str]:
    code, year = row.text("ods_code"), row.text("year")
    if year not in YEARS:
        raise row.error("no such year of the collection", "year", ", ".join(YEARS))
    flag = row.maybe("flag")
    if flag is not None and flag not in FLAGS:
        raise row.error("no such flag", "flag", ", ".join(FLAGS))
    if (code, year) in seen:
        raise row.error("the trust and year are there twice", "ods_code", "each pair once")
    seen.add((code, year))
    return code, year


def read_cost_collection(path: Path, register: TrustRegister) -> CostCollection:
    """Read the costs of 2024/25; rows of other years are checked and passed over.

    Args:
        path: `ncc_cost_by_trust.csv`.
        register: Current trusts and their predecessors.

    Returns:
        Cost by current trust with the compiler's doubts.

    Raises:
        InputError: A wrong file or cell, an unknown year or flag, a trust and year twice, no row of 2024/25.
    """
    rows: dict[str, list[Row]] = {}
    homeless: list[str] = []
    total = 0.0
    seen: set[tuple[str, str]] = set()
    for row in read_rows(path, _COLUMNS, WHAT):
        code, year = _check(row, seen)
        if year != YEAR:
            continue
        total += row.need_number("cost_gbp_m", 0)
        current = register.current(code)
        if current is None:
            homeless.append(code)
        else:
            rows.setdefault(current, []).append(row)
    if not rows:
        raise InputError(f"{WHAT} has no row of {YEAR}", where=str(path), expected=f"the year {YEAR}")
    trusts = {}
    for code in sorted(rows):
        codes = tuple(sorted(r.text("ods_code") for r in rows[code]))
        trusts[code] = CollectedCost(
            code=code,
            cost=sum(r.need_number("cost_gbp_m", 0) for r in rows[code]),
            activity=sum(r.need_number("activity", 0) for r in rows[code]),
            flags=tuple(sorted({r.cells["flag"] for r in rows[code]} - {""})),
            codes=codes,
            unlisted=tuple(sorted(set(register.by_code[code].predecessors) - set(codes))),
        )
    absent = tuple(code for code in register.codes() if code not in trusts)
    return CostCollection(MappingProxyType(trusts), absent, tuple(sorted(homeless)), total)
