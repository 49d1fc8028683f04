"""
Estimates from a store part by part: on this machine, in processes, or on a cluster whose workers see the store.

Each bucket is counted alone, first its milestones, then its spells; counts add up, so that nothing else has to come
together and the estimate is the same whoever counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from landbridge.operations.arrival.estimate import WINDOWS, Estimates
from landbridge.operations.arrival.life_table import count_spells, merge_counts
from landbridge.operations.arrival.spells import chains, count_milestones, on_lanes, spells
from landbridge.operations.store import Store
from landbridge.operations.store.schema import BUCKETS
from landbridge.runtime import Workers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    folder: Path
    bucket: int
    cut: datetime
    windows: tuple[timedelta, ...] = ()
    chain_by_lane: Mapping[str, tuple[int, ...]] | None = None


def lane_states(store: Store, bucket: int | None = None) -> pl.DataFrame:
    """States of allocated parcels, of one bucket or of all, with ``lane`` and ``service``."""
    part = None if bucket is None else f"{bucket:02d}"
    known = store.scan("allocations", part).select("parcel", "number", "from_hub", "to_hub").collect()
    return on_lanes(store.scan("states", part).collect(), known)


def estimate_store(
    store: Store,
    cut: datetime,
    *,
    windows: Sequence[timedelta] = WINDOWS,
    planned_h: Mapping[tuple[str, str], float] | None = None,
    workers: Workers | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> Estimates:
    """Estimate all legs from a store as it was known at a moment, one bucket a task."""
    workers, folder = workers or Workers(), store.folder
    seen = [_Task(folder=folder, bucket=bucket, cut=cut) for bucket in range(BUCKETS)]
    chain_by_lane = chains(list(workers.map(_milestones, seen, cancelled)))
    tasks = [
        _Task(folder=folder, bucket=bucket, cut=cut, windows=tuple(sorted(windows)), chain_by_lane=chain_by_lane)
        for bucket in range(BUCKETS)
    ]
    parts = list(workers.map(_spells, tasks, cancelled))
    counts = [merge_counts([part[at] for part in parts]) for at in range(len(windows))]
    return Estimates(counts=counts, chain_by_lane=chain_by_lane, planned_h=planned_h or {}, seed=seed)


def _milestones(task: _Task) -> pl.DataFrame:
    return count_milestones(lane_states(Store(task.folder), task.bucket), task.cut)


def _spells(task: _Task) -> list[pl.DataFrame]:
    states, chain_by_lane = lane_states(Store(task.folder), task.bucket), dict(task.chain_by_lane or {})
    return [count_spells(spells(states, task.cut, window, chain_by_lane)) for window in task.windows]
