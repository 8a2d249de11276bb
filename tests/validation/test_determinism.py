"""Same scenario and seed, same bytes: in a second process, with another hash seed, on one worker or two."""

import os
import subprocess
import sys

import pytest

from aft_sim.study.runner import run_pairs
from worlds import date, same, scenario

pytestmark = pytest.mark.validation

CODE = """
import hashlib, sys
from datetime import date
from aft_sim.spec.scenario import load_scenario
from aft_sim.spec.draws import CENTRAL
from aft_sim.study.execute import run_once
run = run_once(load_scenario("aft-wide"), 4, CENTRAL, date(2026, 6, 30))
digest = hashlib.sha256()
for name in sorted(run.tables):
    for column in run.tables[name].columns:
        digest.update(str(column.to_pylist()).encode())
print(digest.hexdigest())
"""


def test_bytes_do_not_depend_on_the_process_or_its_hash_seed():
    found = set()
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        found.add(done.stdout.strip())
    assert len(found) == 1


@pytest.mark.slow
def test_code_just_compiled_and_code_from_the_cache_give_the_same_bytes(tmp_path):
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    found = [
        subprocess.run([sys.executable, "-c", CODE], env=env, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    assert list(tmp_path.rglob("*_advance_rows*.nbi")), "the first run compiled nothing"
    assert found[0] == found[1]


def test_workers_do_not_matter():
    scenarios = [scenario("baseline"), scenario("no-aft")]
    one = run_pairs(scenarios, [1, 2], until=date(2026, 4, 30), workers=1)
    two = run_pairs(scenarios, [2, 1], until=date(2026, 4, 30), workers=2)
    assert [r.key for r in one] == [r.key for r in two]
    assert all(same(dict(a.tables), dict(b.tables)) for a, b in zip(one, two, strict=True))
