"""The packaged baseline: complete, consistent, and clear about what is wrong with another one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from aft_sim.baseline import bundle, tables
from aft_sim.basis.errors import InputError

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def b():
    return bundle.load()


@pytest.fixture
def copy(tmp_path) -> Path:
    return Path(shutil.copytree(tables.FOLDER, tmp_path / "mine"))


class TestAxes:
    def test_trusts_and_providers_point_at_each_other(self, b):
        listed = np.flatnonzero(b.provider_trust >= 0)
        for provider in listed:
            assert b.trusts.code[b.provider_trust[provider]] == b.provider_code[provider]
        assert b.trust_provider[b.provider_trust[listed]].tolist() == listed.tolist()
        assert (b.trust_provider[b.trust_provider >= 0] < len(b.provider_code)).all()
        assert (b.trust_provider >= 0).sum() == listed.size

    def test_the_independent_sector_is_one_provider_for_each_icb(self, b):
        others = [c for c, t in zip(b.provider_code, b.provider_trust, strict=True) if t < 0]
        assert all(c.startswith("IS-") and c[3:] in b.icb_code for c in others)
        assert b.row_is_trust.sum() == sum(b.provider_trust[p] >= 0 for p in b.row_provider)

    def test_rows_are_in_order_and_every_one_has_entries(self, b):
        keys = list(zip(b.row_provider.tolist(), b.row_function, strict=True))
        assert keys == sorted(set(keys))
        assert (np.diff(b.entry_row) >= 0).all()
        assert set(b.entry_row.tolist()) == set(range(b.n_rows))
        assert b.entry_icb.max() == len(b.icb_code)

    def test_sizes(self, b):
        assert len(b.icb_code) == 36 and b.population.shape == (36, 5)
        assert b.waiting.shape == (b.n_rows, 2, 105)
        assert b.priorities.by_row(b.row_group).shape == (2, b.n_rows, 105)


class TestContent:
    def test_people_are_whole_and_england_is_the_published_list_with_estimates(self, b):
        assert (b.waiting == np.rint(b.waiting)).all() and b.waiting.min() >= 0
        assert b.waiting[:, 0].sum() == 7_247_214

    def test_lists_by_residence_are_the_lists(self, b):
        by_row = np.bincount(b.entry_row, b.entry_waiting, b.n_rows)
        people = b.waiting.sum((1, 2))
        assert by_row[b.row_is_trust] == pytest.approx(people[b.row_is_trust], rel=1e-5, abs=0.5)
        # the independent sector's lists are divided between ICBs and then rounded to whole people, cell by cell
        assert by_row.sum() == pytest.approx(people.sum(), abs=1.0)
        assert np.abs(by_row - people).max() <= 15
        outside = b.entry_icb == len(b.icb_code)
        assert b.entry_waiting[outside].sum() == pytest.approx(b.waiting[:, 1].sum(), abs=0.5)

    def test_every_row_balances(self, b):
        assert b.starts * (1 - b.removal_share) == pytest.approx(b.admitted + b.non_admitted, rel=1e-9)
        assert min(b.starts.min(), b.admitted.min(), b.non_admitted.min()) >= 0

    def test_rates_lie_where_they_can(self, b):
        rate = b.priorities.by_row(b.row_group)
        assert rate.min() > 0 and rate.max() <= 0.8
        mix = b.trusts.catchment[np.isfinite(b.trusts.catchment).all(axis=1)]
        assert mix.sum(axis=1) == pytest.approx(np.ones(len(mix)), abs=1e-3)


class TestTrust:
    def test_by_code(self, b):
        assert b.trusts.name[b.trust("RTF")].upper().startswith("NORTHUMBRIA")

    def test_a_wrong_code_names_the_nearest(self, b):
        with pytest.raises(InputError, match="no such NHS trust") as error:
            b.trust("RTFF", "mine.toml:3")
        assert error.value.where == "mine.toml:3" and "RTF" in (error.value.hint or "")


class TestOtherFolders:
    def test_a_copy_is_the_same_baseline(self, b, copy):
        other = bundle.load(copy)
        assert other.hash == b.hash == bundle.folder_hash(copy)
        assert (other.waiting == b.waiting).all()

    def test_the_hash_sees_every_table(self, b, copy):
        table = pq.read_table(copy / "targets.parquet")
        pq.write_table(table.slice(0, 1), copy / "targets.parquet")
        assert bundle.folder_hash(copy) != b.hash

    def test_no_such_folder(self, tmp_path):
        with pytest.raises(InputError, match="no such folder"):
            bundle.load(tmp_path / "nowhere")

    def test_a_table_is_missing(self, copy):
        (copy / "season.parquet").unlink()
        with pytest.raises(InputError, match="a table of the baseline is missing") as error:
            bundle.load(copy)
        assert "season.parquet" in (error.value.where or "")

    def test_a_table_is_broken(self, copy):
        (copy / "icbs.parquet").write_bytes(b"not a table")
        with pytest.raises(InputError, match="cannot be read"):
            bundle.load(copy)

    def test_the_summary_is_missing_or_broken(self, copy):
        (copy / "build.json").write_text("{", encoding="utf-8")
        with pytest.raises(InputError, match="cannot be read"):
            bundle.load(copy)
        (copy / "build.json").unlink()
        with pytest.raises(InputError, match="is missing"):
            tables.read_json(copy, "build")


class TestWriting:
    COLUMNS = {"code": ["RTF", None], "value": np.array([1.5, np.nan]), "n": np.array([3, 4], np.int16)}  # noqa: RUF012

    def test_what_is_written_is_read(self, tmp_path):
        tables.write(tmp_path, "mine", self.COLUMNS)
        got = tables.read(tmp_path, "mine")
        assert got["code"] == ["RTF", None]
        assert got["value"][0] == 1.5 and np.isnan(got["value"][1])
        assert got["n"].tolist() == [3, 4]

    def test_the_same_bytes_every_time_with_the_licence_inside(self, tmp_path):
        tables.write(tmp_path, "one", self.COLUMNS)
        tables.write(tmp_path, "two", self.COLUMNS)
        assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
        assert b"Open Government Licence" in (tmp_path / "one.parquet").read_bytes()

    def test_json_is_sorted(self, tmp_path):
        tables.write_json(tmp_path, "mine", {"b": 1, "a": [1.5]})
        assert (tmp_path / "mine.json").read_text(encoding="utf-8").index('"a"') < 10
        assert tables.read_json(tmp_path, "mine") == {"a": [1.5], "b": 1}

    def test_single_precision(self):
        assert tables.float32([1.0, 2.0]).dtype == np.float32
