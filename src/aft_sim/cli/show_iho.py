"""`aft-sim show iho`: a population budget's year: where it went, who bore the result, what was decided and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.errors import InputError
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.cli.show_ledger import Asked
    from aft_sim.study.budgets import BudgetHistory, BudgetYear

SCENARIO, UNTIL = "iho-first-two", "2032-03"
CHARTS = (".svg", ".png")


@dataclass(frozen=True)
class Wished:
    """What is asked for besides what the ledger is asked for too.

    Attributes:
        chart: file to draw to.
        until: last month of the run.
    """

    chart: Path | None
    until: str | None


def show_iho(asked: Asked, wished: Wished, folder: Path | None, as_json: bool) -> None:
    """Run the model and print, or draw, a holder's budget.

    Raises:
        InputError: nobody of this name, no contract, a year or a chart that cannot be.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.cli.trusts import find_trust
    from aft_sim.study.budgets import budgets_of, year_of
    from aft_sim.study.runner import run_pairs

    if asked.who is None:
        raise InputError(
            "whose budget is not said",
            expected="the code or name of a trust",
            hint="For example: aft-sim show iho RTF --year 2029/30",
        )
    if asked.first or asked.last:
        raise InputError("a budget is told by year", found="--from or --to", expected="--year, such as 2029/30")
    if wished.chart is not None and wished.chart.suffix not in CHARTS:
        raise InputError(
            "not a file that charts are written to",
            where="--chart",
            found=str(wished.chart),
            expected="a .svg or .png file",
        )
    baseline = bundle.load(folder)
    at = find_trust(baseline, asked.who)
    last = terminal.read_month(wished.until or UNTIL, "--until")
    terminal.months_of_run(last, folder)
    scenario = terminal.with_settings(load_bound(asked.scenario or SCENARIO, baseline), asked.settings)
    seed = 1 if asked.seed is None else asked.seed
    with terminal.progress(1, f"Running {scenario.name}") as report:
        results = run_pairs(
            [scenario],
            [seed],
            until=terminal.last_day(last),
            progress=report,
            baseline=folder,
            keep=("england", "iho", "events"),
        )
    if not results.runs:
        raise InputError("the run failed", where=scenario.name, found=results.failures[0].message)
    found = budgets_of(results.runs[0], baseline.trusts.code[at])
    one = found.years[-1] if asked.year is None else year_of(found, asked.year.strip())
    name = baseline.trusts.name[at]
    if as_json:
        from aft_sim.present.budget_page import budget_content

        terminal.print_json({"scenario": scenario.name, "seed": seed, "name": name, **budget_content(found, one)})
    else:
        print_budget(found, one, name, f"{scenario.title}, seed {seed}")
    if wished.chart is not None:
        from aft_sim.present.budget_chart import budget_chart

        files = budget_chart(found, name).save(wished.chart)
        (terminal.remark if as_json else terminal.say_path)(f"Written: {', '.join(map(str, files))}")


def print_budget(found: BudgetHistory, one: BudgetYear, name: str, about: str) -> None:
    """For a reader."""
    from aft_sim.present.budget_page import budget_sentences, budget_tables

    terminal.heading(f"{found.trust}  {name}: population budget {one.year}")
    terminal.say(about)
    terminal.say()
    for sentence in budget_sentences(found, one):
        terminal.say(sentence)
    for heading, table in budget_tables(found, one):
        terminal.say()
        terminal.heading(heading)
        terminal.show(table)
    terminal.say()
    terminal.say("Cash prices. No term of a contract is published: see docs/iho.md for what is assumed.", "dim")
