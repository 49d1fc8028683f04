"""Manifests: what each departure of the plan carries, parcel by parcel."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from landbridge.operations.allocation.ways import Ways
from landbridge.tables.atomic import whole_folder


def rides(allocations: pl.DataFrame, ways: Ways) -> pl.DataFrame:
    """
    Write allocations by departure: a row for each departure that a parcel rides, and where it is put on and taken off.

    Returns
    -------
    pl.DataFrame
        ``service``, ``departs``, ``parcel``, ``number``, ``weight_kg``, ``from_hub``, ``to_hub``, ``leaves`` and
        ``arrives``.
    """
    stretches = (
        ways.legs.sort("order", "way", "seq")
        .group_by("order", "way", "service", "departs", maintain_order=True)
        .agg(
            pl.col("from_hub").first(),
            pl.col("to_hub").last(),
            pl.col("leaves").first(),
            pl.col("arrives").last(),
        )
    )
    placed = allocations.filter(pl.col("way").is_not_null()).select("parcel", "number", "weight_kg", "order", "way")
    return placed.join(stretches, on=["order", "way"], how="inner", maintain_order="left").select(
        "service", "departs", "parcel", "number", "weight_kg", "from_hub", "to_hub", "leaves", "arrives"
    )


def summarise(riding: pl.DataFrame) -> pl.DataFrame:
    """Parcels and kilograms of each departure."""
    return (
        riding.group_by("service", "departs")
        .agg(
            pl.col("parcel").n_unique().alias("parcels"),
            pl.col("weight_kg").sum().round(3),
            pl.col("from_hub").first(),
            pl.col("to_hub").last(),
        )
        .sort("departs", "service")
    )


def write_manifests(allocations: pl.DataFrame, ways: Ways, folder: Path) -> int:
    """
    Write a folder: ``departures.csv`` and a CSV a departure; return how many departures there are.

    Raises
    ------
    OutputError
        When the folder exists or cannot be written.
    """
    riding = rides(allocations, ways).sort("departs", "service", "to_hub", "parcel")
    with whole_folder(folder) as temporary:
        summary = summarise(riding)
        summary.write_csv(temporary / "departures.csv")
        for (service, departs), rows in riding.partition_by("service", "departs", as_dict=True).items():
            name = f"{service}@{departs:%Y-%m-%dT%H%M}Z.csv".replace("/", "_").replace(":", "-")
            rows.drop("service", "departs").write_csv(temporary / name)
    return summary.height
