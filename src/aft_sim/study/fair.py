"""A programme by rules compared fairly: choosing trusts and freeing them told apart, near misses, what rests on chance.

Three worlds with the same seeds and draws: the policy; its replay, in which the same trusts hold the status in the same
weeks and it allows nothing; the comparator. The treated trusts of a pair are those of its policy run in all three.
Policy less replay is what holders may do. Replay less comparator is what choosing them does by itself, and whatever
else differs between the two scenarios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aft_sim.outcomes.registry import Outcome
from aft_sim.study import groups as who
from aft_sim.study.by_rules import Programme, programme_of
from aft_sim.study.near_misses import NearMisses, near_misses
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.rows import Bands, EffectRow, month_index, read_pairs, row_of

LABELS = {who.ENGLAND: "England", who.TREATED: "Treated trusts together"}


@dataclass(frozen=True)
class Part:
    """A part of the effect.

    Attributes:
        part: "whole", "freedoms" or "selection".
        label: in words.
        rows: England and the treated trusts, as far as the runs hold them.
    """

    part: str
    label: str
    rows: tuple[EffectRow, ...]


@dataclass(frozen=True)
class Fair:
    """What is told beside the effect of a programme by rules.

    Attributes:
        programme: what the programme did.
        parts: whole effect, freedoms, selection; empty where no replay is stored.
        replay: scenario of the replay; None where none is stored.
        near: designated trusts beside near misses; None where no wave has both.
    """

    programme: Programme
    parts: tuple[Part, ...]
    replay: str | None
    near: NearMisses | None

    @property
    def missing(self) -> str:
        """How to get the replay where it is not stored; else empty."""
        if self.replay is not None:
            return ""
        return (
            "Selection and freedoms are not told apart, because no replay is stored: frozen_selection = true in the "
            "experiment file runs it, and so does aft-sim compare POLICY --out FOLDER."
        )


def fair_comparison(
    results: ResultSet,
    runs: Sequence[tuple[RunResult, RunResult]],
    outcome: Outcome,
    at: str,
    bands: Bands,
) -> Fair | None:
    """Compare a programme by rules fairly.

    Args:
        results: the study, for its replay.
        runs: (policy run, baseline run) pairs.
        outcome: what is compared.
        at: month of the comparison.
        bands: equivalence bands.

    Returns:
        None where the policy's runs did not run by rules, or kept no events.
    """
    programme = programme_of([ours for ours, _ in runs], at)
    if programme is None:
        return None
    policy, baseline = runs[0][0].scenario, runs[0][1].scenario
    replay = results.replay_of(policy)
    parts: tuple[Part, ...] = ()
    if replay is not None and replay != baseline:
        compared = (
            ("whole", "Whole effect", policy, baseline),
            ("freedoms", "Freedoms: the same trusts with and without them", policy, replay),
            ("selection", "Selection, and what else differs: nothing allowed", replay, baseline),
        )
        parts = tuple(
            Part(name, label, _rows(results, ours, theirs, outcome, at, bands))
            for name, label, ours, theirs in compared
        )
    return Fair(programme, parts, replay, near_misses(runs, outcome, at, bands))


def _rows(
    results: ResultSet, policy: str, baseline: str, outcome: Outcome, at: str, bands: Bands
) -> tuple[EffectRow, ...]:
    pairs = read_pairs(results.pairs(policy, baseline), bands, results.worlds)
    index = month_index(pairs, at)
    found = [row_of(pairs, group, label, outcome, index) for group, label in LABELS.items()]
    return tuple(row for row in found if row is not None)
