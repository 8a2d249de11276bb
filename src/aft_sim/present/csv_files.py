"""CSV files for people and spreadsheets: UTF-8, commas, parent folders made, one message where it fails."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aft_sim.basis.errors import InputError


def write(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows under a header.

    Raises:
        InputError: the file cannot be written.
    """
    with writing("the table", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if header:
                writer.writerow(header)
            writer.writerows(rows)


def write_records(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    """Write records with the same keys, which make the header; an empty file if there are none.

    Raises:
        InputError: the file cannot be written.
    """
    write(path, list(records[0]) if records else [], (list(record.values()) for record in records))


def named(path: Path) -> Path:
    """The path with the ending .csv."""
    return path if path.suffix == ".csv" else path.with_name(path.name + ".csv")


def beside(main: Path, part: str) -> Path:
    """A file that goes with a main one: "effects.csv" and "codebook" give "effects-codebook.csv"."""
    return main.with_name(f"{main.stem}-{part}.csv")


@contextmanager
def writing(what: str, where: Path) -> Generator[None, None, None]:
    """Turn what the system says of a file that cannot be written into a message.

    Raises:
        InputError: it cannot.
    """
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot write {what} ({error.strerror or error})", where=str(where), expected="a folder you may write to"
        ) from error
