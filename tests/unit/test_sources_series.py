"""England's series, targets and projections, on small files in their layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from _layouts import write_table

from aft_sim.baseline.sources import series
from aft_sim.baseline.sources.series import read_demand_projection, read_rtt_monthly, read_targets
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


def month_row(month: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(series._RTT_NEEDED, "")
    return row | {"month": month, "total_incomplete": 7247214, "p92_wait_weeks": "40.347"} | changes


def test_blanks_are_unknown_and_floors_are_kept(tmp_path: Path) -> None:
    rows = [
        month_row("2025-11", p92_wait_weeks="52+", over_65w=""),
        month_row("2025-12", over_65w="7457.0"),
        month_row("2026-01"),
    ]
    found = read_rtt_monthly(write_table(tmp_path / "rtt.csv", rows))
    assert found.months == ("2025-11", "2025-12", "2026-01")
    assert found.at("total_incomplete", "2026-01") == 7247214
    assert np.isnan(found.at("over_65w", "2025-11"))
    assert np.isnan(found.at("p92_wait_weeks", "2025-11"))
    assert list(found.floors) == ["p92_wait_weeks"]
    assert found.floors["p92_wait_weeks"][0] == 52
    assert np.isnan(found.floors["p92_wait_weeks"][1:]).all()
    assert found.columns["over_65w"].dtype == np.float64
    with pytest.raises(InputError, match="no such column"):
        found.at("p99", "2026-01")
    with pytest.raises(InputError, match="no such month"):
        found.at("over_65w", "2026-02")


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (month_row("2026-02"), "not in order"),
        (month_row("January"), "not a month"),
        (month_row("2026-01", over_52w="lots"), "not a number"),
        (month_row("2026-01", over_52w="inf"), "not a number"),
    ],
)
def test_wrong_series(tmp_path: Path, second: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_rtt_monthly(write_table(tmp_path / "rtt.csv", [month_row("2025-12"), second]))
    assert caught.value.where == f"{tmp_path / 'rtt.csv'}:3"


def targets(folder: Path, *rows: tuple[str, str, str, str]) -> tuple[series.Target, ...]:
    names = ("when", "value", "unit", "status")
    common = {"metric": "RTT within 18 weeks", "scope": "England", "source": "guidance"}
    table = [common | dict(zip(names, row, strict=True)) for row in rows]
    return read_targets(write_table(folder / "targets.csv", table))


def test_targets(tmp_path: Path) -> None:
    a, b, c, d, e = targets(
        tmp_path,
        ("2027-03", "70", "%", "opened"),
        ("2027-02", "+7 pp or 65%", "", "recalled, unverified"),
        ("2025/26", "-30", "% on 2024/25", "opened"),
        ("2026/27-2028/29", "2", "% a year", "opened"),
        ("2028-03", "not published", "", "opened"),
    )
    assert (a.value, a.start, a.due, a.verified) == (70, date(2027, 3, 31), date(2027, 3, 31), True)
    assert (b.value, b.rise, b.unit, b.due, b.verified) == (65, 7, "%", date(2027, 2, 28), False)
    assert (c.value, c.start, c.due) == (-30, date(2025, 4, 1), date(2026, 3, 31))
    assert (d.start, d.due) == (date(2026, 4, 1), date(2029, 3, 31))
    assert (e.value, e.text) == (None, "not published")


@pytest.mark.parametrize("when", ["2025/27", "March 2027", "2026/27-2028/30", "2027-13"])
def test_wrong_period_of_a_target(tmp_path: Path, when: str) -> None:
    with pytest.raises(InputError, match="no such period"):
        targets(tmp_path, (when, "70", "%", "opened"))


def demand_row(year: str, service: str, index: float, budget: float = 100) -> dict[str, object]:
    return {
        "fy": year,
        "service": service,
        "activity_index_2018_19": index,
        "cost_weighted_activity_index_2018_19": index + 1,
        "baseline_budget_2018_19_gbp_m": budget,
    }


def test_demand_projection(tmp_path: Path) -> None:
    rows = [demand_row(y, s, i) for s in ("B", "A") for y, i in (("2018/19", 100), ("2019/20", 102))]
    found = read_demand_projection(write_table(tmp_path / "d.csv", rows))
    assert (found.services, found.years) == (("A", "B"), ("2018/19", "2019/20"))
    assert found.activity.tolist() == [[100, 102], [100, 102]]
    assert found.cost_weighted[0, 1] == 103
    assert found.budget_2018_19.tolist() == [100, 100]


def test_wrong_demand_projection(tmp_path: Path) -> None:
    rows = [demand_row("2018/19", "A", 100), demand_row("2019/20", "A", 101)]
    with pytest.raises(InputError, match="has gaps"):
        read_demand_projection(write_table(tmp_path / "d.csv", [*rows, demand_row("2018/19", "B", 100)]))
    with pytest.raises(InputError, match="there twice"):
        read_demand_projection(write_table(tmp_path / "d.csv", [rows[0], rows[0]]))
    rows[1] = demand_row("2019/20", "A", 101, budget=90)
    with pytest.raises(InputError, match="budget changes"):
        read_demand_projection(write_table(tmp_path / "d.csv", rows))
    with pytest.raises(InputError, match="not a financial year"):
        read_demand_projection(write_table(tmp_path / "d.csv", [demand_row("2018", "A", 100)]))
