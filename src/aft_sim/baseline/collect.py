"""From the official files to the facts of every trust: published figures first, nothing estimated here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from aft_sim.baseline.facts import Basis, Fact, TrustFacts
from aft_sim.baseline.sources.beds import BedHistory, LatestBeds, read_bed_history, read_latest_beds
from aft_sim.baseline.sources.community import Community, read_community
from aft_sim.baseline.sources.cost_collection import CostCollection, read_cost_collection
from aft_sim.baseline.sources.diagnostics import Diagnostics, read_diagnostics
from aft_sim.baseline.sources.emergency import EmergencyMonth, read_emergency
from aft_sim.baseline.sources.estates import Estates
from aft_sim.baseline.sources.expenditure import Accounts
from aft_sim.baseline.sources.oversight import OversightResults, read_oversight
from aft_sim.baseline.sources.profiles import Profiles, read_profiles
from aft_sim.baseline.sources.series_layouts import read_series
from aft_sim.baseline.sources.series_table import SeriesTable
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.baseline.sources.workforce import read_workforce
from aft_sim.baseline.staffing import Staffing, staffing
from aft_sim.basis.errors import InputError

_NOF = "official/nhs-oversight-framework-mental-health-and-community-trust"
FILES = {
    "oversight": f"{_NOF}-data-q4-2025-26.csv",
    "league_table": f"{_NOF}-league-table-q4-2025-26.csv",
    "profiles": "trust_profiles_wide.csv",
    "emergency": "official/AE-May-2026.csv",
    "beds": "series/beds_by_trust_2025q4.csv",
    "beds_available": "official/KH03-Available-Overnight-only.csv",
    "beds_occupied": "official/KH03-Occupied-Overnight-only.csv",
    "community": "official/CSDS-March-2026.zip",
    "diagnostics": "official/DM01-March-2026-full-extract.zip",
    "cost_collection": "ncc_cost_by_trust.csv",
    "workforce": "series/workforce_monthly.csv",
}
"""Files read for the facts beside those of the waiting list."""
SERIES = (
    "ae_monthly",
    "ambulance_monthly",
    "beds_quarterly",
    "ga_bed_occupancy_monthly",
    "icb_weighted_population",
    "other_performance_monthly",
    "provider_finance_annual",
)
"""Series of England: totals the facts are compared with, urgent care by month, and the boards' fair shares."""
BEDDED = ("acute", "specialist", "mental_health")
"""Types whose trusts all have beds, so that one without a return is unknown."""
RATINGS = {"outstanding": 1, "good": 2, "requires improvement": 3, "inadequate": 4}


@dataclass(frozen=True)
class FactSources:
    """Everything read for the facts of trusts, before any estimate."""

    register: TrustRegister
    accounts: Accounts
    estates: Estates
    oversight: OversightResults
    emergency: EmergencyMonth
    beds: LatestBeds
    bed_history: BedHistory
    community: Community
    diagnostics: Diagnostics
    costs: CostCollection
    profiles: Profiles
    staffing: Staffing
    series: Mapping[str, SeriesTable]


def read_fact_sources(
    folder: Path, register: TrustRegister, accounts: Accounts, estates: Estates, say: Callable[[str], None]
) -> FactSources:
    """Read the files of `FILES` and the series of `SERIES`.

    Args:
        folder: folder of official files.
        register: current trusts.
        accounts: trust accounts, already read.
        estates: estates return, already read.
        say: told what is being done.

    Raises:
        InputError: a file is not what it should be.
    """
    path = {key: folder / name for key, name in FILES.items()}
    say("reading oversight, urgent care and beds")
    oversight = read_oversight(path["oversight"], path["league_table"], path["profiles"], register)
    emergency = read_emergency(path["emergency"], register)
    beds = read_latest_beds(path["beds"], register)
    history = read_bed_history(path["beds_available"], path["beds_occupied"], register)
    say("reading diagnostics, community services and costs")
    return FactSources(
        register,
        accounts,
        estates,
        oversight,
        emergency,
        beds,
        history,
        read_community(path["community"], register),
        read_diagnostics(path["diagnostics"], register),
        read_cost_collection(path["cost_collection"], register),
        read_profiles(path["profiles"], register),
        staffing(accounts, register, read_workforce(path["workforce"])),
        {name: read_series(folder / "series", name) for name in SERIES},
    )


def collect(s: FactSources) -> TrustFacts:
    """Facts of every trust as published."""
    facts = TrustFacts.empty(s.register.codes())
    for i, trust in enumerate(s.register.trusts):
        found: dict[str, float | None] = {}
        found |= _services(trust.code, s)
        found |= _money(trust.code, s) | _staff(trust.code, s) | _care(trust.code, s)
        found |= _estate(trust.code, s) | _oversight(trust.code, s)
        if trust.catchment is not None:
            found |= {f"catchment.q{q + 1}": share for q, share in enumerate(trust.catchment)}
        for name, value in found.items():
            if value is not None and not np.isnan(value):
                facts.put(name, i, Fact(float(value), Basis.PUBLISHED))
    return facts


