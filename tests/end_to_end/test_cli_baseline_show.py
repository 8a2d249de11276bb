"""`aft-sim baseline show`: England and trusts of every kind, for readers at two widths and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.end_to_end

CODES = ("RTF", "RDY", "RRU", "K0N6A", "RGP", "RF4", "RHQ")
LIST_ONLY = ("list", "flows_a_week", "removals_a_week")


@pytest.fixture(params=[80, 120])
def width(request, cli, monkeypatch: pytest.MonkeyPatch) -> int:
    """A width of the terminal."""
    monkeypatch.setenv("COLUMNS", str(request.param))
    return int(request.param)


def strict(text: str) -> Any:
    """JSON as the standard has it: no NaN and no Infinity."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


def line_of(text: str, start: str) -> str:
    """The line that starts with a text, both in single spaces."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return next(line for line in lines if line.startswith(" ".join(start.split())))


def lines_with(text: str, word: str) -> list[str]:
    """Lines that hold a word."""
    return [line for line in text.splitlines() if word in line]


@pytest.mark.parametrize("code", [*CODES, "england"])
def test_pages_fit_and_hold_no_nan(cli, width: int, code: str) -> None:
    ended = cli("baseline", "show", code)
    assert (ended.code, ended.err) == (0, "")
    for line in ended.out.splitlines():
        assert len(line.rstrip()) <= width, line
        assert "nan" not in line.split(), line
        assert "None" not in line, line


def test_a_whole_page(cli, width: int) -> None:
    out = cli("baseline", "show", "RTF").out
    assert line_of(out, "Segment") == "Segment 1, Q3 2025/26"
    assert line_of(out, "Expenditure") == "Expenditure GBP m a year, 2023/24"
    assert line_of(out, "Operating expenditure 7") == "Operating expenditure 775.7 673.5 370.1 to 1,646.9"
    assert line_of(out, "Staff engagement").startswith("Staff engagement, 0 to 10")
    assert "7.13" in line_of(out, "Staff engagement")
    assert line_of(out, "Beds beds") == "Beds beds, January to March 2026"
    assert line_of(out, "Oversight Q3") == "Oversight Q3 2025/26"
    assert line_of(out, "Oversight segment") == "Oversight segment, 1 best 1"
    assert line_of(out, "CQC rating") == "CQC rating of one location good"
    assert line_of(out, "of which new build") == "of which new build 75.0 9.5 0.0 to 38.7"
    assert "This trust" in out and "Median of" in out and "10th to 90th" in out
    assert "e estimated, with its range" in out and "p published for another period" not in out
    assert out.count("not published:") == 2
    flat = " ".join(out.split())
    assert "Operating expenditure, rolled forward; 2025/26" in flat or "Operating expenditure, rolled 885.2 e" in flat


def test_a_mental_health_trust_without_a_list(cli, width: int) -> None:
    out = cli("baseline", "show", "RDY").out
    assert "This trust has no consultant-led waiting list." in out
    assert line_of(out, "Services") == "Services overnight beds, diagnostic tests, community services"
    assert line_of(out, "Segment") == "Segment 2, Q4 2025/26"
    assert line_of(out, "Segment before the financial").endswith(" 2")
    assert "mental health" in out and "mental_health" not in out
    assert line_of(out, "Quality") == "Quality nothing published"
    assert "CQC" not in out
    assert "People a standard week" not in out


def test_an_ambulance_trust(cli, width: int) -> None:
    out = cli("baseline", "show", "RRU").out
    assert line_of(out, "Services") == "Services ambulances"
    assert line_of(out, "ICB") == "ICB none"
    assert line_of(out, "Segment") == "Segment none published"
    assert "its surplus is an estimate" in " ".join(out.split())
    for topic in ("Beds", "Urgent care", "Diagnostics", "Community services", "Oversight", "Quality"):
        assert line_of(out, topic) == f"{topic} nothing published"
    assert any(" e" in line for line in lines_with(out, "Backlog maintenance"))


def test_the_online_trust_is_compared_with_none(cli, width: int) -> None:
    out = cli("baseline", "show", "K0N6A").out
    assert "Median of" not in out
    assert line_of(out, "Services") == "Services none of those counted here"
    assert line_of(out, "Expenditure") == "Expenditure nothing published"
    assert line_of(out, "Catchment") == "Catchment 2022"


def test_a_trust_whose_beds_are_moved_on(cli, width: int) -> None:
    out = cli("baseline", "show", "RGP").out
    assert " 452 p " in next(line for line in out.splitlines() if "Overnight beds available" in line)
    assert "range 409 to 479" in " ".join(" ".join(out.split()).replace("452 p 790 421 to 1,566 ", "").split())
    assert "range 0 to 0" not in " ".join(out.split()), "a range of nothing is not worth saying"
    assert "p published for another period and moved on, with its range" in " ".join(out.split())
    assert "overnight beds" in line_of(out, "overnight beds" if width == 80 else "Services")


def test_a_trust_without_a_return_of_diagnostics(cli) -> None:
    out = cli("baseline", "show", "RF4").out
    assert line_of(out, "Diagnostics") == "Diagnostics nothing published"
    assert strict(cli("baseline", "show", "RF4", "--json").out)["facts"]["services.diagnostics"]["value"] is None


@pytest.mark.parametrize("code", CODES)
def test_json_of_a_trust(cli, code: str) -> None:
    page = strict(cli("baseline", "show", code, "--json").out)
    assert page["code"] == code
    from aft_sim.baseline.facts import KINDS

    assert list(page["facts"]) == [kind.name for kind in KINDS]
    for name, fact in page["facts"].items():
        known = fact["value"] is not None
        assert known == (fact["basis"] != "unknown"), name
        assert (fact["low"] is None) == (fact["high"] is None), name
        assert fact["low"] is None or fact["low"] - 1e-9 <= fact["value"] <= fact["high"] + 1e-9, name
        assert (fact["basis"] != "estimated") or fact["low"] is not None, name
        spread = fact["of_its_type"]
        assert spread is None or spread == sorted(spread), name
    without = page["list"] is None
    assert without == (code in ("RDY", "RRU", "K0N6A"))
    assert all((page[name] is None) == without for name in LIST_ONLY)
    assert (page["segment"] is None) == (page["segment_quarter"] is None) == (code in ("RRU", "K0N6A"))
    assert sum(page["residents_of"].values()) == pytest.approx(0 if code in ("RDY", "RRU", "K0N6A") else 1, abs=1e-5)


def test_json_says_how_a_figure_is_known(cli) -> None:
    facts = strict(cli("baseline", "show", "RGP", "--json").out)["facts"]
    beds, income = facts["beds.available"], facts["expenditure.rolled_forward"]
    assert (beds["basis"], beds["unit"], beds["period"]) == (
        "published for another period",
        "beds",
        "January to March 2026",
    )
    assert beds["low"] < beds["value"] < beds["high"]
    assert income["basis"] == "estimated" and income["of_its_type"] is None
    assert facts["oversight.score"]["period"] == "Q3 2025/26"
    assert facts["oversight.unadjusted_segment"] == {
        **facts["oversight.unadjusted_segment"],
        "value": None,
        "low": None,
        "high": None,
        "basis": "unknown",
        "of_its_type": None,
    }


def test_england_shows_residuals_with_their_reasons(cli, width: int) -> None:
    out = cli("baseline", "show", "england").out
    flat = " ".join(out.split())
    assert "Added up from trusts, before any scaling" in out
    assert line_of(out, "Overnight beds occupied").endswith("115,369 115,369 0 2,476")
    assert line_of(out, "Planned surplus") == "Planned surplus (2) −2,341 −174 −2,167"
    assert "(2) Trusts' shares leave deficit support of GBP 2.2bn out" in flat
    assert "Not published for 54 trusts: 36 mental health, 9 ambulance, 5 specialist, 3 community, 1 online." in flat
    assert flat.count("(not measured)") == 1
    assert "0.00%" not in out and "2026-02" not in out and "mental_health" not in out


def test_json_of_england(cli) -> None:
    page = strict(cli("baseline", "show", "england", "--json").out)
    assert page["counts"]["trusts"] == 202
    totals = {line["name"]: line for line in page["totals"]}
    for line in totals.values():
        assert line["residual"] == pytest.approx(line["trusts"] + line["others"] - line["published"])
    assert totals["Operating expenditure, accounts"]["share"] == pytest.approx(0, abs=1e-6)
