"""`aft-sim baseline show league`: the opening league tables by rule, beside the published segments and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aft_sim.cli import terminal
from aft_sim.cli.trusts import short_name
from aft_sim.policy.league import OpeningLeague, opening_league
from aft_sim.policy.oversight import Cuts
from aft_sim.spec.register import Register

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle


@dataclass(frozen=True)
class LeaguePage:
    """The latest published table of each kind of trust, worked out from its parts.

    Attributes:
        baseline: the tables.
        league: what the rules make of them.
    """

    baseline: Bundle
    league: OpeningLeague

    @classmethod
    def of(cls, baseline: Bundle) -> LeaguePage:
        """Apply the rules with the register's thresholds."""
        register = Register.load()
        cuts = Cuts(*(register.number(f"oversight.cut_{k}") for k in (1, 2, 3)))
        return cls(baseline, opening_league(baseline.oversight, cuts))

    def _name(self, code: str) -> str:
        index = self.baseline.trusts.index.get(self.baseline.successors.get(code, code))
        return code if index is None else short_name(self.baseline.trusts.name[index])

    def _rows(self, group: str) -> list[dict[str, Any]]:
        one, t = self.league, self.league.table
        found = []
        for i in np.flatnonzero([g == group for g in one.groups]):
            r = one.rows[i]
            numbers = {
                "average": t.average[r],
                "average_from_scores": one.recomputed[i],
                "offset": one.offset[i],
                "segment_by_score": one.unadjusted[i],
                "segment_by_rule": one.segment[i],
                "published_segment": t.segment[r],
                "rank_by_rule": one.rank[i],
                "published_rank": t.rank[r],
            }
            plain = {name: round(float(x), 2) if np.isfinite(x) else None for name, x in numbers.items()}
            code = t.published_as[r]
            found.append({"trust": code, "name": self._name(code)} | plain | {"override": bool(one.override[i])})
        return found

    def content(self) -> dict[str, Any]:
        """For a program."""
        groups = dict.fromkeys(self.league.groups)
        quarter = {g: self.league.table.quarter[self.league.rows[self.league.groups.index(g)]] for g in groups}
        return {g: {"quarter": quarter[g], **self.league.counts(g), "table": self._rows(g)} for g in groups}

    def print(self) -> None:
        """For a reader."""
        for group, part in self.content().items():
            terminal.heading(f"{group}s, {part['quarter']}")
            heads = (
                "Rank\n(publ.)",
                "Code",
                "Trust",
                "Score",
                "Offset",
                "By\nscore",
                "Over-\nride",
                "Segment\n(publ.)",
            )
            table = terminal.plain_table(*heads, right=["Rank\n(publ.)", "Score", "Offset"], whole=["Code"])
            for row in part["table"]:
                table.add_row(
                    f"{row['rank_by_rule']:.0f} ({row['published_rank']:.0f})",
                    row["trust"],
                    row["name"],
                    f"{row['average']:.2f}",
                    f"{row['offset']:+.2f}" if row["offset"] else "",
                    f"{row['segment_by_score']:.0f}",
                    "yes" if row["override"] else "",
                    f"{row['segment_by_rule']:.0f} ({row['published_segment']:.0f})",
                )
            terminal.show(table)
            terminal.say(_summary(part), "dim")


def _summary(part: dict[str, Any]) -> str:
    n = part["trusts"]
    scores = sum(row["average_from_scores"] is not None for row in part["table"])
    parts = (
        f"{part['averages_from_scores']} of {scores} averages follow from the scores of their metrics"
        if scores
        else "Scores of single metrics are not published: averages are taken as published"
    )
    ranks = (
        f"; {part['ranks']} of {n} ranks are the published ones"
        if part["ranks"]
        else "; ranks are among the trusts of this table, some of the published one are missing"
    )
    segments, alone = part["segments"], part["segments_without_offset"]
    return (
        f"{parts}. {segments} of {n} segments by rule are the published ones, {alone} by thresholds and override alone "
        f"and {part['offsets']} with an offset of the score{ranks}. The override applies to {part['override']} and "
        f"holds back {part['held_back']}."
    )
