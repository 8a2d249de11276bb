"""Bind a scenario to the baseline: codes become indices, dates become weeks, and the opening state is made.

The result, a `Plan`, holds everything a run needs that does not depend on chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.basis.calendar import Calendar, Month
from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.files import Layer, Origin, read_chain
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register, Value
from aft_sim.spec.scenario import Change, Scenario, load_scenario
from aft_sim.spec.sets import PREFIX, check_trust_reference, named_sets

Array = NDArray[np.float64]
Index = NDArray[np.int64]

#: Parameters that make the opening state: they hold for the whole run and cannot change by date.
OPENING = frozenset(
    {
        "access.gap_over_52",
        "access.trust_spread",
        "capital.opening_cash_days",
        "capital.pot_level",
        "capital.pot_prior_year_ratio",
        "choice.deprivation_slope",
        "choice.elasticity",
        "emergency.bed_share",
        "emergency.delayed_share",
        "emergency.deprivation_gradient",
        "ledger.assets_per_depreciation",
        "ledger.least_block_share",
        "ledger.other_income_share",
        "payment.admitted_price_ratio",
        "payment.attendance_price",
        "payment.distance_spread",
        "payment.emergency_admission_price",
        "referrals.gradient_ophthalmology",
        "referrals.gradient_orthopaedics",
        "referrals.gradient_other",
        "removals.late_share",
        "removals.share_of_starts",
        "run.season",
        "targets.weeks",
    }
)
#: What ordinary capital buys; shares are taken of their sum.
SPLIT = ("capital.split.new", "capital.split.improvement", "capital.split.lifecycle", "capital.split.equipment")
#: Units whose figures are percentages; mechanisms work with shares.
PERCENT = frozenset({"%", "% per year"})


@dataclass(frozen=True)
class Step:
    """A value of a per-trust parameter from a week on; trusts None means everybody."""

    week: int
    value: float
    trusts: Index | None


class ParameterPaths:
    """Values of all parameters over the weeks of a run, in the units mechanisms use (percentages as shares)."""

    def __init__(
        self,
        numbers: Mapping[str, Array],
        options: Mapping[str, tuple[str, ...]],
        steps: Mapping[str, tuple[Step, ...]],
    ) -> None:
        """Keep the paths: number and option by week, steps of per-trust parameters in order of week."""
        self._numbers, self._options, self._steps = numbers, options, steps

    def path(self, name: str) -> Array:
        """Values of a number by week, (week,)."""
        return self._numbers[name]

    def at(self, name: str, week: int) -> float:
        """Value of a number in a week; weeks after the last give the last."""
        values = self._numbers[name]
        return float(values[min(max(week, 0), len(values) - 1)])

    def opening(self, name: str) -> float:
        """Value of a number in the first week."""
        return float(self._numbers[name][0])

    def option(self, name: str, week: int) -> str:
        """Option of a choice in a week."""
        return self._options[name][min(max(week, 0), len(self._options[name]) - 1)]

    def by_trust(self, name: str, week: int, n_trusts: int) -> tuple[Array, float]:
        """Value of a per-trust parameter in a week: (trust,), and the value of everybody else."""
        everybody = self.at(name, week)
        out = np.full(n_trusts, everybody)
        for step in self._steps.get(name, ()):
            if step.week <= week:
                if step.trusts is None:
                    out[:] = step.value
                else:
                    out[step.trusts] = step.value
        return out, everybody


@dataclass(frozen=True)
class Plan:
    """A scenario on a baseline.

    Attributes:
        scenario: as written.
        bundle: the baseline.
        calendar: weeks of the run.
        draw: which draw of the uncertain parameters (0 = defaults).
        parameters: values over the weeks.
        designated: trust indices that hold AFT status, ascending.
        invited: trust indices known to be invited into the next wave, ascending.
        replay: spells of the status that were recorded in another run and are given again in this one.
        aft_week: first week of the freedoms, 0 where they began before the opening; it may lie beyond the run.
    """

    scenario: Scenario
    bundle: Bundle
    calendar: Calendar
    draw: int
    parameters: ParameterPaths
    designated: Index
    aft_week: int
    replay: tuple[Any, ...] | None = None
    invited: Index = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def treated(self) -> tuple[str, ...]:
        """ODS codes of the designated trusts."""
        return tuple(self.bundle.trusts.code[i] for i in self.designated)


def first_week_from(calendar: Calendar, day: date) -> int:
    """First week that begins on or after a day: nothing before a policy's first date may move."""
    week = calendar.week_of(day)
    return week if calendar.monday(week) == day else week + 1


def week_after(calendar: Calendar, month: Month) -> int:
    """First week that begins in the calendar month after a month."""
    year, following = (month.year + 1, 1) if month.month == 12 else (month.year, month.month + 1)
    return first_week_from(calendar, date(year, following, 1))


