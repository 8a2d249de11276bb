"""One parameter of the model: value, range, distribution, evidence, and how a table entry becomes one."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aft_sim.basis import units
from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.priors import Prior, read_prior

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

SECTIONS: Mapping[str, tuple[str, int]] = {
    "A": ("autonomy and oversight", 13),
    "B": ("capital and capacity", 15),
    "C": ("digital care", 11),
    "D": ("community care and capitation", 22),
    "E": ("prevention and health", 11),
    "F": ("waiting lists and targets", 24),
    "G": ("workforce and management", 13),
    "H": ("choice, competition and the independent sector", 12),
    "I": ("inequality", 21),
    "J": ("money and the capital limit", 16),
}
"""Sections of the evidence table: what each is about and how many rows it has."""

TABLE_ROWS: tuple[str, ...] = tuple(f"{s}{n:02d}" for s, (_, rows) in SECTIONS.items() for n in range(1, rows + 1))
"""Ids of the rows of the evidence table, A01 to J16: each stands in the register or among the excluded."""

EVIDENCE_IDS: frozenset[str] = frozenset(
    [*TABLE_ROWS, *(f"S{n}" for n in range(1, 21)), *(f"R{n}" for n in range(1, 18))]
)
"""All ids that an entry may cite: rows of the table, stylised facts S1 to S20, decision rules R1 to R17."""

_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_MODULE = re.compile(r"(?:mechanisms|policy|agents|study|spec/levers)/\w+\.py")
_LOCATOR = re.compile(r"https?://\S+|doi:10\.\S+")
_TEXTS = ("name", "title", "unit", "mechanism", "source", "grade", "basis", "description")
_KEYS = {
    *_TEXTS,
    *("default", "low", "high", "minimum", "maximum", "distribution", "kind", "options", "evidence"),
    *("assumption", "per_trust", "status", "why", "locator", "note", "replace_with", "history"),
}


@dataclass(frozen=True, slots=True)
class Revision:
    """An earlier central value of a parameter.

    Attributes:
        day: When it was replaced.
        was: The value until then, in the parameter's unit.
        why: Why it was replaced.
    """

    day: datetime.date
    was: Value
    why: str


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
        description: What it does, in a sentence or two.
        locators: Web addresses or DOIs of the source.
        note: How the entry relates to the rows it cites, where figures, grade or basis differ; else empty.
        replace_with: What would replace an assumption, empty if not known.
        history: Earlier central values, oldest first.
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
    description: str
    locators: tuple[str, ...] = ()
    note: str = ""
    replace_with: str = ""
    history: tuple[Revision, ...] = ()

    @property
    def must_vary(self) -> bool:
        """True if every reported comparison must vary it: read, and grade E, judged or recalled; no convention."""
        unsure = self.grade == "E" or self.basis in ("J", "R")
        return self.active and unsure and (self.kind != "number" or self.prior.form != "fixed")

    @property
    def awaits(self) -> str:
        """Module that will read an inactive parameter, for example "mechanisms/emergency.py"; empty if active."""
        found = _MODULE.search(self.why_inactive)
        return found[0] if found else ""

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


def read_parameter(entry: dict[str, Any], where: str) -> Parameter:
    """Return the parameter a table entry describes.

    Args:
        entry: The entry as TOML gives it.
        where: "file:line" to name in an error.

    Raises:
        InputError: The first problem of the entry.
    """
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
        description=entry["description"],
        locators=tuple(entry.get("locator", ())),
        note=entry.get("note", ""),
        replace_with=entry.get("replace_with", ""),
        history=_history(entry, place),
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
    check_evidence(entry.get("evidence"), place)
    check_locators(entry.get("locator", []), place)
    for key in ("note", "replace_with", "why"):
        if key in entry and (not isinstance(entry[key], str) or not entry[key].strip()):
            raise InputError(f"{key} is a text, or left out", where=place, found=entry[key])
    if not entry["assumption"] and (entry["grade"] == "E" or entry["basis"] == "J"):
        raise InputError("grade E or basis J must be marked as an assumption", where=place)
    status = entry.get("status", "active")
    if status not in ("active", "inactive") or (status == "inactive") != bool(entry.get("why")):
        raise InputError("status is active, or inactive with a why", where=place, found=status)
    if status == "inactive" and not _MODULE.search(entry["why"]):
        raise InputError(
            "why names no module that will read the parameter",
            where=place,
            found=entry["why"],
            expected="a module such as mechanisms/emergency.py",
        )


def check_evidence(found: object, place: str) -> tuple[str, ...]:
    """Return the ids of evidence an entry cites.

    Raises:
        InputError: Not a list of different ids, or an id that no row of the evidence has.
    """
    if not isinstance(found, list) or len(set(map(str, found))) != len(found):
        raise InputError("evidence is a list of ids such as B05, each once", where=place, found=found)
    for item in found:
        if item not in EVIDENCE_IDS:
            raise InputError(
                "unknown id of evidence",
                where=place,
                found=item,
                expected="A01 to J16 (rows), S1 to S20 (stylised facts) or R1 to R17 (decision rules)",
                hint=did_you_mean(str(item), EVIDENCE_IDS),
            )
    return tuple(found)


def check_locators(found: object, place: str) -> tuple[str, ...]:
    """Return the addresses an entry gives.

    Raises:
        InputError: Not a list of web addresses or DOIs.
    """
    if not isinstance(found, list) or not all(isinstance(f, str) and _LOCATOR.fullmatch(f) for f in found):
        raise InputError(
            "locator is a list of web addresses", where=place, found=found, expected='"https://..." or "doi:10...."'
        )
    return tuple(found)


def _history(entry: dict[str, Any], place: str) -> tuple[Revision, ...]:
    """Return the earlier values of an entry, oldest first."""
    found = []
    revisions = entry.get("history", [])
    for item in revisions if isinstance(revisions, list) else [revisions]:
        ok = isinstance(item, dict) and set(item) == {"date", "was", "why"}
        if not ok or type(item["date"]) is not datetime.date or not isinstance(item["was"], int | float | str):
            raise InputError("a revision has a date, was and why", where=place, found=item)
        if not isinstance(item["why"], str) or not item["why"].strip():
            raise InputError("a revision says why", where=place, found=item)
        was = item["was"]
        found.append(Revision(item["date"], was if isinstance(was, bool | str) else float(was), item["why"]))
    if [r.day for r in found] != sorted(r.day for r in found):
        raise InputError("revisions stand in order of their dates", where=place)
    return tuple(found)


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
