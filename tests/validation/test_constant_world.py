"""Ten years without growth, season, chance, policy or feedback: nothing may run away.

Bounds of the lists were stated before the reconciliation was written: of rows above 500 patients none is emptied, none
triples, the middle 80 % of closing over opening lie within 0.75-1.35; England stays within 3 % at years 1, 5 and 10.

Bounds of the ages were set after the settling had been seen to give 1.36 and 0.98, so they guard against a return and
test nothing blindly: after a quarter the 18-week shares of trusts above 5,000 have moved by less than two points
(standard deviation) and still rank as they did (correlation above 0.95).
"""

from datetime import date

import numpy as np
import pytest

from aft_sim.model import TrustAutonomyModel
from worlds import CONSTANT, column, plan, scenario

pytestmark = pytest.mark.validation


def test_constant_world_stays_constant(capsys):
    changes = {name.replace(".", "__"): value for name, value in CONSTANT.items()}
    model = TrustAutonomyModel(plan(scenario("no-aft", **changes), date(2036, 3, 31)), seed=1)
    opening = model.world.stock.sum(axis=1).copy()
    england = column(model.run()["england"], "list", basis="england", quintile="all")
    large = opening > 500
    ratio = model.world.stock.sum(axis=1)[large] / opening[large]
    years = england[[11, 59, len(england) - 1]] / 7_247_214
    low, high = np.quantile(ratio, [0.1, 0.9])
    with capsys.disabled():
        print(
            f"\nconstant world, {large.sum()} rows above 500: closing/opening {ratio.min():.2f} to {ratio.max():.2f}, "
            f"middle 80% {low:.3f}-{high:.3f}; England at years 1, 5, 10: " + ", ".join(f"{y:.4f}" for y in years)
        )
    assert ratio.min() > 0.05 and ratio.max() < 3
    assert low >= 0.75 and high <= 1.35
    assert np.abs(years - 1).max() <= 0.03


def test_trusts_do_not_change_their_waits_by_themselves(capsys):
    changes = {name.replace(".", "__"): value for name, value in CONSTANT.items()}
    model = TrustAutonomyModel(plan(scenario("no-aft", **changes), date(2027, 3, 31)), seed=1)
    bundle, n_providers = model.plan.bundle, len(model.plan.bundle.provider_code)

    def lists_and_shares():
        people = model.world.n.sum(axis=1)
        everyone = np.bincount(bundle.row_provider, people.sum(axis=1), n_providers)
        within = np.bincount(bundle.row_provider, people[:, :18].sum(axis=1), n_providers)
        return everyone, 100 * within / np.maximum(everyone, 1e-9)

    lists, opening = lists_and_shares()
    for _ in range(13):
        model.step()
    trust = (bundle.provider_trust >= 0) & (lists > 5000)
    moved = (lists_and_shares()[1] - opening)[trust]
    correlation = np.corrcoef(opening[trust], (opening[trust] + moved))[0, 1]
    with capsys.disabled():
        print(
            f"\nconstant world, {trust.sum()} trusts, 13 weeks: 18-week share moved by {moved.mean():+.2f} points, "
            f"sd {moved.std():.2f}, from {moved.min():+.1f} to {moved.max():+.1f}; correlation {correlation:.3f}"
        )
    assert moved.std() < 2.0
    assert correlation > 0.95
