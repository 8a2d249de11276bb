"""`aft-sim diff`: what differs between two scenarios."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from rich.table import Table

    from aft_sim.baseline.bundle import Bundle
    from aft_sim.spec.differences import Difference
    from aft_sim.spec.scenario import Scenario

EPILOG = "Examples:\n\naft-sim diff baseline aft-wide\n\naft-sim diff aft-wide my-idea.toml --json"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("diff", help=terminal.help_text(diff), epilog=EPILOG)(diff)


def diff(
    old: Annotated[str, typer.Argument(metavar="A", help="Name of a scenario or path of a .toml file.")],
    new: Annotated[str, typer.Argument(metavar="B", help="The same.")],
    folder: Annotated[
        Path | None,
        typer.Option("--baseline", help="Another baseline for the sets: a folder of aft-sim baseline build or update."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Show what differs from scenario A to scenario B: path, values, unit, source, file and line.

    Two scenarios without a difference give the same results for the same seed.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.spec.differences import differences

    baseline = bundle.load(folder)
    first, second = load_bound(old, baseline), load_bound(new, baseline)
    found = differences(first, second)
    joined, left = trusts_moved(first, second, baseline)
    if as_json:
        terminal.print_json(
            {
                "old": {"name": first.name, "hash": first.hash},
                "new": {"name": second.name, "hash": second.hash},
                "differences": [asdict(one) for one in found],
                "trusts_joined": joined,
                "trusts_left": left,
            }
        )
        return
    if not found:
        terminal.say(f"{first.name} and {second.name} set the same: same seeds give the same results.")
        return
    terminal.show(difference_table(found, first.name, second.name))
    for trusts, words in ((joined, "only in"), (left, "not in")):
        if trusts:
            terminal.say(f"Status {words} {second.name}: {', '.join(trusts)}", "dim")


def difference_table(found: list[Difference], old: str, new: str) -> Table:
    """Differences as a table: the path with its source below, both values with their places below."""
    table = terminal.plain_table("Path", old, new, "Unit")
    for one in found:
        table.add_row(
            Text.assemble(one.path, "\n", (one.source, "dim")),
            Text.assemble(one.old or "–", "\n", (terminal.place(one.old_where), "dim")),
            Text.assemble(one.new or "–", "\n", (terminal.place(one.new_where), "dim")),
            one.unit,
        )
    return table


def trusts_moved(old: Scenario, new: Scenario, baseline: Bundle) -> tuple[list[str], list[str]]:
    """Codes of the trusts that hold the status only in the new scenario, and only in the old one."""
    from aft_sim.baseline.bind import bind

    before, after = set(bind(old, baseline).treated), set(bind(new, baseline).treated)
    return sorted(after - before), sorted(before - after)
