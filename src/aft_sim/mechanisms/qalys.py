"""Health in QALYs that the simulated flows of people bring: treatment, waiting, prevention.

Money enters as prevention only. What money would have bought elsewhere is `net_health_benefit`'s affair, so that no
pound whose activity is simulated is valued twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PathwayHealth:
    """What a pathway is worth, QALYs.

    Attributes:
        admitted, non_admitted: gained by a completed pathway.
        to_come: (row,) expected of somebody on the list.
        a_year_late: (row,) lost by somebody on the list in a year.
    """

    admitted: float
    non_admitted: float
    to_come: Array
    a_year_late: Array


def pathway_health(
    value: Callable[[str], float], admitted: Array, non_admitted: Array, removal_share: Array
) -> PathwayHealth:
    """What pathways are worth, by the register's parameters and the opening's mix of each row.

    Treatment improves life by so much for so many years; while somebody waits, those years pass. Those who will leave
    the list untreated gain and lose nothing.

    Args:
        value: a parameter's value by name.
        admitted, non_admitted: (row,) completions of the opening.
        removal_share: (row,) share of starts that leave without treatment.
    """
    better = np.array([value("health.gain_admitted"), value("health.gain_non_admitted")])
    done = admitted + non_admitted
    inside = np.divide(admitted, done, out=np.zeros_like(done), where=done > 0)
    mean = (inside * better[0] + (1 - inside) * better[1]) * np.clip(1 - removal_share, 0.0, 1.0)
    gained = better * value("health.gain_years")
    return PathwayHealth(float(gained[0]), float(gained[1]), mean * value("health.gain_years"), mean)


def treatment(admitted: Array, non_admitted: Array, more_waiting: Array, spared: Array, worth: PathwayHealth) -> Array:
    """(row, group) QALYs of treatment in a month: given, and still to come for those who wait.

    Whoever waits at the end of a run is late, not lost. Those whom prevention spared the need lose nothing by not being
    treated.

    Args:
        admitted, non_admitted: (row, group) completed pathways.
        more_waiting: (row, group) growth of the list.
        spared: (row, group) clock starts that lower need has spared.
        worth: of pathways.
    """
    given = worth.admitted * admitted + worth.non_admitted * non_admitted
    return np.asarray(given + worth.to_come[:, None] * (more_waiting + spared))


def waiting(people: Array, years: float, worth: PathwayHealth) -> Array:
    """(row, group) QALYs that people on the list lose; negative.

    Args:
        people: (row, group) on the list.
        years: for which they wait.
        worth: of pathways.
    """
    return np.asarray(-worth.a_year_late[:, None] * people * years)


def prevention(spending: Array, weights: Array, cost: float) -> Array:
    """(board, quintile) QALYs bought by prevention, counted when the money is spent.

    Args:
        spending: (board, quintile) GBP m as good as the opening's last pound.
        weights: (quintile,) health bought by a pound a head, mean one.
        cost: GBP per QALY.
    """
    return np.asarray(spending * weights * 1e6 / cost)


def net_health_benefit(flows: Array, displaced: Array, cost: Array) -> Array:
    """QALYs of flows less those that the money would have bought in care that is not simulated.

    Args:
        flows: QALYs of simulated people, (...).
        displaced: GBP m that simulated care takes from other care, (...).
        cost: GBP per QALY at the margin of the NHS, (...).
    """
    return np.asarray(flows - displaced * 1e6 / cost)
