"""Emergencies, beds and what follows, by hand."""

from datetime import date

import numpy as np
import pytest
from scipy import sparse

from aft_sim.agents.finance import VARIABLE
from aft_sim.baseline.bundle import load
from aft_sim.baseline.urgent import estimate
from aft_sim.mechanisms import emergency, emergency_opening
from aft_sim.model import TrustAutonomyModel
from aft_sim.world import open_world
from worlds import column, few, plan, run, scenario

pytestmark = pytest.mark.unit


def test_beds_go_to_admissions_times_stay():
    # a stay of one week: exp(-1) of the patients of a week ago are still there
    held = emergency.beds_next(np.array([100.0]), np.array([200.0]), np.array([1.0]))
    assert held[0] == pytest.approx(100 * 0.36787944 + 200 * 0.63212056)
    for _ in range(40):
        held = emergency.beds_next(held, np.array([200.0]), np.array([1.0]))
    assert held[0] == pytest.approx(200.0)
    assert emergency.beds_next(held, np.array([400.0]), np.array([0.5]))[0] == pytest.approx(200.0)


def test_beds_without_admissions_stay():
    assert emergency.beds_next(np.array([7.0]), np.array([0.0]), np.array([0.0]))[0] == 7.0


def test_pressure_occupancy_and_what_follows():
    beyond = emergency.pressure(*(np.array([x, 0.0]) for x in (310.0, 300.0, 110.0, 100.0, 1000.0)))
    assert beyond.tolist() == [2.0, 0.0]
    assert emergency.occupancy(np.array([930.0, 5.0]), np.array([1000.0, 0.0]))[0] == 93.0
    assert np.isnan(emergency.occupancy(np.array([5.0]), np.array([0.0]))[0])
    shares = emergency.four_hour(np.array([75.0, 1.0, np.nan]), 1.0, -1.8, np.array([2.0, 3.0, 1.0]))
    assert shares[:2].tolist() == [pytest.approx(72.4), 0.0]
    assert np.isnan(shares[2])
    assert emergency.displaced(np.array([2.0, -1.0, 500.0]), 0.01).tolist() == [0.02, -0.01, 1.0]


def test_bed_load_is_flat_where_stays_fall_as_admissions_grow():
    assert (emergency.bed_load(np.full(600, 0.02), np.full(600, 0.02)) == 1.0).all()
    year = emergency.bed_load(np.full(54, 0.03), np.full(54, 0.01))
    weeks = 365.25 / 7
    assert year[52] == pytest.approx((1.03 / 1.01) ** (52 / weeks))


def test_noise_has_mean_one_and_its_variation():
    z = np.linspace(-6, 6, 200_001)
    weight = np.exp(-(z**2) / 2)
    x = emergency.noise(z, 0.1)
    mean = (weight * x).sum() / weight.sum()
    assert mean == pytest.approx(1.0, abs=1e-6)
    assert np.sqrt((weight * (x - mean) ** 2).sum() / weight.sum()) == pytest.approx(0.1, abs=1e-5)
    assert (emergency.noise(z, 0.0) == 1.0).all()


def test_bed_use_of_more_and_of_fewer():
    assert emergency.bed_use(np.array([1.0, 1.1, 0.9]), 0.2).tolist() == pytest.approx([1.0, 1.02, 0.98])


def test_surge_at_one_trust_raises_its_residents():
    share = sparse.csr_array(np.array([[1.0, 0.25], [0.0, 0.75]]))
    admitted = np.array([[40.0, 80.0]])
    came = emergency.by_residence(admitted, share, np.array([1.5, 1.0]))
    assert came.tolist() == [[60.0, 90.0]]
    assert emergency.by_residence(admitted, share, np.ones(2)) is admitted


def test_emergency_beds_by_hand():
    beds = emergency_opening.emergency_beds(np.array([10.0, 10.0, 0.0]), np.array([100.0, 50.0, 80.0]), 80.0)
    # odds a bed holds an emergency: c times 0.1 and 0.2; 100 * 0.1c / (1 + 0.1c) + 50 * 0.2c / (1 + 0.2c) = 80
    odds = beds[:2] / (np.array([100.0, 50.0]) - beds[:2])
    assert beds.sum() == pytest.approx(80.0)
    assert odds[1] / odds[0] == pytest.approx(2.0)
    assert beds[2] == 0.0


def test_season_is_taken_from_the_spells_asked_for():
    month = tuple(f"{2016 + i // 12}-{i % 12 + 1:02d}" for i in range(60))
    factor = np.tile(np.r_[np.full(6, 0.9), np.full(6, 1.1)], 5)
    found = estimate(month, 100 * factor, True, (((2016, 7), (2020, 6)),))
    assert found[:6] == pytest.approx(np.full(6, found[0]))
    assert found[6] / found[0] == pytest.approx(1.1 / 0.9, rel=0.01)
    points = estimate(month, 50 + factor, False, (((2016, 7), (2020, 6)),))
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    assert (points * days).sum() == pytest.approx(0.0, abs=1e-9)


def test_admissions_by_residence_and_by_trust_are_the_same_people():
    change = {"emergency.surge": 1.2}
    model = TrustAutonomyModel(plan(scenario("hard-winter").with_changes("more", change), date(2026, 12, 31)), 3)
    u = model.world.urgent
    u.need[:, 0] = 1.1
    u.avoided[5] = 0.3
    model.step()
    assert u.admissions.sum() == pytest.approx(u.admissions_kq.sum(), rel=1e-12)
    assert u.month_kq.sum() == pytest.approx(u.month_admissions.sum(), rel=1e-12)


