"""Errors that say what was wrong, where, what is allowed and how to mend it.

Users never see a traceback for their own mistake: the command line catches the family of
`AftSimError` and prints `str(error)`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any

#: How far behind the best match another is still worth naming (likeness from 0 to 1).
_BEHIND = 0.12


class AftSimError(Exception):
    """Base of all errors that aft-sim raises on purpose.

    Attributes:
        what: What is wrong, one sentence without a full stop.
        where: "file:line", a key path, or None where no place can be named.
        found: The offending value, as the user wrote it.
        expected: What is allowed.
        hint: How to mend it, for example the nearest valid name.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        found: object = None,
        expected: str | None = None,
        hint: str | None = None,
    ) -> None:
        """Keep the parts; `str()` joins them."""
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.hint = hint

    def __str__(self) -> str:
        """Return the parts as one readable message."""
        text = f"{self.where}: {self.what}" if self.where else self.what
        details = []
        if self.found is not None:
            details.append(f"found {self.found!r}")
        if self.expected:
            details.append(f"expected {self.expected}")
        if details:
            text = f"{text}: {'; '.join(details)}"
        return f"{text}. {self.hint}" if self.hint else text

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between worker processes with all parts."""
        return _rebuild, (type(self), self.what, self.where, self.found, self.expected, self.hint)


class InputError(AftSimError):
    """A mistake in what the user wrote; the command line exits with 2."""


class InputErrors(AftSimError):
    """All mistakes found in one pass.

    Attributes:
        problems: The mistakes, in the order in which a reader meets them; never empty.
    """

    def __init__(self, problems: Iterable[InputError], where: str | None = None) -> None:
        """Collect the mistakes.

        Args:
            problems: At least one mistake.
            where: The file or object that was read.

        Raises:
            ValueError: If there is no mistake to report.
        """
        self.problems: tuple[InputError, ...] = tuple(problems)
        if not self.problems:
            raise ValueError("InputErrors needs at least one problem")
        count = len(self.problems)
        super().__init__(f"{count} {'problem' if count == 1 else 'problems'}", where=where)

    def __str__(self) -> str:
        """Return one line a problem, or the bare problem if there is only one."""
        if len(self.problems) == 1:
            return str(self.problems[0])
        head = f"{self.what} in {self.where}" if self.where else self.what
        return "\n".join([f"{head}:", *(f"  {problem}" for problem in self.problems)])

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between worker processes with all problems."""
        return InputErrors, (self.problems, self.where)


class CheckFailed(AftSimError):
    """A check of results or invariants failed; the command line exits with 1."""


def _rebuild(
    kind: type[AftSimError],
    what: str,
    where: str | None,
    found: object,
    expected: str | None,
    hint: str | None,
) -> AftSimError:
    return kind(what, where=where, found=found, expected=expected, hint=hint)


def nearest(word: str, options: Iterable[str], n: int = 3) -> list[str]:
    """Return up to `n` options that look most like `word`, best first.

    Case is ignored, and a dotted option also matches by its last part, so that
    "removal_share" finds "removals.share_of_starts". Options far behind the best are left out.

    Args:
        word: What the user wrote.
        options: The valid names.
        n: The most to return.

    Returns:
        Valid names in their own spelling; empty if nothing is close.
    """
    wanted = word.casefold()
    scores: list[tuple[float, str]] = []
    for option in options:
        plain = option.casefold()
        score = max(_likeness(wanted, plain), 0.95 * _likeness(wanted, plain.rpartition(".")[2]))
        if wanted and (wanted in plain or plain.startswith(wanted)):
            score = max(score, 0.8)
        if score >= 0.6:
            scores.append((-score, option))
    ranked = sorted(scores)[:n]
    return [option for score, option in ranked if score <= ranked[0][0] + _BEHIND]


def did_you_mean(word: str, options: Iterable[str], n: int = 3) -> str | None:
    """Return a hint such as 'Did you mean "a" or "b"?', or None if nothing is close."""
    found: Sequence[str] = nearest(word, options, n)
    if not found:
        return None
    quoted = [f'"{name}"' for name in found]
    listed = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
    return f"Did you mean {listed}?"


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()
