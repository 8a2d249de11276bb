"""The register of NHS trusts with what is published about each: `trusts.csv`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.basis.errors import InputError

TYPES = ("acute", "specialist", "mental_health", "community", "ambulance", "online")
"""Kinds of trust; `online` is one trust that has no patients before it opens."""

EARLIER_MERGERS: Mapping[str, str] = MappingProxyType({"RA4": "RH5", "RBZ": "RH8", "RVY": "RBN"})
"""Mergers of 2022 and 2023, older than the register's list of predecessors but present in older files."""

WHAT = "the register of trusts"
_CQC = {"Outstanding", "Good", "Requires improvement", "Inadequate"}
_COLUMNS = (
    *("ods_code", "name", "type", "type_eric_2024_25", "is_foundation", "predecessor_codes"),
    *("merger_date", "icb_ods_2026", "icb_source", "region", "rtt_list_2026_01", "rtt_adm_2026_01"),
    *("rtt_nonadm_2026_01", "rtt_new_2026_01", "nof_segment", "nof_avg_score", "nof_rank"),
    *("nof_financial_deficit", "nof_quarter", "nof_group", "fin_planned_surplus_pct"),
    *("fin_ytd_variance_pct", "backlog_maintenance_m_2024_25", "cqc_location_rating"),
    *("cqc_location_well_led", "cqc_date", "turnover_est_m", "turnover_method"),
    *("estates_capital_2024_25_m", "beds_available", "beds_occupied_pct", "beds_date", "lat", "lon"),
    *("catch_imd_q1", "catch_imd_q2", "catch_imd_q3", "catch_imd_q4", "catch_imd_q5", "catch_source"),
    *("note", "community_over52_pct"),
)


@dataclass(frozen=True)
class PublishedRtt:
    """January 2026 figures of a trust in the register, predecessors summed, non-English patients included."""

    waiting: float
    admitted: float | None
    non_admitted: float
    starts: float


@dataclass(frozen=True)
class Oversight:
    """NHS Oversight Framework result of a trust.

    Attributes:
        segment: 1 (best) to 4; recovery support (5) may occur.
        score: Average metric score, 1 to 4.
        rank: Place in its league table, None where it has none.
        quarter: Quarter of the result, "Q3 2025/26" for acute and "Q4 2025/26" for the others.
        group: League table.
        deficit: Whether the financial override applied (planned or actual deficit); None if not stated.
    """

    segment: int
    score: float | None
    rank: int | None
    quarter: str
    group: str
    deficit: bool | None


@dataclass(frozen=True)
class Cqc:
    """Latest CQC rating of one location of the trust, not of the provider; None means not rated."""

    rating: str | None
    well_led: str | None
    on: date | None


@dataclass(frozen=True)
class Trust:
    """One NHS trust of the register of August 2026. Money in GBP million, shares 0 to 1, None is unknown.

    Attributes:
        code: ODS code (not always of the form R??).
        name: Name in the register.
        type: One of `TYPES`.
        eric_type: Type in the estates return, such as "ACUTE - TEACHING".
        foundation: Whether it is a foundation trust.
        predecessors: Codes of trusts that it has absorbed, as the register lists them.
        merged_on: Date of the latest merger.
        icb: ODS code of the host ICB of April 2026; None for ambulance trusts and the online trust.
        icb_method: How the ICB was found.
        region: NHS England region.
        rtt: January 2026 figures, None without an RTT return.
        oversight: Oversight result, None where there is no segment.
        planned_surplus_pct: Planned surplus in percent of turnover (negative is a deficit).
        variance_pct: Year-to-date variance from plan in percent of turnover.
        turnover_gbp_m: Estimate of turnover; prefer the accounts' expenditure.
        turnover_method: How it was estimated, "A: ..." or "B: ...".
        estates_capital_gbp_m: Capital investment of the estates return 2024/25, some predecessors summed.
        backlog_gbp_m: Cost to clear backlog maintenance 2024/25.
        cqc: Rating of one location, None where there is none.
        beds: Overnight beds available in June 2024, with `beds_occupied_pct`.
        beds_occupied_pct: Percent of them occupied.
        location: Latitude and longitude of the headquarters.
        catchment: Shares of its catchment by deprivation quintile, most deprived first, summing to 1 (area
            proxy that flattens gradients); None for 69 trusts.
        community_over52_pct: Percent of the community list over 52 weeks, from the Oversight Framework.
        note: The compiler's remark.
    """

    code: str
    name: str
    type: str
    eric_type: str | None
    foundation: bool
    predecessors: tuple[str, ...]
    merged_on: date | None
    icb: str | None
    icb_method: str | None
    region: str
    rtt: PublishedRtt | None
    oversight: Oversight | None
    planned_surplus_pct: float | None
    variance_pct: float | None
    turnover_gbp_m: float | None
    turnover_method: str | None
    estates_capital_gbp_m: float | None
    backlog_gbp_m: float | None
    cqc: Cqc | None
    beds: float | None
    beds_occupied_pct: float | None
    location: tuple[float, float] | None
    catchment: tuple[float, float, float, float, float] | None
    community_over52_pct: float | None
    note: str | None


