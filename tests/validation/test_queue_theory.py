"""The kernel of the waiting list against queueing theory, tolerances derived before the kernel was run.

The kernel works in whole weeks and counts at week ends, after treatment, when nobody of the week's arrivals has
waited a week yet; theory is continuous. Each test says what that does to the answer, and allows no more.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aft_sim.mechanisms import measures
from aft_sim.mechanisms import waiting_list_formulae as formulae
from aft_sim.mechanisms.waiting_list import GROUPS, LATE_WEEKS, WEEKS, WeekFlows, WeekInputs, advance

pytestmark = pytest.mark.validation

STEADY = 3000  # weeks: the slowest list below forgets its ages by a factor of exp(-30) or more in this time


def week(rows: int, **changes: Any) -> WeekInputs:
    """A week of treatment in random order, without removals."""
    zeros = np.zeros(rows)
    plain = WeekInputs(
        arrivals=np.zeros((rows, GROUPS)),
        late=np.zeros((rows, GROUPS, LATE_WEEKS)),
        returns=np.zeros((rows, GROUPS)),
        removals=zeros,
        validated=zeros,
        removal_hazard=np.ones(WEEKS),
        priority_adm=np.ones((rows, WEEKS)),
        priority_non=np.ones((rows, WEEKS)),
        access=np.ones((rows, GROUPS)),
        capacity_adm=zeros,
        capacity_non=zeros,
    )
    return replace(plain, **changes)


def run(n: np.ndarray, inputs: WeekInputs, weeks: int) -> WeekFlows:
    """The list after some equal weeks, in place, and what the last of them did."""
    flows = WeekFlows.allocate(len(n))
    for _ in range(weeks):
        advance(n, inputs, flows)
    return flows


def one_group(people: np.ndarray) -> np.ndarray:
    """By row and group, all in the first."""
    by_group = np.zeros((len(people), GROUPS))
    by_group[:, 0] = people
    return by_group


def started(people: np.ndarray) -> np.ndarray:
    """Lists of which nobody has waited a week."""
    n = np.zeros((len(people), GROUPS, WEEKS))
    n[:, 0, 0] = people
    return n


def test_littles_law_in_a_constant_world() -> None:
    """List = starts x mean wait of those who leave, group by group, whatever the order of treatment.

    Somebody who leaves in week w after joining has been counted at w week ends, so with w for the wait the law is
    exact at week ends; the true mean wait is within one week of it. What may differ is rounding, 1e-9 of the list,
    and the last band: whoever stays in it is counted each week without getting older, so the law is short by just
    the people who do. Mean waits under 12 weeks leave hardly any, less than 1e-6 of a list.
    """
    rows = 5
    rng = np.random.default_rng(7)
    arrivals = rng.uniform(5, 30, (rows, GROUPS))
    starts = arrivals.sum(axis=1)
    removals = 0.15 * starts
    rising = 1 + np.cumsum(rng.uniform(0, 0.1, (rows, WEEKS)), axis=1)
    inputs = week(
        rows,
        arrivals=arrivals,
        removals=removals,
        removal_hazard=np.where(np.arange(WEEKS) >= 5, 1.0, 0.2),
        priority_adm=rising,
        priority_non=rising[::-1].copy(),
        access=rng.uniform(0.9, 1.1, (rows, GROUPS)),
        capacity_adm=0.3 * starts,
        capacity_non=0.55 * starts,
    )
    n = np.zeros((rows, GROUPS, WEEKS))
    n[:, :, 0] = arrivals * np.linspace(3, 10, rows)[:, None]
    run(n, inputs, STEADY)
    before = n.copy()
    run(n, inputs, 1)
    np.testing.assert_allclose(n, before, rtol=0, atol=1e-9 * starts.max())  # it is steady
    assert (n[:, :, -1] < 1e-6 * n.sum(axis=2)).all()
    older = np.concatenate([arrivals[:, :, None], before[:, :, :-1]], axis=2)  # everyone who could leave, by week
    older[:, :, -1] += before[:, :, -1]
    left = older - n
    wait = (left * np.arange(WEEKS)).sum(axis=2) / left.sum(axis=2)
    people = n.sum(axis=2)
    np.testing.assert_allclose(left.sum(axis=2), arrivals, rtol=1e-9)
    assert (np.abs(people - arrivals * wait) <= n[:, :, -1] + 1e-9 * people).all()
    assert np.ptp(wait) > 1  # the groups and rows do differ


@pytest.mark.parametrize("share", [0.6, 0.8, 0.92])
def test_target_list_in_random_order(share: float) -> None:
    """At the list of the formula, counted in the middle of the week, that share of the kernel's list is within 18.

    With a list of ``N`` at week ends and ``a`` arrivals and treatments a week in random order, everyone's chance
    of treatment is ``p = a / (N + a)`` and the share within 18 weeks is ``1 - (1 - p)^18``. The formula is the
    limit of short weeks, ``N = a / x`` with ``x = -ln(1 - share) / 18``; half of the arrivals are missing from a
    week-end count of it. With ``N = a (1/x - 1/2)`` the exponent ``-ln(1 - p)`` is ``x (1 + x^2/12 + ...)``, so
    the share is above the wanted one, by at most ``18 x^3 / 12`` of those who miss it (doubled here for the terms
    of higher order).
    """
    demand, weeks = 100.0, 18
    x = float(formulae.factor_for(share)) / weeks
    target = float(formulae.list_for_performance(demand, share, weeks))
    assert target == pytest.approx(float(formulae.target_queue_size(demand, weeks, x * weeks)), rel=1e-12)
    a = np.array([demand])
    n = started(np.array([target - demand / 2]))
    flows = run(n, week(1, arrivals=one_group(a), capacity_adm=0.4 * a, capacity_non=0.6 * a), STEADY)
    # Two services one after the other treat a share p of the list between them, as one would.
    assert float(flows.waiting.sum()) == pytest.approx(target - demand / 2, rel=1e-9)
    excess = measures.within_18_share(n.sum(axis=1))[0] / 100 - share
    bound = 2 * (1 - share) * weeks * x**3 / 12
    assert 0 < excess < bound < 0.002


def test_week_end_list_for_the_standard_is_at_most_half_a_week_of_starts_below_the_formula() -> None:
    """The other way round: the week-end list with exactly 92% within 18 weeks is found by trying many lists.

    It is ``a / (exp(x) - 1)``, and ``1/x - 1/2 < 1/(exp(x) - 1) < 1/x``: between 0 and half a week's starts less
    than the formula. Lists are tried every hundredth of a week's starts.
    """
    demand = 250.0
    target = float(formulae.list_for_performance(demand, 0.92))
    assert target == pytest.approx(demand * 18 / -np.log(0.08), rel=1e-12)
    tried = target - demand * np.arange(-0.2, 0.8, 0.01)
    a = np.full(len(tried), demand)
    n = started(tried)
    run(n, week(len(tried), arrivals=one_group(a), capacity_adm=a), STEADY)
    kept = tried[measures.within_18_share(n.sum(axis=1)) >= 92]
    shortfall = (target - kept.max()) / demand
    assert 0 < shortfall < 0.5 + 0.01


def test_relief_capacity_brings_the_list_to_its_target_and_load_tells_its_growth() -> None:
    """Without chance the list moves by demand less capacity each week; nothing is approximate but rounding."""
    demand, size = np.array([30.0, 33.0, 35.0]), np.array([1200.0, 800.0, 250.0])
    target, weeks = np.array([390.0, 200.0, 100.0]), 20
    capacity = formulae.relief_capacity(demand, size, target, weeks)
    n = started(size)
    inputs = week(3, arrivals=one_group(demand), capacity_adm=capacity)
    flows = run(n, inputs, weeks)
    np.testing.assert_allclose(flows.waiting.sum(axis=1), target, rtol=1e-9)
    short = replace(inputs, capacity_adm=demand / 1.25)
    flows = run(n, short, 10)
    growth = (1 - 1 / formulae.queue_load(demand, short.capacity_adm)) * demand * 10
    np.testing.assert_allclose(flows.waiting.sum(axis=1), target + growth, rtol=1e-9)
    assert (growth > 0).all()


def test_target_capacity_holds_the_target_list_when_referrals_come_by_chance() -> None:
    """Poisson referrals and a fixed timetable at the target capacity: the mean list is the target, less little.

    The formula is that of heavy traffic. For weekly steps theory takes off 0.5826 standard deviations of a week's
    referrals (Siegmund's correction of a reflected walk) and moves by the order of the spare capacity, half a
    person here. The rows are independent and a list in balance is nearly exponential, so the standard error of
    the mean is at most target / sqrt(rows); the list forgets its start in ``2 demand / spare^2`` = 240 weeks, a
    fifth of the run-in.
    """
    demand, target_wait, factor, rows = 30.0, 4.0, 4.0, 1500
    target = float(formulae.target_queue_size(demand, target_wait, factor))
    capacity = np.full(rows, float(formulae.target_capacity(demand, target_wait, factor, 1.0, 0.0)))
    assert capacity[0] - demand == pytest.approx(0.5)
    rng = np.random.default_rng(11)
    n, flows = started(np.full(rows, target)), WeekFlows.allocate(rows)
    lists = []
    for w in range(1600):
        arrivals = one_group(rng.poisson(demand, rows).astype(float))
        advance(n, week(rows, arrivals=arrivals, capacity_adm=capacity), flows)
        if w >= 1200:
            lists.append(float(flows.waiting.sum()) / rows)
    expected = target - 0.5826 * np.sqrt(demand)
    assert abs(np.mean(lists) - expected) < 4 * target / np.sqrt(rows) + 0.5
