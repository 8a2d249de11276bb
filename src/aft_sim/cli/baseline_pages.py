"""Pages of the baseline: England's opening, one trust, and what the builder did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.text import Text

from aft_sim.cli import money_pages, terminal, urgent_pages
from aft_sim.mechanisms import measures
from aft_sim.present.style import month_name

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.baseline.facts import Total

Array = NDArray[np.float64]


def waits(people: Array) -> dict[str, float]:
    """List, 18-week share and waits of a histogram by week, (week,)."""
    return {
        "list": float(people.sum()),
        "within_18_share": float(measures.within_18_share(people)),
        "median_weeks": float(measures.median(people)),
        "p92_weeks": float(measures.p92(people)),
        "over_52": float(measures.over_52(people)),
        "over_65": float(measures.over_65(people)),
    }


def wait_cells(row: Mapping[str, float]) -> list[str]:
    """The figures of `waits` as text."""
    cells = [f"{row['list']:,.0f}"]
    cells += [f"{row[name]:.1f}" for name in ("within_18_share", "median_weeks", "p92_weeks")]
    return [*cells, *(f"{row[name]:,.0f}" for name in ("over_52", "over_65"))]


WAIT_HEADS = (
    "Waiting\nlist",
    "Within 18\nweeks, %",
    "Median,\nweeks",
    "92nd per-\ncentile",
    "Over 52\nweeks",
    "Over 65\nweeks",
)


@dataclass(frozen=True)
class England:
    """England at the opening.

    Attributes:
        baseline: the tables.
        lists: figures of the list by definition.
        published: the published figures of the month.
    """

    baseline: Bundle
    lists: Mapping[str, Mapping[str, float]]
    published: Mapping[str, float]

    @classmethod
    def of(cls, baseline: Bundle) -> England:
        """Add up the rows by definition."""
        english, outside = baseline.waiting[:, 0], baseline.waiting[:, 1]
        own, trust = ~baseline.imputed, baseline.row_is_trust
        lists = {
            ("England with own figures" if baseline.summary.get("own_figures") else "England as reported"): english[
                own
            ].sum(axis=0),
            "England with estimates (used)": english.sum(axis=0),
            "  of which NHS trusts": english[trust].sum(axis=0),
            "  of which independent sector": english[~trust].sum(axis=0),
            "Patients from outside England": outside.sum(axis=0),
        }
        month = str(baseline.summary["period"])[:7]
        at = baseline.series["month"].index(month)
        names = {
            "list": "total_incomplete",
            "within_18_share": "pct_within_18w",
            "median_weeks": "median_wait_weeks",
            "p92_weeks": "p92_wait_weeks",
            "over_52": "over_52w",
            "over_65": "over_65w",
        }
        published = {ours: float(baseline.series[theirs][at]) for ours, theirs in names.items()}
        published["within_18_share"] *= 100
        return cls(baseline, {name: waits(people) for name, people in lists.items()}, published)

    def content(self) -> dict[str, Any]:
        """For a program."""
        b = self.baseline
        return {
            "month": str(b.summary["period"]),
            "lists": {name.strip(): figures for name, figures in self.lists.items()},
            "published_with_estimates": self.published,
            "flows_a_week": b.summary["weekly_rates"],
            "totals": [asdict(line) | {"residual": line.residual, "share": line.share} for line in b.totals],
            "urgent_care": urgent_pages.england(b),
            "money": money_pages.england(b),
            "counts": self._counts(),
            "sources_sha256": b.summary["sources_sha256"],
            "licence": b.summary["licence"],
            "hash": b.hash,
        }

    def _counts(self) -> dict[str, int]:
        b = self.baseline
        providers = int((b.provider_trust >= 0).sum())
        return {
            "trusts": len(b.trusts.code),
            "trusts_with_a_list": providers,
            "independent_sector_by_icb": len(b.provider_code) - providers,
            "rows": b.n_rows,
            "icbs": len(b.icb_code),
        }

    def print(self) -> None:
        """For a reader."""
        b, counts = self.baseline, self._counts()
        rates = b.summary["weekly_rates"]
        month = month_name(str(b.summary["period"])[:7])
        terminal.heading(f"England at the end of {month}: where every run starts")
        table = terminal.plain_table("", *WAIT_HEADS, right=WAIT_HEADS, whole=WAIT_HEADS)
        for name, figures in self.lists.items():
            table.add_row(name, *wait_cells(figures))
        derived = str(b.summary.get("updated", {}).get("england_month", "")).startswith("derived")
        table.add_row("Series, with estimates" if derived else "Published, with estimates", *wait_cells(self.published))
        terminal.show(table)
        terminal.say()
        terminal.heading("Flows, people a standard week (year to the opening, season taken out)")
        terminal.show(
            terminal.facts(
                [
                    ("Clock starts", f"{rates['starts']:,.0f}"),
                    ("Completed", f"{rates['completions']:,.0f}, admitted and not"),
                    (
                        "Removed otherwise",
                        f"{rates['removals_net_of_late_registrations']:,.0f}, net of late registrations: "
                        f"{100 * rates['removal_share_of_starts']:.1f}% of starts",
                    ),
                ]
            )
        )
        terminal.say()
        terminal.heading("Size")
        terminal.say(
            f"{counts['trusts']} NHS trusts, {counts['trusts_with_a_list']} of them with a waiting list; the "
            f"independent sector of each of {counts['independent_sector_by_icb']} ICBs; {counts['rows']:,} services "
            "(provider and treatment function)."
        )
        terminal.say()
        print_totals(b)
        terminal.say()
        urgent_pages.print_england(b)
        terminal.say()
        money_pages.print_england(b)
        terminal.say()
        print_sources(b)


def print_totals(b: Bundle) -> None:
    """England added up from its trusts beside the published totals, residuals first."""
    terminal.heading("Added up from trusts, before any scaling")
    print_lines(b.totals)
    terminal.say(
        "Trusts: their published figures. Others: providers that are no NHS trust. Estimates stand for trusts without "
        "a figure and are no part of the residual.",
        "dim",
    )


def print_lines(lines: Sequence[Total]) -> None:
    """Totals with their residuals, and what explains these."""
    heads = ("Trusts", "Others", "Compared\nwith", "Residual", "Estimates\nwould add")
    table = terminal.plain_table("", *heads, right=heads, whole=heads)
    notes: list[tuple[str, str]] = []
    for line in lines:
        why = line.why or ("Not explained." if line.unexplained else "")
        if why:
            notes.append((f"({len(notes) + 1})", f"{why[0].upper()}{why[1:].rstrip('.')}."))
        name = Text.assemble(line.name, f" ({len(notes)})" if why else "", (f"\n{line.unit}, {line.period}", "dim"))
        table.add_row(
            name,
            f"{line.trusts:,.0f}".replace("-", "−"),
            f"{line.others:,.0f}" if line.others else "",
            f"{line.published:,.0f}".replace("-", "−"),
            _residual(line),
            f"{line.estimates:,.0f}".replace("-", "−") if line.estimates else "",
        )
    terminal.show(table)
    terminal.show(terminal.facts(notes))


def _residual(line: Total) -> str:
    """A residual as a share; in figures where the total is a difference of large ones."""
    text = f"{100 * line.share:+.2f}%" if abs(line.share) < 1 else f"{line.residual:+,.0f}"
    return "0" if text in ("+0.00%", "-0.00%") else text.replace("-", "−")


def print_sources(b: Bundle) -> None:
    """Source files with checksums, and the licence; for an updated baseline, what its month rests on."""
    update = b.summary.get("updated")
    if update:
        terminal.heading(f"Updated from {month_name(update['from_period'][:7])}")
        lines = [("Everything else", update["other_files"]), ("England's month", update["england_month"])]
        lines += [
            ("No return", f"{e['code']}: {e['people']:,} people, {e['method']}") for e in update["without_return"]
        ]
        terminal.show(terminal.facts(lines))
        terminal.say()
    terminal.heading("Sources (SHA-256)")
    rows = [(checksum[:12], name) for name, checksum in b.summary["sources_sha256"].items()]
    terminal.show(terminal.facts(rows))
    terminal.say(str(b.summary["licence"]), "dim")


def print_build(b: Bundle) -> None:
    """The builder's report: the opening, and every kind of adjustment."""
    made = b.summary["adjustments"]
    England.of(b).print()
    terminal.say()
    terminal.heading("Adjustments")
    starts, completed = b.published_flows[0].sum(), b.published_flows[1:].sum()
    terminal.show(
        terminal.facts(
            [
                ("Services published", f"{made['rows_published']:,}"),
                (
                    "after pooling",
                    f"{made['rows_after_pooling']:,}; {made['people_in_pooled_rows']:,} people wait in pooled ones",
                ),
                ("Estimated services", f"{int(b.imputed.sum()):,}, of a trust that made no return"),
                (
                    "Placed by residence",
                    f"{made['hub_patients_placed']:,.0f} people whose commissioner has no residents",
                ),
                ("Unknown clock starts", f"{made['unknown_clock_starts_spread']:,.0f}, spread over the weeks waited"),
                (
                    "Starts moved",
                    f"{made['starts_moved_a_week']:,.0f} a week ({100 * made['starts_moved_a_week'] / starts:.1f}%)",
                ),
                (
                    "Completions moved",
                    f"{made['completions_moved_a_week']:,.0f} a week "
                    f"({100 * made['completions_moved_a_week'] / completed:.1f}%)",
                ),
                (
                    "Unexplained flow",
                    f"{made['unexplained_flow_before']:,.0f} a week before balancing, "
                    f"{made['unexplained_flow_after']:,.0f} after",
                ),
                ("Opening trends", f"{made['people_drifting_in_all']:,.0f} people a week in all, by trust up or down"),
            ]
        )
    )
    terminal.say()
    _print_largest(b)


def _print_largest(b: Bundle) -> None:
    from aft_sim.cli.adjustments import NOTE, by_provider, table

    shown = len(b.summary["largest_changes"])
    terminal.heading(f"The {shown} providers whose flows moved most (all: aft-sim baseline report)")
    terminal.show(table(by_provider(b)[:shown]))
    terminal.say(NOTE, "dim")
