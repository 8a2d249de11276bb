"""The estates return (ERIC) 2024/25 by trust: type, sites, capital investment by kind and by source of money.

This table of the return has no backlog, floor area or charges of privately financed buildings: backlog comes from the
register of trusts and, by risk, from the profiles; the charges from the accounts of 2022/23.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.sources.trusts import TrustRegister

WHAT = "the estates return by trust"
KINDS = ("new", "improve", "lifecycle", "equipment")
"""New build; changing or improving buildings; maintaining (lifecycle) buildings; equipment of the estate."""
MONEY = ("private", "public", "charity")
_COLUMNS = (
    "Capital investment for new build (£)",
    "Capital investment for changing/improving existing buildings (£)",
    "Capital investment for maintaining (lifecycle) existing buildings (£)",
    "Capital investment for equipment (£)",
    "Private sector funding investment (£)",
    "Public sector funding investment (£)",
    "Charity and/or grant investment (£)",
)
_TYPE = "Trust Type"
_SITES, _LEASED = "Total number of sites (No.)", "Sites leased from NHS Property Services (No.)"
_INPATIENT = tuple(
    f"Number of sites - {kind} (No.)"
    for kind in (
        *("General acute hospital", "Specialist hospital (acute only)", "Mixed service hospital"),
        *("Mental Health (including Specialist services)", "Learning Disabilities"),
        *("Mental Health and Learning Disabilities", "Community hospital (with inpatient beds)", "Other inpatient"),
    )
)
TYPES = (
    *("ACUTE - LARGE", "ACUTE - MEDIUM", "ACUTE - MULTI-SERVICE", "ACUTE - SMALL", "ACUTE - SPECIALIST"),
    *("ACUTE - TEACHING", "AMBULANCE", "CARE TRUST", "COMMUNITY", "MENTAL HEALTH AND LEARNING DISABILITY"),
)
"""Types of trust of the return."""


@dataclass(frozen=True)
class Estate:
    """Estate figures of one current trust in GBP million of 2024/25, predecessors added up.

    Attributes:
        code: Current ODS code.
        types: Types in the return, in the order of `codes`; one for a trust that is not merged.
        sites: Sites of every kind, unoccupied ones included.
        inpatient_sites: Those of them with inpatients; None for ambulance trusts (not asked).
        leased_sites: Those of them leased from NHS Property Services; None likewise.
        capital: Investment by kind, in the order of `KINDS`. It leaves out medical equipment and IT that are
            not in the estates return, so it is less than capital expenditure.
        money: The same total by source of money, in the order of `MONEY`.
        backlog: Cost to clear backlog maintenance, from the register; this return has no backlog. None is
            unknown.
        codes: Codes in the return that were added up.
    """

    code: str
    types: tuple[str, ...]
    sites: int
    inpatient_sites: int | None
    leased_sites: int | None
    capital: tuple[float, float, float, float]
    money: tuple[float, float, float]
    backlog: float | None
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Estates:
    """The estates of all trusts that returned.

    Attributes:
        trusts: Current code to estate.
        absent: Current trusts without a return.
        not_trusts: Codes in the return that are no trust of the register.
        unbalanced: Codes whose kinds and sources of money differ by more than GBP 1.
    """

    trusts: Mapping[str, Estate]
    absent: tuple[str, ...]
    not_trusts: tuple[str, ...]
    unbalanced: tuple[str, ...]


def _pounds(row: Row, column: str) -> float:
    """A sum of money in GBP; "Not Applicable" is zero investment, a blank is an error."""
    text = row.text(column)
    if text == "Not Applicable":
        return 0.0
    plain = Row(row.path, row.line, row.cells | {column: text.replace(",", "")})
    return plain.need_number(column)


def _sites(row: Row, column: str) -> int | None:
    """A number of sites, None where the question is not asked of this type of trust; a blank is an error."""
    if row.text(column) == "Not Applicable":
        return None
    value = Row(row.path, row.line, row.cells | {column: row.cells[column].replace(",", "")}).need_number(column, 0)
    if value != int(value):
        raise row.error(f"column '{column}' is not a whole number", column, "a number of sites")
    return int(value)


def _asked(values: Iterable[int | None]) -> int | None:
    """Sum, None if any is not asked."""
    total = 0
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _kind(row: Row) -> str:
    kind = row.text(_TYPE).upper()
    if kind not in TYPES:
        raise row.error("no such type of trust in the estates return", _TYPE, ", ".join(TYPES))
    return kind


def read_estates(path: Path, register: TrustRegister) -> Estates:
    """Read the estates return.

    Args:
        path: `official/ERIC-2024_25-Trust-data.csv` (Windows-1252 text).
        register: Current trusts, their predecessors and backlog.

    Returns:
        Type, sites, capital by kind and by source of money, by current trust.

    Raises:
        InputError: A wrong file or cell, a code twice. A file saved as UTF-8 is read too.
    """
    values: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    rows: dict[str, dict[str, Row]] = {}
    unbalanced, not_trusts, seen = [], [], set()
    for row in read_rows(
        path, ("Trust Code", _TYPE, _SITES, _LEASED, *_INPATIENT, *_COLUMNS), WHAT, encoding=_encoding(path)
    ):
        code = row.text("Trust Code")
        if code in seen:
            raise row.error("the trust is there twice", "Trust Code", "each code once")
        seen.add(code)
        money = np.array([_pounds(row, c) for c in _COLUMNS])
        if abs(money[:4].sum() - money[4:].sum()) > 1:
            unbalanced.append(code)
        current = register.current(code)
        if current is None:
            not_trusts.append(code)
            continue
        values[current] = values.get(current, np.zeros(len(_COLUMNS))) + money / 1e6
        rows.setdefault(current, {})[code] = row
    trusts = {}
    for code in sorted(values):
        a, b, c, d, e, f, g = (float(v) for v in values[code])
        backlog = register.by_code[code].backlog_gbp_m
        parts = [rows[code][old] for old in sorted(rows[code])]
        sites = _asked(_sites(row, _SITES) for row in parts)
        if sites is None:
            raise parts[0].error("the number of sites is missing", _SITES, "a number for every trust")
        trusts[code] = Estate(
            code=code,
            types=tuple(_kind(row) for row in parts),
            sites=sites,
            inpatient_sites=_asked(_sites(row, column) for row in parts for column in _INPATIENT),
            leased_sites=_asked(_sites(row, _LEASED) for row in parts),
            capital=(a, b, c, d),
            money=(e, f, g),
            backlog=backlog,
            codes=tuple(sorted(rows[code])),
        )
    absent = tuple(c for c in register.codes() if c not in trusts)
    return Estates(MappingProxyType(trusts), absent, tuple(not_trusts), tuple(unbalanced))


def _encoding(path: Path) -> str:
    """The file as published is Windows-1252; re-saved copies are often UTF-8. The pound sign tells."""
    if path.is_file():
        with path.open("rb") as handle:
            if "£".encode() in handle.readline():
                return "utf-8-sig"
    return "cp1252"
