"""The opening money beside what is published of England, before anything is spread; and how good its estimates are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.facts import Total
from aft_sim.baseline.fill import by_change, by_type
from aft_sim.baseline.money import OpeningMoney
from aft_sim.baseline.money_outturn import YEAR

Array = NDArray[np.float64]

REPORT = "financial performance report 2025/26, draft accounts"
MONEY = "GBP m a year"


def opening_totals(money: OpeningMoney, bundle: Bundle) -> tuple[Total, ...]:
    """England's money from the trusts, beside published totals, residuals before any scaling.

    Args:
        money: at the opening, draw 0.
        bundle: the baseline it was made from.
    """
    return (*_result(money, bundle), *_counts(money, bundle), *_capital(money, bundle))


def _line(name: str, known: float, guessed: float, published: float, source: str, why: str = "") -> Total:
    return Total(name, MONEY, YEAR, known, 0.0, guessed, published, source, why)


def _result(money: OpeningMoney, b: Bundle) -> list[Total]:
    """Income, expenditure and how the outturn came about."""
    finance, w = b.finance, money.workings

    def published(measure: str) -> float:
        return finance.gbp_m(YEAR, measure)

    income, spending = published("provider income"), published("provider expenditure")
    plan = published("provider income plan") - published("provider expenditure plan")
    pot, withheld = published("deficit support funding pot"), published("deficit support withheld")
    known = ~w.imputed
    rolled = next(line for line in b.totals if line.name.endswith("before rolling forward"))
    accounts = rolled.trusts + rolled.estimates
    return [
        _line("Provider expenditure, accounts", accounts, 0.0, spending, REPORT, rolled.why),
        _line("Provider income", float((money.expenditure + w.outturn).sum()), 0.0, income, REPORT),
        _line(
            "Planned surplus before deficit support",
            float(w.planned[known].sum()),
            float(w.planned[~known].sum()),
            plan - pot,
            f"{REPORT}: the plan less the support it counts",
            "shares of income are published for trusts, sizes are accounts rolled forward",
        ),
        _line(
            "Variance to plan before support was withheld",
            float(w.variance.sum()),
            0.0,
            income - spending - plan + withheld,
            f"{REPORT}: outturn less plan, without the support withheld",
            f"of three quarters for {int(w.late.sum())} trusts: part was made good by the end of the year",
        ),
        _line("Deficit support", float(w.support.sum()), 0.0, pot - withheld, REPORT),
        _line(
            "Outturn of providers",
            float(w.outturn.sum()),
            0.0,
            income - spending,
            REPORT,
            f"the lines above; {100 * w.recovered:.0f}% of each shortfall of three quarters is then taken back, "
            "so that the trusts add up to the outturn",
        ),
        _line(
            "Allocations of boards, spent and unspent",
            float((money.income - money.deficit_support - money.other_income).sum() + money.independent_sector.sum())
            + float((money.other_commissioning + money.board_surplus).sum()),
            0.0,
            published("systems allocation"),
            REPORT,
        ),
    ]


def _counts(money: OpeningMoney, b: Bundle) -> list[Total]:
    """Trusts and boards in deficit."""
    flags = b.facts["money.deficit"]
    before = money.surplus - money.deficit_support < 0
    kinds = np.array(b.trusts.type)
    acute = np.isin(kinds, ("acute", "specialist"))
    lines = []
    for name, of in (("acute and specialist", acute), ("other", ~acute)):
        flagged = of & ~np.isnan(flags)
        lines.append(
            Total(
                f"Trusts in deficit before support, {name}",
                "trusts",
                YEAR,
                float((before & flagged).sum()),
                0.0,
                float((before & of & ~flagged).sum()),
                float(flags[flagged].sum()),
                "NHS Oversight Framework, flags of deficits planned or actual",
                "flags count a planned deficit as well as an actual one",
            )
        )
    lines.append(
        Total(
            "Boards in deficit with their trusts",
            "boards of 36 beside systems of 42",
            YEAR,
            float(boards_in_deficit(money, b).sum()),
            0.0,
            0.0,
            b.finance.number(YEAR, "systems in deficit"),
            "NHS England board papers, month 12 of 2025/26",
            "not comparable: the systems are the 42 of before April 2026; here every trust counts whole with the board "
            "that hosts it, and what boards left unspent is one common share",
            False,
        )
    )
    return lines


def boards_in_deficit(money: OpeningMoney, b: Bundle) -> NDArray[np.bool_]:
    """(icb,) whether the surpluses of the trusts a board hosts and its own add up to a deficit."""
    host = b.trusts.icb
    return np.asarray(np.bincount(host[host >= 0], money.surplus[host >= 0], len(b.icb_code)) + money.board_surplus < 0)


def _capital(money: OpeningMoney, b: Bundle) -> list[Total]:
    finance, own = b.finance, b.facts.published("estate.capital")
    return [
        Total(
            "Capital envelopes beside NHS England's capital limit",
            MONEY,
            "2024/25 beside 2025/26",
            float(np.nansum(own)),
            0.0,
            float(money.envelope.sum() - np.nansum(own)),
            finance.gbp_m(YEAR, "NHSE capital resource limit"),
            "financial directions 2025/26",
            "the year before, and the estates return holds capital paid by charity and private finance but no medical "
            "equipment or information technology",
            False,
        )
    ]


@dataclass(frozen=True, slots=True)
class EstimateError:
    """How well an estimate does among trusts of a type whose figure is published, each made without the trust itself.

    Attributes:
        what: the figure.
        type: of trust; "all" for England.
        trusts: with a published figure.
        mean: mean error as a share of income, signed: estimate less published.
        absolute: mean absolute error, likewise.
    """

    what: str
    type: str
    trusts: int
    mean: float
    absolute: float


def leave_one_out(bundle: Bundle) -> tuple[EstimateError, ...]:
    """Errors of the two estimates that the opening money rests on, by type of trust.

    Expenditure of a trust without accounts is its year before and the growth of its type; a planned surplus that is not
    published is the median of its type. The latter is a share of income; the former is put in terms of expenditure.
    """
    facts, kinds = bundle.facts, bundle.trusts.type
    total, before = facts.published("expenditure.total"), facts["expenditure.year_before"]
    surplus = facts.published("money.planned_surplus")
    errors = {
        "expenditure": by_change(total, before, kinds)[0] / total - 1,
        "planned surplus": by_type(surplus, kinds)[0] - surplus,
    }
    out = []
    for what, error in errors.items():
        for kind in (*sorted(set(kinds)), "all"):
            mine = error[~np.isnan(error) & np.array([kind in (k, "all") for k in kinds])]
            if mine.size:
                out.append(EstimateError(what, kind, mine.size, float(mine.mean()), float(np.abs(mine).mean())))
    return tuple(out)
