"""From layers to one scenario: values of later layers replace those of earlier ones, with the origin of each.

Layers come from files that extend each other, from several scenarios put together, and from changes made in code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.spec.files import Junction, Layer, Origin
from aft_sim.spec.layers import Change, Content, check_layer
from aft_sim.spec.levers import LeverTable, tables
from aft_sim.spec.register import Register, Value
from aft_sim.spec.sets import PREFIX


@dataclass
class Resolved:
    """What all layers together say.

    Attributes:
        tables: Typed tables of levers by name.
        parameters: Run-wide values by parameter, in the parameters' units.
        changes: Dated changes by date, parameter and generality.
        origins: Where each value was written, by path.
    """

    tables: dict[str, LeverTable] = field(default_factory=dict)
    parameters: dict[str, Value] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    origins: dict[str, Origin] = field(default_factory=dict)


def resolve(
    layers: Sequence[Layer],
    junctions: Iterable[Junction],
    problems: Iterable[InputError],
    register: Register,
    where: str,
) -> Resolved:
    """Check all layers, merge them base first, and check what only the whole can show.

    Args:
        layers: Base first; not empty unless there are problems.
        junctions: Where several scenarios are put together.
        problems: What was already found wrong.
        register: The parameters.
        where: What is read, for the heading of many problems.

    Raises:
        InputErrors: Everything that is wrong.
    """
    contents = [check_layer(layer, register) for layer in layers]
    found = [*problems, *(problem for content in reversed(contents) for problem in content.problems)]
    if not found:
        for junction in junctions:
            if not junction.ordered:
                found += _conflicts(junction, layers, contents)
    out, merged = Resolved(), {name: dict[str, Any]() for name in tables()}
    for content in contents:
        for name, table in content.levers.items():
            _forget(out.origins, name, table)
            _merge(merged[name], table)
        out.parameters |= content.parameters
        out.origins |= content.origins
    if not found:
        found += _missing(merged, layers[-1])
    if found:
        unique = {str(problem): problem for problem in found}  # a file reached on two ways is read twice
        raise InputErrors(unique.values(), where)
    out.tables = {name: model.model_validate(merged[name]) for name, model in tables().items()}
    out.changes = _merge_changes(contents, layers, out.origins)
    return out


def _conflicts(junction: Junction, layers: Sequence[Layer], contents: Sequence[Content]) -> Iterator[InputError]:
    """Yield one problem for each path that two of the scenarios put together set, each in its own way.

    What they share by descent is no conflict, nor is what the file that puts them together sets itself.
    """
    settled = _settings([junction.child] if junction.child else [], layers, contents)
    names = [name for name, _ in junction.branches]
    reported: set[str] = set()
    for second, (_, theirs) in enumerate(junction.branches):
        for first, (_, ours) in enumerate(junction.branches[:second]):
            a = _settings([layer for layer in ours if layer not in theirs], layers, contents)
            b = _settings([layer for layer in theirs if layer not in ours], layers, contents)
            yield from _meeting(junction, names[first], names[second], a, b, settled)
            for path in [p for p in a if p in b and p not in settled and p not in reported]:
                if a[path][0] == b[path][0]:
                    continue
                reported.add(path)
                found = f"{_written(*a[path][:2])} in {names[first]}, {_written(*b[path][:2])} in {names[second]}"
                yield InputError(
                    f"two of the scenarios put together set {path}",
                    where=junction.where,
                    found=_Plain(found),
                    expected=f"the value that shall hold, or the order stated (order = {_list(names)}: the later wins)",
                )


def _meeting(
    junction: Junction, first: str, second: str, a: _Settings, b: _Settings, settled: _Settings
) -> Iterator[InputError]:
    """Yield one problem for each pair of dated changes that name different trusts and may still meet at one."""
    for ours, (_, place, change) in a.items():
        for theirs, (_, other, against) in b.items():
            if change is None or against is None or ours == theirs or {ours, theirs} & set(settled):
                continue
            if may_meet(change, against):
                yield InputError(
                    f"two of the scenarios put together may give one trust two values of {change.parameter} "
                    f"on {change.start}",
                    where=junction.where,
                    found=_Plain(f"{ours} ({place}) in {first}, {theirs} ({other}) in {second}"),
                    expected=f"trusts that do not meet, or the order stated (order = {_list([first, second])}: "
                    "the later wins)",
                )


class _Plain(str):
    """A text that a message shows without quotes."""

    def __repr__(self) -> str:
        return str(self)


def _list(names: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"


def _written(value: object, origin: Origin) -> str:
    shown = list(value) if isinstance(value, tuple) else value
    return f"{shown!r} ({origin})"


_Settings = dict[str, tuple[object, Origin, Change | None]]


def _settings(chosen: Sequence[Layer], layers: Sequence[Layer], contents: Sequence[Content]) -> _Settings:
    """Return what some of the layers set together, by path, with its place, and the change if it is one."""
    out: _Settings = {}
    for layer, content in zip(layers, contents, strict=True):
        if layer not in chosen:
            continue
        for name, table in content.levers.items():
            for path, value in _values(table, name):
                keys = path.split(".")
                out[path] = (tuple(value) if isinstance(value, list) else value, layer.origin(*keys), None)
        for name, number in content.parameters.items():
            out[f"parameters.{name}"] = (number, content.origins[f"parameters.{name}"], None)
        for _, change in content.changes:
            out[change.path] = (change.value, change.origin, change)
    return out


def _values(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _values(value, f"{prefix}.{key}")
        else:
            yield f"{prefix}.{key}", value


def _merge_changes(
    contents: Sequence[Content], layers: Sequence[Layer], origins: dict[str, Origin]
) -> tuple[Change, ...]:
    """Return all changes in the order in which they apply; a later layer replaces the same change of an earlier one.

    Changes that cannot meet at a trust stand in alphabetical order, so that the order of writing does not count.
    """
    kept: dict[object, tuple[Layer, int, Change]] = {}
    for layer, content in zip(layers, contents, strict=True):
        for position, change in content.changes:
            kept.pop(change.key, None)
            kept[change.key] = (layer, position, change)
    groups: dict[tuple[date, str, bool], list[tuple[Layer, int, Change]]] = {}
    for item in kept.values():
        groups.setdefault((item[2].start, item[2].parameter, item[2].trusts is not None), []).append(item)
    ordered: list[tuple[Layer, int, Change]] = []
    for key in sorted(groups):
        group = groups[key]
        if not any(may_meet(a[2], b[2]) for i, a in enumerate(group) for b in group[:i]):
            group = sorted(group, key=lambda item: sorted(item[2].trusts or ()))
        ordered += group
    for index, (layer, position, change) in enumerate(ordered):
        origins[f"change[{index}]"] = change.origin
        origins[f"change[{index}].value"] = layer.origin("change", position, "value")
        for trust in range(len(change.trusts or ())):
            origins[f"change[{index}].trusts[{trust}]"] = layer.origin("change", position, "trusts", trust)
    return tuple(change for _, _, change in ordered)


def may_meet(a: Change, b: Change) -> bool:
    """Return whether two changes may give one trust two values of one parameter on one day.

    A trust named by its code goes before a set, so that only two codes or two sets can meet. Which trusts are in a set
    is not known here.
    """
    if (a.parameter, a.start) != (b.parameter, b.start) or a.value == b.value:
        return False
    if a.trusts is None or b.trusts is None:
        return a.trusts is b.trusts
    codes = [{name for name in c.trusts or () if not name.startswith(PREFIX)} for c in (a, b)]
    sets = [{name for name in c.trusts or () if name.startswith(PREFIX)} for c in (a, b)]
    return bool(codes[0] & codes[1]) or all(sets)


def _missing(merged: Mapping[str, Mapping[str, Any]], leaf: Layer) -> list[InputError]:
    """Return one problem for each required lever that no layer sets."""
    problems = []
    for name, model in tables().items():
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
