"""Waiting lists as people with dates: counted, described and scheduled, one record a person.

The model follows cohorts, not people. These functions are the other side of a comparison: lists small enough to
check by hand, first come first served, and what the formulae of `waiting_list_formulae` say about them. A list is
two arrays of days of equal length, ``referral[N]`` and ``removal[N]``, where a removal of None or NaT means that
the person still waits. Days may be `datetime.date`, ISO texts or numpy datetime64; results are datetime64[D]. A
day's count is taken at its end: who leaves on a day is not counted on it. `InputError` says what was found and
what was expected.

Definitions follow the R package NHSRwaitinglist of the NHS-R Community
(https://github.com/nhs-r-community/NHSRwaitinglist) and Fong and others, 2022, doi:10.1101/2022.08.23.22279117;
where they differ on purpose, the function says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import waiting_list_formulae as formulae

FloatArray = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Days = npt.NDArray[np.datetime64]
Day: TypeAlias = date | str | np.datetime64
SomeDays: TypeAlias = Days | Iterable[Day | None]

NEVER = np.datetime64("NaT", "D")
"""The day of what has not happened."""

_DAY_FORM = "dates such as 2026-02-02"


@dataclass(frozen=True, slots=True)
class Records:
    """A list of people in order of referral.

    Attributes:
        referral: day of joining, ``[N]``.
        removal: day of treatment, NaT while waiting, ``[N]``.
        withdrawal: day of giving up, NaT for those who did not, ``[N]``; None where nobody can.
    """

    referral: Days
    removal: Days
    withdrawal: Days | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happens.

    Days are too coarse for ``cv`` where several events share one: the times between them count as zero.

    Attributes:
        weekly: events a week; NaN where the dates do not tell.
        daily: events a day.
        cv: coefficient of variation of the days between events.
        count: events in the window.
    """

    weekly: float
    daily: float
    cv: float
    count: int


@dataclass(frozen=True, slots=True)
class ListStatistics:
    """A list at a glance, waits in weeks unless the name says days.

    Attributes:
        demand: referrals a week and their variation.
        capacity: removals a week and their variation.
        load: demand over capacity; NaN without removals.
        load_too_big: the load is 1 or more.
        queue_size: people waiting at the end.
        target_queue_size: people, `formulae.target_queue_size` at factor 4.
        queue_too_big: more than twice the target.
        mean_wait_days: mean days waited by those waiting at the end; NaN if nobody is.
        target_capacity: treatments a week that keep the list at its target; NaN if the list is too big.
        relief_capacity: treatments a week that reach the target in 26 weeks; NaN unless the list is too big.
        pressure: mean wait over half the target, both in weeks.
    """

    demand: Rate
    capacity: Rate
    load: float
    load_too_big: bool
    queue_size: int
    target_queue_size: float
    queue_too_big: bool
    mean_wait_days: float
    target_capacity: float
    relief_capacity: float
    pressure: float


def queue_sizes(
    referral: SomeDays, removal: SomeDays, start: Day | None = None, end: Day | None = None
) -> tuple[Days, npt.NDArray[np.int64]]:
    """People waiting at the end of each day.

    Somebody who left before ``start`` is not counted, where the R package would.

    Args:
        referral: days of joining, ``[N]``, at least one.
        removal: days of leaving, ``[N]``.
        start: first day; the earliest referral if None.
        end: last day; the latest referral if None.

    Returns:
        The days ``[D]`` and the people on each ``[D]``.

    Raises:
        InputError: no records, not dates, unequal lengths, a removal before its referral, or start after end.
    """
    referral, removal = _records(referral, removal)
    first, last = _window(start, end, referral.min(), referral.max())
    days = np.arange(first, last + np.timedelta64(1, "D"))
    left = np.sort(removal[~np.isnat(removal)])
    people = np.searchsorted(np.sort(referral), days, side="right") - np.searchsorted(left, days, side="right")
    return days, people.astype(np.int64)


