"""Estimates for facts of trusts that nobody publishes, with a range and the error made where the truth is known.

Three methods, all of them medians over comparable trusts: a ratio to size within the type, the change since another
period, and the mix of the host board's residents. A range runs from the 5th to the 95th percentile of what the same
method meets among trusts whose figure is published. Nothing is estimated from fewer than `FEW` comparable trusts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.collect import FactSources, finding
from aft_sim.baseline.facts import Basis, Fact, TrustFacts
from aft_sim.baseline.sources.expenditure import bought_in

Array = NDArray[np.float64]

OUTTURN = ("2025/26", "provider expenditure")
"""Year and measure of the outturn that expenditure is rolled forward to, GBP m."""
FEW = 5
"""Comparable trusts below which a type is not told apart from all the others."""
ENDS = (5.0, 95.0)
"""Percentiles of the range."""
HISTORY_ENDS = date(2024, 6, 30)
"""Last quarter of the history of beds."""
SETTING = {"acute": "acute", "specialist": "acute"}
"""Types that are compared with each other where their own is too small; the rest is one group."""


@dataclass(frozen=True)
class Method:
    """How a kind of fact was estimated.

    Attributes:
        fact: Kind.
        how: In words.
        trusts: Codes of the trusts it was estimated for.
        compared: Trusts with a published figure that the estimate rests on.
        error: Median absolute error in leaving one out, as a share of the published figure (in the fact's unit for
            shares that can be negative).
    """

    fact: str
    how: str
    trusts: tuple[str, ...]
    compared: int
    error: float


def comparable(kinds: Sequence[str], usable: NDArray[np.bool_], kind: str) -> NDArray[np.bool_]:
    """Which trusts a trust of a type is compared with: its type, else its setting, else all.

    Args:
        kinds: (trust,) types.
        usable: (trust,) whether a trust has what is needed.
        kind: the type.
    """
    types = np.array(kinds)
    settings = np.array([SETTING.get(k, "other") for k in kinds])
    for group in (types == kind, settings == SETTING.get(kind, "other")):
        if (group & usable).sum() >= FEW:
            return np.asarray(group & usable)
    return usable


def by_ratio(values: Array, size: Array, kinds: Sequence[str]) -> tuple[Array, Array, Array, Array]:
    """Estimate unknown values from size: the median of value over size among comparable trusts.

    Args:
        values: (trust,) published values, NaN where unknown.
        size: (trust,) a size that is known for more trusts, NaN where not.
        kinds: (trust,) types.

    Returns:
        (trust,) estimates, lower and upper ends for every trust with a size, and the relative error of the estimate
        made without the trust itself where its value is published.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(size > 0, values / size, np.nan)
    usable = ~np.isnan(ratio)
    out, low, high, error = np.full((4, len(values)), np.nan)
    for i, kind in enumerate(kinds):
        others = comparable(kinds, usable & (np.arange(len(values)) != i), kind)
        if np.isnan(size[i]) or others.sum() < FEW:
            continue
        out[i] = np.median(ratio[others]) * size[i]
        low[i], high[i] = np.percentile(ratio[others], ENDS) * size[i]
        if usable[i] and values[i] > 0:
            error[i] = abs(out[i] / values[i] - 1)
    return out, low, high, error


def by_type(values: Array, kinds: Sequence[str]) -> tuple[Array, Array, Array, Array]:
    """Estimate unknown values by the median of comparable trusts; see `by_ratio`, with errors in the values' unit."""
    usable = ~np.isnan(values)
    out, low, high, error = np.full((4, len(values)), np.nan)
    for i, kind in enumerate(kinds):
        others = comparable(kinds, usable & (np.arange(len(values)) != i), kind)
        if others.sum() < FEW:
            continue
        out[i] = np.median(values[others])
        low[i], high[i] = np.percentile(values[others], ENDS)
        error[i] = abs(out[i] - values[i])
    return out, low, high, error


