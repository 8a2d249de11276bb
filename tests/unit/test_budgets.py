"""A population budget as results, page and chart: read back from a run's tables."""

from __future__ import annotations

from datetime import date
from io import StringIO

import pytest
from rich.console import Console

from aft_sim.basis.errors import InputError
from aft_sim.model import TrustAutonomyModel
from aft_sim.present import budget_effects as budget_effects_page
from aft_sim.present.budget_chart import budget_chart
from aft_sim.present.budget_page import LINES, budget_content, budget_sentences, budget_tables
from aft_sim.present.lint import lint
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.budget_effect import budget_effects
from aft_sim.study.budgets import budgets_of, holders, year_of
from aft_sim.study.result import RunResult
from worlds import few, plan

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def made():
    scenario = load_scenario("iho-first-two")
    model = TrustAutonomyModel(plan(scenario, date(2029, 3, 31), few()), 1)
    tables = model.run()
    return model, RunResult("iho-first-two", scenario.hash, 1, 0, tables, ("RTF",))


def test_years_are_those_that_were_settled(made):
    model, run = made
    assert holders(run) == ("RP1", "RTF")
    found = budgets_of(run, "RTF")
    assert [one.year for one in found.years] == ["2027/28", "2028/29"]
    assert (found.board, found.scope) == ("QHM", "place")
    i = few().trusts.index["RTF"]
    for one, closed in zip(
        found.years, [c for c in model.world.contracts_iho.closed if c.contract.holder == i], strict=True
    ):
        assert one.budget == pytest.approx(closed.account.budget, rel=1e-6)
        assert one.spending == pytest.approx(closed.account.spending, rel=1e-6)
        assert one.result == pytest.approx(closed.account.result, abs=0.01)
        assert one.items["year"] == closed.year
    assert [told.kind for told in found.years[1].told] == ["IHO decision", "IHO settled"]


def test_who_holds_none_is_told_why_and_who_does(made):
    _, run = made
    with pytest.raises(InputError, match=r"holds no population budget.*RBS.*RP1, RTF"):
        budgets_of(run, "RBS")
    with pytest.raises(InputError, match=r"no such year.*2031/32.*2027/28, 2028/29"):
        year_of(budgets_of(run, "RTF"), "2031/32")
    without = RunResult("x", "", 1, 0, {"england": run.tables["england"]}, ())
    with pytest.raises(InputError, match="kept no population budgets"):
        holders(without)


def test_the_page_adds_up_and_says_why(made):
    _, run = made
    found = budgets_of(run, "RTF")
    one = year_of(found, "2028/29")
    console = Console(width=110, record=True, file=StringIO())
    for _, table in budget_tables(found, one):
        console.print(table)
    text = console.export_text()
    shown = [label for name, label in LINES.items() if one.items[name]]
    assert all(label in text for label in shown)
    assert "Bonuses and set-up" not in text
    assert "Overspent" in text and "2027/28" in text
    said = " ".join(budget_sentences(found, one))
    assert "534,797 residents" in said and "of the price of an emergency avoided it keeps" in said
    content = budget_content(found, one)
    assert content["result"] == pytest.approx(content["budget"] - content["spending"])
    assert [each["year"] for each in content["years"]] == ["2027/28", "2028/29"]


def test_the_chart_keeps_the_rules(made, tmp_path):
    _, run = made
    chart = budget_chart(budgets_of(run, "RP1"), "Northamptonshire Healthcare")
    assert lint(chart) == []
    assert chart.headline.startswith("Northamptonshire Healthcare overspends by ")
    assert set(chart.data.column_names) == set(chart.codebook)
    assert all(path.exists() for path in chart.save(tmp_path / "budget"))


def test_results_over_runs_are_those_of_the_books(made):
    model, run = made
    at = run.tables["england"]["month"][-1].as_py()
    found = {one.trust: one for one in budget_effects([(run, run), (run, run)], at, 0.1, 0.1)}
    assert sorted(found) == ["RP1", "RTF"]
    i = few().trusts.index["RTF"]
    books = [c.account for c in model.world.contracts_iho.closed if c.contract.holder == i]
    whole = sum(one.budget + one.fair for one in books)
    one = found["RTF"]
    assert one.years == len(books)
    assert one.budget == pytest.approx(whole / len(books), rel=1e-6)
    assert one.result.effect == pytest.approx(100 * sum(book.result for book in books) / whole, abs=1e-3)
    assert one.holder_part + one.board_part == pytest.approx(sum(book.result for book in books), abs=0.01)
    assert one.words == "overspent" and one.result.interval is not None
    assert one.admissions is None or one.admissions.exactly_zero
    # before a year is settled there is nothing to tell, nor where nobody holds a budget
    assert budget_effects([(run, run)], "2027-12", 0.1, 0.1) == ()
    without = RunResult("x", "", 1, 0, {"england": run.tables["england"]}, ())
    assert budget_effects([(without, without)], at, 0.1, 0.1) == ()


def test_lines_of_results_have_all_columns(made):
    _, run = made
    found = budget_effects([(run, run)], run.tables["england"]["month"][-1].as_py(), 0.1, 0.1)
    assert all(len(line) == len(budget_effects_page.COLUMNS) for line in budget_effects_page.lines(found))
    assert [one["holder"] for one in budget_effects_page.records(found)] == ["RP1", "RTF"]
