"""Each step of the week against hand-computed lists, on the compiled kernel and on its plain numpy twin.

Everyone grows a week older first: whoever waits at 3 weeks in ``waiting`` is removed, treated and counted at 4.
"""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aft_sim.mechanisms.waiting_list import (
    DUST,
    GROUPS,
    LATE_WEEKS,
    WEEKS,
    WeekFlows,
    WeekInputs,
    advance,
    imbalance,
)
from aft_sim.mechanisms.waiting_list_reference import advance_reference, water_fill

pytestmark = pytest.mark.unit

Advance = Callable[[np.ndarray, WeekInputs, WeekFlows], WeekFlows]


@pytest.fixture(params=[advance, advance_reference], ids=["kernel", "reference"])
def step(request: pytest.FixtureRequest) -> Advance:
    """Both versions of the week in turn."""
    version: Advance = request.param
    return version


def week(rows: int = 1, **changes: Any) -> WeekInputs:
    """A week in which nothing happens but ageing, with these changes."""
    zeros, by_group = np.zeros(rows), np.zeros((rows, GROUPS))
    nothing = WeekInputs(
        arrivals=by_group,
        late=np.zeros((rows, GROUPS, LATE_WEEKS)),
        returns=by_group,
        removals=zeros,
        validated=zeros,
        removal_hazard=np.ones(WEEKS),
        priority_adm=np.ones((rows, WEEKS)),
        priority_non=np.ones((rows, WEEKS)),
        access=np.ones((rows, GROUPS)),
        capacity_adm=zeros,
        capacity_non=zeros,
    )
    return replace(nothing, **changes)


def waiting(*cells: tuple[int, int, float], rows: int = 1) -> np.ndarray:
    """A list with these (group, week, people) in row 0."""
    n = np.zeros((rows, GROUPS, WEEKS))
    for group, w, people in cells:
        n[0, group, w] = people
    return n


def weights(**by_week: float) -> np.ndarray:
    """Priorities of one row: ``weights(w3=2.0)`` is 2 at three weeks and 1 elsewhere."""
    p = np.ones((1, WEEKS))
    for name, value in by_week.items():
        p[0, int(name[1:])] = value
    return p


def test_everyone_grows_a_week_older(step: Advance) -> None:
    n = waiting((0, 0, 5.0), (5, 40, 2.0))
    step(n, week(), WeekFlows.allocate(1))
    np.testing.assert_array_equal(n, waiting((0, 1, 5.0), (5, 41, 2.0)))


def test_weeks_103_and_104_merge(step: Advance) -> None:
    n = waiting((2, 102, 1.0), (2, 103, 10.0), (2, 104, 100.0))
    step(n, week(), WeekFlows.allocate(1))
    np.testing.assert_array_equal(n, waiting((2, 103, 1.0), (2, 104, 110.0)))


def test_people_join_after_ageing_and_stand_at_the_weeks_they_joined(step: Advance) -> None:
    arrivals, late = np.zeros((1, GROUPS)), np.zeros((1, GROUPS, LATE_WEEKS))
    arrivals[0, 1], late[0, 1] = 7.0, [1.0, 2.0, 3.0, 4.0, 5.0]
    n = waiting((1, 0, 10.0))
    step(n, week(arrivals=arrivals, late=late), WeekFlows.allocate(1))
    np.testing.assert_array_equal(n[0, 1, :7], [7, 11, 2, 3, 4, 5, 0])
    assert n.sum() == 32


def test_returns_follow_the_ages_of_long_waiters_of_the_row(step: Advance) -> None:
    returns = np.zeros((1, GROUPS))
    returns[0, 4] = 8.0
    n = waiting((0, 16, 100.0), (0, 17, 1.0), (1, 30, 3.0))
    step(n, week(returns=returns), WeekFlows.allocate(1))
    np.testing.assert_allclose(n[0, 4, [17, 18, 31]], [0.0, 2.0, 6.0])
    assert n[0, 4].sum() == pytest.approx(8.0)


def test_returns_join_at_18_weeks_if_nobody_waits_so_long(step: Advance) -> None:
    returns = np.zeros((1, GROUPS))
    returns[0, 3] = 8.0
    n = waiting((0, 3, 100.0))
    step(n, week(returns=returns), WeekFlows.allocate(1))
    assert n[0, 3, 18] == pytest.approx(8.0)


