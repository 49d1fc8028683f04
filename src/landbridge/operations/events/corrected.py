"""Corrections: what is told anew takes the place of what it names; nothing is changed in place."""

from __future__ import annotations

import polars as pl


def mark_corrected(rows: pl.DataFrame, subject: str) -> pl.DataFrame:
    """
    Add ``is_corrected``: whether another row of the same subject names this one, by its id or by its digest.

    A row that names itself takes back what was told under that name, and itself.
    """
    named = rows.select(subject, pl.col("corrects").alias("name")).drop_nulls().unique()
    if named.is_empty():
        return rows.with_columns(pl.lit(value=False).alias("is_corrected"))
    by_id = rows.join(named, left_on=[subject, "event"], right_on=[subject, "name"], how="semi").select("digest")
    hexes = rows.select(subject, "digest", pl.col("digest").bin.encode("hex").alias("name"))
    by_digest = hexes.join(named, on=[subject, "name"], how="semi").select("digest")
    hit = pl.concat([by_id, by_digest])["digest"]
    return rows.with_columns(pl.col("digest").is_in(hit.implode()).alias("is_corrected"))


def live(rows: pl.DataFrame, subject: str) -> pl.DataFrame:
    """Rows that nothing corrects."""
    return mark_corrected(rows, subject).filter(~pl.col("is_corrected")).drop("is_corrected")
