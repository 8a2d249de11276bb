"""S19, capitation pays late and less where hospitals hold it: emergent, with bounds stated before the mechanism.

Published (Alternative Quality Contract, Medicare shared savings, Kinzigtal): gross savings of 1.9 % in the first year,
3.3 % in the second, about 12 % by the eighth; early bonuses offset them; groups with hospitals saved less than half.
Nothing of this is put in where savings are emergent: they are payments that a run avoids.
"""

from datetime import date
from functools import lru_cache

import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario
from worlds import plan

pytestmark = [pytest.mark.validation, pytest.mark.slow]

UNTIL = date(2034, 3, 31)
#: Bounds, shares of the budget.
NET_EARLY = 0.0  # years 1 and 2: no net saving
NET_TO_2031 = 0.003  # either way
HOSPITAL_OVER_COMMUNITY = 0.5
#: A hospital and a mental health trust of one board, each with the budget of all its residents.
HOSPITAL, COMMUNITY = "RTF", "RX4"


@lru_cache(maxsize=4)
def years(*changes):
    scenario = load_scenario("baseline").with_changes("budgets", {"run.chance": 0.0, **dict(changes)})
    model = TrustAutonomyModel(plan(scenario, UNTIL), seed=1)
    model.run()
    code = model.world.bundle.trusts.code
    return [(code[one.contract.holder], one.year, one.month, one.account) for one in model.world.contracts_iho.closed]


def planned():
    return years(("iho.planned", True))


def whole(holder):
    sure = (("iho.eligible_share", 1.0), ("iho.case_chance", 1.0), ("iho.scope", "whole"))
    found = years(("aft.designated", (HOSPITAL, COMMUNITY)), ("iho.holders", (holder,)), *sure)
    assert {code for code, *_ in found} == {holder}
    return found


def net(account):
    return account.result / account.budget


def gross(account):
    return account.avoided / account.budget


@pytest.mark.parametrize("holder", ["RP1", "RTF"])
def test_no_net_saving_in_years_1_and_2(holder):
    early = [net(account) for code, year, _, account in planned() if code == holder and year <= 2]
    assert len(early) == 2
    assert max(early) <= NET_EARLY


@pytest.mark.parametrize("holder", ["RP1", "RTF"])
def test_gross_saving_rises_with_time(holder):
    found = [gross(account) for code, _, _, account in planned() if code == holder]
    assert found[4] > found[2] >= found[0]


@pytest.mark.xfail(
    strict=True,
    reason="0.34 % (RP1), 0.53 % (RTF) overspent in the first years: some 1.7 % of the budget moves a year, of which "
    "hospitals elsewhere are still paid a fifth for a year, and the holder's own cost falls by three fifths only",
)
@pytest.mark.parametrize("holder", ["RP1", "RTF"])
def test_net_is_small_to_2031(holder):
    found = [net(account) for code, _, month, account in planned() if code == holder and month <= "2031-03"]
    assert max(abs(share) for share in found) <= NET_TO_2031


@pytest.mark.xfail(
    strict=True,
    reason="a hospital saves as much gross, 0.150 against 0.149 %: an avoided emergency saves it 0.15 of the price, "
    "another holder a fifth, which is all that English contracts pay by activity; lower need saves a hospital half",
)
def test_hospitals_save_less_than_half_of_what_others_save_gross():
    last = {holder: gross(whole(holder)[-1][-1]) for holder in (HOSPITAL, COMMUNITY)}
    assert last[COMMUNITY] > 0
    assert last[HOSPITAL] < HOSPITAL_OVER_COMMUNITY * last[COMMUNITY]


def test_hospitals_end_worse_net():
    ends = {holder: sum(net(account) for *_, account in whole(holder)) for holder in (HOSPITAL, COMMUNITY)}
    assert ends[HOSPITAL] < ends[COMMUNITY]
