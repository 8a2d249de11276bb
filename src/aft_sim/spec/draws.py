"""Draws of the uncertain parameters: one draw is one world that both arms of a comparison share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aft_sim.basis.streams import Streams
from aft_sim.spec.register import Register, Value


@dataclass(frozen=True, slots=True)
class Draw:
    """Values of some parameters in place of their central ones, for the whole run.

    A scenario that sets one of them itself keeps its own value.

    Attributes:
        number: 0 for central values; also the root of all ignorance that is no register entry (`streams`).
        values: Parameter and value, in the parameters' units, in order of name.
        label: What the draw stands for, empty for draws from the priors.
    """

    number: int
    values: tuple[tuple[str, Value], ...] = ()
    label: str = ""

    @property
    def mapping(self) -> Mapping[str, Value]:
        """Values by parameter."""
        return dict(self.values)

    @property
    def hash(self) -> str:
        """SHA-256 of the values, empty where there are none."""
        if not self.values:
            return ""
        return hashlib.sha256(json.dumps(self.values).encode()).hexdigest()


CENTRAL = Draw(0)
"""All parameters at their central values."""


@dataclass(frozen=True)
class Uncertain:
    """Which parameters a draw from the priors varies.

    Attributes:
        names: Parameters; all active ones with a distribution if empty.
        fixed: Parameters that keep their central value.
    """

    names: tuple[str, ...] = ()
    fixed: tuple[str, ...] = field(default=())


def drawable(register: Register) -> tuple[str, ...]:
    """Return the parameters that a draw from the priors can vary: active numbers with a spread that a run reads."""
    return tuple(
        p.name
        for p in register.values()
        if p.active and p.kind == "number" and p.prior.form != "fixed" and p.mechanism != "comparison"
    )


def prior_draws(count: int, register: Register | None = None, uncertain: Uncertain | None = None) -> tuple[Draw, ...]:
    """Return draws 1 to `count` from the priors, correlated groups together.

    A parameter's value in a draw depends on the draw's number and the parameter's name only.

    Args:
        count: How many.
        register: The parameters; the shipped register if None.
        uncertain: Which parameters vary; all that can if None.
    """
    known, chosen = register or Register.load(), uncertain or Uncertain()
    names = [name for name in chosen.names or drawable(known) if name not in chosen.fixed]
    out = []
    for number in range(1, count + 1):
        values = known.draw(Streams(0, number), names)
        out.append(Draw(number, in_order({name: values[name] for name in names})))
    return tuple(out)


def in_order(values: Mapping[str, Value] | Iterable[tuple[str, Value]]) -> tuple[tuple[str, Value], ...]:
    """Return values as a `Draw` holds them."""
    return tuple(sorted(dict(values).items()))
