"""Profiles of trusts compiled from several publications: the few columns that no other file gives.

The wide table holds about 490 columns of 221 organisations. Only those named here are read: its sickness rates
(`..._latest`), its month-on-month changes and its CQC columns are unreliable, its staff count is about double the
national one. CQC ratings, deficits, planned positions and turnover are in the register (`trusts.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from aft_sim.baseline.sources._csv import Row, read_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the table of trust profiles"
RISKS = ("high", "significant", "moderate", "low")
"""Backlog maintenance by risk to patients and services, worst first."""
SHMI_BANDS: Mapping[int, str] = MappingProxyType({1: "higher", 2: "as expected", 3: "lower"})
"""Mortality against expectation; band 1 is more deaths than expected."""
_BACKLOG = ("estates_backlog_high_risk_m", "estates_backlog_significant_m", "estates_backlog_moderate_m")
_BACKLOG_ALL = "estates_backlog_total_m"
_UPKEEP = "estates_maintenance_cost_m"
_COST, _EXPECTED = "rc_actual_cost_total_m", "rc_expected_cost_total_m"
_SHMI = ("shmi_value_latest", "observed_deaths_latest", "expected_deaths_latest", "shmi_banding")
_ENGAGEMENT, _MORALE = "staff_engagement_score", "theme_morale"
_COLUMNS = (
    "org_code",
    *_BACKLOG,
    *(_BACKLOG_ALL, _UPKEEP, _COST, _EXPECTED, *_SHMI, _ENGAGEMENT, _MORALE),
)
_SHMI_ROUNDING = 0.01
"""Deaths are published rounded to five, the indicator is not; this is how far they may differ."""


@dataclass(frozen=True)
class Shmi:
    """Summary hospital-level mortality indicator: deaths in hospital or within 30 days, over those expected.

    Attributes:
        value: Observed over expected deaths.
        band: A value of `SHMI_BANDS`.
    """

    value: float
    band: str


@dataclass(frozen=True)
class TrustProfile:
    """Further figures of one current trust; None is unknown.

    Money is the sum of the trust and those predecessors that still have a row. Scores cannot be added: they are
    the current trust's own, and `blended` says where a predecessor's patients and staff are not in them.

    Attributes:
        code: Current ODS code.
        backlog: Cost to clear backlog maintenance by risk in the order of `RISKS`, GBP million of 2024/25.
        upkeep: Estates maintenance cost of the year, GBP million of 2024/25.
        cost: Actual cost in the National Cost Collection 2024/25, adjusted for local prices, GBP million.
        expected_cost: What the same activity would cost at national average unit costs, GBP million.
        shmi: Mortality indicator of the latest year, None outside acute care.
        engagement: Staff survey 2025, engagement score, 0 to 10.
        morale: Staff survey 2025, morale score, 0 to 10.
        codes: Codes whose money is added up.
        blended: Predecessors that have a row of their own, whose scores are not in those of this trust.
    """

    code: str
    backlog: tuple[float, float, float, float] | None
    upkeep: float | None
    cost: float | None
    expected_cost: float | None
    shmi: Shmi | None
    engagement: float | None
    morale: float | None
    codes: tuple[str, ...]
    blended: tuple[str, ...]

    @property
    def cost_index(self) -> float | None:
        """Actual over expected cost: above 1 is dearer than the national average; None where unknown."""
        if self.cost is None or not self.expected_cost:
            return None
        return self.cost / self.expected_cost


@dataclass(frozen=True)
class Profiles:
    """Profiles of the trusts that have one.

    Attributes:
        trusts: Current code to profile.
        absent: Current trusts without a row of their own or of a predecessor.
        not_trusts: Organisations of the table that are no trust of the register.
    """

    trusts: Mapping[str, TrustProfile]
    absent: tuple[str, ...]
    not_trusts: tuple[str, ...]


def _money(row: Row, column: str) -> float | None:
    value = row.maybe_number(column)
    if value is not None and value < 0:
        raise row.error(f"column '{column}' is below zero", column, "a sum of money or a blank")
    return value


def _sum(values: list[float | None]) -> float | None:
    """Sum of what is known, None if nothing is."""
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _backlog(row: Row) -> tuple[float, float, float, float] | None:
    total = _money(row, _BACKLOG_ALL)
    if total is None:
        return None
    high, significant, moderate = (row.need_number(column, 0) for column in _BACKLOG)
    low = total - high - significant - moderate
    if low < -0.01:
        raise row.error("backlog by risk exceeds the total", _BACKLOG_ALL, f"at least {total - low:.3f}")
    return high, significant, moderate, max(0.0, low)


def _shmi(row: Row) -> Shmi | None:
    value, observed, expected, band = (row.maybe_number(column) for column in _SHMI)
    if value is None or observed is None or not expected:
        return None
    if band is None or band not in SHMI_BANDS:
        raise row.error("no such band of the mortality indicator", _SHMI[3], ", ".join(map(str, SHMI_BANDS)))
    if not math.isclose(value, observed / expected, abs_tol=_SHMI_ROUNDING):
        what = "the mortality indicator is not observed over expected deaths"
        raise row.error(what, _SHMI[0], f"about {observed / expected:.3f}")
    return Shmi(value, SHMI_BANDS[int(band)])


def _score(row: Row, column: str) -> float | None:
    value = row.maybe_number(column)
    if value is not None and not 0 <= value <= 10:
        raise row.error(f"column '{column}' is not a score", column, "0 to 10, or a blank")
    return value


def _profile(code: str, rows: Mapping[str, Row]) -> TrustProfile:
    own = rows.get(code)
    parts = [backlog for row in rows.values() if (backlog := _backlog(row)) is not None]
    a, b, c, d = (sum(part[i] for part in parts) for i in range(4))
    costed = [row for row in rows.values() if row.maybe(_COST) and row.maybe(_EXPECTED)]
    return TrustProfile(
        code=code,
        backlog=(a, b, c, d) if parts else None,
        upkeep=_sum([_money(row, _UPKEEP) for row in rows.values()]),
        cost=_sum([_money(row, _COST) for row in costed]),
        expected_cost=_sum([_money(row, _EXPECTED) for row in costed]),
        shmi=_shmi(own) if own else None,
        engagement=_score(own, _ENGAGEMENT) if own else None,
        morale=_score(own, _MORALE) if own else None,
        codes=tuple(sorted(rows)),
        blended=tuple(sorted(set(rows) - {code})),
    )


def read_profiles(path: Path, register: TrustRegister) -> Profiles:
    """Read the few columns of the wide table that a model needs.

    Args:
        path: `trust_profiles_wide.csv`.
        register: Current trusts and their predecessors.

    Returns:
        One profile for each current trust with a row of its own or of a predecessor.

    Raises:
        InputError: A wrong file or cell, an organisation twice, parts that exceed their total, a mortality
            indicator that its own deaths contradict.
    """
    rows: dict[str, dict[str, Row]] = {}
    not_trusts: list[str] = []
    seen: set[str] = set()
    for row in read_rows(path, _COLUMNS, WHAT):
        code = row.text("org_code")
        if code in seen:
            raise row.error("the organisation is there twice", "org_code", "each code once")
        seen.add(code)
        current = register.current(code)
        if current is None:
            not_trusts.append(code)
        else:
            rows.setdefault(current, {})[code] = row
    if not seen:
        raise InputError(f"{WHAT} has no rows", where=str(path), expected="one row an organisation")
    trusts = {code: _profile(code, rows[code]) for code in sorted(rows)}
    absent = tuple(code for code in register.codes() if code not in trusts)
    return Profiles(MappingProxyType(trusts), absent, tuple(sorted(not_trusts)))
