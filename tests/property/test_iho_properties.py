"""Population budgets: what holds for any figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aft_sim.policy import iho
from aft_sim.policy.iho import Move

pytestmark = pytest.mark.property

shares = st.floats(0.0, 1.0)
money = st.floats(0.0, 5000.0)


@given(st.lists(st.tuples(money, shares), min_size=1, max_size=20))
def test_divided_payments_add_up_in_whole_pence(cells):
    amount, cover = np.array(cells).T
    covered, own = iho.divide(amount, cover)
    pence = np.rint(covered * iho.PENCE) + np.rint(own * iho.PENCE)
    assert np.array_equal(pence, np.rint(amount * iho.PENCE))
    assert covered.min() >= 0 and own.min() >= 0


@given(st.floats(-1e3, 1e3), st.floats(1.0, 1e4), shares, st.floats(0.0, 0.2))
def test_a_settlement_is_the_result_and_the_holder_is_never_beyond_its_corridor(result, budget, share, corridor):
    holder, board = iho.settle(result, budget, share, corridor)
    assert holder + board == pytest.approx(result, abs=1e-9)
    assert abs(holder) <= share * corridor * budget + 1e-9
    assert holder * result >= 0 and board * result >= -1e-9


@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 0.02), st.floats(0, 0.02)), max_size=8),
    st.integers(0, 120),
    shares,
    st.floats(1, 24),
)
def test_hospitals_are_paid_for_no_more_than_has_moved_and_in_the_end_for_nothing_of_it(moves, month, still, months):
    found = [Move(*one) for one in moves]
    moved, gone = iho.released(found, month, still, months)
    assert -1e-12 <= gone <= moved + 1e-12
    late = iho.released(found, 200, still, months)
    assert late[0] == pytest.approx(late[1])


@given(st.lists(st.floats(-50, 50), min_size=3, max_size=3), st.floats(0, 5))
def test_weights_of_a_choice_are_shares(score, sharpness):
    weights = iho.softmax(sharpness * np.array(score))
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0


@given(shares, shares)
def test_keeping_more_of_an_emergency_never_moves_less(one, other):
    def share(kept):
        believed = iho.Beliefs(0.3, kept, 0.1, 0.6, 1.0, 1.0, 2.0, 4.0, 2.0, 0.2)
        return iho.decide(believed, 0.5, 6.0, 0.035, 1.0, 1.0, 0.01, 0.02).share

    low, high = sorted((one, other))
    assert share(low) <= share(high) + 1e-12
