"""`aft-sim compare`: the paired effect of one scenario against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.basis.errors import InputError
from aft_sim.cli import options, terminal

if TYPE_CHECKING:
    from aft_sim.outcomes.registry import Outcome
    from aft_sim.study.compare import Comparison, EffectRow
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim compare aft-wide --vs no-aft --seeds 20 --out results\n\n"
    "aft-sim compare aft-wide --vs no-aft --set removals.closure=list --set production.growth=1\n\n"
    "aft-sim compare results --vs no-aft --at 2028-03 --outcome over_52 --by trust\n\n"
    "aft-sim compare results --vs no-aft --only aft-wide --by icb --json"
)
#: The month of the 92% target, at which policies are compared unless another month is asked for.
TARGET_MONTH = "2029-03"


class By(StrEnum):
    """Which rows of the table to print beside England."""

    ALL = "all"
    QUINTILE = "quintile"
    TRUST = "trust"
    SECTOR = "sector"
    REGION = "region"
    ICB = "icb"
    TYPE = "type"
    STATUS = "status"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare", help=terminal.help_text(compare), epilog=EPILOG)(compare)


def compare(
    policy: options.Source,
    vs: Annotated[str, typer.Option("--vs", help="Scenario it is compared with.")] = "baseline",
    seeds: Annotated[int, typer.Option(min=1, help="Number of pairs of runs to make.")] = 20,
    at: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help=f"Month to compare at: {TARGET_MONTH} unless the runs end before."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Last month to run: the month of --at by default.")
    ] = None,
    outcome: Annotated[str, typer.Option(help="What to compare: see aft-sim list outcomes.")] = "within_18_share",
    by: Annotated[By, typer.Option(help="Rows to print beside England.")] = By.ALL,
    out: options.Out = None,
    only: Annotated[
        str | None, typer.Option(help="Of a stored study, the one scenario to compare; all but --vs by default.")
    ] = None,
    workers: options.Workers = 2,
    settings: terminal.Settings = None,
    baseline: options.Baseline = None,
    csv: options.Csv = None,
    chart: Annotated[
        Path | None, typer.Option(help="Also draw England's effect (PNG, SVG, CSV, alternative text).")
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Compare two scenarios by pairs of runs that share every chance event the policy does not touch.

    The first argument is a policy to run, or the folder of a stored study: then every other scenario in it is compared
    with --vs, or only the one that --only names. A shipped scenario's name is never a folder; write ./NAME for that.
    Each effect comes with a 95 % interval, a ceiling (the change if all treated trusts met the standard) and a verdict:
    practically zero, higher, lower, or cannot tell.
    """
    from aft_sim.outcomes.registry import outcome as find_outcome

    source = study_folder(policy)
    _check_arguments(find_outcome(outcome), source, only, (out, until, baseline, settings))
    asked = terminal.read_month(at, "--at") if at else None
    if source is not None:
        results, month = _stored(source, asked)
        pairs = _pairs_of(results, scenario_name(vs), scenario_name(only) if only else None)
    else:
        results, month, pair = _run(policy, vs, seeds, asked, until, workers, out, baseline, settings or [])
        pairs = [pair]
    code = terminal.report_failures(results)
    told = _Told(results, month, outcome, by, baseline, csv, chart)
    found = [told.compared(*pair) for pair in pairs]
    if as_json:
        contents = [told.content(one, out or source) for one in found]
        whole = {"study": str(source), "comparisons": contents} if source and not only else contents[0]
        terminal.print_json(whole)
    for one in found:
        if not as_json:
            print_comparison(one, told.printed(one), money=by is By.ALL)
        for line in told.written(one, several=len(found) > 1):
            if not as_json:
                terminal.say_path(line)
    if not as_json:
        kept = f"Read from {source}" if source else "Not stored (--out FOLDER stores the runs)."
        terminal.say_path(f"Stored in {out}" if out else kept)
    raise typer.Exit(code)


