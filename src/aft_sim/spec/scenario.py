"""Scenarios: what a run tries, read from TOML files, frozen and hashed.

A file may extend others; the result is one flat set of levers, run-wide parameter values and dated
changes in which every value knows the file and line it came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, cast

from pydantic import BaseModel

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.files import Junction, Layer, Origin, join, read_chain, shipped_scenarios
from aft_sim.spec.layers import SCHEMA, Change
from aft_sim.spec.levers import (
    AftLevers,
    BoardLevers,
    CapitalLevers,
    IhoLevers,
    LeverTable,
    MoneyLevers,
    OversightLevers,
    ShiftLevers,
    levers,
)
from aft_sim.spec.register import Register, Value
from aft_sim.spec.resolve import resolve

__all__ = ["Change", "Origin", "Scenario", "compose", "load_scenario", "scenario_of", "shipped_scenarios"]


class FrozenDict(dict[Any, Any]):
    """A dictionary that refuses changes and travels between processes."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a scenario is frozen: use with_changes")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from a plain dictionary."""
        return FrozenDict, (dict(self),)


@dataclass(frozen=True, repr=False)
class Scenario:
    """One scenario, resolved.

    Attributes:
        name: Short name.
        title: One line for readers.
        question: What it asks; may be empty.
        schema: Version of the file format.
        tables: Levers by table ("aft", "capital"); see also `aft` and `capital`.
        changes: Dated changes by date, parameter and generality (all trusts before named trusts), so that
            applying them in order lets the specific win.
        parameters: Run-wide values by parameter, in the parameters' units.
        origins: Where each value was written, by path: "aft.designated[0]", "capital.limit_rule",
            "parameters.NAME", "change[0]", "change[0].trusts[1]"; defaults have none.
        chain: Files from base to leaf.
        layers: The checked sources, from which `with_changes` starts.
    """

    name: str
    title: str
    question: str
    schema: int
    tables: Mapping[str, LeverTable]
    changes: tuple[Change, ...]
    parameters: Mapping[str, Value]
    origins: Mapping[str, Origin] = field(repr=False, compare=False)
    chain: tuple[str, ...] = field(repr=False, compare=False)
    layers: tuple[Layer, ...] = field(repr=False, compare=False)

    @property
    def aft(self) -> AftLevers:
        """Levers of advanced foundation trust status."""
        return cast(AftLevers, self.tables["aft"])

    @property
    def capital(self) -> CapitalLevers:
        """Levers of the capital regime."""
        return cast(CapitalLevers, self.tables["capital"])

    @property
    def boards(self) -> BoardLevers:
        """Levers of how boards decide."""
        return cast(BoardLevers, self.tables["boards"])

    @property
    def money(self) -> MoneyLevers:
        """Levers of the capital regime."""
        return cast(MoneyLevers, self.tables["money"])

    @property
    def oversight(self) -> OversightLevers:
        """Levers of oversight."""
        return cast(OversightLevers, self.tables["oversight"])

    @property
    def iho(self) -> IhoLevers:
        """Levers of population budgets."""
        return cast(IhoLevers, self.tables["iho"])

    @property
    def shift(self) -> ShiftLevers:
        """Levers of the shift from hospitals to communities and prevention."""
        return cast(ShiftLevers, self.tables["shift"])

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what can change a result: levers, parameters and changes.

        Names, titles, reasons, comments, order and layout of files do not count.
        """
        content = {
            "schema": self.schema,
            "levers": {path: _plain(value) for path, value in self.levers().items()},
            "parameters": dict(self.parameters),
            "changes": [
                [c.parameter, c.start.isoformat(), c.value, None if c.trusts is None else _plain(c.trusts)]
                for c in self.changes
            ],
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def __hash__(self) -> int:
        """Hash by content and name."""
        return hash((self.name, self.hash))

    def __repr__(self) -> str:
        """Return what `str` returns, so that a notebook shows it."""
        return str(self)

    def __str__(self) -> str:
        """Return the name, the title and what is set other than by default, a line each."""
        lines = [f"{self.name}: {self.title}", f"  from {' > '.join(self.chain)}"]
        register, defaults = Register.load(), {path: lever.default for path, lever in levers().items()}
        for path, value in self.flat().items():
            if path in defaults and value == defaults[path]:
                continue
            name = path.removeprefix("parameters.").partition(" from ")[0]
            shown = register[name].describe(cast(Value, value)) if name in register else _shown(value)
            place = self.where_written(path)
            lines.append(f"  {path} = {shown}" + (f"  ({place})" if place else ""))
        return "\n".join(lines)

    def levers(self) -> dict[str, object]:
        """Return the value of every lever by path ("aft.freedoms.approval"), defaults included."""
        return {path: _lever_value(self, path) for path in levers()}

    def flat(self) -> dict[str, object]:
        """Return all that the scenario sets, by path, for printing and for differences.

        Levers come with their defaults; parameters only where set; a dated change has the path
        "NAME from DATE" or "NAME from DATE at TRUSTS".
        """
        table = self.levers() | {f"parameters.{name}": value for name, value in self.parameters.items()}
        return table | {change.path: change.value for change in self.changes}

    def where(self, path: str) -> str | None:
        """Return "file:line" of a path of `origins`, or None for a default."""
        origin = self.origins.get(path)
        return None if origin is None else str(origin)

    def where_written(self, path: str) -> str | None:
        """Return "file:line" of a path of `flat()`, or None for a default."""
        for change in self.changes:
            if change.path == path:
                return str(change.origin)
        tried = (path, f"{path}[0]", path.rpartition(".")[0])
        return next((where for p in tried if (where := self.where(p))), None)

    @property
    def extended(self) -> Scenario | None:
        """What it extends, resolved; None if it extends nothing."""
        if len(self.layers) < 2:
            return None
        below = self.layers[:-1]
        stated = self.layers[-1].table.get("extends")
        name = " + ".join(stated) if isinstance(stated, list) else below[-1].table["name"]
        return replace(_scenario(below, (), (), Register.load(), name), name=name)

    def with_changes(self, name: str, changes: Mapping[str, object], *, register: Register | None = None) -> Scenario:
        """Return a scenario that differs in the values given.

        Args:
            name: Its name.
            changes: Values by path: levers ("capital.limit_rule", "aft.freedoms.approval"), parameters by
                name ("removals.share_of_starts"), "title", "question", or "change" with a list of dated
                changes as tables ({"parameter": ..., "from": ..., "value": ...}) to add.
            register: Another register than the shipped one.

        Raises:
            InputErrors: Unknown paths and values that are not allowed, all in one.
        """
        known = register or Register.load()
        source = f"with_changes({name!r})"
        if not isinstance(changes, Mapping) or not all(isinstance(path, str) for path in changes):
            raise InputError(
                "changes are values by path", where=source, found=changes, expected='such as {"capital.delivery": 0.5}'
            )
        table: dict[str, Any] = {
            "schema": SCHEMA,
            "name": name,
            "title": changes.get("title", f"{self.title} ({name})"),
            "question": changes.get("question", self.question),
        }
        problems: list[InputError] = []
        paths = {path.rpartition(".")[0] for path in levers()} | set(levers())
        for path, value in changes.items():
            if path in ("title", "question"):
                continue
            if path == "change":
                table["change"] = list(value) if isinstance(value, list | tuple) else value
            elif path in paths:
                _put(table, path.split("."), value)
            elif path.removeprefix("parameters.") in known:
                _put(table, ["parameters", path.removeprefix("parameters.")], value)
            else:
                options = [*levers(), *known, "change", "title", "question"]
                hint = did_you_mean(path.removeprefix("parameters."), options)
                problems.append(InputError("unknown path", where=source, found=path, hint=hint))
        layers = (*self.layers, Layer(source, table, None))
        return _scenario(layers, (), problems, known, source)

    def to_toml(self) -> str:
        """Return the scenario as one file that extends nothing; it loads to the same hash."""
        from aft_sim.spec.write import scenario_text

        return scenario_text(self)

    def save(self, path: str | Path) -> Path:
        """Write `to_toml()` to a file and return its path.

        Raises:
            InputError: The file is there already, or does not end in .toml.
        """
        from aft_sim.spec.write import write_new

        return write_new(Path(path), self.to_toml())


def load_scenario(reference: str | Path, *, register: Register | None = None) -> Scenario:
    """Read a scenario.

    Args:
        reference: Name of a shipped scenario ("baseline"), or a path: it ends in .toml or contains a
            separator. `extends` inside a file looks beside the file first, then among shipped scenarios.
        register: Another register than the shipped one.

    Raises:
        InputErrors: Everything that is wrong in the file and in those it extends, each problem with file and
            line, what was found, what is allowed and the nearest match.
    """
    read = read_chain(reference)
    return _scenario(read.layers, read.junctions, read.problems, register or Register.load(), str(reference))


def compose(
    name: str,
    scenarios: Sequence[Scenario],
    *,
    title: str = "",
    order_stated: bool = False,
    register: Register | None = None,
) -> Scenario:
    """Put several scenarios together, as a file does whose `extends` lists them.

    Args:
        name: Name of the result.
        scenarios: At least two.
        title: Its title; the titles joined if empty.
        order_stated: Whether the order given decides: the later wins. If not, no two of the scenarios may set the
            same path (what they share by descent does not count).
        register: Another register than the shipped one.

    Raises:
        InputErrors: Two scenarios set the same path and no order is stated; a name that is not allowed; fewer than two.
    """
    source = f"compose({name!r})"
    if len(scenarios) < 2:
        raise InputError("nothing to put together", where=source, found=len(scenarios), expected="two scenarios")
    if len({scenario.name for scenario in scenarios}) < len(scenarios):
        names = [scenario.name for scenario in scenarios]
        raise InputError("a scenario stands twice", where=source, found=names, expected="each name once")
    table = {"schema": SCHEMA, "name": name, "title": title or " + ".join(s.title for s in scenarios)}
    branches = tuple((s.name, s.layers) for s in scenarios)
    layers = [*join(layers for _, layers in branches), Layer(source, table, None)]
    junction = Junction(source, None, branches, order_stated)
    return _scenario(layers, (junction,), (), register or Register.load(), source)


def scenario_of(table: Mapping[str, Any], source: str, *, register: Register | None = None) -> Scenario:
    """Return the scenario that a table means, checked as a file would be that extends nothing.

    Args:
        table: As a scenario file holds it: schema, name, title, tables of levers, parameters, change.
        source: Where it comes from, for messages.
        register: Another register than the shipped one.

    Raises:
        InputErrors: All that is wrong with it.
    """
    return _scenario((Layer(source, dict(table), None),), (), (), register or Register.load(), source)


def _scenario(
    layers: Sequence[Layer],
    junctions: Sequence[Junction],
    problems: Sequence[InputError],
    register: Register,
    where: str,
) -> Scenario:
    found = resolve(layers, junctions, problems, register, where)
    leaf = layers[-1].table
    return Scenario(
        name=leaf["name"],
        title=leaf["title"],
        question=leaf.get("question", ""),
        schema=SCHEMA,
        tables=FrozenDict(found.tables),
        changes=found.changes,
        parameters=FrozenDict(sorted(found.parameters.items())),
        origins=FrozenDict(found.origins),
        chain=tuple(layer.file for layer in layers if layer.lines is not None),
        layers=tuple(layers),
    )


def _put(table: dict[str, Any], path: list[str], value: object) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value


def _lever_value(scenario: Scenario, path: str) -> object:
    parts = path.split(".")
    value: object = scenario.tables[parts[0]]
    for part in parts[1:]:
        fields = type(value).model_fields if isinstance(value, BaseModel) else {}
        value = getattr(value, next((name for name, info in fields.items() if info.alias == part), part))
    return value


def _plain(value: object) -> object:
    """Return a lever's value as JSON knows it; the order of trusts does not count."""
    if isinstance(value, tuple):
        return sorted(set(value))
    return value if isinstance(value, bool | int | float | str) else str(value)


def _shown(value: object) -> str:
    """Return a lever's value as a file would write it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{item}"' for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, date | int | float) else f'"{value}"'
