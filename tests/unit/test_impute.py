"""A trust without a return, rebuilt from published counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from aft_sim.baseline.assemble import BANDS, POOLED, RawRows
from aft_sim.baseline.impute import CUTS, MissingTrust, impute, largest_remainder

pytestmark = pytest.mark.unit


def published(rng) -> RawRows:
    """Two teaching trusts and another one, five services between them."""
    function = ("C_100", "C_110", "C_100", "C_110", "C_502")
    provider = np.array([0, 0, 1, 1, 2])
    n = len(function)
    waiting = np.zeros((n, 2, BANDS))
    waiting[:, 0] = rng.integers(1, 40, (n, BANDS))
    waiting[0, 1, 3] = 9.0
    return RawRows(
        ("RAA", "RBB", "RCC"),
        provider,
        function,
        waiting,
        rng.integers(0, 20, (n, BANDS)).astype(float),
        rng.integers(0, 20, (n, BANDS)).astype(float),
        rng.integers(1, 50, (n, 3)).astype(float),
        waiting.sum((1, 2))[:, None] * np.array([[0.5, 0.5, 0.0]]),
        np.ones(n, dtype=np.int64),
        np.zeros(n, dtype=np.bool_),
    )


MISSING = MissingTrust("RHQ", (1001, 517, 33, 2), 700.5, 120.25, 444.0, np.array([0.75, 0.25]))


@pytest.fixture
def rows():
    return published(np.random.default_rng(5))


@pytest.fixture
def made(rows):
    return impute(rows, MISSING, frozenset({"RAA", "RBB"}))


class TestLargestRemainder:
    def test_by_hand(self):
        # exact 3.5, 2.1, 1.4: the half is rounded up
        assert largest_remainder(np.array([5.0, 3.0, 2.0]), 7).tolist() == [4.0, 2.0, 1.0]

    def test_keeps_shape_and_total(self):
        got = largest_remainder(np.arange(1.0, 13.0).reshape(3, 4), 101)
        assert got.shape == (3, 4) and got.sum() == 101 and (got == np.rint(got)).all()

    def test_ties_go_to_the_first(self):
        assert largest_remainder(np.ones(3), 2).tolist() == [1.0, 1.0, 0.0]

    def test_nobody(self):
        assert largest_remainder(np.ones(3), 0).tolist() == [0.0] * 3


def test_published_counts_are_met_to_the_person(made):
    own = made.waiting[-2:]
    for spell, people in enumerate(MISSING.waiting):
        assert own[:, 0, CUTS[spell] : CUTS[spell + 1]].sum() == people
    assert (own == np.rint(own)).all() and own.min() >= 0
    assert own[:, 1].sum() == 0


def test_flows_are_the_published_ones(made):
    assert made.admitted[-2:].sum() == pytest.approx(120.25)
    assert made.non_admitted[-2:].sum() == pytest.approx(444.0)
    assert made.flow_starts[-2:].sum() == pytest.approx(700.5)
    assert made.flow_waiting[-2:].sum() == pytest.approx(sum(MISSING.waiting))


def test_patients_live_in_its_catchment(made):
    for table in (made.flow_starts, made.flow_waiting):
        assert table[-2:].sum(axis=0) / table[-2:].sum() == pytest.approx([0.75, 0.25, 0.0])


def test_functions_and_their_sizes_are_those_of_comparable_trusts(rows, made):
    assert made.row_function[-2:] == ("C_100", "C_110")  # not those of another kind of trust
    donors = {f: [i for i in range(4) if rows.row_function[i] == f] for f in ("C_100", "C_110")}
    starts = [rows.flow_starts[donors[f]].sum() for f in ("C_100", "C_110")]
    assert made.flow_starts[-2:].sum(axis=1) == pytest.approx(700.5 * np.array(starts) / sum(starts))


def test_it_is_added_and_marked(rows, made):
    assert made.provider == (*rows.provider, "RHQ")
    assert made.row_provider[-2:].tolist() == [3, 3]
    assert made.imputed.tolist() == [False] * 5 + [True] * 2
    assert (made.waiting[:5] == rows.waiting).all()


def test_pooled_rows_of_comparable_trusts_are_left_out(rows):
    pooled = replace(rows, row_function=("C_100", "C_110", "C_100", POOLED, "C_502"))
    assert impute(pooled, MISSING, frozenset({"RAA", "RBB"})).row_function[-2:] == ("C_100", "C_110")
