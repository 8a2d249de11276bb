"""What the builder writes: the packaged tables and the summary with its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.assemble import ENGLAND, INDEPENDENT, OUTSIDE, POOLED, RawRows
from aft_sim.baseline.build import SERIES_COLUMNS, Built, Sources
from aft_sim.baseline.collect import collect
from aft_sim.baseline.fill import fill, roll_forward
from aft_sim.baseline.finance import write_finance
from aft_sim.baseline.oversight import write_oversight
from aft_sim.baseline.places import write_flows, write_places
from aft_sim.baseline.sources.icbs import weighted_population
from aft_sim.baseline.sources.rtt_extract import RttExtract, TreatmentFunction
from aft_sim.baseline.sources.series import RttMonthly
from aft_sim.baseline.totals import totals
from aft_sim.baseline.urgent import write_urgent

Array = NDArray[np.float64]


def write_all(folder: Path, s: Sources, b: Built) -> None:
    """Write every table of the bundle."""
    write_register(folder, s)
    write_month(folder, b, s.series, s.extract.functions, {t.code: t.icb for t in s.register.trusts})
    write_flows(folder, s.extract, [t.code for t in s.register.trusts])


def write_register(folder: Path, s: Sources) -> None:
    """Write what does not come from the month: trusts, boards, targets."""
    _write_trusts(folder, s)
    _write_icbs(folder, s)
    _write_targets(folder, s)
    write_finance(folder, s.facts.series["provider_finance_annual"])
    write_oversight(folder, s.facts.oversight)
    write_places(folder, s.geography, s.extract)
    write_urgent(folder, s.facts.series)


def write_month(
    folder: Path,
    b: Built,
    series: RttMonthly,
    functions: Sequence[TreatmentFunction],
    icb_of_trust: Mapping[str, str | None],
) -> None:
    """Write what comes from the month: providers, rows, lists, priorities, season and England's series."""
    _write_rows(folder, {f.code: f.name for f in functions}, icb_of_trust, b)
    _write_counts(folder, b)
    _write_priorities(folder, b)
    _write_series(folder, series, b)


def _write_trusts(folder: Path, s: Sources) -> None:
    """Write who the trusts are, their facts, where their patients live, and England added up from them."""
    trusts, icbs = s.register.trusts, [i.code for i in s.icbs.icbs]
    tables.write(
        folder,
        "trusts",
        {
            "code": [t.code for t in trusts],
            "name": [t.name for t in trusts],
            "type": [t.type for t in trusts],
            "estates_type": [t.eric_type for t in trusts],
            "icb": [t.icb for t in trusts],
            "region": [t.region for t in trusts],
            "foundation": [t.foundation for t in trusts],
            "segment_quarter": [t.oversight.quarter if t.oversight else None for t in trusts],
            "expenditure_year": [s.facts.accounts.trusts[t.code].year for t in trusts],
        },
    )
    facts = collect(s.facts)
    mix = s.icbs.population / s.icbs.population.sum(axis=1, keepdims=True)
    england = s.icbs.population.sum(axis=0) / s.icbs.population.sum()
    host_mix = np.array([england if t.icb is None else mix[icbs.index(t.icb)] for t in trusts])
    methods = fill(facts, s.facts, roll_forward(s.facts), host_mix)
    tables.write(folder, "facts", facts.columns())
    tables.write(
        folder,
        "estimates",
        {
            "fact": [m.fact for m in methods],
            "how": [m.how for m in methods],
            "trusts": [" ".join(m.trusts) for m in methods],
            "compared": np.array([m.compared for m in methods], dtype=np.int16),
            "error": np.array([m.error for m in methods]),
        },
    )
    lines = [asdict(line) for line in totals(facts, s.facts)]
    tables.write(folder, "totals", {name: [line[name] for line in lines] for name in lines[0]})
    row, where = np.nonzero(s.catchments.shares)
    tables.write(
        folder,
        "catchments",
        {
            "trust": [s.catchments.trusts[i] for i in row],
            "icb": [s.catchments.icbs[j] for j in where],
            "share": tables.float32(s.catchments.shares[row, where]),
        },
    )


