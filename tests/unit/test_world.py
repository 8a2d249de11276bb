"""The opening state on the first Monday, what a trust looks like, and one whole run."""

from __future__ import annotations

import gc
import weakref
from datetime import date

import mesa
import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.mechanisms import access
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.execute import forget, plan_for, run_once
from aft_sim.world import MonthFlows, open_world, opening
from worlds import few, plan, same, scenario

pytestmark = pytest.mark.unit

UNTIL = date(2026, 8, 31)


def opened(seed=1, bundle=None, draw=0, **changes):
    base = load_scenario("no-aft")
    if changes:
        base = base.with_changes("opened", {k.replace("__", "."): v for k, v in changes.items()})
    return open_world(plan(base, UNTIL, bundle or few(), Draw(draw)), seed)


@pytest.fixture(scope="module")
def england():
    return opened(bundle=load())


class TestOpening:
    def test_people_are_the_published_ones(self, england):
        b = england.bundle
        assert england.n[:, :5].sum(axis=1) == pytest.approx(b.waiting[:, 0])
        assert (england.n[:, 5] == b.waiting[:, 1]).all()
        assert england.stock == pytest.approx(england.n.sum(axis=2))

    def test_referrals_are_the_balanced_starts(self, england):
        o, b = england.opening, england.bundle
        assert o.entries.to_rows(o.base).sum(axis=1) == pytest.approx(b.starts)
        assert england.row_rate == pytest.approx(o.entries.to_rows(o.base))
        outside = o.entries.icb == len(b.icb_code)
        assert not o.base[outside, :5].any() and not o.base[~outside, 5].any()

    def test_patients_come_from_the_published_catchments(self, england):
        o, b = england.opening, england.bundle
        by_row = o.entries.to_rows(o.base)[:, :5]
        provider = np.stack([np.bincount(b.row_provider, by_row[:, q], len(b.provider_code)) for q in range(5)], axis=1)
        trust = b.provider_trust
        known = np.flatnonzero((trust >= 0) & np.isfinite(b.trusts.catchment[trust]).all(axis=1))
        mix = provider[known] / provider[known].sum(axis=1, keepdims=True)
        assert known.size > 100
        assert mix == pytest.approx(b.trusts.catchment[trust[known]], abs=2e-3)

    def test_lists_by_residence_add_up(self, england):
        o, b = england.opening, england.bundle
        assert o.entries.to_rows(o.mix) == pytest.approx(england.stock, abs=1e-6)
        inside = b.entry_icb < len(b.icb_code)
        by_icb = np.bincount(b.entry_icb[inside], o.mix[inside].sum(axis=1))
        published = np.bincount(b.entry_icb[inside], b.entry_waiting[inside])
        assert by_icb == pytest.approx(published, rel=0.01)

    def test_the_gap_of_england_is_the_one_asked_for(self, england):
        assert england.opening.gap_over_52 == pytest.approx(1.15, abs=1e-6)
        assert access.gap_over_52(england.n[:, :5]) == pytest.approx(1.15, abs=1e-6)

    def test_every_gap_that_the_register_allows_can_be_opened(self):
        assert opened(bundle=load(), access__gap_over_52=1.75).opening.gap_over_52 == pytest.approx(1.75)

    def test_a_hub_serves_surgery_or_all_of_a_specialist(self, england):
        b, hub = england.bundle, england.opening.hub_rows
        orthopaedics = np.array([f == "C_110" for f in b.row_function])
        assert hub[orthopaedics & (b.admitted > 0)].all()
        acute = np.array([t >= 0 and b.trusts.type[t] == "acute" for t in b.provider_trust])[b.row_provider]
        medicine = np.array([f in ("C_320", "C_340") for f in b.row_function])
        assert not hub[acute & medicine].all()
        assert england.opening.typical_hub_work > 0

    def test_it_is_shared_and_read_only(self):
        p = plan(scenario("no-aft"), UNTIL, few())
        assert opening(p) is opening(plan(scenario("baseline"), UNTIL, few()))
        with pytest.raises(ValueError):
            opening(p).waiting[0, 0, 0] = 1.0

    def test_a_world_may_change_without_changing_the_baseline(self):
        one = opened()
        for array in (one.n, one.mix, one.pattern, one.money.envelope, one.money.backlog, one.mean_starts):
            array += 1.0
        other = opened()
        assert np.allclose(one.n - 1.0, other.n)
        assert np.allclose(one.money.envelope - 1.0, other.money.envelope)
        assert np.allclose(one.mean_starts - 1.0, other.mean_starts)

    def test_the_draw_moves_trust_gaps_and_the_seed_does_not(self):
        assert (opened(seed=1).n == opened(seed=2).n).all()
        assert (opened(seed=1).row_z != opened(seed=2).row_z).any()
        assert (opened(draw=1).n != opened(draw=2).n).any()
        assert (opened(draw=1).row_z == opened(draw=2).row_z).all()


