"""Criteria with three values, and what each of them excludes."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from aft_sim.policy.eligibility import FAIL, PASS, UNKNOWN, at_most, both, decompose, segment_verdicts, settle

pytestmark = pytest.mark.unit

NAN = np.nan


def test_a_limit_passes_fails_or_is_not_known() -> None:
    assert at_most(np.array([1.0, 2.0, 2.1, NAN]), 2.0).tolist() == [PASS, PASS, FAIL, UNKNOWN]


def test_two_that_must_both_pass() -> None:
    first = np.array([PASS, PASS, PASS, FAIL, UNKNOWN, UNKNOWN], dtype=np.int8)
    second = np.array([PASS, FAIL, UNKNOWN, UNKNOWN, FAIL, UNKNOWN], dtype=np.int8)
    assert both(first, second).tolist() == [PASS, FAIL, UNKNOWN, FAIL, FAIL, UNKNOWN]


class TestSegments:
    published = (np.array([3.0, 1.0, 1.0, NAN]), np.array([2.0, 2.0, NAN, NAN]), np.array([1.0, 3.0, 2.0, 4.0]))

    def test_the_last_quarter_only(self) -> None:
        assert segment_verdicts(self.published, 1).tolist() == [PASS, FAIL, PASS, FAIL]

    def test_two_quarters(self) -> None:
        # one unknown quarter beside a good one leaves it open, beside a bad one it does not
        assert segment_verdicts(self.published, 2).tolist() == [PASS, FAIL, UNKNOWN, FAIL]

    def test_a_longer_record_is_stricter(self) -> None:
        assert segment_verdicts(self.published, 3).tolist() == [FAIL, FAIL, UNKNOWN, FAIL]

    def test_a_record_shorter_than_asked_for(self) -> None:
        assert segment_verdicts(self.published, 9).tolist() == segment_verdicts(self.published, 3).tolist()

    def test_segment_one_only(self) -> None:
        assert segment_verdicts(self.published, 1, worst=1).tolist() == [PASS, FAIL, FAIL, FAIL]


def test_unknowns_are_settled_and_what_is_known_stays() -> None:
    found = np.array([FAIL, PASS, UNKNOWN, UNKNOWN, UNKNOWN], dtype=np.int8)
    u = np.array([0.0, 1.0, 0.69, 0.71, 0.99])
    assert settle(found, u, 0.7).tolist() == [False, True, True, False, False]
    designated = np.array([True, False, False, False, True])
    assert settle(found, u, 0.7, designated).tolist() == [False, True, True, False, True]


def brute_force(table: np.ndarray) -> np.ndarray:
    """Shapley shares by going through every order."""
    total = np.zeros(len(table))
    orders = list(permutations(range(len(table))))
    for order in orders:
        out = np.zeros(table.shape[1], dtype=bool)
        for k in order:
            new = out | (table[k] == FAIL)
            total[k] += new.sum() - out.sum()
            out = new
    return total / len(orders)


class TestDecomposition:
    def test_by_hand(self) -> None:
        found = {
            "score": np.array([1, 0, 0, 1, 1], dtype=np.int8),
            "override": np.array([1, 1, 0, 0, 1], dtype=np.int8),
            "cqc": np.array([1, 1, 1, -1, -1], dtype=np.int8),
        }
        d = decompose("five", found)
        assert (d.trusts, d.passed, d.excluded, d.undecided, d.not_passed) == (5, 1, 3, 1, 4)
        by = {one.criterion: one for one in d.exclusions}
        assert (by["score"].alone, by["score"].last, by["score"].last_at_most) == (2, 1, 1)
        # the fourth fails the override, but its rating is not known: perhaps it fails that as well
        assert (by["override"].alone, by["override"].last, by["override"].last_at_most) == (2, 0, 1)
        assert [one.shapley for one in d.exclusions] == [1.5, 1.5, 0.0]
        assert [one.unknown for one in d.exclusions] == [0, 0, 2]

    def test_shapley_is_the_average_over_all_orders_and_adds_up(self) -> None:
        table = np.random.default_rng(1).integers(-1, 2, (4, 200)).astype(np.int8)
        d = decompose("many", {str(k): row for k, row in enumerate(table)})
        shares = np.array([one.shapley for one in d.exclusions])
        assert shares == pytest.approx(brute_force(table))
        assert shares.sum() == pytest.approx(d.excluded)
        for one in d.exclusions:
            assert one.last <= one.last_at_most <= one.shapley <= one.alone
