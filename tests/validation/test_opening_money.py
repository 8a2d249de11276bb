"""The money at the opening against published totals: income, expenditure, outturn, support, deficits, boards."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.baseline.money import COSTS, INCOME, opening_money
from aft_sim.baseline.money_totals import boards_in_deficit, leave_one_out, opening_totals
from aft_sim.spec.register import Register

pytestmark = pytest.mark.validation

VALUE = Register.load().number
SMALL = 0.005
"""Share of England's income that what is spread may not exceed."""
DRAWS = (1, 2, 3)


@pytest.fixture(scope="module")
def b():
    return load()


@pytest.fixture(scope="module")
def m(b):
    return opening_money(b, VALUE, 0)


@pytest.fixture(scope="module")
def lines(b, m):
    return {line.name: line for line in opening_totals(m, b)}


def contracts(m):
    return m.elective + m.urgent + m.block


class TestTotals:
    """Sources: NHS England, financial performance report 2025/26; table `finance`."""

    def test_england_is_the_published_outturn(self, m):
        assert m.expenditure.sum() == pytest.approx(152_745)
        assert m.income.sum() == pytest.approx(151_851)
        assert m.surplus.sum() == pytest.approx(-894)
        assert m.deficit_support.sum() == pytest.approx(2_200 - 91)

    def test_what_is_spread_is_below_half_a_per_cent_of_england(self, m):
        assert abs(m.workings.outturn.sum() + 894) < SMALL * 151_851

    def test_only_shortfalls_of_three_quarters_take_part(self, m):
        moved = ~np.isclose(m.surplus, m.workings.outturn, atol=1e-9)
        assert moved.any() and m.workings.late[moved].all() and (m.workings.variance[moved] < 0).all()
        assert 0 < m.workings.recovered < 0.5

    def test_plans_add_up_to_the_published_plan(self, lines):
        line = lines["Planned surplus before deficit support"]
        assert line.published == pytest.approx(147_568 - 147_742 - 2_200)
        assert abs(line.share) < 0.05

    def test_variance_is_larger_than_at_the_end_of_the_year(self, lines):
        line = lines["Variance to plan before support was withheld"]
        assert line.published == pytest.approx(-894 + 174 + 91)
        assert line.trusts < line.published, "three quarters into the year more were behind"

    def test_every_line_has_a_source_and_large_residuals_a_reason(self, lines):
        assert all(line.source and line.unit for line in lines.values())
        for name, line in lines.items():
            assert abs(line.share) <= SMALL or line.why, name

    def test_envelopes_are_the_estates_return(self, m):
        assert m.envelope.sum() == pytest.approx(5_125, abs=1)

    def test_no_arbitrary_cash(self, m):
        days = m.cash.sum() / m.expenditure.sum() * 365.25
        assert 20 < days < 35


class TestParts:
    def test_they_add_up_for_every_trust(self, m):
        for whole, names in ((m.income, INCOME), (m.expenditure, COSTS)):
            assert np.sum([getattr(m, name) for name in names], axis=0) == pytest.approx(whole, abs=1e-9)
        assert m.income - m.expenditure == pytest.approx(m.surplus, abs=1e-9)

    def test_none_is_negative(self, m):
        for name in (*INCOME, *COSTS, "cash", "assets", "envelope", "backlog"):
            assert getattr(m, name).min() >= 0, name

    def test_pay_is_most_of_it_and_shares_are_plausible(self, m):
        """Pay about 67 % in sector accounts, depreciation 3 to 6 %; agency and bank together above agency alone."""
        total = m.expenditure.sum()
        assert 0.55 < (m.pay + m.bank_agency).sum() / total < 0.70
        assert 0.02 < m.depreciation.sum() / total < 0.06
        assert 800 < m.pdc_dividend.sum() < 2_000
        assert m.bank_agency.sum() > 2_070, "agency alone in 2024/25"
        assert m.drugs.sum() == pytest.approx(12_400, rel=0.02)

    def test_support_never_exceeds_a_planned_deficit(self, m):
        assert (m.deficit_support <= np.maximum(-m.workings.planned, 0) + 1e-9).all()

    def test_the_block_keeps_its_least_share(self, b, m):
        assert (m.block >= 0.1 * contracts(m) - 1e-9).all()
        scaled = {b.trusts.code[i] for i in np.flatnonzero(m.workings.price_scale < 1)}
        assert scaled == {"RBK", "RBN", "RP6", "RPC", "RTP"}
        assert m.workings.price_scale.min() > 0.6

    def test_trusts_without_a_list_or_urgent_care_are_paid_in_block(self, b, m):
        i = b.trust("RRU")
        assert m.elective[i] == m.urgent[i] == 0 < m.block[i]


class TestDeficits:
    def test_deficits_agree_with_the_flags_of_oversight(self, b, m):
        """100 of the acute and specialist trusts are flagged, 11 of the others."""
        flags, kinds = b.facts["money.deficit"], np.array(b.trusts.type)
        acute = np.isin(kinds, ("acute", "specialist")) & ~np.isnan(flags)
        below = m.surplus - m.deficit_support < 0
        assert flags[acute].sum() == 100
        assert below[acute].sum() == pytest.approx(100, abs=3)
        assert (below[acute] == (flags[acute] == 1)).mean() > 0.95

    def test_mental_health_trusts_are_rarely_in_deficit(self, b, m):
        kinds = np.array(b.trusts.type)
        assert (m.surplus - m.deficit_support < 0)[kinds == "mental_health"].sum() == pytest.approx(11, abs=2)

    def test_boards_in_deficit_stand_beside_systems(self, b, m, lines):
        line = lines["Boards in deficit with their trusts"]
        assert line.trusts == boards_in_deficit(m, b).sum()
        assert line.published == 15 and "not comparable" in line.why
        assert 10 <= line.trusts <= 30


