"""Who holds which freedom, when."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.policy.programme import Status

pytestmark = pytest.mark.unit


def status(approval=True, reinvest=True):
    return Status(np.array([2, 5]), 17, approval, reinvest)


def test_status_begins_in_its_week_for_its_trusts():
    s = status()
    assert [s.holds(2, week) for week in (0, 16, 17, 400)] == [False, False, True, True]
    assert not s.holds(3, 400)


def test_each_freedom_is_its_own_switch():
    assert status().may_reinvest(17).tolist() == [2, 5]
    assert status().may_reinvest(16).size == 0
    assert status(reinvest=False).may_reinvest(400).size == 0
    assert status(reinvest=False).may_approve(5, 17)
    assert not status(approval=False).may_approve(5, 17)
    assert not status().may_approve(5, 16)
    assert not status().may_approve(3, 17)


def test_nobody_designated():
    s = Status(np.array([], dtype=np.int64), 0, True, True)
    assert s.may_reinvest(10).size == 0 and not s.holds(0, 10)


def test_a_date_before_the_run_holds_from_the_first_week():
    s = Status(np.array([1]), -4, True, True)
    assert s.holds(1, 0) and s.may_approve(1, 0)
