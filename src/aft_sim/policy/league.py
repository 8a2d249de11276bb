"""The opening league tables by rule, beside the published ones: nothing is looked up but what goes into the rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.oversight import LeagueTables, order
from aft_sim.policy import oversight as rules

Array = NDArray[np.float64]
ROUNDING = 0.0101
"""How far a mean of published scores may be from the published average: both are rounded to hundredths."""


@dataclass(frozen=True, eq=False)
class OpeningLeague:
    """The latest table of every kind of trust, one row a trust in it.

    Attributes:
        table: what is published.
        rows: rows of the tables used.
        recomputed: average metric score from its parts, NaN where no part is published.
        score: average used: recomputed, published where no part is.
        override: whether the financial override applies, as published: the flag of a deficit.
        offset: shift of the score that thresholds need to give the published segment.
        unadjusted, segment: by rule, with the offset.
        rank: place within its table, by rule.
    """

    table: LeagueTables
    rows: NDArray[np.int64]
    recomputed: Array
    score: Array
    override: NDArray[np.bool_]
    offset: Array
    unadjusted: Array
    segment: Array
    rank: Array

    @cached_property
    def groups(self) -> tuple[str, ...]:
        """Table of each row."""
        return tuple(self.table.group[r] for r in self.rows)

    def counts(self, group: str) -> dict[str, int]:
        """How much of one table follows from the rules, in trusts."""
        t, use = self.table, np.array([g == group for g in self.groups])
        r = self.rows[use]
        known = np.isfinite(self.recomputed[use])
        alone = self.offset[use] == 0
        return {
            "trusts": int(use.sum()),
            "averages_from_scores": int((np.abs(self.recomputed[use][known] - t.average[r][known]) <= ROUNDING).sum()),
            "segments": int((self.segment[use] == t.segment[r]).sum()),
            "segments_without_offset": int((alone & (self.segment[use] == t.segment[r])).sum()),
            "offsets": int((~alone).sum()),
            "ranks": int((self.rank[use] == t.rank[r]).sum()),
            "override": int(self.override[use].sum()),
            "held_back": int((self.segment[use] > self.unadjusted[use]).sum()),
        }


def opening_league(table: LeagueTables, cuts: rules.Cuts) -> OpeningLeague:
    """Work out the latest published table of each kind of trust from its parts.

    Args:
        table: published results.
        cuts: thresholds of the segments.
    """
    latest: dict[str, str] = {}
    for group, quarter in zip(table.group, table.quarter, strict=True):
        latest[group] = max(latest.get(group, quarter), quarter, key=order)
    keep = [r for r, g in enumerate(table.group) if table.quarter[r] == latest[g]]
    rows = np.array(sorted(keep, key=lambda r: (table.group[r], table.segment[r], table.average[r])))
    recomputed = rules.average_score(table.counted[rows])
    # the published average is rounded once; a mean of rounded scores may be a hundredth off and cross a threshold
    score = table.average[rows]
    override = table.override[rows] == 1
    shift = rules.offset(score, table.segment[rows], override, cuts)
    unadjusted = rules.by_thresholds(score + shift, cuts)
    segment = rules.adjust(unadjusted, override)
    place = np.full(rows.size, np.nan)
    for group in latest:
        use = np.array([table.group[r] == group for r in rows])
        place[use] = rules.rank(segment[use], score[use])
    return OpeningLeague(table, rows, recomputed, score, override, shift, unadjusted, segment, place)
