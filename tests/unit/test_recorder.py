"""Tables of a run: sums, quintiles, places, and how they agree with each other."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.mechanisms import measures
from aft_sim.model import TrustAutonomyModel
from aft_sim.outcomes import registry
from aft_sim.outcomes.recorder import Recorder, catchment_shares
from aft_sim.world import Event, open_world
from worlds import column, few, plan, scenario

pytestmark = pytest.mark.unit

UNTIL = date(2026, 6, 30)
QUINTILES = tuple(registry.QUINTILES)
COUNTS = ("list", "within_18", "over_52", "over_65")


@pytest.fixture(scope="module")
def world():
    """An opening with numbered flows, recorded once."""
    w = open_world(plan(scenario("baseline"), UNTIL, few()), 1)
    rng = np.random.default_rng(2)
    w.month.starts[:] = w.row_rate * 4
    for flow in (
        w.month.late,
        w.month.returned,
        w.month.treated_admitted,
        w.month.treated_non_admitted,
        w.month.removed,
    ):
        flow[:] = rng.integers(0, 9, flow.shape)
    w.money.drawn[:] = np.arange(w.money.drawn.size)
    return w


@pytest.fixture(scope="module")
def recorded(world):
    starts, removed = world.month.starts.copy(), world.month.removed.copy()
    recorder = Recorder(world)
    world.events.append(Event("2026-02", "RTF", "draw", "GBP m from the pot", 1.5))
    recorder.record("2026-02")
    return recorder.tables(), starts, removed, recorder


@pytest.fixture(scope="module")
def ran():
    return TrustAutonomyModel(plan(scenario("baseline"), UNTIL, few()), seed=1, check=True).run()


class TestByFifth:
    def test_residents_and_need(self, world, recorded):
        of = [column(recorded[0]["england"], "residents", basis="england", quintile=q)[0] for q in QUINTILES]
        assert of == pytest.approx(world.bundle.population.sum(axis=0))
        need = [
            column(recorded[0]["england"], "need_adjusted_residents", basis="nhs", quintile=q)[0] for q in QUINTILES
        ]
        assert sum(need) == pytest.approx(sum(of))
        # 1.25 between the ends: the register's need ratio
        assert need[0] / of[0] / (need[4] / of[4]) == pytest.approx(1.25)

    def test_what_trusts_spend_is_divided_by_catchment_and_adds_up(self, ran):
        tables = ran
        for name in ("capital_spend", "expenditure"):
            money = np.array(tables["money"].column(name).to_pylist())
            months = tables["money"].column("month").to_pylist()
            total = [money[np.array(months) == month].sum() for month in sorted(set(months))]
            fifths = [column(tables["england"], name, basis="england", quintile=q) for q in ("all", *QUINTILES)]
            assert fifths[0] == pytest.approx(total, rel=1e-5) and min(total) > 0
            assert sum(fifths[1:]) == pytest.approx(fifths[0])
            assert not column(tables["england"], name, basis="independent", quintile="all").any()

    def test_catchments_are_known_or_estimated_for_every_trust(self, world):
        shares = catchment_shares(world.bundle)
        assert shares.shape == (202, 5) and shares.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        # Northumbria, as published
        trust = world.bundle.trust("RTF")
        assert (shares[trust, 0], shares[trust, 4]) == (
            pytest.approx(0.2123, abs=1e-4),
            pytest.approx(0.2235, abs=1e-4),
        )


class TestEngland:
    def of(self, tables, name, basis, quintile="all"):
        return column(tables["england"], name, basis=basis, quintile=quintile)[0]

    def test_measures_of_the_whole_list(self, world, recorded):
        tables = recorded[0]
        english = world.n[:, :5].sum(axis=(0, 1))
        assert self.of(tables, "list", "england") == pytest.approx(english.sum())
        assert self.of(tables, "list", "all") == pytest.approx(world.n.sum())
        for name, measure in (
            ("within_18_share", measures.within_18_share),
            ("median_weeks", measures.median),
            ("p92_weeks", measures.p92),
            ("mean_weeks", measures.mean),
            ("over_52", measures.over_52),
            ("over_65", measures.over_65),
        ):
            assert self.of(tables, name, "england") == pytest.approx(float(measure(english))), name

    def test_by_quintile(self, world, recorded):
        for q, label in enumerate(QUINTILES):
            people = world.n[:, q].sum(axis=0)
            assert self.of(recorded[0], "list", "england", label) == pytest.approx(people.sum())
            assert self.of(recorded[0], "within_18", "england", label) == pytest.approx(people[:18].sum())

    def test_sectors_make_the_whole(self, world, recorded):
        tables = recorded[0]
        trust = world.bundle.row_is_trust
        assert self.of(tables, "list", "nhs") == pytest.approx(world.n[trust][:, :5].sum())
        assert self.of(tables, "list", "independent") == pytest.approx(world.n[~trust][:, :5].sum())
        for name in (*COUNTS, "starts", "removed", "late", "returned", "treated_admitted"):
            parts = self.of(tables, name, "nhs") + self.of(tables, name, "independent")
            assert parts == pytest.approx(self.of(tables, name, "england")), name

    def test_flows(self, recorded):
        tables, starts, removed, _ = recorded
        assert self.of(tables, "starts", "england") == pytest.approx(starts[:, :5].sum())
        assert self.of(tables, "starts", "all") == pytest.approx(starts.sum())
        assert self.of(tables, "removed", "england", "2") == pytest.approx(removed[:, 1].sum())


class TestPlaces:
    def test_a_trust_by_quintile(self, world, recorded):
        b = world.bundle
        rows = b.row_provider == b.provider_code.index("RTF")
        table = recorded[0]["trust"]
        # at its own trust everybody counts, also people from outside England
        assert column(table, "list", trust="RTF", quintile="all")[0] == pytest.approx(world.n[rows].sum())
        for q, label in enumerate(QUINTILES):
            got = column(table, "over_52", trust="RTF", quintile=label)[0]
            assert got == pytest.approx(world.n[rows, q, 52:].sum(), rel=1e-6)

    def test_only_trusts_with_a_list(self, world, recorded):
        assert set(recorded[0]["trust"].column("trust").to_pylist()) == {"RTF", "R0B", "RBS", "RBQ", "RRV"}
        assert len(set(recorded[0]["money"].column("trust").to_pylist())) == len(world.bundle.trusts.code)

    def test_regions_make_england(self, recorded):
        tables = recorded[0]
        for name in (*COUNTS, "starts"):
            england = column(tables["england"], name, basis="england", quintile="all")[0]
            assert column(tables["region"], name).sum() == pytest.approx(england, rel=1e-6), name

    def test_boards_make_england(self, world, recorded):
        tables = recorded[0]
        for q in ("all", *QUINTILES):
            for name in (*COUNTS, "starts"):
                england = column(tables["england"], name, basis="england", quintile=q)[0]
                assert column(tables["icb_quintile"], name, quintile=q).sum() == pytest.approx(england, rel=1e-6), name

    def test_a_board_by_hand(self, world, recorded):
        """Within a row and quintile people of every board wait alike."""
        k = world.bundle.icb_code.index("QHM")
        share = np.divide(
            world.n[:, :5, :18].sum(axis=2), world.stock[:, :5], out=np.zeros((world.bundle.n_rows, 5)),
            where=world.stock[:, :5] > 0,
        )  # fmt: skip
        e = world.opening.entries
        mine = e.icb == k
        expected = (world.mix[mine, :5] * share[e.row[mine]]).sum()
        got = column(recorded[0]["icb_quintile"], "within_18", icb="QHM", quintile="all")[0]
        assert got == pytest.approx(expected, rel=1e-6)


class TestTables:
    def test_schemas_and_sizes(self, recorded):
        tables = recorded[0]
        assert set(tables) == set(registry.LEVELS)
        for name, table in tables.items():
            assert table.schema.equals(registry.LEVELS[name].schema), name
        assert tables["england"].num_rows == 4 * 6
        assert tables["icb_quintile"].num_rows == 36 * 6

    def test_money_and_events(self, world, recorded):
        tables = recorded[0]
        i = world.bundle.trust("RTF")
        assert column(tables["money"], "drawn", trust="RTF")[0] == i
        assert tables["events"].to_pylist() == [
            {"month": "2026-02", "trust": "RTF", "event": "draw", "detail": "GBP m from the pot", "value": 1.5}
        ]

    def test_recording_starts_a_new_month(self, world, recorded):
        assert recorded[3].months == ("2026-02",)
        assert not world.month.starts.any() and not world.money.drawn.any()


class TestRun:
    def test_months_in_order(self, ran):
        months = ran["england"].column("month").to_pylist()
        assert sorted(set(months)) == ["2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]
        assert months == sorted(months)

    def test_stock_and_flow_agree_from_month_to_month(self, ran):
        def of(name):
            return column(ran["england"], name, basis="all", quintile="all")

        out = of("treated_admitted") + of("treated_non_admitted") + of("removed")
        change = of("starts") + of("late") + of("returned") - out
        assert np.diff(of("list")) == pytest.approx(change[1:], abs=1e-6)

    def test_quintiles_make_the_whole(self, ran):
        for basis in registry.BASES:
            if basis == "all":
                continue
            for name in (*COUNTS, "starts", "removed"):
                whole = column(ran["england"], name, basis=basis, quintile="all")
                parts = sum(column(ran["england"], name, basis=basis, quintile=q) for q in QUINTILES)
                assert parts == pytest.approx(whole), (basis, name)
