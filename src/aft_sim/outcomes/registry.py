"""What the model measures: one home for every outcome column of every results table.

A run writes one tidy table a *level* (England, region, ICB by quintile, trust, money, oversight, events). `LEVELS`
says which key columns and which outcome columns each table has and how precisely numbers are kept;
`OUTCOMES` says what each outcome means: its label, unit, which direction is better, whether it is a stock
or a flow, and how it is obtained from columns that may be added up over trusts.

Months are labels such as ``"2029-03"``. Quintile ``"1"`` is the most deprived fifth of England's
neighbourhoods (Index of Multiple Deprivation 2025), ``"5"`` the least deprived, ``"all"`` their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.outcomes import health_outcomes
from aft_sim.outcomes.urgent_outcomes import BEDS, URGENT, VISITS

Floats = npt.NDArray[np.float64]
Direction = Literal["higher", "lower", "neither"]
Kind = Literal["stock", "flow", "level"]

QUINTILES: tuple[str, ...] = ("1", "2", "3", "4", "5")
"""Deprivation quintiles, most deprived first; the tables also hold ``"all"``."""

BASES: Mapping[str, str] = MappingProxyType(
    {
        "england": "England, the published definition (without non-English commissioners)",
        "all": "every patient treated in England",
        "nhs": "NHS trusts",
        "independent": "independent sector",
    }
)
"""Who is counted in the England table."""


@dataclass(frozen=True)
class Outcome:
    """One measure and what a reader needs to know to use it.

    Attributes:
        name: column name or, for derived outcomes, the name used in comparisons.
        label: plain English, starting in lower case so that it fits into a sentence.
        unit: unit of a level, for example ``"pathways"`` or ``"%"``.
        effect_unit: unit of a difference between two levels (``"points"`` for a share).
        better: which direction is an improvement; "neither" where that is not ours to say.
        kind: "stock" (state at the close of the month), "flow" (amount in the month), or "level" (a
            statistic of the list that cannot be added up over trusts).
        parts: additive columns from which the outcome is computed. Their values may be summed over trusts,
            quintiles and (for flows) months before the outcome is derived. Empty for a "level".
        levels: tables that hold the outcome or all its parts.
        definition: one sentence for codebooks.
    """

    name: str
    label: str
    unit: str
    effect_unit: str
    better: Direction
    kind: Kind
    parts: tuple[str, ...]
    levels: tuple[str, ...]
    definition: str

    @property
    def additive(self) -> bool:
        """Whether the column itself may be summed over trusts and quintiles."""
        return self.parts == (self.name,)

    def derive(self, columns: Mapping[str, Floats]) -> Floats:
        """Compute the outcome from its additive parts.

        Args:
            columns: part name -> array of sums, all of one shape.

        Returns:
            Array of that shape, in `unit`; NaN where a share has nothing in its denominator.
        """
        if self.name in _SHARES:
            numerator, denominator = _SHARES[self.name]
            below = columns[denominator]
            safe = np.where(below > 0, below, np.nan)
            return np.asarray(100.0 * columns[numerator] / safe, dtype=np.float64)
        if self.name == "over_18":
            return np.asarray(columns["list"] - columns["within_18"], dtype=np.float64)
        if self.kind == "level":
            return np.asarray(columns[self.name], dtype=np.float64)
        total = columns[self.parts[0]]
        for part in self.parts[1:]:
            total = total + columns[part]
        return np.asarray(total, dtype=np.float64)


@dataclass(frozen=True)
class Level:
    """One results table: its key columns, its number columns and the precision they are stored in."""

    name: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    float_type: pa.DataType
    row: str

    @property
    def columns(self) -> tuple[str, ...]:
        """All column names in their stored order."""
        return self.keys + self.values

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema: text keys, then numbers of `float_type`; no metadata."""
        keys = [pa.field(key, pa.string(), nullable=False) for key in self.keys]
        return pa.schema(keys + [pa.field(value, self.float_type) for value in self.values])


_WAITS = ("list", "within_18", "over_52", "over_65", "starts")
_ENGLAND = (
    "list",
    "within_18",
    "over_52",
    "over_65",
    "within_18_share",
    "median_weeks",
    "p92_weeks",
    "mean_weeks",
    "starts",
    "treated_admitted",
    "treated_non_admitted",
    "removed",
    "late",
    "returned",
    *VISITS,
    *BEDS,
    "displaced",
    "category_2_minutes",
    *health_outcomes.ENGLAND,
)
_MONEY = (
    "pot",
    "drawn",
    "capital_spend",
    "revenue_spend",
    "envelope",
    "backlog",
    "income",
    "expenditure",
    "deficit_support",
    "cash_support",
    "cash",
    "exchequer",
)

