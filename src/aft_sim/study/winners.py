"""Winners and losers: how many trusts and boards an outcome rises or falls for, and for how many nobody can tell.

Each is judged by its own paired effect against its own band. Only those with a verdict of higher or lower are named;
where they are named by size, all of them lie beyond the noise of one month, because a ranking of smaller effects would
be read as a ranking of trusts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aft_sim.outcomes.registry import Outcome
from aft_sim.spec.register import Register
from aft_sim.study.by_place import effects_by_place
from aft_sim.study.paired import PairedEffect, Verdict
from aft_sim.study.places import Places, short_board
from aft_sim.study.result import RunResult
from aft_sim.study.rows import Bands

_TABLES = {"trust": ("trust", "NHS trusts with a list"), "icb": ("icb_quintile", "integrated care boards")}


@dataclass(frozen=True)
class Tally:
    """Trusts or boards by verdict.

    Attributes:
        level: "trust" or "icb" (residents of the board).
        label: the level in words.
        better: which direction is an improvement: "higher", "lower" or "neither".
        higher: names of those for which the outcome is higher.
        lower: names of those for which it is lower.
        n_higher, n_lower: their numbers.
        n_zero: number for which it is practically zero.
        n_cannot_tell: number for which nobody can tell.
        by_size: whether the names stand by size of the effect; else in alphabetical order.
    """

    level: str
    label: str
    better: str
    higher: tuple[str, ...]
    lower: tuple[str, ...]
    n_zero: int
    n_cannot_tell: int
    by_size: bool

    @property
    def n_higher(self) -> int:
        """How many are higher."""
        return len(self.higher)

    @property
    def n_lower(self) -> int:
        """How many are lower."""
        return len(self.lower)

    @property
    def words(self) -> str:
        """The tally as a sentence."""
        total = self.n_higher + self.n_lower + self.n_zero + self.n_cannot_tell
        parts = [
            self._named("higher", self.higher),
            self._named("lower", self.lower),
            f"practically zero for {self.n_zero}",
            f"cannot tell for {self.n_cannot_tell}",
        ]
        return f"Of {total} {self.label}: {', '.join(parts)}."

    def _named(self, verdict: str, names: Sequence[str]) -> str:
        meaning = "" if self.better == "neither" else f" ({'better' if verdict == self.better else 'worse'})"
        shown = "; ".join(names[:5]) + (f"; and {len(names) - 5} more" if len(names) > 5 else "")
        return f"{verdict}{meaning} for {len(names)}" + (f" [{shown}]" if names else "")


def tallies(
    runs: Sequence[tuple[RunResult, RunResult]],
    outcome: Outcome,
    months: Sequence[str],
    bands: Bands,
    names: Mapping[str, str],
    places: Places,
) -> tuple[Tally, ...]:
    """Count trusts and boards by verdict.

    Args:
        runs: (policy run, baseline run) pairs.
        outcome: what is compared.
        months: months of the runs up to the month of the comparison.
        bands: equivalence bands.
        names: ODS code -> name of a trust.
        places: which trust belongs to which board.

    Returns:
        One tally a level whose table every run kept with the outcome's columns; none of outcomes that say how unequal
        another one is, which in one place is mostly noise.
    """
    if outcome.measure:
        return ()
    labels = {
        "trust": {code: f"{name} ({code})" for code, name in names.items()},
        "icb": {code: f"{short_board(name)} ({code})" for code, name in places.icb_names.items()},
    }
    found = []
    for level, (table, label) in _TABLES.items():
        if not all(run.holds(outcome, table) for pair in runs for run in pair):
            continue
        effects = effects_by_place(runs, outcome, level, months[-1], bands, places)
        named = {labels[level].get(code, code): effect for code, effect in effects.items()}
        found.append(_tally(level, label, outcome, named))
    return tuple(found)


def trust_noise() -> float:
    """Points by which a trust's 18-week share moves from one month to the next for no published reason."""
    return Register.load().number("compare.trust_noise")


def _tally(level: str, label: str, outcome: Outcome, effects: Mapping[str, PairedEffect]) -> Tally:
    verdicts = {verdict: [n for n, e in effects.items() if e.verdict is verdict] for verdict in Verdict}
    named = [effects[name] for verdict in (Verdict.HIGHER, Verdict.LOWER) for name in verdicts[verdict]]
    # how far boards and other outcomes move without a reason has not been measured
    measured = level == "trust" and outcome.name == "within_18_share"
    by_size = measured and bool(named) and all(abs(effect.effect) >= trust_noise() for effect in named)

    def order(name: str) -> tuple[float, str]:
        return (-abs(effects[name].effect) if by_size else 0.0, name)

    return Tally(
        level=level,
        label=label,
        better=outcome.better,
        higher=tuple(sorted(verdicts[Verdict.HIGHER], key=order)),
        lower=tuple(sorted(verdicts[Verdict.LOWER], key=order)),
        n_zero=len(verdicts[Verdict.PRACTICALLY_ZERO]),
        n_cannot_tell=len(verdicts[Verdict.CANNOT_TELL]),
        by_size=by_size,
    )
