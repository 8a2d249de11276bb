"""The compiled week of the waiting list; called through ``waiting_list.advance``, which documents the rules.

How a row is done in two readings of its cells. Removals do not look at the group, and access enters a
cell's treatment linearly. So three sums over the groups by weeks waited (people, people x access, people x
access squared) fix every scale of the week: how hard removals bite, and each service's kappa. One last pass
then moves the cells. Only where a cell would run empty is kappa solved on the cells themselves.

All scratch arrays are padded to whole vector blocks of weeks; the padding holds nobody.
"""

import functools
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

# Defined in this file because numba discards cached code when this file changes, and only then.
GROUPS = 6
"""Five deprivation fifths (0 = most deprived) and, last, residents of areas outside England."""
WEEKS = 105
"""Whole weeks waited, 0 to 103, and the open band of 104 and over."""
LATE_WEEKS = 5
"""Late registrations appear on the list at 1 to 5 weeks waited."""
LONG_WAIT = 18
"""Validation removes, and returns rejoin, people who have waited this many whole weeks or more."""
DUST = 1e-9
"""A cell with fewer people than this after a week is emptied: keeps tails empty and arithmetic fast."""

_BLOCK = 32
_PADDED = 128
# The row's vectors by weeks waited lie in one array ``v`` at these constant places, so that the compiler
# can see that they do not overlap and use vector instructions without checks at run time.
# In turn: people, people x access and people x access squared, summed over groups; the two priorities with
# pressure; the removal hazard; shares removed and validated in this half of the week, and in the first half;
# where returns rejoin; one group's clock starts and late registrations.
_PEOPLE, _ONCE, _TWICE, _ADM, _NON, _HAZARD = (_PADDED * i for i in range(6))
_LEAVE, _CHECK, _LEAVE_FIRST, _CHECK_FIRST, _PROFILE, _FRESH = (_PADDED * i for i in range(6, 12))
_VECTORS = 12
_NEWTON_STEPS = 8  # before the solver brackets the answer
_BISECTIONS = 14
_HUGE = 1e300


def _jit(function: Callable[..., Any]) -> Any:
    """numba's compiler, with its file cache if there is a folder to write to and without it if not."""
    # Full fastmath would let the compiler assume there is no NaN or infinity and hide a broken state.
    options = {"fastmath": {"reassoc", "contract", "nsz"}, "nogil": True}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        return numba.njit(**options)(function)


@functools.cache
def kernel() -> Any:
    """The compiled ``_advance_rows``, for one set of types: read-only and writeable inputs share it."""
    compiled = _jit(_advance_rows)
    f1, f2, f3 = (numba.types.Array(numba.float64, d, "C", readonly=True) for d in (1, 2, 3))
    state, by_row, by_group = (numba.types.Array(numba.float64, d, "C") for d in (3, 1, 2))
    compiled.compile(
        (state, f2, f3, f2, f1, f1, f1, f2, f2, f2, f1, f1, f1, numba.intp, *[by_group] * 4, *[by_row] * 2)
    )
    compiled.disable_compile()
    return compiled


@_jit
def _taken(scale: float, weight: Any, people: Any, size: int) -> tuple[float, float]:
    """At this scale: people in the cells it empties, and weighted people in the others."""
    full = 0.0
    partial = 0.0
    for i in range(size):
        gone = people[i] if scale * weight[i] >= 1.0 else 0.0
        full += gone
        partial += weight[i] * (people[i] - gone)
    return full, partial


@_jit
def _smallest(weight: Any, people: Any, size: int) -> float:
    """The smallest positive weight of a cell that holds anybody."""
    smallest = np.inf
    for i in range(size):
        if weight[i] > 0.0 and people[i] > 0.0:
            smallest = min(smallest, weight[i])
    return smallest


