"""Rules of oversight by hand, and how scores move."""

import numpy as np
import pytest

from aft_sim.mechanisms import oversight as scores
from aft_sim.policy import oversight as rules

pytestmark = pytest.mark.unit

NAN = np.nan
CUTS = rules.Cuts(2.10, 2.355, 2.70)


def test_rank_alone_spreads_from_one_to_four_and_ties_take_the_better_score():
    found = rules.score_rank(np.array([50.0, 40, 40, 30, NAN]), higher_is_better=True)
    assert found[:4].tolist() == [1.0, 2.0, 2.0, 4.0] and np.isnan(found[4])
    assert rules.score_rank(np.array([7.0]), higher_is_better=False).tolist() == [1.0]


def test_all_that_meet_the_standard_score_one_the_best_of_the_rest_two():
    found = rules.score_standard(np.array([0.2, 1.0, 1.5, 2.0, 9.0, NAN]), 1.0, higher_is_better=False)
    assert found[:5].tolist() == [1.0, 1.0, 2.0, 3.0, 4.0] and np.isnan(found[5])


def test_against_a_yardstick_nobody_moves_another():
    opening = np.array([50.0, 40, 40, 30, NAN])
    same = rules.score_rank(opening, higher_is_better=True, yardstick=opening)
    assert same[:4].tolist() == [1.0, 2.0, 2.0, 4.0] and np.isnan(same[4])
    # as good as the best, better than the two in the middle, worse than all that were
    later = rules.score_rank(np.array([50.0, 45, 40, 10, NAN]), higher_is_better=True, yardstick=opening)
    assert later[:4].tolist() == [1.0, 2.0, 2.0, 4.0] and np.isnan(later[4])
    long = np.array([0.2, 1.5, 2.0, 9.0])
    assert rules.score_standard(long, 1.0, higher_is_better=False, yardstick=long).tolist() == [1.0, 2.0, 3.0, 4.0]
    better = np.array([0.2, 0.9, 2.0, 9.0])
    found = rules.score_standard(better, 1.0, higher_is_better=False, yardstick=long)
    assert found.tolist() == [1.0, 1.0, 3.0, 4.0]


def test_all_below_the_floor_score_four_the_worst_of_the_rest_three():
    found = rules.score_floor(np.array([33.0, 69.9, 70.0, 80.0, 100.0]), 70.0, higher_is_better=True)
    assert found.tolist() == [4.0, 4.0, 3.0, 2.0, 1.0]


def test_average_is_the_plain_mean_of_what_there_is():
    """The manual's example: eleven scores that add up to 16.83 average 1.53."""
    example = np.array([1, 2.62, 1, 1, 1, 1.4, 1, 3, 1.36, 1.45, 2, NAN])
    assert np.nansum(example) == pytest.approx(16.83)
    assert rules.average_score(example[None])[0] == 1.53
    assert np.isnan(rules.average_score(np.full((1, 3), NAN))[0])


@pytest.mark.parametrize(
    ("planned", "variance", "score"),
    [(0.0, 0.0, 1), (0.0, -0.4, 1), (0.3, -0.8, 2), (0.0, -7.4, 3), (-0.5, 0.1, 2), (-1.9, -1.1, 4), (-2.5, 0.0, 2)],
)
def test_combined_finance_as_published(planned, variance, score):
    assert rules.combined_finance(np.array([planned]), np.array([variance])).tolist() == [score]


def test_combined_finance_never_improves_with_money_lost():
    assert (np.diff(rules.COMBINED, axis=0) >= 0).all() and (np.diff(rules.COMBINED, axis=1) >= 0).all()


def test_segments_by_thresholds_and_quartiles():
    score = np.array([2.10, 2.11, 2.35, 2.36, 2.70, 2.71, NAN])
    assert rules.by_thresholds(score, CUTS)[:6].tolist() == [1, 2, 2, 3, 3, 4]
    quarters = rules.by_quartiles(np.array([1.0, 1.5, 2.0, 2.5, 3.0, 3.2, 3.4, 3.6, NAN]))
    assert quarters[:8].tolist() == [1, 1, 2, 2, 3, 3, 4, 4] and np.isnan(quarters[8])


