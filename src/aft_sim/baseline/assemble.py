"""From the RTT extract to the rows of the model: who treats whom, for what, and how long they have waited.

A row is a provider and a treatment function. Providers are the NHS trusts of the register and, for the independent
sector, one provider per ICB of residence. Patients of non-English commissioners are kept in a group of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.sources.geography import CommissionerMap
from aft_sim.baseline.sources.rtt_extract import PARTS, RttExtract

Array = NDArray[np.float64]
Index = NDArray[np.int64]

BANDS = 105
ENGLAND, OUTSIDE = 0, 1
INDEPENDENT = "IS-"
POOLED = "POOLED"
#: Rows with fewer people waiting than this are pooled within their provider.
SMALLEST_ROW = 50


class Register(Protocol):
    """Anything that knows the NHS trusts, such as `TrustRegister`."""

    def current(self, code: str) -> str | None:
        """Current trust of an old or current code; None where it is no NHS trust."""


@dataclass(frozen=True)
class RawRows:
    """One month as published, by row, nothing balanced yet.

    Attributes:
        provider: provider codes, ODS for trusts, "IS-" and the ICB for the independent sector; the order of the index.
        row_provider: (row,) index into `provider`.
        row_function: (row,) treatment function code, "POOLED" for pooled rows.
        waiting: (row, 2, week) people waiting, residents of England and of areas outside.
        admitted, non_admitted: (row, week) completions in the month.
        flow_starts, flow_waiting: (row, icb + 1) starts and waiting list by ICB of residence; last column outside
        England. pooled: (row,) how many published rows were pooled into it (1 = none).
        imputed: (row,) whether the row was imputed.
    """

    provider: tuple[str, ...]
    row_provider: Index
    row_function: tuple[str, ...]
    waiting: Array
    admitted: Array
    non_admitted: Array
    flow_starts: Array
    flow_waiting: Array
    pooled: Index
    imputed: NDArray[np.bool_]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """(provider code, function) of each row."""
        return [(self.provider[p], f) for p, f in zip(self.row_provider, self.row_function, strict=True)]

    def is_trust(self) -> NDArray[np.bool_]:
        """(row,) whether the provider is an NHS trust."""
        return np.array([not self.provider[p].startswith(INDEPENDENT) for p in self.row_provider])


def residence(extract: RttExtract, commissioners: CommissionerMap) -> Array:
    """Where the patients of each record live, (record, icb + 1), rows sum to one.

    A sub-ICB location says it directly. Hubs (specialised services, health and justice, regions) have no residents:
    their
    patients are placed where the same provider's other patients for the same function on the list live, else where
    all its patients live, else where England's do. The last column is for areas outside England.
    """
    r = extract.records
    n_icb = commissioners.weights.shape[1]
    kind = np.array(commissioners.kinds)[r.commissioner]
    out = np.zeros((len(r.total), n_icb + 1))
    known = kind == "icb"
    out[known, :n_icb] = commissioners.weights[r.commissioner[known]]
    out[kind == "NONC", n_icb] = 1.0
    listed = known & (r.part == PARTS.index("2"))
    n_p, n_f = len(extract.providers), len(extract.functions)
    seen = np.zeros((n_p * n_f, n_icb))
    cell = r.provider.astype(np.int64) * n_f + r.function
    np.add.at(seen, cell[listed], out[listed, :n_icb] * r.total[listed, None])
    by_function = seen.reshape(n_p, n_f, n_icb)
    by_provider = by_function.sum(axis=1)
    national = by_provider.sum(axis=0)
    hub = np.flatnonzero(kind == "hub")
    where = seen[cell[hub]]
    empty = where.sum(axis=1) <= 0
    where[empty] = by_provider[r.provider[hub[empty]]]
    empty = where.sum(axis=1) <= 0
    where[empty] = national
    out[hub, :n_icb] = where / where.sum(axis=1, keepdims=True)
    return out


def whole_people(shares: Array) -> Array:
    """Round counts along the first axis so that the sums over it stay whole (largest remainder).

    Args:
        shares: (part, cell) non-negative; the sum over parts of each cell is a whole number.
    """
    total = np.rint(shares.sum(axis=0))
    base = np.floor(shares + 1e-9)
    missing = (total - base.sum(axis=0)).astype(int)
    order = np.argsort(-(shares - base), axis=0, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(shares.shape[0])[:, None] * np.ones_like(order), axis=0)
    return np.asarray(base + (rank < missing[None, :]))


def assemble(extract: RttExtract, register: Register, commissioners: CommissionerMap, icbs: Sequence[str]) -> RawRows:
    """Build all rows of the month.

    Args:
        extract: the month, predecessor codes folded into current trusts.
        register: NHS trusts; every other provider is independent sector.
        commissioners: residence of each commissioner's patients, in the extract's order of commissioners.
        icbs: ODS codes of the ICBs, the order of all columns by ICB.
    """
    r = extract.records
    lives = residence(extract, commissioners)
    n_icb, n_f = len(icbs), len(extract.functions)
    trusts = [c for c in extract.provider_codes() if register.current(c) is not None]
    providers = [*trusts, *(INDEPENDENT + k for k in icbs)]
    slot = np.array([trusts.index(c) if c in set(trusts) else -1 for c in extract.provider_codes()])[r.provider]
    shape = (len(providers) * n_f,)
    waiting, completed = np.zeros((*shape, 2, BANDS)), np.zeros((2, *shape, BANDS))
    starts, listed = np.zeros((*shape, n_icb + 1)), np.zeros((*shape, n_icb + 1))
    part = {name: i for i, name in enumerate(PARTS)}
    outside = lives[:, n_icb] > 0
    # independent providers: those from outside England go where most of the provider's others live
    placed = lives[:, :n_icb].copy()
    home = _home_icb(extract, lives)
    placed[outside] = 0.0
    placed[outside, home[r.provider[outside]]] = 1.0
    for target in range(len(providers)):
        if target < len(trusts):
            chosen, weight = np.flatnonzero(slot == target), None
        else:
            k = target - len(trusts)
            chosen = np.flatnonzero((slot < 0) & (placed[:, k] > 0))
            weight = placed[chosen, k]
        if not chosen.size:
            continue
        cell = target * n_f + r.function[chosen]
        w = np.ones(chosen.size) if weight is None else weight
        bands = r.bands[chosen] * w[:, None]
        for s, name in enumerate(("1A", "1B")):
            use = r.part[chosen] == part[name]
            # completions with an unknown clock start are spread like the known ones of the row, further down
            np.add.at(completed[s], cell[use], bands[use])
        use = r.part[chosen] == part["2"]
        np.add.at(waiting, (cell[use], outside[chosen][use].astype(int)), bands[use])
        where = lives[chosen].copy()
        if weight is not None:
            inside = ~outside[chosen]
            where[inside] = 0.0
            where[inside, target - len(trusts)] = 1.0
        for table, name in ((starts, "3"), (listed, "2")):
            use = r.part[chosen] == part[name]
            np.add.at(table, cell[use], where[use] * (r.total[chosen][use] * w[use])[:, None])
    completed = _with_unknown_starts(completed, extract, slot, placed, len(trusts), n_f)
    _round_independent(waiting, len(trusts), n_icb, n_f)
    functions = extract.function_codes()
    used = np.flatnonzero((waiting.sum((1, 2)) > 0) | (starts.sum(1) > 0) | (completed.sum((0, 2)) > 0))
    return RawRows(
        tuple(providers),
        used // n_f,
        tuple(functions[i] for i in used % n_f),
        waiting[used],
        completed[0][used],
        completed[1][used],
        starts[used],
        listed[used],
        np.ones(used.size, dtype=np.int64),
        np.zeros(used.size, dtype=np.bool_),
    )


def _home_icb(extract: RttExtract, lives: Array) -> Index:
    """ICB where most of each provider's patients live, (provider,)."""
    n_icb = lives.shape[1] - 1
    seen = np.zeros((len(extract.providers), n_icb))
    np.add.at(seen, extract.records.provider, lives[:, :n_icb] * extract.records.total[:, None])
    return np.asarray(np.argmax(seen, axis=1), dtype=np.int64)


