"""`aft-sim baseline update`: a newer month, a trust's own figures, and what changed since the last baseline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.baseline.changes import Changes, Moved, Position, RowChange

EPILOG = (
    "Examples:\n\naft-sim baseline update --rtt Full-CSV-data-file-Feb26.zip --out february\n\n"
    "aft-sim baseline update --baseline february --trusts our-figures.csv --out ours\n\n"
    "aft-sim compare aft-wide --vs no-aft --baseline february"
)
#: Services and providers named where more are new or gone.
SHOWN = 5


def register(verbs: typer.Typer) -> None:
    """Add the verb to `aft-sim baseline`."""
    verbs.command("update", help=terminal.help_text(update), epilog=EPILOG)(update)


def update(
    out: Annotated[Path, typer.Option("--out", help="Folder to write the new baseline to.")],
    rtt: Annotated[
        Path | None, typer.Option(help="RTT full extract of a newer month, as published (zip or CSV).")
    ] = None,
    trusts: Annotated[Path | None, typer.Option(help="CSV of trusts' own figures (docs/data.md).")] = None,
    baseline: Annotated[Path | None, typer.Option(help="Baseline to go on from; the packaged one by default.")] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of official files to read everything else from, instead of carrying it."),
    ] = None,
    merged: Annotated[
        list[str] | None,
        typer.Option(metavar="OLD=NEW", help="A trust that another has taken over since; may be repeated."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Trusts to print, those whose lists moved most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program: all trusts and services.")] = False,
) -> None:
    """Make a new baseline from a newer month's RTT extract, from trusts' own figures, or from both.

    The extract alone is enough: everything else is taken over from the baseline before. Prints what changed.
    """
    from aft_sim.baseline import bundle, tables
    from aft_sim.baseline import update as renewal
    from aft_sim.baseline.changes import compare
    from aft_sim.baseline.overlay import apply, overlay, read_overlay

    if rtt is None and trusts is None:
        raise typer.BadParameter("give --rtt FILE, --trusts FILE, or both")
    if rtt is None and (source or merged):
        raise typer.BadParameter("--from and --merged go with --rtt")
    previous = baseline or tables.FOLDER
    before = bundle.load(previous)
    pairs = [_pair(text) for text in merged or []]
    own: list[dict[str, Any]] = []
    if rtt is not None:
        if trusts is not None:
            read_overlay(trusts, before)  # mistakes are told before anything is written
        after = renewal.update(rtt, out, previous, source, pairs, terminal.remark).after
        if trusts is not None:
            own = apply(read_overlay(trusts, after), out)
    elif trusts is not None:
        own = overlay(trusts, out, previous)
    after = bundle.load(out)
    changes = compare(before, after)
    if as_json:
        terminal.print_json(content(before, after, changes, own, out))
        return
    if rtt is not None:
        print_changes(before, after, changes, top)
    if own:
        print_own(own)
        print_balance(own, after)
    terminal.say()
    terminal.say_path(f"Written to {out}")
    terminal.say_path(f"Go on:     aft-sim compare aft-wide --vs no-aft --baseline {out}")


def _pair(text: str) -> tuple[str, str]:
    from aft_sim.basis.errors import InputError

    old, equals, new = (part.strip().upper() for part in text.partition("="))
    if not (old and equals and new):
        raise InputError("not a merger", where="--merged", found=text, expected="OLD=NEW, such as RVJ=RA7")
    return old, new


def content(
    before: Bundle, after: Bundle, changes: Changes, own: Sequence[Mapping[str, Any]], out: Path
) -> dict[str, Any]:
    """What changed, for a program."""
    return {
        "folder": str(out),
        "before": str(before.summary["period"]),
        "after": str(after.summary["period"]),
        "opens_on": after.opening.isoformat(),
        "update": after.summary.get("updated"),
        "england": asdict(changes.england),
        "england_month": {name: {"before": a, "after": b} for name, (a, b) in changes.series.items()},
        "trusts": [asdict(m) | {"list_change": m.list_change} for m in changes.trusts],
        "services_new": [asdict(r) for r in changes.rows_new],
        "services_gone": [asdict(r) for r in changes.rows_gone],
        "own_figures": list(own),
    }


# -- printing ----------------------------------------------------------------------------------------------------------


def print_changes(before: Bundle, after: Bundle, changes: Changes, top: int) -> None:
    """What changed from one month to another."""
    from aft_sim.present.style import day_name, month_name

    old, new = (month_name(str(b.summary["period"])[:7]) for b in (before, after))
    terminal.heading(f"What changed from {old} to {new}")
    _print_england(changes, old, new)
    terminal.say()
    terminal.say(f"Runs from this baseline open on Monday {day_name(after.opening)}.")
    terminal.say()
    shown = [m for m in changes.trusts if m.list_change][:top]
    if shown:
        terminal.heading(
            f"The {len(shown)} trusts whose lists moved most" if len(shown) > 1 else "One trust's list moved"
        )
        _print_trusts(shown)
        terminal.say()
    terminal.heading("Returns and providers")
    terminal.show(terminal.facts(_notes(after, changes)))


def _print_england(changes: Changes, old: str, new: str) -> None:
    a, b = changes.england.before, changes.england.after
    if a is None or b is None:
        return
    table = terminal.plain_table("England", old, new, "Change", right=(old, new, "Change"), whole=("England",))
    table.add_row("Waiting list, with estimates", f"{a.list:,.0f}", f"{b.list:,.0f}", _more(a.list, b.list))
    points = b.within_18_share - a.within_18_share
    table.add_row(
        "Within 18 weeks",
        f"{a.within_18_share:.2f}%",
        f"{b.within_18_share:.2f}%",
        f"{points:+.2f} points".replace("-", "−"),
    )
    for label, x, y in (
        ("Over 52 weeks", a.over_52, b.over_52),
        ("Over 65 weeks", a.over_65, b.over_65),
        ("Clock starts in the month", *changes.series["new_clock_starts"]),
        ("Completions in the month", *_completions(changes)),
        ("Clock starts, a standard week*", a.starts, b.starts),
        ("Completions, a standard week*", a.completions, b.completions),
    ):
        table.add_row(label, f"{x:,.0f}", f"{y:,.0f}", _more(x, y))
    terminal.show(table)
    terminal.say("* Of everybody treated in England, in this month, season and working days taken out.", "dim")


def _completions(changes: Changes) -> tuple[float, float]:
    one, other = changes.series["admitted_completed"], changes.series["nonadmitted_completed"]
    return one[0] + other[0], one[1] + other[1]


def _print_trusts(shown: Sequence[Moved]) -> None:
    from aft_sim.cli.trusts import short_name

    heads = (
        "List\nbefore",
        "List\nafter",
        "Change",
        "18-week\nshare, pts",
        "Over 52\nweeks",
        "Starts",
        "Comple-\ntions",
    )
    table = terminal.plain_table("Code", "Trust", *heads, right=heads, whole=("Code", *heads))
    for m in shown:
        a, b = m.before, m.after
        cells = ["none" if p is None else f"{p.list:,.0f}" for p in (a, b)]
        table.add_row(m.code, short_name(m.name), *cells, *_moves(a, b))
    terminal.show(table)


def _moves(a: Position | None, b: Position | None) -> list[str]:
    if a is None or b is None:
        return ["new" if a is None else "gone", "–", "–", "–", "–"]
    points = b.within_18_share - a.within_18_share
    return [
        _percent(a.list, b.list),
        "–" if math.isnan(points) else f"{points:+.1f}".replace("-", "−"),
        f"{b.over_52 - a.over_52:+,.0f}".replace("-", "−"),
        _percent(a.starts, b.starts),
        _percent(a.completions, b.completions),
    ]


def _percent(a: float, b: float) -> str:
    return "–" if a <= 0 else f"{100 * (b / a - 1):+.1f}%".replace("-", "−")


def _more(a: float, b: float) -> str:
    return f"{b - a:+,.0f} ({_percent(a, b)})".replace("-", "−")


def _notes(after: Bundle, changes: Changes) -> list[tuple[str, str]]:
    """What the update found out about returns, providers and services."""
    u = after.summary["updated"]
    lines = [
        (
            "No return",
            "; ".join(f"{e['code']}: {e['people']:,} people, {e['method']}" for e in u["without_return"]) or "none",
        ),
        ("Returns again", ", ".join(u["returns_again"])),
        ("New trusts", ", ".join(u["trusts_new"])),
        ("Taken over", ", ".join(f"{old} by {new}" for old, new in u["taken_over"].items())),
        ("Trusts gone", ", ".join(u["trusts_gone"]) + ", with fewer than 50 people" if u["trusts_gone"] else ""),
        ("Providers new", _named(u["providers_new"])),
        ("Providers gone", _named(u["providers_gone"])),
        ("Services new", _services(changes.rows_new)),
        ("Services gone", _services(changes.rows_gone)),
        ("Months skipped", ", ".join(u["months_skipped"]) + _SKIPPED if u["months_skipped"] else ""),
        (
            "Unknown payers",
            ", ".join(f"{c['code']} ({c['people']:,} people)" for c in u["unknown_commissioners"]) + _PLACED
            if u["unknown_commissioners"]
            else "",
        ),
        ("Own figures", ", ".join(u["own_figures_dropped"]) + _DROPPED if u["own_figures_dropped"] else ""),
        ("England's month", u["england_month"]),
        ("Everything else", u["other_files"]),
    ]
    if any(e["method"].startswith("its last") for e in u["without_return"]):
        lines.insert(1, ("", "If one has been taken over by another trust, say so with --merged OLD=NEW."))
    return lines


_DROPPED = ": dropped, because what they replaced was read anew"
_SKIPPED = ": unknown in England's series and in trusts' trends; update month by month to have them"
_PLACED = ": placed where the same providers' other patients live"


def _named(providers: Sequence[Mapping[str, str]]) -> str:
    if not providers:
        return "none"
    names = ", ".join(f"{p['code']} {p['name'].title().replace('Nhs', 'NHS')}" for p in providers[:SHOWN])
    return f"{len(providers)}: {names}{_rest(len(providers))}"


def _services(rows: Sequence[RowChange]) -> str:
    if not rows:
        return "none"
    names = ", ".join(f"{r.provider} {r.name} ({r.people:,})" for r in rows[:SHOWN])
    return f"{len(rows)}, with {sum(r.people for r in rows):,} people: {names}{_rest(len(rows))}"


def _rest(n: int) -> str:
    return f" and {n - SHOWN} more (--json lists all)" if n > SHOWN else ""


def print_own(own: Sequence[Mapping[str, Any]]) -> None:
    """Own figures, with what they replace and their sources."""
    terminal.say()
    terminal.heading(f"{terminal.count(len(own), 'own figure')} in place of the baseline's")
    heads = ("Was", "Now")
    table = terminal.plain_table(
        "Code", "Figure", *heads, "Unit", "Source", right=heads, whole=("Code", *heads, "Unit")
    )
    for r in own:
        table.add_row(r["code"], r["label"], figure(r["was"]), figure(r["now"]), r["unit"], r["source"])
    terminal.show(table)


def print_balance(own: Sequence[Mapping[str, Any]], after: Bundle) -> None:
    """What own flows do to a trust's opening balance."""
    from aft_sim.baseline.overlay import imbalance

    for code in dict.fromkeys(r["code"] for r in own if r["column"] in ("starts", "completions")):
        gap = imbalance(after, code)
        move = "grow" if gap > 0 else "shrink"
        terminal.say(
            f"With these flows the list of {code} would {move} by {abs(gap):,.0f} people a week at the opening."
        )


def figure(value: float | None) -> str:
    """A figure with as many digits as it needs."""
    if value is None:
        return "none"
    places = 0 if abs(value) >= 1000 or value == round(value) else 1
    return f"{value:,.{places}f}".replace("-", "−")
