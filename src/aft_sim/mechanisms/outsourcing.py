"""Moving NHS work to the independent sector: who is sent, and what capacity that adds (model section 5.2, fact S15).

Work goes where independent providers already are: every market (board of residence and treatment function) sends people
in proportion to what it sends today. The better-off are sent more often, and not every treatment bought is one more,
because staff and sessions come from NHS trusts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms.referrals import QUINTILES, Entries, gradient

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Moved:
    """People and work that move from NHS trusts to independent providers.

    Attributes:
        pattern: (entry, group) expected starts with the people moved; the sum over entries is unchanged.
        work: (row,) treatments a week that come to a row (positive) or go from it (negative); they add up to zero.
    """

    pattern: Array
    work: Array


def outsource(
    pattern: Array,
    entries: Entries,
    independent: NDArray[np.bool_],
    residents: Array,
    work_per_start: Array,
    share: float,
    use_ratio: float,
) -> Moved:
    """Send a share of the people referred to NHS trusts to independent providers.

    Args:
        pattern: (entry, group) expected starts a week; groups beyond the quintiles (areas outside England) stay.
        entries: pairs of row and board, with their markets.
        independent: (row,) whether the provider is independent.
        residents: (icb, quintile) people.
        work_per_start: (row,) treatments for each start.
        share: of all people of England referred to NHS trusts, at most as many as a market's fifth refers.
        use_ratio: people sent a head, least over most deprived fifth.
    """
    people = pattern[:, :QUINTILES]
    is_independent = independent[entries.row]
    sent_today = np.where(is_independent, people.sum(axis=1), 0.0)
    in_market = np.bincount(entries.market, sent_today, entries.n_markets)
    nhs = np.where(is_independent[:, None], 0.0, people)
    nhs_market = entries.to_markets(nhs)
    total = share * nhs.sum() * in_market / max(float(in_market.sum()), 1e-300)
    board = np.zeros(entries.n_markets, dtype=np.int64)
    board[entries.market] = np.minimum(entries.icb, len(residents) - 1)  # beyond are areas outside England: nobody goes
    profile = residents[board] * gradient(1 / use_ratio)
    wanted = total[:, None] * profile / profile.sum(axis=1, keepdims=True)
    moved = np.minimum(wanted, nhs_market)
    leaving = nhs * np.divide(moved, nhs_market, out=np.zeros_like(moved), where=nhs_market > 0)[entries.market]
    part = np.divide(sent_today, in_market[entries.market], out=np.zeros_like(sent_today), where=sent_today > 0)
    out = pattern.copy()
    out[:, :QUINTILES] += moved[entries.market] * part[:, None] - leaving
    lost = leaving.sum(axis=1) * work_per_start[entries.row]
    gained = np.bincount(entries.market, lost, entries.n_markets)[entries.market] * part
    work = np.bincount(entries.row, gained - lost, len(independent))
    return Moved(np.maximum(out, 0.0), np.asarray(work, dtype=np.float64))


def capacity_factor(work: Array, capacity: Array, additionality: float) -> Array:
    """Capacity of each row relative to what it would be without the move, (row,).

    Independent providers gain what comes to them; NHS trusts keep the share of what went that is additional.

    Args:
        work: (row,) of `Moved`.
        capacity: (row,) treatments a week at the opening.
        additionality: net new treatments for each one bought [H09].
    """
    change = np.where(work < 0, (1 - additionality) * work, work)
    return np.asarray(np.maximum(1 + change / np.maximum(capacity, 1e-9), 0.0))
