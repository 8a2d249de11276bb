"""The compiled week of the waiting list; called through ``waiting_list.advance``, which documents the rules.

How a row is done in three readings of its cells. Removals do not look at the group, and access enters a
cell's treatment linearly. So three sums over the groups by weeks waited (people, people x access, people x
access squared) fix every scale of the week: how hard removals bite, and each service's kappa. The first
reading ages the cells and sums people, the second takes the first removals out and lets people join, the
third treats, takes the other removals out and writes back. Cells are looked at one by one only in weeks in
which some groups run empty and others do not. Nothing is written beyond the last week that anybody of the row
can have reached, nor for a group in which nobody waits or joins: those cells are zero already.

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

_BLOCK = 16
_PADDED = 112
# The row's vectors by weeks waited lie in one array ``v`` at these constant places, so that the compiler
# can see that they do not overlap and use vector instructions without checks at run time.
# In turn: people, people x access and people x access squared, summed over groups; the two priorities with
# pressure; the removal hazard; the share removed in this half of the week and the share of the others
# validated out; where returns rejoin. The cells lie in ``cells``, group by group.
_PEOPLE, _ONCE, _TWICE, _ADM, _NON, _HAZARD, _LEAVE, _CHECK, _PROFILE = (_PADDED * i for i in range(9))
_VECTORS = 9
_NEWTON_STEPS = 8  # before the solver brackets the answer
_BISECTIONS = 14
_HUGE = 1e300


def _jit(function: Callable[..., Any], inline: bool = True) -> Any:
    """numba's compiler, with its file cache if there is a folder to write to and without it if not.

    Everything is inlined into the one function that is called. Else code just compiled calls the parts as they were
    compiled on their own, and the same code loaded from the cache the parts as they were compiled with it, and sums
    may differ in the last digit.
    """
    # Full fastmath would let the compiler assume there is no NaN or infinity and hide a broken state.
    options = {"fastmath": {"reassoc", "contract", "nsz"}, "nogil": True, "forceinline": inline}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        return numba.njit(**options)(function)


@functools.cache
def kernel() -> Any:
    """The compiled ``_advance_rows``, for one set of types: read-only and writeable inputs share it."""
    compiled = _jit(_advance_rows, inline=False)
    f1, f2, f3 = (numba.types.Array(numba.float64, d, "C", readonly=True) for d in (1, 2, 3))
    state, by_row, by_group = (numba.types.Array(numba.float64, d, "C") for d in (3, 1, 2))
    compiled.compile(
        (state, f2, f3, f2, f1, f1, f1, f2, f2, f2, f1, f1, f1, numba.intp, *[by_group] * 5, *[by_row] * 2)
    )
    compiled.disable_compile()
    return compiled


@_jit
def _taken(
    scale: float,
    weight: Any,
    people: Any,
    once: Any,
    least: float,
    most: float,
    cells: Any,
    access: Any,
    before: float,
    adm: Any,
    stop: int,
) -> tuple[float, float]:
    """At this scale: people in the cells it empties, and weighted people in the others (arguments as ``_fill``)."""
    full, partial, some, every = 0.0, 0.0, 0, 0
    for w in range(stop):
        share = scale * weight[w]
        full += people[w] if share * least >= 1.0 else 0.0
        partial += weight[w] * once[w] if share * most < 1.0 else 0.0
        some += 1 if share * most >= 1.0 else 0
        every += 1 if share * least >= 1.0 else 0
    if some > every:  # in some week some groups run empty and others do not
        for w in range(stop):
            share = scale * weight[w]
            if share * least < 1.0 and share * most >= 1.0:
                for q in range(GROUPS):
                    x = cells[q, w] * (1.0 - min(1.0, before * access[q] * adm[w]))
                    if share * access[q] >= 1.0:
                        full += x
                    else:
                        partial += weight[w] * access[q] * x
    return full, partial


@_jit
def _smallest(weight: Any, people: Any, access: Any, stop: int) -> float:
    """The smallest positive weight of a group in a week in which anybody waits."""
    smallest = np.inf
    for q in range(GROUPS):
        for w in range(stop):
            if access[q] * weight[w] > 0.0 and people[w] > 0.0:
                smallest = min(smallest, access[q] * weight[w])
    return smallest


@_jit
def _proportional(amount: float, weight: Any, once: Any, most: float, stop: int) -> float:
    """The scale if no cell runs empty, -1 if one would (arguments as ``_fill``)."""
    weighted = 0.0
    for w in range(stop):
        weighted += weight[w] * once[w]
    scale = amount / weighted if amount > 0.0 and weighted > 0.0 else 0.0
    above = 0
    for w in range(stop):
        above += 1 if scale * weight[w] * most > 1.0 else 0
    return scale if above == 0 else -1.0


@_jit
def _fill(
    amount: float,
    weight: Any,
    people: Any,
    once: Any,
    least: float,
    most: float,
    cells: Any,
    access: Any,
    before: float,
    adm: Any,
    stop: int,
) -> tuple[float, float]:
    """Solves sum(min(1, scale * weight * access) * people) = amount, also where cells run empty (water-filling).

    The total is concave and piecewise linear in the scale, so Newton's method from the left never overshoots;
    weights that span many orders of magnitude are bracketed by bisection on the logarithm first.

    Args:
        amount: people to take.
        weight: by weeks waited.
        people, once: people, and people x access, by weeks waited, summed over groups.
        least, most: smallest and largest access of a group in use.
        cells: people by group and weeks waited, before any treatment.
        access: of each group.
        before, adm: kappa and priorities of the admitted treatment that came first; kappa is 0 if none did.
        stop: weeks to look at.

    Returns:
        The scale, and the amount that could not be taken because all cells of positive weight are empty.
    """
    full, _ = _taken(_HUGE, weight, people, once, least, most, cells, access, before, adm, stop)
    if amount >= full:
        return _HUGE, amount - full
    scale = _proportional(amount, weight, once, 0.0, stop)
    emptied = -1.0
    for step in range(GROUPS * stop):
        if step == _NEWTON_STEPS:
            low, high = np.log(scale), -np.log(_smallest(weight, people, access, stop))
            for _ in range(_BISECTIONS):
                middle = 0.5 * (low + high)
                full, partial = _taken(
                    np.exp(middle), weight, people, once, least, most, cells, access, before, adm, stop
                )
                if full + np.exp(middle) * partial <= amount:
                    low = middle
                else:
                    high = middle
            scale = max(scale, np.exp(low))
        full, partial = _taken(scale, weight, people, once, least, most, cells, access, before, adm, stop)
        if partial <= 0.0 or full == emptied:  # everyone, or the same cells as the step before
            break
        scale = max(scale, (amount - full) / partial)
        emptied = full
    return scale, 0.0


@_jit
def _read(n: Any, r: int, cells: Any, line: Any, v: Any, stock: Any) -> int:
    """Copies a row's cells, everyone a week older, and sums them; returns the last week that holds anybody."""
    for q in range(GROUPS):
        people = n[r, q, WEEKS - 1]
        cells[q, 0] = 0.0
        for w in range(WEEKS - 1):
            x = n[r, q, w]
            cells[q, w + 1] = x
            people += x
        cells[q, WEEKS - 1] += n[r, q, WEEKS - 1]
        stock[q] = people
    for w in range(_PADDED):
        x0, x1, x2 = line[w], line[_PADDED + w], line[2 * _PADDED + w]
        x3, x4, x5 = line[3 * _PADDED + w], line[4 * _PADDED + w], line[5 * _PADDED + w]
        v[_PEOPLE + w] = x0 + x1 + x2 + x3 + x4 + x5
    last = WEEKS - 1
    while last > 0 and v[_PEOPLE + last] <= 0.0:
        last -= 1
    return last


