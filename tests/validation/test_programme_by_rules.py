"""The programme by rules in whole runs: real dates first, then waves; what it may not do; what is drawn and how."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import numpy as np
import pytest
from scipy import stats

from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.programme import NOMINATED, decide
from aft_sim.spec.register import Register
from aft_sim.study.execute import treated_in
from worlds import few, plan, run, same, scenario

pytestmark = pytest.mark.validation

END = date(2033, 3, 31)
RULES = {"aft.programme": "rules", "aft.invited": ["set:second-wave"]}
OFF = {"aft.freedoms.approval": False, "aft.freedoms.reinvest": False}
OWN = {
    *("nominated", "applied", "assessed", "approved", "deferred", "rejected"),
    *("designated", "review", "review passed", "removed", "pot frozen", "near miss"),
}


def model_of(seed=1, until=END, **changes):
    made = scenario("baseline").with_changes("rules", RULES | {k.replace("__", "."): v for k, v in changes.items()})
    model = TrustAutonomyModel(plan(made, until, few()), seed)
    return model, model.run()["events"].to_pylist()


def months(text: str) -> int:
    return int(text[:4]) * 12 + int(text[5:7])


@pytest.fixture(scope="module")
def by_rules():
    return model_of()


def test_the_first_wave_is_as_it_was(by_rules):
    model, events = by_rules
    first = set(model.plan.treated)
    told = defaultdict(set)
    for e in events:
        told[e["event"], e["month"]].add(e["trust"])
    assert told["nominated", "2026-02"] == first | {"RWX"}
    assert told["approved", "2026-05"] == told["designated", "2026-06"] == first
    monday = model.plan.calendar.monday(model.plan.aft_week)
    assert monday == date(2026, 6, 1)
    week, index = model.plan.aft_week, model.plan.bundle.trusts.index
    assert model.status.holders(week - 1).size == 0
    assert set(model.status.holders(week).tolist()) == {index[code] for code in first}
    assert all(
        model.status.may_approve(i, week) and i in model.status.may_reinvest(week) for i in map(index.get, first)
    )
    # known to be invited in July 2026
    assert "RRE" in told["assessed", "2026-07"]


def test_from_nomination_to_freedoms_takes_six_to_seven_months_in_days(by_rules):
    """The first wave as it was, and every later trust that is approved at once: from the close of the month."""
    model, events = by_rules
    calendar = model.plan.calendar
    closes = {month.label: month.last_day for month in calendar.months}
    assert 6 * 30.4 <= (calendar.monday(model.plan.aft_week) - NOMINATED).days <= 7 * 30.4
    invited, waited, taken = {}, set(), []
    for e in events:
        if e["event"] == "assessed":
            invited[e["trust"]] = closes[e["month"]]
            waited.discard(e["trust"])
        elif e["event"] == "deferred":
            waited.add(e["trust"])
        elif e["event"] == "approved" and e["trust"] in invited and e["trust"] not in waited:
            taken.append((calendar.monday(int(e["value"])) - invited.pop(e["trust"])).days)
    # months close on the Sunday nearest their last day, so that a week more or less is the calendar's
    assert len(taken) >= 10 and min(taken) >= 6 * 30.4 - 7 and max(taken) <= 7 * 30.4 + 7
    assert len({round(days / 30.4) for days in taken}) == 2, "some take six months and some take seven"


def test_from_invitation_to_freedoms_takes_six_to_seven_months(by_rules):
    _, events = by_rules
    invited, deferred, seen = {}, set(), 0
    for e in events:
        if e["event"] == "assessed":
            invited[e["trust"]] = months(e["month"])
            deferred.discard(e["trust"])
        elif e["event"] == "deferred":
            deferred.add(e["trust"])
        elif e["event"] == "designated" and e["trust"] in invited and e["trust"] not in deferred:
            # invited by the close of a month, designated on the first of a later one
            assert months(e["month"]) - invited.pop(e["trust"]) in (7, 8)
            seen += 1
    assert seen >= 10


def test_waves_are_of_the_size_and_the_distance_of_the_register(by_rules):
    _, events = by_rules
    waves = defaultdict(list)
    for e in events:
        if e["event"] == "assessed":
            waves[months(e["month"])].append(e["trust"])
    assert max(map(len, waves.values())) <= 7
    assert all(6 <= gap <= 16 for gap in np.diff(sorted(waves)))
    assert len(waves) >= 4


def test_freedoms_end_with_the_status(by_rules):
    model, events = by_rules
    ended = {}
    for e in events:
        if e["event"] == "removed":
            ended[e["trust"]] = e["month"]
        elif e["event"] == "designated":
            ended.pop(e["trust"], None)
        elif e["event"] == "draw" and e["value"] > 0:
            # nothing is drawn from a frozen pot; the month of the decision itself may have seen an earlier draw
            assert e["trust"] not in ended or e["month"] <= ended[e["trust"]], e
    assert any(e["event"] == "removed" for e in events)
    week = model.week - 1
    last = model.plan.calendar.months[-1].label
    for trust in (trust for trust, month in ended.items() if month < last):
        i = model.plan.bundle.trust(trust)
        assert not model.status.may_approve(i, week) and i not in model.status.may_reinvest(week)


def test_only_holders_are_reviewed_and_lose_the_status(by_rules):
    """A trust that loses the status is not reviewed again in the same month, and nobody loses what it has not."""
    _, events = by_rules
    holds, reviewed = set(), set()
    for e in events:
        trust = e["trust"]
        if e["event"] == "designated":
            holds.add(trust)
        elif e["event"] == "review":
            assert trust in holds and trust not in reviewed, e
            reviewed.add(trust)
        elif e["event"] in ("review passed", "removed"):
            assert trust in holds and trust in reviewed, e
            reviewed.discard(trust)
            if e["event"] == "removed":
                holds.discard(trust)


def test_treated_are_all_that_held_the_status(by_rules):
    model, events = by_rules
    assert set(treated_in(model)) == {e["trust"] for e in events if e["event"] == "designated"}


def test_given_is_the_default_and_nothing_happens_by_rules():
    base = scenario("baseline")
    assert base.aft.programme == "given"
    events = run(base, date(2028, 3, 31), bundle=few())["events"].column("event").to_pylist()
    assert not OWN - {"designated"} & set(events)


def test_status_without_freedoms_is_exactly_nothing_also_by_rules():
    until = date(2029, 3, 31)
    everyone = RULES | OFF | {"aft.path": "everyone", "aft.everyone_by": date(2029, 3, 31)}
    policy = scenario("baseline").with_changes("status-only", everyone)
    model = TrustAutonomyModel(plan(policy, until, few()), 3)
    tables, without = model.run(), run(scenario("no-aft"), until, seed=3, bundle=few())
    assert len(treated_in(model)) > 60

    def others(found):
        return {k: v for k, v in found.items() if k != "events"}

    assert same(others(tables), others(without))


def test_nobody_applies_for_a_status_that_allows_nothing():
    _, events = model_of(until=date(2028, 3, 31), **{k.replace(".", "__"): v for k, v in OFF.items()})
    assert not [e for e in events if e["event"] == "applied"]


def test_who_else_is_in_the_programme_moves_no_draw_of_a_trust():
    """A larger wave adds trusts; those assessed anyway are decided alike and in the same month."""

    def decisions(size):
        _, events = model_of(until=date(2027, 6, 30), programme__wave_size=size)
        wave = {e["trust"] for e in events if e["event"] == "assessed" and e["month"] == "2026-07"}
        return {
            e["trust"]: (e["month"], e["event"])
            for e in events
            if e["event"] in ("approved", "deferred", "rejected") and e["trust"] in wave and e["month"] > "2026-07"
        }

    small, large = decisions(5), decisions(20)
    assert len(small) >= 5 and len(large) > len(small)
    assert all(large[trust] == decision for trust, decision in small.items())


def test_approvals_of_a_wave_are_distributed_as_the_prior_implies():
    prior = Register.load()["programme.approval_chance"].prior
    grid = (np.arange(400) + 0.5) / 400
    chance = np.array([prior.quantile(float(u)) for u in grid])
    u = np.random.default_rng(4).random((chance.size, 7, 20))
    approved = np.array(
        [[sum(decide(x, p, 0.8) == "approved" for x in wave) for wave in us.T] for p, us in zip(chance, u, strict=True)]
    )
    found = np.bincount(approved.ravel(), minlength=8) / approved.size
    assert found == pytest.approx(stats.betabinom(7, 7, 2).pmf(np.arange(8)), abs=0.02)


def first_decisions(chance: float, seeds=(1, 2, 3, 4)) -> list[str]:
    """What was decided first on every assessment of whole runs."""
    found = []
    for seed in seeds:
        _, events = model_of(seed, date(2029, 3, 31), programme__approval_chance=chance)
        open_ = set()
        for e in events:
            if e["event"] == "assessed":
                open_.add(e["trust"])
            elif e["event"] in ("approved", "deferred", "rejected") and e["trust"] in open_:
                open_.remove(e["trust"])
                found.append(e["event"])
    return found


def test_whole_runs_approve_with_the_chance_of_the_draw():
    found = first_decisions(7 / 9)
    approved, n = found.count("approved"), len(found)
    assert n >= 60
    assert stats.binomtest(approved, n, 7 / 9).pvalue > 0.01
    # so many assessments would tell another chance
    assert stats.binomtest(approved, n, 0.5).pvalue < 0.01
    assert set(first_decisions(1.0, (1,))) == {"approved"}


def test_near_misses_are_one_criterion_short_when_their_wave_is_chosen(by_rules):
    _, events = by_rules
    near = defaultdict(set)
    chosen = defaultdict(set)
    for e in events:
        if e["event"] == "near miss":
            near[e["month"]].add((e["trust"], e["detail"].partition(": ")[2]))
        elif e["event"] == "assessed":
            chosen[e["month"]].add(e["trust"])
    assert set(near) >= set(chosen) and len(near) >= 5
    for month, trusts in near.items():
        assert len(trusts) == len({trust for trust, _ in trusts})
        assert not {trust for trust, _ in trusts} & chosen[month]
    assert {name for trusts in near.values() for _, name in trusts} <= {
        *("segment", "cqc", "capability", "deficit", "board support", "region support")
    }
    # a rule that is switched off keeps nobody out by itself
    _, others = model_of(until=date(2027, 3, 31), aft__criteria__capability=False)
    assert not [e for e in others if e["event"] == "near miss" and e["detail"].endswith("capability")]


def test_every_trust_in_time():
    model, events = model_of(until=date(2035, 12, 31), aft__path="everyone", aft__removal_trigger="none")
    held = set(treated_in(model))
    assert len(held) >= 0.97 * len(model.plan.bundle.trusts.code)
    assert {e["trust"] for e in events if e["event"] == "removed"}
