"""Units: what a user writes ("3 months", "GBP 100m", "2 % per year") as a plain float.

Inside the program every figure is a float in the unit its parameter names; conversion happens once,
when a file is read.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Real
from types import MappingProxyType
from typing import cast

from aft_sim.basis.errors import InputError

DAYS_PER_WEEK = 7.0
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0
WEEKS_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_WEEK
WEEKS_PER_MONTH = WEEKS_PER_YEAR / 12.0


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure.

    Attributes:
        name: As the register spells it.
        dimension: Units of one dimension convert into each other, others never.
        factor: Size in the smallest unit of the dimension.
    """

    name: str
    dimension: str
    factor: float = 1.0


_TIME = {"days": 1.0, "weeks": DAYS_PER_WEEK, "months": DAYS_PER_MONTH, "years": DAYS_PER_YEAR}
_FRACTION = {"share": 100.0, "%": 1.0}
_PLAIN = (
    "ratio",
    "elasticity",
    "points",
    "pathways",
    "trusts",
    "schemes",
    "people",
    "segment",
    "sd of log",
    "coefficient",
    "sd",
    "sd per year",
    "minutes",
    "incidents per year",
    "GBP per QALY",
    "deaths per 100,000",
    "QALYs per 100,000",
    "option",
    "switch",
)


def _all_units() -> dict[str, Unit]:
    units = {name: Unit(name, "duration", days) for name, days in _TIME.items()}
    units |= {name: Unit(name, "share", size) for name, size in _FRACTION.items()}
    for period in ("week", "month", "year"):
        for name, size in _FRACTION.items():
            units[f"{name} per {period}"] = Unit(f"{name} per {period}", f"share per {period}", size)
    for name, pounds in (("GBP", 1.0), ("GBP m", 1e6), ("GBP bn", 1e9)):
        units[name] = Unit(name, "money", pounds)
    units |= {name: Unit(name, name) for name in _PLAIN}
    return units


UNITS = MappingProxyType(_all_units())
"""All units by name; "sd" is a standard deviation of trusts' performance."""
_SPELLINGS = {name.lower(): name for name in UNITS}

_EXAMPLES = {
    "duration": '"3 months", "13 weeks", "10 days" or "2 years"',
    "money": '"GBP 100m", "GBP 1.5bn" or "GBP 250k"',
    "share": '"14.4 %"',
    "share per week": '"0.5 % per week"',
    "share per month": '"0.5 % per month"',
    "share per year": '"2 % per year"',
}
_SYNONYMS = {
    **dict.fromkeys(("d", "day", "days"), "days"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks"), "weeks"),
    **dict.fromkeys(("mo", "month", "months"), "months"),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), "years"),
    **dict.fromkeys(("%", "percent", "per cent", "pct"), "%"),
    **dict.fromkeys(("share", "fraction"), "share"),
    **dict.fromkeys(("point", "points", "percentage point", "percentage points"), "points"),
}
_MAGNITUDES = {
    **dict.fromkeys(("",), 1.0),
    **dict.fromkeys(("k", "thousand"), 1000.0),
    **dict.fromkeys(("m", "mn", "million"), 1000000.0),
    **dict.fromkeys(("b", "bn", "billion"), 1000000000.0),
}
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^(?P<number>{_NUMBER})\s*(?P<unit>.*)$")
_MONEY = re.compile(
    rf"^(?P<sign>[+-]?)\s*(?:GBP|£)\s*(?P<number>{_NUMBER})\s*(?P<size>[a-z]*)$"
    rf"|^(?P<number2>{_NUMBER})\s*GBP\s*(?P<size2>[a-z]*)$",
    re.IGNORECASE,
)
_PER = re.compile(r"^(?P<what>.*?)\s*(?:per|a|an|each|/|p\.?)\s*(?P<period>week|month|year|annum)$")


def unit_of(name: str) -> Unit:
    """Return the unit with a register name.

    Raises:
        InputError: If there is no such unit.
    """
    try:
        return UNITS[name]
    except KeyError:
        raise InputError("unknown unit", found=name, expected=", ".join(UNITS)) from None