def test_removals_follow_the_hazard_in_two_halves(step: Advance) -> None:
    hazard = np.zeros(WEEKS)
    hazard[11], hazard[31] = 0.01, 0.02
    n = waiting((0, 5, 50.0), (0, 10, 100.0), (1, 30, 100.0))
    flows = step(n, week(removals=np.array([12.0]), removal_hazard=hazard), WeekFlows.allocate(1))
    # First half: 6 as 2 + 4. Second half: 6 in the proportion 98 to 2 x 96.
    second = 6 * 98 / (98 + 192)
    np.testing.assert_allclose(flows.removed[0, :2], [2 + second, 4 + 6 - second])
    np.testing.assert_allclose(n[0, [0, 0, 1], [6, 11, 31]], [50, 98 - second, 96 - 6 + second])


def test_removals_fill_up_where_a_cell_runs_empty(step: Advance) -> None:
    hazard = np.zeros(WEEKS)
    hazard[2], hazard[3] = 1000.0, 1.0
    n = waiting((0, 1, 1.0), (0, 2, 50.0))
    flows = step(n, week(removals=np.array([8.0]), removal_hazard=hazard), WeekFlows.allocate(1))
    assert flows.removed.sum() == pytest.approx(8.0)
    np.testing.assert_allclose(n[0, 0, [2, 3]], [0.0, 51 - 8])  # 4 x 1000/1050 people would leave the cell of one


def test_removals_stop_at_what_can_be_removed(step: Advance) -> None:
    hazard = np.zeros(WEEKS)
    hazard[3] = 1.0
    n = waiting((0, 1, 5.0), (0, 2, 3.0))
    flows = step(n, week(removals=np.array([100.0]), removal_hazard=hazard), WeekFlows.allocate(1))
    assert flows.removed.sum() == pytest.approx(3.0)
    np.testing.assert_array_equal(n, waiting((0, 2, 5.0)))


def test_validation_takes_only_long_waiters_and_evenly(step: Advance) -> None:
    n = waiting((0, 16, 100.0), (0, 17, 30.0), (1, 60, 10.0))
    flows = step(n, week(validated=np.array([8.0])), WeekFlows.allocate(1))
    np.testing.assert_allclose(flows.validated_out[0, :2], [6.0, 2.0])
    np.testing.assert_allclose(n[0, [0, 0, 1], [17, 18, 61]], [100.0, 24.0, 8.0])
    assert flows.removed.sum() == 0.0


def test_admitted_treatment_follows_priority_and_access(step: Advance) -> None:
    access = np.ones((1, GROUPS))
    access[0, 1] = 2.0
    n = waiting((0, 3, 100.0), (0, 50, 100.0), (1, 3, 100.0))
    inputs = week(capacity_adm=np.array([60.0]), priority_adm=weights(w51=3.0), access=access)
    flows = step(n, inputs, WeekFlows.allocate(1))
    # Weights 1, 3 and 2, so 10, 30 and 20 people.
    np.testing.assert_allclose(flows.treated_adm[0, :2], [40.0, 20.0])
    np.testing.assert_allclose(n[0, [0, 0, 1], [4, 51, 4]], [90.0, 70.0, 80.0])
    assert flows.treated_non.sum() == 0.0
    assert flows.unmet_adm[0] == 0.0


def test_non_admitted_treatment_sees_those_who_remain(step: Advance) -> None:
    n = waiting((0, 3, 100.0), (1, 3, 100.0))
    access = np.ones((1, GROUPS))
    access[0, 1] = 3.0
    inputs = week(capacity_adm=np.array([40.0]), capacity_non=np.array([36.0]), access=access)
    flows = step(n, inputs, WeekFlows.allocate(1))
    np.testing.assert_allclose(flows.treated_adm[0, :2], [10.0, 30.0])
    # 90 and 70 remain: weights 90 and 210, so 36 splits as 10.8 and 25.2.
    np.testing.assert_allclose(flows.treated_non[0, :2], [10.8, 25.2])


def test_treatment_spills_over_when_the_first_in_line_run_out(step: Advance) -> None:
    n = waiting((0, 60, 4.0), (0, 10, 50.0), (0, 20, 50.0))
    inputs = week(capacity_adm=np.array([24.0]), priority_adm=weights(w61=1e6))
    flows = step(n, inputs, WeekFlows.allocate(1))
    assert flows.treated_adm.sum() == pytest.approx(24.0, rel=1e-12)
    np.testing.assert_allclose(n[0, 0, [61, 11, 21]], [0.0, 40.0, 40.0], atol=1e-12)


