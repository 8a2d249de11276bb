"""Every kind of chart keeps its rules in constructed cases and names only places that can be told apart."""

from __future__ import annotations

import dataclasses

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.present import charts
from aft_sim.present.contact import contact_sheet
from aft_sim.present.fan_chart import fan_chart
from aft_sim.present.lint import lint
from aft_sim.present.place_chart import place_chart
from aft_sim.study.by_place import PlaceRow, short_place
from aft_sim.study.compare import Bands
from aft_sim.study.paired import Verdict, paired_effect
from aft_sim.study.spread import spread

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)
NAMES = {code: f"University Hospitals of a Very Long Name and Its Neighbours {code}" for code in ("RBS", "RTF")}
CASES = {
    "benefit": {"effect": 10.0, "scale": 40.0, "wobble": 0.1},
    "harm": {"effect": -10.0, "scale": 40.0, "wobble": 0.1},
    "zero": {"effect": 0.0},
    "noisy": {"effect": 12.0, "wobble": 1.5},
    "one pair": {"seeds": 1},
    "long title": {"title": "Forty trusts of every kind hold all five freedoms " * 3},
}


def effect_in(make_study, case):
    return make_study(**CASES[case]).effect_of("policy", "baseline", bands=BANDS, names=NAMES)


@pytest.mark.parametrize("case", CASES)
def test_trusts(make_study, case):
    chart = charts.trusts(effect_in(make_study, case))
    assert lint(chart) == []
    if case in ("benefit", "harm"):
        assert f"{'higher' if case == 'benefit' else 'lower'} at 2 of 4 trusts by March 2029" in chart.headline
        assert "Very Long Name" in chart.alt
    if case in ("zero", "one pair"):
        assert "Very Long Name" not in chart.alt
    if case == "zero":
        assert "practically zero effect on the 18-week share at all 4 trusts" in chart.headline


@pytest.mark.parametrize("case", CASES)
def test_quintiles(make_study, case):
    chart = charts.quintiles(effect_in(make_study, case))
    assert lint(chart) == []
    found = {"benefit": "higher in all five fifths", "harm": "lower in all five fifths", "one pair": "cannot tell"}
    assert found.get(case, "fifth") in chart.headline
    assert "gap between least and most deprived" in chart.headline
    assert chart.data.num_rows == 7


@pytest.mark.parametrize("case", CASES)
def test_fan(make_study, case):
    chart = charts.fan(make_study(**CASES[case]))
    assert lint(chart) == []
    assert "in March 2029: " in chart.headline
    assert "in baseline" in chart.headline and "in policy" in chart.headline
    assert ("One run a scenario" in chart.alt) == (case == "one pair")


@pytest.mark.parametrize("case", CASES)
def test_inequality(make_study, case):
    chart = charts.inequality(make_study(**CASES[case]))
    assert lint(chart) == []
    assert chart.headline.startswith("Slope index of the share of the list waiting under 18 weeks in March 2029: ")
    assert set(chart.data["measure"].to_pylist()) == {"gap", "sii"}
    assert ("One run a scenario" in chart.alt) == (case == "one pair")


def test_inequality_of_other_outcomes_and_groups(make_study):
    study = make_study(seeds=2, last="2027-06")
    for outcome in ("over_52_share", "over_52_share_sii", "treated_rate", "capital_per_head"):
        assert lint(charts.inequality(study, outcome=outcome)) == [], outcome
    for group in ("treated", "trust:RTF", "others"):
        assert lint(charts.inequality(study, outcome="over_52_share", group=group)) == [], group
    found = study.effect_of("policy", "baseline", bands=BANDS, names=NAMES)
    for outcome in ("over_52_share_sii", "over_52_share_ratio", "within_18_share_gini"):
        assert lint(charts.effect(found, outcome)) == [], outcome
        assert lint(charts.fan(study, outcome=outcome)) == [], outcome
    assert lint(charts.trusts(found, "within_18_share_sii")) == []
    with pytest.raises(InputError, match="not recorded by trust"):
        charts.trusts(found, "within_18_share_gini")
    with pytest.raises(InputError, match="single fifth"):
        charts.inequality(study, group="quintile-1")
    with pytest.raises(InputError, match="no inequality between fifths"):
        charts.inequality(study, outcome="list")


@pytest.mark.parametrize("last", ["2026-09", "2027-03", "2029-06"])
@pytest.mark.parametrize("outcome", ["list", "over_52", "treated", "median_weeks"])
def test_other_outcomes_and_short_runs(make_study, outcome, last):
    study = make_study(seeds=2, last=last)
    found = study.effect_of("policy", "baseline", bands=BANDS, names=NAMES)
    assert lint(charts.fan(study, outcome=outcome)) == []
    for group in ("england", "gap") if outcome == "median_weeks" else ("england", "treated", "trust:RTF", "others"):
        assert lint(charts.effect(found, outcome, group)) == [], group
    if outcome != "median_weeks":
        assert lint(charts.trusts(found, outcome)) == []
    assert lint(charts.quintiles(found, outcome)) == []


