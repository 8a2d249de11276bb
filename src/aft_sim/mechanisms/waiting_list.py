"""The waiting list: one week for every provider and specialty in England in a few milliseconds.

The list is a cohort array ``n[row, group, week]`` of people still waiting. A row is one treatment function
at one provider; a group is a fifth of English areas by deprivation (index 0 = most deprived) or, at index
5, residents of areas outside England; a week is the number of whole weeks waited, and index 104 holds
everyone who has waited 104 weeks or more. Counts are expected numbers of people and may be fractions.

Order of events inside one week, per row:

1. everyone waiting grows one week older, so that at a week's end those who joined in it stand at week 0, as in the
   published returns;
2. half of the week's removals leave (routine removals first, then validation of waits of 18 weeks and more);
3. people join: new clock starts at week 0, late registrations at weeks 1 to 5, returns at 18 weeks and over;
4. admitted treatment;
5. non-admitted treatment, from those who remain;
6. the other half of the removals leaves.

Halving the removals around treatment removes the bias of a weekly step against continuous time. ``advance``
is the compiled version; ``waiting_list_reference.advance_reference`` says the same in plain numpy and is
its oracle. Results are the same to the last bit in every run and process on one kind of processor and
version of numba.
"""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms.waiting_list_kernel import DUST, GROUPS, LATE_WEEKS, LONG_WAIT, WEEKS, kernel

