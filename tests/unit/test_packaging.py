"""What is shipped: one version, small tables with their attribution, documents whose commands and files are right."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import aft_sim
from aft_sim.baseline import bind, bundle
from aft_sim.baseline.tables import ATTRIBUTION
from aft_sim.spec.levers import levers
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import load_scenario, shipped_scenarios

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "src" / "aft_sim" / "baseline" / "tables"
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
TOML_BLOCK = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)

#: What no file may say: paths of somebody's machine, addresses of package registries, numbers of somebody's tracker.
#: Written in pieces, so that this file may be read like any other.
_TOPS = ("ro" + "ot", "ho" + "me", "wo" + "rk", "tm" + "p/w")
_HOSTS = ("py" + r"pi\.", "python" + "hosted", "npm" + r"js\.", "deb" + r"ian\.org")
NOT_OURS = {
    "a path of a machine": re.compile("|".join(f"/{top}/" for top in _TOPS)),
    "a folder outside the checkout": re.compile(r"\.\./sha" + "red"),
    "a package registry": re.compile("|".join(_HOSTS), re.IGNORECASE),
    "a number of a tracker": re.compile(r"\bissue" + r"s? #?\d", re.IGNORECASE),
}
#: The one place that may look beside the checkout: the script of continuous integration.
ALLOWED = {(".ci/run", "a folder outside the checkout")}


def files_of_the_repository() -> list[Path]:
    """Everything git tracks or would track."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def command(name: str) -> list[str]:
    """Commands of the README between the marks of a name, by the same rule as `.ci/run`."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^<!-- {name}: begin -->$(.*?)^<!-- {name}: end -->$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1, f"marks of {name}"
    return [line for line in blocks[0].splitlines() if line.strip() and not line.startswith("```")]


def toml_blocks() -> list[tuple[str, list[str]]]:
    """Scenario files printed in each document; entries of the register are the other TOML there is."""
    found = [(path.name, TOML_BLOCK.findall(path.read_text(encoding="utf-8"))) for path in DOCUMENTS]
    return [(name, [block for block in blocks if not block.startswith("[[parameter]]")]) for name, blocks in found]


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    cited = re.findall(r"^version: [\"']?([^\"'\n]+)", citation, re.MULTILINE)
    assert project["version"] == aft_sim.__version__
    assert cited == [aft_sim.__version__]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changes
    assert "### Results changed" in changes


def test_constraints_name_versions_only() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    pin = re.compile(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*( ; [a-z_]+ [<>=]+ \"[a-z0-9.]+\")?")
    assert [line for line in pins if not pin.fullmatch(line)] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["test"]]
    wanted += project["build-system"]["requires"]
    pinned = {re.split("==", line)[0].lower() for line in pins}
    assert {re.split(r"[<>=!~ ]", name)[0].lower() for name in wanted} <= pinned


def test_tables_are_small_and_attributed() -> None:
    tables = sorted(TABLES.glob("*.parquet"))
    assert tables
    assert sum(path.stat().st_size for path in TABLES.iterdir()) < 5_000_000
    licence = {path.name: (pq.read_schema(path).metadata or {}).get(b"licence", b"").decode() for path in tables}
    assert licence == dict.fromkeys(licence, ATTRIBUTION)
    assert bundle.load().summary["licence"] == ATTRIBUTION
    named = (ROOT / "DATA-LICENCE.md").read_text(encoding="utf-8")
    for text in (named, (ROOT / "README.md").read_text(encoding="utf-8")):
        assert ATTRIBUTION in " ".join(text.replace("\n> ", "\n").split())
    assert [path.stem for path in tables if f"`{path.stem}`" not in named] == []


@pytest.mark.parametrize("name", ["demo", "tests"])
def test_readme_gives_each_command_once(name: str) -> None:
    lines = command(name)
    assert len(lines) == 1
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.count(lines[0]) == 1
    assert lines[0].startswith("python3 -m venv ")
    assert "-c constraints.txt" in lines[0]


def test_documents_print_scenarios_that_load(tmp_path: Path) -> None:
    found = 0
    for document, blocks in toml_blocks():
        folder = tmp_path / document
        folder.mkdir()
        paths = []
        for block in blocks:
            name = tomllib.loads(block)["name"]
            assert name not in shipped_scenarios(), f"{document}: an example hides the shipped scenario {name}"
            paths.append(folder / f"{name}.toml")
            paths[-1].write_text(block, encoding="utf-8")
        for path in paths:
            scenario = load_scenario(path)
            plan = bind.bind(scenario, bundle.load())
            assert plan.scenario.name == path.stem
            found += 1
    assert found >= 5


def test_documents_name_parameters_and_levers_that_exist() -> None:
    register = Register.load()
    known = {*register, *levers()}
    tables = {name.split(".")[0] for name in register} | {name.split(".")[0] for name in levers()}
    families = {name.rsplit(".", depth)[0] for name in known for depth in (1, 2)}
    unknown = []
    for path in DOCUMENTS:
        for name in re.findall(r"`([a-z_]+(?:\.[a-z_0-9*]+)+)`", path.read_text(encoding="utf-8")):
            stem = name.removesuffix(".*")
            file = name.endswith((".py", ".json", ".toml", ".md", ".csv", ".txt"))
            if name.split(".")[0] in tables and not file and stem not in known and stem not in families:
                unknown.append(f"{path.name}: {name}")
    assert unknown == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in [*DOCUMENTS, ROOT / "CHANGELOG.md", ROOT / "DATA-LICENCE.md"]:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                broken.append(f"{path.name}: {target}")
    assert broken == []


def test_no_file_speaks_of_a_machine_or_a_tracker() -> None:
    found = []
    for path in files_of_the_repository():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        for what, pattern in NOT_OURS.items():
            hit = pattern.search(text)
            if hit and (name, what) not in ALLOWED:
                found.append(f"{name}: {what} ({hit[0]})")
    assert found == []


@pytest.mark.slow
def test_the_wheel_holds_scenarios_and_tables(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--quiet", "--wheel-dir", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, text=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith(".dist-info/METADATA"))).decode()
    for path in shipped_scenarios().values():
        assert f"aft_sim/_shipped/scenarios/{path.name}" in names
    for path in TABLES.iterdir():
        assert f"aft_sim/baseline/tables/{path.name}" in names
    for path in (ROOT / "src" / "aft_sim" / "spec" / "tables").glob("*.toml"):
        assert f"aft_sim/spec/tables/{path.name}" in names
    licences = {Path(n).name for n in names if ".dist-info/licenses/" in n}
    assert licences == {"LICENSE", "DATA-LICENCE.md"}
    assert f"Version: {aft_sim.__version__}" in metadata
    assert not [n for n in names if n.startswith("tests/") or n.endswith((".nbi", ".nbc"))]
    assert wheel.stat().st_size < 5_000_000
