"""Moving work to the independent sector, by hand: two boards, one function, three providers."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import outsourcing
from aft_sim.mechanisms.referrals import Entries, gradient

pytestmark = pytest.mark.unit

#: Rows: NHS trust, independent provider, NHS trust. Board 0 uses the first two, board 1 only the third.
ENTRIES = Entries(np.array([0, 1, 2]), np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([0, 1, 2, 3]))
INDEPENDENT = np.array([False, True, False])
PATTERN = np.array([[20.0] * 5 + [3.0], [2.0] * 5 + [1.0], [20.0] * 5 + [0.0]])
RESIDENTS = np.array([[100.0] * 5, [500.0] * 5])
PER_START = np.array([0.8, 0.9, 0.7])


def sent(share=0.05, use_ratio=1.4, pattern=PATTERN):
    return outsourcing.outsource(pattern, ENTRIES, INDEPENDENT, RESIDENTS, PER_START, share, use_ratio)


def test_people_move_where_independent_providers_are():
    found = sent()
    # 5 % of the 200 people of England at NHS trusts, all from the market that has an independent provider
    assert found.pattern[1, :5].sum() - 10 == pytest.approx(10.0)
    assert found.pattern[0, :5].sum() == pytest.approx(90.0)
    assert found.pattern[2].tolist() == PATTERN[2].tolist()
    assert found.pattern.sum(axis=0)[:5] == pytest.approx(PATTERN.sum(axis=0)[:5]), "nobody is lost in any fifth"
    assert found.pattern[:, 5].tolist() == PATTERN[:, 5].tolist(), "people from outside England stay"


def test_the_better_off_are_sent_more_often():
    moved = sent().pattern[1, :5] - 2.0
    assert moved[4] / moved[0] == pytest.approx(1.4)
    use = gradient(1 / 1.4)
    assert moved == pytest.approx(10 * use / use.sum())
    assert sent(use_ratio=1.0).pattern[1, :5] == pytest.approx(np.full(5, 4.0))


def test_work_goes_with_them():
    # the trust does 0.8 treatments a start: 8 of them for 10 people
    assert sent().work == pytest.approx([-8.0, 8.0, 0.0])


def test_no_more_move_than_there_are():
    found = sent(share=0.9)  # 180 wanted, but the market's trust is sent 100
    assert found.pattern[0, :5] == pytest.approx(np.zeros(5), abs=1e-9)
    assert found.pattern[1, :5] == pytest.approx(np.full(5, 22.0))


def test_where_there_is_none_nobody_moves():
    alone = PATTERN.copy()
    alone[1] = 0.0
    found = sent(pattern=alone)
    assert found.pattern.tolist() == alone.tolist() and not found.work.any()


def test_additional_capacity_is_the_share_that_is_additional():
    work, capacity = np.array([-8.0, 8.0, 0.0]), np.array([80.0, 10.0, 50.0])
    factor = outsourcing.capacity_factor(work, capacity, 0.35)
    assert factor == pytest.approx([1 - 0.65 * 8 / 80, 1.8, 1.0])
    assert ((factor - 1) * capacity).sum() == pytest.approx(0.35 * 8)
    assert outsourcing.capacity_factor(work, capacity, 1.0)[0] == 1.0
    assert outsourcing.capacity_factor(np.array([-9.0]), np.array([8.0]), 0.0)[0] == 0.0
