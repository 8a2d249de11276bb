"""NHS Oversight Framework 2025/26 by trust and quarter: metrics, scores, domains, segments, ranks.

Non-acute trusts come from the files as NHS England publishes them (four quarters, with the scores behind each
average); acute trusts, and the one ambulance trust with a result, from a compiled table of the third quarter that
has averages, domains and segments but no metric scores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from aft_sim.baseline.sources._csv import Row, read_rows, require_whole
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError

WHAT = "the metrics of the Oversight Framework"
WHAT_TABLE = "the league table of the Oversight Framework"
WHAT_WIDE = "the wide table of trust profiles"
WIDE_QUARTER = "Q3 2025/26"
"""Quarter of the oversight columns of the wide table, which has no column for it."""

DOMAINS = ("access", "effectiveness_experience", "finance_productivity", "patient_safety", "people_workforce")
NOT_IN_AVERAGE = ("OF1079", "OF1081")
"""Scores that only enter through the combined finance score, OF1080."""

_DOMAIN_IDS = {"00": DOMAINS[0], "05": DOMAINS[1], "03": DOMAINS[2], "02": DOMAINS[3], "04": DOMAINS[4]}
_RESULTS = {
    "segment": "OF5000",
    "average": "OF5002",
    "unadjusted": "OF5003",
    "override": "OF5004",
    "final": "OF5005",
    "recovery": "OF5007",
}
_NEEDED = ("segment", "average", "unadjusted", "override")
_COLUMNS = (
    *("Quarter", "Trust_type", "Trust_subtype", "Trust_code", "Trust_name", "Domain", "Sub-domain"),
    *("Metric_ID", "Metric_description", "Reporting_date", "Units", "Value", "Rank"),
)
_TABLE_COLUMNS = (
    *("Quarter", "Trust_type", "Trust_code", "Average_score", "Likely_range_of_average_score", "Segment"),
    *("Trust_in_financial_deficit", "Rank", "Likely_range_of_rank"),
)
_WIDE_VALUES = {
    "cancer_28day_pct": "cancer_28day_pct",
    "cancer_62day_pct": "cancer_62day_pct",
    "cdiff_infection_rate": "cdiff_infection_rate",
    "ecoli_bacteraemia_rate": "ecoli_bacteraemia_rate",
    "implied_productivity_pct": "implied_productivity_pct",
    "mrsa_cases_count": "mrsa_cases_count",
    "inpatients_60day_los_pct": "OF0063",
    "planned_surplus_deficit_pct": "OF0079",
    "staff_engagement_score": "OF0084",
    "staff_raising_concerns_score": "OF0061",
    "variance_to_financial_plan_pct": "OF0081",
}
_WIDE_RESULTS = (
    *("league_segment", "league_rank", "league_avg_score", "lt_in_deficit"),
    *("overall_adjusted_segment", "overall_avg_metric_score"),
)
_WIDE_COLUMNS = (
    *("org_code", "Trust_type", "Trust_subtype", *_WIDE_RESULTS),
    *(f"domain_{kind}_{d}" for kind in ("score", "segment") for d in DOMAINS),
    *_WIDE_VALUES,
)


@dataclass(frozen=True)
class Metric:
    """What a metric of the framework is: number, description, units and domain, as the file has them."""

    id: str
    description: str
    units: str
    domain: str
    sub_domain: str


@dataclass(frozen=True)
class Likely:
    """Published likely ranges of the league table: average score and rank, low to high."""

    average: tuple[float, float]
    rank: tuple[int, int]


@dataclass(frozen=True)
class Assessment:
    """Result of one trust in one quarter. None is not published.

    Attributes:
        published_as: Code under which it was published; the assessment belongs to its current trust.
        quarter: Such as "Q4 2025/26".
        group: League table, such as "Acute trust".
        subtype: Kind of trust within the group.
        values: Metric number (OF0...) to raw value, in the units of the metric. Acute metrics whose number is
            in no file at hand have their column name instead.
        scores: Score number (OF1...) to score, 1 (best) to 4; empty in the compiled table.
        domains: Name in `DOMAINS` to domain score, 1 to 4; domains without metrics are left out.
        domain_segments: Name in `DOMAINS` to domain segment, 1 to 4.
        average: Published average metric score, 1 (best) to 4, two decimals.
        segment: Published segment after the financial override, 1 (best) to 4.
        unadjusted: Segment before the override; None in the compiled table.
        rank: Place in the league table of its group and quarter, which is by segment first.
        override: Whether the financial override applied: no better than segment 3 with a deficit.
        final_segment: Segment with recovery support as 5; the first two quarters only.
        recovery: Whether the trust is in recovery support; the first two quarters only.
        likely: Ranges of the league table; the fourth quarter only.
    """

    published_as: str
    quarter: str
    group: str
    subtype: str
    values: Mapping[str, float]
    scores: Mapping[str, float]
    domains: Mapping[str, float]
    domain_segments: Mapping[str, int]
    average: float
    segment: int
    unadjusted: int | None
    rank: int | None
    override: bool | None
    final_segment: int | None = None
    recovery: bool | None = None
    likely: Likely | None = None


@dataclass(frozen=True)
class OversightResults:
    """All results by current trust.

    Attributes:
        trusts: Current code to quarter to assessment. A merged trust keeps its own; only where it has none in any
            quarter do its predecessors' count, and of several the one with the worst segment, then score.
        set_aside: Assessments of predecessors that are not used.
        not_trusts: Codes with a result that belong to no current trust.
        none_published: Current trusts without a result in any quarter.
        metrics: Metric number to its description.
    """

    trusts: Mapping[str, Mapping[str, Assessment]]
    set_aside: tuple[Assessment, ...]
    not_trusts: tuple[str, ...]
    none_published: tuple[str, ...]
    metrics: Mapping[str, Metric]

    def opening(self, code: str) -> Assessment | None:
        """Latest published assessment of a current trust; None where none is published."""
        quarters = self.trusts.get(code)
        return quarters[max(quarters, key=_order)] if quarters else None


def recompute_average(scores: Mapping[str, float]) -> float | None:
    """Average metric score from its parts: the plain mean of the scores, without the two in `NOT_IN_AVERAGE`.

    Args:
        scores: Score number (OF1...) to score.

    Returns:
        The mean, not rounded; None without scores.
    """
    counted = [score for name, score in scores.items() if name not in NOT_IN_AVERAGE]
    return sum(counted) / len(counted) if counted else None


def adjust_segment(unadjusted: int, override: bool) -> int:
    """Segment after the financial override: a trust in deficit is at best in segment 3."""
    return max(unadjusted, 3) if override else unadjusted


@dataclass
class _Parts:
    """What the metrics file says of one trust and quarter, as it is read."""

    row: Row
    values: dict[str, float] = field(default_factory=dict)
    rank: int | None = None


def _order(quarter: str) -> tuple[str, str]:
    return quarter[3:], quarter[:2]


def _quarter(row: Row) -> str:
    text = row.text("Quarter")
    if not re.fullmatch(r"Q[1-4] \d{4}/\d\d", text):
        raise row.error("not a quarter", "Quarter", "a quarter such as Q4 2025/26")
    return text


def _plain(text: str) -> str:
    """Text with no-break and double spaces made single ordinary ones."""
    return " ".join(text.split())


def _whole(row: Row, column: str, low: int, high: int) -> int:
    value = row.need_number(column)
    if value != int(value) or not low <= value <= high:
        raise row.error(f"column '{column}' is out of range", column, f"a whole number from {low} to {high}")
    return int(value)


def _metric_value(row: Row, name: str) -> float:
    """Value of one metric, checked for its kind: score 1 to 4, segment 1 to 5, flag 0 or 1."""
    if name.startswith("OF41") or name in (_RESULTS["segment"], _RESULTS["unadjusted"], _RESULTS["final"]):
        return float(_whole(row, "Value", 1, 5 if name == _RESULTS["final"] else 4))
    if name in (_RESULTS["override"], _RESULTS["recovery"]):
        return float(_whole(row, "Value", 0, 1))
    value = row.need_number("Value")
    if name.startswith(("OF1", "OF40")) or name == _RESULTS["average"]:
        return _score(row, "Value", value)
    return value


def _score(row: Row, column: str, value: float) -> float:
    if not 1 <= value <= 4:
        raise row.error("a score is out of range", column, "a number from 1 (best) to 4")
    return value


def read_metrics(path: Path) -> tuple[tuple[Assessment, ...], Mapping[str, Metric]]:
    """Read the metrics file of the non-acute trusts.

    Args:
        path: `official/nhs-oversight-framework-mental-health-and-community-trust-data-q4-2025-26.csv`.

    Returns:
        One assessment a trust (code as published) and quarter; descriptions by metric number.

    Raises:
        InputError: A wrong file or cell, a metric twice, a trust without its results (file cut short).
    """
    require_whole(path, WHAT)
    found: dict[tuple[str, str], _Parts] = {}
    metrics: dict[str, Metric] = {}
    for row in read_rows(path, _COLUMNS, WHAT):
        key, name = (row.text("Trust_code"), _quarter(row)), row.text("Metric_ID")
        if not re.fullmatch(r"OF(?:[01]\d{3}|4[01]0[02345]|500[023457])", name):
            raise row.error("no such metric of the framework", "Metric_ID", "OF0..., OF1..., OF4... or OF5...")
        parts = found.setdefault(key, _Parts(row))
        if name in parts.values:
            raise row.error("the metric is there twice for a trust and quarter", "Metric_ID", "each once")
        if row.maybe("Value") is not None:
            parts.values[name] = _metric_value(row, name)
        if name == _RESULTS["segment"] and row.maybe("Rank"):
            # The rank beside the average score is another one: the league table sorts by segment first.
            parts.rank = _whole(row, "Rank", 1, 999)
        texts = (_plain(row.cells[c]) for c in ("Metric_description", "Units", "Domain", "Sub-domain"))
        metrics.setdefault(name, Metric(name, *texts))
    if not found:
        raise InputError(f"{WHAT} have no rows", where=str(path), expected="one row a trust, quarter and metric")
    return tuple(_assessment(key, parts) for key, parts in found.items()), MappingProxyType(metrics)


def _assessment(key: tuple[str, str], parts: _Parts) -> Assessment:
    values, row = parts.values, parts.row
    missing = [_RESULTS[n] for n in _NEEDED if _RESULTS[n] not in values]
    if missing:
        raise InputError(
            f"{key[0]} has no {missing[0]} in {key[1]}",
            where=str(row.path),
            expected="segment, average, unadjusted segment and override of every trust and quarter",
            hint="Is the file cut short?",
        )

    def result(name: str) -> int | None:
        value = values.get(_RESULTS[name])
        return None if value is None else int(value)

    def part(prefix: str) -> dict[str, float]:
        return {n: v for n, v in sorted(values.items()) if n.startswith(prefix)}

    override, recovery = result("override"), result("recovery")
    return Assessment(
        published_as=key[0],
        quarter=key[1],
        group=row.text("Trust_type"),
        subtype=row.text("Trust_subtype"),
        values=MappingProxyType(part("OF0")),
        scores=MappingProxyType(part("OF1")),
        domains=MappingProxyType({_DOMAIN_IDS[n[4:]]: v for n, v in part("OF40").items()}),
        domain_segments=MappingProxyType({_DOMAIN_IDS[n[4:]]: int(v) for n, v in part("OF41").items()}),
        average=values[_RESULTS["average"]],
        segment=int(values[_RESULTS["segment"]]),
        unadjusted=result("unadjusted"),
        rank=parts.rank,
        override=bool(override),
        final_segment=result("final"),
        recovery=None if recovery is None else bool(recovery),
    )


def _range(row: Row, column: str) -> tuple[float, float]:
    match = re.fullmatch(r"(\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)", row.text(column))
    if not match or float(match.group(1)) > float(match.group(2)):
        raise row.error(f"column '{column}' is no range", column, "a range such as 1.2 to 1.89")
    return float(match.group(1)), float(match.group(2))


def _add_league_table(path: Path, assessments: tuple[Assessment, ...]) -> tuple[Assessment, ...]:
    """Check the league table against the metrics of its quarter, and add its likely ranges."""
    require_whole(path, WHAT_TABLE)
    by_key = {(a.published_as, a.quarter): a for a in assessments}
    seen: dict[tuple[str, str], Likely] = {}
    quarter = ""
    for row in read_rows(path, _TABLE_COLUMNS, WHAT_TABLE):
        quarter = _quarter(row)
        key = (row.text("Trust_code"), quarter)
        found = by_key.get(key)
        if key in seen or found is None:
            what = "is there twice" if key in seen else "has no metrics in its quarter"
            raise row.error(f"the trust {what}", "Trust_code", "each trust of the metrics file once")
        deficit = row.text("Trust_in_financial_deficit")
        if deficit not in ("Yes", "No"):
            raise row.error("the deficit flag is neither yes nor no", "Trust_in_financial_deficit", "Yes or No")
        stated = (_whole(row, "Segment", 1, 4), row.need_number("Average_score"), _whole(row, "Rank", 1, 999))
        metrics = (found.segment, found.average, found.rank)
        if stated != metrics or (deficit == "Yes") != found.override:
            expected = f"segment, average and rank {metrics} and override {found.override}, as in the metrics file"
            raise row.error("the league table and the metrics differ", "Trust_code", expected)
        ranks = _range(row, "Likely_range_of_rank")
        seen[key] = Likely(_range(row, "Likely_range_of_average_score"), (int(ranks[0]), int(ranks[1])))
    absent = [code for code, when in by_key if when == quarter and (code, when) not in seen]
    if absent or not seen:
        raise InputError(
            "the league table lacks trusts of the metrics file",
            where=str(path),
            found=absent[:3],
            expected="a row for every trust of its quarter",
            hint="Is the file cut short?",
        )
    return tuple(replace(a, likely=seen.get((a.published_as, a.quarter))) for a in assessments)


def _wide_assessment(row: Row) -> Assessment:
    segment, average = _whole(row, "league_segment", 1, 4), row.need_number("league_avg_score")
    if (segment, average) != (row.number("overall_adjusted_segment"), row.number("overall_avg_metric_score")):
        expected = "the same segment and average in both pairs of columns"
        raise row.error("two columns of the wide table differ", "league_segment", expected)
    override = row.maybe_number("lt_in_deficit")
    if override not in (None, 0.0, 1.0):
        raise row.error("the deficit flag is neither 0 nor 1", "lt_in_deficit", "0, 1 or a blank")
    scores = {d: f"domain_score_{d}" for d in DOMAINS}
    segments = {d: f"domain_segment_{d}" for d in DOMAINS}
    return Assessment(
        published_as=row.text("org_code"),
        quarter=WIDE_QUARTER,
        group=row.text("Trust_type"),
        subtype=row.text("Trust_subtype"),
        values=MappingProxyType({n: row.need_number(c) for c, n in _WIDE_VALUES.items() if row.maybe(c)}),
        scores=MappingProxyType({}),
        domains=MappingProxyType({d: _score(row, c, row.need_number(c)) for d, c in scores.items() if row.maybe(c)}),
        domain_segments=MappingProxyType({d: _whole(row, c, 1, 4) for d, c in segments.items() if row.maybe(c)}),
        average=_score(row, "league_avg_score", average),
        segment=segment,
        unadjusted=None,
        rank=_whole(row, "league_rank", 1, 999),
        override=None if override is None else bool(override),
    )


def read_wide(path: Path) -> tuple[Assessment, ...]:
    """Read the oversight columns of the wide table, third quarter of 2025/26.

    Its other columns are left alone: its sickness figures and ratings are unreliable. A metric that is blank is
    not published for the trust.

    Args:
        path: `trust_profiles_wide.csv`.

    Returns:
        One assessment (code as published) for each organisation with a segment.

    Raises:
        InputError: A wrong file or cell, a code twice, columns that contradict each other.
    """
    require_whole(path, WHAT_WIDE)
    found: dict[str, Assessment] = {}
    seen: set[str] = set()
    for row in read_rows(path, _WIDE_COLUMNS, WHAT_WIDE):
        code = row.text("org_code")
        if code in seen:
            raise row.error("the organisation is there twice", "org_code", "each code once")
        seen.add(code)
        if row.maybe("league_segment") is not None:
            found[code] = _wide_assessment(row)
    if not found:
        raise InputError(f"{WHAT_WIDE} has no trust with a segment", where=str(path), expected="acute trusts")
    return tuple(found.values())


def read_oversight(metrics: Path, league_table: Path, wide: Path, register: TrustRegister) -> OversightResults:
    """Read all results and give them to current trusts.

    Args:
        metrics: Metrics of the non-acute trusts, see `read_metrics`.
        league_table: `official/nhs-oversight-framework-mental-health-and-community-trust-league-table-...csv`; it
            must agree with the metrics of its quarter.
        wide: `trust_profiles_wide.csv`, see `read_wide`; where the metrics file has the trust and quarter, that
            counts.
        register: Current trusts and their predecessors.

    Returns:
        Assessments by current trust and quarter.

    Raises:
        InputError: A wrong file or cell, or files that contradict each other.
    """
    published, described = read_metrics(metrics)
    published = _add_league_table(league_table, published)
    known = {(a.published_as, a.quarter): a for a in published}
    extra = []
    for found in read_wide(wide):
        same = known.get((found.published_as, found.quarter))
        if same is None:
            extra.append(found)
        elif (same.segment, same.average, same.rank) != (found.segment, found.average, found.rank):
            raise InputError(
                f"the wide table and the metrics differ on {found.published_as} in {found.quarter}",
                where=str(wide),
                found=(found.segment, found.average, found.rank),
                expected=f"{(same.segment, same.average, same.rank)} (segment, average, rank)",
            )
    return _fold((*published, *extra), register, described)


def _fold(
    assessments: tuple[Assessment, ...], register: TrustRegister, metrics: Mapping[str, Metric]
) -> OversightResults:
    groups: dict[str, list[Assessment]] = {}
    not_trusts: set[str] = set()
    for found in assessments:
        code = register.current(found.published_as)
        if code is None:
            not_trusts.add(found.published_as)
        else:
            groups.setdefault(code, []).append(found)
    trusts: dict[str, Mapping[str, Assessment]] = {}
    set_aside: list[Assessment] = []
    for code, group in sorted(groups.items()):
        own = [a for a in group if a.published_as == code]
        # A later quarter of a predecessor says nothing of the whole trust, so one code is never mixed with another
        # where the trust has its own; among predecessors the worst, as a merger improves no segment on paper.
        ranked = sorted(own or group, key=lambda a: (-a.segment, -a.average, a.published_as))
        kept = {q: next(a for a in ranked if a.quarter == q) for q in sorted({a.quarter for a in ranked}, key=_order)}
        set_aside.extend(a for a in group if a is not kept.get(a.quarter))
        trusts[code] = MappingProxyType(kept)
    return OversightResults(
        MappingProxyType(trusts),
        tuple(set_aside),
        tuple(sorted(not_trusts)),
        tuple(c for c in register.codes() if c not in trusts),
        metrics,
    )
