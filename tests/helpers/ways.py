"""Small plans for parcels: ways made by hand or by Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from landbridge.operations.allocation import Ways
from landbridge.operations.parcels.frame import PARCEL_SCHEMA

START = datetime(2026, 10, 5, tzinfo=UTC)


def hour(count: float) -> datetime:
    return START + timedelta(hours=count)


def way(order: str, leaves: float, arrives: float, room_kg: float, service: str = "s", **more: Any) -> dict[str, Any]:
    """A way of one leg on one departure."""
    name = f"{service}@{hour(leaves):%Y-%m-%dT%H:%MZ}:1"
    return {
        "order": f"{order}@w1",
        "way": name,
        "base": order,
        "good": "parcel",
        "from_hub": "a",
        "to_hub": "b",
        "leaves": hour(leaves),
        "arrives": hour(arrives),
        "room_kg": float(room_kg),
        "service": service,
        **more,
    }


def ways_of(rows: list[dict[str, Any]]) -> Ways:
    """Ways and their legs; orders are those they name, and one that nothing is carried of."""
    table = pl.DataFrame(rows)
    legs = table.select(
        "order",
        "way",
        pl.lit(1).alias("seq"),
        "service",
        pl.col("leaves").alias("departs"),
        pl.lit(1).alias("leg"),
        "from_hub",
        "to_hub",
        "leaves",
        "arrives",
    )
    bases = [*dict.fromkeys(row["base"] for row in rows), "none"]
    orders = pl.DataFrame(
        {"base": bases, "good": "parcel", "from_hub": "a", "to_hub": "b", "why": [None] * (len(bases) - 1) + ["dear"]}
    )
    columns = ("order", "way", "base", "good", "from_hub", "to_hub", "leaves", "arrives", "room_kg")
    return Ways(
        ways=table.select(columns), legs=legs, orders=orders, first=table["leaves"].min(), last=table["leaves"].max()
    )


def parcels_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Parcels; what a row leaves out is usual."""
    usual = {
        **dict.fromkeys(PARCEL_SCHEMA),
        "good": "parcel",
        "from_hub": "a",
        "to_hub": "b",
        "weight_kg": 1.0,
        "ready": START,
        "order": "o",
    }
    return pl.DataFrame([{**usual, "parcel": f"p{at}", **row} for at, row in enumerate(rows)], schema=PARCEL_SCHEMA)
