"""Stylised facts of English waiting lists.

The tolerances were written down with these tests, after the mechanisms. The default removal closure is a regression
whose years include 2016/17, so the removals of that year are a calibrated fact and no blind test.

England is run as one list; a controller gives just the capacity that holds it at a chosen length, so that the age
structure is what the mechanisms make of that length.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.mechanisms import measures, referrals, removals
from aft_sim.mechanisms.waiting_list import GROUPS, LATE_WEEKS, WEEKS, WeekFlows, WeekInputs, advance
from aft_sim.spec.register import Register
from aft_sim.world import QUINTILES, opening
from worlds import column, plan, run, scenario

pytestmark = pytest.mark.validation

CLOSURES = ("fitted", "starts", "list")
REGISTER = Register.load()


@dataclass
class England:
    """One list with England's flows, priorities and removals."""

    closure: str = "fitted"
    pressure: float = 1.0
    priority: np.ndarray | None = None
    removed: list[float] = field(default_factory=list)
    treated: list[float] = field(default_factory=list)

    def __post_init__(self):
        b = load()
        self.starts = float(b.starts.sum())
        self.opening = float(b.waiting.sum())
        self.n = np.zeros((1, GROUPS, WEEKS))
        self.n[0, 0] = b.waiting.sum(axis=(0, 1))
        waiting = b.waiting.sum(axis=(0, 1))
        self.measured = b.england_completions / waiting
        self.admitted_share = float(b.admitted.sum() / (b.admitted.sum() + b.non_admitted.sum()))

    def hold(self, length: float, years: float, starts: float | None = None) -> "England":
        """Run with the capacity that moves the list to a length within a quarter and keeps it there."""
        flows, late = WeekFlows.allocate(1), REGISTER.number("removals.late_share")
        one = np.ones(1)
        s = starts or self.starts
        priority = self.measured if self.priority is None else np.stack([self.priority, self.priority])
        for _ in range(int(years * 52.18)):
            now = float(self.n.sum())
            net = removals.total(
                one * REGISTER.number("removals.share_of_starts"),
                one * s,
                one * now,
                one * self.starts,
                one * self.opening,
                self.closure,
                REGISTER.number("removals.list_exponent"),
            )
            capacity = max(s - float(net[0]) + (now - length) / 13, 0.0)
            joined = np.zeros((1, GROUPS))
            joined[0, 0] = s
            advance(
                self.n,
                WeekInputs(
                    arrivals=joined,
                    late=np.repeat(joined[:, :, None] * late / LATE_WEEKS, LATE_WEEKS, axis=2),
                    returns=np.zeros((1, GROUPS)),
                    removals=net + late * s,
                    validated=np.zeros(1),
                    removal_hazard=removals.hazard_shape(),
                    priority_adm=priority[:1].copy(),
                    priority_non=priority[1:].copy(),
                    access=np.ones((1, GROUPS)),
                    capacity_adm=one * capacity * self.admitted_share,
                    capacity_non=one * capacity * (1 - self.admitted_share),
                    pressure=one * self.pressure,
                ),
                flows,
            )
            self.removed.append(float(net[0]))
            self.treated.append(float(flows.treated_adm.sum() + flows.treated_non.sum()))
        return self

    @property
    def share(self) -> float:
        return float(measures.within_18_share(self.n[0, 0]))

    @property
    def clearance(self) -> float:
        """List in weeks of completed pathways."""
        return float(self.n.sum() / np.mean(self.treated[-52:]))


def share_at_clearance(weeks: float, closure: str, pressure: float) -> float:
    """18-week share once the list is worth so many weeks of throughput."""
    low, high = 1.0e6, 12.0e6
    for _ in range(12):
        middle = (low + high) / 2
        england = England(closure, pressure).hold(middle, 6)
        low, high = (middle, high) if england.clearance < weeks else (low, middle)
    assert england.clearance == pytest.approx(weeks, rel=0.01)
    return england.share


def test_s5_same_list_different_performance():
    """At a constant list of 4.0m the order of treatment alone can move the 18-week share by 20 points."""
    newest = np.exp(-0.05 * np.arange(WEEKS))
    longest = np.exp(0.2 * np.minimum(np.arange(WEEKS), 60))
    found = [England(priority=order).hold(4.0e6, 5).share for order in (newest, longest)]
    assert found[1] - found[0] >= 20


