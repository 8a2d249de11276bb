"""Health of a policy from two runs worked out by hand, and the chart of it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present import charts
from aft_sim.present.lint import lint
from aft_sim.present.plane_chart import plane_chart
from aft_sim.present.rows import with_interval
from aft_sim.spec.draws import CENTRAL
from aft_sim.spec.scenario import load_scenario
from aft_sim.study import health
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.paired import paired_effect
from aft_sim.study.plane import Plane, PlanePolicy, plane
from aft_sim.study.result import RunResult
from worlds import few, scenario
from worlds import run as simulated_run

pytestmark = pytest.mark.unit

RESIDENTS = 1e6
FLAT = {"health.return_gradient": 1.0, "capital.price_growth": 0.0}
MONTHS = ("2026-02", "2026-03", "2026-04")


def run(seed: int, flow: float, simulated: float, first_only: bool = False) -> RunResult:
    """Three months: `flow` QALYs of prevention in each fifth and month (or the first fifth), GBP m a month."""
    rows = []
    for month in MONTHS:
        for basis in registry.BASES:
            for quintile in ("all", *registry.QUINTILES):
                own = flow if quintile == "1" or not first_only else 0.0
                own = own if quintile != "all" else flow * (1 if first_only else 5)
                rows.append(
                    {"month": month, "basis": basis, "quintile": quintile}
                    | dict.fromkeys(("qalys_treatment", "qalys_waiting"), 0.0)
                    | {"residents": RESIDENTS * (5 if quintile == "all" else 1)}
                    | {"qalys_prevention": own if basis == "england" else 0.0}
                )
    system = [{"month": month, "public_spending": 100.0, "simulated_spending": simulated} for month in MONTHS]
    tables = {"england": pa.Table.from_pylist(rows), "system": pa.Table.from_pylist(system)}
    return RunResult("one", "", seed, 0, tables, ())


def prices(**changes: float) -> MarginalCost:
    return MarginalCost(load_scenario("baseline").with_changes("prices", FLAT | changes), {0: CENTRAL})


def effect(policy: RunResult, base: RunResult, at: str = "2026-04", **changes: float) -> health.HealthEffect:
    found = health.health_effect([(policy, base)], at, 0.001, prices(**changes), 1.0)
    assert found is not None
    return found


def test_flows_less_displaced_money():
    # 3 months x 5 fifths x 10 QALYs more; GBP 0.4m a month more, 50 QALYs a month at GBP 8,000
    found = effect(run(1, 20.0, 40.4), run(1, 10.0, 40.0))
    assert found.flows["all"].effect == pytest.approx(150.0)
    assert found.displaced.effect == pytest.approx(1.2)
    assert found.net["all"].effect == pytest.approx(0.0, abs=1e-9)
    assert found.net["1"].effect == pytest.approx(0.0, abs=1e-9)
    assert found.spending.exactly_zero


def test_months_after_the_date_do_not_count():
    assert effect(run(1, 20.0, 40.0), run(1, 10.0, 40.0), at="2026-03").flows["all"].effect == pytest.approx(100.0)


def test_money_moved_within_simulated_care_displaces_nothing():
    found = effect(run(1, 20.0, 40.0), run(1, 10.0, 40.0))
    assert found.displaced.exactly_zero
    assert found.net["all"].effect == pytest.approx(found.flows["all"].effect)


def test_displaced_money_follows_the_gradient_of_returns():
    found = effect(run(1, 10.0, 40.8), run(1, 10.0, 40.0), **{"health.return_gradient": 4.0})
    lost = np.array([found.net[q].effect for q in registry.QUINTILES])
    assert lost.sum() == pytest.approx(-300.0)
    assert lost[0] / lost[4] == pytest.approx(4.0)


def test_a_dearer_qaly_displaces_less():
    found = effect(run(1, 10.0, 40.8), run(1, 10.0, 40.0), **{"health.cost_per_qaly": 16000.0})
    assert found.net["all"].effect == pytest.approx(-150.0)
    assert found.cost_per_qaly == 16000.0


def test_points_of_the_plane():
    # all in the most deprived fifth: 30 QALYs of 5m people are 0.6 a 100,000, of 1m people 3.0
    found = effect(run(1, 20.0, 40.0, first_only=True), run(1, 10.0, 40.0, first_only=True))
    assert found.points == pytest.approx(np.array([[0.6, 2.4]]))


def test_the_same_world_twice_has_no_effect_at_all():
    found = effect(run(1, 10.0, 40.0), run(1, 10.0, 40.0))
    assert all(one.exactly_zero for one in (*found.net.values(), *found.flows.values(), found.displaced))
    assert (found.points == 0).all()


def test_a_hard_winter_is_bad_for_health():
    # fewer are treated, and what its emergencies cost at the margin is taken from other care
    hard, usual = (
        RunResult(name, "", 1, 0, simulated_run(scenario(name), date(2027, 3, 31), bundle=few()), ())
        for name in ("hard-winter", "baseline")
    )
    found = effect(hard, usual, at="2027-03")
    assert found.flows["all"].effect < 0 < found.displaced.effect
    assert all(one.effect < 0 for one in found.net.values())


def test_runs_without_the_money_of_the_system_have_no_net_benefit():
    old = run(1, 10.0, 40.0)
    old.tables.pop("system")  # type: ignore[attr-defined]
    assert health.health_effect([(old, run(1, 10.0, 40.0))], "2026-04", 0.001, prices(), 1.0) is None
    assert health.health_effect([(run(1, 1.0, 1.0),) * 2], "2026-04", 0.001, None, 1.0) is None


def cloud(name: str, middle: tuple[float, float], pairs: int = 8, spread: float = 1.0) -> PlanePolicy:
    angle = np.arange(pairs) * 2.4
    points = np.array(middle) + spread * np.column_stack([np.sin(angle), np.cos(angle)])
    numbers = tuple(range(1, pairs + 1))
    across, up = (paired_effect(points[:, i], np.zeros(pairs), 0.0) for i in (0, 1))
    return PlanePolicy(name, name, points, numbers, (0,) * pairs, across, up)


@pytest.mark.parametrize(
    "policies",
    [
        (cloud("prevention-first", (12.0, 4.0)),),
        (cloud("prevention-first", (12.0, 4.0), pairs=1),),
        (cloud("community-shift", (-3.0, -0.2)), cloud("prevention-first", (900.0, 40.0), spread=80.0)),
        tuple(cloud(name, (i, -i)) for i, name in enumerate(("one", "a-name-that-is-rather-long", "three", "four"))),
        (cloud("nothing", (0.0, 0.0), spread=0.0),),
    ],
    ids=["one", "one pair", "far apart", "four", "zero"],
)
def test_the_plane_keeps_the_rules_of_charts(policies):
    drawn = plane_chart(Plane("baseline", "2036-03", policies))
    assert lint(drawn) == []
    assert drawn.data.num_rows == sum(len(one.points) for one in policies)


def test_the_headline_says_the_corner():
    found = plane_chart(Plane("baseline", "2036-03", (cloud("better", (12.0, 4.0)), cloud("unsure", (0.0, -9.0)))))
    assert "better: more health, more equal" in found.headline
    assert "unsure: health either way, less equal" in found.headline


def test_the_band_of_health_is_by_residents_and_that_of_money_by_its_level():
    found = effect(run(1, 20.0, 40.4), run(1, 10.0, 40.0))
    assert found.net["all"].band == found.flows["all"].band == pytest.approx(50.0)  # of 5m people
    assert found.net["1"].band == pytest.approx(10.0)
    assert {part.band for part in found.parts.values()} == {50.0}
    assert found.displaced.band == pytest.approx(0.001 * 120.0)


def test_the_comparator_has_no_place_on_its_own_plane(make_study):
    with pytest.raises(InputError, match="cannot be compared with itself"):
        plane(make_study(), ["policy", "baseline"], "baseline", "2029-03")


def test_a_study_without_health_says_what_it_lacks(make_study):
    study = make_study()
    with pytest.raises(InputError, match="health of this policy"):
        plane(study, ["policy"], "baseline", "2029-03")
    with pytest.raises(InputError, match="england and system"):
        charts.plane(study, ["policy"], "baseline")


def test_large_effects_are_written_in_thousands():
    assert with_interval(1_019_322.4, (878_738.0, 1_159_906.0), "QALYs") == "+1,019k (+879k to +1,160k)"
    assert with_interval(-99_000.0, (-99_500.0, -98_500.0), "QALYs") == "−99,000 (−99,500 to −98,500)"
