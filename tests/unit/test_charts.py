"""The effect chart keeps its rules, says its numbers, and the lint catches what breaks them."""

from __future__ import annotations

import csv
import dataclasses
import math
from datetime import date

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from aft_sim.basis.errors import InputError
from aft_sim.present import style
from aft_sim.present.chart import TARGETS
from aft_sim.present.effect_chart import effect_chart
from aft_sim.present.lint import lint
from aft_sim.study.compare import Bands, effect_path

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)
CASES = {
    "practically zero": ({"effect": 5.0}, "2029-03", "practically zero effect"),
    "higher": ({"effect": 10.0, "scale": 40.0, "wobble": 0.5}, "2029-03", "points higher"),
    "lower": ({"effect": -10.0, "scale": 40.0, "wobble": 0.1}, "2029-03", "points lower"),
    "cannot tell": ({"effect": 12.0, "wobble": 1.0}, "2029-03", "cannot tell"),
    "nothing": ({"effect": 0.0}, "2029-03", "no effect at all"),
    "one pair": ({"seeds": 1, "last": "2029-03"}, "2029-03", "cannot tell"),
    "ten years": ({"effect": 12.0, "seeds": 3, "last": "2036-03"}, "2029-03", "March 2029"),
    "one year": ({"effect": 3.0, "last": "2027-03"}, "2027-03", "March 2027"),
    "far ceiling": ({"effect": 0.05, "scale": 40.0}, "2029-03", "practically zero"),
    "long title": ({"title": "Forty trusts of every kind hold all five freedoms " * 3}, "2029-03", "practically"),
}


@pytest.fixture(scope="module")
def path(make_study):
    return effect_path(make_study(), "policy", "baseline", bands=BANDS)


@pytest.fixture(scope="module")
def chart(path):
    return effect_chart(path)


def words(chart) -> str:
    figure = chart.figure
    return " ".join(text.get_text() for part in (figure, *figure.axes) for text in part.texts)


@pytest.mark.parametrize("case", CASES)
def test_clean_and_says_the_finding(make_study, case):
    options, at, finding = CASES[case]
    chart = effect_chart(effect_path(make_study(**options), "policy", "baseline", at=at, bands=BANDS))
    assert lint(chart) == []
    headline = " ".join(text.get_text() for text in chart.figure.texts if text.get_gid() == "headline")
    assert finding in headline
    assert finding in chart.alt


@pytest.mark.parametrize(
    ("outcome", "group"), [("median_weeks", "england"), ("list", "treated"), ("within_18_share", "trust:RTF")]
)
def test_other_outcomes_and_groups(make_study, outcome, group):
    found = effect_path(make_study(seeds=2), "policy", "baseline", outcome, group=group, bands=BANDS)
    chart = effect_chart(found)
    assert lint(chart) == []
    assert "Published path" not in words(chart)


def test_what_the_chart_shows(chart):
    shown = words(chart)
    for piece in (
        "95% interval",
        "Practically zero",
        "within ±0.10",
        "Ceiling +0.16",
        "Policy starts 1 June 2026",
        "Published path: 92% by March 2029",
        "65%",
        "70%",
        "policy (dashed)",
        "(thick line)",
        "Source: aft-sim",
        "Medium Term Planning Framework",
    ):
        assert piece in shown
    assert "e-" not in shown


def test_without_policy_start(path):
    chart = effect_chart(dataclasses.replace(path, policy_start=None))
    assert "Policy starts" not in words(chart)
    assert lint(chart) == []


@pytest.mark.parametrize("start", [date(2026, 3, 1), date(2027, 4, 1), date(2028, 6, 1)])
def test_other_policy_starts(path, start):
    assert lint(effect_chart(dataclasses.replace(path, policy_start=start))) == []


def test_targets_are_the_published_ones():
    assert TARGETS == (("2026-03", 65.0), ("2027-03", 70.0), ("2029-03", 92.0))


def test_data_behind_the_chart(chart, path):
    data = chart.data
    assert data["month"].to_pylist() == list(path.months)
    assert np.array_equal(data["effect"].to_numpy(), path.effect)
    at = path.months.index("2029-03")
    assert data["published_path"][at].as_py() == 92.0
    assert math.isnan(data["published_path"][at - 1].as_py())


