"""The week of urgent care: emergencies come, take beds, and what a fuller hospital does follows.

Formulas stand in `mechanisms.emergency`, the state in `World.urgent`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.urgent import MEASURES
from aft_sim.basis import streams
from aft_sim.basis.calendar import Calendar
from aft_sim.mechanisms import emergency
from aft_sim.mechanisms.production import growth_index
from aft_sim.world import World

Array = NDArray[np.float64]

QUARTER = (0, 1, 2)
"""January to March, the months of the year of which trusts' beds are published."""
LEVELS = ("surge", "stay", "delays", "beds")


class UrgentRound:
    """Wires urgent care of one run."""

    def __init__(self, world: World, draws: streams.Streams) -> None:
        """Prepare the paths over the weeks."""
        self._world, self._draws = world, draws
        b, p = world.bundle, world.plan.parameters
        strength = p.opening("run.season")
        season = _season(b, world.plan.calendar)
        self._season = 1 + strength * (season[MEASURES.index("admissions")] - 1)
        quarter = float(b.urgent.season[MEASURES.index("occupancy"), list(QUARTER)].mean())
        self._fuller = strength * (season[MEASURES.index("occupancy")] - quarter)
        self._slower = strength * season[MEASURES.index("four_hour")]
        self._later = strength * season[MEASURES.index("category_2")]
        self._growth = growth_index(p.path("emergency.growth"))
        self._load = emergency.bed_load(p.path("emergency.growth"), p.path("emergency.stay_fall"))
        self._places = streams.words(("England", *b.icb_code))
        self._bedded = world.urgent.opening_beds > 0
        self._departments = np.isfinite(world.urgent.four_hour)
        self._response = world.urgent.category_2
        self._seasonal = world.urgent.stay > 0
        self._admitting = np.flatnonzero(self._seasonal)
        self._usual = world.urgent.share @ world.urgent.demand.ravel()

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    def _chance(self, week: int) -> Array:
        """(board, 1) multiplier of the week: what all England shares, and each board's own."""
        scale = self._p("run.chance", week)
        z = streams.normal(self._draws.chance("emergency admissions", week, self._places))
        shared = emergency.noise(z[:1], self._p("emergency.national_noise", week) * scale)
        return np.asarray(shared * emergency.noise(z[1:], self._p("emergency.board_noise", week) * scale))[:, None]

    def arrive(self, week: int) -> None:
        """Emergencies come and take beds; the four-hour share, responses and displaced work follow."""
        u, p = self._world.urgent, self._world.plan.parameters
        trusts = len(u.beds)
        surge, stay, delays, beds = (p.by_trust(f"emergency.{name}", week, trusts)[0] for name in LEVELS)
        foreseen, needed = self._season[week] * self._growth[week], self._season[week] * self._load[week]
        chance = self._chance(week)
        came = u.demand * (u.need * chance * (1 - u.avoided))
        u.admissions[:] = surge * (u.share @ came.ravel()) * foreseen
        u.admissions_kq[:] = emergency.by_residence(came * foreseen, u.share, surge)
        u.month_admissions += u.admissions
        u.month_expected += self._usual * foreseen
        u.month_kq += u.admissions_kq
        # those who come beyond the normal season, and those who stay away, are mostly short stays
        margin = self._p("emergency.marginal_stay", week)
        treated = (1 - u.avoided) * self._world.health.stay
        takes = u.demand * (u.need * emergency.bed_use(chance, margin) * treated)
        takes_beds = emergency.bed_use(surge, margin) * (u.share @ takes.ravel()) * needed
        u.held[:] = emergency.beds_next(u.held, takes_beds, u.stay * stay)
        u.held_normal[:] = emergency.beds_next(u.held_normal, self._usual * self._season[week], u.stay)
        self._fill(week, delays, beds)

    def _fill(self, week: int, delays: Array, level: Array) -> None:
        """Beds, occupancy, and what follows from it."""
        u = self._world.urgent
        beyond = emergency.pressure(u.held, u.held_normal, u.delayed * delays, u.delayed, u.opening_beds)
        u.displaced[:] = emergency.displaced(beyond, self._p("emergency.displacement", week))
        usual = u.normal_occupied + np.where(self._seasonal, u.opening_beds * (self._fuller[week] / 100), 0.0)
        u.bed_level[:] = level
        u.beds[:] = u.opening_beds * level
        u.occupied[:] = np.maximum(usual + beyond * (u.opening_beds / 100), 0.0)
        u.occupancy[:] = emergency.occupancy(u.occupied, u.beds)
        fuller = np.where(self._bedded, u.occupancy - emergency.occupancy(usual, u.opening_beds), 0.0)
        slope = self._p("emergency.four_hour_slope", week)
        u.four_hour[:] = emergency.four_hour(u.normal_four_hour, self._slower[week], slope, fuller)
        taken, there, normal, opening = (
            float(x.take(self._admitting).sum()) for x in (u.occupied, u.beds, usual, u.opening_beds)
        )
        england = 100 * (taken / there - normal / opening)
        slower = self._p("emergency.response_slope", week) * england
        u.category_2 = max(self._response + self._later[week] + slower, 0.0)
        self._add_up(week)

    def _add_up(self, week: int) -> None:
        """Sums of the month."""
        u = self._world.urgent
        come = self._season[week] * self._growth[week]
        u.weeks += 1
        u.month_attendances += u.attendances * come
        u.month_within += np.where(self._departments, u.attendances * (come / 100) * u.four_hour, 0.0)
        u.month_others += u.others[0] * come
        u.month_beds += u.beds
        u.month_occupied += u.occupied
        u.month_category_2 += u.category_2

    def displace(self, admitted: Array, season: float) -> Array:
        """(row,) admitted elective capacity that emergencies leave.

        Args:
            admitted: (row,) capacity of a standard week.
            season: of the week, to count what is displaced.
        """
        u, b = self._world.urgent, self._world.bundle
        trust = b.provider_trust[b.row_provider]
        own = trust >= 0
        lost = np.where(own, admitted * u.displaced[trust], 0.0)
        u.month_displaced += np.bincount(trust[own], lost[own] * season, len(u.displaced))
        return np.asarray(admitted - lost)


@lru_cache(maxsize=8)
def _season(bundle: Bundle, calendar: Calendar) -> Array:
    """(measure, week); runs of a window share it."""
    season = bundle.urgent.weekly_season(calendar)
    season.flags.writeable = False
    return season
