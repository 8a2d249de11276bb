"""Scenarios on a baseline: names to indices, dates to weeks, mistakes named with their place."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from aft_sim.baseline.bind import OPENING, bind, first_week_from, resolve_trusts, weekly_season
from aft_sim.baseline.bundle import load
from aft_sim.basis.calendar import Calendar
from aft_sim.basis.errors import InputErrors
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario
from worlds import few

pytestmark = pytest.mark.unit

CALENDAR = Calendar(end=date(2028, 3, 31))


def bound(changes=None, name="no-aft", bundle=None, calendar=CALENDAR):
    scenario = load_scenario(name)
    if changes:
        scenario = scenario.with_changes("bound", changes)
    return bind(scenario, bundle or few(), calendar)


def dated(parameter, day, value, trusts=None):
    change = {"parameter": parameter, "from": day, "value": value}
    return change | ({"trusts": trusts} if trusts else {})


class TestWeeks:
    def test_first_monday_on_or_after_a_day(self):
        monday = date(2026, 6, 1)
        assert CALENDAR.monday(first_week_from(CALENDAR, monday)) == monday
        assert CALENDAR.monday(first_week_from(CALENDAR, date(2026, 6, 2))) == date(2026, 6, 8)
        assert CALENDAR.monday(first_week_from(CALENDAR, date(2026, 6, 7))) == date(2026, 6, 8)
        assert first_week_from(CALENDAR, date(2026, 1, 1)) < 0

    def test_the_freedoms_begin_in_the_week_of_1_june_2026(self):
        plan = bound(name="baseline")
        assert CALENDAR.monday(plan.aft_week) == date(2026, 6, 1)

    def test_a_date_beyond_the_run_stays_beyond_it(self):
        assert bound({"aft.from": date(2031, 4, 1)}, "baseline").aft_week > CALENDAR.n_weeks


class TestTrusts:
    def resolve(self, *names):
        b = load()
        return {b.trusts.code[i] for i in resolve_trusts(names, b, "here")}

    def test_codes_and_named_sets(self):
        assert self.resolve("RTF", "RTF", "RBS") == {"RTF", "RBS"}
        assert self.resolve("set:first-wave") == {"RBS", "RDY", "RP1", "RTF", "RYX", "RY3"}

    def test_indices_ascend_without_doubles(self):
        got = resolve_trusts(["RTF", "set:first-wave", "RBS"], load(), None)
        assert got == sorted(set(got)) and len(got) == 6

    def test_computed_sets_follow_the_register(self):
        t = load().trusts
        best = {c for c, k, s in zip(t.code, t.type, t.segment, strict=True) if k in ("acute", "specialist") and s == 1}
        assert self.resolve("set:segment-1-acute") == best and best
        assert self.resolve("set:type:ambulance") == {
            c for c, k in zip(t.code, t.type, strict=True) if k == "ambulance"
        }
        assert "RTF" in self.resolve("set:region:North East and Yorkshire")
        board = load().icb_code[t.icb[t.index["RTF"]]]
        assert "RTF" in self.resolve(f"set:icb:{board}")

    def test_every_unknown_name_in_one_pass(self):
        with pytest.raises(InputErrors) as error:
            self.resolve("XXX", "RTF", "set:type:hospital", "set:planet:mars")
        text = [str(p) for p in error.value.problems]
        assert len(text) == 3 and all(t.startswith("here: ") for t in text)
        assert "XXX" in text[0] and "no trust has this type" in text[1] and "acute" in text[1]
        assert "set:planet:mars" in text[2]

    def test_an_unknown_trust_is_named_with_file_and_line(self, tmp_path):
        path = tmp_path / "mine.toml"
        path.write_text(
            'schema = 1\nname = "mine"\nextends = "baseline"\ntitle = "Mine"\n\n[aft]\n'
            'designated = [\n  "RTF",\n  "RTG9",\n]\n\n'
            '[[change]]\nparameter = "production.level"\nfrom = 2027-04-05\nvalue = 1.1\ntrusts = ["RZZ9"]\n',
            encoding="utf-8",
        )
        with pytest.raises(InputErrors) as error:
            bind(load_scenario(path), few(), CALENDAR)
        first, second = (str(p) for p in error.value.problems)
        assert "mine.toml:9" in first and "RTG9" in first
        assert "mine.toml:" in second and "RZZ9" in second

    def test_designated_trusts_of_the_plan(self):
        plan = bound({"aft.designated": ["RTF", "set:first-wave"]}, "baseline")
        assert len(plan.treated) == 6 and plan.designated.tolist() == sorted(plan.designated)


class TestParameters:
    def test_defaults_by_the_week_and_percentages_as_shares(self):
        p = bound().parameters
        assert p.path("referrals.growth").shape == (CALENDAR.n_weeks,)
        assert p.at("referrals.growth", 0) == pytest.approx(0.022)
        assert p.at("capital.hub_cost", 5) == 20.0
        assert p.option("removals.closure", 3) == "fitted"

    def test_paths_cannot_be_changed(self):
        with pytest.raises(ValueError):
            bound().parameters.path("referrals.growth")[0] = 9.0

    def test_a_run_wide_value(self):
        p = bound({"referrals.growth": 3.0}).parameters
        assert (p.path("referrals.growth") == 0.03).all()

    def test_a_dated_change_takes_effect_from_the_first_monday_on_or_after_its_date(self):
        p = bound({"change": [dated("referrals.growth", date(2026, 9, 9), 4.0)]}).parameters
        week = CALENDAR.week_of(date(2026, 9, 14))
        assert p.at("referrals.growth", week - 1) == pytest.approx(0.022)
        assert p.at("referrals.growth", week) == pytest.approx(0.04)
        assert p.at("referrals.growth", 10_000) == pytest.approx(0.04)
        assert p.at("referrals.growth", -3) == pytest.approx(0.022)

    def test_several_changes_follow_each_other(self):
        p = bound(
            {
                "change": [
                    dated("capital.hub_cost", date(2027, 4, 5), 30.0),
                    dated("capital.hub_cost", date(2026, 4, 6), 25.0),
                ]
            }
        ).parameters
        days = (date(2026, 3, 30), date(2026, 4, 6), date(2027, 4, 5))
        assert [p.at("capital.hub_cost", CALENDAR.week_of(d)) for d in days] == [20.0, 25.0, 30.0]

    def test_a_change_before_the_run_holds_from_its_first_week(self):
        p = bound({"change": [dated("capital.hub_cost", date(2025, 4, 1), 25.0)]}).parameters
        assert p.opening("capital.hub_cost") == 25.0

    def test_a_change_after_the_run_does_nothing(self):
        p = bound({"change": [dated("capital.hub_cost", date(2030, 4, 1), 25.0)]}).parameters
        assert (p.path("capital.hub_cost") == 20.0).all()

    def test_choices_change_by_date_too(self):
        p = bound({"change": [dated("removals.closure", date(2026, 4, 6), "list")]}).parameters
        week = CALENDAR.week_of(date(2026, 4, 6))
        assert [p.option("removals.closure", w) for w in (week - 1, week, 10_000)] == ["fitted", "list", "list"]

    @pytest.mark.parametrize("name", sorted(OPENING))
    def test_what_makes_the_opening_state_cannot_change_by_date(self, name):
        default = Register.load()[name].default
        with pytest.raises(InputErrors, match=r"makes the opening state"):
            bound({"change": [dated(name, date(2027, 4, 5), default)]})

    def test_neither_can_the_week_from_which_targets_press(self):
        with pytest.raises(InputErrors):
            bound({"change": [dated("targets.weeks", date(2027, 4, 5), 52)]})


class TestByTrust:
    NAME = "production.level"

    def levels(self, *changes):
        plan = bound({"change": list(changes)})
        codes = plan.bundle.trusts.code

        def at(day):
            values, everybody = plan.parameters.by_trust(self.NAME, CALENDAR.week_of(day), len(codes))
            return {c: float(v) for c, v in zip(codes, values, strict=True)} | {"everybody": everybody}

        return at

    def test_only_the_named_from_their_week(self):
        at = self.levels(dated(self.NAME, date(2026, 9, 7), 1.2, ["RTF", "set:type:ambulance"]))
        before, after = at(date(2026, 8, 31)), at(date(2026, 9, 7))
        assert set(before.values()) == {1.0}
        assert after["RTF"] == 1.2 and after["R0B"] == 1.0 and after["everybody"] == 1.0
        ambulance = load().trusts.type.index("ambulance")
        assert after[load().trusts.code[ambulance]] == 1.2

    def test_everybody_and_then_one(self):
        at = self.levels(dated(self.NAME, date(2026, 9, 7), 0.9), dated(self.NAME, date(2026, 9, 7), 1.2, ["RTF"]))
        got = at(date(2026, 9, 7))
        assert got["RTF"] == 1.2 and got["R0B"] == 0.9 and got["everybody"] == 0.9

    def test_a_later_change_for_everybody_ends_the_exception(self):
        at = self.levels(dated(self.NAME, date(2026, 9, 7), 1.2, ["RTF"]), dated(self.NAME, date(2027, 4, 5), 1.1))
        assert at(date(2027, 3, 29))["RTF"] == 1.2
        assert at(date(2027, 4, 5))["RTF"] == 1.1


def test_the_season_of_a_window_is_made_once_and_read_only():
    one = weekly_season(few(), CALENDAR)
    assert one is weekly_season(few(), Calendar(end=date(2028, 3, 31)))
    assert one.shape == (3, CALENDAR.n_weeks) and not one.flags.writeable
    assert np.isfinite(one).all()


def test_a_trust_named_by_its_code_goes_before_a_set_and_the_later_written_before_the_earlier():
    bundle, base = load(), load_scenario("baseline")
    day = {"parameter": "production.level", "from": "2027-04-01"}
    changes = [
        day | {"value": 1.4, "trusts": ["RTF"]},
        day | {"value": 1.2, "trusts": ["set:first-wave"]},
        day | {"value": 1.3, "trusts": ["set:region:North West", "RP1"]},
        day | {"value": 1.1},
    ]
    plan = bind(base.with_changes("x", {"change": changes}), bundle)
    week = first_week_from(plan.calendar, date(2027, 4, 1))
    values, everybody = plan.parameters.by_trust("production.level", week, len(bundle.trusts.code))
    found = {code: values[bundle.trust(code)] for code in ("RTF", "RBS", "RP1", "RDY", "RCX")}
    assert found == {"RTF": 1.4, "RBS": 1.3, "RP1": 1.3, "RDY": 1.2, "RCX": 1.1}
    assert everybody == 1.1
    again = bind(base.with_changes("x", {"change": changes}), bundle).scenario.to_toml()
    assert again.index("value = 1.2") < again.index("value = 1.3")
