"""Results on disk: complete or absent, never half written.

A study folder holds ``manifest.json`` (what was asked, with which inputs, and what failed) and one folder a
run, ``runs/<scenario>/<draw>-<seed>/``, with one Parquet file a table and ``run.json``. A run is written to
a temporary sibling, flushed to disk and renamed as a folder: that rename is the commit. Parquet files hold
no wall time, host or version of aft-sim, so two folders of the same study compare byte for byte (on one
version of pyarrow, which stamps its own name into every file).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.outcomes import registry
from aft_sim.study.provenance import SCHEMA_VERSION, Inputs, git_commit, machine, run_hash, sha256, versions
from aft_sim.study.result import ResultSet, RunFailure, RunResult, ScenarioInfo, canonical, ordered


@dataclass
class Store:
    """A study folder opened for writing.

    Attributes:
        folder: the study's folder.
        inputs: what the runs depend on besides scenario, draw and seed.
        scenarios: the study's scenarios, in order.
        seeds: seeds asked for.
        draws: parameter draws asked for.
        failures: runs that failed so far.
    """

    folder: Path
    inputs: Inputs
    scenarios: tuple[ScenarioInfo, ...]
    seeds: tuple[int, ...] = ()
    draws: tuple[int, ...] = (0,)
    failures: list[RunFailure] = field(default_factory=list)
    wall_seconds: float = 0.0
    status: str = "running"

    @classmethod
    def open(
        cls,
        folder: Path,
        scenarios: Sequence[ScenarioInfo],
        inputs: Inputs,
        seeds: Sequence[int] = (),
        draws: Sequence[int] = (0,),
    ) -> Store:
        """Create the folder or continue the same study in it.

        Raises:
            InputError: the folder holds a study of other scenarios, is not a study folder, or cannot be
                written.
        """
        for info in scenarios:
            _check_name(info.name)
        store = cls(folder, inputs, tuple(scenarios), tuple(seeds), tuple(draws))
        store._continue_previous()
        try:
            (folder / "runs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(folder, error) from error
        store.write_manifest()
        return store

    def _continue_previous(self) -> None:
        manifest = self.folder / "manifest.json"
        if manifest.exists():
            previous = _read_manifest(self.folder)
            theirs = {info["name"]: info["hash"] for info in previous["scenarios"]}
            ours = {info.name: info.hash for info in self.scenarios}
            if theirs != ours:
                raise InputError(
                    "the folder holds a study of " + _difference(theirs, ours),
                    where=str(self.folder),
                    expected="a study of " + ", ".join(ours),
                    hint="Give another folder, or delete this one first.",
                )
            if previous["inputs"] == asdict(self.inputs):
                self.seeds = tuple(sorted({*self.seeds, *previous["seeds"]}))
                self.draws = tuple(sorted({*self.draws, *previous["draws"]}))
                self.failures = [RunFailure(**entry) for entry in previous["failures"]]
        elif self.folder.is_dir() and any(self.folder.iterdir()):
            raise InputError(
                "the folder is not empty and holds no study",
                where=str(self.folder),
                expected="a new or empty folder, or one made by aft-sim",
                hint="Give another folder.",
            )

    def path(self, scenario: str, draw: int, seed: int) -> Path:
        """Folder of one run."""
        return self.folder / "runs" / scenario / f"{draw}-{seed}"

    def has(self, scenario: ScenarioInfo, draw: int, seed: int) -> bool:
        """Whether the run is there, made with the same inputs, and intact."""
        path = self.path(scenario.name, draw, seed)
        try:
            record = _read_record(path)
            if record["hash"] != run_hash(self.inputs, scenario.hash, draw, seed):
                return False
            _check_files(path, record)
        except AftSimError:
            return False
        return True

    def write(self, run: RunResult) -> Path:
        """Write one run and commit it by renaming its folder.

        Raises:
            InputError: the folder cannot be written (permission, full disk).
        """
        run = canonical(run)
        final = self.path(run.scenario, run.draw, run.seed)
        part = final.with_name(f".part-{final.name}")
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            files = {}
            for level, table in run.tables.items():
                path = part / f"{level}.parquet"
                _write_parquet(table, path)
                files[path.name] = sha256(path)
            record = {
                "schema": SCHEMA_VERSION,
                "hash": run_hash(self.inputs, run.scenario_hash, run.draw, run.seed),
                "scenario": run.scenario,
                "scenario_hash": run.scenario_hash,
                "draw": run.draw,
                "seed": run.seed,
                "treated": list(run.treated),
                "files": files,
            }
            _write_text(part / "run.json", _json(record))
            _sync_folder(part)
            if final.exists():
                shutil.rmtree(final)
            part.rename(final)
            _sync_folder(final.parent)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            raise _unwritable(self.folder, error) from error
        return final

    def write_manifest(self) -> None:
        """Write the manifest (replacing it in one step).

        Raises:
            InputError: the folder cannot be written.
        """
        manifest = {
            "schema": SCHEMA_VERSION,
            "status": self.status,
            "inputs": asdict(self.inputs),
            "scenarios": [_info_to_json(info) for info in self.scenarios],
            "seeds": list(self.seeds),
            "draws": list(self.draws),
            "failures": [asdict(failure) for failure in self.failures],
            "versions": versions(),
            "git_commit": git_commit(),
            "machine": machine(),
            "wall_seconds": round(self.wall_seconds, 3),
        }
        target = self.folder / "manifest.json"
        part = self.folder / ".part-manifest.json"
        try:
            _write_text(part, _json(manifest))
            os.replace(part, target)
            _sync_folder(self.folder)
        except OSError as error:
            raise _unwritable(self.folder, error) from error


def save(results: ResultSet, folder: Path) -> Path:
    """Write runs that are in memory to a new study folder.

    Raises:
        InputError: the folder holds another study or cannot be written.
    """
    scenarios = dict(results.scenarios)
    for run in results.runs:
        scenarios.setdefault(run.scenario, ScenarioInfo(run.scenario, run.scenario, run.scenario_hash))
    store = Store.open(folder, tuple(scenarios.values()), Inputs(), results.seeds, results.draws)
    store.failures = list(results.failures)
    for run in results.runs:
        store.write(run)
    store.status = "failed" if results.failures else "complete"
    store.write_manifest()
    return folder


def load(folder: str | Path) -> ResultSet:
    """Open a study folder; tables are read from disk when they are used.

    Every file is checked against its checksum. Runs that belong to other inputs than the manifest's (left
    by another version of the model) are not part of the study and are passed over.

    Raises:
        InputError: not a study folder, or a part of it is missing, truncated or altered (named).
    """
    folder = Path(folder)
    manifest = _read_manifest(folder)
    try:
        inputs = Inputs(**manifest["inputs"])
        infos = [_info_from_json(entry) for entry in manifest["scenarios"]]
        failures = tuple(RunFailure(**entry) for entry in manifest["failures"])
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder / "manifest.json", error) from error
    runs = []
    for info in infos:
        for path in sorted((folder / "runs" / info.name).glob("[!.]*")):
            record = _read_record(path)
            if record["hash"] == run_hash(inputs, info.hash, record["draw"], record["seed"]):
                _check_files(path, record)
                runs.append(_stored_run(path, record))
    return ResultSet(
        runs=ordered(runs, [info.name for info in infos]),
        scenarios={info.name: info for info in infos},
        failures=failures,
        folder=folder,
    )


class StoredTables(Mapping[str, pa.Table]):
    """Tables of a stored run, read when asked for and not kept, so that a big study fits in memory."""

    def __init__(self, folder: Path, files: Sequence[str]) -> None:
        """Remember where the files are; nothing is read."""
        self._files = {Path(name).stem: folder / name for name in files}

    def __getitem__(self, level: str) -> pa.Table:
        """Read one table.

        Raises:
            KeyError: the run did not keep that level.
            InputError: the file is missing or damaged.
        """
        path = self._files[level]
        try:
            table = pq.read_table(path, partitioning=None)
            return table.select(registry.LEVELS[level].schema.names).cast(registry.LEVELS[level].schema)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise _damaged(path, error) from error

    def __iter__(self) -> Iterator[str]:
        """Levels in registry order."""
        return (level for level in registry.LEVELS if level in self._files)

    def __len__(self) -> int:
        return len(self._files)


def _stored_run(path: Path, record: Mapping[str, Any]) -> RunResult:
    return RunResult(
        scenario=record["scenario"],
        scenario_hash=record["scenario_hash"],
        seed=record["seed"],
        draw=record["draw"],
        tables=StoredTables(path, list(record["files"])),
        treated=tuple(record["treated"]),
    )


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / "manifest.json"
    if not path.is_file():
        raise InputError(
            "no study in this folder",
            where=str(folder),
            expected="a folder with manifest.json, as written by a run with an output folder",
        )
    manifest = _read_json(path)
    if manifest.get("schema") != SCHEMA_VERSION:
        raise InputError(
            "the study was written by another version of aft-sim",
            where=str(path),
            found=manifest.get("schema"),
            expected=f"schema {SCHEMA_VERSION}",
        )
    try:
        for key in ("inputs", "scenarios", "seeds", "draws", "failures"):
            manifest[key]
        for info in manifest["scenarios"]:
            info["name"], info["hash"]
    except (KeyError, TypeError) as error:
        raise _damaged(path, error) from error
    return manifest


def _read_record(path: Path) -> dict[str, Any]:
    record = _read_json(path / "run.json")
    kinds = {"hash": str, "scenario": str, "scenario_hash": str, "draw": int, "seed": int}
    good = all(isinstance(record.get(key), kind) for key, kind in kinds.items())
    if not (good and isinstance(record.get("treated"), list) and isinstance(record.get("files"), dict)):
        raise _damaged(path / "run.json", "entries are missing")
    if (record["scenario"], f"{record['draw']}-{record['seed']}") != (path.parent.name, path.name):
        raise _damaged(path / "run.json", "it belongs to another run")
    return record


def _check_files(path: Path, record: Mapping[str, Any]) -> None:
    for name, expected in record["files"].items():
        file = path / name
        if Path(name).stem not in registry.LEVELS or Path(name).name != name:
            raise _damaged(path / "run.json", f"unknown table {name}")
        try:
            found = sha256(file)
        except OSError as error:
            raise _damaged(file, error) from error
        if found != expected:
            raise _damaged(file, "its checksum differs from the one in run.json")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it is not a JSON object")
    return content


def _write_parquet(table: pa.Table, path: Path) -> None:
    floats = [column.name for column in table.schema if pa.types.is_floating(column.type)]
    pq.write_table(
        table,
        path,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in floats],
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        write_statistics=False,
        store_schema=False,
    )
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _write_text(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False) + "\n"


def _info_to_json(info: ScenarioInfo) -> dict[str, Any]:
    start = info.policy_start.isoformat() if info.policy_start else None
    return {
        "name": info.name,
        "title": info.title,
        "hash": info.hash,
        "policy_start": start,
        "text": dict(info.text),
    }


def _info_from_json(entry: Mapping[str, Any]) -> ScenarioInfo:
    start = entry["policy_start"]
    _check_name(entry["name"])
    return ScenarioInfo(
        entry["name"],
        entry["title"],
        entry["hash"],
        dict(entry["text"]),
        date.fromisoformat(start) if start else None,
    )


def _check_name(name: str) -> None:
    if not name or name.startswith(".") or any(mark in name for mark in '/\\:*?"<>|\0'):
        raise InputError(
            "a scenario's name is also the name of its results folder",
            found=name,
            expected="letters, digits, hyphens and underscores",
        )


def _difference(theirs: Mapping[str, str], ours: Mapping[str, str]) -> str:
    if theirs.keys() != ours.keys():
        return "other scenarios: " + ", ".join(theirs)
    changed = [name for name in ours if theirs[name] != ours[name]]
    return "scenarios of the same name with other content: " + ", ".join(changed)


def _unwritable(folder: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write results ({error.strerror or error})",
        where=str(folder),
        expected="a folder you may write to, with enough free space",
        hint="Runs that were already stored are kept.",
    )


def _damaged(path: Path, reason: object) -> InputError:
    return InputError(
        f"part of the results is missing or damaged ({reason})",
        where=str(path),
        hint="Delete the run's folder and run the study again: only what is missing is run.",
    )
