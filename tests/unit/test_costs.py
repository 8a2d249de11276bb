"""What work costs and what boards save, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import finance
from aft_sim.spec.register import Register

pytestmark = pytest.mark.unit


def default(name: str) -> float:
    parameter = Register.load()[name]
    return float(parameter.default) / (100 if parameter.unit.startswith("%") else 1)


def test_savings_answer_deficits():
    assert finance.savings_plan(0.0, 0.05, 0.22, 0.0, 0.0) == 0.05
    assert finance.savings_plan(-0.05, 0.05, 0.22, 0.0, 0.0) == pytest.approx(0.061)
    assert finance.savings_plan(0.05, 0.05, 0.22, 0.01, 1.0) == pytest.approx(0.049)
    assert finance.savings_plan(1.0, 0.05, 0.22, 0.0, 0.0) == 0.0


def test_what_does_not_last_comes_back():
    programme = finance.Programme(np.array([0.05]), 0.8, 0.5)
    # 4 % saved, 2 % for good: an outturn of 96 stands on 98
    assert programme.delivered[0] == pytest.approx(0.04) and programme.lasting[0] == pytest.approx(0.02)
    assert finance.recurrent_before(np.array([96.0]), programme)[0] == pytest.approx(98.0)


def test_cost_before_savings():
    got = finance.gross_cost(np.array([100.0, 100.0]), 0.025, np.array([0.04, 0.0]), 0.6, 0.01)
    assert got == pytest.approx([100 * 1.025 * 1.024 * 1.01, 100 * 1.025 * 1.01])


def test_staff_stay_on_the_usual_path_with_usual_money():
    got = finance.staff_step(np.ones(3), np.array([0.04, 0.02, 0.04]), 0.04, 0.6, np.array([0.0, 0.0, 0.01]))
    assert got == pytest.approx([1.0, 1.012 / 1.024, 0.99])


def test_spending_controls_cost_part_of_the_staff_they_save():
    parts = {"pay": np.array([0.7, 0.7]), "bank_agency": np.array([0.05, 0.1]), "non_pay": np.array([0.25, 0.2])}
    got = finance.controlled_staff(np.array([0.1, -0.1]), parts, 0.5)
    assert got == pytest.approx([1 - 0.5 * 0.1 * 0.3, 1 + 0.5 * 0.1 * 0.3])


def test_a_gap_in_margins_closes_by_an_eighth_a_year():
    """`ledger.savings_response` is row A05 over what of a plan is delivered and lasts."""
    lasting = default("ledger.savings_delivery") * default("ledger.savings_recurrent")
    assert default("ledger.savings_response") * lasting == pytest.approx(0.12, abs=0.005)


def test_the_published_outturn_closes_with_the_registers_pressure():
    """Sector's margins of 2024/25 and 2025/26 by NHS England and the King's Fund; the line of docs/money.md."""
    before, after = -0.0055, -0.0059
    growth, inflation = default("payment.settlement_growth"), default("capital.price_growth")
    uplift = (1 + inflation) * (1 - default("payment.efficiency_factor")) - 1
    volume = (1 + growth) / (1 + uplift) - 1
    underlying = after - (2200 - 91) / 151_851
    plan = finance.savings_plan(
        underlying, default("ledger.savings_plan"), default("ledger.savings_response"), 0.0, 0.0
    )
    programme = finance.Programme(
        np.array(plan), default("ledger.savings_delivery"), default("ledger.savings_recurrent")
    )
    marginal = default("capital.marginal_cost_ratio")
    pressure = finance.closing_pressure(growth, before, after - before, inflation, volume, marginal, programme)
    assert default("ledger.cost_pressure") == pytest.approx(pressure, abs=0.001)
