"""Divides the flow of paths among the orders that were merged, and pairs offers with bids."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from landbridge.engine import DesignSolution
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.network import Network
from landbridge.units import FLOW_TOL

QTY_DIGITS = 9
"""Decimals of a quantity that are kept: far below the tolerance on quantities, far above solver noise."""


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A part of a path's flow that belongs to one instance of an order.

    Parameters
    ----------
    path
        Index of the path.
    first, bid
        Indices of the instances: shipment (bid = -1), or offer and bid.
    qty
        Units.
    """

    path: int
    first: int
    bid: int
    qty: float


def tidy_paths(network: Network, solution: DesignSolution) -> DesignSolution:
    """Let freight end when it alights, add up paths of the same steps, and take solver noise off."""
    return _merge_paths(_end_at_once(network, solution))


def _end_at_once(network: Network, solution: DesignSolution) -> DesignSolution:
    """Let freight that ends without a handling end at alighting (semantics §3.5)."""
    start_min, end_min = solution.step_start_min.copy(), solution.step_end_min.copy()
    for path in range(len(solution.path_qty)):
        first, last = int(solution.path_ptr[path]), int(solution.path_ptr[path + 1]) - 1
        if last < first or not solution.step_is_link[last]:
            continue
        if network.nodes.links[int(solution.step_index[last])].row is None:
            before = network.problem.commodity_ready_min[solution.path_commodity[path]]
            start_min[last] = end_min[last] = before if last == first else end_min[last - 1]
    return replace(solution, step_start_min=start_min, step_end_min=end_min)


def _merge_paths(solution: DesignSolution) -> DesignSolution:
    kept: dict[tuple[int, int, bytes, bytes, bytes], int] = {}
    qty: dict[int, float] = {}
    for path, amount in enumerate(solution.path_qty.tolist()):
        if amount <= FLOW_TOL:
            continue
        steps = slice(solution.path_ptr[path], solution.path_ptr[path + 1])
        key = (
            int(solution.path_commodity[path]),
            int(solution.path_sink[path]),
            solution.step_is_link[steps].tobytes(),
            solution.step_index[steps].tobytes(),
            solution.step_start_min[steps].tobytes(),
        )
        same = kept.setdefault(key, path)
        qty[same] = qty.get(same, 0.0) + amount
    paths = np.array(sorted(qty), dtype=np.int64)
    lengths = np.diff(solution.path_ptr)[paths]
    index = [np.arange(solution.path_ptr[path], solution.path_ptr[path + 1]) for path in paths]
    steps_kept = np.concatenate(index) if index else np.zeros(0, dtype=np.int64)
    return replace(
        solution,
        path_commodity=solution.path_commodity[paths],
        path_sink=solution.path_sink[paths],
        path_qty=np.array([round(qty[int(path)], QTY_DIGITS) for path in paths], dtype=np.float64),
        path_ptr=np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths))),
        step_is_link=solution.step_is_link[steps_kept],
        step_index=solution.step_index[steps_kept],
        step_start_min=solution.step_start_min[steps_kept],
        step_end_min=solution.step_end_min[steps_kept],
    )


def only_paths(base: DesignSolution, paths: IntArray) -> DesignSolution:
    """The solution with some of its paths, in the order given."""
    lengths = np.diff(base.path_ptr)[paths]
    index = [np.arange(base.path_ptr[path], base.path_ptr[path + 1]) for path in paths]
    steps = np.concatenate([*index, np.zeros(0, dtype=np.int64)])
    return replace(
        base,
        path_commodity=base.path_commodity[paths],
        path_sink=base.path_sink[paths],
        path_qty=base.path_qty[paths],
        path_ptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        step_is_link=base.step_is_link[steps],
        step_index=base.step_index[steps],
        step_start_min=base.step_start_min[steps],
        step_end_min=base.step_end_min[steps],
    )


def divide_paths(network: Network, solution: DesignSolution) -> tuple[Piece, ...]:
    """
    Give the flow of each path to the orders of its terminals, those of highest value first.

    Merged orders may take each other's paths, so any division that fills each
    block as the engine did is a plan of the same value.
    """
    problem = network.problem
    takers = _Takers(network, solution.block_served)
    pieces: list[Piece] = []
    for path, qty in enumerate(solution.path_qty.tolist()):
        supply = int(problem.commodity_supply[solution.path_commodity[path]])
        demand = int(problem.sink_terminal[solution.path_sink[path]])
        if supply == demand:
            pieces.extend(Piece(path, first, -1, amount) for first, amount in takers.take(supply, qty))
            continue
        for first, amount in takers.take(supply, qty):
            pieces.extend(Piece(path, first, bid, part) for bid, part in takers.take(demand, amount))
    return tuple(pieces)


class _Takers:
    """What is left of each terminal's blocks, in the order in which they take."""

    def __init__(self, network: Network, served: FloatArray) -> None:
        problem = network.problem
        self.rest: dict[int, list[list[float]]] = {}
        order = np.lexsort((-problem.block_value, problem.block_terminal))
        for block in order.tolist():
            if served[block] > FLOW_TOL:
                entry = [float(network.block_instance[block]), float(served[block])]
                self.rest.setdefault(int(problem.block_terminal[block]), []).append(entry)

    def take(self, terminal: int, qty: float) -> list[tuple[int, float]]:
        """Take so much from the terminal's blocks; the last one takes what rounding leaves over."""
        blocks = self.rest[terminal]
        found = []
        while qty > 0:
            instance, rest = blocks[0]
            if rest >= qty - FLOW_TOL * max(1.0, qty) or len(blocks) == 1:
                found.append((int(instance), qty))
                blocks[0][1] = max(0.0, rest - qty)
                break
            if rest > FLOW_TOL * max(1.0, qty):
                found.append((int(instance), rest))
                qty -= rest
            blocks.pop(0)
        return found
