"""`aft-sim baseline`: England as the runs start from it, and how it was made from the official files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import baseline_update, terminal

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle

FROM = Annotated[
    Path | None,
    typer.Option("--from", help="A baseline written by `baseline build` or `update`; the packaged one by default."),
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    verbs = typer.Typer(
        help="Show, explain, update or rebuild the baseline: England's waiting list, trusts and money at the opening.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        epilog="Example:  aft-sim baseline show RTF",
    )
    verbs.command(
        "show",
        help=terminal.help_text(show),
        epilog="Examples:\n\naft-sim baseline show\n\naft-sim baseline show RTF\n\naft-sim baseline show league",
    )(show)
    verbs.command(
        "report", help=terminal.help_text(report), epilog="Example:  aft-sim baseline report --csv adjustments.csv"
    )(report)
    verbs.command(
        "build",
        help=terminal.help_text(build),
        epilog="Example:  aft-sim baseline build --from official-files --out my-baseline",
    )(build)
    baseline_update.register(verbs)
    app.add_typer(verbs, name="baseline")


def build(
    source: Annotated[Path, typer.Option("--from", help="Folder of the official files (docs/data.md lists them).")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write the tables to.")],
) -> None:
    """Build the baseline from the official files and print every kind of adjustment made on the way."""
    from aft_sim.baseline.build import build as make
    from aft_sim.baseline.bundle import load
    from aft_sim.cli.baseline_pages import print_build

    folder = make(source, out, terminal.remark)
    print_build(load(folder))
    terminal.say_path(f"Written to {folder}")


def show(
    code: Annotated[
        str, typer.Argument(help="ODS code or part of the name of a trust, `england` or `league`.")
    ] = "england",
    folder: FROM = None,
    as_json: JSON = False,
) -> None:
    """Show England's opening, one trust on one page, or the opening league tables of oversight by rule."""
    from aft_sim.cli import baseline_pages as pages

    baseline = _load(folder)
    if code.casefold() == "england":
        page: Any = pages.England.of(baseline)
    elif code.casefold() == "league":
        from aft_sim.cli.league_page import LeaguePage

        page = LeaguePage.of(baseline)
    else:
        from aft_sim.cli.trust_page import TrustPage
        from aft_sim.cli.trusts import find_trust

        page = TrustPage(baseline, find_trust(baseline, code))
    if as_json:
        terminal.print_json(page.content())
    else:
        page.print()


def report(
    folder: FROM = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table as CSV.")] = None,
    top: Annotated[int | None, typer.Option(min=1, help="Only the providers whose flows moved most.")] = None,
    as_json: JSON = False,
) -> None:
    """Print what was changed on the way from the published figures to the baseline, provider by provider.

    Published monthly flows do not add up trust by trust; they are balanced so that each list moves at its own trend.
    """
    from aft_sim.cli import adjustments
    from aft_sim.present import csv_files

    baseline = _load(folder)
    rows = adjustments.by_provider(baseline)[:top]
    if csv is not None:
        csv_files.write_records(csv, rows)
    if as_json:
        terminal.print_json(rows)
        return
    if csv is None:
        terminal.show(adjustments.table(rows))
        terminal.say(adjustments.NOTE, "dim")
    else:
        terminal.say_path(f"Wrote {terminal.count(len(rows), 'provider')} to {csv}")


def _load(folder: Path | None) -> Bundle:
    from aft_sim.baseline import bundle

    return bundle.load(folder)
