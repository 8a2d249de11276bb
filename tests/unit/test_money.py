"""The money at the opening, against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline import money, money_boards, money_outturn
from aft_sim.baseline.bundle import load
from aft_sim.baseline.money import COSTS, INCOME, cash_range, opening_money
from aft_sim.basis.errors import InputError
from aft_sim.spec.register import Register

pytestmark = pytest.mark.unit

VALUE = Register.load().number


def parts(of, names) -> np.ndarray:
    return np.sum([getattr(of, name) for name in names], axis=0)


class TestOutturn:
    def test_income_is_expenditure_with_both_parts_of_the_surplus(self):
        income, support = money_outturn.with_support(np.array([98.0]), np.array([0.02]), np.array([0.0]), 10.0)
        assert income == pytest.approx([100.0]) and support == pytest.approx([0.0])

    def test_support_goes_by_planned_deficits(self):
        expenditure, planned = np.array([100.0, 200.0, 100.0]), np.array([-0.1, -0.1, 0.05])
        income, support = money_outturn.with_support(expenditure, planned, np.zeros(3), 15.0)
        assert support.sum() == pytest.approx(15.0)
        assert support[1] == pytest.approx(2 * support[0]) and support[2] == 0
        assert income == pytest.approx(expenditure + planned * income + support)

    def test_support_never_exceeds_the_planned_deficit(self):
        income, support = money_outturn.with_support(np.array([100.0]), np.array([-0.1]), np.array([0.0]), 50.0)
        assert support == pytest.approx([10.0]) and income == pytest.approx([100.0])

    def test_without_deficits_nothing_is_paid(self):
        _, support = money_outturn.with_support(np.array([100.0]), np.array([0.0]), np.array([-0.1]), 50.0)
        assert support == pytest.approx([0.0])

    def test_the_rest_of_the_year_takes_back_a_common_share_of_shortfalls(self):
        surplus, part = money_outturn.spread(
            np.array([5.0, -10.0, -20.0]), np.array([0.0, 8.0, 12.0]), np.ones(3), -20.0
        )
        assert part == pytest.approx(0.25)
        assert surplus == pytest.approx([5.0, -8.0, -17.0])

    def test_shortfalls_grow_where_the_trusts_did_better_than_england(self):
        surplus, part = money_outturn.spread(np.array([5.0, -10.0]), np.array([0.0, 5.0]), np.ones(2), -10.0)
        assert part == pytest.approx(-1.0) and surplus == pytest.approx([5.0, -15.0])

    def test_without_shortfalls_all_take_part_by_size(self):
        surplus, _ = money_outturn.spread(np.zeros(2), np.zeros(2), np.array([300.0, 100.0]), -4.0)
        assert surplus == pytest.approx([-3.0, -1.0])


class TestCash:
    def test_days_of_expenditure_and_the_surpluses_of_two_years(self):
        cash = money._cash(np.array([365.25, 365.25]), np.array([4.0, -50.0]), 30.0, 0.25)
        assert cash == pytest.approx([35.0, 0.0])


class TestPrices:
    def test_prices_are_scaled_down_where_they_leave_too_little(self):
        scale = money._price_scale(np.array([100.0, 100.0, 0.0]), np.array([80.0, 180.0, 0.0]), 0.1)
        assert scale == pytest.approx([1.0, 0.5, 1.0])

    def test_the_mean_price_over_england_is_the_parameter(self):
        b = load()
        admitted, other = money._prices(b, 1000.0, 4.0)
        trust = b.row_is_trust
        n, m = b.admitted[trust].sum(), b.non_admitted[trust].sum()
        assert admitted == pytest.approx(4 * other)
        assert (n * admitted + m * other) / (n + m) == pytest.approx(1000.0)


class TestBoards:
    def test_raking_meets_both_margins(self):
        seed = np.array([[1.0, 1.0], [1.0, 3.0]])
        out = money_boards.rake(seed, np.array([10.0, 20.0]), np.array([12.0, 18.0]))
        assert out.sum(axis=1) == pytest.approx([10.0, 20.0])
        assert out.sum(axis=0) == pytest.approx([12.0, 18.0])
        assert out[0, 0] * out[1, 1] / (out[0, 1] * out[1, 0]) == pytest.approx(3.0), "odds of the seed stay"

    def test_rows_are_met_where_zeros_keep_the_columns_away(self):
        out = money_boards.rake(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([10.0, 20.0]), np.array([15.0, 15.0]))
        assert out.sum(axis=1) == pytest.approx([10.0, 20.0])

    def test_allocations_keep_the_total_and_go_by_board_and_draw(self):
        target, codes = np.array([100.0, 300.0, 600.0]), ("QA", "QB", "QC")
        one = money_boards.allocations(target, 0.05, codes, 1)
        assert one.sum() == pytest.approx(1000.0)
        assert money_boards.allocations(target, 0.05, codes, 1) == pytest.approx(one)
        assert not np.allclose(money_boards.allocations(target, 0.05, codes, 2), one)
        assert money_boards.allocations(target, 0.0, codes, 1) == pytest.approx(target)

    def test_a_board_that_cannot_pay_is_named(self):
        b = load()
        contract = np.full(len(b.trusts.code), 100.0)
        with pytest.raises(InputError, match="exceed its allocation"):
            money_boards.boards_of(b, 15_000.0, contract, np.zeros(len(b.icb_code)), 0.0, 0.0, 0)

    def test_trusts_without_a_catchment_are_paid_by_their_host(self):
        b = load()
        seed = money_boards._seed(b)
        assert seed.sum(axis=1) == pytest.approx(1.0)
        i = b.trust("RP1")
        assert np.isnan(b.catchment_icb[i]).all() and seed[i, b.trusts.icb[i]] == 1


class TestOpening:
    def test_it_is_made_once_for_a_baseline_values_and_draw(self):
        b = load()
        assert opening_money(b, VALUE, 0) is opening_money(b, VALUE, 0)
        assert opening_money(b, VALUE, 1) is not opening_money(b, VALUE, 0)

    def test_it_is_read_only(self):
        m = opening_money(load(), VALUE, 0)
        with pytest.raises(ValueError, match="read-only"):
            m.income[0] = 1.0

    @pytest.mark.parametrize(
        ("name", "value", "field"),
        [
            ("capital.cost_per_pathway", 1500.0, "elective"),
            ("capital.opening_cash_days", 20.0, "cash"),
            ("capital.pot_prior_year_ratio", 0.5, "cash"),
            ("ledger.assets_per_depreciation", 7.0, "assets"),
            ("ledger.least_block_share", 0.5, "block"),
            ("ledger.other_income_share", 0.1, "other_income"),
            ("ledger.pdc_dividend", 0.03, "pdc_dividend"),
            ("payment.admitted_price_ratio", 3.0, "elective"),
            ("payment.attendance_price", 150.0, "urgent"),
            ("payment.distance_spread", 0.01, "allocation"),
            ("payment.emergency_admission_price", 3000.0, "urgent"),
        ],
    )
    def test_every_parameter_is_read(self, name, value, field):
        b = load()
        moved = opening_money(b, lambda n: value if n == name else VALUE(n), 0)
        assert not np.allclose(getattr(moved, field), getattr(opening_money(b, VALUE, 0), field))
        assert name in money.PARAMETERS

    def test_the_parameters_are_all_there_are(self):
        asked = []
        opening_money(load(), lambda n: asked.append(n) or VALUE(n), 0)
        assert tuple(asked) == money.PARAMETERS

    def test_one_trust_by_hand(self):
        """Northumbria: accounts and shares as published, the sums worked out here."""
        b = load()
        m, i, f = opening_money(b, VALUE, 0), b.trust("RTF"), b.facts
        spending = f["expenditure.rolled_forward"][i]
        depreciation = f["expenditure.depreciation"][i] / f["expenditure.year_before"][i]
        operating = spending / (1 + 0.035 * 9 * depreciation)
        assert m.pay[i] == pytest.approx((483.643 - 4.424) / 775.657 * operating)
        assert m.bank_agency[i] == pytest.approx(4.424 / 775.657 * operating)
        assert m.pdc_dividend[i] == pytest.approx(spending - operating)
        assert m.workings.planned[i] == pytest.approx(0.0143 * (spending + m.workings.outturn[i]))
        assert m.surplus[i] == pytest.approx(spending * 0.0144 / (1 - 0.0144)), "plan 1.43 %, 0.01 % beyond it"
        assert m.deficit_support[i] == 0
        year = 365.25 / 31
        assert m.urgent[i] == pytest.approx((24_931 * 185 + 4_980 * 3450) * year / 1e6)
        assert m.other_income[i] == pytest.approx(0.08 * m.income[i])

    def test_the_trust_that_is_not_open_has_no_money(self):
        b = load()
        m, i = opening_money(b, VALUE, 0), b.trust("K0N6A")
        assert m.without_figure[i] and m.without_figure.sum() == 1
        for name in (*INCOME, *COSTS, "income", "expenditure", "cash", "surplus"):
            assert getattr(m, name)[i] == 0, name

    def test_the_range_of_cash_holds_it(self):
        b = load()
        low, high = cash_range(b, VALUE, (10.0, 60.0))
        cash = opening_money(b, VALUE, 0).cash
        assert (low <= cash).all() and (cash <= high).all()
        assert (low < high)[cash > 0].all()
