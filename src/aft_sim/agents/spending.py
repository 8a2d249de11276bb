"""What money from pots, and capital that is given, buys: by the published plan or as boards choose (model 5.14)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.trust import Trust, UseView
from aft_sim.mechanisms import capital
from aft_sim.policy import choice
from aft_sim.policy.programme import Status
from aft_sim.world import World

Array = NDArray[np.float64]
Index = NDArray[np.int64]

WEEKS_A_YEAR = 365.25 / 7
MONTHS_A_YEAR = 12
REVENUE = choice.OPTIONS.index("revenue")


class Spending:
    """Answers for every trust what share of its money buys what."""

    def __init__(self, world: World, trusts: list[Trust], status: Status) -> None:
        """Keep the trusts' capacity, which their beliefs refer to."""
        self._world, self._trusts, self._status = world, trusts, status
        b = world.bundle
        by_provider = np.bincount(b.row_provider, b.admitted + b.non_admitted, len(b.provider_code))
        listed = b.trust_provider >= 0
        self._capacity = np.where(listed, by_provider[np.maximum(b.trust_provider, 0)], 0.0)
        self._listed = listed

    def _p(self, name: str, week: int) -> float:
        return self._world.plan.parameters.at(name, week)

    @property
    def by_choice(self) -> bool:
        """Whether boards choose."""
        return self._world.plan.scenario.boards.spend == "by_choice"

    def revenue_share(self, week: int) -> Array:
        """(trust,) share of a draw that is non-recurrent revenue."""
        if not self.by_choice:
            return np.full(len(self._trusts), self._p("capital.revenue_split", week))
        return self._chosen(week)[:, REVENUE]

    def capital_split(self, amount: Array, week: int) -> dict[str, Array]:
        """Split money from pots, or that is given, by class of capital, (trust,) GBP m each."""
        if not self.by_choice:
            return self.usual_split(amount, week)
        share = self._chosen(week)[:, : len(capital.CLASSES)]
        total = share.sum(axis=1)
        parts = {
            kind: amount * np.divide(share[:, k], total, out=np.zeros_like(total), where=total > 0)
            for k, kind in enumerate(capital.CLASSES)
        }
        parts["estate"] = parts["estate"] + np.where(total > 0, 0.0, amount)
        return parts

    def usual_split(self, amount: Array, week: int) -> dict[str, Array]:
        """Split by the estates return, (trust,) GBP m each."""
        p = self._p
        return capital.split(
            amount,
            p("capital.split.new", week),
            p("capital.split.improvement", week),
            p("capital.split.lifecycle", week),
            p("capital.split.equipment", week),
            p("capital.elective_share", week),
        )

    def _chosen(self, week: int) -> Array:
        """(trust, option) shares as boards choose them."""
        return np.stack([trust.decide_use(self._view(i, week)) for i, trust in enumerate(self._trusts)])

    def _view(self, i: int, week: int) -> UseView:
        w, p = self._world, self._p
        effect = np.zeros((len(choice.OPTIONS), len(choice.CONCERNS)))
        if self._listed[i]:
            effect[:, 0] = self._pathways(i, week)
        effect[choice.OPTIONS.index("estate"), 1] = 1.0
        approval = p("capital.approval_months.board", week)
        builds = [p("capital.build_months.theatre", week), p("capital.build_months.equipment", week), 0.0]
        lag = np.array([*(approval + build for build in builds), 0.0]) / MONTHS_A_YEAR
        life = np.array([np.inf, np.inf, np.inf, 1.0])
        seen = w.signals.within_18_share[w.bundle.trust_provider[i]] if self._listed[i] else np.nan
        below = 100 * p("compare.standard", week) - seen
        multi_year = w.plan.scenario.aft.freedoms.multi_year and self._status.holds(i, week)
        return UseView(
            effect,
            lag,
            life,
            choice.horizon(
                float(w.oversight.latest[i]),
                multi_year,
                p("boards.horizon", week),
                p("boards.horizon_distressed", week),
                p("boards.horizon_multi_year", week),
            ),
            p("boards.discount", week),
            choice.weights(
                p("boards.waits_weight", week),
                p("boards.pressure", week),
                float(below) if np.isfinite(below) else 0.0,
            ),
            p("boards.sharpness", week),
        )

    def _pathways(self, i: int, week: int) -> Array:
        """(option,) extra completed pathways a year for GBP 1m, as the model itself would have them."""
        w, p = self._world, self._p
        hub = capital.theatre_gain(
            1.0, p("capital.hub_cost", week), p("capital.hub_effect", week), w.opening.typical_hub_work
        )
        stock = p("capital.equipment_stock_share", week) * float(w.money.expenditure[i])
        kit = p("production.equipment_elasticity", week) * self._capacity[i] / max(stock, 1e-9)
        work = capital.revenue_gain(
            np.ones(1), p("capital.cost_per_pathway", week), p("capital.marginal_cost_ratio", week)
        )
        return np.array([hub, kit, 0.0, float(work[0])]) * WEEKS_A_YEAR
