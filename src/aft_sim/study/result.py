"""What runs leave behind: one `RunResult` a run and the `ResultSet` that holds a study.

Tables are tidy Arrow tables, one a level, with the columns of `aft_sim.outcomes.registry.LEVELS`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.outcomes import registry
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import Draw

if TYPE_CHECKING:
    from aft_sim.study.effect import Effect


@dataclass(frozen=True)
class RunResult:
    """Everything kept of one run.

    Attributes:
        scenario: name of the scenario.
        scenario_hash: hash of its resolved content.
        seed: chance; runs of two scenarios with one seed and one draw form a pair.
        draw: which draw of the uncertain parameters (0 = the register's defaults).
        tables: level -> Arrow table.
        treated: ODS codes of the trusts designated in this run, in a stable order.
        kept: what was kept of the tables.
    """

    scenario: str
    scenario_hash: str
    seed: int
    draw: int
    tables: Mapping[str, pa.Table]
    treated: tuple[str, ...]
    kept: Kept = field(default_factory=Kept)

    @property
    def key(self) -> tuple[str, int, int]:
        """(scenario, draw, seed): what identifies the run within a study."""
        return (self.scenario, self.draw, self.seed)

    def holds(self, outcome: registry.Outcome, level: str) -> bool:
        """Whether an outcome can be computed from what was kept of a table."""
        return level in self.tables and self.kept.has(outcome, level)

    def not_kept(self, outcome: registry.Outcome, level: str) -> InputError:
        """The message for an outcome that `holds` denies although the table can hold it."""
        if level not in self.tables:
            return InputError(
                f"the runs kept no {level} table",
                where=f"{self.scenario}, seed {self.seed}",
                expected=f"the level {level} among the levels kept",
            )
        return InputError(
            self.kept.words(level),
            found=outcome.name,
            expected="one of those",
            hint=f"Run the study again with {outcome.name} among the outcomes to keep.",
        )


@dataclass(frozen=True)
class ScenarioInfo:
    """What a study remembers of a scenario.

    Attributes:
        name: its name.
        title: one line for headings.
        hash: hash of the resolved content.
        text: for the record: what it resolves to ("resolved"), then the files it was made from, base first.
        policy_start: first day of AFT freedoms, None where no trust is designated.
        replays: the scenario whose recorded designations its runs give again; empty where it chooses for itself.
    """

    name: str
    title: str
    hash: str
    text: Mapping[str, str] = field(default_factory=dict)
    policy_start: date | None = None
    replays: str = ""


@dataclass(frozen=True)
class RunFailure:
    """A run that did not finish: kept as data, so that one failure does not lose a study.

    Attributes:
        scenario, seed, draw: which run.
        error: kind of the error.
        message: what it says.
        trace: where in the code it happened; stored in a file of its own.
        week: week of the run, from 0; None where it is not known.
        phase: phase of the schedule; empty where it is not known.
    """

    scenario: str
    seed: int
    draw: int
    error: str
    message: str
    trace: str = ""
    week: int | None = None
    phase: str = ""

    @property
    def key(self) -> tuple[str, int, int]:
        """(scenario, draw, seed), as of a run."""
        return self.scenario, self.draw, self.seed


@dataclass(frozen=True)
class ResultSet:
    """The runs of a study, in the order scenario (as given), draw, seed.

    Attributes:
        runs: finished runs.
        scenarios: what is known of each scenario, by name, in the order given.
        failures: runs that did not finish.
        folder: where the study is stored, None while it is only in memory.
        draws_made: the draws of the uncertain parameters asked for.
    """

    runs: tuple[RunResult, ...]
    scenarios: Mapping[str, ScenarioInfo] = field(default_factory=dict)
    failures: tuple[RunFailure, ...] = ()
    folder: Path | None = None
    draws_made: tuple[Draw, ...] = ()

    def __str__(self) -> str:
        """Return what the study holds, in a few lines."""
        lines = [f"{len(self.runs)} runs, seeds {', '.join(map(str, self.seeds))}"]
        lines += [f"  {name}: {info.title}" for name, info in self.scenarios.items()]
        if self.failures:
            lines.append(f"  {len(self.failures)} failed")
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.runs)

    def __iter__(self) -> Iterator[RunResult]:
        return iter(self.runs)

    @property
    def arms(self) -> tuple[str, ...]:
        """Scenarios with finished runs, in order; replays of another's designations are none of them."""
        names = dict.fromkeys(run.scenario for run in self.runs)
        return tuple(name for name in names if name not in self.scenarios or not self.scenarios[name].replays)

    def replay_of(self, scenario: str) -> str | None:
        """The scenario that gives the designations of another again without freedoms; None if no run of it is there."""
        found = (name for name, info in self.scenarios.items() if info.replays == scenario)
        return next((name for name in found if any(run.scenario == name for run in self.runs)), None)

    @property
    def seeds(self) -> tuple[int, ...]:
        """All seeds, ascending."""
        return tuple(sorted({run.seed for run in self.runs}))

    @property
    def draws(self) -> tuple[int, ...]:
        """All parameter draws, ascending."""
        return tuple(sorted({run.draw for run in self.runs}))

    @property
    def worlds(self) -> dict[int, Draw]:
        """Draws of the parameters by number."""
        return {draw.number: draw for draw in self.draws_made}

    @property
    def months(self) -> tuple[str, ...]:
        """Months of the runs, ascending; those of the first run, because a study has one horizon."""
        if not self.runs or "england" not in self.runs[0].tables:
            return ()
        return tuple(sorted(set(self.runs[0].tables["england"].column("month").to_pylist())))

    @property
    def _where(self) -> str | None:
        return str(self.folder) if self.folder else None

    def title(self, scenario: str) -> str:
        """The scenario's title, or its name where it has none."""
        info = self.scenarios.get(scenario)
        return info.title if info is not None and info.title else scenario

    def frame(self, level: str) -> pa.Table:
        """One table of a level for all runs.

        Args:
            level: "england", "region", "icb_quintile", "trust", "money" or "events".

        Returns:
            The level's columns with scenario (text), seed and draw (int64) in front.

        Raises:
            InputError: no such level, or no run kept it.
        """
        registry.level(level)
        parts = [_labelled(run, run.tables[level]) for run in self.runs if level in run.tables]
        if not parts:
            raise InputError(f"no run kept the {level} table", where=self._where)
        return pa.concat_tables(parts)

    def of(self, scenario: str) -> tuple[RunResult, ...]:
        """The runs of one scenario.

        Raises:
            InputError: the study has no finished run of that scenario.
        """
        found = tuple(run for run in self.runs if run.scenario == scenario)
        if found:
            return found
        names = list(dict.fromkeys([*self.scenarios, *(run.scenario for run in self.runs)]))
        raise InputError(
            "no finished run of this scenario",
            where=self._where,
            found=scenario,
            expected="one of " + ", ".join(names),
            hint=did_you_mean(scenario, names),
        )

    def pairs(self, policy: str, baseline: str) -> list[tuple[RunResult, RunResult]]:
        """Runs of two scenarios with the same seed and draw, ordered by draw and seed.

        Returns:
            (policy run, baseline run) pairs, at least one.

        Raises:
            InputError: no finished run of one of them, or no seed and draw in common.
        """
        ours = {(run.draw, run.seed): run for run in self.of(policy)}
        theirs = {(run.draw, run.seed): run for run in self.of(baseline)}
        common = sorted(ours.keys() & theirs.keys())
        if not common:
            raise InputError(
                f"{policy} and {baseline} have no pair of runs in common (seeds {_list(ours)} against {_list(theirs)})",
                where=self._where,
                expected="runs with the same seed and draw in both",
                hint="Run both scenarios with the same seeds.",
            )
        return [(ours[key], theirs[key]) for key in common]

    def effect_of(self, policy: str, vs: str = "baseline", **options: Any) -> Effect:
        """Paired effect of one scenario against another; `options` are the bands and names of `Effect`.

        Raises:
            InputError: The study has no runs of one of them, or none in common.
        """
        from aft_sim.study.effect import Effect

        if policy == vs:
            raise InputError("a scenario cannot be compared with itself", found=vs, expected="another scenario")
        self.pairs(policy, vs)
        return Effect(self, policy, vs, **options)

    def save(self, folder: str | Path) -> Path:
        """Store the study; see `aft_sim.study.store.save`."""
        from aft_sim.study.store import save

        return save(self, Path(folder))


def canonical(run: RunResult) -> RunResult:
    """The run as it is stored: what is kept of it, columns in registry order, England in float64, the rest in float32.

    Runs are made canonical before anything is computed from them, so that numbers do not depend on
    whether a study was stored in between.

    Raises:
        InputError: a table is not one of the known levels or lacks a column of its level.
    """
    tables: dict[str, pa.Table] = {}
    for name in registry.LEVELS:
        if name not in run.tables or not run.kept.columns(name):
            continue
        schema = run.kept.schema(name)
        table = run.tables[name]
        missing = [column for column in schema.names if column not in table.column_names]
        if missing:
            raise InputError(
                f"the {name} table of a run lacks columns",
                where=f"{run.scenario}, seed {run.seed}",
                expected="also " + ", ".join(missing),
            )
        tables[name] = table.select(schema.names).cast(schema).replace_schema_metadata(None).combine_chunks()
    for name in run.tables:
        registry.level(name)
    return replace(run, tables=tables, treated=tuple(run.treated))


def ordered(runs: Sequence[RunResult], scenarios: Sequence[str]) -> tuple[RunResult, ...]:
    """Runs by scenario (in the order given), draw and seed, whatever order they finished in."""
    rank = {name: index for index, name in enumerate(scenarios)}
    return tuple(sorted(runs, key=lambda run: (rank.get(run.scenario, len(rank)), *run.key)))


def _labelled(run: RunResult, table: pa.Table) -> pa.Table:
    rows = table.num_rows
    columns = {
        "scenario": pa.repeat(pa.scalar(run.scenario, pa.string()), rows),
        "seed": pa.repeat(pa.scalar(run.seed, pa.int64()), rows),
        "draw": pa.repeat(pa.scalar(run.draw, pa.int64()), rows),
    }
    columns.update({name: table.column(name) for name in table.column_names})
    return pa.table(columns)


def _list(keys: Mapping[tuple[int, int], RunResult]) -> str:
    return ", ".join(str(seed) for seed in sorted({seed for _, seed in keys}))
