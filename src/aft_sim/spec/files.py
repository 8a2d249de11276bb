"""Scenario files on disk: finding, reading and following `extends`, with the line of every value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aft_sim.basis.errors import InputError, did_you_mean
from aft_sim.spec.toml_lines import KeyPath, key_lines, line_of

_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)")
_AT_END = "(at end of document)"
_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value was written.

    Attributes:
        file: Path of the file as shown to the user, or a description of code that set it.
        line: Line from 1; 0 where there is none.
    """

    file: str
    line: int

    def __str__(self) -> str:
        """Return "file:line"."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Layer:
    """One file of a chain, or one set of changes made in code.

    Attributes:
        file: Path as shown to the user.
        table: The content.
        lines: Line of each key path; None for changes made in code.
    """

    file: str
    table: Mapping[str, Any]
    lines: Mapping[KeyPath, int] | None

    def origin(self, *path: str | int) -> Origin:
        """Return where a key path stands (or its nearest ancestor)."""
        return Origin(self.file, 0 if self.lines is None else line_of(self.lines, path))

    def place(self, *path: str | int) -> str:
        """Return "file:line" of a key path."""
        return str(self.origin(*path))


def shipped_scenarios() -> dict[str, Path]:
    """Return the scenarios that come with aft-sim, by name."""
    return _shipped("scenarios")


def shipped_experiments() -> dict[str, Path]:
    """Return the experiments that come with aft-sim, by name."""
    return _shipped("experiments")


def _shipped(kind: str) -> dict[str, Path]:
    """Files of a kind by name: in a folder of a checkout, or in `aft_sim/_shipped` of an installed wheel."""
    installed = _PACKAGE / "_shipped" / kind
    folder = installed if installed.is_dir() else _PACKAGE.parents[1] / kind
    return {path.stem: path for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem)}


@dataclass(frozen=True)
class Junction:
    """Where several scenarios are put together.

    Attributes:
        where: Place of the key `extends`, or what put them together in code.
        child: The layer that extends them; None if that sets nothing.
        branches: Name and layers (base first) of each of them, in the order in which they apply.
        ordered: Whether the order was stated; if not, no two of them may set the same path.
    """

    where: str
    child: Layer | None
    branches: tuple[tuple[str, tuple[Layer, ...]], ...]
    ordered: bool


@dataclass
class Reading:
    """What reading a scenario file and all it extends has found.

    Attributes:
        layers: Files that could be read, each once, those extended before those that extend them.
        junctions: Where several scenarios are put together.
        problems: What was wrong.
    """

    layers: list[Layer] = field(default_factory=list)
    junctions: list[Junction] = field(default_factory=list)
    problems: list[InputError] = field(default_factory=list)


def read_chain(reference: str | Path) -> Reading:
    """Read a scenario file and all it extends.

    Args:
        reference: Name of a shipped scenario, or a path (it contains a separator or ends in .toml).
    """
    found = Reading()
    try:
        path = _find(reference, None, None)
    except InputError as error:
        found.problems.append(error)
        return found
    found.layers = _read_tree(path, (), found)
    return found


def join(branches: Iterable[Sequence[Layer]]) -> list[Layer]:
    """Put the layers of several scenarios in one row: each once, where it first stands."""
    layers: list[Layer] = []
    for branch in branches:
        layers += [layer for layer in branch if layer not in layers]
    return layers


def _read_tree(path: Path, above: tuple[Path, ...], found: Reading) -> list[Layer]:
    """Return the layers of a file, base first; `above` are the files on the way to it."""
    try:
        layer = read_layer(path)
    except InputError as error:
        found.problems.append(error)
        return []
    stated = layer.table.get("extends")
    if stated is None:
        return [layer]
    here = (*above, path.resolve())
    branches: list[tuple[str, tuple[Layer, ...]]] = []
    parents, ordered = _parents(layer, found.problems)
    for name, place in parents:
        try:
            parent = _find(name, path, place)
            if parent.resolve() in here:
                loop = " extends ".join(p.name for p in [*here[here.index(parent.resolve()) :], parent])
                raise InputError("scenarios extend each other in a circle", where=place, found=loop)
        except InputError as error:
            found.problems.append(error)
            continue
        branches.append((name, tuple(_read_tree(parent, here, found))))
    if len(branches) > 1:
        found.junctions.append(Junction(layer.place("extends"), layer, tuple(branches), ordered))
    return [*join(layers for _, layers in branches), layer]


def _parents(layer: Layer, problems: list[InputError]) -> tuple[list[tuple[str, str]], bool]:
    """Return what a file extends, each with its place, weakest first, and whether that order is stated."""
    stated, order, place = layer.table["extends"], layer.table.get("order"), layer.place("extends")
    names = stated if isinstance(stated, list) else [stated]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        problems.append(
            InputError(
                "extends names a scenario", where=place, found=stated, expected='such as "baseline", or a list of them'
            )
        )
        return [], False
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice is not None:
        problems.append(InputError("extends names a scenario twice", where=place, found=twice, expected="each once"))
        return [], False
    places = {name: layer.place("extends", i) if isinstance(stated, list) else place for i, name in enumerate(names)}
    if order is None:
        return list(places.items()), False
    if not isinstance(order, list) or len(names) < 2 or sorted(map(str, order)) != sorted(names):
        problems.append(
            InputError(
                "order lists the scenarios of extends, the later winning",
                where=layer.place("order"),
                found=order,
                expected=f"all of {names}" if len(names) > 1 else "no order where one scenario is extended",
            )
        )
        return list(places.items()), True
    return [(name, places[name]) for name in order], True


def _find(reference: str | Path, child: Path | None, where: str | None) -> Path:
    """Return the path a reference means; `child` is the file that extends it."""
    text = str(reference)
    folder = child.parent if child else Path()
    if isinstance(reference, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        path = folder / Path(text).expanduser()
        if path.is_file():
            return path
        what = "this is a folder, not a scenario file" if path.is_dir() else "there is no such scenario file"
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or did_you_mean(path.stem, shipped_scenarios())
        raise InputError(what, where=where, found=text, hint=hint)
    siblings = {p.stem: p for p in sorted(folder.glob("*.toml"))} if child else {}
    if text in siblings and child and siblings[text].resolve() != child.resolve():
        return siblings[text]
    shipped = shipped_scenarios()
    if text in shipped:
        return shipped[text]
    raise InputError(
        "there is no scenario of this name",
        where=where,
        found=text,
        expected="a file that ends in .toml, or one of " + ", ".join(shipped),
        hint=did_you_mean(text, {**shipped, **siblings}),
    )


def read_layer(path: Path) -> Layer:
    """Read one file.

    Raises:
        InputError: Unreadable, not UTF-8, or not TOML, with the line.
    """
    shown = _shown(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("the file cannot be read", where=shown, found=error.strerror) from None
    if b"\0" in data:
        raise InputError(
            "this is not a text file",
            where=shown,
            found=f"a zero byte at position {data.index(0)}",
            expected="a scenario in TOML, saved as UTF-8",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            "the file is not in UTF-8",
            where=f"{shown}:{line}",
            found=data[error.start : error.start + 1],
            hint="Save it with the encoding UTF-8.",
        ) from None
    text = text.replace("\r\n", "\n")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(str(error), shown, text) from None
    except RecursionError:
        raise InputError("the file is nested too deeply", where=shown) from None
    if not table:
        raise InputError(
            "the file is empty" if not text.strip() else "the file holds nothing but comments",
            where=shown,
            expected="a scenario",
            hint="aft-sim new NAME --extends baseline writes one to start from.",
        )
    return Layer(shown, table, key_lines(text))


def _syntax_error(message: str, shown: str, text: str) -> InputError:
    at = _AT_LINE.search(message)
    line = int(at[1]) if at else len(text.splitlines()) or 1
    written = text.splitlines()[line - 1].strip() if text.splitlines() else ""
    what = _AT_LINE.sub("", message).replace(_AT_END, "").strip()
    hint = "Texts need quotes, lists need [ ], and each key stands once." if at else None
    return InputError(f"not valid TOML: {what}", where=f"{shown}:{line}", found=written, hint=hint)


def _shown(path: Path) -> str:
    """Return a path relative to the working folder if it lies inside it."""
    whole = path.resolve()
    try:
        return str(whole.relative_to(Path.cwd()))
    except ValueError:
        return str(whole)
