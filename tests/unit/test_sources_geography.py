"""ICBs, neighbourhoods and where the patients of each commissioner live, on small files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from _layouts import BOARDS, PAYERS, icb_row, lsoa_row, small_icbs, write_table

from aft_sim.baseline.sources.geography import (
    Geography,
    commissioner_map,
    frimley_weights,
    read_geography,
)
from aft_sim.baseline.sources.icbs import read_icbs
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

# Surrey and Sussex 300 + 40 from Frimley, Hampshire 200 + 60, Thames Valley 500 + 100 (all of U2G6B).
AREAS = [
    lsoa_row("E01000001", "00L", "QHM", 1, 400),
    lsoa_row("E01000002", "00L", "QHM", 5, 100),
    lsoa_row("E01000003", "10Q", "S0E4D", 4, 500),
    lsoa_row("E01000004", "U2G6B", "S0E4D", 5, 100),
    lsoa_row("E01000005", "92A", "S9B9J", 5, 340),
    lsoa_row("E01000006", "D9Y0V", "QRL", 3, 260),
]
OLD = {"QNQ": 200, "QU9": 500, "QXU": 120, "QNX": 180, "QRL": 200}


def geography(folder: Path, areas: list[dict[str, object]] | None = None) -> Geography:
    path = write_table(folder / "lsoa.csv", AREAS if areas is None else areas)
    return read_geography(path, small_icbs(folder))


def old_icbs(folder: Path, people: dict[str, int]) -> Path:
    rows = [{"icb24_code_nhs": code, "pop_census2021": float(n)} for code, n in people.items()]
    return write_table(folder / "icb24.csv", rows)


def test_icbs(tmp_path: Path) -> None:
    table = small_icbs(tmp_path)
    assert table.codes() == ["QHM", "QRL", "S0E4D", "S9B9J"]
    assert table.icbs[2].predecessors == ("QU9", "QNQ")
    assert table.icbs[0].cluster is None
    assert table.population.tolist() == [[100] * 5] * 4


def test_icbs_that_do_not_add_up(tmp_path: Path) -> None:
    row = icb_row("QHM", BOARDS["QHM"]) | {"population_mid2022": 700}
    with pytest.raises(InputError, match="quintiles do not add up"):
        read_icbs(write_table(tmp_path / "icbs.csv", [row]))
    row = icb_row("QHM", BOARDS["QHM"])
    with pytest.raises(InputError, match="there twice"):
        read_icbs(write_table(tmp_path / "icbs.csv", [row, row]))


def test_population_by_icb_and_quintile(tmp_path: Path) -> None:
    geo = geography(tmp_path)
    assert geo.population.tolist() == [
        [400, 0, 0, 0, 100],
        [0, 0, 260, 0, 0],
        [0, 0, 0, 500, 100],
        [0, 0, 0, 0, 340],
    ]
    assert geo.sub_icbs == ("00L", "10Q", "92A", "D9Y0V", "U2G6B")
    assert geo.sub_weights().sum(axis=1).tolist() == [1] * 5
    assert geo.neighbourhoods == 6


def test_a_sub_icb_in_two_icbs_is_split_by_population(tmp_path: Path) -> None:
    geo = geography(tmp_path, [*AREAS, lsoa_row("E01000007", "00L", "QRL", 1, 1500)])
    assert geo.sub_weights()[0].tolist() == [0.25, 0.75, 0, 0]


def test_frimley_is_split_by_what_each_icb_gained(tmp_path: Path) -> None:
    weights = frimley_weights(geography(tmp_path), old_icbs(tmp_path, OLD))
    assert weights == pytest.approx([0, 0.3, 0.5, 0.2])


def test_frimley_parts_must_add_up(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="do not add up"):
        frimley_weights(geography(tmp_path), old_icbs(tmp_path, OLD | {"QNQ": 300}))
    with pytest.raises(InputError, match="an ICB is missing"):
        frimley_weights(geography(tmp_path), old_icbs(tmp_path, {"QNQ": 200}))


def test_commissioners_by_own_code_never_by_parent(tmp_path: Path) -> None:
    geo = geography(tmp_path)
    names = {code: name for code, (_, name) in PAYERS.items()} | {"92A": "NHS SURREY", "ZZZ": "SOMETHING"}
    found = commissioner_map(names.items(), geo, np.array([0, 0.3, 0.5, 0.2]))
    kinds = dict(zip(found.codes, found.kinds, strict=True))
    assert kinds == {"00L": "icb", "D4U1Y": "icb", "27T": "hub", "NONC": "NONC", "92A": "icb", "ZZZ": "hub"}
    weights = dict(zip(found.codes, found.weights.tolist(), strict=True))
    assert weights["00L"] == [1, 0, 0, 0]
    assert weights["D4U1Y"] == pytest.approx([0, 0.3, 0.5, 0.2])
    assert weights["92A"] == [0, 0, 0, 1]
    assert weights["27T"] == weights["NONC"] == weights["ZZZ"] == [0] * 4
    assert found.unmatched == ("ZZZ",)
    assert found.unused == ("10Q", "D9Y0V", "U2G6B")


def test_wrong_neighbourhoods(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there twice"):
        geography(tmp_path, [*AREAS, AREAS[0]])
    with pytest.raises(InputError, match="no such deprivation quintile"):
        geography(tmp_path, [*AREAS, lsoa_row("E01000009", "00L", "QHM") | {"imd_quintile": 6}])
    with pytest.raises(InputError, match="no such ICB") as caught:
        geography(tmp_path, [*AREAS, lsoa_row("E01000009", "00L", "QHM") | {"icb26_ons": "E5400050"}])
    assert "E54000050" in str(caught.value)
    with pytest.raises(InputError, match="no neighbourhoods") as empty:
        geography(tmp_path, AREAS[:-1])
    assert empty.value.found == ["QRL"]
