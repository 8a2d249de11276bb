"""`aft-sim show`: one thing in full, whatever kind of thing its name is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.cli import terminal
from aft_sim.cli.catalogue import lever_text

if TYPE_CHECKING:
    from aft_sim.cli.show_events import Wanted
    from aft_sim.cli.show_ledger import Asked
    from aft_sim.cli.show_pound import Followed
    from aft_sim.outcomes.registry import Outcome
    from aft_sim.spec.levers import Lever
    from aft_sim.spec.register import Parameter
    from aft_sim.spec.sets import TrustSet

EPILOG = (
    "Examples:\n\n"
    "aft-sim show aft-wide               a scenario: each value with file and line\n\n"
    "aft-sim show capital.invest_share   a parameter: default, range, source, grade\n\n"
    "aft-sim show aft.freedoms.approval  a policy lever\n\n"
    "aft-sim show set:segment-1-acute    a set of trusts\n\n"
    "aft-sim show within_18_share        an outcome\n\n"
    "aft-sim show schedule               what happens in a week, in order\n\n"
    "aft-sim show odd > docs/odd.md      the model in the ODD+D protocol, with tables from the code\n\n"
    "aft-sim show schema > s.json        the JSON Schema of scenario files, for editors\n\n"
    "aft-sim show ledger RTF --year 2027/28   the books of a trust, a board (its code) or england\n\n"
    "aft-sim show pound RTF --chart rtf.svg   a trust's surpluses, followed to treatments by deprivation fifth\n\n"
    "aft-sim show iho RTF --year 2029/30      a population budget: where it went, who bore the result, and why\n\n"
    "aft-sim show events RTF --kind draw      what happened to a trust, or to all, with reasons\n\n"
    "aft-sim show eligibility            who could hold the status at the opening, and what excludes the rest\n\n"
    "aft-sim show league results --at 2029-03   a study's oversight league table beside that of the opening"
)

#: Headings in the help of options: of the ledger, the pound or the events alone, of two of them, and of all three.
OF_LEDGER, OF_POUND = "Options of show ledger and show iho", "Options of show pound and show iho"
OF_EVENTS = "Options of show events"
OF_PERIOD, OF_CHART = "Options of show ledger and show events", "Options of show pound, show iho and show events"
OF_RUNS = "Options of show ledger, show pound, show iho and show events"
OF_LEAGUE = "Options of show league (with --scenario, --csv, --chart)"


Results = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Read a run of a stored study (--scenario, --seed) instead of making one.",
        rich_help_panel=OF_EVENTS,
    ),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Only this kind of event; may be repeated.", rich_help_panel=OF_EVENTS),
]
Csv = Annotated[
    Path | None, typer.Option(help="Also write the events as CSV, with a codebook.", rich_help_panel=OF_EVENTS)
]
Chart = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Draw the flow or the timeline: .svg or .png, beside it the numbers.",
        rich_help_panel=OF_CHART,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("show", help=terminal.help_text(show), epilog=EPILOG)(show)


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A scenario, parameter, lever, set:NAME, outcome, `schedule`, `odd`, `schema`, `eligibility`, "
            "`ledger`, `pound`, `iho`, `events` or `league`.",
        ),
    ],
    who: Annotated[
        str | None,
        typer.Argument(
            help="Whose ledger: code or name of a trust, code of a board, or england. Whose pound: a trust. "
            "Whose budget: a trust. Whose events: a trust, or all. Whose league table: the folder of a stored study."
        ),
    ] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            help="Another baseline for scenarios, sets and ledgers: a folder of aft-sim baseline build or update."
        ),
    ] = None,
    year: Annotated[
        str | None, typer.Option(metavar="YYYY/YY", help="Financial year (2026/27).", rich_help_panel=OF_LEDGER)
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM", help="First month.", rich_help_panel=OF_PERIOD)
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM", help="Last month.", rich_help_panel=OF_PERIOD)
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="Name of a scenario or path (baseline; aft-wide-additive).", rich_help_panel=OF_RUNS),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Chance (1).", rich_help_panel=OF_RUNS)] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="A parameter or lever for the scenario; may be repeated.",
            rich_help_panel=OF_RUNS,
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Last month (2031-03).", rich_help_panel=OF_POUND)
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="Month (the runs' last).", rich_help_panel=OF_LEAGUE),
    ] = None,
    chart: Chart = None,
    results: Results = None,
    kinds: Kinds = None,
    csv: Csv = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for a program; the ledger's in pence.", rich_help_panel=OF_RUNS)
    ] = False,
) -> None:
    """Show a scenario, parameter, policy lever, set of trusts or outcome in full, the schedule, or the file format.

    `show ledger` runs a scenario and prints the books of a trust, a board or NHS England. `show pound` runs one and
    follows a trust's surpluses to what they bought, `show iho` takes a population budget apart. `show events` tells
    what happened to a trust, or to all, with reasons, in a run or in one that is stored.
    """
    from aft_sim.cli.show_events import Wanted
    from aft_sim.cli.show_ledger import Asked
    from aft_sim.cli.show_pound import Followed

    books = Asked(who, year, first, last, scenario, seed, settings or [])
    pound = Followed(who, scenario, seed, settings or [], until, chart)
    events = Wanted(who, scenario, seed, settings or [], first, last, results, kinds or [], csv, chart)
    if name == "league":
        _league(who, at, books, pound, events, baseline, as_json)
        return
    if at is not None:
        raise InputError("only the league table has a month", found=name, expected="aft-sim show league FOLDER --at")
    if not _of_a_run(name, books, pound, events, baseline, as_json):
        _show(name, baseline)


def _league(
    who: str | None,
    at: str | None,
    books: Asked,
    pound: Followed,
    events: Wanted,
    baseline: Path | None,
    as_json: bool,
) -> None:
    from aft_sim.cli.show_league import Asked as Table
    from aft_sim.cli.show_league import show_league

    of_a_run = (books.year, books.first, books.last, books.seed, books.settings, pound.until)
    if any((*of_a_run, events.results, events.kinds)):
        raise InputError(
            "the league table of a study has no such option", expected="--at, --scenario, --csv, --chart, --json"
        )
    show_league(Table(who, at, books.scenario, events.csv, events.chart), baseline, as_json)


def _of_a_run(name: str, books: Asked, pound: Followed, events: Wanted, baseline: Path | None, as_json: bool) -> bool:
    """Show what has options or JSON of its own: ledger, pound, events, who is eligible; False if it is none of them.

    Raises:
        InputError: an option that only another thing has.
    """
    from aft_sim.cli.show_eligibility import show_eligibility
    from aft_sim.cli.show_events import show_events
    from aft_sim.cli.show_iho import Wished, show_iho
    from aft_sim.cli.show_ledger import show_ledger
    from aft_sim.cli.show_pound import show_pound

    if name == "events":
        if books.year or pound.until:
            raise InputError("events have no such option", found="--year or --until", expected="--from and --to")
        if events.results is not None and events.settings:
            raise InputError("a stored run is only read", where="--set", expected="no --set with --results")
        show_events(events, baseline, as_json)
        return True
    if events.own:
        raise InputError(
            "only events have a stored run, kinds and a CSV file", found=name, expected="aft-sim show events WHO"
        )
    if name == "iho":
        show_iho(books, Wished(pound.chart, pound.until), baseline, as_json)
        return True
    if name == "pound":
        if books.year or books.first or books.last:
            raise InputError("only the ledger has a period", found=name, expected="--until, the last month of the run")
        show_pound(pound, baseline, as_json)
        return True
    if pound.until is not None or pound.chart is not None:
        raise InputError("only the pound has a last month and a chart", found=name, expected="aft-sim show pound WHO")
    if name == "ledger":
        show_ledger(books, baseline, as_json)
        return True
    if name == "eligibility" and not books.anything:
        show_eligibility(baseline, as_json)
        return True
    if as_json or books.anything:
        raise InputError(
            "this page has no account, period, run or JSON",
            found=name,
            expected="these options with ledger, pound, iho, events, league or, --json alone, eligibility",
        )
    return False


def _show(name: str, baseline: Path | None) -> None:
    from aft_sim.outcomes.registry import OUTCOMES
    from aft_sim.spec.levers import levers
    from aft_sim.spec.register import Register
    from aft_sim.spec.scenario import shipped_scenarios
    from aft_sim.spec.sets import PREFIX, named_sets

    register, paths, sets, shipped = Register.load(), levers(), named_sets(), shipped_scenarios()
    if name == "schedule":
        _schedule()
    elif name == "odd":
        from aft_sim.present.odd import page

        typer.echo(page(), nl=False)
    elif name == "schema":
        from aft_sim.spec.schema import scenario_schema

        terminal.print_json(scenario_schema())
    elif name.startswith(PREFIX):
        _set(name, baseline)
    elif name in shipped or name.endswith(".toml") or "/" in name or "\\" in name:
        from aft_sim.cli.show_scenario import show_scenario

        show_scenario(name, baseline)
    elif name in register:
        _parameter(register[name])
    elif name in paths:
        _lever(paths[name])
    elif name in OUTCOMES:
        _outcome(OUTCOMES[name])
    elif name in sets:
        _set(PREFIX + name, baseline)
    elif _family(name, list(register), list(paths)):
        pass
    else:
        options = [
            "schedule",
            "odd",
            "schema",
            "ledger",
            "pound",
            "iho",
            "events",
            *shipped,
            *register,
            *paths,
            *OUTCOMES,
            *(found.example for found in sets.values()),
        ]
        raise InputError(
            "there is nothing of this name to show",
            found=name,
            expected="a scenario, parameter, lever, set:NAME, outcome, schedule, odd, schema, eligibility, ledger, "
            "pound, iho or events",
            hint=did_you_mean(name, options) or "See aft-sim list; a trust's page is aft-sim baseline show CODE.",
        )


def _family(name: str, parameters: list[str], paths: list[str]) -> bool:
    """Show the names that begin with a table's name, such as "capital"; False if there are none."""
    from aft_sim.spec.levers import levers
    from aft_sim.spec.register import Register

    mine = [path for path in paths if path.startswith(f"{name}.")]
    numbers = [p for p in parameters if p.startswith(f"{name}.")]
    if mine:
        terminal.heading(f"Levers of {name}")
        terminal.show(terminal.facts((path, levers()[path].description) for path in mine))
    if numbers:
        terminal.heading(f"Parameters of {name}")
        register = Register.load()
        terminal.show(terminal.facts((p, f"{register[p].describe()} · {register[p].title}") for p in numbers))
    return bool(mine or numbers)


