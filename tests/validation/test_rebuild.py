"""The packaged tables are what the builder makes of the official files, where those are at hand.

Set AFT_SIM_DATA to the folder of official files (docs/data.md) to run it.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from aft_sim.baseline import tables
from aft_sim.baseline.build import build

pytestmark = pytest.mark.validation

DATA = os.environ.get("AFT_SIM_DATA")


@pytest.mark.skipif(not DATA, reason="AFT_SIM_DATA names no folder of official files")
def test_packaged_tables_are_rebuilt_from_the_official_files(tmp_path):
    out = build(Path(str(DATA)), tmp_path / "tables")
    names = sorted(p.stem for p in tables.FOLDER.glob("*.parquet"))
    assert names == sorted(p.stem for p in out.glob("*.parquet"))
    for name in names:
        packaged, rebuilt = tables.read(tables.FOLDER, name), tables.read(out, name)
        assert list(packaged) == list(rebuilt)
        for column, values in packaged.items():
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                np.testing.assert_allclose(rebuilt[column], values, rtol=1e-6, atol=1e-9, err_msg=f"{name}.{column}")
            else:
                assert list(rebuilt[column]) == list(values), f"{name}.{column}"
    assert tables.read_json(out, "build")["opening"] == tables.read_json(tables.FOLDER, "build")["opening"]