@dataclass(frozen=True)
class TrustRegister:
    """All current trusts in order of code.

    Attributes:
        trusts: The trusts.
        successors: Old code to current code, chains followed; register and `EARLIER_MERGERS`.
    """

    trusts: tuple[Trust, ...]
    successors: Mapping[str, str]

    @cached_property
    def by_code(self) -> Mapping[str, Trust]:
        """Current code to trust."""
        return MappingProxyType({t.code: t for t in self.trusts})

    def codes(self) -> list[str]:
        """Current codes in order."""
        return [t.code for t in self.trusts]

    def current(self, code: str) -> str | None:
        """Current trust of an old or current code; None where it is not an NHS trust of the register."""
        code = self.successors.get(code, code)
        return code if code in self.by_code else None


def _yes_no(row: Row, column: str) -> bool | None:
    value = row.maybe(column)
    if value not in (None, "Yes", "No"):
        raise row.error(f"column '{column}' is neither yes nor no", column, "Yes, No or a blank")
    return None if value is None else value == "Yes"


def _whole(row: Row, column: str) -> int | None:
    value = row.maybe_number(column)
    if value is not None and value != int(value):
        raise row.error(f"column '{column}' is not a whole number", column, "a whole number or a blank")
    return None if value is None else int(value)


def _rtt(row: Row) -> PublishedRtt | None:
    if row.maybe("rtt_list_2026_01") is None:
        return None
    return PublishedRtt(
        waiting=row.need_number("rtt_list_2026_01", 0),
        admitted=row.maybe_number("rtt_adm_2026_01"),
        non_admitted=row.need_number("rtt_nonadm_2026_01", 0),
        starts=row.need_number("rtt_new_2026_01", 0),
    )


def _oversight(row: Row) -> Oversight | None:
    segment = _whole(row, "nof_segment")
    if segment is None:
        return None
    if not 1 <= segment <= 5:
        raise row.error("no such oversight segment", "nof_segment", "1 to 5")
    return Oversight(
        segment=segment,
        score=row.maybe_number("nof_avg_score"),
        rank=_whole(row, "nof_rank"),
        quarter=row.text("nof_quarter"),
        group=row.text("nof_group"),
        deficit=_yes_no(row, "nof_financial_deficit"),
    )


def _cqc(row: Row) -> Cqc | None:
    ratings: list[str | None] = []
    for column in ("cqc_location_rating", "cqc_location_well_led"):
        value = row.maybe(column)
        if value not in (None, "Not rated", *_CQC):
            raise row.error("no such CQC rating", column, ", ".join(sorted(_CQC)))
        ratings.append(value if value in _CQC else None)
    return Cqc(ratings[0], ratings[1], row.maybe_date("cqc_date")) if any(ratings) else None


