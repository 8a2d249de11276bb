"""England by March of each year from the runs of one scenario."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.study.result import ResultSet, RunResult

COLUMNS = ("list", "within_18_share", "median_weeks", "p92_weeks", "over_52", "over_65")


def england_by_year(results: ResultSet, scenario: str) -> list[dict[str, Any]]:
    """Means over the runs for March of each year and the last month.

    Returns:
        One row a month: "month", the outcomes of `COLUMNS`, "gap" (points) and "low", "high" of the 18-week share over
        the runs.
    """
    runs = [_one(run) for run in results.of(scenario)]
    months = list(runs[0])
    rows = []
    for month in months:
        if not month.endswith("-03") and month != months[-1]:
            continue
        values = {name: np.array([run[month][name] for run in runs]) for name in (*COLUMNS, "gap")}
        row: dict[str, Any] = {"month": month}
        row |= {name: float(value.mean()) for name, value in values.items()}
        share = values["within_18_share"]
        rows.append(row | {"within_18_share_low": float(share.min()), "within_18_share_high": float(share.max())})
    return rows


def _one(run: RunResult) -> dict[str, dict[str, float]]:
    """Month -> outcomes of England in one run."""
    out: dict[str, dict[str, float]] = {}
    share: dict[tuple[str, str], float] = {}
    for row in run.tables["england"].to_pylist():
        if row["basis"] != "england":
            continue
        share[row["month"], row["quintile"]] = row["within_18_share"]
        if row["quintile"] == "all":
            out[row["month"]] = {name: row[name] for name in COLUMNS}
    for month, values in out.items():
        values["gap"] = share[month, "5"] - share[month, "1"]
    return out


def opening_row(folder: Path | None = None) -> dict[str, Any]:
    """The published position the runs start from (England with estimates for a missing trust)."""
    from aft_sim.baseline import bundle
    from aft_sim.mechanisms import measures

    baseline = bundle.load(folder)
    people = baseline.waiting[:, 0].sum(axis=0)
    share = float(measures.within_18_share(people))
    return {
        "month": str(baseline.summary["period"])[:7],
        "list": float(people.sum()),
        "within_18_share": share,
        "median_weeks": float(measures.median(people)),
        "p92_weeks": float(measures.p92(people)),
        "over_52": float(measures.over_52(people)),
        "over_65": float(measures.over_65(people)),
        "gap": None,
        "within_18_share_low": share,
        "within_18_share_high": share,
        "published": True,
    }


def england_table(rows: list[dict[str, Any]], many: bool) -> Table:
    """The rows as a table; `many` adds the range over the runs."""
    from aft_sim.present.style import month_name, number

    heads = ["", "Waiting\nlist", "Within 18\nweeks, %"]
    heads += ["lowest to\nhighest"] if many else []
    heads += ["Median,\nweeks", "92nd per-\ncentile", "Over 52\nweeks", "Over 65\nweeks", "Gap,\npoints"]
    table = terminal.plain_table(*heads, right=heads[1:], whole=heads)
    for row in rows:
        published = row.get("published", False)
        cells = [f"{month_name(row['month'])[:3]} {row['month'][:4]}{'*' if published else ''}"]
        cells += [f"{row['list']:,.0f}", f"{row['within_18_share']:.1f}"]
        if many:
            low, high = row["within_18_share_low"], row["within_18_share_high"]
            cells.append("" if published else f"{low:.1f} to {high:.1f}")
        cells += [f"{row[name]:.1f}" for name in ("median_weeks", "p92_weeks")]
        cells += [f"{row[name]:,.0f}" for name in ("over_52", "over_65")]
        cells.append("–" if row["gap"] is None else number(row["gap"], "points", signed=True))
        table.add_row(*cells)
    return table
