"""What users write as quantities."""

import math

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.basis.units import UNITS, WEEKS_PER_MONTH, WEEKS_PER_YEAR, describe, parse, unit_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("3 months", "months", 3.0),
        ("1 month", "months", 1.0),
        ("2 years", "months", 24.0),
        ("1 year", "weeks", WEEKS_PER_YEAR),
        ("1 month", "weeks", WEEKS_PER_MONTH),
        ("14 days", "weeks", 2.0),
        ("1.5 weeks", "days", 10.5),
        ("10 days", "days", 10.0),
        ("GBP 100m", "GBP m", 100.0),
        ("gbp 100 million", "GBP m", 100.0),
        ("£1.5bn", "GBP m", 1500.0),
        ("GBP 250k", "GBP m", 0.25),
        ("GBP 1,500", "GBP", 1500.0),
        ("-£2m", "GBP m", -2.0),
        ("100 GBP m", "GBP m", 100.0),
        ("1,500 GBP", "GBP", 1500.0),
        ("2 % per year", "% per year", 2.0),
        ("2% a year", "% per year", 2.0),
        ("2 per cent per annum", "% per year", 2.0),
        ("0.02 share per year", "% per year", 2.0),
        ("14.4 %", "share", 0.144),
        ("0.144", "share", 0.144),
        ("50%", "%", 50.0),
        ("0.5 share", "%", 50.0),
        ("0.1 points", "points", 0.1),
        ("-0.06", "elasticity", -0.06),
        (".5", "ratio", 0.5),
        ("1e3", "GBP", 1000.0),
        ("  3   months ", "months", 3.0),
        (3, "months", 3.0),
        (0.25, "share", 0.25),
        (-1, "elasticity", -1.0),
    ],
)
def test_readable_quantities(text, unit, value):
    assert parse(text, unit) == pytest.approx(value, rel=1e-14)


def test_per_cent_and_share_give_the_same_float():
    assert parse("14.4 %", "share") == 0.144
    assert parse("7 %", "share") == 0.07


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("3 months", "GBP m", "duration"),
        ("GBP 3m", "months", "money"),
        ("3 months", "share", "duration"),
        ("5 %", "months", "share"),
        ("2 %", "% per year", "share"),
        ("2 % per year", "%", "share per year"),
        ("1 % per month", "% per year", "compounds"),
        ("3 points", "%", "points"),
        ("3 moons", "months", "unknown unit"),
        ("100m", "GBP m", "unknown unit"),
        ("GBP 3 zillion", "GBP m", "unknown unit|not a number"),
        ("many", "months", "not a number"),
        ("", "months", "not a number"),
        ("months 3", "months", "not a number"),
        ("GBP", "GBP m", "not a number"),
        ("1,50", "GBP", "unknown unit"),
        (True, "months", "not a number"),
        (None, "months", "not a number"),
        ([3], "months", "not a number"),
        (float("nan"), "months", "finite"),
        (float("inf"), "months", "finite"),
        ("1e999", "months", "finite"),
        (10**400, "months", "finite"),
    ],
)
def test_refused_quantities_name_place_and_example(value, unit, words):
    with pytest.raises(InputError, match=words) as caught:
        parse(value, unit, "a.toml:4")
    assert str(caught.value).startswith("a.toml:4: ")
    assert unit in str(caught.value.expected)


def test_unknown_base_unit():
    with pytest.raises(InputError, match="unknown unit"):
        unit_of("furlongs")


@pytest.mark.parametrize("unit", list(UNITS))
@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, 0.144, 1500.0])
def test_described_values_read_back(unit, value):
    text = describe(value, unit)
    if unit in ("pathways", "trusts", "option", "switch"):
        assert text.startswith(f"{value:g}")
        return
    assert parse(text, unit) == value


def test_descriptions_read_well():
    assert describe(100.0, "GBP m") == "GBP 100m"
    assert describe(1.0, "months") == "1 month"
    assert describe(18.0, "months") == "18 months"
    assert describe(2.2, "% per year") == "2.2 % per year"
    assert describe(0.144, "share") == "0.144"


def test_conversions_are_inverse():
    there = parse("1 year", "days")
    assert math.isclose(parse(f"{there!r} days", "years"), 1.0, rel_tol=1e-12)
