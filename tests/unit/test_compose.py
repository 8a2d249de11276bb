"""Scenarios put together: what they share is no conflict, what they disagree on needs an order or a decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.spec.scenario import compose, load_scenario

pytestmark = pytest.mark.unit

BASE = load_scenario("baseline")


def variant(name: str, changes: dict[str, object]):
    return BASE.with_changes(name, changes)


def test_parts_that_touch_different_paths_add_up():
    both = compose("both", [variant("a", {"capital.delivery": 0.5}), variant("b", {"aft.designated": ["RTF"]})])
    expected = BASE.with_changes("both", {"capital.delivery": 0.5, "aft.designated": ["RTF"]})
    assert both.hash == expected.hash
    assert (both.name, both.title) == ("both", f"{BASE.title} (a) + {BASE.title} (b)")


def test_the_order_of_parts_without_conflict_does_not_matter():
    a, b = variant("a", {"capital.delivery": 0.5}), variant("b", {"production.growth": 1.0})
    assert compose("x", [a, b]).hash == compose("x", [b, a]).hash


def test_the_same_value_is_no_conflict():
    a, b = variant("a", {"capital.delivery": 0.5}), variant("b", {"capital.delivery": "50 %"})
    assert compose("x", [a, b]).parameters["capital.delivery"] == 0.5


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [
        ({"capital.delivery": 0.5}, {"capital.delivery": 0.6}, "parameters.capital.delivery"),
        ({"aft.designated": ["RTF"]}, {"aft.designated": ["RBS"]}, "aft.designated"),
        ({"aft.freedoms": {"approval": False}}, {"aft.freedoms.approval": True}, "aft.freedoms.approval"),
        (
            {"change": [{"parameter": "production.growth", "from": "2027-04-01", "value": 1.0}]},
            {"change": [{"parameter": "production.growth", "from": "2027-04-01", "value": 2.0}]},
            "production.growth from 2027-04-01",
        ),
    ],
)
def test_two_values_for_one_path(first, second, path):
    parts = [variant("a", first), variant("b", second)]
    with pytest.raises(InputErrors) as caught:
        compose("x", parts)
    (problem,) = caught.value.problems
    assert problem.what == f"two of the scenarios put together set {path}"
    assert "in a, " in str(problem)
    assert 'order = ["a", "b"]' in str(problem)
    stated = compose("x", parts, order_stated=True)
    assert stated.hash == parts[1].hash
    assert compose("x", parts[::-1], order_stated=True).hash == parts[0].hash


def test_dated_changes_on_different_days_follow_each_other():
    days = ("2027-04-01", "2028-04-01")
    parts = [
        variant(f"p{n}", {"change": [{"parameter": "production.growth", "from": day, "value": float(n)}]})
        for n, day in enumerate(days, 1)
    ]
    assert [(str(c.start), c.value) for c in compose("x", parts).changes] == [(days[0], 1.0), (days[1], 2.0)]


def test_three_parts_are_compared_two_by_two():
    parts = [variant(n, {"capital.delivery": v}) for n, v in (("a", 0.5), ("b", 0.5), ("c", 0.7))]
    with pytest.raises(InputErrors, match=r"in a, .* in c"):
        compose("x", parts)


def test_what_a_common_ancestor_sets_is_no_conflict():
    additive, crowd = load_scenario("aft-wide-additive"), load_scenario("same-money-by-need")
    assert compose("x", [additive, crowd]).hash == crowd.hash  # the second extends the first


def test_one_scenario_is_nothing_to_put_together():
    with pytest.raises(InputError, match="two scenarios"):
        compose("x", [BASE])


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(f'schema = 1\nname = "{name}"\ntitle = "T"\n{text}')
    return path


def test_files_and_code_put_together_alike(tmp_path: Path):
    write(tmp_path, "a", 'extends = "baseline"\n[parameters]\ncapital.delivery = 0.5\n')
    write(tmp_path, "b", 'extends = "baseline"\n[parameters]\nproduction.growth = 1.0\n')
    path = write(tmp_path, "x", 'extends = ["a", "b"]\n')
    from_file = load_scenario(path)
    parts = [load_scenario(tmp_path / "a.toml"), load_scenario(tmp_path / "b.toml")]
    assert from_file.hash == compose("x", parts).hash
    assert [Path(file).name for file in from_file.chain] == ["baseline.toml", "a.toml", "b.toml", "x.toml"]
    assert from_file.where("parameters.production.growth").endswith("b.toml:6")


def test_a_mistake_in_a_shared_ancestor_is_told_once(tmp_path: Path):
    write(tmp_path, "base", 'extends = "baseline"\n[parameters]\ncapital.delivery = 9\n')
    for name in ("a", "b"):
        write(tmp_path, name, 'extends = "base"\n')
    path = write(tmp_path, "x", 'extends = ["a", "b"]\n')
    with pytest.raises(InputErrors) as caught:
        load_scenario(path)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("extends = []\n", "extends names a scenario"),
        ('extends = ["baseline", 3]\n', "extends names a scenario"),
        ('extends = ["baseline", "baseline"]\n', "extends names a scenario twice"),
        ('extends = ["baseline", "no-aft"]\norder = ["no-aft"]\n', "order lists the scenarios of extends"),
        ('extends = ["baseline", "no-aft"]\norder = "no-aft"\n', "order lists the scenarios of extends"),
        ('order = ["baseline", "no-aft"]\n', "order needs extends"),
    ],
)
def test_extends_and_order_that_make_no_sense(tmp_path: Path, text: str, words: str):
    with pytest.raises(InputErrors, match=words):
        load_scenario(write(tmp_path, "x", text))


def level(value: float, *trusts: str) -> dict[str, object]:
    return {"parameter": "production.level", "from": "2027-04-01", "value": value, "trusts": list(trusts)}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (level(1.1, "RTF"), level(1.3, "RTF", "R0B")),
        (level(1.1, "set:first-wave"), level(1.3, "set:region:London", "R0B")),
    ],
)
def test_changes_that_may_meet_at_a_trust_need_an_order(first, second):
    parts = [variant("a", {"change": [first]}), variant("b", {"change": [second]})]
    with pytest.raises(InputErrors, match=r"may give one trust two values of production.level on 2027-04-01"):
        compose("x", parts)
    one, two = (compose("x", p, order_stated=True) for p in (parts, parts[::-1]))
    assert one.hash != two.hash
    assert [c.value for c in one.changes] == [1.1, 1.3]
    assert [c.value for c in two.changes] == [1.3, 1.1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (level(1.1, "RTF"), level(1.3, "R0B")),
        (level(1.1, "RTF"), level(1.3, "set:first-wave")),  # the code goes first
        (level(1.1, "RTF"), level(1.1, "RTF", "R0B")),  # the same value
    ],
)
def test_changes_that_cannot_disagree_need_none(first, second):
    parts = [variant("a", {"change": [first]}), variant("b", {"change": [second]})]
    assert compose("x", parts).hash == compose("x", parts[::-1]).hash
