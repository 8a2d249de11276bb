"""Published formulae of waiting lists: what a list must look like for a wait, and what it takes to get there.

The model does not use them: they are known answers to hold it against, and they speak the language in which NHS
analysts plan. All come from the theory of queues. Each function takes numbers or arrays that broadcast against
each other, in one unit of time throughout (a demand per week goes with waits in weeks), and returns a float64
array of their common shape, zero-dimensional for plain numbers. `InputError` (`aft_sim.basis.errors`) says what
was found and what was expected wherever an argument is not a finite number or lies outside its range.

Sources: Fong, Mushtaq, House, Gordon, Chen, Griffiths, Ahmad and Walton, "Understanding Waiting Lists Pressures",
2022, doi:10.1101/2022.08.23.22279117; default factors and the correction of estimated demand as in the R package
NHSRwaitinglist of the NHS-R Community (https://github.com/nhs-r-community/NHSRwaitinglist).
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from aft_sim.basis.errors import InputError

FloatArray = npt.NDArray[np.float64]
Numbers = npt.ArrayLike

RELIEF_RATIO = 2.0
"""A list larger than this many times its target asks for relief capacity."""

PRIORITY_DAYS: Mapping[int, int] = {1: 7, 2: 28, 3: 84, 4: 365}
"""Days within which a clinical priority is to be treated; priority 1 in the sense of "within a week"."""


def queue_load(demand: Numbers, capacity: Numbers) -> FloatArray:
    """Demand over capacity: at 1 and above the list grows without end.

    Args:
        demand: people who join in a period, 0 or more.
        capacity: people who can be treated in the same period, more than 0.

    Returns:
        Ratio.

    Raises:
        InputError: not a number, or out of range.
    """
    demand, capacity = _numbers(demand=(demand, "0 or more"), capacity=(capacity, "more than 0"))
    return demand / capacity


def target_mean_wait(target_wait: Numbers, factor: Numbers = 4.0) -> FloatArray:
    """Mean wait at which hardly anybody waits longer than the target.

    Waits on a list in balance are nearly exponential, so a mean of ``target_wait / factor`` leaves a share of
    ``exp(-factor)`` above the target: see `miss_probability` and `factor_for`.

    Args:
        target_wait: longest wait that is wanted, more than 0.
        factor: target over mean, more than 0.

    Returns:
        Mean wait, in the unit of ``target_wait``.

    Raises:
        InputError: not a number, or out of range.
    """
    target_wait, factor = _numbers(target_wait=(target_wait, "more than 0"), factor=(factor, "more than 0"))
    return target_wait / factor


def miss_probability(factor: Numbers) -> FloatArray:
    """Share (0 to 1) who wait longer than the target if it is ``factor`` times an exponential mean wait.

    Raises:
        InputError: ``factor`` is not a number or negative.
    """
    (factor,) = _numbers(factor=(factor, "0 or more"))
    return np.asarray(np.exp(-factor))


def factor_for(share_within: Numbers) -> FloatArray:
    """Target over mean wait at which this share of exponential waits is within the target: ``-ln(1 - share)``.

    Args:
        share_within: between 0 and 1, both excluded; 0.92 for the 18-week standard.

    Raises:
        InputError: not a number, or out of range.
    """
    (share,) = _numbers(share_within=(share_within, "between 0 and 1"))
    return np.asarray(-np.log1p(-share))


def target_queue_size(demand: Numbers, target_wait: Numbers, factor: Numbers = 4.0) -> FloatArray:
    """Largest list at which the target wait is kept: Little's law, demand times the target mean wait.

    Args:
        demand: people who join in a period, 0 or more.
        target_wait: longest wait that is wanted, in the same periods, more than 0.
        factor: target over mean wait, more than 0 (see `target_mean_wait`).

    Returns:
        People.

    Raises:
        InputError: not a number, or out of range.
    """
    demand, target_wait, factor = _numbers(
        demand=(demand, "0 or more"), target_wait=(target_wait, "more than 0"), factor=(factor, "more than 0")
    )
    return demand * target_wait / factor


def list_for_performance(demand: Numbers, share_within: Numbers, target_wait: Numbers = 18.0) -> FloatArray:
    """List at which this share of it is within the target, if waits are exponential and the list is in balance.

    Of an exponential wait the part that lies behind those still waiting has the same distribution, so one share
    holds for the people on the list and for the people treated.

    Args:
        demand: people who join in a period, more than 0.
        share_within: share of the list within the target, between 0 and 1, both excluded.
        target_wait: the target, in the same periods, more than 0.

    Returns:
        People: ``demand * target_wait / -ln(1 - share_within)``.

    Raises:
        InputError: not a number, or out of range.
    """
    demand, share, target_wait = _numbers(
        demand=(demand, "more than 0"),
        share_within=(share_within, "between 0 and 1"),
        target_wait=(target_wait, "more than 0"),
    )
    return target_queue_size(demand, target_wait, factor_for(share))


def growth_allowance(queue_size: Numbers, target_queue_size: Numbers, periods: Numbers) -> FloatArray:
    """People a period by which a list may grow so that it reaches its target size, not more, after some periods.

    Args:
        queue_size: people on the list now, 0 or more.
        target_queue_size: people, 0 or more.
        periods: until the target size may be reached, more than 0.

    Returns:
        People a period; negative where the list has to shrink.

    Raises:
        InputError: not a number, or out of range.
    """
    size, target, periods = _numbers(
        queue_size=(queue_size, "0 or more"),
        target_queue_size=(target_queue_size, "0 or more"),
        periods=(periods, "more than 0"),
    )
    return (target - size) / periods


def queue_ratio(queue_size: Numbers, target_queue_size: Numbers) -> FloatArray:
    """List over its target size; above `RELIEF_RATIO` more than steady capacity is needed.

    Args:
        queue_size: people on the list, 0 or more.
        target_queue_size: people, more than 0.

    Raises:
        InputError: not a number, or out of range.
    """
    size, target = _numbers(queue_size=(queue_size, "0 or more"), target_queue_size=(target_queue_size, "more than 0"))
    return size / target


def relief_capacity(
    demand: Numbers,
    queue_size: Numbers,
    target_queue_size: Numbers,
    time_to_target: Numbers = 26.0,
    *,
    referrals_seen: Numbers = 0.0,
    cv_demand: Numbers = 0.0,
) -> FloatArray:
    """Capacity that brings a list to its target size in a given time.

    ``demand + (queue_size - target_queue_size) / time_to_target``. A demand estimated from ``n`` referrals is
    first raised to ``demand / (1 - 2 demand cv / sqrt(n))``, as the R package does; where the subtracted term is
    1 or more there are too few referrals for that, and demand stays as it is. The term has the unit of demand, so
    the correction depends on the period in which demand is counted: leave it off to compare periods.

    Args:
        demand: people who join in a period, 0 or more.
        queue_size: people on the list, 0 or more.
        target_queue_size: people, 0 or more.
        time_to_target: periods, more than 0.
        referrals_seen: referrals from which demand was estimated, 0 for a demand that is known.
        cv_demand: coefficient of variation of the times between them, 0 or more.

    Returns:
        People to treat in a period.

    Raises:
        InputError: not a number, or out of range.
    """
    demand, size, target, time, seen, cv = _numbers(
        demand=(demand, "0 or more"),
        queue_size=(queue_size, "0 or more"),
        target_queue_size=(target_queue_size, "0 or more"),
        time_to_target=(time_to_target, "more than 0"),
        referrals_seen=(referrals_seen, "0 or more"),
        cv_demand=(cv_demand, "0 or more"),
    )
    error = 2.0 * demand * cv / np.sqrt(np.where(seen > 0, seen, np.inf))
    raised = demand / (1.0 - np.where(error < 1.0, error, 0.0))
    return np.asarray(raised + (size - target) / time)


def target_capacity(
    demand: Numbers,
    target_wait: Numbers,
    factor: Numbers = 4.0,
    cv_demand: Numbers = 1.0,
    cv_capacity: Numbers = 1.0,
) -> FloatArray:
    """Steady capacity at which chance alone keeps the list at its target size.

    A list whose joining and leaving vary settles where its spare capacity ``s`` holds the balance: at
    ``demand * (cv_demand^2 + cv_capacity^2) / (2 s)`` people when ``s`` is small. Setting this to
    `target_queue_size` gives ``s = (cv_demand^2 + cv_capacity^2) / 2 * factor / target_wait``.

    Args:
        demand: people who join in a period, 0 or more.
        target_wait: longest wait that is wanted, in the same periods, more than 0.
        factor: target over mean wait, more than 0.
        cv_demand: coefficient of variation of times between referrals, 0 or more; 1 for random arrivals.
        cv_capacity: the same of times between treatments while somebody waits; 0 for a fixed timetable.

    Returns:
        People who can be treated in a period.

    Raises:
        InputError: not a number, or out of range.
    """
    demand, target_wait, factor, cv_demand, cv_capacity = _numbers(
        demand=(demand, "0 or more"),
        target_wait=(target_wait, "more than 0"),
        factor=(factor, "more than 0"),
        cv_demand=(cv_demand, "0 or more"),
        cv_capacity=(cv_capacity, "0 or more"),
    )
    return np.asarray(demand + (cv_demand**2 + cv_capacity**2) / 2.0 * factor / target_wait)


def waiting_list_pressure(mean_wait: Numbers, target_wait: Numbers) -> FloatArray:
    """Mean wait over half the target: makes lists with different targets comparable; 1 or less is wanted.

    Args:
        mean_wait: mean wait of those on the list, 0 or more.
        target_wait: longest wait that is wanted, in the same unit, more than 0.

    Raises:
        InputError: not a number, or out of range.
    """
    mean_wait, target_wait = _numbers(mean_wait=(mean_wait, "0 or more"), target_wait=(target_wait, "more than 0"))
    return 2.0 * mean_wait / target_wait


def priority_target_days(priority: Numbers) -> FloatArray:
    """Days within which people of a clinical priority (1 to 4) are to be treated.

    Raises:
        InputError: another priority; nobody's target is guessed.
    """
    (priority,) = _numbers(priority=(priority, "0 or more"))
    known = np.isin(priority, list(PRIORITY_DAYS))
    if not known.all():
        raise InputError("unknown priority", where="priority", found=_first(priority, ~known), expected="1, 2, 3 or 4")
    days = np.array([PRIORITY_DAYS[p] for p in sorted(PRIORITY_DAYS)], dtype=np.float64)
    return np.asarray(days[priority.astype(np.int64) - 1])


def _numbers(**named: tuple[Numbers, str]) -> list[FloatArray]:
    """Arguments as float64 arrays of one shape, in the order given.

    Args:
        named: value and range ("0 or more", "more than 0", "between 0 and 1") by name of the argument.

    Raises:
        InputError: not numbers, not finite, outside the range, or shapes that do not fit together.
    """
    arrays = []
    for name, (value, allowed) in named.items():
        try:
            plain = np.asarray(value)
        except ValueError:  # a ragged list
            plain = np.asarray(None)
        # A list without elements has the type of floats; text, dates and truth values are mistakes, not numbers.
        if plain.dtype.kind not in "iuf":
            raise InputError("not a number", where=name, found=value, expected=f"numbers, {allowed}")
        array = plain.astype(np.float64)
        inside = {"0 or more": array >= 0, "more than 0": array > 0, "between 0 and 1": (array > 0) & (array < 1)}
        good = inside[allowed] & np.isfinite(array)
        if not good.all():
            raise InputError("out of range", where=name, found=_first(array, ~good), expected=f"a number {allowed}")
        arrays.append(array)
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays)]
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in zip(named, arrays, strict=True))
        raise InputError(
            "the arrays do not fit together", found=shapes, expected="one shape, or single numbers"
        ) from None


def _first(array: FloatArray, where: npt.NDArray[np.bool_]) -> float:
    """First value marked, for a message."""
    return float(np.ravel(array)[np.ravel(where)][0])
