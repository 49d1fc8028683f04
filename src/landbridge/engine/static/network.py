"""A design problem without time as links, capacity steps and commodities; None where it is more than that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.units import FLOW_TOL

MOST_PAIRS = 50_000_000
"""Most pairs of commodity and link; with more the general engine, which keeps no table of them, is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticNetwork:
    """
    A static network design problem: N nodes, A arcs, E links, M modules, K commodities.

    A link has one arc, or two in opposite directions. Its modules (vehicles of several sizes) give it capacity; all
    arcs of a link are opened by the same modules. Flow is measured in units of capacity.

    Parameters
    ----------
    num_nodes
        Number of nodes.
    arc_tail, arc_head, arc_cost, arc_link
        Shape ``(A,)``; cost of a unit of flow. Arcs of one link stand side by side.
    link_ptr
        Shape ``(E + 1,)``: arcs of link e are ``link_ptr[e]:link_ptr[e + 1]``.
    link_shared, link_cost
        Shape ``(E,)``. The loads of both arcs add up (undirected); otherwise each arc has all of the capacity, and
        ``link_cost`` is the cost of a unit of the larger load.
    module_link, module_cap, module_cost, module_most, module_vehicle
        Shape ``(M,)``, sorted by link: capacity and cost of one copy, most copies, the vehicle it is.
    origin, dest, qty, penalty
        Shape ``(K,)``. ``penalty`` is the cost of a unit left unserved; inf: must be served.
    members
        Of each commodity, the terminals merged into it.
    constant
        Cost that no plan avoids.
    """

    num_nodes: int
    arc_tail: IntArray
    arc_head: IntArray
    arc_cost: FloatArray
    arc_link: IntArray
    link_ptr: IntArray
    link_shared: BoolArray
    link_cost: FloatArray
    module_link: IntArray
    module_cap: FloatArray
    module_cost: FloatArray
    module_most: FloatArray
    module_vehicle: IntArray
    origin: IntArray
    dest: IntArray
    qty: FloatArray
    penalty: FloatArray
    members: tuple[IntArray, ...]
    constant: float

    @property
    def num_arcs(self) -> int:
        """Number of arcs."""
        return len(self.arc_tail)

    @property
    def num_links(self) -> int:
        """Number of links."""
        return len(self.link_shared)


def static_network(problem: DesignProblem) -> StaticNetwork | None:
    """Read a design problem as a static network; None where it has time, fleets, choices or limits of other kinds."""
    p = problem
    if not _is_plain(p):
        return None
    most = _most_copies(p)
    legs = _legs_by_vehicle(p)
    if most is None or legs is None:
        return None
    scale = p.commodity_load[:, 0]
    ratio = p.commodity_weight_t / scale
    if len(ratio) and not np.allclose(ratio, ratio[0], rtol=1e-12, atol=0.0):
        return None
    per_load = float(ratio[0]) if len(ratio) else 1.0
    groups: dict[tuple[object, ...], list[int]] = {}
    for v, (first, last) in enumerate(legs):
        if most[v] <= 0 or p.vehicle_capacity[v, 0] <= 0:
            continue
        groups.setdefault(_link_key(p, first, last), []).append(v)
    tail, head, cost, link, ptr, shared, by_load = [], [], [], [], [0], [], []
    module_link, module_vehicle = [], []
    for e, (key, vehicles) in enumerate(groups.items()):
        first, last = legs[vehicles[0]]
        is_shared, load_cost = key[-2] == "shared", _load_cost(p, vehicles[0])
        of_arcs = load_cost if is_shared or last - first == 1 else 0.0
        for leg in range(first, last):
            tail.append(int(p.leg_tail[leg]))
            head.append(int(p.leg_head[leg]))
            cost.append(float(p.leg_cost_per_t[leg]) * per_load + of_arcs)
            link.append(e)
        ptr.append(len(tail))
        shared.append(is_shared)
        by_load.append(load_cost - of_arcs)
        module_link.extend([e] * len(vehicles))
        module_vehicle.extend(vehicles)
    vehicle = np.array(module_vehicle, dtype=np.int64)
    commodities = _commodities(p)
    if commodities is None or len(commodities[0]) * len(groups) > MOST_PAIRS:
        return None
    origin, dest, qty, penalty, members, constant = commodities
    total = float(qty.sum())
    cap = p.vehicle_capacity[vehicle, 0]
    copies = np.minimum(most[vehicle], np.maximum(np.ceil(2.0 * total / np.minimum(cap, 1e18)), 1.0))
    return StaticNetwork(
        num_nodes=len(p.node_rank),
        arc_tail=np.array(tail, dtype=np.int64),
        arc_head=np.array(head, dtype=np.int64),
        arc_cost=np.array(cost),
        arc_link=np.array(link, dtype=np.int64),
        link_ptr=np.array(ptr, dtype=np.int64),
        link_shared=np.array(shared, dtype=np.bool_),
        link_cost=np.array(by_load, dtype=np.float64),
        module_link=np.array(module_link, dtype=np.int64),
        module_cap=np.minimum(cap, max(2.0 * total, 1.0)),
        module_cost=p.vehicle_run_cost[vehicle].astype(np.float64),
        module_most=copies,
        module_vehicle=vehicle,
        origin=origin,
        dest=dest,
        qty=qty,
        penalty=penalty,
        members=members,
        constant=constant,
    )


