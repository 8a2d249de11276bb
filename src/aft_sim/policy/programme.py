"""The advanced foundation trust programme: who holds which freedom when, waves, decisions, reviews (model 5.12).

Pure rules: what is decided by chance comes in as uniforms, what is not published as parameters. The spells of the
status change during a run where the programme runs by rules; where a scenario names the trusts they are fixed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.basis.streams import normal
from aft_sim.policy.oversight import LOADED

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Decision = Literal["approved", "deferred", "rejected"]
Trigger = Literal["two_in_a_row", "two_of_four", "three_in_a_row", "none"]

#: The first wave: NHS England, Advanced foundation trusts, November 2025; approval letter of 27 May 2026.
NOMINATED, APPROVED = date(2025, 11, 12), date(2026, 5, 27)
#: Quarters looked back on by a trigger, and how many of them must be in a failing segment.
TRIGGERS: dict[Trigger, tuple[int, int]] = {"two_in_a_row": (2, 2), "two_of_four": (4, 2), "three_in_a_row": (3, 3)}
FAILING_SEGMENT = 3


@dataclass(frozen=True)
class Spell:
    """A time during which a trust holds the status.

    Attributes:
        trust: its index.
        start: first week.
        end: first week without it; None while it lasts.
    """

    trust: int
    start: int
    end: int | None = None

    def holds(self, week: int) -> bool:
        """Whether the status is held in a week."""
        return self.start <= week and (self.end is None or week < self.end)


class Status:
    """Who holds the status when; spells are added and ended as the programme decides."""

    def __init__(self, designated: Iterable[int], from_week: int, approval: bool, reinvest: bool) -> None:
        """Start with the trusts that the scenario designates.

        Args:
            designated: trust indices.
            from_week: first week of their freedoms.
            approval, reinvest: the freedoms that the model acts on.
        """
        self.approval, self.reinvest = approval, reinvest
        self._spells = [Spell(int(i), from_week) for i in designated]

    @property
    def spells(self) -> tuple[Spell, ...]:
        """All spells so far, also those that begin later."""
        return tuple(self._spells)

    @property
    def designated(self) -> Index:
        """Trusts with a spell, past, present or to come; ascending."""
        return _ascending(spell.trust for spell in self._spells)

    def grant(self, trust: int, week: int) -> None:
        """Give the status from a week on."""
        self._spells.append(Spell(trust, week))

    def start_over(self, spells: Iterable[Spell]) -> None:
        """Forget what the scenario designates: the spells are given, all of them."""
        self._spells = list(spells)

    def withdraw(self, trust: int, week: int) -> None:
        """Take the status away from a week on."""
        self._spells = [
            replace(spell, end=week) if spell.trust == trust and spell.holds(week) else spell for spell in self._spells
        ]

    def ever(self, weeks: int) -> Index:
        """Trusts that held the status in some of the first weeks of a run; ascending."""
        return _ascending(s.trust for s in self._spells if s.start < weeks)

    def first_week(self, trust: int) -> int:
        """First week of a trust's first spell.

        Raises:
            ValueError: it has none.
        """
        return min(spell.start for spell in self._spells if spell.trust == trust)

    def holds(self, trust: int, week: int) -> bool:
        """Whether a trust has the status in a week."""
        return any(spell.trust == trust and spell.holds(week) for spell in self._spells)

    def holders(self, week: int) -> Index:
        """Trusts that have the status in a week; ascending."""
        return _ascending(spell.trust for spell in self._spells if spell.holds(week))

    def beginning(self, week: int) -> Index:
        """Trusts whose freedoms begin in a week of the run, those from before it in its first; ascending."""
        return _ascending(spell.trust for spell in self._spells if max(spell.start, 0) == week)

    def may_reinvest(self, week: int) -> Index:
        """Trusts that may draw on their pots in a week."""
        holders = self.holders(week)
        return holders if self.reinvest else holders[:0]

    def may_approve(self, trust: int, week: int) -> bool:
        """Whether a trust holds the approval freedom in a week."""
        return self.approval and self.holds(trust, week)


def _ascending(trusts: Iterable[int]) -> Index:
    return np.array(sorted(set(trusts)), dtype=np.int64)


def status_output(holds: Flags, waits: float) -> Array:
    """Output of trusts for what the status does by itself, apart from every freedom.

    Args:
        holds: (trust,) whether each holds the status.
        waits: change of the mean wait, a share; at a given list it is the inverse of the change of output.
    """
    return np.where(holds, 1 / (1 + waits), 1.0)


# -- waves and assessment ----------------------------------------------------------------------------------------------


def wave_months(first: int, gap: float, months: int) -> tuple[int, ...]:
    """Months of a run in which waves start.

    Args:
        first: month of the first wave, an index into the months of the run.
        gap: months between waves.
        months: how many months the run has.
    """
    found: list[int] = []
    while (month := max(first, 0) + round(len(found) * gap)) < months:
        found.append(month)
    return tuple(found)


def whole_months(mean: float, u: float) -> int:
    """Whole months that a stage takes: the mean rounded up or down so that the average is the mean."""
    low = int(np.floor(mean))
    return low + int(u < mean - low)


def decide(u: float, approval: float, defer: float) -> Decision:
    """Decide on an application: approved, else deferred or rejected, by one uniform; better chances only help."""
    if u < approval:
        return "approved"
    return "deferred" if u < approval + (1 - approval) * defer else "rejected"


def relief_worth(
    published: Sequence[Array], quarters: int, expenditure: Array, load: float, managers: float, effect: float
) -> Array:
    """What a board expects of relief from the load of oversight, (trust,), GBP m a year.

    It expects the load as often as its own published segments of the last quarters bore it, and counts the
    time of its managers at what they cost, and the output that the load costs.

    Args:
        published: (trust,) segments by quarter, latest last; NaN where a trust had none.
        quarters: how many of them count.
        expenditure: (trust,) of the year, GBP m.
        load: share of managers' time that oversight takes in segments 3 to 5.
        managers: cost of managers, share of expenditure.
        effect: % of output lost for each % of managers' time.
    """
    record = np.stack(published[-quarters:])
    known = np.isfinite(record).sum(axis=0)
    chance = (record >= LOADED).sum(axis=0) / np.maximum(known, 1)
    return np.asarray(chance * load * (managers + effect) * expenditure)


def expected_benefit(draw: Array, in_band: Array, saved_months: float, cost_growth: float, relief: Array) -> Array:
    """What a board expects the freedoms to be worth in a year, GBP m.

    Args:
        draw: what it could spend of its pot; zero where the freedom to reinvest is not part of the status.
        in_band: capital of a year that it expects in schemes above what it approves anyway, within the freedom's limit.
        saved_months: months that an approval takes less; zero where that freedom is not part of the status.
        cost_growth: rise of costs in a year of delay.
        relief: what it expects of relief from the load of oversight; zero where that is not part of the status.
    """
    rise = (1 + cost_growth) ** (max(saved_months, 0.0) / 12) - 1
    return np.asarray(draw + in_band * rise + relief)


def choose_wave(ready: Flags, worth: Array, tie: Array, size: int) -> Index:
    """The applicants of a wave: those who expect most for their size, as many as there are places."""
    applicants = np.flatnonzero(ready)
    order = np.lexsort((tie[applicants], -np.round(worth[applicants], 9)))
    return np.sort(applicants[order[:size]])


def one_short(free: Flags, passed: Mapping[str, Flags]) -> list[tuple[int, str]]:
    """Trusts that fail exactly one criterion, ascending, with its name.

    Args:
        free: (trust,) who could be in a wave.
        passed: (trust,) whether each criterion is passed, by name.
    """
    names = list(passed)
    fails = ~np.stack([passed[name] for name in names])
    near = np.flatnonzero(free & (fails.sum(axis=0) == 1))
    return [(int(trust), names[int(fails[:, trust].argmax())]) for trust in near]


def choose_everyone(left: Flags, failed: Index, worth: Array, tie: Array, size: int) -> Index:
    """A wave on the way to every trust: those who fail the fewest criteria first, whether they meet all or not."""
    trusts = np.flatnonzero(left)
    order = np.lexsort((tie[trusts], -np.round(worth[trusts], 9), failed[trusts]))
    return np.sort(trusts[order[:size]])


def places_for_everyone(left: int, waves_left: int) -> int:
    """Places of a wave if all trusts that are left are to come in in the waves that are left."""
    return -(-left // max(waves_left, 1))


# -- capability --------------------------------------------------------------------------------------------------------


def latent_capability(u: Array, share: float, conditioned: Flags) -> Array:
    """Standard normal capability of boards; those known to have passed are drawn from the upper part.

    Args:
        u: (trust,) uniforms.
        share: share of boards whose capability is in fact good.
        conditioned: trusts that were nominated, invited or designated in fact.
    """
    return np.asarray(normal(np.where(conditioned, 1 - share * (1 - u), u)))


def is_good(latent: Array, share: float) -> Flags:
    """Whether capability is in fact in the upper bands."""
    return np.asarray(latent >= normal(1 - share))


def rated_good(latent: Array, error: Array, spread: float, share: float) -> Flags:
    """Whether a region rates boards in the upper bands: it sees capability with error and rates as many good."""
    return is_good((latent + spread * error) / np.sqrt(1 + spread * spread), share)


# -- review ------------------------------------------------------------------------------------------------------------


def triggered(published: Sequence[Array], trigger: Trigger) -> Flags:
    """Trusts whose published segments since the last look call for a review; an unknown segment never does.

    Args:
        published: (trust,) segments by quarter, latest last.
        trigger: the rule.
    """
    if trigger == "none" or not published:
        return np.zeros(len(published[0]) if published else 0, dtype=bool)
    window, needed = TRIGGERS[trigger]
    failing = np.stack([np.nan_to_num(segment) >= FAILING_SEGMENT for segment in published[-window:]])
    return np.asarray(failing.sum(axis=0) >= needed)


def removed(u: float, recovered: bool, chance: float) -> bool:
    """Whether a review ends the status: never after a recovery, else by chance."""
    return not recovered and u < chance
