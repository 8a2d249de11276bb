"""NHS England's RTT full extract: waiting lists and treatments by provider, commissioner and function.

The file (a zip with one CSV of about 85 MB, or that CSV) has one row for each provider, commissioner,
treatment function and part: 1A admitted and 1B non-admitted completions, 2 the list, 2A those on it with a
decision to admit, 3 new periods (clock starts). It is streamed; what stays in memory is about 80 MB.

Rules of the layout that this reader keeps: the count is `Total All` (`Total` is blank or leaves out unknown
clock starts); `C_999` repeats the functions and is only used as a check; bands are found by their names;
part 3 has no bands; part 2A is inside part 2; `NONC` is everyone from outside England.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources import _rtt_stream
from aft_sim.baseline.sources._rtt_stream import BANDS, NONC, PARTS
from aft_sim.basis.errors import InputError

__all__ = [
    "BANDS",
    "NONC",
    "PARTS",
    "Checks",
    "Commissioner",
    "Flows",
    "Provider",
    "Records",
    "RttExtract",
    "TreatmentFunction",
    "read_rtt_extract",
]

Who = Literal["all", "england", "nonc"]
"""Which commissioners: all, those of England, or only residents of areas outside England."""

Ints = NDArray[np.int32]


@dataclass(frozen=True)
class Provider:
    """An organisation that treats: ODS code, name as printed, ICB in which it is placed (None if blank)."""

    code: str
    name: str
    parent: str | None


@dataclass(frozen=True)
class Commissioner:
    """An organisation that pays: sub-ICB location, hub, region or NONC; only the first has a parent."""

    code: str
    name: str
    parent: str | None


@dataclass(frozen=True)
class TreatmentFunction:
    """A treatment function such as ``C_110``; ``X02`` to ``X06`` are the groups of others."""

    code: str
    name: str


@dataclass(frozen=True)
class Records:
    """The rows of the extract without `C_999`, as arrays of one length N.

    Attributes:
        provider: Index into `RttExtract.providers`.
        commissioner: Index into `RttExtract.commissioners`.
        part: Index into `PARTS`.
        function: Index into `RttExtract.functions`.
        bands: Pathways by whole weeks waited, shape (N, 105); the last is 104 weeks and over. All zero where
            `banded` is False.
        banded: Whether the row gives bands (part 3 never does).
        unknown_start: Pathways whose clock start is not known, not in any band.
        total: `Total All`: the bands and the unknown clock starts.
    """

    provider: Ints
    commissioner: Ints
    part: NDArray[np.int8]
    function: Ints
    bands: Ints
    banded: NDArray[np.bool_]
    unknown_start: Ints
    total: Ints


@dataclass(frozen=True)
class Flows:
    """A sparse table provider x commissioner x function of one part: three index arrays and the counts."""

    provider: Ints
    commissioner: Ints
    function: Ints
    count: NDArray[np.float64]


@dataclass(frozen=True)
class Checks:
    """What the reader found out about the file.

    Attributes:
        rows: Data rows, `C_999` included.
        total_rows: Rows of `C_999`.
        residual_total: Sum of |C_999 - sum of functions| over provider, commissioner and part.
        residual_cells: How many provider, commissioner and part cells differ, or lack one side.
        unbalanced: Banded rows whose bands and unknown clock starts do not add up to `Total All`.
        unknown_starts: Completions (parts 1A, 1B) with unknown clock start.
        list_without_parent: Part 2 pathways whose commissioner has no parent ICB, NONC included.
        dta_above_list: Cells in which part 2A exceeds part 2, of which it is a part.
    """

    rows: int
    total_rows: int
    residual_total: int
    residual_cells: int
    unbalanced: int
    unknown_starts: int
    list_without_parent: int
    dta_above_list: int


@dataclass(frozen=True)
class RttExtract:
    """The extract of one month.

    Attributes:
        period: Last day of the month.
        providers: In order of code.
        commissioners: In order of code.
        functions: In order of code.
        records: All rows but the totals.
        checks: Findings about the file.
    """

    period: date
    providers: tuple[Provider, ...]
    commissioners: tuple[Commissioner, ...]
    functions: tuple[TreatmentFunction, ...]
    records: Records
    checks: Checks

    def provider_codes(self) -> list[str]:
        """Codes of the providers, in the order of the first axis of the tables."""
        return [p.code for p in self.providers]

    def commissioner_codes(self) -> list[str]:
        """Codes of the commissioners, in the order of their index."""
        return [c.code for c in self.commissioners]

    def function_codes(self) -> list[str]:
        """Codes of the functions, in the order of the second axis of the tables."""
        return [f.code for f in self.functions]

    def _select(self, part: str, who: Who) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = self.records.part == PARTS.index(_known_part(part))
        if who == "all":
            return chosen
        is_nonc = np.array([c.code == NONC for c in self.commissioners], dtype=np.bool_)
        outside = is_nonc[self.records.commissioner]
        wanted: NDArray[np.bool_] = chosen & (outside if who == "nonc" else ~outside)
        return wanted

    def _cells(self, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
        r = self.records
        return (r.provider[chosen].astype(np.intp) * len(self.functions)) + r.function[chosen]

    def flows(self, part: str, who: Who = "all") -> Flows:
        """Pathways of a part by provider, commissioner and function.

        Args:
            part: "3" for clock starts, "2" for the list, "1A", "1B" for completions, "2A".
            who: Which commissioners.

        Returns:
            The sparse table; counts are people-pathways in the month (on its last day for part 2).
        """
        chosen, r = self._select(part, who), self.records
        return Flows(
            r.provider[chosen],
            r.commissioner[chosen],
            r.function[chosen],
            r.total[chosen].astype(np.float64),
        )

    def totals(self, part: str, who: Who = "all") -> NDArray[np.float64]:
        """Pathways of a part (`Total All`) by provider and function, shape (providers, functions)."""
        return self._sum(part, who, self.records.total)

    def unknown(self, part: str, who: Who = "all") -> NDArray[np.float64]:
        """Pathways with unknown clock start by provider and function, shape (providers, functions)."""
        return self._sum(part, who, self.records.unknown_start)

    def _sum(self, part: str, who: Who, values: Ints) -> NDArray[np.float64]:
        chosen = self._select(part, who)
        shape = (len(self.providers), len(self.functions))
        weights = values[chosen].astype(np.float64)
        flat = np.bincount(self._cells(chosen), weights=weights, minlength=shape[0] * shape[1])
        return flat.astype(np.float64).reshape(shape)

    def by_band(self, part: str, who: Who = "all") -> NDArray[np.float64]:
        """Pathways of a part by provider, function and whole weeks waited.

        Args:
            part: "1A", "1B", "2" or "2A"; part 3 has no bands.
            who: Which commissioners; "england" and "nonc" add up to "all".

        Returns:
            Shape (providers, functions, 105). Unknown clock starts are not in it: see `unknown`.

        Raises:
            InputError: The part has no bands.
        """
        chosen = self._select(part, who)
        if part == "3" or (chosen.any() and not self.records.banded[chosen].any()):
            raise InputError(
                f"part {part} of the RTT extract has no weekly bands",
                found=part,
                expected="1A, 1B, 2 or 2A",
                hint="Use totals() or flows() for clock starts",
            )
        cells = self._cells(chosen)
        order = np.argsort(cells, kind="stable")
        result = np.zeros((len(self.providers) * len(self.functions), BANDS))
        if order.size:
            first = np.flatnonzero(np.diff(cells[order], prepend=-1))
            sums = np.add.reduceat(self.records.bands[chosen][order], first, axis=0, dtype=np.int64)
            result[cells[order][first]] = sums
        return result.reshape(len(self.providers), len(self.functions), BANDS)

    def folded(self, successors: Mapping[str, str]) -> RttExtract:
        """The same extract with the rows of earlier organisations given to their successors.

        Args:
            successors: Old provider code to present code (the trust register's `successors`).

        Returns:
            A new extract. Name and parent are the successor's own where it is in the extract, otherwise
            those of the first of its predecessors. Rows are not merged: tables and flows add them up.
        """
        new = [successors.get(p.code, p.code) for p in self.providers]
        kept = dict(zip(reversed(new), reversed(self.providers), strict=True))
        kept |= {p.code: p for p, c in zip(self.providers, new, strict=True) if p.code == c}
        codes = sorted(kept)
        index = np.array([codes.index(c) for c in new], dtype=np.int32)
        return replace(
            self,
            providers=tuple(replace(kept[c], code=c) for c in codes),
            records=replace(self.records, provider=index[self.records.provider]),
        )


def _known_part(part: str) -> str:
    if part not in PARTS:
        raise InputError("no such RTT part", found=part, expected=", ".join(PARTS))
    return part


def _sorted_names(seen: dict[str, tuple[str, str]]) -> tuple[list[str], Ints]:
    """Codes in order, and for each index of first appearance its place in that order."""
    codes = sorted(seen)
    place = {c: i for i, c in enumerate(codes)}
    return codes, np.array([place[c] for c in seen], dtype=np.int32)


def read_rtt_extract(path: Path) -> RttExtract:
    """Read the RTT full extract of one month in its original layout.

    Args:
        path: The zip as published (one CSV inside) or that CSV.

    Returns:
        The rows as arrays with axes in order of code, and the findings about the file.

    Raises:
        InputError: Missing, empty or truncated file; not a zip; text that is not UTF-8; a missing column; a
            period that is not one month of the form ``RTT-January-2026``; a cell that is not a whole number;
            a blank `Total All`; the same provider, commissioner, part and function twice.
    """
    raw = _rtt_stream.read(path)
    keep = ~raw.is_total
    provider_codes, provider_place = _sorted_names(raw.providers)
    commissioner_codes, commissioner_place = _sorted_names(raw.commissioners)
    function_codes, function_place = _sorted_names(raw.functions)
    records = Records(
        provider=provider_place[raw.provider[keep]],
        commissioner=commissioner_place[raw.commissioner[keep]],
        part=raw.part[keep],
        function=function_place[raw.function[keep]],
        bands=raw.bands,
        banded=raw.banded,
        unknown_start=raw.unknown[keep],
        total=raw.total[keep],
    )
    commissioners = tuple(Commissioner(c, *_name(raw.commissioners[c])) for c in commissioner_codes)
    functions = tuple(
        TreatmentFunction(c, raw.functions[c][0]) for c in function_codes if c != _rtt_stream.TOTAL_FUNCTION
    )
    if len(functions) < len(function_codes):
        dropped = function_codes.index(_rtt_stream.TOTAL_FUNCTION)
        after = records.function > dropped
        records = replace(records, function=(records.function - after).astype(np.int32))
    _refuse_doubles(records, path, provider_codes, commissioner_codes, [f.code for f in functions])
    return RttExtract(
        period=raw.period,
        providers=tuple(Provider(c, *_name(raw.providers[c])) for c in provider_codes),
        commissioners=commissioners,
        functions=functions,
        records=records,
        checks=_check(raw, records, commissioners),
    )


def _name(entry: tuple[str, str]) -> tuple[str, str | None]:
    return entry[0], entry[1] or None


def _key(part: NDArray[np.int8], provider: Ints, commissioner: Ints, n: int) -> NDArray[np.int64]:
    return (provider.astype(np.int64) * n + commissioner) * len(PARTS) + part


def _refuse_doubles(r: Records, path: Path, providers: list[str], payers: list[str], works: list[str]) -> None:
    keys = _key(r.part, r.provider, r.commissioner, len(payers)) * len(works) + r.function
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    if (count > 1).any():
        i = first[np.argmax(count > 1)]
        cell = (providers[r.provider[i]], payers[r.commissioner[i]], PARTS[r.part[i]], works[r.function[i]])
        raise InputError(
            f"the RTT full extract gives {int((count > 1).sum())} cells more than once",
            where=str(path),
            found=cell,
            expected="each provider, commissioner, part and function once",
            hint="Are two files joined, or one file twice?",
        )


def _check(raw: _rtt_stream.RawExtract, r: Records, payers: tuple[Commissioner, ...]) -> Checks:
    keys = _key(raw.part, raw.provider, raw.commissioner, len(raw.commissioners))
    _, cell = np.unique(keys, return_inverse=True)
    signed = np.where(raw.is_total, -raw.total.astype(np.int64), raw.total)
    residual = np.bincount(cell, weights=signed)
    completed = (r.part == PARTS.index("1A")) | (r.part == PARTS.index("1B"))
    balance = r.bands.sum(axis=1, dtype=np.int64) + r.unknown_start != r.total
    no_parent = np.array([c.parent is None for c in payers])[r.commissioner]
    on_list, with_dta = r.part == PARTS.index("2"), r.part == PARTS.index("2A")
    place = (r.provider.astype(np.int64) * len(payers) + r.commissioner) * 1000 + r.function
    _, spot = np.unique(place, return_inverse=True)
    excess = np.bincount(spot, weights=np.where(with_dta, r.total, np.where(on_list, -r.total, 0)))
    has_totals = bool(raw.is_total.any())
    return Checks(
        rows=len(raw.total),
        total_rows=int(raw.is_total.sum()),
        residual_total=int(np.abs(residual).sum()) if has_totals else 0,
        residual_cells=int((residual != 0).sum()) if has_totals else 0,
        unbalanced=int((balance & r.banded).sum()),
        unknown_starts=int(r.unknown_start[completed].sum()),
        list_without_parent=int(r.total[on_list & no_parent].sum()),
        dta_above_list=int((excess > 0).sum()),
    )
