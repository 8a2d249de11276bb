"""What a policy costs and for whom: public spending per extra pathway, cash calls, capital by quintile, finances.

All differences are paired, as in `compare`. Money is GBP million in cash prices, since the start of the run up to the
month of the comparison, unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.basis.calendar import financial_year
from aft_sim.outcomes.registry import QUINTILES, Floats
from aft_sim.study.health import HealthEffect, health_effect
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.money import PUBLIC, SYSTEM, columns_kept
from aft_sim.study.paired import PairedEffect, PairedRatio, paired_effect, paired_ratio
from aft_sim.study.result import RunResult

DUST = 1e-3
"""GBP million (a thousand pounds) that single precision of the tables may blur in a year's surplus."""
MONTHS = 12
NO_PRICE = "no price"
PARTS = {
    "public spending": ("money", ("exchequer",)),
    "completed pathways": ("england", ("treated_admitted", "treated_non_admitted")),
    "cash calls": ("money", ("cash_support",)),
    "capital by quintile": ("england", ("capital_spend", "residents")),
    "finances by year": ("money", ("income", "expenditure", "revenue_spend", "deficit_support")),
}
"""What is told, with the table and the columns it takes."""


@dataclass(frozen=True)
class Finances:
    """Trusts' finances in one financial year; trusts without any money in it are left out.

    Attributes:
        financial_year: April to March; whole years only.
        trusts: how many there are.
        in_deficit: share of trusts in deficit, deficit support counted as income, percent.
        eligible: trusts that are neither in deficit nor receive deficit support, so that money does not keep them out
            of the programme.
        surplus: of all trusts together, GBP million.
    """

    financial_year: str
    trusts: int
    in_deficit: PairedEffect
    eligible: PairedEffect
    surplus: PairedEffect


@dataclass(frozen=True)
class WorthRow:
    """One line for tables and programs.

    Attributes:
        measure: machine name.
        label: the measure in words, with what it is of.
        unit: its unit.
        quintile: "1" (most deprived) to "5", else empty.
        financial_year: of finances, else empty.
        effect: both arms and their difference; of a ratio the mean only (see `value` and `interval`).
        value: effect, or ratio; None where nobody can tell.
        interval: its 95% interval.
        words: the verdict, or why there is no number.
    """

    measure: str
    label: str
    unit: str
    quintile: str
    financial_year: str
    effect: PairedEffect | None
    value: float | None
    interval: tuple[float, float] | None
    words: str


