"""The pages of a ledger: every line, sums that tie, orientation, and what the terminal shows."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from aft_sim.mechanisms.ledger import PENCE, PURPOSES
from aft_sim.present.ledger_page import ledger_page, ledger_table, period_words, remarks
from small_ledger import ACCOUNTS, kept, opened

pytestmark = pytest.mark.unit

MONTHS = [f"{2026 + (n + 3) // 12}-{(n + 3) % 12 + 1:02d}" for n in range(24)]
YEARS = ((MONTHS[12], MONTHS[23]), (MONTHS[0], MONTHS[11]))


@pytest.fixture(scope="module")
def ledger():
    """Two years, from April 2026 to March 2028."""
    return kept(*MONTHS, growth=1.002)


def page_of(ledger, account, members=(), group=""):
    usual = ledger.statement_of(group, members, *YEARS[0]) if members else None
    return ledger_page(account, [ledger.statement(account, *year) for year in YEARS], usual)


def printed(page) -> str:
    console = Console(width=100, record=True, file=StringIO())
    console.print(ledger_table(page))
    return console.export_text()


@pytest.mark.parametrize("account", ["RAA", "RBB", "RCC", "QE1", "QF7", "nhs_england"])
def test_every_sum_ties(ledger, account):
    page = page_of(ledger, account)
    for column, year in enumerate(YEARS):
        found = ledger.statement(account, *year)
        amount = {(row.section, row.name): row.pence[column] for row in page.rows}
        assert len(amount) == len(page.rows)  # names tell lines apart

        def parts(section, amount=amount):
            return sum(x for (s, name), x in amount.items() if s == section and name not in ("total", "closing"))

        assert parts("income") == amount["income", "total"] == found.income
        assert parts("expenditure") == amount["expenditure", "total"] == found.expenditure
        assert amount["position", "surplus"] == found.surplus
        assert parts("cash") == amount["cash", "closing"] == found.closing_cash
        if found.kind == "trust":
            support = found.received["deficit_support"] + found.received["delivery_reward"]
            assert amount["position", "underlying"] == found.surplus - support
            assert parts("capital") == amount["capital", "total"] == found.capital_spent


def test_every_purpose_of_an_account_has_its_line(ledger):
    for account, kind in (("RAA", "trust"), ("QE1", "board"), ("nhs_england", "nhs_england")):
        lines = {row.name for row in page_of(ledger, account).rows}
        assert {p.name for p in PURPOSES.values() if kind in (p.payer, p.payee)} <= lines


def test_a_month_of_a_trust_by_hand():
    page = ledger_page("RAA", [kept("2027-04").statement("RAA", "2027-04", "2027-04")])
    amount = {(row.section, row.name): row.pence[0] / PENCE for row in page.rows}
    assert amount["income", "urgent_variable"] == 5.5
    assert amount["cash", "surplus"] == 9.5
    assert amount["cash", "depreciation"] == 3.0
    assert amount["cash", "capital"] == -3.0
    assert amount["cash", "pot_capital"] == -2.0
    assert amount["cash", "surplus_return"] == -2.0
    assert amount["cash", "closing"] == 55.5
    assert page.cash_days == pytest.approx(55.5 / 65 * 365.25 / 12)
    share = {(row.section, row.name): row.share for row in page.rows}
    assert share["expenditure", "pay"] == pytest.approx(45 / 77.5)
    assert share["cash", "opening"] is None


def test_orientation_is_the_share_of_the_whole_group(ledger):
    page = page_of(ledger, "RAA", ACCOUNTS.trusts, "acute trusts")
    usual = {(row.section, row.name): row.usual for row in page.rows}
    assert usual["expenditure", "pay"] == pytest.approx(113 / 181.75, rel=1e-9)
    assert usual["income", "total"] == 1
    assert usual["cash", "closing"] is None
    assert all(row.usual is None for row in page_of(ledger, "RAA").rows)


def test_what_the_terminal_shows(ledger):
    page = page_of(ledger, "RCC", ACCOUNTS.trusts, "acute trusts")
    text = printed(page)
    assert "2027/28" in text and "2026/27" in text and "Acute trusts" in text
    for section in ("Income", "Expenditure", "Position", "Cash", "Capital by source"):
        assert f"\n{section} " in text
    line = next(line for line in text.splitlines() if "Position without support" in line)
    assert line.split()[-4:] == ["−93.2", "−91.0", "−19.5", "2.2"]
    pot = next(line for line in text.splitlines() if "Pot of unspent surpluses" in line)
    assert pot.split()[-4:] == ["–", "–", "–", "1.1"]
    said = " ".join(remarks(page))
    assert "days of expenditure" in said and "Acute trusts: all of them together" in said
    assert "the rest is kept" in said
    assert "Left of the allocation" in printed(page_of(ledger, "QE1"))
    assert "Capital by source" not in printed(page_of(ledger, "QE1"))
    assert remarks(page_of(ledger, "nhs_england")) == []


def test_for_a_program_amounts_are_whole_pence(ledger):
    content = page_of(ledger, "RBB", ACCOUNTS.trusts, "acute trusts").content()
    assert content["unit"] == "pence" and content["held_against"] == "acute trusts"
    assert content["periods"][1] == {"first": "2026-04", "last": "2027-03"}
    assert all(type(x) is int for row in content["rows"] for x in row["pence"])
    assert set(content["rows"][0]) == {"section", "name", "label", "pence", "share_of_income", "usual_share"}


def test_an_account_without_income_has_no_shares():
    ledger = opened()
    ledger.post("pay", np.array([1.0, 0.0, 0.0]))
    ledger.close_month("2027-04")
    paying, idle = (ledger_page(t, [ledger.statement(t, "2027-04", "2027-04")]) for t in ("RAA", "RBB"))
    assert all(row.share is None for row in paying.rows)
    assert paying.cash_days == pytest.approx(49 * 365.25 / 12)
    assert idle.cash_days is None  # no days without expenditure


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2027-04", "2028-03", "2027/28"),
        ("2099-04", "2100-03", "2099/00"),
        ("2026-04", "2026-09", "Apr 2026 to\nSep 2026"),
        ("2026-05", "2026-05", "May 2026"),
        ("2026-04", "2028-03", "Apr 2026 to\nMar 2028"),
    ],
)
def test_periods_in_words(first, last, words):
    assert period_words(first, last) == words
