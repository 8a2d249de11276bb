"""Urgent care of a month in the tables: by England's fifths, region, board of residence and trust.

Who comes is known by residence. What a hospital offers - beds, the four hours, displaced work - is shared among those
it serves: a fifth's or board's part of a trust is its part of the trust's emergency admissions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms.referrals import summing
from aft_sim.world import QUINTILES, World

Array = NDArray[np.float64]

VISITS, BEDS = ("attendances", "within_four_hours"), ("beds", "occupied_beds")


class UrgentTables:
    """Turns a month's sums into the columns of the tables."""

    def __init__(self, world: World, region: Sequence[int], regions: int) -> None:
        """Prepare who is served by whom.

        Args:
            world: what is recorded.
            region: (trust,) region of each.
            regions: their number.
        """
        self._world = world
        u, b = world.urgent, world.bundle
        flow = u.share.toarray().reshape(-1, *u.demand.shape) * u.demand
        admitted = flow.sum(axis=(1, 2))
        # where nobody is admitted, residents of the trust's board come, or of all England
        people = b.population / b.population.sum()
        for i in np.flatnonzero(admitted <= 0):
            k = b.trusts.icb[i]
            flow[i] = people if k < 0 else np.where(np.arange(len(people))[:, None] == k, people, 0.0)
        served = flow / flow.sum(axis=(1, 2), keepdims=True)
        self._share = u.share.toarray().reshape(-1, *u.demand.shape)
        self._fifths = served.sum(axis=1)
        self._residents = served.reshape(len(served), -1).T
        self._england = u.demand.sum(axis=0) / u.demand.sum()
        # rows of the independent sector go to one more place, which is left out
        trust = b.provider_trust[b.row_provider]
        self._to_trust = summing(np.where(trust >= 0, trust, len(flow)), len(flow) + 1)
        self._to_region = summing(np.asarray(region), regions)
        self._listed = b.provider_trust[b.provider_trust >= 0]

    def month(self) -> Mapping[str, Mapping[str, Array]]:
        """Columns of the month that closes, by table."""
        u = self._world.urgent
        weeks = max(u.weeks, 1)
        offered = {
            "attendances": u.month_attendances,
            "within_four_hours": u.month_within,
            "beds": u.month_beds / weeks,
            "occupied_beds": u.month_occupied / weeks,
        }
        by_trust = {name: values[:, None] * self._fifths for name, values in offered.items()}
        came = (self._share * u.month_kq).sum(axis=1)
        total = came.sum(axis=1, keepdims=True)
        by_trust["emergency_admissions"] = np.divide(
            came * u.month_admissions[:, None], total, out=np.zeros_like(came), where=total > 0
        )
        displaced, displaced_of = self._displaced()
        trust = {name: _with_all(values[self._listed]) for name, values in by_trust.items()}
        residents = {name: (self._residents @ offered[name]).reshape(u.month_kq.shape) for name in VISITS}
        residents["emergency_admissions"] = u.month_kq
        region = {name: np.asarray(self._to_region @ values.sum(axis=1)) for name, values in by_trust.items()}
        return {
            "trust": trust | {"displaced": displaced},
            "icb_quintile": {name: _with_all(values) for name, values in residents.items()},
            "region": region,
            "england": self._of_england(by_trust, displaced_of, weeks),
        }

    def _displaced(self) -> tuple[Array, Array]:
        """(listed trust, all and quintiles) elective admissions displaced, and (all, english and quintiles)."""
        w = self._world
        treated = np.asarray(self._to_trust @ w.month.treated_admitted)[:-1]
        whole = treated.sum(axis=1, keepdims=True)
        share = np.divide(treated, whole, out=np.zeros_like(treated), where=whole > 0)
        lost = w.urgent.month_displaced[:, None] * share
        own = lost[self._listed]
        table = np.concatenate([own.sum(axis=1, keepdims=True), own[:, :QUINTILES]], axis=1)
        fifths = own[:, :QUINTILES].sum(axis=0)
        return table, np.concatenate([[own.sum(), fifths.sum()], fifths])

    def _of_england(self, by_trust: Mapping[str, Array], displaced: Array, weeks: int) -> dict[str, Array]:
        """(basis, all and quintiles): England, everybody, NHS trusts, the independent sector."""
        u = self._world.urgent
        others = u.month_others * self._england
        elsewhere = {"attendances": others, "within_four_hours": others * (u.others[1] / 100)}
        out = {}
        for name, values in by_trust.items():
            nhs = values.sum(axis=0) if name != "emergency_admissions" else u.month_kq.sum(axis=0)
            other = elsewhere.get(name, np.zeros(QUINTILES))
            out[name] = _with_all(np.stack([nhs + other, nhs + other, nhs, other]))
        english, nobody = displaced[1:], np.zeros(QUINTILES + 1)
        out["displaced"] = np.stack([english, np.concatenate([displaced[:1], displaced[2:]]), english, nobody])
        out["category_2_minutes"] = np.full((4, QUINTILES + 1), u.month_category_2 / weeks)
        return out


def _with_all(values: Array) -> Array:
    """(x, quintile) to (x, all and quintiles)."""
    return np.concatenate([values.sum(axis=1, keepdims=True), values], axis=1)
