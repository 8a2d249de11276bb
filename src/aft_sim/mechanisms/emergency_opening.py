"""Urgent care at the opening: who is admitted where, which beds emergencies take, and what trusts publish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.facts import BY_NAME
from aft_sim.basis.units import DAYS_PER_WEEK, DAYS_PER_YEAR
from aft_sim.mechanisms.emergency import Urgent, occupancy
from aft_sim.mechanisms.referrals import gradient, split_by_quintile

Array = NDArray[np.float64]

QUINTILES = 5
HALVINGS = 50
"""By which the one factor is found that meets a published ratio; more than doubles resolve."""


@dataclass(frozen=True)
class Catchment:
    """Whose emergencies each trust admits at the opening.

    Attributes:
        flow: (i, k, q) admissions of an average week, people.
        exponent: ratio of use between the extreme fifths within a board at which England shows the wanted one.
    """

    flow: Array
    exponent: float

    @property
    def demand(self) -> Array:
        """(k, q) admissions of an average week."""
        return np.asarray(self.flow.sum(axis=0))

    def share(self) -> sparse.csr_array:
        """(i, k * 5 + q) shares of each board and quintile by trust."""
        flat = self.flow.reshape(len(self.flow), -1)
        total = flat.sum(axis=0)
        return sparse.csr_array(np.divide(flat, total, out=np.zeros_like(flat), where=total > 0))


def weekly_by_trust(bundle: Bundle) -> Array:
    """(i,) emergency admissions of an average week at the opening, people.

    England's are those published for the year that ends with the lists' month; trusts share them as in the month for
    which they are published by trust.
    """
    month = str(bundle.summary["period"])[:7]
    published = np.nan_to_num(bundle.facts["emergency.admissions"])
    return np.asarray(published / published.sum() * bundle.urgent.weekly_rate(month))


@lru_cache(maxsize=4)
def catchment(bundle: Bundle, ratio: float) -> Catchment:
    """Whose emergencies each trust admits: published catchments, raked to their mix by deprivation.

    Within a trust and board, residents of a fifth come in proportion to their number and a log-linear gradient; its
    size is solved so that England's rate in the most deprived fifth is `ratio` times that in the least. Trusts
    without a published catchment admit residents of their own board.

    Args:
        bundle: the baseline.
        ratio: admissions per head, most to least deprived fifth.
    """
    weekly = weekly_by_trust(bundle)
    where = np.nan_to_num(bundle.catchment_icb)
    lost = (where.sum(axis=1) <= 0) & (weekly > 0)
    where[lost, bundle.trusts.icb[lost]] = 1.0
    where /= np.maximum(where.sum(axis=1, keepdims=True), 1e-300)  # packaged in single precision
    trust, board = np.nonzero(where * weekly[:, None])
    starts = (where * weekly[:, None])[trust, board]
    mix = (bundle.population / bundle.population.sum(axis=1, keepdims=True))[board]
    people = bundle.population.sum(axis=0)

    def split(size: float) -> Array:
        use = np.broadcast_to(gradient(size), mix.shape)
        # the published mix is of residents: what they use of emergency care is the mix times the gradient
        known = bundle.trusts.catchment * gradient(size)
        known = known / known.sum(axis=1, keepdims=True)
        return split_by_quintile(starts, mix, use, trust, known)

    low, high = np.log(ratio) - 3.0, np.log(ratio) + 3.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        rate = split(float(np.exp(middle))).sum(axis=0) / people
        low, high = (middle, high) if rate[0] / rate[-1] < ratio else (low, middle)
    size = float(np.exp((low + high) / 2))
    to_quintiles = np.zeros((len(weekly), len(bundle.icb_code), QUINTILES))
    to_quintiles[trust, board] = split(size)
    to_quintiles.flags.writeable = False
    return Catchment(to_quintiles, size)


def emergency_beds(admissions: Array, occupied: Array, beds: float) -> Array:
    """(i,) occupied beds that hold emergency patients, so many in all.

    By trust nobody publishes it. The odds that a bed holds an emergency patient rise in proportion to emergency
    admissions per occupied bed, so stays are longer where few of a trust's beds are for emergencies.

    Args:
        admissions: (i,) of an average week.
        occupied: (i,) overnight beds occupied.
        beds: their sum.
    """
    here = (admissions > 0) & (occupied > 0)
    load = np.divide(admissions, occupied, out=np.zeros_like(occupied), where=here)
    low, high = -20.0, 20.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        odds = np.exp(middle) * load
        low, high = (middle, high) if (occupied * odds / (1 + odds)).sum() < beds else (low, middle)
    odds = np.exp((low + high) / 2) * load
    return np.asarray(occupied * odds / (1 + odds))


def published_month(bundle: Bundle) -> str:
    """Month for which urgent care is published by trust, such as "2026-05"."""
    return f"{datetime.strptime(BY_NAME['emergency.attendances'].period, '%B %Y'):%Y-%m}"


def _attendances(bundle: Bundle) -> tuple[Array, tuple[float, float]]:
    """(i,) attendances of an average week; those at providers that are no NHS trust, and % within four hours there."""
    facts, series, month = bundle.facts, bundle.urgent, published_month(bundle)
    there = np.nan_to_num(facts["emergency.attendances"])
    within = there * np.nan_to_num(facts["emergency.within_4h"])
    england = series.at("attendances", month)
    year = float(series.year_to("attendances", str(bundle.summary["period"])[:7]).sum())
    week = year * DAYS_PER_WEEK / DAYS_PER_YEAR / england
    elsewhere = england - float(there.sum())
    share = (series.at("four_hour", month) * england - 100 * float(within.sum())) / elsewhere
    return there * week, (elsewhere * week, float(np.clip(share, 0.0, 100.0)))


def opened(bundle: Bundle, value: Callable[[str], float]) -> Urgent:
    """Urgent care on the first Monday.

    Args:
        bundle: the baseline.
        value: value of a parameter of the register at the opening.
    """
    found = catchment(bundle, value("emergency.deprivation_gradient"))
    facts, demand = bundle.facts, found.demand
    admissions = found.flow.sum(axis=(1, 2))
    beds, occupied = (np.nan_to_num(facts[f"beds.{what}"]) for what in ("available", "occupied"))
    share, late = value("emergency.bed_share"), value("emergency.delayed_share")
    emergency = emergency_beds(admissions, occupied, share * float(occupied.sum()))
    delayed = emergency * (late / share)
    held = emergency - delayed
    attendances, others = _attendances(bundle)
    month = published_month(bundle)
    four_hour = 100 * facts["emergency.within_4h"]
    trusts = len(admissions)
    sums = ("admissions", "expected", "attendances", "within", "beds", "occupied", "displaced")
    return Urgent(
        demand=demand,
        share=found.share(),
        avoided=np.zeros_like(demand),
        need=np.ones_like(demand),
        stay=np.divide(held, admissions, out=np.zeros(trusts), where=admissions > 0),
        delayed=delayed,
        opening_beds=beds,
        normal_occupied=occupied,
        normal_four_hour=four_hour - bundle.urgent.season_of("four_hour", month),
        attendances=attendances,
        others=others,
        admissions=admissions,
        admissions_kq=demand.copy(),
        month_kq=np.zeros_like(demand),
        held=held,
        held_normal=held.copy(),
        beds=beds.copy(),
        occupied=occupied.copy(),
        occupancy=occupancy(occupied, beds),
        bed_level=np.ones(trusts),
        four_hour=four_hour,
        displaced=np.zeros(trusts),
        category_2=float(bundle.urgent.year_to("category_2", str(bundle.summary["period"])[:7]).mean()),
        weeks=0,
        month_others=0.0,
        month_category_2=0.0,
        **{f"month_{name}": np.zeros(trusts) for name in sums},
    )
