"""Study folders read back: every file against its checksum, tables from disk when they are used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import Draw, in_order
from aft_sim.study.provenance import SCHEMA_VERSION, Inputs, run_hash, sha256
from aft_sim.study.records import Manifest, Record, can_be_folder, mistake
from aft_sim.study.result import ResultSet, RunFailure, RunResult, ScenarioInfo, ordered

RUN_HINT = "Delete the run's folder and run the study again: only what is missing is run."
MANIFEST_HINT = "Put the file back from a copy, or run the study again into another folder."
"""How to mend a folder."""

VOLATILE = ("wall_seconds", "machine", "versions", "git_commit")
"""Entries of the manifest that say how a study was executed, not what it found."""


def fingerprint(folder: Path) -> str:
    """SHA-256 of everything in a study folder that says what was found: all run files, and the manifest but for what
    differs from one execution to the next (time, machine, versions, commit).

    Raises:
        InputError: not a study folder.
    """
    manifest = {key: value for key, value in read_manifest(folder).items() if key not in VOLATILE}
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode())
    for path in sorted((folder / "runs").rglob("*")):
        if path.is_file():
            digest.update(f"\n{path.relative_to(folder).as_posix()} {sha256(path)}".encode())
    return digest.hexdigest()


def load(folder: str | Path) -> ResultSet:
    """Open a study folder; tables are read from disk when they are used.

    Every file is checked against its checksum. Runs that belong to other inputs than the manifest's (left
    by another version of the model) are not part of the study and are passed over.

    Raises:
        InputError: not a study folder, or a part of it is missing, truncated or altered (named).
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    inputs = Inputs(**manifest["inputs"])
    kept = Kept.read(inputs.keep)
    infos = [_info_from_json(entry) for entry in manifest["scenarios"]]
    failures = tuple(failure_from_json(folder, entry) for entry in manifest["failures"])
    draws = {draw.number: draw for draw in map(draw_from_json, manifest["draws"])}
    runs = []
    for info in infos:
        for path in sorted((folder / "runs" / info.name).glob("[!.]*")):
            record = read_record(path)
            draw = draws.get(record["draw"])
            if draw is not None and record["hash"] == run_hash(inputs, info.hash, draw, record["seed"]):
                check_files(path, record)
                runs.append(_stored_run(path, record, kept))
    return ResultSet(
        runs=ordered(runs, [info.name for info in infos]),
        scenarios={info.name: info for info in infos},
        failures=failures,
        folder=folder,
        draws_made=tuple(draws.values()),
    )


class StoredTables(Mapping[str, pa.Table]):
    """Tables of a stored run, read when asked for and not kept, so that a big study fits in memory."""

    def __init__(self, folder: Path, files: Sequence[str], kept: Kept) -> None:
        """Remember where the files are and what they hold; nothing is read."""
        self._files = {Path(name).stem: folder / name for name in files}
        self._kept = kept

    def __getitem__(self, level: str) -> pa.Table:
        """Read one table.

        Raises:
            KeyError: the run did not keep that level.
            InputError: the file is missing or damaged.
        """
        path, schema = self._files[level], self._kept.schema(level)
        try:
            table = pq.read_table(path, partitioning=None)
            return table.select(schema.names).cast(schema)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise _damaged(path, error) from error

    def __iter__(self) -> Iterator[str]:
        """Levels in registry order."""
        return (level for level in registry.LEVELS if level in self._files)

    def __len__(self) -> int:
        return len(self._files)


def _stored_run(path: Path, record: Mapping[str, Any], kept: Kept) -> RunResult:
    return RunResult(
        scenario=record["scenario"],
        scenario_hash=record["scenario_hash"],
        seed=record["seed"],
        draw=record["draw"],
        tables=StoredTables(path, list(record["files"]), kept),
        treated=tuple(record["treated"]),
        kept=kept,
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a study folder.

    Raises:
        InputError: there is none, or it is damaged or of another version.
    """
    path = folder / "manifest.json"
    if not path.exists():
        raise InputError(
            "no study in this folder",
            where=str(folder),
            expected="a folder with manifest.json, as written by a run with an output folder",
        )
    manifest = _read_json(path, MANIFEST_HINT)
    if manifest.get("schema") != SCHEMA_VERSION:
        raise InputError(
            "the study was written by another version of aft-sim",
            where=str(path),
            found=manifest.get("schema"),
            expected=f"schema {SCHEMA_VERSION}",
        )
    wrong = mistake(manifest, Manifest)
    if wrong:
        raise _damaged(path, wrong, MANIFEST_HINT)
    return manifest


def read_record(path: Path) -> dict[str, Any]:
    """The record of one run.

    Raises:
        InputError: there is none, it is damaged, names unknown tables, or belongs to another run.
    """
    record = _read_json(path / "run.json", RUN_HINT)
    wrong = mistake(record, Record)
    if wrong:
        raise _damaged(path / "run.json", wrong)
    for name in record["files"]:
        if Path(name).suffix != ".parquet" or Path(name).stem not in registry.LEVELS or Path(name).name != name:
            raise _damaged(path / "run.json", f"unknown table {name}")
    if (record["scenario"], f"{record['draw']}-{record['seed']}") != (path.parent.name, path.name):
        raise _damaged(path / "run.json", "it belongs to another run")
    return record


def check_files(path: Path, record: Mapping[str, Any]) -> None:
    """Check every file of a run against its record.

    Raises:
        InputError: a file is missing or altered.
    """
    for name, expected in record["files"].items():
        file = path / name
        try:
            found = sha256(file)
        except OSError as error:
            raise _damaged(file, error) from error
        if found != expected:
            raise _damaged(file, "its checksum differs from the one in run.json")


def check_columns(path: Path, schema: pa.Schema) -> None:
    """Check that a table can be read and has its columns; its numbers are not read.

    Raises:
        InputError: it has not.
    """
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    if [(field.name, field.type) for field in found] != [(field.name, field.type) for field in schema]:
        raise _damaged(path, f"it has the columns {', '.join(found.names)}, not {', '.join(schema.names)}")


def _read_json(path: Path, hint: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error, hint) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it is not a JSON object", hint)
    return content


def _info_from_json(entry: Mapping[str, Any]) -> ScenarioInfo:
    start = entry["policy_start"]
    return ScenarioInfo(
        entry["name"],
        entry["title"],
        entry["hash"],
        dict(entry["text"]),
        date.fromisoformat(start) if start else None,
        entry.get("replays", ""),
    )


def draw_from_json(entry: Mapping[str, Any]) -> Draw:
    """A draw as the manifest holds it."""
    return Draw(entry["number"], in_order(entry["values"]), entry["label"])


def failure_from_json(folder: Path, entry: Mapping[str, Any]) -> RunFailure:
    """A failed run as the manifest holds it, with the trace from its file."""
    fields = dict(entry)
    try:
        fields["trace"] = (folder / fields["trace"]).read_text(encoding="utf-8") if fields["trace"] else ""
    except OSError:  # the record stands without it
        fields["trace"] = ""
    return RunFailure(**fields)


def check_name(name: str) -> None:
    """Refuse a scenario name that cannot be a folder.

    Raises:
        InputError: it cannot.
    """
    if not can_be_folder(name):
        raise InputError(
            "a scenario's name is also the name of its results folder",
            found=name,
            expected="letters, digits, hyphens and underscores",
        )


def _damaged(path: Path, reason: object, hint: str = RUN_HINT) -> InputError:
    told = reason.strerror or reason if isinstance(reason, OSError) else reason
    return InputError(f"part of the results is missing or damaged ({told})", where=str(path), hint=hint)
