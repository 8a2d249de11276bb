"""The planning round on a small England: pots, the limit's rules, schemes and what they bring."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pytest

from aft_sim.agents.planning import WEEKS_A_MONTH
from aft_sim.basis import streams
from aft_sim.mechanisms import capital
from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.programme import Status
from aft_sim.spec.scenario import load_scenario
from worlds import few, plan

pytestmark = pytest.mark.unit

UNTIL = date(2030, 3, 31)
#: Every board uses its freedoms, the limit binds in every year, approval and building take their central times, and
#: schemes are all alike and small.
SIZE = 0.002
SURE = {"capital.price_growth": 0.0, "programme.propensity": 1, "capital.limit_binds": 1, "run.chance": 0}
SURE |= {"capital.scheme_size": SIZE, "capital.scheme_ideas": 60}
HOLDERS = ("RTF", "RBS")
LIFE = ("scheme idea", "scheme approved", "building begins", "in use")


def made(name="aft-wide-additive", seed=1, **changes):
    scenario = load_scenario(name).with_changes("planned", SURE | {"aft.designated": list(HOLDERS)} | changes)
    return TrustAutonomyModel(plan(scenario, UNTIL, few()), seed)


def dotted(**changes):
    return {key.replace("__", "."): value for key, value in changes.items()}


def start(model):
    """The week in which the freedoms begin, after its planning round."""
    week = model.plan.aft_week
    model.planning.plan_draws(week)
    return week


def index(model, code):
    return model.plan.bundle.trust(code)


def events(model, kind, code=None):
    return [e for e in model.world.events if e.event == kind and code in (None, e.trust)]


class TestDraws:
    def test_nothing_before_the_freedoms_begin(self):
        model = made()
        model.planning.plan_draws(model.plan.aft_week - 1)
        assert not model.world.money.drawn.any() and not model.world.events

    def test_the_default_rule_by_hand(self):
        model = made()
        i = index(model, "RTF")
        pot = model.world.money.pot[i]
        assert pot > 0
        week = start(model)
        april = model.plan.calendar.first_week_of_april(2027)
        wish = pot * 0.35 * 0.8 * (april - week) / (365.25 / 7)
        # without chance every scheme is of the middle size: as many as fit, and what is left waits in the pot
        size = SIZE * model.world.money.envelope[i]
        expected = 0.2 * wish + 0.8 * wish // size * size
        assert 3 * size < 0.8 * wish < 180 * size
        assert model.world.money.drawn[i] == pytest.approx(expected, abs=1e-6)
        assert events(model, "draw", "RTF")[0].value == pytest.approx(expected, abs=1e-6)
        (waits,) = events(model, "draw reduced", "RTF")
        assert "no whole scheme" in waits.detail and waits.value == pytest.approx(wish - expected, abs=1e-6)

    @pytest.mark.parametrize("rule", ["inside_scale_draws", "inside_scale_others", "additive"])
    @pytest.mark.parametrize("to", ["holders", "longest_waits"])
    def test_every_pound_that_leaves_a_pot_is_spent(self, rule, to):
        model = made(**dotted(capital__limit_rule=rule, capital__allocate_to=to, capital__recipients=2))
        world, money = model.world, model.world.money
        pot, cash = money.pot.copy(), world.cash
        start(model)
        spent = money.capital_spend + money.revenue_spend
        assert money.drawn.sum() > 0
        assert spent.sum() == pytest.approx(money.drawn.sum(), rel=1e-12)
        assert pot - money.pot == pytest.approx(money.drawn)
        # whoever spends it, it has left the bank of those who drew it, and nobody else's
        assert cash - world.cash == pytest.approx(money.drawn, abs=1e-7)
        assert world.ledger.month("pot_capital", "payer")[: spent.size] == pytest.approx(money.capital_spend, abs=1e-7)
        assert world.ledger.month("purchase_of_work", "payer")[: spent.size] == pytest.approx(
            money.revenue_spend, abs=1e-7
        )
        world.ledger.check()
        assert (money.drawn[spent == 0] == 0).all() or to == "longest_waits"
        assert money.pot.min() >= 0

    def test_never_below_the_floor_of_cash(self):
        model = made(**dotted(capital__invest_share=1.0, capital__delivery=1.0, capital__cash_floor_days=34))
        money = model.world.money
        start(model)
        floor = money.expenditure * 34 / 365.25
        holders = [index(model, c) for c in HOLDERS]
        assert (model.world.cash[holders] >= floor[holders] - 1e-9).all()
        assert {e.event for e in model.world.events} & {"no draw", "draw reduced"}

    def test_the_limit_refuses_and_what_it_refuses_stays(self):
        free = made("aft-wide-additive")
        bound = made("aft-wide")
        start(free)
        start(bound)
        i = index(free, "RTF")
        # nine tenths of the capital find no room, and only whole schemes fit in the rest
        asked, spent = (model.world.money.capital_spend[i] for model in (free, bound))
        size = SIZE * bound.world.money.envelope[i]
        assert asked > 3 * size
        assert spent == pytest.approx(0.1 * asked // size * size, abs=1e-6)
        assert bound.world.money.revenue_spend[i] == free.world.money.revenue_spend[i]
        refused = [e for e in events(bound, "schemes refused", "RTF") if "national capital limit" in e.detail]
        assert sum(e.value for e in refused) == pytest.approx(asked - spent)
        told = {e.detail: e.value for e in events(bound, "draw reduced", "RTF")}
        assert told["the national capital limit"] == pytest.approx(asked - spent)

    def test_the_split_between_capital_and_revenue(self):
        model = made(**dotted(capital__revenue_split=0.5))
        start(model)
        money = model.world.money
        (wish, spent), size = np.array([money.revenue_spend, money.capital_spend]), SIZE * money.envelope
        assert money.revenue_spend.any() and (wish - spent >= -1e-7).all()
        assert ((wish - spent) < size)[wish > 0].all()

    def test_boards_that_do_not_use_the_freedom(self):
        model = made(**dotted(programme__propensity=0))
        start(model)
        assert not model.world.money.drawn.any()
        assert {e.event for e in model.world.events} == {"no draw"}

    def test_which_boards_act_does_not_depend_on_who_else_may(self):
        def act(designated, seed):
            changes = {"programme.propensity": 0.5, "aft.designated": designated}
            model = made(seed=seed, **changes)
            start(model)
            return bool(events(model, "draw", "RTF"))

        alone = [act(["RTF"], s) for s in range(12)]
        assert alone == [act(["RBS", "RTF", "RDY"], s) for s in range(12)]
        assert 0 < sum(alone) < 12

    def test_money_by_need_goes_where_waits_are_longest(self):
        model = made("same-money-by-need", **dotted(capital__recipients=1))
        world = model.world
        start(model)
        b = model.plan.bundle
        listed = np.flatnonzero(b.provider_trust >= 0)
        worst = listed[world.signals.within_18_share[listed].argmin()]
        spent = np.flatnonzero(world.money.capital_spend)
        assert spent.tolist() == [b.provider_trust[worst]]


class TestLimitOfTheYear:
    def test_others_make_room_by_what_is_drawn(self):
        model = made("aft-wide-crowd-out")
        money = model.world.money
        envelope = money.envelope.copy()
        start(model)
        cut = envelope - money.envelope
        assert cut.sum() == pytest.approx(0.9 * money.capital_spend.sum())
        assert cut == pytest.approx(envelope * cut.sum() / envelope.sum())

    def test_a_cut_is_made_good_next_april(self):
        model = made("aft-wide-crowd-out", **{"capital.envelope_by_assets": 0.5})
        opening, assets = model.world.money.envelope.copy(), model.world.opening_money.depreciation
        start(model)
        model.planning.close_books(model.plan.calendar.year_close_weeks[0])
        model.planning.open_year(model.plan.calendar.first_week_of_april(2026))
        by_assets = opening.sum() * assets / assets.sum()
        assert model.world.money.envelope == pytest.approx(1.018 * (opening + by_assets) / 2)

    def test_support_that_is_owed_is_paid_back_as_far_as_there_is_capital(self):
        model = made()
        envelope = model.world.money.envelope.copy()
        owed = np.where(np.arange(envelope.size) == index(model, "RTF"), 1.0, 0.0) + 2 * envelope * (envelope < 5)
        model.planning.pay_back(8, owed)
        paid = envelope - model.world.money.envelope
        assert paid[index(model, "RTF")] == 1.0
        assert (model.world.money.envelope >= 0).all()
        # what there was no capital for is still owed
        assert owed == pytest.approx(np.where(envelope < 5, envelope, 0.0))
        assert events(model, "envelope cut", "RTF")[0].detail == "cash support paid back"
        # and what it would have built is not built
        assert any(item.real.sum() < 0 for item in model.planning.pipeline.to_come)

    def test_what_is_cut_is_not_spent_within_the_year(self):
        model = made("aft-wide-crowd-out")
        money = model.world.money
        model.planning.close_books(7)
        model.planning.open_year(8)
        envelope = money.envelope.sum()
        for month in (4, 5):
            model.planning.spend_ordinary(8, month)
        start(model)
        drawn = money.drawn.sum() - money.revenue_spend.sum()
        for month in (6, 7, 8, 9, 10, 11, 12, 1, 2, 3):
            model.planning.spend_ordinary(8, month)
        assert money.capital_spend.sum() == pytest.approx(envelope + 0.1 * drawn)

    def test_one_draw_a_year_for_all_scenarios(self):
        several = {}
        for name in ("no-aft", "aft-wide-additive"):
            changes = {"capital.limit_binds": 0.5}
            model = made(name, seed=5, **changes)
            april = [model.plan.calendar.first_week_of_april(y) for y in range(2026, 2030)]
            several[name] = [model.planning._year_limit(week) for week in april]
        assert several["no-aft"] == several["aft-wide-additive"]
        assert [x.year for x in several["no-aft"]] == ["2026/27", "2027/28", "2028/29", "2029/30"]
        assert len({x.binds for s in range(8) for x in [self.limit(s)]}) == 2

    @staticmethod
    def limit(seed):
        changes = {"capital.limit_binds": 0.5}
        model = made(seed=seed, **changes)
        return model.planning._year_limit(model.plan.calendar.first_week_of_april(2027))


class TestYearEnd:
    def test_the_first_close_adds_no_second_surplus(self):
        model = made()
        money = model.world.money
        pot, backlog = money.pot.copy(), money.backlog.copy()
        model.planning.close_books(model.plan.calendar.year_close_weeks[0])
        assert (money.pot == pot).all()
        assert money.backlog == pytest.approx(backlog * 1.114)

    def test_a_month_of_ordinary_capital(self):
        model = made()
        money = model.world.money
        model.planning.spend_ordinary(0, 2)
        # two months are left of the year in which a run begins
        assert money.capital_spend * 12 == pytest.approx(money.envelope)
        model.planning.spend_ordinary(4, 3)
        assert money.capital_spend * 6 == pytest.approx(money.envelope)


class TestSchemes:
    def test_whole_schemes_by_the_split(self):
        model = made()
        week = start(model)
        ideas = events(model, "scheme idea", "RTF")
        counts = Counter(e.detail.split(",")[0] for e in ideas)
        plan = 0.8 * (events(model, "draw", "RTF")[0].value + events(model, "draw reduced", "RTF")[0].value)
        size = SIZE * model.world.money.envelope[index(model, "RTF")]
        assert [e.value for e in ideas] == pytest.approx([size] * len(ideas), abs=1e-7)
        # what classes cannot use for a whole scheme goes to the first of the list that fits
        spare = int(plan // size) - sum(int(plan * part // size) for part in (0.1575, 0.086, 0.7565))
        assert counts["estate"] >= int(plan * 0.7565 // size)
        assert sum(counts.values()) == int(plan // size) and counts["estate"] <= int(plan * 0.7565 // size) + spare
        assert {e.month for e in ideas} == {"2026-06"}
        assert week == model.plan.aft_week

    def test_sizes_are_drawn_by_trust_year_class_and_slot(self):
        def sizes(**changes):
            model = made(**{"run.chance": 1, "capital.scheme_ideas": 8} | changes)
            ideas = model.planning._ideas(model.plan.aft_week, index(model, "RTF"))
            return dict(zip(ideas.keys, ideas.cost, strict=True)), model

        usual, model = sizes()
        assert len(set(usual.values())) == 24 and "RTF|2026/27|theatre|status|7" in usual
        assert usual == sizes(**{"aft.designated": ["RTF", "RBS", "RDY"]})[0]
        assert usual.items() <= sizes(**{"capital.scheme_ideas": 16})[0].items()
        key = "RTF|2026/27|estate|status|3"
        z = float(streams.normal(model.draws.chance("scheme size", 0, streams.words([key])))[0])
        yearly = model.world.money.envelope[index(model, "RTF")]
        assert usual[key] == pytest.approx(SIZE * yearly * np.exp(1.5 * z), abs=1e-8)

    def test_pots_of_this_size_need_no_freedom_to_approve(self):
        """Zero by construction: every scheme lies within the ordinary limit, so every board approves its own."""
        details = {}
        for approval in (True, False):
            model = made(**{"aft.freedoms.approval": approval})
            start(model)
            details[approval] = [(e.trust, e.detail, e.value) for e in events(model, "scheme idea")]
        assert details[True] == details[False]
        assert all("board route" in detail for _, detail, _ in details[True])

    def test_a_lower_limit_makes_the_freedom_bite(self):
        routes = {}
        for approval in (True, False):
            changes = dotted(aft__freedoms__approval=approval, capital__delegated_limit=0.01)
            model = made(**changes)
            start(model)
            routes[approval] = {e.detail.split(", ")[1] for e in events(model, "scheme idea")}
        assert routes == {True: {"aft route"}, False: {"ordinary route"}}

    def scheme(self, model, kind="theatre", amount=10.0, route="board", week=100, key="RTF|2027/28|theatre|april"):
        return model.planning._schemes.scheme(week, index(model, "RTF"), kind, amount, route, key)

    def test_times_and_costs_by_hand(self):
        model = made()
        s = self.scheme(model)
        # without chance every stage takes its median: 4.5 months to approve, 24 to build
        assert s.approved_week - s.start_week == round(4.5 * WEEKS_A_MONTH)
        assert s.built_week - s.approved_week == round(24 * WEEKS_A_MONTH)
        assert s.real == pytest.approx(10 / 1.05 ** (4.5 / 12))
        assert self.scheme(model, kind="estate").built_week == s.approved_week

    def test_a_pound_buys_less_later(self):
        model = made(**{"capital.price_growth": 4.0})
        week = model.plan.aft_week
        late = week + 52
        one, other = (model.planning._schemes.scheme(w, 0, "theatre", 10.0, "board", "key").real for w in (week, late))
        assert other / one == pytest.approx(1.04 ** (-52 * 7 / 365.25))

    def test_the_ordinary_route_takes_longer_and_leaves_less(self):
        model = made()
        ordinary, board, aft = (self.scheme(model, route=r) for r in ("ordinary", "board", "aft"))
        assert ordinary.approved_week > aft.approved_week > board.approved_week
        assert ordinary.real < aft.real < board.real

    def test_same_key_same_draw(self):
        one = self.scheme(made(seed=3, **{"run.chance": 1}))
        assert one == self.scheme(made("no-aft", seed=3, **{"run.chance": 1}))
        assert one.approved_week != self.scheme(made(seed=4, **{"run.chance": 1})).approved_week
        other = self.scheme(made(seed=3, **{"run.chance": 1}), key="RBS|2027/28|theatre|april")
        assert one.approved_week != other.approved_week

    def test_twice_the_money_takes_as_long(self):
        model = made(seed=3, **{"run.chance": 1})
        small, large = self.scheme(model), self.scheme(model, amount=20.0)
        assert small.built_week == large.built_week
        assert large.real == pytest.approx(2 * small.real)

    def test_the_round_in_which_the_freedoms_begin_has_keys_of_its_own(self):
        model = made()
        assert model.planning._slot(0, model.plan.aft_week) == "status"
        assert model.planning._slot(0, model.plan.aft_week + 1) == "april"

    def test_so_has_the_round_of_a_trust_that_gets_them_later(self):
        model = made()
        model.planning.status.grant(7, 60)
        assert [model.planning._slot(trust, 60) for trust in (7, 8)] == ["status", "april"]


class TestRipening:
    def ripen_all(self, model, first, weeks):
        for week in range(first, first + weeks):
            model.planning.ripen(week)

    def test_revenue_works_for_a_year(self):
        model = made(**dotted(capital__revenue_split=1.0))
        week = start(model)
        w = model.world
        provider = model.plan.bundle.trust_provider[index(model, "RTF")]
        model.planning.ripen(week)
        spent = w.money.revenue_spend[index(model, "RTF")]
        assert w.revenue_gain[provider] == pytest.approx(spent * 1e6 / (1900 * 0.6) / (365.25 / 7))
        self.ripen_all(model, week + 1, 51)
        assert w.revenue_gain[provider] > 0
        model.planning.ripen(week + 52)
        assert w.revenue_gain == pytest.approx(np.zeros(w.revenue_gain.size), abs=1e-12)

    def test_each_kind_of_scheme_has_one_channel(self):
        model = made(**dotted(capital__revenue_split=0.0))
        w = model.world
        i = index(model, "RTF")
        backlog = w.money.backlog[i]
        week = start(model)
        parts = dict.fromkeys(capital.CLASSES, 0.0)
        for e in events(model, "scheme idea", "RTF"):
            parts[e.detail.split(",")[0]] += e.value
        assert min(parts.values()) > 0
        real = 1 / 1.05 ** (4.5 / 12)
        approved = week + round(4.5 * WEEKS_A_MONTH)
        self.ripen_all(model, week, approved - week)
        assert w.money.backlog[i] == backlog
        model.planning.ripen(approved)
        assert backlog - w.money.backlog[i] == pytest.approx(parts["estate"] * real)
        assert w.equipment[i] == 1.0
        self.ripen_all(model, approved + 1, round(6 * WEEKS_A_MONTH))
        stock = 0.1 * model.plan.bundle.trusts.expenditure[i]
        assert w.equipment[i] == pytest.approx(1 + parts["equipment"] * real / stock)
        provider = model.plan.bundle.trust_provider[i]
        assert w.theatre_gain[provider] == 0.0
        self.ripen_all(model, approved + 1 + round(6 * WEEKS_A_MONTH), 90)
        gain = parts["theatre"] * real / 20 * 0.219 * w.opening.typical_hub_work
        assert w.theatre_gain[provider] == pytest.approx(gain)
        kinds = [Counter(e.detail.split(",")[0] for e in events(model, kind, "RTF")) for kind in LIFE]
        assert kinds[0] == kinds[1] == kinds[3] and kinds[0]["estate"] > 0
        assert kinds[2] == {kind: n for kind, n in kinds[0].items() if kind != "estate"}

    def test_capital_that_made_room_is_missed(self):
        model = made("aft-wide-crowd-out", **dotted(capital__revenue_split=0.0))
        w = model.world
        week = start(model)
        self.ripen_all(model, week, 140)
        other = index(model, "R0B")
        assert w.equipment[other] < 1.0
        assert w.theatre_gain[model.plan.bundle.trust_provider[other]] < 0
        assert w.equipment[index(model, "RTF")] > 1.0

    def test_a_trust_without_a_list_spends_and_treats_nobody(self):
        model = made(**{"aft.designated": ["RDY"]})
        week = start(model)
        assert model.world.money.drawn[index(model, "RDY")] > 0
        self.ripen_all(model, week, 190)
        assert not model.world.theatre_gain.any()


def test_announcement_names_every_designated_trust():
    model = made()
    model.planning.announce(model.plan.aft_week)
    assert sorted(e.trust for e in events(model, "designated")) == sorted(HOLDERS)
    assert isinstance(model.planning.status, Status)


def test_no_view_looks_past_the_year():
    model = made()
    calendar = model.plan.calendar
    april = calendar.first_week_of_april(2027)
    i = index(model, "RTF")
    assert model.planning._view(i, april).year_left == 1.0  # a year of 53 weeks is still one year
    assert model.planning._view(i, calendar.first_week_of_april(2026)).year_left == pytest.approx(52 * 7 / 365.25)
    assert model.planning._view(i, april - 1).year_left == pytest.approx(7 / 365.25)
    assert model.planning._view(i, april + 27).year_left == pytest.approx(26 * 7 / 365.25)
