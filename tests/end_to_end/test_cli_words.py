"""The sentences of a comparison say what the numbers say, whatever they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from aft_sim.cli.words import sentences
from aft_sim.outcomes.registry import outcome
from aft_sim.study.compare import Comparison, EffectRow
from aft_sim.study.paired import paired_effect

pytestmark = pytest.mark.end_to_end


def comparison(
    effects: Sequence[float], level: float = 66.0, treated: tuple[str, ...] = ("RTF",), listed: bool = True
) -> Comparison:
    """England alone: 18-week share, band 0.1 points, one effect a pair."""
    paired = paired_effect([level + e for e in effects], [level] * len(effects), 0.1)
    row = EffectRow("england", "England", paired, 2.0 if treated else 0.0, paired.words)
    return Comparison(
        policy="policy",
        baseline="other",
        policy_title="Policy",
        baseline_title="Other",
        outcome=outcome("within_18_share"),
        at="2029-03",
        rows=(row,),
        money=(),
        treated=treated,
        treated_in_both=(),
        without_list=() if listed else treated,
        ceiling_if_gone=None,
        seeds=tuple(range(len(effects))),
        draws=(0,),
        notes=(),
    )


@pytest.mark.parametrize(
    ("effects", "words"),
    [
        ((0.01, 0.02, 0.03), "practically zero, as the whole interval lies within ±0.10 points"),
        ((1.0, 1.1, 1.2), "higher, as the whole interval lies above +0.10 points"),
        ((-1.0, -1.1, -1.2), "lower, as the whole interval lies below −0.10 points"),
        ((-1.0, 0.5, 1.0), "cannot tell, as the interval lies partly within and partly outside ±0.10 points"),
        ((0.0, 0.0, 0.0), "No effect: exactly zero in all 3 pairs"),
        ((0.5,), "Effect +0.50 points in one pair of runs: cannot tell, because one pair has no interval"),
    ],
)
def test_words_follow_from_the_verdict(effects: tuple[float, ...], words: str) -> None:
    first = sentences(comparison(effects))[0]
    assert first.startswith("England, share of the list waiting under 18 weeks, March 2029: ")
    assert words in first
    assert "Ceiling: +2.00 points, if every treated trust met 92% at once." in first


@pytest.mark.parametrize(
    ("level", "effect", "words"),
    [
        (66.0, 0.0, "is missed in both"),
        (93.0, 0.0, "is met in both"),
        (91.0, 2.0, "is met with the policy and missed without it"),
        (93.0, -2.0, "is missed with the policy and met without it"),
    ],
)
def test_target(level: float, effect: float, words: str) -> None:
    found = sentences(comparison((effect, effect), level), ("2029-03", 92.0))
    assert f"The published target of 92% for March 2029 {words}." in found
    assert not any("target" in one for one in sentences(comparison((effect, effect), level), ("2027-03", 70.0)))


def test_nobody_treated() -> None:
    found = sentences(comparison((0.0, 0.0), treated=()))
    assert "No trust holds the status in policy." in found
    assert "Ceiling" not in found[0]
    assert "None of the treated trusts has a waiting list." in sentences(comparison((0.0, 0.0), listed=False))
