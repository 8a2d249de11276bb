"""Estimates leave published figures as they are and say honestly what is unknown, whatever the figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aft_sim.baseline.facts import Basis, Fact, TrustFacts
from aft_sim.baseline.fill import FEW, _put, by_ratio, by_residents, by_type
from aft_sim.baseline.sources.trusts import TYPES

pytestmark = pytest.mark.property

MAYBE = st.one_of(st.none(), st.just(0.0), st.floats(0.01, 1e4))
TRUST = st.tuples(MAYBE, MAYBE, st.sampled_from(sorted(TYPES)))


def columns(trusts: list[tuple[float | None, float | None, str]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Values and sizes with NaN for unknown, and types."""
    values, sizes = (np.array([np.nan if t[k] is None else t[k] for t in trusts], dtype=float) for k in (0, 1))
    return values, sizes, [t[2] for t in trusts]


@given(st.lists(TRUST, min_size=1, max_size=30))
def test_filling_by_size(trusts):
    values, size, kinds = columns(trusts)
    facts = TrustFacts.empty([f"R{i}" for i in range(len(values))])
    for i in np.flatnonzero(~np.isnan(values)):
        facts.put("estate.backlog", int(i), Fact(float(values[i]), Basis.PUBLISHED))
    method = _put(facts, "estate.backlog", by_ratio(values, size, kinds), "by size", Basis.ESTIMATED)
    now, known = facts["estate.backlog"], ~np.isnan(values)
    np.testing.assert_array_equal(now[known], values[known])
    np.testing.assert_array_equal(facts.published("estate.backlog"), values)
    assert np.isnan(now[~known & np.isnan(size)]).all(), "an unknown size leaves the fact unknown"
    made = facts.estimated("estate.backlog")
    low, high = facts.range("estate.backlog")
    assert np.isfinite(now[made]).all() and not (made & known).any()
    slack = 1e-9 * (1 + now[made])
    assert (low[made] <= now[made] + slack).all() and (now[made] <= high[made] + slack).all() and (low[made] >= 0).all()
    assert [facts.code[i] for i in np.flatnonzero(made)] == list(method.trusts)
    if (known & (size > 0)).sum() < FEW:
        assert not made.any(), "nothing is estimated from too few"
    else:
        assert (made == (~known & ~np.isnan(size))).all()


@given(st.lists(TRUST, min_size=FEW + 1, max_size=20), st.floats(0.0, 1e6))
def test_no_trust_moves_its_own_estimate(trusts, other):
    values, size, kinds = columns(trusts)
    if np.isnan(values[0]):
        return
    changed = values.copy()
    changed[0] = other
    for method in (lambda v: by_ratio(v, size, kinds), lambda v: by_type(v, kinds)):
        np.testing.assert_array_equal(method(values)[0][0], method(changed)[0][0])


@given(st.lists(st.lists(st.floats(0.01, 1.0), min_size=10, max_size=10), min_size=1, max_size=15), st.data())
def test_filling_catchments(rows, data):
    both = np.array(rows).reshape(-1, 2, 5)
    shares = both / both.sum(axis=2, keepdims=True)
    host, mix = shares[:, 0], shares[:, 1].copy()
    unknown = data.draw(st.lists(st.booleans(), min_size=len(mix), max_size=len(mix)))
    mix[unknown] = np.nan
    value, low, high, error = by_residents(mix, host)
    if len(mix) - sum(unknown) < FEW:
        assert np.isnan(value).all()
        return
    np.testing.assert_array_equal(value, host)
    assert (low >= 0).all() and (high <= 1).all() and (low <= value).all() and (value <= high).all()
    assert np.isnan(error[unknown]).all()
