"""Scenario files on disk: finding, reading and following `extends`, with the line of every value."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
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
    """Return the scenarios that come with aft-sim, by name.

    They stand in `scenarios/` of a checkout and in `aft_sim/_shipped/scenarios` of an installed wheel.
    """
    installed = _PACKAGE / "_shipped" / "scenarios"
    folder = installed if installed.is_dir() else _PACKAGE.parents[1] / "scenarios"
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def read_chain(reference: str | Path) -> tuple[list[Layer], list[InputError]]:
    """Read a scenario file and all it extends.

    Args:
        reference: Name of a shipped scenario, or a path (it contains a separator or ends in .toml).

    Returns:
        The files that could be read, base first, and the problems met on the way.
    """
    layers: list[Layer] = []
    problems: list[InputError] = []
    visited: list[Path] = []
    try:
        path = _find(reference, None, None)
        while True:
            visited.append(path.resolve())
            layer = _read(path)
            layers.insert(0, layer)
            parent = layer.table.get("extends")
            if parent is None:
                break
            place = layer.place("extends")
            if not isinstance(parent, str) or not parent.strip():
                raise InputError("extends names a scenario", where=place, found=parent, expected='such as "baseline"')
            path = _find(parent, path, place)
            if path.resolve() in visited:
                loop = " extends ".join(p.name for p in [*visited, path])
                raise InputError("scenarios extend each other in a circle", where=place, found=loop)
    except InputError as error:
        problems.append(error)
    return layers, problems


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


def _read(path: Path) -> Layer:
    """Read one file.

    Raises:
        InputError: Unreadable, not UTF-8, or not TOML, with the line.
    """
    shown = _shown(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError("the file cannot be read", where=shown, found=error.strerror) from None
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
