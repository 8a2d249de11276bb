"""`aft-sim show eligibility`: who could hold the status at the opening, and what excludes the rest."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aft_sim.cli import terminal

if TYPE_CHECKING:
    from aft_sim.policy.eligibility import Decomposition

TITLES = {
    "score": "Score: segment 3 or worse before override",
    "override": "Override: deficit or deficit support",
    "cqc": "CQC below Good, overall or well-led",
    "deficit": "Deficit, planned or actual",
}


def show_eligibility(folder: Path | None, as_json: bool) -> None:
    """Print the decomposition of exclusions on the opening table."""
    from aft_sim.baseline import bundle
    from aft_sim.policy.eligibility import EXPECTED, PUBLISHED, opening_exclusions

    baseline = bundle.load(folder)
    tables = opening_exclusions(baseline)
    with_deficit = opening_exclusions(baseline, (*PUBLISHED, "deficit"))
    if as_json:
        terminal.print_json({"tables": list(map(_content, tables)), "with_deficit": list(map(_content, with_deficit))})
        return
    terminal.heading("Who could hold the status at the opening, and what excludes the rest")
    for k, table in enumerate(tables):
        terminal.say()
        _print(table, EXPECTED if k == 0 else {})
    terminal.say()
    terminal.say(
        "Alone: excluded if there were no other criterion. Last: excluded by nothing else, let in without it (up to "
        "the second number where another criterion is not known). Shapley: the average over all orders of criteria; it "
        "adds up to the excluded. Shares are of those that do not surely pass. Expected: what a separate count of "
        "acute trusts in Q3 2025/26 gave, the score alone, override and CQC last."
    )
    for table in with_deficit:
        found = {one.criterion: one for one in table.exclusions}
        terminal.say()
        terminal.say(
            f"{table.title}: a rule against deficits fails {found['deficit'].alone} trusts and the override "
            f"{found['override'].alone}; with both rules the override is the only reason for {found['override'].last} "
            f"and the deficit for {found['deficit'].last}, so lifting one of them alone lets in hardly anybody."
        )
    terminal.say()
    terminal.say(
        "Capability ratings and the support of board and region are not published for any trust; runs draw them once "
        "per draw of the parameters. See docs/programme.md.",
        "dim",
    )


def _content(table: Decomposition) -> dict[str, Any]:
    content = asdict(table)
    for one in content["exclusions"]:
        for name in ("alone", "last", "shapley"):
            one[f"{name}_share"] = one[name] / table.not_passed if table.not_passed else float("nan")
    return content | {"not_passed": table.not_passed}


def _print(table: Decomposition, expected: Any) -> None:
    from aft_sim.policy.eligibility import EXPECTED

    terminal.heading(table.title)
    terminal.say(
        f"{table.trusts} trusts: {table.passed} pass, {table.excluded} are excluded, {table.undecided} fail nothing "
        "that is known but one criterion is not."
    )
    heads = ["Criterion", "Alone", "%", "Last", "% ", "Shapley", "Not known"]
    if expected:
        heads.append("Expected")
    shown = terminal.plain_table(*heads, right=heads[1:])
    for one in table.exclusions:
        last = f"{one.last}" if one.last == one.last_at_most else f"{one.last}–{one.last_at_most}"
        cells = [
            TITLES[one.criterion],
            f"{one.alone}",
            _percent(one.alone, table),
            last,
            _percent(one.last, table),
            f"{one.shapley:.1f}",
            f"{one.unknown}",
        ]
        if expected:
            which, share = EXPECTED[one.criterion]
            cells.append(f"{share:.0f}% {which}")
        shown.add_row(*cells)
    terminal.show(shown)


def _percent(number: float, table: Decomposition) -> str:
    return f"{100 * number / table.not_passed:.1f}" if table.not_passed else "–"
