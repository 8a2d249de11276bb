"""The RTT full extract as a stream: opens the zip or CSV, reads batches into arrays, names what is wrong.

Fast path: Arrow's streaming CSV reader. If it stops, the file is read once more, slowly, to find the line.
"""

from __future__ import annotations

import calendar
import csv
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import check_header, require_file
from aft_sim.basis.errors import InputError, did_you_mean

PARTS = ("1A", "1B", "2", "2A", "3")
"""Parts of the extract: admitted, non-admitted, list, list with a decision to admit, clock starts."""
BANDS = 105
"""Weekly bands 0-1 ... 103-104 and 104 and over."""
NONC = "NONC"
"""Commissioner code of patients from outside England."""
TOTAL_FUNCTION = "C_999"
"""The row that repeats the sum of the functions."""

WHAT = "the RTT full extract"
_PERIOD, _PART, _TOTAL, _UNKNOWN = (
    "Period",
    "RTT Part Type",
    "Total All",
    "Patients with unknown clock start date",
)
_PROVIDER = ("Provider Org Code", "Provider Org Name", "Provider Parent Org Code")
_PAYER = ("Commissioner Org Code", "Commissioner Org Name", "Commissioner Parent Org Code")
_FUNCTION = ("Treatment Function Code", "Treatment Function Name")
_TEXT = (_PERIOD, _PART, *_PROVIDER, *_PAYER, *_FUNCTION)
BAND_NAMES = tuple(
    [f"Gt {w:02d} To {w + 1:02d} Weeks SUM 1" for w in range(BANDS - 1)] + [f"Gt {BANDS - 1} Weeks SUM 1"]
)
"""Band columns as NHS England names them, in order of weeks."""
_COUNTS = (*BAND_NAMES, _UNKNOWN, _TOTAL)
_MONTHS = [m.lower() for m in calendar.month_name]
_PERIOD_FORM = re.compile(r"RTT-([A-Za-z]+)-(\d{4})")


@dataclass
class RawExtract:
    """Rows of the extract in file order; `bands` and `banded` hold only the rows that are not `C_999`.

    The three dictionaries map a code to (name, parent code or "") in order of first appearance; `provider`,
    `commissioner` and `function` are indices in that order.
    """

    period: date
    providers: dict[str, tuple[str, str]]
    commissioners: dict[str, tuple[str, str]]
    functions: dict[str, tuple[str, str]]
    provider: NDArray[np.int32]
    commissioner: NDArray[np.int32]
    function: NDArray[np.int32]
    part: NDArray[np.int8]
    is_total: NDArray[np.bool_]
    total: NDArray[np.int32]
    unknown: NDArray[np.int32]
    bands: NDArray[np.int32]
    banded: NDArray[np.bool_]


@dataclass(frozen=True)
class _Source:
    """The CSV, wherever it is: opened as often as needed."""

    path: Path
    member: str | None

    @property
    def label(self) -> str:
        return str(self.path) if self.member is None else f"{self.path} > {self.member}"

    def at(self, line: int) -> str:
        return f"{self.label}:{line}"

    def verify(self) -> None:
        """Unpack an archive to its end, so that damage is reported as such before what it did to the text."""
        if self.member is not None:
            with self.open() as packed:
                while packed.read(1 << 20):
                    pass

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the text as bytes; a damaged archive is reported as the user's file being damaged."""
        try:
            if self.member is None:
                with self.path.open("rb") as plain:
                    yield plain
            else:
                with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as packed:
                    yield packed
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as problem:
            raise _damaged(self.path, str(problem)) from None
        except RuntimeError as problem:  # zipfile's word for an encrypted member
            if "password" not in str(problem):
                raise
            raise InputError(f"{WHAT} is locked by a password", where=str(self.path)) from None


def _damaged(path: Path, detail: str) -> InputError:
    return InputError(
        f"{WHAT} is a damaged or truncated zip file ({detail or 'it ends early'})",
        where=str(path),
        expected="the zip file as published",
        hint="Download it again",
    )


def _locate(path: Path) -> _Source:
    """Find the CSV: the file itself or the only one in the archive."""
    require_file(path, WHAT)
    with path.open("rb") as handle:
        starts_like_zip = handle.read(2) == b"PK"
    if path.suffix.lower() != ".zip" and not starts_like_zip:
        return _Source(path, None)
    if not starts_like_zip:
        raise InputError(
            f"{WHAT} is not a zip file",
            where=str(path),
            expected="a zip file with one CSV, or the CSV with the ending .csv",
            hint="Was a web page saved in place of the file?",
        )
    try:
        with zipfile.ZipFile(path) as archive:
            inside = [n for n in archive.namelist() if n.lower().endswith(".csv") and "__MACOSX" not in n]
    except zipfile.BadZipFile as problem:
        raise _damaged(path, str(problem)) from None
    if len(inside) != 1:
        raise InputError(
            f"{WHAT} must hold one CSV",
            where=str(path),
            found=inside[:3],
            expected="one CSV in the zip file",
        )
    return _Source(path, inside[0])


