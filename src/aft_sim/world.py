"""The state of the world: named arrays with axes, and the opening state that a plan implies.

Axes are those of the baseline bundle: trust, provider, row, group (five quintiles and areas outside England), week
waited,
entry (observed pairs of row and ICB of residence), icb. Big state lives here; agents read `Signals` and decide.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.bind import Plan
from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.money import OpeningMoney, opening_money
from aft_sim.basis import streams
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import access, capital, measures, referrals, removals
from aft_sim.mechanisms.counts import Counts
from aft_sim.mechanisms.emergency import Urgent
from aft_sim.mechanisms.emergency_opening import opened as opened_urgent
from aft_sim.mechanisms.ledger import Ledger
from aft_sim.mechanisms.ledger_accounts import Accounts
from aft_sim.mechanisms.oversight import Oversight, opened, quarter_label
from aft_sim.mechanisms.population_health import Health, open_health
from aft_sim.mechanisms.waiting_list import GROUPS, WEEKS
from aft_sim.policy.iho import Contracts

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Words = NDArray[np.uint64]

QUINTILES = 5
OUTSIDE_GROUP = 5
#: Functions with their own gradient of use by deprivation; all others share `referrals.gradient_other`.
GRADIENT_OF = {"C_110": "referrals.gradient_orthopaedics", "C_130": "referrals.gradient_ophthalmology"}
GRADIENT_OTHER = "referrals.gradient_other"


@dataclass(frozen=True)
class Opening:
    """The state on the first Monday that does not depend on chance.

    Attributes:
        entries: observed pairs of row and ICB of residence, with their markets.
        base: (entry, group) starts a standard week.
        exponents: (quintile,) of provider choice.
        access: (row, group) relative chance of treatment.
        waiting: (row, group, week) people waiting.
        mix: (entry, group) people waiting by ICB of residence.
        priority_admitted, priority_non_admitted: (row, week).
        typical_hub_work: admitted completions a standard week in hub functions at an average acute trust.
        hub_rows: (row,) whether a surgical hub at the provider would serve the row.
        gap_over_52: England's ratio of over-52-week shares as opened.
    """

    entries: referrals.Entries
    base: Array
    exponents: Array
    access: Array
    waiting: Array
    mix: Array
    priority_admitted: Array
    priority_non_admitted: Array
    typical_hub_work: float
    hub_rows: NDArray[np.bool_]
    gap_over_52: float


def opening(plan: Plan) -> Opening:
    """The opening state of a plan; runs that share it share the arrays (read-only)."""
    names = (
        "access.gap_over_52",
        "access.trust_spread",
        "choice.deprivation_slope",
        "choice.elasticity",
        *GRADIENT_OF.values(),
        GRADIENT_OTHER,
    )
    values = tuple((name, plan.parameters.opening(name)) for name in names)
    return _opening(plan.bundle, values, plan.draw)


@lru_cache(maxsize=4)
def _opening(bundle: Bundle, values: tuple[tuple[str, float], ...], draw: int) -> Opening:
    p = dict(values)
    entries, base = _opening_referrals(bundle, p)
    by_row = entries.to_rows(base)
    english = by_row[:, :QUINTILES]
    total = english.sum(axis=1, keepdims=True)
    national = english.sum(axis=0) / english.sum()
    share = np.where(total > 0, english / np.maximum(total, 1e-300), national)
    codes = streams.words(bundle.provider_code)
    spread = p["access.trust_spread"] * streams.normal(streams.Streams(0, draw).params("access gap", 0, codes))
    priority = bundle.priorities.by_row(bundle.row_group)
    chance = access.cumulative_chance(
        priority, np.stack([bundle.admitted, bundle.non_admitted]), bundle.waiting.sum(axis=1)
    )
    found = access.open_access(
        bundle.waiting[:, 0], share, bundle.row_provider, chance, p["access.gap_over_52"], spread
    )
    waiting = np.zeros((bundle.n_rows, GROUPS, WEEKS))
    waiting[:, :QUINTILES] = found.people
    waiting[:, OUTSIDE_GROUP] = bundle.waiting[:, 1]
    access_row = np.ones((bundle.n_rows, GROUPS))
    access_row[:, :QUINTILES] = found.access[bundle.row_provider]
    hub, typical = _hub_rows(bundle)
    out = Opening(
        entries,
        base,
        referrals.choice_exponents(
            p["choice.elasticity"], p["choice.deprivation_slope"], base[:, :QUINTILES].sum(1), entries
        ),
        access_row,
        waiting,
        _opening_mix(bundle, entries, base, waiting.sum(axis=2)),
        np.ascontiguousarray(priority[0]),
        np.ascontiguousarray(priority[1]),
        typical,
        hub,
        found.gap,
    )
    for array in (out.base, out.access, out.waiting, out.mix, out.priority_admitted, out.priority_non_admitted):
        array.flags.writeable = False
    return out


def _opening_referrals(bundle: Bundle, p: dict[str, float]) -> tuple[referrals.Entries, Array]:
    """Entries with their markets, and their opening starts by group."""
    row, icb = bundle.entry_row, bundle.entry_icb
    n_icb = len(bundle.icb_code)
    functions = sorted(set(bundle.row_function))
    function = np.array([functions.index(f) for f in bundle.row_function])
    market_key = icb * len(functions) + function[row]
    _, market = np.unique(market_key, return_inverse=True)
    first = np.searchsorted(row, np.arange(bundle.n_rows + 1))
    bare = np.flatnonzero(np.diff(first) == 0)
    if bare.size:
        r = int(bare[0])
        raise InputError(
            "the baseline has a row without patients' places of residence",
            found=f"{bundle.provider_code[bundle.row_provider[r]]} {bundle.row_function[r]}",
            expected="flows for every row",
        )
    entries = referrals.Entries(row, icb, market, first)
    observed = np.bincount(row, bundle.entry_starts, bundle.n_rows)
    listed = np.bincount(row, bundle.entry_waiting, bundle.n_rows)
    share = np.where(
        observed[row] > 0,
        bundle.entry_starts / np.maximum(observed[row], 1e-300),
        bundle.entry_waiting / np.maximum(listed[row], 1e-300),
    )
    starts = share * bundle.starts[row]
    base = np.zeros((len(row), GROUPS))
    inside = icb < n_icb
    base[~inside, OUTSIDE_GROUP] = starts[~inside]
    residents = bundle.population / bundle.population.sum(axis=1, keepdims=True)
    use = np.stack([referrals.gradient(p[GRADIENT_OF.get(f, GRADIENT_OTHER)]) for f in bundle.row_function])
    catchment = np.full((len(bundle.provider_code), QUINTILES), np.nan)
    is_trust = bundle.provider_trust >= 0
    catchment[is_trust] = bundle.trusts.catchment[bundle.provider_trust[is_trust]]
    base[inside, :QUINTILES] = referrals.split_by_quintile(
        starts[inside], residents[icb[inside]], use[row[inside]], bundle.row_provider[row[inside]], catchment
    )
    return entries, base


def _opening_mix(bundle: Bundle, entries: referrals.Entries, base: Array, people: Array) -> Array:
    """Opening list by ICB of residence and group: entries' published lists, raked to the groups of each row."""
    listed = bundle.entry_waiting
    inside = bundle.entry_icb < len(bundle.icb_code)
    share = base / np.maximum(base.sum(axis=1, keepdims=True), 1e-300)
    mix = np.where(inside[:, None], listed[:, None] * share, 0.0)
    fallback = np.where(inside[:, None], base, 0.0)
    bare = entries.to_rows(mix)[:, :QUINTILES].sum(1) <= 0
    mix = np.where(bare[entries.row][:, None], fallback, mix)
    for _ in range(30):
        total = mix.sum(axis=1)
        mix *= np.divide(listed, total, out=np.ones_like(total), where=(total > 0) & (listed > 0) & inside)[:, None]
        now = entries.to_rows(mix)
        mix *= np.divide(people, now, out=np.zeros_like(now), where=now > 0)[entries.row]
    mix[~inside, OUTSIDE_GROUP] = people[entries.row[~inside], OUTSIDE_GROUP]
    return mix


