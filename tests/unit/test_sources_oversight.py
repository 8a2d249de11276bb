"""Oversight Framework: metrics, league table and the wide table of acute trusts, on small files in their layout."""

from __future__ import annotations

from pathlib import Path

import pytest
from _layouts import small_register, trust_row, write_table

from aft_sim.baseline.sources import oversight
from aft_sim.baseline.sources.oversight import OversightResults, adjust_segment, read_oversight, recompute_average
from aft_sim.baseline.sources.trusts import TrustRegister, read_trusts
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

Q3, Q4 = "Q3 2025/26", "Q4 2025/26"
TYPE = "Mental health and community trust"
SCORES = {"OF1005": 2.0, "OF1079": 4.0, "OF1080": 3.0, "OF1081": 1.0, "OF1084": 2.5}
RESULTS = {"OF5000": 3.0, "OF5002": 2.5, "OF5003": 2.0, "OF5004": 1.0}
DOMAINS = {"OF4000": 2.0, "OF4003": 3.0, "OF4004": 2.5, "OF4100": 1.0, "OF4103": 4.0}


def metric_row(code: str, quarter: str, name: str, value: object, **changes: object) -> dict[str, object]:
    """One row of the metrics file; its description ends in a no-break space, as some do."""
    row: dict[str, object] = {
        "Quarter": quarter,
        "Region": "London",
        "Trust_type": TYPE,
        "Trust_subtype": "Community",
        "Trust_code": code,
        "Trust_name": f"Trust {code}",
        "Domain": "Access to services",
        "Sub-domain": "Elective care",
        "Metric_ID": name,
        "Metric_description": f"Metric\u00a0of {name}\u00a0",
        "Reporting_date": "Mar-26",
        "Units": "score",
        "Value": value,
        "Median_value": "",
        "Lower_quartile": "",
        "Upper_quartile": "",
        # The average score has a rank of its own, which is not that of the league table.
        "Rank": {"OF5000": "7.0", "OF5002": "20.0"}.get(name, ""),
    }
    return row | changes


def metric_rows(code: str, quarter: str = Q4, **changes: float) -> list[dict[str, object]]:
    values = {"OF0005": 9.03, **SCORES, **DOMAINS, **RESULTS} | changes
    return [metric_row(code, quarter, name, value) for name, value in values.items()]


def league_row(code: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "Quarter": Q4,
        "Region": "London",
        "Trust_type": TYPE,
        "Trust_subtype": "Community",
        "Trust_code": code,
        "Trust_name": f"Trust {code}",
        "Average_score": "2.5",
        "Likely_range_of_average_score": "2.1 to 2.89",
        "Segment": "3.0",
        "Trust_in_financial_deficit": "Yes",
        "Rank": "7.0",
        "Likely_range_of_rank": "4 to 11",
    }
    return row | changes


def wide_row(code: str, segment: object = "1.0", **changes: object) -> dict[str, object]:
    """An acute trust, or with a blank segment one of the many without a result."""
    row: dict[str, object] = dict.fromkeys(oversight._WIDE_COLUMNS, "")
    row |= {"org_code": code, "org_name": f"Trust {code}", "sickness_rate_overall_latest": "unreliable"}
    if segment:
        row |= {"Trust_type": "Acute trust", "Trust_subtype": "Acute - Large", "league_segment": segment}
        row |= {"overall_adjusted_segment": segment, "league_rank": "8.0", "lt_in_deficit": "0.0"}
        row |= {"league_avg_score": "1.66", "overall_avg_metric_score": "1.66", "cancer_62day_pct": "84.25"}
        row |= {"domain_score_access": "1.47", "domain_segment_access": "1.0", "planned_surplus_deficit_pct": "1.43"}
    return row | changes


def read(
    folder: Path,
    metrics: list[dict[str, object]] | None = None,
    league: list[dict[str, object]] | None = None,
    wide: list[dict[str, object]] | None = None,
    register: TrustRegister | None = None,
) -> OversightResults:
    return read_oversight(
        write_table(folder / "metrics.csv", metric_rows("RTF") if metrics is None else metrics, "utf-8-sig"),
        write_table(folder / "league.csv", [league_row("RTF")] if league is None else league, "utf-8-sig"),
        write_table(folder / "wide.csv", [wide_row("RA7"), wide_row("AJN", "")] if wide is None else wide),
        small_register(folder) if register is None else register,
    )


