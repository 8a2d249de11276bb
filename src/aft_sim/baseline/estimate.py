"""Trusts without a return in a newer month: their last return is carried forward, as in NHS England's own estimates.

Three ways, by what is known. Where the month's England is published with and without estimates and one trust alone is
missing, the difference is that trust (`build.missing_trust`). A trust that was estimated in the baseline already keeps
its counts and is spread over functions and weeks like this month's trusts of its kind (`impute`). A trust that
returned then keeps its own rows: its functions, weeks waited and places of residence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline.assemble import ENGLAND, INDEPENDENT, RawRows
from aft_sim.baseline.build import missing_trust
from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.carry import Carried
from aft_sim.baseline.impute import CUTS, MissingTrust, impute
from aft_sim.baseline.sources.rtt_extract import RttExtract

Array = NDArray[np.float64]
Index = NDArray[np.int64]

PUBLISHED = "published estimate of the month"
AGAIN = "earlier estimate carried forward"
OWN = "its last return carried forward"


@dataclass(frozen=True)
class Estimate:
    """One trust without a return: ODS code, people put on its list, and how (one of the texts above)."""

    code: str
    people: int
    method: str


@dataclass(frozen=True)
class Last:
    """A trust in the baseline before, as counts of that month.

    Attributes:
        rows: (row,) its rows in the baseline.
        starts: (row, icb + 1) clock starts by residence.
        listed: (row, icb + 1) people waiting by residence.
        admitted, non_admitted: (row,) completions.
    """

    rows: Index
    starts: Array
    listed: Array
    admitted: Array
    non_admitted: Array


def last_return(before: Bundle, code: str) -> Last:
    """What the baseline before knows of a trust."""
    rows = np.flatnonzero(before.row_provider == before.provider_code.index(code))
    entry = np.flatnonzero(np.isin(before.entry_row, rows))
    at = np.searchsorted(rows, before.entry_row[entry])
    starts = np.zeros((rows.size, len(before.icb_code) + 1))
    listed = np.zeros_like(starts)
    starts[at, before.entry_icb[entry]] = before.entry_starts[entry]
    listed[at, before.entry_icb[entry]] = before.entry_waiting[entry]
    period = date.fromisoformat(str(before.summary["period"]))
    standard = before.season.month_total(period.year, period.month)[1]
    return Last(
        rows, starts, listed, before.published_flows[1][rows] * standard, before.published_flows[2][rows] * standard
    )


def with_estimates(
    published: RawRows, before: Bundle, missing: Sequence[str], kept: Carried, extract: RttExtract
) -> tuple[RawRows, list[Estimate]]:
    """Add the rows of trusts without a return.

    Args:
        published: the month's rows, before pooling.
        before: the baseline before.
        missing: ODS codes.
        kept: registers and England's series.
        extract: the month.

    Returns:
        All rows, and what was done for each trust.
    """
    full = _without(published, set(missing))
    month = f"{extract.period:%Y-%m}"
    known = month in kept.series.months and np.isfinite(kept.series.at("total_incomplete", month))
    made: list[Estimate] = []
    for code in missing:
        last = last_return(before, code)
        if known and len(missing) == 1:
            figures = missing_trust(code, _residence(last), kept.series, extract, full)
            full, method = impute(full, figures, _like(code, full, kept)), PUBLISHED
        elif before.imputed[last.rows].all():
            full, method = impute(full, _counts(before, code, last), _like(code, full, kept)), AGAIN
        else:
            full, method = _own_rows(full, before, code, last), OWN
        mine = full.row_provider == full.provider.index(code)
        made.append(Estimate(code, int(full.waiting[mine].sum()), method))
    return full, made


def _without(rows: RawRows, codes: set[str]) -> RawRows:
    """Rows without those of some providers, which made a part of a return; the providers' codes are dropped too."""
    left = [i for i, code in enumerate(rows.provider) if code not in codes]
    place = {old: new for new, old in enumerate(left)}
    keep = np.isin(rows.row_provider, left)
    return replace(
        rows,
        provider=tuple(rows.provider[i] for i in left),
        row_provider=np.array([place[p] for p in rows.row_provider[keep].tolist()], dtype=np.int64),
        row_function=tuple(f for f, k in zip(rows.row_function, keep, strict=True) if k),
        **{
            name: getattr(rows, name)[keep]
            for name in ("waiting", "admitted", "non_admitted", "flow_starts", "flow_waiting", "pooled", "imputed")
        },
    )


def _residence(last: Last) -> Array:
    """Where a trust's patients live, (icb,)."""
    people = last.listed[:, :-1].sum(axis=0)
    return np.asarray(people / people.sum())


def _like(code: str, rows: RawRows, kept: Carried) -> frozenset[str]:
    """Trusts of the same kind with rows of their own; all trusts where there is none."""
    own = {rows.provider[p] for p in rows.row_provider[~rows.imputed].tolist()}
    trusts = {c for c in own if not c.startswith(INDEPENDENT)}
    kind = kept.estates_type.get(code)
    same = {c for c in trusts if kind is not None and kept.estates_type.get(c) == kind}
    return frozenset(same or trusts)


def _counts(before: Bundle, code: str, last: Last) -> MissingTrust:
    people = before.waiting[last.rows, ENGLAND].sum(axis=0)
    spells = [round(float(people[a:b].sum())) for a, b in pairwise(CUTS)]
    return MissingTrust(
        code,
        (spells[0], spells[1], spells[2], spells[3]),
        float(last.starts.sum()),
        float(last.admitted.sum()),
        float(last.non_admitted.sum()),
        _residence(last),
    )


def _own_rows(rows: RawRows, before: Bundle, code: str, last: Last) -> RawRows:
    """Add a trust's rows of the baseline before; completions by weeks waited follow its measured priorities."""
    waiting = before.waiting[last.rows]
    chance = before.priorities.by_row(before.row_group)[:, last.rows] * waiting.sum(axis=1)[None]
    england = before.england_completions / before.england_completions.sum(axis=1, keepdims=True)
    done = []
    for service, total in enumerate((last.admitted, last.non_admitted)):
        weight = np.where(chance[service].sum(axis=1, keepdims=True) > 0, chance[service], england[service])
        done.append(weight / weight.sum(axis=1, keepdims=True) * total[:, None])
    n = last.rows.size
    return replace(
        rows,
        provider=(*rows.provider, code),
        row_provider=np.concatenate([rows.row_provider, np.full(n, len(rows.provider))]),
        row_function=(*rows.row_function, *(before.row_function[r] for r in last.rows)),
        waiting=np.concatenate([rows.waiting, waiting]),
        admitted=np.concatenate([rows.admitted, done[0]]),
        non_admitted=np.concatenate([rows.non_admitted, done[1]]),
        flow_starts=np.concatenate([rows.flow_starts, last.starts]),
        flow_waiting=np.concatenate([rows.flow_waiting, last.listed]),
        pooled=np.concatenate([rows.pooled, before.pooled[last.rows]]),
        imputed=np.concatenate([rows.imputed, np.ones(n, dtype=np.bool_)]),
    )
