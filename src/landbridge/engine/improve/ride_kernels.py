"""Compiled search for the cheapest way of one order through a plan: rides scanned in the order in which they leave."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from landbridge.engine.space.scan_kernels import Freight, Scratch, Space, list_near, scan_rides, write_path

INF = np.inf
TIE = 0.02
"""Price of room on a run that goes anyway, as a part of its usual price: breaks ties towards the fuller way."""

LEAST_USUAL = 0.1
"""Ways that usually cost less than this part of an order's worth count as if they cost so much."""


class Guides(NamedTuple):
    """Least flow cost, minutes and usual cost to each target from each flat node; usual prices by kind and arc."""

    kind: Any
    flow_cost: Any
    minutes: Any
    usual: Any
    price: Any
    out_ptr: Any
    out_arc: Any
    head: Any


class State(NamedTuple):
    """A plan: runs, loads, what limits leave, riders; and of each order its arcs (-1: not served) and flow cost."""

    runs: Any
    load: Any
    left: Any
    riders: Any
    length: Any
    arc: Any
    cycle: Any
    flow_cost: Any
    total: Any
    most: Any


class Way(NamedTuple):
    """How full an opened run becomes, how far its cost is spread so; how wide and how long to look."""

    fill: float
    spread: float
    width: float
    patience: float


@njit(cache=True, nogil=True)
def _runs_to_open(capacity: Any, taken: Any, load: Any, quantity: float, runs: float) -> Any:
    """Runs that a ride of a quantity needs beyond those there are, and the part of one that it takes; inf: no room."""
    need, part = 1.0, 0.0
    for d in range(load.shape[0]):
        if load[d] > 0.0 and capacity[d] < INF:
            if capacity[d] <= 0.0:
                return INF, part
            mine = load[d] * quantity / capacity[d]
            part = max(part, mine)
            need = max(need, np.ceil(taken[d] / capacity[d] + mine - 1e-9))
    return need - runs, part


@njit(cache=True, nogil=True)
def _price_rides(
    space: Space, freight: Freight, state: State, scratch: Scratch, k: int, num_rides: int, way: Way
) -> None:
    """What an order pays on the slots of the rides that are listed, at marginal prices; inf: no run may be opened."""
    rides, price, noise, ride_slot, slot_run = (
        scratch.rides, scratch.price, scratch.noise, space.ride_slot, space.slot_run
    )  # fmt: skip
    capacity, leg_cost, limit_ptr, limit, limit_count = (
        space.capacity, space.leg_cost, space.limit_ptr, space.limit, space.limit_count
    )  # fmt: skip
    runs, taken, most, limit_left = state.runs, state.load, state.most, state.left
    quantity, load = freight.quantity[k], freight.load[k]
    for i in range(num_rides):
        z = ride_slot[rides[i]]
        r = slot_run[z]
        extra, part = _runs_to_open(capacity[z], taken[z], load, quantity, runs[r])
        if extra <= 0.0:
            price[z] = TIE * leg_cost[z] * part
            continue
        is_open = extra + runs[r] <= most[r]
        for j in range(limit_ptr[r], limit_ptr[r + 1]):
            is_open &= limit_left[limit[j]] >= extra * limit_count[j] - 1e-9
        spread = way.spread * min(part / way.fill, extra) + (1.0 - way.spread) * extra
        price[z] = spread * (leg_cost[z] * noise[r]) if is_open else INF


@njit(cache=True, nogil=True)
def find_path(space: Space, freight: Freight, guides: Guides, state: State, scratch: Scratch, k: int, way: Way) -> Any:
    """
    Find the cheapest path of an order at marginal prices; its arcs and cycles, waiting left out, go to ``scratch``.

    Along ways whose usual cost is within a part ``way.width`` of the least, or of some of the worth.

    Returns
    -------
    tuple
        Flow cost of the path, waiting and lateness included, and the number of its arcs; -1: none that pays.
    """
    guide, origin, quantity = freight.guide[k], freight.origin[k], freight.quantity[k]
    usual, price = guides.usual[guide], guides.price[guides.kind[guide]]
    if usual[origin] == INF:
        return INF, -1
    worth = freight.value[k] / quantity
    limit = usual[origin] + way.width * max(usual[origin], LEAST_USUAL * worth) + 1e-9
    num_rides = list_near(
        space, scratch, guides.out_ptr, guides.out_arc, guides.head, origin, price, usual, limit, True
    )
    _price_rides(space, freight, state, scratch, k, num_rides, way)
    least, ready, deadline = guides.minutes[guide, origin], freight.ready[k], freight.deadline[k]
    deadline = min(deadline, int(ready + least + way.patience * (deadline - ready - least)))
    end, _, flow, _ = scan_rides(
        space, freight, scratch, k, num_rides, quantity, price[space.num_legs :], guides.flow_cost[guide],
        guides.minutes[guide], deadline, freight.value[k],
    )  # fmt: skip
    if end < 0:
        return INF, -1
    return flow, write_path(space, scratch, end)
