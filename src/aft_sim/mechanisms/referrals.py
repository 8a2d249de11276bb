"""Referrals: who needs elective care, from where, and which provider they choose (model section 5.1 and 5.2).

Flows are kept by *entry*: one (ICB of residence, row) pair that is observed in the published commissioner flows. Groups
of entries that share an ICB and a treatment function compete for the same patients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aft_sim.basis import streams

Array = NDArray[np.float64]
Index = NDArray[np.int64]

QUINTILES = 5


@dataclass(frozen=True)
class Entries:
    """The observed (ICB, row) pairs.

    Attributes:
        row: (entry,) row of each entry, ascending.
        icb: (entry,) ICB of residence; the last index stands for areas outside England.
        market: (entry,) index of the (ICB, treatment function) pair within which providers are chosen.
        first: (row + 1,) where each row's entries begin.
    """

    row: Index
    icb: Index
    market: Index
    first: Index

    @cached_property
    def n_markets(self) -> int:
        """Number of (ICB, treatment function) pairs."""
        return int(self.market.max()) + 1

    @cached_property
    def _market_sums(self) -> sparse.csr_array:
        return summing(self.market, self.n_markets)

    def to_rows(self, values: Array) -> Array:
        """Sum values (entry, group) over the entries of each row."""
        return np.add.reduceat(values, self.first[:-1], axis=0)

    def to_markets(self, values: Array) -> Array:
        """Sum values (entry, group) over the entries of each market."""
        return np.asarray(self._market_sums @ values)


def summing(group: Index, n: int) -> sparse.csr_array:
    """Matrix that sums rows by group: (n, len(group)); `summing(g, n) @ x` adds up the x of each group."""
    size = len(group)
    return sparse.csr_array((np.ones(size), (group, np.arange(size))), shape=(n, size))


def gradient(most_to_least: float) -> Array:
    """Use by quintile relative to the mean, log-linear from the most (index 0) to the least deprived fifth."""
    steps = np.linspace(0.5, -0.5, QUINTILES)
    return np.asarray(most_to_least**steps)


def split_by_quintile(
    starts: Array, population_mix: Array, use: Array, trust: Index, catchment: Array, rounds: int = 20
) -> Array:
    """Split the starts of each entry by quintile.

    Within an ICB and function patients come from the quintiles in proportion to residents and relative use; where a
    trust's catchment mix is published, the split of all its patients is raked to it, so that a hospital in a poor
    town is not given its county's average.

    Args:
        starts: (entry,) people a week.
        population_mix: (entry, quintile) share of the ICB's residents, rows sum to one.
        use: (entry, quintile) relative use of the treatment function.
        trust: (entry,) provider index.
        catchment: (provider, quintile) published mix, NaN where none.
        rounds: raking rounds.

    Returns:
        (entry, quintile) people a week; each row sums to its entry's starts.
    """
    weight = population_mix * use
    weight = weight / weight.sum(axis=1, keepdims=True)
    known = np.asarray(np.isfinite(catchment).all(axis=1))
    for _ in range(rounds):
        by_trust = np.zeros(catchment.shape)
        np.add.at(by_trust, trust, weight * starts[:, None])
        total = by_trust.sum(axis=1, keepdims=True)
        factor = np.where(
            known[:, None] & (by_trust > 0),
            catchment * total / np.maximum(by_trust, 1e-300),
            1.0,
        )
        weight = weight * factor[trust]
        weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray(weight * starts[:, None])


def choice_exponents(own_elasticity: float, slope: float, starts: Array, entries: Entries) -> Array:
    """Exponents on relative waits that give the measured own-wait elasticity of demand.

    With shares `share0 * ratio**-c`, renormalised within a market, a provider's own elasticity is `-c (1 - share)`;
    `c` is set so that its average over patients is the measured one, and varies by quintile around that average.

    Args:
        own_elasticity: measured elasticity as a positive number [H01].
        slope: exponent of the least over that of the most deprived fifth.
        starts: (entry,) people a week.
        entries: the markets.

    Returns:
        (quintile,) exponents.
    """
    market = np.bincount(entries.market, starts, entries.n_markets)
    share = starts / np.maximum(market[entries.market], 1e-300)
    room = float((starts * (1 - share)).sum() / starts.sum())
    if room <= 0:  # one provider everywhere: nobody can choose another
        return np.zeros(QUINTILES)
    profile = np.linspace(1.0, slope, QUINTILES)
    return np.asarray(own_elasticity / room * profile / profile.mean())


def choose(
    base: Array,
    entries: Entries,
    row_wait_ratio: Array,
    market_wait_ratio: Array,
    exponents: Array,
    demand_elasticity: float,
) -> Array:
    """Current expected starts by entry and quintile, before growth, season and chance.

    Args:
        base: (entry, group) opening starts; groups beyond the quintiles (areas outside England) do not choose.
        entries: the markets.
        row_wait_ratio: (row,) recent mean wait over the opening one.
        market_wait_ratio: (market,) the same for all providers that the market's patients use.
        exponents: (quintile,) of provider choice.
        demand_elasticity: of the market's whole demand to its mean wait, negative [F01].

    Returns:
        (entry, group); with all ratios one it equals `base` to rounding.
    """
    out = base.copy()
    pull = row_wait_ratio[:, None] ** -exponents[None, :]
    wanted = base[:, :QUINTILES] * pull.take(entries.row, axis=0)
    before = entries.to_markets(base[:, :QUINTILES])
    after = entries.to_markets(wanted)
    scale = np.divide(before, after, out=np.ones_like(before), where=after > 0)
    scale *= (market_wait_ratio**demand_elasticity)[:, None]
    out[:, :QUINTILES] = wanted * scale.take(entries.market, axis=0)
    return out


def weekly_multiplier(z: Array, expected: Array, overdispersion: float, scale: float) -> Array:
    """Chance in a row's weekly starts: lognormal with the mean and variance of an overdispersed Poisson count.

    Args:
        z: (row,) standard normal, autocorrelated over weeks.
        expected: (row,) expected starts a week.
        overdispersion: coefficient of variation beyond Poisson.
        scale: 1 for the full chance, 0 for none.
    """
    if scale == 0.0:
        return np.ones_like(expected)
    return streams.arrivals_multiplier(z, np.maximum(expected, 1e-9) / scale**2, (overdispersion * scale) ** 2)


def autocorrelated(previous: Array, u: Array, persistence: float) -> Array:
    """Next value of a unit-variance first-order autoregression driven by one uniform per entity."""
    return np.asarray(persistence * previous + np.sqrt(1 - persistence**2) * streams.normal(u))


@numba.njit(cache=True)
def move_residents(mix: Array, entry_row: Index, share: Array, joined: Array, start: Array, end: Array) -> None:
    """Carry the stock by ICB of residence through a week, in place.

    People of all ICBs in a row and group wait alike, so whoever leaves is drawn in proportion; those who join come
    from the ICBs in the shares of the current referrals. Sums over entries equal the list at the end of the week.

    Args:
        mix: (entry, group) people waiting by ICB of residence.
        entry_row: (entry,) row of each entry.
        share: (entry, group) expected starts, from which the shares of those who join are taken.
        joined: (row, group) people who joined in the week.
        start: (row, group) people waiting before the week.
        end: (row, group) people waiting after it.
    """
    n_entries, n_groups = mix.shape
    inflow = np.zeros_like(joined)  # people who join for each expected start
    keep = np.zeros_like(joined)  # share of those held in the week who still wait at its end
    for e in range(n_entries):
        for q in range(n_groups):
            inflow[entry_row[e], q] += share[e, q]
    for r in range(joined.shape[0]):
        for q in range(n_groups):
            total = inflow[r, q]
            held = start[r, q] + (joined[r, q] if total > 0.0 else 0.0)
            inflow[r, q] = joined[r, q] / total if total > 0.0 else 0.0
            keep[r, q] = end[r, q] / held if held > 0.0 else 0.0
    for e in range(n_entries):
        r = entry_row[e]
        last = e + 1 == n_entries or entry_row[e + 1] != r
        for q in range(n_groups):
            if last and keep[r, q] == 0.0:
                # somebody came back to a group that is empty and that nobody is referred to: the row's last entry,
                # which is the one for areas outside England where there is one
                mix[e, q] = end[r, q]
            else:
                mix[e, q] = (mix[e, q] + inflow[r, q] * share[e, q]) * keep[r, q]
