"""Where results come from: what a run depends on, and what it was made with."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import aft_sim
from aft_sim.outcomes.kept import Kept
from aft_sim.spec.draws import Draw

SCHEMA_VERSION = 2
"""Version of the layout of a study folder."""

_PACKAGES = ("aft-sim", "mesa", "numpy", "scipy", "numba", "pyarrow", "pydantic")
#: Tables whose content counts by the register's own hash, or not at all.
_REGISTER_TABLES = ("register", "correlations.toml", "excluded.toml")
_MODEL_PARTS = (
    "basis",
    "spec",
    "baseline",
    "mechanisms",
    "policy",
    "agents",
    "outcomes",
    "world.py",
    "model.py",
    "study/execute.py",
)


@dataclass(frozen=True)
class Inputs:
    """Everything besides scenario, draw and seed that a run's numbers depend on.

    Attributes:
        until: last day of the runs (ISO date), None where the runs were not made by the runner.
        code: hash of the source of the model's own modules.
        register: hash of what the model reads from the register and of the other tables of `spec`; words, sources and
            parameters that nothing reads yet do not count.
        baseline: hash of the baseline's tables.
        keep: what is kept of a run, as `Kept.text` says it; everything if empty.
    """

    until: str | None = None
    code: str = ""
    register: str = ""
    baseline: str = ""
    keep: str = ""

    @classmethod
    def current(cls, until: date, baseline: Path | None = None, kept: Kept | None = None) -> Inputs:
        """The inputs of this installation, with another baseline than the packaged one if a folder is given."""
        root = Path(aft_sim.__file__).parent
        code = [path for part in _MODEL_PARTS for path in _files(root / part, ".py")]
        return cls(
            until=until.isoformat(),
            code=_digest(root, code),
            register=_register(root),
            baseline=_tables(baseline or root / "baseline" / "tables"),
            keep=kept.text if kept else "",
        )


def _register(root: Path) -> str:
    """Hash of the register's active entries and of all other tables, such as the named sets."""
    from aft_sim.spec.register import Register

    tables = _files(root / "spec" / "tables", "")
    others = _digest(root, [file for file in tables if not file.name.startswith(_REGISTER_TABLES)])
    return hashlib.sha256(f"{Register.load().hash}\n{others}".encode()).hexdigest()


def _tables(folder: Path) -> str:
    """Hash of a baseline's tables, the same wherever they lie."""
    return _digest(folder, _files(folder, ".parquet"))


def run_hash(inputs: Inputs, scenario_hash: str, draw: Draw, seed: int) -> str:
    """Identity of a run: two runs with the same hash have the same numbers."""
    parts = [SCHEMA_VERSION, asdict(inputs), scenario_hash, draw.number, draw.hash, int(seed)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Versions of Python and of the packages results may depend on."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = aft_sim.__version__ if package == "aft-sim" else "not installed"
    return found


def machine() -> dict[str, Any]:
    """What kind of machine this is; no host or user name."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
    }


def git_commit() -> str | None:
    """Commit of the checkout the package runs from ("-dirty" if changed), None outside a checkout."""
    root = Path(aft_sim.__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None


def sha256(path: Path) -> str:
    """Checksum of a file.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(path: Path, suffix: str) -> list[Path]:
    if path.is_file():
        return [path]
    found = path.rglob(f"*{suffix}") if path.is_dir() else []
    return sorted(file for file in found if file.is_file() and "__pycache__" not in file.parts)


def _digest(root: Path, files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root).as_posix()}\0{sha256(file)}\n".encode())
    return digest.hexdigest()
