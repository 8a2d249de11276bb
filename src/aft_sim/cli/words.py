"""A comparison in sentences. Every word follows from the numbers: no finding is written here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aft_sim.present import style
from aft_sim.study.money import told_of
from aft_sim.study.paired import Verdict

if TYPE_CHECKING:
    from aft_sim.study.compare import Comparison, EffectRow
    from aft_sim.study.money import MoneyRow
    from aft_sim.study.paired import PairedEffect

#: Groups told in sentences where the comparison has them, in this order.
TOLD = ("england", "treated", "quintile-1", "quintile-5", "gap")


def sentences(comparison: Comparison, target: tuple[str, float] | None = None) -> list[str]:
    """What the comparison found, one paragraph a group.

    Args:
        comparison: the finding.
        target: month and percent of a published target for England's 18-week share, told if it is the month compared.
    """
    rows = {row.group: row for row in comparison.rows}
    found = [
        f"{_subject(rows[group], comparison)} {_effect(rows[group], comparison)}" for group in TOLD if group in rows
    ]
    if "england" in rows and "treated" not in rows and len(comparison.treated) == len(comparison.without_list):
        found.insert(1, _nobody(comparison))
    if target and comparison.outcome.name == "within_18_share" and target[0] == comparison.at:
        found.append(_target(rows["england"], target))
    return [*found, *(line for line in (_money(comparison), _worth(comparison)) if line)]


def _subject(row: EffectRow, comparison: Comparison) -> str:
    outcome = comparison.outcome
    if row.group == "gap":
        ours, theirs = (style.quantity(x, outcome.effect_unit, True) for x in (row.paired.policy, row.paired.baseline))
        return f"Gap (least minus most deprived fifth): {ours} against {theirs}."
    ours, theirs = (_level(x, outcome.unit) for x in (row.paired.policy, row.paired.baseline))
    if row.group == "england":
        when = style.month_name(comparison.at)
        when = f"twelve months to {when}" if outcome.kind == "flow" else when
        return f"England, {outcome.label}, {when}: {ours} in {comparison.policy} and {theirs} in {comparison.baseline}."
    if row.group == "treated":  # no level: they were chosen for being better than others
        return f"Treated trusts ({_treated(comparison)})."
    name = {
        "quintile-1": "Most deprived fifth of England",
        "quintile-5": "Least deprived fifth",
    }[row.group]
    return f"{name}: {ours} against {theirs}."


def _level(x: float, unit: str) -> str:
    """A level; the unit pathways is in the outcome's label already."""
    return style.number(x, unit) if unit == "pathways" else style.quantity(x, unit)


def _treated(comparison: Comparison) -> str:
    listed = len(comparison.treated) - len(comparison.without_list)
    without = f", {len(comparison.without_list)} more without one" if comparison.without_list else ""
    return f"{listed} with a waiting list{without}"


def _effect(row: EffectRow, comparison: Comparison) -> str:
    paired, unit = row.paired, comparison.outcome.effect_unit
    effect = f"Effect {style.quantity(paired.effect, unit, True)}"
    main = row.group in ("england", "treated")
    ceiling = _ceiling(row, comparison) if main else ""
    if paired.interval is None:
        return f"{effect} in one pair of runs: cannot tell, because one pair has no interval.{ceiling}"
    if paired.exactly_zero:
        return f"No effect: exactly zero in all {paired.n_pairs} pairs.{ceiling}"
    bounds = f"95% interval {style.interval(paired.interval, unit)}"
    return f"{effect} ({bounds}): {row.words}{_because(paired, unit) if main else ''}.{ceiling}"


def _because(paired: PairedEffect, unit: str) -> str:
    """How the interval lies to the band, which makes the verdict."""
    band = style.quantity(paired.band, unit)
    return {
        Verdict.PRACTICALLY_ZERO: f", as the whole interval lies within ±{band}",
        Verdict.HIGHER: f", as the whole interval lies above +{band}",
        Verdict.LOWER: f", as the whole interval lies below −{band}",
        Verdict.CANNOT_TELL: f", as the interval lies partly within and partly outside ±{band}",
    }[paired.verdict]


