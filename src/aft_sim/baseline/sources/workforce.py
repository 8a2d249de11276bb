"""England's staff of hospital and community services by month (full-time equivalents)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import read_rows
from aft_sim.basis.errors import InputError

WHAT = "the workforce series"
GROUPS = ("all", "doctors", "consultants", "nurses_hv", "central_functions")
"""All staff, and the groups of the series: consultants are part of doctors; the groups do not add up to all."""
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Workforce:
    """Full-time equivalents employed by NHS trusts and other core organisations of England.

    Bank, agency and contractors' staff are not counted. The core organisations beside the trusts (NHS England, ICBs,
    support bodies) are, and there is no split by type of organisation.

    Attributes:
        months: Such as "2009-09", in order and without gaps.
        fte: Group of `GROUPS` to values by month; NaN is unknown.
    """

    months: tuple[str, ...]
    fte: Mapping[str, NDArray[np.float64]]

    def mean(self, first: str, last: str) -> float:
        """Mean of all staff over the months from `first` to `last`.

        Raises:
            InputError: A month is not in the series, or unknown.
        """
        for month in (first, last):
            if month not in self.months:
                span = f"{self.months[0]} to {self.months[-1]}"
                raise InputError("no such month in the workforce series", found=month, expected=span)
        values = self.fte["all"][self.months.index(first) : self.months.index(last) + 1]
        if not len(values) or np.isnan(values).any():
            raise InputError("the workforce series has a gap", found=f"{first} to {last}", expected="every month known")
        return float(values.mean())


def _next(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def read_workforce(path: Path) -> Workforce:
    """Read the series.

    Args:
        path: `series/workforce_monthly.csv`.

    Returns:
        Staff by month and group.

    Raises:
        InputError: A wrong file or cell, a month out of order, missing or twice, a group larger than all staff.
    """
    months: list[str] = []
    values: list[list[float]] = []
    for row in read_rows(path, ("month", *(f"fte_{g}" for g in GROUPS)), WHAT):
        month = row.text("month")
        if _MONTH.fullmatch(month) is None:
            raise row.error("not a month", "month", "a month such as 2026-02")
        if months and month != _next(months[-1]):
            raise row.error("the months have a gap or are not in order", "month", _next(months[-1]))
        numbers = [row.number(f"fte_{group}") for group in GROUPS]
        if any(n < 0 or n > numbers[0] for n in numbers):
            raise row.error("a group of staff exceeds all staff or is below zero", "fte_all", "all staff")
        months.append(month)
        values.append(numbers)
    if not months:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="one row a month")
    columns = np.array(values).T
    return Workforce(tuple(months), MappingProxyType({g: columns[i] for i, g in enumerate(GROUPS)}))
