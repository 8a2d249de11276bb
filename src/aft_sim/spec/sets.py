"""Named sets of trusts, and the check of what a scenario may write where trusts are named.

Codes of trusts are not known on this floor: `baseline` checks them and works out computed sets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from aft_sim.basis.errors import InputError, did_you_mean

PREFIX = "set:"
_CODE = re.compile(r"[A-Z0-9]{3,6}")


@dataclass(frozen=True, slots=True)
class Member:
    """A trust in a named set.

    Attributes:
        trust: Its ODS code.
        status: "known" if a source names it, "assumed" if that is our reading.
        name: Short name for readers.
        source: Where membership is stated, empty if the set's source covers it.
    """

    trust: str
    status: Literal["known", "assumed"]
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class TrustSet:
    """A named set of trusts.

    Attributes:
        name: As written after "set:".
        title: What it is.
        source: Where membership comes from; empty for computed sets.
        members: The trusts; empty for computed sets.
        computed: True if the baseline works it out. A computed name that ends in a colon takes a value.
        example: How a scenario writes it.
    """

    name: str
    title: str
    source: str
    members: tuple[Member, ...]
    computed: bool
    example: str

    @property
    def trusts(self) -> tuple[str, ...]:
        """ODS codes of the members, in the order of the table."""
        return tuple(member.trust for member in self.members)


def named_sets() -> Mapping[str, TrustSet]:
    """Return all sets a scenario may name, by name (read once a process)."""
    return _shipped()


def check_trust_reference(text: object, where: str | None = None) -> str:
    """Return a trust code or a "set:..." reference, or refuse it.

    Args:
        text: What stands in the list of trusts.
        where: "file:line" for the message.

    Raises:
        InputError: Not a text, not shaped like a code, or an unknown set.
    """
    if not isinstance(text, str):
        raise InputError("not a trust", where=where, found=text, expected='a code such as "RTF" or "set:first-wave"')
    if text.startswith(PREFIX):
        name = text.removeprefix(PREFIX)
        if name in _shipped() and not name.endswith(":"):
            return text
        pattern, colon, value = name.partition(":")
        if colon and f"{pattern}:" in _shipped() and value.strip():
            return text
        known = [found.example for found in _shipped().values()]
        raise InputError(
            "unknown set of trusts",
            where=where,
            found=text,
            expected=", ".join(known),
            hint=did_you_mean(text, known),
        )
    if _CODE.fullmatch(text):
        return text
    hint = None
    if _CODE.fullmatch(text.strip().upper()):
        hint = f'Did you mean "{text.strip().upper()}"?'
    elif text in _shipped():
        hint = f'Did you mean "{PREFIX}{text}"?'
    raise InputError(
        "not a trust code",
        where=where,
        found=text,
        expected='an organisation code such as "RTF", or a set such as "set:first-wave"',
        hint=hint,
    )


@lru_cache(maxsize=1)
def _shipped() -> Mapping[str, TrustSet]:
    text = (resources.files("aft_sim.spec") / "tables" / "sets.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    found: dict[str, TrustSet] = {}
    for entry in document["set"]:
        members = tuple(Member(m["trust"], m["status"], m["name"], m.get("source", "")) for m in entry["members"])
        name = entry["name"]
        found[name] = TrustSet(name, entry["title"], entry["source"], members, False, f"{PREFIX}{name}")
    for entry in document["computed"]:
        name = entry["name"]
        found[name] = TrustSet(name, entry["title"], "", (), True, entry.get("example", f"{PREFIX}{name}"))
    return found
