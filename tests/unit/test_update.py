"""A newer month's extract makes a new baseline; small files in the published layout."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from _layouts import RTT_HEADER, rtt_row, text_of

from aft_sim.baseline import bundle, carry, estimate, tables
from aft_sim.baseline.assemble import ENGLAND, assemble
from aft_sim.baseline.changes import compare
from aft_sim.baseline.sources.rtt_extract import read_rtt_extract
from aft_sim.baseline.sources.series import RttMonthly
from aft_sim.baseline.update import check_month, month_in_name, update, wait_of
from aft_sim.basis.errors import InputError
from aft_sim.mechanisms import measures
from small_months import SIZES, month_rows, small_baseline, write_month

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def january(tmp_path_factory) -> Path:
    return small_baseline(tmp_path_factory.mktemp("small") / "january")


def without(*codes: str) -> dict[str, float]:
    return {code: size for code, size in SIZES.items() if code not in codes}


def people_of(b: bundle.Bundle, code: str) -> np.ndarray:
    return b.waiting[b.row_provider == b.provider_code.index(code)]


@pytest.fixture(scope="module")
def done(january, tmp_path_factory):
    folder = tmp_path_factory.mktemp("february")
    file = write_month(folder, "February", month_rows("February", lists={"RTF": 1.1}))
    return update(file, folder / "new", january)


@pytest.fixture(scope="module")
def february(january, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lacking")
    file = write_month(folder, "February", month_rows("February", without("R0B")))
    return update(file, folder / "new", january)


class TestMonths:
    @pytest.mark.parametrize(
        ("name", "month"),
        [
            ("Full-CSV-data-file-Feb26.zip", (2026, 2)),
            ("Full-CSV-data-file-Sep2027.csv", (2027, 9)),
            ("20260331-RTT-March-2026-full-extract.csv", (2026, 3)),
            ("extract.zip", None),
            ("market-26.zip", None),
        ],
    )
    def test_month_of_a_name(self, name, month):
        assert month_in_name(name) == month

    def test_only_a_later_month_is_taken(self):
        check_month(Path("Full-CSV-data-file-Feb26.zip"), date(2026, 2, 28), date(2026, 1, 31))
        with pytest.raises(InputError, match=r"older than the baseline: found 'December 2025'.*after January 2026"):
            check_month(Path("x.zip"), date(2025, 12, 31), date(2026, 1, 31))
        with pytest.raises(InputError, match="the extract is of the baseline's own month"):
            check_month(Path("x.zip"), date(2026, 1, 31), date(2026, 1, 31))

    def test_name_and_content_agree(self):
        with pytest.raises(InputError, match=r"different months: found .March 2026 in the name, February 2026 in"):
            check_month(Path("Full-CSV-data-file-Mar26.zip"), date(2026, 2, 28), date(2026, 1, 31))

    def test_percentiles_are_those_of_the_model(self):
        people = np.random.default_rng(3).poisson(40, 105).astype(float)
        for share in (0.5, 0.92, 0.999):
            assert wait_of(people, share) == pytest.approx(float(measures.percentile(people, share)))


class TestUpdate:
    def test_lists_are_the_extracts(self, done):
        rows = [r for r in month_rows("February", lists={"RTF": 1.1}) if r["RTT Part Type"] == "Part_2"]
        services = [r for r in rows if r["Treatment Function Code"] != "C_999"]
        for code in ("RTF", "R0B"):
            total = sum(int(r["Total All"]) for r in services if r["Provider Org Code"] == code)
            assert people_of(done.after, code).sum() == total
        assert done.after.waiting.sum() == sum(int(r["Total All"]) for r in services)

    def test_the_opening_follows_the_month(self, done):
        assert done.before.opening == date(2026, 2, 2)
        assert done.after.opening == date(2026, 3, 2)
        assert done.after.summary["period"] == "2026-02-28"

    def test_englands_series_goes_on(self, done):
        old, new = done.before.series, done.after.series
        assert new["month"] == [*old["month"], "2026-02"]
        assert new["total_incomplete"][-1] == done.after.waiting[:, 0].sum() == new["total_incomplete_as_reported"][-1]
        change = new["total_incomplete"][-1] - new["total_incomplete"][-2]
        out = new["admitted_completed"][-1] + new["nonadmitted_completed"][-1] + new["unreported_removals"][-1]
        assert new["new_clock_starts"][-1] - out == pytest.approx(change)
        np.testing.assert_array_equal(new["new_clock_starts"][:-1], old["new_clock_starts"])

    def test_trusts_months_go_on(self, done):
        months = carry.read(done.folder).months
        assert months.months[-1] == "2026-02" and len(months.months) == 11
        i = months.trusts.index("RTF")
        assert months.waiting[i, -1] == people_of(done.after, "RTF").sum()
        assert [f.reason for f in months.flags if f.trust == "RTF" and f.month == "2026-02"] == ["jump"]

    def test_the_season_and_registers_are_taken_over(self, done, january):
        np.testing.assert_allclose(done.after.season.factor, done.before.season.factor, rtol=1e-12)
        for name in ("trusts", "icbs", "targets", "carry_locations"):
            assert (done.folder / f"{name}.parquet").read_bytes() == (january / f"{name}.parquet").read_bytes()

    def test_what_changed(self, done):
        changes = compare(done.before, done.after)
        moved = [m for m in changes.trusts if m.list_change]
        assert [m.code for m in moved] == ["RTF"]
        assert moved[0].list_change == pytest.approx(0.1 * moved[0].before.list, rel=0.005)
        assert changes.england.after.list - changes.england.before.list == moved[0].list_change
        assert changes.rows_new == changes.rows_gone == ()

    def test_the_record(self, done):
        record = done.after.summary["updated"]
        assert record["from_period"] == "2026-01-31"
        assert record["from_tables_sha256"] == done.before.hash
        assert record["without_return"] == record["months_skipped"] == record["providers_new"] == []
        assert list(done.after.summary["sources_sha256"]) == ["Full-CSV-data-file-Feb26.zip"]

    def test_it_can_be_updated_again_and_a_gap_is_told(self, done, january, tmp_path):
        march = write_month(tmp_path, "March")
        step = update(march, tmp_path / "step", done.folder)
        leap = update(march, tmp_path / "leap", january)
        assert step.after.summary["updated"]["months_skipped"] == []
        assert leap.after.summary["updated"]["months_skipped"] == ["2026-02"]
        assert leap.after.series["month"][-2:] == ["2026-02", "2026-03"]
        assert np.isnan(leap.after.series["total_incomplete"][-2])
        assert np.isnan(leap.after.series["unreported_removals"][-1])
        assert np.isfinite(leap.after.starts).all() and leap.after.opening == date(2026, 3, 30)
        # the rates of the year rest on the months that are known: ten of those of the baseline before
        known = [m for m in leap.before.series["month"] if m > "2025-03"]
        assert len(known) == 10 and leap.after.summary["weekly_rates"]["starts"] == pytest.approx(
            step.before.summary["weekly_rates"]["starts"], rel=0.1
        )


class TestWithoutReturn:
    def test_its_last_return_is_carried_forward(self, february):
        old, new = (people_of(b, "R0B") for b in (february.before, february.after))
        np.testing.assert_array_equal(old, new)
        mine = february.after.row_provider == february.after.provider_code.index("R0B")
        assert (february.after.imputed == mine).all()
        assert february.after.summary["updated"]["without_return"] == [
            {"code": "R0B", "people": int(old.sum()), "method": estimate.OWN}
        ]

    def test_england_is_given_with_and_without_it(self, february):
        series = february.after.series
        gap = series["total_incomplete"][-1] - series["total_incomplete_as_reported"][-1]
        assert gap == people_of(february.after, "R0B").sum()
        r0b = [r for r in month_rows("January", {"R0B": 300}) if r["Treatment Function Code"] != "C_999"]
        admitted = sum(int(r["Total All"]) for r in r0b if r["RTT Part Type"] == "Part_1A")
        assert series["admitted_completed"][-1] - series["admitted_completed_as_reported"][-1] == pytest.approx(
            admitted
        )

    def test_an_estimate_goes_on_until_the_trust_returns(self, february, tmp_path):
        march = write_month(tmp_path, "March", month_rows("March", without("R0B")))
        again = update(march, tmp_path / "march", february.folder)
        record = again.after.summary["updated"]["without_return"]
        assert [(e["code"], e["method"]) for e in record] == [("R0B", estimate.AGAIN)]
        old, new = (people_of(b, "R0B").sum(axis=(0, 1)) for b in (february.after, again.after))
        for cut in (slice(0, 18), slice(18, 52), slice(52, 65), slice(65, 105)):
            assert old[cut].sum() == new[cut].sum()
        back = update(write_month(tmp_path, "April"), tmp_path / "april", again.folder)
        assert back.after.summary["updated"]["returns_again"] == ["R0B"]
        assert not back.after.imputed.any()

    def test_published_estimates_come_first(self, january, tmp_path):
        before, kept = bundle.load(january), carry.read(january)
        file = write_month(tmp_path, "February", month_rows("February", without("R0B")))
        extract = read_rtt_extract(file)
        rows = assemble(extract, kept, kept.residence(extract), kept.icbs)
        people, series = rows.waiting[:, ENGLAND].sum(axis=0), kept.series
        added = {"total_incomplete": 5000.0, "over_18w": 1500.0, "over_52w": 90.0, "over_65w": 10.0}
        reported = {
            "total_incomplete": people.sum(),
            "over_18w": people[18:].sum(),
            "over_52w": people[52:].sum(),
            "over_65w": people[65:].sum(),
            "new_clock_starts": extract.totals("3").sum(),
        }
        columns = {
            name: np.append(
                series.columns.get(name, np.full(len(series.months), np.nan)), value + added.get(name, 700.0)
            )
            for name, value in reported.items()
        }
        for name in ("admitted_completed", "nonadmitted_completed"):
            columns |= {name: np.append(series.columns[name], 400.0)}
            columns |= {f"{name}_as_reported": np.append(series.columns[name], 100.0)}
        kept = replace(kept, series=RttMonthly((*series.months, "2026-02"), columns, {}))
        full, made = estimate.with_estimates(rows, before, ["R0B"], kept, extract)
        assert [(e.people, e.method) for e in made] == [(5000, estimate.PUBLISHED)]
        mine = full.waiting[full.imputed].sum(axis=(0, 1))
        assert [mine[:18].sum(), mine[52:65].sum(), mine[65:].sum()] == [3500, 80, 10]
        assert full.admitted[full.imputed].sum() == pytest.approx(300.0)
        assert full.flow_starts[full.imputed].sum() == pytest.approx(700.0)

    def test_a_trust_taken_over_is_not_estimated(self, january, tmp_path):
        rows = month_rows("February", without("R0B"), lists={"RTF": 1.7})
        file = write_month(tmp_path, "February", rows)
        done = update(file, tmp_path / "new", january, merged=[("R0B", "RTF")])
        record = done.after.summary["updated"]
        assert record["without_return"] == [] and record["taken_over"] == {"R0B": "RTF"}
        assert not done.after.imputed.any() and "R0B" not in done.after.provider_code
        assert carry.read(done.folder).current("R0B") == "RTF"


def changed(rows: list[dict[str, str]], **cells: str) -> list[dict[str, str]]:
    return [row | {key.replace("_", " "): value for key, value in cells.items()} for row in rows]


def no_part(part: str) -> list[dict[str, str]]:
    return [r for r in month_rows("February") if r["RTT Part Type"] != f"Part_{part}"]


def strange_trust() -> list[dict[str, str]]:
    more = month_rows("February", {"RZZ": 50})
    return month_rows("February") + changed(more, Provider_Org_Name="NEW CITY NHS FOUNDATION TRUST")


def strange_location() -> list[dict[str, str]]:
    more = changed(
        month_rows("February", {"NT2": 200}), Commissioner_Org_Code="99Z", Commissioner_Org_Name="NHS NEW PLACE"
    )
    return month_rows("February") + more


def no_services() -> list[dict[str, str]]:
    rows = month_rows("February")
    return [r for r in rows if not (r["Provider Org Code"] == "RTF" and r["Treatment Function Code"] == "C_110")]


MISTAKES = {
    "no admitted": (no_part("1A"), ["lacks a part", "no Part_1A (admitted)", "expected all five parts"]),
    "no starts": (no_part("3"), ["lacks a part", "no Part_3 (clock starts)"]),
    "no list": (no_part("2"), ["nobody on the waiting list", "rows of Part_2"]),
    "unknown trust": (strange_trust(), ["1 NHS trust(s)", "RZZ NEW CITY NHS FOUNDATION TRUST", "--from FOLDER"]),
    "unknown location": (strange_location(), ["does not know", "99Z (", "at most 2% of the list", "geography"]),
    "totals differ": (no_services(), ["totals of the extract do not match", "C_999 equal to the sum"]),
    "trusts lacking": (
        month_rows("February", without("RTF", "RTH")),
        ["lacks too many trusts", "no list of 2 trusts", "at least 75%", "cut short"],
    ),
    "two months": ([*month_rows("February"), rtt_row("RAE", "00L", "3", "C_110", total=9)], ["mixes months"]),
}


class TestMistakes:
    @pytest.mark.parametrize("case", MISTAKES)
    def test_what_is_wrong_with_the_file(self, case, january, tmp_path):
        rows, words = MISTAKES[case]
        file = write_month(tmp_path, "February", rows)
        with pytest.raises(InputError) as caught:
            update(file, tmp_path / "new", january)
        message = str(caught.value)
        assert str(file) in message, message
        assert [w for w in words if w not in message] == [], message
        assert not (tmp_path / "new").exists()

    def test_a_missing_column(self, january, tmp_path):
        header = [name for name in RTT_HEADER if name != "Total All"]
        file = tmp_path / "february.csv"
        file.write_text(text_of(month_rows("February"), header), encoding="utf-8")
        with pytest.raises(InputError, match=r"february\.csv:1: column 'Total All' is missing.*full extract"):
            update(file, tmp_path / "new", january)

    def test_a_truncated_zip(self, january, tmp_path):
        whole = write_month(tmp_path, "February").read_bytes()
        cut = tmp_path / "Full-CSV-data-file-Feb26.zip"
        cut.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(InputError, match="damaged or truncated zip"):
            update(cut, tmp_path / "new", january)

    def test_no_writing_over_a_baseline(self, january, tmp_path):
        file = write_month(tmp_path, "February")
        for out in (january, tables.FOLDER):
            with pytest.raises(InputError, match="--out: a baseline cannot be written over"):
                update(file, out, january)
        with pytest.raises(InputError, match="this is a file, not a folder"):
            update(file, file, january)

    def test_an_older_baseline_says_what_it_lacks(self, january, tmp_path):
        old = tmp_path / "old"
        shutil.copytree(january, old)
        (old / "carry_months.parquet").unlink()
        with pytest.raises(InputError, match=r"does not hold what an update carries.*no carry_months.*--from"):
            update(write_month(tmp_path, "February"), tmp_path / "new", old)

    def test_too_few_months_of_the_year(self, january, tmp_path):
        rows = changed(month_rows("April"), Period="RTT-October-2026")
        file = write_month(tmp_path, "April", rows, name="late.zip")
        with pytest.raises(InputError, match=r"too few months.*found '3 of the twelve months to 2026-10'.*month by"):
            update(file, tmp_path / "new", january)

    @pytest.mark.parametrize(("old", "new"), [("RTZ", "RTF"), ("RTF", "RTF")])
    def test_mergers_name_two_trusts(self, old, new, january, tmp_path):
        with pytest.raises(InputError, match=r"--merged.*found '" + f"{old}={new}"):
            update(write_month(tmp_path, "February"), tmp_path / "new", january, merged=[(old, new)])


class TestCarried:
    def test_written_and_read_again(self, tmp_path):
        kept = carry.read(tables.FOLDER)
        shutil.copytree(tables.FOLDER, tmp_path / "copy")
        carry.write(tmp_path / "copy", kept)
        for name in carry.NAMES:
            path = f"{name}.parquet"
            assert (tmp_path / "copy" / path).read_bytes() == (tables.FOLDER / path).read_bytes()

    def test_packaged_content(self):
        kept = carry.read(tables.FOLDER)
        assert kept.current("RVJ") == "RA7" and kept.current("RHQ") == "RHQ" and kept.current("AAH") is None
        assert len(kept.icbs) == 36 and kept.locations["D4U1Y"].sum() == pytest.approx(1.0)
        assert kept.months.months[0] == "2025-04" and kept.months.months[-1] == "2026-01"
        flags = {(f.trust, f.month, f.reason) for f in kept.months.flags}
        assert {("RBQ", "2025-11", "repeated"), ("RF4", "2025-12", "jump"), ("RHQ", "2026-01", "missing")} <= flags

    def test_a_copied_return_is_flagged_and_a_known_month_left(self):
        months = carry.read(tables.FOLDER).months
        i = months.trusts.index("RTF")
        same = (months.waiting[i, 3], months.within_18[i, 3], months.over_52[i, 3])
        new = carry.with_month(months, "2026-02", {"RTF": same})
        assert [f.reason for f in new.flags if f.trust == "RTF" and f.month == "2026-02"] == ["repeated"]
        assert not new.usable()[new.trusts.index("RTF"), -1] and np.isnan(new.waiting[0, -1])
        assert carry.with_month(months, "2026-01", {"RTF": (1.0, 1.0, 0.0)}) is months