class TestMoney:
    def test_by_hand(self):
        w = opened(capital__opening_cash_days=36.525, capital__pot_prior_year_ratio=0.5)
        t, i = w.bundle.trusts, w.bundle.trust("RTF")
        books = w.opening_money
        assert books.surplus[i] > 0
        assert w.money.pot[i] == pytest.approx(1.5 * books.surplus[i])
        # 36.525 days are a tenth of a year; what two years' surpluses left is in the bank too
        assert w.cash[i] == pytest.approx(0.1 * books.expenditure[i] + 1.5 * books.surplus[i])
        assert w.money.expenditure[i] == books.expenditure[i]
        assert w.money.envelope[i] == t.capital[i] and w.money.backlog[i] == t.backlog[i]

    def test_what_is_not_published_is_nothing(self):
        w = opened()
        money = w.money
        for values in (money.pot, w.cash, money.backlog, money.expenditure, money.envelope):
            assert np.isfinite(values).all() and values.min() >= 0

    def test_a_month_is_closed(self):
        money = opened().money
        money.drawn += 1.0
        money.capital_spend += 2.0
        pot = money.pot.copy()
        money.close_month()
        assert not any(x.any() for x in (money.drawn, money.capital_spend, money.revenue_spend))
        assert (money.pot == pot).all()


def test_flows_of_a_month_are_cleared():
    flows = MonthFlows.zero(3)
    flows.starts += 1.0
    flows.removed += 2.0
    flows.clear()
    assert not flows.starts.any() and not flows.removed.any()
    assert flows.late is not flows.returned


class TestTrustView:
    def test_a_trust_with_a_list(self, england):
        view = england.trust("RTF")
        b = england.bundle
        rows = b.row_provider == b.provider_code.index("RTF")
        assert view.people.sum() == pytest.approx(b.waiting[rows].sum())
        text = str(view)
        assert text.splitlines()[0].startswith("RTF ")
        assert f"waiting {b.waiting[rows].sum():,.0f}" in text
        for words in ("within 18 weeks", "median", "over 52", "pot GBP", "capital envelope GBP"):
            assert words in text
        assert "nan" not in text

    def test_a_trust_without_one(self, england):
        text = str(england.trust("RDY"))
        assert "no consultant-led waiting list" in text and "pot GBP" in text

    def test_signals_and_lists_agree(self, england):
        b = england.bundle
        assert england.provider_list() == pytest.approx(england.signals.waiting)
        i = b.provider_code.index("RTF")
        people = england.trust("RTF").people.sum(axis=0)
        assert england.signals.within_18_share[i] == pytest.approx(100 * people[:18].sum() / people.sum())


class TestExecute:
    SCENARIO = load_scenario("baseline")

    def test_one_run_is_named_and_repeatable(self):
        month = date(2026, 2, 28)
        one, two = (run_once(self.SCENARIO, 3, CENTRAL, month) for _ in range(2))
        assert (one.scenario, one.seed, one.draw) == ("baseline", 3, 0)
        assert one.scenario_hash == self.SCENARIO.hash
        assert set(one.treated) == {"RBS", "RDY", "RP1", "RTF", "RYX", "RY3"}
        assert same(one.tables, two.tables)
        assert not same(one.tables, run_once(self.SCENARIO, 4, CENTRAL, month).tables)

    def test_seeds_share_a_plan(self):
        assert plan_for(self.SCENARIO, CENTRAL, UNTIL) is plan_for(self.SCENARIO, CENTRAL, UNTIL)
        assert plan_for(self.SCENARIO, CENTRAL, UNTIL) is not plan_for(self.SCENARIO, Draw(1), UNTIL)

    def test_a_finished_model_is_freed(self):
        model = TrustAutonomyModel(plan(self.SCENARIO, UNTIL, few()), seed=1)
        watched = weakref.ref(model)
        forget(model)
        assert len(model.agents) == 0
        del model
        gc.collect()
        assert watched() is None

    def test_a_run_leaves_no_model_behind(self):
        def models():
            return {id(one) for one in gc.get_objects() if type(one) is TrustAutonomyModel}

        others = models()
        run_once(self.SCENARIO, 3, CENTRAL, date(2026, 2, 28))
        assert models() <= others

    def test_forgetting_does_not_depend_on_the_version_of_mesa(self):
        forget(mesa.Model())
