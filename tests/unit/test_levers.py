"""Levers are typed and documented; sets of trusts say what is known and what is assumed."""

import json
from datetime import date

import pytest
from pydantic import ValidationError

from aft_sim.basis.errors import InputError
from aft_sim.spec.levers import AftLevers, CapitalLevers, Freedoms, levers
from aft_sim.spec.register import Register
from aft_sim.spec.sets import check_trust_reference, named_sets

pytestmark = pytest.mark.unit

ALL = [pytest.param(lever, id=path) for path, lever in levers().items()]


def test_paths():
    assert list(levers()) == [
        "aft.designated",
        "aft.from",
        "aft.freedoms.approval",
        "aft.freedoms.reinvest",
        "aft.freedoms.oversight_relief",
        "aft.freedoms.multi_year",
        "aft.freedoms.delegation",
        "aft.programme",
        "aft.path",
        "aft.everyone_by",
        "aft.next_wave",
        "aft.invited",
        "aft.condition",
        "aft.criteria.segment",
        "aft.criteria.quarters",
        "aft.criteria.override",
        "aft.criteria.cqc",
        "aft.criteria.capability",
        "aft.criteria.deficit",
        "aft.criteria.support",
        "aft.removal_trigger",
        "aft.review_capability",
        "aft.review_deficit",
        "boards.spend",
        "capital.limit_rule",
        "capital.reinvest_also",
        "capital.allocate_to",
        "capital.recipients",
        *("iho.planned", "iho.offered", "iho.holders", "iho.from", "iho.scope", "iho.budget", "iho.savings_source"),
        "money.dsf_closure",
        "money.surpluses",
        "money.incentives",
        "oversight.segmentation",
        "oversight.yardstick",
        "oversight.override",
        "shift.community",
        "shift.prevention",
        "shift.from",
        "shift.target",
    ]


@pytest.mark.parametrize("lever", ALL)
def test_every_lever_is_documented(lever):
    for text in (lever.description, lever.policy, lever.source, lever.who):
        assert text
    assert lever.active == (not lever.why_inactive)


@pytest.mark.parametrize("lever", ALL)
def test_no_parameter_has_the_name_of_a_lever(lever):
    assert lever.path not in Register.load()


def test_levers_without_a_mechanism_are_inactive():
    inactive = {path for path, lever in levers().items() if not lever.active}
    assert not inactive


def test_defaults_grant_nothing():
    aft = AftLevers()
    assert aft.designated == ()
    assert aft.from_ == date(2026, 6, 1)
    assert not any(aft.freedoms.model_dump().values())
    assert set(Freedoms.model_fields) == {
        "approval",
        "reinvest",
        "oversight_relief",
        "multi_year",
        "delegation",
    }


def test_limit_rule_must_be_chosen():
    with pytest.raises(ValidationError, match="limit_rule"):
        CapitalLevers.model_validate({})
    capital = CapitalLevers(limit_rule="additive")
    assert (capital.allocate_to, capital.recipients) == ("holders", 16)


def test_levers_are_frozen_and_hashable():
    aft = AftLevers(designated=("RTF",))
    with pytest.raises(ValidationError):
        aft.designated = ()
    assert hash(aft) == hash(AftLevers(designated=("RTF",)))


@pytest.mark.parametrize(
    "table",
    [
        {"freedoms": {"approval": 1}},
        {"freedoms": {"approval": "true"}},
        {"freedoms": {"aproval": True}},
        {"from": "June"},
        {"from": 20260601},
        {"designated": "RTF"},
        {"designated": ["rtf"]},
        {"unknown": 1},
    ],
)
def test_wrong_values_are_refused(table):
    with pytest.raises(ValidationError):
        AftLevers.model_validate(table)


@pytest.mark.parametrize("value", [0, 301, 2.5, True, "16"])
def test_recipients_is_a_sensible_whole_number(value):
    with pytest.raises(ValidationError):
        CapitalLevers.model_validate({"limit_rule": "additive", "recipients": value})


def test_schema_can_be_exported_with_the_documentation():
    schema = json.loads(json.dumps(AftLevers.model_json_schema()))
    assert schema["properties"]["from"]["policy"]
    assert schema["$defs"]["Freedoms"]["properties"]["delegation"]["active"] is True


def test_first_wave():
    first = named_sets()["first-wave"]
    status = {member.trust: member.status for member in first.members}
    assert status == {
        "RBS": "known",
        "RDY": "known",
        "RP1": "known",
        "RTF": "assumed",
        "RYX": "assumed",
        "RY3": "assumed",
    }
    assert first.source


def test_first_wave_comes_from_the_nominees():
    nominees = named_sets()["nominees"].trusts
    assert nominees == ("RWX", "RDY", "RYX", "RP1", "RTF", "RBS", "RY3")
    assert set(named_sets()["first-wave"].trusts) < set(nominees)


@pytest.mark.parametrize(
    "text",
    [
        "RTF",
        "G6V2S",
        "set:first-wave",
        "set:nominees",
        "set:segment-1-acute",
        "set:type:acute",
        "set:region:North West",
        "set:icb:QHM",
    ],
)
def test_references_that_pass(text):
    assert check_trust_reference(text) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("set:frist-wave", 'Did you mean "set:first-wave"'),
        ("first-wave", 'Did you mean "set:first-wave"'),
        ("set:type:", "unknown set"),
        ("set:", "unknown set"),
        ("set:colour:red", "unknown set"),
        ("rtf", 'Did you mean "RTF"'),
        ("Alder Hey", "not a trust code"),
        ("", "not a trust code"),
        (3, "not a trust"),
    ],
)
def test_references_that_are_refused(text, words):
    with pytest.raises(InputError, match=words) as caught:
        check_trust_reference(text, "s.toml:7")
    assert str(caught.value).startswith("s.toml:7: ")
