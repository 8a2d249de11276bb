"""Who holds which freedom, when; waves, decisions, capability and reviews by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from aft_sim.policy import programme
from aft_sim.policy.programme import Status

pytestmark = pytest.mark.unit


def status(approval=True, reinvest=True):
    return Status(np.array([2, 5]), 17, approval, reinvest)


def test_status_begins_in_its_week_for_its_trusts():
    s = status()
    assert [s.holds(2, week) for week in (0, 16, 17, 400)] == [False, False, True, True]
    assert not s.holds(3, 400)


def test_each_freedom_is_its_own_switch():
    assert status().may_reinvest(17).tolist() == [2, 5]
    assert status().may_reinvest(16).size == 0
    assert status(reinvest=False).may_reinvest(400).size == 0
    assert status(reinvest=False).may_approve(5, 17)
    assert not status(approval=False).may_approve(5, 17)
    assert not status().may_approve(5, 16)
    assert not status().may_approve(3, 17)


def test_nobody_designated():
    s = Status(np.array([], dtype=np.int64), 0, True, True)
    assert s.may_reinvest(10).size == 0 and not s.holds(0, 10) and s.beginning(0).size == 0


def test_a_date_before_the_run_holds_from_the_first_week():
    s = Status(np.array([1]), -4, True, True)
    assert s.holds(1, 0) and s.may_approve(1, 0)
    assert s.beginning(0).tolist() == [1] and s.beginning(1).size == 0


def test_status_is_given_taken_away_and_given_again():
    s = status()
    s.grant(3, 40)
    s.withdraw(2, 50)
    s.grant(2, 90)
    assert [s.holders(week).tolist() for week in (39, 40, 50, 90)] == [[2, 5], [2, 3, 5], [3, 5], [2, 3, 5]]
    assert s.beginning(17).tolist() == [2, 5] and s.beginning(40).tolist() == [3] and s.beginning(90).tolist() == [2]
    assert s.may_reinvest(60).tolist() == [3, 5] and not s.may_approve(2, 60)
    assert s.designated.tolist() == [2, 3, 5] and s.first_week(2) == 17
    assert s.ever(17).tolist() == [] and s.ever(18).tolist() == [2, 5] and s.ever(500).tolist() == [2, 3, 5]
    assert [(x.trust, x.start, x.end) for x in s.spells] == [(2, 17, 50), (5, 17, None), (3, 40, None), (2, 90, None)]


class TestWaves:
    def test_months_of_waves(self):
        assert programme.wave_months(5, 7.5, 30) == (5, 13, 20, 27)
        assert programme.wave_months(-3, 6, 13) == (0, 6, 12)
        assert programme.wave_months(40, 6, 13) == ()

    def test_whole_months_have_the_mean(self):
        u = (np.arange(1000) + 0.5) / 1000
        found = [programme.whole_months(6.5, float(x)) for x in u]
        assert set(found) == {6, 7} and np.mean(found) == pytest.approx(6.5, abs=0.001)
        assert {programme.whole_months(6, float(x)) for x in u} == {6}

    def test_a_decision(self):
        decisions = [programme.decide(u, 0.8, 0.75) for u in (0.0, 0.79, 0.81, 0.949, 0.951)]
        assert decisions == ["approved", "approved", "deferred", "deferred", "rejected"]

    def test_who_applies_and_who_is_taken(self):
        ready = np.array([True, True, False, True, True])
        worth = np.array([1.0, 3.0, 9.0, 3.0, 2.0])
        tie = np.array([0.5, 0.9, 0.1, 0.2, 0.3])
        assert programme.choose_wave(ready, worth, tie, 1).tolist() == [3]
        assert programme.choose_wave(ready, worth, tie, 3).tolist() == [1, 3, 4]
        assert programme.choose_wave(ready, worth, tie, 9).tolist() == [0, 1, 3, 4]
        assert programme.choose_wave(ready, worth, tie, 0).tolist() == []

    def test_everyone_comes_in_by_what_they_fail(self):
        left = np.array([True, True, True, False])
        failed = np.array([2, 0, 1, 0])
        assert programme.choose_everyone(left, failed, np.zeros(4), np.zeros(4), 2).tolist() == [1, 2]
        assert [programme.places_for_everyone(*x) for x in ((100, 10), (101, 10), (5, 1), (5, 0))] == [10, 11, 5, 5]

    def test_expected_benefit_by_hand(self):
        found = programme.expected_benefit(
            np.array([2.0, 0.0, 1.0]), np.array([0.0, 60.0, 60.0]), 12.0, 0.05, np.array([0.0, 0.0, 0.5])
        )
        assert found == pytest.approx([2.0, 3.0, 4.5])
        none = np.zeros(1)
        nothing = programme.expected_benefit(none, np.array([60.0]), 0.0, 0.05, none)
        assert nothing == pytest.approx([0.0])

    def test_relief_is_worth_the_load_that_a_board_has_borne(self):
        quarters = [np.array([3.0, 2.0, np.nan, np.nan]), np.array([4.0, 3.0, 2.0, np.nan])]
        spent = np.array([200.0, 200.0, 400.0, 100.0])
        found = programme.relief_worth(quarters, 2, spent, 0.05, 0.025, 0.1)
        # always, every second quarter, never, never scored: 200 x 0.05 x 0.125 = 1.25 in full
        assert found == pytest.approx([1.25, 0.625, 0.0, 0.0])
        old = [np.array([4.0, 4.0, 4.0, 4.0])] + [np.full(4, 2.0)] * 8
        assert programme.relief_worth(old, 8, spent, 0.05, 0.025, 0.1).tolist() == [0.0] * 4
        assert programme.relief_worth(old, 9, spent, 0.05, 0.025, 0.1) == pytest.approx(spent * 0.05 * 0.125 / 9)


class TestCapability:
    u = (np.arange(4000) + 0.5) / 4000

    def test_share_that_is_good(self):
        latent = programme.latent_capability(self.u, 0.3, np.zeros(4000, dtype=bool))
        assert programme.is_good(latent, 0.3).mean() == pytest.approx(0.3, abs=0.001)
        assert programme.is_good(programme.latent_capability(self.u, 0.3, np.ones(4000, dtype=bool)), 0.3).all()

    def test_ratings_err_but_as_many_are_good(self):
        rng = np.random.default_rng(2)
        latent, error = rng.normal(size=(2, 200_000))
        assert programme.rated_good(latent, error, 0.0, 0.5).tolist() == programme.is_good(latent, 0.5).tolist()
        assert programme.rated_good(latent, error, 1.5, 0.5).mean() == pytest.approx(0.5, abs=0.005)
        # four in five ratings are within one of four equally common bands of the truth
        edges = stats.norm.ppf([0.25, 0.5, 0.75])
        seen = (latent + 1.5 * error) / np.sqrt(1 + 1.5**2)
        within = np.abs(np.searchsorted(edges, latent) - np.searchsorted(edges, seen)) <= 1
        assert within.mean() == pytest.approx(0.8, abs=0.02)


class TestReview:
    good, bad = np.array([2.0]), np.array([3.0])

    @pytest.mark.parametrize(
        ("record", "two", "of_four", "three"),
        [
            ("bb", True, True, False),
            ("bgb", False, True, False),
            ("bbb", True, True, True),
            ("bbg", False, True, False),
            ("bggb", False, True, False),
            ("bgggb", False, False, False),
            ("b", False, False, False),
            ("", False, False, False),
        ],
    )
    def test_triggers(self, record, two, of_four, three):
        published = [self.bad if quarter == "b" else self.good for quarter in record]
        for rule, expected in (("two_in_a_row", two), ("two_of_four", of_four), ("three_in_a_row", three)):
            assert programme.triggered(published, rule).any() == expected
        assert not programme.triggered(published, "none").any()

    def test_an_unknown_segment_calls_for_nothing(self):
        assert not programme.triggered([np.array([np.nan])] * 4, "two_in_a_row").any()

    def test_removal(self):
        assert programme.removed(0.4, False, 0.5)
        assert not programme.removed(0.6, False, 0.5)
        assert not programme.removed(0.0, True, 1.0)
