"""Benchmark files as numbered lines of blank-separated numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from landbridge.errors import InvalidInstance


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
        self._lines = self._numbered(text)
        self.line = 1

    @staticmethod
    def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
        for number, line in enumerate(text.splitlines(), start=1):
            words = line.split()
            if words:
                yield number, words

    def fault(self, message: str) -> InvalidInstance:
        """Error at the line taken last."""
        return InvalidInstance(f"{self.path}:{self.line}: {message}")

    def words(self) -> list[str]:
        """Words of the next line; none at the end."""
        self.line, words = next(self._lines, (self.line, []))
        return words

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

    def whole(self, numbers: list[float], what: str) -> list[int]:
        """Numbers of the line taken last, whole."""
        for number in numbers:
            if number != int(number):
                raise self.fault(f"found {number:g}, expected a whole number ({what})")
        return [int(number) for number in numbers]

    def nodes(self, numbers: list[float], first: int, last: int) -> list[int]:
        """Numbers of the line taken last as nodes counted from 0."""
        for node in numbers:
            if node != int(node) or not first <= node <= last:
                raise self.fault(f"found node {node:g}, expected a whole number from {first} to {last}")
        return [int(node) - first for node in numbers]

    def end(self, after: str) -> None:
        """Expect no more lines."""
        if self.words():
            raise self.fault(f"found more lines, expected the end after {after}")
