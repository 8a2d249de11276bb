"""A baseline in memory, the packaged one of 31 January 2026 or another: England, reconciled, as named arrays.

Axes: trust (all trusts of the register), provider (those with a waiting list: trusts by code, then the independent
sector
of each ICB), row (provider x treatment function), group (five deprivation quintiles of England, most deprived first,
and
areas outside England), icb (36, and one more for areas outside England), week (whole weeks waited, 104 and over last).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.facts import Total, TrustFacts
from aft_sim.baseline.finance import Finance, read_finance
from aft_sim.baseline.oversight import LeagueTables, read_oversight_table
from aft_sim.baseline.places import Places, read_places
from aft_sim.baseline.priorities import N_BANDS, N_WEEKS, Priorities
from aft_sim.baseline.seasonality import Season
from aft_sim.baseline.urgent import UrgentSeries, read_urgent
from aft_sim.basis.calendar import opening_monday
from aft_sim.basis.errors import InputError, did_you_mean

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: First calendar year of the financial year that expenditure, surplus, capital and backlog are taken to be of.
MONEY_YEAR = 2025


@dataclass(frozen=True, eq=False)
class TrustTable:
    """All NHS trusts of the register; money GBP m a year, NaN where nothing is published.

    Attributes:
        code, name, type, region: text, one per trust.
        icb: index of the host ICB, -1 where a trust has none.
        foundation: whether it is a foundation trust.
        segment: oversight segment at opening (1 best), NaN without one.
        segment_quarter: quarter that it is of, such as "Q3 2025/26"; None without one.
        planned_surplus: planned surplus 2025/26 as a share of income.
        expenditure: operating expenditure of the accounts, rolled forward to 2025/26.
        capital: capital of the estates return 2024/25.
        backlog: cost to clear backlog maintenance 2024/25.
        catchment: (trust, quintile) published mix of the catchment.
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    type: tuple[str, ...]
    region: tuple[str, ...]
    icb: Index
    foundation: Flags
    segment: Array
    segment_quarter: tuple[str | None, ...]
    planned_surplus: Array
    expenditure: Array
    expenditure_year: tuple[str | None, ...]
    capital: Array
    backlog: Array
    catchment: Array

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Position of each ODS code."""
        return {code: i for i, code in enumerate(self.code)}


@dataclass(frozen=True, eq=False)
class Bundle:
    """Everything a run starts from.

    Attributes:
        trusts: the trust register, with the facts that today's mechanisms read.
        successors: current code of each old one.
        facts: everything known of each trust, with ranges where it is estimated.
        catchment_icb: (trust, icb) published catchment by board of residence; NaN where none is published.
        totals: England added up from its trusts, beside the published totals.
        finance: published figures on money by year.
        oversight: published league tables of the Oversight Framework.
        places: parts of boards, with their residents and where these are treated.
        urgent: England's urgent care by month, and its season.
        icb_code, icb_name, icb_region: the 36 ICBs of April 2026.
        population: (icb, quintile) residents.
        registered, weighted_population: (icb,) registered patients of 2026/27, and weighted by need in the formula of
            allocations: fair shares go by the latter.
        provider_code: ODS code of trusts, "IS-" and the ICB for the independent sector.
        provider_trust: (provider,) index into `trusts`, -1 for the independent sector.
        provider_icb: (provider,) host ICB, -1 where none.
        row_provider, row_function, row_function_name: axes of the rows.
        row_group: (row,) function and sector whose priorities the row is shrunk to.
        imputed, pooled: (row,) how the row was made.
        starts, admitted, non_admitted: (row,) balanced flows, people a standard week.
        removal_share: (row,) removals net of late registrations per start.
        drift: (row,) opening change of the list, people a week.
        published_flows: (3, row) starts, admitted, non-admitted a standard week before balancing.
        waiting: (row, 2, week) people waiting; residents of England, of areas outside.
        entry_row, entry_icb: (entry,) the observed pairs of row and ICB of residence (36 = outside England).
        entry_starts, entry_waiting: (entry,) starts in the month and people waiting.
        priorities: measured priorities.
        season: season of the flows.
        series: England's monthly series, with "month" as text.
        targets: (due date ISO, percent, source) of dated 18-week targets.
        england_completions: (2, week) admitted and non-admitted completions of the month.
        summary: what the builder recorded.
        hash: of all tables.
    """

    trusts: TrustTable
    successors: Mapping[str, str]
    facts: TrustFacts
    catchment_icb: Array
    totals: tuple[Total, ...]
    finance: Finance
    oversight: LeagueTables
    places: Places
    urgent: UrgentSeries
    icb_code: tuple[str, ...]
    icb_name: tuple[str, ...]
    icb_region: tuple[str, ...]
    population: Array
    registered: Array
    weighted_population: Array
    provider_code: tuple[str, ...]
    provider_trust: Index
    provider_icb: Index
    row_provider: Index
    row_function: tuple[str, ...]
    row_function_name: tuple[str, ...]
    row_group: Index
    imputed: Flags
    pooled: Index
    starts: Array
    admitted: Array
    non_admitted: Array
    removal_share: Array
    drift: Array
    published_flows: Array
    waiting: Array
    entry_row: Index
    entry_icb: Index
    entry_starts: Array
    entry_waiting: Array
    priorities: Priorities
    season: Season
    series: Mapping[str, Any]
    targets: tuple[tuple[str, float, str], ...]
    england_completions: Array
    summary: Mapping[str, Any]
    hash: str

    @cached_property
    def opening(self) -> date:
        """The Monday on which runs begin: the day after the Sunday nearest the end of the lists' month."""
        period = date.fromisoformat(str(self.summary["period"]))
        return opening_monday(period.year, period.month)

    @cached_property
    def money_years(self) -> tuple[int, int]:
        """Year ends and first days of April between the money tables' year (`MONEY_YEAR`) and the opening.

        A run that opens when March has closed has its first 1 April in week 0, so that one is still to come.
        """
        period = date.fromisoformat(str(self.summary["period"]))
        ends = max((period.year if period.month >= 3 else period.year - 1) - MONEY_YEAR, 0)
        return ends, ends - 1 if ends and period.month == 3 else ends

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_function)

    @cached_property
    def row_is_trust(self) -> Flags:
        """(row,) whether an NHS trust provides it."""
        return self.provider_trust[self.row_provider] >= 0

    @cached_property
    def trust_provider(self) -> Index:
        """(trust,) index of its provider, -1 for trusts without a waiting list."""
        out = np.full(len(self.trusts.code), -1)
        has = self.provider_trust >= 0
        out[self.provider_trust[has]] = np.flatnonzero(has)
        return out

    def trust(self, code: str, where: str | None = None) -> int:
        """Index of a trust by ODS code.

        Raises:
            InputError: no such trust; names the nearest codes and trusts.
        """
        found = self.trusts.index.get(code)
        if found is None and code in self.successors:
            current = self.successors[code]
            name = self.trusts.name[self.trusts.index[current]]
            raise InputError(
                "this NHS trust is part of another one now", where=where, found=code, hint=f"Use {current}, {name}."
            )
        if found is None:
            labels = {c: c for c in self.trusts.code} | dict(zip(self.trusts.name, self.trusts.code, strict=True))
            raise InputError(
                "no such NHS trust",
                where=where,
                found=code,
                expected="an ODS code of a current trust, such as RTF",
                hint=did_you_mean(code, labels),
            )
        return found


