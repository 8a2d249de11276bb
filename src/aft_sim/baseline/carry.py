"""What a baseline keeps so that a newer month's extract alone can renew it: `aft-sim baseline update`.

Besides the tables of a run, an update needs to know which codes are NHS trusts, where the people of each sub-ICB
location live, how trusts' lists moved in past months, England's
series, and which providers the last extract held. All of it is derived from official files by the builder and lies in
tables whose names begin with "carry_".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.sources.geography import CommissionerMap, place_commissioners
from aft_sim.baseline.sources.provider_month import Flag, ProviderMonths, jumps
from aft_sim.baseline.sources.rtt_extract import RttExtract
from aft_sim.baseline.sources.series import RttMonthly
from aft_sim.basis.errors import InputError

if TYPE_CHECKING:
    from aft_sim.baseline.build import Sources

Array = NDArray[np.float64]

NAMES = ("carry_trusts", "carry_lineage", "carry_locations", "carry_months", "carry_providers")


@dataclass(frozen=True)
class Carried:
    """What an update takes over.

    Attributes:
        estates_type: code of every current trust to its type in the estates return (None where it made none).
        host_icb: code of every current trust to its ICB, None where it has none.
        successors: old trust code to current code.
        icbs: ODS codes of the ICBs, the order of every axis by ICB.
        locations: sub-ICB location to the share of its residents by ICB, (icb,).
        months: lists of trusts by month.
        series: England's monthly figures.
        providers: code to name of the providers of the extract, predecessors folded.
    """

    estates_type: Mapping[str, str | None]
    host_icb: Mapping[str, str | None]
    successors: Mapping[str, str]
    icbs: tuple[str, ...]
    locations: Mapping[str, Array]
    months: ProviderMonths
    series: RttMonthly
    providers: Mapping[str, str]

    def current(self, code: str) -> str | None:
        """Current trust of an old or current code; None where it is no NHS trust of the baseline."""
        code = self.successors.get(code, code)
        return code if code in self.estates_type else None

    def residence(self, extract: RttExtract) -> CommissionerMap:
        """Where the patients of each commissioner of an extract live."""
        return place_commissioners([(c.code, c.name) for c in extract.commissioners], self.locations, len(self.icbs))

    def merged(self, old: str, new: str) -> Carried:
        """The same after one trust has been taken over by another."""
        successors = {code: (new if to == old else to) for code, to in self.successors.items()} | {old: new}
        return replace(
            self,
            successors=successors,
            estates_type={c: t for c, t in self.estates_type.items() if c != old},
        )


def of_sources(s: Sources) -> Carried:
    """What to keep of the official files."""
    trusts = s.register.trusts
    return Carried(
        {t.code: t.eric_type for t in trusts},
        {t.code: t.icb for t in trusts},
        dict(s.register.successors),
        tuple(s.icbs.codes()),
        s.residents,
        s.months,
        s.series,
        {p.code: p.name for p in s.extract.providers},
    )


def write(folder: Path, kept: Carried) -> None:
    """Write the tables; England's series has a table of its own (`write_tables.write_month`)."""
    tables.write(
        folder, "carry_trusts", {"code": list(kept.estates_type), "estates_type": list(kept.estates_type.values())}
    )
    tables.write(folder, "carry_lineage", {"old": list(kept.successors), "current": list(kept.successors.values())})
    cells = [(code, k, float(row[k])) for code, row in kept.locations.items() for k in np.flatnonzero(row)]
    tables.write(
        folder,
        "carry_locations",
        {
            "location": [c for c, _, _ in cells],
            "icb": [kept.icbs[k] for _, k, _ in cells],
            "share": np.array([v for _, _, v in cells], dtype=float),
        },
    )
    _write_months(folder, kept.months)
    tables.write(folder, "carry_providers", {"code": list(kept.providers), "name": list(kept.providers.values())})


def _write_months(folder: Path, m: ProviderMonths) -> None:
    repeated = {(f.trust, f.month) for f in m.flags if f.reason == "repeated"}
    pairs = [(t, month) for t in m.trusts for month in m.months]
    tables.write(
        folder,
        "carry_months",
        {
            "trust": [t for t, _ in pairs],
            "month": [month for _, month in pairs],
            "waiting": m.waiting.ravel(),
            "within_18": m.within_18.ravel(),
            "over_52": m.over_52.ravel(),
            "repeated": [pair in repeated for pair in pairs],
        },
    )


def read(folder: Path) -> Carried:
    """Read what a baseline keeps for an update.

    Raises:
        InputError: the folder is no baseline, or one written before these tables existed.
    """
    lacking = [name for name in NAMES if not (folder / f"{name}.parquet").is_file()]
    if lacking:
        raise InputError(
            "this baseline does not hold what an update carries over",
            where=str(folder),
            found=f"no {', '.join(f'{name}.parquet' for name in lacking)}",
            expected="a baseline written by this version of `aft-sim baseline build` or `update`",
            hint="Give the folder of official files with --from, or build the baseline again.",
        )
    trusts, register = tables.read(folder, "carry_trusts"), tables.read(folder, "trusts")
    lineage, providers = tables.read(folder, "carry_lineage"), tables.read(folder, "carry_providers")
    icbs = tuple(tables.read(folder, "icbs")["code"])
    series = tables.read(folder, "england_monthly")
    columns = {name: np.asarray(values, dtype=float) for name, values in series.items() if name != "month"}
    return Carried(
        dict(zip(trusts["code"], trusts["estates_type"], strict=True)),
        dict(zip(register["code"], register["icb"], strict=True)),
        dict(zip(lineage["old"], lineage["current"], strict=True)),
        icbs,
        _shares(tables.read(folder, "carry_locations"), icbs),
        _read_months(tables.read(folder, "carry_months")),
        RttMonthly(tuple(series["month"]), columns, {}),
        dict(zip(providers["code"], providers["name"], strict=True)),
    )


