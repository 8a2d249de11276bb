"""Scenarios: what a run tries, read from TOML files, frozen and hashed.

A file may extend another; the result is one flat set of levers, run-wide parameter values and dated
changes in which every value knows the file and line it came from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.files import Layer, Origin, read_chain, shipped_scenarios
from aft_sim.spec.layers import SCHEMA, Change, Content, check_layer
from aft_sim.spec.levers import TABLES, AftLevers, CapitalLevers, levers
from aft_sim.spec.register import Register, Value

__all__ = ["Change", "Origin", "Scenario", "load_scenario", "shipped_scenarios"]


class FrozenDict(dict[Any, Any]):
    """A dictionary that refuses changes and travels between processes."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("a scenario is frozen: use with_changes")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from a plain dictionary."""
        return FrozenDict, (dict(self),)


@dataclass(frozen=True)
class Scenario:
    """One scenario, resolved.

    Attributes:
        name: Short name.
        title: One line for readers.
        question: What it asks; may be empty.
        schema: Version of the file format.
        aft: Levers of advanced foundation trust status.
        capital: Levers of the capital regime.
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
    aft: AftLevers
    capital: CapitalLevers
    changes: tuple[Change, ...]
    parameters: Mapping[str, Value]
    origins: Mapping[str, Origin] = field(repr=False, compare=False)
    chain: tuple[str, ...] = field(repr=False, compare=False)
    layers: tuple[Layer, ...] = field(repr=False, compare=False)

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

    def levers(self) -> dict[str, object]:
        """Return the value of every lever by path ("aft.freedoms.approval"), defaults included."""
        return {path: _lever_value(self, path) for path in levers()}

    def flat(self) -> dict[str, object]:
        """Return all that the scenario sets, by path, for printing and for differences.

        Levers come with their defaults; parameters only where set; a dated change has the path
        "NAME from DATE" or "NAME from DATE at TRUSTS".
        """
        table = self.levers() | {f"parameters.{name}": value for name, value in self.parameters.items()}
        for change in self.changes:
            at = f" at {', '.join(change.trusts)}" if change.trusts else ""
            table[f"{change.parameter} from {change.start}{at}"] = change.value
        return table

    def where(self, path: str) -> str | None:
        """Return "file:line" of a path of `origins`, or None for a default."""
        origin = self.origins.get(path)
        return None if origin is None else str(origin)

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
        return _resolve((*self.layers, Layer(source, table, None)), problems, known, self.chain, source)


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
    layers, problems = read_chain(reference)
    chain = tuple(layer.file for layer in layers)
    return _resolve(tuple(layers), problems, register or Register.load(), chain, str(reference))


def _resolve(
    layers: tuple[Layer, ...],
    problems: Iterable[InputError],
    register: Register,
    chain: tuple[str, ...],
    where: str,
) -> Scenario:
    """Check all layers, merge them base first, and check what only the whole can show."""
    contents = [check_layer(layer, register) for layer in layers]
    found = [*problems, *(problem for content in reversed(contents) for problem in content.problems)]
    merged: dict[str, dict[str, Any]] = {name: {} for name in TABLES}
    parameters: dict[str, Value] = {}
    origins: dict[str, Origin] = {}
    for content in contents:
        for name, table in content.levers.items():
            _forget(origins, name, table)
            _merge(merged[name], table)
        parameters |= content.parameters
        origins |= content.origins
    if not found:
        found += _missing(merged, layers[-1])
    if found:
        raise InputErrors(found, where)
    changes = _merge_changes(contents, layers, origins)
    leaf = layers[-1].table
    return Scenario(
        name=leaf["name"],
        title=leaf["title"],
        question=leaf.get("question", ""),
        schema=SCHEMA,
        aft=AftLevers.model_validate(merged["aft"]),
        capital=CapitalLevers.model_validate(merged["capital"]),
        changes=changes,
        parameters=FrozenDict(sorted(parameters.items())),
        origins=FrozenDict(origins),
        chain=chain,
        layers=layers,
    )


def _merge_changes(
    contents: list[Content], layers: tuple[Layer, ...], origins: dict[str, Origin]
) -> tuple[Change, ...]:
    """Return all changes in canonical order; a later layer replaces the same change of an earlier one."""
    kept: dict[object, tuple[Layer, int, Change]] = {}
    for layer, content in zip(layers, contents, strict=True):
        for position, change in content.changes:
            kept[change.key] = (layer, position, change)
    ordered = sorted(
        kept.values(),
        key=lambda item: (
            item[2].start,
            item[2].parameter,
            item[2].trusts is not None,
            sorted(item[2].trusts or ()),
        ),
    )
    for index, (layer, position, change) in enumerate(ordered):
        origins[f"change[{index}]"] = change.origin
        origins[f"change[{index}].value"] = layer.origin("change", position, "value")
        for trust in range(len(change.trusts or ())):
            origins[f"change[{index}].trusts[{trust}]"] = layer.origin("change", position, "trusts", trust)
    return tuple(change for _, _, change in ordered)


def _missing(merged: Mapping[str, Mapping[str, Any]], leaf: Layer) -> list[InputError]:
    """Return one problem for each required lever that no layer sets."""
    problems = []
    for name, model in TABLES.items():
        for key, info in model.model_fields.items():
            if info.is_required() and key not in merged[name]:
                options = getattr(info.annotation, "__args__", ())
                expected = " or ".join(f'"{option}"' for option in options)
                place = leaf.place(name, key)
                problems.append(
                    InputError(f"{name}.{key} must be chosen", where=place, expected=expected, hint=info.description)
                )
    return problems


def _merge(base: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict):
            kept = base.get(key)
            base[key] = dict(kept) if isinstance(kept, dict) else {}
            _merge(base[key], value)
        else:
            base[key] = value


def _forget(origins: dict[str, Origin], name: str, table: Mapping[str, Any]) -> None:
    """Drop the origins of list elements that a later layer replaces."""
    for key in table:
        for path in [path for path in origins if path.startswith(f"{name}.{key}[")]:
            del origins[path]


def _put(table: dict[str, Any], path: list[str], value: object) -> None:
    for key in path[:-1]:
        table = table.setdefault(key, {})
    table[path[-1]] = value


def _lever_value(scenario: Scenario, path: str) -> object:
    parts = path.split(".")
    value: object = getattr(scenario, parts[0])
    for part in parts[1:]:
        fields = type(value).model_fields if isinstance(value, BaseModel) else {}
        value = getattr(value, next((name for name, info in fields.items() if info.alias == part), part))
    return value


def _plain(value: object) -> object:
    """Return a lever's value as JSON knows it; the order of trusts does not count."""
    if isinstance(value, tuple):
        return sorted(set(value))
    return value if isinstance(value, bool | int | float | str) else str(value)