def test_parts_of_a_published_result(tmp_path: Path) -> None:
    found = read(tmp_path)
    trust = found.opening("RTF")
    assert trust is not None
    assert (trust.quarter, trust.segment, trust.unadjusted, trust.override, trust.rank) == (Q4, 3, 2, True, 7)
    assert dict(trust.values) == {"OF0005": 9.03}
    assert dict(trust.scores) == SCORES
    assert dict(trust.domains) == {"access": 2.0, "finance_productivity": 3.0, "people_workforce": 2.5}
    assert dict(trust.domain_segments) == {"access": 1, "finance_productivity": 4}
    assert trust.likely == oversight.Likely((2.1, 2.89), (4, 11))
    assert found.metrics["OF1005"].description == "Metric of OF1005"


def test_average_is_the_mean_of_scores_without_the_two_parts_of_finance() -> None:
    assert recompute_average(SCORES) == pytest.approx((2.0 + 3.0 + 2.5) / 3)
    assert recompute_average({"OF1079": 4.0}) is None
    assert recompute_average({}) is None


@pytest.mark.parametrize(("unadjusted", "override", "segment"), [(1, True, 3), (4, True, 4), (1, False, 1)])
def test_financial_override(unadjusted: int, override: bool, segment: int) -> None:
    assert adjust_segment(unadjusted, override) == segment


def test_acute_trusts_have_domains_but_no_scores(tmp_path: Path) -> None:
    trust = read(tmp_path).opening("RA7")
    assert trust is not None
    assert (trust.quarter, trust.segment, trust.average, trust.rank) == (Q3, 1, 1.66, 8)
    assert (trust.unadjusted, trust.override) == (None, False)
    assert dict(trust.values) == {"cancer_62day_pct": 84.25, "OF0079": 1.43}
    assert dict(trust.domains) == {"access": 1.47}
    assert recompute_average(trust.scores) is None


def test_unknown_deficit_is_not_no_deficit(tmp_path: Path) -> None:
    trust = read(tmp_path, wide=[wide_row("RX6", lt_in_deficit="")]).opening("RX6")
    assert trust is not None
    assert trust.override is None


def test_trusts_without_a_segment(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.none_published == ("RH5", "RX6")
    assert found.opening("RX6") is None
    assert found.not_trusts == ()


def test_a_merged_trust_keeps_its_own_result_even_where_a_predecessor_has_a_later_one(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        metrics=metric_rows("RVJ", Q4),
        league=[league_row("RVJ")],
        wide=[wide_row("RA7"), wide_row("RVJ", "2.0")],
    )
    opening = found.opening("RA7")
    assert opening is not None
    assert (opening.published_as, opening.quarter, opening.segment) == ("RA7", Q3, 1)
    assert [(a.published_as, a.quarter) for a in found.set_aside] == [("RVJ", Q4), ("RVJ", Q3)]


def test_without_a_result_of_its_own_the_worst_predecessor_counts(tmp_path: Path) -> None:
    path = write_table(tmp_path / "trusts.csv", [trust_row("RA7", predecessor_codes="RVJ;RV1"), trust_row("RTF")])
    wide = [wide_row("RVJ", "2.0"), wide_row("RV1", "4.0"), wide_row("ZZZ", "1.0")]
    found = read(tmp_path, wide=wide, register=read_trusts(path))
    opening = found.opening("RA7")
    assert opening is not None
    assert (opening.published_as, opening.segment) == ("RV1", 4)
    assert [a.published_as for a in found.set_aside] == ["RVJ"]
    assert found.not_trusts == ("ZZZ",)


def test_quarters_are_kept_apart(tmp_path: Path) -> None:
    early = metric_rows("RTF", "Q1 2025/26", OF5000=4.0, OF5003=4.0, OF5005=5.0, OF5007=1.0)
    found = read(tmp_path, metrics=metric_rows("RTF") + early)
    assert list(found.trusts["RTF"]) == ["Q1 2025/26", Q4]
    first = found.trusts["RTF"]["Q1 2025/26"]
    assert (first.segment, first.final_segment, first.recovery, first.likely) == (4, 5, True, None)
    assert found.trusts["RTF"][Q4].recovery is None


def test_blank_metric_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, metrics=[*metric_rows("RTF"), metric_row("RTF", Q4, "OF1016", "")])
    assert "OF1016" not in found.trusts["RTF"][Q4].scores


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (metric_row("RTF", Q4, "OF1005", 2.0), "there twice"),
        (metric_row("RTF", Q4, "OF7000", 2.0), "no such metric"),
        (metric_row("RTF", "2025 Q4", "OF1016", 2.0), "not a quarter"),
        (metric_row("RTF", Q4, "OF1016", 4.5), "out of range"),
        (metric_row("RTF", Q4, "OF1016", "n/a"), "not a number"),
        (metric_row("RTF", Q4, "OF5005", 6), "out of range"),
        (metric_row("RTF", Q4, "OF4105", 2.5), "out of range"),
    ],
)
def test_wrong_metrics(tmp_path: Path, row: dict[str, object], words: str) -> None:
    rows = [*metric_rows("RTF"), row]
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, metrics=rows)
    assert caught.value.where == f"{tmp_path / 'metrics.csv'}:{len(rows) + 1}"


