"""Checks of one scenario file (or one set of changes made in code), all problems in one pass."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.files import Layer, Origin
from aft_sim.spec.levers import Refused, levers, read_day, tables
from aft_sim.spec.register import Register, Value
from aft_sim.spec.sets import check_trust_reference

SCHEMA = 1
NAME_RULE = 'lower-case letters, digits and hyphens, such as "aft-wide"'
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HEADER = ("schema", "name", "title", "question", "extends", "order")
_TOP = (*_HEADER, *tables(), "parameters", "change")
_CHANGE = ("parameter", "from", "value", "trusts", "why")
_EXPECTED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "tuple_type": 'a list such as ["RTF", "set:first-wave"]',
    "model_type": "a table",
}


@dataclass(frozen=True, slots=True)
class Change:
    """A dated change of a parameter.

    Attributes:
        parameter: Name in the register.
        start: First day on which the value holds.
        value: In the parameter's unit.
        trusts: Codes and "set:..." references it is limited to, or None for all.
        why: The reason given.
        origin: Where it was written.
    """

    parameter: str
    start: date
    value: Value
    trusts: tuple[str, ...] | None
    why: str
    origin: Origin

    @property
    def key(self) -> tuple[str, date, frozenset[str] | None]:
        """What makes two changes the same: a later file with the same key replaces the earlier."""
        return self.parameter, self.start, None if self.trusts is None else frozenset(self.trusts)

    @property
    def path(self) -> str:
        """How a list of settings names it: "NAME from DATE" or "NAME from DATE at TRUSTS"."""
        at = f" at {', '.join(sorted(self.trusts))}" if self.trusts else ""
        return f"{self.parameter} from {self.start}{at}"


@dataclass
class Content:
    """What a layer says, checked.

    Attributes:
        levers: Values of typed tables as written, by table.
        parameters: Run-wide values by parameter, in the parameters' units.
        changes: Dated changes in the order of the file, with the position in it.
        origins: Where each value was written, by path.
        problems: All mistakes of the layer.
    """

    levers: dict[str, dict[str, Any]] = field(default_factory=dict)
    parameters: dict[str, Value] = field(default_factory=dict)
    changes: list[tuple[int, Change]] = field(default_factory=list)
    origins: dict[str, Origin] = field(default_factory=dict)
    problems: list[InputError] = field(default_factory=list)


def is_name(text: str) -> bool:
    """Return whether a text may name a scenario."""
    return _NAME.fullmatch(text) is not None


def check_layer(layer: Layer, register: Register) -> Content:
    """Return what a layer says and everything that is wrong with it."""
    content = Content()
    content.problems += _header_problems(layer)
    for name in tables():
        table = layer.table.get(name, {})
        if not isinstance(table, dict):
            found = InputError(f"{name} must be a table", where=layer.place(name), found=table, expected=f"[{name}]")
            content.problems.append(found)
            continue
        content.levers[name] = table
        content.problems += _lever_problems(name, table, layer)
        content.origins |= {_dotted(path): layer.origin(*path) for path in _leaves(table, (name,))}
    _read_parameters(layer, register, content)
    _read_changes(layer, register, content)
    content.problems.sort(key=_line)
    return content


def _line(problem: InputError) -> int:
    """Return the line a problem names, so that problems come in the order of the file."""
    digits = (problem.where or "").rpartition(":")[2]
    return int(digits) if digits.isdigit() else 0


def _header_problems(layer: Layer) -> Iterator[InputError]:
    table = layer.table
    for key in table:
        if key not in _TOP:
            hint = did_you_mean(key, _TOP)
            if key in register_heads():
                hint = f"Parameters stand in the table [parameters], such as parameters.{key}."
            yield InputError("unknown key", where=layer.place(key), found=key, expected=", ".join(_TOP), hint=hint)
    yield from _schema_problems(layer)
    if "order" in table and "extends" not in table:
        yield InputError("order needs extends", where=layer.place("order"), found=table["order"])
    name = table.get("name")
    if not isinstance(name, str) or not is_name(name):
        yield InputError(
            "a scenario needs a name",
            where=layer.place("name"),
            found=name,
            expected=NAME_RULE,
        )
    for key in ("title", "question"):
        text = table.get(key, "" if key == "question" else None)
        if not isinstance(text, str) or (key == "title" and not text.strip()):
            yield InputError(f"a scenario needs a {key}", where=layer.place(key), found=text, expected="a text")


def _schema_problems(layer: Layer) -> Iterator[InputError]:
    """Refuse files of another version of the format, and say how to bring them over."""
    version, where = layer.table.get("schema"), layer.place("schema")
    expected = f"schema = {SCHEMA}"
    if version == SCHEMA and not isinstance(version, bool):
        return
    if not isinstance(version, int) or isinstance(version, bool):
        yield InputError("schema must be given", where=where, found=version, expected=expected)
    elif version > SCHEMA:
        yield InputError(
            "the file is written for a newer aft-sim",
            where=where,
            found=f"schema = {version}",
            expected=f"{expected}, the newest this version reads",
            hint="Update aft-sim, or write the file in the older form (aft-sim show schema prints it).",
        )
    else:
        yield InputError(
            "there is no such version of the file format",
            where=where,
            found=f"schema = {version}",
            expected=f"{expected}, the first one",
            hint="To bring a file over, set the number and run aft-sim check: it names every key that has to change.",
        )


def register_heads() -> frozenset[str]:
    """Return the first words of parameter names ("referrals", "removals", ...) that are not tables."""
    return frozenset(name.split(".")[0] for name in Register.load()) - set(tables())


def _lever_problems(name: str, table: Mapping[str, Any], layer: Layer) -> Iterator[InputError]:
    known = levers()
    if name == "aft" and "from_" in table:  # the name of the field in Python, not of the key in a file
        where = layer.place(name, "from_")
        yield InputError("unknown key", where=where, found="from_", hint='Did you mean "from"?')
        table = {key: value for key, value in table.items() if key != "from_"}
    try:
        tables()[name].model_validate(table)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if detail["type"] != "missing":
                yield _lever_problem((name, *detail["loc"]), dict(detail), layer)
    for path in _leaves(table, (name,)):
        lever = known.get(_dotted(path))
        if lever and not lever.active and _value_at(table, path[1:]) is True:
            yield InputError(
                f"{lever.path} is not active, so setting it would change nothing",
                where=layer.place(*path),
                hint=lever.why_inactive,
            )


def _lever_problem(path: tuple[str | int, ...], detail: Mapping[str, Any], layer: Layer) -> InputError:
    """Turn one finding of the schema into a message in the words of the file."""
    where, found, kind = layer.place(*path), detail["input"], detail["type"]
    if kind == "extra_forbidden":
        prefix = _dotted(path[:-1]) + "."
        options = list(dict.fromkeys(p.removeprefix(prefix).split(".")[0] for p in levers() if p.startswith(prefix)))
        key = str(path[-1])
        hint = did_you_mean(key, options)
        if f"{prefix}{key}" in Register.load():
            hint = f"This is a parameter: write it in the table [parameters], as {prefix}{key}."
        return InputError(
            f"unknown key in {_dotted(path[:-1])}",
            where=where,
            found=key,
            expected=", ".join(options),
            hint=hint,
        )
    context = detail.get("ctx", {})
    refused = context.get("error")
    if isinstance(refused, Refused):
        problem = refused.problem
        what = f"{_dotted(path)}: {problem.what}"
        return InputError(what, where=where, found=problem.found, expected=problem.expected, hint=problem.hint)
    expected = _EXPECTED.get(kind, str(detail["msg"]).lower())
    for bound, words in (("ge", "at least"), ("le", "at most")):
        if bound in context:
            expected = f"{words} {context[bound]}"
    hint = None
    if kind == "literal_error":
        options = re.findall(r"'([^']*)'", str(context.get("expected", "")))
        expected = " or ".join(f'"{option}"' for option in options)
        hint = did_you_mean(str(found), options)
    return InputError(f"{_dotted(path)} has a wrong value", where=where, found=found, expected=expected, hint=hint)


def _read_parameters(layer: Layer, register: Register, content: Content) -> None:
    table = layer.table.get("parameters", {})
    if not isinstance(table, dict):
        where = layer.place("parameters")
        content.problems.append(InputError("parameters must be a table", where=where, found=table))
        return
    for path in _leaves(table, ("parameters",)):
        name, origin = ".".join(str(part) for part in path[1:]), layer.origin(*path)
        try:
            value = register.accept(name, _value_at(table, path[1:]), str(origin))
        except InputError as error:
            content.problems.append(error)
            continue
        if name in content.parameters:
            content.problems.append(InputError("a parameter is set twice", where=str(origin), found=name))
        content.parameters[name] = value
        content.origins[f"parameters.{name}"] = origin


def _read_changes(layer: Layer, register: Register, content: Content) -> None:
    entries = layer.table.get("change", [])
    if not isinstance(entries, list):
        where = layer.place("change")
        content.problems.append(InputError("changes are written as [[change]]", where=where, found=entries))
        return
    seen = set()
    for position, entry in enumerate(entries):
        try:
            change = _read_change(layer, position, entry, register, content.problems)
        except InputError as error:
            content.problems.append(error)
            continue
        if change is None:
            continue
        if change.key in seen:
            found = f"{change.parameter} from {change.start}"
            content.problems.append(InputError("a change is given twice", where=str(change.origin), found=found))
        seen.add(change.key)
        content.changes.append((position, change))


def _read_change(
    layer: Layer, position: int, entry: object, register: Register, problems: list[InputError]
) -> Change | None:
    """Read one dated change; None if it has problems, which are added to `problems`."""
    origin = layer.origin("change", position)
    if not isinstance(entry, dict):
        raise InputError("a change must be a table", where=str(origin), found=entry, expected="[[change]]")
    before = len(problems)

    def place(*path: str | int) -> str:
        return layer.place("change", position, *path)

    for key in entry:
        if key not in _CHANGE:
            hint = did_you_mean(str(key), _CHANGE)
            text = ", ".join(_CHANGE)
            problems.append(
                InputError("unknown key in a change", where=place(key), found=key, expected=text, hint=hint)
            )
    for key in ("parameter", "from", "value"):
        if key not in entry:
            problems.append(InputError(f"a change needs {key}", where=place()))
    name, value, start = entry.get("parameter"), None, None
    if "parameter" in entry and "value" in entry:
        try:
            known = register.get_checked(name, place("parameter")) if isinstance(name, str) else None
            if known is None:
                raise InputError("parameter must be a name", where=place("parameter"), found=name)
            value = register.accept(known.name, entry["value"], place("value" if known.active else "parameter"))
        except InputError as error:
            problems.append(error)
    if "from" in entry:
        try:
            start = read_day(entry["from"])
        except Refused as refused:
            bad = refused.problem
            problems.append(InputError(bad.what, where=place("from"), found=bad.found, expected=bad.expected))
    why = entry.get("why", "")
    if not isinstance(why, str):
        problems.append(InputError("why must be a text", where=place("why"), found=why))
    trusts = _read_trusts(entry, place("trusts"), place, register, problems)
    if len(problems) > before or value is None or start is None:
        return None
    return Change(str(name), start, value, trusts, str(why), origin)


def _read_trusts(
    entry: Mapping[str, Any],
    where: str,
    place: Callable[..., str],
    register: Register,
    problems: list[InputError],
) -> tuple[str, ...] | None:
    """Read the trusts a change is limited to."""
    if "trusts" not in entry:
        return None
    trusts, name = entry["trusts"], entry.get("parameter")
    if not isinstance(trusts, list | tuple) or not trusts:
        expected = 'a list such as ["RTF", "set:first-wave"]'
        problems.append(InputError("trusts must be a list", where=where, found=trusts, expected=expected))
        return None
    if isinstance(name, str) and name in register and not register[name].per_trust:
        allowed = ", ".join(p.name for p in register.values() if p.per_trust)
        what = f"{name} is one figure for England and cannot be set for single trusts"
        problems.append(InputError(what, where=where, expected=f"no trusts, or one of {allowed}"))
    for index, trust in enumerate(trusts):
        try:
            check_trust_reference(trust, place("trusts", index))
        except InputError as error:
            problems.append(error)
    return tuple(str(trust) for trust in trusts)


def _leaves(table: Mapping[str, Any], prefix: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield the key path of every value that is not a table, and of list elements."""
    for key, value in table.items():
        path = (*prefix, key)
        if isinstance(value, dict) and value:
            yield from _leaves(value, path)
        else:
            yield path
            if prefix[0] != "parameters" and isinstance(value, list | tuple):
                yield from ((*path, index) for index in range(len(value)))


def _value_at(table: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        table = table[key]
    return table


def _dotted(path: Iterable[str | int]) -> str:
    """Return a key path as text: aft.designated[0]."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
