"""Oversight against what is published: the opening table by rule, and how often trusts change segment.

Tolerances were stated before the mechanism was written. Published: of about 205 trusts 38 changed segment between the
first two quarters of 2025/26, 24 of them within what NHS England calls noise; the 58 mental health and community
trusts of today have four quarters with scores.
"""

from datetime import date
from functools import lru_cache

import numpy as np
import pytest
from scipy.stats import spearmanr

from aft_sim.baseline.bundle import load
from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.league import opening_league
from aft_sim.policy.oversight import PROGRAMME, Cuts
from aft_sim.spec.register import Register
from worlds import plan, run, same, scenario

pytestmark = pytest.mark.validation

#: Share of trusts that change segment in a quarter without any policy, published and by how much a run may miss it.
CHANGES, CHANGES_WITHIN = 38 / 205, 0.05
#: Share of changes that are noise: no change of the override, and a move of the score that is not significant.
NOISE, NOISE_WITHIN = 24 / 38, 0.20
#: Trusts whose score moved significantly, with (8) and without (9) a change of segment; the threshold is not published.
SIGNIFICANT = (8 + 9) / 205
#: Rank correlation of the segments of mental health and community trusts with those one and three quarters before.
RANKS_WITHIN = {1: 0.06, 3: 0.12}
#: Current trusts whose segment thresholds alone do not give, non-acute and acute: they need an offset.
OFFSETS = (6, 0)


def test_tolerances_are_narrower_than_chance():
    """A league table drawn afresh every quarter would change three segments in four and have no rank correlation."""
    assert CHANGES + CHANGES_WITHIN < 0.3 and max(RANKS_WITHIN.values()) < 0.2
    assert np.isclose(NOISE, 0.63, atol=0.01) and sum(OFFSETS) < 10
    assert NOISE_WITHIN < 0.25


REGISTER = Register.load()
CUTS = Cuts(*(REGISTER.number(f"oversight.cut_{k}") for k in (1, 2, 3)))
NON_ACUTE, ACUTE = "Mental health and community trust", "Acute trust"
SEEDS = (1, 2, 3)
UNTIL = date(2029, 3, 31)


@lru_cache(maxsize=8)
def ran(seed: int) -> TrustAutonomyModel:
    """A run without policy."""
    model = TrustAutonomyModel(plan(scenario("no-aft"), UNTIL), seed)
    model.run()
    return model


def published(seed: int):
    """Quarters, published segments by quarter, and which trusts are acute, of a run without policy."""
    o = ran(seed).world.oversight
    return o.quarters, np.array(o.published), ran(seed).oversight._acute


def within_a_year(quarters, after: str, lag: int = 1):
    """Positions of quarters whose successor `lag` later is in the same financial year and was scored by the run."""
    first = quarters.index(after)
    return [k for k in range(first, len(quarters) - lag) if quarters[k][3:] == quarters[k + lag][3:]]


def changes_a_quarter(seed: int) -> float:
    """Share of scored trusts whose segment differs from that of the quarter before, within a year."""
    quarters, segments, _ = published(seed)
    scored = np.isfinite(segments[-1])
    return float(
        np.mean([(segments[k] != segments[k + 1])[scored].mean() for k in within_a_year(quarters, "Q4 2025/26")])
    )


def causes(seed: int) -> dict[str, int]:
    """Changes of segment within a year of a run without policy, by cause as NHS England tells them apart.

    A move of the score is significant if it is among the largest, as many as were significant in the published quarter.
    """
    o = ran(seed).world.oversight
    unscored = len(o.quarters) - len(o.history)  # quarters that were published before the run
    found = dict.fromkeys(("all", "override", "significant", "not significant", "improvement programme"), 0)
    for k in within_a_year(o.quarters, "Q4 2025/26"):
        (_, was, by_score, before), (_, now, by_score_now, after) = o.history[k - unscored : k - unscored + 2]
        scored = np.isfinite(was) & np.isfinite(now)
        move = np.where(scored, np.abs(now - was), 0.0)
        far = move >= np.quantile(move[scored], 1 - SIGNIFICANT)
        changed = scored & (before != after)
        programme = changed & ((before == PROGRAMME) | (after == PROGRAMME))
        held = changed & ~programme & (by_score == by_score_now)
        rest = changed & ~programme & ~held
        kinds = (changed, held, rest & far, rest & ~far, programme)
        for cause, which in zip(found, kinds, strict=True):
            found[cause] += int(which.sum())
    return found


