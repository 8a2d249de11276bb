"""Ten years without growth, season, chance, policy or feedback: nothing may run away.

Bounds set before the reconciliation was written: of rows above 500 patients none is emptied, none triples, the middle
80 % of closing over opening lie within 0.75-1.35; England stays within 3 % at years 1, 5 and 10.
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
