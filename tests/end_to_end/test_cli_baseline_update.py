"""`aft-sim baseline update` as a user runs it: a newer month, own figures, and runs that start from both."""

from __future__ import annotations

from pathlib import Path

import pytest

from small_months import SIZES, month_rows, small_baseline, write_month

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def january(tmp_path_factory) -> Path:
    return small_baseline(tmp_path_factory.mktemp("england") / "january")


@pytest.fixture
def february(tmp_path) -> Path:
    """The next month: one list grown by a tenth, one trust without a return, one provider new."""
    sizes = {code: size for code, size in SIZES.items() if code != "R0B"} | {"NT9": 40}
    return write_month(tmp_path, "February", month_rows("February", sizes, {"RTF": 1.1}))


def listed(code: str) -> int:
    """People on a trust's list in the small January."""
    rows = [r for r in month_rows("January", {code: SIZES[code]}) if r["RTT Part Type"] == "Part_2"]
    return sum(int(r["Total All"]) for r in rows if r["Treatment Function Code"] != "C_999")


def test_a_newer_month_in_one_command_then_runs_from_it(cli, january, february):
    ended = cli("baseline", "update", "--rtt", str(february), "--baseline", str(january), "--out", "new")
    assert ended.code == 0, ended.err
    for words in (
        "What changed from January 2026 to February 2026",
        "Waiting list, with estimates",
        "Runs from this baseline open on Monday 2 March 2026.",
        "One trust's list moved",
        "RTF Northumbria Healthcare",
        "+10.0%",
        f"R0B: {listed('R0B'):,} people, its last return carried forward",
        "--merged OLD=NEW",
        "Providers new 1: NT9 Trust Nt9, North",
        "Providers gone none",
        "derived from the extract and the estimates",
        "Written to new",
    ):
        assert words in ended.flat, words
    checked = cli("check", "--invariants", "aft-wide", "--weeks", "5", "--baseline", "new")
    assert checked.code == 0 and "(2 March 2026 to 5 April 2026)" in checked.flat
    shown = cli("baseline", "show", "--from", "new").flat
    assert "England at the end of February 2026" in shown and "Updated from January 2026" in shown
    ran = cli("run", "no-aft", "--until", "2026-03", "--baseline", "new", "--json").json()
    assert [row["month"] for row in ran["england"]] == ["2026-02", "2026-03"]
    args = ("compare", "aft-wide", "--vs", "no-aft", "--seeds", "1", "--until", "2026-04", "--workers", "1")
    compared = cli(*args, "--baseline", "new", "--json")
    assert compared.code == 0 and compared.json()["at"] == "2026-04"
    early = cli("run", "no-aft", "--until", "2026-02", "--baseline", "new")
    assert early.code == 2 and "a month that closes after 2026-03-02" in early.flat


def test_what_changed_for_a_program(cli, january, february):
    told = cli(
        "baseline", "update", "--rtt", str(february), "--baseline", str(january), "--out", "new", "--json"
    ).json()
    assert (told["before"], told["after"], told["opens_on"]) == ("2026-01-31", "2026-02-28", "2026-03-02")
    assert told["update"]["without_return"][0]["code"] == "R0B"
    assert {t["code"]: t["list_change"] for t in told["trusts"]}["R0B"] == 0
    assert told["trusts"][0]["code"] == "RTF" and told["trusts"][0]["list_change"] > 1000
    assert told["services_gone"] == []


def test_own_figures_alone_and_with_a_month(cli, january, february):
    Path("own.csv").write_text(
        'code,column,value,unit,source\nRTF,capital,77.5,,"Plan, 2026"\nRTF,starts,1300,a week,own count\n',
        encoding="utf-8",
    )
    alone = cli("baseline", "update", "--trusts", "own.csv", "--baseline", str(january), "--out", "ours")
    assert alone.code == 0 and "2 own figures in place of the baseline's" in alone.flat
    assert "What changed" not in alone.flat and "the list of RTF would grow by" in alone.flat
    page = cli("baseline", "show", "RTF", "--from", "ours")
    assert "o the trust's own figure" in page.flat and "Plan, 2026" in page.flat
    other = cli("baseline", "show", "RTH", "--from", "ours").flat
    assert "own figure" not in other
    args = ("--rtt", str(february), "--trusts", "own.csv", "--baseline", str(january), "--out", "both", "--json")
    both = cli("baseline", "update", *args).json()
    assert [f["column"] for f in both["own_figures"]] == ["capital", "starts"]
    assert both["after"] == "2026-02-28"
    assert cli("baseline", "show", "RTF", "--from", "both", "--json").json()["own_figures"][0]["now"] == 77.5


def test_sets_and_scenarios_are_shown_on_another_baseline(cli, january):
    packaged, small = (cli("show", "set:icb:QHM", *more).flat for more in ((), ("--baseline", str(january))))
    assert "35,742" in packaged and "35,742" not in small and "10,948" in small
    assert cli("show", "aft-wide", "--baseline", str(january)).code == 0
    assert cli("check", "aft-wide", "--baseline", str(january)).code == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--out", "x"), ["give --rtt FILE, --trusts FILE, or both"]),
        (("--trusts", "own.csv", "--merged", "RTF=R0B", "--out", "x"), ["--from and --merged go with --rtt"]),
        (("--rtt", "FILE", "--merged", "RTF", "--out", "x"), ["--merged: not a merger", "OLD=NEW"]),
        (
            ("--rtt", "FILE", "--from", "nowhere", "--out", "x"),
            ["nowhere: 30 file(s) of the baseline are missing", "trusts.csv"],
        ),
        (("--rtt", "nowhere.zip", "--out", "x"), ["nowhere.zip", "is not there"]),
        (("--rtt", "FILE", "--baseline", "nowhere", "--out", "x"), ["no such folder", "nowhere"]),
        (("--rtt", "FILE", "--out", "JANUARY"), ["--out: a baseline cannot be written over"]),
        (("--rtt", "FILE", "--trusts", "own.csv", "--out", "x"), ["own.csv:2: no such NHS trust", "RTZ"]),
        (("--rtt", "PACKAGED", "--out", "x"), ["lacks too many trusts"]),
    ],
)
def test_mistakes_end_with_one_message(cli, january, february, args, words):
    Path("own.csv").write_text("code,column,value,source\nRTZ,capital,1,x\n", encoding="utf-8")
    texts = {"FILE": str(february), "JANUARY": str(january), "PACKAGED": str(february)}
    base = () if "--baseline" in args or "PACKAGED" in args else ("--baseline", str(january))
    ended = cli("baseline", "update", *(texts.get(a, a) for a in args), *base)
    assert ended.code == 2
    assert [w for w in words if w not in ended.flat.replace("│", "")] == [], ended.flat
    assert not Path("x").exists()
