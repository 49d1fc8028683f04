"""What is kept of a file of rows at a server's door: a Parquet file, read again block by block."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl

from landbridge.operations.events.reading import Block

_AT_A_TIME = 1_000_000


def keep(blocks: Iterable[Block], schema: pl.Schema, cells: Sequence[pl.Expr]) -> bytes:
    """
    Write blocks as Parquet: ``cells`` of rows that can be read, and what is wrong with the others.

    Parameters
    ----------
    schema
        Columns that are written; one that no cell is of stays empty.
    """
    frames = [pl.DataFrame(schema=schema)]
    for block in blocks:
        for rows in (block.rows.select("line", *cells), block.broken.select("line", "problem", "message")):
            present = set(rows.columns)
            frames.append(
                rows.select(
                    (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name)
                    for name, kind in schema.items()
                )
            )
    out = io.BytesIO()
    pl.concat(frames).sort("line", maintain_order=True).write_parquet(out, compression="zstd")
    return out.getvalue()


def kept_blocks(file: Path, stopped: Callable[[], None]) -> Iterator[Block]:
    """Blocks of what was kept of a file; ``stopped`` is called between them, and may raise."""
    rows = pl.read_parquet(file)
    for start in range(0, max(1, rows.height), _AT_A_TIME):
        stopped()
        some = rows.slice(start, _AT_A_TIME)
        is_sound = pl.col("problem").is_null()
        yield Block(rows=some.filter(is_sound).drop("problem", "message"), broken=some.filter(~is_sound))
