"""The table of parcels: one declared schema that readers fill and that allocation, events and reports read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from landbridge.errors import LandbridgeError

MONEY = pl.Decimal(18, 4)
"""Money of a parcel: decimal, never a float."""

MOMENT = pl.Datetime("us", "UTC")
"""A moment, in UTC whatever the file it came from had."""


class BadFrame(LandbridgeError, ValueError):
    """A table of parcels that has not the declared columns."""

    code = "bad-parcels"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelColumn:
    """
    One column of the table of parcels.

    Parameters
    ----------
    name
        Its name, with the unit in it.
    dtype
        Its type in a frame and in Parquet.
    blank
        Whether a parcel may have none.
    description
        Meaning, in one sentence.
    """

    name: str
    dtype: pl.DataType
    blank: bool = False
    description: str


_T = pl.String()

PARCELS: tuple[ParcelColumn, ...] = (
    ParcelColumn(name="parcel", dtype=_T, description="Our id, unique: the channel and the external id."),
    ParcelColumn(name="number", dtype=_T, blank=True, description="S10 number the post gave, 13 signs; blank = none."),
    ParcelColumn(name="channel", dtype=_T, description="Shop or marketplace the order came from."),
    ParcelColumn(name="external_id", dtype=_T, description="Id of the parcel there; unique with the channel."),
    ParcelColumn(name="order", dtype=_T, blank=True, description="Order of the case it is part of; blank = not yet."),
    ParcelColumn(name="good", dtype=_T, description="Good of the case."),
    ParcelColumn(name="from_hub", dtype=_T, description="Hub of the case at which it is handed over."),
    ParcelColumn(name="to_hub", dtype=_T, description="Hub of the case at which it is wanted."),
    ParcelColumn(name="weight_kg", dtype=pl.Float64(), description="Gross weight in kilograms, above 0."),
    ParcelColumn(name="value", dtype=MONEY, description="Value of its content, in its currency."),
    ParcelColumn(name="currency", dtype=_T, description="ISO 4217 code."),
    ParcelColumn(name="hs6", dtype=_T, blank=True, description="First six digits of the HS code, as text."),
    ParcelColumn(name="ready", dtype=MOMENT, description="Moment from which it can leave from_hub."),
    ParcelColumn(name="promised", dtype=MOMENT, blank=True, description="Moment promised at to_hub; blank = none."),
    ParcelColumn(name="postcode_prefix", dtype=_T, blank=True, description="First signs of the postcode, no more."),
)

PARCEL_SCHEMA = pl.Schema({column.name: column.dtype for column in PARCELS})
"""Names and types, in order."""

BLANK_ALLOWED = frozenset(column.name for column in PARCELS if column.blank)


def conform_parcels(frame: pl.LazyFrame) -> pl.LazyFrame:
    """
    Give exactly the declared columns, in order and of their types.

    Raises
    ------
    BadFrame
        When a column is missing or of another type (code ``bad-parcels``); other columns, such as the day of a
        partition, are dropped.
    """
    schema = frame.collect_schema()
    missing = [name for name in PARCEL_SCHEMA if name not in schema]
    if missing:
        raise BadFrame(f"parcels: the column(s) {', '.join(missing)} are missing; import the orders again.")
    for name, dtype in PARCEL_SCHEMA.items():
        if schema[name] not in (dtype, pl.Null):
            raise BadFrame(f"parcels: {name} is {schema[name]}, expected {dtype}; import the orders again.")
    return frame.select(pl.col(name).cast(dtype) for name, dtype in PARCEL_SCHEMA.items())


def scan_parcels(path: Path) -> pl.LazyFrame:
    """
    Scan parcels without reading them: a Parquet file, or a folder of them, also one that is split by day.

    Raises
    ------
    BadFrame
        When there is no Parquet file at the path, or it does not hold parcels.
    """
    pattern = path / "**" / "*.parquet" if path.is_dir() else path
    if not path.exists() or (path.is_dir() and next(path.rglob("*.parquet"), None) is None):
        raise BadFrame(f"{path}: no parcels here; expected a Parquet file or a folder of them. Run operate import.")
    try:
        return conform_parcels(pl.scan_parquet(pattern, hive_partitioning=False))
    except pl.exceptions.PolarsError as error:
        raise BadFrame(f"{path}: cannot be read as Parquet ({error}). Run operate import again.") from error
