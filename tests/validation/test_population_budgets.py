"""Population budgets in runs: nothing without one, every pound accounted for with one, and how one ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from aft_sim.agents.iho_money import HANDED_ON, LINES, PREFIX
from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.iho import SETTINGS
from aft_sim.policy.programme import Spell
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan, run, same

pytestmark = pytest.mark.validation

UNTIL = date(2030, 3, 31)
CALM = {"run.chance": 0.0, "oversight.spending_control": 0.0}
SURE = {"iho.eligible_share": 1.0, "iho.case_chance": 1.0}
NAMED = SURE | {"iho.holders": ["RTF"]}
STILL = {"iho.shift_least": 0.0, "iho.shift_most": 0.0}
PENCE = 100_000_000


def arm(until=UNTIL, replayed=None, base="baseline", **changes):
    scenario = load_scenario(base)
    if changes:
        scenario = scenario.with_changes("arm", {name.replace("__", "."): value for name, value in changes.items()})
    bound = plan(scenario, until, few())
    model = TrustAutonomyModel(replace(bound, replay=replayed) if replayed is not None else bound, 1, check=True)
    model.run()
    return model


def changed(until=UNTIL, replayed=None, base="baseline", **groups):
    merged: dict[str, object] = {}
    for group in groups.values():
        merged |= group
    return arm(until, replayed, base, **{name.replace(".", "__"): value for name, value in merged.items()})


def told(model, code):
    return [(e.month, e.event, e.detail) for e in model.world.events if e.trust == code and e.event.startswith("IHO")]


def paid(model, purpose, side, first="2027-04", last="2028-03"):
    return np.rint(model.world.ledger.total(purpose, first, last, side) * PENCE)


@pytest.fixture(scope="module")
def first_two():
    return changed(a={"iho.planned": True})


# -- nothing without one -----------------------------------------------------------------------------------------------


def test_a_plan_without_the_status_is_exactly_nothing():
    base = load_scenario("no-aft")
    tables = [
        run(s, date(2028, 3, 31), bundle=few(), seed=3) for s in (base, base.with_changes("p", {"iho.planned": True}))
    ]
    events = [table.pop("events") for table in tables]
    assert same(*tables)
    assert "IHO refused" in events[1].column("event").to_pylist()
    assert not any(kind.startswith("IHO") for kind in events[0].column("event").to_pylist())


def test_identical_before_the_first_date_and_not_after():
    base = load_scenario("baseline")
    tables = [
        run(s, date(2028, 3, 31), bundle=few(), seed=3) for s in (base, base.with_changes("p", {"iho.planned": True}))
    ]
    for table in tables:
        table.pop("events")  # designations are told from July 2026
    assert same(*tables, months=14)  # February 2026 to March 2027
    assert not same(*tables, months=15)


# -- every pound -------------------------------------------------------------------------------------------------------


def test_providers_are_paid_the_same_to_the_penny_at_the_start():
    without, within = (
        changed(date(2028, 3, 31), a=CALM),
        changed(date(2028, 3, 31), a=CALM, b=STILL, c={"iho.planned": True}),
    )
    n = len(within.world.bundle.trusts.code)
    holders = [within.world.bundle.trusts.code.index(code) for code in ("RP1", "RTF")]
    others = np.setdiff1d(np.arange(n), holders)
    for line in LINES:
        usual = paid(without, line, "payee", last="2027-04")[:n]
        now = paid(within, line, "payee", last="2027-04")[:n] + paid(within, PREFIX + line, "payee", last="2027-04")[:n]
        assert np.array_equal(now[others], usual[others]), line
    own = [c.account.own for c in within.world.contracts_iho.closed]
    for i, value in zip(holders, own, strict=True):
        usual = sum(paid(without, line, "payee")[i] for line in LINES)
        now = sum(paid(within, line, "payee")[i] + paid(within, PREFIX + line, "payee")[i] for line in LINES)
        assert now + value * PENCE == pytest.approx(usual, abs=100)  # a year of roundings of a penny


def test_boards_pay_as_much_as_before_at_the_start():
    without, within = (
        changed(date(2028, 3, 31), a=CALM),
        changed(date(2028, 3, 31), a=CALM, b=STILL, c={"iho.planned": True}),
    )
    lines = (*LINES, "independent_sector", "other_commissioning", "iho_budget")
    boards = within.world.ledger.accounts.axis("board")
    usual, now = (sum(paid(m, line, "payer", last="2027-04")[boards] for line in lines) for m in (without, within))
    assert np.abs(now - usual).max() <= 10  # pence


@pytest.mark.parametrize(
    "terms",
    [
        {"iho.planned": True},  # partial and place
        NAMED | {"iho.scope": "whole"},
        NAMED | {"iho.scope": "partial"},
        {"iho.planned": True, "iho.budget": "fair_share", "iho.out_of_area_price": 0.9},
        {"iho.planned": True, "iho.savings_source": "literature"},
    ],
    ids=["first two", "whole", "partial", "fair share", "literature"],
)
def test_budgets_reconcile_to_the_penny(terms):
    model = changed(a=terms)
    world = model.world
    assert world.contracts_iho.closed
    for one in world.contracts_iho.closed:
        c, account = one.contract, one.account
        first, last = f"{int(one.month[:4]) - 1}-04", one.month
        h, k = c.holder, world.ledger.accounts.axis("board").start + c.board

        def pounds(name, at, side, first=first, last=last):
            return paid(model, f"iho_{name}", side, first, last)[at] / PENCE

        for purpose, back in (("budget", 0), ("fair_share", 0), ("overspend", 0), ("fair_share_back", 1)):
            at = (k, h) if back else (h, k)
            assert pounds(purpose, at[0], "payee") == pounds(purpose, at[1], "payer")
        assert pounds("budget", h, "payee") == pytest.approx(account.budget, abs=1e-7)
        fair = pounds("fair_share", h, "payee") - pounds("fair_share_back", h, "payer")
        assert fair == pytest.approx(account.fair, abs=1e-7)
        for setting, names in {
            "elective": ("elective",),
            "urgent": ("urgent_fixed", "urgent_variable"),
            "block": ("block",),
            "independent": ("independent",),
            "other": ("other_care",),
            "setup": ("setup",),
        }.items():
            booked = sum(pounds(name, h, "payer") for name in names)
            assert booked == pytest.approx(getattr(account, setting), abs=1e-7), setting
        outside = pounds("community", h, "payer") + pounds("prevention", h, "payer")
        assert outside == pytest.approx(account.community + account.prevention + account.reinvested, abs=1e-7)
        settled = pounds("underspend", h, "payer") - pounds("overspend", h, "payee")
        assert settled == pytest.approx(account.board, abs=1e-7)
        assert account.holder + account.board == pytest.approx(account.result, abs=1e-9)
        assert account.spending == pytest.approx(sum(getattr(account, name) for name in SETTINGS))
        assert account.own > 0 and account.budget > 0


def test_what_a_holder_hands_on_is_not_counted_as_income_of_the_sector(first_two):
    """Sums over trusts would count a pound twice that comes to a holder and goes to another trust."""
    table = first_two.recorder.tables()["money"]
    month = np.array(table.column("month").to_pylist()) == "2027-06"
    income, cost = (table.column(name).to_numpy()[month].sum() for name in ("income", "expenditure"))
    ledger, n = first_two.world.ledger, len(first_two.world.bundle.trusts.code)
    gross = sum(
        ledger.total(name, "2027-06", "2027-06", "payee")[:n].sum()
        for name, purpose in ledger._books.items()
        if purpose.purpose.income
    )
    handed = sum(ledger.total(name, "2027-06", "2027-06", "payer")[:n].sum() for name in HANDED_ON)
    assert handed > 50
    assert income == pytest.approx(gross - handed, rel=1e-6)
    assert income - cost == pytest.approx(
        gross
        - sum(
            ledger.total(name, "2027-06", "2027-06", "payer")[:n].sum()
            for name, purpose in ledger._books.items()
            if purpose.purpose.expense
        ),
        abs=0.5,
    )


# -- decisions, settlement, end ----------------------------------------------------------------------------------------


def test_what_is_decided_is_told_with_its_reasons(first_two):
    for code in ("RP1", "RTF"):
        kinds = [kind for _, kind, _ in told(first_two, code)]
        assert kinds[:4] == ["IHO designated", "IHO case", "IHO begins", "IHO decision"]
        reasons = [detail for _, kind, detail in told(first_two, code) if kind == "IHO decision"]
        assert all("of the price of an emergency avoided it keeps" in reason for reason in reasons)


def test_a_hospital_pays_twice_for_more_of_what_it_moves(first_two):
    by = {one.contract.by_hospital: one for one in first_two.world.contracts_iho.closed if one.year == 1}
    assert set(by) == {False, True}
    paid_twice = {hospital: one.account.double / one.contract.annual / one.moved for hospital, one in by.items()}
    assert paid_twice[True] > paid_twice[False] > 0


def test_beyond_the_corridor_the_board_bears_it_and_after_two_years_the_contract_ends():
    model = changed(a={"iho.planned": True, "iho.corridor": 0.1})
    closed = [
        one for one in model.world.contracts_iho.closed if model.world.bundle.trusts.code[one.contract.holder] == "RTF"
    ]
    assert [one.month for one in closed] == ["2028-03", "2029-03"]
    for one in closed:
        budget = one.account.budget
        assert one.account.holder == pytest.approx(-0.5 * 0.001 * budget, abs=1e-6)
        assert one.account.board < one.account.holder
    events = told(model, "RTF")
    assert ("2029-03", "IHO notice", "overspent beyond the corridor 2 years in a row; ends on 31 March") in events
    assert events[-1][:2] == ("2029-04", "IHO ended")
    k = model.world.bundle.icb_code.index("QHM")
    assert not model.world.health.dose[k].any()
    assert not model.world.health.prevention_extra[k].any()
    assert paid(model, "iho_budget", "payee", "2029-04", "2030-03")[model.world.bundle.trusts.index["RTF"]] == 0


def test_a_holder_that_loses_the_status_is_given_notice_and_moves_nothing_more():
    i = few().trusts.index["RTF"]
    model = changed(replayed=(Spell(i, 17, 100),), a={"iho.planned": True})  # until January 2028
    events = told(model, "RTF")
    assert [kind for _, kind, _ in events][-3:] == ["IHO notice", "IHO settled", "IHO ended"]
    assert "status was lost" in events[-1][2]
    assert sum(kind == "IHO decision" for _, kind, _ in events) == 1
    assert ("2027-04", "IHO refused", "it does not hold the status") in told(model, "RP1")


def test_a_term_that_ends_well_is_renewed():
    model = changed(a={"iho.planned": True, "iho.term_years": 2.0})
    assert ("2029-03", "IHO renewed", "until 31 March 2031") in told(model, "RTF")
    assert {one.contract.holder for one in model.world.contracts_iho.closed if one.month == "2030-03"}


def test_no_two_budgets_cover_one_population():
    model = changed(a=SURE, b={"aft.designated": ["RTF", "RX4"], "iho.holders": ["RTF", "RX4"], "iho.scope": "whole"})
    assert [c.holder for c in model.world.contracts_iho.active] == [model.world.bundle.trusts.index["RTF"]]
    assert any(detail == "another budget covers this population" for _, _, detail in told(model, "RX4"))


def test_trusts_that_are_not_found_capable_are_refused():
    model = changed(a=NAMED, b={"iho.eligible_share": 0.0})
    assert not model.world.contracts_iho.closed
    assert [kind for _, kind, _ in told(model, "RTF")] == ["IHO refused"]
    model = changed(a=NAMED, b={"iho.case_chance": 0.0})
    assert [kind for _, kind, _ in told(model, "RTF")] == ["IHO designated", "IHO case"]


def test_bearing_nothing_leaves_the_result_with_the_board():
    model = changed(a={"iho.planned": True, "iho.risk_share": 0.0})
    for one in model.world.contracts_iho.closed:
        assert one.account.holder == pytest.approx(0.0, abs=1e-9)


def test_savings_by_the_literature_are_lower_cost_of_care_and_nothing_else():
    """Providers are paid less and cost less by the same: no pound of their surpluses moves but the holder's."""
    terms = CALM | {"iho.planned": True, "iho.setup_ratio": 0.0}
    still = changed(date(2028, 3, 31), a=terms, b=STILL)
    saving = changed(date(2028, 3, 31), a=terms, b={"iho.savings_source": "literature"})
    kinds = ("pay", "bank_agency", "drugs", "non_pay")
    n = len(still.world.bundle.trusts.code)

    def sums(model, names, side):
        return sum(paid(model, name, side, last="2027-04")[:n] for name in names) / PENCE

    lines = [PREFIX + line for line in LINES]
    less_paid = sums(still, lines, "payee") - sums(saving, lines, "payee")
    less_cost = sums(still, kinds, "payer") - sums(saving, kinds, "payer")
    holders = [still.world.bundle.trusts.index[code] for code in ("RP1", "RTF")]
    others = np.setdiff1d(np.arange(n), holders)
    assert less_paid[others].max() > 0.01
    assert less_cost[others] == pytest.approx(less_paid[others], abs=1e-6)
    for c in saving.world.contracts_iho.active:
        assert c.choice.share == 0 and not c.dose.any()


