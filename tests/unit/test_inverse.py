"""The inverse question on constructed functions."""

import numpy as np
import pytest

from aft_sim.baseline import bundle
from aft_sim.basis.errors import InputError
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.inverse import Finding, Point, Search, search
from aft_sim.study.knobs import KNOBS, Elasticity, Pot, Trusts, in_order
from aft_sim.study.paired import paired_effect

pytestmark = pytest.mark.unit

SPREAD = np.array([-0.02, -0.01, 0.01, 0.02])


def point(x: float, gain: float) -> Point:
    pairs = gain + SPREAD
    return Point(x, paired_effect(pairs, np.zeros(4), 0.1), ceiling=2.0)


def find(gain, target: float, start: float = 1.0, most: float = 100.0, **options) -> tuple[Search, list[float]]:
    """Search a function; also the amounts in the order in which they were run."""
    asked: list[float] = []

    def evaluate(x: float) -> Point:
        asked.append(x)
        return point(x, gain(x))

    return search(evaluate, target, start, most, **options), asked


@pytest.mark.parametrize("target", [0.2, 0.5, 0.95])
def test_found_within_tolerance_and_only_from_what_was_run(target: float) -> None:
    found, asked = find(lambda x: x / 100, target)
    assert found.finding is Finding.FOUND
    assert found.below.x < 100 * target <= found.answer.x
    assert found.answer.x - found.below.x <= 0.05 * found.answer.x
    assert {found.answer.x, found.below.x} <= set(asked)
    low, high = found.interval
    assert low <= found.answer.x <= high
    assert {low, high} <= set(asked)
    assert len(asked) == len(set(asked)) == len(found.points)


def test_whole_amounts_are_found_exactly() -> None:
    found, asked = find(lambda x: x / 50, 0.5, start=0, most=120, whole=True)
    assert (found.below.x, found.answer.x) == (24, 25)
    assert all(x == int(x) for x in asked)


def test_out_of_reach_runs_only_the_ends() -> None:
    found, asked = find(lambda x: min(x / 100, 0.3), 0.5)
    assert found.finding is Finding.OUT_OF_REACH
    assert found.answer is None
    assert asked == [1.0, 100.0]
    assert found.points[-1].certainly_below(0.5)
    assert found.interval == (100.0, None)


def test_already_reached_runs_only_the_start() -> None:
    found, asked = find(lambda x: x, 0.5)
    assert found.finding is Finding.ALREADY
    assert found.answer.x == 1.0
    assert asked == [1.0]


def test_an_interval_that_holds_the_target_is_told() -> None:
    found, _ = find(lambda x: 0.499, 0.5)
    assert found.finding is Finding.OUT_OF_REACH
    assert not found.points[-1].certainly_below(0.5)
    assert found.interval == (None, None)


def test_more_that_gains_less_is_noticed() -> None:
    assert find(lambda x: x / 100, 0.5)[0].rises
    assert not find(lambda x: 0.3 - x / 1000, 0.5)[0].rises


def test_search_ends_on_a_step() -> None:
    found, asked = find(lambda x: 1.0 if x > 37.123456 else 0.0, 0.5, tolerance=1e-12, limit=20)
    assert found.below.x <= 37.123456 < found.answer.x
    assert len(asked) == 20


def test_knobs_say_amounts_in_englands_terms() -> None:
    england, wide = bundle.load(), load_scenario("aft-wide")
    pot, trusts, elasticity = (KNOBS[name](wide, england) for name in ("pot", "trusts", "elasticity"))
    assert isinstance(pot, Pot) and isinstance(trusts, Trusts) and isinstance(elasticity, Elasticity)
    assert pot.set(wide, 3.0).parameters["capital.pot_level"] == 3.0
    assert "times what all trusts of England together hold" in pot.scale(3.0)
    assert trusts.start == 20
    assert trusts.set(wide, 20.0) is wide
    assert len(trusts.set(wide, 30.0).aft.designated) == 30
    assert set(trusts.set(wide, 21.0).aft.designated) < set(trusts.set(wide, 22.0).aft.designated)
    assert "30 trusts with the status in place of 20" in trusts.scale(30.0)
    assert elasticity.most == pytest.approx(100 / 21.9, abs=0.01)
    assert elasticity.set(wide, 2.0).parameters["production.equipment_elasticity"] == 0.2
    assert "plausible 0 to 0.25" in elasticity.scale(2.0)
    assert elasticity.scale(1.2).endswith("inside what the evidence supports.")
    assert elasticity.scale(3.0).endswith("beyond what the evidence supports.")


def test_trusts_come_by_segment_then_score() -> None:
    england = bundle.load()
    holders = np.array([5, 7])
    order = in_order(england, holders)
    assert order[:2] == [5, 7]
    assert len(set(order)) == len(order)
    segments = np.nan_to_num(england.trusts.segment[order[2:]], nan=9.0)
    assert (np.diff(segments) >= 0).all()
    assert all(england.trust_provider[i] >= 0 for i in order[2:])
    score = england.facts["oversight.score"]
    first = [score[i] for i in order[2:] if england.trusts.segment[i] == 1 and np.isfinite(score[i])]
    assert first == sorted(first)


@pytest.mark.parametrize(("name", "most"), [("pot", 0.5), ("pot", 1e9), ("trusts", 20.5), ("elasticity", 50.0)])
def test_amounts_that_cannot_be_are_refused(name: str, most: float) -> None:
    knob = KNOBS[name](load_scenario("aft-wide"), bundle.load())
    with pytest.raises(InputError, match="not an amount to try"):
        knob.up_to(most)
    assert knob.up_to(None) == knob.most
