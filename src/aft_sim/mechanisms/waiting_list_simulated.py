"""Made-up waiting lists of people, whose behaviour theory predicts: tests of formulae and of anything that counts.

Two kinds: a list that follows from demand and a timetable, first come first served (`simulate_list`), and one with
exponential waits, as if treated in random order (`exponential_list`). Chance is a pure function of the seed
(`aft_sim.basis.streams`), each draw an inverse transform of one uniform, so a seed gives one list on every
machine. The two kinds are those of the R package NHSRwaitinglist of the NHS-R Community
(https://github.com/nhs-r-community/NHSRwaitinglist); its lists cannot be had again, being draws of R's generator.
"""

import numpy as np
from scipy import special

from aft_sim.basis import streams
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms.waiting_list_records import (
    NEVER,
    Bools,
    Day,
    FloatArray,
    Records,
    as_day,
    join,
    schedule,
    slots,
)


def simulate_list(
    start: Day,
    end: Day | None = None,
    *,
    demand: float,
    capacity: float,
    seed: int,
    withdrawal_prob: float | None = None,
    existing: Records | None = None,
) -> Records:
    """A made-up list: random referrals, a regular timetable, first come first served.

    The number of referrals is Poisson with mean ``demand * days / 7``; each falls on any of the days with equal
    chance. Chance is a function of the seed alone (`basis.streams`). No demand gives an empty list.

    Args:
        start: first day.
        end: first day after the list's window; 31 days after ``start`` if None.
        demand: mean referrals a week, 0 or more.
        capacity: treatments a week, more than 0.
        seed: root of chance.
        withdrawal_prob: chance of giving up on any day after that of referral; None if nobody does.
        existing: a list to carry on with; its people come first.

    Returns:
        The list, with withdrawals by ``end`` if ``withdrawal_prob`` is given.

    Raises:
        InputError: not dates, end not after start, a rate or chance out of range, or ``existing`` not a list.
    """
    first = as_day("start", start)
    last = first + np.timedelta64(31, "D") if end is None else as_day("end", end)
    days = int((last - first).astype(np.int64))
    if days < 1:
        raise InputError("the window has no day", where="end", found=str(last), expected=f"a day after {first}")
    if not 0 <= demand < np.inf:
        raise InputError("out of range", where="demand", found=demand, expected="a number 0 or more")
    if withdrawal_prob is not None and not 0 < withdrawal_prob < 1:
        raise InputError("out of range", where="withdrawal_prob", found=withdrawal_prob, expected="between 0 and 1")
    timetable = slots(first, days, capacity / 7.0)
    number = _poisson(float(_uniforms(seed, "number", 1)[0]), demand * days / 7.0)
    after = np.sort(np.floor(days * _uniforms(seed, "day", number)).astype(np.int64))
    referral = first + after.astype("timedelta64[D]")
    gives_up = None
    if withdrawal_prob is not None:
        # Days until somebody gives up are geometric: inverse transform, at least one.
        u = _uniforms(seed, "withdrawal", number)
        stays = 1 + np.floor(np.log(u) / np.log1p(-withdrawal_prob)).astype(np.int64)
        gives_up = referral + stays.astype("timedelta64[D]")
        gives_up[gives_up > last] = NEVER
    made = Records(referral, np.full(number, NEVER), gives_up)
    if existing is not None:
        made = join(existing, made)
    if len(made.referral) == 0:
        return made
    removal, _ = schedule(made.referral, made.removal, timetable, made.withdrawal)
    return Records(made.referral, removal, made.withdrawal)


def exponential_list(
    days: int, per_day: int, mean_wait: float, start: Day, *, seed: int, until_end: bool = True
) -> Records:
    """A made-up list whose waits are exponential, as on a list in balance that is treated in random order.

    Args:
        days: days with referrals, 1 or more.
        per_day: referrals a day, 0 or more.
        mean_wait: days, more than 0; each wait is rounded to whole days.
        start: first day.
        seed: root of chance.
        until_end: leaves out removals later than ``start + days``, so that some people still wait.

    Returns:
        ``days * per_day`` people.

    Raises:
        InputError: not a date, or a number out of range.
    """
    first = as_day("start", start)
    for name, value, least in (("days", days, 1), ("per_day", per_day, 0)):
        if not isinstance(value, int | np.integer) or value < least:
            raise InputError("out of range", where=name, found=value, expected=f"a whole number, {least} or more")
    if not 0 < mean_wait < np.inf:
        raise InputError("out of range", where="mean_wait", found=mean_wait, expected="a number more than 0")
    referral = first + np.repeat(np.arange(days), per_day).astype("timedelta64[D]")
    waits = np.rint(-mean_wait * np.log(_uniforms(seed, "wait", len(referral)))).astype(np.int64)
    removal = referral + waits.astype("timedelta64[D]")
    if until_end:
        removal[removal > first + np.timedelta64(int(days), "D")] = NEVER
    return Records(referral, removal)


def flagged(number: int, share: float, *, seed: int) -> Bools:
    """Marks a share of people at random, exactly ``round(number * share)`` of them.

    Used for removals other than treatment. Raises InputError if ``share`` is outside 0 to 1.
    """
    if not 0 <= share <= 1:
        raise InputError("out of range", where="share", found=share, expected="0 to 1")
    marked = np.zeros(number, dtype=np.bool_)
    marked[np.argsort(_uniforms(seed, "flag", number), kind="stable")[: round(number * share)]] = True
    return marked


def _uniforms(seed: int, purpose: str, number: int) -> FloatArray:
    """Uniforms of the people of a made-up list, by place in it."""
    return streams.uniform(seed, f"waiting list {purpose}", 0, np.arange(number, dtype=np.uint64))


def _poisson(u: float, mean: float) -> int:
    """Poisson quantile: the smallest number whose cumulated probability is at least ``u``."""
    if u <= np.exp(-mean):
        return 0
    return int(np.ceil(special.pdtrik(u, mean)))