@dataclass(frozen=True)
class Worth:
    """What a policy costs and what for. What some run did not keep is None or empty, and `missing` says so.

    Attributes:
        spending: public spending on care, whoever pays; that by trusts where the runs hold no other. GBP million.
        pathways: completed pathways at all providers, or at NHS trusts, whichever that spending pays.
        per_pathway: GBP of public spending per extra pathway; None where the extra pathways may be none (see `told`).
        same_sum: pathways that the extra spending would buy at marginal cost (told only where there is any); None
            where the study does not hold the scenario in full.
        marginal_cost: GBP a pathway at prices of the opening, mean over the pairs.
        additive: whether what holders draw is added to the national capital limit.
        cash_calls: cash support to trusts, GBP million.
        capital: capital spent for the residents of each quintile, GBP a resident, by quintile.
        finances: year by year.
        missing: what is not known, sentences.
        health: QALYs and net health benefit; None where the runs or the study do not hold what it takes.
        whole: whether spending is that of the whole system, not of trusts alone.
    """

    spending: PairedEffect | None
    pathways: PairedEffect | None
    per_pathway: PairedRatio | None
    same_sum: PairedEffect | None
    marginal_cost: float | None
    additive: bool
    cash_calls: PairedEffect | None
    capital: Mapping[str, PairedEffect]
    finances: tuple[Finances, ...]
    missing: tuple[str, ...]
    health: HealthEffect | None = None
    whole: bool = False

    @property
    def verdict(self) -> str:
        """What the spending per extra pathway means, or why there is none; empty where a part is missing."""
        spending, pathways, ratio = self.spending, self.pathways, self.per_pathway
        if spending is None or pathways is None:
            return ""
        if pathways.interval is None:
            return "cannot tell: one pair has no interval"
        if pathways.exactly_zero:
            return f"{NO_PRICE} (not one extra pathway)"
        if ratio is None:
            return "cannot tell: extra pathways may be none"
        low, high = ratio.interval
        if pathways.effect > 0:
            if high < 0:
                return f"{NO_PRICE} (more pathways for less money)"
            return "more pathways for more money" if low > 0 else "more pathways; spending may rise or fall"
        if low > 0:
            return "saved for each pathway lost"
        return f"{NO_PRICE} (fewer pathways for {'more' if high < 0 else 'more or less'} money)"

    @property
    def told(self) -> PairedRatio | None:
        """Spending per extra pathway where the number has a meaning: not where one falls while the other rises."""
        return None if self.verdict.startswith(NO_PRICE) else self.per_pathway

    def rows(self) -> Iterator[WorthRow]:
        """Everything, a line each."""
        for measure, label, unit, effect in (
            ("public_spending", "Public spending on care", "GBP million", self.spending)
            if self.whole
            else ("trust_spending", "Public spending by trusts", "GBP million", self.spending),
            ("pathways", f"Completed pathways{'' if self.whole else ' at NHS trusts'}", "pathways", self.pathways),
        ):
            if effect is not None:
                yield _row(measure, label, unit, effect)
        if self.verdict:
            ratio = self.told
            value, interval = (ratio.value, ratio.interval) if ratio else (None, None)
            label = "Public spending per extra pathway"
            yield WorthRow("gbp_per_pathway", label, "GBP", "", "", None, value, interval, self.verdict)
        if (same := self.same_sum) is not None and same.effect > 0:
            words = f"at GBP {self.marginal_cost:,.0f} a pathway, prices of the opening"
            label = "Pathways for the same sum at marginal cost"
            yield WorthRow("same_sum", label, "pathways", "", "", None, same.effect, same.interval, words)
        if self.cash_calls is not None:
            yield _row("cash_support", "Cash support to trusts", "GBP million", self.cash_calls)
        for quintile, effect in self.capital.items():
            yield _row("capital_per_head", "Capital per head", "GBP", effect, quintile=quintile)
        for year in self.finances:
            at = year.financial_year
            yield _row("in_deficit", "Trusts in deficit", "%", year.in_deficit, year=at)
            yield _row("eligible", "Trusts neither in deficit nor on deficit support", "trusts", year.eligible, year=at)
            yield _row("surplus", "Surplus of all trusts together", "GBP million", year.surplus, year=at)
        for measure, label, unit, quintile, effect in self.health.lines() if self.health else ():
            yield _row(measure, label, unit, effect, quintile=quintile)


def _row(measure: str, label: str, unit: str, effect: PairedEffect, quintile: str = "", year: str = "") -> WorthRow:
    return WorthRow(measure, label, unit, quintile, year, effect, effect.effect, effect.interval, effect.words)


