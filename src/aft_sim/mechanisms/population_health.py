"""Care outside hospital, prevention, and the need for care that follows from them.

One channel leads from community care to hospitals: fewer emergency admissions. Prevention lowers need, which referrals
and emergencies follow, years later. Axes: k board, q deprivation fifth of its residents (0 the most deprived).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Health:
    """Care outside hospital and need, (board, quintile) unless said otherwise; money GBP m a year, opening prices.

    What others write is the first three; a writer adds its own change, so that several may.

    Attributes:
        dose: residents under an integrated programme, as a share, times its intensity (1: as the programmes that were
            evaluated).
        community_extra, prevention_extra: spending above the opening's, outside integrated programmes, and on
            prevention by whomever.
        community_base, prevention_base: (board,) spending at the opening, the same for each resident of a board.
        residents: people at the opening.
        avoided: share of emergency admissions avoided by care outside hospital; what is below zero is added.
        stay: length of stay over the opening's: those who are still admitted stay longer, so that bed days hardly move.
        need: need for care over the opening's: a factor of referrals and of emergency admissions.
    """

    dose: Array
    community_extra: Array
    prevention_extra: Array
    community_base: Array
    prevention_base: Array
    residents: Array
    avoided: Array
    stay: Array
    need: Array


def open_health(population: Array, community: Array, prevention: Array) -> Health:
    """The opening: no programmes, nothing extra, need as it is.

    Args:
        population: (board, quintile) residents.
        community, prevention: (board,) GBP m a year.
    """
    shape = population.shape
    return Health(
        dose=np.zeros(shape),
        community_extra=np.zeros(shape),
        prevention_extra=np.zeros(shape),
        community_base=np.array(community),
        prevention_base=np.array(prevention),
        residents=np.array(population),
        avoided=np.zeros(shape),
        stay=np.ones(shape),
        need=np.ones(shape),
    )
