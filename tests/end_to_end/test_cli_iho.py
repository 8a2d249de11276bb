"""`aft-sim show iho` and `aft-sim plot budget`: what they print and draw, and mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

SHORT = ("--until", "2029-03")


def test_a_budget_for_readers(cli, tmp_path: Path) -> None:
    ended = cli("show", "iho", "rtf", "--year", "2027/28", *SHORT, "--chart", str(tmp_path / "budget.svg"))
    assert ended.code == 0
    assert max(map(len, ended.out.split("Written:")[0].splitlines())) <= 100
    for words in (
        "population budget 2027/28",
        "A place contract with QHM for 534,797 residents, in year 1",
        "the holder bears",
        "Decided in April",
        "of the price of an emergency avoided it keeps",
        "Care the holder gives itself",
        "Sub-contracts: block and other",
        "Paid twice",
        "docs/iho.md",
    ):
        assert words in ended.flat, words
    assert {path.name for path in tmp_path.iterdir()} == {
        *("budget.svg", "budget.png", "budget.csv", "budget.txt", "budget-codebook.csv")
    }


def test_json_adds_up(cli) -> None:
    content = cli("show", "iho", "RP1", *SHORT, "--set", "iho.risk_share=0", "--json").json()
    assert (content["trust"], content["scope"], content["year"]) == ("RP1", "partial", "2028/29")
    assert content["result"] == pytest.approx(content["budget"] - content["spending"])
    assert content["items"]["holder"] == pytest.approx(0, abs=1e-6)
    assert content["items"]["board"] == pytest.approx(content["result"], abs=0.01)
    assert [event["event"] for event in content["events"]] == ["IHO decision", "IHO settled"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ((), "whose budget is not said"),
        (("RTF", "--from", "2027-04", "--to", "2027-09"), "a budget is told by year"),
        (("RTF", "--year", "2035/36", *SHORT), "the contract has no such year"),
        (("RBS", *SHORT), "the trust holds no population budget in this run"),
        (("RTF", "--chart", "x.pdf"), "not a file that charts are written to"),
        (("RTF", "--kind", "draw"), "only events have"),
        (("Northumberland Unknown",), "trust"),
    ],
)
def test_mistakes(cli, command, says) -> None:
    ended = cli("show", "iho", *command)
    assert ended.code == 2
    assert says in ended.flat
    assert "Traceback" not in ended.flat


def test_a_stored_study(cli, tmp_path: Path) -> None:
    study = str(tmp_path / "study")
    made = cli("compare", "iho-first-two", "--seeds", "1", "--until", "2028-03", "--at", "2028-03", "--out", study)
    assert made.code == 0
    drawn = cli("plot", study, "budget", "--group", "trust:RP1", "--out", str(tmp_path / "rp1"))
    assert drawn.code == 0 and "Northamptonshire Healthcare overspends by" in drawn.flat
    asked = cli("plot", study, "budget")
    assert asked.code == 2 and "trust:RP1 or trust:RTF" in asked.flat
    asked = cli("plot", study, "budget", "--policy", "baseline")
    assert asked.code == 2 and "no trust holds a population budget" in asked.flat
