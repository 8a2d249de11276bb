"""SQL over a stored study: one read-only view a results table, over the Parquet files of its committed runs.

Besides them `inequality` holds, for England by month, every outcome that says how unequal another one is; it is
computed from the England and trust tables when a query names it.

A run counts if its record carries the hash that the manifest asks for, as in `stored.load`; files are not compared with
their checksums, which would take longer than most queries (`load` does that). The database is in memory, may read the
study's own files only, and takes nothing but SELECT statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.outcomes import registry
from aft_sim.outcomes.kept import Kept
from aft_sim.study.groups import ENGLAND, read_groups
from aft_sim.study.provenance import Inputs, run_hash
from aft_sim.study.result import RunResult
from aft_sim.study.stored import check_columns, draw_from_json, read_manifest, read_record

if TYPE_CHECKING:
    import duckdb

KEYS = ("scenario", "draw", "seed")
"""Columns in front of those of the table itself."""

INEQUALITY = "inequality"
"""View of what is computed from the tables of a run."""


@dataclass(frozen=True)
class StoredFiles:
    """Files of the committed runs of a study, by level, with the run each belongs to."""

    folder: Path
    files: dict[str, list[tuple[str, str, int, int]]]
    kept: Kept

    def columns(self, level: str) -> tuple[str, ...]:
        """Columns of a view."""
        if level == INEQUALITY:
            return (*KEYS, "month", *_measures())
        return (*KEYS, *registry.LEVELS[level].keys, *self.kept.columns(level))


def committed_files(folder: Path) -> StoredFiles:
    """Find the committed runs of a study.

    Raises:
        InputError: not a study folder, a damaged record, or no finished run.
    """
    manifest = read_manifest(folder)
    inputs = Inputs(**manifest["inputs"])
    draws = {draw.number: draw for draw in map(draw_from_json, manifest["draws"])}
    files: dict[str, list[tuple[str, str, int, int]]] = {}
    for info in manifest["scenarios"]:
        for path in sorted((folder / "runs" / info["name"]).glob("[!.]*")):
            record = read_record(path)
            draw = draws.get(record["draw"])
            if draw is None or record["hash"] != run_hash(inputs, info["hash"], draw, record["seed"]):
                continue
            for name in record["files"]:
                entry = (str((path / name).resolve()), record["scenario"], record["draw"], record["seed"])
                files.setdefault(Path(name).stem, []).append(entry)
    if not files:
        raise InputError("the study has no finished run yet", where=str(folder))
    return StoredFiles(folder, files, Kept.read(inputs.keep))


def query(folder: str | Path, sql: str) -> pa.Table:
    """Ask a stored study in SQL.

    Args:
        folder: the study's folder.
        sql: one SELECT over the views england, region, icb_quintile, trust, money, oversight and events, those that
            the runs kept, and inequality, each with scenario, draw and seed in front of its own columns.

    Returns:
        The answer.

    Raises:
        InputError: not a study folder, or a query that cannot be answered; names the nearest table or column.
    """
    import duckdb

    stored = committed_files(Path(folder))
    with _database(stored, sql) as database:
        try:
            statements = database.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise InputError(
                    "a study is only read: one SELECT statement, nothing else",
                    found=sql,
                    expected="for example select scenario, month, avg(list) from england group by all",
                )
            return database.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise _explained(error, stored, sql) from None


@contextmanager
def _database(stored: StoredFiles, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the views that the query names, shut in with the study's files."""
    import duckdb

    database = duckdb.connect(":memory:")
    try:
        for level, entries in stored.files.items():
            if not _names(level, sql):
                continue  # a view opens a file, so that only those asked for are made
            for path, *_ in entries:
                check_columns(Path(path), stored.kept.schema(level))
            database.register(f"_runs_{level}", _runs(entries))
            paths = ", ".join(_text(path) for path, *_ in entries)
            database.execute(
                f"create view {level} as select r.scenario, r.draw, r.seed, t.* exclude (filename) "
                f"from read_parquet([{paths}], filename = true, hive_partitioning = false) t "
                f"join _runs_{level} r on r.filename = t.filename"
            )
        if _names(INEQUALITY, sql):
            database.register(INEQUALITY, _inequality(stored))
        database.execute(f"set allowed_directories = [{_text(str((stored.folder / 'runs').resolve()))}]")
        database.execute("set python_enable_replacements = false")  # no variable of this program is a table
        database.execute("set enable_external_access = false")
        database.execute("set lock_configuration = true")
        yield database
    except duckdb.Error as error:  # a file that went while it was being read
        raise InputError(
            "part of the results is missing or damaged",
            where=str(stored.folder),
            found=str(error).splitlines()[0],
            hint="Delete the run's folder and run the study again: only what is missing is run.",
        ) from None
    finally:
        database.close()


