"""The estates return (ERIC) 2024/25 by trust: capital investment by kind and by source of money."""

from __future__ import annotations

from collections.abc import Mapping
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


@dataclass(frozen=True)
class Estate:
    """Estate figures of one current trust in GBP million of 2024/25, predecessors added up.

    Attributes:
        code: Current ODS code.
        capital: Investment by kind, in the order of `KINDS`. It leaves out medical equipment and IT that are
            not in the estates return, so it is less than capital expenditure.
        money: The same total by source of money, in the order of `MONEY`.
        backlog: Cost to clear backlog maintenance, from the register; this return has no backlog. None is
            unknown.
        codes: Codes in the return that were added up.
    """

    code: str
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


def read_estates(path: Path, register: TrustRegister) -> Estates:
    """Read the estates return.

    Args:
        path: `official/ERIC-2024_25-Trust-data.csv` (Windows-1252 text).
        register: Current trusts, their predecessors and backlog.

    Returns:
        Capital by kind and source by current trust.

    Raises:
        InputError: A wrong file or cell, a code twice. A file saved as UTF-8 is read too.
    """
    values: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    codes: dict[str, list[str]] = {}
    unbalanced, not_trusts, seen = [], [], set()
    for row in read_rows(path, ("Trust Code", *_COLUMNS), WHAT, encoding=_encoding(path)):
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
        codes.setdefault(current, []).append(code)
    trusts = {}
    for code in sorted(values):
        a, b, c, d, e, f, g = (float(v) for v in values[code])
        backlog = register.by_code[code].backlog_gbp_m
        trusts[code] = Estate(code, (a, b, c, d), (e, f, g), backlog, tuple(sorted(codes[code])))
    absent = tuple(c for c in register.codes() if c not in trusts)
    return Estates(MappingProxyType(trusts), absent, tuple(not_trusts), tuple(unbalanced))


def _encoding(path: Path) -> str:
    """The file as published is Windows-1252; re-saved copies are often UTF-8. The pound sign tells."""
    if path.is_file():
        with path.open("rb") as handle:
            if "£".encode() in handle.readline():
                return "utf-8-sig"
    return "cp1252"
