"""Record the world at every month's close, and turn the records into the tables of `registry.LEVELS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aft_sim.baseline.bundle import Bundle
from aft_sim.mechanisms import inequality, measures, referrals
from aft_sim.mechanisms.ledger import Ledger, Side
from aft_sim.mechanisms.ledger_accounts import PURPOSES, Purpose
from aft_sim.outcomes import registry
from aft_sim.outcomes.budgets import budget_table
from aft_sim.outcomes.health import HealthAccount
from aft_sim.outcomes.urgent import UrgentTables
from aft_sim.world import QUINTILES, World

Array = NDArray[np.float64]

ALL = "all"
OUTSIDE = ("staff", "suppliers", "private_finance")
"""Accounts outside the public sector that trusts pay."""


def trust_month(ledger: Ledger) -> dict[str, Array]:
    """Money columns of the month that is open, (trust,) each, GBP m."""
    trusts = ledger.accounts.axis("trust")

    def total(side: Side, counts: Callable[[Purpose], bool]) -> Array:
        found: Array = np.sum([ledger.month(p.name, side)[trusts] for p in PURPOSES.values() if counts(p)], axis=0)
        return found

    # what the holder of a budget hands on is neither its income nor its cost: the sector's sums would count it twice
    through = total("payer", lambda p: p.handed_on)
    return {
        "income": total("payee", lambda p: p.income) - through,
        "expenditure": total("payer", lambda p: p.expense) - through,
        "deficit_support": ledger.month("deficit_support")[trusts],
        "cash_support": ledger.month("cash_support")[trusts],
        # what leaves the public sector, whoever paid it in
        "exchequer": total("payer", lambda p: p.payer == "trust" and p.payee in OUTSIDE)
        - ledger.month("other_income")[trusts],
    }


def catchment_shares(bundle: Bundle) -> Array:
    """Shares of each trust's patients by deprivation fifth, published or estimated, (trust, quintile).

    A trust of which nothing is known serves England's people alike.
    """
    shares = np.stack([bundle.facts[f"catchment.q{q}"] for q in registry.QUINTILES], axis=1)
    residents = bundle.population.sum(axis=0)
    return np.where(np.isfinite(shares).all(axis=1, keepdims=True), shares, residents / residents.sum())


class Recorder:
    """Collects monthly figures at every level; `tables()` gives them as Arrow tables."""

    def __init__(self, world: World) -> None:
        """Prepare the index arrays that turn rows into trusts, regions and ICBs."""
        b = world.bundle
        self._world = world
        self._health = HealthAccount(world)
        self._months: list[str] = []
        self._columns: dict[str, dict[str, list[Array]]] = {name: {} for name in registry.LEVELS}
        # as precise as the tables: ten years of months are otherwise held twice as large as they are stored
        self._precision = {name: level.float_type.to_pandas_dtype() for name, level in registry.LEVELS.items()}
        self._listed = np.flatnonzero(b.provider_trust >= 0)
        self._trust_codes = [b.provider_code[i] for i in self._listed]
        regions = sorted(set(b.trusts.region))
        icb_region = list(b.icb_region)
        self._regions = sorted(set(regions) | set(icb_region))
        index = {r: i for i, r in enumerate(self._regions)}
        of_provider = np.array(
            [
                index[b.trusts.region[t]] if t >= 0 else index[icb_region[k]]
                for t, k in zip(b.provider_trust, b.provider_icb, strict=True)
            ]
        )
        n_k = len(b.icb_code)
        icb = world.opening.entries.icb
        self._to_sector = referrals.summing(np.where(b.row_is_trust, 0, 1), 2)
        self._to_region = referrals.summing(of_provider[b.row_provider], len(self._regions))
        self._to_provider = referrals.summing(b.row_provider, len(b.provider_code))
        self._urgent = UrgentTables(world, [index[r] for r in b.trusts.region], len(self._regions))
        self._to_icb = referrals.summing(icb, n_k + 1)[:n_k]
        residents = b.population.sum(axis=0)
        need = inequality.need_adjusted(residents, world.plan.parameters.opening("access.need_ratio"))
        self._people = {"residents": residents, "need_adjusted_residents": need}
        self._catchment = catchment_shares(b)

    @property
    def months(self) -> tuple[str, ...]:
        """Months recorded so far."""
        return tuple(self._months)

    def record(self, month: str) -> None:
        """Record the state and the month's flows, then start a new month."""
        w = self._world
        self._months.append(month)
        money = trust_month(w.ledger)
        self._record_england(month, money["expenditure"])
        for level, values in self._urgent.month().items():
            self._put(level, values)
        self._record_places()
        self._record_money(money)
        self._put("system", self._health.system())
        w.month.clear()
        w.money.close_month()
        w.urgent.close_month()
        w.ledger.close_month(month)

    def _put(self, level: str, values: Mapping[str, Array]) -> None:
        store, kept = self._columns[level], self._precision[level]
        for name, value in values.items():
            store.setdefault(name, []).append(np.asarray(value, dtype=kept))

    def _record_england(self, month: str, expenditure: Array) -> None:
        """Rows: basis (england, all, nhs, independent) x quintile (all, 1..5)."""
        w = self._world
        by_sector = w.counts.by_sector
        flows = {
            "starts": w.month.starts,
            "treated_admitted": w.month.treated_admitted,
            "treated_non_admitted": w.month.treated_non_admitted,
            "removed": w.month.removed,
            "late": w.month.late,
            "returned": w.month.returned,
            **self._health.by_row(month),
        }
        people = np.stack(
            [self._by_quintile(by_sector[use]) for use in ([0, 1], [0, 1], [0], [1])]
        )  # (basis, quintile, week)
        people[1, 0] += by_sector[:, QUINTILES].sum(axis=0)
        values: dict[str, Array] = {
            "list": measures.total(people),
            "within_18": measures.within_18(people),
            "over_52": measures.over_52(people),
            "over_65": measures.over_65(people),
            "within_18_share": measures.within_18_share(people),
            "median_weeks": measures.median(people),
            "p92_weeks": measures.p92(people),
            "mean_weeks": measures.mean(people),
        }
        for name, flow in flows.items():
            sector = np.asarray(self._to_sector @ flow)[:, :, None]
            moved = np.stack([self._by_quintile(sector[use])[:, 0] for use in ([0, 1], [0, 1], [0], [1])])
            moved[1, 0] += sector[:, QUINTILES, 0].sum()
            values[name] = moved
        self._put("england", values | self._by_fifth(expenditure) | self._health.by_basis(month))

    def _by_fifth(self, expenditure: Array) -> dict[str, Array]:
        """Residents and what trusts spend for them, alike for every basis; the independent sector is no trust."""
        spent = {"capital_spend": self._world.money.capital_spend, "expenditure": expenditure}
        amounts = self._people | {name: amount @ self._catchment for name, amount in spent.items()}
        found = {}
        for name, amount in amounts.items():
            found[name] = np.repeat(np.append(amount.sum(), amount)[None], len(registry.BASES), axis=0)
            if name in spent:
                found[name][list(registry.BASES).index("independent")] = 0.0
        return found

    @staticmethod
    def _by_quintile(sectors: Array) -> Array:
        """(sector, group, x) to (all and five quintiles, x): residents of England."""
        english = sectors.sum(axis=0)[:QUINTILES]
        return np.concatenate([english.sum(axis=0, keepdims=True), english])

    def _record_places(self) -> None:
        w = self._world
        c = w.counts
        counts = {"list": w.stock, "within_18": c.within_18, "over_52": c.over_52, "over_65": c.over_65}
        flows = {
            "starts": w.month.starts,
            "treated_admitted": w.month.treated_admitted,
            "treated_non_admitted": w.month.treated_non_admitted,
        }
        trust, region = {}, {}
        for name, value in (counts | flows).items():
            by = np.asarray(self._to_provider @ value)[self._listed]
            trust[name] = np.concatenate([by.sum(axis=1, keepdims=True), by[:, :QUINTILES]], axis=1)
            if name in registry.LEVELS["region"].values:
                region[name] = np.asarray(self._to_region @ value[:, :QUINTILES]).sum(axis=1)
        self._put("trust", trust)
        self._put("region", region)
        e = w.opening.entries
        icb = {}
        for name, value in counts.items():
            share = np.divide(value, w.stock, out=np.zeros_like(value), where=w.stock > 0)
            icb[name] = self._by_icb(w.mix * share.take(e.row, axis=0))
        joined = np.divide(w.month.starts, w.row_rate, out=np.zeros_like(w.row_rate), where=w.row_rate > 0)
        icb["starts"] = self._by_icb(w.pattern * joined.take(e.row, axis=0))
        self._put("icb_quintile", icb)

    def _by_icb(self, values: Array) -> Array:
        """(entry, group) to (icb, all and five quintiles)."""
        by = np.asarray(self._to_icb @ values)[:, :QUINTILES]
        return np.concatenate([by.sum(axis=1, keepdims=True), by], axis=1)

    def _record_money(self, month: Mapping[str, Array]) -> None:
        w = self._world
        own = ("pot", "drawn", "capital_spend", "revenue_spend", "envelope", "backlog")
        self._put("money", {name: getattr(w.money, name).copy() for name in own} | dict(month) | {"cash": w.cash})

    def tables(self) -> dict[str, pa.Table]:
        """All levels as tidy tables in the registry's order of columns."""
        b = self._world.bundle
        quintile = [ALL, *registry.QUINTILES]
        axes: dict[str, list[tuple[str, list[str]]]] = {
            "england": [("basis", list(registry.BASES)), ("quintile", quintile)],
            "region": [("region", self._regions)],
            "icb_quintile": [("icb", list(b.icb_code)), ("quintile", quintile)],
            "trust": [("trust", self._trust_codes), ("quintile", quintile)],
            "money": [("trust", list(b.trusts.code))],
            "system": [],
        }
        out = {name: self._table(name, axes[name]) for name in axes}
        out["oversight"] = self._oversight()
        out["iho"] = budget_table(self._world)
        events = self._world.events
        columns: dict[str, Any] = {
            "month": [e.month for e in events],
            "trust": [e.trust for e in events],
            "event": [e.event for e in events],
            "detail": [e.detail for e in events],
            "value": [e.value for e in events],
        }
        out["events"] = pa.table(columns, schema=registry.LEVELS["events"].schema)
        return out

    def _oversight(self) -> pa.Table:
        """What was published of every scored trust, quarter by quarter."""
        code = np.array(self._world.bundle.trusts.code)
        columns: dict[str, list[Any]] = {name: [] for name in registry.LEVELS["oversight"].columns}
        for month, score, unadjusted, segment in self._world.oversight.history:
            scored = np.isfinite(score)
            columns["month"] += [month] * int(scored.sum())
            columns["trust"] += code[scored].tolist()
            for name, values in (("score", score), ("unadjusted", unadjusted), ("segment", segment)):
                columns[name] += values[scored].tolist()
        return pa.table(columns, schema=registry.LEVELS["oversight"].schema)

    def _table(self, level: str, axes: list[tuple[str, list[str]]]) -> pa.Table:
        sizes = [len(self._months), *(len(labels) for _, labels in axes)]
        grid = np.indices(sizes).reshape(len(sizes), -1)
        columns: dict[str, Any] = {"month": pa.array(self._months).take(pa.array(grid[0]))}
        for i, (name, labels) in enumerate(axes):
            columns[name] = pa.array(labels).take(pa.array(grid[i + 1]))
        for name in registry.LEVELS[level].values:
            columns[name] = np.stack(self._columns[level][name]).ravel()
        return pa.table(columns).cast(registry.LEVELS[level].schema)
