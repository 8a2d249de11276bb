"""Paired comparison: statistics, groups, ceilings and verdicts against hand-computed cases."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.study.compare import Bands, compare, effect_path
from aft_sim.study.paired import Verdict, paired_effect
from aft_sim.study.result import ResultSet, RunResult

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)


def test_student_interval_by_hand():
    effect = paired_effect([2.0, 4.0, 6.0], [1.0, 1.0, 1.0], band=0.1)
    # differences 1, 3, 5: mean 3, sd 2, t(2, 97.5%) = 4.30265
    half = 4.302652729911275 * 2.0 / math.sqrt(3)
    assert effect.effect == 3.0
    assert effect.sd == 2.0
    assert effect.interval == pytest.approx((3.0 - half, 3.0 + half))
    assert effect.verdict is Verdict.CANNOT_TELL
    assert effect.variance_ratio == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("differences", "verdict"),
    [
        ([0.01, 0.02, 0.015], Verdict.PRACTICALLY_ZERO),
        ([0.5, 0.51, 0.52], Verdict.HIGHER),
        ([-0.5, -0.51, -0.52], Verdict.LOWER),
        ([0.05, 0.1, 0.15], Verdict.CANNOT_TELL),
        ([0.0, 0.0], Verdict.PRACTICALLY_ZERO),
    ],
)
def test_verdicts(differences, verdict):
    assert paired_effect(differences, [0.0] * len(differences), band=0.1).verdict is verdict


def test_exactly_zero_in_every_pair():
    effect = paired_effect([61.3, 60.1], [61.3, 60.1], band=0.0)
    assert effect.effect == 0.0
    assert effect.interval == (0.0, 0.0)
    assert effect.words == "practically zero (exactly zero in every pair)"
    assert effect.variance_ratio == math.inf


def test_one_pair_has_no_interval():
    effect = paired_effect([2.0], [1.0], band=0.1)
    assert effect.interval is None
    assert effect.sd is None
    assert effect.words == "cannot tell (one pair)"


def test_several_draws_are_the_units_of_the_interval():
    effect = paired_effect([1.0, 3.0, 5.0, 7.0], [0.0] * 4, band=0.1, draws=[0, 0, 1, 1])
    same = paired_effect([2.0, 6.0], [0.0] * 2, band=0.1)
    assert effect.n_pairs == 4
    assert effect.n_units == 2
    assert effect.interval == same.interval


def test_arms_must_match():
    with pytest.raises(ValueError, match="same number"):
        paired_effect([1.0], [1.0, 2.0], band=0.1)


def test_groups_and_order(make_study):
    result = compare(make_study(), "policy", "baseline", bands=BANDS)
    assert [row.group for row in result.rows] == [
        "england",
        *(f"quintile-{q}" for q in range(1, 6)),
        "gap",
        "treated",
        "trust:RBS",
        "trust:RTF",
        "others",
        "independent",
    ]
    assert result.treated == ("RBS", "RTF", "RDY")
    assert result.without_list == ("RDY",)
    assert result.row("others").paired.exactly_zero
    assert result.row("independent").paired.exactly_zero
    assert result.row("treated").words == "higher (better)"
    assert result.row("trust:RBS").paired.band == 1.0
    assert result.row("england").paired.band == 0.1
    assert result.row("gap").paired.baseline == pytest.approx(1.6)


def test_published_definition_for_england_and_all_patients_for_trusts(make_study):
    study = make_study(seeds=1, noise=0.0, wobble=0.0)
    row = compare(study, "policy", "baseline", at="2029-03", bands=BANDS).row("treated")
    assert row.paired.effect == pytest.approx(5.0, abs=1e-4)  # ramp is complete after 33 months
    assert row.paired.policy - row.paired.baseline == pytest.approx(row.paired.effect)


def test_ceilings_by_hand(make_study):
    study = make_study(seeds=2)
    result = compare(study, "policy", "baseline", bands=BANDS)
    england, treated = result.row("england"), result.row("treated")
    # treated list 53,000 of 7.2 million patients treated in England, at the treated trusts' level
    assert england.ceiling == pytest.approx(53_000 / 7_200_000 * (92 - treated.paired.baseline), rel=1e-4)
    assert treated.ceiling == pytest.approx(92 - treated.paired.baseline, rel=1e-6)
    assert result.row("trust:RTF").ceiling == pytest.approx(92 - treated.paired.baseline, rel=1e-4)
    assert result.row("others").ceiling is None
    assert result.row("independent").ceiling is None
    most, least = (result.row(f"quintile-{q}").ceiling for q in (1, 5))
    assert most is not None and least is not None
    assert result.row("gap").ceiling == pytest.approx(least - most)
    share = england.paired.baseline / 100
    gone = 53_000 * (1 - treated.paired.baseline / 100)
    expected = 100 * (7_200_000 * share / (7_200_000 - gone) - share)
    assert result.ceiling_if_gone == pytest.approx(expected, rel=1e-3)


def test_ceiling_is_zero_without_a_list(make_study):
    study = make_study(seeds=2)
    runs = tuple(
        RunResult(run.scenario, run.scenario_hash, run.seed, run.draw, run.tables, ("RDY",) if run.treated else ())
        for run in study
    )
    result = compare(ResultSet(runs), "policy", "baseline", bands=BANDS)
    assert result.row("england").ceiling == 0.0
    assert result.ceiling_if_gone == 0.0
    assert "treated" not in [row.group for row in result.rows]


def test_no_ceiling_bounds_a_policy_that_takes_freedoms_away(make_study):
    study = make_study(seeds=2)
    result = compare(study, "baseline", "policy", bands=BANDS)
    assert all(row.ceiling is None for row in result.rows)
    assert result.ceiling_if_gone is None
    assert any("no ceiling" in note for note in result.notes)
    assert effect_path(study, "baseline", "policy", bands=BANDS).ceiling is None


def test_trusts_treated_in_both_arms_are_named(make_study):
    study = make_study(seeds=2)
    runs = tuple(
        RunResult(run.scenario, run.scenario_hash, run.seed, run.draw, run.tables, run.treated or ("RBS",))
        for run in study
    )
    result = compare(ResultSet(runs), "policy", "baseline", bands=BANDS)
    assert result.treated_in_both == ("RBS",)
    assert result.treated == ("RBS", "RTF", "RDY")


def test_others_fall_back_on_the_nhs_less_the_treated(make_study):
    study = make_study(seeds=2)
    runs = []
    for run in study:
        trust = run.tables["trust"]
        kept = trust.filter(pa.array([code in ("RBS", "RTF") for code in trust["trust"].to_pylist()]))
        tables = {**run.tables, "trust": kept}
        runs.append(RunResult(run.scenario, run.scenario_hash, run.seed, 0, tables, run.treated))
    few = compare(ResultSet(tuple(runs)), "policy", "baseline", bands=BANDS).row("others")
    full = compare(study, "policy", "baseline", bands=BANDS).row("others")
    assert full.paired.exactly_zero
    assert few.paired.baseline == pytest.approx(full.paired.baseline, rel=1e-6)
    assert few.paired.effect == pytest.approx(0.0, abs=1e-3)  # the NHS here leaves out 1% of each trust's list


def test_without_trust_table_only_england(make_study):
    study = make_study(seeds=2)
    runs = tuple(
        RunResult(run.scenario, run.scenario_hash, run.seed, 0, {"england": run.tables["england"]}, run.treated)
        for run in study
    )
    result = compare(ResultSet(runs), "policy", "baseline", bands=BANDS)
    groups = {row.group for row in result.rows}
    assert not groups & {"treated", "others", "trust:RBS"}
    assert all(row.ceiling is None for row in result.rows)
    assert any("no trust table" in note for note in result.notes)


WAITING = [one for one in registry.OUTCOMES.values() if not {"money", "system"} & {*one.levels}]


@pytest.mark.parametrize("outcome", [one.name for one in WAITING if not one.measure])
def test_every_waiting_outcome_compares(make_study, outcome):
    result = compare(make_study(seeds=2), "policy", "baseline", outcome, bands=BANDS)
    assert result.row("england").paired.n_pairs == 2
    if outcome != "within_18_share":
        england = result.row("england").paired
        assert england.band == pytest.approx(0.001 * abs(england.baseline))
        assert any("0.1%" in note for note in result.notes)


@pytest.mark.parametrize("outcome", [one.name for one in WAITING if one.measure])
def test_inequality_of_every_share_and_rate_compares(make_study, outcome):
    result = compare(make_study(seeds=2), "policy", "baseline", outcome, bands=BANDS)
    measure, england = registry.OUTCOMES[outcome], result.row("england").paired
    assert england.n_pairs == 2 and np.isfinite(england.effect)
    level = compare(make_study(seeds=2), "policy", "baseline", measure.of, bands=BANDS).row("england").paired
    absolute = level.band if measure.effect_unit != "index" else 0.001
    assert england.band == pytest.approx(absolute)
    assert not {row.group for row in result.rows} & {"quintile-1", "gap"}, "a fifth has no inequality between fifths"
    assert result.tallies == ()


def test_inequality_by_hand(make_study):
    """Fifths of the made-up England: 24, 22, 20, 18 and 16 % of people, shares 0.4 points apart from -0.8 to 0.8."""
    study = make_study(seeds=1, effect=0.0)

    def england(measure):
        return compare(study, "policy", "baseline", f"within_18_share_{measure}", bands=BANDS).row("england").paired

    gap = england("gap")
    assert (gap.baseline, gap.effect) == (pytest.approx(-1.6), 0.0)
    # a straight line over the fifths in steps of one: ranks 0.88, 0.65, 0.44, 0.25, 0.08 from the least deprived, so
    # centred 0.38, 0.15, -0.06, -0.25, -0.42; sum of w c y = -0.07296 - 0.0132 + 0 - 0.018 - 0.05376 = -0.15792
    # and of w c c = 0.034656 + 0.00495 + 0.00072 + 0.01125 + 0.028224 = 0.0798
    assert england("sii").baseline == pytest.approx(-0.15792 / 0.0798)
    # all trusts have the same mix of fifths, so nothing is between them; the independent sector, a fifth of the trusts'
    # size, treats fifths alike, so that 1 / 1.2 of the trusts' gap is left within
    assert england("gap_within").baseline == pytest.approx(-1.6 / 1.2)
    assert england("gap_between").baseline == pytest.approx(0.0, abs=1e-6)
    # nor do trusts differ
    assert england("gini").baseline == pytest.approx(0.0, abs=1e-6)


def test_flows_are_summed_over_twelve_months(make_study):
    study = make_study(seeds=2)
    year = compare(study, "policy", "baseline", "starts", at="2029-03", bands=BANDS).row("england")
    month = study.runs[0].tables["england"]
    one = month.filter(pa.array([b == "england" for b in month["basis"].to_pylist()]))
    one = one.filter(pa.array([q == "all" for q in one["quintile"].to_pylist()]))
    assert year.paired.baseline == pytest.approx(12 * one["starts"][0].as_py())


def test_lower_is_better_for_waits(make_study):
    result = compare(make_study(), "policy", "baseline", "over_52", bands=BANDS)
    treated = result.row("treated")
    assert treated.words == "lower (better)"
    assert treated.ceiling == pytest.approx(-treated.paired.baseline)


def test_money_by_financial_year(make_study):
    rows = compare(make_study(seeds=2), "policy", "baseline", bands=BANDS).money
    drawn = {(row.group, row.financial_year): row for row in rows if row.outcome == "drawn"}
    # two treated trusts with money of their own draw 0.1 a month from June 2026
    assert drawn["treated", "2025/26"].in_year == 0.0
    assert drawn["treated", "2026/27"].in_year == pytest.approx(2.0, rel=1e-6)
    assert drawn["treated", "2028/29"].cumulative.effect == pytest.approx(6.8, rel=1e-6)
    assert drawn["others", "2028/29"].cumulative.exactly_zero
    assert drawn["all", "2028/29"].cumulative.effect == drawn["treated", "2028/29"].cumulative.effect
    assert {row.financial_year for row in rows} == {"2025/26", "2026/27", "2027/28", "2028/29"}


def test_path_agrees_with_the_comparison(make_study):
    study = make_study()
    path = effect_path(study, "policy", "baseline", bands=BANDS)
    row = compare(study, "policy", "baseline", bands=BANDS).row("england")
    at = path.months.index("2029-03")
    assert path.effect[at] == row.paired.effect
    assert (path.low[at], path.high[at]) == row.paired.interval
    assert path.ceiling is not None and path.ceiling[at] == row.ceiling
    assert np.all(path.effect[: path.months.index("2026-06")] == 0.0)
    assert path.policy_start is not None and path.policy_start.year == 2026
    trust = effect_path(study, "policy", "baseline", group="trust:RBS", until="2029-03", bands=BANDS)
    assert trust.months[-1] == "2029-03"
    assert trust.band[0] == 1.0


def test_names_label_trusts(make_study):
    result = compare(make_study(seeds=2), "policy", "baseline", bands=BANDS, names={"RBS": "Alder Hey"})
    assert result.row("trust:RBS").label == "Alder Hey (RBS)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": "polcy"}, "policy"),
        ({"outcome": "lst"}, "list"),
        ({"outcome": "drawn"}, "financial year"),
        ({"at": "2031-03"}, "2029-06"),
    ],
)
def test_mistakes_are_explained(make_study, arguments, message):
    with pytest.raises(InputError, match=message):
        compare(make_study(seeds=2), **{"policy": "policy", "baseline": "baseline", "bands": BANDS} | arguments)


def test_no_seed_in_common(make_study):
    study = make_study(seeds=2)
    runs = tuple(run for run in study if (run.scenario == "policy") == (run.seed == 1))
    with pytest.raises(InputError, match="same seed"):
        compare(ResultSet(runs), "policy", "baseline", bands=BANDS)


@pytest.mark.parametrize(("trusts", "band"), [(1, 1.0), (2, 0.5**0.5), (4, 0.5), (16, 0.25), (400, 0.1)])
def test_band_of_treated_trusts_falls_with_their_number(trusts, band):
    share = registry.outcome("within_18_share")
    assert BANDS.of("treated", share, 60.0, trusts) == pytest.approx(band)
    assert BANDS.of("england", share, 60.0, trusts) == 0.1
    assert BANDS.of("trust:RTF", share, 60.0, trusts) == 1.0


def test_effect_of_is_compare(make_study):
    study = make_study(seeds=2)
    found = study.effect_of("policy", vs="baseline", bands=BANDS)
    assert found.at(at="2029-03").row("england").paired == (
        compare(study, "policy", "baseline", bands=BANDS).row("england").paired
    )
    assert found.path().row == found.at().row("england")


def test_effect_table_in_words_and_as_numbers(make_study):
    study = make_study(seeds=3)
    table = study.effect_of("policy", bands=BANDS).table("within_18_share", by="quintile", at="2029-03")
    assert [row.group for row in table] == ["england", *(f"quintile-{q}" for q in range(1, 6)), "gap"]
    first = table.to_dicts()[0]
    whole = compare(study, "policy", "baseline", bands=BANDS).row("england")
    assert (first["effect"], first["low"], first["high"]) == (whole.paired.effect, *whole.paired.interval)
    assert first["verdict"] == str(whole.paired.verdict)
    text = str(table)
    assert text.splitlines()[0].endswith("2029-03: policy against baseline")
    assert len(text.splitlines()) == 2 + len(table)
    groups = {row.group for row in study.effect_of("policy", bands=BANDS).table()}
    assert groups <= {"england", "treated", "others", "independent"}
    trusts = study.effect_of("policy", bands=BANDS).table(by="trust")
    assert all(row.group.startswith("trust:") for row in trusts)


def test_effect_table_of_an_unknown_division(make_study):
    with pytest.raises(InputError, match='Did you mean "quintile"'):
        make_study(seeds=2).effect_of("policy").table(by="quintil")


def test_frame_joins_runs(make_study):
    frame = make_study(seeds=2).frame("england")
    assert frame.column_names[:4] == ["scenario", "seed", "draw", "month"]
    assert set(frame["scenario"].to_pylist()) == {"baseline", "policy"}
    with pytest.raises(InputError, match="region"):
        make_study(seeds=2).frame("region")
