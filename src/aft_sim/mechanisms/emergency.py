"""Emergency admissions and the beds they take: what a week brings, and what a fuller hospital does (section 5.5).

Everything acts through the deviation from what a normal season brings: published capacity, prices and shares already
hold the average winter. Axes: i trust, k board of residence, q quintile. The opening is in `emergency_opening`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Array = NDArray[np.float64]


@dataclass
class Urgent:
    """Urgent care as it stands.

    Attributes:
        demand: (k, q) expected emergency admissions of an average week at the opening, people.
        share: (i, k * 5 + q) share of the admissions of a board and quintile that go to each trust; columns sum to 1.
        avoided: (k, q) share of expected admissions that care outside hospital avoids now. Written by population
            health alone.
        need: (k, q) need for care relative to the opening. Written by population health alone.
        stay: (i,) weeks that an emergency admission is treated in a bed at the opening; 0 where nobody is admitted.
        delayed: (i,) beds at the opening with patients who could leave.
        opening_beds, normal_occupied: (i,) overnight beds available and occupied at the opening.
        normal_four_hour: (i,) % of attendances within four hours at the opening, season taken out; NaN without A&E.
        attendances: (i,) of an average week at the opening, people.
        others: attendances of an average week at providers that are no NHS trust, and % of them within four hours.
        admissions: (i,) of the week.
        admissions_kq: (k, q) of the week.
        month_admissions, month_expected: (i,) of the month so far: what came, and what contracts foresaw (opening
            demand with growth and season, before shocks and avoidance).
        month_kq: (k, q) what came, by residence.
        held, held_normal: (i,) beds with emergency patients under treatment, and with those of a normal season.
        beds, occupied: (i,) overnight beds, available and occupied.
        occupancy: (i,) %, NaN without beds.
        bed_level: (i,) beds over those of the opening.
        four_hour: (i,) % of attendances within four hours, NaN without A&E.
        displaced: (i,) share of admitted elective capacity that emergencies displace; below 0 when they are few.
        category_2: mean ambulance response of England, minutes.
        weeks: of the month so far.
        month_attendances, month_within: (i,) attendances of the month so far, and those within four hours.
        month_others: attendances elsewhere.
        month_beds, month_occupied: (i,) beds of each week so far added up.
        month_displaced: (i,) admitted elective treatments displaced in the month so far.
        month_category_2: responses of each week so far added up.
    """

    demand: Array
    share: sparse.csr_array
    avoided: Array
    need: Array
    stay: Array
    delayed: Array
    opening_beds: Array
    normal_occupied: Array
    normal_four_hour: Array
    attendances: Array
    others: tuple[float, float]
    admissions: Array
    admissions_kq: Array
    month_admissions: Array
    month_expected: Array
    month_kq: Array
    held: Array
    held_normal: Array
    beds: Array
    occupied: Array
    occupancy: Array
    bed_level: Array
    four_hour: Array
    displaced: Array
    category_2: float
    weeks: int
    month_attendances: Array
    month_within: Array
    month_others: float
    month_beds: Array
    month_occupied: Array
    month_displaced: Array
    month_category_2: float

    def close_month(self) -> None:
        """Start a new month's sums."""
        for total in (
            self.month_admissions,
            self.month_expected,
            self.month_kq,
            self.month_attendances,
            self.month_within,
            self.month_beds,
            self.month_occupied,
            self.month_displaced,
        ):
            total[:] = 0.0
        self.weeks, self.month_others, self.month_category_2 = 0, 0.0, 0.0

    def activity(self) -> Array:
        """(i,) emergency admissions of the month over those that contracts foresaw; 1 where none were foreseen."""
        foreseen = self.month_expected
        return np.divide(self.month_admissions, foreseen, out=np.ones_like(foreseen), where=foreseen > 0)

    def spared(self) -> Array:
        """(i,) share of the admissions expected that care outside hospital avoids; below 0 where it adds some."""
        came = self.demand * self.need
        usual, gone = self.share @ came.ravel(), self.share @ (came * self.avoided).ravel()
        return np.asarray(np.divide(gone, usual, out=np.zeros_like(usual), where=usual > 0))


