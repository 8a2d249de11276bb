"""What a policy costs and for whom, by hand: built runs of three trusts over a little more than a year."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from aft_sim.cli.compare_json import content
from aft_sim.cli.words import sentences
from aft_sim.outcomes import registry
from aft_sim.present import worth_tables
from aft_sim.present.tables import write_csv
from aft_sim.spec.draws import Draw
from aft_sim.spec.scenario import load_scenario
from aft_sim.study.compare import Bands, Comparison, compare
from aft_sim.study.marginal import MarginalCost
from aft_sim.study.money import money_rows, told_of
from aft_sim.study.paired import PairedRatio, paired_ratio
from aft_sim.study.places import Places
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo
from aft_sim.study.worth import Worth, worth

pytestmark = pytest.mark.unit

MONTHS = [f"{year}-{month:02d}" for year in (2026, 2027) for month in range(1, 13)][1:16]  # 2026-02 to 2027-04
#: A serves the most deprived fifth alone, B all alike; C has no money.
TRUSTS = ("A", "B", "C")
CATCHMENT = {"A": (1.0, 0.0, 0.0, 0.0, 0.0), "B": (0.2,) * 5}
PLACES = Places(type={}, region={}, icb={}, segment={}, icb_names={})
BANDS = Bands(england=0.1, trust=1.0)


def a_run(
    arm: str,
    seed: int = 1,
    treated: float = 1000.0,
    money: Mapping[tuple[str, str], float] | None = None,
    draw: int = 0,
    drop: tuple[str, ...] = (),
) -> RunResult:
    """A run: `money` gives a month's amount by (trust, column); `drop` leaves out columns of money."""
    usual = {(trust, column): 10.0 for trust in "AB" for column in ("income", "expenditure", "exchequer")}
    amounts = usual | {(trust, "capital_spend"): 1.0 for trust in "AB"} | dict(money or {})
    england, rows, fifths = [], [], CATCHMENT.items()
    for month in MONTHS:
        for basis in registry.BASES:
            for quintile in ("all", *registry.QUINTILES):
                waits = dict.fromkeys(registry.LEVELS["england"].values, 1.0)
                waits |= {"list": 100.0, "within_18": 60.0, "residents": 5e6 if quintile == "all" else 1e6}
                shares = {code: sum(mix) if quintile == "all" else mix[int(quintile) - 1] for code, mix in fifths}
                waits["capital_spend"] = sum(amounts[code, "capital_spend"] * share for code, share in shares.items())
                if (basis, quintile) == ("nhs", "all"):
                    waits["treated_admitted"] = 0.25 * treated
                    waits["treated_non_admitted"] = 0.75 * treated
                england.append({"month": month, "basis": basis, "quintile": quintile, **waits})
        for trust in TRUSTS:
            values = {name: amounts.get((trust, name), 0.0) for name in registry.LEVELS["money"].values}
            rows.append({"month": month, "trust": trust, **values})
    tables = {
        "england": pa.Table.from_pylist(england, schema=registry.LEVELS["england"].schema),
        "money": pa.Table.from_pylist(rows, schema=registry.LEVELS["money"].schema).drop_columns(list(drop)),
    }
    return RunResult(arm, f"hash of {arm}", seed, draw, tables, ())


def pairs(
    extra: list[float], more: list[float], money: Mapping[tuple[str, str], float] | None = None, **options: object
) -> list[tuple[RunResult, RunResult]]:
    """Pairs of runs with extra pathways and more spending a month by trust A in the policy arm, one number a pair."""
    return [
        (
            a_run("policy", i, 1000.0 + paths, {("A", "exchequer"): 10.0 + pounds, **(money or {})}, **options),  # type: ignore[arg-type]
            a_run("baseline", i, **options),  # type: ignore[arg-type]
        )
        for i, (paths, pounds) in enumerate(zip(extra, more, strict=True), start=1)
    ]


def found(extra: list[float], more: list[float], at: str = "2027-03") -> Worth:
    return worth(pairs(extra, more), at, 0.001)


def study(policy: str = "aft-wide-additive") -> ResultSet:
    """Two pairs whose policy is a shipped scenario, held in full."""
    runs = pairs([10.0, 10.5], [1.0, 1.1])
    infos = {"baseline": ScenarioInfo("baseline", "Nothing", "hash of baseline")}
    text = {"scenario.toml": load_scenario(policy).to_toml()}
    infos["policy"] = ScenarioInfo("policy", "A policy", "hash of policy", text)
    return ResultSet(tuple(run for arm in (1, 0) for run in (pair[arm] for pair in runs)), infos)


