"""`aft-sim power`: what a real evaluation of a wave could detect, and when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aft_sim.basis.errors import InputError
from aft_sim.cli import options, terminal
from aft_sim.cli.compare import run_two, scenario_name, study_folder

if TYPE_CHECKING:
    from aft_sim.study.power import Power
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim power results/first-wave --policy baseline --vs no-aft\n\n"
    "aft-sim power baseline --vs no-aft --seeds 10 --out results/first-wave --chart power\n\n"
    "aft-sim power results --policy aft-wide --vs no-aft --trusts set:segment-1-acute --outcome over_52_share"
)
#: Five years after 1 June 2026, the start of the first wave.
LAST_MONTH = "2031-05"


Trusts = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE|set:NAME",
        help="Trusts of the wave, of those that the policy designates; all by default. May be repeated.",
    ),
]
Policy = Annotated[str | None, typer.Option(help="Of a stored study, the scenario with the wave; its last by default.")]
Until = Annotated[str | None, typer.Option(metavar="YYYY-MM", help=f"Last month to run: {LAST_MONTH} by default.")]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("power", help=terminal.help_text(power), epilog=EPILOG)(power)


def power(
    source: options.Source,
    policy: Policy = None,
    vs: Annotated[str, typer.Option("--vs", help="Scenario without the wave.")] = "no-aft",
    trusts: Trusts = None,
    outcome: Annotated[
        str, typer.Option(help="within_18_share, over_52_share, treated, list, over_18 or starts.")
    ] = "within_18_share",
    seeds: Annotated[int, typer.Option(min=2, help="Number of pairs of runs to make.")] = 10,
    until: Until = None,
    out: options.Out = None,
    workers: options.Workers = 2,
    settings: terminal.Settings = None,
    baseline: options.Baseline = None,
    csv: options.Csv = None,
    chart: options.Chart = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what a real evaluation of a wave could detect, and when.

    An evaluator would hold the treated trusts against near misses, or against all other acute and specialist trusts,
    by difference-in-differences of monthly figures. For 6 to 60 months after the start: the smallest effect found with
    80 % power at 5 %, in the noise of the model's runs without the policy and in that of the published panel of
    trusts, beside the effect that the model expects and its interval.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import resolve_trusts
    from aft_sim.present import power_page
    from aft_sim.study.places import Places
    from aft_sim.study.power import power as statement

    folder = study_folder(source)
    _check(folder, policy, (out, until, settings))
    england = bundle.load(baseline)
    wave = [england.trusts.code[i] for i in resolve_trusts(trusts, england, "--trusts")] if trusts else []
    if folder is not None:
        results, names = _stored(folder, policy, scenario_name(vs))
    else:
        last = terminal.read_month(until or LAST_MONTH, "--until")
        terminal.months_of_run(last, baseline)
        tables = () if out else ("trust",)  # what is stored is for other questions too
        results, names = run_two(source, vs, seeds, last, workers, out, baseline, settings or [], tables)
    code = terminal.report_failures(results)
    found = statement(results, *names, outcome=outcome, trusts=wave, places=Places.of_baseline(baseline))
    stored = out or folder
    if as_json:
        terminal.print_json({**power_page.content(found), "stored_in": str(stored) if stored else None})
    else:
        print_statement(found)
    _write(found, csv, chart, as_json)
    if not as_json:
        kept = f"Read from {folder}" if folder else "Not stored (--out FOLDER stores the runs)."
        terminal.say_path(f"Stored in {out}" if out else kept)
    raise typer.Exit(code)


def print_statement(found: Power) -> None:
    """For a reader."""
    from aft_sim.present import power_page

    terminal.heading(f"What an evaluation of {found.policy} could detect")
    terminal.say()
    for sentence in power_page.sentences(found):
        terminal.say(sentence)
    terminal.say()
    terminal.show(power_page.power_table(found))
    terminal.say()


def _write(found: Power, csv: Path | None, chart: Path | None, quiet: bool) -> None:
    say = terminal.remark if quiet else terminal.say_path
    if csv is not None:
        from aft_sim.present.power_page import write_csv

        say(f"Table: {', '.join(map(str, write_csv(found, csv)))}")
    if chart is not None:
        from aft_sim.present.power_chart import power_chart

        say(f"Chart: {', '.join(map(str, power_chart(found).save(chart)))}")


def _check(folder: Path | None, policy: str | None, of_a_run: Sequence[object]) -> None:
    if folder is not None and any(of_a_run):
        raise typer.BadParameter("a stored study is only read: --out, --until and --set do not apply")
    if folder is None and policy is not None:
        raise typer.BadParameter("--policy goes with the folder of a stored study")


def _stored(folder: Path, policy: str | None, vs: str) -> tuple[ResultSet, tuple[str, str]]:
    from aft_sim.study.stored import load

    results = load(folder)
    results.of(vs)
    others = [name for name in results.arms if name != vs]
    chosen = scenario_name(policy) if policy else (others[-1] if others else vs)
    if chosen == vs:
        raise InputError("a scenario cannot be compared with itself", where=str(folder), found=vs)
    return results, (chosen, vs)
