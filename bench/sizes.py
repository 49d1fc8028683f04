"""``./run bench sizes``: made-up cases of growing size, to see whether time or memory grow faster than they."""

from __future__ import annotations

from pathlib import Path

from bench.machine import PRODUCT, commit_of, machine_line
from bench.made_up import make_case
from bench.planning import PLAN_HEAD, append_plan, measure, plan_line, read_plans


def run_sizes(sizes: list[int], time_s: float, threads: int, seed: int, results: Path, *, again: bool = False) -> None:
    """Measure each size that is not in ``sizes.csv`` under the same terms, and append it."""
    file = results / "sizes.csv"
    terms = (time_s, threads, seed, commit_of(PRODUCT), machine_line())
    known = {
        row.orders for row in read_plans(file) if (row.time_s, row.threads, row.seed, row.commit, row.machine) == terms
    }
    print(PLAN_HEAD, flush=True)
    for size in sizes:
        if again or size not in known:
            row = measure(make_case, (size, seed), time_s, threads, seed)
            append_plan(file, row)
            print(plan_line(row), flush=True)
