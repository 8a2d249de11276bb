"""Every active parameter is read by code: moving it moves some output of some run."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from aft_sim.mechanisms import population_health
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.compare import Bands
from aft_sim.study.places import near_miss_segment
from aft_sim.study.winners import trust_noise
from worlds import few, plan, run, same

pytestmark = pytest.mark.validation

REGISTER = Register.load()
SOURCE = Path(__file__).parents[2] / "src" / "aft_sim"
#: Small world with a trust in each kind of oversight segment that can receive money.
PROVIDERS = ("RTF", "RBS", "RCX", "IS-QHM")
UNTIL = date(2029, 9, 30)
#: Rules that only bite when they bind: what else has to be set for the parameter to matter.
BINDING = {"capital.delegated_limit": 1e-4, "capital.delegated_limit_distressed": 1e-4, "capital.aft_limit": 1e-4}
#: A programme that many enter.
SUPPORT: dict[str, object] = {"oversight.support_entry": 0.5, "oversight.weakest_share": 1.0}
#: A trust that oversight burdens, and is relieved of it.
RELIEVED = {"aft.designated": ["RCX"], "aft.freedoms.oversight_relief": True}
CHOOSING: dict[str, object] = {"boards.spend": "by_choice"}
#: Boards that weigh nothing but relief: an application costs about what it is worth to them.
RELIEF: dict[str, object] = {
    "aft.programme": "rules",
    "aft.freedoms.reinvest": False,
    "aft.freedoms.approval": False,
    "aft.freedoms.oversight_relief": True,
    "aft.criteria.segment": 5,
    "aft.criteria.deficit": False,
}
#: What answers to money moved out of hospitals.
COMMUNITY = ("community.spending", "community.admissions_elasticity", "community.spending_lag")
PREVENTION = (
    "health.public_health_grant",
    "health.cost_per_qaly_prevention",
    "health.prevention_return",
    "health.prevention_cashable",
    "health.prevention_lag",
    "health.return_gradient",
)
#: What integrated programmes do; a test of its own starts one.
PROGRAMMES = (
    *(name for name in REGISTER if name.startswith("community.emergency_effect")),
    "community.bed_days_effect",
)
#: Read when runs are compared, as `compare` is.
COMPARED = ("health.cost_per_qaly",)
#: A population budget that begins as early as one can; years of its own for figures of later years.
BUDGET: dict[str, object] = {
    "aft.from": date(2026, 2, 2),
    "iho.holders": ["RTF"],
    "iho.from": date(2026, 2, 1),
    "iho.notice_months": 0.0,
    "iho.eligible_share": 1.0,
    "iho.case_chance": 1.0,
}
LITERATURE = BUDGET | {"iho.savings_source": "literature"}
FAIR = BUDGET | {"iho.budget": "fair_share"}
CONTEXT: dict[str, dict[str, object]] = {
    **{f"iho.gross_saving.{year}": LITERATURE for year in ("year_1", "years_2_3", "years_5_8")},
    "iho.hospital_held_ratio": LITERATURE,
    "iho.setup_ratio": LITERATURE,
    "iho.overspend_years": BUDGET | {"iho.corridor": 0.0},
    "iho.children_share": BUDGET | {"iho.scope": "partial"},
    "iho.mental_health_share": BUDGET | {"iho.scope": "partial"},
    "iho.gap_tolerance": {"aft.condition": "gap"},
    "iho.network_share": BUDGET | {"iho.out_of_area_price": 0.9},
    "capital.approval_months.ordinary": BINDING,
    "capital.approval_months.aft": BINDING | {"capital.aft_limit": 100.0},
    "capital.approval_months.treasury": BINDING | {"capital.treasury_limit": 1e-4},
    "capital.aft_limit": {"capital.delegated_limit": 1e-4},
    "capital.treasury_limit": BINDING,
    "capital.crowd_out_slack": {"capital.limit_rule": "inside_scale_draws", "capital.limit_binds": 0.0},
    "capital.crowd_out_binding": {"capital.limit_rule": "inside_scale_draws", "capital.limit_binds": 1.0},
    "capital.pause_months": {"capital.pause_chance": 1.0},
    "capital.limit_binds": {"capital.limit_rule": "inside_scale_draws"},
    "payment.incentive_amount": {"money.incentives": True},
    "production.beds_elasticity": {"emergency.beds": 1.1},
    "oversight.grace_quarters": {"oversight.override": "grace"},
    "oversight.management_load": RELIEVED | {"oversight.management_effect": 0.1},
    "oversight.management_effect": RELIEVED | {"oversight.management_load": 0.1},
    # who applies by what relief is worth to it; the board of a trust that has been in segments 3 to 5
    "oversight.managers_cost": RELIEF,
    "programme.record_years": RELIEF,
    "oversight.support_entry": SUPPORT,
    "oversight.support_months": SUPPORT,
    "oversight.support_spread": SUPPORT,
    "oversight.support_effect": SUPPORT,
    "oversight.support_relapse": SUPPORT | {"oversight.support_months": 3.0},
    "payment.incentive_places": {"money.incentives": True},
    "boards.horizon_distressed": CHOOSING | {"capital.allocate_to": "longest_waits", "capital.recipients": 2},
    "boards.horizon_multi_year": CHOOSING | {"aft.freedoms.multi_year": True},
    **{f"boards.{n}": CHOOSING for n in ("horizon", "discount", "waits_weight", "pressure", "sharpness")},
    "capital.delegated_limit_distressed": {"capital.allocate_to": "longest_waits", "capital.recipients": 2},
    "independent.additionality": {"independent.outsourced": 0.1},
    "independent.use_ratio": {"independent.outsourced": 0.1},
    **{name: {"shift.community": 10} for name in COMMUNITY},
    "emergency.avoided_cost": {"shift.community": 10},
    **{name: {"shift.prevention": 10} for name in PREVENTION},
    "health.lag_stages": {"shift.prevention": 10},
}
#: Values to try beyond the plausible range, for limits that only bind far away.
EXTREME = {
    "iho.term_years": [1.0],
    "iho.case_months": [0.0],
    "iho.moved_limit": [0.01],
    "iho.eligible_share": [0.0],
    "iho.case_chance": [0.0],
    "iho.network_share": [0.0],
    "iho.corridor": [0.1],
    "iho.gap_tolerance": [1.0],
    "capital.delegated_limit": [1e-4],
    "capital.delegated_limit_distressed": [1e-4],
    "capital.delegated_limit_nhs_trust": [1e-4],
    "capital.treasury_limit": [1e-4],
    "capital.aft_limit": [1e-4],
    "capital.cash_floor_days": [40.0],
    "capital.opening_cash_days": [10.0],
    "capital.staff_headroom": [0.0],
    "capital.pot_level": [2.0],
    "independent.outsourced": [0.1],
    "emergency.beds": [1.1],
    "emergency.delays": [1.1],
    "emergency.stay": [1.1],
    "emergency.surge": [1.1],
    "ledger.least_block_share": [0.9],
    "ledger.pdc_dividend": [0.07],
    "payment.incentive_amount": [50.0],
    "payment.incentive_places": [0],
    "payment.urgent_variable": [0.5],
    "programme.application_cost": [100.0],
    "programme.review_years": [1.0],
    "production.level": [1.1],
    "referrals.level": [1.1],
    "run.chance": [0.5],
    "run.season": [0.5],
    "targets.weeks": [20.0],
}
ELSEWHERE = (*PROGRAMMES, *COMPARED)
RUN = [n for n, p in REGISTER.items() if p.active and not n.startswith("compare.") and n not in ELSEWHERE]


def base(name: str):
    scenario = load_scenario("aft-wide-additive")
    context: dict[str, object] = {"programme.propensity": 1.0} if name != "programme.propensity" else {}
    if name.startswith("programme.") and name != "programme.propensity":
        context |= {"aft.programme": "rules"}
    if name.startswith("iho.") and name not in CONTEXT:
        context |= BUDGET
    return scenario.with_changes("base", context | CONTEXT.get(name, {}))


def candidates(name: str) -> list[object]:
    parameter = REGISTER[name]
    if parameter.kind == "choice":
        return [o for o in parameter.options if o != parameter.default]
    if parameter.kind == "switch":
        return [not parameter.default]
    values = [*EXTREME.get(name, []), parameter.high, parameter.low]
    return [v for v in values if v != parameter.default]


@pytest.fixture(scope="module")
def reference():
    found: dict[str, dict] = {}

    def get(scenario):
        if scenario.hash not in found:
            found[scenario.hash] = run(scenario, UNTIL, bundle=few(PROVIDERS), seed=1)
        return found[scenario.hash]

    return get


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_parameter_moves_an_output(name, reference):
    before = base(name)
    for value in candidates(name):
        after = before.with_changes("moved", {name: value})
        if not same(run(after, UNTIL, bundle=few(PROVIDERS), seed=1), reference(before)):
            return
    pytest.fail(f"{name} changes nothing: read it or mark it inactive")


@pytest.mark.parametrize("name", PROGRAMMES)
def test_parameter_moves_what_a_programme_does(name):
    paths = []
    for value in (REGISTER.number(name), REGISTER[name].low):
        read = plan(base(name).with_changes("moved", {name: value}), UNTIL, few(PROVIDERS)).parameters.opening
        health = population_health.open_health(np.ones((1, 5)), np.ones(1), np.ones(1))
        health.dose[:] = 1.0
        rule, path = population_health.rule(read, np.ones(1)), []
        for _ in range(48):
            population_health.tend(health, rule)
            path += [health.avoided.sum(), health.stay.sum()]
        paths.append(path)
    assert paths[0] != paths[1]


@pytest.mark.parametrize("name", COMPARED)
def test_parameter_moves_a_comparison(name):
    """Read by name where runs are compared; tests/unit/test_health_effect.py works the figures out."""
    source = (SOURCE / "study" / "health.py").read_text(encoding="utf-8")
    assert f'"{name}"' in source


def test_bands_of_comparisons_come_from_the_register():
    bands = Bands.from_register()
    assert (bands.england, bands.trust) == (
        REGISTER.number("compare.band_england"),
        REGISTER.number("compare.band_trust"),
    )
    assert bands.cost == pytest.approx(REGISTER.number("compare.band_cost"))
    assert bands.count == pytest.approx(REGISTER.number("compare.band_count"))
    assert bands.health == pytest.approx(REGISTER.number("compare.band_health"))


def test_every_figure_of_comparisons_is_read():
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    assert [name for name in REGISTER if name.startswith("compare.") and f'"{name}"' not in source] == []


def test_figures_of_comparisons_stay_as_they_were():
    """Results compare to the last digit with those made before these stood in the register."""
    assert REGISTER.number("compare.band_count") / 100.0 == 0.001
    assert REGISTER.number("compare.standard") / 100.0 == 0.92
    assert (trust_noise(), near_miss_segment()) == (1.1, 2.0)


def test_inactive_parameters_say_why():
    for parameter in REGISTER.values():
        assert parameter.active == (not parameter.why_inactive)
