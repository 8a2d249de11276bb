"""What the inverse question may vary, and what its amounts mean in England's terms."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from aft_sim.baseline.bind import Index, bind
from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.money import opening_money
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import capital
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import Scenario


class Knob(ABC):
    """Something to vary.

    Attributes:
        name: as the command line calls it.
        start: the amount as the policy stands.
        most: the largest amount worth trying.
        whole: whether amounts are whole numbers.
        both: whether the comparator changes too, because the amount describes the world and not the policy.
        rule: what is varied and how, a sentence.
    """

    name: str
    start: float
    most: float
    whole: bool = False
    both: bool = True
    rule: str

    @abstractmethod
    def set(self, scenario: Scenario, x: float) -> Scenario:
        """The scenario with an amount, under its own name."""

    @abstractmethod
    def amount(self, x: float) -> str:
        """An amount in words."""

    @abstractmethod
    def scale(self, x: float) -> str:
        """How an amount compares with what there is, a sentence."""

    def up_to(self, asked: float | None) -> float:
        """The largest amount to try.

        Raises:
            InputError: not above the amount as the policy stands, or more than there can be.
        """
        if asked is None:
            return self.most
        if not self.start < asked <= self.limit or (self.whole and asked != int(asked)):
            kind = "a whole number" if self.whole else "a number"
            raise InputError(
                "not an amount to try",
                where="--most",
                found=asked,
                expected=f"{kind} above {self.start:g} and up to {self.limit:g}",
            )
        return asked

    @property
    def limit(self) -> float:
        """The largest amount there can be."""
        return self.most


class Pot(Knob):
    """How large the opening pots are, as a multiple of today's."""

    name, start, most = "pot", 1.0, 100.0
    rule = (
        "Varied: the pot of unspent surpluses that every trust opens with, and the cash behind it, times a number "
        "(capital.pot_level), in both scenarios."
    )

    def __init__(self, policy: Scenario, england: Bundle) -> None:
        """Add up the pots of the trusts that hold the status and of all."""
        parameters = bind(policy, england).parameters
        surplus = opening_money(england, parameters.opening, 0).surplus
        pots = capital.opening_pot(surplus, parameters.opening("capital.pot_prior_year_ratio"))
        holders = bind(policy, england).designated
        self.start = parameters.opening("capital.pot_level")
        self.most = min(100.0 * max(self.start, 1.0), self.limit)
        self._holders, self._holders_sum = len(holders), float(pots[holders].sum())
        self._all, self._capital = float(pots.sum()), float(np.nansum(england.trusts.capital))

    @property
    def limit(self) -> float:
        """What the register allows."""
        return Register.load()["capital.pot_level"].maximum or self.most

    def set(self, scenario: Scenario, x: float) -> Scenario:
        """The scenario with pots of another size."""
        return scenario.with_changes(scenario.name, {"capital.pot_level": x, "title": scenario.title})

    def amount(self, x: float) -> str:
        """ "7.3 times today's pots"."""
        return f"{_times(x)} times the opening pots"

    def scale(self, x: float) -> str:
        """The sum in GBP m, beside today's and beside ordinary capital."""
        total = x * self._holders_sum
        of_all = total / self._all if self._all else 0.0
        of_capital = total / self._capital if self._capital else 0.0
        return (
            f"That is GBP {total:,.0f} million in the pots of the {self._holders} trusts that hold the status, in "
            f"place of GBP {self.start * self._holders_sum:,.0f} million: {of_all:,.1f} times what all trusts of "
            f"England together hold as the model opens (GBP {self._all:,.0f} million), and {of_capital:.0%} of what "
            f"they spend on ordinary capital in a year (GBP {self._capital:,.0f} million)."
        )


