"""`aft-sim compare`: the paired effect of one scenario against another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aft_sim.basis.errors import InputError
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.outcomes.registry import Outcome
    from aft_sim.study.compare import Comparison, EffectRow
    from aft_sim.study.result import ResultSet

EPILOG = (
    "Examples:\n\naft-sim compare aft-wide --vs no-aft --seeds 20 --out results\n\n"
    "aft-sim compare aft-wide --vs no-aft --set removals.closure=list --set production.growth=1\n\n"
    "aft-sim compare aft-wide --vs no-aft --from results --at 2028-03 --outcome over_52 --by trust"
)
#: The month of the 92% target, at which policies are compared unless another month is asked for.
TARGET_MONTH = "2029-03"


class By(StrEnum):
    """Which rows of the table to print beside England."""

    ALL = "all"
    QUINTILE = "quintile"
    TRUST = "trust"
    SECTOR = "sector"


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("compare", help=terminal.help_text(compare), epilog=EPILOG)(compare)


def compare(
    policy: Annotated[str, typer.Argument(help="Scenario with the policy: a name or a .toml file.")],
    vs: Annotated[str, typer.Option("--vs", help="Scenario it is compared with.")] = "baseline",
    seeds: Annotated[int, typer.Option(min=1, help="Number of pairs of runs (not with --from).")] = 20,
    at: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help=f"Month to compare at: {TARGET_MONTH} unless the runs end before."),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Last month to run: the month of --at by default.")
    ] = None,
    outcome: Annotated[str, typer.Option(help="What to compare: see aft-sim list outcomes.")] = "within_18_share",
    by: Annotated[By, typer.Option(help="Rows to print beside England.")] = By.ALL,
    out: Annotated[Path | None, typer.Option(help="Folder to store the runs in; runs already there are kept.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="Read a stored study; nothing is run.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter or lever for both scenarios; may be repeated."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Another baseline: a folder written by aft-sim baseline build or update.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the table as CSV, with a codebook.")] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Also draw England's effect (PNG, SVG, CSV, alternative text).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Compare two scenarios by pairs of runs that share every chance event the policy does not touch.

    Each effect comes with a 95 % interval, a ceiling (the change if all treated trusts met the standard) and a verdict:
    practically zero, higher, lower, or cannot tell.
    """
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.outcomes.registry import outcome as find_outcome
    from aft_sim.study.compare import compare as paired

    _check_arguments(find_outcome(outcome), source, (out, until, baseline, settings))
    asked = terminal.read_month(at, "--at") if at else None
    if source is not None:
        results, month = _stored(source, asked)
        pair = (_name(policy), _name(vs))
    else:
        results, month, pair = _run(policy, vs, seeds, asked, until, workers, out, baseline, settings or [])
    code = terminal.report_failures(results)
    names = trusts.names(bundle.load(baseline))
    comparison = paired(results, *pair, outcome=outcome, at=month, names=names)
    shown = tuple(row for row in comparison.rows if _wanted(row, by))
    if as_json:
        terminal.print_json(content(replace(comparison, rows=shown), out or source))
    else:
        print_comparison(comparison, shown, money=by is By.ALL)
    files = _write(results, comparison, csv, chart, names)
    if not as_json:
        kept = f"Read from {source}" if source else "Not stored (--out FOLDER stores the runs)."
        for line in (*files, f"Stored in {out}" if out else kept):
            terminal.say_path(line)
    raise typer.Exit(code)


def _check_arguments(outcome: Outcome, source: Path | None, of_a_run: Sequence[Any]) -> None:
    """Refuse what cannot be compared, and options of a run beside a stored study."""
    if outcome.levels == ("money",):
        raise InputError(
            "money is reported beside every comparison, by financial year",
            where="--outcome",
            found=outcome.name,
            expected="an outcome of the waiting list: see aft-sim list outcomes",
        )
    if source is not None and any(of_a_run):
        raise typer.BadParameter("--from reads a stored study: --out, --until, --set and --baseline do not apply")


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
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import load_bound
    from aft_sim.study.runner import run_pairs

    last = terminal.read_month(until, "--until") if until else asked or TARGET_MONTH
    month = asked or min(TARGET_MONTH, last)
    terminal.check_inside(month, terminal.months_of_run(last, baseline), "--at")
    england = bundle.load(baseline)
    scenarios = [terminal.with_settings(load_bound(name, england), settings) for name in (vs, policy)]
    if scenarios[0].name == scenarios[1].name:
        raise InputError(
            "a scenario cannot be compared with itself",
            where="--vs",
            found=scenarios[0].name,
            expected="another scenario, for example --vs no-aft",
        )
    with terminal.progress(2 * seeds, f"Running {scenarios[1].name} and {scenarios[0].name}") as report:
        results = run_pairs(
            scenarios,
            seeds,
            until=terminal.last_day(last),
            workers=workers,
            out=out,
            progress=report,
            baseline=baseline,
        )
    return results, month, (scenarios[1].name, scenarios[0].name)


def _stored(folder: Path, asked: str | None) -> tuple[ResultSet, str]:
    """A stored study and the month to compare at."""
    from aft_sim.study.stored import load

    results = load(folder)
    if asked or not results.runs:
        return results, asked or TARGET_MONTH
    last = max(results.runs[0].tables["england"].column("month").to_pylist())
    return results, min(TARGET_MONTH, last)


def _name(reference: str) -> str:
    """Name of a scenario in a stored study; a path is read for its name."""
    if reference.endswith(".toml") or "/" in reference or "\\" in reference:
        from aft_sim.spec.scenario import load_scenario

        return load_scenario(reference).name
    return reference


def _wanted(row: EffectRow, by: By) -> bool:
    kind = "trust" if row.group.startswith("trust:") else "sector"
    if row.group.startswith("quintile-") or row.group == "gap":
        kind = "quintile"
    return by is By.ALL or row.group == "england" or kind == str(by)


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
        money: whether to print the table of money.
        target: see `words.sentences`.
    """
    from aft_sim.cli.words import sentences
    from aft_sim.present.tables import effect_table, money_table

    terminal.heading(f"{comparison.policy} against {comparison.baseline}")
    terminal.say()
    for sentence in sentences(comparison, target):
        terminal.say(sentence)
    terminal.say()
    terminal.show(effect_table(replace(comparison, rows=shown)))
    if money and comparison.money:
        terminal.say()
        terminal.show(money_table(comparison))
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
        "notes": list(comparison.notes),
        "stored_in": str(folder) if folder else None,
    }


def _row(row: EffectRow) -> dict[str, Any]:
    paired = row.paired
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
        "band": paired.band,
        "ceiling": row.ceiling,
        "exactly_zero": paired.exactly_zero,
        "verdict": str(paired.verdict),
        "verdict_in_words": row.words,
    }
