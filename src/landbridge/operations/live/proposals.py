"""A plan anew as a server keeps it until somebody takes it: packed, with what it means in plain data."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from pathlib import Path
from typing import Any

import polars as pl

from landbridge.operations.control import Followed, Proposal
from landbridge.operations.control.follow import plan_legs
from landbridge.operations.control.views import with_texts
from landbridge.operations.store import ALLOCATIONS, Store
from landbridge.tables import replan_files, write_run

FIRST_PROMISES = 200
"""Promises that change, of which a proposal names so many."""


def pack_run(proposal: Proposal, scratch: Path) -> bytes:
    """Write the run of a proposal and give its folder as an archive."""
    folder = scratch / "proposed"
    write_run(proposal.found.after, proposal.found.case, folder, extra=replan_files(proposal.tables))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=5) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.add(file, file.relative_to(folder).as_posix(), recursive=False)
    return out.getvalue()


def unpack_run(content: bytes, out: Path) -> None:
    """Write the folder of a packed run."""
    out.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        archive.extractall(out, filter="data")


def pack_allocations(proposal: Proposal) -> bytes:
    """Places of all parcels in the plan proposed, as Parquet."""
    out = io.BytesIO()
    proposal.allocations.write_parquet(out, compression="zstd")
    return out.getvalue()


def tell_parcels(proposal: Proposal) -> dict[str, Any]:
    """What a proposal means for parcels, as plain data."""
    verdicts = dict(proposal.promises["verdict"].value_counts().iter_rows())
    first = with_texts(proposal.promises.head(FIRST_PROMISES)).to_dicts()
    return {
        "parcels": dataclasses.asdict(proposal.change),
        "promises": {name: int(verdicts.get(name, 0)) for name in ("broken", "mended", "later", "earlier")},
        "late_before": proposal.late_before,
        "late_after": proposal.late_after,
        "first": first,
    }


def move_parcels(store: Store, packed: bytes, followed: Followed) -> None:
    """Put parcels where a proposal has them on a plan; those delivered or sent back since stay as they were."""
    after = pl.read_parquet(io.BytesIO(packed))
    ended = store.scan("states").filter(pl.col("ended_at").is_not_null()).select("parcel").collect()
    done = store.scan("allocations").collect().join(ended, on="parcel", how="semi")
    rest = after.join(done.select("parcel"), on="parcel", how="anti")
    found = pl.concat([rest, done]).select(pl.col(name).cast(kind) for name, kind in ALLOCATIONS.items())
    with store.batch() as batch:
        batch.replace("allocations", found)
        batch.replace("legs", plan_legs(followed.case, followed.ways))
