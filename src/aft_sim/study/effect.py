"""The effect of one scenario against another, as a notebook asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.study import groups as who
from aft_sim.study.by_place import PlaceEffects, place_effects
from aft_sim.study.compare import Bands, Comparison, EffectPath, EffectRow, compare, effect_path
from aft_sim.study.paired import runs_needed
from aft_sim.study.places import DIVISIONS, Places
from aft_sim.study.result import ResultSet

OUTCOME = "within_18_share"
AT = "2029-03"
BY: Mapping[str, str] = {
    "group": "England, treated trusts together, other trusts, independent sector",
    "quintile": "England, each deprivation fifth, the gap between the ends",
    "trust": "each treated trust with a list",
    **DIVISIONS,
}


@dataclass(frozen=True, repr=False)
class EffectTable:
    """Rows of a comparison that prints itself.

    Attributes:
        title: What is shown: outcome, month, scenarios.
        unit: Unit of effects, intervals, ceilings and bands.
        rows: One a group.
    """

    title: str
    unit: str
    rows: tuple[EffectRow, ...]

    def __iter__(self) -> Iterator[EffectRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary a row.

        Keys: group, label, effect, low, high, ceiling, band, verdict, n_pairs, variance_ratio (what pairing gains),
        chance and ignorance (shares of the variance), runs_needed (pairs for an error of a quarter of the band).
        Numbers are in `unit`; unknown ones are None. `pandas.DataFrame(table.to_dicts())` makes a frame.
        """
        return [
            {
                "group": row.group,
                "label": row.label,
                "effect": row.paired.effect,
                "low": row.paired.interval[0] if row.paired.interval else None,
                "high": row.paired.interval[1] if row.paired.interval else None,
                "ceiling": row.ceiling,
                "band": row.paired.band,
                "verdict": str(row.paired.verdict),
                "n_pairs": row.paired.n_pairs,
                "variance_ratio": row.paired.variance_ratio,
                "chance": row.paired.split.chance if row.paired.split else None,
                "ignorance": row.paired.split.ignorance if row.paired.split else None,
                "runs_needed": runs_needed(row.paired),
            }
            for row in self.rows
        ]

    def __str__(self) -> str:
        """Return title and rows in aligned columns."""
        heads = ("", f"effect, {self.unit}", "95% interval", "ceiling", "verdict")
        lines = [heads]
        for row, cells in zip(self.rows, self.to_dicts(), strict=True):
            low, high = cells["low"], cells["high"]
            interval = "one pair" if low is None else f"{low:+.3g} to {high:+.3g}"
            ceiling = "–" if row.ceiling is None else f"{row.ceiling:+.3g}"
            lines.append((row.label, f"{cells['effect']:+.3g}", interval, ceiling, row.words))
        widths = [max(len(line[column]) for line in lines) for column in range(len(heads))]
        rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
        return "\n".join([self.title, *(row.rstrip() for row in rows)])

    __repr__ = __str__


@dataclass(frozen=True, repr=False)
class Effect:
    """The paired effect of one scenario against another, over all outcomes and months of a study.

    Attributes:
        results: The study.
        policy: Name of the scenario whose effect it is.
        vs: Name of the scenario it is compared with.
        bands: Equivalence bands; None takes the register's.
        names: Code -> name of a trust or board, for labels; None takes those of the packaged baseline.
        places: Which trust belongs to which region, board and type; None takes the packaged baseline's.
    """

    results: ResultSet
    policy: str
    vs: str
    bands: Bands | None = None
    names: Mapping[str, str] | None = None
    places: Places | None = None

    def __str__(self) -> str:
        """Return the headline table."""
        return str(self.table())

    __repr__ = __str__

    @property
    def _labels(self) -> Mapping[str, str]:
        if self.names is not None:
            return self.names
        from aft_sim.baseline import bundle

        england = bundle.load()
        trusts = dict(zip(england.trusts.code, england.trusts.name, strict=True))
        return trusts | dict(zip(england.icb_code, england.icb_name, strict=True))

    def _month(self, at: str | None) -> str:
        """The month asked for; else March 2029, or the last month of a shorter run."""
        return at or min(AT, self.results.months[-1])

    def at(self, outcome: str = OUTCOME, at: str | None = None, by: Sequence[str] = ()) -> Comparison:
        """Return everything known of one outcome in one month; see `compare`."""
        at = self._month(at)
        return compare(self.results, self.policy, self.vs, outcome, at, self.bands, self._labels, by, self.places)

    def path(self, outcome: str = OUTCOME, group: str = who.ENGLAND, at: str | None = None) -> EffectPath:
        """Return the effect on one group month by month; see `effect_path`."""
        at = self._month(at)
        return effect_path(self.results, self.policy, self.vs, outcome, at, group, bands=self.bands, names=self._labels)

    def by_place(self, kind: str, outcome: str = OUTCOME, at: str | None = None) -> PlaceEffects:
        """Return the effect at every "trust" or every "icb"; see `place_effects`."""
        at = self._month(at)
        return place_effects(
            self.results, self.policy, self.vs, kind, outcome, at, self.bands, self._labels, self.places
        )

    def table(self, outcome: str = OUTCOME, by: str = "group", at: str | None = None) -> EffectTable:
        """Return effects of one outcome in one month as rows.

        Args:
            outcome: Name in the outcome registry.
            by: "group", "quintile", "trust", "region", "icb", "type" or "status".
            at: Month such as "2029-03", March 2029 by default or the last month of a shorter run; for flows the
                twelve months that end there.

        Raises:
            InputError: Unknown outcome, month or `by`, or nothing in the study to compare.
        """
        if by not in BY:
            expected = "; ".join(f'"{name}" ({text})' for name, text in BY.items())
            raise InputError("no such way to divide", found=by, expected=expected, hint=did_you_mean(str(by), BY))
        found = self.at(outcome, at, (by,) if by in DIVISIONS else ())
        rows = tuple(row for row in found.rows if shown(row.group, by))
        title = f"{found.outcome.label}, {found.at}: {self.policy} against {self.vs}"
        return EffectTable(title, found.outcome.effect_unit, rows)


def shown(group: str, by: str) -> bool:
    """Whether a group of a comparison belongs to a way to divide it, a key of `BY`."""
    if group == who.ENGLAND:
        return by != "trust"
    if by == "group":
        return group in (who.TREATED, who.OTHERS, who.INDEPENDENT)
    if by == "quintile":
        return group == who.GAP or group.startswith("quintile-")
    if by == "status":
        return group in (who.TREATED, who.NEAR_MISS, who.REST)
    return group.startswith(f"{by}:")
