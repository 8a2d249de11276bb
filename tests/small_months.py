"""A small England in the layout of the RTT full extract, month by month, and a baseline built from one month."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from _layouts import RTT_HEADER, rtt_row, text_of

from aft_sim.baseline import bundle, carry, tables, write_tables
from aft_sim.baseline.assemble import assemble, pool_small
from aft_sim.baseline.build import balance
from aft_sim.baseline.reconcile import ReconcileSettings
from aft_sim.baseline.sources.provider_month import ProviderMonths
from aft_sim.baseline.sources.rtt_extract import read_rtt_extract
from aft_sim.baseline.sources.series import RttMonthly
from aft_sim.baseline.update import copy_tables

#: Starts a week by provider; the last is no NHS trust. RTF and R0B are large acute, RRK and RTH teaching trusts.
SIZES = {"RTF": 400, "R0B": 300, "RRK": 500, "RTH": 450, "NT1": 60}
FUNCTIONS = {"C_110": 1.0, "C_130": 0.6, "C_502": 0.3}
SHORT = {"January": "Jan26", "February": "Feb26", "March": "Mar26", "April": "Apr26"}


def month_rows(
    month: str = "January", sizes: Mapping[str, float] = SIZES, lists: Mapping[str, float] | None = None
) -> list[dict[str, str]]:
    """Rows of a month: every provider and function with all parts; lists fall off over weeks.

    Args:
        month: name of a month of 2026.
        sizes: starts a week by provider.
        lists: factors on the lists of providers.
    """
    period, rows = f"RTT-{month}-2026", []
    for provider, size in sizes.items():
        total: dict[str, dict[int, int]] = {"1A": {}, "1B": {}, "2": {}, "2A": {}, "3": {}}
        for function, part_of in FUNCTIONS.items():
            factor = (lists or {}).get(provider, 1.0)
            start = size * part_of
            bands = {w: round(start * factor * math.exp(-w / 14)) for w in range(70)}
            parts = {
                "2": {w: n for w, n in bands.items() if n},
                "2A": {w: n // 4 for w, n in bands.items() if n // 4},
                "1A": {w: n // 15 for w, n in bands.items() if n // 15},
                "1B": {w: n // 5 for w, n in bands.items() if n // 5},
                "3": {0: round(start * 4.3)},
            }
            for part, weeks in parts.items():
                rows.append(_row(provider, part, function, weeks, period))
                for w, n in weeks.items():
                    total[part][w] = total[part].get(w, 0) + n
        rows += [_row(provider, part, "C_999", weeks, period) for part, weeks in total.items()]
    return rows


def _row(provider: str, part: str, function: str, weeks: Mapping[int, int], period: str) -> dict[str, str]:
    if part == "3":
        return rtt_row(provider, "00L", part, function, total=sum(weeks.values()), period=period)
    return rtt_row(provider, "00L", part, function, weeks, period=period)


def write_month(folder: Path, month: str, rows: Iterable[Mapping[str, str]] | None = None, name: str = "") -> Path:
    """The extract of a month as published: a zip with one CSV, named as NHS England names it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name or f"Full-CSV-data-file-{SHORT[month]}.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"RTT-{month}-2026-full-extract.csv", text_of(rows or month_rows(month), RTT_HEADER))
    return path


def small_baseline(folder: Path) -> Path:
    """A baseline of the small January: registers of the packaged one, England's series scaled to the small list."""
    rtt = write_month(folder.parent / "files", "January")
    kept = carry.read(tables.FOLDER)
    extract = read_rtt_extract(rtt)
    published = assemble(extract, kept, kept.residence(extract), kept.icbs)
    scale = published.waiting[:, 0].sum() / kept.series.at("total_incomplete", "2026-01")
    columns = {n: v if "wait" in n or "pct" in n else v * scale for n, v in kept.series.columns.items()}
    series = RttMonthly(kept.series.months, columns, {})
    trusts = tuple(sorted(c for c in SIZES if c.startswith("R")))
    lists = np.array([[published.waiting[published.row_provider == published.provider.index(c)].sum()] for c in trusts])
    # nine months before, each trust at its own slow trend
    trend = np.exp(np.arange(-9, 1)[None] * np.linspace(0.0, 0.01, len(trusts))[:, None])
    labels = (*(f"2025-{m:02d}" for m in range(4, 13)), "2026-01")
    months = ProviderMonths(trusts, labels, lists * trend, lists * trend / 2, lists * trend / 99, (), ())
    settings = ReconcileSettings()
    built = balance(published, pool_small(published), series, months, extract.period, settings, lambda _: None)
    copy_tables(tables.FOLDER, folder)
    names = {p.code: p.name for p in extract.providers}
    carry.write(folder, replace(kept, series=series, months=months, providers=names))
    write_tables.write_month(folder, built, series, extract.functions, kept.host_icb)
    summary = write_tables.summary(
        extract, built, asdict(settings), {"official/Full-CSV-data-file-Jan26.zip": "0" * 64}
    )
    tables.write_json(folder, "build", summary)
    bundle.load.cache_clear()
    return folder
