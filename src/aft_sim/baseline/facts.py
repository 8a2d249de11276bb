"""Facts of every trust at the opening: what is published of its services, staff, beds, money, estate and oversight.

A fact is a number with its basis: published, published for another period, or estimated with a range. What nobody
publishes of a trust, and nothing estimates, is NaN: unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis.errors import InputError, did_you_mean

Array = NDArray[np.float64]


class Basis(IntEnum):
    """How a fact is known."""

    UNKNOWN = -1
    PUBLISHED = 0
    OTHER_PERIOD = 1
    ESTIMATED = 2
    OWN = 3

    @property
    def words(self) -> str:
        """For readers."""
        return _WORDS[self]


_WORDS = {
    Basis.UNKNOWN: "unknown",
    Basis.PUBLISHED: "published",
    Basis.OTHER_PERIOD: "published for another period",
    Basis.ESTIMATED: "estimated",
    Basis.OWN: "the trust's own figure",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact.

    Attributes:
        name: "topic.what", for example "beds.available".
        title: In words.
        unit: "people", "people a month", "GBP m a year", "GBP m", "share", "FTE", "beds", "score", "count", "code".
        period: Of the figure.
        source: Publication.
        labels: Words for the values of a code, by value.
    """

    name: str
    title: str
    unit: str
    period: str
    source: str
    labels: Mapping[int, str] | None = None


_YES = {0: "no", 1: "yes"}
_RATINGS = {1: "outstanding", 2: "good", 3: "requires improvement", 4: "inadequate"}
_BEDS, _AE = "KH03", "A&E attendances and emergency admissions"
_TAC, _ERIC, _NOF = "trust accounts consolidation", "ERIC", "NHS Oversight Framework"
_DM01, _CSDS, _SURVEY = "DM01 full extract", "community services data set", "NHS staff survey"
_REGISTER, _COST = "trust register", "National Cost Collection"
_SEGMENTS = {k: str(k) for k in range(1, 6)}

