"""The house rules that a parser can check: floors, module and function length, no hidden randomness."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

SOURCE = Path(__file__).parents[2] / "src" / "aft_sim"
FLOORS = {
    "basis": 0,
    "spec": 1,
    "baseline": 2,
    "mechanisms": 3,
    "policy": 3,
    "schedule": 4,
    "world": 4,
    "agents": 5,
    "outcomes": 5,
    "model": 6,
    "study": 7,
    "present": 8,
    "cli": 9,
}
MODULES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_DRAWS = {"poisson", "gamma", "binomial", "choice", "shuffle", "default_rng", "shuffle_do"}


def part_of(path: Path) -> str:
    """Top-level part of the package that a file belongs to, "" for the package itself."""
    first = path.relative_to(SOURCE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Parts of aft_sim that a module imports, at any level of nesting."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "aft_sim" else [f"aft_sim.{a.name}" for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            continue
        found |= {n.split(".")[1] for n in names if n.startswith("aft_sim.")}
    return found


def test_every_part_has_a_floor() -> None:
    assert {part_of(p) for p in MODULES} - {""} == set(FLOORS)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_down(path: Path) -> None:
    part = part_of(path)
    if not part:
        return
    for other in imported(ast.parse(path.read_text(encoding="utf-8"))):
        if other in FLOORS and other != part:
            assert FLOORS[other] < FLOORS[part], f"{part} (floor {FLOORS[part]}) imports {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_modules_and_functions_stay_short_and_documented(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module needs a docstring"
    assert len(text.splitlines()) <= 500
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 80, f"{node.name} is long"
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} needs a docstring"
            for member in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    assert ast.get_docstring(member), f"{node.name}.{member.name} needs a docstring"


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_all_chance_comes_from_keyed_streams(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [a.name for a in node.names] + [getattr(node, "module", "") or ""]
            assert not {"random", "numpy.random", "secrets"} & set(names), names
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            assert owner not in {"np.random", "numpy.random", "self.random", "model.random", "self.rng"}
            assert not (node.attr in FORBIDDEN_DRAWS and owner.endswith(("rng", "random")))


def test_each_test_module_has_one_kind() -> None:
    kinds = {"unit", "property", "validation", "end_to_end"}
    for path in (Path(__file__).parents[1]).rglob("test_*.py"):
        text = path.read_text(encoding="utf-8")
        found = {k for k in kinds if f"pytest.mark.{k}" in text}
        assert len(found) == 1, f"{path.name}: {found or 'no marker'}"
