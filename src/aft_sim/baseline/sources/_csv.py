"""Small comma-separated files with checked headers: one clear error for each way a file can be wrong.

The readers in this package share this floor: it opens a file, checks its header, and hands out rows whose
cells know the file and line they came from, so that a wrong cell can be reported to the user.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from aft_sim.basis.errors import InputError, did_you_mean, nearest

UNKNOWN = math.nan
"""How a blank number is written in arrays and rows: not zero, unknown."""


@dataclass(frozen=True)
class Row:
    """One data row of a file, with its place.

    Attributes:
        path: The file, or "archive > member" for a file in an archive.
        line: Line number in the file, the header being line 1.
        cells: Column name to text, stripped of surrounding blanks.
    """

    path: Path | str
    line: int
    cells: dict[str, str]

    @property
    def where(self) -> str:
        """The place of the row as ``file:line``."""
        return f"{self.path}:{self.line}"

    def error(self, what: str, column: str, expected: str, hint: str | None = None) -> InputError:
        """Build (do not raise) an error about the cell in `column`."""
        found = self.cells.get(column, "")
        return InputError(what, where=self.where, found=found, expected=expected, hint=hint)

    def maybe(self, column: str) -> str | None:
        """Text of the cell, or None where it is blank."""
        return self.cells[column] or None

    def text(self, column: str) -> str:
        """Text of the cell; a blank is an error."""
        value = self.cells[column]
        if not value:
            raise self.error(f"column '{column}' is blank", column, "a value in every row")
        return value

    def number(self, column: str) -> float:
        """Finite number in the cell, NaN where it is blank (unknown is not zero).

        Raises:
            InputError: The cell holds something else.
        """
        value = self.cells[column]
        if not value:
            return UNKNOWN
        try:
            result = float(value)
        except ValueError:
            result = math.inf
        if not math.isfinite(result):
            raise self.error(f"column '{column}' is not a number", column, "a plain number or a blank")
        return result

    def maybe_number(self, column: str) -> float | None:
        """Finite number in the cell, None where it is blank."""
        value = self.number(column)
        return None if math.isnan(value) else value

    def need_number(self, column: str, at_least: float = -math.inf) -> float:
        """Finite number in the cell, not blank and not below `at_least`."""
        value = self.number(column)
        if math.isnan(value):
            raise self.error(f"column '{column}' is blank", column, "a number in every row")
        if value < at_least:
            raise self.error(f"column '{column}' is too small", column, f"a number not below {at_least:g}")
        return value

    def maybe_date(self, column: str) -> date | None:
        """Date of the form 2026-04-01 in the cell, None where it is blank."""
        value = self.cells[column]
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.error(f"column '{column}' is not a date", column, "a date such as 2026-04-01") from None


def require_file(path: Path, what: str) -> None:
    """Check that `path` is a file with something in it.

    Args:
        path: The file.
        what: What it should be, for the message ("the RTT full extract").

    Raises:
        InputError: The file is missing, is a folder, or is empty.
    """
    if not path.is_file():
        there = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(
            f"{what} is a folder, not a file" if path.is_dir() else f"{what} is not there",
            where=str(path),
            expected="a readable file",
            hint=did_you_mean(path.name, [name for name in there if name != path.name]),
        )
    if path.stat().st_size == 0:
        raise InputError(f"{what} is empty", where=str(path), expected="a header and rows")


def require_whole(path: Path, what: str) -> None:
    """Check that the last line of a file is complete, as it is in all files that are published.

    A file that was cut short in the middle of its last number or of a name in quotes has the right number
    of cells, and would be read with a wrong value.

    Raises:
        InputError: The file is missing or empty, or its last line has no end.
    """
    require_file(path, what)
    with path.open("rb") as handle:
        handle.seek(-1, 2)
        if handle.read() not in (b"\n", b"\r"):
            raise InputError(
                f"the last line of {what} has no end",
                where=str(path),
                expected="a line break after the last row",
                hint="Is the file cut short? Fetch it again",
            )


def check_header(header: Sequence[str], columns: Sequence[str], where: str, hint: str | None = None) -> None:
    """Check that every one of `columns` is in `header` exactly once.

    Raises:
        InputError: A column is missing (named, with its nearest match) or is there twice.
    """
    missing = [c for c in columns if c not in header]
    if missing:
        near = nearest(missing[0], list(header), 1)
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise InputError(
            f"column '{missing[0]}'{more} is missing",
            where=where,
            found=near[0] if near else None,
            expected=", ".join(f"'{c}'" for c in missing[:6]) + (", ..." if len(missing) > 6 else ""),
            hint=hint,
        )
    double = sorted({c for c in columns if list(header).count(c) > 1})
    if double:
        raise InputError(f"column '{double[0]}' is there twice", where=where, expected="each column once")


def read_rows(path: Path, columns: Sequence[str], what: str, encoding: str = "utf-8-sig") -> Iterator[Row]:
    """Read a small file with a header row.

    Args:
        path: The file.
        columns: Names that must be in the header; other columns are read and kept.
        what: What the file is, for messages.
        encoding: Text encoding; a byte order mark is skipped.

    Yields:
        One `Row` a data line; lines that are wholly blank are skipped.

    Raises:
        InputError: Missing or empty file, missing column, text in another encoding, a row of another length.
    """
    require_file(path, what)
    with path.open(encoding=encoding, newline="") as handle:
        yield from rows_of(handle, path, columns, what, encoding)


def rows_of(handle: Iterable[str], path: Path | str, columns: Sequence[str], what: str, encoding: str) -> Iterator[Row]:
    """Read rows from an open text file; `read_rows` explains the arguments and errors.

    Args:
        handle: Lines of text; decoding may still fail, in which case the encoding is reported.
        path: The name of the file in messages.
        columns: Names that must be in the header.
        what: What the file is.
        encoding: The encoding in which it was opened.

    Yields:
        One `Row` a data line.
    """
    reader = csv.reader(handle)
    try:
        header = [name.strip() for name in next(reader, [])]
        check_header(header, columns, f"{path}:1")
        for values in reader:
            if not any(v.strip() for v in values):
                continue
            if len(values) != len(header):
                raise InputError(
                    f"a row of {what} has the wrong number of cells",
                    where=f"{path}:{reader.line_num}",
                    found=len(values),
                    expected=f"{len(header)}, as in the header",
                    hint="Is the file cut short, or is a name with a comma not in quotes?",
                )
            cells = {k: v.strip() for k, v in zip(header, values, strict=True)}
            yield Row(path, reader.line_num, cells)
    except UnicodeDecodeError as problem:
        raise InputError(
            f"{what} is not text in the expected encoding",
            where=f"{path}:{reader.line_num + 1}",
            found=f"byte 0x{problem.object[problem.start]:02x}",
            expected=encoding.removesuffix("-sig"),
            hint="Save the file as CSV UTF-8",
        ) from None
    except csv.Error as problem:
        raise InputError(f"{what} cannot be read: {problem}", where=f"{path}:{reader.line_num}") from None