def _schedule() -> None:
    from aft_sim.schedule import SCHEDULE

    when = {
        "week": "every week",
        "month": "at month end",
        "quarter": "at quarter end",
        "year": "on 31 March",
        "april": "on 1 April",
        "status": "when freedoms begin",
    }
    terminal.heading("A step is one week. In each, the phases whose time has come run in this order:")
    table = terminal.plain_table("", "Phase", "When", "What happens", right=[""], whole=["", "Phase", "When"])
    for number, phase in enumerate(SCHEDULE, 1):
        words = Text(phase.says)
        words.append(f"\nreads {', '.join(phase.reads) or 'nothing'}; ", "dim")
        words.append(f"writes {', '.join(phase.writes) or 'nothing that lasts'}", "dim")
        table.add_row(str(number), phase.name, when[phase.when], words)
    terminal.show(table)


def _parameter(p: Parameter) -> None:
    from aft_sim.spec.register import BASES, GRADES

    terminal.heading(p.name)
    terminal.say(f"{p.title}. {p.description}")
    mark = "yes: no source carries the figure" if p.assumption else "no"
    spread = ", ".join(f"{key} {value:g}" for key, value in p.prior.arguments.items())
    rows = [("Default", p.describe()), ("Unit", p.unit)]
    if p.kind == "number":
        rows.append(("Plausible", f"{p.describe(p.low)} to {p.describe(p.high)} (about 90 %)"))
        rows.append(("Allowed", f"{p.describe(p.minimum)} to {p.describe(p.maximum)}"))
        rows.append(("Distribution", f"{p.prior.form}{f' ({spread})' if spread else ''}"))
    else:
        rows.append(("Allowed", p.allowed))
    rows += [
        ("By trust", "a dated change may name trusts" if p.per_trust else ""),
        *_origin(p),
        ("Grade", f"{p.grade}: {GRADES[p.grade]}"),
        ("Basis", f"{p.basis}: {BASES[p.basis]}"),
        ("Assumption", mark),
        ("Read by", p.mechanism),
        ("Status", "active" if p.active else f"not active: {p.why_inactive}"),
    ]
    terminal.show(terminal.facts(rows))


