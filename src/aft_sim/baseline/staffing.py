"""Staff of every trust in the definition of the national series: accounts first, then England's total.

The accounts give each trust's average whole-time equivalents in 2023/24 with temporary staff; the national series
counts employed staff only, has later months, and is not split by type of trust. So the sum of all trusts can be brought
to England's figure, but no type can be checked on its own: what scaling does to each type is reported instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aft_sim.baseline.sources.expenditure import Accounts, Expenditure
from aft_sim.baseline.sources.trusts import TYPES, TrustRegister
from aft_sim.baseline.sources.workforce import Workforce
from aft_sim.basis.errors import InputError

YEAR = ("2023-04", "2024-03")
"""First and last month of the accounts' year."""
ENOUGH = 0.005
"""A step that moves England by more than this share must rest on a figure of its own."""


@dataclass(frozen=True)
class Step:
    """One step from the accounts to the national figure.

    Attributes:
        name: Short name.
        before: England's staff before it.
        after: England's staff after it.
        why: What it corrects and where its size comes from.
        measured: Whether its size comes from figures of its own; False for what is left over.
    """

    name: str
    before: float
    after: float
    why: str
    measured: bool

    @property
    def factor(self) -> float:
        """England's staff after it over before."""
        return self.after / self.before


@dataclass(frozen=True)
class TrustStaff:
    """Staff of one trust, full-time equivalents.

    Attributes:
        code: Current ODS code.
        type: Type in the register.
        accounts: Average of 2023/24 in the accounts, temporary staff included.
        estimated: Whether `accounts` is an estimate from the staff costs of 2022/23 (none filed in 2023/24).
        employed: `accounts` less the share of temporary staff in its staff costs.
        fte: Staff in the national definition and month: these add up to the national figure.
    """

    code: str
    type: str
    accounts: float
    estimated: bool
    employed: float
    fte: float


@dataclass(frozen=True)
class TypeStaff:
    """Staff of all trusts of a type; there is no published figure by type to compare with.

    Attributes:
        trusts: Number of trusts with staff.
        accounts: Sum of their accounts, estimates included.
        fte: Sum of their `fte`.
        estimated: Part of `accounts` that is estimated.
    """

    trusts: int
    accounts: float
    fte: float
    estimated: float

    @property
    def factor(self) -> float:
        """What scaling does to the type; types differ by their temporary staff only."""
        return self.fte / self.accounts


@dataclass(frozen=True)
class Staffing:
    """Staff of all trusts.

    Attributes:
        month: Month of the national series.
        england: Its figure: trusts and other core organisations.
        trusts: Current code to staff.
        types: Type to sums, in the order of `TYPES`, only types with staff.
        steps: Every step from the sum of the accounts to `england`, in order.
        without: Trusts of which nothing is known (no accounts in either year).
    """

    month: str
    england: float
    trusts: Mapping[str, TrustStaff]
    types: Mapping[str, TypeStaff]
    steps: tuple[Step, ...]
    without: tuple[str, ...]

    def unexplained(self) -> tuple[Step, ...]:
        """Steps that move England by more than `ENOUGH` without a figure of their own."""
        return tuple(s for s in self.steps if not s.measured and abs(s.factor - 1) > ENOUGH)


def _per_million(accounts: Accounts, register: TrustRegister) -> dict[str, float]:
    """Staff of 2023/24 for each GBP million of staff costs in 2022/23, by type, of trusts with both."""
    staff: dict[str, float] = {}
    cost: dict[str, float] = {}
    for code, e in accounts.trusts.items():
        if e.average_wte and e.staff_2022_23:
            kind = register.by_code[code].type
            staff[kind] = staff.get(kind, 0.0) + e.average_wte
            cost[kind] = cost.get(kind, 0.0) + e.staff_2022_23
    return {kind: staff[kind] / cost[kind] for kind in staff}


def _temporary(e: Expenditure, england: float) -> float:
    """Share of temporary staff in the staff costs of a trust, England's where unknown."""
    return e.agency / e.staff if e.agency is not None and e.staff else england


