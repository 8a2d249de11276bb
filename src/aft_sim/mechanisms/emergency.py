"""Emergency admissions and the beds they take: who comes, where to, and what a fuller hospital does (section 5.5).

Everything acts through the deviation from what a normal season brings: published capacity, prices and shares already
hold the average winter. Axes: i trust, k board of residence, q quintile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from aft_sim.baseline.bundle import Bundle
from aft_sim.mechanisms.referrals import gradient, split_by_quintile

Array = NDArray[np.float64]

QUINTILES = 5
HALVINGS = 50
"""By which the one factor is found that meets a published ratio; more than doubles resolve."""


@dataclass
class Urgent:
    """Urgent care as it stands.

    Attributes:
        demand: (k, q) expected emergency admissions of an average week at the opening, people.
        share: (i, k * 5 + q) share of the admissions of a board and quintile that go to each trust; columns sum to 1.
        avoided: (k, q) share of expected admissions that care outside hospital avoids now. Written by population
            health alone.
        need: (k, q) need for care relative to the opening. Written by population health alone.
        admissions: (i,) of the week.
        admissions_kq: (k, q) of the week.
        month_admissions, month_expected: (i,) of the month so far: what came, and what contracts foresaw (opening
            demand with growth and season, before shocks and avoidance).
        month_kq: (k, q) what came, by residence.
        beds, occupied: (i,) overnight beds, available and occupied.
        occupancy: (i,) %, NaN without beds.
        four_hour: (i,) % of attendances within four hours, NaN without A&E.
        displaced: (i,) share of admitted elective capacity that emergencies displace; below 0 when they are few.
        held, held_normal: (i,) beds that hold emergency patients under treatment, and in a normal season.
        category_2: mean ambulance response of England, minutes.
    """

    demand: Array
    share: sparse.csr_array
    avoided: Array
    need: Array
    admissions: Array
    admissions_kq: Array
    month_admissions: Array
    month_expected: Array
    month_kq: Array
    beds: Array
    occupied: Array
    occupancy: Array
    four_hour: Array
    displaced: Array
    held: Array
    held_normal: Array
    category_2: float

    def close_month(self) -> None:
        """Start a new month's sums."""
        for total in (self.month_admissions, self.month_expected, self.month_kq):
            total[:] = 0.0


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


def opened(bundle: Bundle, ratio: float, bed_share: float) -> Urgent:
    """Urgent care on the first Monday.

    Args:
        bundle: the baseline.
        ratio: admissions per head, most to least deprived fifth.
        bed_share: share of England's occupied overnight beds that hold emergency patients.
    """
    found = catchment(bundle, ratio)
    facts, demand = bundle.facts, found.demand
    admissions = found.flow.sum(axis=(1, 2))
    beds, occupied = (np.nan_to_num(facts[f"beds.{what}"]) for what in ("available", "occupied"))
    held = emergency_beds(admissions, occupied, bed_share * float(occupied.sum()))
    month = str(bundle.summary["period"])[:7]
    trusts = len(admissions)
    return Urgent(
        demand=demand,
        share=found.share(),
        avoided=np.zeros_like(demand),
        need=np.ones_like(demand),
        admissions=admissions,
        admissions_kq=demand.copy(),
        month_admissions=np.zeros(trusts),
        month_expected=np.zeros(trusts),
        month_kq=np.zeros_like(demand),
        beds=beds,
        occupied=occupied,
        occupancy=np.divide(100 * occupied, beds, out=np.full(trusts, np.nan), where=beds > 0),
        four_hour=100 * facts.stated("emergency.within_4h"),
        displaced=np.zeros(trusts),
        held=held,
        held_normal=held.copy(),
        category_2=float(bundle.urgent.year_to("category_2", month).mean()),
    )
