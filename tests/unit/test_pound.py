"""What a run remembers of pots, and what the limit left in them."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.agents.pound import Draw, PoundRecord
from aft_sim.agents.trust import DrawDecision
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms.capital import Scheme, whole_pence
from aft_sim.study.pound import _refused

pytestmark = pytest.mark.unit


def record(*pots: float) -> PoundRecord:
    made = PoundRecord(np.zeros(len(pots), dtype=np.int64))
    made.take_in(np.array(pots), -1, "before")
    return made


def test_lots_are_what_came_in() -> None:
    made = record(1.5, 0.0)
    made.take_in(np.array([1.5, 0.25]), 8, "2026/27")
    assert [(lot.trust, lot.week, lot.origin, lot.pence) for lot in made.lots] == [
        (0, -1, "before", 150_000_000),
        (1, 8, "2026/27", 25_000_000),
    ]
    assert made.held.tolist() == [150_000_000, 25_000_000]


def test_money_does_not_vanish_from_pots() -> None:
    with pytest.raises(CheckFailed, match="without a draw"):
        record(1.5, 2.0).take_in(np.array([1.5, 1.0]), 8, "2026/27")


def test_a_round() -> None:
    made = record(1.5, 2.0)
    decisions = [DrawDecision(1, 0.7, 0.6, "cash would fall below its floor")]
    made.draw(17, decisions, np.array([0, 0.6]), np.array([0, 0.1]), np.array([0, 0.2]))
    (draw,) = made.draws
    assert (draw.wish, draw.asked, draw.capital, draw.revenue) == (70_000_000, 60_000_000, 10_000_000, 20_000_000)
    assert (draw.spent, draw.refused, draw.reason) == (30_000_000, 30_000_000, decisions[0].reason)
    assert made.held.tolist() == [150_000_000, 170_000_000]


def test_schemes_cost_what_was_paid_to_the_penny() -> None:
    made = record(1.0)
    parts = {"theatre": 0.01, "equipment": 0.01, "estate": 0.01}
    schemes = [(kind, Scheme(0, kind, part / 3, "board", 5, 6, 7, part / 3)) for kind, part in parts.items()]
    made.buy_schemes(0.01, schemes)
    assert [p.pence for p in made.purchases] == [333_333, 333_334, 333_333]
    assert [(p.week, p.kind, p.key) for p in made.purchases] == [(5, kind, kind) for kind in parts]


def test_levels_are_copies() -> None:
    made, values = record(1.0), np.ones(3)
    made.note(4, "theatre", values)
    values[:] = 2.0
    assert made.levels[0].values.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("amount", "pence"), [(1.234567899, 123456789), (0.1 + 0.2, 30_000_000), (0.29, 29_000_000), (4e-9, 0)]
)
def test_whole_pence(amount: float, pence: int) -> None:
    assert round(float(whole_pence(np.array(amount))) * 1e8) == pence


class TestRefused:
    """Asked for, refused, and still there."""

    @staticmethod
    def draw(asked: int, spent: int) -> Draw:
        return Draw(0, 0, asked, asked, spent, 0, "")

    def test_by_hand(self) -> None:
        # refused 70, of which later draws take 20: 50; the last round refuses only 30
        draws = [self.draw(100, 30), self.draw(50, 20)]
        assert _refused(draws, [40, 100]) == [40, 10]

    def test_the_last_round_refuses_more(self) -> None:
        assert _refused([self.draw(10, 0), self.draw(60, 5)], [20, 30, 40]) == [20, 30, 5]

    def test_what_was_refused_was_drawn_later(self) -> None:
        assert _refused([self.draw(10, 0), self.draw(20, 20)], [5]) == [0]

    def test_never_drawn(self) -> None:
        assert _refused([], [5, 6]) == [0, 0]
