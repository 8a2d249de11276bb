"""Events of a run: read, narrowed, told in words, written and drawn; the league table before and after."""

from __future__ import annotations

import ast
import dataclasses
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present import event_chart as charts
from aft_sim.present import event_words, timeline
from aft_sim.present.lint import lint
from aft_sim.study.events import Happening, History, check_kinds, history
from aft_sim.study.league import league

pytestmark = pytest.mark.unit

AGENTS = Path(__file__).parents[2] / "src" / "aft_sim" / "agents"
MONTHS = tuple(f"{year}-{month:02d}" for year in (2026, 2027) for month in range(1, 13))[1:]
NAMES = {"RBS": "Alder Hey Children's", "RTF": "Northumbria Healthcare"}
ALL = (
    Happening("2026-06", "RBS", "designated", "holds AFT status", 1.0),
    Happening("2026-06", "RBS", "no draw", "the board does not use the freedom", 0.0),
    Happening("2026-06", "RTF", "draw", "GBP m from the pot", 0.656),
    Happening("2026-06", "RTF", "draw reduced", "the national capital limit", 1.7),
    Happening("2027-04", "RTF", "scheme idea", "theatre, board route", 0.03),
    Happening("2027-09", "RTF", "in use", "theatre", 0.03),
    Happening("2027-10", "RTF", "fire", "in the boiler room", 3.0),
)


def told(events=ALL) -> History:
    return History("policy", 1, 0, MONTHS, tuple(events))


def test_history_is_in_order_of_months(make_study):
    run = make_study(seeds=1).of("policy")[0]
    rows = [{"month": one.month, "trust": one.trust, "event": one.kind, "detail": one.detail, "value": one.value}
            for one in reversed(ALL)]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=registry.LEVELS["events"].schema)
    found = history(dataclasses.replace(run, tables={**run.tables, "events": table}))
    assert [one.month for one in found.events] == sorted(one.month for one in ALL)
    with pytest.raises(InputError, match="kept no events"):
        history(dataclasses.replace(run, tables={"england": run.tables["england"]}))


def test_narrowed():
    assert [one.kind for one in told().narrowed(["RBS"]).events] == ["designated", "no draw"]
    assert told().narrowed([], "2027-01", "2027-04").kinds == {"scheme idea": 1}
    assert told().narrowed(kinds=["draw"]).events == (ALL[2],)
    for months, complaint in ((("2030-01", None), "no such month"), (("2027-04", "2027-01"), "ends before it begins")):
        with pytest.raises(InputError, match=complaint):
            told().narrowed([], *months)


def test_kinds_are_found_in_any_case():
    assert check_kinds(["No Draw"], event_words.KINDS) == ("no draw",)
    with pytest.raises(InputError, match='Did you mean "draw"'):
        check_kinds(["drw"], event_words.KINDS)


def test_words_give_reasons_and_money():
    words = [event_words.in_words(one) for one in ALL]
    assert words == [
        "becomes an advanced foundation trust",
        "does not draw: the board does not use the freedom",
        "draws GBP 0.66 million from its pot",
        "draws GBP 1.70 million less than it would: the national capital limit",
        "puts forward a scheme of GBP 0.03 million (theatre, board route)",
        "a scheme comes into use: theatre, GBP 0.03 million at opening prices",
        "fire: in the boiler room (3.00)",
    ]
    wished = dataclasses.replace(ALL[1], value=2.0)
    assert event_words.in_words(wished).endswith("(GBP 2.00 million wished)")


def test_every_kind_that_agents_tell_has_words():
    kinds = set()
    for path in AGENTS.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr
                in (
                    "_tell",
                    "tell",
                )
            ):
                kinds |= {one.value for one in ast.walk(node.args[2]) if isinstance(one, ast.Constant)}
    kinds = {kind for kind in kinds if isinstance(kind, str)}
    assert {"draw", "no draw", "designated", "scheme idea", "scheme approved", "in use"} <= kinds
    assert kinds <= set(event_words.KINDS)