@_jit
def _exits(scale: float, validated: float, stop: int, v: Any) -> None:
    """Share of people at each week who leave by routine removal (_LEAVE), and of the others by validation (_CHECK).

    Removal does not look at the group, so the row's people by week are enough to share it out.
    """
    held = 0.0
    for w in range(stop):
        share = min(1.0, scale * v[_HAZARD + w])
        held += v[_PEOPLE + w] * (1.0 - share) if w >= LONG_WAIT else 0.0
        v[_LEAVE + w] = share
    rate = min(1.0, validated / held) if validated > 0.0 and held > 0.0 else 0.0
    for w in range(stop):
        v[_CHECK + w] = rate if w >= LONG_WAIT else 0.0


@_jit
def _find_profile(stop: int, v: Any) -> None:
    """Where returns rejoin: in proportion to those of 18 weeks and over who are left, at 18 weeks if there are none."""
    held = 0.0
    for w in range(stop):
        left = v[_PEOPLE + w] * (1.0 - v[_LEAVE + w]) * (1.0 - v[_CHECK + w]) if w >= LONG_WAIT else 0.0
        held += left
        v[_PROFILE + w] = left
    part = 1.0 / held if held > DUST else 0.0
    for w in range(stop):
        v[_PROFILE + w] *= part
    if held <= DUST:
        v[_PROFILE + LONG_WAIT] = 1.0


