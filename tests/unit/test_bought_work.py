"""Work that is bought from a pot is paid for, also where there is no waiting list to do it on."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.worlds import few, plan, scenario

from aft_sim.model import TrustAutonomyModel

pytestmark = pytest.mark.unit

UNTIL = date(2027, 9, 30)


def spending_by_trusts(bought: float, code: str) -> np.ndarray:
    """What every trust pays its staff and suppliers if one of them buys work at the opening, GBP m."""
    model = TrustAutonomyModel(plan(scenario("no-aft"), UNTIL, few()), 1)
    amount = np.zeros(len(model.plan.bundle.trusts.code))
    amount[model.plan.bundle.trusts.code.index(code)] = bought
    model.books.buy_work(amount)
    money = model.run()["money"]
    codes = model.plan.bundle.trusts.code
    return np.asarray(money["exchequer"].to_numpy().reshape(-1, len(codes)).sum(axis=0, dtype=float))


def test_a_purchase_without_a_list_is_not_refunded() -> None:
    # RDY has no list, so no cost follows from the work it buys but the price it paid
    more = spending_by_trusts(6.0, "RDY") - spending_by_trusts(0.0, "RDY")
    assert more.sum() == pytest.approx(6.0, abs=0.01)
