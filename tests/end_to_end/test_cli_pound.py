"""`aft-sim show pound`: what it prints for readers and programs, the chart it writes, and mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.end_to_end

SHORT = ("--until", "2027-06", "--set", "programme.propensity=1")


def test_a_trust_that_spends_its_surplus(cli, tmp_path: Path) -> None:
    ended = cli("show", "pound", "rtf", *SHORT, "--chart", str(tmp_path / "flow.svg"))
    assert ended.code == 0
    assert max(map(len, ended.out.split("Written:")[0].splitlines())) <= 100
    for words in (
        "RTF Northumbria",
        "seed 1, to 2027-06",
        "before April 2026",
        "Not asked for",
        "Most deprived fifth",
        "No treatments yet from",
        "To the penny",
        "aft-sim compare",
    ):
        assert words in ended.flat, words
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"flow.svg", "flow.png", "flow.csv", "flow.txt", "flow-codebook.csv"}
    assert "extra treatments" in (tmp_path / "flow.txt").read_text(encoding="utf-8")


def test_json_adds_up_to_the_penny(cli) -> None:
    content = cli("show", "pound", "RBS", *SHORT, "--scenario", "aft-wide", "--seed", "3", "--json").json()
    assert (content["scenario"], content["seed"], content["trust"], content["last"]) == (
        "aft-wide",
        3,
        "RBS",
        "2027-06",
    )
    for lot in content["lots"]:
        assert sum(lot["spent"].values()) + lot["refused"] + lot["unasked"] == lot["pence"]
    rounds = sum(one["capital"] + one["revenue"] for one in content["rounds"])
    assert rounds == content["totals"]["spent"] == sum(one["pence"] for one in content["purchases"]) > 0
    assert all(sum(one["from_lots"]) == one["pence"] == one["pence_in_all"] for one in content["purchases"])
    assert content["treatments"]["Most deprived fifth"] > 0


def test_a_trust_without_a_pot(cli, tmp_path: Path) -> None:
    ended = cli("show", "pound", "RAJ", "--until", "2026-06")
    assert ended.code == 0 and "had no surplus to spend" in ended.flat
    ended = cli("show", "pound", "RAJ", "--until", "2026-06", "--chart", str(tmp_path / "flow.png"))
    assert ended.code == 2 and "no pound to follow" in ended.flat


def test_a_trust_that_may_not_draw(cli) -> None:
    ended = cli("show", "pound", "RTF", "--scenario", "no-aft", "--until", "2026-06")
    assert ended.code == 0
    assert "No pound of its surpluses had been spent" in ended.flat
    assert "does not hold AFT status" in ended.flat


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("pound",), ["whose surpluses is not said", "aft-sim show pound RTF"]),
        (("pound", "RTZ"), ["RTZ", "Did you mean"]),
        (("pound", "hospital"), ["several trusts"]),
        (("pound", "RTF", "--until", "2026"), ["--until", "not a month"]),
        (("pound", "RTF", "--until", "2037-01"), ["--until", "2036-03"]),
        (("pound", "RTF", "--chart", "flow.pdf"), ["--chart", ".svg or .png"]),
        (("pound", "RTF", "--year", "2027/28"), ["only the ledger has a period"]),
        (("pound", "RTF", "--scenario", "aft-wid"), ["aft-wide"]),
        (("ledger", "RTF", "--chart", "flow.png"), ["only the pound"]),
        (("schedule", "--until", "2027-03"), ["only the pound"]),
        (("pond",), ["Did you mean", "pound"]),
    ],
)
def test_mistakes_are_one_message(cli, args, words) -> None:
    ended = cli("show", *args)
    assert ended.code == 2
    assert all(word in ended.flat for word in words), ended.flat
