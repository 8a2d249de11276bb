"""The books of a trust, a board or NHS England as its finance director lays them out.

Lines follow from the table of purposes, so a new kind of payment appears by itself where it belongs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aft_sim.basis.units import DAYS_PER_MONTH
from aft_sim.mechanisms.ledger import PENCE, PURPOSES, Statement
from aft_sim.present import style

INCOME, EXPENDITURE, POSITION, CASH, CAPITAL = "income", "expenditure", "position", "cash", "capital"
TITLES = {
    INCOME: "Income",
    EXPENDITURE: "Expenditure",
    POSITION: "Position",
    CASH: "Cash",
    CAPITAL: "Capital by source",
}
#: What income less expenditure is called.
LEFT = {"trust": "Surplus or deficit", "board": "Left of the allocation", "nhs_england": "Left of the settlement"}
#: Sources of capital that are no purposes of their own.
SOURCES = {"depreciation": "Own cash: depreciation", "cash": "Own cash: balances", "pot": "Pot of unspent surpluses"}
#: Sources that come first.
OWN = ("depreciation", "cash")
#: Sections whose lines are also told as shares of income.
SHARED = (INCOME, EXPENDITURE, POSITION, CAPITAL)


@dataclass(frozen=True)
class Row:
    """One line of the page.

    Attributes:
        section: the part of the page it belongs to.
        name: for programs; unique within the section.
        label: for readers.
        pence: (period,) whole pence, the period asked for first.
        share: of income in the period asked for, 0 to 1; None where that says nothing.
        usual: the same share in the group it is held against.
        total: whether it sums up lines above it.
    """

    section: str
    name: str
    label: str
    pence: tuple[int, ...]
    share: float | None
    usual: float | None
    total: bool


@dataclass(frozen=True)
class LedgerPage:
    """Statements of one account, laid out.

    Attributes:
        title: whose books.
        statements: of the period asked for, then of others of the same account.
        usual: the same period of the group it is held against; None without one.
        rows: the lines, section by section.
    """

    title: str
    statements: tuple[Statement, ...]
    usual: Statement | None
    rows: tuple[Row, ...]

    @property
    def cash_days(self) -> float | None:
        """Closing cash in days of expenditure that takes cash; None for others than trusts."""
        asked = self.statements[0]
        spent = asked.expenditure - asked.kept
        if asked.kind != "trust" or not spent:
            return None
        return asked.closing_cash / spent * asked.months * DAYS_PER_MONTH

    def content(self) -> dict[str, Any]:
        """For a program; amounts in whole pence."""
        asked = self.statements[0]
        return {
            "account": asked.account,
            "title": self.title,
            "kind": asked.kind,
            "unit": "pence",
            "periods": [{"first": one.first, "last": one.last} for one in self.statements],
            "held_against": self.usual.account if self.usual else None,
            "closing_cash_days": self.cash_days,
            "rows": [
                {
                    "section": row.section,
                    "name": row.name,
                    "label": row.label,
                    "pence": list(row.pence),
                    "share_of_income": row.share,
                    "usual_share": row.usual,
                }
                for row in self.rows
            ],
        }


def ledger_page(title: str, statements: Sequence[Statement], usual: Statement | None = None) -> LedgerPage:
    """Lay out the books of an account.

    Args:
        title: whose books.
        statements: of one account or of accounts of one kind, the period asked for first; at least one.
        usual: statement of a group of the same kind over the same period, for orientation.
    """
    asked = statements[0]
    lines = zip(*(list(_lines(one)) for one in statements), strict=True)
    others = list(_lines(usual)) if usual else None
    rows = []
    for i, line in enumerate(lines):
        section, name, label, amount, total = line[0]
        share = _share(section, amount, asked)
        other = _share(section, others[i][3], usual) if usual and others else None
        rows.append(Row(section, name, label, tuple(one[3] for one in line), share, other, total))
    return LedgerPage(title, tuple(statements), usual, tuple(rows))


def _share(section: str, amount: int, statement: Statement) -> float | None:
    return amount / statement.income if section in SHARED and statement.income else None


Line = tuple[str, str, str, int, bool]
"""Section, name, label, pence, whether it is a total."""


def _lines(s: Statement) -> Iterator[Line]:
    for section, amounts, total in ((INCOME, s.received, s.income), (EXPENDITURE, s.paid, s.expenditure)):
        for name, amount in amounts.items():
            if PURPOSES[name].operating:
                yield section, name, PURPOSES[name].label, amount, False
        yield section, "total", f"All {TITLES[section].lower()}", total, True
    left = LEFT.get(s.kind, "Income less expenditure")
    yield POSITION, "surplus", left, s.surplus, True
    if "deficit_support" in s.received:
        yield POSITION, "deficit_support", "less support, others' included", -s.deficit_support, False
        yield POSITION, "underlying", "Position without support", s.underlying, True
    yield from _cash(s, left)
    if any(PURPOSES[name].capital == "spend" for name in s.paid):
        sources = s.capital_by_source
        for name in (*OWN, *(name for name in sources if name not in OWN)):
            label = SOURCES[name] if name in SOURCES else PURPOSES[name].label
            yield CAPITAL, name, label, sources[name], False
        yield CAPITAL, "total", "All capital spent", s.capital_spent, True


def _cash(s: Statement, left: str) -> Iterator[Line]:
    """From the opening balance to the closing one: the lines between add up to the difference."""
    yield CASH, "opening", "Opening balance", s.opening_cash, True
    yield CASH, "surplus", left, s.surplus, False
    for name, amount in s.paid.items():
        if PURPOSES[name].within:
            yield CASH, name, f"add back {PURPOSES[name].label.lower()}", amount, False
    for capital in (True, False):
        for name, amount in (*s.received.items(), *((name, -paid) for name, paid in s.paid.items())):
            purpose = PURPOSES[name]
            if not purpose.operating and bool(purpose.capital) is capital:
                yield CASH, name, purpose.label, amount, False
    yield CASH, "closing", "Closing balance", s.closing_cash, True


def ledger_table(page: LedgerPage) -> Table:
    """The page as a table: GBP million with one decimal, shares of income in percent; nothing is a dash."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("GBP million", overflow="fold")
    heads = [period_words(one.first, one.last) for one in page.statements] + ["% of\nincome"]
    heads += [f"{_sentence(page.usual.account)},\n%"] if page.usual else []
    for head in heads:
        table.add_column(head, justify="right")
    section = ""
    for row in page.rows:
        if not (row.total or any(row.pence) or row.usual) and row.name.startswith("iho_"):
            continue  # nobody here has a population budget
        if row.section != section:
            if section:
                table.add_row()
            table.add_row(Text(TITLES[row.section], "bold"))
            section = row.section
        cells = [amount_text(pence) for pence in row.pence] + [_percent(row.share)]
        cells += [_percent(row.usual)] if page.usual else []
        table.add_row(Padding(Text(row.label), (0, 0, 0, 2)), *cells, style="bold" if row.total else "")
    return table


