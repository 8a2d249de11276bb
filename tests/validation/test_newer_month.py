"""The real January extract, relabelled as February with known changes, makes a baseline that says so and runs.

Set AFT_SIM_DATA to the folder of official files (docs/data.md) to run it.
"""

import csv
import io
import os
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from aft_sim.baseline import carry, tables
from aft_sim.baseline.bind import bind
from aft_sim.baseline.build import FILES
from aft_sim.baseline.changes import compare
from aft_sim.baseline.estimate import AGAIN, OWN
from aft_sim.baseline.sources.rtt_extract import read_rtt_extract
from aft_sim.baseline.update import Renewed, lists_of_trusts, update
from aft_sim.model import TrustAutonomyModel
from aft_sim.spec.scenario import load_scenario

DATA = os.environ.get("AFT_SIM_DATA")
pytestmark = [
    pytest.mark.validation,
    pytest.mark.skipif(not DATA, reason="AFT_SIM_DATA names no folder of official files"),
]

#: The trust whose list grows by a tenth, the one that makes no return, and an independent provider that leaves.
GROWN, SILENT, LEFT = "RTF", "RJN", "NYG"


def january() -> Path:
    return Path(str(DATA)) / FILES["rtt"]


def relabelled(rows: Iterator[list[str]], header: list[str], extra: int) -> Iterator[list[str]]:
    """Rows of February: the grown trust's new people all wait three weeks, in one row and its total."""
    at = {name: header.index(name) for name in ("Period", "Provider Org Code", "RTT Part Type", "Total All")}
    week, function = header.index("Gt 03 To 04 Weeks SUM 1"), header.index("Treatment Function Code")
    payer, place = header.index("Commissioner Org Code"), ""
    for row in rows:
        code, listed = row[at["Provider Org Code"]], row[at["RTT Part Type"]] == "Part_2"
        if code in (SILENT, LEFT):
            continue
        row[at["Period"]] = "RTT-February-2026"
        if code == GROWN and listed:
            if not place and row[function] == "C_110" and row[payer] != "NONC":
                place = row[payer]
            if row[payer] == place and row[function] in ("C_110", "C_999"):
                row[week] = str(int(row[week] or 0) + extra)
                row[at["Total All"]] = str(int(row[at["Total All"]]) + extra)
        yield row


