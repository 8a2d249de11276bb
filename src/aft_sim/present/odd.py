"""The ODD+D protocol of the model: text from `odd.md`, tables from what the code declares.

The text stands in the template beside this module; each `<!-- generated: NAME -->` in it is followed here by the table
of that name, so that the page cannot say of schedule, state, parameters, levers, chance or money what is not so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from importlib import resources
from types import MappingProxyType

import numpy as np

from aft_sim.baseline.bind import bind
from aft_sim.baseline.bundle import load
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms.ledger_accounts import ITSELF, PURPOSES
from aft_sim.mechanisms.waiting_list import GROUPS, WEEKS
from aft_sim.outcomes.registry import OUTCOMES
from aft_sim.present.event_words import FAMILIES, KINDS
from aft_sim.present.odd_source import draws, event_kinds
from aft_sim.present.odd_words import STATE
from aft_sim.schedule import SCHEDULE
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Parameter, Register
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.links import LINKS, Link
from aft_sim.world import World, open_world

MARK = re.compile(r"<!-- generated: ([a-z ]+) -->")
WHEN = {
    "week": "every week",
    "month": "month end",
    "quarter": "quarter end",
    "year": "31 March",
    "april": "1 April",
    "status": "when freedoms begin",
}


def page() -> str:
    """The whole page as Markdown."""
    return filled(resources.files("aft_sim.present").joinpath("odd.md").read_text(encoding="utf-8"))


def filled(text: str) -> str:
    """A template with its tables.

    Raises:
        CheckFailed: it asks for a table that there is not, or does not ask for each once.
    """
    asked = MARK.findall(text)
    if sorted(asked) != sorted(TABLES):
        raise CheckFailed(
            "the template must ask for each table once",
            where="odd.md",
            found=", ".join(asked),
            expected=", ".join(TABLES),
        )
    return MARK.sub(lambda mark: f"{mark[0]}\n\n{TABLES[mark[1]]()}", text)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    first = list(heads)
    lines = [first, ["---"] * len(first), *([cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: object) -> str:
    """A value as the text of a cell."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def code(names: Iterable[str]) -> str:
    """Names as code, in one line."""
    return ", ".join(f"`{name}`" for name in names) or "-"


def _entities() -> str:
    b = load()
    trusts, providers = len(b.trusts.code), len(b.provider_code)
    listed = int((b.provider_trust >= 0).sum())
    return table(
        ("Entity", "Number", "What it is"),
        (
            ("Trust", trusts, f"an NHS trust of the register, an agent; {listed} have a consultant-led waiting list"),
            ("Integrated care board", len(b.icb_code), "a board of April 2026, an agent"),
            ("NHS England", 1, "the national body, an agent"),
            ("Provider", providers, f"who treats: {listed} trusts, and one independent sector for each board"),
            ("Row", f"{b.n_rows:,}", "a treatment function at a provider: one waiting list"),
            ("Group", GROUPS, "five fifths of neighbourhoods by deprivation (the first is the most deprived), and "
             "areas outside England"),
            ("Week waited", WEEKS, "0 to 103, and 104 and over"),
            ("Entry", f"{len(b.entry_row):,}", "an observed pair of row and board of residence"),
            ("Scheme", "as started", "capital on its way: kind, route, weeks of approval and completion"),
        ),
    )  # fmt: skip


def _state() -> str:
    """Fields of the world with their shapes, what they are, and which phases write them."""
    plan = bind(load_scenario("baseline"), load())
    world = open_world(plan, 1)
    b = plan.bundle
    sizes = {
        b.n_rows: "row",
        GROUPS: "group",
        WEEKS: "week",
        len(b.entry_row): "entry",
        len(b.provider_code): "provider",
        len(b.trusts.code): "trust",
    }
    rows = []
    for field in fields(World):
        value = getattr(world, field.name)
        axes = tuple(sizes.get(n, str(n)) for n in value.shape) if isinstance(value, np.ndarray) else ()
        shape = f"({', '.join(axes)})" if axes else type(value).__name__
        writers = [phase.name for phase in SCHEDULE if field.name in phase.writes]
        rows.append((f"`{field.name}`", shape, STATE[field.name], code(writers)))
    return table(("State", "Shape", "What it is", "Written by"), rows)


