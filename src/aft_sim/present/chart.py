"""A finished chart: figure, alternative text, the numbers behind it, and what their columns mean.

A chart never reads files, never recomputes a result and never touches matplotlib's global state. Each has
a headline that says the finding, a subtitle that says what is measured, direct labels, a named interval,
and its source; `lint` checks these rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pyarrow as pa
from matplotlib.figure import Figure

import aft_sim
from aft_sim.outcomes.registry import Outcome
from aft_sim.present import csv_files, layout, style
from aft_sim.study import groups as who
from aft_sim.study.groups import FLOW_MONTHS

TARGETS: tuple[tuple[str, float], ...] = (("2026-03", 65.0), ("2027-03", 70.0), ("2029-03", 92.0))
"""Published path of England's 18-week share (percent at the end of the month).

65% by March 2026: NHS England priorities and operational planning guidance 2025/26. 70% by March 2027 and
92% by March 2029: Medium Term Planning Framework, October 2025. No target is published for March 2028.
"""

_ENDS = (".png", ".svg", ".csv", ".txt")


@dataclass(frozen=True)
class Chart:
    """A finished chart.

    Attributes:
        figure: matplotlib figure.
        alt: alternative text: what a reader who cannot see the chart needs.
        data: the numbers drawn.
        codebook: column of the numbers -> (meaning, unit); the unit is empty for names.
    """

    figure: Figure
    alt: str
    data: pa.Table
    codebook: Mapping[str, tuple[str, str]]

    @property
    def headline(self) -> str:
        """The finding, as it stands above the chart."""
        return " ".join(text.get_text() for text in self.figure.texts if text.get_gid() == "headline")

    def save(self, path: str | Path) -> tuple[Path, ...]:
        """Write the chart as PNG and SVG, its numbers as CSV with a codebook, its alternative text as TXT.

        Args:
            path: where to, with or without one of these endings; all files get the same stem.

        Returns:
            The five paths: PNG, SVG, CSV, TXT, codebook.

        Raises:
            InputError: the files cannot be written.
        """
        path = Path(path)
        stem = path.with_suffix("") if path.suffix in _ENDS else path
        png, svg, data, alt, book = (stem.with_name(stem.name + end) for end in (*_ENDS, "-codebook.csv"))
        with csv_files.writing("the chart", stem):
            stem.parent.mkdir(parents=True, exist_ok=True)
            with mpl.rc_context(dict(style.RC)):
                self.figure.savefig(png, dpi=layout.DPI, metadata={"Software": None, "Description": self.alt})
                self.figure.savefig(svg, metadata={"Date": None, "Description": self.alt})
            write_table(self.data, data)
            alt.write_text(self.alt + "\n", encoding="utf-8")
            names = list(self.codebook)
            columns = [names, [self.codebook[n][0] for n in names], [self.codebook[n][1] for n in names]]
            write_table(pa.table(dict(zip(("column", "meaning", "unit"), columns, strict=True))), book)
        return (png, svg, data, alt, book)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as CSV (no exponents, empty where a number is unknown)."""
    columns = [table.column(name).to_pylist() for name in table.column_names]
    rows = zip(*columns, strict=True)
    plain = ([style.plain(x) if isinstance(x, float) or x is None else x for x in row] for row in rows)
    csv_files.write(path, table.column_names, plain)


def table_of(columns: Mapping[str, Any]) -> pa.Table:
    """Columns as an Arrow table."""
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def effect_codebook(policy: str, baseline: str, outcome: Outcome) -> dict[str, tuple[str, str]]:
    """Meaning and unit of the columns of effects by group."""
    level, change = outcome.unit, outcome.effect_unit
    return {
        "level_policy": (f"mean level in {policy}", level),
        "level_baseline": (f"mean level in {baseline}", level),
        "effect": (f"mean paired difference, {policy} minus {baseline}", change),
        "interval_low": ("lower end of the 95% interval of the mean difference (Student t)", change),
        "interval_high": ("upper end of the 95% interval", change),
        "band": ("half-width of the band of practical equivalence", change),
        "pairs": ("pairs of runs with the same seed and draw", "pairs"),
        "verdict": ("practically zero, higher, lower or cannot tell", ""),
    }


# Words that charts share


def upper(text: str) -> str:
    """The text with its first letter as a capital."""
    return text[:1].upper() + text[1:]


