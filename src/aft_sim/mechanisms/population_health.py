"""Care outside hospital, prevention, and the need for care that follows from them.

One channel leads from community care to hospitals: fewer emergency admissions. Prevention lowers need, which referrals
and emergencies follow, years later. Axes: k board, q deprivation fifth of its residents (0 the most deprived). Money is
GBP m a year at opening prices; shares and changes are fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from aft_sim.mechanisms.referrals import gradient

Array = NDArray[np.float64]

MONTHS = 12
YEARS = 4
"""Years of an integrated programme whose effects differ: the first three, and all later ones."""
AGES = (YEARS - 1) * MONTHS + 1
"""Ages of a programme that are told apart: months of the first three years, and everything older."""
PER = 1e5
"""People that death rates are given for."""
STEP = 10e6
"""GBP for an area that the published change of mortality is given for."""


@dataclass(frozen=True)
class Pool:
    """Prevention for some of a board's residents only.

    Attributes:
        board: index.
        share: (quintile,) part of the board's residents.
        extra: (quintile,) GBP m a year spent on them, within `Health.prevention_extra`.
    """

    board: int
    share: Array
    extra: Array


@dataclass
class Health:
    """Care outside hospital and need, (board, quintile) unless said otherwise.

    What others write is the first three; a writer adds its own change, so that several may.

    Attributes:
        dose: residents under an integrated programme, as a share, times its intensity (1: as the programmes that were
            evaluated).
        community_extra, prevention_extra: spending above the opening's, outside integrated programmes, and on
            prevention by whomever.
        community_base, prevention_base: (board,) spending at the opening, the same for each resident of a board.
        residents: people at the opening.
        avoided: share of emergency admissions avoided by care outside hospital; what is below zero is added.
        stay: length of stay over the opening's: those who are still admitted stay longer, so that bed days hardly move.
        need: need for care over the opening's: a factor of referrals and of emergency admissions.
        vintages: (age, board, quintile) the dose by months since it began; the last age is open.
        community_steps, prevention_steps: monthly changes of what acts, from the first month on: of the logarithm of
            community spending, and of prevention in GBP m as good as the opening's.
        pools: prevention for some of a board's residents only. Written by the IHO round.
    """

    dose: Array
    community_extra: Array
    prevention_extra: Array
    community_base: Array
    prevention_base: Array
    residents: Array
    avoided: Array
    stay: Array
    need: Array
    vintages: Array
    community_steps: list[Array] = field(default_factory=list)
    prevention_steps: list[Array] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)

    def by_head(self, amount: Array) -> Array:
        """(board, quintile) an amount of each board, (board,), divided among its residents alike."""
        return np.asarray(amount[:, None] * self.residents / self.residents.sum(axis=1, keepdims=True))


def open_health(residents: Array, community: Array, prevention: Array) -> Health:
    """The opening: no programmes, nothing extra, need as it is.

    Args:
        residents: (board, quintile) people.
        community, prevention: (board,) GBP m a year.
    """
    shape = residents.shape
    return Health(
        dose=np.zeros(shape),
        community_extra=np.zeros(shape),
        prevention_extra=np.zeros(shape),
        community_base=np.array(community),
        prevention_base=np.array(prevention),
        residents=np.array(residents),
        avoided=np.zeros(shape),
        stay=np.ones(shape),
        need=np.ones(shape),
        vintages=np.zeros((AGES, *shape)),
    )


@dataclass(frozen=True)
class Rule:
    """How admissions and need respond.

    Attributes:
        effects: (year,) change of emergency admissions in each year of an integrated programme of dose 1.
        bed_days: change of bed days from its third year on.
        elasticity: of emergency admissions to community spending outside programmes.
        community_lag, prevention_lag: mean years until an effect shows.
        stages: steps an effect takes until it shows; more make the delay sharper.
        saved: need for care that a pound of prevention takes away in the end, GBP of care.
        ratio: what a pound does for health, most to least deprived fifth.
        care: (board,) cost of all care at the opening, GBP m a year.
    """

    effects: Array
    bed_days: float
    elasticity: float
    community_lag: float
    prevention_lag: float
    stages: float
    saved: float
    ratio: float
    care: Array


def rule(value: Callable[[str], float], care: Array) -> Rule:
    """The rule that the register's parameters give.

    Args:
        value: a parameter's value by name; per cent as fractions.
        care: (board,) cost of all care at the opening, GBP m a year.
    """
    years = ("year_1", "year_2", "year_3", "later")
    return Rule(
        effects=np.array([value(f"community.emergency_effect.{year}") for year in years]),
        bed_days=value("community.bed_days_effect"),
        elasticity=value("community.admissions_elasticity"),
        community_lag=value("community.spending_lag"),
        prevention_lag=value("health.prevention_lag"),
        stages=value("health.lag_stages"),
        saved=value("health.prevention_return") * value("health.prevention_cashable"),
        ratio=value("health.return_gradient"),
        care=care,
    )


def tend(health: Health, by: Rule) -> None:
    """One month: what was begun and spent in earlier months changes admissions, stays and need.

    Args:
        health: the state, changed in place.
        by: how admissions and need respond.
    """
    health.vintages = grow_older(health.vintages, health.dose)
    programme = programme_change(health.vintages, by.effects)
    health.community_steps.append(
        log_spending(health.community_extra, health.by_head(health.community_base)) - _so_far(health.community_steps)
    )
    health.prevention_steps.append(as_good_as_opening(health) - _so_far(health.prevention_steps))
    spending = lagged(health.community_steps, by.community_lag, by.stages)
    health.avoided[:] = 1 - (1 + programme) * np.exp(by.elasticity * spending)
    mature = health.vintages[2 * MONTHS :].sum(axis=0)
    health.stay[:] = (1 + by.bed_days * mature) / (1 - health.avoided)
    acted = lagged(health.prevention_steps, by.prevention_lag, by.stages)
    weight = return_weights(health.residents, by.ratio)
    care = health.by_head(by.care)
    saved = np.divide(by.saved * weight * acted, care, out=np.zeros_like(care), where=care > 0)
    health.need[:] = np.exp(-saved)


def grow_older(vintages: Array, dose: Array) -> Array:
    """(age, board, quintile) a dose by age, one month on.

    What is new is in its first month; where a dose is lower than it was, all ages lose the same share.

    Args:
        vintages: last month's.
        dose: (board, quintile) this month's.
    """
    before = vintages.sum(axis=0)
    left = np.divide(dose, before, out=np.ones_like(dose), where=before > dose)
    out = np.empty_like(vintages)
    out[1:] = vintages[:-1]
    out[-1] += vintages[-1]
    out[1:] *= left
    out[0] = np.maximum(dose - before, 0.0)
    return out


def programme_change(vintages: Array, effects: Array) -> Array:
    """(board, quintile) change of emergency admissions under integrated programmes: each year's own, as measured.

    Args:
        vintages: (age, board, quintile).
        effects: (year,) by year of a programme of dose 1.
    """
    year = np.minimum(np.arange(AGES) // MONTHS, YEARS - 1)
    return np.asarray(np.tensordot(effects[year], vintages, axes=1))


def log_spending(extra: Array, base: Array) -> Array:
    """Logarithm of spending over the opening's; nobody spends less than nothing."""
    more = np.divide(extra, base, out=np.zeros_like(extra), where=base > 0)
    return np.asarray(np.log(np.maximum(1 + more, np.finfo(np.float64).tiny)))