LEVELS: Mapping[str, Level] = MappingProxyType(
    {
        level.name: level
        for level in (
            Level("england", ("month", "basis", "quintile"), _ENGLAND, pa.float64(), "month, basis and quintile"),
            Level("region", ("month", "region"), (*_WAITS, *VISITS, *BEDS), pa.float32(), "month and region"),
            Level(
                "icb_quintile",
                ("month", "icb", "quintile"),
                (*_WAITS, *VISITS),
                pa.float32(),
                "month, ICB and quintile",
            ),
            Level(
                "trust",
                ("month", "trust", "quintile"),
                (*_WAITS, "treated_admitted", "treated_non_admitted", *VISITS, *BEDS, "displaced"),
                pa.float32(),
                "month, trust and quintile (every patient treated there)",
            ),
            Level("money", ("month", "trust"), _MONEY, pa.float32(), "month and trust"),
            Level("system", ("month",), health_outcomes.SYSTEM, pa.float64(), "month"),
            Level(
                "oversight",
                ("month", "trust"),
                ("score", "unadjusted", "segment"),
                pa.float32(),
                "month of publication and scored trust",
            ),
            Level("iho", ("month", "trust", "icb", "scope", "item"), ("value",), pa.float32(), "settled year and item"),
            Level("events", ("month", "trust", "event", "detail"), ("value",), pa.float32(), "event"),
        )
    }
)
"""The results tables of a run, in the order in which they are written."""

KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "month": ("month", "calendar month, closing on the Sunday nearest its last day"),
        "basis": ("who is counted", "; ".join(f"{key}: {text}" for key, text in BASES.items())),
        "quintile": (
            "deprivation quintile",
            "1 = most deprived fifth of neighbourhoods (IMD 2025), 5 = least",
        ),
        "region": ("NHS England region", "name of the region"),
        "icb": ("integrated care board", "code of the board (2026 footprint) where patients live"),
        "trust": ("NHS trust", "ODS code of the provider"),
        "scope": ("scope", "partial (some services), place, or whole (all residents of the board)"),
        "item": ("item", "line of the budget's year; GBP million unless docs/iho.md says otherwise"),
        "event": ("event", "kind of event"),
        "detail": ("detail", "what the event was about"),
        "score": ("average metric score", "1 (best) to 4, of the quarter before that of publication"),
        "unadjusted": ("segment before the override", "1 (best) to 4, by the score alone"),
        "segment": ("segment", "1 (best) to 5, as published in the month"),
        "value": ("value", "number that belongs to the event or item, in the unit it names"),
    }
)
"""Key columns: label and meaning."""

_SHARES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "within_18_share": ("within_18", "list"),
        "over_52_share": ("over_52", "list"),
        "four_hour_share": ("within_four_hours", "attendances"),
        "occupancy": ("occupied_beds", "beds"),
    }
)

_EVERYWHERE = ("england", "region", "icb_quintile", "trust")


def _count(
    name: str,
    label: str,
    definition: str,
    *,
    kind: Kind = "stock",
    better: Direction = "lower",
    levels: tuple[str, ...] = _EVERYWHERE,
    parts: tuple[str, ...] | None = None,
) -> Outcome:
    return Outcome(name, label, "pathways", "pathways", better, kind, parts or (name,), levels, definition)


def _share(name: str, label: str, better: Direction, definition: str) -> Outcome:
    return Outcome(name, label, "%", "points", better, "stock", _SHARES[name], _EVERYWHERE, definition)


def _weeks(name: str, label: str, definition: str) -> Outcome:
    return Outcome(name, label, "weeks", "weeks", "lower", "level", (), ("england",), definition)


def _money(name: str, label: str, definition: str, kind: Kind = "flow") -> Outcome:
    unit = "GBP million"
    return Outcome(name, label, unit, unit, "neither", kind, (name,), ("money",), definition)


_FLOW_LEVELS = ("england", "trust")

