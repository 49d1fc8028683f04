"""
``./run bench operations``: parcels imported and allocated, events imported and folded, by size: seconds and memory.

Each size is measured in a process of its own, from files, so that its peak of memory is its own. On a busy machine
look at the seconds of processor: all threads together.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import PRODUCT, commit_of, machine_line

HEAD = ("what", "rows", "step", "seconds", "cpu_s", "peak_mb", "load", "commit", "machine")


def run_operations(run: Path | None, parcels: list[int], events: list[int], cluster: list[int], results: Path) -> None:
    """Measure and append to ``operations.csv``; parcels need the run of a case, such as that of china-russia."""
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [(_events, (size,)) for size in events]
    jobs += [(_cluster, (size,)) for size in cluster]
    if run is not None:
        jobs += [(_parcels, (size, str(run))) for size in parcels]
    for function, arguments in jobs:
        for row in _measured(function, arguments):
            _append(results / "operations.csv", row)
            times = f"{row[3]:>8} s  {row[4]:>8} cpu s"
            print(f"{row[0]:<8} {row[1]:>11,}  {row[2]:<10} {times}  {row[5]:>6} MB  load {row[6]}", flush=True)


def _measured(function: Callable[..., None], arguments: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    with tempfile.TemporaryDirectory() as folder:
        worker = context.Process(target=function, args=(queue, Path(folder), *arguments))
        worker.start()
        while (row := queue.get()) is not None:
            yield (*row, f"{os.getloadavg()[0]:.1f}", commit_of(PRODUCT), machine_line())
        worker.join()


class _Steps:
    def __init__(self, queue: Any, what: str, rows: int) -> None:
        self._queue, self._what, self._rows = queue, what, rows
        self._sum = self._busy = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began, busy = time.monotonic(), time.process_time()
        yield
        seconds, busy = time.monotonic() - began, time.process_time() - busy
        self._sum += seconds
        self._busy += busy
        self._tell(name, seconds, busy)

    def end(self) -> None:
        self._tell("together", self._sum, self._busy)
        self._queue.put(None)

    def _tell(self, name: str, seconds: float, busy: float) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self._queue.put((self._what, self._rows, name, f"{seconds:.1f}", f"{busy:.1f}", peak))


def _events(queue: Any, folder: Path, size: int) -> None:
    """A file of simulated events; imported, then folded."""
    file = folder / "events.csv"
    context = multiprocessing.get_context("spawn")
    maker = context.Process(target=_make_events, args=(file, size))  # its memory is not what is measured
    maker.start()
    maker.join()

    from landbridge.operations.events import fold_store, import_events
    from landbridge.operations.store import Store

    steps = _Steps(queue, "events", size)
    store = Store(folder / "store")
    with steps.step("import"):
        told = import_events(store, file, "emsevt", is_any_number=True)
    assert told.events == size, told
    with steps.step("fold"):
        fold_store(store)
    steps.end()


def _cluster(queue: Any, folder: Path, size: int) -> None:
    """Fold and estimate with one process, then with two local workers of Dask."""
    import importlib

    from landbridge.operations.allocation.assign import ALLOCATIONS
    from landbridge.operations.arrival.by_bucket import estimate_store
    from landbridge.operations.events import fold_store, import_events
    from landbridge.operations.store import Store
    from landbridge.runtime import Workers

    distributed: Any = importlib.import_module("distributed")
    import polars as pl

    file = folder / "events.csv"
    _make_events(file, size)
    store = Store(folder / "store")
    import_events(store, file, "emsevt", is_any_number=True)
    numbers = store.scan("events").select("parcel").unique().collect()
    lanes = {"number": pl.col("parcel"), "from_hub": pl.lit("a"), "to_hub": pl.lit("b")}
    rows = numbers.select(
        lanes.get(name, pl.col("parcel") if name == "parcel" else pl.lit(None)).cast(kind).alias(name)
        for name, kind in ALLOCATIONS.items()
    )
    store.append("allocations", rows)
    last = store.scan("events").select(pl.col("occurred_at").max()).collect().item()
    steps = _Steps(queue, "cluster", size)
    with steps.step("one fold"):
        fold_store(store)
    with steps.step("one est."):
        estimate_store(store, last)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        workers = Workers(client.get_executor(pure=False))
        fold_store(store, workers)  # the first tasks wait for imports
        with steps.step("two fold"):
            fold_store(store, workers)
        with steps.step("two est."):
            estimate_store(store, last, workers=workers)
    steps.end()


def _make_events(file: Path, size: int) -> None:
    from landbridge.operations.arrival.simulator import Corridor, events_of, simulate

    days = 60
    corridor = Corridor(days=days, parcels_a_day=size // days // 5)
    parcels, times = simulate(corridor, 0)
    events_of(corridor, parcels, times).head(size).write_csv(file)


def _parcels(queue: Any, folder: Path, size: int, run: str) -> None:
    """A file of orders for the ways of a run; imported with all checks, then allocated."""
    file = folder / "orders.csv"
    context = multiprocessing.get_context("spawn")
    maker = context.Process(target=_make_orders, args=(file, size, run))
    maker.start()
    maker.join()

    from landbridge.operations.allocation import rides, summarise
    from landbridge.operations.control import follow, read_followed
    from landbridge.operations.demo.run import import_shop_file
    from landbridge.operations.parcels.frame import scan_parcels
    from landbridge.operations.store import Store
    from landbridge.tables import read_case

    steps = _Steps(queue, "parcels", size)
    with steps.step("import"):
        outcome = import_shop_file(file, read_case(Path(run) / "case"), folder)
    assert outcome.taken == size, outcome
    with steps.step("read run"):
        followed = read_followed(Path(run), 2)
    with steps.step("allocate"):
        found = follow(Store(folder / "store"), followed, scan_parcels(folder / "parcels" / "parcels").collect())
    with steps.step("manifests"):
        summarise(rides(found, followed.ways))
    steps.end()


def _make_orders(file: Path, size: int, run: str) -> None:
    import numpy as np

    from landbridge.operations.control import read_followed
    from landbridge.operations.demo.made_up import made_up_orders

    followed = read_followed(Path(run), 2)
    made_up_orders(followed.ways, followed.dated.case, "parcel", size, np.random.default_rng(0)).write_csv(file)


def _append(file: Path, row: tuple[Any, ...]) -> None:
    is_new = not file.exists()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        if is_new:
            writer.writerow(HEAD)
        writer.writerow(row)
