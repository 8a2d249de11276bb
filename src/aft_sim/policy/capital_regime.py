"""Rules of the capital regime: who approves a scheme, and what the national limit leaves (section 5.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LimitRule = Literal["inside_scale_draws", "inside_scale_others", "additive"]
Route = Literal["board", "aft", "ordinary", "treasury"]

Reinvesting = Literal["nobody", "segments_1_2", "foundation_trusts"]

DISTRESSED_SEGMENTS = (4, 5)
SOUND_SEGMENTS = (1, 2)


def may_reinvest_too(rule: Reinvesting, segment: Array, foundation: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who may spend past surpluses without advanced status.

    Args:
        rule: nobody, trusts in segments 1 and 2, or foundation trusts (as until 2019/20).
        segment: (trust,) published oversight segment, NaN where a trust has none.
        foundation: (trust,) whether it is a foundation trust.
    """
    if rule == "foundation_trusts":
        return foundation
    return np.isin(segment, SOUND_SEGMENTS) & (rule == "segments_1_2")


@dataclass(frozen=True)
class Limits:
    """Delegated limits, GBP m: up to them a board approves its own scheme.

    Attributes:
        board: of a trust in segments 1 to 3 (or without a segment).
        distressed: of a trust in segments 4 and 5.
        aft: of an advanced foundation trust that holds the approval freedom.
        treasury: above it HM Treasury approves too, whatever the status.
    """

    board: float
    distressed: float
    aft: float
    treasury: float


def approval_route(cost: float, segment: float, approval_freedom: bool, limits: Limits) -> Route:
    """Who approves a scheme.

    Args:
        cost: GBP m.
        segment: oversight segment, NaN where a trust has none.
        approval_freedom: whether the trust holds the AFT approval freedom on that day.
        limits: delegated limits.

    Returns:
        "board" within the trust's own delegated limit, "aft" for what only the freedom adds, "treasury" above the
        Treasury's limit, else "ordinary". A scheme within the ordinary limit takes the board route for everybody: for
        it the freedom changes nothing, by construction.
    """
    own = limits.distressed if segment in DISTRESSED_SEGMENTS else limits.board
    if cost <= own:
        return "board"
    if approval_freedom and cost <= limits.aft:
        return "aft"
    return "treasury" if cost > limits.treasury else "ordinary"


@dataclass(frozen=True)
class LimitOutcome:
    """What the national limit makes of a year's draws.

    Attributes:
        spent: (trust,) GBP m drawn from pots and spent on capital.
        cut: (trust,) GBP m taken from ordinary envelopes to make room.
        beyond_limit: GBP m by which provider capital rises in all: money created where `additive`, unused room
        otherwise.
    """

    spent: Array
    cut: Array
    beyond_limit: float


def apply_limit(wanted: Array, envelopes: Array, rule: LimitRule, crowd_out: float) -> LimitOutcome:
    """Reconcile draws with the limit on provider capital.

    Of each pound drawn a share `crowd_out` needs room that others hold (close to one when the limit binds [J01],
    close to
    zero when it is underspent [J02]). Either the draws give way, or everybody's ordinary envelope does, or nobody's.

    Args:
        wanted: (trust,) GBP m of capital that pots would pay for.
        envelopes: (trust,) ordinary capital of the year, GBP m.
        rule: the closure.
        crowd_out: share of a drawn pound that displaces other provider capital this year.
    """
    if rule == "additive":
        return LimitOutcome(wanted, np.zeros_like(envelopes), float(wanted.sum()))
    if rule == "inside_scale_draws":
        spent = wanted * (1 - crowd_out)
        return LimitOutcome(spent, np.zeros_like(envelopes), float(spent.sum()))
    total = float(envelopes.sum())
    cut = envelopes * min(crowd_out * float(wanted.sum()) / total, 1.0) if total > 0 else np.zeros_like(envelopes)
    return LimitOutcome(wanted, cut, float(wanted.sum() - cut.sum()))
