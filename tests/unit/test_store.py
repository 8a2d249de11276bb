"""Results on disk and the runner: complete or absent, the same on any number of workers."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.outcomes import registry
from aft_sim.spec.correlation import Group
from aft_sim.spec.draws import Draw
from aft_sim.spec.register import Register
from aft_sim.study import engines
from aft_sim.study.provenance import Inputs, run_hash
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo, canonical
from aft_sim.study.runner import run_pairs
from aft_sim.study.store import Store
from aft_sim.study.stored import fingerprint, load

pytestmark = pytest.mark.unit

UNTIL = date(2026, 3, 31)

FAKE_MODEL = '''
"""Made-up model for worker processes."""
import os
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
import pyarrow as pa
from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.outcomes import registry
from aft_sim.study.result import RunResult


@dataclass
class Scenario:
    name: str
    title: str
    hash: str
    chain: tuple = ()

    @property
    def aft(self):
        return SimpleNamespace(designated=("RBS",), from_=date(2026, 6, 1))

    def to_toml(self):
        return f"name = {self.name}"

    def flat(self):
        return {"aft.designated": self.aft.designated}


def run_once(scenario, seed, draw, until):
    level = registry.LEVELS["england"]
    numbers = dict.fromkeys(level.values, seed / 3 + len(scenario.name))
    rows = [{"month": m, "basis": "england", "quintile": "all"} | numbers for m in ("2026-02", "2026-03")]
    tables = {"england": pa.Table.from_pylist(rows, level.schema)}
    return RunResult(scenario.name, scenario.hash, seed, draw.number, tables, ("RBS",))


def fail_on_two(scenario, seed, draw, until):
    if seed == 2:
        raise ZeroDivisionError("nothing to divide")
    return run_once(scenario, seed, draw, until)


def die_on_two(scenario, seed, draw, until):
    if seed == 2:
        os._exit(1)
    return run_once(scenario, seed, draw, until)


def until_as_seed(scenario, seed, draw, until):
    assert until == date(2026, 3, 31)
    return run_once(scenario, seed, draw, until)


def die_once(mark, scenario, seed, draw, until):
    if seed == 2 and not mark.exists():
        mark.touch()
        os._exit(1)
    return run_once(scenario, seed, draw, until)


def refuse(scenario, seed, draw, until):
    raise InputError("unknown trust", found="RXX", hint="Did you mean RX1?")
'''


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    """The made-up model as an importable module, so that spawned workers find it."""
    folder = tmp_path_factory.mktemp("fake")
    (folder / "fake_aft_model.py").write_text(FAKE_MODEL, encoding="utf-8")
    sys.path.insert(0, str(folder))
    yield importlib.import_module("fake_aft_model")
    sys.path.remove(str(folder))
    del sys.modules["fake_aft_model"]


@pytest.fixture(scope="module")
def arms(fake):
    return [fake.Scenario(name, name.title(), f"hash of {name}") for name in ("policy", "baseline")]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


def test_stored_run_comes_back(tmp_path, make_study):
    study = make_study(seeds=2, last="2026-08")
    again = load(study.save(tmp_path / "study"))
    assert [run.key for run in again] == [run.key for run in study]
    for ours, theirs in zip(again, study, strict=True):
        assert ours.treated == theirs.treated
        for level, table in canonical(theirs).tables.items():
            assert ours.tables[level].equals(table)
    assert again.scenarios == study.scenarios
    assert again.frame("trust").num_rows == study.frame("trust").num_rows
    assert again.effect_of("policy").at(at="2026-07").row("england").paired.n_pairs == 2


def test_layout_encoding_and_precision(tmp_path, make_study):
    make_study(seeds=1, last="2026-04").save(tmp_path / "study")
    run = tmp_path / "study" / "runs" / "policy" / "0-1"
    assert {path.name for path in run.iterdir()} == {
        "england.parquet",
        "trust.parquet",
        "money.parquet",
        "events.parquet",
        "run.json",
    }
    for name, kind in (("england", pa.float64()), ("trust", pa.float32())):
        file = pq.ParquetFile(run / f"{name}.parquet")
        assert file.schema_arrow.field("list").type == kind
        assert not file.schema_arrow.metadata
        columns = [file.metadata.row_group(0).column(i) for i in range(file.metadata.num_columns)]
        assert {column.compression for column in columns} == {"ZSTD"}
        lists = next(column for column in columns if column.path_in_schema == "list")
        assert "BYTE_STREAM_SPLIT" in lists.encodings


def test_manifest_says_what_was_run(tmp_path, fake, arms):
    run_pairs(arms, [3, 1], until=UNTIL, out=tmp_path / "study", run_once=fake.run_once)
    manifest = json.loads((tmp_path / "study" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "complete"
    assert manifest["seeds"] == [3, 1]
    assert [one["name"] for one in manifest["scenarios"]] == ["policy", "baseline"]
    assert manifest["scenarios"][0]["policy_start"] == "2026-06-01"
    assert "aft.designated = ('RBS',)" in manifest["scenarios"][0]["text"]["resolved"]
    assert manifest["inputs"]["until"] == "2026-03-31"
    assert len(manifest["inputs"]["code"]) == 64
    assert {"python", "aft-sim", "numpy", "pyarrow"} <= manifest["versions"].keys()
    assert {"machine", "git_commit", "wall_seconds", "failures", "schema"} <= manifest.keys()


def test_same_bytes_for_any_workers_and_order(tmp_path, fake, arms):
    one, two = tmp_path / "one", tmp_path / "two"
    first = run_pairs(arms, [1, 2, 3], until=UNTIL, out=one, run_once=fake.run_once)
    second = run_pairs(arms, [3, 2, 1], until=UNTIL, out=two, workers=2, run_once=fake.run_once)
    memory = run_pairs(arms, [2, 3, 1], until=UNTIL, run_once=fake.run_once)
    assert contents(one) == contents(two)
    assert [run.key for run in first] == [run.key for run in second] == [run.key for run in memory]
    assert first.frame("england").equals(memory.frame("england"))
    assert not list(two.rglob(".part*"))


def test_a_present_run_is_not_run_again(tmp_path, fake, arms):
    done = []

    def counting(*arguments):
        done.append(arguments[1])
        return fake.run_once(*arguments)

    out = tmp_path / "study"
    run_pairs(arms, [1, 2], until=UNTIL, out=out, run_once=counting)
    assert len(done) == 4
    lines = []
    progress = lambda finished, total, what: lines.append((finished, total, what))  # noqa: E731
    again = run_pairs(arms, [1, 2, 3], until=UNTIL, out=out, run_once=counting, progress=progress)
    assert len(done) == 6
    assert len(again) == 6
    assert [line[:2] for line in lines] == [(i, 6) for i in range(1, 7)]
    assert sum("already stored" in line[2] for line in lines) == 4
    # other inputs: everything is run again and the old runs no longer count
    later = run_pairs(arms, [1], until=date(2026, 4, 30), out=out, run_once=counting)
    assert len(done) == 8
    assert len(later) == len(load(out)) == 2


def test_runs_that_keep_something_else_are_run_again(tmp_path, fake, arms):
    out = tmp_path / "study"
    run_pairs(arms, [1], until=UNTIL, out=out, run_once=fake.run_once)
    done = []

    def counting(*arguments):
        done.append(arguments[1])
        return fake.run_once(*arguments)

    for more in ({"outcomes": ["list"]}, {"outcomes": ["list"]}, {"keep": ["trust"], "outcomes": ["list"]}):
        study = run_pairs(arms, [1], until=UNTIL, out=out, run_once=counting, **more)
        assert study.runs[0].kept.outcomes == ("list",)
    assert len(done) == 4
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]["keep"] == "england,trust;list"
    with pytest.raises(AftSimError, match="unknown outcome"):
        run_pairs(arms, [1], until=UNTIL, out=out, run_once=counting, outcomes=["lst"])


def test_a_damaged_run_is_run_again_on_resume(tmp_path, fake, arms):
    out = tmp_path / "study"
    run_pairs(arms, [1], until=UNTIL, out=out, run_once=fake.run_once)
    whole = contents(out)
    (out / "runs" / "policy" / "0-1" / "england.parquet").write_bytes(b"PAR1")
    run_pairs(arms, [1], until=UNTIL, out=out, run_once=fake.run_once)
    assert contents(out) == whole


@pytest.mark.parametrize("name", ["england.parquet", "run.json"])
@pytest.mark.parametrize("damage", ["truncate", "flip", "delete"])
def test_damage_names_the_file(tmp_path, make_study, name, damage):
    folder = make_study(seeds=1, last="2026-03").save(tmp_path / "study")
    file = folder / "runs" / "policy" / "0-1" / name
    content = file.read_bytes()
    if damage == "truncate":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        file.write_bytes(content[:40] + bytes([content[40] ^ 255]) + content[41:])
    else:
        file.unlink()
    with pytest.raises(InputError, match=name):
        load(folder)


def test_damage_after_opening_names_the_file(tmp_path, make_study):
    folder = make_study(seeds=1, last="2026-03").save(tmp_path / "study")
    study = load(folder)
    (folder / "runs" / "policy" / "0-1" / "england.parquet").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"england\.parquet"):
        study.frame("england")


def test_half_written_runs_do_not_count(tmp_path, make_study):
    folder = make_study(seeds=1, last="2026-03").save(tmp_path / "study")
    run = folder / "runs" / "policy" / "0-1"
    shutil.copytree(run, run.with_name(".part-0-2"))
    assert len(load(folder)) == 2


def test_other_scenarios_are_refused(tmp_path, fake, arms):
    out = tmp_path / "study"
    run_pairs(arms, [1], until=UNTIL, out=out, run_once=fake.run_once)
    with pytest.raises(InputError, match="other scenarios: policy, baseline"):
        run_pairs([fake.Scenario("third", "", "")], [1], until=UNTIL, out=out, run_once=fake.run_once)
    with pytest.raises(InputError, match="other content: policy"):
        run_pairs(
            [fake.Scenario("policy", "", "changed"), arms[1]],
            [1],
            until=UNTIL,
            out=out,
            run_once=fake.run_once,
        )


def test_foreign_folder_and_no_study(tmp_path, fake, arms):
    (tmp_path / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="holds no study"):
        run_pairs(arms, [1], until=UNTIL, out=tmp_path, run_once=fake.run_once)
    with pytest.raises(InputError, match=r"manifest\.json"):
        load(tmp_path)


def test_unwritable_folder(tmp_path, fake, arms):
    blocker = tmp_path / "file"
    blocker.write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="cannot write results"):
        run_pairs(arms, [1], until=UNTIL, out=blocker / "study", run_once=fake.run_once)


def test_full_disk_leaves_no_half_run(tmp_path, make_study, monkeypatch):
    study = make_study(seeds=1, last="2026-03")
    store = Store.open(tmp_path / "study", tuple(study.scenarios.values()), Inputs())

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("aft_sim.study.store._write_parquet", full)
    with pytest.raises(InputError, match="No space left"):
        store.write(study.runs[0])
    assert not [path for path in (tmp_path / "study" / "runs").rglob("*") if path.is_file()]


def test_names_that_cannot_be_folders(tmp_path):
    with pytest.raises(InputError, match="results folder"):
        Store.open(tmp_path / "study", [ScenarioInfo("../up", "", "")], Inputs())


def test_failures_are_data(tmp_path, fake, arms):
    out = tmp_path / "study"
    study = run_pairs(arms, [1, 2, 3], until=UNTIL, out=out, workers=2, run_once=fake.fail_on_two)
    assert len(study) == 4
    assert {(one.scenario, one.seed) for one in study.failures} == {("policy", 2), ("baseline", 2)}
    assert study.failures[0].error == "ZeroDivisionError"
    assert "nothing to divide" in study.failures[0].message
    mended = run_pairs(arms, [1, 2, 3], until=UNTIL, out=out, run_once=fake.run_once)
    assert len(mended) == 6
    assert not mended.failures


def test_a_run_that_kills_its_worker_fails_alone(tmp_path, fake, arms):
    out = tmp_path / "study"
    study = run_pairs(arms, [1, 2, 3, 4], until=UNTIL, out=out, workers=2, run_once=fake.die_on_two)
    assert {run.seed for run in study} == {1, 3, 4}
    assert [(one.key, one.error) for one in study.failures] == [
        (("baseline", 0, 2), "WorkerDied"),
        (("policy", 0, 2), "WorkerDied"),
    ]
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["status"] == "failed"


def test_a_worker_that_dies_once_costs_nothing(tmp_path, fake, arms):
    out, mark = tmp_path / "study", tmp_path / "died"
    study = run_pairs(arms, [1, 2, 3], until=UNTIL, out=out, workers=2, run_once=partial(fake.die_once, mark))
    assert mark.exists()
    assert len(study) == 6
    assert not study.failures
    undisturbed = tmp_path / "undisturbed"
    run_pairs(arms, [1, 2, 3], until=UNTIL, out=undisturbed, run_once=fake.run_once)
    assert fingerprint(out) == fingerprint(undisturbed)


def test_a_failure_keeps_its_trace_in_a_file_until_it_is_mended(tmp_path, fake, arms):
    out = tmp_path / "study"
    run_pairs(arms, [1, 2], until=UNTIL, out=out, run_once=fake.fail_on_two)
    entry = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["failures"][0]
    assert entry["trace"] == "failures/baseline/0-2.txt"
    assert "ZeroDivisionError" in (out / entry["trace"]).read_text(encoding="utf-8")
    assert "ZeroDivisionError" in load(out).failures[0].trace
    run_pairs(arms, [1, 2], until=UNTIL, out=out, run_once=fake.run_once)
    assert not list((out / "failures").rglob("*.txt"))


def test_the_last_month_may_be_a_text(fake, arms):
    by_day = run_pairs(arms, [1], until=UNTIL, run_once=fake.until_as_seed)
    assert run_pairs(arms, [1], until="2026-03", run_once=fake.until_as_seed).runs == by_day.runs
    for wrong in ("soon", "2026-13", 7):
        with pytest.raises(InputError, match="until is no month"):
            run_pairs(arms, [1], until=wrong, run_once=fake.run_once)


def test_two_batches_on_one_folder(tmp_path, fake, arms):
    out = tmp_path / "study"
    infos = [ScenarioInfo(one.name, "", one.hash) for one in arms]
    with Store.open(out, infos, Inputs()), pytest.raises(InputError, match="another batch is writing"):
        run_pairs(arms, [1], until=UNTIL, out=out, run_once=fake.run_once)
    assert len(run_pairs(arms, [1], until=UNTIL, out=tmp_path / "other", run_once=fake.run_once)) == 2
    assert not (out / ".lock").exists()


def test_draws_are_part_of_a_run(tmp_path, fake, arms):
    out = tmp_path / "study"
    draws = [Draw(0), Draw(1, (("capital.delivery", 0.5),)), Draw(2, (("capital.delivery", 0.6),))]
    study = run_pairs(arms, [1, 2], draws, until=UNTIL, out=out, run_once=fake.run_once)
    assert study.draws == (0, 1, 2)
    assert load(out).draws_made == tuple(draws)
    with pytest.raises(InputError, match="draw 1 has other values"):
        run_pairs(arms, [1], [Draw(1, (("capital.delivery", 0.7),))], until=UNTIL, out=out, run_once=fake.run_once)
    more = run_pairs(arms, [1], [Draw(3, (("capital.delivery", 0.7),))], until=UNTIL, out=out, run_once=fake.run_once)
    assert more.draws == (0, 1, 2, 3)
    with pytest.raises(InputError, match="same number"):
        run_pairs(arms, [1], [Draw(1), Draw(1)], until=UNTIL, run_once=fake.run_once)


def test_the_users_mistake_stops_the_study(fake, arms):
    for workers in (1, 2):
        with pytest.raises(InputError, match="Did you mean RX1"):
            run_pairs(arms, [1, 2], until=UNTIL, workers=workers, run_once=fake.refuse)


def test_interrupt_keeps_what_is_stored(tmp_path, fake, arms):
    out = tmp_path / "study"

    def interrupted(given, seed, draw, until):
        if seed == 2:
            raise KeyboardInterrupt
        return fake.run_once(given, seed, draw, until)

    with pytest.raises(KeyboardInterrupt):
        run_pairs(arms, [1, 2], until=UNTIL, out=out, run_once=interrupted)
    assert {run.seed for run in load(out)} == {1}


def test_arguments_are_checked(fake, arms):
    with pytest.raises(InputError, match="seed is given twice"):
        run_pairs(arms, [1, 1], until=UNTIL, run_once=fake.run_once)
    with pytest.raises(InputError, match="no seed"):
        run_pairs(arms, 0, until=UNTIL, run_once=fake.run_once)
    with pytest.raises(InputError, match="workers"):
        run_pairs(arms, 1, until=UNTIL, workers=0, run_once=fake.run_once)
    with pytest.raises(InputError, match="no scenario"):
        run_pairs([], 1, until=UNTIL, run_once=fake.run_once)
    with pytest.raises(InputError, match="same name"):
        run_pairs([arms[0], arms[0]], 1, until=UNTIL, run_once=fake.run_once)


def test_seeds_by_number(fake, arms):
    assert run_pairs(arms, 3, until=UNTIL, run_once=fake.run_once).seeds == (1, 2, 3)


def test_a_result_of_another_run_is_refused(fake, arms):
    def other(given, seed, draw, until):
        return fake.run_once(given, seed + 1, draw, until)

    with pytest.raises(AftSimError, match="another run"):
        run_pairs(arms, [1], until=UNTIL, run_once=other)


def test_hash_depends_on_every_input():
    base, central = Inputs("2029-03-31", "code", "register", "baseline"), Draw(0)
    hashes = {
        run_hash(base, "s", central, 1),
        run_hash(base, "s", Draw(1), 1),
        run_hash(base, "s", Draw(1, (("capital.delivery", 0.5),)), 1),
        run_hash(base, "s", central, 2),
        run_hash(base, "t", central, 1),
        run_hash(Inputs("2029-04-30", "code", "register", "baseline"), "s", central, 1),
        run_hash(Inputs("2029-03-31", "other", "register", "baseline"), "s", central, 1),
        run_hash(Inputs("2029-03-31", "code", "other", "baseline"), "s", central, 1),
        run_hash(Inputs("2029-03-31", "code", "register", "other"), "s", central, 1),
    }
    assert len(hashes) == 9


def test_canonical_form_is_what_is_stored():
    level = registry.LEVELS["trust"]
    row = {"month": "2026-02", "trust": "RBS", "quintile": "all"} | dict.fromkeys(level.values, 1 / 3)
    wide = pa.Table.from_pylist([row]).append_column("extra", pa.array([1]))
    table = canonical(RunResult("s", "h", 1, 0, {"trust": wide}, ())).tables["trust"]
    assert table.schema == level.schema
    with pytest.raises(InputError, match="starts"):
        canonical(RunResult("s", "h", 1, 0, {"trust": wide.drop_columns(["starts"])}, ()))


def test_workers_leave_with_their_parent_and_ignore_interrupts(monkeypatch):
    calls = []
    monkeypatch.setattr(engines.signal, "signal", lambda *arguments: calls.append(arguments))
    engines._start_worker()
    assert calls == [(engines.signal.SIGINT, engines.signal.SIG_IGN)]


def test_empty_study_saves_and_loads(tmp_path):
    assert len(load(ResultSet(()).save(tmp_path / "study"))) == 0


def test_runs_do_not_depend_on_parameters_that_nothing_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Register.load()
    before = Inputs.current(date(2029, 3, 31))

    def inputs(register: Register) -> Inputs:
        monkeypatch.setattr(Register, "load", staticmethod(lambda: register))
        return Inputs.current(date(2029, 3, 31))

    fewer = Register((p for p in known.values() if p.active), groups_of_active(known))
    assert len(fewer) < len(known)
    assert inputs(fewer) == before
    moved = [replace(p, default=p.high) if p.name == "capital.hub_effect" else p for p in known.values()]
    assert inputs(Register(moved, known.groups)).register != before.register


def groups_of_active(register: Register) -> list[Group]:
    """Groups that some active parameter belongs to."""
    return [group for group in register.groups if any(register[name].active for name in group.members)]
