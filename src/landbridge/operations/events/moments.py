"""Times of event files: with an offset, or local to a zone that is named."""

from __future__ import annotations

import polars as pl

_OFFSET = r"(Z|z|[+-]\d{2}:?\d{2})$"
_PATTERNS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%d.%m.%YT%H:%M:%S", "%d.%m.%YT%H:%M")


def read_moment(column: str, timezone: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """
    Read a column of times: in UTC (``_utc``), offset in minutes (``_offset``), whether a clock was read (``_read``).

    Parameters
    ----------
    timezone
        Zone of times without an offset; blank: they have no moment.
    """
    text = pl.col(column).str.replace(r"^(\S{8,10}) ", "${1}T")
    sign = text.str.extract(_OFFSET)
    body = text.str.replace(_OFFSET, "").str.strip_chars()
    clock = pl.coalesce(body.str.to_datetime(pattern, time_unit="us", strict=False) for pattern in _PATTERNS)
    hours = sign.str.slice(1, 2).cast(pl.Int32, strict=False)
    minutes = sign.str.slice(-2).cast(pl.Int32, strict=False)
    size = hours * 60 + minutes
    offset = (
        pl.when(sign.str.to_uppercase() == "Z").then(0).when(sign.str.starts_with("-")).then(-size).otherwise(size)
    ).cast(pl.Int32)
    exact = (clock - pl.duration(minutes=offset)).dt.replace_time_zone("UTC")
    if timezone:
        local = clock.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        there = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes().cast(pl.Int32)
        moment = pl.when(sign.is_null()).then(local.dt.convert_time_zone("UTC")).otherwise(exact)
        offset = pl.when(sign.is_null()).then(there).otherwise(offset)
    else:
        moment = pl.when(sign.is_null()).then(None).otherwise(exact)
    return (
        moment.alias(f"{column}_utc"),
        offset.cast(pl.Int16).alias(f"{column}_offset"),
        clock.is_not_null().alias(f"{column}_read"),
    )
