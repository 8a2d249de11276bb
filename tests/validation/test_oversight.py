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
from aft_sim.policy.oversight import Cuts
from aft_sim.spec.register import Register
from worlds import plan, run, same, scenario

pytestmark = pytest.mark.validation

#: Share of trusts that change segment in a quarter without any policy, published and by how much a run may miss it.
CHANGES, CHANGES_WITHIN = 38 / 205, 0.05
#: Share of changes that noise alone makes.
NOISE, NOISE_WITHIN = 24 / 38, 0.20
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
def published(seed: int, **changes: float):
    """Quarters, published segments by quarter, and which trusts are acute, of a run without policy."""
    model = TrustAutonomyModel(plan(scenario("no-aft", **changes), UNTIL), seed)
    model.run()
    o = model.world.oversight
    return o.quarters, np.array(o.published), model.oversight._acute


def within_a_year(quarters, after: str, lag: int = 1):
    """Positions of quarters whose successor `lag` later is in the same financial year and was scored by the run."""
    first = quarters.index(after)
    return [k for k in range(first, len(quarters) - lag) if quarters[k][3:] == quarters[k + lag][3:]]


def changes_a_quarter(seed: int, **changes: float) -> float:
    """Share of scored trusts whose segment differs from that of the quarter before, within a year."""
    quarters, segments, _ = published(seed, **changes)
    scored = np.isfinite(segments[-1])
    return float(
        np.mean([(segments[k] != segments[k + 1])[scored].mean() for k in within_a_year(quarters, "Q4 2025/26")])
    )


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

    @pytest.mark.xfail(
        strict=True,
        reason="A miss: 42.9 % of changes are noise, the published 63.2 % less the tolerance is 43.2 %; finances that "
        "follow from the ledger move segments more than lasting performance did in the published quarters.",
    )
    def test_most_changes_are_noise(self):
        all_changes = np.mean([changes_a_quarter(seed) for seed in SEEDS])
        lasting = np.mean([changes_a_quarter(seed, oversight__metric_noise=0.0) for seed in SEEDS])
        assert 1 - lasting / all_changes == pytest.approx(NOISE, abs=NOISE_WITHIN)

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
