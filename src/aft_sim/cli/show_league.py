"""`aft-sim show league FOLDER`: the oversight league table of a stored study beside that of the opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aft_sim.basis.errors import InputError
from aft_sim.cli import terminal
from aft_sim.cli.compare import scenario_name

if TYPE_CHECKING:
    from aft_sim.study.league import League
    from aft_sim.study.segments import SegmentLeague


@dataclass(frozen=True)
class Asked:
    """What the user asked for, as written.

    Attributes:
        folder: of a stored study.
        at: month; the last one of the runs if None.
        scenario: name; the study's last if None.
        csv, chart: files to write to.
    """

    folder: str | None
    at: str | None
    scenario: str | None
    csv: Path | None
    chart: Path | None


def show_league(asked: Asked, folder: Path | None, as_json: bool) -> None:
    """Read a study and print the table before and after.

    Raises:
        InputError: no folder, no such scenario or month, or runs that kept no oversight table.
    """
    from aft_sim.baseline import bundle
    from aft_sim.cli import trusts
    from aft_sim.study.league import league
    from aft_sim.study.segments import segment_league
    from aft_sim.study.stored import load

    if asked.folder is None:
        raise InputError(
            "whose league table is not said",
            expected="the folder of a stored study",
            hint="For example: aft-sim show league results --at 2029-03",
        )
    results = load(asked.folder)
    if not results.arms:
        raise InputError("the study holds no finished run", where=asked.folder)
    name = scenario_name(asked.scenario) if asked.scenario else results.arms[-1]
    runs = results.of(name)
    at = terminal.read_month(asked.at, "--at") if asked.at else results.months[-1]
    baseline = bundle.load(folder)
    found = segment_league(runs, at, baseline)
    shares = league(runs, results.months[0], at) if all("trust" in run.tables for run in runs) else None
    names = trusts.names(baseline)
    if as_json:
        terminal.print_json(_content(found, shares, name, at))
    else:
        _print(found, shares, names, results.title(name), at)
    say = terminal.remark if as_json else terminal.say_path
    if asked.csv is not None:
        from aft_sim.present.league_page import write_csv

        say(f"Table: {', '.join(map(str, write_csv(found, names, asked.csv)))}")
    if asked.chart is not None:
        from aft_sim.present.league_chart import league_chart

        drawn = league_chart(found, names, results.title(name), name)
        say(f"Chart: {', '.join(map(str, drawn.save(asked.chart)))}")


def _content(found: SegmentLeague, shares: League | None, scenario: str, at: str) -> dict[str, Any]:
    return {
        "scenario": scenario,
        "at": at,
        "published": found.published,
        "runs": found.runs,
        "warning": found.warning,
        "moves": [{"before": a, "after": b, "trusts": n} for (a, b), n in found.moves.items()],
        "standings": [asdict(one) for one in found.standings],
        "by_18_week_share": None if shares is None else asdict(shares) | {"warning": shares.warning},
    }


def _print(found: SegmentLeague, shares: League | None, names: Mapping[str, str], title: str, at: str) -> None:
    from aft_sim.present import league_page, style

    runs = f"mean of {found.runs} runs" if found.runs > 1 else "one run"
    terminal.heading(f"League tables, opening and {style.month_name(at)}: {title}")
    terminal.say(f"As published in {style.month_name(found.published)}, {runs}; segment 1 and score 1 are best.")
    terminal.say()
    terminal.show(league_page.moves_table(found))
    terminal.say()
    terminal.say(found.warning)
    shown = league_page.shown(found)
    if shown:
        terminal.say()
        terminal.show(league_page.trust_table(shown, names, found.runs))
    if shares is not None:
        terminal.say()
        terminal.say(f"By the share of the list under 18 weeks, {shares.before} to {shares.after}: {shares.warning}")