def test_kept_savings_are_spent_again_by_the_holder_alone_and_never_enter_its_pot():
    calm = CALM | {"aft.freedoms.reinvest": False}
    until = date(2031, 3, 31)
    terms = {"iho.planned": True, "iho.savings_source": "literature"}
    without, within = (changed(until, a=calm, b=more) for more in ({}, terms))
    i = within.world.bundle.trusts.index["RP1"]
    years = [one.account for one in within.world.contracts_iho.closed if one.contract.holder == i]
    assert years[2].holder > 5
    assert years[3].reinvested == pytest.approx(years[2].holder, abs=1e-6)
    # what was shared once is not shared again: a saving of 2 and then 3 % is what is left
    assert years[3].result > 1.4 * years[2].result
    assert [one.reinvested for one in years[:3]] == pytest.approx([0.0] * 3)
    early = sum(one.holder for one in years[:2])  # set-up of the first years, which nothing is kept of
    assert early < 0
    pots = [float(model.world.money.pot[i]) for model in (without, within)]
    assert pots[1] - pots[0] == pytest.approx(early, abs=0.02)


def test_lower_need_belongs_to_the_holder_whose_prevention_lowered_it():
    """A place is a sixth of its board: credited by people, five sixths of what it brought about would be others'."""
    none = {f"community.emergency_effect.{year}": 0.0 for year in ("year_1", "year_2", "year_3", "later")}
    model = changed(a=CALM | none, b={"iho.planned": True})
    health, contracts = model.world.health, model.world.contracts_iho.active
    i = model.world.bundle.trusts.index["RTF"]
    (c,) = (one for one in contracts if one.holder == i)
    assert c.cover.people.sum() / health.residents[c.board].sum() < 0.2
    spared = 1 - health.need[c.board]
    assert spared.min() > 1e-5
    outside, need = model.contracts.money._fewer(c, 200)
    assert need == pytest.approx(spared, rel=1e-9)
    assert outside == pytest.approx(np.zeros(5), abs=1e-12)