def _measures() -> tuple[str, ...]:
    return tuple(name for name, outcome in registry.OUTCOMES.items() if outcome.measure)


def _inequality(stored: StoredFiles) -> pa.Table:
    """England's inequality by run and month; null where the study did not keep what a measure takes."""
    tables: dict[tuple[str, int, int], dict[str, pa.Table]] = {}
    for level in (ENGLAND, "trust"):
        for path, scenario, draw, seed in stored.files.get(level, ()):
            check_columns(Path(path), stored.kept.schema(level))
            tables.setdefault((scenario, draw, seed), {})[level] = parquet.read_table(path)
    parts = []
    for (scenario, draw, seed), held in tables.items():
        groups = read_groups(RunResult(scenario, "", seed, draw, held, (), kept=stored.kept), ())
        n = len(groups.months)
        columns: dict[str, object] = {"scenario": [scenario] * n, "draw": [draw] * n, "seed": [seed] * n}
        columns["month"] = list(groups.months)
        for name in _measures():
            values = groups.values(ENGLAND, registry.OUTCOMES[name])
            columns[name] = pa.nulls(n, pa.float64()) if values is None else pa.array(values, from_pandas=True)
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


def _names(level: str, sql: str) -> bool:
    """Whether a query may mean a table."""
    return re.search(rf"\b{level}\b", sql, re.IGNORECASE) is not None


def _runs(entries: list[tuple[str, str, int, int]]) -> pa.Table:
    names, scenarios, draws, seeds = zip(*entries, strict=True)
    return pa.table({"filename": names, "scenario": scenarios, "draw": draws, "seed": seeds})


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _explained(error: duckdb.Error, stored: StoredFiles, sql: str) -> InputError:
    """A message with the nearest table or column for what the database could not make sense of."""
    import duckdb

    text = str(error)
    if isinstance(error, duckdb.CatalogException) and (table := re.search(r"Table with name \"?(\w+)\"?", text)):
        name = table[1]
        if name in registry.LEVELS:
            return InputError("no run kept this table", where=str(stored.folder), found=name, expected=_tables(stored))
        hint = did_you_mean(name, (*stored.files, INEQUALITY))
        return InputError("no such table", found=name, expected=_tables(stored), hint=hint)
    column = re.search(r'(?:column|Column named|have a column named) "?([\w.]+)"? ?(?:not found|does not|!|$)?', text)
    if isinstance(error, duckdb.BinderException) and column:
        name = column[1].rpartition(".")[2]
        levels = [level for level in (*stored.files, INEQUALITY) if _names(level, sql)] or list(stored.files)
        known = dict.fromkeys(one for level in levels for one in stored.columns(level))
        expected = "; ".join(f"{level}: {', '.join(stored.columns(level))}" for level in levels)
        cut = [
            level
            for level in levels
            if level in registry.LEVELS and name in registry.LEVELS[level].values and name not in stored.columns(level)
        ]
        if cut:
            return InputError(
                f"the study did not keep this column at {cut[0].replace('_quintile', '')} level",
                where=str(stored.folder),
                found=name,
                expected=expected,
            )
        return InputError("no such column", found=name, expected=expected, hint=did_you_mean(name, known))
    if isinstance(error, duckdb.IOException | duckdb.InvalidInputException) and ".parquet" in text:
        return InputError(
            "part of the results is missing or damaged",
            where=str(stored.folder),
            found=text.splitlines()[0],
            hint="Delete the run's folder and run the study again: only what is missing is run.",
        )
    first = next(line for line in text.splitlines() if line.strip())
    return InputError(f"the query cannot be answered ({first})", expected=f"SQL over {_tables(stored)}")


def _tables(stored: StoredFiles) -> str:
    return "the tables " + ", ".join([*(level for level in registry.LEVELS if level in stored.files), INEQUALITY])
