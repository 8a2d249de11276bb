"""`import aft_sim` loads next to nothing, and public names come when they are asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

import aft_sim

pytestmark = pytest.mark.unit

HEAVY = ("numpy", "pyarrow", "numba", "mesa", "matplotlib", "pydantic", "scipy", "rich", "typer")


def fresh(code: str) -> str:
    """Output of a new Python."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, aft_sim; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert fresh(code).strip() == "[]"


def test_import_is_quick() -> None:
    code = "import time; t = time.perf_counter(); import aft_sim; print(time.perf_counter() - t)"
    assert min(float(fresh(code)) for _ in range(3)) < 0.3


def test_command_line_loads_nothing_heavy() -> None:
    heavy = [name for name in HEAVY if name not in ("rich", "typer")]
    code = f"import sys, aft_sim.cli.app; print([m for m in {heavy!r} if m in sys.modules])"
    assert fresh(code).strip() == "[]"


@pytest.mark.parametrize("name", [name for name in aft_sim.__all__ if name != "__version__"])
def test_public_names(name: str) -> None:
    assert getattr(aft_sim, name) is not None
    assert name in dir(aft_sim)


def test_public_names_are_what_they_say() -> None:
    from aft_sim.baseline import bundle
    from aft_sim.present import charts
    from aft_sim.spec.scenario import Scenario, load_scenario
    from aft_sim.study.compare import compare
    from aft_sim.study.runner import run_pairs

    assert aft_sim.load_scenario is load_scenario
    assert aft_sim.Scenario is Scenario
    assert aft_sim.run_batch is run_pairs
    assert aft_sim.compare is compare
    assert aft_sim.charts is charts
    assert aft_sim.load_baseline is bundle.load


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'run_bach'"):
        aft_sim.run_bach  # noqa: B018
