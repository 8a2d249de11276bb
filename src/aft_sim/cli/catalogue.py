"""`aft-sim list`: what there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.spec.experiment import Experiment
    from aft_sim.spec.scenario import Scenario

EPILOG = "Example:  aft-sim list parameters"
MORE = "One of them in full: aft-sim show NAME"


class Kind(StrEnum):
    """What can be listed."""

    SCENARIOS = "scenarios"
    EXPERIMENTS = "experiments"
    PARAMETERS = "parameters"
    SETS = "sets"
    OUTCOMES = "outcomes"
    LEVERS = "levers"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("list", help=terminal.help_text(list_), epilog=EPILOG)(list_)


def list_(
    what: Annotated[Kind, typer.Argument(help="What to list.")] = Kind.SCENARIOS,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """List scenarios, experiments, parameters, sets of trusts, outcomes or policy levers."""
    rows = ROWS[what]()
    if as_json:
        terminal.print_json(rows)
        return
    if what is Kind.PARAMETERS:
        _show_parameters(rows)
    else:
        _show_rows(rows, flat=what is Kind.OUTCOMES)
    terminal.say()
    if NOTES[what]:
        terminal.say(NOTES[what], "dim")
    terminal.say(MORE, "dim")


def _show_rows(rows: list[dict[str, Any]], flat: bool) -> None:
    first, below, *columns = (name for name in rows[0] if name not in HIDDEN)
    heads = [_title(first), *([_title(below)] if flat else []), *map(_title, columns)]
    table = terminal.plain_table(*heads, whole=["Default", "Unit"])
    for row in rows:
        cells = [row[name] if isinstance(row[name], str) else _yes(row[name]) for name in columns]
        if flat:
            table.add_row(row[first], row[below], *cells)
        else:
            table.add_row(Text.assemble(row[first], "\n", (row[below], "dim")), *cells)
    terminal.show(table)


def _show_parameters(rows: list[dict[str, Any]]) -> None:
    """One line a parameter, by mechanism; what nothing reads yet is dim and last."""
    table = terminal.plain_table("Parameter", "Default", "Plausible", "Grade", whole=["Parameter", "Default", "Grade"])
    for part in dict.fromkeys(row["mechanism"] for row in rows):
        mine = [row for row in rows if row["mechanism"] == part]
        table.add_row(Text(mechanism_title(part), "bold"))
        for row in mine:
            grade = f"{row['grade']}{'*' if row['assumption'] else ''}{'' if row['active'] else ' (inactive)'}"
            style = "" if row["active"] else "dim"
            table.add_row(f"  {row['name']}", row["default"], row["plausible"], grade, style=style)
    terminal.show(table)


def scenarios() -> list[dict[str, Any]]:
    """Shipped scenarios."""
    from aft_sim.spec.scenario import load_scenario, shipped_scenarios

    return _shipped(shipped_scenarios(), load_scenario)


def experiments() -> list[dict[str, Any]]:
    """Shipped experiments."""
    from aft_sim.spec.experiment import load_experiment
    from aft_sim.spec.files import shipped_experiments

    return _shipped(shipped_experiments(), load_experiment)


def _shipped(files: Mapping[str, Path], load: Callable[[str], Scenario | Experiment]) -> list[dict[str, Any]]:
    """Files that come with aft-sim; one that cannot be read says so in place of its title."""
    from aft_sim.basis.errors import AftSimError

    rows = []
    for name, path in files.items():
        try:
            found = load(name)
            title, question = found.title, found.question
        except AftSimError as error:
            title, question = f"cannot be read: {error}", ""
        rows.append({"name": name, "title": title, "question": question, "file": str(path)})
    return rows


def parameters() -> list[dict[str, Any]]:
    """The register."""
    from aft_sim.spec.register import Register

    return [
        {
            "name": p.name,
            "title": p.title,
            "mechanism": p.mechanism,
            "default": p.describe(),
            "plausible": "" if p.kind != "number" or p.low == p.high else f"{p.low:g} to {p.high:g}",
            "grade": p.grade,
            "assumption": p.assumption,
            "active": p.active,
        }
        for p in sorted(Register.load().values(), key=lambda p: (p.mechanism, not p.active))
    ]


def sets() -> list[dict[str, Any]]:
    """Named and computed sets of trusts."""
    from aft_sim.spec.sets import named_sets

    rows: list[dict[str, Any]] = []
    for found in named_sets().values():
        known = sum(member.status == "known" for member in found.members)
        size = "worked out from the baseline"
        if not found.computed:
            size = f"{len(found.members)}, {known} known"
            size += f" and {len(found.members) - known} assumed" if known < len(found.members) else ""
        rows.append({"set": found.example, "title": found.title, "trusts": size})
    return rows


def outcomes() -> list[dict[str, Any]]:
    """The outcome registry."""
    from aft_sim.outcomes.registry import OUTCOMES

    return [
        {"name": o.name, "label": o.label, "unit": o.unit, "better": str(o.better), "kind": str(o.kind)}
        for o in OUTCOMES.values()
    ]


def levers() -> list[dict[str, Any]]:
    """The policy levers."""
    from aft_sim.spec.levers import levers as all_levers

    return [
        {
            "name": lever.path,
            "what_it_does": lever.description,
            "default": "must be chosen" if lever.default is None else lever_text(lever.default),
            "active": lever.active,
            "who": lever.who,
        }
        for lever in all_levers().values()
    ]


def lever_text(value: object) -> str:
    """A lever's value as a scenario file would write it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def mechanism_title(part: str) -> str:
    """A part of the model as a heading."""
    return TITLES.get(part, part.replace("_", " ").capitalize())


def _title(name: str) -> str:
    text = name.replace("_", " ")
    return text[0].upper() + text[1:]


def _yes(value: object) -> str:
    return "yes" if value else "no"


TITLES = {"iho": "IHO budgets"}
HIDDEN = {"question", "file", "kind", "who"}
ROWS: dict[Kind, Callable[[], list[dict[str, Any]]]] = {
    Kind.SCENARIOS: scenarios,
    Kind.EXPERIMENTS: experiments,
    Kind.PARAMETERS: parameters,
    Kind.SETS: sets,
    Kind.OUTCOMES: outcomes,
    Kind.LEVERS: levers,
}
NOTES = {
    Kind.EXPERIMENTS: "aft-sim batch NAME --dry-run prints the plan, its time and size.",
    Kind.SCENARIOS: "Wherever a scenario is asked for, a path to your own .toml file works too.",
    Kind.PARAMETERS: "Grade: strength of the evidence, A (best) to E (none found); * an assumption; inactive: nothing "
    "reads it yet. "
    "Plausible: about 90 %. Where the numbers come from: aft-sim evidence.",
    Kind.SETS: "A set that ends in a value takes other values too: set:region:London, set:icb:QHM.",
    Kind.OUTCOMES: "",
    Kind.LEVERS: "Levers that are not active cannot be pulled yet; aft-sim show LEVER says why.",
}
