"""One trust at the opening on one page: what it is, does, has and owes, beside trusts of its type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from rich.padding import Padding
from rich.text import Text

from aft_sim.cli import money_pages, terminal, urgent_pages
from aft_sim.cli.baseline_pages import WAIT_HEADS, wait_cells, waits

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.baseline.facts import Fact, Kind

TYPES = {"mental_health": "mental health"}
SERVICES_SHOWN = 8
BOARDS_SHOWN = 4
POT = "surpluses not spent since 2024/25, as modelled"
#: Trusts of a type below which their spread is not shown.
FEWEST = 5
SPREAD = (10, 50, 90)
TOPICS = {
    "expenditure": "Expenditure",
    "money": "Surplus and cost",
    "staff": "Staff",
    "beds": "Beds",
    "emergency": "Urgent care",
    "diagnostics": "Diagnostics",
    "community": "Community services",
    "estate": "Estate and capital",
    "oversight": "Oversight",
    "quality": "Quality",
    "catchment": "Catchment",
}
#: Titles are broken there, so that figures stay near them in a wide terminal.
TITLE_WIDTH = 54
#: Units that a figure shows by itself, or needs none.
PLAIN = ("share", "ratio", "score", "count", "code")
MARKS = {"ESTIMATED": "e", "OTHER_PERIOD": "p", "OWN": "o"}


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
        from aft_sim.baseline.overlay import own_figures

        b, i, rows = self.baseline, self.index, self._rows
        t = b.trusts
        flows = [b.starts[rows], b.admitted[rows], b.non_admitted[rows]]
        return {
            "code": t.code[i],
            "name": t.name[i],
            "type": TYPES.get(t.type[i], t.type[i]),
            "region": t.region[i],
            "icb": b.icb_name[t.icb[i]] if t.icb[i] >= 0 else None,
            "foundation": bool(t.foundation[i]),
            "segment": None if np.isnan(t.segment[i]) else int(t.segment[i]),
            "segment_quarter": t.segment_quarter[i],
            "services": self._offers(),
            "list": waits(b.waiting[rows].sum(axis=(0, 1))) if rows.size else None,
            "treatment_functions": self._functions(),
            "flows_a_week": {
                name: {"published": float(b.published_flows[k][rows].sum()), "used": float(flows[k].sum())}
                for k, name in enumerate(("starts", "admitted", "non_admitted"))
            }
            if rows.size
            else None,
            "removals_a_week": float((b.starts * b.removal_share)[rows].sum()) if rows.size else None,
            "opening_pot_gbp_m": self._pot(),
            "opening_urgent_care": urgent_pages.trust(b, i),
            "opening_money": money_pages.trust(b, i),
            "facts": {name: self._fact(kind, fact) for name, kind, fact in self._known()},
            "residents_of": self._boards(),
            "own_figures": own_figures(b, t.code[i]),
            "estimated_services": int(b.imputed[rows].sum()),
            "pooled_services": int(b.pooled[rows][b.pooled[rows] > 1].sum()),
        }

    def _known(self) -> Iterator[tuple[str, Kind, Fact]]:
        from aft_sim.baseline.facts import BY_NAME

        quarter = self.baseline.trusts.segment_quarter[self.index]
        for name, fact in self.baseline.facts.of(self.index).items():
            kind = BY_NAME[name]
            yield name, replace(kind, period=quarter) if quarter and name.startswith("oversight.") else kind, fact

    def _fact(self, kind: Kind, fact: Fact) -> dict[str, Any]:
        return {
            "title": kind.title,
            "value": fact.value,
            "unit": kind.unit,
            "period": kind.period,
            "source": kind.source,
            "basis": fact.basis.words,
            "low": fact.low,
            "high": fact.high,
            "of_its_type": self._spread(kind.name),
        }

    def _spread(self, name: str) -> list[float] | None:
        """10th percentile, median and 90th percentile of the stated figures of trusts of its type."""
        t = self.baseline.trusts
        same = np.array([kind == t.type[self.index] for kind in t.type])
        values = self.baseline.facts.stated(name)[same]
        values = values[~np.isnan(values)]
        return [float(v) for v in np.percentile(values, SPREAD)] if len(values) >= FEWEST else None

    def _offers(self) -> list[str]:
        """What it offers, in words."""
        b = self.baseline
        words = ["consultant-led waiting list"] if self._rows.size else []
        for name, kind, fact in self._known():
            if name.startswith("services.") and fact.value == 1:
                words.append(inline(kind.title))
        t = b.trusts.type[self.index]
        return [*words, "ambulances"] if t == "ambulance" else words

    def _functions(self) -> list[dict[str, Any]]:
        b, rows = self.baseline, self._rows
        people = b.waiting[rows].sum(axis=(1, 2))
        order = rows[np.argsort(-people, kind="stable")]
        return [{"service": b.row_function_name[r], **waits(b.waiting[r].sum(axis=0))} for r in order]

    def _boards(self) -> dict[str, float]:
        """Share of the catchment by board, largest first; empty where none is published."""
        shares = self.baseline.catchment_icb[self.index]
        order = np.argsort(-np.nan_to_num(shares), kind="stable")
        return {self.baseline.icb_name[k]: float(shares[k]) for k in order if shares[k] > 0}

    def _pot(self) -> float:
        from aft_sim.baseline.money import opening_money
        from aft_sim.mechanisms.capital import opening_pot
        from aft_sim.spec.register import Register

        number = Register.load().number
        surplus = opening_money(self.baseline, number, 0).surplus
        return float(opening_pot(surplus, number("capital.pot_prior_year_ratio"))[self.index])

    def print(self) -> None:
        """For a reader."""
        page = self.content()
        self._print_head(page)
        terminal.say()
        self._print_facts(page)
        terminal.say()
        urgent_pages.print_trust(page["opening_urgent_care"])
        money_pages.print_trust(page["opening_money"], page["opening_pot_gbp_m"])
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

    def _print_head(self, page: Mapping[str, Any]) -> None:
        terminal.heading(f"{page['code']}  {page['name']}")
        kind = f"{page['type']}, {'foundation trust' if page['foundation'] else 'NHS trust'}"
        boards = [f"{name} {100 * share:.0f}%" for name, share in list(page["residents_of"].items())[:BOARDS_SHOWN]]
        more = len(page["residents_of"]) - len(boards)
        pot = page["opening_pot_gbp_m"]
        surplus = not np.isnan(self.baseline.trusts.planned_surplus[self.index])
        rows = [
            ("Type", kind),
            ("Region", page["region"]),
            ("ICB", page["icb"] or "none"),
            ("Segment", _segment(page)),
            ("Services", ", ".join(page["services"]) or "none of those counted here"),
            ("Patients live in", ", ".join(boards) + (f" and {more} more" if more > 0 else "") or "none published"),
            ("Opening pot", f"GBP {pot:,.1f}m, {POT}{'' if surplus else '; its surplus is an estimate'}"),
        ]
        terminal.show(terminal.facts(rows))

    def _print_facts(self, page: Mapping[str, Any]) -> None:
        spreads = {name: self._spread(name) for name, kind, _ in self._known() if not kind.labels}
        heads = ["This trust"]
        if any(spreads.values()):
            heads += [f"Median of\n{page['type']}\ntrusts", "10th to 90th\npercentile"]
        table = terminal.plain_table("", *heads, right=heads, whole=heads)
        table.columns[0].max_width = TITLE_WIDTH
        marks: set[str] = set()
        for topic, heading in TOPICS.items():
            facts = [(kind, fact) for name, kind, fact in self._known() if name.startswith(f"{topic}.")]
            known = [(kind, fact) for kind, fact in facts if not np.isnan(fact.value)]
            unit, period = _usual([kind for kind, _ in known])
            about = ", ".join(part for part in (unit, period) if part) or "nothing published"
            table.add_row(Text.assemble((heading, "bold"), (f"  {about}", "dim")))
            for kind, fact in known:
                mark = MARKS.get(fact.basis.name, "")
                marks |= {mark} if mark else set()
                title = Text.assemble(kind.title, (_remark(kind, fact, unit, period), "dim"))
                cells = [f"{number(kind, fact.value)} {mark}".strip(), *_usually(kind, spreads.get(kind.name))]
                table.add_row(Padding(title, (0, 0, 0, 2)), *cells[: len(heads)])
            unknown = [inline(kind.title) for kind, fact in facts if np.isnan(fact.value)]
            if known and unknown:
                lacking = Text(f"not published: {'; '.join(unknown)}", "dim")
                table.add_row(Padding(lacking, (0, 0, 0, 2)))
        terminal.show(table)
        words = {
            "e": "e estimated, with its range (about 90 %)",
            "p": "p published for another period and moved on, with its range",
            "o": "o the trust's own figure",
        }
        notes = [text for mark, text in words.items() if mark in marks]
        if self.baseline.facts.known("quality.cqc")[self.index]:
            notes.append("CQC: one location of the trust, not the whole")
        terminal.say("".join(f"{note}. " for note in notes).strip(), "dim")

    def _print_list(self, page: Mapping[str, Any]) -> None:
        table = terminal.plain_table("Waiting list", *WAIT_HEADS, right=WAIT_HEADS, whole=WAIT_HEADS)
        table.add_row("All services", *wait_cells(page["list"]))
        services = page["treatment_functions"]
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


def inline(title: str) -> str:
    """A title within a sentence: "A&E attendances", "staff"."""
    return title[0].lower() + title[1:] if title[1].islower() else title


def _segment(page: Mapping[str, Any]) -> str:
    if not page["segment"]:
        return "none published"
    return f"{page['segment']}, {page['segment_quarter']}" if page["segment_quarter"] else str(page["segment"])


def _usual(kinds: Sequence[Kind]) -> tuple[str, str]:
    """Unit and period of most of the kinds, to be said once; the unit is empty where few have one."""
    units = Counter(kind.unit for kind in kinds if kind.unit not in PLAIN).most_common(1)
    unit = units[0][0] if units and units[0][1] > 1 else ""
    periods = Counter(kind.period for kind in kinds if not unit or kind.unit == unit).most_common(1)
    return unit, periods[0][0] if periods else ""


def _remark(kind: Kind, fact: Fact, unit: str, period: str) -> str:
    """What differs from the heading of the topic, and the range of an estimate."""
    parts = [kind.unit] if kind.unit not in (*PLAIN, unit) else []
    parts += [kind.period] if kind.period != period else []
    if not np.isnan(fact.low) and fact.low < fact.high:
        parts.append(f"range {number(kind, fact.low)} to {number(kind, fact.high)}")
    return f"; {', '.join(parts)}" if parts else ""


def _usually(kind: Kind, spread: list[float] | None) -> list[str]:
    """What is usual among trusts of the type: the median and the percentiles."""
    if spread is None:
        return ["", ""]
    low, middle, high = (number(kind, value) for value in spread)
    return [middle, f"{low} to {high}"]


def number(kind: Kind, value: float) -> str:
    """A fact as text: shares as percentages, money in GBP m, codes in words."""
    if kind.labels:
        return kind.labels.get(round(value), f"{value:g}")
    digits = {"GBP m": 1, "GBP m a year": 1, "score": 2, "ratio": 2}
    text = f"{100 * value:.1f}%" if kind.unit == "share" else f"{value:,.{digits.get(kind.unit, 0)}f}"
    return text.replace("-", "−")