def bed_load(growth: float | Array, stay_fall: float | Array) -> Array:
    """Beds that a week's emergencies need over those of the opening, by week.

    Args:
        growth: (week,) growth of admissions a year.
        stay_fall: (week,) fall of beds per admission a year.

    Returns:
        (week,) one in the first week, and for ever where both are equal.
    """
    steps = (np.log1p(growth) - np.log1p(stay_fall)) * 7 / 365.25
    return np.asarray(np.exp(np.concatenate([[0.0], np.cumsum(steps[:-1])])))


def noise(z: Array, variation: float) -> Array:
    """Lognormal multiplier with mean one and a coefficient of variation, from standard normal deviates."""
    if variation == 0.0:
        return np.ones_like(z)
    s2 = np.log1p(variation**2)
    return np.asarray(np.exp(np.sqrt(s2) * z - s2 / 2))


def bed_use(multiplier: Array, share: float) -> Array:
    """Beds that admissions take over the normal season's, where there are more or fewer of them than normal.

    Args:
        multiplier: of admissions.
        share: bed use of those beyond normal, relative to the average admission.

    Returns:
        Of the same shape; one where the multiplier is one.
    """
    return np.asarray(1 + share * (multiplier - 1))


def by_residence(admitted: Array, share: sparse.csr_array, surge: Array) -> Array:
    """Admissions by board and quintile, (k, q), where some trusts admit more than usual of everybody they serve.

    Args:
        admitted: (k, q) before the surge.
        share: (i, k * 5 + q), columns sum to one.
        surge: (i,) multiplier of each trust.
    """
    if (surge == 1.0).all():  # columns add up to one but for rounding: without a surge nothing changes at all
        return admitted
    return np.asarray(admitted * (share.T @ surge).reshape(admitted.shape))


def cost_change(activity: Array, spared: Array, marginal: float, avoided: float) -> Array:
    """Change of the cost of emergencies, as a share of what their contract foresaw.

    An admission that care outside hospital avoids leaves its bed days to others, who stay longer, so that it saves less
    than one that never fell ill.

    Args:
        activity: (i,) admissions over those foreseen.
        spared: (i,) share of them that care outside hospital avoided.
        marginal: cost of an admission more or less, for any other reason, over the average.
        avoided: cost that an avoided one saves, over the average.
    """
    before = activity / (1 - spared)
    return np.asarray(marginal * (before - 1) - avoided * (before - activity))


def beds_next(held: Array, admissions: Array, stay: Array) -> Array:
    """Beds held at the end of a week: patients leave at the rate one over their mean stay, and come evenly.

    Args:
        held: (i,) beds at its beginning.
        admissions: (i,) of the week.
        stay: (i,) mean stay in weeks; 0 where nobody is admitted, which leaves the beds as they are.

    Returns:
        (i,); at constant admissions it goes to admissions times stay, whatever it was.
    """
    left: Array = np.exp(-np.divide(1.0, stay, out=np.zeros_like(stay), where=stay > 0))
    return np.asarray(held * left + admissions * stay * (1 - left))


def pressure(held: Array, held_normal: Array, delayed: Array, delayed_normal: Array, beds: Array) -> Array:
    """Beds that emergencies take beyond the normal season, % of the trust's beds at the opening, (i,)."""
    extra = (held + delayed) - (held_normal + delayed_normal)
    return np.asarray(np.divide(100 * extra, beds, out=np.zeros_like(beds), where=beds > 0))


def occupancy(occupied: Array, beds: Array) -> Array:
    """(i,) % of beds occupied, NaN without beds; above 100 patients lie elsewhere."""
    out = np.full(beds.shape, np.nan)
    return np.asarray(np.divide(100 * occupied, beds, out=out, where=beds > 0))


def four_hour(level: Array, season: float, slope: float, beyond: Array) -> Array:
    """Share of attendances within four hours, %.

    Args:
        level: (i,) of each trust, season taken out; NaN without A&E.
        season: points of the time of year.
        slope: points for a point of occupancy.
        beyond: (i,) points of occupancy beyond the normal season, 0 without beds.
    """
    return np.asarray(np.minimum(np.maximum(level + season + slope * beyond, 0.0), 100.0))


def displaced(beyond: Array, share: float) -> Array:
    """Share of admitted elective capacity displaced, (i,); below 0 where emergencies free beds.

    Args:
        beyond: (i,) see `pressure`.
        share: displaced for a point.
    """
    return np.asarray(np.minimum(np.maximum(share * beyond, -1.0), 1.0))
