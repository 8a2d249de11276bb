"""Selection and freedoms told apart: the designations of a run by rules, given again in another world."""

from __future__ import annotations

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.study.by_rules import counts, programme_of
from aft_sim.study.compare import compare
from aft_sim.study.designations import recorded, replay
from aft_sim.study.runner import run_pairs
from worlds import scenario

pytestmark = pytest.mark.validation

UNTIL = "2028-09"
RULES = {"aft.programme": "rules", "programme.propensity": 1.0}
OFF = {"aft.freedoms.approval": False, "aft.freedoms.reinvest": False}


@pytest.fixture(scope="module")
def study():
    base = scenario("baseline")
    worlds = [
        base.with_changes("rules", RULES),
        scenario("no-aft").with_changes("none", {"programme.propensity": 1.0}),
    ]
    return run_pairs(worlds, seeds=2, until=UNTIL)


def outcomes(run):
    return {name: table for name, table in run.tables.items() if name not in ("events", "oversight")}


def test_the_same_world_again_is_the_same_world(study):
    again = scenario("baseline").with_changes("again", RULES)
    both = replay(study, "rules", again)
    for ours, theirs in both.pairs("again", "rules"):
        assert ours.treated == theirs.treated
        assert all(ours.tables[name].equals(table) for name, table in outcomes(theirs).items())


def test_without_freedoms_the_same_trusts_change_nothing(study):
    off = scenario("baseline").with_changes("off", RULES | OFF)
    both = replay(study, "rules", off)
    for ours, theirs in both.pairs("off", "none"):
        assert len(ours.treated) > 6
        assert all(ours.tables[name].equals(table) for name, table in outcomes(theirs).items())
    # so what the rules do by choosing is nothing, and the whole effect is what holders may do
    found = compare(both, "off", "none", "within_18_share", at="2028-03")
    assert found.row("england").paired.effect == 0.0


def test_a_comparison_tells_what_the_programme_did(study):
    found = compare(study, "rules", "none", "within_18_share", at="2028-03")
    assert set(found.treated) == {code for run in study.of("rules") for code in run.treated}
    assert found.fair is not None and found.fair.programme == programme_of(study.of("rules"), "2028-03")
    told = [counts(run, "2028-03") for run in study.of("rules")]
    assert found.fair.programme["designated"].value == sum(one.designated for one in told) / 2 > 0
    assert all(one.false <= one.removed <= one.reviewed and one.on_unknown <= one.designated for one in told)
    assert programme_of(study.of("none"), "2028-03") is None
    assert compare(study, "none", "rules", "within_18_share", at="2028-03").fair is None


def test_only_what_was_recorded_can_be_given_again(study):
    with pytest.raises(InputError, match="recorded no designations"):
        recorded(study.of("none")[0])
    with pytest.raises(InputError, match="already"):
        replay(study, "rules", scenario("baseline").with_changes("none", {}))
