"""`aft-sim demo`: the first thing to run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aft_sim.cli import terminal
from aft_sim.cli.compare import TARGET_MONTH, draw, print_comparison

EPILOG = "Example:  aft-sim demo --out my-first-study"
#: Policy and comparator of the tables.
TABLES = (("baseline", "no-aft"), ("aft-wide", "no-aft"))
SCENARIOS = ("no-aft", "baseline", "aft-wide")
FIRST_YEAR = 2026


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("demo", help=terminal.help_text(demo), epilog=EPILOG)(demo)


def demo(
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    seeds: Annotated[int, typer.Option(min=1, help="Pairs of runs a comparison.")] = 20,
    years: Annotated[int, typer.Option(min=1, max=10, help="Financial years: 5 run to 31 March 2031.")] = 5,
    out: Annotated[Path, typer.Option(help="Folder for runs and charts; runs already there are kept.")] = Path(
        "aft-sim-demo"
    ),
) -> None:
    """Run England with the first wave, with none and with many advanced foundation trusts, and say what differs.

    Three scenarios share the same seeds. Results: two comparisons in words and as tables, two charts, and a stored
    study that `aft-sim compare FOLDER` reads. Takes under two minutes on two cores; quicker with
    fewer seeds.
    """
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.spec.scenario import load_scenario
    from aft_sim.study.compare import compare
    from aft_sim.study.runner import run_pairs

    until = f"{FIRST_YEAR + years}-03"
    at = min(TARGET_MONTH, until)
    scenarios = [load_scenario(name) for name in SCENARIOS]
    with terminal.progress(len(scenarios) * seeds, "Running three scenarios") as report:
        results = run_pairs(scenarios, seeds, until=terminal.last_day(until), workers=workers, out=out, progress=report)
    code = terminal.report_failures(results)
    baseline = bundle.load()
    names = trusts.names(baseline)
    target = next(((due[:7], share) for due, share, _ in baseline.targets if due[:7] == at), None)
    charts = []
    for policy, versus in TABLES:
        comparison = compare(results, policy, versus, at=at, names=names)
        short = tuple(row for row in comparison.rows if not row.group.startswith("trust:"))
        print_comparison(comparison, short, money=False, target=target)
        charts.append(draw(results, comparison, out / f"{policy}-against-{versus}", names)[0])
    terminal.say_path(f"Charts:   {', '.join(map(str, charts))} (also as SVG, CSV and text)")
    terminal.say_path(f"Study:    {out}")
    terminal.say_path(f"Go on:    aft-sim compare {out} --vs no-aft --only aft-wide --by trust")
    terminal.say_path("          aft-sim list")
    raise typer.Exit(code)