@pytest.fixture(scope="module")
def february(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("february")
    path = folder / "Full-CSV-data-file-Feb26.zip"
    kept = carry.read(tables.FOLDER)
    months = kept.months
    extra = round(0.1 * months.waiting[months.trusts.index(GROWN), -1])
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    with zipfile.ZipFile(january()) as archive, archive.open(archive.namelist()[0]) as packed:
        reader = csv.reader(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
        header = next(reader)
        writer.writerow(header)
        writer.writerows(relabelled(reader, header, extra))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("20260228-RTT-February-2026-full-extract.csv", text.getvalue())
    return path


@pytest.fixture(scope="module")
def done(february, tmp_path_factory) -> Renewed:
    return update(february, tmp_path_factory.mktemp("new") / "tables")


def test_trusts_months_are_what_the_extract_says():
    # so a month taken from an extract goes on from the published table of months
    kept = carry.read(tables.FOLDER)
    lists = lists_of_trusts(read_rtt_extract(january()).folded(kept.successors), kept)
    months = kept.months
    seen = {code: months.waiting[i, -1] for i, code in enumerate(months.trusts) if np.isfinite(months.waiting[i, -1])}
    assert {code: figures[0] for code, figures in lists.items()} == seen
    at = months.trusts.index(GROWN)
    assert lists[GROWN] == (months.waiting[at, -1], months.within_18[at, -1], months.over_52[at, -1])


def test_what_changed_is_what_was_changed(done):
    changes = compare(done.before, done.after)
    moved = [m for m in changes.trusts if m.list_change]
    assert [m.code for m in moved] == [GROWN]
    assert moved[0].list_change == 3574 and moved[0].before.list == 35742
    assert moved[0].after.within_18_share > moved[0].before.within_18_share
    assert moved[0].after.over_52 == moved[0].before.over_52
    record = done.after.summary["updated"]
    assert [p["code"] for p in record["providers_gone"]] == [LEFT] and record["providers_new"] == []
    raw = read_rtt_extract(january())
    left = raw.totals("2", "england")[raw.provider_codes().index(LEFT)].sum()
    assert left > 10_000
    assert changes.england.after.list - changes.england.before.list == 3574 - left


def test_trusts_without_a_return_are_carried_forward(done):
    record = {e["code"]: (e["people"], e["method"]) for e in done.after.summary["updated"]["without_return"]}
    assert record == {"RHQ": (91256, AGAIN), SILENT: (19805, OWN)}
    after = done.after
    at = after.provider_code.index("RHQ")
    people = after.waiting[after.row_provider == at, 0].sum(axis=0)
    old = done.before.waiting[done.before.row_provider == done.before.provider_code.index("RHQ"), 0].sum(axis=0)
    assert [people[:18].sum(), people[52:].sum(), people[65:].sum()] == [old[:18].sum(), old[52:].sum(), old[65:].sum()]
    # NHS England's estimate of it was the same in December and January, and so it is here
    for column in ("admitted_completed", "nonadmitted_completed"):
        with_it, without = after.series[column], after.series[f"{column}_as_reported"]
        rjn = after.published_flows[1 if column[0] == "a" else 2][
            after.row_provider == after.provider_code.index(SILENT)
        ]
        weeks = after.season.month_total(2026, 2)[1]
        known = {"admitted_completed": 4273, "nonadmitted_completed": 16176}[column]
        assert with_it[-1] - without[-1] == pytest.approx(known + rjn.sum() * weeks, rel=0.01)


def test_a_month_runs_from_it_and_everybody_is_accounted_for(done):
    assert done.after.opening == date(2026, 3, 2)
    model = TrustAutonomyModel(bind(load_scenario("aft-wide"), done.after), 1, check=True)
    assert model.plan.calendar.start == date(2026, 3, 2)
    opened = model.world.n.sum()
    assert opened == pytest.approx(done.after.waiting.sum())
    for _ in range(model.plan.calendar.months[0].n_weeks):
        model.step()
    assert abs(model.world.n.sum() / opened - 1) < 0.02


@pytest.mark.slow
def test_official_files_are_continued_by_earlier_updates(february, done, tmp_path):
    # the folder's series ends in January; the update to February said more
    march = tmp_path / "Full-CSV-data-file-Mar26.zip"
    with zipfile.ZipFile(february) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8").replace("RTT-February-2026", "RTT-March-2026")
    with zipfile.ZipFile(march, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("20260331-RTT-March-2026-full-extract.csv", text)
    carried = update(march, tmp_path / "carried", done.folder)
    again = update(march, tmp_path / "files", done.folder, Path(str(DATA)))
    assert again.after.series["month"][-2:] == ["2026-02", "2026-03"]
    for name in ("total_incomplete", "unreported_removals"):
        assert np.isfinite(again.after.series[name][-2:]).all()
    np.testing.assert_allclose(again.after.starts, carried.after.starts, rtol=1e-6)
    np.testing.assert_allclose(again.after.drift, carried.after.drift, rtol=1e-6, atol=1e-9)
    assert again.after.opening == date(2026, 3, 30)


@pytest.mark.slow
def test_the_official_files_give_the_same_as_what_was_carried(february, done, tmp_path):
    again = update(february, tmp_path / "files", source=Path(str(DATA)))
    assert again.after.summary["updated"]["other_files"] == "read from the folder given"
    for path in sorted(done.folder.glob("*.parquet")):
        ours, theirs = tables.read(done.folder, path.stem), tables.read(again.folder, path.stem)
        assert list(ours) == list(theirs), path.stem
        for column, values in ours.items():
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                np.testing.assert_allclose(
                    theirs[column], values, rtol=1e-6, atol=1e-9, err_msg=f"{path.stem}.{column}"
                )
            else:
                assert list(theirs[column]) == list(values), f"{path.stem}.{column}"
