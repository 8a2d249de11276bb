"""Chance is a function of its key: membership and rates elsewhere cannot shift it."""

from datetime import date

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.basis import streams
from aft_sim.mechanisms import referrals
from aft_sim.model import TrustAutonomyModel
from worlds import FEW, few, plan, scenario, subset

pytestmark = pytest.mark.validation

UNTIL = date(2026, 12, 31)
#: Links that carry effects between trusts, switched off.
UNLINKED = {"choice__elasticity": 0, "referrals__demand_elasticity": 0, "removals__closure": "starts"}


def arrivals(model: TrustAutonomyModel, weeks: int) -> np.ndarray:
    found = []
    for _ in range(weeks):
        model.step()
        found.append(model._in.arrivals.copy())
    return np.array(found)


def test_removing_a_trust_leaves_all_other_draws_identical():
    whole = TrustAutonomyModel(plan(scenario("no-aft", **UNLINKED), UNTIL, few()), seed=5)
    part = TrustAutonomyModel(
        plan(scenario("no-aft", **UNLINKED), UNTIL, few(tuple(c for c in FEW if c != "R0B"))), seed=5
    )
    whole_of = np.array([whole.plan.bundle.provider_code[p] for p in whole.plan.bundle.row_provider])
    keep = whole_of != "R0B"
    for _ in range(20):
        whole.step(), part.step()
        assert np.array_equal(whole.world.row_z[keep], part.world.row_z)
        kept = [i for i, c in enumerate(whole.plan.bundle.provider_code) if c != "R0B"]
        assert np.array_equal(whole.world.productivity[kept], part.world.productivity)


def test_more_referrals_at_one_trust_leave_all_other_arrivals_bit_identical():
    change = [{"parameter": "referrals.level", "from": date(2026, 3, 2), "value": 1.03, "trusts": ["RTF"]}]
    base = scenario("no-aft", **UNLINKED)
    more = TrustAutonomyModel(plan(base.with_changes("more", {"change": change}), UNTIL, few()), seed=5)
    same = TrustAutonomyModel(plan(base, UNTIL, few()), seed=5)
    b = same.plan.bundle
    elsewhere = np.array([b.provider_code[p] for p in b.row_provider]) != "RTF"
    x, y = arrivals(more, 30), arrivals(same, 30)
    assert np.array_equal(x[:, elsewhere], y[:, elsewhere])
    assert (x[10:, ~elsewhere].sum() / y[10:, ~elsewhere].sum()) == pytest.approx(1.03, abs=0.002)


def test_pairing_cuts_the_variance_of_arrivals_fifty_times():
    bundle = load()
    ids = streams.words(f"row {i}" for i in range(bundle.n_rows))
    p = {"overdispersion": 0.18, "scale": 1.0}

    def draw(seed, level, week):
        z = streams.normal(streams.Streams(seed, 0).chance("referrals", week, ids))
        expected = bundle.starts * level
        return expected * referrals.weekly_multiplier(z, expected, **p)

    paired = np.mean([(draw(7, 1.01, w) - draw(7, 1.0, w)).var() for w in range(50)])
    unpaired = np.mean([(draw(7, 1.01, w) - draw(8, 1.0, w)).var() for w in range(50)])
    assert unpaired / paired >= 50


def test_a_trust_dropped_from_the_world_is_really_dropped():
    assert "R0B" not in subset(load(), ("RTF",)).provider_code
