"""The register of parameters: every number of the model with its range, source and grade.

One entry a parameter, in `spec/tables/register_*.toml`; what is uncertain together stands in `correlations.toml`. A
parameter is either sourced or marked as an assumption, and every value a user gives passes through `Parameter.check`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.correlation import Group, check_groups, read_group, uniforms
from aft_sim.spec.parameters import BASES, GRADES, Parameter, Value, read_parameter
from aft_sim.spec.toml_lines import key_lines, line_of

if TYPE_CHECKING:
    from aft_sim.basis.streams import Streams

__all__ = ["BASES", "GRADES", "Parameter", "Register", "UnknownParameter", "Value"]


class UnknownParameter(InputError, KeyError):
    """A name that the register does not hold."""


class Register(Mapping[str, Parameter]):
    """All parameters by name, in the order of the tables."""

    def __init__(self, parameters: Iterable[Parameter], groups: Iterable[Group] = ()) -> None:
        """Index the parameters; names must be unique and groups consistent (checked by `from_texts`)."""
        self._parameters = {parameter.name: parameter for parameter in parameters}
        self.groups: tuple[Group, ...] = tuple(groups)
        self._group_of = {member: group for group in self.groups for member in group.members}

    @staticmethod
    def load() -> Register:
        """Return the shipped register (read once a process).

        Raises:
            InputErrors: If a table is broken: every problem with file and line.
        """
        return _shipped()

    @staticmethod
    def from_texts(texts: Mapping[str, str]) -> Register:
        """Read a register from TOML texts.

        Args:
            texts: Text by file name.

        Raises:
            InputErrors: All problems of all texts.
        """
        try:
            return _read(texts, with_lines=False)
        except InputErrors:
            # Only a broken register pays for finding lines.
            return _read(texts, with_lines=True)

    def group_of(self, name: str) -> Group | None:
        """Return the correlated group of a parameter, None if it is drawn on its own."""
        return self._group_of.get(name)

    def __getitem__(self, name: str) -> Parameter:
        """Return a parameter.

        Raises:
            UnknownParameter: An InputError with the nearest names.
        """
        return self.get_checked(name)

    def __contains__(self, name: object) -> bool:
        """Return whether there is a parameter with this name."""
        return name in self._parameters

    def __iter__(self) -> Iterator[str]:
        """Iterate over names."""
        return iter(self._parameters)

    def __len__(self) -> int:
        """Return the number of parameters."""
        return len(self._parameters)

    def get_checked(self, name: str, where: str | None = None) -> Parameter:
        """Return a parameter; the error names `where`.

        Raises:
            UnknownParameter: An InputError with the nearest names.
        """
        try:
            return self._parameters[name]
        except KeyError:
            raise UnknownParameter(
                "unknown parameter",
                where=where,
                found=name,
                hint=did_you_mean(name, self) or "See aft-sim list parameters.",
            ) from None

    def accept(self, name: str, value: object, where: str | None = None) -> Value:
        """Return a user's value for a parameter that the model reads.

        Raises:
            InputError: Unknown or inactive parameter, or a value that `Parameter.check` refuses.
        """
        parameter = self.get_checked(name, where)
        if not parameter.active:
            raise InputError(
                f"{name} is not active, so setting it would change nothing",
                where=where,
                hint=parameter.why_inactive,
            )
        return parameter.check(value, where)

    def defaults(self) -> dict[str, Value]:
        """Return a new plain dictionary of all central values, in the parameters' units."""
        return {name: parameter.default for name, parameter in self._parameters.items()}

    def number(self, name: str) -> float:
        """Return the central value of a numeric parameter as a plain float.

        Raises:
            InputError: Unknown name, or a choice or switch.
        """
        parameter = self[name]
        if parameter.kind != "number" or isinstance(parameter.default, bool | str):
            raise InputError(f"{name} is a {parameter.kind}, not a number")
        return parameter.default

    def draw(self, source: Streams, names: Iterable[str] | None = None) -> dict[str, Value]:
        """Return values drawn from the priors, one uniform a parameter from the root of ignorance.

        A parameter's own uniform depends on the draw and its name only, so adding a parameter moves no other one.
        Members of a correlated group mix it with the group's shared deviate (`correlation.uniforms`).

        Args:
            source: Streams of the run; only `source.draw` matters.
            names: Parameters to draw, all by default; the others keep their central values.

        Returns:
            All parameters by name.
        """
        values = self.defaults()
        drawn = list(self if names is None else names)
        for name, u in zip(drawn, uniforms(source, drawn, self._group_of), strict=True):
            values[name] = self[name].quantile(u)
        return values

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that can change a result: figures of active parameters and their groups.

        Inactive parameters do not count, because nothing reads them; nor do words, sources and grades.
        """
        content: list[list[Any]] = []
        for p in self._parameters.values():
            if p.active:
                numbers = [p.default, p.low, p.high, p.minimum, p.maximum]
                content.append([p.name, p.unit, numbers, p.prior.form, dict(p.prior.arguments), list(p.options)])
        for group in self.groups:
            members = sorted(member for member in group.members if self[member].active)
            if members:
                content.append([f"group {group.name}", group.rank_correlation, members])
        text = json.dumps(sorted(content, key=lambda row: str(row[0])), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def _shipped() -> Register:
    folder = resources.files("aft_sim.spec") / "tables"
    files = [f for f in folder.iterdir() if f.name.startswith("register") or f.name == "correlations.toml"]
    return Register.from_texts({f.name: f.read_text("utf-8") for f in sorted(files, key=lambda f: f.name)})


def _read(texts: Mapping[str, str], with_lines: bool) -> Register:
    """Read all texts; without lines, problems name the file only."""
    problems: list[InputError] = []
    found: dict[str, Parameter] = {}
    groups: dict[str, Group] = {}
    places: dict[str, str] = {}
    for file, text in texts.items():
        lines = key_lines(text) if with_lines else {}
        document = tomllib.loads(text)
        for key in document.keys() - {"parameter", "group"}:
            problems.append(InputError("unknown table", where=f"{file}:{line_of(lines, (key,))}", found=key))
        for table in ("parameter", "group"):
            for position, entry in enumerate(document.get(table, [])):
                place = f"{file}:{line_of(lines, (table, position))}"
                known: dict[str, Any] = found if table == "parameter" else groups
                try:
                    item = read_parameter(entry, place) if table == "parameter" else read_group(entry, place)
                except InputError as error:
                    problems.append(error)
                    continue
                if item.name in known:
                    problems.append(InputError(f"a {table} is given twice", where=place, found=item.name))
                known[item.name] = item
                places[f"{table} {item.name}"] = place
    for name in found:
        parts = name.split(".")
        if any(".".join(parts[:length]) in found for length in range(1, len(parts))):
            where = places[f"parameter {name}"]
            problems.append(InputError("a name begins with another name", where=where, found=name))
    if not problems:
        problems += check_groups(groups.values(), found, {g: places[f"group {g}"] for g in groups})
    if problems:
        raise InputErrors(problems)
    return Register(found.values(), groups.values())
