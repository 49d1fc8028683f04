"""The strong relaxation: a linear master over paths, run columns and rows that come when they are needed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landbridge.engine.lp import INF, Entries, LinearModel, LpResult
from landbridge.engine.master.dimensions import binding_dimensions
from landbridge.engine.master.fleets import FleetRows, build_fleet_rows
from landbridge.engine.master.limits import build_run_rows, most_runs
from landbridge.engine.master.own_rows import OwnRows
from landbridge.engine.master.reach import Reach
from landbridge.engine.master.rooms import leg_rooms, load_costs, slot_rooms
from landbridge.engine.master.switches import (
    costs_of_on,
    free_switches,
    runs_added,
    switched_blocks,
    tonnes_added,
)
from landbridge.engine.problem import BoolArray, DesignProblem, FloatArray, IntArray
from landbridge.engine.space.expansion import Expansion, expand

BIG = 1e6


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


class Master:
    """
    The linear relaxation over the paths found so far.

    Families of rows (docs/mathematics.md): ``terminal``, ``run_limit``,
    ``tonnage``, ``fleet_balance``, ``fleet_count``, ``budget``, ``switched`` stand from the start;
    ``capacity``, ``share`` and ``largest_load`` come with a run's first path; ``strong`` when
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
        always = ~switched_blocks(p)
        self.penalty_constant = float((p.block_penalty * p.block_qty)[always].sum())
        self.runs_added = runs_added(p, self.run_rows)
        self.tonnes_added = tonnes_added(p, self.net)
        self._index_runs()
        self._index_terminals()
        self._first_rows()
        self._first_cols()
        self.num_first_rows = self.model.num_rows
        self.open_runs(self._runs_from_the_start())
        self.default_price = self._prices_of_unopened()

    def _index_runs(self) -> None:
        """Say what is known of runs and slots, and that none has columns or rows yet."""
        p, net = self.problem, self.net
        self.slot_cap = p.vehicle_capacity[net.run_vehicle[net.slot_run]]
        self.leg_binds = binding_dimensions(p)
        limited = np.diff(self.run_rows.ptr) > 0
        fleet = p.vehicle_fleet[net.run_vehicle] >= 0
        shared = np.isin(net.run_vehicle, p.share_vehicle)
        empty_handed = np.any(p.vehicle_capacity <= 0, axis=1)[net.run_vehicle]
        self.load_cost = load_costs(p)
        costless = (p.vehicle_run_cost + self.load_cost)[net.run_vehicle] == 0
        self.run_is_free = costless & ~limited & ~fleet & ~shared & ~empty_handed
        self.run_col = np.full(len(net.run_vehicle), -1, dtype=np.int64)
        self.empty_col = np.full(len(net.run_vehicle), -1, dtype=np.int64)
        self.load_col = np.full(len(net.run_vehicle), -1, dtype=np.int64)
        self.load_row = np.full(len(net.run_vehicle), -1, dtype=np.int64)
        self.slot_room = slot_rooms(p, net)
        self.capacity_row = np.full(self.slot_cap.shape, -1, dtype=np.int64)
        self.share_row: dict[tuple[int, int, int], int] = {}
        self.leg_row: dict[tuple[int, int], int] = {}
        self.leg_share_row: dict[tuple[int, int, int], int] = {}
        self.shares_of_vehicle: dict[int, list[int]] = {}
        for i, v in enumerate(p.share_vehicle.tolist()):
            self.shares_of_vehicle.setdefault(v, []).append(i)
        self.share_classes = [
            frozenset(p.share_class[p.share_class_ptr[i] : p.share_class_ptr[i + 1]].tolist())
            for i in range(len(p.share_vehicle))
        ]
        by_leg = np.argsort(net.slot_leg, kind="stable")
        self.slots_by_leg = (net.slot_leg[by_leg], by_leg)

    def _index_terminals(self) -> None:
        """Say what is known of terminals and commodities, and that they have no paths or inequalities yet."""
        p = self.problem
        count = len(p.terminal_single)
        self.terminal_ready = np.zeros(count, dtype=np.int64)
        self.terminal_ready[p.commodity_supply] = p.commodity_ready_min
        self.terminal_deadline = np.zeros(count, dtype=np.int64)
        np.maximum.at(self.terminal_deadline, p.commodity_supply[p.sink_commodity], p.sink_deadline_min)
        # any commodity that draws on a terminal: all of one terminal have the same load
        self.commodity_of = np.zeros(count, dtype=np.int64)
        self.commodity_of[p.commodity_supply] = np.arange(len(p.commodity_supply))
        alike = np.column_stack([self.net.origin_node, p.commodity_class, p.commodity_weight_t, p.commodity_load])
        self.scan_key = np.unique(alike, axis=0, return_inverse=True)[1].ravel()
        self.paths_of_terminal: list[list[int]] = [[] for _ in range(count)]
        self.paths_into_terminal: dict[int, list[int]] = {}
        self.strong_row: dict[tuple[int, int], int] = {}
        self.cut_at: dict[tuple[int, int], list[tuple[int, float]]] = {}
        self.own = OwnRows()
        supply = p.commodity_supply[p.sink_commodity]
        traded = np.where(p.sink_terminal != supply)[0]
        self.owner_of_sink = np.full(len(p.sink_node), -1, dtype=np.int64)
        self.owner_of_pair: dict[tuple[int, int], int] = {}
        for s in traded.tolist():
            pair = int(supply[s]), int(p.sink_terminal[s])
            self.owner_of_sink[s] = self.owner_of_pair.setdefault(pair, count + len(self.owner_of_pair))
        self.num_owners = count + len(self.owner_of_pair)
        self._pairs = list(self.owner_of_pair)
        self.suppliers_of: dict[int, list[int]] = {}
        for t, b in self._pairs:
            self.suppliers_of.setdefault(b, []).append(t)
        self.paths_of_pair: dict[int, list[int]] = {}
        self.reach = Reach(p, self.net)

    def _runs_from_the_start(self) -> IntArray:
        """Runs that may be of use without freight: those of fleets, and those of which some must go."""
        rows = self.run_rows
        entries = np.repeat(np.arange(len(self.run_col)), np.diff(rows.ptr))
        of_fleets = np.where(self.problem.vehicle_fleet[self.net.run_vehicle] >= 0)[0]
        return np.union1d(of_fleets, entries[rows.low[rows.row] > 0]).astype(np.int64)

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
        self.budget_rows = model.add_rows(np.full(len(p.budget_cap), -INF), p.budget_cap)
        self.switched = np.where(switched_blocks(p))[0]
        none = np.zeros(len(self.switched))
        self.most_rows = model.add_rows(none - INF, none)
        self.least_rows = model.add_rows(none, none + INF)

    def _first_cols(self) -> None:
        p = self.problem
        self.switch_col = self._add_switches()
        position = np.full(len(p.block_qty), -1, dtype=np.int64)
        position[self.switched] = np.arange(len(self.switched))
        entries = Entries()
        for t, i in zip(p.block_terminal.tolist(), position.tolist(), strict=True):
            hangs = [(self.most_rows + i, 1.0), (self.least_rows + i, 1.0)] if i >= 0 else []
            entries.add([(self.terminal_row + t, -1.0), *hangs])
        self.block_col = self.model.add_cols(
            -(p.block_value + p.block_penalty), p.block_low * (position < 0), p.block_qty, *entries.arrays()
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

    def _add_switches(self) -> int:
        """Columns of switches, with what they add to right sides."""
        p = self.problem
        entries = Entries()
        for w in range(len(p.switch_cost)):
            uses = np.where(p.budget_use_switch == w)[0].tolist()
            found = [(self.budget_rows + int(p.budget_use_budget[u]), float(p.budget_use_amount[u])) for u in uses]
            found += [(self.cap_rows + row, -n) for row, v, n in self.runs_added if v == w]
            found += [(self.tonnage_rows + row, -n) for row, v, n in self.tonnes_added if v == w]
            for i, b in enumerate(self.switched.tolist()):
                if p.block_switch[b] == w:
                    found.append((self.most_rows + i, -float(p.block_qty[b])))
                    found.append((self.least_rows + i, -float(p.block_low[b])))
            entries.add(found)
        low, high = p.switch_low.astype(np.float64), p.switch_high.astype(np.float64)
        return self.model.add_cols(costs_of_on(p), low, high, *entries.arrays())

    def _big_cost(self) -> float:
        """Cost of a unit left unserved though it must be: above that of any path on runs of its own."""
        p = self.problem
        run = float(p.vehicle_run_cost.max(initial=0.0))
        per_t = float(p.leg_cost_per_t.max(initial=0.0) + p.link_cost_per_t.max(initial=0.0))
        per_load = float(self.load_cost.max(initial=0.0) * p.commodity_load.max(initial=0.0))
        weight = float(p.commodity_weight_t.max(initial=1.0))
        value = float(np.abs(p.block_value).max(initial=0.0) + p.block_penalty.max(initial=0.0))
        return 10.0 * (run + len(p.node_rank) * (per_t * max(weight, 1.0) + per_load) + value + 1.0)

    def open_runs(self, runs: IntArray) -> None:
        """Give runs their columns, with capacity and share rows for each of their slots."""
        runs = runs[(self.run_col[runs] < 0) & ~self.run_is_free[runs]] if len(runs) else runs
        if len(runs) == 0:
            return
        p, net = self.problem, self.net
        self._next_row = before = self.model.num_rows
        entries = Entries()
        empties = []
        for r in runs.tolist():
            slots = range(int(net.run_slot_ptr[r]), int(net.run_slot_ptr[r + 1]))
            entries.add(
                [
                    *(entry for z in slots for entry in self._room_entries(z)),
                    *self._load_entries(r),
                    *self._limit_entries(r, loaded=True),
                    *self.fleet.entries.get(r, ()),
                ]
            )
            v = net.run_vehicle[r]
            if p.vehicle_fleet[v] >= 0 and np.isfinite(p.vehicle_empty_cost[v]):
                empties.append(r)
        num_new = self._next_row - before
        self.model.add_rows(np.full(num_new, -INF), np.zeros(num_new))
        first = self.model.add_cols(
            p.vehicle_run_cost[net.run_vehicle[runs]], np.zeros(len(runs)), self.run_most[runs], *entries.arrays()
        )
        self.run_col[runs] = first + np.arange(len(runs))
        self._open_loads(runs[self.load_row[runs] >= 0])
        if empties:
            self._open_empties(np.array(empties, dtype=np.int64))

    def _room_entries(self, z: int) -> list[tuple[int, float]]:
        """Entries of a run in the capacity and share rows of a slot, which are numbered here if they are new."""
        p, net = self.problem, self.net
        first = int(self.slot_room[z])
        if first < z:
            self._share_room(z, first)
            return []
        leg, v = int(net.slot_leg[z]), int(net.run_vehicle[net.slot_run[z]])
        shares = self.shares_of_vehicle.get(v, ())
        found: list[tuple[int, float]] = []
        for d in np.where(self.leg_binds[leg])[0].tolist():
            cap = float(p.vehicle_capacity[v, d])
            if not self.coarse or (leg, d) not in self.leg_row:
                self.leg_row[leg, d] = self._next_row
                for n, i in enumerate(shares):
                    self.leg_share_row[i, leg, d] = self._next_row + 1 + n
                self._next_row += 1 + len(shares)
            self.capacity_row[z, d] = self.leg_row[leg, d]
            if d > 0 or not self.load_cost[v]:
                found.append((self.leg_row[leg, d], -cap))
            for i in shares:
                self.share_row[i, z, d] = self.leg_share_row[i, leg, d]
                found.append((self.share_row[i, z, d], -cap * float(p.share_frac[i])))
        return found

    def _share_room(self, z: int, first: int) -> None:
        """Let a slot count in the capacity and share rows of the first slot of its room."""
        self.capacity_row[z] = self.capacity_row[first]
        for d in np.where(self.capacity_row[first] >= 0)[0].tolist():
            for i in self.shares_of_vehicle.get(int(self.net.run_vehicle[self.net.slot_run[z]]), ()):
                self.share_row[i, z, d] = self.share_row[i, first, d]

    def _load_entries(self, r: int) -> list[tuple[int, float]]:
        """Entry of a run in the row that keeps its largest load within its capacity, where that load is paid for."""
        v = int(self.net.run_vehicle[r])
        if not self.load_cost[v]:
            return []
        self.load_row[r] = self._next_row
        self._next_row += 1
        cap = float(self.problem.vehicle_capacity[v, 0])
        return [(int(self.load_row[r]), -min(cap, self._all_load()))]

    def _open_loads(self, runs: IntArray) -> None:
        """Add the columns of largest loads: no less than the load of any room, no more than the runs carry."""
        net, entries = self.net, Entries()
        for r in runs.tolist():
            slots = self.slot_room[net.run_slot_ptr[r] : net.run_slot_ptr[r + 1]]
            rows = np.unique(self.capacity_row[slots, 0]).tolist()
            entries.add([*((row, -1.0) for row in rows), (int(self.load_row[r]), 1.0)])
        first = self.model.add_cols(
            self.load_cost[net.run_vehicle[runs]],
            np.zeros(len(runs)),
            np.full(len(runs), self._all_load()),
            *entries.arrays(),
        )
        self.load_col[runs] = first + np.arange(len(runs))

    def _all_load(self) -> float:
        """Load in the first dimension of all there is, as often as it may ride one run."""
        p = self.problem
        rides = self.net.num_cycles * int(np.bincount(leg_rooms(p)).max(initial=1))
        return float((p.commodity_load[:, 0] * self.supply[p.commodity_supply]).sum()) * rides

    def _open_empties(self, runs: IntArray) -> None:
        entries = Entries()
        for r in runs.tolist():
            entries.add([*self._limit_entries(r, loaded=False), *self.fleet.entries[r]])
        first = self.model.add_cols(
            self.problem.vehicle_empty_cost[self.net.run_vehicle[runs]],
            np.zeros(len(runs)),
            np.array([self.most_empties(r) for r in runs.tolist()]),
            *entries.arrays(),
        )
        self.empty_col[runs] = first + np.arange(len(runs))

    def loaded_runs(self, x: FloatArray) -> FloatArray:
        """Loaded runs of each candidate run at a point; 0 without a column."""
        return _values(self.run_col, x)

    def empty_runs(self, x: FloatArray) -> FloatArray:
        """Empty runs of each candidate run at a point; 0 without a column."""
        return _values(self.empty_col, x)

    def switch_cols(self) -> IntArray:
        """Columns of the switches."""
        return self.switch_col + np.arange(len(self.problem.switch_cost))

    def setting(self, x: FloatArray) -> FloatArray:
        """Setting of each switch at a point."""
        return x[self.switch_cols()]

    def whole_cols(self) -> IntArray:
        """Columns of loaded and empty runs and of free switches: the integer ones."""
        cols = np.concatenate([self.run_col, self.empty_col])
        return np.concatenate([cols[cols >= 0], self.switch_cols()[free_switches(self.problem)]])

    def integer_mask(self) -> BoolArray:
        """Which columns are integer."""
        mask = np.zeros(self.model.num_cols, dtype=np.bool_)
        mask[self.whole_cols()] = True
        return mask

    def unmet(self, x: FloatArray) -> float:
        """How much a point leaves unserved, or not run, of what must be."""
        return float(x[self.artificial_col : self.artificial_col + self.num_artificials].sum())

    def most_empties(self, r: int) -> float:
        """Most empty runs of a run that limits and its fleet allow."""
        span = slice(int(self.run_rows.ptr[r]), int(self.run_rows.ptr[r + 1]))
        cap = float((self.run_rows.most[self.run_rows.row[span]] / self.run_rows.count[span]).min(initial=np.inf))
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
        """Slot prices that keep the dual feasible without a run's column: its cost spread over legs and dimensions."""
        p, net = self.problem, self.net
        vehicle = net.run_vehicle[net.slot_run]
        rooms = np.bincount(net.slot_run[np.unique(self.slot_room)], minlength=len(net.run_vehicle))[net.slot_run]
        finite = self.leg_binds[net.slot_leg] & (self.slot_cap > 0)
        dims = np.maximum(finite.sum(axis=1), 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            price = p.vehicle_run_cost[vehicle][:, None] / (rooms[:, None] * dims[:, None] * self.slot_cap)
        price = np.where(finite, price, 0.0)
        firsts = self.slot_room == np.arange(len(self.slot_room))
        self.default_load_price = np.bincount(net.slot_run[firsts], price[firsts, 0], minlength=len(net.run_vehicle))
        price[:, 0] += self.load_cost[vehicle] / rooms
        return price

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
            if self.owner_of_sink[s] >= 0:
                self.paths_of_pair.setdefault(int(self.owner_of_sink[s]), []).append(new[-1])
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
        entries = Entries()
        for i in new:
            entries.add(self._path_entries(i).items())
        first = self.model.add_cols(
            np.array([self.paths.cost[i] for i in new]), np.zeros(len(new)), np.full(len(new), INF), *entries.arrays()
        )
        for k, i in enumerate(new):
            self.paths.col[i] = first + k

    def _path_entries(self, i: int) -> dict[int, float]:
        """Rows a path counts in: its terminals, what it rides, inequalities there, and rows on tonnes."""
        p = self.problem
        s = self.paths.sink[i]
        commodity = int(p.sink_commodity[s])
        supply, sink = int(p.commodity_supply[commodity]), int(p.sink_terminal[s])
        entries: dict[int, float] = defaultdict(float)
        for t in {supply: None, sink: None}:
            entries[self.terminal_row + t] = 1.0
        for z in self.paths.slots[i].tolist():
            for row, load in self.slot_entries(commodity, z):
                entries[row] += load
            strong = self.strong_row.get((supply, z))
            if strong is not None:
                entries[strong] += 1.0
            for owner in (supply, int(self.owner_of_sink[s])):
                entries.update(self.cut_at.get((owner, z), ()))
        arcs, ptr = self.paths.arcs[i], self.net.arc_row_ptr
        for a in arcs[ptr[arcs + 1] > ptr[arcs]].tolist():
            for row, weight in self.tonnage_entries(commodity, a):
                entries[row] += weight
        return entries

    def slot_entries(self, commodity: int, z: int) -> list[tuple[int, float]]:
        """Capacity and share rows in which a unit of a commodity on a slot counts, with its load."""
        p, net = self.problem, self.net
        v, klass = int(net.run_vehicle[net.slot_run[z]]), int(p.commodity_class[commodity])
        found: list[tuple[int, float]] = []
        for d in range(p.vehicle_capacity.shape[1]):
            load, row = float(p.commodity_load[commodity, d]), int(self.capacity_row[z, d])
            if row < 0 or load == 0.0:
                continue
            found.append((row, load))
            shares = self.shares_of_vehicle.get(v, ())
            found.extend((self.share_row[i, z, d], load) for i in shares if klass in self.share_classes[i])
        return found

    def tonnage_entries(self, commodity: int, arc: int) -> list[tuple[int, float]]:
        """Rows on tonnes in which a unit of a commodity on an arc counts, with its weight."""
        weight = float(self.problem.commodity_weight_t[commodity])
        if weight <= 0.0:
            return []
        return [(self.tonnage_rows + row, weight) for row in self.tonnage_rows_of(commodity, arc)]

    def tonnage_rows_of(self, commodity: int, arc: int) -> list[int]:
        """Rows on tonnes, by their number in the network, that hold for a commodity on an arc."""
        net, klass = self.net, int(self.problem.commodity_class[commodity])
        span = range(int(net.arc_row_ptr[arc]), int(net.arc_row_ptr[arc + 1]))
        return [int(net.arc_row[j]) for j in span if net.arc_row_class[j] in (-1, klass)]

    def drop_cuts(self, gone: BoolArray) -> IntArray:
        """Delete rows that are cut sets; returns the new number of each row, -1 for those deleted."""
        self.model.drop_rows(gone)
        new_row = np.where(gone, -1, np.cumsum(~gone) - 1)
        self.own.renumber(new_row)
        for rows in (self.capacity_row, self.load_row):
            rows[rows >= 0] = new_row[rows[rows >= 0]]
        tables: list[dict[Any, int]] = [self.share_row, self.leg_row, self.leg_share_row, self.strong_row]
        for table in tables:
            for key, row in table.items():
                table[key] = int(new_row[row])
        for at, entries in list(self.cut_at.items()):
            self.cut_at[at] = [(int(new_row[row]), load) for row, load in entries if new_row[row] >= 0]
        return new_row

    def solve(self, time_s: float = np.inf) -> LpResult:
        """Solve the relaxation over the present columns and rows."""
        result = self.model.solve(time_s)
        self.work += result.iterations
        return result

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

    def supply_of_owner(self, owner: int) -> int:
        """Supply of an owner of rows: itself, or that of a pair of supply and bid."""
        return owner if owner < len(self.supply) else self._pairs[owner - len(self.supply)][0]

    def paths_of_owner(self, owner: int) -> list[int]:
        """Paths of a supply, or from a supply to a bid."""
        return self.paths_of_terminal[owner] if owner < len(self.supply) else self.paths_of_pair.get(owner, [])

    def extend_dual(self, dual: FloatArray) -> FloatArray:
        """Duals for rows that came since: the price of a run without a column for its capacity, else nothing."""
        new = np.zeros(self.model.num_rows - len(dual))
        longer = np.concatenate([dual, new])
        rows = self.capacity_row
        fresh = rows >= len(dual)
        longer[rows[fresh]] = -self.default_price[fresh]
        fresh_load = self.load_row >= len(dual)
        longer[self.load_row[fresh_load]] = -self.default_load_price[fresh_load]
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
        return [int(i) for i in np.where(reduced <= tolerance * np.maximum(worth, 1.0))[0]]


def _values(cols: IntArray, x: FloatArray) -> FloatArray:
    """Values of columns at a point, 0 for -1 and for a column that is younger than the point."""
    values = np.zeros(len(cols))
    known = (cols >= 0) & (cols < len(x))
    values[known] = x[cols[known]]
    return values
