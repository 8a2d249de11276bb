"""Who is compared: England, its quintiles, the treated trusts, the others, places, and what could be gained at most.

`read_groups` turns the tables of one run into monthly sums for these groups. The treated trusts are given
from outside: a comparison takes them from the policy arm and reports the same trusts in both arms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.outcomes.distribution import MEASURES, inequality_of
from aft_sim.outcomes.registry import OUTCOMES, QUINTILES, Floats, Outcome
from aft_sim.spec.register import Register
from aft_sim.study.places import Places
from aft_sim.study.result import RunResult

FLOW_MONTHS = 12
"""Flows are compared as sums over this many months up to the date of the comparison."""

ENGLAND, GAP, TREATED, OTHERS, INDEPENDENT = "england", "gap", "treated", "others", "independent"
NEAR_MISS, REST = "near-miss", "rest"

Columns = Mapping[str, Floats]
Series = dict[tuple[str, str], Columns]
Integers = npt.NDArray[np.int64]

_NHS_TRUST = re.compile(r"[RT][A-Z0-9]{2}")


def quintile_group(quintile: str) -> str:
    """Group name of a deprivation quintile of England."""
    return f"quintile-{quintile}"


def trust_group(code: str) -> str:
    """Group name of one trust."""
    return f"trust:{code}"


@dataclass(frozen=True)
class Groups:
    """Monthly sums of one run.

    Attributes:
        months: labels, ascending.
        england: (basis, quintile) -> column -> array (month).
        treated: (trust, quintile) -> column -> array (month), for treated trusts that have a list.
        others: column -> array (month) of all other NHS trusts; None if the run kept no trust table.
        more: further groups of the divisions asked for ("region:NAME", "icb:CODE", "type:TYPE", "near-miss", "rest"),
            column -> array (month).
        treated_in: group of `more` whose ceiling the tables can tell -> treated trusts with a list among its own.
        fifths: (group, quintile) -> column -> array (month), of the other trusts and of those of `more` that are
            divided by deprivation.
        trust_table: the run's trust table as far as it is kept; None if it is not.
    """

    months: tuple[str, ...]
    england: Mapping[tuple[str, str], Columns]
    treated: Mapping[tuple[str, str], Columns]
    others: Columns | None
    more: Mapping[str, Columns] = field(default_factory=dict)
    treated_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fifths: Mapping[tuple[str, str], Columns] = field(default_factory=dict)
    trust_table: pa.Table | None = None
    _known: dict[tuple[str, str], Floats | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def treated_with_list(self) -> tuple[str, ...]:
        """Codes of the treated trusts that have a waiting list."""
        return tuple(trust for trust, quintile in self.treated if quintile == "all")

    def columns(self, group: str, quintile: str = "all") -> Columns | None:
        """Column -> array (month) of a group, or of one of its deprivation fifths; None if the run does not hold it."""
        if group in self.more:
            return self.more[group] if quintile == "all" else self.fifths.get((group, quintile))
        if group == ENGLAND:
            return self.england.get(("england", quintile))
        if group == INDEPENDENT:
            return self.england.get(("independent", quintile))
        if group == OTHERS:
            return self.others if quintile == "all" else self.fifths.get((group, quintile))
        if group == TREATED:
            parts = [self.treated[trust, quintile] for trust in self.treated_with_list]
            return _sum(parts) if parts else None
        kind, _, name = group.partition("-" if group.startswith("quintile-") else ":")
        if kind == "quintile":
            return self.england.get(("england", name)) if quintile == "all" else None
        return self.treated.get((name, quintile))

    def values(self, group: str, outcome: Outcome) -> Floats | None:
        """An outcome over the months.

        Args:
            group: "england", "quintile-1".. "quintile-5", "gap" (quintile 5 minus quintile 1), "treated",
                "trust:CODE", "others", "independent", or one of `more`.
            outcome: what to compute; flows are summed over up to twelve months ending with each month.

        Returns:
            Array (month) in the outcome's unit; None if the run does not hold the group or the columns. An outcome that
            says how unequal another one is has no value in a fifth, and over trusts it has one for England only.
        """
        if outcome.measure:
            if (group, outcome.name) not in self._known:
                self._known[group, outcome.name] = self._inequality(group, outcome)
            return self._known[group, outcome.name]
        if group == GAP:
            least = self.values(quintile_group("5"), outcome)
            most = self.values(quintile_group("1"), outcome)
            return None if least is None or most is None else least - most
        columns = self.columns(group)
        needed = outcome.parts or (outcome.name,)
        if columns is None or any(name not in columns for name in needed):
            return None
        return outcome.derive(_of_a_year(columns, outcome))

    def _inequality(self, group: str, outcome: Outcome) -> Floats | None:
        base, over = OUTCOMES[outcome.of], MEASURES[outcome.measure].over
        if over == "fifths":
            fifths = [self.columns(group, quintile) for quintile in QUINTILES]
            known = [_of_a_year(one, base) for one in fifths if one is not None and _hold([one], base.parts)]
            return inequality_of(outcome.measure, base, known) if len(known) == len(QUINTILES) else None
        if group != ENGLAND or not self._all_trusts:
            return None
        trusts = [self._all_trusts[code] for code in sorted(self._all_trusts)]
        if not all(_hold(list(trust.values()), base.parts) for trust in trusts):
            return None
        if over == "trusts":
            return inequality_of(outcome.measure, base, [trust["all"] for trust in trusts])
        # the independent sector treats people too: with it the parts add up to England's gap
        elsewhere = {quintile: self.england["independent", quintile] for quintile in QUINTILES}
        return inequality_of(outcome.measure, base, [[one[q] for q in QUINTILES] for one in (*trusts, elsewhere)])

    @cached_property
    def _all_trusts(self) -> dict[str, dict[str, Columns]]:
        """Columns by quintile of every NHS trust; empty where the table does not hold them all."""
        if self.trust_table is None:
            return {}
        found: dict[str, dict[str, Columns]] = {}
        for (code, quintile), columns in _series(self.trust_table, self.months, "trust", "quintile").items():
            if _NHS_TRUST.fullmatch(code):
                found.setdefault(code, {})[quintile] = columns
        nhs = self.england.get(("nhs", "all"))
        if nhs is None or not found or not _agree(_sum([one["all"] for one in found.values()])["list"], nhs["list"]):
            return {}
        return found

    def ceiling(self, group: str, outcome: Outcome) -> Floats | None:
        """What the outcome would gain if every treated trust met its standard at once.

        For the 18-week share: every treated trust below 92% is lifted to 92% (within each quintile for the
        quintiles), its list and everyone else's unchanged; lists count every patient treated in England.
        For 52-week waits: the treated trusts have none. Zero where no treated trust has a list. Of a region or a type
        of trust: what its own treated trusts would add to it; a region's table counts patients of English
        commissioners only, so of its trusts those are taken.

        Returns:
            Array (month), signed, in the outcome's effect unit; None where the question has no answer: for groups
            without a treated trust, which the policy reaches only indirectly, so that nothing here bounds it; for
            boards, because no table says which of a board's residents are a treated trust's patients; and for other
            outcomes.
        """
        if outcome.name not in ("within_18_share", "over_52", "over_52_share"):
            return None
        if group == GAP:
            least = self.ceiling(quintile_group("5"), outcome)
            most = self.ceiling(quintile_group("1"), outcome)
            return None if least is None or most is None else least - most
        if group in self.more:
            return self._ceiling_of_place(group, outcome)
        if group in (OTHERS, INDEPENDENT):
            return None
        quintile = group.removeprefix("quintile-") if group.startswith("quintile-") else "all"
        trusts = [group.removeprefix("trust:")] if group.startswith("trust:") else list(self.treated_with_list)
        parts = [part for trust in trusts if (part := self.treated.get((trust, quintile))) is not None]
        if len(parts) < len(trusts) or not _hold(parts, outcome.parts):
            return None
        whole = self.columns(group) if group == TREATED or group.startswith("trust:") else self._everyone(quintile)
        return None if whole is None else _bound(parts, whole, outcome)

    def _ceiling_of_place(self, group: str, outcome: Outcome) -> Floats | None:
        quintiles = QUINTILES if group.startswith("region:") else ("all",)
        trusts, whole = self.treated_in.get(group, ()), self.more[group]
        found = [self.treated.get((trust, quintile)) for trust in trusts for quintile in quintiles]
        rows = [part for part in found if part is not None]
        if not rows or len(rows) < len(found) or not _hold([*rows, whole], outcome.parts):
            return None
        size = len(quintiles)
        return _bound([_sum(rows[i : i + size]) for i in range(0, len(rows), size)], whole, outcome)

    def ceiling_if_gone(self) -> Floats | None:
        """Gain in England's 18-week share if every treated-trust waiter of 18 weeks or more vanished.

        Returns:
            Array (month), points; zero where no treated trust has a list; None if the run does not hold the columns.
        """
        everyone = self._everyone("all")
        parts = [self.treated[trust, "all"] for trust in self.treated_with_list]
        if everyone is None or not _hold(parts, ("list", "within_18")):
            return None
        gone = np.zeros(len(self.months))
        for part in parts:
            gone = gone + part["list"] - part["within_18"]
        share = everyone["within_18"] / everyone["list"]
        return np.asarray(100.0 * (everyone["within_18"] / (everyone["list"] - gone) - share))

    def _everyone(self, quintile: str) -> Columns | None:
        return self.england.get(("all", quintile)) or self.england.get(("england", quintile))


def nothing_on(run: RunResult, group: str, outcome: Outcome) -> InputError:
    """The message for a group on which a run has nothing to say."""
    level = "trust" if group in (TREATED, OTHERS) or group.startswith("trust:") else "england"
    if outcome.levels == ("trust",):
        level = "trust"
    if level in outcome.levels and not run.holds(outcome, level):
        return run.not_kept(outcome, level)
    groups = [
        ENGLAND,
        *map(quintile_group, QUINTILES),
        GAP,
        TREATED,
        OTHERS,
        INDEPENDENT,
        *map(trust_group, run.treated),
    ]
    return InputError(
        "the runs hold nothing on this group for this outcome" if group in groups else "no such group",
        found=group,
        expected="one of " + ", ".join(groups),
        hint=did_you_mean(group, groups),
    )


def read_groups(
    run: RunResult,
    treated: Sequence[str],
    by: Sequence[str] = (),
    places: Places | None = None,
    near: Sequence[str] | None = None,
) -> Groups:
    """Monthly sums of one run.

    Args:
        run: a run that kept at least its England table.
        treated: ODS codes of the trusts to report as treated.
        by: divisions to read further groups of, keys of `DIVISIONS`.
        places: who belongs to the groups; needed where `by` names a division.
        near: near misses by the programme's own criteria; None takes those by segment.

    Raises:
        InputError: the run kept no England table.
    """
    if "england" not in run.tables:
        raise InputError(
            "a comparison needs the England table of every run",
            where=f"{run.scenario}, seed {run.seed}",
            expected="the level england among the levels kept",
        )
    table = run.tables["england"]
    months = months_of(run)
    england = _series(table, months, "basis", "quintile")
    both = _more(run, months, treated, by, places, near) if places is not None and by else {}
    more = {group: columns for (group, quintile), columns in both.items() if quintile == "all"}
    fifths = {key: columns for key, columns in both.items() if key[1] != "all"}
    if "trust" not in run.tables:
        return Groups(months, england, {}, None, more, fifths=fifths)
    trusts = run.tables["trust"]
    of_treated = pc.is_in(trusts.column("trust"), value_set=pa.array(list(treated), pa.string()))
    found = _series(trusts.filter(of_treated), months, "trust", "quintile")
    with_list = [code for code in treated if (code, "all") in found and found[code, "all"]["list"].max() > 0]
    mine = {key: columns for code in with_list for key, columns in found.items() if key[0] == code}
    inside = {group: own for group in more if places and (own := _treated_in(group, with_list, places))}
    others = _others(trusts, months, treated, england, mine)
    fifths |= _others_by_fifth(others, england, mine)
    return Groups(months, england, mine, others, more, inside, fifths, trusts)


def _others_by_fifth(
    others: Columns, england: Mapping[tuple[str, str], Columns], mine: Mapping[tuple[str, str], Columns]
) -> dict[tuple[str, str], Columns]:
    """All other NHS trusts by fifth: the NHS less the treated, for a fifth holds residents of England only."""
    found: dict[tuple[str, str], Columns] = {}
    for quintile in QUINTILES:
        nhs = england.get(("nhs", quintile))
        if nhs is not None:
            part = [columns for (_, fifth), columns in mine.items() if fifth == quintile]
            shared = [name for name in others if name in nhs]
            found[OTHERS, quintile] = {name: nhs[name] - sum(columns[name] for columns in part) for name in shared}
    return found


def _treated_in(group: str, treated: Sequence[str], places: Places) -> tuple[str, ...]:
    """Treated trusts that belong to a region or a type."""
    kind, _, name = group.partition(":")
    belongs = {"region": places.region, "type": places.type}.get(kind, {})
    return tuple(code for code in treated if belongs.get(code) == name)


def _more(
    run: RunResult,
    months: tuple[str, ...],
    treated: Sequence[str],
    by: Sequence[str],
    places: Places,
    near: Sequence[str] | None,
) -> dict[tuple[str, str], Columns]:
    """Groups of the divisions asked for, whole and by fifth, as far as the run kept their tables."""
    found: dict[tuple[str, str], Columns] = {}
    if "region" in by and "region" in run.tables:
        regions = _series(run.tables["region"], months, "region", "region")
        found |= {(f"region:{name}", "all"): columns for (name, _), columns in regions.items()}
    if "icb" in by and "icb_quintile" in run.tables:
        boards = _series(run.tables["icb_quintile"], months, "icb", "quintile")
        found |= {(f"icb:{code}", quintile): columns for (code, quintile), columns in boards.items()}
    wanted = [group for division in by if division in ("type", "status") for group, _ in places.groups(division)]
    if wanted and "trust" in run.tables:
        rows = _series(run.tables["trust"], months, "trust", "quintile")
        for group in wanted:
            members = places.members(group, treated, near)
            for quintile in ("all", *QUINTILES):
                # a table of some trusts only would show a part as the whole
                if members and all((code, quintile) in rows for code in members):
                    found[group, quintile] = _sum([rows[code, quintile] for code in members])
    return found


def months_of(run: RunResult) -> tuple[str, ...]:
    """Labels of the months of a run, ascending."""
    return tuple(sorted(pc.unique(run.tables["england"].column("month")).to_pylist()))


def by_trust(run: RunResult) -> dict[str, Columns]:
    """Columns (month) of every trust with a list, all its patients together."""
    table = run.tables["trust"]
    rows = _series(table.filter(pc.equal(table.column("quintile"), "all")), months_of(run), "trust", "quintile")
    return {code: columns for (code, _), columns in rows.items() if columns["list"].max() > 0}


def by_trust_values(columns: Columns, outcome: Outcome) -> Floats:
    """An outcome over the months from a trust's columns; flows are summed over up to twelve months."""
    if outcome.kind == "flow":
        columns = {name: _over_a_year(columns[name]) for name in outcome.parts}
    return outcome.derive(columns)


