"""What a policy costs and for whom: public spending per extra pathway, cash calls, capital by quintile, finances.

All differences are paired, as in `compare`. Money is GBP million in cash prices, since the start of the run up to the month
of the comparison, unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from scipy.special import stdtrit

from aft_sim.basis.calendar import financial_year
from aft_sim.outcomes.registry import QUINTILES, Floats
from aft_sim.study.paired import CONFIDENCE, PairedEffect, paired_effect
from aft_sim.study.result import RunResult

DUST = 1e-3
"""GBP million (a thousand pounds) that single precision of the tables may blur in a year's surplus."""


@dataclass(frozen=True)
class CapitalShare:
    """Capital spent for the residents of one quintile.

    Attributes:
        quintile: "1" (most deprived) to "5".
        per_head: GBP a resident.
    """

    quintile: str
    per_head: PairedEffect


@dataclass(frozen=True)
class Finances:
    """Trusts' finances in one financial year, means over runs.

    Attributes:
        financial_year: April to March; whole years only.
        in_deficit: share of trusts in deficit, percent.
        eligible: trusts that are neither in deficit nor receive deficit support, so that money does not keep them out
            of the programme.
        surplus: of all trusts together, GBP million.
    """

    financial_year: str
    in_deficit: PairedEffect
    eligible: PairedEffect
    surplus: PairedEffect


@dataclass(frozen=True)
class Worth:
    """What a policy costs and what for.

    Attributes:
        spending: public spending by trusts, GBP million.
        pathways: completed pathways, all patients.
        per_pathway: GBP of public spending per extra pathway; None where the pathways may be none.
        interval: 95% interval of it (Fieller); None where that is not a bounded interval.
        cash_calls: cash support to trusts, GBP million.
        capital: capital per head by quintile; empty where the runs kept no such table.
        finances: year by year.
    """

    spending: PairedEffect
    pathways: PairedEffect
    per_pathway: float | None
    interval: tuple[float, float] | None
    cash_calls: PairedEffect
    capital: tuple[CapitalShare, ...]
    finances: tuple[Finances, ...]


def worth(
    runs: Sequence[tuple[RunResult, RunResult]], at: str, band: float, baseline: Path | None = None
) -> Worth | None:
    """What a policy costs and for whom.

    Args:
        runs: (policy run, baseline run) pairs.
        at: last month counted.
        band: half-width of equivalence bands as a share of the baseline's level.
        baseline: folder of the baseline that the runs started from; the packaged one if None.

    Returns:
        None if a run kept no money table, or one without the columns needed.
    """
    arms = [[_arm(run, at, baseline) for run in pair] for pair in runs]
    if any(arm is None for pair in arms for arm in pair):
        return None
    known = [[arm for arm in pair if arm is not None] for pair in arms]
    draws = [ours.draw for ours, _ in runs]

    def effect(values: Sequence[Sequence[float]], width: float | None = None) -> PairedEffect:
        ours, theirs = (np.array([pair[arm] for pair in values]) for arm in (0, 1))
        return paired_effect(ours, theirs, band * abs(float(theirs.mean())) if width is None else width, draws)

    spending = effect([[arm.spending for arm in pair] for pair in known])
    pathways = effect([[arm.pathways for arm in pair] for pair in known])
    extra = _by_unit(np.array([pair[0].pathways - pair[1].pathways for pair in known]), draws)
    cost = _by_unit(np.array([pair[0].spending - pair[1].spending for pair in known]), draws)
    ratio, interval = fieller(cost * 1e6, extra)
    years = [y for y in known[0][0].years if all(y in arm.years for pair in known for arm in pair)]
    return Worth(
        spending=spending,
        pathways=pathways,
        per_pathway=ratio,
        interval=interval,
        cash_calls=effect([[arm.cash_calls for arm in pair] for pair in known]),
        capital=tuple(
            CapitalShare(q, effect([[arm.capital[i] for arm in pair] for pair in known]))
            for i, q in enumerate(QUINTILES)
        ),
        finances=tuple(
            Finances(
                year,
                effect([[arm.years[year][0] for arm in pair] for pair in known]),
                effect([[arm.years[year][1] for arm in pair] for pair in known]),
                effect([[arm.years[year][2] for arm in pair] for pair in known]),
            )
            for year in years
        ),
    )


