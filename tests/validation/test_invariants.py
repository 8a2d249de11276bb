"""Patients and pounds are neither made nor lost, in every shipped scenario."""

from datetime import date

import numpy as np
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import shipped_scenarios
from worlds import column, few, plan, scenario

pytestmark = pytest.mark.validation

UNTIL = date(2030, 3, 31)


@pytest.fixture(scope="module", params=sorted(shipped_scenarios()))
def finished(request):
    model = TrustAutonomyModel(plan(scenario(request.param), UNTIL, few()), seed=2, check=True)
    model.opening_pot, model.opening_people = model.world.money.pot.copy(), model.world.stock[:, :5].sum()
    return model, model.run()


def test_patients_balance_every_month(finished):
    model, tables = finished
    get = lambda name: column(tables["england"], name, basis="england", quintile="all")  # noqa: E731
    before = np.concatenate([[model.opening_people], get("list")[:-1]])
    joined = get("starts") + get("late") + get("returned")
    left = get("treated_admitted") + get("treated_non_admitted") + get("removed")
    assert np.abs(before + joined - left - get("list")).max() < 1e-3


def test_places_and_quintiles_add_up_to_england(finished):
    _, tables = finished
    england = column(tables["england"], "list", basis="england", quintile="all")
    by_quintile = sum(column(tables["england"], "list", basis="england", quintile=str(q)) for q in range(1, 6))
    assert np.allclose(by_quintile, england)
    table = tables["icb_quintile"]
    everyone = np.array(table.column("quintile").to_pylist()) == "all"
    icbs = table.column("list").to_numpy()[everyone].reshape(england.size, -1).sum(axis=1)
    assert np.allclose(icbs, england, rtol=1e-5)
    sectors = sum(column(tables["england"], "list", basis=b, quintile="all") for b in ("nhs", "independent"))
    assert np.allclose(sectors, england)


def test_every_pound_drawn_is_spent_and_no_pot_is_overdrawn(finished):
    _, tables = finished
    money = {
        n: tables["money"].column(n).to_numpy().astype(float)
        for n in ("pot", "drawn", "capital_spend", "revenue_spend", "envelope")
    }
    months = sorted(set(tables["money"].column("month").to_pylist()))
    by_month = {n: v.reshape(len(months), -1).sum(axis=1) for n, v in money.items()}
    for april in [i for i, m in enumerate(months) if m.endswith("-04")]:
        year = slice(april, april + 12)
        own = (
            by_month["capital_spend"][year].sum()
            + by_month["revenue_spend"][year].sum()
            - by_month["drawn"][year].sum()
        )
        # what no pot paid for is the ordinary envelope, after what was cut from it
        assert own == pytest.approx(by_month["envelope"][april + 11], abs=0.05)
    assert money["pot"].min() >= 0


def test_shares_stay_in_bounds_and_nothing_is_negative(finished):
    _, tables = finished
    share = column(tables["england"], "within_18_share", basis="england", quintile="all")
    assert (share >= 0).all() and (share <= 100).all()
    for name in ("list", "within_18", "over_52", "over_65"):
        assert tables["trust"].column(name).to_numpy().min() >= 0


def test_the_whole_of_england_balances_beyond_a_year_end():
    """Small groups, pooled rows and every board of residence: what the small world of the other tests lacks."""
    model = TrustAutonomyModel(plan(scenario("aft-wide"), date(2027, 9, 30)), seed=3, check=True)
    opening = model.world.stock[:, :5].sum()
    england = model.run()["england"]
    get = lambda name: column(england, name, basis="england", quintile="all").sum()  # noqa: E731
    joined = get("starts") + get("late") + get("returned")
    left = get("treated_admitted") + get("treated_non_admitted") + get("removed")
    closing = column(england, "list", basis="england", quintile="all")[-1]
    assert opening + joined - left == pytest.approx(closing, rel=1e-9)
