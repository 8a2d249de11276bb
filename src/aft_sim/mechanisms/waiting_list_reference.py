"""The week of the waiting list in plain numpy: slow, short, readable; the oracle of ``advance``.

It shares no arithmetic with the compiled kernel: water-filling is solved by sorting cells and summing, not by
iteration.
"""

import numpy as np

from aft_sim.mechanisms.waiting_list import (
    DUST,
    LATE_WEEKS,
    LONG_WAIT,
    WEEKS,
    FloatArray,
    WeekFlows,
    WeekInputs,
    check_arrays,
)


def water_fill(people: FloatArray, weight: FloatArray, amount: float) -> FloatArray:
    """People taken from each cell in proportion to weight x people, no cell below zero.

    Args:
        people: people in each cell, any shape.
        weight: relative chance of being taken, same shape.
        amount: people to take in all, if the cells of positive weight hold so many.

    Returns:
        ``min(people, kappa * weight * people)`` with the one kappa at which it sums to the amount.
    """
    usable = np.where(weight > 0, people, 0.0)
    if amount >= usable.sum():
        return usable
    if amount <= 0:
        return np.zeros_like(people)
    order = np.argsort(-weight, axis=None, kind="stable")  # the cells that run empty first come first
    x, m = weight.ravel()[order], usable.ravel()[order]
    emptied_before = np.concatenate([[0.0], np.cumsum(m)[:-1]])
    weighted_from = np.cumsum((x * m)[::-1])[::-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        kappa = (amount - emptied_before) / weighted_from  # if exactly the first i cells run empty
        # The right i is the first at which the next cell does not run empty.
        first = int(np.argmax((kappa * x <= 1) & (weighted_from > 0)))
        share = np.where(weight > 0, np.minimum(1.0, kappa[first] * weight), 0.0)
    taken: FloatArray = share * people
    return taken


def advance_reference(n: FloatArray, inputs: WeekInputs, flows: WeekFlows) -> WeekFlows:
    """Moves the list on by one week, in place; arguments, result and errors as ``waiting_list.advance``."""
    check_arrays(n, inputs, flows)
    for r in range(len(n)):
        _advance_row(r, n[r], inputs, flows)
    return flows


def _advance_row(r: int, n: FloatArray, inputs: WeekInputs, flows: WeekFlows) -> None:
    """One week of one row, ``n`` being its ``[6, 105]`` cells."""
    long_wait = (np.arange(WEEKS) >= LONG_WAIT).astype(float)
    flows.removed[r] = 0.0
    flows.validated_out[r] = 0.0

    n[:, -1] += n[:, -2]
    n[:, 1:-1] = n[:, :-2].copy()
    n[:, 0] = 0.0

    _remove_half(r, n, inputs, flows, long_wait)

    profile = n.sum(axis=0) * long_wait
    if profile.sum() > DUST:
        profile /= profile.sum()
    else:
        profile = (np.arange(WEEKS) == LONG_WAIT).astype(float)
    n += inputs.returns[r][:, None] * profile
    n[:, 0] += inputs.arrivals[r]
    n[:, 1 : 1 + LATE_WEEKS] += inputs.late[r]

    pressure = 1.0 if inputs.pressure is None else inputs.pressure[r]
    pressed = np.where(np.arange(WEEKS) >= inputs.pressure_from, pressure, 1.0)
    for priority, capacity, treated, unmet in (
        (inputs.priority_adm, inputs.capacity_adm, flows.treated_adm, flows.unmet_adm),
        (inputs.priority_non, inputs.capacity_non, flows.treated_non, flows.unmet_non),
    ):
        weight = inputs.access[r][:, None] * (priority[r] * pressed)
        usable = n[weight > 0].sum()
        taken = water_fill(n, weight, capacity[r])
        n -= taken
        treated[r] = taken.sum(axis=1)
        unmet[r] = max(0.0, capacity[r] - usable)

    _remove_half(r, n, inputs, flows, long_wait)

    n[n <= DUST] = 0.0
    flows.waiting[r] = n.sum(axis=1)


def _remove_half(r: int, n: FloatArray, inputs: WeekInputs, flows: WeekFlows, long_wait: FloatArray) -> None:
    """Half of the week's routine removals, then half of its validation removals."""
    for amount, weight, out in (
        (inputs.removals[r], inputs.removal_hazard, flows.removed),
        (inputs.validated[r], long_wait, flows.validated_out),
    ):
        taken = water_fill(n, np.broadcast_to(weight, n.shape), 0.5 * amount)
        n -= taken
        out[r] += taken.sum(axis=1)
