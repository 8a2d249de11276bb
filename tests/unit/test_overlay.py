"""A trust's own figures in place of the published ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from aft_sim.baseline import bundle, tables
from aft_sim.baseline.overlay import COLUMNS, imbalance, overlay, own_figures, read_overlay
from aft_sim.baseline.reconcile import WEEKS_A_MONTH
from aft_sim.baseline.update import update
from aft_sim.basis.errors import InputError, InputErrors
from small_months import month_rows, small_baseline, write_month

pytestmark = pytest.mark.unit

HEAD = "code,column,value,unit,source\n"


@pytest.fixture(scope="module")
def packaged() -> bundle.Bundle:
    return bundle.load()


def written(folder: Path, text: str, name: str = "own.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str, baseline: bundle.Bundle) -> list[str]:
    path = written(folder, text)
    with pytest.raises((InputError, InputErrors)) as caught:
        read_overlay(path, baseline)
    found = caught.value.problems if isinstance(caught.value, InputErrors) else [caught.value]
    assert all(str(path) in str(p) for p in found)
    return [str(p).removeprefix(f"{path}") for p in found]


class TestReading:
    def test_units_are_turned_into_the_columns_own(self, packaged, tmp_path):
        lines = ("expenditure,905200000,GBP", "planned_surplus,0.015,share", "starts,8697,a month", "segment,2,")
        text = HEAD + "".join(f"rtf,{line},board paper\n" for line in lines)
        got = read_overlay(written(tmp_path, text), packaged)
        assert [(f.code, f.column.name) for f in got] == [
            ("RTF", n) for n in ("expenditure", "planned_surplus", "starts", "segment")
        ]
        assert [f.value for f in got] == pytest.approx([905.2, 1.5, 8697 / WEEKS_A_MONTH, 2])
        assert got[2].where == f"{tmp_path / 'own.csv'}:4" and got[2].source == "board paper"

    def test_the_wide_layout_says_the_same(self, packaged, tmp_path):
        wide = "code,source,capital,list,backlog\nRTF,plan,50,36000,\nRGR,plan,,,30.5\n"
        long = "code,column,value,source\nRTF,capital,50,plan\nRTF,list,36000,plan\nRGR,backlog,30.5,plan\n"
        a, b = (
            {(f.code, f.column.name, f.value) for f in read_overlay(written(tmp_path, text), packaged)}
            for text in (wide, long)
        )
        assert a == b and len(a) == 3

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("RTZ,capital,10,,x", ["no such NHS trust", "'RTZ'", "Did you mean"]),
            ("RTF,captal,10,,x", ["no such column", "'captal'", 'Did you mean "capital"']),
            ("RTF,segment,6,,x", ["segment is out of range", "a whole number from 1 to 5"]),
            ("RTF,segment,2.5,,x", ["segment is out of range"]),
            ("RTF,list,0,,x", ["list is out of range", "from 1 to 1,000,000"]),
            ("RTF,planned_surplus,-40,%,x", ["planned_surplus is out of range", "'-40 %'", "-30 to 30 %"]),
            ('RTF,backlog,"1,000",,x', ["backlog is not a number", "without commas"]),
            ("RTF,backlog,,,x", ["backlog is not a number", "found ''"]),
            ("RTF,backlog,nan,,x", ["backlog is not a number"]),
            ("RTF,backlog,10,EUR,x", ["no such unit of backlog", "'EUR'", "GBP m or GBP or GBP bn"]),
            ("RTF,capital,10,,", ["no source is given"]),
            ("RX6,starts,10,,x", ["RX6 has no consultant-led waiting list", "'starts'"]),
            ("RTF,catchment_q1,30,,x", ["catchment of RTF is incomplete", "no catchment_q2", "all five"]),
        ],
    )
    def test_one_mistake(self, line, words, packaged, tmp_path):
        found = problems(tmp_path, HEAD + "RTF,expenditure,900,,x\n" + line + "\n", packaged)
        assert len(found) == 1 and found[0].startswith(":3: "), found
        assert [w for w in words if w not in found[0]] == [], found

    def test_all_mistakes_in_one_pass_in_order_of_line(self, packaged, tmp_path):
        lines = ("RX6,list,100,,x", "RTZ,capital,1,,", "RTF,capital,1,,x", "RTF,capital,2,,x")
        found = problems(tmp_path, HEAD + "\n".join(lines), packaged)
        assert [f.split(":")[1] for f in found] == ["2", "3", "3", "5"]
        assert "given twice" in found[3] and "own.csv:4" in found[3]

    def test_a_catchment_adds_up(self, packaged, tmp_path):
        lines = "".join(f"RTF,catchment_q{q},30,,x\n" for q in range(1, 6))
        assert "does not add up: found '150%'" in problems(tmp_path, HEAD + lines, packaged)[0]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("code,source,captal\nRTF,x,1\n", ["no such column", "'captal'", '"capital"']),
            ("code,source,column\nRTF,x,list\n", ["column 'value' is missing"]),
            ("trust,source\nRTF,x\n", ["column 'code' is missing"]),
            ("code,source,capital\n", ["has no rows"]),
            ("code,source,capital\nRTF,x,\n", ["has no figures"]),
            ("code,source,capital\nRTF,x,1,2\n", ["wrong number of cells", "found 4"]),
        ],
    )
    def test_the_file(self, text, words, packaged, tmp_path):
        found = problems(tmp_path, text, packaged)
        assert [w for w in words if w not in found[0]] == [], found


class TestApplying:
    @pytest.fixture
    def done(self, tmp_path):
        lines = [
            "RTF,expenditure,905.2,,accounts",
            "RTF,planned_surplus,2,,plan",
            "RTF,list,40001,,own count",
            "RTF,completions,2000,,own count",
            *(f"RTF,catchment_q{q},{v},,JSNA" for q, v in enumerate((40, 20, 20, 15, 5.5), start=1)),
        ]
        out = tmp_path / "ours"
        made = overlay(written(tmp_path, HEAD + "\n".join(lines)), out)
        return bundle.load(), bundle.load(out), made

    def test_the_trusts_figures(self, done):
        before, after, _ = done
        i = after.trust("RTF")
        assert after.trusts.expenditure[i] == 905.2 and after.trusts.planned_surplus[i] == pytest.approx(0.02)
        assert after.trusts.catchment[i] == pytest.approx(np.array([40, 20, 20, 15, 5.5]) / 100.5)
        others = np.arange(len(after.trusts.code)) != i
        for name in ("expenditure", "planned_surplus", "capital", "backlog", "catchment"):
            np.testing.assert_array_equal(getattr(after.trusts, name)[others], getattr(before.trusts, name)[others])

    def test_lists_and_flows_are_scaled_in_proportion(self, done):
        before, after, _ = done
        here = after.row_provider == after.trust_provider[after.trust("RTF")]
        assert after.waiting[here].sum() == 40001
        assert (after.waiting == np.rint(after.waiting)).all()
        factor = 40001 / before.waiting[here].sum()
        assert np.abs(after.waiting[here] - before.waiting[here] * factor).max() < 1
        np.testing.assert_allclose(after.drift[here], before.drift[here] * factor)
        assert after.entry_waiting[here[after.entry_row]].sum() == pytest.approx(40001, rel=1e-5)
        done_now = (after.admitted + after.non_admitted)[here]
        assert done_now.sum() == pytest.approx(2000)
        assert np.ptp(done_now / (before.admitted + before.non_admitted)[here]) == pytest.approx(0, abs=1e-9)
        np.testing.assert_array_equal(after.starts, before.starts)
        for name in ("waiting", "admitted", "non_admitted", "drift"):
            np.testing.assert_array_equal(getattr(after, name)[~here], getattr(before, name)[~here])

    def test_the_balance_is_told(self, done):
        before, after, _ = done
        here = after.row_provider == after.trust_provider[after.trust("RTF")]
        was = (before.admitted + before.non_admitted)[here].sum()
        assert imbalance(before, "RTF") == pytest.approx(0, abs=1e-6)
        assert imbalance(after, "RTF") == pytest.approx(was - 2000)

    def test_each_figure_is_on_record(self, done):
        before, after, made = done
        record = own_figures(after, "RTF")
        assert own_figures(after, "RGR") == [] and len(record) == len(made) == 9
        first = record[0]
        assert (first["column"], first["now"], first["source"]) == ("expenditure", 905.2, "accounts")
        assert first["was"] == before.trusts.expenditure[before.trust("RTF")]
        assert [r["column"] for r in record] == [c for c in COLUMNS if c in {r["column"] for r in record}]

    def test_the_published_england_stays_and_the_list_by_week_follows(self, done, tmp_path):
        before, after, _ = done
        weeks = tables.read(tmp_path / "ours", "england_weeks")
        np.testing.assert_array_equal(weeks["waiting"], after.waiting[:, 0].sum(axis=0))
        np.testing.assert_array_equal(after.series["total_incomplete"], before.series["total_incomplete"])
        assert after.hash != before.hash


def test_a_newer_month_keeps_figures_of_the_trust_and_drops_its_lists(tmp_path):
    january = small_baseline(tmp_path / "january")
    own = written(tmp_path, HEAD + "RTF,capital,77,,plan\nRTF,list,9000,,own count\n")
    overlay(own, tmp_path / "ours", january)
    file = write_month(tmp_path, "February", month_rows("February"))
    after = update(file, tmp_path / "new", tmp_path / "ours").after
    assert [(r["column"], r["now"]) for r in own_figures(after, "RTF")] == [("capital", 77)]
    assert after.trusts.capital[after.trust("RTF")] == 77
    assert after.summary["updated"]["own_figures_dropped"] == ["RTF list"]
    here = after.row_provider == after.trust_provider[after.trust("RTF")]
    assert after.waiting[here].sum() == bundle.load(january).waiting[here].sum()


def test_a_second_overlay_replaces_the_first(tmp_path):
    one = written(tmp_path, HEAD + "RTF,capital,77,,plan\nRTF,backlog,60,,survey\n", "one.csv")
    two = written(tmp_path, HEAD + "RTF,capital,80,,new plan\n", "two.csv")
    overlay(one, tmp_path / "first")
    overlay(two, tmp_path / "second", tmp_path / "first")
    record = own_figures(bundle.load(tmp_path / "second"), "RTF")
    assert [(r["column"], r["was"], r["now"]) for r in record if r["column"] == "capital"] == [("capital", 77, 80)]
    assert [r["source"] for r in record] == ["new plan", "survey"]
    with pytest.raises(InputError, match="cannot be written over"):
        overlay(two, tmp_path / "first", tmp_path / "first")
