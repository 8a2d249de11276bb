"""Batches from the command line: planned, run, resumed, killed, reproduced."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aft_sim.study.stored import fingerprint, load

pytestmark = pytest.mark.end_to_end

SMALL = (
    'schema = 1\nname = "small"\ntitle = "Two months, five pairs"\nscenarios = ["baseline", "aft-wide"]\n'
    'versus = "no-aft"\nseeds = 5\nuntil = 2026-03-31\n'
)
COMMAND = [sys.executable, "-c", "from aft_sim.cli import main; main()", "batch", "small.toml", "--workers", "2"]
#: Kills of each kind; AFT_SIM_KILLS asks for more, on the shipped experiment "quick".
KILLS = int(os.environ.get("AFT_SIM_KILLS", "2"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "small.toml").write_text(SMALL)
    subprocess.run([*COMMAND[:-1], "1", "--out", "runs"], cwd=folder, check=True, capture_output=True)
    return folder / "runs"


def test_dry_run_prints_the_plan_and_runs_nothing(cli, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    ended = cli("batch", "small.toml", "--dry-run", "--workers", "2")
    assert ended.code == 0
    for words in ("2 against no-aft: baseline, aft-wide", "15 of 8 weeks each", "on 2 processes here", "MB"):
        assert words in ended.flat
    plan = cli("batch", "small.toml", "--dry-run", "--json").json()
    assert (plan["runs"], plan["draws"], plan["runs_stored"]) == (15, 1, 0)
    assert plan["seconds"] > 0 and plan["megabytes_at_most"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["small.toml"]


def test_a_batch_without_a_folder_is_refused(cli, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    ended = cli("batch", "small.toml")
    assert ended.code == 2
    assert "--out FOLDER" in ended.flat


def test_batch_prints_effects_and_two_workers_give_the_bytes_of_one(cli, tmp_path: Path, undisturbed: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL)
    ended = cli("batch", "small.toml", "--workers", "2", "--out", "runs")
    assert ended.code == 0, ended.err
    assert "against no-aft: 5 seeds, 1 draw" in ended.flat
    assert "aft-wide" in ended.out and "practically zero" in ended.flat
    assert fingerprint(tmp_path / "runs") == fingerprint(undisturbed)
    again = cli("batch", "small.toml", "--out", "runs", "--json").json()
    assert (again["runs"], again["failures"]) == (15, [])
    assert set(again["effects"]) == {"baseline", "aft-wide"}


def test_a_folder_of_another_experiment_is_refused(cli, tmp_path: Path, undisturbed: Path) -> None:
    (tmp_path / "other.toml").write_text(SMALL.replace('"aft-wide"', '"aft-wide-additive"'))
    ended = cli("batch", "other.toml", "--out", str(undisturbed))
    assert ended.code == 2
    assert "the folder holds a study of other scenarios" in ended.flat


def test_a_stopping_rule_adds_seeds_until_the_effect_is_known(cli, tmp_path: Path) -> None:
    rule = '[stop]\npolicy = "aft-wide"\nat = "2026-03"\nerror = 1e-12\nmost = 7\n'
    (tmp_path / "small.toml").write_text(SMALL.replace("seeds = 5", "seeds = 2").replace('"baseline", ', "") + rule)
    assert cli("batch", "small.toml", "--workers", "2", "--out", "runs").code == 0
    assert load(tmp_path / "runs").seeds in ((1, 2), (1, 2, 3, 4, 5, 6, 7))


def test_kept_levels_are_the_only_tables_stored(cli, tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(SMALL.replace("seeds = 5", "seeds = 1") + '[keep]\nlevels = ["trust"]\n')
    assert cli("batch", "small.toml", "--out", "runs").code == 0
    assert {path.name for path in (tmp_path / "runs" / "runs" / "no-aft" / "0-1").iterdir()} == {
        "england.parquet",
        "trust.parquet",
        "run.json",
    }


def test_kept_outcomes_are_the_only_columns_stored_below_england(cli, tmp_path: Path) -> None:
    text = SMALL.replace("seeds = 5", "seeds = 2").replace('"baseline", ', "")
    text += '[keep]\nlevels = ["trust", "icb_quintile"]\n'
    asked = text + 'outcomes = ["within_18_share"]\n'
    (tmp_path / "small.toml").write_text(text)
    every = cli("batch", "small.toml", "--dry-run", "--json").json()["megabytes_at_most"]
    (tmp_path / "small.toml").write_text(asked)
    assert cli("batch", "small.toml", "--dry-run", "--json").json()["megabytes_at_most"] < 0.9 * every
    assert cli("batch", "small.toml", "--out", "runs").code == 0
    found = cli("query", "runs", "select * from trust limit 1", "--json").json()[0]
    assert list(found) == ["scenario", "draw", "seed", "month", "trust", "quintile", "list", "within_18"]
    ended = cli("query", "runs", "select over_52 from trust")
    assert ended.code == 2 and "did not keep this column at trust level" in ended.flat
    compared = cli("compare", "runs", "--vs", "no-aft", "--only", "aft-wide", "--json").json()
    assert "treated" in {row["group"] for row in compared["rows"]} and compared["tallies"]
    other = cli("compare", "runs", "--vs", "no-aft", "--only", "aft-wide", "--outcome", "over_52")
    assert other.code == 0 and "England" in other.out
    assert "The study kept only within_18_share, list, within_18, over_18 at trust level" in other.flat
    ended = cli("plot", "runs", "trusts", "--outcome", "over_52")
    assert ended.code == 2 and "the study kept only within_18_share" in ended.flat
    assert cli("plot", "runs", "trusts", "--out", "by-trust").code == 0
    assert cli("reproduce", "runs", "--sample", "1").code == 0
    # another set of outcomes in the same folder: the runs are made again
    plan = ("batch", "small.toml", "--dry-run", "--out", "runs", "--json")
    assert cli(*plan).json()["runs_stored"] == 4
    (tmp_path / "small.toml").write_text(asked.replace("18_share", "18"))
    assert cli(*plan).json()["runs_stored"] == 0
    assert cli("batch", "small.toml", "--out", "runs").code == 0
    assert json.loads((tmp_path / "runs" / "manifest.json").read_text())["inputs"]["keep"].endswith(";within_18")


def test_reproduce_says_the_same_and_tells_a_changed_number(cli, tmp_path: Path, undisturbed: Path) -> None:
    ended = cli("reproduce", str(undisturbed), "--sample", "2")
    assert ended.code == 0, ended.err
    assert ended.out.count("same") == 2
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(undisturbed), str(copy)], check=True)
    ours, theirs = (copy / "runs" / "no-aft" / f"0-{seed}" for seed in (1, 2))
    record, other = (json.loads((path / "run.json").read_text()) for path in (ours, theirs))
    (ours / "england.parquet").write_bytes((theirs / "england.parquet").read_bytes())
    record["files"]["england.parquet"] = other["files"]["england.parquet"]
    (ours / "run.json").write_text(json.dumps(record))
    told = cli("reproduce", str(copy), "--sample", "1", "--json")
    assert told.code == 1
    assert told.json()["runs"][0]["differs"]["england"] > 0


def test_reproduce_needs_a_study(cli, tmp_path: Path) -> None:
    ended = cli("reproduce", "nowhere")
    assert ended.code == 2
    assert "no study in this folder" in ended.flat


def children(pid: int) -> list[int]:
    """Processes that a process has started and that have started nothing themselves: the workers."""
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return [int(one) for one in found]


def kill_driver(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)


def kill_worker(process: subprocess.Popen[bytes]) -> None:
    workers = children(process.pid)
    if workers:
        os.kill(random.choice(workers), signal.SIGKILL)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="kills by process number and group")
@pytest.mark.parametrize("kill", [kill_driver, kill_worker, kill_group])
def test_killed_at_any_moment_the_same_command_ends_with_the_same_bytes(
    kill: Callable[[subprocess.Popen[bytes]], None], tmp_path: Path, undisturbed: Path
) -> None:
    wanted = fingerprint(undisturbed)
    (tmp_path / "small.toml").write_text(SMALL)
    for attempt in range(KILLS):
        out = f"runs{attempt}"
        process = subprocess.Popen(
            [*COMMAND, "--out", out],
            cwd=tmp_path,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(random.uniform(1.0, 9.0))
        kill(process)
        process.wait(timeout=120)
        done = subprocess.run([*COMMAND, "--out", out], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        assert fingerprint(tmp_path / out) == wanted
        assert not list((tmp_path / out).rglob(".part-*"))
