"""Parameters that are uncertain together: groups with a rank correlation, drawn through a Gaussian copula.

Each member keeps its own distribution. The group shares one standard normal deviate and each member has its own, both
pure functions of their names, so adding a member moves no other member and no parameter outside the group.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.parameters import BASES, GRADES, Parameter, check_evidence, check_locators

if TYPE_CHECKING:
    from aft_sim.basis.streams import Streams

_KEYS = (
    *("name", "title", "members", "rank_correlation"),
    *("evidence", "source", "locator", "grade", "basis", "assumption"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters that are drawn together.

    Attributes:
        name: Name of the group, for example "approval".
        title: Why its members go together.
        members: Names of at least two numeric parameters; a parameter is in one group at most.
        rank_correlation: Spearman's rank correlation of each pair of members, above 0 and at most 1.
        evidence: Ids of evidence that say so.
        source: Where the correlation comes from, or "none found".
        locators: Web addresses or DOIs of the source.
        grade: Strength of the evidence for the correlation.
        basis: How it was obtained.
        assumption: True if no source carries the figure.
    """

    name: str
    title: str
    members: tuple[str, ...]
    rank_correlation: float
    evidence: tuple[str, ...]
    source: str
    locators: tuple[str, ...]
    grade: str
    basis: str
    assumption: bool

    @property
    def loading(self) -> float:
        """Weight of the shared deviate: the root of the correlation of normals with that rank correlation."""
        return math.sqrt(2.0 * math.sin(math.pi * self.rank_correlation / 6.0))


def read_group(entry: dict[str, Any], where: str) -> Group:
    """Return the group a table entry describes.

    Args:
        entry: The entry as TOML gives it.
        where: "file:line" to name in an error.

    Raises:
        InputError: The first problem of the entry.
    """
    place = f"{where} ({entry.get('name', 'no name')})"
    for key in entry.keys() - set(_KEYS):
        raise InputError("unknown key", where=place, found=key, hint=did_you_mean(key, _KEYS))
    for key in ("name", "title", "source"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise InputError(f"{key} is missing", where=place, found=entry.get(key), expected="a text")
    for key, allowed in (("grade", GRADES), ("basis", BASES)):
        if entry.get(key) not in allowed:
            raise InputError(f"unknown {key}", where=place, found=entry.get(key), expected=", ".join(allowed))
    members = entry.get("members")
    if not isinstance(members, list) or len(members) < 2 or len(set(map(str, members))) != len(members):
        raise InputError("members are two or more different parameters", where=place, found=members)
    size = entry.get("rank_correlation")
    if isinstance(size, bool) or not isinstance(size, int | float) or not 0.0 < size <= 1.0:
        raise InputError("rank_correlation is above 0 and at most 1", where=place, found=size)
    assumption = entry.get("assumption")
    if not isinstance(assumption, bool) or (not assumption and (entry["grade"] == "E" or entry["basis"] == "J")):
        raise InputError("grade E or basis J must be marked as an assumption", where=place, found=assumption)
    return Group(
        name=entry["name"],
        title=entry["title"],
        members=tuple(members),
        rank_correlation=float(size),
        evidence=check_evidence(entry.get("evidence"), place),
        source=entry["source"],
        locators=check_locators(entry.get("locator", []), place),
        grade=entry["grade"],
        basis=entry["basis"],
        assumption=assumption,
    )


def check_groups(
    groups: Collection[Group], parameters: Mapping[str, Parameter], places: Mapping[str, str]
) -> list[InputError]:
    """Return what is wrong between groups and parameters.

    Args:
        groups: All groups.
        parameters: All parameters by name.
        places: "file:line" by group.
    """
    problems = []
    taken: dict[str, str] = {}
    for group in groups:
        where = f"{places[group.name]} ({group.name})"
        for member in group.members:
            parameter = parameters.get(member)
            if parameter is None:
                hint = did_you_mean(member, parameters)
                problems.append(InputError("a member is no parameter", where=where, found=member, hint=hint))
            elif parameter.prior.form == "fixed":
                problems.append(InputError("a member has no distribution", where=where, found=member))
            if member in taken:
                hint = f"It is in the group {taken[member]}."
                problems.append(InputError("a parameter is in two groups", where=where, found=member, hint=hint))
            taken[member] = group.name
    return problems


def uniforms(source: Streams, names: Sequence[str], groups: Mapping[str, Group]) -> list[float]:
    """Return one uniform for each parameter, correlated inside groups.

    With z the shared and e the own standard normal deviate, a member's uniform is the normal probability of
    `a z + sqrt(1 - a^2) e`, where `a` is the group's loading.

    Args:
        source: Streams of the run; only `source.draw` matters.
        names: Parameters to draw.
        groups: Group by member; parameters that are not in it are drawn on their own.
    """
    if not names:
        return []
    from scipy import special

    from aft_sim.basis import streams

    own: list[float] = source.params("parameter", 0, streams.words(names)).tolist()
    wanted = list(dict.fromkeys(groups[name] for name in names if name in groups))
    if not wanted:
        return own
    shared = streams.normal(source.params("correlated group", 0, streams.words(group.name for group in wanted)))
    z = dict(zip(wanted, shared.tolist(), strict=True))
    for position, name in enumerate(names):
        group = groups.get(name)
        if group is not None:
            a = group.loading
            mixed = a * z[group] + math.sqrt(max(1.0 - a * a, 0.0)) * float(special.ndtri(own[position]))
            # The far tail may round to 0 or 1, where a quantile would be infinite.
            own[position] = min(max(float(special.ndtr(mixed)), 2.0**-54), 1.0 - 2.0**-53)
    return own
