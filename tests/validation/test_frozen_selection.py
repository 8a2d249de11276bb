"""Selection and freedoms told apart in stored studies: the replay is a run like others, and S1 holds in it.

S1: with every freedom off the status changes nothing, exactly, while the trusts that hold it are better when they are
chosen and come nearer to the others afterwards, by reversion alone.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.study.batch import reproduce
from aft_sim.study.by_rules import waves
from aft_sim.study.compare import compare
from aft_sim.study.designations import SUFFIX
from aft_sim.study.runner import run_pairs
from aft_sim.study.stored import fingerprint, load, read_manifest, read_record
from worlds import scenario

pytestmark = pytest.mark.validation

UNTIL, AT = "2029-06", "2029-03"
RULES = {"aft.programme": "rules", "programme.propensity": 1.0}
REPLAY = f"rules-{SUFFIX}"


def scenarios():
    return [
        scenario("no-aft").with_changes("none", {"programme.propensity": 1.0}),
        scenario("baseline").with_changes("rules", RULES),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("frozen") / "study"
    run_pairs(scenarios(), seeds=2, until=UNTIL, out=place, frozen_selection=("rules",))
    return place


@pytest.fixture(scope="module")
def study(folder):
    return load(folder)


def numbers(run):
    return {name: table for name, table in run.tables.items() if name != "events"}


def test_the_replay_is_stored_like_other_runs_with_a_hash_of_its_own(folder, study):
    assert study.arms == ("none", "rules") and study.replay_of("rules") == REPLAY
    assert len(study) == 6
    hashes = {info.name: info.hash for info in study.scenarios.values()}
    assert len(set(hashes.values())) == 3
    record = read_record(folder / "runs" / REPLAY / "0-1")
    assert record["scenario_hash"] == hashes[REPLAY] and record["treated"] == list(study.of("rules")[0].treated)
    # the same words without a replay are another scenario: nobody applies for a status that allows nothing
    alone = run_pairs([scenario("baseline").with_changes(REPLAY, RULES | OFF)], seeds=1, until="2026-03")
    assert alone.scenarios[REPLAY].hash != hashes[REPLAY]
    assert {entry["name"]: entry["replays"] for entry in read_manifest(folder)["scenarios"]}[REPLAY] == "rules"


OFF = {"aft.freedoms.approval": False, "aft.freedoms.reinvest": False}


def test_once_stored_nothing_is_run_again(folder):
    before = fingerprint(folder)
    done: list[str] = []
    run_pairs(
        scenarios(),
        seeds=2,
        until=UNTIL,
        out=folder,
        frozen_selection=("rules",),
        progress=lambda n, total, what: done.append(f"{n}/{total} {what}"),
    )
    assert len(done) == 6 and done[-1].startswith("6/6") and all("already stored" in line for line in done)
    assert fingerprint(folder) == before


def test_a_replay_can_be_reproduced(folder):
    again, changed = reproduce(folder, sample=6)
    assert not changed and not any(one.differences for one in again)
    assert {one.run.scenario for one in again} == {"none", "rules", REPLAY}


def test_status_alone_changes_nothing_and_freedoms_are_the_whole_effect(study):
    for replayed, none in study.pairs(REPLAY, "none"):
        assert len(replayed.treated) > 15
        assert all(table.equals(none.tables[name]) for name, table in numbers(replayed).items())
    # with its freedoms the same status does change the world: what is tested can fail
    ours, none = study.pairs("rules", "none")[0]
    assert not all(table.equals(none.tables[name]) for name, table in numbers(ours).items())
    found = compare(study, "rules", "none", at=AT).fair
    assert found is not None and not found.missing
    parts = {part.part: {row.group: row.paired for row in part.rows} for part in found.parts}
    assert all(row.exactly_zero for row in parts["selection"].values())
    for group in ("england", "treated"):
        assert parts["freedoms"][group].effect == parts["whole"][group].effect != 0.0


def test_another_comparator_is_part_of_what_is_not_freedoms(study):
    """Against a world in which more patients are validated the rest is not zero, and the parts still add up."""
    other = scenario("no-aft").with_changes("more", {"production.level": 1.01})
    more = run_pairs([other, *scenarios()[1:]], seeds=1, until="2027-03", frozen_selection=("rules",))
    found = compare(more, "rules", "more", at="2027-03").fair
    parts = {part.part: {row.group: row.paired.effect for row in part.rows} for part in found.parts}
    assert parts["selection"]["england"] < -0.05
    for group in ("england", "treated"):
        assert parts["whole"][group] == pytest.approx(parts["freedoms"][group] + parts["selection"][group], abs=1e-9)


def test_holders_start_better_and_the_gap_narrows_by_reversion(study):
    """Average metric scores, 1 best to 4, of the trusts of waves that were decided by 2027 against all other trusts."""
    before, after = [], []
    for run in study.of(REPLAY):
        recorded = next(one for one in study.of("rules") if one.seed == run.seed)
        score: dict[str, dict[str, float]] = {}
        for row in run.tables["oversight"].to_pylist():
            score.setdefault(row["month"], {})[row["trust"]] = row["score"]
        months = sorted(score)
        for wave in waves(recorded, "2027-12"):
            holders = set(wave.designated)
            others = score[months[0]].keys() - holders
            if wave.number == 1 or not holders:
                continue
            seen = max(month for month in months if month <= wave.month)
            for month, into in ((seen, before), (months[-1], after)):
                mine, theirs = ([score[month][code] for code in group] for group in (sorted(holders), sorted(others)))
                into.append(np.mean(mine) - np.mean(theirs))
    assert len(before) >= 4
    assert np.mean(before) < -0.2, "holders are better when they are chosen"
    assert np.mean(before) < 1.2 * np.mean(after) < 0, "and less so afterwards, though nothing was done to anybody"


def test_designations_are_read_from_events(tmp_path):
    with pytest.raises(InputError, match="events among the tables to keep"):
        run_pairs(scenarios(), 1, until="2026-03", keep=("trust",), frozen_selection=("rules",))


def test_a_given_programme_has_no_replay():
    found = run_pairs([scenario("no-aft"), scenario("baseline")], 1, until="2026-03", frozen_selection=("baseline",))
    assert found.arms == ("no-aft", "baseline") and len(found) == 2
    assert compare(found, "baseline", "no-aft", at="2026-03").fair is None


def test_a_study_in_memory_and_on_disk_is_the_same(study):
    memory = run_pairs(scenarios(), seeds=[2], until=UNTIL, frozen_selection=("rules",))
    stored = {run.key: run for run in study}
    assert len(memory) == 3
    for run in memory:
        theirs = stored[run.key]
        assert run.scenario_hash == theirs.scenario_hash and run.treated == theirs.treated
        assert all(table.equals(theirs.tables[name]) for name, table in run.tables.items())
    assert asdict(memory.scenarios[REPLAY]) == asdict(study.scenarios[REPLAY])