def by_change(now: Array, before: Array, kinds: Sequence[str]) -> tuple[Array, Array, Array, Array]:
    """Estimate unknown values from those of another period: the median change among comparable trusts."""
    return by_ratio(now, before, kinds)


def by_residents(mix: Array, host: Array) -> tuple[Array, Array, Array, Array]:
    """Estimate unknown catchments by fifth: the residents of the host board (of England where there is none).

    Nothing is fitted but the range, so the errors need no leaving out.

    Args:
        mix: (trust, quintile) published catchments, NaN where unknown.
        host: (trust, quintile) mix of the residents of the host board.

    Returns:
        (trust, quintile) estimates, lower and upper ends within 0 and 1, and absolute errors where a catchment is
        published.
    """
    gap = mix - host
    if (~np.isnan(gap).any(axis=1)).sum() < FEW:
        nothing = np.full(mix.shape, np.nan)
        return nothing, nothing, nothing, nothing
    low, high = np.nanpercentile(gap, ENDS, axis=0)
    ends = np.clip(host + np.minimum(low, 0), 0, 1), np.clip(host + np.maximum(high, 0), 0, 1)
    return host, *ends, np.abs(gap)


def roll_forward(s: FactSources) -> Array:
    """(trust,) operating expenditure 2025/26, GBP m: accounts, older ones moved on a year, scaled to the outturn."""
    accounts = [s.accounts.trusts[code] for code in s.register.codes()]
    both = [(e.opex, e.opex_2022_23) for e in accounts if e.year == "2023/24" and e.opex and e.opex_2022_23]
    moved = {"2023/24": 1.0, "2022/23": sum(new for new, _ in both) / sum(old for _, old in both)}
    latest = np.array([np.nan if e.opex is None or e.year is None else e.opex * moved[e.year] for e in accounts])
    return np.asarray(latest * finding(s.series["provider_finance_annual"], OUTTURN) / np.nansum(latest))


def fill(facts: TrustFacts, s: FactSources, rolled_forward: Array, host_mix: Array) -> list[Method]:
    """Add estimates to the published facts, in place.

    Args:
        facts: published facts; completed here.
        s: the sources.
        rolled_forward: (trust,) expenditure 2025/26, GBP m, NaN where nothing is known.
        host_mix: (trust, quintile) residents of the host board by fifth.

    Returns:
        What was estimated, how and how well.
    """
    kinds = [trust.type for trust in s.register.trusts]
    done = [*_expenditure(facts, s, kinds), _rolled_forward(facts, s, rolled_forward), _bought_in(facts, s)]
    done += [*_staff(facts, s, kinds), *_beds(facts, s, kinds)]
    for name in ("estate.backlog", "estate.capital"):
        how = "ratio to operating expenditure 2025/26 among trusts of the type"
        done.append(_put(facts, name, by_ratio(facts[name], rolled_forward, kinds), how, Basis.ESTIMATED))
    how = "median of the trusts of the type"
    surplus = by_type(facts["money.planned_surplus"], kinds)
    done.append(_put(facts, "money.planned_surplus", surplus, how, Basis.ESTIMATED))
    done += _catchments(facts, host_mix)
    return [method for method in done if method.trusts]


def _put(facts: TrustFacts, name: str, estimate: tuple[Array, Array, Array, Array], how: str, basis: Basis) -> Method:
    """Write estimates where the fact is unknown, and say how well the method does."""
    value, low, high, error = estimate
    wanted = np.isnan(facts[name]) & ~np.isnan(value)
    compared = int((~np.isnan(facts[name]) & ~np.isnan(value)).sum())
    for i in np.flatnonzero(wanted):
        facts.put(name, int(i), Fact(float(value[i]), basis, float(low[i]), float(high[i])))
    middle = float(np.nanmedian(error)) if np.isfinite(error).any() else float("nan")
    return Method(name, how, tuple(facts.code[i] for i in np.flatnonzero(wanted)), compared, middle)


