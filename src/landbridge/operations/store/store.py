"""
The store: Parquet files, and commits that say which of them count.

Files are written first; then one small commit, whose name nobody else can take, makes all of them visible
together. A process that is killed leaves files that no commit names: nobody reads them, and ``sweep`` removes
them. Nothing is ever changed in place, so that readers need no lock.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.errors import LandbridgeError
from landbridge.operations.store.schema import TABLES, bucket_of

_COMMITS = "commits"
_MARK = "store.json"
VERSION = 1


class StoreError(LandbridgeError, ValueError):
    """A folder that is no store, or one that this version cannot read."""

    code = "bad-store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One file of a table: its part (a bucket or a day), rows, and the span of its moments as ISO texts."""

    path: str
    part: str
    rows: int
    first: str = ""
    last: str = ""


class Batch:
    """Rows that become visible together."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.tables: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, Any] = {}

    def note(self, name: str, value: Any) -> None:
        """Remember a small thing, such as which run is followed."""
        self.notes[name] = value

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows."""
        self._write(table, frame, replace=False)

    def replace(self, table: str, frame: pl.DataFrame) -> None:
        """Put rows in place of all that the table held."""
        self._write(table, frame, replace=True)

    def adopt(self, table: str, parts: Sequence[Part], *, replace: bool) -> None:
        """Take files that others have written (:func:`write_part`)."""
        entry = self.tables.setdefault(table, {"replace": False, "files": []})
        entry["replace"] = entry["replace"] or replace
        entry["files"] += [{key: getattr(item, key) for key in Part.__slots__} for item in parts]

    def _write(self, table: str, frame: pl.DataFrame, *, replace: bool) -> None:
        parts = [write_part(self._folder, table, key, rows) for key, rows in _split(table, frame)]
        self.adopt(table, parts, replace=replace)