@_jit
def _join(
    r: int,
    cells: Any,
    stock: Any,
    arrivals: Any,
    late: Any,
    returns: Any,
    removed: Any,
    validated_out: Any,
    stop: int,
    v: Any,
) -> None:
    """Takes the first removals out of the groups in use and adds all who join."""
    for q in range(GROUPS):
        routine, by_validation = 0.0, 0.0
        if stock[q] > 0.0:
            back = returns[r, q]
            for w in range(stop):
                x = cells[q, w]
                gone = x * v[_LEAVE + w]
                x -= gone
                checked = x * v[_CHECK + w]
                cells[q, w] = x - checked + back * v[_PROFILE + w]
                routine += gone
                by_validation += checked
            cells[q, 0] += arrivals[r, q]
            for i in range(LATE_WEEKS):
                cells[q, 1 + i] += late[r, q, i]
        removed[r, q] = routine
        validated_out[r, q] = by_validation


@_jit
def _sum(line: Any, access: Any, stop: int, v: Any) -> None:
    """People, people x access and people x access squared, summed over groups."""
    a0, a1, a2, a3, a4, a5 = access[0], access[1], access[2], access[3], access[4], access[5]
    for w in range(stop):  # written out, or the compiler would not use vector instructions
        x0, x1, x2 = line[w], line[_PADDED + w], line[2 * _PADDED + w]
        x3, x4, x5 = line[3 * _PADDED + w], line[4 * _PADDED + w], line[5 * _PADDED + w]
        y0, y1, y2, y3, y4, y5 = a0 * x0, a1 * x1, a2 * x2, a3 * x3, a4 * x4, a5 * x5
        v[_PEOPLE + w] = x0 + x1 + x2 + x3 + x4 + x5
        v[_ONCE + w] = y0 + y1 + y2 + y3 + y4 + y5
        v[_TWICE + w] = a0 * y0 + a1 * y1 + a2 * y2 + a3 * y3 + a4 * y4 + a5 * y5


@_jit
def _press(
    r: int, priority_adm: Any, priority_non: Any, pressure: float, pressure_from: int, stop: int, v: Any
) -> None:
    """Priorities by weeks waited with the target's factor from its threshold on; zero where nobody waits."""
    for w in range(min(stop, WEEKS)):
        factor = pressure if w >= pressure_from else 1.0
        factor = factor if v[_PEOPLE + w] > 0.0 else 0.0
        v[_ADM + w] = priority_adm[r, w] * factor
        v[_NON + w] = priority_non[r, w] * factor


@_jit
def _treat(
    kappa: float,
    weight: Any,
    least: float,
    most: float,
    cells: Any,
    access: Any,
    before: float,
    adm: Any,
    stop: int,
    v: Any,
) -> None:
    """Takes one service's patients out of the sums (arguments as ``_fill``)."""
    some, every = 0, 0
    for w in range(stop):
        share = kappa * weight[w]
        left, left_once = v[_PEOPLE + w] - share * v[_ONCE + w], v[_ONCE + w] - share * v[_TWICE + w]
        v[_PEOPLE + w] = 0.0 if share * least >= 1.0 else left
        v[_ONCE + w] = 0.0 if share * least >= 1.0 else left_once
        some += 1 if share * most >= 1.0 else 0
        every += 1 if share * least >= 1.0 else 0
    if some > every:
        for w in range(stop):
            share = kappa * weight[w]
            if share * most >= 1.0 and share * least < 1.0:
                left, left_once = 0.0, 0.0
                for q in range(GROUPS):
                    x = cells[q, w] * (1.0 - min(1.0, before * access[q] * adm[w]))
                    x *= 1.0 - min(1.0, share * access[q])
                    left += x
                    left_once += access[q] * x
                v[_PEOPLE + w] = left
                v[_ONCE + w] = left_once


