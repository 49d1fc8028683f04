"""A proved bound on what a re-plan can be worth at most, with what has left as it is (changes.md §5)."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from landbridge.engine import DesignProblem, DesignSolution
from landbridge.engine.beside import Beside
from landbridge.engine.bound import prove_bound
from landbridge.engine.point import with_minutes
from landbridge.engine.problem import Limits
from landbridge.network import Network
from landbridge.planning.costs import cost_paths
from landbridge.planning.limits import PlanLimits
from landbridge.planning.replan.onward import Begun

JOIN_S = 5.0
"""Seconds to wait for the bound so far, once it has been told to stop."""


class Bounding:
    """
    Proves the bound in a thread of its own while the search for the plan is at work.

    No plan that leaves what has left alone, and lets freight on its way arrive, is worth more than
    what that freight brings less what it has cost by then, and the strong relaxation of the rest:
    orders by what of them has not begun, ready at the moment of the re-plan at the earliest,
    departures that left with the runs they left with.
    """

    def __init__(
        self,
        network: Network,
        base: DesignSolution,
        begun: Begun,
        turned: Collection[int],
        until: float,
        limits: PlanLimits,
    ) -> None:
        self._network = network
        self._stopped = threading.Event()
        self._lower = -np.inf
        self._settled = settled_cost(network, base, begun, turned)
        problem = rest_of(network.problem, base, begun)
        time_s = max(0.1, until - time.monotonic())
        wishes = Limits(time_s=time_s, cancelled=lambda: self._stopped.is_set() or limits.cancelled())

        def work() -> None:
            self._lower = prove_bound(problem, wishes)

        self._beside = Beside(work)

    def __enter__(self) -> Bounding:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()

    def end(self, until: float) -> float:
        """Bound on the value of the whole plan, as good as it gets until then; inf where there is none yet."""
        self._beside.wait(until - time.monotonic())
        self._stopped.set()
        self._beside.end(JOIN_S)
        return -(self._lower + self._settled) - self._network.constant_cost


def settled_cost(network: Network, base: DesignSolution, begun: Begun, turned: Collection[int]) -> float:
    """Cost of freight on its way, less what it brings: to its end where its way stays, else as far as it has come."""
    p = network.problem
    costs = cost_paths(p, base)
    by_step = costs.steps.leg + costs.steps.handling + costs.steps.storage
    block_of = {int(t): b for b, t in enumerate(p.block_terminal)}
    total = 0.0
    for path in begun.started:
        first, last = int(base.path_ptr[path]), int(base.path_ptr[path + 1])
        if path in turned:
            last = first + begun.done[path]
        else:
            total += float(costs.late[path])
        total += float(by_step[first:last].sum())
        commodity = int(base.path_commodity[path])
        for terminal in {int(p.commodity_supply[commodity]), int(p.sink_terminal[base.path_sink[path]])}:
            total -= float(p.block_value[block_of[terminal]]) * float(base.path_qty[path])
    return total


def rest_of(problem: DesignProblem, base: DesignSolution, begun: Begun) -> DesignProblem:
    """What is left to plan: freight that has not begun, and departures that left as they did."""
    p = with_minutes(problem, zip(base.run_vehicle.tolist(), base.run_min.tolist(), strict=True))
    gone = np.zeros(len(p.terminal_single))
    started = sorted(begun.started)
    supply = p.commodity_supply[base.path_commodity[started]]
    demand = p.sink_terminal[base.path_sink[started]]
    qty = base.path_qty[started]
    np.add.at(gone, supply, qty)
    np.add.at(gone, demand, np.where(demand != supply, qty, 0.0))
    taken = gone[p.block_terminal]
    return _held(
        replace(
            p,
            block_qty=np.maximum(0.0, p.block_qty - taken),
            block_low=np.maximum(0.0, p.block_low - taken),
            block_min_fill=np.where(taken > 0, 0.0, p.block_min_fill),
            commodity_ready_min=np.maximum(p.commodity_ready_min, begun.now_min),
        ),
        base,
        begun.now_min,
    )


def _held(p: DesignProblem, base: DesignSolution, now_min: int) -> DesignProblem:
    """Limit each departure before the moment to the runs it left with."""
    runs = {
        (vehicle, minute): (loaded, loaded + empty)
        for vehicle, minute, loaded, empty in zip(
            *(column.tolist() for column in (base.run_vehicle, base.run_min, base.run_count, base.run_empty)),
            strict=True,
        )
    }
    left = np.where(p.departure_min < now_min)[0]
    keys = zip(p.departure_vehicle[left].tolist(), p.departure_min[left].tolist(), strict=True)
    counts = np.array([runs.get(key, (0, 0)) for key in keys], dtype=np.float64).reshape(-1, 2)
    none = np.zeros(len(left), dtype=np.int64)
    return replace(
        p,
        limit_cap=np.concatenate([p.limit_cap, counts[:, 1]]),
        limit_low=np.concatenate([p.limit_low, counts[:, 0]]),
        limit_period_min=np.concatenate([p.limit_period_min, none]),
        limit_shift_min=np.concatenate([p.limit_shift_min, none]),
        use_limit=np.concatenate([p.use_limit, len(p.limit_cap) + np.arange(len(left))]),
        use_vehicle=np.concatenate([p.use_vehicle, p.departure_vehicle[left]]),
        use_departure=np.concatenate([p.use_departure, left]),
        use_offset_min=np.concatenate([p.use_offset_min, none]),
    )
