"""Where the patients of acute trusts live, by ICB: published catchments of 2022 on the ICBs of April 2026."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources._csv import read_rows
from aft_sim.baseline.sources.trusts import TrustRegister
from aft_sim.basis.errors import InputError, did_you_mean

WHAT = "the table of catchment shares"
_COLUMNS = ("trust22_code", "icb26_ods", "share_of_trust_catchment", "current_trust")


@dataclass(frozen=True)
class Catchments:
    """Catchment shares of the trusts that have them.

    Attributes:
        trusts: Current codes, in order.
        icbs: ODS codes of the ICBs.
        shares: Shape (trusts, icbs), rows sum to 1.
        merged: For each merged trust the weight of each old code in its row.
        unweighted: Merged trusts for which no sizes were known, so that their old codes weigh the same.
    """

    trusts: tuple[str, ...]
    icbs: tuple[str, ...]
    shares: NDArray[np.float64]
    merged: Mapping[str, Mapping[str, float]]
    unweighted: tuple[str, ...]

    def of(self, code: str) -> NDArray[np.float64] | None:
        """Shares by ICB of one trust, None where it has no published catchment."""
        return self.shares[self.trusts.index(code)] if code in self.trusts else None


def _weights(old: list[str], sizes: Mapping[str, float]) -> tuple[dict[str, float], bool]:
    """Weights of the old codes of one trust, and whether their sizes were known."""
    known = all(sizes.get(code, 0.0) > 0 for code in old)
    size = {code: sizes[code] if known else 1.0 for code in old}
    return {code: s / sum(size.values()) for code, s in size.items()}, known


def read_catchments(
    path: Path, icbs: tuple[str, ...], register: TrustRegister, sizes: Mapping[str, float]
) -> Catchments:
    """Read the catchment shares; shares of merged trusts are averaged by size, never added.

    Args:
        path: `trust_icb26_catchment_shares.csv`.
        icbs: ODS codes of the ICBs, the order of the second axis.
        register: Current trusts.
        sizes: Size of each trust as it was in 2022 (expenditure 2022/23); only used for merged trusts.

    Returns:
        Shares that sum to 1 for each trust.

    Raises:
        InputError: A wrong file or cell; an ICB or trust that does not exist; the same old trust and ICB
            twice; shares of an old trust that do not add up to 1 within 5 %.
    """
    shares: dict[str, NDArray[np.float64]] = {}
    olds: dict[str, list[str]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for row in read_rows(path, _COLUMNS, WHAT):
        old, icb = row.text("trust22_code"), row.text("icb26_ods")
        if icb not in icbs:
            raise row.error("no such ICB", "icb26_ods", "an ICB of 2026", did_you_mean(icb, icbs))
        if (old, icb) in seen:
            raise row.error("the trust and ICB are there twice", "trust22_code", "each pair once")
        seen.add((old, icb))
        current = row.text("current_trust")
        if current not in register.by_code:
            raise row.error("not a current trust of the register", "current_trust", "a current code")
        if old not in shares:
            shares[old] = np.zeros(len(icbs))
            olds[current].append(old)
        elif old not in olds[current]:
            raise row.error("an old trust has two current trusts", "current_trust", "one")
        shares[old][icbs.index(icb)] = row.need_number("share_of_trust_catchment", 0)
    for old, values in shares.items():
        if abs(values.sum() - 1) > 0.05:
            raise InputError(
                f"catchment shares of {old} do not add up to 1",
                where=str(path),
                found=round(float(values.sum()), 4),
                expected="1 within 5 %",
            )
    merged: dict[str, Mapping[str, float]] = {}
    unweighted: list[str] = []
    table = np.zeros((len(olds), len(icbs)))
    for i, code in enumerate(sorted(olds)):
        weights, known = _weights(olds[code], sizes)
        table[i] = sum(weights[o] * shares[o] / shares[o].sum() for o in olds[code])
        if len(weights) > 1:
            merged[code] = weights
            if not known:
                unweighted.append(code)
    return Catchments(tuple(sorted(olds)), icbs, table, merged, tuple(unweighted))
