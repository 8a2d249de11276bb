"""Scenarios as TOML text: a resolved scenario as one file, and a new file to start from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.layers import NAME_RULE, SCHEMA, is_name
from aft_sim.spec.levers import Lever, levers, tables
from aft_sim.spec.register import Register

if TYPE_CHECKING:
    from aft_sim.spec.scenario import Scenario

_WIDTH = 110


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as one file that extends nothing and loads to the same hash."""
    lines = [*_header(scenario.name, scenario.title, scenario.question)]
    values = scenario.levers()
    for table in tables():
        lines += ["", f"[{table}]"]
        lines += [f"{path.removeprefix(f'{table}.')} = {_value(v)}" for path, v in _of(table, values.items())]
    register = Register.load()
    if scenario.parameters:
        lines += ["", "[parameters]"]
        lines += [f"{name} = {_value(v)}{_unit(register, name)}" for name, v in scenario.parameters.items()]
    for change in scenario.changes:
        lines += ["", "[[change]]", f'parameter = "{change.parameter}"', f"from = {change.start.isoformat()}"]
        lines.append(f"value = {_value(change.value)}{_unit(register, change.parameter)}")
        if change.trusts is not None:
            lines.append(f"trusts = {_value(change.trusts)}")
        if change.why:
            lines.append(f"why = {_value(change.why)}")
    return "\n".join(lines) + "\n"


def new_text(name: str, bases: Sequence[str], base: Scenario, *, ordered: bool = False) -> str:
    """Return the text of a new file that extends others and changes nothing yet.

    Every lever stands in it with what it does, what may be set and what holds now, ready to be uncommented.

    Args:
        name: Name of the new scenario.
        bases: What it extends, as the file shall write it.
        base: The same, resolved.
        ordered: Whether the file states their order, so that the later wins.

    Raises:
        InputError: The name is not allowed.
    """
    if not is_name(name):
        raise InputError("not a name for a scenario", found=name, expected=NAME_RULE)
    extends = _value(bases[0] if len(bases) == 1 else tuple(bases))
    header = list(_header(name, f"As {' and '.join(bases)}, but ...", "What would happen if ...?", extends))
    if ordered:
        header.insert(3, f"order = {extends}")
    lines = [
        "# Remove the # before a line to set it; what is left commented stays as in the scenario extended.",
        f"# aft-sim check {name}.toml names every mistake; aft-sim diff {bases[0]} {name}.toml shows what differs.",
        *header,
    ]
    values = base.levers()
    known = levers()
    for table in tables():
        lines += ["", "# " + "-" * 96, f"[{table}]"]
        for path, value in _of(table, values.items()):
            lines += ["", *_lever_comment(known[path])]
            lines.append(f"# {path.removeprefix(f'{table}.')} = {_value(value)}")
    return "\n".join([*lines, "", *_parameter_help(base), ""])


def write_new(path: Path, text: str) -> Path:
    """Write a new scenario file and return its path.

    Raises:
        InputError: It does not end in .toml, is there already, or its folder is not there.
    """
    if path.suffix != ".toml":
        raise InputError("a scenario file ends in .toml", where=str(path), found=path.name)
    if not path.parent.is_dir():
        up = path.parent.parent
        beside = [p.name for p in up.iterdir() if p.is_dir()] if up.is_dir() else []
        raise InputError("no such folder", where=str(path.parent), hint=did_you_mean(path.parent.name, beside))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as handle:
            handle.write(text)
    except FileExistsError:
        raise InputError(
            "the file is there already", where=str(path), hint="Give another name, or remove the file first."
        ) from None
    return path


def _header(name: str, title: str, question: str, extends: str | None = None) -> Iterator[str]:
    yield f"schema = {SCHEMA}"
    yield f"name = {_value(name)}"
    if extends:
        yield f"extends = {extends}"
    yield f"title = {_value(title)}"
    if question:
        yield f"question = {_value(question)}"


def _of(table: str, items: Iterable[tuple[str, object]]) -> Iterator[tuple[str, object]]:
    return ((path, value) for path, value in items if path.startswith(f"{table}."))


def _lever_comment(lever: Lever) -> Iterator[str]:
    text = f"{lever.description} Policy: {lever.policy} Decided by {lever.who}; {lever.dates}."
    if not lever.active:
        text += f" Not active: {lever.why_inactive}"
    yield from (f"# {line}" for line in textwrap.wrap(text, _WIDTH))
    yield f"# Allowed: {lever.allowed}."


def _parameter_help(base: Scenario) -> Iterator[str]:
    register = Register.load()
    named = next(p for p in register.values() if p.per_trust and p.active)
    plain = next(p for p in register.values() if p.kind == "number" and p.active and not p.per_trust and p.assumption)
    yield "# " + "-" * 96
    yield "# Uncertain figures, for the whole run. All of them: aft-sim list parameters; one: aft-sim show NAME."
    yield "# [parameters]"
    for name in base.parameters or (plain.name,):
        p = register[name]
        value = base.parameters.get(name, p.default)
        yield f"# {name} = {_value(value)}{_unit(register, name)}; {p.title.lower()}; allowed: {p.allowed}"
    yield ""
    yield "# " + "-" * 96
    yield "# A figure that changes on a day; trusts may be named for " + ", ".join(
        p.name for p in register.values() if p.per_trust and p.active
    )
    yield "# [[change]]"
    yield f'# parameter = "{named.name}"'
    yield "# from = 2027-04-01"
    yield f"# value = {_value(named.default)}"
    yield '# trusts = ["RTF", "set:first-wave"]'
    yield '# why = "..."'


def _value(value: object) -> str:
    """Return a value as TOML writes it."""
    item: Any = list(value) if isinstance(value, tuple) else value
    return str(tomlkit.item(item).as_string())


def _unit(register: Register, name: str) -> str:
    parameter = register[name]
    return f"  # {parameter.unit}" if parameter.kind == "number" else ""