def remarks(page: LedgerPage) -> list[str]:
    """What the lines do not say by themselves, in sentences."""
    found = []
    asked = page.statements[0]
    if asked.kind == "trust" and not asked.income and not asked.expenditure:
        return ["Nothing is known of this trust's money: it has filed no accounts yet."]
    if page.cash_days is not None:
        days = style.number(page.cash_days, "days", places=1)
        found.append(
            f"Closing cash is {days} days of expenditure; it rests on an estimate of opening cash, "
            "which nobody publishes."
        )
    if asked.paid.get("purchase_of_work"):
        found.append(
            "Where a surplus enters the pot, and where a deficit counts, work bought with the pot is left out of cost."
        )
    kept = [row for row in page.rows if (row.section, row.name) == (CAPITAL, "cash") and row.pence[0] < 0]
    if kept:
        found.append("Less capital was spent than came in for it: the rest is kept, so own balances are negative.")
    if page.usual:
        found.append(f"{_sentence(page.usual.account)}: all of them together, in % of their income.")
    return found


def amount_text(pence: int) -> str:
    """GBP million with one decimal, a dash for nothing at all."""
    return style.number(pence / PENCE, "GBP m", places=1) if pence else "–"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _percent(share: float | None) -> str:
    return "" if share is None else style.number(100 * share, "%", places=1) if share else "–"


def period_words(first: str, last: str) -> str:
    """A period for a heading: "2027/28" for a financial year, else its months."""
    year = int(first[:4])
    if first.endswith("-04") and last == f"{year + 1}-03":
        return f"{first[:4]}/{last[2:4]}"
    names = [f"{style.month_name(label)[:3]} {label[:4]}" for label in (first, last)]
    return names[0] if first == last else f"{names[0]} to\n{names[1]}"