def _is_plain(p: DesignProblem) -> bool:
    """Whether nothing but legs, vehicles, limits of single vehicles and commodities with one sink is there."""
    absent = (p.link_tail, p.flow_limit_cap_t, p.share_vehicle, p.fleet_count, p.switch_cost, p.store_cap_t)
    return bool(
        p.horizon_min == 0
        and all(len(x) == 0 for x in absent)
        and p.vehicle_capacity.shape[1] == 1
        and p.leg_access.all()
        and not p.terminal_single.any()
        and not (p.block_min_fill > 0).any()
        and len(p.sink_commodity) == len(p.commodity_supply)
        and len(np.unique(p.sink_commodity)) == len(p.sink_commodity)
        and len(np.unique(p.commodity_supply)) == len(p.commodity_supply)
        and np.array_equal(p.sink_terminal, p.commodity_supply[p.sink_commodity])
        and (p.commodity_load > 0).all()
        and (p.vehicle_run_cost >= 0).all()
        and (p.leg_cost_per_t >= 0).all()
        and len(np.unique(p.departure_vehicle)) == len(p.departure_vehicle) == len(p.vehicle_service)
        and (p.vehicle_timed | (p.vehicle_fleet < 0)).all()
    )


def _most_copies(p: DesignProblem) -> FloatArray | None:
    """Most runs of each vehicle; None where a limit joins several vehicles, or asks for runs."""
    if (p.limit_low > 0).any() or (p.use_departure >= 0).any():
        return None
    if len(np.unique(p.use_limit)) != len(p.use_limit) or (p.limit_period_min > 0).any():
        return None
    most = np.full(len(p.vehicle_service), np.inf)
    np.minimum.at(most, p.use_vehicle, np.floor(p.limit_cap[p.use_limit] + 1e-9))
    return most


def _legs_by_vehicle(p: DesignProblem) -> list[tuple[int, int]] | None:
    """Legs of each vehicle as (first, last + 1); None where one has neither one leg nor two there and back."""
    count = len(p.vehicle_service)
    first = np.searchsorted(p.leg_vehicle, np.arange(count), side="left")
    last = np.searchsorted(p.leg_vehicle, np.arange(count), side="right")
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        there_and_back = b - a == 2 and p.leg_tail[a] == p.leg_head[a + 1] and p.leg_head[a] == p.leg_tail[a + 1]
        if b - a != 1 and not there_and_back:
            return None
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _load_cost(p: DesignProblem, vehicle: int) -> float:
    """Cost of a unit of the largest load of a vehicle."""
    return float(p.vehicle_load_cost[vehicle]) if len(p.vehicle_load_cost) else 0.0


def _link_key(p: DesignProblem, first: int, last: int) -> tuple[object, ...]:
    """What vehicles of one link have in common; the last but one says whether loads of both directions add up."""
    room = p.leg_room[first:last].tolist() if len(p.leg_room) else []
    shared = last - first == 2 and len(room) == 2 and room[0] >= 0 and room[0] == room[1]
    parts = [(int(p.leg_tail[i]), int(p.leg_head[i]), float(p.leg_cost_per_t[i])) for i in range(first, last)]
    return (*parts, "shared" if shared else "apart", _load_cost(p, int(p.leg_vehicle[first])))


def _commodities(
    p: DesignProblem,
) -> tuple[IntArray, IntArray, FloatArray, FloatArray, tuple[IntArray, ...], float] | None:
    """Commodities merged by origin, destination and penalty; None where blocks are partly forced or gain by sending."""
    node = np.empty(len(p.terminal_single), dtype=np.int64)
    end = np.empty(len(p.terminal_single), dtype=np.int64)
    load = np.ones(len(p.terminal_single))
    node[p.commodity_supply] = p.commodity_origin
    load[p.commodity_supply] = p.commodity_load[:, 0]
    end[p.commodity_supply[p.sink_commodity]] = p.sink_node
    forced = np.abs(p.block_low - p.block_qty) <= FLOW_TOL
    if not (forced | (p.block_low == 0)).all() or len(p.block_terminal) != len(np.unique(p.block_terminal)):
        return None
    constant = float(-(p.block_value * p.block_low).sum())
    groups: dict[tuple[int, int, float], list[int]] = {}
    for b, t in enumerate(p.block_terminal.tolist()):
        worth = float(p.block_value[b] + p.block_penalty[b])
        if p.block_qty[b] <= 0 or (node[t] == end[t] and forced[b]):
            if not forced[b]:
                return None
            continue
        if node[t] == end[t]:
            return None
        if not forced[b]:
            constant -= float(p.block_value[b] * p.block_qty[b])
            if worth <= 0:
                return None
        penalty = np.inf if forced[b] else worth / load[t]
        groups.setdefault((int(node[t]), int(end[t]), penalty), []).append(b)
    keys = list(groups)
    return (
        np.array([k[0] for k in keys], dtype=np.int64),
        np.array([k[1] for k in keys], dtype=np.int64),
        np.array([float((p.block_qty[b] * load[p.block_terminal[b]]).sum()) for b in groups.values()]),
        np.array([k[2] for k in keys]),
        tuple(p.block_terminal[b] for b in groups.values()),
        constant,
    )
