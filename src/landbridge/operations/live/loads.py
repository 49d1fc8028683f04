"""Loads at a server's door: what was put into which unit, cleaned before anything of it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from landbridge.operations.events.epcis import epcis_loads
from landbridge.operations.events.formats import LOAD_FORM
from landbridge.operations.events.reading import aside_schema, read_blocks
from landbridge.operations.live.blocks import keep
from landbridge.operations.live.cleaning import CONTAINER, NUMBER, TIME, dropped_unless, kept, kept_code

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
    if unit:
        blocks = (replace(block, rows=block.rows.with_columns(pl.lit(unit).alias("unit"))) for block in blocks)
    return keep(blocks, _SCHEMA, list(_cells()))


def _cells() -> Iterator[pl.Expr]:
    for name in LOAD_FORM.cells:
        text = pl.col(name)
        if name == "number":
            yield kept_code(name, NUMBER)
        elif name == "unit":
            yield kept_code(name, CONTAINER)
        elif name.endswith("_at") or name == "until":
            yield kept(name, text.str.contains(TIME))
        else:  # event, corrects, source: ids of the sender's own
            yield dropped_unless(name, text.str.contains(r"^[A-Za-z0-9_.:/#-]{1,64}$") & text.str.contains("[0-9]"))
