"""Rules of the capital regime: who approves a scheme, and what the national limit leaves (section 5.9)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
LimitRule = Literal["inside_scale_draws", "inside_scale_others", "additive"]
Route = Literal["board", "aft", "ordinary", "treasury"]

Reinvesting = Literal["nobody", "segments_1_2", "foundation_trusts"]

ROUTES: tuple[Route, ...] = ("board", "aft", "ordinary", "treasury")
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
        board: of a foundation trust in segments 1 to 3 (or without a segment).
        nhs_trust: of a trust in them that is not a foundation trust.
        distressed: of any trust in segments 4 and 5.
        aft: of an advanced foundation trust that holds the approval freedom.
        treasury: above it HM Treasury approves too, whatever the status.
    """

    board: float
    nhs_trust: float
    distressed: float
    aft: float
    treasury: float

    @classmethod
    def read(cls, value: Callable[[str], float]) -> Limits:
        """Limits by the register's names, as a function gives them."""
        return cls(*(value(name) for name in LIMITS))


LIMITS = (
    "capital.delegated_limit",
    "capital.delegated_limit_nhs_trust",
    "capital.delegated_limit_distressed",
    "capital.aft_limit",
    "capital.treasury_limit",
)


def own_limit(segment: Array, foundation: Flags, limits: Limits) -> Array:
    """(trust,) largest scheme that a board approves by itself without the status, GBP m.

    Args:
        segment: oversight segment, NaN where a trust has none.
        foundation: whether it is a foundation trust.
        limits: delegated limits.
    """
    sound = np.where(foundation, limits.board, limits.nhs_trust)
    return np.where(np.isin(segment, DISTRESSED_SEGMENTS), limits.distressed, sound)


def approval_route(cost: Array, own: Array, freedom: Flags, limits: Limits) -> Index:
    """Who approves schemes: positions in `ROUTES`, of the shape of `cost`.

    Args:
        cost: GBP m.
        own: largest scheme that the trust's board approves anyway, see `own_limit`.
        freedom: whether the trust holds the AFT approval freedom on that day.
        limits: delegated limits.

    Returns:
        "board" within the trust's own delegated limit, "aft" for what only the freedom adds, "treasury" above the
        Treasury's limit, else "ordinary". A scheme within the ordinary limit takes the board route for everybody: for
        it the freedom changes nothing, by construction.
    """
    above = np.where(cost > limits.treasury, ROUTES.index("treasury"), ROUTES.index("ordinary"))
    above = np.where(freedom & (cost <= limits.aft), ROUTES.index("aft"), above)
    return np.asarray(np.where(cost <= own, ROUTES.index("board"), above), dtype=np.int64)


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