def _origin(p: Parameter) -> list[tuple[str, str]]:
    """Where a parameter comes from and how it changed."""
    from aft_sim.spec.register import Register

    group = Register.load().group_of(p.name)
    others = ", ".join(name for name in group.members if name != p.name) if group else ""
    words = f"{group.name}, rank correlation {group.rank_correlation:g} with {others}" if group else ""
    changes = [f"{r.day}: was {p.describe(r.was)}; {r.why}" for r in p.history]
    return [
        ("Drawn with", words),
        ("Source", p.source),
        ("Address", "\n".join(p.locators)),
        ("Evidence", ", ".join(p.evidence)),
        ("Note", p.note),
        ("Replace with", p.replace_with),
        ("History", "\n".join(changes) or "unchanged since the first version"),
    ]


def _lever(lever: Lever) -> None:
    terminal.heading(lever.path)
    terminal.say(lever.description)
    default = "none: every scenario must choose" if lever.default is None else lever_text(lever.default)
    terminal.show(
        terminal.facts(
            [
                ("Default", default),
                ("Allowed", lever.allowed),
                ("Policy", lever.policy),
                ("Source", lever.source),
                ("Dates", lever.dates),
                ("Who decides", lever.who),
                ("Status", "active" if lever.active else f"not active: {lever.why_inactive}"),
            ]
        )
    )


