"""Invariants of balancing, rounding, shrinkage and splitting over generated figures."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.baseline import priorities
from aft_sim.baseline.assemble import whole_people
from aft_sim.baseline.impute import largest_remainder
from aft_sim.baseline.reconcile import ReconcileSettings, reconcile
from aft_sim.mechanisms import referrals
from aft_sim.mechanisms.referrals import Entries

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None, max_examples=60)
generators = st.integers(0, 2**32 - 1).map(np.random.default_rng)


@st.composite
def published(draw: st.DrawFn) -> dict[str, np.ndarray]:
    """A month of rows, some of them artefacts, with trusts, functions and drifts."""
    rng = draw(generators)
    trusts, functions = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    rows = draw(st.integers(max(trusts, functions), 40))
    trust = np.concatenate([np.arange(trusts), rng.integers(0, trusts, rows - trusts)])
    function = np.concatenate([rng.integers(0, functions, rows - functions), np.arange(functions)])
    waiting = np.ceil(rng.lognormal(6, 1.2, rows))
    starts = waiting / 18 * rng.lognormal(0, 0.3, rows)
    completions = 0.86 * starts * rng.lognormal(0, 0.3, rows)
    artefact = rng.random(rows) < draw(st.sampled_from([0.0, 0.1, 0.4]))
    completions = np.where(artefact, completions * rng.choice([0.05, 0.5, 2.0]), completions)
    admitted = completions * rng.random(rows)
    drift = np.where(rng.random(trusts) < 0.7, rng.normal(0, 0.02, trusts), np.nan)
    return {
        "starts": starts,
        "admitted": admitted,
        "non_admitted": completions - admitted,
        "waiting": waiting,
        "trust": trust,
        "function": function,
        "trust_drift": drift,
    }


@repeatable
@given(published(), st.floats(0.08, 0.2), st.floats(0.5, 2.0))
def test_every_row_balances_and_england_is_met(month, share, scale):
    total = month["starts"].sum() * scale
    got = reconcile(**month, england_share=share, england_starts=total)
    out = got.admitted + got.non_admitted
    assert got.starts * (1 - got.removal_share) == pytest.approx(out, rel=1e-9)
    assert got.starts.sum() == pytest.approx(total, rel=1e-9)
    assert (got.starts * got.removal_share).sum() == pytest.approx(share * total, rel=1e-6)
    assert min(got.starts.min(), got.admitted.min(), got.non_admitted.min()) >= 0
    assert got.removal_share.min() > 0 and got.removal_share.max() < 0.5


@repeatable
@given(published(), st.floats(0.1, 0.18))
def test_drift_is_shrunk_never_turned(month, share):
    got = reconcile(**month, england_share=share, england_starts=month["starts"].sum())
    observed = np.nan_to_num(month["trust_drift"])[month["trust"]]
    monthly = got.drift / month["waiting"] * (365.25 / 7 / 12)
    assert (monthly * observed >= 0).all()
    assert (np.abs(monthly) <= np.minimum(np.abs(observed), ReconcileSettings().drift_cap) + 1e-15).all()


@repeatable
@given(published(), st.floats(0.1, 0.18), st.floats(1.5, 4.0))
def test_the_size_of_england_does_not_move_shares(month, share, factor):
    one = reconcile(**month, england_share=share, england_starts=1000.0)
    two = reconcile(**month, england_share=share, england_starts=1000.0 * factor)
    assert two.starts == pytest.approx(factor * one.starts, rel=1e-9)
    assert two.removal_share == pytest.approx(one.removal_share, rel=1e-6)


@repeatable
@given(generators, st.integers(1, 6), st.integers(1, 30))
def test_rounding_keeps_every_sum(rng, parts, cells):
    whole = rng.integers(0, 100, cells)
    shares = rng.dirichlet(np.ones(parts), cells).T * whole
    got = whole_people(shares)
    assert (got.sum(axis=0) == whole).all()
    assert (got >= 0).all() and np.abs(got - shares).max() < 1


@repeatable
@given(generators, st.integers(1, 40), st.integers(0, 5000))
def test_largest_remainder_keeps_the_total(rng, size, total):
    shares = rng.random(size) + 1e-6
    got = largest_remainder(shares, total)
    assert got.sum() == total
    assert np.abs(got - shares / shares.sum() * total).max() < 1


@repeatable
@given(generators, st.integers(3, 30), st.floats(0.0, 4.0))
def test_shrinkage_lies_between_one_and_what_was_seen(rng, units, size):
    expected = rng.exponential(10.0**size, units)
    events = rng.poisson(expected * rng.lognormal(0, 0.5, units)).astype(float)
    got = priorities.shrink(events, expected)
    raw = events / expected
    assert (got >= np.minimum(raw, 1.0) - 1e-12).all() and (got <= np.maximum(raw, 1.0) + 1e-12).all()
    more = priorities.gamma_shape(events, expected)
    assert more > 0


@st.composite
def markets(draw: st.DrawFn) -> tuple[Entries, np.ndarray, np.random.Generator]:
    """Entries in order of row, each row in one market of each of its ICBs, and their opening starts."""
    rng = draw(generators)
    rows, icbs = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    pairs = [(r, k) for r in range(rows) for k in range(icbs + 1) if rng.random() < 0.5 or k == r % icbs]
    row, icb = (np.array(x) for x in zip(*pairs, strict=True))
    _, market = np.unique(icb, return_inverse=True)
    entries = Entries(row, icb, market, np.searchsorted(row, np.arange(rows + 1)))
    base = np.zeros((row.size, 6))
    base[icb < icbs, :5] = rng.exponential(5.0, (int((icb < icbs).sum()), 5))
    base[icb == icbs, 5] = 2.0
    return entries, base, rng


@repeatable
@given(markets(), st.floats(0.0, 1.0))
def test_choice_moves_patients_and_makes_none(case, exponent):
    entries, base, rng = case
    ratio = rng.lognormal(0, 0.5, entries.first.size - 1)
    got = referrals.choose(base, entries, ratio, np.ones(entries.n_markets), np.full(5, exponent), 0.0)
    assert entries.to_markets(got) == pytest.approx(entries.to_markets(base), rel=1e-9, abs=1e-9)
    assert got.min() >= 0
    same = referrals.choose(base, entries, np.ones_like(ratio), np.ones(entries.n_markets), np.full(5, exponent), -0.06)
    assert np.abs(same - base).max() <= 1e-12 * max(base.max(), 1.0)


@repeatable
@given(markets())
def test_a_longer_wait_never_attracts(case):
    entries, base, rng = case
    n = entries.first.size - 1
    ratio = rng.lognormal(0, 0.3, n)
    longer = ratio.copy()
    longer[0] *= 1.5
    one, two = (
        entries.to_rows(referrals.choose(base, entries, r, np.ones(entries.n_markets), np.full(5, 0.3), 0.0))
        for r in (ratio, longer)
    )
    assert (two[0] <= one[0] + 1e-9).all()
    assert (two[1:] >= one[1:] - 1e-9).all()


@repeatable
@given(markets())
def test_residents_add_up_to_the_list(case):
    entries, base, rng = case
    start = entries.to_rows(base) * 20
    joined = entries.to_rows(base) * rng.random((len(start), 1))
    end = (start + joined) * rng.random(start.shape)
    mix = base * 20
    referrals.move_residents(mix, entries.row, base, joined, start, end)
    assert entries.to_rows(mix) == pytest.approx(end, rel=1e-9, abs=1e-9)
    assert mix.min() >= 0
