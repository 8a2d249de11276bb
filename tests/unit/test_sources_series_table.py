"""The one reader of published series, on small files: keys, periods, kinds of numbers, layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from _layouts import write_table

from aft_sim.baseline.sources.series_layouts import LAYOUTS, SPECIALISED, read_series
from aft_sim.baseline.sources.series_table import KINDS, PERIODS, Layout, SeriesTable, read_table
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit

WAITS = Layout(
    "waits.csv",
    "the waits",
    {"waiting": "amount", "within": "share", "p92": "floor", "change": "signed", "word": "mixed", "pct": "percent"},
    keys=("month", "group"),
    period="month",
    form="month",
    texts=("source",),
)


def waits_row(month: str, group: str, **changes: object) -> dict[str, object]:
    row: dict[str, object] = {"month": month, "group": group, "waiting": 100, "within": 0.5, "p92": "40.5"}
    return row | {"change": -3, "word": "2.5", "pct": 61, "source": "NHS England, monthly"} | changes


ROWS = [
    waits_row("2025-12", "adult"),
    waits_row("2025-12", "cyp", waiting="", p92="52+", word="flat"),
    waits_row("2026-01", "adult", waiting=110),
    waits_row("2026-01", "cyp", waiting=30),
]


def read(folder: Path, rows: list[dict[str, object]] = ROWS, layout: Layout = WAITS) -> SeriesTable:
    write_table(folder / layout.file, rows)
    return read_table(folder, layout)


def test_values_by_measure_period_and_key(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert table.periods == ("2025-12", "2026-01")
    assert table.options("group") == ("adult", "cyp")
    assert table.value("waiting", "2026-01", group="cyp") == 30
    assert table.columns["change"].tolist() == [-3, -3, -3, -3]
    assert dict(table.series("waiting", group="adult")) == {"2025-12": 100, "2026-01": 110}
    assert table.texts["source"][0] == "NHS England, monthly"
    assert table.layout.name == "waits"


def test_blanks_floors_and_words_are_unknown_numbers(tmp_path: Path) -> None:
    table = read(tmp_path)
    for measure in ("waiting", "p92", "word"):
        assert np.isnan(table.value(measure, "2025-12", group="cyp"))
    assert list(table.floors) == ["p92"]
    assert table.floors["p92"][1] == 52
    assert np.isnan(table.floors["p92"][0])
    assert table.texts["word"] == ("2.5", "flat", "2.5", "2.5")
    assert dict(table.series("waiting", group="cyp")) == {"2026-01": 30}


def test_questions_that_have_no_answer(tmp_path: Path) -> None:
    table = read(tmp_path)
    with pytest.raises(InputError, match=r'no such measure in waits.*"waiting"'):
        table.value("waitin", "2026-01", group="cyp")
    with pytest.raises(InputError, match="no such month"):
        table.value("waiting", "2026-02", group="cyp")
    with pytest.raises(InputError, match=r'no such group.*"adult"'):
        table.series("waiting", group="adults")
    with pytest.raises(InputError, match="no such key"):
        table.value("waiting", "2026-01", age="cyp")
    with pytest.raises(InputError, match="2 rows match"):
        table.value("waiting", "2026-01")


def test_a_table_of_one_time_has_no_periods(tmp_path: Path) -> None:
    layout = Layout("boards.csv", "the boards", {"people": "amount"}, keys=("code",))
    table = read(tmp_path, [{"code": "QHM", "people": 5, "source": "ONS"}], layout)
    assert table.periods == ()
    assert table.value("people", code="QHM") == 5
    for ask in (lambda: table.value("people", "2026-01"), lambda: table.series("people")):
        with pytest.raises(InputError, match="has no periods"):
            ask()


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (waits_row("2026-01", "cyp"), "a row is there twice"),
        (waits_row("2026-03", "cyp"), "not in order"),
        (waits_row("2025-11", "cyp"), "not in order"),
        (waits_row("2026-13", "cyp"), "no such period"),
        (waits_row("", "cyp"), "blank"),
        (waits_row("2026-02", "cyp", waiting="many"), "not a number"),
        (waits_row("2026-02", "cyp", waiting="52+"), "not a number"),
        (waits_row("2026-02", "cyp", waiting=-1), "out of range"),
        (waits_row("2026-02", "cyp", within=61.5), "out of range"),
        (waits_row("2026-02", "cyp", pct=101), "out of range"),
        (waits_row("2026-02", "cyp", word="2,5"), "not a number"),
    ],
)
def test_wrong_rows(tmp_path: Path, row: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read(tmp_path, [*ROWS, row])
    assert caught.value.where == f"{tmp_path / 'waits.csv'}:6"


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ("quarter_end", ("2025-12-31", "2026-03-31"), ("2026-03-31", "2026-09-30")),
        ("year", ("2008/09", "2009/10"), ("2008/09", "2010/11")),
        ("year", ("1999/00",), ("2008/10",)),
        ("quarter_end", ("2026-03-31",), ("2026-04-30",)),
        ("text", ("2025/26 H1", "long run", "2009/10"), ("",)),
    ],
)
def test_forms_of_periods(tmp_path: Path, form: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
    layout = Layout("x.csv", "the series", {"n": "amount"}, keys=("when",), period="when", form=form)
    table = read(tmp_path, [{"when": p, "n": 1, "source": "s"} for p in good], layout)
    assert table.periods == good
    with pytest.raises(InputError, match=r"no such period|not in order|blank"):
        read(tmp_path, [{"when": p, "n": 1, "source": "s"} for p in bad], layout)


def test_gaps_are_allowed_where_the_layout_says_so(tmp_path: Path) -> None:
    layout = Layout("x.csv", "it", {"n": "amount"}, keys=("month",), period="month", form="month", steady=False)
    rows = [{"month": m, "n": 1, "source": "s"} for m in ("2022-11", "2026-01")]
    assert read(tmp_path, rows, layout).periods == ("2022-11", "2026-01")


def test_missing_column_is_named_with_its_nearest_match(tmp_path: Path) -> None:
    rows = [{("waitng" if k == "waiting" else k): v for k, v in r.items()} for r in ROWS]
    with pytest.raises(InputError, match="column 'waiting' is missing") as caught:
        read(tmp_path, rows)
    assert caught.value.found == "waitng"


def test_cut_short_encoding_and_no_rows(tmp_path: Path) -> None:
    path = write_table(tmp_path / "waits.csv", ROWS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    with pytest.raises(InputError, match="has no end"):
        read_table(tmp_path, WAITS)
    path.write_bytes(whole[: whole.index(b"2026-01") + 9] + b"\n")
    with pytest.raises(InputError, match="wrong number of cells"):
        read_table(tmp_path, WAITS)
    path.write_bytes(whole.replace(b"NHS England", "Büro".encode("cp1252")))
    with pytest.raises(InputError, match="not text in the expected encoding"):
        read_table(tmp_path, WAITS)
    path.write_bytes(whole.splitlines(keepends=True)[0])
    with pytest.raises(InputError, match="no rows"):
        read_table(tmp_path, WAITS)


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_layouts_are_sound_and_read_a_file_of_their_own(tmp_path: Path, name: str) -> None:
    layout = LAYOUTS[name]
    period = {"month": "2026-01", "quarter_end": "2026-03-31", "year": "2025/26", "text": "recent"}
    row: dict[str, object] = dict.fromkeys(layout.columns, "x") | dict.fromkeys(layout.numbers, "0.5")
    if layout.period:
        row[layout.period] = period[layout.form]
    write_table(tmp_path / layout.file, [row])
    table = read_series(tmp_path, name)
    assert len(set(layout.columns)) == len(layout.columns)
    assert layout.form in PERIODS
    assert set(layout.numbers.values()) <= set(KINDS)
    assert not layout.period or layout.period in layout.keys
    assert [values.tolist() for values in table.columns.values()] == [[0.5]] * len(layout.numbers)
    for column in layout.columns:
        write_table(tmp_path / layout.file, [{k: v for k, v in row.items() if k != column}])
        with pytest.raises(InputError, match=f"column '{column}' is missing"):
            read_series(tmp_path, name)


def test_unknown_table_and_tables_with_another_reader(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='Did you mean "ae_monthly"'):
        read_series(tmp_path, "ae_month")
    with pytest.raises(InputError, match=r"read by series\.read_rtt_monthly"):
        read_series(tmp_path, "rtt_monthly")
    assert not set(LAYOUTS) & set(SPECIALISED)