def _write_icbs(folder: Path, s: Sources) -> None:
    icbs = s.icbs.icbs
    columns: dict[str, Any] = {
        "code": [i.code for i in icbs],
        "name": [i.name for i in icbs],
        "region": [i.region for i in icbs],
    }
    columns |= {f"population_q{q + 1}": s.icbs.population[:, q] for q in range(5)}
    columns["registered"] = np.array([i.registered for i in icbs])
    columns["weighted_population"] = weighted_population(s.icbs, s.facts.series["icb_weighted_population"])
    tables.write(folder, "icbs", columns)


def _write_rows(folder: Path, functions: Mapping[str, str], icb: Mapping[str, str | None], b: Built) -> None:
    rows, flows = b.rows, b.flows
    tables.write(
        folder,
        "providers",
        {
            "code": list(rows.provider),
            "icb": [c[len(INDEPENDENT) :] if c.startswith(INDEPENDENT) else icb[c] for c in rows.provider],
            "independent": [c.startswith(INDEPENDENT) for c in rows.provider],
            "drift_a_month": b.drift,
        },
    )
    tables.write(
        folder,
        "rows",
        {
            "provider": rows.row_provider.astype(np.int16),
            "function": list(rows.row_function),
            "function_name": [functions.get(f, "Small services, pooled") for f in rows.row_function],
            "group": b.group_of_row.astype(np.int16),
            "pooled": rows.pooled.astype(np.int16),
            "imputed": rows.imputed,
            "starts": flows.starts,
            "admitted": flows.admitted,
            "non_admitted": flows.non_admitted,
            "removal_share": flows.removal_share,
            "drift": flows.drift,
            "published_starts": b.raw_weekly[0],
            "published_admitted": b.raw_weekly[1],
            "published_non_admitted": b.raw_weekly[2],
        },
    )
    row, where = np.nonzero((rows.flow_starts > 0) | (rows.flow_waiting > 0))
    tables.write(
        folder,
        "flows",
        {
            "row": row.astype(np.int16),
            "icb": where.astype(np.int8),
            "starts": tables.float32(rows.flow_starts[row, where]),
            "waiting": tables.float32(rows.flow_waiting[row, where]),
        },
    )


def _write_counts(folder: Path, b: Built) -> None:
    row, group, week = np.nonzero(b.rows.waiting)
    tables.write(
        folder,
        "waiting",
        {
            "row": row.astype(np.int16),
            "outside": group.astype(np.int8),
            "week": week.astype(np.int8),
            "people": b.rows.waiting[row, group, week].astype(np.int32),
        },
    )
    tables.write(
        folder,
        "england_weeks",
        {
            "waiting": b.rows.waiting[:, ENGLAND].sum(0),
            "waiting_outside": b.rows.waiting[:, OUTSIDE].sum(0),
            "admitted": b.rows.admitted.sum(0),
            "non_admitted": b.rows.non_admitted.sum(0),
        },
    )


def _write_priorities(folder: Path, b: Built) -> None:
    service, group, week = np.indices(b.priorities.profile.shape)
    tables.write(
        folder,
        "priority_groups",
        {
            "service": service.ravel().astype(np.int8),
            "group": group.ravel().astype(np.int16),
            "week": week.ravel().astype(np.int8),
            "rate": tables.float32(b.priorities.profile.ravel()),
        },
    )
    service, row, band = np.indices(b.priorities.ratio.shape)
    tables.write(
        folder,
        "priority_rows",
        {
            "service": service.ravel().astype(np.int8),
            "row": row.ravel().astype(np.int16),
            "band": band.ravel().astype(np.int8),
            "ratio": tables.float32(b.priorities.ratio.ravel()),
        },
    )
    tables.write(folder, "groups", {"name": list(b.groups)})


def _write_series(folder: Path, series: RttMonthly, b: Built) -> None:
    columns: dict[str, Any] = {"month": list(series.months)}
    columns |= {name: series.columns[name] for name in SERIES_COLUMNS}
    tables.write(folder, "england_monthly", columns)
    tables.write(
        folder,
        "season",
        {
            "month": np.arange(1, 13, dtype=np.int8),
            "starts": b.season.factor[0],
            "completions": b.season.factor[1],
            "removals": b.season.factor[2],
        },
    )


