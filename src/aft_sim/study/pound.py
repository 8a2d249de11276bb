"""Follow the pound: a trust's surpluses from the year in which they were made to the treatments they bought.

`run_pound` runs a scenario, `follow` reads a finished run. Money is whole pence and adds up exactly: every lot is what
was spent of it and what is left, and what was spent is what the ledger booked; `follow` refuses to answer otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from aft_sim.agents.pound import REVENUE, Draw, PoundRecord, Purchase
from aft_sim.basis.calendar import Calendar
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms import lots, production
from aft_sim.mechanisms.ledger import PENCE
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.draws import CENTRAL
from aft_sim.spec.scenario import Scenario
from aft_sim.study.execute import forget, freeing, plan_for
from aft_sim.study.pound_effect import GROUPS, Gain, Place, gain, place

Funding = Mapping[tuple[int, int], int]
"""Pence by number of draw and number of purchase."""


@dataclass(frozen=True)
class LotTrace:
    """Money that came in at one time.

    Attributes:
        origin: the year whose surplus it is, or whose money it was.
        received: whether it was given by other trusts' pots.
        pence: how much.
        refused: of what is still in the pot, what the national limit refused at least once.
        unasked: the rest of what is still in the pot: no board has asked for it.
    """

    origin: str
    received: bool
    pence: int
    refused: int
    unasked: int

    @property
    def left(self) -> int:
        """Pence still in the pot."""
        return self.refused + self.unasked


@dataclass(frozen=True)
class RoundTrace:
    """One round of planning: pence wished by rule of thumb, asked, refused by the limit, and spent; why not more."""

    month: str
    wish: int
    asked: int
    refused: int
    capital: int
    revenue: int
    reason: str


@dataclass(frozen=True)
class UseTrace:
    """Something that was bought.

    Attributes:
        key: trust, year, kind and round; no policy elsewhere changes it.
        kind: "revenue" or a class of capital.
        trust: code of where it is.
        month: of the round.
        from_lots: (lot,) pence paid from each lot of the trace.
        whole: pence that it cost in all, with what others paid.
        route: who approved it; "" for revenue.
        approved, in_use: months, perhaps after the run.
        works: whether it was in use by the end of the run.
        at_opening_prices: GBP m of this money at the prices of the run's opening.
        real: GBP m of it after cost growth while it waited for approval: what it still buys.
        gain: what this money brings: its share of what the purchase brings.
    """

    key: str
    kind: str
    trust: str
    month: str
    from_lots: tuple[int, ...]
    whole: int
    route: str
    approved: str
    in_use: str
    works: bool
    at_opening_prices: float
    real: float
    gain: Gain

    @property
    def pence(self) -> int:
        """Paid from the lots of this trace."""
        return sum(self.from_lots)

    @property
    def treatments(self) -> float:
        """Delivered so far."""
        return sum(self.gain.treatments)


@dataclass(frozen=True)
class PoundTrace:
    """A trust's surpluses and what became of them.

    Attributes:
        code, name: the trust.
        first, last: months of the run.
        freedom: month in which the freedom to reinvest begins; "" if the trust never has it.
        standing: why the trust may not draw, or "".
        lots, rounds, uses: the money, the plans, the purchases.
        taken_back: pence of later surpluses that went to NHS England.
        treated: (group,) all completions at the trust since the freedom began, or since the opening.
        listed: whether the trust has a waiting list.
    """

    code: str
    name: str
    first: str
    last: str
    freedom: str
    standing: str
    lots: tuple[LotTrace, ...]
    rounds: tuple[RoundTrace, ...]
    uses: tuple[UseTrace, ...]
    taken_back: int
    treated: tuple[float, ...]
    listed: bool

    @property
    def pence(self) -> int:
        """All that came in."""
        return sum(lot.pence for lot in self.lots)

    @property
    def left(self) -> int:
        """Still in the pot."""
        return sum(lot.left for lot in self.lots)

    @property
    def spent(self) -> int:
        """Gone from the pot."""
        return sum(use.pence for use in self.uses)

    @property
    def treatments(self) -> tuple[float, ...]:
        """(group,) delivered so far."""
        return tuple(sum(use.gain.treatments[g] for use in self.uses) for g in range(GROUPS))

    def paid(self, lot: int | None = None, kind: str | None = None, here: bool | None = None) -> int:
        """Pence spent: of one lot or all, on one kind or all, at this trust, at others, or anywhere (None)."""
        return sum(
            use.pence if lot is None else use.from_lots[lot]
            for use in self.uses
            if kind in (None, use.kind) and (here is None or (use.trust == self.code) is here)
        )


@freeing
def run_pound(scenario: Scenario, seed: int, until: date, trust: str, baseline: Path | None = None) -> PoundTrace:
    """Run a scenario once, at the register's central values, and follow one trust's surpluses.

    Args:
        scenario: resolved scenario.
        seed: chance.
        until: a day in the last month of the run.
        trust: its code.
        baseline: folder that `aft-sim baseline build` wrote; the packaged baseline if None.

    Raises:
        InputErrors: the scenario does not fit the baseline.
        CheckFailed: the trace and the ledger differ.
    """
    model = TrustAutonomyModel(plan_for(scenario, CENTRAL, until, baseline), seed)
    try:
        return follow(model, model.run(), trust)
    finally:
        forget(model)


def follow(model: TrustAutonomyModel, tables: Mapping[str, pa.Table], trust: str) -> PoundTrace:
    """Follow one trust's surpluses through a finished run.

    Args:
        model: the run.
        tables: its results.
        trust: code.

    Raises:
        CheckFailed: the trace and the ledger differ.
    """
    b, record = model.plan.bundle, model.planning.pounds
    i = b.trust(trust)
    given = _funding(record, model.plan.scenario.capital.allocate_to != "holders")
    at: Places = lru_cache(maxsize=None)(lambda trust: place(model, tables, trust))
    found, uses = _own(model, at, i, given)
    more, received = _received(model, at, i, given)
    uses = [_padded(use, 0, len(more)) for use in uses] + [_padded(use, len(found), 0) for use in received]
    status, calendar = model.planning.status, model.plan.calendar
    begins = status.first_week(i) if status.reinvest and i in status.designated else calendar.n_weeks
    since = begins if begins < calendar.n_weeks else 0
    here = at(i)
    trace = PoundTrace(
        code=b.trusts.code[i],
        name=b.trusts.name[i],
        first=calendar.months[0].label,
        last=calendar.months[-1].label,
        freedom=_month(calendar, max(begins, 0)) if begins < calendar.n_weeks else "",
        standing=_standing(model, i),
        lots=(*found, *more),
        rounds=tuple(
            RoundTrace(_month(calendar, d.week), d.wish, d.asked, d.refused, d.capital, d.revenue, d.reason)
            for d in record.draws
            if d.trust == i
        ),
        uses=tuple(uses),
        taken_back=_taken_back(model, i),
        treated=tuple(float(x) for x in (here.everybody * here.treated[:, None])[since:].sum(axis=0)),
        listed=here.listed,
    )
    _tie(trace, model, i)
    return trace


def _standing(model: TrustAutonomyModel, trust: int) -> str:
    status = model.planning.status
    if trust not in status.designated:
        return "it does not hold AFT status in this scenario"
    if not status.reinvest:
        return "AFT status brings no freedom to reinvest in this scenario"
    if status.first_week(trust) >= model.plan.calendar.n_weeks:
        return "the freedom begins after the end of the run"
    return ""


# Money


def _funding(record: PoundRecord, pooled: bool) -> Funding:
    """Which draw paid how much of which purchase.

    Args:
        record: of the run.
        pooled: whether what all holders draw in a round goes to trusts chosen by need; else everybody buys for
            themselves.
    """
    rounds: dict[tuple[int, int], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for n, draw in enumerate(record.draws):
        rounds[draw.week, -1 if pooled else draw.trust][0].append(n)
    for n, purchase in enumerate(record.purchases):
        rounds[purchase.week, -1 if pooled else purchase.trust][1].append(n)
    found = {}
    for draws, bought in rounds.values():
        for revenue in (False, True):
            chosen = [n for n in bought if (record.purchases[n].kind == REVENUE) is revenue]
            paid = [record.draws[n].revenue if revenue else record.draws[n].capital for n in draws]
            shares = lots.share_out(paid, [record.purchases[n].pence for n in chosen])
            found.update({(d, p): shares[x][y] for x, d in enumerate(draws) for y, p in enumerate(chosen)})
    return found


Places = Callable[[int], Place]
Made = tuple[list[LotTrace], list[UseTrace]]


def _own(model: TrustAutonomyModel, at: Places, trust: int, given: Funding) -> Made:
    """A trust's own lots, the oldest spent first, and what its draws bought, here and elsewhere."""
    record = model.planning.pounds
    mine = [lot for lot in record.lots if lot.trust == trust]
    numbers = [n for n, draw in enumerate(record.draws) if draw.trust == trust]
    draws = [record.draws[n] for n in numbers]
    taken = lots.first_in_first_out([lot.pence for lot in mine], [draw.spent for draw in draws])
    uses = []
    for n, row in zip(numbers, taken, strict=True):
        chosen = [(p, pence) for (d, p), pence in given.items() if d == n and pence]
        shares = lots.share_out(row, [pence for _, pence in chosen])
        for y, (p, _) in enumerate(chosen):
            uses.append(_use(model, at, record.purchases[p], tuple(one[y] for one in shares)))
    left = [lot.pence - sum(row[x] for row in taken) for x, lot in enumerate(mine)]
    refused = _refused(draws, left)
    found = [
        LotTrace(lot.origin, False, lot.pence, no, has - no) for lot, has, no in zip(mine, left, refused, strict=True)
    ]
    return found, uses


