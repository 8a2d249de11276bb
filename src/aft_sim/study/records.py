"""What the JSON files of a results folder must look like: the manifest of a study and the record of each run.

A reader checks a file against these once and then takes what it says; nothing is converted, and what a later reader may
add is passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from aft_sim.outcomes.kept import Kept


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _kept(text: str) -> str:
    Kept.read(text)
    return text


def _folder_name(name: str) -> str:
    if not can_be_folder(name):
        raise ValueError("it cannot be the name of a folder")
    return name


Day = Annotated[str, AfterValidator(_day)]


class _Entry(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")


class _Inputs(_Entry):
    model_config = ConfigDict(strict=True, extra="forbid")

    until: Day | None
    code: str
    register_: str = Field(alias="register")
    baseline: str
    keep: Annotated[str, AfterValidator(_kept)] = ""


class _Scenario(_Entry):
    name: Annotated[str, AfterValidator(_folder_name)]
    title: str
    hash: str
    policy_start: Day | None
    replays: str = ""
    text: dict[str, str]


class _Draw(_Entry):
    number: int
    label: str
    values: dict[str, bool | int | float | str]


class _Failure(_Entry):
    model_config = ConfigDict(strict=True, extra="forbid")

    scenario: str
    seed: int
    draw: int
    error: str
    message: str
    trace: str = ""
    week: int | None = None
    phase: str = ""


class Manifest(_Entry):
    """`manifest.json`: what was asked for, from which inputs, and what failed."""

    inputs: _Inputs
    scenarios: list[_Scenario]
    seeds: list[int]
    draws: list[_Draw]
    failures: list[_Failure]


class Record(_Entry):
    """`run.json`: which run it is, and the checksum of each of its files."""

    hash: str
    scenario: str
    scenario_hash: str
    draw: int
    seed: int
    treated: list[str]
    files: dict[str, str]


def mistake(content: Mapping[str, Any], model: type[BaseModel]) -> str:
    """The first entry of a file that is not as it must be, in words; empty if all are."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place} is missing" if first["type"] == "missing" else f"{place}: {first['msg'].lower()}"
    return ""


def can_be_folder(name: str) -> bool:
    """Whether a scenario's name can be the name of its results folder on every system."""
    return bool(name) and not name.startswith(".") and not any(mark in name for mark in '/\\:*?"<>|\0')