def fieller(above: Floats, below: Floats) -> tuple[float | None, tuple[float, float] | None]:
    """Ratio of two paired means and its interval by Fieller's theorem.

    Args:
        above, below: one number a unit, in the same order.

    Returns:
        The ratio and its 95% interval; None and None where the mean below may be zero, no interval for one unit.
    """
    n = len(below)
    mean = float(below.mean())
    if n < 2 or mean == 0:
        return (float(above.mean()) / mean if mean else None), None
    t = float(stdtrit(n - 1, 0.5 + CONFIDENCE / 2))
    (aa, ab), (_, bb) = np.cov(above, below) / n
    g = t * t * bb / mean**2
    if g >= 1:
        return None, None
    ratio = float(above.mean()) / mean
    centre = (ratio - t * t * ab / mean**2) / (1 - g)
    half = (
        t / (abs(mean) * (1 - g)) * math.sqrt(max(aa - 2 * ratio * ab + ratio**2 * bb - g * (aa - ab**2 / bb), 0.0))
        if bb
        else t * math.sqrt(aa) / abs(mean)
    )
    return ratio, (centre - half, centre + half)


@dataclass(frozen=True)
class _Arm:
    spending: float
    pathways: float
    cash_calls: float
    capital: Floats
    years: dict[str, tuple[float, float, float]]


NEEDED = ("exchequer", "cash_support", "capital_spend", "income", "expenditure", "deficit_support", "revenue_spend")


def _arm(run: RunResult, at: str, baseline: Path | None) -> _Arm | None:
    money = run.tables.get("money")
    if money is None or any(name not in money.column_names for name in NEEDED):
        return None
    money = money.filter(pc.less_equal(money.column("month"), at))
    codes = pc.unique(money.column("trust")).to_pylist()
    months = pc.unique(money.column("month")).to_pylist()
    shape = (len(months), len(codes))
    columns = {
        name: money.column(name).to_numpy(zero_copy_only=False).astype(np.float64).reshape(shape) for name in NEEDED
    }
    england = run.tables["england"]
    rows = pc.and_(pc.equal(england.column("basis"), "all"), pc.equal(england.column("quintile"), "all"))
    rows = pc.and_(rows, pc.less_equal(england.column("month"), at))
    england = england.filter(rows)
    done = sum(float(pc.sum(england.column(name)).as_py()) for name in ("treated_admitted", "treated_non_admitted"))
    shares, people = _catchments(baseline)
    weights = np.array([shares[code] for code in codes])
    return _Arm(
        spending=float(columns["exchequer"].sum()),
        pathways=done,
        cash_calls=float(columns["cash_support"].sum()),
        capital=columns["capital_spend"].sum(axis=0) @ weights / people * 1e6,
        years=_years(months, columns),
    )


def _years(months: Sequence[str], columns: dict[str, Floats]) -> dict[str, tuple[float, float, float]]:
    """Whole financial years: share in deficit, eligible trusts, surplus of all; work bought from pots left out."""
    of = np.array([financial_year(date.fromisoformat(f"{month}-01")) for month in months])
    surplus = columns["income"] - columns["expenditure"] + columns["revenue_spend"]
    found = {}
    for year in dict.fromkeys(of.tolist()):
        mine = of == year
        if mine.sum() < 12:
            continue
        made = surplus[mine].sum(axis=0)
        deficit = made < -DUST
        free = ~deficit & (columns["deficit_support"][mine].sum(axis=0) < DUST)
        found[year] = (100 * float(deficit.mean()), float(free.sum()), float(made.sum()))
    return found


@cache
def _catchments(baseline: Path | None) -> tuple[dict[str, Floats], Floats]:
    """Shares of every trust's catchment by quintile (England's where none is known), and England's residents."""
    from aft_sim.baseline import bundle

    b = bundle.load(baseline)
    people = b.population.sum(axis=0)
    shares = np.where(np.isnan(b.trusts.catchment), people / people.sum(), b.trusts.catchment)
    return dict(zip(b.trusts.code, shares, strict=True)), np.asarray(people)


def _by_unit(values: Floats, draws: Sequence[int]) -> Floats:
    """Means within draws where several were run: they are the independent units."""
    labels = np.asarray(draws)
    if len(set(draws)) < 2:
        return values
    return np.array([values[labels == draw].mean() for draw in np.unique(labels)])
