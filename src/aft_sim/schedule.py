"""The schedule: the phases of a week, in order. Nothing else decides what happens when (`aft-sim show schedule`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

When = Literal["april", "status", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Phase:
    """One line of the schedule.

    Attributes:
        name: method of the model that runs it.
        when: "week" for every week, "month", "quarter" and "year" at the end of a week that closes one, "april" at
            the start of the first week of a financial year, "status" at that of a week in which freedoms begin.
        reads, writes: names of state in `World`.
        says: what happens, in a sentence.
    """

    name: str
    when: When
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    says: str


SCHEDULE: tuple[Phase, ...] = (
    Phase(
        "open_year",
        "april",
        ("plan", "ledger"),
        ("money", "staff"),
        "Settlement, allocations, prices, contracts, budgets, savings; envelopes grow, the capital limit is known.",
    ),
    Phase(
        "open_contracts",
        "april",
        ("plan", "ledger", "signals"),
        ("contracts_iho", "health", "events"),
        "Budgets of whole populations end, begin and are agreed; holders decide what moves out of hospital.",
    ),
    Phase(
        "announce",
        "status",
        ("plan", "oversight"),
        ("management", "held_back", "events"),
        "Designated trusts receive their freedoms.",
    ),
    Phase(
        "plan_draws",
        "april",
        ("money", "ledger", "signals"),
        ("money", "ledger", "events"),
        "Boards with the freedom plan draws on their pots (also when it begins); the limit's rule is applied.",
    ),
    Phase(
        "commit_capital",
        "april",
        ("money", "oversight"),
        ("money", "events"),
        "Ordinary capital is committed to schemes: what other rules of approval than the opening's do to them.",
    ),
    Phase(
        "ripen_schemes",
        "week",
        ("plan",),
        ("theatre_gain", "equipment", "revenue_gain", "money"),
        "Schemes that are finished come into use.",
    ),
    Phase("draw_chance", "week", ("plan",), ("row_z", "productivity", "validation"), "Chance of the week is drawn."),
    Phase(
        "refer",
        "week",
        ("row_rate", "row_z"),
        ("starts_index",),
        "People start their clocks at the providers they chose.",
    ),
    Phase(
        "admit_emergencies",
        "week",
        ("urgent",),
        ("urgent",),
        "Emergencies come to the trusts that serve them and take beds; beyond the season, elective work gives way.",
    ),
    Phase("set_removals", "week", ("stock", "starts_index"), (), "Removals and validation are set."),
    Phase(
        "set_capacity",
        "week",
        (
            "productivity",
            "stock",
            "mean_list",
            "mean_starts",
            "theatre_gain",
            "equipment",
            "revenue_gain",
            "staff",
            "management",
            "outsourced",
            "urgent",
        ),
        ("missing", "urgent"),
        "Capacity of every row is set by season, inputs, productivity and the pull of the list.",
    ),
    Phase(
        "move_list",
        "week",
        ("n", "returns"),
        ("n", "stock", "to_return", "returns", "month"),
        "Everybody is a week older; half the removals; people join; admitted, other treatment; the other half.",
    ),
    Phase("follow_residents", "week", ("stock", "pattern"), ("mix",), "The list by ICB of residence follows."),
    Phase("count", "month", ("n",), ("counts",), "The list is counted for the monthly return."),
    Phase("smooth", "week", ("stock",), ("mean_list", "mean_starts"), "Half-year means of list and demand move on."),
    Phase(
        "post_money",
        "month",
        ("month", "signals", "held_back", "urgent"),
        ("ledger", "events"),
        "Boards pay trusts, trusts pay staff and suppliers; each quarter deficit support, each half-year incentives.",
    ),
    Phase("spend_ordinary", "month", ("money",), ("money", "ledger"), "A month of ordinary capital is spent."),
    Phase("support_cash", "month", ("ledger",), ("ledger", "events"), "Trusts that are out of cash are lent it."),
    Phase(
        "settle_contracts",
        "year",
        ("contracts_iho",),
        ("contracts_iho", "ledger", "events"),
        "Results of population budgets are shared between holders and boards.",
    ),
    Phase(
        "close_books",
        "year",
        ("ledger",),
        ("money", "ledger"),
        "Surpluses enter pots or are taken back, boards and NHS England settle; backlog grows.",
    ),
    Phase(
        "oversee",
        "quarter",
        ("counts", "ledger", "money", "urgent"),
        ("oversight", "management", "held_back", "events"),
        "Segments of the quarter before are published; every trust is scored, with the override for deficits.",
    ),
    Phase(
        "tend_population",
        "month",
        ("health", "money"),
        ("health", "urgent"),
        "Care outside hospital and prevention of earlier months change emergency admissions and need.",
    ),
    Phase(
        "govern",
        "month",
        ("oversight", "money"),
        ("status", "management", "held_back", "events"),
        "Waves, decisions, reviews, removals; freedoms from oversight begin and end with the status.",
    ),
    Phase(
        "offer_contracts",
        "month",
        ("plan",),
        ("contracts_iho", "events"),
        "Population budgets are offered and assessed; holders that lost the status are given notice.",
    ),
    Phase(
        "record",
        "month",
        ("counts", "mix", "month", "money", "ledger", "urgent"),
        ("month", "money", "ledger", "urgent"),
        "Outcomes of the month are recorded.",
    ),
    Phase(
        "choose_providers",
        "month",
        ("counts", "signals", "health"),
        ("recent_waits", "pattern", "row_rate", "spared", "outsourced", "signals"),
        "Waits are published; patients and referrers respond to them; work moves to the independent sector.",
    ),
)
