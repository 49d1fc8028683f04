"""
Records of a CSV file of any size, in blocks: cut at line ends that are not inside quotes.

A block is looked at as one array of bytes: where line ends, separators and quotes stand. Whether a line end lies inside
quotes is then the parity of the quotes before it. A quote that does not stand at the edge of a cell makes the parity
wrong from there on; such a block is read again line by line, so that one bad quote costs one line, not the rest of the
file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]

NEWLINE, RETURN, QUOTE = 10, 13, 34
LONGEST_RECORD = 65536
"""Bytes; a longer record is a quote that was never closed."""

MOST_LINES = 20
"""Lines that one record may span, in the slow reading of a damaged block."""

ROW_LENGTH, BAD_QUOTES = "row-length", "bad-quotes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """
    Records of a block of bytes.

    Parameters
    ----------
    data
        The bytes.
    starts, ends
        Where each record begins, and where its line end stands. Shape ``(R,)``.
    lines
        Line of the block in which each begins, counted from 0. Shape ``(R,)``.
    fault
        Code of what is wrong with each: 0 nothing, 1 its number of cells, 2 its quotes. Shape ``(R,)``.
    rest
        First byte that belongs to no record yet.
    """

    data: bytes
    starts: IntArray
    ends: IntArray
    lines: IntArray
    fault: npt.NDArray[np.uint8]
    rest: int

    def raw(self, record: int) -> bytes:
        """Bytes of one record without its line end."""
        return self.data[self.starts[record] : self.ends[record]].rstrip(b"\r")

    def only(self, keep: npt.NDArray[np.bool_]) -> bytes:
        """Bytes of some of the records, each with its line end."""
        if keep.all() and len(keep) and self.starts[0] == 0 and bool((self.starts[1:] == self.ends[:-1] + 1).all()):
            return self.data[: self.ends[-1]] + b"\n"
        return b"".join(
            self.data[start:end] + b"\n" for start, end in zip(self.starts[keep], self.ends[keep], strict=True)
        )


def split_records(data: bytes, separator: str, cells: int, *, final: bool) -> Records:
    """
    Cut a block into records and count their cells.

    Parameters
    ----------
    data
        Bytes that begin with a record. The last record may be incomplete, unless ``final``.
    separator
        One ASCII sign.
    cells
        How many cells the header has.
    final
        Whether the file ends here; then the last record needs no line end.
    """
    if final and data and not data.endswith(b"\n"):
        data += b"\n"
    array = np.frombuffer(data, dtype=np.uint8)
    newlines = np.flatnonzero(array == NEWLINE)
    quotes = np.flatnonzero(array == QUOTE)
    separators = np.flatnonzero(array == ord(separator))
    ends = newlines
    if len(quotes):
        if not _quotes_at_edges(array, quotes, ord(separator), final=final):
            return _split_slowly(data, separator, cells, final=final)
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
        separators = separators[np.searchsorted(quotes, separators) % 2 == 0]
        rest = int(ends[-1]) + 1 if len(ends) else 0
        if (final and rest < len(data)) or len(data) - rest > LONGEST_RECORD or _longest(ends) > LONGEST_RECORD:
            return _split_slowly(data, separator, cells, final=final)
    starts = np.concatenate([np.zeros(min(1, len(ends)), dtype=np.int64), ends[:-1] + 1])
    counts = np.diff(np.searchsorted(separators, ends), prepend=0)
    length = ends - starts
    blank = (length == 0) | ((length == 1) & (array[starts] == RETURN)) if len(ends) else np.zeros(0, dtype=bool)
    keep = ~blank
    fault = (counts[keep] != cells - 1).astype(np.uint8)
    lines = np.searchsorted(newlines, starts[keep])
    rest = int(ends[-1]) + 1 if len(ends) else 0
    return Records(data=data, starts=starts[keep], ends=ends[keep], lines=lines, fault=fault, rest=rest)


def _longest(ends: IntArray) -> int:
    return int(np.diff(ends, prepend=-1).max()) if len(ends) else 0


def _quotes_at_edges(array: npt.NDArray[np.uint8], quotes: IntArray, separator: int, *, final: bool) -> bool:
    """Tell whether each opening quote begins a cell and each closing one ends it (or is one of a pair)."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = array[np.maximum(opening - 1, 0)]
    begins = (opening == 0) | (before == separator) | (before == NEWLINE) | (before == QUOTE)
    inside = closing < len(array) - 1
    after = array[closing[inside] + 1]
    ends = (after == separator) | (after == NEWLINE) | (after == RETURN) | (after == QUOTE)
    return bool(begins.all() and ends.all() and not (final and len(quotes) % 2))


def _split_slowly(data: bytes, separator: str, cells: int, *, final: bool) -> Records:
    sign = re.escape(separator.encode())
    cell = rb'(?:"(?:[^"]++|"")*+"|[^"' + sign + rb"\r\n]*+)"
    whole = re.compile(cell + rb"(?:" + sign + cell + rb")*+\r?")
    count = re.compile(rb'"(?:[^"]++|"")*+"')
    lines = data.split(b"\n")
    lines.pop()  # what follows the last line end: nothing, or the beginning of a record
    found: list[tuple[int, int, int, int]] = []
    line = offset = 0

    def fits(record: bytes) -> bool:
        return whole.fullmatch(record) is not None

    def width(record: bytes) -> int:
        return count.sub(b"", record).count(separator.encode()) + 1

    while line < len(lines):
        span = _span(lines, line, fits, width, cells)
        if span == 0 and not final and line + MOST_LINES > len(lines):
            break  # the record may go on in the next block
        used = max(span, 1)
        size = sum(len(text) + 1 for text in lines[line : line + used])
        record = data[offset : offset + size - 1]
        if record.strip():
            fault = 2 if span == 0 else int(width(record) != cells)
            found.append((offset, offset + size - 1, line, fault))
        line, offset = line + used, offset + size
    table = np.array(found, dtype=np.int64).reshape(-1, 4)
    return Records(
        data=data,
        starts=table[:, 0],
        ends=table[:, 1],
        lines=table[:, 2],
        fault=table[:, 3].astype(np.uint8),
        rest=offset,
    )


def _span(
    lines: list[bytes], line: int, fits: Callable[[bytes], bool], width: Callable[[bytes], int], cells: int
) -> int:
    """How many lines the record that begins here takes; 0 when its quotes never close."""
    if fits(lines[line]):
        return 1
    for more in range(1, min(MOST_LINES, len(lines) - line)):
        following = lines[line + more]
        joined = b"\n".join(lines[line : line + more + 1])
        if fits(joined) and width(joined) == cells:
            return more + 1
        if fits(following) and width(following) == cells and following.strip():
            return 0  # a sound record follows: the quote before it was a mistake
    return 0
