"""The page of assumptions: `docs/assumptions.md`, made from the register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aft_sim.cli.catalogue import mechanism_title

if TYPE_CHECKING:
    from aft_sim.spec.register import Parameter, Register

HEAD = """# Assumptions

Every number of the register that no source carries. `aft-sim evidence --assumptions --markdown` makes this page from
the register; a test keeps the two equal. Any of them in full: `aft-sim show NAME`.

Values marked "not read yet" belong to parts of the model that are still to be built and move no result.
"""


def assumptions_page(register: Register) -> str:
    """All assumptions as Markdown: one table a mechanism, then the assumed correlations.

    Args:
        register: the parameters.
    """
    assumed = sorted((p for p in register.values() if p.assumption), key=lambda p: (p.mechanism, p.name))
    active = sum(p.active for p in assumed)
    lines = [HEAD, f"{len(assumed)} of {len(register)} parameters; the model reads {active} of them.", ""]
    for part in dict.fromkeys(p.mechanism for p in assumed):
        lines += [
            f"## {mechanism_title(part)}",
            "",
            "| Parameter | Value | Plausible | Why it is assumed | What would replace it |",
            "|---|---|---|---|---|",
        ]
        for p in (p for p in assumed if p.mechanism == part):
            unread = "" if p.active else f"; not read yet, for `{p.awaits}`"
            cells = [f"`{p.name}`: {_low(p.title)}{unread}", p.describe(), _plausible(p), _why(p)]
            lines.append("| " + " | ".join(_cell(text) for text in [*cells, p.replace_with or "not known"]) + " |")
        lines.append("")
    groups = [group for group in register.groups if group.assumption]
    if groups:
        lines += ["## Drawn together", "", "| Group | Members | Rank correlation | Why |", "|---|---|---|---|"]
        for group in groups:
            members = ", ".join(f"`{name}`" for name in group.members)
            why = f"{group.title}; {group.source}"
            lines.append(f"| {group.name} | {members} | {group.rank_correlation:g} | {_cell(why)} |")
        lines.append("")
    return "\n".join(lines)


def _plausible(p: Parameter) -> str:
    if p.kind != "number":
        return p.allowed
    return "by convention" if p.low == p.high else f"{p.describe(p.low)} to {p.describe(p.high)}"


def _why(p: Parameter) -> str:
    return f"{p.source}. {p.note}" if p.note else p.source


def _low(text: str) -> str:
    return text[0].lower() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
