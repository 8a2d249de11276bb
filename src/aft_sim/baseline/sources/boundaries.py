"""Boundaries of the 36 ICBs of April 2026 for maps: a GeoJSON of polygons in degrees (WGS 84)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import require_file
from aft_sim.baseline.sources.icbs import IcbTable
from aft_sim.basis.errors import InputError, did_you_mean

WHAT = "the file of ICB boundaries"
ENGLAND = (-6.6, 49.7, 2.0, 56.0)
"""West, south, east and north of a box round England, in degrees: coordinates outside it are not degrees."""
_CODE = "icb26_ons"

Ring = NDArray[np.float64]


@dataclass(frozen=True)
class Polygon:
    """One piece of land: `outer` ring and `holes`, each of shape (points, 2), longitude then latitude, closed."""

    outer: Ring
    holes: tuple[Ring, ...]


@dataclass(frozen=True)
class Boundaries:
    """Shapes of the boards.

    Attributes:
        icbs: ODS code to its pieces, in order of code; every board of the table is there.
        points: Number of points in all rings.
    """

    icbs: Mapping[str, tuple[Polygon, ...]]
    points: int


def _ring(points: Any, where: str) -> Ring:
    try:
        ring = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        ring = np.empty(0)
    if ring.ndim != 2 or ring.shape[1] != 2 or len(ring) < 4 or not np.isfinite(ring).all():
        raise InputError("a ring is not a list of points", where=where, expected="four or more [longitude, latitude]")
    if (ring[0] != ring[-1]).any():
        raise InputError("a ring is not closed", where=where, expected="a last point that is the first")
    west, south, east, north = ENGLAND
    inside = (ring >= (west, south)).all() and (ring <= (east, north)).all()
    if not inside:
        raise InputError(
            "a boundary lies outside England",
            where=where,
            found=ring[0].tolist(),
            expected="longitude and latitude in degrees (WGS 84)",
            hint="Is the file in metres of the National Grid?",
        )
    return ring


def _polygons(geometry: Any, where: str) -> tuple[Polygon, ...]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise InputError("a boundary is not made of polygons", where=where, found=kind, expected="MultiPolygon")
    pieces = geometry.get("coordinates")
    pieces = [pieces] if kind == "Polygon" else pieces
    if not isinstance(pieces, list) or not pieces or not all(isinstance(p, list) and p for p in pieces):
        raise InputError("a boundary is empty", where=where, expected="at least one polygon")
    rings = [[_ring(points, where) for points in piece] for piece in pieces]
    return tuple(Polygon(outer, tuple(holes)) for outer, *holes in rings)


def _features(path: Path) -> list[Any]:
    require_file(path, WHAT)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as problem:
        byte = f"byte 0x{problem.object[problem.start]:02x}"
        raise InputError(f"{WHAT} is not UTF-8 text", where=str(path), found=byte, expected="UTF-8") from None
    except json.JSONDecodeError as problem:
        raise InputError(
            f"{WHAT} is not JSON ({problem.msg})",
            where=f"{path}:{problem.lineno}",
            expected="GeoJSON",
            hint="Is the file cut short?",
        ) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise InputError(f"{WHAT} has no list of features", where=str(path), expected="a FeatureCollection")
    return features


def read_boundaries(path: Path, icbs: IcbTable) -> Boundaries:
    """Read the boundaries.

    Args:
        path: `geography/icb26_boundaries_simplified.geojson`.
        icbs: The boards, which give ODS codes to the ONS codes of the file.

    Returns:
        Polygons of every board.

    Raises:
        InputError: Not GeoJSON; a board twice, unknown or missing; a ring that is open or not in degrees.
    """
    index = icbs.by_ons_code()
    found: dict[str, tuple[Polygon, ...]] = {}
    for number, feature in enumerate(_features(path), start=1):
        where = f"{path}: feature {number}"
        properties = feature.get("properties") if isinstance(feature, dict) else None
        ons = properties.get(_CODE) if isinstance(properties, dict) else None
        if not isinstance(ons, str):
            raise InputError(f"a feature has no '{_CODE}'", where=where, expected="the ONS code of the ICB")
        if ons not in index:
            hint = did_you_mean(ons, index)
            raise InputError("no such ICB in the table of ICBs", where=where, found=ons, expected="E54...", hint=hint)
        code = icbs.icbs[index[ons]].code
        if code in found:
            raise InputError("the ICB is there twice", where=where, found=ons, expected="each ICB once")
        found[code] = _polygons(feature.get("geometry"), where)
    missing = [code for code in icbs.codes() if code not in found]
    if missing:
        raise InputError(
            f"boundaries of {len(missing)} ICBs are missing",
            where=str(path),
            found=missing[:3],
            expected=f"all {len(icbs.icbs)}",
        )
    points = sum(len(ring) for pieces in found.values() for p in pieces for ring in (p.outer, *p.holes))
    return Boundaries(MappingProxyType({code: found[code] for code in icbs.codes()}), points)
