"""Small MIPs that give the orders of a few runs new ways together: what one order after the other does not find."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landbridge.engine.improve.rebuild import Rebuilder
from landbridge.engine.improve.rebuild_kernels import put_all_in, take_all_out
from landbridge.engine.improve.reroute_kernels import list_ways, riders_of_runs
from landbridge.engine.lp import INF, LinearModel, MipLimits
from landbridge.engine.problem import FloatArray, IntArray
from landbridge.engine.space.scan import MOST_ARCS

MOST_ORDERS, FEWEST_ORDERS = 70.0, 20.0
"""Orders of one neighbourhood, and to how few they may come down."""

SHRINK, GROW = 0.9, 1.01
"""By how much a neighbourhood shrinks when its MIP was not closed in time, and grows again when one is."""

TRIES = 4
"""Prices at which each order looks for a way."""

PRICE_SPREAD = 1.2
"""Standard deviation of the logarithm of what runs cost in a try."""

LEAST_WIDTH, MOST_WIDTH = 0.02, 0.17
"""How wide ways are looked for."""

SPREADS = (1.0, 0.7)
"""How far the cost of a run to be opened is spread over what it carries: in most tries, and in the last."""

MOST_DRAWS = 60
"""Runs drawn for one neighbourhood."""

SAME_VEHICLE, SAME_RIDERS = 0.35, 0.6
"""Up to which random number a run is another departure of the vehicle, one that its riders use; else one near."""

MOST_UNSERVED = 30
"""Orders that are not served and look for a way in one neighbourhood."""

HOPE = 0.1
"""Part of the distance between plan and relaxation that a reduced cost may take up: what costs more is closed."""

MOST_WAYS = 4000
"""Ways in one MIP."""

LEAST_GAIN = 1e-6
"""Least improvement that counts."""

StepArray = NDArray[np.int32]
"""Arcs of ways, or the cycles they begin in, a row a way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """New ways of some orders: length (-1: not served), arcs, cycles and flow cost of each."""

    orders: IntArray
    length: IntArray
    arc: StepArray
    cycle: StepArray
    flow_cost: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Ways to choose from: index into the orders, number of arcs, flow cost, arcs and cycles of each."""

    order: IntArray
    length: IntArray
    flow_cost: FloatArray
    arc: StepArray
    cycle: StepArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A MIP that chooses ways: columns of ways, then of runs; rows as entries (row, column, value)."""

    runs: IntArray
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_upper: FloatArray
    row: IntArray
    col: IntArray
    value: FloatArray

    def model(self) -> LinearModel:
        """The model: rows without lower bounds, entries by column."""
        model = LinearModel()
        model.add_rows(np.full(len(self.row_upper), -INF), self.row_upper)
        order = np.lexsort((self.row, self.col))
        ptr = np.searchsorted(self.col[order], np.arange(len(self.cost) + 1))
        model.add_cols(self.cost, self.lower, self.upper, ptr, self.row[order], self.value[order])
        return model

    def reduced_costs(self, row_dual: FloatArray) -> FloatArray:
        """Reduced cost of each column."""
        spent = np.bincount(self.col, weights=self.value * row_dual[self.row], minlength=len(self.cost))
        reduced: FloatArray = self.cost - spent
        return reduced


