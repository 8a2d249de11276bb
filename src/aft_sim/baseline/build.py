"""Build the baseline from the official files: `aft-sim baseline build --from DIR --out DIR`.

Everything packaged in `tables/` comes from here. The report lists every adjustment that was made on the way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import carry, collect, tables
from aft_sim.baseline.assemble import ENGLAND, OUTSIDE, RawRows, assemble, pool_small
from aft_sim.baseline.impute import MissingTrust, impute
from aft_sim.baseline.priorities import Priorities, measure_priorities
from aft_sim.baseline.reconcile import Flows, ReconcileSettings, reconcile
from aft_sim.baseline.seasonality import Season, estimate_season, latest_year_weekly_rate
from aft_sim.baseline.settle import RowFlows, correction
from aft_sim.baseline.sources.catchments import Catchments, read_catchments
from aft_sim.baseline.sources.estates import read_estates
from aft_sim.baseline.sources.expenditure import read_expenditure
from aft_sim.baseline.sources.geography import (
    CommissionerMap,
    Geography,
    frimley_weights,
    place_commissioners,
    read_geography,
    residence_by_location,
)
from aft_sim.baseline.sources.icbs import IcbTable, read_icbs
from aft_sim.baseline.sources.provider_month import ProviderMonths, read_provider_months
from aft_sim.baseline.sources.rtt_extract import RttExtract, read_rtt_extract
from aft_sim.baseline.sources.series import RttMonthly, Target, read_rtt_monthly, read_targets
from aft_sim.baseline.sources.trusts import TrustRegister, read_trusts
from aft_sim.basis.errors import InputError
from aft_sim.spec.register import Register

Array = NDArray[np.float64]

FILES = {
    "rtt": "official/Full-CSV-data-file-Jan26.zip",
    "trusts": "trusts.csv",
    "icbs": "icbs.csv",
    "geography": "geography/lsoa21_icb26_imd2025.csv",
    "old_icbs": "series/icb_population_deprivation.csv",
    "catchments": "trust_icb26_catchment_shares.csv",
    "provider_months": "rtt_provider_month_2025_26.csv",
    "rtt_monthly": "series/rtt_monthly.csv",
    "targets": "series/targets_trajectory.csv",
    "estates": "official/ERIC-2024_25-Trust-data.csv",
    "expenditure": "trust_expenditure_tac_2023_24_by_current_trust.csv",
    "expenditure_detail": "trust_expenditure_tac_2023_24.csv",
    "expenditure_before": "trust_expenditure_tac_2022_23.csv",
    **collect.FILES,
    **{name: f"series/{name}.csv" for name in collect.SERIES},
}
#: The trust without a return, and where comparable trusts are found.
MISSING_TRUST = "RHQ"
MISSING_TRUST_TYPE = "ACUTE - TEACHING"
#: Months of which a trust's trend is taken, and the fewest of England's latest twelve that make a yearly rate.
TREND_MONTHS, FEWEST_MONTHS = 12, 6
#: Weeks waited by those who joined lately: the first week is only half of one.
YOUNG = slice(1, 9)
SERIES_COLUMNS = (
    "median_wait_weeks",
    "p92_wait_weeks",
    "pct_within_18w",
    "over_52w",
    "over_65w",
    "over_78w",
    "over_104w",
    "total_incomplete",
    "total_incomplete_as_reported",
    "admitted_completed",
    "admitted_completed_as_reported",
    "nonadmitted_completed",
    "nonadmitted_completed_as_reported",
    "new_clock_starts",
    "unreported_removals",
)


@dataclass(frozen=True)
class Sources:
    """Everything read from the official files, before any adjustment."""

    extract: RttExtract
    register: TrustRegister
    icbs: IcbTable
    residence_weights: CommissionerMap
    residents: Mapping[str, Array]
    geography: Geography
    catchments: Catchments
    months: ProviderMonths
    series: RttMonthly
    targets: tuple[Target, ...]
    facts: collect.FactSources


def read_sources(folder: Path, say: Callable[[str], None], rtt: Path | None = None) -> Sources:
    """Read every file the baseline needs; `rtt` is the extract to read in place of the folder's own.

    Raises:
        InputError: a file is missing or not what it should be.
    """
    missing = [name for key, name in FILES.items() if not (folder / name).exists() and not (rtt and key == "rtt")]
    if missing:
        raise InputError(
            f"{len(missing)} file(s) of the baseline are missing",
            where=str(folder),
            found="no " + ", ".join(missing),
            expected="the folder of official files, laid out as docs/data.md says",
        )
    path = {key: folder / name for key, name in FILES.items()} | ({"rtt": rtt} if rtt else {})
    register, icbs = read_trusts(path["trusts"]), read_icbs(path["icbs"])
    say("reading the RTT full extract")
    extract = read_rtt_extract(path["rtt"]).folded(register.successors)
    geography = read_geography(path["geography"], icbs)
    residents = residence_by_location(geography, frimley_weights(geography, path["old_icbs"]))
    commissioners = place_commissioners([(c.code, c.name) for c in extract.commissioners], residents, len(icbs.icbs))
    say("reading registers, accounts and series")
    accounts = read_expenditure(folder, register)
    return Sources(
        extract,
        register,
        icbs,
        commissioners,
        residents,
        geography,
        read_catchments(path["catchments"], tuple(icbs.codes()), register, accounts.own_2022_23),
        read_provider_months(path["provider_months"], register),
        read_rtt_monthly(path["rtt_monthly"]),
        read_targets(path["targets"]),
        collect.read_fact_sources(folder, register, accounts, read_estates(path["estates"], register), say),
    )


def missing_trust(
    code: str, residence: Array | None, series: RttMonthly, extract: RttExtract, rows: RawRows
) -> MissingTrust:
    """The one trust without a return, as published: England with estimates less England as reported.

    Args:
        code: ODS code of the trust.
        residence: (icb,) its published catchment, None where it has none.
        series: England's monthly figures, with and without estimates.
        extract: the month, without the trust.
        rows: the rows of the extract.

    Raises:
        InputError: nothing is published on where its patients live.
    """
    month = f"{extract.period:%Y-%m}"

    def at(column: str) -> float:
        return series.at(column, month)

    reported = rows.waiting[:, ENGLAND].sum(axis=0)
    total = at("total_incomplete")
    within = total - at("over_18w")
    spells = (
        within - reported[:18].sum(),
        total - at("over_52w") - within - reported[18:52].sum(),
        at("over_52w") - at("over_65w") - reported[52:65].sum(),
        at("over_65w") - reported[65:].sum(),
    )
    england = extract.totals("3", "england").sum()
    if residence is None:
        raise InputError("the trust without a return has no published catchment", found=code)
    return MissingTrust(
        code,
        (round(spells[0]), round(spells[1]), round(spells[2]), round(spells[3])),
        at("new_clock_starts") - england,
        at("admitted_completed") - at("admitted_completed_as_reported"),
        at("nonadmitted_completed") - at("nonadmitted_completed_as_reported"),
        residence,
    )


def season_of(series: RttMonthly) -> tuple[Season, list[tuple[int, int]], Array]:
    """Season and the flows it was estimated from (starts, completions, removals by month)."""
    keep = [i for i, m in enumerate(series.months) if np.isfinite(series.columns["new_clock_starts"][i])]
    months = [(int(series.months[i][:4]), int(series.months[i][5:])) for i in keep]
    completed = series.columns["admitted_completed"] + series.columns["nonadmitted_completed"]
    flows = np.stack(
        [
            series.columns["new_clock_starts"][keep],
            completed[keep],
            series.columns["unreported_removals"][keep],
        ]
    )
    return estimate_season(months, flows), months, flows


def trust_drift(months: ProviderMonths, providers: tuple[str, ...]) -> Array:
    """Trend of each trust's list beyond England's, share a month, NaN where there are too few usable months.

    Of the latest year only: `TREND_MONTHS`.
    """
    usable = months.usable()[:, -TREND_MONTHS:]
    waiting = months.waiting[:, -TREND_MONTHS:]
    slopes = np.full(len(months.trusts), np.nan)
    latest = set(months.months[-TREND_MONTHS:])
    jumps = {f.trust for f in months.flags if f.reason not in ("missing", "repeated") and f.month in latest}
    for i, trust in enumerate(months.trusts):
        use = np.flatnonzero(usable[i] & (waiting[i] > 0))
        if use.size >= 6 and trust not in jumps:
            slopes[i] = np.polyfit(use, np.log(waiting[i, use]), 1)[0]
    weight = np.nan_to_num(waiting[:, -1])
    known = np.isfinite(slopes)
    if not known.any():
        return np.full(len(providers), np.nan)
    slopes -= (slopes[known] * weight[known]).sum() / weight[known].sum()
    by_code = dict(zip(months.trusts, slopes, strict=True))
    return np.array([by_code.get(code, np.nan) for code in providers])


def young_starts(waiting: Array, starts: Array, group: NDArray[np.int64]) -> Array:
    """Starts a week that the youngest part of each row's list implies, given what is usual in its group.

    People of one to nine weeks joined lately and few of them have left: a row whose starts are misreported, or whose
    starts vanish at once, shows it there.
    """
    young = waiting[:, YOUNG].sum(axis=1)
    n = int(group.max()) + 1
    usual = np.bincount(group, young, n) / np.maximum(np.bincount(group, starts, n), 1e-9)
    return np.asarray(np.divide(young, usual[group], out=np.zeros_like(young), where=usual[group] > 0))


def settled(priorities: Priorities, group: NDArray[np.int64], rows: RawRows, flows: Flows) -> Priorities:
    """Priorities corrected so that each trust's flows keep the ages of its list (`settle`)."""
    register = Register.load()
    late = register.number("removals.late_share") * flows.starts
    waiting = rows.waiting.sum(axis=1)
    measured = priorities.by_row(group)
    weighted = np.maximum((measured * waiting[None]).sum(axis=2), 1e-12)
    capacity = np.stack([flows.admitted, flows.non_admitted])
    rate = (measured * (capacity / weighted)[:, :, None]).sum(axis=0)
    steady = RowFlows(
        flows.starts,
        late,
        capacity.sum(axis=0),
        flows.removal_share * flows.starts + late,
        waiting.sum(axis=1),
    )
    factor = correction(rate, steady, waiting, rows.row_provider)
    return replace(priorities, ratio=priorities.ratio * factor[rows.row_provider][None])


