"""Trusts in words: names, segments and lists as the tables show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from aft_sim.basis.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aft_sim.baseline.bundle import Bundle


#: Trusts named where a part of a name fits several.
MOST_OPTIONS = 8


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


def find_trust(bundle: Bundle, text: str) -> int:
    """Index of a trust by code, in any case, or by a part of its name that only one trust has.

    Raises:
        InputError: no trust, or several; names the nearest or some of them.
    """
    found = matching_trusts(bundle, text)
    if len(found) > 1:
        t = bundle.trusts
        options = ", ".join(f"{t.code[i]} {t.name[i]}" for i in found[:MOST_OPTIONS])
        more = f" and {len(found) - MOST_OPTIONS} more" if len(found) > MOST_OPTIONS else ""
        raise InputError("several trusts have this in their name", found=text, expected=f"one of {options}{more}")
    wanted = text.strip()
    return found[0] if found else bundle.trust(wanted.upper() if len(wanted) <= 4 else text)


def matching_trusts(bundle: Bundle, text: str) -> list[int]:
    """Indices of the trust of a code, in any case, or else of all that have a text in their names."""
    wanted = text.strip()
    if wanted.upper() in bundle.trusts.index:
        return [bundle.trust(wanted.upper())]
    part = re.compile(rf"\b{re.escape(wanted)}", re.IGNORECASE)
    return [i for i, name in enumerate(bundle.trusts.name) if len(wanted) > 3 and part.search(name)]
