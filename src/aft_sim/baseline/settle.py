"""Let opening flows and opening ages agree: a list that is stable today must not change its ages by itself tomorrow.

Completions of one month say how often people are treated at each wait; the list says how many survive to each wait.
Taken alone, the first makes some trusts' 18-week shares move by twenty points in a quarter with nothing changed,
because removals that bunch at a mark (18 weeks at several trusts) are in no return. So the chance of leaving in each
band of weeks is corrected, trust by trust, until the steady state of its flows has the survival between bands that its
list shows, relative to England's up to 40 weeks: its own profile stays as measured there.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.priorities import BAND_EDGES, BAND_OF_WEEK, N_BANDS, N_WEEKS

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Weeks between which survival is compared: younger ones carry the Christmas of the snapshot, older ones few people.
EDGES = (6, 12, 18, 26, 40, 52, 65)
#: Bands whose survival is compared relative to England's (1) or as it is (0): England's own profile stays as measured
#: up to 40 weeks; beyond, where trusts pull towards the marks of 52 and 65 weeks, today's tail is taken as steady.
RELATIVE = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
FIRST_BAND = BAND_EDGES.index(EDGES[0])
#: Weeks averaged at an edge.
SPAN = 3
#: Rounds of correction, and of solving the steady state within each.
ROUNDS, SOLVING = 6, 25
#: Late registrations come over this many weeks; nobody is removed routinely before.
EARLY_WEEKS = 5
#: Variance between trusts of true log survival over a band, relative to England's: shrinks what few people show.
SURVIVAL_SPREAD = 0.05
#: Bounds of the correction of a band.
LEAST, MOST = 0.2, 5.0


@dataclass(frozen=True)
class RowFlows:
    """What enters and leaves each row in a steady week, (row,) people.

    Attributes:
        joined: clock starts.
        late: late registrations.
        treated: completions.
        removed: removals, gross of late registrations.
        waiting: the list.
    """

    joined: Array
    late: Array
    treated: Array
    removed: Array
    waiting: Array


def steady_list(rate: Array, removal: Array, flows: RowFlows) -> tuple[Array, Array, Array]:
    """List by weeks waited that constant chances of leaving would settle at.

    Args:
        rate: (row, week) chance of treatment a week.
        removal: (row,) chance of removal a week from `EARLY_WEEKS` on.
        flows: what joins.

    Returns:
        (row, week) people, and (row,) treated and removed a week.
    """
    people = np.empty_like(rate)
    treated, removed = np.zeros(len(rate)), np.zeros(len(rate))
    x = flows.joined.copy()
    for w in range(N_WEEKS):
        if 1 <= w <= EARLY_WEEKS:
            x = x + flows.late / EARLY_WEEKS
        leave = removal / 2 if w >= EARLY_WEEKS else np.zeros_like(removal)
        stay = (1 - leave) ** 2 * (1 - rate[:, w])
        # the open band keeps those who stay
        held = x / np.maximum(1 - stay, 1e-9) if w == N_WEEKS - 1 else x
        first = held * leave
        seen = (held - first) * rate[:, w]
        second = (held - first - seen) * leave
        treated += seen
        removed += first + second
        x = held - first - seen - second
        people[:, w] = x
    return people, treated, removed


def solve_steady(rate: Array, flows: RowFlows) -> tuple[Array, Array]:
    """Scale chances until the steady list has the published length and the balanced split of exits.

    Returns:
        (row, week) people in the steady state and (row, week) chance of treatment in it.
    """
    scale = np.ones(len(rate))
    removal = flows.removed / np.maximum(flows.waiting, 1.0)
    wanted = flows.treated / np.maximum(flows.removed, 1e-9)
    for _ in range(SOLVING):
        chance = np.minimum(rate * scale[:, None], 0.95)
        people, treated, removed = steady_list(chance, removal, flows)
        split = np.sqrt(np.clip(wanted / np.maximum(treated / np.maximum(removed, 1e-12), 1e-12), 0.25, 4.0))
        level = np.clip(people.sum(axis=1) / np.maximum(flows.waiting, 1e-9), 0.5, 2.0) ** 0.8
        scale *= split * level
        removal = np.clip(removal / split * level, 0.0, 0.5)
    return people, chance


def survival(people: Array) -> Array:
    """Log survival between neighbouring edges, (..., edge - 1), from people (..., week)."""
    at = np.stack([people[..., e : e + SPAN].mean(axis=-1) for e in EDGES], axis=-1)
    return np.asarray(np.diff(np.log(np.maximum(at, 1e-3)), axis=-1))


def correction(rate: Array, flows: RowFlows, published: Array, provider: Index) -> Array:
    """Factors on the chance of treatment by provider and band of weeks.

    Args:
        rate: (row, week) chance of treatment as measured.
        flows: balanced flows.
        published: (row, week) the list.
        provider: (row,) provider index.

    Returns:
        (provider, band) factors, one where nothing is known.
    """
    n = int(provider.max()) + 1

    def by_provider(values: Array) -> Array:
        out = np.zeros((n, values.shape[1]))
        np.add.at(out, provider, values)
        return out

    listed = by_provider(published)
    shown = survival(listed) - RELATIVE * survival(listed.sum(axis=0))
    edge = np.stack([listed[:, e : e + SPAN].sum(axis=1) for e in EDGES], axis=1)
    noise = 1 / np.maximum(edge[:, 1:], 0.5) + 1 / np.maximum(edge[:, :-1], 0.5)
    keep = SURVIVAL_SPREAD / (SURVIVAL_SPREAD + noise)
    width = np.diff(EDGES)
    factor = np.ones((n, N_BANDS))
    bands = slice(FIRST_BAND, FIRST_BAND + len(width))
    for _ in range(ROUNDS):
        people, chance = solve_steady(rate * factor[provider][:, BAND_OF_WEEK], flows)
        steady = by_provider(people)
        settled = survival(steady) - RELATIVE * survival(steady.sum(axis=0))
        missing = keep * (settled - shown) / width  # chance of leaving that is missing a week
        treated = by_provider(people * chance)
        mean = np.stack(
            [treated[:, a:b].sum(axis=1) / np.maximum(steady[:, a:b].sum(axis=1), 1e-9) for a, b in pairwise(EDGES)],
            axis=1,
        )
        step = np.clip(1 + missing / np.maximum(mean, 1e-4), 0.6, 1.6)
        factor[:, bands] = np.clip(factor[:, bands] * step, LEAST, MOST)
    return factor
