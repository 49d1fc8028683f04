"""Plans for many orders: freight taken out and put in again at marginal cost, on the expanded network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from landbridge.engine.improve.rebuild_kernels import poor_run, put_all_in, put_in, ruin_and_recreate, take_all_out
from landbridge.engine.improve.ride_kernels import Guides, State, Way
from landbridge.engine.master.master import Master
from landbridge.engine.master.plan import InnerPlan, settle
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.space.flat import FlatNetwork
from landbridge.engine.space.scan import MOST_ARCS, laid_out, list_rides, new_scratch, read_freight, with_waiting

MOST_ORDERS = 300
"""Most orders taken out in one round."""

ROUNDS = 8
"""Rounds between two looks at the clock."""

CHUNK = 100
"""Orders put in between two looks at the clock while the first plan is built."""

FIRST_WAYS = (Way(0.85, 1.0, 0.1, 1.0), Way(0.85, 1.0, 0.4, 1.0))
"""How the first plan is built: along the usual ways, and wider for what found none."""

WIDE_WAY = Way(1.0, 0.0, 0.5, 1.0)
"""How orders that are not served are looked after now and then: wide, and at what they cost."""

HEAT_FIRST, HEAT_LAST = 0.1, 0.002
"""How much worse a round may leave the plan, as a part of the cost of a usual run, at first and in the end."""

DEAREST_USUAL = 4.0
"""Room on a leg usually costs at most so many times what it costs in full runs."""

PRICE_EVERY = 200
"""Rounds after which usual prices follow the plan."""


class Rebuilder:
    """
    A plan of whole orders that is ruined and recreated [1]_.

    Each round takes some orders out and puts them in again, each on the cheapest path at marginal
    prices: nothing for room that is there, and for a run to be opened something between its cost and the share of it
    the order fills. Most rounds close one vehicle of a run. A worse plan stays with a chance that
    falls as time goes by [1]_. Paths are looked for near the usual ways only, whose
    price is what room has cost lately on each leg, as in slope scaling [2]_.

    References
    ----------
    .. [1] Schrimpf, G., J. Schneider, H. Stamm-Wilbrandt, and G. Dueck (2000). Record breaking optimization results
           using the ruin and recreate principle. *Journal of Computational Physics* 159(2): 139-171.
           https://doi.org/10.1006/jcph.1999.6413.
    .. [2] Crainic, T. G., B. Gendron, and G. Hernu (2004). A slope scaling/Lagrangean perturbation heuristic with
           long-term memory for multicommodity capacitated fixed-charge network design. *Journal of Heuristics*
           10(5): 525-545. https://doi.org/10.1023/B:HEUR.0000045323.83583.bd.
    """

    def __init__(self, master: Master, flat: FlatNetwork, seed: int) -> None:
        self.master, self.flat = master, flat
        self.rng = np.random.default_rng(seed)
        self.space = list_rides(master)
        self._read_freight()
        space = self.space
        count, runs = len(self.freight.quantity), len(space.run_cost)
        self.state = State(
            np.zeros(runs), np.zeros_like(space.capacity), master.run_rows.cap.copy(), np.zeros(runs, dtype=np.int64),
            np.full(count, -1, dtype=np.int64), np.zeros((count, MOST_ARCS), dtype=np.int32),
            np.zeros((count, MOST_ARCS), dtype=np.int32), np.zeros(count), np.array([master.penalty_constant]),
            master.run_most.copy(),
        )  # fmt: skip
        self.scratch = new_scratch(master, flat, space)
        self._rounds = 0
        self.fills: FloatArray | None = None
        self.learn_prices()
        costs = space.run_cost[space.run_cost > 0]
        self.usual_cost = float(np.median(costs)) if len(costs) else 1.0
        self.keep()

    def _read_freight(self) -> None:
        flat = self.flat
        self.freight, self.targets = read_freight(self.master, flat)
        self.flow_price = flat.flow_prices()
        flow_cost = flat.least_costs(self.targets, self.flow_price)
        minutes = flat.least_costs(self.targets, np.where(flat.usable, flat.duration_min[None, :], np.inf))
        self.guides = laid_out(Guides(
            self.targets[:, 0].copy(), flow_cost * (1.0 - 1e-9), minutes, np.empty_like(minutes),
            self.flow_price.copy(), flat.out_ptr, flat.out_arc, flat.head,
        ))  # fmt: skip

    def learn_prices(self) -> None:
        """Bring usual prices to what room on each leg costs in the plan: no less than in full runs."""
        p, net, state = self.master.problem, self.master.net, self.state
        binds = self.master.leg_binds & (p.vehicle_capacity[p.leg_vehicle] > 0)
        heaviest = binds.argmax(axis=1)
        legs, dims = np.arange(len(p.leg_tail)), heaviest[net.slot_leg]
        room = np.where(binds, p.vehicle_capacity[p.leg_vehicle], np.inf)[legs, heaviest]
        load = np.bincount(net.slot_leg, weights=state.load[np.arange(len(dims)), dims], minlength=len(legs))
        paid = np.bincount(net.slot_leg, weights=state.runs[net.slot_run] * self.space.leg_cost, minlength=len(legs))
        spans = np.bincount(p.leg_vehicle, minlength=len(p.vehicle_service))[p.leg_vehicle]
        full = p.vehicle_run_cost[p.leg_vehicle] / spans / room
        price = np.where(load > 1e-9, paid / np.maximum(load, 1e-9), full / FIRST_WAYS[0].fill)
        if self.fills is not None:
            price = np.where(self.fills > 0.0, full / np.maximum(self.fills, 1e-9), 2.0 * full)
        by_dim = np.zeros(binds.shape)
        by_dim[legs, heaviest] = np.clip(price, full, DEAREST_USUAL * full)
        self.guides.price[:] = self.flow_price + self.flat.leg_prices(by_dim)
        self.flat.costs_to(self.targets, self.guides.price, self.guides.usual)

    def guide(self, fills: FloatArray) -> None:
        """Take how full the runs of each leg are in a relaxation (0: nothing rides): the usual price of their room."""
        self.fills = fills

    def build(self, done: Callable[[], bool]) -> None:
        """Put all orders in, the dearest first."""
        order = np.argsort(-self.freight.value, kind="stable")
        for way in FIRST_WAYS:
            left = order[self.state.length[order] < 0]
            for first in range(0, len(left), CHUNK):
                if done():
                    self.keep()
                    return
                part = left[first : first + CHUNK]
                put_in(self.space, self.freight, self.guides, self.state, self.scratch, part, way)
                self.count_work(len(part))
            self.learn_prices()
        self.keep()

    def search(self, progress: float) -> bool:
        """Ruin and recreate a few rounds, cooler as ``progress`` goes from 0 to 1. Whether there is a new best."""
        heat = self.usual_cost * HEAT_FIRST * (HEAT_LAST / HEAT_FIRST) ** min(max(progress, 0.0), 1.0)
        looked = ruin_and_recreate(
            self.space, self.freight, self.guides, self.state, self.scratch, self.rng, ROUNDS, heat, MOST_ORDERS
        )
        self.count_work(looked)
        self._rounds += ROUNDS
        if self._rounds % PRICE_EVERY == 0:
            self.learn_prices()
            self._serve_more()
        return self.keep_if_better(go_back=False)

    def _serve_more(self) -> None:
        """Look wide for ways of orders that are not served: each that pays for itself goes in."""
        self.scratch.noise[:] = 1.0
        left = np.where((self.state.length < 0) & (self.freight.quantity > 0))[0]
        part = self.rng.permutation(left)[:CHUNK]
        put_in(self.space, self.freight, self.guides, self.state, self.scratch, part, WIDE_WAY)
        self.count_work(len(part))

    def keep(self) -> None:
        """Keep the present plan as the best."""
        state = self.state
        self.best_total = float(state.total[0])
        self.best = (
            state.runs.copy(), state.length.copy(), state.arc.copy(), state.cycle.copy(), state.flow_cost.copy()
        )  # fmt: skip

    def keep_if_better(self, *, go_back: bool = True) -> bool:
        """Keep the present plan if it is better than the best, else go back to that, if so asked. Whether it is."""
        is_better = bool(self.state.total[0] < self.best_total - 1e-6)
        if is_better:
            self.keep()
        elif go_back:
            self.go_back()
        return is_better

    def adopt(self, other: Rebuilder) -> None:
        """Go on from the best plan of another search, if it is better than one's own."""
        total, best = other.best_total, other.best
        if total >= self.best_total:
            return
        self.best = best
        self.go_back()
        self.keep()

    def go_back(self) -> None:
        """Go on from the best plan."""
        _, length, arc, cycle, flow_cost = self.best
        orders, state = np.arange(len(length)), self.state
        take_all_out(self.space, self.freight, state, orders)
        state.length[:], state.arc[:], state.cycle[:], state.flow_cost[:] = length, arc, cycle, flow_cost
        put_all_in(self.space, self.freight, state, orders)

    def poor_run(self) -> int:
        """A run whose last vehicle is dear and badly filled; -1: nothing runs that costs."""
        opened = np.where((self.state.runs > 0.0) & (self.space.run_cost > 0.0))[0]
        return int(poor_run(self.space, self.state, opened, 4, self.rng)) if len(opened) else -1

    def warm(self) -> None:
        """Run the kernels once, to no effect."""
        nothing = np.zeros(0, dtype=np.int64)
        put_in(self.space, self.freight, self.guides, self.state, self.scratch, nothing, FIRST_WAYS[0])
        ruin_and_recreate(
            self.space, self.freight, self.guides, self.state, self.scratch, self.rng, 0, 0.0, MOST_ORDERS
        )
        take_all_out(self.space, self.freight, self.state, nothing)
        put_all_in(self.space, self.freight, self.state, nothing)
        poor_run(self.space, self.state, nothing, 0, self.rng)

    def count_work(self, looked: int) -> None:
        """Counted work: that of pricing, by the part of the network a search sees."""
        self.master.work += 1e-3 + 1e-4 * len(self.master.net.arc_tail) * looked / 1000.0

    def count_iterations(self, iterations: int) -> None:
        """Counted work of a small model: its simplex iterations."""
        self.master.work += 1 + iterations

    def paths(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Sinks and arcs of the paths of the best plan, waiting put in again, as :meth:`Master.add_paths` has them."""
        _, length, arc, cycle, _ = self.best
        orders = np.where(length >= 0)[0]
        without = ((arc[k, : length[k]], cycle[k, : length[k]]) for k in orders.tolist())
        return orders, *with_waiting(self.master.net, orders, without)

    def plan(self) -> InnerPlan:
        """The best plan over paths of the master, which gets those it lacks."""
        master = self.master
        sinks, ptr, arcs, cycles = self.paths()
        master.add_paths(sinks, ptr, arcs, cycles)
        flow: dict[int, float] = {}
        for i, s in enumerate(sinks.tolist()):
            path = master.path_index(s, arcs[ptr[i] : ptr[i + 1]], cycles[ptr[i] : ptr[i + 1]])
            k = int(master.problem.sink_commodity[s])
            flow[path] = float(self.freight.quantity[k])
        setting: FloatArray = master.problem.switch_low.astype(np.float64)
        return settle(master, self.best[0], np.zeros(len(self.best[0])), flow, setting)


def suits_rebuilding(master: Master) -> bool:
    """Whether plans can be rebuilt: nothing must run or be served, no fleets, shares, rows on tonnes, least fills."""
    p, net = master.problem, master.net
    plain = not (len(p.fleet_count) or len(p.share_vehicle) or len(net.row_cap_t) or master.low_index.size)
    return plain and not ((p.block_low > 0).any() or (p.block_min_fill > 0).any()) and not net.is_static
