"""Every mistake ends with one clear message, the place where there is one, exit code 2 and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from _layouts import RTT_HEADER, rtt_example, small_icbs, small_register, text_of, write_rtt_zip

from aft_sim.baseline.build import FILES

pytestmark = pytest.mark.end_to_end

HEAD = 'schema = 1\nname = "mine"\nextends = "baseline"\ntitle = "Mine"\n'
#: What is wrong, the text of the file, the line of the mistake, and words the message must hold.
FILES_WITH_MISTAKES = {
    "misspelt key": (HEAD + "[capitol]\nlimit_rule = 'additive'\n", 5, ["unknown key", "capitol", "capital"]),
    "misspelt parameter": (
        HEAD + '[parameters]\n"capital.delivry" = 0.5\n',
        6,
        ["unknown parameter", "capital.delivery"],
    ),
    "wrong unit": (
        HEAD + '[parameters]\n"capital.approval_months.aft" = "GBP 3m"\n',
        6,
        ["wrong unit", "GBP 3m", "months"],
    ),
    "out of range": (HEAD + '[parameters]\n"capital.delivery" = 7\n', 6, ["out of range", "found 7", "0 to 1"]),
    "unknown trust": (HEAD + '[aft]\ndesignated = ["RTZ"]\n', 6, ["no such NHS trust", "RTZ", "Did you mean"]),
    "unknown set": (HEAD + '[aft]\ndesignated = ["set:first-waves"]\n', 6, ["unknown set", "set:first-wave"]),
    "inactive parameter": (
        HEAD + "[parameters]\ncapital.benefit_realisation = 0.4\n",
        6,
        ["benefit_realisation is not active"],
    ),
    "broken TOML": (HEAD + "[aft\n", 5, ["not valid TOML"]),
    "unknown parent": (HEAD.replace("baseline", "basline"), 3, ["no scenario of this name", '"baseline"']),
}


@pytest.mark.parametrize("mistake", FILES_WITH_MISTAKES)
@pytest.mark.parametrize("verb", [("check",), ("run",), ("show",)])
def test_mistake_in_a_scenario_file(cli, tmp_path: Path, mistake: str, verb: tuple[str]) -> None:
    text, line, words = FILES_WITH_MISTAKES[mistake]
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    ended = cli(*verb, "mine.toml")
    assert ended.code == 2
    assert f"mine.toml:{line}: " in ended.err
    for word in words:
        assert word in ended.err
    assert ended.out == ""


def test_all_mistakes_of_all_files_in_one_pass(cli, tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(HEAD + '[parameters]\n"capital.delivery" = 7\n"capital.delivry" = 1\n')
    (tmp_path / "two.toml").write_text(HEAD + '[aft]\ndesignated = ["RTZ", "RTY"]\n')
    (tmp_path / "good.toml").write_text(HEAD)
    ended = cli("check", "one.toml", "good.toml", "two.toml")
    assert ended.code == 2
    assert "ok  good.toml" in ended.out
    for place in ("one.toml:6", "one.toml:7", "two.toml:6"):
        assert place in ended.err
    assert "4 problems" in ended.err


def test_unknown_trusts_are_told_with_the_mistakes_that_stop_the_reading(cli, tmp_path: Path) -> None:
    text = HEAD + '[aft]\ndesignated = ["RTZ", "RTF", "not a code"]\n[capitol]\n'
    change = '[[change]]\nparameter = "referrals.level"\nfrom = 2028-04-01\nvalue = 1.0\ntrusts = ["RXX9"]\nwhy = "Y"\n'
    (tmp_path / "mine.toml").write_text(text + change)
    ended = cli("check", "mine.toml")
    assert ended.code == 2
    for words in ("unknown key", "'RTZ'", "'RXX9'", "mine.toml:6: ", "mine.toml:7: ", "mine.toml:12: "):
        assert words in ended.err
    assert ended.err.count("not a code") == 1
    assert "'RTF'" not in ended.err


def test_circular_extends(cli, tmp_path: Path) -> None:
    for name, parent in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.toml").write_text(f'schema = 1\nname = "{name}"\nextends = "{parent}"\ntitle = "T"\n')
    ended = cli("check", "a.toml")
    assert ended.code == 2
    assert "b.toml:3: scenarios extend each other in a circle" in ended.err


def test_file_that_is_not_utf_8(cli, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(HEAD.encode() + 'question = "caf\xe9"\n'.encode("latin-1"))
    ended = cli("check", "mine.toml")
    assert ended.code == 2
    assert "mine.toml:5: the file is not in UTF-8" in ended.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("check", "nowhere.toml"), ["there is no such scenario file", "nowhere.toml"]),
        (("run", "aft-wid"), ["no scenario of this name", "aft-wide"]),
        (("compare", "aft-wide", "--vs", "no-atf", "--seeds", "2"), ["no scenario of this name", "no-aft"]),
        (("compare", "aft-wide", "--at", "2029-13"), ["--at: not a month", "2029-13", "2029-03"]),
        (("compare", "aft-wide", "--at", "March 2029"), ["--at: not a month"]),
        (("compare", "aft-wide", "--at", "2029-03", "--until", "2027-03"), ["no such month", "2026-02 to 2027-03"]),
        (("compare", "aft-wide", "--until", "2025-03"), ["a run must end after it starts", "--until"]),
        (("compare", "aft-wide", "--outcome", "within_18_shar"), ["unknown outcome", "within_18_share"]),
        (("compare", "aft-wide", "--outcome", "drawn"), ["money is reported"]),
        (
            ("compare", "baseline", "--vs", "baseline", "--seeds", "1"),
            ["cannot be compared with itself", "--vs no-aft"],
        ),
        (("compare", "nowhere/", "--vs", "no-aft"), ["no study in this folder", "nowhere"]),
        (("run", "baseline", "--until", "soon"), ["--until: not a month"]),
        (("run", "baseline", "--until", "2045-03"), ["--until: the model is not made", "2036-03"]),
        (("compare", "aft-wide", "--at", "2040-01"), ["the model is not made", "2036-03"]),
        (("run", "baseline", "--set", "removals.closur=list"), ["--set: unknown path", "removals.closure"]),
        (("run", "baseline", "--set", "capital.delivery=7"), ["--set: capital.delivery", "out of range"]),
        (("run", "baseline", "--set", "capital.delivery"), ["--set: not a setting", "NAME=VALUE"]),
        (("show", "capital.delivry"), ["nothing of this name", "capital.delivery"]),
        (("show", "set:region:Nort West"), ["no trust has this region", "North West"]),
        (("show", "set:nobody"), ["unknown set", "set:"]),
        (("baseline", "show", "RTZ"), ["no such NHS trust", "Did you mean"]),
        (("baseline", "show", "university"), ["several trusts", "more"]),
        (("baseline", "show", "--from", "nowhere"), ["no such folder", "nowhere"]),
        (("baseline", "build", "--from", "nowhere", "--out", "x"), ["are missing", "trusts.csv", "nowhere"]),
    ],
)
def test_mistake_on_the_command_line(cli, args: tuple[str, ...], words: list[str]) -> None:
    ended = cli(*args)
    assert ended.code == 2
    for word in words:
        assert word in ended.flat
    assert "Error: " in ended.err


@pytest.mark.parametrize(
    "args",
    [
        ("run", "baseline", "--seeds", "0"),
        ("demo", "--seeds", "0"),
        ("compare", "aft-wide", "--seeds", "0"),
        ("run", "baseline", "--seed", "1", "--seeds", "2"),
        ("compare", "./x", "--out", "y"),
        ("compare", "aft-wide", "--only", "no-aft"),
        ("run", "baseline", "--workers", "none"),
        ("list", "everything"),
        ("compare",),
        ("check",),
        ("baseline", "build"),
        ("shwo",),
    ],
)
def test_wrong_usage(cli, args: tuple[str, ...]) -> None:
    ended = cli(*args)
    assert ended.code == 2
    assert "Error" in ended.err
    assert "Traceback" not in ended.err


def test_results_cannot_be_written(cli, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    ended = cli("run", "baseline", "--until", "2026-03", "--out", "taken")
    assert ended.code == 2
    assert "taken" in ended.err
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.doc").write_text("do not lose")
    ended = cli("run", "baseline", "--until", "2026-03", "--out", "full")
    assert ended.code == 2
    assert "not empty" in ended.err
    assert (tmp_path / "full" / "thesis.doc").read_text() == "do not lose"
    assert cli("baseline", "report", "--csv", "taken/x.csv").code == 2


def test_damaged_study_is_named(cli, study: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(study, copy)
    table = copy / "runs" / "aft-wide" / "0-1" / "england.parquet"
    table.write_bytes(table.read_bytes()[:-100])
    ended = cli("compare", str(copy), "--vs", "no-aft")
    assert ended.code == 2
    assert str(table) in ended.err
    assert "checksum" in ended.err


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """A folder in the layout of the official files, in which only the registers are real."""
    folder = tmp_path / "official-files"
    for name in FILES.values():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    small_register(folder)
    small_icbs(folder)
    return folder


def test_truncated_zip(cli, official: Path) -> None:
    path = write_rtt_zip(official / "official")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    ended = cli("baseline", "build", "--from", str(official), "--out", "built")
    assert ended.code == 2
    assert path.name in ended.err
    assert "Traceback" not in ended.err


def test_rtt_file_without_a_column(cli, official: Path) -> None:
    header = [name for name in RTT_HEADER if name != "Treatment Function Code"]
    path = write_rtt_zip(official / "official", text_of(rtt_example(), header))
    ended = cli("baseline", "build", "--from", str(official), "--out", "built")
    assert ended.code == 2
    assert path.name in ended.err
    assert "Treatment Function Code" in ended.err


def test_no_traceback_in_a_process_of_its_own(shell, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(HEAD + '[parameters]\n"capital.delivery" = 7\n')
    ended = shell(tmp_path, "check", "mine.toml")
    assert ended.code == 2
    assert ended.err.startswith("Error: mine.toml:6: ")
    assert ended.err.count("\n") == 1
    assert ended.out == ""
