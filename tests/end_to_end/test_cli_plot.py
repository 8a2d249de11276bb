"""`aft-sim plot` draws charts of a stored study and says what is wrong with a mistaken request."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.end_to_end


def test_lists_charts(cli, study):
    ended = cli("plot", str(study))
    assert ended.code == 0
    assert all(name in ended.out for name in ("fan", "effect", "trusts", "icbs", "quintiles", "contact"))


@pytest.mark.parametrize("chart", ["fan", "effect", "trusts", "icbs", "quintiles"])
def test_draws(cli, study, tmp_path, chart):
    ended = cli("plot", str(study), chart, "--policy", "aft-wide", "--vs", "no-aft", "--out", "drawn.png")
    assert ended.code == 0, ended.err
    assert {path.name for path in tmp_path.iterdir()} >= {"drawn.png", "drawn.svg", "drawn.csv", "drawn.txt"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("fam",), "no such chart"),
        (("trusts", "--at", "2040-01"), "no such month"),
        (("fan", "--vs", "x"), "no finished"),
    ],
)
def test_mistakes(cli, study, words, complaint):
    ended = cli("plot", str(study), *words)
    assert ended.code == 2
    assert complaint in ended.flat
