"""Chance and ignorance: known components are found, and nothing is said where nothing can be known."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.spec.draws import Draw, drawable, in_order
from aft_sim.spec.register import Register
from aft_sim.study.paired import paired_effect, runs_needed
from aft_sim.study.variance import grade_group, split

pytestmark = pytest.mark.unit


def layout(n_draws: int, n_seeds: int, ignorance: float, chance: float, seed: int = 1):
    """Differences of a one-way layout with known standard deviations, and the draw of each."""
    rng = np.random.default_rng(seed)
    means = 2.0 + ignorance * rng.standard_normal(n_draws)
    differences = (means[:, None] + chance * rng.standard_normal((n_draws, n_seeds))).ravel()
    return differences, np.repeat(np.arange(1, n_draws + 1), n_seeds)


def test_law_of_total_variance_by_hand():
    # draw means 1, 3, 8; within 2 (each pair of seeds 1 apart from its mean)
    found = split(np.array([0.0, 2.0, 2.0, 4.0, 7.0, 9.0]), [1, 1, 2, 2, 3, 3])
    assert found is not None
    assert found.variance_chance == pytest.approx(2.0)
    assert found.variance_ignorance == pytest.approx(13.0 - 2.0 / 2)
    assert found.ignorance == pytest.approx(12.0 / 14.0)
    assert found.chance + found.ignorance == pytest.approx(1.0)
    assert found.interval[0] < found.ignorance < found.interval[1]


@pytest.mark.parametrize(("ignorance", "chance"), [(1.0, 0.2), (0.5, 0.5), (0.1, 1.0), (0.0, 1.0)])
def test_known_components_are_found(ignorance, chance):
    true = ignorance**2 / (ignorance**2 + chance**2)
    found = [split(*layout(40, 8, ignorance, chance, seed)) for seed in range(60)]
    assert all(one is not None for one in found)
    known = [one for one in found if one is not None]
    assert np.mean([one.ignorance for one in known]) == pytest.approx(true, abs=0.04)
    assert np.mean([one.variance_chance for one in known]) == pytest.approx(chance**2, rel=0.05)
    covered = np.mean([one.interval[0] <= true <= one.interval[1] for one in known])
    assert covered > 0.85  # 95% of them on average


def test_more_seeds_do_not_make_ignorance():
    """Without the correction for noise the means of two seeds a draw would show half of chance as ignorance."""
    found = [split(*layout(200, 2, 0.0, 1.0, seed)) for seed in range(20)]
    assert np.mean([one.ignorance for one in found if one is not None]) < 0.08


@pytest.mark.parametrize(
    "draws",
    [None, [0] * 6, [1, 1, 1, 2, 2, 2], [1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 1, 1], [1, 1, 2, 3, 4, 5]],
    ids=["no draws", "one", "two", "a seed each", "central", "hardly any seeds"],
)
def test_nothing_is_said_where_nothing_can_be_known(draws):
    assert split(np.array([1.0, 2.0, 4.0, 3.0, 6.0, 5.0]), draws) is None


def test_no_variance_has_no_parts():
    assert split(np.full(8, 0.3), [1, 1, 2, 2, 3, 3, 4, 4]) is None


def test_central_values_are_no_draw():
    values, draws = layout(6, 4, 1.0, 0.5)
    with_central = split(np.concatenate([[90.0, 91.0], values]), [0, 0, *draws])
    assert with_central == split(values, draws)


def worlds_of(n: int, names: tuple[str, ...], seed: int = 3):
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, len(names)))
    worlds = {i + 1: Draw(i + 1, in_order(dict(zip(names, map(float, values[i]), strict=True)))) for i in range(n)}
    return values, worlds


def two_grades() -> tuple[str, str]:
    names = drawable(Register.load())
    judged = next(name for name in names if grade_group(name) == "E or judgement")
    known = next(name for name in names if grade_group(name) == "A-B")
    return judged, known


def test_ignorance_by_grade():
    names = (*two_grades(), "made.up")
    values, worlds = worlds_of(80, names)
    means = 3.0 * values[:, 0] + 1.0 * values[:, 1]
    noise = 0.5 * np.random.default_rng(5).standard_normal((80, 4))
    found = split((means[:, None] + noise).ravel(), list(np.repeat(np.arange(1, 81), 4)), worlds)
    assert found is not None
    judged, known = found.by_grade["E or judgement"], found.by_grade["A-B"]
    assert judged == pytest.approx(0.9, abs=0.08)
    assert known == pytest.approx(0.1, abs=0.1)
    assert found.by_grade["not in the register"] == pytest.approx(0.0, abs=0.08)


def test_a_grade_with_too_many_parameters_is_left_open():
    judged = [name for name in drawable(Register.load()) if grade_group(name) == "E or judgement"]
    values, worlds = worlds_of(20, tuple(judged))
    means = 3.0 * values[:, 0]
    noise = 0.1 * np.random.default_rng(5).standard_normal((20, 3))
    found = split((means[:, None] + noise).ravel(), list(np.repeat(np.arange(1, 21), 3)), worlds)
    assert found is not None
    assert found.by_grade == {"E or judgement": None}


def test_no_grades_without_ignorance():
    _, worlds = worlds_of(30, two_grades())
    values, draws = layout(30, 4, 0.0, 1.0)
    found = split(values, list(draws), worlds)
    assert found is not None and not found.by_grade


def test_runs_needed_by_hand():
    effect = paired_effect([2.0, 4.0, 6.0], [1.0, 1.0, 1.0], band=0.1)  # sd 2
    assert effect.standard_error == pytest.approx(2.0 / 3**0.5)
    assert runs_needed(effect, 0.5) == 16
    assert runs_needed(effect) == 6400
    assert runs_needed(effect, effect.standard_error) == 3
    assert runs_needed(effect, 50.0) == 2
    assert runs_needed(paired_effect([1.0], [0.0], band=0.1)) is None
    assert runs_needed(paired_effect([1.0, 2.0], [0.0, 0.0], band=0.0)) is None
    with pytest.raises(ValueError, match="above 0"):
        runs_needed(effect, 0.0)


def test_runs_needed_counts_in_draws_where_draws_are_the_units():
    effect = paired_effect([1.0, 3.0, 5.0, 7.0], [0.0] * 4, band=0.1, draws=[0, 0, 1, 1])  # means 2 and 6
    assert runs_needed(effect, 1.0) == 16  # 8 draws of two seeds


def test_what_pairing_gains_is_counted_within_draws():
    """Draws 100 apart in level: sharing the parameters is no merit of pairing."""
    level = np.array([0.0, 2.0, 100.0, 102.0])
    effect = np.array([0.0, 1.0, 0.0, 1.0])
    found = paired_effect(level + effect, level, band=0.1, draws=[1, 1, 2, 2]).variance_ratio
    # squares about the draw's mean: 2 x 4.5 with the policy, 2 x 2 without, 2 x 0.5 of the differences
    assert found == pytest.approx(13.0)
    across = paired_effect(level + effect, level, band=0.1).variance_ratio
    assert across is not None and across > 1000