def test_avoided_admissions_free_no_beds_by_default():
    models = [TrustAutonomyModel(plan(scenario("baseline", run__chance=0), date(2026, 3, 31)), 1) for _ in range(2)]
    models[1].world.urgent.avoided[:] = 0.1
    models[1].world.health.stay[:] = 1 / 0.9  # as population health keeps bed days
    for model in models:
        for _ in range(3):
            model.step()
    usual, avoided = (model.world.urgent for model in models)
    np.testing.assert_allclose(avoided.admissions, 0.9 * usual.admissions, rtol=1e-12)
    np.testing.assert_allclose(avoided.occupied, usual.occupied, rtol=1e-12)
    assert avoided.activity()[avoided.admissions > 0] == pytest.approx(0.9)


def test_without_chance_nothing_moves_from_the_season():
    model = TrustAutonomyModel(plan(scenario("baseline", run__chance=0), date(2027, 2, 28)), 1)
    u = model.world.urgent
    for _ in range(50):
        model.step()
        assert not u.displaced.any()
        assert (u.activity() == 1.0).all()
        assert (u.held == u.held_normal).all()


def test_catchments_without_a_published_one_are_the_own_board():
    bundle = load()
    world = open_world(plan(scenario("baseline"), date(2026, 3, 31)), 1)
    share = world.urgent.share.toarray().reshape(-1, *world.urgent.demand.shape)
    flow = share * world.urgent.demand
    lost = np.isnan(bundle.catchment_icb).all(axis=1) & (flow.sum(axis=(1, 2)) > 0)
    assert lost.sum() == 8
    for i in np.flatnonzero(lost):
        assert np.flatnonzero(flow[i].sum(axis=1)).tolist() == [bundle.trusts.icb[i]]


def test_money_follows_activity_and_cost_at_the_margin():
    """Ten per cent more admissions for a month: 20% of urgent income and half of its cost follow."""
    months = {}
    for surge in (1.0, 1.1):
        changed = scenario("baseline", run__chance=0, emergency__surge=surge, emergency__displacement=0)
        model = TrustAutonomyModel(plan(changed, date(2026, 3, 31)), 1)
        while not model.world.urgent.weeks or model.world.plan.calendar.closing_month(model.week) is None:
            model.step()
        model.step()
        ledger = model.world.ledger
        names = ("urgent_fixed", "urgent_variable", *VARIABLE)
        paid = {n: ledger.total(n, "2026-02", "2026-02") for n in names}
        months[surge] = (model.books.contracts.urgent, {n: float(np.sum(v)) for n, v in paid.items()}, ledger)
    urgent, usual, _ = months[1.0]
    _, more, ledger = months[1.1]
    admitting = load().facts["emergency.admissions"] > 0
    assert more["urgent_fixed"] == pytest.approx(usual["urgent_fixed"], abs=1e-6)
    extra = 0.1 * urgent[admitting].sum() / 12
    assert more["urgent_variable"] - usual["urgent_variable"] == pytest.approx(0.2 * extra, rel=1e-4)
    ledger.check()
    cost = sum(more[n] - usual[n] for n in VARIABLE)
    assert cost == pytest.approx(0.5 * extra, rel=1e-4)


def test_tables_of_urgent_care_add_up():
    tables = run(scenario("hard-winter"), date(2026, 12, 31), bundle=few())
    months = sorted(set(tables["england"].column("month").to_pylist()))
    names = ("emergency_admissions", "attendances", "within_four_hours", "beds", "occupied_beds", "displaced")

    def total(level: str, name: str, **keys: str) -> np.ndarray:
        rows = column(tables[level], name, **keys)
        return rows.reshape(len(months), -1).sum(axis=1)

    for name in names:
        whole = total("england", name, basis="england", quintile="all")
        fifths = sum(total("england", name, basis="england", quintile=q) for q in "12345")
        np.testing.assert_allclose(fifths, whole, rtol=1e-9)
        parts = sum(total("england", name, basis=basis, quintile="all") for basis in ("nhs", "independent"))
        np.testing.assert_allclose(parts, whole, rtol=1e-9)
        if name != "displaced":
            nhs = total("england", name, basis="nhs", quintile="all")
            np.testing.assert_allclose(total("region", name), nhs, rtol=1e-5)
        for trust in ("RTF", "RBS"):
            own = total("trust", name, trust=trust, quintile="all")
            by_fifth = sum(total("trust", name, trust=trust, quintile=q) for q in "12345")
            if name != "displaced":  # which counts patients from outside England in the sum alone
                np.testing.assert_allclose(by_fifth, own, rtol=1e-5)
    for quintile in ("all", "3"):
        residents = total("icb_quintile", "emergency_admissions", quintile=quintile)
        england = total("england", "emergency_admissions", basis="england", quintile=quintile)
        np.testing.assert_allclose(residents, england, rtol=1e-5)
    share = 100 * total("england", "within_four_hours", basis="england", quintile="all")
    share = share / total("england", "attendances", basis="england", quintile="all")
    assert ((share > 65) & (share < 80)).all()


def test_an_avoided_admission_saves_less_than_one_that_never_fell_ill():
    # 200 foreseen: a tenth never fell ill, then a fifth of the rest is avoided; 144 come
    change = emergency.cost_change(np.array([0.72]), np.array([0.2]), 0.5, 0.15)
    assert change == pytest.approx([-0.5 * 0.1 - 0.15 * 0.18])
    same = emergency.cost_change(np.array([0.72]), np.array([0.2]), 0.5, 0.5)
    assert same == pytest.approx([-0.5 * 0.28])
    assert emergency.cost_change(np.array([1.0, 1.1]), np.zeros(2), 0.5, 0.15) == pytest.approx([0.0, 0.05])
