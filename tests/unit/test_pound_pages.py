"""Traces of the pound as words, tables and charts, in constructed cases; none of their numbers is real."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.present.lint import lint
from aft_sim.present.pound_chart import KEPT, REFUSED, flows, pound_chart
from aft_sim.present.pound_page import tables
from aft_sim.present.pound_words import content, exact, sentences, tie
from aft_sim.study.pound import LotTrace, PoundTrace, RoundTrace, UseTrace
from aft_sim.study.pound_effect import Gain

pytestmark = pytest.mark.unit

MILLION = 100_000_000
UNITS = {"revenue": "completions a week for a year", "theatre": "admitted completions a week"}


def use(kind: str, *from_lots: int, works: bool = True, treated: float = 0.0, trust: str = "RAA") -> UseTrace:
    each = (0.3, 0.2, 0.2, 0.15, 0.1, 0.05)
    paid = sum(from_lots) / MILLION
    gain = Gain(1.5, UNITS.get(kind, "%"), tuple(treated * x for x in each), 40.0 if kind == "theatre" else 0.0)
    month = "2026-06" if from_lots[0] else "2027-04"
    return UseTrace(
        key=f"{trust}|{month}|{kind}",
        kind=kind,
        trust=trust,
        month=month,
        from_lots=from_lots,
        whole=sum(from_lots),
        route="" if kind == "revenue" else "board",
        approved=month,
        in_use="2028-01" if works else "2032-05",
        works=works,
        at_opening_prices=paid * 0.98,
        real=paid * 0.95,
        gain=gain,
    )


def trace(**changes: object) -> PoundTrace:
    """Two surpluses of GBP 10m and 4m, of which 8.5m is spent and 2m was refused."""
    uses = (
        use("revenue", 2 * MILLION, 0, treated=1200.0),
        use("theatre", MILLION, 0, treated=100.0),
        use("theatre", MILLION, 0, works=False),
        use("equipment", MILLION // 2, 0, treated=50.0),
        use("estate", 4 * MILLION, 0),
    )
    usual = PoundTrace(
        code="RAA",
        name="Northern Hospitals NHS Foundation Trust",
        first="2026-02",
        last="2031-03",
        freedom="2026-06",
        standing="",
        lots=(
            LotTrace("before April 2026", False, 10 * MILLION, 150_000_000, 0),
            LotTrace("2026/27", False, 4 * MILLION, 50_000_000, 350_000_000),
        ),
        rounds=(
            RoundTrace("2026-06", 11 * MILLION, 11 * MILLION, 250_000_000, 650_000_000, 2 * MILLION, ""),
            RoundTrace("2027-04", 0, 0, 0, 0, 0, "spending controls after a year in deficit"),
        ),
        uses=uses,
        taken_back=0,
        treated=(60_000.0, 40_000.0, 40_000.0, 30_000.0, 20_000.0, 10_000.0),
        listed=True,
    )
    return replace(usual, **changes)


SIZES = (12_345_678, 524_332_139, 3, 82_352_274, 998_877_665, 40_000_000, 1_000_000_000)
KEPT_LOTS = tuple(LotTrace(f"{y}/{y - 1999}", False, size, 0, size) for y, size in enumerate(SIZES, 2026))
NONE = Gain(0.0, "", (0.0,) * 6, 0.0)
CASES = {
    "usual": trace(),
    "never drawn": trace(lots=KEPT_LOTS, uses=(), rounds=trace().rounds[1:]),
    "no status": trace(lots=KEPT_LOTS, uses=(), rounds=(), freedom="", standing="it does not hold AFT status"),
    "not yet": trace(lots=(LotTrace("2026/27", False, MILLION, 0, 0),), uses=(use("theatre", MILLION, works=False),)),
    "no list": trace(listed=False, uses=tuple(replace(one, gain=NONE) for one in trace().uses)),
    "given away": trace(uses=tuple(replace(one, trust="RBB") for one in trace().uses)),
    "received": trace(
        lots=(LotTrace("other trusts' pots, 2027/28", True, 850_000_000, 0, 0),),
        uses=tuple(replace(one, from_lots=(one.pence,)) for one in trace().uses),
    ),
    "long name": trace(name="University Hospitals of a Very Long Name and Many Neighbours NHS Foundation Trust"),
    "a penny": trace(
        lots=(LotTrace("2026/27", False, MILLION * 900, 0, MILLION * 900 - 1),), uses=(use("revenue", 1),)
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_charts_keep_the_rules(case: str) -> None:
    chart = pound_chart(CASES[case], "aft-wide-additive", 1)
    assert lint(chart) == []


@pytest.mark.parametrize("case", CASES)
def test_flows_add_up(case: str) -> None:
    found = CASES[case]
    first, second = flows(found)
    for lot in found.lots:
        assert sum(flow.pence for flow in first if flow.origin == lot.origin) == lot.pence
    arrived = sum(flow.pence for flow in first if flow.target not in (KEPT, REFUSED))
    assert arrived == sum(flow.pence for flow in second) == found.spent


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("usual", "GBP 8.5 million of surpluses spent by March 2031, 1,350 extra treatments so far, GBP 6,296 each"),
        ("never drawn", "no pound of GBP 26.6 million of surpluses spent by March 2031: spending controls"),
        ("no status", "it does not hold AFT status"),
        ("not yet", "no treatments yet: in use from May 2032"),
        ("no list", "no waiting list"),
        ("received", "of other trusts' surpluses"),
    ],
)
def test_headlines_say_the_finding(case: str, words: str) -> None:
    assert words in pound_chart(CASES[case], "aft-wide-additive", 1).headline


def test_nothing_to_draw() -> None:
    with pytest.raises(InputError, match="no pound to follow"):
        pound_chart(trace(lots=(), uses=(), rounds=()), "aft-wide-additive", 1)


def test_numbers_behind_the_chart_are_exact() -> None:
    table = pound_chart(trace(), "aft-wide-additive", 1).data.to_pylist()
    money = [row for row in table if row["stage"] == "became"]
    assert sum(round(row["amount"] * 100) for row in money) == 14 * MILLION
    treated = sum(row["amount"] for row in table if row["unit"] == "treatments")
    assert treated == pytest.approx(1350)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("usual", ["GBP 8.50 million had been spent", "GBP 2.00 million of it because the national capital limit"]),
        ("usual", ["1,350 extra treatments", "GBP 6,296 spent for each", "0.68% of all", "since June 2026"]),
        ("usual", ["work bought for a year GBP 1,667", "theatres GBP 20,000", "model counts no treatments"]),
        ("usual", ["No draw in April 2027: spending controls", "come into use in May 2032; then 40 a year"]),
        ("never drawn", ["No pound of its surpluses had been spent", "was still in the pot"]),
        ("no status", ["may not draw on its pot: it does not hold AFT status"]),
        ("no list", ["no consultant-led waiting list"]),
        ("given away", ["longest waits, in GBP million: RBB 8.50"]),
        ("received", ["Other trusts' pots paid for GBP 8.50 million here"]),
        ("not yet", ["No treatments yet."]),
    ],
)
def test_sentences(case: str, words: list[str]) -> None:
    text = " ".join(sentences(CASES[case]))
    assert all(word in text for word in words), text


def test_a_trust_without_a_pot() -> None:
    nothing = trace(lots=(), uses=(), rounds=())
    assert sentences(nothing) == ["RAA had no surplus to spend at the opening and made none by March 2031."]
    assert tables(nothing) == []


def test_surpluses_taken_back_are_told() -> None:
    assert "took back GBP 3.00 million" in " ".join(sentences(trace(taken_back=3 * MILLION)))


def test_tables_hold_what_was_traced() -> None:
    assert [heading.split(",")[0] for heading, _ in tables(trace())] == [
        "Where the money is",
        "What the board planned",
        "What was bought",
        "Extra treatments so far",
    ]
    assert len(tables(CASES["never drawn"])) == 2


def test_to_the_penny() -> None:
    assert exact(123_456_789_01) == "GBP 123,456,789.01"
    assert "GBP 6,500,000.00 of capital and GBP 2,000,000.00 of work" in tie(trace())


def test_content_for_programs() -> None:
    found = content(trace())
    assert found["totals"] == {"came_in": 14 * MILLION, "spent": 850_000_000, "left": 550_000_000}
    for lot in found["lots"]:
        assert sum(lot["spent"].values()) + lot["refused"] + lot["unasked"] == lot["pence"]
    assert sum(found["treatments"].values()) == pytest.approx(1350)