def test_saving_writes_five_files(chart, tmp_path):
    files = chart.save(tmp_path / "charts" / "effect.png")
    assert [file.name for file in files] == [
        "effect.png",
        "effect.svg",
        "effect.csv",
        "effect.txt",
        "effect-codebook.csv",
    ]
    png, svg, data, alt, book = files
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "<svg" in svg.read_text(encoding="utf-8")
    assert alt.read_text(encoding="utf-8").strip() == chart.alt
    rows = list(csv.DictReader(data.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == chart.data.num_rows
    assert not any("e-" in cell for row in rows for cell in row.values())
    assert len(book.read_text(encoding="utf-8").splitlines()) == 1 + chart.data.num_columns
    first = [file.read_bytes() for file in files]
    chart.save(tmp_path / "charts" / "effect")
    assert [file.read_bytes() for file in files] == first


def test_saving_where_nothing_can_be_written(chart, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write the chart"):
        chart.save(tmp_path / "file" / "effect")


def test_global_matplotlib_state_is_left_alone(path):
    before = dict(mpl.rcParams)
    effect_chart(path)
    assert dict(mpl.rcParams) == before


@pytest.fixture
def broken(chart, path):
    return effect_chart(path)


def spoil_cut_off(figure):
    figure.text(0.95, 0.5, "a label that runs over the edge of the page")


def spoil_overlap(figure):
    figure.axes[0].text(0.5, 0.5, "one label", transform=figure.axes[0].transAxes)
    figure.axes[0].text(0.51, 0.5, "another label", transform=figure.axes[0].transAxes)


def spoil_line(figure):
    figure.axes[0].text(2027.5, 0.0, "on the zero line", va="center")


def spoil_rotation(figure):
    figure.axes[0].set_ylabel("points")


def spoil_small(figure):
    figure.text(0.5, 0.01, "tiny", fontsize=4)


def spoil_pale(figure):
    figure.text(0.5, 0.01, "pale", color="#BFBFBF")


def spoil_source(figure):
    for text in list(figure.texts):
        if text.get_gid() == "source":
            text.remove()


def spoil_headline(figure):
    for text in list(figure.texts):
        if text.get_gid() == "headline":
            text.remove()


def spoil_colours(figure):
    for colour in ("#7C2855", "#009639"):
        figure.axes[0].plot([2027, 2028], [0.01, 0.02], color=colour)


def spoil_pale_data(figure):
    figure.axes[0].lines[1].set_color("#FFB81C")


def spoil_dual(figure):
    figure.axes[0].twinx()


def spoil_grid(figure):
    figure.axes[0].set_yticks(np.linspace(-0.1, 0.1, 15))


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (spoil_cut_off, "cut off"),
        (spoil_overlap, "overlaps"),
        (spoil_line, "lies on a line"),
        (spoil_rotation, "not horizontal"),
        (spoil_small, "smaller"),
        (spoil_pale, "too pale"),
        (spoil_source, "no source"),
        (spoil_headline, "no headline"),
        (spoil_colours, "data colours"),
        (spoil_pale_data, "data colour #FFB81C"),
        (spoil_dual, "two axes"),
        (spoil_grid, "gridlines"),
    ],
)
def test_lint_catches(broken, spoil, complaint):
    with mpl.rc_context(dict(style.RC)):
        spoil(broken.figure)
    assert any(complaint in problem for problem in lint(broken))


def test_lint_asks_for_alt_text_data_and_interval(chart):
    assert any("alternative text" in one for one in lint(dataclasses.replace(chart, alt="a chart")))
    assert any("no data" in one for one in lint(dataclasses.replace(chart, data=chart.data.slice(0, 0))))
    assert "the interval is not named" in lint(dataclasses.replace(chart, figure=Figure()))


@pytest.mark.parametrize(
    ("x", "unit", "signed", "text"),
    [
        (0.123, "points", True, "+0.12"),
        (-0.123, "points", True, "−0.12"),
        (0.0042, "points", True, "+0.004"),
        (0.0000042, "points", True, "0.000"),
        (-1e-12, "points", True, "0.000"),
        (0.0, "points", True, "0.00"),
        (7_312_456.7, "pathways", False, "7,312,457"),
        (-12_345.6, "pathways", True, "−12,346"),
        (0.25, "pathways", True, "+0.25"),
        (1234.56, "GBP million", False, "1,234.6"),
        (0.004, "GBP million", True, "+0.004"),
        (61.5, "%", False, "61.50"),
        (13.456, "weeks", False, "13.46"),
        (None, "weeks", False, "not known"),
        (math.nan, "weeks", False, "not known"),
        (math.inf, "ratio", False, "unlimited"),
        (1e21, "pathways", False, "1,000,000,000,000,000,000,000"),
    ],
)
def test_numbers(x, unit, signed, text):
    assert style.number(x, unit, signed) == text


def test_intervals_have_the_same_decimals_at_both_ends():
    assert style.interval((0.0046, 0.0131), "points") == "+0.005 to +0.013"
    assert style.interval((-0.5, 1.0), "points") == "−0.50 to +1.00"
    assert style.interval(None, "points") == "none"


def test_dates_and_plain_numbers():
    assert style.month_name("2029-03") == "March 2029"
    assert style.day_name(date(2026, 6, 1)) == "1 June 2026"
    assert style.plain(0.0000012) == "0.0000012"
    assert style.plain(-2.5) == "-2.5"
    assert style.plain(math.nan) == ""


def test_palette_is_readable_on_white():
    for colour in style.PALETTE:
        assert style.contrast(mpl.colors.to_rgb(colour)) >= 3
    for colour in (style.TEXT, style.SECONDARY):
        assert style.contrast(mpl.colors.to_rgb(colour)) >= 4.5
