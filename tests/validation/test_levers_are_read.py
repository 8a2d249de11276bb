"""Every active lever is read: pulling it moves some output of some run."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import pyarrow as pa
import pytest

from aft_sim.spec.levers import levers
from aft_sim.spec.scenario import load_scenario
from worlds import few, run, same

pytestmark = pytest.mark.validation

PROVIDERS = ("RTF", "RBS", "RCX", "IS-QHM")
UNTIL = date(2029, 9, 30)
#: A world in which every lever can matter: all boards use their freedoms, and no scheme is a board's own by its size.
WORLD = {"programme.propensity": 1.0, "capital.delegated_limit": 1e-4, "capital.delegated_limit_distressed": 1e-4}
#: What a lever is pulled to, and what else it needs.
PULLED: dict[str, tuple[object, dict[str, object]]] = {
    "aft.designated": ([], {}),
    "aft.from": (date(2027, 10, 1), {}),
    "aft.freedoms.approval": (False, {}),
    "aft.freedoms.reinvest": (False, {}),
    # a trust that spending controls bind once its segment, 3 at the opening, has become 4
    "aft.freedoms.delegation": (True, {"aft.designated": ["RCX"], "oversight.cut_3": 2.0, "oversight.cut_2": 1.5}),
    "aft.freedoms.multi_year": (True, {"boards.spend": "by_choice"}),
    "boards.spend": ("by_choice", {}),
    "capital.reinvest_also": ("foundation_trusts", {}),
    "capital.limit_rule": ("inside_scale_draws", {}),
    "capital.allocate_to": ("longest_waits", {}),
    "capital.recipients": (1, {"capital.allocate_to": "longest_waits"}),
    "money.dsf_closure": ("withdrawn", {}),
    "money.surpluses": ("taken", {}),
    "money.incentives": (True, {}),
    # a trust that oversight burdens: the leading ones have nothing to be relieved of
    "aft.freedoms.oversight_relief": (True, {"oversight.management_effect": 0.1, "aft.designated": ["RCX"]}),
    "oversight.segmentation": ("quartiles", {}),
    "oversight.yardstick": ("opening", {}),
    "oversight.override": ("off", {}),
}
RULES: dict[str, object] = {"aft.programme": "rules"}
EVERYONE = RULES | {"aft.path": "everyone"}
PULLED |= {
    "aft.programme": ("rules", {}),
    "aft.path": ("everyone", RULES),
    "aft.everyone_by": (date(2029, 12, 31), EVERYONE),
    "aft.next_wave": (date(2027, 1, 1), RULES),
    "aft.invited": (["RRE"], RULES | {"programme.wave_size": 0}),
    "aft.criteria.segment": (1, RULES),
    "aft.criteria.quarters": (4, RULES),
    "aft.criteria.override": (False, RULES | {"aft.criteria.deficit": False}),
    "aft.criteria.cqc": (False, RULES),
    "aft.criteria.capability": (False, RULES),
    "aft.criteria.deficit": (False, RULES | {"aft.criteria.override": False}),
    "aft.criteria.support": (False, RULES),
    "aft.removal_trigger": ("none", EVERYONE),
    "aft.review_capability": (False, RULES),
    "aft.review_deficit": (False, RULES),
    "oversight.segmentation": ("quartiles", {}),
    "oversight.override": ("off", {}),
    "shift.community": (10, {}),
    "shift.prevention": (10, {}),
    "shift.from": (date(2028, 4, 1), {"shift.prevention": 10}),
    "shift.target": ("most_deprived", {"shift.prevention": 10}),
}
#: A population budget that begins as early as one can.
BUDGET: dict[str, object] = {
    "aft.from": date(2026, 2, 2),
    "iho.holders": ["RTF"],
    "iho.from": date(2026, 2, 1),
    "iho.notice_months": 0.0,
    "iho.eligible_share": 1.0,
    "iho.case_chance": 1.0,
}
PULLED |= {
    "aft.condition": ("gap", {"iho.gap_tolerance": 0.0}),
    "iho.planned": (True, {}),
    "iho.offered": ("every_holder", BUDGET),
    "iho.holders": (["RBS"], BUDGET),
    "iho.from": (date(2027, 4, 1), BUDGET),
    "iho.scope": ("whole", BUDGET),
    "iho.budget": ("fair_share", BUDGET),
    "iho.savings_source": ("literature", BUDGET),
}
ACTIVE = [path for path, lever in levers().items() if lever.active]


def test_every_active_lever_is_tried():
    assert sorted(PULLED) == sorted(ACTIVE)


def frozen(settings: dict[str, object]) -> tuple[tuple[str, object], ...]:
    """Settings as a key; lists as tuples, which levers take too."""
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in settings.items())


@lru_cache(maxsize=8)
def outputs(*settings: tuple[str, object]) -> dict[str, pa.Table]:
    """Tables of a run with these settings; levers that need the same world share the run before they are pulled."""
    changed = load_scenario("aft-wide-additive").with_changes("world", dict(settings))
    return run(changed, UNTIL, bundle=few(PROVIDERS), seed=1)


@pytest.mark.parametrize("path", ACTIVE)
def test_lever_moves_an_output(path):
    value, context = PULLED[path]
    before = load_scenario("aft-wide-additive").with_changes("before", WORLD | context)
    after = before.with_changes("after", {path: value})
    assert after.hash != before.hash
    pulled = run(after, UNTIL, bundle=few(PROVIDERS), seed=1)
    assert not same(outputs(*frozen(WORLD | context)), pulled), f"{path} changes nothing"


@pytest.mark.parametrize("path", [path for path, lever in levers().items() if not lever.active])
def test_inactive_levers_say_why(path):
    assert levers()[path].why_inactive