OUTCOMES: Mapping[str, Outcome] = MappingProxyType(
    {
        outcome.name: outcome
        for outcome in (
            _share(
                "within_18_share",
                "share of the list waiting under 18 weeks",
                "higher",
                "incomplete pathways that have waited less than 18 weeks, as a share of all",
            ),
            _share(
                "over_52_share",
                "share of the list waiting 52 weeks or more",
                "lower",
                "incomplete pathways that have waited 52 weeks or more, as a share of all",
            ),
            _count("list", "waiting list", "incomplete pathways at the close of the month"),
            _count(
                "within_18",
                "pathways waiting under 18 weeks",
                "incomplete pathways that have waited less than 18 weeks",
                better="neither",
            ),
            _count(
                "over_18",
                "pathways waiting 18 weeks or more",
                "incomplete pathways that have waited 18 weeks or more",
                parts=("list", "within_18"),
            ),
            _count("over_52", "pathways waiting 52 weeks or more", "incomplete pathways waiting 52 weeks or more"),
            _count("over_65", "pathways waiting 65 weeks or more", "incomplete pathways waiting 65 weeks or more"),
            _weeks("median_weeks", "median wait", "wait that half of the incomplete pathways exceed"),
            _weeks("p92_weeks", "92nd percentile wait", "wait that 8% of the incomplete pathways exceed"),
            _weeks("mean_weeks", "mean wait", "mean wait of the incomplete pathways"),
            _count(
                "starts",
                "clock starts",
                "new pathways in the month",
                kind="flow",
                better="neither",
            ),
            _count(
                "treated",
                "completed pathways",
                "pathways completed by treatment or a decision not to treat in the month, admitted or not",
                kind="flow",
                better="higher",
                levels=_FLOW_LEVELS,
                parts=("treated_admitted", "treated_non_admitted"),
            ),
            _count(
                "treated_admitted",
                "completed admitted pathways",
                "pathways completed in the month by a stay or day case in hospital",
                kind="flow",
                better="higher",
                levels=_FLOW_LEVELS,
            ),
            _count(
                "treated_non_admitted",
                "completed non-admitted pathways",
                "pathways completed in the month without admission",
                kind="flow",
                better="higher",
                levels=_FLOW_LEVELS,
            ),
            _count(
                "removed",
                "removals other than treatment",
                "pathways that left the list in the month for reasons other than treatment",
                kind="flow",
                better="neither",
                levels=("england",),
            ),
            _count(
                "late",
                "late registrations",
                "pathways registered in the month that had already waited one to five weeks",
                kind="flow",
                better="neither",
                levels=("england",),
            ),
            _count(
                "returned",
                "returns after validation",
                "pathways removed by validation that came back onto the list in the month",
                kind="flow",
                better="neither",
                levels=("england",),
            ),
            *(Outcome(*one) for one in URGENT),
            *(Outcome(*one) for one in health_outcomes.ROWS),
            _money("pot", "eligible pot", "unspent surpluses since 2024/25 that may be drawn", "stock"),
            _money("drawn", "drawn from the pot", "money drawn from the pot in the month"),
            _money("capital_spend", "capital spending", "capital spent in the month, whatever its source"),
            _money("revenue_spend", "revenue spending from the pot", "revenue the policy adds in the month"),
            _money("envelope", "capital envelope", "capital the limit allows in the financial year", "stock"),
            _money("backlog", "maintenance backlog", "cost of clearing the maintenance backlog", "stock"),
            _money("income", "income", "income of the month, deficit support included, capital grants not"),
            _money(
                "expenditure", "expenditure", "cost of the month, capital charges and work bought from pots included"
            ),
            _money("deficit_support", "deficit support", "support paid in the month to trusts that plan a deficit"),
            _money("cash_support", "cash support", "cash lent in the month to trusts that had none left"),
            _money("cash", "cash", "cash in the bank at the close of the month", "stock"),
            _money(
                "exchequer",
                "public spending by trusts",
                "what trusts paid in the month to staff, suppliers and lenders, capital included, less what others "
                "than the NHS paid them",
            ),
        )
    }
)
"""Every outcome by name."""


def outcome(name: str) -> Outcome:
    """Look up an outcome.

    Raises:
        InputError: no such outcome; names the nearest ones.
    """
    found = OUTCOMES.get(name)
    if found is None:
        raise InputError(
            "unknown outcome",
            found=name,
            expected="one of " + ", ".join(OUTCOMES),
            hint=did_you_mean(name, OUTCOMES),
        )
    return found


def level(name: str) -> Level:
    """Look up a results table by its level.

    Raises:
        InputError: no such level; names those that exist.
    """
    found = LEVELS.get(name)
    if found is None:
        raise InputError(
            "unknown results level",
            found=name,
            expected="one of " + ", ".join(LEVELS),
            hint=did_you_mean(name, LEVELS),
        )
    return found
