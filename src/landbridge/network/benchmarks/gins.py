"""Reads static network design problems with modules on directed, bidirected or undirected links."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landbridge.engine import DesignProblem
from landbridge.engine.plain import static_problem
from landbridge.engine.problem import FloatArray
from landbridge.network.benchmarks.benchmark import Benchmark
from landbridge.network.benchmarks.lines import Lines

HEADER = "GINS"
KINDS = ("directed", "bidirected", "undirected")


def read_gins(path: str | Path) -> DesignProblem:
    """
    Read an instance of [1]_ as a design problem without time.

    Each module of each link becomes a vehicle that may run as often as the
    link takes it; modules it does not take are left out. A directed link is one leg. The vehicles of the
    others have two, there and back: in one room where the link is undirected, so that the loads add up; in rooms of
    their own where it is bidirected, the cost of a unit of load being that of the larger load (``vehicle_load_cost``).

    Parameters
    ----------
    path
        File of blank-separated numbers: the line ``GINS name kind``; nodes, links, modules, commodities; of each
        module capacity and cost; of each link its two nodes, cost of a unit of load and the most copies of each
        module; of each commodity origin, destination, quantity. Nodes count from 0.

    Raises
    ------
    InvalidInstance
        When the file is malformed; the message names file and line.

    References
    ----------
    .. [1] A graph-induced neighborhood search heuristic for the capacitated multicommodity network design
           problem (2025). *Mathematics* 13(4): 588.
    """
    return gins_benchmark(Path(path)).problem


def gins_benchmark(path: Path) -> Benchmark:
    """Read an instance with its name, and link and module of each vehicle."""
    lines = Lines(path)
    words = lines.words()
    if len(words) != 3 or words[0] != HEADER or words[2] not in KINDS:
        raise lines.fault(f"found {' '.join(words)[:60]!r}, expected 'GINS name {'|'.join(KINDS)}'")
    num_nodes, num_links, num_modules, num_commodities = lines.sizes("nodes", "links", "modules", "commodities")
    modules = [lines.numbers(2, f"module {n + 1} of {num_modules}") for n in range(num_modules)]
    links = [_link(lines, f"link {n + 1} of {num_links}", num_nodes, num_modules) for n in range(num_links)]
    demands = []
    for n in range(num_commodities):
        numbers = lines.numbers(3, f"commodity {n + 1} of {num_commodities}")
        demands.append([*lines.nodes(slice(2), 0, num_nodes - 1), numbers[2]])
    lines.end(f"{num_commodities} commodities")
    table = np.array(links, dtype=np.float64).reshape(-1, 3 + num_modules)
    link, module = np.where(table[:, 3:] > 0)
    problem = _to_problem(
        words[2],
        num_nodes,
        np.array(modules, dtype=np.float64).reshape(-1, 2)[module],
        np.column_stack([table[link, :3], table[link, 3 + module]]),
        np.array(demands, dtype=np.float64).reshape(-1, 3),
    )
    return Benchmark(
        file_format="gins", name=words[1], first_node=0, vehicle_link=link, vehicle_module=module, problem=problem
    )


def _link(lines: Lines, what: str, num_nodes: int, num_modules: int) -> list[float]:
    numbers = lines.numbers(3 + num_modules, what)
    copies = lines.whole(slice(3, None), f"copies of a module on {what}")
    return [*lines.nodes(slice(2), 0, num_nodes - 1), numbers[2], *copies]


def _to_problem(
    kind: str, num_nodes: int, modules: FloatArray, links: FloatArray, demands: FloatArray
) -> DesignProblem:
    """The problem of vehicles given by module (capacity, cost) and link (its nodes, cost of load, most copies)."""
    ends, cost, num_vehicles = links[:, :2].astype(np.int64), links[:, 2], len(links)
    legs = 1 if kind == "directed" else 2
    tail, head = (ends, ends[:, ::-1]) if legs == 2 else (ends[:, :1], ends[:, 1:])
    by_load = kind == "bidirected"
    return static_problem(
        num_nodes=num_nodes,
        leg_vehicle=np.repeat(np.arange(num_vehicles), legs),
        leg_tail=tail.ravel().copy(),
        leg_head=head.ravel().copy(),
        leg_cost=np.zeros(legs * num_vehicles) if by_load else np.repeat(cost, legs),
        leg_room=np.zeros(legs * num_vehicles, dtype=np.int64) if kind == "undirected" else None,
        load_cost=cost.copy() if by_load else None,
        capacity=modules[:, 0].copy(),
        run_cost=modules[:, 1].copy(),
        most_runs=links[:, 3].copy(),
        origin=demands[:, 0].astype(np.int64),
        destination=demands[:, 1].astype(np.int64),
        quantity=demands[:, 2],
    )
