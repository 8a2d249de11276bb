"""`aft-sim batch`: an experiment file, run, stored and resumed; `aft-sim reproduce`: a sample of it once more."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import options, terminal

if TYPE_CHECKING:
    from aft_sim.spec.experiment import Experiment
    from aft_sim.study.batch import Plan
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim batch quick --workers 2 --out results/quick\n\n"
    "aft-sim batch experiments/first-wave.toml --workers 2 --out results/first-wave --dry-run\n\n"
    "The same command once more continues where an earlier one stopped."
)


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("batch", help=terminal.help_text(batch), epilog=EPILOG)(batch)
    app.command(
        "reproduce", help=terminal.help_text(reproduce), epilog="Example:  aft-sim reproduce results/quick --sample 5"
    )(reproduce)


def batch(
    file: Annotated[str, typer.Argument(metavar="EXPERIMENT", help="Name of an experiment or path of a .toml file.")],
    out: options.Out = None,
    workers: options.Workers = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, its time and size; run nothing.")] = False,
    baseline: options.Baseline = None,
    as_json: options.AsJson = False,
) -> None:
    """Run an experiment: scenarios, seeds and worlds of parameters as its file says.

    Runs are stored one by one; a run that fails is recorded and the others go on (exit code 3).
    """
    from aft_sim.spec.experiment import load_experiment
    from aft_sim.study.batch import run_experiment
    from aft_sim.study.design import design

    experiment = load_experiment(file)
    if dry_run:
        _dry_run(experiment, workers, out, baseline, as_json)
        return
    if out is None:
        raise typer.BadParameter("say where to store the runs: --out FOLDER (or --dry-run to see the plan)")
    total = design(experiment).runs
    with terminal.progress(total, f"Running {experiment.name}") as report:
        results = run_experiment(experiment, workers, out, report, baseline)
    code = terminal.report_failures(results)
    if as_json:
        terminal.print_json(_content(experiment, results, out))
    else:
        _print(experiment, results, out)
    raise typer.Exit(code)


def _dry_run(experiment: Experiment, workers: int, out: Path | None, baseline: Path | None, as_json: bool) -> None:
    from aft_sim.study.batch import plan

    found = plan(experiment, workers, out, baseline)
    if as_json:
        terminal.print_json(
            {
                "experiment": experiment.name,
                "hash": experiment.hash,
                "scenarios": [scenario.name for scenario in found.design.scenarios],
                "draws": len(found.design.draws),
                "seeds": list(found.design.seeds),
                "runs": found.design.runs,
                "runs_stored": found.there,
                "weeks": found.weeks,
                "seconds": found.seconds,
                "megabytes_at_most": found.megabytes,
            }
        )
        return
    _print_plan(experiment, found, workers)


def _print_plan(experiment: Experiment, found: Plan, workers: int) -> None:
    from aft_sim.study.design import varied

    terminal.heading(f"{experiment.name}: {experiment.title}")
    if experiment.question:
        terminal.say(experiment.question)
    runs = found.design
    names = ", ".join(scenario.name for scenario in runs.policies)
    on = "one process" if workers == 1 else f"{workers} processes"
    rule = experiment.stop
    most = f"; more seeds, up to {rule.most}, until {rule.policy} is known to {rule.error:g}" if rule else ""
    rows = [
        ("Scenarios", f"{len(runs.policies)} against {runs.scenarios[0].name}: {names}"),
        ("Replays", f"{', '.join(runs.replayed)}: the same trusts, nothing allowed" if runs.replayed else ""),
        ("Parameters", f"{terminal.count(len(runs.draws), 'draw')}, {experiment.design} design"),
        ("Seeds", f"{len(runs.seeds)}{most}"),
        ("Runs", f"{runs.runs:,} of {found.weeks} weeks each" + (f", {found.there:,} stored" if found.there else "")),
        (
            "Time",
            f"about {_duration(found.seconds)} on {on} here",
        ),
        ("Size", f"at most {found.megabytes:,.0f} MB"),
    ]
    terminal.show(terminal.facts(rows))
    changing = varied(runs.draws)
    if changing:
        terminal.say()
        terminal.say(f"{terminal.count(len(changing), 'parameter')} vary: {', '.join(changing)}", "dim")


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"


def _content(experiment: Experiment, results: ResultSet, out: Path) -> dict[str, Any]:
    return {
        "experiment": experiment.name,
        "hash": experiment.hash,
        "stored_in": str(out),
        "runs": len(results),
        "seeds": list(results.seeds),
        "draws": list(results.draws),
        "failures": [
            {
                "scenario": f.scenario,
                "seed": f.seed,
                "draw": f.draw,
                "week": f.week,
                "phase": f.phase,
                "error": f.error,
                "message": f.message,
            }
            for f in results.failures
        ],
        "effects": {
            name: results.effect_of(name, vs=experiment.versus.name).table(by="quintile").to_dicts()
            for name in _compared(experiment, results)
        },
    }


def _compared(experiment: Experiment, results: ResultSet) -> list[str]:
    """Scenarios with at least one pair of finished runs."""
    versus = {run.key[1:] for run in results if run.scenario == experiment.versus.name}
    names = [name for name in results.arms if name != experiment.versus.name]
    return [name for name in names if any(run.scenario == name and run.key[1:] in versus for run in results)]


def _print(experiment: Experiment, results: ResultSet, out: Path) -> None:
    versus = experiment.versus.name
    terminal.heading(f"{experiment.name}: {experiment.title}")
    names = _compared(experiment, results)
    if names:
        first = results.effect_of(names[0], vs=versus).at()
        terminal.say(
            f"{first.outcome.label[0].upper()}{first.outcome.label[1:]}, England, {first.at}, against {versus}: "
            f"{terminal.count(len(results.seeds), 'seed')}, {terminal.count(len(results.draws), 'draw')} of the "
            "parameters"
        )
        heads = (f"Effect,\n{first.outcome.effect_unit}", "95% interval", "Ceiling")
        table = terminal.plain_table("Scenario", *heads, "Verdict", right=heads, whole=heads)
        for name in names:
            row = results.effect_of(name, vs=versus).at().row("england")
            interval = row.paired.interval
            ends = "–" if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"
            ceiling = "–" if row.ceiling is None else f"{row.ceiling:+.2f}"
            cells = (f"{row.paired.effect:+.3f}", ends, ceiling)
            table.add_row(name, *(cell.replace("-", "−") for cell in cells), row.words)
        terminal.show(table)
    terminal.say_path(f"Stored in {out}")


def reproduce(
    folder: Annotated[Path, typer.Argument(help="Folder of a stored study.")],
    sample: Annotated[int, typer.Option(min=1, help="Runs to make again, spread evenly over the study.")] = 3,
    baseline: options.Baseline = None,
    as_json: options.AsJson = False,
) -> None:
    """Run a sample of a stored study again, from its own manifest, and compare every number.

    Exit code 1 if a number differs although nothing that results depend on has changed.
    """
    from aft_sim.basis.errors import CheckFailed
    from aft_sim.study.batch import reproduce as again

    made, changed = again(folder, sample, baseline)
    if as_json:
        terminal.print_json(
            {
                "changed_since": changed,
                "runs": [
                    {"scenario": r.run.scenario, "draw": r.run.draw, "seed": r.run.seed, "differs": dict(r.differences)}
                    for r in made
                ],
            }
        )
    else:
        for one in made:
            where = ", ".join(f"{name} by {gap:.1e}" for name, gap in one.differences.items())
            name = f"{one.run.scenario}, draw {one.run.draw}, seed {one.run.seed}"
            terminal.say(f"{'differs' if one.differences else 'same   '}  {name}" + (f": {where}" if where else ""))
        if changed:
            terminal.say(f"Changed since the study was made: {', '.join(changed)}. Differences may come from that.")
    bad = [one for one in made if one.differences]
    if bad and not changed:
        raise CheckFailed(f"{len(bad)} of {len(made)} runs give other numbers", where=str(folder))
