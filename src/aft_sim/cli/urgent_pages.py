"""Urgent care at the opening on the pages of the baseline: England beside what is published, one trust in a block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aft_sim.cli import terminal
from aft_sim.present.style import month_name

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.mechanisms.emergency import Urgent

BASIS = (
    "Admissions are those of the year to the opening, shared among trusts as in the month for which they are published "
    "by trust. Beds are of the published quarter, and of an earlier one where a trust made no return. Computed, for "
    "nobody publishes it: who of a trust's beds are emergency patients, and where they live within a board."
)


def _opening(b: Bundle) -> Urgent:
    from aft_sim.mechanisms.emergency_opening import opened
    from aft_sim.spec.register import Register

    return opened(b, Register.load().number)


def england(b: Bundle) -> list[dict[str, Any]]:
    """England at the opening for a program: name, what a run starts from, what is published, and for when."""
    from aft_sim.mechanisms.emergency_opening import published_month

    u, series = _opening(b), b.urgent
    opening, by_trust = str(b.summary["period"])[:7], published_month(b)
    totals = {line.name: line for line in b.totals}
    rate = u.demand.sum(axis=0) / b.population.sum(axis=0)
    year = f"the year to {month_name(opening)}"
    quarter = totals["Overnight beds available"].period
    attendances = u.attendances.sum() + u.others[0]
    within = (u.attendances * np.nan_to_num(u.four_hour)).sum() + u.others[0] * u.others[1]
    beds, occupied = (totals[f"Overnight beds {what}"].published for what in ("available", "occupied"))
    lines = (
        ("Emergency admissions a week", u.demand.sum(), series.weekly_rate(opening), year),
        ("Most over least deprived fifth, per head", rate[0] / rate[-1], None, ""),
        ("A&E attendances a week", attendances, series.year_to("attendances", opening).sum() * 7 / 365.25, year),
        ("Within four hours, %", within / attendances, series.at("four_hour", by_trust), month_name(by_trust)),
        ("Overnight beds", u.beds.sum(), beds, quarter),
        ("Overnight beds occupied", u.occupied.sum(), occupied, quarter),
        ("Occupied, %", 100 * u.occupied.sum() / u.beds.sum(), 100 * occupied / beds, quarter),
        ("  beds with emergency patients", (u.held + u.delayed).sum(), None, ""),
        ("  of them discharge delayed", u.delayed.sum(), None, ""),
        ("Category 2 response, minutes", u.category_2, series.year_to("category_2", opening).mean(), year),
    )
    return [
        {"name": name.strip(), "used": float(used), "published": None if p is None else float(p), "period": period}
        for name, used, p, period in lines
    ]


def print_england(b: Bundle) -> None:
    """England's urgent care beside what is published."""
    terminal.heading("Urgent care at the opening")
    heads = ("Used", "Published", "For")
    table = terminal.plain_table("", *heads, right=heads[:2], whole=heads[:2])
    for line in england(b):
        published = "" if line["published"] is None else _figure(line["published"])
        table.add_row(line["name"], _figure(line["used"]), published, line["period"])
    terminal.show(table)
    terminal.say(BASIS, "dim")


def trust(b: Bundle, i: int) -> dict[str, float] | None:
    """A trust's urgent care at the opening for a program; None where it admits nobody."""
    u = _opening(b)
    if not u.admissions[i] > 0:
        return None
    mix = (u.share[[i]].toarray().reshape(u.demand.shape) * u.demand).sum(axis=0)
    return {
        "emergency_admissions_a_week": float(u.admissions[i]),
        "from_most_deprived_fifth": float(mix[0] / mix.sum()),
        "beds_with_emergency_patients": float(u.held[i] + u.delayed[i]),
        "discharge_delayed": float(u.delayed[i]),
    }


def print_trust(found: dict[str, float] | None) -> None:
    """A trust's urgent care, as computed."""
    if found is None:
        return
    terminal.heading("Urgent care at the opening, as computed")
    beds, delayed = found["beds_with_emergency_patients"], found["discharge_delayed"]
    rows = [
        ("Emergency admissions", f"{found['emergency_admissions_a_week']:,.0f} in an average week"),
        ("", f"{100 * found['from_most_deprived_fifth']:.0f}% of them from the most deprived fifth"),
        ("Their beds", f"{beds:,.0f}, {delayed:,.0f} of them with patients who could leave"),
    ]
    terminal.show(terminal.facts(rows))
    terminal.say()


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.2f}"
