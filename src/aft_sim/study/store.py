"""Results on disk: complete or absent, never half written.

A study folder holds ``manifest.json`` (what was asked, with which inputs, and what failed) and one folder a
run, ``runs/<scenario>/<draw>-<seed>/``, with one Parquet file a table and ``run.json``. A run is written to
a temporary sibling, flushed to disk and renamed as a folder: that rename is the commit. Parquet files hold
no wall time, host or version of aft-sim, so two folders of the same study compare byte for byte (on one
version of pyarrow, which stamps its own name into every file). While a study is being written its folder is
locked; the lock goes with the process that holds it, however that ends.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout

from aft_sim.basis.errors import AftSimError, InputError
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.study.provenance import SCHEMA_VERSION, Inputs, git_commit, machine, run_hash, sha256, versions
from aft_sim.study.result import ResultSet, RunFailure, RunResult, ScenarioInfo, canonical
from aft_sim.study.stored import check_files, check_name, draw_from_json, failure_from_json, read_manifest, read_record

LOCK = ".lock"
PART_MANIFEST = ".part-manifest.json"
FAILURES = "failures"


@dataclass
class Store:
    """A study folder opened for writing.

    Attributes:
        folder: the study's folder.
        inputs: what the runs depend on besides scenario, draw and seed.
        scenarios: the study's scenarios, in order.
        seeds: seeds asked for.
        draws: parameter draws asked for.
        experiment: text of the experiment that asked for them, empty where there was none.
        failures: runs that failed so far.
    """

    folder: Path
    inputs: Inputs
    scenarios: tuple[ScenarioInfo, ...]
    seeds: tuple[int, ...] = ()
    draws: tuple[Draw, ...] = (CENTRAL,)
    experiment: str = ""
    failures: list[RunFailure] = field(default_factory=list)
    wall_seconds: float = 0.0
    status: str = "running"
    _lock: FileLock | None = field(default=None, repr=False)

    @classmethod
    def open(
        cls,
        folder: Path,
        scenarios: Sequence[ScenarioInfo],
        inputs: Inputs,
        seeds: Sequence[int] = (),
        draws: Sequence[Draw] = (CENTRAL,),
        experiment: str = "",
    ) -> Store:
        """Create the folder or continue the same study in it; use it in a `with` block, which frees the lock.

        Raises:
            InputError: the folder holds a study of other scenarios or draws, is not a study folder, cannot be
                written, or another process is writing to it.
        """
        for info in scenarios:
            check_name(info.name)
        store = cls(folder, inputs, tuple(scenarios), tuple(seeds), tuple(draws), experiment)
        store._check_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            store._take_lock()
            store._continue_previous()
            (folder / "runs").mkdir(exist_ok=True)
        except OSError as error:
            store.close()
            raise _unwritable(folder, error) from error
        except BaseException:
            store.close()
            raise
        store.write_manifest()
        return store

    def __enter__(self) -> Store:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Free the lock."""
        self.close()

    def close(self) -> None:
        """Free the lock; nothing is written."""
        if self._lock is not None and self._lock.is_locked:
            (self.folder / LOCK).unlink(missing_ok=True)
            self._lock.release()

    def _take_lock(self) -> None:
        self._lock = FileLock(self.folder / LOCK)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                "another batch is writing to this folder",
                where=str(self.folder),
                hint="Wait until it has ended, or give another folder.",
            ) from None

    def _check_folder(self) -> None:
        """Refuse a folder with something else in it before anything is written there."""
        if (self.folder / "manifest.json").exists() or not self.folder.is_dir():
            return
        if any(path.name not in (LOCK, PART_MANIFEST) for path in self.folder.iterdir()):
            raise InputError(
                "the folder is not empty and holds no study",
                where=str(self.folder),
                expected="a new or empty folder, or one made by aft-sim",
                hint="Give another folder.",
            )

    def forget_failures(self, keys: Collection[tuple[str, int, int]]) -> None:
        """Drop the records of failed runs (scenario, draw, seed) that are about to be tried again."""
        for failure in self.failures:
            if failure.key in keys:
                self._trace_file(failure).unlink(missing_ok=True)
        self.failures = [failure for failure in self.failures if failure.key not in keys]

    def _trace_file(self, failure: RunFailure) -> Path:
        return self.folder / FAILURES / failure.scenario / f"{failure.draw}-{failure.seed}.txt"

    def _continue_previous(self) -> None:
        if not (self.folder / "manifest.json").exists():
            return
        previous = read_manifest(self.folder)
        theirs = {info["name"]: info["hash"] for info in previous["scenarios"]}
        ours = {info.name: info.hash for info in self.scenarios}
        if theirs != ours:
            raise InputError(
                "the folder holds a study of " + _difference(theirs, ours),
                where=str(self.folder),
                expected="a study of " + ", ".join(ours),
                hint="Give another folder, or delete this one first.",
            )
        if previous["inputs"] != asdict(self.inputs):
            return
        made = {draw.number: draw for draw in map(draw_from_json, previous["draws"])}
        for draw in self.draws:
            if draw.number in made and made[draw.number].values != draw.values:
                raise InputError(
                    f"the folder holds another study: draw {draw.number} has other values of the parameters there",
                    where=str(self.folder),
                    hint="Give another folder, or delete this one first.",
                )
        self.seeds = tuple(sorted({*self.seeds, *previous["seeds"]}))
        self.draws = tuple(sorted({**made, **{d.number: d for d in self.draws}}.values(), key=lambda d: d.number))
        self.failures = [failure_from_json(self.folder, entry) for entry in previous["failures"]]

    def path(self, scenario: str, draw: int, seed: int) -> Path:
        """Folder of one run."""
        return self.folder / "runs" / scenario / f"{draw}-{seed}"

    def has(self, scenario: ScenarioInfo, draw: Draw, seed: int) -> bool:
        """Whether the run is there, made with the same inputs, and intact."""
        path = self.path(scenario.name, draw.number, seed)
        try:
            record = read_record(path)
            if record["hash"] != run_hash(self.inputs, scenario.hash, draw, seed):
                return False
            check_files(path, record)
        except AftSimError:
            return False
        return True

    def write(self, run: RunResult, draw: Draw = CENTRAL) -> Path:
        """Write one run and commit it by renaming its folder.

        Args:
            run: the run.
            draw: the values of the uncertain parameters it was made with.

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
                "hash": run_hash(self.inputs, run.scenario_hash, draw, run.seed),
                "scenario": run.scenario,
                "scenario_hash": run.scenario_hash,
                "draw": run.draw,
                "seed": run.seed,
                "treated": list(run.treated),
                "files": files,
            }
            _write_text(part / "run.json", _json(record))
            _sync_folder(part)
            if final.is_dir():
                shutil.rmtree(final)
            final.unlink(missing_ok=True)  # something else that took its place
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
            "draws": [_draw_to_json(draw) for draw in self.draws],
            "experiment": self.experiment,
            "failures": [self._failure_to_json(failure) for failure in self.failures],
            "versions": versions(),
            "git_commit": git_commit(),
            "machine": machine(),
            "wall_seconds": round(self.wall_seconds, 3),
        }
        target = self.folder / "manifest.json"
        part = self.folder / PART_MANIFEST
        try:
            for failure in self.failures:
                if failure.trace:
                    self._trace_file(failure).parent.mkdir(parents=True, exist_ok=True)
                    _write_text(self._trace_file(failure), failure.trace)
            _write_text(part, _json(manifest))
            os.replace(part, target)
            _sync_folder(self.folder)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def _failure_to_json(self, failure: RunFailure) -> dict[str, Any]:
        entry = asdict(failure)
        entry["trace"] = self._trace_file(failure).relative_to(self.folder).as_posix() if failure.trace else ""
        return entry


def save(results: ResultSet, folder: Path) -> Path:
    """Write runs that are in memory to a new study folder.

    Raises:
        InputError: the folder holds another study or cannot be written, or not the same was kept of all runs.
    """
    kept = {run.kept.text for run in results.runs} or {""}
    if len(kept) > 1:
        raise InputError(
            "not the same is kept of all runs",
            found="; ".join(sorted(text or "everything" for text in kept)),
            expected="runs that keep the same levels and outcomes",
        )
    scenarios = dict(results.scenarios)
    for run in results.runs:
        scenarios.setdefault(run.scenario, ScenarioInfo(run.scenario, run.scenario, run.scenario_hash))
    made = {draw.number: draw for draw in results.draws_made} or {n: Draw(n) for n in results.draws}
    inputs = Inputs(keep=kept.pop())
    with Store.open(folder, tuple(scenarios.values()), inputs, results.seeds, tuple(made.values())) as store:
        store.failures = list(results.failures)
        for run in results.runs:
            store.write(run, made[run.draw])
        store.status = "failed" if results.failures else "complete"
        store.write_manifest()
    return folder


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
        "replays": info.replays,
        "text": dict(info.text),
    }


def _draw_to_json(draw: Draw) -> dict[str, Any]:
    return {"number": draw.number, "label": draw.label, "values": dict(draw.values)}


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
