"""Whose books, and over which period: what is accepted and what is said when it is not."""

from __future__ import annotations

import pytest

from aft_sim.baseline import bundle
from aft_sim.basis.errors import InputError
from aft_sim.cli.show_ledger import Asked, find_account, find_period

pytestmark = pytest.mark.unit

MONTHS = [f"{2026 + (n + 1) // 12}-{(n + 1) % 12 + 1:02d}" for n in range(38)]  # February 2026 to March 2029


def asked(**parts) -> Asked:
    return Asked(**{**dict.fromkeys(("who", "year", "first", "last", "scenario", "seed")), "settings": [], **parts})


@pytest.mark.parametrize(
    ("text", "account", "group"),
    [
        ("RTF", "RTF", "acute trusts"),
        (" rtf ", "RTF", "acute trusts"),
        ("Northumbria", "RTF", "acute trusts"),
        ("RRE", "RRE", "mental health trusts"),
        ("qop", "QOP", "all boards"),
        ("England", "nhs_england", ""),
        ("NHS England", "nhs_england", ""),
    ],
)
def test_accounts(text, account, group):
    found = find_account(bundle.load(), text)
    assert (found.account, found.group) == (account, group)
    assert found.account in found.members or not group


def test_a_trust_of_a_rare_type_is_held_against_all():
    baseline = bundle.load()
    t = baseline.trusts
    code = next(c for c, kind in zip(t.code, t.type, strict=True) if t.type.count(kind) == 1)
    assert find_account(baseline, code).group == "all trusts"
    assert find_account(baseline, code).members == tuple(t.code)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "whose ledger is not said"),
        ("RTG9", r"no account of this name.*Did you mean"),
        ("QOPP", r"Did you mean \"QOP\""),
        ("engand", r"Did you mean \"england\""),
        ("university", "several trusts"),
    ],
)
def test_unknown_accounts(text, says):
    with pytest.raises(InputError, match=says):
        find_account(bundle.load(), text)


def test_a_trust_that_merged_names_its_successor():
    baseline = bundle.load()
    gone, code = next(iter(baseline.successors.items()))
    with pytest.raises(InputError, match=f"Use {code}"):
        find_account(baseline, gone)


@pytest.mark.parametrize(
    ("parts", "period"),
    [
        ({}, ("2026-04", "2027-03")),
        ({"year": "2027/28"}, ("2027-04", "2028-03")),
        ({"first": "2026-02", "last": "2026-09"}, ("2026-02", "2026-09")),
        ({"first": "2026-05", "last": "2026-05"}, ("2026-05", "2026-05")),
    ],
)
def test_periods(parts, period):
    assert find_period(asked(**parts), MONTHS) == period


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"year": "2025/26"}, r"no such whole financial year.*nearest is \"2026/27\".*2026-02"),
        ({"year": "2031/32"}, r"2026/27 to 2028/29.*nearest is \"2028/29\""),
        ({"year": "2027-28"}, r"not a financial year.*Did you mean \"2027/28\""),
        ({"year": "2027/29"}, "not a financial year"),
        ({"year": "2027/28", "first": "2027-04"}, "two periods"),
        ({"first": "2027-04"}, "--to: half a period"),
        ({"last": "2027-04"}, "--from: half a period"),
        ({"first": "2027-04", "last": "2029-04"}, r"--to: the run holds no such month.*2026-02 to 2029-03"),
        ({"first": "2026-01", "last": "2026-04"}, "--from: the run holds no such month"),
        ({"first": "2027-04", "last": "2027-03"}, "ends before it begins"),
        ({"first": "04-2027", "last": "2027-03"}, "not a month"),
    ],
)
def test_periods_that_cannot_be_had(parts, says):
    with pytest.raises(InputError, match=says):
        find_period(asked(**parts), MONTHS)


def test_anything_asked_of_the_ledger_is_noticed():
    assert not asked().anything
    assert asked(seed=0).anything and asked(settings=["a=1"]).anything and asked(who="RTF").anything
