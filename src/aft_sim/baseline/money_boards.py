"""The money of integrated care boards at the opening: allocations, fair shares, and which board pays which trust.

NHS England's total is published, the boards' shares of need too; how far each board's allocation is from its fair share
was not at hand and is drawn. Contracts go by where a trust's patients live, raked so that every trust's contract
income is met exactly and every board's contracts are one common share of its allocation as nearly as catchments allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.basis import streams
from aft_sim.basis.errors import InputError

Array = NDArray[np.float64]

ROUNDS = 200
"""Most rounds of raking; it stops before where both margins are met."""
CLOSE = 1e-10
"""Relative distance from the margins at which they are met."""


@dataclass(frozen=True, eq=False)
class Boards:
    """Money of the boards, GBP m.

    Attributes:
        target: (icb,) fair share.
        allocation: (icb,) what it has.
        payers: (trust, icb) shares of each trust's contract income by paying board.
        contracts: (icb,) paid to trusts.
        independent_sector: (icb,) paid to independent providers.
        other_commissioning: (icb,) everything else.
        surplus: (icb,) what it leaves unspent.
        gap: largest difference of a board's contracts from the common share, as a share of what that would be.
    """

    target: Array
    allocation: Array
    payers: Array
    contracts: Array
    independent_sector: Array
    other_commissioning: Array
    surplus: Array
    gap: float


def boards_of(
    bundle: Bundle, total: float, contract: Array, independent: Array, unspent: float, distance: float, draw: int
) -> Boards:
    """Money of the boards.

    Args:
        bundle: the baseline.
        total: allocations of England.
        contract: (trust,) contract income.
        independent: (icb,) what independent providers are paid.
        unspent: what the boards leave in all.
        distance: standard deviation of the distance from the fair share, as a share of it.
        draw: of the distances.

    Raises:
        InputError: a board's contracts exceed its allocation.
    """
    target = total * bundle.weighted_population / bundle.weighted_population.sum()
    allocation = allocations(target, distance, bundle.icb_code, draw)
    seed = _seed(bundle) * contract[:, None]
    wanted = allocation * contract.sum() / total
    paid = rake(seed, contract, wanted)
    contracts = paid.sum(axis=0)
    surplus = unspent * allocation / total
    other = allocation - contracts - independent - surplus
    if other.min() < 0:
        k = int(np.argmin(other))
        raise InputError(
            "a board's contracts with trusts and independent providers exceed its allocation",
            found=f"{bundle.icb_code[k]}: GBP {allocation[k] - other[k]:,.0f}m of GBP {allocation[k]:,.0f}m",
            expected="an allocation that pays for them",
            hint="Lower capital.cost_per_pathway, or correct the figures of trusts nearby.",
        )
    payers = np.divide(paid, contract[:, None], out=_seed(bundle), where=contract[:, None] > 0)
    gap = float(np.abs(contracts / wanted - 1).max()) if contract.sum() > 0 else 0.0
    return Boards(target, allocation, payers, contracts, independent, other, surplus, gap)


def allocations(target: Array, distance: float, codes: tuple[str, ...], draw: int) -> Array:
    """(icb,) allocations around fair shares, with the same total.

    Args:
        target: (icb,) fair shares.
        distance: standard deviation, as a share of the fair share.
        codes: of the boards.
        draw: of the distances.
    """
    z = streams.normal(streams.Streams(0, draw).params("distance from target", 0, streams.words(codes)))
    share = distance * z
    share -= (share * target).sum() / target.sum()
    return np.asarray(target * (1 + share))


def _seed(bundle: Bundle) -> Array:
    """(trust, icb) where a trust's patients live: its catchment, else its host board, else as England is divided."""
    seed = np.nan_to_num(bundle.catchment_icb)
    host = bundle.trusts.icb
    bare = seed.sum(axis=1) <= 0
    seed[bare & (host >= 0), host[bare & (host >= 0)]] = 1.0
    seed[bare & (host < 0)] = bundle.weighted_population
    return np.asarray(seed / seed.sum(axis=1, keepdims=True))


def rake(seed: Array, rows: Array, columns: Array) -> Array:
    """Scale rows and columns of a matrix in turn until it meets its margins; the rows are met exactly.

    Args:
        seed: (row, column) not negative.
        rows: (row,) wanted sums.
        columns: (column,) wanted sums, with the same total; met as nearly as the zeros of the seed allow.
    """
    out = seed.copy()
    for _ in range(ROUNDS):
        now = out.sum(axis=0)
        out *= np.divide(columns, now, out=np.ones_like(now), where=now > 0)
        sums = out.sum(axis=1)
        out *= np.divide(rows, sums, out=np.zeros_like(sums), where=sums > 0)[:, None]
        now = out.sum(axis=0)
        if (np.abs(now - columns) <= CLOSE * np.maximum(columns, 1e-300)).all():
            break
    return out
