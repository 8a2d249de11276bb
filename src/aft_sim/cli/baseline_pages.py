"""Pages of the baseline: England's opening, one trust, and what the builder did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.cli import terminal
from aft_sim.mechanisms import measures
from aft_sim.present.style import month_name

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle

Array = NDArray[np.float64]

FIFTHS = ("most deprived", "2nd", "3rd", "4th", "least deprived")
TYPES = {"mental_health": "mental health"}
SERVICES_SHOWN = 8


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
            "England as reported": english[own].sum(axis=0),
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
        print_sources(b)


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


def trust_page(baseline: Bundle, index: int) -> TrustPage:
    """The page of one trust."""
    return TrustPage(baseline, index)


@dataclass(frozen=True)
class TrustPage:
    """One trust at the opening.

    Attributes:
        baseline: the tables.
        index: which trust.
    """

    baseline: Bundle
    index: int

    @property
    def _rows(self) -> NDArray[np.int64]:
        provider = self.baseline.trust_provider[self.index]
        return np.flatnonzero((self.baseline.row_provider == provider) & (provider >= 0))

    def content(self) -> dict[str, Any]:
        """For a program; money in GBP m."""
        b, i, rows = self.baseline, self.index, self._rows
        t = b.trusts
        flows = [b.starts[rows], b.admitted[rows], b.non_admitted[rows]]
        from aft_sim.baseline.overlay import own_figures

        return {
            "code": t.code[i],
            "name": t.name[i],
            "type": TYPES.get(t.type[i], t.type[i]),
            "region": t.region[i],
            "icb": b.icb_name[t.icb[i]] if t.icb[i] >= 0 else None,
            "foundation": bool(t.foundation[i]),
            "segment": None if np.isnan(t.segment[i]) else int(t.segment[i]),
            "list": waits(b.waiting[rows].sum(axis=(0, 1))) if rows.size else None,
            "services": self._services(),
            "flows_a_week": {
                name: {"published": float(b.published_flows[k][rows].sum()), "used": float(flows[k].sum())}
                for k, name in enumerate(("starts", "admitted", "non_admitted"))
            },
            "removals_a_week": float((b.starts * b.removal_share)[rows].sum()),
            "money_gbp_m": self._money(),
            "catchment": dict(zip(FIFTHS, t.catchment[i].tolist(), strict=True)),
            "own_figures": own_figures(b, t.code[i]),
            "estimated_services": int(b.imputed[rows].sum()),
            "pooled_services": int(b.pooled[rows][b.pooled[rows] > 1].sum()),
        }

    def _services(self) -> list[dict[str, Any]]:
        b, rows = self.baseline, self._rows
        people = b.waiting[rows].sum(axis=(1, 2))
        order = rows[np.argsort(-people, kind="stable")]
        return [{"service": b.row_function_name[r], **waits(b.waiting[r].sum(axis=0))} for r in order]

    def _money(self) -> dict[str, Any]:
        from aft_sim.mechanisms.capital import opening_pot
        from aft_sim.spec.register import Register

        t, i = self.baseline.trusts, self.index
        ratio = Register.load().number("capital.pot_prior_year_ratio")
        pot = opening_pot(t.planned_surplus[[i]], t.expenditure[[i]], ratio)[0]
        return {
            "expenditure": float(t.expenditure[i]),
            "expenditure_from_accounts_of": t.expenditure_year[i],
            "planned_surplus_percent": float(100 * t.planned_surplus[i]),
            "opening_pot": float(pot),
            "capital": float(t.capital[i]),
            "backlog": float(t.backlog[i]),
        }

    def print(self) -> None:
        """For a reader."""
        page = self.content()
        money = page["money_gbp_m"]
        terminal.heading(f"{page['code']}  {page['name']}")
        kind = f"{page['type']}, {'foundation trust' if page['foundation'] else 'NHS trust'}"
        rows = [
            ("Type", kind),
            ("Region", page["region"]),
            ("ICB", page["icb"] or "none"),
            ("Segment", str(page["segment"]) if page["segment"] else "none published"),
        ]
        shares = [f"{name} {100 * share:.0f}%" for name, share in page["catchment"].items() if np.isfinite(share)]
        rows.append(("Catchment by fifth", ", ".join(shares) or "none published"))
        terminal.show(terminal.facts(rows))
        terminal.say()
        self._print_money(money)
        if page["own_figures"]:
            from aft_sim.cli.baseline_update import print_own

            print_own(page["own_figures"])
        terminal.say()
        if page["list"] is None:
            terminal.say("This trust has no consultant-led waiting list.")
            return
        self._print_list(page)
        terminal.say()
        self._print_flows(page)

    def _print_money(self, money: Mapping[str, Any]) -> None:
        terminal.heading("Money")
        year = money["expenditure_from_accounts_of"]
        own = {r["column"]: "own figure" for r in self.content()["own_figures"]}
        surplus = money["planned_surplus_percent"]
        terminal.show(
            terminal.facts(
                [
                    (
                        "Expenditure 2025/26",
                        _pounds(
                            money["expenditure"],
                            own.get("expenditure", f"rolled forward from the accounts of {year}"),
                        ),
                    ),
                    (
                        "Planned surplus 2025/26",
                        _with(
                            "none published" if np.isnan(surplus) else f"{surplus:.1f}% of income".replace("-", "−"),
                            own.get("planned_surplus", ""),
                        ),
                    ),
                    ("Opening pot", _pounds(money["opening_pot"], "surpluses not spent since 2024/25, as modelled")),
                    ("Capital 2024/25", _pounds(money["capital"], own.get("capital", ""))),
                    ("Maintenance backlog", _pounds(money["backlog"], own.get("backlog", ""))),
                ]
            )
        )

    def _print_list(self, page: Mapping[str, Any]) -> None:
        table = terminal.plain_table("Waiting list", *WAIT_HEADS, right=WAIT_HEADS, whole=WAIT_HEADS)
        table.add_row("All services", *wait_cells(page["list"]))
        services = page["services"]
        for service in services[:SERVICES_SHOWN]:
            table.add_row(f"  {service['service']}", *wait_cells(service))
        terminal.show(table)
        if len(services) > SERVICES_SHOWN:
            terminal.say(f"and {len(services) - SERVICES_SHOWN} smaller services", "dim")

    def _print_flows(self, page: Mapping[str, Any]) -> None:
        heads = ("Published", "Used", "Change")
        table = terminal.plain_table("People a standard week", *heads, right=heads, whole=heads)
        labels = {
            "starts": "Clock starts",
            "admitted": "Completed, admitted",
            "non_admitted": "Completed, not admitted",
        }
        for name, label in labels.items():
            flow = page["flows_a_week"][name]
            change = 100 * (flow["used"] / flow["published"] - 1) if flow["published"] else float("nan")
            text = "–" if np.isnan(change) else f"{change:+.1f}%".replace("-", "−")
            table.add_row(label, f"{flow['published']:,.0f}", f"{flow['used']:,.0f}", text)
        table.add_row("Removed otherwise, net", "not published", f"{page['removals_a_week']:,.0f}", "–")
        terminal.show(table)
        marks = []
        if page["estimated_services"]:
            marks.append(
                f"{terminal.count(page['estimated_services'], 'service')} estimated: the trust made no return."
            )
        if page["pooled_services"]:
            marks.append(f"{page['pooled_services']} services of fewer than 50 people are pooled into one.")
        terminal.say(" ".join(marks) or "Nothing estimated or pooled.", "dim")


def _with(text: str, note: str) -> str:
    return f"{text}, {note}" if note else text


def _pounds(value: float, note: str = "") -> str:
    if np.isnan(value):
        return "none published"
    return f"GBP {value:,.1f} million{f', {note}' if note else ''}"


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
                (
                    "Accounts",
                    f"scaled to the sector's GBP {b.summary['sector_expenditure_gbp_m']:,.0f} million of 2025/26",
                ),
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
