"""Where people live: neighbourhoods (LSOA 2021) to sub-ICB locations and ICBs of April 2026.

Commissioner codes of the RTT extract are those of the 42 ICBs of 2025: almost all are sub-ICB codes that
still exist, so that each goes whole to one new ICB, also where the old ICB was split (QJG, QM7). Only
Frimley (D4U1Y) was itself divided. Parent codes are never used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import read_rows
from aft_sim.baseline.sources.icbs import IcbTable
from aft_sim.basis.errors import InputError, did_you_mean

WHAT = "the table of neighbourhoods"
NONC = "NONC"
FRIMLEY = "D4U1Y"
"""Sub-ICB location that was divided among three ICBs in April 2026."""
FRIMLEY_ICB = "QNQ"
FRIMLEY_NEW: Mapping[str, tuple[str, ...]] = {"S0E4D": ("QU9",), "S9B9J": ("QXU", "QNX"), "QRL": ("QRL",)}
"""New ICBs that took part of Frimley, with the old ICBs that make up the rest of each."""

Kind = Literal["icb", "hub", "NONC"]
_LSOA = ("lsoa21_code", "sicbl26", "icb26_ons", "imd_quintile", "total_residents", "pop2022_est")
_OLD_ICBS = ("icb24_code_nhs", "pop_census2021")
_HUB_WORDS = ("COMMISSIONING HUB", "COMMISSIONING REGION")


@dataclass(frozen=True)
class Geography:
    """Populations of small areas added up.

    Attributes:
        icbs: ODS codes of the ICBs, the order of every axis by ICB.
        population: Residents mid-2022, shape (icb, 5), most deprived quintile first.
        census: Residents of the 2021 census by ICB.
        sub_icbs: Codes of the sub-ICB locations of 2026, in order.
        sub_population: Residents mid-2022 by sub-ICB location, ICB and quintile, shape (sub, icb, 5).
        neighbourhoods: Number of LSOAs read.
    """

    icbs: tuple[str, ...]
    population: NDArray[np.float64]
    census: NDArray[np.float64]
    sub_icbs: tuple[str, ...]
    sub_population: NDArray[np.float64]
    neighbourhoods: int

    def sub_weights(self) -> NDArray[np.float64]:
        """Share of each sub-ICB location's residents by ICB, shape (sub, icb), rows sum to 1."""
        people = self.sub_population.sum(axis=2)
        weights: NDArray[np.float64] = people / people.sum(axis=1, keepdims=True)
        return weights


@dataclass(frozen=True)
class CommissionerMap:
    """Where the patients of each commissioner live.

    Attributes:
        codes: Commissioner codes, in the order given.
        kinds: "icb", "hub" (English, no residence: specialised, health and justice, regions) or "NONC".
        weights: Shape (commissioners, icb); a row sums to 1 for "icb" and is zero for the others.
        unmatched: Codes that match neither a sub-ICB location nor a known hub; they are treated as hubs.
        unused: Sub-ICB locations of 2026 that none of the codes names.
    """

    codes: tuple[str, ...]
    kinds: tuple[Kind, ...]
    weights: NDArray[np.float64]
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]


def read_geography(path: Path, icbs: IcbTable) -> Geography:
    """Read the table of neighbourhoods and add it up.

    Args:
        path: `geography/lsoa21_icb26_imd2025.csv`.
        icbs: The boards, which give ODS codes to the ONS codes of the file.

    Returns:
        Residents by ICB, quintile and sub-ICB location.

    Raises:
        InputError: A wrong file or cell, an ICB that is not in the table of ICBs, a neighbourhood twice, an
            ICB without neighbourhoods.
    """
    index = icbs.by_ons_code()
    people: dict[str, NDArray[np.float64]] = {}
    census = np.zeros(len(icbs.icbs))
    seen: set[str] = set()
    for row in read_rows(path, _LSOA, WHAT):
        code, board = row.text("lsoa21_code"), row.text("icb26_ons")
        if code in seen:
            raise row.error("the neighbourhood is there twice", "lsoa21_code", "each LSOA once")
        seen.add(code)
        if board not in index:
            hint = did_you_mean(board, index)
            raise row.error("no such ICB in the table of ICBs", "icb26_ons", "an ONS code of 2026", hint)
        quintile = row.need_number("imd_quintile")
        if quintile not in (1, 2, 3, 4, 5):
            raise row.error("no such deprivation quintile", "imd_quintile", "1 (most deprived) to 5")
        area = people.setdefault(row.text("sicbl26"), np.zeros((len(index), 5)))
        area[index[board], int(quintile) - 1] += row.need_number("pop2022_est", 0)
        census[index[board]] += row.need_number("total_residents", 0)
    codes = tuple(sorted(people))
    by_sub = np.array([people[c] for c in codes]).reshape(len(codes), len(index), 5)
    empty = [icb.code for icb, n in zip(icbs.icbs, by_sub.sum(axis=(0, 2)), strict=True) if n <= 0]
    if empty:
        raise InputError("an ICB has no neighbourhoods", where=str(path), found=empty, expected="some in each")
    return Geography(tuple(icbs.codes()), by_sub.sum(axis=0), census, codes, by_sub, len(seen))


