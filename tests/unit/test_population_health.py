"""Care outside hospital and need, worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from aft_sim.mechanisms import population_health as care
from aft_sim.mechanisms import qalys
from aft_sim.mechanisms.ledger_accounts import PURPOSES
from aft_sim.outcomes import health as account
from aft_sim.policy import shift

pytestmark = pytest.mark.unit

RULE = care.Rule(
    effects=np.array([0.01, 0.02, -0.03, -0.04]),
    bed_days=0.01,
    elasticity=-0.05,
    community_lag=2.0,
    prevention_lag=4.0,
    stages=3.0,
    saved=0.6,
    ratio=1.0,
    care=np.array([1000.0]),
)


def opened() -> care.Health:
    """One board of 500 people whose community services cost GBP 50m and prevention GBP 10m a year."""
    return care.open_health(np.full((1, 5), 100.0), np.array([50.0]), np.array([10.0]))


def after(health: care.Health, months: int, rule: care.Rule = RULE) -> care.Health:
    for _ in range(months):
        care.tend(health, rule)
    return health


def test_nothing_spent_changes_nothing_at_all():
    health = after(opened(), 60)
    assert (health.avoided == 0).all()
    assert (health.stay == 1).all()
    assert (health.need == 1).all()


@pytest.mark.parametrize(("month", "change"), [(1, 0.01), (12, 0.01), (13, 0.02), (24, 0.02), (25, -0.03), (37, -0.04)])
def test_each_year_of_a_programme_has_its_own_effect(month, change):
    health = opened()
    health.dose[:] = 0.5
    assert after(health, month).avoided == pytest.approx(np.full((1, 5), -0.5 * change))


def test_bed_days_move_by_their_own_effect_only():
    health = opened()
    health.dose[:] = 1.0
    after(health, 30)
    assert (1 - health.avoided) * health.stay == pytest.approx(np.full((1, 5), 1.01))


def test_a_programme_that_ends_takes_its_effect_with_it():
    health = opened()
    health.dose[:] = 1.0
    after(health, 30)
    health.dose[:] = 0.5
    assert after(health, 1).avoided == pytest.approx(np.full((1, 5), 0.5 * 0.03))
    health.dose[:] = 0.0
    assert after(health, 1).avoided == pytest.approx(np.zeros((1, 5)))


def test_a_second_programme_begins_at_its_own_start():
    health = opened()
    health.dose[:] = 0.5
    after(health, 12)
    health.dose[:] = 1.0
    # the first half is in its third year, the second in its second
    assert after(health, 13).avoided == pytest.approx(np.full((1, 5), -(0.5 * -0.03 + 0.5 * 0.02)))


def test_community_spending_acts_by_its_elasticity_in_the_end():
    health = opened()
    health.community_extra[:] = 1.0  # GBP 5m on 50m: a tenth more
    assert after(health, 1).avoided == pytest.approx(np.zeros((1, 5)))
    assert after(health, 400).avoided == pytest.approx(np.full((1, 5), 1 - 1.1**-0.05))


def test_half_of_the_delay_of_a_gamma_distribution_of_one_stage():
    # exponential with mean two years: after two years 1 - 1/e has acted
    acted = care.lagged([np.ones(1), *[np.zeros(1)] * 24], 2.0, 1.0)
    assert acted == pytest.approx([1 - np.exp(-1)])
    assert care.lagged([np.ones(1), np.ones(1)], 0.0, 1.0) == pytest.approx([2.0])


def test_prevention_takes_away_need_worth_what_it_saves():
    health = opened()
    health.prevention_extra[:] = 2.0  # as much again as GBP 10m a year
    need = after(health, 800).need
    assert need == pytest.approx(np.full((1, 5), np.exp(-0.6 * 2.0 * np.log(2) / 200)))


def test_prevention_does_most_where_people_are_most_deprived():
    health = opened()
    health.prevention_extra[:] = 2.0
    need = after(health, 120, replace(RULE, ratio=1.5)).need[0]
    assert (np.diff(need) > 0).all()
    weights = care.return_weights(health.residents, 1.5)
    assert weights.mean() == pytest.approx(1.0)
    assert weights[0] / weights[4] == pytest.approx(1.5)


def test_deaths_avoided_by_pounds_a_head():
    # GBP 10m for 100,000 people is GBP 100 a head; -3 and -1 a 100,000 are two for both together
    values = {"health.mortality_effect": -3.0, "health.mortality_women": 1 / 3, "health.mortality_area": 1e5}
    found = care.deaths_avoided(np.array([50.0]), np.full((1, 5), 2e5), care.mortality(values.__getitem__))
    assert found == pytest.approx(np.array([[2.0, 1.5, 1.0, 0.5, 0.0]]))


def test_need_of_each_flow_of_referrals():
    need = np.array([[0.9, 1.0, 1.0, 1.0, 0.95], [0.8] * 5])
    found = care.by_entry(need, np.array([1, 0, 2]))
    assert found.tolist() == [[0.8] * 5 + [1.0], [0.9, 1.0, 1.0, 1.0, 0.95, 1.0], [1.0] * 6]


VALUES = {"health.gain_admitted": 0.2, "health.gain_non_admitted": 0.02, "health.gain_years": 5.0}


def worth() -> qalys.PathwayHealth:
    """A row of which half is admitted and a tenth leaves untreated."""
    return qalys.pathway_health(VALUES.__getitem__, np.array([10.0]), np.array([10.0]), np.array([0.1]))


def test_what_a_pathway_is_worth():
    found = worth()
    assert (found.admitted, found.non_admitted) == pytest.approx((1.0, 0.1))
    assert found.to_come == pytest.approx([0.9 * 0.11 * 5])
    assert found.a_year_late == pytest.approx([0.9 * 0.11])


def test_who_waits_is_late_not_lost():
    one = np.ones((1, 1))
    treated = qalys.treatment(2 * one, 10 * one, -12 * one, 0 * one, worth())
    assert treated == pytest.approx(np.array([[2.0 + 1.0 - 12 * 0.495]]))
    assert qalys.waiting(100 * one, 0.5, worth()) == pytest.approx(np.array([[-100 * 0.5 * 0.099]]))


def test_who_is_spared_the_need_loses_nothing():
    one, none = np.ones((1, 1)), np.zeros((1, 1))
    joined = qalys.treatment(none, none, 5 * one, none, worth())
    spared = qalys.treatment(none, none, none, 5 * one, worth())
    assert spared == pytest.approx(joined)


def test_a_pound_is_in_the_flows_or_displaced():
    # GBP 8m of elective care that brings 500 QALYs takes 1,000 from elsewhere
    assert qalys.net_health_benefit(np.array(500.0), np.array(8.0), np.array(8000.0)) == pytest.approx(-500.0)
    # the same money moved within simulated care displaces nothing: only flows count
    assert qalys.net_health_benefit(np.array(500.0), np.array(8.0 - 8.0), np.array(8000.0)) == pytest.approx(500.0)


def test_every_payment_that_leaves_the_public_sector_is_told_apart_once():
    outside = ("staff", "suppliers", "private_finance", "independent_sector", "other_providers")
    leaving = [name for name, purpose in PURPOSES.items() if purpose.payee in outside]
    named = [*account.MIXED, *account.WORK, *account.SIMULATED, *account.NOT_SIMULATED]
    assert sorted(named) == sorted(leaving)


def test_boards_keep_back_a_share_of_growth_and_never_of_what_there_was():
    owed = np.array([[100.0, 50.0], [10.0, 0.0]])
    kept = shift.kept_back(owed, np.array([0.04, -0.02]), np.array([True, False]), shift.Shift(0.1, 0.2))
    assert kept == pytest.approx(np.array([[100 * 0.04 * 0.3, 0.0], [0.0, 0.0]]))
    community, prevention = shift.divided(kept.sum(axis=0), shift.Shift(0.1, 0.2))
    assert community == pytest.approx([0.4, 0.0])
    assert prevention == pytest.approx([0.8, 0.0])
    assert shift.divided(np.zeros(2), shift.Shift(0.0, 0.0))[0] == pytest.approx([0.0, 0.0])


def test_a_shift_begins_with_a_financial_year():
    from datetime import date

    assert shift.of_year(2027, 10, 0, date(2027, 4, 1)) == shift.Shift(0.1, 0.0)
    assert shift.of_year(2027, 10, 0, date(2027, 4, 2)) == shift.Shift(0.0, 0.0)


def test_who_is_paid_for_community_services():
    payees = shift.community_payees(np.array([30.0, 10.0, 0.0]), np.array([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]))
    assert payees == pytest.approx(np.array([[1.0, 0.6], [0.0, 0.4], [0.0, 0.0]]))


def test_for_whom_boards_spend():
    residents = np.array([[10.0, 10, 20, 30, 30], [0.0, 25, 25, 25, 25]])
    amount = np.array([10.0, 4.0])
    assert shift.targeted(amount, residents, False) == pytest.approx(
        np.array([[1.0, 1, 2, 3, 3], [0.0, 1.0, 1.0, 1.0, 1.0]])
    )
    assert shift.targeted(amount, residents, True) == pytest.approx(np.array([[10.0, 0, 0, 0, 0], [0.0, 4.0, 0, 0, 0]]))


def pooled(share: float, extra: float) -> care.Health:
    """Prevention for part of the residents, GBP m a fifth."""
    health = opened()
    health.prevention_extra[:] += extra
    health.pools = [care.Pool(0, np.full(5, share), np.full(5, extra))]
    return health


def test_returns_of_a_pool_diminish_with_the_base_of_its_own_residents():
    # a fifth of a base of GBP 2m a fifth is 0.4; as much again is worth 0.4 ln 2, not 2 ln 1.2
    assert care.as_good_as_opening(pooled(0.2, 0.4)) == pytest.approx(np.full((1, 5), 0.4 * np.log(2)))
    whole = opened()
    whole.prevention_extra[:] = 0.4
    assert care.as_good_as_opening(pooled(1.0, 0.4)) == pytest.approx(care.as_good_as_opening(whole))


def test_a_pool_comes_on_top_of_prevention_for_all():
    health = pooled(0.2, 0.4)
    health.prevention_extra[:] += 1.0  # half as much again for all: 0.2 of it for the pool's residents
    covered, others = 0.4 * np.log((0.4 + 0.2 + 0.4) / 0.4), 1.6 * np.log(1.5)
    assert care.as_good_as_opening(health) == pytest.approx(np.full((1, 5), covered + others))
    own = care.pool_part(health, health.pools[0])
    assert own == pytest.approx(np.full(5, 0.4 * np.log(1.0 / 0.6) / (covered + others)))


def test_two_pools_and_prevention_for_all_share_the_whole():
    health = pooled(0.2, 0.4)
    other = care.Pool(0, np.full(5, 0.5), np.full(5, 0.7))
    health.pools.append(other)
    health.prevention_extra[:] += 0.7
    parts = [care.pool_part(health, pool) for pool in health.pools]
    assert sum(parts) == pytest.approx(np.ones(5))
