"""Properties of scenario reading over generated texts and values."""

import tomllib
from datetime import date
from string import ascii_letters

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.basis import units
from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.spec.files import Layer
from aft_sim.spec.layers import check_layer
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario
from aft_sim.spec.toml_lines import key_lines

pytestmark = pytest.mark.property

BASE = load_scenario("baseline")
REGISTER = Register.load()
NUMBERS = [p for p in REGISTER.values() if p.kind == "number" and p.active]

KEYS = st.text(ascii_letters, min_size=1, max_size=6) | st.sampled_from(["a b", "x.y", "#", '"', "é", "]"])
LEAVES = (
    st.integers(-5, 5) | st.booleans() | st.just(date(2026, 6, 1)) | st.text(alphabet="ab#[]{}=,.\"'\\\n é", max_size=8)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)


def quoted(text):
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return '"' + "".join(marks.get(mark, mark) for mark in text) + '"'


def written(value, draw):
    """Return a value as TOML, with line breaks and comments where TOML allows them."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if "\n" in value and draw(st.booleans()):
            body = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"""\n{body}"""'
        return quoted(value)
    if isinstance(value, list):
        gap = draw(st.sampled_from([" ", "\n", " # ] , [\n"]))
        return "[" + gap + ("," + gap).join(written(item, draw) for item in value) + gap + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(k)} = {written(v, draw)}" for k, v in value.items()) + "}"
    return value.isoformat() if isinstance(value, date) else str(value)


def paths(value, prefix=()):
    """Yield all key paths of a parsed document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*prefix, key)
        yield from paths(inner, (*prefix, key))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_scanner_finds_exactly_the_keys_of_the_reader(data):
    text, starts = "", {}
    for number in range(data.draw(st.integers(0, 3))):
        array = data.draw(st.booleans())
        name = f"t{0 if array else number + 1}"
        head = f"[[{name}]]" if array else f"[{name}]"
        text += data.draw(st.sampled_from(["", "\n", "# comment = [\n"])) + head + "\n"
        index = sum(1 for path in starts if path[0] == "t0" and len(path) == 2) if array else None
        table = (name, index) if array else (name,)
        starts[table] = text.count("\n")
        for key, value in data.draw(st.dictionaries(KEYS, VALUES, max_size=3)).items():
            starts[(*table, key)] = text.count("\n") + 1
            text += f"{quoted(key)} = {written(value, data.draw)}\n"
    document = tomllib.loads(text)
    lines = key_lines(text)
    assert set(lines) == set(paths(document))
    for path, line in starts.items():
        assert lines[path] == line
    assert all(1 <= line <= text.count("\n") for line in lines.values())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(NUMBERS), st.floats(0.0, 1.0))
def test_a_number_and_its_description_are_one_scenario(parameter, share):
    value = parameter.minimum + share * (parameter.maximum - parameter.minimum)
    plain = BASE.with_changes("a", {parameter.name: float(f"{value:.10g}")})
    text = BASE.with_changes("b", {parameter.name: units.describe(value, parameter.unit)})
    assert plain.hash == text.hash


@settings(max_examples=40, deadline=None)
@given(st.permutations(NUMBERS[:6]), st.permutations(["RTF", "RBS", "set:nominees"]))
def test_hash_does_not_depend_on_the_order_of_writing(parameters, trusts):
    changes = [{"parameter": p.name, "from": date(2027, 4, 1), "value": p.low} for p in parameters]
    written_so = BASE.with_changes(
        "a", {**{p.name: p.high for p in parameters}, "aft.designated": list(trusts), "change": changes}
    )
    first = sorted(NUMBERS[:6], key=lambda p: p.name)
    other = BASE.with_changes(
        "b",
        {
            **{p.name: p.high for p in first},
            "aft.designated": ["RBS", "RTF", "set:nominees"],
            "change": [{"parameter": p.name, "from": date(2027, 4, 1), "value": p.low} for p in first],
        },
    )
    assert written_so.hash == other.hash
    assert written_so.changes == tuple(sorted(written_so.changes, key=lambda c: c.parameter))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*levers(), "production.growth", "x.y"]), VALUES, max_size=4))
def test_with_changes_works_or_reports_but_never_breaks(changes):
    try:
        scenario = BASE.with_changes("a", changes)
    except InputErrors as errors:
        assert all(isinstance(problem, InputError) for problem in errors.problems)
    else:
        assert scenario.capital.limit_rule


TOP = ["schema", "name", "title", "question", "aft", "capital", "parameters", "change", "x"]
CHANGES = st.lists(
    st.dictionaries(st.sampled_from(["parameter", "from", "value", "trusts", "why", "x"]), VALUES, max_size=4),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(TOP), VALUES | CHANGES, max_size=6))
def test_any_table_is_checked_without_breaking(table):
    content = check_layer(Layer("x.toml", table, None), REGISTER)
    assert all(str(problem).startswith("x.toml") for problem in content.problems)
    assert content.problems or {"schema", "name", "title"} <= set(table)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20), st.sampled_from(list(units.UNITS)))
def test_any_text_is_a_number_or_an_input_error(text, unit):
    try:
        value = units.parse(text, unit)
    except InputError:
        return
    assert value == value