def _schedule() -> str:
    rows = (
        (n, f"`{phase.name}`", WHEN[phase.when], phase.says, code(phase.reads), code(phase.writes))
        for n, phase in enumerate(SCHEDULE, 1)
    )
    return table(("", "Phase", "When", "What happens", "Reads", "Writes"), rows)


def _links() -> str:
    register = Register.load()

    def off(link: Link) -> str:
        known = link.switch in register and register[link.switch].kind == "number"
        return register[link.switch].describe(float(str(link.off))) if known else _plain(link.off)

    rows = ((link.name, link.carries, f"`{link.switch}` = {off(link)}") for link in LINKS)
    return table(("Link", "What it carries", "Off at"), rows)


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _streams() -> str:
    heads = ("What is drawn", "Changes with", "Period", "Entities", "Drawn in")
    return table(heads, ((d.purpose, d.root, d.period, d.entities, f"`{d.module}`") for d in draws()))


def _parameters() -> str:
    register = Register.load()
    parts: dict[str, list[Parameter]] = {}
    for p in register.values():
        parts.setdefault(p.mechanism, []).append(p)
    found = []
    for part in sorted(parts):
        active = [p for p in parts[part] if p.active]
        if active:
            found += [f"**{part.replace('_', ' ').capitalize()}**", "", _parameter_table(active), ""]
    waiting = sum(not p.active for p in register.values())
    found.append(f"{waiting} more entries of the register are not read by the model (`aft-sim evidence --inactive`).")
    return "\n".join(found)


def _parameter_table(parameters: Iterable[Parameter]) -> str:
    def plausible(p: Parameter) -> str:
        if p.kind != "number":
            return p.allowed
        return "by convention" if p.low == p.high else f"{p.describe(p.low)} to {p.describe(p.high)}"

    rows = (
        (f"`{p.name}`", p.title, p.describe(), plausible(p), p.grade + ("*" if p.assumption else ""))
        for p in sorted(parameters, key=lambda p: p.name)
    )
    return table(("Parameter", "What it is", "Default", "Plausible", "Grade"), rows)


def _levers() -> str:
    def default(value: object) -> str:
        if value is None:
            return "to be chosen"
        if isinstance(value, tuple | list):
            return ", ".join(map(str, value)) or "none"
        return _plain(value)

    rows = (
        (
            f"`{path}`",
            x.description if x.active else f"{x.description} Not active: {x.why_inactive}",
            default(x.default),
        )
        for path, x in levers().items()
    )
    return table(("Lever", "What it decides", "Default"), rows)


def _outcomes() -> str:
    rows = ((f"`{o.name}`", o.definition, o.unit, ", ".join(o.levels)) for o in OUTCOMES.values())
    return table(("Outcome", "Definition", "Unit", "Tables"), rows)


def _events() -> str:
    def words(kind: str) -> str:
        return re.sub(r"\{(\w+)\}", r"*\1*", KINDS[kind].words) if kind in KINDS else "told by its detail and value"

    def family(kind: str) -> str:
        return FAMILIES[KINDS[kind].family] if kind in KINDS else FAMILIES["other"]

    return table(("Event", "In words: the trust", "Family"), ((k, words(k), family(k)) for k in event_kinds()))


def _purposes() -> str:
    def side(kind: str) -> str:
        return "itself" if kind == ITSELF else kind.replace("_", " ")

    def counts(name: str) -> str:
        p = PURPOSES[name]
        if p.capital:
            return {"source": "capital received", "spend": "capital spent"}[p.capital]
        return "settles a balance" if p.settles else "operating"

    rows = ((f"`{p.name}`", p.label, side(p.payer), side(p.payee), counts(p.name)) for p in PURPOSES.values())
    return table(("Purpose", "In statements", "Payer", "Payee", "Counts as"), rows)


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "entities": _entities,
        "state": _state,
        "schedule": _schedule,
        "links": _links,
        "streams": _streams,
        "outcomes": _outcomes,
        "events": _events,
        "levers": _levers,
        "purposes": _purposes,
        "parameters": _parameters,
    }
)
"""Tables by the name by which the template asks for them."""
