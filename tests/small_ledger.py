"""A month of three trusts and two boards whose books can be worked out by hand; none of its numbers is real."""

from __future__ import annotations

import numpy as np

from aft_sim.mechanisms.ledger import Accounts, Ledger

ACCOUNTS = Accounts(("RAA", "RBB", "RCC"), ("QE1", "QF7"))
CASH = {"RAA": 50.0, "RBB": 20.0, "RCC": 5.0}
#: GBP m; rows of matrices are trusts.
MONTH: dict[str, float | list[float] | list[list[float]]] = {
    "settlement": 300.0,
    "allocation": [160.0, 130.0],
    "elective": [[30.0, 5.0], [0.0, 20.0], [12.0, 0.0]],
    "urgent_fixed": [[20.0, 2.0], [1.0, 25.0], [10.0, 1.0]],
    "urgent_variable": [[5.0, 0.5], [0.0, 6.0], [2.5, 0.0]],
    "block": [[10.0, 0.0], [0.0, 8.0], [4.0, 1.0]],
    "community": [[0.0, 0.0], [0.75, 0.5], [0.0, 0.0]],
    "prevention": [0.5, 0.25],
    "independent_sector": [6.0, 4.0],
    "other_commissioning": [53.75, 59.25],
    "national_programmes": 1.0,
    # budgets of populations move nothing here: tests/validation/test_population_budgets.py reconciles them to the penny
    **{f"iho_{name}": [[0.0, 0.0]] * 3 for name in ("budget", "fair_share", "overspend")},
    **{f"iho_{name}": [[0.0] * 3] * 2 for name in ("fair_share_back", "underspend")},
    **{f"iho_{name}": [[0.0] * 3] * 3 for name in ("elective", "urgent_fixed", "urgent_variable", "block")},
    **{f"iho_{name}": [0.0] * 3 for name in ("independent", "other_care", "community", "prevention", "setup")},
    "deficit_support": [0.0, 0.0, 6.0],
    "delivery_reward": [0.0, 0.5, 0.0],
    "other_income": [5.0, 4.0, 2.0],
    "pay": [45.0, 40.0, 28.0],
    "bank_agency": [3.0, 2.0, 2.5],
    "drugs": [6.0, 5.0, 2.0],
    "non_pay": [10.0, 9.0, 5.0],
    "pfi": [0.0, 2.0, 1.0],
    "depreciation": [3.0, 2.5, 1.25],
    "pdc_dividend": [1.0, 0.5, 0.25],
    "community_care": [0.0, 1.25, 0.0],
    "purchase_of_work": [0.0, 1.0, 0.0],
    "capital_grant": [0.0, 0.0, 0.5],
    "incentive": [0.0, 1.5, 0.0],
    "capital": [3.0, 4.0, 1.0],
    "pot_capital": [2.0, 0.0, 0.0],
    "cash_support": [0.0, 0.0, 3.0],
    "surplus_return": [2.0, 0.0, 0.0],
    "redistribution": [0.0, 0.0, 1.0],
    "board_support": [0.0, 2.5],
    "unspent": [4.5, 0.0],
    "lapse": 4.0,
}


def opened() -> Ledger:
    """The books before the first month."""
    return Ledger(ACCOUNTS, np.array([CASH.get(name, 0.0) for name in ACCOUNTS.names]))


def post_month(ledger: Ledger, times: float = 1.0) -> None:
    """Post every amount of `MONTH`, multiplied."""
    for purpose, amount in MONTH.items():
        ledger.post(purpose, np.multiply(amount, times))


def kept(*labels: str, growth: float = 1.0) -> Ledger:
    """Books of several months, each `growth` times the one before."""
    ledger = opened()
    for n, label in enumerate(labels):
        post_month(ledger, growth**n)
        ledger.close_month(label)
    return ledger