@dataclass(frozen=True)
class Built:
    """The reconciled baseline, ready to be written."""

    rows: RawRows
    published: RawRows
    flows: Flows
    priorities: Priorities
    group_of_row: NDArray[np.int64]
    groups: tuple[str, ...]
    season: Season
    england_rates: tuple[float, float, float]
    raw_weekly: Array
    drift: Array


def derive(s: Sources, settings: ReconcileSettings, say: Callable[[str], None]) -> Built:
    """Impute, pool, deseasonalise, balance and measure."""
    say("assembling providers, functions and residence")
    published = assemble(s.extract, s.register, s.residence_weights, s.icbs.codes())
    like = frozenset(t.code for t in s.register.trusts if t.eric_type == MISSING_TRUST_TYPE)
    missing = missing_trust(MISSING_TRUST, s.catchments.of(MISSING_TRUST), s.series, s.extract, published)
    rows = pool_small(impute(published, missing, like))
    return balance(published, rows, s.series, s.months, s.extract.period, settings, say)


def england_rates(series: RttMonthly, end: date) -> tuple[Season, tuple[float, float, float]]:
    """The season, and England's starts, completions and removals a standard week over the year to `end`.

    Months of the year that the series lacks are left out of all three, so that they stay one balance.

    Raises:
        InputError: fewer than `FEWEST_MONTHS` of the twelve are known.
    """
    season, months, flows = season_of(series)
    known = np.asarray(np.isfinite(flows).all(axis=0))
    whole = [month for month, there in zip(months, known, strict=True) if there]
    year = [month for month in whole if (end.year - 1, end.month) < month <= (end.year, end.month)]
    if len(year) < FEWEST_MONTHS:
        raise InputError(
            "too few months are known to say how many people join and leave in a year",
            found=f"{len(year)} of the twelve months to {end:%Y-%m}",
            expected=f"{FEWEST_MONTHS} or more",
            hint="Update month by month, each from the baseline of the month before.",
        )
    rates = [latest_year_weekly_rate(whole, flows[i, known], season, i, end) for i in range(3)]
    return season, (rates[0], rates[1], rates[2])


