"""The instructions for adding a lever and a parameter work as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^`(\S+)`\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    text = (ROOT / "docs" / "how-to-add-a-lever.md").read_text(encoding="utf-8")
    return dict(BLOCK.findall(text))


@pytest.fixture(scope="module")
def copy(files: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the files of the instructions in it."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scenarios", folder / "scenarios")
    for path, content in files.items():
        assert not (ROOT / path).exists(), f"{path} exists: choose another example"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    return folder


def run(copy: Path, *args: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(copy / "src"), "COLUMNS": "120"}
    return subprocess.run([sys.executable, *args], cwd=copy, env=env, capture_output=True, text=True, timeout=120)


def aft_sim(copy: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return run(copy, "-c", "from aft_sim.cli import main; main()", *args)


def test_each_is_one_file_and_one_test(files: dict[str, str]) -> None:
    assert [Path(path).name for path in files] == ["register_sprints.toml", "waits.py", "test_waits_levers.py"]


def test_the_test_passes(copy: Path) -> None:
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore", "tests/unit/test_waits_levers.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_lever_is_known_everywhere(copy: Path) -> None:
    shown = aft_sim(copy, "show", "waits.validation_sprint")
    assert shown.returncode == 0, shown.stderr
    assert "Trusts are paid" in shown.stdout
    assert '"sprint_from"' in aft_sim(copy, "show", "schema").stdout
    (copy / "s.toml").write_text(
        'schema = 1\nname = "s"\nextends = "baseline"\ntitle = "S"\n[waits]\nvalidation_sprint = true\n'
    )
    difference = aft_sim(copy, "diff", "baseline", "s.toml")
    assert difference.returncode == 0, difference.stderr
    assert "waits.validation_sprint" in difference.stdout
    assert "s.toml:6" in difference.stdout


def test_the_parameter_is_known(copy: Path) -> None:
    shown = aft_sim(copy, "show", "sprints.validated_share")
    assert shown.returncode == 0, shown.stderr
    assert "0.12 to 0.3" in shown.stdout