class Trusts(Knob):
    """How many trusts hold the status."""

    name, whole, both = "trusts", True, False
    rule = (
        "Varied: how many trusts hold the status in the policy. Those of the policy come first, then all others that "
        "have a waiting list, by oversight segment (1 first, none last), within it by average metric score (best "
        "first), then by code."
    )

    def __init__(self, policy: Scenario, england: Bundle) -> None:
        """Put the trusts in order."""
        holders = bind(policy, england).designated
        self._order = [england.trusts.code[i] for i in in_order(england, holders)]
        self._listed = int((england.trust_provider >= 0).sum())
        self._all = len(england.trusts.code)
        self._segment = dict(zip(england.trusts.code, england.trusts.segment, strict=True))
        self._holders = len(holders)
        self.start, self.most = float(len(holders)), float(len(self._order))

    def set(self, scenario: Scenario, x: float) -> Scenario:
        """The scenario with the first trusts in order; the policy's own list where it is that."""
        if int(x) == self._holders:
            return scenario
        return scenario.with_changes(
            scenario.name, {"aft.designated": self._order[: int(x)], "title": f"{scenario.title} ({int(x)} trusts)"}
        )

    def amount(self, x: float) -> str:
        """ "64 trusts with the status"."""
        return f"{int(x):,} trust{'' if x == 1 else 's'} with the status"

    def scale(self, x: float) -> str:
        """How many there are, and the weakest segment among them."""
        worst = [s for code in self._order[: int(x)] if np.isfinite(s := self._segment[code])]
        segments = f"; the weakest of them stands in segment {max(worst):.0f}" if worst else ""
        return (
            f"That is {self.amount(x)} in place of {self._holders}, of {self._all} trusts in England, {self._listed} "
            f"of them with a waiting list{segments}."
        )


class Elasticity(Knob):
    """How much elective output a pound of capital brings."""

    name, start = "elasticity", 1.0
    rule = (
        "Varied: how much elective output capital brings, in both scenarios: the elasticity to equipment "
        "(production.equipment_elasticity) and the effect of a surgical hub (capital.hub_effect), each times the same "
        "number."
    )
    NAMES = ("production.equipment_elasticity", "capital.hub_effect")

    def __init__(self, policy: Scenario, england: Bundle) -> None:
        """Find what the policy sets and how far the register lets it rise."""
        register = Register.load()
        self._values = {name: float(policy.parameters.get(name, register.number(name))) for name in self.NAMES}
        limits = [
            float(register[name].maximum or value) / value for name, value in self._values.items() if value > 0
        ]  # fmt: skip
        if not limits or min(limits) <= 1.0:
            raise InputError("the elasticity cannot rise", found=self._values, expected="values above zero")
        self.most = float(np.floor(min(limits) * 100) / 100)
        self._high = min(float(register[name].high) / value for name, value in self._values.items() if value > 0)

    def set(self, scenario: Scenario, x: float) -> Scenario:
        """The scenario with more output for its capital."""
        values: dict[str, object] = {name: value * x for name, value in self._values.items()}
        return scenario.with_changes(scenario.name, values | {"title": scenario.title})

    def amount(self, x: float) -> str:
        """ "2.5 times the output of capital"."""
        return f"{_times(x)} times the elective output of capital"

    def scale(self, x: float) -> str:
        """Both parameters, beside their plausible ranges."""
        register = Register.load()
        texts = [
            f"{register[name].title.lower()} {register[name].describe(float(f'{value * x:.3g}'))} in place of "
            f"{register[name].describe(value)}, plausible {register[name].low:g} to {register[name].high:g}"
            for name, value in self._values.items()
        ]
        within = "inside" if x <= self._high else "beyond"
        return f"That is {'; '.join(texts)}: {within} what the evidence supports."


KNOBS: dict[str, type[Pot] | type[Trusts] | type[Elasticity]] = {"pot": Pot, "trusts": Trusts, "elasticity": Elasticity}


def _times(x: float) -> str:
    """A multiplier as a reader types it."""
    return f"{x:,.3g}" if x < 1000 else f"{x:,.0f}"


def in_order(england: Bundle, holders: Index) -> list[int]:
    """Trusts in the order in which they would be designated: holders, then those with a list, the best first."""
    t = england.trusts
    score = england.facts["oversight.score"]
    rest = [i for i in range(len(t.code)) if i not in set(holders.tolist()) and england.trust_provider[i] >= 0]

    def rank(i: int) -> tuple[float, float, str]:
        segment, mean = float(t.segment[i]), float(score[i])
        return (segment if np.isfinite(segment) else 9.0, mean if np.isfinite(mean) else 9.0, t.code[i])

    return [*map(int, holders), *sorted(rest, key=rank)]
