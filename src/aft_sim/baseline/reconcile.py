"""Opening flows that balance: one (starts, completions, removals) per row, closest to what was published.

One month's return is full of artefacts (a trust that reports half its completions, a specialty that moved). Run as it
stands, most of the list would sit in rows that empty or double. The flows are therefore reconciled once, here:
completions per start are shrunk row -> trust -> function -> England by their counting error and by the month-to-month
noise of trusts; starts and completions then move towards each other, the one that fits the row's list worse moving
further; removals are what balances them. A trust's own recent drift is kept as a transient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WEEKS_A_MONTH = 365.25 / 7 / 12
#: Flows below one person a month are taken as that when logarithms are formed.
FEWEST = 1 / WEEKS_A_MONTH


@dataclass(frozen=True)
class ReconcileSettings:
    """What the reconciliation takes as given; printed in the builder's report.

    Attributes:
        month_noise: sd of log(completions / starts) of a trust's single month around its own mean. No panel of trust
            flows is at hand; 0.10 is the sd left between trusts after the middle 80% of true differences.
        row_noise: the same for one row (specialties move between codes, clinics are cancelled).
        young_noise: sd of the log of starts that the youngest part of a list implies.
        trust_spread: sd between trusts of the true log(completions / starts): removal shares of 8-20% of starts.
        row_spread: sd between rows of one trust, around function and trust.
        clearance_spread: sd of log(flow / list) between trusts within a function, above which a flow is doubted.
        drift_noise: sd of a trust's nine-month list change (share a month) that is reporting, not trend.
        drift_cap: largest drift kept, share of the list a month.
    """

    month_noise: float = 0.10
    row_noise: float = 0.15
    young_noise: float = 0.07
    trust_spread: float = 0.05
    row_spread: float = 0.06
    clearance_spread: float = 0.25
    drift_noise: float = 0.010
    drift_cap: float = 0.015
    share_floor: float = 0.02
    share_ceiling: float = 0.30


@dataclass(frozen=True)
class Flows:
    """Opening flows of every row, people a standard week.

    Attributes:
        starts, admitted, non_admitted: (row,).
        removal_share: (row,) removals net of late registrations, as a share of starts.
        drift: (row,) opening change of the list a week; decays in the model.
    """

    starts: Array
    admitted: Array
    non_admitted: Array
    removal_share: Array
    drift: Array


def shrink_ratio(
    starts: Array, completions: Array, trust: Index, function: Index, england: float, s: ReconcileSettings
) -> Array:
    """Long-run log(completions / starts) of each row, by normal shrinkage at three levels.

    Args:
        starts, completions: (row,) people a standard week, counted over a month.
        trust, function: (row,) indices.
        england: England's long-run ratio, to which the weighted mean of the result is tied.

    Returns:
        (row,) log ratio.
    """
    usable = (starts > 0) & (completions > 0)
    y = np.where(usable, np.log(np.maximum(completions, FEWEST) / np.maximum(starts, FEWEST)), np.log(england))
    # what was counted is a month, not the standard week the flows are given in
    counting = (1 / np.maximum(completions, FEWEST) + 1 / np.maximum(starts, FEWEST)) / WEEKS_A_MONTH
    centre = np.log(england)
    weight = np.where(usable, 1 / (counting + s.row_noise**2 + s.row_spread**2), 0.0)

    def group_mean(values: Array, group: Index, spread: float, noise: float) -> Array:
        n = group.max() + 1
        w = np.bincount(group, weight, n)
        m = np.bincount(group, weight * values, n) / np.maximum(w, 1e-12)
        keep = spread**2 / (spread**2 + noise**2 + 1 / np.maximum(w, 1e-12))
        return np.asarray(m * np.where(w > 0, keep, 0.0))

    residual = np.clip(y - centre, -1.0, 1.0)
    f = group_mean(residual, function, s.trust_spread, 0.0)[function]
    t = group_mean(residual - f, trust, s.trust_spread, s.month_noise)[trust]
    own = s.row_spread**2 / (s.row_spread**2 + s.row_noise**2 + counting)
    fitted = centre + f + t + np.where(usable, own, 0.0) * (residual - f - t)
    return np.asarray(np.clip(fitted, np.log(1 - s.share_ceiling), np.log(1 - s.share_floor)))


def doubt(flow: Array, waiting: Array, function: Index, spread: float) -> Array:
    """How far a row's flow per person waiting lies outside its function's spread (0 = inside, grows with distance)."""
    x = np.log(np.maximum(flow, 0.5) / np.maximum(waiting, 1.0))
    centre = np.zeros(function.max() + 1)
    for f in np.unique(function):
        rows = function == f
        order = np.argsort(x[rows])
        w = waiting[rows][order]
        centre[f] = x[rows][order][np.searchsorted(np.cumsum(w), w.sum() / 2)]
    return np.asarray(((x - centre[function]) / spread) ** 2)


def reconcile(
    starts: Array,
    admitted: Array,
    non_admitted: Array,
    waiting: Array,
    trust: Index,
    function: Index,
    trust_drift: Array,
    england_share: float,
    england_starts: float,
    settings: ReconcileSettings | None = None,
    england_drift: float = 0.0,
    young: Array | None = None,
) -> Flows:
    """Balance every row.

    Args:
        starts, admitted, non_admitted: (row,) flows a standard week, season taken out.
        waiting: (row,) people waiting.
        trust, function: (row,) indices of provider and treatment function.
        trust_drift: (trust,) observed change of the list, share a month, beyond England's; NaN where unknown.
        england_share: England's removals net of late registrations per start.
        england_starts: England's starts a standard week, to which the rows are scaled.
        young: (row,) starts a week that the youngest part of the list implies; not used if None.
        england_drift: change of England's list, people a standard week, shared out by waiting list.

    Returns:
        Flows for which starts x (1 - removal_share) = completions in every row: without drift no list would move.
    """
    s = settings or ReconcileSettings()
    completions = admitted + non_admitted
    eta = shrink_ratio(starts, completions, trust, function, 1 - england_share, s)
    doubt_starts = 1 + doubt(starts, waiting, function, s.clearance_spread)
    doubt_completions = 1 + doubt(completions, waiting, function, s.clearance_spread)
    # three estimates of log starts, weighted by their noise; the more doubtful for its list counts less
    log_starts = np.log(np.maximum(starts, FEWEST))
    log_from_completions = np.log(np.maximum(completions, FEWEST)) - eta
    w_s = 1 / doubt_starts / s.month_noise**2
    w_c = 1 / doubt_completions / (s.month_noise**2 + s.trust_spread**2 + s.row_spread**2)
    evidence, weight = w_s * log_starts + w_c * log_from_completions, w_s + w_c
    if young is not None:
        doubt_young = 1 + doubt(young, waiting, function, s.clearance_spread)
        w_y = np.where(young > FEWEST, 1 / doubt_young / s.young_noise**2, 0.0)
        evidence, weight = evidence + w_y * np.log(np.maximum(young, FEWEST)), weight + w_y
    balanced = np.exp(evidence / weight)
    balanced *= england_starts / balanced.sum()
    # tie the removal share of the whole to England's by shifting every row alike
    for _ in range(20):
        share = 1 - np.exp(eta)
        gap = england_share - (share * balanced).sum() / balanced.sum()
        if abs(gap) < 1e-12:
            break
        eta = np.log(np.clip(np.exp(eta) - gap, 1 - 1.5 * s.share_ceiling, 1 - 0.5 * s.share_floor))
    out = balanced * np.exp(eta)
    mix = np.where(completions > 0, admitted / np.maximum(completions, 1e-12), 0.2)
    known = np.isfinite(trust_drift)
    seen = np.where(known, trust_drift, 0.0)
    signal = max(float(np.var(trust_drift[known])) - s.drift_noise**2, 0.0) if known.any() else 0.0
    kept = np.clip(seen * signal / (signal + s.drift_noise**2), -s.drift_cap, s.drift_cap)
    drift = kept[trust] * waiting / WEEKS_A_MONTH + england_drift * waiting / waiting.sum()
    return Flows(balanced, out * mix, out * (1 - mix), 1 - np.exp(eta), drift)
