"""A dry run of files: what they would do to a store happens to one that is thrown away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from landbridge.operations.events.importing import ROWS, RowReport
from landbridge.operations.live.snapshot import borrow, files_of, lay_out, snapshot
from landbridge.operations.store import Store
from landbridge.tables.atomic import refuse_existing, whole_file


def _copy_of(store: Store, folder: Path) -> Store:
    """Give a store with the same content in another folder, to be tried on: what happens to it the first never sees."""
    content = snapshot(store)
    for path in files_of(content):
        borrow(store, path, folder / path)
    return lay_out(folder, content)


@contextmanager
def trial(store: Store | None, rows_file: Path) -> Iterator[tuple[Store, RowReport]]:
    """
    Give a store to try a file on (None: an empty one), and what takes its rows; they are written at the end.

    Raises
    ------
    OutputError
        ``rows_file`` is there already.
    """
    rows: list[pl.DataFrame] = []
    refuse_existing(rows_file)
    with tempfile.TemporaryDirectory(prefix="landbridge-") as folder:
        yield Store(Path(folder)) if store is None else _copy_of(store, Path(folder)), rows.append
    with whole_file(rows_file) as place:
        pl.concat([pl.DataFrame(schema=ROWS), *rows]).write_csv(place)
