"""The formula of the minimal detectable effect holds in simulation: false positives about 5 %, power about 80 %."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.study.power import Rule, placebo_waves
from aft_sim.study.power_noise import PublishedNoise, Windows, fit

pytestmark = pytest.mark.property

RULE = Rule(level=0.05, power=0.8, window=12)


@settings(deadline=None, max_examples=12)
@given(st.integers(1, 6), st.integers(6, 40), st.integers(1, 36), st.booleans(), st.integers(0, 2**16))
def test_trusts_that_wander_as_published(treated, comparators, horizon, adjusted, seed):
    """Panels drawn from the published noise, and the formula given the variance of that noise."""
    noise, windows, n = PublishedNoise.from_register(), Windows.at(10, horizon, RULE.window), treated + comparators
    months = np.arange(10 + horizon, dtype=float)
    covariance = noise.spread**2 * noise.correlation(months[:, None] - months[None, :])
    root = np.linalg.cholesky(covariance + 1e-9 * np.eye(len(months)))
    rng = np.random.default_rng(seed)
    who = np.array([[1.0] * treated + [0.0] * comparators])
    found = injected = 0
    for _ in range(400):
        before, after = windows.means(rng.standard_normal((n, len(months))) @ root.T)
        one = fit(before, after, who, adjusted)
        size = RULE.detectable(noise.variance(windows, adjusted), float(one.leverage[0]), one.df)
        edge = RULE.critical(one.df) * float(np.sqrt(one.variance[0] * one.leverage[0]))
        found += abs(one.effect[0]) > edge
        injected += one.effect[0] + size > edge
    # four standard errors of 400 trials; Bloom's formula is within two points of the exact power
    assert found / 400 == pytest.approx(0.05, abs=0.045)
    assert injected / 400 == pytest.approx(0.80, abs=0.10)


@settings(deadline=None, max_examples=10)
@given(st.integers(1, 4), st.integers(12, 40), st.booleans(), st.integers(0, 2**16))
def test_placebo_waves_of_trusts_that_wander(n, size, adjusted, seed):
    rng = np.random.default_rng(seed)
    pool = [60 + np.cumsum(rng.standard_normal((size, 30)), axis=1) for _ in range(40)]
    codes = [f"R{i:02d}" for i in range(size)]
    placebo = placebo_waves(pool, codes, n, Windows.at(6, 24, 12), adjusted, RULE, 24, waves=60)
    assert placebo is not None and placebo.waves == 2400
    assert placebo.found == pytest.approx(0.05, abs=0.045)
    assert placebo.found_injected == pytest.approx(0.80, abs=0.10)


def test_too_few_comparators_for_a_placebo():
    assert placebo_waves([np.zeros((4, 9))], list("ABCD"), 2, Windows.at(3, 6, 12), True, RULE, 6) is None
