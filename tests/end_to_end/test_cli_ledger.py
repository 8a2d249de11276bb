"""`aft-sim show ledger`: what it prints for readers and programs, and mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aft_sim.baseline import bundle
from aft_sim.mechanisms.ledger import Accounts, Ledger

pytestmark = pytest.mark.end_to_end


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Put books made here in the place of a run; returns what was asked of it."""
    england = bundle.load()
    accounts = Accounts(tuple(england.trusts.code), tuple(england.icb_code))
    ledger = Ledger(accounts, np.zeros(len(accounts)))
    n, k = len(accounts.trusts), len(accounts.boards)
    for month in range(26):
        ledger.post("settlement", 300.0)
        ledger.post("allocation", np.full(k, 4.0))
        ledger.post("elective", np.full((n, k), 0.01))
        ledger.post("deficit_support", 0.0625, payee="RTF")
        ledger.post("pay", np.full(n, 0.375))
        ledger.close_month(f"{2026 + (month + 1) // 12}-{(month + 1) % 12 + 1:02d}")
    asked: list[Any] = []

    def run_ledger(*args: Any) -> Ledger:
        asked.append(args)
        return ledger

    monkeypatch.setattr("aft_sim.study.execute.run_ledger", run_ledger)
    return asked


def amounts(content: dict[str, Any]) -> dict[tuple[str, str], list[int]]:
    return {(row["section"], row["name"]): row["pence"] for row in content["rows"]}


def test_books_of_a_trust(cli, books) -> None:
    ended = cli("show", "ledger", "RTF", "--year", "2027/28", "--seed", "3", "--set", "run.chance=0")
    assert ended.code == 0
    assert max(map(len, ended.out.splitlines())) <= 100
    for words in (
        "RTF  Northumbria",
        "seed 3",
        "2027/28",
        "2026/27",
        "Acute trusts",
        "Elective care",
        "Closing balance",
    ):
        assert words in ended.out
    (scenario, seed, until, folder) = books[0]
    assert (scenario.name, scenario.parameters["run.chance"], seed, folder) == ("baseline", 0, 3, None)
    assert str(until) == "2028-03-31"
    content = cli("show", "ledger", "rtf", "--year", "2027/28", "--json").json()
    assert (content["account"], content["scenario"], content["seed"]) == ("RTF", "baseline", 1)
    found = amounts(content)
    assert found["income", "elective"] == [432_000_000, 432_000_000]
    assert found["income", "deficit_support"] == [75_000_000, 75_000_000]
    assert found["position", "underlying"] == [-18_000_000, -18_000_000]


def test_books_of_a_board_and_of_nhs_england(cli, books) -> None:
    board = cli("show", "ledger", "QOP", "--from", "2026-04", "--to", "2026-09", "--json").json()
    assert (board["kind"], board["held_against"], len(board["periods"])) == ("board", "all boards", 1)
    assert amounts(board)["income", "allocation"] == [2_400_000_000]
    ended = cli("show", "ledger", "england", "--year", "2027/28")
    assert ended.code == 0 and "Settlement" in ended.out and "Left of the settlement" in ended.out
    assert str(books[0][2]) == "2026-09-30"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("ledger",), ["whose ledger", "aft-sim show ledger RTF"]),
        (("ledger", "RTZ"), ["no account of this name", "Did you mean"]),
        (("ledger", "RTF", "--year", "2036/37"), ["--year", "2026/27 to 2035/36", "nearest"]),
        (("ledger", "RTF", "--from", "2026-04"), ["--to", "half a period"]),
        (("ledger", "RTF", "--scenario", "baselin"), ["baseline"]),
        (("ledger", "RTF", "--set", "run.chanc=0"), ["--set", "run.chance"]),
        (("aft-wide", "--json"), ["this page has no account"]),
        (("schedule", "RTF"), ["this page has no account"]),
        (("ledgr",), ["Did you mean", "ledger"]),
    ],
)
def test_mistakes_are_one_message(cli, books, args, words) -> None:
    ended = cli("show", *args)
    assert ended.code == 2
    assert not books
    assert all(word in ended.flat for word in words)
