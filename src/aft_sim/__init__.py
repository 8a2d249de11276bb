"""aft-sim: what happens to waiting times, money and inequality when NHS trusts gain more freedom.

Public names are loaded when they are first used, so that `import aft_sim` costs next to nothing:

- `load_scenario(name_or_path)`, `compose(name, scenarios)` and `Scenario`: what a run tries.
- `load_baseline(folder)`: England as it is, packaged or built.
- `run_batch(scenarios, seeds, ...)`: run scenarios over paired seeds.
- `compare(results, policy, baseline, ...)`: the paired effect of one scenario against another in one month;
  `results.effect_of(policy, vs=baseline)` gives tables, paths and charts of it.
- `charts`: the module that draws effects.
- `AftSimError`: what is raised for a mistake of the user, or where something cannot be done.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aft_sim.baseline.bundle import load as load_baseline
    from aft_sim.basis.errors import AftSimError
    from aft_sim.present import charts as charts
    from aft_sim.spec.scenario import Scenario, compose, load_scenario
    from aft_sim.study.compare import compare
    from aft_sim.study.runner import run_pairs as run_batch

__version__ = "0.1.0"
# Arrow's own memory pool would keep some 40 MB for tables of 4 MB; it is asked once, when Arrow is first loaded, and
# whoever has set it decides
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
__all__ = [
    "AftSimError",
    "Scenario",
    "__version__",
    "charts",
    "compare",
    "compose",
    "load_baseline",
    "load_scenario",
    "run_batch",
]

#: Where a public name lives: module, and its name there (None for the module itself).
_PUBLIC: dict[str, tuple[str, str | None]] = {
    "AftSimError": ("aft_sim.basis.errors", "AftSimError"),
    "Scenario": ("aft_sim.spec.scenario", "Scenario"),
    "charts": ("aft_sim.present.charts", None),
    "compare": ("aft_sim.study.compare", "compare"),
    "compose": ("aft_sim.spec.scenario", "compose"),
    "load_baseline": ("aft_sim.baseline.bundle", "load"),
    "load_scenario": ("aft_sim.spec.scenario", "load_scenario"),
    "run_batch": ("aft_sim.study.runner", "run_pairs"),
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PUBLIC[name]
    found = import_module(module)
    value = found if attribute is None else getattr(found, attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Names for completion, loaded or not."""
    return sorted({*globals(), *_PUBLIC})
