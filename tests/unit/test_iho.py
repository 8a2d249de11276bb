"""Rules of population budgets, worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.policy import iho
from aft_sim.policy.iho import Account, Beliefs, Choice, Move

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("designated", "months", "start"),
    [
        (date(2026, 7, 1), 9, date(2027, 4, 1)),  # Northumbria: July to April
        (date(2026, 7, 2), 9, date(2028, 4, 1)),  # a day too late for nine months
        (date(2027, 4, 28), 9, date(2028, 4, 1)),
        (date(2026, 2, 28), 0, date(2026, 4, 1)),
        (date(2026, 4, 1), 0, date(2026, 4, 1)),
        (date(2026, 4, 2), 0, date(2027, 4, 1)),
    ],
)
def test_first_of_april_after_notice(designated, months, start):
    assert iho.start_day(designated, months) == start


def test_need_is_log_linear_between_the_extreme_fifths():
    assert iho.need_weights(16.0).tolist() == pytest.approx([16, 8, 4, 2, 1])


FLOWS = np.array([[60.0, 10.0, 0.0], [40.0, 90.0, 5.0], [0.0, 0.0, 0.0]])
BOARD = np.array([0, 0, 1])


@pytest.mark.parametrize(
    ("holder", "board", "places"),
    [
        (0, 0, [0]),  # serves the first place most
        (1, 0, [1]),
        (2, 0, [0, 1]),  # no patients: all of its board
        (0, 1, [2]),  # none there: all of that board
    ],
)
def test_places_served(holder, board, places):
    assert iho.places_served(FLOWS, BOARD, holder, board, np.ones(3, bool)).tolist() == places


def test_a_trust_that_leads_nowhere_takes_where_most_of_its_patients_live():
    flows = np.array([[60.0, 50.0], [40.0, 20.0]])
    assert iho.places_served(flows, np.zeros(2, int), 1, 0, np.ones(2, bool)).tolist() == [0]


def cover(scope, services=(1.0, 1.0)):
    return iho.cover_of(
        scope,
        np.array([True, False]),
        np.array([[10.0, 0, 0, 0, 30.0], [10.0, 0, 0, 0, 0.0]]),
        np.array([[0.75, 0.25], [0.2, 0.8]]),
        np.array(services),
        np.array([2.0, 1, 1, 1, 1.0]),
        0.1 if scope == "partial" else 1.0,
        0.5,
    )


def test_cover_of_a_place():
    found = cover("place")
    assert found.people.tolist() == [10, 0, 0, 0, 30]
    assert found.need == pytest.approx(50 / 70)
    assert found.trusts.tolist() == [0.75, 0.2]
    assert (found.emergencies, found.independent, found.other) == (1.0, found.need, found.need / 2)


def test_a_partial_contract_covers_its_services_alone():
    found = cover("partial", (0.1, 0.8))
    assert found.trusts.tolist() == pytest.approx([0.075, 0.16])
    assert (found.emergencies, found.independent, found.other) == (0.1, 0.0, 0.0)


def test_payments_are_divided_to_the_penny():
    amount = np.array([1.00000001, 0.33333333])
    covered, own = iho.divide(amount, np.array([0.5, 1 / 3]))
    pence = np.rint(np.stack([covered, own]) * 1e8)
    assert pence.sum(axis=0).tolist() == np.rint(amount * 1e8).tolist()
    assert pence[0].tolist() == [50000000.0, 11111111.0]


def test_fair_share_over_historic():
    # the board has 5 % less than its share; the place needs 20 % and is spent 25 % on
    assert iho.fair_factor(100.0, 95.0, 0.2, 0.25) == pytest.approx(100 / 95 * 0.8)


@pytest.mark.parametrize(
    ("result", "share", "holder", "board"),
    [
        (-1.0, 0.5, -0.5, -0.5),  # within the corridor of 2 on 100
        (-6.0, 0.5, -1.0, -5.0),  # beyond it the board bears all
        (6.0, 0.5, 1.0, 5.0),  # and keeps all
        (-6.0, 1.0, -2.0, -4.0),
        (1.5, 0.0, 0.0, 1.5),
    ],
)
def test_settlement(result, share, holder, board):
    assert iho.settle(result, 100.0, share, 0.02) == pytest.approx((holder, board))


MOVES = [Move(0, 0.01, 0.005), Move(12, 0.02, 0.0)]


@pytest.mark.parametrize(
    ("month", "moved", "gone"),
    [
        (0, 0.015, 0.8 * 0.015),  # a fifth is still paid
        (11, 0.015, 0.8 * 0.015),
        (12, 0.035, 0.015 + 0.8 * 0.02),  # the first move's capacity has closed
        (24, 0.035, 0.035),
    ],
)
def test_double_running_ends(month, moved, gone):
    assert iho.released(MOVES, month, 0.2, 12) == pytest.approx((moved, gone))
    assert iho.freed(MOVES, month, 0.8, 12) == pytest.approx(gone)


@pytest.mark.parametrize(("year", "saving"), [(1, 0.01), (2, 0.02), (3, 0.02), (4, 0.03), (5, 0.04), (9, 0.04)])
def test_savings_by_the_literature(year, saving):
    assert iho.gross_saving(year, 0.01, 0.02, 0.04) == pytest.approx(saving)


def test_an_account_adds_up():
    account = Account(budget=100.0, fair=-2.0, own=40.0, urgent=20.0, community=3.0, setup=1.0, double=9.0, avoided=5.0)
    assert account.spending == 64.0  # what lies within the lines is not counted twice
    assert account.result == 34.0


# -- the decision ------------------------------------------------------------------------------------------------------

BELIEVED = Beliefs(
    emergencies=0.2,
    kept=0.5,
    friction=0.1,
    prevention=0.3,
    room_community=1.0,
    room_prevention=0.5,
    lag_community=2.0,
    lag_prevention=4.0,
    health_prevention=2.0,
    shortfall=0.3,
)


def choice(**changes) -> Choice:
    rule = {"share": 0.5, "horizon": 5.0, "rate": 0.0, "health_weight": 1.0, "sharpness": 1.0}
    rule |= {"least": 0.01, "most": 0.02}
    believed = {key: value for key, value in changes.items() if key not in rule}
    return iho.decide(
        Beliefs(**(vars(BELIEVED) | believed)), **{key: changes.get(key, value) for key, value in rule.items()}
    )


def test_a_decision_by_hand():
    found = choice()
    # three years of gain at half of 0.2 x 0.5, less half of what is paid twice; health 1, 2 x 0.5, 1.3
    assert found.score.tolist() == pytest.approx([0.5 * (0.3 - 0.1) + 1, 0.5 * (0.15 - 0.1) + 1, 1.3])
    odds = np.exp(found.score)
    assert found.weights.tolist() == pytest.approx((odds / odds.sum()).tolist())
    assert found.share == pytest.approx(0.01 + 0.01 * (found.weights[0] + found.weights[1]))
    move = found.move(7)
    assert move.month == 7
    assert move.share == pytest.approx(found.share)
    assert move.community / move.prevention == pytest.approx(found.weights[0] / found.weights[1])


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ({"kept": 0.9}, {"kept": 0.1}),  # it pays for emergencies
        ({"friction": 0.0}, {"friction": 0.5}),
        ({"emergencies": 1.0}, {"emergencies": 0.0}),
        ({"shortfall": 0.0}, {"shortfall": 1.0}),  # waits beyond the standard
        ({"horizon": 7.0}, {"horizon": 3.0}),
    ],
)
def test_what_speaks_for_care_outside_hospital(more, less):
    assert choice(**more).share > choice(**less).share


def test_a_holder_that_does_not_weigh_anything_divides_evenly():
    assert choice(sharpness=0.0).weights.tolist() == pytest.approx([1 / 3] * 3)


def test_one_that_bears_nothing_does_not_see_what_is_paid_twice():
    assert choice(share=0.0, friction=0.5).score.tolist() == choice(share=0.0, friction=0.0).score.tolist()


def test_returns_diminish():
    assert iho.room(100.0, 0.0) == 1.0
    assert iho.room(100.0, 100.0) == 0.5
    assert iho.room(0.0, 5.0) == 0.0


@pytest.mark.parametrize(("lag", "horizon", "years"), [(2, 5, 3), (0, 5, 5), (5, 5, 0), (6, 5, 0)])
def test_years_of_gain(lag, horizon, years):
    assert iho.years_of_gain(lag, horizon, 0.0) == years
    assert iho.years_of_gain(0, 1, 0.25) == pytest.approx(0.8)


def test_the_gap_by_deprivation():
    waiting = np.array([[100.0, 0, 0, 0, 50.0], [10.0, 0, 0, 0, 0.0]])
    long = np.array([[30.0, 0, 0, 0, 5.0], [9.0, 0, 0, 0, 0.0]])
    assert iho.gap_by_deprivation(long, waiting).tolist() == pytest.approx([0.2, 0.0])