def _others(
    trusts: pa.Table,
    months: tuple[str, ...],
    treated: Sequence[str],
    england: Mapping[tuple[str, str], Columns],
    mine: Mapping[tuple[str, str], Columns],
) -> Columns:
    """All other NHS trusts: their own rows if the table holds every trust, else the NHS less the treated."""
    names = pc.unique(trusts.column("trust")).to_pylist()
    rest = [code for code in names if code not in treated and _NHS_TRUST.fullmatch(code)]
    chosen = pc.and_(
        pc.equal(trusts.column("quintile"), "all"),
        pc.is_in(trusts.column("trust"), value_set=pa.array(rest, pa.string())),
    )
    rows = list(_series(trusts.filter(chosen), months, "trust", "quintile").values())
    own = _sum(rows) if rows else None
    part = [columns for (_, quintile), columns in mine.items() if quintile == "all"]
    nhs = england.get(("nhs", "all"))
    if nhs is None or (own is not None and _agree(_sum([own, *part])["list"], nhs["list"])):
        return own if own is not None else {}
    shared = [name for name in nhs if name in trusts.column_names]
    return {name: nhs[name] - sum(columns[name] for columns in part) for name in shared}


def _agree(total: Floats, published: Floats) -> bool:
    """Whether the trusts add up to the NHS: trust tables also count patients from outside England (about 1%)."""
    return bool(np.all(np.abs(total - published) <= 0.05 * np.abs(published)))