def _write_targets(folder: Path, s: Sources) -> None:
    dated = [t for t in s.targets if t.metric == "RTT within 18 weeks" and t.scope == "England" and t.value is not None]
    tables.write(
        folder,
        "targets",
        {
            "due": [t.due.isoformat() for t in dated],
            "share": np.array([t.value for t in dated], dtype=float),
            "source": [t.source for t in dated],
        },
    )


def summary(extract: RttExtract, b: Built, settings: dict[str, Any], hashes: dict[str, str]) -> dict[str, Any]:
    """Period, sources, settings and what was adjusted, as plain numbers."""
    pub, rows = b.published, b.rows
    england = rows.waiting[:, ENGLAND].sum()
    reported = pub.waiting[:, ENGLAND].sum(0)
    full = rows.waiting[:, ENGLAND].sum(0)
    completions = b.flows.admitted + b.flows.non_admitted
    raw_completions = b.raw_weekly[1] + b.raw_weekly[2]
    return {
        "period": extract.period.isoformat(),
        "licence": tables.ATTRIBUTION,
        "sources_sha256": hashes,
        "settings": settings,
        "opening": {
            "england_as_reported": int(reported.sum()),
            "england_with_estimates": int(england),
            "outside_england": int(pub.waiting[:, OUTSIDE].sum()),
            "nhs_trusts_as_reported": int(pub.waiting[pub.is_trust(), ENGLAND].sum()),
            "independent_sector": int(pub.waiting[~pub.is_trust(), ENGLAND].sum()),
            "within_18_share_as_reported": float(reported[:18].sum() / reported.sum() * 100),
            "within_18_share_with_estimates": float(full[:18].sum() / full.sum() * 100),
            "over_52_as_reported": int(reported[52:].sum()),
            "over_52_with_estimates": int(full[52:].sum()),
            "over_65_as_reported": int(reported[65:].sum()),
            "over_65_with_estimates": int(full[65:].sum()),
        },
        "weekly_rates": {
            "starts": b.england_rates[0],
            "completions": b.england_rates[1],
            "removals_net_of_late_registrations": b.england_rates[2],
            "removal_share_of_starts": b.england_rates[2] / b.england_rates[0],
        },
        "adjustments": {
            "rows_published": len(pub.row_function),
            "rows_after_pooling": len(rows.row_function),
            "people_in_pooled_rows": int(rows.waiting[np.array(rows.row_function) == POOLED].sum()),
            "hub_patients_placed": float(extract.checks.list_without_parent - pub.waiting[:, OUTSIDE].sum()),
            "unknown_clock_starts_spread": extract.checks.unknown_starts,
            "starts_moved_a_week": float(np.abs(b.flows.starts - b.raw_weekly[0]).sum()),
            "completions_moved_a_week": float(np.abs(completions - raw_completions).sum()),
            "unexplained_flow_before": float(
                np.abs(b.raw_weekly[0] * (1 - b.england_rates[2] / b.england_rates[0]) - raw_completions).sum()
            ),
            "unexplained_flow_after": float(np.abs(b.flows.starts * (1 - b.flows.removal_share) - completions).sum()),
            "people_drifting_in_all": float(np.abs(b.flows.drift).sum()),
        },
        "largest_changes": _largest(rows, b),
    }


def _largest(rows: RawRows, b: Built, n: int = 15) -> list[dict[str, Any]]:
    """The trusts whose flows were moved most, with what was published and what is used."""
    p = len(rows.provider)
    raw = np.stack([np.bincount(rows.row_provider, v, p) for v in b.raw_weekly])
    new = np.stack(
        [np.bincount(rows.row_provider, v, p) for v in (b.flows.starts, b.flows.admitted, b.flows.non_admitted)]
    )
    moved = np.abs(new[0] - raw[0]) + np.abs(new[1:].sum(0) - raw[1:].sum(0))
    return [
        {
            "provider": rows.provider[i],
            "starts_published": round(float(raw[0, i]), 1),
            "starts_used": round(float(new[0, i]), 1),
            "completions_published": round(float(raw[1:, i].sum()), 1),
            "completions_used": round(float(new[1:, i].sum()), 1),
        }
        for i in np.argsort(-moved, kind="stable")[:n]
    ]
