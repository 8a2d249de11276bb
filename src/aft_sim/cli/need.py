"""`aft-sim need`: what it would take to gain so many points."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.basis.errors import InputError
from aft_sim.cli import options, terminal
from aft_sim.cli.compare import TARGET_MONTH

if TYPE_CHECKING:
    from aft_sim.study.inverse import Point, Search
    from aft_sim.study.need import Question

EPILOG = (
    "Examples:\n\naft-sim need --gain 0.5 --by 2029-03 --vary pot\n\n"
    "aft-sim need --gain 0.1 --vary trusts --policy aft-wide-additive --seeds 20 --out results/need\n\n"
    "aft-sim need --gain 0.5 --vary pot --set removals.closure=list --set programme.propensity=1"
)


class Vary(StrEnum):
    """What to vary."""

    POT = "pot"
    TRUSTS = "trusts"
    ELASTICITY = "elasticity"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("need", help=terminal.help_text(need), epilog=EPILOG)(need)


def need(
    gain: Annotated[
        str, typer.Option(metavar="POINTS", help="Points of England's share within 18 weeks to gain, such as 0.5.")
    ],
    vary: Annotated[Vary, typer.Option(help="What to vary.")],
    by: Annotated[str, typer.Option(metavar="YYYY-MM", help="Month by which.")] = TARGET_MONTH,
    policy: Annotated[str, typer.Option(help="Scenario with the policy: a name or a .toml file.")] = "aft-wide",
    vs: Annotated[str, typer.Option("--vs", help="Scenario it is compared with.")] = "no-aft",
    most: Annotated[float | None, typer.Option(help="Largest amount to try.")] = None,
    seeds: Annotated[int, typer.Option(min=2, help="Number of pairs of runs for each amount.")] = 10,
    out: options.Out = None,
    workers: options.Workers = 2,
    settings: terminal.Settings = None,
    baseline: options.Baseline = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask the inverse question: how large a pot, how many trusts or what elasticity would it take to gain so much?

    Tries amounts with the same seeds, halving the stretch between one that falls short and one that reaches the gain,
    and says nothing beyond what was run. Where even the largest amount falls short, it says so.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.study.knobs import KNOBS
    from aft_sim.study.need import Question, Unfinished, answer

    points = read_gain(gain)
    month = terminal.read_month(by, "--by")
    terminal.check_inside(month, terminal.months_of_run(month, baseline, "--by"), "--by")
    england = bundle.load(baseline)
    base, full = (terminal.with_settings(load_bound(name, england), settings or []) for name in (vs, policy))
    if base.name == full.name:
        raise InputError("a scenario cannot be compared with itself", where="--vs", found=base.name)
    knob = KNOBS[vary.value](full, england)
    question = Question(full, base, knob, points, month, knob.up_to(most))
    terminal.remark(f"{seeds} pairs of runs for each amount, {knob.amount(question.most)} at most")

    def told(point: Point) -> None:
        from aft_sim.present import style

        bounds = style.interval(point.effect.interval, "points")
        terminal.remark(f"  {knob.amount(point.x)}: {style.quantity(point.gain, 'points', True)} ({bounds})")

    try:
        found = answer(question, england, seeds, terminal.last_day(month), workers, out, None, baseline, told)
    except Unfinished as error:
        raise typer.Exit(terminal.report_failures(error.results)) from None
    if as_json:
        terminal.print_json({"settings": settings or [], **content(question, found, seeds, out)})
        return
    from aft_sim.present.needed import points_table, sentences

    terminal.heading(f"What it would take: {points:g} points by {month}, varying {vary.value}")
    terminal.say()
    for sentence in ([terminal.in_both(settings)] if settings else []) + sentences(question, found):
        terminal.say(sentence)
    terminal.say()
    terminal.show(points_table(question, found))
    terminal.say()
    terminal.say_path(f"Stored in {out}" if out else "Not stored (--out FOLDER stores the runs).")


def read_gain(text: str) -> float:
    """Points of England's 18-week share.

    Raises:
        InputError: not a number above 0 and up to 100.
    """
    expected = "points above 0, 100 at most, such as 0.5"
    try:
        points = float(text.strip().removesuffix("points").strip())
    except ValueError:
        raise InputError("not a number of points", where="--gain", found=text, expected=expected) from None
    if not 0 < points <= 100:
        raise InputError("not a gain", where="--gain", found=text, expected=expected)
    return points


def content(question: Question, found: Search, seeds: int, folder: Path | None) -> dict[str, Any]:
    """An answer for a program; gains in points of England's 18-week share."""
    low, high = found.interval
    return {
        "policy": question.policy.name,
        "baseline": question.base.name,
        "vary": question.knob.name,
        "rule": question.knob.rule,
        "gain": question.gain,
        "by": question.at,
        "seeds": list(range(1, seeds + 1)),
        "finding": str(found.finding),
        "answer": found.answer.x if found.answer else None,
        "falls_short": found.below.x if found.below else None,
        "interval": [low, high],
        "start": found.start,
        "most": found.most,
        "points": [
            {
                "amount": one.x,
                "gain": one.gain,
                "interval": one.effect.interval,
                "ceiling": one.ceiling,
                "verdict": str(one.effect.verdict),
                "happened": one.happened,
            }
            for one in found.points
        ],
        "stored_in": str(folder) if folder else None,
    }
