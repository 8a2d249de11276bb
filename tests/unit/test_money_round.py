"""The money round on a small England: who belongs to which system, and years of 52 and 53 weeks."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan

pytestmark = pytest.mark.unit


def model(until: date, **changes: object) -> TrustAutonomyModel:
    scenario = load_scenario("no-aft").with_changes("small", {"run.chance": 0, "run.season": 0} | changes)
    return TrustAutonomyModel(plan(scenario, until, few()), 1)


def test_a_trust_that_no_board_hosts_is_nobodys_system() -> None:
    made = model(date(2026, 6, 30))
    trusts = made.plan.bundle.trusts
    homeless = trusts.icb < 0
    assert homeless.any() and {trusts.type[i] for i in np.flatnonzero(homeless)} >= {"ambulance"}
    ledger = made.world.ledger
    while made.week < made.plan.calendar.n_weeks:
        made.step()
    span = ("2026-02", "2026-06")
    reward = ledger.total("delivery_reward", *span)[: homeless.size]
    assert not reward[homeless].any()
    assert ledger.total("other_income", *span)[: homeless.size][homeless].any()


def test_money_of_a_month_is_that_of_its_days() -> None:
    """A year has 365 days, whether 52 or 53 weeks close in it: 2027/28 has 53."""
    steady = {
        "referrals.growth": 0,
        "production.growth": 0,
        "production.resource_growth": 0,
        "production.staff_elasticity": 0,
        "production.supply_feedback": 0,
        "payment.efficiency_factor": 0,
        "capital.price_growth": 0,
        "payment.settlement_growth": 5,
    }
    made = model(date(2028, 3, 31), **steady)
    made.run()
    months = made.plan.calendar.months
    weeks = {year: sum(m.n_weeks for m in months if (m.year - (m.month < 4)) == year) for year in (2026, 2027)}
    assert weeks == {2026: 52, 2027: 53}
    paid = [made.world.ledger.total("elective", f"{y}-04", f"{y + 1}-03", "payee").sum() for y in (2026, 2027)]
    # 366 days in the second, a leap year's February
    assert paid[1] / paid[0] == pytest.approx(366 / 365, abs=0.01)
