"""Experiment files and their designs: what is run, and each mistake with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from aft_sim.basis.errors import InputErrors
from aft_sim.spec.experiment import load_experiment
from aft_sim.spec.files import shipped_experiments
from aft_sim.spec.register import Register
from aft_sim.study.design import design, varied

pytestmark = pytest.mark.unit

HEAD = 'schema = 1\nname = "x"\ntitle = "X"\nscenarios = ["aft-wide"]\nversus = "no-aft"\n'


@pytest.fixture
def write(tmp_path: Path):
    def write_file(text: str | bytes) -> Path:
        path = tmp_path / "x.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_file


@pytest.mark.parametrize("name", shipped_experiments())
def test_shipped_experiments_are_right(name: str):
    found = design(load_experiment(name))
    arms = len(found.scenarios) + len(found.replayed)
    assert found.runs == arms * len(found.draws) * len(found.seeds) > 0
    assert len({scenario.name for scenario in found.scenarios}) == len(found.scenarios)


def test_shipped_experiments_ask_what_they_say():
    sizes = {name: design(load_experiment(name)) for name in shipped_experiments()}
    assert sizes["quick"].runs == 3 * 5
    assert sizes["deficit-support"].runs == 3 * 5
    assert (len(sizes["first-wave"].draws), len(varied(sizes["first-wave"].draws))) == (20, 195)
    assert (len(sizes["aft-designs"].policies), len(sizes["aft-designs"].draws)) == (9, 9)
    assert len(sizes["assumptions"].draws) == 40
    assert sizes["aft-rules"].replayed == tuple(scenario.name for scenario in sizes["aft-rules"].policies)
    assert sizes["aft-rules"].runs == (1 + 2 * 9) * 3 * 2


def test_a_paired_design_runs_all_with_central_values(write):
    found = design(load_experiment(write(HEAD + "seeds = [4, 2]\nuntil = 2027-03-31\n")))
    assert [s.name for s in found.scenarios] == ["no-aft", "aft-wide"]
    assert [(d.number, d.values) for d in found.draws] == [(0, ())]
    assert found.seeds == (4, 2)


def test_priors_are_drawn_and_may_be_limited(write):
    text = HEAD + '[uncertainty]\nkind = "priors"\ndraws = 3\nparameters = ["capital.hub_cost", "capital.hub_effect"]\n'
    found = design(load_experiment(write(text + 'fixed = ["capital.hub_effect"]\n')))
    assert [d.number for d in found.draws] == [1, 2, 3]
    assert {name for d in found.draws for name, _ in d.values} == {"capital.hub_cost"}
    assert len({d.hash for d in found.draws}) == 3


FACTORIAL = HEAD + (
    'design = "factorial"\n[[factor]]\nlever = "capital.limit_rule"\nvalues = ["additive", "inside_scale_draws"]\n'
    '[[factor]]\nparameter = "removals.closure"\nvalues = ["starts", "list"]\n'
    '[[factor]]\nparameter = "capital.aft_limit"\nvalues = ["GBP 25m", 100]\nlabels = ["low", "high"]\n'
)


def test_a_factorial_design_takes_every_combination(write):
    found = design(load_experiment(write(FACTORIAL)))
    assert [s.name for s in found.scenarios] == ["no-aft", "aft-wide-additive", "aft-wide-inside-scale-draws"]
    assert [s.capital.limit_rule for s in found.policies] == ["additive", "inside_scale_draws"]
    assert [(d.number, d.mapping["removals.closure"], d.mapping["capital.aft_limit"]) for d in found.draws] == [
        (1, "starts", 25.0),
        (2, "starts", 100.0),
        (3, "list", 25.0),
        (4, "list", 100.0),
    ]
    assert found.draws[0].label == "removals.closure = starts, capital.aft_limit = low"
    assert varied(found.draws) == {"capital.aft_limit": (25.0, 100.0), "removals.closure": ("starts", "list")}


def test_a_factorial_design_over_priors_crosses_both(write):
    text = FACTORIAL + '[uncertainty]\nkind = "priors"\ndraws = 5\n'
    found = design(load_experiment(write(text)))
    assert len(found.draws) == 20
    first, second = found.draws[0].mapping, found.draws[5].mapping
    assert first["capital.hub_cost"] == second["capital.hub_cost"]  # the same draw in another cell
    assert (first["capital.aft_limit"], second["capital.aft_limit"]) == (25.0, 100.0)


def test_a_latin_hypercube_has_one_point_in_each_slice(write):
    text = HEAD + (
        'design = "latin_hypercube"\n[uncertainty]\ndraws = 10\n'
        '[[factor]]\nparameter = "capital.hub_cost"\nlow = "GBP 10m"\nhigh = 30\n'
        '[[factor]]\nparameter = "capital.hub_effect"\n'
    )
    found = design(load_experiment(write(text)))
    costs = sorted(d.mapping["capital.hub_cost"] for d in found.draws)
    assert [int((cost - 10.0) // 2.0) for cost in costs] == list(range(10))
    prior = Register.load()["capital.hub_effect"].prior
    values = sorted(d.mapping["capital.hub_effect"] for d in found.draws)
    assert all(prior.quantile(n / 10 + 1e-9) <= v <= prior.quantile((n + 1) / 10 - 1e-9) for n, v in enumerate(values))
    assert design(load_experiment(write(text))).draws == found.draws


def test_the_hash_is_of_what_is_asked(write):
    one = load_experiment(write(HEAD))
    assert load_experiment(write(HEAD.replace('"X"', '"Other"') + "# words\n")).hash == one.hash
    assert load_experiment(write(HEAD + "seeds = 21\n")).hash != one.hash
    kept = load_experiment(write(HEAD + '[keep]\noutcomes = ["list", "over_52"]\n'))
    assert kept.outcomes == ("list", "over_52") and kept.hash != one.hash
    assert one.until == date(2036, 3, 31)


MISTAKES = {
    "a replay without events": (
        HEAD.replace("aft-wide", "programme-by-rules") + 'frozen_selection = true\n[keep]\nlevels = ["trust"]\n',
        6,
        "read from the events",
    ),
    "misspelt key": (HEAD + "sceds = 3\n", 6, "unknown key: found 'sceds'.*Did you mean \"seeds\""),
    "misspelt key in a table": (HEAD + "[uncertainty]\nkin = 3\n", 7, 'unknown key in uncertainty.*"kind"'),
    "no scenarios": (HEAD.replace('["aft-wide"]', "[]"), 4, "no scenario to run"),
    "unknown scenario": (HEAD.replace("aft-wide", "aft-wid"), 4, 'no scenario of this name.*"aft-wide"'),
    "unknown comparator": (HEAD.replace("no-aft", "no-atf"), 5, 'no scenario of this name.*"no-aft"'),
    "compared with itself": (HEAD.replace("no-aft", "aft-wide"), 5, "compared with itself"),
    "scenario twice": (HEAD.replace('["aft-wide"]', '["aft-wide", "aft-wide"]'), 4, "named twice"),
    "no seeds": (HEAD + "seeds = 0\n", 6, "how many"),
    "seed twice": (HEAD + "seeds = [1, 1]\n", 6, "different seeds"),
    "wrong type": (HEAD + 'seeds = "many"\n', 6, "seeds has a wrong value"),
    "wrong date": (HEAD + 'until = "soon"\n', 6, "until: not a date"),
    "wrong option": (HEAD + 'design = "factorail"\n', 6, 'Did you mean "factorial"'),
    "newer format": (HEAD.replace("schema = 1", "schema = 2"), 1, "newer aft-sim"),
    "no format": (HEAD.replace("schema = 1\n", ""), 1, "an experiment needs schema"),
    "bad name": (HEAD.replace('"x"', '"Bad name"'), 2, "needs a name.*lower-case"),
    "unknown parameter": (
        HEAD + '[uncertainty]\nkind = "priors"\nparameters = ["capital.hub_csot"]\n',
        8,
        '"capital.hub_cost"',
    ),
    "draws of nothing": (HEAD + "[uncertainty]\ndraws = 5\n", 7, "all the same"),
    "too many draws": (HEAD + '[uncertainty]\nkind = "priors"\ndraws = 0\n', 8, "at least 1"),
    "factor without design": (
        HEAD + '[[factor]]\nparameter = "removals.closure"\n',
        6,
        "a paired design has no factors",
    ),
    "design without factor": (HEAD + 'design = "factorial"\n', 6, "needs factors"),
    "factor of nothing": (HEAD + 'design = "factorial"\n[[factor]]\nvalues = [1, 2]\n', 7, "a parameter or a lever"),
    "one value": (
        HEAD + 'design = "factorial"\n[[factor]]\nparameter = "removals.closure"\nvalues = ["list"]\n',
        7,
        "two values",
    ),
    "value out of range": (
        HEAD + 'design = "factorial"\n[[factor]]\nparameter = "capital.delivery"\nvalues = [0.5, 7]\n',
        9,
        "out of range",
    ),
    "unknown lever": (
        HEAD + 'design = "factorial"\n[[factor]]\nlever = "capital.limit_rul"\nvalues = [1, 2]\n',
        8,
        '"capital.limit_rule"',
    ),
    "labels that do not fit": (
        HEAD + 'design = "factorial"\n[[factor]]\nparameter = "removals.closure"\nvalues = ["list", "starts"]\n'
        'labels = ["one"]\n',
        10,
        "as many labels",
    ),
    "range upside down": (
        HEAD + 'design = "latin_hypercube"\n[[factor]]\nparameter = "capital.hub_cost"\nlow = 30\nhigh = 10\n',
        7,
        "low below high",
    ),
    "stop without error": (HEAD + '[stop]\npolicy = "aft-wide"\n', 6, "needs stop.error"),
    "broken TOML": (HEAD + "[stop\n", 6, "not valid TOML"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_have_a_line_and_a_way_out(write, mistake: str):
    text, line, words = MISTAKES[mistake]
    with pytest.raises(InputErrors, match=words) as caught:
        load_experiment(write(text))
    assert any(f"x.toml:{line}: " in str(problem) for problem in caught.value.problems)


def test_a_replay_of_nothing_is_refused(write):
    with pytest.raises(InputErrors, match=r"x\.toml:6: no scenario designates by rules"):
        design(load_experiment(write(HEAD + "frozen_selection = true\n")))


def test_all_mistakes_in_one_pass(write):
    text = HEAD.replace("no-aft", "no-atf") + "sceds = 3\nseeds = 0\n"
    with pytest.raises(InputErrors) as caught:
        load_experiment(write(text))
    assert len(caught.value.problems) == 2  # the seeds are checked once the keys are right


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[keep]\nlevels = ["trsut"]\n', r'x\.toml:7: keep\.levels.*"trust"'),
        (
            '[keep]\noutcomes = [\n  "list",\n  "withn_18_share",\n]\n',
            r'x\.toml:9: keep\.outcomes: unknown outcome.*"within_18_share"',
        ),
        (
            '[keep]\nlevels = ["trust"]\noutcomes = ["list", "drawn"]\n',
            r"x\.toml:8: keep\.outcomes: no table that is kept besides England's.*'drawn'.*money",
        ),
        (
            '[keep]\nlevels = ["trust", "money"]\noutcomes = ["list"]\n',
            r"x\.toml:7: keep\.levels: none of the outcomes to keep.*'money'",
        ),
        ('[stop]\npolicy = "aft-wid"\nerror = 0.1\n', r'stop\.policy.*"aft-wide"'),
        (
            '[stop]\npolicy = "aft-wide"\nerror = 0.1\noutcome = "within_18"\nat = "2040-01"\n',
            r"stop\.at: no such month",
        ),
        ('[stop]\npolicy = "aft-wide"\nerror = 0.1\noutcome = "withn_18_share"\n', r'stop\.outcome.*"within_18_share"'),
    ],
)
def test_what_is_named_of_results_must_exist(write, more: str, words: str):
    with pytest.raises(InputErrors, match=words):
        design(load_experiment(write(HEAD + more)))


def test_unknown_experiment_and_empty_file(write):
    with pytest.raises(InputErrors, match=r'no experiment of this name.*"quick"'):
        load_experiment("quik")
    with pytest.raises(InputErrors, match="the file is empty"):
        load_experiment(write(""))
    with pytest.raises(InputErrors, match="not a text file"):
        load_experiment(write(b"\0\1"))
    with pytest.raises(InputErrors, match="no such experiment file"):
        load_experiment("nowhere/x.toml")