def short_label(outcome: Outcome) -> str:
    """The outcome in a headline, as a singular."""
    if outcome.name == "within_18_share":
        return "18-week share"
    return f"number of {outcome.label}" if outcome.unit == "pathways" and outcome.name != "list" else outcome.label


def level_unit(outcome: Outcome, group: str) -> str:
    """Unit of a group's level: the gap is a difference of two levels."""
    return outcome.effect_unit if group == who.GAP else outcome.unit


def with_unit(outcome: Outcome, group: str = who.ENGLAND) -> str:
    """The outcome of a group with its unit, which is not said twice."""
    label, unit = f"{'gap in ' if group == who.GAP else ''}{outcome.label}", level_unit(outcome, group)
    return label if unit in label.split() else f"{label}, {unit}"


def by_month(outcome: Outcome, month: str) -> str:
    """When the finding holds, in a headline."""
    named = style.month_name(month)
    return f"in the {FLOW_MONTHS} months to {named}" if outcome.kind == "flow" else f"by {named}"


def at_month(outcome: Outcome, month: str) -> str:
    """The month of a finding, or the months whose flow it is."""
    named = style.month_name(month)
    return f"{FLOW_MONTHS} months to {named}" if outcome.kind == "flow" else named


def span(outcome: Outcome, months: Sequence[str]) -> str:
    """The months that a chart over time shows."""
    first, last = style.month_name(months[0]), style.month_name(months[-1])
    each = f"{FLOW_MONTHS} months up to each" if outcome.kind == "flow" else "ends of months"
    return f"{first} to {last}, {each}"


def flow_note(outcome: Outcome) -> str:
    """Why a flow over time has spikes; empty for a stock."""
    text = f"Months close on the Sunday nearest their last day, so {FLOW_MONTHS} of them are 52 or 53 weeks."
    return text if outcome.kind == "flow" else ""


def month_meaning(outcome: Outcome) -> str:
    """What the column of months means."""
    return (
        f"month; flow of up to {FLOW_MONTHS} months that end with it"
        if outcome.kind == "flow"
        else "month, state at its end"
    )


_FIFTHS = ("most deprived", "second", "third", "fourth", "least deprived")
_GROUPS = {
    who.ENGLAND: ("in", "England"),
    who.GAP: ("between", "the least and the most deprived fifth"),
    who.TREATED: ("at", "the treated trusts together"),
    who.OTHERS: ("at", "the other NHS trusts together"),
    who.INDEPENDENT: ("in", "the independent sector"),
    **{who.quintile_group(str(i)): ("in", f"England's {name} fifth") for i, name in enumerate(_FIFTHS, 1)},
}


def subject(outcome: Outcome, group: str, label: str) -> str:
    """What a headline is about: outcome and group."""
    place, words = _GROUPS.get(group, ("at", label))
    return f"{short_label(outcome)}{' gap' if group == who.GAP else ''} {place} {words}"


def population(group: str, label: str) -> str:
    """Whom a chart is about, in its subtitle."""
    said = {
        who.ENGLAND: "England, all patients of English commissioners",
        who.GAP: "England, least minus most deprived fifth",
    }
    return said.get(group) or _GROUPS.get(group, ("at", label))[1]


def runs_in_words(runs: int, draws: int, paired: bool = True) -> str:
    """ "4 pairs of runs over 2 draws of the parameters"."""
    one, many = ("1 pair of runs", "pairs of runs") if paired else ("1 run", "runs")
    text = one if runs == 1 else f"{runs:,} {many}"
    return text if draws <= 1 else f"{text} over {draws:,} draws of the parameters"


def source(scenarios: tuple[str, ...], *notes: str) -> str:
    """The source of a chart: version, scenarios, opening position, notes, and what it is."""
    quoted = [f"“{name}”" for name in scenarios]
    named = ", ".join(quoted[:-1]) + (" and " if len(quoted) > 1 else "") + quoted[-1]
    parts = [
        f"Source: aft-sim {aft_sim.__version__}, scenario{'s' if len(quoted) > 1 else ''} {named}; opening position "
        "from official statistics of waits, emergencies, staff and money.",
        *notes,
        "A simulation, not a forecast.",
    ]
    return " ".join(part for part in parts if part)


TARGETS_SOURCE = (
    "Published path: NHS England planning guidance 2025/26 (65%) and Medium Term Planning Framework, October 2025 "
    "(70%, 92%); no target is published for March 2028."
)
