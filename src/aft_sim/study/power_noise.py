"""What an evaluator of a wave compares, and how far trusts drift apart when nothing is done to them.

Each trust's months are collapsed to two numbers, its mean before the start and its mean over the latest months after
it, so that a trust counts once however its months hang together (Bertrand, Duflo and Mullainathan 2004; Donald and Lang
2007). The evaluator then regresses the second on being treated:

* plain difference-in-differences: after minus before, on a constant and treatment;
* adjusted: after, on a constant, treatment and before (analysis of covariance, McKenzie 2012).

The residual variance of that regression is the noise. It is taken from two places: the model's own runs without the
policy, and the published panel of trusts, of which three figures are known (`compare.trust_noise`,
`compare.trust_spread`, `compare.trust_persistence`). Between and beyond their lags the correlation of a trust's share
with itself k months later is exp(-(k / scale) ** shape), the one curve of this kind through both figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.spec.register import Register
from aft_sim.study.result import RunResult

PERSISTENCE_LAG = 9
"""Months between the two sides of `compare.trust_persistence`."""


@dataclass(frozen=True)
class Panel:
    """One outcome by trust and month in one run.

    Attributes:
        codes: trusts whose values are known in every month, in alphabetical order.
        months: labels, ascending.
        values: (trust, month) in the unit of the analysis: points for shares; for flows 100 times the logarithm, so
            that differences are per cent and a large trust counts as a small one.
    """

    codes: tuple[str, ...]
    months: tuple[str, ...]
    values: Floats

    def rows(self, codes: Sequence[str]) -> Floats:
        """(trust, month) of some trusts, in their order."""
        place = {code: i for i, code in enumerate(self.codes)}
        return self.values[[place[code] for code in codes]]


@dataclass(frozen=True)
class Windows:
    """Months before the start and latest months after it, positions in a panel: half-open."""

    before: tuple[int, int]
    after: tuple[int, int]

    @classmethod
    def at(cls, start: int, horizon: int, longest: int) -> Windows:
        """Windows of an evaluation that many months after the start.

        Args:
            start: position of the first month with the policy.
            horizon: months after the start, 1 = that month only.
            longest: months a window holds at most.
        """
        end = start + horizon
        return cls((max(0, start - longest), start), (max(start, end - longest), end))

    def means(self, values: Floats) -> tuple[Floats, Floats]:
        """(trust,) mean before and mean after."""
        return values[:, slice(*self.before)].mean(axis=1), values[:, slice(*self.after)].mean(axis=1)


@dataclass(frozen=True)
class Fit:
    """What the regression of an evaluator gives.

    Attributes:
        effect: coefficient of treatment.
        variance: residual variance, (outcome unit) squared.
        leverage: variance of the coefficient over the residual variance.
        df: residual degrees of freedom.
    """

    effect: Floats
    variance: Floats
    leverage: Floats
    df: int


def fit(before: Floats, after: Floats, treated: Floats, adjusted: bool) -> Fit:
    """Regress on treatment, for many allocations at once.

    Args:
        before: (trust,) mean before the start.
        after: (trust,) mean after it.
        treated: (allocation, trust) 1 for treated, 0 for comparators; at least one of each in every row.
        adjusted: whether before is a regressor; else it is subtracted.

    Returns:
        Arrays (allocation,).
    """
    t = treated - treated.mean(axis=1, keepdims=True)
    y = (after if adjusted else after - before)[None, :]
    y = y - y.mean(axis=1, keepdims=True)
    df = len(before) - 2
    if adjusted:  # Frisch-Waugh-Lovell: what before explains is taken out of both sides
        x = before - before.mean()
        square = float(x @ x)
        if square > 0:
            t, y = t - np.outer(t @ x / square, x), y - np.outer(y @ x / square, x)
        df -= 1
    square_t = np.einsum("ij,ij->i", t, t)
    effect = (t @ y[0]) / square_t
    residual = y - effect[:, None] * t
    return Fit(effect, np.einsum("ij,ij->i", residual, residual) / df, 1.0 / square_t, df)


@dataclass(frozen=True)
class PublishedNoise:
    """Noise of the published monthly panel of trusts.

    Attributes:
        spread: standard deviation between trusts in a month, points.
        scale: months.
        shape: exponent.
    """

    spread: float
    scale: float
    shape: float

    @classmethod
    def from_register(cls) -> PublishedNoise:
        """The curve through the published figures of one month and of nine."""
        register = Register.load()
        spread, change = register.number("compare.trust_spread"), register.number("compare.trust_noise")
        near = -math.log(1.0 - change**2 / (2.0 * spread**2))
        far = -math.log(register.number("compare.trust_persistence"))
        shape = math.log(far / near) / math.log(PERSISTENCE_LAG)
        return cls(spread, near ** (-1.0 / shape), shape)

    def correlation(self, months: Floats) -> Floats:
        """Correlation of a trust's share with itself so many months away."""
        return np.asarray(np.exp(-((np.abs(months) / self.scale) ** self.shape)))

    def variance(self, windows: Windows, adjusted: bool) -> float:
        """Residual variance of an evaluator's regression, points squared."""
        before, after = np.arange(*windows.before, dtype=float), np.arange(*windows.after, dtype=float)

        def covariance(one: Floats, other: Floats) -> float:
            return self.spread**2 * float(self.correlation(one[:, None] - other[None, :]).mean())

        own, across = covariance(before, before), covariance(before, after)
        if adjusted:
            return covariance(after, after) - across**2 / own
        return covariance(after, after) + own - 2.0 * across


def read_panel(run: RunResult, outcome: Outcome) -> Panel:
    """An outcome by trust and month.

    Raises:
        InputError: the run kept no such table or columns.
    """
    if not run.holds(outcome, "trust"):
        raise run.not_kept(outcome, "trust")
    table = run.tables["trust"]
    table = table.filter(pc.equal(table.column("quintile"), "all"))
    codes = sorted(pc.unique(table.column("trust")).to_pylist())
    months = sorted(pc.unique(table.column("month")).to_pylist())
    place = _index(table, "trust", codes) * len(months) + _index(table, "month", months)
    columns = {}
    for name in outcome.parts:
        numbers = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        columns[name] = np.bincount(place, numbers, minlength=len(codes) * len(months)).astype(np.float64)
    values = outcome.derive(columns)
    if outcome.unit != "%":
        values = 100.0 * np.log(np.where(values > 0, values, np.nan))
    values = values.reshape(len(codes), len(months))
    known = np.flatnonzero(np.isfinite(values).all(axis=1))
    return Panel(tuple(codes[i] for i in known), tuple(months), values[known])


def _index(table: pa.Table, key: str, names: Sequence[str]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    found = pc.index_in(table.column(key), value_set=pa.array(names, pa.string()))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int64)
