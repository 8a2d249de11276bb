"""Who may become an advanced foundation trust: criteria that pass, fail or are not known, and what each excludes.

What is published: three gates (oversight, quality, leadership), support of board and region, an agreed plan.
The thresholds here are readings (docs/programme.md); each criterion is a switch of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Verdicts = NDArray[np.int8]

FAIL, PASS, UNKNOWN = 0, 1, -1
#: CQC ratings are coded 1 Outstanding, 2 Good, 3 Requires improvement, 4 Inadequate.
GOOD = 2
#: The worst segment that qualifies; the financial override lifts every better one to 3.
QUALIFYING_SEGMENT, OVERRIDDEN = 2, 3


def verdicts(passes: Flags, known: Flags) -> Verdicts:
    """Three-valued verdicts of a criterion: (trust,) pass or fail where it is known."""
    return np.where(known, np.where(passes, PASS, FAIL), UNKNOWN).astype(np.int8)


def at_most(values: Array, limit: float) -> Verdicts:
    """Pass where a value is known and not above a limit, fail where it is above, else unknown."""
    return verdicts(values <= limit, ~np.isnan(values))


def both(first: Verdicts, second: Verdicts) -> Verdicts:
    """Pass where both pass, fail where one fails, else unknown."""
    failed = (first == FAIL) | (second == FAIL)
    return verdicts(~failed, failed | ((first == PASS) & (second == PASS)))


def cqc_verdicts(bundle: Bundle) -> Verdicts:
    """Good or Outstanding overall and for leadership, as far as ratings are known."""
    stated = bundle.facts.stated
    return both(at_most(stated("quality.cqc"), GOOD), at_most(stated("quality.cqc_well_led"), GOOD))


def segment_verdicts(published: Sequence[Array], quarters: int, worst: int = QUALIFYING_SEGMENT) -> Verdicts:
    """Segments in each of the last published quarters.

    One bad quarter fails whatever the others are; where none is bad but one is not known, nothing is known. A record
    shorter than asked for is judged by what there is.

    Args:
        published: (trust,) segments by quarter, latest last, NaN where unknown.
        quarters: how many of the last are looked at.
        worst: the worst segment that qualifies.
    """
    found = np.stack(list(published)[-quarters:])
    unknown = np.isnan(found).any(axis=0)
    bad = np.where(np.isnan(found), 0.0, found).max(axis=0) > worst
    return verdicts(~bad, bad | ~unknown)


def settle(found: Verdicts, u: Array, chance: Array | float, passes: Flags | None = None) -> Flags:
    """Settle the unknowns by one uniform each; whoever is known to hold the status passed.

    Args:
        found: verdicts.
        u: (trust,) uniforms, fixed per draw of the parameters.
        chance: that an unknown passes.
        passes: trusts whose unknowns are known to pass, because they were nominated or designated in fact.
    """
    drawn = u < chance
    if passes is not None:
        drawn = drawn | passes
    return np.asarray(np.where(found == UNKNOWN, drawn, found == PASS))


@dataclass(frozen=True)
class Exclusion:
    """What one criterion excludes, numbers of trusts.

    Attributes:
        criterion: its name.
        alone: would be excluded if there were no other criterion.
        last: excluded by nothing else, and would be let in without it; everything else about them is known.
        last_at_most: the same with trusts for which another criterion is not known.
        shapley: share of the excluded laid at its door, averaged over all orders of the criteria.
        unknown: trusts for which it is not known.
    """

    criterion: str
    alone: int
    last: int
    last_at_most: int
    shapley: float
    unknown: int


@dataclass(frozen=True)
class Decomposition:
    """Exclusions of a table of trusts by criterion.

    Attributes:
        title: which trusts.
        trusts, passed: how many there are, and how many surely pass.
        excluded: fail at least one criterion.
        undecided: fail none, but one or more is not known.
        exclusions: by criterion.
    """

    title: str
    trusts: int
    passed: int
    excluded: int
    undecided: int
    exclusions: tuple[Exclusion, ...]

    @property
    def not_passed(self) -> int:
        """All that do not surely pass: the whole that shares are taken of."""
        return self.trusts - self.passed


def decompose(title: str, found: Mapping[str, Verdicts]) -> Decomposition:
    """Attribute the exclusions to criteria.

    A trust is excluded by any set of criteria that holds one it fails, so its Shapley shares are one over the number
    of criteria it fails, for each of them: the average over all orders without going through them.
    """
    names = list(found)
    table = np.stack([found[name] for name in names])
    fails, unknown = table == FAIL, table == UNKNOWN
    count = fails.sum(axis=0)
    share = fails / np.maximum(count, 1)
    exclusions = []
    for k, name in enumerate(names):
        only = fails[k] & (count == 1)
        others_unknown = np.delete(unknown, k, axis=0).any(axis=0)
        exclusions.append(
            Exclusion(
                name,
                int(fails[k].sum()),
                int((only & ~others_unknown).sum()),
                int(only.sum()),
                float(share[k].sum()),
                int(unknown[k].sum()),
            )
        )
    undecided = (count == 0) & unknown.any(axis=0)
    excluded = int((count > 0).sum())
    trusts = table.shape[1]
    return Decomposition(
        title, trusts, trusts - excluded - int(undecided.sum()), excluded, int(undecided.sum()), tuple(exclusions)
    )


def unadjusted_segment(bundle: Bundle) -> Array:
    """(trust,) segment at the opening before the financial override, NaN where it cannot be told.

    Where it is not published: the published segment of a trust without the override, or in segment 4, which the
    override does not touch. A trust that the override holds in segment 3 is in segment 2 or better if its score is
    below the point that divides the segments of the trusts of the same table that it does not touch. It is given 2 or
    3: between 1 and 2 no rule here distinguishes.
    """
    facts = bundle.facts
    told, segment = facts.stated("oversight.unadjusted_segment"), facts.stated("oversight.segment")
    override, score = facts.stated("oversight.override"), facts.stated("oversight.score")
    untouched = (override == 0) & ~np.isnan(segment) & ~np.isnan(score)
    found = np.where(np.isnan(told) & ((override == 0) | (segment > OVERRIDDEN)), segment, told)
    quarter = np.array([q or "" for q in bundle.trusts.segment_quarter])
    for q in sorted(set(quarter) - {""}):
        here = untouched & (quarter == q)
        better, worse = here & (segment <= QUALIFYING_SEGMENT), here & (segment > QUALIFYING_SEGMENT)
        if not better.any() or not worse.any():
            continue
        cut = (score[better].max() + score[worse].min()) / 2
        held = (quarter == q) & np.isnan(found) & (override == 1) & ~np.isnan(score)
        found = np.where(held, np.where(score < cut, QUALIFYING_SEGMENT, OVERRIDDEN), found)
    return np.asarray(found, dtype=np.float64)


def opening_verdicts(bundle: Bundle) -> dict[str, Verdicts]:
    """What the opening table says of each trust by criterion: score, override, CQC rating and deficit."""
    facts = bundle.facts
    return {
        "score": at_most(unadjusted_segment(bundle), QUALIFYING_SEGMENT),
        "override": at_most(facts.stated("oversight.override"), 0.0),
        "cqc": cqc_verdicts(bundle),
        "deficit": at_most(facts.stated("money.deficit"), 0.0),
    }


#: Groups of the opening table: title and types of trust.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Acute and specialist trusts", ("acute", "specialist")),
    ("Mental health and community trusts", ("mental_health", "community")),
)
#: What Q3 2025/26 was found to say of acute trusts before this was built: share of those that do not pass, in per cent.
EXPECTED: Mapping[str, tuple[str, float]] = {"score": ("alone", 63.0), "override": ("last", 19.0), "cqc": ("last", 5.0)}
PUBLISHED = ("score", "override", "cqc")


def opening_exclusions(bundle: Bundle, criteria: Sequence[str] = PUBLISHED) -> tuple[Decomposition, ...]:
    """The decomposition on the opening table, by group of trusts with a published segment.

    Args:
        bundle: the baseline.
        criteria: which of those of `opening_verdicts`. The deficit is left out by default: at the opening it is the
            same trusts as the override, so that neither would exclude anybody the other does not.
    """
    found = opening_verdicts(bundle)
    kinds, scored = np.array(bundle.trusts.type), ~np.isnan(bundle.trusts.segment)
    tables = []
    for title, types in GROUPS:
        here = np.isin(kinds, types) & scored
        if not here.any():
            continue
        quarters = {bundle.trusts.segment_quarter[i] for i in np.flatnonzero(here)} - {None}
        when = " and ".join(sorted(str(q) for q in quarters))
        tables.append(decompose(f"{title}, {when}", {name: found[name][here] for name in criteria}))
    return tuple(tables)
