"""The money at the opening on the pages of the baseline: England beside published totals, one trust in a block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import Bundle
    from aft_sim.baseline.facts import Total
    from aft_sim.baseline.money import OpeningMoney

DAYS = "capital.opening_cash_days"
INCOME = {
    "elective": "Elective care, at unit prices",
    "urgent": "Urgent care, at unit prices",
    "block": "Other contracts with boards",
    "deficit_support": "Deficit support",
    "other_income": "Other income",
}
COSTS = {
    "pay": "Staff on the payroll",
    "bank_agency": "Bank and agency staff",
    "drugs": "Drugs",
    "non_pay": "Supplies, premises and other",
    "pfi": "Private finance charges",
    "depreciation": "Depreciation",
    "pdc_dividend": "Dividend on public capital",
}
BASIS = (
    "Computed, for nobody publishes it: expenditure is that of the accounts rolled forward; income adds plan, variance "
    "and support, and its parts follow activity at national prices."
)


def _opening(b: Bundle) -> OpeningMoney:
    from aft_sim.baseline.money import opening_money
    from aft_sim.spec.register import Register

    return opening_money(b, Register.load().number, 0)


def _totals(b: Bundle, money: OpeningMoney) -> tuple[Total, ...]:
    """The opening beside published totals, and the savings programmes that the model puts behind it."""
    from aft_sim.baseline.facts import Total
    from aft_sim.baseline.money_outturn import YEAR
    from aft_sim.baseline.money_totals import opening_totals
    from aft_sim.mechanisms import finance
    from aft_sim.spec.register import Register

    number = Register.load().number
    share = {name: number(f"ledger.savings_{name}") for name in ("plan", "response", "delivery", "recurrent")}
    known = money.income > 0
    underlying = (money.surplus - money.deficit_support)[known] / money.income[known]
    plans = [finance.savings_plan(float(x), share["plan"] / 100, share["response"], 0.0, 0.0) for x in underlying]
    programme = finance.Programme(np.array(plans), share["delivery"], share["recurrent"])
    cost = sum(getattr(money, kind)[known] for kind in ("pay", "bank_agency", "drugs", "non_pay"))
    line = Total(
        "Savings delivered",
        "GBP m a year",
        YEAR,
        float(finance.saved(cost, programme).sum()),
        0.0,
        0.0,
        1000 * b.finance.number(YEAR, "efficiency delivered"),
        "NHS England, board papers of June 2026",
        "the trusts' are planned by the model's rule; the published figure is of systems, boards' savings included",
        measured=False,
    )
    return (*opening_totals(money, b), line)


def england(b: Bundle) -> dict[str, Any]:
    """England's opening money for a program: GBP m, residuals, errors of the estimates."""
    from aft_sim.baseline.money_totals import leave_one_out

    money = _opening(b)
    parts = (*INCOME, "income", *COSTS, "expenditure", "surplus", "cash", "assets")
    boards = ("allocation", "independent_sector", "other_commissioning", "board_surplus")
    lines = _totals(b, money)
    return {
        "gbp_m": {name: float(getattr(money, name).sum()) for name in (*parts, *boards)}
        | {"settlement": money.settlement},
        "totals": [asdict(line) | {"residual": line.residual, "share": line.share} for line in lines],
        "shortfalls_taken_back": money.workings.recovered,
        "prices_scaled": {b.trusts.code[i]: float(money.workings.price_scale[i]) for i in _scaled(money)},
        "errors": [asdict(error) for error in leave_one_out(b)],
    }


def _scaled(money: OpeningMoney) -> list[int]:
    return [int(i) for i in np.flatnonzero(money.workings.price_scale < 1)]


