"""Code tables of events: what each post's or carrier's code means in our twelve statuses and six milestones."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl

from landbridge.operations.store.schema import STATUS

SYSTEMS = ("emsevt", "russianpost", "dcsa", "status")
"""
EMSEVT of the UPU, OperType/OperAttr of Russian Post, event types of DCSA, and our own statuses as codes.
"""

ENDS = ("delivered", "return_to_sender", "cancelled")
"""Statuses after which nothing more is expected."""


@cache
def code_table() -> pl.DataFrame:
    """
    All code tables as one.

    Returns
    -------
    pl.DataFrame
        Columns ``code_system``, ``code`` (of Russian Post ``type/attribute``, or the type alone where any attribute
        will do), ``meaning``, ``status``, ``reason``, ``sequence`` (order within a moment), ``stage`` (milestone
        reached, 0 to 5, blank = says nothing), ``biz_step`` and ``disposition`` (of EPCIS).
    """
    return pl.concat([_read(system) for system in SYSTEMS])


def _read(system: str) -> pl.DataFrame:
    source = files("landbridge.operations.events") / "data" / f"{system}.csv"
    rows = pl.read_csv(source.read_bytes(), infer_schema=False)
    with_attribute = pl.concat_str("code", "attribute", separator="/")
    return rows.select(
        pl.lit(system).alias("code_system"),
        pl.when(pl.col("attribute").is_null()).then("code").otherwise(with_attribute).alias("code"),
        "meaning",
        pl.col("status").cast(STATUS),
        "reason",
        pl.col("sequence").cast(pl.Int16),
        pl.col("stage").cast(pl.Int8),
        "biz_step",
        "disposition",
    )