@pytest.mark.parametrize("closure", CLOSURES)
def test_s6_list_in_weeks_of_throughput(closure, capsys):
    """21-22 weeks of throughput went with 59 % (early 2025), 9.4 weeks with 92 % (2014), each within 5 points.

    In 2014 the standard was enforced at 18 weeks. What enforcement of a mark does to the order of treatment is
    measured at the mark enforced today: the rate of treatment in the first week beyond 65 over that of the last week
    before it.
    """
    rate = load().england_completions.sum(axis=0) / load().waiting.sum(axis=(0, 1))
    enforced = float(rate[65] / rate[64])
    now, then = share_at_clearance(21.5, closure, 1.0), share_at_clearance(9.4, closure, enforced)
    with capsys.disabled():
        print(
            f"\nS6, enforcement {enforced:.2f}, removals {closure}: "
            f"{now:.1f}% at 21.5 weeks (59), {then:.1f}% at 9.4 weeks (92)"
        )
    assert abs(now - 59) <= 5
    assert abs(then - 92) <= 5


def test_s8_removals_are_a_flow_of_their_own():
    """Published flows do not balance; with removals off the list grows about 0.2m a month more."""
    until = date(2026, 4, 30)
    tables = {
        share: run(scenario("no-aft", removals__share_of_starts=share, run__chance=0), until) for share in (0.144, 0.0)
    }
    size = {share: column(t["england"], "list", basis="england", quintile="all") for share, t in tables.items()}
    months = size[0.0].size
    grown = (size[0.0][-1] - size[0.144][-1]) / months
    assert 0.2e6 <= grown <= 0.3e6
    assert column(tables[0.144]["england"], "removed", basis="england", quintile="all").min() > 0.2e6


def test_s16_patients_barely_chase_short_waits():
    """A trust that halves its wait gains less than 5 % more referrals (calibrated: choice.elasticity [H01])."""
    p = plan(scenario("no-aft"), date(2026, 3, 31))
    b, o = p.bundle, opening(p)
    gains = []
    for code in ("RTF", "R0A", "RYJ", "RBS", "RJ1", "RRK", "RXQ", "RP6"):
        mine = b.row_provider == b.provider_code.index(code)
        ratio = np.where(mine, 0.5, 1.0)
        weight = o.base.sum(axis=1)
        n = o.entries.n_markets
        seen = np.bincount(o.entries.market, weight * ratio[o.entries.row], n)
        total = np.bincount(o.entries.market, weight, n)
        market = np.divide(seen, total, out=np.ones(n), where=total > 0)
        after = referrals.choose(
            o.base, o.entries, ratio, market, o.exponents, REGISTER.number("referrals.demand_elasticity")
        )
        gains.append(o.entries.to_rows(after)[mine].sum() / o.entries.to_rows(o.base)[mine].sum() - 1)
    assert min(gains) > 0 and max(gains) < 0.05


def test_observed_shares_come_back_when_waits_do_not_move():
    p = plan(scenario("no-aft"), date(2026, 3, 31))
    o = opening(p)
    ones = np.ones(p.bundle.n_rows), np.ones(o.entries.n_markets)
    after = referrals.choose(o.base, o.entries, *ones, o.exponents, -0.06)
    assert np.abs(after - o.base).max() <= 1e-12 * o.base.max()
    assert o.exponents.size == QUINTILES and (np.diff(o.exponents) > 0).all()


def test_removals_at_the_flows_of_2016_17():
    """19.88m starts a year and a list of 3.9m: removals were 17.0 % of starts; the default must give 16-18 %."""
    b = load()
    one, starts = np.ones(1), np.array([19_878_793 / 365.25 * 7])
    net = removals.total(
        one * REGISTER.number("removals.share_of_starts"),
        starts,
        one * 3.9e6,
        one * b.starts.sum(),
        one * b.waiting.sum(),
        str(REGISTER["removals.closure"].default),
        REGISTER.number("removals.list_exponent"),
    )
    assert 0.16 <= float(net[0] / starts[0]) <= 0.18
