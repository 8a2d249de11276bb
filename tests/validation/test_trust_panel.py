"""Stochastic baseline against the panel of trusts, April 2025 to January 2026, NHS trusts with over 5,000 waiting.

Published: spread of 18-week shares 7.3-7.7 points and stable, sd of the monthly change 1.10 points, autocorrelation
0.99 at one month and 0.83 at nine, sd of the monthly list change 2.4 %. Tolerance: 20 % of each, for five years.
"""

from datetime import date

import numpy as np
import pytest

from worlds import run, scenario

pytestmark = [pytest.mark.validation, pytest.mark.slow]

SEEDS = (1, 2, 3)


def panel(seed: int) -> dict[str, float]:
    table = run(scenario("no-aft"), date(2031, 3, 31), seed)["trust"]
    months = len(set(table.column("month").to_pylist()))
    everyone = np.array(table.column("quintile").to_pylist()) == "all"
    waiting = table.column("list").to_numpy()[everyone].reshape(months, -1).astype(float)
    within = table.column("within_18").to_numpy()[everyone].reshape(months, -1).astype(float)
    large = waiting[0] > 5000
    share = 100 * within[:, large] / waiting[:, large]
    log_list = np.log(waiting[:, large])

    def change(x):
        d = np.diff(x, axis=0)
        return float((d - d.mean(axis=1, keepdims=True)).std())

    def autocorrelation(lag):
        return float(np.mean([np.corrcoef(share[i], share[i + lag])[0, 1] for i in range(months - lag)]))

    spread = share.std(axis=1, ddof=1)
    return {
        "spread_least": float(spread.min()),
        "spread_most": float(spread.max()),
        "monthly_change": change(share),
        "autocorrelation_1": autocorrelation(1),
        "autocorrelation_9": autocorrelation(9),
        "list_change_percent": 100 * change(log_list),
    }


def test_trust_panel(capsys):
    found = [panel(seed) for seed in SEEDS]
    mean = {name: float(np.mean([f[name] for f in found])) for name in found[0]}
    with capsys.disabled():
        print("\ntrust panel, mean of seeds:", {k: round(v, 3) for k, v in mean.items()})
    assert mean["spread_least"] >= 0.8 * 7.3
    assert mean["spread_most"] <= 1.2 * 7.7
    assert mean["monthly_change"] == pytest.approx(1.10, rel=0.2)
    assert mean["autocorrelation_1"] == pytest.approx(0.99, rel=0.2)
    assert mean["autocorrelation_9"] == pytest.approx(0.83, rel=0.2)
    assert mean["list_change_percent"] == pytest.approx(2.4, rel=0.2)
