"""
Explain many orders of a run, and check each change that is suggested (issue 5, third bar).

    python scripts/explain_check.py RUN --orders 50 --seed 0 --processes 2 --free 20 --free-orders 5

A change passes when ``verify`` accepts both plans, the order is served wholly (a late one: in time), and the worth
stated is the difference of the two values as ``verify`` recomputes them.
"""

from __future__ import annotations

import argparse
import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from landbridge.model.case import Case
from landbridge.model.plan import OrderResult, Plan
from landbridge.planning import PlanLimits
from landbridge.planning.explain import Tried, explain, prepare
from landbridge.tables import read_run
from landbridge.units import MONEY_TOL, exceeds
from landbridge.verify import examine


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One change, and what is wrong with it (blank: nothing)."""

    order: str
    kind: str
    what: str
    worth: float
    free_worth: float | None
    wrong: str


Told = tuple[str, float, list[Checked]]
"""An order, seconds, and its changes."""


class Accepts:
    """``verify`` as the checker; remembers the value it recomputed of each plan."""

    def __init__(self) -> None:
        self.value: dict[int, float] = {}

    def __call__(self, plan: Plan, case: Case) -> bool:
        found = examine(plan, case)
        self.value[id(plan)] = float("nan") if found.value is None else found.value
        return found.ok


def open_orders(plan: Plan) -> list[OrderResult]:
    """Instances of orders that are late, or not or not wholly served."""
    return [row for row in plan.orders if exceeds(row.qty, row.filled) or row.late_h > 0]


def check_orders(folder: Path, keys: Sequence[tuple[str, int]], free: float | None, free_orders: int) -> Iterator[Told]:
    """Explain some orders; of each its name, seconds and changes."""
    gc.set_threshold(200_000, 50, 50)  # most of what there is stays
    plan, case = read_run(folder)
    accepts = Accepts()
    run = prepare(case, plan, accepts)
    late = {(row.order, row.repeat) for row in plan.orders if row.late_h > 0 and not exceeds(row.qty, row.filled)}
    for number, (order, repeat) in enumerate(keys):
        begun = time.monotonic()
        limits = PlanLimits(time_s=free) if free is not None and number < free_orders else None
        explanation, tried = explain(run, order, repeat, free=limits)
        rows = [_check(item, accepts, plan, by_due=(order, repeat) in late, key=(order, repeat)) for item in tried]
        yield f"{order}#{repeat} {explanation.state}", time.monotonic() - begun, rows
        accepts.value = {id(plan): accepts.value[id(plan)]}


def _listed(folder: Path, keys: Sequence[tuple[str, int]], free: float | None, free_orders: int) -> list[Told]:
    return list(check_orders(folder, keys, free, free_orders))


def _check(item: Tried, accepts: Accepts, plan: Plan, *, by_due: bool, key: tuple[str, int]) -> Checked:
    change = item.change
    before, after = accepts.value[id(plan)], accepts.value[id(item.plan)]
    mine = next(row for row in item.plan.orders if (row.order, row.repeat) == key)
    wrong = ""
    if not change.is_verified:
        wrong = "refused by verify"
    elif exceeds(mine.qty, mine.filled) or (by_due and mine.late_h > 0):
        wrong = f"gets {mine.filled:g} of {mine.qty:g}, {mine.late_h:g} h late"
    elif not abs(after - before - change.worth) <= MONEY_TOL * max(1.0, abs(before)):
        wrong = f"worth {change.worth}, recomputed {after - before}"
    elif change.free_value and exceeds(change.value_after, change.free_value):
        wrong = f"free re-plan {change.free_value} below {change.value_after}"
    free = change.free_value - change.value_before if change.free_value else None
    return Checked(order=key[0], kind=change.kind, what=change.what, worth=change.worth, free_worth=free, wrong=wrong)


def _told(args: argparse.Namespace, keys: list[tuple[str, int]]) -> Iterator[Told]:
    """What is told of all orders, divided among processes."""
    if args.processes == 1:
        yield from check_orders(args.run, keys, args.free, args.free_orders)
        return
    parts = [keys[part :: args.processes] for part in range(args.processes)]
    free_orders = -(-args.free_orders // args.processes)
    with ProcessPoolExecutor(args.processes, mp_context=get_context("spawn")) as pool:
        for job in [pool.submit(_listed, args.run, part, args.free, free_orders) for part in parts]:
            yield from job.result()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--orders", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--free", type=float, default=None, help="seconds of a free re-plan of each change")
    parser.add_argument("--free-orders", type=int, default=50, help="orders whose changes are planned freely too")
    args = parser.parse_args()
    rows = open_orders(read_run(args.run)[0])
    random.Random(args.seed).shuffle(rows)
    keys = [(row.order, row.repeat) for row in rows[: args.orders]]
    begun = time.monotonic()
    kinds: Counter[str] = Counter()
    num, bad, nothing = 0, 0, 0
    for name, seconds, changes in _told(args, keys):
        print(f"{name} ({seconds:.1f} s)", flush=True)
        nothing += not changes
        for item in changes:
            free = "" if item.free_worth is None else f"  free {item.free_worth:,.2f}"
            wrong = f"  WRONG: {item.wrong}" if item.wrong else ""
            print(f"  {item.worth:15,.2f}{free}  {item.kind}: {item.what}{wrong}")
            num, bad = num + 1, bad + bool(item.wrong)
            kinds[item.kind] += 1
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    print(f"{len(keys)} orders, {num} changes ({told}), {bad} wrong; {nothing} orders without a change")
    print(f"{time.monotonic() - begun:.0f} s, seed {args.seed}, {args.processes} processes")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
