"""Why a part of a policy adds exactly nothing: reasons that can be read from the scenarios and from what happened.

A reason is given only if it holds in every run of every world that was compared; else there is none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from aft_sim.policy.capital_regime import LIMITS
from aft_sim.spec.mixing import Part
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import Scenario

PAUSE = {"capital.pause_chance", "capital.pause_months"}
Event = tuple[str, str, float]
"""What happened to a trust: event, detail, value."""


@dataclass(frozen=True)
class Facts:
    """What the worlds set and what happened in them.

    Attributes:
        worlds: scenarios of all subsets; bit i of the position says whether part i is in.
        events: by world, by run.
        until: last day of the runs.
    """

    worlds: tuple[Scenario, ...]
    events: tuple[tuple[tuple[Event, ...], ...], ...]
    until: date

    def happened(self, part: int | None = None) -> Iterator[Event]:
        """Events of all runs of the worlds with a part, or of all worlds."""
        for mask, runs in enumerate(self.events):
            if part is None or mask >> part & 1:
                for run in runs:
                    yield from run


def why_nothing(part: Part, position: int, facts: Facts) -> str:
    """Return why a part adds nothing, in words; empty if nothing that was looked at explains it.

    Args:
        part: the part.
        position: its position among the parts.
        facts: what is known of the runs.
    """
    paths = set(part.paths)
    status = all(path.startswith("aft.") for path in paths)
    starts = [_start(path) for path in paths]
    if all(start is not None and start > facts.until for start in starts):
        return "it begins after the last month of the runs"
    if not status:
        if all(_parameter(path) in LIMITS for path in paths):
            return _no_other_route(position, {_parameter(path) for path in paths}, facts)
        if paths <= PAUSE and not _any(facts, "funding pause"):
            return "national funding is paused in no year of the runs"
        capital = all(path.startswith("capital.") for path in paths)
        idle = not _draws(facts) and not _any(facts, "scheme idea") and not _any(facts, "funding pause")
        return "no board draws on its pot in any of the worlds" if capital and idle else ""
    if any(one.aft.programme == "rules" for one in facts.worlds):
        return ""  # who holds the status, and when, is decided in the run
    if not any(one.aft.designated for one in facts.worlds):
        return "no trust holds the status in any of the worlds"
    if all(one.aft.from_ > facts.until for one in facts.worlds if one.aft.designated):
        return "the freedoms begin after the last month of the runs"
    if not any(one.aft.freedoms.approval or one.aft.freedoms.reinvest for one in facts.worlds):
        return "no freedom that the model acts on is given in any of the worlds"
    if paths == {"aft.freedoms.approval"}:
        return _no_scheme_in_the_band(position, facts)
    if _draws(facts) or any(detail.endswith("aft route") for detail, _ in _ideas(facts.happened())):
        return ""
    approval = any(one.aft.freedoms.approval for one in facts.worlds)
    also = "no scheme of ordinary capital is of a size that the freedom to approve adds, and " if approval else ""
    return f"{also}no board draws on its pot in any of the worlds{_most_often(facts)}"


def _start(path: str) -> date | None:
    """First day of a dated change."""
    _, found, day = path.partition(" from ")
    return date.fromisoformat(day[:10]) if found else None


def _draws(facts: Facts) -> bool:
    return any(event == "draw" and value > 0 for event, _, value in facts.happened())


def _any(facts: Facts, kind: str) -> bool:
    return any(event == kind for event, _, _ in facts.happened())


def _most_often(facts: Facts) -> str:
    reasons = Counter(detail for event, detail, _ in facts.happened() if event == "no draw")
    return f"; most often, {reasons.most_common(1)[0][0]}" if reasons else ""


def _parameter(path: str) -> str:
    """Name of the parameter that a path sets, from the start or from a day on."""
    return path.partition(" from ")[0]


def _ideas(events: Iterable[Event]) -> list[tuple[str, float]]:
    """Schemes that take a route of their own: those from pots, and those of ordinary capital that rules have moved."""
    return sorted((detail, value) for event, detail, value in events if event == "scheme idea")


def _schemes(position: int, facts: Facts) -> tuple[int, float]:
    """How many schemes trusts put forward under the rules of a part, and the cost of the largest, in all runs."""
    number, largest = 0, 0.0
    for event, detail, value in facts.happened(position):
        if event == "schemes planned":
            number += round(value)
        elif event == "largest scheme" or event == "scheme idea":
            number += event == "scheme idea" and "ordinary capital" not in detail
            largest = max(largest, value)
    return number, largest


def _no_scheme_in_the_band(position: int, facts: Facts) -> str:
    """The freedom to approve matters only for schemes above what every board may approve."""
    number, largest = _schemes(position, facts)
    if not number:
        return "no scheme is put forward in any of the worlds with it"
    if any(detail.endswith("aft route") for detail, _ in _ideas(facts.happened(position))):
        return ""
    own, limit = _limit(facts, "capital.delegated_limit"), _limit(facts, "capital.aft_limit")
    weak = _limit(facts, "capital.delegated_limit_distressed")
    return (
        f"no scheme lies in the band from what its board may approve by itself (GBP {own} million; {weak} in segments "
        f"4 and 5) to what the freedom allows (GBP {limit} million): of {number:,} put forward in the runs with it "
        f"the largest costs GBP {largest:,.1f} million"
    )


def _no_other_route(position: int, names: Collection[str], facts: Facts) -> str:
    """A limit matters only for schemes of a size between its values."""
    bit = 1 << position
    for mask in range(len(facts.worlds)):
        without, within = (
            _ideas(event for run in facts.events[m & ~bit | b] for event in run) for m, b in ((mask, 0), (mask, bit))
        )
        if without != within:
            return ""
    number, largest = _schemes(position, facts)
    if not number:
        return "no scheme is put forward under it in any of the worlds"
    between = "; ".join(f"GBP {_limit(facts, name)} million" for name in sorted(names))
    return (
        f"no scheme lies in the band where the limits differ ({between}), so none takes another route: of {number:,} "
        f"put forward in the runs with it the largest costs GBP {largest:,.1f} million"
    )


def _limit(facts: Facts, name: str) -> str:
    """Values of a limit in all worlds, those of dated changes too."""
    usual = Register.load().number(name)
    values = {float(one.parameters.get(name, usual)) for one in facts.worlds}
    values |= {float(c.value) for one in facts.worlds for c in one.changes if c.parameter == name}
    return " or ".join(f"{value:,.10g}" for value in sorted(values))
