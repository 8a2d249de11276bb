"""Published figures on money: what is kept, units, and one message where a figure is not there."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline import finance
from aft_sim.baseline.finance import Finance, read_finance, write_finance
from aft_sim.baseline.sources.icbs import Icb, IcbTable, weighted_population
from aft_sim.baseline.sources.series_layouts import LAYOUTS
from aft_sim.baseline.sources.series_table import SeriesTable
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

FINANCE = Finance(
    ("2024/25", "2025/26", "2025/26", "2025/26"),
    ("income", "income", "backlog", "systems"),
    np.array([90.0, 100.0, 15.9, 15.0]),
    ("GBP m", "GBP m", "GBP bn", "of 42"),
    ("report",) * 4,
)


def table(name: str, rows: list[tuple[str, ...]], numbers: dict[str, list[float]], **texts: list[str]) -> SeriesTable:
    columns = {key: np.array(values) for key, values in numbers.items()}
    return SeriesTable(LAYOUTS[name], tuple(rows), columns, {}, {key: tuple(v) for key, v in texts.items()})


def icb(code: str, name: str, registered: float) -> Icb:
    full = f"NHS {name} Integrated Care Board"
    return Icb(code, code, full, "", (), None, 1.0, (0.2,) * 5, registered, (1.0,) * 5, (0.0, 0.0))


def test_money_is_in_millions():
    assert FINANCE.gbp_m("2025/26", "income") == 100
    assert FINANCE.gbp_m("2025/26", "backlog") == 15_900
    assert FINANCE.number("2025/26", "systems") == 15


@pytest.mark.parametrize(
    ("year", "measure", "words"),
    [("2025/26", "incom", "income"), ("2023/24", "income", "no figure"), ("2025/26", "systems", "no sum of money")],
)
def test_a_figure_that_is_not_there_is_one_clear_message(year, measure, words):
    with pytest.raises(InputError, match=words):
        FINANCE.gbp_m(year, measure)


def test_two_figures_of_one_measure_are_refused():
    twice = Finance(("2025/26",) * 2, ("income",) * 2, np.array([1.0, 2.0]), ("GBP m",) * 2, ("a", "b"))
    with pytest.raises(InputError, match="2 figures"):
        twice.number("2025/26", "income")


def test_recalled_figures_and_counts_of_flags_are_left_out(tmp_path):
    rows = [
        ("2025/26", "provider income", "GBP m", ""),
        ("2014/15", "net position", "GBP m", ""),
        ("2025/26", "trusts flagged in deficit (NOF Q4)", "of 61", ""),
    ]
    status = ["opened", "recalled, unverified", "opened"]
    series = table("provider_finance_annual", rows, {"value": [7.0, 8.0, 12.0]}, source=["a"] * 3, status=status)
    write_finance(tmp_path, series)
    found = read_finance(tmp_path)
    assert found.gbp_m("2025/26", "provider income") == 7
    assert "net position" not in found.measure
    assert not [measure for measure in found.measure if finance.COUNTED in measure]
    assert found.gbp_m("2025/26", "deficit support withheld") == 91, "read in a publication"
    assert all(found.source)


def test_boards_are_matched_by_name_and_checked_by_their_patients():
    boards = IcbTable((icb("Q1", "Essex", 200.0), icb("Q2", "West and North London", 300.0)), np.zeros((2, 5)))
    rows = [("2025/26", "QX"), ("2026/27", "T2"), ("2026/27", "T4")]
    names = ["Essex", "Essex", "North Central and West London"]
    numbers = {"registered_pop": [190.0, 200.0, 300.0], "core_wp": [1.0, 210.0, 280.0]}
    weights = table("icb_weighted_population", rows, numbers, icb_name=names)
    assert weighted_population(boards, weights).tolist() == [210, 280]
    other = table("icb_weighted_population", rows, numbers | {"registered_pop": [190.0, 201.0, 300.0]}, icb_name=names)
    with pytest.raises(InputError, match="Essex"):
        weighted_population(boards, other)
