"""The paired effect of a policy by place: every trust (patients treated there) or every ICB (residents).

The statistics are those of `aft_sim.study.compare`, one place at a time; nothing is adjusted for the number of places
looked at, so among many a few may stand out by chance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.outcomes.distribution import MEASURES, inequality_of
from aft_sim.outcomes.registry import Floats, Outcome
from aft_sim.study.groups import FLOW_MONTHS
from aft_sim.study.paired import PairedEffect, Verdict, paired_effect
from aft_sim.study.places import Places
from aft_sim.study.result import ResultSet, RunResult
from aft_sim.study.rows import Bands

KINDS: Mapping[str, tuple[str, str]] = {"trust": ("trust", "trust"), "icb": ("icb_quintile", "icb")}
"""Kind of place -> (results level, key column)."""

_ENDING = re.compile(r"\s+(NHS (Foundation )?Trust|Integrated Care Board)$", re.IGNORECASE)


@dataclass(frozen=True)
class PlaceRow:
    """The effect at one place.

    Attributes:
        code: ODS code of the trust or code of the ICB.
        label: its name, without what all names share.
        treated: whether it is a trust designated in the policy arm.
        paired: the statistics, in the outcome's effect unit.
    """

    code: str
    label: str
    treated: bool
    paired: PairedEffect


@dataclass(frozen=True)
class PlaceEffects:
    """The effect at every place of a kind.

    Attributes:
        kind: "trust" or "icb".
        rows: places with a waiting list, largest effect first.
        at: month; for flows the twelve months that end there.
        n_pairs: pairs of runs.
        n_draws: parameter draws among them.
    """

    kind: str
    outcome: Outcome
    at: str
    policy: str
    baseline: str
    policy_title: str
    baseline_title: str
    rows: tuple[PlaceRow, ...]
    n_pairs: int
    n_draws: int

    def of(self, verdict: Verdict) -> tuple[PlaceRow, ...]:
        """The places with a verdict, largest effect first."""
        return tuple(row for row in self.rows if row.paired.verdict == verdict)


def place_effects(
    results: ResultSet,
    policy: str,
    baseline: str,
    kind: str,
    outcome: str = "within_18_share",
    at: str = "2029-03",
    bands: Bands | None = None,
    names: Mapping[str, str] | None = None,
    places: Places | None = None,
) -> PlaceEffects:
    """Paired effect of a policy at every trust or every ICB.

    Args:
        results: a study that holds both scenarios.
        policy: scenario name of the policy arm.
        baseline: scenario name of the comparator.
        kind: "trust" or "icb".
        outcome: name in the outcome registry.
        at: month ("2029-03").
        bands: equivalence bands; None takes the register's.
        names: code -> name, for labels.
        places: which trust belongs to which board; None takes the packaged baseline's.

    Raises:
        InputError: unknown scenario, outcome or month, an outcome or level that is not kept by place.
    """
    measure = registry.outcome(outcome)
    level, _ = KINDS[kind]
    if not _has_places(measure, level):
        by_place = [one.name for one in registry.OUTCOMES.values() if level in one.levels and not one.measure]
        raise InputError(
            f"this outcome is not recorded by {_in_words(kind)}",
            found=outcome,
            expected="one of " + ", ".join(by_place),
        )
    bands, places = bands or Bands.from_register(), places or Places.of_baseline()
    runs = results.pairs(policy, baseline)
    treated = {code for ours, _ in runs for code in ours.treated}
    known = names or {}
    effects = effects_by_place(runs, measure, kind, at, bands, places)
    rows = [
        PlaceRow(code, short_place(known.get(code, code)), code in treated, paired) for code, paired in effects.items()
    ]
    if not rows:
        raise InputError(f"the runs hold no {_in_words(kind)} with a waiting list", where=at)
    rows.sort(key=lambda row: (-row.paired.effect, row.code))
    return PlaceEffects(
        kind=kind,
        outcome=measure,
        at=at,
        policy=policy,
        baseline=baseline,
        policy_title=results.title(policy),
        baseline_title=results.title(baseline),
        rows=tuple(rows),
        n_pairs=len(runs),
        n_draws=len({run.draw for run, _ in runs}),
    )


def effects_by_place(
    runs: Sequence[tuple[RunResult, RunResult]],
    outcome: Outcome,
    kind: str,
    at: str,
    bands: Bands,
    places: Places,
) -> dict[str, PairedEffect]:
    """Paired effect at every trust or board with a list, by code in alphabetical order.

    Args:
        runs: (policy run, baseline run) pairs.
        outcome: what is compared.
        kind: "trust" or "icb".
        at: month; for flows the twelve months that end there.
        bands: equivalence bands; a board's is that of the trusts that belong to it together.
        places: which trust belongs to which board.

    Raises:
        InputError: a run kept no such table, or holds no such month.
    """
    level, key = KINDS[kind]
    worlds = [
        (_values(ours, level, key, outcome, at), _values(theirs, level, key, outcome, at)) for ours, theirs in runs
    ]
    base = registry.OUTCOMES[outcome.of] if outcome.of else outcome
    scales = [_values(theirs, level, key, base, at) for _, theirs in runs] if outcome.of else [b for _, b in worlds]
    draws = [ours.draw for ours, _ in runs]
    found: dict[str, PairedEffect] = {}
    for code in sorted({code for ours, _ in worlds for code in ours}):
        pairs = [
            (ours[code], theirs[code], draw, scale[code])
            for (ours, theirs), draw, scale in zip(worlds, draws, scales, strict=True)
            if code in theirs and code in ours and np.isfinite(ours[code] - theirs[code])
        ]
        if pairs:
            mine, other, of, levels = zip(*pairs, strict=True)
            group = f"{kind}:{code}"
            band = bands.of(group, outcome, float(np.mean(levels)), places.count(group, ()))
            found[code] = paired_effect(mine, other, band, of)
    return found


def short_place(name: str) -> str:
    """A name without what all names of its kind share ("NHS ... Integrated Care Board", "... NHS Trust")."""
    return _ENDING.sub("", name).removeprefix("NHS ")


def _in_words(kind: str) -> str:
    return "ICB" if kind == "icb" else kind


def _values(run: RunResult, level: str, key: str, outcome: Outcome, at: str) -> dict[str, float]:
    """Outcome by place in one run; places that never had a list are left out."""
    if level not in run.tables or not run.kept.has(outcome, level):
        raise run.not_kept(outcome, level)
    table = run.tables[level]
    known = sorted(pc.unique(table.column("month")).to_pylist())
    if at not in known:
        expected = f"a month from {known[0]} to {known[-1]}" if known else "a table with months"
        raise InputError("the runs hold no such month", found=at, expected=expected)
    end = known.index(at) + 1
    months = known[max(0, end - FLOW_MONTHS) : end] if outcome.kind == "flow" else [at]
    columns = list(dict.fromkeys((*outcome.parts, "list")))
    table = table.filter(pc.is_in(table.column("month"), value_set=pa.array(months)))

    def of(quintile: str) -> tuple[list[str], dict[str, Floats]]:
        return _sums(table.filter(pc.equal(table.column("quintile"), quintile)), key, columns)

    codes, sums = of("all")
    if outcome.measure:
        fifths = [of(quintile) for quintile in registry.QUINTILES]
        if any(known != codes for known, _ in fifths):
            raise InputError("a table of the runs does not hold every fifth of every place", found=level)
        values = inequality_of(outcome.measure, registry.OUTCOMES[outcome.of], [one for _, one in fifths])
    else:
        values = outcome.derive(sums)
    return {code: float(value) for code, value, people in zip(codes, values, sums["list"], strict=True) if people}


def _has_places(outcome: Outcome, level: str) -> bool:
    """Whether an outcome has a value at every place of a table."""
    return level in outcome.levels and (not outcome.measure or MEASURES[outcome.measure].over == "fifths")


def _sums(table: pa.Table, key: str, columns: list[str]) -> tuple[list[str], dict[str, Floats]]:
    """Sums of columns by a key, in row order, so that they are reproducible."""
    codes: list[str] = pc.unique(table.column(key)).to_pylist()
    index = pc.index_in(table.column(key), value_set=pa.array(codes, pa.string())).to_numpy(zero_copy_only=False)

    def total(name: str) -> Floats:
        numbers = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        return np.bincount(index, numbers, minlength=len(codes)).astype(np.float64)

    return codes, {name: total(name) for name in columns}
