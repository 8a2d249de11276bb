"""The policy levers of a scenario: what government or NHS England may decide.

One module a table of the scenario file, named like the table: `[aft]` is `aft.py`. Each lever says what the policy is
(our words), where that is written, who may pull it and when, and whether the model acts on it yet. A module put here is
found by itself; everything that reads, checks, prints or compares scenarios knows its levers from then on.

Uncertain figures are not levers: they stand in the register.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules

from aft_sim.spec.levers._base import Lever, LeverTable, Move, Refused, levers_of, read_day
from aft_sim.spec.levers.aft import AftLevers, Criteria, Freedoms
from aft_sim.spec.levers.boards import BoardLevers
from aft_sim.spec.levers.capital import CapitalLevers
from aft_sim.spec.levers.iho import IhoLevers
from aft_sim.spec.levers.money import MoneyLevers
from aft_sim.spec.levers.oversight import OversightLevers
from aft_sim.spec.levers.shift import ShiftLevers

__all__ = [
    "AftLevers",
    "BoardLevers",
    "CapitalLevers",
    "Criteria",
    "Freedoms",
    "IhoLevers",
    "Lever",
    "LeverTable",
    "MoneyLevers",
    "Move",
    "OversightLevers",
    "Refused",
    "ShiftLevers",
    "levers",
    "read_day",
    "tables",
]


@lru_cache(maxsize=1)
def tables() -> Mapping[str, type[LeverTable]]:
    """Return the typed tables of a scenario file by name, in alphabetical order.

    Raises:
        TypeError: A module of this folder does not define exactly one table.
    """
    found: dict[str, type[LeverTable]] = {}
    for module in sorted(info.name for info in iter_modules(__path__) if not info.name.startswith("_")):
        content = vars(import_module(f"{__name__}.{module}"))
        own = [c for c in content.values() if isinstance(c, type) and issubclass(c, LeverTable)]
        inner = {field.annotation for model in own for field in model.model_fields.values()}
        outer = [c for c in own if c is not LeverTable and c not in inner]
        if len(outer) != 1:
            raise TypeError(f"spec/levers/{module}.py must define one table of levers, found {len(outer)}")
        found[module] = outer[0]
    return found


@lru_cache(maxsize=1)
def levers() -> Mapping[str, Lever]:
    """Return all levers by path, in the order of their definition."""
    return {lever.path: lever for table, model in tables().items() for lever in levers_of(table, model)}