def _text(values: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in values)


def folder_hash(folder: Path) -> str:
    """SHA-256 of all tables of a folder, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.parquet")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _catchments(folder: Path, trust: Mapping[str, int], icb: Mapping[str, int]) -> Array:
    found = tables.read(folder, "catchments")
    shares = np.zeros((len(trust), len(icb)))
    at = [trust[code] for code in found["trust"]], [icb[code] for code in found["icb"]]
    shares[at] = found["share"]
    return np.where(shares.sum(axis=1, keepdims=True) > 0, shares, np.nan)


def _successors(folder: Path, trust: Mapping[str, int]) -> Mapping[str, str]:
    lineage = tables.read(folder, "carry_lineage")
    return {old: now for old, now in zip(lineage["old"], lineage["current"], strict=True) if now in trust}


def _totals(folder: Path) -> tuple[Total, ...]:
    found = tables.read(folder, "totals")
    rows = zip(*(np.asarray(found[f.name], dtype=object).tolist() for f in fields(Total)), strict=True)
    return tuple(Total(*row) for row in rows)


@lru_cache(maxsize=4)
def load(folder: Path | None = None) -> Bundle:
    """Load a baseline: the packaged one, or one that `aft-sim baseline build` wrote.

    Raises:
        InputError: a table is missing, cannot be read, or was written by another version.
    """
    folder = folder or tables.FOLDER
    if not folder.is_dir():
        raise InputError("no such folder", where=str(folder), expected="a baseline written by `aft-sim baseline build`")
    try:
        return _load(folder)
    except KeyError as error:
        raise InputError(
            "the baseline was written by another version of aft-sim",
            where=str(folder),
            found=f"no column {error}",
            expected="a baseline built or updated with this version",
        ) from None


def _load(folder: Path) -> Bundle:
    t, icbs, p = (tables.read(folder, name) for name in ("trusts", "icbs", "providers"))
    rows, flows = tables.read(folder, "rows"), tables.read(folder, "flows")
    icb_index = {code: i for i, code in enumerate(icbs["code"])}
    trust_index = {code: i for i, code in enumerate(t["code"])}
    facts = TrustFacts.from_columns(t["code"], tables.read(folder, "facts"))
    n_rows = len(rows["function"])
    counts = tables.read(folder, "waiting")
    waiting = np.zeros((n_rows, 2, N_WEEKS))
    waiting[counts["row"], counts["outside"], counts["week"]] = counts["people"]
    weeks = tables.read(folder, "england_weeks")
    target = tables.read(folder, "targets")
    return Bundle(
        trusts=TrustTable(
            _text(t["code"]),
            _text(t["name"]),
            _text(t["type"]),
            _text(t["region"]),
            np.array([icb_index.get(k, -1) for k in t["icb"]]),
            np.asarray(t["foundation"]),
            facts.stated("oversight.segment"),
            tuple(t["segment_quarter"]),
            facts.stated("money.planned_surplus"),
            facts["expenditure.rolled_forward"],
            tuple(t["expenditure_year"]),
            facts.stated("estate.capital"),
            facts.stated("estate.backlog"),
            np.stack([facts.stated(f"catchment.q{q + 1}") for q in range(5)], axis=1),
        ),
        successors=_successors(folder, trust_index),
        facts=facts,
        catchment_icb=_catchments(folder, trust_index, icb_index),
        totals=_totals(folder),
        finance=read_finance(folder),
        oversight=read_oversight_table(folder),
        places=read_places(folder, trust_index, icb_index, _successors(folder, trust_index)),
        urgent=read_urgent(folder),
        icb_code=_text(icbs["code"]),
        icb_name=_text(icbs["name"]),
        icb_region=_text(icbs["region"]),
        population=np.stack([icbs[f"population_q{q + 1}"] for q in range(5)], axis=1),
        registered=icbs["registered"],
        weighted_population=icbs["weighted_population"],
        provider_code=_text(p["code"]),
        provider_trust=np.array([trust_index.get(c, -1) for c in p["code"]]),
        provider_icb=np.array([icb_index.get(k, -1) for k in p["icb"]]),
        row_provider=rows["provider"].astype(np.int64),
        row_function=_text(rows["function"]),
        row_function_name=_text(rows["function_name"]),
        row_group=rows["group"].astype(np.int64),
        imputed=np.asarray(rows["imputed"]),
        pooled=rows["pooled"].astype(np.int64),
        starts=rows["starts"],
        admitted=rows["admitted"],
        non_admitted=rows["non_admitted"],
        removal_share=rows["removal_share"],
        drift=rows["drift"],
        published_flows=np.stack(
            [rows["published_starts"], rows["published_admitted"], rows["published_non_admitted"]]
        ),
        waiting=waiting,
        entry_row=flows["row"].astype(np.int64),
        entry_icb=flows["icb"].astype(np.int64),
        entry_starts=flows["starts"].astype(np.float64),
        entry_waiting=flows["waiting"].astype(np.float64),
        priorities=_priorities(folder, n_rows),
        season=_season(folder),
        series=tables.read(folder, "england_monthly"),
        targets=tuple(zip(_text(target["due"]), target["share"].tolist(), _text(target["source"]), strict=True)),
        england_completions=np.stack([weeks["admitted"], weeks["non_admitted"]]),
        summary=tables.read_json(folder, "build"),
        hash=folder_hash(folder),
    )


def _priorities(folder: Path, n_rows: int) -> Priorities:
    groups, rows = tables.read(folder, "priority_groups"), tables.read(folder, "priority_rows")
    n_groups = int(groups["group"].max()) + 1
    profile = np.zeros((2, n_groups, N_WEEKS))
    profile[groups["service"], groups["group"], groups["week"]] = groups["rate"]
    ratio = np.zeros((2, n_rows, N_BANDS))
    ratio[rows["service"], rows["row"], rows["band"]] = rows["ratio"]
    return Priorities(profile, ratio)


def _season(folder: Path) -> Season:
    season = tables.read(folder, "season")
    return Season(np.stack([season["starts"], season["completions"], season["removals"]]))
