"""Comparison by place, type and status; winners and losers; what fixes the treated trusts; verdicts in built cases."""

from __future__ import annotations

import csv
import dataclasses
import math

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present.tables import effect_table, precision, write_csv
from aft_sim.spec.draws import Draw
from aft_sim.study.compare import Bands, compare
from aft_sim.study.effect import BY
from aft_sim.study.groups import Groups
from aft_sim.study.paired import Verdict
from aft_sim.study.places import Places
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo
from aft_sim.study.selection import frozen_selection
from aft_sim.study.winners import trust_noise

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)
#: RBS and RTF are treated; RAA is a near miss; RBB is neither.
PLACES = Places(
    type={"RBS": "specialist", "RTF": "acute", "RAA": "acute", "RBB": "acute"},
    region={"RBS": "North", "RTF": "North", "RAA": "South", "RBB": "South"},
    icb={"RBS": "QA", "RTF": "QA", "RAA": "QB", "RBB": "QB"},
    segment={"RBS": 1.0, "RTF": 1.0, "RAA": 2.0, "RBB": 3.0},
    icb_names={"QA": "NHS Alpha Integrated Care Board", "QB": "NHS Beta Integrated Care Board"},
)


def with_places(study: ResultSet) -> ResultSet:
    """The study with tables of regions and boards: two of each, a board's residents being its trusts' patients."""
    runs = []
    for run in study:
        trust = run.tables["trust"].to_pylist()
        tables = dict(run.tables)
        for level, key, where in (("region", "region", PLACES.region), ("icb_quintile", "icb", PLACES.icb)):
            schema = registry.LEVELS[level].schema
            sums: dict[tuple[str, ...], dict[str, object]] = {}
            for row in trust:
                if level == "region" and row["quintile"] != "all":
                    continue
                keys = {"month": row["month"], key: where[row["trust"]]}
                if level == "icb_quintile":
                    keys["quintile"] = row["quintile"]
                entry = sums.setdefault(
                    tuple(keys.values()), {**keys, **dict.fromkeys(registry.LEVELS[level].values, 0.0)}
                )
                for name in registry.LEVELS[level].values:
                    entry[name] += row[name]  # type: ignore[operator]
            tables[level] = pa.Table.from_pylist(list(sums.values()), schema=schema)
        runs.append(dataclasses.replace(run, tables=tables))
    return ResultSet(tuple(runs), study.scenarios, draws_made=study.draws_made)


@pytest.fixture(scope="module")
def study(make_study):
    return with_places(make_study(seeds=3))


def compared(study: ResultSet, *by: str, outcome: str = "within_18_share"):
    return compare(study, "policy", "baseline", outcome, bands=BANDS, by=by, places=PLACES)


def test_groups_of_every_division(study):
    groups = [row.group for row in compared(study, "region", "icb", "type", "status").rows]
    assert groups[groups.index("independent") + 1 :] == [
        "region:North",
        "region:South",
        "icb:QA",
        "icb:QB",
        "type:acute",
        "type:specialist",
        "near-miss",
        "rest",
    ]
    assert compared(study, "icb").row("icb:QA").label == "Alpha (QA)"


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("region", ("region:North", "region:South")),
        ("icb", ("icb:QA", "icb:QB")),
        ("type", ("type:acute", "type:specialist")),
        ("status", ("treated", "near-miss", "rest")),
    ],
)
def test_groups_add_up_to_the_nhs(study, by, groups):
    result = compared(study, by, outcome="list")
    trusts = compared(study, outcome="list")
    nhs = sum(trusts.row(group).paired.baseline for group in ("treated", "others"))
    assert sum(result.row(group).paired.baseline for group in groups) == pytest.approx(nhs, rel=1e-6)
    below = compared(study, by, outcome="within_18")
    total = sum(trusts_row.paired.effect for trusts_row in map(compared(study, outcome="within_18").row, ("treated",)))
    assert sum(below.row(group).paired.effect for group in groups) == pytest.approx(total, rel=1e-3)