@pytest.fixture(scope="module")
def league():
    return opening_league(load().oversight, CUTS)


class TestOpening:
    def test_segments_and_ranks_of_mental_health_and_community_trusts(self, league):
        found = league.counts(NON_ACUTE)
        assert {k: found[k] for k in ("trusts", "averages_from_scores", "segments", "ranks")} == dict.fromkeys(
            ("trusts", "averages_from_scores", "segments", "ranks"), 61
        )
        assert (found["segments_without_offset"], found["offsets"]) == (54, 7)
        assert (found["override"], found["held_back"]) == (12, 2)

    def test_segments_of_acute_trusts(self, league):
        """129 results: one is of a trust that is part of another now."""
        found = league.counts(ACUTE)
        assert (found["trusts"], found["segments"], found["offsets"]) == (129, 129, 0)
        assert (found["override"], found["held_back"], found["averages_from_scores"]) == (100, 36, 0)
        own = [r for r in league.rows if league.table.group[r] == ACUTE and league.table.trust[r]]
        assert len(own) == 128
        use = np.array([g == ACUTE for g in league.groups])
        theirs = league.table.rank[league.rows[use]]
        assert (np.diff(league.rank[use][np.argsort(theirs, kind="stable")]) >= 0).all()  # five of 134 are missing

    def test_offsets_of_current_trusts(self):
        b = load()
        model = TrustAutonomyModel(plan(scenario("no-aft"), date(2026, 3, 31)), 1)
        acute = model.oversight._acute
        needed = model.oversight._offset != 0
        assert (int((needed & ~acute).sum()), int((needed & acute).sum())) == OFFSETS
        assert np.isfinite(b.trusts.segment[needed]).all()


