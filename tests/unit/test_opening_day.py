"""A baseline carries its own opening day: runs, changes by date and money follow it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from aft_sim.baseline import bundle
from aft_sim.baseline.bind import bind
from aft_sim.baseline.money import opening_money
from aft_sim.basis.calendar import Calendar, closing_sunday, opening_monday
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario

pytestmark = pytest.mark.unit


def opened_at(period: date) -> bundle.Bundle:
    """The packaged England as if its lists were of another month."""
    packaged = bundle.load()
    return replace(packaged, summary={**packaged.summary, "period": period.isoformat()})


@pytest.mark.parametrize(
    ("month", "monday"),
    [
        ((2026, 1), date(2026, 2, 2)),
        ((2026, 2), date(2026, 3, 2)),
        ((2026, 3), date(2026, 3, 30)),
        ((2026, 4), date(2026, 5, 4)),
        ((2026, 12), date(2027, 1, 4)),
    ],
)
def test_the_day_after_the_closing_sunday(month, monday):
    assert opening_monday(*month) == monday and monday.weekday() == 0
    first = Calendar(monday).months[0]
    assert (first.year, first.month) == ((month[0], month[1] + 1) if month[1] < 12 else (month[0] + 1, 1))
    assert first.first_week == 0 and (monday - closing_sunday(*month)).days == 1


def test_the_packaged_baseline_opens_as_before():
    packaged = bundle.load()
    assert packaged.opening == Calendar().start and packaged.money_years == (0, 0)
    assert bind(load_scenario("no-aft"), packaged).calendar == Calendar()


def test_changes_before_the_opening_hold_from_the_first_week(tmp_path):
    file = tmp_path / "early.toml"
    file.write_text(
        'schema = 1\nname = "early"\nextends = "aft-wide"\ntitle = "Early"\n'
        '[[change]]\nparameter = "capital.approval_months.board"\nfrom = 2026-04-01\nvalue = "3 months"\nwhy = "x"\n'
        '[[change]]\nparameter = "capital.delivery"\nfrom = 2026-09-07\nvalue = 0.5\nwhy = "x"\n',
        encoding="utf-8",
    )
    plan = bind(load_scenario(str(file)), opened_at(date(2026, 6, 30)))
    assert plan.calendar.start == date(2026, 6, 29)
    assert set(plan.parameters.path("capital.approval_months.board")) == {3.0}
    delivery = plan.parameters.path("capital.delivery")
    assert delivery[9] != 0.5 and (delivery[10:] == 0.5).all()
    assert plan.scenario.aft.from_ == date(2026, 6, 1) and plan.aft_week == 0
    model = TrustAutonomyModel(plan, 1, check=True)
    model.step()
    assert {e.event for e in model.world.events} >= {"designated"}


@pytest.mark.parametrize(
    ("period", "years"),
    [
        (date(2026, 2, 28), (0, 0)),
        (date(2026, 3, 31), (1, 0)),
        (date(2026, 4, 30), (1, 1)),
        (date(2027, 2, 28), (1, 1)),
        (date(2027, 3, 31), (2, 1)),
    ],
)
def test_years_between_the_accounts_and_the_opening(period, years):
    assert opened_at(period).money_years == years


def test_money_of_a_later_year_has_grown_as_in_a_run():
    plan = bind(load_scenario("no-aft"), opened_at(date(2026, 6, 30)))
    packaged, p = plan.bundle.trusts, plan.parameters
    model = TrustAutonomyModel(plan, 1)
    world = model.world
    usual = opening_money(plan.bundle, p.opening, 0)
    grown = 1 + p.opening("payment.settlement_growth")
    np.testing.assert_allclose(world.money.expenditure, usual.expenditure * grown)
    np.testing.assert_allclose(model.books.contracts.price[0].max() * 1e6, usual.national_prices[0] * 1.025 * 0.98)
    # a third of deficit support has ended by then, and gone to boards
    np.testing.assert_allclose(model.books.contracts.support, usual.deficit_support * 2 / 3)
    ended = usual.deficit_support.sum() / 3
    np.testing.assert_allclose(model.books.contracts.allocation.sum(), usual.allocation.sum() * grown + ended)
    np.testing.assert_allclose(
        world.money.backlog, np.nan_to_num(packaged.backlog) * (1 + p.opening("capital.backlog_growth"))
    )
    np.testing.assert_allclose(
        world.money.envelope, np.nan_to_num(packaged.capital) * (1 + p.opening("capital.limit_growth"))
    )


@pytest.mark.parametrize(("period", "reaches"), [(date(2026, 1, 31), False), (date(2026, 3, 31), True)])
def test_the_first_surplus_that_is_not_in_the_pot_reaches_it(period, reaches):
    model = TrustAutonomyModel(bind(load_scenario("no-aft"), opened_at(period)), 1)
    calendar = model.plan.calendar
    before = model.world.money.pot.copy()
    while model.week <= calendar.year_close_weeks[0]:
        model.step()
    assert (model.world.money.pot > before).any() == reaches