def _header(source: _Source) -> list[str]:
    with source.open() as handle:
        line = handle.readline()
    if not line.strip():
        raise InputError(f"{WHAT} is empty", where=source.at(1), expected="a header of 121 columns")
    try:
        header = next(csv.reader([line.decode("utf-8-sig")]))
    except UnicodeDecodeError as problem:
        raise _not_utf8(source, 1, line[problem.start]) from None
    needed = [*_TEXT, *_COUNTS]
    hint = None
    if BAND_NAMES[-1] not in header and "Gt 52 Weeks SUM 1" in header:
        hint = "Extracts before April 2021 stop at 52 weeks and cannot be used"
    elif _TOTAL not in header:
        hint = "This must be the full extract, not a provider or commissioner workbook"
    try:
        check_header(header, needed, source.at(1), hint)
    except InputError:
        source.verify()
        raise
    return header


def _not_utf8(source: _Source, line: int, byte: int) -> InputError:
    return InputError(
        f"{WHAT} is not UTF-8 text",
        where=source.at(line),
        found=f"byte 0x{byte:02x}",
        expected="UTF-8, as published",
        hint="Was the file opened and saved by a spreadsheet program?",
    )


def _batches(source: _Source) -> Iterator[Any]:
    """Arrow record batches of the needed columns, text as dictionaries, counts as int32."""
    header = _header(source)
    types: dict[str, Any] = {c: pa.dictionary(pa.int32(), pa.string()) for c in _TEXT}
    types |= {c: pa.int32() for c in _COUNTS}
    convert = pacsv.ConvertOptions(
        include_columns=[*_TEXT, *_COUNTS], column_types=types, null_values=[""], strings_can_be_null=False
    )
    reading = pacsv.ReadOptions(block_size=4 << 20, column_names=header, skip_rows=1)
    with source.open() as handle:
        try:
            with pacsv.open_csv(handle, read_options=reading, convert_options=convert) as stream:
                yield from stream
        except pa.ArrowInvalid as problem:
            message = str(problem)
        else:
            return
    if "Empty CSV" in message:
        raise InputError(f"{WHAT} has no rows", where=source.at(1), expected="rows below the header")
    _find_fault(source, header, message)


def _lines(source: _Source) -> Iterator[tuple[int, list[str]]]:
    """Rows below the header with their line numbers: the slow way, only to find a fault."""
    with source.open() as handle:
        for number, line in enumerate(handle, start=1):
            if number == 1 or not line.strip():
                continue
            try:
                yield number, next(csv.reader([line.decode("utf-8")]))
            except UnicodeDecodeError as problem:
                raise _not_utf8(source, number, line[problem.start]) from None


def _find_fault(source: _Source, header: list[str], message: str) -> None:
    """Raise the error that explains why the fast reader stopped."""
    source.verify()
    columns = [(header.index(c), c) for c in _COUNTS]
    for number, cells in _lines(source):
        if len(cells) != len(header):
            raise InputError(
                f"a row of {WHAT} has the wrong number of cells",
                where=source.at(number),
                found=len(cells),
                expected=f"{len(header)}, as in the header",
                hint="Is the file cut short?",
            )
        for i, name in columns:
            if cells[i] and re.fullmatch(r"\d{1,9}", cells[i].strip(" ")) is None:
                raise InputError(
                    f"column '{name}' is not a whole number",
                    where=source.at(number),
                    found=cells[i],
                    expected="a count such as 0 or 1672 (no commas, no text), or a blank",
                )
    raise InputError(f"{WHAT} cannot be read: {message}", where=source.label)


def _fault_line(source: _Source, column: str, value: str) -> str:
    """Place of the first row with `value` in `column`."""
    i = _header(source).index(column)
    return next((source.at(n) for n, cells in _lines(source) if cells[i] == value), source.label)


def _period(text: str, source: _Source) -> date:
    match = _PERIOD_FORM.fullmatch(text)
    month = match.group(1).lower() if match else ""
    if match is None or month not in _MONTHS[1:]:
        raise InputError(
            "the period is not a month of the RTT extract",
            where=_fault_line(source, _PERIOD, text),
            found=text,
            expected="a period such as RTT-January-2026",
            hint=did_you_mean(month, [m.capitalize() for m in _MONTHS[1:]]),
        )
    year, number = int(match.group(2)), _MONTHS.index(month)
    return date(year, number, calendar.monthrange(year, number)[1])


