"""What differs between two scenarios, path by path, with units, sources and places."""

from __future__ import annotations

from dataclasses import dataclass

from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register, Value
from aft_sim.spec.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Difference:
    """One path that holds different values in two scenarios.

    Attributes:
        path: Lever, parameter, or "PARAMETER from DATE" for a dated change.
        old: Value in the first scenario, as a file would write it; None where a dated change is not in it.
        new: Value in the second.
        unit: Unit of a parameter, empty for levers.
        source: Where the policy or the figure comes from.
        old_where: "file:line" of the old value, "register" or "default".
        new_where: The same of the new value.
    """

    path: str
    old: str | None
    new: str | None
    unit: str
    source: str
    old_where: str
    new_where: str


def differences(old: Scenario, new: Scenario, register: Register | None = None) -> list[Difference]:
    """Return all that differs between two scenarios: levers first, then parameters, then dated changes by date.

    A value that one scenario sets to what holds in the other by default is no difference.
    """
    known = register or Register.load()
    ours, theirs = old.flat(), new.flat()
    return [
        found
        for path in dict.fromkeys([*ours, *theirs])
        if (found := _difference(path, old, new, ours, theirs, known)) is not None
    ]


def _difference(
    path: str, old: Scenario, new: Scenario, ours: dict[str, object], theirs: dict[str, object], register: Register
) -> Difference | None:
    dated, name = " from " in path, path.removeprefix("parameters.").partition(" from ")[0]
    default = register[name].default if path.startswith("parameters.") else None
    was, now = ours.get(path, default), theirs.get(path, default)
    if was == now or (isinstance(was, tuple) and isinstance(now, tuple) and set(was) == set(now)):
        return None
    parameter = register.get(name)
    without = "not set" if dated else "register" if parameter else "default"
    return Difference(
        path=path.removeprefix("parameters."),
        old=_text(name, was, register),
        new=_text(name, now, register),
        unit=parameter.unit if parameter else "",
        source=parameter.source if parameter else levers()[path].source,
        old_where=old.where_written(path) or without,
        new_where=new.where_written(path) or without,
    )


def _text(name: str, value: object, register: Register) -> str | None:
    if value is None:
        return None
    if name in register:
        shown: Value = value  # type: ignore[assignment]
        return register[name].describe(shown)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
