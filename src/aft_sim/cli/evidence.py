"""`aft-sim evidence`: what the numbers rest on, and what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aft_sim.basis.errors import CheckFailed, InputError, did_you_mean
from aft_sim.cli import terminal
from aft_sim.cli.catalogue import mechanism_title
from aft_sim.present import csv_files

if TYPE_CHECKING:
    from aft_sim.spec.evidence import Audit, Excluded
    from aft_sim.spec.register import Parameter, Register

EPILOG = (
    "Examples:\n\n"
    "aft-sim evidence --mechanism capital --grade E   what is judged about capital\n\n"
    "aft-sim evidence --inactive                      what is known for parts still to be built\n\n"
    "aft-sim evidence --excluded                      evidence that is no parameter, and why\n\n"
    "aft-sim evidence --csv evidence.csv              everything, for a spreadsheet\n\n"
    "aft-sim evidence --assumptions --markdown        the list of assumptions, as in docs/assumptions.md"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("evidence", help=terminal.help_text(evidence), epilog=EPILOG)(evidence)


def evidence(
    mechanism: Annotated[list[str] | None, typer.Option(help="Only this part of the model; may be repeated.")] = None,
    grade: Annotated[list[str] | None, typer.Option(help="Only this grade, A to E; may be repeated.")] = None,
    assumptions: Annotated[bool, typer.Option("--assumptions", help="Only what is assumed.")] = False,
    inactive: Annotated[bool, typer.Option("--inactive", help="Only what nothing reads yet.")] = False,
    excluded: Annotated[bool, typer.Option("--excluded", help="Evidence that is no parameter, and why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
    csv_path: Annotated[Path | None, typer.Option("--csv", help="Write a table to this file.")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print all assumptions as a page; needs --assumptions.")
    ] = False,
) -> None:
    """List parameters by mechanism with grade, source and use, and check that nothing lacks an origin.

    Exits with 1 if a parameter has neither evidence nor an address and is not marked as an assumption, or if a row of
    the evidence table is neither in the register nor excluded with a reason.
    """
    from aft_sim.spec import evidence as spec
    from aft_sim.spec.register import Register

    known, rows = Register.load(), spec.excluded()
    found = spec.audit(known, rows)
    narrowed = bool(mechanism or grade or inactive)
    if markdown and (not assumptions or narrowed or excluded):
        raise InputError("--markdown prints the page of all assumptions", hint="Use --assumptions --markdown alone.")
    if excluded and (narrowed or assumptions):
        raise InputError("excluded rows have no mechanism, grade or use", hint="Use --excluded alone.")
    if excluded:
        table = [excluded_row(row) for row in rows.values()]
    else:
        chosen = choose(known, mechanism or (), grade or (), assumptions, inactive)
        table = [parameter_row(known, p) for p in chosen]
    if csv_path is not None:
        csv_files.write_records(csv_path, table)
        terminal.say_path(f"{terminal.count(len(table), 'row')}: {csv_path}")
    if as_json:
        terminal.print_json({("excluded" if excluded else "parameters"): table, "audit": _audit(found)})
    elif markdown:
        from aft_sim.cli.assumptions import assumptions_page

        typer.echo(assumptions_page(known), nl=False)
    elif csv_path is None:
        _show_excluded() if excluded else _show(chosen)
        _summary(known, found)
    if found.gaps:
        lines = "".join(f"\n  {gap.name}: {gap.problem}" for gap in found.gaps)
        raise CheckFailed(f"only {_percent(found.share)} of the register has an origin{lines}")


def choose(
    known: Register, mechanisms: Sequence[str], grades: Sequence[str], assumptions: bool, inactive: bool
) -> list[Parameter]:
    """The parameters that pass all filters, in order of mechanism and name.

    Args:
        known: the register.
        mechanisms: parts of the model, all if empty.
        grades: letters, all if empty.
        assumptions: only assumptions.
        inactive: only parameters that nothing reads yet.

    Raises:
        InputError: an unknown mechanism or grade.
    """
    from aft_sim.spec.register import GRADES

    parts = sorted({p.mechanism for p in known.values()})
    wanted = {letter.upper() for letter in grades}
    for option, given, allowed in (("--mechanism", set(mechanisms), parts), ("--grade", wanted, list(GRADES))):
        for text in sorted(given - set(allowed)):
            hint = did_you_mean(text, allowed)
            raise InputError("there is none", where=option, found=text, expected=", ".join(allowed), hint=hint)
    return sorted(
        (
            p
            for p in known.values()
            if (not mechanisms or p.mechanism in mechanisms)
            and (not wanted or p.grade in wanted)
            and (p.assumption or not assumptions)
            and not (p.active and inactive)
        ),
        key=lambda p: (p.mechanism, p.name),
    )


def parameter_row(known: Register, p: Parameter) -> dict[str, Any]:
    """A parameter as a row for programs: plain values, lists joined by spaces."""
    from aft_sim.spec.evidence import origin

    group = known.group_of(p.name)
    number = p.kind == "number"
    return {
        "name": p.name,
        "title": p.title,
        "mechanism": p.mechanism,
        "value": p.default,
        "unit": p.unit,
        "low": p.low if number else None,
        "high": p.high if number else None,
        "minimum": p.minimum if number else None,
        "maximum": p.maximum if number else None,
        "distribution": p.prior.describe(),
        "group": group.name if group else "",
        "grade": p.grade,
        "basis": p.basis,
        "assumption": p.assumption,
        "origin": origin(p),
        "active": p.active,
        "awaits": p.awaits,
        "why_inactive": p.why_inactive,
        "evidence": " ".join(p.evidence),
        "source": p.source,
        "locators": " ".join(p.locators),
        "note": p.note,
        "replace_with": p.replace_with,
    }


def excluded_row(row: Excluded) -> dict[str, Any]:
    """An excluded row of evidence as a row for programs."""
    from aft_sim.spec.parameters import SECTIONS

    return {
        "evidence": row.evidence,
        "section": SECTIONS[row.evidence[0]][0],
        "title": row.title,
        "kind": row.kind,
        "reason": row.reason,
        "instead": row.instead or "",
        "locators": " ".join(row.locators),
    }


def use_of(p: Parameter) -> str:
    """ "active", or which module will read it."""
    return "active" if p.active else f"for {p.awaits}"


def _show(chosen: Sequence[Parameter]) -> None:
    if not chosen:
        terminal.say("No parameter passes these filters.")
    for part in dict.fromkeys(p.mechanism for p in chosen):
        mine = [p for p in chosen if p.mechanism == part]
        terminal.heading(f"{mechanism_title(part)} ({len(mine)})")
        table = terminal.plain_table("Parameter", "Value", "Grade", "Source", whole=["Parameter", "Grade"])
        for p in mine:
            spread = "" if p.kind != "number" or p.low == p.high else f"\n{p.low:g} to {p.high:g}"
            table.add_row(
                Text.assemble(p.name, "\n", (p.title if p.active else f"{p.title} ({use_of(p)})", "dim")),
                Text.assemble(p.describe(), (spread, "dim")),
                f"{p.grade}{' assumed' if p.assumption else ''}",
                Text.assemble(p.source, (f" [{', '.join(p.evidence)}]" if p.evidence else "", "dim")),
            )
        terminal.show(table)
        terminal.say()


def _show_excluded() -> None:
    from aft_sim.spec.evidence import KINDS, excluded

    for kind, words in KINDS.items():
        mine = [row for row in excluded().values() if row.kind == kind]
        terminal.heading(f"{kind.capitalize()}: {words} ({len(mine)})")
        table = terminal.plain_table("Row", "About", "Why it is no parameter", whole=["Row"])
        for row in mine:
            instead = f" See {row.instead}." if row.instead else ""
            table.add_row(row.evidence, row.title, Text.assemble(row.reason, (instead, "dim")))
        terminal.show(table)
        terminal.say()


def _summary(known: Register, found: Audit) -> None:
    from aft_sim.spec.evidence import excluded
    from aft_sim.spec.parameters import TABLE_ROWS
    from aft_sim.spec.register import GRADES

    heads = ("Active", "Inactive", "Assumed")
    table = terminal.plain_table("Grade", *heads, "Meaning", right=heads)
    for letter, words in GRADES.items():
        mine = [p for p in known.values() if p.grade == letter]
        active, assumed = sum(p.active for p in mine), sum(p.assumption for p in mine)
        table.add_row(letter, str(active), str(len(mine) - active), str(assumed), words)
    active, assumed = sum(p.active for p in known.values()), sum(p.assumption for p in known.values())
    table.add_row("All", str(active), str(len(known) - active), str(assumed), "", style="bold")
    terminal.heading("All parameters by grade and use")
    terminal.show(table)
    out = len(excluded())
    terminal.say(
        f"{_percent(found.share)} of the register has an origin: {len(known)} parameters, {len(known.groups)} groups "
        f"drawn together, and {len(TABLE_ROWS)} rows of evidence, of which {len(TABLE_ROWS) - out} stand in the "
        f"register and {out} are excluded with a reason (--excluded)."
    )
    terminal.say("One of them in full: aft-sim show NAME", "dim")


def _audit(found: Audit) -> dict[str, Any]:
    gaps = [{"name": gap.name, "problem": gap.problem} for gap in found.gaps]
    return {"checked": found.checked, "share": found.share, "gaps": gaps}


def _percent(share: float) -> str:
    """A share in per cent, never rounded up to 100."""
    return f"{int(share * 1000) / 10:g} %"
