"""A trace of the pound in sentences, and as content for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from aft_sim.agents.pound import REVENUE
from aft_sim.mechanisms.ledger import PENCE
from aft_sim.present import style
from aft_sim.study.pound import PoundTrace, UseTrace

KINDS = {
    REVENUE: "work bought for a year",
    "theatre": "theatres",
    "equipment": "equipment",
    "estate": "estate",
}
FIFTHS = ("Most deprived fifth", "Second fifth", "Third fifth", "Fourth fifth", "Least deprived fifth")
GROUPS = (*FIFTHS, "Outside England")
#: Trusts that received money and are named.
MOST_NAMED = 6


def million(pence: int | float, places: int = 2) -> str:
    """GBP million without the unit; a dash for nothing at all."""
    return style.number(pence / PENCE, "GBP m", places=places) if pence else "–"


def money(pence: int) -> str:
    """ "GBP 1.23 million"."""
    return f"GBP {style.number(pence / PENCE, 'GBP m', places=2)} million"


def exact(pence: int) -> str:
    """ "GBP 1,234,567.89"."""
    return f"GBP {pence // 100:,}.{pence % 100:02d}"


def each(uses: Sequence[UseTrace]) -> float | None:
    """GBP of a treatment so far; None without treatments."""
    number = sum(use.treatments for use in uses)
    return sum(use.pence for use in uses) / 100 / number if number >= 0.5 else None


def sentences(trace: PoundTrace) -> list[str]:
    """What was found; every word follows from the trace."""
    if not trace.lots:
        return [f"{trace.code} had no surplus to spend at the opening and made none by {style.month_name(trace.last)}."]
    lines = [_where_it_is(trace), *_why_not(trace)]
    if trace.uses:
        lines += [*_treatments(trace), *_not_yet(trace), *_others(trace)]
    if trace.taken_back:
        lines.append(f"Of later surpluses NHS England took back {money(trace.taken_back)}.")
    return lines


def _where_it_is(trace: PoundTrace) -> str:
    month = style.month_name(trace.last)
    own = trace.pence - sum(lot.pence for lot in trace.lots if lot.received)
    if own == trace.left:
        none = "No pound of its surpluses had been spent" if own else "The trust had no surplus to spend"
        return f"{none} by {month}{f': all {money(own)} was still in the pot' if own else ''}{_refused(trace)}."
    text = f"Of {money(own)} of surpluses, {money(own - trace.left)} had been spent by {month}"
    if not trace.left:
        return f"{text}: nothing is left in the pot."
    return f"{text} and {money(trace.left)} was still in the pot{_refused(trace)}."


def _refused(trace: PoundTrace) -> str:
    refused = sum(lot.refused for lot in trace.lots)
    return f", {money(refused)} of it because the national capital limit refused it" if refused else ""


def _why_not(trace: PoundTrace) -> Iterator[str]:
    if trace.standing:
        yield f"The trust may not draw on its pot: {trace.standing}."
    reasons = sorted((one.reason, one.month) for one in trace.rounds if one.reason)
    for reason, same in groupby(reasons, key=lambda pair: pair[0]):
        months = [style.month_name(month) for _, month in same]
        none = any(one.reason == reason and not one.asked for one in trace.rounds)
        yield f"{'No draw' if none else 'A smaller draw'} in {_listed(months)}: {reason}."


def _treatments(trace: PoundTrace) -> Iterator[str]:
    number, share = sum(trace.treatments), sum(trace.treated)
    if not trace.listed and _all_here(trace):
        yield "The trust has no consultant-led waiting list, so no treatments are counted."
    elif number < 0.5:
        yield "No treatments yet."
    else:
        per = f"GBP {style.number(each(trace.uses), 'GBP', places=0)} spent for each"
        # what others were given treats their patients, not these
        of = f", {100 * number / share:.2f}% of all that it completed" if share and _all_here(trace) else ""
        since = f" since {style.month_name(trace.freedom)}" if of and trace.freedom else ""
        yield f"That has brought {style.number(number, 'pathways')} extra treatments so far: {per}{of}{since}."
        parts = [f"{KINDS[kind]} GBP {style.number(cost, 'GBP', places=0)}" for kind, cost in _costs(trace)]
        yield f"By what was bought: {_listed(parts)} for each treatment so far."
    estate = trace.paid(kind="estate")
    if estate:
        yield f"The {money(estate)} for the estate clears maintenance backlog: the model counts no treatments for it."


def _all_here(trace: PoundTrace) -> bool:
    return all(use.trust == trace.code for use in trace.uses)


def _costs(trace: PoundTrace) -> Iterator[tuple[str, float]]:
    for kind in KINDS:
        cost = each([use for use in trace.uses if use.kind == kind])
        if cost is not None:
            yield kind, cost


def _not_yet(trace: PoundTrace) -> Iterator[str]:
    lasting = [use for use in trace.uses if use.gain.a_year >= 0.5]
    works = sum(use.gain.a_year for use in lasting if use.works)
    if works:
        yield f"Theatres and equipment in use go on to bring {style.number(works, 'pathways')} treatments a year."
    waiting = sorted((use for use in trace.uses if not use.works), key=lambda use: use.in_use)
    if waiting:
        later = sum(use.gain.a_year for use in waiting)
        first, last = (style.month_name(waiting[x].in_use) for x in (0, -1))
        when = f"in {first}" if first == last else f"from {first} to {last}"
        cost = money(sum(use.pence for use in waiting))
        yield (
            f"No treatments yet from {cost} of schemes that come into use {when}; then "
            f"{style.number(later, 'pathways')} a year."
        )


def _others(trace: PoundTrace) -> Iterator[str]:
    given = {code: sum(u.pence for u in trace.uses if u.trust == code) for code in {u.trust for u in trace.uses}}
    given.pop(trace.code, None)
    if given:
        order = sorted(given, key=lambda code: (-given[code], code))
        parts = [f"{code} {million(given[code])}" for code in order[:MOST_NAMED]]
        rest = order[MOST_NAMED:]
        parts += [f"{len(rest)} others {million(sum(given[code] for code in rest))}"] if rest else []
        yield f"Given to the trusts with the longest waits, in GBP million: {_listed(parts)}."
    received = sum(lot.pence for lot in trace.lots if lot.received)
    if received:
        yield f"Other trusts' pots paid for {money(received)} here: a lot for every round."


def tie(trace: PoundTrace) -> str:
    """What the trace was held against, to the penny."""
    work = trace.paid(kind=REVENUE, here=True)
    capital = trace.paid(here=True) - work
    return (
        f"To the penny: the ledger holds {exact(capital)} of capital and {exact(work)} of work bought with pots at "
        f"{trace.code}, and every lot is what was spent of it and what is left."
    )


SCOPE = (
    "Extra treatments are the capacity that a purchase added in each week of its use, where there was staff for it; "
    "what shorter lists change elsewhere is not in them: for the effect of the freedoms use aft-sim compare. As the "
    "list shortens the trust does less of its ordinary work; what that no longer costs is part of later surpluses."
)


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def content(trace: PoundTrace) -> dict[str, Any]:
    """For a program; money in whole pence but where a name says otherwise."""
    return {
        "trust": trace.code,
        "name": trace.name,
        "first": trace.first,
        "last": trace.last,
        "freedom_from": trace.freedom or None,
        "may_not_draw": trace.standing or None,
        "unit": "pence",
        "lots": [
            {
                **asdict(lot),
                "spent": {kind: trace.paid(x, kind) for kind in KINDS},
                "given_to_others": trace.paid(x, here=False),
                "left": lot.left,
            }
            for x, lot in enumerate(trace.lots)
        ],
        "rounds": [asdict(one) for one in trace.rounds],
        "purchases": [_purchase(use) for use in trace.uses],
        "treatments": dict(zip(GROUPS, trace.treatments, strict=True)),
        "gbp_per_treatment_so_far": each(trace.uses),
        "all_treated": dict(zip(GROUPS, trace.treated, strict=True)),
        "taken_back": trace.taken_back,
        "totals": {"came_in": trace.pence, "spent": trace.spent, "left": trace.left},
    }


def _purchase(use: UseTrace) -> dict[str, Any]:
    gain = use.gain
    return {
        "key": use.key,
        "kind": use.kind,
        "trust": use.trust,
        "month": use.month,
        "pence": use.pence,
        "from_lots": list(use.from_lots),
        "pence_in_all": use.whole,
        "route": use.route or None,
        "approved": use.approved,
        "in_use": use.in_use,
        "works": use.works,
        "gbp_m_at_opening_prices": use.at_opening_prices,
        "gbp_m_after_waiting": use.real,
        "capacity": gain.size,
        "capacity_unit": gain.unit,
        "treatments": dict(zip(GROUPS, gain.treatments, strict=True)),
        "treatments_a_year": gain.a_year,
        "gbp_per_treatment_so_far": each([use]),
    }
