"""Invariants of paired effects over generated numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aft_sim.outcomes import registry
from aft_sim.study.compare import Bands, compare
from aft_sim.study.paired import Verdict, paired_effect
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.variance import split

pytestmark = pytest.mark.property

levels = st.floats(-1e6, 1e6, allow_nan=False)
pairs = st.lists(st.tuples(levels, levels), min_size=1, max_size=12)
bands = st.floats(0.0, 1e5)
MIRROR = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER}


@given(pairs, bands)
def test_swapping_arms_flips_the_sign(values, band):
    ours, theirs = zip(*values, strict=True)
    one, two = paired_effect(ours, theirs, band), paired_effect(theirs, ours, band)
    assert one.effect == -two.effect
    assert one.sd == two.sd
    if one.interval is not None and two.interval is not None:
        assert one.interval == (-two.interval[1], -two.interval[0])
    assert one.verdict is MIRROR.get(two.verdict, two.verdict)


@given(pairs, st.floats(-1e6, 1e6), bands)
def test_a_constant_on_both_arms_changes_nothing(values, constant, band):
    ours, theirs = (np.array(side) for side in zip(*values, strict=True))
    one, two = paired_effect(ours, theirs, band), paired_effect(ours + constant, theirs + constant, band)
    assert two.effect == pytest.approx(one.effect, abs=1e-8)
    if one.interval is not None:
        assert two.interval == pytest.approx(one.interval, abs=1e-7)


@given(st.lists(levels, min_size=1, max_size=12), bands)
def test_identical_arms_are_exactly_zero(values, band):
    effect = paired_effect(values, values, band)
    assert effect.effect == 0.0
    assert effect.exactly_zero
    assert effect.interval == (None if len(values) == 1 else (0.0, 0.0))


@given(pairs, bands, st.integers(0, 11))
def test_the_order_of_pairs_does_not_matter(values, band, shift):
    turn = shift % len(values)
    turned = values[turn:] + values[:turn]
    one, two = (paired_effect(*zip(*order, strict=True), band) for order in (values, turned))
    assert two.effect == pytest.approx(one.effect, rel=1e-9, abs=1e-6)


@given(pairs, bands)
def test_the_interval_holds_the_effect(values, band):
    effect = paired_effect(*zip(*values, strict=True), band)
    if effect.interval is not None:
        assert effect.interval[0] <= effect.effect <= effect.interval[1]


@st.composite
def studies(draw):
    """Two scenarios, a few seeds, one month, two trusts of which one is treated."""
    seeds = draw(st.integers(1, 4))
    people = st.integers(1, 10**6)
    runs = []
    for scenario in ("a", "b"):
        for seed in range(seeds):
            trust, total = [], 0.0
            below_total = 0.0
            for code in ("RAA", "RBB"):
                size = float(draw(people))
                below = float(draw(st.integers(0, int(size))))
                trust.append({"trust": code, "quintile": "all", "list": size, "within_18": below})
                total, below_total = total + size, below_total + below
            england = [
                {"basis": basis, "quintile": q, "list": total, "within_18": below_total, "residents": 1e7}
                for basis in ("england", "all", "nhs")
                for q in ("all", *registry.QUINTILES)
            ]
            tables = {"england": _table("england", england), "trust": _table("trust", trust)}
            runs.append(RunResult(scenario, scenario, seed, 0, tables, ("RAA",)))
    return ResultSet(tuple(runs))


def _table(level, rows):
    empty = dict.fromkeys(registry.LEVELS[level].values, 0.0)
    return pa.Table.from_pylist([{"month": "2029-03"} | empty | row for row in rows], registry.LEVELS[level].schema)


@settings(deadline=None)  # the first example reads the register
@given(studies(), st.sampled_from(["within_18_share", "list", "over_18", "within_18"]))
def test_whole_comparison_flips_when_arms_swap(study, outcome):
    bands = Bands(0.1, 1.0)
    one, two = compare(study, "a", "b", outcome, bands=bands), compare(study, "b", "a", outcome, bands=bands)
    assert [row.group for row in one.rows] == [row.group for row in two.rows]
    for here, there in zip(one.rows, two.rows, strict=True):
        assert here.paired.effect == -there.paired.effect
        assert here.paired.baseline == there.paired.policy


@settings(deadline=None)
@given(studies())
def test_ceilings_are_gains_and_the_null_policy_is_exactly_zero(study):
    twins = [
        RunResult("twin", "twin", run.seed, run.draw, run.tables, run.treated) for run in study if run.scenario == "a"
    ]
    result = compare(ResultSet((*study.runs, *twins)), "twin", "a", bands=Bands(0.1, 1.0))
    for row in result.rows:
        assert row.paired.exactly_zero
        if row.group not in ("gap", "others", "independent"):
            assert row.ceiling is None or row.ceiling >= 0
    assert result.ceiling_if_gone is not None and result.ceiling_if_gone >= -1e-9


spreads = st.lists(st.floats(-100.0, 100.0, allow_nan=False), min_size=12, max_size=12)


@given(spreads, st.floats(-50.0, 50.0), st.floats(0.01, 100.0))
def test_parts_of_the_variance(values, constant, scale):
    """Shares are shares, whatever the unit; a constant effect is no part of any."""
    draws = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]
    found = split(np.array(values), draws)
    if found is None or found.variance_chance + found.variance_ignorance < 1e-4:
        return
    assert 0.0 <= found.interval[0] <= found.interval[1] <= 1.0
    assert 0.0 <= found.ignorance <= 1.0
    assert found.chance + found.ignorance == pytest.approx(1.0)
    other = split(constant + scale * np.array(values), draws)
    assert other is not None
    assert other.ignorance == pytest.approx(found.ignorance, abs=1e-6)
    assert other.interval == pytest.approx(found.interval, abs=1e-6)
