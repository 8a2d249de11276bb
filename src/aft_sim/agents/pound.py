"""What a run remembers of pots, so that every pound can be followed: lots, draws, purchases, levels of capacity.

Only what happened is kept, in whole pence; which lot paid for what follows from it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from aft_sim.agents.trust import DrawDecision
from aft_sim.basis.errors import CheckFailed
from aft_sim.mechanisms import capital, lots
from aft_sim.mechanisms.capital import Scheme
from aft_sim.mechanisms.ledger import PENCE

Array = NDArray[np.float64]
Index = NDArray[np.int64]

REVENUE = "revenue"
"""Kind of purchase beside the classes of capital: work of a year."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Money that came into a pot at one time.

    Attributes:
        trust: index of the trust.
        week: at whose end it came; -1 for what the run opens with.
        origin: the year whose surplus it is.
        pence: how much.
    """

    trust: int
    week: int
    origin: str
    pence: int


@dataclass(frozen=True, slots=True)
class Draw:
    """What one board planned and got in one round.

    Attributes:
        trust: index of the trust.
        week: of the round.
        wish: pence that its rule of thumb asks for.
        asked: pence that pot and cash allow.
        capital, revenue: pence drawn.
        reason: what stood between wish and asked; "" if nothing did.
    """

    trust: int
    week: int
    wish: int
    asked: int
    capital: int
    revenue: int
    reason: str

    @property
    def spent(self) -> int:
        """Pence that left the pot."""
        return self.capital + self.revenue

    @property
    def refused(self) -> int:
        """Pence that the national limit left in the pot."""
        return self.asked - self.spent


@dataclass(frozen=True, slots=True)
class Purchase:
    """Something bought in one round with money from pots, whoever's.

    Attributes:
        trust: index of the trust at which it is.
        week: of the round.
        kind: a class of capital, or `REVENUE`.
        key: trust, year, kind and round.
        pence: paid.
        scheme: where it is capital.
        gain: completions a week for a year, where it is revenue.
    """

    trust: int
    week: int
    kind: str
    key: str
    pence: int
    scheme: Scheme | None
    gain: float


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Capacity that all schemes together have brought, from a week on.

    Attributes:
        week: the first.
        kind: "theatre" and "revenue" (provider,) completions a week, "equipment" (trust,) index.
        values: a copy.
    """

    week: int
    kind: str
    values: Array


@dataclass
class PoundRecord:
    """The record of a run, in the order in which things happened.

    Attributes:
        held: (trust,) pence in pots.
        lots, draws, purchases, levels: what happened.
    """

    held: Index
    lots: list[Lot] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)

    def take_in(self, pots: Array, week: int, origin: str) -> None:
        """Remember what pots, (trust,) GBP m, hold more than before.

        Raises:
            CheckFailed: a pot holds less: money left it that nobody drew.
        """
        added = _pence(pots) - self.held
        if (added < 0).any():
            i = int(added.argmin())
            raise CheckFailed("money left a pot without a draw", where=origin, found=f"trust {i}: {-added[i]} pence")
        self.lots += [Lot(int(i), week, origin, int(added[i])) for i in np.flatnonzero(added)]
        self.held += added

    def draw(self, week: int, decisions: Sequence[DrawDecision], asked: Array, bought: Array, revenue: Array) -> None:
        """Remember a round.

        Args:
            week: of the round.
            decisions: of the boards.
            asked: (trust,) GBP m asked for.
            bought, revenue: (trust,) GBP m drawn for capital and for work.
        """
        wanted, paid, worked = (_pence(amount) for amount in (asked, bought, revenue))
        for d in decisions:
            wish = int(_pence(capital.whole_pence(np.array(d.wish))))
            got = int(wanted[d.trust]), int(paid[d.trust]), int(worked[d.trust])
            self.draws.append(Draw(d.trust, week, wish, got[0], got[1], got[2], d.reason))
        self.held -= paid + worked

    def buy_schemes(self, amount: float, schemes: Sequence[tuple[str, Scheme]]) -> None:
        """Remember the schemes, with their keys, that one trust starts in one round for GBP m in all."""
        parts = lots.apportion(int(np.rint(amount * PENCE)), [scheme.amount for _, scheme in schemes])
        for (key, scheme), pence in zip(schemes, parts, strict=True):
            self.purchases.append(Purchase(scheme.trust, scheme.start_week, scheme.kind, key, pence, scheme, 0.0))

    def buy_work(self, trust: int, week: int, key: str, amount: float, gain: float) -> None:
        """Remember work that one trust buys for a year, GBP m, and what it brings."""
        self.purchases.append(Purchase(trust, week, REVENUE, key, int(np.rint(amount * PENCE)), None, gain))

    def note(self, week: int, kind: str, values: Array) -> None:
        """Remember what capacity all schemes of a kind now bring."""
        self.levels.append(Level(week, kind, values.copy()))


def _pence(amount: Array) -> Index:
    return np.rint(amount * PENCE).astype(np.int64)