class TestRun:
    def test_as_many_trusts_change_segment_as_published(self):
        found = np.mean([changes_a_quarter(seed) for seed in SEEDS])
        assert found == pytest.approx(CHANGES, abs=CHANGES_WITHIN)

    def test_most_changes_are_not_significant(self):
        """As NHS England counts: neither does the override change, nor does the score move far."""
        of = {cause: sum(causes(seed)[cause] for seed in SEEDS) for cause in causes(SEEDS[0])}
        print("\nchanges of segment by cause:", {cause: f"{n / of['all']:.0%}" for cause, n in of.items()})
        assert sum(of.values()) == 2 * of["all"] > 300
        assert of["not significant"] / of["all"] == pytest.approx(NOISE, abs=NOISE_WITHIN)
        assert of["override"] > 0 and of["significant"] > 0

    @pytest.mark.parametrize("lag", [1, 3])
    def test_rank_correlation_of_segments_within_a_year(self, lag):
        table = load().oversight
        codes = load().trusts.code
        theirs = [table.of(table.segment, table.rows(codes, q)) for q in table.quarters]

        def mean(segments, positions, use):
            found = [spearmanr(segments[k][use], segments[k + lag][use]).statistic for k in positions]
            return float(np.mean(found))

        use = np.isfinite(theirs[0])
        wanted = mean(theirs, range(4 - lag), use)
        found = []
        for seed in SEEDS:
            quarters, segments, acute = published(seed)
            own = np.isfinite(segments[-1]) & ~acute
            found.append(mean(segments, within_a_year(quarters, "Q1 2026/27", lag), own))
        assert np.mean(found) == pytest.approx(wanted, abs=RANKS_WITHIN[lag])

    def test_published_results_of_the_last_quarter_before_the_run_are_kept(self):
        """The fourth quarter of 2025/26 is scored in the run, but of non-acute trusts it is known."""
        quarters, segments, acute = published(1)
        found = segments[quarters.index("Q4 2025/26")]
        stated = load().trusts.segment
        use = np.isfinite(stated) & ~acute & (found != 5)
        assert use.sum() >= 56
        assert np.array_equal(found[use], stated[use])

    def test_a_trust_within_the_standard_for_long_waits_scores_best_in_it(self):
        """1 % over 52 weeks is the standard: many trusts meet it at the opening, and no other trust scores as well."""
        model = TrustAutonomyModel(plan(scenario("no-aft"), date(2026, 3, 31)), 1)
        _, over = model.oversight._shares()
        score = model.oversight._measured(0)[1]
        meets = over <= REGISTER.number("oversight.standard_over_52")
        assert 10 < meets.sum() < np.isfinite(over).sum() - 10
        assert (score[meets] == 1).all() and (score[(over > 1)] >= 2).all()

    def test_agents_see_a_segment_one_quarter_late(self):
        model = TrustAutonomyModel(plan(scenario("no-aft"), date(2027, 3, 31)), 1)
        scored = {}
        while model.week < model.plan.calendar.n_weeks:
            model.step()
            o = model.world.oversight
            if o.scored and o.scored not in scored:
                scored[o.scored] = o.segment.copy()
                assert o.quarters[-1] != o.scored
        for quarter, segment in list(scored.items())[:-1]:
            assert np.array_equal(o.published[o.quarters.index(quarter)], segment, equal_nan=True)

    def test_every_change_of_segment_is_an_event(self):
        tables = run(scenario("no-aft"), date(2027, 3, 31))
        events = [e for e in tables["events"].to_pylist() if e["event"] == "segment change"]
        rows = tables["oversight"].to_pylist()
        at = {(r["month"], r["trust"]): r["segment"] for r in rows}
        assert events and all(at[e["month"], e["trust"]] == e["value"] for e in events)
        assert len({r["month"] for r in rows}) == 4


class TestLinks:
    def test_without_spending_controls_segments_do_not_move_patients_or_money(self):
        """The load of oversight costs no output by default; thresholds then move segments and nothing else."""
        off: dict[str, object] = {"oversight__spending_control": 0.0}
        kinder = scenario("no-aft", **off, oversight__cut_1=3.0, oversight__cut_2=3.5)
        one, other = (run(s, date(2027, 3, 31)) for s in (scenario("no-aft", **off), kinder))
        assert not one["oversight"].equals(other["oversight"])
        keep = ("england", "region", "icb_quintile", "trust", "money")
        assert same({k: one[k] for k in keep}, {k: other[k] for k in keep})

    def test_load_of_oversight_moves_output_of_trusts_that_change_segment(self):
        loaded = scenario("no-aft", oversight__management_effect=0.1, oversight__spending_control=0.0)
        model = TrustAutonomyModel(plan(loaded, date(2027, 3, 31)), 1)
        model.run()
        o = model.world.oversight
        start, now = model.oversight._started, o.latest
        worse = (start < 3) & (now >= 3)
        better = (start >= 3) & (now < 3)
        assert worse.any() and better.any()
        assert np.allclose(model.world.management[worse], 0.995)
        assert np.allclose(model.world.management[better], 1 / 0.995)
        assert (model.world.management[~worse & ~better] == 1).all()

    @pytest.mark.parametrize(("rule", "most"), [("off", 0), ("deficit_only", 115), ("grace", 140)])
    def test_override_rules_hold_back_fewer(self, rule, most):
        model = TrustAutonomyModel(plan(scenario("no-aft", oversight__override=rule), date(2026, 9, 30)), 1)
        model.run()
        assert model.world.oversight.override.sum() <= most
        if rule == "off":
            o = model.world.oversight
            scored = np.isfinite(o.score) & (o.segment != 5)
            assert np.array_equal(o.segment[scored], o.unadjusted[scored])
