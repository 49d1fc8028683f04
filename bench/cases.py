"""``./run bench cases``: the large built-in cases, each planned and verified in a process of its own."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from bench.planning import PLAN_HEAD, append_plan, measure, plan_line

from landbridge.model.case import Case
from landbridge.tables import read_case

NAMES = ("far-east", "china-russia")


def read_built_in(name: str) -> Case:
    """A built-in case by its name."""
    with as_file(files("landbridge") / "cases" / name) as folder:
        return read_case(folder)


def run_cases(names: list[str], time_s: float, threads: int, seed: int, results: Path) -> None:
    """Measure each case and append it to ``cases.csv``."""
    print(PLAN_HEAD, flush=True)
    for name in names:
        row = measure(read_built_in, (name,), time_s, threads, seed)
        append_plan(results / "cases.csv", row)
        print(plan_line(row), flush=True)
