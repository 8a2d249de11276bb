"""`aft-sim plot` draws charts of a stored study and says what is wrong with a mistaken request."""

from __future__ import annotations

from datetime import date

import pytest

from aft_sim.baseline import bundle
from aft_sim.baseline.bind import load_bound
from aft_sim.study.runner import run_pairs

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A stored study of two short pairs."""
    folder = tmp_path_factory.mktemp("plot") / "runs"
    scenarios = [load_bound(name, bundle.load()) for name in ("no-aft", "aft-wide")]
    run_pairs(scenarios, 2, until=date(2026, 9, 30), out=folder)
    return folder


def test_lists_charts(cli, study):
    ended = cli("plot", str(study))
    assert ended.code == 0
    assert all(name in ended.out for name in ("fan", "effect", "trusts", "icbs", "quintiles", "plane", "contact"))


@pytest.mark.parametrize("chart", ["fan", "effect", "trusts", "icbs", "quintiles", "plane"])
def test_draws(cli, study, tmp_path, chart):
    ended = cli("plot", str(study), chart, "--policy", "aft-wide", "--vs", "no-aft", "--out", "drawn.png")
    assert ended.code == 0, ended.err
    assert {path.name for path in tmp_path.iterdir()} >= {"drawn.png", "drawn.svg", "drawn.csv", "drawn.txt"}


@pytest.mark.parametrize("group", ["trust:RTF", "treated", "others", "gap", "quintile-1", "independent"])
@pytest.mark.parametrize("chart", ["fan", "effect"])
def test_draws_a_group(cli, study, tmp_path, chart, group):
    args = ("plot", str(study), chart, "--policy", "aft-wide", "--vs", "no-aft", "--group", group, "--out", "drawn")
    assert cli(*args).code == 0
    words = {
        "treated": "treated trusts",
        "others": "other NHS trusts",
        "gap": "gap",
        "quintile-1": "most deprived fifth",
    }
    assert words.get(group, group.removeprefix("trust:")) in (tmp_path / "drawn.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("fam",), "no such chart"),
        (("trusts", "--at", "2040-01"), "no such month"),
        (("plane", "--at", "2040-01"), "no such month"),
        (("plane", "--outcome", "list"), "--outcome does not go with plane"),
        (("fan", "--vs", "x"), "no finished"),
        (("effect", "--group", "treatd"), "no such group: found 'treatd'"),
        (("effect", "--group", "trust:RTE"), "trust:RTF"),
        (("trusts", "--group", "treated"), "--group goes with fan and effect"),
    ],
)
def test_mistakes(cli, study, words, complaint):
    ended = cli("plot", str(study), *words)
    assert ended.code == 2
    assert complaint in ended.flat
