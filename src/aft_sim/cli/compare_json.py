"""A comparison for a program: the JSON that `aft-sim compare --json` prints."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aft_sim.present import budget_effects
from aft_sim.present.fair_tables import records
from aft_sim.present.tables import precision
from aft_sim.study.paired import runs_needed

if TYPE_CHECKING:
    from aft_sim.study.compare import Comparison, EffectRow
    from aft_sim.study.winners import Tally
    from aft_sim.study.worth import Worth


def content(comparison: Comparison, folder: Path | None) -> dict[str, Any]:
    """A comparison for a program; effects in the outcome's effect unit."""
    outcome = comparison.outcome
    return {
        "policy": comparison.policy,
        "baseline": comparison.baseline,
        "policy_title": comparison.policy_title,
        "baseline_title": comparison.baseline_title,
        "outcome": outcome.name,
        "unit": outcome.unit,
        "effect_unit": outcome.effect_unit,
        "at": comparison.at,
        "seeds": list(comparison.seeds),
        "draws": list(comparison.draws),
        "treated": list(comparison.treated),
        "treated_without_list": list(comparison.without_list),
        "ceiling_if_gone": comparison.ceiling_if_gone,
        "selection": comparison.selection.kind if comparison.selection else None,
        "rows": [_row(row) for row in comparison.rows],
        "money": [
            {
                "money": row.outcome,
                "group": row.group,
                "financial_year": row.financial_year,
                "effect_in_year_gbp_m": row.in_year,
                "effect_to_date_gbp_m": row.cumulative.effect,
                "interval_gbp_m": row.cumulative.interval,
                "verdict": str(row.cumulative.verdict),
            }
            for row in comparison.money
        ],
        "worth": _worth(comparison.worth) if comparison.worth else None,
        "fair": _fair(comparison),
        "budgets": budget_effects.records(comparison.budgets),
        "tallies": [_tally(tally) for tally in comparison.tallies],
        "precision": precision(comparison),
        "notes": list(comparison.notes),
        "stored_in": str(folder) if folder else None,
    }


def _row(row: EffectRow) -> dict[str, Any]:
    paired, split = row.paired, row.paired.split
    return {
        "group": row.group,
        "label": row.label,
        "pairs": paired.n_pairs,
        "baseline": paired.baseline,
        "policy": paired.policy,
        "effect": paired.effect,
        "interval": paired.interval,
        "sd_of_differences": paired.sd,
        "variance_ratio": paired.variance_ratio,
        "standard_error": paired.standard_error,
        "runs_needed": runs_needed(paired),
        "chance": split.chance if split else None,
        "ignorance": split.ignorance if split else None,
        "ignorance_interval": split.interval if split else None,
        "ignorance_by_grade": dict(split.by_grade) if split else {},
        "band": paired.band,
        "ceiling": row.ceiling,
        "exactly_zero": paired.exactly_zero,
        "verdict": str(paired.verdict),
        "verdict_in_words": row.words,
    }


def _worth(worth: Worth) -> dict[str, Any]:
    """What the policy costs and for whom; a level is None where the measure is a ratio."""
    return {
        "rows": [
            {
                "measure": row.measure,
                "label": row.label,
                "unit": row.unit,
                "quintile": row.quintile or None,
                "financial_year": row.financial_year or None,
                "baseline": row.effect.baseline if row.effect else None,
                "policy": row.effect.policy if row.effect else None,
                "effect": row.value,
                "interval": row.interval,
                "verdict": row.words,
            }
            for row in worth.rows()
        ],
        "marginal_cost_gbp": worth.marginal_cost,
        "adds_to_capital_limit": worth.additive,
        "missing": list(worth.missing),
    }


def _fair(comparison: Comparison) -> dict[str, Any] | None:
    """What is told beside the effect of a programme by rules."""
    fair = comparison.fair
    if fair is None:
        return None
    return {"replay": fair.replay, "missing": fair.missing, "figures": records(fair, comparison.outcome.effect_unit)}


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "level": tally.level,
        "higher": tally.n_higher,
        "lower": tally.n_lower,
        "practically_zero": tally.n_zero,
        "cannot_tell": tally.n_cannot_tell,
        "named_higher": list(tally.higher),
        "named_lower": list(tally.lower),
        "named_by_size": tally.by_size,
    }