def referral_statistics(referral: SomeDays, start: Day | None = None, end: Day | None = None) -> Rate:
    """Demand: the rate is that of the stretches into which the referrals cut the window.

    ``n`` referrals cut it into ``n + 1``, so the daily rate is ``(n + 1) / (end - start)``, as in the R package;
    ``count`` is ``n``.

    Args:
        referral: days of joining, at least one, any order.
        start: first day of the window; the earliest referral if None.
        end: last day; the latest referral if None.

    Raises:
        InputError: no records, not dates, or start after end.
    """
    days = np.sort(_days("referral", referral, missing=False))
    _not_empty(days)
    first, last = _window(start, end, days[0], days[-1])
    inside = days[(days >= first) & (days <= last)]
    return _rate(_gaps(np.concatenate([[first], inside, [last]])), len(inside))


def removal_statistics(referral: SomeDays, removal: SomeDays, start: Day | None = None, end: Day | None = None) -> Rate:
    """Capacity, from the times between removals while somebody waited.

    The time before a removal counts from the latest of: the removal before it, the last earlier day at whose end
    nobody waited (idle capacity says nothing about how much there is), and ``start``. The R package counts from
    the day itself where the removal empties the list, which makes such a removal take no time. A list on which
    somebody waits at the end of every day shows its throughput, however much more it could treat.

    Args:
        referral: days of joining, ``[N]``, at least one.
        removal: days of leaving, ``[N]``.
        start: first day of the window; the earliest referral if None.
        end: last day; the last date of the list, referral or removal, if None.

    Returns:
        The rate; NaN, with a count of 0, if nobody left in the window. One removal has no variation (0).

    Raises:
        InputError: as `queue_sizes`.
    """
    referral, removal = _records(referral, removal)
    left = np.sort(removal[~np.isnat(removal)])
    first, last = _window(start, end, referral.min(), np.concatenate([referral, left]).max())
    inside = left[(left >= first) & (left <= last)]
    days, people = queue_sizes(referral, removal, first, last)
    empty = days[people == 0]
    before = np.searchsorted(empty, inside, side="left")  # empty days strictly before each removal
    since = np.concatenate([[first], inside[:-1]])[: len(inside)]
    idle = np.concatenate([[first], empty])[before]
    since = np.maximum(since, np.maximum(idle, first))
    return _rate((inside - since).astype(np.float64), len(inside))


def list_statistics(
    referral: SomeDays,
    removal: SomeDays,
    target_wait: float = 4.0,
    start: Day | None = None,
    end: Day | None = None,
) -> ListStatistics:
    """Load, size against target, waits, and the capacity that is needed.

    Pressure compares waits in one unit; the R package divides days by weeks.

    Args:
        referral: days of joining, ``[N]``, at least one.
        removal: days of leaving, ``[N]``.
        target_wait: weeks, more than 0.
        start: first day of the window; the earliest referral if None.
        end: last day, on which the list is described; the latest referral if None.

    Raises:
        InputError: as `queue_sizes`, or the target is not a positive number.
    """
    referral, removal = _records(referral, removal)
    first, last = _window(start, end, referral.min(), referral.max())
    demand = referral_statistics(referral, first, last)
    capacity = removal_statistics(referral, removal, first, last)
    waiting = (referral <= last) & (np.isnat(removal) | (removal > last))
    size = int(waiting.sum())
    waited = (last - referral[waiting]).astype(np.float64)
    mean_wait = float(waited.mean()) if size else np.nan
    load = float(formulae.queue_load(demand.weekly, capacity.weekly)) if _known(demand, capacity) else np.nan
    nan = float("nan")
    target = float(formulae.target_queue_size(demand.weekly, target_wait)) if _known(demand) else nan
    too_big = size > formulae.RELIEF_RATIO * target
    steady = relief = nan
    if too_big:
        relief = float(formulae.relief_capacity(demand.weekly, size, target))
    elif _known(demand, capacity):
        steady = float(formulae.target_capacity(demand.weekly, target_wait, 4.0, demand.cv, capacity.cv))
    return ListStatistics(
        demand=demand,
        capacity=capacity,
        load=load,
        load_too_big=load >= 1.0,
        queue_size=size,
        target_queue_size=target,
        queue_too_big=too_big,
        mean_wait_days=mean_wait,
        target_capacity=steady,
        relief_capacity=relief,
        pressure=float(formulae.waiting_list_pressure(mean_wait / 7.0, target_wait)) if size else nan,
    )


