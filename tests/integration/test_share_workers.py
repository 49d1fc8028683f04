"""The same division whoever values the coalitions: this process, two processes, a Dask cluster of two workers."""

from __future__ import annotations

import importlib
import math
import os
import signal
import time
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from tests.conftest import skip_or_fail

from landbridge.cooperation import Effort, Shared, ShareWishes, share
from landbridge.errors import MissingPackage
from landbridge.model.case import Case
from landbridge.planning import PlanLimits
from landbridge.runtime import Workers, is_stopped, open_workers
from landbridge.tables import read_case

COUNTED = ShareWishes(
    plan_limits=PlanLimits(time_s=math.inf, work=2e4, threads=1),
    effort=Effort(time_s=math.inf, relax_s=math.inf, work=2e4),
)


def case() -> Case:
    with resources.as_file(resources.files("landbridge") / "cases" / "starter") as folder:
        found = read_case(Path(folder))
    return replace(
        found,
        services=tuple(replace(row, capacity={"t": 8.0}) if row.run_cost else row for row in found.services),
    )


def figures(found: Shared) -> list[object]:
    values = [replace(row, seconds=0.0) for row in found.tables.coalitions]
    return [*values, found.tables.shares, found.tables.certificate, found.tables.settlement, found.tables.methods]


def square(number: int) -> int:
    return number * number


@pytest.mark.slow
def test_two_processes_find_what_one_finds():
    alone = share(case(), COUNTED)
    with open_workers(2) as workers:
        assert figures(share(case(), COUNTED, workers=workers)) == figures(alone)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of the cluster's own libraries, on their way up and down
def test_a_dask_cluster_of_two_workers_finds_what_one_process_finds():
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        skip_or_fail("distributed is not installed: pip install distributed")
        raise
    alone = share(case(), COUNTED)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        open_workers(cluster=cluster.scheduler_address) as workers,
    ):
        assert figures(share(case(), COUNTED, workers=workers)) == figures(alone)


@pytest.mark.slow
def test_results_come_in_the_order_of_the_tasks():
    with open_workers(2) as workers:
        assert list(workers.map(square, [3, 1, 2], lambda: False)) == [9, 1, 4]


def test_a_flag_stops_the_rest():
    seen: list[int] = []

    def note(number: int) -> int:
        seen.append(number)
        return number

    assert list(Workers().map(note, [1, 2, 3], lambda: len(seen) >= 2)) == [1, 2]


def wait_until_stopped(folder: Path) -> None:
    """Say that it has begun, hear an interrupt from the keyboard too, and go on until told to stop."""
    (folder / "begun").touch()
    os.kill(os.getpid(), signal.SIGINT)
    while not is_stopped():
        time.sleep(0.01)
    (folder / "stopped").touch()


@pytest.mark.slow
def test_what_is_under_way_in_another_process_hears_the_flag(tmp_path):
    """It would go on to its own limit, minutes after Ctrl-C, and be waited for."""
    with open_workers(2) as workers:
        assert list(workers.map(wait_until_stopped, [tmp_path], (tmp_path / "begun").exists)) == []
    assert (tmp_path / "stopped").exists()


@pytest.mark.slow
def test_what_is_under_way_in_another_process_hears_that_its_caller_failed(tmp_path):
    def fail() -> bool:
        if (tmp_path / "begun").exists():
            raise RuntimeError
        return False

    with pytest.raises(RuntimeError), open_workers(2) as workers:
        list(workers.map(wait_until_stopped, [tmp_path], fail))
    assert (tmp_path / "stopped").exists()


def test_a_cluster_without_its_package_is_told_with_the_remedy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingPackage, match="pip install distributed"), open_workers(cluster="tcp://127.0.0.1:1"):
        pass