def balance(
    published: RawRows,
    rows: RawRows,
    series: RttMonthly,
    trust_months: ProviderMonths,
    period: date,
    settings: ReconcileSettings,
    say: Callable[[str], None],
) -> Built:
    """From complete rows to a baseline: take out the season, balance flows, measure and settle priorities.

    Args:
        published: rows as reported, for the record.
        rows: the same with trusts without a return estimated and small rows pooled.
        series: England's monthly figures up to the month.
        trust_months: lists of trusts by month, for their trends.
        period: last day of the month.
        settings: of the reconciliation.
        say: told what is being done.
    """
    say("taking out the season and balancing flows")
    season, rates = england_rates(series, period)
    standard = season.month_total(period.year, period.month)
    functions = sorted(set(rows.row_function))
    function = np.array([functions.index(f) for f in rows.row_function])
    raw = np.stack(
        [
            rows.flow_starts.sum(1) / standard[0],
            rows.admitted.sum(1) / standard[1],
            rows.non_admitted.sum(1) / standard[1],
        ]
    )
    drift = trust_drift(trust_months, rows.provider)
    sector = (~rows.is_trust()).astype(int)
    # the balance holds for everybody treated here: England's rate plus the patients from outside in the same month
    outside = rows.flow_starts[:, -1].sum() / rows.flow_starts.sum()
    balanced = reconcile(
        raw[0],
        raw[1],
        raw[2],
        rows.waiting.sum((1, 2)),
        rows.row_provider,
        function,
        drift,
        rates[2] / rates[0],
        rates[0] / (1 - outside),
        settings,
        england_drift=rates[0] - rates[1] - rates[2],
        young=young_starts(rows.waiting.sum(1), raw[0], function * 2 + sector),
    )
    say("measuring priorities")
    group = function * 2 + sector
    weeks = period.day / 7
    priorities = measure_priorities(
        np.stack([rows.admitted, rows.non_admitted]), rows.waiting.sum(1), group, 2 * len(functions), weeks
    )
    say("settling ages and flows")
    priorities = settled(priorities, group, rows, balanced)
    groups = tuple(f"{f}|{'independent' if k else 'nhs'}" for f in functions for k in (0, 1))
    return Built(rows, published, balanced, priorities, group, groups, season, rates, raw, drift)


def build(source: Path, out: Path, say: Callable[[str], None] = lambda _: None) -> Path:
    """Read the official files, derive the baseline and write its tables.

    Args:
        source: folder with the official files (docs/data.md).
        out: folder to write; made if it is not there.
        say: told what is being done.

    Returns:
        `out`.
    """
    from aft_sim.baseline import write_tables

    settings = ReconcileSettings()
    s = read_sources(source, say)
    built = derive(s, settings, say)
    out.mkdir(parents=True, exist_ok=True)
    say("writing tables")
    write_tables.write_all(out, s, built)
    carry.write(out, carry.of_sources(s))
    hashes = {name: sha256(source / name) for name in FILES.values()}
    tables.write_json(out, "build", write_tables.summary(s.extract, built, asdict(settings), hashes))
    return out


def sha256(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


__all__ = ["FILES", "OUTSIDE", "Built", "Sources", "build", "derive", "read_sources"]
