"""Worlds between two scenarios."""

from datetime import date

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.spec.mixing import mixed, parts_between, read_parts
from aft_sim.spec.scenario import load_scenario

pytestmark = pytest.mark.unit

BASE = load_scenario("no-aft")
WIDE = load_scenario("aft-wide")
CHANGE = {"parameter": "production.level", "from": date(2027, 4, 1), "value": 1.1, "trusts": ["RTF"], "why": "More."}
RICH = load_scenario("aft-wide-additive").with_changes(
    "rich", {"capital.delivery": 0.9, "capital.hub_cost": 12.0, "change": [CHANGE]}
)


def test_each_difference_is_a_part_and_none_or_all_give_the_ends() -> None:
    parts = parts_between(BASE, WIDE)
    assert [part.name for part in parts] == ["aft.designated", "aft.freedoms.approval", "aft.freedoms.reinvest"]
    assert parts[1].words == "false → true"
    assert mixed(BASE, WIDE, [], "none").hash == BASE.hash
    assert mixed(BASE, WIDE, parts, "all").hash == WIDE.hash


def test_parameters_and_dated_changes_are_taken_and_left() -> None:
    groups = {"freedoms": ["aft.freedoms"], "money": ["capital.delivery", "parameters.capital.hub_cost"]}
    parts = parts_between(BASE, RICH, groups)
    assert [part.name for part in parts] == [
        "aft.designated",
        "freedoms",
        "capital.limit_rule",
        "money",
        "production.level from 2027-04-01 at RTF",
    ]
    assert "capital.delivery: 0.8" in parts[3].words
    assert mixed(BASE, RICH, parts, "all").hash == RICH.hash
    assert mixed(RICH, BASE, parts, "all").hash == BASE.hash
    one = mixed(BASE, RICH, [parts[3], parts[4]], "one")
    assert dict(one.parameters) == {"capital.delivery": 0.9, "capital.hub_cost": 12.0}
    assert [change.path for change in one.changes] == ["production.level from 2027-04-01 at RTF"]
    assert one.aft.designated == ()


def test_changes_that_both_have_stay() -> None:
    before = BASE.with_changes("before", {"change": [CHANGE]})
    after = WIDE.with_changes("after", {"change": [CHANGE | {"value": 1.2}]})
    parts = parts_between(before, after, {"status": ["aft"]})
    assert [part.name for part in parts] == ["status", "production.level from 2027-04-01 at RTF"]
    assert mixed(before, after, parts[:1], "one").changes[0].value == 1.1
    assert mixed(before, after, parts[1:], "two").changes[0].value == 1.2


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"x": ["aft.designatd"]}, ["--part x", "does not differ", "aft.designatd", 'Did you mean "aft.designated"']),
        ({"x": ["aft.freedoms"], "y": ["aft.freedoms.approval"]}, ["aft.freedoms.approval stands in two parts"]),
        ({}, ["8 parts differ, and 6 can be told apart", "Group some: --part NAME=aft.freedoms.approval,aft.freed"]),
    ],
)
def test_bad_parts_get_one_clear_message(groups, words) -> None:
    many = RICH.with_changes("many", {"capital.invest_share": 0.5})
    with pytest.raises(InputError) as problem:
        parts_between(BASE, many, groups)
    for word in words:
        assert word in str(problem.value)


def test_same_scenario_has_nothing_to_explain() -> None:
    with pytest.raises(InputError, match="nothing to explain"):
        parts_between(BASE, BASE)


def test_parts_as_the_command_line_gives_them() -> None:
    assert read_parts(["a=x,y", "b = z"]) == {"a": ("x", "y"), "b": ("z",)}
    for bad in ("a", "a=", "=x"):
        with pytest.raises(InputError, match="not a part"):
            read_parts([bad])
    with pytest.raises(InputError, match="given twice"):
        read_parts(["a=x", "a=y"])
