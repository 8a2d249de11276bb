"""The links by which what one trust does reaches another (specification, section 6.6).

A freedom of one trust changes no other trust until a link carries it, and each link can be switched off by a parameter
or lever. With all of them off the other trusts stay as they were to the last bit; with one on, something is carried
(`tests/validation/test_locality.py`). A mechanism that joins trusts anew is one more entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Link:
    """One way from trust to trust.

    Attributes:
        name: of the link.
        carries: what goes over it, a sentence.
        switch: parameter or lever that turns it off.
        off: its value then.
    """

    name: str
    carries: str
    switch: str
    off: object


LINKS: tuple[Link, ...] = (
    Link(
        "choice of provider",
        "People and referrers turn to providers whose waits fall, also away from the independent sector, whose bill "
        "boards pay before they contract.",
        "choice.elasticity",
        0.0,
    ),
    Link(
        "demand of a market",
        "Fewer people are referred where everybody waits longer, by the mean wait of all providers they use.",
        "referrals.demand_elasticity",
        0.0,
    ),
    Link(
        "removals",
        "England's list per start sets removals per start everywhere.",
        "removals.closure",
        "starts",
    ),
    Link(
        "national capital limit",
        "Where the limit binds, draws take room from the ordinary capital of all.",
        "capital.limit_rule",
        "additive",
    ),
    Link(
        "money given by need",
        "In a comparator holders' money goes to the trusts with the longest waits.",
        "capital.allocate_to",
        "holders",
    ),
    Link(
        "capital incentives",
        "Places among the most improved are limited: one trust's gain is another's place.",
        "money.incentives",
        False,
    ),
    Link(
        "deficit support",
        "It is paid if the trusts of a system are on plan together, and what a system forfeits others get.",
        "payment.support_tolerance",
        100.0,
    ),
    Link(
        "a board's budget",
        "What a board overspends on the work of some it repays out of next year's contracts with all.",
        "payment.deficit_repaid",
        0.0,
    ),
    Link(
        "ranks in oversight",
        "Metrics are scored by rank among all trusts.",
        "oversight.yardstick",
        "opening",
    ),
    Link(
        "quartiles in oversight",
        "By quartiles of all scores a trust falls into a worse segment because others improve.",
        "oversight.segmentation",
        "thresholds",
    ),
    Link(
        "places in the programme",
        "Waves have few places, and who holds the status does not apply.",
        "aft.programme",
        "given",
    ),
)

#: Every link off: what one trust does stays with it.
LOCAL: Mapping[str, object] = MappingProxyType({link.switch: link.off for link in LINKS})