def _flag(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _services(code: str, s: FactSources) -> dict[str, float | None]:
    """Which returns it makes; unknown where it makes none for what all other trusts of its type do."""
    care, beds = s.emergency.trusts.get(code), s.beds.trusts.get(code)
    tests, kind = code in s.diagnostics.trusts, s.register.by_code[code].type
    unsure = code in s.beds.all_zero or (beds is None and kind in BEDDED)
    return {
        "services.emergency_department": _flag(care is not None and care.attendances[0] > 0),
        "services.overnight_beds": None if unsure else _flag(beds is not None),
        "services.diagnostics": None if kind == "acute" and not tests else _flag(tests),
        "services.community": _flag(code in s.community.trusts),
    }


def _money(code: str, s: FactSources) -> dict[str, float | None]:
    trust, e = s.register.by_code[code], s.accounts.trusts[code]
    cost, profile = s.costs.trusts.get(code), s.profiles.trusts.get(code)
    own = e.year == "2023/24"
    parts = {
        "total": e.opex,
        "staff": e.staff,
        "supplies": e.supplies,
        "premises": e.premises,
        "other": e.other,
        "drugs": e.drugs,
        "temporary_staff": e.agency,
        "pensions": e.pensions,
    }
    found: dict[str, float | None] = {f"expenditure.{k}": v if own else None for k, v in parts.items()}
    found |= {
        "expenditure.pfi": e.pfi_2022_23,
        "expenditure.depreciation": e.depreciation_2022_23,
        "expenditure.year_before": e.opex_2022_23,
    }
    found |= {
        "money.planned_surplus": _share(trust.planned_surplus_pct),
        "money.variance_to_plan": _share(trust.variance_pct),
        "money.deficit": _flag(trust.oversight.deficit) if trust.oversight else None,
        "money.collected_cost": cost.cost if cost else None,
    }
    if profile:
        found |= {
            "money.cost_index": profile.cost_index,
            "quality.shmi": profile.shmi.value if profile.shmi else None,
            "staff.engagement": profile.engagement,
            "staff.morale": profile.morale,
        }
    return found


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100


def _staff(code: str, s: FactSources) -> dict[str, float | None]:
    staff = s.staffing.trusts.get(code)
    if staff is None or staff.estimated:
        return {}
    return {"staff.accounts": staff.accounts}


def _care(code: str, s: FactSources) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    beds, care = s.beds.trusts.get(code), s.emergency.trusts.get(code)
    tests, community = s.diagnostics.trusts.get(code), s.community.trusts.get(code)
    if beds:
        found |= {
            "beds.available": beds.total_available,
            "beds.general_acute": beds.available[0],
            "beds.mental_illness": beds.available[2],
            "beds.occupied": beds.total_occupied,
            "beds.occupancy": beds.occupancy,
        }
    if care:
        found |= {
            "emergency.attendances": care.all_attendances,
            "emergency.type1": care.attendances[0],
            "emergency.within_4h": care.within_4h if care.all_attendances else None,
            "emergency.admissions": care.all_admissions,
            "emergency.waited_12h": care.waited_12h,
        }
    if tests:
        found |= {
            "diagnostics.waiting": sum(tests.tests.waiting),
            "diagnostics.over_6_weeks": tests.tests.share_over_6,
            "diagnostics.done": tests.tests.done,
        }
    if community:
        found |= {"community.referrals": community.referrals, "community.contacts": community.contacts}
    return found


def _estate(code: str, s: FactSources) -> dict[str, float | None]:
    estate, profile = s.estates.trusts.get(code), s.profiles.trusts.get(code)
    found: dict[str, float | None] = {"estate.backlog": s.register.by_code[code].backlog_gbp_m}
    if profile and profile.backlog:
        found |= {"estate.backlog_high": profile.backlog[0], "estate.backlog_significant": profile.backlog[1]}
    if estate:
        kinds = ("new_build", "improvement", "lifecycle", "equipment")
        found |= {f"estate.{kind}": value for kind, value in zip(kinds, estate.capital, strict=True)}
        found |= {
            "estate.capital": sum(estate.capital),
            "estate.private_finance": estate.money[0],
            "estate.charity": estate.money[2],
            "estate.sites": estate.sites,
        }
    return found


def _oversight(code: str, s: FactSources) -> dict[str, float | None]:
    trust, result = s.register.by_code[code], s.oversight.opening(code)
    found: dict[str, float | None] = {}
    if trust.cqc:
        found |= {"quality.cqc": _rating(trust.cqc.rating), "quality.cqc_well_led": _rating(trust.cqc.well_led)}
    if result:
        found |= {f"oversight.{name}": score for name, score in result.domains.items()}
        found |= {
            "oversight.segment": result.segment,
            "oversight.score": result.average,
            "oversight.rank": result.rank,
            "oversight.unadjusted_segment": result.unadjusted,
            "oversight.override": _flag(result.override),
            "money.productivity_growth": _share(result.values.get("implied_productivity_pct")),
        }
    return found


def _rating(text: str | None) -> float | None:
    return None if text is None else RATINGS.get(text.casefold())


def finding(table: SeriesTable, what: tuple[str, str]) -> float:
    """The one number of a measure in a year of the annual findings on money.

    Args:
        table: `provider_finance_annual`.
        what: year and measure, for example ("2025/26", "provider expenditure").

    Raises:
        InputError: there is no such figure, or more than one.
    """
    year, measure = (table.layout.keys.index(key) for key in ("fy", "measure"))
    found = [i for i, row in enumerate(table.rows) if (row[year], row[measure]) == what]
    if len(found) != 1:
        raise InputError(f"{len(found)} figures of {what[1]} in {what[0]}", where=table.layout.name, expected="one")
    return float(table.columns["value"][found[0]])
