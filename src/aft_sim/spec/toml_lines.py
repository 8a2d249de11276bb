"""Where each value of a TOML text stands: a map from key paths to line numbers.

The standard reader gives values without lines. This scanner walks a text that the reader has already
accepted and notes the line of every key, table, array of tables and array element.
"""

from __future__ import annotations

from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Keys and, inside arrays, positions: ("aft", "freedoms", "approval") or ("change", 0, "value")."""

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\", "e": "\x1b"}
_SPACE = " \t"
_BLANK = " \t\r\n"


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every key path in a TOML text.

    Args:
        text: A text that `tomllib.loads` accepts; for others the result is unspecified.

    Returns:
        Lines by key path. Inside an array of tables, and inside any array, positions count from 0. A
        table that several headers or dotted keys add to has the line of its first mention.
    """
    return _Scanner(text).scan()


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a path, or of its nearest ancestor that has one, or 1."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 1


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.lines: dict[KeyPath, int] = {}
        self.lengths: dict[KeyPath, int] = {}  # tables so far in each array of tables

    def scan(self) -> dict[KeyPath, int]:
        prefix: KeyPath = ()
        self._skip_blank()
        while self.at < len(self.text):
            if self._peek() == "[":
                prefix = self._header()
            else:
                self._pair(prefix)
            self._skip_blank()
        return self.lines

    # Characters ---------------------------------------------------------------------------------

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _take(self, count: int = 1) -> str:
        taken = self.text[self.at : self.at + count]
        self.line += taken.count("\n")
        self.at += count
        return taken

    def _skip(self, characters: str) -> None:
        while self._peek() and self._peek() in characters:
            self._take()

    def _skip_blank(self) -> None:
        """Skip blanks, line ends and comments."""
        self._skip(_BLANK)
        while self._peek() == "#":
            end = self.text.find("\n", self.at)
            self._take((end if end >= 0 else len(self.text)) - self.at)
            self._skip(_BLANK)

    # Keys ---------------------------------------------------------------------------------------

    def _header(self) -> KeyPath:
        line = self.line
        array = self.text.startswith("[[", self.at)
        self._take(2 if array else 1)
        keys = self._dotted()
        self._take(2 if array else 1)
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self._enter((*path, key))
            self.lines.setdefault(path, line)
        path = (*path, keys[-1])
        self.lines.setdefault(path, line)
        if not array:
            return self._enter(path)
        self.lengths[path] = self.lengths.get(path, 0) + 1
        path = self._enter(path)
        self.lines[path] = line
        return path

    def _enter(self, path: KeyPath) -> KeyPath:
        """Return the path of the last table if `path` is an array of tables, else `path`."""
        count = self.lengths.get(path, 0)
        return (*path, count - 1) if count else path

    def _dotted(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if self._peek() != ".":
                return keys
            self._take()

    def _key(self) -> str:
        if self._peek() in ('"', "'"):
            return self._string()
        start = self.at
        while self._peek() and (self._peek().isalnum() or self._peek() in "-_"):
            self._take()
        if self.at == start:
            self._take()  # not TOML: move on rather than loop
        return self.text[start : self.at]

    def _pair(self, prefix: KeyPath) -> None:
        line = self.line
        path = prefix
        for key in self._dotted():
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._take()  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    # Values -------------------------------------------------------------------------------------

    def _value(self, path: KeyPath) -> None:
        first = self._peek()
        if first in ('"', "'"):
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._peek() and self._peek() not in ",]}#\n":
                self._take()

    def _array(self, path: KeyPath) -> None:
        self._take()
        self._skip_blank()
        position = 0
        while self._peek() and self._peek() != "]":
            self.lines[(*path, position)] = self.line
            self._value((*path, position))
            position += 1
            self._skip_blank()
            if self._peek() == ",":
                self._take()
                self._skip_blank()
        self._take()

    def _inline_table(self, path: KeyPath) -> None:
        self._take()
        self._skip_blank()
        while self._peek() and self._peek() != "}":
            self._pair(path)
            self._skip_blank()
            if self._peek() == ",":
                self._take()
                self._skip_blank()
        self._take()

    def _string(self) -> str:
        quote = self._peek()
        if self.text.startswith(quote * 3, self.at):
            return self._long_string(quote)
        self._take()
        out: list[str] = []
        while self._peek() and self._peek() != quote:
            out.append(self._escaped() if quote == '"' and self._peek() == "\\" else self._take())
        self._take()
        return "".join(out)

    def _long_string(self, quote: str) -> str:
        """Skip a string of several lines; it can only be a value, so its text does not matter."""
        self._take(3)
        while self._peek() and not self.text.startswith(quote * 3, self.at):
            self._take(2 if quote == '"' and self._peek() == "\\" else 1)
        self._take(3)
        self._skip(quote)  # up to two quotes may stand directly before the closing ones
        return ""

    def _escaped(self) -> str:
        self._take()
        mark = self._take()
        width = {"x": 2, "u": 4, "U": 8}.get(mark)
        return chr(int(self._take(width), 16)) if width else _ESCAPES.get(mark, mark)
