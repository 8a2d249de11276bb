"""What an evaluation could detect: the regression, the formula, the published noise, the statement of a small study."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present import power_page
from aft_sim.present.lint import lint
from aft_sim.present.power_chart import power_chart
from aft_sim.spec.register import Register
from aft_sim.study.places import Places
from aft_sim.study.power import Rule, power
from aft_sim.study.power_noise import PublishedNoise, Windows, fit, read_panel
from aft_sim.study.result import ResultSet, RunResult

pytestmark = pytest.mark.unit

RULE = Rule(level=0.05, power=0.8, window=12)
CODES = ("RBS", "RTF", *(f"RC{i}" for i in range(8)))


def places() -> Places:
    near = CODES[2:6]
    return Places(
        type={**dict.fromkeys(CODES, "acute"), "RDD": "community"},
        region=dict.fromkeys(CODES, "North"),
        icb=dict.fromkeys(CODES, "QA"),
        segment={code: 2.0 if code in near else 3.0 for code in (*CODES, "RDD")},
        icb_names={"QA": "Alpha"},
    )


@pytest.fixture(scope="module")
def wave(make_study):
    """A study of ten trusts whose shares wander by themselves, with `effect` points more at two of them."""

    def make(effect: float, last: str = "2029-06", treated: tuple[str, ...] = ("RBS", "RTF", "RDD")) -> ResultSet:
        small = make_study(seeds=3, last=last)
        runs = [dataclasses.replace(run, **_changed(run, effect, treated)) for run in small]
        return dataclasses.replace(small, runs=tuple(runs))

    return make


def _changed(run: RunResult, effect: float, treated: tuple[str, ...]) -> dict[str, object]:
    months = sorted(set(run.tables["england"].column("month").to_pylist()))
    rng = np.random.default_rng(run.seed)
    rows = []
    for code in CODES:
        wander = 60 + 4 * rng.standard_normal() + np.cumsum(0.5 * rng.standard_normal(len(months)))
        for month, share in zip(months, wander, strict=True):
            more = effect if run.scenario == "policy" and code in treated and month >= "2026-06" else 0.0
            people = {"list": 1e4, "within_18": 100 * (share + more), "treated_admitted": 300 * (1 + more / 100)}
            row = {"month": month, "trust": code, "quintile": "all"}
            rows.append(dict.fromkeys(registry.LEVELS["trust"].values, 100.0) | row | people)
    table = pa.Table.from_pylist(rows, schema=registry.LEVELS["trust"].schema)
    return {"tables": {**run.tables, "trust": table}, "treated": treated if run.scenario == "policy" else ()}


def test_regression_without_adjustment_is_the_pooled_t_test():
    rng = np.random.default_rng(3)
    before, after = rng.normal(60, 5, 9), rng.normal(62, 5, 9)
    treated = np.array([[1.0, 1.0, 1.0, 0, 0, 0, 0, 0, 0]])
    found = fit(before, after, treated, adjusted=False)
    change = after - before
    expected = stats.ttest_ind(change[:3], change[3:])
    assert found.df == 7
    assert found.leverage[0] == pytest.approx(1 / 3 + 1 / 6)
    t = found.effect[0] / np.sqrt(found.variance[0] * found.leverage[0])
    assert t == pytest.approx(expected.statistic)


def test_adjusted_regression_is_ordinary_least_squares():
    rng = np.random.default_rng(4)
    before = rng.normal(60, 5, 12)
    treated = np.array([1.0] * 4 + [0.0] * 8)
    after = 3 + 0.7 * before + 2 * treated + rng.normal(0, 1, 12)
    x = np.column_stack([np.ones(12), treated, before])
    beta, square, _, _ = np.linalg.lstsq(x, after, rcond=None)
    found = fit(before, after, treated[None, :], adjusted=True)
    assert found.df == 9
    assert found.effect[0] == pytest.approx(beta[1])
    assert found.variance[0] == pytest.approx(square[0] / 9)
    assert found.leverage[0] == pytest.approx(np.linalg.inv(x.T @ x)[1, 1])


def test_formula_against_a_hand_computed_case():
    """Two against six, standard deviation 4: t(0.975, 6) = 2.4469, t(0.8, 6) = 0.9057, error 4 * sqrt(2 / 3)."""
    size = RULE.detectable(16.0, 1 / 2 + 1 / 6, 6)
    assert size == pytest.approx((2.4469 + 0.9057) * 4 * np.sqrt(2 / 3), rel=1e-4)
    assert RULE.chance(0.0, 16.0, 2 / 3, 6) == pytest.approx(0.05)
    assert RULE.chance(size, 16.0, 2 / 3, 6) == pytest.approx(0.8, abs=0.02)
    assert RULE.chance(-size, 16.0, 2 / 3, 6) == pytest.approx(RULE.chance(size, 16.0, 2 / 3, 6))


def test_windows():
    early, late = Windows.at(4, 6, 12), Windows.at(20, 36, 12)
    assert (early.before, early.after) == ((0, 4), (4, 10))
    assert (late.before, late.after) == ((8, 20), (44, 56))


def test_published_noise_meets_the_published_figures():
    noise, register = PublishedNoise.from_register(), Register.load()
    assert noise.correlation(np.array([9.0]))[0] == pytest.approx(register.number("compare.trust_persistence"))
    assert noise.correlation(np.array([1.0]))[0] == pytest.approx(0.99, abs=0.005)
    month = Windows((0, 1), (1, 2))
    assert np.sqrt(noise.variance(month, adjusted=False)) == pytest.approx(register.number("compare.trust_noise"))
    assert noise.variance(month, adjusted=True) < noise.variance(month, adjusted=False)


def test_rule_comes_from_the_register():
    register = Register.load()
    rule = Rule.from_register()
    assert rule == RULE
    assert rule.level == register.number("compare.significance") / 100
    assert rule.power == register.number("compare.power") / 100
    assert rule.window == register.number("compare.power_window")


def test_large_effects_are_found_and_small_ones_not(wave):
    small, large = (power(wave(effect), "policy", "baseline", places=places(), rule=RULE) for effect in (0.1, 60.0))
    assert small.wave == ("RBS", "RTF") and small.left_out == ("RDD",)
    assert small.start == "2026-06" and small.before == 4
    assert small.months == (6, 12, 24, 36)
    assert [line.design.name for line in small.lines] == [
        "near-misses",
        "near-misses, adjusted",
        "others",
        "others, adjusted",
    ]
    assert [len(line.design.codes) for line in small.lines] == [4, 4, 8, 8]
    for line in small.lines:
        assert line.first_found is None and line.points[35].at == "2029-05"
        assert line.points[35].effect.effect == pytest.approx(0.1, abs=1e-4)
        assert 0.05 <= line.points[35].chance < 0.06
    assert all(line.first_found is not None and line.first_found.months == 1 for line in large.lines[2:])
    assert "In no month" in power_page.when(small)
    assert "Detectable from June 2026 on" in power_page.when(large)


def test_sentences_table_and_chart(wave):
    for effect, last in ((0.1, "2029-06"), (60.0, "2029-06"), (0.0, "2026-09")):
        found = power(wave(effect, last), "policy", "baseline", places=places(), rule=RULE)
        text = " ".join(power_page.sentences(found))
        assert ("not detectable" in text) == (effect < 1)
        assert "Left out" in text and "RDD" in text
        assert power_page.power_table(found).row_count == 4 * len(found.months)
        assert lint(power_chart(found)) == []
        assert set(power_page.records(found)[0]) == set(power_page.codebook(found))
    assert "no effect at all" in power_page.when(found)


def test_flows_are_compared_in_per_cent(wave):
    found = power(wave(5.0), "policy", "baseline", "treated", places=places(), rule=RULE)
    assert found.unit == "%"
    expected = 100 * np.log((300 * 1.05 + 100) / 400)
    assert found.lines[0].points[20].effect.effect == pytest.approx(expected, rel=1e-3)
    assert found.lines[0].points[20].published is None
    assert lint(power_chart(found)) == []


def test_csv_has_a_codebook(wave, tmp_path):
    found = power(wave(0.1), "policy", "baseline", places=places(), rule=RULE)
    main, book = power_page.write_csv(found, tmp_path / "power")
    header = main.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header == [line.split(",")[0] for line in book.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"outcome": "median_weeks"}, "no evaluation is planned for this outcome"),
        ({"trusts": ["RC0"]}, "does not designate these trusts"),
        ({"trusts": ["RDD"]}, "no trust of the wave can be evaluated"),
        ({"policy": "baseline", "baseline": "policy"}, "no trust is designated"),
    ],
)
def test_mistakes(wave, changes, complaint):
    asked = {"policy": "policy", "baseline": "baseline", "places": places(), "rule": RULE} | changes
    with pytest.raises(InputError, match=complaint):
        power(wave(1.0, "2026-12"), **asked)


def test_trusts_designated_in_both_arms(wave):
    study = wave(1.0, "2026-12")
    runs = tuple(dataclasses.replace(run, treated=("RBS", "RTF")) for run in study)
    with pytest.raises(InputError, match="comparator designates"):
        power(dataclasses.replace(study, runs=runs), "policy", "baseline", places=places(), rule=RULE)


def test_trusts_without_values_are_no_part_of_a_panel(wave):
    run = wave(0.0, "2026-12").runs[0]
    table = run.tables["trust"].to_pylist()
    gone = [row | {"list": 0.0, "within_18": 0.0} if row["trust"] == "RC0" else row for row in table]
    tables = {"trust": pa.Table.from_pylist(gone, schema=run.tables["trust"].schema)}
    panel = read_panel(dataclasses.replace(run, tables=tables), registry.outcome("within_18_share"))
    assert "RC0" not in panel.codes and len(panel.codes) == len(CODES) - 1
