"""Random scenario files: valid ones load, resolve, round-trip and hash stably; broken ones end with a message."""

from __future__ import annotations

import random
import tempfile
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.basis import units
from aft_sim.basis.errors import AftSimError
from aft_sim.spec.differences import differences
from aft_sim.spec.levers import Lever, levers
from aft_sim.spec.register import Parameter, Register
from aft_sim.spec.scenario import Scenario, load_scenario

pytestmark = pytest.mark.property

ACTIVE = [p for p in Register.load().values() if p.active]
LEVERS = [lever for lever in levers().values() if lever.active]
TRUSTS = ["RTF", "RBS", "RP1", "set:first-wave", "set:region:London", "set:segment:1"]
DAYS = st.integers(0, 3600).map(lambda days: date(2026, 2, 2) + timedelta(days))


def lever_value(lever: Lever) -> st.SearchStrategy[str]:
    """Text of a valid value."""
    if lever.kind == "switch":
        return st.sampled_from(["true", "false"])
    if lever.kind == "choice":
        return st.sampled_from([f'"{option}"' for option in lever.options])
    if lever.kind == "day":
        return DAYS.map(str)
    if lever.kind == "number":
        return st.integers(lever.minimum, lever.maximum).map(str)
    assert lever.kind == "trusts"
    return st.lists(st.sampled_from(TRUSTS), max_size=3, unique=True).map(lambda codes: str(codes).replace("'", '"'))


def parameter_value(p: Parameter) -> st.SearchStrategy[str]:
    """Text of a valid value: an option, a switch, a plain number, or a number with its unit."""
    if p.kind == "choice":
        return st.sampled_from([f'"{option}"' for option in p.options])
    if p.kind == "switch":
        return st.sampled_from(["true", "false"])
    numbers = st.floats(0, 1).map(lambda share: p.minimum + share * (p.maximum - p.minimum))
    plain = numbers.map(lambda x: f"{float(f'{x:.6g}')!r}")
    inside = plain.filter(lambda text: p.minimum <= float(text) <= p.maximum)
    return inside | inside.map(lambda text: f'"{units.describe(float(text), p.unit)}"')


@st.composite
def blocks(draw: st.DrawFn) -> list[str]:
    """Lines and tables of a valid file, in an order that may be changed: one a lever, parameter or change."""
    out = []
    for lever in draw(st.lists(st.sampled_from(LEVERS), max_size=4, unique_by=lambda x: x.path)):
        out.append(f"{lever.path} = {draw(lever_value(lever))}")
    for p in draw(st.lists(st.sampled_from(ACTIVE), max_size=4, unique_by=lambda x: x.name)):
        key = draw(st.sampled_from([p.name, f'"{p.name}"']))
        out.append(f"parameters.{key} = {draw(parameter_value(p))}")
    dated = st.tuples(st.sampled_from(ACTIVE), DAYS)
    for p, day in draw(st.lists(dated, max_size=3, unique_by=lambda x: (x[0].name, x[1]))):
        trusts = draw(st.lists(st.sampled_from(TRUSTS), min_size=1, max_size=2, unique=True)) if p.per_trust else []
        line = f'[[change]]\nparameter = "{p.name}"\nfrom = {day}\nvalue = {draw(parameter_value(p))}'
        if trusts and draw(st.booleans()):
            line += f"\ntrusts = {str(trusts).replace(chr(39), chr(34))}"
        out.append(line)
    return out


def text_of(lines: list[str], order: random.Random | None = None) -> str:
    """A file; with `order` the same in another order, with comments and blank lines."""
    head = ["schema = 1", 'name = "x"', 'title = "X"', 'extends = "baseline"']
    plain, changes = [b for b in lines if b[0] != "["], [b for b in lines if b[0] == "["]
    if order is None:
        return "\n".join([*head, *plain, *changes]) + "\n"
    for part in (plain, changes):
        order.shuffle(part)
    return "\n".join([*head[::-1], "# a comment", "", *plain, "", *changes]) + "\n"


def load(text: str | bytes) -> Scenario:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_scenario(path)


@settings(max_examples=150, deadline=None)
@given(blocks(), st.randoms(use_true_random=False))
def test_valid_files_load_round_trip_and_hash_stably(lines: list[str], order: random.Random) -> None:
    scenario = load(text_of(lines))
    assert load(text_of(lines, order)).hash == scenario.hash
    assert load(text_of(lines).replace("\n", "\r\n")).hash == scenario.hash
    again = load(scenario.to_toml())
    assert again.hash == scenario.hash
    assert again.flat() == scenario.flat()
    assert differences(scenario, again) == []
    assert load(again.to_toml()).to_toml() == again.to_toml()
    assert str(scenario).startswith("x: X\n")


@settings(max_examples=100, deadline=None)
@given(blocks(), blocks())
def test_differences_are_empty_exactly_when_nothing_differs(first: list[str], second: list[str]) -> None:
    a, b = load(text_of(first)), load(text_of(second))
    forth, back = differences(a, b), differences(b, a)
    assert {(one.path, one.old, one.new) for one in forth} == {(one.path, one.new, one.old) for one in back}
    if a.hash == b.hash:
        assert forth == []


JUNK = st.binary(min_size=0, max_size=4) | st.sampled_from(
    [
        b'"',
        b"'",
        b"[",
        b"]",
        b"{",
        b"}",
        b"=",
        b"\n",
        b"\x00",
        b"\xff",
        b"[[change]]\n",
        b"0x",
        b"1e999",
        b"nan",
        b"-inf",
    ]
)


@settings(max_examples=400, deadline=None)
@given(blocks(), st.data())
def test_broken_files_end_with_a_message(lines: list[str], data: st.DataObject) -> None:
    content = text_of(lines).encode()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 12)))
        content = content[:start] + data.draw(JUNK) + content[end:]
    try:
        scenario = load(content)
    except AftSimError as error:
        assert "x.toml" in str(error)
    else:
        assert load(scenario.to_toml()).hash == scenario.hash
