"""Known answers: the tests, examples and stated rules of the R package NHSRwaitinglist, reproduced.

`known_formulae.csv` holds one case a line: what is called, its arguments and the expected answer (JSON), the
tolerance, and where the answer is published. Arguments and answers are facts from the tests, vignettes and
documentation of the package (MIT licence, copyright NHSRwaitinglist authors); no code of it is used here. Cases of
the package that are absent are listed in NOT_APPLICABLE, those answered otherwise on purpose in DIFFERENT.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import waiting_list_formulae as formulae
from aft_sim.mechanisms import waiting_list_records as records
from aft_sim.mechanisms import waiting_list_simulated as simulated

pytestmark = pytest.mark.validation

ALL_IDS = {f"NHSR{number:03d}" for number in range(1, 86)}
NOT_APPLICABLE = {
    "NHSR061": "a number of rows drawn by R's generator from a seed of R; its distribution is NHSR062",
    "NHSR076": "a number of waits drawn by R's generator from a seed of R",
    "NHSR077": "makes up people with names, birthdays and NHS numbers; nothing here knows anybody's identity",
}
DIFFERENT = {
    "NHSR051": "the package divides days by weeks; here both waits are in days",
    "NHSR063": "the first day has to be given, since no result may depend on the day of the run; the 31 days hold",
    "NHSR067": "no demand makes an empty list, which is valid; the error comes when its statistics are asked for",
}
with (Path(__file__).parent / "known_formulae.csv").open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))
SEED = 20260202


def first_and_last_day(**arguments: Any) -> list[str]:
    days, _ = records.queue_sizes(**arguments)
    return [str(days[0]), str(days[-1])]


def queue_sizes(day: list[int] | None = None, times: int = 1, **arguments: Any) -> list[int]:
    arguments["referral"] = arguments["referral"] * times
    arguments.setdefault("removal", [None] * len(arguments["referral"]))
    _, people = records.queue_sizes(**arguments)
    return [int(people[d - 1]) for d in day] if day else people.tolist()


def removal_statistics(**arguments: Any) -> dict[str, Any]:
    rate = records.removal_statistics(**arguments)
    weekly = None if np.isnan(rate.weekly) else rate.weekly
    return {
        "capacity_daily": rate.daily,
        "capacity_weekly": weekly,
        "capacity_cov": rate.cv,
        "removal_count": rate.count,
    }


def list_statistics(**arguments: Any) -> dict[str, Any]:
    return {"mean_wait_days": records.list_statistics(**arguments).mean_wait_days}


def schedule(**arguments: Any) -> dict[str, Any]:
    removal, used = records.schedule(**arguments)
    return {"rows": len(removal), "treated": int((~np.isnat(removal)).sum()), "slots_used": int(used.sum())}


def slots(start: str, days: int, capacity: list[float]) -> dict[str, Any]:
    found = records.slots(start, days, capacity[0] / capacity[1])
    return {"slots": len(found), "first": str(found[0])}


def as_texts(made: records.Records) -> dict[str, list[str | None]]:
    return {
        name: [None if np.isnat(day) else str(day) for day in getattr(made, name)] for name in ("referral", "removal")
    }


def joined(wl_1: list[list[str]], wl_2: list[list[str]]) -> dict[str, list[str | None]]:
    columns = [np.array(wl, dtype="datetime64[D]").T for wl in (wl_1, wl_2)]
    return as_texts(records.join(*(records.Records(referral, removal) for referral, removal in columns)))


def lengths(lengths: list[int]) -> str:
    for n in lengths:
        x = np.arange(1.0, n + 1)
        answers = [
            formulae.queue_load(x, x),
            formulae.target_mean_wait(x),
            formulae.target_queue_size(x, x),
            formulae.relief_capacity(x, x, x),
            formulae.target_capacity(x, x),
            formulae.waiting_list_pressure(x, x),
        ]
        assert [a.shape for a in answers] == [(n,)] * len(answers)
    return "same length"


def allowance_from_demand(demand: float, target_wait: float, factor: float, current_queue: float, weeks: float) -> Any:
    target = formulae.target_queue_size(demand, target_wait, factor)
    return formulae.growth_allowance(current_queue, target, weeks)


def advice(**arguments: Any) -> dict[str, bool]:
    return {"relief": bool(formulae.queue_ratio(**arguments) > formulae.RELIEF_RATIO)}


def simulate_list(**arguments: Any) -> dict[str, Any]:
    made = simulated.simulate_list(**arguments, seed=SEED)
    if made.withdrawal is None:
        return {"withdrawals": None}
    number = int((~np.isnat(made.withdrawal)).sum())
    return {"withdrawals": "some, fewer than referrals" if 0 < number < len(made.referral) else number}


def referrals_of_many_seeds(**arguments: Any) -> dict[str, Any]:
    numbers = np.array([len(simulated.simulate_list(**arguments, seed=s).referral) for s in range(40)])
    mean = 100 * 90 / 7
    # Each within 4 standard deviations of a Poisson count, their mean within 4 of its own, and they do vary.
    assert abs(numbers.mean() - mean) < 4 * np.sqrt(mean / len(numbers))
    assert numbers.std() > 0.5 * np.sqrt(mean)
    return {"mean": round(mean, 7), "within_sd": 4 if np.abs(numbers - mean).max() < 4 * np.sqrt(mean) else "more"}


def default_window(start: str, **arguments: Any) -> dict[str, int]:
    open_end = simulated.simulate_list(start, **arguments, seed=SEED)
    last = np.datetime64(start) + 31
    given = simulated.simulate_list(start, str(last), **arguments, seed=SEED)
    shorter = simulated.simulate_list(start, str(last - 1), **arguments, seed=SEED)
    assert len(open_end.referral) != len(shorter.referral)
    same = np.array_equal(open_end.referral, given.referral)
    return {"days": 31 if same and (open_end.referral < last).all() else 0}


def carried_on(first: dict[str, Any], then: dict[str, Any]) -> dict[str, int]:
    before = simulated.simulate_list(**first, seed=SEED)
    after = simulated.simulate_list(**then, existing=before, seed=SEED + 1)
    assert np.isin(before.referral, after.referral).all()
    return {"rows": len(after.referral)}


def statistics_of_simulated(**arguments: Any) -> Any:
    made = simulated.simulate_list(**arguments, seed=SEED)
    assert len(made.referral) == len(made.removal) == 0
    return records.list_statistics(made.referral, made.removal)


def exponential_list(flag: float = 0.0, **arguments: Any) -> dict[str, int]:
    made = simulated.exponential_list(**arguments, seed=SEED)
    rows = len(made.referral)
    marked = simulated.flagged(rows, flag, seed=SEED)
    return {"rows": rows, "waiting": int(np.isnat(made.removal).sum()), "flagged": int(marked.sum())}


def load_flags() -> bool:
    """A list is said to be overloaded exactly if its load is 1 or more; both kinds occur here."""
    flags = []
    for capacity in (5, 7, 9, 11, 15, 30):
        made = simulated.simulate_list("2024-01-01", "2024-12-30", demand=10, capacity=capacity, seed=SEED)
        found = records.list_statistics(made.referral, made.removal, 18)
        assert found.load_too_big == (found.load >= 1)
        flags.append(found.load_too_big)
    return flags[0] and not flags[-1]


def schedule_rules() -> bool:
    """First come first served, never on the day of referral; a slot too early for the first in line is lost."""
    made = simulated.simulate_list("2024-01-01", "2024-12-30", demand=30, capacity=31, seed=SEED)
    treated = ~np.isnat(made.removal)
    assert treated.any()
    assert (made.removal[treated] > made.referral[treated]).all()
    assert (np.diff(made.removal[treated]).astype(int) >= 0).all()
    _, used = records.schedule(["2024-01-03"], [None], ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"])
    return used.tolist() == [False, False, True, False]


def mean_list_at_end(demand: float, capacity: float, weeks: int) -> float:
    """Mean list of 40 made-up years, checked against the fluid answer with a tolerance from theory.

    Bias is upward and at most two days' capacity (nobody is treated on the first day; the timetable's last slots
    fall away) plus the capacity lost to an empty list early on, about variance over twice the daily drift. The
    standard error is that of a Poisson count.
    """
    ends = []
    for seed in range(40):
        end = np.datetime64("2024-01-01") + 7 * weeks
        made = simulated.simulate_list("2024-01-01", end, demand=demand, capacity=capacity, seed=seed)
        ends.append(records.queue_sizes(made.referral, made.removal, end=end - 1)[1][-1])
    fluid = (demand - capacity) * weeks
    bias = 2 * capacity / 7 + demand / (2 * (demand - capacity))
    error = 4 * np.sqrt(demand * weeks / len(ends))
    assert -error < np.mean(ends) - fluid < bias + error
    return fluid


CALLS: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(formulae, name)
        for name in (
            "queue_load",
            "target_mean_wait",
            "target_queue_size",
            "queue_ratio",
            "relief_capacity",
            "target_capacity",
            "waiting_list_pressure",
            "priority_target_days",
            "list_for_performance",
            "miss_probability",
        )
    },
    "pressure_in_days": formulae.waiting_list_pressure,
    "insert": lambda **arguments: as_texts(records.insert(**arguments)),
    "join": joined,
    **{
        call.__name__: call
        for call in (
            first_and_last_day,
            queue_sizes,
            removal_statistics,
            list_statistics,
            schedule,
            slots,
            lengths,
            allowance_from_demand,
            advice,
            simulate_list,
            referrals_of_many_seeds,
            default_window,
            carried_on,
            statistics_of_simulated,
            exponential_list,
            load_flags,
            schedule_rules,
            mean_list_at_end,
        )
    },
}


def agree(found: Any, expected: Any, tolerance: str) -> None:
    """Fails unless the answer is the expected one: numbers within the tolerance, texts such as ">=0" as bounds."""
    if isinstance(expected, dict):
        for key, value in expected.items():
            agree(found[key], value, tolerance)
    elif isinstance(expected, str) and expected.startswith(">"):
        bound = float(expected.lstrip(">="))
        assert found >= bound if expected.startswith(">=") else found > bound
    elif isinstance(expected, int | float) or (isinstance(expected, list) and isinstance(expected[0], int | float)):
        kind, _, size = tolerance.partition(" ")
        rtol, atol = (float(size) if kind == name else 0.0 for name in ("rel", "abs"))
        assert np.shape(found) == np.shape(expected)
        np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol)
    else:
        assert found == expected


def test_every_case_is_reproduced_or_has_a_reason() -> None:
    reproduced = [case["id"] for case in CASES]
    assert len(set(reproduced)) == len(reproduced)
    assert not set(reproduced) & set(NOT_APPLICABLE)
    assert set(reproduced) | set(NOT_APPLICABLE) == ALL_IDS
    assert set(DIFFERENT) <= set(reproduced)
    assert all(len(reason) > 20 for reason in (NOT_APPLICABLE | DIFFERENT).values())
    assert all(case["source"].startswith("https://github.com/nhs-r-community/NHSRwaitinglist/") for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_published_case(case: dict[str, str]) -> None:
    call, arguments, expected = CALLS[case["call"]], json.loads(case["arguments"]), json.loads(case["expected"])
    if isinstance(arguments.get("factor"), dict):
        arguments["factor"] = float(formulae.factor_for(**arguments["factor"]))
    if expected == {"error": "InputError"}:
        with pytest.raises(InputError) as raised:
            call(**arguments)
        assert raised.value.where
        assert raised.value.expected
        assert raised.value.found is not None
        return
    agree(call(**arguments), expected, case["tolerance"])
