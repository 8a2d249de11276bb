"""Attribution on made-up runs: what the parts get, and why one adds nothing."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.present.explained import sentences, write_explained
from aft_sim.spec.mixing import parts_between
from aft_sim.spec.scenario import Scenario, load_scenario
from aft_sim.study.attribution import Attribution, attribute, worlds
from aft_sim.study.construction import Facts, why_nothing
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo

pytestmark = pytest.mark.unit

BASE, WIDE = load_scenario("no-aft"), load_scenario("aft-wide")
PARTS = parts_between(BASE, WIDE)
BETWEEN = worlds(BASE, WIDE, PARTS)
UNTIL = date(2026, 6, 30)
DRAW = ("draw", "GBP m from the pot", 0.5)
SCHEME = ("scheme idea", "theatre, board route", 0.6)


def run_of(scenario: Scenario, seed: int, share: float, events=()) -> RunResult:
    """A run with one month, in which a share of 100,000 people waits under 18 weeks."""
    row = dict.fromkeys(registry.LEVELS["england"].schema.names, 1.0)
    row |= {"month": "2026-06", "basis": "england", "quintile": "all", "list": 1e5, "within_18": share * 1e3}
    england = pa.Table.from_pylist([row | {"within_18_share": share}], schema=registry.LEVELS["england"].schema)
    told = [{"month": "2026-06", "trust": "RTF", "event": e, "detail": d, "value": v} for e, d, v in events]
    table = pa.Table.from_pylist(told, schema=registry.LEVELS["events"].schema)
    return RunResult(scenario.name, scenario.hash, seed, 0, {"england": england, "events": table}, ())


def study(value, events=lambda mask: ()) -> ResultSet:
    """Runs of all worlds with the shares that `value(mask, seed)` gives."""
    runs = tuple(run_of(s, seed, value(m, seed), events(m)) for m, s in enumerate(BETWEEN) for seed in (1, 2, 3))
    return ResultSet(runs, {s.name: ScenarioInfo(s.name, s.title, s.hash) for s in BETWEEN})


def explained(value, events=lambda mask: ()) -> Attribution:
    return attribute(study(value, events), BETWEEN, PARTS, "within_18_share", "2026-06", UNTIL)


def both_needed(mask: int, seed: int) -> float:
    return 61.0 + seed + (0.3 + 0.01 * seed if mask & 0b101 == 0b101 else 0.0)


def what_happens(mask: int):
    return (DRAW, SCHEME) if mask & 0b101 == 0b101 else ()


def test_what_needs_each_other_is_shared_and_what_does_nothing_says_why() -> None:
    found = explained(both_needed, what_happens)
    holders, approval, reinvest = found.parts
    assert found.total.effect == pytest.approx(0.32)
    assert holders.share_out.effect == pytest.approx(0.16) == reinvest.share_out.effect
    assert holders.share == pytest.approx(0.5)
    assert sum(one.share_out.effect for one in found.parts) == pytest.approx(found.total.effect, abs=1e-12)
    assert found.interaction.effect == pytest.approx(0.32)
    assert (holders.alone.effect, holders.last.effect) == pytest.approx((0.0, 0.32))
    assert approval.nothing and approval.share_out.exactly_zero and approval.words == "0 by construction"
    for words in ("no scheme lies in the band", "GBP 50 million", "GBP 100 million", "GBP 0.6 million"):
        assert words in approval.reason
    text = " ".join(sentences(found))
    assert "Nothing happens unless aft.designated and aft.freedoms.reinvest come together" in text
    assert "aft.freedoms.approval: 0 by construction: no scheme" in text


def test_every_world_stands_in_the_answer() -> None:
    found = explained(both_needed, what_happens)
    assert [one.parts for one in found.subsets] == [(), (0,), (1,), (0, 1), (2,), (0, 2), (1, 2), (0, 1, 2)]
    assert [one.scenario for one in found.subsets][0::7] == ["no-aft", "aft-wide"]
    together = {(i, j): effect.effect for i, j, effect in found.pairwise}
    assert together == pytest.approx({(0, 1): 0.0, (0, 2): 0.32, (1, 2): 0.0})


def test_share_of_a_total_that_may_be_chance_is_not_told() -> None:
    found = explained(lambda mask, seed: 61 + (seed - 2) * 0.1 * mask.bit_count())
    assert [one.share for one in found.parts] == [None, None, None]


def test_a_failed_run_takes_its_seed_out_of_every_world() -> None:
    results = study(both_needed, what_happens)
    fewer = ResultSet(results.runs[1:], results.scenarios)
    found = attribute(fewer, BETWEEN, PARTS, "within_18_share", "2026-06", UNTIL)
    assert found.seeds == (2, 3)
    with pytest.raises(InputError, match="no such month"):
        attribute(results, BETWEEN, PARTS, "within_18_share", "2027-01", UNTIL)


def test_tables_and_codebook(tmp_path) -> None:
    found = explained(both_needed, what_happens)
    main, subsets, codebook = write_explained(found, tmp_path / "why")
    lines = main.read_text(encoding="utf-8").splitlines()
    assert main.name == "why.csv"
    assert [line.split(",")[0] for line in lines[1:]] == [one.part.name for one in found.parts] + [
        "total",
        "interaction",
    ]
    assert all(line.count(",") >= 9 for line in lines)
    assert len(subsets.read_text(encoding="utf-8").splitlines()) == 9
    assert "points" in codebook.read_text(encoding="utf-8")


def reason(base: Scenario, policy: Scenario, name: str, events=lambda mask: (), until: date = UNTIL) -> str:
    parts = parts_between(base, policy)
    between = worlds(base, policy, parts)
    facts = Facts(tuple(between), tuple(((*events(mask),),) for mask in range(len(between))), until)
    at = [part.name for part in parts].index(name)
    return why_nothing(parts[at], at, facts)


def test_reasons_that_the_runs_can_tell() -> None:
    freedoms = BASE.with_changes("freedoms", {"aft.freedoms.approval": True, "aft.freedoms.reinvest": True})
    assert "no trust holds the status" in reason(BASE, freedoms, "aft.freedoms.reinvest")
    holders = BASE.with_changes("holders", {"aft.designated": ["RTF"]})
    assert "no freedom" in reason(BASE, holders, "aft.designated")
    later = WIDE.with_changes("later", {"aft.from": date(2030, 4, 1), "capital.limit_rule": "additive"})
    sooner = WIDE.with_changes("sooner", {"aft.from": date(2029, 4, 1)})
    assert "begin after" in reason(sooner, later, "aft.from")
    assert "no board draws" in reason(sooner, later, "capital.limit_rule")
    change = {"parameter": "production.level", "from": date(2030, 4, 1), "value": 1.1}
    grown = BASE.with_changes("grown", {"change": [change]})
    assert "after the last month" in reason(BASE, grown, "production.level from 2030-04-01")
    idle = (("no draw", "the pot is empty", 0.0),)
    assert "most often, the pot is empty" in reason(BASE, WIDE, "aft.freedoms.reinvest", lambda _: idle)
    assert "no scheme is put forward" in reason(BASE, WIDE, "aft.freedoms.approval")


def test_a_limit_between_whose_values_no_scheme_lies_says_how_many_there_are() -> None:
    lower = WIDE.with_changes("lower", {"capital.aft_limit": 50})
    planned = (
        ("schemes planned", "of ordinary capital", 16.0),
        ("largest scheme", "of ordinary capital, estate", 32.2),
    )
    told = reason(WIDE, lower, "capital.aft_limit", lambda _: (SCHEME, *planned))
    for words in ("no scheme lies in the band", "50 or 100 million", "of 17 put forward", "GBP 32.2 million"):
        assert words in told
    idea = ("scheme idea", "estate, ordinary capital, {} route", 60.0)
    routes = lambda mask: (*planned, (idea[0], idea[1].format("ordinary" if mask else "aft"), idea[2]))  # noqa: E731
    assert reason(WIDE, lower, "capital.aft_limit", routes) == ""
    assert "no scheme is put forward" in reason(WIDE, lower, "capital.aft_limit")
    change = {"parameter": "capital.delegated_limit", "from": date(2026, 4, 1), "value": 100.0}
    light = BASE.with_changes("light", {"change": [change]})
    dated = "capital.delegated_limit from 2026-04-01"
    within = reason(BASE, light, dated, lambda mask: planned if mask else ())
    assert "of 16 put forward" in within and "50 or 100 million" in within


def test_the_freedom_to_approve_counts_schemes_of_ordinary_capital() -> None:
    planned = (
        ("schemes planned", "of ordinary capital", 16.0),
        ("largest scheme", "of ordinary capital, estate", 32.2),
    )
    told = reason(BASE, WIDE, "aft.freedoms.approval", lambda _: (DRAW, SCHEME, *planned))
    # every world with the freedom tells the same
    assert "of 68 put forward" in told and "GBP 32.2 million" in told
    idle = (("no draw", "the pot is empty", 0.0), *planned)
    assert "no scheme of ordinary capital is of a size" in reason(BASE, WIDE, "aft.designated", lambda _: idle)
    moved = (*idle, ("scheme idea", "estate, ordinary capital, aft route", 60.0))
    assert reason(BASE, WIDE, "aft.designated", lambda _: moved) == ""


def test_pauses_that_do_not_come_say_so() -> None:
    longer = BASE.with_changes("longer", {"capital.pause_months": 6.0})
    assert "paused in no year" in reason(BASE, longer, "capital.pause_months")
    pause = (("funding pause", "3 months", 1.0),)
    assert reason(BASE, longer, "capital.pause_months", lambda _: pause) == ""


def test_no_reason_where_none_holds() -> None:
    big = (DRAW, ("scheme idea", "estate, aft route", 60.0))
    assert reason(BASE, WIDE, "aft.freedoms.approval", lambda _: big) == ""
    assert reason(BASE, WIDE, "aft.freedoms.reinvest", lambda _: big) == ""
    longer = BASE.with_changes("longer", {"referrals.growth": 3.0})
    assert reason(BASE, longer, "referrals.growth") == ""


def test_a_part_without_a_reason_says_how_far_it_is_the_same() -> None:
    big = (DRAW, ("scheme idea", "estate, aft route", 60.0))
    found = explained(both_needed, lambda mask: big)
    assert "every figure of England is the same" in found.parts[1].reason


def test_parts_add_up_in_every_pair() -> None:
    rng = np.sin(np.arange(24) * 12.9898).reshape(3, 8)
    found = explained(lambda mask, seed: 61 + float(rng[seed - 1, mask]))
    assert abs(sum(one.share_out.effect for one in found.parts) - found.total.effect) < 1e-12
