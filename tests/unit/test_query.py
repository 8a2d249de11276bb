"""SQL over a stored study: what is there, only what is committed, and clear messages."""

from __future__ import annotations

import shutil
import warnings

import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.study.groups import read_groups
from aft_sim.study.query import query

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def folder(make_study, tmp_path_factory):
    return make_study(seeds=2, last="2026-06").save(tmp_path_factory.mktemp("stored") / "study")


def test_views_hold_what_the_frame_holds(make_study, folder):
    frame = make_study(seeds=2, last="2026-06").frame("england")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = query(folder, "select * from england order by scenario, draw, seed, month, basis, quintile")
    assert found.column_names == ["scenario", "draw", "seed", *frame.column_names[3:]]
    assert found.num_rows == frame.num_rows
    assert sum(found["list"].to_pylist()) == pytest.approx(sum(frame["list"].to_pylist()))


@pytest.mark.parametrize("level", ["england", "trust", "money", "events"])
def test_every_table_that_was_kept(folder, level):
    (row,) = query(folder, f"select count(*) n, count(distinct seed) seeds from {level}").to_pylist()
    assert row["n"] > 0 and row["seeds"] == 2


def test_inequality_is_what_a_comparison_says(make_study, folder):
    found = query(folder, "select * from inequality where scenario = 'policy' and seed = 1 order by month")
    assert found.column_names[:4] == ["scenario", "draw", "seed", "month"]
    run = next(run for run in make_study(seeds=2, last="2026-06") if run.scenario == "policy" and run.seed == 1)
    groups = read_groups(run, ())
    assert found["month"].to_pylist() == list(groups.months)
    for name in ("over_52_share_sii", "within_18_share_gap_within", "treated_rate_ratio", "within_18_share_gini"):
        assert found[name].to_pylist() == pytest.approx(groups.values("england", registry.OUTCOMES[name]).tolist())
    # and it joins with what is stored
    sql = "select count(*) n from inequality join england using (scenario, draw, seed, month) where quintile = 'all'"
    assert query(folder, sql)["n"].to_pylist() == [2 * 2 * 5 * 4]
    with pytest.raises(InputError, match="over_52_share_sii"):
        query(folder, "select over_52_share_si from inequality")


def test_tables_join(folder):
    tables = "trust t join money m using (scenario, draw, seed, month, trust)"
    sql = f"select count(*) n from {tables} where t.quintile = 'all'"
    assert query(folder, sql)["n"].to_pylist() == [2 * 2 * 5 * 4]


def test_only_committed_runs_count(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    runs = copy / "runs" / "policy"
    shutil.copytree(runs / "0-1", runs / ".part-0-3")
    record = runs / "0-2" / "run.json"
    text = record.read_text(encoding="utf-8")
    start = text.index('"hash": "') + len('"hash": "')
    record.write_text(text[:start] + "0" * 64 + text[start + 64 :], encoding="utf-8")
    sql = "select scenario, seed from england group by all order by all"
    assert [(row["scenario"], row["seed"]) for row in query(copy, sql).to_pylist()] == [
        ("baseline", 1),
        ("baseline", 2),
        ("policy", 1),
    ]


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("select * from englnd", ["no such table", "englnd", 'Did you mean "england"']),
        ("select * from region", ["no run kept this table", "region", "england, trust"]),
        ("select lst from england", ["no such column", "'lst'", 'Did you mean "list"', "within_18"]),
        ("select e.lisst from england e", ["no such column", "lisst", 'Did you mean "list"']),
        ("selct 1", ["cannot be answered", "selct"]),
        ("drop view england", ["one SELECT statement"]),
        ("copy (select 1) to 'x.csv'", ["one SELECT statement"]),
        ("select 1; select 2", ["one SELECT statement"]),
        ("", ["one SELECT statement"]),
        ("select * from read_csv('pyproject.toml')", ["cannot be answered"]),
        ("select sum(scenario) from england", ["cannot be answered", "sum"]),
        ("select * from stored", ["no such table", "stored"]),
    ],
)
def test_mistakes_are_explained(folder, sql, words):
    with pytest.raises(InputError) as caught:
        query(folder, sql)
    for word in words:
        assert word in str(caught.value)


def test_damaged_file_is_named(folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    table = copy / "runs" / "policy" / "0-2" / "england.parquet"
    table.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"england\.parquet: part of the results is missing or damaged"):
        query(copy, "select sum(list) from england")
    table.unlink()
    with pytest.raises(InputError, match=r"england\.parquet: part of the results is missing or damaged"):
        query(copy, "select sum(list) from england")


def test_no_study(tmp_path):
    with pytest.raises(InputError, match="no study in this folder"):
        query(tmp_path, "select 1")
