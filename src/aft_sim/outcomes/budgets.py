"""Budgets of whole populations as a results table: each settled year of each contract, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from aft_sim.outcomes import registry
from aft_sim.policy.iho import OPTIONS, Account, Closed
from aft_sim.world import World

NAME = "iho"
"""Of the table."""
MONEY = tuple(one.name for one in fields(Account))
"""Items that are GBP million: the lines of `policy.iho.Account`."""
OTHERS: Mapping[str, str] = MappingProxyType(
    {
        "year": "year of the contract, from 1",
        "people": "residents covered",
        "moved": "spent outside hospital by the contract, share of the budget",
        "kept_price": "part of the price of an avoided emergency that the holder keeps",
        **{f"to_{name}": f"of the next pound: {name}, share" for name in OPTIONS},
    }
)
"""Items that are no money."""


def budget_table(world: World) -> pa.Table:
    """All settled years of a run, in order."""
    b = world.bundle
    columns: dict[str, list[Any]] = {name: [] for name in registry.LEVELS[NAME].columns}
    for one in world.contracts_iho.closed:
        c = one.contract
        for item, value in _items(one).items():
            row = (one.month, b.trusts.code[c.holder], b.icb_code[c.board], c.scope, item, value)
            for column, cell in zip(columns.values(), row, strict=True):
                column.append(cell)
    return pa.table(columns, schema=registry.LEVELS[NAME].schema)


def _items(one: Closed) -> dict[str, float]:
    out = {name: float(getattr(one.account, name)) for name in MONEY}
    out |= {"year": float(one.year), "people": float(one.contract.cover.people.sum()), "moved": one.moved}
    if one.choice is not None:
        out |= {"kept_price": one.choice.kept}
        out |= {f"to_{name}": float(part) for name, part in zip(OPTIONS, one.choice.weights, strict=True)}
    return out
