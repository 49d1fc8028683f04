"""The plan redone when something happens: a re-plan of the run that is followed, and parcels put on their new ways."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from landbridge.model.case import Case, Event
from landbridge.model.clock import Clock
from landbridge.model.comparison import Comparison
from landbridge.model.plan import Plan
from landbridge.model.replan import ReplanTables
from landbridge.operations.allocation import Change, Ways, allocate, compare_allocations, read_ways
from landbridge.operations.control.follow import Followed, note_run, plan_legs
from landbridge.operations.store import Store
from landbridge.planning import PlanLimits
from landbridge.planning.replan import Replan, replan, tell
from landbridge.tables import replan_files, write_run


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """
    A re-plan and what it means for parcels; nothing has been changed yet.

    Parameters
    ----------
    change
        Parcels that keep their way, take another, lose or gain a place.
    late_before, late_after
        Parcels planned to miss their promise. Before, that counts those whose way can no longer be taken.
    promises
        A row a parcel whose planned arrival changed: ``parcel``, ``number``, ``promised``, ``before``, ``after``
        (blank: no place), ``verdict``: ``broken``, ``mended``, ``later`` or ``earlier``.
    """

    tables: ReplanTables
    comparison: Comparison
    found: Replan
    ways: Ways
    allocations: pl.DataFrame
    change: Change
    late_before: int
    late_after: int
    promises: pl.DataFrame
    now: datetime


def propose(
    store: Store,
    followed: Followed,
    events: Sequence[Event],
    now: datetime,
    *,
    limits: PlanLimits,
    say: Callable[[str], None] = lambda phase: None,
    view: Callable[[Case, Plan], tuple[Case, Plan]] = lambda case, plan: (case, plan),
) -> Proposal:
    """
    Re-plan what is followed from a moment on, and see where parcels would go.

    Parameters
    ----------
    view
        Cuts from the new case and plan what the parcels may ride; default: all of it.

    Raises
    ------
    InvalidCase, InvalidRun
        When an event cannot be applied, or freight on its way cannot arrive.
    """
    clock = Clock.of(followed.dated.case.settings)
    minute = round((now - clock.start).total_seconds() / 60)
    found = replan(followed.dated, events, minute, limits=limits, say=say)
    say("putting parcels on their ways")
    ways = read_ways(*view(found.case, found.after))
    before = store.scan("allocations").collect()
    parcels = store.scan("parcels").collect()
    ended = store.scan("states").filter(pl.col("ended_at") <= now).select("parcel").collect()
    done = before.join(ended, on="parcel", how="semi")  # delivered or sent back: it stays as it was
    rest = parcels.join(done.select("parcel"), on="parcel", how="anti")
    after = pl.concat([allocate(rest, ways, before=before, now=now, held=done), done])
    tables, comparison = tell(found)
    return Proposal(
        tables=tables,
        comparison=comparison,
        found=found,
        ways=ways,
        allocations=after,
        change=compare_allocations(before, after),
        late_before=_late(before),
        late_after=_late(after),
        promises=_promises(before, after),
        now=clock.start + timedelta(minutes=minute),
    )


def accept(store: Store, proposal: Proposal, out: Path) -> None:
    """
    Write the run of a proposal and let the store follow it.

    Raises
    ------
    OutputError
        When the run cannot be written; then the store follows what it did.
    """
    write_run(proposal.found.after, proposal.found.case, out, extra=replan_files(proposal.tables))
    with store.batch() as batch:
        batch.replace("allocations", proposal.allocations)
        batch.replace("legs", plan_legs(proposal.found.case, proposal.ways))
        note_run(batch, out, 1)


def _late(allocations: pl.DataFrame) -> int:
    return allocations.filter(pl.col("arrives") > pl.col("promised")).height


def _promises(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    both = before.select("parcel", "number", "promised", pl.col("arrives").alias("before")).join(
        after.select("parcel", pl.col("arrives").alias("after")), on="parcel", how="inner"
    )
    changed = both.filter(pl.col("before").ne_missing(pl.col("after")))
    was_kept = (pl.col("before") <= pl.col("promised")).fill_null(value=False)
    is_kept = (pl.col("after") <= pl.col("promised")).fill_null(value=False)
    verdict = (
        pl.when(was_kept & ~is_kept)
        .then(pl.lit("broken"))
        .when(~was_kept & is_kept)
        .then(pl.lit("mended"))
        .when((pl.col("after") > pl.col("before")) | pl.col("after").is_null())
        .then(pl.lit("later"))
        .otherwise(pl.lit("earlier"))
    )
    return changed.with_columns(verdict.alias("verdict")).sort("promised", "parcel", nulls_last=True)
