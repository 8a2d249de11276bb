"""The league table of a study beside that of the opening: for the terminal, and all trusts as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.table import Table

from aft_sim.present import csv_files, style
from aft_sim.present.titled import titled_table
from aft_sim.study.segments import SegmentLeague, Standing

SEGMENTS = (1, 2, 3, 4, 5)
GROUPS = {"acute": "acute and specialist", "mental health": "mental health and community"}
COLUMNS = (
    ("trust", "ODS code", ""),
    ("name", "its name", ""),
    ("table", "league table: acute and specialist, or mental health and community", ""),
    ("score_before", "average metric score at the opening, 1 (best) to 4", "points"),
    ("score_after", "the same as published last, mean of runs", "points"),
    ("change", "after less before, less what its table moved", "points"),
    ("noise", "how far a score moves between two quarters for no lasting reason", "points"),
    ("segment_before", "published segment at the opening", "segment"),
    ("segment_after", "mean of runs", "segment"),
    ("holds", "share of runs in which it holds the status", "share, 0 to 1"),
    ("held", "share of runs in which it held it at some time", "share, 0 to 1"),
    ("rank_before", "place by score in its table; empty where it moves within the noise", ""),
    ("rank_after", "place later; empty where it moves within the noise", ""),
)
"""Columns of the CSV: name, meaning, unit."""


def moves_table(found: SegmentLeague) -> Table:
    """Trusts by segment before (rows) and after (columns), mean of runs."""
    table = titled_table("Trusts by segment at the opening (rows) and after (columns)", "Segment 5: in the programme.")
    table.add_column("Opening")
    for segment in SEGMENTS:
        table.add_column(f"{segment}", justify="right")
    table.add_column("All", justify="right")
    moves = found.moves
    for before in SEGMENTS:
        row = [moves.get((before, after), 0.0) for after in SEGMENTS]
        if sum(row):
            table.add_row(f"Segment {before}", *(_count(x) for x in row), _count(sum(row)))
    totals = [sum(moves.get((before, after), 0.0) for before in SEGMENTS) for after in SEGMENTS]
    table.add_row("All", *(_count(x) for x in totals), _count(sum(totals)))
    return table


def _count(x: float) -> str:
    return f"{x:.0f}" if abs(x - round(x)) < 1e-9 else f"{x:.1f}"


def shown(found: SegmentLeague) -> list[Standing]:
    """Trusts of the table: those that move beyond the noise, and those that held the status."""
    return [one for one in found.standings if one.rank_after is not None or one.held > 0]


def trust_table(standings: Sequence[Standing], names: Mapping[str, str], runs: int) -> Table:
    """Trusts by name, with places only where they move beyond the noise."""
    marks = "●: holds the status, ○: has held it" + (" (share of runs)" if runs > 1 else "")
    table = titled_table(
        "Trusts that move beyond the noise, and trusts that held the status",
        f"In alphabetical order. {marks}. Place: by score in its table, acute (a) or mental health and community (m), "
        "only where the score moves beyond the noise. Change: against the table. Segment: the most frequent, with its "
        "share of runs.",
    )
    table.add_column("Trust")
    table.add_column("AFT")
    for name in ("Segment", "Score", "Change", "Place"):
        table.add_column(name, justify="right")
    for one in sorted(standings, key=lambda s: names.get(s.code, s.code)):
        most = max(one.segments, key=lambda segment: one.segments[segment])
        often = "" if one.segments[most] == 1.0 else f" ({100 * one.segments[most]:.0f}%)"
        place = "" if one.rank_after is None else f"{one.rank_before} → {one.rank_after} {one.group[0]}"
        table.add_row(
            f"{names.get(one.code, one.code)} ({one.code})",
            _mark(one, runs),
            f"{one.segment_before} → {most}{often}",
            f"{one.before:.2f} → {one.after:.2f}",
            style.number(one.change, "", signed=True, places=2),
            place,
        )
    return table


def _mark(one: Standing, runs: int) -> str:
    parts = []
    if one.holds > 0:
        parts.append("●" if runs == 1 else f"● {100 * one.holds:.0f}%")
    if one.held > one.holds:
        parts.append("○" if runs == 1 else f"○ {100 * (one.held - one.holds):.0f}%")
    return " ".join(parts)


def write_csv(found: SegmentLeague, names: Mapping[str, str], path: Path) -> Sequence[Path]:
    """Write every trust as CSV with a codebook beside it."""
    main = csv_files.named(path)
    book = csv_files.beside(main, "codebook")
    csv_files.write(main, [name for name, _, _ in COLUMNS], [_line(one, names) for one in found.standings])
    about = [("", found.warning, "")]
    csv_files.write(book, ("column", "meaning", "unit"), [*COLUMNS, *about])
    return main, book


def value(one: Standing, column: str, names: Mapping[str, str]) -> str | float:
    """A trust's entry in a column of `COLUMNS`; places are text, empty within the noise."""
    if column == "name":
        return names.get(one.code, one.code)
    if column == "table":
        return GROUPS[one.group]
    if column.startswith("rank_"):
        rank = one.rank_before if column == "rank_before" else one.rank_after
        return "" if rank is None else f"{rank}"
    attributes = {"trust": "code", "score_before": "before", "score_after": "after"}
    found = getattr(one, attributes.get(column, column))
    return found if isinstance(found, str) else float(found)


def _line(one: Standing, names: Mapping[str, str]) -> Sequence[str]:
    cells = (value(one, name, names) for name, _, _ in COLUMNS)
    return [cell if isinstance(cell, str) else style.plain(cell) for cell in cells]
