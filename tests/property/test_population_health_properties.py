"""Care outside hospital keeps its bounds whatever is begun, spent and ended."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aft_sim.mechanisms import population_health as care

pytestmark = pytest.mark.property

SHAPE = (2, 5)
SHARES = arrays(np.float64, SHAPE, elements=st.floats(0.0, 1.0))
MONEY = arrays(np.float64, SHAPE, elements=st.floats(0.0, 50.0))
PATHS = st.lists(st.tuples(SHARES, MONEY, MONEY), min_size=1, max_size=8)
RULE = care.Rule(np.array([0.0, 0.0, -0.031, -0.029]), 0.0, -0.05, 2.0, 4.0, 3.0, 0.6, 1.5, np.array([900.0, 400.0]))


def opened() -> care.Health:
    return care.open_health(
        np.array([[10.0, 20, 30, 40, 50], [50.0, 5, 5, 5, 5]]), np.array([50.0, 20]), np.array([15.0, 9])
    )


def followed(path: list, each: int = 7) -> care.Health:
    """Every step of the path for some months."""
    health = opened()
    for dose, community, prevention in path:
        health.dose[:], health.community_extra[:], health.prevention_extra[:] = dose, community, prevention
        for _ in range(each):
            care.tend(health, RULE)
    return health


@given(PATHS)
@settings(max_examples=60, deadline=None)
def test_bounds(path):
    health = followed(path)
    assert (health.avoided >= -1e-12).all() and (health.avoided < 1).all()
    assert ((health.need > 0) & (health.need <= 1)).all()
    # bed days stay as they were, by whichever way admissions fall
    np.testing.assert_allclose((1 - health.avoided) * health.stay, 1.0, rtol=1e-12)
    np.testing.assert_allclose(health.vintages.sum(axis=0), path[-1][0], atol=1e-12)
    assert (health.vintages >= 0).all()


@given(PATHS, SHARES, MONEY)
@settings(max_examples=40, deadline=None)
def test_more_care_and_prevention_never_mean_more_admissions_or_need(path, dose, money):
    more = [(np.minimum(one + dose, 1.0), community + money, prevention + money) for one, community, prevention in path]
    few, many = followed(path), followed(more)
    assert (many.need <= few.need + 1e-12).all()
    # a dose that falls takes its oldest parts too, so only spending is compared where doses differ
    same = [(one, community + money, prevention) for one, community, prevention in path]
    assert (followed(same).avoided >= few.avoided - 1e-12).all()


@given(st.integers(1, 60), st.floats(0.1, 10.0), st.floats(0.5, 10.0))
def test_delays_share_out_a_change_and_never_more(months, mean, stages):
    acted = [care.lagged([np.ones(1), *[np.zeros(1)] * month], mean, stages)[0] for month in range(months)]
    assert (np.diff([0.0, *acted]) >= -1e-15).all()
    assert 0 <= acted[-1] <= 1


@given(MONEY)
def test_a_further_pound_of_prevention_does_less(extra):
    health = opened()
    health.prevention_extra[:] = extra
    once = care.as_good_as_opening(health)
    health.prevention_extra[:] = 2 * extra
    assert (care.as_good_as_opening(health) <= 2 * once + 1e-12).all()
    assert (once <= extra + 1e-12).all()
