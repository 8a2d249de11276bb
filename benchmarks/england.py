"""Times a ten-year run of the whole model, England's baseline, phase by phase.

Run ``python benchmarks/england.py [twin-weeks]``. Prints figures, asserts nothing: a machine's speed is no defect.
"""

import resource
import sys
import time
from dataclasses import dataclass, field

import numpy as np

from aft_sim import model as models
from aft_sim.baseline.bind import Plan, bind
from aft_sim.baseline.bundle import load
from aft_sim.mechanisms.waiting_list import WeekFlows, advance
from aft_sim.mechanisms.waiting_list_reference import advance_reference
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.execute import forget, freeing


@dataclass
class Clock:
    """Seconds spent under each name."""

    spent: dict[str, float] = field(default_factory=dict)

    def around(self, name, call):
        """The same call, timed."""

        def timed(*arguments):
            started = time.perf_counter()
            result = call(*arguments)
            self.spent[name] = self.spent.get(name, 0.0) + time.perf_counter() - started
            return result

        return timed


def line(label: str, figures: str) -> None:
    """One line of output."""
    sys.stdout.write(f"{label:44}{figures}\n")


def memory() -> float:
    """Largest resident memory of the process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def against_twin(world: models.World, inputs, weeks: int) -> tuple[float, float]:
    """How many times faster the kernel is than its plain numpy twin, and the largest difference of a cell."""
    fast, slow, flows = world.n.copy(), world.n.copy(), WeekFlows.allocate(len(world.n))
    clock = Clock()
    for _ in range(weeks):
        clock.around("kernel", advance)(fast, inputs, flows)
        clock.around("twin", advance_reference)(slow, inputs, flows)
    return clock.spent["twin"] / clock.spent["kernel"], float(np.abs(fast - slow).max() / slow.max())


@freeing
def one_week(plan: Plan) -> None:
    """A week, so that everything compiled is read."""
    model = models.TrustAutonomyModel(plan, 1)
    model.step()
    forget(model)


def main(twin_weeks: int = 3) -> None:
    """One run, then a few weeks of both versions from its last state."""
    started = time.perf_counter()
    plan = bind(load_scenario("baseline"), load())
    one_week(plan)
    line("import of the baseline and compiled code", f"{time.perf_counter() - started:10.2f} s")
    idle = memory()

    clock = Clock()
    models.advance = clock.around("kernel", models.advance)
    model = models.TrustAutonomyModel(plan, 1)
    for phase in models.SCHEDULE:
        setattr(model, phase.name, clock.around(phase.name, getattr(model, phase.name)))
    started = time.perf_counter()
    model.run()
    whole = time.perf_counter() - started
    used = memory()

    weeks, cells = plan.calendar.n_weeks, model.world.n.size
    kernel = clock.spent.pop("kernel")
    line("run", f"{whole:10.2f} s {weeks:12,} weeks")
    line("a week", f"{whole / weeks * 1e3:10.2f} ms {whole / weeks / cells * 1e9:11.2f} ns a cell")
    line(
        "a week of the kernel alone", f"{kernel / weeks * 1e3:10.2f} ms {kernel / weeks / cells * 1e9:11.2f} ns a cell"
    )
    line("list", f"{len(model.world.n):10,} rows {cells:10,} cells")
    line("peak memory", f"{used:10.0f} MB {idle:9.0f} MB before the run")
    for name, seconds in sorted(clock.spent.items(), key=lambda item: -item[1]):
        line(f"  {name}", f"{seconds / whole:10.1%} {seconds / weeks * 1e3:10.2f} ms a week")
    line("  tables and the rest", f"{1 - sum(clock.spent.values()) / whole:10.1%}")
    ratio, gap = against_twin(model.world, model._in, twin_weeks)
    line(f"numpy twin / kernel, {twin_weeks} weeks", f"{ratio:10.0f} times")
    line("largest difference between the two", f"{gap:10.1e} of the largest cell")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