def as_good_as_opening(health: Health) -> Array:
    """(board, quintile) extra prevention in GBP m as good as the opening's last pound.

    Each further per cent of spending on the same people does as much as the one before, so each further pound does
    less; what a pool holds for some of a board's residents is held against those residents' base.
    """
    base = health.by_head(health.prevention_base)
    for_all = _for_all(health)
    out = base * log_spending(for_all, base)
    for pool in health.pools:
        out[pool.board] += pool_as_good(health, pool)
    return np.asarray(out)


def pool_as_good(health: Health, pool: Pool) -> Array:
    """(quintile,) what a pool adds to `as_good_as_opening`, on top of what its residents have of prevention for all."""
    base = health.by_head(health.prevention_base)[pool.board] * pool.share
    for_all = _for_all(health)[pool.board] * pool.share
    return np.asarray(base * (log_spending(for_all + pool.extra, base) - log_spending(for_all, base)))


def pool_part(health: Health, pool: Pool) -> Array:
    """(quintile,) a pool's part of all extra prevention for its board's residents, by what it is worth; 0 to 1."""
    whole, own = as_good_as_opening(health)[pool.board], pool_as_good(health, pool)
    return np.asarray(np.clip(np.divide(own, whole, out=np.zeros_like(own), where=whole > 0), 0.0, 1.0))


def _for_all(health: Health) -> Array:
    out = health.prevention_extra.copy()
    for pool in health.pools:
        out[pool.board] -= pool.extra
    return out


def lagged(steps: list[Array], mean_years: float, stages: float) -> Array:
    """What acts now of monthly changes: each has acted to the share that its age has reached.

    Args:
        steps: changes, oldest first, the last of this month; arrays of one shape.
        mean_years: mean delay.
        stages: shape of the gamma distribution of delays.
    """
    if not mean_years > 0:
        return _so_far(steps)
    ages = np.arange(len(steps))[::-1] / MONTHS
    return np.asarray(np.tensordot(gammainc(stages, ages * stages / mean_years), np.stack(steps), axes=1))


def _so_far(steps: list[Array]) -> Array:
    return np.asarray(np.sum(steps, axis=0))


def return_weights(residents: Array, ratio: float) -> Array:
    """(quintile,) health bought by a pound a head, log-linear in deprivation; mean one over England's residents.

    Args:
        residents: (board, quintile) people.
        ratio: most to least deprived fifth.
    """
    people, slope = residents.sum(axis=0), gradient(ratio)
    return np.asarray(slope * people.sum() / (slope * people).sum())


def by_entry(need: Array, board: NDArray[np.int64]) -> Array:
    """(entry, group) need of the people behind each flow of referrals; 1 for those from outside England.

    Args:
        need: (board, quintile).
        board: (entry,) of residence, beyond the last one for outside England.
    """
    known = np.ones((len(need) + 1, need.shape[1] + 1))
    known[:-1, :-1] = need
    return np.asarray(known[board])


@dataclass(frozen=True)
class Mortality:
    """How amenable mortality answers to what boards have to spend.

    Attributes:
        per_pound: deaths per 100,000 residents of the most deprived fifth avoided a year by a pound a head and year.
        shape: (quintile,) the effect relative to that.
    """

    per_pound: float
    shape: Array


def mortality(value: Callable[[str], float]) -> Mortality:
    """What the register's parameters say: the effect on deprived areas, none on affluent ones, a line between.

    The published effect is of GBP 10m for an area, on men and women, who are half of its people each.
    """
    both = value("health.mortality_effect") * (1 + value("health.mortality_women")) / 2
    return Mortality(-both * value("health.mortality_area") / STEP, np.linspace(1.0, 0.0, 5))


def deaths_avoided(per_head: Array, residents: Array, by: Mortality) -> Array:
    """(board, quintile) amenable deaths avoided a year by money above the opening's.

    Args:
        per_head: (board,) GBP a resident and year.
        residents: (board, quintile) people.
        by: how mortality answers.
    """
    return np.asarray(by.per_pound * per_head[:, None] * by.shape * residents / PER)