def worth(
    runs: Sequence[tuple[RunResult, RunResult]],
    at: str,
    band: float,
    marginal: MarginalCost | None = None,
    health_band: float = 0.0,
) -> Worth:
    """What a policy costs and for whom.

    Args:
        runs: (policy run, baseline run) pairs.
        at: last month counted.
        band: half-width of equivalence bands as a share of the baseline's level.
        marginal: marginal cost of a pathway in the policy's worlds, if it is known.
        health_band: half-width of equivalence bands of health, QALYs per 100,000 residents.
    """
    kept = {name: columns_kept(runs, *PARTS[name]) == PARTS[name][1] for name in PARTS}
    whole = columns_kept(runs, SYSTEM, (PUBLIC,)) == (PUBLIC,)
    kept |= {SYSTEM: whole, "public spending": whole or kept["public spending"]}
    arms = [(_arm(ours, at, kept), _arm(theirs, at, kept)) for ours, theirs in runs]
    draws = [ours.draw for ours, _ in runs]

    def effect(levels: Sequence[tuple[float, float]], width: float | None = None) -> PairedEffect:
        ours, theirs = np.array(levels, dtype=np.float64).T
        return paired_effect(ours, theirs, band * abs(float(theirs.mean())) if width is None else width, draws)

    spending, pathways, ratio = None, None, None
    if kept["public spending"]:
        spending = effect([(float(a.spending.sum()), float(b.spending.sum())) for a, b in arms])
    if kept["completed pathways"]:
        pathways = effect([(a.pathways, b.pathways) for a, b in arms])
    if spending and pathways:
        above = np.array([1e6 * float((a.spending - b.spending).sum()) for a, b in arms])
        ratio = paired_ratio(above, np.array([a.pathways - b.pathways for a, b in arms]), draws)
    same, price = _same_sum(arms, draws, marginal) if spending and marginal else (None, None)
    by_quintile = range(len(QUINTILES)) if kept["capital by quintile"] else ()
    years = [year for year in arms[0][0].years if all(year in arm.years for pair in arms for arm in pair)]
    found = [(year, [(a.years[year], b.years[year]) for a, b in arms]) for year in years]
    return Worth(
        spending=spending,
        pathways=pathways,
        per_pathway=ratio,
        same_sum=same,
        marginal_cost=price,
        additive=marginal is not None and marginal.additive,
        cash_calls=effect([(a.cash_calls, b.cash_calls) for a, b in arms]) if kept["cash calls"] else None,
        capital={QUINTILES[i]: effect([(a.capital[i], b.capital[i]) for a, b in arms]) for i in by_quintile},
        finances=tuple(
            Finances(
                year,
                arms[0][1].years[year].trusts,
                # any change of a count of trusts is one
                effect([(a.in_deficit, b.in_deficit) for a, b in both], 0.0),
                effect([(a.eligible, b.eligible) for a, b in both], 0.0),
                effect([(a.surplus, b.surplus) for a, b in both]),
            )
            for year, both in found
        ),
        missing=_missing(kept),
        health=health_effect(runs, at, band, marginal, health_band),
        whole=whole,
    )


def _same_sum(
    arms: Sequence[tuple[_Arm, _Arm]], draws: Sequence[int], marginal: MarginalCost
) -> tuple[PairedEffect, float]:
    """Pathways that the extra spending would buy, each month's at its own prices, and the price of the first month."""
    prices = [marginal.by_month(ours.months, draw) for (ours, _), draw in zip(arms, draws, strict=True)]
    bought = [float((1e6 * (a.spending - b.spending) / path).sum()) for (a, b), path in zip(arms, prices, strict=True)]
    return paired_effect(bought, np.zeros(len(bought)), 0.0, draws), float(np.mean([path[0] for path in prices]))


def _missing(kept: Mapping[str, bool]) -> tuple[str, ...]:
    lost = [f"{name} ({', '.join(PARTS[name][1])} of the {PARTS[name][0]} table)" for name in PARTS if not kept[name]]
    return (f"Not known, because not every run kept it: {'; '.join(lost)}.",) if lost else ()


@dataclass(frozen=True)
class _Year:
    trusts: int
    in_deficit: float
    eligible: float
    surplus: float


@dataclass(frozen=True)
class _Arm:
    """One run up to the month of the comparison; what no part needs, or some run did not keep, is nothing."""

    months: tuple[str, ...]
    spending: Floats
    pathways: float
    cash_calls: float
    capital: Floats
    years: Mapping[str, _Year]


