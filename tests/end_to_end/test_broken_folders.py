"""Every way in which a results folder can be broken ends in one clear message, exit code 2 and no traceback.

Where only runs are broken, a batch onto the folder makes them again instead: that is how a folder is mended.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from aft_sim.cli.app import app
from aft_sim.study.provenance import sha256

pytestmark = pytest.mark.end_to_end

EXPERIMENT = (
    'schema = 1\nname = "tiny"\ntitle = "One month, one pair"\nscenarios = ["aft-wide"]\nversus = "no-aft"\nseeds = 1\n'
    "until = 2026-02-28\n"
)
SQL = "select scenario, month, avg(list) from england group by all"
VERBS: dict[str, tuple[str, ...]] = {
    "compare": ("compare", "./study", "--vs", "no-aft"),
    "query": ("query", "study", SQL),
    "plot": ("plot", "study", "effect"),
    "reproduce": ("reproduce", "study", "--sample", "9"),
    "batch": ("batch", "tiny.toml", "--out", "study"),
}
READING = [verb for verb in VERBS if verb != "batch"]

Break = Callable[[Path], object]
RUN = Path("runs", "no-aft", "0-1")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound folder, made by a batch."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "tiny.toml").write_text(EXPERIMENT, encoding="utf-8")
    done = CliRunner().invoke(app, ["batch", str(folder / "tiny.toml"), "--out", str(folder / "study")])
    assert done.exit_code == 0, done.stderr
    return folder / "study"


@pytest.fixture
def broken(whole: Path, tmp_path: Path) -> Callable[[Break], Path]:
    """Copy the folder and break the copy."""

    def copy_and_break(how: Break) -> Path:
        (tmp_path / "tiny.toml").write_text(EXPERIMENT, encoding="utf-8")
        folder = tmp_path / "study"
        shutil.copytree(whole, folder)
        how(folder)
        return folder

    return copy_and_break


def write(name: str | Path, text: str) -> Break:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def half(name: str | Path) -> Break:
    def cut(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return cut


def unlink(name: str | Path) -> Break:
    return lambda folder: (folder / name).unlink()


def a_folder(name: str | Path) -> Break:
    def turn(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).mkdir()

    return turn


def a_file(name: str | Path) -> Break:
    def turn(folder: Path) -> None:
        shutil.rmtree(folder / name)
        (folder / name).write_text("", encoding="utf-8")

    return turn


MISSING = object()


def entry(file: str | Path, *keys: str | int, value: Any = MISSING) -> Break:
    """Set an entry of a JSON file, or take it out."""

    def change(folder: Path) -> None:
        content = json.loads((folder / file).read_text(encoding="utf-8"))
        inner = content
        for key in keys[:-1]:
            inner = inner[key]
        if value is MISSING:
            del inner[keys[-1]]
        else:
            inner[keys[-1]] = value
        (folder / file).write_text(json.dumps(content), encoding="utf-8")

    return change


def columns(table: pa.Table) -> Break:
    """A sound Parquet file with a right checksum that is not the table."""

    def replace(folder: Path) -> None:
        pq.write_table(table, folder / RUN / "england.parquet")
        entry(RUN / "run.json", "files", "england.parquet", value=sha256(folder / RUN / "england.parquet"))(folder)

    return replace


M, J = "manifest.json", RUN / "run.json"
WRONG = {"a text": "x", "a number": 7, "null": None, "a list": [1], "an object": {"x": 1}, "missing": MISSING}


def wrong(file: str | Path, keys: tuple[str | int, ...], *kinds: str) -> dict[str, Break]:
    place = ".".join(map(str, keys))
    return {f"{place} is {kind}": entry(file, *keys, value=WRONG[kind]) for kind in kinds}


#: What is wrong with the manifest, and words the message must hold besides the file's name.
MANIFESTS: dict[str, tuple[Break, str]] = {
    "empty": (write(M, ""), "damaged"),
    "truncated": (half(M), "damaged"),
    "not JSON": (write(M, "schema = 1"), "damaged"),
    "not text": (lambda folder: (folder / M).write_bytes(b"\xff\xfe\x00"), "damaged"),
    "a JSON list": (write(M, "[]"), "not a JSON object"),
    "a folder": (a_folder(M), "damaged"),
    "newer": (entry(M, "schema", value=99), "written by another version of aft-sim: found 99"),
    "without schema": (entry(M, "schema"), "written by another version"),
    **{
        name: (how, "damaged")
        for keys, kinds in (
            (("inputs",), ("a text", "a number", "null", "a list", "an object", "missing")),
            (("inputs", "until"), ("a text", "a number", "a list", "missing")),
            (("inputs", "keep"), ("a text", "a number", "null", "a list")),
            (("scenarios",), ("a text", "a number", "null", "a list", "an object", "missing")),
            (("scenarios", 0), ("a text", "a number", "null", "a list", "an object")),
            (("scenarios", 0, "name"), ("a number", "null", "a list", "missing")),
            (("scenarios", 0, "hash"), ("a number", "null", "a list", "missing")),
            (("scenarios", 0, "title"), ("a number", "null", "a list", "missing")),
            (("scenarios", 0, "text"), ("a text", "a number", "null", "a list", "missing")),
            (("scenarios", 1, "policy_start"), ("a text", "a number", "a list", "missing")),
            (("seeds",), ("a text", "a number", "null", "an object", "missing")),
            (("draws",), ("a text", "a number", "null", "a list", "an object", "missing")),
            (("draws", 0, "number"), ("a text", "null", "a list", "missing")),
            (("draws", 0, "values"), ("a text", "a number", "null", "a list", "missing")),
            (("failures",), ("a text", "a number", "null", "a list", "an object", "missing")),
        )
        for name, how in wrong(M, keys, *kinds).items()
    },
}

#: What is wrong with a run, and words the message must hold.
RUNS: dict[str, tuple[Break, str]] = {
    "table truncated": (half(RUN / "england.parquet"), "england.parquet"),
    "table missing": (unlink(RUN / "england.parquet"), "england.parquet"),
    "table replaced by text": (write(RUN / "england.parquet", "month,list\n"), "england.parquet"),
    "table is a folder": (a_folder(RUN / "england.parquet"), "england.parquet"),
    "record empty": (write(J, ""), "run.json"),
    "record truncated": (half(J), "run.json"),
    "record missing": (unlink(J), "run.json"),
    "record is a folder": (a_folder(J), "run.json"),
    "record is a list": (write(J, "[]"), "run.json"),
    "record of another run": (entry(J, "seed", value=2), "run.json"),
    "unknown table in the record": (entry(J, "files", "../x.parquet", value=""), "run.json"),
    "run is a file": (a_file(RUN), "run.json"),
    **{
        f"record: {name}": (how, "run.json")
        for keys, kinds in (
            (("hash",), ("a number", "null", "a list", "missing")),
            (("scenario",), ("a number", "null", "a list", "missing")),
            (("scenario_hash",), ("a number", "null", "a list", "missing")),
            (("draw",), ("a text", "null", "a list", "missing")),
            (("seed",), ("a text", "null", "a list", "missing")),
            (("treated",), ("a text", "a number", "null", "a list", "an object", "missing")),
            (("files",), ("a text", "a number", "null", "a list", "missing")),
            (("files", "england.parquet"), ("a number", "null", "a list")),
        )
        for name, how in wrong(J, keys, *kinds).items()
    },
}


def refused(cli: Callable[..., Any], verb: str, *words: str) -> None:
    ended = cli(*VERBS[verb])
    assert ended.code == 2, f"{verb} ended with {ended.code}: {ended.flat}"
    assert ended.err.count("Error: ") == 1, ended.err
    for word in words:
        assert word in ended.flat, f"{verb}: {ended.flat}"


@pytest.mark.parametrize("what", MANIFESTS)
def test_broken_manifest(cli, broken, what: str) -> None:
    how, words = MANIFESTS[what]
    broken(how)
    for verb in VERBS:
        refused(cli, verb, "manifest.json", words)


@pytest.mark.parametrize("what", RUNS)
def test_broken_run_is_named_and_a_batch_mends_it(cli, broken, what: str) -> None:
    how, words = RUNS[what]
    folder = broken(how)
    for verb in READING:
        refused(cli, verb, words)
    if what.startswith("record: "):  # all are mended alike: the first dozen shows it
        return
    ended = cli(*VERBS["batch"])
    assert ended.code == 0, ended.err
    assert cli(*VERBS["compare"]).code == 0
    assert (folder / J).is_file()


@pytest.mark.parametrize("table", [{"list": ["x"]}, {"month": ["2026-02"], "basis": ["england"]}])
def test_a_table_of_other_columns(cli, broken, table: dict[str, list[str]]) -> None:
    broken(columns(pa.table(table)))
    for verb in VERBS:
        refused(cli, verb, "england.parquet", "damaged")


@pytest.mark.parametrize("name", [M, J, RUN / "england.parquet"])
def test_no_permission(cli, broken, name: str | Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = broken(lambda _: None) / name
    opened = Path.open

    def open_unless_denied(path: Path, *args: Any, **more: Any) -> Any:
        if path.resolve() == denied.resolve():
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **more)

    monkeypatch.setattr(Path, "open", open_unless_denied)
    for verb in ("compare", "plot", "reproduce"):
        refused(cli, verb, denied.name, "Permission denied")


@pytest.mark.parametrize("verb", READING)
def test_no_study(cli, tmp_path: Path, verb: str) -> None:
    refused(cli, verb, "no study in this folder", "study")  # no such path
    (tmp_path / "study").write_text("a file")
    refused(cli, verb, "no study in this folder", "study")
    (tmp_path / "study").unlink()
    (tmp_path / "study").mkdir()
    refused(cli, verb, "no study in this folder", "manifest.json")
    (tmp_path / "study" / "runs").mkdir()
    refused(cli, verb, "no study in this folder", "manifest.json")


def test_a_batch_onto_something_else(cli, tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(EXPERIMENT, encoding="utf-8")
    (tmp_path / "study").write_text("a file")
    refused(cli, "batch", "cannot write results", "study")
    (tmp_path / "study").unlink()
    (tmp_path / "study" / "runs").mkdir(parents=True)
    refused(cli, "batch", "the folder is not empty and holds no study")


@pytest.mark.parametrize("verb", READING)
def test_no_finished_run(cli, broken, verb: str) -> None:
    broken(lambda folder: shutil.rmtree(folder / "runs"))
    refused(cli, verb, "no finished run")


def test_a_scenario_without_runs(cli, broken) -> None:
    folder = broken(lambda folder: shutil.rmtree(folder / "runs" / "no-aft"))
    refused(cli, "compare", "no finished run of this scenario: found 'no-aft'")
    refused(cli, "plot", "this chart compares two scenarios")
    assert {row["scenario"] for row in cli(*VERBS["query"], "--json").json()} == {"aft-wide"}
    assert cli(*VERBS["reproduce"]).code == 0  # of the runs that are there
    (folder / "runs" / "no-aft").write_text("a file")
    refused(cli, "compare", "no-aft")