def test_strict_longest_first(step: Advance) -> None:
    priority = np.logspace(-90, 90, WEEKS)[None, :].copy()
    n = np.full((1, GROUPS, WEEKS), 2.0)
    flows = step(n, week(capacity_non=np.array([123.0]), priority_non=priority), WeekFlows.allocate(1))
    assert flows.treated_non.sum() == pytest.approx(123.0, rel=1e-9)
    by_week = n.sum(axis=(0, 1))
    # 24 people at 104 weeks and over, then twelve a week: eight weeks and a quarter of a ninth.
    np.testing.assert_allclose(by_week[96:], 0.0, atol=1e-6)
    assert by_week[95] == pytest.approx(9.0, abs=0.1)
    assert by_week[1:95].min() > 11.9


def test_capacity_above_the_list_empties_it_and_is_reported(step: Advance) -> None:
    n = waiting((0, 3, 10.0), (4, 70, 5.0))
    inputs = week(capacity_adm=np.array([20.0]), capacity_non=np.array([7.0]), priority_adm=weights(w4=0.1))
    flows = step(n, inputs, WeekFlows.allocate(1))
    assert n.sum() == 0.0
    assert flows.treated_adm.sum() == pytest.approx(15.0)
    assert flows.unmet_adm[0] == pytest.approx(5.0)
    assert flows.unmet_non[0] == pytest.approx(7.0)


def test_weeks_without_priority_are_never_treated(step: Advance) -> None:
    n = waiting((0, 3, 10.0), (0, 4, 10.0))
    flows = step(n, week(capacity_adm=np.array([15.0]), priority_adm=weights(w4=0.0)), WeekFlows.allocate(1))
    assert flows.treated_adm.sum() == pytest.approx(10.0)
    assert flows.unmet_adm[0] == pytest.approx(5.0)
    np.testing.assert_allclose(n[0, 0, [4, 5]], [10.0, 0.0])


def test_pressure_raises_priority_from_its_threshold(step: Advance) -> None:
    n = waiting((0, 16, 100.0), (1, 17, 100.0), (2, 51, 100.0))
    inputs = week(capacity_adm=np.array([40.0]), capacity_non=np.array([6.0]), pressure=np.array([1.5]))
    flows = step(n, inputs, WeekFlows.allocate(1))
    np.testing.assert_allclose(flows.treated_adm[0, :3], [10.0, 15.0, 15.0])
    n = waiting((0, 16, 100.0), (1, 17, 100.0), (2, 51, 100.0))
    flows = step(n, replace(inputs, pressure_from=52), WeekFlows.allocate(1))
    np.testing.assert_allclose(flows.treated_adm[0, :3], [40 / 3.5, 40 / 3.5, 60 / 3.5])


def test_the_whole_week_by_hand(step: Advance) -> None:
    arrivals = np.zeros((1, GROUPS))
    arrivals[0, 0] = 30.0
    n = waiting((0, 20, 100.0))
    inputs = week(
        arrivals=arrivals,
        removals=np.array([20.0]),
        capacity_adm=np.array([12.0]),
        capacity_non=np.array([27.0]),
    )
    start = n.copy()
    flows = step(n, inputs, WeekFlows.allocate(1))
    # 100 - 10 = 90 and 30 join; 12 of 120 admitted: 81 and 27; 27 of 108: 60.75 and 20.25; 10 of 81 removed.
    np.testing.assert_allclose(n[0, 0, [21, 0]], [60.75 - 7.5, 20.25 - 2.5])
    assert flows.waiting[0, 0] == pytest.approx(71.0)
    assert flows.removed[0, 0] == pytest.approx(20.0)
    assert flows.left()[0, 0] == pytest.approx(20 + 12 + 27)
    np.testing.assert_allclose(imbalance(start, inputs, flows, n), 0.0, atol=1e-12)


def test_flows_of_the_week_before_are_overwritten(step: Advance) -> None:
    flows = WeekFlows.allocate(1)
    step(waiting((0, 20, 100.0)), week(capacity_adm=np.array([200.0]), removals=np.array([4.0])), flows)
    step(waiting(), week(), flows)
    assert flows.left().sum() == 0.0
    assert flows.unmet_adm[0] == 0.0
    assert flows.waiting.sum() == 0.0


