"""What the register rests on: rows of evidence that no parameter carries, and a check that nothing lacks an origin."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.parameters import SECTIONS, TABLE_ROWS, Parameter, check_locators
from aft_sim.spec.register import Register
from aft_sim.spec.toml_lines import key_lines, line_of

KINDS: Mapping[str, str] = {
    "outside": "about something the model does not simulate",
    "duplicate": "the same quantity as another row or entry, or worked out from them",
    "validation": "a range that a result is checked against, not a setting",
    "formula": "a formula, rule or direction, not a quantity",
    "data": "a published figure that the baseline takes from its source",
}
"""Why a row of evidence is no parameter."""

_KEYS = ("evidence", "title", "kind", "reason", "instead", "locator")


@dataclass(frozen=True, slots=True)
class Excluded:
    """A row of the evidence table that no parameter carries.

    Attributes:
        evidence: Its id, for example "F14".
        title: What the row is about.
        kind: A key of `KINDS`.
        reason: Why it is no parameter.
        instead: The parameter that stands in its place or that it checks, or None.
        locators: Web addresses or DOIs of its source.
    """

    evidence: str
    title: str
    kind: str
    reason: str
    instead: str | None
    locators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Something without an origin.

    Attributes:
        name: A parameter, a correlated group or a row of evidence.
        problem: What is missing.
    """

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class Audit:
    """How complete the register is.

    Attributes:
        checked: Number of parameters, groups and rows of evidence that were looked at.
        gaps: Those without an origin.
    """

    checked: int
    gaps: tuple[Gap, ...]

    @property
    def share(self) -> float:
        """Share of what was checked that has an origin, 0 to 1; an empty register has none."""
        return 1.0 - len({gap.name for gap in self.gaps}) / self.checked if self.checked else 0.0


def excluded() -> Mapping[str, Excluded]:
    """Return the rows of evidence that no parameter carries, by id (read once a process).

    Raises:
        InputErrors: If the table is broken: every problem with file and line.
    """
    return _shipped()


def read_excluded(text: str, file: str) -> dict[str, Excluded]:
    """Read a table of excluded rows.

    Args:
        text: TOML with an array of tables `excluded`.
        file: Name for messages.

    Raises:
        InputErrors: Every problem with file and line.
    """
    document, lines = tomllib.loads(text), key_lines(text)
    problems = [
        InputError("unknown table", where=f"{file}:{line_of(lines, (key,))}", found=key)
        for key in document.keys() - {"excluded"}
    ]
    rows: dict[str, Excluded] = {}
    for position, entry in enumerate(document.get("excluded", [])):
        where = f"{file}:{line_of(lines, ('excluded', position))}"
        try:
            row = _read_row(entry, where)
        except InputError as error:
            problems.append(error)
            continue
        if row.evidence in rows:
            problems.append(InputError("a row is excluded twice", where=where, found=row.evidence))
        rows[row.evidence] = row
    if problems:
        raise InputErrors(problems)
    return rows


def origin(parameter: Parameter) -> str | None:
    """Return where a parameter comes from: the strongest of what its entry gives, or None.

    Returns:
        "evidence" (cites rows, facts or rules), "source" (gives an address), "assumption" (is marked as one),
        "convention" (has no spread: an index, switch or band by definition), or None. An entry without the text of a
        source has no origin, and one that says that none was found needs the mark of an assumption.
    """
    source = parameter.source.strip()
    if not source or (source.lower().startswith("none found") and not parameter.assumption):
        return None
    if parameter.evidence:
        return "evidence"
    if parameter.locators:
        return "source"
    if parameter.assumption:
        return "assumption"
    return "convention" if parameter.low == parameter.default == parameter.high else None


def audit(register: Register, rows: Mapping[str, Excluded]) -> Audit:
    """Check that every parameter and group has an origin and that every row of evidence is accounted for.

    Args:
        register: The parameters and their groups.
        rows: The excluded rows by id.
    """
    gaps = [
        Gap(parameter.name, "no evidence, no address, not marked as an assumption" if parameter.source else "no source")
        for parameter in register.values()
        if origin(parameter) is None
    ]
    gaps += [
        Gap(group.name, "a correlation without evidence or address that is not marked as an assumption")
        for group in register.groups
        if not (group.evidence or group.locators or group.assumption)
    ]
    cited = {item for parameter in register.values() for item in parameter.evidence}
    for row in TABLE_ROWS:
        if row not in cited and row not in rows:
            gaps.append(Gap(row, "neither in the register nor among the excluded rows"))
        elif row in cited and row in rows:
            gaps.append(Gap(row, "both in the register and among the excluded rows"))
    gaps += [
        Gap(row.evidence, f"stands for a parameter that is not there: {row.instead}")
        for row in rows.values()
        if row.instead is not None and row.instead not in register
    ]
    return Audit(len(register) + len(register.groups) + len(TABLE_ROWS), tuple(gaps))


def section_counts(ids: Iterable[str]) -> dict[str, int]:
    """Return how many ids fall into each section of the evidence table; ids of facts and rules do not count."""
    wanted = [item for item in ids if item in TABLE_ROWS]
    return {section: sum(item.startswith(section) for item in wanted) for section in SECTIONS}


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Excluded]:
    file = resources.files("aft_sim.spec") / "tables" / "excluded.toml"
    return read_excluded(file.read_text("utf-8"), file.name)


def _read_row(entry: dict[str, Any], where: str) -> Excluded:
    place = f"{where} ({entry.get('evidence', 'no id')})"
    for key in entry.keys() - set(_KEYS):
        raise InputError("unknown key", where=place, found=key, hint=did_you_mean(key, _KEYS))
    for key in ("evidence", "title", "kind", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InputError(f"{key} is missing", where=place, found=entry.get(key), expected="a text")
    if entry["evidence"] not in TABLE_ROWS:
        raise InputError("unknown row of evidence", where=place, found=entry["evidence"], expected="A01 to J16")
    if entry["kind"] not in KINDS:
        raise InputError("unknown kind", where=place, found=entry["kind"], expected=", ".join(KINDS))
    return Excluded(
        evidence=entry["evidence"],
        title=entry["title"],
        kind=entry["kind"],
        reason=entry["reason"],
        instead=entry.get("instead"),
        locators=check_locators(entry.get("locator", []), place),
    )