def _catchment(row: Row) -> tuple[float, float, float, float, float] | None:
    shares = np.array([row.number(f"catch_imd_q{q}") for q in range(1, 6)])
    if np.isnan(shares).all():
        return None
    total = float(shares.sum())
    if not 0.97 <= total <= 1.03 or (shares < 0).any():
        column = "catch_imd_q1"
        raise row.error("catchment shares by quintile do not add up to 1", column, f"a sum of 1, not {total:.3f}")
    a, b, c, d, e = (float(s) for s in shares / total)
    return a, b, c, d, e


def _trust(row: Row) -> Trust:
    kind = row.text("type")
    if kind not in TYPES:
        raise row.error("no such type of trust", "type", ", ".join(TYPES))
    if row.text("is_foundation") not in ("0", "1"):
        raise row.error("the foundation flag is neither 0 nor 1", "is_foundation", "0 or 1")
    place = (row.maybe_number("lat"), row.maybe_number("lon"))
    return Trust(
        code=row.text("ods_code"),
        name=row.text("name"),
        type=kind,
        eric_type=row.maybe("type_eric_2024_25"),
        foundation=row.text("is_foundation") == "1",
        predecessors=tuple(p.strip() for p in row.cells["predecessor_codes"].split(";") if p.strip()),
        merged_on=row.maybe_date("merger_date"),
        icb=row.maybe("icb_ods_2026"),
        icb_method=row.maybe("icb_source"),
        region=row.text("region"),
        rtt=_rtt(row),
        oversight=_oversight(row),
        planned_surplus_pct=row.maybe_number("fin_planned_surplus_pct"),
        variance_pct=row.maybe_number("fin_ytd_variance_pct"),
        turnover_gbp_m=row.maybe_number("turnover_est_m"),
        turnover_method=row.maybe("turnover_method"),
        estates_capital_gbp_m=row.maybe_number("estates_capital_2024_25_m"),
        backlog_gbp_m=row.maybe_number("backlog_maintenance_m_2024_25"),
        cqc=_cqc(row),
        beds=row.maybe_number("beds_available"),
        beds_occupied_pct=row.maybe_number("beds_occupied_pct"),
        location=None if place[0] is None or place[1] is None else (place[0], place[1]),
        catchment=_catchment(row),
        community_over52_pct=row.maybe_number("community_over52_pct"),
        note=row.maybe("note"),
    )


def _successors(trusts: Iterable[Trust], path: Path) -> dict[str, str]:
    """Old code to current code; refuses a code that is both, or that has two successors."""
    current = {t.code for t in trusts}
    direct: dict[str, str] = {old: new for old, new in EARLIER_MERGERS.items() if old not in current}
    for trust in trusts:
        for old in trust.predecessors:
            if old in current:
                what = f"{old} is a predecessor of {trust.code} and also a current trust"
                raise InputError(what, where=str(path), found=old, expected="either, or it would count twice")
            if direct.get(old, trust.code) != trust.code:
                raise InputError(
                    f"{old} has two successors",
                    where=str(path),
                    found=[direct[old], trust.code],
                    expected="one",
                )
            direct[old] = trust.code
    return {old: new for old, new in sorted(direct.items()) if new in current}


def read_trusts(path: Path) -> TrustRegister:
    """Read the register of trusts.

    Args:
        path: `trusts.csv`.

    Returns:
        The trusts in order of code and the map of predecessors.

    Raises:
        InputError: A wrong file or cell (file and line), a code twice, a predecessor that is still current.
    """
    found: dict[str, Trust] = {}
    for row in read_rows(path, _COLUMNS, WHAT):
        trust = _trust(row)
        if trust.code in found:
            raise row.error("the trust is there twice", "ods_code", "each code once")
        found[trust.code] = trust
    if not found:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="one row a trust")
    trusts = tuple(found[code] for code in sorted(found))
    return TrustRegister(trusts, MappingProxyType(_successors(trusts, path)))
