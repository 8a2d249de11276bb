"""The exact message for each mistake a scenario file can hold: place, what, found, expected, way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from aft_sim.baseline.bundle import load

pytestmark = pytest.mark.end_to_end

HEAD = 'schema = 1\nname = "mine"\nextends = "baseline"\ntitle = "Mine"\n'
TABLES = "aft, boards, capital, iho, money, oversight, shift"
TOP = f"schema, name, title, question, extends, order, {TABLES}, parameters, change"
DELIVERY = "capital.delivery (capital spent, as a share of the plan)"
ALLOWED = "0 to 1 (plausible: 0.6 to 0.95)"
PARENTS = ", ".join(sorted(path.stem for path in (Path(__file__).parents[2] / "scenarios").glob("*.toml")))

BOARDS = ", ".join(sorted({load().icb_code[k] for k in load().trusts.icb if k >= 0}))

#: What is wrong: the text after the head of the file, and the whole message.
MESSAGES = {
    "unknown table": (
        "[capitol]\nx = 1\n",
        f"mine.toml:5: unknown key: found 'capitol'; expected {TOP}. Did you mean \"capital\"?",
    ),
    "unknown lever": (
        "[aft.freedoms]\naproval = true\n",
        "mine.toml:6: unknown key in aft.freedoms: found 'aproval'; "
        'expected approval, reinvest, oversight_relief, multi_year, delegation. Did you mean "approval"?',
    ),
    "unknown parameter": (
        "[parameters]\ncapital.delivry = 0.5\n",
        "mine.toml:6: unknown parameter: found 'capital.delivry'. Did you mean \"capital.delivery\"?",
    ),
    "wrong unit": (
        '[parameters]\ncapital.delivery = "3 months"\n',
        f"mine.toml:6: {DELIVERY}: wrong unit: this is a duration, not a share: found '3 months'; "
        f'expected a plain number (share), or a text such as "14.4 %"; allowed: {ALLOWED}',
    ),
    "out of range": (
        "[parameters]\ncapital.delivery = 7\n",
        f"mine.toml:6: {DELIVERY} is out of range: found 7; expected {ALLOWED}",
    ),
    "unknown trust": (
        '[aft]\ndesignated = ["RTF", "RTFX"]\n',
        "mine.toml:6: no such NHS trust: found 'RTFX'; expected an ODS code of a current trust, such as RTF. "
        'Did you mean "RTF" or "RTX"?',
    ),
    "unknown board": (
        '[aft]\ndesignated = ["set:icb:QQQ"]\n',
        f"mine.toml:6: no trust has this board: found 'QQQ'; expected one of {BOARDS}. Did you mean \"QOQ\"?",
    ),
    "unknown set": (
        '[aft]\ndesignated = ["set:frist-wave"]\n',
        "mine.toml:6: aft.designated[0]: unknown set of trusts: found 'set:frist-wave'; "
        "expected set:first-wave, set:nominees, set:second-wave, set:segment-1-acute, set:type:acute, "
        "set:region:North West, "
        "set:segment:1, set:icb:QHM. "
        'Did you mean "set:first-wave"?',
    ),
    "the same key twice": (
        "[aft]\nfrom = 2026-06-01\nfrom = 2027-06-01\n",
        "mine.toml:7: not valid TOML: Cannot overwrite a value: found 'from = 2027-06-01'. "
        "Texts need quotes, lists need [ ], and each key stands once.",
    ),
    "the same parameter twice": (
        '[parameters]\ncapital.delivery = 0.5\n"capital.delivery" = 0.6\n',
        "mine.toml:7: a parameter is set twice: found 'capital.delivery'",
    ),
    "the same change twice": (
        '[[change]]\nparameter = "production.level"\nfrom = 2027-04-01\nvalue = 1.1\n'
        '[[change]]\nparameter = "production.level"\nfrom = 2027-04-01\nvalue = 1.2\n',
        "mine.toml:9: a change is given twice: found 'production.level from 2027-04-01'",
    ),
    "wrong type": (
        "[aft]\nfreedoms = {approval = 1}\n",
        "mine.toml:6: aft.freedoms.approval has a wrong value: found 1; expected true or false",
    ),
    "wrong type of a parameter": (
        "[parameters]\ncapital.delivery = true\n",
        f"mine.toml:6: {DELIVERY}: not a number: found True; "
        f'expected a plain number (share), or a text such as "14.4 %"; allowed: {ALLOWED}',
    ),
    "wrong date": (
        '[aft]\nfrom = "June 2026"\n',
        "mine.toml:6: aft.from: not a date: found 'June 2026'; "
        "expected a day such as 2027-04-01, without quotes or time",
    ),
    "wrong date of a change": (
        '[[change]]\nparameter = "production.level"\nfrom = 2027\nvalue = 1.1\n',
        "mine.toml:7: not a date: found 2027; expected a day such as 2027-04-01, without quotes or time",
    ),
}


def told(cli, *args: str) -> str:
    """What a command that must be refused says, without the word Error."""
    ended = cli(*args)
    assert ended.code == 2
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert ended.err.startswith("Error: ")
    return ended.err.removeprefix("Error: ").rstrip("\n")


@pytest.mark.parametrize("mistake", MESSAGES)
def test_mistake_after_the_head(cli, tmp_path: Path, mistake: str) -> None:
    text, message = MESSAGES[mistake]
    (tmp_path / "mine.toml").write_text(HEAD + text, encoding="utf-8")
    assert told(cli, "check", "mine.toml") == message


WHOLE = {
    "newer format": (
        HEAD.replace("schema = 1", "schema = 2").encode(),
        "mine.toml:1: the file is written for a newer aft-sim: found 'schema = 2'; expected schema = 1, the newest "
        "this version reads. Update aft-sim, or write the file in the older form (aft-sim show schema prints it).",
    ),
    "no such format": (
        HEAD.replace("schema = 1", "schema = 0").encode(),
        "mine.toml:1: there is no such version of the file format: found 'schema = 0'; expected schema = 1, the first "
        "one. To bring a file over, set the number and run aft-sim check: it names every key that has to change.",
    ),
    "no format": (
        HEAD.replace("schema = 1\n", "").encode(),
        "mine.toml:1: schema must be given: expected schema = 1",
    ),
    "missing parent": (
        HEAD.replace("baseline", "basline").encode(),
        "mine.toml:3: there is no scenario of this name: found 'basline'; expected a file that ends in .toml, or "
        f'one of {PARENTS}. Did you mean "baseline"?',
    ),
    "its own parent": (
        HEAD.replace("baseline", "mine.toml").encode(),
        "mine.toml:3: scenarios extend each other in a circle: found 'mine.toml extends mine.toml'",
    ),
    "parent that is no text": (
        HEAD.replace('"baseline"', "3").encode(),
        'mine.toml:3: extends names a scenario: found 3; expected such as "baseline", or a list of them',
    ),
    "order of one": (
        (HEAD + 'order = ["baseline"]\n').encode(),
        "mine.toml:5: order lists the scenarios of extends, the later winning: found ['baseline']; "
        "expected no order where one scenario is extended",
    ),
    "empty": (
        b"",
        "mine.toml: the file is empty: expected a scenario. "
        "aft-sim new NAME --extends baseline writes one to start from.",
    ),
    "comments only": (
        b"# nothing here\n",
        "mine.toml: the file holds nothing but comments: expected a scenario. "
        "aft-sim new NAME --extends baseline writes one to start from.",
    ),
    "binary": (
        b"PAR1\x00\x01\x02",
        "mine.toml: this is not a text file: found 'a zero byte at position 4'; "
        "expected a scenario in TOML, saved as UTF-8",
    ),
    "another encoding": (
        HEAD.encode() + 'question = "caf\xe9"\n'.encode("latin-1"),
        "mine.toml:5: the file is not in UTF-8: found b'\\xe9'. Save it with the encoding UTF-8.",
    ),
}


@pytest.mark.parametrize("mistake", WHOLE)
def test_mistake_of_the_whole_file(cli, tmp_path: Path, mistake: str) -> None:
    content, message = WHOLE[mistake]
    (tmp_path / "mine.toml").write_bytes(content)
    assert told(cli, "check", "mine.toml") == message


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + HEAD.encode(), HEAD.replace("\n", "\r\n").encode(), HEAD.rstrip("\n").encode()],
    ids=["byte order mark", "Windows line ends", "no last line end"],
)
def test_files_as_editors_save_them(cli, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    ended = cli("check", "mine.toml")
    assert ended.code == 0
    assert ended.out.startswith("ok  mine.toml: mine, Mine")


def test_lines_are_right_with_windows_line_ends(cli, tmp_path: Path) -> None:
    text = "[parameters]\ncapital.delivery = 7\n"
    (tmp_path / "mine.toml").write_bytes((HEAD + text).replace("\n", "\r\n").encode())
    assert told(cli, "check", "mine.toml").startswith("mine.toml:6: ")


def test_circle_of_three(cli, tmp_path: Path) -> None:
    for name, parent in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.toml").write_text(f'schema = 1\nname = "{name}"\nextends = "{parent}"\ntitle = "T"\n')
    assert told(cli, "check", "a.toml") == (
        "c.toml:3: scenarios extend each other in a circle: found 'a.toml extends b.toml extends c.toml extends a.toml'"
    )


def test_two_parents_that_disagree(cli, tmp_path: Path) -> None:
    for name, rule in (("a", "additive"), ("b", "inside_scale_others")):
        text = f'schema = 1\nname = "{name}"\nextends = "baseline"\ntitle = "T"\n[capital]\nlimit_rule = "{rule}"\n'
        (tmp_path / f"{name}.toml").write_text(text)
    text = HEAD.replace('"baseline"', '["a", "b"]')
    (tmp_path / "mine.toml").write_text(text)
    assert told(cli, "check", "mine.toml") == (
        "mine.toml:3: two of the scenarios put together set capital.limit_rule: "
        "found 'additive' (a.toml:6) in a, 'inside_scale_others' (b.toml:6) in b; "
        'expected the value that shall hold, or the order stated (order = ["a", "b"]: the later wins)'
    )
    for more in ('order = ["b", "a"]\n', '[capital]\nlimit_rule = "inside_scale_draws"\n'):
        (tmp_path / "mine.toml").write_text(text + more)
        assert cli("check", "mine.toml").code == 0


def test_unknown_outcome(cli) -> None:
    message = told(cli, "compare", "aft-wide", "--outcome", "within_18_shar")
    assert message.startswith("unknown outcome: found 'within_18_shar'; expected ")
    assert message.endswith('Did you mean "within_18_share"?')
