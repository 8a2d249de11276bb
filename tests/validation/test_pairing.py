"""What pairing gains: a grant to one trust, with and without shared chance."""

from __future__ import annotations

from datetime import date

import pytest

from aft_sim.spec.scenario import load_scenario
from aft_sim.study.runner import run_pairs

pytestmark = [pytest.mark.validation, pytest.mark.slow]

SEEDS = 50
#: Stated beforehand: unpaired runs need at least so many times the runs for the same precision.
LEAST = 10.0


def test_a_grant_to_one_trust_needs_ten_times_fewer_runs_in_pairs(capsys):
    """Alder Hey alone may spend its pot, month 36: variance of unpaired differences over that of paired ones."""
    base = load_scenario("no-aft")
    grant = base.with_changes(
        "grant",
        {
            "aft.designated": ["RBS"],
            "aft.freedoms": {"approval": True, "reinvest": True},
            "capital.limit_rule": "additive",
            "programme.propensity": 1.0,
        },
    )
    results = run_pairs([base, grant], SEEDS, until=date(2029, 1, 31), workers=2)
    effect = results.effect_of("grant", vs="no-aft")
    own = effect.at("within_18_share", "2029-01").row("trust:RBS").paired
    england = effect.at("list", "2029-01").row("england").paired
    with capsys.disabled():
        print(f"\npairing gains {own.variance_ratio:.0f} (RBS, share), {england.variance_ratio:.0f} (England)")
    assert own.effect != 0.0
    assert own.variance_ratio >= LEAST
    assert england.variance_ratio >= LEAST