def _hub_rows(bundle: Bundle) -> tuple[NDArray[np.bool_], float]:
    """Rows a surgical hub would serve, and the admitted work of an average acute trust in them."""
    hub = np.array([f in capital.HUB_FUNCTIONS for f in bundle.row_function])
    n = len(bundle.provider_code)
    admitted = np.bincount(bundle.row_provider, bundle.admitted * hub, n)
    has = admitted > 0
    # specialist trusts outside those functions: a theatre there serves all their admitted work
    all_admitted = np.bincount(bundle.row_provider, bundle.admitted, n)
    few = admitted < 0.05 * np.maximum(all_admitted, 1e-12)
    hub |= few[bundle.row_provider] & (bundle.admitted > 0)
    trust = bundle.provider_trust
    acute = np.array([t >= 0 and bundle.trusts.type[t] == "acute" for t in trust])
    return hub, float(admitted[acute & has].mean())


@dataclass
class Signals:
    """What agents may see: published with the monthly return, so one month old when boards read it.

    Attributes:
        within_18_share: (provider,) percent.
        waiting: (provider,) people.
    """

    within_18_share: Array
    waiting: Array


@dataclass
class Money:
    """What trusts may spend, beside the ledger that holds what was paid; GBP m (trust,).

    Attributes:
        pot: unspent surpluses since 2024/25.
        backlog: maintenance backlog.
        expenditure: this year's planned expenditure.
        envelope: this year's ordinary capital.
        in_deficit: whether the last year closed in deficit.
        drawn, capital_spend, revenue_spend: this month's flows.
        elective: of this month's cost, that of elective work: its share of contracts, and what work above plan costs.
        urgent_margin: of it, that of emergencies beyond those foreseen; below 0 where there are fewer.
    """

    pot: Array
    backlog: Array
    expenditure: Array
    envelope: Array
    in_deficit: NDArray[np.bool_]
    drawn: Array
    capital_spend: Array
    revenue_spend: Array
    elective: Array
    urgent_margin: Array

    def close_month(self) -> None:
        """Start a new month's flows."""
        for flow in (self.drawn, self.capital_spend, self.revenue_spend, self.elective, self.urgent_margin):
            flow[:] = 0.0