def compared(policy: str = "aft-wide-additive", at: str = "2027-03") -> Comparison:
    return compare(study(policy), "policy", "baseline", at=at, bands=BANDS, places=PLACES)


class TestFieller:
    def test_by_hand(self):
        above, below = np.array([90.0, 100.0, 116.0]), np.array([9.0, 10.0, 11.0])
        # means 102 and 10; of the means variances 172/3 and 1/3, covariance 13/3; t(2, 97.5%) squared = 18.5128:
        # (100 - 6.17094) x^2 - 2 (1020 - 80.2222) x + (10404 - 1061.402) = 0
        a, b, c = 100 - 6.170939, 1020 - 80.222206, 10404 - 1061.401503
        root = math.sqrt(b * b - a * c)
        ratio = paired_ratio(above, below)
        assert ratio is not None
        assert ratio.value == pytest.approx(10.2)
        assert ratio.interval == pytest.approx(((b - root) / a, (b + root) / a), rel=1e-5)

    def test_without_spread_it_is_the_ratio(self):
        assert paired_ratio(np.array([6.0, 6.0]), np.array([2.0, 2.0])) == PairedRatio(3.0, (3.0, 3.0))

    def test_a_constant_denominator_gives_students_interval(self):
        ratio = paired_ratio(np.array([2.0, 4.0, 6.0]), np.array([2.0, 2.0, 2.0]))
        half = 4.302652729911275 * 2.0 / math.sqrt(3) / 2
        assert ratio is not None and ratio.interval == pytest.approx((2.0 - half, 2.0 + half))

    @pytest.mark.parametrize("below", [[-1.0, 1.0, 2.0], [0.0, 0.0, 0.0], [-2.0, 2.0, 0.0]])
    def test_none_where_the_denominator_may_be_zero(self, below):
        assert paired_ratio(np.array([1.0, 2.0, 3.0]), np.array(below)) is None

    def test_none_for_one_unit(self):
        assert paired_ratio(np.array([1.0]), np.array([2.0])) is None
        assert paired_ratio(np.array([1.0, 2.0]), np.array([2.0, 2.1]), [7, 7]) is not None

    def test_several_draws_are_the_units(self):
        above, below = np.array([1.0, 3.0, 5.0, 7.0]), np.array([19.0, 21.0, 20.0, 22.0])
        assert paired_ratio(above, below, [0, 0, 1, 1]) == paired_ratio(np.array([2.0, 6.0]), np.array([20.0, 21.0]))

    def test_large_numbers_with_little_spread(self):
        # the textbook's quadratic subtracts numbers of 1e24 here
        below = 1e12 + np.array([0.0, 1.0, 2.0])
        ratio = paired_ratio(3 * below + np.array([1.0, -1.0, 0.0]), below)
        assert ratio is not None
        assert 0 < ratio.interval[1] - ratio.interval[0] < 1e-10

    def test_it_covers_the_truth_as_often_as_it_says(self):
        draws = np.random.default_rng(20260602)
        n, repetitions, truth = 8, 4000, 5.0
        below = draws.normal(3.0, 1.0, (repetitions, n))
        above = truth * below + draws.normal(0.0, 4.0, (repetitions, n)) + 2.0 * (below - 3.0)
        covered = [
            ratio is None or ratio.interval[0] <= truth <= ratio.interval[1]
            for ratio in map(paired_ratio, above, below)
        ]
        # three standard errors of a share of 95% in 4,000
        assert np.mean(covered) == pytest.approx(0.95, abs=0.0104)


