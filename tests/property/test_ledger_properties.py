"""Any sequence of postings: nothing is lost, nothing is made, refused amounts leave no trace, periods add up."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms.ledger import PENCE, PURPOSES, Accounts, Ledger

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
ACCOUNTS = Accounts(("RAA", "RBB", "RCC"), ("QE1", "QF7"))
SIZES = {"trust": 3, "board": 2}


def shape_of(purpose: str) -> tuple[int, ...]:
    p = PURPOSES[purpose]
    if p.within:
        return (SIZES[p.payer],)
    return tuple(SIZES[kind] for kind in (p.payee, p.payer) if kind in SIZES)


@st.composite
def postings(draw) -> tuple[str, np.ndarray]:
    """A purpose and amounts of all sizes, zeros and fractions of pence among them."""
    purpose = draw(st.sampled_from(sorted(PURPOSES)))
    size = int(np.prod(shape_of(purpose)))
    amount = st.one_of(st.just(0.0), st.floats(0.0, 1e-7), st.floats(0.0, 60.0), st.floats(0.0, 1e4))
    return purpose, np.array(draw(st.lists(amount, min_size=size, max_size=size))).reshape(shape_of(purpose))


histories = st.lists(st.lists(postings(), max_size=8), min_size=1, max_size=15)
balances = st.lists(st.floats(-100, 1000), min_size=len(ACCOUNTS), max_size=len(ACCOUNTS)).map(np.array)


def label(n: int) -> str:
    return f"{2026 + (n + 1) // 12}-{(n + 1) % 12 + 1:02d}"


def kept(history, opening) -> tuple[Ledger, list[str]]:
    ledger = Ledger(ACCOUNTS, opening)
    for n, month in enumerate(history):
        for purpose, amount in month:
            ledger.post(purpose, amount)
        ledger.close_month(label(n))
    return ledger, list(ledger.months)


def plainly(history, opening) -> tuple[list[Counter], list[int]]:
    """The same books kept by hand: pence by purpose, payer and payee of each month, and closing balances."""
    months, cash = [], [round(x * PENCE) for x in opening]
    for month in history:
        paid: Counter = Counter()
        for purpose, amount in month:
            p = PURPOSES[purpose]
            for at, gbp_m in np.ndenumerate(amount):
                where = iter(at)
                payee = payer = 0
                if not p.within:
                    payee = ACCOUNTS.axis(p.payee).start + (next(where) if p.payee in SIZES else 0)
                payer = ACCOUNTS.axis(p.payer).start + (next(where) if p.payer in SIZES else 0)
                payee = payer if p.within else payee
                pence = round(float(gbp_m) * PENCE)
                paid[purpose, payer, payee] += pence
                cash[payee] += pence
                cash[payer] -= pence
        months.append(+paid)
    return months, cash


@repeatable
@given(histories, balances)
def test_the_books_are_those_kept_by_hand(history, opening):
    ledger, months = kept(history, opening)
    ledger.check()
    paid, cash = plainly(history, opening)
    assert ledger.cash_pence.tolist() == cash
    assert ledger.cash_pence.sum() == sum(round(x * PENCE) for x in opening)  # nothing is made or lost
    rows = ledger.postings().to_pylist()
    found = {(r["month"], r["purpose"], r["payer"], r["payee"]): int(r["amount"] * 100) for r in rows}
    assert len(found) == len(rows)
    assert found == {
        (months[n], purpose, ACCOUNTS.names[payer], ACCOUNTS.names[payee]): pence
        for n, month in enumerate(paid)
        for (purpose, payer, payee), pence in month.items()
    }


@repeatable
@given(histories, balances)
def test_what_is_paid_is_received_by_month_and_purpose(history, opening):
    ledger, months = kept(history, opening)
    for name in PURPOSES:
        for month in months:
            paid, received = (ledger.total(name, month, month, side) for side in ("payer", "payee"))
            assert round(paid.sum() * PENCE) == round(received.sum() * PENCE)


@repeatable
@given(histories, balances, st.sampled_from(["RAA", "RCC", "QE1", "nhs_england", "treasury", "staff"]))
def test_statements_end_in_the_cash_there_is(history, opening, account):
    ledger, months = kept(history, opening)
    whole = ledger.statement(account, months[0], months[-1])
    moved = sum(whole.received.values()) - sum(x for name, x in whole.paid.items() if PURPOSES[name].cash)
    assert whole.opening_cash + moved == whole.closing_cash
    assert whole.closing_cash == ledger.cash_pence[ACCOUNTS.index(account)]
    assert sum(whole.capital_by_source.values()) == whole.capital_spent


@repeatable
@given(histories, balances, st.integers(0, 13), st.sampled_from(["RAA", "QF7", "nhs_england"]))
def test_adjoining_periods_add_up(history, opening, cut, account):
    ledger, months = kept(history, opening)
    cut = min(cut, len(months) - 2)
    if cut < 0:
        return
    first, second, whole = (
        ledger.statement(account, *period)
        for period in ((months[0], months[cut]), (months[cut + 1], months[-1]), (months[0], months[-1]))
    )
    assert first.closing_cash == second.opening_cash
    for name in ("months", "income", "expenditure", "surplus", "underlying", "kept", "capital_spent"):
        assert getattr(first, name) + getattr(second, name) == getattr(whole, name)
    for name in ("received", "paid", "capital_by_source"):
        parts, total = [getattr(x, name) for x in (first, second)], getattr(whole, name)
        assert {key: parts[0][key] + parts[1][key] for key in total} == total


@repeatable
@given(histories, balances)
def test_the_table_of_postings_sums_to_the_statements(history, opening):
    ledger, months = kept(history, opening)
    received: Counter = Counter()
    paid: Counter = Counter()
    for row in ledger.postings().to_pylist():
        received[row["payee"], row["purpose"]] += row["amount"]
        paid[row["payer"], row["purpose"]] += row["amount"]
    for account in ACCOUNTS.names:
        found = ledger.statement(account, months[0], months[-1])
        for name, pence in found.received.items():
            assert received[account, name] == Decimal(pence) / 100
        for name, pence in found.paid.items():
            assert paid[account, name] == Decimal(pence) / 100


@repeatable
@given(histories, balances, postings(), st.sampled_from([-0.01, float("nan"), float("inf"), 2e6]), st.data())
def test_refused_amounts_leave_no_trace(history, opening, posting, bad, data):
    ledger, _ = kept(history, opening)
    purpose, amount = posting
    ledger.post(purpose, amount)
    before, cash = ledger.month(purpose), ledger.cash_pence
    wrong = amount.copy()
    wrong.flat[data.draw(st.integers(0, amount.size - 1))] = bad
    with pytest.raises(CheckFailed):
        ledger.post(purpose, wrong)
    with pytest.raises(CheckFailed):
        ledger.post(purpose, np.zeros((4, *amount.shape)))
    assert (ledger.cash_pence == cash).all()
    assert (ledger.month(purpose) == before).all()
    ledger.check()