def parse(value: object, unit: str, where: str | None = None) -> float:
    """Return a value as a float in `unit`.

    Args:
        value: A number, taken to be in `unit` already, or a text such as "3 months".
        unit: Name of the parameter's unit, a key of `UNITS`.
        where: Place to name in an error.

    Returns:
        The value in `unit`. Days, weeks, months and years convert into each other (a year has 365.25
        days), so do GBP, GBP m and GBP bn, and shares and per cent. Rates keep their period: a growth
        per year is not silently turned into one per month.

    Raises:
        InputError: Not a number, not finite, or of another dimension.
    """
    base = unit_of(unit)
    if isinstance(value, bool) or not isinstance(value, Real | str):
        raise InputError("not a number", where=where, found=value, expected=_expected(base))
    if isinstance(value, str):
        number, given = _split(value, base, where)
        result = number if given is None else _tidy(number * given.factor / base.factor)
    else:
        result = _to_float(cast(float, value), base, where)
    if not math.isfinite(result):
        raise InputError("not a finite number", where=where, found=value, expected=_expected(base))
    return result


def describe(value: float, unit: str) -> str:
    """Return a value with its unit as a reader would write it; `parse` reads it back."""
    number = f"{value:.10g}"
    base = unit_of(unit)
    if base.dimension == "money":
        return f"GBP {number}{unit.removeprefix('GBP').strip()}"
    if unit in ("share", "ratio", "elasticity", "coefficient", "sd of log"):
        return number
    if unit in _TIME and value == 1.0:
        unit = unit.removesuffix("s")
    return f"{number} {unit}"


def _tidy(value: float) -> float:
    """Drop the last binary digits, so that "14.4 %" and 0.144 are the same number."""
    return float(f"{value:.15g}")


def _to_float(value: float, base: Unit, where: str | None) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InputError("not a finite number", where=where, found=value, expected=_expected(base)) from None


def _split(text: str, base: Unit, where: str | None) -> tuple[float, Unit | None]:
    """Split a text into its number and unit, None where it names no unit."""
    plain = " ".join(text.split())
    money = _MONEY.match(plain)
    if money:
        size = _MAGNITUDES.get((money["size"] or money["size2"] or "").lower())
        number = _number((money["sign"] or "") + (money["number"] or money["number2"] or ""))
        if size is not None and number is not None:
            given = Unit("GBP", "money", size)
            _same_dimension(given, base, text, where)
            return number, given
    quantity = _QUANTITY.match(plain)
    number = _number(quantity["number"]) if quantity else None
    if quantity is None or number is None:
        raise InputError("not a number with a unit", where=where, found=text, expected=_expected(base))
    if not quantity["unit"]:
        return number, None
    found = _named(quantity["unit"])
    if found is None:
        raise InputError("unknown unit", where=where, found=text, expected=_expected(base))
    _same_dimension(found, base, text, where)
    return number, found


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _named(text: str) -> Unit | None:
    low = text.lower()
    if low in _SPELLINGS:
        return UNITS[_SPELLINGS[low]]
    if low in _SYNONYMS:
        return UNITS[_SYNONYMS[low]]
    rate = _PER.match(low)
    if rate:
        what = _SYNONYMS.get(rate["what"])
        period = "year" if rate["period"] == "annum" else rate["period"]
        return UNITS.get(f"{what} per {period}")
    return None


def _same_dimension(given: Unit, base: Unit, text: str, where: str | None) -> None:
    if given.dimension != base.dimension:
        hint = None
        if given.dimension.startswith("share per") and base.dimension.startswith("share per"):
            hint = "Rates are not converted between periods, because growth compounds."
        raise InputError(
            f"wrong unit: this is a {given.dimension}, not a {base.dimension}",
            where=where,
            found=text,
            expected=_expected(base),
            hint=hint,
        )


def _expected(base: Unit) -> str:
    example = _EXAMPLES.get(base.dimension)
    number = f"a plain number ({base.name})"
    return f"{number}, or a text such as {example}" if example else number