def test_a_flow_over_time_starts_with_its_first_whole_year(make_study):
    study = make_study(seeds=2)
    found = study.effect_of("policy", "baseline", bands=BANDS)
    for chart in (charts.effect(found, "treated"), charts.fan(study, outcome="treated")):
        assert chart.data["month"].to_pylist()[0] == "2027-01"  # February 2026 to January 2027
        assert "12 months to March 2029" in chart.alt and "52 or 53 weeks" in whole_text(chart)
    assert charts.effect(found, "list").data["month"].to_pylist()[0] == "2026-02"
    short = make_study(seeds=2, last="2026-09").effect_of("policy", "baseline", bands=BANDS)
    assert charts.effect(short, "treated").data["month"].to_pylist()[0] == "2026-02"


def whole_text(chart):
    return " ".join(text.get_text() for text in chart.figure.texts)


def test_each_row_is_shaded_by_its_own_band(make_study):
    chart = charts.quintiles(make_study(seeds=2).effect_of("policy", "baseline", bands=BANDS), "list")
    shaded = [patch.get_width() / 2 for patch in chart.figure.axes[0].patches]
    assert shaded == pytest.approx(chart.data["band"].to_pylist())
    share = charts.quintiles(make_study(seeds=2).effect_of("policy", "baseline", bands=BANDS))
    assert len(share.figure.axes[0].patches) == 1


def test_a_gap_of_shares_is_in_points(make_study):
    found = effect_in(make_study, "benefit")
    chart = charts.effect(found, group="gap")
    assert chart.codebook["level_policy"][1] == "points"
    assert "Level: gap in share of the list waiting under 18 weeks, points" in [
        text.get_text() for axes in chart.figure.axes for text in axes.texts
    ]
    assert "points in baseline" in charts.fan(found.results, group="gap").headline


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("treated", "18-week share at the treated trusts together"),
        ("quintile-1", "18-week share in England's most deprived fifth"),
        ("gap", "18-week share gap between the least and the most deprived fifth"),
        ("trust:RTF", "(RTF)"),
    ],
)
def test_headlines_name_the_group(make_study, group, words):
    assert words in charts.effect(effect_in(make_study, "benefit"), group=group).headline


def test_fan_percentiles(make_study):
    found = spread(make_study(seeds=5))
    one = found.scenarios[0]
    assert one.n_runs == 5
    assert (one.percentiles[:-1] <= one.percentiles[1:]).all()


def test_fan_refuses_five_scenarios(make_study):
    found = spread(make_study(seeds=1))
    with pytest.raises(InputError, match="too many scenarios"):
        fan_chart(dataclasses.replace(found, scenarios=found.scenarios[:1] * 5))


@pytest.mark.parametrize("kind", ["trust", "icb"])
@pytest.mark.parametrize("spreading", [0.3, 8.0])
def test_many_places(make_study, kind, spreading):
    found = effect_in(make_study, "benefit").by_place("trust")
    rows = []
    for i in range(150):
        value = spreading * (75 - i) / 75
        paired = paired_effect([60 + value, 60.1 + value, 59.9 + value + 0.01 * (i % 7)], [60, 60.1, 59.9], 1.0)
        rows.append(PlaceRow(f"R{i:03d}", f"Place of some length {i}", i % 5 == 0, paired))
    chart = place_chart(dataclasses.replace(found, kind=kind, rows=tuple(rows)))
    assert lint(chart) == []
    assert chart.data.num_rows == 150
    assert ("practically zero effect" in chart.headline) == (spreading < 1)


def test_places_are_sorted_and_named_only_beyond_the_band(make_study):
    found = effect_in(make_study, "benefit").by_place("trust")
    effects = [row.paired.effect for row in found.rows]
    assert effects == sorted(effects, reverse=True)
    assert {row.code for row in found.of(Verdict.HIGHER)} == {"RBS", "RTF"}


def test_what_is_missing_is_told(make_study):
    effect = effect_in(make_study, "zero")
    with pytest.raises(InputError, match="icb_quintile"):
        charts.icbs(effect)
    with pytest.raises(InputError, match="not recorded by trust"):
        charts.trusts(effect, "median_weeks")
    with pytest.raises(InputError, match="no such month"):
        charts.trusts(effect, at="2040-03")


def test_short_names():
    assert short_place("NHS Humber and North Yorkshire Integrated Care Board") == "Humber and North Yorkshire"
    assert short_place("Alder Hey Children's NHS Foundation Trust") == "Alder Hey Children's"


def test_lint_asks_for_a_codebook(make_study):
    chart = charts.trusts(effect_in(make_study, "zero"))
    assert any("codebook" in one for one in lint(dataclasses.replace(chart, codebook={})))
    unitless = {name: (meaning, "") for name, (meaning, _) in chart.codebook.items()}
    assert any("no unit" in one for one in lint(dataclasses.replace(chart, codebook=unitless)))


def test_contact_sheet(make_study, tmp_path):
    study = make_study(seeds=2)
    path = contact_sheet([charts.fan(study), charts.quintiles(effect_in(make_study, "zero"))], tmp_path / "all")
    assert path.read_bytes().startswith(b"\x89PNG")
