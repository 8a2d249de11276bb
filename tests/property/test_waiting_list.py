"""Invariants of the week over generated lists: kernel against twin, conservation, monotonicity."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.mechanisms.waiting_list import (
    GROUPS,
    LATE_WEEKS,
    WEEKS,
    WeekFlows,
    WeekInputs,
    advance,
    imbalance,
)
from aft_sim.mechanisms.waiting_list_reference import advance_reference

pytestmark = pytest.mark.property

repeatable = settings(derandomize=True, deadline=None, max_examples=100)
Case = tuple[np.ndarray, WeekInputs]
OUTPUTS = ("treated_adm", "treated_non", "removed", "validated_out", "unmet_adm", "unmet_non", "waiting")


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A list and a week: hypothesis chooses the kind of case, a seeded generator fills the arrays."""
    rows = draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    longest = draw(st.sampled_from([0, 4, 17, 18, 31, 32, 63, 95, 96, 103, 104]))
    scale = draw(st.sampled_from([0.0, 1e-3, 1.0, 1e3]))
    filled = draw(st.sampled_from([0.05, 0.5, 1.0]))
    n = scale * rng.exponential(1.0, (rows, GROUPS, WEEKS)) * (rng.random((rows, GROUPS, WEEKS)) < filled)
    n[:, :, longest + 1 :] = 0.0
    n[:, rng.random(GROUPS) < draw(st.sampled_from([0.0, 0.5, 1.0]))] = 0.0
    held = n.sum(axis=(1, 2))

    def flow(share: list[float], base: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(draw(st.sampled_from(share)) * base)

    some = rng.random((rows, GROUPS)) < 0.5
    hazard_in = rng.random(WEEKS) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    peak = draw(st.sampled_from([0.0, 0.3, 3.0, 30.0, 150.0]))  # spread of the logarithm of priority
    inputs = WeekInputs(
        arrivals=flow([0.0, 1.0], scale * rng.exponential(3.0, (rows, GROUPS))),
        late=flow([0.0, 1.0], scale * rng.exponential(0.1, (rows, GROUPS, LATE_WEEKS))),
        returns=flow([0.0, 1.0], scale * rng.exponential(0.5, (rows, GROUPS)) * some),
        removals=flow([0.0, 0.02, 0.9, 3.0], held * rng.random(rows)),
        validated=flow([0.0, 0.02, 0.9, 3.0], held * rng.random(rows)),
        removal_hazard=rng.exponential(1.0, WEEKS) * hazard_in,
        priority_adm=np.exp(peak * rng.standard_normal((rows, WEEKS)).clip(-3, 3)),
        priority_non=np.exp(peak * np.linspace(-1, 1, WEEKS) * rng.random((rows, 1))),
        access=rng.lognormal(0.0, 0.2, (rows, GROUPS)),
        capacity_adm=flow([0.0, 0.05, 0.5, 1.0, 2.0], held * rng.random(rows)),
        capacity_non=flow([0.0, 0.05, 0.5, 1.0, 2.0], held * rng.random(rows)),
        pressure=draw(st.sampled_from([None, rng.uniform(0.5, 4.0, rows)])),
        pressure_from=draw(st.sampled_from([0, 18, 52, 105])),
    )
    return n, inputs


def run(case: Case, version=advance) -> tuple[np.ndarray, WeekFlows]:
    """The list a week later and the week's flows, the case left as it was."""
    end = case[0].copy()
    return end, version(end, case[1], WeekFlows.allocate(len(end)))


def size(case: Case) -> np.ndarray:
    """Everyone on each row's list during the week, ``[R]``."""
    n, inputs = case
    return n.sum(axis=(1, 2)) + inputs.arrivals.sum(1) + inputs.late.sum(axis=(1, 2)) + inputs.returns.sum(1)


@repeatable
@given(cases())
def test_kernel_equals_its_twin(case: Case) -> None:
    end, flows = run(case)
    expected_end, expected = run(case, advance_reference)
    tolerance = 1e-9 * size(case) + 2e-9  # one may keep a cell of dust that the other sweeps
    assert np.all(np.abs(end - expected_end) <= tolerance[:, None, None])
    for name in OUTPUTS:
        found, wanted = getattr(flows, name), getattr(expected, name)
        assert np.all(np.abs(found - wanted).T <= tolerance.T), name


@repeatable
@given(cases())
def test_nobody_is_lost_or_created(case: Case) -> None:
    end, flows = run(case)
    error = np.abs(imbalance(case[0], case[1], flows, end))
    assert error.max() <= 1e-6
    assert np.all(error <= 1e-12 * size(case)[:, None] + 2e-7)


@repeatable
@given(cases())
def test_nothing_is_negative(case: Case) -> None:
    end, flows = run(case)
    assert end.min() >= 0.0
    for name in OUTPUTS:
        assert getattr(flows, name).min() >= -1e-12 * size(case).max(), name


@repeatable
@given(cases())
def test_treated_is_capacity_or_everyone(case: Case) -> None:
    _, flows = run(case)
    inputs = case[1]
    exact = {"rtol": 1e-9, "atol": 1e-9 * size(case).max()}
    np.testing.assert_allclose(flows.treated_adm.sum(1) + flows.unmet_adm, inputs.capacity_adm, **exact)
    np.testing.assert_allclose(flows.treated_non.sum(1) + flows.unmet_non, inputs.capacity_non, **exact)
    idle = flows.unmet_non > 1e-9 * size(case)
    end, _ = run(case)
    np.testing.assert_allclose(end[idle], 0.0, atol=1e-9 * max(1.0, size(case).max()))


@repeatable
@given(cases(), st.floats(0.0, 3.0), st.sampled_from(["capacity_adm", "capacity_non"]))
def test_more_capacity_never_lengthens_the_list(case: Case, extra: float, name: str) -> None:
    n, inputs = case
    more = replace(inputs, **{name: getattr(inputs, name) * (1.0 + extra)})
    end, _ = run(case)
    end_more, _ = run((n, more))
    assert np.all(end_more.sum(axis=(1, 2)) <= end.sum(axis=(1, 2)) + 1e-9 * size(case) + 1e-6)


@repeatable
@given(cases())
def test_those_waiting_are_the_list(case: Case) -> None:
    end, flows = run(case)
    np.testing.assert_allclose(flows.waiting, end.sum(axis=-1), rtol=1e-12, atol=1e-12 * size(case).max())


@repeatable
@given(cases())
def test_removals_are_the_amount_asked_or_less(case: Case) -> None:
    _, flows = run(case)
    slack = 1.0 + 1e-9
    assert np.all(flows.removed.sum(1) <= case[1].removals * slack + 1e-12)
    assert np.all(flows.validated_out.sum(1) <= case[1].validated * slack + 1e-12)


@repeatable
@given(cases())
def test_the_open_band_collects_the_longest_waits(case: Case) -> None:
    n, inputs = case
    nothing = np.zeros(len(n))
    still = replace(inputs, removals=nothing, validated=nothing, capacity_adm=nothing, capacity_non=nothing)
    still = replace(still, returns=np.zeros((len(n), GROUPS)))
    end, _ = run((n, still))
    np.testing.assert_allclose(end[:, :, 104], n[:, :, 103] + n[:, :, 104], rtol=1e-12, atol=2e-9)
    np.testing.assert_allclose(end[:, :, 6:104], n[:, :, 5:103], rtol=1e-12, atol=2e-9)
    np.testing.assert_allclose(end[:, :, 0], inputs.arrivals, rtol=1e-12, atol=2e-9)


@repeatable
@given(cases())
def test_rows_do_not_touch_each_other(case: Case) -> None:
    n, inputs = case
    end, flows = run(case)
    last = slice(len(n) - 1, len(n))
    alone = {
        name: getattr(inputs, name)[last]
        for name in WeekInputs.__dataclass_fields__
        if name not in {"removal_hazard", "pressure", "pressure_from"}
    }
    pressure = None if inputs.pressure is None else inputs.pressure[last]
    end_alone, flows_alone = run((n[last], replace(inputs, **alone, pressure=pressure)))
    np.testing.assert_array_equal(end_alone, end[last])
    np.testing.assert_array_equal(flows_alone.treated_non, flows.treated_non[last])


@repeatable
@given(cases())
def test_the_same_week_twice_gives_the_same_bits(case: Case) -> None:
    first, second = run(case), run(case)
    np.testing.assert_array_equal(first[0], second[0])
    for name in OUTPUTS:
        np.testing.assert_array_equal(getattr(first[1], name), getattr(second[1], name))
