"""`aft-sim show pound`: a trust's surpluses, followed to the treatments they bought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.errors import InputError
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario
    from aft_sim.study.pound import PoundTrace

SCENARIO, UNTIL = "aft-wide-additive", "2031-03"
"""What is run if nothing else is said."""
CHARTS = (".png", ".svg")


@dataclass(frozen=True)
class Followed:
    """What the user asked for, as written.

    Attributes:
        who: code or part of the name of a trust.
        scenario: name or path.
        seed: chance.
        settings: NAME=VALUE.
        until: last month.
        chart: file to draw to.
    """

    who: str | None
    scenario: str | None
    seed: int | None
    settings: Sequence[str]
    until: str | None
    chart: Path | None


def show_pound(asked: Followed, folder: Path | None, as_json: bool) -> None:
    """Run the model and print, or draw, what became of a trust's surpluses.

    Raises:
        InputError: nobody of this name, a month or a chart that cannot be, nothing to draw.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.cli.trusts import find_trust
    from aft_sim.study.pound import run_pound

    if asked.who is None:
        raise InputError(
            "whose surpluses is not said",
            expected="the code or name of a trust",
            hint="For example: aft-sim show pound RTF",
        )
    if asked.chart is not None and asked.chart.suffix not in CHARTS:
        raise InputError(
            "not a file that charts are written to",
            where="--chart",
            found=str(asked.chart),
            expected="a .svg or .png file",
        )
    baseline = bundle.load(folder)
    code = baseline.trusts.code[find_trust(baseline, asked.who)]
    last = terminal.read_month(asked.until or UNTIL, "--until")
    terminal.months_of_run(last, folder)
    scenario = terminal.with_settings(load_bound(asked.scenario or SCENARIO, baseline), asked.settings)
    seed = 1 if asked.seed is None else asked.seed
    with terminal.progress(1, f"Running {scenario.name}") as report:
        trace = run_pound(scenario, seed, terminal.last_day(last), code, folder)
        report(1, 1, scenario.name)
    if as_json:
        from aft_sim.present.pound_words import content

        terminal.print_json({"scenario": scenario.name, "seed": seed, **content(trace)})
    else:
        print_trace(trace, f"{scenario.title}, seed {seed}, to {last}")
    if asked.chart is not None:
        _draw(trace, scenario, seed, asked.chart, as_json)


def print_trace(trace: PoundTrace, about: str) -> None:
    """For a reader."""
    from aft_sim.present.pound_page import tables
    from aft_sim.present.pound_words import SCOPE, sentences, tie

    terminal.heading(f"{trace.code}  {trace.name}")
    terminal.say(about)
    terminal.say()
    for sentence in sentences(trace):
        terminal.say(sentence)
    for heading, table in tables(trace):
        terminal.say()
        terminal.heading(heading)
        terminal.show(table)
    if trace.lots:
        terminal.say()
        terminal.say(f"Cash prices; “still buys” at the prices of the opening. {tie(trace)}", "dim")
    if trace.uses:
        terminal.say(SCOPE, "dim")


def _draw(trace: PoundTrace, scenario: Scenario, seed: int, path: Path, quiet: bool) -> None:
    from aft_sim.present.pound_chart import pound_chart

    files = pound_chart(trace, scenario.name, seed).save(path)
    # a program that reads JSON from stdout gets nothing else there
    (terminal.remark if quiet else terminal.say_path)(f"Written: {', '.join(map(str, files))}")
