"""Health of a policy in QALYs: simulated flows of people, less what displaced money would have bought.

A pound either bought care whose health is in the flows, or it is displaced money; it is never both. All differences are
paired, as in `compare`, and counted since the start of the run up to the month of the comparison.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.mechanisms.qalys import net_health_benefit
from aft_sim.mechanisms.referrals import gradient
from aft_sim.outcomes.registry import QUINTILES, Floats
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.money import columns_kept
from aft_sim.study.paired import PairedEffect, paired_effect
from aft_sim.study.result import RunResult

PARTS = ("qalys_treatment", "qalys_waiting", "qalys_prevention")
"""Flows, columns of the England table."""
RESIDENTS = "residents"
"""People by quintile, a column of the England table."""
MONEY = ("public_spending", "simulated_spending")
"""Money, columns of the system table."""
COST, GRADIENT = "health.cost_per_qaly", "health.return_gradient"
PER = 1e5
"""Residents that benefits are given for."""


@dataclass(frozen=True)
class HealthEffect:
    """What a policy does to health, QALYs since the start of the run; everything by quintile has "all" besides.

    Attributes:
        parts: flow -> effect on England.
        flows: quintile -> effect on all flows.
        spending: public spending on care, GBP million: what the policy costs the exchequer.
        displaced: public spending on simulated care, GBP million: so much is taken from other care, or from whoever
            else would have had it.
        net: quintile -> net health benefit. Flows less displaced money over the cost of a QALY at the margin, both at
            the month's prices; who bears what is displaced follows residents and the gradient of returns.
        cost_per_qaly: GBP at prices of the opening, mean over the pairs.
        points: (pair, 2) net health benefit per 100,000 residents of England, and that of the most deprived fifth
            beyond it.
    """

    parts: Mapping[str, PairedEffect]
    flows: Mapping[str, PairedEffect]
    spending: PairedEffect
    displaced: PairedEffect
    net: Mapping[str, PairedEffect]
    cost_per_qaly: float
    points: Floats

    def lines(self) -> Iterator[tuple[str, str, str, str, PairedEffect]]:
        """Measure, label, unit, quintile or nothing, effect."""
        names = {"qalys_treatment": "of treatment", "qalys_waiting": "by waiting", "qalys_prevention": "of prevention"}
        for name, effect in self.parts.items():
            yield name, f"QALYs {names[name]}", "QALYs", "", effect
        yield "system_spending", "Public spending on care", "GBP million", "", self.spending
        yield "displaced", "Money displaced", "GBP million", "", self.displaced
        for name, label, found in (
            ("qalys", "QALYs of simulated care", self.flows),
            ("net_health_benefit", "Net health benefit", self.net),
        ):
            for quintile, effect in found.items():
                yield name, label, "QALYs", "" if quintile == "all" else quintile, effect


def health_effect(
    runs: Sequence[tuple[RunResult, RunResult]], at: str, band: float, prices: MarginalCost | None, per_head: float
) -> HealthEffect | None:
    """What a policy does to health; None where the runs or the study do not hold what it takes.

    Args:
        runs: (policy run, baseline run) pairs.
        at: last month counted.
        band: half-width of equivalence bands of money as a share of the baseline's level.
        prices: parameters and prices in the policy's worlds.
        per_head: half-width of those of health, QALYs per 100,000 residents.
    """
    needed = (*PARTS, RESIDENTS)
    held = columns_kept(runs, "england", needed) == needed and columns_kept(runs, "system", MONEY) == MONEY
    if prices is None or not held:
        return None
    people = _residents(runs[0][0])
    everybody = float(people.sum())
    draws = [ours.draw for ours, _ in runs]
    arms = [tuple(_arm(run, at, ours.draw, prices, people) for run in (ours, theirs)) for ours, theirs in runs]

    def effect(levels: Sequence[tuple[float, float]], of: float | None = None) -> PairedEffect:
        """Effect on money, or on health of so many residents."""
        ours, theirs = np.array(levels, dtype=np.float64).T
        width = band * abs(float(theirs.mean())) if of is None else per_head * of / PER
        return paired_effect(ours, theirs, width, draws)

    def by_quintile(name: str) -> dict[str, PairedEffect]:
        found = [(getattr(a, name), getattr(b, name)) for a, b in arms]
        whole = {"all": effect([(float(a.sum()), float(b.sum())) for a, b in found], everybody)}
        return whole | {q: effect([(a[i], b[i]) for a, b in found], people[i]) for i, q in enumerate(QUINTILES)}

    gained = np.array([a.net - b.net for a, b in arms])
    mean = PER * gained.sum(axis=1) / everybody
    return HealthEffect(
        parts={name: effect([(a.parts[i], b.parts[i]) for a, b in arms], everybody) for i, name in enumerate(PARTS)},
        flows=by_quintile("flows"),
        spending=effect([(a.spending, b.spending) for a, b in arms]),
        displaced=effect([(a.simulated, b.simulated) for a, b in arms]),
        net=by_quintile("net"),
        cost_per_qaly=float(np.mean([prices.path(COST, [at], draw)[0] for draw in draws])),
        points=np.column_stack([mean, PER * gained[:, 0] / people[0] - mean]),
    )


@dataclass(frozen=True)
class _Arm:
    """One run up to the month of the comparison: (part,), (quintile,), GBP million, GBP million, (quintile,)."""

    parts: Floats
    flows: Floats
    spending: float
    simulated: float
    net: Floats


def _arm(run: RunResult, at: str, draw: int, prices: MarginalCost, people: Floats) -> _Arm:
    england, system = (table.filter(pc.less_equal(table.column("month"), at)) for table in _tables(run))
    flows = np.array([[_sum(england, name, quintile) for quintile in QUINTILES] for name in PARTS])
    system = system.sort_by("month")
    spending, simulated = (np.asarray(system.column(name).to_numpy(), dtype=np.float64) for name in MONEY)
    months = system.column("month").to_pylist()
    weight = people * gradient(float(prices.path(GRADIENT, months[:1], draw)[0]))
    # each month's money at the cost of a QALY at its prices
    lost = -net_health_benefit(np.zeros(len(months)), simulated, prices.at_prices((COST,), months, draw)).sum()
    every = flows.sum(axis=0)
    net = every - float(lost) * weight / weight.sum()
    return _Arm(flows.sum(axis=1), every, float(spending.sum()), float(simulated.sum()), net)


def _tables(run: RunResult) -> tuple[pa.Table, pa.Table]:
    england = run.tables["england"]
    return england.filter(pc.equal(england.column("basis"), "england")), run.tables["system"]


def _residents(run: RunResult) -> Floats:
    """(quintile,) residents of England at the opening."""
    england, _ = _tables(run)
    england = england.filter(pc.equal(england.column("month"), pc.min(england.column("month"))))
    return np.array([_sum(england, RESIDENTS, quintile) for quintile in QUINTILES])


def _sum(england: pa.Table, name: str, quintile: str) -> float:
    mine = england.filter(pc.equal(england.column("quintile"), quintile))
    return float(pc.sum(mine.column(name)).as_py() or 0.0)
