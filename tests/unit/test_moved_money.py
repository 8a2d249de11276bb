"""Money that boards move out of hospitals: within allocations, from acute trusts only, spent where it is said."""

from datetime import date

import numpy as np
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.shift import ACUTE
from aft_sim.spec.scenario import load_scenario
from worlds import FEW, few, plan

pytestmark = pytest.mark.unit

UNTIL = date(2027, 6, 30)


@pytest.fixture(scope="module")
def worlds() -> dict[str, TrustAutonomyModel]:
    moved = load_scenario("community-shift").with_changes("both", {"shift.prevention": 5, "shift.target": "everyone"})
    found = {}
    for scenario in (load_scenario("baseline"), moved, load_scenario("prevention-most-deprived")):
        found[scenario.name] = TrustAutonomyModel(plan(scenario, UNTIL, few(FEW)), 1)
        found[scenario.name].run()
        found[scenario.name].world.ledger.check()
    return found


def agreed(model: TrustAutonomyModel) -> np.ndarray:
    """(board,) everything that boards have agreed to pay for the year."""
    c = model.books.contracts
    return np.asarray((c.total[:, None] * c.payers).sum(axis=0) + c.commissioning + c.community + c.prevention)


def test_moved_money_is_within_allocations(worlds):
    np.testing.assert_allclose(agreed(worlds["both"]), agreed(worlds["baseline"]), rtol=1e-12)


def test_acute_trusts_lose_what_the_others_gain(worlds):
    before, after = (worlds[name].books.contracts for name in ("baseline", "both"))
    lost = before.total - after.total
    acute = np.isin(worlds["both"].plan.bundle.trusts.type, ACUTE)
    np.testing.assert_allclose(lost[~acute], 0.0, atol=1e-9)
    assert (lost[acute & (before.total > 0)] > 0).all()
    assert lost.sum() == pytest.approx(after.community.sum() + after.prevention.sum())
    assert after.community.sum() == pytest.approx(2 * after.prevention.sum())
    assert (after.volume[acute & (before.total > 0)] < before.volume[acute & (before.total > 0)]).all()


def test_the_ledger_has_the_postings(worlds):
    model = worlds["both"]
    c, span = model.books.contracts, ("2027-04", "2027-06")
    paid = {n: model.world.ledger.total(n, *span, "payer").sum() for n in ("community", "community_care", "prevention")}
    assert paid["community"] == pytest.approx(c.community.sum() / 4, abs=1e-5)
    assert paid["community_care"] == pytest.approx(paid["community"], abs=1e-12)
    assert paid["prevention"] == pytest.approx(c.prevention.sum() / 4, abs=1e-5)
    assert worlds["baseline"].world.ledger.total("community", *span).sum() == 0


def test_what_is_spent_is_known_by_fifth_at_opening_prices(worlds):
    both, aimed = worlds["both"], worlds["prevention-most-deprived"]
    health = both.world.health
    per_head = health.community_extra / health.residents
    np.testing.assert_allclose(per_head, np.broadcast_to(per_head[:, :1], per_head.shape), rtol=1e-9)
    prices = both.books.contracts.community.sum() / health.community_extra.sum()
    assert prices == pytest.approx(1.025 ** (both.plan.calendar.first_week_of_april(2027) / 52.18), rel=2e-3)
    spent = aimed.world.health.prevention_extra
    assert (np.count_nonzero(spent, axis=1) == 1).all()
    first = (aimed.world.health.residents > 0).argmax(axis=1)
    assert (spent.argmax(axis=1) == first).all()


def test_others_may_spend_besides(worlds):
    model = TrustAutonomyModel(plan(load_scenario("prevention-first"), UNTIL, few(FEW)), 1)
    model.world.health.prevention_extra += 1.0
    model.run()
    aimed = worlds["prevention-most-deprived"]
    prices = aimed.books.contracts.prevention.sum() / aimed.world.health.prevention_extra.sum()
    own = model.books.contracts.prevention.sum() / prices
    assert own > 0
    assert model.world.health.prevention_extra.sum() == pytest.approx(own + 5 * len(model.boards), rel=1e-9)
