"""Worlds between two scenarios: some of the differences taken from one, the rest from the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.differences import Difference, differences
from aft_sim.spec.layers import SCHEMA, Change
from aft_sim.spec.levers import levers
from aft_sim.spec.scenario import Scenario, scenario_of

MOST_PARTS = 6
"""Parts of a difference that can be told apart: every subset of them is a world to run, 64 for six."""


@dataclass(frozen=True)
class Part:
    """One or more differences between two scenarios that go together.

    Attributes:
        name: The only difference's path, or the name a user gave.
        differences: What it changes.
    """

    name: str
    differences: tuple[Difference, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths of what it changes."""
        return tuple(one.path for one in self.differences)

    @property
    def words(self) -> str:
        """What it changes: "old → new", with paths where there are several."""
        texts = [f"{one.old or 'not set'} → {one.new or 'not set'}" for one in self.differences]
        if len(texts) == 1:
            return texts[0]
        return "; ".join(f"{one.path}: {text}" for one, text in zip(self.differences, texts, strict=True))


def parts_between(base: Scenario, policy: Scenario, groups: Mapping[str, Sequence[str]] | None = None) -> list[Part]:
    """Return what differs from one scenario to another, in parts: each difference is one unless it is grouped.

    Args:
        base: Where to start.
        policy: Where to end.
        groups: Paths by name of a part. "aft.freedoms" stands for all below it, a parameter for its dated changes too.

    Raises:
        InputError: Nothing differs, a path that does not differ or is in two parts, more than `MOST_PARTS` parts.
    """
    found = differences(base, policy)
    if not found:
        raise InputError(
            f"{policy.name} and {base.name} set the same: there is nothing to explain",
            where="--vs",
            found=base.name,
            expected="a scenario that differs",
        )
    taken: dict[str, str] = {}
    for name, asked in (groups or {}).items():
        for path in asked:
            for one in _matching(path, name, found):
                if taken.setdefault(one.path, name) != name:
                    raise InputError(f"{one.path} stands in two parts", where=f"--part {name}", found=path)
    names = list(dict.fromkeys(taken.get(one.path, one.path) for one in found))
    parts = [Part(name, tuple(one for one in found if taken.get(one.path, one.path) == name)) for name in names]
    if len(parts) > MOST_PARTS:
        raise InputError(
            f"{len(parts)} parts differ, and {MOST_PARTS} can be told apart",
            found=", ".join(names),
            hint=f"Group some: --part NAME={','.join(_example(names))}",
        )
    return parts


def mixed(base: Scenario, policy: Scenario, parts: Iterable[Part], name: str) -> Scenario:
    """Return the world with some parts of the policy and all else as in the base.

    Args:
        base: Where the rest comes from.
        policy: Where the parts come from.
        parts: What is taken from the policy.
        name: Name of the result.

    Raises:
        InputErrors: The parts do not make a scenario by themselves.
    """
    chosen = tuple(parts)
    paths = {path for part in chosen for path in part.paths}
    title = f"{base.name} with {' and '.join(part.name for part in chosen) or 'nothing'} of {policy.name}"
    table: dict[str, Any] = {"schema": SCHEMA, "name": name, "title": title}
    ours, theirs = base.levers(), policy.levers()
    for path in levers():
        value = (theirs if path in paths else ours)[path]
        *above, last = path.split(".")
        place = table
        for key in above:
            place = place.setdefault(key, {})
        place[last] = list(value) if isinstance(value, tuple) else value
    wanted = dict(base.parameters) | dict(policy.parameters)
    table["parameters"] = {
        key: source.parameters[key] for key in wanted if key in (source := policy if key in paths else base).parameters
    }
    table["change"] = [
        _change(one) for scenario, own in ((base, False), (policy, True)) for one in scenario.changes
        if (one.path in paths) is own
    ]  # fmt: skip
    try:
        return scenario_of(table, title)
    except InputErrors as error:
        raise InputErrors(
            [
                InputError(p.what, where=title, found=p.found, expected=p.expected, hint=f"{p.hint or ''} {_TOGETHER}")
                for p in error.problems
            ]
        ) from None


_TOGETHER = "These differences cannot be taken apart: group them with --part NAME=PATH,PATH."


def read_parts(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return groups given as NAME=PATH,PATH.

    Raises:
        InputError: Not of this form, or a name given twice.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, paths = text.partition("=")
        listed = tuple(path.strip() for path in paths.split(",") if path.strip())
        if not equals or not name.strip() or not listed:
            raise InputError("not a part", where="--part", found=text, expected="NAME=PATH,PATH")
        if name.strip() in groups:
            raise InputError("a part is given twice", where="--part", found=name.strip())
        groups[name.strip()] = listed
    return groups


def _matching(asked: str, name: str, found: Sequence[Difference]) -> list[Difference]:
    path = asked.removeprefix("parameters.")
    hits = [one for one in found if one.path == path or one.path.startswith((f"{path}.", f"{path} from "))]
    if not hits:
        known = [one.path for one in found]
        raise InputError(
            "this does not differ between the two scenarios",
            where=f"--part {name}",
            found=asked,
            expected="one of " + ", ".join(known),
            hint=did_you_mean(path, known),
        )
    return hits


def _example(names: Sequence[str]) -> Sequence[str]:
    """Two names that look alike, to show how to group."""
    for first, second in pairwise(names):
        if first.rpartition(".")[0] == second.rpartition(".")[0]:
            return first, second
    return names[:2]


def _change(change: Change) -> dict[str, Any]:
    table: dict[str, Any] = {"parameter": change.parameter, "from": change.start, "value": change.value}
    if change.trusts is not None:
        table["trusts"] = list(change.trusts)
    if change.why:
        table["why"] = change.why
    return table
