"""Tables that grow by parts, one folder a day, and are moved to their place when all of them are written."""

from __future__ import annotations

from pathlib import Path

import polars as pl

DAY = "day"
PART_ROWS = 250_000
"""Rows of a day from which on they are written; fewer wait."""

MOST_WAITING = 1_000_000
"""Rows of all days that may wait in memory."""


class Parts:
    """
    A table written in parts.

    Parameters
    ----------
    folder
        Where the parts are built.
    name
        Name of the table and of the import: ``parcels`` and ``shop-20261005T1000``.
    """

    def __init__(self, folder: Path, table: str, name: str) -> None:
        self.folder, self.table, self.name = folder, table, name
        self._waiting: dict[str, list[pl.DataFrame]] = {}
        self._rows: dict[str, int] = {}
        self._written: list[tuple[Path, str]] = []

    def add(self, frame: pl.DataFrame, days: pl.Series) -> None:
        """Add rows, each with its day (``YYYY-MM-DD``)."""
        for (day,), rows in (
            frame.with_columns(days.alias(DAY)).partition_by(DAY, as_dict=True, include_key=False).items()
        ):
            self._waiting.setdefault(str(day), []).append(rows)
            self._rows[str(day)] = self._rows.get(str(day), 0) + rows.height
            if self._rows[str(day)] >= PART_ROWS:
                self._write(str(day))
        while sum(self._rows.values()) > MOST_WAITING:
            self._write(max(self._rows, key=lambda day: self._rows[day]))

    def _write(self, day: str) -> None:
        frames = self._waiting.pop(day)
        del self._rows[day]
        path = self.folder / f"{self.table}-{len(self._written):05d}.parquet"
        pl.concat(frames).write_parquet(path)
        self._written.append((path, day))

    def move_to(self, folder: Path) -> int:
        """Write what waits, and move every part to ``folder/TABLE/day=DAY/``; gives how many files."""
        for day in list(self._waiting):
            self._write(day)
        for number, (path, day) in enumerate(self._written):
            place = folder / self.table / f"{DAY}={day}"
            place.mkdir(parents=True, exist_ok=True)
            path.rename(place / f"{self.name}-{number:05d}.parquet")
        return len(self._written)