def test_only_the_treated_move(study):
    result = compared(study, "region", "icb", "type", "status")
    for group in ("region:South", "icb:QB", "near-miss", "rest"):
        assert result.row(group).paired.exactly_zero
        assert result.row(group).ceiling is None
    assert result.row("icb:QA").paired.effect == pytest.approx(result.row("treated").paired.effect, rel=1e-5)
    assert result.row("type:specialist").paired.effect > 1.0


def test_ceilings_by_hand(study):
    """Lists: RBS 17,000 (specialist), RTF 36,000 (acute), RAA 900,000 and RBB 5,047,000 (acute, South, not treated)."""
    result = compared(study, "region", "icb", "type", "status")
    rtf, rbs = (92 - result.row(f"trust:{code}").paired.baseline for code in ("RTF", "RBS"))
    assert result.row("type:specialist").ceiling == pytest.approx(rbs, rel=1e-4)
    assert result.row("type:acute").ceiling == pytest.approx(36_000 / 5_983_000 * rtf, rel=1e-4)
    assert result.row("region:North").ceiling == pytest.approx((17_000 * rbs + 36_000 * rtf) / 53_000, rel=1e-4)
    for group in ("region:South", "icb:QA", "icb:QB", "near-miss", "rest", "others"):
        assert result.row(group).ceiling is None
    assert any("no ceilings, because the runs do not say which residents" in note for note in result.notes)
    long = compared(study, "region", "type", outcome="over_52")
    assert long.row("region:North").ceiling == pytest.approx(-long.row("region:North").paired.baseline)
    assert long.row("type:acute").ceiling == pytest.approx(-long.row("trust:RTF").paired.baseline)
    assert compared(study, "type", outcome="list").row("type:acute").ceiling is None


def test_a_regions_ceiling_counts_patients_of_english_commissioners_only():
    def waits(people: float, below: float) -> dict[str, np.ndarray]:
        return {"list": np.array([people]), "within_18": np.array([below]), "over_52": np.array([people - below])}

    fifths = {("RTF", q): waits(20, 10) for q in registry.QUINTILES}  # English: 100 wait, 50 of them below 18 weeks
    short = {("RBS", q): waits(2, 2) for q in registry.QUINTILES}  # beyond 92% already: adds nothing
    groups = Groups(
        months=("2026-02",),
        england={},
        treated={("RTF", "all"): waits(150, 60), ("RBS", "all"): waits(10, 10), **fifths, **short},
        others={},
        more={"region:North": waits(400, 200), "type:acute": waits(600, 300), "icb:QA": waits(90, 40)},
        treated_in={"region:North": ("RTF", "RBS"), "type:acute": ("RTF",)},
    )
    share = registry.OUTCOMES["within_18_share"]
    assert groups.ceiling("region:North", share) == pytest.approx([100 * (92 - 50) / 400])
    assert groups.ceiling("type:acute", share) == pytest.approx([100 * (138 - 60) / 600])
    assert groups.ceiling("region:North", registry.OUTCOMES["over_52"]) == pytest.approx([-50.0])
    assert groups.ceiling("icb:QA", share) is None
    assert groups.ceiling("others", share) is None


def test_inequality_of_boards_types_and_groups_of_trusts(study):
    """All trusts of the made-up England have the same fifths, 1.6 points apart, but for the policy's gain."""
    result = compared(study, "icb", "type", "status", outcome="within_18_share_gap")
    for group in ("england", "treated", "others", "trust:RTF", "type:acute", "near-miss", "rest"):
        assert result.row(group).paired.baseline == pytest.approx(-1.6, rel=1e-3), group
    groups = {row.group for row in result.rows}
    assert "icb:QA" in groups and not groups & {"gap", "quintile-1"}
    parts = compared(study, "type", outcome="within_18_share_gap_within")
    assert {row.group for row in parts.rows} == {"england"}


