"""Solutions of published instances as documents: runs by link and module, flows by commodity and link."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from landbridge import __version__
from landbridge.engine import DesignSolution
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.network.benchmarks.benchmark import Benchmark
from landbridge.units import FLOW_TOL

SCHEMA = "landbridge.solution/1"


def solution_document(benchmark: Benchmark, solution: DesignSolution, *, seed: int, threads: int) -> dict[str, Any]:
    """
    Describe a solution as ``docs/reference/solution-file.md`` says.

    Flow that rides several modules of a link is added up. Where the larger of two loads is paid for,
    the whole link may cost less than its modules one by one: ``upper`` is then what the plan costs.
    """
    commodity, link, forth, quantity = _flows(benchmark, solution)
    tail, head, first = *_ends(benchmark), benchmark.first_node
    upper = solution.upper
    if math.isfinite(upper):
        upper -= _saved(benchmark, solution, link, forth, quantity)
    lower = min(solution.lower, upper)
    return {
        "schema": SCHEMA,
        "instance": benchmark.name,
        "format": benchmark.file_format,
        "status": str(solution.status),
        "upper": upper if math.isfinite(upper) else None,
        "lower": lower if math.isfinite(lower) else None,
        "gap": relative_gap(upper, lower),
        "seconds": round(solution.seconds, 3),
        "seed": seed,
        "threads": threads,
        "version": __version__,
        "runs": [
            {"link": int(benchmark.vehicle_link[v]), "module": int(benchmark.vehicle_module[v]), "runs": int(runs)}
            for v, runs in sorted(zip(solution.run_vehicle.tolist(), solution.run_count.tolist(), strict=True))
            if runs > 0
        ],
        "flows": [
            {
                "commodity": k,
                "link": e,
                "from": first + int(tail[e] if out else head[e]),
                "to": first + int(head[e] if out else tail[e]),
                "quantity": q,
            }
            for k, e, out, q in zip(commodity.tolist(), link.tolist(), forth.tolist(), quantity.tolist(), strict=True)
        ],
    }


def relative_gap(upper: float, lower: float) -> float | None:
    """``(upper - lower) / |upper|``; None where it says nothing."""
    if not (math.isfinite(upper) and math.isfinite(lower)) or upper == 0:
        return None
    return max(0.0, upper - lower) / abs(upper)


def _ends(benchmark: Benchmark) -> tuple[IntArray, IntArray]:
    """Nodes of each link: those of the first leg of its vehicles."""
    p = benchmark.problem
    first = np.searchsorted(p.leg_vehicle, np.arange(len(p.vehicle_service)))
    tail, head = (np.zeros(int(benchmark.vehicle_link.max(initial=-1)) + 1, dtype=np.int64) for _ in range(2))
    tail[benchmark.vehicle_link], head[benchmark.vehicle_link] = p.leg_tail[first], p.leg_head[first]
    return tail, head


def _flows(benchmark: Benchmark, solution: DesignSolution) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Commodity, link, whether it goes from the first node of the link to the second, quantity; in this order."""
    p = benchmark.problem
    steps = np.repeat(np.arange(len(solution.path_qty)), np.diff(solution.path_ptr))
    legs = solution.step_index
    first = np.searchsorted(p.leg_vehicle, p.leg_vehicle[legs])
    rides = np.stack([solution.path_commodity[steps], benchmark.vehicle_link[p.leg_vehicle[legs]], legs == first])
    keys, which = np.unique(rides, axis=1, return_inverse=True)
    quantity = np.zeros(keys.shape[1])
    np.add.at(quantity, which.ravel(), solution.path_qty[steps])
    keep = quantity > FLOW_TOL
    return keys[0, keep], keys[1, keep], keys[2, keep], quantity[keep]


def _saved(
    benchmark: Benchmark, solution: DesignSolution, link: IntArray, forth: IntArray, quantity: FloatArray
) -> float:
    """How much less the largest load of whole links costs than those of their vehicles."""
    p = benchmark.problem
    if not len(p.vehicle_load_cost):
        return 0.0
    steps = np.repeat(solution.path_qty, np.diff(solution.path_ptr))
    of_leg = np.bincount(solution.step_index, weights=steps, minlength=len(p.leg_tail))
    by_vehicle = np.zeros(len(p.vehicle_service))
    np.maximum.at(by_vehicle, p.leg_vehicle, of_leg)
    cost = np.zeros(int(benchmark.vehicle_link.max(initial=-1)) + 1)
    cost[benchmark.vehicle_link] = p.vehicle_load_cost
    both = np.zeros((len(cost), 2))
    np.add.at(both, (link, forth), quantity)
    return float((p.vehicle_load_cost * by_vehicle).sum() - (cost * both.max(axis=1)).sum())