class TestCost:
    def test_spending_over_extra_pathways(self):
        # fourteen months to March 2027: 14 m and 15.4 m more, for 140 and 147 pathways
        got = found([10.0, 10.5], [1.0, 1.1])
        assert got.spending is not None and got.pathways is not None
        assert got.spending.effect == pytest.approx(14.7, rel=1e-6)
        assert got.spending.baseline == pytest.approx(2 * 140.0)
        assert got.pathways.effect == pytest.approx(143.5)
        assert got.per_pathway is not None
        assert got.per_pathway.value == pytest.approx(14.7e6 / 143.5, rel=1e-6)
        expected = paired_ratio(np.array([14e6, 15.4e6]), np.array([140.0, 147.0]))
        assert expected is not None
        assert got.per_pathway.interval == pytest.approx(expected.interval, rel=1e-5)

    def test_only_up_to_the_month(self):
        got = found([10.0, 10.5], [1.0, 1.1], at="2026-02")
        assert got.spending is not None and got.spending.effect == pytest.approx(1.05, rel=1e-6)
        assert got.finances == ()  # no whole year

    @pytest.mark.parametrize(
        ("extra", "more", "words"),
        [
            ([10.0, 10.5], [1.0, 1.1], "more pathways for more money"),
            ([10.0, 10.1], [-1.0, 1.1], "more pathways; spending may rise or fall"),
            ([10.0, 10.1], [-1.0, -1.1], "no price (more pathways for less money)"),
            ([-10.0, -10.1], [-1.0, -1.1], "saved for each pathway lost"),
            ([-10.0, -10.1], [1.0, 1.1], "no price (fewer pathways for more money)"),
            ([-10.0, -10.1], [-1.0, 1.1], "no price (fewer pathways for more or less money)"),
            ([-10.0, 12.0], [1.0, 1.1], "cannot tell: extra pathways may be none"),
            ([0.0, 0.0], [1.0, 1.1], "no price (not one extra pathway)"),
            ([10.0], [1.0], "cannot tell: one pair has no interval"),
        ],
    )
    def test_what_the_number_means(self, extra, more, words):
        got = found(extra, more)
        assert got.verdict == words
        assert (got.told is None) == words.startswith(("no price", "cannot tell"))

    def test_several_draws_are_the_units(self):
        runs = pairs([10.0, 10.5, 10.2, 10.7], [1.0, 1.1, 1.2, 1.3])
        drawn = [(replace(a, draw=(a.seed + 1) // 2), replace(b, draw=(b.seed + 1) // 2)) for a, b in runs]
        got, same = (worth(drawn, "2027-03", 0.001), found([10.25, 10.45], [1.05, 1.25]))
        assert got.per_pathway is not None and same.per_pathway is not None
        assert got.per_pathway.interval == pytest.approx(same.per_pathway.interval, rel=1e-5)

    def test_cash_calls(self):
        got = worth(pairs([1.0, 1.0], [0.0, 0.0], {("B", "cash_support"): 0.5}), "2027-03", 0.001)
        assert got.cash_calls is not None and got.cash_calls.effect == pytest.approx(7.0)


class TestMarginalCost:
    def test_the_same_sum(self):
        got = compared(at="2026-02").worth
        assert got is not None and got.same_sum is not None and got.additive
        assert got.marginal_cost == pytest.approx(1900 * 0.6)
        assert got.same_sum.effect == pytest.approx(1.05e6 / 1140, rel=1e-6)

    def test_each_month_at_its_prices(self):
        scenario = load_scenario("aft-wide")
        price = MarginalCost(scenario, {}).by_month(MONTHS, 0)
        assert price[0] == pytest.approx(1140)
        assert price[12] == pytest.approx(1140 * 1.025)  # February a year later
        drawn = MarginalCost(scenario, {4: Draw(4, (("capital.marginal_cost_ratio", 0.5),))})
        assert drawn.by_month(MONTHS, 4)[0] == pytest.approx(950)

    def test_a_scenarios_own_values_win(self):
        entry = {"parameter": "capital.marginal_cost_ratio", "from": "2026-04-01", "value": 0.9}
        scenario = load_scenario("aft-wide").with_changes(
            "dear", {"capital.cost_per_pathway": 1000, "capital.price_growth": 0, "change": [entry]}
        )
        price = MarginalCost(scenario, {0: Draw(0, (("capital.cost_per_pathway", 1500.0),))}).by_month(MONTHS, 0)
        assert price[:3] == pytest.approx([600, 600, 900])

    def test_unknown_where_the_scenario_is_not_held(self):
        results = study()
        assert MarginalCost.of(replace(results, scenarios={}), "policy") is None
        info = ScenarioInfo("policy", "", "", {"scenario.toml": 'schema = 1\nname = "policy"\nold = 1\n'})
        assert MarginalCost.of(replace(results, scenarios={"policy": info}), "policy") is None
        assert not found([1.0, 2.0], [1.0, 1.0]).additive


class TestForWhom:
    def test_capital_by_quintile(self):
        # fourteen months at 2 m by A more, all of it for the most deprived; B's 14 m is a fifth each
        got = worth(pairs([1.0, 1.0], [0.0, 0.0], {("A", "capital_spend"): 3.0}), "2027-03", 0.001)
        most, least = got.capital["1"], got.capital["5"]
        assert most.effect == pytest.approx(28e6 / 1e6)
        assert most.baseline == pytest.approx((14 + 14 / 5) * 1e6 / 1e6)
        assert least.effect == 0.0 and least.baseline == pytest.approx(14 / 5)


class TestFinances:
    def test_shares_by_hand(self):
        """B is in deficit in the policy arm; A in surplus but on deficit support; C has no money and does not count."""
        policy = {("B", "expenditure"): 10.5, ("A", "income"): 12.0, ("A", "deficit_support"): 0.5}
        (year,) = worth(pairs([1.0, 1.0], [0.0, 0.0], policy), "2027-04", 0.001).finances
        assert year.financial_year == "2026/27"
        assert year.trusts == 2
        assert (year.in_deficit.baseline, year.in_deficit.policy) == (0.0, 50.0)
        assert (year.eligible.baseline, year.eligible.policy) == (2.0, 0.0)
        assert year.surplus.policy == pytest.approx(12 * (2.0 - 0.5), rel=1e-6)

    def test_work_bought_from_pots_makes_no_deficit(self):
        policy = {("B", "expenditure"): 11.0, ("B", "revenue_spend"): 1.0}
        (year,) = worth(pairs([1.0, 1.0], [0.0, 0.0], policy), "2027-03", 0.001).finances
        assert year.in_deficit.policy == 0.0 and year.surplus.effect == pytest.approx(0.0, abs=1e-6)

    def test_single_precision_makes_no_deficit(self):
        policy = {("B", "income"): 0.1 + 0.2, ("B", "expenditure"): 0.3 + 1e-7}
        (year,) = worth(pairs([1.0, 1.0], [0.0, 0.0], policy), "2027-03", 0.001).finances
        assert year.in_deficit.policy == 0.0


class TestWhatRunsDidNotKeep:
    def test_no_money_table(self):
        runs = [(replace(a, tables={"england": a.tables["england"]}), b) for a, b in pairs([10.0, 10.5], [1.0, 1.1])]
        got = worth(runs, "2027-03", 0.001)
        assert got.spending is None and got.cash_calls is None and not got.finances
        assert got.pathways is not None and got.pathways.effect == pytest.approx(143.5)
        assert got.verdict == "" and got.told is None
        assert {row.measure for row in got.rows()} == {"pathways", "capital_per_head"}
        (words,) = got.missing
        assert words.startswith(
            "Not known, because not every run kept it: public spending (exchequer of the money table)"
        )
        assert "completed pathways" not in words

    def test_some_columns(self):
        runs = pairs([10.0, 10.5], [1.0, 1.1], drop=("deficit_support", "cash_support"))
        got = worth(runs, "2027-03", 0.001)
        assert got.told is not None and got.capital
        assert got.cash_calls is None and got.finances == ()
        assert "cash calls (cash_support of the money table)" in got.missing[0]
        assert "finances by year" in got.missing[0] and "capital by quintile" not in got.missing[0]
        kept = {row.outcome for row in money_rows(runs, "2027-03", 0.001)}
        assert kept == {"drawn", "capital_spend", "revenue_spend", "exchequer"}


def printed(comparison: Comparison) -> str:
    console = Console(width=100, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        for table in worth_tables.tables(comparison):
            console.print(table)
    return capture.get()


class TestTold:
    def test_sentences_of_an_additive_limit(self):
        words = " ".join(sentences(compared(at="2026-02")))
        assert "public spending by trusts GBP 1.05 million more" in words
        assert "The limit rises by what holders draw, so the Exchequer pays: cost GBP +1.05 million" in words
        assert "benefit +10 completed pathways" in words
        assert "GBP 102,439 of public spending for an extra pathway" in words
        assert "the same sum at marginal cost (GBP 1,140 a pathway at the opening) would buy 921." in words

    def test_sentences_of_another_limit(self):
        words = " ".join(sentences(compared("aft-wide")))
        assert "Exchequer" not in words
        assert "Completed pathways +144 (95% interval" in words

    def test_the_block(self):
        text = printed(compared())
        assert "What it costs, from the opening to March 2027" in text
        assert "Capital per head by quintile, GBP a resident" in text
        assert "Finances of NHS trusts by financial year" in text
        assert "2026/27" in text and "Of 2 trusts" in text
        assert "more pathways for" in text  # the cell goes on in the next line
        assert max(map(len, text.splitlines())) <= 100

    def test_the_block_says_what_is_missing(self):
        results = study()
        runs = tuple(replace(run, tables={"england": run.tables["england"]}) for run in results)
        comparison = compare(
            replace(results, runs=runs), "policy", "baseline", at="2027-03", bands=BANDS, places=PLACES
        )
        text = " ".join(printed(comparison).split())
        assert "Not known, because not every run kept it: public spending" in text
        assert "Capital per head" in text and comparison.money == ()
        assert not any("Exchequer" in line for line in sentences(comparison))

    def test_json(self):
        told = json.loads(json.dumps(content(compared(), None)))["worth"]
        rows = {(row["measure"], row["quintile"], row["financial_year"]): row for row in told["rows"]}
        assert told["adds_to_capital_limit"] is True and told["missing"] == []
        assert rows["gbp_per_pathway", None, None]["effect"] == pytest.approx(14.7e6 / 143.5, rel=1e-6)
        assert rows["gbp_per_pathway", None, None]["baseline"] is None
        assert rows["capital_per_head", "1", None]["baseline"] == pytest.approx(16.8)
        assert rows["eligible", None, "2026/27"]["policy"] == 2.0

    def test_csv_with_codebook(self, tmp_path):
        files = {path.name: path for path in write_csv(compared(), tmp_path / "effect.csv")}
        with files["effect-worth.csv"].open(encoding="utf-8") as file:
            rows = {(row["measure"], row["quintile"], row["financial_year"]): row for row in csv.DictReader(file)}
        assert float(rows["gbp_per_pathway", "", ""]["effect"]) == pytest.approx(14.7e6 / 143.5, rel=1e-6)
        assert float(rows["in_deficit", "", "2026/27"]["policy"]) == 0.0
        with files["effect-codebook.csv"].open(encoding="utf-8") as file:
            described = {row["column"] for row in csv.DictReader(file) if row["file"] == "effect-worth.csv"}
        assert described == {name for name, _, _ in worth_tables.COLUMNS}


class TestWhoeverPays:
    """A holder of a population budget pays in its board's place: trusts spend 1m a month less, everybody 0.5m more."""

    @staticmethod
    def runs() -> list[tuple[RunResult, RunResult]]:
        both = pairs([5.0, 5.1], [-1.0, -1.1])
        for pair in both:
            for run, spent in zip(pair, (100.5, 100.0), strict=True):
                system = [{"month": month, "public_spending": spent} for month in reversed(MONTHS)]
                run.tables["system"] = pa.Table.from_pylist(system)  # type: ignore[index]
                run.tables["england"] = everybody_treated(run.tables["england"], 4.0 * run.seed)  # type: ignore[index]
        return both

    def test_spending_is_that_of_the_system(self):
        told = worth(self.runs(), "2027-03", 0.001)
        assert told.whole and told.spending is not None and told.pathways is not None
        assert told.spending.effect == pytest.approx(14 * 0.5)
        row = next(told.rows())
        assert (row.measure, row.label) == ("public_spending", "Public spending on care")
        assert told.pathways.exactly_zero  # those of all providers, which it pays for

    def test_without_the_table_it_is_that_of_trusts(self):
        told = found([5.0, 5.1], [-1.0, -1.1])
        row = next(told.rows())
        assert not told.whole
        assert (row.measure, row.label) == ("trust_spending", "Public spending by trusts")
        assert row.value == pytest.approx(14 * -1.05)

    def test_money_tells_readers_one_sign(self):
        rows = money_rows(self.runs(), "2027-03", 0.001)
        last = {(row.outcome, row.group): row.cumulative.effect for row in rows if row.financial_year == "2026/27"}
        assert last["exchequer", "all"] == pytest.approx(14 * -1.05, abs=1e-3)
        assert last["public_spending", "system"] == pytest.approx(14 * 0.5)
        shown = {(row.outcome, row.group) for row in told_of(rows)}
        assert ("public_spending", "system") in shown and not any(name == "exchequer" for name, _ in shown)
        older = [row for row in rows if row.group != "system"]
        assert told_of(older) == tuple(older)


def everybody_treated(england: pa.Table, treated: float) -> pa.Table:
    """The table with as many admitted pathways of all providers, of all fifths."""
    rows = england.to_pylist()
    for row in rows:
        if (row["basis"], row["quintile"]) == ("all", "all"):
            row["treated_admitted"] = treated
    return pa.Table.from_pylist(rows, schema=england.schema)
