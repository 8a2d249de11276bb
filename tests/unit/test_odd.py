"""The ODD page is what the code declares, and is in step with it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms.ledger_accounts import PURPOSES
from aft_sim.outcomes.registry import OUTCOMES
from aft_sim.present import odd, odd_source, odd_words
from aft_sim.present.event_words import KINDS
from aft_sim.schedule import SCHEDULE
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register
from aft_sim.study.links import LINKS
from aft_sim.world import World

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "odd.md"


@pytest.fixture(scope="module")
def page() -> str:
    return odd.page()


def test_page_is_in_step(page: str) -> None:
    assert PAGE.read_text(encoding="utf-8") == page, "make it again: aft-sim show odd > docs/odd.md"


def test_page_names_all_there_is(page: str) -> None:
    names = [*(phase.name for phase in SCHEDULE), *levers(), *OUTCOMES, *PURPOSES, *odd_words.STATE]
    names += [p.name for p in Register.load().values() if p.active]
    assert [name for name in names if f"| `{name}` |" not in page] == []
    assert [link.name for link in LINKS if f"| {link.name} |" not in page] == []
    assert [kind for kind in KINDS if f"| {kind} |" not in page] == []


def test_pages_it_sends_to_exist(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([a-z-]+\.md)(?:#([a-z-]+))?\)", page):
        text = (PAGE.parent / target).read_text(encoding="utf-8")
        heads = {
            re.sub(r"[^a-z -]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.*)$", text, re.M)
        }
        assert not anchor or anchor in heads, f"{target}#{anchor}"
    for path in re.findall(r"`((?:agents|mechanisms|policy)/\w+\.py)`", page):
        assert (ROOT / "src" / "aft_sim" / path).is_file(), path


def test_every_state_of_the_world_has_words() -> None:
    assert set(odd_words.STATE) == {field.name for field in fields(World)}


def test_every_state_that_changes_is_written_by_a_phase() -> None:
    written = {name for phase in SCHEDULE for name in phase.writes}
    fixed = {name for name, words in odd_words.STATE.items() if words.endswith("does not change")}
    assert written | fixed >= set(odd_words.STATE)
    assert not written & fixed


def test_a_template_that_leaves_a_table_out_or_asks_twice_is_refused() -> None:
    marks = [f"<!-- generated: {name} -->" for name in odd.TABLES]
    for text in ("\n".join(marks[1:]), "\n".join([*marks, marks[0]]), "\n".join([*marks, "<!-- generated: more -->"])):
        with pytest.raises(CheckFailed, match="each table once"):
            odd.filled(text)


def test_draws_of_the_source_are_found() -> None:
    found = {(d.purpose, d.root, d.period, d.entities) for d in odd_source.draws()}
    assert ("referrals", "seed", "week", "row") in found
    assert ("validation", "seed", "month", "provider") in found
    assert ("criterion segment", "draw of the parameters", "once", "trust") in found
    literal = re.compile(r"\.(?:chance|params)\(\"([^\"]+)\"")
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "src" / "aft_sim").rglob("*.py"))
    assert set(literal.findall(source)) <= {purpose for purpose, *_ in found}


def test_events_of_the_source_are_found() -> None:
    found = odd_source.event_kinds()
    assert {"draw", "no draw", "draw reduced", "designated", "segment change"} <= set(found)
    assert set(found) == set(KINDS)