def slots(start: Day, days: int, capacity: float) -> Days:
    """Days on which a treatment can be given, evenly spread, the first on ``start``.

    Args:
        start: first day.
        days: length of the timetable, 1 or more.
        capacity: treatments a day, more than 0.

    Returns:
        ``floor((days - 1) * capacity) + 1`` days in order; a day appears as often as it has slots.

    Raises:
        InputError: not a date, no day, or no capacity.
    """
    first = as_day("start", start)
    if not days >= 1:
        raise InputError("a timetable needs a day", where="days", found=days, expected="1 or more")
    if not 0 < capacity < np.inf:
        raise InputError("out of range", where="capacity", found=capacity, expected="a number more than 0")
    # A hair more and less, so that rounding cannot lose a slot or move it to the next day.
    number = int(np.floor((days - 1) * capacity + 1e-9)) + 1
    after = np.ceil(np.arange(number) / capacity - 1e-9).astype(np.int64)
    return np.asarray(first + after.astype("timedelta64[D]"))


def schedule(
    referral: SomeDays, removal: SomeDays, slots: SomeDays, withdrawal: SomeDays | None = None
) -> tuple[Days, Bools]:
    """Gives slots to those who wait, first come first served.

    A slot on or before the day of referral of whoever is first in line is lost: nobody is treated on the day of
    joining. Who has withdrawn by a slot gives up the place.

    Args:
        referral: days of joining, ``[N]``, at least one.
        removal: days of leaving already fixed, ``[N]``; these people keep them.
        slots: days on which a treatment can be given, ``[S]``, any order.
        withdrawal: days of giving up, ``[N]``; None where nobody does.

    Returns:
        Removals with the slots filled in, ``[N]`` in the order given, and which of the slots were used, ``[S]``.

    Raises:
        InputError: no records, not dates, unequal lengths, or a removal before its referral.
    """
    referral, removal = _records(referral, removal)
    on = _days("slots", slots, missing=False)
    gives_up = np.full(len(referral), NEVER) if withdrawal is None else _days("withdrawal", withdrawal, missing=True)
    _same_length(referral, gives_up, "withdrawal")
    result, used = removal.copy(), np.zeros(len(on), dtype=np.bool_)
    by_referral = np.argsort(referral, kind="stable")
    line = by_referral[np.isnat(removal[by_referral])]
    head = 0
    for slot in np.argsort(on, kind="stable"):
        while head < len(line) and gives_up[line[head]] <= on[slot]:
            head += 1
        if head < len(line) and referral[line[head]] < on[slot]:
            result[line[head]] = on[slot]
            used[slot] = True
            head += 1
    return result, used


def join(one: Records, other: Records) -> Records:
    """Both lists as one, in order of referral; people referred on one day keep their order, ``one`` first.

    Withdrawals are kept if either list has them.

    Raises:
        InputError: an argument is not a `Records`.
    """
    for name, records in (("one", one), ("other", other)):
        if not isinstance(records, Records):
            raise InputError("not a waiting list", where=name, found=records, expected="Records of dates")
    referral = np.concatenate([one.referral, other.referral])
    order = np.argsort(referral, kind="stable")
    removal = np.concatenate([one.removal, other.removal])[order]
    if one.withdrawal is None and other.withdrawal is None:
        return Records(referral[order], removal)
    gives_up = [np.full(len(r.referral), NEVER) if r.withdrawal is None else r.withdrawal for r in (one, other)]
    return Records(referral[order], removal, np.concatenate(gives_up)[order])


