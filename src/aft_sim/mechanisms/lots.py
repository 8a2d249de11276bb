"""Which pound pays for what: whole pence shared out without losing or making one.

A pot is a queue of lots, one a year's surplus. What is spent takes the oldest first; within one round of spending
every purchase is paid from the same mixture, because nobody can say which pound bought which door.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

Matrix = tuple[tuple[int, ...], ...]


def apportion(total: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Split whole pence in proportion to weights, rounding running totals, so that nothing is lost.

    Args:
        total: pence, none below zero.
        weights: none below zero; all zero only for a total of zero.

    Raises:
        ValueError: there is something to split and nobody to get it.
    """
    running = list(accumulate(weights))
    whole = running[-1] if running else 0.0
    if whole <= 0:
        if total:
            raise ValueError(f"{total} pence and no weights to split them by")
        return (0,) * len(weights)
    bounds = [0, *(round(total * (part / whole)) for part in running)]
    return tuple(high - low for low, high in pairwise(bounds))


def share_out(given: Sequence[int], wanted: Sequence[int]) -> Matrix:
    """Who pays for what, where everybody pays for the same mixture: (payer, purchase) whole pence.

    Args:
        given: (payer,) pence.
        wanted: (purchase,) pence of the same sum.

    Returns:
        A matrix without negative entries whose rows add up to `given` and whose columns add up to `wanted`, exactly,
        and whose entries are otherwise in proportion.

    Raises:
        ValueError: the sums differ.
    """
    if sum(given) != sum(wanted):
        raise ValueError(f"{sum(given)} pence are given for {sum(wanted)}")
    left = list(wanted)
    rows = []
    for pence in given:
        row = _proportional(pence, left)
        left = [had - took for had, took in zip(left, row, strict=True)]
        rows.append(row)
    return tuple(rows)


def _proportional(pence: int, left: Sequence[int]) -> tuple[int, ...]:
    """Pence in proportion to what is left to pay, in whole numbers, so that nothing is paid twice."""
    whole = sum(left)
    if not whole:
        return (0,) * len(left)
    parts = [pence * one // whole for one in left]
    order = sorted(range(len(left)), key=lambda i: -(pence * left[i] % whole))
    for i in order[: pence - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def first_in_first_out(lots: Sequence[int], draws: Sequence[int]) -> Matrix:
    """What each draw takes from each lot, the oldest first: (draw, lot) whole pence.

    Args:
        lots: (lot,) pence, in the order in which they came.
        draws: (draw,) pence, in the order in which they were made.

    Raises:
        ValueError: more is drawn than there is.
    """
    left = list(lots)
    rows = []
    for draw in draws:
        row, due = [], draw
        for i, had in enumerate(left):
            took = min(had, due)
            row.append(took)
            left[i] -= took
            due -= took
        if due:
            raise ValueError(f"{due} pence are drawn beyond what there is")
        rows.append(tuple(row))
    return tuple(rows)
