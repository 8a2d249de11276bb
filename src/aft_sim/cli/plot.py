"""`aft-sim plot`: charts of a stored study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.present.chart import Chart
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim plot results\n\naft-sim plot results fan\n\n"
    "aft-sim plot results trusts --policy aft-wide --vs no-aft --at 2029-03 --out wide-by-trust.png\n\n"
    "aft-sim plot results effect --group trust:RTF\n\n"
    "aft-sim plot results inequality --outcome over_52_share\n\n"
    "aft-sim plot results budget --group trust:RTF\n\n"
    "aft-sim plot results events --policy aft-wide --seed 2"
)
CHARTS: Mapping[str, str] = {
    "fan": "the outcome over time in up to four scenarios, with bands over runs",
    "effect": "the paired difference over time, with its interval, band and ceiling",
    "trusts": "the paired difference at every trust",
    "icbs": "the paired difference for the residents of every ICB",
    "quintiles": "the paired difference by deprivation fifth, the gap, and the levels",
    "inequality": "gap and slope index of a share or rate over time in up to four scenarios, with bands over runs",
    "plane": "health against equality: net health benefit of up to four scenarios, and who gains most of it",
    "events": "timeline of what happened to trusts in one run: the policy's first seed, or --seed",
    "budget": "a population budget over its years: the trust of --group in the policy's first seed, or --seed",
    "contact": "all that show the outcome on one page (PNG)",
}
ENGLAND, WAITS = "england", "within_18_share"
#: Charts that do not show the outcome asked for.
OF_THEIR_OWN = ("plane", "events", "budget", "contact")
#: Charts that can be about a part of England.
OF_A_GROUP = ("fan", "effect", "inequality", "budget")
#: Charts that show one run.
OF_ONE_RUN = ("events", "budget")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("plot", help=terminal.help_text(plot), epilog=EPILOG)(plot)


def plot(
    folder: Annotated[Path, typer.Argument(help="Folder of a stored study.")],
    chart: Annotated[str | None, typer.Argument(help=f"One of {', '.join(CHARTS)}; lists them if left out.")] = None,
    policy: Annotated[str | None, typer.Option(help="Scenario with the policy; the study's last by default.")] = None,
    vs: Annotated[str | None, typer.Option("--vs", help="Scenario it is compared with; the first by default.")] = None,
    outcome: Annotated[str, typer.Option(help="What to draw: see aft-sim list outcomes.")] = WAITS,
    group: Annotated[
        str,
        typer.Option(
            help="Whom fan, effect and inequality are about: england, quintile-1 (most deprived) to quintile-5, gap, "
            "treated, others, independent, or trust:CODE of a treated trust. Budget: trust:CODE of its holder."
        ),
    ] = ENGLAND,
    at: Annotated[str | None, typer.Option(metavar="YYYY-MM", help="Month of the finding.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Which run the timeline of events shows.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; the chart's name by default.")] = None,
) -> None:
    """Draw a chart of a stored study: PNG, SVG, the numbers as CSV with a codebook, and alternative text.

    Nothing is run.
    """
    if chart is None:
        terminal.heading("Charts")
        terminal.show(terminal.facts(CHARTS.items()))
        return
    if chart not in CHARTS:
        raise InputError(
            "no such chart", found=chart, expected="one of " + ", ".join(CHARTS), hint=did_you_mean(chart, CHARTS)
        )
    if group != ENGLAND and chart not in OF_A_GROUP:
        raise typer.BadParameter(f"--group goes with {', '.join(OF_A_GROUP[:-1])} and {OF_A_GROUP[-1]}")
    if outcome != WAITS and chart in OF_THEIR_OWN[:-1]:
        raise typer.BadParameter(f"--outcome does not go with {chart}")
    if seed is not None and chart not in OF_ONE_RUN:
        raise typer.BadParameter("--seed goes with events and budget: the other charts are about all seeds")
    from aft_sim.study.stored import load

    results = load(folder)
    month = terminal.read_month(at, "--at") if at else None
    stem = out or Path(chart)
    if chart == "contact":
        from aft_sim.present.contact import contact_sheet

        drawn = [draw(results, one, policy, vs, outcome, month, group) for one in sheet(outcome)]
        files: tuple[Path, ...] = (contact_sheet(drawn, stem),)
    else:
        if chart == "events":
            made = events(folder, policy, seed)
        elif chart == "budget":
            made = budget(folder, policy, seed, group)
        else:
            made = draw(results, chart, policy, vs, outcome, month, group)
        terminal.say(made.headline)
        files = made.save(stem)
    terminal.say_path(f"Written: {', '.join(map(str, files))}")


def events(folder: Path, policy: str | None, seed: int | None) -> Chart:
    """The timeline of one run of a study."""
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.cli.show_events import stored_run
    from aft_sim.present import timeline
    from aft_sim.present.event_chart import event_chart
    from aft_sim.study.events import history

    results, run = stored_run(folder, policy, seed)
    start = results.scenarios[run.scenario].policy_start
    dates = [(start, timeline.starts(start))] if start else []
    return event_chart(history(run), trusts.names(bundle.load()), results.title(run.scenario), dates)


def budget(folder: Path, policy: str | None, seed: int | None, group: str) -> Chart:
    """A population budget of one run of a study: of the trust that --group names, or the only one.

    Raises:
        InputError: no trust is named and the run has several budgets, or none.
    """
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.cli.show_events import stored_run
    from aft_sim.present.budget_chart import budget_chart
    from aft_sim.study.budgets import budgets_of, holders

    _, run = stored_run(folder, policy, seed)
    code, known = group.removeprefix("trust:"), holders(run)
    if group == ENGLAND:
        if len(known) != 1:
            raise InputError(
                "whose budget is not said" if known else "no trust holds a population budget in this run",
                where="--group",
                expected=" or ".join(f"trust:{one}" for one in known) or "a scenario with a contract",
            )
        code = known[0]
    return budget_chart(budgets_of(run, code), trusts.names(bundle.load())[code])


def sheet(outcome: str) -> list[str]:
    """Charts on the page of all: an outcome without fifths has no inequality, and a measure of inequality no fifths."""
    from aft_sim.outcomes.registry import OUTCOMES
    from aft_sim.outcomes.registry import outcome as find_outcome

    measure, left_out = find_outcome(outcome).measure, set(OF_THEIR_OWN)
    if measure:
        left_out.add("quintiles")
    elif all(one.of != outcome for one in OUTCOMES.values()):
        left_out.add("inequality")
    return [one for one in CHARTS if one not in left_out]


def draw(
    results: ResultSet, chart: str, policy: str | None, vs: str | None, outcome: str, at: str | None, group: str
) -> Chart:
    """Draw one chart of a study; scenarios left out are its first and last."""
    from aft_sim.present import charts

    names = list(results.arms)
    if not names:
        raise InputError("the study holds no finished run", where=str(results.folder))
    if chart in ("fan", "inequality"):
        chosen = [name for name in (vs, policy) if name] if policy or vs else names[: charts.MAX_SCENARIOS]
        return (charts.fan if chart == "fan" else charts.inequality)(results, chosen, outcome, group, at)
    if len(names) < 2:
        raise InputError("this chart compares two scenarios", where=str(results.folder), found=names[0])
    if chart == "plane":
        other = vs or ("baseline" if "baseline" in names else names[0])
        return charts.plane(results, [policy] if policy else [name for name in names if name != other], other, at)
    ours = policy or next(name for name in reversed(names) if name != vs)
    theirs = vs or next((name for name in names if name != ours), names[0])
    found = results.effect_of(ours, theirs)
    if chart == "effect":
        return charts.effect(found, outcome, group, at)
    by = {"trusts": charts.trusts, "icbs": charts.icbs, "quintiles": charts.quintiles}
    return by[chart](found, outcome, at)