def _england_temporary(accounts: Accounts) -> float:
    both = [(e.agency, e.staff) for e in accounts.trusts.values() if e.agency is not None and e.staff]
    if not both:
        raise InputError("no trust has both staff costs and temporary staff", expected="accounts of 2023/24")
    return sum(a for a, _ in both) / sum(s for _, s in both)


def _types(trusts: Mapping[str, TrustStaff]) -> dict[str, TypeStaff]:
    found = {}
    for kind in TYPES:
        members = [t for t in trusts.values() if t.type == kind]
        if members:
            found[kind] = TypeStaff(
                trusts=len(members),
                accounts=sum(t.accounts for t in members),
                fte=sum(t.fte for t in members),
                estimated=sum(t.accounts for t in members if t.estimated),
            )
    return found


def _steps(filed: float, whole: float, employed: float, year: float, england: float, month: str) -> tuple[Step, ...]:
    return (
        Step(
            "missing accounts",
            filed,
            whole,
            "trusts without accounts of 2023/24: their staff costs of 2022/23 times the staff per pound of their type",
            True,
        ),
        Step(
            "temporary staff",
            whole,
            employed,
            "the accounts count agency and other temporary staff, the series does not: each trust less the share of "
            "temporary staff in its own staff costs",
            True,
        ),
        Step(
            "definition",
            employed,
            year,
            "what is left between the accounts and the mean of the series over the same year: the accounts also count "
            "the trusts' own bank (GBP 5.8bn in 2022/23 by LaingBuisson, some 7% of pay) and staff of their "
            "subsidiaries (10,306 in estates and facilities in 2024/25), the series also counts NHS England, ICBs and "
            "support bodies; no source splits it by trust or type, so all trusts are scaled alike",
            False,
        ),
        Step("later month", year, england, f"growth of the series itself from the mean of 2023/24 to {month}", True),
    )


def staffing(accounts: Accounts, register: TrustRegister, workforce: Workforce, month: str | None = None) -> Staffing:
    """Bring the staff of all trusts to the national series.

    Args:
        accounts: Average staff, staff costs and temporary staff by trust.
        register: Types of the trusts.
        workforce: The national series.
        month: Month to scale to, None for the last of the series.

    Returns:
        Staff by trust and type, with every step and its reason.

    Raises:
        InputError: The series lacks the month or the accounts' year; a trust without accounts of 2023/24 is of
            a type of which no trust has them.
    """
    month = workforce.months[-1] if month is None else month
    england, year = workforce.mean(month, month), workforce.mean(*YEAR)
    per_million, usual = _per_million(accounts, register), _england_temporary(accounts)
    rows: list[tuple[Expenditure, str, float]] = []
    without: list[str] = []
    for code, e in accounts.trusts.items():
        kind = register.by_code[code].type
        if e.average_wte:
            rows.append((e, kind, e.average_wte))
        elif e.staff_2022_23:
            if kind not in per_million:
                what = "no trust of its type has staff in the accounts of 2023/24"
                raise InputError(what, found=f"{code} ({kind})", expected="at least one to estimate from")
            rows.append((e, kind, e.staff_2022_23 * per_million[kind]))
        else:
            without.append(code)
    employed = {e.code: n * (1 - _temporary(e, usual)) for e, _, n in rows}
    scale = england / sum(employed.values())
    trusts = {
        e.code: TrustStaff(e.code, kind, n, not e.average_wte, employed[e.code], employed[e.code] * scale)
        for e, kind, n in rows
    }
    filed = sum(t.accounts for t in trusts.values() if not t.estimated)
    whole = sum(t.accounts for t in trusts.values())
    return Staffing(
        month=month,
        england=england,
        trusts=MappingProxyType(trusts),
        types=MappingProxyType(_types(trusts)),
        steps=_steps(filed, whole, sum(employed.values()), year, england, month),
        without=tuple(without),
    )
