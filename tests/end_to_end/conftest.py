"""`aft-sim` as a user runs it, in an empty folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aft_sim.cli.app import app

#: Short horizon of the runs in these tests.
UNTIL = "2026-09"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def flat(self) -> str:
        """Everything printed, in one line, so that wrapping does not matter."""
        return " ".join((self.out + " " + self.err).split())

    def json(self) -> Any:
        """The output as JSON."""
        return json.loads(self.out)


Cli = Callable[..., Ended]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run a command in this process and an empty folder; a traceback fails the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*args: str) -> Ended:
        result = CliRunner().invoke(app, list(args))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def inside() -> Cli:
    """Run a command in this process wherever it stands, for what several tests share; all paths have to be whole."""

    def run(*args: str) -> Ended:
        result = CliRunner().invoke(app, list(args))
        return Ended(result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture(scope="session")
def shell() -> Cli:
    """Run the installed command in a process of its own: `shell(folder, *args)`."""

    def run(folder: Path, *args: str) -> Ended:
        env = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "PYTHONPATH")}
        command = [sys.executable, "-c", "from aft_sim.cli import main; main()", *args]
        done = subprocess.run(
            command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", timeout=300
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def study(shell: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stored study of two pairs, made by two workers."""
    folder = tmp_path_factory.mktemp("study") / "runs"
    args = ("compare", "aft-wide", "--vs", "no-aft", "--seeds", "2", "--until", UNTIL, "--workers", "2")
    ended = shell(folder.parent, *args, "--out", str(folder))
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    return folder
