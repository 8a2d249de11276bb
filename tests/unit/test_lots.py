"""Whole pence shared out: by hand, and so that nothing is lost."""

from __future__ import annotations

import random

import pytest

from aft_sim.mechanisms.lots import apportion, first_in_first_out, share_out

pytestmark = pytest.mark.unit


class TestApportion:
    @pytest.mark.parametrize(
        ("total", "weights", "parts"),
        [
            (100, [1, 1, 2], (25, 25, 50)),
            (10, [1, 1, 1], (3, 4, 3)),  # running totals 3.33, 6.67, 10
            (1, [0, 0, 5.5], (0, 0, 1)),
            (0, [0, 0], (0, 0)),
            (7, [0.1], (7,)),
        ],
    )
    def test_by_hand(self, total, weights, parts) -> None:
        assert apportion(total, weights) == parts

    def test_adds_up(self) -> None:
        chance = random.Random(3)
        for _ in range(300):
            weights = [chance.random() ** 6 for _ in range(chance.randint(1, 9))]
            total = chance.randint(0, 10**12)
            parts = apportion(total, weights)
            assert sum(parts) == total
            assert all(abs(part - total * w / sum(weights)) <= 1.001 for part, w in zip(parts, weights, strict=True))
            assert min(parts) >= 0

    def test_nobody_to_get_it(self) -> None:
        with pytest.raises(ValueError, match="5 pence"):
            apportion(5, [0.0, 0.0])


class TestShareOut:
    def test_by_hand(self) -> None:
        # 30 of 100 pence are the first payer's: of each purchase three tenths
        assert share_out([30, 70], [50, 40, 10]) == ((15, 12, 3), (35, 28, 7))

    def test_odd_pence_go_to_the_largest_remainders(self) -> None:
        # two thirds, two thirds, two thirds of a penny: the first two get one
        assert share_out([2, 1], [1, 1, 1]) == ((1, 1, 0), (0, 0, 1))

    def test_nothing(self) -> None:
        assert share_out([0, 0], [0]) == ((0,), (0,))
        assert share_out([], []) == ()

    def test_margins_hold(self) -> None:
        chance = random.Random(5)
        for _ in range(300):
            given = [int(chance.random() ** 8 * 10**10) for _ in range(chance.randint(1, 7))]
            wanted = list(apportion(sum(given), [chance.random() ** 4 for _ in range(chance.randint(1, 7))]))
            shares = share_out(given, wanted)
            assert [sum(row) for row in shares] == given
            assert [sum(column) for column in zip(*shares, strict=True)] == wanted
            assert min(min(row) for row in shares) >= 0

    def test_sums_must_agree(self) -> None:
        with pytest.raises(ValueError, match="3 pence are given for 4"):
            share_out([3], [4])


class TestFirstInFirstOut:
    def test_by_hand(self) -> None:
        lots, draws = [100, 50, 30], [60, 70, 0, 20]
        assert first_in_first_out(lots, draws) == ((60, 0, 0), (40, 30, 0), (0, 0, 0), (0, 20, 0))

    def test_no_draws(self) -> None:
        assert first_in_first_out([5], []) == ()

    def test_never_more_than_there_is(self) -> None:
        with pytest.raises(ValueError, match="1 pence"):
            first_in_first_out([5, 5], [10, 1])