KINDS: tuple[Kind, ...] = (
    Kind("services.emergency_department", "Major A&E department (type 1)", "code", "May 2026", _AE, _YES),
    Kind("services.overnight_beds", "Overnight beds", "code", "January to March 2026", _BEDS, _YES),
    Kind("services.diagnostics", "Diagnostic tests", "code", "March 2026", _DM01, _YES),
    Kind("services.community", "Community services", "code", "March 2026", _CSDS, _YES),
    Kind("expenditure.total", "Operating expenditure", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.staff", "Staff", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.supplies", "Supplies, services and drugs", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.premises", "Premises and depreciation", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.other", "Other, bought-in care and impairments included", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.drugs", "Drugs, part of supplies", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.temporary_staff", "Temporary staff, part of staff", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.pensions", "Employer's pensions, part of staff", "GBP m a year", "2023/24", _TAC),
    Kind("expenditure.pfi", "Private finance charges, part of premises and other", "GBP m a year", "2022/23", _TAC),
    Kind("expenditure.depreciation", "Depreciation, part of premises", "GBP m a year", "2022/23", _TAC),
    Kind("expenditure.year_before", "Operating expenditure the year before", "GBP m a year", "2022/23", _TAC),
    Kind("expenditure.bought_in_share", "Care bought from others", "share", "2023/24", _TAC),
    Kind("expenditure.rolled_forward", "Operating expenditure, rolled forward", "GBP m a year", "2025/26", _TAC),
    Kind("money.planned_surplus", "Planned surplus as a share of income", "share", "2025/26", _NOF),
    Kind("money.variance_to_plan", "Variance to plan as a share of income", "share", "2025/26", _NOF),
    Kind("money.deficit", "In deficit, planned or actual", "code", "2025/26", _NOF, _YES),
    Kind("money.collected_cost", "Collected cost, a lower bound", "GBP m a year", "2024/25", _COST),
    Kind("money.cost_index", "Cost over what the same work costs on average", "ratio", "2024/25", _COST),
    Kind("money.productivity_growth", "Growth of productivity on the year before", "share", "2025/26", _NOF),
    Kind("staff.accounts", "Average staff, temporary ones included", "FTE", "2023/24", _TAC),
    Kind("staff.fte", "Staff in the national definition", "FTE", "February 2026", f"{_TAC}; workforce statistics"),
    Kind("staff.engagement", "Staff engagement, 0 to 10", "score", "2025", _SURVEY),
    Kind("staff.morale", "Staff morale, 0 to 10", "score", "2025", _SURVEY),
    Kind("beds.available", "Overnight beds available", "beds", "January to March 2026", _BEDS),
    Kind("beds.general_acute", "of which general and acute", "beds", "January to March 2026", _BEDS),
    Kind("beds.mental_illness", "of which mental illness", "beds", "January to March 2026", _BEDS),
    Kind("beds.occupied", "Overnight beds occupied", "beds", "January to March 2026", _BEDS),
    Kind("beds.occupancy", "Beds occupied", "share", "January to March 2026", _BEDS),
    Kind("emergency.attendances", "A&E attendances", "people a month", "May 2026", _AE),
    Kind("emergency.type1", "of which at a major department", "people a month", "May 2026", _AE),
    Kind("emergency.within_4h", "Within four hours", "share", "May 2026", _AE),
    Kind("emergency.admissions", "Emergency admissions", "people a month", "May 2026", _AE),
    Kind("emergency.waited_12h", "Over 12 hours from the decision to admit", "people a month", "May 2026", _AE),
    Kind("diagnostics.waiting", "Waiting for a test", "people", "March 2026", _DM01),
    Kind("diagnostics.over_6_weeks", "Six weeks or more", "share", "March 2026", _DM01),
    Kind("diagnostics.done", "Tests done", "people a month", "March 2026", _DM01),
    Kind("community.referrals", "Referrals to community services", "people a month", "March 2026", _CSDS),
    Kind("community.contacts", "Contacts of community services", "people a month", "March 2026", _CSDS),
    Kind("estate.sites", "Sites", "count", "2024/25", _ERIC),
    Kind("estate.capital", "Capital investment in the estate", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.new_build", "of which new build", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.improvement", "of which improving buildings", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.lifecycle", "of which lifecycle", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.equipment", "of which equipment", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.private_finance", "paid by private finance", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.charity", "paid by charity and grants", "GBP m a year", "2024/25", _ERIC),
    Kind("estate.backlog", "Backlog maintenance", "GBP m", "2024/25", _ERIC),
    Kind("estate.backlog_high", "of which high risk", "GBP m", "2024/25", _ERIC),
    Kind("estate.backlog_significant", "of which significant risk", "GBP m", "2024/25", _ERIC),
    Kind("oversight.segment", "Oversight segment, 1 best", "code", "latest quarter", _NOF, _SEGMENTS),
    Kind("oversight.score", "Average metric score, 1 best to 4", "score", "latest quarter", _NOF),
    Kind("oversight.rank", "Place in its league table", "count", "latest quarter", _NOF),
    Kind(
        "oversight.unadjusted_segment",
        "Segment before the financial override",
        "code",
        "latest quarter",
        _NOF,
        _SEGMENTS,
    ),
    Kind("oversight.override", "Financial override applied", "code", "latest quarter", _NOF, _YES),
    Kind("oversight.access", "Domain score: access", "score", "latest quarter", _NOF),
    Kind("oversight.effectiveness_experience", "Domain score: effectiveness", "score", "latest quarter", _NOF),
    Kind("oversight.patient_safety", "Domain score: patient safety", "score", "latest quarter", _NOF),
    Kind("oversight.people_workforce", "Domain score: people and workforce", "score", "latest quarter", _NOF),
    Kind("oversight.finance_productivity", "Domain score: finance, productivity", "score", "latest quarter", _NOF),
    Kind("quality.cqc", "CQC rating of one location", "code", "register of August 2026", _REGISTER, _RATINGS),
    Kind(
        "quality.cqc_well_led",
        "CQC well-led rating of one location",
        "code",
        "register of August 2026",
        _REGISTER,
        _RATINGS,
    ),
    Kind("quality.shmi", "Hospital mortality, observed over expected", "ratio", "latest year", "SHMI"),
    Kind("catchment.q1", "Catchment in the most deprived fifth", "share", "2022", "catchment populations, IMD 2025"),
    Kind("catchment.q2", "in the second fifth", "share", "2022", "catchment populations, IMD 2025"),
    Kind("catchment.q3", "in the third fifth", "share", "2022", "catchment populations, IMD 2025"),
    Kind("catchment.q4", "in the fourth fifth", "share", "2022", "catchment populations, IMD 2025"),
    Kind("catchment.q5", "in the least deprived fifth", "share", "2022", "catchment populations, IMD 2025"),
)
"""All kinds of facts, in the order of a trust's page."""

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of one trust.

    Attributes:
        value: In the kind's unit; NaN where unknown.
        basis: How it is known.
        low: Lower end of the range of an estimate (about 90 %); NaN otherwise.
        high: Upper end.
    """

    value: float
    basis: Basis
    low: float = np.nan
    high: float = np.nan


@dataclass(frozen=True, eq=False)
class TrustFacts:
    """Facts of all trusts.

    Attributes:
        code: ODS codes, the axis of all arrays.
        value: (kind, trust), in the order of `KINDS`; NaN where unknown.
        low: (kind, trust) lower end of the range of an estimate; NaN where the fact is no estimate.
        high: (kind, trust) upper end.
        basis: (kind, trust) values of `Basis`.
    """

    code: tuple[str, ...]
    value: Array
    low: Array
    high: Array
    basis: NDArray[np.int8]

    @classmethod
    def empty(cls, code: Sequence[str]) -> TrustFacts:
        """Facts of which nothing is known yet; the arrays may be filled in place."""
        shape = (len(KINDS), len(code))
        value, low, high = np.full((3, *shape), np.nan)
        return cls(tuple(code), value, low, high, np.full(shape, Basis.UNKNOWN, dtype=np.int8))

    @classmethod
    def from_columns(cls, code: Sequence[str], columns: Mapping[str, Any]) -> TrustFacts:
        """Facts from the table that `columns` made; kinds that are no longer known are left out."""
        facts = cls.empty(code)
        position = {kind.name: k for k, kind in enumerate(KINDS)}
        kind = np.array([position.get(name, -1) for name in columns["fact"]])
        known = kind >= 0
        at = kind[known], np.asarray(columns["trust"])[known]
        facts.value[at] = np.asarray(columns["value"])[known]
        facts.low[at] = np.asarray(columns["low"])[known]
        facts.high[at] = np.asarray(columns["high"])[known]
        facts.basis[at] = np.asarray(columns["basis"])[known]
        return facts

    def columns(self) -> dict[str, Any]:
        """The known facts as a tidy table: trust, fact, value, low, high, basis."""
        kind, trust = np.nonzero(~np.isnan(self.value))
        return {
            "trust": trust.astype(np.int16),
            "fact": [KINDS[k].name for k in kind],
            "value": self.value[kind, trust],
            "low": self.low[kind, trust],
            "high": self.high[kind, trust],
            "basis": self.basis[kind, trust],
        }

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {kind.name: k for k, kind in enumerate(KINDS)}

    def _at(self, name: str) -> int:
        if name not in self._index:
            raise InputError("no such fact of a trust", found=name, hint=did_you_mean(name, self._index))
        return self._index[name]

    def __getitem__(self, name: str) -> Array:
        """Values of a kind: (trust,), NaN where unknown.

        Raises:
            InputError: no such kind.
        """
        values: Array = self.value[self._at(name)]
        return values

    def known(self, name: str) -> NDArray[np.bool_]:
        """(trust,) whether a value is there, published or estimated."""
        return ~np.isnan(self[name])

    def estimated(self, name: str) -> NDArray[np.bool_]:
        """(trust,) whether the value is an estimate; its range is in `low` and `high`."""
        return np.asarray(self.basis[self._at(name)] == Basis.ESTIMATED)

    def published(self, name: str) -> Array:
        """Values of a kind where published for its own period; NaN elsewhere."""
        return np.where(self.basis[self._at(name)] == Basis.PUBLISHED, self[name], np.nan)

    def stated(self, name: str) -> Array:
        """Values of a kind that somebody published, for this period or another, or the trust gave; NaN elsewhere."""
        return np.where(self.estimated(name), np.nan, self[name])

    def range(self, name: str) -> tuple[Array, Array]:
        """(trust,) lower and upper ends: those of an estimate, the value itself where published."""
        k = self._at(name)
        low, high = self.low[k], self.high[k]
        return np.where(np.isnan(low), self.value[k], low), np.where(np.isnan(high), self.value[k], high)

    def of(self, trust: int) -> dict[str, Fact]:
        """All facts of one trust by kind, unknown ones included."""
        return {
            kind.name: Fact(
                float(self.value[k, trust]),
                Basis(int(self.basis[k, trust])),
                float(self.low[k, trust]),
                float(self.high[k, trust]),
            )
            for k, kind in enumerate(KINDS)
        }

    def put(self, name: str, trust: int, fact: Fact) -> None:
        """Set one fact while the table is being made; a NaN makes it unknown, without a range."""
        k = self._at(name)
        if np.isnan(fact.value):
            fact = Fact(np.nan, Basis.UNKNOWN)
        self.value[k, trust], self.low[k, trust], self.high[k, trust] = fact.value, fact.low, fact.high
        self.basis[k, trust] = fact.basis


SMALL = 0.005
"""Residual, as a share of England, that needs no explanation."""


@dataclass(frozen=True, slots=True)
class Total:
    """One total of England.

    Attributes:
        name: What is added up.
        unit: Its unit.
        period: Of both figures.
        trusts: Sum over trusts of their published figures.
        others: What providers that are no trust add; 0 where the published total leaves them out.
        estimates: What estimates for trusts without a figure add; not part of the residual.
        published: Published total.
        source: Where it is published.
        why: What explains the residual; empty where it is small or nothing explains it.
        measured: Whether figures of their own say how much of the residual that explains.
    """

    name: str
    unit: str
    period: str
    trusts: float
    others: float
    estimates: float
    published: float
    source: str
    why: str
    measured: bool = True

    @property
    def residual(self) -> float:
        """Sum of published figures less the published total."""
        return self.trusts + self.others - self.published

    @property
    def share(self) -> float:
        """Residual as a share of the published total."""
        return self.residual / abs(self.published)

    @property
    def unexplained(self) -> bool:
        """Whether the residual is above half a per cent and nothing that is measured explains it."""
        return abs(self.share) > SMALL and not (self.why and self.measured)
