"""Opening flows corrected so that the ages of the list stay."""

import numpy as np
import pytest

from aft_sim.baseline.priorities import BAND_OF_WEEK, N_WEEKS
from aft_sim.baseline.settle import EARLY_WEEKS, FIRST_BAND, RowFlows, correction, solve_steady, steady_list

pytestmark = pytest.mark.unit

RISING = np.where(np.arange(N_WEEKS) < 20, 0.03, 0.06)


def flows(n=1, waiting=1500.0, removed=20.0):
    one = np.ones(n)
    return RowFlows(100 * one, 5 * one, (105 - removed) * one, removed * one, waiting * one)


def test_a_steady_week_lets_out_as_many_as_come_in():
    _, treated, removed = steady_list(RISING[None].copy(), np.array([0.01]), flows())
    assert treated[0] + removed[0] == pytest.approx(105.0)


def test_steady_list_with_one_constant_chance_is_geometric():
    rate = np.full((1, N_WEEKS), 0.1)
    no_late = RowFlows(np.array([100.0]), np.zeros(1), np.array([100.0]), np.zeros(1), np.array([900.0]))
    people, treated, _ = steady_list(rate, np.zeros(1), no_late)
    assert people[0, :3] == pytest.approx([90.0, 81.0, 72.9])
    assert people.sum() == pytest.approx(900.0)  # 100 * 0.9 / 0.1, the open band included
    assert treated[0] == pytest.approx(100.0)


def test_nobody_leaves_unseen_in_the_first_weeks():
    people, _, removed = steady_list(np.zeros((1, N_WEEKS)), np.array([0.02]), flows())
    joined = 100 + np.minimum(np.arange(EARLY_WEEKS), EARLY_WEEKS) * 5 / EARLY_WEEKS
    assert people[0, :EARLY_WEEKS] == pytest.approx(joined)
    assert removed[0] == pytest.approx(105.0)


def test_solution_has_the_published_length_and_the_balanced_split():
    f = flows(waiting=1400.0, removed=18.0)
    people, chance = solve_steady(RISING[None].copy(), f)
    assert people.sum() == pytest.approx(1400.0, rel=0.01)
    # people are counted at the end of the week, when those treated in it have gone
    assert (people / (1 - chance) * chance).sum() / f.treated[0] == pytest.approx(1.0, rel=0.05)


def test_flows_whose_ages_agree_are_left_alone():
    f = flows(n=3, waiting=60_000.0)
    scaled = RowFlows(*(np.asarray(v) * s for v, s in zip(vars(f).values(), (40, 40, 40, 40, 1), strict=True)))
    rate = np.tile(RISING, (3, 1))
    people, _ = solve_steady(rate, scaled)
    factor = correction(rate, scaled, people, np.arange(3))
    assert factor == pytest.approx(np.ones_like(factor), abs=0.03)


def hidden_removals(people):
    """Four alike providers of so many people; one also loses some at 18-26 weeks, unseen in its completions."""
    f = flows(n=4, waiting=1400.0)
    f = RowFlows(*(np.asarray(v) * people / 1400.0 for v in vars(f).values()))
    rate = np.tile(RISING, (4, 1))
    hidden = rate.copy()
    hidden[0, 18:26] *= 2.0
    published, _ = solve_steady(hidden, f)
    return f, rate, published, correction(rate, f, published, np.arange(4))


def test_removals_that_bunch_at_a_mark_are_found_and_then_the_list_keeps_its_ages():
    f, rate, published, factor = hidden_removals(60_000.0)
    assert factor[0, FIRST_BAND + 2] > 1.3
    assert factor[1:, FIRST_BAND : FIRST_BAND + 4] == pytest.approx(1.0, abs=0.2)

    def share(people):
        return people[0, :18].sum() / people[0].sum()

    before, _ = solve_steady(rate, f)
    after, _ = solve_steady(rate * factor[:, BAND_OF_WEEK], f)
    assert abs(share(after) - share(published)) < 0.4 * abs(share(before) - share(published))


def test_what_few_people_show_counts_less():
    many, few = (hidden_removals(people)[3][0, FIRST_BAND + 2] for people in (60_000.0, 150.0))
    assert 1.0 < few < 1 + (many - 1) / 2