def _with_unknown_starts(
    completed: Array, extract: RttExtract, slot: Index, placed: Array, n_trusts: int, n_f: int
) -> Array:
    """Spread completions whose clock start is unknown over weeks like the row's other completions."""
    r = extract.records
    extra = np.zeros(completed.shape[:2])
    for s, name in enumerate(("1A", "1B")):
        use = np.flatnonzero((r.part == PARTS.index(name)) & (r.unknown_start > 0))
        for i in use:
            if slot[i] >= 0:
                extra[s, slot[i] * n_f + r.function[i]] += r.unknown_start[i]
            else:
                cells = (n_trusts + np.arange(placed.shape[1])) * n_f + r.function[i]
                extra[s, cells] += r.unknown_start[i] * placed[i]
    totals = completed.sum(axis=2)
    national = completed.sum(axis=1, keepdims=True) / np.maximum(completed.sum(axis=(1, 2), keepdims=True), 1e-12)
    profile = np.where(totals[..., None] > 0, completed / np.maximum(totals[..., None], 1e-12), national)
    return np.asarray(completed + extra[..., None] * profile)


def _round_independent(waiting: Array, n_trusts: int, n_icb: int, n_f: int) -> None:
    """Make the independent sector's split lists whole people again, in place; England's cell sums stay exact."""
    block = waiting[n_trusts * n_f :].reshape(n_icb, n_f * 2 * BANDS)
    waiting[n_trusts * n_f :] = whole_people(block).reshape(n_icb * n_f, 2, BANDS)


