"""The register agrees with the table of evidence it was made from, row by row, or says why not.

The table lies beside the folder of official files: AFT_SIM_DATA/../facts/priors.csv.
"""

from __future__ import annotations

import csv
import math
import os
import re
from pathlib import Path

import pytest

from aft_sim.spec.evidence import excluded
from aft_sim.spec.parameters import TABLE_ROWS
from aft_sim.spec.priors import FORMS, Prior, read_prior
from aft_sim.spec.register import Parameter, Register

pytestmark = pytest.mark.validation

DATA = os.environ.get("AFT_SIM_DATA")
TABLE = Path(DATA).parent / "facts" / "priors.csv" if DATA else None
needs_table = pytest.mark.skipif(
    TABLE is None or not TABLE.exists(), reason="no table of evidence beside the folder that AFT_SIM_DATA names"
)
REGISTER = Register.load()
#: How figures of a row may be written in the register: as they are, as shares, in per cent.
SCALES = (1.0, 0.01, 100.0)
NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
PATTERNS = {
    rf"Normal\({NUMBER},{NUMBER}\)": ("normal", ("mean", "sd")),
    rf"Beta\({NUMBER},{NUMBER}\)": ("beta", ("a", "b")),
    rf"Gamma\({NUMBER}, scale{NUMBER}\)": ("gamma", ("shape", "scale")),
    rf"LogNormal\(median{NUMBER}, sigma{NUMBER}\)": ("lognormal", ("median", "sigma")),
    rf"LogNormal\(mean{NUMBER}, cv{NUMBER}\)": ("lognormal", ("mean", "cv")),
    rf"Triangular\({NUMBER},{NUMBER},{NUMBER}\)": ("triangular", ("low", "mode", "high")),
}
#: Arguments without a unit, which do not scale with the figure.
PURE = {"a", "b", "shape", "sigma", "cv"}
#: Families named without arguments, for which the entry must say how it read them.
BARE = {"Normal", "Beta", "LogNormal", "Uniform"}


def rows() -> dict[str, dict[str, str]]:
    assert TABLE is not None
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def parse(row: dict[str, str], scale: float) -> Prior | None:
    """The distribution of a row; None where it names a family without arguments."""
    text = row["distribution"]
    central, low, high = (float(row[key]) * scale for key in ("central", "low", "high"))
    if text.startswith(("fixed", "data", "scenario")):
        return read_prior("fixed", central, low, high, row["id"])
    if text == "Triangular":
        return read_prior({"form": "triangular", "low": low, "mode": central, "high": high}, central, low, high, "x")
    for pattern, (form, names) in PATTERNS.items():
        found = re.match(pattern, text)
        if found:
            numbers = {n: float(x) * (1 if n in PURE else scale) for n, x in zip(names, found.groups(), strict=True)}
            return read_prior({"form": form, **numbers}, central, -math.inf, math.inf, row["id"])
    assert text.partition(",")[0] in BARE, f"{row['id']}: no rule reads {text!r}"
    return None


def same_prior(parameter: Parameter, prior: Prior) -> bool:
    mine = parameter.prior
    return mine.form == prior.form and all(math.isclose(mine.arguments[k], prior.arguments[k]) for k in mine.arguments)


def agrees(parameter: Parameter, row: dict[str, str]) -> bool:
    """Whether figures, distribution, grade and basis of an entry are those of the row."""
    if parameter.grade != row["grade"][0] or parameter.basis != row["status"][0]:
        return False
    for scale in SCALES:
        figures = [float(row[key]) * scale for key in ("central", "low", "high")]
        mine = [parameter.default, parameter.low, parameter.high]
        if all(math.isclose(a, b, abs_tol=1e-12) for a, b in zip(mine, figures, strict=True)):
            prior = parse(row, scale)
            return prior is not None and same_prior(parameter, prior)
    return False


@needs_table
def test_ids_are_those_of_the_table() -> None:
    assert tuple(rows()) == TABLE_ROWS
    cited = {item for p in REGISTER.values() for item in p.evidence} & set(TABLE_ROWS)
    assert cited | set(excluded()) == set(rows())


@needs_table
def test_entries_agree_with_the_rows_they_cite_or_say_why_not() -> None:
    table = rows()
    silent = [
        (parameter.name, item)
        for parameter in REGISTER.values()
        for item in parameter.evidence
        if item in table and not agrees(parameter, table[item]) and not parameter.note
    ]
    assert not silent


@needs_table
def test_notes_stand_where_they_are_needed() -> None:
    """Most rows are carried as they are: the rule above is not met by notes alone."""
    table = rows()
    plain = {
        item
        for p in REGISTER.values()
        for item in p.evidence
        if item in table and not p.note and agrees(p, table[item])
    }
    assert len(plain) >= 45


@needs_table
def test_addresses_are_those_of_the_rows() -> None:
    """An entry that carries one row as it is gives an address of that row, where the row has one of its own."""
    table = rows()
    for parameter in REGISTER.values():
        own = [item for item in parameter.evidence if item in table]
        if len(own) == 1 and agrees(parameter, table[own[0]]):
            addresses = [url.rstrip(".;,") for url in re.findall(r"https?://[^\s;,)]+", table[own[0]]["citation"])]
            assert set(addresses) <= set(parameter.locators), parameter.name


@needs_table
def test_every_distribution_in_the_table_can_be_read() -> None:
    numeric = [row for row in rows().values() if row["central"] and row["low"] and row["high"]]
    forms = {prior.form for row in numeric if (prior := parse(row, 1.0)) is not None}
    assert len(numeric) >= 150
    assert forms == {"fixed", "normal", "beta", "gamma", "lognormal", "triangular"} <= {"fixed", *FORMS}
