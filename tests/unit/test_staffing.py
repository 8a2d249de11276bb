"""Staff by trust: from the accounts to the national series, every step with its reason."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from _layouts import small_register

from aft_sim.baseline.sources.expenditure import Accounts, Expenditure
from aft_sim.baseline.sources.workforce import Workforce
from aft_sim.baseline.staffing import Staffing, staffing
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


def accounts_of(
    code: str, wte: float | None, staff: float | None, agency: float | None, before: float | None
) -> Expenditure:
    """Accounts with staff only."""
    empty = dict.fromkeys(Expenditure.__dataclass_fields__)
    figures = {"staff": staff, "agency": agency, "average_wte": wte, "staff_2022_23": before}
    return Expenditure(**(empty | {"code": code, "codes": (code,), "part_year": False} | figures))


def series(year: float = 2000, last: float = 2100, first: str = "2023-04") -> Workforce:
    """Twelve months of the accounts' year and one more."""
    y, m = int(first[:4]), int(first[5:])
    months = tuple(f"{y + (m + i - 1) // 12}-{(m + i - 1) % 12 + 1:02d}" for i in range(13))
    return Workforce(months, MappingProxyType({"all": np.array([year] * 12 + [last], dtype=float)}))


def staff(folder: Path, month: str | None = None, **changes: Expenditure) -> Staffing:
    """Two acute trusts with accounts, one without, an ambulance trust of which nothing is known."""
    trusts = {
        "RA7": accounts_of("RA7", 1500, 100, 10, 80),
        "RH5": accounts_of("RH5", 500, 40, 0, 20),
        "RTF": accounts_of("RTF", None, None, None, 10),
        "RX6": accounts_of("RX6", None, None, None, None),
    }
    return staffing(Accounts(trusts | changes, {}, {}), small_register(folder), series(), month)


def test_trusts_add_up_to_england_in_the_month(tmp_path: Path) -> None:
    found = staff(tmp_path)
    assert (found.month, found.england) == ("2024-04", 2100)
    assert sum(t.fte for t in found.trusts.values()) == pytest.approx(2100)
    assert sum(t.fte for t in staff(tmp_path, "2023-06").trusts.values()) == pytest.approx(2000)
    assert found.without == ("RX6",)


def test_each_trust_loses_its_own_temporary_staff(tmp_path: Path) -> None:
    trusts = staff(tmp_path).trusts
    assert trusts["RA7"].employed == pytest.approx(1350)
    assert trusts["RH5"].employed == pytest.approx(500)
    assert trusts["RA7"].fte / trusts["RH5"].fte == pytest.approx(1350 / 500)


def test_missing_accounts_are_estimated_from_the_staff_costs_before(tmp_path: Path) -> None:
    trust = staff(tmp_path).trusts["RTF"]
    assert trust.estimated
    assert trust.accounts == pytest.approx(10 * 2000 / 100)
    assert trust.employed == pytest.approx(200 * (1 - 10 / 140))


def test_steps_join_the_accounts_to_england(tmp_path: Path) -> None:
    found = staff(tmp_path)
    assert [s.name for s in found.steps] == ["missing accounts", "temporary staff", "definition", "later month"]
    assert (found.steps[0].before, found.steps[-1].after) == (2000, 2100)
    assert all(a.after == pytest.approx(b.before) for a, b in zip(found.steps, found.steps[1:], strict=False))
    assert np.prod([s.factor for s in found.steps]) == pytest.approx(2100 / 2000)
    assert [s.name for s in found.unexplained()] == ["definition"]


def test_a_remainder_within_half_a_percent_needs_no_figure(tmp_path: Path) -> None:
    whole = {"RTF": accounts_of("RTF", 200 - 40, 16, 0, 10)}
    found = staff(tmp_path, **whole)
    assert found.steps[2].factor == pytest.approx(2000 / 2010)
    assert found.unexplained() == ()


def test_types_are_reported(tmp_path: Path) -> None:
    types = staff(tmp_path).types
    assert list(types) == ["acute"]
    assert (types["acute"].trusts, types["acute"].accounts) == (3, pytest.approx(2200))
    assert types["acute"].estimated == pytest.approx(200)
    assert types["acute"].factor == pytest.approx(2100 / 2200)


def test_what_cannot_be_estimated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no trust of its type"):
        staff(tmp_path, RX6=accounts_of("RX6", None, None, None, 50))
    with pytest.raises(InputError, match="no such month"):
        staff(tmp_path, "2026-02")
    nothing = Accounts({"RTF": accounts_of("RTF", 100, None, None, None)}, {}, {})
    with pytest.raises(InputError, match="both staff costs and temporary"):
        staffing(nothing, small_register(tmp_path), series())
    with pytest.raises(InputError, match="no such month"):
        staffing(nothing, small_register(tmp_path), series(first="2024-04"))
