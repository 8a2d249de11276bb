"""No default table or chart shows trusts by status as levels, nor holders before and after.

Who holds the status was chosen for being better, and who is at the top comes down by itself: such levels would be read
as what the status does. They are in CSV and JSON files, and in charts and league tables that are asked for by name. In
this made-up study every level of a treated trust, in any month and world, and every level of the other trusts together
is a number that nothing else has, so that it would be seen.
"""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pyarrow as pa
import pytest
from test_comparison_groups import PLACES, with_places

from aft_sim.cli import plot
from aft_sim.cli.batch import _print as print_batch
from aft_sim.cli.compare import print_comparison
from aft_sim.outcomes import registry
from aft_sim.present.tables import write_csv
from aft_sim.study.compare import Bands, compare
from aft_sim.study.designations import SUFFIX
from aft_sim.study.result import ResultSet, ScenarioInfo

pytestmark = pytest.mark.unit

BANDS = Bands(england=0.1, trust=1.0)
TREATED, OTHERS = ("RBS", "RTF"), ("RAA", "RBB")
#: 18-week share of treated trusts without and with their freedoms, and of all other trusts.
WITHOUT, WITH, REST = 87.61, 89.93, 43.17
EVENTS = (
    ("2026-05", "RTF", "approved", "wave 1, as announced"),
    ("2026-06", "RTF", "designated", ""),
    ("2026-07", "RBS", "assessed", "wave 2"),
    ("2026-07", "RAA", "near miss", "wave 2: segment"),
    ("2027-01", "RBS", "approved", "wave 2"),
    ("2027-02", "RBS", "designated", ""),
)


def levels(run, with_freedoms: bool):
    """The run with the shares above; England follows from them, so that it is not the others' level."""
    rows = run.tables["trust"].to_pylist()
    for row in rows:
        held = WITH if with_freedoms and row["month"] >= "2026-06" else WITHOUT
        row["within_18"] = row["list"] * (held if row["trust"] in TREATED else REST) / 100
    trust = pa.Table.from_pylist(rows, schema=registry.LEVELS["trust"].schema)
    sums: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        total = sums.setdefault((row["month"], row["quintile"]), [0.0, 0.0])
        total[0] += row["list"]
        total[1] += row["within_18"]
    england = run.tables["england"].to_pylist()
    for row in england:
        people, below = sums[row["month"], row["quintile"]]
        share = below / people if row["basis"] != "independent" else 0.7  # nobody there holds it
        row["within_18"], row["within_18_share"] = row["list"] * share, 100 * share
    table = pa.Table.from_pylist(england, schema=registry.LEVELS["england"].schema)
    return dataclasses.replace(run, tables={**run.tables, "trust": trust, "england": table})


@pytest.fixture(scope="module")
def study(make_study) -> ResultSet:
    plain = make_study(seeds=2, noise=0.0, wobble=0.0, scale=30.0)
    told = [dict(zip(("month", "trust", "event", "detail"), row, strict=True)) | {"value": 1.0} for row in EVENTS]
    events = pa.Table.from_pylist(told, schema=registry.LEVELS["events"].schema)
    runs = []
    for run in plain:
        ours = run.scenario == "policy"
        made = levels(run, ours)
        kept = events if ours else events.slice(0, 0)
        runs.append(dataclasses.replace(made, tables={**made.tables, "events": kept}))
        if ours:
            again = levels(run, False)
            tables = {**again.tables, "events": events.slice(0, 0)}
            runs.append(dataclasses.replace(again, scenario=f"policy-{SUFFIX}", tables=tables))
    infos = {**plain.scenarios, f"policy-{SUFFIX}": ScenarioInfo(f"policy-{SUFFIX}", "Again", "h", {}, None, "policy")}
    return with_places(dataclasses.replace(plain, runs=tuple(runs), scenarios=infos))


def seen(text: str) -> set[float]:
    """Which of the levels stand in a text, to one decimal or more."""
    found = {float(number) for number in re.findall(r"\d+\.\d+", text)}
    return {level for level in (WITHOUT, WITH, REST) if any(abs(number - level) < 0.06 for number in found)}


def drawn(chart) -> set[float]:
    """Which of the levels a chart draws or tells."""
    texts = [*(text.get_text() for axes in chart.figure.axes for text in axes.texts), chart.alt]
    texts += [text.get_text() for text in chart.figure.texts]
    values: list[float] = []
    for axes in chart.figure.axes:
        for line in axes.lines:
            values += [*np.ravel(line.get_xdata(orig=False)), *np.ravel(line.get_ydata(orig=False))]
        for collection in axes.collections:
            offsets = np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan)
            values += [*np.ravel(offsets), *(x for path in collection.get_paths() for x in np.ravel(path.vertices))]
    there = {level for level in (WITHOUT, WITH, REST) if any(abs(float(x) - level) < 0.02 for x in values)}
    return there | seen(" ".join(texts))


def test_the_made_up_levels_are_there_to_be_seen(study, tmp_path):
    found = compare(study, "policy", "baseline", bands=BANDS, places=PLACES)
    assert found.row("treated").paired.baseline == pytest.approx(WITHOUT, abs=1e-3)
    assert found.row("treated").paired.policy == pytest.approx(WITH, abs=1e-3)
    assert found.row("others").paired.baseline == pytest.approx(REST, abs=0.3)
    assert not seen(f"{found.row('england').paired.baseline:.2f} {found.row('england').paired.policy:.2f}")
    # files have them, and so does a chart that is asked for by name
    main, *_ = write_csv(found, tmp_path / "effect.csv")
    assert {WITHOUT, WITH} <= seen(main.read_text(encoding="utf-8"))
    assert drawn(plot.draw(study, "fan", "policy", "baseline", "within_18_share", None, "treated")) >= {WITHOUT, WITH}


@pytest.mark.parametrize("by", [(), ("status",)], ids=["all", "status"])
def test_no_default_table_shows_them(study, capsys, monkeypatch, by):
    monkeypatch.setenv("COLUMNS", "200")  # cells of narrow tables are broken between words
    found = compare(study, "policy", "baseline", bands=BANDS, by=by, places=PLACES)
    assert found.fair is not None and len(found.fair.parts) == 3 and found.fair.near is not None
    print_comparison(found, found.rows)
    text = " ".join(capsys.readouterr().out.split())
    for words in ("Treated trusts", "Near misses of the same waves", "told apart", "The programme by rules"):
        assert words in text, text
    assert not seen(text), text


def test_a_batch_shows_none_of_them(study, capsys, tmp_path):
    class Named:
        """As much of an experiment as its page needs."""

        name, title, versus = "made-up", "Made up", study.scenarios["baseline"]

    print_batch(Named(), study, tmp_path)
    text = capsys.readouterr().out
    assert "policy" in text and SUFFIX not in text and not seen(text)


@pytest.mark.parametrize("chart", [name for name in plot.CHARTS if name not in plot.OF_THEIR_OWN])
def test_no_default_chart_shows_them(study, chart):
    assert not drawn(plot.draw(study, chart, None, None, "within_18_share", None, plot.ENGLAND))
