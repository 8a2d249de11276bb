"""Keyed uniforms and inverse transforms against known values."""

import numpy as np
import pytest
from scipy import stats

from aft_sim.basis import streams
from aft_sim.basis.streams import Streams, uniform, word, words

pytestmark = pytest.mark.unit

IDS = words(["RTF", "RBS", "RTF|C_110"])
GOLDEN_WORDS = [5493089451489667676, 15787834197883862606, 8921912399270924018]
GOLDEN_UNIFORMS = ["0x1.62232f68091f8p-5", "0x1.0e19dfbd0b5fep-3", "0x1.7f5d6557e16d8p-1"]


def test_words_are_fixed_for_ever():
    assert [int(w) for w in IDS] == GOLDEN_WORDS
    assert word("RTF") == IDS[0]
    assert IDS.dtype == np.uint64


def test_uniforms_are_fixed_for_ever():
    got = uniform(7, "referrals", 3, IDS)
    assert [float(u).hex() for u in got] == GOLDEN_UNIFORMS


def test_function_equals_its_definition_in_plain_integers():
    mask = 2**64 - 1

    def mix(x):
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
        return x ^ (x >> 31)

    ids = words(f"R{i:03d}" for i in range(200))
    key = int(word("7|referrals|3|2"))
    for number, u in zip(ids.tolist(), uniform(7, "referrals", 3, ids, 2).tolist(), strict=True):
        h = mix((mix(mix((number + 0x9E3779B97F4A7C15) & mask) ^ key) + key) & mask)
        assert u == ((h >> 11) + 0.5) * 2.0**-53


def test_every_part_of_the_key_matters():
    base = uniform(7, "referrals", 3, IDS)
    for other in (
        uniform(8, "referrals", 3, IDS),
        uniform(7, "removals", 3, IDS),
        uniform(7, "referrals", 4, IDS),
        uniform(7, "referrals", 3, IDS, 1),
    ):
        assert not np.any(other == base)


def test_shapes_are_kept():
    assert uniform(7, "x", 0, IDS.reshape(3, 1)).shape == (3, 1)
    assert uniform(7, "x", 0, IDS[0]).shape == ()
    assert uniform(7, "x", 0, IDS[:0]).shape == (0,)
    assert float(uniform(7, "x", 0, IDS[0])) == uniform(7, "x", 0, IDS)[0]


def test_ids_are_not_written():
    before = IDS.copy()
    uniform(7, "x", 0, IDS)
    assert np.array_equal(IDS, before)


@pytest.mark.parametrize("ids", [np.arange(3), np.array([0.5]), np.array(["RTF"])])
def test_positions_and_codes_are_refused(ids):
    with pytest.raises(TypeError, match="words"):
        uniform(7, "x", 0, ids)


def test_purpose_without_separator():
    with pytest.raises(ValueError, match="purpose"):
        uniform(7, "a|b", 0, IDS)


def test_extreme_words_stay_inside_the_open_interval(monkeypatch):
    monkeypatch.setattr(streams, "_mix", lambda x: None)
    monkeypatch.setattr(streams, "_key", lambda *_: np.uint64(0))
    golden = 0x9E3779B97F4A7C15
    ids = np.array([(0 - golden) % 2**64, (2**64 - 1 - golden) % 2**64], dtype=np.uint64)
    low, high = uniform(0, "x", 0, ids)
    assert low == 2.0**-54
    assert high == 1.0 - 2.0**-53


def test_two_roots():
    one, other_seed, other_draw = Streams(1, 1), Streams(2, 1), Streams(1, 2)
    assert np.array_equal(one.chance("x", 0, IDS), other_draw.chance("x", 0, IDS))
    assert np.array_equal(one.params("x", 0, IDS), other_seed.params("x", 0, IDS))
    assert not np.any(one.chance("x", 0, IDS) == other_seed.chance("x", 0, IDS))
    assert not np.any(one.params("x", 0, IDS) == other_draw.params("x", 0, IDS))
    assert not np.any(one.chance("x", 0, IDS) == one.params("x", 0, IDS))


def test_no_state():
    first = uniform(7, "x", 5, IDS)
    for week in range(50):
        uniform(7, "x", week, IDS[:2])
    assert np.array_equal(uniform(7, "x", 5, IDS), first)


GRID = np.linspace(0.001, 0.999, 57)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (streams.normal(GRID), stats.norm.ppf(GRID)),
        (streams.lognormal(GRID, 18.0, 0.4), stats.lognorm.ppf(GRID, 0.4, scale=18.0)),
        (streams.triangular(GRID, 1.0, 2.0, 5.0), stats.triang.ppf(GRID, 0.25, 1.0, 4.0)),
        (streams.triangular(GRID, -0.35, 0.0, 0.0), stats.triang.ppf(GRID, 1.0, -0.35, 0.35)),
        (streams.beta(GRID, 7.0, 3.0), stats.beta.ppf(GRID, 7.0, 3.0)),
        (streams.gamma(GRID, 4.0, 0.025), stats.gamma.ppf(GRID, 4.0, scale=0.025)),
        (streams.between(GRID, -2.0, 3.0), stats.uniform.ppf(GRID, -2.0, 5.0)),
    ],
)
def test_quantiles_equal_scipy(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)


def test_degenerate_triangle():
    assert np.array_equal(streams.triangular(GRID, 2.0, 2.0, 2.0), np.full(57, 2.0))


def test_bernoulli_only_gains_with_p():
    low, high = streams.bernoulli(GRID, 0.3), streams.bernoulli(GRID, 0.6)
    assert np.all(high[low])
    assert not streams.bernoulli(GRID, 0.0).any()
    assert streams.bernoulli(GRID, 1.0).all()


def test_categorical():
    u = np.array([0.0001, 0.1999, 0.2, 0.49, 0.5, 0.9999])
    assert streams.categorical(u, [0.2, 0.5, 1.0]).tolist() == [0, 0, 1, 1, 2, 2]
    assert streams.categorical(np.array([0.9999999]), [0.2, 0.5, 0.999999]).tolist() == [2]
    assert streams.categorical(np.array([0.1, 0.5]), [0.0, 1.0]).tolist() == [1, 1]


def test_arrivals_multiplier():
    z = streams.normal(np.linspace(1e-5, 1.0 - 1e-5, 200_001))
    for mean, cv2 in [(3.0, 0.0), (140.0, 0.0064), (0.5, 0.1)]:
        count = mean * streams.arrivals_multiplier(z, mean, cv2)
        assert count.mean() == pytest.approx(mean, rel=0.01)
        assert count.var() == pytest.approx(mean + cv2 * mean**2, rel=0.05)


def test_arrivals_without_expectation_have_multiplier_one():
    got = streams.arrivals_multiplier(np.array([1.0, -2.0]), np.array([0.0, 5.0]), 0.01)
    assert got[0] == 1.0
    assert 0.0 < got[1] < 1.0