def test_those_waiting_at_the_end_are_counted_by_group(step: Advance) -> None:
    n = waiting((0, 3, 10.0), (0, 104, 5.0), (2, 40, 2.0), (5, 0, 1.0), (3, 7, DUST / 2), rows=2)
    n[1, 1, 103] = 4.0
    flows = step(n, week(rows=2), WeekFlows.allocate(2))
    np.testing.assert_array_equal(flows.waiting, [[15, 0, 2, 0, 0, 1], [0, 4, 0, 0, 0, 0]])


def test_a_group_that_empties_leaves_nobody_behind(step: Advance) -> None:
    """A row and a group that run empty, and fill again, hold exactly those who joined."""
    n, flows = waiting((0, 90, 5.0), (5, 80, 5.0)), WeekFlows.allocate(1)
    step(n, week(capacity_adm=np.array([20.0])), flows)
    assert not n.any()
    arrivals = np.zeros((1, GROUPS))
    arrivals[0, 5] = 3.0
    step(n, week(arrivals=arrivals), flows)
    np.testing.assert_array_equal(n, waiting((5, 0, 3.0)))


def test_dust_is_swept_and_a_nan_is_not_hidden(step: Advance) -> None:
    n = waiting((0, 3, DUST / 2), (1, 3, 2.0))
    step(n, week(), WeekFlows.allocate(1))
    np.testing.assert_array_equal(n, waiting((1, 4, 2.0)))
    n = waiting((0, 3, np.nan), (1, 3, 2.0))
    step(n, week(), WeekFlows.allocate(1))
    assert np.isnan(n).any()


def test_no_rows(step: Advance) -> None:
    step(np.zeros((0, GROUPS, WEEKS)), week(rows=0), WeekFlows.allocate(0))


def test_inputs_may_be_read_only() -> None:
    inputs = week(capacity_adm=np.array([3.0]))
    inputs.capacity_adm.setflags(write=False)
    inputs.late.setflags(write=False)
    n = waiting((0, 3, 10.0))
    advance(n, inputs, WeekFlows.allocate(1))
    assert n.sum() == pytest.approx(7.0)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"late": np.zeros((1, GROUPS, 4))}, "late"),
        ({"removal_hazard": np.ones(104)}, "removal_hazard"),
        ({"arrivals": np.zeros((1, GROUPS), dtype=np.float32)}, "arrivals"),
        ({"priority_adm": np.ones((1, 2 * WEEKS))[:, ::2]}, "priority_adm"),
        ({"pressure": np.ones(2)}, "pressure"),
        ({"pressure_from": 106}, "pressure_from"),
    ],
)
def test_wrong_arrays_are_refused_by_name(step: Advance, changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=rf"^{named}: expected"):
        step(waiting((0, 3, 1.0)), week(**changes), WeekFlows.allocate(1))


def test_a_wrong_list_is_refused(step: Advance) -> None:
    with pytest.raises(ValueError, match=r"^n: expected"):
        step(np.zeros((1, 5, WEEKS)), week(), WeekFlows.allocate(1))


def test_water_fill_by_hand() -> None:
    people, weight = np.array([1.0, 10.0, 10.0, 5.0]), np.array([100.0, 2.0, 1.0, 0.0])
    np.testing.assert_allclose(water_fill(people, weight, 7.0), [1.0, 4.0, 2.0, 0.0])
    np.testing.assert_allclose(water_fill(people, weight, 99.0), [1.0, 10.0, 10.0, 0.0])
    np.testing.assert_allclose(water_fill(people, weight, 0.0), 0.0)


def test_a_new_process_gives_the_same_bits() -> None:
    program = """
import hashlib, numpy as np
from aft_sim.mechanisms.waiting_list import *
k = np.arange(40 * GROUPS * WEEKS, dtype=float).reshape(40, GROUPS, WEEKS)
n = 10 * np.modf(np.sin(k) * 43758.5453)[0] ** 2
r, by_group = n[:, 0, 0].copy(), n[:, :, 1].copy()
late, hazard, adm, non = n[:, :, 5:10].copy(), n[0, 0].copy(), n[:, 1].copy(), n[:, 2].copy()
inputs = WeekInputs(by_group, late, by_group, r, r, hazard, adm, non, 1 + by_group, 20 * r, 90 * r, 1 + r)
flows = WeekFlows.allocate(40)
for _ in range(20):
    advance(n, inputs, flows)
print(hashlib.sha256(n.tobytes() + flows.treated_non.tobytes()).hexdigest())
"""
    found = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1
