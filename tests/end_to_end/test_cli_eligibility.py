"""`aft-sim show eligibility`, for readers and for programs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.end_to_end


def test_the_page(cli) -> None:
    ended = cli("show", "eligibility")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 100
    for words in ("128 trusts: 16 pass", "63% alone", "19% last", "5% last", "Shapley", "docs/programme.md"):
        assert words in ended.flat, words


def test_json_adds_up(cli) -> None:
    content = cli("show", "eligibility", "--json").json()
    for table in content["tables"] + content["with_deficit"]:
        assert table["passed"] + table["excluded"] + table["undecided"] == table["trusts"]
        assert sum(one["shapley"] for one in table["exclusions"]) == pytest.approx(table["excluded"])


def test_options_of_a_run_are_refused(cli) -> None:
    ended = cli("show", "eligibility", "RTF")
    assert ended.code == 2
