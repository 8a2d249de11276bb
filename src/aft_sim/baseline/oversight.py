"""League tables of the Oversight Framework as published: the packaged table `oversight`.

A row is one trust in one quarter. Scores of single metrics are published for mental health and community trusts alone;
of acute trusts the average and the flag of a deficit are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import tables
from aft_sim.baseline.sources.oversight import NOT_IN_AVERAGE, Assessment, OversightResults

Array = NDArray[np.float64]

NAME = "oversight"
"""Of the table."""
NUMBERS = ("average", "segment", "unadjusted", "override", "rank")
SCORE = "OF1"
"""How the number of a metric's score begins."""


@dataclass(frozen=True, eq=False)
class LeagueTables:
    """Published results, one row a trust and quarter, by quarter and code.

    Attributes:
        published_as: code under which it was published.
        trust: current code of the trust; empty where a merged trust has a result of its own.
        quarter: such as "Q4 2025/26".
        group: league table, such as "Acute trust".
        average, segment, unadjusted, override, rank: (row,) as published, NaN where not.
        metrics: numbers of the scores, such as "OF1061".
        scores: (row, metric) 1 (best) to 4, NaN where not published.
    """

    published_as: tuple[str, ...]
    trust: tuple[str, ...]
    quarter: tuple[str, ...]
    group: tuple[str, ...]
    average: Array
    segment: Array
    unadjusted: Array
    override: Array
    rank: Array
    metrics: tuple[str, ...]
    scores: Array

    @cached_property
    def counted(self) -> Array:
        """(row, metric) the scores that enter the average."""
        return self.scores[:, [name not in NOT_IN_AVERAGE for name in self.metrics]]

    @cached_property
    def quarters(self) -> tuple[str, ...]:
        """Quarters with results, oldest first."""
        return tuple(sorted(set(self.quarter), key=order))

    @cached_property
    def _row(self) -> dict[tuple[str, str], int]:
        return {key: row for row, key in enumerate(zip(self.trust, self.quarter, strict=True)) if key[0]}

    def rows(self, codes: Sequence[str], quarter: str) -> NDArray[np.int64]:
        """Row of each current trust in a quarter, -1 without a result."""
        return np.array([self._row.get((code, quarter), -1) for code in codes])

    def opening(self, codes: Sequence[str]) -> NDArray[np.int64]:
        """Row of the latest result of each current trust, -1 where none is published."""
        latest = np.full(len(codes), -1)
        for quarter in self.quarters:
            rows = self.rows(codes, quarter)
            latest = np.where(rows >= 0, rows, latest)
        return latest

    def of(self, values: Array, rows: NDArray[np.int64]) -> Array:
        """Values of rows, NaN where the row is -1."""
        return np.where(rows >= 0, values[rows], np.nan)


def order(quarter: str) -> tuple[str, str]:
    """Sorting key of a quarter's label."""
    return quarter[3:], quarter[:2]


def write_oversight(folder: Path, results: OversightResults) -> None:
    """Write the table."""
    own = {(code, a.quarter): a for code, quarters in results.trusts.items() for a in quarters.values()}
    rows = [(code, a) for (code, _), a in own.items()] + [("", a) for a in results.set_aside]
    rows.sort(key=lambda row: (order(row[1].quarter), row[1].published_as))
    found = [a for _, a in rows]
    metrics = sorted({name for a in found for name in a.scores if name.startswith(SCORE)})
    columns = {
        "published_as": [a.published_as for a in found],
        "trust": [code for code, _ in rows],
        "quarter": [a.quarter for a in found],
        "group": [a.group for a in found],
    }
    numbers = {name: np.array([_number(a, name) for a in found]) for name in NUMBERS}
    scores = {name: np.array([a.scores.get(name, np.nan) for a in found]) for name in metrics}
    tables.write(folder, NAME, columns | numbers | scores)


def _number(result: Assessment, name: str) -> float:
    value = getattr(result, name)
    return np.nan if value is None else float(value)


def read_oversight_table(folder: Path) -> LeagueTables:
    """Read the table.

    Raises:
        InputError: it is missing or broken.
    """
    found = tables.read(folder, NAME)
    metrics = tuple(name for name in found if name.startswith(SCORE))
    return LeagueTables(
        published_as=tuple(found["published_as"]),
        trust=tuple(found["trust"]),
        quarter=tuple(found["quarter"]),
        group=tuple(found["group"]),
        metrics=metrics,
        scores=np.stack([found[name] for name in metrics], axis=1),
        **{name: found[name] for name in NUMBERS},
    )
