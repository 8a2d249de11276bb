"""The JSON Schema of scenario files, made from the levers and the register, so that editors complete and check them."""

from __future__ import annotations

from typing import Any

from aft_sim.spec.layers import SCHEMA
from aft_sim.spec.levers import Lever, LeverTable, levers, tables
from aft_sim.spec.register import Parameter, Register

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAMES = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
_DAY = {"type": "string", "format": "date", "description": "A day, without quotes: 2027-04-01"}
_TRUSTS = {"type": "array", "items": {"type": "string", "pattern": "^(set:.+|[A-Z0-9]{3,6})$"}}


def scenario_schema(register: Register | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file.

    It holds what a single file can show: keys, types, options, ranges. Names of trusts, units in texts, what extended
    files set and dates of opening-state parameters are left to `aft-sim check`.

    Args:
        register: The parameters; the shipped register if None.
    """
    known = register or Register.load()
    active = [p for p in known.values() if p.active]
    return {
        "$schema": DIALECT,
        "title": f"aft-sim scenario, schema {SCHEMA}",
        "type": "object",
        "additionalProperties": False,
        "required": ["schema", "name", "title"],
        "properties": {
            "schema": {"const": SCHEMA, "description": "Version of the file format."},
            "name": {**_NAMES, "description": "Lower-case letters, digits and hyphens; names results too."},
            "title": {"type": "string", "minLength": 1, "description": "One line, for headings and charts."},
            "question": {"type": "string", "description": "What the scenario asks."},
            "extends": {
                "description": "Scenario or scenarios this one starts from: shipped names, or files.",
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True},
                ],
            },
            "order": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 2,
                "description": "The scenarios of extends, the later winning where two set the same path.",
            },
            **{name: _table(name, model) for name, model in tables().items()},
            "parameters": _parameters(active),
            "change": {"type": "array", "items": _change(active), "description": "Dated changes of parameters."},
        },
    }


def _table(prefix: str, model: type[LeverTable]) -> dict[str, Any]:
    known, properties = levers(), {}
    for name, info in model.model_fields.items():
        key = info.alias or name
        path = f"{prefix}.{key}"
        if path in known:
            properties[key] = _lever(known[path])
        elif isinstance(info.annotation, type) and issubclass(info.annotation, LeverTable):
            properties[key] = _table(path, info.annotation)
    return {
        "type": "object",
        "description": (model.__doc__ or "").strip(),
        "additionalProperties": False,
        "properties": properties,
    }


def _lever(lever: Lever) -> dict[str, Any]:
    text = f"{lever.description} Policy: {lever.policy} ({lever.source}) Decided by {lever.who}; {lever.dates}."
    kinds: dict[str, dict[str, Any]] = {
        "choice": {"enum": list(lever.options)},
        "switch": {"type": "boolean"},
        "number": {"type": "integer", "minimum": lever.minimum, "maximum": lever.maximum},
        "trusts": _TRUSTS,
        "day": _DAY,
    }
    schema: dict[str, Any] = kinds[lever.kind] | {"description": text}
    if not lever.active:
        schema |= {"const": False, "description": f"{text} Not active: {lever.why_inactive}"}
    if lever.default is not None:
        default = lever.default
        schema["default"] = list(default) if isinstance(default, tuple) else _json(default)
    return schema


def _json(value: object) -> object:
    return value if isinstance(value, bool | int | float | str) else str(value)


def _parameters(active: list[Parameter]) -> dict[str, Any]:
    """Both spellings: dotted keys, which make tables inside each other, and whole names in quotes."""
    top: dict[str, Any] = {}
    for parameter in active:
        at = top
        *groups, last = parameter.name.split(".")
        for group in groups:
            inner = at.setdefault(group, {"type": "object", "additionalProperties": False, "properties": {}})
            at = inner["properties"]
        at[last] = _parameter(parameter)
    quoted = {parameter.name: _parameter(parameter) for parameter in active}
    return {
        "type": "object",
        "description": "Values of parameters for the whole run.",
        "additionalProperties": False,
        "properties": top | quoted,
    }


def _parameter(p: Parameter) -> dict[str, Any]:
    text = f"{p.title}. {p.description} Default {p.describe()}; allowed: {p.allowed}."
    if p.kind == "choice":
        return {"enum": list(p.options), "description": text}
    if p.kind == "switch":
        return {"type": "boolean", "description": text}
    return {
        "description": text,
        "anyOf": [
            {"type": "number", "minimum": p.minimum, "maximum": p.maximum, "description": f"In {p.unit}."},
            {"type": "string", "description": "A number with its unit.", "pattern": "[0-9]"},
        ],
    }


def _change(active: list[Parameter]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["parameter", "from", "value"],
        "properties": {
            "parameter": {"enum": [p.name for p in active]},
            "from": _DAY,
            "value": {"type": ["number", "string", "boolean"], "description": "As under [parameters]."},
            "trusts": {**_TRUSTS, "minItems": 1, "description": "Only for parameters that exist by trust."},
            "why": {"type": "string", "description": "The reason, for readers."},
        },
    }