def _shares(table: Mapping[str, Any], icbs: tuple[str, ...]) -> dict[str, Array]:
    place = {code: k for k, code in enumerate(icbs)}
    out: dict[str, Array] = {}
    for code, icb, share in zip(table["location"], table["icb"], table["share"], strict=True):
        out.setdefault(code, np.zeros(len(icbs)))[place[icb]] = share
    return out


def _read_months(table: Mapping[str, Any]) -> ProviderMonths:
    trusts, months = tuple(sorted(set(table["trust"]))), tuple(sorted(set(table["month"])))
    row = {t: i for i, t in enumerate(trusts)}
    column = {m: j for j, m in enumerate(months)}
    i = np.array([row[t] for t in table["trust"]], dtype=np.int64)
    j = np.array([column[m] for m in table["month"]], dtype=np.int64)
    values = np.full((3, len(trusts), len(months)), np.nan)
    for k, name in enumerate(("waiting", "within_18", "over_52")):
        values[k, i, j] = table[name]
    repeats = [
        Flag(t, m, "repeated", "equals an earlier month")
        for t, m, again in zip(table["trust"], table["month"], table["repeated"], strict=True)
        if again
    ]
    return _flagged(trusts, months, values, repeats)


def _flagged(trusts: tuple[str, ...], months: tuple[str, ...], values: Array, repeats: list[Flag]) -> ProviderMonths:
    flags = list(repeats)
    for i, trust in enumerate(trusts):
        flags += jumps(trust, list(months), values[0, i])
        flags += [
            Flag(trust, month, "missing", "no return") for j, month in enumerate(months) if np.isnan(values[0, i, j])
        ]
    flags.sort(key=lambda f: (f.trust, f.month, f.reason))
    return ProviderMonths(trusts, months, values[0], values[1], values[2], tuple(flags), ())


def with_month(m: ProviderMonths, month: str, lists: Mapping[str, tuple[float, float, float]]) -> ProviderMonths:
    """Add a month's lists of trusts.

    Args:
        m: the months before; months between the last and the new one stay unknown.
        month: such as "2026-02"; a month that is there already is returned as it is.
        lists: trust to (list, within 18 weeks, over 52 weeks), everybody treated there.

    Returns:
        All months; a trust whose three figures equal those of an earlier month is flagged as repeated.
    """
    if month in m.months:
        return m
    months = list(m.months)
    while months[-1] < month:
        year, number = int(months[-1][:4]), int(months[-1][5:])
        months.append(f"{year}-{number + 1:02d}" if number < 12 else f"{year + 1}-01")
    trusts = tuple(sorted({*m.trusts, *lists}))
    values = np.full((3, len(trusts), len(months)), np.nan)
    place = [trusts.index(t) for t in m.trusts]
    for k, old in enumerate((m.waiting, m.within_18, m.over_52)):
        values[k, place, : len(m.months)] = old
    repeats = [f for f in m.flags if f.reason == "repeated"]
    for trust, figures in lists.items():
        i = trusts.index(trust)
        same = np.flatnonzero((values[:, i] == np.array(figures)[:, None]).all(axis=0))
        if same.size:
            repeats.append(Flag(trust, month, "repeated", f"equals {months[int(same[0])]}"))
        values[:, i, -1] = figures
    return _flagged(trusts, tuple(months), values, repeats)


def continued(kept: Carried, earlier: Carried) -> Carried:
    """What official files say, continued by what earlier updates added after these files end.

    Args:
        kept: from the official files.
        earlier: from the baseline before: later months of England's series and of trusts, and trusts taken over.
    """
    for old, new in earlier.successors.items():
        if old in kept.estates_type and new in kept.estates_type:
            kept = kept.merged(old, new)
    last = len([m for m in earlier.series.months if m <= kept.series.months[-1]])
    blank = np.full(len(earlier.series.months) - last, np.nan)
    series = kept.series
    if blank.size:
        columns = {
            name: np.r_[values, earlier.series.columns[name][last:] if name in earlier.series.columns else blank]
            for name, values in series.columns.items()
        }
        series = RttMonthly((*series.months, *earlier.series.months[last:]), columns, {})
    months, added = kept.months, earlier.months
    for j, month in enumerate(added.months):
        known = np.flatnonzero(np.isfinite(added.waiting[:, j]))
        lists = {
            added.trusts[i]: (added.waiting[i, j], added.within_18[i, j], added.over_52[i, j]) for i in known.tolist()
        }
        months = with_month(months, month, lists) if month > months.months[-1] and lists else months
    return replace(kept, series=series, months=months)