@_jit
def _scale(amount: float, weight: Any, people: Any, size: int) -> tuple[float, float]:
    """Solves sum(min(1, scale * weight) * people) = amount, also where cells run empty (water-filling).

    Returns the scale and the amount that could not be taken because all cells of positive weight are empty.
    The total is concave and piecewise linear in the scale, so Newton's method from the left never overshoots;
    weights that span many orders of magnitude are bracketed by bisection on the logarithm first.
    """
    held = 0.0
    weighted = 0.0
    for i in range(size):
        held += people[i] if weight[i] > 0.0 else 0.0
        weighted += weight[i] * people[i]
    if amount >= held:
        return min(2.0 / _smallest(weight, people, size), _HUGE), amount - held
    scale = amount / weighted
    before = -1.0
    for step in range(size + 1):
        if step == _NEWTON_STEPS:
            low, high = np.log(scale), -np.log(_smallest(weight, people, size))
            for _ in range(_BISECTIONS):
                middle = 0.5 * (low + high)
                full, partial = _taken(np.exp(middle), weight, people, size)
                if full + np.exp(middle) * partial <= amount:
                    low = middle
                else:
                    high = middle
            scale = max(scale, np.exp(low))
        full, partial = _taken(scale, weight, people, size)
        if partial <= 0.0 or full == before:  # everyone, or the same cells as the step before
            break
        scale = max(scale, (amount - full) / partial)
        before = full
    return scale, 0.0


@_jit
def _read(row: Any, access: Any, buffer: Any, v: Any, stock: Any) -> int:
    """Copies a row to the buffer, everyone a week older, and sums it over groups; returns the last week that holds anybody."""
    for q in range(GROUPS):
        cells = buffer[q]
        cells[0] = 0.0
        people = 0.0
        for w in range(WEEKS - 1):
            x = row[q, w]
            cells[w + 1] = x
            people += x
        cells[WEEKS - 1] += row[q, WEEKS - 1]
        stock[q] = people + row[q, WEEKS - 1]
    a0, a1, a2, a3, a4, a5 = access[0], access[1], access[2], access[3], access[4], access[5]
    for w in range(_PADDED):  # written out, or the compiler would not use vector instructions
        x0, x1, x2, x3, x4, x5 = (
            buffer[0, w],
            buffer[1, w],
            buffer[2, w],
            buffer[3, w],
            buffer[4, w],
            buffer[5, w],
        )
        y0, y1, y2, y3, y4, y5 = a0 * x0, a1 * x1, a2 * x2, a3 * x3, a4 * x4, a5 * x5
        v[_PEOPLE + w] = x0 + x1 + x2 + x3 + x4 + x5
        v[_ONCE + w] = y0 + y1 + y2 + y3 + y4 + y5
        v[_TWICE + w] = a0 * y0 + a1 * y1 + a2 * y2 + a3 * y3 + a4 * y4 + a5 * y5
    last = WEEKS - 1
    while last > 0 and v[_PEOPLE + last] <= 0.0:
        last -= 1
    return last


@_jit
def _press(priority_adm: Any, priority_non: Any, pressure: float, pressure_from: int, last: int, v: Any) -> None:
    """Priorities by weeks waited with the target's factor from its threshold on; zero where nobody waits."""
    for w in range(WEEKS):
        factor = pressure if w >= pressure_from else 1.0
        factor = factor if w <= last else 0.0
        v[_ADM + w] = priority_adm[w] * factor
        v[_NON + w] = priority_non[w] * factor


@_jit
def _exits(routine: float, validated: float, stop: int, v: Any) -> None:
    """Shares of people at each week who leave by routine removal (_LEAVE), then by validation (_CHECK).

    Removal does not look at the group, so the row's people by week are enough to share it out.
    """
    weighted = 0.0
    for w in range(stop):
        weighted += v[_HAZARD + w] * v[_PEOPLE + w]
    scale = routine / weighted if routine > 0.0 and weighted > 0.0 else 0.0
    above = 0
    held = 0.0
    for w in range(stop):
        share = scale * v[_HAZARD + w]
        above += 1 if share > 1.0 else 0
        held += v[_PEOPLE + w] * (1.0 - share) if w >= LONG_WAIT else 0.0
        v[_LEAVE + w] = share
    if above > 0:
        scale, _ = _scale(routine, v[_HAZARD : _HAZARD + stop], v[_PEOPLE : _PEOPLE + stop], stop)
        held = 0.0
        for w in range(stop):
            share = min(1.0, scale * v[_HAZARD + w])
            held += v[_PEOPLE + w] * (1.0 - share) if w >= LONG_WAIT else 0.0
            v[_LEAVE + w] = share
    rate = min(1.0, validated / held) if validated > 0.0 and held > 0.0 else 0.0
    for w in range(stop):
        v[_CHECK + w] = (1.0 - v[_LEAVE + w]) * rate if w >= LONG_WAIT else 0.0


