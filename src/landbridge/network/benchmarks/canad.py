"""Reads static fixed-charge multicommodity network design problems in the format of the Canad instances."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from landbridge.engine import DesignProblem
from landbridge.errors import InvalidInstance

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
    path = Path(path)
    try:
        text = path.read_text(encoding="ascii")
    except UnicodeDecodeError as error:
        raise InvalidInstance(
            f"{path}: expected plain ASCII text, found byte {error.object[error.start]:#04x}"
        ) from error
    except OSError as error:
        raise InvalidInstance(f"{path}: cannot be read: {error.strerror}") from error
    lines = _numbered_lines(path, text)
    line, words = next(lines, (1, []))
    if words != [HEADER]:
        raise InvalidInstance(f"{path}:{line}: found {' '.join(words)[:40]!r}, expected the header {HEADER!r}")
    num_nodes, num_arcs, num_commodities = _row(path, lines, 3, "nodes, arcs and commodities")[1]
    arcs = [_row(path, lines, ARC_TOKENS, f"arc {number + 1} of {num_arcs:g}") for number in range(int(num_arcs))]
    demands = [
        _row(path, lines, COMMODITY_TOKENS, f"commodity {number + 1} of {num_commodities:g}")
        for number in range(int(num_commodities))
    ]
    extra = next(lines, None)
    if extra is not None:
        raise InvalidInstance(f"{path}:{extra[0]}: found more lines, expected the end after {len(demands)} commodities")
    for line, row in (*arcs, *demands):
        _check_nodes(path, line, row, int(num_nodes))
    return _to_problem(int(num_nodes), [row for _, row in arcs], [row for _, row in demands])


def _numbered_lines(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if words:
            yield number, words


def _row(path: Path, lines: Iterator[tuple[int, list[str]]], count: int, what: str) -> tuple[int, list[float]]:
    line, words = next(lines, (0, []))
    if not line:
        raise InvalidInstance(f"{path}: ends before {what}")
    if len(words) != count:
        raise InvalidInstance(f"{path}:{line}: found {len(words)} numbers, expected {count} ({what})")
    try:
        numbers = [float(word) for word in words]
    except ValueError as error:
        raise InvalidInstance(f"{path}:{line}: found {' '.join(words)!r}, expected {count} numbers ({what})") from error
    if not all(math.isfinite(number) and number >= 0 for number in numbers):
        raise InvalidInstance(f"{path}:{line}: found {' '.join(words)!r}, expected numbers of 0 or more ({what})")
    return line, numbers


def _check_nodes(path: Path, line: int, row: list[float], num_nodes: int) -> None:
    for node in row[:2]:
        if node != int(node) or not 1 <= node <= num_nodes:
            raise InvalidInstance(f"{path}:{line}: found node {node:g}, expected a whole number from 1 to {num_nodes}")


def _to_problem(num_nodes: int, arcs: list[list[float]], demands: list[list[float]]) -> DesignProblem:
    arc = np.array(arcs, dtype=np.float64).reshape(-1, ARC_TOKENS)
    demand = np.array(demands, dtype=np.float64).reshape(-1, COMMODITY_TOKENS)
    num_arcs, num_demands = len(arc), len(demand)
    every_arc, every_demand = np.arange(num_arcs), np.arange(num_demands)
    tail, head = arc[:, 0].astype(np.int64) - 1, arc[:, 1].astype(np.int64) - 1
    zeros = np.zeros(num_arcs, dtype=np.int64)
    no_time = np.zeros(num_demands, dtype=np.int64)
    return DesignProblem(
        horizon_min=0,
        node_rank=np.ones(num_nodes, dtype=np.int64),
        node_hold_cost=np.zeros(num_nodes),
        node_store=np.full(num_nodes, -1, dtype=np.int64),
        leg_vehicle=every_arc,
        leg_tail=tail,
        leg_head=head,
        leg_travel_min=zeros,
        leg_cost_per_t=arc[:, 2].copy(),
        vehicle_service=every_arc,
        vehicle_capacity=arc[:, 3:4].copy(),
        vehicle_run_cost=arc[:, 4].copy(),
        vehicle_empty_cost=np.full(num_arcs, np.nan),
        vehicle_timed=np.ones(num_arcs, dtype=np.bool_),
        vehicle_fleet=np.full(num_arcs, -1, dtype=np.int64),
        vehicle_from_hub=tail,
        vehicle_to_hub=head,
        departure_vehicle=every_arc,
        departure_min=zeros,
        limit_cap=np.ones(num_arcs),
        limit_low=np.zeros(num_arcs),
        limit_period_min=zeros,
        limit_shift_min=zeros,
        use_limit=every_arc,
        use_vehicle=every_arc,
        use_departure=np.full(num_arcs, -1, dtype=np.int64),
        use_offset_min=zeros,
        leg_access=np.ones((1, num_arcs), dtype=np.bool_),
        link_access=np.ones((1, 0), dtype=np.bool_),
        commodity_origin=demand[:, 0].astype(np.int64) - 1,
        commodity_ready_min=no_time,
        commodity_class=no_time,
        commodity_weight_t=np.ones(num_demands),
        commodity_load=np.ones((num_demands, 1)),
        commodity_supply=every_demand,
        sink_commodity=every_demand,
        sink_node=demand[:, 1].astype(np.int64) - 1,
        sink_due_min=no_time,
        sink_deadline_min=no_time,
        sink_late_cost=np.zeros(num_demands),
        sink_terminal=every_demand,
        terminal_single=np.zeros(num_demands, dtype=np.bool_),
        block_terminal=every_demand,
        block_qty=demand[:, 2].copy(),
        block_value=np.zeros(num_demands),
        block_penalty=np.zeros(num_demands),
        block_low=demand[:, 2].copy(),
        block_min_fill=np.zeros(num_demands),
    )
