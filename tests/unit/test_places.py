"""Places: boards' parts, their residents, where these are treated."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.bundle import load
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


def test_places_make_up_the_boards():
    b = load()
    places = b.places
    assert len(places.code) == 106
    people = np.stack([places.population[places.of_board(k)].sum(axis=0) for k in range(len(b.icb_code))])
    # a location counts to the board in which most of it lies
    assert np.abs(people / b.population - 1).max() < 1e-4
    assert people.sum() == pytest.approx(b.population.sum(), rel=1e-6)


def test_northumberland_and_north_tyneside_are_places_that_northumbria_serves_most():
    b = load()
    mine = [b.places.index(code) for code in ("00L", "99C")]
    assert [b.places.name[j] for j in mine] == ["Northumberland", "North Tyneside"]
    assert [b.icb_code[b.places.board[j]] for j in mine] == ["QHM", "QHM"]
    assert np.flatnonzero(b.places.flows.argmax(axis=0) == b.trusts.index["RTF"]).tolist() == sorted(mine)


def test_flows_are_treated_pathways_of_known_trusts():
    b = load()
    listed = b.trust_provider >= 0
    assert b.places.flows.shape == (len(b.trusts.code), len(b.places.code))
    assert not b.places.flows[~listed].any()
    assert (b.places.flows[listed].sum(axis=1) > 0).sum() >= 145
    # most of a month's completions of England's commissioners
    month = (b.published_flows[1:, b.row_is_trust].sum()) * 31 / 7
    assert 0.7 * month < b.places.flows.sum() < month


def test_an_unknown_place_is_refused_with_the_nearest():
    with pytest.raises(InputError, match=r"no such place.*99X"):
        load().places.index("99X")