def test_counts_of_a_year_are_told_and_not_drawn():
    count = Happening("2027-04", "RDY", "schemes planned", "of ordinary capital", 16.0)
    assert set(event_words.KINDS) >= event_words.COUNTS
    assert event_words.in_words(count).startswith("puts forward 16 schemes of ordinary capital")
    assert charts.rows(told((*ALL[:3], count)))[-1] == "RDY"


def test_families_have_looks_of_their_own():
    assert set(charts.LOOKS) == set(event_words.FAMILIES)
    assert {kind.family for kind in event_words.KINDS.values()} <= set(event_words.FAMILIES)
    looks = [(marker, filled) for marker, _, _, filled in charts.LOOKS.values()]
    assert len(set(looks)) == len(looks)


def test_summary():
    assert event_words.summary(told()).startswith("7 events of 2 trusts, February 2026 to December 2027: ")
    assert event_words.summary(told(())) == "Nothing of this happened from February 2026 to December 2027."


def test_long_tables_are_cut():
    found = told([ALL[0]] * (event_words.MOST_ROWS + 5))
    table = event_words.event_table(found, NAMES)
    assert table.row_count == event_words.MOST_ROWS and "5 more" in str(table.caption)


def test_csv(tmp_path):
    main, book = event_words.write_csv(told(), NAMES, tmp_path / "events.csv")
    lines = main.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(ALL)
    assert lines[0].split(",") == [line.split(",")[0] for line in book.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.parametrize("n", [1, 3, 60])
@pytest.mark.parametrize("months", [MONTHS, MONTHS[:6]])
def test_chart(n, months):
    names = {f"R{i:02d}": f"University Hospitals of a Very Long Name {i}" for i in range(n)}
    events = [dataclasses.replace(one, trust=code) for code in names for one in ALL if one.month in months]
    found = History("policy", 1, 0, months, tuple(events))
    start = date(2026, 6, 1)
    chart = charts.event_chart(found, names, "Two trusts hold freedoms", [(start, timeline.starts(start))])
    assert lint(chart) == []
    assert chart.data.num_rows == len(events)
    assert ("more, with" in chart.alt) == (n > charts.MOST_TRUSTS)


def test_chart_shows_first_whose_status_changes():
    many = [Happening("2026-03", "RZZ", "cash support", "forgiven", 1.0)] * 50
    assert charts.rows(told([*many, *ALL])) == ["RTF", "RBS", "RZZ"]


def test_no_event_no_chart():
    with pytest.raises(InputError, match="no event to draw"):
        charts.event_chart(told(()), NAMES, "Nothing")


def test_league_ranks_only_what_moves_beyond_the_noise(make_study):
    runs = make_study(seeds=2, effect=10.0, noise=0.0, wobble=0.0).of("policy")
    still = league(runs, "2026-02", "2026-05")
    assert still.places == () and still.counted == 4
    assert "No ranking: none of 4 trusts" in still.warning and "1.1 points" in still.warning
    moved = league(runs, "2026-02", "2029-03")
    assert {one.code for one in moved.places} == {"RAA", "RBB", "RBS", "RTF"}
    assert sum(one.change for one in moved.places) == pytest.approx(0.0)
    assert [one.rank_after for one in moved.places] == [1, 2, 3, 4]
    assert {one.code for one in moved.places[:2]} == {"RBS", "RTF"}
    assert moved.places[0].change == pytest.approx(5.0, abs=0.01)
    assert [one.code for one in league(runs, "2026-02", "2029-03", ["RTF", "RAA"]).places] == ["RTF", "RAA"]
    with pytest.raises(InputError, match="no such month"):
        league(runs, "2026-02", "2036-03")
    with pytest.raises(InputError, match="no trust"):
        league(runs, "2026-02", "2029-03", ["RDY"])
