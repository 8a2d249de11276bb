"""What is published of the NHS's money in England by year: the packaged table `finance`.

Two sources: the series of findings on provider finance, and `sources/findings.toml` for figures read in publications
that no file of official data holds. Recalled figures are left out.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.sources.series_table import SeriesTable
from aft_sim.basis.errors import InputError, did_you_mean

NAME = "finance"
"""Of the table."""
READ_ELSEWHERE = Path(__file__).parent / "sources" / "findings.toml"
POUNDS = {"GBP m": 1.0, "GBP bn": 1000.0}
"""Units of money, in GBP m."""
RECALLED = "recalled"
"""How the status of a figure begins that nobody looked up."""
COUNTED = "flagged in deficit"
"""Measures that are counts of flags: every trust's flag is a fact, so they are left out."""


@dataclass(frozen=True, eq=False)
class Finance:
    """Published figures on money.

    Attributes:
        year: such as "2025/26".
        measure: what it is a figure of.
        value: as published.
        unit: such as "GBP m".
        source: publication.
    """

    year: tuple[str, ...]
    measure: tuple[str, ...]
    value: NDArray[np.float64]
    unit: tuple[str, ...]
    source: tuple[str, ...]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for row, key in enumerate(zip(self.year, self.measure, strict=True)):
            found.setdefault(key, []).append(row)
        return found

    def row(self, year: str, measure: str) -> int:
        """Row of the one figure of a measure in a year.

        Raises:
            InputError: there is none, or more than one.
        """
        rows = self._rows.get((year, measure), [])
        if len(rows) != 1:
            raise InputError(
                f"{len(rows)} figures of {measure} in {year}" if rows else f"no figure of {measure} in {year}",
                where=f"{NAME}.parquet",
                expected="one",
                hint=did_you_mean(measure, set(self.measure) - {measure}),
            )
        return rows[0]

    def number(self, year: str, measure: str) -> float:
        """A figure in its own unit."""
        return float(self.value[self.row(year, measure)])

    def gbp_m(self, year: str, measure: str) -> float:
        """A sum of money in GBP m.

        Raises:
            InputError: there is no such figure, or it is no money.
        """
        row = self.row(year, measure)
        if self.unit[row] not in POUNDS:
            raise InputError(
                f"{measure} is no sum of money", where=f"{NAME}.parquet", found=self.unit[row], expected="GBP m or bn"
            )
        return float(self.value[row]) * POUNDS[self.unit[row]]


def write_finance(folder: Path, series: SeriesTable) -> None:
    """Write the table.

    Args:
        folder: of the tables.
        series: `provider_finance_annual`.
    """
    year, measure, unit = (series.layout.keys.index(key) for key in ("fy", "measure", "unit"))
    rows: list[tuple[str, str, float, str, str]] = []
    for i, key in enumerate(series.rows):
        if not series.texts["status"][i].startswith(RECALLED) and COUNTED not in key[measure]:
            source = series.texts["source"][i]
            rows.append((key[year], key[measure], float(series.columns["value"][i]), key[unit], source))
    with READ_ELSEWHERE.open("rb") as file:
        for entry in tomllib.load(file)["finding"]:
            rows.append((entry["year"], entry["measure"], entry["value"], entry["unit"], entry["source"]))
    columns = list(zip(*rows, strict=True))
    tables.write(
        folder,
        NAME,
        {
            "year": list(columns[0]),
            "measure": list(columns[1]),
            "value": np.array(columns[2]),
            "unit": list(columns[3]),
            "source": list(columns[4]),
        },
    )


def read_finance(folder: Path) -> Finance:
    """Read the table.

    Raises:
        InputError: it is missing or broken.
    """
    found = tables.read(folder, NAME)
    year, measure, unit, source = (tuple(found[name]) for name in ("year", "measure", "unit", "source"))
    return Finance(year, measure, np.asarray(found["value"]), unit, source)