def test_metrics_cut_short_by_rows(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"RTF has no OF5004 .*cut short"):
        read(tmp_path, metrics=metric_rows("RTF")[:-1])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([league_row("RTF", Segment="2.0")], "differ"),
        ([league_row("RTF", Trust_in_financial_deficit="No")], "differ"),
        ([league_row("RTF", Rank="20.0")], "differ"),
        ([league_row("RTF"), league_row("RTF")], "there twice"),
        ([league_row("RTF"), league_row("RXX")], "no metrics in its quarter"),
        ([league_row("RTF", Likely_range_of_rank="11 to 4")], "no range"),
        ([league_row("RTF", Trust_in_financial_deficit="")], "blank"),
    ],
)
def test_wrong_league_table(tmp_path: Path, rows: list[dict[str, object]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, league=rows)


def test_league_table_without_all_trusts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="lacks trusts") as caught:
        read(tmp_path, metrics=metric_rows("RTF") + metric_rows("RH5"))
    assert caught.value.found == ["RH5"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([wide_row("RA7"), wide_row("RA7")], "there twice"),
        ([wide_row("RA7", overall_adjusted_segment="2.0")], "columns of the wide table differ"),
        ([wide_row("RA7", lt_in_deficit="2")], "neither 0 nor 1"),
        ([wide_row("RA7", domain_score_access="5")], "out of range"),
        ([wide_row("RA7", "")], "no trust with a segment"),
    ],
)
def test_wrong_wide_table(tmp_path: Path, rows: list[dict[str, object]], words: str) -> None:
    with pytest.raises(InputError, match=words):
        read(tmp_path, wide=rows)


def test_wide_table_must_not_contradict_the_metrics(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="differ on RTF in Q3"):
        read(tmp_path, metrics=metric_rows("RTF") + metric_rows("RTF", Q3), wide=[wide_row("RTF")])


def test_missing_column_is_named_with_its_nearest_match(tmp_path: Path) -> None:
    rows = [{("MetricID" if k == "Metric_ID" else k): v for k, v in r.items()} for r in metric_rows("RTF")]
    with pytest.raises(InputError, match="column 'Metric_ID' is missing") as caught:
        read(tmp_path, metrics=rows)
    assert caught.value.found == "MetricID"


def test_file_cut_in_its_last_line(tmp_path: Path) -> None:
    path = write_table(tmp_path / "metrics.csv", metric_rows("RTF"))
    path.write_bytes(path.read_bytes().rstrip())
    with pytest.raises(InputError, match=r"has no end.*cut short"):
        oversight.read_metrics(path)


def test_wrong_encoding(tmp_path: Path) -> None:
    path = write_table(tmp_path / "metrics.csv", metric_rows("RTF"), "cp1252")
    with pytest.raises(InputError, match="not text in the expected encoding"):
        oversight.read_metrics(path)
