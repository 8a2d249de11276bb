"""A population budget over its years: where the money goes, and who bears what is left or overspent."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator
from numpy.typing import NDArray

from aft_sim.present import chart, layout, style
from aft_sim.present.budget_page import LINES, MEMO, REINVESTED
from aft_sim.present.chart import Chart
from aft_sim.study.budgets import BudgetHistory

Array = NDArray[np.float64]

PARTS = (
    ("The holder's own care", ("own",), style.DARK_BLUE, style.DARK_BLUE),
    ("Sub-contracts with other trusts", ("elective", "urgent", "block"), style.TURQUOISE, style.TURQUOISE_TEXT),
    ("Independent, general practice, other", ("independent", "other"), style.DARK_PINK, style.DARK_PINK),
    ("Community care and prevention", ("community", "prevention", "setup"), style.ORANGE, style.ORANGE_TEXT),
)
"""Settings that are drawn together, from the bottom: label, lines, colour, colour of text."""
BEARERS = (("Holder", "holder", style.DARK_BLUE), ("Board", "board", style.DARK_PINK))
BAR = 0.66
"""Width of a bar, years."""


def budget_chart(found: BudgetHistory, name: str) -> Chart:
    """Two panels over the years of a contract.

    Args:
        found: the contract.
        name: of the holder.
    """
    with mpl.rc_context(dict(style.RC)):
        figure = layout.page()
        top = layout.head(figure, _headline(found, name), _subtitle(found))
        bottom = layout.footer(figure, chart.source((found.scenario,), _note())) + 0.55
        spending, result = layout.panels(figure, bottom, top - 0.42)
        x = np.arange(len(found.years), dtype=float)
        _draw_spending(spending, found, x)
        _draw_result(result, found, x)
        for axes in (spending, result):
            axes.set_xlim(-0.6, len(x) - 0.4)
            axes.xaxis.set_major_locator(FixedLocator(x.tolist()))
            axes.xaxis.set_major_formatter(FixedFormatter([one.year for one in found.years]))
        return Chart(figure, _alt(found, name), _data(found), _codebook())


def _draw_spending(axes: Axes, found: BudgetHistory, x: Array) -> None:
    base = np.zeros(len(x))
    labels = []
    for label, names, colour, text in PARTS:
        amount = np.array([sum(one.items[line] for line in names) for one in found.years])
        axes.bar(x, amount, BAR, bottom=base, color=colour, edgecolor="white", linewidth=0.8, gid="data")
        last = amount[-1] / found.years[-1].spending
        labels.append((float(base[-1] + amount[-1] / 2), f"{_folded(label)}\n{100 * last:.0f}%", text))
        base = base + amount
    budget = np.array([one.budget for one in found.years])
    axes.plot(x, budget, linestyle="None", marker="_", markersize=26, markeredgewidth=2, color=style.TEXT, gid="data")
    labels.append((float(budget[-1]) * 1.06, "Budget (line)", style.TEXT))
    axes.set_ylim(0, float(max(budget.max(), base.max())) * 1.1)
    layout.panel_title(axes, "Spending, GBP million a year (last year's shares on the right)")
    layout.gridlines(axes, 0, axes.get_ylim()[1], signed=False)
    layout.side_labels(axes, labels)


def _draw_result(axes: Axes, found: BudgetHistory, x: Array) -> None:
    above, below = np.zeros(len(x)), np.zeros(len(x))
    labels = []
    for label, item, colour in BEARERS:
        amount = np.array([100 * one.items[item] / one.budget for one in found.years])
        start = np.where(amount >= 0, above, below)
        axes.bar(x, amount, BAR, bottom=start, color=colour, edgecolor="white", linewidth=0.8, gid="data")
        labels.append((float(start[-1] + amount[-1] / 2), f"{label}\n{style.number(amount[-1], '%', True)}%", colour))
        above, below = above + np.maximum(amount, 0), below + np.minimum(amount, 0)
    saved = np.array([100 * one.items["avoided"] / one.budget for one in found.years])
    axes.plot(x, saved, "D", color=style.ORANGE, markeredgecolor="white", markersize=6, gid="data")
    text = f"Saved by fewer\nemergencies\n{style.number(saved[-1], '%', True)}%"
    labels.append((float(saved[-1]), text, style.ORANGE_TEXT))
    low, high = min(float(below.min()), float(saved.min()), 0), max(float(above.max()), float(saved.max()), 0)
    pad = 0.12 * max(high - low, 1e-3)
    axes.set_ylim(low - pad, high + pad)
    axes.axhline(0, color=style.SECONDARY, linewidth=1)
    layout.panel_title(axes, "Left of the budget (above zero) or overspent, % of the budget, by who keeps or bears it")
    layout.gridlines(axes, low - pad, high + pad, signed=True)
    layout.side_labels(axes, labels)


def _folded(label: str) -> str:
    return "\n".join(layout.wrap(label, 9.2, "normal", layout.RIGHT - 0.3))


def _headline(found: BudgetHistory, name: str) -> str:
    last = found.years[-1]
    verb = "keeps" if last.result >= 0 else "overspends by"
    share = style.number(100 * abs(last.result) / last.budget, "%")
    outside = style.number(100 * last.items["moved"], "%", places=1)
    return f"{name} {verb} {share}% of its budget in {last.year}, when {outside}% of it has moved out of hospital"


def _subtitle(found: BudgetHistory) -> str:
    people = style.number(found.years[-1].items["people"], "pathways")
    years: Sequence[str] = [one.year for one in found.years]
    return (
        f"A {found.scope} contract with {found.board} for {people} residents, {years[0]} to {years[-1]}; cash prices. "
        f"One run of {found.scenario}, seed {found.seed}: no 95% interval."
    )


def _note() -> str:
    return (
        "Own care is at contract prices less what it stops to cost. No term of a contract is published; those assumed "
        "are in docs/iho.md."
    )


def _alt(found: BudgetHistory, name: str) -> str:
    years = "; ".join(
        f"{one.year}: budget {one.budget:,.0f}, spending {one.spending:,.0f}, left {one.result:+,.1f}, saved by fewer "
        f"emergencies {one.items['avoided']:,.1f}"
        for one in found.years
    )
    return f"Two bar charts. {_headline(found, name)}. {_subtitle(found)} GBP million by year: {years}."


_ITEMS = (*LINES, *MEMO, "reinvested", "holder")


def _data(found: BudgetHistory) -> pa.Table:
    columns: dict[str, object] = {
        "year": [one.year for one in found.years],
        "budget": [one.budget for one in found.years],
    }
    for item in _ITEMS:
        columns[item] = [float(one.items[item]) for one in found.years]
    columns["board_part"] = [float(one.items["board"]) for one in found.years]
    columns["moved"] = [float(one.items["moved"]) for one in found.years]
    return chart.table_of(columns)


def _codebook() -> dict[str, tuple[str, str]]:
    unit = "GBP million"
    return {
        "year": ("financial year", ""),
        "budget": ("paid by the board", unit),
        **{name: (label, unit) for name, label in (*LINES.items(), *MEMO.items(), ("reinvested", REINVESTED))},
        "holder": ("the holder's part of what is left (below zero: overspent)", unit),
        "board_part": ("the board's part", unit),
        "moved": ("spent outside hospital by the contract", "share of the budget"),
    }
