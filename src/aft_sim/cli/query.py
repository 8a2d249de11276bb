"""`aft-sim query`: SQL over the tables of a stored study."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.cli import terminal

if TYPE_CHECKING:
    import pyarrow as pa

EPILOG = (
    "Examples:\n\n"
    "aft-sim query results \"select scenario, month, avg(list) from england where basis = 'england' and "
    "quintile = 'all' group by all order by all\"\n\n"
    "aft-sim query results \"select * from events where trust = 'RTF'\" --csv events.csv"
)
#: Rows that are printed; files and JSON hold all.
PRINTED = 50


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("query", help=terminal.help_text(query), epilog=EPILOG)(query)


def query(
    folder: Annotated[Path, typer.Argument(help="Folder of a stored study.")],
    sql: Annotated[str, typer.Argument(help="One SELECT statement (DuckDB's SQL).")],
    csv: Annotated[Path | None, typer.Option(help="Write all rows to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all rows as JSON for a program.")] = False,
) -> None:
    """Ask a stored study in SQL.

    Tables: england, region, icb_quintile, trust, money, oversight, events, those that the runs kept. Each has
    scenario, draw and seed beside its own columns; aft-sim list outcomes says what they mean. Nothing is changed: only
    SELECT is taken.
    """
    from aft_sim.study.query import query as ask

    answer = ask(folder, sql)
    if csv is not None:
        from aft_sim.present import csv_files

        parts = ([column.to_pylist() for column in batch.columns] for batch in answer.to_batches())
        rows = (row for columns in parts for row in zip(*columns, strict=True))
        csv_files.write(csv, answer.column_names, rows)
    if as_json:
        terminal.print_json(answer.to_pylist())
        return
    table = terminal.plain_table(*answer.column_names, right=_numbers(answer))
    for row in answer.slice(0, PRINTED).to_pylist():
        table.add_row(*(_cell(value) for value in row.values()))
    terminal.show(table)
    if answer.num_rows > PRINTED:
        terminal.say(f"{PRINTED} of {answer.num_rows:,} rows; --csv FILE or --json give all.", "dim")
    if csv is not None:
        terminal.say_path(f"Table: {csv}")


def _numbers(answer: pa.Table) -> list[str]:
    import pyarrow as pa

    def number(kind: Any) -> bool:
        return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind))

    return [field.name for field in answer.schema if number(field.type)]


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}"
    return str(value)