def _arm(run: RunResult, at: str, kept: Mapping[str, bool]) -> _Arm:
    # a holder of a population budget pays in its board's place: what trusts alone spend would move for nothing
    parts = {part: of for part, of in PARTS.items() if kept[part] and not (kept[SYSTEM] and part == "public spending")}
    names = [name for level, columns in parts.values() if level == "money" for name in columns]
    months, codes, columns = _grid(run.tables["money"], at, names) if names else ((), (), {})
    nothing = np.zeros((len(months), len(codes)))
    spending = columns.get("exchequer", nothing).sum(axis=1)
    if kept[SYSTEM]:
        system = run.tables[SYSTEM].filter(pc.less_equal(run.tables[SYSTEM].column("month"), at)).sort_by("month")
        months = months or tuple(system.column("month").to_pylist())
        spending = np.asarray(system.column(PUBLIC).to_numpy(), dtype=np.float64)
    return _Arm(
        months=months,
        spending=spending,
        pathways=_completed(run.tables["england"], at, "all" if kept[SYSTEM] else "nhs")
        if kept["completed pathways"]
        else 0.0,
        cash_calls=float(columns.get("cash_support", nothing).sum()),
        capital=_per_head(run.tables["england"], at) if kept["capital by quintile"] else np.zeros(len(QUINTILES)),
        years=_years(months, columns) if kept["finances by year"] else {},
    )


def _grid(table: pa.Table, at: str, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...], dict[str, Floats]]:
    """Months and trusts of a table up to a month, and its columns as (month, trust)."""
    table = table.filter(pc.less_equal(table.column("month"), at))
    months: tuple[str, ...] = tuple(sorted(pc.unique(table.column("month")).to_pylist()))
    codes: tuple[str, ...] = tuple(sorted(pc.unique(table.column("trust")).to_pylist()))
    month, trust = (
        pc.index_in(table.column(key), value_set=pa.array(known, pa.string())).to_numpy(zero_copy_only=False)
        for key, known in (("month", months), ("trust", codes))
    )
    shape = (len(months), len(codes))
    grids = {}
    for name in names:
        numbers = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        total = np.bincount(month * len(codes) + trust, numbers, minlength=len(months) * len(codes))
        grids[name] = np.asarray(total, dtype=np.float64).reshape(shape)
    return months, codes, grids


def _completed(england: pa.Table, at: str, basis: str) -> float:
    """Completed pathways of a basis: of those whose spending they are set against."""
    everybody = pc.and_(pc.equal(england.column("basis"), basis), pc.equal(england.column("quintile"), "all"))
    mine = england.filter(pc.and_(everybody, pc.less_equal(england.column("month"), at)))
    return sum(float(pc.sum(mine.column(name)).as_py() or 0.0) for name in PARTS["completed pathways"][1])


def _per_head(england: pa.Table, at: str) -> Floats:
    """Capital that trusts spent for the residents of each quintile, GBP a resident."""
    mine = england.filter(pc.and_(pc.equal(england.column("basis"), "nhs"), pc.less_equal(england.column("month"), at)))
    found = []
    for quintile in QUINTILES:
        fifth = mine.filter(pc.equal(mine.column("quintile"), quintile))
        spent, people = (fifth.column(name).to_numpy() for name in PARTS["capital by quintile"][1])
        found.append(1e6 * float(spent.sum()) / float(people.mean()))
    return np.array(found)


def _years(months: Sequence[str], columns: Mapping[str, Floats]) -> dict[str, _Year]:
    """Finances of whole financial years. Work bought from pots is no part of the surplus: it spends earlier ones."""
    of = np.array([financial_year(date.fromisoformat(f"{month}-01")) for month in months])
    surplus = columns["income"] - columns["expenditure"] + columns["revenue_spend"]
    found = {}
    for year in dict.fromkeys(of.tolist()):
        mine = of == year
        if mine.sum() < MONTHS:
            continue
        open_ = columns["expenditure"][mine].sum(axis=0) > DUST
        made = surplus[mine].sum(axis=0)[open_]
        deficit = made < -DUST
        free = ~deficit & (columns["deficit_support"][mine].sum(axis=0)[open_] < DUST)
        if len(made):
            found[year] = _Year(len(made), 100 * float(deficit.mean()), float(free.sum()), float(made.sum()))
    return found