@_jit
def _join(arrivals: Any, late: Any, returns: Any, access: Any, stop: int, v: Any) -> None:
    """Takes the first removals out of the sums and adds all who join; finds where returns rejoin."""
    held = 0.0
    for w in range(stop):
        leave, check = v[_LEAVE + w], v[_CHECK + w]
        keep = 1.0 - leave - check
        stay = v[_PEOPLE + w] * keep
        v[_LEAVE_FIRST + w] = leave
        v[_CHECK_FIRST + w] = check
        v[_PEOPLE + w] = stay
        v[_ONCE + w] *= keep
        v[_TWICE + w] *= keep
        held += stay if w >= LONG_WAIT else 0.0
    for i in range(LATE_WEEKS + 1):
        plain, once, twice = 0.0, 0.0, 0.0
        for q in range(GROUPS):
            x = late[q, i - 1] if i > 0 else arrivals[q]
            plain += x
            once += access[q] * x
            twice += access[q] * access[q] * x
        v[_PEOPLE + i] += plain
        v[_ONCE + i] += once
        v[_TWICE + i] += twice
    plain, once, twice = 0.0, 0.0, 0.0
    for q in range(GROUPS):
        plain += returns[q]
        once += access[q] * returns[q]
        twice += access[q] * access[q] * returns[q]
    part = 1.0 / held if held > DUST else 0.0
    for w in range(stop):
        share = v[_PEOPLE + w] * part if w >= LONG_WAIT else 0.0
        v[_PROFILE + w] = share
        v[_PEOPLE + w] += plain * share
        v[_ONCE + w] += once * share
        v[_TWICE + w] += twice * share
    if held <= DUST:
        v[_PROFILE + LONG_WAIT] = 1.0
        v[_PEOPLE + LONG_WAIT] += plain
        v[_ONCE + LONG_WAIT] += once
        v[_TWICE + LONG_WAIT] += twice


@_jit
def _treat(stop: int, most: float, capacity_adm: float, capacity_non: float, v: Any) -> tuple[float, float, bool]:
    """Both services' kappa if no cell runs empty, from the sums alone; the people become those still waiting.

    Access enters a cell's treatment linearly, so the sums weighted by access and its square give the totals
    after one service and after both. The last result is False, and nothing is changed, if a cell would run
    empty.
    """
    weighted = 0.0
    for w in range(stop):
        weighted += v[_ADM + w] * v[_ONCE + w]
    first = capacity_adm / weighted if capacity_adm > 0.0 and weighted > 0.0 else 0.0
    weighted = 0.0
    for w in range(stop):
        weighted += v[_NON + w] * (v[_ONCE + w] - first * v[_ADM + w] * v[_TWICE + w])
    second = capacity_non / weighted if capacity_non > 0.0 and weighted > 0.0 else 0.0
    above = 0
    for w in range(stop):
        above += 1 if max(first * v[_ADM + w], second * v[_NON + w]) * most > 1.0 else 0
    if above > 0:
        return 0.0, 0.0, False
    for w in range(stop):
        one, two = first * v[_ADM + w], second * v[_NON + w]
        v[_PEOPLE + w] += one * two * v[_TWICE + w] - (one + two) * v[_ONCE + w]
    return first, second, True


@_jit
def _treat_by_cell(
    buffer: Any,
    stop: int,
    capacity_adm: float,
    capacity_non: float,
    access: Any,
    arrivals: Any,
    late: Any,
    returns: Any,
    v: Any,
    work: Any,
) -> tuple[float, float, float, float]:
    """Each service's kappa and unused capacity where cells run empty; the people become those waiting."""
    weight, cells = work[0], work[1]
    size = GROUPS * stop
    for q in range(GROUPS):
        at = q * stop
        for w in range(stop):
            cells[at + w] = buffer[q, w] * (1.0 - v[_LEAVE + w] - v[_CHECK + w]) + returns[q] * v[_PROFILE + w]
            weight[at + w] = access[q] * v[_ADM + w]
        cells[at] += arrivals[q]
        for i in range(LATE_WEEKS):
            cells[at + 1 + i] += late[q, i]
    first, unused_adm = _scale(max(capacity_adm, 0.0), weight, cells, size)
    for q in range(GROUPS):
        at = q * stop
        for w in range(stop):
            cells[at + w] *= 1.0 - min(1.0, first * access[q] * v[_ADM + w])
            weight[at + w] = access[q] * v[_NON + w]
    second, unused_non = _scale(max(capacity_non, 0.0), weight, cells, size)
    for w in range(stop):
        v[_PEOPLE + w] = 0.0
    for q in range(GROUPS):
        at = q * stop
        for w in range(stop):
            v[_PEOPLE + w] += cells[at + w] * (1.0 - min(1.0, second * access[q] * v[_NON + w]))
    return first, second, unused_adm, unused_non