@dataclass(frozen=True)
class _Told:
    """What is asked of every comparison of one command."""

    results: ResultSet
    month: str
    outcome: str
    by: By
    baseline: Path | None
    csv: Path | None
    chart: Path | None

    @cached_property
    def names(self) -> dict[str, str]:
        """ODS code -> short name."""
        from aft_sim.baseline import bundle
        from aft_sim.cli import trusts

        return trusts.names(bundle.load(self.baseline))

    def compared(self, policy: str, vs: str) -> Comparison:
        """One policy against its comparator."""
        from aft_sim.study.compare import compare as paired
        from aft_sim.study.places import DIVISIONS, Places

        divisions = (str(self.by),) if self.by in DIVISIONS else ()
        places = Places.of_baseline(self.baseline)
        return paired(
            self.results,
            policy,
            vs,
            outcome=self.outcome,
            at=self.month,
            names=self.names,
            by=divisions,
            places=places,
        )

    def shown(self, comparison: Comparison) -> tuple[EffectRow, ...]:
        """Rows to print."""
        from aft_sim.study.effect import shown

        by = {"sector": "group"}.get(str(self.by), str(self.by))
        rows = comparison.rows
        return tuple(r for r in rows if by == "all" or r.group == "england" or shown(r.group, by))

    def printed(self, comparison: Comparison) -> tuple[EffectRow, ...]:
        """Rows of the table: single trusts where the same are treated in every run, or where they are asked for."""
        fixed = comparison.selection is None or comparison.selection.by_scenario or self.by is By.TRUST
        return tuple(row for row in self.shown(comparison) if fixed or not row.group.startswith("trust:"))

    def content(self, comparison: Comparison, folder: Path | None) -> dict[str, Any]:
        """The comparison for a program."""
        from aft_sim.cli.compare_json import content

        return content(replace(comparison, rows=self.shown(comparison)), folder)

    def written(self, comparison: Comparison, several: bool) -> list[str]:
        """Write the table and the chart that were asked for; of several policies each under its own name."""
        csv, chart = (_named(path, comparison.policy) if several else path for path in (self.csv, self.chart))
        return _write(self.results, comparison, csv, chart, self.names)


def _named(path: Path | None, policy: str) -> Path | None:
    """A file name with the policy's name in it."""
    if path is None:
        return None
    suffix = path.suffix if path.suffix in (".csv", ".png", ".svg") else ""
    return path.with_name(f"{path.name.removesuffix(suffix)}-{policy}{suffix}")


def study_folder(argument: str) -> Path | None:
    """The folder of a stored study, if that is what the first argument names.

    A shipped scenario's name always means the scenario; a folder of the same name is written "./NAME".
    """
    from aft_sim.spec.scenario import shipped_scenarios

    path = Path(argument)
    if argument in shipped_scenarios() or path.suffix == ".toml":
        return None
    return path if path.is_dir() or "/" in argument or "\\" in argument else None


def _pairs_of(results: ResultSet, vs: str, only: str | None) -> list[tuple[str, str]]:
    """Scenarios of a stored study to compare, each with the comparator."""
    results.of(vs)
    policies = [only] if only else [name for name in results.arms if name != vs]
    if vs in policies or not policies:
        raise InputError(
            "a scenario cannot be compared with itself" if only else "the study holds no other scenario to compare",
            where="--only" if only else str(results.folder),
            found=vs,
            expected="another scenario than --vs",
        )
    return [(name, vs) for name in policies]


def _check_arguments(outcome: Outcome, source: Path | None, only: str | None, of_a_run: Sequence[Any]) -> None:
    """Refuse what cannot be compared, and options of a run beside a stored study."""
    terminal.waiting_outcome(outcome.name)
    if source is not None and any(of_a_run):
        raise typer.BadParameter("a stored study is only read: --out, --until, --set and --baseline do not apply")
    if source is None and only is not None:
        raise typer.BadParameter("--only goes with the folder of a stored study")


def _write(
    results: ResultSet, comparison: Comparison, csv: Path | None, chart: Path | None, names: dict[str, str]
) -> list[str]:
    """Write the table and the chart that were asked for; lines that say where."""
    lines = []
    if csv is not None:
        from aft_sim.present.tables import write_csv

        lines.append(f"Table: {', '.join(map(str, write_csv(comparison, csv)))}")
    if chart is not None:
        lines.append(f"Chart: {', '.join(map(str, draw(results, comparison, chart, names)))}")
    return lines


def _run(
    policy: str,
    vs: str,
    seeds: int,
    asked: str | None,
    until: str | None,
    workers: int,
    out: Path | None,
    baseline: Path | None,
    settings: Sequence[str],
) -> tuple[ResultSet, str, tuple[str, str]]:
    """Run both scenarios; return the runs, the month to compare at and the scenarios' names."""
    last = terminal.read_month(until, "--until") if until else asked or TARGET_MONTH
    month = asked or min(TARGET_MONTH, last)
    terminal.check_inside(month, terminal.months_of_run(last, baseline), "--at")
    results, names = run_two(policy, vs, seeds, last, workers, out, baseline, settings, frozen=True)
    return results, month, names


