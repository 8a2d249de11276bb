"""Who is treated, held fixed: the policy arm's trusts of each pair of runs, reported in both of its arms.

Being designated and being better are kept apart by never choosing the treated trusts from what happened to them:
each pair's set is read from its policy run and looked up again in its baseline run. Where the scenario names the trusts
the set is the same in every run and nothing of an effect can be selection; where the programme runs by rules the sets
differ between runs, `Selection.by_scenario` says so and each pair keeps its own: all that held the status at some time.
`study.designations.replay` gives the same trusts the status in another world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aft_sim.study.result import ResultSet


@dataclass(frozen=True)
class Selection:
    """The trusts treated in a policy's runs.

    Attributes:
        policy: name of the scenario.
        treated: ODS codes of the designated trusts by (draw, seed).
        by_scenario: whether the set is the same in every run.
    """

    policy: str
    treated: Mapping[tuple[int, int], tuple[str, ...]]
    by_scenario: bool

    @property
    def kind(self) -> str:
        """One word for tables: "scenario" if the set is the same in every run, else "run"."""
        return "scenario" if self.by_scenario else "run"

    @property
    def words(self) -> str:
        """What a reader must know, one sentence."""
        if self.by_scenario:
            return "Which trusts are treated is fixed by the scenario and the same in every run and both worlds."
        sets = [set(codes) for codes in self.treated.values()]
        always, ever = len(set.intersection(*sets)), len(set.union(*sets))
        return (
            "Which trusts are treated differs between runs; each pair keeps its policy run's trusts in both worlds: "
            f"{ever} are treated in some run, {always} in every run."
        )


def frozen_selection(results: ResultSet, policy: str) -> Selection:
    """The treated trusts of every run of a policy.

    Raises:
        InputError: the study has no finished run of that scenario.
    """
    treated = {(run.draw, run.seed): run.treated for run in results.of(policy)}
    return Selection(policy, treated, len({frozenset(codes) for codes in treated.values()}) == 1)