class Rerouter:
    """
    Improves the plan of a :class:`Rebuilder` by small MIPs over whole ways.

    A neighbourhood is a badly filled run, other departures of its vehicle, and runs its riders use or that start or
    end where it does. Their riders, and some orders nearby that are not served, look for ways at several prices. A
    MIP chooses among these ways and numbers of runs, with strong inequalities and what reduced costs of its relaxation
    make dear left out [1]_. So several orders leave a run together for another that opens in its place.

    References
    ----------
    .. [1] Hewitt, M., G. L. Nemhauser, and M. W. P. Savelsbergh (2010). Combining exact and heuristic approaches for
           the capacitated fixed-charge network flow problem. *INFORMS Journal on Computing* 22(2): 314-325.
           https://doi.org/10.1287/ijoc.1090.0348.
    """

    def __init__(self, rebuilder: Rebuilder) -> None:
        self.rebuilder, self.rng = rebuilder, rebuilder.rng
        self.size = MOST_ORDERS
        p, net = rebuilder.master.problem, rebuilder.master.net
        vehicles = len(p.vehicle_service)
        self._runs_ptr = np.searchsorted(net.run_vehicle, np.arange(vehicles + 1))
        order = np.argsort(p.leg_vehicle, kind="stable")
        self._ends = np.split(
            np.column_stack([p.leg_tail, p.leg_head])[order].ravel(),
            2 * np.searchsorted(p.leg_vehicle[order], np.arange(1, vehicles)),
        )
        ends = np.concatenate([p.leg_tail, p.leg_head])
        by_end = np.argsort(ends, kind="stable")
        self._at = np.split(
            np.tile(p.leg_vehicle, 2)[by_end], np.searchsorted(ends[by_end], np.arange(1, len(p.node_rank)))
        )
        space = rebuilder.space
        self._binds = np.isfinite(space.capacity) & (space.capacity > 0)

    def step(self, limits: MipLimits) -> Move | None:
        """Improve one neighbourhood. The move that was made; None: its MIP found nothing better."""
        rebuilder, state = self.rebuilder, self.rebuilder.state
        rebuilder.count_work(1)  # even where nothing is found to do: a search of counted work ends
        orders, runs = self._choose()
        if len(orders) == 0:
            return None
        old = self._ways_of(orders)
        runs_before = state.runs.copy()
        take_all_out(rebuilder.space, rebuilder.freight, state, orders)
        needed = state.runs.copy()
        state.most[:] = np.maximum(runs_before, needed)
        open_runs = self._departures(np.unique(rebuilder.master.net.run_vehicle[runs]))
        state.most[open_runs] = rebuilder.space.most[open_runs]
        ways = self._look_for_ways(orders, old)
        choice = self._choice(orders, ways)
        state.most[:] = rebuilder.space.most
        chosen, is_closed = self._solve(choice, ways, old, runs_before, limits)
        self._put(old)
        move = None if chosen is None else self._move(orders, ways, chosen)
        if move is not None and not self.take(move):
            move = None
        self.size = float(np.clip(self.size * (GROW if is_closed else SHRINK), FEWEST_ORDERS, MOST_ORDERS))
        return move

    def warm(self) -> None:
        """Run the kernels once, to no effect."""
        rebuilder, nothing = self.rebuilder, np.zeros(0, dtype=np.int64)
        riders_of_runs(rebuilder.space, rebuilder.state, nothing, 1, self.rng)
        self._look_for_ways(nothing, self._ways_of(nothing))

    def take(self, move: Move) -> bool:
        """Make a move, found here or by another search, if it fits and the plan gets better by it."""
        rebuilder, state = self.rebuilder, self.rebuilder.state
        old, before = self._ways_of(move.orders), float(state.total[0])
        take_all_out(rebuilder.space, rebuilder.freight, state, move.orders)
        self._put(move)
        fits = bool((state.runs <= rebuilder.space.most + 1e-9).all() and (state.left >= -1e-9).all())
        if fits and state.total[0] < before - LEAST_GAIN:
            rebuilder.keep()
            return True
        take_all_out(rebuilder.space, rebuilder.freight, state, move.orders)
        self._put(old)
        state.total[0] = before
        return False

    def _ways_of(self, orders: IntArray) -> Move:
        state = self.rebuilder.state
        return Move(
            orders=orders,
            length=state.length[orders],
            arc=state.arc[orders],
            cycle=state.cycle[orders],
            flow_cost=state.flow_cost[orders],
        )

    def _put(self, move: Move) -> None:
        """Put orders that are out of the plan on the ways of a move."""
        rebuilder, state, orders = self.rebuilder, self.rebuilder.state, move.orders
        state.length[orders], state.flow_cost[orders] = move.length, move.flow_cost
        state.arc[orders], state.cycle[orders] = move.arc, move.cycle
        put_all_in(rebuilder.space, rebuilder.freight, state, orders)

    def _departures(self, vehicles: IntArray) -> IntArray:
        """All runs of vehicles."""
        ptr = self._runs_ptr
        return np.concatenate([np.arange(ptr[v], ptr[v + 1]) for v in vehicles.tolist()])

    def _choose(self) -> tuple[IntArray, IntArray]:
        """Orders that may change their ways and the runs they ride; none if nothing runs."""
        rebuilder, rng = self.rebuilder, self.rng
        state, most = rebuilder.state, int(self.size)
        first = rebuilder.poor_run()
        if first < 0:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
        drawn = self._draw(first)
        is_in, riders = riders_of_runs(rebuilder.space, state, drawn, most, rng)
        left = np.where((state.length < 0) & (rebuilder.freight.quantity > 0))[0]
        freight = rebuilder.freight
        near = left[np.isin(freight.origin[left], freight.origin[riders])]
        near = near[np.isin(freight.target[near], freight.target[riders])]
        near = rng.permutation(near)[:MOST_UNSERVED]
        return np.concatenate([riders, near]).astype(np.int64), drawn[is_in]

    def _draw(self, first: int) -> IntArray:
        """A run and others to join it: departures of its vehicle, runs its riders use, runs that end where it does."""
        rebuilder, rng = self.rebuilder, self.rng
        net, state = rebuilder.master.net, rebuilder.state
        is_open = (state.runs > 0) & (rebuilder.space.run_cost > 0)
        is_open[first] = False
        vehicle = int(net.run_vehicle[first])
        same = self._departures(np.array([vehicle]))
        _, riders = riders_of_runs(rebuilder.space, state, np.array([first]), 2 * len(state.length), rng)
        slots = np.concatenate([net.arc_slot[state.arc[k, : state.length[k]]] for k in riders.tolist()])
        used = np.unique(net.slot_run[slots[slots >= 0]])
        near = self._departures(np.unique(np.concatenate([self._at[n] for n in self._ends[vehicle].tolist()])))
        pools = [rng.permutation(pool[is_open[pool]]).tolist() for pool in (same, used, near)]
        drawn = dict.fromkeys([first])
        for at in np.searchsorted([SAME_VEHICLE, SAME_RIDERS], rng.random(MOST_DRAWS)).tolist():
            if pools[at]:
                drawn[int(pools[at].pop())] = None
        return np.array(list(drawn), dtype=np.int64)

    def _look_for_ways(self, orders: IntArray, old: Move) -> Ways:
        """The way each order had, then what it would take at several prices, with all orders out of the plan."""
        rebuilder, rng = self.rebuilder, self.rng
        served = np.where(old.length >= 0)[0]
        order, length = np.full(MOST_WAYS, -1, dtype=np.int64), np.zeros(MOST_WAYS, dtype=np.int64)
        flow_cost = np.zeros(MOST_WAYS)
        arc, cycle = (np.zeros((MOST_WAYS, MOST_ARCS), dtype=np.int32) for _ in range(2))
        first = len(served)
        order[:first], length[:first], flow_cost[:first] = served, old.length[served], old.flow_cost[served]
        arc[:first], cycle[:first] = old.arc[served], old.cycle[served]
        noises = np.exp(PRICE_SPREAD * rng.standard_normal((TRIES, len(rebuilder.state.runs))))
        noises[0] = 1.0
        spreads = np.where(np.arange(TRIES) < TRIES - 1, *SPREADS)
        widths = rng.uniform(LEAST_WIDTH, MOST_WIDTH, TRIES)
        count = list_ways(
            rebuilder.space, rebuilder.freight, rebuilder.guides, rebuilder.state, rebuilder.scratch, orders,
            noises, spreads, widths, order, length, flow_cost, arc, cycle,
        )  # fmt: skip
        rebuilder.count_work(TRIES * len(orders))
        return Ways(
            order=order[:count],
            length=length[:count],
            flow_cost=flow_cost[:count],
            arc=arc[:count],
            cycle=cycle[:count],
        )

    def _choice(self, orders: IntArray, ways: Ways) -> Choice:
        """The MIP: each order on one way at most, room on each ride, strong inequalities, limits on runs."""
        rebuilder = self.rebuilder
        space, freight, state, net = rebuilder.space, rebuilder.freight, rebuilder.state, rebuilder.master.net
        num_ways, dims = len(ways.order), space.capacity.shape[1]
        way = np.repeat(np.arange(num_ways), ways.length)
        steps = np.arange(len(way)) - np.repeat(np.cumsum(ways.length) - ways.length, ways.length)
        slot = net.arc_slot[ways.arc[way, steps]].astype(np.int64)
        way, slot = way[slot >= 0], slot[slot >= 0]
        runs = np.unique(net.slot_run[slot])
        at_run = np.full(len(state.runs), -1, dtype=np.int64)
        at_run[runs] = np.arange(len(runs))

        # room: a row for each ride of these runs and each dimension that binds
        sizes = space.run_slot_ptr[runs + 1] - space.run_slot_ptr[runs]
        rides = np.repeat(space.run_slot_ptr[runs] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
        binds = self._binds[rides]
        row_of = np.full((len(space.capacity), dims), -1, dtype=np.int64)
        room_row = len(orders) + np.cumsum(binds.ravel()).reshape(binds.shape) - 1
        row_of[rides] = np.where(binds, room_row, -1)
        rows, cols, values = [ways.order], [np.arange(num_ways)], [np.ones(num_ways)]
        order_of = orders[ways.order[way]]
        for d in range(dims):
            load = freight.load[order_of, d] * freight.quantity[order_of]
            on = (row_of[slot, d] >= 0) & (load > 0)
            rows.append(row_of[slot[on], d])
            cols.append(way[on])
            values.append(load[on])
            rows.append(row_of[rides, d][binds[:, d]])
            cols.append(num_ways + at_run[net.slot_run[rides[binds[:, d]]]])
            values.append(-space.capacity[rides[binds[:, d]], d])
        upper = [np.ones(len(orders)), -state.load[rides][binds]]
        count = len(orders) + int(binds.sum())

        # strong: an order rides a run only if it runs, where nothing else keeps it running
        idle = state.runs[net.slot_run[slot]] < 0.5
        joint = np.unique(np.column_stack([way[idle], net.slot_run[slot[idle]]]), axis=0)
        pairs, which = np.unique(np.column_stack([ways.order[joint[:, 0]], joint[:, 1]]), axis=0, return_inverse=True)
        which = which.ravel()
        rows += [count + which, count + np.arange(len(pairs))]
        cols += [joint[:, 0], num_ways + at_run[pairs[:, 1]]]
        values += [np.ones(len(joint)), -np.ones(len(pairs))]
        upper.append(np.zeros(len(pairs)))
        count += len(pairs)

        # limits on runs together
        counts = space.limit_ptr[runs + 1] - space.limit_ptr[runs]
        entry = np.repeat(space.limit_ptr[runs] - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
        limits, at_limit = np.unique(space.limit[entry], return_inverse=True)
        at_limit = at_limit.ravel()
        run_at = np.repeat(np.arange(len(runs)), counts)
        rows.append(count + at_limit)
        cols.append(num_ways + run_at)
        values.append(space.limit_count[entry].astype(np.float64))
        have = np.bincount(at_limit, weights=space.limit_count[entry] * state.runs[runs[run_at]], minlength=len(limits))
        upper.append(state.left[limits] + have)

        row, col, value = _add_up(np.concatenate(rows), np.concatenate(cols), np.concatenate(values))
        low = state.runs[runs]
        return Choice(
            runs=runs,
            cost=np.concatenate([ways.flow_cost - freight.value[orders[ways.order]], space.run_cost[runs]]),
            lower=np.concatenate([np.zeros(num_ways), low]),
            upper=np.concatenate([np.ones(num_ways), np.minimum(np.maximum(state.most[runs], low), 1e6)]),
            row_upper=np.concatenate(upper),
            row=row,
            col=col,
            value=value,
        )

    def _solve(
        self, choice: Choice, ways: Ways, old: Move, runs_before: FloatArray, limits: MipLimits
    ) -> tuple[IntArray | None, bool]:
        """Ways chosen (none: nothing better), and whether the MIP was closed."""
        num_ways = len(ways.order)
        start = np.zeros(len(choice.cost))
        start[: int((old.length >= 0).sum())] = 1.0
        start[num_ways:] = runs_before[choice.runs]
        before = float(choice.cost @ start)
        model = choice.model()
        relaxed = model.solve(limits.time_s)
        self.rebuilder.count_iterations(relaxed.iterations)
        if not relaxed.is_optimal:
            return None, False
        distance = before - relaxed.objective
        if distance <= LEAST_GAIN:
            return None, True
        reduced = choice.reduced_costs(relaxed.row_dual)
        dear = np.where((reduced > HOPE * distance) & (start <= choice.lower + 1e-9))[0]
        model.set_col_bounds(dear, choice.lower[dear], choice.lower[dear])
        everything = np.arange(len(start))
        found = model.solve_mip(everything, replace(limits, presolve=False), (everything, start))
        self.rebuilder.count_iterations(found.iterations)
        if not found.has_point or found.objective > before - LEAST_GAIN:
            return None, found.is_optimal
        return np.where(found.x[:num_ways] > 0.5)[0], found.is_optimal

    def _move(self, orders: IntArray, ways: Ways, chosen: IntArray) -> Move:
        length = np.full(len(orders), -1, dtype=np.int64)
        arc, cycle = (np.zeros((len(orders), MOST_ARCS), dtype=np.int32) for _ in range(2))
        flow_cost = np.zeros(len(orders))
        at = ways.order[chosen]
        length[at], flow_cost[at] = ways.length[chosen], ways.flow_cost[chosen]
        arc[at], cycle[at] = ways.arc[chosen], ways.cycle[chosen]
        return Move(orders=orders, length=length, arc=arc, cycle=cycle, flow_cost=flow_cost)


def _add_up(row: IntArray, col: IntArray, value: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Entries at one place of a matrix as one: an order may ride one departure in two cycles."""
    _, first, where = np.unique(col * (int(row.max(initial=0)) + 1) + row, return_index=True, return_inverse=True)
    total = np.bincount(where.ravel(), weights=value, minlength=len(first)).astype(np.float64)
    return row[first], col[first], total