def _refused(draws: Sequence[Draw], left: Sequence[int]) -> list[int]:
    """Pence of each lot that the limit refused in some round and that no later draw has taken.

    A board offers its oldest money first, so what was refused lies in front of the queue until a later draw takes it.
    """
    later, due = 0, 0
    for draw in reversed(draws):
        due = max(due, draw.refused - later)
        later += draw.spent
    out = []
    for has in left:
        out.append(min(has, due))
        due -= out[-1]
    return out


def _received(model: TrustAutonomyModel, at: Places, trust: int, given: Funding) -> Made:
    """What other trusts' pots paid for here: a lot a round."""
    record, calendar = model.planning.pounds, model.plan.calendar
    paid: dict[int, int] = defaultdict(int)
    for (d, p), pence in given.items():
        if record.purchases[p].trust == trust and record.draws[d].trust != trust:
            paid[p] += pence
    weeks = sorted({record.purchases[p].week for p in paid})
    found, uses = [], []
    for x, week in enumerate(weeks):
        here = {p: pence for p, pence in paid.items() if record.purchases[p].week == week and pence}
        origin = f"other trusts' pots, {calendar.financial_year(calendar.sunday(week))}"
        found.append(LotTrace(origin, True, sum(here.values()), 0, 0))
        for p, pence in here.items():
            from_lots = tuple(pence if y == x else 0 for y in range(len(weeks)))
            uses.append(_use(model, at, record.purchases[p], from_lots))
    return found, uses