def _series(table: pa.Table, months: tuple[str, ...], first: str, second: str) -> Series:
    """Sum the number columns by two keys and month, in row order (so that sums are reproducible)."""
    if table.num_rows == 0:
        return {}
    a, firsts = _codes(table, first)
    b, seconds = _codes(table, second)
    when = _codes(table, "month", months)[0]
    code = a * len(seconds) + b
    labels = [(one, two) for one in firsts for two in seconds]
    sums: dict[str, Floats] = {}
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            numbers = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
            total = np.bincount(code * len(months) + when, numbers, minlength=len(labels) * len(months))
            sums[name] = np.asarray(total, dtype=np.float64).reshape(len(labels), len(months))
    return {labels[i]: {name: total[i] for name, total in sums.items()} for i in np.unique(code)}


def _codes(table: pa.Table, key: str, names: Sequence[str] | None = None) -> tuple[Integers, Sequence[str]]:
    """Position of each row's key among the names (those found in the table, in their order there)."""
    known: Sequence[str] = pc.unique(table.column(key)).to_pylist() if names is None else names
    index = pc.index_in(table.column(key), value_set=pa.array(known, pa.string()))
    return index.to_numpy(zero_copy_only=False).astype(np.int64), known


def _sum(parts: Sequence[Columns]) -> Columns:
    return {name: np.sum([part[name] for part in parts], axis=0) for name in parts[0]}