def run_two(
    policy: str,
    vs: str,
    seeds: int,
    last: str,
    workers: int,
    out: Path | None,
    baseline: Path | None,
    settings: Sequence[str],
    keep: Sequence[str] = (),
    frozen: bool = False,
) -> tuple[ResultSet, tuple[str, str]]:
    """Run a policy and its comparator with the same seeds; return the runs and the scenarios' names.

    Args:
        policy, vs: scenarios, by name or path.
        seeds: how many.
        last: last month.
        workers: processes.
        out: folder to store the runs in.
        baseline: folder of another baseline.
        settings: NAME=VALUE, for both.
        keep: tables to keep; all if empty.
        frozen: whether a policy by rules is replayed without freedoms.
    """
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.study.runner import run_pairs

    england = bundle.load(baseline)
    theirs, ours = (terminal.with_settings(load_bound(name, england), settings) for name in (vs, policy))
    if ours.name == theirs.name:
        raise InputError(
            "a scenario cannot be compared with itself",
            where="--vs",
            found=ours.name,
            expected="another scenario, for example --vs no-aft",
        )
    replayed = frozen and ours.aft.programme == "rules"
    with terminal.progress((3 if replayed else 2) * seeds, f"Running {ours.name} and {theirs.name}") as report:
        results = run_pairs(
            [theirs, ours],
            seeds,
            until=terminal.last_day(last),
            workers=workers,
            out=out,
            progress=report,
            baseline=baseline,
            keep=keep,
            frozen_selection=(ours.name,) if replayed else (),
        )
    return results, (ours.name, theirs.name)


def _stored(folder: Path, asked: str | None) -> tuple[ResultSet, str]:
    """A stored study and the month to compare at."""
    from aft_sim.study.stored import load

    results = load(folder)
    if asked or not results.runs:
        return results, asked or TARGET_MONTH
    last = max(results.runs[0].tables["england"].column("month").to_pylist())
    return results, min(TARGET_MONTH, last)


def scenario_name(reference: str) -> str:
    """Name of a scenario in a stored study; a path is read for its name."""
    if reference.endswith(".toml") or "/" in reference or "\\" in reference:
        from aft_sim.spec.scenario import load_scenario

        return load_scenario(reference).name
    return reference


def print_comparison(
    comparison: Comparison,
    shown: tuple[EffectRow, ...],
    money: bool = True,
    target: tuple[str, float] | None = None,
) -> None:
    """Print a comparison.

    Args:
        comparison: told in sentences.
        shown: rows of the table of effects.
        money: whether to print the tables of money, of what the policy costs and of a programme by rules.
        target: see `words.sentences`.
    """
    from aft_sim.cli.words import sentences
    from aft_sim.present import budget_effects, fair_tables, worth_tables
    from aft_sim.present.tables import effect_table, money_table

    terminal.heading(f"{comparison.policy} against {comparison.baseline}")
    terminal.say()
    for sentence in sentences(comparison, target):
        terminal.say(sentence)
    terminal.say()
    terminal.show(effect_table(replace(comparison, rows=shown)))
    for table in fair_tables.tables(comparison) if money else ():
        terminal.say()
        terminal.show(table)
    if money and comparison.fair and comparison.fair.missing:
        terminal.say()
        terminal.say(comparison.fair.missing)
    for table in budget_effects.tables(comparison) if money else ():
        terminal.say()
        terminal.show(table)
    if money and comparison.money:
        terminal.say()
        terminal.show(money_table(comparison))
    for table in worth_tables.tables(comparison) if money else ():
        terminal.say()
        terminal.show(table)
    terminal.say()


def draw(results: ResultSet, comparison: Comparison, path: Path, names: dict[str, str]) -> tuple[Path, ...]:
    """Draw England's effect over time and write it beside its numbers and its alternative text."""
    from aft_sim.present.effect_chart import effect_chart
    from aft_sim.study.compare import effect_path

    effect = effect_path(
        results,
        comparison.policy,
        comparison.baseline,
        outcome=comparison.outcome.name,
        at=comparison.at,
        names=names,
    )
    return effect_chart(effect).save(path)
