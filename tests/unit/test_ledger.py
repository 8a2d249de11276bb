"""The ledger against a month of three trusts and two boards worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest

from aft_sim.basis.errors import CheckFailed, InputError
from aft_sim.mechanisms.ledger import PENCE, PURPOSES, Accounts, Ledger, purpose_of
from small_ledger import ACCOUNTS, MONTH, kept, opened, post_month

pytestmark = pytest.mark.unit

APRIL, MAY = "2027-04", "2027-05"


def pence(gbp_m: float) -> int:
    return round(gbp_m * PENCE)


# -- accounts and purposes ---------------------------------------------------------------------------------------------


def test_the_axis_is_trusts_boards_and_single_accounts():
    assert ACCOUNTS.names[:6] == ("RAA", "RBB", "RCC", "QE1", "QF7", "nhs_england")
    assert len(ACCOUNTS) == 13
    assert ACCOUNTS.index("QF7") == 4
    assert [ACCOUNTS.kind(i) for i in (0, 2, 3, 4, 5, 12)] == [
        "trust",
        "trust",
        "board",
        "board",
        "nhs_england",
        "other_providers",
    ]
    assert ACCOUNTS.positions("trust").tolist() == [0, 1, 2]
    assert ACCOUNTS.positions("board").tolist() == [3, 4]
    assert ACCOUNTS.positions("treasury").tolist() == [6]


def test_accounts_need_names_of_their_own():
    with pytest.raises(InputError, match=r"one name.*RAA"):
        Accounts(("RAA", "RBB", "RAA"), ("QE1",))


def test_the_month_by_hand_uses_every_purpose():
    assert set(MONTH) == set(PURPOSES)


def test_purposes_say_what_is_income_and_expense_of_a_trust():
    assert {p.name for p in PURPOSES.values() if p.income} == {
        "elective",
        "urgent_fixed",
        "urgent_variable",
        "block",
        "community",
        "deficit_support",
        "delivery_reward",
        "other_income",
        *(f"iho_{name}" for name in ("budget", "fair_share", "overspend")),
        *(f"iho_{name}" for name in ("elective", "urgent_fixed", "urgent_variable", "block")),
    }
    assert {p.name for p in PURPOSES.values() if p.expense} == {
        "pay",
        "bank_agency",
        "drugs",
        "non_pay",
        "pfi",
        "depreciation",
        "pdc_dividend",
        "community_care",
        "purchase_of_work",
        *(f"iho_{name}" for name in ("fair_share_back", "underspend", "community", "setup")),
        *(p.name for p in PURPOSES.values() if p.handed_on),
    }
    assert {p.name for p in PURPOSES.values() if p.handed_on} == {
        *(f"iho_{name}" for name in ("elective", "urgent_fixed", "urgent_variable", "block", "independent")),
        *(f"iho_{name}" for name in ("other_care", "prevention", "fair_share_back", "underspend")),
    }
    assert [p.name for p in PURPOSES.values() if not p.cash] == ["depreciation"]


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"elektive.*Did you mean \"elective\""):
        purpose_of("elektive")
    with pytest.raises(InputError, match=r"no such account.*RAB"):
        kept(APRIL).statement("RAB", APRIL, APRIL)


# -- the month by hand -------------------------------------------------------------------------------------------------


def test_balances_of_the_month():
    ledger = kept(APRIL)
    ledger.check()
    cash = dict(zip(ACCOUNTS.names, ledger.cash_pence.tolist(), strict=True))
    assert cash == {
        "RAA": pence(55.5),
        "RBB": pence(22.5),
        "RCC": pence(8.25),
        "QE1": 0,
        "QF7": 0,
        "nhs_england": 0,
        "treasury": pence(1.75 + 4.0 - 300 - 0.5 - 3),
        "independent_sector": pence(10.0),
        "staff": pence(122.75),
        "suppliers": pence(13 + 24 + 8 + 2),
        "private_finance": pence(3.0),
        "other_customers": pence(-11.0),
        "other_providers": pence(114.75),
    }
    assert ledger.cash == pytest.approx(ledger.cash_pence / PENCE)


@pytest.mark.parametrize(
    ("trust", "income", "expenditure", "underlying"),
    [("RAA", 77.5, 68.0, 9.5), ("RBB", 65.75, 63.25, 2.0), ("RCC", 38.5, 40.0, -7.5)],
)
def test_statements_of_trusts(trust, income, expenditure, underlying):
    found = kept(APRIL).statement(trust, APRIL, APRIL)
    assert (found.income, found.expenditure) == (pence(income), pence(expenditure))
    assert found.surplus == pence(income - expenditure)
    assert found.underlying == pence(underlying)
    assert (found.kind, found.months) == ("trust", 1)


def test_lines_of_a_statement():
    found = kept(APRIL).statement("RAA", APRIL, APRIL)
    assert found.received["elective"] == pence(35.0)
    assert found.received["urgent_variable"] == pence(5.5)
    assert found.paid["depreciation"] == found.kept == pence(3.0)
    assert "depreciation" not in found.received
    assert found.opening_cash == pence(50.0)
    assert found.closing_cash == pence(50 + 9.5 + 3 - 5 - 2)


@pytest.mark.parametrize(
    ("trust", "spent", "sources"),
    [
        ("RAA", 5.0, {"depreciation": 3.0, "pot": 2.0}),
        ("RBB", 4.0, {"depreciation": 2.5, "incentive": 1.5}),
        ("RCC", 1.0, {"depreciation": 1.25, "capital_grant": 0.5, "cash": -0.75}),  # kept for later
    ],
)
def test_capital_by_source(trust, spent, sources):
    found = kept(APRIL).statement(trust, APRIL, APRIL)
    assert found.capital_spent == pence(spent) == sum(found.capital_by_source.values())
    assert {name: amount for name, amount in found.capital_by_source.items() if amount} == {
        name: pence(amount) for name, amount in sources.items()
    }


def test_statements_of_boards_and_nhs_england():
    ledger = kept(APRIL)
    under, over = (ledger.statement(board, APRIL, APRIL) for board in ("QE1", "QF7"))
    assert (under.income, under.expenditure, under.surplus) == (pence(160.0), pence(155.5), pence(4.5))
    assert (over.surplus, over.received["board_support"]) == (pence(-2.5), pence(2.5))
    national = ledger.statement("nhs_england", APRIL, APRIL)
    assert national.surplus == pence(300 - 290 - 6 - 1 - 0.5)
    assert national.paid["incentive"] == pence(1.5)
    assert national.received["surplus_return"] == pence(2.0)


def test_statement_of_a_group_adds_up():
    ledger = kept(APRIL, MAY, growth=1.1)
    group = ledger.statement_of("all trusts", ACCOUNTS.trusts, APRIL, MAY)
    each = [ledger.statement(trust, APRIL, MAY) for trust in ACCOUNTS.trusts]
    for name in ("income", "expenditure", "surplus", "underlying", "capital_spent", "opening_cash", "closing_cash"):
        assert getattr(group, name) == sum(getattr(one, name) for one in each)
    assert (group.account, group.kind) == ("all trusts", "trust")
    for accounts in ((), ("RAA", "QE1")):
        with pytest.raises(InputError, match="one kind"):
            ledger.statement_of("mixed", accounts, APRIL, MAY)


# -- posting -----------------------------------------------------------------------------------------------------------


def test_postings_of_one_month_add_up_and_round_half_even():
    ledger = opened()
    ledger.post("pay", np.array([0.5e-8, 5.5e-8, 2.4e-8]))
    ledger.post("pay", np.array([1e-8, 1e-8, 0.0]))
    assert (ledger.month("pay", "payer") * PENCE)[:3].round().tolist() == [1, 7, 2]
    assert ledger.month("pay")[ACCOUNTS.index("staff")] == pytest.approx(10e-8)


def test_what_rounds_to_nothing_from_below_is_nothing():
    ledger = opened()
    ledger.post("pay", np.array([-1e-12, 0.0, 0.0]))
    ledger.close_month(APRIL)
    assert ledger.postings().num_rows == 0


def test_some_accounts_pay_or_receive():
    ledger = opened()
    ledger.post("capital_grant", 4.2, payee="RBB")
    ledger.post("capital", np.array([1.0, 2.0]), payer=["RCC", "RAA"])
    ledger.post("depreciation", 0.5, payer=1)
    ledger.post("elective", np.array([1.0, 2.0, 3.0]), payer="QF7")
    ledger.post("elective", np.array([10.0, 20.0]), payee=np.int64(2))
    ledger.post("elective", np.array([[0.25]]), payer=["QE1"], payee=["RAA"])
    assert ledger.month("capital_grant")[:3].tolist() == [0, 4.2, 0]
    assert ledger.month("capital", "payer")[:3].tolist() == [2, 0, 1]
    assert (
        ledger.month("depreciation")[:3].tolist() == ledger.month("depreciation", "payer")[:3].tolist() == [0, 0.5, 0]
    )
    assert ledger.month("elective")[:3].tolist() == [1.25, 2, 33]
    assert ledger.month("elective", "payer")[3:5].tolist() == [10.25, 26]
    ledger.check()


REFUSED = [
    ("pay", [1.0, 2.0], None, None, "wrong shape"),
    ("pay", 1.0, None, None, "wrong shape"),
    ("elective", [[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]], None, None, "wrong shape"),
    ("pay", [1.0, -0.01, 0.0], None, None, "found -0.01.*no negative"),
    ("pay", [1.0, float("nan"), 0.0], None, None, "finite"),
    ("pay", [1.0, float("inf"), 0.0], None, None, "finite"),
    ("settlement", 2e11, None, None, "1,000,000 million"),
    ("pay", 1.0, "QE1", None, "not accounts of this purpose"),
    ("pay", [1.0, 1.0], ["RAA", "RAA"], None, "each once"),
    ("pay", 1.0, 3, None, "not accounts of this purpose"),
    ("pay", 1.0, "RAA", "RBB", "not accounts of this purpose"),
    ("depreciation", 1.0, "RAA", "RBB", "has no payee"),
]


@pytest.mark.parametrize(("purpose", "amount", "payer", "payee", "says"), REFUSED)
def test_refused_postings_leave_no_trace(purpose, amount, payer, payee, says):
    ledger = opened()
    post_month(ledger)
    before = ledger.cash_pence
    with pytest.raises(CheckFailed, match=says):
        ledger.post(purpose, np.array(amount), payer, payee)
    assert (ledger.cash_pence == before).all()
    ledger.check()
    ledger.close_month(APRIL)
    assert ledger.postings().equals(kept(APRIL).postings())


def test_an_opening_balance_must_be_known():
    with pytest.raises(CheckFailed, match="opening cash"):
        Ledger(ACCOUNTS, np.full(len(ACCOUNTS), np.nan))
    with pytest.raises(CheckFailed, match="wrong shape"):
        Ledger(ACCOUNTS, np.zeros(3))


# -- months ------------------------------------------------------------------------------------------------------------


def test_months_close_in_order():
    ledger = kept("2027-11", "2027-12", "2028-01")
    assert ledger.months == ("2027-11", "2027-12", "2028-01")
    for label in ("2028-01", "2028-03", "February"):
        with pytest.raises(CheckFailed, match="one after the other"):
            ledger.close_month(label)
    with pytest.raises(CheckFailed, match="one after the other"):
        opened().close_month("2027-13")


def test_totals_over_months():
    ledger = kept("2028-02", "2028-03", "2028-04", growth=2.0)
    post_month(ledger, 100.0)  # May, open
    assert ledger.total("pay", "2028-02", "2028-03", "payer")[0] == 45 * 3
    assert ledger.total("pay", "2028-03", "2028-03", "payee")[ACCOUNTS.index("staff")] == 113 * 2
    assert ledger.month("pay", "payer")[0] == 4500
    assert ledger.year_to_date("pay", "payer")[0] == 45 * 104  # April and May
    assert kept("2028-02", "2028-03").year_to_date("pay").sum() == 0  # a new year


def test_periods_must_be_closed_months():
    with pytest.raises(InputError, match="there is none"):
        opened().total("pay", APRIL, APRIL)
    with pytest.raises(InputError, match=r"2027-06.*2027-04 to 2027-05"):
        kept(APRIL, MAY).statement("RAA", APRIL, "2027-06")
    with pytest.raises(InputError, match="ends before it begins"):
        kept(APRIL, MAY).statement("RAA", MAY, APRIL)


# -- the whole ---------------------------------------------------------------------------------------------------------


def test_postings_are_single_payments_in_pounds():
    table = kept(APRIL, MAY).postings(MAY)
    rows = {(r["purpose"], r["payer"], r["payee"]): r["amount"] for r in table.to_pylist()}
    assert set(table.column("month").to_pylist()) == {MAY}
    assert rows["elective", "QE1", "RAA"] == Decimal("30000000.00")
    assert ("elective", "QE1", "RBB") not in rows
    assert rows["depreciation", "RCC", "RCC"] == Decimal("1250000.00")
    assert rows["lapse", "nhs_england", "treasury"] == Decimal("4000000.00")
    assert str(table.schema.field("amount").type) == "decimal128(18, 2)"
    assert kept(APRIL, MAY).postings().num_rows == 2 * table.num_rows
    assert opened().postings().num_rows == 0


def test_amounts_beyond_the_narrow_type_are_exact():
    ledger = opened()
    ledger.post("settlement", 999_999.123_456_78)
    ledger.post("lapse", 0.01)
    ledger.close_month(APRIL)
    assert ledger.statement("nhs_england", APRIL, APRIL).received["settlement"] == 99_999_912_345_678
    assert ledger.postings().column("amount").to_pylist() == [Decimal("999999123456.78"), Decimal("10000.00")]
    ledger.check()


def test_the_check_finds_a_penny():
    ledger = kept(APRIL, MAY)
    ledger._cash[1] += 1
    with pytest.raises(CheckFailed, match=r"open month, RBB.*came and went"):
        ledger.check()
    ledger = kept(APRIL, MAY)
    ledger._books["pay"].records[0].amounts[2] -= 1
    with pytest.raises(CheckFailed, match="2027-04, pay"):
        ledger.check()
    ledger = kept(APRIL, MAY)
    ledger._closing[0][0] += 1
    with pytest.raises(CheckFailed, match="2027-04, RAA"):
        ledger.check()