def print_england(b: Bundle) -> None:
    """England's opening money for a reader."""
    from aft_sim.baseline.money_totals import leave_one_out
    from aft_sim.cli.baseline_pages import print_lines

    money = _opening(b)
    terminal.heading("Money at the opening, before anything is spread")
    print_lines(_totals(b, money))
    terminal.say()
    _print_parts({name: float(getattr(money, name).sum()) for name in (*INCOME, *COSTS)}, 0)
    scaled = [f"{b.trusts.code[i]} {money.workings.price_scale[i]:.2f}" for i in _scaled(money)]
    rows = [
        (
            "Cash",
            f"GBP {money.cash.sum() / 1000:,.1f}bn, which nobody publishes: days of expenditure and two surpluses",
        ),
        ("Boards", f"GBP {money.allocation.sum() / 1000:,.1f}bn, of which contracts with trusts take one share"),
        ("Prices scaled", ", ".join(scaled) or "none"),
    ]
    terminal.show(terminal.facts(rows))
    terminal.say()
    heads = ("Trusts", "Mean\nerror", "Mean absolute\nerror")
    table = terminal.plain_table("Estimates, each without the trust itself", *heads, right=heads, whole=heads)
    for error in leave_one_out(b):
        name = f"{error.what[0].upper()}{error.what[1:]}, {error.type.replace('_', ' ')}"
        # the only trust of its type cannot be told from the others of it
        cells = ("–", "–")
        if error.trusts > 1:
            cells = (f"{100 * error.mean:+.1f}%".replace("-", "−"), f"{100 * error.absolute:.1f}%")
        table.add_row(name, f"{error.trusts}", *cells)
    terminal.show(table)
    terminal.say("Errors in per cent of expenditure and of income, among trusts whose figure is published.", "dim")


def trust(b: Bundle, index: int) -> dict[str, Any] | None:
    """A trust's opening money for a program, GBP m; None where no expenditure is known."""
    from aft_sim.baseline.money import cash_range
    from aft_sim.spec.register import Register

    money, register = _opening(b), Register.load()
    if money.without_figure[index]:
        return None
    days = register[DAYS]
    low, high = cash_range(b, register.number, (days.low, days.high))
    paying = money.payers[index]
    order = np.argsort(-paying, kind="stable")
    singles = ("income", "expenditure", "surplus", "cash", "assets", "envelope", "backlog")
    return {
        "income_by_source": {name: float(getattr(money, name)[index]) for name in INCOME},
        "cost_by_kind": {name: float(getattr(money, name)[index]) for name in COSTS},
        **{name: float(getattr(money, name)[index]) for name in singles},
        "surplus_before_support": float(money.surplus[index] - money.deficit_support[index]),
        "cash_low": float(low[index]),
        "cash_high": float(high[index]),
        "price_scale": float(money.workings.price_scale[index]),
        "estimated": bool(money.estimated[index]),
        "payers": {b.icb_name[k]: float(paying[k]) for k in order if paying[k] > 0},
    }


def print_trust(money: Mapping[str, Any] | None, pot: float) -> None:
    """A trust's opening money for a reader.

    Args:
        money: of `trust`.
        pot: surpluses not spent since 2024/25, as modelled, GBP m.
    """
    terminal.heading("Money at the opening, GBP m a year at prices of 2025/26")
    if money is None:
        terminal.say("Nothing is known of this trust's money.")
        return
    _print_parts({**money["income_by_source"], **money["cost_by_kind"]}, 1)
    rows = [
        ("Surplus", f"{_m(money['surplus'])}; {_m(money['surplus_before_support'])} before deficit support"),
        ("Cash", f"{_m(money['cash'])}, not published; range {_m(money['cash_low'])} to {_m(money['cash_high'])}"),
        ("Pot", f"{_m(pot)} of surpluses not spent since 2024/25"),
    ]
    if money["price_scale"] < 1:
        rows.append(
            ("Unit prices", f"{money['price_scale']:.2f} of national ones, for they would exceed its contracts")
        )
    terminal.show(terminal.facts(rows))
    terminal.say(BASIS, "dim")


def _print_parts(parts: Mapping[str, float], digits: int) -> None:
    """Income by source beside cost by kind, in GBP m."""
    heads = ("Income", "Cost")
    table = terminal.plain_table("GBP m", *heads, right=heads, whole=heads)
    for names, column in ((INCOME, 0), (COSTS, 1)):
        for name, label in names.items():
            cells = ["", ""]
            cells[column] = _m(parts[name], digits)
            table.add_row(label, *cells)
    totals = [_m(sum(parts[name] for name in names), digits) for names in (INCOME, COSTS)]
    table.add_row("All", *totals)
    terminal.show(table)


def _m(value: float, digits: int = 1) -> str:
    return f"{value:,.{digits}f}".replace("-", "−")