def _expenditure(facts: TrustFacts, s: FactSources, kinds: Sequence[str]) -> list[Method]:
    """Parts of expenditure of trusts without accounts of 2023/24, from 2022/23 and the growth of the others."""
    accounts = [s.accounts.trusts[code] for code in facts.code]
    before = np.array([np.nan if e.opex_2022_23 is None else e.opex_2022_23 for e in accounts])
    how = "accounts of 2022/23 and the growth of trusts of the type"
    done = [
        _put(facts, "expenditure.total", by_change(facts["expenditure.total"], before, kinds), how, Basis.OTHER_PERIOD)
    ]
    low, high = facts.range("expenditure.total")
    for part in ("staff", "supplies", "premises", "other"):
        name = f"expenditure.{part}"
        own = np.array([np.nan if (found := getattr(e, part)) is None else found for e in accounts])
        share = own / np.array([e.opex or np.nan for e in accounts])
        moved = (share * facts["expenditure.total"], share * low, share * high, np.full(len(share), np.nan))
        how = "own share of operating expenditure in the accounts there are"
        done.append(_put(facts, name, moved, how, Basis.OTHER_PERIOD))
    for part in ("temporary_staff", "pensions"):
        name = f"expenditure.{part}"
        how = "ratio to staff expenditure among trusts of the type"
        done.append(_put(facts, name, by_ratio(facts[name], facts["expenditure.staff"], kinds), how, Basis.ESTIMATED))
    drugs = np.array([np.nan if e.drugs_2022_23 is None else e.drugs_2022_23 for e in accounts])
    supplies = np.array([e.supplies_2022_23 or np.nan for e in accounts])
    name, expected = "expenditure.drugs", drugs / supplies * facts["expenditure.supplies"]
    how = "own share of supplies in 2022/23 and its change at trusts of the type"
    done.append(_put(facts, name, by_change(facts[name], expected, kinds), how, Basis.OTHER_PERIOD))
    return done


def _rolled_forward(facts: TrustFacts, s: FactSources, values: Array) -> Method:
    """Expenditure 2025/26: the range is what two years of growth differ by from trust to trust."""
    accounts = [s.accounts.trusts[code] for code in facts.code]
    growth = np.array([e.opex / e.opex_2022_23 for e in accounts if e.year == "2023/24" and e.opex and e.opex_2022_23])
    low, high = (np.percentile(growth, ENDS) / np.median(growth)) ** 2
    name = "expenditure.rolled_forward"
    for i in np.flatnonzero(~np.isnan(values)):
        facts.put(name, int(i), Fact(values[i], Basis.ESTIMATED, values[i] * low, values[i] * high))
    how = "accounts of 2023/24 scaled to the providers' outturn of 2025/26"
    known = tuple(code for code, value in zip(facts.code, values, strict=True) if not np.isnan(value))
    spread = float(np.median(np.abs((growth / np.median(growth)) ** 2 - 1)))
    return Method(name, how, known, len(growth), spread)


def _bought_in(facts: TrustFacts, s: FactSources) -> Method:
    """Bought-in care: the middle of the range that the accounts allow."""
    found = bought_in(s.accounts, s.register)
    name = "expenditure.bought_in_share"
    for i, code in enumerate(facts.code):
        if code in found:
            low, high = found[code].low, found[code].high
            facts.put(name, i, Fact((low + high) / 2, Basis.ESTIMATED, low, high))
    how = "between other expenditure and its excess over the median of the type"
    return Method(name, how, tuple(c for c in facts.code if c in found), 0, float("nan"))


