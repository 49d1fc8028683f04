"""A run that is followed: the store knows it, and its plan is read as dated weeks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from landbridge.model.case import Case
from landbridge.model.plan import Plan
from landbridge.operations.allocation import Ways, allocate, read_ways
from landbridge.operations.orders.shipments import order_ids
from landbridge.operations.store import Batch, Store, StoreError
from landbridge.planning.replan import Dated, unroll
from landbridge.tables import read_run

_NOTE = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """
    A run and what is known of it.

    Parameters
    ----------
    case, plan
        As the run has them: a repeating week, or dated.
    dated
        On the calendar.
    """

    run: Path
    case: Case
    plan: Plan
    dated: Dated
    weeks: int
    ways: Ways


def read_followed(run: Path, weeks: int) -> Followed:
    """
    Read a run to follow it for some weeks from its start.

    Raises
    ------
    InvalidRun
        When it cannot be read.
    """
    plan, case = read_run(run)
    return as_followed(run, case, plan, weeks)


def as_followed(run: Path, case: Case, plan: Plan, weeks: int) -> Followed:
    """Follow a plan that was read already, or a part of one, for some weeks from its start."""
    dated = unroll(case, plan, weeks)
    return Followed(
        run=run.resolve(), case=case, plan=plan, dated=dated, weeks=weeks, ways=read_ways(dated.case, dated.plan)
    )


def followed_by(store: Store) -> Followed:
    """
    Read the run that a store follows.

    Raises
    ------
    StoreError
        When it follows none, or the run is no longer where it was (code ``no-run``).
    """
    note = store.noted(_NOTE)
    if note is None:
        raise StoreError(
            f"{store.folder}: follows no run yet; landbridge operate allocate RUN comes first.", code="no-run"
        )
    run = Path(note["path"])
    if not (run / "run.json").is_file():
        raise StoreError(
            f"{store.folder}: the run it follows, {run}, is gone; bring it back or allocate anew.", code="no-run"
        )
    return read_followed(run, int(note["weeks"]))


def follow(store: Store, followed: Followed, parcels: pl.DataFrame) -> pl.DataFrame:
    """
    Let a store follow a run with these parcels and those it has: all are allocated; return the allocations.

    A parcel that the store knows stays as it is. Where it follows another run already, whoever can keep their way
    keeps it.
    """
    known = store.scan("parcels").select("parcel").collect()
    fresh = parcels.unique("parcel", keep="first", maintain_order=True).join(known, on="parcel", how="anti")
    fresh = _with_shipments(fresh, followed.case)
    everyone = pl.concat([store.scan("parcels").collect(), fresh])
    before = store.scan("allocations").collect()
    found = allocate(everyone, followed.ways, before=before if before.height else None)
    with store.batch() as batch:
        batch.append("parcels", fresh)
        batch.replace("allocations", found)
        batch.replace("legs", plan_legs(followed.case, followed.ways))
        note_run(batch, followed.run, followed.weeks)
    return found


def plan_legs(case: Case, ways: Ways) -> pl.DataFrame:
    """Legs of the ways of a plan, with whether their ends lie in two countries."""
    country = {row.region: row.country for row in case.regions}
    by_hub = {row.hub: country[row.region] for row in case.hubs}
    ends = [pl.col(end).replace_strict(by_hub, return_dtype=pl.String) for end in ("from_hub", "to_hub")]
    return ways.legs.with_columns((ends[0] != ends[1]).alias("crosses"))


def _with_shipments(parcels: pl.DataFrame, case: Case) -> pl.DataFrame:
    """Parcels that are in no order yet belong to the shipment that was made of them, where the case has it."""
    named = order_ids(parcels.lazy(), case).select("parcel", pl.col("order").alias("made")).collect()
    known = pl.Series([row.order for row in case.orders], dtype=pl.String)
    is_known = pl.col("made").is_in(known.implode())
    found = parcels.join(named, on="parcel", how="left", maintain_order="left")
    return found.with_columns(pl.coalesce("order", pl.when(is_known).then("made")).alias("order")).drop("made")


def note_run(batch: Batch, run: Path, weeks: int) -> None:
    """Remember which run is followed."""
    batch.note(_NOTE, {"path": str(run.resolve()), "weeks": weeks})
