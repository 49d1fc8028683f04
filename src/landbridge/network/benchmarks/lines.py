"""Benchmark files as numbered lines of blank-separated numbers."""

from __future__ import annotations

import math
from pathlib import Path

from landbridge.errors import InvalidInstance

MOST_NODES = 10_000_000
"""More nodes than this are taken for a corrupt header: nodes need memory, but no lines of the file."""


class Lines:
    """The lines of a file that are not blank, taken one after another; every error names file and line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="ascii")
        except UnicodeDecodeError as error:
            raise InvalidInstance(
                f"{path}: expected plain ASCII text, found byte {error.object[error.start]:#04x}"
            ) from error
        except OSError as error:
            raise InvalidInstance(f"{path}: cannot be read: {error.strerror}") from error
        self._lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
        self._next = 0
        self._taken: list[str] = []
        self.line = 1

    def fault(self, message: str) -> InvalidInstance:
        """Error at the line taken last."""
        return InvalidInstance(f"{self.path}:{self.line}: {message}")

    def words(self) -> list[str]:
        """Words of the next line; none at the end."""
        if self._next == len(self._lines):
            return []
        self.line, text = self._lines[self._next]
        self._next += 1
        self._taken = text.split()
        return self._taken

    def sizes(self, *names: str) -> list[int]:
        """
        The next line as how many there are of each: nodes first, then what has a line each.

        A corrupt header must not make a reader ask for memory, so that its numbers are held against what the file has.
        """
        what = f"{', '.join(names[:-1])} and {names[-1]}"
        self.numbers(len(names), what)
        sizes = self.whole(slice(None), what)
        if sizes[0] > MOST_NODES:
            raise self.fault(f"found {sizes[0]} nodes, expected at most {MOST_NODES}. Correct the header.")
        wanted, left = sum(sizes[1:]), len(self._lines) - self._next
        if wanted > left:
            told = " + ".join(f"{size} {name}" for size, name in zip(sizes[1:], names[1:], strict=True))
            raise self.fault(
                f"found {told}, which is {wanted} lines, and {left} lines after it. "
                "The file is cut short, or its header is wrong."
            )
        return sizes

    def numbers(self, count: int, what: str) -> list[float]:
        """The next line as so many finite numbers of 0 or more."""
        words = self.words()
        if not words:
            raise InvalidInstance(f"{self.path}: ends before {what}")
        if len(words) != count:
            raise self.fault(f"found {len(words)} numbers, expected {count} ({what})")
        try:
            numbers = [float(word) for word in words]
        except ValueError as error:
            raise self.fault(f"found {' '.join(words)!r}, expected {count} numbers ({what})") from error
        if not all(math.isfinite(number) and number >= 0 for number in numbers):
            raise self.fault(f"found {' '.join(words)!r}, expected numbers of 0 or more ({what})")
        return numbers

    def whole(self, which: slice, what: str) -> list[int]:
        """Some numbers of the line taken last, whole, and written so: ``3``, not ``3.0``."""
        numbers = []
        for word in self._taken[which]:
            try:
                numbers.append(int(word))
            except ValueError as error:
                raise self.fault(f"found {word}, expected a whole number ({what}){_remedy(word)}") from error
        return numbers

    def nodes(self, which: slice, first: int, last: int) -> list[int]:
        """Some numbers of the line taken last as nodes counted from 0."""
        nodes = self.whole(which, f"node from {first} to {last}")
        for node in nodes:
            if not first <= node <= last:
                raise self.fault(f"found node {node}, expected a whole number from {first} to {last}")
        return [node - first for node in nodes]

    def end(self, after: str) -> None:
        """Expect no more lines."""
        if self.words():
            raise self.fault(f"found more lines, expected the end after {after}")


def _remedy(word: str) -> str:
    """How to write a number that is whole but does not look so."""
    return f". Write {float(word):.0f}." if float(word).is_integer() else ""
