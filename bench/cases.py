"""
``python -m bench.cases [NAME ...]``: the large built-in cases: value, bound, gap, seconds and memory.

Each case is planned in a process of its own, so that its memory is its own. The seconds of the search do not
contain reading the case and building the network; the wall-clock seconds do, and the check of the run.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path

from bench.report import environment, number

from landbridge.model.plan import Summary
from landbridge.planning import PlanLimits, plan
from landbridge.tables import read_case, write_run
from landbridge.verify import verify_run

NAMES = ("far-east", "china-russia")


def measure(name: str, time_s: float, threads: int, seed: int) -> tuple[Summary, bool, float, float]:
    """Plan a case and verify its run: summary, whether it is accepted, wall-clock seconds, most memory in MB."""
    begun = time.monotonic()
    with as_file(files("landbridge") / "cases" / name) as folder, tempfile.TemporaryDirectory() as scratch:
        case = read_case(folder)
        found = plan(case, limits=PlanLimits(time_s=time_s, threads=threads, seed=seed))
        run = Path(scratch) / "run"
        write_run(found, case, run)
        accepted = verify_run(run).ok
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return found.summary, accepted, time.monotonic() - begun, peak / (1e6 if sys.platform == "darwin" else 1e3)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cases", description="The large built-in cases.")
    parser.add_argument("names", nargs="*", default=list(NAMES), help="built-in cases; default: %(default)s")
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="S")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    limits = (options.time_limit, options.threads, options.seed)
    print(environment(*limits))
    print("| case | value | bound | gap, of the spend | search s | wall s | memory MB | status | verified |")
    print("|---|---:|---:|---:|---:|---:|---:|---|---|")
    spawn = multiprocessing.get_context("spawn")
    for name in options.names:
        with spawn.Pool(1) as pool:
            summary, accepted, wall_s, memory_mb = pool.apply(measure, (name, *limits))
        gap = f"{100 * summary.gap:.2f} %" if summary.gap is not None else "none"
        print(
            f"| {name} | {number(summary.value)} | {number(summary.bound)} | {gap} | {summary.seconds:.1f} "
            f"| {wall_s:.1f} | {memory_mb:,.0f} | {summary.status} | {'yes' if accepted else 'NO'} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