__all__ = [
    "DUST",
    "GROUPS",
    "LATE_WEEKS",
    "LONG_WAIT",
    "WEEKS",
    "FloatArray",
    "WeekFlows",
    "WeekInputs",
    "advance",
    "check_arrays",
    "imbalance",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WeekInputs:
    """What happens to the list in one week.

    Every array is float64, C-contiguous and non-negative. Of hazards, priorities and access only proportions
    within a row matter.

    Attributes:
        arrivals: people who start their clock this week, ``[R, 6]``.
        late: people registered late, by weeks already waited 1 to 5, ``[R, 6, 5]``.
        returns: people put back on the list after a validation removal, ``[R, 6]``.
        removals: routine removals (other than treatment), people a week, ``[R]``.
        validated: removals by validation of waits of 18 weeks and over, people a week, ``[R]``.
        removal_hazard: relative chance of routine removal by weeks waited, ``[105]``.
        priority_adm: relative chance of admitted treatment by weeks waited, ``[R, 105]``.
        priority_non: the same for non-admitted treatment, ``[R, 105]``.
        access: relative chance of treatment of each group at equal wait, ``[R, 6]``, both services.
        capacity_adm: most admitted treatments the row can give this week, ``[R]``.
        capacity_non: the same for non-admitted treatments, ``[R]``.
        pressure: factor on both priorities at ``pressure_from`` weeks and over (a dated target), ``[R]``;
            None is a factor of one everywhere.
        pressure_from: whole weeks waited from which the pressure acts, 0 to 105.
    """

    arrivals: FloatArray
    late: FloatArray
    returns: FloatArray
    removals: FloatArray
    validated: FloatArray
    removal_hazard: FloatArray
    priority_adm: FloatArray
    priority_non: FloatArray
    access: FloatArray
    capacity_adm: FloatArray
    capacity_non: FloatArray
    pressure: FloatArray | None = None
    pressure_from: int = LONG_WAIT


@dataclass(frozen=True, slots=True)
class WeekFlows:
    """People who left the list in one week, those who remain, and capacity that found nobody to treat.

    ``advance`` overwrites every element, so one object serves week after week; copy what is to be kept.

    Attributes:
        treated_adm: admitted treatments, ``[R, 6]``.
        treated_non: non-admitted treatments, ``[R, 6]``.
        removed: routine removals, both halves, ``[R, 6]``.
        validated_out: validation removals, both halves, ``[R, 6]``.
        waiting: people on the list at the end of the week, ``[R, 6]``.
        unmet_adm: admitted capacity not used because the list ran out, ``[R]``.
        unmet_non: the same for non-admitted capacity, ``[R]``.
    """

    treated_adm: FloatArray
    treated_non: FloatArray
    removed: FloatArray
    validated_out: FloatArray
    waiting: FloatArray
    unmet_adm: FloatArray
    unmet_non: FloatArray

    @classmethod
    def allocate(cls, rows: int) -> Self:
        """Zeroed flows for ``rows`` rows; ``advance`` overwrites every element each week."""
        by_group = (rows, GROUPS)
        return cls(
            treated_adm=np.zeros(by_group),
            treated_non=np.zeros(by_group),
            removed=np.zeros(by_group),
            validated_out=np.zeros(by_group),
            waiting=np.zeros(by_group),
            unmet_adm=np.zeros(rows),
            unmet_non=np.zeros(rows),
        )

    def left(self) -> FloatArray:
        """Everyone who left the list in the week, ``[R, 6]``."""
        return self.treated_adm + self.treated_non + self.removed + self.validated_out


def advance(n: FloatArray, inputs: WeekInputs, flows: WeekFlows) -> WeekFlows:
    """Moves the whole list forward by one week, in place.

    Treatment of a service in a cell is ``min(n, kappa * priority[w] * access[group] * n)`` with the one
    ``kappa`` per row at which the total equals the capacity, or all people with a positive chance if there
    are fewer of them. Routine removals are spread the same way over ``removal_hazard``, validation evenly
    over 18 weeks and more. The first call in a process loads the compiled kernel from numba's cache, or
    compiles it.

    Args:
        n: people waiting, ``[R, 6, 105]``, float64, C-contiguous; overwritten with the list a week later.
        inputs: the week's flows, capacities and weights.
        flows: where to write what happened.

    Returns:
        ``flows``, filled.

    Raises:
        ValueError: an array has the wrong shape, type or memory layout, or ``pressure_from`` is out of range.
    """
    check_arrays(n, inputs, flows)
    pressure = np.ones(len(n)) if inputs.pressure is None else inputs.pressure
    kernel()(
        n,
        inputs.arrivals,
        inputs.late,
        inputs.returns,
        inputs.removals,
        inputs.validated,
        inputs.removal_hazard,
        inputs.priority_adm,
        inputs.priority_non,
        inputs.access,
        inputs.capacity_adm,
        inputs.capacity_non,
        pressure,
        inputs.pressure_from,
        flows.treated_adm,
        flows.treated_non,
        flows.removed,
        flows.validated_out,
        flows.waiting,
        flows.unmet_adm,
        flows.unmet_non,
    )
    return flows


def imbalance(start: FloatArray, inputs: WeekInputs, flows: WeekFlows, end: FloatArray) -> FloatArray:
    """People created (positive) or lost (negative) by a week's arithmetic, ``[R, 6]``; zero but for rounding.

    Args:
        start: the list before ``advance``, ``[R, 6, 105]``.
        inputs: what went into the week.
        flows: what came out of it.
        end: the list after ``advance``, ``[R, 6, 105]``.
    """
    joined = inputs.arrivals + inputs.late.sum(axis=-1) + inputs.returns
    result: FloatArray = end.sum(axis=-1) + flows.left() - start.sum(axis=-1) - joined
    return result


def check_arrays(n: FloatArray, inputs: WeekInputs, flows: WeekFlows) -> None:
    """Raises ValueError unless every array has the shape, type and memory layout the kernel reads.

    Values are not looked at: negative people or weights give meaningless results.
    """
    rows = len(n)
    shapes = {
        "late": (rows, GROUPS, LATE_WEEKS),
        "removal_hazard": (WEEKS,),
        "priority_adm": (rows, WEEKS),
        "priority_non": (rows, WEEKS),
    }
    by_group = {"arrivals", "returns", "access", "treated_adm", "treated_non", "removed", "validated_out", "waiting"}
    named: list[tuple[str, Any]] = [(f.name, getattr(inputs, f.name)) for f in fields(inputs)]
    named += [(f.name, getattr(flows, f.name)) for f in fields(flows)]
    if n.shape != (rows, GROUPS, WEEKS) or n.dtype != np.float64 or not n.flags.c_contiguous or not n.flags.writeable:
        raise ValueError(
            f"n: expected a writeable C-contiguous float64 [R, {GROUPS}, {WEEKS}], found {n.dtype} {n.shape}"
        )
    for name, array in named:
        if name == "pressure_from":
            if not 0 <= array <= WEEKS:
                raise ValueError(f"pressure_from: expected 0 to {WEEKS} weeks, found {array}")
            continue
        if name == "pressure" and array is None:
            continue
        expected = shapes.get(name, (rows, GROUPS) if name in by_group else (rows,))
        if array.shape != expected or array.dtype != np.float64 or not array.flags.c_contiguous:
            layout = "" if array.flags.c_contiguous else " (not C-contiguous)"
            raise ValueError(
                f"{name}: expected C-contiguous float64 {expected}, found {array.dtype} {array.shape}{layout}"
            )