@dataclass
class MonthFlows:
    """People who moved this month, (row, group)."""

    starts: Array
    late: Array
    returned: Array
    treated_admitted: Array
    treated_non_admitted: Array
    removed: Array

    @classmethod
    def zero(cls, rows: int) -> MonthFlows:
        """No flows yet."""
        return cls(*(np.zeros((rows, GROUPS)) for _ in range(6)))

    def clear(self) -> None:
        """Start a new month."""
        for flow in (
            self.starts,
            self.late,
            self.returned,
            self.treated_admitted,
            self.treated_non_admitted,
            self.removed,
        ):
            flow[:] = 0.0


@dataclass(frozen=True)
class Event:
    """Something that happened to a trust."""

    month: str
    trust: str
    event: str
    detail: str
    value: float


@dataclass
class World:
    """Everything that changes during a run."""

    plan: Plan
    opening: Opening
    n: Array
    mix: Array
    stock: Array
    opening_list: Array
    pattern: Array
    row_rate: Array
    spared: Array
    starts_index: Array
    row_z: Array
    productivity: Array
    validation: Array
    mean_list: Array
    mean_starts: Array
    missing: Array
    to_return: Array
    returns: Array
    wait_reference: Array
    recent_waits: Array
    outsourced: Array
    theatre_gain: Array
    equipment: Array
    revenue_gain: Array
    staff: Array
    management: Array
    held_back: Array
    opening_money: OpeningMoney
    ledger: Ledger
    money: Money
    signals: Signals
    oversight: Oversight
    urgent: Urgent
    health: Health
    contracts_iho: Contracts
    month: MonthFlows
    counts: Counts
    events: list[Event] = field(default_factory=list)

    @property
    def bundle(self) -> Bundle:
        """The baseline the world started from."""
        return self.plan.bundle

    @property
    def cash(self) -> Array:
        """(trust,) GBP m in the bank."""
        return self.ledger.cash[self.ledger.accounts.axis("trust")]

    def provider_list(self) -> Array:
        """People waiting by provider."""
        n = len(self.bundle.provider_code)
        return np.asarray(np.bincount(self.bundle.row_provider, self.stock.sum(axis=1), n), dtype=np.float64)

    def trust(self, code: str) -> TrustView:
        """One trust's month, to print."""
        return TrustView(self, self.bundle.trust(code))


@dataclass(frozen=True)
class TrustView:
    """One trust's present state; `print(world.trust("RTF"))` shows it."""

    world: World
    index: int

    @property
    def people(self) -> Array:
        """(group, week) people waiting."""
        b = self.world.bundle
        provider = b.trust_provider[self.index]
        rows = b.row_provider == provider
        return np.asarray(self.world.n[rows].sum(axis=0))

    def __str__(self) -> str:
        t, money, cash = self.world.bundle.trusts, self.world.money, self.world.cash
        people = self.people.sum(axis=0)
        lines = [f"{t.code[self.index]} {t.name[self.index]}"]
        if people.sum() > 0:
            lines.append(
                f"  waiting {people.sum():,.0f}; within 18 weeks {float(measures.within_18_share(people)):.1f}%; "
                f"median {float(measures.median(people)):.1f} weeks; over 52 {float(measures.over_52(people)):,.0f}"
            )
        else:
            lines.append("  no consultant-led waiting list")
        lines.append(
            f"  pot GBP {money.pot[self.index]:,.1f}m; cash GBP {cash[self.index]:,.1f}m; "
            f"capital envelope GBP {money.envelope[self.index]:,.1f}m"
        )
        return "\n".join(lines)