class Store:
    """
    A folder of tables.

    Parameters
    ----------
    folder
        Where it is; made with its first commit.

    Raises
    ------
    StoreError
        When the folder holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        mark = self.folder / _MARK
        if mark.exists():
            try:
                found = json.loads(mark.read_text()).get("version")
            except (OSError, ValueError, AttributeError) as error:
                raise StoreError(f"{mark}: cannot be read ({error}); expected the mark of a store.") from error
            if found != VERSION:
                raise StoreError(f"{mark}: is of version {found!r}, expected {VERSION}. Use the version that made it.")
        elif self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise StoreError(f"{self.folder}: is not a store; give a new place, or the folder operate allocate made.")

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Collect rows and commit them together when the block ends well; otherwise nothing of them is seen."""
        self._make()
        batch = Batch(self.folder)
        yield batch
        if batch.tables or batch.notes:
            self._commit(batch.tables, batch.notes)

    def append(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows to one table."""
        with self.batch() as batch:
            batch.append(table, frame)

    def parts(self, table: str, part: str | None = None) -> list[Part]:
        """Files of a table that count, in the order they came."""
        found: list[Part] = []
        for file in self._commit_files():
            entry = json.loads(file.read_text()).get("tables", {}).get(table)
            if entry is not None:
                found = [] if entry["replace"] else found
                found += [Part(**item) for item in entry["files"]]
        return [item for item in found if part is None or item.part == part]

    def scan(
        self,
        table: str,
        part: str | None = None,
        *,
        first: datetime | None = None,
        last: datetime | None = None,
    ) -> pl.LazyFrame:
        """
        Scan a table, or a part of it, without reading it.

        ``first`` and ``last`` leave out files whose span is outside; rows of the others are not filtered.
        """
        low, high = first.isoformat() if first else "", last.isoformat() if last else ""
        files = [
            self.folder / item.path
            for item in self.parts(table, part)
            if not (low and item.last and item.last < low) and not (high and item.first and item.first > high)
        ]
        if not files:
            return pl.LazyFrame(schema=TABLES[table].schema)
        return pl.scan_parquet(files, hive_partitioning=False)

    def rows(self, table: str) -> int:
        """Count the rows of a table without opening it."""
        return sum(item.rows for item in self.parts(table))

    def compact(self, table: str) -> None:
        """Write each part of a table as one file; the files before stay until they are swept."""
        keys = sorted({item.part for item in self.parts(table)})
        parts = [write_part(self.folder, table, key, self.scan(table, key).collect()) for key in keys]
        with self.batch() as batch:
            batch.adopt(table, parts, replace=True)

    def sweep(self, older_s: float = 3600.0) -> int:
        """Remove files that no longer count and that nobody can be writing or reading any more; return how many."""
        used = {item.path for table in TABLES for item in self.parts(table)}
        count = 0
        for table in TABLES:
            for file in (self.folder / table).rglob("*.parquet"):
                is_old = time.time() - file.stat().st_mtime >= older_s
                if is_old and file.relative_to(self.folder).as_posix() not in used:
                    file.unlink()
                    count += 1
        return count

    def noted(self, name: str) -> Any:
        """What was remembered last under a name, or None."""
        found = None
        for file in self._commit_files():
            found = json.loads(file.read_text()).get("notes", {}).get(name, found)
        return found

    def _make(self) -> None:
        (self.folder / _COMMITS).mkdir(parents=True, exist_ok=True)
        mark = self.folder / _MARK
        if not mark.exists():
            _write_whole(mark, json.dumps({"version": VERSION}))

    def _commit_files(self) -> list[Path]:
        return sorted((self.folder / _COMMITS).glob("[0-9]*.json"))

    def _commit(self, tables: dict[str, Any], notes: dict[str, Any]) -> None:
        text = json.dumps({"tables": tables, "notes": notes}, separators=(",", ":"))
        known = self._commit_files()
        number = int(known[-1].stem) + 1 if known else 1
        while not _write_whole(self.folder / _COMMITS / f"{number:08d}.json", text):
            number += 1  # another process was quicker


def write_part(folder: Path, table: str, part: str, frame: pl.DataFrame) -> Part:
    """Write one file that does not count yet, of the columns of the table."""
    spec = TABLES[table]
    rows = frame.select(pl.col(name).cast(kind) for name, kind in spec.schema.items())
    place = f"{table}/{'day' if spec.by_day else 'bucket'}={part}/{uuid.uuid4().hex}.parquet"
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    rows.write_parquet(file, compression="zstd", compression_level=1, statistics=True)
    with file.open("rb") as written:
        os.fsync(written.fileno())
    first = last = ""
    if spec.span and rows.height:
        low, high = rows[spec.span].min(), rows[spec.span].max()
        if isinstance(low, datetime) and isinstance(high, datetime):
            first, last = low.isoformat(), high.isoformat()
    return Part(path=place, part=part, rows=rows.height, first=first, last=last)


def _split(table: str, frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Rows by part, and how the part is called."""
    if frame.is_empty():
        return
    spec = TABLES[table]
    if spec.by_day:
        key = frame[spec.by_day].dt.strftime("%Y-%m-%d")
    elif spec.by_bucket:
        key = bucket_of(frame[spec.by_bucket]).cast(pl.String).str.zfill(2)
    else:
        yield "all", frame
        return
    groups = frame.with_columns(key.alias("__part")).partition_by("__part", as_dict=True, include_key=False)
    for (name,), rows in sorted(groups.items(), key=lambda item: str(item[0][0])):
        yield str(name), rows


def _write_whole(file: Path, text: str) -> bool:
    """Write a file that is there whole or not at all; False when somebody has taken the name."""
    temporary = file.with_name(f".{uuid.uuid4().hex}.part")
    try:
        with temporary.open("w") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        try:
            os.link(temporary, file)  # unlike a rename it refuses to overwrite
        except FileExistsError:
            return False
        except OSError:  # a disk without links
            if file.exists():
                return False
            temporary.rename(file)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    return True
