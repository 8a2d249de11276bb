"""The waiting list as the monthly return shows it, counted in one pass over its cells."""

from dataclasses import dataclass
from typing import Self

import numba
import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms.waiting_list import GROUPS, WEEKS, FloatArray


@dataclass(frozen=True, slots=True)
class Counts:
    """The list at one moment: people by row and group (``[R, 6]``) unless another shape is named.

    Attributes:
        people: everyone waiting.
        within_18: waited less than 18 weeks.
        over_52: waited 52 weeks or more.
        over_65: waited 65 weeks or more.
        weeks_waited: sum of weeks waited, each person at the middle of the weekly band (104.5 in the open band).
        by_sector: people by sector (0 = NHS trusts, 1 = independent), group and weeks waited, ``[2, 6, 105]``.
    """

    people: FloatArray
    within_18: FloatArray
    over_52: FloatArray
    over_65: FloatArray
    weeks_waited: FloatArray
    by_sector: FloatArray

    @classmethod
    def of(cls, n: FloatArray, is_trust: NDArray[np.bool_]) -> Self:
        """Counts of this list; arguments as ``update``."""
        people, within_18, over_52, over_65, weeks_waited = (np.zeros((len(n), GROUPS)) for _ in range(5))
        counts = cls(people, within_18, over_52, over_65, weeks_waited, np.zeros((2, GROUPS, WEEKS)))
        counts.update(n, is_trust)
        return counts

    def update(self, n: FloatArray, is_trust: NDArray[np.bool_]) -> None:
        """Counts the list anew, in place.

        Args:
            n: people waiting, ``[R, 6, 105]``.
            is_trust: whether each row belongs to an NHS trust, ``[R]``.
        """
        _count(n, is_trust, self.people, self.within_18, self.over_52, self.over_65, self.weeks_waited, self.by_sector)

    def mean_wait(self) -> FloatArray:
        """Mean weeks waited in each row, all groups together, ``[R]``; NaN where nobody waits."""
        people = self.people.sum(axis=1)
        nobody = np.full(len(people), np.nan)
        return np.asarray(np.divide(self.weeks_waited.sum(axis=1), people, out=nobody, where=people > 0))


@numba.njit(cache=True, fastmath={"reassoc", "contract", "nsz"})
def _count(
    n: FloatArray,
    is_trust: NDArray[np.bool_],
    people: FloatArray,
    within_18: FloatArray,
    over_52: FloatArray,
    over_65: FloatArray,
    weeks_waited: FloatArray,
    by_sector: FloatArray,
) -> None:
    by_sector[:] = 0.0
    for r in range(n.shape[0]):
        sector = 0 if is_trust[r] else 1
        for q in range(GROUPS):
            short, middle, long, longest, waited = 0.0, 0.0, 0.0, 0.0, 0.0
            for w in range(18):
                short += n[r, q, w]
            for w in range(18, 52):
                middle += n[r, q, w]
            for w in range(52, 65):
                long += n[r, q, w]
            for w in range(65, WEEKS):
                longest += n[r, q, w]
            people[r, q] = short + middle + long + longest
            within_18[r, q] = short
            over_52[r, q] = long + longest
            over_65[r, q] = longest
            if people[r, q] > 0.0:
                for w in range(WEEKS):
                    waited += (w + 0.5) * n[r, q, w]
                    by_sector[sector, q, w] += n[r, q, w]
            weeks_waited[r, q] = waited
