"""Random numbers as pure functions of their key.

A draw depends only on (seed, purpose, period, entity code, ordinal). There is no generator and no
state, so membership, order, number of draws, number of workers and resuming a run cannot shift
another draw. Every distribution is an inverse transform of one uniform, so two scenarios with the
same seed differ only where their rates differ. Statistics: docs/random-numbers.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S11, _S27, _S30, _S31 = (np.uint64(n) for n in (11, 27, 30, 31))


def word(text: str) -> np.uint64:
    """Return the 64-bit word of a text: the first eight bytes of its BLAKE2b digest, little-endian."""
    return np.uint64(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))


def words(codes: Iterable[str]) -> Words:
    """Return the words of entity codes such as "RTF", "RTF|C_110" or "RTF|2028|theatre|0".

    Compute them once a run and pass them to `uniform`; codes of things that a policy can create must
    be semantic, never counters.
    """
    return np.array([word(code) for code in codes], dtype=np.uint64)


@lru_cache(maxsize=256)  # the phases of a week; keys of other weeks do not come back
def _key(seed: int | str, purpose: str, period: int, ordinal: int) -> np.uint64:
    if "|" in purpose:
        raise ValueError(f"a purpose may not contain '|': {purpose!r}")
    return word(f"{seed}|{purpose}|{period}|{ordinal}")


def _mix(x: Words) -> None:
    """Apply the splitmix64 finaliser (public domain) in place."""
    x ^= x >> _S30
    x *= _FIRST
    x ^= x >> _S27
    x *= _SECOND
    x ^= x >> _S31


def uniform(seed: int | str, purpose: str, period: int, ids: Words, ordinal: int = 0) -> Floats:
    """Return one uniform on the open interval (0, 1) for each id.

    Args:
        seed: Root of the family of draws.
        purpose: What the draw decides, for example "referrals"; no "|".
        period: Week, month or year the draw belongs to, in the caller's own numbering.
        ids: Words of the entities (see `words`), any shape.
        ordinal: Number of the draw where one entity needs several in one period.

    Returns:
        Array of the shape of `ids`, never 0 or 1 exactly.

    Raises:
        TypeError: If `ids` are not unsigned 64-bit words (codes or positions passed by mistake).
    """
    if np.asarray(ids).dtype != np.uint64:
        raise TypeError("ids must be words (uint64): call streams.words(codes) once and pass the result")
    key = _key(seed, purpose, period, ordinal)
    with np.errstate(over="ignore"):
        x: Words = np.atleast_1d(ids) + _GOLDEN
        _mix(x)
        x ^= key
        _mix(x)
        x += key
        _mix(x)
    x >>= _S11
    out: Floats = x.astype(np.float64)
    out += 0.5
    out *= 2.0**-53
    # Above 2**52 the half is rounded away: the largest word would give exactly 1.
    np.minimum(out, 1.0 - 2.0**-53, out=out)
    return np.reshape(out, np.shape(ids))


def normal(u: npt.ArrayLike) -> Floats:
    """Return standard normal quantiles."""
    return np.asarray(special.ndtri(u), dtype=np.float64)


def bernoulli(u: npt.ArrayLike, p: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return True with probability `p`: raising `p` only ever adds successes."""
    return np.asarray(np.less(u, p))


def between(u: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """Return quantiles of the uniform distribution on [low, high]."""
    return np.asarray(np.add(low, np.multiply(u, np.subtract(high, low))), dtype=np.float64)


def lognormal(u: npt.ArrayLike, median: npt.ArrayLike, sigma: npt.ArrayLike) -> Floats:
    """Return lognormal quantiles for a median and the standard deviation of the logarithm."""
    return np.asarray(np.multiply(median, np.exp(np.multiply(sigma, special.ndtri(u)))), dtype=np.float64)


def triangular(u: npt.ArrayLike, low: npt.ArrayLike, mode: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """Return triangular quantiles; `low == high` gives that value."""
    p, a, c, b = np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in (u, low, mode, high)))
    width, left, right = b - a, c - a, b - c
    rising = p * width <= left
    out: Floats = np.where(rising, a + np.sqrt(p * width * left), b - np.sqrt((1.0 - p) * width * right))
    return out


def beta(u: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """Return beta quantiles."""
    return np.asarray(special.betaincinv(a, b, u), dtype=np.float64)


def gamma(u: npt.ArrayLike, shape: npt.ArrayLike, scale: npt.ArrayLike) -> Floats:
    """Return gamma quantiles; the mean is shape * scale."""
    return np.asarray(np.multiply(scale, special.gammaincinv(shape, u)), dtype=np.float64)


def categorical(u: npt.ArrayLike, cumulative: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the index of the category each uniform falls in.

    Args:
        u: Uniforms, any shape.
        cumulative: Cumulated probabilities, one-dimensional, non-decreasing; the last should be 1
            (uniforms at or above it fall into the last category).
    """
    steps = np.asarray(cumulative, dtype=np.float64)
    index = np.searchsorted(steps, np.asarray(u), side="right")
    return np.minimum(index, steps.size - 1).astype(np.int64)


def arrivals_multiplier(z: npt.ArrayLike, mean: npt.ArrayLike, cv2: npt.ArrayLike) -> Floats:
    """Return lognormal multipliers with mean 1 and the variance of an overdispersed Poisson count.

    `exp(s*z - s*s/2)` with `s*s = log(1 + 1/mean + cv2)`, so `mean * multiplier` has the mean and the
    variance, `mean + cv2 * mean**2`, of a Poisson count whose own rate varies.

    Args:
        z: Standard normal deviates.
        mean: Expected number; where it is 0 the multiplier is 1.
        cv2: Squared coefficient of variation beyond Poisson.
    """
    expected = np.asarray(mean, dtype=np.float64)
    positive = expected > 0.0
    s2 = np.log1p(1.0 / np.where(positive, expected, 1.0) + np.asarray(cv2, dtype=np.float64))
    return np.where(positive, np.exp(np.sqrt(s2) * np.asarray(z, dtype=np.float64) - 0.5 * s2), 1.0)


@dataclass(frozen=True)
class Streams:
    """The two families of draws of a run: what happens by chance, and what is not known.

    Attributes:
        seed: Root of chance (weekly variation, delays of schemes, assessments).
        draw: Root of ignorance (parameters from their priors, imputed figures).
    """

    seed: int
    draw: int

    def chance(self, purpose: str, period: int, ids: Words, ordinal: int = 0) -> Floats:
        """Return uniforms that change with the seed and not with the draw (see `uniform`)."""
        return uniform(f"chance {self.seed}", purpose, period, ids, ordinal)

    def params(self, purpose: str, period: int, ids: Words, ordinal: int = 0) -> Floats:
        """Return uniforms that change with the draw and not with the seed (see `uniform`)."""
        return uniform(f"params {self.draw}", purpose, period, ids, ordinal)
