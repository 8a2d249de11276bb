"""Scenario files: extends, origins, one-pass errors, hashes and changes made in code."""

import os
import pickle
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from aft_sim.basis.errors import InputErrors
from aft_sim.spec import files, layers
from aft_sim.spec.files import shipped_scenarios
from aft_sim.spec.levers import levers
from aft_sim.spec.scenario import load_scenario
from aft_sim.spec.toml_lines import key_lines, line_of

pytestmark = pytest.mark.unit

HEAD = 'schema = 1\nname = "x"\ntitle = "X"\n'
RULE = '[capital]\nlimit_rule = "additive"\n'


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a scenario file into a fresh folder and return its path."""
    monkeypatch.chdir(tmp_path)

    def write_file(text, name="x.toml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


def problems(reference):
    """Return the messages of all problems of a scenario."""
    with pytest.raises(InputErrors) as caught:
        load_scenario(reference)
    return [str(problem) for problem in caught.value.problems]


# Shipped files -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(shipped_scenarios()))
def test_every_shipped_scenario_loads_under_its_own_name(name):
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.title
    assert scenario.question


def test_installed_scenarios_come_before_those_of_a_checkout(tmp_path, monkeypatch):
    package = tmp_path / "src" / "aft_sim"
    for folder, name in ((package / "_shipped" / "scenarios", "wheel"), (tmp_path / "scenarios", "checkout")):
        monkeypatch.setattr(files, "_PACKAGE", package)
        assert shipped_scenarios() == {}
        folder.mkdir(parents=True)
        (folder / f"{name}.toml").write_text(HEAD + RULE)
        assert list(shipped_scenarios()) == [name]
        shutil.rmtree(folder)


def test_comparator_differs_from_baseline_in_status_only():
    base, without = load_scenario("baseline"), load_scenario("no-aft")
    different = {path for path in base.flat() if base.flat()[path] != without.flat()[path]}
    assert different == {"aft.designated", "aft.freedoms.approval", "aft.freedoms.reinvest"}
    assert [Path(file).name for file in without.chain] == ["baseline.toml", "no-aft.toml"]
    assert base.aft.designated == ("set:first-wave",)
    assert base.capital.limit_rule == "inside_scale_draws"


# Values and origins --------------------------------------------------------------------------------

FULL = """\
schema = 1
name = "full"   # a comment with "quotes" and ]
title = "All kinds of values"
question = "Do they arrive?"

[aft]
designated = [
    "set:first-wave",
    "RTF",            # twice does not matter
]
from = 2026-07-01
freedoms = {approval = true}

[capital]
limit_rule = "inside_scale_draws"

[parameters]
removals.share_of_starts = "15 %"
"removals.closure" = "list"
capital.approval_months.aft = "13 weeks"

[[change]]
parameter = "production.growth"
from = 2030-04-01
value = "1 % per year"
why = "A slower decade."