@_jit
def _finish(
    n: Any,
    r: int,
    cells: Any,
    stock: Any,
    access: Any,
    first: float,
    second: float,
    treated_adm: Any,
    treated_non: Any,
    removed: Any,
    validated_out: Any,
    waiting: Any,
    stop: int,
    v: Any,
) -> None:
    """Treats the groups in use, takes the second removals out and writes the row back."""
    for q in range(GROUPS):
        by_adm, by_non, routine, by_validation, left = 0.0, 0.0, 0.0, 0.0, 0.0
        if stock[q] > 0.0:
            rate_adm, rate_non = first * access[q], second * access[q]
            for w in range(stop):
                x = cells[q, w]
                admitted = x * min(1.0, rate_adm * v[_ADM + w])
                x -= admitted
                seen = x * min(1.0, rate_non * v[_NON + w])
                x -= seen
                gone = x * v[_LEAVE + w]
                x -= gone
                checked = x * v[_CHECK + w]
                x -= checked
                x = 0.0 if x <= DUST else x  # so that a NaN stays visible
                cells[q, w] = x
                by_adm += admitted
                by_non += seen
                routine += gone
                by_validation += checked
                left += x
            for w in range(min(stop, WEEKS)):
                n[r, q, w] = cells[q, w]
        treated_adm[r, q] = by_adm
        treated_non[r, q] = by_non
        removed[r, q] += routine
        validated_out[r, q] += by_validation
        waiting[r, q] = left


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
    waiting: Any,
    unmet_adm: Any,
    unmet_non: Any,
) -> None:
    """All steps of the week, row by row, so that a row stays in the nearest cache."""
    cells, v = np.zeros((GROUPS, _PADDED)), np.zeros(_VECTORS * _PADDED)
    line = cells.reshape(GROUPS * _PADDED)
    people, once, adm, non, hazard = (
        v[_PEOPLE : _PEOPLE + _PADDED],
        v[_ONCE : _ONCE + _PADDED],
        v[_ADM : _ADM + _PADDED],
        v[_NON : _NON + _PADDED],
        v[_HAZARD : _HAZARD + _PADDED],
    )
    stock, reach, even = np.empty(GROUPS), np.empty(GROUPS), np.ones(GROUPS)
    for w in range(WEEKS):
        hazard[w] = removal_hazard[w]
    for r in range(n.shape[0]):
        half, checked = 0.5 * removals[r], 0.5 * validated[r]
        last = max(_read(n, r, cells, line, v, stock), LONG_WAIT)  # nobody joins beyond
        stop = (last // _BLOCK + 1) * _BLOCK
        least, most = np.inf, 0.0
        for q in range(GROUPS):
            reach[q] = access[r, q]
            stock[q] += arrivals[r, q] + returns[r, q]
            for i in range(LATE_WEEKS):
                stock[q] += late[r, q, i]
            if stock[q] > 0.0:
                least, most = min(least, reach[q]), max(most, reach[q])
        scale = _proportional(half, hazard, people, 1.0, stop)
        if scale < 0.0:
            scale, _ = _fill(half, hazard, people, people, 1.0, 1.0, cells, even, 0.0, adm, stop)
        _exits(scale, checked, stop, v)
        _find_profile(stop, v)
        _join(r, cells, stock, arrivals, late, returns, removed, validated_out, stop, v)
        _sum(line, reach, stop, v)
        _press(r, priority_adm, priority_non, pressure[r], pressure_from, stop, v)

        first = _proportional(capacity_adm[r], adm, once, most, stop)
        unmet_adm[r] = max(capacity_adm[r], 0.0) if first == 0.0 else 0.0
        if first < 0.0:
            first, unmet_adm[r] = _fill(capacity_adm[r], adm, people, once, least, most, cells, reach, 0.0, adm, stop)
        _treat(first, adm, least, most, cells, reach, 0.0, adm, stop, v)

        second = _proportional(capacity_non[r], non, once, most, stop)
        unmet_non[r] = max(capacity_non[r], 0.0) if second == 0.0 else 0.0
        if second < 0.0:
            second, unmet_non[r] = _fill(
                capacity_non[r], non, people, once, least, most, cells, reach, first, adm, stop
            )
        _treat(second, non, least, most, cells, reach, first, adm, stop, v)

        scale = _proportional(half, hazard, people, 1.0, stop)
        if scale < 0.0:
            scale, _ = _fill(half, hazard, people, people, 1.0, 1.0, cells, even, 0.0, adm, stop)
        _exits(scale, checked, stop, v)
        _finish(
            n, r, cells, stock, reach, first, second, treated_adm, treated_non, removed, validated_out, waiting, stop, v
        )
