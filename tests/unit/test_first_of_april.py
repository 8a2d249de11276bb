"""What is dated 1 April holds for the financial year that begins on it, whatever day of the week that is."""

from __future__ import annotations

from datetime import date

import pytest
from tests.worlds import few, plan, scenario

from aft_sim.model import TrustAutonomyModel

pytestmark = pytest.mark.unit


# 1 April 2026 is a Wednesday, and the year's first week begins in March; in 2028 it begins in April
@pytest.mark.parametrize("year", [2026, 2028])
def test_prices_of_the_year(year: int) -> None:
    change = {"parameter": "payment.efficiency_factor", "from": f"{year}-04-01", "value": "4 % per year"}
    changed = scenario("no-aft").with_changes("tight", {"change": [change], "capital.price_growth": 2.5})
    model = TrustAutonomyModel(plan(changed, date(year, 6, 30), few()), 1)
    april = model.plan.calendar.first_week_of_april(year)
    while model.week < april:
        model.step()
    before = model.books.contracts
    model.step()
    after = model.books.contracts
    # what replaces deficit support goes by allocations in this scenario, not by prices
    assert after.price / before.price == pytest.approx(1.025 * 0.96)
