"""Tables of what a policy costs and for whom: for the terminal, and the lines of its CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from aft_sim.present import style
from aft_sim.study.compare import Comparison
from aft_sim.study.worth import Worth, WorthRow

COLUMNS = (
    ("measure", "machine name of the measure", ""),
    ("label", "the measure in words; money is in cash prices", ""),
    ("unit", "unit of the levels, the effect and the interval; points where that is %", ""),
    ("quintile", "deprivation fifth: 1 most deprived, 5 least; empty for all", ""),
    ("financial_year", "April to March, whole years only; empty: since the start of the run", ""),
    ("baseline", "mean level in the baseline arm; empty for ratios", "see unit"),
    ("policy", "mean level in the policy arm; empty for ratios", "see unit"),
    ("effect", "mean paired difference, or the ratio itself; empty if nobody can tell", "see unit"),
    (
        "interval_low",
        "lower end of the 95% interval (Student t, of ratios Fieller); empty if there is none",
        "see unit",
    ),
    ("interval_high", "upper end of the 95% interval; empty if there is none", "see unit"),
    ("verdict", "the verdict, or what the ratio means", ""),
)
"""Columns of the CSV: name, meaning, unit."""
CAPTION = {
    "public_spending": "Public spending on care: what trusts, boards and NHS England pay staff, suppliers, lenders and "
    "providers outside the NHS, capital included, less what others than the NHS pay trusts.",
    "trust_spending": "Public spending by trusts: what they pay staff, suppliers and lenders, capital included, less "
    "what others than the NHS pay them.",
    "gbp_per_pathway": "Per extra pathway: by Fieller's theorem; no number where extra pathways may be none.",
    "same_sum": "At marginal cost: average cost of a pathway times the marginal share (capital.cost_per_pathway, "
    "capital.marginal_cost_ratio), each month at its prices, before lists, referrals or providers answer.",
    "cash_support": "Cash support: lent to trusts that had no cash left.",
}


OF_HEALTH = (
    "qalys_treatment",
    "qalys_waiting",
    "qalys_prevention",
    "system_spending",
    "displaced",
    "qalys",
    "net_health_benefit",
)
"""Measures that the table of health holds."""


def lines(worth: Worth) -> Iterator[Sequence[str]]:
    """Lines of the CSV, as `COLUMNS`."""
    for row in worth.rows():
        low, high = row.interval or (None, None)
        levels = (row.effect.baseline, row.effect.policy) if row.effect else (None, None)
        numbers = (style.plain(x) for x in (*levels, row.value, low, high))
        yield (row.measure, row.label, row.unit, row.quintile, row.financial_year, *numbers, row.words)


def tables(comparison: Comparison) -> list[Table]:
    """What the runs tell of it: what the policy costs, capital by quintile, finances by year."""
    worth = comparison.worth
    if worth is None:
        return []
    rows = [row for row in worth.rows() if row.measure not in OF_HEALTH]
    found = [_cost_table(comparison, worth, [row for row in rows if not (row.quintile or row.financial_year)])]
    if worth.health is not None:
        found.append(_health_table(comparison, worth))
    if worth.capital:
        found.append(_quintile_table(comparison, [row for row in rows if row.quintile]))
    if worth.finances:
        found.append(_finances_table(comparison, worth))
    return found


def _names(comparison: Comparison) -> tuple[str, str]:
    return style.folded(comparison.baseline), style.folded(comparison.policy)


def _table(title: str, caption: str, first: str, numbers: Sequence[str], last: str = "") -> Table:
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.title_justify = table.caption_justify = "left"
    table.add_column(first)
    for name in numbers:
        table.add_column(name, justify="right")
    if last:
        table.add_column(last)
    return table


def _cost_table(comparison: Comparison, worth: Worth, rows: Sequence[WorthRow]) -> Table:
    caption = " ".join(
        [*(text for name, text in CAPTION.items() if any(r.measure == name for r in rows)), *worth.missing]
    )
    title = f"What it costs, from the opening to {style.month_name(comparison.at)}"
    table = _table(title, caption, "", (*_names(comparison), "Effect", "95% interval"), "Verdict")
    for row in rows:
        label = row.label if row.unit == "pathways" else f"{row.label}, {row.unit}"
        table.add_row(label, *_numbers(row), row.words)
    return table


def _health_table(comparison: Comparison, worth: Worth) -> Table:
    health = worth.health
    assert health is not None
    price = style.number(health.cost_per_qaly, "GBP", places=0)
    table = _table(
        f"Health, from the opening to {style.month_name(comparison.at)}",
        f"Net health benefit: QALYs of simulated care less money displaced at GBP {price} a QALY "
        "(health.cost_per_qaly), each month at its prices. Money displaced: what elective care, independent providers, "
        "capital, prevention and emergencies beyond those foreseen cost, and so other care does not get. Levels of "
        "QALYs have no meaning of their own.",
        "",
        ("Effect", "95% interval"),
        "Verdict",
    )
    depth = {"1": ", most deprived fifth", "5": ", least deprived fifth"}
    for row in worth.rows():
        if row.measure in OF_HEALTH and row.effect is not None:
            place = depth.get(row.quintile, f", quintile {row.quintile}" if row.quintile else "")
            label = f"{row.label}{place}" + ("" if row.unit == "QALYs" else f", {row.unit}")
            table.add_row(label, *_numbers(row)[2:], row.words)
    return table


def _quintile_table(comparison: Comparison, rows: Sequence[WorthRow]) -> Table:
    depth = {"1": "Most deprived fifth", "5": "Least deprived fifth"}
    table = _table(
        f"Capital per head by quintile, GBP a resident, from the opening to {style.month_name(comparison.at)}",
        "A trust's capital is divided as its catchment is, published or estimated.",
        "",
        (*_names(comparison), "Effect", "95% interval"),
        "Verdict",
    )
    for row in rows:
        table.add_row(depth.get(row.quintile, f"Quintile {row.quintile}"), *_numbers(row), row.words)
    return table


def _finances_table(comparison: Comparison, worth: Worth) -> Table:
    """A line for each world, so that long names of scenarios have room."""
    table = _table(
        "Finances of NHS trusts by financial year",
        f"Of {worth.finances[-1].trusts} trusts, means over the runs. In deficit: deficit support counted as income. "
        "Eligible: neither in deficit nor on deficit support, so that money does not keep a trust out of the "
        "programme. Surplus: all trusts together.",
        "Year",
        ("World", "In deficit, %", "Eligible, trusts", "Surplus, GBP million"),
    )
    table.columns[1].justify = "left"
    for year in worth.finances:
        both = ((year.in_deficit, "%", 1), (year.eligible, "trusts", 1), (year.surplus, "GBP million", 0))
        for first, name, cells in (
            (year.financial_year, comparison.baseline, [(e.baseline, unit, n) for e, unit, n in both]),
            ("", comparison.policy, [(e.policy, unit, n) for e, unit, n in both]),
        ):
            table.add_row(first, name, *(style.number(x, unit, places=n) for x, unit, n in cells))
    return table


def _numbers(row: WorthRow) -> tuple[str, str, str, str]:
    effect, unit = row.effect, row.unit
    if effect is None:  # a ratio: no levels
        places = 0 if row.value is None or abs(row.value) >= 10 else 2
        bounds = [style.number(x, unit, places=places) for x in row.interval or ()]
        value = "–" if row.value is None else style.number(row.value, unit, places=places)
        return "", "", value, " to ".join(bounds) or "–"
    ours, theirs = style.number(effect.policy, unit), style.number(effect.baseline, unit)
    return theirs, ours, style.number(effect.effect, unit, signed=True), style.interval(effect.interval, unit)
