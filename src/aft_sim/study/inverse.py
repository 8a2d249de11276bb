"""The inverse question: how much of something would it take to gain so many points.

Nothing is said beyond what was run: the answer is the smallest amount that was run and reached the gain, and the
interval lies between amounts that were run.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from aft_sim.study.paired import PairedEffect


class Finding(StrEnum):
    """How a search ended."""

    ALREADY = "already reached"
    FOUND = "found"
    OUT_OF_REACH = "not reachable"


@dataclass(frozen=True)
class Point:
    """One amount that was run.

    Attributes:
        x: the amount.
        effect: paired effect of the policy with it.
        ceiling: what England would gain if every treated trust met its standard; None if not known.
        happened: what the holders did with it, a sentence; empty if not known.
    """

    x: float
    effect: PairedEffect
    ceiling: float | None = None
    happened: str = ""

    @property
    def gain(self) -> float:
        """Mean gain over the pairs."""
        return self.effect.effect

    def certainly_below(self, target: float) -> bool:
        """Whether the whole interval lies below a gain."""
        return self.effect.interval is not None and self.effect.interval[1] < target

    def certainly_reaches(self, target: float) -> bool:
        """Whether the whole interval lies at or above a gain."""
        return self.effect.interval is not None and self.effect.interval[0] >= target


@dataclass(frozen=True)
class Search:
    """What a search found.

    Attributes:
        target: the gain asked for.
        start: the amount as the policy stands.
        most: the largest amount tried.
        points: all that was run, by amount.
        finding: how it ended.
        answer: the smallest amount run that reached the gain in the mean, with all larger ones; None if none did.
        below: the largest amount run below the answer; None without an answer or where nothing below was run.
    """

    target: float
    start: float
    most: float
    points: tuple[Point, ...]
    finding: Finding
    answer: Point | None
    below: Point | None

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """Amounts run between which the answer lies, at 95%: the largest that certainly falls short, the smallest
        that certainly reaches. None where no amount that was run is certain.
        """
        short = [point.x for point in self.points if point.certainly_below(self.target)]
        enough = [point.x for point in self.points if point.certainly_reaches(self.target)]
        low = max(short) if short else None
        above = [x for x in enough if low is None or x > low]
        return low, min(above) if above else None

    @property
    def best(self) -> Point:
        """The point with the largest gain."""
        return max(self.points, key=lambda point: point.gain)

    @property
    def rises(self) -> bool:
        """Whether no larger amount gains certainly less than a smaller one."""
        return all(
            small.effect.interval is None or large.effect.interval is None
            or large.effect.interval[1] >= small.effect.interval[0]
            for i, small in enumerate(self.points)
            for large in self.points[i + 1 :]
        )  # fmt: skip


def search(
    evaluate: Callable[[float], Point],
    target: float,
    start: float,
    most: float,
    tolerance: float = 0.05,
    whole: bool = False,
    limit: int = 16,
) -> Search:
    """Find the smallest amount that gains a target, halving the stretch between one that falls short and one that does.

    Args:
        evaluate: runs an amount; the same seeds every time, so that amounts differ by nothing but themselves.
        target: gain wanted.
        start: the amount as the policy stands, the smallest tried.
        most: the largest amount tried.
        tolerance: the answer is known to this share of itself (ignored for whole amounts, which are found exactly).
        whole: whether amounts are whole numbers.
        limit: amounts run at most.
    """
    points: dict[float, Point] = {}

    def at(x: float) -> Point:
        if x not in points:
            points[x] = evaluate(x)
        return points[x]

    def done(finding: Finding, answer: Point | None, below: Point | None) -> Search:
        ordered = tuple(points[x] for x in sorted(points))
        return Search(target, start, most, ordered, finding, answer, below)

    low = at(start)
    if low.gain >= target:
        return done(Finding.ALREADY, low, None)
    high = at(most)
    if high.gain < target:
        return done(Finding.OUT_OF_REACH, None, None)
    while len(points) < limit and not _close(low.x, high.x, tolerance, whole):
        middle = at(_middle(low.x, high.x, whole))
        low, high = (low, middle) if middle.gain >= target else (middle, high)
    return done(Finding.FOUND, high, low)


def _close(low: float, high: float, tolerance: float, whole: bool) -> bool:
    return high - low <= 1 if whole else high - low <= tolerance * high


def _middle(low: float, high: float, whole: bool) -> float:
    """Half-way; of multipliers by ratio, rounded so that a reader can type it."""
    if whole:
        return float((int(low) + int(high)) // 2)
    middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
    rounded = float(f"{middle:.3g}")
    return rounded if low < rounded < high else middle
