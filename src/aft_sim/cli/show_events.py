"""`aft-sim show events`: what happened to a trust, or to all, month by month and with reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.cli import terminal

if TYPE_CHECKING:
    from datetime import date

    from aft_sim.baseline.bundle import Bundle
    from aft_sim.study.events import History
    from aft_sim.study.result import ResultSet, RunResult

SCENARIO, LAST = "baseline", "2031-03"
"""What is run if nothing else is said."""
EVERYONE = ("all", "england")


@dataclass(frozen=True)
class Wanted:
    """What the user asked for, as written.

    Attributes:
        who: code or part of the name of a trust, or "all".
        scenario: name or path.
        seed: chance.
        settings: NAME=VALUE.
        first, last: months.
        results: folder of a stored study to read instead of running.
        kinds: kinds of events; all if empty.
        csv: file to write to.
        chart: file to draw to.
    """

    who: str | None
    scenario: str | None
    seed: int | None
    settings: Sequence[str]
    first: str | None
    last: str | None
    results: Path | None
    kinds: Sequence[str]
    csv: Path | None
    chart: Path | None

    @property
    def own(self) -> bool:
        """Whether an option was given that only events have."""
        return self.results is not None or bool(self.kinds) or self.csv is not None


def show_events(asked: Wanted, folder: Path | None, as_json: bool) -> None:
    """Run the model, or read a stored run, and tell its events.

    Raises:
        InputError: nobody of this name, no such kind, month or run.
    """
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.present import event_words
    from aft_sim.study.events import check_kinds, history

    baseline = bundle.load(folder)
    codes = find_trusts(baseline, asked.who)
    first = terminal.read_month(asked.first, "--from") if asked.first else None
    last = terminal.read_month(asked.last, "--to") if asked.last else None
    if asked.results is None:
        check_kinds(asked.kinds, event_words.KINDS)
        results, run = _run(asked, folder, baseline, last or LAST)
    else:
        results, run = stored_run(asked.results, asked.scenario, asked.seed)
    whole = history(run)
    kinds = check_kinds(asked.kinds, {*event_words.KINDS, *whole.kinds})
    found = whole.narrowed(codes, first, last, kinds)
    names = trusts.names(baseline)
    title = results.title(run.scenario)
    if as_json:
        terminal.print_json(
            {"scenario": run.scenario, "seed": run.seed, "draw": run.draw, "events": event_words.records(found, names)}
        )
    else:
        whose = f"{codes[0]}  {names.get(codes[0], '')}" if codes else "Every trust"
        terminal.heading(f"{whose}: events")
        terminal.say(f"{title}, seed {run.seed}")
        terminal.say(event_words.summary(found))
        if found.events:
            terminal.show(event_words.event_table(found, names))
    _write(asked, found, names, title, results.scenarios[run.scenario].policy_start, as_json)


def find_trusts(baseline: Bundle, text: str | None) -> tuple[str, ...]:
    """ODS code of the trust that is meant; none for all.

    Raises:
        InputError: none, or several trusts.
    """
    from aft_sim.cli.trusts import find_trust, matching_trusts

    allowed = 'the code or name of a trust, or "all"'
    if text is None:
        raise InputError("whose events is not said", expected=allowed, hint="For example: aft-sim show events all")
    if text.strip().casefold() in EVERYONE:
        return ()
    t = baseline.trusts
    if not matching_trusts(baseline, text) and text.strip().upper() not in baseline.successors:
        options = [*t.code, "all", *t.name]
        raise InputError(
            "there is no trust of this name",
            found=text,
            expected=allowed,
            hint=f"For a stored study: aft-sim show events all --results {text}"
            if Path(text).is_dir()
            else did_you_mean(text.strip(), options),
        )
    return (t.code[find_trust(baseline, text)],)


def stored_run(folder: Path, scenario: str | None, seed: int | None) -> tuple[ResultSet, RunResult]:
    """One run of a stored study: the last scenario's first seed unless others are named.

    Raises:
        InputError: the study has no such run.
    """
    from aft_sim.cli.compare import scenario_name
    from aft_sim.study.stored import load

    results = load(folder)
    names = results.arms
    if not names:
        raise InputError("the study holds no finished run", where=str(folder))
    runs = results.of(scenario_name(scenario) if scenario else names[-1])
    chosen = [run for run in runs if seed is None or run.seed == seed]
    if not chosen:
        seeds = ", ".join(str(run.seed) for run in runs)
        raise InputError("the study holds no run of this seed", where=str(folder), found=seed, expected=seeds)
    return results, chosen[0]


def _run(asked: Wanted, folder: Path | None, baseline: Bundle, last: str) -> tuple[ResultSet, RunResult]:
    from aft_sim.baseline.bind import load_bound
    from aft_sim.study.runner import run_pairs

    terminal.months_of_run(last, folder, "--to")
    scenario = terminal.with_settings(load_bound(asked.scenario or SCENARIO, baseline), asked.settings)
    seed = 1 if asked.seed is None else asked.seed
    with terminal.progress(1, f"Running {scenario.name}") as report:
        results = run_pairs(
            [scenario],
            [seed],
            until=terminal.last_day(last),
            progress=report,
            baseline=folder,
            keep=("england", "events"),
        )
    if not results.runs:
        raise InputError("the run failed", where=scenario.name, found=results.failures[0].message)
    return results, results.runs[0]


def _write(asked: Wanted, found: History, names: dict[str, str], title: str, start: date | None, quiet: bool) -> None:
    say = terminal.remark if quiet else terminal.say_path
    if asked.csv is not None:
        from aft_sim.present.event_words import write_csv

        say(f"Table: {', '.join(map(str, write_csv(found, names, asked.csv)))}")
    if asked.chart is not None:
        from aft_sim.present import timeline
        from aft_sim.present.event_chart import event_chart

        dates = [(start, timeline.starts(start))] if start else []
        say(f"Chart: {', '.join(map(str, event_chart(found, names, title, dates).save(asked.chart)))}")
