"""Loads at a server's door: what was put into which unit, cleaned before anything of it is kept."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from landbridge.operations.events.epcis import epcis_loads
from landbridge.operations.events.formats import LOAD_FORM
from landbridge.operations.events.reading import Block, aside_schema, read_blocks
from landbridge.operations.live.cleaning import (
    CONTAINER,
    OWN_ID,
    S10,
    SCIENTIFIC,
    TIME,
    UNIT,
    bare,
    dropped_unless,
    kept,
)

LOAD_FORMATS = ("table", "epcis")
"""``table``: CSV or JSON with a row a content; ``epcis``: AggregationEvents of a document of EPCIS 2.0."""

_SCHEMA = aside_schema(LOAD_FORM)


def clean_loads(file: Path, form: str = "table", unit: str = "") -> bytes:
    """
    Read a file of loads and keep, as Parquet, cells that look like codes, numbers and times.

    Parameters
    ----------
    unit
        Unit of all rows; the file needs no such column then.

    Raises
    ------
    BadEvents
        When the file cannot be read.
    """
    reading = replace(LOAD_FORM, required=("number",)) if unit else LOAD_FORM
    blocks = [epcis_loads(file)] if form == "epcis" else read_blocks(file, reading)
    frames = [pl.DataFrame(schema=_SCHEMA)]
    for block in blocks:
        rows = block.rows.with_columns(pl.lit(unit).alias("unit")) if unit else block.rows
        rows = rows.with_columns(
            *(pl.col(name).alias(f"{name}_told") for name in ("number", "unit")),  # words are no code: blanks stay
            *(bare(name).alias(name) for name in ("number", "unit")),
        )
        frames += [
            _as_kept(rows.select("line", *_cells())),
            _as_kept(block.broken.select("line", "problem", "message")),
        ]
    out = io.BytesIO()
    pl.concat(frames).sort("line", maintain_order=True).write_parquet(out, compression="zstd")
    return out.getvalue()


def load_blocks(file: Path, stopped: Callable[[], None]) -> Iterator[Block]:
    """Blocks of what was kept of a file."""
    rows = pl.read_parquet(file)
    stopped()
    is_sound = pl.col("problem").is_null()
    yield Block(rows=rows.filter(is_sound).drop("problem", "message"), broken=rows.filter(~is_sound))


def _as_kept(rows: pl.DataFrame) -> pl.DataFrame:
    present = set(rows.columns)
    return rows.select(
        (pl.col(name) if name in present else pl.lit(None)).cast(kind).alias(name) for name, kind in _SCHEMA.items()
    )


def _cells() -> Iterator[pl.Expr]:
    for name in LOAD_FORM.cells:
        text = pl.col(name)
        if name == "number":
            yield kept(
                name,
                text.str.contains(f"{S10}|{CONTAINER}|{OWN_ID}|{SCIENTIFIC}")
                | pl.col("number_told").str.contains(UNIT),
            )
        elif name == "unit":
            yield kept(name, text.str.contains(CONTAINER) | pl.col("unit_told").str.contains(UNIT))
        elif name.endswith("_at") or name == "until":
            yield kept(name, text.str.contains(TIME))
        else:  # event, corrects, source: ids of the sender's own
            yield dropped_unless(name, text.str.contains(r"^[A-Za-z0-9_.:/#-]{1,64}$") & text.str.contains("[0-9]"))
