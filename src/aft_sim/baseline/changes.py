"""What a newer baseline says that the one before did not: England, trusts, rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Position:
    """A list and its flows.

    Attributes:
        list: people waiting.
        within_18_share: percent, NaN for an empty list.
        over_52, over_65: people.
        starts, completions: reported in the month, season and working days taken out, people a standard week.
    """

    list: float
    within_18_share: float
    over_52: float
    over_65: float
    starts: float
    completions: float


@dataclass(frozen=True)
class Moved:
    """One thing before and after; None where it was not there."""

    code: str
    name: str
    before: Position | None
    after: Position | None

    @property
    def list_change(self) -> float:
        """People more on the list."""
        return (self.after.list if self.after else 0.0) - (self.before.list if self.before else 0.0)


@dataclass(frozen=True)
class RowChange:
    """A service (provider and function) that is new or gone, with the people on its list."""

    provider: str
    function: str
    name: str
    people: int


@dataclass(frozen=True)
class Changes:
    """Differences between two baselines.

    Attributes:
        england: residents of England on the list, trusts without a return estimated; flows of everybody treated.
        trusts: all trusts with a list in either, largest change of the list first.
        rows_new, rows_gone: services, largest first.
        series: England's month before and after, by column of the monthly series (with estimates).
    """

    england: Moved
    trusts: tuple[Moved, ...]
    rows_new: tuple[RowChange, ...]
    rows_gone: tuple[RowChange, ...]
    series: dict[str, tuple[float, float]]


def position(b: Bundle, rows: NDArray[np.bool_], english: bool = False) -> Position:
    """Position of some rows; `english` counts residents of England only."""
    people = b.waiting[rows, 0].sum(axis=0) if english else b.waiting[rows].sum(axis=(0, 1))
    total = float(people.sum())
    flows = b.published_flows[:, rows].sum(axis=1)
    return Position(
        total,
        100 * float(people[:18].sum()) / total if total else float("nan"),
        float(people[52:].sum()),
        float(people[65:].sum()),
        float(flows[0]),
        float(flows[1] + flows[2]),
    )


def _trusts(b: Bundle) -> dict[str, tuple[str, Position]]:
    out = {}
    for i, code in enumerate(b.trusts.code):
        provider = int(b.trust_provider[i])
        if provider >= 0:
            out[code] = (b.trusts.name[i], position(b, b.row_provider == provider))
    return out


def _rows(b: Bundle) -> dict[tuple[str, str], RowChange]:
    people = b.waiting.sum(axis=(1, 2))
    return {
        (b.provider_code[p], f): RowChange(b.provider_code[p], f, name, int(n))
        for p, f, name, n in zip(b.row_provider, b.row_function, b.row_function_name, people, strict=True)
    }


def compare(before: Bundle, after: Bundle) -> Changes:
    """Compare two baselines."""
    old, new = _trusts(before), _trusts(after)
    moved = [
        Moved(
            code, (new.get(code) or old[code])[0], *(table[code][1] if code in table else None for table in (old, new))
        )
        for code in sorted({*old, *new})
    ]
    rows_old, rows_new = _rows(before), _rows(after)

    def only(these: dict[tuple[str, str], RowChange], others: dict[tuple[str, str], RowChange]) -> list[RowChange]:
        return sorted((row for key, row in these.items() if key not in others), key=lambda r: (-r.people, r.provider))

    every = [np.ones(b.n_rows, dtype=np.bool_) for b in (before, after)]
    return Changes(
        Moved("England", "England", position(before, every[0], True), position(after, every[1], True)),
        tuple(sorted(moved, key=lambda m: (-abs(m.list_change), m.code))),
        tuple(only(rows_new, rows_old)),
        tuple(only(rows_old, rows_new)),
        {name: (_month(before, name), _month(after, name)) for name in SERIES},
    )


#: England's monthly counts that are compared.
SERIES = ("new_clock_starts", "admitted_completed", "nonadmitted_completed", "unreported_removals")


def _month(b: Bundle, column: str) -> float:
    return float(b.series[column][b.series["month"].index(str(b.summary["period"])[:7])])
