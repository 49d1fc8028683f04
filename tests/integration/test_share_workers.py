"""The same division whoever values the coalitions: this process, two processes, a Dask cluster of two workers."""

from __future__ import annotations

import importlib
import math
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from tests.conftest import skip_or_fail

from landbridge.cooperation import Effort, Shared, ShareWishes, share
from landbridge.errors import MissingPackage
from landbridge.model.case import Case
from landbridge.planning import PlanLimits
from landbridge.runtime import Workers, open_workers
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


def test_results_come_in_the_order_of_the_tasks():
    with open_workers(2) as workers:
        assert list(workers.map(square, [3, 1, 2], lambda: False)) == [9, 1, 4]


def test_a_flag_stops_the_rest():
    seen: list[int] = []

    def note(number: int) -> int:
        seen.append(number)
        return number

    assert list(Workers().map(note, [1, 2, 3], lambda: len(seen) >= 2)) == [1, 2]


def test_a_cluster_without_its_package_is_told_with_the_remedy(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingPackage, match="pip install distributed"), open_workers(cluster="tcp://127.0.0.1:1"):
        pass
