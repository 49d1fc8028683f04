"""The strong relaxation: a linear master over paths, run columns and rows that come when they are needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from landbridge.engine.expansion import Expansion, expand
from landbridge.engine.fleets import FleetRows, build_fleet_rows
from landbridge.engine.kernels import price_paths
from landbridge.engine.limits import build_run_rows, most_runs
from landbridge.engine.lp import INF, LinearModel, LpResult
from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray

BIG = 1e6
"""Stands for infinity in bounds on standing vehicles and artificial columns, whose reduced cost is never negative."""

PRICE_TOL = 1e-7
"""A path whose reduced cost is above minus this (relative to its worth) is not added."""

VIOLATION_TOL = 1e-5
"""Least violation of a strong inequality that is added, relative to the terminal's quantity."""


@dataclass(slots=True)
class Paths:
    """Path columns: the sink each leads to, its arcs with their cycles, its cost and the slots it rides."""

    sink: list[int] = field(default_factory=list)
    arcs: list[IntArray] = field(default_factory=list)
    cycles: list[IntArray] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    slots: list[IntArray] = field(default_factory=list)
    col: list[int] = field(default_factory=list)
    seen: dict[tuple[int, bytes], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duals:
    """Prices of a relaxation: by terminal, slot and dimension, tonnage row, and strong and share rows by slot."""

    terminal: FloatArray
    slot: FloatArray
    tonnage: FloatArray
    row: FloatArray


class Master:
    """
    The linear relaxation over the paths found so far.

    Families of rows (docs/mathematics.md): ``terminal``, ``run_limit``,
    ``tonnage``, ``fleet_balance``, ``fleet_count`` stand from the start;
    ``capacity`` and ``share`` come with a run's first path; ``strong`` when
    violated.
    """

    def __init__(self, problem: DesignProblem, expansion: Expansion | None = None, *, coarse: bool = False) -> None:
        self.problem = p = problem
        self.net = expand(problem) if expansion is None else expansion
        self.model = LinearModel()
        self.coarse = coarse
        self._twins: dict[tuple[int, bytes], float] = {}
        self.paths = Paths()
        self.work = 0.0
        self.run_rows = build_run_rows(p, self.net)
        self.run_most = most_runs(p, self.net, self.run_rows)
        self.supply = np.zeros(len(p.terminal_single))
        np.add.at(self.supply, p.block_terminal, p.block_qty)
        self.penalty_constant = float((p.block_penalty * p.block_qty).sum())
        num_slots, num_dims = len(self.net.slot_run), p.vehicle_capacity.shape[1]
        vehicle = self.net.run_vehicle[self.net.slot_run]
        self.slot_cap = p.vehicle_capacity[vehicle]
        self.leg_binds = binding_dimensions(p)
        limited = np.diff(self.run_rows.ptr) > 0
        fleet = p.vehicle_fleet[self.net.run_vehicle] >= 0
        shared = np.isin(self.net.run_vehicle, p.share_vehicle)
        empty_handed = (p.vehicle_capacity <= 0).any(axis=1)[self.net.run_vehicle]
        costless = p.vehicle_run_cost[self.net.run_vehicle] == 0
        self.run_is_free = costless & ~limited & ~fleet & ~shared & ~empty_handed
        self.residual_at: dict[tuple[int, int], list[tuple[int, float]]] = {}
        self.residual_of_terminal: list[list[tuple[int, int, float]]] = [[] for _ in range(len(p.terminal_single))]
        self.residual_seen: set[tuple[int, int, frozenset[int]]] = set()
        self.run_col = np.full(len(self.net.run_vehicle), -1, dtype=np.int64)
        self.empty_col = np.full(len(self.net.run_vehicle), -1, dtype=np.int64)
        self.capacity_row = np.full((num_slots, num_dims), -1, dtype=np.int64)
        self.share_row: dict[tuple[int, int, int], int] = {}
        self.leg_row: dict[tuple[int, int], int] = {}
        self.leg_share_row: dict[tuple[int, int, int], int] = {}
        self.strong_row: dict[tuple[int, int], int] = {}
        self.strong_of_terminal: list[list[int]] = [[] for _ in range(len(p.terminal_single))]
        self.paths_of_terminal: list[list[int]] = [[] for _ in range(len(p.terminal_single))]
        self.paths_into_terminal: dict[int, list[int]] = {}
        self.shares_of_vehicle: dict[int, list[int]] = {}
        for i, v in enumerate(p.share_vehicle.tolist()):
            self.shares_of_vehicle.setdefault(v, []).append(i)
        self.share_classes = [
            frozenset(p.share_class[p.share_class_ptr[i] : p.share_class_ptr[i + 1]].tolist())
            for i in range(len(p.share_vehicle))
        ]
        self.terminal_ready = np.zeros(len(p.terminal_single), dtype=np.int64)
        self.terminal_ready[p.commodity_supply] = p.commodity_ready_min
        self.terminal_deadline = np.zeros(len(p.terminal_single), dtype=np.int64)
        np.maximum.at(self.terminal_deadline, p.commodity_supply[p.sink_commodity], p.sink_deadline_min)
        by_leg = np.argsort(self.net.slot_leg, kind="stable")
        self._slots_by_leg = (self.net.slot_leg[by_leg], by_leg)
        alike = np.column_stack(
            [
                self.net.origin_node,
                p.commodity_class,
                p.commodity_weight_t,
                p.commodity_load,
            ]
        )
        self.scan_key = np.unique(alike, axis=0, return_inverse=True)[1].ravel()
        self._first_rows()
        self._first_cols()
        self.num_first_rows = self.model.num_rows
        low_rows = set(np.where(self.run_rows.low > 0)[0].tolist())
        forced = [
            r
            for r in range(len(self.run_col))
            if fleet[r]
            or any(int(x) in low_rows for x in self.run_rows.row[self.run_rows.ptr[r] : self.run_rows.ptr[r + 1]])
        ]
        self.open_runs(np.array(forced, dtype=np.int64))
        self.default_price = self._prices_of_unopened()

    # -- building -----------------------------------------------------------------

    def _first_rows(self) -> None:
        p, model = self.problem, self.model
        zero = np.zeros(len(p.terminal_single))
        self.terminal_row = model.add_rows(zero, zero)
        rows = self.run_rows
        self.cap_rows = model.add_rows(np.full(len(rows.cap), -INF), np.where(np.isfinite(rows.cap), rows.cap, INF))
        self.low_index = np.where(rows.low > 0)[0]
        self.low_row_of = {int(x): i for i, x in enumerate(self.low_index)}
        self.low_rows = model.add_rows(rows.low[self.low_index], np.full(len(self.low_index), INF))
        self.tonnage_rows = model.add_rows(np.full(len(self.net.row_cap_t), -INF), self.net.row_cap_t)
        self.fleet: FleetRows = build_fleet_rows(p, self.net, model)

    def _first_cols(self) -> None:
        p = self.problem
        count = len(p.block_qty)
        self.block_col = self.model.add_cols(
            -(p.block_value + p.block_penalty),
            p.block_low,
            p.block_qty,
            np.arange(count + 1),
            self.terminal_row + p.block_terminal,
            np.full(count, -1.0),
        )
        must = np.unique(np.concatenate([p.block_terminal[p.block_low > 0], np.zeros(0, dtype=np.int64)]))
        self.artificial_cost = self._big_cost()
        self.artificial_terminals = must
        self.artificial_col = self.model.add_cols(
            np.full(len(must), self.artificial_cost),
            np.zeros(len(must)),
            np.full(len(must), INF),
            np.arange(len(must) + 1),
            self.terminal_row + must,
            np.ones(len(must)),
        )
        low = self.low_index
        self.low_artificial_col = self.model.add_cols(
            np.full(len(low), self.artificial_cost),
            np.zeros(len(low)),
            np.full(len(low), INF),
            np.arange(len(low) + 1),
            self.low_rows + np.arange(len(low)),
            np.ones(len(low)),
        )
        self.num_artificials = len(must) + len(low)

    def _big_cost(self) -> float:
        """Cost of a unit left unserved though it must be: above that of any path on runs of its own."""
        p = self.problem
        run = float(p.vehicle_run_cost.max(initial=0.0))
        per_t = float(p.leg_cost_per_t.max(initial=0.0) + p.link_cost_per_t.max(initial=0.0))
        weight = float(p.commodity_weight_t.max(initial=1.0))
        value = float(np.abs(p.block_value).max(initial=0.0) + p.block_penalty.max(initial=0.0))
        return 10.0 * (run + len(p.node_rank) * per_t * max(weight, 1.0) + value + 1.0)

    def open_runs(self, runs: IntArray) -> None:
        """Give runs their columns, with capacity and share rows for each of their slots."""
        runs = runs[(self.run_col[runs] < 0) & ~self.run_is_free[runs]] if len(runs) else runs
        if len(runs) == 0:
            return
        p, net, rows = self.problem, self.net, self.run_rows
        first_row = self.model.num_rows
        ptr, index, value, cost, upper = [0], [], [], [], []
        num_new = 0
        empties = []
        for r in runs.tolist():
            v = int(net.run_vehicle[r])
            for z in range(int(net.run_slot_ptr[r]), int(net.run_slot_ptr[r + 1])):
                for d in range(p.vehicle_capacity.shape[1]):
                    cap = float(p.vehicle_capacity[v, d])
                    if not self.leg_binds[net.slot_leg[z], d]:
                        continue
                    known = self.leg_row.get((int(net.slot_leg[z]), d)) if self.coarse else None
                    if known is not None:
                        self.capacity_row[z, d] = known
                        index.append(known)
                        value.append(-cap)
                        for i in self.shares_of_vehicle.get(v, ()):
                            self.share_row[i, z, d] = self.leg_share_row[i, int(net.slot_leg[z]), d]
                            index.append(self.share_row[i, z, d])
                            value.append(-cap * float(p.share_frac[i]))
                        continue
                    self.leg_row[int(net.slot_leg[z]), d] = first_row + num_new
                    self.capacity_row[z, d] = first_row + num_new
                    index.append(first_row + num_new)
                    value.append(-cap)
                    num_new += 1
                    for i in self.shares_of_vehicle.get(v, ()):
                        self.share_row[i, z, d] = first_row + num_new
                        self.leg_share_row[i, int(net.slot_leg[z]), d] = first_row + num_new
                        index.append(first_row + num_new)
                        value.append(-cap * float(p.share_frac[i]))
                        num_new += 1
            for x, n in self._limit_entries(r, loaded=True):
                index.append(x)
                value.append(n)
            for x, n in self.fleet.entries[r] if r in self.fleet.entries else ():
                index.append(x)
                value.append(n)
            ptr.append(len(index))
            cost.append(float(p.vehicle_run_cost[v]))
            upper.append(float(self.run_most[r]))
            if p.vehicle_fleet[v] >= 0 and np.isfinite(p.vehicle_empty_cost[v]):
                empties.append(r)
        self.model.add_rows(np.full(num_new, -INF), np.zeros(num_new))
        first = self.model.add_cols(
            np.array(cost),
            np.zeros(len(runs)),
            np.array(upper),
            np.array(ptr),
            np.array(index, dtype=np.int64),
            np.array(value),
        )
        self.run_col[runs] = first + np.arange(len(runs))
        self._open_empties(empties)

    def _open_empties(self, runs: list[int]) -> None:
        p, net = self.problem, self.net
        ptr, index, value, cost, upper = [0], [], [], [], []
        for r in runs:
            v = int(net.run_vehicle[r])
            for x, n in (*self._limit_entries(r, loaded=False), *self.fleet.entries[r]):
                index.append(x)
                value.append(n)
            ptr.append(len(index))
            cost.append(float(p.vehicle_empty_cost[v]))
            upper.append(self._most_empties(r))
        first = self.model.add_cols(
            np.array(cost),
            np.zeros(len(runs)),
            np.array(upper),
            np.array(ptr),
            np.array(index, dtype=np.int64),
            np.array(value),
        )
        if runs:
            self.empty_col[np.array(runs)] = first + np.arange(len(runs))

    def _most_empties(self, r: int) -> float:
        span = slice(int(self.run_rows.ptr[r]), int(self.run_rows.ptr[r + 1]))
        cap = float((self.run_rows.cap[self.run_rows.row[span]] / self.run_rows.count[span]).min(initial=np.inf))
        fleet = int(self.problem.vehicle_fleet[self.net.run_vehicle[r]])
        return float(np.floor(min(cap, self.problem.fleet_count[fleet], self.fleet.most[fleet]) + 1e-9))

    def _limit_entries(self, r: int, *, loaded: bool) -> list[tuple[int, float]]:
        rows = self.run_rows
        found = []
        for i in range(int(rows.ptr[r]), int(rows.ptr[r + 1])):
            x, n = int(rows.row[i]), float(rows.count[i])
            if np.isfinite(rows.cap[x]):
                found.append((self.cap_rows + x, n))
            if loaded and x in self.low_row_of:
                found.append((self.low_rows + self.low_row_of[x], n))
        return found

    def _prices_of_unopened(self) -> FloatArray:
        """Slot prices of a run without a column that keep the dual feasible: its cost spread over legs and dimensions."""
        p, net = self.problem, self.net
        vehicle = net.run_vehicle[net.slot_run]
        legs = np.diff(net.run_slot_ptr)[net.slot_run]
        finite = self.leg_binds[net.slot_leg] & (self.slot_cap > 0)
        dims = np.maximum(finite.sum(axis=1), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            price = p.vehicle_run_cost[vehicle][:, None] / (legs[:, None] * dims[:, None] * self.slot_cap)
        return np.where(finite, price, 0.0)

    # -- paths --------------------------------------------------------------------

    def add_paths(self, sinks: IntArray, ptr: IntArray, arcs: IntArray, cycles: IntArray) -> int:
        """Add path columns that are not there yet; returns how many."""
        p, net, paths = self.problem, self.net, self.paths
        new: list[int] = []
        for i, s in enumerate(sinks.tolist()):
            part, cyc, key = self._trim(s, arcs[ptr[i] : ptr[i + 1]], cycles[ptr[i] : ptr[i + 1]])
            if key in paths.seen or (self.coarse and self._has_twin(s, part, cyc)):
                continue
            paths.seen[key] = len(paths.sink)
            commodity = int(p.sink_commodity[s])
            arrival = self.arrival_min(part, cyc, int(net.origin_node[commodity]))
            late = max(0, arrival - int(p.sink_due_min[s]))
            paths.sink.append(s)
            paths.arcs.append(part)
            paths.cycles.append(cyc)
            paths.cost.append(
                float(p.commodity_weight_t[commodity] * net.arc_cost_per_t[part].sum() + late * p.sink_late_cost[s])
            )
            slots = net.arc_slot[part]
            paths.slots.append(slots[slots >= 0])
            paths.col.append(-1)
            new.append(len(paths.sink) - 1)
            self.paths_of_terminal[int(p.commodity_supply[commodity])].append(new[-1])
            if p.terminal_single[p.sink_terminal[s]]:
                self.paths_into_terminal.setdefault(int(p.sink_terminal[s]), []).append(new[-1])
        if new:
            ridden = np.unique(np.concatenate([paths.slots[i] for i in new]))
            self.open_runs(np.unique(net.slot_run[ridden]))
            self._add_path_cols(new)
        return len(new)

    def _has_twin(self, sink: int, arcs: IntArray, cycles: IntArray) -> bool:
        """Whether a coarse master has a path over the same legs that costs no more; rows on tonnes tell them apart."""
        p, net = self.problem, self.net
        if len(net.row_cap_t):
            return False
        slots = net.arc_slot[arcs]
        key = (sink, net.slot_leg[slots[slots >= 0]].tobytes())
        commodity = int(p.sink_commodity[sink])
        late = max(0, self.arrival_min(arcs, cycles, int(net.origin_node[commodity])) - int(p.sink_due_min[sink]))
        cost = float(p.commodity_weight_t[commodity] * net.arc_cost_per_t[arcs].sum() + late * p.sink_late_cost[sink])
        if cost >= self._twins.get(key, np.inf) - 1e-9 * max(1.0, abs(cost)):
            return True
        self._twins[key] = cost
        return False

    def path_index(self, sink: int, arcs: IntArray, cycles: IntArray) -> int:
        """Index of a path, added if it is new."""
        before = len(self.paths.sink)
        self.add_paths(np.array([sink]), np.array([0, len(arcs)]), arcs, cycles)
        if len(self.paths.sink) > before:
            return before
        return self.paths.seen[self._trim(sink, arcs, cycles)[2]]

    def _trim(self, sink: int, arcs: IntArray, cycles: IntArray) -> tuple[IntArray, IntArray, tuple[int, bytes]]:
        """A path without the waiting at its end, and its key."""
        net = self.net
        end = len(arcs)
        while (
            end
            and net.arc_slot[arcs[end - 1]] < 0
            and net.arc_link[arcs[end - 1]] < 0
            and net.arc_duration[arcs[end - 1]] > 0
        ):
            end -= 1
        part, cyc = arcs[:end].astype(np.int64), cycles[:end].astype(np.int64)
        return part, cyc, (sink, part.tobytes() + cyc.tobytes())

    def arrival_min(self, arcs: IntArray, cycles: IntArray, origin: int) -> int:
        """Unwrapped minute at which a path ends."""
        net = self.net
        if net.is_static or len(arcs) == 0:
            return int(net.node_min[origin])
        a = int(arcs[-1])
        return int(net.node_min[net.arc_head[a]] + (int(cycles[-1]) + int(net.arc_wrap[a])) * net.horizon_min)

    def _add_path_cols(self, new: list[int]) -> None:
        ptr, index, value = [0], [], []
        for i in new:
            entries = self._path_entries(i)
            index.extend(entries)
            value.extend(entries.values())
            ptr.append(len(index))
        first = self.model.add_cols(
            np.array([self.paths.cost[i] for i in new]),
            np.zeros(len(new)),
            np.full(len(new), INF),
            np.array(ptr),
            np.array(index, dtype=np.int64),
            np.array(value),
        )
        for k, i in enumerate(new):
            self.paths.col[i] = first + k

    def _path_entries(self, i: int) -> dict[int, float]:
        p, net = self.problem, self.net
        s = self.paths.sink[i]
        commodity = int(p.sink_commodity[s])
        klass = int(p.commodity_class[commodity])
        weight = float(p.commodity_weight_t[commodity])
        supply, sink = int(p.commodity_supply[commodity]), int(p.sink_terminal[s])
        entries = {self.terminal_row + supply: 1.0}
        if sink != supply:
            entries[self.terminal_row + sink] = 1.0
        for z in self.paths.slots[i].tolist():
            v = int(net.run_vehicle[net.slot_run[z]])
            for d in range(p.vehicle_capacity.shape[1]):
                load = float(p.commodity_load[commodity, d])
                row = int(self.capacity_row[z, d])
                if row < 0 or load == 0.0:
                    continue
                entries[row] = entries.get(row, 0.0) + load
                for k in self.shares_of_vehicle.get(v, ()):
                    if klass in self.share_classes[k]:
                        share = self.share_row[k, z, d]
                        entries[share] = entries.get(share, 0.0) + load
            strong = self.strong_row.get((supply, z))
            if strong is not None:
                entries[strong] = entries.get(strong, 0.0) + 1.0
            for row, load in self.residual_at.get((supply, z), ()):
                entries[row] = entries.get(row, 0.0) + load
        if weight > 0.0:
            for a in self.paths.arcs[i].tolist():
                for j in range(int(net.arc_row_ptr[a]), int(net.arc_row_ptr[a + 1])):
                    if net.arc_row_class[j] in (-1, klass):
                        row = self.tonnage_rows + int(net.arc_row[j])
                        entries[row] = entries.get(row, 0.0) + weight
        return entries

    # -- solving ------------------------------------------------------------------

    def solve(self, time_s: float = np.inf) -> LpResult:
        """Solve the relaxation over the present columns and rows."""
        result = self.model.solve(time_s)
        self.work += result.iterations
        return result

    def duals(self, row_dual: FloatArray, *, phase_one: bool = False) -> Duals:
        """Sort row duals by family; prices of capacity are positive, and feasible for runs without a column."""
        p = self.problem
        count = len(p.terminal_single)
        opened = self.run_col[self.net.slot_run] >= 0
        free = self.run_is_free[self.net.slot_run]
        rows = self.capacity_row
        slot = np.where(rows >= 0, -np.minimum(row_dual[np.maximum(rows, 0)], 0.0), 0.0)
        slot = np.where((opened | free)[:, None], slot, 0.0 if phase_one else self.default_price)
        tonnage = -np.minimum(row_dual[self.tonnage_rows : self.tonnage_rows + len(self.net.row_cap_t)], 0.0)
        return Duals(
            terminal=row_dual[self.terminal_row : self.terminal_row + count], slot=slot, tonnage=tonnage, row=row_dual
        )

    def _extras(self, duals: Duals, commodities: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Prices on slots that hold for one commodity alone: strong rows of its supply and shares of its class."""
        p = self.problem
        by_class: dict[int, list[tuple[int, int, float]]] = {}
        for (i, z, d), row in self.share_row.items():
            price = -min(duals.row[row], 0.0)
            if price > 0.0:
                for klass in self.share_classes[i]:
                    by_class.setdefault(klass, []).append((z, d, price))
        ptr = np.zeros(len(commodities) + 1, dtype=np.int64)
        slots: list[int] = []
        prices: list[float] = []
        for n, k in enumerate(commodities.tolist()):
            t = int(p.commodity_supply[k])
            for z in self.strong_of_terminal[t]:
                price = -min(duals.row[self.strong_row[t, z]], 0.0)
                if price > 0.0:
                    slots.append(z)
                    prices.append(price)
            for z, row, load in self.residual_of_terminal[t]:
                price = -min(duals.row[row], 0.0)
                if price > 0.0:
                    slots.append(z)
                    prices.append(price * load)
            for z, d, price in by_class.get(int(p.commodity_class[k]), ()):
                slots.append(z)
                prices.append(price * float(p.commodity_load[k, d]))
            ptr[n + 1] = len(slots)
        return ptr, np.array(slots, dtype=np.int64), np.array(prices)

    def terminal_worth(self) -> FloatArray:
        """Most a unit is worth at each terminal: value and spared penalty of its best block."""
        p = self.problem
        worth = np.full(len(p.terminal_single), -np.inf)
        np.maximum.at(worth, p.block_terminal, p.block_value + p.block_penalty)
        forced = np.zeros(len(worth), dtype=np.bool_)
        forced[p.block_terminal[p.block_low > 0]] = True
        return np.where(forced, self.artificial_cost, worth)

    def paths_of_single(self, t: int) -> list[int]:
        """Paths that start or end at a terminal."""
        return sorted({*self.paths_of_terminal[t], *self.paths_into_terminal.get(t, ())})

    def price(
        self, duals: Duals, *, phase_one: bool = False, commodities: IntArray | None = None
    ) -> tuple[int, FloatArray]:
        """
        Find the cheapest path to each sink and add those with negative reduced cost.

        Parameters
        ----------
        duals
            Prices.
        phase_one
            Leave costs out: only what must be served counts.
        commodities
            Price only these; default all.

        Returns
        -------
        tuple
            Number of paths added, and the least reduced cost of each sink's paths (inf: none, or not priced).
        """
        if commodities is None:
            commodities = np.arange(len(self.problem.commodity_supply))
        sinks, cost, worth, found, ptr, arcs, cycles = self._scan(duals, commodities, phase_one=phase_one)
        added = self.add_paths(sinks[found], ptr, arcs, cycles)
        reduced = np.full(len(self.problem.sink_node), np.inf)
        reduced[sinks] = cost - worth
        return added, reduced

    def cheapest(self, duals: Duals, commodity: int) -> tuple[int, IntArray, IntArray] | None:
        """Sink, arcs and cycles of the path of one commodity that gains most; None where none gains."""
        sinks, cost, worth, found, ptr, arcs, cycles = self._scan(
            duals, np.array([commodity], dtype=np.int64), phase_one=False
        )
        if len(found) == 0:
            return None
        i = int(np.argmin((cost - worth)[found]))
        span = slice(int(ptr[i]), int(ptr[i + 1]))
        return int(sinks[found[i]]), arcs[span], cycles[span]

    def _scan(
        self, duals: Duals, commodities: IntArray, *, phase_one: bool
    ) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray, IntArray, IntArray]:
        """Run the pricing kernel: sinks, their cheapest cost and worth, and the paths that gain."""
        p, net = self.problem, self.net
        extra_ptr, extra_slot, extra_price = self._extras(duals, commodities)
        alone = np.diff(extra_ptr) > 0
        key = np.where(alone, -1 - np.arange(len(commodities)), self.scan_key[commodities])
        _, representative, group = np.unique(key, return_index=True, return_inverse=True)
        in_order = np.argsort(group.ravel(), kind="stable")
        scans = commodities[representative]
        members = commodities[in_order]
        first = np.searchsorted(p.sink_commodity, members, side="left")
        counts = np.searchsorted(p.sink_commodity, members, side="right") - first
        ends = np.cumsum(counts)
        sinks = np.repeat(first - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
        per_scan = np.bincount(group.ravel(), weights=counts[np.argsort(in_order, kind="stable")], minlength=len(scans))
        sink_ptr = np.concatenate([[0], np.cumsum(per_scan)]).astype(np.int64)
        width = np.diff(extra_ptr)[representative]
        scan_extra = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
        at = np.repeat(extra_ptr[representative] - scan_extra[:-1], width) + np.arange(scan_extra[-1])
        extra_ptr, extra_slot, extra_price = scan_extra, extra_slot[at], extra_price[at]
        supply, end = p.commodity_supply[p.sink_commodity[sinks]], p.sink_terminal[sinks]
        worth = duals.terminal[supply] + np.where(end != supply, duals.terminal[end], 0.0)
        tolerance = PRICE_TOL * np.maximum(1.0, np.abs(worth))
        deadline = np.full(len(scans), -1, dtype=np.int64)
        np.maximum.at(deadline, np.repeat(np.arange(len(scans)), np.diff(sink_ptr)), p.sink_deadline_min[sinks])
        room = max(2_000, 64 * len(sinks))
        arcs, cycles = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        cost, found, ptr = price_paths(
            net.is_static,
            net.num_nodes,
            net.num_cycles,
            net.horizon_min,
            net.node_min,
            net.arc_ptr,
            net.arc_tail,
            net.arc_head,
            net.arc_wrap,
            net.arc_slot,
            net.arc_access,
            np.zeros_like(net.arc_cost_per_t) if phase_one else net.arc_cost_per_t,
            net.arc_row_ptr,
            net.arc_row,
            net.arc_row_class,
            net.access,
            net.place_ptr,
            net.place_node,
            duals.slot,
            duals.tonnage,
            net.origin_node[scans],
            p.commodity_class[scans],
            p.commodity_weight_t[scans],
            p.commodity_load[scans],
            deadline,
            extra_ptr,
            extra_slot,
            extra_price,
            sink_ptr,
            p.sink_node[sinks],
            p.sink_due_min[sinks],
            p.sink_deadline_min[sinks],
            np.zeros(len(sinks)) if phase_one else p.sink_late_cost[sinks],
            worth - tolerance,
            arcs,
            cycles,
        )
        self.work += 1e-4 * len(net.arc_tail) * len(scans) / 1000.0
        return sinks, cost, worth, found, ptr, arcs, cycles

    def extend_dual(self, dual: FloatArray) -> FloatArray:
        """Duals for rows that came since: the price of a run without a column for its capacity, else nothing."""
        new = np.zeros(self.model.num_rows - len(dual))
        longer = np.concatenate([dual, new])
        rows = self.capacity_row
        fresh = rows >= len(dual)
        longer[rows[fresh]] = -self.default_price[fresh]
        return longer

    def useful_paths(self, row_dual: FloatArray, tolerance: float) -> list[int]:
        """Paths whose reduced cost at these duals is at most ``tolerance`` times what their freight is worth."""
        ptr, index, value, cost, *_ = self.model.matrix()
        row_dual = self.extend_dual(row_dual)
        products = np.concatenate([[0.0], np.cumsum(value * row_dual[index])])
        cols = np.array(self.paths.col, dtype=np.int64)
        reduced = cost[cols] - (products[ptr[cols + 1]] - products[ptr[cols]])
        worth = np.abs(
            row_dual[self.terminal_row :][self.problem.commodity_supply[self.problem.sink_commodity[self.paths.sink]]]
        )
        return np.where(reduced <= tolerance * np.maximum(worth, 1.0))[0].tolist()

    def lagrangian(self, row_dual: FloatArray, reduced: FloatArray) -> float:
        """
        Proved bound at any row duals, given the least reduced cost of each sink's paths at these duals.

        Rows are priced out; run, block and standing columns go to the better end
        of their ranges, and no terminal sends more than it has.
        """
        p = self.problem
        ptr, index, value, cost, lower, upper, row_lower, row_upper = self.model.matrix()
        dual = np.clip(
            row_dual, np.where(np.isfinite(row_upper), -np.inf, 0.0), np.where(np.isfinite(row_lower), np.inf, 0.0)
        )
        side = np.where(dual > 0, np.where(dual > 0, row_lower, 0.0), np.where(dual < 0, row_upper, 0.0))
        bound = float((dual * side).sum())
        products = np.concatenate([[0.0], np.cumsum(value * dual[index])])
        rc = cost - (products[ptr[1:]] - products[ptr[:-1]])
        other = np.ones(len(cost), dtype=np.bool_)
        other[np.array(self.paths.col, dtype=np.int64)] = False
        rc, low, high = rc[other], lower[other], np.minimum(upper[other], BIG)
        rc = np.where((high >= BIG) & (rc < 0) & (rc > -1e-6 * np.maximum(1.0, np.abs(cost[other]))), 0.0, rc)
        bound += float(np.where(rc >= 0, low * rc, high * rc).sum())
        supply = p.commodity_supply[p.sink_commodity]
        least = np.zeros(len(self.supply))
        np.minimum.at(least, supply, np.where(np.isfinite(reduced), reduced, 0.0))
        return bound + float((least * self.supply).sum()) + self.penalty_constant

    def separate_strong(self, x: FloatArray) -> int:
        """
        Add the strong inequalities that a point violates: a terminal's flow on a slot <= its quantity times the runs.

        In a coarse master the slots of one leg that the terminal can use are taken together.
        """
        p, net, paths = self.problem, self.net, self.paths
        flow: dict[tuple[int, int], float] = {}
        cols = np.array(paths.col, dtype=np.int64)
        known = np.where(cols < len(x))[0]
        for i in known[x[cols[known]] > 1e-9].tolist():
            t = int(p.commodity_supply[p.sink_commodity[paths.sink[i]]])
            for z in paths.slots[i].tolist():
                if not self.run_is_free[net.slot_run[z]] and (t, z) not in self.strong_row:
                    group = (t, -1 - int(net.slot_leg[z])) if self.coarse else (t, z)
                    flow[group] = flow.get(group, 0.0) + float(x[cols[i]])
        keys = []
        for (t, group), amount in flow.items():
            slots = self._strong_slots(t, group)
            bound = self.strong_coefficient(t, slots[0]) if slots else None
            runs = self.run_col[net.slot_run[slots]] if slots else np.zeros(0, dtype=np.int64)
            if bound is not None and amount > bound * x[runs[runs < len(x)]].sum() + VIOLATION_TOL * self.supply[t]:
                keys.append((t, group))
        self.add_strong(keys)
        return len(keys)

    def _strong_slots(self, t: int, group: int) -> list[int]:
        """Slots of a strong row: the one, or (coarse, a leg) all of the leg that the terminal can ride in time."""
        if group >= 0:
            return [group]
        net = self.net
        first, last = np.searchsorted(self._slots_by_leg[0], [-1 - group, -group])
        slots = self._slots_by_leg[1][first:last]
        ready, deadline = self.terminal_ready[t], self.terminal_deadline[t]
        start, end = net.slot_start[slots], net.slot_end[slots]
        if net.num_cycles > 1 or self.problem.cyclic:
            wait = (start - ready) % net.horizon_min
            fits = ready + wait + (end - start) <= deadline
        else:
            fits = (start >= ready) & (end <= deadline)
        fits &= self.run_col[net.slot_run[slots]] >= 0
        return [int(z) for z in slots[fits]]

    def separate_residual(self, x: FloatArray) -> int:
        """
        Add the residual capacity inequalities that a point violates.

        For terminals S on a slot whose loads, all together D, need at least
        m = ceil(D / u) runs of capacity u, with remainder r = D - u (m - 1): load of S <= D - r (m - runs) [1]_.
        The most violated S holds the terminals that send more than the fractional part of the
        runs of what they have [2]_.

        References
        ----------
        .. [1] Magnanti, T. L., P. Mirchandani, and R. Vachani (1993). The convex hull of two core capacitated network
               design problems. *Mathematical Programming* 60: 233-250. https://doi.org/10.1007/BF01580612.
        .. [2] Atamturk, A., and D. Rajan (2002). On splittable and unsplittable flow capacitated network design
               arc-set polyhedra. *Mathematical Programming* 92: 315-333. https://doi.org/10.1007/s101070100269.
        """
        p, net, paths = self.problem, self.net, self.paths
        riders: dict[int, dict[int, float]] = {}
        cols = np.array(paths.col, dtype=np.int64)
        known = np.where(cols < len(x))[0]
        for i in known[x[cols[known]] > 1e-9].tolist():
            t = int(p.commodity_supply[p.sink_commodity[paths.sink[i]]])
            for z in paths.slots[i].tolist():
                at = riders.setdefault(z, {})
                at[t] = at.get(t, 0.0) + float(x[cols[i]])
        found = []
        for z, flow in riders.items():
            r = int(net.slot_run[z])
            if self.run_col[r] < 0 or self.run_col[r] >= len(x):
                continue
            runs = float(x[self.run_col[r]])
            part = runs - np.floor(runs)
            if not 0.01 < part < 0.99:
                continue
            for d in np.where(self.capacity_row[z] >= 0)[0].tolist():
                cut = self._residual_cut(z, d, flow, runs, part)
                if cut is not None and (z, d, cut[0]) not in self.residual_seen:
                    self.residual_seen.add((z, d, cut[0]))
                    found.append((z, d, *cut))
        self._add_residual(found)
        return len(found)

    def _residual_cut(
        self, z: int, d: int, flow: dict[int, float], runs: float, part: float
    ) -> tuple[frozenset[int], float, float] | None:
        """The set, remainder and right side of the residual capacity inequality most violated on a slot; None: none."""
        p = self.problem
        unit = float(self.slot_cap[z, d])
        members, load, total = [], 0.0, 0.0
        for t, amount in flow.items():
            weight = float(p.commodity_load[self.commodity_of_supply(t), d])
            have = float(self.supply[t]) * self.rides_per_unit(t, z)
            if weight > 0.0 and amount > have * part:
                members.append(t)
                load += weight * amount
                total += weight * have
        needed = float(np.ceil(total / unit - 1e-9))
        if not members or needed != np.ceil(runs):
            return None
        remainder = total - unit * (needed - 1.0)
        right = total - remainder * needed
        if load <= right + remainder * runs + VIOLATION_TOL * unit:
            return None
        return frozenset(members), remainder, right

    def _add_residual(self, cuts: list[tuple[int, int, frozenset[int], float, float]]) -> None:
        p, net, paths = self.problem, self.net, self.paths
        if not cuts:
            return
        first = self.model.num_rows
        ptr, index, value = [0], [], []
        for n, (z, d, members, remainder, _) in enumerate(cuts):
            row = {int(self.run_col[net.slot_run[z]]): -remainder}
            for t in members:
                weight = float(p.commodity_load[self.commodity_of_supply(t), d])
                self.residual_at.setdefault((t, z), []).append((first + n, weight))
                self.residual_of_terminal[t].append((z, first + n, weight))
                for i in self.paths_of_terminal[t]:
                    rides = int((paths.slots[i] == z).sum())
                    if rides:
                        row[paths.col[i]] = row.get(paths.col[i], 0.0) + weight * rides
            index.extend(row)
            value.extend(row.values())
            ptr.append(len(index))
        self.model.add_rows(
            np.full(len(cuts), -INF),
            np.array([right for *_, right in cuts]),
            np.array(ptr),
            np.array(index, dtype=np.int64),
            np.array(value),
        )

    def strong_coefficient(self, t: int, z: int) -> float | None:
        """Most of a terminal's flow that one run can carry there; None where the capacity row says as much."""
        p, net = self.problem, self.net
        quantity = float(self.supply[t]) * self.rides_per_unit(t, z)
        k = self.commodity_of_supply(t)
        load = p.commodity_load[k]
        with np.errstate(divide="ignore"):
            room = float(
                np.where(load > 0, self.slot_cap[z] / np.where(load > 0, load, 1.0), np.inf).min(initial=np.inf)
            )
        return quantity if quantity < room - 1e-9 else None

    def rides_per_unit(self, t: int, z: int) -> float:
        """How often a unit may ride one slot: once, and again for each cycle its time window is longer than."""
        p, net = self.problem, self.net
        if net.num_cycles == 1:
            return 1.0
        travel = int(p.leg_travel_min[net.slot_leg[z]])
        window = int(self.terminal_deadline[t] - self.terminal_ready[t])
        return 1.0 + max(0, (window - travel) // net.horizon_min)

    def commodity_of_supply(self, t: int) -> int:
        """Any commodity that draws on a terminal; all of one terminal have the same load."""
        if not hasattr(self, "_commodity_of"):
            self._commodity_of = np.zeros(len(self.supply), dtype=np.int64)
            self._commodity_of[self.problem.commodity_supply] = np.arange(len(self.problem.commodity_supply))
        return int(self._commodity_of[t])

    def add_strong(self, keys: list[tuple[int, int]]) -> None:
        """Add strong rows for pairs (terminal, slot)."""
        net, paths = self.net, self.paths
        ptr, index, value = [0], [], []
        first = self.model.num_rows
        wanted: dict[int, dict[int, int]] = {}
        rows: list[dict[int, float]] = []
        for n, (t, group) in enumerate(keys):
            row: dict[int, float] = {}
            for z in self._strong_slots(t, group):
                if (t, z) in self.strong_row:
                    continue
                self.strong_row[t, z] = first + n
                self.strong_of_terminal[t].append(z)
                wanted.setdefault(t, {})[z] = n
                bound = self.strong_coefficient(t, z)
                assert bound is not None
                row[int(self.run_col[net.slot_run[z]])] = -bound
            rows.append(row)
        for t, slots in wanted.items():
            for i in self.paths_of_terminal[t]:
                for z in paths.slots[i].tolist():
                    n = slots.get(z, -1)
                    if n >= 0:
                        rows[n][paths.col[i]] = rows[n].get(paths.col[i], 0.0) + 1.0
        for entries in rows:
            index.extend(entries)
            value.extend(entries.values())
            ptr.append(len(index))
        if keys:
            self.model.add_rows(
                np.full(len(keys), -INF),
                np.zeros(len(keys)),
                np.array(ptr),
                np.array(index, dtype=np.int64),
                np.array(value),
            )


def binding_dimensions(problem: DesignProblem) -> BoolArray:
    """
    Tell which dimensions of each leg can bind: limited, loaded by something that may ride, and not implied by another.

    A dimension is implied when every commodity that may ride fills a larger part of another one.
    """
    p = problem
    num_dims = p.vehicle_capacity.shape[1]
    kinds = np.unique(np.concatenate([p.commodity_class[:, None], p.commodity_load], axis=1), axis=0)
    binds = np.zeros((len(p.leg_tail), num_dims), dtype=np.bool_)
    capacity = p.vehicle_capacity[p.leg_vehicle]
    finite = np.isfinite(capacity)
    patterns, which = np.unique(
        np.concatenate([p.leg_access.T.astype(np.float64), capacity], axis=1), axis=0, return_inverse=True
    )
    for i, pattern in enumerate(patterns):
        rides = kinds[pattern[kinds[:, 0].astype(np.int64)] > 0, 1:]
        cap = pattern[len(p.leg_access) :]
        fills = np.array(
            [
                rides[:, d] / cap[d] if np.isfinite(cap[d]) and cap[d] > 0 else np.zeros(len(rides))
                for d in range(num_dims)
            ]
        )
        keep = [d for d in range(num_dims) if np.isfinite(cap[d]) and (cap[d] == 0 or fills[d].max(initial=0.0) > 0)]
        for d in tuple(keep):
            others = [e for e in keep if e != d]
            if cap[d] > 0 and any((fills[e] >= fills[d]).all() for e in others if cap[e] > 0):
                keep.remove(d)
        binds[np.ix_(np.where(which.ravel() == i)[0], keep)] = True
    return binds & finite