def test_bands_fall_with_the_number_of_trusts(study):
    result = compared(study, "region", "icb", "type", "status")
    assert result.row("icb:QA").paired.band == pytest.approx(1 / math.sqrt(2))
    assert result.row("region:North").paired.band == pytest.approx(1 / math.sqrt(2))
    assert result.row("type:acute").paired.band == pytest.approx(1 / math.sqrt(3))
    assert result.row("near-miss").paired.band == 1.0


def test_a_table_of_some_trusts_is_no_type(study):
    runs = []
    for run in study:
        trust = run.tables["trust"]
        kept = trust.filter(pa.array([code != "RBB" for code in trust["trust"].to_pylist()]))
        runs.append(dataclasses.replace(run, tables={**run.tables, "trust": kept}))
    result = compared(ResultSet(tuple(runs)), "type")
    assert [row.group for row in result.rows if row.group.startswith("type:")] == ["type:specialist"]


def test_what_the_runs_do_not_hold_is_said(make_study):
    result = compare(make_study(seeds=2), "policy", "baseline", bands=BANDS, by=("region",), places=PLACES)
    assert "The runs hold nothing by region for this outcome." in result.notes


def test_unknown_division(study):
    with pytest.raises(InputError, match=r'no such division.*Did you mean "region"'):
        compared(study, "regio")


@pytest.mark.parametrize("by", BY)
def test_effect_table_by_every_division(study, by):
    effect = study.effect_of("policy", bands=BANDS, places=PLACES, names={})
    rows = effect.table(by=by).to_dicts()
    assert len(rows) >= 2
    assert {"chance", "ignorance", "variance_ratio", "runs_needed"} <= rows[0].keys()


def test_packaged_places():
    places = Places.of_baseline()
    near = places.members("near-miss", ())
    assert near and all(places.segment[code] == 2 for code in near)
    assert {places.type[code] for code in near} <= {"acute", "specialist"}
    first = near[0]
    assert first not in places.members("near-miss", (first,))
    parts = [set(places.members(group, near[:3])) for group in ("near-miss", "rest")]
    assert parts[0] | parts[1] | set(near[:3]) == set(places.type) and not parts[0] & parts[1]
    assert len(places.groups("icb")) == 36
    assert len(places.groups("region")) >= 7


def test_winners_and_losers(study):
    trusts, boards = compared(study).tallies
    assert (trusts.n_higher, trusts.n_lower, trusts.n_zero, trusts.n_cannot_tell) == (2, 0, 2, 0)
    assert set(trusts.higher) == {"RBS", "RTF"} and trusts.by_size
    assert (boards.n_higher, boards.n_zero) == (1, 1)
    assert boards.higher == ("Alpha (QA)",) and not boards.by_size
    assert "higher (better) for 2 [R" in trusts.words and "lower (worse) for 0, practically zero for 2" in trusts.words


def test_small_effects_of_named_trusts_are_not_ranked(make_study):
    """An effect of 1.05 points is beyond the band and within the noise of one month."""
    study = make_study(seeds=4, effect=1.05, wobble=0.0)
    (trusts,) = compare(study, "policy", "baseline", bands=BANDS, names={"RBS": "Zed", "RTF": "Alf"}).tallies
    assert 1.0 < 1.05 < trust_noise()
    assert trusts.higher == ("Alf (RTF)", "Zed (RBS)")
    assert not trusts.by_size


def test_nobody_is_named_where_nobody_can_tell(make_study):
    study = make_study(seeds=4, effect=0.9, wobble=0.5)
    (trusts,) = compare(study, "policy", "baseline", bands=BANDS).tallies
    assert not trusts.higher and not trusts.lower
    assert trusts.n_zero + trusts.n_cannot_tell == 4


