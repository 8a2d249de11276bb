"""One run: where it failed is known, and nothing stays in memory."""

from __future__ import annotations

import gc
import weakref
from datetime import date

import mesa
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.outcomes.kept import Kept
from aft_sim.outcomes.registry import LEVELS
from aft_sim.spec.draws import CENTRAL
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.engines import Task, perform
from aft_sim.study.execute import run_once
from aft_sim.study.result import RunFailure, RunResult

pytestmark = pytest.mark.unit

TASK = Task(load_scenario("no-aft"), 7, CENTRAL, date(2026, 3, 31))


def test_a_failure_knows_its_week_and_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    draw_chance = TrustAutonomyModel.draw_chance

    def breaking(model: TrustAutonomyModel) -> None:
        if model.week == 3:
            raise ZeroDivisionError("nothing to divide")
        draw_chance(model)

    monkeypatch.setattr(TrustAutonomyModel, "draw_chance", breaking)
    found = perform(TASK, run_once)
    assert isinstance(found, RunFailure)
    assert (found.scenario, found.seed, found.draw) == ("no-aft", 7, 0)
    assert (found.week, found.phase, found.error) == (3, "draw_chance", "ZeroDivisionError")
    assert "nothing to divide" in found.trace


def test_a_finished_model_is_freed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(getattr(mesa.Agent, "_ids", {}))  # other tests leave models behind
    made: list[weakref.ref[TrustAutonomyModel]] = []
    opened = TrustAutonomyModel.__init__

    def remembered(model: TrustAutonomyModel, *args: object, **more: object) -> None:
        opened(model, *args, **more)  # type: ignore[arg-type]
        made.append(weakref.ref(model))

    monkeypatch.setattr(TrustAutonomyModel, "__init__", remembered)
    for _ in range(2):
        assert isinstance(perform(TASK, run_once), RunResult)
    gc.collect()
    assert [model() for model in made] == [None, None]
    assert len(getattr(mesa.Agent, "_ids", {})) == before


def test_england_is_always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_once(TASK.scenario, 1, CENTRAL, TASK.until, kept=Kept.of(("trust",)))
    assert sorted(run.tables) == ["england", "trust"]


def test_only_the_columns_of_outcomes_to_keep_are_kept() -> None:
    run = run_once(TASK.scenario, 1, CENTRAL, TASK.until, kept=Kept.of((), ("within_18_share", "drawn")))
    names = {level: table.column_names for level, table in run.tables.items()}
    assert names["trust"] == ["month", "trust", "quintile", "list", "within_18"]
    assert names["region"] == ["month", "region", "list", "within_18"]
    assert names["money"] == ["month", "trust", "drawn"]
    assert names["england"] == list(LEVELS["england"].columns)
    assert names["events"] == list(LEVELS["events"].columns)
