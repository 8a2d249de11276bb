"""The policy levers of a scenario: what government or NHS England may decide.

Each field says what the policy is (our words), where that is written, who may pull the lever, and
whether the model acts on it yet. Uncertain figures are not levers: they stand in the register.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from aft_sim.basis.errors import InputError
from aft_sim.spec.sets import check_trust_reference

NHS_ENGLAND = "NHS England"
GOVERNMENT = "the department and the Treasury"


class Refused(ValueError):
    """Carries an `InputError` out of a pydantic validator."""

    def __init__(self, problem: InputError) -> None:
        """Keep the problem."""
        super().__init__(str(problem))
        self.problem = problem


def _policy(policy: str, source: str, who: str, why_inactive: str = "") -> dict[str, Any]:
    """Return the documentation of a lever as it appears in the JSON Schema."""
    return {
        "policy": policy,
        "source": source,
        "who": who,
        "active": not why_inactive,
        "why_inactive": why_inactive,
    }


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
Day = Annotated[date, BeforeValidator(read_day)]


class _Levers(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Freedoms(_Levers):
    """What the holders of the status may do that others may not."""

    approval: bool = Field(
        default=False,
        description="The board approves its own schemes up to the advanced foundation trust's limit.",
        json_schema_extra=_policy(
            "Schemes up to GBP 100m need no approval by NHS England; above that the ordinary route holds.",
            "DHSC notice, 13 November 2025; Alder Hey board papers, September 2026",
            NHS_ENGLAND,
        ),
    )
    reinvest: bool = Field(
        default=False,
        description="The board may spend surpluses made since 2024/25 from its own cash.",
        json_schema_extra=_policy(
            "Past surpluses may go to capital or to one-off revenue with lasting benefit, after a board "
            "statement to the region's finance director.",
            "NHS England approval letter of 27 May 2026, quoted in Alder Hey board papers, June 2026",
            NHS_ENGLAND,
        ),
    )
    oversight_relief: bool = Field(
        default=False,
        description="Less reporting and fewer interventions for holders.",
        json_schema_extra=_policy(
            "Oversight by capability, with a more strategic relationship and a lighter load.",
            "NHS England, guide for applicants (consultation draft), 12 November 2025",
            NHS_ENGLAND,
            "The model has no management load yet; nothing measures what oversight costs.",
        ),
    )
    multi_year: bool = Field(
        default=False,
        description="Holders plan over five years rather than three.",
        json_schema_extra=_policy(
            "Longer settlements and plans for holders.",
            "NHS England, guide for applicants (consultation draft), 12 November 2025",
            NHS_ENGLAND,
            "Boards in the model do not choose over a horizon yet.",
        ),
    )
    delegation: bool = Field(
        default=False,
        description="Holders decide more matters that are now referred upwards.",
        json_schema_extra=_policy(
            "Wider operational autonomy; the final text on pay, appointments and borrowing was not found.",
            "NHS England, guide for applicants (consultation draft), 12 November 2025",
            NHS_ENGLAND,
            "No decision in the model depends on it, and its content is not published.",
        ),
    )


class AftLevers(_Levers):
    """Who holds advanced foundation trust status, from when, with which freedoms."""

    designated: Annotated[tuple[Trust, ...], BeforeValidator(_list)] = Field(
        default=(),
        description='Trusts that hold the status: codes, or sets such as "set:first-wave".',
        json_schema_extra=_policy(
            "Trusts that pass on performance, quality and leadership are designated in waves.",
            "NHS England, Advanced foundation trusts, November 2025",
            NHS_ENGLAND,
        ),
    )
    from_: Day = Field(
        default=date(2026, 6, 1),
        alias="from",
        description="First day of the freedoms.",
        json_schema_extra=_policy(
            "Freedoms start in the month after approval; the first wave's on 1 June 2026.",
            "NHS England approval letter of 27 May 2026, quoted in Alder Hey board papers, June 2026",
            NHS_ENGLAND,
        ),
    )
    freedoms: Freedoms = Field(default=Freedoms(), description="What the status allows.")


class CapitalLevers(_Levers):
    """How the national capital limit treats what holders spend, and who receives the money."""

    limit_rule: Literal["inside_scale_draws", "inside_scale_others", "additive"] = Field(
        description="What gives way above the limit: the holders' draws, others' capital, or the limit.",
        json_schema_extra=_policy(
            "All capital counts against a national limit however it is funded. Whether holders' own spending "
            "sits inside providers' envelopes is not published, so each scenario must say.",
            "HFMA, 18 January 2023; DHSC factsheet, 10 March 2022; Medium Term Planning Framework, 2025",
            GOVERNMENT,
        ),
    )
    allocate_to: Literal["holders", "longest_waits"] = Field(
        default="holders",
        description="Who spends the money: the trusts that made it, or those with the longest waits.",
        json_schema_extra=_policy(
            "A comparator, not a policy of government: the same sum given by need in place of by surplus.",
            "our own construction",
            GOVERNMENT,
        ),
    )
    recipients: int = Field(
        default=16,
        ge=1,
        le=300,
        description="Number of trusts that share the money under longest_waits.",
        json_schema_extra=_policy("Size of the comparator group.", "our own construction", GOVERNMENT),
    )


TABLES: Mapping[str, type[BaseModel]] = {"aft": AftLevers, "capital": CapitalLevers}
"""Typed tables of a scenario file."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One lever as `aft-sim show` prints it.

    Attributes:
        path: As in a scenario file, for example "aft.freedoms.approval".
        description: What it does.
        policy: The policy it stands for.
        source: Where that is written.
        who: Who may pull it.
        active: False if the model does not act on it yet.
        why_inactive: The reason, empty for active levers.
        default: Default value, None if the lever is required.
    """

    path: str
    description: str
    policy: str
    source: str
    who: str
    active: bool
    why_inactive: str
    default: object


def levers() -> dict[str, Lever]:
    """Return all levers by path, in the order of their definition."""
    return {lever.path: lever for table, model in TABLES.items() for lever in _levers_of(table, model)}


def _levers_of(prefix: str, model: type[BaseModel]) -> Iterator[Lever]:
    for name, field in model.model_fields.items():
        path = f"{prefix}.{field.alias or name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _levers_of(path, field.annotation)
            continue
        extra = field.json_schema_extra
        if not isinstance(extra, dict):
            raise TypeError(f"lever {path} is not documented")
        texts = {key: str(extra[key]) for key in ("policy", "source", "who", "why_inactive")}
        default = None if field.is_required() else field.default
        yield Lever(
            path=path,
            description=str(field.description),
            active=bool(extra["active"]),
            default=default,
            **texts,
        )
