"""One plan of a case, measured in a process of its own: when what was there, and the most memory."""

from __future__ import annotations

import csv
import math
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

from bench.machine import PRODUCT, commit_of, machine_line, versions_of
from bench.worker import peak_mb

from landbridge.model.case import Case

LIBRARIES = ("landbridge", "highspy", "numba", "numpy", "polars")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """
    A plan that was measured; nan = there was none.

    Parameters
    ----------
    build_s, first_plan_s, first_bound_s, plan_s
        Seconds after the case was read: the network was built, the first plan with a value was there, the first
        proved bound, and the plan was returned.
    search_s
        Seconds of the search as the run states them.
    wall_s
        All seconds: reading or making the case, planning, writing the run and verifying it.
    peak_mb
        Most memory until the plan was returned.
    """

    case: str
    orders: int
    services: int
    hubs: int
    seed: int
    commit: str
    time_s: float
    threads: int
    status: str
    value: float
    bound: float
    gap: float
    build_s: float
    first_plan_s: float
    first_bound_s: float
    search_s: float
    plan_s: float
    wall_s: float
    peak_mb: float
    verified: str
    machine: str
    versions: str


def measure(make: Callable[..., Case], words: tuple[object, ...], time_s: float, threads: int, seed: int) -> PlanRow:
    """Plan the case that ``make(*words)`` gives in a new process; ``make`` is a function of a module."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (make, words, time_s, threads, seed))


def _measure(make: Callable[..., Case], words: tuple[object, ...], time_s: float, threads: int, seed: int) -> PlanRow:
    from landbridge.planning import PlanLimits, PlanProgress, plan
    from landbridge.tables import write_run
    from landbridge.verify import verify_run

    begun = time.perf_counter()
    case = make(*words)
    read = time.perf_counter()
    seen = {"build": math.nan, "value": math.nan, "bound": math.nan}

    def hear(progress: PlanProgress) -> None:
        now = time.perf_counter() - read
        if math.isnan(seen["build"]):
            seen["build"] = now - progress.seconds
        if progress.value is not None and math.isnan(seen["value"]):
            seen["value"] = now
        if progress.bound is not None and math.isnan(seen["bound"]):
            seen["bound"] = now

    found = plan(case, limits=PlanLimits(time_s=time_s, threads=threads, seed=seed, report=hear))
    plan_s, peak = time.perf_counter() - read, peak_mb()
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        write_run(found, case, run)
        accepted = verify_run(run).ok
    summary = found.summary
    value, bound, gap = (math.nan if part is None else part for part in (summary.value, summary.bound, summary.gap))
    return PlanRow(
        case=case.settings.name,
        orders=len(case.orders),
        services=len(case.services),
        hubs=len(case.hubs),
        seed=seed,
        commit=commit_of(PRODUCT),
        time_s=time_s,
        threads=threads,
        status=str(summary.status),
        value=value,
        bound=bound,
        gap=gap,
        build_s=seen["build"],
        first_plan_s=seen["value"],
        first_bound_s=seen["bound"],
        search_s=summary.seconds,
        plan_s=plan_s,
        wall_s=time.perf_counter() - begun,
        peak_mb=peak,
        verified="yes" if accepted else "no",
        machine=machine_line(),
        versions=versions_of(*LIBRARIES),
    )


def append_plan(path: Path, row: PlanRow) -> None:
    """Append a line to the CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if is_new:
            writer.writerow([part.name for part in fields(PlanRow)])
        values = (getattr(row, part.name) for part in fields(PlanRow))
        writer.writerow([f"{value:.10g}" if isinstance(value, float) else str(value) for value in values])


def read_plans(path: Path) -> list[PlanRow]:
    """All lines, oldest first."""
    if not path.exists():
        return []
    kinds = {part.name: {"int": int, "float": float}.get(str(part.type), str) for part in fields(PlanRow)}
    with path.open(encoding="utf-8", newline="") as file:
        return [PlanRow(**{name: kind(words[name]) for name, kind in kinds.items()}) for words in csv.DictReader(file)]


PLAN_HEAD = (
    "| case | orders | value | bound | gap, of the spend | network s | first plan s | first bound s | plan s | all s "
    "| memory MB | status | verified |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|---|"
)


def plan_line(row: PlanRow) -> str:
    """A plan as a line of the table under :data:`PLAN_HEAD`."""
    cells = (
        row.case,
        f"{row.orders:,}",
        _number(row.value),
        _number(row.bound),
        "none" if math.isnan(row.gap) else f"{100 * row.gap:.2f} %",
        *(_number(value, 1) for value in (row.build_s, row.first_plan_s, row.first_bound_s, row.plan_s, row.wall_s)),
        _number(row.peak_mb),
        row.status,
        row.verified if row.verified == "yes" else "NO",
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float, digits: int = 0) -> str:
    return f"{value:,.{digits}f}" if math.isfinite(value) else "none"
