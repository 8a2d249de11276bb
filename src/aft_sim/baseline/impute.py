"""A trust that files no return, rebuilt from what is published of it (Sheffield Teaching, none since July 2025).

NHS England publishes England with and without its estimates for missing trusts; while one trust is missing, the
difference is that trust. The split by function and the age profile are those of comparable trusts, tilted until the
trust's own within-18-week and over-52-week counts are met to the person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.assemble import BANDS, ENGLAND, POOLED, RawRows

Array = NDArray[np.float64]

#: Weeks at which the published counts cut the list: within 18, over 52, over 65.
CUTS = (0, 18, 52, 65, BANDS)


@dataclass(frozen=True)
class MissingTrust:
    """Published estimates of one missing trust.

    Attributes:
        code: ODS code.
        waiting: people by the four spells that `CUTS` makes.
        starts, admitted, non_admitted: pathways in the month.
        residence: (icb,) shares of its catchment by ICB.
    """

    code: str
    waiting: tuple[int, int, int, int]
    starts: float
    admitted: float
    non_admitted: float
    residence: Array


def largest_remainder(shares: Array, total: int) -> Array:
    """Whole numbers in proportion to shares that add up to `total`."""
    exact = shares / shares.sum() * total
    base = np.floor(exact)
    order = np.argsort(-(exact - base).ravel(), kind="stable")
    out = base.ravel()
    out[order[: round(float(total - base.sum()))]] += 1
    return np.asarray(out.reshape(shares.shape))


def impute(rows: RawRows, missing: MissingTrust, like: frozenset[str]) -> RawRows:
    """Add the rows of a missing trust.

    Args:
        rows: the published rows, before pooling.
        missing: what is published about the trust.
        like: codes of comparable trusts whose functions and age profiles are used.

    Returns:
        The rows with the trust added; its list is whole people and meets the published counts exactly.
    """
    donors = np.array(
        [rows.provider[p] in like and f != POOLED for p, f in zip(rows.row_provider, rows.row_function, strict=True)]
    )
    functions = sorted({f for f, d in zip(rows.row_function, donors, strict=True) if d})
    index: Mapping[str, int] = {f: i for i, f in enumerate(functions)}
    profile = np.zeros((3, len(functions), BANDS))
    starts = np.zeros(len(functions))
    for i in np.flatnonzero(donors):
        f = index[rows.row_function[i]]
        profile[0, f] += rows.waiting[i, ENGLAND]
        profile[1, f] += rows.admitted[i]
        profile[2, f] += rows.non_admitted[i]
        starts[f] += rows.flow_starts[i].sum()
    waiting = np.zeros((len(functions), 2, BANDS))
    for spell, people in enumerate(missing.waiting):
        weeks = slice(CUTS[spell], CUTS[spell + 1])
        waiting[:, ENGLAND, weeks] = largest_remainder(profile[0][:, weeks], people)
    n = len(functions)
    residence = np.append(missing.residence, 0.0)
    return replace(
        rows,
        provider=(*rows.provider, missing.code),
        row_provider=np.concatenate([rows.row_provider, np.full(n, len(rows.provider))]),
        row_function=(*rows.row_function, *functions),
        waiting=np.concatenate([rows.waiting, waiting]),
        admitted=np.concatenate([rows.admitted, profile[1] / profile[1].sum() * missing.admitted]),
        non_admitted=np.concatenate([rows.non_admitted, profile[2] / profile[2].sum() * missing.non_admitted]),
        flow_starts=np.concatenate(
            [rows.flow_starts, (starts / starts.sum() * missing.starts)[:, None] * residence[None]]
        ),
        flow_waiting=np.concatenate([rows.flow_waiting, waiting.sum((1, 2))[:, None] * residence[None]]),
        pooled=np.concatenate([rows.pooled, np.ones(n, dtype=np.int64)]),
        imputed=np.concatenate([rows.imputed, np.ones(n, dtype=np.bool_)]),
    )
