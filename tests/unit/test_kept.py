"""What is kept of a run: levels and outcomes, from the experiment file to tables, messages and stored columns."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.outcomes import registry
from aft_sim.outcomes.kept import Kept
from aft_sim.present.tables import write_csv
from aft_sim.study.compare import Bands
from aft_sim.study.effect import Effect
from aft_sim.study.query import query
from aft_sim.study.result import ResultSet, canonical
from aft_sim.study.spread import spread
from aft_sim.study.stored import load

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)


def cut(study: ResultSet, *outcomes: str, levels: tuple[str, ...] = ()) -> ResultSet:
    """The study as it would be had it kept some outcomes only."""
    kept = Kept.of(levels, outcomes)
    return replace(study, runs=tuple(canonical(replace(run, kept=kept)) for run in study))


@pytest.fixture(scope="module")
def whole(make_study) -> ResultSet:
    return make_study(seeds=2, last="2027-06")


@pytest.fixture(scope="module")
def narrow(whole) -> ResultSet:
    return cut(whole, "within_18_share", "drawn")


def effect_of(study: ResultSet) -> Effect:
    return study.effect_of("policy", vs="baseline", bands=BANDS, names={})


@pytest.mark.parametrize(
    ("outcomes", "trust", "money"),
    [
        ((), registry.LEVELS["trust"].values, registry.LEVELS["money"].values),
        (("list",), ("list",), ()),
        (("within_18_share",), ("list", "within_18"), ()),
        (("over_18",), ("list", "within_18"), ()),
        (("over_52",), ("list", "over_52"), ()),  # the list tells which trusts have one
        (("treated", "drawn"), ("list", "treated_admitted", "treated_non_admitted"), ("drawn",)),
        (("pot", "exchequer"), (), ("pot", "exchequer")),
    ],
)
def test_an_outcome_keeps_the_columns_it_needs(outcomes, trust, money):
    kept = Kept.of(outcomes=outcomes)
    assert (kept.columns("trust"), kept.columns("money")) == (trust, money)
    for level in ("england", "events"):
        assert kept.columns(level) == registry.LEVELS[level].values
    assert all(
        kept.has(registry.OUTCOMES[name], "trust") for name in outcomes if "trust" in registry.OUTCOMES[name].levels
    )


def test_region_holds_what_its_table_can():
    kept = Kept.of(outcomes=("treated", "over_65"))
    assert kept.columns("region") == kept.columns("icb_quintile") == ("list", "over_65")
    assert not kept.has(registry.OUTCOMES["treated"], "region")


def test_levels_and_outcomes_together():
    kept = Kept.of(("trust",), ("list",))
    assert [level for level in registry.LEVELS if kept.columns(level)] == ["england", "trust"]
    assert Kept.read(kept.text).text == kept.text == "england,trust;list"
    assert Kept.of((), ("over_52", "list")).text == ";list,over_52"
    assert Kept.of(("trust", "money")).text == "england,money,trust"
    assert Kept().text == "" and Kept.read("") == Kept()
    with pytest.raises(ValueError, match="lst"):
        Kept.read(";lst")


@pytest.mark.parametrize(
    ("levels", "outcomes", "words"),
    [
        (("trsut",), (), r'levels\[0\]: unknown results level.*Did you mean "trust"'),
        ((), ("list", "withn_18_share"), r'outcomes\[1\]: unknown outcome.*Did you mean "within_18_share"'),
        ((), ("median_weeks",), r"outcomes\[0\]: no table that is kept besides England's.*leave it out"),
        (("england",), ("list",), "no table that is kept besides England's.*region, icb_quintile, trust among"),
        (("trust",), ("drawn",), "no table that is kept besides England's.*the levels money among"),
        (("trust", "money"), ("list",), r"levels\[1\]: none of the outcomes to keep is in this table.*'money'.*drawn"),
    ],
)
def test_names_that_keep_nothing_are_refused(levels, outcomes, words):
    with pytest.raises(InputErrors, match=words):
        Kept.of(levels, outcomes)


def test_stored_columns_come_back(tmp_path, narrow):
    folder = narrow.save(tmp_path / "study")
    run = folder / "runs" / "policy" / "0-1"
    assert pq.read_schema(run / "trust.parquet").names == ["month", "trust", "quintile", "list", "within_18"]
    assert pq.read_schema(run / "money.parquet").names == ["month", "trust", "drawn"]
    assert pq.read_schema(run / "england.parquet").names == list(registry.LEVELS["england"].columns)
    again = load(folder)
    assert again.frame("trust").column_names[3:] == ["month", "trust", "quintile", "list", "within_18"]
    assert again.runs[0].kept.text == narrow.runs[0].kept.text == ";drawn,within_18_share"
    assert str(effect_of(again).table(by="trust")) == str(effect_of(narrow).table(by="trust"))


def test_a_table_with_other_columns_than_the_study_keeps_is_damaged(tmp_path, narrow, whole):
    import json

    from aft_sim.study.provenance import sha256

    folder, other = narrow.save(tmp_path / "narrow"), whole.save(tmp_path / "whole")
    table = folder / "runs" / "policy" / "0-1" / "trust.parquet"
    pq.write_table(pq.read_table(table).drop_columns(["list"]), table)
    record = json.loads((table.parent / "run.json").read_text(encoding="utf-8"))
    record["files"]["trust.parquet"] = sha256(table)
    (table.parent / "run.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(InputError, match=r"damaged.*trust\.parquet|trust\.parquet.*damaged"):
        load(folder).frame("trust")
    assert load(other).frame("trust").num_rows


def test_what_was_kept_is_compared_as_before(whole, narrow):
    ours, theirs = effect_of(narrow).at(at="2027-03"), effect_of(whole).at(at="2027-03")
    assert [(row.group, row.paired, row.ceiling) for row in ours.rows] == [
        (row.group, row.paired, row.ceiling) for row in theirs.rows
    ]
    assert ours.ceiling_if_gone == theirs.ceiling_if_gone
    assert ours.notes == theirs.notes
    assert {row.outcome for row in ours.money} == {"drawn"}
    assert ours.money == tuple(row for row in theirs.money if row.outcome == "drawn")


def test_an_outcome_that_was_not_kept_is_england_only_and_said(narrow, tmp_path):
    found = effect_of(narrow).at("over_52", "2027-03", by=("region", "type"))
    groups = [row.group for row in found.rows]
    assert {"england", "quintile-1", "gap", "independent"} <= set(groups)
    assert not [group for group in groups if group in ("treated", "others") or group.startswith("trust:")]
    assert all(row.ceiling is None for row in found.rows)
    told = "The study kept only within_18_share, list, within_18, over_18 at trust level"
    assert f"{told}: no rows for treated trusts and no ceilings for over_52." in found.notes
    assert f"{told}: no rows by type." in found.notes
    assert found.tallies == ()
    *_, codebook = write_csv(found, tmp_path / "over_52.csv")
    assert told in codebook.read_text(encoding="utf-8")


def test_asked_for_by_place_it_is_refused_in_one_message(narrow):
    words = "the study kept only within_18_share, list, within_18, over_18 at trust level: found 'over_52'"
    with pytest.raises(InputError, match=words):
        effect_of(narrow).by_place("trust", "over_52", "2027-03")
    with pytest.raises(InputError, match=words):
        effect_of(narrow).path("over_52", "treated", "2027-03")
    with pytest.raises(InputError, match=words):
        spread(narrow, outcome="over_52", group="treated")
    assert effect_of(narrow).path("over_52", "england", "2027-03").ceiling is None
    assert spread(narrow, outcome="over_52").outcome.name == "over_52"


def test_a_query_says_what_was_not_kept(narrow, tmp_path):
    folder = narrow.save(tmp_path / "study")
    assert query(folder, "select * from trust limit 1").column_names[-2:] == ["list", "within_18"]
    with pytest.raises(InputError, match=r"did not keep this column at trust level: found 'over_52'.*list, within_18"):
        query(folder, "select over_52 from trust")
    with pytest.raises(InputError, match="no such column: found 'ovr_52'"):
        query(folder, "select ovr_52 from trust")


def test_runs_that_keep_different_things_are_not_one_study(whole, narrow, tmp_path):
    mixed = replace(whole, runs=(*whole.of("policy"), *narrow.of("baseline")))
    with pytest.raises(InputError, match="not the same is kept of all runs"):
        mixed.save(tmp_path / "study")
