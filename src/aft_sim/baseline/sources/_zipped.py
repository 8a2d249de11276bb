"""A large CSV in a zip archive as a stream of checked rows, or the same CSV unpacked."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from aft_sim.baseline.sources._csv import Row, require_file, rows_of
from aft_sim.basis.errors import InputError

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def read_zipped_rows(path: Path, columns: Sequence[str], what: str, encoding: str = "utf-8-sig") -> Iterator[Row]:
    """Read the only CSV of an archive row by row; nothing is unpacked to disk.

    Args:
        path: The zip file as published, or the CSV taken out of it.
        columns: Names that must be in the header; other columns are read and kept.
        what: What the file is, for messages.
        encoding: Text encoding; a byte order mark is skipped.

    Yields:
        One `Row` a data line, in file order; its place names the archive and the file in it.

    Raises:
        InputError: As `read_rows`, and: not a zip file, damaged or cut short, locked, not one CSV in it.
    """
    require_file(path, what)
    with path.open("rb") as handle:
        starts_like_zip = handle.read(2) == b"PK"
    if not starts_like_zip:
        if path.suffix.lower() == ".zip":
            raise InputError(
                f"{what} is not a zip file",
                where=str(path),
                expected="a zip file with one CSV, or the CSV with the ending .csv",
                hint="Was a web page saved in place of the file?",
            )
        with path.open(encoding=encoding, newline="") as plain:
            yield from rows_of(plain, path, columns, what, encoding)
        return
    member = _only_csv(path, what)
    # Damage shows first as nonsense in the text, so the checksum comes before the rows.
    _verify(path, member, what)
    with zipfile.ZipFile(path) as archive, archive.open(member) as packed:
        text = io.TextIOWrapper(packed, encoding=encoding, newline="")
        yield from rows_of(text, f"{path} > {member}", columns, what, encoding)


def _only_csv(path: Path, what: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith(".csv")]
    except zipfile.BadZipFile as problem:
        raise _damaged(path, what, str(problem)) from None
    inside = [m.filename for m in members if "__MACOSX" not in m.filename]
    if len(inside) != 1:
        raise InputError(f"{what} must hold one CSV", where=str(path), found=inside[:3], expected="one in the zip file")
    if any(m.flag_bits & 1 for m in members):
        raise InputError(f"{what} is locked by a password", where=str(path))
    return inside[0]


def _verify(path: Path, member: str, what: str) -> None:
    """Unpack to the end, which checks the checksum."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as packed:
            while packed.read(1 << 20):
                pass
    except _DAMAGE as problem:
        raise _damaged(path, what, str(problem)) from None


def _damaged(path: Path, what: str, detail: str) -> InputError:
    return InputError(
        f"{what} is a damaged or truncated zip file ({detail or 'it ends early'})",
        where=str(path),
        expected="the zip file as published",
        hint="Download it again",
    )