def _staff(facts: TrustFacts, s: FactSources, kinds: Sequence[str]) -> list[Method]:
    """Staff as `staffing` has them: accounts where none were filed, and everybody's in the national definition.

    The national definition is reached by one factor for all trusts, part of which nothing measures; the range of a
    trust that filed is that part in either direction.
    """
    costs = [s.accounts.trusts[code].staff_2022_23 for code in facts.code]
    before = np.array([np.nan if cost is None else cost for cost in costs])
    how = "staff costs of 2022/23 times the staff per pound of trusts of the type"
    accounts, fte = (
        np.array([getattr(s.staffing.trusts.get(code), part, np.nan) for code in facts.code])
        for part in ("accounts", "fte")
    )
    filed = ~np.isnan(facts["staff.accounts"])
    _, low, high, error = by_ratio(facts["staff.accounts"], before, kinds)
    ends = np.fmin(low, accounts), np.fmax(high, accounts)
    done = [_put(facts, "staff.accounts", (accounts, *ends, error), how, Basis.ESTIMATED)]
    part = float(np.prod([step.factor for step in s.staffing.unexplained()]))
    least, most = min(part, 1 / part), max(part, 1 / part)
    with np.errstate(invalid="ignore"):
        low, high = (np.where(filed, 1.0, end / accounts) * fte for end in ends)
    how = "accounts less temporary staff, moved to the month, times one factor to the national sum"
    nothing = np.full(len(fte), np.nan)
    done.append(_put(facts, "staff.fte", (fte, low * least, high * most, nothing), how, Basis.ESTIMATED))
    return done


def _beds(facts: TrustFacts, s: FactSources, kinds: Sequence[str]) -> list[Method]:
    """Beds of trusts whose latest return is missing, from the last one before and the change at the others."""
    past = s.bed_history.at(HISTORY_ENDS)
    columns: Mapping[str, Array] = {
        "beds.available": np.array([past[c].total_available if c in past else np.nan for c in facts.code]),
        "beds.general_acute": np.array([past[c].available[0] if c in past else np.nan for c in facts.code]),
        "beds.mental_illness": np.array([past[c].available[2] if c in past else np.nan for c in facts.code]),
        "beds.occupied": np.array([past[c].total_occupied if c in past else np.nan for c in facts.code]),
    }
    how = "KH03 of June 2024 and the change at trusts of the type"
    made = {name: by_change(facts[name], before, kinds) for name, before in columns.items()}
    occupancy = _occupancy(made["beds.occupied"][0], made["beds.available"][0], facts["beds.occupancy"])
    done = [_put(facts, name, estimate, how, Basis.OTHER_PERIOD) for name, estimate in made.items()]
    how = "beds occupied over beds available, both moved on from June 2024"
    done.append(_put(facts, "beds.occupancy", occupancy, how, Basis.OTHER_PERIOD))
    available = facts["beds.available"]
    for i in np.flatnonzero(np.isnan(facts["services.overnight_beds"]) & ~np.isnan(available)):
        facts.put("services.overnight_beds", int(i), Fact(float(available[i] > 0), Basis.OTHER_PERIOD))
    return done


def _occupancy(occupied: Array, available: Array, known: Array) -> tuple[Array, Array, Array, Array]:
    """Occupancy from estimates of both beds; the range is how far the same estimates miss where it is published."""
    value = np.minimum(occupied / np.where(available > 0, available, np.nan), 1.0)
    gap = known - value
    if (~np.isnan(gap)).sum() < FEW:
        nothing = np.full(len(value), np.nan)
        return nothing, nothing, nothing, nothing
    low, high = np.nanpercentile(gap, ENDS)
    return value, np.clip(value + min(low, 0.0), 0, 1), np.clip(value + max(high, 0.0), 0, 1), np.abs(gap)


def _catchments(facts: TrustFacts, host_mix: Array) -> list[Method]:
    names = [f"catchment.q{q}" for q in range(1, 6)]
    value, low, high, error = by_residents(np.stack([facts[name] for name in names], axis=1), host_mix)
    how = "residents of the host board, of England where there is none"
    return [
        _put(facts, name, (value[:, q], low[:, q], high[:, q], error[:, q]), how, Basis.ESTIMATED)
        for q, name in enumerate(names)
    ]
