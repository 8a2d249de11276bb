"""Population budgets that are planned in fact, as papers of boards describe them: `tables/iho_plans.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib import resources
from typing import Literal

Scope = Literal["partial", "place", "whole"]


@dataclass(frozen=True, slots=True)
class PlannedContract:
    """A contract that is planned.

    Attributes:
        holder: ODS code of the trust.
        scope: what it covers.
        places: codes of sub-ICB locations; empty for all of the board.
        designated: first day on which the holder is known to have been put forward or found eligible.
        start: day on which the contract is to begin.
        source: where that is said.
    """

    holder: str
    scope: Scope
    places: tuple[str, ...]
    designated: date
    start: date
    source: str


@lru_cache(maxsize=1)
def planned_contracts() -> tuple[PlannedContract, ...]:
    """Return the contracts that are planned, in the order of the table."""
    text = (resources.files("aft_sim.spec") / "tables" / "iho_plans.toml").read_text(encoding="utf-8")
    return tuple(
        PlannedContract(
            one["holder"], one["scope"], tuple(one["places"]), one["designated"], one["start"], one["source"]
        )
        for one in tomllib.loads(text)["contract"]
    )
