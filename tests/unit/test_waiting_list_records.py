"""Lists of people by hand: windows, idle days, withdrawals, and mistakes; published cases are under validation."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import waiting_list_formulae as formulae
from aft_sim.mechanisms import waiting_list_records as records
from aft_sim.mechanisms import waiting_list_simulated as simulated

pytestmark = pytest.mark.unit


def test_who_left_before_the_window_is_not_counted_in_it() -> None:
    days, people = records.queue_sizes(
        ["2026-02-01", "2026-02-02", "2026-02-10"], ["2026-02-03", None, None], "2026-02-05", "2026-02-10"
    )
    assert days[0] == np.datetime64("2026-02-05")
    assert people.tolist() == [1, 1, 1, 1, 1, 2]


def test_dates_may_have_any_usual_type() -> None:
    for one in (date(2026, 2, 2), datetime(2026, 2, 2, 15), "2026-02-02", np.datetime64("2026-02-02T15")):
        days, people = records.queue_sizes([one], np.array(["NaT"], dtype="datetime64[s]"))
        assert [str(d) for d in days] == ["2026-02-02"]
        assert people.tolist() == [1]


def test_referrals_cut_the_window_into_stretches() -> None:
    found = records.referral_statistics(["2026-02-08", "2026-02-04"], "2026-02-02", "2026-02-11")
    # stretches of 2, 4 and 3 days: mean 3, standard deviation 1
    assert (found.daily, found.weekly) == pytest.approx((1 / 3, 7 / 3))
    assert found.cv == pytest.approx(1 / 3)
    assert found.count == 2
    assert np.isnan(records.referral_statistics(["2026-02-08"]).weekly)


def test_idle_days_do_not_count_against_capacity() -> None:
    # Two people leave on the 4th and empty the list; nobody waits until the 11th; one leaves on the 13th.
    referral = ["2026-02-02", "2026-02-03", "2026-02-11"]
    found = records.removal_statistics(referral, ["2026-02-04", "2026-02-04", "2026-02-13"])
    # 2 days from the start, none, and 3 from the last idle day (the 10th)
    assert found.daily == pytest.approx(3 / 5)
    assert found.count == 3
    assert found.cv == pytest.approx(np.std([2, 0, 3], ddof=1) / (5 / 3))


def test_removals_outside_the_window_do_not_count() -> None:
    referral, removal = ["2026-02-02"] * 4, ["2026-02-04", "2026-02-08", "2026-02-14", None]
    found = records.removal_statistics(referral, removal, "2026-02-05", "2026-02-10")
    assert (found.count, found.daily) == (1, pytest.approx(1 / 3))


def test_a_list_far_too_big_gets_relief_and_a_small_one_steady_capacity() -> None:
    referral = np.datetime64("2026-02-02") + np.arange(0, 70, 1)
    none = np.full(70, records.NEVER)
    big = records.list_statistics(referral, none, 4)
    # 71 stretches in 69 days; the target is a week's referrals; all 70 wait, on average 34.5 days
    assert big.demand.weekly == pytest.approx(7 * 71 / 69)
    assert big.queue_too_big
    assert big.relief_capacity == pytest.approx(big.demand.weekly + (70 - big.target_queue_size) / 26)
    assert big.mean_wait_days == pytest.approx(34.5)
    assert big.pressure == pytest.approx(2 * 34.5 / 28)
    assert np.isnan(big.load)
    assert not big.load_too_big
    assert np.isnan(big.target_capacity)
    small = records.list_statistics(referral, referral + 2, 4)
    assert not small.queue_too_big
    assert np.isnan(small.relief_capacity)
    assert small.queue_size == 2
    assert small.target_capacity == pytest.approx(small.demand.weekly + (small.demand.cv**2 + small.capacity.cv**2) / 2)


def test_who_withdrew_gives_up_the_place_to_the_next() -> None:
    removal, used = records.schedule(
        ["2026-02-02", "2026-02-03"], [None, None], ["2026-02-05"], ["2026-02-05", "2026-02-06"]
    )
    assert np.isnat(removal[0])
    assert str(removal[1]) == "2026-02-05"
    assert used.tolist() == [True]


def test_removals_already_fixed_are_kept_and_order_of_records_does_not_matter() -> None:
    removal, used = records.schedule(
        ["2026-02-04", "2026-02-02", "2026-02-03"], [None, "2026-02-20", None], ["2026-02-09", "2026-02-06"]
    )
    assert [str(r) for r in removal] == ["2026-02-09", "2026-02-20", "2026-02-06"]
    assert used.all()


def test_slots_are_evenly_spread() -> None:
    assert [str(s)[-2:] for s in records.slots("2026-02-02", 5, 0.5)] == ["02", "04", "06"]
    assert len(records.slots("2026-02-02", 365, 0.1)) == 37  # 364 / 10 and the first
    assert len(records.slots("2026-02-02", 31, 0.1)) == 4  # 30 / 10 and the first, whatever 30 * 0.1 is in binary
    daily = records.slots("2026-02-02", 60, 1 / 3 * 3)
    np.testing.assert_array_equal(daily, np.datetime64("2026-02-02") + np.arange(60))


def test_joined_lists_keep_withdrawals() -> None:
    given = simulated.simulate_list("2026-02-02", "2026-03-02", demand=70, capacity=35, seed=1, withdrawal_prob=0.05)
    other = simulated.simulate_list("2026-02-10", "2026-03-02", demand=70, capacity=35, seed=2)
    both = records.join(given, other)
    assert both.withdrawal is not None
    assert given.withdrawal is not None
    assert (~np.isnat(both.withdrawal)).sum() == (~np.isnat(given.withdrawal)).sum() > 0
    treated = ~np.isnat(given.removal) & ~np.isnat(given.withdrawal)
    assert (given.removal[treated] < given.withdrawal[treated]).all()


def test_exponential_waits_have_the_stated_mean_and_tail() -> None:
    made = simulated.exponential_list(200, 50, 21, "2026-02-02", seed=3, until_end=False)
    days = (made.removal - made.referral).astype(float)
    assert days.mean() == pytest.approx(21, abs=4 * 21 / np.sqrt(len(days)))
    beyond = (days > 21 * np.log(10) + 0.5).mean()
    assert beyond == pytest.approx(0.1, abs=4 * 0.3 / np.sqrt(len(days)) + 0.005)
    again = simulated.exponential_list(200, 50, 21, "2026-02-02", seed=3)
    assert 0 < np.isnat(again.removal).sum() < len(days)
    assert np.nanmax(again.removal) <= np.datetime64("2026-02-02") + 200


def test_estimated_demand_is_left_alone_where_there_are_too_few_referrals() -> None:
    assert formulae.relief_capacity(30, 390, 390, 26, referrals_seen=900, cv_demand=1) == pytest.approx(30)
    few = formulae.relief_capacity(30, 390, 390, 26, referrals_seen=[0, 3600, 14400], cv_demand=0.5)
    np.testing.assert_allclose(few, [30, 60, 40])


ONE = (["2026-02-02"], [None])
MISTAKES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "negative demand": (formulae.queue_load, (-1, 1)),
    "no capacity": (formulae.queue_load, (1, [1, 0])),
    "truth value": (formulae.queue_load, (True, 1)),
    "not finite": (formulae.target_mean_wait, (np.nan,)),
    "ragged": (formulae.target_mean_wait, ([[1], [1, 2]],)),
    "shapes": (formulae.queue_load, ([1, 2], [1, 2, 3])),
    "unknown priority": (formulae.priority_target_days, ([1, 2.5],)),
    "number for a date": (records.queue_sizes, ([20260202], [None])),
    "relative date": (records.queue_sizes, (["today"], [None])),
    "missing referral": (records.queue_sizes, ([None], [None])),
    "one text": (records.queue_sizes, ("2026-02-02", [None])),
    "table of dates": (records.queue_sizes, (np.array([["2026-02-02"]], dtype="datetime64[D]"), [None])),
    "lengths": (records.queue_sizes, (["2026-02-02"], [])),
    "removed too early": (records.queue_sizes, (["2026-02-02"], ["2026-02-01"])),
    "window": (records.queue_sizes, (*ONE, "2026-02-03", "2026-02-02")),
    "number for a day": (records.queue_sizes, (*ONE, 5)),
    "no day": (records.slots, ("2026-02-02", 0, 1)),
    "no slots": (records.slots, ("2026-02-02", 1, 0)),
    "share": (lambda: simulated.flagged(5, 1.5, seed=1), ()),
    "fraction of people": (lambda: simulated.exponential_list(5, 1.5, 21, "2026-02-02", seed=1), ()),  # type: ignore[arg-type]
    "mean wait": (lambda: simulated.exponential_list(5, 1, 0, "2026-02-02", seed=1), ()),
    "demand": (lambda: simulated.simulate_list("2026-02-02", demand=-1, capacity=1, seed=1), ()),
    "end": (lambda: simulated.simulate_list("2026-02-02", "2026-02-02", demand=1, capacity=1, seed=1), ()),
    "chance": (lambda: simulated.simulate_list("2026-02-02", demand=1, capacity=1, seed=1, withdrawal_prob=1), ()),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_say_what_was_found_and_what_was_expected(name: str) -> None:
    call, arguments = MISTAKES[name]
    with pytest.raises(InputError) as raised:
        call(*arguments)
    assert "found" in str(raised.value)
    assert "expected" in str(raised.value)
