"""Cost collection, profiles, the workforce series and ICB boundaries, on small files in their layouts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from _layouts import BOARDS, small_icbs, small_register, write_table

from aft_sim.baseline.sources.boundaries import read_boundaries
from aft_sim.baseline.sources.cost_collection import CostCollection, read_cost_collection
from aft_sim.baseline.sources.profiles import Profiles, read_profiles
from aft_sim.baseline.sources.workforce import Workforce, read_workforce
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


def costs(folder: Path, *rows: Sequence[object]) -> CostCollection:
    names = ("ods_code", "year", "cost_gbp_m", "activity", "flag")
    table = [dict(zip(names, row, strict=True)) for row in rows]
    return read_cost_collection(write_table(folder / "ncc.csv", table), small_register(folder))


def test_costs_of_the_last_year_only_with_predecessors(tmp_path: Path) -> None:
    found = costs(
        tmp_path,
        ("RA7", "2023/24", 1, 1, "implausibly_low"),
        ("RA7", "2024/25", 800.5, 100, ""),
        ("RVJ", "2024/25", 700, 200, "part_year_merger"),
        ("RTF", "2023/24", 300, 50, ""),
        ("RYK", "2024/25", 20, 5, ""),
    )
    trust = found.trusts["RA7"]
    assert (trust.cost, trust.activity, trust.flags) == (1500.5, 300, ("part_year_merger",))
    assert (trust.codes, trust.unlisted) == (("RA7", "RVJ"), ())
    assert (found.absent, found.homeless, found.total) == (("RH5", "RTF", "RX6"), ("RYK",), 1520.5)


def test_a_predecessor_without_a_figure_is_named(tmp_path: Path) -> None:
    assert costs(tmp_path, ("RA7", "2024/25", 800, 100, "")).trusts["RA7"].unlisted == ("RVJ",)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("RTF", "2024/25", 1, 1, ""), "there twice"),
        (("RA7", "2025", 1, 1, ""), "no such year"),
        (("RA7", "2024/25", 1, 1, "low"), "no such flag"),
        (("RA7", "2024/25", "", 1, ""), "is blank"),
        (("RA7", "2024/25", -1, 1, ""), "too small"),
    ],
)
def test_wrong_costs(tmp_path: Path, row: tuple[object, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        costs(tmp_path, ("RTF", "2024/25", 300, 50, ""), row)
    with pytest.raises(InputError, match="no row of 2024/25"):
        costs(tmp_path, ("RTF", "2023/24", 300, 50, ""))


def profile_row(code: str, **changes: object) -> dict[str, object]:
    """One row of the wide table with some of the columns that are not to be used."""
    return {
        "org_code": code,
        "rating_overall": "Good",
        "sickness_rate_overall_latest": 99,
        "workforce_total_fte_latest": 20000,
        "workforce_nursing_fte_mom_change_latest": 4000,
        "estates_backlog_high_risk_m": 10,
        "estates_backlog_significant_m": 20,
        "estates_backlog_moderate_m": 5,
        "estates_backlog_total_m": 40,
        "estates_maintenance_cost_m": 7,
        "rc_actual_cost_total_m": 1100,
        "rc_expected_cost_total_m": 1000,
        "shmi_value_latest": 1.02,
        "observed_deaths_latest": 510,
        "expected_deaths_latest": 500,
        "shmi_banding": "2.0",
        "staff_engagement_score": 6.9,
        "theme_morale": 5.9,
        **changes,
    }


def profiles(folder: Path, *rows: dict[str, object]) -> Profiles:
    return read_profiles(write_table(folder / "wide.csv", rows), small_register(folder))


def test_profiles_add_money_but_not_scores(tmp_path: Path) -> None:
    old = profile_row("RVJ", staff_engagement_score=9, shmi_value_latest=2, observed_deaths_latest=1000)
    found = profiles(tmp_path, profile_row("RA7"), old, profile_row("AAH"))
    trust = found.trusts["RA7"]
    assert (trust.backlog, trust.upkeep, trust.cost) == ((20, 40, 10, 10), 14, 2200)
    assert trust.cost_index == pytest.approx(1.1)
    assert (trust.engagement, trust.morale) == (6.9, 5.9)
    assert trust.shmi is not None
    assert (trust.shmi.value, trust.shmi.band) == (1.02, "as expected")
    assert (trust.codes, trust.blended) == (("RA7", "RVJ"), ("RVJ",))
    assert (found.not_trusts, found.absent) == (("AAH",), ("RH5", "RTF", "RX6"))


def test_profiles_of_blanks_and_of_a_predecessor_alone_are_unknown(tmp_path: Path) -> None:
    blank = dict.fromkeys(profile_row("RTF"), "") | {"org_code": "RTF"}
    found = profiles(tmp_path, blank, profile_row("RVJ"), profile_row("RH5", rc_expected_cost_total_m=""))
    trust = found.trusts["RTF"]
    assert (trust.backlog, trust.upkeep, trust.cost, trust.cost_index) == (None, None, None, None)
    assert (trust.shmi, trust.engagement) == (None, None)
    merged = found.trusts["RA7"]
    assert (merged.upkeep, merged.engagement, merged.shmi, merged.blended) == (7, None, None, ("RVJ",))
    assert (found.trusts["RH5"].cost, found.trusts["RH5"].cost_index) == (None, None)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"estates_backlog_total_m": 34}, "backlog by risk exceeds the total"),
        ({"estates_backlog_high_risk_m": ""}, "is blank"),
        ({"shmi_value_latest": 1.1}, "not observed over expected deaths"),
        ({"shmi_banding": 4}, "no such band"),
        ({"staff_engagement_score": 69}, "is not a score"),
        ({"estates_maintenance_cost_m": -1}, "below zero"),
        ({"org_code": "RTF"}, "there twice"),
    ],
)
def test_wrong_profiles(tmp_path: Path, changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        profiles(tmp_path, profile_row("RTF"), profile_row("RA7") | changes)


def workforce(folder: Path, *rows: Sequence[object]) -> Workforce:
    names = ("month", "fte_all", "fte_doctors", "fte_consultants", "fte_nurses_hv", "fte_central_functions")
    return read_workforce(write_table(folder / "w.csv", [dict(zip(names, r, strict=True)) for r in rows]))


def test_workforce_by_month(tmp_path: Path) -> None:
    found = workforce(tmp_path, ("2023-12", 100, 10, 5, 30, 8), ("2024-01", 104, "", 5, 30, 8))
    assert found.mean("2023-12", "2024-01") == 102
    assert np.isnan(found.fte["doctors"][1])
    with pytest.raises(InputError, match="no such month"):
        found.mean("2023-11", "2024-01")
    with pytest.raises(InputError, match="has a gap"):
        workforce(tmp_path, ("2023-12", 100, 1, 1, 1, 1), ("2024-01", "", 1, 1, 1, 1)).mean("2023-12", "2024-01")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("2024-02", 100, 10, 5, 30, 8), "gap or are not in order"),
        (("2023-12", 100, 10, 5, 30, 8), "gap or are not in order"),
        (("Jan 24", 100, 10, 5, 30, 8), "not a month"),
        (("2024-01", 100, 110, 5, 30, 8), "exceeds all staff"),
        (("2024-01", "1,00", 10, 5, 30, 8), "not a number"),
    ],
)
def test_wrong_workforce(tmp_path: Path, row: tuple[object, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        workforce(tmp_path, ("2023-12", 100, 10, 5, 30, 8), row)


SQUARE = [[-1.0, 52.0], [-1.0, 53.0], [0.0, 53.0], [-1.0, 52.0]]


def board(ons: str, coordinates: object = None, kind: str = "MultiPolygon") -> dict[str, object]:
    """One feature of the boundaries."""
    shape = [[SQUARE]] if coordinates is None else coordinates
    return {
        "type": "Feature",
        "properties": {"icb26_ons": ons, "icb26_name": f"NHS {ons}"},
        "geometry": {"type": kind, "coordinates": shape},
    }


def geojson(folder: Path, features: object) -> Path:
    path = folder / "boundaries.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def test_boundaries_by_ods_code(tmp_path: Path) -> None:
    features = [board(ons) for ons in BOARDS.values()]
    features[0] = board(BOARDS["QHM"], [[SQUARE, SQUARE], [SQUARE]])
    features[1] = board(BOARDS["S0E4D"], [SQUARE], "Polygon")
    found = read_boundaries(geojson(tmp_path, features), small_icbs(tmp_path))
    assert list(found.icbs) == sorted(BOARDS)
    assert [len(p.holes) for p in found.icbs["QHM"]] == [1, 0]
    assert found.icbs["S0E4D"][0].outer.tolist() == SQUARE
    assert found.points == 6 * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (board("E54000099"), "no such ICB"),
        (board(BOARDS["S0E4D"]), "there twice"),
        (board(BOARDS["QHM"], [[SQUARE[:-1]]]), "not a list of points"),
        (board(BOARDS["QHM"], [[[*SQUARE[:-1], [0.5, 52.0]]]]), "not closed"),
        (board(BOARDS["QHM"], [[[[400000, 300000]] * 4]]), "outside England.*National Grid"),
        (board(BOARDS["QHM"], []), "is empty"),
        (board(BOARDS["QHM"], [0, 0], "Point"), "not made of polygons"),
        ({"type": "Feature", "properties": {}}, "has no 'icb26_ons'"),
        (None, "has no 'icb26_ons'"),
    ],
)
def test_wrong_boundaries(tmp_path: Path, change: object, words: str) -> None:
    features = [change, *(board(ons) for code, ons in BOARDS.items() if code != "QHM")]
    with pytest.raises(InputError, match=words):
        read_boundaries(geojson(tmp_path, features), small_icbs(tmp_path))


def test_incomplete_boundaries(tmp_path: Path) -> None:
    icbs = small_icbs(tmp_path)
    with pytest.raises(InputError, match="boundaries of 3 ICBs are missing"):
        read_boundaries(geojson(tmp_path, [board(BOARDS["QHM"])]), icbs)
    path = geojson(tmp_path, None)
    with pytest.raises(InputError, match="no list of features"):
        read_boundaries(path, icbs)
    path.write_text('{"type": "FeatureCollection", "feat', encoding="utf-8")
    with pytest.raises(InputError, match=r"not JSON.*cut short"):
        read_boundaries(path, icbs)
    path.write_bytes(b'{"name": "caf\xe9"}')
    with pytest.raises(InputError, match=r"not UTF-8.*0xe9"):
        read_boundaries(path, icbs)