class TestBoards:
    def test_allocations_add_up_to_the_published_total(self, m):
        for of in (m.allocation, m.target):
            assert of.sum() == pytest.approx(177_109)
        assert np.abs(m.allocation / m.target - 1).max() < 0.1

    def test_fair_shares_a_head_follow_the_need_indices(self, b, m):
        index = b.weighted_population / b.registered
        head = m.target / b.registered
        assert np.corrcoef(index, head)[0, 1] == pytest.approx(1.0)
        assert index.min() == pytest.approx(0.8817, abs=1e-4) and index.max() < 1.13

    def test_every_pound_of_a_board_is_spent_or_left(self, m):
        paid = (m.payers * contracts(m)[:, None]).sum(axis=0)
        spent = paid + m.independent_sector + m.other_commissioning + m.board_surplus
        assert spent == pytest.approx(m.allocation)
        assert min(paid.min(), m.independent_sector.min(), m.other_commissioning.min()) > 0

    def test_payers_rows_add_up_and_contracts_are_a_common_share(self, m):
        assert m.payers.min() >= 0
        assert m.payers.sum(axis=1) == pytest.approx(1.0)
        share = (m.payers * contracts(m)[:, None]).sum(axis=0) / m.allocation
        assert np.ptp(share) < 0.001 and m.workings.board_gap < 0.001

    def test_boards_left_what_is_published(self, m):
        """Systems -563 of which trusts -720, with 91 of support withheld: boards +66."""
        assert m.board_surplus.sum() == pytest.approx(66)

    def test_the_rest_is_of_the_size_of_primary_and_continuing_care(self, m):
        assert 25_000 < m.other_commissioning.sum() < 45_000
        assert 2_000 < m.independent_sector.sum() < 6_000

    def test_the_settlement_covers_allocations_and_support(self, m):
        assert m.settlement == pytest.approx(198_095)
        assert m.settlement > m.allocation.sum() + m.deficit_support.sum()


class TestDraws:
    @pytest.mark.parametrize("draw", DRAWS)
    def test_england_stays_and_nothing_turns_negative(self, b, draw):
        m = opening_money(b, VALUE, draw)
        assert (m.expenditure.sum(), m.surplus.sum()) == pytest.approx((152_745, -894))
        assert m.deficit_support.sum() == pytest.approx(2_109)
        for name in (*INCOME, *COSTS, "cash", "other_commissioning"):
            assert getattr(m, name).min() >= 0, name
        assert m.workings.board_gap < 0.005

    @pytest.mark.parametrize("draw", DRAWS)
    def test_estimates_stay_in_their_ranges(self, b, m, draw):
        drawn = opening_money(b, VALUE, draw)
        low, high = (np.nan_to_num(end) for end in b.facts.range("expenditure.rolled_forward"))
        assert (drawn.expenditure >= low - 1e-9).all() and (drawn.expenditure <= high + 1e-9).all()
        assert not np.allclose(drawn.expenditure, m.expenditure)
        imputed = m.workings.imputed & ~m.without_figure
        share = (drawn.workings.planned / (drawn.expenditure + drawn.workings.outturn + 1e-12))[imputed]
        low, high = (end[imputed] for end in b.facts.range("money.planned_surplus"))
        assert (share >= low - 1e-9).all() and (share <= high + 1e-9).all()
        assert (share != 0).all()

    @pytest.mark.parametrize("draw", DRAWS)
    def test_published_figures_never_move(self, b, m, draw):
        drawn = opening_money(b, VALUE, draw)
        known = ~m.workings.imputed
        for name in ("planned", "variance"):
            of = [getattr(w.workings, name)[known] / (w.expenditure + w.workings.outturn)[known] for w in (m, drawn)]
            assert of[0] == pytest.approx(of[1], abs=1e-9), "shares of income as published"
        published = np.isin(b.facts.basis, (0, 1, 3))
        assert published.any(), "facts themselves are read only"
        for name in ("envelope", "backlog"):
            assert (getattr(drawn, name) == getattr(m, name)).all()

    def test_an_own_figure_does_not_move(self, b):
        from dataclasses import replace

        from aft_sim.baseline.facts import Basis, Fact, TrustFacts

        facts = TrustFacts(
            b.facts.code, b.facts.value.copy(), b.facts.low.copy(), b.facts.high.copy(), b.facts.basis.copy()
        )
        i = b.trust("RTF")
        facts.put("expenditure.rolled_forward", i, Fact(900.0, Basis.OWN))
        own = replace(b, facts=facts)
        assert opening_money(own, VALUE, 2).expenditure[i] == 900.0


class TestErrors:
    def test_estimates_are_unbiased_within_a_point_for_england(self, b):
        """Leaving one out: expenditure within 3 % on average, planned surpluses within 2 points of income."""
        errors = {(e.what, e.type): e for e in leave_one_out(b)}
        whole = errors["expenditure", "all"]
        assert whole.trusts == 196 and abs(whole.mean) < 0.01 and whole.absolute < 0.03
        plan = errors["planned surplus", "all"]
        assert plan.trusts == 187 and abs(plan.mean) < 0.01 and plan.absolute < 0.02

    def test_types_are_told_apart(self, b):
        kinds = {e.type for e in leave_one_out(b)}
        assert {"acute", "mental_health", "community", "ambulance", "specialist", "all"} <= kinds
