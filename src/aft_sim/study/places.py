"""Which trusts belong to which region, type and integrated care board, and which are near misses.

Trusts are sorted by the trust table of the baseline as it stands at the opening: where a trust is and what it is are
settled before anything happens in a run, so that no group is chosen by its outcome. Patients of a region are those of
providers there, NHS or not; patients of a board are its residents, wherever they are treated.

A near miss is a trust that the policy arm does not designate and that falls one criterion short of the rule the shipped
scenarios designate by (acute or specialist, with a waiting list, in segment 1 of NHS England's oversight framework):
everything holds but the segment, which is 2. It stands beside the treated trusts as what they might have been. Where
the programme ran by rules, near misses are those of its own criteria instead (`aft_sim.study.by_rules.near_missed`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from aft_sim.spec.register import Register

NEAR_MISS_TYPES = ("acute", "specialist")

DIVISIONS: Mapping[str, str] = MappingProxyType(
    {
        "region": "regions of NHS England, by where patients are treated",
        "icb": "integrated care boards, by where patients live",
        "type": "types of trust",
        "status": "treated trusts, near misses (one criterion short), all other NHS trusts",
    }
)
"""Ways to divide England that a comparison shows when it is asked for them."""

DIVISION_LEVELS: Mapping[str, str] = MappingProxyType(
    {"region": "region", "icb": "icb_quintile", "type": "trust", "status": "trust"}
)
"""Results table that each division is read from."""

TYPE_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "acute": "Acute trusts",
        "specialist": "Specialist trusts",
        "mental_health": "Mental health trusts",
        "community": "Community trusts",
        "ambulance": "Ambulance trusts",
        "online": "The online trust",
    }
)


@dataclass(frozen=True)
class Places:
    """What is known of trusts and boards before a run.

    Attributes:
        type: type of each trust that has a waiting list, by ODS code.
        region: its region.
        icb: code of the board it belongs to, empty for none.
        segment: its segment of the oversight framework at the opening, NaN if it has none.
        icb_names: name of every board, by code.
    """

    type: Mapping[str, str]
    region: Mapping[str, str]
    icb: Mapping[str, str]
    segment: Mapping[str, float]
    icb_names: Mapping[str, str]

    @classmethod
    def of_baseline(cls, folder: Path | None = None) -> Places:
        """Read them from a baseline, the packaged one if no folder is given."""
        return _of_baseline(folder)

    def members(self, group: str, treated: Sequence[str], missed: Sequence[str] | None = None) -> tuple[str, ...]:
        """ODS codes of the trusts with a list that make up a group, sorted; none for a group that is not of trusts.

        Args:
            group: "type:TYPE", "near-miss" or "rest" (neither treated nor near miss).
            treated: trusts designated in the policy arm.
            missed: near misses by the criteria of a programme that ran by rules; None takes those by segment.
        """
        if group.startswith("type:"):
            return tuple(sorted(code for code, kind in self.type.items() if kind == group.removeprefix("type:")))
        segment = near_miss_segment()
        near = {
            code
            for code, kind in self.type.items()
            if kind in NEAR_MISS_TYPES and self.segment[code] == segment and code not in treated
        }
        if missed is not None:
            near = self.type.keys() & set(missed) - set(treated)
        if group == "near-miss":
            return tuple(sorted(near))
        if group == "rest":
            return tuple(sorted(self.type.keys() - near - set(treated)))
        return ()

    def count(self, group: str, treated: Sequence[str], missed: Sequence[str] | None = None) -> int:
        """Trusts with a list behind a group, at least 1; a board's or region's are those that belong to it."""
        kind, _, name = group.partition(":")
        belongs = {"region": self.region, "icb": self.icb}.get(kind)
        found = len(self.members(group, treated, missed)) if belongs is None else list(belongs.values()).count(name)
        return max(1, found)

    def groups(self, division: str) -> list[tuple[str, str]]:
        """Groups of a division that a baseline alone can name, with their labels, in alphabetical order."""
        if division == "region":
            return [(f"region:{name}", name) for name in sorted(set(self.region.values()))]
        if division == "icb":
            named = sorted((short_board(name), code) for code, name in self.icb_names.items())
            return [(f"icb:{code}", f"{name} ({code})") for name, code in named]
        if division == "type":
            kinds = [kind for kind in TYPE_LABELS if kind in self.type.values()]
            return [(f"type:{kind}", TYPE_LABELS[kind]) for kind in kinds]
        return [("treated", "Treated trusts together"), ("near-miss", "Near misses"), ("rest", "All other NHS trusts")]


def near_miss_segment() -> float:
    """Oversight segment of near misses."""
    return Register.load().number("compare.near_miss_segment")


def short_board(name: str) -> str:
    """A board's name without what all names share."""
    return name.removeprefix("NHS ").removesuffix(" Integrated Care Board")


@cache
def _of_baseline(folder: Path | None) -> Places:
    from aft_sim.baseline import bundle

    b = bundle.load(folder)
    t = b.trusts
    listed = [i for i in range(len(t.code)) if b.trust_provider[i] >= 0]
    return Places(
        type={t.code[i]: t.type[i] for i in listed},
        region={t.code[i]: t.region[i] for i in listed},
        icb={t.code[i]: b.icb_code[t.icb[i]] if t.icb[i] >= 0 else "" for i in listed},
        segment={t.code[i]: float(t.segment[i]) for i in listed},
        icb_names=dict(zip(b.icb_code, b.icb_name, strict=True)),
    )
