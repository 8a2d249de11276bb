"""`aft-sim explain`: which part of a policy does how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import options, terminal
from aft_sim.cli.compare import TARGET_MONTH

if TYPE_CHECKING:
    from aft_sim.study.attribution import Attribution
    from aft_sim.study.paired import PairedEffect

EPILOG = (
    "Examples:\n\naft-sim explain aft-wide --vs no-aft --seeds 10\n\n"
    "aft-sim explain aft-wide-additive --vs no-aft --part status=aft.designated,aft.freedoms --out results/why\n\n"
    "aft-sim explain aft-wide-additive --vs no-aft --set programme.propensity=1"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("explain", help=terminal.help_text(explain), epilog=EPILOG)(explain)


def explain(
    policy: Annotated[str, typer.Argument(help="Scenario to explain: a name or a .toml file.")],
    vs: Annotated[str, typer.Option("--vs", help="Scenario it is compared with.")] = "baseline",
    outcome: Annotated[str, typer.Option(help="What to explain: see aft-sim list outcomes.")] = "within_18_share",
    at: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month to explain.")] = TARGET_MONTH,
    seeds: Annotated[int, typer.Option(min=1, help="Number of pairs of runs, the same for every subset.")] = 10,
    grouped: Annotated[
        list[str] | None,
        typer.Option("--part", metavar="NAME=PATH,PATH", help="Differences that go together; may be repeated."),
    ] = None,
    out: options.Out = None,
    workers: options.Workers = 2,
    settings: terminal.Settings = None,
    baseline: options.Baseline = None,
    csv: options.Csv = None,
    as_json: options.AsJson = False,
) -> None:
    """Explain the effect of a policy by its parts: each difference between two scenarios, up to six.

    Runs every subset of the parts with the same seeds. Each part's share of the effect is what it adds on average over
    all orders in which the parts may come (its Shapley value); the shares add up to the effect. Beside it stand what
    the part does alone and what is lost without it.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import bind, load_bound
    from aft_sim.present.explained import explained_table, sentences, subset_table, write_explained
    from aft_sim.spec.mixing import parts_between, read_parts
    from aft_sim.study import attribution

    terminal.waiting_outcome(outcome)
    month = terminal.read_month(at, "--at")
    terminal.check_inside(month, terminal.months_of_run(month, baseline, "--at"), "--at")
    england = bundle.load(baseline)
    base, full = (terminal.with_settings(load_bound(name, england), settings or []) for name in (vs, policy))
    parts = parts_between(base, full, read_parts(grouped or []))
    between = attribution.worlds(base, full, parts)
    for world in between:  # every mistake before the first run
        bind(world, england)
    what = f"Running {len(between)} worlds from {base.name} to {full.name}"
    with terminal.progress(len(between) * seeds, what) as report:
        found, results = attribution.explain(
            base,
            full,
            parts,
            seeds,
            month,
            terminal.last_day(month),
            outcome,
            workers,
            out,
            report,
            baseline,
        )
    code = terminal.report_failures(results)
    if found is None:
        raise typer.Exit(code)
    notes = [terminal.in_both(settings)] if settings else []
    files = write_explained(found, csv, notes) if csv else ()
    if as_json:
        terminal.print_json({"settings": settings or [], **content(found, out)})
        raise typer.Exit(code)
    terminal.heading(f"{found.policy} against {found.base}, by part")
    terminal.say()
    for sentence in notes + sentences(found):
        terminal.say(sentence)
    terminal.say()
    terminal.show(explained_table(found))
    terminal.say()
    terminal.show(subset_table(found))
    terminal.say()
    for line in ([f"Tables: {', '.join(map(str, files))}"] if files else []) + [
        f"Stored in {out}" if out else "Not stored (--out FOLDER stores the runs)."
    ]:
        terminal.say_path(line)
    raise typer.Exit(code)


def content(found: Attribution, folder: Path | None) -> dict[str, Any]:
    """An attribution for a program; effects in the outcome's effect unit."""
    return {
        "policy": found.policy,
        "baseline": found.base,
        "outcome": found.outcome.name,
        "effect_unit": found.outcome.effect_unit,
        "at": found.at,
        "seeds": list(found.seeds),
        "draws": list(found.draws),
        "total": _effect(found.total),
        "parts": [
            {
                "part": one.part.name,
                "paths": list(one.part.paths),
                "changes": one.part.words,
                "alone": _effect(one.alone),
                "last": _effect(one.last),
                "shapley": _effect(one.share_out),
                "share_of_total": one.share,
                "zero_by_construction": one.nothing,
                "verdict_in_words": one.words,
                "reason": one.reason,
            }
            for one in found.parts
        ],
        "interaction": _effect(found.interaction),
        "pairwise_interactions": [
            {"parts": [found.parts[i].part.name, found.parts[j].part.name], **_effect(effect)}
            for i, j, effect in found.pairwise
        ],
        "subsets": [
            {
                "scenario": one.scenario,
                "parts": [found.parts[i].part.name for i in one.parts],
                "level": one.effect.policy,
                **_effect(one.effect),
            }
            for one in found.subsets
        ],
        "stored_in": str(folder) if folder else None,
    }


def _effect(paired: PairedEffect) -> dict[str, Any]:
    return {
        "effect": paired.effect,
        "interval": paired.interval,
        "exactly_zero": paired.exactly_zero,
        "verdict": str(paired.verdict),
    }
