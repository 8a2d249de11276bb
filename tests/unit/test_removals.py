"""Removals: closures, validation effort and people who come back."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import removals

pytestmark = pytest.mark.unit

SHARE = np.array([0.1, 0.2])
STARTS = np.array([100.0, 50.0])
LIST = np.array([1000.0, 800.0])
CLOSURES = ("fitted", "starts", "list", "mixed")


def total(closure, starts=STARTS, waiting=LIST, exponent=-0.37):
    return removals.total(SHARE, starts, waiting, STARTS, LIST, closure, exponent)


@pytest.mark.parametrize("closure", CLOSURES)
def test_all_closures_agree_at_opening(closure):
    assert total(closure) == pytest.approx([10.0, 10.0])


def test_starts_that_double():
    assert total("starts", 2 * STARTS) == pytest.approx([20.0, 20.0])
    assert total("list", 2 * STARTS) == pytest.approx([10.0, 10.0])
    assert total("mixed", 2 * STARTS) == pytest.approx([10 * 2**0.5] * 2)
    # the list per start is halved for England
    assert total("fitted", 2 * STARTS) == pytest.approx([20 * 0.5**-0.37] * 2)


def test_a_list_that_doubles():
    assert total("starts", waiting=2 * LIST) == pytest.approx([10.0, 10.0])
    assert total("list", waiting=2 * LIST) == pytest.approx([20.0, 20.0])
    assert total("mixed", waiting=2 * LIST) == pytest.approx([10 * 2**0.5] * 2)
    assert total("fitted", waiting=2 * LIST) == pytest.approx([10 * 2**-0.37] * 2)


def test_the_fitted_rule_looks_at_england_not_at_the_row():
    # one list doubles, the other falls by as many people: nothing changes
    assert total("fitted", waiting=np.array([1800.0, 0.0])) == pytest.approx([10.0, 10.0])
    assert total("fitted", exponent=0.0, waiting=3 * LIST) == pytest.approx(total("starts"))


def test_nobody_is_removed_in_the_first_five_weeks():
    shape = removals.hazard_shape()
    assert shape.shape == (105,)
    assert shape[:5].tolist() == [0.0] * 5
    assert (shape[5:] == 1.0).all()


def test_validation_effort_has_mean_one():
    from scipy.special import ndtri

    z = ndtri((np.arange(20_001) + 0.5) / 20_001)
    assert removals.validation_noise(z, 0.5).mean() == pytest.approx(1.0, abs=5e-4)
    assert removals.validation_noise(z[:3], 0.0).tolist() == [1.0] * 3


class TestReturns:
    @pytest.mark.parametrize("weeks", [1, 3, 8])
    def test_everyone_who_comes_back_does_so_once(self, weeks):
        slots = np.zeros((removals.RETURN_SLOTS, 1, 2))
        validated = np.array([[80.0, 8.0]])
        came = np.zeros((1, 2))
        for week in range(weeks + 1):
            due, slots = removals.next_returns(slots, validated if week == 0 else 0 * validated, 0.1, weeks)
            came += due
        assert came == pytest.approx(0.1 * validated)
        assert np.abs(slots).max() == pytest.approx(0.0, abs=1e-12)

    def test_evenly_over_the_weeks(self):
        slots = np.zeros((removals.RETURN_SLOTS, 1, 1))
        due, slots = removals.next_returns(slots, np.array([[80.0]]), 0.1, 4)
        assert due.item() == pytest.approx(2.0)
        assert slots.ravel().tolist() == pytest.approx([2.0] * 3 + [0.0] * 5)

    def test_older_and_newer_ones_add_up(self):
        slots = np.arange(8.0).reshape(8, 1, 1)
        due, later = removals.next_returns(slots, np.array([[10.0]]), 0.5, 5)
        assert due.item() == 1.0
        assert later.ravel().tolist() == pytest.approx([2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 0.0])
        assert slots.ravel().tolist() == list(range(8))  # the caller's array is left alone
