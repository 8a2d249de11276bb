"""Power statements on real runs without the policy: placebo waves, and the model's noise beside the published one.

A test at 5 % must find an effect in about 5 % of waves that nothing was done to, and in about 80 % of them once one of
the minimal detectable size is added. Tolerance: 2.5 and 8 points with all other trusts as comparators, whose drifts
have heavier tails than the normal distribution, so that a small wave is found more often than the formula says; 5 and
12 with the few near misses, of whom only fifteen waves of two can be drawn. The smallest effect that could be detected
six to nine months after the start, where the published panel needs no extrapolation, is within 40 % of the published
one's.
"""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from aft_sim.baseline import bundle
from aft_sim.baseline.bind import load_bound
from aft_sim.study.power import power
from aft_sim.study.runner import run_pairs

pytestmark = pytest.mark.validation

WAVE = ("RBS", "RTF")


@pytest.fixture(scope="module")
def statement():
    """Three worlds without the policy, twice: the wave is given the name of being treated and nothing else."""
    scenario = load_bound("no-aft", bundle.load())
    study = run_pairs([scenario], 3, until=date(2027, 11, 30), keep=("trust",))
    named = [dataclasses.replace(run, scenario="named", treated=WAVE) for run in study]
    info = dataclasses.replace(study.scenarios["no-aft"], name="named", policy_start=date(2026, 6, 1))
    whole = dataclasses.replace(study, runs=(*study, *named), scenarios={**study.scenarios, "named": info})
    return power(whole, "named", "no-aft")


def test_nothing_is_expected_of_nothing(statement):
    assert all(point.effect.exactly_zero for line in statement.lines for point in line.points)
    assert all(point.chance == pytest.approx(0.05) for line in statement.lines for point in line.points)


def test_placebo_waves(statement, capsys):
    with capsys.disabled():
        print("\nplacebo waves:", [(line.design.name, line.placebo) for line in statement.lines])
    for line in statement.lines:
        found, injected = (0.025, 0.08) if line.design.comparators == "others" else (0.05, 0.12)
        assert line.placebo is not None
        assert line.placebo.found == pytest.approx(0.05, abs=found), line.design.name
        assert line.placebo.found_injected == pytest.approx(0.80, abs=injected), line.design.name


def test_noise_beside_the_published(statement, capsys):
    ratios = [
        line.points[months - 1].detectable / line.points[months - 1].published
        for line in statement.lines
        if line.design.comparators == "others"
        for months in (6, 7, 8, 9)
    ]
    with capsys.disabled():
        print("\nminimal detectable effect, model over published:", [round(one, 2) for one in ratios])
    assert min(ratios) > 0.6 and max(ratios) < 1.4