[[change]]
parameter = "production.level"
from = 2027-04-01
value = 1.1
trusts = [
    "RBS",
    "set:nominees",
]
"""


def test_all_kinds_of_values(write):
    scenario = load_scenario(write(FULL))
    assert (scenario.name, scenario.question, scenario.schema) == ("full", "Do they arrive?", 1)
    assert scenario.aft.designated == ("set:first-wave", "RTF")
    assert scenario.aft.from_ == date(2026, 7, 1)
    assert scenario.aft.freedoms.approval
    assert not scenario.aft.freedoms.reinvest
    assert scenario.parameters["removals.share_of_starts"] == 0.15
    assert scenario.parameters["removals.closure"] == "list"
    assert scenario.parameters["capital.approval_months.aft"] == pytest.approx(91 / (365.25 / 12))
    level, growth = scenario.changes  # by date
    assert (level.parameter, level.start, level.value) == ("production.level", date(2027, 4, 1), 1.1)
    assert level.trusts == ("RBS", "set:nominees")
    assert (growth.value, growth.trusts, growth.why) == (1.0, None, "A slower decade.")


def test_every_value_knows_its_file_and_line(write):
    scenario = load_scenario(write(FULL))
    lines = {path: origin.line for path, origin in scenario.origins.items()}
    assert lines == {
        "aft.designated": 7,
        "aft.designated[0]": 8,
        "aft.designated[1]": 9,
        "aft.from": 11,
        "aft.freedoms.approval": 12,
        "capital.limit_rule": 15,
        "parameters.removals.share_of_starts": 18,
        "parameters.removals.closure": 19,
        "parameters.capital.approval_months.aft": 20,
        "change[0]": 28,
        "change[0].value": 31,
        "change[0].trusts[0]": 33,
        "change[0].trusts[1]": 34,
        "change[1]": 22,
        "change[1].value": 25,
    }
    assert scenario.where("aft.from") == "x.toml:11"
    assert scenario.where("capital.recipients") is None
    assert str(scenario.changes[0].origin) == "x.toml:28"


def test_flat_lists_levers_parameters_and_changes(write):
    flat = load_scenario(write(FULL)).flat()
    assert flat["capital.recipients"] == 16
    assert flat["aft.from"] == date(2026, 7, 1)
    assert flat["parameters.removals.closure"] == "list"
    assert flat["production.growth from 2030-04-01"] == 1.0
    assert flat["production.level from 2027-04-01 at RBS, set:nominees"] == 1.1


# Extends -------------------------------------------------------------------------------------------


def test_child_overrides_key_by_key(write):
    write(FULL, "full.toml")
    child = write(
        'schema = 1\nname = "child"\nextends = "full"\ntitle = "Child"\n'
        '[aft]\ndesignated = ["RP1"]\nfreedoms = {reinvest = true}\n'
        "[parameters]\nremovals.share_of_starts = 0.16\n"
        '[[change]]\nparameter = "production.growth"\nfrom = 2030-04-01\nvalue = 0.5\n',
        "child.toml",
    )
    scenario = load_scenario(child)
    assert scenario.aft.designated == ("RP1",)
    assert scenario.aft.freedoms.approval
    assert scenario.aft.freedoms.reinvest
    assert scenario.aft.from_ == date(2026, 7, 1)
    assert scenario.parameters["removals.share_of_starts"] == 0.16
    assert scenario.parameters["removals.closure"] == "list"
    assert [change.value for change in scenario.changes] == [1.1, 0.5]
    assert scenario.question == ""
    assert scenario.chain == ("full.toml", "child.toml")
    assert scenario.where("aft.designated[0]") == "child.toml:6"
    assert "aft.designated[1]" not in scenario.origins
    assert scenario.where("aft.from") == "full.toml:11"


def test_three_generations(write):
    write(HEAD + RULE, "a.toml")
    write('schema=1\nname="b"\ntitle="B"\nextends="a"\n[capital]\nrecipients=3\n', "sub/b.toml")
    write(HEAD + RULE + "recipients=9\n", "sub/a.toml")
    leaf = write('schema=1\nname="c"\ntitle="C"\nextends="sub/b.toml"\n', "c.toml")
    assert load_scenario(leaf).capital.recipients == 3
    assert [Path(f).as_posix() for f in load_scenario(leaf).chain] == ["sub/a.toml", "sub/b.toml", "c.toml"]


def test_name_beside_the_file_comes_before_shipped(write):
    write(HEAD + RULE, "baseline.toml")
    leaf = write('schema=1\nname="c"\ntitle="C"\nextends="baseline"\n', "c.toml")
    assert load_scenario(leaf).capital.limit_rule == "additive"


def test_own_baseline_may_extend_the_shipped_one(write):
    mine = write('schema=1\nname="mine"\ntitle="Mine"\nextends="baseline"\n', "baseline.toml")
    assert load_scenario(mine).aft == load_scenario("baseline").aft


def test_circle(write):
    write('schema=1\nname="a"\ntitle="A"\nextends="b"\n', "a.toml")
    write('schema=1\nname="b"\ntitle="B"\nextends="a"\n', "b.toml")
    found = problems("a.toml")
    assert len(found) == 1
    assert found[0].startswith("b.toml:4: scenarios extend each other in a circle")
    assert "a.toml extends b.toml extends a.toml" in found[0]


def test_problems_of_all_files_come_together(write):
    write(HEAD + 'tilte = "a"\n' + RULE + "[parameters]\nproduction.growth = 99\n", "a.toml")
    leaf = write('schema=1\nname="b"\ntitle="B"\nextends="a"\n[capital]\nrecipients=0\n', "b.toml")
    assert [text.split(": ")[0] for text in problems(leaf)] == ["b.toml:6", "a.toml:4", "a.toml:8"]


# Errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + 'tilte = "y"\n' + RULE, 4, "unknown key: found 'tilte'.*Did you mean \"title\""),
        (HEAD + "[removals]\nclosure = 1\n" + RULE, 4, r"\[parameters\]"),
        ('name = "x"\ntitle = "X"\n' + RULE, 1, "schema = 1"),
        (
            'schema = 2\nname = "x"\ntitle = "X"\n' + RULE,
            1,
            "written for a newer aft-sim: found 'schema = 2'; expected schema = 1",
        ),
        ('schema = 1\nname = "Bad Name"\ntitle = "X"\n' + RULE, 2, "lower-case"),
        ('schema = 1\nname = "x"\n' + RULE, 1, "needs a title"),
        (HEAD + "question = 3\n" + RULE, 4, "needs a question"),
        (HEAD, 1, 'limit_rule must be chosen.*"additive"'),
        (HEAD + "[capital]\nrecipients = 3\n", 4, "limit_rule must be chosen"),
        (HEAD + '[capital]\nlimit_rule = "additiv"\n', 5, 'Did you mean "additive"'),
        (HEAD + RULE + "recipients = 0\n", 6, "found 0; expected at least 1"),
        (HEAD + RULE + "recipients = 1000\n", 6, "expected at most 300"),
        (HEAD + RULE + "recipients = 2.5\n", 6, "whole number"),
        (HEAD + RULE + "recipient = 2\n", 6, 'unknown key in capital.*Did you mean "recipients"'),
        (HEAD + RULE + "invest_share = 0.3\n", 6, r"write it in the table \[parameters\]"),
        (HEAD + RULE + "[aft]\nfrom = 2026-06-01T10:00:00\n", 7, "not a date"),
        (HEAD + RULE + '[aft]\nfrom = "soon"\n', 7, "aft.from: not a date"),
        (HEAD + RULE + "[aft]\nfrom_ = 2026-06-01\n", 7, 'Did you mean "from"'),
        (HEAD + RULE + '[aft]\ndesignated = "RTF"\n', 7, "a list such as"),
        (HEAD + RULE + '[aft]\ndesignated = ["RBS",\n\n"rtf"]\n', 9, 'Did you mean "RTF"'),
        (HEAD + RULE + '[aft]\ndesignated = ["set:frist-wave"]\n', 7, 'Did you mean "set:first-wave"'),
        (HEAD + RULE + '[aft]\nfreedoms = {approval = "yes"}\n', 7, "true or false"),
        (HEAD + RULE + "[aft.freedoms]\naproval = true\n", 7, 'Did you mean "approval"'),
        (HEAD + RULE + "[aft]\nfreedoms = true\n", 7, "a table"),
        ("aft = 3\n" + HEAD + RULE, 1, "aft must be a table"),
        ("parameters = 3\n" + HEAD + RULE, 1, "parameters must be a table"),
        (HEAD + RULE + "[parameters]\nremovals.share = 0.2\n", 7, "removals.share_of_starts"),
        (HEAD + RULE + "[parameters]\nproduction.growth = 99\n", 7, "out of range.*-10 % per year to 15"),
        (HEAD + RULE + '[parameters]\nproduction.growth = "3 months"\n', 7, "wrong unit"),
        (HEAD + RULE + '[parameters]\nremovals.closure = "start"\n', 7, 'Did you mean "starts"'),
        (HEAD + RULE + "[parameters]\ncapital.benefit_realisation = 0.4\n", 7, "not active"),
        (HEAD + RULE + "[parameters.capital]\nhub_cost = []\n", 7, "not a number"),
        ("change = 3\n" + HEAD + RULE, 1, r"\[\[change\]\]"),
        (HEAD + RULE + "[[change]]\n", 6, "a change needs parameter"),
    ],
)
def test_one_mistake_gives_its_line_and_a_way_out(write, text, line, words):
    found = "\n".join(problems(write(text)))
    assert found.startswith(f"x.toml:{line}: ")
    assert re.search(words, found)


CHANGE = HEAD + RULE + '[[change]]\nparameter = "production.growth"\nfrom = 2027-04-01\nvalue = 3\n'


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("production.growth", "production.grwth", 7, 'Did you mean "production.growth"'),
        ('"production.growth"', "7", 7, "must be a name"),
        ("2027-04-01", '"April"', 8, "not a date"),
        ("value = 3", "value = 300", 9, "out of range"),
        ("value = 3", "value = 3\nbecause = 1", 10, "unknown key in a change"),
        ("value = 3", "value = 3\nwhy = 1", 10, "why must be a text"),
        ("value = 3", 'value = 3\ntrusts = ["RTF"]', 10, "cannot be set for single trusts.*production.level"),
        ("production.growth", "capital.benefit_realisation", 7, "not active.*realised effect"),
    ],
)
def test_one_mistake_in_a_change(write, old, new, line, words):
    found = problems(write(CHANGE.replace(old, new)))
    assert len(found) == 1
    assert found[0].startswith(f"x.toml:{line}: ")
    assert re.search(words, found[0])


@pytest.mark.parametrize("trusts", ["[]", '"RTF"', '["rtf"]', "[3]"])
def test_trusts_of_a_change(write, trusts):
    text = CHANGE.replace("production.growth", "production.level") + f"trusts = {trusts}\n"
    found = problems(write(text))
    assert len(found) == 1
    assert found[0].startswith("x.toml:10: ")


def test_same_change_twice_in_one_file(write):
    entry = CHANGE.removeprefix(HEAD + RULE)
    assert "given twice" in problems(write(HEAD + RULE + entry + entry))[0]


def test_parameter_in_two_spellings(write):
    text = HEAD + RULE + '[parameters]\nproduction.growth = 1\n"production.growth" = 2\n'
    assert "set twice" in problems(write(text))[0]


def test_everything_wrong_in_one_pass_in_the_order_of_the_file(write):
    text = (
        'schema = 1\nname = "Bad One"\nextends = "nowhere"\ntilte = "x"\n'
        '[aft]\ndesignated = ["rtf"]\nfreedoms = {aproval = true}\n'
        '[capital]\nlimit_rule = "no"\n'
        "[parameters]\nremovals.share = 1\n"
        '[[change]]\nparameter = "x"\nfrom = 1\nvalue = 2\n'
    )
    lines = [int(text.split(":")[1]) for text in problems(write(text))]
    assert lines == [3, 1, 2, 4, 6, 7, 9, 11, 13, 14]


def test_missing_file_names_a_neighbour(write):
    write(HEAD + RULE, "mine.toml")
    assert 'Did you mean "mine.toml"' in problems("./mien.toml")[0]
    assert 'Did you mean "baseline"' in problems("baselin")[0]
    assert "folder" in problems(Path())[0]


def test_missing_parent_is_named_at_its_line(write):
    leaf = write('schema=1\nname="c"\ntitle="C"\nextends="nowhere"\n' + RULE)
    assert problems(leaf)[0].startswith("x.toml:4: there is no scenario of this name")
    leaf = write(HEAD + "extends = 3\n" + RULE)
    assert problems(leaf)[0].startswith("x.toml:4: extends names a scenario")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (HEAD + "title = 'again'\n", 4, "not valid TOML"),
        (HEAD + "question = no quotes\n", 4, "no quotes"),
        (HEAD + "[aft]\ndesignated = [\n", 5, "not valid TOML"),
        (HEAD.encode() + b'question = "caf\xe9"\n', 4, "UTF-8"),
    ],
)
def test_unreadable_text(write, text, line, words):
    found = problems(write(text))[0]
    assert found.startswith(f"x.toml:{line}: ")
    assert words in found


def test_windows_files_are_read(write):
    text = b"\xef\xbb\xbf" + (HEAD + RULE + "recipients = 0\n").replace("\n", "\r\n").encode()
    assert problems(write(text))[0].startswith("x.toml:6: ")


# Hash and changes made in code ---------------------------------------------------------------------

SAME = """
# another layout of FULL
title = 'Renamed'
name = "renamed"
schema = 1
[parameters.removals]
closure = "list"
share_of_starts = 0.15
[parameters]
capital = {approval_months = {aft = "91 days"}}
[aft.freedoms]
approval = true
[[change]]
value = 1.10
trusts = ["set:nominees", "RBS"]
from = "2027-04-01"
parameter = "production.level"
why = "Another reason."
[[change]]
value = 1
from = 2030-04-01
parameter = "production.growth"
[capital]
limit_rule = "inside_scale_draws"
[aft]
from = 2026-07-01
designated = ["RTF", "set:first-wave"]
"""


def test_hash_does_not_see_layout_names_or_reasons(write):
    assert load_scenario(write(SAME)).hash == load_scenario(write(FULL, "full.toml")).hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-07-01", "2026-07-02"),
        ("approval = true", "approval = false"),
        ("inside_scale_draws", "additive"),
        ('"15 %"', '"15.1 %"'),
        ("1.1\n", "1.2\n"),
        ("2027-04-01", "2027-04-02"),
        ('    "RBS",\n', ""),
        ('"RTF", ', '"RP1", '),
    ],
)
def test_hash_sees_every_value(write, old, new):
    assert old in FULL
    assert load_scenario(write(FULL.replace(old, new))).hash != load_scenario(write(FULL, "full.toml")).hash


def test_hash_is_the_same_in_every_process():
    code = "from aft_sim.spec.scenario import load_scenario; print(load_scenario('no-aft').hash)"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "12345")
    }
    assert hashes == {load_scenario("no-aft").hash}


def test_with_changes():
    base = load_scenario("baseline")
    bold = base.with_changes(
        "bold",
        {
            "capital.limit_rule": "additive",
            "aft.designated": ["RTF", "RBS"],
            "aft.freedoms.reinvest": False,
            "aft.from": date(2027, 4, 1),
            "removals.share_of_starts": "16 %",
            "parameters.production.growth": 1,
            "change": [{"parameter": "production.level", "from": "2028-04-01", "value": 1.1, "trusts": ["RTF"]}],
        },
    )
    assert (bold.name, bold.title) == ("bold", f"{base.title} (bold)")
    assert bold.capital.limit_rule == "additive"
    assert bold.aft.designated == ("RTF", "RBS")
    assert bold.aft.freedoms.approval
    assert not bold.aft.freedoms.reinvest
    assert bold.parameters == {"production.growth": 1.0, "removals.share_of_starts": 0.16}
    assert bold.changes[0].trusts == ("RTF",)
    assert bold.where("capital.limit_rule") == "with_changes('bold')"
    assert bold.hash != base.hash
    assert base.capital.limit_rule == "inside_scale_draws"
    assert bold.with_changes("again", {"capital.limit_rule": "inside_scale_draws"}).parameters == bold.parameters


def test_with_changes_that_change_nothing():
    base = load_scenario("baseline")
    same = base.with_changes("same", {"title": "Same", "question": "Why?"})
    assert same.hash == base.hash
    assert (same.title, same.question) == ("Same", "Why?")
    assert same.with_changes("back", {"aft.freedoms": {"approval": True}}).hash == base.hash


def test_a_lever_that_does_not_act_is_refused_with_its_reason(write, monkeypatch):
    dormant = replace(levers()["aft.freedoms.delegation"], active=False, why_inactive="Nothing reads it.")
    monkeypatch.setattr(layers, "levers", lambda: dict(levers()) | {dormant.path: dormant})
    (found,) = problems(write(HEAD + RULE + "[aft.freedoms]\ndelegation = true\n"))
    assert found.startswith("x.toml:7: aft.freedoms.delegation is not active")
    assert "Nothing reads it." in found


def test_with_changes_reports_everything():
    with pytest.raises(InputErrors) as caught:
        load_scenario("baseline").with_changes(
            "Bad",
            {
                "capital.limit_rul": 1,
                "removals.share": 2,
                "production.growth": 99,
                "capital.benefit_realisation": 0.4,
            },
        )
    text = str(caught.value)
    assert len(caught.value.problems) == 5
    for part in (
        '"capital.limit_rule"',
        '"removals.share_of_starts"',
        "out of range",
        "not active",
        "a name",
    ):
        assert part in text


def test_scenarios_are_frozen_and_travel():
    scenario = load_scenario("baseline").with_changes("p", {"production.growth": 1})
    with pytest.raises(AttributeError):
        scenario.name = "other"
    for action in (
        lambda d: d.update(a=1),
        lambda d: d.pop("production.growth"),
        lambda d: d.__setitem__("a", 1),
        lambda d: d.clear(),
    ):
        with pytest.raises(TypeError, match="frozen"):
            action(scenario.parameters)
    copy = pickle.loads(pickle.dumps(scenario))
    assert copy == scenario
    assert hash(copy) == hash(scenario)
    assert copy.origins == scenario.origins


# Lines of keys -------------------------------------------------------------------------------------

TRICKY = '''\
a = "# not a comment" # a comment
"b c".d = 'literal \\' # x
e = """
f = 1
\\""" still text
""" # end
g = [ # comment ]
  "]", [1,
  2], {h = 1, i = {j = "}"}},
]
[k.l]
m = 1979-05-27 07:32:00
[[n]]
[[n]]
o.p = \'\'\'
\'\' \'\'\'\'
[[n.q]]
r = true
'''


def test_lines_of_a_tricky_text():
    tomllib.loads(TRICKY)
    lines = key_lines(TRICKY)
    expected = {
        ("a",): 1,
        ("b c", "d"): 2,
        ("e",): 3,
        ("g",): 7,
        ("g", 0): 8,
        ("g", 1, 1): 9,
        ("g", 2, "h"): 9,
        ("g", 2, "i", "j"): 9,
        ("k", "l", "m"): 12,
        ("n",): 13,
        ("n", 0): 13,
        ("n", 1): 14,
        ("n", 1, "o", "p"): 15,
        ("n", 1, "q", 0): 17,
        ("n", 1, "q", 0, "r"): 18,
    }
    assert {path: lines.get(path) for path in expected} == expected
    assert ("f",) not in lines


def test_line_of_an_unknown_path_is_that_of_its_ancestor():
    lines = key_lines("[a]\nb = 1\n")
    assert line_of(lines, ("a", "c", "d")) == 1
    assert line_of(lines, ("a", "b", 3)) == 2
    assert line_of(lines, ("z",)) == 1
