"""Rows set aside: a file to repair and to import again, with the reason before each row."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

WHY = ("landbridge_line", "landbridge_why")
"""Columns put before the file's own; an import passes over them."""


class SetAside:
    """
    A file of rows set aside, made when the first comes; only its owner may read it, because rows name people.

    Parameters
    ----------
    path
        Its name without ending.
    header, separator
        Of the CSV file the rows come from; no header = the rows are JSON objects.
    """

    def __init__(self, path: Path, header: Sequence[str] | None, separator: str = ",") -> None:
        known = header is not None and header[: len(WHY)] == WHY
        self._header = header[len(WHY) :] if header is not None and known else header
        self._drop = len(WHY) if known else 0
        self._separator = separator
        self.path = path.with_name(path.name + (".json" if header is None else ".csv"))
        self.count = 0
        self._file: IO[str] | None = None

    def add(self, rows: Iterable[tuple[int, Sequence[str], str]]) -> None:
        """Add rows: line, codes, text as it stood in the file."""
        for line, codes, raw in rows:
            if self._file is None:
                self._file = self._begin()
            if self._header is None:
                self._file.write(("[\n" if self.count == 0 else ",\n") + raw)
            else:
                start = self._line([str(line), " ".join(codes)])[:-1]
                self._file.write(f"{start}{self._separator}{self._without_why(raw)}\n")
            self.count += 1

    def _begin(self) -> IO[str]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        file = os.fdopen(handle, "w", encoding="utf-8-sig" if self._header is not None else "utf-8", newline="")
        if self._header is not None:
            file.write(self._line([*WHY, *self._header]))
        return file

    def _without_why(self, raw: str) -> str:
        """Text of a row without the two columns that an earlier import has put before it."""
        return raw.split(self._separator, self._drop)[-1] if self._drop else raw

    def _line(self, cells: Sequence[str]) -> str:
        text = io.StringIO()
        csv.writer(text, delimiter=self._separator, lineterminator="\n").writerow(cells)
        return text.getvalue()

    def close(self, *, keep: bool) -> None:
        """Close the file; without ``keep`` it is removed."""
        if self._file is None:
            return
        if self._header is None:
            self._file.write("\n]\n")
        self._file.close()
        if not keep:
            self.path.unlink(missing_ok=True)


def raw_json(order: Any) -> str:
    """Text of one order as it is set aside."""
    return json.dumps(order, ensure_ascii=False)
