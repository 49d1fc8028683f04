"""Reads static fixed-charge multicommodity network design problems in the format of the Canad instances."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landbridge.engine import DesignProblem
from landbridge.network.benchmarks.benchmark import Benchmark
from landbridge.network.benchmarks.lines import Lines

HEADER = "MULTIGEN.DAT:"
ARC_TOKENS, COMMODITY_TOKENS = 7, 3


def read_canad(path: str | Path) -> DesignProblem:
    """
    Read a ``.dow`` file [1]_ as a design problem without time.

    Each arc becomes a service of one leg that runs once or not at all, each
    line of demand an order that must be served in full.

    Parameters
    ----------
    path
        File of blank-separated numbers: the line ``MULTIGEN.DAT:``; nodes, arcs, commodities; of each arc
        tail, head, unit cost, capacity, fixed cost and two numbers without meaning; of each commodity
        origin, destination, demand. Nodes count from 1.

    Raises
    ------
    InvalidInstance
        When the file is malformed; the message names file and line.

    References
    ----------
    .. [1] Crainic, T. G., A. Frangioni, and B. Gendron (2001). Bundle-based relaxation methods for
           multicommodity capacitated fixed charge network design. *Discrete Applied Mathematics* 112: 73-99.
    """
    return canad_benchmark(Path(path)).problem


def canad_benchmark(path: Path) -> Benchmark:
    """Read an instance with its name, and the arc of each vehicle."""
    lines = Lines(path)
    words = lines.words()
    if words != [HEADER]:
        raise lines.fault(f"found {' '.join(words)[:40]!r}, expected the header {HEADER!r}")
    num_nodes, num_arcs, num_commodities = lines.sizes("nodes", "arcs", "commodities")
    arcs = [_row(lines, ARC_TOKENS, f"arc {n + 1} of {num_arcs}", num_nodes) for n in range(num_arcs)]
    what = [f"commodity {n + 1} of {num_commodities}" for n in range(num_commodities)]
    demands = [_row(lines, COMMODITY_TOKENS, name, num_nodes) for name in what]
    lines.end(f"{num_commodities} commodities")
    arc = np.array(arcs, dtype=np.float64).reshape(-1, ARC_TOKENS)
    demand = np.array(demands, dtype=np.float64).reshape(-1, COMMODITY_TOKENS)
    problem = DesignProblem.from_arrays(
        tails=arc[:, 0],
        heads=arc[:, 1],
        unit_cost=arc[:, 2],
        capacity=arc[:, 3],
        fixed_cost=arc[:, 4],
        origins=demand[:, 0],
        destinations=demand[:, 1],
        quantity=demand[:, 2],
        num_nodes=num_nodes,
    )
    return Benchmark(
        file_format="canad",
        name=path.stem,
        first_node=1,
        vehicle_link=np.arange(num_arcs),
        vehicle_module=np.zeros(num_arcs, dtype=np.int64),
        problem=problem,
    )


def _row(lines: Lines, count: int, what: str, num_nodes: int) -> list[float]:
    """A line that begins with two nodes."""
    numbers = lines.numbers(count, what)
    return [*lines.nodes(slice(2), 1, num_nodes), *numbers[2:]]