def pool_small(rows: RawRows) -> RawRows:
    """Pool rows that are too small to behave, or that have no starts or no completions, within their provider.

    Providers come out in their final order: trusts by code, then the independent sector.
    """
    size = rows.waiting.sum((1, 2))
    done = rows.admitted.sum(1) + rows.non_admitted.sum(1)
    tiny = (size < SMALLEST_ROW) | (rows.flow_starts.sum(1) <= 0) | (done <= 0)
    function = [POOLED if t else f for t, f in zip(tiny, rows.row_function, strict=True)]
    for provider in set(rows.row_provider[tiny].tolist()):
        mine = rows.row_provider == provider
        alive = size[mine & tiny].sum() > 0 and rows.flow_starts[mine & tiny].sum() > 0
        if not alive and (mine & ~tiny).any():
            # nothing to run on its own: its few completions join the provider's largest row
            largest = rows.row_function[int(np.argmax(np.where(mine & ~tiny, size, -1.0)))]
            function = [largest if t and m else f for f, t, m in zip(function, tiny, mine, strict=True)]
    order = sorted(
        range(len(rows.provider)), key=lambda p: (rows.provider[p].startswith(INDEPENDENT), rows.provider[p])
    )
    used = [p for p in order if p in set(rows.row_provider.tolist())]
    new = {p: i for i, p in enumerate(used)}
    named = [(new[p], f) for p, f in zip(rows.row_provider.tolist(), function, strict=True)]
    keys = sorted(set(named))
    place = {key: i for i, key in enumerate(keys)}
    into = np.array([place[key] for key in named])

    def gather(values: Array) -> Array:
        out = np.zeros((len(keys), *values.shape[1:]))
        np.add.at(out, into, values)
        return out

    return replace(
        rows,
        provider=tuple(rows.provider[p] for p in used),
        row_provider=np.array([k[0] for k in keys]),
        row_function=tuple(k[1] for k in keys),
        waiting=gather(rows.waiting),
        admitted=gather(rows.admitted),
        non_admitted=gather(rows.non_admitted),
        flow_starts=gather(rows.flow_starts),
        flow_waiting=gather(rows.flow_waiting),
        pooled=gather(rows.pooled.astype(float)).astype(np.int64),
        imputed=gather(rows.imputed.astype(float)) > 0,
    )
