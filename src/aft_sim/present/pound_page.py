"""A trace of the pound as tables for the terminal."""

from __future__ import annotations

from rich import box
from rich.table import Table

from aft_sim.agents.pound import REVENUE
from aft_sim.present import style
from aft_sim.present.pound_words import GROUPS, KINDS, each, million
from aft_sim.study.pound import PoundTrace, UseTrace

_SHORT = {"revenue": "Work", "theatre": "Theatres", "equipment": "Equipment", "estate": "Estate"}


def tables(trace: PoundTrace) -> list[tuple[str, Table]]:
    """Headings and tables: lots, rounds, purchases and treatments, as far as there are any."""
    found = [("Where the money is, GBP million", _lots(trace))] if trace.lots else []
    if trace.rounds:
        found.append(("What the board planned, GBP million", _rounds(trace)))
    if trace.uses:
        found.append(("What was bought, GBP million", _uses(trace)))
    if sum(trace.treatments) >= 0.5:
        found.append(("Extra treatments so far", _groups(trace)))
    return found


def _table(*columns: tuple[str, bool]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for heading, number in columns:
        table.add_column(heading, justify="right" if number else "left", overflow="fold")
    return table


def _lots(trace: PoundTrace) -> Table:
    heads = ["Came in", *_SHORT.values(), "Refused,\nin the pot", "Not asked for,\nin the pot"]
    table = _table(("Surplus of", False), *((head, True) for head in heads))
    for x, lot in enumerate(trace.lots):
        spent = [million(trace.paid(x, kind)) for kind in KINDS]
        table.add_row(lot.origin, million(lot.pence), *spent, million(lot.refused), million(lot.unasked))
    spent = [million(trace.paid(kind=kind)) for kind in KINDS]
    left = [sum(lot.refused for lot in trace.lots), sum(lot.unasked for lot in trace.lots)]
    table.add_row("All", million(trace.pence), *spent, *map(million, left), style="bold")
    return table


def _rounds(trace: PoundTrace) -> Table:
    numbers = [(head, True) for head in ("Wished", "Asked", "Refused", "Spent")]
    table = _table(("Round", False), *numbers, ("Why not more", False))
    for one in trace.rounds:
        why = one.reason or ("the national capital limit" if one.refused else "")
        amounts = (one.wish, one.asked, one.refused, one.capital + one.revenue)
        table.add_row(_month(one.month), *map(million, amounts), why)
    return table


def _uses(trace: PoundTrace) -> Table:
    table = _table(
        ("Round", False),
        ("What", False),
        ("Paid", True),
        ("Still\nbuys", True),
        ("Approved", False),
        ("In use", False),
        ("Brings", True),
        ("Treatments\nso far", True),
        ("GBP\neach", True),
    )
    for row in _bundles(trace):
        first, cost = row[0], each(row)
        work = first.kind == REVENUE
        what = _SHORT[first.kind] + ("" if first.trust == trace.code else f", {len({use.trust for use in row})} others")
        routes = sorted({use.route for use in row})
        table.add_row(
            _month(first.month),
            what,
            million(sum(use.pence for use in row)),
            style.number(sum(use.real for use in row), "GBP m", places=2),
            "for 1 year" if work else f"{_period([use.approved for use in row])}, {' or '.join(routes)}",
            _period([use.in_use for use in row]),
            _brings(row),
            _number(sum(use.treatments for use in row)) if any(use.works for use in row) else "not yet",
            "–" if cost is None else style.number(cost, "GBP", places=0),
        )
    return table


def _bundles(trace: PoundTrace) -> list[list[UseTrace]]:
    """What one round bought, by kind: the schemes here together, and those at other trusts."""
    rows: dict[tuple[str, str, bool], list[UseTrace]] = {}
    for use in trace.uses:
        rows.setdefault((use.month, use.kind, use.trust == trace.code), []).append(use)
    return list(rows.values())


def _period(months: list[str]) -> str:
    first, last = min(months), max(months)
    return _month(first) if first == last else f"{_month(first)} to {_month(last)}"


def _brings(row: list[UseTrace]) -> str:
    kind, size = row[0].kind, sum(use.gain.size for use in row)
    if kind == "equipment" and len({use.trust for use in row}) > 1:
        return ""  # shares of different trusts' equipment do not add up
    text = style.number(size, "", places=2)
    return {"theatre": f"{text} a week", REVENUE: f"{text} a week", "equipment": f"{text}%", "estate": f"{text} m"}[
        kind
    ]


def _groups(trace: PoundTrace) -> Table:
    table = _table(("Patients", False), ("Treatments", True), ("Share, %", True), ("Share of all\ntreated, %", True))
    ours, everybody = sum(trace.treatments), max(sum(trace.treated), 1e-9)
    for name, number, treated in zip(GROUPS, trace.treatments, trace.treated, strict=True):
        shares = (style.number(100 * x, "%", places=1) for x in (number / ours, treated / everybody))
        table.add_row(name, _number(number), *shares)
    table.add_row("All", _number(ours), "", "", style="bold")
    return table


def _number(x: float) -> str:
    return style.number(x, "pathways") if x >= 0.005 else "–"


def _month(label: str) -> str:
    return f"{style.month_name(label)[:3]} {label[:4]}"