def frimley_weights(geography: Geography, old_icbs: Path) -> NDArray[np.float64]:
    """Share of Frimley's residents that each ICB took over in April 2026.

    No list of its neighbourhoods is needed: what a new ICB has more than the old ICBs that it otherwise
    consists of came from Frimley. Whole new sub-ICB locations cannot be used as weights: 92A and D9Y0V
    hold Surrey and Hampshire too.

    Args:
        geography: The ICBs of 2026 with the 2021 census.
        old_icbs: `series/icb_population_deprivation.csv`: the 42 ICBs with the 2021 census.

    Returns:
        Shape (icb,), sums to 1.

    Raises:
        InputError: A wrong file; populations that do not agree within 1 %.
    """
    old = {
        row.text("icb24_code_nhs"): row.need_number("pop_census2021", 0)
        for row in read_rows(old_icbs, _OLD_ICBS, "the table of the 42 ICBs")
    }
    needed = [FRIMLEY_ICB, *(code for rest in FRIMLEY_NEW.values() for code in rest)]
    for code in needed:
        if code not in old:
            raise InputError("an ICB is missing", where=str(old_icbs), expected=code)
    taken = np.zeros(len(geography.icbs))
    for new, rest in FRIMLEY_NEW.items():
        if new not in geography.icbs:
            raise InputError(f"the table of ICBs lacks {new}, which took part of Frimley", expected=new)
        i = geography.icbs.index(new)
        taken[i] = geography.census[i] - sum(old[code] for code in rest)
    if (taken < 0).any() or abs(taken.sum() - old[FRIMLEY_ICB]) > 0.01 * old[FRIMLEY_ICB]:
        raise InputError(
            "the parts of Frimley do not add up to it",
            where=str(old_icbs),
            found=[round(float(t)) for t in taken if t],
            expected=f"parts of {old[FRIMLEY_ICB]:.0f} residents, within 1 %",
        )
    weights: NDArray[np.float64] = taken / taken.sum()
    return weights


def commissioner_map(
    commissioners: Iterable[tuple[str, str]],
    geography: Geography,
    frimley: NDArray[np.float64],
) -> CommissionerMap:
    """Say for each commissioner in which of the ICBs its patients live.

    Args:
        commissioners: Code and name of each, as in the RTT extract (`Commissioner Org Code`, not the parent).
        geography: Sub-ICB locations of 2026.
        frimley: Weights of D4U1Y from `frimley_weights`.

    Returns:
        Weights, kinds, and the codes that matched nothing.
    """
    return place_commissioners(commissioners, residence_by_location(geography, frimley), len(geography.icbs))


def residence_by_location(geography: Geography, frimley: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Share of the residents of each sub-ICB location, Frimley's former one among them, by ICB, (icb,)."""
    whole = dict(zip(geography.sub_icbs, geography.sub_weights(), strict=True))
    whole.setdefault(FRIMLEY, frimley)
    return whole


def place_commissioners(
    commissioners: Iterable[tuple[str, str]], whole: Mapping[str, NDArray[np.float64]], n_icb: int
) -> CommissionerMap:
    """Say for each commissioner in which of the ICBs its patients live.

    Args:
        commissioners: Code and name of each, as in the RTT extract.
        whole: Residence of the people of each sub-ICB location, as `residence_by_location` gives it.
        n_icb: Number of ICBs.
    """
    codes: list[str] = []
    kinds: list[Kind] = []
    rows: list[NDArray[np.float64]] = []
    unmatched: list[str] = []
    for code, name in commissioners:
        codes.append(code)
        rows.append(whole.get(code, np.zeros(n_icb)))
        if code in whole:
            kinds.append("icb")
        elif code == NONC:
            kinds.append("NONC")
        else:
            kinds.append("hub")
            if not any(words in name.upper() for words in _HUB_WORDS):
                unmatched.append(code)
    unused = tuple(c for c in whole if c not in set(codes) and c != FRIMLEY)
    weights = np.array(rows).reshape(len(codes), n_icb)
    return CommissionerMap(tuple(codes), tuple(kinds), weights, tuple(unmatched), unused)
