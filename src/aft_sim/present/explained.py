"""An attribution to read: sentences, tables for the terminal, and CSV with a codebook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table
from rich.text import Text

from aft_sim.present import csv_files, style
from aft_sim.present.titled import titled_table
from aft_sim.study.attribution import Attribution, PartEffect
from aft_sim.study.groups import FLOW_MONTHS
from aft_sim.study.paired import PairedEffect, Verdict


def sentences(found: Attribution) -> list[str]:
    """What was found, in words; every word follows from the numbers."""
    unit, outcome = found.outcome.effect_unit, found.outcome
    label = outcome.label[0].upper() + outcome.label[1:]
    total = found.total
    bounds = "" if total.interval is None else f" (95% interval {_interval(total, found)})"
    told = f"{label} of England, {_when(found)}: {found.policy} changes it by"
    lines = [f"{told} {_size(total, found)} {unit} against {found.base}{bounds}: {total.words}."]
    if total.verdict is Verdict.PRACTICALLY_ZERO:
        lines[0] += " The shares below divide an effect that is practically zero."
    nothing = [one for one in found.parts if one.nothing]
    acting = sorted((one for one in found.parts if not one.nothing), key=lambda one: -abs(one.share_out.effect))
    if acting:
        lines.append(f"{_and([_told(one, found) for one in acting])}. The parts add up to the total.")
    if not found.interaction.exactly_zero:
        lines.append(_interaction(found))
    for one in nothing:
        lines.append(f"{one.part.name}: 0 by construction: {one.reason}.")
    return lines


def _told(one: PartEffect, found: Attribution) -> str:
    share = "" if one.share is None else f", {_percent(one.share)} of the total"
    return f"{one.part.name} accounts for {_size(one.share_out, found)} {found.outcome.effect_unit}{share}"


def _interaction(found: Attribution) -> str:
    size = f"{_size(found.interaction, found)} {found.outcome.effect_unit}"
    if all(one.alone.exactly_zero for one in found.parts):
        return f"No part does anything alone: the whole effect ({size}) is interaction.{_needed(found)}"
    return (
        f"Interaction, that is the total less what each part does alone: {size}"
        f"{'' if found.interaction.interval is None else f' ({_interval(found.interaction, found)})'}."
    )


def _needed(found: Attribution) -> str:
    """Parts without which nothing happens, whatever else is there."""
    acting = [set(one.parts) for one in found.subsets if not one.effect.exactly_zero]
    needed = sorted(set.intersection(*acting)) if acting else []
    names = [found.parts[i].part.name for i in needed]
    return f" Nothing happens unless {_and(names)} come together." if len(names) > 1 else ""


def _and(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _when(found: Attribution) -> str:
    month = style.month_name(found.at)
    return f"{FLOW_MONTHS} months to {month}" if found.outcome.kind == "flow" else month


def explained_table(found: Attribution) -> Table:
    """One row a part, then the total and how much of it is interaction."""
    unit = found.outcome.effect_unit
    pairs = found.total.n_pairs
    table = titled_table(
        f"Parts of the effect, {unit}",
        f"Means over {pairs:,} pair{'' if pairs == 1 else 's'} of runs with the same seeds in all "
        f"{len(found.subsets)} worlds. Share: average of what the part adds over all orders of the parts (Shapley "
        "value), "
        "with the 95% interval over the pairs (Student t). Alone: with no other part. Last: what is lost without it. "
        f"Of total: not shown where the total's interval holds zero. {_band(found)}",
    )
    table.add_column("Part", overflow="fold", min_width=24)
    for name in ("Alone", "Last", "Share", "95% interval", "Of total"):
        table.add_column(name, justify="right")
    table.add_column("Verdict")
    for one in found.parts:
        share = "–" if one.share is None else _percent(one.share)
        what = one.part.words if len(one.part.words) <= 60 else f"{one.part.words[:57]}..."
        table.add_row(
            Text.assemble(one.part.name, "\n", (what, "dim")),
            *(_size(effect, found) for effect in (one.alone, one.last, one.share_out)),
            _interval(one.share_out, found),
            share,
            one.words,
        )
    sums = sum(one.alone.effect for one in found.parts)
    table.add_row(
        "Total",
        style.number(sums, unit, True, _places(found)),
        "",
        _size(found.total, found),
        _interval(found.total, found),
        "" if found.total.interval is None or all(one.share is None for one in found.parts) else "100%",
        found.total.words,
    )
    table.add_row(
        "Interaction: total less alone",
        "",
        "",
        _size(found.interaction, found),
        _interval(found.interaction, found),
        "",
        "" if not found.interaction.exactly_zero else "exactly zero in every pair",
    )
    return table


def subset_table(found: Attribution) -> Table:
    """Every world between the two scenarios, with its effect; and what pairs of parts do together."""
    unit = found.outcome.effect_unit
    numbered = "; ".join(f"{i + 1} {one.part.name}" for i, one in enumerate(found.parts))
    table = titled_table(f"Every subset of the parts, {unit}", f"Parts: {numbered}.")
    table.add_column("Parts of the policy")
    for name in ("Effect", "95% interval", "Beyond the two alone"):
        table.add_column(name, justify="right")
    together = {(i, j): effect for i, j, effect in found.pairwise}
    for one in sorted(found.subsets, key=lambda subset: (len(subset.parts), subset.parts)):
        pair = together.get((one.parts[0], one.parts[1])) if len(one.parts) == 2 else None
        table.add_row(
            " + ".join(str(i + 1) for i in one.parts) or "none",
            _size(one.effect, found),
            _interval(one.effect, found),
            "" if pair is None else _size(pair, found),
        )
    return table


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%".replace("-", "−")


def _places(found: Attribution) -> int:
    """Decimals of all effects of an attribution: the same for all, so that a reader sees the parts add up."""
    effects = [found.total, found.interaction, *(one.share_out for one in found.parts)]
    unit = found.outcome.effect_unit
    return max(style.decimals(one.effect, unit) for one in effects if one.effect or one is found.total)


def _size(paired: PairedEffect, found: Attribution) -> str:
    return style.number(paired.effect, found.outcome.effect_unit, True, _places(found))


def _interval(paired: PairedEffect, found: Attribution) -> str:
    if paired.interval is None:
        return "none"
    if paired.exactly_zero:
        return "exactly 0"
    low, high = (style.number(end, found.outcome.effect_unit, True, _places(found)) for end in paired.interval)
    return f"{low} to {high}"


def _band(found: Attribution) -> str:
    unit = found.outcome.effect_unit
    return f"Practically zero: the whole interval within ±{style.quantity(found.total.band, unit)}."


_PARTS = (
    ("part", "name of the part", ""),
    ("paths", "levers, parameters and dated changes it holds", ""),
    ("alone", "its effect with no other part", "{unit}"),
    ("last", "its effect when all other parts are there", "{unit}"),
    ("shapley", "average of what it adds over all orders of the parts; these add up to the total", "{unit}"),
    ("interval_low", "lower end of the 95% interval of shapley (Student t); empty for one pair", "{unit}"),
    ("interval_high", "upper end; empty for one pair", "{unit}"),
    ("share_of_total", "shapley over the total; empty where the total's interval holds zero", "share"),
    ("verdict", "the verdict in words", ""),
    ("reason", "why it adds nothing, where it adds exactly nothing to every subset", ""),
)
_SUBSETS = (
    ("scenario", "name of the world in the study", ""),
    ("parts", "parts of the policy in it", ""),
    ("level", "mean level of the outcome", "{level}"),
    ("effect", "mean paired difference against the base", "{unit}"),
    ("interval_low", "lower end of the 95% interval (Student t); empty for one pair", "{unit}"),
    ("interval_high", "upper end; empty for one pair", "{unit}"),
)


def write_explained(found: Attribution, path: Path, notes: Sequence[str] = ()) -> tuple[Path, ...]:
    """Write parts, subsets ("...-subsets.csv") and the meaning and unit of every column ("...-codebook.csv").

    Args:
        found: what to write.
        path: the file of the parts.
        notes: sentences for the codebook.

    Raises:
        InputError: a file cannot be written.
    """
    main = csv_files.named(path)
    subsets, codebook = (csv_files.beside(main, name) for name in ("subsets", "codebook"))
    units = {"unit": found.outcome.effect_unit, "level": found.outcome.unit}
    parts = [_part_line(one) for one in found.parts]
    alone = sum(one.alone.effect for one in found.parts)
    sums = _numbers(alone, None, found.total.effect)
    total = ("total", "", *sums, *_ends(found.total), "", found.total.words, "")
    rest = _numbers(None, None, found.interaction.effect)
    between = ("interaction", "", *rest, *_ends(found.interaction), "", "total less the sum of alone", "")
    rows = []
    for one in found.subsets:
        names = " | ".join(found.parts[i].part.name for i in one.parts)
        rows.append((one.scenario, names, *_numbers(one.effect.policy, one.effect.effect), *_ends(one.effect)))
    book = [
        (file.name, name, meaning, of.format(**units))
        for file, columns in ((main, _PARTS), (subsets, _SUBSETS))
        for name, meaning, of in columns
    ]
    about = f"{found.outcome.label}, {_when(found)}: {found.policy} against {found.base}; seeds {found.seeds}"
    csv_files.write(main, [name for name, *_ in _PARTS], [*parts, total, between])
    csv_files.write(subsets, [name for name, *_ in _SUBSETS], rows)
    csv_files.write(
        codebook,
        ["file", "column", "meaning", "unit"],
        [*book, *((main.name, "", text, "") for text in (about, *notes))],
    )
    return main, subsets, codebook


def _part_line(one: PartEffect) -> tuple[str, ...]:
    effects = _numbers(one.alone.effect, one.last.effect, one.share_out.effect)
    ends, share = _ends(one.share_out), _numbers(one.share)
    return (one.part.name, " | ".join(one.part.paths), *effects, *ends, *share, one.words, one.reason)


def _numbers(*values: float | None) -> tuple[str, ...]:
    return tuple(style.plain(value) for value in values)


def _ends(paired: PairedEffect) -> tuple[str, ...]:
    return _numbers(*(paired.interval or (None, None)))