def test_the_four_rules_of_the_override():
    deficit, support = np.array([True, False, False]), np.array([False, True, False])
    quarters = np.array([2.0, 9.0, 0.0])

    def who(rule):
        return rules.overridden(rule, deficit, support, quarters, grace=4).tolist()

    assert who("on") == [True, True, False]
    assert who("off") == [False, False, False]
    assert who("deficit_only") == [True, False, False]
    assert who("grace") == [False, True, False]
    assert rules.adjust(np.array([1.0, 2, 4, 1]), np.array([True, True, True, False])).tolist() == [3, 3, 4, 1]


def test_offsets_are_the_least_that_give_the_published_segment():
    score = np.array([2.31, 2.60, 2.20, 2.85, 1.40, 2.80])
    segment = np.array([3.0, 4, 1, 3, 3, 4])
    override = np.array([False, False, False, True, True, True])
    shift = rules.offset(score, segment, override, CUTS)
    assert shift.tolist() == [0.05, 0.11, -0.1, -0.15, 0.0, 0.0]
    assert rules.adjust(rules.by_thresholds(score + shift, CUTS), override).tolist() == segment.tolist()


def test_rank_is_by_segment_then_score():
    segment, score = np.array([3.0, 1, 1, 2, 3]), np.array([1.5, 1.66, 1.66, 2.2, NAN])
    assert rules.rank(segment, score)[:4].tolist() == [4, 1, 1, 3]


def test_who_may_enter_the_improvement_programme():
    segment, weakest = np.array([4.0, 4, 3, 3, 1]), np.array([True, False, True, False, False])
    left = np.array([np.inf, np.inf, np.inf, 8, 8])
    chance = rules.entry_chance(segment, weakest, left, 0.05, 0.15)
    assert chance[:3].tolist() == [0.05, 0, 0] and chance[4] == 0
    assert 1 - (1 - chance[3]) ** rules.RELAPSE_QUARTERS == pytest.approx(0.15)


def test_load_is_borne_from_segment_three_unless_relieved():
    segment, relieved = np.array([2.0, 3, 5, 4, NAN]), np.array([False, False, False, True, False])
    assert rules.load_factor(segment, relieved, 0.05, 0.1).tolist() == [1, 0.995, 0.995, 1, 1]
    assert (rules.load_factor(segment, relieved, 0.05, 0.0) == 1.0).all()


def test_spending_controls_hold_back_what_the_opening_segment_did_not():
    opening = np.array([3.0, 4.0, 4.0, 5.0, np.nan, 2.0])
    now = np.array([4.0, 4.0, 3.0, 4.0, 5.0, np.nan])
    held = rules.held_back(now, opening, 0.2, np.zeros(6, dtype=bool))
    assert held == pytest.approx([0.2, 0.0, -0.25, 0.0, 0.2, 0.0])
    # what is left of 80 that were spent under controls is 100 without them
    assert 80 * (1 - held[2]) == pytest.approx(100.0)
    assert rules.held_back(now, opening, 0.0, np.zeros(6, dtype=bool)).tolist() == [0.0] * 6
    free = rules.held_back(now, opening, 0.2, np.ones(6, dtype=bool))
    assert (free <= held).all() and (free <= 0).all(), "nothing is held back from those who decide themselves"


def test_parts_add_up_to_the_score_and_keep_their_spread():
    rng = np.linspace(-2, 2, 401)
    score = 2.4 + 0.4 * rng / rng.std()
    of = scores.spread(score, np.zeros(401, dtype=np.int64), np.full(401, 9.0), 0.67, 0.98, 0.8)
    z = np.tile([1.0, -1.0], 201)[:401]
    lasting, passing = scores.part(score, of, z)
    assert np.allclose(of.mean + lasting + passing, score)
    assert lasting.std() == pytest.approx(of.lasting[0], rel=0.02)
    assert passing.std() == pytest.approx(of.passing[0], rel=0.02)
    u = (np.arange(20_000) + 0.5) / 20_000
    x = scores.step(np.zeros(20_000), u, 0.8, np.full(20_000, 0.3), 1.0)
    assert x.std() == pytest.approx(0.3 * 0.6, rel=0.01)


def test_nothing_moves_by_chance_without_chance():
    x = np.array([0.3, -0.2])
    assert scores.step(x, np.array([0.1, 0.9]), 0.98, np.ones(2), 0.0).tolist() == (0.98 * x).tolist()


@pytest.mark.parametrize(
    ("year", "month", "label"),
    [(2026, 3, "Q4 2025/26"), (2026, 4, "Q1 2026/27"), (2026, 12, "Q3 2026/27"), (2030, 1, "Q4 2029/30")],
)
def test_labels_of_quarters(year, month, label):
    assert scores.quarter_label(year, month) == label