def insert(referral: SomeDays, removal: SomeDays, additions: SomeDays) -> Records:
    """The list with more people who wait, in order of referral.

    Args:
        referral: days of joining, ``[N]``.
        removal: days of leaving, ``[N]``.
        additions: days of joining of the new people, ``[M]``.

    Raises:
        InputError: as `queue_sizes`.
    """
    new = _days("additions", additions, missing=False)
    return join(Records(*_records(referral, removal)), Records(new, np.full(len(new), NEVER)))


def as_day(name: str, value: Day) -> np.datetime64:
    """One day as datetime64[D].

    Raises:
        InputError: not a date; ``name`` says which argument it was.
    """
    if not isinstance(value, date | str | np.datetime64):
        raise InputError("not a date", where=name, found=value, expected="a date such as 2026-02-02")
    day = _one_day(name, value)
    if np.isnat(day):
        raise InputError("not a date", where=name, found=str(value), expected="a date such as 2026-02-02")
    return day


def _rate(gaps: FloatArray, count: int) -> Rate:
    """Rate of events from the days between them; NaN where the mean gap is zero or there is none."""
    mean = float(gaps.mean()) if len(gaps) else 0.0
    if mean <= 0:
        return Rate(np.nan, np.nan, np.nan, count)
    spread = float(gaps.std(ddof=1)) if len(gaps) > 1 else 0.0
    return Rate(7.0 / mean, 1.0 / mean, spread / mean, count)


def _known(*rates: Rate) -> bool:
    return all(np.isfinite(rate.weekly) for rate in rates)


def _gaps(days: Days) -> FloatArray:
    return np.asarray(np.diff(days).astype(np.float64))


def _records(referral: SomeDays, removal: SomeDays) -> tuple[Days, Days]:
    """Both columns of a list, checked."""
    joined, left = _days("referral", referral, missing=False), _days("removal", removal, missing=True)
    _not_empty(joined)
    _same_length(joined, left, "removal")
    early = left < joined  # False for NaT
    if early.any():
        at = int(np.argmax(early))
        raise InputError(
            "removed before being referred",
            where=f"record {at}",
            found=str(left[at]),
            expected=f"{joined[at]} or later",
        )
    return joined, left


def _not_empty(referral: Days) -> None:
    if len(referral) == 0:
        raise InputError("the waiting list has no records", where="referral", found=0, expected="at least one")


def _same_length(referral: Days, other: Days, name: str) -> None:
    if len(other) != len(referral):
        raise InputError("lengths differ", where=name, found=len(other), expected=f"{len(referral)}, as referral")


def _window(start: Day | None, end: Day | None, first: Any, last: Any) -> tuple[np.datetime64, np.datetime64]:
    first = first if start is None else as_day("start", start)
    last = last if end is None else as_day("end", end)
    if last < first:
        raise InputError("the window ends before it starts", where="end", found=str(last), expected=f"{first} or later")
    return first, last


def _days(name: str, values: SomeDays, *, missing: bool) -> Days:
    """A column of dates as datetime64[D]; NaT for None where ``missing`` is allowed."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        days = values.astype("datetime64[D]")
    else:
        if isinstance(values, str) or not isinstance(values, Iterable):
            raise InputError("not a list of dates", where=name, found=values, expected=_DAY_FORM)
        days = np.array([_one_day(name, value) for value in values], dtype="datetime64[D]")
    if days.ndim != 1:
        raise InputError("not one column of dates", where=name, found=days.shape, expected=_DAY_FORM)
    if not missing and np.isnat(days).any():
        raise InputError("a date is missing", where=name, found="NaT", expected=_DAY_FORM)
    return days


def _one_day(name: str, value: Day | None) -> np.datetime64:
    if value is None:
        return NEVER
    if isinstance(value, np.datetime64):
        day: np.datetime64 = value.astype("datetime64[D]")
        return day
    if isinstance(value, str):
        try:
            # Not numpy's own parser, which takes "today" for a date and "2026" for the first of January.
            return np.datetime64(date.fromisoformat(value), "D")
        except ValueError:
            pass
    elif isinstance(value, date):
        return np.datetime64(value, "D")
    raise InputError("not a date", where=name, found=value, expected=_DAY_FORM)
