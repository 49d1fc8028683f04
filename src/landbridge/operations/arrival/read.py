"""States to test estimates on: from a store, or from a file of events alone."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from landbridge.operations.arrival.spells import on_lanes
from landbridge.operations.events import fold_store, import_events
from landbridge.operations.parcels.frame import scan_parcels
from landbridge.operations.store import Store


def read_for_backtest(path: Path, form: str, parcels: Path | None, timezone: str, scratch: Path) -> pl.DataFrame:
    """
    Read states with their lanes.

    Parameters
    ----------
    path
        A store, or a file of events in the format ``form``.
    parcels
        Parcels by whose hubs lanes are told; None: by the country of the number.
    scratch
        Empty folder for what is made of a file on the way.
    """
    if (path / "store.json").is_file():
        store = Store(path)
        return on_lanes(store.scan("states").collect(), store.scan("parcels").collect())
    store = Store(scratch / "store")
    known = scan_parcels(parcels).collect() if parcels is not None else None
    if known is not None:
        store.append("parcels", known)
    import_events(store, path, form, timezone=timezone, is_any_number=known is None)
    fold_store(store)
    return on_lanes(store.scan("states").collect(), known)
