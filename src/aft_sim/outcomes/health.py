"""A month's health by deprivation fifth, and the money of the whole system by whether its care is simulated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms import population_health, production, qalys
from aft_sim.outcomes import registry
from aft_sim.world import World

Array = NDArray[np.float64]

MONTHS, WEEKS = 12, 52
MIXED = ("pay", "bank_agency", "drugs", "non_pay", "pfi")
"""What trusts pay for all their care: simulated as far as it is for elective work of a trust with a list, or for
emergencies beyond those foreseen."""
WORK = ("purchase_of_work", "capital", "pot_capital")
"""What trusts pay for more work: simulated where a trust has a list."""
SIMULATED = ("independent_sector", "prevention", "iho_independent", "iho_prevention")
"""Payments whose care is simulated, whoever pays."""
NOT_SIMULATED = (
    *("other_commissioning", "national_programmes", "community_care"),
    *("iho_other_care", "iho_community", "iho_setup"),
)
"""Payments for care whose health is in no flow of people; community care acts on admissions, which have no QALYs."""


class HealthAccount:
    """Keeps what is needed from month to month."""

    def __init__(self, world: World) -> None:
        """The opening."""
        plan, b = world.plan, world.bundle
        self._world = world
        self._waiting = world.stock.copy()
        self._value = plan.parameters.opening
        self._worth = qalys.pathway_health(self._value, b.admitted, b.non_admitted, b.removal_share)
        self._mortality = population_health.mortality(self._value)
        self._prices = production.growth_index(plan.parameters.path("capital.price_growth"))
        self._months = {month.label: month for month in plan.calendar.months}
        self._allocation: Array | None = None
        self._listed = b.trust_provider >= 0

    def by_row(self, label: str) -> dict[str, Array]:
        """(row, group) QALYs of treatment and waiting in the month that closes; then a new month begins."""
        w, month = self._world, self._months[label]
        grown = w.stock - self._waiting
        self._waiting = w.stock.copy()
        given = qalys.treatment(
            w.month.treated_admitted, w.month.treated_non_admitted, grown, w.month.starts * w.spared, self._worth
        )
        return {
            "qalys_treatment": given,
            "qalys_waiting": qalys.waiting(w.stock, month.n_weeks / WEEKS, self._worth),
        }

    def by_basis(self, label: str) -> dict[str, Array]:
        """(basis, all and five quintiles) what residents gain by other ways than hospital care.

        It comes from no provider, so that it stands at England's bases only and is zero at those of providers.
        """
        w = self._world
        people = w.health.residents
        shares = {
            name: 100
            * np.append((state * people).sum() / people.sum(), (state * people).sum(axis=0) / people.sum(axis=0))
            for name, state in (("need", w.health.need), ("avoided", w.health.avoided))
        }
        flows = {name: np.append(flow.sum(), flow) for name, flow in self._by_quintile(label).items()}
        england = np.array([basis in ("england", "all") for basis in registry.BASES])[:, None]
        return {name: np.where(england, flow, 0.0) for name, flow in flows.items()} | {
            name: np.broadcast_to(share, (len(registry.BASES), len(share))) for name, share in shares.items()
        }

    def _by_quintile(self, label: str) -> dict[str, Array]:
        w, last = self._world, self._months[label].close_week
        health = w.health
        spent = population_health.as_good_as_opening(health) / MONTHS
        weights = population_health.return_weights(health.residents, self._value("health.return_gradient"))
        allocation = w.ledger.month("allocation")[w.ledger.accounts.axis("board")] / self._prices[last]
        if self._allocation is None:
            self._allocation = allocation
        more = (allocation - self._allocation) * MONTHS * 1e6 / health.residents.sum(axis=1)
        return {
            "qalys_prevention": qalys.prevention(spent, weights, self._value("health.cost_per_qaly_prevention")).sum(0),
            "deaths_avoided": population_health.deaths_avoided(more, health.residents, self._mortality).sum(0) / MONTHS,
        }

    def system(self) -> dict[str, Array]:
        """Money of the month, (1,) each, GBP m: all that leaves the public sector, and the part that is simulated."""
        w = self._world
        work = self._by_trust(WORK)
        simulated = float((w.money.elective + work)[self._listed].sum()) + self._paid(SIMULATED)
        # an emergency is treated whatever was foreseen: what more of them cost is taken from other care, what fewer
        # save goes to it
        simulated += float(w.money.urgent_margin.sum())
        every = float(self._by_trust(MIXED).sum() + work.sum()) + self._paid((*SIMULATED, *NOT_SIMULATED))
        other_income = float(w.ledger.month("other_income").sum())
        return {
            "public_spending": np.array([every - other_income]),
            "simulated_spending": np.array([simulated]),
            "community_spending": np.array([self._paid(("community_care", "iho_community"))]),
            "prevention_spending": np.array([self._paid(("prevention", "iho_prevention"))]),
        }

    def _by_trust(self, purposes: tuple[str, ...]) -> Array:
        ledger = self._world.ledger
        trusts = ledger.accounts.axis("trust")
        return np.asarray(np.sum([ledger.month(name, "payer")[trusts] for name in purposes], axis=0))

    def _paid(self, purposes: tuple[str, ...]) -> float:
        return float(sum(self._world.ledger.month(name, "payer").sum() for name in purposes))
