"""Who could hold the status at the opening: published facts against what was counted from them before."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.policy.eligibility import EXPECTED, FAIL, opening_exclusions, opening_verdicts, unadjusted_segment
from aft_sim.spec.sets import named_sets

pytestmark = pytest.mark.validation


def test_acute_exclusions_are_those_counted_before() -> None:
    acute, _ = opening_exclusions(load())
    assert (acute.trusts, acute.passed, acute.excluded) == (128, 16, 112)
    for one in acute.exclusions:
        which, share = EXPECTED[one.criterion]
        assert 100 * getattr(one, which) / acute.not_passed == pytest.approx(share, abs=0.55), one


def test_override_and_deficit_are_the_same_trusts() -> None:
    found = opening_verdicts(load())
    known = (found["override"] >= 0) & (found["deficit"] >= 0)
    assert known.sum() > 180
    assert (found["override"] == found["deficit"])[known].all()


def test_segments_before_the_override_agree_with_all_that_is_published() -> None:
    b = load()
    facts, found = b.facts, unadjusted_segment(b)
    told = facts["oversight.unadjusted_segment"]
    assert (found == told)[~np.isnan(told)].all()
    segment, override = facts["oversight.segment"], facts["oversight.override"]
    both = ~np.isnan(found) & ~np.isnan(segment) & ~np.isnan(override)
    assert both.sum() == 186
    # the override only ever lifts a segment to 3
    expected = np.where((override == 1) & (found < 3), 3, found)
    assert (segment == expected)[both].all()


def test_no_designated_or_nominated_trust_fails_what_is_known() -> None:
    b = load()
    for name in ("first-wave", "nominees"):
        for code in named_sets()[name].trusts:
            i = b.trusts.index[code]
            assert all(verdict[i] != FAIL for verdict in opening_verdicts(b).values()), code