@dataclass
class _Codes:
    """Codes of one axis with their names, numbered in order of first appearance."""

    columns: tuple[str, ...]
    seen: dict[str, tuple[str, str]] = field(default_factory=dict)
    number: dict[str, int] = field(default_factory=dict)

    def add(self, batch: Any) -> NDArray[np.int32]:
        """Indices of the batch's codes in the common numbering."""
        code, name = (batch.column(c) for c in self.columns[:2])
        parent = batch.column(self.columns[2]) if len(self.columns) > 2 else None
        words = code.dictionary.to_pylist()
        local = code.indices.to_numpy(zero_copy_only=False)
        used, first = np.unique(local, return_index=True)
        for k, row in sorted(zip(used.tolist(), first.tolist(), strict=True), key=lambda pair: pair[1]):
            if words[k] not in self.number:
                self.number[words[k]] = len(self.seen)
                above = parent[row].as_py() if parent is not None else ""
                self.seen[words[k]] = (str(name[row].as_py()), str(above or ""))
        table = np.array([self.number.get(w, 0) for w in words], dtype=np.int32)
        result: NDArray[np.int32] = table[local]
        return result


class _Collector:
    """Gathers the batches; checks what must hold in each."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.periods: dict[str, date] = {}
        self.axes = (_Codes(_PROVIDER), _Codes(_PAYER), _Codes(_FUNCTION))
        self.columns: list[tuple[NDArray[Any], ...]] = []

    def add(self, batch: Any) -> None:
        for text in batch.column(_PERIOD).unique().to_pylist():
            if text not in self.periods:
                self.periods[text] = _period(text, self.source)
        if len(self.periods) > 1:
            raise InputError(
                f"{WHAT} mixes months",
                where=_fault_line(self.source, _PERIOD, list(self.periods)[1]),
                found=list(self.periods),
                expected="one month a file",
            )
        total = self._counts(batch, _TOTAL)
        if batch.column(_TOTAL).null_count:
            raise InputError(
                "column 'Total All' is blank",
                where=_fault_line(self.source, _TOTAL, ""),
                expected="a count in every row: a blank is not zero",
            )
        indices = tuple(axis.add(batch) for axis in self.axes)
        is_total = np.asarray(self.axes[2].number.get(TOTAL_FUNCTION, -1) == indices[2])
        keep = ~is_total
        bands = np.empty((int(keep.sum()), BANDS), dtype=np.int32)
        banded = np.zeros(len(bands), dtype=np.bool_)
        for i, name in enumerate(BAND_NAMES):
            bands[:, i] = self._counts(batch, name)[keep]
            column = batch.column(name)
            if column.null_count < len(column):
                banded |= column.is_valid().to_numpy(zero_copy_only=False)[keep]
        unknown = self._counts(batch, _UNKNOWN)
        self.columns.append((*indices, self._parts(batch), is_total, total, unknown, bands, banded))

    def _counts(self, batch: Any, name: str) -> NDArray[np.int32]:
        column = batch.column(name)
        filled = column.fill_null(0) if column.null_count else column
        values: NDArray[np.int32] = filled.to_numpy(zero_copy_only=False)
        if values.size and values.min() < 0:
            value = str(values[values < 0][0])
            raise InputError(
                f"column '{name}' is below zero",
                where=_fault_line(self.source, name, value),
                found=value,
                expected="a count",
            )
        return values

    def _parts(self, batch: Any) -> NDArray[np.int8]:
        column = batch.column(_PART)
        words = column.dictionary.to_pylist()
        known = {f"Part_{p}": i for i, p in enumerate(PARTS)}
        for word in words:
            if word not in known:
                raise InputError(
                    "no such RTT part",
                    where=_fault_line(self.source, _PART, word),
                    found=word,
                    expected=", ".join(known),
                )
        table = np.array([known[w] for w in words], dtype=np.int8)
        result: NDArray[np.int8] = table[column.indices.to_numpy(zero_copy_only=False)]
        return result

    def finish(self) -> RawExtract:
        if not self.columns:
            raise InputError(f"{WHAT} has no rows", where=self.source.at(1), expected="rows below the header")
        stacked = [np.concatenate(parts) for parts in zip(*self.columns, strict=True)]
        provider, payer, function, part, is_total, total, unknown, bands, banded = stacked
        if is_total.all():
            raise InputError(
                f"{WHAT} has only totals",
                where=self.source.label,
                found=TOTAL_FUNCTION,
                expected="rows by treatment function",
            )
        return RawExtract(
            period=next(iter(self.periods.values())),
            providers=self.axes[0].seen,
            commissioners=self.axes[1].seen,
            functions=self.axes[2].seen,
            provider=provider,
            commissioner=payer,
            function=function,
            part=part,
            is_total=is_total,
            total=total,
            unknown=unknown,
            bands=bands,
            banded=banded,
        )


def read(path: Path) -> RawExtract:
    """Read the extract at `path`; see `aft_sim.baseline.sources.rtt_extract.read_rtt_extract`."""
    collector = _Collector(_locate(path))
    for batch in _batches(collector.source):
        collector.add(batch)
    return collector.finish()
