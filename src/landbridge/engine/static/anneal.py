"""Simulated annealing over plans: freight taken out and put back where it costs least."""

from __future__ import annotations

import numpy as np

from landbridge.engine.problem import IntArray
from landbridge.engine.static.kernels import Room, State, copy_state, insert, recount, ruin_and_recreate, total_cost
from landbridge.engine.static.plan import Frame, StaticPlan

MOST_PATHS = 6
"""Most paths of one commodity."""

MOST_HOPS = 60
"""Most arcs of a path."""

HOPING = 0.9
"""Part of the moves in which who opens a step pays for less of it than it costs."""


class Annealer:
    """
    A search that removes the freight of some links and inserts it again at marginal cost [1]_.

    Arrays are made once; each call goes on from the plan it is given.

    References
    ----------
    .. [1] Schrimpf, G., J. Schneider, H. Stamm-Wilbrandt, and G. Dueck (2000). Record breaking optimization results
           using the ruin and recreate principle. *Journal of Computational Physics* 159(2): 139-171.
           https://doi.org/10.1006/jcph.1999.6413.
    """

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        net = frame.net
        hops = max(1, min(net.num_nodes - 1, MOST_HOPS))
        self.state, self.best, self.kept = (self._empty(hops) for _ in range(3))
        self.chosen = np.zeros(len(net.qty), dtype=np.int64)
        self.room = Room(
            np.zeros(net.num_arcs),
            np.zeros(net.num_nodes),
            np.zeros(net.num_nodes, dtype=np.int64),
            np.zeros(net.num_nodes, dtype=np.bool_),
        )

    def _empty(self, hops: int) -> State:
        net = self.frame.net
        shape = (len(net.qty), MOST_PATHS)
        return State(
            np.zeros(net.num_arcs),
            self.frame.steps.ptr[:-1].copy(),
            np.zeros(shape[0], dtype=np.int64),
            np.zeros(shape),
            np.zeros(shape, dtype=np.int64),
            np.zeros((*shape, hops), dtype=np.int32),
            net.qty.copy(),
        )

    def build(self, order: IntArray) -> StaticPlan:
        """A plan from nothing: commodities inserted in an order."""
        self.state.count[:] = 0
        recount(self.frame.graph, self.state)
        for k in order.tolist():
            insert(self.frame.graph, self.state, self.room, k, 0.0, 0.0, 1.0)
        return self.frame.plan_of(self.state)

    def load(self, plan: StaticPlan) -> None:
        """Make a plan the state; of a commodity on very many paths the smallest are left out and inserted again."""
        state, pool = self.state, self.frame.pool
        state.count[:] = 0
        for i in np.argsort(-plan.amounts, kind="stable").tolist():
            k, arcs = int(pool.commodity[plan.paths[i]]), pool.arcs_of(int(plan.paths[i]))
            p = int(state.count[k])
            if p < MOST_PATHS and len(arcs) <= state.arcs.shape[2]:
                state.arcs[k, p, : len(arcs)] = arcs
                state.length[k, p] = len(arcs)
                state.amount[k, p] = plan.amounts[i]
                state.count[k] = p + 1
        recount(self.frame.graph, state)
        for k in np.where(state.left > 0)[0].tolist():
            insert(self.frame.graph, state, self.room, k, 0.0, 0.5, 1.0)

    def run(self, seed: int, moves: int, hot: float, cold: float, most: int, split_chance: float) -> StaticPlan:
        """Anneal from the state; returns the best plan met. The state stays where the search ended."""
        graph = self.frame.graph
        copy_state(self.state, self.best)
        ruin_and_recreate(
            graph,
            self.state,
            self.best,
            self.kept,
            self.room,
            self.chosen,
            seed,
            moves,
            hot,
            cold,
            most,
            split_chance,
            HOPING,
        )
        return self.frame.plan_of(self.best)

    def cost(self) -> float:
        """Cost of the state."""
        return float(total_cost(self.frame.graph, self.state))