def _outcome(o: Outcome) -> None:
    terminal.heading(o.name)
    terminal.say(f"{o.definition[0].upper()}{o.definition[1:]}.")
    kind = {"stock": "state at the close of the month", "flow": "amount in the month (compared over twelve months)"}
    terminal.show(
        terminal.facts(
            [
                ("Label", o.label),
                ("Unit", o.unit if o.effect_unit == o.unit else f"{o.unit}; differences in {o.effect_unit}"),
                ("Better", {"neither": "not ours to say"}.get(str(o.better), str(o.better))),
                ("Kind", kind.get(str(o.kind), "statistic of the list that cannot be added up over trusts")),
                ("Made from", ", ".join(o.parts)),
                ("Tables", ", ".join(o.levels)),
            ]
        )
    )


def _set(reference: str, folder: Path | None = None) -> None:
    from aft_sim.baseline import bundle
    from aft_sim.baseline.bind import resolve_trusts
    from aft_sim.cli.trusts import trust_lines
    from aft_sim.spec.sets import PREFIX

    name = reference.removeprefix(PREFIX)
    found = _pattern_or_set(name)
    baseline = bundle.load(folder)
    needs_value = found.computed and name.endswith(":")
    index = [] if needs_value else resolve_trusts([reference], baseline, None)
    terminal.heading(reference)
    terminal.say(found.title)
    if needs_value:
        terminal.say(f"It needs a value, for example {found.example}")
        return
    status = {member.trust: member for member in found.members}
    if found.source:
        terminal.say(f"Source: {found.source}")
    table = terminal.plain_table("Code", "Trust", "Segment", "Waiting list", right=["Segment", "Waiting list"])
    if status:
        table.add_column("Membership", overflow="fold")
    for code, *cells in trust_lines(baseline, index):
        extra = []
        if status:
            member = status[code]
            extra = [f"{member.status}{f': {member.source}' if member.source else ''}"]
        table.add_row(code, *cells, *extra)
    terminal.show(table)
    terminal.say(terminal.count(len(index), "trust") + ("" if status else ", worked out from the baseline"), "dim")


def _pattern_or_set(name: str) -> TrustSet:
    from aft_sim.spec.sets import PREFIX, check_trust_reference, named_sets

    if name in named_sets():
        return named_sets()[name]
    check_trust_reference(PREFIX + name)
    return named_sets()[name.partition(":")[0] + ":"]
