"""What every table of levers is made of: frozen fields that carry the policy they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticUndefined

from aft_sim.basis.errors import InputError
from aft_sim.spec.sets import check_trust_reference

NHS_ENGLAND = "NHS England"
GOVERNMENT = "the department and the Treasury"
REQUIRED: Any = PydanticUndefined
"""Default of a lever that every scenario must choose."""


class Refused(ValueError):
    """Carries an `InputError` out of a pydantic validator."""

    def __init__(self, problem: InputError) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def read_day(value: object) -> date:
    """Return a calendar day given as a date or as text in ISO form.

    Raises:
        Refused: A time of day, a number, or text that is not a date.
    """
    problem = InputError("not a date", found=value, expected="a day such as 2027-04-01, without quotes or time")
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Refused(problem) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise Refused(problem)


def _trust(value: object) -> str:
    try:
        return check_trust_reference(value)
    except InputError as error:
        raise Refused(error) from None


def _list(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Trust = Annotated[str, BeforeValidator(_trust)]
Trusts = Annotated[tuple[Trust, ...], BeforeValidator(_list)]
Day = Annotated[date, BeforeValidator(read_day)]


@dataclass(frozen=True, slots=True)
class Move:
    """A parameter that a policy moves.

    Attributes:
        parameter: Name in the register.
        start: First day of the value.
        value: In the parameter's unit, or a text with a unit.
        trusts: Codes and sets it is limited to; None for all.
    """

    parameter: str
    start: date
    value: float | str | bool
    trusts: tuple[str, ...] | None = None


class LeverTable(BaseModel):
    """A table of levers, or a group inside one; every field is made by `lever` or is a group itself.

    A lever acts in one of two ways: a rule in `policy/` reads it, or `moves` says which parameters it moves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    def moves(self) -> Iterable[Move]:
        """Return the parameters that the table's levers move; none unless a table says otherwise."""
        return ()


def lever(
    default: Any,
    description: str,
    *,
    policy: str,
    source: str,
    who: str,
    dates: str,
    why_inactive: str = "",
    **constraints: Any,
) -> Any:
    """Define a lever: the field of a `LeverTable` with all that a reader may ask about it.

    Args:
        default: Its default, or `REQUIRED`.
        description: What it does, in a sentence.
        policy: The policy it stands for, in our words.
        source: Where that is written.
        who: Who may pull it.
        dates: Since when, or when, it can be pulled.
        why_inactive: The reason why the model does not act on it yet; empty if it does.
        constraints: `alias`, `ge`, `le` and other arguments of pydantic's `Field`.
    """
    documentation: dict[str, Any] = {
        "policy": policy,
        "source": source,
        "who": who,
        "dates": dates,
        "active": not why_inactive,
        "why_inactive": why_inactive,
    }
    return Field(default, description=description, json_schema_extra=documentation, **constraints)


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever as `aft-sim show` prints it.

    Attributes:
        path: As in a scenario file, for example "aft.freedoms.approval".
        description: What it does.
        policy: The policy it stands for.
        source: Where that is written.
        who: Who may pull it.
        dates: Since when, or when, it can be pulled.
        active: False if the model does not act on it yet.
        why_inactive: The reason, empty for active levers.
        default: Default value, None if the lever is required.
        options: Words it may be set to; empty for levers of another kind.
        kind: "switch", "choice", "number" (whole), "trusts" (a list) or "day".
        minimum: Least number; None for levers of another kind.
        maximum: Greatest number.
    """

    path: str
    description: str
    policy: str
    source: str
    who: str
    dates: str
    active: bool
    why_inactive: str
    default: object
    options: tuple[str, ...]
    kind: str
    minimum: int | None
    maximum: int | None

    @property
    def allowed(self) -> str:
        """What a scenario may set, in words."""
        if self.options:
            return " or ".join(f'"{option}"' for option in self.options)
        words = {
            "switch": "true or false",
            "number": f"a whole number from {self.minimum} to {self.maximum}",
            "trusts": 'a list such as ["RTF", "set:first-wave"]',
            "day": "a day such as 2027-04-01",
        }
        return words[self.kind]


def levers_of(prefix: str, model: type[BaseModel]) -> Iterator[Lever]:
    """Yield the levers of a table and of the groups inside it, in the order of their definition.

    Raises:
        TypeError: A field was not made by `lever`.
    """
    for name, info in model.model_fields.items():
        path = f"{prefix}.{info.alias or name}"
        if isinstance(info.annotation, type) and issubclass(info.annotation, LeverTable):
            yield from levers_of(path, info.annotation)
            continue
        extra = info.json_schema_extra
        if not isinstance(extra, dict):
            raise TypeError(f"lever {path} is not documented")
        texts = {key: str(extra[key]) for key in ("policy", "source", "who", "dates", "why_inactive")}
        kind = _kind(path, info.annotation)
        bounds = {name: getattr(rule, name) for rule in info.metadata for name in ("ge", "le") if hasattr(rule, name)}
        yield Lever(
            path=path,
            description=str(info.description),
            active=bool(extra["active"]),
            default=None if info.is_required() else info.default,
            options=get_args(info.annotation) if kind == "choice" else (),
            kind=kind,
            minimum=bounds.get("ge"),
            maximum=bounds.get("le"),
            **texts,
        )


def _kind(path: str, annotation: object) -> str:
    """Return the kind of a lever from the type of its field."""
    if get_origin(annotation) is Literal:
        return "choice"
    if get_origin(annotation) is tuple:
        return "trusts"
    kinds: dict[object, str] = {bool: "switch", int: "number", date: "day"}
    if annotation not in kinds:
        raise TypeError(f"lever {path} has a type that no scenario file can hold: {annotation}")
    return kinds[annotation]
