"""A store as plain data: which files count. Who keeps the files elsewhere lays the store out again from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landbridge.operations.store import Store
from landbridge.operations.store.schema import TABLES
from landbridge.operations.store.store import VERSION, Part

MOST_EVENT_FILES = 512
"""Files of events from which on each part is written as one: each import adds sixteen."""


def snapshot(store: Store) -> dict[str, Any]:
    """Say which files of a store count, table by table."""
    return {
        table: [{name: getattr(part, name) for name in Part.__slots__} for part in store.parts(table)]
        for table in TABLES
    }


def files_of(content: Mapping[str, Any]) -> set[str]:
    """Places of the files of a snapshot, below the store's folder."""
    return {str(part["path"]) for parts in content.values() for part in parts}


def lay_out(folder: Path, content: Mapping[str, Any]) -> Store:
    """Make a folder a store of a snapshot; its files are there, or are put there before anything is read."""
    (folder / "commits").mkdir(parents=True, exist_ok=True)
    (folder / "store.json").write_text(json.dumps({"version": VERSION}))
    store = Store(folder)
    with store.batch() as batch:
        for table, parts in content.items():
            batch.adopt(table, [Part(**part) for part in parts], replace=True)
    return store


def borrow(store: Store, path: str, place: Path) -> None:
    """Have a file of a store at another place, too, without copying it where the system lets one."""
    place.parent.mkdir(parents=True, exist_ok=True)
    whole = (store.folder / path).resolve()
    try:
        place.symlink_to(whole)
    except OSError:  # a system that lets not everybody make links
        shutil.copyfile(whole, place)


def tidy(store: Store) -> None:
    """Join the files of events when they have become many."""
    if len(store.parts("events")) > MOST_EVENT_FILES:
        store.compact("events")


def same_allocations(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two snapshots have parcels in the same places of the same plan."""
    return json.dumps(one.get("allocations", [])) == json.dumps(other.get("allocations", []))
