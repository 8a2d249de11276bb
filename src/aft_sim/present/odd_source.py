"""What only the source can tell of the model: where chance is drawn, under which keys, and which events there are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import aft_sim

#: Parts of the package in which a run draws.
PARTS = ("spec", "baseline", "mechanisms", "policy", "agents", "world.py", "model.py")
ROOTS = {"chance": "seed", "params": "draw of the parameters"}
#: Calls that tell of an event: kind in this argument.
TELLS = {"_tell": 2, "tell": 2, "Event": 2}
#: Expressions of periods and entities in words; others are shown as they stand in the source.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "0": "once",
        "week": "week",
        "month.year * 12 + month.month": "month",
        "period": "quarter",
        "year": "financial year",
        "int(year[:4])": "financial year",
        "self._year(week)": "financial year",
        "wave": "wave",
        "case.key": "wave or month of the review",
        "self._row_words": "row",
        "ids": "row",
        "self._provider_words": "provider",
        "self._ids": "trust",
        "one": "trust",
        "self._ids[i:i + 1]": "trust",
        "self._ids[trust:trust + 1]": "trust",
        "streams.words(['England'])": "England",
        "streams.words([key])": "scheme: trust, financial year, kind, round",
        "streams.words(names)": "parameter",
        "streams.words((group.name for group in wanted))": "group of correlated parameters",
        "streams.words(facts.code)": "trust",
        "codes": "provider",
    }
)
#: Purposes that come from a variable, in words, and entities whose words do not say what they are.
PURPOSES = {
    "{name}": "months of approval, months of building (the parameter's name)",
    "oversight {part}": "oversight lasting, oversight passing",
    "criterion {name}": "criterion cqc, criterion board support, criterion region support",
}
ENTITIES = {"capability": "trust", "distance from target": "board", "imputed expenditure": "trust"}


@dataclass(frozen=True)
class Draw:
    """One place where chance or ignorance is drawn.

    Attributes:
        purpose: part of the key; in braces what varies.
        root: what it changes with.
        period: part of the key.
        entities: each has a draw of its own.
        module: where.
    """

    purpose: str
    root: str
    period: str
    entities: str
    module: str


@lru_cache(maxsize=1)
def _trees() -> tuple[tuple[str, ast.Module], ...]:
    root = Path(aft_sim.__file__).parent
    files = [
        path for part in PARTS for path in sorted((root / part).rglob("*.py") if "." not in part else [root / part])
    ]
    names = [str(path.relative_to(root).with_suffix("")).replace("/", ".").replace("\\", ".") for path in files]
    return tuple((name, ast.parse(path.read_text(encoding="utf-8"))) for name, path in zip(names, files, strict=True))


def _calls() -> Iterator[tuple[str, str, ast.Call]]:
    for module, tree in _trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
                yield module, name, node


def _purpose(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part.value)}}}"
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    return f"{{{ast.unparse(node)}}}"


def _words(node: ast.expr) -> str:
    text = ast.unparse(node)
    return WORDS.get(text, f"`{text}`")


def _draw(module: str, root: str, call: ast.Call) -> Draw:
    purpose = _purpose(call.args[0])
    entities = ENTITIES.get(purpose) or _words(call.args[2])
    return Draw(PURPOSES.get(purpose, purpose), root, _words(call.args[1]), entities, module)


def draws() -> tuple[Draw, ...]:
    """Every place where a run draws, by root, then purpose."""
    found = {
        _draw(module, ROOTS[name], call) for module, name, call in _calls() if name in ROOTS and len(call.args) >= 3
    }
    return tuple(sorted(found, key=lambda d: (d.root != "seed", d.purpose)))


def event_kinds() -> tuple[str, ...]:
    """Every kind of event that a run may record, in alphabetical order."""
    told = [call.args[TELLS[name]] for _, name, call in _calls() if name in TELLS and len(call.args) > TELLS[name]]
    options = [part for node in told for part in ((node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,))]
    return tuple(
        sorted({part.value for part in options if isinstance(part, ast.Constant) and isinstance(part.value, str)})
    )
