"""Waiting lists of NHS trusts by month, April 2025 to January 2026, with the cells that cannot be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import read_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the table of waiting lists by trust and month"
Reason = Literal["missing", "incomplete", "repeated", "jump"]
"""Why a cell is flagged.

missing: no return for a month of a trust that returned another month; the value is NaN.
incomplete: one of the codes that make up the trust is missing; the value is NaN.
repeated: all three figures equal an earlier month's; the value is kept and must not be used.
jump: the list changed by more than `JUMP` since the last return; the value is kept and taken as real.
"""

JUMP = 0.08
"""Relative change of the list in a month above which it is flagged, for lists of at least `SMALL`."""
SMALL = 1000
_COLUMNS = ("period", "ods_code", "total", "within_18", "over_52")


@dataclass(frozen=True)
class Flag:
    """One flagged cell: trust, month such as "2025-11", and reason."""

    trust: str
    month: str
    reason: Reason
    detail: str


@dataclass(frozen=True)
class ProviderMonths:
    """Lists of current trusts by month, predecessors added up, patients from outside England included.

    Attributes:
        trusts: Current codes with at least one return, in order.
        months: Such as "2025-04", without gaps.
        waiting: Pathways on the list at the month's end, shape (trusts, months), NaN where unknown.
        within_18: Of these, waiting up to 18 weeks.
        over_52: Of these, waiting over 52 weeks.
        flags: Cells that need care, by trust and month.
        not_trusts: Codes in the file that are no NHS trust of the register.
    """

    trusts: tuple[str, ...]
    months: tuple[str, ...]
    waiting: NDArray[np.float64]
    within_18: NDArray[np.float64]
    over_52: NDArray[np.float64]
    flags: tuple[Flag, ...]
    not_trusts: tuple[str, ...]

    def usable(self) -> NDArray[np.bool_]:
        """Cells that are known and not repeated, shape (trusts, months)."""
        good = ~np.isnan(self.waiting)
        for flag in self.flags:
            if flag.reason == "repeated":
                good[self.trusts.index(flag.trust), self.months.index(flag.month)] = False
        return good


def _months(first: str, last: str) -> list[str]:
    year, month = int(first[:4]), int(first[5:])
    result = [first]
    while result[-1] < last:
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        result.append(f"{year}-{month:02d}")
    return result


def _read(path: Path) -> dict[str, dict[str, tuple[float, float, float]]]:
    """Code to month to (list, within 18 weeks, over 52 weeks)."""
    cells: dict[str, dict[str, tuple[float, float, float]]] = {}
    for row in read_rows(path, _COLUMNS, WHAT):
        month, code = row.text("period"), row.text("ods_code")
        if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
            raise row.error("not a month", "period", "a month such as 2025-04")
        if month in cells.setdefault(code, {}):
            raise row.error("the trust and month are there twice", "ods_code", "each pair once")
        waiting, within, over = (row.need_number(c, 0) for c in _COLUMNS[2:])
        if within > waiting or over > waiting - within:
            raise row.error("the parts exceed the list", "within_18", f"within_18 + over_52 up to {waiting:.0f}")
        cells[code][month] = (waiting, within, over)
    if not cells:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="rows by trust and month")
    return cells


def read_provider_months(path: Path, register: TrustRegister) -> ProviderMonths:
    """Read the lists by trust and month and flag the cells that need care.

    Args:
        path: `rtt_provider_month_2025_26.csv`.
        register: Current trusts and their predecessors.

    Returns:
        The lists by current trust. A month in which only some of a trust's codes reported is NaN.

    Raises:
        InputError: A wrong file or cell, a trust and month twice, parts that exceed the list.
    """
    cells = _read(path)
    months = _months(min(min(c) for c in cells.values()), max(max(c) for c in cells.values()))
    members: dict[str, list[str]] = {}
    for code in sorted(cells):
        current = register.current(code)
        if current is not None:
            members.setdefault(current, []).append(code)
    trusts = sorted(members)
    values = np.full((3, len(trusts), len(months)), np.nan)
    flags: list[Flag] = []
    for i, trust in enumerate(trusts):
        for j, month in enumerate(months):
            lacking = [code for code in members[trust] if month not in cells[code]]
            if not lacking:
                values[:, i, j] = np.sum([cells[code][month] for code in members[trust]], axis=0)
            else:
                reason: Reason = "missing" if len(lacking) == len(members[trust]) else "incomplete"
                flags.append(Flag(trust, month, reason, f"no return of {', '.join(lacking)}"))
        for code in members[trust]:
            flags.extend(_repeats(trust, code, cells[code]))
        flags.extend(jumps(trust, months, values[0, i]))
    return ProviderMonths(
        trusts=tuple(trusts),
        months=tuple(months),
        waiting=values[0],
        within_18=values[1],
        over_52=values[2],
        flags=tuple(sorted(flags, key=lambda f: (f.trust, f.month, f.reason))),
        not_trusts=tuple(code for code in sorted(cells) if register.current(code) is None),
    )


def _repeats(trust: str, code: str, months: dict[str, tuple[float, float, float]]) -> list[Flag]:
    """Months whose three figures all equal those of an earlier month: a return copied forward."""
    first: dict[tuple[float, float, float], str] = {}
    result = []
    for month in sorted(months):
        figures = months[month]
        if figures in first and figures[0] >= SMALL:
            result.append(Flag(trust, month, "repeated", f"{code} equals {first[figures]}"))
        first.setdefault(figures, month)
    return result


def jumps(trust: str, months: list[str], waiting: NDArray[np.float64]) -> list[Flag]:
    """Months in which the list leapt since the last month with a return."""
    result: list[Flag] = []
    known = np.flatnonzero(~np.isnan(waiting))
    for a, b in pairwise(known.tolist()):
        before, now = float(waiting[a]), float(waiting[b])
        if max(before, now) >= SMALL and abs(now - before) > JUMP * before:
            detail = f"{before:.0f} to {now:.0f} since {months[a]}"
            result.append(Flag(trust, months[b], "jump", detail))
    return result