def resolve_trusts(names: Iterable[str], bundle: Bundle, where: str | None) -> list[int]:
    """Trust indices of codes and sets.

    Raises:
        InputErrors: every code or set that does not exist.
    """
    found: set[int] = set()
    problems: list[InputError] = []
    for name in names:
        try:
            if name.startswith(PREFIX):
                found.update(_members(name[len(PREFIX) :], bundle, where))
            else:
                found.add(bundle.trust(name, where))
        except InputError as error:
            problems.append(error)
    if problems:
        raise InputErrors(problems)
    return sorted(found)


def load_bound(reference: str | Path, bundle: Bundle) -> Scenario:
    """Read a scenario and check it against a baseline too.

    Args:
        reference: as `load_scenario` takes it.
        bundle: the baseline that knows the trusts.

    Raises:
        InputErrors: everything that is wrong with it, unknown trusts included, in one pass.
    """
    try:
        scenario = load_scenario(reference)
    except InputErrors as error:
        unknown = [problem for layer in read_chain(reference).layers for problem in _unknown_trusts(layer, bundle)]
        told = {str(problem.found) for problem in error.problems}
        more = [problem for problem in unknown if str(problem.found) not in told]
        raise InputErrors([*error.problems, *more], error.where) from None
    bind(scenario, bundle)
    return scenario


def _unknown_trusts(layer: Layer, bundle: Bundle) -> list[InputError]:
    """Codes and sets in a scenario file that the baseline lacks, found in the raw content.

    So that they are reported together with mistakes which keep the file from being read; what is no list of
    codes and sets at all is left to the reader.
    """
    lists: list[tuple[tuple[str | int, ...], object]] = []
    for path in _trust_levers():
        table: object = layer.table
        for key in path.split("."):
            table = table.get(key) if isinstance(table, Mapping) else None
        lists.append((tuple(path.split(".")), table))
    changes = layer.table.get("change")
    for position, entry in enumerate(changes if isinstance(changes, list) else []):
        if isinstance(entry, Mapping):
            lists.append((("change", position, "trusts"), entry.get("trusts")))
    problems: list[InputError] = []
    for keys, names in lists:
        for index, name in enumerate(names if isinstance(names, list) else []):
            try:
                resolve_trusts([check_trust_reference(name)], bundle, layer.place(*keys, index))
            except InputErrors as error:
                problems += error.problems
            except InputError:  # told by the reader
                continue
    return problems


def _trust_levers() -> list[str]:
    return [path for path, lever in levers().items() if lever.kind == "trusts"]


def _members(name: str, bundle: Bundle, where: str | None) -> list[int]:
    t = bundle.trusts
    known = named_sets()
    if name in known and not known[name].computed:
        return [bundle.trust(code, where) for code in known[name].trusts]
    if name == "segment-1-acute":
        return [i for i, kind in enumerate(t.type) if kind in ("acute", "specialist") and t.segment[i] == 1]
    kind, _, value = name.partition(":")
    column: Mapping[str, list[str]] = {
        "type": list(t.type),
        "region": list(t.region),
        "segment": ["" if np.isnan(v) else f"{v:.0f}" for v in t.segment],
        "icb": [bundle.icb_code[k] if k >= 0 else "" for k in t.icb],
    }
    if kind not in column:
        raise InputError("no such set of trusts", where=where, found=PREFIX + name)
    members = [i for i, v in enumerate(column[kind]) if v == value]
    if not members:
        options = sorted({v for v in column[kind] if v})
        raise InputError(
            f"no trust has this {'board' if kind == 'icb' else kind}",
            where=where,
            found=value,
            expected="one of " + ", ".join(options),
            hint=did_you_mean(value, options),
        )
    return members


def bind(
    scenario: Scenario,
    bundle: Bundle,
    calendar: Calendar | None = None,
    draw: Draw = CENTRAL,
    register: Register | None = None,
) -> Plan:
    """Bind a scenario to a baseline.

    Args:
        scenario: checked by the loader; trust codes are checked here.
        bundle: the baseline.
        calendar: weeks of the run; from the baseline's opening to March 2036 if None.
        draw: values of uncertain parameters; what the scenario sets itself wins.
        register: the parameters; the shipped register if None.

    Raises:
        InputErrors: unknown trusts, or dated changes of parameters that make the opening state.
    """
    calendar = calendar or Calendar(start=bundle.opening)
    register = register or Register.load()
    problems: list[InputError] = []
    trusts = {path: _resolve_lever(path, scenario, bundle, problems) for path in _trust_levers()}
    paths = _paths(scenario, bundle, calendar, register, draw, problems)
    if not problems and sum(paths.opening(name) for name in SPLIT) <= 0:
        problems.append(
            InputError(
                "the parts of ordinary capital add up to nothing", found=", ".join(SPLIT), expected="one above zero"
            )
        )
    if problems:
        raise InputErrors(problems)
    return Plan(
        scenario,
        bundle,
        calendar,
        draw.number,
        paths,
        trusts["aft.designated"],
        max(first_week_from(calendar, scenario.aft.from_), 0),
        invited=trusts["aft.invited"],
    )


