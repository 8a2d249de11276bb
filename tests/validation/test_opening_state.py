"""The opening state against published figures, to the patient."""

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.mechanisms import measures
from aft_sim.world import OUTSIDE_GROUP, open_world
from worlds import date, plan, scenario

pytestmark = pytest.mark.validation

#: NHS England, RTT January 2026: incomplete pathways of English commissioners as reported, with estimates for the
#: missing trust, and of non-English commissioners (full extract and overview time series).
REPORTED, WITH_ESTIMATES, NON_ENGLISH = 7_155_958, 7_247_214, 31_719
#: Incomplete pathways of three trusts, all commissioners: Northumbria, Alder Hey, Imperial College.
TRUSTS = {"RTF": 35_742, "RBS": 17_272, "RYJ": 88_405}


@pytest.fixture(scope="module")
def opening():
    bundle = load()
    imputed = bundle.imputed
    return bundle, bundle.waiting[:, 0].sum(0), bundle.waiting[~imputed, 0].sum(0)


def test_published_totals_to_the_patient(opening):
    bundle, england, reported = opening
    assert reported.sum() == REPORTED
    assert england.sum() == WITH_ESTIMATES
    assert bundle.waiting[:, 1].sum() == NON_ENGLISH
    trusts = bundle.row_is_trust & ~bundle.imputed
    assert bundle.waiting[trusts, 0].sum() == 6_722_905
    assert bundle.waiting[~bundle.row_is_trust, 0].sum() == 433_053


def test_shares_and_long_waits(opening):
    _, england, reported = opening
    assert round(float(measures.within_18_share(reported)), 2) == 61.43
    assert round(float(measures.within_18_share(england)), 2) == 61.49
    assert measures.over_52(reported) == 133_860
    assert measures.over_65(reported) == 7_417
    # published with estimates: 135,657 and 7,457
    assert measures.over_52(england) == 135_657
    assert measures.over_65(england) == 7_457
    assert abs(float(measures.median(england)) - 13.621) < 0.02
    assert abs(float(measures.p92(england)) - 40.347) < 0.05


@pytest.mark.parametrize("code", TRUSTS)
def test_named_trusts_to_the_patient(opening, code):
    bundle = opening[0]
    rows = bundle.row_provider == bundle.provider_code.index(code)
    assert bundle.waiting[rows].sum() == TRUSTS[code]


def test_quintiles_and_places_add_up(opening):
    bundle = opening[0]
    world = open_world(plan(scenario("baseline"), date(2026, 3, 31)), seed=1)
    assert np.allclose(world.n[:, :OUTSIDE_GROUP].sum((1, 2)), bundle.waiting[:, 0].sum(1), atol=1e-6)
    assert np.allclose(world.n[:, OUTSIDE_GROUP], bundle.waiting[:, 1])
    assert np.abs(world.opening.entries.to_rows(world.mix) - world.stock).max() < 1e-6
    assert np.allclose(world.opening.entries.to_rows(world.opening.base).sum(1), bundle.starts)
    assert world.opening.gap_over_52 == pytest.approx(1.15, abs=1e-6)


def test_flows_balance_row_by_row(opening):
    bundle = opening[0]
    kept = bundle.starts * (1 - bundle.removal_share)
    assert np.allclose(kept, bundle.admitted + bundle.non_admitted, rtol=1e-9)
    assert (bundle.starts > 0).all()
    assert bundle.removal_share.min() > 0.0 and bundle.removal_share.max() < 0.5