def _padded(use: UseTrace, before: int, after: int) -> UseTrace:
    """The same purchase among more lots."""
    return replace(use, from_lots=(0,) * before + use.from_lots + (0,) * after)


def _use(model: TrustAutonomyModel, at: Places, bought: Purchase, from_lots: tuple[int, ...]) -> UseTrace:
    calendar = model.plan.calendar
    prices = production.growth_index(model.plan.parameters.path("capital.price_growth"))
    share = sum(from_lots) / bought.pence if bought.pence else 0.0
    opening = sum(from_lots) / PENCE / float(prices[bought.week])
    whole = gain(bought, at(bought.trust))
    scheme = bought.scheme
    approved, built = (scheme.approved_week, scheme.built_week) if scheme else (bought.week, bought.week)
    return UseTrace(
        key=bought.key,
        kind=bought.kind,
        trust=model.plan.bundle.trusts.code[bought.trust],
        month=_month(calendar, bought.week),
        from_lots=from_lots,
        whole=bought.pence,
        route=scheme.route if scheme else "",
        approved=_month(calendar, approved),
        in_use=_month(calendar, built),
        works=built < calendar.n_weeks,
        at_opening_prices=opening,
        real=scheme.real * share if scheme else opening,
        gain=Gain(share * whole.size, whole.unit, tuple(share * x for x in whole.treatments), share * whole.a_year),
    )


def _month(calendar: Calendar, week: int) -> str:
    """Month of a week, which may lie after the run."""
    if 0 <= week < calendar.n_weeks:
        return str(calendar.months[calendar.month_of_week[week]].label)
    return f"{calendar.sunday(week):%Y-%m}"


def _booked(model: TrustAutonomyModel, trust: int, purpose: str) -> int:
    """Pence that the ledger has booked for a trust over the whole run."""
    ledger = model.world.ledger
    statement = ledger.statement(model.plan.bundle.trusts.code[trust], ledger.months[0], ledger.months[-1])
    return int((statement.paid if purpose in statement.paid else statement.received)[purpose])


def _taken_back(model: TrustAutonomyModel, trust: int) -> int:
    """Pence of surpluses that NHS England took, without what the trust gave for others by its own draws."""
    pooled = model.plan.scenario.capital.allocate_to != "holders"
    drawn = sum(d.spent for d in model.planning.pounds.draws if d.trust == trust) if pooled else 0
    return _booked(model, trust, "surplus_return") - drawn


def _tie(trace: PoundTrace, model: TrustAutonomyModel, trust: int) -> None:
    """Hold the trace against the ledger and the pot, to the penny."""
    lots_, work = range(len(trace.lots)), trace.paid(kind=REVENUE, here=True)
    pot = int(np.rint(model.world.money.pot[trust] * PENCE))
    pairs = [
        ("capital bought with the pot", trace.paid(here=True) - work, _booked(model, trust, "pot_capital")),
        ("work bought with the pot", work, _booked(model, trust, "purchase_of_work")),
        ("what is left in the pot", trace.left, pot),
        *((f"lot {trace.lots[x].origin}", trace.paid(x) + trace.lots[x].left, trace.lots[x].pence) for x in lots_),
        ("surpluses taken back, at least nothing", min(trace.taken_back, 0), 0),
    ]
    for what, traced, booked in pairs:
        if traced != booked:
            raise CheckFailed(
                "the trace and the books differ",
                where=f"{trace.code}, {what}",
                found=f"{traced} pence",
                expected=f"{booked} pence",
            )
