"""Customs data of many parcels at once: which have all that a form needs, before they are packed."""

from __future__ import annotations

import polars as pl

from landbridge.operations.customs.declaration import vague_words
from landbridge.operations.parcels.countries import COUNTRIES
from landbridge.operations.parcels.hs import hs_fault

FAULTS: dict[str, str] = {
    "no-articles": "nothing is said of what is in it",
    "vague-description": "too vague for customs; say what it is",
    "weight-not-positive": "an article weighs nothing",
    "weight-sum": "its articles weigh more than the parcel",
    "value-sum": "its articles are not worth what the parcel is",
    "missing-hs": "commercial articles need six digits of their HS code",
    "bad-hs": "not an HS code of HS 2022",
    "missing-origin": "commercial articles need the country of origin",
}
"""What a parcel lacks, by code."""


def _words(column: str) -> pl.Expr:
    text = pl.col(column).str.to_lowercase().str.replace_all(r"[^\p{L}\s]|_", " ")
    return text.str.replace_all(r"\s+", " ").str.strip_chars()


def incomplete(parcels: pl.LazyFrame, items: pl.LazyFrame) -> pl.LazyFrame:
    """
    Find what keeps parcels from having a customs form; every parcel is taken as commercial.

    Returns
    -------
    pl.LazyFrame
        ``parcel`` and ``code``, a row for each fault.
    """
    words = _words("description").fill_null("")
    short = (words.str.len_chars() < 3) & ~words.str.contains(r"[\x{4e00}-\x{9fff}]{2}")
    fault = hs_fault("hs_code")
    flags = {
        "vague-description": short | words.is_in(sorted(vague_words())),
        "weight-not-positive": (pl.col("net_weight_kg") <= 0).fill_null(True),
        "missing-hs": pl.col("hs_code").is_null(),
        "bad-hs": (fault != "").fill_null(False),
        "missing-origin": ~pl.col("origin_country").is_in(sorted(COUNTRIES)).fill_null(False),
    }
    by_item = items.with_columns(value.alias(code) for code, value in flags.items())
    by_parcel = by_item.group_by("parcel").agg(
        *(pl.col(code).any() for code in flags),
        pl.col("net_weight_kg").sum().alias("net"),
        pl.col("value").sum().alias("worth"),
    )
    table = parcels.select("parcel", "weight_kg", "value").join(by_parcel, on="parcel", how="left")
    table = table.with_columns(
        pl.col("net").is_null().alias("no-articles"),
        (pl.col("net") > pl.col("weight_kg") + 1e-9).fill_null(False).alias("weight-sum"),
        (pl.col("worth") != pl.col("value")).fill_null(False).alias("value-sum"),
    )
    return (
        table.select("parcel", *(pl.col(code).fill_null(False) for code in FAULTS))
        .unpivot(index="parcel", variable_name="code", value_name="is")
        .filter("is")
        .select("parcel", "code")
    )
