"""Tables of a comparison: for the terminal, and as CSV with a codebook of columns and units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from aft_sim.present import budget_effects, csv_files, fair_tables, style, worth_tables
from aft_sim.present.titled import titled_table
from aft_sim.study.compare import Comparison, EffectRow
from aft_sim.study.groups import FLOW_MONTHS
from aft_sim.study.money import MoneyRow, told_of
from aft_sim.study.paired import GOOD_ERROR, runs_needed
from aft_sim.study.variance import GRADE_GROUPS, MIN_DRAWS

_BY_STATUS = ("treated", "others", "near-miss", "rest")
_GROUPS = {"all": "All NHS trusts", "system": "Whoever pays", "treated": "Treated trusts", "others": "Other NHS trusts"}


def effect_table(comparison: Comparison, full: bool = False) -> Table:
    """One row a group: level in both worlds, effect with its interval, ceiling, verdict.

    Groups made by who holds the status have no levels: holders were chosen for being better, so that their level beside
    that of others, or of themselves before, would be read as what the status does. The CSV has them.

    Args:
        comparison: what to show.
        full: also the number of pairs, the spread of the differences, what pairing gained, the share of ignorance and
            the band.
    """
    outcome = comparison.outcome
    unit, change = outcome.unit, outcome.effect_unit
    table = titled_table(_title(comparison), _caption(comparison))
    table.add_column("Group")
    for name in (comparison.baseline, comparison.policy):
        table.add_column(f"{style.folded(name)},\n{unit}", justify="right")
    for name in (f"Effect,\n{change}", "95% interval"):
        table.add_column(name, justify="right")
    table.add_column(f"Ceiling,\n{change}", justify="right")
    if full:
        for name in (
            "Pairs",
            f"SD of pairs,\n{change}",
            "Pairing gains,\ntimes",
            "Ignorance,\n%",
            f"Band,\n± {change}",
        ):
            table.add_column(name, justify="right")
    table.add_column("Verdict")
    for row in comparison.rows:
        table.add_row(*_cells(row, unit, change, full))
    return table


def _cells(row: EffectRow, unit: str, change: str, full: bool) -> list[str]:
    paired = row.paired
    cells = [
        row.label.removeprefix("England, ").capitalize() if row.group.startswith("quintile-") else row.label,
        *("" if by_status(row.group) else style.number(x, unit) for x in (paired.baseline, paired.policy)),
        style.number(paired.effect, change, signed=True),
        style.interval(paired.interval, change),
        "–" if row.ceiling is None else style.number(row.ceiling, change, signed=True),
    ]
    if full:
        ratio = paired.variance_ratio
        cells += [
            f"{paired.n_pairs:,}",
            style.number(paired.sd, change),
            "not known" if ratio is None else style.number(ratio, "pathways"),
            "not known" if paired.split is None else _percent(paired.split.ignorance),
            style.number(paired.band, change),
        ]
    return [*cells, row.words]


def by_status(group: str) -> bool:
    """Whether a group is made by who holds the status."""
    return group in _BY_STATUS or group.startswith("trust:")


def _title(comparison: Comparison) -> str:
    label = comparison.outcome.label
    return (
        f"{label[0].upper()}{label[1:]}, {_when(comparison)}: {comparison.policy_title} "
        f"against {comparison.baseline_title}"
    )


def _when(comparison: Comparison) -> str:
    month = style.month_name(comparison.at)
    return f"{FLOW_MONTHS} months to {month}" if comparison.outcome.kind == "flow" else month


def _caption(comparison: Comparison) -> str:
    outcome = comparison.outcome
    lines = [f"Means over {_runs(comparison)}; 95% interval of the mean paired difference (Student t)."]
    if outcome.name == "within_18_share":
        band = comparison.rows[0].paired.band
        bands = sorted({row.paired.band for row in comparison.rows})
        lines.append(f"Practically zero: the whole interval within ±{style.number(band, 'points')} points")
        if len(bands) > 1:
            widest = style.number(bands[-1], "points")
            single = " for one trust" if any(row.group.startswith("trust:") for row in comparison.rows) else ""
            lines[-1] += f" (wider for trusts and groups of few: up to ±{widest}{single})"
        lines[-1] += "."
    if any(by_status(row.group) for row in comparison.rows):
        lines.append("No levels of treated and other trusts: who holds the status was chosen for being better.")
    if any(row.ceiling is not None for row in comparison.rows):
        standard = "met 92% at once" if outcome.name == "within_18_share" else "had nobody waiting 52 weeks"
        why = "no treated trust there, so reached only indirectly, or not known"
        lines.append(f"Ceiling: what would change if every treated trust {standard} (–: {why}).")
    if comparison.ceiling_if_gone is not None and outcome.name == "within_18_share":
        gone = style.number(comparison.ceiling_if_gone, "points", signed=True)
        lines.append(f"If every treated-trust waiter of 18 weeks or more vanished, England: {gone} points.")
    told = [*precision(comparison), *(tally.words for tally in comparison.tallies)]
    return "\n".join([" ".join([*lines, *comparison.notes]), *told])


def precision(comparison: Comparison) -> list[str]:
    """How sure the first row is, in sentences: what pairing gains, how many runs are enough, chance and ignorance."""
    row = comparison.rows[0]
    paired, unit = row.paired, comparison.outcome.effect_unit
    if paired.standard_error is None:
        return []
    lines = []
    if paired.variance_ratio is not None and math.isfinite(paired.variance_ratio):
        times = style.number(paired.variance_ratio, "times", places=0 if paired.variance_ratio >= 10 else 1)
        lines.append(f"Pairing ({row.label}): the variance of unpaired runs would be {times} times as large.")
    needed = runs_needed(paired)
    if needed is not None:
        wanted = style.quantity(GOOD_ERROR * paired.band, unit)
        error = style.quantity(paired.standard_error, unit)
        enough = f"{needed:,} pairs" + (" (the least that has an interval)" if needed == 2 else "")
        lines.append(
            f"Monte Carlo error ({row.label}): {error} from {_runs(comparison)}; {wanted}, a quarter of the band, "
            f"takes {enough}."
        )
    return [*lines, *_sources(comparison)]


def _sources(comparison: Comparison) -> list[str]:
    """Chance and ignorance in the first row; nothing where only one draw was run."""
    row = comparison.rows[0]
    split = row.paired.split
    if len(comparison.draws) == 1:
        return []
    if split is None:
        if row.paired.exactly_zero:
            return []
        return [
            f"Chance and ignorance cannot be told apart: that takes {MIN_DRAWS} draws with several seeds each, or more."
        ]
    low, high = split.interval
    lines = [
        f"Of the variance of a paired difference ({row.label}) {_percent(split.chance)}% is chance and "
        f"{_percent(split.ignorance)}% ignorance (95% interval of ignorance {_percent(low)}% to {_percent(high)}%, "
        f"{split.n_draws} draws)."
    ]
    if split.by_grade and all(share is None for share in split.by_grade.values()):
        lines.append("How ignorance divides by evidence is not known: too few draws for the number of parameters.")
    elif split.by_grade:
        parts = [
            f"{grade} {'not known (too few draws)' if share is None else _percent(share) + '%'}"
            for grade, share in split.by_grade.items()
        ]
        lines.append(
            f"Of that ignorance, by evidence of the parameters: {', '.join(parts)} (each grade by itself; the parts "
            "need not add up to 100%)."
        )
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _runs(comparison: Comparison) -> str:
    pairs = comparison.rows[0].paired.n_pairs
    text = "1 pair of runs" if pairs == 1 else f"{pairs:,} pairs of runs"
    return text if len(comparison.draws) == 1 else f"{text} ({len(comparison.draws)} draws of the parameters)"


def money_table(comparison: Comparison) -> Table:
    """Differences in money by financial year and since the start of the run, GBP million.

    Every year for all NHS trusts; for the treated trusts and the others only the last one. Rows without any difference
    are left out (the CSV has all).
    """
    title = f"Money to {style.month_name(comparison.at)}: {comparison.policy_title} against "
    table = titled_table(
        title + comparison.baseline_title,
        f"Means over {_runs(comparison)}; cash prices; to date: since the start of the run. No row: no difference.",
    )
    for name in ("Money", "Who", "Year"):
        table.add_column(name)
    for name in ("Effect in year,\nGBP million", "Effect to date,\nGBP million", "95% interval\nto date"):
        table.add_column(name, justify="right")
    last = max((row.financial_year for row in comparison.money), default="")
    for row in told_of(comparison.money):
        if row.cumulative.exactly_zero or (row.group in ("treated", "others") and row.financial_year != last):
            continue
        table.add_row(*_money_cells(row))
    return table


def _money_cells(row: MoneyRow) -> Sequence[str]:
    unit = "GBP million"
    return (
        row.label,
        _GROUPS[row.group],
        row.financial_year,
        style.number(row.in_year, unit, signed=True),
        style.number(row.cumulative.effect, unit, signed=True),
        style.interval(row.cumulative.interval, unit),
    )


_EFFECT_COLUMNS = (
    ("group", "machine name of the group", ""),
    ("label", "the group in words", ""),
    ("pairs", "pairs of runs with the same seed and draw", "pairs"),
    ("units", "independent units behind the interval: pairs, or draws where several were run", "units"),
    ("baseline", "mean level in the baseline arm", "{unit}"),
    ("policy", "mean level in the policy arm", "{unit}"),
    ("effect", "mean paired difference, policy minus comparator", "{change}"),
    ("interval_low", "lower end of the 95% interval (Student t); empty for one unit", "{change}"),
    ("interval_high", "upper end of the 95% interval; empty for one unit", "{change}"),
    ("sd_of_differences", "standard deviation of the paired differences; empty for one pair", "{change}"),
    ("variance_ratio", "variance without pairing over variance with it; inf if pairing removes all", "ratio"),
    ("standard_error", "Monte Carlo error of the mean difference; empty for one unit", "{change}"),
    ("runs_needed", "pairs that a Monte Carlo error of a quarter of the band takes; empty if not known", "pairs"),
    ("chance", "share of the variance of a difference that is chance (seeds); empty if not known", "share, 0 to 1"),
    ("ignorance", "share that is ignorance (draws of the parameters); empty if not known", "share, 0 to 1"),
    ("ignorance_low", "lower end of the 95% interval of that share (F distribution)", "share, 0 to 1"),
    ("ignorance_high", "upper end of the 95% interval of that share", "share, 0 to 1"),
    *(
        (
            f"ignorance_{name}",
            f"share of ignorance explained by parameters {text}; the shares need not add up to 1; empty if not known",
            "share, 0 to 1",
        )
        for name, text in (
            ("a_b", "with evidence of grade A or B"),
            ("c_d", "with evidence of grade C or D"),
            ("judgement", "of grade E, judged or recalled"),
            ("other", "that are not in the register"),
        )
    ),
    (
        "ceiling",
        "change if every treated trust met its standard at once; empty where none is known",
        "{change}",
    ),
    ("band", "half-width of the equivalence band", "{change}"),
    ("verdict", "practically zero, higher, lower or cannot tell", ""),
    ("verdict_in_words", "the verdict with its reason or meaning", ""),
    ("selection", "what fixes which trusts are treated: scenario (the same in every run) or run", ""),
)

_MONEY_COLUMNS = (
    ("money", "machine name of the money column", ""),
    ("label", "the column in words", ""),
    ("group", "all NHS trusts, treated or others; system: whoever pays", ""),
    ("financial_year", "April to March; the first and last may be incomplete", ""),
    ("effect_in_year", "mean paired difference in the year", "GBP million"),
    ("effect_to_date", "mean paired difference since the start of the run", "GBP million"),
    ("interval_low", "lower end of the 95% interval to date; empty for one unit", "GBP million"),
    ("interval_high", "upper end of the 95% interval to date; empty for one unit", "GBP million"),
    ("verdict", "practically zero, higher, lower or cannot tell (the band is a share of the baseline's amount)", ""),
)


def write_csv(comparison: Comparison, path: str | Path) -> tuple[Path, ...]:
    """Write a comparison as CSV with a codebook.

    Args:
        comparison: what to write.
        path: the effects' file, for example "effect.csv". Money goes to "effect-money.csv" (if there is any), what the
            policy costs and for whom to "effect-worth.csv", what is told of a programme by rules to "effect-fair.csv",
            results of population budgets to "effect-budgets.csv",
            and the meaning and unit of every column to "effect-codebook.csv".

    Returns:
        The files written.

    Raises:
        InputError: a file cannot be written.
    """
    main = csv_files.named(Path(path))
    codebook, money, worth, fair = (csv_files.beside(main, part) for part in ("codebook", "money", "worth", "fair"))
    unit, change = comparison.outcome.unit, comparison.outcome.effect_unit
    meanings = [(main.name, *entry) for entry in _EFFECT_COLUMNS]
    effects = (_effect_line(row, comparison) for row in comparison.rows)
    csv_files.write(main, [name for name, _, _ in _EFFECT_COLUMNS], effects)
    written = [main]
    if comparison.money:
        csv_files.write(money, [name for name, _, _ in _MONEY_COLUMNS], map(_money_line, comparison.money))
        meanings += [(money.name, *entry) for entry in _MONEY_COLUMNS]
        written.append(money)
    if comparison.worth is not None:
        csv_files.write(worth, [name for name, _, _ in worth_tables.COLUMNS], worth_tables.lines(comparison.worth))
        meanings += [(worth.name, *entry) for entry in worth_tables.COLUMNS]
        written.append(worth)
    if comparison.fair is not None:
        csv_files.write(fair, [name for name, _, _ in fair_tables.COLUMNS], fair_tables.lines(comparison.fair, change))
        meanings += [(fair.name, *entry) for entry in fair_tables.COLUMNS]
        written.append(fair)
    if comparison.budgets:
        budgets = csv_files.beside(main, "budgets")
        names = [name for name, _, _ in budget_effects.COLUMNS]
        csv_files.write(budgets, names, budget_effects.lines(comparison.budgets))
        meanings += [(budgets.name, *entry) for entry in budget_effects.COLUMNS]
        written.append(budgets)
    lines: list[Sequence[str]] = [
        (file, name, meaning, of.format(unit=unit, change=change)) for file, name, meaning, of in meanings
    ]
    lines += [(main.name, "", text, "") for text in _about(comparison)]
    csv_files.write(codebook, ["file", "column", "meaning", "unit"], lines)
    return (*written, codebook)


def _about(comparison: Comparison) -> list[str]:
    return [
        f"outcome: {comparison.outcome.name}: {comparison.outcome.definition}",
        f"date: {_when(comparison)}",
        f"policy: {comparison.policy} ({comparison.policy_title})",
        f"baseline: {comparison.baseline} ({comparison.baseline_title})",
        f"treated trusts: {', '.join(comparison.treated) or 'none'}",
        f"seeds: {', '.join(map(str, comparison.seeds))}; draws: {', '.join(map(str, comparison.draws))}",
        *(tally.words for tally in comparison.tallies),
        *comparison.notes,
        *(comparison.worth.missing if comparison.worth else ()),
    ]


def _effect_line(row: EffectRow, comparison: Comparison) -> Sequence[str]:
    paired = row.paired
    low, high = paired.interval if paired.interval else (None, None)
    numbers = (paired.baseline, paired.policy, paired.effect, low, high, paired.sd, paired.variance_ratio)
    split = paired.split
    parts = (split.chance, split.ignorance, *split.interval) if split else (None,) * 4
    grades = [split.by_grade.get(grade) if split else None for grade in GRADE_GROUPS]
    needed = runs_needed(paired)
    return (
        row.group,
        row.label,
        str(paired.n_pairs),
        str(paired.n_units),
        *(style.plain(x) for x in (*numbers, paired.standard_error)),
        "" if needed is None else str(needed),
        *(style.plain(x) for x in (*parts, *grades, row.ceiling, paired.band)),
        str(paired.verdict),
        row.words,
        comparison.selection.kind if comparison.selection else "",
    )


def _money_line(row: MoneyRow) -> Sequence[str]:
    low, high = row.cumulative.interval if row.cumulative.interval else (None, None)
    numbers = (row.in_year, row.cumulative.effect, low, high)
    return (
        row.outcome,
        row.label,
        row.group,
        row.financial_year,
        *(style.plain(x) for x in numbers),
        row.cumulative.words,
    )
