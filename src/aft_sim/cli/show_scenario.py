"""A scenario, resolved and bound to the baseline: what holds, where it was written, and what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from aft_sim.cli import terminal
from aft_sim.cli.catalogue import lever_text

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario


def show_scenario(reference: str) -> None:
    """Print a scenario with the origin of every value.

    Raises:
        InputErrors: the file is wrong or does not fit the baseline.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import bind, load_bound
    from aft_sim.cli.trusts import trust_lines
    from aft_sim.present.style import day_name

    baseline = bundle.load()
    scenario = load_bound(reference, baseline)
    plan = bind(scenario, baseline)
    terminal.heading(scenario.name)
    terminal.say(scenario.title)
    terminal.show(
        terminal.facts(
            [
                ("Question", scenario.question),
                ("Files", " > ".join(map(terminal.place, scenario.chain))),
                ("Content", f"{scenario.hash[:12]} (SHA-256 of all that can change a result)"),
            ]
        )
    )
    terminal.say()
    _levers(scenario)
    _parameters(scenario)
    _changes(scenario)
    terminal.say()
    if not len(plan.designated):
        terminal.say("No trust holds the status.")
        return
    hold = "holds" if len(plan.designated) == 1 else "hold"
    terminal.heading(
        f"{terminal.count(len(plan.designated), 'trust')} {hold} the status from {day_name(scenario.aft.from_)}"
    )
    table = terminal.plain_table("Code", "Trust", "Segment", "Waiting list", right=["Segment", "Waiting list"])
    for line in trust_lines(baseline, plan.designated.tolist()):
        table.add_row(*line)
    terminal.show(table)


def _levers(scenario: Scenario) -> None:
    from aft_sim.spec.levers import levers

    values = scenario.levers()
    terminal.heading("Levers")
    for path, lever in levers().items():
        line = Text.assemble(
            f"{path} = ", (lever_text(values[path]), "bold"), (f"  ({_origin(scenario, path)})", "dim")
        )
        terminal.show(line)
        words = f"{lever.policy} Source: {lever.source}."
        if not lever.active:
            words += f" Not active: {lever.why_inactive}"
        terminal.show(Text(words, "dim"), indent=4)
    terminal.say()


def _origin(scenario: Scenario, path: str) -> str:
    places = [scenario.where(path), scenario.where(f"{path}[0]"), scenario.where(path.rpartition(".")[0])]
    return next((terminal.place(place) for place in places if place), "default")


def _parameters(scenario: Scenario) -> None:
    from aft_sim.spec.register import Register

    register = Register.load()
    terminal.heading("Parameters")
    if not scenario.parameters:
        terminal.say("All at the register's defaults.")
        return
    table = terminal.plain_table("Parameter", "Value", "Register", "Written in")
    for name, value in scenario.parameters.items():
        parameter = register[name]
        where = terminal.place(scenario.where(f"parameters.{name}") or "")
        table.add_row(name, parameter.describe(value), parameter.describe(), where)
    terminal.show(table)


def _changes(scenario: Scenario) -> None:
    from aft_sim.spec.register import Register

    register = Register.load()
    if not scenario.changes:
        return
    terminal.heading("Dated changes")
    table = terminal.plain_table("From", "Parameter", "Value", "Trusts", "Written in", whole=["From"])
    for change in scenario.changes:
        words = Text(change.parameter)
        if change.why:
            words.append(f"\n{change.why}", "dim")
        trusts = "all" if change.trusts is None else ", ".join(change.trusts)
        value = register[change.parameter].describe(change.value)
        table.add_row(str(change.start), words, value, trusts, terminal.place(str(change.origin)))
    terminal.show(table)
