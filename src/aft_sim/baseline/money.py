"""The money of trusts and boards at the opening: a year of 2025/26 in GBP m, from what is published and estimated.

Expenditure is that of the accounts rolled forward to the outturn, its parts go by each trust's own accounts, the
surplus is its plan and its variance to plan with deficit support (`money_outturn`), and income is the sum of both.
Contract income is divided by what the work would be paid at unit prices, and among the boards its patients come from
(`money_boards`). What trusts' published figures leave open between them and England's is listed before anything is
spread (`money_totals`).
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.facts import BY_NAME
from aft_sim.baseline.money_boards import Boards, boards_of
from aft_sim.baseline.money_outturn import YEAR, Workings, surpluses
from aft_sim.basis import streams
from aft_sim.basis.errors import InputError
from aft_sim.basis.units import DAYS_PER_WEEK, DAYS_PER_YEAR

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

PARAMETERS = (
    "capital.cost_per_pathway",
    "capital.opening_cash_days",
    "capital.pot_prior_year_ratio",
    "ledger.assets_per_depreciation",
    "ledger.least_block_share",
    "ledger.other_income_share",
    "ledger.pdc_dividend",
    "payment.admitted_price_ratio",
    "payment.attendance_price",
    "payment.distance_spread",
    "payment.emergency_admission_price",
)
"""Parameters of the register that the opening money rests on."""
COSTS = ("pay", "bank_agency", "drugs", "non_pay", "pfi", "depreciation", "pdc_dividend")
"""Parts of expenditure; they add up to it."""
INCOME = ("elective", "urgent", "block", "deficit_support", "other_income")
"""Parts of income; they add up to it."""
STEPS = 60
"""Halvings by which drawn figures are moved until England adds up; more than doubles resolve."""
WIDEST = 8.0
"""Standard deviations within which they are moved."""


@dataclass(frozen=True, eq=False)
class OpeningMoney:
    """A year's money at prices and totals of 2025/26; GBP m; (trust,) unless said otherwise. Read only.

    Attributes:
        income, expenditure: of the year; trusts without any figure have none.
        deficit_support: what NHS England pays to trusts that plan a deficit, part of income.
        other_income: not for patient care, part of income.
        elective, urgent, block: contract income, the rest of income: at unit prices, and what they leave.
        pay, bank_agency, drugs, non_pay, pfi, depreciation, pdc_dividend: parts of expenditure, which add up to it.
        cash: at the opening.
        assets: relevant net assets, which the dividend is paid on.
        surplus: income less expenditure, deficit support included.
        envelope: capital of the estates return 2024/25.
        backlog: maintenance backlog 2024/25.
        elective_price_admitted, elective_price_non_admitted: GBP per completed pathway.
        national_prices: GBP per completed pathway, admitted and other, as any provider but those above is paid.
        estimated: whether the accounts of 2023/24 or the planned surplus are estimates.
        without_figure: whether expenditure is not known at all, so that everything is zero.
        payers: (trust, icb) shares of contract income by paying board; rows add up to 1.
        allocation, target: (icb,) allocation of the year, and the fair share.
        independent_sector, other_commissioning: (icb,) what the boards spend elsewhere.
        board_surplus: (icb,) allocation less spending, which was under plan by this in England as a whole.
        settlement: NHS England's revenue of the year.
        workings: how the trusts' figures met England's.
    """

    income: Array
    expenditure: Array
    deficit_support: Array
    other_income: Array
    elective: Array
    urgent: Array
    block: Array
    pay: Array
    bank_agency: Array
    drugs: Array
    non_pay: Array
    pfi: Array
    depreciation: Array
    pdc_dividend: Array
    cash: Array
    assets: Array
    surplus: Array
    envelope: Array
    backlog: Array
    elective_price_admitted: Array
    elective_price_non_admitted: Array
    national_prices: tuple[float, float]
    estimated: Flags
    without_figure: Flags
    payers: Array
    allocation: Array
    target: Array
    independent_sector: Array
    other_commissioning: Array
    board_surplus: Array
    settlement: float
    workings: Workings


def opening_money(bundle: Bundle, value: Callable[[str], float], draw: int) -> OpeningMoney:
    """The money at the opening.

    Args:
        bundle: the baseline.
        value: value of a parameter of the register at the opening.
        draw: of the uncertain figures: estimates take a value in their range, 0 the estimate itself. Published
            figures never move.

    Raises:
        InputError: the baseline's figures contradict each other.
    """
    return _opening(bundle, tuple((name, float(value(name))) for name in PARAMETERS), draw)


def cash_range(bundle: Bundle, value: Callable[[str], float], days: tuple[float, float]) -> tuple[Array, Array]:
    """(trust,) cash at the opening at the least and the most days of expenditure that are plausible.

    Args:
        bundle: the baseline.
        value: as for `opening_money`.
        days: range of `capital.opening_cash_days`.
    """
    money, ratio = opening_money(bundle, value, 0), value("capital.pot_prior_year_ratio")
    low, high = (_cash(money.expenditure, money.surplus, end, ratio) for end in days)
    return low, high


@lru_cache(maxsize=4)
def _opening(bundle: Bundle, values: tuple[tuple[str, float], ...], draw: int) -> OpeningMoney:
    p = dict(values)
    known = bundle.facts.known("expenditure.rolled_forward")
    expenditure = _expenditure(bundle, draw)
    costs, assets = _costs(bundle, expenditure, p["ledger.pdc_dividend"], p["ledger.assets_per_depreciation"])
    surplus, workings = surpluses(bundle, expenditure, draw)
    income = expenditure + surplus
    other = p["ledger.other_income_share"] * income
    contract = income - workings.support - other
    if (contract < 0).any():
        i = int(np.argmin(contract))
        raise InputError(
            "a trust's income does not cover its deficit support and other income",
            found=f"{bundle.trusts.code[i]}: GBP {income[i]:,.1f}m, surplus GBP {surplus[i]:,.1f}m",
            expected="a deficit smaller than expenditure",
        )
    prices = _prices(bundle, p["capital.cost_per_pathway"], p["payment.admitted_price_ratio"])
    elective = _elective(bundle, prices)
    urgent = _urgent(bundle, p["payment.attendance_price"], p["payment.emergency_admission_price"]) * known
    scale = _price_scale(contract, elective + urgent, p["ledger.least_block_share"])
    boards = _boards(bundle, contract, prices, p["payment.distance_spread"], draw)
    money = OpeningMoney(
        income=income,
        expenditure=expenditure,
        deficit_support=workings.support,
        other_income=other,
        elective=elective * scale,
        urgent=urgent * scale,
        block=contract - (elective + urgent) * scale,
        **costs,
        cash=_cash(expenditure, surplus, p["capital.opening_cash_days"], p["capital.pot_prior_year_ratio"]),
        assets=assets,
        surplus=surplus,
        envelope=np.nan_to_num(bundle.trusts.capital),
        backlog=np.nan_to_num(bundle.trusts.backlog),
        elective_price_admitted=prices[0] * scale,
        elective_price_non_admitted=prices[1] * scale,
        national_prices=prices,
        estimated=known & (np.isnan(bundle.facts.published("expenditure.total")) | workings.imputed),
        without_figure=~known,
        payers=boards.payers,
        allocation=boards.allocation,
        target=boards.target,
        independent_sector=boards.independent_sector,
        other_commissioning=boards.other_commissioning,
        board_surplus=boards.surplus,
        settlement=bundle.finance.gbp_m(YEAR, "NHSE non-ringfenced RDEL plan"),
        workings=replace(workings, price_scale=scale, board_gap=boards.gap),
    )
    _protect(money)
    return money


def _protect(money: OpeningMoney) -> None:
    """Make the arrays read only, for the result is shared."""
    for part in (*vars(money).values(), *vars(money.workings).values()):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False


def _expenditure(bundle: Bundle, draw: int) -> Array:
    """(trust,) expenditure of the year; drawn figures are moved in their ranges until England is the outturn."""
    name, facts = "expenditure.rolled_forward", bundle.facts
    value = np.nan_to_num(facts[name])
    movable = facts.estimated(name)
    if draw == 0 or not movable.any():
        return value
    low, high = (np.nan_to_num(end)[movable] for end in facts.range(name))
    codes = tuple(code for code, yes in zip(facts.code, movable, strict=True) if yes)
    u = streams.Streams(0, draw).params("imputed expenditure", 0, streams.words(codes))
    z, middle, wanted = streams.normal(u), value[movable], value[movable].sum()
    drawn, least, most = middle, -WIDEST, WIDEST
    for _ in range(STEPS):
        shift = (least + most) / 2
        drawn = streams.triangular(special.ndtr(z + shift), low, middle, high)
        least, most = (least, shift) if drawn.sum() > wanted else (shift, most)
    out = value.copy()
    out[movable] = drawn
    return out


def _shares(bundle: Bundle) -> dict[str, Array]:
    """(trust,) parts of operating expenditure as shares of it; of trusts of the type where an account lacks them."""
    facts, types = bundle.facts, np.array(bundle.trusts.type)
    total, before = facts["expenditure.total"], facts["expenditure.year_before"]
    amounts = {
        "pay": (facts["expenditure.staff"] - facts["expenditure.temporary_staff"], total),
        "bank_agency": (facts["expenditure.temporary_staff"], total),
        "drugs": (facts["expenditure.drugs"], total),
        "pfi": (facts["expenditure.pfi"], before),
        "depreciation": (facts["expenditure.depreciation"], before),
    }
    out = {}
    for part, (amount, whole) in amounts.items():
        share = np.divide(amount, whole, out=np.full(len(types), np.nan), where=whole > 0)
        for i in np.flatnonzero(np.isnan(share)):
            same = ~np.isnan(share) & (types == types[i])
            same = same if same.any() else ~np.isnan(share)
            share[i] = amount[same].sum() / whole[same].sum()
        out[part] = share
    return out


def _costs(bundle: Bundle, expenditure: Array, rate: float, per_depreciation: float) -> tuple[dict[str, Array], Array]:
    """Expenditure by part, and the relevant net assets.

    Expenditure is all there is, the dividend included; the accounts' parts are shares of what it leaves.
    """
    shares = _shares(bundle)
    operating = expenditure / (1 + rate * per_depreciation * shares["depreciation"])
    costs = {part: share * operating for part, share in shares.items()}
    assets = per_depreciation * costs["depreciation"]
    costs["pdc_dividend"] = rate * assets
    costs["non_pay"] = expenditure - np.sum(list(costs.values()), axis=0)
    for part, amount in costs.items():
        if amount.min() < 0:
            i = int(np.argmin(amount))
            raise InputError(
                f"the parts of a trust's expenditure exceed the whole ({part} would be below zero)",
                found=f"{bundle.trusts.code[i]}: GBP {amount[i]:,.1f}m of GBP {expenditure[i]:,.1f}m",
                expected="parts of the accounts that add up",
            )
    return costs, assets


def _cash(expenditure: Array, surplus: Array, days: float, prior_year_ratio: float) -> Array:
    """Cash at the opening: days of expenditure, moved by what the surpluses of two years say, never below zero.

    No balance is published. A surplus is money in the bank and a deficit takes it away; the year before is in
    proportion to this one, as for the pots.
    """
    return np.maximum(expenditure * days / DAYS_PER_YEAR + surplus * (1 + prior_year_ratio), 0.0)


def _prices(bundle: Bundle, mean: float, ratio: float) -> tuple[float, float]:
    """National prices of an admitted and another completed pathway, GBP, from the mean over NHS providers."""
    trust = bundle.row_is_trust
    admitted, other = float(bundle.admitted[trust].sum()), float(bundle.non_admitted[trust].sum())
    price = mean * (admitted + other) / (ratio * admitted + other)
    return ratio * price, price


def _value_of_rows(bundle: Bundle, prices: tuple[float, float]) -> Array:
    """(row,) a year's completions at prices, GBP m."""
    weekly = bundle.admitted * prices[0] + bundle.non_admitted * prices[1]
    return np.asarray(weekly * DAYS_PER_YEAR / DAYS_PER_WEEK / 1e6)