def _hold(parts: Sequence[Columns], names: Sequence[str]) -> bool:
    return all(name in part for part in parts for name in names)


def _bound(parts: Sequence[Columns], whole: Columns, outcome: Outcome) -> Floats:
    """What a whole would gain if the parts of it that are treated trusts met their standard."""
    gain = np.zeros_like(whole["list"])
    for part in parts:
        gain = gain + _shortfall(part, outcome)
    if outcome.name == "over_52":
        return gain
    return 100.0 * gain / np.where(whole["list"] > 0, whole["list"], np.nan)


def _shortfall(columns: Columns, outcome: Outcome) -> Floats:
    if outcome.name == "within_18_share":
        standard = Register.load().number("compare.standard") / 100.0
        return np.maximum(0.0, standard * columns["list"] - columns["within_18"])
    return -columns["over_52"]


def first_whole(outcome: Outcome, months: int, at: int) -> int:
    """First month that a path over time shows: of a flow the first with a full year behind it, if the runs have one.

    Args:
        outcome: what is shown.
        months: months of the runs.
        at: month of the finding, which is always shown.
    """
    full = FLOW_MONTHS - 1
    return full if outcome.kind == "flow" and at >= full and months > full + 1 else 0


def _of_a_year(columns: Columns, outcome: Outcome) -> Columns:
    """The columns that an outcome takes, those of a flow summed over up to twelve months."""
    needed = outcome.parts or (outcome.name,)
    return {name: _over_a_year(columns[name]) if outcome.kind == "flow" else columns[name] for name in needed}


def _over_a_year(flow: Floats) -> Floats:
    return np.array([flow[max(0, end - FLOW_MONTHS) : end].sum() for end in range(1, len(flow) + 1)])
