"""Who approves a scheme, and what the national limit makes of draws."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.policy.capital_regime import ROUTES, Limits, apply_limit, approval_route, own_limit

pytestmark = pytest.mark.unit

LIMITS = Limits(board=50.0, nhs_trust=40.0, distressed=25.0, aft=100.0, treasury=300.0)
NONE = float("nan")


def route_of(cost, segment, freedom, foundation=True):
    own = own_limit(np.array([segment]), np.array([foundation]), LIMITS)
    return ROUTES[approval_route(np.array([cost]), own, np.array([freedom]), LIMITS)[0]]


class TestRoute:
    @pytest.mark.parametrize(
        "cost,segment,freedom,route",
        [
            (50.0, 1.0, False, "board"),
            (50.1, 1.0, False, "ordinary"),
            (50.1, 1.0, True, "aft"),
            (100.0, 2.0, True, "aft"),
            (100.1, 2.0, True, "ordinary"),
            (300.0, 2.0, True, "ordinary"),
            (300.1, 2.0, True, "treasury"),
            (300.1, 2.0, False, "treasury"),
            (25.0, 4.0, False, "board"),
            (25.1, 4.0, False, "ordinary"),
            (25.1, 5.0, False, "ordinary"),
            (25.1, 4.0, True, "aft"),
            (50.0, NONE, False, "board"),
            (50.1, NONE, False, "ordinary"),
        ],
    )
    def test_by_size_segment_and_freedom(self, cost, segment, freedom, route):
        assert route_of(cost, segment, freedom) == route

    @pytest.mark.parametrize(
        "cost,segment,freedom,route",
        [
            (40.0, 2.0, False, "board"),
            (40.1, 2.0, False, "ordinary"),
            (40.1, 2.0, True, "aft"),
            (25.1, 4.0, False, "ordinary"),
        ],
    )
    def test_of_a_trust_that_is_no_foundation_trust(self, cost, segment, freedom, route):
        assert route_of(cost, segment, freedom, foundation=False) == route

    @pytest.mark.parametrize("segment", [1.0, 2.0, 3.0, 4.0, 5.0, NONE])
    def test_within_the_ordinary_limit_the_freedom_changes_nothing_by_construction(self, segment):
        own = 25.0 if segment in (4.0, 5.0) else 50.0
        for cost in np.linspace(0.0, own, 11):
            assert route_of(cost, segment, True) == route_of(cost, segment, False) == "board"


class TestLimit:
    WANTED = np.array([6.0, 4.0, 0.0])
    ENVELOPES = np.array([20.0, 10.0, 70.0])

    def test_draws_give_way(self):
        got = apply_limit(self.WANTED, self.ENVELOPES, "inside_scale_draws", 0.9)
        assert got.spent == pytest.approx([0.6, 0.4, 0.0])
        assert got.cut.tolist() == [0.0, 0.0, 0.0]
        assert got.beyond_limit == pytest.approx(1.0)

    def test_everybody_gives_way(self):
        got = apply_limit(self.WANTED, self.ENVELOPES, "inside_scale_others", 0.9)
        assert got.spent.tolist() == self.WANTED.tolist()
        assert got.cut == pytest.approx([1.8, 0.9, 6.3])
        assert got.beyond_limit == pytest.approx(1.0)

    def test_the_limit_is_raised(self):
        got = apply_limit(self.WANTED, self.ENVELOPES, "additive", 0.9)
        assert got.spent.tolist() == self.WANTED.tolist()
        assert got.cut.tolist() == [0.0, 0.0, 0.0]
        assert got.beyond_limit == 10.0

    def test_no_crowding_out_makes_the_rules_alike(self):
        for rule in ("inside_scale_draws", "inside_scale_others", "additive"):
            got = apply_limit(self.WANTED, self.ENVELOPES, rule, 0.0)
            assert (got.spent == self.WANTED).all() and not got.cut.any() and got.beyond_limit == 10.0

    def test_no_more_is_cut_than_there_is(self):
        got = apply_limit(np.array([500.0, 0.0, 0.0]), self.ENVELOPES, "inside_scale_others", 1.0)
        assert got.cut == pytest.approx(self.ENVELOPES)
        assert got.beyond_limit == pytest.approx(400.0)

    def test_without_envelopes_there_is_nothing_to_cut(self):
        got = apply_limit(self.WANTED, np.zeros(3), "inside_scale_others", 0.9)
        assert not got.cut.any() and got.beyond_limit == 10.0
