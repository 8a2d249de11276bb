"""Pots, what money buys, and what waiting for it costs."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.mechanisms import capital

pytestmark = pytest.mark.unit


def test_opening_pot_by_hand():
    got = capital.opening_pot(np.array([8.0, -27.0, 0.0]), 0.27)
    # 8m and 27% of it for the year before; deficits hold nothing
    assert got == pytest.approx([8 * 1.27, 0.0, 0.0])


class TestAffordable:
    # ten days of 365.25m are 10m
    @pytest.mark.parametrize(
        "wish,pot,cash,expected",
        [
            (3.0, 9.0, 40.0, 3.0),
            (12.0, 9.0, 40.0, 9.0),
            (8.0, 9.0, 14.0, 4.0),
            (8.0, 9.0, 5.0, 0.0),
            (3.0, 0.0, 40.0, 0.0),
        ],
    )
    def test_never_beyond_pot_or_floor(self, wish, pot, cash, expected):
        assert capital.affordable(wish, pot, cash, 365.25, 10.0) == pytest.approx(expected)


class TestSplit:
    def test_by_hand(self):
        parts = capital.split(np.array([100.0, 0.0]), 0.45, 0.30, 0.17, 0.08, 0.4)
        assert parts["theatre"].tolist() == pytest.approx([18.0, 0.0])
        assert parts["equipment"].tolist() == pytest.approx([8.0, 0.0])
        assert parts["estate"].tolist() == pytest.approx([74.0, 0.0])
        assert tuple(parts) == capital.CLASSES

    def test_published_shares_need_not_add_up(self):
        parts = capital.split(np.array([7.0]), 0.9, 0.6, 0.34, 0.16, 0.4)
        assert parts["theatre"][0] == pytest.approx(7 * 0.18)
        assert sum(p[0] for p in parts.values()) == pytest.approx(7.0)


def test_waiting_costs():
    assert capital.real_value(10.0, 0.0, 0.05) == 10.0
    assert capital.real_value(10.0, 12.0, 0.05) == pytest.approx(10 / 1.05)
    assert capital.real_value(10.0, 18.0, 0.05) == pytest.approx(10 / 1.05**1.5)
    assert capital.real_value(-10.0, 12.0, 0.05) == pytest.approx(-10 / 1.05)  # capital lost is worth less too


def test_a_hub_and_half_a_hub():
    assert capital.theatre_gain(20.0, 20.0, 0.219, 150.0) == pytest.approx(32.85)
    assert capital.theatre_gain(10.0, 20.0, 0.219, 150.0) == pytest.approx(32.85 / 2)
    assert capital.theatre_gain(-10.0, 20.0, 0.219, 150.0) == pytest.approx(-32.85 / 2)


def test_equipment_relative_to_its_stock():
    got = capital.equipment_index(np.array([0.0, 5.0, -5.0, -500.0]), np.full(4, 50.0))
    assert got == pytest.approx([1.0, 1.1, 0.9, 0.01])


def test_revenue_buys_work_at_marginal_cost():
    # 1.14m at 1900 x 0.6 = 1140 pounds each: 1000 pathways over a year
    got = capital.revenue_gain(np.array([1.14, 0.0]), 1900.0, 0.6)
    assert got * 365.25 / 7 == pytest.approx([1000.0, 0.0])


def test_gains_need_staff_losses_do_not():
    got = capital.staffed(np.array([3.0, 12.0, -50.0]), np.array([100.0, 100.0, 100.0]), 0.05)
    assert got.tolist() == pytest.approx([3.0, 5.0, -50.0])


def test_backlog_grows_unspent():
    assert capital.backlog_step(np.array([100.0, 0.0]), 0.114).tolist() == pytest.approx([111.4, 0.0])