# -- on condition of the gap -------------------------------------------------------------------------------------------


def test_where_the_gap_is_wider_nothing_is_drawn_or_kept(monkeypatch):
    terms = {"iho.planned": True, "iho.savings_source": "literature", "aft.condition": "gap"}
    from aft_sim.agents.condition import GapCondition

    monkeypatch.setattr(GapCondition, "all_met", lambda self: np.zeros(len(few().trusts.code), dtype=bool))
    model = changed(a=terms)
    drawn = [e for e in model.world.events if e.event == "draw"]
    refused = {e.trust for e in model.world.events if e.event == "no draw" and "gap" in e.detail}
    assert not drawn
    assert "RTF" in refused
    kept = [one.account.holder for one in model.world.contracts_iho.closed if one.account.result > 0]
    assert kept == pytest.approx([0.0] * len(kept)) and kept
    assert any(kind == "IHO saving withheld" for _, kind, _ in told(model, "RP1"))


def test_the_condition_is_the_gap_on_the_trusts_own_list():
    model = changed(date(2026, 4, 30), a={"aft.condition": "gap"})
    from aft_sim.agents.condition import GapCondition

    condition = GapCondition(model.world)
    i, rows = few().trusts.index["RTF"], few().provider_trust[few().row_provider] == few().trusts.index["RTF"]
    assert condition.met(i)
    model.world.counts.within_18[rows, 0] *= 0.9  # the most deprived wait longer
    assert not condition.met(i)
    model.world.counts.within_18[rows, 4] *= 0.5  # the least deprived longer still
    assert condition.met(i)


# -- who gains and loses -----------------------------------------------------------------------------------------------


def test_surpluses_move_by_what_each_bears_and_by_nothing_else():
    """Before anything is avoided holders move by their part of the result, others by what is stranded with them."""
    # without draws, which share one national limit, and prevention, of which the first months already act a little
    calm = CALM | {"aft.freedoms.reinvest": False, "health.prevention_return": 0.0}
    without, within = (changed(date(2028, 3, 31), a=calm, b=terms) for terms in ({}, {"iho.planned": True}))
    names = within.world.ledger.accounts.names

    def moved(i):
        before, now = (m.world.ledger.statement(names[i], "2027-04", "2028-03") for m in (without, within))
        return (now.underlying - before.underlying) / PENCE

    accounts = {one.contract.holder: one.account for one in within.world.contracts_iho.closed}
    assert len(accounts) == 2
    for holder, account in accounts.items():
        assert moved(holder) == pytest.approx(account.holder, abs=1e-4)
        assert account.holder < -0.5
    others = [i for i in range(len(within.world.bundle.trusts.code)) if i not in accounts]
    stranded = sum(account.stranded for account in accounts.values())
    assert sum(map(moved, others)) == pytest.approx(-stranded, abs=1e-3)
    assert stranded > 1
