"""Worlds for tests: the packaged baseline, small parts of it, and shortcuts to run them."""

from dataclasses import replace
from datetime import date
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute

from aft_sim.baseline.bind import Plan, bind
from aft_sim.baseline.bundle import Bundle, load
from aft_sim.baseline.priorities import Priorities
from aft_sim.basis.calendar import Calendar
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.draws import CENTRAL, Draw
from aft_sim.spec.scenario import Scenario, load_scenario

#: No growth, season, chance, policy or feedback: flows as opened, for ever.
CONSTANT = {
    "run.chance": 0,
    "run.season": 0,
    "referrals.growth": 0,
    "production.growth": 0,
    "production.resource_growth": 0,
    "production.supply_feedback": 0,
    "referrals.demand_elasticity": 0,
    "choice.elasticity": 0,
    "removals.closure": "starts",  # the fitted closure answers to the list
    "targets.march_pressure": 1,
    "targets.due_pressure": 1,
    "production.staff_elasticity": 0,  # money goes on growing
}
#: Four trusts of the first wave's world: a treated acute trust, a neighbour, a specialist and a large one.
FEW = ("RTF", "R0B", "RBS", "RBQ", "RRV", "IS-QHM")


def scenario(name: str, **changes: object) -> Scenario:
    """A shipped scenario with changes; dots in paths are written as double underscores."""
    base = load_scenario(name)
    if not changes:
        return base
    return base.with_changes(f"{name}-changed", {k.replace("__", "."): v for k, v in changes.items()})


def subset(bundle: Bundle, providers: tuple[str, ...]) -> Bundle:
    """The baseline with only some providers: everything else as it is."""
    keep = np.array([c in providers for c in bundle.provider_code])
    new_provider = np.cumsum(keep) - 1
    rows = keep[bundle.row_provider]
    new_row = np.cumsum(rows) - 1
    entries = rows[bundle.entry_row]
    pick = lambda values: tuple(v for v, k in zip(values, rows, strict=True) if k)  # noqa: E731
    return replace(
        bundle,
        provider_code=tuple(c for c in bundle.provider_code if c in providers),
        provider_trust=bundle.provider_trust[keep],
        provider_icb=bundle.provider_icb[keep],
        row_provider=new_provider[bundle.row_provider[rows]],
        row_function=pick(bundle.row_function),
        row_function_name=pick(bundle.row_function_name),
        row_group=bundle.row_group[rows],
        imputed=bundle.imputed[rows],
        pooled=bundle.pooled[rows],
        starts=bundle.starts[rows],
        admitted=bundle.admitted[rows],
        non_admitted=bundle.non_admitted[rows],
        removal_share=bundle.removal_share[rows],
        drift=bundle.drift[rows],
        published_flows=bundle.published_flows[:, rows],
        waiting=bundle.waiting[rows],
        entry_row=new_row[bundle.entry_row[entries]],
        entry_icb=bundle.entry_icb[entries],
        entry_starts=bundle.entry_starts[entries],
        entry_waiting=bundle.entry_waiting[entries],
        priorities=Priorities(bundle.priorities.profile, bundle.priorities.ratio[:, rows]),
    )


@lru_cache(maxsize=4)
def few(providers: tuple[str, ...] = FEW) -> Bundle:
    """A small baseline, cached."""
    return subset(load(), providers)


def plan(scenario: Scenario, until: date, bundle: Bundle | None = None, draw: Draw = CENTRAL) -> Plan:
    """Bind a scenario to the packaged or a small baseline."""
    return bind(scenario, bundle or load(), Calendar(end=until), draw)


def run(
    scenario: Scenario, until: date, seed: int = 1, bundle: Bundle | None = None, check: bool = False
) -> dict[str, pa.Table]:
    """Run a scenario and return its tables."""
    return TrustAutonomyModel(plan(scenario, until, bundle), seed, check=check).run()


def column(table: pa.Table, name: str, **keys: str) -> np.ndarray:
    """Values of a column by month for given keys."""
    mask = np.ones(table.num_rows, dtype=bool)
    for key, value in keys.items():
        mask &= np.array(table.column(key).to_pylist()) == value
    return np.asarray(table.column(name).to_numpy())[mask]


def same(a: dict[str, pa.Table], b: dict[str, pa.Table], months: int | None = None) -> bool:
    """Whether two runs' tables are equal bit for bit (in their first months)."""
    first = sorted(set(a["england"].column("month").to_pylist()))[:months]
    for level in a:
        x, y = a[level], b[level]
        if months is not None:
            x = x.filter(pa.compute.is_in(x.column("month"), pa.array(first, pa.string())))
            y = y.filter(pa.compute.is_in(y.column("month"), pa.array(first, pa.string())))
        if not x.equals(y):
            return False
    return True
