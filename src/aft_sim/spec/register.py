"""The register of parameters: every number of the model with its range, source and grade.

One entry a parameter, in `spec/tables/register_*.toml`. A parameter is either sourced or marked as an
assumption, and every value a user gives passes through `Parameter.check`.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, Literal

from aft_sim.basis import streams, units
from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.priors import Prior, read_prior
from aft_sim.spec.toml_lines import key_lines, line_of

Value = float | str | bool
"""A parameter's value: a number, one of its options, or a switch."""

GRADES: Mapping[str, str] = {
    "A": "quasi-experiment or panel with credible control in England, or a theorem",
    "B": "good quasi-experiment abroad, strong ecological panel, audit or official data",
    "C": "association, sector accounts or description",
    "D": "grey literature, one site, promoter's figure or arithmetic on two points",
    "E": "no source found: judgement only",
}
BASES: Mapping[str, str] = {
    "O": "figure read in a source",
    "D": "arithmetic on figures read",
    "J": "judgement",
    "R": "recalled, not verified",
}

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_EVIDENCE = re.compile(r"[A-S]\d{1,2}")
_TEXTS = ("name", "title", "unit", "mechanism", "source", "grade", "basis", "description")
_KEYS = {
    *_TEXTS,
    *("default", "low", "high", "minimum", "maximum", "distribution", "kind", "options", "evidence"),
    *("assumption", "per_trust", "status", "why", "drawn_with"),
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the model.

    Attributes:
        name: Dotted name, for example "removals.share_of_starts".
        title: What it is, in a few words.
        unit: A key of `units.UNITS`; all figures here are in it.
        default: Central value.
        low: Lower end of the plausible (about 90 %) range; NaN unless `kind` is "number".
        high: Upper end of the plausible range.
        minimum: Least value a scenario may set; often wider than `low`, so that a link can be switched off.
        maximum: Greatest value a scenario may set.
        prior: Distribution of the value, cut to [minimum, maximum].
        kind: "number", "choice" (one of `options`) or "switch" (true or false).
        options: Allowed values of a choice.
        mechanism: Part of the model that reads it.
        evidence: Identifiers of rows of the evidence table ("B05") or of stylised facts ("S8").
        source: Where the figure comes from, or "none found".
        grade: Strength of the evidence, a key of `GRADES`.
        basis: How the figure was obtained, a key of `BASES`.
        assumption: True if no source carries the figure.
        per_trust: True if a dated change may name trusts.
        active: False if no part of the model reads it yet.
        why_inactive: The reason, empty for active parameters.
        drawn_with: Parameter whose uniform it shares when values are drawn, or None.
        description: What it does, in a sentence or two.
    """

    name: str
    title: str
    unit: str
    default: Value
    low: float
    high: float
    minimum: float
    maximum: float
    prior: Prior
    kind: Literal["number", "choice", "switch"]
    options: tuple[str, ...]
    mechanism: str
    evidence: tuple[str, ...]
    source: str
    grade: str
    basis: str
    assumption: bool
    per_trust: bool
    active: bool
    why_inactive: str
    drawn_with: str | None
    description: str

    @property
    def must_vary(self) -> bool:
        """True if every reported comparison must vary it: grade E, judged or recalled, not a convention."""
        unsure = self.grade == "E" or self.basis in ("J", "R")
        return unsure and (self.kind != "number" or self.prior.form != "fixed")

    @property
    def allowed(self) -> str:
        """What a scenario may set, in words with units."""
        if self.kind == "choice":
            return " or ".join(f'"{option}"' for option in self.options)
        if self.kind == "switch":
            return "true or false"
        text = f"{self.describe(self.minimum)} to {self.describe(self.maximum)}"
        if (self.low, self.high) != (self.minimum, self.maximum):
            text += f" (plausible: {self.describe(self.low)} to {self.describe(self.high)})"
        return text

    def describe(self, value: Value | None = None) -> str:
        """Return a value (by default the central one) with its unit, as a scenario file would write it."""
        shown = self.default if value is None else value
        if isinstance(shown, bool):
            return "true" if shown else "false"
        return shown if isinstance(shown, str) else units.describe(shown, self.unit)

    def check(self, value: object, where: str | None = None) -> Value:
        """Return a user's value in the parameter's unit, or refuse it.

        Args:
            value: A number in the parameter's unit, a text with a unit, an option, or true / false.
            where: "file:line" or key path for the message.

        Raises:
            InputError: Wrong type or unit, out of the allowed range, or not an option.
        """
        problem = f"{self.name} ({self.title.lower()})"
        if self.kind == "switch":
            if isinstance(value, bool):
                return value
            raise InputError(f"{problem} is a switch", where=where, found=value, expected=self.allowed)
        if self.kind == "choice":
            if isinstance(value, str) and value in self.options:
                return value
            hint = did_you_mean(value, self.options) if isinstance(value, str) else None
            raise InputError(
                f"{problem} has no such option", where=where, found=value, expected=self.allowed, hint=hint
            )
        try:
            number = units.parse(value, self.unit, where)
        except InputError as error:
            raise InputError(
                f"{problem}: {error.what}",
                where=where,
                found=error.found,
                expected=f"{error.expected}; allowed: {self.allowed}",
                hint=error.hint,
            ) from None
        if not self.minimum <= number <= self.maximum:
            raise InputError(f"{problem} is out of range", where=where, found=value, expected=self.allowed)
        return number

    def quantile(self, u: float) -> Value:
        """Return the value at probability `u` of the prior; choices and switches stay at the default."""
        return self.prior.quantile(u) if self.kind == "number" else self.default


class UnknownParameter(InputError, KeyError):
    """A name that the register does not hold."""


class Register(Mapping[str, Parameter]):
    """All parameters by name, in the order of the tables."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        """Index the parameters; names must be unique (checked by `from_texts`)."""
        self._parameters = {parameter.name: parameter for parameter in parameters}

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
        problems: list[InputError] = []
        found: dict[str, Parameter] = {}
        places: dict[str, str] = {}
        for file, text in texts.items():
            lines = key_lines(text)
            document = tomllib.loads(text)
            for key in document.keys() - {"parameter"}:
                problems.append(InputError("unknown table", where=f"{file}:{line_of(lines, (key,))}", found=key))
            for position, entry in enumerate(document.get("parameter", [])):
                place = f"{file}:{line_of(lines, ('parameter', position))}"
                try:
                    parameter = _read(entry, place)
                except InputError as error:
                    problems.append(error)
                    continue
                if parameter.name in found:
                    problems.append(InputError("a parameter is given twice", where=place, found=parameter.name))
                found[parameter.name] = parameter
                places[parameter.name] = place
        problems += _check_names(found, places)
        if problems:
            raise InputErrors(problems)
        return Register(found.values())

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

    def draw(self, source: streams.Streams, names: Iterable[str] | None = None) -> dict[str, Value]:
        """Return values drawn from the priors, one uniform a parameter from the root of ignorance.

        The uniform depends on the draw and the name only, so adding a parameter moves no other one;
        parameters that are `drawn_with` another share its uniform, so their ranks agree.

        Args:
            source: Streams of the run; only `source.draw` matters.
            names: Parameters to draw, all by default; the others keep their central values.

        Returns:
            All parameters by name.
        """
        values = self.defaults()
        drawn = list(self if names is None else names)
        if drawn:
            keys = [self[name].drawn_with or name for name in drawn]
            uniforms = source.params("parameter", 0, streams.words(keys))
            for name, u in zip(drawn, uniforms.tolist(), strict=True):
                values[name] = self[name].quantile(u)
        return values

    @cached_property
    def hash(self) -> str:
        """SHA-256 of everything that can change a result: names, units, values, ranges and priors."""
        content: list[list[Any]] = []
        for p in self._parameters.values():
            numbers = [p.default, p.low, p.high, p.minimum, p.maximum]
            prior = [p.prior.form, dict(p.prior.arguments), p.drawn_with]
            content.append([p.name, p.unit, numbers, prior, list(p.options), p.active])
        text = json.dumps(sorted(content, key=lambda row: str(row[0])), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def _shipped() -> Register:
    folder = resources.files("aft_sim.spec") / "tables"
    files = sorted((f for f in folder.iterdir() if f.name.startswith("register")), key=lambda f: f.name)
    return Register.from_texts({f.name: f.read_text(encoding="utf-8") for f in files})


def _read(entry: dict[str, Any], where: str) -> Parameter:
    """Read one entry; the first problem of an entry ends it."""
    _check_keys(entry, where)
    name, kind = entry["name"], entry.get("kind", "number")
    place = f"{where} ({name})"
    if kind not in ("number", "choice", "switch"):
        raise InputError("unknown kind", where=place, found=kind, expected="number, choice or switch")
    options = tuple(entry.get("options", ()))
    if kind == "number":
        default, low, high, minimum, maximum = _range(entry, place)
        prior = read_prior(entry.get("distribution"), default, minimum, maximum, place)
        value: Value = default
    else:
        low = high = minimum = maximum = math.nan
        value = entry["default"]
        if (kind == "choice" and value not in options) or (kind == "switch" and not isinstance(value, bool)):
            raise InputError("the default is not allowed", where=place, found=value)
        if entry.get("distribution", "fixed") != "fixed":
            raise InputError('a choice or switch has the distribution "fixed"', where=place)
        prior = Prior("fixed", {}, minimum, maximum)
    active = entry.get("status", "active") == "active"
    return Parameter(
        name=name,
        title=entry["title"],
        unit=entry["unit"],
        default=value,
        low=low,
        high=high,
        minimum=minimum,
        maximum=maximum,
        prior=prior,
        kind=kind,
        options=options,
        mechanism=entry["mechanism"],
        evidence=tuple(entry["evidence"]),
        source=entry["source"],
        grade=entry["grade"],
        basis=entry["basis"],
        assumption=entry["assumption"],
        per_trust=entry.get("per_trust", False),
        active=active,
        why_inactive=entry.get("why", ""),
        drawn_with=entry.get("drawn_with"),
        description=entry["description"],
    )


def _check_keys(entry: dict[str, Any], where: str) -> None:
    """Refuse unknown keys, missing or empty texts and labels outside their lists."""
    place = f"{where} ({entry.get('name', 'no name')})"
    for key in entry.keys() - _KEYS:
        raise InputError("unknown key", where=place, found=key, hint=did_you_mean(key, _KEYS))
    for key in _TEXTS:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InputError(f"{key} is missing", where=place, found=entry.get(key), expected="a text")
    if not _NAME.fullmatch(entry["name"]):
        raise InputError("a name is lower-case words joined by dots", where=place, found=entry["name"])
    for key, allowed in (("grade", GRADES), ("basis", BASES), ("unit", units.UNITS)):
        if entry[key] not in allowed:
            raise InputError(f"unknown {key}", where=place, found=entry[key], expected=", ".join(allowed))
    if "default" not in entry or not isinstance(entry.get("assumption"), bool):
        raise InputError("default and assumption are required", where=place)
    evidence = entry.get("evidence")
    if not isinstance(evidence, list) or not all(_EVIDENCE.fullmatch(str(item)) for item in evidence):
        raise InputError("evidence is a list of ids such as B05", where=place, found=evidence)
    if not entry["assumption"] and (entry["grade"] == "E" or entry["basis"] == "J"):
        raise InputError("grade E or basis J must be marked as an assumption", where=place)
    status = entry.get("status", "active")
    if status not in ("active", "inactive") or (status == "inactive") != bool(entry.get("why")):
        raise InputError("status is active, or inactive with a why", where=place, found=status)


def _range(entry: dict[str, Any], place: str) -> tuple[float, float, float, float, float]:
    """Return default, low, high, minimum and maximum of a numeric entry."""
    numbers = []
    for key, fallback in (
        ("default", None),
        ("low", None),
        ("high", None),
        ("minimum", "low"),
        ("maximum", "high"),
    ):
        value = entry.get(key, entry.get(fallback) if fallback else None)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{key} is not a number", where=place, found=value)
        numbers.append(float(value))
    default, low, high, minimum, maximum = numbers
    if not minimum <= low <= default <= high <= maximum:
        raise InputError(
            "the range is out of order",
            where=place,
            found=[minimum, low, default, high, maximum],
            expected="minimum <= low <= default <= high <= maximum",
        )
    return default, low, high, minimum, maximum


def _check_names(found: Mapping[str, Parameter], places: Mapping[str, str]) -> list[InputError]:
    """Return problems between entries: a name inside another, or drawn with one that is not there."""
    problems = []
    for name, parameter in found.items():
        parts = name.split(".")
        for length in range(1, len(parts)):
            if ".".join(parts[:length]) in found:
                problems.append(InputError("a name begins with another name", where=places[name], found=name))
        partner = parameter.drawn_with
        if partner is not None and (partner not in found or found[partner].drawn_with is not None):
            problems.append(InputError("drawn_with names no independent parameter", where=places[name], found=partner))
    return problems
