"""Places: the parts that boards are made of, who lives there and where they are treated; the packaged table `places`.

A place is a sub-ICB location: it follows local authorities, so that Northumberland and North Tyneside are one each.
Residents by deprivation come from neighbourhoods; where they are treated from the pathways completed in the month of
the extract, by commissioner. What is not there (mental health, community, ambulance) has no figure by place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.sources.geography import Geography
from aft_sim.baseline.sources.rtt_extract import RttExtract
from aft_sim.basis.errors import InputError, did_you_mean

Array = NDArray[np.float64]
Index = NDArray[np.int64]

NAME, FLOWS = "places", "place_flows"
"""Of the tables."""
COMPLETED = ("1A", "1B")
"""Parts of the extract that count treatment."""
QUINTILES = 5


@dataclass(frozen=True, eq=False)
class Places:
    """Places of England.

    Attributes:
        code: codes of sub-ICB locations.
        name: of the place, such as "North Tyneside".
        board: (place,) board in which most of a place's residents live.
        population: (place, quintile) residents mid-2022, most deprived fifth first.
        flows: (trust, place) pathways completed in the month.
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    board: Index
    population: Array
    flows: Array

    def index(self, code: str) -> int:
        """Position of a place.

        Raises:
            InputError: there is none of this code.
        """
        if code not in self.code:
            raise InputError(
                "the baseline has no such place",
                found=code,
                expected="the code of a sub-ICB location",
                hint=did_you_mean(code, self.code),
            )
        return self.code.index(code)

    def of_board(self, board: int) -> Index:
        """Places of a board."""
        return np.flatnonzero(self.board == board)


def write_places(folder: Path, geography: Geography, extract: RttExtract) -> None:
    """Write who lives where.

    Args:
        folder: of the tables.
        geography: residents by place, board and fifth.
        extract: of a month, for names.
    """
    names = {c.code: c.name for c in extract.commissioners}
    people = geography.sub_population
    board = people.sum(axis=2).argmax(axis=1)
    columns = {
        "code": list(geography.sub_icbs),
        "name": [names.get(code, code) for code in geography.sub_icbs],
        "icb": [geography.icbs[k] for k in board],
    }
    tables.write(
        folder, NAME, columns | {f"population_q{q + 1}": people[:, :, q].sum(axis=1) for q in range(QUINTILES)}
    )


def write_flows(folder: Path, extract: RttExtract, trusts: Sequence[str]) -> None:
    """Write where residents are treated; the table of places must be there.

    Args:
        folder: of the tables.
        extract: the month, predecessors folded into current trusts.
        trusts: codes of NHS trusts; other providers are left out.
    """
    places = tables.read(folder, NAME)["code"]
    at = {code: i for i, code in enumerate(places)}
    place = np.array([at.get(c.code, -1) for c in extract.commissioners])
    known = {code: i for i, code in enumerate(trusts)}
    trust = np.array([known.get(p.code, -1) for p in extract.providers])
    done = np.zeros((len(trusts), len(at)))
    for part in COMPLETED:
        flow = extract.flows(part)
        i, j = trust[flow.provider], place[flow.commissioner]
        use = (i >= 0) & (j >= 0)
        np.add.at(done, (i[use], j[use]), flow.count[use])
    i, j = np.nonzero(done)
    tables.write(
        folder,
        FLOWS,
        {
            "trust": [trusts[int(n)] for n in i],
            "place": [places[int(n)] for n in j],
            "completed": done[i, j].astype(np.int32),
        },
    )


def read_places(
    folder: Path, trust: Mapping[str, int], icb: Mapping[str, int], successors: Mapping[str, str]
) -> Places:
    """Read both tables.

    Args:
        folder: of the tables.
        trust, icb: positions of codes.
        successors: current code of trusts taken over since.

    Raises:
        InputError: a table is missing or broken.
    """
    found, moved = tables.read(folder, NAME), tables.read(folder, FLOWS)
    at = {code: i for i, code in enumerate(found["code"])}
    flows = np.zeros((len(trust), len(at)))
    for code, place, done in zip(moved["trust"], moved["place"], moved["completed"], strict=True):
        flows[trust[successors.get(code, code)], at[place]] += float(done)
    return Places(
        tuple(found["code"]),
        tuple(_plain(name) for name in found["name"]),
        np.array([icb[code] for code in found["icb"]]),
        np.stack([found[f"population_q{q + 1}"] for q in range(QUINTILES)], axis=1),
        flows,
    )


def _plain(name: str) -> str:
    """A place's name without what every name has."""
    return name.removeprefix("NHS ").removesuffix(" (SUB ICB LOCATION)").title().replace(" And ", " and ")
