"""Times one week of the waiting list at England's size: compiled kernel against its plain numpy twin.

Run ``python benchmarks/kernel.py [rows] [weeks]``. Prints figures, asserts nothing: a machine's speed is no
defect.
"""

import resource
import sys
import time

import numpy as np

from aft_sim.mechanisms.waiting_list import GROUPS, LATE_WEEKS, WEEKS, WeekFlows, WeekInputs, advance
from aft_sim.mechanisms.waiting_list_reference import advance_reference

ENGLAND_ROWS = 2_900
ENGLAND_LIST = 7.25e6


def england(rows: int, seed: int = 1) -> tuple[np.ndarray, WeekInputs]:
    """A list and a steady week of England's size and shape: skewed row sizes, few residents from abroad."""
    rng = np.random.default_rng(seed)
    weeks = np.arange(WEEKS)
    size = rng.lognormal(0.0, 1.6, rows)
    size *= ENGLAND_LIST * rows / ENGLAND_ROWS / size.sum()
    groups = np.array([0.24, 0.21, 0.20, 0.18, 0.17, 0.0]) * rng.lognormal(0.0, 0.4, (rows, GROUPS))
    groups[:, -1] = np.where(rng.random(rows) < 0.1, 0.02, 0.0)
    groups /= groups.sum(axis=1, keepdims=True)
    age = np.exp(-weeks / 19.0) * np.where(weeks < 52, 1.0, np.exp(-(weeks - 52) / 4.0))
    age = np.where(weeks < rng.integers(60, 106, rows)[:, None], age, 0.0)
    age /= age.sum(axis=1, keepdims=True)
    n = size[:, None, None] * groups[:, :, None] * age[:, None, :]

    marks = 0.033 + 0.067 * np.exp(-weeks / 3.0) + 0.07 * (weeks >= 51) + 0.18 * (weeks >= 63) + 0.4 * (weeks >= 65)
    priority = marks * rng.lognormal(0.0, 0.15, (2, rows, 1))
    starts = 0.058 * size
    inputs = WeekInputs(
        arrivals=starts[:, None] * groups,
        late=(0.02 * starts[:, None] * groups)[..., None] * np.full(LATE_WEEKS, 0.2),
        returns=0.002 * starts[:, None] * groups,
        removals=0.144 * starts,
        validated=np.where(rng.random(rows) < 0.3, 0.02 * starts, 0.0),
        removal_hazard=np.select([weeks < 5, weeks < 20], [0.0, 0.01], 0.02),
        priority_adm=priority[0].copy(),
        priority_non=priority[1].copy(),
        access=rng.lognormal(0.0, 0.05, (rows, GROUPS)),
        capacity_adm=0.17 * starts,
        capacity_non=0.70 * starts,
        pressure=np.where(rng.random(rows) < 0.5, 1.25, 1.0),
    )
    return n, inputs


def main(rows: int = ENGLAND_ROWS, weeks: int = 100) -> None:
    """Times the first call, then both versions from the same state, and prints the comparison."""
    n, inputs = england(rows)
    flows = WeekFlows.allocate(rows)
    started = time.perf_counter()
    advance(n.copy(), inputs, flows)
    first = time.perf_counter() - started

    twin = n.copy()
    started = time.perf_counter()
    advance_reference(twin, inputs, flows)
    slow = time.perf_counter() - started

    fast, gap = [], 0.0
    for week in range(weeks):
        started = time.perf_counter()
        advance(n, inputs, flows)
        fast.append(time.perf_counter() - started)
        if week == 0:
            gap = float(np.abs(n - twin).max() / twin.max())
    typical = float(np.median(fast))

    def speed(seconds: float) -> str:
        return f"{seconds * 1e3:10.2f} ms {seconds / n.size * 1e9:10.2f} ns a cell"

    for label, figures in (
        (f"{rows:,} rows x {GROUPS} groups x {WEEKS} weeks", f"{n.size:>10,} cells, {n.nbytes / 1e6:.1f} MB"),
        ("first call (load from cache or compile)", f"{first:10.2f} s"),
        (f"kernel, median of {weeks} weeks", speed(typical)),
        ("kernel, slowest week", f"{max(fast) * 1e3:10.2f} ms"),
        ("numpy twin, one week", speed(slow)),
        ("twin / kernel", f"{slow / typical:10.0f} times"),
        ("largest difference after one week", f"{gap:10.1e} of the largest cell"),
        (f"list after {weeks} weeks", f"{n.sum() / 1e6:10.2f} million"),
        ("peak memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:10.0f} MB"),
    ):
        sys.stdout.write(f"{label:42}{figures}\n")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
