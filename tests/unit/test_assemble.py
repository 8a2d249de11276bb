"""Rows of the model from records of the extract: residence, the independent sector, pooling."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from aft_sim.baseline.assemble import POOLED, RawRows, assemble, pool_small, residence, whole_people
from aft_sim.baseline.sources.geography import CommissionerMap
from aft_sim.baseline.sources.rtt_extract import (
    BANDS,
    PARTS,
    Checks,
    Commissioner,
    Provider,
    Records,
    RttExtract,
    TreatmentFunction,
)

pytestmark = pytest.mark.unit

PROVIDERS = ("NT1", "RAA", "RBB", "RCC")  # NT1 is independent
FUNCTIONS = ("C_110", "C_130")
ICBS = ("QAA", "QBB")
#: One sub-ICB location in each ICB, one divided 3 to 1, a hub, and everyone from outside England.
PAYERS = ("00A", "00B", "00S", "99H", "NONC")
MAP = CommissionerMap(
    PAYERS,
    ("icb", "icb", "icb", "hub", "NONC"),
    np.array([[1.0, 0.0], [0.0, 1.0], [0.75, 0.25], [0.0, 0.0], [0.0, 0.0]]),
    (),
    (),
)
REGISTER = SimpleNamespace(current=lambda code: code if code.startswith("R") else None)


def extract(*rows: tuple) -> RttExtract:
    """Records (provider, payer, part, function, {weeks: people} or a total, unknown clock starts)."""
    n = len(rows)
    bands, total, unknown = np.zeros((n, BANDS), np.int32), np.zeros(n, np.int32), np.zeros(n, np.int32)
    for i, (*_, people, lost) in enumerate(rows):
        if isinstance(people, dict):
            for week, count in people.items():
                bands[i, week] = count
            total[i] = bands[i].sum() + lost
        else:
            total[i] = people
        unknown[i] = lost
    return RttExtract(
        date(2026, 1, 31),
        tuple(Provider(c, c, None) for c in PROVIDERS),
        tuple(Commissioner(c, c, None) for c in PAYERS),
        tuple(TreatmentFunction(c, c) for c in FUNCTIONS),
        Records(
            np.array([PROVIDERS.index(r[0]) for r in rows], np.int32),
            np.array([PAYERS.index(r[1]) for r in rows], np.int32),
            np.array([PARTS.index(r[2]) for r in rows], np.int8),
            np.array([FUNCTIONS.index(r[3]) for r in rows], np.int32),
            bands,
            np.array([r[2] != "3" for r in rows]),
            unknown,
            total,
        ),
        Checks(n, 0, 0, 0, 0, 0, 0, 0),
    )


#: England has completions of both kinds; this trust gives one of each.
ELSEWHERE = (("RCC", "00A", "1A", "C_110", {40: 1}, 0), ("RCC", "00A", "1B", "C_110", {40: 1}, 0))


def made(*rows: tuple) -> RawRows:
    """Rows of the records given, without those of the trust elsewhere."""
    found = assemble(extract(*rows, *ELSEWHERE), REGISTER, MAP, ICBS)
    mine = np.array([found.provider[p] != "RCC" for p in found.row_provider])
    arrays = ("row_provider", "waiting", "admitted", "non_admitted", "flow_starts", "flow_waiting", "pooled", "imputed")
    function = tuple(f for f, m in zip(found.row_function, mine, strict=True) if m)
    return replace(found, row_function=function, **{name: getattr(found, name)[mine] for name in arrays})


class TestResidence:
    def test_a_location_says_it_itself(self):
        got = residence(extract(("RAA", "00A", "2", "C_110", {0: 5}, 0), ("RAA", "00S", "2", "C_110", {0: 5}, 0)), MAP)
        assert got.tolist() == [[1.0, 0.0, 0.0], [0.75, 0.25, 0.0]]

    def test_outside_england_is_a_place_of_its_own(self):
        assert residence(extract(("RAA", "NONC", "2", "C_110", {0: 5}, 0)), MAP).tolist() == [[0.0, 0.0, 1.0]]

    def test_hub_patients_live_where_others_of_the_same_service_do(self):
        got = residence(
            extract(
                ("RAA", "99H", "1A", "C_110", {0: 9}, 0),
                ("RAA", "00A", "2", "C_110", {0: 30}, 0),
                ("RAA", "00B", "2", "C_110", {5: 10}, 0),
                ("RAA", "00B", "2", "C_130", {5: 1000}, 0),
                ("RAA", "00B", "1A", "C_110", {5: 1000}, 0),  # only the list counts
            ),
            MAP,
        )
        assert got[0] == pytest.approx([0.75, 0.25, 0.0])

    def test_else_where_the_providers_patients_live(self):
        got = residence(
            extract(
                ("RAA", "99H", "2", "C_130", {0: 9}, 0),
                ("RAA", "00A", "2", "C_110", {0: 40}, 0),
                ("RAA", "00S", "2", "C_110", {0: 40}, 0),
                ("RBB", "00B", "2", "C_130", {0: 999}, 0),
            ),
            MAP,
        )
        assert got[0] == pytest.approx([0.875, 0.125, 0.0])

    def test_else_where_englands_patients_live(self):
        got = residence(
            extract(
                ("RAA", "99H", "2", "C_110", {0: 9}, 0),
                ("RBB", "00A", "2", "C_130", {0: 1}, 0),
                ("NT1", "00B", "2", "C_130", {0: 3}, 0),
            ),
            MAP,
        )
        assert got[0] == pytest.approx([0.25, 0.75, 0.0])


class TestWholePeople:
    def test_largest_remainders_by_hand(self):
        shares = np.array([[2.6, 0.5, 1.0], [1.7, 0.5, 0.0], [0.7, 0.0, 4.0]])
        assert whole_people(shares).tolist() == [[2.0, 1.0, 1.0], [2.0, 0.0, 0.0], [1.0, 0.0, 4.0]]

    def test_sums_are_kept(self):
        rng = np.random.default_rng(1)
        whole = rng.integers(0, 50, 200)
        shares = rng.dirichlet(np.ones(7), 200).T * whole
        got = whole_people(shares)
        assert (got.sum(axis=0) == whole).all()
        assert (got == np.rint(got)).all() and np.abs(got - shares).max() < 1

    def test_whole_numbers_stay(self):
        shares = np.array([[3.0, 0.0], [2.9999999999, 1.0]])
        assert whole_people(shares).tolist() == [[3.0, 0.0], [3.0, 1.0]]


class TestAssemble:
    def test_a_trusts_row_by_hand(self):
        rows = made(
            ("RAA", "00A", "2", "C_110", {0: 5, 20: 3}, 0),
            ("RAA", "00B", "2", "C_110", {20: 4}, 0),
            ("RAA", "NONC", "2", "C_110", {60: 2}, 0),
            ("RAA", "00A", "3", "C_110", 11, 0),
            ("RAA", "NONC", "3", "C_110", 1, 0),
            ("RAA", "00A", "1A", "C_110", {20: 6}, 0),
            ("RAA", "NONC", "1B", "C_110", {1: 7}, 0),
            ("RAA", "00A", "2A", "C_110", {20: 3}, 0),  # part of part 2
        )
        assert rows.keys == [("RAA", "C_110")]
        assert rows.waiting[0, 0, [0, 20]].tolist() == [5.0, 7.0] and rows.waiting[0, 0].sum() == 12
        assert rows.waiting[0, 1, 60] == 2.0 and rows.waiting[0, 1].sum() == 2
        assert rows.admitted[0, 20] == rows.admitted.sum() == 6.0
        assert rows.non_admitted[0, 1] == rows.non_admitted.sum() == 7.0
        assert rows.flow_starts.tolist() == [[11.0, 0.0, 1.0]]
        assert rows.flow_waiting.tolist() == [[8.0, 4.0, 2.0]]
        assert rows.is_trust().tolist() == [True]

    def test_the_independent_sector_is_one_provider_for_each_icb(self):
        rows = made(
            ("NT1", "00A", "2", "C_110", {0: 60}, 0),
            ("NT1", "00B", "2", "C_110", {0: 20}, 0),
            ("NT1", "00B", "3", "C_110", 8, 0),
        )
        assert rows.keys == [("IS-QAA", "C_110"), ("IS-QBB", "C_110")]
        assert rows.waiting[:, 0, 0].tolist() == [60.0, 20.0]
        assert rows.flow_starts.tolist() == [[0.0, 0.0, 0.0], [0.0, 8.0, 0.0]]
        assert not rows.is_trust().any()

    def test_its_divided_patients_stay_whole_people(self):
        rows = made(("NT1", "00S", "2", "C_110", {0: 5, 1: 1, 2: 3}, 0))
        assert rows.waiting[:, 0].sum(axis=0)[:3].tolist() == [5.0, 1.0, 3.0]
        assert (rows.waiting == np.rint(rows.waiting)).all()
        assert rows.flow_waiting.sum(axis=0) == pytest.approx([6.75, 2.25, 0.0])

    def test_its_patients_from_outside_go_where_most_of_the_others_live(self):
        rows = made(
            ("NT1", "00B", "2", "C_110", {0: 60}, 0),
            ("NT1", "00A", "2", "C_110", {0: 20}, 0),
            ("NT1", "NONC", "2", "C_110", {4: 9}, 0),
        )
        at = rows.keys.index(("IS-QBB", "C_110"))
        assert rows.waiting[at, 1, 4] == 9.0
        assert rows.flow_waiting[at].tolist() == [0.0, 60.0, 9.0]
        assert rows.waiting[:, 1].sum() == 9

    def test_unknown_clock_starts_are_spread_like_the_known(self):
        rows = made(
            ("RAA", "00A", "2", "C_110", {0: 5}, 0),
            ("RAA", "00A", "1A", "C_110", {10: 30, 20: 10}, 4),
        )
        assert rows.admitted[0, [10, 20]] == pytest.approx([33.0, 11.0])

    def test_unknown_clock_starts_alone_are_spread_like_englands(self):
        rows = made(
            ("RAA", "00A", "1A", "C_110", {}, 8),
            ("RBB", "00A", "1A", "C_130", {3: 30, 7: 9}, 0),
        )
        at = rows.keys.index(("RAA", "C_110"))
        assert rows.admitted[at, [3, 7, 40]] == pytest.approx([6.0, 1.8, 0.2])

    def test_unknown_clock_starts_of_patients_from_outside_are_kept(self):
        rows = made(
            ("NT1", "00A", "2", "C_110", {0: 60}, 0),
            ("NT1", "00A", "1A", "C_110", {3: 30}, 0),
            ("NT1", "NONC", "1A", "C_110", {3: 2}, 5),
        )
        assert rows.admitted.sum() == pytest.approx(37.0)

    def test_everybody_is_somewhere(self):
        rows = made(
            ("NT1", "99H", "2", "C_130", {8: 7}, 0),
            ("NT1", "00S", "2", "C_110", {0: 13}, 0),
            ("RAA", "99H", "2", "C_110", {0: 4}, 0),
            ("RAA", "00S", "2", "C_110", {2: 6}, 0),
            ("RBB", "NONC", "2", "C_130", {104: 2}, 0),
        )
        assert rows.waiting.sum() == 32 and rows.waiting[:, 1].sum() == 2
        assert rows.flow_waiting.sum() == pytest.approx(32.0)


class TestPooling:
    @staticmethod
    def raw(sizes, providers, functions, names, starts=None, done=None) -> RawRows:
        n = len(sizes)
        waiting = np.zeros((n, 2, BANDS))
        waiting[:, 0, 3] = sizes
        completed = np.zeros((n, BANDS))
        completed[:, 3] = np.ones(n) if done is None else done
        flow = np.ones((n, 3)) if starts is None else np.array(starts, float)[:, None] * np.ones((1, 3))
        return RawRows(
            names,
            np.array(providers),
            functions,
            waiting,
            completed,
            completed.copy(),
            flow,
            flow.copy(),
            np.ones(n, dtype=np.int64),
            np.zeros(n, dtype=np.bool_),
        )

    def test_small_rows_are_joined_within_their_provider(self):
        rows = self.raw([60, 20, 30, 70, 10], [0, 0, 0, 1, 1], ("A", "B", "C", "A", "B"), ("RAA", "RBB"))
        got = pool_small(rows)
        assert got.keys == [("RAA", "A"), ("RAA", POOLED), ("RBB", "A"), ("RBB", POOLED)]
        assert got.waiting.sum((1, 2)).tolist() == [60.0, 50.0, 70.0, 10.0]
        assert got.pooled.tolist() == [1, 2, 1, 1]
        for name in ("waiting", "admitted", "non_admitted", "flow_starts", "flow_waiting"):
            assert getattr(got, name).sum() == pytest.approx(getattr(rows, name).sum())

    def test_rows_without_starts_or_completions_are_pooled_however_large(self):
        rows = self.raw([90, 80, 70], [0, 0, 0], ("A", "B", "C"), ("RAA",), starts=[1, 0, 1], done=[1, 1, 0])
        got = pool_small(rows)
        assert got.keys == [("RAA", "A"), ("RAA", POOLED)]
        assert got.waiting.sum((1, 2)).tolist() == [90.0, 150.0]

    def test_what_could_not_run_alone_joins_the_largest(self):
        rows = self.raw([90, 200, 0], [0, 0, 0], ("A", "B", "C"), ("RAA",), starts=[1, 1, 0])
        got = pool_small(rows)
        assert got.keys == [("RAA", "A"), ("RAA", "B")]
        assert got.admitted.sum(axis=1).tolist() == [1.0, 2.0]
        assert got.pooled.tolist() == [1, 2]

    def test_nothing_is_dropped_even_where_all_is_small(self):
        got = pool_small(self.raw([3, 4], [0, 0], ("A", "B"), ("RAA",)))
        assert got.keys == [("RAA", POOLED)] and got.waiting.sum() == 7

    def test_trusts_by_code_then_the_independent_sector(self):
        rows = self.raw([60, 60, 60], [0, 1, 2], ("A", "A", "A"), ("IS-QAA", "RBB", "RAA"))
        assert pool_small(rows).provider == ("RAA", "RBB", "IS-QAA")

    def test_an_estimated_row_stays_marked(self):
        rows = self.raw([20, 20], [0, 0], ("A", "B"), ("RAA",))
        rows.imputed[1] = True
        assert pool_small(rows).imputed.tolist() == [True]
