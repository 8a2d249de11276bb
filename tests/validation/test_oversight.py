"""Oversight against what is published: the opening table by rule, and how often trusts change segment.

Tolerances were stated before the mechanism was written. Published: of about 205 trusts 38 changed segment between the
first two quarters of 2025/26, 24 of them within what NHS England calls noise; the 58 mental health and community
trusts of today have four quarters with scores.
"""

import numpy as np
import pytest

pytestmark = pytest.mark.validation

#: Share of trusts that change segment in a quarter without any policy, published and by how much a run may miss it.
CHANGES, CHANGES_WITHIN = 38 / 205, 0.05
#: Share of changes that noise alone makes.
NOISE, NOISE_WITHIN = 24 / 38, 0.20
#: Rank correlation of the segments of mental health and community trusts with those one and three quarters before.
RANKS_WITHIN = {1: 0.06, 3: 0.12}
#: Current trusts whose segment thresholds alone do not give, non-acute and acute: they need an offset.
OFFSETS = (6, 0)


def test_tolerances_are_narrower_than_chance():
    """A league table drawn afresh every quarter would change three segments in four and have no rank correlation."""
    assert CHANGES + CHANGES_WITHIN < 0.3 and max(RANKS_WITHIN.values()) < 0.2
    assert np.isclose(NOISE, 0.63, atol=0.01) and sum(OFFSETS) < 10
    assert NOISE_WITHIN < 0.25
