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
#: Tables about trusts, whose figures follow from the files without any balancing: they agree to the last digits.
OF_TRUSTS = {"trusts", "facts", "estimates", "totals", "catchments", "icbs"}


@pytest.mark.skipif(not DATA, reason="AFT_SIM_DATA names no folder of official files")
def test_packaged_tables_are_rebuilt_from_the_official_files(tmp_path):
    out = build(Path(str(DATA)), tmp_path / "tables")
    names = sorted(p.stem for p in tables.FOLDER.glob("*.parquet"))
    assert names == sorted(p.stem for p in out.glob("*.parquet"))
    assert set(names) >= OF_TRUSTS
    for name in names:
        rtol, atol = (1e-12, 1e-12) if name in OF_TRUSTS else (1e-6, 1e-9)
        packaged, rebuilt = tables.read(tables.FOLDER, name), tables.read(out, name)
        assert list(packaged) == list(rebuilt)
        for column, values in packaged.items():
            if isinstance(values, np.ndarray) and values.dtype.kind == "f":
                np.testing.assert_allclose(rebuilt[column], values, rtol, atol, err_msg=f"{name}.{column}")
            else:
                assert list(rebuilt[column]) == list(values), f"{name}.{column}"
    assert tables.read_json(out, "build")["opening"] == tables.read_json(tables.FOLDER, "build")["opening"]
