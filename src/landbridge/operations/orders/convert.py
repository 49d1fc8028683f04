"""From the text of cells to numbers, money and moments, a whole column at a time."""

from __future__ import annotations

import polars as pl

from landbridge.operations.orders.mapping import Mapping
from landbridge.operations.parcels.countries import NUMERIC_CURRENCIES
from landbridge.operations.parcels.frame import MOMENT, MONEY

SCIENTIFIC = r"^[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+$"
"""What a spreadsheet makes of a long number: its last digits are lost."""

_BLANKS = r"[\s\u00a0\u202f']"
_OFFSET = r"(?:[zZ]|[+-][0-9]{2}:?[0-9]{2})$"
_FORMATS = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d")


def plain_number(column: str, decimal: str) -> pl.Expr:
    """Write the numbers of a column with a point and without anything between thousands."""
    text = pl.col(column).str.replace_all(_BLANKS, "")
    if decimal == ",":
        grouped = text.str.contains(r"^[+-]?[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?$")
        text = pl.when(grouped).then(text.str.replace_all(".", "", literal=True)).otherwise(text)
        return text.str.replace_all(",", ".", literal=True)
    grouped = text.str.contains(r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$")
    return pl.when(grouped).then(text.str.replace_all(",", "", literal=True)).otherwise(text)


def to_number(column: str, decimal: str) -> pl.Expr:
    """Numbers of a column; null where there is none or it is not finite."""
    number = plain_number(column, decimal).cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


def to_money(column: str, decimal: str) -> pl.Expr:
    """Money of a column, as decimals of four places; null where there is none."""
    return plain_number(column, decimal).cast(MONEY, strict=False)


def to_currency(column: str) -> pl.Expr:
    """Currencies of a column as letters; numeric codes of ISO 4217 are looked up."""
    text = pl.col(column).str.to_uppercase()
    digits = text.str.strip_chars_start("0")
    return digits.replace_strict(NUMERIC_CURRENCIES, default=text, return_dtype=pl.String)


def has_offset(column: str) -> pl.Expr:
    """Whether the times of a column say how far they are from UTC."""
    return pl.col(column).str.contains(r"[0-9]{1,2}:[0-9]{2}.*" + _OFFSET)


def to_moment(frame: pl.DataFrame, column: str, mapping: Mapping) -> pl.Series:
    """
    Moments of a column in UTC; null where the text is no time, has no zone, or names an hour that was skipped or twice.

    A day without a clock time is its beginning, for ``promised`` its end.
    """
    text = frame.get_column(column)
    if text.null_count() == text.len():
        return pl.Series(column, [None] * text.len(), dtype=MOMENT)
    with_offset = frame.select(has_offset(column)).to_series().fill_null(False)
    body = frame.select(_body(column, mapping)).to_series()
    local = _parse(body)
    if column == "promised":
        days = body.str.len_chars() <= len("2026-10-05")
        local = local.dt.offset_by(pl.select(pl.when(days).then(pl.lit("1d")).otherwise(pl.lit("0d"))).to_series())
    moments = pl.DataFrame({"text": text, "local": local, "offset": with_offset})
    zoned = pl.lit(None, dtype=MOMENT)
    if mapping.timezone:
        zoned = (
            pl.col("local")
            .dt.replace_time_zone(mapping.timezone, ambiguous="null", non_existent="null")
            .dt.convert_time_zone("UTC")
        )
    away = pl.col("local").dt.replace_time_zone("UTC") - pl.duration(minutes=_offset_minutes("text"))
    return moments.select(pl.when("offset").then(away).otherwise(zoned).cast(MOMENT).alias(column)).to_series()


def _body(column: str, mapping: Mapping) -> pl.Expr:
    """Text without its offset, with the year first and a blank before the clock time."""
    text = pl.when(has_offset(column)).then(pl.col(column).str.replace(_OFFSET, "")).otherwise(pl.col(column))
    text = text.str.replace("T", " ", literal=True).str.strip_chars()
    text = text.str.replace(r"^([0-9]{4})[./]([0-9]{1,2})[./]([0-9]{1,2})", "${1}-${2}-${3}")
    if mapping.dates == "dmy":
        text = text.str.replace(r"^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", "${3}-${2}-${1}")
    if mapping.dates == "mdy":
        text = text.str.replace(r"^([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})", "${3}-${1}-${2}")
    return text


def _parse(body: pl.Series) -> pl.Series:
    parsed = pl.Series("local", [None] * body.len(), dtype=pl.Datetime("us"))
    for pattern in _FORMATS:
        if pattern == "%Y-%m-%d":
            found = body.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        else:
            found = body.str.to_datetime(pattern, strict=False, time_unit="us")
        parsed = found if parsed.null_count() == body.len() else parsed.zip_with(parsed.is_not_null(), found)
        if parsed.null_count() == body.null_count():
            break
    return parsed


def _offset_minutes(column: str) -> pl.Expr:
    parts = pl.col(column).str.extract_groups(r"([+-])([0-9]{2}):?([0-9]{2})$")
    minutes = parts.struct.field("2").cast(pl.Int64) * 60 + parts.struct.field("3").cast(pl.Int64)
    sign = pl.when(parts.struct.field("1") == "-").then(-1).otherwise(1)
    return (minutes * sign).fill_null(0)