def _elective(bundle: Bundle, prices: tuple[float, float]) -> Array:
    """(trust,) elective work of a year at national prices."""
    trust = bundle.provider_trust[bundle.row_provider]
    here = trust >= 0
    return np.asarray(
        np.bincount(trust[here], _value_of_rows(bundle, prices)[here], len(bundle.trusts.code)), np.float64
    )


def _urgent(bundle: Bundle, attendance: float, admission: float) -> Array:
    """(trust,) attendances and emergency admissions of a year at national prices."""
    name = "emergency.attendances"
    month = datetime.strptime(BY_NAME[name].period, "%B %Y")
    year = DAYS_PER_YEAR / calendar.monthrange(month.year, month.month)[1]
    seen, admitted = (np.nan_to_num(bundle.facts[kind]) for kind in (name, "emergency.admissions"))
    return np.asarray((seen * attendance + admitted * admission) * year / 1e6)


def _price_scale(contract: Array, priced: Array, least_block: float) -> Array:
    """(trust,) factor on unit prices so that they leave at least a share of contract income to the block."""
    most = (1 - least_block) * contract
    return np.minimum(np.divide(most, priced, out=np.ones(len(priced)), where=priced > most), 1.0)


def _boards(bundle: Bundle, contract: Array, prices: tuple[float, float], distance: float, draw: int) -> Boards:
    """Allocations and payments of the boards."""
    sector = ~bundle.row_is_trust
    at = bundle.provider_icb[bundle.row_provider]
    value = _value_of_rows(bundle, prices)[sector]
    independent = np.asarray(np.bincount(at[sector], value, len(bundle.icb_code)), np.float64)
    finance = bundle.finance
    plan = finance.gbp_m(YEAR, "provider income plan") - finance.gbp_m(YEAR, "provider expenditure plan")
    outturn = finance.gbp_m(YEAR, "provider income") - finance.gbp_m(YEAR, "provider expenditure")
    withheld = finance.gbp_m(YEAR, "deficit support withheld")
    # systems are trusts and boards, and are charged the support that was withheld: the rest is the boards' own
    own = finance.gbp_m(YEAR, "systems variance to plan") - (outturn - plan) - withheld
    return boards_of(bundle, finance.gbp_m(YEAR, "systems allocation"), contract, independent, own, distance, draw)
