"""The 36 integrated care boards of April 2026 with their populations: `icbs.csv`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.sources.series_table import SeriesTable
from aft_sim.basis.errors import InputError

WHAT = "the table of ICBs"
NEEDS = ("core_need", "acute_need", "community_need", "mh_need", "health_ineq")
"""Need indices of the 2026/27 allocations, England = 1."""
RENAMED = {"West and North London": "North Central and West London"}
"""Boards that the formula's table still calls by their working name."""
WEIGHTS_YEAR = "2026/27"
"""First year whose weights are of the 36 boards."""
_QUINTILES = tuple(f"pop_imd2025_q{q}" for q in range(1, 6))
_COLUMNS = (
    *("ods_code", "ons_code_2026", "name", "region", "predecessor_ods", "cluster_id", "population_mid2022"),
    *_QUINTILES,
    *("registered_patients_2026_27", "centroid_lat", "centroid_lon"),
    *(f"{n}_index_2026_27" for n in NEEDS),
)


@dataclass(frozen=True)
class Icb:
    """One integrated care board.

    Attributes:
        code: ODS code, new (S1Y5D) for the merged, old (QHM) for the others.
        ons_code: ONS code of 2026 (E54...).
        name: Full name.
        region: NHS England region.
        predecessors: ODS codes of boards that went wholly or in part into it; empty if unchanged. Never map
            patients by these: two of them were split.
        cluster: Cluster of boards that share management, or None.
        population: Residents, mid-2022.
        quintiles: Residents by deprivation quintile of England (IMD 2025), most deprived first.
        registered: Registered patients of 2026/27.
        needs: Need index by name in `NEEDS`.
        centroid: Latitude and longitude.
    """

    code: str
    ons_code: str
    name: str
    region: str
    predecessors: tuple[str, ...]
    cluster: str | None
    population: float
    quintiles: tuple[float, ...]
    registered: float
    needs: tuple[float, ...]
    centroid: tuple[float, float]


@dataclass(frozen=True)
class IcbTable:
    """The boards in order of code; `population` has shape (boards, 5), residents, most deprived first."""

    icbs: tuple[Icb, ...]
    population: NDArray[np.float64]

    def codes(self) -> list[str]:
        """ODS codes in the order of all arrays by ICB."""
        return [i.code for i in self.icbs]

    def by_ons_code(self) -> dict[str, int]:
        """ONS code to index."""
        return {icb.ons_code: i for i, icb in enumerate(self.icbs)}


def _icb(row: Row) -> Icb:
    population = row.need_number("population_mid2022", 1)
    quintiles = tuple(row.need_number(c, 0) for c in _QUINTILES)
    if abs(sum(quintiles) - population) > max(5.0, 1e-4 * population):
        raise row.error(
            "the quintiles do not add up to the population",
            "population_mid2022",
            f"about {sum(quintiles):.0f}, the sum of pop_imd2025_q1 to q5",
        )
    return Icb(
        code=row.text("ods_code"),
        ons_code=row.text("ons_code_2026"),
        name=row.text("name"),
        region=row.text("region"),
        predecessors=tuple(p.strip() for p in row.cells["predecessor_ods"].split(";") if p.strip()),
        cluster=row.maybe("cluster_id"),
        population=population,
        quintiles=quintiles,
        registered=row.need_number("registered_patients_2026_27", 0),
        needs=tuple(row.need_number(f"{n}_index_2026_27", 0) for n in NEEDS),
        centroid=(row.need_number("centroid_lat"), row.need_number("centroid_lon")),
    )


def weighted_population(table: IcbTable, weights: SeriesTable, year: str = WEIGHTS_YEAR) -> NDArray[np.float64]:
    """Need-weighted population of each board, which its fair share of allocations goes by.

    The formula's table has codes of its own for the 36 boards: they are found by name, and their registered patients
    must be those of the table of boards.

    Args:
        table: the boards.
        weights: `icb_weighted_population`.
        year: of the weights.

    Raises:
        InputError: a board without weights, or with other registered patients.
    """
    people = weights.columns["registered_pop"]
    rows = {weights.texts["icb_name"][i].casefold(): i for i, key in enumerate(weights.rows) if key[0] == year}
    out = []
    for icb in table.icbs:
        name = icb.name.removeprefix("NHS ").removesuffix(" Integrated Care Board")
        row = rows.get(RENAMED.get(name, name).casefold())
        if row is None or people[row] != icb.registered:
            raise InputError(
                "a board has no need-weighted population of its own",
                where=weights.layout.file,
                found=f"{icb.code} {icb.name}, {icb.registered:,.0f} patients",
                expected=f"a row of {year} with its name and its registered patients",
            )
        out.append(weights.columns["core_wp"][row])
    return np.array(out)


def read_icbs(path: Path) -> IcbTable:
    """Read the table of ICBs.

    Args:
        path: `icbs.csv`.

    Returns:
        The boards in order of code.

    Raises:
        InputError: A wrong file or cell, a code twice, quintiles that do not add up.
    """
    found: dict[str, Icb] = {}
    for row in read_rows(path, _COLUMNS, WHAT):
        icb = _icb(row)
        if icb.code in found or icb.ons_code in {i.ons_code for i in found.values()}:
            raise row.error("the ICB is there twice", "ods_code", "each code once")
        found[icb.code] = icb
    if not found:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="one row an ICB")
    icbs = tuple(found[code] for code in sorted(found))
    return IcbTable(icbs, np.array([i.quintiles for i in icbs]))
