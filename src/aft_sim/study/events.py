"""What happened to trusts in a run: its events table, read and narrowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.study.result import RunResult


@dataclass(frozen=True)
class Happening:
    """One event.

    Attributes:
        month: label.
        trust: ODS code.
        kind: kind of event, such as "draw" or "no draw".
        detail: what it was about, or why.
        value: the number that belongs to it.
    """

    month: str
    trust: str
    kind: str
    detail: str
    value: float


@dataclass(frozen=True)
class History:
    """The events of one run, in order.

    Attributes:
        scenario: name of the scenario.
        seed, draw: which run.
        months: of the run, ascending.
        events: by month, in the order in which they happened.
    """

    scenario: str
    seed: int
    draw: int
    months: tuple[str, ...]
    events: tuple[Happening, ...]

    @property
    def kinds(self) -> Counter[str]:
        """How often each kind of event happened."""
        return Counter(one.kind for one in self.events)

    def narrowed(
        self,
        trusts: Collection[str] = (),
        first: str | None = None,
        last: str | None = None,
        kinds: Collection[str] = (),
    ) -> History:
        """The events of some trusts, months and kinds; nothing given takes all.

        Raises:
            InputError: a month that the run does not hold.
        """
        for month, where in ((first, "--from"), (last, "--to")):
            if month is not None and month not in self.months:
                raise InputError(
                    "the run holds no such month",
                    where=where,
                    found=month,
                    expected=f"{self.months[0]} to {self.months[-1]}",
                )
        low, high = first or self.months[0], last or self.months[-1]
        if low > high:
            raise InputError("the period ends before it begins", where="--to", found=high, expected=f"{low} or later")
        kept = tuple(
            one
            for one in self.events
            if low <= one.month <= high and (not trusts or one.trust in trusts) and (not kinds or one.kind in kinds)
        )
        months = tuple(month for month in self.months if low <= month <= high)
        return History(self.scenario, self.seed, self.draw, months, kept)


def history(run: RunResult) -> History:
    """The events of a run.

    Raises:
        InputError: the run kept no events.
    """
    if "events" not in run.tables:
        raise InputError(
            "the run kept no events",
            where=f"{run.scenario}, seed {run.seed}",
            expected="the level events among the levels kept",
        )
    columns = (run.tables["events"].column(name).to_pylist() for name in ("month", "trust", "event", "detail", "value"))
    events = sorted((Happening(*row) for row in zip(*columns, strict=True)), key=lambda one: one.month)
    months = sorted(set(run.tables["england"].column("month").to_pylist()))
    return History(run.scenario, run.seed, run.draw, tuple(months), tuple(events))


def check_kinds(wanted: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    """Kinds of events as the user wrote them, in any case.

    Raises:
        InputError: no such kind; names the nearest.
    """
    by_name = {kind.casefold(): kind for kind in known}
    for text in wanted:
        if text.strip().casefold() not in by_name:
            raise InputError(
                "no such kind of event",
                where="--kind",
                found=text,
                expected="one of " + ", ".join(sorted(known)),
                hint=did_you_mean(text, known),
            )
    return tuple(by_name[text.strip().casefold()] for text in wanted)