def open_world(plan: Plan, seed: int) -> World:
    """The world on the first Monday."""
    b, o, p = plan.bundle, opening(plan), plan.parameters
    rows, providers, trusts = b.n_rows, len(b.provider_code), len(b.trusts.code)
    n = np.array(o.waiting)
    counts = Counts.of(n, b.row_is_trust)
    stock = counts.people.copy()
    ids = streams.words(f"{b.provider_code[r]}|{f}" for r, f in zip(b.row_provider, b.row_function, strict=True))
    z = streams.normal(streams.Streams(seed, plan.draw).chance("referrals start", 0, ids))
    waits = counts.mean_wait()
    waits = np.where(np.isfinite(waits), waits, 1.0)
    # the tables are of one financial year; an opening in a later one grows them as runs from the former would
    year_ends, aprils = b.money_years
    grown = (1 + p.opening("payment.settlement_growth")) ** aprils
    books = opening_money(b, p.opening, plan.draw)
    backlog = np.nan_to_num(b.trusts.backlog)
    for _ in range(year_ends):
        backlog = capital.backlog_step(backlog, p.opening("capital.backlog_growth"))
    usual_pot = capital.opening_pot(books.surplus, p.opening("capital.pot_prior_year_ratio"))
    pot = usual_pot * p.opening("capital.pot_level")
    # a surplus is money in the bank: with a larger or smaller pot goes as much more or less cash
    cash = np.maximum(books.cash * grown + (pot - usual_pot), 0.0)
    holders = Accounts(tuple(b.trusts.code), tuple(b.icb_code))
    opening_cash = np.zeros(len(holders.names))
    opening_cash[holders.axis("trust")] = cash
    people = np.asarray(np.bincount(b.row_provider, stock.sum(1), providers), dtype=np.float64)
    within = np.bincount(b.row_provider, counts.within_18.sum(1), providers)
    return World(
        plan=plan,
        opening=o,
        n=n,
        mix=np.array(o.mix),
        stock=stock,
        opening_list=stock.sum(axis=1),
        pattern=np.array(o.base),
        row_rate=o.entries.to_rows(o.base),
        spared=np.zeros((rows, GROUPS)),
        starts_index=np.ones(rows),
        row_z=z,
        productivity=np.zeros(providers),
        validation=np.ones(providers),
        mean_list=stock.sum(axis=1),
        mean_starts=b.starts.copy(),
        missing=np.zeros(rows),
        to_return=np.zeros((removals.RETURN_SLOTS, rows, GROUPS)),
        returns=np.zeros((rows, GROUPS)),
        wait_reference=waits,
        recent_waits=np.repeat(waits[None], 3, axis=0),
        outsourced=np.zeros(rows),
        theatre_gain=np.zeros(providers),
        equipment=np.ones(trusts),
        revenue_gain=np.zeros(providers),
        staff=np.ones(trusts),
        management=np.ones(trusts),
        held_back=np.zeros(trusts),
        opening_money=books,
        ledger=Ledger(holders, opening_cash),
        money=Money(
            pot=np.round(pot, 8),
            backlog=backlog,
            expenditure=books.expenditure * grown,
            envelope=np.nan_to_num(b.trusts.capital) * (1 + p.opening("capital.limit_growth")) ** aprils,
            in_deficit=books.surplus < 0,
            **{k: np.zeros(trusts) for k in ("drawn", "capital_spend", "revenue_spend", "elective", "urgent_margin")},
        ),
        signals=Signals(100 * within / np.maximum(people, 1e-9), people),
        oversight=opened(b, quarter_label(plan.calendar.start.year, plan.calendar.start.month), plan.draw),
        health=open_health(
            b.population,
            p.opening("community.spending") * books.allocation / books.allocation.sum(),
            p.opening("health.public_health_grant") * books.target / books.target.sum(),
        ),
        contracts_iho=Contracts.none(trusts),
        urgent=opened_urgent(b, p.opening),
        month=MonthFlows.zero(rows),
        counts=counts,
    )
