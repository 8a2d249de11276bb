"""Decisions of boards, ICBs and NHS England."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from aft_sim.agents.icb import IntegratedCareBoard
from aft_sim.agents.nhs_england import NHSEngland
from aft_sim.agents.trust import PotView, Trust

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def model():
    return mesa.Model()


def view(**known):
    # 365.25m a year: ten days of cash are 10m
    usual = {
        "pot": 10.0,
        "cash": 40.0,
        "expenditure": 365.25,
        "year_left": 1.0,
        "invest_share": 0.35,
        "delivery": 0.8,
        "floor_days": 10.0,
        "acts": True,
        "in_deficit": False,
    }
    return PotView(**(usual | known))


class TestTrust:
    def decide(self, model, **known):
        return Trust(model, 7, "RTF").decide_draw(view(**known))

    def test_the_default_rule(self, model):
        d = self.decide(model)
        assert (d.trust, d.reason) == (7, "")
        assert d.wish == d.amount == pytest.approx(10 * 0.35 * 0.8)

    def test_only_for_what_is_left_of_the_year(self, model):
        assert self.decide(model, year_left=10 / 12).amount == pytest.approx(2.8 * 10 / 12)

    def test_a_board_that_does_not_use_its_freedom(self, model):
        d = self.decide(model, acts=False)
        assert d.amount == d.wish == 0.0 and "does not use" in d.reason

    def test_a_deficit_brings_spending_controls(self, model):
        d = self.decide(model, in_deficit=True)
        assert d.amount == d.wish == 0.0 and "spending controls" in d.reason

    def test_an_empty_pot(self, model):
        d = self.decide(model, pot=0.0)
        assert d.amount == 0.0 and "pot is empty" in d.reason

    def test_cash_stays_above_its_floor(self, model):
        d = self.decide(model, cash=11.5)
        assert d.amount == pytest.approx(1.5) and d.wish == pytest.approx(2.8)
        assert "floor" in d.reason
        assert self.decide(model, cash=3.0).amount == 0.0


class TestNHSEngland:
    def test_the_limit_binds_with_its_probability(self, model):
        national = NHSEngland(model)
        u = (np.arange(1000) + 0.5) / 1000
        limits = [national.set_limit("2027/28", x, 0.7, 0.9, 0.1) for x in u]
        assert sum(x.binds for x in limits) == 700
        assert {x.crowd_out for x in limits if x.binds} == {0.9}
        assert {x.crowd_out for x in limits if not x.binds} == {0.1}
        assert limits[0].year == "2027/28"

    def test_the_years_limit_is_what_is_applied(self, model):
        national = NHSEngland(model)
        binding = national.set_limit("2027/28", 0.1, 0.7, 0.9, 0.1)
        got = national.apply_limit(np.array([10.0]), np.array([50.0]), "inside_scale_draws", binding)
        assert got.spent == pytest.approx([1.0])

    def test_money_by_need_by_hand(self, model):
        share = np.array([70.0, 50.0, 60.0, 40.0, 30.0])
        waiting = np.array([100.0, 200.0, 300.0, 1000.0, 5000.0])
        got = NHSEngland(model).choose_by_need(share, waiting, np.array([0, 1, 2, 3]), 2)
        # the longest waits among those who may receive: 3 (600 over 18 weeks) and 1 (100)
        assert got == pytest.approx([0.0, 1 / 7, 0.0, 6 / 7, 0.0])

    def test_equal_waits_go_by_index(self, model):
        got = NHSEngland(model).choose_by_need(np.full(4, 50.0), np.ones(4), np.array([3, 1, 2]), 2)
        assert got.tolist() == [0.0, 0.5, 0.5, 0.0]

    def test_more_recipients_than_trusts(self, model):
        got = NHSEngland(model).choose_by_need(np.array([50.0, 75.0]), np.array([4.0, 8.0]), np.array([0, 1]), 16)
        assert got.tolist() == [0.5, 0.5]


class TestBoard:
    def test_waits_are_weighted_by_where_patients_go(self, model):
        board = IntegratedCareBoard(model, 0, "QHM")
        got = board.market_waits(
            np.array([0, 0, 1, 2]), np.array([30.0, 10.0, 5.0, 0.0]), np.array([1.2, 0.8, 2.0, 9.0])
        )
        # a market that nobody is referred in moves nobody
        assert got == pytest.approx([(30 * 1.2 + 10 * 0.8) / 40, 2.0, 1.0])


def test_agents_know_their_place(model):
    trust = Trust(model, 3, "RBS")
    assert (trust.index, trust.code) == (3, "RBS")
