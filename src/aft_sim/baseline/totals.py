"""England added up from its trusts, beside what is published for England: residuals first, scaling afterwards.

Every line holds the sum over trusts of published figures only, what others than trusts add, what estimates for trusts
without a figure would add, and the published total. What explains a residual above half a per cent is said.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from aft_sim.baseline.collect import FactSources, finding
from aft_sim.baseline.facts import BY_NAME, Total, TrustFacts
from aft_sim.baseline.fill import OUTTURN

PLAN_SPEND = "provider expenditure plan"


def totals(facts: TrustFacts, s: FactSources) -> list[Total]:
    """Totals of England beside published ones, before any scaling.

    Args:
        facts: complete with estimates.
        s: the sources.
    """
    return [*_money(facts, s), *_staff(facts, s), *_beds(facts, s), *_urgent(facts, s), *_tests_and_community(facts, s)]


def _line(
    facts: TrustFacts, fact: str, name: str, published: float, source: str, why: str = "", others: float = 0.0
) -> Total:
    """A total of a kind of fact."""
    kind, own = BY_NAME[fact], float(np.nansum(facts.published(fact)))
    estimates = float(np.nansum(facts[fact])) - own
    return Total(name, kind.unit, kind.period, own, others, estimates, float(published), source, why)


def _money(facts: TrustFacts, s: FactSources) -> list[Total]:
    finance = s.series["provider_finance_annual"]
    filed = sum(e.opex for e in s.accounts.trusts.values() if e.year == "2023/24" and e.opex)
    homeless = sum(s.accounts.homeless.values())
    return [
        _line(
            facts,
            "expenditure.total",
            "Operating expenditure, accounts",
            filed + homeless,
            "trust accounts consolidation 2023/24, all accounts filed",
            "",
            homeless,
        ),
        _rolled(facts, finding(finance, OUTTURN)),
        _plans(facts, finding(finance, ("2025/26", "provider income plan")), finding(finance, ("2025/26", PLAN_SPEND))),
        _line(
            facts,
            "estate.capital",
            "Capital investment in the estate",
            finding(finance, ("2024/25", "trust estate capital investment (ERIC)")),
            "ERIC 2024/25",
        ),
        _line(
            facts,
            "estate.backlog",
            "Backlog maintenance",
            1000 * finding(finance, ("2024/25", "backlog maintenance")),
            "ERIC 2024/25",
            _lacking(facts, s, "estate.backlog"),
        ),
    ]


def _lacking(facts: TrustFacts, s: FactSources, fact: str) -> str:
    """How many trusts of which type have no published figure."""
    missing = np.isnan(facts.published(fact))
    types = Counter(trust.type for trust, lacks in zip(s.register.trusts, missing, strict=True) if lacks)
    listed = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in types.most_common())
    return f"not published for {missing.sum()} trusts: {listed}"


def _rolled(facts: TrustFacts, outturn: float) -> Total:
    """What two years of growth add to the accounts; this is the one scaling of money."""
    kind = BY_NAME["expenditure.rolled_forward"]
    whole = float(np.nansum(facts["expenditure.total"]))
    factor = float(np.nanmedian(facts["expenditure.rolled_forward"] / facts.published("expenditure.total")))
    why = f"two years of pay, prices and activity: all accounts of 2023/24 are multiplied by {factor:.3f}"
    return Total(
        "Operating expenditure, before rolling forward",
        kind.unit,
        kind.period,
        whole,
        0.0,
        0.0,
        outturn,
        "financial performance report, outturn 2025/26",
        why,
    )


def _plans(facts: TrustFacts, income: float, spending: float) -> Total:
    """Planned surpluses in money; no scaling is made."""
    share, size = facts["money.planned_surplus"], facts["expenditure.rolled_forward"]
    own = float(np.nansum(facts.published("money.planned_surplus") * size))
    why = "trusts' shares leave deficit support of GBP 2.2bn out, the published plan counts it"
    return Total(
        "Planned surplus",
        "GBP m a year",
        "2025/26",
        own,
        0.0,
        float(np.nansum(share * size)) - own,
        income - spending,
        "financial performance report, plan 2025/26",
        why,
    )


def _staff(facts: TrustFacts, s: FactSources) -> list[Total]:
    """Staff beside the national figure, and every step from the accounts to it as a line of its own."""
    source = "workforce statistics, trusts and core organisations"
    month = BY_NAME["staff.fte"].period
    why = "the sum is the national figure by scaling, in the steps below"
    total = float(np.nansum(facts["staff.fte"]))
    lines = [Total("Staff in the national definition", "FTE", month, total, 0.0, 0.0, s.staffing.england, source, why)]
    lines += [
        Total(
            f"Staff: {step.name}",
            "FTE",
            month if step is s.staffing.steps[-1] else "2023/24",
            step.before,
            0.0,
            0.0,
            step.after,
            source if step is s.staffing.steps[-1] else "the sum after this step",
            step.why.replace(s.staffing.month, month) + ("" if step.measured else " (not measured)"),
            step.measured,
        )
        for step in s.staffing.steps
    ]
    return lines


def _beds(facts: TrustFacts, s: FactSources) -> list[Total]:
    beds, quarter = s.series["beds_quarterly"], s.beds.quarter_end.isoformat()
    source = "KH03, NHS England"
    return [
        _line(facts, f"beds.{fact}", name, beds.value(column, quarter), source)
        for fact, name, column in (
            ("available", "Overnight beds available", "avail_total"),
            ("general_acute", "General and acute beds available", "avail_ga"),
            ("mental_illness", "Mental illness beds available", "avail_mh"),
            ("occupied", "Overnight beds occupied", "occ_total"),
        )
    ]


def _urgent(facts: TrustFacts, s: FactSources) -> list[Total]:
    series, month, others = s.series["ae_monthly"], s.emergency.month, s.emergency.others
    source = "A&E time series, NHS England"
    return [
        _line(facts, f"emergency.{fact}", name, series.value(column, month), source, "", extra)
        for fact, name, column, extra in (
            ("attendances", "A&E attendances", "attend_total", others.all_attendances),
            ("type1", "A&E attendances, type 1", "attend_type1", others.attendances[0]),
            ("admissions", "Emergency admissions", "emerg_adm_total", others.all_admissions),
            ("waited_12h", "Over 12 hours from the decision to admit", "dta_over_12h", others.waited_12h),
        )
    ]


def _tests_and_community(facts: TrustFacts, s: FactSources) -> list[Total]:
    tests = s.diagnostics
    waiting = sum(tests.everyone.waiting)
    return [
        _line(
            facts,
            "diagnostics.waiting",
            "Waiting for a diagnostic test",
            waiting,
            "DM01, row of all providers",
            "",
            sum(tests.others.waiting),
        ),
        _line(
            facts,
            "community.contacts",
            "Contacts of community services",
            s.community.england.contacts or float("nan"),
            "community services data set, row of all submitters",
            "",
            s.community.others_contacts,
        ),
    ]
