"""Every row of the evidence is accounted for, and nothing in the register lacks an origin."""

import dataclasses
from collections import Counter

import pytest

from aft_sim.basis.errors import InputErrors
from aft_sim.spec.correlation import Group
from aft_sim.spec.evidence import KINDS, audit, excluded, origin, read_excluded, section_counts
from aft_sim.spec.parameters import EVIDENCE_IDS, SECTIONS, TABLE_ROWS
from aft_sim.spec.register import Register

pytestmark = pytest.mark.unit

REGISTER = Register.load()
CITED = [item for parameter in REGISTER.values() for item in parameter.evidence]
ROW = '[[excluded]]\nevidence = "F14"\ntitle = "Relief capacity"\nkind = "formula"\nreason = "Nothing to set."\n'
GROUP = Group("g", "Together", ("a.b", "a.c"), 0.5, (), "none found", (), "C", "O", False)


def without(name, **changes):
    """The shipped register with one entry changed."""
    return Register([dataclasses.replace(p, **changes) if p.name == name else p for p in REGISTER.values()])


def test_ids_are_those_of_the_ten_sections():
    counts = (13, 15, 11, 22, 11, 24, 13, 12, 21, 16)
    assert section_counts(TABLE_ROWS) == dict(zip("ABCDEFGHIJ", counts, strict=True))
    assert len(TABLE_ROWS) == len(set(TABLE_ROWS)) == 158
    assert TABLE_ROWS[0] == "A01"
    assert TABLE_ROWS[-1] == "J16"
    assert len(EVIDENCE_IDS) == 158 + 20 + 17
    assert {"S1", "S20", "R1", "R17"} <= EVIDENCE_IDS
    assert not {"S0", "S01", "S21", "R18", "A00", "A14", "K01"} & EVIDENCE_IDS


def test_every_row_is_in_the_register_or_excluded_and_never_both():
    in_register = {item for item in CITED if item in TABLE_ROWS}
    assert in_register | set(excluded()) == set(TABLE_ROWS)
    assert not in_register & set(excluded())
    here, there = section_counts(in_register), section_counts(excluded())
    assert {s: here[s] + there[s] for s in SECTIONS} == {s: rows for s, (_, rows) in SECTIONS.items()}


def test_excluded_rows_say_why():
    assert {row.kind for row in excluded().values()} == set(KINDS)
    for row in excluded().values():
        assert len(row.reason.split()) >= 5
        assert row.instead is None or row.instead in REGISTER


def test_the_shipped_register_has_an_origin_throughout():
    found = audit(REGISTER, excluded())
    assert found.gaps == ()
    assert found.share == 1.0
    assert found.checked == len(REGISTER) + len(REGISTER.groups) + 158


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("capital.invest_share", {"source": " "}, "address"),
        ("capital.invest_share", {"source": ""}, "no source"),
        ("capital.invest_share", {"source": "none found"}, "not marked"),
        ("removals.return_rate", {"assumption": False}, "not marked"),
        ("referrals.growth", {"locators": ()}, "no address"),
    ],
)
def test_a_register_with_a_missing_origin_fails(name, changes, words):
    broken = without(name, **changes)
    found = audit(broken, excluded())
    assert [gap.name for gap in found.gaps] == [name]
    assert words in found.gaps[0].problem
    assert found.share == 1 - 1 / found.checked
    assert origin(broken[name]) is None


def test_rows_left_out_or_given_twice_fail():
    fewer = {key: row for key, row in excluded().items() if key != "F14"}
    assert [(g.name, g.problem.split()[0]) for g in audit(REGISTER, fewer).gaps] == [("F14", "neither")]
    uncited = without("capital.hub_effect", evidence=("S10",))
    assert [(g.name, g.problem.split()[0]) for g in audit(uncited, excluded()).gaps] == [("B01", "neither")]
    twice = without("capital.hub_effect", evidence=("B01", "F14"))
    assert [(g.name, g.problem.split()[0]) for g in audit(twice, excluded()).gaps] == [("F14", "both")]
    gone = {**excluded(), "F14": dataclasses.replace(excluded()["F14"], instead="no.such")}
    assert ["no.such" in g.problem for g in audit(REGISTER, gone).gaps] == [True]


def test_a_correlation_without_origin_fails():
    register = Register(REGISTER.values(), [GROUP])
    assert [gap.name for gap in audit(register, excluded()).gaps] == ["g"]
    assumed = Register(REGISTER.values(), [dataclasses.replace(GROUP, assumption=True)])
    assert audit(assumed, excluded()).gaps == ()


def test_an_empty_register_has_no_origin():
    assert audit(Register([]), {}).share < 1.0
    assert len(audit(Register([]), {}).gaps) == 158


def test_origins():
    assert origin(REGISTER["capital.hub_effect"]) == "evidence"
    assert origin(REGISTER["referrals.growth"]) == "source"
    assert origin(REGISTER["removals.return_rate"]) == "assumption"
    assert origin(REGISTER["production.level"]) == "convention"
    counts = Counter(origin(p) for p in REGISTER.values())
    assert counts["convention"] == 9
    assert counts["evidence"] > 90


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ROW.replace("F14", "F25"), "unknown row"),
        (ROW.replace("F14", "S5"), "unknown row"),
        (ROW.replace("formula", "dull"), "unknown kind"),
        (ROW.replace('reason = "Nothing to set."', 'reason = " "'), "reason is missing"),
        (ROW.replace("reason", "reasn"), 'Did you mean "reason"'),
        (ROW + 'locator = "https://example.org"\n', "web addresses"),
        (ROW + ROW, "excluded twice"),
        (ROW + "[parameter]\n", "unknown table"),
    ],
)
def test_broken_tables_of_excluded_rows_are_refused_with_the_line(text, words):
    with pytest.raises(InputErrors, match=words) as caught:
        read_excluded(text, "x.toml")
    assert str(caught.value).startswith(("x.toml:1", "x.toml:6"))
    assert list(read_excluded(ROW, "x.toml")) == ["F14"]
