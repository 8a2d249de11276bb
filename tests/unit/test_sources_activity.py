"""Diagnostics and community services, large archives read as a stream, on small files in their layouts."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from _layouts import small_register, text_of, write_table

from aft_sim.baseline.sources.community import Community, read_community
from aft_sim.baseline.sources.diagnostics import TESTS, Diagnostics, read_diagnostics
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

WEEKS = ["00 < 01 Week", *(f"{w:02d} < {w + 1:02d} Weeks" for w in range(1, 13)), "13+ Weeks"]
DONE = ["Waiting List Activity", "Planned Activity", "Unscheduled Activity"]


def dm01_row(
    provider: str, payer: str, test: str, weeks: Mapping[int, int] | None = None, done: Sequence[int] = (0, 0, 0)
) -> dict[str, object]:
    """One row of the diagnostics extract as published; the parts give its totals."""
    bands = {name: (weeks or {}).get(i, 0) for i, name in enumerate(WEEKS)}
    return {
        "Period": "DM01-MARCH-2026",
        "Provider Parent Org Code": "QHM",
        "Provider Org Code": provider,
        "Provider Org Name": f"TRUST {provider}, NORTH",
        "Commissioner Org Code": payer,
        "Diagnostic Tests Sort Order": 1,
        "Diagnostic Tests": test,
        **bands,
        "Total WL": sum(bands.values()),
        **dict(zip(DONE, done, strict=True)),
        "Total Activity": sum(done),
    }


def dm01_example() -> list[dict[str, object]]:
    """Bristol under two codes, Northumbria without activity, a company, patients from outside England."""
    return [
        dm01_row("RA7", "15C", "MRI", {0: 5, 6: 3, 13: 2}, (7, 1, 2)),
        dm01_row("RA7", "15C", "CT", {5: 4}, (1, 0, 0)),
        dm01_row("RA7", "15C", "TOTAL", {0: 5, 5: 4, 6: 3, 13: 2}, (8, 1, 2)),
        dm01_row("RVJ", "15C", "MRI", {12: 10}),
        dm01_row("RVJ", "15C", "TOTAL", {12: 10}),
        dm01_row("RVJ", "NONC", "MRI", {1: 6}),
        dm01_row("RVJ", "NONC", "TOTAL", {1: 6}),
        dm01_row("RTF", "00L", "CT"),
        dm01_row("RTF", "00L", "TOTAL"),
        dm01_row("NV1", "00L", "CT", {13: 9}),
        dm01_row("NV1", "00L", "TOTAL", {13: 9}),
    ]


def packed(folder: Path, text: str, name: str = "data.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("extract.csv", text)
    return path


def as_text(rows: Sequence[Mapping[str, object]]) -> str:
    return text_of([{k: str(v) for k, v in row.items()} for row in rows], list(rows[0]))


def diagnostics(folder: Path, rows: Sequence[Mapping[str, object]] | None = None) -> Diagnostics:
    return read_diagnostics(packed(folder, as_text(rows or dm01_example())), small_register(folder))


def test_diagnostics_fold_predecessors_and_leave_the_totals_out(tmp_path: Path) -> None:
    found = diagnostics(tmp_path)
    trust = found.trusts["RA7"]
    mri, ct = TESTS.index("MRI"), TESTS.index("CT")
    assert found.period == date(2026, 3, 31)
    assert (trust.tests.waiting[mri], trust.tests.over_6[mri], trust.tests.over_13[mri]) == (26, 15, 2)
    assert (trust.tests.waiting[ct], trust.tests.over_6[ct]) == (4, 0)
    assert (trust.tests.from_list[mri], trust.tests.planned[mri], trust.tests.unscheduled[mri]) == (7, 1, 2)
    assert (trust.tests.done, trust.tests.share_over_6, trust.outside) == (11, 0.5, 6)
    assert trust.codes == ("RA7", "RVJ")


def test_diagnostics_of_england(tmp_path: Path) -> None:
    found = diagnostics(tmp_path)
    assert [sum(t.waiting) for t in (found.everyone, found.england, found.others)] == [39, 33, 9]
    assert (tuple(found.trusts), found.idle, found.absent) == (("RA7",), ("RTF",), ("RH5", "RX6"))
    assert found.others.share_over_6 == 1


def test_diagnostics_can_be_read_unpacked(tmp_path: Path) -> None:
    path = write_table(tmp_path / "dm01.csv", dm01_example())
    assert sum(read_diagnostics(path, small_register(tmp_path)).everyone.waiting) == 39


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (dm01_row("RA7", "15C", "MRI", {0: 5}), r"there twice.*each once"),
        (dm01_row("RTF", "15C", "TOTAL", {0: 1}), r"not the sum of its tests.*1 waiting"),
        (dm01_row("RTF", "15C", "MRI_SCAN"), r"no such diagnostic test.*MRI"),
        (dm01_row("RTF", "15C", "MRI") | {"13+ Weeks": ""}, "is blank.*not zero"),
        (dm01_row("RTF", "15C", "MRI") | {"Total WL": "1,672"}, r"extract.csv:13: column 'Total WL' is not a count"),
        (dm01_row("RTF", "15C", "MRI") | {"Total WL": 3}, "parts do not add up to 'Total WL'"),
        (dm01_row("RTF", "15C", "MRI") | {"Total Activity": 3}, "parts do not add up to 'Total Activity'"),
        (dm01_row("RTF", "15C", "MRI") | {"Period": "DM01-APRIL-2026"}, "mixes months"),
    ],
)
def test_wrong_rows_of_diagnostics(tmp_path: Path, row: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        diagnostics(tmp_path, [*dm01_example(), row])


def test_wrong_period_and_empty_diagnostics(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a month of the diagnostics extract"):
        diagnostics(tmp_path, [dm01_row("RTF", "15C", "MRI") | {"Period": "RTT-March-2026"}])
    with pytest.raises(InputError, match="has no rows by test"):
        diagnostics(tmp_path, [dm01_row("RTF", "15C", "TOTAL")])


def test_a_missing_column_names_its_nearest_match(tmp_path: Path) -> None:
    text = as_text(dm01_example()).replace("Total WL", "Total  W.L.", 1)
    with pytest.raises(InputError, match=r"column 'Total WL' is missing: found 'Total  W.L.'"):
        read_diagnostics(packed(tmp_path, text), small_register(tmp_path))


def test_damaged_archives(tmp_path: Path) -> None:
    register = small_register(tmp_path)
    path = packed(tmp_path, as_text(dm01_example()))
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    with pytest.raises(InputError, match="damaged or truncated zip"):
        read_diagnostics(path, register)
    middle = len(whole) // 3
    path.write_bytes(whole[:middle] + bytes(b ^ 0xFF for b in whole[middle : middle + 30]) + whole[middle + 30 :])
    with pytest.raises(InputError, match="damaged or truncated zip"):
        read_diagnostics(path, register)
    path.write_bytes(b"<html>not found</html>")
    with pytest.raises(InputError, match=r"not a zip file.*web page"):
        read_diagnostics(path, register)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")
    with pytest.raises(InputError, match="must hold one CSV"):
        read_diagnostics(path, register)
    with pytest.raises(InputError, match="is not there"):
        read_diagnostics(tmp_path / "none.zip", register)


def test_nonsense_from_a_damaged_archive_is_reported_as_damage(tmp_path: Path) -> None:
    rows = [dm01_row("RTF", f"P{i}", "MRI", {0: 7}) for i in range(2000)]
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("extract.csv", as_text(rows))
    path.write_bytes(path.read_bytes().replace(b"P3,1,MRI,7", b"P3,1,MRI,x", 1))
    with pytest.raises(InputError, match="damaged or truncated zip"):
        read_diagnostics(path, small_register(tmp_path))


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dm01.csv"
    path.write_bytes(as_text(dm01_example()).replace("TRUST RVJ", "TRUST é").encode("cp1252"))
    with pytest.raises(InputError, match=r"not text in the expected encoding.*0xe9"):
        read_diagnostics(path, small_register(tmp_path))


def csds_row(
    code: str,
    dimension: str,
    count_of: str,
    value: object,
    ages: Sequence[object] = ("", "", ""),
    level: str = "Provider",
    measure: str = "",
) -> dict[str, object]:
    """One row of the community services file."""
    return {
        "REPORTING_PERIOD_START": "2026-03-01",
        "REPORTING_PERIOD_END": "2026-03-31",
        "ORG_CODE": code,
        "ORG_NAME": f"TRUST {code}",
        "ORG_LEVEL": level,
        "DIMENSION": dimension,
        "COUNT_OF": count_of,
        "MEASURE": measure,
        "MEASURE_DESC": "",
        "MEASURE_2": "",
        "MEASURE_2_DESC": "",
        "MEASURE_VALUE": value,
        **dict(zip(("MEASURE_VALUE_0_18", "MEASURE_VALUE_19_64", "MEASURE_VALUE_65_PLUS"), ages, strict=True)),
    }


REFERRALS, CONTACTS = ("TotalReferrals", "Referrals"), ("TotalCareContacts", "CareContacts")
ACTIVITIES = ("TotalCareActivities", "CareActivities")
ATTENDANCE = ("AttendCode_Group", "CareContacts")


def csds_example() -> list[dict[str, object]]:
    """Bristol under two codes, of which one has no referrals; a council; breakdowns that repeat the totals."""
    everyone = [
        csds_row("ALL", *what, value, level="All Submitters")
        for what, value in ((REFERRALS, "120.0"), (CONTACTS, "360.0"), (ACTIVITIES, "400.0"))
    ]
    return [
        csds_row("RA7", *REFERRALS, "100.0", ("10.0", "30.0", "60.0")),
        csds_row("RA7", *CONTACTS, "300.0", (50, 100, 150)),
        csds_row("RA7", *ACTIVITIES, "400.0"),
        csds_row("RA7", "TotalPatientWithCareContact", "PatientWithCareContact", 150),
        csds_row("RA7", *ATTENDANCE, 200, measure="1"),
        csds_row("RA7", *ATTENDANCE, 20, measure="2"),
        csds_row("RA7", *ATTENDANCE, 80, measure="MV/OP"),
        csds_row("RA7", "SourceOfReferral", "Referrals", 100, measure="01"),
        csds_row("RVJ", *CONTACTS, "40.0", (0, 35, "")),
        csds_row("RVJ", *ATTENDANCE, 40, measure="1"),
        csds_row("RTF", "TotalOrganisation", "Organisation", 5),
        csds_row("RTF", *CONTACTS, 0, (0, 0, 0)),
        csds_row("108", *REFERRALS, 25),
        csds_row("108", *CONTACTS, 25),
        csds_row("QHM", *CONTACTS, 365, level="ICB"),
        *everyone,
    ]


def community(folder: Path, rows: Sequence[Mapping[str, object]] | None = None) -> Community:
    return read_community(packed(folder, as_text(rows or csds_example())), small_register(folder))


def test_community_folds_predecessors(tmp_path: Path) -> None:
    found = community(tmp_path)
    trust = found.trusts["RA7"]
    assert (found.start, found.end) == (date(2026, 3, 1), date(2026, 3, 31))
    assert (trust.referrals, trust.contacts, trust.activities, trust.people_seen) == (100, 340, 400, 150)
    assert (trust.attended, trust.missed, trust.cancelled_by_patient) == (240, 20, None)
    assert trust.referrals_by_age == (10, 30, 60)
    assert trust.contacts_by_age is None, "the predecessor's oldest are unknown, not zero"
    assert found.trusts["RTF"].contacts_by_age == (0, 0, 0)
    assert trust.codes == ("RA7", "RVJ")


def test_community_of_england_and_of_others(tmp_path: Path) -> None:
    found = community(tmp_path)
    assert (found.england.referrals, found.england.contacts, found.england.people_seen) == (120, 360, None)
    assert (found.others, found.others_contacts, found.absent) == (1, 25, ("RH5", "RX6"))
    assert (found.trusts["RTF"].referrals, found.trusts["RTF"].referrals_by_age) == (None, None)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (csds_row("RA7", *REFERRALS, 100), "same total twice"),
        (csds_row("RTF", *REFERRALS, 50), "referrals of the providers do not add up"),
        (csds_row("RTF", *REFERRALS, 3), "not a count rounded to five"),
        (csds_row("RTF", *REFERRALS, "many"), "is not a number"),
        (csds_row("RTF", *ATTENDANCE, 5, measure="9"), "no such attendance code"),
        (csds_row("RTF", *REFERRALS, 5) | {"REPORTING_PERIOD_START": "2026-02-01"}, "mixes periods"),
    ],
)
def test_wrong_rows_of_community(tmp_path: Path, row: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        community(tmp_path, [*csds_example(), row])


def test_community_without_england_or_providers_or_dates(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="all submitters have no referrals"):
        community(tmp_path, csds_example()[:-3])
    with pytest.raises(InputError, match="has no providers"):
        community(tmp_path, csds_example()[-3:])
    with pytest.raises(InputError, match="reporting period is not complete"):
        community(tmp_path, [csds_example()[0] | {"REPORTING_PERIOD_END": ""}])