@_jit
def _move(cells: Any, row: Any, stop: int, rate_adm: float, rate_non: float, back: float, v: Any) -> Any:
    """Moves one group through the week at the shares found and writes it back.

    Returns people treated as admitted and non-admitted, removed and validated out.
    """
    routine, by_validation, by_adm, by_non = 0.0, 0.0, 0.0, 0.0
    for w in range(stop):
        x = cells[w]
        removed_now, validated_now = x * v[_LEAVE_FIRST + w], x * v[_CHECK_FIRST + w]
        x += v[_FRESH + w] + back * v[_PROFILE + w] - removed_now - validated_now
        admitted = x * min(1.0, rate_adm * v[_ADM + w])
        x -= admitted
        seen = x * min(1.0, rate_non * v[_NON + w])
        x -= seen
        removed_then, validated_then = x * v[_LEAVE + w], x * v[_CHECK + w]
        x -= removed_then + validated_then
        routine += removed_now + removed_then
        by_validation += validated_now + validated_then
        by_adm += admitted
        by_non += seen
        cells[w] = 0.0 if x <= DUST else x  # so that a NaN stays visible
    for w in range(WEEKS):
        row[w] = cells[w]
    return by_adm, by_non, routine, by_validation


def _advance_rows(
    n: Any,
    arrivals: Any,
    late: Any,
    returns: Any,
    removals: Any,
    validated: Any,
    removal_hazard: Any,
    priority_adm: Any,
    priority_non: Any,
    access: Any,
    capacity_adm: Any,
    capacity_non: Any,
    pressure: Any,
    pressure_from: int,
    treated_adm: Any,
    treated_non: Any,
    removed: Any,
    validated_out: Any,
    unmet_adm: Any,
    unmet_non: Any,
) -> None:
    """All steps of the week, row by row, so that a row stays in the nearest cache."""
    buffer, work = np.zeros((GROUPS, _PADDED)), np.empty((2, GROUPS * _PADDED))
    v, stock = np.zeros(_VECTORS * _PADDED), np.empty(GROUPS)
    for w in range(WEEKS):
        v[_HAZARD + w] = removal_hazard[w]
    for r in range(n.shape[0]):
        reach, joins, half, checked = (
            access[r],
            (arrivals[r], late[r], returns[r]),
            0.5 * removals[r],
            0.5 * validated[r],
        )
        last = max(_read(n[r], reach, buffer, v, stock), LONG_WAIT)  # nobody joins beyond
        stop = (last // _BLOCK + 1) * _BLOCK
        _press(priority_adm[r], priority_non[r], pressure[r], pressure_from, last, v)
        _exits(half, checked, stop, v)
        _join(*joins, reach, stop, v)
        most = 0.0
        for q in range(GROUPS):
            stock[q] += arrivals[r, q] + returns[r, q]
            for i in range(LATE_WEEKS):
                stock[q] += late[r, q, i]
            most = max(most, reach[q] if stock[q] > 0.0 else 0.0)
        first, second, solved = _treat(stop, most, capacity_adm[r], capacity_non[r], v)
        unmet_adm[r] = max(capacity_adm[r], 0.0) if first == 0.0 else 0.0
        unmet_non[r] = max(capacity_non[r], 0.0) if second == 0.0 else 0.0
        if not solved:
            first, second, unmet_adm[r], unmet_non[r] = _treat_by_cell(
                buffer, stop, capacity_adm[r], capacity_non[r], reach, *joins, v, work
            )
        _exits(half, checked, stop, v)
        for q in range(GROUPS):
            treated_adm[r, q] = treated_non[r, q] = removed[r, q] = validated_out[r, q] = 0.0
            if stock[q] > 0.0:
                v[_FRESH] = arrivals[r, q]
                for i in range(LATE_WEEKS):
                    v[_FRESH + 1 + i] = late[r, q, i]
                treated_adm[r, q], treated_non[r, q], removed[r, q], validated_out[r, q] = _move(
                    buffer[q], n[r, q], stop, first * reach[q], second * reach[q], returns[r, q], v
                )
