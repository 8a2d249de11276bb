"""Facts about care outside hospital and health: S11 (calibrated), S17 (built in). Bounds stood before the mechanism."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow.compute as pc
import pytest

from aft_sim.agents.iho import ContractRound
from aft_sim.mechanisms import population_health as care
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from worlds import FEW, few, plan

pytestmark = pytest.mark.validation

#: S11: change of emergency admissions, percent: at most so far from nothing before a month, between these by month 36.
NOTHING_BEFORE = (24, 1.0)
BY_MONTH_36 = (-6.0, -1.0)
#: S11: bed days against the opening's, percent, in any month.
BED_DAYS_WITHIN = 2.0
#: S17: deaths avoided by equal money a head, most over least deprived fifth, and a part of all deaths avoided that the
#: two most deprived fifths have at least (they are two fifths of people).
CLEARLY_LARGER = 2.0
TWO_MOST_DEPRIVED = 0.55


def opening(name: str) -> float:
    """The register's value, per cent as a fraction."""
    return plan(load_scenario("baseline"), date(2026, 12, 31)).parameters.opening(name)


def evaluated_programme(months: int) -> tuple[np.ndarray, np.ndarray]:
    """(month,) change of emergency admissions and of bed days, percent, under a programme for everybody."""
    health = care.open_health(np.full((2, 5), 1000.0), np.full(2, 10.0), np.full(2, 4.0))
    health.dose[:] = 1.0
    rule = care.rule(opening, np.full(2, 100.0))
    admissions, bed_days = [], []
    for _ in range(months):
        care.tend(health, rule)
        admissions.append(-100 * health.avoided.mean())
        bed_days.append(100 * (((1 - health.avoided) * health.stay).mean() - 1))
    return np.array(admissions), np.array(bed_days)


def test_two_years_of_nothing_then_fewer_admissions():
    """S11, calibrated: the coefficients of the vanguards' evaluation are put in by year."""
    admissions, bed_days = evaluated_programme(60)
    until, small = NOTHING_BEFORE
    assert np.abs(admissions[:until]).max() <= small
    assert BY_MONTH_36[0] <= admissions[35] <= BY_MONTH_36[1]
    assert np.abs(bed_days).max() <= BED_DAYS_WITHIN


def test_two_years_of_nothing_then_fewer_admissions_in_a_run(monkeypatch):
    """S11 in the whole: the same world with a programme for everybody from its first week, and without."""
    # nobody holds a contract here; whoever holds one would say each month how large its programme is
    monkeypatch.setattr(ContractRound, "_treat", lambda self, week: None)
    found = []
    for dose in (0.0, 1.0):
        model = TrustAutonomyModel(plan(load_scenario("baseline"), date(2029, 3, 31), few(FEW)), 1)
        model.world.health.dose[:] = dose
        england = model.run()["england"]
        rows = pc.and_(pc.equal(england["basis"], "england"), pc.equal(england["quintile"], "all"))
        found.append([england.filter(rows)[name].to_numpy() for name in ("emergency_admissions", "occupied_beds")])
    admissions, beds = (100 * (ours / theirs - 1) for theirs, ours in zip(*found, strict=True))
    until, small = NOTHING_BEFORE
    assert np.abs(admissions[:until]).max() <= small
    assert BY_MONTH_36[0] <= admissions[35] <= BY_MONTH_36[1]
    assert np.abs(beds).max() <= BED_DAYS_WITHIN


def test_equal_money_a_head_saves_more_lives_where_people_are_deprived():
    """S17, built in: the effect found for deprived areas, none for affluent ones, and a straight line between."""
    residents = np.full((1, 5), 1e6)
    number = opening
    deaths = care.deaths_avoided(np.array([100.0]), residents, care.mortality(number))
    by_fifth = deaths.sum(axis=0)
    assert (np.diff(by_fifth) < 0).all()
    assert by_fifth[0] >= CLEARLY_LARGER * max(by_fifth[4], 1e-12)
    assert by_fifth[:2].sum() >= TWO_MOST_DEPRIVED * by_fifth.sum()
