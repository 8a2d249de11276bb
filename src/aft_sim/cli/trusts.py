"""Trusts in words: names, segments and lists as the tables show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aft_sim.baseline.bundle import Bundle


def short_name(name: str) -> str:
    """A trust's name without what all names end in ("NHS Foundation Trust")."""
    return re.sub(r"\s+NHS (Foundation )?Trust$", "", name, flags=re.IGNORECASE)


def names(bundle: Bundle) -> dict[str, str]:
    """ODS code -> short name."""
    return {code: short_name(name) for code, name in zip(bundle.trusts.code, bundle.trusts.name, strict=True)}


def list_by_provider(bundle: Bundle) -> NDArray[np.float64]:
    """(provider,) everybody on the list at the opening."""
    people = bundle.waiting.sum(axis=(1, 2))
    return np.asarray(np.bincount(bundle.row_provider, people, len(bundle.provider_code)))


def trust_lines(bundle: Bundle, index: Iterable[int]) -> Iterator[tuple[str, str, str, str]]:
    """Code, name, segment and list of trusts, as text."""
    waiting, provider = list_by_provider(bundle), bundle.trust_provider
    t = bundle.trusts
    for i in index:
        segment = "–" if np.isnan(t.segment[i]) else f"{t.segment[i]:.0f}"
        people = "none" if provider[i] < 0 else f"{waiting[provider[i]]:,.0f}"
        yield t.code[i], short_name(t.name[i]), segment, people
