"""A plan of a static design: flows by path, the steps they need, and its cost recomputed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.static.kernels import Graph, State
from landbridge.engine.static.network import StaticNetwork
from landbridge.engine.static.pool import PathPool, total_by
from landbridge.engine.static.steps import capacity_steps, link_loads
from landbridge.units import FLOW_TOL


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticPlan:
    """
    A plan.

    Parameters
    ----------
    paths, amounts
        Paths of the pool and the flow on each.
    level
        Shape ``(E,)``: step of each link.
    copies
        Shape ``(M,)``: copies of each module.
    link_load
        Shape ``(E,)``: load of each link.
    unserved
        Shape ``(K,)``.
    cost
        Of steps, flows and what is unserved; with the constant of the network.
    """

    paths: IntArray
    amounts: FloatArray
    level: IntArray
    copies: FloatArray
    link_load: FloatArray
    unserved: FloatArray
    cost: float

    def is_other_than(self, plan: StaticPlan) -> bool:
        """Whether its copies differ from those of another plan."""
        return bool((self.copies != plan.copies).any())


class Frame:
    """What every method of one static solve works on: network, graph, steps, and the paths found so far."""

    def __init__(self, net: StaticNetwork) -> None:
        self.net = net
        self.pool = PathPool(net)
        self.steps = steps = capacity_steps(net)
        order = np.argsort(net.arc_tail, kind="stable").astype(np.int64)
        ptr = np.searchsorted(net.arc_tail[order], np.arange(net.num_nodes + 1)).astype(np.int64)
        self.unserved_cost = np.where(np.isinf(net.penalty), price_beyond_paths(net), net.penalty)
        self.graph = Graph(
            ptr, order, net.arc_tail, net.arc_head, net.arc_cost, net.arc_link, net.link_ptr, net.link_shared,
            net.link_cost, steps.ptr, steps.cap, steps.cost, net.origin, net.dest, net.qty, self.unserved_cost,
        )  # fmt: skip

    def plan(self, paths: IntArray, amounts: FloatArray) -> StaticPlan:
        """Make a plan of flows: no more steps than they need; None of it is trusted but the flows."""
        net = self.net
        used = amounts > FLOW_TOL
        paths, amounts = paths[used], amounts[used]
        position, arcs = self.pool.entries(paths)
        loads = total_by(arcs, amounts[position], net.num_arcs)
        link_load = link_loads(net, loads)
        level = self.steps.level_of(link_load)
        sent = total_by(self.pool.commodity[paths], amounts, len(net.qty))
        unserved = np.maximum(net.qty - sent, 0.0)
        unserved[unserved <= FLOW_TOL * np.maximum(1.0, net.qty)] = 0.0
        cost = float(self.steps.cost[level].sum() + self.pool.unit_cost[paths] @ amounts)
        cost += float(net.link_cost @ link_load + unserved @ self.unserved_cost) + net.constant
        copies = self.steps.module_copies(level, net)
        copies[link_load[net.module_link] <= FLOW_TOL] = 0.0
        return StaticPlan(
            paths=paths,
            amounts=amounts,
            level=level,
            copies=copies,
            link_load=link_load,
            unserved=unserved,
            cost=cost,
        )

    def fits(self, plan: StaticPlan) -> bool:
        """Whether the loads of a plan are within what its links can carry at most."""
        most = self.steps.cap[self.steps.ptr[1:] - 1]
        return bool((plan.link_load <= most + FLOW_TOL * np.maximum(1.0, most)).all())

    def is_complete(self, plan: StaticPlan) -> bool:
        """Whether all is served that must be."""
        return not (plan.unserved[np.isinf(self.net.penalty)] > 0).any()

    def plan_of(self, state: State) -> StaticPlan:
        """Read a plan off a state of the search."""
        paths, amounts = [], []
        for k in range(len(self.net.qty)):
            for p in range(int(state.count[k])):
                paths.append(self.pool.add(k, state.arcs[k, p, : state.length[k, p]].astype(np.int64)))
                amounts.append(float(state.amount[k, p]))
        return self.plan(np.array(paths, dtype=np.int64), np.array(amounts))


def price_beyond_paths(net: StaticNetwork) -> float:
    """Cost of a unit left unserved though it must be: above that of any path on modules opened for it alone."""
    smallest = max(1e-3, min(1.0, float(net.qty.min(initial=1.0))))
    dearest = float(net.arc_cost.max(initial=0.0)) + float(net.link_cost.max(initial=0.0))
    dearest += float(net.module_cost.max(initial=0.0)) / smallest
    return 2.0 * (net.num_nodes * dearest + 1.0)
