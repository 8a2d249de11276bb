"""What the baseline changes in the published flows, provider by provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle

NOTE = (
    "People a standard week (season taken out), largest changes first. Pooled: published services of fewer than 50 "
    "people that were joined into one. Estimated: services of a trust that made no return. Trend: weekly change of "
    "the list that the run opens with and that dies out."
)


def by_provider(baseline: Bundle) -> list[dict[str, Any]]:
    """One row a provider with a list, largest change of starts and completions first."""
    n = len(baseline.provider_code)

    def total(values: Any) -> Any:
        return np.bincount(baseline.row_provider, values, n)

    starts, completed = total(baseline.starts), total(baseline.admitted + baseline.non_admitted)
    old_starts = total(baseline.published_flows[0])
    old_completed = total(baseline.published_flows[1] + baseline.published_flows[2])
    removed, drift = total(baseline.starts * baseline.removal_share), total(baseline.drift)
    pooled, imputed = total(np.where(baseline.pooled > 1, baseline.pooled, 0)), total(baseline.imputed)
    waiting = total(baseline.waiting.sum(axis=(1, 2)))
    moved = np.abs(starts - old_starts) + np.abs(completed - old_completed)
    rows = []
    for i in np.argsort(-moved, kind="stable"):
        trust = baseline.provider_trust[i]
        code = baseline.provider_code[i]
        name = baseline.trusts.name[trust] if trust >= 0 else _independent(baseline, int(i))
        rows.append(
            {
                "code": code,
                "name": name,
                "list": float(waiting[i]),
                "starts_published": float(old_starts[i]),
                "starts_used": float(starts[i]),
                "completions_published": float(old_completed[i]),
                "completions_used": float(completed[i]),
                "removals_used": float(removed[i]),
                "trend": float(drift[i]),
                "pooled_services": int(pooled[i]),
                "estimated_services": int(imputed[i]),
            }
        )
    return rows


def _independent(baseline: Bundle, provider: int) -> str:
    icb = baseline.provider_icb[provider]
    return f"Independent sector, {baseline.icb_name[icb]}" if icb >= 0 else "Independent sector"


def table(rows: list[dict[str, Any]]) -> Table:
    """The rows for the terminal."""
    heads = ("Provider", "Starts\npublished", "used", "Completed\npublished", "used", "Trend", "Pooled", "Estimated")
    made = terminal.plain_table(right=heads[1:])
    for i, name in enumerate(heads):
        made.add_column(name, justify="right" if i else "left", no_wrap=bool(i), overflow="fold")
    for row in rows:
        made.add_row(
            f"{row['code']} {_short(row['name'])}",
            f"{row['starts_published']:,.0f}",
            f"{row['starts_used']:,.0f}",
            f"{row['completions_published']:,.0f}",
            f"{row['completions_used']:,.0f}",
            signed(row["trend"]),
            str(row["pooled_services"] or "–"),
            str(row["estimated_services"] or "–"),
        )
    return made


def _short(name: str) -> str:
    from aft_sim.cli.trusts import short_name

    return short_name(name)


def signed(value: float) -> str:
    """A number of people with its sign: "+12", "−3", "0"."""
    text = f"{abs(value):,.0f}"
    return text if text == "0" else f"{'−' if value < 0 else '+'}{text}"