def _ceiling(row: EffectRow, comparison: Comparison) -> str:
    if row.ceiling is None or not comparison.treated:
        return ""
    ceiling = style.quantity(row.ceiling, comparison.outcome.effect_unit, True)
    standard = "met 92% at once" if comparison.outcome.name == "within_18_share" else "had nobody waiting so long"
    return f" Ceiling: {ceiling}, if every treated trust {standard}."


def _nobody(comparison: Comparison) -> str:
    if not comparison.treated:
        return f"No trust holds the status in {comparison.policy}."
    return "None of the treated trusts has a waiting list."


def _target(england: EffectRow, target: tuple[str, float]) -> str:
    month, share = target
    reached = [level >= share for level in (england.paired.policy, england.paired.baseline)]
    outcome = {
        (True, True): "is met in both",
        (True, False): "is met with the policy and missed without it",
        (False, True): "is missed with the policy and met without it",
        (False, False): "is missed in both",
    }[reached[0], reached[1]]
    return f"The published target of {share:.0f}% for {style.month_name(month)} {outcome}."


def _money(comparison: Comparison) -> str:
    rows = [row for row in told_of(comparison.money) if row.group in ("all", "system")]
    if not rows:
        return ""
    last = max(row.financial_year for row in rows)
    found = {row.outcome: row for row in rows if row.financial_year == last}
    parts = [
        f"{label} {_change(found[name])}"
        for name, label in (
            ("drawn", "drawn from pots"),
            ("capital_spend", "all trusts' capital spending"),
            ("revenue_spend", "revenue spending from pots"),
            ("exchequer", "public spending by trusts"),
            ("public_spending", "public spending on care"),
        )
        if name in found
    ]
    until = style.month_name(comparison.at)
    return f"Money from the opening to {until}, against {comparison.baseline}: {'; '.join(parts)}."


def _worth(comparison: Comparison) -> str:
    """Public spending beside what it buys, and beside what the same sum buys at marginal cost."""
    worth = comparison.worth
    if worth is None or worth.spending is None or worth.pathways is None:
        return ""
    pathways, same = worth.pathways, worth.same_sum
    count = style.number(pathways.effect, "pathways", signed=True)
    parts = [f"Completed pathways {count} ({_bounds(pathways.interval, 'pathways')})"]
    if worth.additive:
        money = style.quantity(worth.spending.effect, "GBP million", signed=True)
        parts = [
            "The limit rises by what holders draw, so the Exchequer pays: cost "
            f"{money} ({_bounds(worth.spending.interval, 'GBP million')}), benefit {count} completed pathways "
            f"({_bounds(pathways.interval, 'pathways')})"
        ]
    ratio = worth.told
    if ratio is not None:
        low, high = (style.number(x, "GBP", places=0) for x in ratio.interval)
        what = "a pathway lost" if pathways.effect < 0 else "an extra pathway"
        amount = f"GBP {style.number(ratio.value, 'GBP', places=0)} of public spending for {what}"
        parts.append(f"{amount} (95% interval {low} to {high})")
    else:
        parts.append(f"public spending per extra pathway: {worth.verdict}")
    if same is not None and same.effect > 0:
        price = style.number(worth.marginal_cost, "GBP", places=0)
        bought = style.number(same.effect, "pathways")
        parts.append(f"the same sum at marginal cost (GBP {price} a pathway at the opening) would buy {bought}")
    return "; ".join(parts) + "."


def _bounds(interval: tuple[float, float] | None, unit: str) -> str:
    return "no interval" if interval is None else f"95% interval {style.interval(interval, unit)}"


def _change(row: MoneyRow) -> str:
    total = row.cumulative
    if total.exactly_zero:
        return "no change"
    return f"GBP {style.number(abs(total.effect), 'GBP million')} million {'more' if total.effect > 0 else 'less'}"
