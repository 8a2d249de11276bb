"""Another Python gives the same England: needs a file of figures written by `tests/reference_run.py` elsewhere."""

from __future__ import annotations

import json
import math
import os
import runpy
from pathlib import Path

import pytest

pytestmark = pytest.mark.validation

REFERENCE = os.environ.get("AFT_SIM_REFERENCE")
#: Largest relative difference between two Pythons with the same numerical libraries.
TOLERANCE = 1e-12


@pytest.mark.skipif(not REFERENCE, reason="AFT_SIM_REFERENCE names no file of figures of another Python")
def test_the_same_england_on_another_python() -> None:
    """26 weeks of the baseline, seed 1: every figure agrees to 1e-12."""
    expected = json.loads(Path(str(REFERENCE)).read_text(encoding="utf-8"))["figures"]
    script = runpy.run_path(str(Path(__file__).parents[1] / "reference_run.py"))
    found = script["england"]()
    assert found["weeks"] == script["WEEKS"]
    assert sorted(found) == sorted(expected)
    assert all(math.isfinite(value) for value in found.values())
    different = {
        name: (expected[name], found[name])
        for name in expected
        if not math.isclose(found[name], expected[name], rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    }
    assert different == {}
