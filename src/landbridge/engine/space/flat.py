"""The flat network of a problem: its legs and links without time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.space.expansion import Expansion
from landbridge.engine.space.flat_kernels import costs_to


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatNetwork:
    """
    Where freight may go, whenever it may.

    Each path in space and time leads over a way of this network that costs no more, since waiting and lateness
    cost nothing here, and takes at least the minutes of its arcs.

    Parameters
    ----------
    tail, head, leg, cost_per_t, duration_min
        Arcs: legs in their order, links in theirs, then staying aboard, alighting and boarding. ``leg``: -1 if none.
    in_ptr, in_arc, out_ptr, out_arc
        Arcs into and out of each node.
    kind_class, kind_weight_t, kind_load, usable
        Kinds of freight, alike in class, weight and load, and the arcs each may use. Shape ``(G, A)``.
    kind_of_commodity
        Kind of each commodity.
    node_of_time
        Flat node of each time node.
    """

    num_nodes: int
    tail: IntArray
    head: IntArray
    leg: IntArray
    cost_per_t: FloatArray
    duration_min: FloatArray
    in_ptr: IntArray
    in_arc: IntArray
    out_ptr: IntArray
    out_arc: IntArray
    kind_class: IntArray
    kind_weight_t: FloatArray
    kind_load: FloatArray
    usable: BoolArray
    kind_of_commodity: IntArray
    node_of_time: IntArray

    def flow_prices(self) -> FloatArray:
        """Cost of a unit of each kind on each arc without its ride; inf where it may not go."""
        prices: FloatArray = np.where(self.usable, self.cost_per_t[None, :] * self.kind_weight_t[:, None], np.inf)
        return prices

    def leg_prices(self, price: FloatArray) -> FloatArray:
        """Prices of a unit of load by leg and dimension as prices of a unit of each kind by arc."""
        if not len(price):
            return np.zeros((len(self.kind_load), len(self.leg)))
        by_leg = self.kind_load @ price.T
        prices: FloatArray = np.where(self.leg >= 0, by_leg[:, np.maximum(self.leg, 0)], 0.0)
        return prices

    def least_costs(self, targets: IntArray, prices: FloatArray) -> FloatArray:
        """Least cost of kind ``targets[i, 0]`` from each node to node ``targets[i, 1]``, a row each."""
        out = np.empty((len(targets), self.num_nodes))
        self.costs_to(targets, prices, out)
        return out

    def costs_to(self, targets: IntArray, prices: FloatArray, out: FloatArray) -> None:
        """Fill row i with the least cost of kind ``targets[i, 0]`` from each node to node ``targets[i, 1]``."""
        room = 2 * len(self.tail) + 16
        keys, nodes = np.empty(room), np.empty(room, dtype=np.int64)
        for i, (kind, target) in enumerate(targets.tolist()):
            costs_to(target, self.in_ptr, self.in_arc, self.tail, prices[kind], out[i], keys, nodes)


def flatten(problem: DesignProblem, net: Expansion) -> FlatNetwork:
    """Take time out of a network."""
    p = problem
    num_places, num_legs, num_links = len(p.node_rank), len(p.leg_tail), len(p.link_tail)
    inner = np.zeros(num_legs, dtype=np.bool_)
    inner[1:] = (p.leg_vehicle[1:] == p.leg_vehicle[:-1]) & (p.leg_head[:-1] != p.leg_tail[1:])
    stops = np.where(inner)[0]
    arrives = np.full(num_legs + 1, -1, dtype=np.int64)
    leaves = np.full(num_legs, -1, dtype=np.int64)
    arrives[stops] = num_places + np.arange(len(stops))
    leaves[stops] = num_places + len(stops) + np.arange(len(stops))
    leg_tail = np.where(inner, leaves, p.leg_tail)
    leg_head = np.where(arrives[1:] >= 0, arrives[1:], p.leg_head)
    tail = np.concatenate([leg_tail, p.link_tail, arrives[stops], arrives[stops], p.leg_tail[stops]])
    head = np.concatenate([leg_head, p.link_head, leaves[stops], p.leg_head[stops - 1], leaves[stops]])
    num_nodes, inside = num_places + 2 * len(stops), 3 * len(stops)
    by_head, by_tail = np.argsort(head, kind="stable"), np.argsort(tail, kind="stable")
    kind = np.column_stack([p.commodity_class, p.commodity_weight_t, p.commodity_load])
    kinds, kind_of = np.unique(kind, axis=0, return_inverse=True)
    classes = kinds[:, 0].astype(np.int64)
    access = np.concatenate([p.leg_access, p.link_access, np.ones((len(p.leg_access), inside), dtype=np.bool_)], axis=1)
    nodes = np.arange(num_nodes + 1)
    return FlatNetwork(
        num_nodes=num_nodes,
        tail=tail.astype(np.int64),
        head=head.astype(np.int64),
        leg=np.concatenate([np.arange(num_legs), np.full(num_links + inside, -1)]).astype(np.int64),
        cost_per_t=np.concatenate([p.leg_cost_per_t, p.link_cost_per_t, np.zeros(inside)]).astype(np.float64),
        duration_min=np.concatenate([p.leg_travel_min, p.link_duration_min, np.zeros(inside)]).astype(np.float64),
        in_ptr=np.searchsorted(head[by_head], nodes).astype(np.int64),
        in_arc=by_head.astype(np.int64),
        out_ptr=np.searchsorted(tail[by_tail], nodes).astype(np.int64),
        out_arc=by_tail.astype(np.int64),
        kind_class=classes,
        kind_weight_t=kinds[:, 1].copy(),
        kind_load=kinds[:, 2:].copy(),
        usable=access[classes],
        kind_of_commodity=kind_of.ravel().astype(np.int64),
        node_of_time=_flat_nodes(net, leg_tail, leg_head),
    )


def _flat_nodes(net: Expansion, leg_tail: IntArray, leg_head: IntArray) -> IntArray:
    """Flat node of each time node; those inside vehicles are told by the slots that leave or reach them."""
    flat = net.node_place.copy()
    rides = np.where(net.arc_slot >= 0)[0]
    leg = net.slot_leg[net.arc_slot[rides]]
    for node, place in ((net.arc_tail[rides], leg_tail[leg]), (net.arc_head[rides], leg_head[leg])):
        inside = net.node_place[node] < 0
        flat[node[inside]] = place[inside]
    return np.maximum(flat, 0)
