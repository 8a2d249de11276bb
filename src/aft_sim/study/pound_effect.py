"""What a purchase from a pot brings: capacity, and the treatments delivered with it so far, by deprivation fifth.

Read off a finished run, not a second one: the capacity that a scheme added in each week of its use, as far as the
staff limit let it work, at that week's season. What longer or shorter lists did to referrals and to other capacity is
no part of it: for the effect of a policy compare two scenarios.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aft_sim.agents.pound import REVENUE, Level, Purchase
from aft_sim.baseline.bind import weekly_season
from aft_sim.mechanisms import capital
from aft_sim.model import TrustAutonomyModel
from aft_sim.world import QUINTILES

Array = NDArray[np.float64]

WEEKS_A_YEAR = 365.25 / 7
YEAR_OF_EFFECT = 52
GROUPS = QUINTILES + 1
"""The fifths, most deprived first, and patients who live outside England."""


@dataclass(frozen=True)
class Gain:
    """What one purchase brings.

    Attributes:
        size: in its unit.
        unit: "admitted completions a week", "completions a week for a year", "% more equipment" or "GBP m of backlog".
        treatments: (group,) delivered so far.
        a_year: treatments a year from now on, where it lasts; 0 where it does not.
    """

    size: float
    unit: str
    treatments: tuple[float, ...]
    a_year: float


@dataclass(frozen=True, eq=False)
class Place:
    """One trust over the weeks of a run; all arrays (week,) unless said.

    Attributes:
        listed: whether it has a waiting list; else nothing is ever treated.
        season: of treatment.
        theatre, revenue: share of the extra capacity for which there is staff.
        equipment: its index; `elasticity` of capacity to it.
        own_work: completions but for those that theatres and bought work added.
        admitted, everybody: (week, group) share of each group among admitted and among all treated patients.
        treated: completions of all kinds.
        a_unit: admitted completions a week that GBP 1m of theatre brings.
        opening_stock: value of equipment at opening, GBP m.
    """

    listed: bool
    season: Array
    theatre: Array
    revenue: Array
    equipment: Array
    elasticity: Array
    own_work: Array
    admitted: Array
    everybody: Array
    treated: Array
    a_unit: Array
    opening_stock: Array


def place(model: TrustAutonomyModel, tables: Mapping[str, pa.Table], trust: int) -> Place:
    """Gather what a finished run says of one trust.

    Args:
        model: the run.
        tables: its results.
        trust: index.
    """
    w, plan = model.world, model.plan
    b, path = plan.bundle, plan.parameters.path
    weeks, provider = plan.calendar.n_weeks, int(b.trust_provider[trust])
    rows = b.row_provider == provider
    levels = model.planning.pounds.levels
    headroom = path("capital.staff_headroom")
    theatre = _path(levels, "theatre", provider, weeks, 0.0)
    revenue = _path(levels, REVENUE, provider, weeks, 0.0)
    with_staff = capital.staffed(theatre, np.asarray(b.admitted[rows].sum()), headroom)
    all_work = b.admitted[rows].sum() + b.non_admitted[rows].sum()
    bought = capital.staffed(revenue, np.asarray(all_work), headroom)
    if not (b.admitted[rows] * w.opening.hub_rows[rows]).sum() > 0:
        with_staff = np.zeros(weeks)  # no operations that a theatre could serve
    season = 1 + plan.parameters.opening("run.season") * (weekly_season(b, plan.calendar)[1] - 1)
    admitted, everybody = _treated(tables["trust"], b.trusts.code[trust], plan.calendar.month_of_week)
    typical = w.opening.typical_hub_work
    hub = [path(f"capital.hub_{name}") for name in ("cost", "effect")]
    return Place(
        listed=provider >= 0,
        season=season,
        theatre=_part(with_staff, theatre),
        revenue=_part(bought, revenue),
        equipment=_path(levels, "equipment", trust, weeks, 1.0),
        elasticity=path("production.equipment_elasticity"),
        own_work=np.maximum(everybody.sum(axis=1) - (with_staff + bought) * season, 0.0),
        admitted=_shares(admitted),
        everybody=_shares(everybody),
        treated=everybody.sum(axis=1),
        a_unit=np.array([capital.theatre_gain(1.0, c, e, typical) for c, e in zip(*hub, strict=True)]),
        opening_stock=path("capital.equipment_stock_share") * w.opening_money.expenditure[trust],
    )


def gain(purchase: Purchase, at: Place) -> Gain:
    """What a purchase at a trust has brought by the end of the run.

    Args:
        purchase: what was bought.
        at: the trust at which it is.
    """
    weeks = at.season.size
    nothing = (0.0,) * GROUPS
    if purchase.scheme is None:
        until = purchase.week + YEAR_OF_EFFECT
        size = purchase.gain * at.listed
        extra = _in_weeks(weeks, purchase.week, until) * size * at.revenue * at.season
        return Gain(size, "completions a week for a year", _by_group(extra, at.everybody), 0.0)
    scheme, use = purchase.scheme, _in_weeks(weeks, purchase.scheme.built_week, weeks)
    when = min(scheme.built_week, weeks - 1)
    if purchase.kind == "theatre":
        size = scheme.real * float(at.a_unit[when]) * at.listed
        extra = use * size * at.theatre * at.season
        a_year = size * float(at.theatre[-1]) * WEEKS_A_YEAR
        return Gain(size, "admitted completions a week", _by_group(extra, at.admitted), a_year)
    if purchase.kind == "equipment":
        stock = float(at.opening_stock[when])
        step = scheme.real / stock if stock > 0 else 0.0
        here = np.maximum(at.equipment, 1e-9)
        # without it: the index less its step, and of the work the share that goes with it
        lost = 1 - (np.maximum(here - step, 1e-9) / here) ** at.elasticity
        year = slice(-YEAR_OF_EFFECT, None)
        ahead = at.own_work[year].mean() * (((here[-1] + step) / here[-1]) ** at.elasticity[-1] - 1)
        now = (at.own_work[year] * lost[year]).mean() if scheme.built_week < weeks else ahead
        treatments = _by_group(use * at.own_work * lost, at.everybody)
        return Gain(100 * step, "% more equipment", treatments, float(now) * WEEKS_A_YEAR)
    return Gain(scheme.real, "GBP m of backlog", nothing, 0.0)


def _path(levels: list[Level], kind: str, position: int, weeks: int, opening: float) -> Array:
    """(week,) level at one position; what stands at the opening until something changes it."""
    path = np.full(weeks, opening)
    for level in levels:
        if level.kind == kind and position >= 0:
            path[level.week :] = level.values[position]
    return path


def _part(with_staff: Array, wanted: Array) -> Array:
    """Share of extra capacity that works; losses work in full."""
    return np.divide(with_staff, wanted, out=np.ones_like(wanted), where=wanted > 0)


def _in_weeks(weeks: int, first: int, end: int) -> Array:
    at = np.arange(weeks)
    return ((at >= first) & (at < end)).astype(np.float64)


def _treated(table: pa.Table, code: str, month_of_week: NDArray[np.int64]) -> tuple[Array, Array]:
    """(week, group) admitted and all completions of a trust: those of each month, spread over its weeks."""
    chosen = np.asarray(table.column("trust").to_numpy(zero_copy_only=False) == code)
    out = []
    for name in ("treated_admitted", "treated_non_admitted"):
        values = table.column(name).to_numpy(zero_copy_only=False)[chosen].astype(np.float64)
        by_month = values.reshape(-1, GROUPS) if values.size else np.zeros((int(month_of_week[-1]) + 1, GROUPS))
        # the table begins with all patients: what the fifths leave of them lives outside England
        outside = by_month[:, :1] - by_month[:, 1:].sum(axis=1, keepdims=True)
        by_group = np.maximum(np.concatenate([by_month[:, 1:], outside], axis=1), 0.0)
        weeks_in = np.bincount(month_of_week, minlength=by_group.shape[0])
        out.append((by_group / np.maximum(weeks_in, 1)[:, None])[month_of_week])
    return out[0], out[0] + out[1]


def _shares(groups: Array) -> Array:
    total = groups.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(groups, total, out=np.zeros_like(groups), where=total > 0))


def _by_group(extra: Array, shares: Array) -> tuple[float, ...]:
    return tuple(float(x) for x in extra @ shares)
