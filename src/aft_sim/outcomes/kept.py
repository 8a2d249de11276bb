"""What is kept of a run: which results tables, and of those below England's which outcomes.

England's table is always kept whole, because every comparison needs it; so are oversight and events, which are small.
Of the other tables a study may keep the columns that some outcomes need and no more, for most of a study's size is
figures of single trusts and boards that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.outcomes import registry
from aft_sim.outcomes.registry import Outcome

ALWAYS = "england"
"""The table that every study holds."""

WHOLE = (ALWAYS, "system", "oversight", "iho", "events")
"""Tables that are never cut to some outcomes."""

SIZE = "list"
"""Kept in every table of the waiting list, whatever the outcomes: it tells which places have a list at all."""


@dataclass(frozen=True)
class Kept:
    """What is kept of a run.

    Attributes:
        levels: results tables; all if empty.
        outcomes: outcomes whose columns are kept in the tables below England's; all columns if empty.
    """

    levels: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    @classmethod
    def of(cls, levels: Sequence[str] = (), outcomes: Sequence[str] = ()) -> Kept:
        """Check names and return what they keep.

        Raises:
            InputErrors: a level or outcome that there is not, or that keeps nothing.
        """
        found = [
            InputError(error.what, where=f"{key}[{index}]", found=error.found, expected=error.expected, hint=error.hint)
            for key, index, error in problems(levels, outcomes)
        ]
        if found:
            raise InputErrors(found, "what is kept of a run")
        return cls(tuple(levels), tuple(outcomes))

    @classmethod
    def read(cls, text: str) -> Kept:
        """Return what a text, as `text` gives it, stands for.

        Raises:
            ValueError: it stands for nothing.
        """
        levels, _, outcomes = text.partition(";")
        try:
            return cls.of(_names(levels), _names(outcomes))
        except InputErrors as error:
            raise ValueError(str(error)) from None

    @property
    def text(self) -> str:
        """The same for the same tables: levels and, after a semicolon, outcomes, sorted; empty for everything."""
        levels = ",".join(sorted({*self.levels, ALWAYS})) if self.levels else ""
        return levels + (f";{','.join(sorted(set(self.outcomes)))}" if self.outcomes else "")

    def columns(self, level: str) -> tuple[str, ...]:
        """Number columns that are kept of a table, in the registry's order; none where the table is not kept."""
        if self.levels and level not in (*self.levels, ALWAYS):
            return ()
        every = registry.LEVELS[level].values
        if not self.outcomes or level in WHOLE:
            return every
        needed = {part for name in self.outcomes for part in _needed(registry.OUTCOMES[name], level)}
        return tuple(name for name in every if name in needed)

    def has(self, outcome: Outcome, level: str) -> bool:
        """Whether an outcome can be computed from what is kept of a table."""
        needed = _needed(outcome, level)
        return bool(needed) and set(needed) <= set(self.columns(level))

    def schema(self, level: str) -> pa.Schema:
        """Schema of a table as it is kept."""
        whole, columns = registry.LEVELS[level], self.columns(level)
        return pa.schema([field for field in whole.schema if field.name in (*whole.keys, *columns)])

    def select(self, tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
        """The tables that are kept, with the columns that are kept."""
        return {
            level: table.select([*registry.LEVELS[level].keys, *columns])
            for level, table in tables.items()
            if (columns := self.columns(level))
        }

    def there(self, level: str) -> tuple[str, ...]:
        """Outcomes that can be computed from what is kept of a table, besides how unequal they are."""
        return tuple(name for name, one in registry.OUTCOMES.items() if not one.measure and self.has(one, level))

    def words(self, level: str) -> str:
        """What is kept of a table, as a clause."""
        return f"the study kept only {', '.join(self.there(level))} at {level.replace('_quintile', '')} level"


def problems(levels: Sequence[str], outcomes: Sequence[str]) -> Iterator[tuple[str, int, InputError]]:
    """What is wrong with names of levels and outcomes to keep.

    Yields:
        "levels" or "outcomes", position in it, and the mistake.
    """
    for index, name in enumerate(levels):
        try:
            registry.level(name)
        except InputError as error:
            yield "levels", index, error
    known = [name for name in levels if name in registry.LEVELS]
    kept = [level for level in known or registry.LEVELS if level not in WHOLE]
    for index, name in enumerate(outcomes):
        try:
            outcome = registry.outcome(name)
        except InputError as error:
            yield "outcomes", index, error
            continue
        if not any(_needed(outcome, level) for level in kept):
            there = [level for level in outcome.levels if level not in WHOLE]
            expected = f"one of the levels {', '.join(there)} among those kept" if there else "nothing: leave it out"
            yield (
                "outcomes",
                index,
                InputError(
                    "no table that is kept besides England's holds this outcome; England's is always kept whole",
                    found=name,
                    expected=expected,
                ),
            )
    for index, level in enumerate(levels):
        asked = [registry.OUTCOMES[name] for name in outcomes if name in registry.OUTCOMES]
        if asked and level in kept and not any(_needed(outcome, level) for outcome in asked):
            there = [one.name for one in registry.OUTCOMES.values() if level in one.levels]
            yield (
                "levels",
                index,
                InputError(
                    "none of the outcomes to keep is in this table",
                    found=level,
                    expected=f"one of {', '.join(there)} among the outcomes, or not this level",
                ),
            )


def _needed(outcome: Outcome, level: str) -> tuple[str, ...]:
    """Columns of a table that an outcome takes; none where the table does not hold it."""
    if level not in outcome.levels:
        return ()
    parts = outcome.parts or (outcome.name,)
    if level in WHOLE:
        return parts
    return parts if SIZE not in registry.LEVELS[level].values else tuple(dict.fromkeys((SIZE, *parts)))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)
