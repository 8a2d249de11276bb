"""`aft-sim run`: one scenario, one or several seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import options, terminal

if TYPE_CHECKING:
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim run baseline\n\n"
    "aft-sim run my-scenario.toml --seeds 10 --workers 2 --until 2029-03 --out results"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("run", help=terminal.help_text(run), epilog=EPILOG)(run)


def run(
    scenario: Annotated[str, typer.Argument(help="Name of a scenario or path of a .toml file.")],
    seed: Annotated[int | None, typer.Option(min=0, help="One seed (1 unless --seeds is given).")] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Number of seeds: 1, 2, ... up to it.")] = None,
    until: Annotated[str, typer.Option(metavar="YYYY-MM", help="Last month.")] = "2036-03",
    workers: options.Workers = 1,
    out: options.Out = None,
    check: Annotated[bool, typer.Option("--check", help="Verify the model's laws every week (slower).")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter or lever for the scenario; may be repeated."),
    ] = None,
    baseline: options.Baseline = None,
    as_json: options.AsJson = False,
) -> None:
    """Run one scenario and print England by March of each year.

    The numbers of one scenario are not a finding: use `aft-sim compare` for the effect of a policy.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.cli.england import england_by_year, opening_row
    from aft_sim.study.runner import run_pairs

    if seed is not None and seeds is not None:
        raise typer.BadParameter("give --seed or --seeds, not both")
    month = terminal.read_month(until, "--until")
    terminal.months_of_run(month, baseline)
    chosen = terminal.with_settings(load_bound(scenario, bundle.load(baseline)), settings or [])
    numbers = list(range(1, seeds + 1)) if seeds else [1 if seed is None else seed]
    with terminal.progress(len(numbers), f"Running {chosen.name}") as report:
        results = run_pairs(
            [chosen],
            numbers,
            until=terminal.last_day(month),
            workers=workers,
            out=out,
            progress=report,
            check=check,
            baseline=baseline,
        )
    code = terminal.report_failures(results)
    if not results.runs:
        raise typer.Exit(code)
    rows = [opening_row(baseline), *england_by_year(results, chosen.name)]
    if as_json:
        terminal.print_json(_content(results, rows, out))
    else:
        _print(results, rows, chosen.title, out, check)
    raise typer.Exit(code)


def _content(results: ResultSet, rows: list[dict[str, Any]], out: Path | None) -> dict[str, Any]:
    info = next(iter(results.scenarios.values()))
    return {
        "scenario": info.name,
        "title": info.title,
        "hash": info.hash,
        "seeds": list(results.seeds),
        "stored_in": str(out) if out else None,
        "failures": [{"seed": f.seed, "error": f.error, "message": f.message} for f in results.failures],
        "england": rows,
    }


def _print(results: ResultSet, rows: list[dict[str, Any]], title: str, out: Path | None, checked: bool) -> None:
    from aft_sim.cli.england import england_table

    many = len(results.runs) > 1
    means = f", means over {len(results.runs)} seeds" if many else f", seed {results.seeds[0]}"
    terminal.heading(f"England{means}: {title}")
    terminal.show(england_table(rows, many))
    terminal.say(
        "English commissioners' patients, NHS and independent providers. Gap: share within 18 weeks in the least "
        "deprived fifth minus the most deprived fifth. * The opening, with estimates for trusts without a return.",
        "dim",
    )
    if checked:
        terminal.say("Every law of the model held in every week.", "dim")
    terminal.say_path(f"Stored in {out}" if out else "Not stored (--out FOLDER stores the runs).")