def _resolve_lever(path: str, scenario: Scenario, bundle: Bundle, problems: list[InputError]) -> Index:
    """Trust indices of a lever that lists trusts, ascending; unknown ones are added to `problems`."""
    found: set[int] = set()
    names = scenario.levers()[path]
    for i, name in enumerate(names if isinstance(names, tuple) else ()):
        try:
            found.update(resolve_trusts([name], bundle, scenario.where(f"{path}[{i}]")))
        except InputErrors as error:
            problems += error.problems
    return np.array(sorted(found), dtype=np.int64)


def _paths(
    scenario: Scenario,
    bundle: Bundle,
    calendar: Calendar,
    register: Register,
    draw: Draw,
    problems: list[InputError],
) -> ParameterPaths:
    weeks = calendar.n_weeks
    numbers: dict[str, Array] = {}
    options: dict[str, tuple[str, ...]] = {}
    steps: dict[str, list[tuple[date, int, Step]]] = {}
    drawn = draw.mapping
    changes = sorted([*_moved(scenario, register), *scenario.changes], key=lambda c: c.start)
    for name, parameter in register.items():
        value = scenario.parameters.get(name, drawn.get(name, parameter.default))
        mine = [c for c in changes if c.parameter == name]
        if mine and name in OPENING:
            problems.append(
                InputError(
                    f"{name} makes the opening state and cannot change by date",
                    where=str(mine[0].origin),
                    expected="the value for the whole run under [parameters]",
                )
            )
            continue
        if parameter.kind != "number":
            texts = [_text(value)] * weeks
            for change in mine:
                first = max(first_week_from(calendar, change.start), 0)
                texts[first:] = [_text(change.value)] * max(weeks - first, 0)
            options[name] = tuple(texts)
            continue
        scale = 0.01 if parameter.unit in PERCENT else 1.0
        path = np.full(weeks, float(value) * scale)
        for change in mine:
            week = first_week_from(calendar, change.start)
            number = float(change.value) * scale
            groups = _trusts_of(change, scenario, bundle, problems)
            if groups is None:
                path[max(week, 0) :] = number
            if parameter.per_trust and week < weeks:
                for rank, trusts in enumerate([None] if groups is None else groups):
                    steps.setdefault(name, []).append((change.start, rank, Step(max(week, 0), number, trusts)))
        path.flags.writeable = False
        numbers[name] = path
    # on one day a trust named by its code goes before the sets it is in; else what was written later does
    in_order = {name: sorted(found, key=lambda one: one[:2]) for name, found in steps.items()}
    return ParameterPaths(numbers, options, {name: tuple(step for *_, step in v) for name, v in in_order.items()})


def _moved(scenario: Scenario, register: Register) -> list[Change]:
    """Dated changes that the scenario's levers mean; of two on one day the scenario's own comes later and holds."""
    moved = []
    for name, table in scenario.tables.items():
        origin = Origin(f"[{name}]", 0)
        for move in table.moves():
            value = register.accept(move.parameter, move.value, str(origin))
            moved.append(Change(move.parameter, move.start, value, move.trusts, "", origin))
    return moved


def _trusts_of(
    change: Change, scenario: Scenario, bundle: Bundle, problems: list[InputError]
) -> tuple[Index, Index] | None:
    """Trusts of a change: those in its sets, and those it names; None for all trusts."""
    if change.trusts is None:
        return None
    found: tuple[set[int], set[int]] = (set(), set())
    at = scenario.changes.index(change) if change in scenario.changes else None
    for i, name in enumerate(change.trusts):
        where = (None if at is None else scenario.where(f"change[{at}].trusts[{i}]")) or str(change.origin)
        try:
            found[not name.startswith(PREFIX)].update(resolve_trusts([name], bundle, where))
        except InputErrors as error:
            problems += error.problems
    in_sets, named = (np.array(sorted(members), dtype=np.int64) for members in found)
    return in_sets, named


def _text(value: Value) -> str:
    return str(value)


@lru_cache(maxsize=8)
def weekly_season(bundle: Bundle, calendar: Calendar) -> Array:
    """Season by flow and week; cached because every run of a window shares it."""
    season = bundle.season.weekly(calendar)
    season.flags.writeable = False
    return season


__all__ = [
    "OPENING",
    "ParameterPaths",
    "Plan",
    "Step",
    "bind",
    "first_week_from",
    "load_bound",
    "resolve_trusts",
    "weekly_season",
]
