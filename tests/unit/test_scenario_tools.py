"""Differences, files written, the JSON Schema, and how a scenario prints."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.spec.differences import differences
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario, shipped_scenarios
from aft_sim.spec.schema import scenario_schema
from aft_sim.spec.write import new_text, write_new

pytestmark = pytest.mark.unit

BASE = load_scenario("baseline")
DATED = {"parameter": "production.growth", "from": "2027-04-01", "value": 1.0}


def test_a_scenario_does_not_differ_from_itself():
    assert differences(BASE, BASE) == []


def test_differences_name_path_values_unit_source_and_places(tmp_path: Path):
    path = tmp_path / "x.toml"
    path.write_text(
        'schema = 1\nname = "x"\nextends = "baseline"\ntitle = "X"\n[aft]\ndesignated = ["RTF"]\n'
        '[parameters]\ncapital.hub_cost = "GBP 15m"\n'
        '[[change]]\nparameter = "production.growth"\nfrom = 2027-04-01\nvalue = 1\n'
    )
    lever, parameter, change = differences(BASE, load_scenario(path))
    assert (lever.path, lever.old, lever.new, lever.unit) == ("aft.designated", "set:first-wave", "RTF", "")
    assert lever.source == levers()["aft.designated"].source
    assert (lever.old_where.rpartition("/")[2], lever.new_where.rpartition("/")[2]) == ("baseline.toml:8", "x.toml:6")
    assert (parameter.path, parameter.old, parameter.new) == ("capital.hub_cost", "GBP 20m", "GBP 15m")
    assert (parameter.unit, parameter.source) == ("GBP m", Register.load()["capital.hub_cost"].source)
    assert (parameter.old_where, parameter.new_where.rpartition("/")[2]) == ("register", "x.toml:8")
    assert (change.path, change.old, change.new) == ("production.growth from 2027-04-01", None, "1 % per year")
    assert (change.old_where, change.new_where.rpartition("/")[2]) == ("not set", "x.toml:9")
    back = differences(load_scenario(path), BASE)
    assert [(one.path, one.old, one.new) for one in back] == [
        (one.path, one.new, one.old) for one in (lever, parameter, change)
    ]


def test_setting_a_default_is_no_difference():
    register = Register.load()
    again = BASE.with_changes("again", {"capital.delivery": register.number("capital.delivery")})
    assert differences(BASE, again) == []
    swapped = BASE.with_changes("a", {"aft.designated": ["RTF", "RBS"]})
    assert differences(swapped, BASE.with_changes("b", {"aft.designated": ["RBS", "RTF"]})) == []


@pytest.mark.parametrize("name", shipped_scenarios())
def test_written_as_one_file_it_is_the_same_scenario(name: str, tmp_path: Path):
    scenario = load_scenario(name).with_changes(name, {"capital.hub_cost": 15.25, "change": [DATED | {"why": 'a "b"'}]})
    again = load_scenario(scenario.save(tmp_path / "again.toml"))
    assert again.hash == scenario.hash
    assert (again.name, again.title, again.question) == (scenario.name, scenario.title, scenario.question)
    assert again.chain[0].endswith("again.toml")
    assert [change.why for change in again.changes if change.parameter == DATED["parameter"]] == ['a "b"']
    assert again.to_toml() == scenario.to_toml()


def test_a_new_file_changes_nothing_until_a_line_is_uncommented(tmp_path: Path):
    text = new_text("mine", ["aft-wide"], load_scenario("aft-wide"))
    path = write_new(tmp_path / "mine.toml", text)
    assert load_scenario(path).hash == load_scenario("aft-wide").hash
    path.write_text(text.replace('# limit_rule = "inside_scale_draws"', 'limit_rule = "additive"'))
    assert load_scenario(path).capital.limit_rule == "additive"
    bare = [line.removeprefix("# ") for line in text.splitlines()]
    for lever in levers().values():
        assert any(line.startswith(f"{lever.path.partition('.')[2]} = ") for line in bare), lever.path


def test_all_uncommented_lines_of_a_new_file_are_right(tmp_path: Path):
    base = load_scenario("baseline")
    kept = []
    for line in new_text("mine", ["baseline"], base).splitlines():
        bare = line.removeprefix("# ")
        ours = bare.startswith(("[", "parameter =", "from =", "value =", "trusts =", "why =")) or " = " in bare
        inactive = any(bare.startswith(f"freedoms.{name}") for name in ("oversight", "multi", "delegation"))
        kept.append(bare if ours and not line.startswith("# Allowed") and not inactive else "")
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(kept))
    scenario = load_scenario(path)
    assert scenario.changes[0].trusts == ("RTF", "set:first-wave")
    assert differences(base, scenario)[-1].path.startswith("emergency.surge from 2027-04-01")


def test_a_file_is_never_written_over(tmp_path: Path):
    path = write_new(tmp_path / "mine.toml", "first")
    with pytest.raises(InputError, match="there already"):
        write_new(path, "second")
    assert path.read_text() == "first"
    with pytest.raises(InputError, match=r"ends in \.toml"):
        write_new(tmp_path / "mine.txt", "")
    with pytest.raises(InputError, match="no such folder"):
        write_new(tmp_path / "none" / "mine.toml", "")


def as_json(text: str) -> object:
    return json.loads(json.dumps(tomllib.loads(text), default=str))


SCHEMA = scenario_schema()
CHECK = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", shipped_scenarios().values(), ids=lambda path: path.stem)
def test_the_schema_accepts_shipped_scenarios(path: Path):
    assert not list(CHECK.iter_errors(as_json(path.read_text(encoding="utf-8"))))


HEAD = 'schema = 1\nname = "x"\ntitle = "X"\nextends = "baseline"\n'


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("[capitol]\n", False),
        ('[capital]\nlimit_rule = "additive"\n', True),
        ('[capital]\nlimit_rule = "adds"\n', False),
        ("[capital]\nrecipients = 0\n", False),
        ("[aft]\nfrom = 2027-04-01\n", True),
        ("[aft]\nfreedoms = {approval = true}\n", True),
        ("[aft]\nfreedoms = {delegation = true}\n", False),
        ("[aft]\nfreedoms = {aproval = true}\n", False),
        ('[aft]\ndesignated = ["rtf"]\n', False),
        ("[parameters]\ncapital.delivery = 0.5\n", True),
        ('[parameters]\n"capital.delivery" = "50 %"\n', True),
        ("[parameters]\ncapital.delivery = 7\n", False),
        ("[parameters]\ncapital.benefit_realisation = 0.5\n", False),
        ("[parameters]\ncapital.delivry = 0.5\n", False),
        ('[parameters]\nremovals.closure = "list"\n', True),
        ('[parameters]\nremovals.closure = "lists"\n', False),
        ('[[change]]\nparameter = "production.growth"\nfrom = 2027-04-01\nvalue = 1\n', True),
        ('[[change]]\nparameter = "production.growth"\nvalue = 1\n', False),
        ('[[change]]\nparameter = "production.grow"\nfrom = 2027-04-01\nvalue = 1\n', False),
    ],
)
def test_the_schema_tells_good_from_bad_as_the_loader_does(text: str, good: bool, tmp_path: Path):
    path = tmp_path / "x.toml"
    path.write_text(HEAD + text)
    assert bool(not list(CHECK.iter_errors(as_json(HEAD + text)))) == good
    if good:
        load_scenario(path)
    else:
        with pytest.raises(InputErrors, match=r"x\.toml:"):
            load_scenario(path)


def test_a_scenario_prints_what_it_sets_and_where():
    text = str(BASE.with_changes("mine", {"capital.hub_cost": 15.0}))
    lines = text.splitlines()
    assert lines[0].startswith("mine: ")
    assert any(line.startswith("  capital.limit_rule = ") and "baseline.toml:15" in line for line in lines)
    assert "  parameters.capital.hub_cost = GBP 15m  (with_changes('mine'))" in lines
    assert not any("recipients" in line for line in lines)
