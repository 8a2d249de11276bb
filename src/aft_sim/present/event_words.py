"""Events in words: what each kind means, and to which family of marks it belongs in a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.table import Table

from aft_sim.present import csv_files, style
from aft_sim.present.titled import titled_table
from aft_sim.study.events import Happening, History

MONEY = "GBP million"


@dataclass(frozen=True)
class Kind:
    """One kind of event.

    Attributes:
        family: key of `FAMILIES`.
        words: what happened to the trust; {detail} and {value} are filled in.
        unit: unit of the value; empty where it is no quantity.
    """

    family: str
    words: str
    unit: str = ""


FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "status": "status given or sought",
        "review": "review begun or passed",
        "refused": "status refused or lost",
        "draw": "draw or capital given",
        "no draw": "money refused, cut or not drawn",
        "scheme": "scheme on its way",
        "use": "scheme in use",
        "support": "cash support",
        "near": "one criterion short",
        "segment": "another segment",
        "other": "other event",
    }
)
"""Families of events, each with a mark of its own in the chart."""

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "designated": Kind("status", "becomes an advanced foundation trust"),
        "near miss": Kind("near", "is one criterion short ({detail})"),
        "nominated": Kind("status", "is nominated {detail}"),
        "applied": Kind("status", "applies for the status ({detail}: {value})", "GBP m a year"),
        "assessed": Kind("status", "is assessed ({detail})"),
        "approved": Kind("status", "is approved ({detail})"),
        "deferred": Kind("refused", "is to be decided on later ({detail})"),
        "rejected": Kind("refused", "is not approved ({detail})"),
        "review": Kind("review", "comes under review: {detail}"),
        "review passed": Kind("review", "keeps the status after review: {detail}"),
        "removed": Kind("refused", "loses the status: {detail}"),
        "pot frozen": Kind("no draw", "may no longer draw on its pot of {value}", MONEY),
        "draw": Kind("draw", "draws {value} from its pot", MONEY),
        "no draw": Kind("no draw", "does not draw: {detail}", MONEY),
        "draw reduced": Kind("no draw", "draws {value} less than it would: {detail}", MONEY),
        "envelope cut": Kind("no draw", "loses {value} of room for capital: {detail}", MONEY),
        "incentive": Kind("draw", "is given {value} of capital: {detail}", MONEY),
        "scheme idea": Kind("scheme", "puts forward a scheme of {value} ({detail})", MONEY),
        "schemes refused": Kind("no draw", "does not begin schemes of {value} in all ({detail})", MONEY),
        "scheme approved": Kind("scheme", "has a scheme of {value} approved ({detail})", MONEY),
        "building begins": Kind("scheme", "begins to build or buy a scheme of {value} ({detail})", MONEY),
        "schemes planned": Kind(
            "scheme", "puts forward {value} {detail} under other rules than at the opening", "schemes"
        ),
        "largest scheme": Kind("scheme", "has as its largest scheme one of {value} ({detail})", MONEY),
        "funding pause": Kind("no draw", "waits {detail} for {value} of national funding", MONEY),
        "in use": Kind("use", "a scheme comes into use: {detail}, {value} at opening prices", MONEY),
        "IHO designated": Kind("status", "is put forward for a population budget ({detail})"),
        "IHO case": Kind("status", "has its business case decided: {detail}"),
        "IHO refused": Kind("refused", "is not given a population budget: {detail}"),
        "IHO begins": Kind("status", "takes the budget of {value} residents, {detail}", "million"),
        "IHO decision": Kind("scheme", "moves {value} a year out of hospital: {detail}", MONEY),
        "IHO settled": Kind("other", "settles its budget's year at {value}, {detail}", MONEY),
        "IHO saving withheld": Kind("no draw", "may not keep {value} of its budget: {detail}", MONEY),
        "IHO notice": Kind("refused", "is to lose its population budget of {value}: {detail}", MONEY),
        "IHO ended": Kind("refused", "no longer holds its population budget of {value}: {detail}", MONEY),
        "IHO renewed": Kind("status", "has its population budget of {value} renewed {detail}", MONEY),
        "support withheld": Kind("no draw", "is not paid {value} of deficit support: {detail}", MONEY),
        "segment change": Kind("segment", "moves from segment {detail}"),
        "cash support": Kind("support", "is out of cash and lent {value} ({detail})", MONEY),
    }
)
"""Kinds of events that have words of their own; others are told by their kind, detail and value."""

COUNTS = frozenset({"schemes planned", "largest scheme"})
"""Kinds that say once a year how much there was rather than that something happened: told, but no marks in a chart."""

#: Rows of a table for people; a longer one is for a spreadsheet.
MOST_ROWS = 200


def in_words(one: Happening) -> str:
    """What happened to the trust, without its name."""
    kind = KINDS.get(one.kind)
    if kind is None:
        return f"{one.kind}: {one.detail} ({style.number(one.value, '')})"
    if kind.unit == MONEY:
        value = style.quantity(one.value, MONEY)
    else:
        value = f"{style.number(one.value, kind.unit)} {kind.unit}".strip()
    words = kind.words.format(detail=one.detail, value=value).strip()
    wished = one.kind == "no draw" and one.value > 0
    return f"{words} ({value} wished)" if wished else words


def family(kind: str) -> str:
    """Family of a kind; kinds without words of their own are "other"."""
    return KINDS[kind].family if kind in KINDS else "other"


def summary(found: History) -> str:
    """How many events, of how many trusts, of which kinds: one sentence."""
    if not found.events:
        return f"Nothing of this happened from {_month(found.months[0])} to {_month(found.months[-1])}."
    trusts = len({one.trust for one in found.events})
    kinds = ", ".join(f"{kind} {n:,}" for kind, n in found.kinds.most_common())
    n = len(found.events)
    return (
        f"{n:,} event{'' if n == 1 else 's'} of {trusts} trust{'' if trusts == 1 else 's'}, "
        f"{_month(found.months[0])} to {_month(found.months[-1])}: {kinds}."
    )


def _month(label: str) -> str:
    return style.month_name(label)


def event_table(found: History, names: Mapping[str, str]) -> Table:
    """Events month by month, at most `MOST_ROWS` of them."""
    shown = found.events[:MOST_ROWS]
    rest = len(found.events) - len(shown)
    note = f"{rest:,} more: narrow them with --kind, --from and --to, or write all with --csv." if rest else ""
    table = titled_table("", note)
    table.add_column("Month", no_wrap=True)
    one_trust = len({one.trust for one in found.events}) == 1
    if not one_trust:
        table.add_column("Trust")
    table.add_column("What happened")
    before = ""
    for one in shown:
        month = _month(one.month) if one.month != before else ""
        before = one.month
        who = [] if one_trust else [f"{names.get(one.trust, one.trust)} ({one.trust})"]
        words = in_words(one)
        table.add_row(month, *who, words[0].upper() + words[1:] if one_trust else words)
    return table


def records(found: History, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Events for programs and spreadsheets."""
    return [
        {
            "month": one.month,
            "trust": one.trust,
            "name": names.get(one.trust, one.trust),
            "event": one.kind,
            "detail": one.detail,
            "value": one.value,
            "unit": KINDS[one.kind].unit if one.kind in KINDS else "",
            "words": in_words(one),
        }
        for one in found.events
    ]


CODEBOOK: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "month": ("month of the event", ""),
        "trust": ("ODS code of the trust", ""),
        "name": ("its name", ""),
        "event": ("kind of event", ""),
        "detail": ("what it was about, or why", ""),
        "value": ("the number that belongs to it", "as in the column unit"),
        "unit": ("unit of the value; empty where it is no quantity", ""),
        "words": ("what happened to the trust, in words", ""),
    }
)
"""Meaning and unit of the columns of `records`."""


def write_csv(found: History, names: Mapping[str, str], path: Path) -> Sequence[Path]:
    """Write all events as CSV with a codebook beside it."""
    main = csv_files.named(path)
    book = csv_files.beside(main, "codebook")
    plain = [
        [style.plain(x) if isinstance(x, float) else x for x in record.values()] for record in records(found, names)
    ]
    csv_files.write(main, list(CODEBOOK), plain)
    csv_files.write(book, ("column", "meaning", "unit"), [(name, *text) for name, text in CODEBOOK.items()])
    return main, book