@pytest.mark.parametrize(
    ("effect", "wobble", "verdict"),
    [
        (5.0, 0.05, Verdict.HIGHER),
        (-5.0, 0.05, Verdict.LOWER),
        (0.2, 0.05, Verdict.PRACTICALLY_ZERO),
        (0.0, 0.0, Verdict.PRACTICALLY_ZERO),
        (1.5, 2.5, Verdict.CANNOT_TELL),
    ],
    ids=["clear benefit", "clear harm", "inside the band", "nothing", "too noisy"],
)
def test_verdicts_in_built_cases(make_study, effect, wobble, verdict):
    study = make_study(seeds=6, effect=effect, wobble=wobble)
    result = compare(study, "policy", "baseline", bands=BANDS)
    for group in ("treated", "trust:RTF"):
        assert result.row(group).paired.verdict is verdict
    words = {Verdict.HIGHER: "higher (better)", Verdict.LOWER: "lower (worse)"}
    assert result.row("treated").words.startswith(words.get(verdict, str(verdict)))


def test_selection_fixed_by_the_scenario(study):
    selection = frozen_selection(study, "policy")
    assert selection.by_scenario and selection.kind == "scenario"
    assert set(selection.treated) == {(0, 1), (0, 2), (0, 3)}
    assert selection.words in compared(study).notes
    runs = tuple(
        dataclasses.replace(run, treated=("RBS",)) if run.scenario == "policy" and run.seed == 2 else run
        for run in study
    )
    differs = ResultSet(runs, study.scenarios)
    assert not frozen_selection(differs, "policy").by_scenario
    assert any("differs between runs" in note for note in compared(differs).notes)


def study_with_draws(make_study, n_draws: int = 5) -> ResultSet:
    """Each draw has an effect of its own, each seed a little of its own."""
    runs: list[RunResult] = []
    for draw in range(1, n_draws + 1):
        part = make_study(seeds=3, effect=2.0 + draw, wobble=0.02, last="2029-03")
        runs += [dataclasses.replace(run, draw=draw) for run in part]
    infos = {name: ScenarioInfo(name, name, f"hash of {name}") for name in ("baseline", "policy")}
    draws = tuple(Draw(n, (("made.up", float(n)),)) for n in range(1, n_draws + 1))
    return ResultSet(tuple(runs), infos, draws_made=draws)


def test_split_reaches_tables_and_files(make_study, tmp_path):
    result = compare(study_with_draws(make_study), "policy", "baseline", bands=BANDS)
    split = result.row("treated").paired.split
    assert split is not None and split.ignorance > 0.95 and split.n_draws == 5
    assert split.by_grade["not in the register"] == pytest.approx(1.0, abs=0.01)
    told = " ".join(precision(result))
    assert "95% interval of ignorance" in told and "a quarter of the band" in told and "unpaired runs" in told
    assert "Ignorance" in [str(column.header).partition(",")[0] for column in effect_table(result, full=True).columns]
    main, *_, codebook = write_csv(result, tmp_path / "effect.csv")
    with main.open(encoding="utf-8") as file:
        rows = {row["group"]: row for row in csv.DictReader(file)}
    assert float(rows["treated"]["ignorance"]) == pytest.approx(split.ignorance)
    assert float(rows["treated"]["chance"]) + float(rows["treated"]["ignorance"]) == pytest.approx(1.0)
    assert rows["treated"]["ignorance_a_b"] == ""
    assert rows["treated"]["selection"] == "scenario"
    assert int(rows["england"]["runs_needed"]) >= 2
    with codebook.open(encoding="utf-8") as file:
        described = {row["column"] for row in csv.DictReader(file)}
    assert set(rows["treated"]) <= described


def test_one_seed_a_draw_says_that_it_cannot_be_told(make_study):
    whole = study_with_draws(make_study)
    few = ResultSet(tuple(run for run in whole if run.seed == 1), whole.scenarios, draws_made=whole.draws_made)
    result = compare(few, "policy", "baseline", bands=BANDS)
    assert result.row("treated").paired.split is None
    assert any("cannot be told apart" in line for line in precision(result))


def test_every_group_has_an_effect(study):
    for row in compared(study, "region", "icb", "type", "status").rows:
        assert np.isfinite(row.paired.effect)
