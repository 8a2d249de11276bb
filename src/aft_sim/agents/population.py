"""What boards spend on care outside hospital and prevention, and what that does to their residents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.finance import FinanceRound
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms import population_health, production
from aft_sim.policy import shift
from aft_sim.world import World

Array = NDArray[np.float64]

MONTHS = 12


class PopulationRound:
    """Wires care outside hospital and prevention of one run."""

    def __init__(self, world: World, books: FinanceRound) -> None:
        """Nothing is moved yet."""
        self._world, self._books = world, books
        boards = len(world.bundle.icb_code)
        self._community, self._prevention = (np.zeros((boards, 5)) for _ in range(2))
        b, payers = world.bundle, world.opening_money.payers
        self._payees = shift.community_payees(np.nan_to_num(b.facts["community.contacts"]), payers)
        self._prices = production.growth_index(world.plan.parameters.path("capital.price_growth"))

    def open_year(self, week: int) -> None:
        """1 April: what this year's contracts leave for care outside hospital and prevention, at opening prices."""
        agreed, health = self._books.contracts, self._world.health
        deprived = self._world.plan.scenario.shift.target == "most_deprived"
        for extra, own, amount in (
            (health.community_extra, self._community, agreed.community),
            (health.prevention_extra, self._prevention, agreed.prevention),
        ):
            now = shift.targeted(amount / self._prices[week], health.residents, deprived)
            extra += now - own  # others may spend besides
            own[:] = now

    def post_month(self) -> None:
        """A month of what left acute contracts; who is paid for community services spends all of it on them."""
        ledger, agreed = self._world.ledger, self._books.contracts
        ledger.post("prevention", agreed.prevention / MONTHS)
        ledger.post("community", self._payees * agreed.community / MONTHS)
        ledger.post("community_care", ledger.month("community")[ledger.accounts.axis("trust")])

    def close_month(self, week: int) -> None:
        """What was begun and spent in earlier months takes effect.

        Raises:
            CheckFailed: more is spent outside hospital than boards have.
        """
        w = self._world
        allocation = w.opening_money.allocation
        spent = (w.health.community_extra + w.health.prevention_extra).sum(axis=1)
        if (spent > allocation).any():
            k = int((spent - allocation).argmax())
            raise CheckFailed(
                "a board spends more on care outside hospital than it has",
                where=w.bundle.icb_code[k],
                found=f"GBP {spent[k]:,.0f}m a year",
                expected=f"less than GBP {allocation[k]:,.0f}m",
            )
        p = w.plan.parameters
        population_health.tend(w.health, population_health.rule(lambda name: p.at(name, week), allocation))
        w.urgent.avoided[:] = w.health.avoided
        w.urgent.need[:] = w.health.need
